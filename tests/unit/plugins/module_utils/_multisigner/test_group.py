# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared state: each mistake is told with the zone, the host and the way out, and spoils no other zone."""
from __future__ import annotations

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import declare

SECRETS = ('c2VjcmV0', 'the-token')
NS1 = {'name': 'ns1', 'driver': 'bind', 'servers': ['192.0.2.1'], 'tsig': {'name': 'k', 'algorithm': 'hmac-sha256', 'secret': SECRETS[0]}}
DESEC = {'name': 'desec', 'driver': 'desec', 'servers': ['ns1.desec.io'], 'api_url': 'https://desec.io/api/v1', 'api_token': SECRETS[1]}
REGISTRY = {'name': 'registry', 'channel': 'export', 'servers': ['198.51.100.1']}
SHOP = {'name': 'shop.example', 'parent': 'registry', 'signers': ['ns1', 'desec'], 'leaving': []}


def read(*zones, signers=(NS1, DESEC), parents=(REGISTRY,)):
    return declare(zones, signers, parents)


def test_a_declared_zone_becomes_a_group():
    declaration = read({**SHOP, 'name': 'Shop.Example.'})
    assert not declaration.errors
    (group,) = declaration.groups
    assert group.zone == 'shop.example'
    assert [signer.name for signer in group.signers] == ['ns1', 'desec']
    assert group.parent.channel == 'export'


@pytest.mark.parametrize(
    ('change', 'told'),
    [
        ({'signers': ['ns1', 'ns9']}, 'its signer "ns9" is unknown'),
        ({'parent': 'nobody'}, 'its parent "nobody" is unknown'),
        ({'signers': []}, 'it has no signers'),
        ({'leaving': ['ns1']}, 'a signer is named twice'),
        ({'name': 'shop example'}, 'is not a domain name'),
        ({'content': {}}, 'its content has no source, or two. Write content as {source: SIGNER}'),
        ({'content': {'source': 'ns1', 'file': '/zones/shop'}}, 'its content has no source, or two'),
        ({'content': {'file': 'zones/shop'}}, 'its content is the file zones/shop, which is not absolute'),
        ({'content': {'source': 'ns9'}}, 'the source of its content, "ns9", is none of its signers. Name one of desec, ns1'),
        ({'signers': ['desec'], 'leaving': ['ns1'], 'content': {'source': 'ns1'}}, 'the source of its content, "ns1", is leaving'),
        ({'content': {'source': 'ns1', 'create': True, 'report_only': True}}, 'to be reported only, and a zone created'),
    ],
)
def test_a_mistake_in_one_zone_is_told_and_the_other_zones_go_on(change, told):
    declaration = read({**SHOP, **change}, {**SHOP, 'name': 'talk.example'})
    (message,) = declaration.errors.values()
    assert told in message
    assert [group.zone for group in declaration.groups] == ['talk.example']


@pytest.mark.parametrize(
    ('change', 'told'),
    [
        ({'driver': 'bnid'}, 'has the driver "bnid". Set multisigner_driver to one of bind, bind_signzone, cloudflare, desec, knot, ns1, powerdns, rfc2136'),
        ({'servers': []}, 'has no servers'),
        ({'driver': 'desec', 'api_token': ''}, 'has no API token'),
        ({'pins': {'shop.example': None}}, 'the pins of signer ns1 are no list of records'),
        ({'pins': {'shop.example': [12345]}}, 'the pins of signer ns1 are no list of records'),
        ({'pins': {'shop example': []}}, 'is not a domain name'),
    ],
)
def test_a_mistake_in_a_signer_is_told_for_its_zones_only(change, told):
    declaration = read(SHOP, {**SHOP, 'name': 'talk.example', 'signers': ['desec']}, signers=({**NS1, **change}, DESEC))
    assert told in declaration.errors['shop.example']
    assert [group.zone for group in declaration.groups] == ['talk.example']


def test_a_single_pin_needs_no_list():
    (group,) = read(SHOP, signers=({**NS1, 'pins': {'Shop.Example.': '2371 13 2 ab'}}, DESEC)).groups
    assert group.signers[0].pins == {'shop.example': ('2371 13 2 ab',)}


@pytest.mark.parametrize(('change', 'told'), [({'channel': 'fax'}, 'has the channel "fax"'), ({'servers': []}, 'has no servers')])
def test_a_mistake_in_a_parent_is_told(change, told):
    assert told in read(SHOP, parents=({**REGISTRY, **change},)).errors['shop.example']


def test_a_zone_that_is_declared_twice_is_not_worked_on():
    declaration = read(SHOP, {**SHOP, 'name': 'talk.example'}, {**SHOP, 'signers': ['ns1']})
    assert 'declared twice' in declaration.errors['shop.example']
    assert [group.zone for group in declaration.groups] == ['talk.example']


def test_no_secret_is_in_the_printed_form():
    (group,) = read(SHOP).groups
    assert not any(secret in repr(group) for secret in SECRETS)


@pytest.mark.parametrize(('driver', 'content', 'is_possible'), [
    ('bind_signzone', {'source': 'desec'}, False),
    ('bind_signzone', {'source': 'desec', 'report_only': True}, True),
    ('bind_signzone', {'source': 'ns1'}, True),
    ('ns1', {'source': 'desec'}, False),
    ('ns1', {'source': 'desec', 'report_only': True}, False),
    ('knot', {'source': 'desec'}, True),
])
def test_content_is_brought_only_where_it_can_be_changed(driver, content, is_possible):
    declaration = read({**SHOP, 'content': content}, signers=({**NS1, 'driver': driver, 'api_token': SECRETS[1]}, DESEC))
    assert is_possible is not any('its content cannot be brought to ns1' in told for told in declaration.errors.values())
    assert is_possible is bool(declaration.groups)


def test_whoever_is_not_the_source_is_given_the_content():
    (group,) = read({**SHOP, 'leaving': ['old'], 'content': {'source': 'ns1'}}, signers=(NS1, DESEC, {**NS1, 'name': 'old'})).groups
    assert [signer.name for signer in group.signers if group.is_given_content(signer)] == ['desec', 'old']
    (group,) = read({**SHOP, 'leaving': ['old'], 'dead': ['old'], 'content': {'file': '/zones/shop'}}, signers=(NS1, DESEC, {**NS1, 'name': 'old'})).groups
    assert [signer.name for signer in group.signers if group.is_given_content(signer)] == ['ns1', 'desec']
    (group,) = read(SHOP).groups
    assert not any(group.is_given_content(signer) for signer in group.signers)
