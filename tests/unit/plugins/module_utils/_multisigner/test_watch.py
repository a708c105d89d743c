# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as news of a zone with two signers, ns1 and desec, and a third one on its way out."""
from __future__ import annotations

import base64

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import Group, Parent, Signer
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.watch import REMIND, RTYPES, Shown, ZoneWatch, events

ZONE = 'shop.example'


def key(letter, flags=257):
    return DNSKEY(flags, 3, 13, base64.b64decode(base64.b64encode(letter.encode() * 64)))


NS1, DESEC, NEW = key('a'), key('b'), key('c', 256)
BOTH = {NS1, DESEC}


def shown(signer, dnskeys=(), way='dnssec', error='', server=None, cds=(), ttl=3600):
    server = server or f'{signer}.example'
    if error:
        return Shown(signer, server, error=error)
    records = {'DNSKEY': frozenset(dnskeys), 'CDS': frozenset(cds), 'CDNSKEY': frozenset()}
    return Shown(signer, server, records, dict.fromkeys(RTYPES, way), ttl)


@pytest.fixture(name='zone')
def fixture_zone():
    signers = tuple(Signer(name, 'rfc2136', ('192.0.2.1',)) for name in ('ns1', 'desec', 'old'))
    return ZoneWatch(Group(ZONE, signers, Parent('registry', 'export', ('192.0.2.9',)), leaving=('old',)), patience=3)


def settled(zone, now=0):
    assert not events([zone.look([shown('ns1', BOTH), shown('desec', BOTH)], now)])


def only(news):
    found = events([news])
    assert len(found) == 1, found
    return found[0]


# -- the start -----------------------------------------------------------------------------------------------------------


def test_signers_that_agree_at_the_first_look_are_no_news(zone):
    settled(zone)


def test_signers_that_differ_at_the_first_look_are_told_since_a_change_may_have_come_while_nobody_watched(zone):
    event = only(zone.look([shown('ns1', {*BOTH, NEW}), shown('desec', BOTH)], 0))
    assert (event['kind'], event['zones'], event['authenticated'], event['changes']) == ('unsynchronised', [ZONE], True, [])


def test_a_signer_on_its_way_out_may_have_other_keys(zone):
    assert not events([zone.look([shown('ns1', BOTH), shown('desec', BOTH), shown('old', {NEW})], 0)])


def test_signers_that_still_differ_are_told_again_after_an_hour_and_not_before(zone):
    differing = [shown('ns1', {*BOTH, NEW}), shown('desec', BOTH)]
    zone.look(differing, 0)
    assert not events([zone.glance(differing, REMIND - 1)])
    assert only(zone.glance(differing, REMIND))['kind'] == 'unsynchronised'
    assert not events([zone.glance(differing, REMIND + 1)])


def test_signers_that_agree_again_are_not_told_of_after_an_hour(zone):
    zone.look([shown('ns1', {*BOTH, NEW}), shown('desec', BOTH)], 0)
    zone.look([shown('desec', {*BOTH, NEW})], 10)
    assert not events([zone.glance([], REMIND + 10)])


# -- changes -------------------------------------------------------------------------------------------------------------


def test_a_new_key_at_one_signer_is_a_change(zone):
    settled(zone)
    event = only(zone.look([shown('ns1', {*BOTH, NEW}), shown('desec', BOTH)], 1))
    assert (event['kind'], event['zones'], event['authenticated']) == ('changed', [ZONE], True)
    assert event['changes'] == [
        {'zone': ZONE, 'signer': 'ns1', 'server': 'ns1.example', 'rtype': 'DNSKEY', 'authenticated': 'dnssec', 'appeared': [NEW.text], 'gone': []}
    ]
    assert event['messages'] == [f'shop.example: ns1 at ns1.example shows DNSKEY {NEW.tag} (flags 256)']


def test_a_cds_that_is_gone_is_a_change(zone):
    cds = NS1.ds(ZONE, 2)
    zone.look([shown('ns1', BOTH, cds=[cds]), shown('desec', BOTH, cds=[cds])], 0)
    event = only(zone.look([shown('desec', BOTH)], 1))
    assert event['kind'] == 'changed'
    assert event['messages'] == [f'shop.example: desec at desec.example no longer shows CDS of key {NS1.tag}']


