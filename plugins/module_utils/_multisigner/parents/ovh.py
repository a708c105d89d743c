# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `ovh`: the domain is registered through OVHcloud (API 1.0). It takes keys, the whole set at a time, and does it by a task."""
from __future__ import annotations

import hashlib
import time
from typing import Any, Callable
from urllib.parse import quote

from ..dnskey import DNSKEY
from ..json_api import Call, JsonApi
from .base import Capabilities
from .registrar import Access, Change, Contract, Entry, Place

OPEN = ('todo', 'doing')  # states of a task that is not over


class Ovh(Contract):
    name = 'OVHcloud'
    url = 'https://eu.api.ovh.com/1.0'
    capabilities = Capabilities(write='replace', interface='key', delete_by='', maximum=4, asynchronous=True)
    lists_at_once = False

    def connect(self, access: Access) -> JsonApi:
        application, secret, consumer = access.given('api_token'), access.given('api_secret'), access.given('api_consumer_key')

        def sign(request: Any) -> Any:
            """*request* is a requests.PreparedRequest."""
            now = str(int(time.time()))
            body = request.body.decode() if request.body else ''
            signed = '+'.join((secret, consumer, request.method, request.url, body, now))
            request.headers.update({
                'X-Ovh-Application': application, 'X-Ovh-Consumer': consumer, 'X-Ovh-Timestamp': now,
                'X-Ovh-Signature': '$1$' + hashlib.sha1(signed.encode()).hexdigest(),  # noqa: S324  the API wants it
            })
            return request

        return access.api(self.name, sign=sign, secrets=(application, secret, consumer))

    def listed(self, ask: Callable[[Call], Any], place: Place) -> tuple[Entry, ...]:
        records = [ask(Call('GET', f'{_path(place)}/dsRecord/{int(number)}')) for number in ask(Call('GET', f'{_path(place)}/dsRecord'))]
        return tuple(Entry(DNSKEY.parse(f'{record["flags"]} 3 {record["algorithm"]} {record["publicKey"]}')) for record in records)

    def calls(self, place: Place, change: Change) -> tuple[Call, ...]:
        keys = [
            {'algorithm': key.algorithm, 'flags': key.flags, 'publicKey': key.text.split(' ')[3], 'tag': key.tag}
            for key in change.after if isinstance(key, DNSKEY)
        ]
        return (Call('POST', f'{_path(place)}/dsRecord', {'keys': keys}),)

    def is_busy(self, ask: Callable[[Call], Any], place: Place) -> bool:
        numbers = [number for state in OPEN for number in ask(Call('GET', f'{_path(place)}/task', query={'status': state}))]
        tasks = [ask(Call('GET', f'{_path(place)}/task/{int(number)}')) for number in numbers]
        return any('dnssec' in task['function'].lower() and task['status'] in OPEN for task in tasks)


def _path(place: Place) -> str:
    return f'/domain/{quote(place.zone, safe="")}'


CONTRACT = Ovh()
