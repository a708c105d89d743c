# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of servers, how often, and what of their answers counts as authenticated: two signers below a signed parent."""
from __future__ import annotations

import asyncio
import time
from collections import Counter

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import watcher as module
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import Server
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.watcher import Pace, Turns, Watcher
from ansible_collections.dnssec.multisigner.tests.support.bad_dns_server import BadDnsServer
from ansible_collections.dnssec.multisigner.tests.support.signed_zones import Key, SignedServer, SignedZone

HERE = '127.0.0.1'
ZONE = 'shop.example'
QUICK = Pace(shortest=0.01, longest=0.01, queries_per_second=10000, patience=2)


class World:
    """Root, example and shop.example, whose signers begin with the keys of both."""

    def __init__(self, tmp_path):
        root, tld = SignedZone('.'), SignedZone('example')
        self.ns1, self.desec = SignedZone(ZONE, Key(257), Key(256)), SignedZone(ZONE)
        self.ns1.add_keys(self.desec.ksk)
        self.desec.add_keys(self.ns1.ksk, self.ns1.zsk)
        root.delegate(tld)
        tld.delegate(self.ns1)
        tld.publish('DS', *(anchor.split(' DS ')[1].strip() for anchor in (self.ns1.anchor, self.desec.anchor)), name=dns.name.from_text(ZONE))
        self.servers = {'parent': SignedServer(root, tld), 'ns1': SignedServer(self.ns1), 'desec': SignedServer(self.desec)}
        anchors = tmp_path / 'anchors'
        anchors.write_text(root.anchor)
        for server in self.servers.values():
            server.__enter__()
        self.options = {
            'zones': [{'name': ZONE, 'parent': 'registry', 'signers': ['ns1', 'desec']}],
            'signers': [
                {'name': name, 'driver': 'rfc2136', 'servers': [HERE], 'port': self.servers[name].port} for name in ('ns1', 'desec')
            ],
            'parents': [{'name': 'registry', 'channel': 'export', 'servers': [HERE], 'port': self.servers['parent'].port}],
            'trust_anchor_file': str(anchors), 'resolvers': [], 'timeout': 0.2,
        }

    def watch(self, pace=QUICK):
        self.watcher = Watcher(self.options, pace)
        return self.round()

    def round(self):
        time.sleep(self.watcher.wait() + 0.005)
        return asyncio.run(self.watcher.round())

    def replace(self, name, behaviour):
        """Another server at the same port."""
        port = self.servers[name].port
        self.servers[name].__exit__(None, None, None)
        self.servers[name] = (BadDnsServer(behaviour, port=port) if isinstance(behaviour, str) else behaviour(port)).__enter__()


@pytest.fixture(name='world')
def fixture_world(tmp_path, monkeypatch):
    world = World(tmp_path)
    # the way to the parent is asked for at the parent's own server, which has its own port
    monkeypatch.setattr('ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.trust.system_resolvers',
                        lambda: (Server(HERE, world.servers['parent'].port),))
    yield world
    for server in world.servers.values():
        server.__exit__(None, None, None)


def kinds(found):
    return [(event['kind'], event.get('authenticated')) for event in found]


def test_a_new_key_is_an_authenticated_change_and_nothing_else_is_news(world):
    assert not world.watch()
    assert not world.round()
    world.ns1.add_keys(Key(256))
    found = world.round()
    assert kinds(found) == [('changed', True)]
    assert found[0]['changes'][0]['authenticated'] == 'dnssec'
    assert not world.round()


def test_a_forged_key_is_a_change_that_is_not_authenticated(world):
    world.watch()
    world.ns1.add_keys(Key(256))
    world.ns1.ksk = Key(257)  # the signature is not by a key that the parent names
    assert kinds(world.round()) == [('changed', False)]


def test_no_api_is_asked_about_keys_that_nothing_else_authenticates(world):
    world.options['signers'][1].update(driver='desec', api_url='http://127.0.0.1:9/', api_token='unused')
    world.watch()
    world.desec.ksk = Key(257)
    world.desec.add_keys(Key(256))
    assert kinds(world.round()) == [('changed', False)]


def test_a_forged_cds_beside_true_keys_is_not_authenticated_and_a_signed_one_is(world):
    world.watch()
    world.desec.publish('CDS', '12345 13 2 ' + 64 * 'a')
    found = world.round()
    assert kinds(found) == [('changed', True)]
    world.desec.zsk = Key(256)  # which is not in the DNSKEY RRset
    world.desec.publish('CDS', '12346 13 2 ' + 64 * 'a')
    found = world.round()
    assert kinds(found) == [('changed', False)]
    assert [change['rtype'] for change in found[0]['changes']] == ['CDS']


def test_a_cds_that_is_gone_without_proof_is_not_authenticated(world):
    world.desec.publish('CDS', '12345 13 2 ' + 64 * 'a')
    world.watch()
    del world.desec.records[world.desec.name, 'CDS']
    assert kinds(world.round()) == [('settled', False)]  # the other signer has none either


class LyingServer(SignedServer):
    """Forges CDS for whoever asks without signatures, and tells the truth to those who ask with them."""

    def _respond(self, wire):
        query = dns.message.from_wire(wire)
        if query.question[0].rdtype != dns.rdatatype.CDS or query.ednsflags & dns.flags.DO:
            return super()._respond(wire)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.AA
        answer.answer.append(dns.rrset.from_text(query.question[0].name, 300, 'IN', 'CDS', '12345 13 2 ' + 64 * 'f'))
        return answer.to_wire()


