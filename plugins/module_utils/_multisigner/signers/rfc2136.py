# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing foreign records to a signer that takes RFC 2136 updates, and away from it: read, compute, write, read back.

It sends no update where nothing differs, never touches a record that it was not told about, and never removes a key that
signs there, nor that key's CDS and CDNSKEY. What it read is the prerequisite of what it writes.
"""
from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Iterable, Mapping

from ..dnskey import DNSKEY, RECORD_TYPES, Record, sort_records
from ..errors import MultisignerError
from ..outcome import Outcome, Request
from ..resolve import LiveRRset, Server, Tsig, ask, for_each, live_rrset, wait_until
from ..trust import get_rrset
from ..update import Silence, Update, send, typed

# resolve.py remembers the failure; every module reports it before anything here runs.
with suppress(ImportError):
    import dns.name


@dataclass(frozen=True)
class Published:
    """What the primary publishes now: the three RRsets by type, and who signs there, by key tag and algorithm.

    Tags are not unique. They are used only to refuse a removal, and to refuse one too many is safe.
    """

    rrsets: Mapping[str, LiveRRset]
    signing: frozenset[tuple[int, int]]

    def has(self, record: Record) -> bool:
        return record in self.rrsets[record.rtype].records

    def is_own(self, record: Record) -> bool:
        """Whether *record* is of a key that signs here."""
        return (record.rdata.tag, record.rdata.algorithm) in self.signing


@dataclass(frozen=True)
class Signer:
    """One signer as the module was told about it. *timeout* and *max_wait* in seconds; *servers* are all that must publish the result."""

    primary: Server
    tsig: Tsig
    servers: tuple[Server, ...]
    timeout: float
    max_wait: float
    silence: Silence = field(default_factory=Silence)

    def apply(self, options: Iterable[dict[str, Any]], check_mode: bool) -> list[Outcome]:
        """One outcome for each item of the ``zones`` option; the zones are worked on at once."""
        return asyncio.run(self._all(options, check_mode))

    async def _all(self, options: Iterable[dict[str, Any]], check_mode: bool) -> list[Outcome]:
        async def one(option: dict[str, Any]) -> Outcome:
            try:
                return await self._zone(Request.from_option(option), check_mode)
            except MultisignerError as error:
                return Outcome.failure(option['name'], error)

        return await for_each(options, one)

    async def _zone(self, request: Request, check_mode: bool) -> Outcome:
        """Raises MultisignerError as long as nothing was written."""
        published = await self._look(request.zone)
        add, remove = compute(request, published)
        before = sort_records(record for rrset in published.rrsets.values() for record in rrset.records)
        after = sort_records((set(before) | set(add)) - set(remove))
        added, removed = ('Would add', 'would remove') if check_mode else ('Added', 'removed')
        outcome = Outcome(
            request.zone,
            added=tuple(record.text for record in add),
            removed=tuple(record.text for record in remove),
            before=tuple(record.text for record in before),
            after=tuple(record.text for record in after),
            changed=bool(add or remove),
            msg=f'{added} {len(add)}, {removed} {len(remove)}.' if add or remove else 'Nothing differs.',
        )
        if check_mode:
            return outcome
        written: list[Update] = []
        try:
            for update in updates(request.zone, add, remove, published):
                await send(update, self.primary, self.tsig, self.timeout, f'grant {self.tsig.name} name {request.zone}. DNSKEY CDS CDNSKEY;')
                written.append(update)
            await self._read_back(request, bool(written))
        except MultisignerError as error:
            if not written:
                raise
            return replace(outcome, failed=True, msg=f'{error.at(zone=request.zone)} Written before that: {_listed(written)}.')
        return outcome

    async def _look(self, zone: str) -> Published:
        """What the primary publishes, by answers that TSIG signs."""
        with self.silence.of(self.primary, zone):
            types = (*RECORD_TYPES, 'SOA')
            answers = dict(zip(types, await asyncio.gather(*(ask(self.primary, zone, rtype, self.tsig, self.timeout) for rtype in types))))
        name = dns.name.from_text(zone)
        signatures = [get_rrset(answer, name, rtype)[1] for rtype, answer in answers.items()]
        published = Published(
            {rtype: live_rrset(answers[rtype], self.primary, zone, rtype) for rtype in RECORD_TYPES},
            frozenset((rrsig.key_tag, int(rrsig.algorithm)) for rrsigs in signatures for rrsig in rrsigs or ()),
        )
        if not published.rrsets['DNSKEY'].records or not published.signing:
            raise MultisignerError(
                'serves the zone unsigned', zone=zone, server=str(self.primary),
                remedy='Have this signer sign the zone first (BIND: dnssec-policy), then run again',
            )
        return published

    async def _read_back(self, request: Request, wrote: bool) -> None:
        """Raises MultisignerError when the primary or another server does not publish the result in time."""

        def condition(shown: Mapping[str, LiveRRset]) -> str | None:
            return missing(request, shown)

        if wrote:
            try:
                await wait_until([self.primary], request.zone, condition, self.tsig, self.max_wait)
            except MultisignerError as error:
                raise MultisignerError(error.what, request.zone, str(self.primary), remedy=_IGNORED) from None
        others = [server for server in self.servers if server != self.primary]
        await wait_until(others, request.zone, condition, timeout=self.max_wait)


_IGNORED = (
    'It said NOERROR and ignored the change. BIND does so for a key of its own; for a zone with "inline-signing yes" when the TTL differs from '
    'dnskey-ttl (see rndc zonestatus); Knot with "dnskey-management: full" (set it to incremental). Its log tells'
)


def compute(request: Request, published: Published) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """The records to add and to remove so that *request* is met. Raises MultisignerError when one to remove is the signer's own."""
    remove = tuple(record for record in request.remove if published.has(record))
    for record in remove:
        if published.is_own(record):
            raise MultisignerError(
                f'is the signer\'s own and is not removed: the key with tag {record.rdata.tag} signs there', zone=request.zone, record=record.text,
                remedy='Take it out of "remove". A signer retires its own keys itself; a CDS or CDNSKEY goes with its key',
            )
    return tuple(record for record in request.add if not published.has(record)), remove


