# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking one server one question, and for a whole zone: bounded in questions, bytes and time whatever it answers.

It only asks. An answer is kept as it came, a failure is kept in its place; nothing here says what either means.
"""
from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Mapping, Sequence

from ..canonical import content_of_zone
from ..errors import MultisignerError
from ..resolve import TRIES, UDP_PAYLOAD, UNREADABLE, Server, Tsig, together, transfer, turn
from .survey import BROKEN, MALFORMED, NO_TCP, SILENT, Answer, Failure, Probe, SignedRRset, Transfer

try:
    import dns.asyncquery
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
    import dns.rdataclass
    import dns.rdatatype
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass

LARGE_PAYLOAD = 4096  # bytes
AT_ONCE = 12  # questions to one server about one zone
ALLOWANCE = 8  # timeouts that one server may take for one zone in all


class Asker:
    """Asks, and remembers which servers never answered anything: one that is down costs one timeout, not one for every question."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._up: set[Server] = set()
        self._down: dict[Server, Failure] = {}

    async def first(self, server: Server, probe: Probe) -> Answer:
        """The answer that tells whether *server* is there; of one that is known not to be, its failure at once."""
        if server in self._down:
            return Answer(failure=self._down[server])
        answer = await self.ask(server, probe)
        if answer.failure is None or answer.failure.kind not in (SILENT, BROKEN):
            self._up.add(server)
        elif server not in self._up:
            self._down[server] = answer.failure
        return answer

    async def all(self, server: Server, probes: Sequence[Probe]) -> Mapping[Probe, Answer]:
        """The answers to *probes*, a few at a time."""
        deadline = asyncio.get_running_loop().time() + ALLOWANCE * self.timeout
        places = asyncio.Semaphore(AT_ONCE)

        async def one(probe: Probe) -> Answer:
            async with places:
                if asyncio.get_running_loop().time() > deadline:
                    return Answer(failure=Failure(SILENT, f'took more than {ALLOWANCE * self.timeout:g} s for the questions about this zone'))
                return await self.ask(server, probe)

        return dict(zip(probes, await together(one(probe) for probe in probes)))

    async def ask(self, server: Server, probe: Probe) -> Answer:
        """UDP, then TCP where the answer is truncated; or TCP alone for a probe that wants it."""
        async with turn():
            if probe.over_tcp:
                return await self._tcp(server, _query(probe), truncated=0)
            answer = await self._udp(server, _query(probe))
            if isinstance(answer, Answer):
                return answer
            if not answer.flags & dns.flags.TC:
                return read(answer)
            whole = await self._tcp(server, _query(probe), truncated=_size(answer))
            if whole.failure is None or whole.failure.kind != NO_TCP:
                return whole
            # what no resolver asks for, but it tells how large the answer is
            large = await self._udp(server, _query(probe, LARGE_PAYLOAD))
            return whole if isinstance(large, Answer) or large.flags & dns.flags.TC else read(large, truncated=True)

    async def _udp(self, server: Server, query: Any) -> Any:
        garbage = ''
        for attempt in range(TRIES):
            try:
                # Once, only what looks like the answer is heard; after that, what else comes is the best explanation there is.
                return await dns.asyncquery.udp(
                    query, server.address, timeout=self.timeout, port=server.port, ignore_unexpected=True, ignore_errors=attempt == 0
                )
            except dns.exception.Timeout:
                continue
            except (EOFError, dns.exception.DNSException, *UNREADABLE) as error:
                garbage = str(error) or type(error).__name__
            except OSError as error:
                return Answer(failure=Failure(BROKEN, f'cannot be reached: {error.strerror or error}'))
        if garbage:
            return Answer(failure=Failure(MALFORMED, f'gives an answer that cannot be read: {garbage}'))
        return Answer(failure=Failure(SILENT, f'does not answer ({TRIES} tries, {self.timeout:g} s each)'))

    async def _tcp(self, server: Server, query: Any, truncated: int) -> Answer:
        try:
            answer = await self._tcp_tries(server, query)
        except (OSError, EOFError, dns.exception.Timeout) as error:
            how = 'does not answer over TCP' if isinstance(error, dns.exception.Timeout) else f'cannot be reached over TCP ({error or type(error).__name__})'
            if truncated:
                return Answer(size=truncated, truncated=True, failure=Failure(NO_TCP, f'truncates its answer at {UDP_PAYLOAD} bytes and {how}'))
            return Answer(failure=Failure(NO_TCP, how))
        except (dns.exception.DNSException, *UNREADABLE) as error:
            return Answer(failure=Failure(MALFORMED, f'gives an answer over TCP that cannot be read: {str(error) or type(error).__name__}'))
        return read(answer, truncated=bool(truncated))

    async def _tcp_tries(self, server: Server, query: Any) -> Any:
        """The answer over TCP. The timeout is that of a whole exchange: a server that drips bytes gains nothing by it."""
        for _unused in range(TRIES - 1):
            with suppress(dns.exception.Timeout):
                return await dns.asyncquery.tcp(query, server.address, timeout=self.timeout, port=server.port)
        return await dns.asyncquery.tcp(query, server.address, timeout=self.timeout, port=server.port)

    async def transfer(self, server: Server, zone: str, tsig: Tsig | None) -> Transfer:
        """The content of *zone* by AXFR (RFC 5936), without what signing makes and what is each signer's own."""
        try:
            whole = await transfer(server, zone, tsig, self.timeout)
        except MultisignerError as error:
            return Transfer(failure=error.what)
        return Transfer({place: rrset.records for place, rrset in content_of_zone(zone, whole).items()})


def _query(probe: Probe, payload: int = UDP_PAYLOAD) -> Any:
    query = dns.message.make_query(probe.name, probe.rtype, want_dnssec=True, payload=payload)
    query.flags &= ~dns.flags.RD
    return query


def read(message: Any, truncated: bool = False) -> Answer:
    """*message* of dnspython as an Answer: each RRset with the signatures over it from the same section."""
    sections = []
    for section in (message.answer, message.authority):
        rrsigs = {(rrset.name, rrset.covers): tuple(rrset) for rrset in section if rrset.rdtype == dns.rdatatype.RRSIG}
        sections.append(tuple(
            SignedRRset(rrset, rrsigs.get((rrset.name, rrset.rdtype), ()))
            for rrset in section if rrset.rdtype != dns.rdatatype.RRSIG and rrset.rdclass == dns.rdataclass.IN and len(rrset)
        ))
    return Answer(int(message.rcode()), bool(message.flags & dns.flags.AA), _size(message), truncated, sections[0], sections[1])


def _size(message: Any) -> int:
    """Bytes of the message as it came; dnspython before 2.8 does not keep them, and writes it again."""
    wire = getattr(message, 'wire', None)
    return len(wire if wire is not None else message.to_wire(max_size=65535))
