# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in needs of a signing name server. Never decides what is published: it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Sequence


@dataclass(frozen=True)
class Change:
    """An RRset as it is to be published; without records it is to go away. `name` is fully qualified."""

    name: str
    type: str
    ttl: int
    records: tuple[str, ...]


class BackendError(Exception):
    """The signer did not do what it was told, or cannot be reached; says which zone and what was expected."""


class Backend(Protocol):
    """A signer. Zone names come without a trailing dot. Every method raises BackendError."""

    def create_zone(self, zone: str, rrsets: Sequence[Change]) -> str:
        """Makes a signed zone, and returns its own key as DNSKEY presentation text (a CSK, flags 257, algorithm 13)."""

    def delete_zone(self, zone: str) -> None:
        """Makes a zone go away; one that is not there is no error."""

    def write(self, zone: str, changes: Sequence[Change]) -> None:
        """Publishes changes, all or none."""

    def serial(self, zone: str) -> int:
        """The serial of the zone file (the served one has the weeks since 1970 added to it)."""
