# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration comes into force when the server's own program has passed it and the server has taken it, and not otherwise."""
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.files import Access, Disk
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.include import Inclusion


class Server:
    """Counts what it is asked, and refuses what it is to refuse."""

    def __init__(self, folder: Path) -> None:
        self.main = folder / 'server.conf'
        self.main.write_text('their own;')
        self.include = folder / 'ours' / 'multisigner.conf'
        self.inclusion = Inclusion(str(self.main), f'include "{self.include}";', str(self.include), Access(0o640))
        self.checked = self.loaded = 0
        self.refuses = self.does_not_take = False

    def check(self) -> None:
        self.checked += 1
        if self.refuses:
            raise MultisignerError('refused')

    def reload(self) -> None:
        self.loaded += 1
        if self.does_not_take:
            raise MultisignerError('not taken')

    def put(self, include: bytes, check: bool = False) -> bool:
        users = self.inclusion.users(self.main.read_text())
        return self.inclusion.put_in_force(Disk(check), users, include, self.check, self.reload)


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_one_line_is_added_and_a_second_run_changes_nothing(server: Server) -> None:
    assert server.put(b'zone')
    assert server.main.read_text() == f'their own;\ninclude "{server.include}";\n'
    before = (server.main.stat().st_mtime_ns, server.include.stat().st_mtime_ns)
    assert not server.put(b'zone')
    assert (server.main.stat().st_mtime_ns, server.include.stat().st_mtime_ns) == before
    assert (server.checked, server.loaded, server.include.read_bytes()) == (1, 1, b'zone')


def test_check_mode_checks_and_writes_nothing(server: Server) -> None:
    assert server.put(b'zone', check=True)
    assert (server.checked, server.loaded, server.include.exists(), server.main.read_text()) == (1, 0, False, 'their own;')


def test_what_is_refused_is_not_written(server: Server) -> None:
    server.refuses = True
    with pytest.raises(MultisignerError):
        server.put(b'zone')
    assert (server.loaded, server.include.exists(), server.main.read_text()) == (0, False, 'their own;')


def test_what_the_server_does_not_take_is_taken_back(server: Server) -> None:
    server.does_not_take = True
    with pytest.raises(MultisignerError):
        server.put(b'zone')
    assert (server.include.exists(), server.main.read_text()) == (False, 'their own;')
    server.does_not_take = False
    server.put(b'zone')
    server.does_not_take = True
    with pytest.raises(MultisignerError):
        server.put(b'other')
    assert server.include.read_bytes() == b'zone'


def test_a_run_that_was_killed_before_the_server_took_it_is_made_up_for(server: Server) -> None:
    server.put(b'zone')
    (server.include.parent / '.reconfig-pending').touch()
    assert server.put(b'zone') and server.loaded == 2
    assert not server.put(b'zone') and server.loaded == 2
