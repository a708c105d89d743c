# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong in a signed zone file, as edits of its records."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Sequence

from .zone import Edit, Record


def _owner(name: str, apex: str) -> str:
    return f"{name}.{apex}" if name else apex


def without_signature(name: str, covered: str) -> Edit:
    """The RRset at *name* (relative, "" is the apex) has no RRSIG."""

    def edit(records: Sequence[Record], apex: str) -> list[Record]:
        kept = [one for one in records if (one.owner, one.covers) != (_owner(name, apex), covered)]
        _must_differ(kept, records)
        return kept

    return edit


def corrupt_signature(name: str, covered: str) -> Edit:
    """The last byte of the RRSIG is another one."""

    def edit(records: Sequence[Record], apex: str) -> list[Record]:
        changed = [_corrupted(one) if (one.owner, one.covers) == (_owner(name, apex), covered) else one for one in records]
        _must_differ(changed, records)
        return changed

    return edit


def without_rrset(name: str, rtype: str) -> Edit:
    """An RRset is gone with its signature, and the NSEC record still tells of it (RFC 4035 section 2.3)."""

    def edit(records: Sequence[Record], apex: str) -> list[Record]:
        kept = [one for one in records if one.owner != _owner(name, apex) or rtype not in (one.type, one.covers)]
        _must_differ(kept, records)
        return kept

    return edit


def _corrupted(record: Record) -> Record:
    fields = record.rdata.split()
    signature = bytearray(base64.b64decode("".join(fields[8:])))
    signature[-1] ^= 1
    return replace(record, rdata=" ".join([*fields[:8], base64.b64encode(signature).decode("ascii")]))


def _must_differ(changed: Sequence[Record], records: Sequence[Record]) -> None:
    if list(changed) == list(records):
        raise ValueError("the edit changed nothing: the zone would be a correct one")
