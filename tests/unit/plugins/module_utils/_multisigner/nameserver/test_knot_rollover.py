# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key of Knot is replaced when the other signers have the next one, and not before; and Knot is told of its DS when the parent has it."""
from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Sequence

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DIGEST_LENGTHS, DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.knot_conf import KnotConfiguration
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.knot_keys import Knot, told
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.knot_rollover import KnotRoller
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.knot_submission import Submitter
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.nameserver.fake_knot import FAR, ZONE, FakeKnot, dnskey

KSK, ZSK, NEXT = dnskey(0, 257), dnskey(1, 256), dnskey(2, 256)
NEXT_KSK = dnskey(3, 257)
OTHER_KSK = DNSKEY(257, 3, 15, bytes(range(32)))
LONG = -86400


@pytest.fixture
def knot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeKnot:
    monkeypatch.setattr('time.sleep', lambda seconds: None)
    fake = FakeKnot(tmp_path)
    fake.has(KSK, publish=LONG, ready=LONG, active=LONG)
    fake.has(ZSK, publish=LONG, active=LONG)
    return fake


def knotd(fake: FakeKnot) -> Knot:
    tools: Any = fake
    return Knot(tools, 'knot.conf')


def roll(fake: FakeKnot, held: Sequence[DNSKEY] = (), check: bool = False, role: str = 'ZSK') -> Outcome:
    roller = KnotRoller(knotd(fake), fake.configuration, role, datetime.now(timezone.utc), check)
    outcome, = roller.roll_all([{'name': ZONE, 'prepublished': [f'DNSKEY {key.text}' for key in held]}])
    return outcome


def wrote(fake: FakeKnot) -> list[str]:
    return [call for call in fake.calls if not call.startswith((f'keymgr {ZONE} list', f'keymgr {ZONE} dnskey', 'knotc zone-read', 'knotc zone-status'))]


def test_the_next_key_is_made_and_not_published(knot: FakeKnot) -> None:
    outcome = roll(knot)
    assert (outcome.changed, outcome.failed, outcome.details['state']) == (True, False, 'prepared')
    assert wrote(knot) == [f'keymgr {ZONE} generate algorithm=13 ksk=no zsk=yes publish=+10y ready=+10y active=+10y']
    assert outcome.details['successor'] == f'DNSKEY {knot.entries[-1]["dnskey"].text}'
    assert knot.published == [KSK, ZSK]


def test_check_mode_makes_nothing(knot: FakeKnot) -> None:
    assert roll(knot, check=True).changed and not wrote(knot)


def test_it_is_not_begun_before_the_others_have_the_next_key(knot: FakeKnot) -> None:
    knot.has(NEXT, publish=FAR, ready=FAR, active=FAR)
    outcome = roll(knot, [ZSK, KSK])
    assert (outcome.changed, outcome.details['state']) == (False, 'prepared')
    assert not wrote(knot)


def test_when_they_have_it_knot_publishes_it_and_goes_on_by_itself(knot: FakeKnot) -> None:
    knot.has(NEXT, publish=FAR, ready=FAR, active=FAR)
    assert roll(knot, [NEXT], check=True).changed and not wrote(knot)
    outcome = roll(knot, [NEXT])
    assert (outcome.changed, outcome.failed, outcome.details['state']) == (True, False, 'rolling')
    assert wrote(knot) == [f'keymgr {ZONE} set id2 publish=+0 ready=0 active=0', f'knotc zone-keys-load {ZONE}']
    assert NEXT in knot.published
    knot.calls.clear()
    assert (roll(knot, [NEXT]).changed, wrote(knot)) == (False, [])


def test_it_is_not_begun_while_knot_works_on_another_key(knot: FakeKnot) -> None:
    knot.has(NEXT, publish=FAR, ready=FAR, active=FAR)
    knot.entries[0]['active'] = 0
    outcome = roll(knot, [NEXT])
    assert (outcome.details['state'], outcome.changed) == ('waiting', False)
    assert 'it is ready' in outcome.msg and not wrote(knot)


def test_a_key_that_is_new_enough_is_left(knot: FakeKnot) -> None:
    knot.entries[1]['publish'] += 86400 + 60
    assert roll(knot).details['state'] == 'current' and not wrote(knot)


def test_of_several_next_keys_none_is_taken(knot: FakeKnot) -> None:
    knot.has(NEXT, publish=FAR)
    knot.has(dnskey(4, 256), publish=FAR)
    outcome = roll(knot, [NEXT])
    assert outcome.failed and 'several keys that may follow' in outcome.msg and not wrote(knot)


def test_a_zone_without_such_a_key_is_refused(knot: FakeKnot) -> None:
    del knot.entries[1]
    outcome = roll(knot)
    assert outcome.failed and 'Knot has 0 ZSKs of it in use' in outcome.msg


