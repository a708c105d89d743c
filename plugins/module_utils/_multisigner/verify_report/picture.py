# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws the chain of trust as SVG: parent above, signers side by side, arrows from DS to key to DNSKEY RRset to zone data. Pure.

Positions come from the number of lines that a text takes, so nothing overlaps whatever a server says; a text that does not fit is
shortened, and whole in its <title>. All colours are classes of style.py.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Dict, Iterable, Sequence

from ..verify.findings import INFORMATION
from .chain import ABSENT, FOREIGN, IDLE, PARTLY, Chain, Column, Part
from .markup import Child, Markup, element, join, visible
from .words import LEVEL_WORDS, listed

WIDTH = 1160.0
GAP = 24.0  # between signers
WIDEST, NARROWEST = 568.0, 272.0  # of a signer
AT_ONCE = int((WIDTH + GAP) // (NARROWEST + GAP))  # signers side by side
_LINE, _PAD = 17.0, 8.0
_LEFT, _RIGHT = 32.0, 36.0  # room for arrows beside the boxes
_SMALL, _LARGE = 12.0, 13.5
_MARK = 16.0  # a symbol with its distance


class _Em(Dict[str, float]):
    """The width of a letter in em, in a wide sans-serif font: whatever the reader's is, it hardly takes more."""

    def __missing__(self, letter: str) -> float:
        width = 0.63 if letter.islower() or letter.isdigit() else 0.72 if ord(letter) < 0x2e80 else 1.1
        self[letter] = width
        return width


_EM = _Em({**dict.fromkeys("ijl'|", 0.3), **dict.fromkeys(' .,:;!/\\[]()ftrI-', 0.4), **dict.fromkeys('mwMW@%', 0.98)})


_PARTS = re.compile(r'[^.:/-]*[.:/-]?')
_WORD = 300  # letters; the longest name has 253 octets


def text_width(text: str, size: float, bold: bool = False) -> float:
    return sum(map(_EM.__getitem__, text)) * size * (1.12 if bold else 1.0)


def wrapped(text: str, width: float, size: float, bold: bool = False, most: int = 3) -> list[str]:
    """*text* in lines no wider than *width*, *most* of them; the last ends with an ellipsis when there is more."""
    lines, line = [], ''
    for word in visible(text).split():
        for piece in _pieces(word, width, size, bold):
            joined = f'{line} {piece}' if line else piece
            if line and text_width(joined, size, bold) > width:
                lines.append(line)
                joined = piece
            line = joined
        if len(lines) > most:
            break
    lines.append(line)
    if len(lines) > most:
        last = lines[most - 1]
        while last and text_width(last + '…', size, bold) > width:
            last = last[:-1]
        lines = [*lines[:most - 1], last + '…']
    return lines


def _pieces(word: str, width: float, size: float, bold: bool) -> Iterable[str]:
    """A word that is wider than a line in parts that are not, where there is a dot or the like if possible."""
    word = word[:_WORD]
    if text_width(word, size, bold) <= width:
        yield word
        return
    piece = ''
    for part in _PARTS.findall(word):
        for bit in [part] if text_width(part, size, bold) <= width else part:
            if piece and text_width(piece + bit, size, bold) > width:
                yield piece
                piece = ''
            piece += bit
    yield piece


@dataclass
class _Sheet:
    """What has been drawn. Arrows go under boxes, and texts over all."""

    arrows: list[Markup] = field(default_factory=list)
    boxes: list[Markup] = field(default_factory=list)
    texts: list[Markup] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, class_: str = 'small', full: str = '') -> None:
        self.texts.append(element('text', text, element('title', full) if full else None, x=x, y=y, class_=class_))

    def mark(self, x: float, y: float, severity: str) -> None:
        self.texts.append(element('use', href=f'#mark-{severity}', x=x, y=y, width=12, height=12, class_=f'mark {severity}'))

    def box(self, x: float, y: float, width: float, height: float, class_: str, full: str = '') -> None:
        self.boxes.append(element('rect', element('title', full) if full else None, x=x, y=y, width=width, height=height, rx=6, class_=class_))

    def arrow(self, points: Sequence[tuple[float, float]], severity: str = '') -> None:
        """Along *points*, with corners; broken when it has a severity."""
        path = 'M' + ' L'.join(f'{x:g} {y:g}' for x, y in points)
        class_ = f'arrow broken {severity}' if severity else 'arrow'
        (x0, y0), (x, y) = points[-2:]
        dx, dy = (x > x0) - (x < x0), (y > y0) - (y < y0)
        head = f'M{x - 7 * dx - 4 * dy:g} {y - 7 * dy - 4 * dx:g} L{x:g} {y:g} L{x - 7 * dx + 4 * dy:g} {y - 7 * dy + 4 * dx:g}'
        self.arrows.append(element('path', d=path, class_=class_))
        self.arrows.append(element('path', d=head, class_=f'{class_} head'))


