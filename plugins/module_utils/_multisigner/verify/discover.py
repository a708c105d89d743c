# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parent of a zone and all its servers, from nothing but its name: the delegation, what NS lead to, the declared signers.

It asks the parent's servers and a resolver that need not be trusted. It judges nothing but whether the DS chain to the
trust anchor, which trust.py says.
"""
from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass, field
from typing import Any, Awaitable, Callable, Iterable

from ..errors import MultisignerError
from ..resolve import Server, Silence, ask, find_servers, has_route, together
from ..trust import Chain, ds_answer, referral, soa_owner
from .survey import ParentServerSurvey, SignedRRset, Target

try:
    import dns.name
    import dns.rcode
    import dns.rdatatype
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass

NAMES_FOLLOWED = 32  # NS of one zone; a delegation has a dozen at most (RFC 1912 section 2.8)
ADDRESSES_FOLLOWED = 8  # of one name server


@dataclass
class Found:
    """What is known of a zone's servers on the way: by address, with the names that lead there."""

    parent_zone: str = ''
    parents: tuple[ParentServerSurvey, ...] = ()
    names: dict[Server, list[str]] = field(default_factory=dict)
    in_parent: set[Server] = field(default_factory=set)
    in_child: set[Server] = field(default_factory=set)
    members: dict[str, str] = field(default_factory=dict)
    addressless: list[str] = field(default_factory=list)
    unrouted: list[str] = field(default_factory=list)
    glue: dict[str, set[str]] = field(default_factory=dict)

    def add(self, server: Server, name: str = '') -> Server:
        """The server as it is known already, whatever the port it was declared with."""
        known = next((one for one in self.names if one.address == server.address and (name or one.port == server.port)), server)
        held = self.names.setdefault(known, [])
        if name and name not in held:
            held.append(name)
        return known


