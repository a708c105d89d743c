# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of findings, and the page of the documentation that explains it."""
from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.findings import CATALOGUE

PAGE = Path(__file__).parents[6] / 'docs/docsite/rst/findings.rst'
ENTRY = re.compile(r'^(\d+) ``(\w+)``\n-+\n\n\*(\w+)\*: (.+)\n\n(.+)$', re.MULTILINE)


def test_the_documentation_explains_every_finding_in_the_words_of_the_catalogue():
    told = [entry[:4] for entry in ENTRY.findall(PAGE.read_text(encoding='utf-8'))]
    assert told == [(str(kind.number), kind.code, kind.severity, kind.meaning) for kind in CATALOGUE.values()]


def test_numbers_are_not_used_twice():
    numbers = [kind.number for kind in CATALOGUE.values()]
    assert numbers == list(range(1, len(numbers) + 1))
