# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From inventory host variables to the options of the modules: one place that knows which variable is which option."""
from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping

DOCUMENTATION = r"""
name: inventory_parties
short_description: The signers or parents of the inventory as module options
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Reads the C(multisigner_*) variables of hosts, what a role like C(bind_signer) learned on them of their keys, and the role C(zone_content) of their
    content.
  - Returns them as the O(dnssec.multisigner.dnssec_keys_fetch#module:signers) or
    O(dnssec.multisigner.dnssec_keys_fetch#module:parents) option of M(dnssec.multisigner.dnssec_keys_fetch).
positional: _input, variables
options:
  _input:
    description: Names of hosts, usually those of the group C(signers) or C(parents).
    type: list
    elements: str
    required: true
  variables:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  kind:
    description: What the hosts are.
    type: str
    choices: [signers, parents]
    default: signers
"""

EXAMPLES = r"""
- name: See which signers the inventory has
  ansible.builtin.debug:
    msg: "{{ groups['signers'] | dnssec.multisigner.inventory_parties(hostvars) | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: One entry for each host. What a host does not set is left to the module's default.
  type: list
  elements: dict
"""

OPTIONS = {
    'signers': (
        'driver', 'servers', 'port', 'primary', 'tsig', 'api_url', 'api_token', 'api_ca_file', 'api_use_proxy', 'pins', 'ns', 'retiring', 'announced',
        'content_tsig',
    ),
    'parents': ('channel', 'servers', 'port', 'csync'),
}
# What a host must say. Without it the module's error names the host and every zone that needs it, so none is raised here.
REQUIRED = {'driver': '', 'channel': '', 'servers': ()}
# The results that tell of a host's keys, each registered by the role of one kind of server. A host is of one kind.
DECLARED = ('bind_signer_declared', 'knot_signer_declared', 'powerdns_signer_declared')


def inventory_parties(hosts: Iterable[str], variables: Mapping[str, Mapping[str, Any]], kind: str = 'signers') -> list[dict[str, Any]]:
    """One dictionary of module options for each of *hosts*."""
    found = []
    for host in hosts:
        known = variables[host]
        party: dict[str, Any] = {'name': str(host)}
        if kind == 'signers':
            party.update(_told_by_server(known))
            party.update(_seen_in_content(known))
        for option in OPTIONS[kind]:
            variable = f'multisigner_{option}'
            if variable in known:
                party[option] = known[variable]
            elif option in REQUIRED:
                party[option] = REQUIRED[option]
        found.append(party)
    return found


def _told_by_server(known: Mapping[str, Any]) -> dict[str, Any]:
    """What a name server says of its own keys, as the role that made it fit registered it in this run; nothing where none did."""
    found: dict[str, dict[str, list[str]]] = {'retiring': {}, 'awaits_ds': {}, 'announced': {}, 'self_announced': {}}
    for zone in next(((known[name] or {}).get('zones') for name in DECLARED if name in known), None) or ():
        for option, zones in found.items():
            if zone.get(option):
                zones[zone['name']] = zone[option]
    return {option: zones for option, zones in found.items() if zones}


def _seen_in_content(known: Mapping[str, Any]) -> dict[str, list[str]]:
    """The zones of which the role zone_content saw in this run that the signer has the declared content."""
    same = [zone['name'] for zone in (known.get('zone_content_brought') or {}).get('zones', ()) if zone.get('same')]
    return {'same_content': same} if same else {}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {'inventory_parties': inventory_parties}
