# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name servers that misbehave in one known way each, for tests: lame, refusing, failing, silent, truncating, garbling.

    with BadDnsServer('lame') as server:                 # 127.0.0.1, a free port
        ask(Server(server.address, server.port), ...)
        assert server.questions == ['SOA shop.example.']

As a program (until it is killed):  python bad_dns_server.py BEHAVIOUR ADDRESS PORT
It never answers anything useful and never talks to another server.
"""
from __future__ import annotations

import socket
import struct
import sys
import threading
from types import TracebackType
from typing import Callable

import dns.exception
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype


def _reply(query: dns.message.Message, rcode: dns.rcode.Rcode, authoritative: bool = False) -> bytes:
    answer = dns.message.make_response(query)
    answer.set_rcode(rcode)
    if authoritative:
        answer.flags |= dns.flags.AA
    return answer.to_wire()


def _truncated(query: dns.message.Message) -> bytes:
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.AA | dns.flags.TC
    return answer.to_wire()


# What each kind answers to a query over UDP, and over TCP when it listens there; None is silence.
BEHAVIOURS: dict[str, Callable[[dns.message.Message], bytes | None]] = {
    'lame': lambda query: _reply(query, dns.rcode.NOERROR),
    'refusing': lambda query: _reply(query, dns.rcode.REFUSED),
    'failing': lambda query: _reply(query, dns.rcode.SERVFAIL),
    'notauth': lambda query: _reply(query, dns.rcode.NOTAUTH),
    'nxdomain': lambda query: _reply(query, dns.rcode.NXDOMAIN, authoritative=True),
    'nodata': lambda query: _reply(query, dns.rcode.NOERROR, authoritative=True),
    'silent': lambda query: None,
    'truncating': _truncated,
    'garbling': lambda query: struct.pack('!H', query.id) + b'\xff\xff',
}
# A truncating server is bad only when the way out, TCP, is shut (RFC 7766).
_WITHOUT_TCP = frozenset(('truncating',))


class BadDnsServer:
    """A server with one of BEHAVIOURS on *address*, UDP and TCP, in a thread; *questions* is what it was asked, in order.

    TCP connections are accepted and, by a silent server, never answered. Port 0 takes a free port.
    """

    def __init__(self, behaviour: str, address: str = '127.0.0.1', port: int = 0) -> None:
        self.behaviour = behaviour
        self.address = address
        self.questions: list[str] = []
        self._answer = BEHAVIOURS[behaviour]
        self._stop = threading.Event()
        self._udp, self._tcp = self._listen(port)
        self.port: int = self._udp.getsockname()[1]
        if behaviour in _WITHOUT_TCP:
            self._tcp.close()
        self._threads = [threading.Thread(target=self._serve_udp, daemon=True)]
        if behaviour not in _WITHOUT_TCP:
            self._threads.append(threading.Thread(target=self._serve_tcp, daemon=True))

    def __enter__(self) -> BadDnsServer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._udp.close()
        self._tcp.close()

    def wait(self) -> None:
        """Serves until the process is killed."""
        self._stop.wait()

    def _listen(self, port: int) -> tuple[socket.socket, socket.socket]:
        """A datagram and a stream socket on the same port."""
        while True:
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.bind((self.address, port))
            tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tcp.bind((self.address, udp.getsockname()[1]))
            except OSError:
                udp.close()
                tcp.close()
                if port:
                    raise
                continue
            tcp.listen()
            udp.settimeout(0.05)
            tcp.settimeout(0.05)
            return udp, tcp

    def _respond(self, wire: bytes) -> bytes | None:
        try:
            query = read_question(wire)
        except dns.exception.DNSException:
            return None
        question = query.question[0]
        what = 'UPDATE' if query.opcode() == dns.opcode.UPDATE else dns.rdatatype.to_text(question.rdtype)
        self.questions.append(f'{what} {question.name}')
        return self._answer(query)

    def _serve_udp(self) -> None:
        while not self._stop.is_set():
            try:
                wire, peer = self._udp.recvfrom(65535)
            except socket.timeout:
                continue
            answer = self._respond(wire)
            if answer is not None:
                self._udp.sendto(answer, peer)

    def _serve_tcp(self) -> None:
        held: list[socket.socket] = []
        while not self._stop.is_set():
            try:
                connection = self._tcp.accept()[0]
            except socket.timeout:
                continue
            held.append(connection)
            connection.settimeout(1)
            try:
                length = struct.unpack('!H', connection.recv(2, socket.MSG_WAITALL))[0]
                answer = self._respond(connection.recv(length, socket.MSG_WAITALL))
                if answer is not None:
                    connection.sendall(struct.pack('!H', len(answer)) + answer)
                    held.remove(connection)
                    connection.close()
            except (OSError, struct.error):
                continue
        for connection in held:
            connection.close()


def read_question(wire: bytes) -> dns.message.Message:
    """The question alone, so that a TSIG is not looked at; an answer made from it is not signed."""
    return dns.message.from_wire(wire, question_only=True)


if __name__ == '__main__':
    with BadDnsServer(sys.argv[1], sys.argv[2], int(sys.argv[3])) as running:
        running.wait()
