# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: what it keeps, and that it is left alone when nothing is new."""
from __future__ import annotations

import os
import sqlite3
import stat
import time

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import journal as module
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.journal import GAP, Fact, Journal, Memory

NOW = 1_800_000_000
FACT = Fact('kind', 'subject', 1_800_000_000, 3600)
UNTRUE = Fact('kind', 'other', None, 60)


def keep(path, *facts, zone='shop.example', writable=True, seen=NOW):
    with Journal(str(path), writable) as journal:
        after = Memory({fact.key: fact for fact in facts}, seen)
        return journal.store(zone, journal.memories().get(zone, Memory()), after)


def kept(path):
    with Journal(str(path), False) as journal:
        return {zone: dict(memory.facts) for zone, memory in journal.memories().items()}


def seen(path, zone='shop.example'):
    with Journal(str(path), False) as journal:
        return journal.memories()[zone].seen


@pytest.fixture(name='path')
def fixture_path(tmp_path):
    return tmp_path / 'state' / 'journal.sqlite'


def test_a_path_may_have_signs_that_mean_something_in_a_uri(tmp_path):
    path = tmp_path / 'état 50% #1?' / 'journal.sqlite'
    assert keep(path, FACT)
    assert kept(path) == {'shop.example': {FACT.key: FACT}}
    assert [file.name for file in path.parent.iterdir()] == ['journal.sqlite']


def test_check_mode_passes_over_the_file_of_a_run_that_was_killed_at_once(path):
    path.parent.mkdir()
    path.touch()
    assert kept(path) == {}
    assert path.stat().st_size == 0


def test_what_is_stored_is_there_in_the_next_run(path):
    assert keep(path, FACT, UNTRUE)
    assert kept(path) == {'shop.example': {FACT.key: FACT, UNTRUE.key: UNTRUE}}


def test_it_tells_of_which_zones_a_fact_is_known(path):
    keep(path, FACT, UNTRUE)
    with Journal(str(path), False) as journal:
        assert journal.zones_with(FACT.kind) == {'shop.example'}
        assert journal.zones_with('another') == set()


def test_a_fraction_of_a_second_is_kept(path):
    exact = Fact('kind', 'subject', NOW + 0.9, 3600)
    keep(path, exact, seen=NOW + 0.9)
    assert kept(path) == {'shop.example': {exact.key: exact}}
    assert seen(path) == NOW + 0.9


def test_a_fact_that_is_not_stored_again_is_forgotten_and_other_zones_are_not(path):
    keep(path, FACT, zone='talk.example')
    keep(path, FACT, UNTRUE)
    assert keep(path, UNTRUE)
    assert kept(path) == {'shop.example': {UNTRUE.key: UNTRUE}, 'talk.example': {FACT.key: FACT}}


def test_storing_the_same_again_touches_no_file(path):
    keep(path, FACT)
    os.utime(path, ns=(1, 1))
    os.utime(path.parent, ns=(1, 1))
    assert not keep(path, FACT)
    assert path.stat().st_mtime_ns == 1
    assert path.parent.stat().st_mtime_ns == 1


def test_only_the_user_may_read_it(path):
    keep(path, FACT)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_look_without_writing_makes_no_file_and_changes_none(path):
    assert keep(path, FACT, writable=False)
    assert not path.parent.exists()
    keep(path, FACT)
    before = path.read_bytes()
    assert keep(path, UNTRUE, writable=False)
    assert path.read_bytes() == before


def test_a_run_that_fails_leaves_nothing_behind(path):
    keep(path, FACT)
    with pytest.raises(MultisignerError, match='too late'), Journal(str(path), True) as journal:
        journal.store('shop.example', journal.memories()['shop.example'], Memory({UNTRUE.key: UNTRUE}, NOW))
        raise MultisignerError('too late')
    assert kept(path) == {'shop.example': {FACT.key: FACT}}


def test_a_second_run_is_told_that_the_first_holds_it(path, monkeypatch):
    keep(path, FACT)
    monkeypatch.setattr(module, 'LOCK_WAIT', 0.05)
    with Journal(str(path), True), pytest.raises(MultisignerError, match='another run holds it'):
        Journal(str(path), True)
    assert not keep(path, FACT)


def test_a_look_without_writing_keeps_no_run_waiting(path, monkeypatch):
    keep(path, FACT)
    monkeypatch.setattr(module, 'LOCK_WAIT', 0.05)
    with Journal(str(path), False) as look:
        assert look.memories()
        assert keep(path, FACT, UNTRUE)


def test_a_file_that_is_no_journal_is_told_with_the_way_out(path):
    path.parent.mkdir()
    path.write_text('this is not a database, and long enough to be taken for a damaged one')
    with pytest.raises(MultisignerError, match='Move the file away'):
        Journal(str(path), True)


def test_a_journal_of_another_release_is_not_touched(path):
    keep(path, FACT)
    connection = sqlite3.connect(path)
    connection.execute('PRAGMA user_version = 99')
    connection.close()
    with pytest.raises(MultisignerError, match='schema 99'):
        Journal(str(path), True)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(MultisignerError, match='cannot be used'):
        Journal(str(tmp_path / 'file' / 'journal.sqlite'), True)


