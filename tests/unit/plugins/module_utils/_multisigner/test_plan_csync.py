# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A parent that takes the NS from the zone: when the signers publish a CSYNC, when they take it away, and what it never does."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import Parent
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.journal import Memory
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.plan_story import (
    CSK,
    DATA_TTL,
    DS_TTL,
    KSK,
    KSK3,
    NAMES,
    SIGNERS,
    ZSK,
    ZSK3,
    At,
    Story,
    added,
    ds,
    group,
    name_servers,
    removed,
)

FOLLOWS = Parent('registry', 'nsupdate', ('198.51.100.1',), csync=True)
NS1 = At('ns1', (KSK, ZSK), (CSK,), cds=(KSK, CSK))
DESEC = At('desec', (CSK,), (KSK, ZSK), cds=(KSK, CSK))
BOTH = ds(KSK, CSK)
OURS = ('0 1 NS',)
CSYNC = {'CSYNC 0 1 NS'}


def shows(*signers: At, csync: tuple[str, ...] = OURS) -> list[At]:
    return [replace(signer, csync=csync) for signer in signers]


def settled(*signers: At, **changes) -> Story:
    """A group that has had its CSYNC for very long."""
    story = Story(group('ns1', 'desec', parent=FOLLOWS, **changes))
    for _unused in range(2):
        made = story.look(*(signers or shows(NS1, DESEC)), ds=BOTH, after=100_000)
    assert made.state == 'complete', made
    return story


def waits(made) -> str:
    return ' | '.join(f'{wait.what}: {wait.reason}' for wait in made.waits)


def test_it_is_published_at_every_signer_when_all_have_the_same_ns_and_then_stays() -> None:
    story = Story(group('ns1', 'desec', parent=FOLLOWS))
    story.look(NS1, DESEC, ds=BOTH, after=100_000)
    made = story.look(NS1, DESEC, ds=BOTH, after=100_000)
    assert added(made, 'ns1') == added(made, 'desec') == CSYNC
    assert not removed(made, 'ns1') and made.state == 'changing'
    assert story.look(*shows(NS1, DESEC), ds=BOTH).state == 'complete'


def test_without_being_asked_for_it_is_not() -> None:
    story = Story(group('ns1', 'desec'))
    story.look(NS1, DESEC, ds=BOTH, after=100_000)
    assert story.look(NS1, DESEC, ds=BOTH, after=100_000).state == 'complete'


def test_a_joiner_is_brought_to_the_parent_by_the_zone_and_nothing_else() -> None:
    """The CSYNC goes while the NS change, and comes back when they are the same at every signer; the channel, which could, writes no NS."""
    story = settled()
    story.group = group('ns1', 'desec', 'ns3', parent=FOLLOWS)
    keys = [
        replace(NS1, foreign=(CSK, KSK3, ZSK3), cds=(KSK, CSK, KSK3)), replace(DESEC, foreign=(KSK, ZSK, KSK3, ZSK3), cds=(KSK, CSK, KSK3)),
        At('ns3', (KSK3, ZSK3), (KSK, ZSK, CSK), cds=(KSK, CSK, KSK3)),
    ]
    full = BOTH | ds(KSK3)
    story.look(*shows(*keys), ds=full)
    made = story.look(*shows(*keys), ds=full, after=DS_TTL)
    for name in ('ns1', 'desec', 'ns3'):
        assert (added(made, name), removed(made, name)) == (name_servers('ns3'), CSYNC)
    assert not made.delegation.ns_add
    assert 'registry to take the NS of the zone: add NS ns3.example; it does so when the CSYNC' in waits(made)
    three = [replace(one, ns=('ns1', 'desec', 'ns3')) for one in keys]
    made = story.look(*three, ds=full)
    assert [added(made, name) for name in ('ns1', 'desec', 'ns3')] == [CSYNC] * 3
    made = story.look(*shows(*three), ds=full)
    assert made.state == 'waiting' and not made.delegation.has_work
    assert story.look(*shows(*three), ds=full, ns=('ns1', 'desec', 'ns3')).state == 'complete'


