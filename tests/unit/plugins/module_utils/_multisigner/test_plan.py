# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan as the story of a zone whose two signers, ns1 (BIND: a KSK and a ZSK) and desec (one CSK), come together."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, DS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import Group, Parent, Signer
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.journal import Fact, Memory
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.observation import (
    ParentServerView,
    ParentView,
    ServerView,
    SignerView,
    ZoneObservation,
)
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.plan import plan
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.situation import ALGORITHM_EVERYWHERE, KEY_EVERYWHERE

ZONE = 'shop.example'
NOW = 1_800_000_000
TTL = 3600


def key(number: int, flags: int = 257, algorithm: int = 13) -> DNSKEY:
    if algorithm == 8:
        return DNSKEY(flags, 3, 8, b'\x03\x01\x00\x01' + bytes([0x80 + number]) * 256)
    return DNSKEY(flags, 3, algorithm, bytes([number]) * 64)


KSK, ZSK, CSK = key(1), key(2, flags=256), key(3)
SIGNERS = (Signer('ns1', 'bind', ('192.0.2.1',)), Signer('desec', 'desec', ('192.0.2.3', '192.0.2.4')))
GROUP = Group(ZONE, SIGNERS, Parent('registry', 'nsupdate', ('198.51.100.1',)), max_ttl=TTL)


def ns1(*foreign: DNSKEY, own=(KSK, ZSK), **changes) -> SignerView:
    view = ServerView(
        '192.0.2.1', authenticated='tsig', dnskeys=frozenset(own) | frozenset(foreign), dnskey_ttl=TTL, negative_ttl=300,
        signs_keys=frozenset(k for k in own if k.is_sep), signs_zone=frozenset(k for k in own if not k.is_sep),
        ns=frozenset(['ns1.example', 'ns.desec.example']),
    )
    return SignerView('ns1', (replace(view, **changes),))


def desec(*foreign: DNSKEY, own=CSK, **changes) -> SignerView:
    views = tuple(
        replace(
            ServerView(
                address, authenticated='api', dnskeys=frozenset([own, *foreign]), dnskey_ttl=TTL, negative_ttl=300, signs_keys=frozenset([own]),
                signs_zone=frozenset([own]), ns=frozenset(['ns1.example', 'ns.desec.example']),
            ),
            **changes,
        )
        for address in ('192.0.2.3', '192.0.2.4')
    )
    return SignerView('desec', views, prepublishes=False, by_api=frozenset([own]))


def registry(*ds, error='') -> ParentView:
    return ParentView('registry', 'example', (ParentServerView('198.51.100.1', error=error, ds=frozenset(ds), ds_ttl=86400),))


def seen(*signers: SignerView, parent: ParentView = None) -> ZoneObservation:
    return ZoneObservation(ZONE, NOW, signers, parent or registry())


def together(**changes) -> ZoneObservation:
    """Both signers publish all keys."""
    return seen(ns1(CSK, **changes), desec(KSK, ZSK))


def journal(*facts: Fact):
    return Memory({fact.key: fact for fact in facts}, NOW)


def since(time: int, *keys: DNSKEY, ttl: int = TTL):
    return journal(*(Fact(KEY_EVERYWHERE, k.text, time, ttl) for k in keys), *(Fact(ALGORITHM_EVERYWHERE, str(k.algorithm), time, ttl) for k in keys))


def both(first: Memory, second: Memory) -> Memory:
    return Memory({**first.facts, **second.facts}, NOW)


MATURE = since(NOW - TTL, KSK, ZSK, CSK)


def adds(made, signer):
    return {record.text for step in made.steps if step.signer == signer for record in step.add}


def dnskeys(*keys):
    return {f'DNSKEY {k.text}' for k in keys}


# -- keys ------------------------------------------------------------------------------------------------------------------


def test_each_signer_gets_the_keys_of_the_other_at_once_and_the_parent_nothing():
    made = plan(GROUP, seen(ns1(), desec()), Memory(), NOW)
    assert adds(made, 'ns1') == dnskeys(CSK)
    assert adds(made, 'desec') == dnskeys(KSK, ZSK)
    assert made.delegation is None
    assert made.state == 'changing'
    assert not made.blocked and not made.waits


