# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What machines read of a report: JUnit XML by a parser of XML, metrics by a strict reader of Prometheus' text format."""
from __future__ import annotations

import json
import re

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.findings import CATALOGUE
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify_report.files import as_json
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify_report.junit import junit
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify_report.prometheus import PREFIX, SERIES_OF_A_ZONE, prometheus
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify_report.returned import read_zones
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.verify_report.report_samples import (
    HOSTILE,
    crowded,
    finding,
    hostile,
    parsed,
    without_key,
    zone,
)

# Prometheus' exposition formats, text 0.0.4: what a line may be.
SERIES = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\} (-?\d+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"')


def suites(*zones, **errors):
    return list(parsed(junit(read_zones(zones), errors).split('\n', 1)[1]))


def case(suite, code):
    return next(one for one in suite if one.attrib['name'].split()[-1] == code)


def metrics(*zones, **errors):
    """The values by metric and labels. Fails on everything that the format does not allow."""
    text = prometheus(read_zones(zones), errors)
    assert text.endswith('\n')
    text.encode('utf-8')
    values, declared, metric = {}, {}, ''
    for line in text[:-1].split('\n'):
        if line.startswith('# '):
            _sign, kind, metric, rest = line.split(' ', 3)
            assert (metric, kind) not in declared
            declared[metric, kind] = rest
            assert kind == 'HELP' or rest == 'gauge'
            continue
        name, labels, value = SERIES.match(line).groups()
        assert name == metric and (metric, 'HELP') in declared and (metric, 'TYPE') in declared
        found = tuple(LABEL.findall(labels))
        assert len(dict(found)) == len(found)
        assert (name, found) not in values
        values[name, found] = int(value)
    return {(name[len(PREFIX):], *(text for _label, text in labels)): value for (name, labels), value in values.items()}


# -- JUnit ------------------------------------------------------------------------------------------------------------

def test_every_check_is_a_case_and_passes_when_nothing_was_found():
    suite, = suites(zone())
    assert [one.attrib['name'] for one in suite] == [f'{kind.number} {kind.code}' for kind in CATALOGUE.values()]
    assert suite.attrib == {
        'name': 'shop.example', 'tests': str(len(CATALOGUE)), 'failures': '0', 'errors': '0', 'skipped': '1', 'time': '0', 'timestamp': '2026-03-01T10:00:00',
    }
    assert [one.attrib['name'].split()[1] for one in suite if len(one)] == ['bootstrapping_signal']  # not asked for


def test_an_error_fails_its_case_with_what_and_remedy():
    suite, = suites(without_key(zone(), 'desec', 'ns1'))
    assert suite.attrib['failures'] == '1'
    failure = case(suite, 'foreign_key_missing').find('failure')
    assert failure.attrib['type'] == 'critical' and failure.attrib['message'].startswith('desec (192.0.2.11): key ')
    assert 'Remedy: Add this DNSKEY at desec' in failure.text


def test_a_warning_passes_and_is_in_the_output_and_information_is_nowhere():
    suite, = suites(zone(findings=[finding('ttl_differs', what='TTLs differ'), finding('serial_differs', what='serials differ')]))
    assert suite.attrib['failures'] == '0'
    assert 'TTLs differ' in case(suite, 'ttl_differs').find('system-out').text
    assert len(case(suite, 'serial_differs')) == 0


def test_a_lowered_severity_counts_as_what_it_is():
    suite, = suites(zone(findings=[finding('server_unusable', severity='information'), finding('ds_unmatched', severity='error')]))
    assert [one.attrib['name'] for one in suite if one.find('failure') is not None] == ['25 ds_unmatched']


def test_signals_that_were_asked_for_are_a_case():
    data = zone()
    data['cds']['bootstrapping'] = []
    suite, = suites(data)
    assert suite.attrib['skipped'] == '0' and len(case(suite, 'bootstrapping_signal')) == 0


def test_a_zone_that_could_not_be_looked_at_is_an_error():
    unseen, seen = suites(zone(), **{'gone.example': 'no parent'})
    assert (unseen.attrib['name'], unseen.attrib['errors'], unseen.attrib['tests']) == ('gone.example', '1', '1')
    assert unseen[0].find('error').attrib['message'] == 'no parent'
    assert seen.attrib['errors'] == '0'


def test_a_code_of_a_later_verifier_is_a_case_too():
    suite, = suites(zone(findings=[{**finding('ds_missing'), 'code': 'not_known_yet', 'number': 99}]))
    assert case(suite, 'not_known_yet').find('failure') is not None
    assert int(suite.attrib['tests']) == len(suite)


def test_hostile_texts_stay_texts():
    root = parsed(junit(read_zones([hostile()]), {HOSTILE: HOSTILE}).split('\n', 1)[1])
    assert {one.tag for one in root.iter()} == {'testsuites', 'testsuite', 'testcase', 'failure', 'error', 'system-out'}
    assert '<script>alert(1)</script>' in ''.join(root.itertext())


# -- Prometheus -------------------------------------------------------------------------------------------------------

def test_a_zone_in_order_has_its_metrics():
    found = metrics(zone())
    assert found[('looked_at', 'shop.example')] == 1
    assert found[('secure', 'shop.example')] == 1
    assert found[('last_verification_timestamp_seconds', 'shop.example')] == 1772359200  # 2026-03-01T10:00:00Z
    assert found[('signature_expiry_timestamp_seconds', 'shop.example', 'desec', '192.0.2.11')] == 1773446400  # 2026-03-14T00:00:00Z
    assert found[('cds_accepted', 'shop.example')] == 1
    assert found[('waits', 'shop.example')] == 0
    assert [found['findings', 'shop.example', severity] for severity in ('critical', 'error', 'warning', 'information')] == [0, 0, 0, 0]
    assert not [name for name, *_labels in found if name in ('finding', 'wait_ends_timestamp_seconds')]


def test_findings_above_information_are_told_by_code_and_server():
    data = without_key(zone(), 'desec', 'ns1')
    data['findings'] += [finding('ttl_differs', servers=['192.0.2.1', '192.0.2.11']), finding('ds_unmatched'), finding('serial_differs', servers=['192.0.2.1'])]
    found = metrics(data)
    assert sorted(labels for name, *labels in found if name == 'finding') == [
        ['shop.example', 'ds_unmatched', 'warning', ''], ['shop.example', 'foreign_key_missing', 'critical', '192.0.2.11'],
        ['shop.example', 'ttl_differs', 'warning', '192.0.2.1'], ['shop.example', 'ttl_differs', 'warning', '192.0.2.11'],
    ]
    assert found['findings', 'shop.example', 'warning'] == 2 and found['findings', 'shop.example', 'information'] == 1
    assert found['cross_validation_failures', 'shop.example', 'desec', 'ns1'] == 21


def test_the_last_wait_of_those_whose_end_is_known_is_told():
    data = crowded()
    found = metrics(data)
    assert found['waits', data['name']] == 3
    assert found['wait_ends_timestamp_seconds', data['name']] == 1772445600  # 2026-03-02T10:00:00Z


def test_a_zone_that_could_not_be_looked_at_is_told_too():
    found = metrics(zone(), **{'gone.example': 'no parent'})
    assert found['looked_at', 'gone.example'] == 0
    assert ('secure', 'gone.example') not in found


def test_hostile_names_are_values_of_labels_and_nothing_else():
    found = metrics(hostile(), **{HOSTILE: HOSTILE})
    assert any('<script>alert(1)</script>\\"' in ''.join(labels) for _name, *labels in found)


def test_no_zone_can_fill_the_database():
    data = zone(findings=[finding('stale_key', servers=[f'192.0.2.{number}']) for number in range(2000)])
    assert len([name for name, *_labels in metrics(data) if name == 'finding']) == SERIES_OF_A_ZONE


# -- JSON -------------------------------------------------------------------------------------------------------------

def test_json_has_everything_as_it_was_in_a_stable_order():
    first, second = zone('a.example'), hostile()
    text = as_json([second, first], {'z': 'y', 'b': 'c'})
    assert text == as_json([first, second], {'b': 'c', 'z': 'y'})
    assert json.loads(text) == {'version': 1, 'errors': {'b': 'c', 'z': 'y'}, 'zones': [first, second]}
    assert text.isascii()


# -- what is read -----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(('changed', 'told'), [
    ({'dnskeys': None}, 'TypeError'), ({'time': 'yesterday'}, 'ValueError'), ({'worst': 'bad'}, "'bad' is no severity"),
    ({'name': 'no name'}, 'is not a domain name'), ({'findings': [{**finding('ds_missing'), 'ds': '<DS>'}]}, 'ValueError'),
])
def test_what_dnssec_verify_does_not_return_is_refused_with_its_place(changed, told):
    with pytest.raises(MultisignerError, match=r'zones\[1\] is not what dnssec_verify returns') as raised:
        read_zones([zone(), zone(**changed)])
    assert told in str(raised.value) and 'as they are' in str(raised.value)


def test_a_missing_field_is_named():
    data = zone()
    del data['cds']
    with pytest.raises(MultisignerError, match="KeyError: 'cds'"):
        read_zones([data])
