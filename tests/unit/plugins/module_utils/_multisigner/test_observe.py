# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as seen and what as authenticated: a zone with two signers below a signed parent, honest and otherwise."""
from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import dns.dnssec
import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import observe as module
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import Api, Group, Parent, Signer
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.observe import Observer, _pins
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import Server, Tsig
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.trust import Chain, read_anchors
from ansible_collections.dnssec.multisigner.tests.support.bad_dns_server import BadDnsServer
from ansible_collections.dnssec.multisigner.tests.support.signed_zones import DAY, Key, SignedServer, SignedZone

HERE = '127.0.0.1'
ZONE = 'shop.example'
SECRET = 'c2VjcmV0IG9mIHRoZSB0ZXN0cw=='


def no_api(signer, zone):
    raise AssertionError(f'the API of {signer.name} was asked for {zone}')


class World:
    """Root, example and shop.example: ns1 with KSK and ZSK, desec with a CSK; what a test changes, it changes before look()."""

    def __init__(self) -> None:
        self.root, self.tld = SignedZone('.'), SignedZone('example')
        self.ns1, self.desec = SignedZone(ZONE, Key(257), Key(256)), SignedZone(ZONE)
        self.root.delegate(self.tld)
        self.tld.delegate(self.ns1)
        self.anchors = self.root.anchor
        self.tsig = None
        self.pins = {}
        self.api = None
        self.own_keys = no_api
        self.extra = {}
        self.csync = False
        self.had_csync = ()

    def look(self, **bad):
        """The observation; *bad* puts a misbehaving server in the place of ns1, desec or parent. self.asked: questions by server."""
        servers = {
            'parent': SignedServer(self.root, self.tld),
            'ns1': SignedServer(self.ns1, tsig=('multisigner', SECRET)),
            'desec': SignedServer(self.desec),
        }
        servers.update({name: BadDnsServer(behaviour) if isinstance(behaviour, str) else behaviour for name, behaviour in bad.items()})
        for server in servers.values():
            server.__enter__()
        try:
            seen, errors = asyncio.run(self._observe(servers))
        finally:
            for server in servers.values():
                server.__exit__(None, None, None)
        self.asked = {name: server.questions for name, server in servers.items()}
        self.ports = {name: server.port for name, server in servers.items()}
        assert not errors, errors
        return seen[0]

    async def _observe(self, servers):
        group = Group(
            ZONE,
            (
                Signer('ns1', 'bind', (HERE,), servers['ns1'].port, tsig=self.tsig, pins=self.pins),
                Signer('desec', 'desec', (HERE,), servers['desec'].port, api=self.api),
            ),
            Parent('registry', 'nsupdate', (HERE,), servers['parent'].port, csync=self.csync),
        )
        timeout = 0.3 if any(isinstance(server, BadDnsServer) for server in servers.values()) else 5.0
        chain = Chain(read_anchors(self.anchors, 'of the test'), [Server(HERE, servers['parent'].port)], timeout)
        return await Observer(chain, self.own_keys, timeout, self.had_csync).observe([group], int(time.time()))


@pytest.fixture(name='world')
def fixture_world():
    return World()


def ours(key: Key) -> DNSKEY:
    return DNSKEY.parse(key.text)


def signer(seen, name):
    return next(view for view in seen.signers if view.name == name)


def only(view):
    return view.servers[0]


def test_csync_is_asked_for_where_the_parent_follows_it_or_did_and_nowhere_else(world):
    world.look()
    assert not [question for question in world.asked['ns1'] if question.startswith('CSYNC ')]
    world.had_csync = {ZONE}
    assert only(signer(world.look(), 'ns1')).csync == set()
    assert [question for question in world.asked['ns1'] if question.startswith('CSYNC ')]
    world.had_csync, world.csync = (), True
    world.look()
    assert [question for question in world.asked['desec'] if question.startswith('CSYNC ')]


