# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the NS RRset of a delegation may change: names are added and removed one by one, and the last one never goes. Pure: no I/O, no clock."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

from ..dnskey import NS
from ..errors import MultisignerError


@dataclass(frozen=True)
class NsRequest:
    """The NS that the parent is to have, and those that it is to have no more."""

    add: frozenset[NS]
    remove: frozenset[NS]

    def __bool__(self) -> bool:
        return bool(self.add or self.remove)

    @classmethod
    def parse(cls, zone: str, add: Iterable[str], remove: Iterable[str]) -> NsRequest:
        """From names, with or without a final dot. Raises MultisignerError for what is no name of a host, and for one in both lists."""
        try:
            request = cls(frozenset(NS.parse(name) for name in add), frozenset(NS.parse(name) for name in remove))
            for ns in sorted(request.add):
                ns.check_usable()
        except MultisignerError as error:
            raise error.at(zone=zone) from None
        both = sorted(request.add & request.remove)
        if both:
            raise MultisignerError('is to be added and removed at once', zone=zone, record=f'NS {both[0].text}', remedy='Decide for one')
        return request


@dataclass(frozen=True)
class NsChange:
    """How the NS RRset at the parent is to change; all sorted. *add* are those that it lacks, *remove* those that it has; *ttl* is its TTL in seconds."""

    request: NsRequest
    present: tuple[NS, ...]
    add: tuple[NS, ...]
    remove: tuple[NS, ...]
    ttl: int


def compare_ns(zone: str, request: NsRequest, present: frozenset[NS], ttl: int) -> NsChange:
    """What is left to do of *request*. Raises MultisignerError for a zone that the parent does not delegate, and when no NS would be left."""
    if not present:
        raise MultisignerError('the parent has no NS for it: the zone is not delegated', zone=zone, remedy='Register the zone and its NS at the parent first')
    if not (present | request.add) - request.remove:
        raise MultisignerError(
            f'without {", ".join(ns.target for ns in sorted(request.remove))} the zone would have no NS at the parent', zone=zone,
            remedy='Leave the NS of one signer there, or name those that take their place in "ns_add"',
        )
    return NsChange(request, tuple(sorted(present)), tuple(sorted(request.add - present)), tuple(sorted(request.remove & present)), ttl)


def in_domain(zone: str, ns: NS) -> bool:
    """Whether a resolver finds the server's address only with glue at the parent (RFC 9471): its name is at or below the zone."""
    return ns.target == zone or ns.target.endswith(f'.{zone}')
