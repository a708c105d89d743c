# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at the world: every server of every signer and of the parent, for many zones at once, each answer authenticated.

It only asks. What a signer's API says is asked for only where DNS, TSIG and pins leave an answer unauthenticated, so a run
over zones that are in order costs no API call. The result is made of observation.py's values.
"""
from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import Any, Callable, Collection, FrozenSet, Mapping, Sequence, Tuple

from .api_keys import ApiKeys
from .dnskey import CSYNC, DNSKEY, DS, parse_record
from .errors import MultisignerError
from .group import GROUP_OPTIONS, Group, Parent, Signer, declare
from .observation import NOT_AUTHENTICATED, ParentServerView, ParentView, ServerView, SignerView, ZoneObservation
from .parallel import in_shares
from .resolve import Server, Silence, Tsig, ask, find_servers, for_each, from_rdata, live_rrset, together
from .trust import CHAIN_OPTIONS, Chain, chain_from, ds_answer, get_rrset, referral, signers_of, trusted_by

try:
    import dns.message
    import dns.name
    import dns.rdataclass
    import dns.rdatatype
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass

# What a signer's server is asked for, and whether the signatures over it are looked at: they tell what each key signs.
CHILD_QUESTIONS = (('DNSKEY', True), ('SOA', True), ('CDS', False), ('CDNSKEY', False), ('NS', False))
CSYNC_QUESTION = (('CSYNC', False),)  # where the parent follows it, or did
ZONES_AT_ONCE = 12  # each asks all its servers at once; more would only lose datagrams

# The options of every module that looks at declared zones. Documented by the fragments group and observation.
OBSERVE_OPTIONS: dict[str, Any] = {
    **GROUP_OPTIONS,
    **CHAIN_OPTIONS,
}

Questions = Tuple[Tuple[str, bool], ...]
OwnKeys = Callable[[Signer, str], FrozenSet[DNSKEY]]
_Share = Tuple[Sequence[ZoneObservation], Mapping[str, str]]


@dataclass(frozen=True)
class Look:
    """What one look at the declared zones gave: each zone that could be seen, in the order of their names, with what was
    declared of it; and for each zone that could not, why."""

    zones: tuple[tuple[Group, ZoneObservation], ...]
    errors: Mapping[str, str]


def look(options: Mapping[str, Any], csync: Collection[str] = ()) -> Look:
    """Looks at all zones of OBSERVE_OPTIONS, on all processors. Raises MultisignerError for what is wrong with every zone.

    *csync*: the zones that may have a CSYNC record though their parent is not said to follow it.
    """
    declaration = declare(options['zones'], options['signers'], options['parents'], options['max_ttl'])
    now = int(time.time())

    async def observe(groups: Sequence[Group]) -> _Share:
        chain = chain_from(options['trust_anchor_file'], options['resolvers'], options['timeout'])
        return await Observer(chain, ApiKeys().own_keys, options['timeout'], csync).observe(groups, now)

    shares = in_shares(declaration.groups, lambda groups: asyncio.run(observe(groups)))
    groups = {group.zone: group for group in declaration.groups}
    seen = sorted((zone for zones, _errors in shares for zone in zones), key=lambda zone: zone.zone)
    errors = {zone: text for _zones, failed in shares for zone, text in failed.items()}
    return Look(tuple((groups[zone.zone], zone) for zone in seen), {**errors, **declaration.errors})


@dataclass(frozen=True)
class _Answers:
    """One server's answers, still as dnspython has them, for the judgement that needs the parent's DS first."""

    view: ServerView
    tsig: bool = False
    rrset: Any = None
    rrsigs: Any = None


class Addresses:
    """The addresses of name servers; each name is looked up once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], tuple[Server, ...]] = {}

    def find(self, names: Sequence[str], port: int) -> tuple[Server, ...]:
        """Every address of *names*, in their order. Raises MultisignerError as find_servers() does."""
        found: list[Server] = []
        for name in names:
            if (name, port) not in self._found:
                self._found[name, port] = find_servers([name], port)
            found.extend(self._found[name, port])
        return tuple(dict.fromkeys(found))

    def asked(self, signer: Signer) -> list[tuple[Server, Tsig | None]]:
        """The servers of *signer* with the TSIG key with which each is asked: only its primary knows that. Raises MultisignerError."""
        servers = self.find(signer.servers, signer.port)
        primary = self.find([signer.primary or signer.servers[0]], signer.port)[0]
        return [(server, signer.tsig if server == primary else None) for server in dict.fromkeys((*servers, primary))]


