# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloudflare and NS1 as their documentation says that they answer, each with one zone.

They take the place of the transport, so nothing leaves the process. A request without the right token is answered as the provider answers it.
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar, Mapping, Tuple
from urllib.parse import parse_qs, unquote, urlsplit

import requests
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.transport import answered

TOKEN = 'x9-secret-of-the-test-1f'
PRIVATE = 'cHJpdmF0ZSBwYXJ0IG9mIGEga2V5'
ZONE = 'shop.example'
KSK = '257 3 13 E/KfjNsMQyUa2lUpsjr9U01KuBufir2WXIMx1+URwPnLBQEsqNCvLur/z9NCMPx2R1wNSJkqIrj5Ajl3mu6WPg=='
ZSK = '256 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=='
NEXT = '256 3 13 x467Z3Dn9lyjk6P6lwpMT8X5K7Qx6ss2YXs0kiviwAq3+C3H7Ch3Fr6vDYMi9js3kpqIpZqaGAXvCNCARFA3Sw=='
Reply = Tuple[int, Any]


@dataclass(frozen=True)
class Fault:
    """What comes instead of the answer: *commits* says whether the request takes effect all the same."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = 'application/json'
    commits: bool = False


HTML = Fault(200, b'<html><head><title>Log in to the network</title></head></html>', content_type='text/html')


class StandIn(requests.adapters.BaseAdapter):
    """One provider. *faults* come one by one, before answers to reads or to writes."""

    driver: ClassVar[str]
    root: ClassVar[str]  # of its URL
    wrong_token: ClassVar[Fault]
    no_rights: ClassVar[Fault]
    throttled: ClassVar[Fault]

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[str] = []
        self.read_faults: list[Fault] = []
        self.write_faults: list[Fault] = []

    @property
    def writes(self) -> list[str]:
        return [line for line in self.requests if not line.startswith('GET ')]

    def send(
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, verify: bool | str = True, cert: Any = None, proxies: Any = None
    ) -> requests.Response:
        assert request.url is not None and request.method is not None and request.url.startswith(f'{self.root}/')
        url = urlsplit(request.url)
        path = unquote(url.path)[len(urlsplit(self.root).path):]
        body = json.loads(request.body) if request.body else None
        self.requests.append(' '.join(word for word in (request.method, path, json.dumps(body, sort_keys=True) if body is not None else '') if word))
        faults = self.read_faults if request.method == 'GET' else self.write_faults
        fault = self.wrong_token if not self.is_let_in(request) else faults.pop(0) if faults else None
        if fault is None or fault.commits:
            status, answer = self.answer(request.method, path, {name: values[0] for name, values in parse_qs(url.query).items()}, body)
        if fault is not None:
            status, answer = fault.status, fault.body
        headers = {'Content-Type': fault.content_type if fault else 'application/json', **(fault.headers if fault else {})}
        content = answer if isinstance(answer, bytes) else b'' if answer is None else json.dumps(answer).encode()
        return answered(request, status, headers, content)

    def close(self) -> None:
        return

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        raise NotImplementedError

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        raise NotImplementedError


def refused(*errors: tuple[int, str]) -> dict[str, Any]:
    """Cloudflare's body of an error."""
    return {'success': False, 'errors': [{'code': code, 'message': message} for code, message in errors], 'messages': [], 'result': None}


def fields(key: str) -> dict[str, Any]:
    flags, protocol, algorithm, public = key.split(' ')
    return {'flags': int(flags), 'protocol': int(protocol), 'algorithm': int(algorithm), 'public_key': public}


