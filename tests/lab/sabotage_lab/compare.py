# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the verifier said, beside what it was to say. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence

from . import faults, places
from .verifier import Finding, Verified
from .zone import INFORMATION, SEVERITIES, Expected, Zone


@dataclass(frozen=True)
class Judgement:
    """*detected*: the expected finding is there (always, where none is expected); *unexpected* is above information and not the fault's."""

    zone: Zone
    detected: bool
    unexpected: tuple[Finding, ...]
    told: str
    error: str = ""

    @property
    def is_right(self) -> bool:
        return self.detected and not self.unexpected and not self.error


def judge(zone: Zone, verified: Verified) -> Judgement:
    expected = zone.expected
    of_fault = () if expected is None else tuple(one for one in verified.findings if is_detection(one, expected))
    explained = () if expected is None else (expected.number, *expected.beside)
    unexpected = tuple(
        one for one in verified.findings if is_above(one.severity, INFORMATION) and one not in of_fault and (one.number not in explained or not of_fault)
    )
    told = ", ".join(dict.fromkeys(f"{one.number} {one.code} ({one.severity})" for one in verified.findings if is_above(one.severity, INFORMATION)))
    if expected is not None and expected.severity == INFORMATION and of_fault:
        told = ", ".join(filter(None, (told, f"{of_fault[0].number} {of_fault[0].code} ({INFORMATION})")))
    return Judgement(zone, (expected is None or bool(of_fault)) and not verified.error, unexpected, told or verified.error or "nothing", verified.error)


def is_detection(finding: Finding, expected: Expected) -> bool:
    """The right check, the right severity, and one of the servers where the fault is."""
    if (finding.number, finding.severity) != (expected.number, expected.severity):
        return False
    addresses = {places.ADDRESSES[server] for server in expected.servers}
    return not addresses or bool(addresses & set(finding.servers))


def is_above(severity: str, limit: str) -> bool:
    return SEVERITIES.index(severity) > SEVERITIES.index(limit)


@dataclass(frozen=True)
class Totals:
    """*detected* counts the checks of which every zone was detected."""

    checks: int
    detected: int
    correct: int
    silent: int
    unexpected: int
    wrong: int

    def __str__(self) -> str:
        silent = f"{self.silent} good zones silent" if self.silent == self.correct else f"{self.silent} of {self.correct} good zones silent"
        return f"sabotage: {self.detected} of {self.checks} detected, {silent}, {self.unexpected} unexpected findings"


def count(judgements: Sequence[Judgement]) -> Totals:
    by_check: dict[int, list[Judgement]] = {}
    for one in judgements:
        if one.zone.expected is not None:
            by_check.setdefault(one.zone.expected.number, []).append(one)
    checks: Mapping[int, list[Judgement]] = {number: found for number, found in by_check.items() if number <= faults.CHECKS}
    correct = [one for one in judgements if one.zone.expected is None]
    return Totals(
        checks=len(checks),
        detected=sum(all(one.detected for one in found) for found in checks.values()),
        correct=len(correct),
        silent=sum(one.is_right for one in correct),
        unexpected=sum(len(one.unexpected) for one in judgements),
        wrong=sum(not one.is_right for one in judgements),
    )
