# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Japanese pages have what the English ones have, and whoever changes an English one is told which sections to look at."""
from __future__ import annotations

import pytest
import yaml
from ansible_collections.dnssec.multisigner.tests.support.translations import MARKDOWN, PAGES, ROOT, RST, differences, stamped, taken_apart, texts

README = """# Title

日本語: [README.ja.md](README.ja.md)

## First part

See [below](#second-part) and the [guide](docs/guide.rst).

<!-- example: run -->
```sh
run it     # not a heading:
# this
```

1. One with `a code
   word`.
2. Two.

## Second part

| it says | it means |
|---|---|
| `done` | all of it |
| `wait` | some |
"""
NIPPON = """# Title

English: [README.md](README.md)

## 第1部

[ガイド](docs/guide_ja.rst)と[後述](#第2部)を参照。

<!-- example: run -->
```sh
run it     # not a heading:
# this
```

1. `a code word` の 1。
2. 2。

## 第2部

| 表示 | 意味 |
|---|---|
| `done` | 全部 |
| `wait` | 一部 |
"""
GUIDE = """.. _label:

Title
=====

:ref:`日本語 <somewhere.guide_ja>`

- ``One``
- Two

.. example: run

.. code-block:: console

   run it

   twice

Part
----

.. list-table::

   * - ``done``
     - all
"""


def changed(before: str, after: str, page: str) -> str:
    assert page.count(before) == 1
    return page.replace(before, after)


@pytest.mark.parametrize('page', PAGES)
def test_a_translation_is_in_step_with_its_original(page: str) -> None:
    """When this fails, bring the sections that it names up to date; then tests/support/translations.py --stamp says so (see CONTRIBUTING.md)."""
    assert differences(*texts(page)) == []


@pytest.mark.parametrize('page', PAGES)
def test_of_the_pages_themselves_everything_is_compared(page: str) -> None:
    """A pattern that finds nothing would find nothing wrong."""
    original, translation, markup = texts(page)
    sections = taken_apart(original, markup)[1]
    assert len(sections) == len(taken_apart(translation, markup)[1]) > 5
    for part in ('blocks', 'links', 'codes', 'items'):
        assert any(getattr(section, part) for section in sections), part
    mark = '```' if markup is MARKDOWN else '.. code-block::'
    assert sum(len(section.blocks) for section in sections) == original.count(f'\n{mark}') // (2 if markup is MARKDOWN else 1)


def test_the_pages_of_the_docsite_are_listed_in_both_languages() -> None:
    docsite = yaml.safe_load((ROOT / 'docs/docsite/extra-docs.yml').read_text(encoding='utf-8'))
    listed = [page for section in docsite['sections'] for page in section['toctree']]
    for page in PAGES:
        if page.endswith('.rst'):
            assert page.rsplit('/', 1)[1][:-len('.rst')] in listed


def test_a_stamped_translation_with_the_same_structure_has_no_fault() -> None:
    page = stamped(README, NIPPON, MARKDOWN)
    assert differences(README, page, MARKDOWN) == []
    assert stamped(README, page, MARKDOWN) == page
    assert differences(README, NIPPON, MARKDOWN)[0].startswith('"Title" (Title): the English text has changed since it was translated: the stamp is missing')


def test_the_sections_whose_english_text_has_changed_are_named_and_no_others() -> None:
    page = stamped(README, NIPPON, MARKDOWN)
    (fault,) = differences(changed('all of it', 'nearly all of it', README), page, MARKDOWN)
    assert fault.startswith('"Second part" (第2部): the English text has changed')


def test_lines_that_are_broken_elsewhere_are_no_change() -> None:
    page = stamped(README, NIPPON, MARKDOWN)
    assert differences(changed('and the [guide]', 'and\nthe [guide]', README), page, MARKDOWN) == []


@pytest.mark.parametrize(('before', 'after', 'fault'), [
    ('## 第2部', '### 第2部', 'the headings differ'),
    ('run it ', 'run  it ', 'the blocks of code differ'),
    ('<!-- example: run -->\n', '', 'the blocks of code differ'),
    ('docs/guide_ja.rst', 'docs/other.rst', 'the links differ'),
    ('#第2部', '#第1部', 'the links differ'),
    ('#第2部', '#第3部', 'the links differ'),
    ('`a code word`', '`another`', 'the words in code differ'),
    ('2. 2。\n', '', 'lists or tables differ'),
    ('| `wait` | 一部 |\n', '', 'lists or tables differ'),
    ('| `done` | 全部 |', '| 全部 | `done` | |', 'lists or tables differ'),
])
def test_what_is_another_thing_in_the_translation_is_a_fault(before: str, after: str, fault: str) -> None:
    page = changed(before, after, stamped(README, NIPPON, MARKDOWN))
    assert any(fault in found for found in differences(README, page, MARKDOWN))


@pytest.mark.parametrize(('before', 'after', 'fault'), [
    ('Part\n----', 'Part\n====', 'the headings differ'),
    ('   run it\n', '   run\n', 'the blocks of code differ'),
    ('.. example: run\n\n', '', 'the blocks of code differ'),
    ('   twice', '   thrice', 'the blocks of code differ'),
    ('somewhere.guide', 'elsewhere.guide', 'the links differ'),
    ('``One``', '``Two``', 'the words in code differ'),
    ('- Two\n', '', 'lists or tables differ'),
    ('     - all\n', '', 'lists or tables differ'),
])
def test_the_same_holds_for_pages_of_the_docsite(before: str, after: str, fault: str) -> None:
    page = stamped(GUIDE, GUIDE.replace('guide_ja', 'guide'), RST)
    assert differences(GUIDE, page, RST) == []
    assert any(fault in found for found in differences(GUIDE, changed(before, after, page), RST))
