# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DS set and the NS at a parent: a real BIND with the zone `example`, a second one that may disagree, and servers that are no use."""
from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Iterator

import dns.message
import dns.rcode
import dns.rrset
import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, NS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dsset import SignerKeys, compare, union_ds
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents import nsupdate, publish
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.base import Channel, Delegation, Parent, Step, Writing, Written
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.channels import CHANNELS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.publish import Registration, referral
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import Server, Tsig
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.update import ChangedMeanwhileError
from ansible_collections.dnssec.multisigner.tests.support.bad_dns_server import BadDnsServer
from ansible_collections.dnssec.multisigner.tests.support.real_bind import KEY_NAME, KEY_SECRET, NAMED, UPDATES, RealBind

pytestmark = pytest.mark.skipif(NAMED is None, reason='named is not installed')

KSK = '257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=='
CSK = '257 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA=='
TSIG = Tsig(KEY_NAME, 'hmac-sha256', KEY_SECRET)
GRANT = 'update-policy { grant multisigner subdomain example. DS NS; };'
# one child for each test that writes, so that none depends on another
CHILDREN = (
    'fresh', 'stale', 'raced', 'named', 'late', 'both', 'refused', 'lagging', 'live', 'held', 'order', 'partial', 'insecure', 'names', 'glued', 'slow', 'split',
    'contested', 'signing', 'full', 'packed', 'crowded', 'later', 'given', 'keyed', 'plain',
)
OLD = f'1 13 2 {32 * "01"}'  # a DS that stands at the parent from the beginning
HELD = ''.join(f'{child} DS {OLD}\n' for child in ('held', 'order', 'insecure', 'partial', 'slow', 'full', 'packed'))
GLUE = 'ns4.glued A 127.0.0.4\nns6.glued AAAA ::1\n'  # of names that no NS has yet
DELEGATIONS = ''.join(f'{child} NS ns.{child}\nns.{child} A 127.0.0.1\n' for child in CHILDREN) + HELD + GLUE + 'bare TXT "no delegation"\n'
SIGNED = 'dnssec-policy plain; inline-signing no; '


@pytest.fixture(scope='module')
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBind]:
    zones = {
        'example': SIGNED + GRANT,
        'live.example': SIGNED + UPDATES,
        'signing.example': SIGNED + UPDATES,
        'unsigned': GRANT.replace('example', 'unsigned'),
        'closed': '',
    }
    content = {'example': DELEGATIONS, 'unsigned': DELEGATIONS + '$GENERATE 0-199 many$ NS ns\n', 'closed': DELEGATIONS}
    with RealBind(tmp_path_factory.mktemp('bind'), zones, content) as running:
        yield running


@pytest.fixture(scope='module')
def secondary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBind]:
    """Another server of `example` that no transfer reaches: it stays as it is."""
    content = DELEGATIONS + 'split NS ns.elsewhere.example.\n'
    with RealBind(tmp_path_factory.mktemp('secondary'), {'example': ''}, {'example': content}) as running:
        yield running


def at(running: Any) -> Server:
    return Server('127.0.0.1', running.port)


def signer(name: str, *keys: str, dnskeys: tuple[str, ...] | None = None, servers: tuple[str, ...] = (), port: int = 53) -> dict[str, Any]:
    return dict(name=name, sep_keys=list(keys), dnskeys=list(keys if dnskeys is None else dnskeys), servers=list(servers), port=port)


BOTH = [signer('ns1', KSK), signer('desec', CSK)]


def register(
    bind: RealBind, *zones: str, signers: Any = None, channel: str | Channel = 'nsupdate', others: tuple[Server, ...] = (), check_mode: bool = False,
    remove: tuple[str, ...] = (), ns_add: tuple[str, ...] = (), ns_remove: tuple[str, ...] = (), insecure: bool = False,
    tsig: Tsig = TSIG, parent_zone: str = '', digest_types: tuple[int, ...] = (2,), timeout: float = 5, max_wait: float = 30,
) -> list[Outcome]:
    primary = at(bind)
    parent = Parent((primary, *others), primary, tsig, parent_zone, 1800, timeout, max_wait, export_dir=str(bind.folder / 'export'))
    registration = Registration(parent, CHANNELS[channel] if isinstance(channel, str) else channel, digest_types, check_mode)
    signers = BOTH if signers is None else signers
    return registration.run(
        [dict(name=zone, signers=signers, remove=list(remove), ns_add=list(ns_add), ns_remove=list(ns_remove), insecure=insecure) for zone in zones]
    )


