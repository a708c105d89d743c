# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the Japanese pages with the English ones that they were made from. Reads no meaning: what it compares is the structure.

    python tests/support/translations.py [--stamp]

Prints a line for everything that differs; exit status 0 when nothing does. A section of a translation says by a stamp, a comment below its
heading, which text it was made from. With --stamp every section is declared to be up to date: only for those who have seen to it.
"""

from __future__ import annotations

import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Sequence, Tuple

ROOT = Path(__file__).parents[2]
PAGES: Mapping[str, str] = {  # the translation: its original
    "README.ja.md": "README.md",
    "docs/docsite/rst/getting_started_ja.rst": "docs/docsite/rst/getting_started.rst",
}


@dataclass(frozen=True)
class Markup:
    """How a format writes what is compared; each pattern has the compared part as its first group."""

    heading: str
    block: str
    link: str
    code: str
    item: str
    stamp: str  # with %s for the digest
    gap: str  # what stands between a heading and its stamp


MARKDOWN = Markup(
    heading=r"^#+ (?P<title>.*)\n",
    block=r"^((?:<!-- example: .*\n)?```.*\n(?:.*\n)*?```\n)",
    link=r"\]\(([^)\s]+)\)",
    code=r"`([^`]+)`",
    item=r"^(\s*(?:[-*]|\d+\.)(?= )|\|.*)",
    stamp="<!-- translated from: %s -->\n",
    gap="",
)
RST = Markup(
    heading=r"^(?P<title>\S.*)\n(?:={3,}|-{3,}|~{3,})\n",
    block=r"^((?:\.\. example: .*\n\n)?\.\. code-block:: .*\n(?:(?:   .*)?\n)+?)(?=\S|\Z)",
    link=r"(?<!`)`[^`]*<([^>`]+)>`",
    code=r"``((?:.|\n)+?)``",
    item=r"^(\s*(?:\* )?-(?= )|\.\. [\w-]+::)",
    stamp=".. translated from: %s\n",
    gap="\n",
)


@dataclass(frozen=True)
class Section:
    """A heading, and what stands below it before the next one."""

    title: str
    heading: str
    body: str
    markup: Markup

    @property
    def level(self) -> str:
        """What tells the level of the heading: the number signs, or the character of the line below it."""
        return self.heading.split()[0] if self.markup is MARKDOWN else self.heading[-2]

    @property
    def blocks(self) -> List[str]:
        """The blocks of code with their marks, as they are."""
        return re.findall(self.markup.block, self.body, re.MULTILINE)

    @property
    def prose(self) -> str:
        return re.sub(self.markup.block, "\n", self.body, flags=re.MULTILINE)

    @property
    def links(self) -> List[str]:
        return re.findall(self.markup.link, self.prose)

    @property
    def codes(self) -> List[str]:
        return sorted({" ".join(code.split()) for code in re.findall(self.markup.code, self.prose)})

    @property
    def items(self) -> List[str]:
        """The marks of lists, the directives, and the rows of tables by their cells' number and code, in their order."""
        return [self._row(item) if item.startswith("|") else item for item in re.findall(self.markup.item, self.prose, re.MULTILINE)]

    def _row(self, line: str) -> str:
        return f"row of {line.count('|') - 1} cells with {sorted(re.findall(self.markup.code, line))}"

    @property
    def digest(self) -> str:
        """Short, and the same when only the lines are broken elsewhere."""
        return hashlib.sha256(" ".join((self.heading + self.body).split()).encode()).hexdigest()[:8]

    @property
    def stamp(self) -> str:
        """The digest of what this section was made from; empty where it does not say."""
        found = re.match(self._stamped("([0-9a-f]{8})"), self.body)
        return found.group(1) if found else ""

    def stamped(self, digest: str) -> str:
        """The section as text, with this stamp in the place of the one that it may have."""
        bare = re.sub(self._stamped("[0-9a-f]{8}"), "", self.body, count=1) if self.stamp else self.body
        return self.heading + self.markup.gap + self.markup.stamp % digest + bare

    def _stamped(self, digest: str) -> str:
        return "^" + self.markup.gap + re.escape(self.markup.stamp).replace("%s", digest)


