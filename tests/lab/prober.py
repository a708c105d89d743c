# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks about one zone all the time, and judges every mixture of answers that a resolver may hold at that moment.

    tests/lab/prober ZONE RESULT     inside the lab; prints "probing" after the first round, ends by SIGTERM

Asked are the parent's servers, every server that an NS RRset names or named within its TTL, at the parent or at such a
server, and the lab's two resolvers. What a server said is held until its TTL ends, counted from when the question was
sent: so no resolver that asked at that time holds it for less. Judged is, whenever one of them comes in, every triple that
can be held together: a DS set, a DNSKEY RRset (signed by a key of that DS set, for each of its algorithms), and an answer of
any server (signed by a key of that DNSKEY RRset, for each algorithm of the DS set, as the strictest validators want it).
The resolvers must answer with AD; without it only while the parent has no DS. dnspython is the referee: nothing of the
collection is used. A change between two rounds is seen up to INTERVAL late, so of each TTL so much is not judged; what is
called bogus is. RESULT is a JSON file: the numbers, and every fault with its times.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Iterable, Iterator

import dns.asyncquery
import dns.dnssec
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.node
import dns.rcode
import dns.rdata
import dns.rdataset
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from .cross_matrix import NoAnswerError, Probe, Server, Signed, check_shape, probes, question, signed_rrsets

INTERVAL = 0.5  # seconds from the beginning of one round to that of the next
TIMEOUT = 2.0  # seconds
MOST_FAULTS = 500  # that are told one by one; all are counted

KeySet = frozenset[DNSKEY]
Algorithms = frozenset[int]


class Signatures:
    """Whether a key verifies a signature, each computed once. Times are not looked at here."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, DNSKEY], bool] = {}

    def verifies(self, content: object, signed: Signed, signature: RRSIG, owner: dns.name.Name, key: DNSKEY) -> bool:
        """*content* stands for the RRset and its signature: equal for equal ones."""
        known = (content, key)
        if known not in self._known:
            keys: dict[dns.name.Name, dns.node.Node | dns.rdataset.Rdataset] = {owner: dns.rrset.from_rdata(owner, 0, key)}
            try:
                dns.dnssec.validate_rrsig(signed.rrset, signature, keys, now=signature.inception)
                self._known[known] = True
            except dns.exception.DNSException:
                self._known[known] = False
        return self._known[known]


@dataclass(frozen=True, eq=False)
class Part:
    """An RRset with those of its signatures that were valid when it was seen. *content* is equal for equal ones; Caches has only
    one object for each, so that comparing is cheap."""

    content: tuple[object, ...]
    signed: Signed

    @classmethod
    def of(cls, signed: Signed, now: float) -> Part:
        """A name that a wildcard made counts as the wildcard (RFC 4035 section 5.3.2)."""
        valid = tuple(one for one in signed.signatures if one.inception <= now <= one.expiration)
        name = signed.rrset.name
        if valid and valid[0].labels < len(name) - 1 - name.is_wild():
            name = dns.name.Name((b"*", *name.labels[-valid[0].labels - 1 :]))
        return cls((name, signed.rrset.rdtype, frozenset(signed.rrset), frozenset(valid)), Signed(signed.rrset, valid))

    @property
    def ttl(self) -> float:
        """Seconds for which it may be held (RFC 4035 section 5.3.3)."""
        return min([self.signed.rrset.ttl, *(one.original_ttl for one in self.signed.signatures)])

    @property
    def ends(self) -> float:
        """When the last signature ends."""
        return max((one.expiration for one in self.signed.signatures), default=float("inf"))

    def __str__(self) -> str:
        return f"{self.signed.rrset.name} {dns.rdatatype.to_text(self.signed.rrset.rdtype)}"


@dataclass(frozen=True, eq=False)
class Answer:
    """What a server said: RRsets of the zone's own data, or its DNSKEY RRset. *until*: when the first of its signatures ends."""

    parts: tuple[Part, ...]
    until: float
    keys: KeySet | None = None

    @property
    def ttl(self) -> float:
        return min((part.ttl for part in self.parts), default=0.0)

    @property
    def ends(self) -> float:
        return min((part.ends for part in self.parts), default=0.0)