def test_a_key_that_bind_has_published_and_does_not_sign_with_yet_is_given_to_the_others():
    successor = key(4, flags=256)
    made = plan(GROUP, seen(ns1(CSK, successor), desec(KSK, ZSK)), MATURE, NOW)
    assert adds(made, 'desec') == dnskeys(successor)
    assert made.delegation is None


def test_a_key_at_desec_that_signs_nothing_is_a_leftover_and_stays_there():
    leftover = key(4)
    made = plan(GROUP, seen(ns1(CSK), desec(KSK, ZSK, leftover)), MATURE, NOW)
    assert not adds(made, 'ns1') & dnskeys(leftover)
    assert any('signs nothing anywhere' in note and str(leftover) in note for note in made.notes)


def test_a_key_that_is_not_authenticated_is_given_to_nobody_and_holds_the_ds_back():
    stranger = ns1(authenticated='none', why_not='the parent zone example has no DS for it yet')
    made = plan(GROUP, seen(stranger, desec()), Memory(), NOW)
    assert adds(made, 'desec') == set()
    assert adds(made, 'ns1') == dnskeys(CSK)
    assert any('is not authenticated (the parent zone example has no DS for it yet)' in text and 'multisigner_tsig' in text for text in made.blocked)
    full = seen(ns1(CSK, authenticated='none'), desec(KSK, ZSK, authenticated='none'))
    assert plan(GROUP, full, MATURE, NOW).delegation is None


def test_a_revoked_key_is_told_and_given_to_nobody():
    revoked = key(4, flags=385)
    view = ns1(own=(KSK, ZSK, revoked))
    made = plan(GROUP, seen(view, desec()), Memory(), NOW)
    assert adds(made, 'desec') == dnskeys(KSK, ZSK)
    assert any('is revoked' in note for note in made.notes)
    assert not made.blocked


def test_one_authenticated_answer_is_enough_for_a_key_that_nobody_signs_with_yet():
    successor = key(4, flags=256)
    third = replace(ns1(KSK, ZSK, CSK, successor, own=(key(5),), authenticated='none'), name='ns3')
    third = replace(third, servers=(replace(third.servers[0], signs_zone=frozenset([key(5)])),))
    made = plan(GROUP, seen(ns1(CSK, successor), desec(KSK, ZSK), third), Memory(), NOW)
    assert f'DNSKEY {successor.text}' in adds(made, 'desec')


@pytest.mark.parametrize(
    ('bad', 'told'),
    [
        (DNSKEY(256, 3, 13, b'\x01' * 40), 'truncated'),
        (DNSKEY(256, 2, 13, b'\x01' * 64), 'protocol'),
        (DNSKEY(0, 3, 13, b'\x01' * 64), 'zone key'),
    ],
)
def test_a_key_that_no_signer_may_publish_is_given_to_nobody_and_blocks(bad, told):
    made = plan(GROUP, seen(ns1(bad), desec()), Memory(), NOW)
    assert not adds(made, 'desec') & dnskeys(bad)
    assert any(told in text for text in made.blocked)


def test_a_signer_that_was_not_seen_gets_nothing_gives_nothing_and_blocks_the_ds():
    silent = SignerView('desec', (ServerView('192.0.2.3', error='zone shop.example, server 192.0.2.3: does not answer.'),), prepublishes=False)
    made = plan(GROUP, seen(ns1(CSK), silent), MATURE, NOW)
    assert made.steps == ()
    assert made.delegation is None
    assert made.blocked == ('zone shop.example, server 192.0.2.3: does not answer.',)


def test_one_silent_server_of_a_signer_is_enough_to_block():
    half = desec(KSK, ZSK)
    half = replace(half, servers=(half.servers[0], ServerView('192.0.2.4', error='zone shop.example, server 192.0.2.4: does not answer.')))
    made = plan(GROUP, seen(ns1(CSK), half), MATURE, NOW)
    assert made.delegation is None
    assert made.blocked