# -- authenticated ---------------------------------------------------------------------------------------------------------


def test_a_dnskey_rrset_that_the_ds_leads_to_is_authenticated_by_dnssec(world):
    seen = world.look()
    view = only(signer(seen, 'ns1'))
    assert (view.error, view.authenticated) == ('', 'dnssec')
    assert view.dnskeys == {ours(world.ns1.ksk), ours(world.ns1.zsk)}
    assert seen.parent.zone == 'example'
    assert seen.parent.servers[0].authenticated


def test_a_signer_that_no_ds_names_is_not_authenticated_and_the_reason_is_told(world):
    view = only(signer(world.look(), 'desec'))
    assert view.authenticated == 'none'
    assert 'none of the DS at the parent names a key' in view.why_not


def test_a_forged_dnskey_rrset_is_not_authenticated(world):
    world.ns1 = SignedZone(ZONE, Key(257), Key(256))
    assert only(signer(world.look(), 'ns1')).authenticated == 'none'


def test_a_forged_key_beside_the_real_one_is_not_authenticated(world):
    real = world.ns1.ksk
    world.ns1 = SignedZone(ZONE, Key(257), Key(256))
    world.ns1.add_keys(real)  # the real KSK is there, but its signature is not
    assert only(signer(world.look(), 'ns1')).authenticated == 'none'


def test_a_ds_that_does_not_chain_to_the_anchor_authenticates_nothing(world):
    world.anchors = SignedZone('.').anchor
    view = only(signer(world.look(), 'ns1'))
    assert view.authenticated == 'none'
    assert 'not signed by a key that its trust anchor or DS names' in view.why_not


def test_a_parent_without_a_ds_of_its_own_authenticates_nothing(world):
    world.root.delegate(world.tld, ds=False)
    del world.root.records[world.tld.name, 'DS']
    view = only(signer(world.look(), 'ns1'))
    assert view.authenticated == 'none'
    assert 'example. has no DS' in view.why_not


def test_an_unsigned_ds_authenticates_nothing(world):
    world.tld.signed = False
    assert only(signer(world.look(), 'ns1')).authenticated == 'none'


def test_a_ds_signed_by_someone_else_authenticates_nothing(world):
    world.tld.zsk = Key(256)
    view = only(signer(world.look(), 'ns1'))
    assert view.authenticated == 'none'
    assert 'has no valid signature' in view.why_not


def test_a_ds_that_claims_to_be_signed_by_the_zone_itself_authenticates_nothing(world):
    world.root.signer = world.tld.name
    view = only(signer(world.look(), 'ns1'))
    assert view.authenticated == 'none'
    assert 'which is not above it' in view.why_not


def test_a_sha1_ds_authenticates_nothing(world):
    world.tld.delegate(world.ns1, digest='SHA1')
    assert only(signer(world.look(), 'ns1')).authenticated == 'none'


def test_expired_signatures_authenticate_nothing_and_their_keys_sign_nothing(world):
    world.ns1.age = 2 * DAY
    view = only(signer(world.look(), 'ns1'))
    assert view.authenticated == 'none'
    assert view.signing == frozenset()


def test_an_anchor_at_the_parent_zone_serves_where_the_root_does_not_lead_there(world):
    world.root.publish('DS', name=world.tld.name)
    del world.root.records[world.tld.name, 'DS']
    world.anchors = world.tld.anchor
    assert only(signer(world.look(), 'ns1')).authenticated == 'dnssec'


def test_tsig_authenticates_the_answers_of_the_primary(world):
    del world.tld.records[world.ns1.name, 'DS']
    world.tsig = Tsig('multisigner', 'hmac-sha256', SECRET)
    assert only(signer(world.look(), 'ns1')).authenticated == 'tsig'


