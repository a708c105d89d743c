# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One module for every signer that has an API, and one for each that comes with the collection: the same work, and no token in what they print."""
from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.drivers import CLIENTS, DRIVERS
from ansible_collections.dnssec.multisigner.plugins.modules import signer_dnskey
from ansible_collections.dnssec.multisigner.tests.support.module_args import patch_module_args
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.signers.hosted_standins import (
    STANDINS,
    TOKEN,
    ZONE,
    ZSK,
    Cloudflare,
    Ns1,
)
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.transport import mount

MODULES = 'ansible_collections.dnssec.multisigner.plugins.modules.'
OTHER = '256 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA=='


@pytest.fixture(params=STANDINS, ids=[standin.driver for standin in STANDINS])
def api(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Cloudflare | Ns1:
    made = request.param()
    mount(monkeypatch, made)
    return made


def run(module: Any, capfd: pytest.CaptureFixture[str], check_mode: bool = False, token: str = TOKEN, **options: Any) -> dict[str, Any]:
    zones = [{'name': ZONE, 'add': [f'DNSKEY {OTHER}'], 'remove': []}]
    arguments = {'api_token': token, 'use_proxy': False, 'zones': zones, '_ansible_check_mode': check_mode, '_ansible_diff': True, **options}
    with patch_module_args(arguments), pytest.raises(SystemExit):
        module.main()
    out, err = capfd.readouterr()
    assert token not in out + err
    result: dict[str, Any] = json.loads(out)
    return result


@pytest.mark.parametrize('by_driver', [True, False], ids=['signer_dnskey', 'its own module'])
def test_a_dry_run_and_the_change(api: Cloudflare | Ns1, capfd: pytest.CaptureFixture[str], by_driver: bool) -> None:
    module = signer_dnskey if by_driver else importlib.import_module(f'{MODULES}{api.driver}_dnskey')
    driver = {'driver': api.driver} if by_driver else {}
    told = run(module, capfd, check_mode=True, **driver)
    assert told['changed'] and len(told['zones'][0]['requests']) == 1 and not api.writes
    done = run(module, capfd, **driver)
    assert done['changed'] and done['diff'] == told['diff'] and api.writes == told['zones'][0]['requests']
    assert f'DNSKEY {ZSK}' in done['zones'][0]['own_keys'] and 'requests' not in done['zones'][0]
    assert not run(module, capfd, **driver)['changed']


def test_a_wrong_token_is_told_and_not_shown(api: Cloudflare | Ns1, capfd: pytest.CaptureFixture[str]) -> None:
    result = run(signer_dnskey, capfd, token='wr0ng-secret-of-the-test', driver=api.driver)
    assert result['failed'] and ZONE in result['msg']


def test_a_signer_that_everybody_runs_by_himself_needs_its_address(capfd: pytest.CaptureFixture[str]) -> None:
    result = run(signer_dnskey, capfd, driver='powerdns')
    assert result['failed'] and 'multisigner_api_url' in result['msg']


def test_every_kind_with_an_api_can_be_chosen_and_has_a_page() -> None:
    documented = yaml.safe_load(signer_dnskey.DOCUMENTATION)
    assert documented['options']['driver']['choices'] == signer_dnskey.SPEC['argument_spec']['driver']['choices'] == sorted(CLIENTS)
    for driver in CLIENTS:
        page = yaml.safe_load(importlib.import_module(f'{MODULES}{driver}_dnskey').DOCUMENTATION)
        assert page['options']['api_url'].get('default') == DRIVERS[driver].api_url


def test_what_was_never_run_against_the_service_says_so() -> None:
    for standin in STANDINS:
        assert 'was never run against the live' in Path(importlib.import_module(f'{MODULES}{standin.driver}_dnskey').__file__ or '').read_text(encoding='utf-8')
