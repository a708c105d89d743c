# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signers that come and go, keys that are rolled: what is removed, in which order, and not one second too early."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import Parent
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.journal import GAP, Memory
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.steps import utc
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.plan_story import (
    CSK,
    DATA_TTL,
    DNSKEY_TTL,
    DS_TTL,
    KSK,
    KSK3,
    PARENT_NS_TTL,
    ZONE,
    ZSK,
    ZSK3,
    At,
    Story,
    added,
    dnskeys,
    ds,
    group,
    key,
    name_servers,
    parent_records,
    removed,
)

NS1 = At('ns1', (KSK, ZSK), (CSK,), cds=(KSK, CSK))
DESEC = At('desec', (CSK,), (KSK, ZSK), cds=(KSK, CSK))
BOTH = ds(KSK, CSK)


def settled(names=('ns1', 'desec'), *signers: At, **looks) -> Story:
    """A group that has been complete for very long."""
    story = Story(group(*names))
    for _unused in range(2):
        made = story.look(*(signers or (NS1, DESEC)), **{'ds': BOTH, **looks}, after=100_000)
    assert made.state == 'complete', made
    return story


def leaves(story: Story, name: str, **changes) -> None:
    story.group = replace(story.group, leaving=(name,), **changes)


# -- a signer joins --------------------------------------------------------------------------------------------------------

JOINER = At('ns3', (KSK3, ZSK3), (KSK, ZSK, CSK), ns=('ns1', 'desec'))


def test_a_joiner_is_named_by_no_ns_before_its_ds_is_in_every_cache():
    story = settled()
    story.group = group('ns1', 'desec', 'ns3')
    ready = [replace(NS1, foreign=(CSK, KSK3, ZSK3), cds=(KSK, CSK, KSK3)), replace(DESEC, foreign=(KSK, ZSK, KSK3, ZSK3), cds=(KSK, CSK, KSK3))]
    ready.append(replace(JOINER, cds=(KSK, CSK, KSK3)))
    made = story.look(*ready, ds=BOTH)
    assert made.delegation.missing == tuple(ds(KSK3))  # its wait and that for the keys go by at the same time
    assert not made.steps and not made.delegation.ns_add
    full = BOTH | ds(KSK3)
    story.look(*ready, ds=full)
    made = story.look(*ready, ds=full, after=DS_TTL - 1)
    assert not made.steps and not made.delegation.ns_add
    assert [wait.until for wait in made.waits] == [story.now + 1]
    made = story.look(*ready, ds=full, after=1)
    assert made.delegation.ns_add == ('ns3.example',)
    assert all(added(made, name) == name_servers('ns3') for name in ('ns1', 'desec', 'ns3'))


@pytest.mark.parametrize('named, wait', [((), DNSKEY_TTL), (('ns3',), DATA_TTL)])
def test_what_a_joiner_answered_before_it_was_watched_may_be_cached_only_where_an_ns_names_it(named, wait):
    ns = ('ns1', 'desec', *named)
    story = settled(('ns1', 'desec'), replace(NS1, ns=ns), replace(DESEC, ns=ns), ns=ns)
    story.group = group('ns1', 'desec', 'ns3')
    full = [replace(NS1, foreign=(CSK, KSK3, ZSK3), ns=ns), replace(DESEC, foreign=(KSK, ZSK, KSK3, ZSK3), ns=ns), replace(JOINER, ns=ns)]
    story.look(*full, ds=BOTH, ns=ns)
    made = story.look(*full, ds=BOTH, ns=ns, after=wait - 1)
    assert [due.until for due in made.waits if due.what.startswith('DNSKEY')] == [story.now + 1]
    made = story.look(*full, ds=BOTH, ns=ns, after=1)
    assert not [due for due in made.waits if due.what.startswith('DNSKEY')]


def test_a_joiner_that_lacks_an_algorithm_of_the_ds_set_is_named_by_no_ns():
    rsa = key(6, algorithm=8)
    both = replace(NS1, own=(KSK, ZSK, rsa), foreign=(CSK,), signs_zone=(ZSK, rsa), cds=(KSK, CSK, rsa), ns=('ns1',))
    desec = replace(DESEC, foreign=(KSK, ZSK, rsa), cds=(KSK, CSK, rsa), ns=('ns1',))
    story = Story(group('ns1', 'desec'))
    for _unused in range(3):
        made = story.look(both, desec, ds=BOTH | ds(rsa), ns=('ns1',), after=100_000)
    assert not made.steps and not made.delegation.ns_add


# -- a signer leaves -------------------------------------------------------------------------------------------------------

def test_no_ds_is_published_for_a_leaver_that_nobody_is_sent_to():
    only = ('ns1',)
    ns1, desec = replace(NS1, ns=only, cds=(KSK,)), replace(DESEC, ns=only, cds=(KSK,))
    story = settled(('ns1',), replace(ns1, foreign=()), ds=ds(KSK), ns=only)
    story.group = group('ns1', 'desec', leaving=('desec',))
    for after in (0, DNSKEY_TTL, DNSKEY_TTL):
        made = story.look(ns1, desec, ds=ds(KSK), ns=only, after=after)
        assert made.delegation is None or not made.delegation.missing


OFF = ('desec',)
NS1_OFF, DESEC_OFF = replace(NS1, ns=OFF), replace(DESEC, ns=OFF)
GONE_AFTER = PARENT_NS_TTL + DATA_TTL  # of ns1, since no NS names it: the largest NS TTL, then what it answered


def test_first_its_ns_go_everywhere_at_itself_too_and_nothing_else():
    story = settled()
    leaves(story, 'ns1')
    made = story.look(NS1, DESEC, ds=BOTH)
    assert made.delegation.ns_remove == ('ns1.example',)
    assert removed(made, 'ns1') == removed(made, 'desec') == name_servers('ns1')
    assert not made.delegation.remove and not made.delegation.missing


