# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DS set at a parent: a real BIND with the zone `example`, a second one that may disagree, and servers that are no use."""
from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Iterator

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.drivers import CHANNELS as DECLARED_CHANNELS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dsset import SignerKeys, compare, union_ds
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents import nsupdate
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.base import Channel, Delegation, Parent
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.publish import CHANNELS, Registration
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import Server, Tsig
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.update import ChangedMeanwhileError
from ansible_collections.dnssec.multisigner.tests.support.bad_dns_server import BadDnsServer
from ansible_collections.dnssec.multisigner.tests.support.real_bind import KEY_NAME, KEY_SECRET, NAMED, UPDATES, RealBind

pytestmark = pytest.mark.skipif(NAMED is None, reason='named is not installed')

KSK = '257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=='
CSK = '257 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA=='
TSIG = Tsig(KEY_NAME, 'hmac-sha256', KEY_SECRET)
GRANT = 'update-policy { grant multisigner subdomain example. DS; };'
# one child for each test that writes, so that none depends on another
CHILDREN = ('fresh', 'stale', 'raced', 'purged', 'late', 'both', 'refused', 'lagging', 'live')
DELEGATIONS = ''.join(f'{child} NS ns.{child}\nns.{child} A 127.0.0.1\n' for child in CHILDREN) + 'bare TXT "no delegation"\n'
SIGNED = 'dnssec-policy plain; inline-signing no; '


@pytest.fixture(scope='module')
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBind]:
    zones = {
        'example': SIGNED + GRANT,
        'live.example': SIGNED + UPDATES,
        'unsigned': GRANT.replace('example', 'unsigned'),
        'closed': '',
    }
    content = {'example': DELEGATIONS, 'unsigned': DELEGATIONS + '$GENERATE 0-199 many$ NS ns\n', 'closed': DELEGATIONS}
    with RealBind(tmp_path_factory.mktemp('bind'), zones, content) as running:
        yield running


@pytest.fixture(scope='module')
def secondary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBind]:
    """Another server of `example` that no transfer reaches: it has no DS."""
    with RealBind(tmp_path_factory.mktemp('secondary'), {'example': ''}, {'example': DELEGATIONS}) as running:
        yield running


def at(running: Any) -> Server:
    return Server('127.0.0.1', running.port)


def signer(name: str, *keys: str, dnskeys: tuple[str, ...] | None = None, servers: tuple[str, ...] = (), port: int = 53) -> dict[str, Any]:
    return dict(name=name, sep_keys=list(keys), dnskeys=list(keys if dnskeys is None else dnskeys), servers=list(servers), port=port)


BOTH = [signer('ns1', KSK), signer('desec', CSK)]


def register(
    bind: RealBind, *zones: str, signers: Any = None, channel: str = 'nsupdate', others: tuple[Server, ...] = (), check_mode: bool = False,
    purge: bool = False, tsig: Tsig = TSIG, parent_zone: str = '', digest_types: tuple[int, ...] = (2,), timeout: float = 5, max_wait: float = 30,
) -> list[Outcome]:
    primary = at(bind)
    parent = Parent((primary, *others), primary, tsig, parent_zone, 1800, timeout, max_wait, export_dir=str(bind.folder / 'export'))
    registration = Registration(parent, CHANNELS[channel], digest_types, purge, check_mode)
    return registration.run([dict(name=zone, signers=BOTH if signers is None else signers) for zone in zones])


def texts(zone: str, *keys: str, digest_type: int = 2) -> set[str]:
    """The DS of *keys* as dnspython prints them, to compare with what a server answers."""
    return {DNSKEY.parse(key).ds(zone, digest_type).text for key in keys}


def test_every_declared_channel_has_its_code() -> None:
    assert sorted(CHANNELS) == sorted(DECLARED_CHANNELS)


# -- what is written ----------------------------------------------------------------------------------------------------


