# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sabotage lab builds, and how it compares. Needs BIND's tools; no server and no namespace.

    PYTHONPATH=.collections python -m pytest tests/lab/test_sabotage_lab.py
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import dns.dnssec
import dns.exception
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.zone
import pytest
from ansible_collections.dnssec.multisigner.tests.lab.sabotage_lab import build, compare, correct, edits, faults, front, places, referees, variants, zone
from ansible_collections.dnssec.multisigner.tests.lab.sabotage_lab.verifier import Finding, Verified

ALL = (*faults.ZONES, *correct.ZONES)
BY_LABEL = {one.label: one for one in ALL}


def finding(number: int, severity: str = zone.CRITICAL, server: str = "beta") -> Finding:
    return Finding(number, "code", severity, (places.ADDRESSES[server],), "what")


def bogus(built: build.Built, keys_of: str, answers_of: str) -> set[str]:
    """Owner and type of every RRset in the file of one server that does not validate under the DNSKEY RRset in that of another."""
    apex = dns.name.from_text(built.zone.name)
    holder, answers = (dns.zone.from_file(str(built.files[server]), apex, relativize=False) for server in (keys_of, answers_of))
    keys = holder.find_rdataset(apex, "DNSKEY")
    found = set()
    for name, node in answers.nodes.items():
        for rdataset in node:
            signatures = node.get_rdataset(dns.rdataclass.IN, dns.rdatatype.RRSIG, rdataset.rdtype)
            if signatures is None:
                continue
            try:
                dns.dnssec.validate((name, rdataset), (name, signatures), {apex: keys})
            except dns.exception.DNSException:
                found.add(f"{name} {dns.rdatatype.to_text(rdataset.rdtype)}")
    return found


# -- the tables -------------------------------------------------------------------------------------------------------


def test_every_check_has_a_zone_and_every_zone_its_own_name() -> None:
    assert {one.expected.number for one in faults.ZONES if one.expected} >= set(range(1, 29))
    assert len(BY_LABEL) == len(ALL)


def test_correct_zones_expect_nothing() -> None:
    assert not [one.label for one in correct.ZONES if one.expected]


def test_a_variant_expects_the_fault_where_it_went() -> None:
    found = {one.label: one for one in variants.variants([BY_LABEL["c01"], BY_LABEL["c21"], BY_LABEL["c11"]])}
    assert sorted(found) == ["c01-exchanged", "c01-nsec3", "c11-nsec3", "c21-exchanged"]
    exchanged, nsec3 = found["c01-exchanged"], found["c01-nsec3"]
    assert exchanged.expected == zone.Expected(1, zone.CRITICAL, ("alpha",))
    assert exchanged.copy("alpha").published == BY_LABEL["c01"].copy("beta").published
    assert nsec3.expected == BY_LABEL["c01"].expected
    assert all(copy.nsec3 for copy in nsec3.copies)


# -- what is built ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["two-nsec", "two-csk", "two-nsec3", "zsk-mixed"])
def test_in_a_correct_zone_both_signers_validate_under_the_keys_of_either(label: str, tmp_path: Path) -> None:
    built = build.build(BY_LABEL[label], tmp_path / label)
    for keys_of in built.files:
        for answers_of in built.files:
            assert bogus(built, keys_of, answers_of) == set()


def test_a_missing_foreign_key_breaks_one_pair_only(tmp_path: Path) -> None:
    built = build.build(BY_LABEL["c01"], tmp_path / "c01")
    assert "mail.c01.sabotage.example. A" in bogus(built, "beta", "alpha")
    assert not bogus(built, "alpha", "beta") | bogus(built, "alpha", "alpha") | bogus(built, "beta", "beta")


def test_one_corrupt_signature_is_all_that_is_wrong(tmp_path: Path) -> None:
    built = build.build(BY_LABEL["c02"], tmp_path / "c02")
    assert bogus(built, "beta", "beta") == bogus(built, "alpha", "beta") == {"c02.sabotage.example. MX"}
    assert not bogus(built, "beta", "alpha")