def test_no_ns_goes_where_no_other_is():
    story = settled()
    leaves(story, 'ns1')
    made = story.look(replace(NS1, ns=('ns1',)), DESEC, ds=BOTH, ns=('ns1',))
    assert removed(made, 'ns1') == set()
    assert not made.delegation.ns_remove
    assert added(made, 'ns1') == name_servers('desec')
    assert removed(made, 'desec') == name_servers('ns1')


def test_no_ns_goes_before_a_signer_that_stays_may_be_asked():
    story = Story(group('ns1', 'desec', leaving=('ns1',)))
    story.look(NS1, DESEC, ds=BOTH)
    made = story.look(NS1, DESEC, ds=BOTH, after=DATA_TTL - 1)  # which TTLs there were before is not known
    assert made.delegation is None and not made.steps
    assert [wait.until for wait in made.waits] == [story.now + 1]
    made = story.look(NS1, DESEC, ds=BOTH, after=1)
    assert made.delegation.ns_remove == ('ns1.example',)


def left(after: int, *looks: At, **changes) -> tuple[Story, object]:
    """The plan *after* seconds since no NS names ns1."""
    story = settled()
    leaves(story, 'ns1')
    story.look(NS1_OFF, DESEC_OFF, ds=BOTH, ns=OFF)
    return story, story.look(*(looks or (NS1_OFF, DESEC_OFF)), **{'ds': BOTH, 'ns': OFF, **changes}, after=after)


def test_as_long_as_an_ns_that_names_it_may_be_cached_it_must_answer_and_gets_new_keys():
    _story, made = left(PARENT_NS_TTL - 1, replace(NS1_OFF, error='it is silent'), DESEC_OFF)
    assert made.blocked == ('it is silent',)
    story = settled()
    leaves(story, 'ns1')
    desec = replace(DESEC_OFF, own=(CSK, key(8)), signs_zone=(CSK,))
    story.look(NS1_OFF, DESEC_OFF, ds=BOTH, ns=OFF)
    made = story.look(NS1_OFF, desec, ds=BOTH, ns=OFF, after=PARENT_NS_TTL - 1)
    assert added(made, 'ns1') == dnskeys(key(8)) | parent_records(key(8))
    made = story.look(NS1_OFF, desec, ds=BOTH, ns=OFF, after=1)
    assert added(made, 'ns1') == set()


def test_after_that_it_may_be_silent():
    _story, made = left(PARENT_NS_TTL, replace(NS1_OFF, error='it is silent'), DESEC_OFF)
    assert not made.blocked
    assert not made.delegation.remove


def test_its_ds_goes_when_nothing_that_it_answered_can_be_cached_and_its_keys_stay():
    story, made = left(GONE_AFTER - 1)
    assert not made.delegation.remove and not any(step.remove for step in made.steps)
    assert [wait.until for wait in made.waits] == [story.now + 1]
    made = story.look(NS1_OFF, DESEC_OFF, ds=BOTH, ns=OFF, after=1)
    assert made.delegation.remove == tuple(ds(KSK))
    assert removed(made, 'desec') == parent_records(KSK)


def test_a_larger_ttl_of_its_dnskey_rrset_counts():
    story = settled()
    leaves(story, 'ns1', max_ttl=1)
    story.look(NS1_OFF, DESEC_OFF, ds=BOTH, ns=OFF)
    assert not story.look(NS1_OFF, DESEC_OFF, ds=BOTH, ns=OFF, after=PARENT_NS_TTL + DNSKEY_TTL - 1).delegation.remove
    assert story.look(NS1_OFF, DESEC_OFF, ds=BOTH, ns=OFF, after=1).delegation.remove


def test_its_keys_go_when_no_ds_of_it_can_be_cached():
    story, _made = left(GONE_AFTER)
    rest = replace(DESEC_OFF, cds=(CSK,))
    made = story.look(NS1_OFF, rest, ds=ds(CSK), ns=OFF)
    assert [wait.until for wait in made.waits] == [story.now + DS_TTL]
    made = story.look(NS1_OFF, rest, ds=ds(CSK), ns=OFF, after=DS_TTL - 1)
    assert removed(made, 'desec') == set()
    assert made.state == 'waiting'
    made = story.look(NS1_OFF, rest, ds=ds(CSK), ns=OFF, after=1)
    assert removed(made, 'desec') == dnskeys(KSK, ZSK)
    made = story.look(NS1_OFF, replace(rest, foreign=()), ds=ds(CSK), ns=OFF)
    assert made.state == 'complete'
    assert any('ns1 is gone: take it out of "leaving"' in note for note in made.notes)


def test_its_ds_are_gone_when_the_last_server_of_the_parent_has_dropped_them():
    story, _made = left(GONE_AFTER)
    rest = replace(DESEC_OFF, cds=(CSK,))
    story.look(NS1_OFF, rest, ds=ds(CSK), ns=OFF, ds_elsewhere=BOTH)
    story.look(NS1_OFF, rest, ds=ds(CSK), ns=OFF, ds_elsewhere=BOTH, after=DS_TTL)
    made = story.look(NS1_OFF, rest, ds=ds(CSK), ns=OFF, ds_elsewhere=ds(CSK))
    assert removed(made, 'desec') == set()
    assert [wait.until for wait in made.waits] == [story.now + DS_TTL]
    made = story.look(NS1_OFF, rest, ds=ds(CSK), ns=OFF, ds_elsewhere=ds(CSK), after=DS_TTL)
    assert removed(made, 'desec') == dnskeys(KSK, ZSK)


def test_a_leaver_that_is_off_by_then_leaves_no_trace_either():
    story, _made = left(PARENT_NS_TTL)
    off = replace(NS1_OFF, error='it is silent')
    made = story.look(off, DESEC_OFF, ds=BOTH, ns=OFF, after=DATA_TTL)
    assert made.delegation.remove == tuple(ds(KSK))
    rest = replace(DESEC_OFF, cds=(CSK,))
    story.look(off, rest, ds=ds(CSK), ns=OFF)
    made = story.look(off, rest, ds=ds(CSK), ns=OFF, after=DS_TTL)
    assert removed(made, 'desec') == dnskeys(KSK, ZSK)


