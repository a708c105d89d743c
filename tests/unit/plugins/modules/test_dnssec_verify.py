# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible calls it: one JSON document, failed as the user chose, with all data all the same."""
from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import task
from ansible_collections.dnssec.multisigner.plugins.modules import dnssec_verify
from ansible_collections.dnssec.multisigner.tests.support.module_args import patch_module_args

SECRET = 'c2VjcmV0IG9mIHRoZSB0ZXN0'
ARGUMENTS: dict[str, Any] = {
    'zones': [{'name': 'shop.example'}],
    'signers': [{'name': 'ns1', 'servers': ['192.0.2.1'], 'tsig': {'name': 'multisigner', 'secret': SECRET}}],
}


def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, worst: str, errors: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    """The module's result when the verifier finds *worst*."""
    found = {'zones': [{'name': 'shop.example', 'worst': worst}], 'errors': errors or {}, 'worst': worst, 'summary': ['the table']}
    monkeypatch.setattr(dnssec_verify, 'verify', lambda options: found)
    with patch_module_args({**ARGUMENTS, **changes}), pytest.raises(SystemExit):
        dnssec_verify.main()
    out, err = capfd.readouterr()
    assert SECRET not in out + err
    result: dict[str, Any] = json.loads(out)
    assert result['changed'] is False and result['summary'] == ['the table'] and result['zones']
    return result


@pytest.mark.parametrize(('worst', 'fail_on', 'failed'), [
    ('critical', 'critical', True), ('error', 'critical', False), ('error', 'error', True), ('warning', 'error', False),
    ('warning', 'warning', True), ('information', 'warning', False), ('critical', 'never', False),
])
def test_it_fails_from_the_chosen_severity_on(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, worst: str, fail_on: str, failed: bool
) -> None:
    result = run(capfd, monkeypatch, worst, fail_on=fail_on)
    assert result.get('failed', False) is failed
    if failed:
        assert '1 of 1 zones' in result['msg'] and 'shop.example' in result['msg']


def test_a_zone_that_could_not_be_looked_at_fails_too(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(capfd, monkeypatch, 'information', {'lost.example': 'its parent cannot be found'})
    assert result['failed'] is True and 'lost.example' in result['msg']


def test_check_mode_is_the_same(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(capfd, monkeypatch, 'warning', _ansible_check_mode=True).get('failed', False) is False


def test_a_resolver_without_an_address_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with patch_module_args({**ARGUMENTS, 'resolvers': ['192.0.2.300']}), pytest.raises(SystemExit):
        dnssec_verify.main()
    result = json.loads(capfd.readouterr().out)
    assert result['failed'] is True and 'its address cannot be found' in result['msg']


def test_without_dnspython_it_says_what_to_install(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, 'DNSPYTHON_IMPORT_ERROR', ImportError('No module named dns'))
    with patch_module_args(ARGUMENTS), pytest.raises(SystemExit):
        dnssec_verify.main()
    assert 'dnspython >= 2.6' in json.loads(capfd.readouterr().out)['msg']


def test_the_documented_options_are_those_that_it_takes() -> None:
    documented = yaml.safe_load(dnssec_verify.DOCUMENTATION)['options']
    taken = dnssec_verify.SPEC['argument_spec']
    assert set(documented) == set(taken)
    for name, option in documented.items():
        assert option.get('default') == taken[name].get('default'), name
        assert set(option.get('suboptions', ())) == set(taken[name].get('options', ())), name
