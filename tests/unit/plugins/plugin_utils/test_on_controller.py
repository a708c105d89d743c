# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs within ansible-playbook gives what the module would give; whatever asks for a process of its own gets one."""
from __future__ import annotations

import json
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ansible_collections.dnssec.multisigner.plugins.action import (
    cloudflare_dnskey,
    desec_dnskey,
    dnssec_keys_fetch,
    dnssec_verify,
    multisigner_plan,
    ns1_dnskey,
    registry_ds,
    rfc2136_dnskey,
    signer_dnskey,
    verify_report,
)
from ansible_collections.dnssec.multisigner.plugins.plugin_utils import on_controller
from ansible_collections.dnssec.multisigner.plugins.plugin_utils.on_controller import OnController, plain

SPEC = {
    'argument_spec': {
        'zones': {'type': 'list', 'elements': 'str', 'required': True},
        'wait': {'type': 'int', 'default': 3},
        'token': {'type': 'str', 'no_log': True},
    },
    'supports_check_mode': True,
}
AS_MODULE = {'ran': 'as a module'}


class Vaulted:
    """Neither a str nor JSON, as what Ansible makes of !vault."""

    def __str__(self) -> str:
        return 'secret-token'


class Action(OnController):
    """One whose module is *run*, on this machine, and asks for nothing."""

    def __init__(self, run: Any, args: dict[str, Any], missing: str | None = None, **task: Any) -> None:
        self.module = ModuleType('example')
        vars(self.module).update(SPEC=SPEC, run=run, missing_library=lambda: missing)
        self._connection = SimpleNamespace(transport='local', become=None)
        self._task = SimpleNamespace(args=args, check_mode=False, async_val=0, environment=[], **task)


@pytest.fixture(autouse=True)
def run_as_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_controller.RunAsModule, 'run', lambda _self, _tmp=None, _task_vars=None: AS_MODULE)
    monkeypatch.setattr(on_controller.sys, 'platform', 'linux')


def shows_params(task: Any) -> None:
    task.exit_json(params=task.params, check_mode=task.check_mode)


def test_the_work_gets_the_options_as_a_module_does() -> None:
    action = Action(shows_params, {'zones': ('shop.example',)})
    assert action.run() == {'changed': False, 'params': {'zones': ['shop.example'], 'wait': 3, 'token': None}, 'check_mode': False}
    action._task.check_mode = True
    assert action.run()['check_mode'] is True


@pytest.mark.parametrize('args', [{}, {'zones': ['a.example'], 'zone': 'b.example'}, {'zones': ['a.example'], 'wait': 'long'}])
def test_options_that_a_module_would_refuse_are_refused(args: dict[str, Any]) -> None:
    result = Action(shows_params, args).run()
    assert result['failed'] and set(result['msg'].split()) & {'zones', 'zone.', 'wait', "'wait'"}


def test_no_secret_is_shown() -> None:
    def leaks(task: Any) -> None:
        task.warn(f'with {task.params["token"]}')
        task.fail_json(f'deSEC does not take {task.params["token"]}', tried=[task.params['token']])

    result = Action(leaks, {'zones': [], 'token': Vaulted()}).run()
    assert result['failed'] and 'deSEC does not take' in result['msg'] and result['warnings']
    assert 'secret-token' not in json.dumps(result)


@pytest.mark.parametrize('change', [
    lambda action: setattr(action._connection, 'transport', 'ssh'),
    lambda action: setattr(action._connection, 'become', object()),
    lambda action: setattr(action._task, 'async_val', 60),
    lambda action: setattr(action._task, 'environment', [{}, {'HTTPS_PROXY': 'http://192.0.2.1'}]),
    lambda action: setattr(action.module, 'missing_library', lambda: 'Failed to import'),
])
def test_what_is_for_another_host_user_environment_or_python_runs_as_a_module(change: Any) -> None:
    action = Action(shows_params, {'zones': []})
    assert action.run() != AS_MODULE
    change(action)
    assert action.run() == AS_MODULE


def test_elsewhere_than_on_linux_it_runs_as_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_controller.sys, 'platform', 'darwin')
    assert Action(shows_params, {'zones': []}).run() == AS_MODULE


def test_values_become_pythons_own() -> None:
    class Tagged(str):
        pass

    found = plain({Tagged('a'): [Tagged('b'), 1, True, None, 1.5, Vaulted()]})
    assert found == {'a': ['b', 1, True, None, 1.5, 'secret-token']}
    assert not isinstance(found['a'][0], Tagged) and not isinstance(next(iter(found)), Tagged)


@pytest.mark.parametrize('action', [
    cloudflare_dnskey, desec_dnskey, dnssec_keys_fetch, dnssec_verify, multisigner_plan, ns1_dnskey, registry_ds, rfc2136_dnskey, signer_dnskey, verify_report,
])
def test_each_action_has_the_module_of_its_name(action: Any) -> None:
    name = action.__name__.rsplit('.', 1)[1]
    assert action.ActionModule.module.__name__.endswith(f'.modules.{name}')
    assert action.ActionModule.module.missing_library() is None