def test_its_keys_stay_while_a_cds_of_them_is_anywhere():
    story, _made = left(GONE_AFTER)
    story.look(NS1_OFF, DESEC_OFF, ds=ds(CSK), ns=OFF)
    made = story.look(NS1_OFF, DESEC_OFF, ds=ds(CSK), ns=OFF, after=DS_TTL)
    assert removed(made, 'desec') == parent_records(KSK) | dnskeys(ZSK)


@pytest.mark.parametrize('memory', [Memory(), 'old', 'future'])
def test_without_a_journal_that_was_kept_up_to_date_every_wait_starts_anew(memory):
    story, _made = left(GONE_AFTER - 1)
    after = 1
    if memory == 'old':
        after = GAP + 2
    elif memory == 'future':
        after = -1
    else:
        story.memory = memory
    made = story.look(NS1_OFF, DESEC_OFF, ds=BOTH, ns=OFF, after=after)
    assert made.delegation is None or not made.delegation.remove
    start, gone_after = story.now, DATA_TTL + DATA_TTL  # which TTLs there were before is not known
    for seconds in range(1000, gone_after, 1000):
        made = story.look(NS1_OFF, DESEC_OFF, ds=BOTH, ns=OFF, after=start + seconds - story.now)
        assert made.delegation is None or not made.delegation.remove
    made = story.look(NS1_OFF, DESEC_OFF, ds=BOTH, ns=OFF, after=start + gone_after - story.now)
    assert made.delegation.remove == tuple(ds(KSK))


def test_an_ns_that_is_back_starts_its_wait_anew():
    story, _made = left(GONE_AFTER - 1)
    story.look(replace(NS1_OFF, ns=('ns1', 'desec')), DESEC_OFF, ds=BOTH, ns=OFF)
    made = story.look(NS1_OFF, DESEC_OFF, ds=BOTH, ns=OFF, after=GONE_AFTER - 1)
    assert not made.delegation.remove


def test_a_key_that_appears_meanwhile_holds_every_removal():
    story, _made = left(GONE_AFTER - 1)
    desec = replace(DESEC_OFF, own=(CSK, key(8)))
    made = story.look(NS1_OFF, desec, ds=BOTH, ns=OFF, after=1)
    assert made.delegation.missing == tuple(ds(key(8)))
    assert not made.delegation.remove and not any(step.remove for step in made.steps)


def test_a_leaver_without_known_ns_never_leaves_and_the_way_out_is_told():
    story = settled()
    unknown = tuple(replace(signer, ns=()) for signer in story.group.signers)
    story.group = replace(story.group, signers=unknown, leaving=('ns1',))
    made = story.look(NS1, DESEC, ds=BOTH)
    assert 'multisigner_ns' in made.blocked[0]


def test_a_leaver_that_comes_back_is_wanted_again():
    story, _made = left(GONE_AFTER)
    story.group = replace(story.group, leaving=())
    made = story.look(NS1_OFF, DESEC_OFF, ds=BOTH, ns=OFF)
    assert not made.delegation.remove and not made.delegation.ns_add
    made = story.look(NS1_OFF, DESEC_OFF, ds=BOTH, ns=OFF, after=DNSKEY_TTL)
    assert not made.delegation.remove and made.delegation.ns_add == ('ns1.example',)


def test_a_zsk_that_a_leaver_withdraws_meanwhile_holds_nothing_up():
    story = settled()
    leaves(story, 'ns1')
    story.look(replace(NS1, own=(KSK, ZSK, NEW_ZSK)), replace(DESEC, foreign=(KSK, ZSK, NEW_ZSK)), ds=BOTH)
    rolled = [replace(NS1, own=(KSK, NEW_ZSK)), replace(DESEC, foreign=(KSK, ZSK, NEW_ZSK))]
    story.look(*rolled, ds=BOTH, after=100_000)
    assert story.look(*rolled, ds=BOTH, after=100_000).delegation.ns_remove == ('ns1.example',)


def test_the_ksk_that_a_leaver_rolls_meanwhile_gets_its_ds():
    story = settled()
    leaves(story, 'ns1')
    rolled = replace(NS1, own=(KSK, key(8), ZSK))
    desec = replace(DESEC, foreign=(KSK, ZSK, key(8)))
    story.look(rolled, desec, ds=BOTH)
    made = story.look(rolled, desec, ds=BOTH, after=DNSKEY_TTL)
    assert made.delegation.missing == tuple(ds(key(8)))


# -- a signer that is dead -------------------------------------------------------------------------------------------------


def test_a_dead_signer_is_waited_for_nowhere_and_goes_as_a_leaver_does():
    story = settled()
    leaves(story, 'ns1', dead=('ns1',))
    dead = replace(NS1, error='it is silent')
    made = story.look(dead, DESEC, ds=BOTH)
    assert not made.blocked
    assert made.delegation.ns_remove == ('ns1.example',)
    story.look(dead, DESEC_OFF, ds=BOTH, ns=OFF)
    wait = DATA_TTL + DATA_TTL  # the TTL of its own NS RRset is not known
    assert not story.look(dead, DESEC_OFF, ds=BOTH, ns=OFF, after=wait - 1).delegation.remove
    assert story.look(dead, DESEC_OFF, ds=BOTH, ns=OFF, after=1).delegation.remove == tuple(ds(KSK))


