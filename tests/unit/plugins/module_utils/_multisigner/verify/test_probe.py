# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking servers that misbehave: every way has its kind of failure, and none costs more than its time."""
from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
from typing import Callable, Iterator

import dns.flags
import dns.message
import dns.rrset
import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import resolve
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import Server, Tsig
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify import probe as probing
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.probe import Asker
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.survey import (
    APEX,
    BROKEN,
    MALFORMED,
    NO_TCP,
    SILENT,
    Answer,
    Probe,
)
from ansible_collections.dnssec.multisigner.tests.support.bad_dns_server import BadDnsServer

SOA = Probe(APEX, 'shop.example.', 'SOA')
DNSKEY = Probe(APEX, 'shop.example.', 'DNSKEY')
TIMEOUT = 0.2


def ask(server: BadDnsServer | Server, probe: Probe = SOA) -> Answer:
    where = server if isinstance(server, Server) else Server(server.address, server.port)
    return asyncio.run(Asker(TIMEOUT).ask(where, probe))


@pytest.mark.parametrize(('behaviour', 'kind'), [('silent', SILENT), ('garbling', MALFORMED), ('truncating', NO_TCP)])
def test_every_way_to_fail_has_its_kind(behaviour: str, kind: str) -> None:
    with BadDnsServer(behaviour) as server:
        answer = ask(server)
    assert answer.failure is not None and answer.failure.kind == kind


def test_a_refusal_is_an_answer() -> None:
    with BadDnsServer('refusing') as server:
        answer = ask(server)
    assert answer.failure is None and answer.rcode == 5


def test_a_port_where_nobody_listens() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(('127.0.0.1', 0))
        port = taken.getsockname()[1]
    answer = ask(Server('127.0.0.1', port))
    assert answer.failure is not None and answer.failure.kind in (BROKEN, SILENT)


def test_a_server_that_is_down_costs_one_wait() -> None:
    asker = Asker(TIMEOUT)

    async def twice(server: Server) -> tuple[Answer, Answer]:
        return await asker.first(server, SOA), await asker.first(server, Probe(APEX, 'talk.example.', 'SOA'))

    with BadDnsServer('silent') as server:
        began = time.monotonic()
        answers = asyncio.run(twice(Server(server.address, server.port)))
        assert time.monotonic() - began < 5 * TIMEOUT
    assert all(answer.failure is not None and answer.failure.kind == SILENT for answer in answers)
    assert len(server.questions) == 3


class Hostile(BadDnsServer):
    """Answers with the bytes that *make* gives for a query; TCP as *tcp* does it, or not at all."""

    def __init__(self, make: Callable[[dns.message.Message], bytes | None], tcp: Callable[[socket.socket, bytes], None] | None = None) -> None:
        super().__init__('nodata' if tcp else 'truncating')
        self._answer = make
        self._do = tcp

    def _serve_tcp(self) -> None:
        while not self._stop.is_set():
            try:
                connection = self._tcp.accept()[0]
            except socket.timeout:
                continue
            wire = connection.recv(65535)
            assert self._do is not None
            threading.Thread(target=self._do, args=(connection, wire[2:]), daemon=True).start()


def _reply(query: dns.message.Message) -> dns.message.Message:
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.AA
    return answer


def wrong_id(query: dns.message.Message) -> bytes:
    wire = bytearray(_reply(query).to_wire())
    wire[0] ^= 0xFF
    return bytes(wire)


def other_question(query: dns.message.Message) -> bytes:
    other = dns.message.make_query('other.example.', 'A')
    other.id = query.id
    return _reply(other).to_wire()


def garbage_rdata(query: dns.message.Message) -> bytes:
    """A DNSKEY of two bytes, and an address of three."""
    wire = bytearray(_reply(query).to_wire())
    wire[6:8] = b'\x00\x01'
    return bytes(wire[:12]) + _question(query) + b'\xc0\x0c' + struct.pack('!HHIH', 48, 1, 300, 2) + b'\x01\x01'


def _question(query: dns.message.Message) -> bytes:
    name: bytes = query.question[0].name.to_wire()
    return name + struct.pack('!HH', int(query.question[0].rdtype), 1)


def pointer_loop(query: dns.message.Message) -> bytes:
    wire = bytearray(_reply(query).to_wire()[:12])
    wire[4:12] = b'\x00\x01\x00\x01\x00\x00\x00\x00'
    return bytes(wire) + _question(query) + b'\xc0' + bytes((12 + len(_question(query)),)) + struct.pack('!HHIH', 1, 1, 300, 4) + b'\x01\x02\x03\x04'


def nothing(_query: dns.message.Message) -> bytes:
    return b''


def too_short(_query: dns.message.Message) -> bytes:
    return b'\0' * 11


