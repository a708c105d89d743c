# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `route53`: the domain is registered through Amazon Route 53 Domains (API of 2014-05-15). It takes keys, one by one, by operations.

Its list tells the DS of each key, and since 2026-10 not the key any more.
"""
from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timezone
from typing import Any, Callable, Mapping
from urllib.parse import urlsplit

from ..dnskey import DNSKEY, DS
from ..json_api import Call, JsonApi
from .base import Capabilities
from .registrar import Access, Change, Contract, Entry, Place

REGION, SERVICE, API = 'us-east-1', 'route53domains', 'Route53Domains_v20140515'  # there is no other region


class Route53(Contract):
    name = 'Route 53 Domains'
    url = 'https://route53domains.us-east-1.amazonaws.com'
    capabilities = Capabilities(write='add_remove', interface='key', delete_by='id', asynchronous=True)
    lists_at_once = False

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
        return tuple(
            Entry(DS(int(key['KeyTag']), int(key['Algorithm']), int(key['DigestType']), bytes.fromhex(key['Digest'])), str(key['Id']))
            for key in domain.get('DnssecKeys') or ()
        )

    def calls(self, place: Place, change: Change) -> tuple[Call, ...]:
        adding = [
            _call('AssociateDelegationSignerToDomain', {
                'DomainName': place.zone, 'SigningAttributes': {'Algorithm': key.algorithm, 'Flags': key.flags, 'PublicKey': key.text.split(' ')[3]}
            })
            for key in change.add if isinstance(key, DNSKEY)
        ]
        removing = [_call('DisassociateDelegationSignerFromDomain', {'DomainName': place.zone, 'Id': entry.handle}) for entry in change.remove]
        return (*adding, *removing)

    def is_busy(self, ask: Callable[[Call], Any], place: Place) -> bool:
        wanted = {'Status': ['SUBMITTED', 'IN_PROGRESS'], 'Type': ['ADD_DNSSEC', 'REMOVE_DNSSEC']}
        return any(one['DomainName'].lower().rstrip('.') == place.zone for one in ask(_call('ListOperations', wanted))['Operations'])


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
