# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `namecom`: the domain is registered through Name.com (Core API v1, domains and dnssec)."""
from __future__ import annotations

import base64
from typing import Any, Callable
from urllib.parse import quote

from ..dnskey import DS
from ..json_api import Call, JsonApi
from .base import Capabilities
from .registrar import Access, Change, Contract, Entry, Place, ns_entries


class NameCom(Contract):
    name = 'Name.com'
    url = 'https://api.name.com/core/v1'
    capabilities = Capabilities(write='add_remove', delete_by='digest', asynchronous=True, edits_ns=True)

    def connect(self, access: Access) -> JsonApi:
        user, token = access.given('api_user'), access.given('api_token')
        basic = base64.b64encode(f'{user}:{token}'.encode()).decode()

        def sign(request: Any) -> Any:
            """*request* is a requests.PreparedRequest."""
            request.headers['Authorization'] = f'Basic {basic}'
            return request

        return access.api(self.name, sign=sign, secrets=(token, basic))

    def listed(self, ask: Callable[[Call], Any], place: Place) -> tuple[Entry, ...]:
        if place.rtype == 'NS':
            return ns_entries(ask(Call('GET', _domain(place))).get('nameservers') or ())
        answer = ask(Call('GET', _path(place)))
        return tuple(_entry(record) for record in answer['dnssec']) if answer else ()

    def calls(self, place: Place, change: Change) -> tuple[Call, ...]:
        if place.rtype == 'NS':
            return (Call('POST', f'{_domain(place)}:setNameservers', {'nameservers': change.names}),)
        adding = [
            Call('POST', _path(place), {'keyTag': ds.tag, 'algorithm': ds.algorithm, 'digestType': ds.digest_type, 'digest': ds.digest.hex().upper()})
            for ds in change.add if isinstance(ds, DS)
        ]
        return (*adding, *(Call('DELETE', f'{_path(place)}/{entry.handle}') for entry in change.remove))


def _domain(place: Place) -> str:
    return f'/domains/{quote(place.zone, safe="")}'


def _path(place: Place) -> str:
    return f'{_domain(place)}/dnssec'


def _entry(record: dict[str, Any]) -> Entry:
    digest = str(record['digest'])
    return Entry(DS(int(record['keyTag']), int(record['algorithm']), int(record['digestType']), bytes.fromhex(digest)), quote(digest, safe=''))


CONTRACT = NameCom()