def test_it_waits_for_a_joiner_that_the_signers_name_already_and_that_is_not_ready() -> None:
    """By hand its NS are at every signer; the parent must not send anybody there before its DS is in every cache."""
    story = settled()
    story.group = group('ns1', 'desec', 'ns3', parent=FOLLOWS)
    ns = ('ns1', 'desec', 'ns3')
    keys = [
        replace(NS1, foreign=(CSK, KSK3, ZSK3), cds=(KSK, CSK, KSK3), ns=ns), replace(DESEC, foreign=(KSK, ZSK, KSK3, ZSK3), cds=(KSK, CSK, KSK3), ns=ns),
        At('ns3', (KSK3, ZSK3), (KSK, ZSK, CSK), cds=(KSK, CSK, KSK3), ns=ns),
    ]
    full = BOTH | ds(KSK3)
    story.look(*keys, ds=BOTH)
    story.look(*keys, ds=full, after=DATA_TTL)  # a joiner that is named may have been asked before
    made = story.look(*keys, ds=full, after=DS_TTL - 1)
    assert not made.steps and 'ns3 to be ready for the resolvers' in waits(made)
    made = story.look(*shows(*keys), ds=full)
    assert removed(made, 'ns1') == removed(made, 'ns3') == CSYNC  # somebody brought it back by hand: the parent must not follow it
    made = story.look(*keys, ds=full, after=1)
    assert [added(made, name) for name in ('ns1', 'desec', 'ns3')] == [CSYNC] * 3


def test_a_leaver_is_taken_from_the_parent_by_the_zone_too() -> None:
    story = settled()
    story.group = replace(story.group, leaving=('desec',))
    made = story.look(*shows(NS1, DESEC), ds=BOTH)
    assert removed(made, 'ns1') == removed(made, 'desec') == CSYNC | name_servers('desec')
    assert not made.delegation.ns_remove
    alone = [replace(NS1, ns=('ns1',)), replace(DESEC, ns=('ns1',))]
    made = story.look(*alone, ds=BOTH)
    assert added(made, 'ns1') == added(made, 'desec') == CSYNC
    assert 'remove NS ns.desec.example; it does so when' in waits(made)


@pytest.mark.parametrize('where', ['a signer', 'one server of a signer'])
def test_while_the_ns_differ_nobody_publishes_it(where: str) -> None:
    NAMES['other'] = 'ns.other.example'
    odd = replace(NS1, ns=('ns1', 'desec', 'other'))
    signers = [odd, DESEC] if where == 'a signer' else [replace(NS1, second=odd), DESEC]
    story = settled()
    made = story.look(*signers, ds=BOTH)
    assert not made.steps
    told = 'servers of ns1 to agree' if where != 'a signer' else 'the same at every server of every signer: a CSYNC is published only then; not all have'
    assert told in waits(made)
    made = story.look(*shows(*signers), ds=BOTH)
    if where == 'a signer':
        assert removed(made, 'ns1') == removed(made, 'desec') == CSYNC


def test_an_ns_of_nobody_at_the_parent_is_not_removed_by_it() -> None:
    NAMES['other'] = 'ns.other.example'
    story = settled()
    made = story.look(*shows(NS1, DESEC), ds=BOTH, ns=('ns1', 'desec', 'other'))
    assert removed(made, 'ns1') == removed(made, 'desec') == CSYNC
    assert 'a person to remove NS ns.other.example from registry, or to add them at every signer' in waits(made)
    assert not story.look(NS1, DESEC, ds=BOTH, ns=('ns1', 'desec', 'other')).steps


def test_one_of_somebody_else_stays_and_is_told() -> None:
    story = settled()
    strange = [replace(NS1, csync=('66 3 NS',)), replace(DESEC, csync=OURS)]
    made = story.look(*strange, ds=BOTH)
    assert not made.steps
    assert 'a person to remove CSYNC 66 3 NS from ns1: somebody else published it' in waits(made)


def test_when_it_is_not_asked_for_any_more_what_was_published_goes_and_what_somebody_else_did_stays() -> None:
    story = settled()
    story.group = group('ns1', 'desec')
    made = story.look(replace(NS1, csync=(*OURS, '66 3 NS')), replace(DESEC, csync=OURS), ds=BOTH)
    assert removed(made, 'ns1') == removed(made, 'desec') == CSYNC
    made = story.look(replace(NS1, csync=('66 3 NS',)), DESEC, ds=BOTH)
    assert not made.steps and made.state == 'complete'


def test_after_a_lost_journal_one_that_is_right_is_taken_over() -> None:
    story = settled()
    story.memory = Memory()
    story.look(*shows(NS1, DESEC), ds=BOTH)
    assert story.look(*shows(NS1, DESEC), ds=BOTH, after=100_000).state == 'complete'
    story.group = group('ns1', 'desec')
    made = story.look(*shows(NS1, DESEC), ds=BOTH)
    assert removed(made, 'ns1') == removed(made, 'desec') == CSYNC


def test_one_that_is_right_already_when_it_is_first_asked_for_is_taken_over() -> None:
    story = Story(group('ns1', 'desec'))
    for _unused in range(2):
        assert not story.look(*shows(NS1, DESEC), ds=BOTH, after=100_000).steps
    story.group = group('ns1', 'desec', parent=FOLLOWS)
    assert story.look(*shows(NS1, DESEC), ds=BOTH).state == 'complete'


