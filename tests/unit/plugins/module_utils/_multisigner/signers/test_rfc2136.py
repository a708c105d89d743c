# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Foreign keys at a real BIND that signs by dnssec-policy, by RFC 2136: what it takes, what it ignores, what it refuses, and servers that are no use."""
from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any, Iterator

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import CSYNC, DNSKEY, DS, NS, Record, parse_record
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.drivers import DRIVERS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome, Request
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import LiveRRset, Server, Tsig
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers import rfc2136
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.rfc2136 import Published, Signer, compute, updates
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.update import ChangedMeanwhileError, send
from ansible_collections.dnssec.multisigner.tests.support.bad_dns_server import BadDnsServer
from ansible_collections.dnssec.multisigner.tests.support.real_bind import KEY_NAME, KEY_SECRET, NAMED, UPDATES, RealBind

needs_named = pytest.mark.skipif(NAMED is None, reason='named is not installed')

FOREIGN = DNSKEY.parse('257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==')
OTHER = DNSKEY.parse('256 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA==')
TSIG = Tsig(KEY_NAME, 'hmac-sha256', KEY_SECRET)
DYNAMIC = 'dnssec-policy plain; inline-signing no; '
ONLY_KEYS = UPDATES.replace(' CDS CDNSKEY', '')
WITH_NS = UPDATES.replace('CDNSKEY', 'CDNSKEY NS CSYNC')


@pytest.fixture(scope='module')
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBind]:
    # one zone for each test that writes, so that none depends on another
    names = ('shop', 'leave', 'own', 'successor', 'check', 'ttl', 'reported', 'good', 'read')
    zones = {f'{name}.example': DYNAMIC + UPDATES for name in names}
    zones['onlykeys.example'] = DYNAMIC + ONLY_KEYS
    zones['inline.example'] = 'dnssec-policy plain; inline-signing yes; ' + UPDATES
    zones['closed.example'] = DYNAMIC + 'update-policy { grant somebody name closed.example. TXT; };'
    zones['static.example'] = 'dnssec-policy plain; inline-signing yes;'
    zones['unsigned.example'] = UPDATES
    zones.update({f'{name}.example': DYNAMIC + WITH_NS for name in ('ns', 'lastns', 'quiet', 'nslag', 'csync')})
    with RealBind(tmp_path_factory.mktemp('bind'), zones) as running:
        yield running


@pytest.fixture(scope='module')
def secondary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBind]:
    """A public server that no transfer reaches."""
    with RealBind(tmp_path_factory.mktemp('secondary'), {'read.example': '', 'nslag.example': ''}) as running:
        yield running


def at(running: Any) -> Server:
    return Server('127.0.0.1', running.port)


def records(zone: str, key: DNSKEY = FOREIGN) -> list[str]:
    return [f'CDS {key.ds(zone).text}', f'CDNSKEY {key.text}', f'DNSKEY {key.text}']


def bring(
    primary: Server, zone: str, add: Any = (), remove: Any = (), check_mode: bool = False, servers: tuple[Server, ...] = (), tsig: Tsig = TSIG,
    timeout: float = 5, max_wait: float = 30,
) -> Outcome:
    signer = Signer(primary, tsig, servers or (primary,), timeout, max_wait)
    outcome, = signer.apply([dict(name=zone, add=list(add), remove=list(remove))], check_mode)
    return outcome


def values(bind: RealBind, zone: str, rtype: str) -> set[Any]:
    return {parse_record(f'{rtype} {text}', zone).rdata for text in bind.texts(zone, rtype)}


# -- what BIND takes ----------------------------------------------------------------------------------------------------


