# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone at deSEC, in the shapes that its API was recorded to answer with: one own CSK, and what users supplied beside it."""
from __future__ import annotations

from typing import Any

from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, Record, parse_record
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.scripted_api import Call

ZONE = 'multi.example'
OWN = '257 3 13 E/KfjNsMQyUa2lUpsjr9U01KuBufir2WXIMx1+URwPnLBQEsqNCvLur/z9NCMPx2R1wNSJkqIrj5Ajl3mu6WPg=='
OWN_DS = (
    '7705 13 2 38f8ca937b05d1fd10df20092383f8d3fbb7205db871e33136709a0046bd26fd',
    '7705 13 4 8edb0d71ed1212ed9ff57307508cf769034f984157d2cd6867739be907e1654b7ed4d25576c14b2549469f3c89ea9cf3',
)
KSK = '257 3 13 lAnO+eCEtidQYM6YLYutfzeSGiTrc1PR0uyE5e9UeNG2g7CFgN9h/zCtLvWSGgQjkgsZSINUQ/FvPb4utjk5Bg=='
ZSK = '256 3 13 x467Z3Dn9lyjk6P6lwpMT8X5K7Qx6ss2YXs0kiviwAq3+C3H7Ch3Fr6vDYMi9js3kpqIpZqaGAXvCNCARFA3Sw=='
KSK_DS = '6084 13 2 c8803ad79bfa3a34e253f662e745115c42280a17fef4e77b2b1aa358cbd10709'


def key_entry(text: str, managed: bool) -> dict[str, Any]:
    is_sep = text.startswith('257')
    return {'dnskey': text, 'ds': list(OWN_DS) if text == OWN else [], 'flags': int(text[:3]), 'keytype': 'csk' if is_sep else None, 'managed': managed}


def domain_body(*foreign: str, zone: str = ZONE, minimum_ttl: int = 3600) -> dict[str, Any]:
    return {
        'created': '2026-11-22T06:56:11.115944Z', 'published': '2026-11-22T06:56:54.579672Z', 'name': zone,
        'keys': [key_entry(OWN, True), *(key_entry(text, False) for text in foreign)], 'minimum_ttl': minimum_ttl, 'touched': '2026-11-22T06:56:54.579672Z',
    }


def rrset_body(rtype: str, *records: str, zone: str = ZONE, subname: str = '', ttl: int = 3600) -> dict[str, Any]:
    return {
        'created': '2026-11-22T06:56:54.544585Z', 'domain': zone, 'subname': subname, 'name': f'{zone}.', 'records': list(records),
        'ttl': ttl, 'type': rtype, 'touched': '2026-11-22T06:56:54.550560Z',
    }


NAME_SERVERS = ('ns1.desec.io.', 'ns2.desec.org.')


def get_domain(*foreign: str, zone: str = ZONE, **options: Any) -> Call:
    return Call('GET', f'/domains/{zone}/', answer=domain_body(*foreign, zone=zone, **options))


def get_apex(*rrsets: dict[str, Any], zone: str = ZONE, ns: tuple[str, ...] = NAME_SERVERS, ttl: int = 3600) -> Call:
    """*ns*: the NS RRset, which a domain has from the start; *ttl* is its TTL."""
    return Call('GET', f'/domains/{zone}/rrsets/?subname=', answer=[*rrsets, *([rrset_body('NS', *ns, zone=zone, ttl=ttl)] if ns else [])])


def patch(*items: dict[str, Any], zone: str = ZONE, **answer: Any) -> Call:
    return Call('PATCH', f'/domains/{zone}/rrsets/', sends=list(items), **{'answer': [], **answer})


def item(rtype: str, *records: str, ttl: int = 3600) -> dict[str, Any]:
    """One item of the bulk PATCH that is expected; without records it is a deletion."""
    made: dict[str, Any] = {'subname': '', 'type': rtype, 'records': sorted(records)}
    if records:
        made['ttl'] = ttl
    return made


def record(text: str, zone: str = ZONE) -> Record:
    return parse_record(text, zone)


def own_key() -> DNSKEY:
    return DNSKEY.parse(OWN)