def test_nor_does_one_go_that_a_lost_journal_does_not_know() -> None:
    story = settled()
    story.group, story.memory = group('ns1', 'desec'), Memory()
    story.look(*shows(NS1, DESEC), ds=BOTH)
    assert not story.look(*shows(NS1, DESEC), ds=BOTH, after=100_000).steps


def test_it_is_remembered_while_a_signer_does_not_answer() -> None:
    story = settled()
    story.group = group('ns1', 'desec')
    story.look(*shows(NS1), replace(DESEC, error='desec does not answer'), ds=BOTH)
    story.look(NS1, replace(DESEC, error='desec does not answer'), ds=BOTH)
    story.look(NS1, *shows(DESEC), ds=BOTH)
    made = story.look(NS1, *shows(DESEC), ds=BOTH, after=100_000)
    assert removed(made, 'desec') == CSYNC


def test_the_addresses_of_servers_below_the_zone_are_named_too_and_the_other_form_goes() -> None:
    NAMES['below'] = 'ns1.shop.example'
    ns = ('below', 'desec')
    story = settled()
    story.group = replace(story.group, signers=(replace(SIGNERS['ns1'], ns=('ns1.shop.example',)), SIGNERS['desec']))
    made = story.look(*shows(replace(NS1, ns=ns), replace(DESEC, ns=ns)), ds=BOTH, ns=ns)
    assert (added(made, 'ns1'), removed(made, 'ns1')) == ({'CSYNC 0 1 A NS AAAA'}, CSYNC)


def test_where_a_zone_file_is_the_users_a_person_is_asked() -> None:
    story = Story(group('ns1', 'desec', parent=FOLLOWS))
    story.group = replace(story.group, signers=(replace(SIGNERS['ns1'], driver='bind_signzone'), SIGNERS['desec']))
    story.look(NS1, DESEC, ds=BOTH, after=100_000)
    made = story.look(NS1, DESEC, ds=BOTH, after=100_000)
    assert not added(made, 'ns1') and added(made, 'desec') == CSYNC
    assert 'a person to change the zone file of ns1: add CSYNC 0 1 NS: the parent follows CSYNC' in waits(made)


def test_no_leaver_is_brought_back_to_the_parent_by_it() -> None:
    """A person has still to take the leaver out of every zone file; the parent has done so already."""
    by_hand = tuple(replace(SIGNERS[name], driver='bind_signzone') for name in ('ns1', 'desec'))
    story = settled()
    story.group = replace(story.group, signers=by_hand, leaving=('desec',))
    made = story.look(NS1, DESEC, ds=BOTH, ns=('ns1',))
    assert 'remove NS ns.desec.example at ns1' in waits(made) and 'CSYNC' not in waits(made)


def test_nor_is_a_signer_taken_from_the_parent_that_a_person_has_still_to_write_into_the_zone_files() -> None:
    by_hand = tuple(replace(SIGNERS[name], driver='bind_signzone') for name in ('ns1', 'desec'))
    story = settled()
    story.group = replace(story.group, signers=by_hand)
    made = story.look(replace(NS1, ns=('ns1',)), replace(DESEC, ns=('ns1',)), ds=BOTH)
    assert 'add NS ns.desec.example at ns1' in waits(made) and 'CSYNC' not in waits(made) and 'of no declared signer' not in waits(made)


def test_it_needs_to_be_known_which_ns_are_whose() -> None:
    story = Story(group('ns1', 'desec', parent=FOLLOWS))
    story.group = replace(story.group, signers=(replace(SIGNERS['ns1'], ns=()), SIGNERS['desec']))
    story.look(NS1, DESEC, ds=BOTH, after=100_000)
    made = story.look(NS1, DESEC, ds=BOTH, after=100_000)
    assert not made.steps and 'the names of the servers of ns1' in waits(made) and 'set multisigner_ns' in waits(made)


def test_a_zone_that_is_insecure_has_none_and_its_ns_are_changed_otherwise() -> None:
    """Nothing authenticates its CSYNC, so the parent does not follow it (RFC 7477 section 3)."""
    story = settled()
    story.group = replace(story.group, insecure=True)
    story.look(*shows(NS1, DESEC), ds=())
    made = story.look(*shows(NS1, DESEC), ds=(), after=100_000, ns=('ns1',))
    assert all('CSYNC 0 1 NS' in removed(made, name) for name in ('ns1', 'desec'))
    assert made.delegation.ns_add == ('ns.desec.example',)
