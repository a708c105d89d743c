# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kind of signer can do, as one value that it declares, and what all of them are judged by. No I/O."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

from ..outcome import Request
from ..resolve import LiveRRset


@dataclass(frozen=True)
class Capabilities:
    """One kind of signer.

    *prepublishes*: a key in its DNSKEY RRset that signs nothing yet may be its own next key, so the others must have it.
    Where it is False (one CSK that always signs) such a key is a leftover that somebody put there.
    """

    own_keys_by: str  # 'api': it tells its own keys over verified TLS; 'dns': they are seen in its DNSKEY RRset only
    prepublishes: bool
    default_ttl: int  # seconds: the TTL of an RRset of foreign records where there is none yet


def missing(request: Request, published: Mapping[str, LiveRRset]) -> str | None:
    """What a server that shows *published*, by type, still lacks or has too much; None when it meets *request*."""
    lacks = [f'{record} is missing' for record in request.add if record not in published[record.rtype].records]
    extra = [f'{record} is still there' for record in request.remove if record in published[record.rtype].records]
    return '; '.join(lacks + extra) or None