@needs_named
def test_foreign_records_are_published_once_beside_the_own_keys(bind: RealBind) -> None:
    zone = 'shop.example'
    own = values(bind, zone, 'DNSKEY')
    outcome = bring(at(bind), zone, records(zone))
    assert (outcome.changed, outcome.failed, outcome.msg) == (True, False, 'Added 3, removed 0.')
    assert set(outcome.added) == set(records(zone))
    assert values(bind, zone, 'DNSKEY') == own | {FOREIGN}
    assert FOREIGN in values(bind, zone, 'CDNSKEY') and FOREIGN.ds(zone) in values(bind, zone, 'CDS')

    serial, count = bind.serial(zone), bind.count('updating zone')
    again = bring(at(bind), zone, records(zone))
    assert (again.changed, again.failed, again.msg) == (False, False, 'Nothing differs.')
    assert again.before == again.after
    assert (bind.serial(zone), bind.count('updating zone')) == (serial, count)


@needs_named
def test_foreign_records_leave_again_and_the_own_keys_stay(bind: RealBind) -> None:
    zone = 'leave.example'
    own = values(bind, zone, 'DNSKEY')
    bring(at(bind), zone, [*records(zone), f'DNSKEY {OTHER.text}'])
    outcome = bring(at(bind), zone, [f'DNSKEY {OTHER.text}'], records(zone))
    assert (outcome.failed, set(outcome.removed), outcome.added) == (False, set(records(zone)), ())
    assert values(bind, zone, 'DNSKEY') == own | {OTHER}
    assert not values(bind, zone, 'CDS') and not values(bind, zone, 'CDNSKEY')
    serial = bind.serial(zone)
    assert not bring(at(bind), zone, (), records(zone)).changed
    assert bind.serial(zone) == serial


@needs_named
def test_check_mode_tells_the_same_and_sends_no_update(bind: RealBind) -> None:
    zone = 'check.example'
    serial, count = bind.serial(zone), bind.count('updating zone')
    told = bring(at(bind), zone, records(zone), check_mode=True)
    assert (told.changed, told.msg) == (True, 'Would add 3, would remove 0.')
    assert (bind.serial(zone), bind.count('updating zone')) == (serial, count)
    done = bring(at(bind), zone, records(zone))
    assert (done.before, done.after, done.added) == (told.before, told.after, told.added)


@needs_named
def test_an_rrset_keeps_its_ttl(bind: RealBind) -> None:
    zone = 'ttl.example'
    before = bind.ask(zone, 'DNSKEY').answer[0].ttl
    bind.add(zone, f'{zone}. 77 IN CDNSKEY {OTHER.text}')
    assert not bring(at(bind), zone, records(zone)).failed
    assert [bind.ask(zone, rtype).answer[0].ttl for rtype in ('DNSKEY', 'CDNSKEY', 'CDS')] == [before, 77, before]


# -- what is the signer's own -------------------------------------------------------------------------------------------


@needs_named
def test_a_key_that_signs_there_is_not_removed(bind: RealBind) -> None:
    zone = 'own.example'
    serial = bind.serial(zone)
    own = values(bind, zone, 'DNSKEY')
    assert len(own) == 2  # a KSK, which signs the keys, and a ZSK, which signs the rest
    for key in own:
        outcome = bring(at(bind), zone, (), [f'DNSKEY {key.text}'])
        assert outcome.failed and not outcome.changed
        assert "is the signer's own and is not removed" in outcome.msg and str(key.tag) in outcome.msg
    assert values(bind, zone, 'DNSKEY') == own
    assert bind.serial(zone) == serial


@needs_named
@pytest.mark.parametrize('rtype', ['CDS', 'CDNSKEY'])
def test_nor_is_what_points_to_it(bind: RealBind, rtype: str) -> None:
    zone = 'own.example'
    own = next(key for key in values(bind, zone, 'DNSKEY') if key.is_sep)
    text = f'CDS {own.ds(zone).text}' if rtype == 'CDS' else f'CDNSKEY {own.text}'
    bind.add(zone, f'{zone}. 300 IN {text}')
    outcome = bring(at(bind), zone, (), [text])
    assert outcome.failed and "is the signer's own" in outcome.msg
    assert len(values(bind, zone, rtype)) == 1


