# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signer that changes its CDS from the old KSK to the new one at once, as BIND does: what the others' CDS say, and what a parent
that follows them is led to."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import Record
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import Parent
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.plan_story import (
    CSK,
    DATA_TTL,
    DNSKEY_TTL,
    DS_TTL,
    KSK,
    KSK3,
    ZSK,
    ZSK3,
    At,
    Story,
    added,
    ds,
    group,
    key,
    parent_records,
    removed,
)
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.test_plan_removals import BOTH, DESEC, DUAL1, DUAL3, NS1, RSA, settled

NEW = key(6)
SCANS = Parent('registry', 'cds', ('198.51.100.1',))
BEGUN = replace(NS1, own=(KSK, NEW, ZSK))
SWAPPED = replace(BEGUN, cds=(NEW, CSK), retiring=(KSK,))
HAS_BOTH = replace(DESEC, foreign=(KSK, NEW, ZSK), cds=(KSK, NEW, CSK))
LEFT_OVER = KSK.ds('shop.example', 4)


def swapped(channel: str, after: int) -> Story:
    """The new KSK of ns1 has signed at every server for *after* seconds, and every signer has had it for long."""
    story = settled()
    story.group = replace(story.group, parent=replace(SCANS, channel=channel))
    story.look(replace(BEGUN, signs_keys=(KSK,)), HAS_BOTH, ds=BOTH)
    story.look(replace(BEGUN, signs_keys=(KSK,)), HAS_BOTH, ds=BOTH, after=DATA_TTL)
    story.look(SWAPPED, HAS_BOTH, ds=BOTH)
    story.now += after
    return story


@pytest.mark.parametrize('channel', ['cds', 'nsupdate'])
def test_the_others_name_the_old_ksk_no_more_when_its_signer_does_not_and_the_new_one_signs_in_every_cache(channel):
    story = swapped(channel, DNSKEY_TTL - 1)
    made = story.look(SWAPPED, HAS_BOTH, ds=BOTH)
    assert not removed(made, 'desec')
    made = story.look(SWAPPED, HAS_BOTH, ds=BOTH, after=1)
    assert removed(made, 'desec') == parent_records(KSK)
    assert not removed(made, 'ns1') and not added(made, 'ns1')


def test_a_parent_that_follows_cds_is_to_take_the_one_for_the_other():
    made = swapped('cds', DNSKEY_TTL).look(SWAPPED, HAS_BOTH, ds=BOTH)
    assert set(made.delegation.wanted) == ds(NEW, CSK)
    assert not made.delegation.remove


def test_another_parent_has_both_until_the_new_one_is_in_force():
    story = swapped('nsupdate', DNSKEY_TTL)
    made = story.look(SWAPPED, HAS_BOTH, ds=BOTH)
    assert set(made.delegation.wanted) == ds(KSK, NEW, CSK) and not made.delegation.remove
    made = story.look(SWAPPED, replace(HAS_BOTH, cds=(NEW, CSK)), ds=BOTH | ds(NEW))
    assert set(made.delegation.wanted) == ds(NEW, CSK) and set(made.delegation.remove) == ds(KSK)


@pytest.mark.parametrize('shown', [replace(SWAPPED, cds=(KSK, NEW, CSK)), replace(SWAPPED, cds=(CSK,)), replace(SWAPPED, retiring=())])
def test_the_old_ksk_is_named_while_its_signer_names_it_or_not_the_next_one_or_does_not_say_that_it_goes(shown):
    story = swapped('cds', DNSKEY_TTL)
    assert not removed(story.look(shown, HAS_BOTH, ds=BOTH), 'desec')


def test_the_old_ksk_is_named_while_a_second_server_of_its_signer_names_it():
    story = swapped('cds', DNSKEY_TTL)
    late = replace(SWAPPED, second=replace(SWAPPED, cds=(KSK, CSK)))
    assert not removed(story.look(late, HAS_BOTH, ds=BOTH), 'desec')


def test_of_two_that_roll_the_one_that_is_ready_is_not_kept_by_the_other():
    """The KSK that desec has withdrawn goes from the CDS of ns1, whose own old KSK waits for the parent."""
    story = swapped('cds', DNSKEY_TTL)
    its_new = key(7)
    one = replace(SWAPPED, foreign=(CSK, its_new), cds=(NEW, CSK, its_new))
    other = replace(HAS_BOTH, own=(its_new,), foreign=(KSK, NEW, ZSK, CSK), cds=(NEW, its_new))
    shown = ds(KSK, CSK, its_new)
    for _unused in range(2):
        made = story.look(one, other, ds=shown, after=2 * DATA_TTL)
    assert removed(made, 'ns1') == parent_records(CSK) and set(made.delegation.remove) == ds(CSK)


def test_an_algorithm_is_not_given_up_by_one_signer_alone():
    """The DS set would have an algorithm with which the one does not sign by a key of its own in that set."""
    story = Story(group('ns1', 'ns3', parent=SCANS))
    gone_over = replace(DUAL1, cds=(KSK, RSA[1], CSK), retiring=(RSA[0],))
    other = replace(DUAL3, cds=(*RSA, KSK, CSK))
    for _unused in range(3):
        made = story.look(gone_over, other, ds=ds(*RSA), after=100_000)
    assert ds(*RSA) <= set(made.delegation.wanted) and not removed(made, 'ns3')
    made = story.look(gone_over, replace(other, cds=(KSK, CSK, RSA[0]), retiring=(RSA[1],)), ds=ds(*RSA))
    assert set(made.delegation.wanted) == ds(KSK, CSK)
    assert removed(made, 'ns1') == parent_records(RSA[1]) and removed(made, 'ns3') == parent_records(RSA[0])


# -- what the signer itself leaves behind ---------------------------------------------------------------------------------------


