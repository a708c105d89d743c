# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What named is told, as `named-checkconf -px` of BIND 9.18 prints it."""
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.named_conf import Configuration, Policy, read_configuration
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.tools import Tools

PRINTED = r'''
options {
    directory "/var/cache/bind";
    dnssec-policy "default";
    listen-on  {
        127.0.0.1/32;
    };
};
key "Multisigner.ns1." {
    algorithm "hmac-sha256";
    secret "????";
};
zone "static.example" {
    type primary;
    file "a \"quoted\" {name};";
    inline-signing yes;
};
zone "Dynamic.Example." IN {
    type master;
    update-policy {
        grant "k" name "dynamic.example." "DNSKEY" "CDS";
    };
    key-directory "keys";
    dnssec-policy "own";
};
zone "none.example" {
    dnssec-policy "none";
    key-directory "/etc/bind/keys";
};
view "internal" {
    zone "viewed.example" {
        type primary;
    };
    dnssec-policy "none";
    key-directory "/internal";
};
'''.replace('    ', '\t')  # as named-checkconf -p prints it


class FakeModule:
    def __init__(self, status: int, text: str) -> None:
        self._answer = (status, text, '')
        self.arguments: list[str] = []

    def get_bin_path(self, program: str, opt_dirs: Any) -> str:
        return f'/usr/bin/{program}'

    def run_command(self, arguments: list[str], cwd: Any, environ_update: Any) -> tuple[int, str, str]:
        self.arguments = arguments
        return self._answer


@pytest.fixture
def configuration() -> Configuration:
    module = FakeModule(0, PRINTED)
    found = read_configuration(Tools(module), '/etc/bind/named.conf')
    assert '-px' in module.arguments  # x: without secrets
    return found


def test_options_are_inherited_by_zones_that_do_not_say_otherwise(configuration: Configuration) -> None:
    static, dynamic, none = (configuration.zones[f'{name}.example'] for name in ('static', 'dynamic', 'none'))
    assert (static.policy, static.inline_signing, static.dynamic) == ('default', True, False)
    assert (dynamic.policy, dynamic.inline_signing, dynamic.dynamic) == ('own', None, True)
    assert none.policy is None


def test_a_views_zone_takes_the_views_options_before_the_servers(configuration: Configuration) -> None:
    assert configuration.zones['viewed.example'].policy is None
    assert configuration.zones['viewed.example'].key_directory == '/internal'


def test_the_folders_of_the_key_manager_are_those_of_zones_with_a_policy(configuration: Configuration) -> None:
    assert configuration.policy_key_directories() == {'/var/cache/bind': 'static.example', '/var/cache/bind/keys': 'dynamic.example'}


def test_the_names_of_tsig_keys_have_one_form(configuration: Configuration) -> None:
    assert configuration.key_names == ('multisigner.ns1',)


def test_what_a_policy_says_and_bind_s_defaults_for_the_rest() -> None:
    printed = '''
dnssec-policy "own" {
    cds-digest-types { "2"; "SHA-384"; };
    dnskey-ttl PT1H30M;
    inline-signing no;
    keys { ksk lifetime P90D algorithm 13; zsk key-directory lifetime unlimited algorithm 13; csk algorithm 13; };
    manual-mode yes;
};
dnssec-policy "short" { dnskey-ttl 60; };
options { directory "/var/cache/bind"; };
zone "a.example" { type primary; file "a.db"; dnssec-policy "own"; };
zone "b.example" { type primary; file "/etc/b.db"; };
zone "c.example" { type forward; };
'''.replace('    ', '\t')
    found = read_configuration(Tools(FakeModule(0, printed)), '/etc/bind/named.conf')
    assert found.policies == {'own': Policy(5400, ('P90D', 'unlimited', 'unlimited'), False, True, (2, 4)), 'short': Policy(60)}
    assert [found.zones[f'{name}.example'].file for name in 'abc'] == ['/var/cache/bind/a.db', '/etc/b.db', None]


def test_a_broken_configuration_is_told_in_named_checkconfs_words_and_under_its_own_name() -> None:
    module = FakeModule(1, '/scratch/copy:3: unknown option\n/scratch/copy:4: unexpected end')
    with pytest.raises(MultisignerError, match=r'refuses /etc/named.conf: /etc/named.conf:3: unknown option; /etc/named.conf:4: unexpected end\.'):
        read_configuration(Tools(module), '/scratch/copy', shown_path='/etc/named.conf')