def delegated_to(bind: RealBind, zone: str) -> tuple[set[str], int]:
    """The names in the referral to *zone*, and its TTL."""
    rrset = bind.ask(zone, 'NS').authority[0]
    return {str(rdata.target) for rdata in rrset}, rrset.ttl


def texts(zone: str, *keys: str, digest_type: int = 2) -> set[str]:
    """The DS of *keys* as dnspython prints them, to compare with what a server answers."""
    return {DNSKEY.parse(key).ds(zone, digest_type).text for key in keys}


def writing(write: Any, **changes: Any) -> Writing:
    """The channel nsupdate with another *write*, and with *changes* of its capabilities."""
    return Writing(replace(nsupdate.CAPABILITIES, **changes), nsupdate.check, write)


# -- what is written ----------------------------------------------------------------------------------------------------


def test_the_union_reaches_the_parent_once(bind: RealBind) -> None:
    zone = 'fresh.example'
    before = bind.serial('example')
    told, = register(bind, zone, check_mode=True)
    assert (told.changed, told.failed, told.msg) == (True, False, f'Would add 2 DS at {at(bind)}.')
    assert told.details['requests'] == [f'update add {zone}. 1800 IN DS {ds}' for ds in sorted(texts(zone, KSK, CSK))]
    assert bind.serial('example') == before
    done, = register(bind, zone)
    assert (done.changed, done.failed) == (True, False)
    assert done.msg == f'Added 2 DS at {at(bind)}. Every server of the parent shows it.'
    assert (done.before, done.after) == (told.before, told.after) == ((), tuple(done.details['ds']))
    assert bind.texts(zone, 'DS') == texts(zone, KSK, CSK)
    assert bind.ask(zone, 'DS').answer[0].ttl == 1800

    serial, updates = bind.serial('example'), bind.count('updating zone')
    again, = register(bind, zone)
    assert (again.changed, again.failed, again.msg) == (False, False, 'The parent shows this DS set already.')
    assert (bind.serial('example'), bind.count('updating zone')) == (serial, updates)
    assert again.details['present'][0]['ds'] == again.details['ds']
    assert again.details['missing'] == again.details['unknown'] == []
    assert bind.count(f'query: {zone} IN NS') == 0  # nobody asked about NS


def test_a_present_rrset_keeps_its_ttl(bind: RealBind) -> None:
    zone = 'late.example'
    register(bind, zone, signers=BOTH[:1])
    assert bind.ask(zone, 'DS').answer[0].ttl == 1800
    bind.add('example', f'{zone}. 900 IN DS {OLD}')
    outcome, = register(bind, zone)
    assert outcome.added == (f'DS {DNSKEY.parse(CSK).ds(zone).text}',)
    assert bind.ask(zone, 'DS').answer[0].ttl == 900


def test_a_set_that_changed_since_it_was_read_is_left_alone(bind: RealBind) -> None:
    zone = 'stale.example'
    signers = (SignerKeys('ns1', (DNSKEY.parse(KSK),), frozenset((DNSKEY.parse(KSK),))),)
    stale = Delegation(zone, 'example', signers, compare(zone, union_ds(zone, signers, (2,)), (), signers), 0)
    register(bind, zone, signers=BOTH[1:])
    serial = bind.serial('example')
    parent = Parent((at(bind),), at(bind), TSIG, '', 3600, 5, 30, '')
    with pytest.raises(ChangedMeanwhileError, match='is no longer as it was read') as caught:
        asyncio.run(nsupdate.write(parent, stale, stale.steps[0]))
    assert 'nothing was written' in str(caught.value)
    assert bind.texts(zone, 'DS') == texts(zone, CSK)
    assert bind.serial('example') == serial


def test_a_race_is_told_apart_from_a_missing_delegation(bind: RealBind) -> None:
    zone = 'raced.example'

    async def somebody_else_first(parent: Parent, delegation: Delegation, step: Step) -> Written:
        bind.add('example', f'{zone}. 300 IN DS {DNSKEY.parse(CSK).ds(zone).text}')
        return await nsupdate.write(parent, delegation, step)

    outcome, = register(bind, zone, channel=writing(somebody_else_first))
    assert outcome.failed and not outcome.changed
    assert 'the zone is no longer as it was read a moment ago, so nothing was written' in outcome.msg
    assert bind.texts(zone, 'DS') == texts(zone, CSK)


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


