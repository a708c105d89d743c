# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares of the declared zones: every zone is in one, and stays there."""
from __future__ import annotations

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.shard import choose, share_of

ZONES = [{'name': f'zone{number}.example', 'signers': ['ns1']} for number in range(400)]


@pytest.mark.parametrize('shares', [1, 2, 3, 8, 1000])
def test_every_zone_is_in_exactly_one_share(shares):
    found = [zone['name'] for number in range(1, shares + 1) for zone in choose(ZONES, f'{number}/{shares}')]
    assert sorted(found) == sorted(zone['name'] for zone in ZONES)


def test_the_shares_are_of_about_one_size():
    sizes = [len(choose(ZONES, f'{number}/8')) for number in range(1, 9)]
    assert min(sizes) > 30 and max(sizes) < 70


def test_a_zone_that_comes_or_goes_moves_no_other():
    before = choose(ZONES, '2/8')
    assert choose([{'name': 'new.example'}, *ZONES], '2/8')[-len(before):] == before
    assert choose(ZONES[1:], '2/8') == [zone for zone in before if zone is not ZONES[0]]


def test_a_share_is_the_same_on_every_machine_and_in_every_release():
    assert [share_of(zone, 8) for zone in ('shop.example', 'talk.example', 'mixed.example')] == [7, 8, 5]


def test_a_name_is_the_same_zone_however_it_is_written():
    written = [{'name': 'Shop.Example.'}]
    share = share_of('shop.example', 8)
    assert choose(written, f'{share}/8') == written
    assert choose(written, only=['SHOP.example']) == written


def test_what_is_no_name_is_left_for_the_plan_to_complain_about_in_one_share():
    wrong = [{'name': 'no name'}, {}]
    assert [zone for number in range(1, 9) for zone in choose(wrong, f'{number}/8')] in (wrong, wrong[::-1])


@pytest.mark.parametrize('shard', ['0/8', '9/8', '-1/8', '1/0', '1/1001'])
def test_a_share_that_does_not_exist_is_refused(shard):
    with pytest.raises(MultisignerError, match='does not exist|not of the form'):
        choose(ZONES, shard)


@pytest.mark.parametrize('shard', ['x', '2', '2/', '/8', '2/8/1', '2.5/8', '٢/8', '2,8'])
def test_what_is_no_share_is_refused(shard):
    with pytest.raises(MultisignerError, match='not of the form NUMBER/SHARES. Write for example multisigner_shard: 2/8'):
        choose(ZONES, shard)


def test_without_a_shard_all_zones_are_chosen():
    assert choose(ZONES) == choose(ZONES, ' ') == choose(ZONES, ' 1 / 1 ') == ZONES


def test_a_run_can_be_for_zones_that_are_named():
    assert choose(ZONES, only=['zone7.example', 'zone3.example']) == [ZONES[3], ZONES[7]]
    assert choose(ZONES, only=[]) == []
    share = share_of('zone7.example', 8)
    assert choose(ZONES, f'{share}/8', ['zone7.example']) == [ZONES[7]]
    assert choose(ZONES, f'{share % 8 + 1}/8', ['zone7.example']) == []


def test_a_named_zone_that_nothing_declares_is_told_in_every_share():
    for number in (1, 2):
        with pytest.raises(MultisignerError, match=r'not declared: typo\.example'):
            choose(ZONES, f'{number}/2', ['zone7.example', 'typo.example'])


def test_what_is_no_list_of_zones_is_told():
    with pytest.raises(MultisignerError, match='no list of zones'):
        choose(['shop.example'], '1/2')