def test_the_keys_of_a_dead_signer_that_the_journal_does_not_know_are_asked_for_and_taken_from_the_pins():
    story = Story(group('ns1', 'desec', leaving=('ns1',), dead=('ns1',)))
    dead = replace(NS1, error='it is silent')
    story.look(dead, DESEC_OFF, ds=BOTH, ns=OFF)
    made = story.look(dead, DESEC_OFF, ds=BOTH, ns=OFF, after=100_000)
    assert not made.delegation.remove
    assert 'set multisigner_pins' in str(made.waits[0])
    pinned = replace(story.group.signers[0], pins={ZONE: (f'DNSKEY {KSK.text}', ZSK.text)})
    story.group = replace(story.group, signers=(pinned, *story.group.signers[1:]))
    story.look(dead, DESEC_OFF, ds=BOTH, ns=OFF)
    made = story.look(dead, DESEC_OFF, ds=BOTH, ns=OFF, after=DNSKEY_TTL)
    assert made.delegation.remove == tuple(ds(KSK))


def test_a_dead_signer_that_left_nothing_behind_is_gone():
    story = settled()
    leaves(story, 'ns1', dead=('ns1',))
    dead, alone = replace(NS1, error='it is silent'), replace(DESEC_OFF, foreign=(), cds=(CSK,))
    for _unused in range(3):
        made = story.look(dead, alone, ds=ds(CSK), ns=OFF, after=100_000)
    assert made.state == 'complete'
    assert any('ns1 is gone' in note for note in made.notes)


def test_the_ns_of_somebody_who_is_not_declared_is_told():
    story = settled()
    made = story.look(replace(NS1, ns=('ns1', 'desec', 'ns3')), DESEC, ds=BOTH)
    assert 'NS ns3.example is of no declared signer: whether its answers are right is not known' in made.notes


# -- keys are rolled -------------------------------------------------------------------------------------------------------

NEW_ZSK, NEW_KSK = key(6, flags=256), key(7)


def test_a_zsk_that_its_signer_has_withdrawn_stays_at_the_others_as_long_as_its_signatures_may_be_cached():
    story = settled()
    both = replace(NS1, own=(KSK, ZSK, NEW_ZSK), signs_zone=(NEW_ZSK,))
    desec = replace(DESEC, foreign=(KSK, ZSK, NEW_ZSK))
    assert not any(step.remove for step in story.look(both, desec, ds=BOTH, after=DATA_TTL).steps)
    new = replace(NS1, own=(KSK, NEW_ZSK))
    story.look(new, desec, ds=BOTH, after=DATA_TTL)
    made = story.look(new, desec, ds=BOTH, after=DATA_TTL - 1)
    assert not made.steps
    assert [wait.until for wait in made.waits] == [story.now + 1]
    made = story.look(new, desec, ds=BOTH, after=1)
    assert removed(made, 'desec') == dnskeys(ZSK)
    assert removed(made, 'ns1') == set()
    assert story.look(new, replace(desec, foreign=(KSK, NEW_ZSK)), ds=BOTH).state == 'complete'


def test_a_next_key_that_never_signed_and_is_withdrawn_goes_too():
    story = settled()
    made = story.look(replace(NS1, own=(KSK, ZSK, NEW_ZSK), signs_zone=(ZSK,)), DESEC, ds=BOTH)
    assert added(made, 'desec') == dnskeys(NEW_ZSK)
    desec = replace(DESEC, foreign=(KSK, ZSK, NEW_ZSK))
    story.look(NS1, desec, ds=BOTH)
    made = story.look(NS1, desec, ds=BOTH, after=DATA_TTL)
    assert removed(made, 'desec') == dnskeys(NEW_ZSK)
    assert added(made, 'ns1') == set()


def test_without_a_journal_a_withdrawn_key_stays_for_ever():
    story = settled()
    story.memory = Memory()
    desec = replace(DESEC, foreign=(KSK, ZSK, NEW_ZSK))
    for _unused in range(5):
        made = story.look(NS1, desec, ds=BOTH, after=100_000)
    assert not any(step.remove for step in made.steps)


def test_the_others_have_an_announced_key_in_every_cache_before_its_signer_publishes_it():
    story = settled()
    announcing = replace(NS1, announced=(NEW_ZSK,))
    made = story.look(announcing, DESEC, ds=BOTH)
    assert added(made, 'desec') == dnskeys(NEW_ZSK)
    assert added(made, 'ns1') == set()
    desec = replace(DESEC, foreign=(KSK, ZSK, NEW_ZSK))
    story.look(announcing, desec, ds=BOTH)
    made = story.look(announcing, desec, ds=BOTH, after=DNSKEY_TTL - 1)
    assert made.state == 'waiting'
    assert story.look(announcing, desec, ds=BOTH, after=1).state == 'complete'


ROLLING = replace(NS1, own=(KSK, NEW_KSK, ZSK), foreign=(CSK,), cds=(KSK, NEW_KSK, CSK), retiring=(KSK,))
DESEC_ROLLING = replace(DESEC, foreign=(KSK, NEW_KSK, ZSK), cds=(KSK, NEW_KSK, CSK))


# ns1 and desec when ns1 has withdrawn the old KSK
ROLLED, DESEC_ROLLED = replace(NS1, own=(NEW_KSK, ZSK), cds=(NEW_KSK, CSK)), replace(DESEC_ROLLING, cds=(NEW_KSK, CSK))


def in_the_middle() -> Story:
    """Both KSKs of ns1 sign, and have their DS, for very long."""
    return settled(('ns1', 'desec'), replace(ROLLING, retiring=()), DESEC_ROLLING, ds=BOTH | ds(NEW_KSK))


def test_a_withdrawn_ksk_stays_at_the_others_until_its_ds_have_gone_first():
    story = in_the_middle()
    for _unused in range(2):
        made = story.look(ROLLED, DESEC_ROLLED, ds=BOTH | ds(NEW_KSK), after=DATA_TTL)
    assert made.delegation.remove == tuple(ds(KSK))
    assert not made.steps and not made.waits


