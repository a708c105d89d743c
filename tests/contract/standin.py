# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in inside the test's own process: a signer in memory, a clock that stands still, HTTP without a network.

The requests and answers are real HTTP/1.1 bytes, through the stand-in's own handler; they only never leave the process.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

import dns.rdata
import dns.rdataclass
import dns.rdatatype
from desec_standin.app import App
from desec_standin.backend import Backend, Change
from desec_standin.config import add_accounts
from desec_standin.control import Control
from desec_standin.model import Account, Token
from desec_standin.records import SIGNER_TYPES, ds_records
from desec_standin.server import ApiHandler, api_handler
from desec_standin.throttle import Throttle
from desec_standin.view import Settings

HOST = "127.0.0.1:18081"  # where the recorded server listened: it shows in links
NAME_SERVERS = ("ns1.desec.io.", "ns2.desec.org.")


class MemorySigner:
    """A signer that signs nothing: made-up keys of the right form, and what a real one would publish beside its records."""

    def __init__(self, dnskey_ttl: int = 3600, today: Callable[[], float] = time.time) -> None:
        self.zones: dict[str, dict[tuple[str, str], Change]] = {}
        self.keys: dict[str, str] = {}
        self.writes = 0
        self._serials: dict[str, int] = {}
        self._dnskey_ttl = dnskey_ttl
        self._today = today

    def create_zone(self, zone: str, rrsets: Sequence[Change]) -> str:
        digest = hashlib.sha512(f"{zone} {len(self.zones)} {self.writes}".encode()).digest()
        self.keys[zone] = f"257 3 13 {base64.b64encode(digest).decode()}"
        self.zones[zone] = {}
        self._serials[zone] = 0
        self.write(zone, rrsets)
        return self.keys[zone]

    def delete_zone(self, zone: str) -> None:
        self.zones.pop(zone, None)

    def write(self, zone: str, changes: Sequence[Change]) -> None:
        self.writes += 1
        first_today = int(time.strftime("%Y%m%d01", time.gmtime(self._today())))
        self._serials[zone] = max(self._serials[zone] + 1, first_today)
        for change in changes:
            if change.records:
                self.zones[zone][change.name, change.type] = change
            else:
                self.zones[zone].pop((change.name, change.type), None)

    def serial(self, zone: str) -> int:
        return self._serials[zone]

    def served(self, zone: str, type_: str) -> tuple[int, set[str]]:
        """TTL and canonical records of an apex RRset, the signer's own among them."""
        change = self.zones[zone].get((f"{zone}.", type_))
        added = set(change.records) if change else set()
        if type_ == "SOA":
            served = self._serials[zone] + int(self._today() / 604800)
            return 300, {f"get.desec.io. get.desec.io. {served} 86400 3600 2419200 {self._dnskey_ttl}"}
        if type_ not in SIGNER_TYPES:
            return (change.ttl if change else 0), added
        own = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DNSKEY, self.keys[zone])
        return self._dnskey_ttl, added | set(ds_records(zone, own) if type_ == "CDS" else [self.keys[zone]])  # type: ignore[arg-type]


class Clock:
    """Time that passes when told to."""

    def __init__(self, start: float) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. `body`: parsed when it is JSON, else text."""

    status: int
    headers: Mapping[str, str]
    body: Any


class StandIn:
    """The application with its control interface, and the way to ask both."""

    def __init__(self, backend: Backend, clock: Callable[[], float], accounts: Sequence[Mapping[str, Any]], settings: Settings) -> None:
        self.app = App(settings, backend, Throttle(enabled=False), clock)
        self.control = Control(self.app.service)
        add_accounts(self.app.service.store, tuple(accounts))

        class Handler(api_handler(self.app, "http")):  # type: ignore[misc]
            disable_nagle_algorithm = False  # a pair of sockets knows no such thing

        self._handler: type[ApiHandler] = Handler
        self._local = threading.local()

    def ask(self, method: str, path: str, token: str | None = None, data: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request. `data`: JSON to be, or the body itself when it is bytes."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Token {token}"
        body = data if isinstance(data, bytes) else None
        if body is None and data is not None:
            body = json.dumps(data).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = self._connection()
        connection.request(method, path, body, {"Host": HOST, **sent})
        response = connection.getresponse()
        raw = response.read().decode()
        is_json = response.headers.get("Content-Type") == "application/json" and raw
        return Answer(response.status, dict(response.headers), json.loads(raw) if is_json else raw)

    def tell(self, method: str, path: str, data: object = None) -> Any:
        """One request to the control interface."""
        status, answer = self.control.handle(method, path, json.dumps(data).encode() if data is not None else b"")
        if status not in (200, 204):
            raise ValueError(answer)
        return answer

    def together(self, *requests: Callable[[], Answer]) -> list[Answer]:
        """Simultaneous requests: all have read before the first one writes; they write in this order."""
        self.tell("POST", "/faults", {"kind": "collide", "times": len(requests)})
        answers: list[Answer | None] = [None] * len(requests)

        def run(number: int, request: Callable[[], Answer]) -> None:
            answers[number] = request()

        threads = []
        for number, request in enumerate(requests):
            thread = threading.Thread(target=run, args=(number, request))
            thread.start()
            threads.append(thread)
            while sum(fault["times"] for fault in self.tell("GET", "/faults")) > len(requests) - number - 1:
                time.sleep(0.001)
        for thread in threads:
            thread.join()
        return [answer for answer in answers if answer is not None]

    def account(self, email: str) -> Account:
        return next(account for account in self.app.service.store.accounts if account.email == email)

    def token(self, secret: str) -> Token:
        return next(token for token in self.app.service.store.tokens if token.secret == secret)

    def _connection(self) -> http.client.HTTPConnection:
        """One connection a thread, kept open."""
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is None or connection.sock is None:
            ours, theirs = socket.socketpair()
            threading.Thread(target=self._serve, args=(theirs,), daemon=True).start()
            connection = http.client.HTTPConnection("stand-in")
            connection.sock = ours
            self._local.connection = connection
        return connection

    def _serve(self, connection: socket.socket) -> None:
        try:
            self._handler(connection, ("127.0.0.1", 0), None)  # type: ignore[arg-type]
        finally:
            connection.close()
