# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README's tables of signers and parents are what the code says of itself. With the argument --write they are written anew.

    python -m ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.test_readme --write
"""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterable, Sequence

from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.drivers import CHANNELS, DRIVERS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.base import Capabilities as Channel
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.base import Capabilities as Driver

README = Path(__file__).parents[5] / 'README.md'
SIGNERS = ('`multisigner_driver`', 'its own keys are known by', 'a key is published before it signs', 'NS are managed', 'TTL of a new RRset')
PARENTS = ('`multisigner_channel`', 'the parent takes', 'by', 'a change that somebody else made meanwhile', 'is shown', 'at most', 'NS')
WRITES = {'add_remove': 'one record after the other', 'replace': 'the whole set', 'ask': 'looking at the CDS itself', 'files': 'a person, from files'}


def signer(name: str, able: Driver) -> tuple[str, ...]:
    known = {'api': 'its API', 'dns': 'its DNSKEY RRset'}[able.own_keys_by]
    return f'`{name}`', known, _yes(able.prepublishes), _yes(able.edits_ns), f'{able.default_ttl} s'


def parent(name: str, able: Channel) -> tuple[str, ...]:
    meanwhile = {'add_remove': 'is left alone', 'replace': 'is refused when it is seen'}.get(able.write, '')
    shown = ('later' if able.asynchronous else 'at once') if able.reaches_parent else ''
    return (
        f'`{name}`', {'ds': 'DS', 'key': 'keys'}[able.interface], WRITES[able.write], 'is refused by the parent' if able.compare_and_swap else meanwhile,
        shown, str(able.maximum or ''), _yes(able.edits_ns),
    )


def _yes(is_so: bool) -> str:
    return 'yes' if is_so else 'no'


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ['---'] * len(head), *rows]
    return ''.join('| ' + ' | '.join(line) + ' |\n' for line in lines).replace('|  |', '| |')


def tables() -> list[str]:
    return [
        table(SIGNERS, (signer(name, able) for name, able in sorted(DRIVERS.items()))),
        table(PARENTS, (parent(name, able) for name, able in sorted(CHANNELS.items()))),
    ]


def found(text: str) -> list[str]:
    """The two tables as the README has them, by the first cell of their heads."""
    blocks = [block.lstrip('\n') + '\n' for block in text.split('\n\n')]
    return [next((block for block in blocks if block.startswith(f'| {head[0]} |')), '') for head in (SIGNERS, PARENTS)]


def test_the_tables_of_signers_and_parents_are_what_they_say_of_themselves() -> None:
    assert found(README.read_text(encoding='utf-8')) == tables()


if __name__ == '__main__' and sys.argv[1:] == ['--write']:
    readme = README.read_text(encoding='utf-8')
    for old, new in zip(found(readme), tables()):
        readme = readme.replace(old, new)
    README.write_text(readme, encoding='utf-8')