# -- what goes, and the NS ----------------------------------------------------------------------------------------------


def test_a_ds_that_nobody_listed_stays_until_it_is_named(bind: RealBind) -> None:
    zone = 'named.example'
    register(bind, zone)
    csk = DNSKEY.parse(CSK).ds(zone)
    bind.add('example', f'{zone}. 1800 IN DS {OLD}')
    left, = register(bind, zone, signers=BOTH[:1])
    assert not left.failed and not left.changed
    assert f'The parent shows this DS set already. Left alone, since no listed key has it and "remove" does not name it: DS {OLD}; DS {csk.text}.' == left.msg
    assert [line.split()[3] for line in left.details['unknown']] == ['1', str(csk.tag)]
    done, = register(bind, zone, signers=BOTH[:1], remove=(f'{zone}. 3600 IN DS {csk.tag} 13 2 ( {csk.digest.hex().upper()} ) ; deSEC',))
    assert done.removed == (f'DS {csk.text}',)
    assert done.details['unknown'] == left.details['unknown'][:1]
    assert bind.texts(zone, 'DS') == texts(zone, KSK) | {OLD}
    again, = register(bind, zone, signers=BOTH[:1], remove=(csk.text,))
    assert not again.failed and not again.changed


def test_nothing_is_removed_before_every_server_shows_what_was_added(bind: RealBind, secondary: RealBind) -> None:
    zone = 'held.example'
    outcome, = register(bind, zone, others=(at(secondary),), remove=(OLD,), max_wait=0.3)
    assert outcome.failed and outcome.changed
    assert f'server {at(secondary)}: after 0.3 s it still does not show the DS set that was written' in outcome.msg
    assert (len(outcome.added), outcome.removed) == (2, ())
    assert bind.texts(zone, 'DS') == texts(zone, KSK, CSK) | {OLD}


def test_each_step_is_seen_before_the_next_and_removals_come_last(bind: RealBind) -> None:
    zone, new, old = 'order.example', 'ns1.example.net.', 'ns.order.example.'
    before: list[Any] = []

    async def write(parent: Parent, delegation: Delegation, step: Step) -> Written:
        before.append((step.rtype, bool(step.add), bool(step.remove), len(bind.texts(zone, 'DS')), delegated_to(bind, zone)[0]))
        return await nsupdate.write(parent, delegation, step)

    request: dict[str, Any] = dict(remove=(OLD,), ns_add=('ns1.example.net',), ns_remove=(old,))
    told, = register(bind, zone, check_mode=True, **request)
    assert told.msg == f'Would add 2 DS, would add 1 NS, would remove 1 NS, would remove 1 DS at {at(bind)}.'
    done, = register(bind, zone, channel=writing(write), **request)
    assert before == [
        ('DS', True, False, 1, {old}),
        ('NS', True, False, 3, {old}),
        ('NS', False, True, 3, {old, new}),
        ('DS', False, True, 3, {new}),
    ]
    assert done.msg == f'Added 2 DS, added 1 NS, removed 1 NS, removed 1 DS at {at(bind)}. Every server of the parent shows it.'
    assert (done.before, done.after, done.added, done.removed) == (told.before, told.after, told.added, told.removed)
    assert f'{zone}. IN NS {old}' in done.before and f'{zone}. IN NS {new}' in done.after
    assert (done.added[-1], done.removed[0]) == (f'NS {new}', f'NS {old}')
    assert done.details['present'][0]['ns'] == ['ns.order.example']
    assert delegated_to(bind, zone) == ({new}, 300)  # the TTL of those that were there
    assert bind.texts(zone, 'DS') == texts(zone, KSK, CSK)

    serial, updates = bind.serial('example'), bind.count('updating zone')
    again, = register(bind, zone, **request)
    assert (again.failed, again.changed, again.msg) == (False, False, 'The parent shows these DS and NS already.')
    assert (bind.serial('example'), bind.count('updating zone')) == (serial, updates)


