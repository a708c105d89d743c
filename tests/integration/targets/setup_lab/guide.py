# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a guide apart for a test that follows it. Runs nothing, changes nothing else.

    guide.py PAGE FOLDER

Writes each code block of PAGE, below a line ``.. example: NAME``, to the file FOLDER/NAME. Fails for a block without a name of its own, and for a name
without a block: every block is to be found by a test.
"""
from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

BLOCK = re.compile(r"(?:^\.\. example: ([\w ]+)\n\n)?^\.\. code-block:: \w+\n\n((?:   .*\n|\n)+)", re.MULTILINE)


def main(page: str, folder: str) -> int:
    text = Path(page).read_text(encoding="utf-8")
    faults = []
    seen = set()
    for name, block in BLOCK.findall(text):
        if not name or name in seen:
            faults.append(f"a block without a name of its own: {block.strip().splitlines()[0]}")
        seen.add(name)
        Path(folder, name or "unnamed").write_text(textwrap.dedent(block).rstrip("\n") + "\n", encoding="utf-8")
    faults += [f"no block below the name {name}" for name in re.findall(r"^\.\. example: ([\w ]+)$", text, re.MULTILINE) if name not in seen]
    for fault in faults or ([] if seen else ["it has no examples"]):
        sys.stderr.write(f"{page}: {fault}\n")
    return 1 if faults or not seen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
