# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sections of one zone on the page: what the picture shows in tables, and what it cannot show. Pure."""
from __future__ import annotations

from typing import Iterable, Sequence

from ..verify.findings import CRITICAL, ERROR, INFORMATION, WARNING
from .chain import chain
from .markup import NOTHING, Child, Markup, element, join, shortened
from .picture import AT_ONCE, legend, picture
from .returned import Key, Server, Signer, Told, Zone
from .words import GOOD, KEY, LEVEL_WORDS, above_information, count, duration, in_short, level, place, verdict, where

FINDINGS_SHOWN, ROWS_SHOWN, TEXT_SHOWN = 150, 60, 1200  # a hostile zone makes no endless page; the JSON has everything

VALIDATORS = {
    'any_path': 'Ordinary: any one valid path is enough (RFC 6840 section 5.11)',
    'all_algorithms': 'Wants every algorithm of the DS set (unbound with harden-algo-downgrade)',
    'strongest_digest': 'Heeds only DS of the strongest digest type (RFC 4509 section 3)',
    'strongest_algorithm': 'Heeds only DS of the strongest algorithm',
}
ANALYSERS = {'dnsviz': 'DNSViz', 'zonemaster': 'Zonemaster', 'verisign': 'DNSSEC Analyzer (Verisign)'}
CHANGES = {
    'none': 'It would change nothing.', 'add': 'It would add DS.', 'replace': 'It would replace DS.', 'delete': 'It would remove every DS.',
    'refused': 'The DS stay as they are.',
}


def badge(severity: str, word: str = '') -> Markup:
    """Shape, colour and word."""
    sign = element('svg', element('use', href=f'#mark-{severity}'), class_='mark', viewBox='0 0 16 16', aria_hidden='true')
    return element('span', sign, element('span', word or LEVEL_WORDS[severity]), class_=f'badge {severity}')


def table(caption: str, head: Sequence[Child], rows: Iterable[Sequence[Child]], widths: Sequence[int] = ()) -> Markup:
    """A table whose first cell of each row names the row. *widths* of the columns in percent; all are as wide when there are none."""
    return element(
        'table', element('caption', caption), element('colgroup', [element('col', style=f'width: {width}%') for width in widths]) if widths else None,
        element('thead', element('tr', [element('th', cell, scope='col') for cell in head])),
        element('tbody', [element('tr', element('th', row[0], scope='row'), [element('td', cell) for cell in row[1:]]) for row in rows]),
        class_='fixed',
    )


def verdict_line(zone: Zone) -> Markup:
    """The verdict, with its mark."""
    grade = level(zone)
    first, second = verdict(zone)
    return element('p', badge(grade), ' ', element('strong', shortened(first, TEXT_SHOWN)), ' ', shortened(second, TEXT_SHOWN), class_=f'verdict {grade}')


def in_brief(zone: Zone) -> Markup:
    """The verdict and the findings."""
    return join(verdict_line(zone), _findings(zone))


def body(zone: Zone, ident: str) -> Markup:
    """Everything about a zone below its heading."""
    sections: list[tuple[str, str, Child]] = [
        (name, title, content)
        for name, title, content in (
            ('chain', 'Chain of trust', _chain(zone, ident)),
            ('findings', 'Findings', _findings(zone)),
            ('keys', 'Keys and servers', _keys(zone)),
            ('matrix', 'Cross matrix', _matrix(zone)),
            ('ends', 'When signatures end', _ends(zone)),
            ('waits', 'Waits', _waits(zone)),
            ('cds', 'CDS', _cds(zone)),
            ('validators', 'Validators', _validators(zone)),
            ('analysers', 'Analysers', _analysers(zone)),
            ('servers', 'Servers', _servers(zone)),
        )
        if content
    ]
    return join(
        verdict_line(zone),
        element('p', f'Looked at {zone.time}, with {count(zone.probes, "question")} to every server.', class_='faint'),
        element('nav', element('ul', [element('li', element('a', title, href=f'#{ident}-{name}')) for name, title, _content in sections], class_='jump'),
                aria_label=f'Sections of {zone.name}'),
        [element('section', element('h3', title, id=f'{ident}-{name}'), content) for name, title, content in sections],
    )