def test_a_forged_cds_is_not_authenticated_by_another_answer_that_is_true(world):
    world.desec.publish('CDS', '12345 13 2 ' + 64 * 'a')
    world.watch()
    world.replace('desec', lambda port: LyingServer(world.desec, port=port))
    assert kinds(world.round()) == [('changed', False)]


def denial(zone, rtype, text, signed=True):
    """An answer without CDS whose authority section has this NSEC or NSEC3."""
    answer = dns.message.make_query(zone.name, 'CDS')
    owner = zone.name if rtype == 'NSEC' else dns.name.from_text(dns.dnssec.nsec3_hash(zone.name, '', 200, 1), zone.name)
    rrset = dns.rrset.from_text(owner, 300, 'IN', rtype, text)
    answer.authority.extend([rrset, zone.signatures(rrset)] if signed else [rrset])
    return answer


@pytest.mark.parametrize(('rtype', 'text', 'signed', 'proved'), [
    ('NSEC', 'a.shop.example. NS SOA RRSIG NSEC DNSKEY', True, True),
    ('NSEC', 'a.shop.example. NS SOA RRSIG NSEC DNSKEY', False, False),
    ('NSEC', 'a.shop.example. NS SOA RRSIG NSEC DNSKEY CDS', True, False),
    ('NSEC3', '1 0 200 - AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA NS SOA RRSIG DNSKEY', True, False),  # more iterations than anybody would compute
])
def test_what_proves_that_there_is_no_cds(rtype, text, signed, proved):
    zone = SignedZone(ZONE)
    keys = frozenset({DNSKEY.parse(zone.ksk.text)})
    assert module._is_proved(denial(zone, rtype, text, signed), ZONE, 'CDS', keys) is proved


def test_signers_that_differ_when_watching_begins_are_told(world):
    world.ns1.add_keys(Key(256))
    # this world has no CDS, and no proof of that
    assert kinds(world.watch()) == [('unsynchronised', False)]


@pytest.mark.parametrize('behaviour', ['silent', 'refusing', 'nodata'])
def test_a_server_without_a_usable_answer_is_told_and_no_key_is_gone(world, behaviour):
    world.watch()
    world.replace('desec', behaviour)
    assert not world.round()
    found = world.round()
    assert kinds(found) == [('silent', None)]
    assert found[0]['signer'] == 'desec'
    world.replace('desec', lambda port: SignedServer(world.desec, port=port))
    assert kinds(world.round()) == [('answers', None)]


def test_what_costs_more_is_asked_only_where_something_is_other_than_before(world):
    world.watch()
    for server in world.servers.values():
        server.questions.clear()
    world.round()
    asked = Counter(question.split()[0] for question in world.servers['ns1'].questions)
    assert asked == {'DNSKEY': 1, 'CDS': 1, 'CDNSKEY': 1}
    assert not world.servers['parent'].questions


def test_no_server_is_asked_faster_than_it_may_be():
    async def take():
        turns = Turns(queries_per_second=100)
        began = time.monotonic()
        await asyncio.gather(*(turns.take(Server(HERE), 3) for _unused in range(4)))
        one = time.monotonic() - began
        await turns.take(Server('127.0.0.2'), 3)
        return one, time.monotonic() - began

    one, both = asyncio.run(take())
    assert one >= 0.09  # the fourth begins when the nine of the others have had their time
    assert both - one < 0.05  # another server has turns of its own


def test_zones_are_looked_at_by_a_tenth_of_their_ttl_within_bounds_and_not_all_at_once(world):
    pace = Pace()
    assert [pace.interval(ttl) for ttl in (0, 60, 3600, 86400)] == [60, 60, 360, 900]
    world.options['zones'] = [dict(world.options['zones'][0], name=f'zone{number}.example') for number in range(50)]
    world.watch(Pace(shortest=100, longest=100, queries_per_second=10000))
    waits = [due - time.monotonic() for due in world.watcher._due.values()]
    assert 85 < min(waits) < 99 < 101 < max(waits) < 111


def test_a_round_takes_those_zones_that_are_due_for_longest(world, monkeypatch):
    monkeypatch.setattr(module, 'ZONES_A_ROUND', 1)
    world.options['zones'] *= 2
    world.options['zones'][1] = dict(world.options['zones'][0], name='talk.example')
    world.watch(Pace(shortest=100))
    assert world.watcher.unseen
    asyncio.run(world.watcher.round())
    assert not world.watcher.unseen


def test_what_is_known_stays_known_when_the_inventory_is_read_again(world):
    world.watch()
    world.options['signers'][0]['api_token'] = 'another'
    assert not world.watcher.declare(world.options)
    world.ns1.add_keys(Key(256))
    assert kinds(world.round()) == [('changed', True)]
    world.options['zones'].append({'name': 'talk.example', 'parent': 'nobody', 'signers': ['ns1']})
    assert world.watcher.declare(world.options)
    assert world.watcher.zones == [ZONE]
    assert 'nobody' in world.watcher.errors['talk.example']


def test_a_zone_whose_servers_have_no_address_is_told_as_silent(world):
    world.options['signers'][1]['servers'] = ['no-such-host.invalid']
    assert not world.watch()
    assert kinds(world.round()) == [('silent', None)]