class Observer:
    """Asks for the observation of each group. *own_keys* asks a signer's API for its own keys of a zone (it may block). *csync*: the zones
    of which CSYNC is asked for whatever their parent follows."""

    def __init__(self, chain: Chain, own_keys: OwnKeys, timeout: float, csync: Collection[str] = ()) -> None:
        self._chain = chain
        self._csync = csync
        self._own_keys = own_keys
        self._timeout = timeout
        self._addresses = Addresses()
        self._silence = Silence()
        self._api_turn = asyncio.Lock()

    async def observe(self, groups: Sequence[Group], now: int) -> tuple[list[ZoneObservation], dict[str, str]]:
        """What was seen of each zone, and the error of each zone that could not be looked at. *now*: seconds since 1970 UTC."""
        errors: dict[str, str] = {}

        async def one(group: Group) -> ZoneObservation | None:
            try:
                return await self._zone(group, now)
            except MultisignerError as error:
                errors[group.zone] = str(error.at(zone=group.zone))
                return None

        seen = await for_each(groups, one, ZONES_AT_ONCE)
        return [observation for observation in seen if observation is not None], errors

    async def _zone(self, group: Group, now: int) -> ZoneObservation:
        parent, anchors, why_not = await self._parent(group.parent, group.zone)
        questions = CHILD_QUESTIONS + CSYNC_QUESTION if group.parent.csync or group.zone in self._csync else CHILD_QUESTIONS
        signers = await together(self._signer(signer, group.zone, questions, anchors, why_not) for signer in group.signers)
        return ZoneObservation(group.zone, now, tuple(signers), parent)

    # -- the parent -------------------------------------------------------------------------------------------------

    async def _parent(self, parent: Parent, zone: str) -> tuple[ParentView, tuple[DS, ...], str]:
        """The parent's view, the DS that authenticate the child, and why there are none."""
        servers = self._addresses.find(parent.servers, parent.port)
        seen = await together(self._parent_server(server, zone) for server in servers)
        views = tuple(view for view, _unused in seen)
        authentic = frozenset(ds for view in views if view.authenticated for ds in view.ds)
        why_not = next((view.why_not or view.error for view in views if not view.authenticated), '')
        return ParentView(parent.name, next((apex for _unused, apex in seen if apex), ''), views), tuple(sorted(authentic)), why_not

    async def _parent_server(self, server: Server, zone: str) -> tuple[ParentServerView, str]:
        try:
            with self._silence.of(server, zone):
                answer = await ask(server, zone, 'DS', timeout=self._timeout)
                delegation = await self._delegation(server, zone)
            rrset, rrsigs, apex = ds_answer(answer, zone, server)
        except MultisignerError as error:
            return ParentServerView(str(server), error=str(error.at(zone=zone, server=str(server)))), ''
        view = ParentServerView(str(server), ns=delegation[0], ns_ttl=delegation[1])
        if rrset is None:
            return replace(view, why_not=f'the parent zone {apex} has no DS for it yet'), apex
        view = replace(view, ds=frozenset(from_rdata(rdata) for rdata in rrset), ds_ttl=rrset.ttl)
        try:
            await self._chain.authenticated_ds(rrset, rrsigs)
        except MultisignerError as error:
            return replace(view, why_not=error.what), apex
        return replace(view, authenticated=True), apex

    async def _delegation(self, server: Server, zone: str) -> tuple[frozenset[str], int]:
        """The NS RRset of the referral and its TTL."""
        rrset, _answer = await referral(server, zone, self._timeout)
        return (_targets(rrset), rrset.ttl) if rrset is not None else (frozenset(), 0)

    # -- a signer ---------------------------------------------------------------------------------------------------

    async def _signer(self, signer: Signer, zone: str, questions: Questions, anchors: tuple[DS, ...], why_not: str) -> SignerView:
        answers = await together(self._server(server, zone, questions, tsig) for server, tsig in self._addresses.asked(signer))
        pins = _pins(signer, zone)
        judged = [_authenticate(answer, anchors, pins, why_not, zone) for answer in answers]
        by_api: frozenset[DNSKEY] = frozenset()
        seen = [view for view in judged if not view.error]
        if signer.api is not None and any(view.authenticated == NOT_AUTHENTICATED for view in seen):
            by_api, judged = await self._ask_api(signer, zone, answers, judged)
        nothing: FrozenSet[DNSKEY] = frozenset()
        told = (signer.retiring, signer.announced, signer.awaits_ds, signer.self_announced)
        retiring, announced, awaits_ds, self_announced = (names.get(zone, nothing) for names in told)
        able = signer.capabilities
        return SignerView(signer.name, tuple(judged), able.prepublishes, by_api, retiring, announced, awaits_ds, self_announced, able.omits_ksks)

    async def _ask_api(
        self, signer: Signer, zone: str, answers: Sequence[_Answers], judged: Sequence[ServerView]
    ) -> tuple[frozenset[DNSKEY], list[ServerView]]:
        """The signer's own keys by its API, and the views judged again: what these keys sign is authenticated by them."""
        try:
            async with self._api_turn:  # one at a time: providers limit how often they may be asked
                own = await asyncio.get_running_loop().run_in_executor(None, self._own_keys, signer, zone)
        except MultisignerError as error:
            return frozenset(), [replace(view, error=view.error or str(error.at(zone=zone, server=signer.name))) for view in judged]
        views: list[ServerView] = []
        for answer, view in zip(answers, judged):
            signed_by_own = signers_of(answer.rrset, answer.rrsigs, own & view.dnskeys)
            if not view.error and view.authenticated == NOT_AUTHENTICATED:
                why_not = '' if signed_by_own else f'no key that the API of {signer.name} names signs its DNSKEY RRset'
                view = replace(view, authenticated='api' if signed_by_own else NOT_AUTHENTICATED, why_not=why_not)
            views.append(view)
        return own, views

    async def _server(self, server: Server, zone: str, questions: Questions, tsig: Tsig | None) -> _Answers:
        try:
            with self._silence.of(server, zone):
                answers = await together(ask(server, zone, rtype, tsig, self._timeout, signatures) for rtype, signatures in questions)
            return _read(server, zone, dict(zip((rtype for rtype, _unused in questions), answers)), tsig is not None)
        except MultisignerError as error:
            return _Answers(ServerView(str(server), error=str(error.at(zone=zone, server=str(server)))))


