# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of a module that a unit test runs, whatever the ansible-core: before 2.19 it had no help for that."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import Any, Iterator, Mapping
from unittest import mock

from ansible.module_utils import basic

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:

    @contextmanager
    def patch_module_args(module_args: Mapping[str, Any]) -> Iterator[None]:
        arguments = {"_ansible_remote_tmp": "/tmp", "_ansible_keep_remote_files": False, **module_args}  # noqa: S108  # no module here makes files there
        with mock.patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()):
            yield


__all__ = ["patch_module_args"]
