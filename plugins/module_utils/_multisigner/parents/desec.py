# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `desec`: the parent zone is hosted at deSEC, and DS and NS are RRsets at the child's name in it.

deSEC takes whole RRsets and has no conditional write: what is there must be what the servers show, or nothing is written.
"""
from __future__ import annotations

from typing import Any, Callable
from urllib.parse import quote

from ..dnskey import DS, NS
from ..json_api import Call, JsonApi
from .base import Capabilities
from .registrar import Access, Change, Contract, Entry, Place


class Desec(Contract):
    name = 'deSEC'
    url = 'https://desec.io/api/v1'
    capabilities = Capabilities(write='replace', delete_by='', edits_ns=True)
    hosts_the_parent = True
    bulk = True

    def connect(self, access: Access) -> JsonApi:
        return access.api(self.name, token=access.given('api_token'), scheme='Token')

    def listed(self, ask: Callable[[Call], Any], place: Place) -> tuple[Entry, ...]:
        answer = ask(Call('GET', _path(place), query={'subname': place.subname}))
        records = [record for rrset in answer if rrset['subname'] == place.subname and rrset['type'] == place.rtype for record in rrset['records']]
        return tuple(Entry(NS.parse(record) if place.rtype == 'NS' else DS.parse(record)) for record in records)

    def calls(self, place: Place, change: Change) -> tuple[Call, ...]:
        records = [value.text for value in change.after]
        rrset: dict[str, Any] = {'subname': place.subname, 'type': place.rtype, 'records': sorted(records)}
        if records:
            rrset['ttl'] = place.ttl
        return (Call('PATCH', _path(place), [rrset]),)


def _path(place: Place) -> str:
    return f'/domains/{quote(place.parent_zone, safe="")}/rrsets/'  # the final slash matters: without it a write is lost in a redirect


CONTRACT = Desec()
