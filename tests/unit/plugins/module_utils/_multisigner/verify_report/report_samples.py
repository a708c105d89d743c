# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones as dnssec_verify returns them, made by hand: in order, with a fault, with many signers, and with hostile texts in every place."""
from __future__ import annotations

import base64
import hashlib
import xml.etree.ElementTree as ET
from typing import Any

from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.findings import CATALOGUE

TIME = '2026-03-01T10:00:00Z'
# Markup, quotes, backslashes, line ends, what XML forbids, and what turns the direction of writing.
HOSTILE = '<script>alert(1)</script>"\'&\\\n\r\x00\x07\x1b[31m\u202etxt.exe\ud800]]>--><svg onload=x>'


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  # made here


def key(name: str, flags: int) -> DNSKEY:
    """Another one for each name."""
    return DNSKEY.parse(f'{flags} 3 13 {base64.b64encode(hashlib.sha512(repr(name).encode()).digest()).decode()}')


def key_data(one: DNSKEY, role: str | None, owners: list[str], published_by: list[str], signs_at: list[str], ds: bool = False) -> dict[str, Any]:
    return {
        'dnskey': one.text, 'tag': one.tag, 'algorithm': one.algorithm, 'algorithm_name': one.algorithm_name, 'flags': one.flags, 'role': role,
        'owners': owners, 'ds': ds, 'published_by': published_by, 'signs_keys_at': signs_at if role in ('KSK', 'CSK') else [],
        'signs_zone_at': signs_at if role in ('ZSK', 'CSK') else [],
    }


def server_data(name: str, address: str, **changed: Any) -> dict[str, Any]:
    return {
        'server': f'{name} ({address})', 'name': name, 'address': address, 'error': '', 'in_parent': True, 'in_zone': True, 'signed': True,
        'serial': 2026030101, 'dnskey_size': 917, 'truncated': False, 'tcp': True, 'dnskey_ttl': 3600, 'cds': [], 'cdnskeys': [], 'ns': [name],
        'denial': {'kind': 'NSEC3', 'algorithm': 1, 'iterations': 0, 'salt': '', 'opt_out': False},
        'expires': {'until': '2026-03-14T00:00:00Z', 'name': 'shop.example', 'type': 'SOA', 'tag': 1}, **changed,
    }


def finding(code: str, **changed: Any) -> dict[str, Any]:
    kind = CATALOGUE[code]
    return {
        'code': code, 'number': kind.number, 'severity': kind.severity, 'servers': [], 'signers': [], 'key': '', 'ds': '', 'name': '', 'type': '',
        'what': kind.meaning, 'breaks': 'Something', 'remedy': 'Mend it', 'related': [], **changed,
    }


def zone(
    name: str = 'shop.example', signers: tuple[str, ...] = ('ns1', 'desec'), servers_each: int = 1, address: str = '192.0.2.{}', **changed: Any
) -> dict[str, Any]:
    """A zone in order: every signer has a KSK with DS and a ZSK, and publishes those of the others."""
    places = {
        signer: [(f'{chr(97 + j)}.{signer}.example', address.format(10 * i + j + 1)) for j in range(servers_each)] for i, signer in enumerate(signers)
    }
    everywhere = [at for servers in places.values() for _host, at in servers]
    keys, ds = [], []
    for signer in signers:
        own = [at for _host, at in places[signer]]
        ksk, zsk = key(f'{name} {signer} ksk', 257), key(f'{name} {signer} zsk', 256)
        keys += [key_data(zsk, 'ZSK', [signer], everywhere, own), key_data(ksk, 'KSK', [signer], everywhere, own, ds=True)]
        ds.append(ksk.ds(name).text)
    return {
        'name': name, 'time': TIME, 'worst': 'information', 'secure': True,
        'parent': {'name': 'registry', 'zone': 'example', 'servers': [
            {'server': 'a.nic.example (198.51.100.1)', 'address': '198.51.100.1', 'error': '', 'authenticated': True, 'why_not': '', 'ds': sorted(ds),
             'ds_ttl': 86400, 'ns': sorted(host for servers in places.values() for host, _at in servers), 'ns_ttl': 86400},
        ]},
        'signers': [
            {'name': signer, 'declared': True, 'in_delegation': True, 'leaving': False, 'servers': [server_data(host, at) for host, at in places[signer]]}
            for signer in signers
        ],
        'dnskeys': keys, 'probes': [f'{name}. SOA', f'{name}. NS'],
        'matrix': [{'keys_of': a, 'answers_of': b, 'valid': 24, 'bogus': 0, 'first_failure': ''} for a in signers for b in signers],
        'findings': [], 'cds': {'accepted': True, 'change': 'none', 'why': ['All servers agree'], 'bootstrapping': None},
        'validators': [{'kind': 'any_path', 'verdict': 'secure', 'why': 'Every RRset is signed'}],
        'analysers': [{'tool': 'dnsviz', 'shows': 'DNSKEY_MISSING', 'harmless': True, 'why': 'RFC 8901'}], 'waits': [], **changed,
    }


