# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible calls it: parameters in, one JSON document out, the secret in none of it."""
from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import task
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.channels import CHANNELS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.publish import Registration
from ansible_collections.dnssec.multisigner.plugins.modules import registry_ds
from ansible_collections.dnssec.multisigner.tests.support.module_args import patch_module_args

SECRET = 'c2VjcmV0IG9mIHRoZSB0ZXN0'
KSK = '257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=='
ARGUMENTS: dict[str, Any] = {
    'channel': 'nsupdate',
    'servers': ['192.0.2.1', '192.0.2.2'],
    'tsig': {'name': 'registry', 'secret': SECRET},
    'zones': [{'name': 'shop.example', 'signers': [{'name': 'ns1', 'sep_keys': [KSK], 'dnskeys': [KSK]}]}],
}


def run(capfd: pytest.CaptureFixture[str], **changes: Any) -> dict[str, Any]:
    arguments = {name: value for name, value in {**ARGUMENTS, **changes}.items() if value is not None}
    with patch_module_args(arguments), pytest.raises(SystemExit):
        registry_ds.main()
    out, err = capfd.readouterr()
    assert SECRET not in out + err
    result: dict[str, Any] = json.loads(out)
    return result


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every registration that would have run, with its zones."""
    found: list[Any] = []

    def run(registration: Registration, options: Any) -> list[Outcome]:
        found.append((registration, list(options)))
        return [Outcome('shop.example', msg='Nothing differs.', details={'ds': ['shop.example. IN DS ...']})]

    monkeypatch.setattr(Registration, 'run', run)
    return found


@pytest.mark.parametrize('options, primary, servers', [
    ({}, '192.0.2.1', ['192.0.2.1', '192.0.2.2']),
    ({'server': '192.0.2.2'}, '192.0.2.2', ['192.0.2.2', '192.0.2.1']),
    ({'server': '192.0.2.9'}, '192.0.2.9', ['192.0.2.9', '192.0.2.1', '192.0.2.2']),
])
def test_the_primary_is_the_first_server_or_the_named_one_and_is_asked_as_well(
    seen: list[Any], capfd: pytest.CaptureFixture[str], options: dict[str, Any], primary: str, servers: list[str]
) -> None:
    result = run(capfd, **options)
    (registration, _zones), = seen
    assert registration.parent.primary.address == primary
    assert [server.address for server in registration.parent.servers] == servers
    assert (registration.check_mode, registration.digest_types) == (False, (2,))
    assert result['zones'][0]['ds'] == ['shop.example. IN DS ...']


def test_nothing_is_removed_and_no_ns_is_touched_unless_somebody_says_so(seen: list[Any], capfd: pytest.CaptureFixture[str]) -> None:
    run(capfd)
    (_registration, (zone,)), = seen
    assert {name: zone[name] for name in ('remove', 'ns_add', 'ns_remove', 'insecure')} == dict(remove=[], ns_add=[], ns_remove=[], insecure=False)


def test_every_channel_can_be_chosen() -> None:
    channel: Any = registry_ds.ARGUMENT_SPEC['channel']
    assert channel['choices'] == yaml.safe_load(registry_ds.DOCUMENTATION)['options']['channel']['choices'] == sorted(CHANNELS)


@pytest.mark.parametrize('options, missing', [({'tsig': None}, 'tsig'), ({'channel': 'export'}, 'export_dir')])
def test_what_a_channel_needs(seen: list[Any], capfd: pytest.CaptureFixture[str], options: dict[str, Any], missing: str) -> None:
    result = run(capfd, **options)
    assert result['failed'] is True and missing in result['msg']
    assert seen == []


def test_no_servers_is_an_error(seen: list[Any], capfd: pytest.CaptureFixture[str]) -> None:
    assert 'no server of the parent is given' in run(capfd, servers=[])['msg']
    assert seen == []


def test_without_dnspython_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(task, 'DNSPYTHON_IMPORT_ERROR', ImportError('No module named dns'))
    assert 'dnspython' in run(capfd)['msg']