def test_a_withdrawn_ksk_stays_at_the_others_as_long_as_its_ds_may_be_cached():
    story = in_the_middle()
    long = DATA_TTL + 1000
    story.look(ROLLED, DESEC_ROLLED, ds=BOTH | ds(NEW_KSK), ds_ttl=long)
    story.look(ROLLED, DESEC_ROLLED, ds=ds(NEW_KSK, CSK), ds_ttl=long)
    made = story.look(ROLLED, DESEC_ROLLED, ds=ds(NEW_KSK, CSK), ds_ttl=long, after=long - 1)
    assert removed(made, 'desec') == set()
    assert [wait.until for wait in made.waits] == [story.now + 1]
    made = story.look(ROLLED, DESEC_ROLLED, ds=ds(NEW_KSK, CSK), ds_ttl=long, after=1)
    assert removed(made, 'desec') == dnskeys(KSK)


def test_the_ds_of_a_ksk_that_was_replaced_without_a_look_at_anybody_stays_until_there_is_another():
    story = settled()
    rest = ROLLED, replace(DESEC_ROLLED, foreign=(KSK, NEW_KSK, ZSK))
    for _unused in range(2):
        made = story.look(*rest, ds=BOTH, after=DATA_TTL)
    assert made.delegation.missing == tuple(ds(NEW_KSK))
    assert not made.delegation.remove
    assert story.look(*rest, ds=BOTH | ds(NEW_KSK)).delegation.remove == tuple(ds(KSK))


def test_the_only_ds_of_a_single_signer_stays_until_there_is_another():
    alone, rolled = replace(NS1, foreign=(), cds=(KSK,), ns=('ns1',)), replace(NS1, own=(NEW_KSK, ZSK), foreign=(), cds=(NEW_KSK,), ns=('ns1',))
    story = settled(('ns1',), alone, ds=ds(KSK), ns=('ns1',))
    for _unused in range(2):
        made = story.look(rolled, ds=ds(KSK), ns=('ns1',), after=DATA_TTL)
    assert made.delegation.missing == tuple(ds(NEW_KSK))
    assert not made.delegation.remove


def test_a_ds_that_was_published_beforehand_stays():
    story = settled()
    standby = replace(NS1, own=(KSK, NEW_KSK, ZSK), signs_keys=(KSK,))
    story.look(standby, DESEC, ds=BOTH | ds(NEW_KSK))
    for _unused in range(2):
        made = story.look(standby, replace(DESEC, foreign=(KSK, NEW_KSK, ZSK)), ds=BOTH | ds(NEW_KSK), after=DATA_TTL)
    assert made.delegation is None or not made.delegation.remove


def test_the_ds_of_a_key_that_signs_at_one_server_already_stays():
    story = settled()
    lagging = replace(NS1, own=(KSK, NEW_KSK, ZSK), second=replace(NS1, own=(KSK, NEW_KSK, ZSK), signs_keys=(KSK,)))
    for _unused in range(2):
        made = story.look(lagging, replace(DESEC, foreign=(KSK, NEW_KSK, ZSK)), ds=BOTH | ds(NEW_KSK), after=DATA_TTL)
    assert made.delegation is None or not made.delegation.remove


def test_a_ds_that_could_not_be_looked_for_at_one_server_of_the_parent_is_not_known_to_be_gone():
    story = in_the_middle()
    rest = replace(ROLLING, cds=(NEW_KSK, CSK)), DESEC_ROLLED
    shown = ds(NEW_KSK, CSK)
    for _unused in range(2):
        story.look(*rest, ds=shown, ds_elsewhere='it is silent', after=DS_TTL)
    assert not story.look(*rest, ds=shown, ds_elsewhere=shown).withdrawn
    assert not story.look(*rest, ds=shown, ds_elsewhere=shown, after=DS_TTL - 1).withdrawn
    assert ds(KSK) <= frozenset(story.look(*rest, ds=shown, ds_elsewhere=shown, after=1).withdrawn)


def test_the_ds_of_a_retiring_ksk_goes_when_the_new_one_is_in_force_and_not_before():
    story = settled()
    story.look(ROLLING, DESEC_ROLLING, ds=BOTH)
    made = story.look(ROLLING, DESEC_ROLLING, ds=BOTH, after=DNSKEY_TTL)
    assert made.delegation.missing == tuple(ds(NEW_KSK))
    assert not made.delegation.remove
    made = story.look(ROLLING, DESEC_ROLLING, ds=BOTH | ds(NEW_KSK))
    assert made.delegation.remove == tuple(ds(KSK))
    assert removed(made, 'desec') == parent_records(KSK)
    assert removed(made, 'ns1') == set()
    made = story.look(ROLLING, replace(DESEC_ROLLING, cds=(NEW_KSK, CSK)), ds=ds(NEW_KSK, CSK))
    assert not made.steps and not made.delegation.has_work


def test_the_ds_of_a_retiring_ksk_stays_while_a_dnskey_rrset_that_only_it_signed_may_be_cached():
    story = settled()
    late = replace(ROLLING, signs_keys=(KSK,))
    story.look(late, DESEC_ROLLING, ds=BOTH | ds(NEW_KSK), after=DNSKEY_TTL)
    story.look(late, DESEC_ROLLING, ds=BOTH | ds(NEW_KSK), after=DNSKEY_TTL)
    story.look(ROLLING, DESEC_ROLLING, ds=BOTH | ds(NEW_KSK))
    assert not story.look(ROLLING, DESEC_ROLLING, ds=BOTH | ds(NEW_KSK), after=DNSKEY_TTL - 1).delegation.remove
    assert story.look(ROLLING, DESEC_ROLLING, ds=BOTH | ds(NEW_KSK), after=1).delegation.remove == tuple(ds(KSK))


def test_a_lost_journal_in_the_middle_of_a_ksk_rollover_is_waited_for():
    story = settled()
    story.memory = Memory()
    made = story.look(ROLLING, DESEC_ROLLING, ds=BOTH | ds(NEW_KSK))
    assert made.state == 'waiting'
    made = story.look(ROLLING, DESEC_ROLLING, ds=BOTH | ds(NEW_KSK), after=DATA_TTL - 1)
    assert made.delegation is None
    assert story.look(ROLLING, DESEC_ROLLING, ds=BOTH | ds(NEW_KSK), after=1).delegation.remove == tuple(ds(KSK))


