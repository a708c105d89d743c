# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides: their numbers are those of the code; each inventory in them is read, has no variable that nothing knows, and is accepted as a declaration."""
from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any, Iterator, Mapping

import pytest
import yaml
from ansible_collections.dnssec.multisigner.plugins.filter.inventory_parties import inventory_parties
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import api_keys, observe, resolve, shard
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.drivers import DRIVERS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import declare
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.api import ApiSigner
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.watcher import Pace

ROOT = Path(__file__).parents[4]
PAGES = ROOT / 'docs/docsite/rst'
BLOCK = re.compile(r'^\.\. example: (inventory[\w ]*)\n\n\.\. code-block:: yaml\n\n((?:   .*\n|\n)+)', re.MULTILINE)
ANSIBLE = frozenset(('ansible_host', 'ansible_user', 'ansible_become', 'ansible_connection'))


def examples() -> Iterator[tuple[str, str]]:
    for page in sorted(PAGES.glob('*.rst')):
        for name, block in BLOCK.findall(page.read_text(encoding='utf-8')):
            yield f'{page.stem}: {name}', textwrap.dedent(block)


EXAMPLES = dict(examples())


def hosts(inventory: Mapping[str, Any], group: str) -> Mapping[str, Mapping[str, Any]]:
    common = inventory['all'].get('vars') or {}
    return {name: {**common, **(found or {})} for name, found in inventory['all']['children'][group]['hosts'].items()}


def known_variables() -> frozenset[str]:
    """What the roles take, by their argument specifications."""
    found: set[str] = set()
    for path in ROOT.glob('roles/*/meta/argument_specs.yml'):
        for entry in yaml.safe_load(path.read_text(encoding='utf-8'))['argument_specs'].values():
            found.update(entry.get('options') or {})
    return frozenset(found)


@pytest.mark.parametrize('name', sorted(EXAMPLES))
def test_an_inventory_of_a_guide_is_accepted(name: str) -> None:
    inventory = yaml.safe_load(EXAMPLES[name])
    assert sorted(inventory['all']) == ['children', 'vars'] and sorted(inventory['all']['children']) == ['parents', 'signers']
    signers, parents = hosts(inventory, 'signers'), hosts(inventory, 'parents')
    common = inventory['all']['vars']
    options = [inventory_parties(group, group, kind) for group, kind in ((signers, 'signers'), (parents, 'parents'))]
    declaration = declare(common['multisigner_zones'], options[0], options[1], common.get('multisigner_max_ttl', 86400))
    assert declaration.errors == {}
    assert [group.zone for group in declaration.groups] == [zone['name'] for zone in common['multisigner_zones']]
    assert {signer.name for group in declaration.groups for signer in group.signers} == set(signers), 'a signer that no zone names'


@pytest.mark.parametrize('name', sorted(EXAMPLES))
def test_an_inventory_of_a_guide_has_no_variable_that_nothing_knows(name: str) -> None:
    inventory = yaml.safe_load(EXAMPLES[name])
    used = {variable for group in ('signers', 'parents') for found in hosts(inventory, group).values() for variable in found}
    assert sorted(used - known_variables() - ANSIBLE) == []


@pytest.mark.parametrize('name', sorted(EXAMPLES))
def test_no_secret_is_in_an_inventory_of_a_guide(name: str) -> None:
    secrets = re.findall(r'^\s*(?:secret|\w*_(?:token|secret)):\s*(.+)$', EXAMPLES[name], re.MULTILINE)
    assert secrets and all(re.fullmatch(r'"\{\{ vault_\w+ \}\}"', value) for value in secrets)


def test_the_guide_to_the_signers_has_an_inventory_of_every_kind() -> None:
    for driver in DRIVERS:
        inventory = yaml.safe_load(EXAMPLES[f'signers: inventory {driver}'])
        assert driver in {found['multisigner_driver'] for found in hosts(inventory, 'signers').values()}


