# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parent would do, what strict validators and analysers say, and the data that is returned."""
from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.judge import judge
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.result import summary, zone_as_dict
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.survey import Failure, Plan, Signal, Wait
from ansible_collections.dnssec.multisigner.plugins.modules import dnssec_verify
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.verify.small_zones import (
    ZONE,
    Group,
    copy,
    ksk,
    zsk,
)


def group(**values: Any) -> Group:
    return Group(copy('alpha', **values), copy('beta', **values))


# -- the parent -----------------------------------------------------------------------------------------------------------


def test_a_parent_has_nothing_to_do_when_the_cds_name_its_ds() -> None:
    view = judge(group().survey()).parent
    assert (view.accepted, view.change) == (True, 'none')


def test_a_parent_adds_what_all_ask_for() -> None:
    found = group()
    for one in found.copies.values():
        one.published.append(ksk('next'))
        one.cds.append(ksk('next'))
    assert judge(found.survey()).parent.change == 'add'


def test_a_parent_replaces_when_a_key_is_no_longer_asked_for() -> None:
    found = group()
    for one in found.copies.values():
        one.published.append(ksk('next'))
        one.cds = [ksk('alpha'), ksk('next')]
    found['beta'].keys_by = [ksk('beta'), ksk('next')]
    assert judge(found.survey()).parent.change == 'replace'


def test_a_parent_refuses_and_names_the_server_that_differs() -> None:
    found = group()
    found['beta'].cds.pop(0)
    view = judge(found.survey()).parent
    assert (view.accepted, view.change) == (False, 'refused')
    assert found['beta'].address in view.why[0] and found['alpha'].address not in view.why[0]


def test_a_parent_refuses_what_would_break_a_server() -> None:
    found = group()
    for one in found.copies.values():
        one.cds = [ksk('alpha')]
    view = judge(found.survey()).parent
    assert view.change == 'refused' and 'would not validate' in view.why[0]


def test_a_parent_refuses_cds_that_do_not_validate() -> None:
    found = group()
    found['beta'].corrupt.add(('@', 'CDS'))
    view = judge(found.survey()).parent
    assert view.change == 'refused' and 'cannot be validated' in view.why[0]


def test_a_parent_follows_a_deletion_that_all_ask_for() -> None:
    found = group()
    for one in found.copies.values():
        one.cds_delete = True
    assert judge(found.survey()).parent.change == 'delete'


def test_a_parent_leaves_alone_what_has_no_cds() -> None:
    found = group()
    for one in found.copies.values():
        one.cds.clear()
    assert judge(found.survey()).parent.change == 'none'


def test_a_server_that_is_silent_is_named() -> None:
    found = group()
    found['beta'].failures[''] = Failure('silent', 'does not answer')
    assert found['beta'].address in judge(found.survey()).parent.why[-1]


def signals_of(found: Group, **changes: Any) -> tuple[str, ...] | None:
    survey = found.survey()
    good = Signal('_dsboot.shop.example._signal.ns.alpha.example.', frozenset(one.key.ds(ZONE).text for one in found.own),
                  frozenset(one.key.text for one in found.own))
    target = replace(survey.target, bootstrapping=True)
    return judge(replace(survey, target=target, signals=(replace(good, **changes),))).parent.signals


def test_signals_that_say_what_the_zone_says_are_right() -> None:
    assert signals_of(group()) == ()
    assert judge(group().survey()).parent.signals is None


def test_signals_that_say_something_else_or_cannot_be_trusted_are_wrong() -> None:
    assert 'other CDS' in (signals_of(group(), cds=frozenset()) or ('',))[0]
    assert 'no valid signature' in (signals_of(group(), failure='its CDS has no valid signature') or ('',))[0]


# -- validators -----------------------------------------------------------------------------------------------------------


def verdicts(found: Group) -> dict[str, str]:
    return {one.kind: one.verdict for one in judge(found.survey()).validators}


def test_all_validators_agree_on_a_group_of_one_algorithm() -> None:
    assert verdicts(group()) == {
        'any_path': 'secure', 'all_algorithms': 'secure', 'strongest_digest': 'secure', 'strongest_algorithm': 'secure', 'without_13': 'insecure',
    }


def test_mixed_algorithms_split_the_validators() -> None:
    found = Group(copy('alpha'), copy('beta', algorithm=8))
    assert verdicts(found) == {
        'any_path': 'secure', 'all_algorithms': 'bogus', 'strongest_digest': 'secure', 'strongest_algorithm': 'bogus',
        'without_8': 'bogus', 'without_13': 'bogus',
    }


def test_a_stronger_digest_for_one_key_only_splits_them_too() -> None:
    found = group()
    found.ds.append(ksk('alpha').key.ds(ZONE, 4).text)
    assert verdicts(found)['strongest_digest'] == 'bogus' and verdicts(found)['any_path'] == 'secure'


@pytest.mark.parametrize('fault', ['key', 'expired', 'proof', 'unsigned'])
def test_what_is_broken_is_bogus_for_all(fault: str) -> None:
    found = group()
    if fault == 'key':
        found['beta'].published.remove(zsk('alpha'))
    elif fault == 'expired':
        found['beta'].life = (-9000, -60)
    elif fault == 'proof':
        found['beta'].no_denial_of.add('mail')
    else:
        found['beta'].signed = False
    assert verdicts(found)['any_path'] == 'bogus'


# -- the cross matrix -------------------------------------------------------------------------------------------------------


def test_the_matrix_is_bogus_where_the_key_is_missing_and_nowhere_else() -> None:
    found = group()
    found['beta'].published.remove(zsk('alpha'))
    cells = {(cell.keys_of, cell.answers_of): cell for cell in judge(found.survey()).matrix}
    bad = [pair for pair, cell in cells.items() if cell.bogus]
    assert bad == [('ns.beta.example', 'ns.alpha.example')]
    assert str(zsk('alpha').key.tag) in cells[bad[0]].first_failure


