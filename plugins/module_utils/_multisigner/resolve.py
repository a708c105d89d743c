# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking name servers, concurrently: dnspython's asyncio, one message in, one message out.

A server that does not answer properly is always an error that names it; it is never "no records".
Nothing here decides what an answer means for a zone, and nothing here changes anything anywhere.
"""
from __future__ import annotations

import asyncio
import base64
import socket
import struct
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Awaitable, Callable, Iterable, Iterator, MutableMapping, Sequence, TypeVar
from weakref import WeakKeyDictionary

from .dnskey import CSYNC, DNSKEY, DS, NS, Record
from .errors import MultisignerError

DNSPYTHON_IMPORT_ERROR: ImportError | None = None
try:
    import dns.asyncquery
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
    import dns.query
    import dns.rcode
    import dns.rdatatype
    import dns.rrset
    import dns.tsig
    import dns.version
    import dns.zone

    if (dns.version.MAJOR, dns.version.MINOR) < (2, 6):
        raise ImportError(f'dnspython {dns.version.version} is installed, 2.6 or newer is needed')
except ImportError as error:
    DNSPYTHON_IMPORT_ERROR = error

UDP_PAYLOAD = 1232  # bytes; what passes every path without fragments
TRIES = 3  # datagrams are lost; a server is silent when none of so many is answered
AT_ONCE = 32  # items worked on at a time
TRANSFER_ALLOWANCE = 8  # timeouts that a zone transfer may take in all
TRANSFERRED = 200_000  # RRsets of a zone that is transferred
SOCKETS = 400  # questions under way at a time, however many servers a zone has: a process may open 1,024 files


# What reading a message from a hostile server may raise.
UNREADABLE = (ValueError, IndexError, KeyError, OverflowError, struct.error)


class NoAnswerError(MultisignerError):
    """The server is silent: asking it about other zones would only cost time."""


Item = TypeVar('Item')
Result = TypeVar('Result')


@dataclass(frozen=True)
class Tsig:
    """A TSIG key (RFC 8945). The secret stays out of repr and so out of every message."""

    name: str
    algorithm: str
    secret: str = field(repr=False)

    @classmethod
    def from_option(cls, option: dict[str, str] | None) -> Tsig | None:
        if not option:
            return None
        return cls(option['name'], option['algorithm'], option['secret'])

    def key(self) -> dns.tsig.Key:
        """As dnspython wants it. Raises MultisignerError for a secret that is empty or not base64, and for an unknown algorithm."""
        try:
            base64.b64decode(''.join(self.secret.split()), validate=True)  # dnspython would drop what is not base64, and sign with an empty key
            key = dns.tsig.Key(dns.name.from_text(self.name), self.secret, dns.name.from_text(self.algorithm.lower()))
            dns.tsig.get_context(key)  # type: ignore[no-untyped-call]
            if not key.secret:
                raise ValueError('empty')
        except (ValueError, NotImplementedError, dns.exception.DNSException):
            raise MultisignerError(
                f'TSIG key {self.name}: the secret is empty or not base64, or the algorithm {self.algorithm} is not known',
                remedy='Take name, algorithm and secret from the output of tsig-keygen',
            ) from None
        return key


# The suboptions of a TSIG key, the same for every module.
TSIG_OPTION: dict[str, Any] = {
    'type': 'dict',
    'options': {
        'name': {'type': 'str', 'required': True},
        'algorithm': {'type': 'str', 'default': 'hmac-sha256'},
        'secret': {'type': 'str', 'required': True, 'no_log': True},
    },
}


@dataclass(frozen=True, order=True)
class Server:
    """One address of one name server."""

    address: str
    port: int = 53
    name: str = ''

    def __str__(self) -> str:
        place = self.address if self.port == 53 else f'{self.address} port {self.port}'
        return f'{self.name} ({place})' if self.name else place


class Silence:
    """Which servers never answered in this run, so that one that is down costs one timeout and not one for every zone.

    A server that has answered anything is up: of it each silence is that of one zone.
    """

    def __init__(self) -> None:
        self._up: set[Server] = set()
        self._down: dict[Server, NoAnswerError] = {}

    @contextmanager
    def of(self, server: Server, zone: str) -> Iterator[None]:
        """Around questions to *server*: raises NoAnswerError at once when it is known to be down, and remembers what comes of them."""
        down = self._down.get(server)
        if down is not None:
            raise NoAnswerError(down.what, zone, str(server), remedy=down.remedy)
        try:
            yield
        except NoAnswerError as error:
            if server not in self._up:
                self._down[server] = error
            raise
        except MultisignerError:
            self._up.add(server)
            raise
        self._up.add(server)


@dataclass(frozen=True)
class LiveRRset:
    """What one server publishes of one type: the TTL in seconds and the records."""

    ttl: int = 0
    records: frozenset[Record] = frozenset()


def find_servers(names: Iterable[str], port: int = 53) -> tuple[Server, ...]:
    """Every address of *names* (names or addresses) that this machine has a route to, in the order given.

    Addresses of a family that this machine has no route for are left out as long as the name has others.
    Raises MultisignerError for a name without an address, and for a port that is none.
    """
    if not 0 < port < 65536:
        raise MultisignerError(f'{port} is not a port', remedy='Write a number from 1 to 65535; name servers answer at 53')
    found: list[Server] = []
    for name in names:
        try:
            answers = socket.getaddrinfo(name, port, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError) as error:  # UnicodeError: an empty label, or one that is too long
            reason = error.strerror or error if isinstance(error, OSError) else 'it is not the name of a host'
            raise MultisignerError(
                f'its address cannot be found: {reason}', server=name, remedy='Correct the name, or write the address of the server'
            ) from None
        addresses = list(dict.fromkeys(str(answer[4][0]) for answer in answers))
        routed = [address for address in addresses if has_route(address, port)]
        found.extend(Server(address, port, '' if address == name else name.rstrip('.')) for address in routed or addresses)
    return tuple(dict.fromkeys(found))


def has_route(address: str, port: int) -> bool:
    """Whether the kernel knows a way to *address*; no packet is sent (connecting a datagram socket only looks it up)."""
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, port))
    except OSError:
        return False
    return True


async def ask(
    server: Server, qname: str, rdtype: str, tsig: Tsig | None = None, timeout: float = 5.0, signatures: bool = True
) -> dns.message.Message:
    """The authoritative answer of *server*: NOERROR or NXDOMAIN; UDP, then TCP when truncated.

    *timeout* is in seconds, for each of TRIES datagrams. With *tsig* the answer is signed and verified. *signatures* asks for
    RRSIGs too; to read many of them takes longer than all else.
    Raises MultisignerError for a server that is silent, refuses, fails, is lame, or cannot do TCP.
    """
    query = dns.message.make_query(qname, rdtype, want_dnssec=signatures, payload=UDP_PAYLOAD)
    query.flags &= ~dns.flags.RD
    answer = await exchange(server, query, tsig, timeout)
    zone = _asked_for(qname)
    rcode = answer.rcode()
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        raise MultisignerError(
            f'answers {dns.rcode.to_text(rcode)} when asked for {rdtype}', zone=zone, server=str(server),
            remedy='See that the zone is configured and loaded there, and that this machine may ask',
        )
    if not answer.flags & dns.flags.AA:
        raise MultisignerError(
            f'is lame: its answer for {rdtype} is not authoritative', zone=zone, server=str(server),
            remedy='Configure the zone there, or take the server off the list',
        )
    return answer


async def exchange(server: Server, query: dns.message.Message, tsig: Tsig | None = None, timeout: float = 5.0, over_tcp: bool = False) -> dns.message.Message:
    """Sends *query* and returns the answer whatever its rcode; raises MultisignerError when there is none that can be trusted to be one."""
    zone = _asked_for(query.question[0].name.to_text()) if query.question else None
    if tsig is not None:
        query.use_tsig(tsig.key())
    try:
        async with turn():
            answer = await (_tcp(server, query, timeout) if over_tcp else _udp_then_tcp(server, query, timeout))
    except dns.tsig.PeerError as error:
        raise _tsig_failure(error, tsig, zone, server) from None
    except (dns.tsig.BadSignature, dns.tsig.BadTime, dns.tsig.BadKey, dns.message.UnknownTSIGKey) as error:
        raise _tsig_failure(error, tsig, zone, server) from None
    except dns.exception.Timeout:
        raise NoAnswerError(
            f'does not answer ({"TCP" if over_tcp else f"{TRIES} tries"}, {timeout:g} s each)', zone=zone, server=str(server),
            remedy='See that it runs and that a firewall lets port 53 through, or take it off the list',
        ) from None
    except (OSError, EOFError, dns.exception.DNSException) as error:
        if tsig is not None and 'requires a TSIG' in str(error):  # dnspython 2.8 and later look themselves
            raise _unsigned(tsig, zone, server) from None
        raise MultisignerError(
            f'gives no usable answer: {str(error) or type(error).__name__}', zone=zone, server=str(server),
            remedy='See that it runs and speaks DNS at this address and port',
        ) from None
    if tsig is not None and not answer.had_tsig:
        raise _unsigned(tsig, zone, server)
    return answer


async def transfer(server: Server, zone: str, tsig: Tsig | None = None, timeout: float = 5.0) -> dns.zone.Zone:
    """All of *zone* by AXFR (RFC 5936), with absolute names. Raises MultisignerError; an incomplete transfer is one, never a smaller zone."""
    query = dns.message.make_query(zone, 'AXFR')
    query.flags &= ~dns.flags.RD
    if tsig is not None:
        query.use_tsig(tsig.key())
    whole = _bounded_zone(zone)
    try:
        async with turn():
            await dns.asyncquery.inbound_xfr(server.address, whole, query, server.port, timeout=timeout, lifetime=TRANSFER_ALLOWANCE * timeout)
    except dns.exception.Timeout:
        raise NoAnswerError(
            f'does not complete a zone transfer within {TRANSFER_ALLOWANCE * timeout:g} s', zone=zone, server=str(server),
            remedy='See that it runs and that a firewall lets TCP port 53 through',
        ) from None
    except (dns.tsig.PeerError, dns.tsig.BadSignature, dns.tsig.BadTime, dns.tsig.BadKey, dns.message.UnknownTSIGKey) as error:
        raise _tsig_failure(error, tsig, zone, server) from None
    except (OSError, EOFError, dns.exception.DNSException, *UNREADABLE) as error:
        allowed = f'key "{tsig.name}"' if tsig else 'the address of this machine'
        raise MultisignerError(
            f'gives no zone transfer: {str(error) or type(error).__name__}', zone=zone, server=str(server),
            remedy=f'Allow AXFR of the zone there; on BIND: "allow-transfer {{ {allowed}; }};"',
        ) from None
    return whole


def _bounded_zone(zone: str) -> dns.zone.Zone:
    """An empty zone that takes no more than TRANSFERRED RRsets."""
    put = 0

    def count(_txn: Any, _name: Any, _rdataset: Any) -> None:
        nonlocal put
        put += 1
        if put > TRANSFERRED:
            raise ValueError(f'the zone has more than {TRANSFERRED} records')

    class Bounded(dns.zone.Zone):
        def writer(self, replacement: bool = False) -> Any:
            txn = super().writer(replacement)
            txn.check_put_rdataset(count)
            return txn

    return Bounded(dns.name.from_text(zone), relativize=False)


def _asked_for(name: str) -> str:
    """A name as messages have it; also one that no zone can have, such as a wildcard's."""
    return name.rstrip('.').lower() or '.'


