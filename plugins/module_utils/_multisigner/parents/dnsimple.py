# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `dnsimple`: the domain is registered through DNSimple (API v2, delegation signer records and delegation)."""
from __future__ import annotations

from typing import Any, Callable
from urllib.parse import quote

from ..dnskey import DS
from ..json_api import Call, JsonApi
from .base import Capabilities
from .registrar import Access, Change, Contract, Entry, Place, ns_entries


class DnSimple(Contract):
    name = 'DNSimple'
    url = 'https://api.dnsimple.com/v2'
    capabilities = Capabilities(write='add_remove', delete_by='id', asynchronous=True, edits_ns=True)

    def connect(self, access: Access) -> JsonApi:
        api = access.api(self.name, token=access.given('api_token'), scheme='Bearer')
        api.url += '/' + quote(access.given('api_user'), safe='')
        return api

    def listed(self, ask: Callable[[Call], Any], place: Place) -> tuple[Entry, ...]:
        if place.rtype == 'NS':
            return ns_entries(ask(Call('GET', _delegation(place)))['data'])
        found: list[Entry] = []
        page, pages = 1, 1
        while page <= pages:
            answer = ask(Call('GET', _path(place), query={'per_page': '100', 'page': str(page)}))
            found += [_entry(record) for record in answer['data']]
            page, pages = page + 1, int(answer['pagination']['total_pages'])
        return tuple(found)

    def calls(self, place: Place, change: Change) -> tuple[Call, ...]:
        if place.rtype == 'NS':
            return (Call('PUT', _delegation(place), change.names),)
        adding = [Call('POST', _path(place), _fields(value)) for value in change.add if isinstance(value, DS)]
        return (*adding, *(Call('DELETE', f'{_path(place)}/{entry.handle}') for entry in change.remove))


def _path(place: Place) -> str:
    return f'/domains/{quote(place.zone, safe="")}/ds_records'


def _delegation(place: Place) -> str:
    return f'/registrar/domains/{quote(place.zone, safe="")}/delegation'


def _fields(ds: DS) -> dict[str, str]:
    return {'algorithm': str(ds.algorithm), 'digest': ds.digest.hex().upper(), 'digest_type': str(ds.digest_type), 'keytag': str(ds.tag)}


def _entry(record: dict[str, Any]) -> Entry:
    return Entry(DS(int(record['keytag']), int(record['algorithm']), int(record['digest_type']), bytes.fromhex(record['digest'])), str(int(record['id'])))


CONTRACT = DnSimple()
