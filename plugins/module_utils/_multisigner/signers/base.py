# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kind of signer can do, as one value that it declares, and what all of them are judged by: what their servers show.

It only looks. The NS and CSYNC RRsets are looked at where a request names them, and nowhere else.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Mapping

from ..dnskey import RECORD_TYPES
from ..errors import MultisignerError
from ..outcome import Request
from ..resolve import LiveRRset, Server, Tsig, wait_until


@dataclass(frozen=True)
class Capabilities:
    """One kind of signer.

    *prepublishes*: a key in its DNSKEY RRset that signs nothing yet may be its own next key, so the others must have it.
    Where it is False (one CSK that always signs) such a key is a leftover that somebody put there.
    *edits_ns*: the NS and CSYNC records at the apex can be changed there like the others' keys. Where it is False they are in a zone file,
    which is the user's, and a person changes them.
    *omits_ksks*: it announces the KSKs of others by CDS and CDNSKEY, and leaves them out of its DNSKEY RRset (RFC 8901 section 2.1.2: only
    the keys that sign data must be everywhere).
    *edits_content*: how the zone's content is changed there, 'update' (RFC 2136) or 'api'; '' where it is in a file of the user's, or nobody wrote that.
    *api_url*: the address of its API where that is the same for everybody.
    """

    own_keys_by: str  # 'api': it tells its own keys over verified TLS; 'dns': they are seen in its DNSKEY RRset only
    prepublishes: bool
    edits_ns: bool
    default_ttl: int  # seconds: the TTL of an RRset of foreign records where there is none yet
    omits_ksks: bool = False
    edits_content: str = ''
    api_url: str | None = None


def types_of(request: Request) -> tuple[str, ...]:
    """The types that are looked at and written for *request*: NS and CSYNC only when it names such records."""
    named = {record.rtype for record in request.add + request.remove}
    return (*RECORD_TYPES, *(rtype for rtype in ('NS', 'CSYNC') if rtype in named))


def missing(request: Request, published: Mapping[str, LiveRRset]) -> str | None:
    """What a server that shows *published*, by type, still lacks or has too much; None when it meets *request*."""
    lacks = [f'{record} is missing' for record in request.add if record not in published[record.rtype].records]
    extra = [f'{record} is still there' for record in request.remove if record in published[record.rtype].records]
    return '; '.join(lacks + extra) or None


def refuse_last_ns(request: Request, present: Iterable[str]) -> None:
    """*present*: the texts of the NS records that the signer has. Raises MultisignerError when *request* would leave it with none."""
    shown = set(present)
    gone = {record.text for record in request.remove} & shown
    if gone and not (shown - gone) | {record.text for record in request.add if record.rtype == 'NS'}:
        raise MultisignerError(
            f'to remove {", ".join(sorted(gone))} would leave it without any NS record, and nobody would find it', zone=request.zone,
            remedy='Name in "add" an NS record that takes their place, or take one of them out of "remove"',
        )


async def wait_for(server: Server, request: Request, tsig: Tsig | None = None, timeout: float = 30.0) -> None:
    """Returns when *server* shows what *request* wants. Raises MultisignerError when that takes more than *timeout* seconds."""
    await wait_until(server, request.zone, types_of(request), lambda shown: missing(request, shown), tsig, timeout)