@pytest.mark.parametrize(('lost', 'told'), [('signs_keys', 'DNSKEY RRset'), ('signs_zone', 'SOA')])
def test_a_server_with_signatures_that_are_not_valid_now_blocks_the_ds(lost, told):
    view = desec(KSK, ZSK)
    view = replace(view, servers=(view.servers[0], replace(view.servers[1], **{lost: frozenset()})))
    made = plan(GROUP, seen(ns1(CSK), view), MATURE, NOW)
    assert made.delegation is None
    (text,) = made.blocked
    assert f'server desec, 192.0.2.4: no key in its DNSKEY RRset has a signature over its {told} that is valid now' in text


def test_a_single_signer_whose_signatures_have_ended_is_not_complete():
    group = replace(GROUP, signers=GROUP.signers[1:])
    ended = replace(desec(signs_keys=frozenset(), signs_zone=frozenset()), by_api=frozenset())
    made = plan(group, seen(ended), Memory(), NOW)
    assert made.state == 'blocked'
    assert 'its DNSKEY RRset and SOA' in made.blocked[0]


def test_a_key_that_only_the_api_names_is_given_to_the_others_and_awaited_at_its_signer():
    coming = key(4)
    made = plan(GROUP, seen(ns1(CSK), replace(desec(KSK, ZSK), by_api=frozenset([CSK, coming]))), MATURE, NOW)
    assert adds(made, 'ns1') == dnskeys(coming)
    assert adds(made, 'desec') == set()
    assert any('desec to publish 1 keys everywhere' in str(wait) for wait in made.waits)
    assert made.delegation is None


def test_a_key_that_was_written_and_is_not_at_every_server_yet_is_waited_for_and_not_written_again():
    late = desec(KSK, ZSK)
    late = replace(late, servers=(late.servers[0], replace(late.servers[1], dnskeys=frozenset([CSK]))))
    made = plan(GROUP, seen(ns1(CSK), late), MATURE, NOW)
    assert made.steps == ()
    assert made.delegation is None
    assert any('192.0.2.4 does not have them yet' in str(wait) for wait in made.waits)


# -- algorithms ------------------------------------------------------------------------------------------------------------

RSA_KSK, RSA_ZSK = key(5, algorithm=8), key(6, flags=256, algorithm=8)


def test_different_algorithms_are_refused_with_the_way_out():
    made = plan(GROUP, seen(ns1(own=(RSA_KSK, RSA_ZSK)), desec()), Memory(), NOW)
    assert made.steps == ()
    assert made.delegation is None
    assert 'RSASHA256' in made.blocked[0]
    assert 'allow_mixed_algorithms' in made.blocked[0]


def test_rsasha256_beside_ecdsa_is_done_when_it_is_asked_for_and_the_risk_is_told():
    made = plan(replace(GROUP, allow_mixed_algorithms=True), seen(ns1(own=(RSA_KSK, RSA_ZSK)), desec()), Memory(), NOW)
    assert adds(made, 'desec') == dnskeys(RSA_KSK, RSA_ZSK)
    assert any('harden-algo-downgrade' in note for note in made.notes)


def test_any_other_mix_is_refused_even_when_it_is_asked_for():
    other = DNSKEY(257, 3, 15, b'\x07' * 32)
    made = plan(replace(GROUP, allow_mixed_algorithms=True), seen(ns1(own=(other,), signs_zone=frozenset([other])), desec()), Memory(), NOW)
    assert made.steps == ()
    assert made.blocked


def test_a_refused_zone_is_watched_all_the_same():
    rolled = (RSA_KSK, RSA_ZSK)
    refused = plan(GROUP, seen(ns1(CSK, ZSK, own=rolled), desec(ZSK)), MATURE, NOW)
    assert refused.steps == () and 'different algorithms' in refused.blocked[0]
    assert refused.memory.facts[KEY_EVERYWHERE, CSK.text].since == NOW - TTL
    made = plan(GROUP, together(), refused.memory, NOW + 5)
    assert made.delegation is None
    assert [wait.until for wait in made.waits] == [NOW + 5 + TTL]


# -- the wait for caches ---------------------------------------------------------------------------------------------------


