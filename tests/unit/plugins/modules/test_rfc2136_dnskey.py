# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible calls it: parameters in, one JSON document out, the secret in none of it."""
from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import task
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.rfc2136 import Signer
from ansible_collections.dnssec.multisigner.plugins.modules import rfc2136_dnskey
from ansible_collections.dnssec.multisigner.tests.support.module_args import patch_module_args

SECRET = 'c2VjcmV0IG9mIHRoZSB0ZXN0'
ARGUMENTS: dict[str, Any] = {
    'server': '192.0.2.1',
    'port': 5353,
    'servers': ['192.0.2.1', '192.0.2.2'],
    'tsig': {'name': 'multisigner', 'secret': SECRET},
    'zones': [{'name': 'shop.example', 'add': ['DNSKEY of desec']}, {'name': 'talk.example'}],
}


def run(capfd: pytest.CaptureFixture[str], **changes: Any) -> dict[str, Any]:
    """The module's result, after a look that the secret is nowhere in what it wrote."""
    with patch_module_args({**ARGUMENTS, **changes}), pytest.raises(SystemExit):
        rfc2136_dnskey.main()
    out, err = capfd.readouterr()
    assert SECRET not in out + err
    result: dict[str, Any] = json.loads(out)
    return result


@pytest.mark.parametrize('check_mode', [True, False])
def test_parameters_reach_the_signer_and_outcomes_come_back(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], check_mode: bool
) -> None:
    seen: list[Any] = []

    def apply(signer: Signer, options: Any, check: bool) -> list[Outcome]:
        seen.append((signer, list(options), check))
        return [Outcome('talk.example'), Outcome('shop.example', added=('DNSKEY x',), before=('a',), after=('DNSKEY x', 'a'), changed=True, msg='Added 1.')]

    monkeypatch.setattr(Signer, 'apply', apply)
    result = run(capfd, _ansible_check_mode=check_mode)
    (signer, options, check), = seen
    assert (signer.primary.address, signer.primary.port, signer.tsig.algorithm, check) == ('192.0.2.1', 5353, 'hmac-sha256', check_mode)
    assert [server.address for server in signer.servers] == ['192.0.2.1', '192.0.2.2']
    assert [option['name'] for option in options] == ['shop.example', 'talk.example']
    assert [zone['name'] for zone in result['zones']] == ['shop.example', 'talk.example']
    assert result['changed'] is True
    assert result['diff'] == [{'before_header': 'shop.example', 'after_header': 'shop.example', 'before': 'a\n', 'after': 'DNSKEY x\na\n'}]


def test_without_a_primary_the_first_server_is_it_also_when_one_is_written_without_a_list(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    primaries: list[str] = []
    monkeypatch.setattr(Signer, 'apply', lambda signer, _options, _check: primaries.append(signer.primary.address) or [])
    run(capfd, server=None)
    run(capfd, server=None, servers='192.0.2.2')
    assert primaries == ['192.0.2.1', '192.0.2.2']
    assert 'no name server is given' in run(capfd, server=None, servers=[])['msg']


def test_own_keys_reach_the_signer_by_the_zones_name(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    told: list[Any] = []
    monkeypatch.setattr(Signer, 'apply', lambda signer, _options, _check: told.append(signer.own_keys) or [])
    run(capfd, own_keys={'Shop.Example.': ['DNSKEY 257 3 13 AAAA']})
    assert told == [{'shop.example': ['DNSKEY 257 3 13 AAAA']}]
    for wrong in ('DNSKEY 257 3 13 AAAA', None, [{'dnskey': 'DNSKEY 257 3 13 AAAA'}]):
        assert 'zone shop.example: its own_keys are no list of records' in run(capfd, own_keys={'shop.example': wrong})['msg']
    assert len(told) == 1


def test_a_server_without_an_address_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    result = run(capfd, server='ns1.invalid')
    assert result['failed'] is True
    assert result['msg'].startswith('server ns1.invalid: its address cannot be found')


def test_without_dnspython_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(task, 'DNSPYTHON_IMPORT_ERROR', ImportError('No module named dns'))
    assert 'dnspython' in run(capfd)['msg']
