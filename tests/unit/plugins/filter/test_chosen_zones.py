# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What playbooks and surveys hand to the filter."""
from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.dnssec.multisigner.plugins.filter.chosen_zones import FilterModule

ZONES = [{'name': 'shop.example'}, {'name': 'talk.example'}]
chosen_zones = FilterModule().filters()['chosen_zones']


@pytest.mark.parametrize('only', [None, '', ' , '])
def test_what_nobody_filled_in_means_all_zones(only):
    assert chosen_zones(ZONES, '', only) == chosen_zones(ZONES, None, only) == chosen_zones(ZONES) == ZONES


def test_names_come_as_text_from_a_survey_or_as_a_list():
    assert chosen_zones(ZONES, '', ' talk.example, Talk.Example.') == chosen_zones(ZONES, '', ['talk.example']) == [ZONES[1]]


def test_a_mistake_is_told_as_ansible_tells_it():
    with pytest.raises(AnsibleFilterError, match='the shard "9/8" does not exist'):
        chosen_zones(ZONES, '9/8')
