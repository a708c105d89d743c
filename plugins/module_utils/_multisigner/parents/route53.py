# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `route53`: the domain is registered through Amazon Route 53 Domains (API of 2014-05-15). It takes keys, one by one, by operations.

Its list tells the DS of each key, and since 2026-10 not the key any more.
"""
from __future__ import annotations

import hashlib
import hmac
import time
from datetime import datetime, timezone
from typing import Any, Callable, Mapping
from urllib.parse import urlsplit

from ..dnskey import DNSKEY, DS, NS
from ..json_api import ApiError, Call, JsonApi, readable
from .base import Capabilities
from .registrar import Access, Change, Contract, Entry, Place

TYPES = {'DS': ('ADD_DNSSEC', 'REMOVE_DNSSEC'), 'NS': ('UPDATE_NAMESERVER',)}  # of operations
FAILED = ('ERROR', 'FAILED')
TRY_AGAIN = 3600  # seconds for which an operation that failed is told, and nothing sent
REGION, SERVICE, API = 'us-east-1', 'route53domains', 'Route53Domains_v20140515'  # there is no other region


class Route53(Contract):
    name = 'Route 53 Domains'
    url = 'https://route53domains.us-east-1.amazonaws.com'
    capabilities = Capabilities(write='add_remove', interface='key', delete_by='id', asynchronous=True, edits_ns=True)
    lists_late = ('DS', 'NS')

    def connect(self, access: Access) -> JsonApi:
        user, secret, token = access.given('api_user'), access.given('api_secret'), str(access.options.get('api_token') or '').strip()

        def sign(request: Any) -> Any:
            """*request* is a requests.PreparedRequest."""
            now = datetime.now(timezone.utc).strftime('%Y%m%dT%H%M%SZ')
            request.headers.update({'Content-Type': 'application/x-amz-json-1.1', 'Host': urlsplit(request.url).netloc, 'X-Amz-Date': now})
            if token:
                request.headers['X-Amz-Security-Token'] = token
            signed = {name: request.headers[name] for name in request.headers if name.lower() in ('content-type', 'host') or name.lower().startswith('x-amz-')}
            request.headers['Authorization'] = authorization(user, secret, SERVICE, request.method, signed, request.body or b'')
            return request

        return access.api(self.name, sign=sign, secrets=tuple(filter(None, (secret, token))))

    def headers(self, call: Call) -> Mapping[str, str]:
        return {'X-Amz-Target': f'{API}.{call.operation}'}

    def listed(self, ask: Callable[[Call], Any], place: Place) -> tuple[Entry, ...]:
        domain = ask(_call('GetDomainDetail', {'DomainName': place.zone}))
        if domain['DomainName'].lower().rstrip('.') != place.zone:
            raise ValueError(domain['DomainName'])
        if place.rtype == 'NS':
            return tuple(Entry(NS.parse(server['Name']), ' '.join(server.get('GlueIps') or ())) for server in domain['Nameservers'])
        return tuple(
            Entry(DS(int(key['KeyTag']), int(key['Algorithm']), int(key['DigestType']), bytes.fromhex(key['Digest'])), str(key['Id']))
            for key in domain.get('DnssecKeys') or ()
        )

    def calls(self, place: Place, change: Change) -> tuple[Call, ...]:
        if place.rtype == 'NS':
            servers = sorted((one.value.text[:-1], one.handle) for one in (*change.kept, *map(Entry, change.add)))
            told = [{'Name': name, **({'GlueIps': glue.split()} if glue else {})} for name, glue in servers]
            return (_call('UpdateDomainNameservers', {'DomainName': place.zone, 'Nameservers': told}),)
        adding = [
            _call('AssociateDelegationSignerToDomain', {
                'DomainName': place.zone, 'SigningAttributes': {'Algorithm': key.algorithm, 'Flags': key.flags, 'PublicKey': key.text.split(' ')[3]}
            })
            for key in change.add if isinstance(key, DNSKEY)
        ]
        removing = [_call('DisassociateDelegationSignerFromDomain', {'DomainName': place.zone, 'Id': entry.handle}) for entry in change.remove]
        return (*adding, *removing)

    def is_busy(self, ask: Callable[[Call], Any], place: Place) -> bool:
        types = {'Type': list(TYPES[place.rtype])}
        if _operations(ask, place, {'Status': ['SUBMITTED', 'IN_PROGRESS'], **types}):
            return True
        recent = _operations(ask, place, {'SubmittedSince': int(time.time()) - TRY_AGAIN, 'SortBy': 'SubmittedDate', 'SortOrder': 'DESC', **types})
        if recent and recent[0]['Status'] in FAILED:
            detail = ask(_call('GetOperationDetail', {'OperationId': recent[0]['OperationId']}))
            raise ApiError(
                f'the last change of {place.rtype} failed there (operation {detail["OperationId"]}, {detail["Status"]}): {readable(detail.get("Message"))}',
                place.zone, remedy=f'Correct what it names; it is tried again when that is {TRY_AGAIN // 60} minutes old',
            )
        return False


def _operations(ask: Callable[[Call], Any], place: Place, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the zone, in the order in which they are told, from all pages."""
    found: list[dict[str, Any]] = []
    marker: dict[str, str] = {}
    while True:
        answer = ask(_call('ListOperations', {'MaxItems': 100, **wanted, **marker}))
        found += [one for one in answer['Operations'] if one['DomainName'].lower().rstrip('.') == place.zone]
        if not answer.get('NextPageMarker'):
            return found
        marker = {'Marker': str(answer['NextPageMarker'])}


def _call(operation: str, body: dict[str, Any]) -> Call:
    return Call('POST', '/', body, operation=operation)


def authorization(user: str, secret: str, service: str, method: str, headers: Mapping[str, str], body: bytes) -> str:
    """The field Authorization of Signature Version 4, for a request of the path `/` without a query. *headers* have Host and X-Amz-Date."""
    fields = {name.lower(): ' '.join(value.split()) for name, value in headers.items()}
    names = ';'.join(sorted(fields))
    canonical = '\n'.join((method, '/', '', *(f'{name}:{fields[name]}' for name in sorted(fields)), '', names, hashlib.sha256(body).hexdigest()))
    now = fields['x-amz-date']
    scope = f'{now[:8]}/{REGION}/{service}/aws4_request'
    text = '\n'.join(('AWS4-HMAC-SHA256', now, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f'AWS4{secret}'.encode()
    for part in (*scope.split('/'), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return f'AWS4-HMAC-SHA256 Credential={user}/{scope}, SignedHeaders={names}, Signature={key.hex()}'


CONTRACT = Route53()