@needs_named
def test_what_bind_ignores_with_noerror_is_found_out(bind: RealBind, monkeypatch: pytest.MonkeyPatch) -> None:
    zone = 'own.example'
    own = next(key for key in values(bind, zone, 'DNSKEY') if key.is_sep)
    monkeypatch.setattr(rfc2136.Published, 'refuse_own', lambda self, record, zone: None)  # as if it could not be told
    outcome = bring(at(bind), zone, (), [f'DNSKEY {own.text}'], max_wait=0.3)
    assert outcome.failed
    assert f'DNSKEY {own} is still there' in outcome.msg
    assert 'It said NOERROR and ignored the change. BIND does so for a key of its own' in outcome.msg
    assert own in values(bind, zone, 'DNSKEY')


@needs_named
def test_nor_is_an_own_key_that_signs_nothing_yet(bind: RealBind) -> None:
    zone = 'successor.example'
    own = [f'DNSKEY {OTHER.text}']  # the next ZSK, as BIND publishes it long before it signs
    told = {zone: own, 'shop.example': records('shop.example')}
    bind.add(zone, f'{zone}. 300 IN {own[0]}')
    bring(at(bind), zone, records(zone))
    outcome, = Signer(at(bind), TSIG, (), 5, 30, told).apply([dict(name=zone, add=[], remove=[*own, *records(zone)])], False)
    assert outcome.failed and not outcome.changed
    assert "is the signer's own and is not removed: the server has its private key" in outcome.msg and 'Take it out of "remove"' in outcome.msg
    assert {OTHER, FOREIGN} <= values(bind, zone, 'DNSKEY')
    outcome, = Signer(at(bind), TSIG, (), 5, 30, told).apply([dict(name=zone, add=[], remove=records(zone))], False)
    assert not outcome.failed and OTHER in values(bind, zone, 'DNSKEY')  # another zone's own keys are not this one's


@pytest.mark.parametrize('number', range(3))
def test_nor_what_points_to_such_a_key(number: int) -> None:
    record = parse_record(records('shop.example')[number], 'shop.example')
    shown = Published(published(record).rrsets, frozenset(), frozenset((FOREIGN,)))
    with pytest.raises(MultisignerError, match="the signer's own"):
        compute(Request('shop.example', remove=(record,)), shown)
    assert compute(Request('shop.example', remove=(record,)), Published(shown.rrsets, frozenset(), frozenset((OTHER,)))) == ((), (record,))


OWN, OLD = DNSKEY(257, 3, 13, 64 * b'\1'), DNSKEY(257, 3, 13, 64 * b'\2')


def shows(*records: Record, signing: frozenset[tuple[int, int]] = frozenset()) -> Published:
    """A server that has the private parts of OWN and OLD."""
    rrsets = {rtype: LiveRRset(60, frozenset(record for record in records if record.rtype == rtype)) for rtype in ('DNSKEY', 'CDNSKEY', 'CDS')}
    return Published(rrsets, signing or frozenset({(OWN.tag, 13), (OLD.tag, 13)}), frozenset((OWN, OLD)))


def test_a_cds_of_an_own_key_goes_where_the_server_speaks_for_the_next_key_only_and_the_rrset_is_written_anew() -> None:
    zone = 'shop.example'
    rolled, stays = Record('CDS', OLD.ds(zone, 4)), Record('CDS', OWN.ds(zone))
    shown = shows(Record('CDNSKEY', OWN), stays, rolled)
    assert compute(Request(zone, remove=(rolled,)), shown) == ((), (rolled,))
    update, = updates(zone, (), (rolled,), shown)
    assert update.anew and update.expect == ('CDS', frozenset({stays.rdata, rolled.rdata})) and update.remove == (('CDS', rolled.rdata),)
    foreign = Record('CDS', FOREIGN.ds(zone))
    update, = updates(zone, (), (foreign,), shows(Record('CDNSKEY', OWN), stays, foreign))
    assert not update.anew and update.expect is None


@pytest.mark.parametrize('spoken', [(), (OWN, OLD), (OLD,), (FOREIGN,)])
def test_a_cds_of_an_own_key_stays_where_the_server_speaks_for_it_or_for_none_of_its_keys(spoken: tuple[DNSKEY, ...]) -> None:
    zone = 'shop.example'
    own = Record('CDS', OLD.ds(zone, 4))
    shown = shows(own, *(Record('CDNSKEY', key) for key in spoken))
    with pytest.raises(MultisignerError, match="the signer's own"):
        compute(Request(zone, remove=(own,)), shown)


