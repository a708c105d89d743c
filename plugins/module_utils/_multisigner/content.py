# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a zone contains, and how what one signer has of it becomes what another has: values and comparison. Pure.

Content is what the user put into the zone. What signing makes, and what each signer has of its own (SOA, the NS of the apex, keys and what
announces them), is none: it is neither compared nor changed here.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Collection, Dict, Iterable, Iterator, List, Mapping, Sequence, Tuple

from .errors import MultisignerError

# RFC 4034, 5155, 7344, 7477; RFC 8976: a digest over the whole of one signer's zone; and BIND's notes of how far it has signed.
NOT_CONTENT = frozenset((
    'SOA', 'DNSKEY', 'RRSIG', 'NSEC', 'NSEC3', 'NSEC3PARAM', 'CDS', 'CDNSKEY', 'CSYNC', 'ZONEMD', 'TYPE65534',
))
OF_THE_APEX = frozenset(('NS', 'DS'))  # no content there: the pass has the NS, the parent the DS
LARGEST_TTL = 2**31 - 1  # seconds (RFC 2181 section 8)

Place = Tuple[str, str]  # the owner, in lower case and without the final dot, and the type


@dataclass(frozen=True)
class RRset:
    """One RRset: *ttl* in seconds, *records* the canonical texts of its RDATA (canonical.py)."""

    owner: str
    rtype: str
    ttl: int
    records: frozenset[str]

    @property
    def place(self) -> Place:
        return self.owner, self.rtype

    @property
    def lines(self) -> Tuple[str, ...]:
        """Its records as a zone file has them, sorted."""
        return tuple(f'{self.owner}. {self.ttl} {self.rtype} {record}' for record in sorted(self.records))


Content = Mapping[Place, RRset]


@dataclass(frozen=True)
class Bounds:
    """The TTLs that a signer takes, in seconds."""

    minimum_ttl: int = 0
    maximum_ttl: int = LARGEST_TTL


@dataclass(frozen=True)
class Held:
    """What a signer has of a zone, and the TTLs that it takes."""

    content: Content
    bounds: Bounds = Bounds()


@dataclass(frozen=True)
class Change:
    """One RRset that differs: None *before* where it is new, None *after* where it is to go."""

    place: Place
    before: RRset | None
    after: RRset | None

    @property
    def owner(self) -> str:
        return self.place[0]

    @property
    def size(self) -> int:
        """Characters of all that a request has to say of it, at most."""
        return sum(len(line) for rrset in (self.before, self.after) if rrset is not None for line in rrset.lines)


def is_content(zone: str, place: Place) -> bool:
    owner, rtype = place
    return rtype not in NOT_CONTENT and not (owner == zone and rtype in OF_THE_APEX)


def content_of(zone: str, rrsets: Iterable[RRset]) -> Dict[Place, RRset]:
    """Those of *rrsets* that are content of *zone*, by place."""
    return {rrset.place: rrset for rrset in rrsets if is_content(zone, rrset.place)}


def within(content: Content, bounds: Bounds) -> Tuple[Dict[Place, RRset], Tuple[str, ...]]:
    """*content* with the TTLs that *bounds* allow, and what was altered, in words, by TTL: so a TTL that a signer does not take is told, and is no
    difference for ever."""
    fitting: Dict[Place, RRset] = {}
    altered: Dict[Tuple[int, int], int] = {}
    for place, rrset in content.items():
        ttl = min(max(rrset.ttl, bounds.minimum_ttl), bounds.maximum_ttl)
        fitting[place] = rrset if ttl == rrset.ttl else replace(rrset, ttl=ttl)
        if ttl != rrset.ttl:
            altered[rrset.ttl, ttl] = altered.get((rrset.ttl, ttl), 0) + 1
    words = tuple(f'{count} RRset{"s" if count > 1 else ""} with a TTL of {old}: {new}' for (old, new), count in sorted(altered.items()))
    return fitting, words


