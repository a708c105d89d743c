# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What files declare is found, and what comes with the collection is found also where Ansible packs a module with what it sees imported."""
from __future__ import annotations

import ast
from pathlib import Path

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import drivers, kinds
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents import channels


def imported(source: str, package: str) -> set[str]:
    """The names that a file imports from *package* as it says it (``from . import a, b``), as Ansible's packer sees them."""
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom) and '.' * node.level + (node.module or '') == package]
    return {alias.name for node in found for alias in node.names}


def test_a_module_takes_every_signer_and_channel_along() -> None:
    assert imported(Path(drivers.__file__).read_text(encoding='utf-8'), '.signers') == set(drivers.DRIVERS)
    assert imported(Path(channels.__file__).read_text(encoding='utf-8'), '.') >= set(channels.CHANNELS)


def test_every_signer_that_has_an_api_has_its_client() -> None:
    assert {name for name, able in drivers.DRIVERS.items() if able.own_keys_by == 'api'} == set(drivers.CLIENTS)
    assert all(client.capabilities is drivers.DRIVERS[name] for name, client in drivers.CLIENTS.items())


def test_a_file_that_nobody_names_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / 'some_folder').mkdir()
    (tmp_path / 'some_folder' / 'ours.py').write_text('KIND = 1\n', encoding='utf-8')
    (tmp_path / 'some_folder' / 'helper.py').write_text('', encoding='utf-8')
    monkeypatch.syspath_prepend(tmp_path)
    assert kinds.declared('some_folder', (), 'KIND') == {'ours': 1}