class Discoverer:
    """Finds the servers of many zones; what several have in common is asked for once."""

    def __init__(self, chain: Chain, timeout: float) -> None:
        self._chain = chain
        self._timeout = timeout
        self._silence = Silence()
        self._known: dict[Any, asyncio.Task[Any]] = {}

    async def find(self, target: Target) -> Found:
        """All servers of *target*. Raises MultisignerError when its parent cannot be found."""
        found = Found()
        for signer in target.signers:
            if not signer.dead:
                for server in await self._declared(signer.servers, signer.port):
                    known = found.add(server)
                    found.members[str(Server(known.address, known.port))] = signer.name
        servers, apex = await self._parent_servers(target)
        answers = await together(self._parent_server(server, target.zone) for server in servers)
        found.parents = tuple(view for view, _glue, _apex in answers)
        found.parent_zone = apex or next((one for _view, _glue, one in answers if one), '')
        for _view, told, _apex in answers:
            for name, texts in told.items():
                found.glue.setdefault(name, set()).update(texts)
        await self.follow(found, frozenset().union(*(view.ns for view in found.parents)), found.in_parent)
        return found

    # -- the parent ---------------------------------------------------------------------------------------------------

    async def _parent_servers(self, target: Target) -> tuple[tuple[Server, ...], str]:
        if target.parent_servers:
            return await self._declared(target.parent_servers, target.parent_port), ''
        if target.zone == '.':
            raise MultisignerError('the root zone has no parent', zone='.', remedy='Verify zones below it')
        apex = await self._once(('above', target.zone), lambda: self._enclosing(target.zone))
        servers = await self._once(('servers', apex), lambda: self._servers_of(apex))
        return servers, apex.to_text(omit_final_dot=True) or '.'

    async def _enclosing(self, zone: str) -> Any:
        """The apex of the zone that holds the delegation of *zone*."""
        above = dns.name.from_text(zone).parent()
        answer = await self._chain.resolve(above, 'SOA')
        apex = soa_owner(answer)
        if apex is None or not above.is_subdomain(apex):
            raise MultisignerError(
                f'its parent zone cannot be found: the resolver has no SOA at or above {above}', zone=zone,
                remedy='See that the resolver works, or name the parent and its servers',
            )
        return apex

    async def _servers_of(self, apex: Any) -> tuple[Server, ...]:
        answer = await self._chain.resolve(apex, 'NS')
        names = sorted({_target(rdata) for rrset in answer.answer if rrset.rdtype == dns.rdatatype.NS and rrset.name == apex for rdata in rrset})
        found = [Server(address, 53, name) for name in names[:NAMES_FOLLOWED] for address in await self.addresses(name)]
        reachable = [server for server in found if has_route(server.address, server.port)]
        if not reachable:
            raise MultisignerError(
                f'no server of its parent zone {apex} can be found', remedy='See that the resolver works, or name the parent and its servers'
            )
        return tuple(reachable)

    async def _parent_server(self, server: Server, zone: str) -> tuple[ParentServerSurvey, dict[str, set[str]], str]:
        try:
            with self._silence.of(server, zone):
                answer = await ask(server, zone, 'DS', timeout=self._timeout)
                ns, ttl, glue = await self._delegation(server, zone)
            if answer.rcode() == dns.rcode.NXDOMAIN:
                return ParentServerSurvey(server, delegated=False), {}, ''
            rrset, rrsigs, apex = ds_answer(answer, zone, server)
        except MultisignerError as error:
            return ParentServerSurvey(server, failure=error.what), {}, ''
        if rrset is None:
            return ParentServerSurvey(server, ns=ns, ns_ttl=ttl, delegated=bool(ns), why_not=f'the parent zone {apex} has no DS for it'), glue, apex
        why_not = ''
        try:
            await self._chain.authenticated_ds(rrset, rrsigs)
        except MultisignerError as error:
            why_not = error.what
        signed = SignedRRset(rrset, tuple(rrsigs or ()))
        return ParentServerSurvey(server, '', signed, ns, ttl, not why_not, why_not, bool(ns)), glue, apex

    async def _delegation(self, server: Server, zone: str) -> tuple[frozenset[str], int, dict[str, set[str]]]:
        """The NS of the referral, their TTL, and the addresses that came with it."""
        ns, answer = await referral(server, zone, self._timeout)
        glue: dict[str, set[str]] = {}
        for rrset in answer.additional:
            if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
                glue.setdefault(_text(rrset.name), set()).update(rdata.address for rdata in rrset)
        return (frozenset(_target(rdata) for rdata in ns), ns.ttl, glue) if ns is not None else (frozenset(), 0, glue)

    # -- the zone's servers -----------------------------------------------------------------------------------------------

    async def follow(self, found: Found, names: Iterable[str], into: set[Server]) -> None:
        """Adds the servers of *names*, the NS of the parent or those of the zone, to *found* and to *into*, one of its sets."""
        for name in sorted(names)[:NAMES_FOLLOWED]:
            addresses = sorted(found.glue.get(name, ())) or list(await self.addresses(name))
            if not addresses and name not in found.addressless:
                found.addressless.append(name)
            for address in addresses[:ADDRESSES_FOLLOWED]:
                if has_route(address, 53):
                    into.add(found.add(Server(address), name))
                elif address not in found.unrouted:
                    found.unrouted.append(address)

    async def _declared(self, names: Iterable[str], port: int) -> tuple[Server, ...]:
        """The addresses of names or addresses that the user wrote. Raises MultisignerError for a name that has none."""
        found: list[Server] = []
        for name in names:
            if _is_address(name):
                found.extend(find_servers([name], port))
            else:
                addresses = await self.addresses(name)
                routed = [address for address in addresses if has_route(address, port)]
                # a name that DNS does not know may be known to this machine
                found.extend([Server(address, port, name.rstrip('.')) for address in routed or addresses] or find_servers([name], port))
        return tuple(dict.fromkeys(found))

    async def addresses(self, name: str) -> tuple[str, ...]:
        """The addresses of a host by the resolver, whether they validate or not; none where it knows none."""
        found: tuple[str, ...] = await self._once(('addresses', name), lambda: self._addresses(name))
        return found

    async def _addresses(self, name: str) -> tuple[str, ...]:
        found: list[str] = []
        for rdtype in ('A', 'AAAA'):
            try:
                answer = await self._chain.resolve(dns.name.from_text(name), rdtype)
            except MultisignerError:
                continue
            found.extend(rdata.address for rrset in answer.answer if dns.rdatatype.to_text(rrset.rdtype) == rdtype for rdata in rrset)
        return tuple(dict.fromkeys(found))

    async def _once(self, what: Any, work: Callable[[], Awaitable[Any]]) -> Any:
        if what not in self._known:
            self._known[what] = asyncio.ensure_future(work())
        return await self._known[what]


def _target(rdata: Any) -> str:
    return _text(rdata.target)


def _text(name: Any) -> str:
    text: str = name.to_text(omit_final_dot=True).lower()
    return text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
