# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: one self-contained HTML file for a run, the worst zone first. Pure; it needs no network and has no script.

Nothing outside the file is asked for, and a policy in the file has the browser see to that, whatever a server had in its answers.
"""
from __future__ import annotations

from typing import Iterable, Mapping, Sequence

from ..verify.findings import CRITICAL, ERROR
from .markup import NOTHING, Markup, element, escape, shortened
from .returned import Zone
from .sections import TEXT_SHOWN, badge, body, in_brief
from .style import CSS, SYMBOLS
from .words import GOOD, LEVEL_WORDS, LEVELS, above_information, count, level, sentence, verdict

IN_FULL = 100  # zones, the worst first: more than that is too much for a browser, and for its reader
OPEN_FROM = (CRITICAL, ERROR)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(zones: Iterable[Zone], errors: Mapping[str, str]) -> str:
    """The file. *errors* are the zones that could not be looked at, with the reason."""
    ordered = sorted(zones, key=lambda zone: (LEVELS.index(level(zone)), zone.name))
    total = len(ordered) + len(errors)
    title = f'DNSSEC of {ordered[0].name if ordered else next(iter(errors))}' if total == 1 else f'DNSSEC of {total} zones'
    idents = [f'zone-{number}' for number in range(1, len(ordered) + 1)]
    shown = [(zone, ident, number < IN_FULL) for number, (zone, ident) in enumerate(zip(ordered, idents)) if number < IN_FULL or level(zone) != GOOD]
    linked = {zone.name: ident for zone, ident, _full in shown}
    found = (
        element(
            'html',
            element(
                'head', element('meta', charset='utf-8'), element('meta', http_equiv='Content-Security-Policy', content=_POLICY),
                element('meta', name='viewport', content='width=device-width, initial-scale=1'), element('meta', name='referrer', content='no-referrer'),
                element('title', f'{LEVEL_WORDS[_worst(ordered, errors)]}: {title}'), element('style', CSS),
            ),
            element(
                'body', SYMBOLS, element('a', 'Skip to the zones', href='#zones', class_='skip'),
                element('header', element('h1', title), None if total == 1 else (_counts(ordered, errors), _when(ordered))),
                _contents(ordered, errors, linked) if total > 1 else None,
                element(
                    'main', _errors(errors) if errors else None, [_zone(zone, ident, full, total == 1) for zone, ident, full in shown],
                    _rest(len(ordered) - len(shown)), id='zones',
                ),
            ),
            lang='en',
        )
    )
    return f'<!DOCTYPE html>\n{found}\n'


def _worst(zones: Sequence[Zone], errors: Mapping[str, str]) -> str:
    return CRITICAL if errors else level(zones[0]) if zones else GOOD


def _counts(zones: Sequence[Zone], errors: Mapping[str, str]) -> Markup:
    levels = [level(zone) for zone in zones]
    items = [badge(grade, f'{LEVEL_WORDS[grade]}: {count(levels.count(grade), "zone")}') for grade in LEVELS if grade in levels]
    if errors:
        items.insert(0, badge(CRITICAL, f'Not looked at: {count(len(errors), "zone")}'))
    return element('ul', [element('li', item) for item in items], class_='counts')


def _when(zones: Sequence[Zone]) -> Markup:
    if not zones:
        return NOTHING
    times = sorted((zone.time for zone in zones), key=lambda time: time.seconds)
    span = str(times[0]) if str(times[0]) == str(times[-1]) else f'{times[0]} to {times[-1]}'
    return element('p', f'Looked at {span} by dnssec_verify. All times are UTC.', class_='faint')


def _contents(zones: Sequence[Zone], errors: Mapping[str, str], linked: Mapping[str, str]) -> Markup:
    rows = [
        element('tr', element('th', name, scope='row'), element('td', badge(CRITICAL, 'Not looked at')), element('td', shortened(text, 300)), element('td'))
        for name, text in sorted(errors.items())
    ]
    for zone in zones:
        ident = linked.get(zone.name)
        told = above_information(zone)
        rows.append(element(
            'tr', element('th', element('a', zone.name, href=f'#{ident}') if ident else escape(zone.name), scope='row'), element('td', badge(level(zone))),
            element('td', shortened(sentence(told[0]) if told else verdict(zone)[0], 300)),
            element('td', ', '.join(signer.name for signer in zone.signers)),
        ))
    return element(
        'nav',
        element(
            'table', element('caption', 'All zones, the worst first'),
            element('colgroup', element('col', style='width: 25%'), element('col', style='width: 9rem'), element('col'), element('col', style='width: 16%')),
            element('thead', element('tr', [element('th', head, scope='col') for head in ('Zone', 'Verdict', 'Worst finding', 'Signers')])),
            element('tbody', rows), class_='fixed',
        ),
        aria_label='Zones', style='margin-top: 1.2rem',
    )


def _errors(errors: Mapping[str, str]) -> Markup:
    return element(
        'section', element('h2', 'Zones that could not be looked at'),
        element('ul', [element('li', element('strong', name), f': {shortened(text, TEXT_SHOWN)}') for name, text in sorted(errors.items())]),
        class_='zone critical',
    )


def _zone(zone: Zone, ident: str, in_full: bool, alone: bool) -> Markup:
    """Folded when nothing is broken. The target of links is inside what is folded, so browsers unfold it to go there."""
    grade = level(zone)
    content = body(zone, ident) if in_full else in_brief(zone)
    if alone:
        return element('section', element('h2', zone.name, class_='unseen'), content, class_=f'zone {grade}', id=ident)
    return element(
        'details', element('summary', element('h2', zone.name), ' ', badge(grade)), element('div', content, id=ident),
        class_=f'zone {grade}', open=grade in OPEN_FROM and in_full,
    )


def _rest(hidden: int) -> Markup:
    if not hidden:
        return NOTHING
    words = 'in order have one line each in the table above. The JSON has all about them; a run for one zone makes its page.'
    return element('p', f'{count(hidden, "zone")} {words}')
