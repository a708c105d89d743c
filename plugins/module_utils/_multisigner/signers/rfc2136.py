# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing foreign records to a signer that takes RFC 2136 updates, and away from it: read, compute, write, read back.

It sends no update where nothing differs, never touches a record that it was not told about, and never removes a key that
signs there or that the server says is its own, nor that key's CDS and CDNSKEY, nor the last NS record. But where the server itself
has gone over to the next key, a CDS of the old one that it left behind goes too.
"""
from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Iterable, Mapping, Sequence

from ..dnskey import CSYNC, DNSKEY, DS, NS, Rdata, Record, parse_dnskey, sort_records
from ..errors import MultisignerError
from ..outcome import Outcome, Request
from ..resolve import LiveRRset, Server, Silence, Tsig, ask, for_each, live_rrset, together
from ..trust import get_rrset
from ..update import Update, send, typed
from .base import Capabilities, refuse_last_ns, types_of, wait_for

# resolve.py remembers the failure; every module reports it before anything here runs.
with suppress(ImportError):
    import dns.name

# Any server of which nothing more is known than that it takes these updates. Whether a key that signs nothing yet is its own next one
# it does not say, so every such key that it alone publishes counts as that: the others get it, and only a person takes it away.
CAPABILITIES = Capabilities(own_keys_by='dns', prepublishes=True, edits_ns=True, default_ttl=3600, edits_content='update')


@dataclass(frozen=True)
class Published:
    """What the primary publishes now: RRsets by type, and who signs there, by key tag and algorithm; and the keys that are known to be
    its own although they may sign nothing yet, or nothing any more.

    Tags are not unique. They are used only to refuse a removal, and to refuse one too many is safe.
    """

    rrsets: Mapping[str, LiveRRset]
    signing: frozenset[tuple[int, int]]
    own: frozenset[DNSKEY] = frozenset()

    def has(self, record: Record) -> bool:
        return record in self.rrsets[record.rtype].records

    def why_own(self, record: Record, zone: str) -> str:
        """Why *record* counts as one of the signer's own keys, in words; empty when it does not."""
        rdata = record.rdata
        if isinstance(rdata, (NS, CSYNC)):
            return ''
        if (rdata.tag, rdata.algorithm) in self.signing:
            return f'the key with tag {rdata.tag} signs there'
        if any(record.stands_for(key, zone) for key in self.own):
            return 'the server has its private key, so it may be the next one to sign, or one whose signatures are still in caches'
        return ''

    def is_left_over(self, record: Record, zone: str) -> bool:
        """Whether *record* is a CDS of a key for which the server itself speaks no more: it shows the CDNSKEY of another of its keys.

        A digest type that the server does not make itself was added for it, and it does not take that away with its own.
        """
        spoken = [shown.rdata for shown in self.rrsets['CDNSKEY'].records]
        is_silent = not any(isinstance(key, DNSKEY) and record.stands_for(key, zone) for key in spoken)
        return record.rtype == 'CDS' and is_silent and not self.own.isdisjoint(spoken)

    def refuse_own(self, record: Record, zone: str) -> None:
        """Raises MultisignerError when *record* is of the signer's own key, and the server has not given it up."""
        why = self.why_own(record, zone)
        if why and not self.is_left_over(record, zone):
            raise MultisignerError(
                f'is the signer\'s own and is not removed: {why}', zone=zone, record=record.text,
                remedy='Take it out of "remove". A signer retires its own keys itself; a CDS or CDNSKEY goes with its key',
            )


@dataclass(frozen=True)
class Signer:
    """One signer as the module was told about it. *timeout* and *max_wait* in seconds; *servers* are all that must publish the result.

    *own_keys*: of each zone, by its name, the signer's own keys as DNSKEY records, whether they sign or not; as far as they are known.
    """

    primary: Server
    tsig: Tsig
    servers: tuple[Server, ...]
    timeout: float
    max_wait: float
    own_keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
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
        published = await self._look(request)
        add, remove = compute(request, published)
        if check_mode:
            return _outcome(request.zone, add, remove, published, 'Would add {}, would remove {}.')
        written: list[Update] = []
        try:
            for update in updates(request.zone, add, remove, published):
                await send(update, self.primary, self.tsig, self.timeout, f'grant {self.tsig.name} name {request.zone}. {" ".join(types_of(request))};')
                written.append(update)
            await self._read_back(request, bool(written))
        except MultisignerError as error:
            if not written:
                raise
            partial = _outcome(request.zone, _records(update.add for update in written), _records(update.remove for update in written), published, '')
            listed = ', '.join((*partial.added, *partial.removed))
            return replace(partial, failed=True, msg=f'{error.at(zone=request.zone)} These updates were accepted: {listed}.')
        return _outcome(request.zone, add, remove, published, 'Added {}, removed {}.')

    async def _look(self, request: Request) -> Published:
        """What the primary publishes, by answers that TSIG signs."""
        zone = request.zone
        own = _own_keys(self.own_keys.get(zone, ()), zone)
        with self.silence.of(self.primary, zone):
            types = (*types_of(request), 'SOA')
            answers = dict(zip(types, await together(ask(self.primary, zone, rtype, self.tsig, self.timeout) for rtype in types)))
        name = dns.name.from_text(zone)
        signatures = [get_rrset(answer, name, rtype)[1] for rtype, answer in answers.items()]
        rrsets = {rtype: live_rrset(answers[rtype], self.primary, zone, rtype) for rtype in types_of(request)}
        published = Published(rrsets, frozenset((rrsig.key_tag, int(rrsig.algorithm)) for rrsigs in signatures for rrsig in rrsigs or ()), own)
        if not published.rrsets['DNSKEY'].records or not published.signing:
            raise MultisignerError(
                'serves the zone unsigned', zone=zone, server=str(self.primary),
                remedy='Have this signer sign the zone first (BIND: dnssec-policy), then run again',
            )
        return published

    async def _read_back(self, request: Request, wrote: bool) -> None:
        """Raises MultisignerError when the primary or another server does not publish the result in time."""
        if wrote:
            try:
                await wait_for(self.primary, request, self.tsig, self.max_wait)
            except MultisignerError as error:
                raise MultisignerError(error.what, request.zone, str(self.primary), remedy=_IGNORED) from None
        await together(self._wait_for(server, request) for server in self.servers if server != self.primary)

    async def _wait_for(self, server: Server, request: Request) -> None:
        with self.silence.of(server, request.zone):
            await wait_for(server, request, timeout=self.max_wait)


