# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JUnit XML, as GitLab and Jenkins read it: a suite for each zone, a test case for each check of the catalogue. Pure.

A finding that is an error or worse fails its case, a warning is in the case's output, information is left out.
"""
from __future__ import annotations

from typing import Iterable, Mapping

from ..verify.findings import CATALOGUE, CRITICAL, ERROR, WARNING
from .markup import Markup, element, join, shortened
from .returned import Told, Zone
from .words import LEVEL_WORDS, sentence

TEXT_SHOWN = 4000  # of all findings of one case
BOOTSTRAPPING = 'bootstrapping_signal'


def junit(zones: Iterable[Zone], errors: Mapping[str, str]) -> str:
    """The file. A zone of *errors* (its reason by its name) is a suite with one case, which has an error."""
    suites = [_unseen(name, text) for name, text in sorted(errors.items())]
    suites += [_suite(zone) for zone in sorted(zones, key=lambda zone: zone.name)]
    root = element('testsuites', '\n', suites, name='dnssec_verify')
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n'


def _suite(zone: Zone) -> Markup:
    by_code: dict[str, list[Told]] = {code: [] for code in CATALOGUE}
    for told in zone.findings:
        by_code.setdefault(told.code, []).append(told)
    cases = [_case(zone, code, told) for code, told in by_code.items()]
    failures = sum(any(_fails(one) for one in told) for told in by_code.values())
    skipped = sum(_is_skipped(zone, code) for code in by_code)
    return _testsuite(zone.name, cases, failures=failures, skipped=skipped, timestamp=zone.time.text.rstrip('Z'))


def _testsuite(name: str, cases: Iterable[Markup], failures: int = 0, errors: int = 0, skipped: int = 0, timestamp: str | None = None) -> Markup:
    found = list(cases)
    return join(
        element('testsuite', '\n', found, name=name, tests=len(found), failures=failures, errors=errors, skipped=skipped, time=0, timestamp=timestamp), '\n',
    )


def _fails(told: Told) -> bool:
    return told.severity in (CRITICAL, ERROR)


def _is_skipped(zone: Zone, code: str) -> bool:
    return code == BOOTSTRAPPING and zone.cds.bootstrapping is None


def _case(zone: Zone, code: str, told: Iterable[Told]) -> Markup:
    failing = [one for one in told if _fails(one)]
    warning = [one for one in told if one.severity == WARNING]
    number = f'{CATALOGUE[code].number} ' if code in CATALOGUE else ''
    parts = [
        element('skipped', message='not asked for') if _is_skipped(zone, code) else None,
        element('failure', _text(failing), message=shortened(sentence(failing[0]), 500), type=failing[0].severity) if failing else None,
        element('system-out', _text(warning)) if warning else None,
    ]
    return join(element('testcase', parts, classname=zone.name, name=f'{number}{code}', time=0), '\n')


def _text(told: Iterable[Told]) -> str:
    """Each finding in a paragraph; what the records hold is not told again."""
    paragraphs = []
    for one in told:
        lines = (f'{LEVEL_WORDS[one.severity]}: {sentence(one)}', one.breaks and f'Breaks: {one.breaks}', one.remedy and f'Remedy: {one.remedy}')
        paragraphs.append('\n'.join(filter(None, lines)))
    return shortened('\n\n'.join(paragraphs), TEXT_SHOWN)


def _unseen(name: str, text: str) -> Markup:
    case = element('testcase', element('error', message=shortened(text, 500), type='not looked at'), classname=name, name='looked at', time=0)
    return _testsuite(name, [case], errors=1)