def without_key(data: dict[str, Any], lacking: str, owner: str) -> dict[str, Any]:
    """*data*, where the signer *lacking* does not publish the ZSK of *owner*: the fault that the page is for."""
    gone = [server['address'] for signer in data['signers'] if signer['name'] == lacking for server in signer['servers']]
    zsk = next(one for one in data['dnskeys'] if one['owners'] == [owner] and one['role'] == 'ZSK')
    zsk['published_by'] = [at for at in zsk['published_by'] if at not in gone]
    for cell in data['matrix']:
        if (cell['keys_of'], cell['answers_of']) == (lacking, owner):
            cell.update(valid=3, bogus=21, first_failure=f'{data["name"]} SOA: the key is not in the DNSKEY RRset')
    data['findings'].insert(0, finding(
        'foreign_key_missing', servers=gone, signers=[lacking], key=zsk['dnskey'], what=f'key {zsk["tag"]} of {owner} is not in its DNSKEY RRset',
        breaks=f'A resolver that has the DNSKEY RRset of {lacking} calls every answer of {owner} bogus', remedy=f'Add this DNSKEY at {lacking}',
    ))
    data['worst'] = 'critical'
    return data


def crowded() -> dict[str, Any]:
    """Four signers with three servers each, IPv6 addresses and names as long as they may be."""
    long_name = '.'.join(('an-exceedingly-long-label-of-sixty-octets-in-its-full-length', 'second-level-of-a-very-long-name', 'example'))
    signers = ('ns1.hidden-primary.internal.shop.example', 'desec', 'knot-signer-in-the-cellar', 'a-provider-with-a-name-that-goes-on-and-on-and-on')
    data = zone(long_name, signers, 3, '2001:db8:1234:5678:9abc:def0:1234:{:04x}')
    without_key(data, signers[2], signers[3])
    down = data['signers'][1]['servers'][2]
    unknown = ('serial', 'dnskey_size', 'dnskey_ttl', 'tcp', 'denial', 'expires')
    down.update(error='does not answer (3 tries, 5 s each)', signed=False, **dict.fromkeys(unknown))
    data['findings'] += [
        finding('signature_outside_validity', servers=['2001:db8:1234:5678:9abc:def0:1234:0001'], signers=[signers[0]], name=f'www.{long_name}', type='AAAA'),
        finding('server_unusable', servers=[down['address']], signers=['desec'], what='does not answer (3 tries, 5 s each)'),
        finding('cds_own_key_only', servers=[one['address'] for one in data['signers'][3]['servers']], signers=[signers[3]]),
    ]
    data['waits'] = [
        {'for': 'every resolver to have the DNSKEY RRset', 'until': '2026-03-01T11:00:00Z', 'reason': 'the TTL was up to 3600 s'},
        {'for': 'every resolver to have the DS', 'until': '2026-03-02T10:00:00Z', 'reason': 'every server of the parent has shown them'},
        {'for': 'the parent to take over the NS', 'until': None, 'reason': 'the parent is followed by hand'},
    ]
    return data


def hostile() -> dict[str, Any]:
    """Every text that a server or an inventory may have chosen, with what might break out of a page, a log or a metric."""
    data = zone('hostile.example', (f'a{HOSTILE}', f'b{HOSTILE}'))
    without_key(data, f'b{HOSTILE}', f'a{HOSTILE}')
    for server in (server for signer in data['signers'] for server in signer['servers']):
        server.update(server=HOSTILE, name=HOSTILE, ns=[HOSTILE], cds=[HOSTILE], cdnskeys=[HOSTILE])
        server['expires'].update(name=HOSTILE, type=HOSTILE)
        server['denial'].update(salt=HOSTILE)
    data['signers'][0]['servers'][0]['error'] = HOSTILE
    for parent in data['parent']['servers']:
        parent.update(server=HOSTILE, error=HOSTILE, why_not=HOSTILE, ns=[HOSTILE])
    data['parent'].update(name=HOSTILE, zone=HOSTILE)
    every = dict.fromkeys(('key', 'name', 'type', 'what', 'breaks', 'remedy'), HOSTILE)
    addresses = [server['address'] for signer in data['signers'] for server in signer['servers']]
    data['findings'] += [finding(code, **every, servers=[HOSTILE, *addresses], signers=[f'a{HOSTILE}'], related=[HOSTILE]) for code in CATALOGUE]
    data['cds'].update(change=HOSTILE, why=[HOSTILE], bootstrapping=[HOSTILE])
    data['validators'] = [{'kind': HOSTILE, 'verdict': HOSTILE, 'why': HOSTILE}]
    data['analysers'] = [{'tool': HOSTILE, 'shows': HOSTILE, 'harmless': False, 'why': HOSTILE}]
    data['waits'] = [{'for': HOSTILE, 'until': None, 'reason': HOSTILE}]
    for cell in data['matrix']:
        cell.update(bogus=1, first_failure=HOSTILE)
    return data
