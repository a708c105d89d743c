# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `porkbun`: the domain is registered through Porkbun (API v3). Both its secrets travel in the body of every request, all of which are POST."""
from __future__ import annotations

import json
from typing import Any, Callable
from urllib.parse import quote

from ..dnskey import DS
from ..errors import MultisignerError
from ..json_api import ApiError, Call, JsonApi, readable
from .base import Capabilities
from .registrar import Access, Change, Contract, Entry, Place, ns_entries


class Porkbun(Contract):
    """A key's DS is kept by its tag, so there is one digest for a key, and no two keys with one tag."""

    name = 'Porkbun'
    url = 'https://api.porkbun.com/api/json/v3'
    capabilities = Capabilities(write='add_remove', delete_by='tag', asynchronous=True, edits_ns=True)

    def connect(self, access: Access) -> JsonApi:
        secrets = {'apikey': access.given('api_token'), 'secretapikey': access.given('api_secret')}

        def sign(request: Any) -> Any:
            """*request* is a requests.PreparedRequest."""
            request.body = json.dumps({**(json.loads(request.body) if request.body else {}), **secrets}).encode()
            request.headers.update({'Content-Type': 'application/json', 'Content-Length': str(len(request.body))})
            return request

        return access.api(self.name, sign=sign, secrets=tuple(secrets.values()))

    def listed(self, ask: Callable[[Call], Any], place: Place) -> tuple[Entry, ...]:
        if place.rtype == 'NS':
            return ns_entries(ask(_call('getNs', place, group='domain'))['ns'])
        records = ask(_call('getDnssecRecords', place))['records']
        return tuple(_entry(tag, record) for tag, record in records.items()) if records else ()  # an empty list where there is none

    def calls(self, place: Place, change: Change) -> tuple[Call, ...]:
        if place.rtype == 'NS':
            return (_call('updateNs', place, {'ns': change.names}, group='domain'),)
        adding = [
            _call('createDnssecRecord', place, {
                'keyTag': str(ds.tag), 'alg': str(ds.algorithm), 'digestType': str(ds.digest_type), 'digest': ds.digest.hex().upper()
            })
            for ds in change.add if isinstance(ds, DS)
        ]
        return (*adding, *(_call('deleteDnssecRecord', place, below=f'/{entry.handle}') for entry in change.remove))

    def refusal(self, answer: Any) -> MultisignerError | None:
        if answer['status'] == 'SUCCESS':
            return None
        return ApiError(f'{self.name} refuses the request: {readable(answer)}', remedy='Nothing was written. Correct what it names, and run again')


def _call(what: str, place: Place, body: dict[str, Any] | None = None, below: str = '', group: str = 'dns') -> Call:
    return Call('POST', f'/{group}/{what}/{quote(place.zone, safe="")}{below}', body or {})


def _entry(tag: str, record: dict[str, Any]) -> Entry:
    return Entry(DS(int(tag), int(record['alg']), int(record['digestType']), bytes.fromhex(record['digest'])), str(int(tag)))


CONTRACT = Porkbun()
