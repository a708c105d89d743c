# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registrars and DNS providers as their documentation says that they answer, each in a few lines, in front of a real parent zone.

They take the place of the transport, so nothing leaves the process. What one has registered appears in the parent zone, at once or when
the test says so; DS of keys are made by dnspython. A request without the right secret is answered as the provider answers it.
"""
from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, Callable, ClassVar, Mapping, Tuple
from urllib.parse import parse_qs, unquote, urlsplit

import dns.dnssec
import dns.name
import dns.rdata
import requests
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.route53 import authorization
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.transport import answered

SECRET = 'x9-secret-of-the-test-1f'
Reply = Tuple[int, Any]


class StandIn(requests.adapters.BaseAdapter):
    """One provider. *registered* has what it holds, by handle; *publish* puts the DS (or NS) texts of a zone into the parent zone."""

    channel: ClassVar[str]
    options: ClassVar[Mapping[str, str]]  # of the module, as a user would give them
    content_type: ClassVar[str] = 'application/json'
    unauthorized: ClassVar[Reply] = (401, {'message': 'Authentication failed'})

    def __init__(self, publish: Callable[[str, str, set[str]], None]) -> None:
        super().__init__()
        self.registered: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.is_slow = False
        self.forgets = False
        self.is_busy = False
        self.failures: list[Reply] = []
        self.names = ['ns.elsewhere.test']  # of the servers of the one zone
        self.failed_task = ''  # why the last task of this type failed, where there are tasks
        self._publish = publish
        self._next = 1000

    @property
    def writes(self) -> list[str]:
        return [line for line in self.requests if not self.is_read(*line.split(' ', 2))]

    def is_read(self, method: str, path: str, operation: str = '') -> bool:
        """Whether a request only looks."""
        return method == 'GET'

    def operation(self, request: requests.PreparedRequest, body: Any) -> str:
        """What is called, where the path does not say it."""
        return ''

    def send(
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, verify: bool | str = True, cert: Any = None, proxies: Any = None
    ) -> requests.Response:
        assert request.url is not None and request.method is not None
        url = urlsplit(request.url)
        body = json.loads(request.body) if request.body else None
        line = (request.method, unquote(url.path), *filter(None, [self.operation(request, body)]))
        self.requests.append(' '.join(line))
        if not self.is_let_in(request):
            status, answer = self.unauthorized
        elif self.failures and not self.is_read(*line):
            status, answer = self.failures.pop(0)
        else:
            status, answer = self.answer(request.method, unquote(url.path), {name: values[0] for name, values in parse_qs(url.query).items()}, body)
        return answered(request, status, {'Content-Type': self.content_type}, b'' if answer is None else json.dumps(answer).encode())

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

    def renamed(self, zone: str, names: list[str]) -> None:
        """The whole set of name servers is replaced."""
        if not self.forgets:
            self.names = sorted(names)
        if not self.is_slow:
            self.delegate(zone)

    def delegate(self, zone: str) -> None:
        """The registry publishes the names of the servers."""
        self._publish(zone, 'NS', {f'{name}.' for name in self.names})

    def catch_up(self, zone: str) -> None:
        """The registry publishes what is registered."""
        self._publish(zone, 'DS', {self.ds_of(zone, record) for record in self.registered.values()})


def ds_of_key(zone: str, flags: int, algorithm: int, key: str) -> str:
    rdata = dns.rdata.from_text('IN', 'DNSKEY', f'{flags} 3 {algorithm} {key}')
    return str(dns.dnssec.make_ds(dns.name.from_text(zone), rdata, 'SHA256'))


def tag_of_key(zone: str, flags: int, algorithm: int, key: str) -> int:
    return int(ds_of_key(zone, flags, algorithm, key).split()[0])


class DnSimple(StandIn):
    channel = 'dnsimple'
    options: ClassVar = {'api_token': SECRET, 'api_user': '1010'}

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        return request.headers.get('Authorization') == f'Bearer {SECRET}'

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        words = path.split('/')
        if words[:5] == ['', 'v2', '1010', 'registrar', 'domains'] and words[6:] == ['delegation']:
            if method == 'PUT':
                assert isinstance(body, list)
                self.renamed(words[5], body)
            return 200, {'data': self.names}
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
        if words[:4] == ['', 'v5', 'domain', 'domains'] and words[5:] == ['nameservers']:
            if method == 'GET':
                return 200, self.names
            self.renamed(words[4], body['nameservers'])
            return 202, {'message': 'Domain update in progress'}
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


class NameCom(StandIn):
    channel = 'namecom'
    options: ClassVar = {'api_token': SECRET, 'api_user': 'operator'}
    unauthorized = (401, {'message': 'Unauthenticated', 'details': 'Invalid username or token'})

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        return request.headers.get('Authorization') == 'Basic ' + base64.b64encode(f'operator:{SECRET}'.encode()).decode()

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        words = path.split('/')
        if words[:4] == ['', 'core', 'v1', 'domains'] and len(words) == 5:
            zone, _colon, action = words[4].partition(':')
            if method == 'POST' and action == 'setNameservers':
                self.renamed(zone, body['nameservers'])
            return 200, {'domainName': zone, 'nameservers': self.names, 'locked': False}
        if words[:4] != ['', 'core', 'v1', 'domains'] or words[5] != 'dnssec':
            return 404, {'message': 'Not Found'}
        if method == 'GET':
            found = [{name: value for name, value in record.items() if name != 'id'} for record in self.registered.values()]
            return 200, {'dnssec': found} if found else {}
        if method == 'POST':
            if not all(isinstance(body[name], int) for name in ('keyTag', 'algorithm', 'digestType')):
                return 400, {'message': 'Invalid argument'}
            self.enter(body)
            self.changed(words[4])
            return 200, body
        gone = [handle for handle, record in self.registered.items() if record['digest'] == words[6]]
        if not gone:
            return 404, {'message': 'Not Found'}
        del self.registered[gone[0]]
        self.changed(words[4])
        return 200, {}

    def ds_of(self, zone: str, record: dict[str, Any]) -> str:
        return f'{record["keyTag"]} {record["algorithm"]} {record["digestType"]} {record["digest"].lower()}'


class Porkbun(StandIn):
    channel = 'porkbun'
    options: ClassVar = {'api_token': f'pk1_{SECRET}', 'api_secret': f'sk1_{SECRET}'}
    unauthorized = (403, {'status': 'ERROR', 'message': 'Invalid API key. (002)'})

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        body = json.loads(request.body or b'{}')
        return (body.get('apikey'), body.get('secretapikey')) == tuple(self.options.values())

    def is_read(self, method: str, path: str, operation: str = '') -> bool:
        return '/getDnssecRecords/' in path or '/getNs/' in path

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        words = path.split('/')
        if method == 'POST' and words[:5] == ['', 'api', 'json', 'v3', 'domain']:
            if words[5] == 'updateNs':
                self.renamed(words[6], body['ns'])
                return 200, {'status': 'SUCCESS'}
            return 200, {'status': 'SUCCESS', 'ns': [f'{name}.' for name in self.names]}  # some with final dots
        if method != 'POST' or words[:5] != ['', 'api', 'json', 'v3', 'dns']:
            return 404, {'status': 'ERROR', 'message': 'Not found.'}
        call, zone = words[5], words[6]
        if call == 'getDnssecRecords':
            return 200, {'status': 'SUCCESS', 'records': self.registered or []}
        if call == 'createDnssecRecord':
            if not self.forgets:
                self.registered[body['keyTag']] = {name: body[name] for name in ('keyTag', 'alg', 'digestType', 'digest')}
        elif self.registered.pop(words[7], None) is None:
            return 200, {'status': 'ERROR', 'message': 'No such record.'}
        self.changed(zone)
        return 200, {'status': 'SUCCESS'}

    def ds_of(self, zone: str, record: dict[str, Any]) -> str:
        return f'{record["keyTag"]} {record["alg"]} {record["digestType"]} {record["digest"].lower()}'


class Ovh(StandIn):
    channel = 'ovh'
    glue: ClassVar[Mapping[str, str]] = {'ns.elsewhere.test': '192.0.2.53'}
    function = ''
    options: ClassVar = {'api_token': f'ak-{SECRET}', 'api_secret': f'as-{SECRET}', 'api_consumer_key': f'ck-{SECRET}'}
    unauthorized = (403, {'errorCode': 'INVALID_CREDENTIAL', 'httpCode': '403 Forbidden', 'message': 'This credential is not valid'})

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        application, secret, consumer = self.options.values()
        field = request.headers
        body = request.body.decode() if isinstance(request.body, bytes) else request.body or ''
        signed = '+'.join((secret, consumer, str(request.method), str(request.url), body, field['X-Ovh-Timestamp']))
        expected = '$1$' + hashlib.sha1(signed.encode()).hexdigest()  # noqa: S324  the API's choice
        return (field['X-Ovh-Application'], field['X-Ovh-Consumer'], field['X-Ovh-Signature']) == (application, consumer, expected)

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        words = path.split('/')
        if words[:3] != ['', '1.0', 'domain']:
            return 404, {'message': 'Got an invalid (or empty) URL'}
        zone, what, number = words[3], words[4], words[5] if len(words) > 5 else ''
        if what == 'task':
            if number:
                return 200, {'id': int(number), 'function': self.function, 'status': 'doing' if self.is_busy else 'error', 'comment': self.failed_task}
            self.function = query['function']
            return 200, [77] if {'doing': self.is_busy, 'error': self.failed_task}.get(query['status']) else []
        if what in ('nameServer', 'nameServers'):
            return self.name_servers(method, zone, number, body)
        if method == 'GET':
            if number:
                return 200, {**self.registered[number], 'status': 'enabled'}
            return 200, [int(handle) for handle in self.registered]
        if len(body['keys']) > 4 or any(key['tag'] != tag_of_key(zone, key['flags'], key['algorithm'], key['publicKey']) for key in body['keys']):
            return 400, {'message': 'Invalid keys'}
        if not self.forgets:
            self.registered = {}
            for key in body['keys']:
                self.enter(key)
        self.changed(zone)
        return 200, {'id': 77, 'function': 'DomainDsUpdate', 'status': 'todo'}

    def name_servers(self, method: str, zone: str, number: str, body: Any) -> Reply:
        if method == 'POST':
            assert number == 'update' and all(server.get('ip') == self.glue.get(server['host']) for server in body['nameServers'])
            self.renamed(zone, [server['host'] for server in body['nameServers']])
            return 200, {'id': 78, 'function': 'DomainDnsUpdate', 'status': 'todo'}
        if not number:
            return 200, [*range(len(self.names)), 99]
        if number == '99':
            return 200, {'id': 99, 'host': 'ns.gone.test', 'ip': None, 'isUsed': True, 'toDelete': True}
        host = self.names[int(number)]
        return 200, {'id': int(number), 'host': host, 'ip': self.glue.get(host), 'isUsed': True, 'toDelete': False}

    def ds_of(self, zone: str, record: dict[str, Any]) -> str:
        return ds_of_key(zone, record['flags'], record['algorithm'], record['publicKey'])


class Inwx(StandIn):
    channel = 'inwx'
    options: ClassVar = {'api_user': 'operator', 'api_secret': SECRET}
    unauthorized = (200, {'code': 2200, 'msg': 'Authentication error'})
    tfa = '0'

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        body = json.loads(request.body or b'{}')
        return body['method'] != 'account.login' or body['params'] == {'user': 'operator', 'pass': SECRET}

    def operation(self, request: requests.PreparedRequest, body: Any) -> str:
        return str(body['method'])

    def is_read(self, method: str, path: str, operation: str = '') -> bool:
        return operation in ('account.login', 'dnssec.listkeys', 'domain.info')

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        call, params = body['method'], body['params']
        done = {'code': 1000, 'msg': 'Command completed successfully'}
        if call == 'account.login':
            return 200, {**done, 'resData': {'customerId': 1, 'tfa': self.tfa}}
        if call == 'domain.info':
            return 200, {**done, 'resData': {'domain': params['domain'], 'status': 'OK', 'ns': self.names}}
        if call == 'domain.update':
            self.renamed(params['domain'], params['ns'])
            return 200, {'code': 1001, 'msg': 'Command completed successfully; action pending'}
        if call == 'dnssec.listkeys':
            return 200, {**done, 'resData': {'dnskey': list(self.registered.values())}} if self.registered else done
        if call == 'dnssec.adddnskey':
            owner, _class, _type, flags, _protocol, algorithm, key = params['dnskey'].split()
            zone = owner.rstrip('.')
            self.enter({'ownerName': zone, 'flagId': flags, 'algorithmId': algorithm, 'publicKey': key, 'status': 'CREATE' if self.is_slow else 'OK'})
        elif self.registered.get(str(params['key']), {'status': 'DELETED'})['status'] == 'DELETED' or not isinstance(params['key'], int):
            return 200, {'code': 2303, 'msg': 'Object does not exist', 'reasonCode': 'DNSSEC_KEY', 'reason': 'No such key'}
        else:
            zone = self.registered[str(params['key'])]['ownerName']
            self.registered[str(params['key'])]['status'] = 'DELETED'  # it stays in the list
        self.changed(zone)
        return 200, {'code': 1001, 'msg': 'Command completed successfully; action pending'}

    def catch_up(self, zone: str) -> None:
        self._publish(zone, 'DS', {self.ds_of(zone, record) for record in self.registered.values() if record['status'] != 'DELETED'})

    def ds_of(self, zone: str, record: dict[str, Any]) -> str:
        return ds_of_key(zone, int(record['flagId']), int(record['algorithmId']), record['publicKey'])


class PowerDNS(StandIn):
    """Only what a parent is written by. The target powerdns_signer meets the server itself."""

    channel = 'powerdns'
    options: ClassVar = {'api_token': SECRET, 'api_url': 'https://ns.elsewhere.test/api/v1'}
    unauthorized = (401, {'error': 'Unauthorized'})
    settings: ClassVar[dict[str, str]] = {'kind': 'Native', 'soa_edit_api': ''}
    disabled = False

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        return request.headers.get('X-API-Key') == SECRET

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        if path != '/api/v1/servers/localhost/zones/example.':
            return 404, {'error': 'Not Found'}
        if method == 'GET':
            records = [{'content': record, 'disabled': self.disabled} for record in self.registered]
            rrsets = [{'name': query['rrset_name'], 'type': 'DS', 'ttl': 3600, 'comments': [], 'records': records}] if records else []
            return 200, {**self.settings, 'name': 'example.', 'rrsets': [{'name': query['rrset_name'], 'type': 'TXT', 'ttl': 60, 'records': []}, *rrsets]}
        for rrset in body['rrsets']:
            if not self.forgets:
                self.registered = {record['content']: {} for record in rrset.get('records', ())}
            if not self.is_slow:
                self.catch_up(rrset['name'].rstrip('.'))
        return 204, None

    def catch_up(self, zone: str) -> None:
        self._publish(zone, 'DS', set(self.registered))


class Route53(StandIn):
    channel = 'route53'
    options: ClassVar = {'api_user': 'AKIDEXAMPLE', 'api_secret': SECRET}
    content_type = 'application/x-amz-json-1.1'
    unauthorized = (400, {'__type': 'InvalidSignatureException', 'message': 'The request signature we calculated does not match'})

    def is_let_in(self, request: requests.PreparedRequest) -> bool:
        """The signature itself is compared with a published one elsewhere; here, that it is made with the right secret and over all that matters."""
        headers = {name: request.headers[name] for name in ('Content-Type', 'Host', 'X-Amz-Date', 'X-Amz-Target')}
        body = request.body if isinstance(request.body, bytes) else (request.body or '').encode()
        return request.headers['Authorization'] == authorization('AKIDEXAMPLE', SECRET, 'route53domains', 'POST', headers, body)

    def operation(self, request: requests.PreparedRequest, body: Any) -> str:
        version, operation = request.headers['X-Amz-Target'].split('.')
        assert version == 'Route53Domains_v20140515'
        return operation

    def is_read(self, method: str, path: str, operation: str = '') -> bool:
        return operation in ('GetDomainDetail', 'GetOperationDetail', 'ListOperations')

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Reply:
        operation = self.requests[-1].split(' ')[2]
        if operation == 'ListOperations':
            assert body['Type'] in (['ADD_DNSSEC', 'REMOVE_DNSSEC'], ['UPDATE_NAMESERVER'])
            other = {'OperationId': '1', 'Status': 'IN_PROGRESS', 'Type': body['Type'][0], 'DomainName': 'other.example', 'SubmittedDate': 1}
            if 'Marker' not in body:  # the zone's are on the second page
                return 200, {'Operations': [other], 'NextPageMarker': 'more'}
            if body.get('Status') == ['SUBMITTED', 'IN_PROGRESS']:
                return 200, {'Operations': [{**other, 'DomainName': self.zone}] if self.is_busy else []}
            assert (body['SortBy'], body['SortOrder']) == ('SubmittedDate', 'DESC')
            status = 'FAILED' if self.failed_task else 'SUCCESSFUL'
            before = {**other, 'DomainName': self.zone, 'OperationId': '8', 'Status': 'FAILED'}
            return 200, {'Operations': [{**before, 'OperationId': '9', 'Status': status}, before]}
        if operation == 'GetOperationDetail':
            return 200, {'OperationId': body['OperationId'], 'Status': 'FAILED', 'DomainName': self.zone, 'Message': self.failed_task}
        zone = self.zone = body['DomainName']
        if operation == 'GetDomainDetail':
            keys = [{name: value for name, value in record.items() if name not in ('Flags', 'PublicKey', 'id')} for record in self.registered.values()]
            servers = [{'Name': name, **({'GlueIps': ['192.0.2.53', '2001:db8::53']} if name == 'ns.elsewhere.test' else {})} for name in self.names]
            return 200, {'DomainName': zone, 'Nameservers': servers, **({'DnssecKeys': keys} if keys else {})}
        if operation == 'UpdateDomainNameservers':
            assert all(('GlueIps' in server) == (server['Name'] == 'ns.elsewhere.test') for server in body['Nameservers'])
            self.renamed(zone, [server['Name'] for server in body['Nameservers']])
            return 200, {'OperationId': '3'}
        if operation == 'AssociateDelegationSignerToDomain':
            key = body['SigningAttributes']
            tag, algorithm, digest_type, digest = ds_of_key(zone, key['Flags'], key['Algorithm'], key['PublicKey']).split()
            handle = self.enter({**key, 'KeyTag': int(tag), 'Algorithm': int(algorithm), 'DigestType': int(digest_type), 'Digest': digest.upper()})
            if handle in self.registered:
                self.registered[handle]['Id'] = handle
        elif self.registered.pop(body['Id'], None) is None:
            return 400, {'__type': 'InvalidInput', 'message': 'No such key'}
        self.changed(zone)
        return 200, {'OperationId': '2'}

    def ds_of(self, zone: str, record: dict[str, Any]) -> str:
        return ds_of_key(zone, record['Flags'], record['Algorithm'], record['PublicKey'])


STANDINS: tuple[type[StandIn], ...] = (Desec, DnSimple, Gandi, Inwx, NameCom, Ovh, Porkbun, PowerDNS, Route53)