def _chain(zone: Zone, ident: str) -> Child:
    """With many signers one picture for every few."""
    groups = [zone.signers[i:i + AT_ONCE] for i in range(0, len(zone.signers), AT_ONCE)] or [()]
    pictures = [picture(chain(zone, group), f'{ident}-picture-{number}', zone.name) for number, group in enumerate(groups, 1)]
    return join(pictures, element('p', legend(), class_='legend'))


# -- findings ---------------------------------------------------------------------------------------------------------

def _findings(zone: Zone) -> Child:
    told = above_information(zone)[:FINDINGS_SHOWN]
    minor = [one for one in zone.findings if one.severity == INFORMATION][:FINDINGS_SHOWN]
    hidden = len(zone.findings) - len(told) - len(minor)
    return join(
        element('ol', [_finding(one) for one in told], class_='findings') if told else None,
        element(
            'details', element('summary', element('h4', f'{count(len(minor), "finding")} for information')),
            element('ol', [_finding(one) for one in minor], class_='findings'),
        ) if minor else None,
        element('p', f'{hidden} more are in the JSON only.') if hidden else None,
    )


def _finding(told: Told) -> Markup:
    rows = (
        ('Where', where(told)), ('Record', f'{told.name} {told.rtype}'.strip()), ('Breaks', told.breaks), ('Remedy', told.remedy),
        ('DNSKEY', _record(told.key)), ('DS', _record(told.ds)), ('See also', ', '.join(told.related)),
    )
    described = [(element('dt', name), element('dd', value if isinstance(value, Markup) else shortened(value, TEXT_SHOWN))) for name, value in rows if value]
    return element(
        'li', badge(told.severity), element('span', f'{told.number} {told.code}', class_='code'),
        element('p', element('strong', shortened(told.what, TEXT_SHOWN))), element('dl', described), class_=told.severity,
    )


def _record(text: str) -> Markup:
    return element('code', shortened(text, TEXT_SHOWN)) if text else NOTHING


# -- keys -------------------------------------------------------------------------------------------------------------

def _keys(zone: Zone) -> Child:
    if not zone.keys:
        return element('p', 'No server publishes a key.')
    columns = zone.servers
    heads = [element('th', signer.name, scope='colgroup', colspan=len(signer.servers)) for signer in zone.signers if signer.servers]
    servers = [element('th', element('span', server.address, title=server.server), scope='col') for _signer, server in columns]
    # Broken keys first: there is no better place to look.
    gaps = {(told.key, address): told for told in reversed(zone.findings) if place(told) == KEY and told.key for address in told.servers}
    keys = sorted(zone.keys, key=lambda key: all((key.text, server.address) not in gaps for _signer, server in columns))
    rows = [
        element(
            'tr', element('th', _key_name(key), scope='row'),
            [element('td', _key_cell(zone, key, signer, server, gaps.get((key.text, server.address)))) for signer, server in columns],
        )
        for key in keys[:ROWS_SHOWN]
    ]
    hidden = len(keys) - ROWS_SHOWN
    return join(
        element(
            'table', element('caption', 'Which server publishes which key, and what the key signs there'),
            element('colgroup', element('col', style=f'width: {200 if len(columns) > 4 else 290}px')),
            element('thead', element('tr', element('th', 'Key', scope='col', rowspan=2), heads), element('tr', servers)), element('tbody', rows),
            class_='fixed narrow' if len(columns) > 4 else 'fixed',
        ),
        element('p', f'{hidden} more keys are in the JSON only.') if hidden > 0 else None,
    )


def _key_name(key: Key) -> Child:
    whose = f'of {", ".join(key.owners)}' if key.owners else 'signs nothing'
    public = key.text.split(' ')[-1]
    return join(
        element('strong', key.label), f' {whose}', element('br'),
        f'{key.algorithm_name}, flags {key.flags}{", DS at the parent" if key.has_ds else ""}', element('br'),
        element('code', shortened(public, 20), title=f'DNSKEY {key.text}'),
    )


def _key_cell(zone: Zone, key: Key, signer: Signer, server: Server, told: Told | None) -> Child:
    if server.error:
        return element('span', 'unknown', class_='faint')
    if server.address not in key.published_by:
        if told is not None:
            return element('span', in_short(told, zone.name), class_=f'gap {told.severity}')
        return element('span', 'no', class_='faint')
    words = [text for text, at in (('signs keys', key.signs_keys_at), ('signs data', key.signs_zone_at)) if server.address in at]
    foreign = key.owners and signer.name not in key.owners
    wrong = told is not None and told.severity != INFORMATION
    note = element('li', element('span', in_short(told, zone.name), class_=f'gap {told.severity}')) if told is not None and wrong else None
    return element('ul', element('li', 'foreign' if foreign else 'published'), [element('li', word) for word in words], note)


