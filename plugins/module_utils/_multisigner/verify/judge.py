# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One zone judged: every check run over one survey. Pure, and the only place that knows which checks there are."""
from __future__ import annotations

from dataclasses import dataclass

from .analysers import Complaint, complaints
from .checks import cds, content, delegation, keys, servers, signed
from .evidence import Evidence
from .findings import Finding, in_order, worst
from .matrix import Cell, matrix
from .parent_view import ParentView, parent_view, signals
from .strict import Opinion, opinions
from .survey import Survey

CHECKS = (*keys.CHECKS, *signed.CHECKS, *delegation.CHECKS, *cds.CHECKS, *content.CHECKS, *servers.CHECKS, signals)


@dataclass(frozen=True, eq=False)
class Judgement:
    """What is to be said of one zone."""

    evidence: Evidence
    findings: tuple[Finding, ...]
    matrix: tuple[Cell, ...]
    parent: ParentView
    validators: tuple[Opinion, ...]
    analysers: tuple[Complaint, ...]

    @property
    def worst(self) -> str:
        return worst(self.findings)


def judge(survey: Survey) -> Judgement:
    """The judgement of *survey*; the same survey gives the same one."""
    evidence = Evidence(survey)
    findings = in_order(finding for check in CHECKS for finding in check(evidence))
    return Judgement(evidence, findings, matrix(evidence), parent_view(evidence), opinions(evidence), complaints(evidence))