def turn() -> asyncio.Semaphore:
    """The turns of the event loop that runs: one that was waited for in an earlier loop would not work in the next."""
    loop = asyncio.get_running_loop()
    if loop not in _turns:
        _turns[loop] = asyncio.Semaphore(SOCKETS)
    return _turns[loop]


_turns: MutableMapping[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def _udp_then_tcp(server: Server, query: dns.message.Message, timeout: float) -> dns.message.Message:
    for attempt in range(TRIES):
        try:
            # With TSIG a reply that cannot be verified says why (RFC 8945 section 5.3.2): to ignore it would look like silence.
            answer = await dns.asyncquery.udp(
                query, server.address, timeout=timeout, port=server.port, ignore_unexpected=True, ignore_errors=not query.had_tsig
            )
        except dns.exception.Timeout:
            if attempt + 1 == TRIES:
                raise
            continue
        if not answer.flags & dns.flags.TC:
            return answer
        break
    try:
        return await _tcp(server, query, timeout)
    except (OSError, EOFError, dns.exception.Timeout):
        zone = _asked_for(query.question[0].name.to_text())
        raise MultisignerError(
            f'truncates its answer at {UDP_PAYLOAD} bytes and does not answer over TCP', zone=zone, server=str(server),
            remedy='Let TCP port 53 through to it (RFC 7766)',
        ) from None


async def _tcp(server: Server, query: dns.message.Message, timeout: float) -> dns.message.Message:
    return await dns.asyncquery.tcp(query, server.address, timeout=timeout, port=server.port)


def _unsigned(tsig: Tsig, zone: str | None, server: Server) -> MultisignerError:
    return MultisignerError(
        f'does not sign its answer with TSIG key {tsig.name}', zone=zone, server=str(server), remedy='Configure the key there (name, algorithm, secret)'
    )


def _tsig_failure(error: Exception, tsig: Tsig | None, zone: str | None, server: Server) -> MultisignerError:
    name = tsig.name if tsig else ''
    reasons: Sequence[tuple[type, str, str]] = (
        (dns.tsig.PeerBadKey, 'does not know TSIG key', 'Configure the key there under exactly this name and algorithm'),
        (dns.tsig.PeerBadSignature, 'finds the signature wrong that was made with TSIG key', 'Write the same secret on both sides'),
        (dns.tsig.PeerBadTime, 'finds its clock and ours too far apart for TSIG key', 'Set the clocks (NTP)'),
        (dns.tsig.BadTime, 'answers with a time too far from ours for TSIG key', 'Set the clocks (NTP)'),
        (dns.tsig.BadSignature, 'answers with a wrong signature for TSIG key', 'Write the same secret on both sides; somebody may be in between'),
    )
    for kind, what, remedy in reasons:
        if isinstance(error, kind):
            return MultisignerError(f'{what} {name}', zone=zone, server=str(server), remedy=remedy)
    return MultisignerError(
        f'cannot be talked to with TSIG key {name}: {error}', zone=zone, server=str(server),
        remedy='Compare name, algorithm and secret on both sides',
    )


async def live(server: Server, zone: str, rtypes: Sequence[str], tsig: Tsig | None = None, timeout: float = 5.0) -> dict[str, LiveRRset]:
    """What *server* publishes of each of *rtypes* at the apex of *zone* now. Raises MultisignerError as ask() does, and for a zone that is not there."""
    answers = await together(ask(server, zone, rtype, tsig, timeout, signatures=False) for rtype in rtypes)
    return {rtype: live_rrset(answer, server, zone, rtype) for rtype, answer in zip(rtypes, answers)}


def live_rrset(answer: dns.message.Message, server: Server, zone: str, rtype: str) -> LiveRRset:
    """The records of *rtype* at the apex in *answer*; an empty LiveRRset for NODATA. Raises MultisignerError for NXDOMAIN."""
    if answer.rcode() == dns.rcode.NXDOMAIN:
        raise MultisignerError(
            'says that the zone does not exist (NXDOMAIN)', zone=zone, server=str(server),
            remedy='Configure the zone there, or correct its name',
        )
    rrset = answer.get_rrset(dns.message.ANSWER, dns.name.from_text(zone), dns.rdataclass.IN, dns.rdatatype.from_text(rtype))
    if rrset is None:
        return LiveRRset()
    return LiveRRset(rrset.ttl, frozenset(Record(rtype, from_rdata(rdata)) for rdata in rrset))


def from_rdata(rdata: Any) -> Any:
    """Our value for a DNSKEY, CDNSKEY, DS, CDS, NS or CSYNC of dnspython."""
    if hasattr(rdata, 'windows'):
        return CSYNC.parse(rdata.to_text())
    if hasattr(rdata, 'target'):
        return NS(rdata.target.to_text(omit_final_dot=True).lower())
    if hasattr(rdata, 'digest_type'):
        return DS(rdata.key_tag, int(rdata.algorithm), int(rdata.digest_type), bytes(rdata.digest))
    return DNSKEY(int(rdata.flags), rdata.protocol, int(rdata.algorithm), bytes(rdata.key))


async def wait_until(
    server: Server, zone: str, rtypes: Sequence[str], condition: Callable[[dict[str, LiveRRset]], str | None], tsig: Tsig | None = None,
    timeout: float = 30.0,
) -> None:
    """Asks *server* again and again until *condition* of what it publishes of *rtypes* returns None; its text says what is missing.

    *timeout* is in seconds. Raises MultisignerError that names the server and the text.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    pause = 0.05
    while True:
        missing = condition(await live(server, zone, rtypes, tsig))
        if missing is None:
            return
        if loop.time() + pause > deadline:
            raise MultisignerError(
                f'after {timeout:g} s it still does not publish what was written: {missing}', zone=zone, server=str(server),
                remedy='See its log and its transfers; run again: what was written is not lost',
            )
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 2.0)


async def together(questions: Iterable[Awaitable[Result]]) -> list[Result]:
    """The results of *questions* asked at once, in their order. All are awaited to their end, then the first error is raised:
    asyncio.gather() would leave the others behind, to end in a traceback when the program does."""
    results = await asyncio.gather(*questions, return_exceptions=True)
    found: list[Result] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        found.append(result)
    return found


async def for_each(items: Iterable[Item], work: Callable[[Item], Awaitable[Result]], at_once: int = AT_ONCE) -> list[Result]:
    """*work* done for every item, at most *at_once* at a time; the results in the order of the items."""
    numbered: Iterator[tuple[int, Item]] = enumerate(items)
    results: dict[int, Result] = {}

    async def worker() -> None:
        for number, item in numbered:
            results[number] = await work(item)

    await asyncio.gather(*(worker() for _unused in range(at_once)))
    return [results[number] for number in sorted(results)]
