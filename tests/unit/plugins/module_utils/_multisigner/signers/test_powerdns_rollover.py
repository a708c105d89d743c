# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done with the keys of a zone at PowerDNS, and when not. Whether the server does it is for the target powerdns_signer."""
from __future__ import annotations

from typing import ClassVar, Iterable

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, DS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.checkds import ParentDS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.powerdns import Cryptokey, Zone
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.powerdns_keys import (
    BEGUN,
    IDLE,
    LEAVING,
    TIMES,
    Keys,
    Times,
)
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.powerdns_rollover import (
    BEGIN,
    DELETE,
    MAKE,
    NOTE,
    STOP,
    UNPUBLISH,
    Roll,
    Wish,
)

ZONE = 'shop.example'
NOW, DAY = 1_800_000_000, 86400


def cryptokey(number: int, flags: int = 256, active: bool = True, published: bool = True) -> Cryptokey:
    return Cryptokey(number, DNSKEY(flags, 3, 13, bytes([number]) * 64), active, published, flags == 257 and published)


KSK, ZSK, NEXT_ZSK, NEXT_KSK = cryptokey(1, 257), cryptokey(2), cryptokey(3, active=False), cryptokey(4, 257, active=False)


def state(key: Cryptokey, active: bool, published: bool = True) -> Cryptokey:
    return Cryptokey(key.number, key.key, active, published, key.has_cds)


def ds(*keys: Cryptokey, types: Iterable[int] = (2, 4)) -> frozenset[DS]:
    return frozenset(key.key.ds(ZONE, number) for key in keys for number in types)


def roll(
    *keys: Cryptokey, times: dict[tuple[int, str], int] | None = None, prepublished: Iterable[Cryptokey] = (), published: Iterable[DS] = (),
    withdrawn: Iterable[DS] = (), now: float = NOW,
) -> Roll:
    wish = Wish(ZONE, frozenset(key.key for key in prepublished), ParentDS(ZONE, frozenset(published), frozenset(withdrawn)), DAY)
    return Roll(wish, Keys(keys), Times(times or {}), now)


def followed(it: Roll) -> list[tuple[str | None, str]]:
    return [(step.kind if step else None, told) for step, told in it.follow()]


def asked(it: Roll, role: str = 'ZSK', before: float = NOW) -> tuple[str | None, str, str]:
    step, stands, told = it.ask_for(role, before)
    return (step.kind if step else None, stands, told)


class TestAZskIsReplaced:
    begun: ClassVar = {(3, BEGUN): NOW - 10, (2, LEAVING): NOW - 10}

    def test_first_its_successor_is_made(self) -> None:
        assert asked(roll(KSK, ZSK))[:2] == (MAKE, 'prepared')

    def test_which_signs_nothing_before_all_others_have_it(self) -> None:
        step, stands, told = asked(roll(KSK, ZSK, NEXT_ZSK))
        assert (step, stands) == (None, 'prepared')
        assert 'when every other signer has had that for long enough' in told

    def test_another_key_that_they_have_does_not_count(self) -> None:
        assert asked(roll(KSK, ZSK, NEXT_ZSK, prepublished=[NEXT_KSK, ZSK]))[0] is None

    def test_and_then_it_signs(self) -> None:
        assert asked(roll(KSK, ZSK, NEXT_ZSK, prepublished=[NEXT_ZSK]))[:2] == (BEGIN, 'rolling')

    def test_the_same_order_again_does_nothing_more(self) -> None:
        it = roll(KSK, state(ZSK, False), state(NEXT_ZSK, True), times={**self.begun, (2, IDLE): NOW - 5})
        assert asked(it) == (None, 'rolling', '')

    def test_a_run_that_ended_before_the_deed_is_taken_up(self) -> None:
        assert followed(roll(KSK, ZSK, NEXT_ZSK, times=self.begun, prepublished=[NEXT_ZSK]))[0][0] == BEGIN

    def test_but_not_by_one_that_does_not_know_what_the_others_have(self) -> None:
        assert followed(roll(KSK, ZSK, NEXT_ZSK, times=self.begun))[0][0] is None

    def test_a_run_that_ended_between_the_two_deeds_is_taken_up(self) -> None:
        assert followed(roll(KSK, ZSK, state(NEXT_ZSK, True), times=self.begun))[0][0] == STOP

    def test_the_wait_begins_when_every_server_was_seen_without_its_signatures(self) -> None:
        assert followed(roll(KSK, state(ZSK, False), state(NEXT_ZSK, True), times=self.begun))[0][0] == NOTE

    @pytest.mark.parametrize(('passed', 'step'), [(0, None), (DAY - 1, None), (DAY, DELETE)])
    def test_the_old_key_stays_as_long_as_what_it_signed_may_be_cached(self, passed: int, step: str | None) -> None:
        times = {**self.begun, (2, IDLE): NOW - passed}
        assert followed(roll(KSK, state(ZSK, False), state(NEXT_ZSK, True), times=times))[0][0] == step

    def test_the_new_one_is_new_enough(self) -> None:
        it = roll(KSK, state(NEXT_ZSK, True), times={(3, BEGUN): NOW - 10})
        assert asked(it, before=NOW - 10)[:2] == (None, 'current')
        assert asked(it, before=NOW)[:2] == (MAKE, 'prepared')

    def test_a_key_that_was_not_replaced_here_is_left_alone(self) -> None:
        assert followed(roll(KSK, state(ZSK, False), state(NEXT_ZSK, True))) == []

    def test_nothing_is_taken_away_when_nothing_took_its_place(self) -> None:
        (step, told), = followed(roll(KSK, ZSK, times={(2, LEAVING): 0}))
        assert (step, told) == (None, f'the ZSK {ZSK.key} was to be replaced, and the key in its place is gone: it stays')