@pytest.mark.parametrize('watched', [True, False])
def test_a_ttl_that_was_lowered_counts_until_the_larger_one_has_run_out(watched):
    story = settled()
    if not watched:
        story.memory = Memory()
    rolled = [ROLLING, DESEC_ROLLING]
    story.look(*rolled, ds=BOTH | ds(NEW_KSK), ds_ttl=1)
    due = DS_TTL if watched else DATA_TTL
    assert NEW_KSK.ds(ZONE) not in story.look(*rolled, ds=BOTH | ds(NEW_KSK), ds_ttl=1, after=due - 1).published
    assert NEW_KSK.ds(ZONE) in story.look(*rolled, ds=BOTH | ds(NEW_KSK), ds_ttl=1, after=1).published
    story.look(*rolled, ds=BOTH | ds(NEW_KSK, KSK3), ds_ttl=1, after=1)
    assert KSK3.ds(ZONE) in story.look(*rolled, ds=BOTH | ds(NEW_KSK, KSK3), ds_ttl=1, after=1).published


def test_a_rollover_is_not_complete_before_its_signer_was_told_of_the_ds_and_has_withdrawn_the_old_key():
    story = settled()
    done = [replace(ROLLING, retiring=(KSK,), awaits_ds=(NEW_KSK,)), replace(DESEC_ROLLING, cds=(NEW_KSK, CSK))]
    story.look(*done, ds=ds(NEW_KSK, CSK))
    made = story.look(*done, ds=ds(NEW_KSK, CSK), after=DS_TTL - 1)
    assert story.now + 1 in [wait.until for wait in made.waits] and NEW_KSK.ds(ZONE) not in made.published
    made = story.look(*done, ds=ds(NEW_KSK, CSK), after=1)
    assert NEW_KSK.ds(ZONE) in made.published
    assert [wait.what for wait in made.waits] == [f'ns1 to withdraw {KSK}']


def test_a_zone_is_complete_before_its_signer_was_told_of_its_first_ds():
    story = settled()
    first = replace(NS1, awaits_ds=(KSK,))
    story.memory = Memory()
    assert story.look(first, DESEC, ds=BOTH).state == 'complete'
    assert KSK.ds(ZONE) in story.look(first, DESEC, ds=BOTH, after=DATA_TTL).published


def test_the_cds_of_a_csk_that_a_provider_has_withdrawn_goes_there_too():
    new = key(8)
    story = settled()
    ns1, both = replace(NS1, foreign=(CSK, new), cds=(KSK, CSK, new)), replace(DESEC, own=(CSK, new), cds=(KSK, CSK, new))
    story.look(ns1, both, ds=BOTH | ds(new))
    story.look(ns1, both, ds=BOTH | ds(new), after=DATA_TTL)
    rolled = replace(both, own=(new,))
    made = story.look(ns1, rolled, ds=BOTH | ds(new))
    assert made.delegation.remove == tuple(ds(CSK))
    assert removed(made, 'desec') == removed(made, 'ns1') == parent_records(CSK)


def test_the_ds_of_a_key_that_is_given_up_is_told_as_withdrawn_while_it_still_signs():
    story = settled()
    rolled = [replace(ROLLING, awaits_ds=(KSK,)), replace(DESEC_ROLLING, cds=(NEW_KSK, CSK))]
    story.look(*rolled, ds=BOTH | ds(NEW_KSK), after=DNSKEY_TTL)
    story.look(*rolled, ds=ds(NEW_KSK, CSK))
    assert KSK.ds(ZONE) not in story.look(*rolled, ds=ds(NEW_KSK, CSK), after=DS_TTL - 1).withdrawn
    assert KSK.ds(ZONE) in story.look(*rolled, ds=ds(NEW_KSK, CSK), after=1).withdrawn


def test_a_ds_that_is_wanted_is_never_told_as_withdrawn():
    story = settled()
    assert not story.look(NS1, DESEC, ds=ds(CSK), after=100_000).withdrawn
    assert not story.look(NS1, DESEC, ds=ds(CSK), after=100_000).withdrawn


def test_a_standby_ksk_keeps_the_ds_that_it_was_given():
    story = settled()
    standby = replace(NS1, own=(KSK, NEW_KSK, ZSK), signs_keys=(KSK,))
    desec = replace(DESEC, foreign=(KSK, ZSK, NEW_KSK))
    for _unused in range(3):
        made = story.look(standby, desec, ds=BOTH | ds(NEW_KSK), after=100_000)
    assert not made.delegation.remove


def test_the_only_ds_of_a_signer_never_goes():
    story = settled()
    made = story.look(replace(NS1, retiring=(KSK,)), DESEC, ds=BOTH, after=100_000)
    assert not made.delegation.remove
    assert set(made.delegation.wanted) == BOTH


def test_a_parent_server_that_lacks_the_new_ds_holds_the_old_one():
    story = settled()
    for _unused in range(3):
        made = story.look(ROLLING, DESEC_ROLLING, ds=BOTH, after=100_000)
    assert made.delegation.missing == tuple(ds(NEW_KSK)) and not made.delegation.remove


# -- algorithms ------------------------------------------------------------------------------------------------------------

RSA = [key(number, algorithm=8) for number in (1, 2)]
DUAL1 = At('ns1', (RSA[0], KSK), (RSA[1], CSK), signs_zone=(RSA[0], KSK), cds=(RSA[0], RSA[1]))
DUAL3 = At('ns3', (RSA[1], CSK), (RSA[0], KSK), signs_zone=(RSA[1], CSK), cds=(RSA[0], RSA[1]))


