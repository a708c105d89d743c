# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible calls it: parameters in, one JSON document out, the token in none of it."""
from __future__ import annotations

import json
import socket
from typing import Any, Iterator

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import api_module, task
from ansible_collections.dnssec.multisigner.plugins.modules import desec_dnskey
from ansible_collections.dnssec.multisigner.tests.support.module_args import patch_module_args
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.scripted_api import TOKEN, URL, Call, Script, finished, install
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.signers.desec_samples import (
    KSK,
    OWN,
    ZONE,
    ZSK,
    get_apex,
    get_domain,
    item,
    patch,
    rrset_body,
)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    script, _clock = install(monkeypatch)
    yield script
    finished(script)


def run(capfd: pytest.CaptureFixture[str], *zones: dict[str, Any], check_mode: bool = False, **options: Any) -> dict[str, Any]:
    """The module's result, after a look that the token is nowhere in what it wrote."""
    arguments = {'api_url': URL, 'api_token': TOKEN, 'use_proxy': False, 'zones': list(zones), '_ansible_check_mode': check_mode, '_ansible_diff': True}
    with patch_module_args({**arguments, **options}), pytest.raises(SystemExit):
        desec_dnskey.main()
    out, err = capfd.readouterr()
    assert TOKEN not in out + err
    result: dict[str, Any] = json.loads(out)
    return result


def test_a_change_and_its_diff(script: Script, capfd: pytest.CaptureFixture[str]) -> None:
    script.expect(get_domain(ZSK), get_apex(rrset_body('DNSKEY', ZSK)), patch(item('DNSKEY', KSK)), get_apex(rrset_body('DNSKEY', KSK)))
    result = run(capfd, {'name': 'Multi.Example.', 'add': [f'DNSKEY {KSK}'], 'remove': [f'DNSKEY {ZSK}']})
    assert result['changed'] is True
    assert 'failed' not in result
    assert result['zones'] == [
        {
            'name': ZONE, 'changed': True, 'added': [f'DNSKEY {KSK}'], 'removed': [f'DNSKEY {ZSK}'], 'failed': False,
            'msg': 'Added 1, removed 1.', 'own_keys': [f'DNSKEY {OWN}'],
        }
    ]
    assert result['diff'] == [{'before_header': ZONE, 'after_header': ZONE, 'before': f'DNSKEY {ZSK}\n', 'after': f'DNSKEY {KSK}\n'}]


def test_check_mode_predicts_the_same_and_writes_nothing(script: Script, capfd: pytest.CaptureFixture[str]) -> None:
    script.expect(get_domain(ZSK), get_apex(rrset_body('DNSKEY', ZSK)))
    result = run(capfd, {'name': ZONE, 'add': [f'DNSKEY {KSK}'], 'remove': [f'DNSKEY {ZSK}']}, check_mode=True)
    assert result['changed'] is True
    assert result['diff'] == [{'before_header': ZONE, 'after_header': ZONE, 'before': f'DNSKEY {ZSK}\n', 'after': f'DNSKEY {KSK}\n'}]


def test_a_failed_zone_is_named_and_the_others_are_reported(script: Script, capfd: pytest.CaptureFixture[str]) -> None:
    script.expect(
        Call('GET', '/domains/a.example/', 404, {'detail': f'No Domain for Token {TOKEN}.'}),
        get_domain(KSK, zone='b.example'), get_apex(rrset_body('DNSKEY', KSK, zone='b.example'), zone='b.example'),
    )
    result = run(capfd, *({'name': f'{name}.example', 'add': [f'DNSKEY {KSK}']} for name in 'ab'))
    assert result['failed'] is True
    assert result['msg'].startswith(f'1 of 2 zones failed. zone a.example, server {URL}: the account of this token has no such domain')
    assert [(zone['name'], zone['failed']) for zone in result['zones']] == [('a.example', True), ('b.example', False)]


@pytest.mark.parametrize(
    ('options', 'says'),
    [
        ({'api_url': 'http://desec.io/api/v1'}, 'api_url is not the address of an API that a token may be sent to. Write it as https://NAME/PATH'),
        ({'api_token': f'{TOKEN}\n{TOKEN}'}, 'api_token is empty, or has blanks or characters that no token has. Copy the token again, alone; its text is not'),
        ({'ca_file': '/nonexistent/ca.pem'}, 'ca_file /nonexistent/ca.pem cannot be used: No such file or directory.'),
    ],
)
def test_what_cannot_work_is_said_before_any_request(capfd: pytest.CaptureFixture[str], script: Script, options: dict[str, Any], says: str) -> None:
    result = run(capfd, {'name': ZONE, 'add': [f'DNSKEY {KSK}']}, **options)
    assert result['failed'] is True
    assert says in result['msg']


def test_a_name_server_without_an_address(capfd: pytest.CaptureFixture[str], script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_address(*_arguments: Any, **_options: Any) -> None:
        raise OSError(-2, 'Name or service not known')

    monkeypatch.setattr(socket, 'getaddrinfo', no_address)
    result = run(capfd, {'name': ZONE, 'add': [f'DNSKEY {KSK}']}, servers=['ns1.desec.test'])
    assert result['msg'].startswith('server ns1.desec.test: its address cannot be found: Name or service not known.')


@pytest.mark.parametrize(('where', 'library'), [(api_module, 'requests'), (task, 'dnspython')])
def test_a_missing_library_is_named(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, where: object, library: str) -> None:
    monkeypatch.setattr(where, f'{library.upper()}_IMPORT_ERROR', ImportError(library))
    result = run(capfd, {'name': ZONE})
    assert f'the required Python library ({library}' in result['msg']
    assert 'Traceback' not in json.dumps(result)
