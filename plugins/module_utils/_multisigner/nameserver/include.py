# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting a changed configuration in force: one include file that this collection owns, and one line in the user's own file.

It writes nothing before the server's own program has passed the whole, and puts back what was there when the server does not take it.
Standard library only, because it travels to name servers.
"""
from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Callable

from ..errors import MultisignerError
from .files import Access, Disk, current_access, read

_PENDING_NAME = '.reconfig-pending'


@dataclass(frozen=True)
class Inclusion:
    """Where a server's configuration is: the user's *main* file, the *line* in it that brings in the file *include* of ours, and that one's *access*."""

    main: str
    line: str
    include: str
    access: Access

    def users(self, main: str) -> str:
        """The text *main* as the user wrote it, without our line."""
        return ''.join(line for line in main.splitlines(keepends=True) if line.strip() != self.line)

    def put_in_force(self, disk: Disk, users: str, include: bytes, check: Callable[[], None], reload: Callable[[], None]) -> bool:
        """Makes the include file hold *include* beside the user's own text *users*; whether something differed.

        *check* raises MultisignerError when the server would refuse the whole, and *reload* when it does.
        """
        ending = '' if users.endswith('\n') or not users else '\n'
        main = (f'{users}{ending}{self.line}\n').encode('utf-8', 'surrogateescape')
        old_include, old_main = read(self.include), read(self.main)
        if self.line.encode() in (line.strip() for line in (old_main or b'').splitlines()):
            main = old_main or main
        folder = os.path.dirname(self.include)
        pending = os.path.join(folder, _PENDING_NAME)
        same = (include, main) == (old_include, old_main)
        if same and read(pending) is None:
            return disk.file(self.include, include, self.access)
        if not same:
            check()
        disk.folder(folder, self.access.but(mode=0o750))
        # A run that is killed in here leaves this mark, and the next run makes up for it.
        disk.file(pending, b'', self.access)
        disk.file(self.include, include, self.access)
        disk.file(self.main, main, current_access(self.main))
        if not disk.check:
            try:
                reload()
            except MultisignerError:
                # What the server does not take must not be there when it starts the next time.
                disk.file(self.main, old_main or b'', current_access(self.main))
                if old_include is None:
                    disk.remove(self.include)
                else:
                    disk.file(self.include, old_include, current_access(self.include))
                raise
        disk.remove(pending)
        return True
