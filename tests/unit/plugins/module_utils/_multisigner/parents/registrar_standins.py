# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registrars and DNS providers as their documentation says that they answer, each in a few lines, in front of a real parent zone.

They take the place of the transport, so nothing leaves the process. What one has registered appears in the parent zone, at once or when
the test says so; DS of keys are made by dnspython. A request without the right secret is answered as the provider answers it.
"""
from __future__ import annotations

import io
import json
from typing import Any, Callable, ClassVar, Mapping
from urllib.parse import parse_qs, unquote, urlsplit

import dns.dnssec
import dns.name
import dns.rdata
import requests
import urllib3

SECRET = 'x9-secret-of-the-test-1f'
Reply = tuple[int, Any]


class StandIn(requests.adapters.BaseAdapter):
    """One provider. *registered* has what it holds, by handle; *publish* puts the DS (or NS) texts of a zone into the parent zone."""

    channel: ClassVar[str]
    options: ClassVar[Mapping[str, str]]  # of the module, as a user would give them
    unauthorized: ClassVar[Reply] = (401, {'message': 'Authentication failed'})

    def __init__(self, publish: Callable[[str, str, set[str]], None]) -> None:
        super().__init__()
        self.registered: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.is_slow = False
        self.forgets = False
        self.failures: list[Reply] = []
        self._publish = publish
        self._next = 1000

    @property
    def writes(self) -> list[str]:
        return [line for line in self.requests if not line.startswith('GET')]

    def send(
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, verify: bool | str = True, cert: Any = None, proxies: Any = None
    ) -> requests.Response:
        assert request.url is not None and request.method is not None
        url = urlsplit(request.url)
        self.requests.append(f'{request.method} {unquote(url.path)}')
        if not self.is_let_in(request):
            status, answer = self.unauthorized
        elif self.failures and request.method != 'GET':
            status, answer = self.failures.pop(0)
        else:
            body = json.loads(request.body) if request.body else None
            status, answer = self.answer(request.method, unquote(url.path), {name: values[0] for name, values in parse_qs(url.query).items()}, body)
        response = requests.Response()
        response.request = request
        response.status_code = status
        response.headers['Content-Type'] = 'application/json'
        response.raw = urllib3.HTTPResponse(io.BytesIO(b'' if answer is None else json.dumps(answer).encode()), preload_content=False)
        return response

    def close(self) -> None:
        return

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        raise NotImplementedError

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        raise NotImplementedError

    def ds_of(self, zone: str, record: dict[str, Any]) -> str:
        """The DS that the registry makes of something registered."""
        raise NotImplementedError

    # -- for the subclasses --

    def enter(self, record: dict[str, Any]) -> str:
        self._next += 1
        if not self.forgets:
            self.registered[str(self._next)] = {**record, 'id': self._next}
        return str(self._next)

    def changed(self, zone: str) -> None:
        if not self.is_slow:
            self.catch_up(zone)

    def catch_up(self, zone: str) -> None:
        """The registry publishes what is registered."""
        self._publish(zone, 'DS', {self.ds_of(zone, record) for record in self.registered.values()})


def ds_of_key(zone: str, flags: int, algorithm: int, key: str) -> str:
    rdata = dns.rdata.from_text('IN', 'DNSKEY', f'{flags} 3 {algorithm} {key}')
    return str(dns.dnssec.make_ds(dns.name.from_text(zone), rdata, 'SHA256'))


class DnSimple(StandIn):
    channel = 'dnsimple'
    options: ClassVar = {'api_token': SECRET, 'api_user': '1010'}

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        return request.headers.get('Authorization') == f'Bearer {SECRET}'

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        words = path.split('/')
        if words[:4] != ['', 'v2', '1010', 'domains'] or words[5] != 'ds_records':
            return 404, {'message': f'Domain `{path}` not found'}
        zone = words[4]
        if method == 'GET':
            # two on a page, so that pages are read
            page, found = int(query['page']), list(self.registered.values())
            pages = -(-len(found) // 2)
            return 200, {'data': found[2 * page - 2:2 * page], 'pagination': {'current_page': page, 'per_page': 2, 'total_pages': pages}}
        if method == 'POST':
            if sorted(body) != ['algorithm', 'digest', 'digest_type', 'keytag'] or not all(isinstance(value, str) for value in body.values()):
                return 400, {'message': 'Validation failed', 'errors': {'keytag': ["can't be blank"]}}
            handle = self.enter(body)
            self.changed(zone)
            return 201, {'data': {**body, 'id': int(handle), 'domain_id': 1}}
        if self.registered.pop(words[6], None) is None:
            return 404, {'message': f'Delegation signer record `{words[6]}` not found'}
        self.changed(zone)
        return 204, None

    def ds_of(self, zone: str, record: dict[str, Any]) -> str:
        return f'{record["keytag"]} {record["algorithm"]} {record["digest_type"]} {record["digest"].lower()}'


class Gandi(StandIn):
    channel = 'gandi'
    options: ClassVar = {'api_token': SECRET}
    unauthorized = (401, {'cause': 'Unauthorized', 'code': 401, 'message': 'Bad authentication attempt because of wrong token', 'object': 'HTTPUnauthorized'})

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        return request.headers.get('Authorization') == f'Bearer {SECRET}'

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        words = path.split('/')
        if words[:4] != ['', 'v5', 'domain', 'domains'] or words[5] != 'dnskeys':
            return 404, {'cause': 'Not Found', 'code': 404, 'message': 'The resource could not be found.', 'object': 'HTTPNotFound'}
        if method == 'GET':
            return 200, list(self.registered.values())
        if method == 'POST':
            tag, _algorithm, digest_type, digest = ds_of_key(words[4], 257, body['algorithm'], body['public_key']).split()
            self.enter({**body, 'keytag': int(tag), 'digest_type': int(digest_type), 'digest': digest.upper()})
        elif self.registered.pop(words[6], None) is None:
            return 404, {'cause': 'Not Found', 'code': 404, 'message': 'The resource could not be found.', 'object': 'HTTPNotFound'}
        self.changed(words[4])
        return 202, {'message': 'Domain update in progress'}

    def ds_of(self, zone: str, record: dict[str, Any]) -> str:
        return ds_of_key(zone, {'ksk': 257, 'zsk': 256}[record['type']], record['algorithm'], record['public_key'])


class Desec(StandIn):
    """Only what a parent is written by. The lab's stand-in of deSEC, which replays recorded exchanges, is in front of a real server."""

    channel = 'desec'
    options: ClassVar = {'api_token': SECRET}
    unauthorized = (401, {'detail': 'Invalid token.'})

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        return request.headers.get('Authorization') == f'Token {SECRET}'

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        if path != '/api/v1/domains/example/rrsets/':
            return 404, {'detail': 'Not found.'}
        if method == 'GET':
            records = list(self.registered)
            rrsets = [{'subname': query['subname'], 'name': f'{query["subname"]}.example.', 'type': 'DS', 'ttl': 3600, 'records': records}] if records else []
            return 200, [{'subname': query['subname'], 'name': '', 'type': 'TXT', 'ttl': 3600, 'records': ['"x"']}, *rrsets]
        for number, rrset in enumerate(body):
            if rrset['type'] == 'DS' and any(len(record.split()) != 4 for record in rrset['records']):
                return 400, [*({} for _unused in range(number)), {'records': ['Cannot parse record contents.']}]
        for rrset in body:
            if not self.forgets:
                self.registered = {record: {} for record in rrset['records']}
            if not self.is_slow:
                self.catch_up(f'{rrset["subname"]}.example')
        return 200, body

    def catch_up(self, zone: str) -> None:
        self._publish(zone, 'DS', set(self.registered))


STANDINS: tuple[type[StandIn], ...] = (Desec, DnSimple, Gandi)
