# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of signers and parents, in README.md, in its translation and in the guides, are what the code says of itself. With --write they are written anew:

    python -m ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.test_tables --write
"""
from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Sequence

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.drivers import DRIVERS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.base import Capabilities as Channel
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.channels import CHANNELS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.base import Capabilities as Driver

ROOT = Path(__file__).parents[5]
READMES, GUIDE = (ROOT / 'README.md', ROOT / 'README.ja.md'), ROOT / 'docs/docsite/rst/parents.rst'
SIGNERS_GUIDE = ROOT / 'docs/docsite/rst/signers.rst'
SIGNERS = ('signer', 'its own keys are known by', 'a key is published before it signs', 'KSKs of others', 'NS are managed', 'TTL of a new RRset')
PARENTS = ('channel', 'takes', 'writes', 'removes by', 'at most', 'the parent shows it', 'changed meanwhile', 'NS')
WRITES = {'add_remove': 'one by one', 'replace': 'whole sets', 'ask': 'nothing', 'files': 'files'}

Row = Sequence[str]


def signer(name: str, able: Driver) -> Row:
    known = {'api': 'its API', 'dns': 'its DNSKEY RRset'}[able.own_keys_by]
    others = 'announced only' if able.omits_ksks else 'published'
    return name, known, _yes(able.prepublishes), others, _yes(able.edits_ns), f'{able.default_ttl} s'


def parent(name: str, able: Channel) -> Row:
    meanwhile = 'refused by it' if able.compare_and_swap else {'add_remove': 'left alone', 'replace': 'refused here'}.get(able.write, '')
    shown = ('later' if able.asynchronous else 'at once') if able.reaches_parent else ''
    return name, able.interface, WRITES[able.write], able.delete_by, str(able.maximum or ''), shown, meanwhile, _yes(able.edits_ns)


def _yes(is_so: bool) -> str:
    return 'yes' if is_so else 'no'


def signers() -> list[Row]:
    return [signer(name, able) for name, able in sorted(DRIVERS.items())]


def parents() -> list[Row]:
    return [parent(name, channel.capabilities) for name, channel in sorted(CHANNELS.items())]


def markdown(head: Row, rows: Sequence[Row]) -> str:
    lines = [head, ['---'] * len(head), *([f'`{row[0]}`', *row[1:]] for row in rows)]
    return ''.join('|' + '|'.join(f' {cell} ' if cell else ' ' for cell in line) + '|\n' for line in lines)


def csv(rows: Sequence[Row]) -> str:
    return ''.join('   ' + ', '.join(f'"{cell}"' for cell in row) + '\n' for row in rows)


def with_tables(readme: str) -> str:
    """A README with its tables as they have to be."""
    for head, rows in ((SIGNERS, signers()), (PARENTS, parents())):
        readme = re.sub(rf'^\| {head[0]} \|.*\n(?:\|.*\n)*', markdown(head, rows), readme, flags=re.MULTILINE)
    return readme


def with_table(guide: str, head: Row = PARENTS, rows: Sequence[Row] | None = None) -> str:
    """A guide with its table as it has to be, that of the parents if nothing else is said."""
    table = csv(parents() if rows is None else rows)
    return re.sub(r'(:header: ).*\n\n(?:   ".*\n)*', lambda found: found.group(1) + ', '.join(f'"{cell}"' for cell in head) + '\n\n' + table, guide)


@pytest.mark.parametrize('page', READMES, ids=lambda page: page.name)
def test_the_tables_in_the_readme_are_what_signers_and_channels_say_of_themselves(page: Path) -> None:
    readme = page.read_text(encoding='utf-8')
    assert markdown(SIGNERS, signers()) in readme and markdown(PARENTS, parents()) in readme
    assert with_tables(readme) == readme


def test_the_table_in_the_guide_is_what_channels_say_of_themselves() -> None:
    guide = GUIDE.read_text(encoding='utf-8')
    assert csv(parents()) in guide
    assert with_table(guide) == guide


def test_the_table_in_the_guide_to_the_signers_is_what_they_say_of_themselves() -> None:
    guide = SIGNERS_GUIDE.read_text(encoding='utf-8')
    assert csv(signers()) in guide
    assert with_table(guide, SIGNERS, signers()) == guide


def test_every_channel_is_described_in_the_guide() -> None:
    described = re.findall(r'^``(\w+)``$', GUIDE.read_text(encoding='utf-8'), re.MULTILINE)
    assert sorted(described) == sorted(CHANNELS)


if __name__ == '__main__' and sys.argv[1:] == ['--write']:
    for written in READMES:
        written.write_text(with_tables(written.read_text(encoding='utf-8')), encoding='utf-8')
    GUIDE.write_text(with_table(GUIDE.read_text(encoding='utf-8')), encoding='utf-8')
    SIGNERS_GUIDE.write_text(with_table(SIGNERS_GUIDE.read_text(encoding='utf-8'), SIGNERS, signers()), encoding='utf-8')
