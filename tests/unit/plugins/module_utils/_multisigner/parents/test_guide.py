# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide's table of channels is what the code says of itself. With the argument --write it is written anew."""
from __future__ import annotations

import re
import sys
from pathlib import Path

from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.drivers import CHANNELS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.base import Capabilities

GUIDE = Path(__file__).parents[6] / 'docs/docsite/rst/parents.rst'
WRITES = {'add_remove': 'one by one', 'replace': 'whole sets', 'ask': 'nothing', 'files': 'files'}


def row(channel: str, able: Capabilities) -> str:
    meanwhile = 'refused by it' if able.compare_and_swap else {'add_remove': 'left alone', 'replace': 'refused here'}.get(able.write, '')
    shown = ('later' if able.asynchronous else 'at once') if able.reaches_parent else ''
    cells = (channel, able.interface, WRITES[able.write], able.delete_by, str(able.maximum or ''), shown, meanwhile, 'yes' if able.edits_ns else 'no')
    return '   ' + ', '.join(f'"{cell}"' for cell in cells) + '\n'


def rows() -> str:
    return ''.join(row(name, able) for name, able in sorted(CHANNELS.items()))


def test_the_table_of_channels_is_what_they_say_of_themselves() -> None:
    table = re.search(r'"NS"\n\n((?:   ".*\n)+)', GUIDE.read_text(encoding='utf-8'))
    assert table is not None and table.group(1) == rows()


def test_every_channel_is_described() -> None:
    described = re.findall(r'^``(\w+)``$', GUIDE.read_text(encoding='utf-8'), re.MULTILINE)
    assert sorted(described) == sorted(CHANNELS)


if __name__ == '__main__' and sys.argv[1:] == ['--write']:
    text = GUIDE.read_text(encoding='utf-8')
    GUIDE.write_text(re.sub(r'("NS"\n\n)(?:   ".*\n)*', lambda found: found.group(1) + rows(), text), encoding='utf-8')