@pytest.mark.parametrize('rtype', ['DNSKEY', 'CDNSKEY'])
def test_of_a_key_that_was_rolled_only_cds_go(rtype: str) -> None:
    own = Record(rtype, OLD)
    with pytest.raises(MultisignerError, match="the signer's own"):
        compute(Request('shop.example', remove=(own,)), shows(own, *([Record('CDNSKEY', OWN)])))


@needs_named
def test_bind_before_9_20_takes_the_cds_rrset_written_anew_and_keeps_a_cds_of_its_own_key_that_is_deleted_alone(bind: RealBind) -> None:
    zone = 'own.example'
    key = next(key for key in values(bind, zone, 'DNSKEY') if key.is_sep)
    more = Record('CDS', key.ds(zone, 4))
    before = values(bind, zone, 'CDS')
    bind.add(zone, f'{zone}. 300 IN {more.text}')
    assert values(bind, zone, 'CDS') == before | {more.rdata}
    live = LiveRRset(300, frozenset(Record('CDS', value) for value in before | {more.rdata}))
    anew, = updates(zone, (), (more,), Published({'CDS': live}, frozenset({(key.tag, key.algorithm)})))
    is_kept = bind.version >= (9, 20)  # whose policy names the digest types, so that it withdraws all of them by itself
    for update, after in ((replace(anew, expect=None, anew=False), before | {more.rdata}), (anew, before | ({more.rdata} if is_kept else set()))):
        asyncio.run(send(update, at(bind), TSIG, 5, ''))
        assert values(bind, zone, 'CDS') == after
    if not is_kept:
        with pytest.raises(ChangedMeanwhileError):
            asyncio.run(send(anew, at(bind), TSIG, 5, ''))  # it is no longer as it was read


def test_own_keys_that_cannot_be_read_are_not_taken_for_none() -> None:
    for text in ('DNSKEY 257 3', f'other.example. DNSKEY {OTHER.text}', f'CDNSKEY {OTHER.text}'):
        with BadDnsServer('refusing') as bad:
            outcome, = Signer(at(bad), TSIG, (), 5, 30, {'shop.example': [text]}).apply([dict(name='shop.example', add=[], remove=[])], False)
        assert outcome.failed and not bad.questions


# -- NS records ---------------------------------------------------------------------------------------------------------


def ns_records(bind: RealBind, zone: str) -> set[str]:
    return bind.texts(zone, 'NS')


@needs_named
def test_all_ns_records_are_replaced_in_one_update_that_keeps_their_ttl(bind: RealBind) -> None:
    zone = 'ns.example'
    serial = bind.serial(zone)
    outcome = bring(at(bind), zone, ['NS ns1.desec.example', 'NS ns2.desec.example.'], [f'NS ns.{zone}'])
    assert (outcome.failed, outcome.msg) == (False, 'Added 2, removed 1.')
    assert f'NS ns.{zone}.' in outcome.before and 'NS ns1.desec.example.' in outcome.after
    assert ns_records(bind, zone) == {'ns1.desec.example.', 'ns2.desec.example.'}
    assert bind.ask(zone, 'NS').answer[0].ttl == 300
    assert bind.serial(zone) == serial + 1  # a second update could be lost between the two
    count = bind.count('updating zone')
    assert not bring(at(bind), zone, ['NS NS1.desec.example'], [f'NS ns.{zone}.']).changed
    assert bind.count('updating zone') == count


@needs_named
def test_the_last_ns_record_stays(bind: RealBind) -> None:
    zone = 'lastns.example'
    serial = bind.serial(zone)
    for add in ([], [f'DNSKEY {OTHER.text}']):
        outcome = bring(at(bind), zone, add, [f'NS ns.{zone}.', 'NS ns1.desec.example.'])
        assert outcome.failed and not outcome.changed
        assert f'zone {zone}: to remove NS ns.{zone}. would leave it without any NS record' in outcome.msg
    assert (ns_records(bind, zone), bind.serial(zone)) == ({f'ns.{zone}.'}, serial)
    assert not bring(at(bind), zone, (), ['NS ns1.desec.example.']).failed  # nothing to remove


