# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Follows docs/docsite/rst/write_your_own.rst: each code block goes, as it is there, into the file that the text before it names.

    follow.py PAGE COLLECTION FOLDER

Files below plugins/ go into COLLECTION, which must not have them yet, others and the commands (as the file commands) into FOLDER.
Fails for a block before which no file is named.
"""
from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

BLOCK = re.compile(r'^\.\. code-block:: (\w+)\n\n((?:   .*\n|\n)+)', re.MULTILINE)
FILE = re.compile(r'``([\w/]+\.(?:py|yml))``')


def main(page: str, collection: str, folder: str) -> None:
    text = Path(page).read_text(encoding='utf-8')
    last = 0
    for block in BLOCK.finditer(text):
        named = FILE.findall(text[last:block.start()].rsplit('\n\n', 2)[-2])
        last = block.end()
        content = textwrap.dedent(block.group(2)).rstrip('\n') + '\n'
        if block.group(1) == 'console':
            target = Path(folder, 'commands')
        elif len(named) != 1:
            sys.exit(f'{page}: before a block of {block.group(1)} the text names {named or "no file"}, and not one')
        else:
            target = Path(collection if named[0].startswith('plugins/') else folder, named[0])
        with target.open('x', encoding='utf-8') as out:  # what is there already would be replaced
            out.write(content)
        print(target)


if __name__ == '__main__':
    main(*sys.argv[1:])
