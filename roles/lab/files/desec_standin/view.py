# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words that all endpoints share: a request, a response, an endpoint, and one call of it. Never knows any endpoint."""

from __future__ import annotations

import json
import re
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Callable, Iterator, Mapping, Sequence, cast
from urllib.parse import urlencode

from .backend import Backend, BackendError, Change
from .counters import Counters
from .errors import RolledBackError, detail, internal, invalid, unauthorized
from .faults import Fault, Faults
from .model import Account, Domain, Store, Token
from .publisher import Publisher
from .throttle import Scope, Throttle

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))


@dataclass(frozen=True)
class Settings:
    """What the endpoints need to know of the configuration. TTLs in seconds."""

    name_servers: tuple[str, ...]
    minimum_ttl: int = 3600
    name_server_ttl: int = 3600
    soa_ttl: int = 300
    dnskey_ttl: int = 3600
    local_public_suffixes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """Everything that lives as long as the server."""

    settings: Settings
    store: Store
    backend: Backend
    publisher: Publisher
    throttle: Throttle
    faults: Faults = field(default_factory=Faults)
    counters: Counters = field(default_factory=Counters)


@dataclass(frozen=True)
class Request:
    """`query`: names and values in the order of the URL. `headers`: lower-case names. `origin`: scheme and host."""

    method: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = "127.0.0.1"
    origin: str = "https://desec.example"

    def parameter(self, name: str) -> str | None:
        """The last value of a query parameter; None: it is not there."""
        values = [value for key, value in self.query if key == name]
        return values[-1] if values else None

    def url_with(self, **changes: str) -> str:
        """This request's URL with query parameters replaced."""
        query: dict[str, list[str]] = {}
        for key, value in self.query:
            query.setdefault(key, []).append(value)
        query.update({key: [value] for key, value in changes.items()})
        return f"{self.origin}{self.path}?{urlencode(sorted(query.items()), doseq=True)}"


@dataclass(frozen=True)
class Response:
    """`body`: what JSON can carry, or text when `content_type` is set; None: nothing."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None


@dataclass(frozen=True)
class Call:
    """One admitted call of an endpoint: who asks, for what."""

    service: Service
    request: Request
    token: Token | None
    args: Mapping[str, str]

    @property
    def account(self) -> Account:
        return self.authenticated.account

    @property
    def authenticated(self) -> Token:
        authenticated(self)
        return cast(Token, self.token)

    @property
    def is_read(self) -> bool:
        return self.request.method in SAFE_METHODS

    def own_domain(self) -> Domain | None:
        """The domain of the path, if it is the account's."""
        with self.service.store.lock:
            domain = self.service.store.domains.get(self.args["domain"])
        return domain if domain is not None and domain.owner is self.account else None

    def fault(self, kind: str) -> Fault | None:
        return self.service.faults.take(kind, self.args.get("domain"), self.request.method)

    @contextmanager
    def collision(self) -> Iterator[None]:
        """What must have been read before comes before it. Armed to collide, requests enter it together and leave it together."""
        fault = self.fault("collide")
        meeting = fault.meeting if fault else None
        if meeting:
            meeting.enter()
        try:
            yield
        finally:
            if meeting:
                meeting.leave()

    def publish(self, zone: str, changes: Sequence[Change]) -> None:
        """Hands changes to the signer; what it refuses is rolled back, and the client gets the HTML page."""
        if self.fault("signer_down"):
            raise RolledBackError
        late = self.fault("publication_delay")
        try:
            self.service.publisher.publish(zone, changes, late.seconds if late else 0.0)
        except BackendError as error:
            raise backend_failed(error) from error

    def after_commit(self) -> None:
        """The change is committed; deSEC then tells its public servers."""
        if self.fault("public_server_down"):
            raise internal()

    def data(self) -> object:
        """The JSON body; NO_DATA when there is none."""
        body = self.request.body
        if not body:
            return NO_DATA
        content_type = self.request.headers.get("content-type", "")
        if not re.match(r"application/json\s*(;|$)", content_type, re.IGNORECASE):
            raise detail(415, f'Unsupported media type "{content_type}" in request.')
        try:
            return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
        except ValueError as error:
            raise detail(400, f"JSON parse error - {error}") from error

    def fields(self) -> dict[str, object]:
        """The JSON body where only an object will do; no body counts as an empty one."""
        data = self.data()
        if data is NO_DATA:
            return {}
        if not isinstance(data, dict):
            raise invalid({"non_field_errors": [f"Invalid data. Expected a dictionary, but got {type(data).__name__}."]})
        return data


class _NoData:
    """The type of NO_DATA."""


NO_DATA = _NoData()


def _refuse_constant(name: str) -> object:
    raise ValueError(f"Out of range float values are not JSON compliant: {name!r}")


def backend_failed(error: BackendError) -> RolledBackError:
    """Tells the operator of the lab why; the client learns no more than from the real server."""
    print(f"desec_standin: {error}", file=sys.stderr, flush=True)
    return RolledBackError()


Handler = Callable[[Call], Response]


def no_scope(_call: Call) -> Scope | None:
    return None


def authenticated(call: Call) -> None:
    """Any token will do, but one is needed."""
    if call.token is None:
        raise unauthorized("Authentication credentials were not provided.")


def anyone(_call: Call) -> None:
    return None


@dataclass(frozen=True)
class View:
    """An endpoint. `path`: a regular expression with named groups, below /api/v1. `admit` raises when the token may not do
    this at all, before any limit counts the request. `allow`: the methods as the Allow header lists them."""

    path: str
    allow: str
    methods: Mapping[str, Handler]
    admit: Callable[[Call], None] = anyone
    scope: Callable[[Call], Scope | None] = no_scope
    text_type: str | None = None  # an endpoint that answers in text, its errors too