# -- validation -------------------------------------------------------------------------------------------------------

def _matrix(zone: Zone) -> Child:
    if not zone.cells:
        return NOTHING
    names = [signer.name for signer in zone.signers]
    rows = []
    for keys_of in names:
        cells: list[Child] = [f'Keys of {keys_of}']
        for answers_of in names:
            cell = zone.cells.get((keys_of, answers_of))
            if cell is None:
                cells.append(element('span', 'not known', class_='faint'))
            elif cell.bogus:
                cells.append(join(
                    badge(CRITICAL if zone.secure else WARNING, f'{cell.bogus} bogus'), f', {cell.valid} valid', element('br'),
                    shortened(cell.first_failure, 300),
                ))
            else:
                cells.append(badge(GOOD, f'{cell.valid} valid'))
        rows.append(cells)
    caption = 'RRsets and proofs of one signer validated under the keys of another, as a resolver may come to combine them'
    return table(caption, ['', *(f'Answers of {name}' for name in names)], rows)


def _bar(share: float, severity: str) -> Markup:
    filled = element('rect', x=0, y=0, width=round(200 * min(1.0, max(0.0, share)), 1), height=10, class_='filled')
    return element(
        'svg', element('rect', x=0, y=0, width=200, height=10), filled,
        class_=f'bar {severity}', viewBox='0 0 200 10', preserveAspectRatio='none', aria_hidden='true',
    )


def _ends(zone: Zone) -> Child:
    known = [(signer, server, server.expires) for signer, server in zone.servers if server.expires is not None]
    if not known:
        return NOTHING
    longest = max(1, *(expires.until.seconds - zone.time.seconds for _signer, _server, expires in known))
    near = {address for told in zone.findings if told.code == 'signature_near_expiry' for address in told.servers}
    rows = []
    for signer, server, expires in sorted(known, key=lambda one: one[2].until.seconds):
        left = expires.until.seconds - zone.time.seconds
        grade = CRITICAL if left <= 0 else WARNING if server.address in near else GOOD
        told = badge(grade, f'ended {duration(-left)} before' if left <= 0 else f'{duration(left)} left')
        gauge = join(told, _bar(left / longest, grade))
        rows.append((f'{signer.name} {server.address}', str(expires.until), gauge, f'{expires.name} {expires.rtype}', f'key {expires.tag}'))
    head = ('Server', 'Ends', 'From when it was looked at', 'Signature of', 'By')
    return table('The signature that ends first at each server', head, rows, (28, 15, 20, 27, 10))


def _waits(zone: Zone) -> Child:
    if not zone.waits:
        return NOTHING
    ends = [wait.until.seconds - zone.time.seconds for wait in zone.waits if wait.until is not None]
    longest = max(1, *ends) if ends else 1
    rows = []
    for wait in zone.waits:
        if wait.until is None:
            rows.append((wait.what, 'not known yet', '', wait.reason))
            continue
        left = wait.until.seconds - zone.time.seconds
        told = join('over' if left <= 0 else f'{duration(left)} left', _bar(left / longest, INFORMATION))
        rows.append((wait.what, str(wait.until), told, shortened(wait.reason, TEXT_SHOWN)))
    return table('What the plan waits for before its next step', ('For', 'Until', 'From when it was looked at', 'Reason'), rows, (25, 15, 20, 40))


def _cds(zone: Zone) -> Child:
    grade = GOOD if zone.cds.accepted else ERROR
    word = 'Accepted' if zone.cds.accepted else 'Refused'
    signals = zone.cds.bootstrapping
    change = CHANGES.get(zone.cds.change, zone.cds.change)
    return join(
        element('p', badge(grade, word), f' by a parent that follows RFC 9975 and RFC 8078 and looks at the CDS and CDNSKEY now. {change}'),
        element('ul', [element('li', shortened(why, TEXT_SHOWN)) for why in zone.cds.why]) if zone.cds.why else None,
        None if signals is None else join(
            element('p', badge(WARNING if signals else GOOD, 'Signals of RFC 9615'), ' are ', 'in order.' if not signals else 'not in order:'),
            element('ul', [element('li', shortened(signal, TEXT_SHOWN)) for signal in signals]) if signals else None,
        ),
        _asked_for(zone),
    )