def compare(wanted: Content, present: Content) -> Tuple[Change, ...]:
    """The RRsets of *present* that are not as in *wanted*, sorted by place."""
    return tuple(
        Change(place, present.get(place), wanted.get(place)) for place in sorted({*wanted, *present}) if wanted.get(place) != present.get(place)
    )


def applied(present: Content, changes: Iterable[Change]) -> Dict[Place, RRset]:
    """*present* after *changes*."""
    after = dict(present)
    for change in changes:
        if change.after is None:
            after.pop(change.place, None)
        else:
            after[change.place] = change.after
    return after


def refuse_deletion(zone: str, changes: Sequence[Change], present: Content, share: int, few: int) -> None:
    """Raises MultisignerError where *changes* take away all that there is, or more than *share* per cent of it and more than *few* RRsets: what looks
    like the source's mistake (an empty file, another zone's) must not become the zone's end."""
    gone = [change for change in changes if change.after is None]
    everything = bool(present) and not applied(present, changes)
    if not everything and (len(gone) <= few or len(gone) * 100 <= share * len(present)):
        return
    named = ', '.join(f'{owner} {rtype}' for owner, rtype in (change.place for change in gone[:3]))
    raise MultisignerError(
        f'{len(gone)} of its {len(present)} RRsets would be deleted there ({named}{", ..." if len(gone) > 3 else ""}), more than {share} % of them',
        zone=zone, remedy=f'See that its source is complete. When it is, confirm that once with -e \'{{"zone_content_confirmed": ["{zone}"]}}\'',
    )


def refuse_large_ttl(zone: str, content: Content, max_ttl: int) -> None:
    """Raises MultisignerError for a TTL above *max_ttl* (seconds), by which the waits of the pass are counted."""
    for rrset in content.values():
        if rrset.ttl > max_ttl:
            raise MultisignerError(
                f'has a TTL of {rrset.ttl}, and the largest one in the zone is declared as {max_ttl}: what waits for caches would not wait long enough',
                zone=zone, record=rrset.lines[0], remedy=f'Set max_ttl of the zone, or multisigner_max_ttl, to {rrset.ttl}, or lower the TTL',
            )


def batches(changes: Iterable[Change], most: int, characters: int) -> Iterator[Tuple[Change, ...]]:
    """*changes* in requests of at most *most* RRsets and so many *characters*. All of one owner are in one, since a CNAME and what it takes the place of
    must change together (RFC 1034 section 3.6.2); what only goes comes last, and within an owner first."""
    by_owner: Dict[str, List[Change]] = {}
    for change in changes:
        by_owner.setdefault(change.owner, []).append(change)
    owners = sorted(by_owner.values(), key=lambda found: (all(change.after is None for change in found), found[0].owner))
    batch: List[Change] = []
    size = 0
    for found in owners:
        more = sum(change.size for change in found)
        if batch and (len(batch) + len(found) > most or size + more > characters):
            yield tuple(batch)
            batch, size = [], 0
        batch += sorted(found, key=lambda change: change.after is not None)
        size += more
    if batch:
        yield tuple(batch)


def shown_apart(content: Content, zone: str, owner: str) -> bool:
    """Whether a server answers for *owner* with something else than its records: at and below a delegation, and below a DNAME (RFC 6672)."""
    if owner == zone:
        return False
    name = owner
    while name != zone:
        if (name, 'NS') in content or (name != owner and (name, 'DNAME') in content):
            return True
        name = name.partition('.')[2]
    return (zone, 'DNAME') in content


def below_wildcard(wildcards: Collection[str], zone: str, owner: str) -> bool:
    """Whether one of *wildcards* (owners) may answer for *owner* (RFC 4592) when that has nothing of its own."""
    name = owner
    while name not in (zone, ''):
        name = name.partition('.')[2]
        if f'*.{name}' in wildcards:
            return True
    return False