def taken_apart(text: str, markup: Markup) -> Tuple[str, List[Section]]:
    """What stands before the first heading, and the sections."""
    blocks = [found.span() for found in re.finditer(markup.block, text, re.MULTILINE)]
    headings = [
        found for found in re.finditer(markup.heading, text, re.MULTILINE) if not any(start <= found.start() < end for start, end in blocks)
    ]
    ends = [found.start() for found in headings[1:]] + [len(text)]
    return text[:headings[0].start() if headings else len(text)], [
        Section(found.group("title"), found.group(), text[found.end():end], markup) for found, end in zip(headings, ends)
    ]


def differences(original: str, translation: str, markup: Markup) -> List[str]:
    """What of *translation* is not as in *original*, each with the section's two headings."""
    ours, theirs = taken_apart(original, markup)[1], taken_apart(translation, markup)[1]
    if [section.level for section in ours] != [section.level for section in theirs]:
        return [f"the headings differ: {_outline(ours)} became {_outline(theirs)}"]
    return [
        f'"{english.title}" ({other.title}): {fault}'
        for english, other in zip(ours, theirs)
        for fault in _faults(english, other, _anchors(ours), _anchors(theirs))
    ]


def _outline(sections: Sequence[Section]) -> str:
    return ", ".join(f"{section.level} {section.title}" for section in sections)


def _faults(english: Section, other: Section, ours: Mapping[str, int], theirs: Mapping[str, int]) -> Iterator[str]:
    if other.stamp != english.digest:
        yield f"the English text has changed since it was translated: the stamp is {other.stamp or 'missing'}, the text's {english.digest}"
    if english.blocks != other.blocks:
        yield f"the blocks of code differ: {_unlike(english.blocks, other.blocks)}"
    if english.codes != other.codes:
        yield f"the words in code differ: {_unlike(english.codes, other.codes)}"
    if english.items != other.items:
        yield f"lists or tables differ: {_unlike(english.items, other.items)}"
    targets = sorted(_target(link, ours) for link in english.links), sorted(_target(link, theirs) for link in other.links)
    if targets[0] != targets[1]:
        yield f"the links differ: {_unlike(*targets)}"


def _unlike(ours: Sequence[str], theirs: Sequence[str]) -> str:
    missing, more = [entry for entry in ours if entry not in theirs], [entry for entry in theirs if entry not in ours]
    return f"{missing} missing, {more} too much" if missing or more else "their number or order"


def _target(link: str, anchors: Mapping[str, int]) -> str:
    """Where *link* leads, in the same words on both pages: to the heading of a number, or to a page of either language."""
    if link.startswith("#"):
        return f"heading {anchors[link[1:]]}" if link[1:] in anchors else f"nowhere: {link}"
    return re.sub(r"[._]ja\b", "", link)


def _anchors(sections: Sequence[Section]) -> Dict[str, int]:
    """The headings' numbers by the names that links have for them on GitHub and Galaxy."""
    return {re.sub(r"[^\w -]", "", section.title.lower()).replace(" ", "-"): number for number, section in enumerate(sections)}


def stamped(original: str, translation: str, markup: Markup) -> str:
    """*translation*, declared to say what *original* says. Both have the same sections."""
    before, theirs = taken_apart(translation, markup)
    ours = taken_apart(original, markup)[1]
    return before + "".join(other.stamped(english.digest) for english, other in zip(ours, theirs))


def texts(page: str) -> Tuple[str, str, Markup]:
    """The original of the translation *page*, the translation, and how they are written."""
    markup = RST if page.endswith(".rst") else MARKDOWN
    return (ROOT / PAGES[page]).read_text(encoding="utf-8"), (ROOT / page).read_text(encoding="utf-8"), markup


def main() -> int:
    status = 0
    for page in PAGES:
        original, translation, markup = texts(page)
        faults = differences(original, translation, markup)
        if sys.argv[1:] == ["--stamp"] and not any(fault.startswith("the headings differ") for fault in faults):
            translation = stamped(original, translation, markup)
            (ROOT / page).write_text(translation, encoding="utf-8")
            faults = differences(original, translation, markup)
        for fault in faults:
            print(f"{page}: {fault}")  # a program for people
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