@pytest.mark.parametrize('shown', [BOTH, BOTH | ds(NEW), ds(NEW, CSK)])
def test_a_cds_that_the_signer_leaves_behind_of_its_old_ksk_goes(shown):
    story = swapped('cds', DNSKEY_TTL)
    made = story.look(replace(SWAPPED, more_cds=(LEFT_OVER,)), replace(HAS_BOTH, cds=(NEW, CSK)), ds=shown)
    assert removed(made, 'ns1') == {str(Record('CDS', LEFT_OVER))}


def test_a_cds_of_its_own_key_stays_as_long_as_it_announces_the_key():
    story = swapped('cds', DNSKEY_TTL)
    made = story.look(replace(SWAPPED, cds=(KSK, NEW, CSK), more_cds=(LEFT_OVER,)), HAS_BOTH, ds=BOTH | ds(NEW))
    assert not removed(made, 'ns1')


def test_where_algorithms_are_mixed_the_next_key_has_to_sign_in_every_cache_too():
    old, new = key(1, algorithm=8), key(2, algorithm=8)
    one, other = At('ns1', (old,), (CSK,), cds=(old, CSK)), At('desec', (CSK,), (old,), cds=(old, CSK))
    story = Story(group('ns1', 'desec', parent=SCANS, allow_mixed_algorithms=True))
    for _unused in range(2):
        story.look(one, other, ds=ds(old, CSK), after=100_000)
    begun = replace(one, own=(old, new), signs_keys=(old,), signs_zone=(old,))
    other = replace(other, foreign=(old, new), cds=(old, new, CSK))
    for after in (0, DATA_TTL):
        story.look(begun, other, ds=ds(old, CSK), after=after)
    gone_over = replace(begun, signs_keys=(old, new), cds=(new, CSK), retiring=(old,))
    story.look(gone_over, other, ds=ds(old, CSK))
    assert not removed(story.look(gone_over, other, ds=ds(old, CSK), after=DNSKEY_TTL - 1), 'desec')
    assert removed(story.look(gone_over, other, ds=ds(old, CSK), after=1), 'desec') == parent_records(old)


def test_a_third_signer_is_told_as_the_second_is():
    third = At('ns3', (KSK3, ZSK3), (KSK, ZSK, CSK), ns=('ns1', 'desec', 'ns3'), cds=(KSK, CSK, KSK3))
    every = ('ns1', 'desec', 'ns3')
    shown = ds(KSK, CSK, KSK3)
    ns1, desec = (replace(one, foreign=(*one.foreign, KSK3, ZSK3), cds=(KSK, CSK, KSK3), ns=every) for one in (NS1, DESEC))
    story = settled(every, ns1, desec, third, ds=shown, ns=every)
    desec, third = (replace(one, foreign=(*one.foreign, NEW)) for one in (desec, third))
    begun = replace(ns1, own=(KSK, NEW, ZSK))
    swapped_over = replace(begun, cds=(NEW, CSK, KSK3), retiring=(KSK,))
    for one in (begun, begun, swapped_over):
        made = story.look(one, desec, third, ds=shown, ns=every, after=DATA_TTL)
    for name in ('desec', 'ns3'):
        assert added(made, name) == parent_records(NEW) and removed(made, name) == parent_records(KSK)


# -- a parent that follows CDS may do and undo between two looks what they asked for -----------------------------------------------


@pytest.mark.parametrize('channel, waits', [('cds', True), ('nsupdate', False)])
def test_a_ds_that_the_cds_of_a_server_ask_to_be_taken_away_has_to_be_shown_anew_for_its_ttl(channel, waits):
    story = settled()
    story.group = replace(story.group, parent=replace(SCANS, channel=channel))
    its = CSK.ds('shop.example')
    assert its in story.look(NS1, DESEC, ds=BOTH).published
    assert (its not in story.look(replace(NS1, cds=(KSK,)), DESEC, ds=BOTH).published) == waits
    assert (its not in story.look(NS1, DESEC, ds=BOTH, after=DS_TTL - 1).published) == waits
    assert (its not in story.look(NS1, DESEC, ds=BOTH, after=DS_TTL - 1).published) == waits
    assert its in story.look(NS1, DESEC, ds=BOTH, after=1).published


def test_the_cds_of_a_signer_to_which_the_parent_delegates_not_say_nothing():
    story = settled()
    story.group = group('ns1', 'desec', 'ns3', parent=SCANS)
    joiner = At('ns3', (KSK3, ZSK3), (KSK, ZSK, CSK), cds=(KSK3,))
    story.look(NS1, DESEC, joiner, ds=BOTH)
    assert KSK.ds('shop.example') in story.look(NS1, DESEC, joiner, ds=BOTH, after=1).published


@pytest.mark.parametrize('channel, waits', [('cds', True), ('nsupdate', False)])
def test_a_ds_for_which_a_server_asks_is_not_gone_for_good(channel, waits):
    story = swapped(channel, DNSKEY_TTL)
    its = KSK.ds('shop.example')
    story.look(SWAPPED, HAS_BOTH, ds=BOTH)
    rolled = replace(SWAPPED, own=(NEW, ZSK), retiring=())
    story.look(rolled, HAS_BOTH, ds=ds(NEW, CSK))
    assert (its not in story.look(rolled, HAS_BOTH, ds=ds(NEW, CSK), after=DATA_TTL).withdrawn) == waits
    done = replace(HAS_BOTH, cds=(NEW, CSK))
    story.look(rolled, done, ds=ds(NEW, CSK))
    assert (its not in story.look(rolled, done, ds=ds(NEW, CSK), after=DS_TTL - 1).withdrawn) == waits
    assert its in story.look(rolled, done, ds=ds(NEW, CSK), after=1).withdrawn
