# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `ovh`: the domain is registered through OVHcloud (API 1.0). It takes keys, the whole set at a time, and does it by a task."""
from __future__ import annotations

import hashlib
import time
from typing import Any, Callable
from urllib.parse import quote

from ..dnskey import DNSKEY, NS
from ..json_api import ApiError, Call, JsonApi, readable
from .base import Capabilities
from .registrar import Access, Change, Contract, Entry, Place

# The states of a task, and which task makes which records.
OPEN, FAILED = ('todo', 'doing'), ('error', 'problem')
FUNCTIONS = {'DS': 'DomainDsUpdate', 'NS': 'DomainDnsUpdate'}


class Ovh(Contract):
    name = 'OVHcloud'
    url = 'https://eu.api.ovh.com/1.0'
    capabilities = Capabilities(write='replace', interface='key', delete_by='', maximum=4, asynchronous=True, edits_ns=True)
    lists_late = ('DS', 'NS')

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
        if place.rtype == 'NS':
            servers = [ask(Call('GET', f'{_path(place)}/nameServer/{int(number)}')) for number in ask(Call('GET', f'{_path(place)}/nameServer'))]
            return tuple(Entry(NS.parse(server['host']), server.get('ip') or '') for server in servers if not server['toDelete'])
        records = [ask(Call('GET', f'{_path(place)}/dsRecord/{int(number)}')) for number in ask(Call('GET', f'{_path(place)}/dsRecord'))]
        return tuple(Entry(DNSKEY.parse(f'{record["flags"]} 3 {record["algorithm"]} {record["publicKey"]}')) for record in records)

    def calls(self, place: Place, change: Change) -> tuple[Call, ...]:
        if place.rtype == 'NS':
            servers = [{'host': entry.value.target, **({'ip': entry.handle} if entry.handle else {})} for entry in change.kept if isinstance(entry.value, NS)]
            servers += [{'host': value.target} for value in change.add if isinstance(value, NS)]
            return (Call('POST', f'{_path(place)}/nameServers/update', {'nameServers': sorted(servers, key=lambda server: server['host'])}),)
        keys = [
            {'algorithm': key.algorithm, 'flags': key.flags, 'publicKey': key.text.split(' ')[3], 'tag': key.tag}
            for key in change.after if isinstance(key, DNSKEY)
        ]
        return (Call('POST', f'{_path(place)}/dsRecord', {'keys': keys}),)

    def is_busy(self, ask: Callable[[Call], Any], place: Place) -> bool:
        function = FUNCTIONS[place.rtype]
        numbers = [
            int(number) for state in OPEN + FAILED for number in ask(Call('GET', f'{_path(place)}/task', query={'function': function, 'status': state}))
        ]
        tasks = [ask(Call('GET', f'{_path(place)}/task/{number}')) for number in numbers]
        for task in tasks:
            if task['function'] == function and task['status'] in FAILED:
                raise ApiError(
                    f'the last change of {place.rtype} failed there (task {int(task["id"])}): {readable(task.get("comment"))}', place.zone,
                    remedy='Correct what it names and relaunch the task at OVHcloud, or have it cancelled; until then nothing more is sent',
                )
        return any(task['function'] == function and task['status'] in OPEN for task in tasks)


def _path(place: Place) -> str:
    return f'/domain/{quote(place.zone, safe="")}'


CONTRACT = Ovh()