def test_what_was_done_before_a_failure_is_told(bind: RealBind) -> None:
    zone = 'partial.example'

    async def only_ds(parent: Parent, delegation: Delegation, step: Step) -> Written:
        if step.rtype == 'NS':
            raise MultisignerError('refuses NS', zone=zone, remedy='Allow it')
        return await nsupdate.write(parent, delegation, step)

    outcome, = register(bind, zone, channel=writing(only_ds), remove=(OLD,), ns_add=('ns1.example.net',))
    assert outcome.failed and outcome.changed
    assert outcome.msg == f'zone {zone}: refuses NS. Allow it. Before that: added 2 DS.'
    assert (len(outcome.added), outcome.removed) == (2, ())
    assert len(outcome.after) == 1 + 2 + 1
    assert bind.texts(zone, 'DS') == texts(zone, KSK, CSK) | {OLD}


def test_the_last_ds_goes_only_when_the_zone_is_to_be_insecure(bind: RealBind) -> None:
    zone = 'insecure.example'
    refused, = register(bind, zone, signers=[], remove=(OLD,))
    assert refused.failed and 'the DS set would be empty' in refused.msg and 'set insecure: true' in refused.msg
    assert bind.texts(zone, 'DS') == {OLD}
    kept, = register(bind, zone, signers=[], insecure=True)
    assert not kept.changed and f'Left alone, since no listed key has it and "remove" does not name it: DS {OLD}.' in kept.msg
    done, = register(bind, zone, signers=[], remove=(OLD,), insecure=True)
    assert done.removed == (f'DS {OLD}',)
    assert bind.texts(zone, 'DS') == set()


def test_a_signer_whose_key_does_not_sign_keeps_the_ds_that_there_is(bind: RealBind) -> None:
    zone = 'signing.example'
    live: dict[str, Any] = {'servers': ('127.0.0.1',), 'port': bind.port}
    keys = {text.split()[0]: ' '.join(text.split()[:3]) + ' ' + ''.join(text.split()[3:]) for text in bind.texts(zone, 'DNSKEY')}
    register(bind, zone, signers=[signer('ns1', keys['257'], dnskeys=(), **live)])
    bind.add(zone, f'{zone}. 300 IN DNSKEY {CSK}')
    own = texts(zone, keys['257'])
    outcome, = register(bind, zone, signers=[signer('ns1', CSK, dnskeys=(), **live)], remove=tuple(own))
    assert outcome.failed and not outcome.changed
    assert 'does not sign the DNSKEY RRset at every server of signer ns1' in outcome.msg
    assert bind.texts(zone, 'DS') >= own


def test_a_new_ns_is_seen_everywhere_before_an_old_one_goes(bind: RealBind, secondary: RealBind) -> None:
    zone = 'slow.example'
    register(bind, zone, channel='export', others=(at(secondary),), ns_add=('ns1.desec.io',))
    outcome, = register(
        bind, zone, others=(at(secondary),), signers=[], insecure=True, ns_add=('ns1.desec.io',), ns_remove=('ns.slow.example',), max_wait=0.3
    )
    assert outcome.failed and outcome.changed
    assert 'it still does not show the NS set that was written: ns1.desec.io. is missing. The primary has it' in outcome.msg
    assert delegated_to(bind, zone)[0] == {'ns.slow.example.', 'ns1.desec.io.'}


def test_a_name_below_the_zone_needs_an_address_at_the_parent(bind: RealBind) -> None:
    zone, serial = 'glued.example', bind.serial('example')
    for check_mode in (True, False):
        refused, = register(bind, zone, ns_add=('ns4.glued.example', 'ns5.glued.example'), check_mode=check_mode)
        assert refused.failed and not refused.changed
        assert 'record "NS ns5.glued.example.": its name is at or below the zone, and the parent has no address (glue) of it' in refused.msg
        assert 'Put its A or AAAA record into the zone example first' in refused.msg
    assert bind.serial('example') == serial
    done, = register(bind, zone, ns_add=('ns4.glued.example', 'ns6.glued.example'))
    assert done.added[-2:] == ('NS ns4.glued.example.', 'NS ns6.glued.example.')
    updates = bind.count('updating zone')
    again, = register(bind, zone, ns_add=('ns4.glued.example', 'ns6.glued.example'))
    assert not again.failed and not again.changed
    assert bind.count('updating zone') == updates


def test_an_ns_that_changed_since_it_was_read_is_left_alone(bind: RealBind) -> None:
    zone = 'contested.example'

    async def somebody_else_first(parent: Parent, delegation: Delegation, step: Step) -> Written:
        if step.rtype == 'NS':
            bind.add('example', f'{zone}. 300 IN NS ns.somebody.example.')
        return await nsupdate.write(parent, delegation, step)

    register(bind, zone)
    outcome, = register(bind, zone, channel=writing(somebody_else_first), ns_add=('ns1.desec.io',))
    assert outcome.failed and not outcome.changed
    assert 'is no longer as it was read' in outcome.msg
    assert delegated_to(bind, zone)[0] == {'ns.contested.example.', 'ns.somebody.example.'}