@pytest.mark.parametrize('page', ['signers', 'rate_limits', 'security'])
def test_every_block_of_a_guide_has_a_name_of_its_own(page: str) -> None:
    """As tests/integration/targets/setup_lab/guide.py wants it."""
    text = (PAGES / f'{page}.rst').read_text(encoding='utf-8')
    named = re.findall(r'^\.\. example: ([\w ]+)\n\n\.\. code-block:: ', text, re.MULTILINE)
    assert len(named) == len(set(named)) == len(re.findall(r'^\.\. code-block::', text, re.MULTILINE)) == text.count('.. example: ')


def test_every_page_is_in_the_table_of_contents_of_the_site() -> None:
    listed = yaml.safe_load((ROOT / 'docs/docsite/extra-docs.yml').read_text(encoding='utf-8'))['sections']
    assert sorted(page for section in listed for page in section['toctree']) == sorted(page.stem for page in PAGES.glob('*.rst'))


def test_the_numbers_of_the_page_about_rate_limits_are_those_of_the_code() -> None:
    text = ' '.join((PAGES / 'rate_limits.rst').read_text(encoding='utf-8').split())
    most = max(defaults('multisigner', 'multisigner_max_wait'))
    csync = len(observe.CHILD_QUESTIONS + observe.CSYNC_QUESTION)
    assert (observe.ZONES_AT_ONCE, resolve.TRIES) == (12, 3)
    for words in (
        f'for ``multisigner_max_wait`` seconds in all ({most:g}), and when it only looks, {api_keys.MAX_WAIT:g}',
        f'{len(observe.CHILD_QUESTIONS)} questions to each address of each name server of each signer: DNSKEY, SOA, CDS, CDNSKEY, NS; {csync} where',
        f'Twelve zones are looked at at a time by each process, with {resolve.SOCKETS} questions under way at most.',
        'A question without an answer is asked three times.',
        f'1 more for each further {ApiSigner.content_batch[0]} RRsets',
        f'Never more than {Pace().queries_per_second:g} questions a second',
        f'every {Pace().shortest:g} to {Pace().longest:g} seconds',
        f'{shard.MOST_SHARES:,} shares at most',
    ):
        assert words in text


def defaults(role: str, variable: str) -> list[float]:
    """The defaults that the entry points of a role document for one of their variables."""
    entries = yaml.safe_load((ROOT / f'roles/{role}/meta/argument_specs.yml').read_text(encoding='utf-8'))['argument_specs'].values()
    return [entry['options'][variable]['default'] for entry in entries if 'default' in entry['options'].get(variable, {})]


@pytest.mark.parametrize('page', ['signers', 'parents', 'waits', 'rate_limits', 'security'])
def test_a_guide_names_no_variable_that_nothing_knows(page: str) -> None:
    named = set(re.findall(r'\b((?:multisigner|bind_signer|knot_signer|powerdns_signer|rollover|verify)_[a-z_]+)\b', in_code(page)))
    playbooks = ' '.join(path.read_text(encoding='utf-8') for path in ROOT.glob('playbooks/*.yml'))
    assert named
    assert sorted(name for name in named - known_variables() if not re.search(rf'\b{name}\b', playbooks)) == []


def in_code(page: str) -> str:
    """What is literal on a page: the words between double backquotes, and the blocks."""
    text = (PAGES / f'{page}.rst').read_text(encoding='utf-8')
    return '\n'.join([*re.findall(r'``((?:.|\n)+?)``', text), *re.findall(r'^\.\. code-block:: .*\n\n((?:   .*\n|\n)+)', text, re.MULTILINE)])


@pytest.mark.parametrize(
    'words',
    [
        'It said NOERROR and ignored the change',
        'named does not bring changes into the signed zone any more',
        'it keeps a key that it has rolled until its own waits are over',
        'it takes CDS and CDNSKEY of its own keys from nobody',
        'asks to wait (429)',
        'token policies with perm_write',
        'the account of this token has no such domain',
    ],
)
def test_what_a_guide_says_that_a_report_says_is_said_by_the_code(words: str) -> None:
    code = ' '.join(path.read_text(encoding='utf-8') for path in ROOT.glob('plugins/module_utils/_multisigner/**/*.py'))
    assert words in ' '.join(in_code('signers').split())
    assert words in re.sub(r"'\s*\n\s*f?'", '', code)