def updates(zone: str, add: Iterable[Record], remove: Iterable[Record], published: Published) -> list[Update]:
    """The messages, in the order that BIND accepts: a CDS or CDNSKEY needs a DNSKEY of its algorithm, so keys come first and go last.

    Every RRset keeps its TTL (a new one would rewrite that of the whole RRset); one that does not exist yet takes the DNSKEY RRset's.
    """
    found: list[Update] = []
    for rtype in ('CDS', 'CDNSKEY'):
        found += _update(zone, rtype, add, remove, published)
    keys = [record for record in add if record.rtype == 'DNSKEY']
    live = published.rrsets['DNSKEY']
    more = replace(published, rrsets={**published.rrsets, 'DNSKEY': LiveRRset(live.ttl, live.records | frozenset(keys))})
    return [*_update(zone, 'DNSKEY', keys, (), published), *found, *_update(zone, 'DNSKEY', (), remove, more)]


def _update(zone: str, rtype: str, add: Iterable[Record], remove: Iterable[Record], published: Published) -> list[Update]:
    """One update of one type, with the RRset as it is before it as the prerequisite; none when it would do nothing."""
    rrset = published.rrsets[rtype]
    wanted = [record for record in add if record.rtype == rtype]
    unwanted = [record for record in remove if record.rtype == rtype]
    if not wanted and not unwanted:
        return []
    ttl = rrset.ttl if rrset.records else published.rrsets['DNSKEY'].ttl
    return [Update(zone, zone, ttl, typed(wanted), typed(unwanted), {rtype: frozenset(record.rdata for record in rrset.records)})]


def missing(request: Request, shown: Mapping[str, LiveRRset]) -> str | None:
    """What a server that publishes *shown* still lacks or has too much; None when it meets *request*."""
    lacks = [f'{record} is missing' for record in request.add if record not in shown[record.rtype].records]
    extra = [f'{record} is still there' for record in request.remove if record in shown[record.rtype].records]
    return '; '.join(lacks + extra) or None


def _listed(written: Iterable[Update]) -> str:
    return ', '.join(f'{kind} {value.text if not isinstance(value, DNSKEY) else value}' for update in written for kind, value in update.add + update.remove)
