# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `powerdns`: the parent zone is at a PowerDNS Authoritative, and DS and NS are RRsets at the child's name in it.

PowerDNS takes whole RRsets and has no conditional write: what is there must be what the servers show, or nothing is written.
"""
from __future__ import annotations

from typing import Any, Callable

from ..dnskey import DS, NS
from ..errors import MultisignerError
from ..json_api import Call, JsonApi
from ..signers.powerdns import NAME, PRIMARY_KINDS, SECONDARY_KINDS, zone_id
from .base import Capabilities
from .registrar import Access, Change, Contract, Entry, Place


class PowerDNS(Contract):
    name = NAME
    url = ''  # everybody's own
    capabilities = Capabilities(write='replace', delete_by='', edits_ns=True)
    hosts_the_parent = True

    def connect(self, access: Access) -> JsonApi:
        access.given('api_url')
        return access.api(self.name, token=access.given('api_token'), header='X-API-Key', of_a_server=True)

    def listed(self, ask: Callable[[Call], Any], place: Place) -> tuple[Entry, ...]:
        answer = ask(Call('GET', _path(place), query={'rrset_name': f'{place.zone}.'}))
        kind = answer['kind'].lower()
        if kind in SECONDARY_KINDS or (kind in PRIMARY_KINDS and not answer['soa_edit_api']):
            raise MultisignerError(
                f'the parent zone {place.parent_zone} is of kind {kind}{"" if kind in SECONDARY_KINDS else " and has no SOA-EDIT-API"}: '
                'what is written there would not reach every server', place.zone,
                remedy='Name the API of its primary' if kind in SECONDARY_KINDS else f'"pdnsutil set-meta {place.parent_zone} SOA-EDIT-API DEFAULT"',
            )
        rrsets = [rrset for rrset in answer['rrsets'] if rrset['name'].lower().rstrip('.') == place.zone and rrset['type'] == place.rtype]
        records = [record for rrset in rrsets for record in rrset['records']]
        if any(record['disabled'] for record in records):
            raise MultisignerError(f'its {place.rtype} RRset has records that are disabled', place.zone, remedy='Enable or delete them in the parent zone')
        return tuple(Entry(NS.parse(record['content']) if place.rtype == 'NS' else DS.parse(record['content'])) for record in records)

    def calls(self, place: Place, change: Change) -> tuple[Call, ...]:
        records = sorted(value.text for value in change.after)
        rrset: dict[str, Any] = {'name': f'{place.zone}.', 'type': place.rtype, 'changetype': 'REPLACE' if records else 'DELETE'}
        if records:
            rrset['ttl'] = place.ttl
            rrset['records'] = [{'content': record, 'disabled': False} for record in records]
        return (Call('PATCH', _path(place), {'rrsets': [rrset]}),)


def _path(place: Place) -> str:
    return f'/servers/localhost/zones/{zone_id(place.parent_zone)}'


CONTRACT = PowerDNS()