def test_a_row_without_ds_is_bogus_whatever_is_asked() -> None:
    found = group()
    found.ds.pop()
    assert {cell.keys_of for cell in judge(found.survey()).matrix if cell.bogus} == {'ns.beta.example'}
    assert all(not cell.valid for cell in judge(found.survey()).matrix if cell.bogus)


# -- analysers --------------------------------------------------------------------------------------------------------------


def complaints(found: Group) -> dict[tuple[str, str], bool]:
    """Tool and first word of what it shows, and whether it is harmless wherever it shows it."""
    told: dict[tuple[str, str], bool] = {}
    for one in judge(found.survey()).analysers:
        place = (one.tool, one.shows.split(' ')[0])
        told[place] = told.get(place, True) and one.harmless
    return told


def test_the_cross_for_the_other_ksk_is_harmless() -> None:
    told = complaints(group())
    assert told['verisign', 'no'] and told['zonemaster', 'DS02_NO_MATCHING_DNSKEY_RRSIG']


def test_the_same_cross_is_real_where_no_key_with_ds_signs() -> None:
    found = group()
    found['beta'].keys_by = [zsk('beta')]
    assert complaints(found)['verisign', 'no'] is False


def test_a_minimal_key_set_is_complained_about_without_reason() -> None:
    told = complaints(Group(copy('alpha'), copy('beta'), minimal=True))
    assert told['zonemaster', 'DS02_NO_DNSKEY_FOR_DS'] and told['dnsviz', 'DNSKEY_MISSING_FROM_SERVERS']


def test_a_missing_zone_signing_key_is_complained_about_with_reason() -> None:
    found = group()
    found['beta'].published.remove(zsk('alpha'))
    assert complaints(found)['dnsviz', 'DNSKEY_MISSING_FROM_SERVERS'] is False


def test_mixed_algorithms_are_complained_about_and_harmless_only_when_allowed() -> None:
    found = Group(copy('alpha'), copy('beta', algorithm=8))
    assert complaints(found)['dnsviz', 'MISSING_RRSIG_FOR_ALG_DNSKEY'] is False
    found.target = replace(found.target, mixed_algorithms=True)
    assert complaints(found)['dnsviz', 'MISSING_RRSIG_FOR_ALG_DNSKEY'] is True


# -- what is returned ---------------------------------------------------------------------------------------------------------


def contains(documented: dict[str, Any], returned: Any, place: str = '') -> None:
    """Every key that is returned is documented, and the other way round, where the documentation lists them."""
    for name, entry in documented.items():
        assert name in returned, f'{place}{name} is documented and not returned'
        inner = returned[name]
        if 'contains' in entry and inner:
            contains(entry['contains'], inner[0] if isinstance(inner, list) else inner, f'{place}{name}.')
        elif entry['type'] == 'dict' and isinstance(entry.get('sample'), dict) and isinstance(inner, dict):
            assert set(inner) == set(entry['sample']), f'{place}{name}'
        elif entry.get('elements') == 'dict' and inner and entry.get('sample'):
            assert set(inner[0]) == set(entry['sample'][0]), f'{place}{name}'
    assert set(returned) == set(documented), f'{place}: {set(returned) ^ set(documented)}'


def test_what_is_returned_is_what_is_documented_and_survives_json() -> None:
    found = group(nsec3=(0, ''))
    found['beta'].published.remove(zsk('alpha'))
    found.plan = Plan('waiting', (Wait('the DS', '2026-03-01T10:00:00Z', 'the TTL was 60 s'),))
    zone = zone_as_dict(judge(found.survey()))
    assert json.loads(json.dumps(zone)) == zone
    documented = yaml.safe_load(dnssec_verify.RETURN)
    contains(documented['zones']['contains'], zone)
    assert zone['waits'][0]['until'] == '2026-03-01T10:00:00Z'


def test_a_server_that_is_down_is_returned_with_its_error() -> None:
    found = group()
    found['beta'].failures[''] = Failure('silent', 'does not answer')
    zone = zone_as_dict(judge(found.survey()))
    server = next(server for signer in zone['signers'] for server in signer['servers'] if server['address'] == found['beta'].address)
    assert server['error'] == 'does not answer' and server['expires'] is None and server['serial'] is None
    json.dumps(zone)


def test_keys_say_whose_they_are_and_where() -> None:
    zone = zone_as_dict(judge(group().survey()))
    roles = sorted((key['role'], key['owners'][0], key['ds'], len(key['published_by']), len(key['signs_zone_at'])) for key in zone['dnskeys'])
    assert roles == [
        ('KSK', 'ns.alpha.example', True, 2, 0), ('KSK', 'ns.beta.example', True, 2, 0),
        ('ZSK', 'ns.alpha.example', False, 2, 1), ('ZSK', 'ns.beta.example', False, 2, 1),
    ]


def test_the_table_names_the_finding_the_server_and_the_remedy() -> None:
    found = group()
    found['beta'].published.remove(zsk('alpha'))
    lines = summary([zone_as_dict(judge(found.survey()))], {'lost.example': 'its parent cannot be found'})
    text = '\n'.join(lines)
    assert 'lost.example: could not be looked at' in lines[0]
    assert f'CRITICAL 1 foreign_key_missing at ns.beta.example ({found["beta"].address})' in text
    assert 'remedy: Add this DNSKEY at ns.beta.example' in text
    assert 'all is well' in '\n'.join(summary([zone_as_dict(judge(group().survey()))], {}))