@pytest.mark.parametrize(
    ('later', 'is_kept'), [(GAP // 4, True), (GAP // 4 - 1, False), (-1, True)],
)
def test_that_a_zone_was_seen_is_kept_often_enough_for_its_facts_to_count_and_not_oftener(path, later, is_kept):
    keep(path, FACT)
    assert not keep(path, FACT, seen=NOW + later)
    assert seen(path) == (NOW + later if is_kept else NOW)


def test_a_new_fact_is_kept_with_the_time_at_which_it_was_seen(path):
    keep(path, FACT)
    assert keep(path, FACT, UNTRUE, seen=NOW + 1)
    assert seen(path) == NOW + 1


@pytest.mark.parametrize(('set_by', 'is_noticed'), [(3600, True), (-3600, True), (5, False)])
def test_a_clock_that_was_set_lets_no_time_count(path, monkeypatch, set_by, is_noticed):
    keep(path, FACT)
    right = time.time
    monkeypatch.setattr(module.time, 'time', lambda: right() + set_by)
    with Journal(str(path), False) as journal:
        assert journal.before_clock_was_set() == (frozenset({'shop.example'}) if is_noticed else frozenset())
        assert journal.memories()['shop.example'] == Memory({FACT.key: FACT}, None if is_noticed else NOW)


def test_a_clock_that_was_set_is_not_forgotten_for_a_zone_when_a_run_over_others_notices_it(path, monkeypatch):
    keep(path, FACT)
    keep(path, FACT, zone='talk.example')
    right = time.time
    monkeypatch.setattr(module.time, 'time', lambda: right() + 3600)
    keep(path, FACT, zone='talk.example', seen=NOW + 3600)
    assert seen(path, 'talk.example') == NOW + 3600
    assert seen(path) is None


def test_another_boot_says_nothing_about_the_clock(path, monkeypatch):
    keep(path, FACT)
    monkeypatch.setattr(module, '_boot', lambda: ('another', 1.0))
    with Journal(str(path), False) as journal:
        assert not journal.before_clock_was_set()


def test_what_is_known_of_the_clock_ends_with_the_worth_of_what_was_seen(path, monkeypatch):
    keep(path, FACT)
    right = time.time
    monkeypatch.setattr(module, '_boot', lambda: ('another', 1.0))
    monkeypatch.setattr(module.time, 'time', lambda: right() + GAP + 1)
    keep(path, FACT, seen=NOW + GAP)
    assert [row[0] for row in sqlite3.connect(path).execute('SELECT boot FROM clock')] == ['another']


def removing(path, run, until, *zones, now=0):
    with Journal(str(path), True) as journal:
        found = journal.held_until(run, now)
        journal.remove_until(run, until, zones)
        return found


def test_another_run_is_told_until_when_the_first_may_be_removing_something_from_a_zone(path):
    later = int(time.time()) + 600
    assert removing(path, 'first', later, 'shop.example') == {}
    assert removing(path, 'second', later + 1, 'talk.example') == {'shop.example': later}
    assert removing(path, 'third', later) == {'shop.example': later, 'talk.example': later + 1}
    assert removing(path, 'second', later, now=later) == {}
    assert removing(path, 'first', later) == {}
    assert removing(path, 'second', later) == {}


def test_a_run_that_removes_nothing_writes_nothing(path):
    keep(path, FACT)
    os.utime(path, ns=(1, 1))
    removing(path, 'first', 0)
    assert path.stat().st_mtime_ns == 1


def test_a_run_that_goes_on_removing_the_same_notes_it_once(path):
    later = int(time.time()) + 600
    removing(path, 'first', later, 'shop.example')
    os.utime(path, ns=(1, 1))
    removing(path, 'first', later, 'shop.example')
    assert path.stat().st_mtime_ns == 1


def test_what_is_known_of_some_zones_is_carried_and_replaced_without_the_others(path):
    later = int(time.time()) + 600
    for zone in ('shop.example', 'talk.example'):
        keep(path, FACT, zone=zone)
    removing(path, 'first', later, 'shop.example', 'talk.example')
    with Journal('elsewhere', True, Journal(str(path), False).export({'shop.example'})) as part:
        assert list(part.memories()) == ['shop.example']
        assert part.held_until('', 0) == {'shop.example': later}
        part.store('shop.example', part.memories()['shop.example'], Memory({UNTRUE.key: UNTRUE}, NOW))
        part.store('talk.example', Memory(), Memory({UNTRUE.key: UNTRUE}, NOW))
        new = part.export()
    with Journal(str(path), True) as journal:
        journal.replace(new, {'shop.example'})
    assert kept(path) == {'shop.example': {UNTRUE.key: UNTRUE}, 'talk.example': {FACT.key: FACT}}
    assert removing(path, 'second', 0) == {'shop.example': later, 'talk.example': later}
