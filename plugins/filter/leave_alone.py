# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What other tools that manage the same zones have to be told, so that they leave keys, CDS, DS and NS alone. Text only; it asks nobody."""
from __future__ import annotations

import json
import re
from typing import Any, Callable, Iterable, Mapping, Sequence

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: leave_alone
short_description: The lines that make another tool leave the records of multi-signer zones alone
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Writes, for each zone, the lines that belong into the configuration of DNSControl, octoDNS or Terraform, so that it does not remove or replace
    what this collection publishes - foreign DNSKEY, CDS, CDNSKEY and CSYNC at the apex, the DS at the parent, and the NS at both where they are managed.
  - Those for octoDNS were run with octoDNS 1.22. Those for DNSControl and Terraform follow their documentation, and were not run.
  - NS are managed where every signer of the zone has C(multisigner_ns).
positional: _input, tool, signers
options:
  _input:
    description: The declared zones, C(multisigner_zones).
    type: list
    elements: dict
    required: true
  tool:
    description: The other tool.
    type: str
    choices: [dnscontrol, octodns, terraform]
    required: true
  signers:
    description: The signers, as P(dnssec.multisigner.inventory_parties#filter) returns them.
    type: list
    elements: dict
    default: []
"""

EXAMPLES = r"""
- name: Write what octoDNS has to be told
  ansible.builtin.copy:
    content: "{{ multisigner_zones | dnssec.multisigner.leave_alone('octodns', groups['signers'] | dnssec.multisigner.inventory_parties(hostvars)) }}"
    dest: leave-alone.yaml
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The lines, with comments that say where they belong.
  type: str
"""

AT_THE_APEX = 'DNSKEY,CDS,CDNSKEY,CSYNC'
# How the providers of Terraform call a record set at the apex, by the driver of the signer: resource, and what its NS are called.
TERRAFORM = {'desec': ('desec_rrset', 'records'), 'powerdns': ('powerdns_record', 'records')}
# By dynamic updates, hashicorp/dns has NS below the apex only: the name is required there.
TERRAFORM_UPDATES = ('bind', 'bind_signzone', 'knot', 'rfc2136')

Zone = Mapping[str, Any]
Signers = Mapping[str, Mapping[str, Any]]


def leave_alone(zones: Iterable[Zone], tool: str, signers: Sequence[Mapping[str, Any]] = ()) -> str:
    """The lines for *tool* about all *zones*."""
    if tool not in _TOOLS:
        raise AnsibleFilterError(f'leave_alone knows {", ".join(sorted(_TOOLS))}, not "{tool}"')
    known = {signer['name']: signer for signer in signers}
    try:
        wanted = [{**zone, 'name': str(zone['name']).rstrip('.').lower(), 'signers': [*zone['signers'], *zone.get('leaving', ())]} for zone in zones]
    except (KeyError, TypeError):
        raise AnsibleFilterError('leave_alone wants the declared zones, multisigner_zones: each has a name and signers') from None
    return _TOOLS[tool](wanted, known)


def _manages_ns(zone: Zone, signers: Signers) -> bool:
    return all(signers.get(name, {}).get('ns') for name in zone['signers'])


def _split(name: str) -> tuple[str, str]:
    """The first label, and the name above it. The parent zone may be higher still."""
    label, _dot, above = name.partition('.')
    return label, above


def _dnscontrol(zones: Sequence[Zone], signers: Signers) -> str:
    lines = []
    for zone in zones:
        name = zone['name']
        label, above = _split(name)
        managed = _manages_ns(zone, signers)
        lines += [f'// in D({json.dumps(name)}, ...):', f'  IGNORE("@", "{AT_THE_APEX}{",NS" if managed else ""}"),']
        if managed:
            lines.append('  // and as its registrar NewRegistrar("none"), and DnsProvider(..., 0), so that it adds no NS of its own')
        lines.append(f'// in D({json.dumps(above)}, ...), where DNSControl manages the parent zone:')
        lines += [f'  IGNORE({json.dumps(label)}, "{"DS,NS" if managed else "DS"}"),', '']
    return '\n'.join(lines)


def _octodns(zones: Sequence[Zone], signers: Signers) -> str:
    """YAML: the processors, and which zone has to have which."""
    labels: dict[str, list[str]] = {}
    managed = [zone['name'] for zone in zones if _manages_ns(zone, signers)]
    for zone in zones:
        label, above = _split(zone['name'])
        labels.setdefault(above, []).append(label)
    lines = ['# octoDNS leaves DNSKEY, CDS, CDNSKEY and CSYNC alone by itself: its providers do not know these types.', 'processors:']
    if managed:
        lines += ['  multisigner-ns:', '    class: octodns.processor.filter.IgnoreRootNsFilter']
    for above in sorted(labels):
        names = json.dumps(sorted(labels[above]))
        lines += [f'  multisigner-below-{above}:', '    class: octodns.processor.filter.NameRejectlistFilter', f'    rejectlist: {names}']
    lines.append('zones:')
    for name in managed:
        lines += [f'  {name}.:', '    processors: [multisigner-ns]']
    for above in sorted(labels):
        lines += ['  # where octoDNS manages this parent zone', f'  {above}.:', f'    processors: [multisigner-below-{above}]']
    return '\n'.join(lines) + '\n'


def _terraform(zones: Sequence[Zone], signers: Signers) -> str:
    lines = ['# Terraform touches nothing but its own resources: have none of the types DNSKEY, CDS, CDNSKEY and CSYNC at the apex of these zones,',
             '# and none for their DS. Where it has the NS of a zone, it has to leave changes of them alone, as here.', '']
    for zone in zones:
        name = zone['name']
        if not _manages_ns(zone, signers):
            continue
        names = sorted({f'{one.rstrip(".")}.' for signer in zone['signers'] for one in signers[signer]['ns']})
        for signer in zone['signers']:
            lines += _terraform_resource(name, signer, str(signers[signer].get('driver', '')), names)
    return '\n'.join(lines)


def _terraform_resource(zone: str, signer: str, driver: str, names: Sequence[str]) -> list[str]:
    """The NS RRset at the apex as one signer's provider has it; a comment for a kind whose provider is not known here."""
    if driver not in TERRAFORM:
        told = 'hashicorp/dns has no resource for the NS at the apex' if driver in TERRAFORM_UPDATES else 'ignore_changes for the attribute that has its NS'
        return [f'# {zone} at {signer} ({driver}): {told}', '']
    resource, attribute = TERRAFORM[driver]
    place = {'domain': zone, 'subname': ''} if driver == 'desec' else {'zone': f'{zone}.', 'name': f'{zone}.'}
    arguments: dict[str, Any] = {**place, 'type': 'NS', attribute: names, 'ttl': 3600}
    width = max(map(len, arguments))
    title = re.sub(r'\W', '_', f'{zone}_ns_at_{signer}')
    body = [f'  {key:<{width}} = {json.dumps(value)}' for key, value in arguments.items()]
    return [f'resource "{resource}" "{title}" {{', *body, '  lifecycle {', f'    ignore_changes = [{attribute}, ttl]', '  }', '}', '']


_TOOLS: dict[str, Callable[[Sequence[Zone], Signers], str]] = {'dnscontrol': _dnscontrol, 'octodns': _octodns, 'terraform': _terraform}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {'leave_alone': leave_alone}