_IGNORED = (
    'It said NOERROR and ignored the change. BIND does so for a key of its own; for a zone with "inline-signing yes" when the TTL differs from '
    'dnskey-ttl (see rndc zonestatus); Knot with "dnskey-management: full" (set it to incremental). Its log tells'
)


def compute(request: Request, published: Published) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """The records to add and to remove so that *request* is met.

    Raises MultisignerError when one to remove is the signer's own, and when no NS record would be left.
    """
    remove = tuple(record for record in request.remove if published.has(record))
    for record in remove:
        published.refuse_own(record, request.zone)
    refuse_last_ns(request, (record.text for record in published.rrsets['NS'].records) if 'NS' in published.rrsets else ())
    return tuple(record for record in request.add if not published.has(record)), remove


def updates(zone: str, add: Sequence[Record], remove: Sequence[Record], published: Published) -> list[Update]:
    """The messages, in the order that BIND accepts: a CDS or CDNSKEY needs a DNSKEY of its algorithm, so keys come first and go last.
    The NS change in one message, in which the new ones come before the old ones go: BIND ignores the deletion of the last one.
    A CSYNC is there only while the NS are not being changed.

    They have no prerequisites: single records added and deleted cannot undo what somebody else does, and a server that keeps
    the unsigned zone apart (inline-signing) compares prerequisites with that one, which lacks its own keys. But BIND deletes a CDS that it
    has left behind of its own key only with the whole RRset: then that is written anew, if it is still what was read.
    """
    adding = [record for record in add if record.rtype == 'DNSKEY']
    removing = [record for record in remove if record.rtype == 'DNSKEY']
    steps: list[tuple[str, Sequence[Record], Sequence[Record]]] = [
        ('DNSKEY', adding, []), ('CDNSKEY', add, remove), ('CDS', add, remove), ('CSYNC', [], remove), ('NS', add, remove), ('CSYNC', add, []),
        ('DNSKEY', [], removing),
    ]
    found = [_update(zone, rtype, to_add, to_remove, published) for rtype, to_add, to_remove in steps if rtype in published.rrsets]
    return [update for update in found if update.add or update.remove]


def _update(zone: str, rtype: str, add: Iterable[Record], remove: Iterable[Record], published: Published) -> Update:
    """One type's update. A TTL is that of its whole RRset, so the live one is kept; an RRset that does not exist yet takes the DNSKEY RRset's."""
    live = published.rrsets[rtype]
    ttl = live.ttl if live.records else published.rrsets['DNSKEY'].ttl
    going = [record for record in remove if record.rtype == rtype]
    update = Update(zone, zone, ttl, typed(record for record in add if record.rtype == rtype), typed(going))
    if rtype == 'CDS' and any(published.why_own(record, zone) for record in going):
        now = frozenset(record.rdata for record in live.records if isinstance(record.rdata, DS))
        return replace(update, expect=(rtype, now), anew=True)
    return update


def _outcome(zone: str, add: Sequence[Record], remove: Sequence[Record], published: Published, words: str) -> Outcome:
    before = sort_records(record for rrset in published.rrsets.values() for record in rrset.records)
    after = sort_records((set(before) | set(add)) - set(remove))
    return Outcome(
        zone,
        added=tuple(record.text for record in add),
        removed=tuple(record.text for record in remove),
        before=tuple(record.text for record in before),
        after=tuple(record.text for record in after),
        changed=bool(add or remove),
        msg=words.format(len(add), len(remove)) if add or remove else 'Nothing differs.',
    )


def _records(parts: Iterable[tuple[tuple[str, Rdata], ...]]) -> tuple[Record, ...]:
    return sort_records(Record(rtype, value) for part in parts for rtype, value in part)


def _own_keys(texts: Iterable[str], zone: str) -> frozenset[DNSKEY]:
    """The keys in *texts*. Raises MultisignerError for what is no DNSKEY record: a guard that cannot be read must not pass for none."""
    return frozenset(parse_dnskey(text, zone) for text in texts)