def test_the_union_reaches_the_parent_once(bind: RealBind) -> None:
    zone = 'fresh.example'
    before = bind.serial('example')
    told, = register(bind, zone, check_mode=True)
    assert (told.changed, told.failed, told.msg) == (True, False, f'Would add 2 DS at {at(bind)}, would remove 0.')
    assert bind.serial('example') == before
    done, = register(bind, zone)
    assert (done.changed, done.failed) == (True, False)
    assert done.msg == f'Added 2 DS at {at(bind)}, removed 0. Every server of the parent shows it.'
    assert (done.before, done.after) == (told.before, told.after) == ((), tuple(done.details['ds']))
    assert bind.texts(zone, 'DS') == texts(zone, KSK, CSK)
    assert bind.ask(zone, 'DS').answer[0].ttl == 1800

    serial, updates = bind.serial('example'), bind.count('updating zone')
    again, = register(bind, zone)
    assert (again.changed, again.failed, again.msg) == (False, False, 'The parent shows this DS set already.')
    assert (bind.serial('example'), bind.count('updating zone')) == (serial, updates)
    assert again.details['present'][0]['ds'] == again.details['ds']
    assert again.details['missing'] == again.details['unknown'] == []


def test_a_present_rrset_keeps_its_ttl(bind: RealBind) -> None:
    zone = 'late.example'
    register(bind, zone, signers=BOTH[:1])
    parent = Parent((at(bind),), at(bind), TSIG, '', 60, 5, 30, '')
    outcome, = Registration(parent, CHANNELS['nsupdate'], (2,), False, False).run([dict(name=zone, signers=BOTH)])
    assert outcome.added == (f'DS {DNSKEY.parse(CSK).ds(zone).text}',)
    assert bind.ask(zone, 'DS').answer[0].ttl == 1800


def test_a_set_that_changed_since_it_was_read_is_left_alone(bind: RealBind) -> None:
    zone = 'stale.example'
    signers = (SignerKeys('ns1', (DNSKEY.parse(KSK),), frozenset((DNSKEY.parse(KSK),))),)
    stale = Delegation(zone, 'example', signers, compare(zone, union_ds(zone, signers, (2,)), (), signers, False), 0)
    register(bind, zone, signers=BOTH[1:])
    serial = bind.serial('example')
    parent = Parent((at(bind),), at(bind), TSIG, '', 3600, 5, 30, '')
    with pytest.raises(ChangedMeanwhileError, match='is no longer as it was read') as caught:
        asyncio.run(nsupdate.publish(parent, stale, False))
    assert 'nothing was written' in str(caught.value)
    assert bind.texts(zone, 'DS') == texts(zone, CSK)
    assert bind.serial('example') == serial


def test_a_race_is_told_apart_from_a_missing_delegation(bind: RealBind) -> None:
    zone = 'raced.example'

    async def somebody_else_first(parent: Parent, delegation: Delegation, check_mode: bool) -> Outcome:
        bind.add('example', f'{zone}. 300 IN DS {DNSKEY.parse(CSK).ds(zone).text}')
        return await nsupdate.publish(parent, delegation, check_mode)

    parent = Parent((at(bind),), at(bind), TSIG, '', 60, 5, 30, '')
    registration = Registration(parent, Channel(nsupdate.CAPABILITIES, somebody_else_first), (2,), False, False)
    outcome, = registration.run([dict(name=zone, signers=BOTH)])
    assert outcome.failed and not outcome.changed
    assert 'the zone is no longer as it was read a moment ago, so nothing was written' in outcome.msg
    assert bind.texts(zone, 'DS') == texts(zone, CSK)


def test_an_unknown_ds_stops_and_purge_removes_it(bind: RealBind) -> None:
    zone = 'purged.example'
    register(bind, zone)
    refused, = register(bind, zone, signers=BOTH[:1])
    assert refused.failed and not refused.changed
    assert 'belongs to no KSK or CSK of the listed signers' in refused.msg
    assert refused.details['unknown'] == [line for line in refused.details['present'][0]['ds'] if ' 34506 ' in line]
    assert bind.texts(zone, 'DS') == texts(zone, KSK, CSK)
    purged, = register(bind, zone, signers=BOTH[:1], purge=True)
    assert purged.removed == (f'DS {DNSKEY.parse(CSK).ds(zone).text}',)
    assert bind.texts(zone, 'DS') == texts(zone, KSK)