@dataclass(frozen=True)
class _Laid:
    """A part with its lines broken: (text, class, severity of the mark before it)."""

    part: Part
    lines: tuple[tuple[str, str, str], ...]

    @property
    def height(self) -> float:
        return len(self.lines) * _LINE + 2 * _PAD - 3


def _lay(part: Part, width: float, title_lines: int = 1) -> _Laid:
    """*part* in a box of this width."""
    room = width - 2 * _PAD
    lines = [(line, 'name', '') for line in wrapped(part.title, room, _LARGE, bold=True, most=title_lines)]
    lines += [(line, 'small', '') for text in part.lines for line in wrapped(text, room, _SMALL, most=2)]
    for note in part.notes:
        for number, line in enumerate(wrapped(note.text, room - _MARK, _SMALL, bold=True, most=5)):
            lines.append((line, f'note {note.severity}', note.severity if not number else 'more'))
    return _Laid(part, tuple(lines))


def _draw(sheet: _Sheet, laid: _Laid, x: float, y: float, width: float, class_: str, height: float = 0) -> None:
    part = laid.part
    states = f' {part.state}' if part.state else ''
    severity = f' {part.severity}' if part.severity and part.severity != INFORMATION else ''
    sheet.box(x, y, width, height or laid.height, f'box {class_}{states}{severity}', part.full)
    for number, (text, text_class, severity) in enumerate(laid.lines):
        base = y + _PAD + number * _LINE + 11
        if severity and severity != 'more':
            sheet.mark(x + _PAD, base - 10.5, severity)
        sheet.text(x + _PAD + (_MARK if severity else 0), base, text, text_class, part.full if not number else '')


def _broken(part: Part) -> str:
    """The severity with which the arrow that leads to *part* is broken; empty when it holds."""
    return part.severity if part.broken else ''


def picture(chain: Chain, ident: str, zone: str) -> Markup:
    """The drawing, with a title and a description for those who do not see it."""
    sheet = _Sheet()
    number = max(1, len(chain.columns))
    width = min(WIDEST, (WIDTH - GAP * (number - 1)) / number)
    total = number * width + GAP * (number - 1)
    lefts = [i * (width + GAP) for i in range(number)]
    bottoms, below = _parent(sheet, chain, lefts, width, total)
    top = below + 26 + 5 * len(chain.ds)
    entries, heights = [], []
    for left, column in zip(lefts, chain.columns):
        middles, end = _column(sheet, column, left, top, width)
        entries.append(middles)
        heights.append(end)
    bottom = max(heights, default=top)
    frames = [
        element('rect', x=left, y=top, width=width, height=bottom - top, rx=10, class_='signer' + (' dim' if column.dim else ''))
        for left, column in zip(lefts, chain.columns)
    ]
    _trust(sheet, chain, entries, lefts, width, bottoms, below)
    return element(
        'svg',
        element('title', f'Chain of trust of {zone}', id=f'{ident}-title'),
        element('desc', ' '.join(_told(chain)), id=f'{ident}-desc'),
        frames, sheet.boxes, sheet.arrows, sheet.texts,
        viewBox=f'-2 -2 {total + 4:g} {bottom + 4:g}', width=f'{total + 4:g}', height=f'{bottom + 4:g}', role='img', class_='chain',
        aria_labelledby=f'{ident}-title {ident}-desc',
    )


def _parent(sheet: _Sheet, chain: Chain, lefts: Sequence[float], width: float, total: float) -> tuple[list[tuple[float, float]], float]:
    """Draws the parent with its DS. Returns the lower left corner of each DS, and where the parent ends."""
    head = _lay(chain.parent, total)
    y = head.height + 2
    room = width - _LEFT - _RIGHT
    stacks = [y] * len(lefts)
    placed: list[tuple[_Laid, float, float]] = []
    for ds in chain.ds:
        laid = _lay(ds.part, room)
        placed.append((laid, lefts[ds.column] + _LEFT, stacks[ds.column]))
        stacks[ds.column] += laid.height + 8
    end = max(stacks, default=y) + (4 if chain.ds else 0)
    _draw(sheet, head, 0, 0, total, 'parent', end)
    corners = []
    for laid, x, top in placed:
        _draw(sheet, laid, x, top, room, 'ds')
        corners.append((x, top + laid.height / 2))
    return corners, end


