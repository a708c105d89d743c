# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module answers: one outcome for each zone, and one zone's failure stops no other."""
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome, Request, each_zone, finish

KEY = f'DNSKEY {DNSKEY(257, 3, 13, bytes(64)).text}'
REVOKED = KEY.replace('257', '385')


class EndedError(Exception):
    pass


class FakeModule:
    """AnsibleModule's two ways to end."""

    def __init__(self) -> None:
        self.result: dict[str, Any] = {}

    def exit_json(self, **result: Any) -> None:
        self.result = dict(result, failed=False)
        raise EndedError

    def fail_json(self, **result: Any) -> None:
        self.result = dict(result, failed=True)
        raise EndedError


def ended(*outcomes: Outcome, **extra: Any) -> dict[str, Any]:
    module = FakeModule()
    with pytest.raises(EndedError):
        finish(module, outcomes, extra or None)
    return module.result


def test_what_is_to_be_removed_may_be_what_could_not_be_added() -> None:
    with pytest.raises(MultisignerError, match='revoked'):
        Request.from_option({'name': 'Shop.Example.', 'add': [REVOKED], 'remove': []})
    request = Request.from_option({'name': 'Shop.Example.', 'add': [], 'remove': [REVOKED]})
    assert request.zone == 'shop.example'
    assert [record.text for record in request.remove] == [REVOKED]


def test_a_record_to_be_added_and_removed_at_once_is_refused() -> None:
    with pytest.raises(MultisignerError, match='added and removed at once'):
        Request.from_option({'name': 'shop.example', 'add': [KEY], 'remove': [f'shop.example. 60 IN {KEY}']})


def test_one_zones_failure_is_its_own() -> None:
    def work(request: Request) -> Outcome:
        if request.zone == 'b.example':
            raise MultisignerError('it is broken', server='ns1', remedy='Mend it')
        return Outcome(request.zone, added=(KEY,), changed=True, after=(KEY,))

    outcomes = each_zone([{'name': name, 'add': [KEY], 'remove': []} for name in ('c.example', 'b.example', 'a..example', 'a.example')], work)
    result = ended(*outcomes)
    assert result['failed'] and result['changed']
    assert [zone['failed'] for zone in result['zones']] == [True, False, True, False]
    assert result['msg'].startswith('2 of 4 zones failed. ')
    assert 'zone b.example, server ns1: it is broken. Mend it.' in result['msg']
    assert [part['after_header'] for part in result['diff']] == ['a.example', 'c.example']
    assert result['diff'][0] == {'before_header': 'a.example', 'after_header': 'a.example', 'before': '', 'after': f'{KEY}\n'}


def test_nothing_to_do_changes_nothing_and_shows_no_diff() -> None:
    result = ended(Outcome('a.example', before=(KEY,), after=(KEY,)))
    assert not result['failed'] and not result['changed'] and result['diff'] == []


def test_details_and_extras_reach_the_result() -> None:
    result = ended(Outcome('a.example', details={'serial': 7}), changed=True)
    assert result['zones'][0]['serial'] == 7
    assert result['changed'] is True