def test_the_pass_that_brings_the_key_to_the_other_signer_is_told_as_the_end_of_it(zone):
    settled(zone)
    zone.look([shown('ns1', {*BOTH, NEW}), shown('desec', BOTH)], 1)
    assert only(zone.look([shown('ns1', {*BOTH, NEW}), shown('desec', {*BOTH, NEW})], 2))['kind'] == 'settled'


def test_zones_that_changed_in_one_round_are_one_event(zone):
    settled(zone)
    other = ZoneWatch(Group('talk.example', zone.group.signers, zone.group.parent), patience=3)
    other.look([shown('ns1', BOTH), shown('desec', BOTH)], 0)
    news = [one.look([shown('ns1', {*BOTH, NEW})], 1) for one in (other, zone)]
    assert [event['zones'] for event in events(news)] == [[ZONE, 'talk.example']]


# -- what nobody authenticated ---------------------------------------------------------------------------------------------


def test_a_change_that_nothing_authenticates_says_so(zone):
    settled(zone)
    event = only(zone.look([shown('ns1', {*BOTH, NEW}, way='none')], 1))
    assert (event['kind'], event['authenticated'], event['changes'][0]['authenticated']) == ('changed', False, 'none')
    assert event['messages'][0].endswith('(not authenticated)')


def test_the_end_of_a_forgery_is_no_authenticated_change(zone):
    settled(zone)
    zone.look([shown('ns1', {*BOTH, NEW}, way='none')], 1)
    assert not events([zone.look([shown('ns1', BOTH)], 2)])


def test_a_change_behind_a_forgery_is_told(zone):
    settled(zone)
    zone.look([shown('ns1', {NS1}, way='none')], 1)
    event = only(zone.look([shown('ns1', {*BOTH, NEW})], 2))
    assert (event['authenticated'], event['changes'][0]['appeared'], event['changes'][0]['gone']) == (True, [NEW.text], [])


def test_signers_of_which_one_is_not_authenticated_differ_without_authentication(zone):
    event = only(zone.look([shown('ns1', {*BOTH, NEW}), shown('desec', BOTH, way='none')], 0))
    assert (event['kind'], event['authenticated']) == ('unsynchronised', False)


# -- silence -------------------------------------------------------------------------------------------------------------


def test_a_silent_server_is_told_after_some_failures_once_and_no_key_is_gone(zone):
    settled(zone)
    silent = [shown('ns1', error='zone shop.example, server ns1.example: does not answer.'), shown('desec', BOTH)]
    assert not events([zone.glance(silent, 1), zone.glance(silent, 2)])
    event = only(zone.glance(silent, 3))
    assert event == {'kind': 'silent', 'signer': 'ns1', 'server': 'ns1.example', 'zones': [ZONE], 'messages': [silent[0].error]}
    assert not events([zone.glance(silent, 4)])
    assert not zone.needs_look(silent)


def test_a_silent_server_that_answers_again_is_told_and_what_changed_meanwhile_too(zone):
    settled(zone)
    for now in range(3):
        zone.glance([shown('ns1', error='silent')], now)
    kinds = [event['kind'] for event in events([zone.look([shown('ns1', {*BOTH, NEW})], 4)])]
    assert kinds == ['changed', 'answers']


def test_failures_that_are_not_running_are_not_told(zone):
    settled(zone)
    for now in range(3):
        assert not events([zone.glance([shown('ns1', error='silent')], now)])
        assert not events([zone.glance([shown('ns1', BOTH)], now)])


def test_a_zone_of_which_nothing_is_known_is_looked_at_and_one_that_differs(zone):
    assert zone.needs_look([shown('ns1', BOTH)])
    settled(zone)
    assert not zone.needs_look([shown('ns1', BOTH), shown('desec', BOTH)])
    assert zone.needs_look([shown('ns1', {*BOTH, NEW}), shown('desec', BOTH)])
    assert zone.needs_look([shown('ns1', BOTH, server='another.example')])


def test_the_smallest_ttl_counts(zone):
    assert zone.ttl == 0
    zone.look([shown('ns1', BOTH, ttl=3600), shown('desec', BOTH, ttl=300), shown('old', error='silent')], 0)
    assert zone.ttl == 300
