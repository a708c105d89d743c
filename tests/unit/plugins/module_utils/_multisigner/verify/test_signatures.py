# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures: each is checked once, no more of them than planned, and time is a question of its own."""
from __future__ import annotations

from typing import Any

import dns.dnssec
import dns.rrset
import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.signatures import KEYS_OF_A_TAG, Signatures
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.survey import RRSIGS_CONSIDERED, SignedRRset
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.verify.small_zones import APEX, NOW, Pair, zsk

RRSET = dns.rrset.from_text(APEX, 300, 'IN', 'A', '192.0.2.1')


def signed(one: Pair, begins: int = -60, ends: int = 60) -> SignedRRset:
    return SignedRRset(RRSET, (dns.dnssec.sign(RRSET, one.private, APEX, one.rdata, inception=NOW + begins, expiration=NOW + ends),))


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is checked, as it is."""
    done: list[Any] = []
    validate = dns.dnssec.validate_rrsig
    monkeypatch.setattr(dns.dnssec, 'validate_rrsig', lambda *args, **options: (done.append(args), validate(*args, **options)))
    return done


def test_a_signature_is_checked_once_whichever_server_it_came_from(checks: list[Any]) -> None:
    signatures = Signatures(APEX, [zsk('a').key], NOW, 10)
    one = signed(zsk('a'))
    again = SignedRRset(dns.rrset.from_text(APEX, 300, 'IN', 'A', '192.0.2.1'), one.rrsigs)
    assert signatures.outcome(one).valid == signatures.outcome(again).valid == {zsk('a').key}
    assert len(checks) == 1


def test_a_signature_over_something_else_is_wrong() -> None:
    other = SignedRRset(dns.rrset.from_text(APEX, 300, 'IN', 'A', '192.0.2.2'), signed(zsk('a')).rrsigs)
    outcome = Signatures(APEX, [zsk('a').key], NOW, 10).outcome(other)
    assert not outcome.made_by and outcome.wrong == (zsk('a').key.tag,)


def test_a_key_that_nobody_publishes_is_a_stranger() -> None:
    outcome = Signatures(APEX, [zsk('b').key], NOW, 10).outcome(signed(zsk('a')))
    assert outcome.strangers == (zsk('a').key.tag,) and not outcome.wrong


@pytest.mark.parametrize(('begins', 'ends'), [(-120, -60), (60, 120)])
def test_out_of_its_time_a_signature_is_still_known_by_its_key(begins: int, ends: int) -> None:
    outcome = Signatures(APEX, [zsk('a').key], NOW, 10).outcome(signed(zsk('a'), begins, ends))
    assert not outcome.valid and outcome.made_by == {zsk('a').key}


def colliding(one: Pair, count: int) -> list[DNSKEY]:
    """Keys with the tag of *one*: two octets of the key exchanged with others at the same places of their words."""
    found = []
    for number in range(count):
        public = bytearray(one.rdata.key)
        public[2 * number], public[2 * number + 2] = public[2 * number + 2], public[2 * number]
        found.append(DNSKEY(256, 3, 13, bytes(public)))
    assert {key.tag for key in found} == {one.key.tag}
    return found


def test_of_colliding_keys_a_few_are_tried(checks: list[Any]) -> None:
    signatures = Signatures(APEX, colliding(zsk('a'), 20), NOW, 1000)
    signatures.outcome(signed(zsk('a')))
    assert len(checks) <= KEYS_OF_A_TAG and signatures.collisions == 20 - KEYS_OF_A_TAG


def test_of_many_signatures_a_few_are_looked_at(checks: list[Any]) -> None:
    rrsigs = tuple(rrsig for number in range(30) for rrsig in signed(zsk('a'), -60 - number).rrsigs)
    Signatures(APEX, [zsk('a').key], NOW, 1000).outcome(SignedRRset(RRSET, rrsigs))
    assert len(checks) == RRSIGS_CONSIDERED


def test_the_budget_ends_and_is_told(checks: list[Any]) -> None:
    signatures = Signatures(APEX, [zsk('a').key], NOW, 3)
    for number in range(9):
        signatures.outcome(signed(zsk('a'), -60 - number))
    assert len(checks) == 3 and signatures.exhausted