@pytest.mark.parametrize('make', [wrong_id, other_question, garbage_rdata, pointer_loop, nothing, too_short])
def test_what_cannot_be_the_answer_is_malformed(make: Callable[[dns.message.Message], bytes]) -> None:
    with Hostile(make) as server:
        began = time.monotonic()
        answer = ask(server, DNSKEY)
    assert answer.failure is not None and answer.failure.kind == MALFORMED
    assert time.monotonic() - began < 6 * TIMEOUT


def _truncated(query: dns.message.Message) -> bytes:
    answer = _reply(query)
    answer.flags |= dns.flags.TC
    return answer.to_wire()


def test_bytes_that_drip_over_tcp_gain_no_time() -> None:
    def drip(connection: socket.socket, _wire: bytes) -> None:
        try:
            connection.sendall(b'\xff\xff')
            for _unused in range(100):
                connection.sendall(b'\0')
                time.sleep(TIMEOUT / 4)
        except OSError:
            connection.close()

    with Hostile(_truncated, drip) as server:
        began = time.monotonic()
        answer = ask(server, DNSKEY)
    assert answer.failure is not None and answer.failure.kind == NO_TCP and time.monotonic() - began < 8 * TIMEOUT


@pytest.fixture
def crowded() -> Iterator[Hostile]:
    """A DNSKEY RRset of hundreds of keys, as much as one message holds."""

    answer = _reply(dns.message.make_query('shop.example.', 'DNSKEY', want_dnssec=True))
    answer.answer.append(dns.rrset.from_text('shop.example.', 300, 'IN', 'DNSKEY', *(f'256 3 13 {number:04d}{"A" * 80}' for number in range(750))))
    large = answer.to_wire(max_size=65535)

    def send(connection: socket.socket, wire: bytes) -> None:
        connection.sendall(struct.pack('!H', len(large)) + wire[:2] + large[2:])
        connection.close()

    with Hostile(_truncated, send) as server:
        yield server


def test_an_answer_as_large_as_can_be_is_read(crowded: Hostile) -> None:
    answer = asyncio.run(Asker(5).ask(Server(crowded.address, crowded.port), DNSKEY))  # to read it takes a while
    assert answer.failure is None and answer.truncated and answer.size > 50000 and len(answer.answer[0].rrset) == 750


def test_the_size_of_an_answer_is_told_though_tcp_is_closed() -> None:
    def large(query: dns.message.Message) -> bytes:
        answer = _reply(query)
        answer.answer.append(dns.rrset.from_text('shop.example.', 300, 'IN', 'DNSKEY', *(f'256 3 13 {number:04d}{"A" * 80}' for number in range(20))))
        return answer.to_wire(max_size=65535) if query.payload >= probing.LARGE_PAYLOAD else _truncated(query)

    with Hostile(lambda query: None) as server:
        server._respond = lambda wire: large(dns.message.from_wire(wire))  # type: ignore[method-assign]
        answer = ask(server, DNSKEY)
    assert answer.failure is None and answer.truncated and answer.size > 1232


@pytest.mark.parametrize('behaviour', ['refusing', 'silent', 'garbling', 'nodata'])
def test_a_transfer_that_is_not_given_is_a_failure_with_its_reason(behaviour: str) -> None:
    with BadDnsServer(behaviour) as server:
        transfer = asyncio.run(Asker(TIMEOUT).transfer(Server(server.address, server.port), 'shop.example', Tsig('a', 'hmac-sha256', 'c2VjcmV0')))
    assert transfer.failure and not transfer.content


def test_a_zone_with_too_many_records_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve, 'TRANSFERRED', 5)

    def send(connection: socket.socket, wire: bytes) -> None:
        query = dns.message.from_wire(wire)
        answer = _reply(query)
        soa = dns.rrset.from_text('shop.example.', 300, 'IN', 'SOA', 'a. b. 1 2 3 4 5')
        answer.answer = [soa, *(dns.rrset.from_text(f'n{number}.shop.example.', 300, 'IN', 'A', '192.0.2.1') for number in range(20)), soa]
        large = answer.to_wire(max_size=65535)
        connection.sendall(struct.pack('!H', len(large)) + large)
        connection.close()

    with Hostile(_truncated, send) as server:
        transfer = asyncio.run(Asker(TIMEOUT).transfer(Server(server.address, server.port), 'shop.example', None))
    assert 'more than 5 records' in transfer.failure
    monkeypatch.setattr(resolve, 'TRANSFERRED', 50)
    with Hostile(_truncated, send) as server:
        transfer = asyncio.run(Asker(TIMEOUT).transfer(Server(server.address, server.port), 'shop.example', None))
    assert not transfer.failure and transfer.content['n7.shop.example', 'A'] == {'192.0.2.1'}
