# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `gandi`: the domain is registered through Gandi (API v5, domain/dnskeys and nameservers). Gandi takes keys, and the registry makes the DS."""
from __future__ import annotations

from typing import Any, Callable
from urllib.parse import quote

from ..dnskey import DNSKEY
from ..json_api import Call, JsonApi
from .base import Capabilities
from .registrar import Access, Change, Contract, Entry, Place, ns_entries

FLAGS = {'ksk': 257, 'zsk': 256}


class Gandi(Contract):
    name = 'Gandi'
    url = 'https://api.gandi.net/v5'
    capabilities = Capabilities(write='add_remove', interface='key', delete_by='id', asynchronous=True, edits_ns=True)
    lists_late = ('NS',)

    def connect(self, access: Access) -> JsonApi:
        return access.api(self.name, token=access.given('api_token'), scheme='Bearer')

    def listed(self, ask: Callable[[Call], Any], place: Place) -> tuple[Entry, ...]:
        if place.rtype == 'NS':
            return ns_entries(ask(Call('GET', _path(place, 'nameservers'))))
        answer = ask(Call('GET', _path(place), query={'per_page': '100'}))
        return tuple(
            Entry(DNSKEY.parse(f'{FLAGS[key["type"]]} 3 {int(key["algorithm"])} {key["public_key"]}'), str(int(key['id']))) for key in answer
        )

    def calls(self, place: Place, change: Change) -> tuple[Call, ...]:
        if place.rtype == 'NS':
            return (Call('PUT', _path(place, 'nameservers'), {'nameservers': change.names}),)
        adding = [
            Call('POST', _path(place), {'algorithm': key.algorithm, 'type': 'ksk', 'public_key': key.text.split(' ')[3]})
            for key in change.add if isinstance(key, DNSKEY)
        ]
        return (*adding, *(Call('DELETE', f'{_path(place)}/{entry.handle}') for entry in change.remove))


def _path(place: Place, what: str = 'dnskeys') -> str:
    return f'/domain/domains/{quote(place.zone, safe="")}/{what}'


CONTRACT = Gandi()
