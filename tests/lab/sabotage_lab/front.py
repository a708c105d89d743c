# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers in front of named: those that misbehave, and those that answer like two signers at once.

    python -m ...sabotage_lab.front        in the lab's namespace; serves until it is killed

A mixing server is the worst that a cache can hold: the DNSKEY RRset of one signer with every other answer of another one. It
passes messages on as they are, so what it says is what those two say.
"""

from __future__ import annotations

import asyncio
import struct
from contextlib import ExitStack
from typing import Callable, cast

import dns.exception
import dns.message
import dns.rdatatype

from ...support.bad_dns_server import BadDnsServer
from . import places

PORT = 53
PATIENCE = 3.0  # seconds for named to answer

# The address that a question of this type is passed on to.
Route = Callable[[dns.rdatatype.RdataType], str]


def mixing(keys: str, answers: str) -> Route:
    """DNSKEY to one server of places.py, everything else to another."""
    return lambda rtype: places.ADDRESSES[keys if rtype == dns.rdatatype.DNSKEY else answers]


def _destination(wire: bytes, route: Route) -> str | None:
    """None for what is no question."""
    try:
        question = dns.message.from_wire(wire, question_only=True).question
    except dns.exception.DNSException:
        return None
    return route(question[0].rdtype) if question else None


class _Reply(asyncio.DatagramProtocol):
    """Waits for one datagram."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        if not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


class _Datagrams(asyncio.DatagramProtocol):
    """Passes each question on and its answer back."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        task = asyncio.ensure_future(self._pass_on(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, wire: bytes, peer: tuple[str, int]) -> None:
        destination = _destination(wire, self._route)
        if destination is None or self._transport is None:
            return
        transport, reply = await asyncio.get_running_loop().create_datagram_endpoint(_Reply, remote_addr=(destination, PORT))
        try:
            transport.sendto(wire)
            self._transport.sendto(await asyncio.wait_for(reply.answer, PATIENCE), peer)
        except (OSError, asyncio.TimeoutError):
            return  # silence, as of named
        finally:
            transport.close()


async def _message(reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(struct.unpack("!H", await reader.readexactly(2))[0])


async def _stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, route: Route) -> None:
    """Questions and answers over TCP, one after the other: resolvers use a connection for more than one (RFC 7766 section 6.2.1)."""
    try:
        while True:
            wire = await asyncio.wait_for(_message(reader), PATIENCE)
            destination = _destination(wire, route)
            if destination is None:
                return
            behind, to = await asyncio.open_connection(destination, PORT)
            to.write(struct.pack("!H", len(wire)) + wire)
            answer = await asyncio.wait_for(_message(behind), PATIENCE)
            to.close()
            writer.write(struct.pack("!H", len(answer)) + answer)
            await writer.drain()
    except (OSError, EOFError, asyncio.TimeoutError):
        return  # the connection closes
    finally:
        writer.close()


async def relay(address: str, route: Route, tcp: bool = True) -> None:
    """Listens at *address*."""
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: _Datagrams(route), local_addr=(address, PORT))
    if tcp:
        await asyncio.start_server(lambda reader, writer: _stream(reader, writer, route), address, PORT)


async def _serve() -> None:
    for (keys, answers), address in places.PAIRS.items():
        await relay(address, mixing(keys, answers))
    await relay(places.ADDRESSES["beta-without-tcp"], mixing("beta", "beta"), tcp=False)
    await asyncio.Event().wait()


def main() -> None:
    with ExitStack() as stack:
        for behaviour in ("lame", "silent"):
            stack.enter_context(BadDnsServer(behaviour, places.ADDRESSES[f"beta-{behaviour}"], PORT))
        asyncio.run(_serve())


if __name__ == "__main__":
    main()