@needs_named
def test_without_the_grant_the_refusal_says_which_is_needed(bind: RealBind) -> None:
    zone = 'read.example'
    outcome = bring(at(bind), zone, ['NS ns1.desec.example.'])
    assert outcome.failed and not outcome.changed
    assert 'refuses the update of NS (REFUSED)' in outcome.msg
    assert f'update-policy {{ grant {KEY_NAME} name {zone}. DNSKEY CDS CDNSKEY NS; }};' in outcome.msg


@needs_named
def test_where_no_ns_record_is_asked_for_nobody_looks_at_them(bind: RealBind) -> None:
    zone = 'quiet.example'
    before = ns_records(bind, zone)
    with BadDnsServer('refusing') as bad:
        bring(at(bad), zone, records(zone))
    assert bad.questions and not [question for question in bad.questions if question.endswith(' NS')]
    outcome = bring(at(bind), zone, records(zone))
    assert not [line for line in outcome.before + outcome.after if line.startswith('NS ')]
    assert ns_records(bind, zone) == before


@needs_named
def test_a_public_server_that_lags_behind_with_ns_records_is_named(bind: RealBind, secondary: RealBind) -> None:
    zone = 'nslag.example'
    outcome = bring(at(bind), zone, ['NS ns1.desec.example.'], servers=(at(bind), at(secondary)), max_wait=0.3)
    assert outcome.failed and outcome.changed
    assert f'server {at(secondary)}: after 0.3 s it still does not publish what was written: NS ns1.desec.example is missing' in outcome.msg


# -- what BIND refuses --------------------------------------------------------------------------------------------------


@needs_named
@pytest.mark.parametrize('zone, rtypes, message', [
    # with inline-signing, BIND before 9.20 applies updates to the unsigned zone
    ('inline.example', ('DNSKEY',), 'inline-signing yes'),
    ('inline.example', ('CDS',), 'inline-signing yes'),
    ('static.example', ('DNSKEY',), 'update-policy { grant multisigner name static.example. DNSKEY CDS CDNSKEY; };'),
    ('closed.example', ('DNSKEY',), 'update-policy { grant multisigner name closed.example. DNSKEY CDS CDNSKEY; };'),
    ('unsigned.example', ('DNSKEY',), 'serves the zone unsigned'),
    ('unheard-of.example', ('DNSKEY',), 'answers REFUSED when asked for DNSKEY'),
])
def test_a_zone_that_takes_no_keys(bind: RealBind, zone: str, rtypes: tuple[str, ...], message: str) -> None:

    if zone == 'inline.example' and bind.version >= (9, 20):
        pytest.skip('BIND 9.20 and newer takes keys here')
    outcome = bring(at(bind), zone, [text for text in records(zone) if text.split()[0] in rtypes])
    assert outcome.failed and not outcome.changed
    assert f'zone {zone}, server {at(bind)}' in outcome.msg and message in outcome.msg


@needs_named
def test_a_cds_of_an_algorithm_without_a_key(bind: RealBind) -> None:
    outcome = bring(at(bind), 'good.example', ['CDS 4711 8 2 ' + 64 * 'a'])
    assert outcome.failed and not outcome.changed
    assert 'refuses the update of CDS (REFUSED)' in outcome.msg
    assert 'while no DNSKEY of its algorithm is in the zone' in outcome.msg


@needs_named
def test_of_a_half_done_change_it_is_told_what_was_accepted(bind: RealBind) -> None:
    zone = 'onlykeys.example'
    outcome = bring(at(bind), zone, records(zone))
    assert outcome.failed and outcome.changed
    assert outcome.added == (f'DNSKEY {FOREIGN.text}',)
    assert f'These updates were accepted: DNSKEY {FOREIGN.text}.' in outcome.msg
    assert 'refuses the update of CDNSKEY (REFUSED)' in outcome.msg


