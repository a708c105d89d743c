# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the picture says: each key and DS in its place, what is missing there as well, and what leads to what."""
from __future__ import annotations

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.findings import CATALOGUE
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify_report import words
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify_report.chain import ABSENT, FOREIGN, IDLE, OWN, PARTLY, chain
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify_report.markup import visible
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify_report.picture import AT_ONCE, picture, text_width, wrapped
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify_report.returned import read_zones
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.verify_report.report_samples import (
    HOSTILE,
    crowded,
    finding,
    hostile,
    key,
    key_data,
    parsed,
    without_key,
    zone,
)


def chain_of(data):
    read = read_zones([data])[0]
    return chain(read, read.signers)


def drawn(data):
    return parsed(picture(chain_of(data), 'p', data['name']))


def notes(part):
    return [(note.severity, note.text) for note in part.notes]


def test_every_kind_of_finding_has_its_words_and_its_place():
    assert set(words._IN_SHORT) == set(CATALOGUE)


def test_every_kind_of_finding_is_drawn_somewhere():
    for code in CATALOGUE:
        if code == 'signer_not_delegated':
            continue  # a remark beside the signer's name, as for the next test
        data = zone()
        ksk = data['dnskeys'][1]
        data['findings'] = [finding(code, servers=['192.0.2.1'], signers=['ns1'], key=ksk['dnskey'], ds=data['parent']['servers'][0]['ds'][0])]
        made = chain_of(data)
        column = made.columns[0]
        parts = [made.parent, *(ds.part for ds in made.ds), *column.servers, *column.entry, column.keys, *column.others, column.data]
        assert [part for part in parts if part.notes], code


def test_a_signer_outside_of_the_delegation_is_marked():
    data = zone()
    data['signers'][1].update(in_delegation=False, leaving=True)
    ns1, desec = chain_of(data).columns
    assert (desec.remarks, desec.dim) == (('leaving', 'not in the delegation'), True)
    assert (ns1.remarks, ns1.dim) == ((), False)


def test_a_zone_in_order_leads_from_each_ds_to_its_signers_ksk_and_from_the_zsk_to_the_data():
    made = chain_of(zone())
    assert sorted(ds.leads_to for ds in made.ds) == [((0, 0),), ((1, 0),)]
    assert all(ds.column == ds.leads_to[0][0] for ds in made.ds)
    for column in made.columns:
        assert [part.kind for part in column.others] == [OWN, FOREIGN, FOREIGN]
        assert column.signs_data == ((False, 0),)
        assert not any(part.notes or part.state for part in (*column.entry, *column.others, column.keys, column.data))


def test_a_missing_foreign_key_is_drawn_where_it_is_missing_and_nowhere_else():
    ns1, desec = chain_of(without_key(zone(), 'desec', 'ns1')).columns
    absent = [part for part in desec.others if part.state == ABSENT]
    assert [notes(part) for part in absent] == [[('critical', 'missing here')]]
    assert absent[0].kind == FOREIGN and 'of ns1' in absent[0].lines[0]
    assert not [part for part in ns1.others if part.state or part.notes]


def test_a_key_that_one_server_of_a_signer_lacks_is_there_in_part():
    data = zone(servers_each=2)
    zsk = data['dnskeys'][0]
    zsk['published_by'].remove('192.0.2.12')
    data['findings'] = [finding('foreign_key_missing', servers=['192.0.2.12'], signers=['desec'], key=zsk['dnskey'])]
    part = next(part for part in chain_of(data).columns[1].others if part.state)
    assert (part.state, part.lines[-1]) == (PARTLY, 'not at 192.0.2.12')


def test_a_csk_signs_both():
    data = zone(signers=('ns1',))
    csk = key('csk', 257)
    data['dnskeys'] = [key_data(csk, 'CSK', ['ns1'], ['192.0.2.1'], ['192.0.2.1'], ds=True)]
    data['parent']['servers'][0]['ds'] = [csk.ds('shop.example').text]
    made = chain_of(data)
    assert made.columns[0].signs_data == ((True, 0),)
    assert made.ds[0].leads_to == ((0, 0),)


def test_a_key_that_signs_nothing_is_drawn_as_such():
    data = zone()
    data['dnskeys'].append(key_data(key('next', 256), None, [], ['192.0.2.1', '192.0.2.11'], []))
    for column in chain_of(data).columns:
        assert [part.kind for part in column.others].count(IDLE) == 1