def test_a_server_that_does_not_sign_with_the_tsig_key_is_an_error(world):
    world.tsig = Tsig('multisigner', 'hmac-sha256', SECRET)
    seen = world.look(ns1=SignedServer(world.ns1))
    assert 'does not sign its answer with TSIG key multisigner' in only(signer(seen, 'ns1')).error
    assert signer(seen, 'ns1').published == frozenset()


@pytest.mark.parametrize('form', ['dnskey', 'ds', 'four fields'])
def test_a_pinned_key_authenticates_what_it_signs(world, form):
    del world.tld.records[world.ns1.name, 'DS']
    key = ours(world.ns1.ksk)
    text = {'dnskey': f'{ZONE}. 3600 IN DNSKEY {key.text}', 'ds': f'{ZONE}. IN DS {key.ds(ZONE).text}', 'four fields': key.ds(ZONE).text}[form]
    world.pins = {ZONE: (text,)}
    assert only(signer(world.look(), 'ns1')).authenticated == 'pinned'


def test_a_pinned_ds_may_have_its_owner_before_it():
    ds = f'2371 13 2 {"ab" * 32}'
    signer_of_foods = Signer('ns1', 'bind', (HERE,), pins={'foods.example': (f'foods.example. 300 IN DS {ds}',)})
    assert [pin.text for pin in _pins(signer_of_foods, 'foods.example')] == [ds]


def test_another_pin_authenticates_nothing(world):
    del world.tld.records[world.ns1.name, 'DS']
    world.pins = {ZONE: (f'DNSKEY {Key().text}',)}
    assert only(signer(world.look(), 'ns1')).authenticated == 'none'


def test_a_pinned_key_that_is_there_and_signs_nothing_authenticates_nothing(world):
    del world.tld.records[world.ns1.name, 'DS']
    world.pins = {ZONE: (f'DNSKEY {world.ns1.ksk.text}',)}
    real = world.ns1.ksk
    world.ns1 = SignedZone(ZONE, Key(257), Key(256))
    world.ns1.add_keys(real)
    assert only(signer(world.look(), 'ns1')).authenticated == 'none'


def test_the_api_authenticates_what_its_keys_sign(world):
    world.api = Api('https://desec.example/api/v1', 'token')
    world.own_keys = lambda _signer, _zone: frozenset([ours(world.desec.ksk)])
    view = signer(world.look(), 'desec')
    assert only(view).authenticated == 'api'
    assert view.by_api == {ours(world.desec.ksk)}


def test_the_api_does_not_authenticate_what_other_keys_sign(world):
    world.api = Api('https://desec.example/api/v1', 'token')
    world.own_keys = lambda _signer, _zone: frozenset([ours(Key())])
    view = only(signer(world.look(), 'desec'))
    assert view.authenticated == 'none'
    assert 'no key that the API of desec names' in view.why_not


def test_the_api_is_not_asked_when_dnssec_authenticates(world):
    world.api = Api('https://desec.example/api/v1', 'token')
    world.tld.delegate(world.desec)
    assert only(signer(world.look(), 'desec')).authenticated == 'dnssec'


def test_an_api_that_fails_is_an_error_of_the_zone(world):
    def failing(_signer, _zone):
        raise MultisignerError('the API rejects the token', remedy='Make a new one')

    world.api = Api('https://desec.example/api/v1', 'token')
    world.own_keys = failing
    view = signer(world.look(), 'desec')
    assert view.errors == (f'zone {ZONE}, server desec: the API rejects the token. Make a new one.',)


# -- what keys do ----------------------------------------------------------------------------------------------------------


def test_roles_and_owners_follow_from_what_a_key_signs(world):
    spare = Key(256)
    world.ns1.add_keys(world.desec.ksk, spare)
    seen = world.look()
    view = signer(seen, 'ns1')
    assert view.role(ours(world.ns1.ksk)) == 'KSK'
    assert view.role(ours(world.ns1.zsk)) == 'ZSK'
    assert signer(seen, 'desec').role(ours(world.desec.ksk)) == 'CSK'
    assert view.role(ours(world.desec.ksk)) is None
    assert seen.owners[ours(world.ns1.zsk)] == ('ns1',)
    assert seen.owners[ours(world.desec.ksk)] == ('desec',)
    assert seen.owners[ours(spare)] == ()


