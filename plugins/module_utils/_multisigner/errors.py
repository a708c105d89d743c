# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that this collection raises on purpose.

It always says where (zone, server, record), what is wrong, and what to do next, so that every module
turns it into one readable sentence. It never carries a secret. Standard library only.
"""
from __future__ import annotations


class MultisignerError(Exception):
    """Something is wrong with one zone, server or record; other zones may go on.

    *what* is a sentence without a final full stop; *remedy* says the next thing to do, also without one.
    """

    def __init__(
        self,
        what: str,
        zone: str | None = None,
        server: str | None = None,
        record: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.zone = zone
        self.server = server
        self.record = record
        self.remedy = remedy

    def __str__(self) -> str:
        where: list[str] = []
        if self.zone:
            where.append(f'zone {self.zone}')
        if self.server:
            where.append(f'server {self.server}')
        if self.record:
            where.append(f'record "{self.record}"')
        text = f'{", ".join(where)}: {self.what}' if where else self.what
        return f'{text}. {self.remedy}.' if self.remedy else f'{text}.'

    def __reduce__(self) -> tuple[type[MultisignerError], tuple[str | None, ...]]:
        """As itself into another process: an exception's own way keeps the first argument only."""
        return type(self), (self.what, self.zone, self.server, self.record, self.remedy)

    def at(self, zone: str | None = None, server: str | None = None, record: str | None = None) -> MultisignerError:
        """The same error with places filled in that were not known where it was raised."""
        return type(self)(self.what, self.zone or zone, self.server or server, self.record or record, self.remedy)
