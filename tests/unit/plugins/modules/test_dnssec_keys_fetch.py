# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module as Ansible calls it, where it ends before any server is asked: one JSON document, no secret, no traceback."""
from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import task
from ansible_collections.dnssec.multisigner.plugins.modules import dnssec_keys_fetch
from ansible_collections.dnssec.multisigner.tests.support.module_args import patch_module_args

SECRET = 'c2VjcmV0IG9mIHRoZSB0ZXN0'
ARGUMENTS: dict[str, Any] = {
    'zones': [{'name': 'shop.example', 'parent': 'registry', 'signers': ['ns1']}],
    'signers': [{'name': 'ns1', 'driver': 'bind', 'servers': ['192.0.2.1'], 'tsig': {'name': 'multisigner', 'secret': SECRET}}],
    'parents': [{'name': 'registry', 'channel': 'export', 'servers': ['192.0.2.2']}],
}


def run(capfd: pytest.CaptureFixture[str], **changes: Any) -> dict[str, Any]:
    """The module's result, after a look that the secret is nowhere in what it wrote."""
    with patch_module_args({**ARGUMENTS, **changes}), pytest.raises(SystemExit):
        dnssec_keys_fetch.main()
    out, err = capfd.readouterr()
    assert SECRET not in out + err
    result: dict[str, Any] = json.loads(out)
    return result


def test_without_dnspython_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_json(_module: Any, msg: str, **result: Any) -> None:
        raise SystemExit(json.dumps({'msg': msg, **result}))  # as ansible-core before 2.19: nothing but JSON's own types passes

    monkeypatch.setattr(dnssec_keys_fetch.AnsibleModule, 'fail_json', fail_json)
    monkeypatch.setattr(task, 'DNSPYTHON_IMPORT_ERROR', ImportError('No module named dns'))
    with patch_module_args(ARGUMENTS), pytest.raises(SystemExit) as ended:
        dnssec_keys_fetch.main()
    result = json.loads(str(ended.value))
    assert 'dnspython >= 2.6' in result['msg'] and 'No module named dns' in result['msg']


@pytest.mark.parametrize('resolver', ['192.0.2.300', 'resolver..example'])
def test_a_resolver_that_has_no_address_is_told(capfd: pytest.CaptureFixture[str], resolver: str) -> None:
    result = run(capfd, resolvers=[resolver])
    assert result['failed'] is True
    assert result['msg'].startswith(f'server {resolver}: its address cannot be found')
