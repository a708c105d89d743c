# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public CI tries what tests/matrix knows, and what the README promises."""
from __future__ import annotations

import itertools
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def known():
    (table,) = re.findall(r'pythons=\((.*)\)', (ROOT / 'tests/matrix').read_text(encoding='utf-8'))
    return {(core, python) for core, pythons in re.findall(r'\[([\d.]+)\]="([^"]+)"', table) for python in pythons.split()}


def test_the_workflow_tries_every_pair_that_the_script_knows():
    workflow = yaml.safe_load((ROOT / '.github/workflows/matrix.yml').read_text(encoding='utf-8'))
    matrix = workflow['jobs']['matrix']['strategy']['matrix']
    excluded = {(pair['core'], pair['python']) for pair in matrix['exclude']}
    assert set(itertools.product(matrix['core'], matrix['python'])) - excluded == known()


def test_the_readme_names_the_same_ansible_cores_and_the_oldest_is_required():
    cores = sorted({core for core, _python in known()})
    readme = (ROOT / 'README.md').read_text(encoding='utf-8')
    assert re.findall(r'ansible-core ([\d.]+), ([\d.]+) and ([\d.]+) are tested', readme) == [tuple(cores)]
    assert yaml.safe_load((ROOT / 'meta/runtime.yml').read_text(encoding='utf-8'))['requires_ansible'] == f'>={cores[0]}.0'