def test_another_key_that_knot_publishes_as_well_is_told(knot: FakeKnot) -> None:
    knot.has(NEXT, publish=FAR)
    other = dnskey(5, 256)
    knot.has(other, publish=FAR, remove=0)
    knot.entries[-1]['publish'] = 0
    knot.also_publishes = other
    outcome = roll(knot, [NEXT])
    assert outcome.failed and 'which the other signers do not have' in outcome.msg


def test_a_server_that_does_not_publish_it_is_told_of(knot: FakeKnot) -> None:
    knot.has(NEXT, publish=FAR)
    knot.is_deaf = True
    outcome = roll(knot, [NEXT])
    assert outcome.failed and 'does not publish' in outcome.msg


def test_a_run_that_ended_between_the_two_orders_is_made_up_for(knot: FakeKnot) -> None:
    knot.has(NEXT, publish=-5)
    knot.published.remove(NEXT)
    assert roll(knot, check=True).details['state'] == 'rolling' and NEXT not in knot.published
    assert roll(knot).details['state'] == 'rolling' and NEXT in knot.published


def test_a_csk_is_rolled_like_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('time.sleep', lambda seconds: None)
    knot = FakeKnot(tmp_path)
    knot.has(KSK, csk=True, publish=LONG, ready=LONG, active=LONG)
    assert roll(knot, role='KSK').failed
    made = roll(knot, role='CSK').details['successor']
    assert wrote(knot) == [f'keymgr {ZONE} generate algorithm=13 ksk=yes zsk=yes publish=+10y ready=+10y active=+10y']
    assert roll(knot, role='CSK').details['state'] == 'prepared'
    outcome = roll(knot, [DNSKEY.parse(made[7:])], role='CSK')
    assert (outcome.changed, outcome.failed, outcome.details['state']) == (True, False, 'rolling')


# -- what Knot tells of its keys


def test_only_keys_with_a_private_part_are_its_own(knot: FakeKnot) -> None:
    knot.has(NEXT, public_only=True, publish=LONG)
    assert [key.key for key in knotd(knot).own_keys(ZONE, knot.configuration)] == [KSK, ZSK]


@pytest.mark.parametrize(
    ('times', 'state'),
    [
        ({'publish': FAR, 'active': FAR}, 'announced'),
        ({'publish': LONG}, 'published'),
        ({'publish': LONG, 'ready': LONG}, 'ready'),
        ({'publish': LONG, 'ready': LONG, 'active': LONG}, 'active'),
        ({'publish': LONG, 'active': LONG, 'retire': FAR}, 'active'),
        ({'publish': LONG, 'active': LONG, 'retire': LONG}, 'retiring'),
        ({'publish': LONG, 'active': LONG, 'retire_active': LONG}, 'retiring'),
        ({'publish': LONG, 'active': LONG, 'retire': LONG, 'remove': LONG}, 'removed'),
    ],
)
def test_what_a_key_has_come_to(tmp_path: Path, times: dict[str, int], state: str) -> None:
    knot = FakeKnot(tmp_path)
    knot.has(KSK, **times)
    key, = knotd(knot).own_keys(ZONE, knot.configuration)
    assert key.state == state
    known = told((key,))
    assert (bool(known['announced']), bool(known['awaits_ds']), bool(known['retiring'])) == (
        state == 'announced', state == 'ready', state in ('retiring', 'removed')
    )


def test_a_key_beside_its_published_successor_is_on_its_way_out(knot: FakeKnot) -> None:
    knot.has(NEXT, publish=LONG)
    assert told(knotd(knot).own_keys(ZONE, knot.configuration))['retiring'] == [f'DNSKEY {ZSK.text}']


def test_keymgr_is_not_asked_for_a_key_that_is_served_under_the_name_that_knot_gives_it(knot: FakeKnot) -> None:
    # a key that keymgr of Knot 3.2 made, with its name
    text = '256 3 13 e1hIGpXMd3JGmM6m772pI0dw1eH7QPJZA0JfR7UuZzxRNnV1DSd+UnyjV5kngZbk4SBlEWZY7vMEY8dneB9oNA=='
    served = DNSKEY.parse(text)
    knot.entries[1].update({'id': '3cf59618d4b5255c1bee5677beacc250d29e6e09', 'dnskey': served})
    assert served in [key.key for key in knotd(knot).own_keys(ZONE, knot.configuration, frozenset({served, NEXT}))]
    assert not [call for call in knot.calls if '3cf59618' in call]
    # of another use it is not the same record
    knot.entries[1]['ksk'] = True
    knotd(knot).own_keys(ZONE, knot.configuration, frozenset({served}))
    assert [call for call in knot.calls if '3cf59618' in call]


