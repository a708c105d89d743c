# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of records that somebody else took away: ns1 and desec, complete, and what a later pass finds of that."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.journal import Memory
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.observation import ParentServerView, ParentView, ZoneObservation
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.plan import plan
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.taken_away import TOLD_FOR
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.plan_story import (
    CSK,
    KSK,
    KSK3,
    NAMES,
    NOW,
    ZONE,
    ZSK,
    ZSK3,
    At,
    Ttls,
    ds,
    group,
)

NS1 = At('ns1', (KSK, ZSK), (CSK,), cds=(KSK, CSK))
DESEC = At('desec', (CSK,), (KSK, ZSK), cds=(KSK, CSK))
BOTH = group('ns1', 'desec')
DS = ds(KSK, CSK)


class Passes:
    """One pass after the other, each with what the last one left in the journal."""

    def __init__(self, declared=BOTH):
        self.group, self.memory, self.now = declared, Memory(), NOW

    def look(self, *signers, ds_shown=DS, ns=('ns1', 'desec'), after=60, error=''):
        self.now += after
        names = frozenset(NAMES[name] for name in ns)
        parent = ParentServerView('198.51.100.1', error=error, authenticated=True, ds=ds_shown, ds_ttl=5, ns=names, ns_ttl=5)
        seen = ZoneObservation(ZONE, self.now, tuple(signer.view(Ttls()) for signer in signers), ParentView('registry', 'example', (parent,)))
        made = plan(self.group, seen, self.memory, self.now)
        self.memory = made.memory
        return [note for note in made.notes if 'took it away' in note]


@pytest.fixture(name='passes')
def fixture_passes():
    """After two passes that found everything in its place."""
    passes = Passes()
    assert not passes.look(NS1, DESEC)
    assert not passes.look(NS1, DESEC)
    return passes


def only(notes):
    assert len(notes) == 1, notes
    return notes[0]


def test_a_key_that_is_gone_at_another_signer_is_told_with_its_place(passes):
    note = only(passes.look(replace(NS1, foreign=()), DESEC))
    assert note.startswith(f'DNSKEY {CSK} at ns1 was there, and was found to be gone at ')
    assert 'another tool that manages the zone, or a person, took it away' in note


def test_cds_and_cdnskey_that_are_gone_are_told(passes):
    assert only(passes.look(NS1, replace(DESEC, cds=(CSK,)))).startswith(f'CDS and CDNSKEY of {KSK} at desec was there')


def test_a_ds_that_is_gone_is_told(passes):
    assert only(passes.look(NS1, DESEC, ds_shown=ds(KSK))).startswith(f'DS {CSK.ds(ZONE).text} at the parent was there')


def test_a_ds_set_that_is_gone_as_a_whole_is_told(passes):
    assert len(passes.look(NS1, DESEC, ds_shown=frozenset())) == 2


def test_ns_that_are_gone_are_told_at_a_signer_and_at_the_parent(passes):
    notes = passes.look(replace(NS1, ns=('ns1',)), DESEC, ns=('ns1',))
    assert [note.split(' was there')[0] for note in notes] == ['NS ns.desec.example at ns1', 'NS ns.desec.example at the parent']


def test_it_is_told_for_a_day_though_it_is_back(passes):
    passes.look(replace(NS1, foreign=()), DESEC)
    assert passes.look(NS1, DESEC)
    assert passes.look(NS1, DESEC, after=TOLD_FOR - 120)
    assert not passes.look(NS1, DESEC, after=61)


def test_a_pass_that_finds_nothing_new_writes_nothing_new(passes):
    passes.look(replace(NS1, foreign=()), DESEC)
    passes.look(NS1, DESEC)
    passes.look(NS1, DESEC, after=TOLD_FOR - 120)  # the largest TTLs that may be cached are over as well
    before = passes.memory.facts
    assert passes.look(NS1, DESEC, after=30)
    assert passes.memory.facts == before
    assert not passes.look(NS1, DESEC, after=60)  # nor when it is told no longer
    assert passes.memory.facts == before


def test_what_is_taken_away_again_is_told_with_the_new_time(passes):
    first = only(passes.look(replace(NS1, foreign=()), DESEC))
    passes.look(NS1, DESEC)
    assert only(passes.look(replace(NS1, foreign=()), DESEC)) != first


# -- what nobody took away -------------------------------------------------------------------------------------------------


def test_what_was_never_there_is_not_told():
    passes = Passes()
    assert not passes.look(replace(NS1, foreign=(), cds=()), replace(DESEC, foreign=(), cds=()), ds_shown=ds(KSK), ns=('ns1',))
    assert not passes.look(replace(NS1, foreign=(), cds=()), replace(DESEC, foreign=(), cds=()), ds_shown=ds(KSK), ns=('ns1',))


def test_a_signer_that_joins_never_had_anything(passes):
    passes.group = group('ns1', 'desec', 'ns3')
    assert not passes.look(NS1, DESEC, At('ns3', (KSK3, ZSK3), ns=('ns1', 'desec')))


def test_a_signer_that_leaves_is_not_missed(passes):
    passes.group = group('ns1', 'desec', leaving=('desec',))
    assert not passes.look(replace(NS1, ns=('ns1',)), replace(DESEC, ns=('ns1',)), ns=('ns1',))


def test_a_key_that_its_own_signer_withdraws_is_not_told(passes):
    new = CSK.__class__(257, 3, 13, b'n' * 64)
    rolled = replace(DESEC, own=(new,), cds=(KSK, new))
    assert not [note for note in passes.look(replace(NS1, foreign=(new,)), rolled, ds_shown=ds(KSK, new)) if f'DNSKEY {CSK}' in note]


def test_the_cds_of_a_key_that_its_signer_has_replaced_go_by_the_pass_itself(passes):
    new = CSK.__class__(257, 3, 13, b'n' * 64)
    rolled, other = replace(NS1, own=(KSK, new, ZSK), cds=(new, CSK), retiring=(KSK,)), replace(DESEC, foreign=(KSK, new, ZSK), cds=(KSK, new, CSK))
    for _unused in range(2):
        passes.look(rolled, other, ds_shown=DS, after=100_000)
    assert not passes.look(rolled, replace(other, cds=(new, CSK)), ds_shown=DS)


def test_a_zone_that_was_not_seen_whole_tells_nothing_and_forgets_nothing(passes):
    assert not passes.look(At('ns1', (), error='does not answer'), DESEC)
    assert not passes.look(NS1, DESEC, error='does not answer')
    assert only(passes.look(NS1, replace(DESEC, cds=(CSK,)))).startswith('CDS and CDNSKEY')


def test_a_zone_that_goes_insecure_loses_its_ds_on_purpose(passes):
    passes.group = replace(passes.group, insecure=True)
    assert not passes.look(replace(NS1, cds=()), replace(DESEC, cds=()), ds_shown=frozenset())


def test_ns_that_are_not_managed_are_not_told():
    passes = Passes(replace(BOTH, signers=tuple(replace(signer, ns=()) for signer in BOTH.signers)))
    passes.look(NS1, DESEC)
    assert not passes.look(replace(NS1, ns=('ns1',)), DESEC, ns=('ns1',))
