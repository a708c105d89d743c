# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: well-formed, self-contained, readable without a picture, the worst first; and nothing from outside runs in it."""
from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify_report.page import IN_FULL, page
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify_report.returned import read_zones
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.verify_report.report_samples import (
    HOSTILE,
    crowded,
    finding,
    hostile,
    key,
    key_data,
    without_key,
    zone,
)

VOID = {'br', 'col', 'meta'}
SAMPLES = {
    'in order': [zone()], 'broken': [without_key(zone(), 'desec', 'ns1')], 'crowded': [crowded()], 'hostile': [hostile()],
    'many signers': [zone(signers=tuple(f's{i}' for i in range(9)))], 'several': [hostile(), crowded(), zone('good.example')], 'none': [],
}


class Read(HTMLParser):
    """The elements in order, each as (name, attributes, names of those around it, its own text)."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open = [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _value in attrs]
        assert len(names) == len(set(names))
        self.elements.append([tag, dict(attrs), [one[0] for one in self.open], ''])
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for one in self.open:
            one[3] += data

    def named(self, *names):
        return [one for one in self.elements if one[0] in names]


@pytest.fixture(name='read', params=SAMPLES, ids=str)
def fixture_read(request):
    return Read(page(read_zones(SAMPLES[request.param]), {'gone.example': HOSTILE}))


def made(*zones, **errors):
    return page(read_zones(zones), errors)


def test_it_has_no_script_and_asks_for_nothing(read):
    allowed = {
        'html', 'head', 'meta', 'title', 'style', 'body', 'a', 'header', 'nav', 'main', 'section', 'details', 'summary', 'div', 'p', 'span', 'strong', 'code',
        'h1', 'h2', 'h3', 'h4', 'ul', 'ol', 'li', 'dl', 'dt', 'dd', 'table', 'caption', 'colgroup', 'col', 'thead', 'tbody', 'tr', 'th', 'td', 'br',
        'svg', 'symbol', 'use', 'path', 'circle', 'rect', 'text', 'desc',
    }
    assert {one[0] for one in read.elements} <= allowed
    for _tag, attributes, _around, _text in read.elements:
        assert not [name for name in attributes if name.startswith('on') or name in ('src', 'srcset', 'action', 'data')]
        assert all(value.startswith('#') for name, value in attributes.items() if name.endswith('href'))
    styles = ''.join(one[3] for one in read.named('style')) + ''.join(one[1].get('style', '') for one in read.elements)
    assert 'url(' not in styles and '@import' not in styles
    policy = next(one[1]['content'] for one in read.named('meta') if one[1].get('http-equiv') == 'Content-Security-Policy')
    assert "default-src 'none'" in policy and 'script' not in policy


def test_links_lead_somewhere_and_names_are_given_once(read):
    names = [one[1]['id'] for one in read.elements if 'id' in one[1]]
    assert len(names) == len(set(names))
    assert {one[1]['href'][1:] for one in read.named('a', 'use')} <= set(names)
    assert {name for one in read.named('svg') for name in one[1].get('aria-labelledby', '').split()} <= set(names)


def test_headings_are_in_order_and_tables_can_be_read_aloud(read):
    levels = [int(one[0][1]) for one in read.named('h1', 'h2', 'h3', 'h4')]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:]))
    assert all(one[3].strip() for one in read.named('caption'))
    assert len(read.named('caption')) == len(read.named('table'))
    assert all(one[1].get('scope') in ('row', 'col', 'colgroup') for one in read.named('th'))
    for one in read.named('svg'):
        assert one[1].get('aria-hidden') == 'true' or one[1].get('role') == 'img'


def test_hostile_texts_are_shown_as_they_are():
    text = Read(made(hostile())).named('body')[0][3]
    assert text.count('<script>alert(1)</script>') > 50
    assert '\\u0000' in text and '\\u202e' in text and '\\ud800' in text
    made(hostile()).encode('utf-8')


def test_the_verdict_comes_first_and_names_place_key_and_harm():
    data = without_key(zone(), 'desec', 'ns1')
    first = next(one[3] for one in Read(made(data)).named('p') if 'verdict' in one[1].get('class', ''))
    tag = data['dnskeys'][0]['tag']
    assert first == (
        f'Critical desec (192.0.2.11): key {tag} of ns1 is not in its DNSKEY RRset. '
        'A resolver that has the DNSKEY RRset of desec calls every answer of ns1 bogus. '
    )


def test_a_good_zone_is_told_to_be_good():
    text = made(zone())
    assert 'All is well with 2 signers and 2 servers.' in text
    assert 'Every answer of each validates under the keys of every other (96 checked).' in text
    assert '<title>Good: DNSSEC of shop.example</title>' in text


def test_a_zone_that_nobody_validates_is_not_told_to_be_good():
    text = made(zone(secure=False, findings=[finding('zone_insecure')]))
    assert 'Nobody validates it' in text and '<title>Information:' in text


def test_the_missing_key_is_in_picture_table_and_findings():
    read = Read(made(without_key(zone(), 'desec', 'ns1')))
    assert [one for one in read.named('rect') if one[1].get('rx') == '6' and {'absent', 'critical'} <= set(one[1]['class'].split())]
    assert [one[3] for one in read.named('text') if 'note critical' in one[1]['class']] == ['missing here']
    gaps = [one for one in read.named('span') if 'gap' in one[1].get('class', '').split()]
    assert [(one[3], one[1]['class']) for one in gaps] == [('missing here', 'gap critical')]
    assert 'td' in gaps[0][2]
    assert any('Add this DNSKEY at desec' in one[3] for one in read.named('dd'))


def test_everything_in_the_picture_is_in_the_tables_too():
    data = crowded()
    read = Read(made(data))
    tables = ' '.join(one[3] for one in read.named('table'))
    for one in data['dnskeys']:
        assert f'{one["role"]} {one["tag"]}' in tables
    for signer in data['signers']:
        for server in signer['servers']:
            assert server['address'] in tables and server['name'] in tables
    for text in data['parent']['servers'][0]['ds']:
        assert text in tables


def test_the_worst_comes_first_and_what_is_in_order_is_folded():
    good, warned = zone('a.example'), zone('b.example', worst='warning', findings=[finding('ttl_differs', servers=['192.0.2.1'], signers=['ns1'])])
    broken = without_key(zone('c.example'), 'desec', 'ns1')
    read = Read(made(good, warned, broken, **{'d.example': 'no parent'}))
    assert [one[3] for one in read.named('th') if one[1].get('scope') == 'row' and 'nav' in one[2]] == ['d.example', 'c.example', 'b.example', 'a.example']
    folds = [one for one in read.named('details') if 'zone' in one[1].get('class', '').split()]
    assert [('open' in one[1], one[1]['class']) for one in folds] == [(True, 'zone critical'), (False, 'zone warning'), (False, 'zone good')]
    assert 'no parent' in read.named('main')[0][3]


def test_a_link_to_a_folded_zone_leads_into_the_fold():
    read = Read(made(zone('a.example'), zone('b.example')))
    targets = {one[1]['href'][1:] for one in read.named('a') if 'nav' in one[2] and 'table' in one[2]}
    assert len(targets) == 2
    assert all('details' in one[2] and 'summary' not in one[2] for one in read.elements if one[1].get('id') in targets)


def test_of_very_many_zones_the_worst_are_shown_in_full_and_the_good_in_one_line():
    broken = [without_key(zone(f'broken{i}.example'), 'desec', 'ns1') for i in range(IN_FULL + 20)]
    read = Read(made(*broken, *(zone(f'good{i}.example') for i in range(30))))
    assert len([one for one in read.named('svg') if 'chain' in one[1].get('class', '')]) == IN_FULL
    folds = [one for one in read.named('details') if 'zone' in one[1].get('class', '').split()]
    assert len(folds) == IN_FULL + 20
    assert 'Add this DNSKEY at desec' in folds[-1][3]
    assert len(read.named('tr')) > IN_FULL + 50
    assert '30 zones in order have one line each' in read.named('main')[0][3]


def test_thousands_of_keys_and_findings_make_no_endless_page_and_it_says_what_it_left_out():
    data = zone()
    for number in range(3000):
        one = key(f'idle {number}', 256)
        data['dnskeys'].append(key_data(one, None, [], ['192.0.2.1'], []))
        data['findings'].append(finding('stale_key', key=one.text, servers=['192.0.2.1'], signers=['ns1'], what='x' * 5000))
    text = made(data)
    assert len(text) < 1_000_000
    assert 'more keys are in the JSON only' in text and 'more are in the JSON only' in text


def test_the_same_data_gives_the_same_page():
    assert made(crowded(), zone()) == made(zone(), crowded())


def test_waits_show_when_they_end_and_which_end_is_not_known():
    text = re.sub('<[^>]+>', ' ', made(crowded()))
    assert '2026-03-02 10:00 UTC' in text and '1 day left' in text and '1 h 0 min left' in text and 'not known yet' in text


def test_a_server_of_the_parent_that_does_not_answer_or_is_not_authenticated_is_told_so():
    data = zone()
    first = data['parent']['servers'][0]
    data['parent']['servers'].append({**first, 'address': '198.51.100.2', 'error': 'does not answer'})
    data['parent']['servers'].append({**first, 'authenticated': False, 'why_not': 'no RRSIG of example DS'})
    rows = [one[3] for one in Read(made(data)).named('tr') if 'a.nic.example' in one[3]]
    assert ['yes' in rows[0], 'Error does not answer' in rows[1], 'no no RRSIG of example DS' in rows[2]] == [True, True, True]


def test_a_signature_that_has_ended_is_told_so():
    data = zone()
    data['signers'][0]['servers'][0]['expires']['until'] = '2026-02-27T10:00:00Z'
    assert 'ended 2 days before' in made(data)


def test_what_the_parent_the_validators_and_the_analysers_say_is_there():
    opinions = {'all_algorithms': 'bogus', 'without_13': 'insecure'}
    data = zone(validators=[{'kind': kind, 'verdict': verdict, 'why': 'why'} for kind, verdict in opinions.items()])
    data['cds'].update(accepted=False, change='refused', why=['desec (192.0.2.11) has no CDS'], bootstrapping=['no signal at ns1'])
    data['signers'][0]['servers'][0].update(cds=['2371 13 2 c988ec42'], cdnskeys=['257 3 13 mdsswUyr'])
    text = re.sub(r'\s+', ' ', re.sub('<[^>]+>', ' ', made(data)))
    told = (
        'unbound with harden-algo-downgrade', 'Lacks algorithm 13', 'The DS stay as they are.', 'desec (192.0.2.11) has no CDS', 'no signal at ns1', 'Harmless',
        'ns1 192.0.2.1 2371 13 2 c988ec42 257 3 13 mdsswUyr a.ns1.example', 'desec 192.0.2.11 none none a.desec.example',
    )
    assert [words for words in told if words not in text] == []