def test_the_full_set_seen_for_the_first_time_starts_the_wait():
    made = plan(GROUP, together(), Memory(), NOW)
    assert made.delegation is None
    assert made.steps == ()
    assert [wait.until for wait in made.waits] == [NOW + TTL]
    assert {made.memory.facts[KEY_EVERYWHERE, k.text].since for k in (KSK, ZSK, CSK)} == {NOW}


def test_one_second_before_its_end_the_wait_holds_and_at_its_end_the_ds_go_out():
    assert plan(GROUP, together(), MATURE, NOW - 1).delegation is None
    made = plan(GROUP, together(), MATURE, NOW)
    assert set(made.delegation.missing) == {KSK.ds(ZONE), CSK.ds(ZONE)}
    assert not made.waits


def test_no_wait_is_cut_short_by_a_fraction_of_a_second():
    made = plan(GROUP, together(), Memory(), NOW + 0.9)
    assert plan(GROUP, together(), made.memory, NOW + 0.8 + TTL).delegation is None
    assert plan(GROUP, together(), made.memory, NOW + 0.9 + TTL).delegation.missing


def test_the_wait_counts_from_the_last_key():
    facts = both(since(NOW - 10 * TTL, KSK, ZSK), since(NOW - 10, CSK))
    made = plan(GROUP, together(), facts, NOW)
    assert [wait.until for wait in made.waits] == [NOW - 10 + TTL]


def test_the_largest_ttl_of_any_server_counts_also_one_that_was_seen_before_the_key_was_there():
    first = plan(GROUP, seen(ns1(dnskey_ttl=86400), desec()), Memory(), NOW)
    assert all(fact.since is None for fact in first.memory.facts.values() if fact.kind == KEY_EVERYWHERE)
    made = plan(GROUP, together(), first.memory, NOW)
    assert [wait.until for wait in made.waits] == [NOW + 86400]


def test_a_larger_ttl_seen_later_lengthens_the_wait():
    made = plan(GROUP, together(dnskey_ttl=7200), MATURE, NOW)
    assert made.delegation is None
    assert [wait.until for wait in made.waits] == [NOW - TTL + 7200]


def test_that_there_was_no_dnskey_may_be_cached_too_for_the_negative_ttl():
    made = plan(GROUP, together(negative_ttl=7200), MATURE, NOW)
    assert [wait.until for wait in made.waits] == [NOW - TTL + 7200]


def test_a_key_that_was_gone_in_between_starts_its_wait_anew():
    gone = plan(GROUP, seen(ns1(), desec(KSK, ZSK)), MATURE, NOW)
    assert gone.memory.facts[KEY_EVERYWHERE, CSK.text].since is None
    made = plan(GROUP, together(), gone.memory, NOW + 5)
    assert [wait.until for wait in made.waits] == [NOW + 5 + TTL]


def test_a_journal_from_the_future_proves_nothing():
    made = plan(GROUP, together(), since(NOW + 1, KSK, ZSK, CSK, ttl=0), NOW)
    assert made.delegation is None
    assert [wait.until for wait in made.waits] == [NOW + TTL]


def test_servers_of_one_signer_that_disagree_hold_the_ds_back():
    view = desec(KSK, ZSK)
    view = replace(view, servers=(view.servers[0], replace(view.servers[1], ns=frozenset(['other.example']))))
    made = plan(GROUP, seen(ns1(CSK), view), MATURE, NOW)
    assert made.delegation is None
    assert any('different NS RRsets' in str(wait) for wait in made.waits)


# -- the parent ------------------------------------------------------------------------------------------------------------


def test_the_ds_set_holds_every_ksk_and_csk_with_the_same_digest_types_and_no_zsk():
    made = plan(replace(GROUP, digest_types=(2, 4)), together(), MATURE, NOW)
    assert set(made.delegation.wanted) == {k.ds(ZONE, number) for k in (KSK, CSK) for number in (2, 4)}
    assert made.delegation.keys == {'ns1': (KSK,), 'desec': (CSK,)}


