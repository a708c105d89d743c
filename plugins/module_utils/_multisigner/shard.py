# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the declared zones a run is for: a share of them, so that several runs divide thousands, or those that are named.

Every zone is in exactly one share, and stays in it whatever other zones are declared. Pure; it knows nothing else of a zone than its name.
"""
from __future__ import annotations

import hashlib
import re
from typing import Any, Mapping, Sequence, TypeVar

from .dnskey import zone_name
from .errors import MultisignerError

Zone = TypeVar('Zone', bound=Mapping[str, Any])

MOST_SHARES = 1000


def parse_shard(text: str) -> tuple[int, int]:
    """The number of the share and how many there are, of a text such as 2/8; an empty one means all: 1 of 1. Raises MultisignerError."""
    if not text.strip():
        return 1, 1
    found = re.fullmatch(r'\s*([0-9]{1,9})\s*/\s*([0-9]{1,9})\s*', text)
    if found is None:
        raise MultisignerError(f'the shard "{text}" is not of the form NUMBER/SHARES', remedy='Write for example multisigner_shard: 2/8')
    number, shares = int(found[1]), int(found[2])
    if not 1 <= number <= shares <= MOST_SHARES:
        raise MultisignerError(
            f'the shard "{text}" does not exist', remedy=f'The shares of 8 are 1/8 to 8/8, and there are {MOST_SHARES} at most: correct multisigner_shard'
        )
    return number, shares


def share_of(zone: str, shares: int) -> int:
    """The number, from 1 on, of the share that the zone is in."""
    return int.from_bytes(hashlib.sha256(canonical(zone).encode()).digest()[:8], 'big') % shares + 1


def canonical(zone: str) -> str:
    """The zone's name as it is everywhere here; what is none is left for the plan to complain about, in the one share that it falls into."""
    try:
        return zone_name(zone)
    except MultisignerError:
        return zone


def choose(zones: Sequence[Zone], shard: str = '', only: Sequence[str] | None = None) -> list[Zone]:
    """Those of *zones* that are in the share *shard* (see parse_shard) and, unless *only* is None, among the names in it. Raises MultisignerError.

    A name in *only* that nothing declares is an error: a run that was meant for a zone must not end well without it.
    """
    number, shares = parse_shard(shard)
    if not all(isinstance(zone, Mapping) for zone in zones):
        raise MultisignerError('the declared zones are no list of zones', remedy='Write multisigner_zones as [{name: ZONE, parent: ..., signers: [...]}, ...]')
    named = [(canonical(str(zone.get('name') or '')), zone) for zone in zones]
    wanted = None if only is None else {canonical(str(name)) for name in only}
    unknown = sorted((wanted or set()) - {name for name, _zone in named})
    if unknown:
        raise MultisignerError(f'not declared: {", ".join(unknown)}', remedy='Correct multisigner_only, or declare these zones in multisigner_zones')
    return [zone for name, zone in named if (wanted is None or name in wanted) and share_of(name, shares) == number]
