# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: every zone is in it, what is wrong comes before what is well, and many zones in one situation are told once."""
from __future__ import annotations

from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, NS, Record
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.report import lines, plan_as_dict
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.steps import Delegation, Plan, Step, Wait

KEY = DNSKEY(257, 3, 13, b'\x01' * 64)
WAIT = Wait('the caches', 1_800_000_000, 'the TTL was 3600 s')


def test_a_wait_is_told_with_its_end_and_its_reason():
    assert lines([Plan('shop.example', waits=(WAIT,))], {}) == [
        'shop.example: waiting',
        '  waiting until 2027-01-15T08:00:00Z for the caches: the TTL was 3600 s',
    ]


def test_what_is_done_now_is_told_record_by_record():
    step = Step('ns1', (Record('DNSKEY', KEY),), (Record('NS', NS('old.example')),), 'keys of desec that ns1 does not publish')
    ds = KEY.ds('shop.example')
    made = Plan('shop.example', steps=(step,), delegation=Delegation('registry', (ds,), (ds,), ns_remove=('old.example',), keys={'ns1': (KEY,)}))
    assert lines([made], {}) == [
        'shop.example: changing',
        f'  to add at ns1: DNSKEY {KEY.tag} (ECDSAP256SHA256, flags 257) (keys of desec that ns1 does not publish)',
        '  to remove from ns1: NS old.example (keys of desec that ns1 does not publish)',
        f'  to add at registry: DS {ds.text}',
        '  to remove from registry: NS old.example',
    ]


def test_zones_in_the_same_situation_are_told_together():
    plans = [Plan(f'zone{number}.example', blocked=(f'zone zone{number}.example: it is broken.',)) for number in range(10, 22)]
    assert lines(plans, {}) == [
        ', '.join(f'zone{number}.example' for number in range(10, 20)) + ' and 2 more: blocked',
        '  blocked: zone each: it is broken.',
    ]


def test_zones_that_could_not_be_looked_at_come_before_those_that_are_well():
    assert lines([Plan('a.example'), Plan('b.example')], {'z.example': 'zone z.example: its signer "ns9" is unknown.'}) == [
        'z.example: blocked',
        '  zone z.example: its signer "ns9" is unknown.',
        'a.example, b.example: complete',
    ]


def test_the_returned_form_has_times_in_utc():
    result = plan_as_dict(Plan('shop.example', waits=(WAIT, Wait('a server', None, 'it is late'))))
    assert [wait['until'] for wait in result['waits']] == ['2027-01-15T08:00:00Z', None]