@dataclass
class HeldKeys:
    """A DNSKEY RRset of one server in somebody's cache. *algorithms*: those of the DS sets that it was validated by, until when."""

    server: str
    answer: Answer
    until: float
    algorithms: dict[Algorithms, float] = field(default_factory=dict)

    @property
    def keys(self) -> KeySet:
        return self.answer.keys or frozenset()

    def __str__(self) -> str:
        return f"DNSKEY of {self.server} (keys {_tags(self.keys)})"


@dataclass
class HeldAnswer:
    """An answer of one server in somebody's cache, or just given. *name* is the question."""

    server: str
    name: str
    answer: Answer
    until: float


@dataclass
class Fault:
    """One thing that was bogus, with when it was so first and last (seconds since 1970 UTC), and how often."""

    time: float
    last: float
    count: int
    pair: str
    name: str
    reason: str


@dataclass
class Result:
    """What came of it. *chains*: DNSKEY RRsets judged under DS sets; *pairs*: answers under DNSKEY RRsets; *resolved*: answers of
    the resolvers, *insecure* of them without AD while the parent had no DS; *unanswered*: questions without a usable answer."""

    chains: int = 0
    pairs: int = 0
    resolved: int = 0
    insecure: int = 0
    unanswered: int = 0
    bogus: int = 0
    rounds: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    servers: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    silence: list[str] = field(default_factory=list)

    @property
    def checks(self) -> int:
        return self.chains + self.pairs + self.resolved

    def fault(self, now: float, pair: str, name: str, reason: str) -> None:
        self.bogus += 1
        for known in self.faults:
            if (known.pair, known.name, known.reason) == (pair, name, reason):
                known.last = now
                known.count += 1
                return
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(now, now, 1, pair, name, reason))

    def silent(self, now: float, what: str) -> None:
        self.unanswered += 1
        if len(self.silence) < MOST_FAULTS:
            self.silence.append(f"{now:.2f} {what}")


