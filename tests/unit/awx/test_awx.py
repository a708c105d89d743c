# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/awx.yml, as far as it can be judged without AWX and without awx.awx: its modules' options, its surveys, its secrets."""
from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
(PLAY,) = yaml.safe_load((ROOT / 'playbooks/awx.yml').read_text(encoding='utf-8'))
MODULES = yaml.safe_load((HERE / 'awx_modules.yml').read_text(encoding='utf-8'))
TASKS = [(key.rpartition('.')[2], value) for task in PLAY['tasks'] for key, value in task.items() if key.startswith('awx.awx.')]
TYPES = {'str': str, 'bool': bool, 'int': int, 'list': list, 'dict': dict}
SURVEYS = [
    (template['playbook'], PLAY['vars'][question[3:-3]] if isinstance(question, str) else question)
    for template in PLAY['vars']['awx_templates'] for question in template['survey']
]


def complaints(module, options):
    """What is wrong with the options of one task. What a template makes is not looked at."""
    known = MODULES[module]
    for name, value in options.items():
        if name not in known:
            yield f'{module} has no option {name}'
        elif not (isinstance(value, str) and '{{' in value):
            spec = known[name]
            if not isinstance(value, TYPES[spec['type']]):
                yield f'{module}: {name} is no {spec["type"]}'
            if value not in spec.get('choices', [value]):
                yield f'{module}: {name} is none of {spec["choices"]}'
    yield from (f'{module}: {name} is missing' for name, spec in known.items() if spec.get('required') and name not in options)


@pytest.mark.parametrize(('module', 'options'), TASKS, ids=[module for module, _options in TASKS])
def test_a_module_is_given_what_it_documents(module, options):
    assert list(complaints(module, options)) == []


@pytest.mark.parametrize(('module', 'options', 'says'), [
    ('inventory', {'name': 'x', 'organization': 'y', 'sorce': 'scm'}, 'inventory has no option sorce'),
    ('inventory', {'name': 'x'}, 'inventory: organization is missing'),
    ('project', {'name': 'x', 'scm_type': 'hg'}, "project: scm_type is none of ['manual', 'git', 'svn', 'insights', 'archive']"),
    ('project', {'name': 'x', 'scm_update_on_launch': 'often'}, 'project: scm_update_on_launch is no bool'),
])
def test_what_a_module_does_not_take_would_be_noticed(module, options, says):
    assert list(complaints(module, options)) == [says]


def test_the_linter_knows_the_same_modules():
    mocked = yaml.safe_load((ROOT / '.ansible-lint').read_text(encoding='utf-8'))['mock_modules']
    assert mocked == sorted({f'awx.awx.{module}' for module, _options in TASKS}) == [f'awx.awx.{module}' for module in MODULES]


@pytest.mark.parametrize(('playbook', 'question'), SURVEYS, ids=[f'{playbook} {question["variable"]}' for playbook, question in SURVEYS])
def test_a_survey_asks_for_a_variable_that_is_used(playbook, question):
    places = [ROOT / 'playbooks' / playbook, *(ROOT / 'roles/multisigner').rglob('*.yml')]
    assert any(re.search(rf'\b{question["variable"]}\b', path.read_text(encoding='utf-8')) for path in places)
    assert {'question_name', 'question_description', 'variable', 'type', 'required', 'default'} <= set(question)
    assert question['type'] in ('text', 'integer', 'multiplechoice')
    assert question['default'] in question.get('choices', [question['default']])


def test_what_a_node_of_the_workflow_is_told_is_asked_for_by_its_template():
    """AWX drops variables that a job template neither prompts for nor has in its survey."""
    told = {name for module, options in TASKS if module == 'workflow_job_template_node' for name in options['extra_data']}
    assert told == {'multisigner_shard'}
    for playbook in ('multisigner.yml', 'verify.yml'):
        assert told <= {question['variable'] for where, question in SURVEYS if where == playbook}


def in_guide(name):
    """The mapping with this name among the guide's blocks of YAML."""
    guide = (ROOT / 'docs/docsite/rst/awx.rst').read_text(encoding='utf-8')
    blocks = [yaml.safe_load(block) for block in re.findall(r'^\.\. code-block:: yaml\n\n((?:    .*\n|\n)+)', guide, re.MULTILINE)]
    (found,) = [block for block in blocks if name in block]
    return found


def test_the_guide_sets_variables_that_the_playbook_has():
    head = (ROOT / 'playbooks/awx.yml').read_text(encoding='utf-8').partition('- name')[0]
    for sample in (in_guide('awx_scm_url'), in_guide('awx_secrets')):
        assert all(re.search(rf'^#   (\w+, )*{name}\b', head, re.MULTILINE) for name in sample)


@pytest.mark.parametrize(('name', 'path'), [('multisigner_result', 'roles/multisigner/tasks/main.yml'), ('verify_result', 'playbooks/verify.yml')])
def test_the_guide_shows_the_artifacts_that_are_left(name, path):
    (left,) = re.findall(rf'( +){name}:\n((?:\1  .*\n)+)', (ROOT / path).read_text(encoding='utf-8'))
    assert list(in_guide(name)[name]) == re.findall(r'^ *(\w+):', left[1], re.MULTILINE)


def test_no_secret_is_handed_to_awx_by_the_playbook():
    assert all('inputs' not in options for module, options in TASKS if module == 'credential')
    (made,) = [options for module, options in TASKS if module == 'credential_type']
    assert "'secret': true" in made['inputs']['fields']