def test_two_digest_types_for_every_key(bind: RealBind) -> None:
    zone = 'both.example'
    outcome, = register(bind, zone, digest_types=(2, 4))
    assert not outcome.failed
    assert bind.texts(zone, 'DS') == texts(zone, KSK, CSK) | texts(zone, KSK, CSK, digest_type=4)


def test_an_unsigned_parent_zone_is_found_too(bind: RealBind) -> None:
    zone = 'fresh.unsigned'
    for changed in (True, False):
        outcome, = register(bind, zone)
        assert (outcome.failed, outcome.changed) == (False, changed), outcome.msg
    assert bind.texts(zone, 'DS') == texts(zone, KSK, CSK)


def test_export_compares_with_the_parent_and_writes_nothing_there(bind: RealBind) -> None:
    zone, updates = 'refused.example', bind.count('updating zone')
    outcome, = register(bind, zone, channel='export')
    assert outcome.changed and not outcome.failed
    assert outcome.details['missing'] == outcome.details['ds']
    assert len(outcome.details['exported']) == 5
    assert bind.count('updating zone') == updates


# -- what is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('zone, options, message', [
    ('bare.example', {}, 'has no NS for it, and a DS without a delegation would be dropped'),
    ('unheard-of.example', {}, 'the zone is not delegated'),
    ('fresh.closed', {}, r'refuses the update of DS \(REFUSED\)'),
    ('fresh.closed', {}, 'grant multisigner name fresh.closed. DS;'),
    ('fresh.elsewhere', {}, 'answers REFUSED when asked for DS'),
    ('example', {}, 'does not answer as the parent of the zone'),
    ('.', {}, 'the root has no parent'),
    ('refused.example', {'tsig': replace(TSIG, secret='AAAA')}, 'Write the same secret on both sides'),
    ('refused.example', {'tsig': replace(TSIG, name='stranger')}, 'does not know TSIG key stranger'),
    ('refused.example', {'parent_zone': 'com'}, 'it is not clear which zone is its parent: com or example'),
    ('refused.example', {'digest_types': (1,)}, 'digest type 1 must not be used'),
    ('refused.example', {'signers': []}, 'the DS set would be empty'),
    ('refused.example', {'signers': [signer('ns1', KSK), signer('desec', dnskeys=(CSK,))]}, 'no KSK or CSK of signer desec is given'),
    ('refused.example', {'signers': [signer('ns1', KSK, dnskeys=(CSK,))]}, 'is not in the DNSKEY RRset of signer ns1'),
    ('refused.example', {'signers': [signer('ns1', KSK, dnskeys=())]}, 'nothing shows that the keys of signer ns1 are published'),
    ('refused.example', {'signers': [signer('ns1', f'other.example. DNSKEY {KSK}')]}, 'it belongs to zone other.example'),
    ('refused.example', {'signers': [signer('ns1', f'CDNSKEY {KSK}')]}, 'malformed DNSKEY'),
])
def test_refused(bind: RealBind, zone: str, options: dict[str, Any], message: str) -> None:
    serial = bind.serial('example')
    outcome, = register(bind, zone, **options)
    assert outcome.failed and not outcome.changed
    assert message in outcome.msg.replace('\\', '') or message.replace('\\', '') in outcome.msg
    assert KEY_SECRET not in outcome.msg
    assert bind.serial('example') == serial


def test_a_refused_zone_does_not_stop_the_others(bind: RealBind) -> None:
    outcomes = register(bind, 'bare.example', 'fresh.example', 'fresh.elsewhere')
    assert [outcome.failed for outcome in outcomes] == [True, False, True]


