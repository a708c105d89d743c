# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes README.md apart for runme.sh, and compares what it says of the tree with the tree. Runs nothing, changes nothing else.

    readme.py COLLECTION FOLDER

Writes each example, a fenced block below `<!-- example: NAME -->`, to the file FOLDER/NAME, and two lists, one entry a line:
FOLDER/exported-files, the files that the export is said to have, and FOLDER/sayings, regular expressions of what a run is
said to print. Exit status: 0, or 1 with a line for every block that no test could find and every statement that is not true.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Set, Tuple

import yaml

MARK = re.compile(r"<!-- example: ([\w ]+) -->")
ROLES = ("bind_signer", "knot_signer", "multisigner", "zone_content")


def examples(text: str) -> Tuple[Dict[str, str], List[str]]:
    """The marked blocks by name, and what is wrong with marks and blocks."""
    found: Dict[str, str] = {}
    faults: List[str] = []
    block: List[str] = []
    name, above, fenced = "", "", False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```") and not fenced:
            fenced, block = True, []
            mark = MARK.fullmatch(above)
            name = mark.group(1) if mark else f"the block at line {number}"
            if not mark or name in found:
                faults.append(f"line {number}: a block without a mark of its own")
        elif line.strip() == "```":
            fenced = False
            found[name] = "\n".join(block) + "\n"
        elif fenced:
            block.append(line)
        elif line.startswith(("    ", "\t", "~~~")):
            faults.append(f"line {number}: a block that is not fenced by ```")
        elif MARK.fullmatch(above):
            faults.append(f"line {number}: no block below the mark")
        above = line
    return found, faults


def cells(text: str, heading: str) -> Iterator[List[str]]:
    """The rows of the first table below the line that begins with *heading*, without the table's own heading."""
    rows = re.search(rf"^{re.escape(heading)}.*?\n\|.*?\n\|[-|]+\n((?:\|[^\n]*\n)+)", text, re.MULTILINE | re.DOTALL)
    for row in rows.group(1).splitlines() if rows else ():
        yield [cell.strip() for cell in row.strip("|").split("|")]


def code(cell: str) -> List[str]:
    return re.findall(r"`([^`]+)`", cell)


def sayings(text: str) -> List[str]:
    """What the table of reports shows as code, as regular expressions: TIME, NAME and ... stand for anything."""
    found = [word for row in cells(text, "### What a run prints") for word in code(row[0])]
    return [re.sub(r"TIME|NAME|\\\.\\\.\\\.", ".+", re.escape(word)) for word in found]


def variables(root: Path) -> Set[str]:
    """Every variable of the roles that users set."""
    found: Set[str] = set()
    for role in ROLES:
        specs = yaml.safe_load((root / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
        found.update(specs["main"]["options"])
    return found


def untrue(text: str, root: Path) -> List[str]:
    """Statements of README.md that the tree contradicts."""
    return [*_untrue_names(text, root), *_untrue_paths(text, root), *_missing_words(text, root), *_dead_links(text, root)]


def _untrue_names(text: str, root: Path) -> Iterator[str]:
    named = {word for row in cells(text, "## Modules") for word in code(row[0])}
    modules = {path.stem for path in (root / "plugins" / "modules").glob("*.py")}
    for name in sorted(named ^ modules):
        yield f"module {name}: {'does not exist' if name in named else 'is not in the table of modules'}"
    for name in sorted(set(re.findall(r"\b((?:multisigner|bind_signer|knot_signer|zone_content)_\w+)", text)) - variables(root) - modules):
        yield f"variable {name}: not in the argument specs of {' or '.join(ROLES)}"
    playbooks = {path.stem for path in (root / "playbooks").glob("*.yml")}
    for name in sorted(set(re.findall(r"\bdnssec\.multisigner\.(\w+)", text)) - modules - playbooks):
        yield f"dnssec.multisigner.{name}: neither a module nor a playbook"


def _untrue_paths(text: str, root: Path) -> Iterator[str]:
    """The table of the distributions' paths against the role's own."""
    families: Mapping[str, Mapping[str, str]]
    families = yaml.safe_load((root / "roles" / "bind_signer" / "vars" / "main.yml").read_text(encoding="utf-8"))["bind_signer_os_families"]
    rows = list(cells(text, "### Paths on the name server"))
    if not rows:
        yield "there is no table of the paths on the name server"
    for names, debian, redhat in rows:
        for name in code(names):
            option = name[len("bind_signer_"):]
            for family, cell in (("Debian", debian), ("RedHat", redhat)):
                if code(cell) != [families[family][option]]:
                    yield f"{name} on {family}: {cell}, but the role has {families[family][option]}"


def _missing_words(text: str, root: Path) -> Iterator[str]:
    """Versions and numbers that are stated in the tree, in the words in which README.md has to state them too."""
    galaxy = yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))
    ansible = yaml.safe_load((root / "meta" / "runtime.yml").read_text(encoding="utf-8"))["requires_ansible"]
    packages = dict(re.findall(r"^([\w-]+)>=([\d.]+)$", (root / "requirements" / "demo.txt").read_text(encoding="utf-8"), re.MULTILINE))
    named = (root / "plugins" / "doc_fragments" / "named.py").read_text(encoding="utf-8")
    exchanges = json.loads((root / "tests" / "contract" / "desec_exchanges.json").read_text(encoding="utf-8"))
    needed = dict(re.findall(r"- (BIND|Python) ([\d.]+) or newer", named))
    for words in (
        f"ansible-core {_minimum(ansible)} or later",
        f"dnspython {packages['dnspython']} or later",
        f"'dnspython>={packages['dnspython']}'",
        f"BIND {needed['BIND']} or later",
        f"Python {needed['Python']} or later",
        f"ansible-galaxy collection install {galaxy['namespace']}.{galaxy['name']}\n",
        f"{len(exchanges)} recorded exchanges",
    ):
        if words not in text:
            yield f"it does not say: {words.strip()}"
    for package in sorted(set(packages) - {"ansible-core"}):
        if not re.search(rf"^pip install .*\b{package}\b", text, re.MULTILINE):
            yield f"pip install lacks {package}"


def _minimum(requirement: str) -> str:
    """``>=2.18.0`` as people say it: ``2.18``."""
    return ".".join(requirement[len(">="):].split(".")[:2])


def _dead_links(text: str, root: Path) -> Iterator[str]:
    headings = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("https://"):
            continue  # not of this tree
        if target.lstrip("#") not in headings if target.startswith("#") else not (root / target).exists():
            yield f"the link to {target} leads nowhere"


def main() -> int:
    root, folder = Path(sys.argv[1]), Path(sys.argv[2])
    text = (root / "README.md").read_text(encoding="utf-8")
    found, faults = examples(text)
    faults += untrue(text, root)
    for name, content in found.items():
        (folder / name).write_text(content, encoding="utf-8")
    lists = {"sayings": sayings(text), "exported-files": [name for row in cells(text, "The second run,") for name in code(row[0])]}
    for name, entries in lists.items():
        if not entries:
            faults.append(f"there are no {name}")
        (folder / name).write_text("".join(entry + "\n" for entry in entries), encoding="utf-8")
    for fault in faults:
        sys.stderr.write(f"README.md: {fault}\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