def test_servers_of_one_signer_that_differ_are_told_and_not_averaged(world):
    seen = world.look()
    view = signer(seen, 'ns1')
    other = replace(only(view), server='192.0.2.2', dnskeys=frozenset([ours(world.ns1.ksk)]))
    both = replace(view, servers=(only(view), other))
    assert 'different DNSKEY RRsets' in both.disagreement
    assert both.published_everywhere == {ours(world.ns1.ksk)}


# -- servers that cannot be seen -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('behaviour', 'told'),
    [
        ('silent', 'does not answer'), ('refusing', 'REFUSED'), ('failing', 'SERVFAIL'), ('lame', 'is lame'), ('truncating', 'truncates'),
        ('nxdomain', 'NXDOMAIN'), ('nodata', 'SOA'),
    ],
)
def test_a_server_that_gives_no_proper_answer_is_an_error_with_its_name_and_never_one_without_keys(world, behaviour, told):
    view = signer(world.look(ns1=behaviour), 'ns1')
    assert told in only(view).error
    assert ZONE in only(view).error
    assert HERE in only(view).error
    assert view.published_everywhere == frozenset()


def test_an_unsigned_zone_is_an_error_and_not_an_empty_key_set(world):
    world.ns1 = SignedZone(ZONE, signed=False)
    assert 'unsigned' in only(signer(world.look(), 'ns1')).error


def test_a_silent_server_is_not_asked_about_every_zone(monkeypatch):
    monkeypatch.setattr(module, 'ZONES_AT_ONCE', 2)
    zones = [f'{number}.example' for number in range(6)]
    with SignedServer(SignedZone('example')) as parent, BadDnsServer('silent') as silent, BadDnsServer('silent', '127.0.0.2', silent.port) as hidden:
        signers = (Signer('ns1', 'bind', (HERE,), silent.port, primary='127.0.0.2'),)
        groups = [Group(zone, signers, Parent('registry', 'nsupdate', (HERE,), parent.port)) for zone in zones]

        async def look():
            return await Observer(Chain({}, [], 0.1), no_api, 0.1).observe(groups, int(time.time()))

        seen, errors = asyncio.run(look())
    assert not errors
    for view in (view for zone in seen for view in zone.signers[0].servers):
        assert 'does not answer' in view.error
    for bad in (silent, hidden):
        assert {question.split()[1] for question in bad.questions} == {'0.example.', '1.example.'}


def test_a_silent_parent_is_an_error(world):
    world.anchors = world.root.anchor
    seen = world.look(parent='silent')
    assert 'does not answer' in seen.parent.servers[0].error
    assert seen.parent.ds_everywhere == frozenset()


def test_a_zone_that_the_parent_does_not_know_is_an_error(world):
    del world.tld.records[world.ns1.name, 'DS'], world.tld.records[world.ns1.name, 'NS']
    assert 'not delegated' in world.look().parent.servers[0].error


def test_a_server_of_the_zone_itself_is_not_taken_for_the_parent(world):
    seen = world.look(parent=SignedServer(world.ns1))
    assert 'does not answer as the parent of the zone' in seen.parent.servers[0].error


def test_without_cryptography_it_says_so_and_takes_no_key_for_unsigned(world, monkeypatch):
    def need_it(*_arguments):
        raise ImportError('DNSSEC validation requires python cryptography')

    monkeypatch.setattr(dns.dnssec, 'validate_rrsig', need_it)
    for view in world.look().signers:
        (told,) = view.errors
        assert 'the Python library cryptography is missing, or too old for dnspython. Install it' in told