@needs_named
@pytest.mark.parametrize('tsig, message', [
    (Tsig(KEY_NAME, 'hmac-sha256', 'AAAA'), 'Write the same secret on both sides'),
    (Tsig('stranger', 'hmac-sha256', KEY_SECRET), 'does not know TSIG key stranger'),
    (Tsig(KEY_NAME, 'hmac-sha512', KEY_SECRET), f'does not know TSIG key {KEY_NAME}'),
    (Tsig(KEY_NAME, 'rot13', KEY_SECRET), 'the algorithm rot13 is not known'),
])
def test_a_wrong_tsig_key(bind: RealBind, tsig: Tsig, message: str) -> None:
    outcome = bring(at(bind), 'good.example', records('good.example'), tsig=tsig)
    assert outcome.failed and message in outcome.msg
    assert KEY_SECRET not in outcome.msg


@needs_named
def test_a_bad_zone_does_not_stop_the_others(bind: RealBind) -> None:
    signer = Signer(at(bind), TSIG, (), 5, 30)
    zones = ['unheard-of.example', 'good.example', 'not a name', 'unsigned.example']
    outcomes = signer.apply([dict(name=zone, add=[f'DNSKEY {OTHER.text}'], remove=[]) for zone in zones], False)
    assert [outcome.failed for outcome in outcomes] == [True, False, True, True]
    assert OTHER in values(bind, 'good.example', 'DNSKEY')


# -- servers ------------------------------------------------------------------------------------------------------------


@needs_named
def test_a_public_server_that_lags_behind_is_named(bind: RealBind, secondary: RealBind) -> None:
    outcome = bring(at(bind), 'read.example', records('read.example'), servers=(at(bind), at(secondary)), max_wait=0.3)
    assert outcome.failed and outcome.changed
    assert f'server {at(secondary)}: after 0.3 s it still does not publish what was written' in outcome.msg
    assert f'DNSKEY {FOREIGN} is missing' in outcome.msg


@pytest.mark.parametrize('behaviour, message', [
    ('lame', 'does not sign its answer'),
    ('refusing', 'does not sign its answer'),
    ('silent', 'does not answer'),
    ('truncating', 'does not sign its answer|does not answer over TCP'),  # dnspython before 2.7 sees first that it is truncated
])
def test_a_useless_primary_is_an_error_and_gets_no_update(behaviour: str, message: str, caplog: pytest.LogCaptureFixture) -> None:
    with BadDnsServer(behaviour) as bad:
        outcome = bring(at(bad), 'shop.example', records('shop.example'), timeout=0.3)
    assert outcome.failed and f'server {at(bad)}' in outcome.msg and re.search(message, outcome.msg)
    assert not [question for question in bad.questions if question.startswith('UPDATE')]
    assert not caplog.records  # asyncio tells there of questions that were left behind


def test_a_silent_primary_costs_one_timeout_however_many_zones() -> None:
    with BadDnsServer('silent') as bad:
        signer = Signer(at(bad), TSIG, (), 0.2, 0.2)
        outcomes = signer.apply([dict(name=f'zone{number}.example', add=records(f'zone{number}.example'), remove=[]) for number in range(200)], False)
    assert all(outcome.failed and 'does not answer' in outcome.msg for outcome in outcomes)
    assert len({question.split()[1] for question in bad.questions}) < 100


# -- what is computed ---------------------------------------------------------------------------------------------------


def published(*found: Record, signing: DNSKEY = OTHER) -> Published:
    rrsets = {rtype: LiveRRset(300, frozenset(record for record in found if record.rtype == rtype)) for rtype in ('DNSKEY', 'CDS', 'CDNSKEY')}
    return Published(rrsets, frozenset(((signing.tag, signing.algorithm),)))


def test_keys_come_first_and_go_last() -> None:
    old = [parse_record(text, 'shop.example') for text in records('shop.example', DNSKEY(257, 3, 13, 64 * b'o'))]
    new = [parse_record(text, 'shop.example') for text in records('shop.example')]
    sent = updates('shop.example', new, old, published(*old))
    assert [([rtype for rtype, _unused in update.add], [rtype for rtype, _unused in update.remove]) for update in sent] == [
        (['DNSKEY'], []), (['CDNSKEY'], ['CDNSKEY']), (['CDS'], ['CDS']), ([], ['DNSKEY']),
    ]