class TestAKskIsReplaced:
    begun: ClassVar = {(4, BEGUN): NOW - 10, (1, LEAVING): NOW - 10}
    both = (KSK, ZSK, state(NEXT_KSK, True))

    def test_it_signs_beside_the_old_one(self) -> None:
        assert asked(roll(KSK, ZSK, NEXT_KSK, prepublished=[NEXT_KSK]), 'KSK')[0] == BEGIN

    def test_until_every_cache_has_its_ds(self) -> None:
        assert followed(roll(*self.both, times=self.begun))[0][0] is None
        assert followed(roll(*self.both, times=self.begun, published=ds(KSK)))[0][0] is None
        assert followed(roll(*self.both, times=self.begun, published=ds(KSK, NEXT_KSK, types=(2,))))[0][0] == UNPUBLISH

    def test_a_ds_that_is_said_to_be_gone_as_well_does_not_count(self) -> None:
        found = ds(NEXT_KSK, types=(2,))
        assert followed(roll(*self.both, times=self.begun, published=found, withdrawn=found))[0][0] is None

    def test_the_old_one_is_kept_until_no_cache_has_a_ds_of_it(self) -> None:
        keys = (state(KSK, False, False), ZSK, state(NEXT_KSK, True))
        assert followed(roll(*keys, times=self.begun))[0][0] is None
        assert followed(roll(*keys, times=self.begun, withdrawn=ds(KSK, types=(2,))))[0][0] is None
        assert followed(roll(*keys, times=self.begun, withdrawn=ds(KSK)))[0][0] == DELETE

    def test_what_the_pass_is_told_meanwhile(self) -> None:
        assert Keys(self.both).told()['awaits_ds'] == [NEXT_KSK.record]
        told = Keys((state(KSK, False, False), ZSK, state(NEXT_KSK, True))).told()
        assert (told['awaits_ds'], told['retiring'], told['retired']) == ([KSK.record],) * 3


class TestACskIsReplaced:
    old, new = KSK, cryptokey(5, 257)
    begun: ClassVar = {(5, BEGUN): NOW - 10, (1, LEAVING): NOW - 10}

    def test_both_sign_until_the_ds_is_there(self) -> None:
        assert followed(roll(self.old, self.new, times=self.begun))[0][0] is None
        assert followed(roll(self.old, self.new, times=self.begun, published=ds(self.new)))[0][0] == STOP

    @pytest.mark.parametrize(('passed', 'step'), [(DAY - 1, None), (DAY, UNPUBLISH)])
    def test_the_old_one_stays_as_long_as_data_that_it_signed(self, passed: int, step: str | None) -> None:
        it = roll(state(self.old, False), self.new, times={**self.begun, (1, IDLE): NOW - passed}, withdrawn=ds(self.old))
        assert followed(it)[0][0] == step

    def test_and_goes_with_its_ds(self) -> None:
        keys, times = (state(self.old, False, False), self.new), {**self.begun, (1, IDLE): NOW - DAY}
        assert followed(roll(*keys, times=times))[0][0] is None
        assert followed(roll(*keys, times=times, withdrawn=ds(self.old)))[0][0] == DELETE


class TestWhatCannotBeRolled:
    @pytest.mark.parametrize(('keys', 'role'), [((KSK, ZSK), 'CSK'), ((KSK,), 'ZSK'), ((KSK,), 'KSK'), ((KSK, ZSK, cryptokey(6)), 'ZSK'), ((), 'KSK')])
    def test_not_exactly_one_such_key(self, keys: tuple[Cryptokey, ...], role: str) -> None:
        with pytest.raises(MultisignerError, match=r's of it sign, and one is to be replaced \(its keys: .*Name the use that a key has there'):
            roll(*keys).ask_for(role, NOW)

    def test_several_successors(self) -> None:
        with pytest.raises(MultisignerError, match='there are several keys that may follow'):
            roll(KSK, ZSK, NEXT_ZSK, cryptokey(7, active=False)).ask_for('ZSK', NOW)


class TestWhatIsRemembered:
    def zone(self, *texts: str) -> Zone:
        return Zone(ZONE, 'native', 'DEFAULT', '', '', True, {TIMES: texts})

    def test_it_comes_back_as_it_was_written(self) -> None:
        times = Times().noted(BEGUN, [3], NOW).noted(LEAVING, [2], NOW)
        assert Times.of(self.zone(*times.texts())) == times
        assert times.texts() == ['2 leaving 2027-01-15T08:00:00Z', '3 begun 2027-01-15T08:00:00Z']
        assert times.without([2]).texts() == ['3 begun 2027-01-15T08:00:00Z']

    @pytest.mark.parametrize('text', ['', '3 begun', '3 gone 2027-01-15T08:00:00Z', 'x begun 2027-01-15T08:00:00Z', '3 begun yesterday'])
    def test_what_nobody_here_wrote_stops_it(self, text: str) -> None:
        with pytest.raises(MultisignerError, match='its metadata X-MULTISIGNER-KEYS has ".*", which cannot be read. Remove that value'):
            Times.of(self.zone(text))