class Caches:
    """What resolvers may hold of one zone, and the judgement over all mixtures of it. Knows no network; *now* is given."""

    def __init__(self, zone: str, result: Result) -> None:
        self.apex = dns.name.from_text(zone)
        self.result = result
        self.signatures = Signatures()
        self._ds: dict[frozenset[DS], float] = {}
        self._keys: dict[tuple[str, Part], HeldKeys] = {}
        self._answers: dict[tuple[str, str, tuple[Part, ...]], HeldAnswer] = {}
        self._parts: dict[tuple[object, ...], Part] = {}
        self._key_sets: dict[KeySet, KeySet] = {}
        self._judged: dict[tuple[tuple[Part, ...], KeySet, Algorithms], str] = {}

    def answer(self, found: Iterable[Signed], now: float) -> Answer:
        """The value of what a server said at *now*."""
        parts = []
        keys = None
        for signed in found:
            if signed.rrset.rdtype == dns.rdatatype.DNSKEY:
                keys = frozenset(key for key in signed.rrset if isinstance(key, DNSKEY))
                keys = self._key_sets.setdefault(keys, keys)
            part = Part.of(signed, now)
            parts.append(self._parts.setdefault(part.content, part))
        parts.sort(key=lambda part: (part.signed.rrset.rdtype, part.signed.rrset.name))
        return Answer(tuple(parts), min((one.expiration for part in parts for one in part.signed.signatures), default=0.0), keys)

    @property
    def is_insecure(self) -> bool:
        """Whether somebody may hold that the parent has no DS."""
        return frozenset() in self._ds

    def see_ds(self, ds_set: frozenset[DS], now: float, until: float) -> None:
        self._forget(now)
        self._ds[ds_set] = max(until, self._ds.get(ds_set, 0.0))
        for held in self._keys.values():
            self._judge_chain(ds_set, held, now)

    def see(self, server: str, name: str, answer: Answer, now: float, sent: float) -> None:
        """*answer* to the question *name* has just come in; it was asked for at *sent*."""
        self._forget(now)
        until = min(sent + answer.ttl, answer.ends)
        if answer.keys is not None:
            keys = self._keys.setdefault((server, answer.parts[0]), HeldKeys(server, answer, 0.0))
            keys.until = max(keys.until, until)
            for ds_set in self._ds:
                self._judge_chain(ds_set, keys, now)
            for other in self._answers.values():
                self._judge_answer(keys, other, now)
        else:
            held = self._answers.setdefault((server, name, answer.parts), HeldAnswer(server, name, answer, 0.0))
            held.until = max(held.until, until)
            for keys in self._keys.values():
                self._judge_answer(keys, held, now)

    def _forget(self, now: float) -> None:
        """Takes out what nobody holds any more."""
        self._ds = {ds_set: until for ds_set, until in self._ds.items() if until > now}
        self._keys = {name: held for name, held in self._keys.items() if held.until > now}
        self._answers = {name: held for name, held in self._answers.items() if held.until > now}

    def _judge_chain(self, ds_set: frozenset[DS], held: HeldKeys, now: float) -> None:
        if not ds_set:
            return
        algorithms = frozenset(int(ds.algorithm) for ds in ds_set)
        self.result.chains += 1
        lacking = [number for number in sorted(algorithms) if not self._is_signed(held.answer.parts[0], self._named(ds_set, held.keys), number)]
        if lacking:
            tags = ", ".join(str(ds.key_tag) for ds in sorted(ds_set))
            reason = f"no key of the DS set ({tags}) signs it with algorithm {', '.join(map(str, lacking))}"
            self.result.fault(now, f"DS set, {held}", "DNSKEY", reason)
            return
        held.algorithms[algorithms] = held.until

    def _named(self, ds_set: frozenset[DS], keys: KeySet) -> KeySet:
        return frozenset(
            key for key in keys
            if any(ds.key_tag == dns.dnssec.key_id(key) and dns.dnssec.make_ds(self.apex, key, ds.digest_type) == ds for ds in ds_set)
        )

    def _judge_answer(self, held: HeldKeys, answer: HeldAnswer, now: float) -> None:
        for algorithms, until in held.algorithms.items():
            if until <= now:
                continue
            self.result.pairs += 1
            known = (answer.answer.parts, held.keys, algorithms)
            if known not in self._judged:
                self._judged[known] = "; ".join(self._wrong(answer.answer.parts, held.keys, algorithms))
            if self._judged[known]:
                self.result.fault(now, f"{held}, answer of {answer.server}", answer.name, self._judged[known])

    def _wrong(self, parts: Iterable[Part], keys: KeySet, algorithms: Algorithms) -> Iterator[str]:
        for part in parts:
            for number in sorted(algorithms):
                if not self._is_signed(part, keys, number):
                    tags = ", ".join(sorted({str(one.key_tag) for one in part.signed.signatures})) or "nothing"
                    yield f"{part} is signed by {tags}, by no key of the DNSKEY RRset with algorithm {number}"

    def _is_signed(self, part: Part, keys: KeySet, algorithm: int) -> bool:
        """Whether a signature that is valid in time verifies with one of *keys*."""
        return any(
            self.signatures.verifies((part.content[:3], one), part.signed, one, self.apex, key)
            for one in part.signed.signatures
            if one.algorithm == algorithm and one.signer == self.apex
            for key in keys
            if key.algorithm == algorithm and dns.dnssec.key_id(key) == one.key_tag
        )


def _tags(keys: KeySet) -> str:
    return ", ".join(sorted(str(dns.dnssec.key_id(key)) for key in keys))


