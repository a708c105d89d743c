# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One zone looked at: which questions go to which servers, and what came back, as a Survey.

The same questions go to every server, or their answers could not be compared. It judges nothing.
"""
from __future__ import annotations

import secrets
from typing import Any, Callable, Iterable, Mapping, Sequence, Tuple

from ..errors import MultisignerError
from ..resolve import Server, from_rdata, together
from ..trust import Chain, get_rrset, signers_of
from .denial import type_text, types_of
from .discover import Discoverer, Found
from .probe import Asker
from .seen import bitmap_says_delegation
from .survey import (
    APEX,
    DELEGATION,
    FRESH,
    NAME,
    NODATA,
    WILDCARD,
    Answer,
    Probe,
    ServerSurvey,
    Signal,
    Survey,
    Target,
    Transfer,
)

try:
    import dns.exception
    import dns.name
    import dns.rdatatype
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass

APEX_TYPES = ('SOA', 'DNSKEY', 'NS', 'CDS', 'CDNSKEY', 'A', 'AAAA', 'MX', 'TXT')
ABSENT_TYPE = 'LOC'  # hardly a name has one
NAME_TYPES = ('A', 'AAAA', 'MX', 'TXT')
LEARNT = 12  # names of each kind that are asked for since an NSEC or a transfer told of them
WALKED = 16  # names that are looked for along the NSEC chain of one server
QUESTIONS = 20_000  # to one server about one zone; more names in a zone file are left out


NamesOf = Callable[[str], Sequence[Tuple[str, str]]]


class Surveyor:
    """Looks at many zones; what they have in common is looked for once. *names* gives absolute names with types to ask for in a zone."""

    def __init__(self, chain: Chain, timeout: float, names: NamesOf | None = None) -> None:
        self._chain = chain
        self._discoverer = Discoverer(chain, timeout)
        self._asker = Asker(timeout)
        self._names = names

    async def survey(self, target: Target, now: int) -> Survey:
        """Everything about *target*. Raises MultisignerError when its parent cannot be found."""
        found = await self._discoverer.find(target)
        fresh = secrets.token_hex(6)
        probes = first_probes(target, fresh, self._names(target.zone) if self._names is not None else ())
        asked: dict[Server, Mapping[Probe, Answer]] = {}
        await self._ask(asked, found.names, probes)
        await self._discoverer.follow(found, _ns(target, asked, found), found.in_child)
        await self._ask(asked, [server for server in found.names if server not in asked], probes)
        transfers = await self._transfers(target, found, asked) if target.transfer else {}
        alive = [server for server in asked if _is_alive(asked[server])]
        walked = await self._walk(target.zone, alive, asked)
        more = [probe for probe in learnt_probes(target.zone, fresh, [*asked.values(), walked], transfers.values()) if probe not in probes]
        if more:
            for server, answers in zip(alive, await together(self._asker.all(server, more) for server in alive)):
                asked[server] = {**asked[server], **answers}
        signals = await self._signals(target, found) if target.bootstrapping else ()
        limited = f'{QUESTIONS} names of the zone file were asked for, and no more' if len(probes) >= QUESTIONS else ''
        servers = tuple(_server(server, found, asked[server], transfers.get(server), limited) for server in found.names)
        return Survey(
            target, now, found.parent_zone, found.parents, servers,
            tuple(dict.fromkeys([*probes, *more])), found.members, tuple(found.addressless), tuple(found.unrouted), signals,
        )

    async def _ask(self, asked: dict[Server, Mapping[Probe, Answer]], servers: Iterable[Server], probes: Sequence[Probe]) -> None:
        async def one(server: Server) -> Mapping[Probe, Answer]:
            answer = await self._asker.first(server, probes[0])
            if answer.failure is not None:
                return {probes[0]: answer}
            return {probes[0]: answer, **await self._asker.all(server, probes[1:])}

        chosen = list(servers)
        asked.update(zip(chosen, await together(one(server) for server in chosen)))

    async def _walk(self, zone: str, alive: Sequence[Server], asked: Mapping[Server, Mapping[Probe, Answer]]) -> Mapping[Probe, Answer]:
        """A few answers along the chain of NSEC, which tell of names; of a server that has none, nothing."""
        apex = dns.name.from_text(zone)
        start = Probe(NODATA, apex.to_text(), ABSENT_TYPE)
        found: dict[Probe, Answer] = {}
        for server in alive:
            name = _following(asked[server][start], apex)
            while name is not None and name != apex and len(found) < WALKED:
                try:
                    after = dns.name.Name((name.labels[0] + b'\0', *name.labels[1:]))
                except dns.exception.DNSException:
                    break  # the label or the name is as long as one can be
                probe = Probe(FRESH, after.to_text(), 'A')
                found[probe] = await self._asker.ask(server, probe)
                following = _following(found[probe], after)
                name = following if following is not None and following > name else None
            if found:
                break
        return found

    async def _transfers(self, target: Target, found: Found, asked: Mapping[Server, Any]) -> Mapping[Server, Transfer]:
        tsigs = {signer.name: signer.tsig for signer in target.signers}
        servers = [server for server in asked if _is_alive(asked[server])]
        names = [found.members.get(str(Server(server.address, server.port)), '') for server in servers]
        transfers = await together(self._asker.transfer(server, target.zone, tsigs.get(name)) for server, name in zip(servers, names))
        return dict(zip(servers, transfers))

    async def _signals(self, target: Target, found: Found) -> tuple[Signal, ...]:
        """What the signalling names of RFC 9615 section 4.1 hold, for every name server that is not in the zone itself."""
        zone = dns.name.from_text(target.zone)
        hosts = sorted({name for names in found.names.values() for name in names if not dns.name.from_text(name).is_subdomain(zone)})
        return tuple(await together(self._signal(f'_dsboot.{target.zone}._signal.{host}.') for host in hosts))

    async def _signal(self, name: str) -> Signal:
        found: dict[str, frozenset[str]] = {}
        try:
            owner = dns.name.from_text(name)
            for rdtype in ('CDS', 'CDNSKEY'):
                rrset, rrsigs = get_rrset(await self._chain.resolve(owner, rdtype), owner, rdtype)
                if rrset is None or rrsigs is None:
                    raise MultisignerError(f'there is no signed {rdtype}')
                apex = rrsigs[0].signer
                if not owner.is_subdomain(apex) or not signers_of(rrset, rrsigs, await self._chain.keys_of(apex)):
                    raise MultisignerError(f'its {rdtype} has no valid signature')
                found[rdtype] = frozenset(from_rdata(rdata).text for rdata in rrset)
        except (MultisignerError, dns.name.NameTooLong, dns.name.LabelTooLong) as error:
            return Signal(name, failure=error.what if isinstance(error, MultisignerError) else 'the name is too long')
        return Signal(name, found['CDS'], found['CDNSKEY'])


def first_probes(target: Target, fresh: str, names: Sequence[tuple[str, str]] = ()) -> list[Probe]:
    """What is always asked, and the names that the user gave; SOA is the first."""
    apex = dns.name.from_text(target.zone)
    zone = apex.to_text()
    suffix = '' if zone == '.' else zone
    probes = [Probe(APEX, zone, rtype) for rtype in APEX_TYPES]
    probes += [Probe(APEX, zone, 'DNSKEY', over_tcp=True), Probe(NODATA, zone, ABSENT_TYPE)]
    probes += [Probe(FRESH, f'{fresh}.{suffix}', 'A'), Probe(NAME, f'www.{suffix}', 'A')]
    for text in target.names:
        name, *types = text.split()
        probes.extend(_named(dns.name.from_text(name, apex).to_text(), types or NAME_TYPES, fresh))
    for name, rtype in names:
        owner = dns.name.from_text(name)
        if owner.is_subdomain(apex) and owner != apex:
            probes.extend(_named(owner.to_text(), [rtype], fresh))
    return list(dict.fromkeys(probes))[:QUESTIONS]


def _named(name: str, types: Iterable[str], fresh: str) -> list[Probe]:
    if name.startswith('*.'):
        return [Probe(WILDCARD, f'{fresh}{name[1:]}', rtype) for rtype in types]
    return [Probe(DELEGATION if rtype == 'DS' else NAME, name, rtype) for rtype in types]


def learnt_probes(zone: str, fresh: str, answers: Iterable[Mapping[Probe, Answer]], transfers: Iterable[Transfer]) -> list[Probe]:
    """Probes for what the servers told of by themselves: the names in NSEC records and transfers, delegations, wildcards, and names between."""
    apex = dns.name.from_text(zone)
    known: dict[Any, set[str]] = {}
    cuts: set[Any] = set()
    for told in answers:
        for answer in told.values():
            for signed in (*answer.answer, *answer.authority):
                if signed.name == apex or not signed.name.is_subdomain(apex):
                    continue
                if signed.rtype == dns.rdatatype.NSEC:
                    known.setdefault(signed.name, set()).update(_types(signed.rrset[0]))
                    if bitmap_says_delegation(signed.rrset[0]):
                        cuts.add(signed.name)
                elif signed.rtype == dns.rdatatype.NS:
                    cuts.add(signed.name)
    for transfer in transfers:
        for name, rtype in transfer.content:
            owner = dns.name.from_text(name)
            if rtype == 'NS':
                cuts.add(owner)
            elif owner != apex and len(known) < 8 * LEARNT:
                known.setdefault(owner, set()).add(rtype)
    plain = [name for name in sorted(known) if name not in cuts and not any(name.is_subdomain(cut) for cut in cuts)]
    wild = [name for name in plain if name.is_wild()][:LEARNT]
    hosts = [name for name in plain if not name.is_wild() and b'_dsboot' not in name.labels and not name.labels[0].startswith(b'\0')][:LEARNT]
    between = sorted({name.parent() for name in hosts} - set(plain) - cuts - {apex})[:LEARNT]
    probes = [Probe(DELEGATION, cut.to_text(), 'DS') for cut in sorted(cuts)[:LEARNT]]
    probes += [probe for name in wild for probe in _named(name.to_text(), [_first(known[name])], fresh)]
    probes += [Probe(NAME, name.to_text(), _first(known[name])) for name in hosts]
    probes += [Probe(NAME, name.to_text(), 'A') for name in between]
    probes += [Probe(NODATA, name.to_text(), ABSENT_TYPE) for name in hosts]
    return list(dict.fromkeys(probe for probe in probes if dns.name.from_text(probe.name).is_subdomain(apex)))


def _following(answer: Answer, name: Any) -> Any | None:
    """The next name in the zone after *name*, as an NSEC that matches or covers it tells."""
    for signed in answer.authority:
        if signed.rtype == dns.rdatatype.NSEC and signed.name <= name and (name < signed.rrset[0].next or signed.name == name):
            return signed.rrset[0].next
    return None


def _types(rdata: Any) -> set[str]:
    return {type_text(number) for number in types_of(rdata)}


def _first(types: Iterable[str]) -> str:
    """A type that such a name has, the same in every run."""
    told = sorted(set(types) - {'RRSIG', 'NSEC'})
    return next((rtype for rtype in ('A', 'AAAA', 'MX', 'TXT', 'CNAME') if rtype in told), told[0] if told and not told[0].startswith('TYPE') else 'A')


def _is_alive(answers: Mapping[Probe, Answer]) -> bool:
    first = next(iter(answers.values()))
    return first.failure is None and first.rcode == 0 and len(answers) > 1


def _ns(target: Target, asked: Mapping[Server, Mapping[Probe, Answer]], found: Found) -> frozenset[str]:
    """The NS that the servers of the delegation have for the zone."""
    apex = dns.name.from_text(target.zone)
    probe = Probe(APEX, apex.to_text(), 'NS')
    return frozenset(
        rdata.target.to_text(omit_final_dot=True).lower()
        for server in found.in_parent for signed in asked[server].get(probe, Answer()).answer
        if signed.name == apex and signed.rtype == dns.rdatatype.NS for rdata in signed.rrset
    )


def _server(server: Server, found: Found, answers: Mapping[Probe, Answer], transfer: Transfer | None, limited: str) -> ServerSurvey:
    first = next(iter(answers.values()))
    return ServerSurvey(
        server, tuple(found.names[server]), server in found.in_parent, server in found.in_child, answers, transfer,
        first.failure if len(answers) == 1 else None, limited,
    )
