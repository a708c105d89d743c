# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/docsite/rst/events.rst and the rulebooks say, against the event source; and the guide's units for systemd, as files.

    guide.py COLLECTION FOLDER

Writes each block of systemd to FOLDER under the name that the text before it has. Runs nothing. Exit status: 0, or 1 with a line for
everything that is not as the source has it.
"""
from __future__ import annotations

import re
import runpy
import sys
import textwrap
from pathlib import Path
from typing import Any, Dict, Iterator, List

import yaml
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import watch

BLOCK = re.compile(r'^\.\. code-block:: (\w+)\n\n((?:   .*\n|\n)+)', re.MULTILINE)
ROW = re.compile(r'^   \* - ``(\w+)``\n     -(.*)\n     - (.*)$', re.MULTILINE)
NAME = r'dnssec\.multisigner\.(\w+)'
KINDS = {watch.WATCHING, watch.CHANGED, watch.SETTLED, watch.UNSYNCHRONISED, watch.SILENT, watch.ANSWERS, watch.FAILED}
STARTING = {watch.CHANGED, watch.UNSYNCHRONISED}


def faults(root: Path, text: str) -> Iterator[str]:
    source = runpy.run_path(str(root / 'extensions/eda/plugins/event_source/dnskey_changes.py'))
    rows = {name: (second.strip(), third) for name, second, third in ROW.findall(text) if name != 'kind'}
    arguments = yaml.safe_load(source['DOCUMENTATION'])['options']
    for name, option in arguments.items():
        if rows.get(name, ('missing', ''))[0] != str(option.get('default', '')):
            yield f'argument {name}: its default is {option.get("default")}'
    for kind in KINDS:
        if rows.get(kind, ('', ''))[1] != ('runs the pass' if kind in STARTING else 'tells it'):
            yield f'kind {kind}: missing, or the rulebook does something else'
    for name in set(rows) - set(arguments) - KINDS:
        yield f'{name} is neither an argument nor a kind'
    books = {path.stem: yaml.safe_load(path.read_text(encoding='utf-8')) for path in (root / 'extensions/eda/rulebooks').glob('*.yml')}
    playbooks = {path.stem for path in (root / 'playbooks').glob('*.yml')}
    for name in set(re.findall(f'(?<!ansible_collections.){NAME}', text)) - playbooks - set(books) - {'dnskey_changes'}:
        yield f'dnssec.multisigner.{name} is nothing'
    for name, book in books.items():
        yield from (f'rulebook {name}: {fault}' for fault in book_faults(book[0], set(arguments), playbooks, text))


def book_faults(book: Dict[str, Any], arguments: set[str], playbooks: set[str], text: str) -> Iterator[str]:
    if book['execution_strategy'] != 'sequential':
        yield 'several passes would run at a time'
    for name in set(book['sources'][0]['dnssec.multisigner.dnskey_changes']) - arguments:
        yield f'the source has no argument {name}'
    for name in set(re.findall(r'{{ (multisigner_\w+)', str(book))):
        if name not in text:
            yield f'the guide does not tell of {name}'
    starting = [rule for rule in book['rules'] if 'run_' in str(rule)]
    if len(starting) != 1 or 'event.authenticated == true' not in starting[0]['condition'] or set(re.findall(r'"(\w+)"', starting[0]['condition'])) != STARTING:
        yield 'a pass is started by something else than authenticated changes'
    for playbook in re.findall(rf"'name': '{NAME}'", str(starting)):
        if playbook not in playbooks:
            yield f'there is no playbook {playbook}'
    if "'multisigner_only': '{{ event.zones }}'" not in str(starting):
        yield 'the pass is not for the zones of the event'


def units(text: str) -> Dict[str, str]:
    """The blocks of systemd by the last file name before each."""
    found = {}
    for block in BLOCK.finditer(text):
        if block.group(1) == 'ini':
            found[re.findall(r'``(multisigner[\w-]*\.(?:service|timer))``', text[:block.start()])[-1]] = textwrap.dedent(block.group(2)).strip() + '\n'
    return found


def main(root: Path, folder: Path) -> int:
    text = (root / 'docs/docsite/rst/events.rst').read_text(encoding='utf-8')
    for name, content in units(text).items():
        (folder / name).write_text(content, encoding='utf-8')
    found: List[str] = sorted(faults(root, text))
    for fault in found:
        print(f'events.rst: {fault}', file=sys.stderr)
    return 1 if found or len(units(text)) != 3 else 0


if __name__ == '__main__':
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