def test_a_referral_is_no_authoritative_answer() -> None:
    def read(rcode: str = 'NOERROR', **sections: list[dns.rrset.RRset]) -> tuple[frozenset[NS], int]:
        answer = dns.message.make_response(dns.message.make_query('shop.example', 'NS'))
        answer.set_rcode(dns.rcode.from_text(rcode))
        answer.answer, answer.authority = sections.get('answer', []), sections.get('authority', [])
        return referral(dns.message.from_wire(answer.to_wire()), 'shop.example', Server('192.0.2.1'))

    records = [dns.rrset.from_text('shop.example.', 300, 'IN', 'NS', 'NS2.example.net.', 'ns1.example.net.')]
    assert read(authority=records) == ({NS('ns1.example.net'), NS('ns2.example.net')}, 300)
    assert read() == (frozenset(), 0)
    with pytest.raises(MultisignerError, match='serves the zone itself too'):
        read(answer=records)
    with pytest.raises(MultisignerError, match='answers REFUSED when asked for NS'):
        read('REFUSED', authority=records)


# -- what channels differ in ---------------------------------------------------------------------------------------------


def test_at_a_maximum_what_matches_no_signer_makes_room_first(bind: RealBind) -> None:
    zone = 'full.example'
    register(bind, zone, signers=BOTH[:1])
    before: list[Any] = []

    async def write(parent: Parent, delegation: Delegation, step: Step) -> Written:
        before.append((len(step.add), len(step.remove), len(bind.texts(zone, 'DS'))))
        return await nsupdate.write(parent, delegation, step)

    outcome, = register(bind, zone, channel=writing(write, maximum=2), remove=(OLD,))
    assert before == [(0, 1, 2), (1, 0, 1)]
    assert outcome.changed and not outcome.failed, outcome.msg
    assert outcome.msg.startswith('Removed 1 DS, added 1 DS at')
    assert bind.texts(zone, 'DS') == texts(zone, KSK, CSK)


def test_a_maximum_never_makes_a_key_go_that_somebody_publishes(bind: RealBind) -> None:
    zone = 'crowded.example'
    register(bind, zone)
    serial = bind.serial('example')
    leaver = DNSKEY.parse(CSK).ds(zone).text
    new = '257 3 13 ' + 86 * 'A' + '=='
    ns1 = signer('ns1', KSK, new, dnskeys=(KSK, new, CSK))
    outcome, = register(bind, zone, signers=[ns1], channel=writing(nsupdate.write, maximum=2), remove=(leaver,))
    assert outcome.failed and not outcome.changed
    assert 'the parent takes 2 DS or keys at most and would have 3' in outcome.msg
    assert bind.serial('example') == serial


def test_a_maximum_never_leaves_a_zone_with_no_ds_that_is_wanted(bind: RealBind) -> None:
    zone = 'packed.example'
    outcome, = register(bind, zone, signers=BOTH[:1], channel=writing(nsupdate.write, maximum=1), remove=(OLD,))
    assert outcome.failed and 'does not make enough room' in outcome.msg
    assert bind.texts(zone, 'DS') == {OLD}


def test_a_parent_that_takes_its_time_is_no_failure_and_nothing_goes_on_from_there(bind: RealBind, monkeypatch: pytest.MonkeyPatch) -> None:
    zone = 'later.example'
    monkeypatch.setattr(publish, 'GLANCE', 0.2)
    given: list[Step] = []

    async def give(parent: Parent, delegation: Delegation, step: Step) -> Written:
        given.append(step)
        return Written()

    outcome, = register(bind, zone, channel=replace(writing(give, asynchronous=True), name='Registrar'), ns_add=('ns1.desec.io',))
    assert [step.rtype for step in given] == ['DS']  # the NS wait until the DS are seen
    assert (outcome.changed, outcome.failed, outcome.details['pending']) == (True, False, True)
    assert outcome.msg.startswith(f'Added 2 DS at Registrar, but {at(bind)} does not show it yet. Run again later')
    assert len(outcome.added) == 2