def test_a_signer_without_a_key_that_a_ds_can_name_blocks_the_whole_set():
    plain = key(4, flags=256)
    view = ns1(CSK, own=(plain,), signs_keys=frozenset([plain]), signs_zone=frozenset([plain]))
    made = plan(GROUP, seen(view, desec(plain)), since(NOW - TTL, plain, CSK), NOW)
    assert made.delegation is None
    assert any('no KSK or CSK signs its DNSKEY RRset' in text for text in made.blocked)


def test_a_sep_key_that_does_not_sign_its_dnskey_rrset_gets_no_ds():
    standby = key(4)
    view = ns1(CSK, standby)
    made = plan(GROUP, seen(view, desec(KSK, ZSK, standby)), both(MATURE, since(NOW - TTL, standby)), NOW)
    assert standby.ds(ZONE) not in made.delegation.wanted


def test_a_parent_that_was_not_seen_blocks():
    made = plan(GROUP, replace(together(), parent=registry(error='zone shop.example, server 198.51.100.1: does not answer.')), MATURE, NOW)
    assert made.delegation is None
    assert made.blocked == ('zone shop.example, server 198.51.100.1: does not answer.',)


def test_the_union_cds_and_cdnskey_go_to_every_signer_together_with_the_ds_and_not_before():
    assert not any(text.startswith('C') for signer in ('ns1', 'desec') for text in adds(plan(GROUP, together(), Memory(), NOW), signer))
    made = plan(GROUP, together(), MATURE, NOW)
    union = {f'CDS {k.ds(ZONE).text}' for k in (KSK, CSK)} | {f'CDNSKEY {k.text}' for k in (KSK, CSK)}
    assert adds(made, 'ns1') == union
    assert adds(made, 'desec') == union


def test_a_signer_that_takes_no_cds_of_its_own_keys_is_waited_for_and_not_asked():
    made = plan(GROUP, seen(replace(ns1(CSK), self_announced=frozenset([KSK])), desec(KSK, ZSK)), MATURE, NOW)
    assert adds(made, 'ns1') == {f'CDS {CSK.ds(ZONE).text}', f'CDNSKEY {CSK.text}'}
    assert f'ns1 to publish CDNSKEY {KSK.text}, CDS {KSK.ds(ZONE).text}' in [wait.what for wait in made.waits]
    assert f'CDS {KSK.ds(ZONE).text}' in adds(made, 'desec')


def test_the_union_cds_has_every_digest_type_that_a_signer_publishes_by_itself():
    own = frozenset(CSK.ds(ZONE, number) for number in (2, 4))
    made = plan(GROUP, seen(ns1(CSK), desec(KSK, ZSK, cds=own, cdnskeys=frozenset([CSK]))), MATURE, NOW)
    assert f'CDS {KSK.ds(ZONE, 4).text}' in adds(made, 'ns1')
    assert adds(made, 'desec') == {f'CDS {KSK.ds(ZONE, number).text}' for number in (2, 4)} | {f'CDNSKEY {KSK.text}'}
    assert {ds.digest_type for ds in made.delegation.wanted} == {2}


def test_ds_of_other_digest_types_at_the_parent_block_with_the_way_out():
    at_parent = [KSK.ds(ZONE), CSK.ds(ZONE), CSK.ds(ZONE, 4)]
    made = plan(GROUP, complete(*at_parent), MATURE, NOW)
    assert made.delegation is None
    assert any('has DS of digest type 4' in text and 'Set multisigner_digest_types to [2, 4]' in text for text in made.blocked)
    made = plan(replace(GROUP, digest_types=(2, 4)), complete(*at_parent), MATURE, NOW)
    assert made.delegation.missing == (KSK.ds(ZONE, 4),)


