# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What named is told of its DS: only what it waits for, only what is true of the key, once, and with a look whether it noted it."""
from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Sequence

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.checkds import Teller
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.keyfiles import key_file_stem, policy_key_folder
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.tools import Answer, Rndc
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome

ZONE = 'shop.example'
OLD, NEW = DNSKEY(257, 3, 13, bytes(range(64))), DNSKEY(257, 3, 13, bytes(range(1, 65)))
RUMOURED, UNRETENTIVE = 'DSState: rumoured\n', 'DSState: unretentive\nGoalState: hidden\n'


class FakeNamed:
    """Stands for rndc: notes in the state file what it is told, unless it is *deaf*. The real one is in target bind_signer_policy."""

    def __init__(self, directory: Path) -> None:
        self.folder = Path(policy_key_folder(str(directory), ZONE))
        self.folder.mkdir(parents=True)
        self.told: list[tuple[int, str]] = []
        self.since: list[datetime | None] = []
        self.deaf: set[int] = set()

    def has(self, key: DNSKEY, state: str, private: str = 'PrivateKey: AAAA\n') -> None:
        stem = self.folder / key_file_stem(ZONE, key)
        stem.with_name(stem.name + '.key').write_text(f'{ZONE}. 60 IN DNSKEY {key.text}\n')
        stem.with_name(stem.name + '.private').write_text(private)
        stem.with_name(stem.name + '.state').write_text(f'; This is the state of key {key.tag}, for {ZONE}.\nAlgorithm: 13\nKSK: yes\nZSK: no\n{state}')

    def checkds(self, zone: str, tag: int, algorithm: int, what: str, since: datetime | None) -> str:
        assert (zone, algorithm) == (ZONE, 13)
        self.told.append((tag, what))
        self.since.append(since)
        if tag in self.deaf:
            return 'Error executing checkds command: no matching key found'
        state, = self.folder.glob(f'K*+{tag:05d}.state')
        name = {'published': 'DSPublish', 'withdrawn': 'DSRemoved'}[what]
        state.write_text(f'{state.read_text()}{name}: 20270101000000 (Fri Jan  1 00:00:00 2027)\n')
        return 'Marked'


@pytest.fixture
def named(tmp_path: Path) -> FakeNamed:
    return FakeNamed(tmp_path)


def tell(named: FakeNamed, published: Sequence[str] = (), withdrawn: Sequence[str] = (), check: bool = False) -> Outcome:
    directory = named.folder.parent.parent
    rndc: Any = named
    return Teller(rndc, str(directory), check).serve({'name': 'Shop.Example.', 'published': list(published), 'withdrawn': list(withdrawn)})


def ds(key: DNSKEY, *types: int) -> list[str]:
    return [key.ds(ZONE, number).text for number in types or (2, 4)]


def test_named_is_told_once_what_it_waits_for(named: FakeNamed) -> None:
    named.has(OLD, UNRETENTIVE)
    named.has(NEW, RUMOURED)
    outcome = tell(named, ds(NEW, 2), ds(OLD))
    assert (outcome.changed, outcome.failed) == (True, False)
    assert set(named.told) == {(NEW.tag, 'published'), (OLD.tag, 'withdrawn')}
    assert outcome.details == {'published': [f'DNSKEY {NEW.text}'], 'withdrawn': [f'DNSKEY {OLD.text}']}
    assert f'DS of {NEW} is rumoured, told published' in outcome.after and f'DS of {NEW} is rumoured' in outcome.before
    again = tell(named, ds(NEW, 2), ds(OLD))
    assert (again.changed, again.before == again.after, len(named.told)) == (False, True, 2)


def test_check_mode_tells_the_same_and_named_nothing(named: FakeNamed) -> None:
    named.has(NEW, RUMOURED)
    assert tell(named, ds(NEW), check=True).details['published'] == [f'DNSKEY {NEW.text}']
    assert not named.told


@pytest.mark.parametrize('state', ['', 'DSState: hidden\n', 'DSState: omnipresent\n', UNRETENTIVE])
def test_a_published_ds_is_told_to_nobody_who_does_not_wait_for_it(named: FakeNamed, state: str) -> None:
    named.has(NEW, state)
    assert not tell(named, ds(NEW)).changed and not named.told


@pytest.mark.parametrize('state', ['', 'DSState: hidden\n', 'DSState: omnipresent\n', RUMOURED])
def test_nor_a_withdrawn_one(named: FakeNamed, state: str) -> None:
    named.has(OLD, state)
    assert not tell(named, (), ds(OLD)).changed and not named.told


def test_the_ds_of_another_key_or_zone_is_none_of_this_key(named: FakeNamed) -> None:
    named.has(NEW, RUMOURED)
    assert not tell(named, [*ds(OLD), NEW.ds('talk.example').text]).changed and not named.told