class Cloudflare(StandIn):
    """DNSKEY records, two on a page, so that pages are read; DNSSEC details; ZSKs with what must not be told."""

    driver = 'cloudflare'
    root = 'https://api.cloudflare.com/client/v4'
    wrong_token = Fault(403, refused((9109, 'Invalid access token')))
    no_rights = Fault(403, refused((10000, 'Authentication error')))
    throttled = Fault(429, refused((10013, 'Rate limited. Please wait and consider throttling your request speed')), {'Retry-After': '7'})
    ID = '023e105f4ecef8ad9ca31a8372d0c353'

    def __init__(self) -> None:
        super().__init__()
        self.zone: dict[str, Any] = {'id': self.ID, 'name': ZONE, 'status': 'active', 'type': 'full'}
        self.status: dict[str, Any] = {
            'status': 'active', 'flags': 257, 'algorithm': '13', 'key_type': 'ECDSAP256SHA256', 'digest_type': '2', 'key_tag': 42,
            'public_key': KSK.split(' ')[3], 'dnssec_multi_signer': True, 'dnssec_presigned': False,
        }
        self.settings: dict[str, Any] = {'multi_provider': True}
        self.zsks: dict[str, str] = {ZSK: 'active'}
        self.records: dict[str, dict[str, Any]] = {}
        self._next = 0

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        return request.headers.get('Authorization') == f'Bearer {TOKEN}'

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        if path == '/zones':
            return 200, self._result([self.zone] if query['name'] == self.zone['name'] else [])
        below = path[len(f'/zones/{self.ID}'):]
        if not path.startswith(f'/zones/{self.ID}'):
            return 404, refused((7003, f'Could not route to {path}, perhaps your object identifier is invalid?'))
        if method == 'GET' and below in ('/dnssec', '/dns_settings'):
            return 200, self._result(self.status if below == '/dnssec' else self.settings)
        if method == 'GET' and below == '/dnssec/zsk':
            return 200, self._result([self._zsk(key, tag) for key, tag in self.zsks.items()])
        if method == 'GET' and below == '/dns_records':
            assert (query['type'], query['name']) == ('DNSKEY', ZONE)
            page, found = int(query['page']), list(self.records.values())
            return 200, self._result(found[2 * page - 2:2 * page], pages=-(-len(found) // 2), page=page)
        assert (method, below) == ('POST', '/dns_records/batch')
        return self._batch(body)

    def _batch(self, body: dict[str, Any]) -> Reply:
        """Deletes, then posts, all or nothing."""
        if any(one['id'] not in self.records for one in body['deletes']):
            return 404, refused((81044, 'Record does not exist.'))
        left = {handle: record for handle, record in self.records.items() if handle not in [one['id'] for one in body['deletes']]}
        if any(post['data'] == record['data'] for post in body['posts'] for record in left.values()):
            return 400, refused((81058, 'An identical record already exists.'))
        self.records = left
        for post in body['posts']:
            self.enter(post['data'], post['ttl'])
        return 200, self._result({'deletes': [], 'patches': [], 'puts': [], 'posts': []})

    def enter(self, data: dict[str, Any], ttl: int = 3600) -> None:
        self._next += 1
        handle = f'{self._next:032x}'
        self.records[handle] = {'id': handle, 'type': 'DNSKEY', 'name': ZONE, 'ttl': ttl, 'data': data, 'content': ' '.join(str(one) for one in data.values())}

    def supply(self, *keys: str) -> None:
        for key in keys:
            self.enter(fields(key))

    def supplied(self) -> set[str]:
        return {'DNSKEY {flags} {protocol} {algorithm} {public_key}'.format(**record['data']) for record in self.records.values()}

    @staticmethod
    def _zsk(key: str, tag: str) -> dict[str, Any]:
        data = fields(key)
        return {
            'Name': 'zsk', 'Location': 'vault', 'Tag': tag, 'SigningKey': {'kek': 'kek1', 'privkey': PRIVATE, 'pubkey': data['public_key']},
            'DNSKEY': {
                'Hdr': {'Name': f'{ZONE}.', 'Rrtype': 48, 'Class': 1, 'Ttl': 3600, 'Rdlength': 0},
                'Flags': data['flags'], 'Protocol': data['protocol'], 'Algorithm': data['algorithm'], 'PublicKey': data['public_key'],
            },
        }

    @staticmethod
    def _result(result: Any, pages: int = 1, page: int = 1) -> dict[str, Any]:
        info = {'page': page, 'per_page': 2, 'count': 0, 'total_count': 0, 'total_pages': pages}
        return {'success': True, 'errors': [], 'messages': [], 'result': result, 'result_info': info}


class Ns1(StandIn):
    """A zone with its own keys, sets of external keys, and the records of its apex."""

    driver = 'ns1'
    root = 'https://api.nsone.net/v1'
    wrong_token = Fault(401, {'message': 'Unauthorized'})
    no_rights = Fault(403, {'message': 'permission denied'})
    throttled = Fault(429, {'message': 'Rate limit exceeded'}, {'X-RateLimit-Limit': '10', 'X-RateLimit-Period': '1', 'X-RateLimit-Remaining': '0'})

    def __init__(self) -> None:
        super().__init__()
        self.zone: dict[str, Any] = {'zone': ZONE, 'dnssec': True, 'ttl': 3600}
        self.sets: dict[str, dict[str, Any]] = {}
        self.records: dict[str, dict[str, Any]] = {'NS': self._answers(3600, ['dns1.p01.nsone.net'], ['dns2.p01.nsone.net'])}
        self.lists_external = False

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        return request.headers.get('X-NSONE-Key') == TOKEN

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        words = path.split('/')[1:]
        if words[:2] != ['zones', ZONE]:
            return 404, {'message': 'zone not found'}
        if words[2:] == []:
            assert query == {'records': 'false'}
            return 200, self.zone
        if words[2] == 'dnssec':
            if not self.zone['dnssec']:
                return 404, {'message': 'DNSSEC is not enabled on the zone'}
            return self._details() if len(words) == 3 else self._change(self.sets, words[4], method, body, 'external key set not found')
        assert words[2] == ZONE
        assert method != 'PUT' or (body.pop('zone'), body.pop('domain'), body.pop('type')) == (ZONE, ZONE, words[3])
        return self._change(self.records, words[3], method, body, 'record not found')

    def _change(self, things: dict[str, dict[str, Any]], name: str, method: str, body: Any, absent: str) -> Reply:
        if method == 'PUT':
            if name in things:
                return 409, {'message': 'record already exists'}
        elif name not in things:
            return 404, {'message': absent}
        if method == 'DELETE':
            del things[name]
            return 200, {}
        if body is not None:
            things[name] = body
        return 200, things[name]

    def _details(self) -> Reply:
        own = [KSK.split(' '), ZSK.split(' ')]
        if self.lists_external:
            own += [[str(value) for value in key.values()] for found in self.sets.values() for key in found['data']]
        return 200, {'zone': f'{ZONE}.', 'keys': {'dnskey': own, 'ttl': 3600}, 'delegation': {'dnskey': own[:1], 'ds': [], 'ttl': 3600}}

    @staticmethod
    def _answers(ttl: int, *answers: list[str]) -> dict[str, Any]:
        return {'ttl': ttl, 'answers': [{'answer': answer} for answer in answers]}

    def supply(self, *keys: str) -> None:
        self.sets['dnssec-multisigner'] = {'ttl': 3600, 'data': [fields(key) for key in keys]}

    def supplied(self) -> set[str]:
        found = {' '.join(['DNSKEY', *(str(value) for value in key.values())]) for one in self.sets.values() for key in one['data']}
        records = [(rtype, answer['answer']) for rtype, record in self.records.items() if rtype != 'NS' for answer in record['answers']]
        return found | {' '.join([rtype, *answer]) for rtype, answer in records}


STANDINS: tuple[type[Cloudflare | Ns1], ...] = (Cloudflare, Ns1)
