# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `inwx`: the domain is registered through INWX (JSON-RPC). It takes keys. What comes of a call is in its answer, never in the status."""
from __future__ import annotations

import json
from typing import Any, Callable

from ..dnskey import DNSKEY
from ..errors import MultisignerError
from ..json_api import ApiError, Call, JsonApi, UnauthorizedError, readable
from .base import Capabilities
from .registrar import Access, Change, Contract, Entry, Place, ns_entries

DONE, PENDING, NOT_LET_IN = 1000, 1001, (2200, 2201, 2202)  # codes of answers
GOING = ('DELETE', 'DELETED')
LOGIN = 'account.login'


class Inwx(Contract):
    name = 'INWX'
    url = 'https://api.domrobot.com/jsonrpc'
    capabilities = Capabilities(write='add_remove', interface='key', delete_by='id', asynchronous=True, edits_ns=True)
    lists_late = ('NS',)

    def connect(self, access: Access) -> JsonApi:
        user, password = access.given('api_user'), access.given('api_secret')

        def sign(request: Any) -> Any:
            """*request* is a requests.PreparedRequest. A session begins with name and password, and its cookie does the rest."""
            body = json.loads(request.body)
            if body['method'] == LOGIN:
                body['params'] = {'user': user, 'pass': password}
                request.body = json.dumps(body).encode()
                request.headers['Content-Length'] = str(len(request.body))
            return request

        return access.api(self.name, sign=sign, secrets=(password,))

    def listed(self, ask: Callable[[Call], Any], place: Place) -> tuple[Entry, ...]:
        session = ask(_call(LOGIN))['resData']
        if session.get('tfa', '0') not in ('0', '', None, 0):
            raise ApiError(
                f'{self.name} wants a second factor for this account', place.zone,
                remedy='Take an account of its own for this, without one, and with few rights',
            )
        if place.rtype == 'NS':
            return ns_entries(ask(_call('domain.info', {'domain': place.zone}))['resData']['ns'])
        found = ask(_call('dnssec.listkeys', {'domainName': place.zone})).get('resData') or []
        keys = found['dnskey'] if isinstance(found, dict) else found
        return tuple(_entry(key) for key in keys if key['status'] not in GOING)

    def calls(self, place: Place, change: Change) -> tuple[Call, ...]:
        if place.rtype == 'NS':
            return (_call('domain.update', {'domain': place.zone, 'ns': change.names}),)
        adding = [
            _call('dnssec.adddnskey', {'domainName': place.zone, 'dnskey': f'{place.zone}. IN DNSKEY {key.text}', 'calculateDigest': True})
            for key in change.add if isinstance(key, DNSKEY)
        ]
        return (*adding, *(_call('dnssec.deletednskey', {'key': int(entry.handle)}) for entry in change.remove))

    def refusal(self, answer: Any) -> MultisignerError | None:
        code = int(answer['code'])
        if code in (DONE, PENDING):
            return None
        said = readable({name: answer[name] for name in ('msg', 'reason') if answer.get(name)})
        if code in NOT_LET_IN:
            return UnauthorizedError(f'{self.name} does not let this account in ({code}): {said}', remedy='Take the name and password of an account that may')
        return ApiError(f'{self.name} refuses the call ({code}): {said}', remedy='Nothing was written. Correct what it names, and run again')


def _call(method: str, params: dict[str, Any] | None = None) -> Call:
    return Call('POST', '/', {'method': method, 'params': params or {}})


def _entry(key: dict[str, Any]) -> Entry:
    return Entry(DNSKEY.parse(f'{int(key["flagId"])} 3 {int(key["algorithmId"])} {key["publicKey"]}'), str(int(key['id'])))


CONTRACT = Inwx()
