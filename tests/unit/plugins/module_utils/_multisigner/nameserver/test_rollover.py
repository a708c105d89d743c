# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key is replaced when the others have its successor, when named is done with the last change, by the one that they have; and never else."""
from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, Sequence

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.files import Access, Disk
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.keyfiles import key_file_stem, policy_key_folder
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.rollover import Roller, Settings
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome

ZONE = 'shop.example'
ZSK, NEXT, OTHER, KSK, CSK = (DNSKEY(flags, 3, 13, bytes(range(start, start + 64))) for start, flags in ((0, 256), (1, 256), (2, 256), (3, 257), (4, 257)))
SINCE = '20260101000000'
OMNIPRESENT = f'ZRRSIGState: omnipresent\nDNSKEYState: omnipresent\nGoalState: omnipresent\nPublished: {SINCE}\n'
KSK_STATES = f'KRRSIGState: omnipresent\nDSState: omnipresent\nDNSKEYState: omnipresent\nGoalState: omnipresent\nPublished: {SINCE}\n'
RETIRED = OMNIPRESENT.replace('GoalState: omnipresent', 'GoalState: hidden')


class FakeNamed:
    """Stands for named, rndc and dnssec-keygen, and for the folder that holds the keys. The real ones are in the target rollover."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.folder = Path(policy_key_folder(str(directory), ZONE))
        self.folder.mkdir(parents=True)
        self.made: list[tuple[str, ...]] = []
        self.rolled: list[int] = []
        self.makes: Callable[[Path], None] = lambda place: self.put(place, NEXT)
        self.takes: DNSKEY | None = NEXT

    def put(self, folder: Path, key: DNSKEY, state: str = '', uses: str = '') -> None:
        stem = folder / key_file_stem(ZONE, key)
        times = '' if state else f'; Created: {SINCE} (Thu Jan  1 00:00:00 2026)\n'
        stem.with_name(stem.name + '.key').write_text(f'{times}{ZONE}. 60 IN DNSKEY {key.text}\n')
        stem.with_name(stem.name + '.private').write_text('PrivateKey: AAAA\n')
        if state or uses:
            said = uses or ('KSK: yes\nZSK: no\n' if key.is_sep else 'KSK: no\nZSK: yes\n')
            stem.with_name(stem.name + '.state').write_text(f'; This is the state of key {key.tag}, for {ZONE}.\n{said}{state}')

    def has(self, key: DNSKEY, state: str = '', uses: str = '') -> None:
        self.put(self.folder, key, state, uses)

    def run(self, program: str, *words: str, **_unused: Any) -> str:
        assert program == 'dnssec-keygen' and '-G' in words
        self.made.append(words)
        self.makes(Path(words[words.index('-K') + 1]))
        return ''

    def step(self, zone: str) -> str:
        assert self.rolled and zone == ZONE  # nothing else is to be let go on
        return 'manual-mode is not enabled'

    def rollover(self, zone: str, tag: int, algorithm: int) -> str:
        assert (zone, algorithm) == (ZONE, 13)
        self.rolled.append(tag)
        if self.takes is None:
            return 'Error executing rollover request: key is not actively signing'
        self.has(ZSK, RETIRED)
        self.has(self.takes, OMNIPRESENT.replace('DNSKEYState: omnipresent', 'DNSKEYState: rumoured'))
        return 'Rollover scheduled'

    def until(self, is_so: Callable[[], bool]) -> bool:
        return is_so()


@pytest.fixture
def named(tmp_path: Path) -> FakeNamed:
    return FakeNamed(tmp_path / 'multisigner')


def roll(named: FakeNamed, held: Sequence[DNSKEY] = (), role: str = 'ZSK', before: str = '2026-02-01', check: bool = False) -> Outcome:
    stand_in: Any = named
    settings = Settings.of(str(named.directory), role, before, Access(0o640))
    (named.directory.parent / 'work').mkdir(exist_ok=True)
    options = [{'name': 'Shop.Example.', 'prepublished': [f'DNSKEY {key.text}' for key in held]}]
    outcome, = Roller(stand_in, Disk(check), stand_in, settings).serve(options, str(named.directory.parent / 'work'))
    return outcome


def keys(named: FakeNamed) -> set[str]:
    return {path.name for path in named.folder.iterdir()}


def test_one_call_after_the_other_brings_a_rollover_to_its_end(named: FakeNamed) -> None:
    named.has(KSK, KSK_STATES)
    named.has(ZSK, OMNIPRESENT)
    first = roll(named)
    assert (first.changed, first.details['state'], first.details['successor']) == (True, 'prepared', f'DNSKEY {NEXT.text}')
    assert not named.rolled
    again = roll(named)
    assert (again.changed, again.details['state'], len(named.made)) == (False, 'prepared', 1)
    begun = roll(named, [NEXT])
    assert (begun.changed, begun.details['state'], begun.details['key'], named.rolled) == (True, 'rolling', f'DNSKEY {NEXT.text}', [ZSK.tag])
    under_way = roll(named, [NEXT])
    assert (under_way.changed, under_way.details['state'], named.rolled) == (False, 'rolling', [ZSK.tag])
    named.has(ZSK, RETIRED.replace('omnipresent', 'hidden'))
    named.has(NEXT, OMNIPRESENT.replace(SINCE, '20260301000000'))
    done = roll(named)
    assert (done.changed, done.details['state'], len(named.made)) == (False, 'current', 1)
    named.makes = lambda place: named.put(place, OTHER)
    assert roll(named, before='2026-03-02').details['successor'] == f'DNSKEY {OTHER.text}'


def test_named_does_not_begin_before_the_others_have_this_very_key(named: FakeNamed) -> None:
    named.has(ZSK, OMNIPRESENT)
    named.has(NEXT)
    assert roll(named, [OTHER]).details['state'] == 'prepared'
    assert not named.rolled


@pytest.mark.parametrize('state', ['ZRRSIGState', 'DNSKEYState'])
def test_named_does_not_begin_while_it_still_works_on_a_key(named: FakeNamed, state: str) -> None:
    named.has(ZSK, OMNIPRESENT.replace(f'{state}: omnipresent', f'{state}: rumoured'))
    named.has(NEXT)
    outcome = roll(named, [NEXT])
    assert (outcome.details['state'], outcome.changed, named.rolled) == ('waiting', False, [])
    assert 'is rumoured' in outcome.msg


def test_nor_while_it_works_on_one_of_another_use(named: FakeNamed) -> None:
    named.has(KSK, KSK_STATES.replace('DSState: omnipresent', 'DSState: rumoured'))
    named.has(ZSK, OMNIPRESENT)
    named.has(NEXT)
    assert roll(named, [NEXT]).details['state'] == 'waiting'
    assert not named.rolled


def test_several_successors_are_refused(named: FakeNamed) -> None:
    for key, state in ((ZSK, OMNIPRESENT), (NEXT, ''), (OTHER, '')):
        named.has(key, state)
    outcome = roll(named, [NEXT])
    assert outcome.failed and 'which one named would take is not known' in outcome.msg and not named.rolled


@pytest.mark.parametrize('present', [(), (ZSK, OTHER)])
def test_a_zone_without_just_one_such_key_is_refused(named: FakeNamed, present: Sequence[DNSKEY]) -> None:
    for key in present:
        named.has(key, OMNIPRESENT)
    outcome = roll(named)
    assert outcome.failed and f'holds {len(present)} ZSKs in use' in outcome.msg and not named.made


@pytest.mark.parametrize(('taken', 'expected'), [(OTHER, 'and not'), (None, 'did not begin')])
def test_it_is_told_when_named_does_otherwise(named: FakeNamed, taken: DNSKEY | None, expected: str) -> None:
    named.has(ZSK, OMNIPRESENT)
    named.has(NEXT)
    named.takes = taken
    outcome = roll(named, [NEXT])
    assert outcome.failed and expected in outcome.msg


def test_check_mode_makes_and_begins_nothing(named: FakeNamed) -> None:
    named.has(ZSK, OMNIPRESENT)
    before = keys(named)
    would_make = roll(named, check=True)
    assert (would_make.changed, would_make.failed, keys(named), named.made) == (True, False, before, [])
    named.has(NEXT)
    would_begin = roll(named, [NEXT], check=True)
    assert (would_begin.changed, would_begin.details['state'], named.rolled) == (True, 'rolling', [])


def test_a_tag_that_another_key_has_is_not_used(named: FakeNamed) -> None:
    """named tells its keys apart by tag alone."""
    named.has(ZSK, OMNIPRESENT)
    places = iter((ZSK, NEXT))
    named.makes = lambda place: named.put(place, next(places))
    assert roll(named).details['successor'] == f'DNSKEY {NEXT.text}'


def test_a_csk_is_followed_by_a_key_that_says_that_it_is_one(named: FakeNamed) -> None:
    both = 'KSK: yes\nZSK: yes\n'
    named.has(CSK, KSK_STATES + OMNIPRESENT, uses=both)
    named.has(KSK)   # made for a KSK: named would not take it, and make one that nobody has
    named.makes = lambda place: named.put(place, DNSKEY(257, 3, 13, NEXT.key), uses=both)
    outcome = roll(named, [KSK], role='CSK')
    assert (outcome.details['state'], named.rolled) == ('prepared', [])
    words, = named.made
    assert words[-2].endswith('policy') and any(name.endswith('.state') and f'{DNSKEY(257, 3, 13, NEXT.key).tag:05d}' in name for name in keys(named))


def test_a_key_that_cannot_be_made_leaves_nothing_behind(named: FakeNamed) -> None:
    named.has(ZSK, OMNIPRESENT)
    before = keys(named)

    def fails(_place: Path) -> None:
        raise MultisignerError('no key was made: dnssec-keygen says: no entropy', remedy='See what the program says')

    named.makes = fails
    outcome = roll(named)
    assert outcome.failed and 'no entropy' in outcome.msg and keys(named) == before


@pytest.mark.parametrize('before', ['soon', '2026-13-01', '2999-01-01'])
def test_a_time_that_is_none_or_still_to_come_is_refused(named: FakeNamed, before: str) -> None:
    with pytest.raises(MultisignerError, match='is not a date or a time|is still to come'):
        roll(named, before=before)


@pytest.mark.parametrize('record', ['CDS 0 0 0 00', f'CDNSKEY {NEXT.text}'])
def test_a_record_that_is_no_dnskey_is_refused(named: FakeNamed, record: str) -> None:
    named.has(ZSK, OMNIPRESENT)
    stand_in: Any = named
    settings = Settings.of(str(named.directory), 'ZSK', time.strftime('%Y-%m-%d'), Access(0o640))
    (named.directory.parent / 'work').mkdir(exist_ok=True)
    outcome, = Roller(stand_in, Disk(False), stand_in, settings).serve(
        [{'name': ZONE, 'prepublished': [record]}], str(named.directory.parent / 'work'),
    )
    assert outcome.failed and not named.made