class Prober:
    """Asks, round after round, and gives the answers to Caches."""

    def __init__(self, zone: str, parents: list[Server], resolvers: list[Server]) -> None:
        self.zone = zone
        self.parents = parents
        self.resolvers = resolvers
        self.result = Result()
        self.caches = Caches(zone, self.result)
        self._addresses: dict[str, list[str]] = {}
        self._ns: dict[frozenset[str], float] = {}
        self._read: dict[tuple[Server, str, bytes, bytes], Answer] = {}

    async def round(self) -> None:
        await asyncio.gather(*(self._parent(server) for server in self.parents))
        servers = await self._servers()
        self.result.servers = sorted({*self.result.servers, *map(str, servers)})
        await asyncio.gather(*(self._signer(server) for server in servers), *(self._resolver(server) for server in self.resolvers))
        self.result.rounds += 1

    async def _ask(self, server: Server, query: dns.message.Message) -> tuple[bytes, float]:
        """The answer's octets, and when it was asked for. Raises NoAnswerError."""
        sent = time.time()
        wire = query.to_wire()
        try:
            answer = await asyncio.wait_for(_by_udp(wire, server.address), TIMEOUT)
            if _flags(answer) & dns.flags.TC:
                answer = (await dns.asyncquery.tcp(query, server.address, timeout=TIMEOUT)).to_wire()
            return answer, sent
        except (OSError, asyncio.TimeoutError, dns.exception.DNSException) as error:
            asked = query.question[0]
            raise NoAnswerError(f"no answer for {asked.name} {dns.rdatatype.to_text(asked.rdtype)} ({type(error).__name__})") from error

    async def ask(self, server: Server, name: str, record_type: str) -> tuple[dns.message.Message, float]:
        answer, sent = await self._ask(server, question(name, record_type, recursive=False))
        return dns.message.from_wire(answer), sent

    async def _parent(self, server: Server) -> None:
        try:
            answer, sent = await self.ask(server, f"{self.zone}.", "DS")
            check_shape(Probe("DS", f"{self.zone}.", "DS", positive=False), answer)
            rrset = next((one for one in answer.answer if one.rdtype == dns.rdatatype.DS), None)
            ttl = rrset.ttl if rrset is not None else _negative_ttl(answer)
            ds_set = frozenset(ds for ds in rrset or () if isinstance(ds, DS))
            self.caches.see_ds(ds_set, time.time(), sent + ttl)
            referral, sent = await self.ask(server, f"{self.zone}.", "NS")
            self._see_ns([*referral.answer, *referral.authority], sent)
        except NoAnswerError as failure:
            self.result.silent(time.time(), f"{server}: {failure}")

    async def _signer(self, server: Server) -> None:
        for probe in [Probe("DNSKEY", f"{self.zone}.", "DNSKEY"), *probes(self.zone)]:
            try:
                query = question(probe.name, probe.type, recursive=False)
                wire, sent = await self._ask(server, query)
                # what it said before needs no reading again; only the question may differ, when it is for a fresh name
                said = (server, probe.label, wire[2:12], wire[16 + sum(len(label) + 1 for label in query.question[0].name.labels) :])
                answer = self._read.get(said)
                if answer is None or answer.until <= time.time():
                    answer = self._read[said] = self._reading(probe, dns.message.from_wire(wire))
            except NoAnswerError as failure:
                self.result.silent(time.time(), f"{server}: {failure}")
                continue
            self.caches.see(str(server), f"{probe.label} {probe.type}", answer, time.time(), sent)
            if probe.type == "NS":
                self._see_ns([part.signed.rrset for part in answer.parts], sent)

    def _reading(self, probe: Probe, message: dns.message.Message) -> Answer:
        """Raises NoAnswerError when it is not of the shape that *probe* wants."""
        check_shape(probe, message)
        found = [signed for signed in signed_rrsets(message) if not _is_delegation(signed, self.caches.apex)]
        if probe.type == "DNSKEY":
            found = [signed for signed in found if signed.rrset.rdtype == dns.rdatatype.DNSKEY]
        return self.caches.answer(found, time.time())

    async def _resolver(self, server: Server) -> None:
        for probe in probes(self.zone):
            was_insecure = self.caches.is_insecure
            try:
                wire, _sent = await self._ask(server, question(probe.name, probe.type, recursive=True))
            except NoAnswerError as failure:
                self.result.silent(time.time(), f"{server}: {failure}")
                continue
            self.result.resolved += 1
            if _flags(wire) & 0xF != probe.rcode or not _flags(wire) & dns.flags.AD:
                self._judge_resolver(server, probe, dns.message.from_wire(wire), was_insecure)

    def _judge_resolver(self, server: Server, probe: Probe, answer: dns.message.Message, was_insecure: bool) -> None:
        """An answer that is not what it should be, or that has no AD."""
        try:
            check_shape(probe, answer)
        except NoAnswerError as failure:
            why = ", ".join(option.to_text() for option in answer.extended_errors())
            self.result.fault(time.time(), str(server), probe.label, f"{failure}{f' ({why})' if why else ''}")
            return
        if was_insecure or self.caches.is_insecure:
            self.result.insecure += 1
        else:
            self.result.fault(time.time(), str(server), probe.label, "answered without AD")

    def _see_ns(self, rrsets: Iterable[dns.rrset.RRset], sent: float) -> None:
        for rrset in rrsets:
            if rrset.rdtype == dns.rdatatype.NS and rrset.name == self.caches.apex:
                names = frozenset(record.to_text() for record in rrset)
                self._ns[names] = max(self._ns.get(names, 0.0), sent + rrset.ttl)

    async def _servers(self) -> list[Server]:
        """Every address that a resolver may be sent to now."""
        self._ns = {names: until for names, until in self._ns.items() if until > time.time()}
        found = []
        for name in sorted(frozenset().union(*self._ns)):
            if name not in self._addresses:
                with suppress(NoAnswerError):
                    self._addresses[name] = await self.lookup(name)
            found += [Server(name.rstrip("."), address) for address in self._addresses.get(name, [])]
        return found

    async def lookup(self, name: str) -> list[str]:
        """Its addresses, which never change in the lab; the parent's zone has them."""
        answer, _sent = await self.ask(self.parents[0], name, "A")
        return [record.to_text() for rrset in answer.answer if rrset.rdtype == dns.rdatatype.A for record in rrset]