@pytest.mark.parametrize('withdrawn', [[], ds(OLD, 2), ds(OLD, 4)])
def test_a_ds_that_is_not_known_to_be_gone_with_every_digest_is_not_withdrawn(named: FakeNamed, withdrawn: list[str]) -> None:
    named.has(OLD, UNRETENTIVE)
    assert not tell(named, (), withdrawn).changed and not named.told


def test_a_key_of_which_one_ds_is_there_and_one_is_gone_is_not_published(named: FakeNamed) -> None:
    named.has(NEW, RUMOURED)
    assert not tell(named, ds(NEW, 2), ds(NEW, 4)).changed and not named.told


def test_a_key_without_a_private_part_is_not_spoken_of(named: FakeNamed) -> None:
    named.has(NEW, RUMOURED, private='External:\n')
    named.has(OLD, RUMOURED)
    tell(named, [*ds(NEW), *ds(OLD)])
    assert named.told == [(OLD.tag, 'published')]


def test_named_that_did_not_note_it_is_quoted(named: FakeNamed) -> None:
    named.has(NEW, RUMOURED)
    named.deaf = {NEW.tag}
    with pytest.raises(MultisignerError, match=r'named did not note that the DS is published: rndc says: Error executing checkds') as caught:
        tell(named, ds(NEW))
    assert f'zone {ZONE}' in str(caught.value)


def test_what_was_told_before_a_failure_is_told(named: FakeNamed) -> None:
    first, second = sorted((OLD, NEW), key=lambda key: key_file_stem(ZONE, key))
    named.has(OLD, RUMOURED)
    named.has(NEW, RUMOURED)
    named.deaf = {second.tag}
    outcome = tell(named, [*ds(OLD), *ds(NEW)])
    assert (outcome.changed, outcome.failed) == (True, True)
    assert outcome.details['published'] == [f'DNSKEY {first.text}'] and 'did not note' in outcome.msg


def test_named_counts_from_when_the_ds_was_there_or_gone(named: FakeNamed) -> None:
    """Else it would wait once more for what was waited for before it was told."""
    named.has(NEW, RUMOURED)
    named.has(OLD, UNRETENTIVE)
    rndc: Any = named
    teller = Teller(rndc, str(named.folder.parent.parent), False)
    option = {'name': ZONE, 'published': ds(NEW), 'withdrawn': ds(OLD), 'published_since': '2026-03-01T10:00:00Z'}
    teller.serve(option)
    since = dict(zip((what for _tag, what in named.told), named.since))
    assert since == {'published': datetime(2026, 3, 1, 10, tzinfo=timezone.utc), 'withdrawn': None}
    with pytest.raises(MultisignerError, match='the time "yesterday" cannot be read'):
        teller.serve({**option, 'withdrawn_since': 'yesterday'})


def test_rndc_is_told_the_time_in_utc() -> None:
    asked: list[tuple[str, ...]] = []

    class Asked:
        def ask(self, *words: str) -> Answer:
            asked.append(words)
            return Answer(0, '', '')

    tools: Any = Asked()
    rndc = Rndc(tools, 'rndc')
    rndc.checkds(ZONE, 7, 13, 'published', datetime(2026, 3, 1, 10, tzinfo=timezone.utc))
    rndc.checkds(ZONE, 7, 13, 'published', None)
    words = ('rndc', 'dnssec', '-checkds', '-key', '7', '-alg', '13')
    assert asked == [(*words, '-when', '20260301100000', 'published', ZONE), (*words, 'published', ZONE)]


def test_records_in_every_form_are_read(named: FakeNamed) -> None:
    named.has(NEW, RUMOURED)
    text = NEW.ds(ZONE).text
    assert tell(named, [f'{ZONE}. 3600 IN DS {text}'], check=True).changed and tell(named, [f'DS {text}'], check=True).changed


@pytest.mark.parametrize('published, withdrawn, says', [
    (['1 13 2 zz'], [], 'not hexadecimal'),
    (ds(NEW, 2), ds(NEW, 2), 'is said to be published and withdrawn at once'),
])
def test_what_cannot_be_is_refused(named: FakeNamed, published: list[str], withdrawn: list[str], says: str) -> None:
    named.has(NEW, RUMOURED)
    with pytest.raises(MultisignerError, match=says) as caught:
        tell(named, published, withdrawn)
    assert f'zone {ZONE}' in str(caught.value) and not named.told


def test_a_folder_without_keys_is_not_taken_for_nothing_to_tell(named: FakeNamed) -> None:
    with pytest.raises(MultisignerError, match=r'holds no keys of it\. Name the directory of bind_zones'):
        tell(named, ds(NEW))