def test_a_missing_ds_is_drawn_at_the_parent_above_its_signer_and_its_arrow_is_broken():
    data = zone()
    ksk = data['dnskeys'][3]
    ds = next(text for text in data['parent']['servers'][0]['ds'] if text.split()[0] == str(ksk['tag']))
    data['parent']['servers'][0]['ds'].remove(ds)
    ksk['ds'] = False
    data['findings'] = [finding('ds_missing', servers=['192.0.2.11'], signers=['desec'], key=ksk['dnskey'], ds=ds)]
    absent = [one for one in chain_of(data).ds if one.part.state == ABSENT]
    assert [(one.column, one.leads_to, one.part.broken) for one in absent] == [(1, ((1, 0),), True)]
    assert len([path for path in drawn(data).iter('path') if 'broken critical' in path.attrib['class'] and 'head' not in path.attrib['class']]) == 1


def test_a_ds_with_the_right_tag_and_a_wrong_digest_is_no_ds_of_the_key():
    data = zone()
    texts = data['parent']['servers'][0]['ds']
    texts[0] = texts[0][:-64] + '5a' * 32
    assert [one.leads_to for one in chain_of(data).ds if one.part.full.endswith('5a')] == [()]


def test_a_finding_at_some_servers_of_a_signer_names_them():
    data = zone(servers_each=2)
    data['findings'] = [finding('zone_unsigned', servers=['192.0.2.12'], signers=['desec'])]
    assert notes(chain_of(data).columns[1].keys) == [('critical', 'no DNSKEY RRset: unsigned at 192.0.2.12')]
    data['findings'][0]['servers'].append('192.0.2.11')
    assert notes(chain_of(data).columns[1].keys) == [('critical', 'no DNSKEY RRset: unsigned')]


@pytest.mark.parametrize(('code', 'severity', 'is_broken'), [
    ('signature_missing', 'critical', True), ('signature_missing', 'information', False), ('cds_differ', 'error', False),
    ('signature_near_expiry', 'warning', False),
])
def test_only_what_breaks_the_chain_breaks_an_arrow(code, severity, is_broken):
    data = zone()
    data['findings'] = [finding(code, severity=severity, servers=['192.0.2.1'], signers=['ns1'], name='shop.example', type='MX')]
    assert chain_of(data).columns[0].data.broken is is_broken


def test_thousands_of_keys_make_no_endless_picture_and_the_broken_one_is_among_those_shown():
    data = zone()
    for number in range(1500):
        data['dnskeys'].insert(0, key_data(key(f'idle {number}', 256), None, [], ['192.0.2.1', '192.0.2.11'], []))
    data['findings'].append(finding('stale_key', servers=['192.0.2.11'], signers=['desec'], key=data['dnskeys'][1499]['dnskey']))
    made = chain_of(without_key(data, 'desec', 'ns1'))
    assert max(len(column.others) for column in made.columns) <= 16
    assert [part.kind for part in made.columns[1].others if part.notes] == [FOREIGN, IDLE]
    assert any('more keys are not drawn' in line for line in made.columns[1].keys.lines)


# -- the drawing ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize('data', [zone(), crowded(), hostile(), zone(signers=('one',)), zone(signers=tuple(f's{i}' for i in range(AT_ONCE)))])
def test_no_box_of_a_signer_meets_another_and_texts_stay_inside(data):
    svg = drawn(data)
    boxes = [
        tuple(float(box.attrib[name]) for name in ('x', 'y', 'width', 'height')) for box in svg.iter('rect')
        if {'key', 'server', 'ds', 'data'} & set(box.attrib['class'].split())
    ]
    assert len(boxes) > 4
    for number, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, other_width, other_height in boxes[number + 1:]:
            assert x + width <= other_x or other_x + other_width <= x or y + height <= other_y or other_y + other_height <= y
    total = float(svg.attrib['viewBox'].split()[2])
    for text in svg.iter('text'):
        bold = 'small' not in text.attrib['class'].split()
        assert float(text.attrib['x']) + text_width(text.text, 12, bold) <= total


def test_the_drawing_is_told_to_those_who_do_not_see_it():
    svg = drawn(without_key(zone(), 'desec', 'ns1'))
    assert svg.attrib['role'] == 'img'
    texts = {one.attrib['id']: one.text for one in svg if one.tag in ('title', 'desc')}
    assert [*texts] == svg.attrib['aria-labelledby'].split()
    assert 'absent, critical: missing here' in texts['p-desc']


def test_lines_are_no_wider_than_they_may_be_and_end_with_an_ellipsis_when_there_is_more():
    for text in ('2001:db8:1234:5678:9abc:def0:1234:5678', HOSTILE, 'a' * 5000, 'several words of some length in a row ' * 9, ''):
        for width in (60.0, 150.0, 400.0):
            lines = wrapped(text, width, 12)
            assert len(lines) <= 3
            assert all(text_width(line, 12) <= width for line in lines)
            shown, whole = ''.join(''.join(lines).split()), ''.join(visible(text).split())
            assert whole.startswith(shown[:-1]) if lines[-1].endswith('…') else shown == whole
    assert wrapped('2001:db8:1234:5678:9abc:def0:1234:5678', 150, 12) == ['2001:db8:1234:5678:', '9abc:def0:1234:5678']
