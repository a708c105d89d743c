# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements of HTML, SVG and XML in which nothing from outside can become markup. Standard library only; it knows no page.

What is shown comes from the network: names, record texts, errors. Everything that is not a `Markup` is escaped, and only this file
makes `Markup`, so there is no place where escaping can be forgotten.
"""
from __future__ import annotations

import re
from typing import Iterable, Union

_ESCAPES = str.maketrans({'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'})
_IN_ATTRIBUTE = str.maketrans({'\n': '&#10;', '\r': '&#13;', '\t': '&#9;'})  # XML 1.0 section 3.3.3 makes spaces of them
# What XML 1.0 section 2.2 forbids, what a line of text is not expected to have, and what reorders or hides the text around it.
_UNSEEN = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\uffff]')
_VOID = frozenset(('br', 'col', 'meta'))  # HTML's elements without an end tag that are used here


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Child = Union[str, None, Iterable['Child']]
NOTHING = Markup('')


def visible(text: str) -> str:
    """*text* with the characters that nobody would see, or that XML forbids, as their code points."""
    return _UNSEEN.sub(lambda found: f'\\u{ord(found.group()):04x}', text)


def shortened(text: str, limit: int) -> str:
    """*text*, or its beginning, in no more than *limit* characters."""
    return text if len(text) <= limit else text[:limit - 1] + '…'


def escape(text: str) -> Markup:
    """As text between tags."""
    return text if isinstance(text, Markup) else Markup(visible(text).translate(_ESCAPES))


def element(tag: str, /, *children: Child, **attributes: object) -> Markup:
    """``<tag attributes>children</tag>``. An attribute that is None or False is left out, one that is True has no value.

    In the names of attributes ``_`` stands for ``-``, and a final one for nothing (``class_``).
    """
    opened = f'<{tag}' + ''.join(_attribute(key, value) for key, value in attributes.items() if value is not None and value is not False) + '>'
    return Markup(opened) if tag in _VOID else Markup(f'{opened}{join(*children)}</{tag}>')


def join(*children: Child) -> Markup:
    """The children one after the other; None is nothing."""
    return Markup(''.join(_flat(children)))


def constant(text: str) -> Markup:
    """A text of this collection's own code, such as a style sheet, as it is. Never anything that came from outside."""
    return Markup(text)


def _attribute(key: str, value: object) -> str:
    name = key.rstrip('_').replace('_', '-')
    if value is True:
        return f' {name}'
    shown = f'{value:g}' if isinstance(value, float) else str(value)
    return f' {name}="{visible(shown).translate(_ESCAPES).translate(_IN_ATTRIBUTE)}"'


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if isinstance(child, str):
            yield escape(child)
        elif child is not None:
            yield from _flat(child)