def test_what_was_given_before_is_waited_for_and_not_given_again(bind: RealBind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, 'GLANCE', 0.2)

    async def nothing_to_send(parent: Parent, delegation: Delegation) -> tuple[str, ...]:
        return ()

    async def had(parent: Parent, delegation: Delegation, step: Step) -> Written:
        return Written(changed=False)

    channel = Writing(replace(nsupdate.CAPABILITIES, asynchronous=True), nothing_to_send, had, 'Registrar')
    for check_mode in (True, False):
        outcome, = register(bind, 'given.example', channel=channel, check_mode=check_mode)
        assert (outcome.changed, outcome.failed, outcome.details['pending']) == (False, False, True)
        assert outcome.msg.startswith('There is nothing more to give to Registrar now, but')
        assert outcome.added == ()


def test_a_parent_that_makes_the_ds_itself_may_make_more_of_a_key(bind: RealBind) -> None:
    zone = 'keyed.example'

    async def both_digests(parent: Parent, delegation: Delegation, step: Step) -> Written:
        for key in (KSK, CSK):
            for number in (2, 4):
                bind.add('example', f'{zone}. 300 IN DS {DNSKEY.parse(key).ds(zone, number).text}')
        return Written()

    as_ds, = register(bind, zone, channel=writing(both_digests), max_wait=0.2)
    assert as_ds.failed and 'is too much' in as_ds.msg
    bind.remove('example', zone, 'DS')
    as_keys, = register(bind, zone, channel=writing(both_digests, interface='key'), max_wait=0.2)
    assert as_keys.changed and not as_keys.failed, as_keys.msg


def test_a_channel_that_takes_no_ns_says_so(bind: RealBind) -> None:
    outcome, = register(bind, 'plain.example', channel=writing(nsupdate.write, edits_ns=False), ns_add=('ns1.desec.io',))
    assert outcome.failed and 'its channel to the parent takes no NS' in outcome.msg
    assert bind.texts('plain.example', 'DS') == set()


# -- what is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('zone, options, message', [
    ('bare.example', {}, 'has no NS for it, and a DS without a delegation would be dropped'),
    ('unheard-of.example', {}, 'the zone is not delegated'),
    ('fresh.closed', {}, r'refuses the update of DS \(REFUSED\)'),
    ('fresh.closed', {}, 'grant multisigner name fresh.closed. DS;'),
    ('fresh.closed', {'ns_add': ('ns1.desec.io',)}, 'grant multisigner name fresh.closed. DS NS;'),
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
    ('refused.example', {'remove': (DNSKEY.parse(KSK).ds('refused.example').text,)}, 'of a key that a listed signer is to keep'),
    ('refused.example', {'remove': (f'other.example. IN DS {OLD}',)}, 'it belongs to zone other.example'),
    ('refused.example', {'remove': ('DS 1 13 2 0101',)}, 'malformed DS: a digest of type 2 has 32 bytes'),
    ('refused.example', {'ns_remove': ('ns.refused.example',)}, 'the zone would have no NS at the parent'),
    ('refused.example', {'ns_add': ('ns1',)}, 'is not the whole name of a host'),
    ('bare.example', {'ns_add': ('ns1.desec.io',)}, 'the zone is not delegated'),
    ('live.example', {'ns_add': ('ns1.desec.io',)}, 'serves the zone itself too'),
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
    split, = register(bind, 'split.example', others=(at(secondary),), ns_add=('ns1.desec.io',))
    assert split.failed and not split.changed
    assert f'server {at(secondary)}: shows another NS set than {at(bind)}: more: ns.elsewhere.example.' in split.msg
    assert [len(seen['ds']) for seen in outcome.details['present']] == [2, 0]
    assert bind.count('updating zone') == updates


def test_what_a_secondary_does_not_show_in_time_is_a_failure_that_says_so(bind: RealBind, secondary: RealBind) -> None:
    outcome, = register(bind, 'lagging.example', others=(at(secondary),), max_wait=0.3)
    assert outcome.failed and outcome.changed
    assert f'server {at(secondary)}: after 0.3 s it still does not show the DS set that was written' in outcome.msg
    assert 'The primary has it: see the transfers to this server' in outcome.msg


def test_a_server_that_says_noerror_and_does_nothing_is_found_out(bind: RealBind) -> None:
    async def pretend(parent: Parent, delegation: Delegation, step: Step) -> Written:
        return Written()

    outcome, = register(bind, 'refused.unsigned', channel=writing(pretend), max_wait=0.1)
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