@pytest.mark.parametrize('delete', [{'cds': frozenset([DS.parse('0 0 0 00')])}, {'cdnskeys': frozenset([DNSKEY.parse('0 3 0 AA==')])}])
def test_a_signer_that_asks_the_parent_to_remove_every_ds_blocks(delete):
    made = plan(GROUP, seen(ns1(CSK, **delete), desec(KSK, ZSK)), MATURE, NOW)
    assert made.delegation is None
    assert any('server ns1, 192.0.2.1: its CDS or CDNSKEY asks the parent to remove every DS' in text for text in made.blocked)
    made = plan(replace(GROUP, insecure=True), seen(ns1(CSK, **delete), desec(KSK, ZSK), parent=registry(KSK.ds(ZONE))), MATURE, NOW)
    assert not made.blocked and made.delegation.remove == (KSK.ds(ZONE),)  # where that is declared, it may


def test_the_cds_of_others_go_where_a_signer_asks_for_the_removal_of_every_ds_and_nowhere_else():
    delete = {'cds': frozenset([DS.parse('0 0 0 00')]), 'cdnskeys': frozenset([DNSKEY.parse('0 3 0 AA==')])}
    both = {'cds': frozenset([*delete['cds'], KSK.ds(ZONE), CSK.ds(ZONE)]), 'cdnskeys': frozenset([*delete['cdnskeys'], CSK])}
    insecure, known = replace(GROUP, insecure=True), registry(KSK.ds(ZONE), CSK.ds(ZONE))
    made = plan(insecure, seen(ns1(CSK, **both), desec(KSK, ZSK, **UNION), parent=known), MATURE, NOW)
    assert [(step.signer, {record.text for record in step.remove}) for step in made.steps] == [('ns1', {f'CDS {CSK.ds(ZONE).text}', f'CDNSKEY {CSK.text}'})]
    assert not made.steps[0].add
    made = plan(insecure, seen(ns1(CSK, **delete), desec(KSK, ZSK, **delete), parent=known), MATURE, NOW)
    assert not made.steps and made.delegation.remove == tuple(sorted([KSK.ds(ZONE), CSK.ds(ZONE)]))


UNION = {'cds': frozenset(k.ds(ZONE) for k in (KSK, CSK)), 'cdnskeys': frozenset([KSK, CSK])}


def complete(*ds) -> ZoneObservation:
    return seen(ns1(CSK, **UNION), desec(KSK, ZSK, **UNION), parent=registry(*(ds or (KSK.ds(ZONE), CSK.ds(ZONE)))))


def test_when_everything_is_there_nothing_is_left_to_do_and_nothing_new_is_remembered():
    made = plan(GROUP, complete(), MATURE, NOW)
    assert made.state == 'complete'
    assert made.delegation.missing == ()
    again = plan(GROUP, complete(), made.memory, NOW + 60)
    assert again.memory.facts == made.memory.facts


def test_a_lost_journal_does_not_disturb_a_zone_that_is_complete():
    assert plan(GROUP, complete(), Memory(), NOW).state == 'complete'


def test_one_more_ds_of_an_algorithm_that_the_ds_set_has_need_not_wait():
    view = replace(complete(), parent=registry(KSK.ds(ZONE)))
    made = plan(GROUP, view, Memory(), NOW)
    assert made.delegation.missing == (CSK.ds(ZONE),)
    assert not made.delegation.remove


def test_the_first_ds_of_an_algorithm_must_wait():
    rsa = replace(complete(), parent=registry(RSA_KSK.ds(ZONE)))
    assert plan(GROUP, rsa, Memory(), NOW).delegation is None


def test_a_ds_that_one_server_of_the_parent_lacks_is_missing():
    both = ParentServerView('198.51.100.1', ds=frozenset([KSK.ds(ZONE), CSK.ds(ZONE)]))
    one = replace(both, server='198.51.100.2', ds=frozenset([KSK.ds(ZONE)]))
    made = plan(GROUP, replace(complete(), parent=ParentView('registry', 'example', (both, one))), MATURE, NOW)
    assert made.delegation.missing == (CSK.ds(ZONE),)


def test_a_ds_that_nobody_ever_had_the_key_of_is_told_and_left():
    stale = key(9).ds(ZONE)
    made = plan(GROUP, complete(KSK.ds(ZONE), CSK.ds(ZONE), stale), MATURE, NOW)
    assert made.state == 'complete'
    assert made.delegation.remove == ()
    assert any(stale.text in note and 'nothing proves that it may go' in note for note in made.notes)
