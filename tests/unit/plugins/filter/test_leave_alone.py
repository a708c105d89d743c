# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines for other tools, for a zone whose NS are managed and one whose NS are not."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.dnssec.multisigner.plugins.filter.leave_alone import leave_alone

SIGNERS = [
    {'name': 'ns1', 'driver': 'bind', 'ns': ['ns1.example.net']},
    {'name': 'desec', 'driver': 'desec', 'ns': ['ns1.desec.io', 'ns2.desec.org.']},
    {'name': 'pdns', 'driver': 'powerdns', 'ns': ['ns2.example.net']},
    {'name': 'cloud', 'driver': 'cloudflare', 'ns': ['a.ns.cloudflare.com']},
    {'name': 'old', 'driver': 'knot'},
]
MANAGED = {'name': 'Shop.Example.', 'parent': 'registry', 'signers': ['ns1', 'desec']}
PLAIN = {'name': 'talk.example', 'parent': 'registry', 'signers': ['ns1'], 'leaving': ['old']}


def test_dnscontrol_ignores_the_keys_and_the_ds_and_the_ns_where_they_are_managed():
    said = leave_alone([MANAGED, PLAIN], 'dnscontrol', SIGNERS)
    assert said.splitlines()[:6] == [
        '// in D("shop.example", ...):',
        '  IGNORE("@", "DNSKEY,CDS,CDNSKEY,CSYNC,NS"),',
        '  // and as its registrar NewRegistrar("none"), and DnsProvider(..., 0), so that it adds no NS of its own',
        '// in D("example", ...), where DNSControl manages the parent zone:',
        '  IGNORE("shop", "DS,NS"),',
        '',
    ]
    assert said.splitlines()[6:] == [
        '// in D("talk.example", ...):',
        '  IGNORE("@", "DNSKEY,CDS,CDNSKEY,CSYNC"),',
        '// in D("example", ...), where DNSControl manages the parent zone:',
        '  IGNORE("talk", "DS"),',
    ]


def test_octodns_gets_processors_by_zone():
    said = yaml.safe_load(leave_alone([MANAGED, PLAIN], 'octodns', SIGNERS))
    assert said['processors'] == {
        'multisigner-ns': {'class': 'octodns.processor.filter.IgnoreRootNsFilter'},
        'multisigner-below-example': {'class': 'octodns.processor.filter.NameRejectlistFilter', 'rejectlist': ['shop', 'talk']},
    }
    assert said['zones'] == {'shop.example.': {'processors': ['multisigner-ns']}, 'example.': {'processors': ['multisigner-below-example']}}


def test_terraform_ignores_changes_of_the_ns_at_every_signer():
    zone = {**MANAGED, 'signers': ['ns1', 'desec', 'pdns', 'cloud']}
    said = leave_alone([zone, PLAIN], 'terraform', SIGNERS)
    assert 'talk' not in said
    assert 'resource "desec_rrset" "shop_example_ns_at_desec" {' in said
    assert 'resource "powerdns_record" "shop_example_ns_at_pdns" {' in said
    assert '# shop.example at ns1 (bind): hashicorp/dns has no resource for the NS at the apex' in said
    assert said.count('    ignore_changes = [records, ttl]') == 2
    assert '# shop.example at cloud (cloudflare): ' in said
    assert '["a.ns.cloudflare.com.", "ns1.desec.io.", "ns1.example.net.", "ns2.desec.org.", "ns2.example.net."]' in said


@pytest.mark.skipif(shutil.which('terraform') is None, reason='terraform is not installed')
def test_terraform_reads_the_lines(tmp_path):
    (tmp_path / 'ns.tf').write_text(leave_alone([{**MANAGED, 'signers': ['ns1', 'desec', 'pdns']}], 'terraform', SIGNERS))
    done = subprocess.run(
        ['terraform', 'fmt', '-no-color', '-check', '-diff', 'ns.tf'], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, 'TF_CLI_CONFIG_FILE': os.devnull},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, '', '')


@pytest.mark.parametrize(('zones', 'tool', 'what'), [
    ([MANAGED], 'ansible', 'knows dnscontrol, octodns, terraform, not "ansible"'),
    (['shop.example'], 'octodns', 'wants the declared zones'),
    ([{'name': 'shop.example'}], 'octodns', 'wants the declared zones'),
])
def test_what_it_cannot_read_is_told(zones, tool, what):
    with pytest.raises(AnsibleFilterError, match=what):
        leave_alone(zones, tool, SIGNERS)


@pytest.mark.parametrize('tool', ['dnscontrol', 'octodns', 'terraform'])
def test_the_guide_shows_what_is_written(tool):
    guide = (Path(__file__).parents[4] / 'docs' / 'docsite' / 'rst' / 'coexistence.rst').read_text(encoding='utf-8')
    block = re.search(rf'^\.\. leave-alone: {tool}\n\n\.\. code-block:: \w+\n\n((?:   .*\n|\n)+)', guide, re.MULTILINE)
    assert block is not None
    assert textwrap.dedent(block.group(1)).strip() == leave_alone([MANAGED], tool, SIGNERS).strip()