def test_a_live_signer_must_publish_the_key_and_sign_with_it(bind: RealBind) -> None:
    zone = 'live.example'
    live: dict[str, Any] = {'servers': ('127.0.0.1',), 'port': bind.port}
    keys = {text.split()[0]: ' '.join(text.split()[:3]) + ' ' + ''.join(text.split()[3:]) for text in bind.texts(zone, 'DNSKEY')}
    foreign, = register(bind, zone, signers=[signer('ns1', KSK, dnskeys=(), **live)])
    assert 'is not in the DNSKEY RRset of signer ns1' in foreign.msg
    doubted, = register(bind, zone, signers=[signer('ns1', keys['257'], dnskeys=(keys['256'],), **live)])
    assert 'is not in the DNSKEY RRset of signer ns1' in doubted.msg  # what is given and what is seen must both hold
    own, = register(bind, zone, signers=[signer('ns1', keys['257'], dnskeys=(), **live)])
    assert own.changed and not own.failed, own.msg
    assert bind.texts(zone, 'DS') == texts(zone, keys['257'])


def test_a_key_that_is_published_but_does_not_sign_gets_no_ds(bind: RealBind) -> None:
    zone = 'live.example'
    bind.add(zone, f'{zone}. 300 IN DNSKEY {KSK}')
    outcome, = register(bind, zone, signers=[signer('ns1', KSK, dnskeys=(), servers=('127.0.0.1',), port=bind.port)], check_mode=True)
    assert 'does not sign the DNSKEY RRset at every server of signer ns1' in outcome.msg


# -- servers of the parent ----------------------------------------------------------------------------------------------


def test_servers_that_disagree_stop_the_zone(bind: RealBind, secondary: RealBind) -> None:
    zone = 'fresh.example'
    register(bind, zone)
    updates = bind.count('updating zone')
    outcome, = register(bind, zone, others=(at(secondary),))
    assert outcome.failed and not outcome.changed
    assert f'server {at(secondary)}: shows another DS set than {at(bind)}: fewer: 2371 13 2' in outcome.msg
    assert [len(seen['ds']) for seen in outcome.details['present']] == [2, 0]
    assert bind.count('updating zone') == updates


def test_what_a_secondary_does_not_show_in_time_is_a_failure_that_says_so(bind: RealBind, secondary: RealBind) -> None:
    outcome, = register(bind, 'lagging.example', others=(at(secondary),), max_wait=0.3)
    assert outcome.failed and outcome.changed
    assert f'server {at(secondary)}: after 0.3 s it still does not show the DS set that was written' in outcome.msg
    assert 'The primary has it: see the transfers to this server' in outcome.msg


def test_a_server_that_says_noerror_and_does_nothing_is_found_out(bind: RealBind) -> None:
    async def pretend(parent: Parent, delegation: Delegation, check_mode: bool) -> Outcome:
        return Outcome(delegation.zone, changed=True)

    parent = Parent((at(bind),), at(bind), TSIG, '', 60, timeout=5, max_wait=0.1, export_dir='')
    registration = Registration(parent, Channel(nsupdate.CAPABILITIES, pretend), (2,), False, False)
    outcome, = registration.run([dict(name='refused.unsigned', signers=BOTH)])
    assert outcome.failed
    assert 'It said NOERROR all the same' in outcome.msg


@pytest.mark.parametrize('behaviour, message', [
    ('lame', 'is lame'),
    ('refusing', 'answers REFUSED'),
    ('failing', 'answers SERVFAIL'),
    ('silent', 'does not answer'),
    ('truncating', 'does not answer over TCP'),
    ('nodata', 'does not answer as the parent'),
    ('nxdomain', 'the zone is not delegated'),
])
def test_one_useless_server_is_an_error_and_never_no_ds(bind: RealBind, behaviour: str, message: str) -> None:
    serial = bind.serial('example')
    with BadDnsServer(behaviour) as bad:
        outcome, = register(bind, 'refused.example', others=(at(bad),), timeout=1)
    assert outcome.failed and not outcome.changed
    assert f'server {at(bad)}' in outcome.msg and message in outcome.msg
    assert bind.serial('example') == serial


def test_a_silent_server_costs_one_timeout_however_many_zones(bind: RealBind) -> None:
    with BadDnsServer('silent') as bad:
        outcomes = register(bind, *(f'many{number}.unsigned' for number in range(200)), others=(at(bad),), timeout=1)
    assert [outcome.failed for outcome in outcomes] == 200 * [True]
    assert all(f'server {at(bad)}: does not answer' in outcome.msg for outcome in outcomes)
    assert len(set(bad.questions)) < 100