def _read(server: Server, zone: str, answers: Mapping[str, Any], tsig: bool) -> _Answers:
    """One server's answers as a view that is not judged yet. Raises MultisignerError for a zone that is not there or not signed."""
    name = dns.name.from_text(zone)
    records = {rtype: live_rrset(answers[rtype], server, zone, rtype) for rtype in ('DNSKEY', 'CDS', 'CDNSKEY')}
    keys = frozenset(record.rdata for record in records['DNSKEY'].records if isinstance(record.rdata, DNSKEY))
    cdnskeys = frozenset(record.rdata for record in records['CDNSKEY'].records if isinstance(record.rdata, DNSKEY))
    if any(not key.key for key in keys | cdnskeys):
        raise MultisignerError('publishes a key of no bytes', remedy='Remove that record at the signer')
    soa, soa_rrsigs = get_rrset(answers['SOA'], name, 'SOA')
    if soa is None:
        raise MultisignerError('has no SOA for the zone', remedy='Configure the zone there, or correct its name')
    rrset, rrsigs = get_rrset(answers['DNSKEY'], name, 'DNSKEY')
    if rrset is None:
        raise MultisignerError('serves the zone unsigned: there is no DNSKEY', remedy='Have this signer sign the zone first')
    ns = answers['NS'].get_rrset(dns.message.ANSWER, name, dns.rdataclass.IN, dns.rdatatype.NS)
    view = ServerView(
        str(server),
        dnskeys=keys,
        dnskey_ttl=rrset.ttl,
        signs_keys=frozenset(signers_of(rrset, rrsigs, keys)),
        signs_zone=frozenset(signers_of(soa, soa_rrsigs, keys)),
        cds=frozenset(record.rdata for record in records['CDS'].records if isinstance(record.rdata, DS)),
        cdnskeys=cdnskeys,
        ns=_targets(ns) if ns is not None else frozenset(),
        ns_ttl=ns.ttl if ns is not None else 0,
        csync=_csync(answers['CSYNC'], server, zone) if 'CSYNC' in answers else frozenset(),
        serial=soa[0].serial,
        negative_ttl=min(soa.ttl, soa[0].minimum),
    )
    return _Answers(view, tsig, rrset, rrsigs)


def _authenticate(answer: _Answers, anchors: tuple[DS, ...], pins: tuple[Any, ...], why_not: str, zone: str) -> ServerView:
    """The view with the strongest way in which it is authenticated: a trusted key signs its DNSKEY RRset, or TSIG signed the answer."""
    view = answer.view
    if view.error:
        return view
    if trusted_by(view.signs_keys, anchors, zone):
        return replace(view, authenticated='dnssec')
    if answer.tsig:
        return replace(view, authenticated='tsig')
    if trusted_by(view.signs_keys, pins, zone):
        return replace(view, authenticated='pinned')
    return replace(view, why_not=why_not or 'none of the DS at the parent names a key that signs its DNSKEY RRset')


def _pins(signer: Signer, zone: str) -> tuple[Any, ...]:
    """The keys that the user pinned for this signer and zone, as DNSKEY or DS values."""
    pins: list[Any] = []
    for text in signer.pins.get(zone, ()):
        words = text.split()
        types = [word.upper() for word in words]
        if 'DNSKEY' in types:
            pins.append(parse_record(text, zone).rdata)
        else:
            pins.append(DS.parse(' '.join(words[types.index('DS') + 1:] if 'DS' in types else words)))
    return tuple(pins)


def _csync(answer: Any, server: Server, zone: str) -> frozenset[CSYNC]:
    return frozenset(record.rdata for record in live_rrset(answer, server, zone, 'CSYNC').records if isinstance(record.rdata, CSYNC))


def _targets(rrset: Any) -> frozenset[str]:
    return frozenset(rdata.target.to_text(omit_final_dot=True).lower() for rdata in rrset)
