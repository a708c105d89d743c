# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that is not markup becomes markup, and nothing invisible stays invisible."""
from __future__ import annotations

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify_report.markup import Markup, element, escape, join, shortened, visible
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.verify_report.report_samples import (
    HOSTILE,
    parsed,
)


def test_texts_are_escaped_wherever_they_stand():
    made = element('p', HOSTILE, [HOSTILE, element('b', HOSTILE)], title=HOSTILE)
    read = parsed(made)
    assert [one.tag for one in read.iter()] == ['p', 'b']
    assert list(read.attrib) == ['title']
    assert read.attrib['title'].startswith('<script>alert(1)</script>"\'&\\\n')


def test_markup_stays_as_it_is_and_is_made_by_elements_only():
    inner = element('b', '<')
    assert element('p', inner) == '<p><b>&lt;</b></p>'
    assert escape(str(inner)) != inner  # as soon as it was an ordinary text, it is one
    assert isinstance(join('a', inner), Markup)


@pytest.mark.parametrize('code', [0x00, 0x08, 0x0b, 0x0d, 0x1b, 0x7f, 0x85, 0x200b, 0x202e, 0x2066, 0xfeff, 0xd800, 0xfffe, 0xffff])
def test_what_cannot_be_seen_or_written_is_shown_as_its_code_point(code):
    shown = visible(f'a{chr(code)}b')
    assert shown == f'a\\u{code:04x}b'
    assert parsed(element('p', f'a{chr(code)}b')).text == shown
    element('p', chr(code)).encode('utf-8')


def test_ordinary_texts_of_any_language_are_left_alone():
    assert visible('münchen.example 例え Ωμέγα\tA\nB') == 'münchen.example 例え Ωμέγα\tA\nB'


def test_attributes_that_are_absent_true_or_numbers():
    assert element('a', class_='x', open=True, hidden=False, title=None, stroke_width=1.50, href='#y') == '<a class="x" open stroke-width="1.5" href="#y"></a>'


def test_elements_without_an_end_have_none():
    assert element('br') == '<br>'


def test_a_shortened_text_is_no_longer_than_it_may_be():
    assert shortened('abcdef', 6) == 'abcdef'
    assert shortened('abcdefg', 6) == 'abcde…'
