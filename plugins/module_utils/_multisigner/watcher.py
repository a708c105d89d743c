# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at the DNSKEY, CDS and CDNSKEY of many zones over and over, for the event source dnskey_changes.

Three small questions to each server tell whether anything is other than before. Only where it is, or where nothing is known yet, the zone is
looked at as a pass looks at it (observe.py), with all that authenticates an answer. No API is asked, and nothing is changed anywhere.
"""
from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, replace
from typing import Any, Dict, FrozenSet, List, Mapping, Sequence, Tuple

from .dnskey import DNSKEY, DS
from .errors import MultisignerError
from .group import Group, Signer, declare
from .observation import NOT_AUTHENTICATED, ServerView, ZoneObservation
from .observe import ZONES_AT_ONCE, Addresses, Observer
from .resolve import AT_ONCE, LiveRRset, Server, Silence, Tsig, ask, for_each, live, live_rrset, together
from .trust import chain_from, get_rrset, signers_of
from .verify.denial import NODATA, RECORDS_CONSIDERED, prove
from .verify.survey import SignedRRset
from .watch import RTYPES, News, Records, Shown, ZoneWatch, events

try:
    import dns.name
    import dns.rdatatype
except ImportError:
    # resolve.py remembers the failure; the event source reports it before anything here runs.
    pass

SHARE_OF_TTL = 10  # a zone is looked at ten times in the TTL of its DNSKEY RRset
JITTER = 0.1  # of the interval, either way: zones that began together do not stay so
ZONES_A_ROUND = 200  # so that news of the first zones does not wait for thousands of others
QUESTIONS_OF_A_LOOK = 7  # to each server of a signer: the five of observe.py, and two with signatures


@dataclass(frozen=True)
class Pace:
    """How often is asked. *shortest* and *longest*: seconds between two looks at a zone; *queries_per_second*: of each address of a name server;
    *patience*: failures running after which a server counts as silent."""

    shortest: float = 60.0
    longest: float = 900.0
    queries_per_second: float = 25.0
    patience: int = 3

    def interval(self, ttl: int) -> float:
        """Seconds until the next look at a zone whose DNSKEY RRset has this TTL, on average."""
        return min(max(ttl / SHARE_OF_TTL, self.shortest), self.longest)


class Turns:
    """When each server may be asked next: its questions are *queries_per_second* apart, whichever zones they are about."""

    def __init__(self, queries_per_second: float) -> None:
        self._apart = 1 / queries_per_second
        self._next: Dict[Server, float] = {}

    async def take(self, server: Server, questions: int) -> None:
        """Waits until *server* may be asked so many questions at once."""
        now = time.monotonic()
        turn = max(self._next.get(server, now), now)
        self._next[server] = turn + questions * self._apart
        if turn > now:
            await asyncio.sleep(turn - now)


class Watcher:
    """What is known of every declared zone, and when each is to be looked at. *options*: those of observe.OBSERVE_OPTIONS."""

    def __init__(self, options: Mapping[str, Any], pace: Pace, jitter: float = JITTER) -> None:
        self._pace = pace
        self._jitter = jitter
        self._turns = Turns(pace.queries_per_second)
        self._watches: Dict[str, ZoneWatch] = {}
        self._due: Dict[str, float] = {}
        self.errors: Mapping[str, str] = {}
        self.declare(options)

    def declare(self, options: Mapping[str, Any]) -> bool:
        """Watches what is declared now; whether that is other than before. What is known of a zone that is declared as before stays known."""
        declaration = declare(options['zones'], options['signers'], options['parents'])
        groups = {group.zone: _without_api(group) for group in declaration.groups}
        before = {zone: watch.group for zone, watch in self._watches.items()}
        is_new = groups != before or declaration.errors != self.errors
        self._options = options
        self.errors = declaration.errors
        self._addresses = Addresses()  # names may have got others
        self._watches = {zone: self._watches[zone] if before.get(zone) == group else ZoneWatch(group, self._pace.patience) for zone, group in groups.items()}
        self._due = {zone: self._due.get(zone, 0.0) if before.get(zone) == group else 0.0 for zone, group in groups.items()}
        return is_new

    @property
    def zones(self) -> List[str]:
        return sorted(self._watches)

    @property
    def unseen(self) -> bool:
        """Whether any zone waits for its first look."""
        return not all(self._due.values())

    def wait(self) -> float:
        """Seconds until a zone is due."""
        return max(min(self._due.values(), default=time.monotonic() + self._pace.shortest) - time.monotonic(), 0.0)

    async def round(self) -> List[Dict[str, Any]]:
        """Looks at the zones that are due, those first that have been so for longest, and returns the events."""
        now = time.monotonic()
        due = sorted((zone for zone, at in self._due.items() if at <= now), key=lambda zone: self._due[zone])[:ZONES_A_ROUND]
        news = await self._look([self._watches[zone] for zone in due])
        for zone in due:
            interval = self._pace.interval(self._watches[zone].ttl)
            self._due[zone] = time.monotonic() + interval * random.uniform(1 - self._jitter, 1 + self._jitter)  # noqa: S311 - not a secret
        return events(news)

    async def _look(self, watches: Sequence[ZoneWatch]) -> List[News]:
        silence = Silence()
        glances = dict(zip(watches, await for_each(watches, lambda watch: self._glance(watch, silence), AT_ONCE)))
        suspects = [watch for watch, shown in glances.items() if watch.needs_look(shown)]
        seen = await self._authenticated([watch.group for watch in suspects])
        now = time.monotonic()
        return [watch.look(seen[watch.group.zone], now) if watch in suspects else watch.glance(shown, now) for watch, shown in glances.items()]

    # -- a glance: three questions to each server ------------------------------------------------------------------------

    async def _glance(self, watch: ZoneWatch, silence: Silence) -> List[Shown]:
        group = watch.group
        try:
            asked = [(signer, server, tsig) for signer in group.signers for server, tsig in self._addresses.asked(signer)]
        except MultisignerError as error:
            return [_unseen(str(error.at(zone=group.zone)))]
        return await together(self._ask(group.zone, signer, server, tsig, silence) for signer, server, tsig in asked)

    async def _ask(self, zone: str, signer: Signer, server: Server, tsig: Tsig | None, silence: Silence) -> Shown:
        await self._turns.take(server, len(RTYPES))
        try:
            with silence.of(server, zone):
                answers = await live(server, zone, RTYPES, tsig, self._options['timeout'])
        except MultisignerError as error:
            return Shown(signer.name, str(server), error=str(error.at(zone=zone, server=str(server))))
        return Shown(signer.name, str(server), {rtype: _records(answer) for rtype, answer in answers.items()}, ttl=answers['DNSKEY'].ttl)

    # -- a look, as a pass does it -----------------------------------------------------------------------------------------

    async def _authenticated(self, groups: Sequence[Group]) -> Dict[str, List[Shown]]:
        """What every server of these zones shows, each RRset with how it was authenticated."""
        if not groups:
            return {}
        chain = chain_from(self._options['trust_anchor_file'], self._options['resolvers'], self._options['timeout'])
        observer = Observer(chain, _no_api, self._options['timeout'])
        found: Dict[str, List[Shown]] = {}

        async def one(group: Group) -> None:
            try:
                asked = {str(server): (signer, server, tsig) for signer in group.signers for server, tsig in self._addresses.asked(signer)}
                await together(self._turns.take(server, QUESTIONS_OF_A_LOOK) for _signer, server, _tsig in asked.values())
                seen, errors = await observer.observe([group], int(time.time()))
                found[group.zone] = [_unseen(errors[group.zone])] if errors else await self._judged(seen[0], asked)
            except MultisignerError as error:
                found[group.zone] = [_unseen(str(error.at(zone=group.zone)))]

        await for_each(groups, one, ZONES_AT_ONCE)
        return found

    async def _judged(self, seen: ZoneObservation, asked: Mapping[str, Tuple[Signer, Server, Tsig | None]]) -> List[Shown]:
        views = [(view.name, server) for view in seen.signers for server in view.servers]
        return await together(self._shown(seen.zone, name, view, asked[view.server][1:]) for name, view in views)

    async def _shown(self, zone: str, signer: str, view: ServerView, place: Tuple[Server, Tsig | None]) -> Shown:
        if view.error:
            return Shown(signer, view.server, error=view.error)
        records: Dict[str, Records] = {'DNSKEY': view.dnskeys, 'CDS': view.cds, 'CDNSKEY': view.cdnskeys}
        ways = {'DNSKEY': view.authenticated}
        for rtype in ('CDS', 'CDNSKEY'):
            ways[rtype] = await self._way(zone, rtype, records[rtype], view, place)
        return Shown(signer, view.server, records, ways, view.dnskey_ttl)

    async def _way(self, zone: str, rtype: str, records: Records, view: ServerView, place: Tuple[Server, Tsig | None]) -> str:
        """How *records*, which *view* has of *rtype*, are authenticated: by TSIG, or by a signature of a key in an authenticated DNSKEY RRset."""
        server, tsig = place
        if tsig is not None:
            return 'tsig'
        if view.authenticated == NOT_AUTHENTICATED:
            return NOT_AUTHENTICATED
        try:
            answer = await ask(server, zone, rtype, timeout=self._options['timeout'])
            is_same = _records(live_rrset(answer, server, zone, rtype)) == records
        except MultisignerError:
            return NOT_AUTHENTICATED
        return view.authenticated if is_same and _is_proved(answer, zone, rtype, view.dnskeys) else NOT_AUTHENTICATED


def _is_proved(answer: Any, zone: str, rtype: str, keys: FrozenSet[DNSKEY]) -> bool:
    """Whether one of *keys* signs what *answer* has of *rtype* at the apex, or the proof that there is nothing (RFC 4035 section 5.4)."""
    name = dns.name.from_text(zone)
    rrset, rrsigs = get_rrset(answer, name, rtype)
    if rrset is not None:
        return bool(signers_of(rrset, rrsigs, keys))
    signatures = {(part.name, part.covers): part for part in answer.authority if part.rdtype == dns.rdatatype.RRSIG}
    denials = [part for part in answer.authority if part.rdtype in (dns.rdatatype.NSEC, dns.rdatatype.NSEC3)][:RECORDS_CONSIDERED]
    signed = [SignedRRset(part) for part in denials if signers_of(part, signatures.get((part.name, part.rdtype)), keys)]
    proof = prove(NODATA, name, name, int(dns.rdatatype.from_text(rtype)), signed)
    return proof.holds and not proof.unknown


def _without_api(group: Group) -> Group:
    """The group with signers that are looked at by DNS only: providers limit how often their APIs may be asked."""
    return replace(group, signers=tuple(replace(signer, api=None) for signer in group.signers if signer.name not in group.dead))


def _no_api(signer: Signer, zone: str) -> FrozenSet[DNSKEY]:
    raise MultisignerError('its API is not asked for events', zone=zone, server=signer.name)


def _unseen(error: str) -> Shown:
    """For a zone that could not be looked at at all."""
    return Shown('', 'the servers of the zone', error=error)


def _records(answer: LiveRRset) -> Records:
    return frozenset(record.rdata for record in answer.records if isinstance(record.rdata, (DNSKEY, DS)))
