# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever bytes a server answers with, the judgement comes to an end, soon, with data that JSON can carry."""
from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from functools import lru_cache
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.rdatatype
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.judge import judge
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.probe import UNREADABLE, read
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.result import summary, zone_as_dict
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.survey import Answer, Failure, Probe, Survey
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.surveyor import learnt_probes
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.verify.small_zones import FRESH, ZONE, Group, copy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

CASES = int(os.environ.get('VERIFY_FUZZ_CASES', '40'))
SECONDS = 3  # for one judgement, on a busy machine


@lru_cache(maxsize=None)
def healthy(nsec3: bool) -> Survey:
    return Group(*(copy(name, nsec3=(0, '') if nsec3 else None) for name in ('alpha', 'beta'))).survey()


def wire_of(probe: Probe, answer: Answer) -> bytes:
    """The message that *answer* was, or could have been."""
    message = dns.message.make_response(dns.message.make_query(probe.name, probe.rtype, want_dnssec=True))
    message.set_rcode(answer.rcode)
    message.flags |= dns.flags.AA if answer.authoritative else 0
    for section, into in ((answer.answer, message.answer), (answer.authority, message.authority)):
        for signed in section:
            into.append(signed.rrset)
            if signed.rrsigs:
                into.append(dns.rrset.from_rdata(signed.name, signed.rrset.ttl, *signed.rrsigs))
    return message.to_wire(max_size=65535)


def reread(wire: bytes) -> Answer:
    try:
        return read(dns.message.from_wire(wire))
    except (dns.exception.DNSException, *UNREADABLE) as error:
        return Answer(failure=Failure('malformed', str(error)))


def survives(survey: Survey) -> dict[str, Any]:
    began = time.monotonic()
    zone = zone_as_dict(judge(survey))
    assert time.monotonic() - began < SECONDS
    assert json.loads(json.dumps(zone)) == zone
    summary([zone], {})
    return zone


def with_answers(survey: Survey, answers: dict[Probe, Answer]) -> Survey:
    first, *rest = survey.servers
    return replace(survey, servers=(replace(first, answers={**first.answers, **answers}), *rest))


def test_a_healthy_zone_reads_back_from_its_own_bytes() -> None:
    for nsec3 in (False, True):
        survey = healthy(nsec3)
        answers = {probe: reread(wire_of(probe, answer)) for probe, answer in survey.servers[0].answers.items()}
        zone = survives(with_answers(survey, answers))
        assert zone['worst'] == 'information'


@settings(max_examples=CASES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=some.data(), nsec3=some.booleans())
def test_changed_bytes_end_in_a_judgement(data: some.DataObject, nsec3: bool) -> None:
    """A few octets of a few answers are others: most give records that nobody would publish."""
    survey = healthy(nsec3)
    answers = {}
    for probe in data.draw(some.lists(some.sampled_from(sorted(survey.servers[0].answers)), min_size=1, max_size=4, unique=True)):
        wire = bytearray(wire_of(probe, survey.servers[0].answers[probe]))
        for place, value in data.draw(some.lists(some.tuples(some.integers(2, len(wire) - 1), some.integers(0, 255)), min_size=1, max_size=6)):
            wire[place] = value
        answers[probe] = reread(bytes(wire))
    survey = with_answers(survey, answers)
    learnt_probes(ZONE, FRESH, [server.answers for server in survey.servers], ())
    survives(survey)


@settings(max_examples=CASES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=some.data())
def test_answers_to_other_questions_end_in_a_judgement(data: some.DataObject) -> None:
    """Each answer is well formed, and belongs to another question."""
    survey = healthy(data.draw(some.booleans()))
    probes = sorted(survey.servers[0].answers)
    given_to = data.draw(some.dictionaries(some.sampled_from(probes), some.sampled_from(probes), min_size=1))
    survives(with_answers(survey, {probe: survey.servers[1].answers[other] for probe, other in given_to.items()}))


@settings(max_examples=CASES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(wires=some.lists(some.binary(min_size=0, max_size=200), min_size=1, max_size=3))
def test_noise_is_malformed_or_judged(wires: list[bytes]) -> None:
    survey = healthy(False)
    probes = sorted(survey.servers[0].answers)
    survives(with_answers(survey, {probes[number]: reread(wire) for number, wire in enumerate(wires)}))


def test_thousands_of_keys_and_signatures_cost_little() -> None:
    survey = healthy(False)
    probe = next(probe for probe in survey.servers[0].answers if probe.rtype == 'DNSKEY' and not probe.over_tcp)
    dnskey = survey.servers[0].answers[probe].answer[0]
    keys = [dnskey.rrset[0].replace(key=number.to_bytes(2, 'big') * 32) for number in range(800)]
    rrsigs = [dnskey.rrsigs[0].replace(signature=number.to_bytes(2, 'big') * 32) for number in range(1500)]
    crowd = dns.rrset.from_rdata(dnskey.name, 3600, *dnskey.rrset, *keys)
    answers = {}
    for other, answer in survey.servers[0].answers.items():
        signed = tuple(replace(one, rrsigs=(*rrsigs, *one.rrsigs)) for one in answer.answer)
        answers[other] = replace(answer, answer=signed)
    answers[probe] = replace(answers[probe], answer=(replace(dnskey, rrset=crowd, rrsigs=tuple(rrsigs)),))
    zone = survives(with_answers(survey, answers))
    assert 'excessive_records' in {finding['code'] for finding in zone['findings']}