def test_a_new_algorithm_enters_the_ds_set_when_everything_has_been_signed_with_it_for_long_enough():
    story = Story(group('ns1', 'ns3'))
    half = replace(DUAL3, signs_zone=(RSA[1],))
    for _unused in range(3):
        made = story.look(DUAL1, half, ds=ds(*RSA), after=100_000)
    assert not made.delegation.missing
    story.look(DUAL1, DUAL3, ds=ds(*RSA))
    made = story.look(DUAL1, DUAL3, ds=ds(*RSA), after=DATA_TTL - 1)
    assert not made.delegation.missing
    made = story.look(DUAL1, DUAL3, ds=ds(*RSA), after=1)
    assert set(made.delegation.missing) == ds(KSK, CSK)


def test_a_new_algorithm_waits_until_a_leaver_that_gets_no_ds_of_it_is_forgotten():
    story = Story(group('ns1', 'ns3', leaving=('ns3',)))
    off = [replace(DUAL1, ns=('ns1',)), replace(DUAL3, ns=('ns1',))]
    story.look(*off, ds=ds(*RSA), ns=('ns1',))
    made = story.look(*off, ds=ds(*RSA), ns=('ns1',), after=2 * DATA_TTL - 1)
    assert not made.delegation.missing
    assert 'ns3 to be forgotten' in [wait.what for wait in made.waits]
    made = story.look(*off, ds=ds(*RSA), ns=('ns1',), after=1)
    assert set(made.delegation.missing) == ds(KSK)


def test_the_old_algorithm_leaves_the_ds_set_for_all_signers_at_once():
    story = Story(group('ns1', 'ns3'))
    full = {'cds': (*RSA, KSK, CSK)}
    one, other = replace(DUAL1, **full, retiring=(RSA[0],)), replace(DUAL3, **full)
    for _unused in range(3):
        made = story.look(one, other, ds=ds(*RSA, KSK, CSK), after=100_000)
    assert not made.delegation.remove
    made = story.look(one, replace(other, retiring=(RSA[1],)), ds=ds(*RSA, KSK, CSK), after=100_000)
    assert set(made.delegation.remove) == ds(*RSA)


# -- going insecure, and another run ---------------------------------------------------------------------------------------


def test_only_when_it_is_declared_every_ds_goes_and_signatures_stay_until_none_is_cached():
    story = settled()
    story.group = replace(story.group, insecure=True)
    made = story.look(NS1, DESEC, ds=BOTH)
    assert set(made.delegation.remove) == BOTH and not made.steps
    story.look(NS1, DESEC)
    made = story.look(NS1, DESEC, after=DS_TTL - 1)
    assert [wait.until for wait in made.waits] == [story.now + 1]
    made = story.look(NS1, DESEC, after=1)
    assert not made.waits and any('may stop signing' in note for note in made.notes)


def test_nothing_is_decided_while_another_run_may_still_be_removing_something():
    story = Story(group('ns1', 'desec'))
    alone = [replace(NS1, foreign=()), replace(DESEC, foreign=())]
    made = story.look(*alone, hold_until=story.now + 60)
    assert not made.steps and made.delegation is None
    assert made.waits[0].until == story.now + 60
    assert story.look(*alone, after=60, hold_until=story.now + 60).steps


def test_a_leaver_leaves_an_insecure_zone_too():
    story = settled()
    story.group = replace(story.group, insecure=True, leaving=('ns1',))
    story.look(NS1, DESEC)
    made = story.look(NS1, DESEC, after=DS_TTL)
    assert made.delegation.ns_remove == ('ns1.example',)
    for _unused in range(2):
        made = story.look(NS1_OFF, DESEC_OFF, ns=OFF, after=GONE_AFTER)
    assert removed(made, 'desec') == parent_records(KSK) | dnskeys(ZSK)
    made = story.look(NS1_OFF, replace(DESEC_OFF, cds=(CSK,)), ns=OFF)
    assert removed(made, 'desec') == dnskeys(KSK, ZSK)


# -- a signer that rolls faster than the others can follow ---------------------------------------------------------------------

NEXT = key(8)


def early(made) -> list[str]:
    return [str(wait) for wait in made.waits if f'{NEXT} to be in every cache' in str(wait)]


def test_a_key_that_signs_before_the_others_have_it_is_given_to_them_and_told_until_every_cache_has_it():
    story = settled()
    rolled = replace(DESEC, own=(CSK, NEXT), signs_keys=(CSK,), signs_zone=(NEXT,))
    made = story.look(NS1, rolled, ds=BOTH)
    assert added(made, 'ns1') == dnskeys(NEXT) and early(made)
    mended = replace(NS1, foreign=(CSK, NEXT))
    assert early(story.look(mended, rolled, ds=BOTH))
    made = story.look(mended, rolled, ds=BOTH, after=DNSKEY_TTL - 1)
    assert made.state == 'waiting' and f'until {utc(story.now + 1)} ' in early(made)[0]
    assert not early(story.look(mended, rolled, ds=BOTH, after=1))


def test_a_key_that_signs_while_answers_without_it_may_be_cached_is_told():
    story = settled()
    published = replace(DESEC, own=(CSK, NEXT), signs_keys=(CSK,), signs_zone=(CSK,))
    mended = replace(NS1, foreign=(CSK, NEXT))
    signing = replace(published, signs_zone=(NEXT,))
    assert not early(story.look(mended, published, ds=BOTH))
    assert early(story.look(mended, signing, ds=BOTH, after=DNSKEY_TTL - 1))
    assert not early(story.look(mended, signing, ds=BOTH, after=1))


def test_nothing_is_early_because_a_server_does_not_answer():
    story = settled()
    assert not early(story.look(NS1, replace(DESEC, error='it is silent'), ds=BOTH))


def test_a_key_that_signs_beside_one_that_everybody_has_is_not_early():
    story = settled()
    assert not early(story.look(NS1, replace(DESEC, own=(CSK, NEXT), signs_keys=(CSK,), signs_zone=(CSK, NEXT)), ds=BOTH))