def test_what_cannot_be_read_is_never_no_keys(knot: FakeKnot) -> None:
    knot.fails = f'keymgr {ZONE} list'
    with pytest.raises(MultisignerError, match='failed: error: it does not'):
        knotd(knot).own_keys(ZONE, knot.configuration)
    knot.fails = ''
    del knot.entries[0]['public-only']
    with pytest.raises(MultisignerError, match='in a form that this version does not know'):
        knotd(knot).own_keys(ZONE, knot.configuration)


def test_a_key_database_that_is_not_there_is_not_made(knot: FakeKnot, tmp_path: Path) -> None:
    nothing = KnotConfiguration({'database': {'': {'storage': (str(tmp_path / 'nowhere'),)}}})
    assert knotd(knot).own_keys(ZONE, nothing) == () and not knot.calls


def test_a_key_of_another_algorithm_is_given_to_the_others_before_it_is_published(knot: FakeKnot) -> None:
    knot.has(OTHER_KSK, pre_active=LONG)
    known = told(knotd(knot).own_keys(ZONE, knot.configuration))
    assert (known['announced'], known['awaits_ds'], known['retiring']) == ([f'DNSKEY {OTHER_KSK.text}'], [f'DNSKEY {KSK.text}'], [f'DNSKEY {KSK.text}'])
    # it is no successor that a rollover could begin with, and none can begin beside it
    assert roll(knot, [OTHER_KSK], role='KSK').details['state'] == 'rolling'
    assert roll(knot).details['state'] == 'prepared'
    waiting = roll(knot, [entry['dnskey'] for entry in knot.entries if entry['publish'] > time.time()])
    assert waiting.details['state'] == 'waiting' and 'is pre-active' in waiting.msg


# -- what Knot is told of its DS


def submit(fake: FakeKnot, published: Sequence[str] = (), withdrawn: Sequence[str] = (), check: bool = False) -> Outcome:
    return Submitter(knotd(fake), fake.configuration, check).serve({'name': ZONE, 'published': list(published), 'withdrawn': list(withdrawn)})


def ds(key: DNSKEY) -> str:
    return key.ds(ZONE).text


def test_knot_is_told_once_that_the_parent_has_the_ds_of_a_key_that_waits_for_it(knot: FakeKnot) -> None:
    knot.has(NEXT_KSK, publish=LONG, ready=LONG)
    assert submit(knot, [ds(NEXT_KSK)], check=True).changed and not wrote(knot)
    outcome = submit(knot, [ds(NEXT_KSK), ds(KSK)])
    assert (outcome.changed, outcome.details['published']) == (True, [f'DNSKEY {NEXT_KSK.text}'])
    assert wrote(knot) == [f'knotc zone-ksk-submitted {ZONE}']
    assert not submit(knot, [ds(NEXT_KSK)]).changed


@pytest.mark.parametrize(('published', 'withdrawn'), [((), ()), ((KSK,), ()), ((NEXT_KSK,), (NEXT_KSK,))])
def test_knot_is_told_nothing_that_is_not_so(knot: FakeKnot, published: Sequence[DNSKEY], withdrawn: Sequence[DNSKEY]) -> None:
    knot.has(NEXT_KSK, publish=LONG, ready=LONG)
    other = NEXT_KSK.ds(ZONE, 4).text
    outcome = submit(knot, [ds(key) for key in published], [other for _key in withdrawn])
    assert not outcome.changed and not wrote(knot)


def test_of_another_algorithm_knot_is_told_when_the_old_ds_are_gone_as_well(knot: FakeKnot) -> None:
    knot.has(OTHER_KSK, pre_active=LONG, publish=LONG, ready=LONG)
    old = [KSK.ds(ZONE, number).text for number in DIGEST_LENGTHS]
    assert not submit(knot, [ds(OTHER_KSK)]).changed
    assert not submit(knot, [ds(OTHER_KSK), ds(KSK)], old[1:]).changed
    assert not submit(knot, [], old).changed and not wrote(knot)
    assert submit(knot, [ds(OTHER_KSK)], old).changed
    assert wrote(knot) == [f'knotc zone-ksk-submitted {ZONE}']


def test_of_two_keys_that_wait_none_is_told(knot: FakeKnot) -> None:
    knot.has(NEXT_KSK, publish=LONG, ready=LONG)
    knot.has(dnskey(9, 257), publish=LONG, ready=LONG)
    with pytest.raises(MultisignerError, match='wait for it at once'):
        submit(knot, [ds(NEXT_KSK), ds(dnskey(9, 257))])
    assert not wrote(knot)


def test_a_word_that_knot_did_not_note_is_an_error(knot: FakeKnot) -> None:
    knot.has(NEXT_KSK, publish=LONG, ready=LONG)
    knot.is_deaf = True
    with pytest.raises(MultisignerError, match='did not note'):
        submit(knot, [ds(NEXT_KSK)])


def test_a_zone_without_keys_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MultisignerError, match='Knot has no keys of it'):
        submit(FakeKnot(tmp_path))