def test_ns_records_change_when_the_keys_are_there_and_before_old_ones_go_and_the_new_come_first() -> None:
    texts = [*records('shop.example'), 'NS ns1.example']
    new = [parse_record(text, 'shop.example') for text in texts]
    old = [parse_record(text, 'shop.example') for text in [*records('shop.example', DNSKEY(257, 3, 13, 64 * b'o')), 'NS ns2.example']]
    shown = published(*old)
    shown = Published({**shown.rrsets, 'NS': LiveRRset(77, frozenset(old[-1:]))}, shown.signing)
    sent = updates('shop.example', new, old, shown)
    assert [{rtype for rtype, _unused in (*update.add, *update.remove)} for update in sent] == [{'DNSKEY'}, {'CDNSKEY'}, {'CDS'}, {'NS'}, {'DNSKEY'}]
    assert [rrset.to_text() for rrset in sent[3].message().update] == ['shop.example. 77 IN NS ns1.example.', 'shop.example. 0 NONE NS ns2.example.']
    assert not sent[0].remove and not sent[-1].add


def test_a_csync_is_there_only_while_no_ns_is_being_changed() -> None:
    old, new, ns = CSYNC.of(['NS']), CSYNC.of(['NS', 'A', 'AAAA']), NS('ns9.example')
    rrsets = {**dict.fromkeys(('DNSKEY', 'CDS', 'CDNSKEY', 'NS'), LiveRRset(60)), 'CSYNC': LiveRRset(60, frozenset([Record('CSYNC', old)]))}
    told = updates('shop.example', [Record('CSYNC', new), Record('NS', ns)], [Record('CSYNC', old)], Published(rrsets, frozenset()))
    assert [(update.add, update.remove) for update in told] == [((), (('CSYNC', old),)), ((('NS', ns),), ()), ((('CSYNC', new),), ())]


@needs_named
def test_a_csync_comes_by_update_and_goes(bind: RealBind) -> None:
    zone, csync = 'csync.example', 'CSYNC 0 1 A NS AAAA'
    outcome = bring(at(bind), zone, [csync])
    assert (outcome.failed, outcome.added) == (False, (csync,)), outcome.msg
    assert bind.texts(zone, 'CSYNC') == {'0 1 A NS AAAA'}
    assert not bring(at(bind), zone, [csync]).changed
    outcome = bring(at(bind), zone, [], [csync])
    assert (outcome.failed, outcome.removed) == (False, (csync,)), outcome.msg
    assert not bind.texts(zone, 'CSYNC')


def test_ns_records_are_edited_by_update_and_not_in_a_zone_file() -> None:
    assert (DRIVERS['bind'].edits_ns, DRIVERS['bind_signzone'].edits_ns) == (True, False)


def test_a_message_deletes_single_records_and_never_an_rrset() -> None:
    old = Record('DNSKEY', FOREIGN)
    update, = updates('shop.example', (), (old,), published(old))
    deletion, = update.message().update
    assert (deletion.deleting.name, len(deletion)) == ('NONE', 1)  # RFC 2136 section 2.5.4; class ANY would take the whole RRset


def test_a_foreign_key_with_the_tag_of_an_own_one_stays_to_be_safe() -> None:
    twin = DNSKEY(257, 3, 13, FOREIGN.key[2:4] + FOREIGN.key[:2] + FOREIGN.key[4:])
    assert twin.tag == FOREIGN.tag and twin != FOREIGN
    request = Request('shop.example', remove=(Record('DNSKEY', twin),))
    with pytest.raises(MultisignerError, match='own'):
        compute(request, published(Record('DNSKEY', twin), signing=FOREIGN))


def test_what_is_not_there_need_not_be_removed() -> None:
    request = Request('shop.example', remove=(Record('CDS', DS(1, 13, 2, 32 * b'1')),))
    assert compute(request, published()) == ((), ())