def test_the_keys_of_a_joiner_without_a_ds_are_not_early_nor_are_those_that_a_lost_journal_knew():
    story = settled(('ns1',), replace(NS1, foreign=(), cds=(KSK,)), ds=ds(KSK))
    story.group = group('ns1', 'desec')
    joiner = replace(DESEC, foreign=(), cds=(CSK,))
    assert 'to be in every cache' not in str(story.look(replace(NS1, foreign=(), cds=(KSK,)), joiner, ds=ds(KSK)).waits)
    story = settled()
    story.memory = Memory()
    for _run in range(2):
        assert 'to be in every cache' not in str(story.look(NS1, DESEC, ds=BOTH, after=1).waits)


def test_what_a_server_that_does_not_answer_publishes_is_not_taken_for_missing():
    story = settled()
    made = story.look(replace(NS1, error='zone shop.example, server 192.0.2.1: does not answer.'), DESEC, ds=BOTH)
    assert 'to be in every cache' not in str(made.waits)


def test_a_ttl_counts_until_what_had_it_has_run_out_and_no_longer():
    """The journal's first look assumes the largest TTL; a signer that joins a month later waits for the one that there is."""
    story = settled()
    story.group = group('ns1', 'desec', 'ns3')
    story.look(NS1, DESEC, replace(JOINER, foreign=()), ds=BOTH)
    keys = [replace(NS1, foreign=(CSK, KSK3, ZSK3)), replace(DESEC, foreign=(KSK, ZSK, KSK3, ZSK3)), JOINER]
    made = story.look(*keys, ds=BOTH)
    assert f'until {utc(story.now + DNSKEY_TTL)} for DNSKEY RRsets' in str(made.waits[0])


def test_a_key_that_is_announced_no_more_goes_from_the_others_again():
    story = settled()
    announced = replace(NS1, announced=(NEXT,))
    holding = replace(DESEC, foreign=(KSK, ZSK, NEXT))
    assert added(story.look(announced, DESEC, ds=BOTH), 'desec') == dnskeys(NEXT)
    story.look(announced, holding, ds=BOTH)
    assert not removed(story.look(announced, holding, ds=BOTH, after=DATA_TTL), 'desec')
    assert not removed(story.look(NS1, holding, ds=BOTH), 'desec')
    assert removed(story.look(NS1, holding, ds=BOTH, after=DATA_TTL), 'desec') == dnskeys(NEXT)


def test_a_zone_file_that_is_the_users_is_for_a_person_to_change():
    story = settled()
    by_file = replace(story.group.signers[0], driver='bind_signzone')
    story.group = replace(story.group, signers=(by_file, *story.group.signers[1:]), leaving=('desec',))
    made = story.look(NS1, DESEC, ds=BOTH)
    assert removed(made, 'desec') == name_servers('desec') and not removed(made, 'ns1')
    expected = 'waiting for a person to change the zone file of ns1: remove NS ns.desec.example at ns1 (ns.desec.example is leaving)'
    assert expected in [str(wait) for wait in made.waits]


def test_a_parent_that_takes_its_time_is_waited_for_and_a_person_changes_the_ns_that_it_does_not_take():
    story = settled()
    story.group = replace(story.group, parent=Parent('registry', 'cds', ('198.51.100.1',)))
    made = story.look(NS1, DESEC, ds=BOTH, ns=('ns1',))
    assert made.delegation is not None and not made.delegation.has_work
    assert made.state == 'waiting'
    assert 'waiting for a person to change the NS at registry: add NS ns.desec.example; the channel cds takes no NS' in [str(wait) for wait in made.waits]
    made = story.look(replace(NS1, cds=(KSK, CSK)), replace(DESEC, cds=(KSK, CSK)), ds=ds(KSK))
    assert made.delegation is not None and made.delegation.missing == (CSK.ds(ZONE),) and made.delegation.takes_time
    assert made.state == 'waiting'  # nothing is left to do here once it was handed on
    assert 'waiting for registry to show what it is given: what goes through cds takes its time' in [str(wait) for wait in made.waits]


def test_an_announced_key_is_prepublished_when_every_cache_can_have_it_and_not_one_second_earlier():
    story = settled()
    announced, holding = replace(NS1, announced=(NEXT,)), replace(DESEC, foreign=(KSK, ZSK, NEXT))
    assert not story.look(announced, DESEC, ds=BOTH).prepublished
    assert not story.look(announced, holding, ds=BOTH).prepublished
    assert not story.look(announced, holding, ds=BOTH, after=DNSKEY_TTL - 1).prepublished
    assert story.look(announced, holding, ds=BOTH, after=1).prepublished == (NEXT,)
    assert not story.look(announced, replace(holding, foreign=(KSK, ZSK)), ds=BOTH).prepublished
    assert not story.look(announced, replace(holding, error='zone shop.example, server 192.0.2.2: does not answer.'), ds=BOTH).prepublished


def test_an_algorithm_with_which_not_everything_is_signed_yet_is_waited_for():
    other = key(9, algorithm=8)
    story = settled()
    beginning = replace(NS1, own=(KSK, ZSK, other), signs_keys=(KSK, other), signs_zone=(ZSK,))
    holding = replace(DESEC, foreign=(KSK, ZSK, other))
    story.look(beginning, holding, ds=BOTH)
    made = story.look(beginning, holding, ds=BOTH, after=DNSKEY_TTL)
    assert 'waiting for every signer to sign everything with RSASHA256: before that the DS set does not get it' in [str(wait) for wait in made.waits]


def test_the_keys_of_a_signer_that_does_not_answer_are_neither_withdrawn_nor_leftovers():
    story = settled()
    story.group = group('ns1', 'desec', 'ns3')
    silent = replace(NS1, error='zone shop.example, server 192.0.2.1: does not answer.')
    made = story.look(silent, DESEC, replace(JOINER, foreign=()), ds=BOTH)
    assert dnskeys(KSK, ZSK) <= added(made, 'ns3')
    assert not any('signs nothing anywhere' in note for note in made.notes)