def _asked_for(zone: Zone) -> Child:
    """What the parent would go by, server by server."""
    rows = [
        (f'{signer.name} {server.address}', _records(server.cds), _records(server.cdnskeys), ', '.join(server.ns[:ROWS_SHOWN]))
        for signer, server in zone.servers if not server.error
    ]
    return table('What the servers of the zone tell the parent', ('Server', 'CDS', 'CDNSKEY', 'NS'), rows, (28, 24, 24, 24)) if rows else NOTHING


def _records(texts: Sequence[str]) -> Child:
    """Their beginnings, which tell them apart."""
    return element('ul', [element('li', element('code', shortened(text, 25), title=text)) for text in texts[:ROWS_SHOWN]]) if texts else 'none'


def _validators(zone: Zone) -> Child:
    grades = {'secure': GOOD, 'insecure': INFORMATION, 'bogus': CRITICAL}
    rows = [
        (VALIDATORS.get(one.kind, f'Lacks algorithm {one.kind[8:]}' if one.kind.startswith('without_') else one.kind),
         badge(grades[one.verdict], one.verdict) if one.verdict in grades else one.verdict, shortened(one.why, TEXT_SHOWN))
        for one in zone.validators
    ]
    if not rows:
        return NOTHING
    return table('What different validators would say, whichever servers they reach', ('Validator', 'Verdict', 'Why'), rows, (36, 12, 52))


def _analysers(zone: Zone) -> Child:
    rows = [
        (
            ANALYSERS.get(one.tool, one.tool), shortened(one.shows, TEXT_SHOWN), badge(GOOD, 'Harmless') if one.harmless else badge(ERROR, 'Real'),
            shortened(one.why, TEXT_SHOWN),
        )
        for one in sorted(zone.analysers[:ROWS_SHOWN], key=lambda one: one.harmless)
    ]
    if not rows:
        return NOTHING
    return table('Complaints that analysers are known to have about a zone like this one', ('Analyser', 'Shows', 'Here', 'Why'), rows, (14, 32, 12, 42))


# -- what was asked ---------------------------------------------------------------------------------------------------

def _servers(zone: Zone) -> Child:
    return join(_parent_servers(zone), element('br'), _zone_servers(zone))


def _parent_servers(zone: Zone) -> Child:
    rows = []
    for one in zone.parent_servers:
        if one.error:
            state: Child = join(badge(ERROR), f' {one.error}')
        else:
            state = badge(GOOD, 'yes') if one.authenticated else join(badge(WARNING, 'no'), f' {one.why_not}')
        ds = element('ul', [element('li', element('code', shortened(text, 100))) for text in one.ds[:ROWS_SHOWN]]) if one.ds else 'none'
        rows.append((one.server, state, ds, '' if one.ds_ttl is None else f'{one.ds_ttl} s', ', '.join(one.ns)))
    caption = f'What the servers of the parent {zone.parent_zone} show'
    return table(caption, ('Server', 'DS authenticated', 'DS', 'TTL', 'NS of the zone'), rows, (21, 13, 36, 9, 21))


def _zone_servers(zone: Zone) -> Child:
    rows: list[Sequence[Child]] = []
    for signer, server in zone.servers:
        listed_in = ' and '.join(words for words, applies in (('parent', server.in_parent), ('zone', server.in_zone)) if applies) or 'no'
        if server.error:
            rows.append((f'{signer.name} {server.server}', listed_in, join(badge(ERROR), f' {server.error}'), '', '', '', ''))
            continue
        tcp = {True: 'yes', False: 'no', None: 'not tried'}[server.tcp]
        size = '' if server.dnskey_size is None else f'{server.dnskey_size} bytes{", truncated over UDP" if server.truncated else ""}'
        rows.append((
            f'{signer.name} {server.server}', listed_in, '' if server.serial is None else str(server.serial), size,
            '' if server.dnskey_ttl is None else f'{server.dnskey_ttl} s', tcp, server.denial,
        ))
    head = ('Server', 'In the NS of', 'Serial', 'DNSKEY answer', 'DNSKEY TTL', 'TCP', 'Denial')
    return table('The servers of the zone', head, rows, (33, 11, 13, 14, 10, 7, 12))
