# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding what the files of a folder declare, so that one file more is a kind of signer, or a channel to a parent, more."""
from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any, Iterable


def declared(package: str, named: Iterable[ModuleType], attribute: str) -> dict[str, Any]:
    """What the files of *package* have as *attribute*, by the names of the files, sorted.

    *named* are those that come with the collection. Ansible looks for `import` to know what a module needs that runs as a process of
    its own, so there only these are found; within ansible-playbook, where the action plugins run, all are.
    """
    folder = importlib.import_module(package)
    found = [importlib.import_module(f'{package}.{one.name}') for one in pkgutil.iter_modules(folder.__path__)]
    by_name = {module.__name__.rpartition('.')[2]: module for module in (*named, *found)}
    return {name: getattr(module, attribute) for name, module in sorted(by_name.items()) if hasattr(module, attribute)}