def test_only_the_ksk_signs_keys_and_only_the_zsk_signs_data(tmp_path: Path) -> None:
    built = build.build(BY_LABEL["two-nsec"], tmp_path / "zone")
    lines = [record for record in map(build.parse, built.files["alpha"].read_text(encoding="ascii").splitlines()) if record and record.type == "RRSIG"]
    over_keys = {record.key_tag for record in lines if record.covers in zone.KEY_TYPES}
    over_data = {record.key_tag for record in lines if record.covers not in zone.KEY_TYPES}
    assert len(over_keys) == len(over_data) == 1
    assert over_keys != over_data


def test_ghosts_sign_without_being_published(tmp_path: Path) -> None:
    built = build.build(BY_LABEL["algorithm-signatures"], tmp_path / "zone")
    lines = built.files["alpha"].read_text(encoding="ascii").splitlines()
    assert any(" RRSIG SOA 13 " in line for line in lines)
    assert not any(" DNSKEY 256 3 13 " in line or " RRSIG DNSKEY 13 " in line for line in lines)


def test_an_edit_that_changes_nothing_is_refused() -> None:
    records = [zone.Record("shop.example.", 300, "MX", "10 mail.shop.example.")]
    for edit in (edits.without_signature("", "MX"), edits.corrupt_signature("", "MX"), edits.without_rrset("www", "MX")):
        with pytest.raises(ValueError, match="changed nothing"):
            edit(records, "shop.example.")


def test_a_mixing_server_takes_only_the_keys_from_the_first() -> None:
    route = front.mixing("alpha", "beta")
    assert route(dns.rdatatype.DNSKEY) == places.ADDRESSES["alpha"]
    assert route(dns.rdatatype.SOA) == places.ADDRESSES["beta"]


# -- how it compares --------------------------------------------------------------------------------------------------


def test_the_expected_finding_at_its_server_is_right() -> None:
    judged = compare.judge(BY_LABEL["c01"], Verified((finding(1), finding(28, zone.INFORMATION))))
    assert judged.is_right


@pytest.mark.parametrize("wrong", [finding(1, server="alpha"), finding(1, zone.ERROR), finding(2)])
def test_another_server_severity_or_check_is_no_detection(wrong: Finding) -> None:
    judged = compare.judge(BY_LABEL["c01"], Verified((wrong,)))
    assert not judged.detected
    assert judged.unexpected == (wrong,)


def test_what_a_fault_brings_with_it_is_excused_only_when_the_fault_is_found() -> None:
    beside = finding(27, zone.WARNING)
    assert compare.judge(BY_LABEL["c17"], Verified((finding(17, zone.WARNING), beside))).is_right
    assert compare.judge(BY_LABEL["c17"], Verified((beside,))).unexpected == (beside,)


def test_a_zone_that_was_not_looked_at_is_wrong_even_if_it_is_a_correct_one() -> None:
    assert not compare.judge(BY_LABEL["two-nsec"], Verified(error="no route")).is_right


def test_a_check_counts_when_all_its_zones_are_detected() -> None:
    judged = [compare.judge(BY_LABEL["c01"], Verified((finding(1),))), compare.judge(BY_LABEL["c01-trio"], Verified())]
    assert str(compare.count(judged)) == "sabotage: 0 of 1 detected, 0 good zones silent, 0 unexpected findings"
    judged[1] = replace(judged[1], detected=True)
    assert compare.count(judged).detected == 1


def test_a_tool_that_says_the_same_of_correct_zones_found_nothing() -> None:
    zones = [BY_LABEL["c01"], BY_LABEL["c02"], BY_LABEL["c03"], BY_LABEL["two-nsec"], BY_LABEL["three-nsec"]]
    complaints = {
        BY_LABEL["c01"].name: frozenset({"NOISE"}),
        BY_LABEL["c02"].name: frozenset({"NOISE", "BROKEN"}),
        BY_LABEL["two-nsec"].name: frozenset({"NOISE"}),
    }
    found = referees.verdicts(zones, complaints)
    assert [found[one.name] for one in zones] == [referees.NOISE, referees.FOUND, referees.SILENT, referees.FALSE_ALARM, referees.WELL]