def _trust(
    sheet: _Sheet, chain: Chain, entries: Sequence[Sequence[float]], lefts: Sequence[float], width: float, bottoms: Sequence[tuple[float, float]], below: float
) -> None:
    """The arrows from each DS to the keys that it names: out at its left, down a lane of the signer, and in at the key's left."""
    lanes = [0] * len(lefts)
    for number, (ds, (x, y)) in enumerate(zip(chain.ds, bottoms)):
        lane = lefts[ds.column] + 6 + 6 * min(lanes[ds.column], 3)
        lanes[ds.column] += 1
        for column, position in ds.leads_to:
            severity = _broken(ds.part)
            level = below + 12 + 5 * number
            across = lefts[column] + 6 + 6 * min(lanes[column] - (column == ds.column), 3)
            points = [(x, y), (lane, y)]
            if column != ds.column:
                points += [(lane, level), (across, level)]
            down = across if column != ds.column else lane
            target = entries[column][position]
            sheet.arrow([*points, (down, target), (lefts[column] + _LEFT, target)], severity)


def _column(sheet: _Sheet, column: Column, left: float, top: float, width: float) -> tuple[list[float], float]:
    """Draws a signer. Returns the middle of each of the keys that a DS may lead to, and where it ends."""
    x, room = left + _LEFT, width - _LEFT - _RIGHT
    y = _heading(sheet, column, x, top + 10, room)
    for server in column.servers:
        laid = _lay(server, room, title_lines=3)
        _draw(sheet, laid, x, y, room, 'server')
        y += laid.height + 6
    y += 8
    middles = []
    for part in column.entry:
        laid = _lay(part, room)
        _draw(sheet, laid, x, y, room, f'key {part.kind} sep')
        middles.append(y + laid.height / 2)
        y += laid.height + 6
    frame = y + (16 if column.entry else 0)
    for middle in middles:  # over the DNSKEY RRset
        lane = x + room + 5
        sheet.arrow([(x + room, middle), (lane, middle), (lane, frame)], _broken(column.keys))
    head = _lay(column.keys, room + 6)
    y = frame + head.height + 2
    spots = []
    for part in column.others:
        laid = _lay(part, room - 8)
        _draw(sheet, laid, x + 4, y, room - 8, f'key {part.kind}')
        spots.append(y + laid.height / 2)
        y += laid.height + 6
    if column.others:
        y += 4
    # Under what is in it
    marker = len(sheet.boxes) - len(column.others)
    _draw(sheet, head, x - 4, frame, room + 14, 'rrset', y - frame)
    sheet.boxes.insert(marker, sheet.boxes.pop())
    data_top = y + 24
    for in_entry, position in column.signs_data:
        start = middles[position] - 6 if in_entry else spots[position]
        lane = x + room + 24 - (6 if in_entry else 0)
        sheet.arrow([(x + room - (0 if in_entry else 4), start), (lane, start), (lane, data_top)], _broken(column.data))
    laid = _lay(column.data, room + 20)
    _draw(sheet, laid, x - 4, data_top, room + 34, 'data')
    return middles, data_top + laid.height + 12


def _heading(sheet: _Sheet, column: Column, x: float, y: float, room: float) -> float:
    for line in wrapped(column.name, room, 15, bold=True, most=2):
        sheet.text(x, y + 14, line, 'heading', column.name)
        y += 20
    for remark in column.remarks:
        sheet.text(x, y + 13, remark, 'small')
        y += _LINE
    return y + 10


def _told(chain: Chain) -> Iterable[str]:
    """The picture in words. Everything in it is in the tables of the page as well."""
    yield f'{chain.parent.title} has {listed((_words(ds.part) for ds in chain.ds), 12) or "no DS"}.'
    for column in chain.columns:
        yield f'{column.name}: {_words(column.keys)}.'
        for what, parts in (('Signing it', column.entry), ('Keys in it', column.others)):
            if parts:
                yield f'{what}: {listed((_words(part) for part in parts), 12)}.'
        yield f'{_words(column.data)}.'


def _words(part: Part) -> str:
    kinds = {FOREIGN: ' (foreign)', IDLE: ' (signs nothing)'}
    states = {ABSENT: ', absent', PARTLY: ', not everywhere'}
    notes = ''.join(f', {LEVEL_WORDS[note.severity].lower()}: {note.text}' for note in part.notes)
    return f'{part.title}{kinds.get(part.kind, "")}{states.get(part.state, "")}{notes}'


def legend() -> Child:
    """What the strokes of the picture mean."""
    samples = (
        ('box key own', 'key of this signer'), ('box key foreign', 'key of another signer'), ('box key idle', 'key that signs nothing'),
        ('box key absent critical', 'missing or broken'),
    )
    drawn = (
        element('span', element('svg', element('rect', x=1, y=1, width=24, height=12, rx=3, class_=class_), width=26, height=14, aria_hidden='true'), words)
        for class_, words in samples
    )
    return join(drawn, element('span', 'Arrows lead from a DS to the key that it names, and from a key to what it signs.'))