def _flags(wire: bytes) -> int:
    return int.from_bytes(wire[2:4], "big")


async def _by_udp(wire: bytes, address: str) -> bytes:
    """The answer with the question's id. Raises OSError."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.setblocking(False)
        udp.connect((address, 53))
        await loop.sock_sendall(udp, wire)
        while True:
            answer = await loop.sock_recv(udp, 65535)
            if answer[:2] == wire[:2]:
                return answer


def _negative_ttl(answer: dns.message.Message) -> float:
    """Seconds for which a denial may be held (RFC 2308 section 5)."""
    soas = [rrset for rrset in answer.authority if rrset.rdtype == dns.rdatatype.SOA]
    return min([min(rrset.ttl, rrset[0].minimum) for rrset in soas], default=0)


def _is_delegation(signed: Signed, apex: dns.name.Name) -> bool:
    """The NS RRset of a child zone is never signed (RFC 4035 section 2.2)."""
    return signed.rrset.rdtype == dns.rdatatype.NS and signed.rrset.name != apex


async def _parents(address: str, zone: str) -> list[Server]:
    """Every server of the parent zone, found by the one that is known."""
    parent = dns.name.from_text(zone).parent().to_text()
    prober = Prober(zone, [Server("parent", address)], [])
    answer, _sent = await prober.ask(prober.parents[0], parent, "NS")
    names = sorted(record.to_text() for rrset in answer.answer if rrset.rdtype == dns.rdatatype.NS for record in rrset)
    return [Server(name.rstrip("."), found) for name in names for found in await prober.lookup(name)]


async def probe_until_told(zone: str) -> Result:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    resolvers = [Server("resolver", address) for address in os.environ["LAB_RESOLVERS"].split(",")]
    prober = Prober(zone, await _parents(os.environ["LAB_PARENT"], zone), resolvers)
    began = time.monotonic()
    while not told.is_set():
        next_round = time.monotonic() + INTERVAL
        await prober.round()
        if prober.result.rounds == 1:
            print("probing", flush=True)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(told.wait(), max(0.0, next_round - time.monotonic()))
    result = prober.result
    result.seconds, result.cpu = time.monotonic() - began, time.process_time()
    return result


def main() -> int:
    parser = argparse.ArgumentParser(prog="prober", description="Judges every mixture of answers that a resolver may hold, until SIGTERM.")
    parser.add_argument("zone", metavar="ZONE")
    parser.add_argument("result", metavar="RESULT", type=Path, help="the JSON file to write")
    options = parser.parse_args()
    if "LAB_PARENT" not in os.environ:
        parser.error("LAB_PARENT is not set: run it inside the lab, as bin/demo -- tests/lab/prober ZONE RESULT")
    result = asyncio.run(probe_until_told(options.zone))
    options.result.write_text(json.dumps({"checks": result.checks, **asdict(result)}, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
