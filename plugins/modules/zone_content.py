#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of zone_content: its documentation, its options, and one call. What it does is in module_utils/_multisigner/content_run.py."""
from __future__ import annotations

DOCUMENTATION = r"""
module: zone_content
short_description: Bring the content of zones from one of their signers, or from a zone file, to another signer
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Every signer of a zone must serve the same content (RFC 8901). This reads the content of each zone where O(zones[].content) says that it comes from,
    by a zone transfer with TSIG, by the source's API, or from a zone file on the controller. O(signer) is given what differs there.
  - Signers with the drivers V(bind), V(knot) and V(rfc2136) are read by zone transfer and written by RFC 2136 updates, those with V(desec) and V(powerdns)
    by their API. Others keep their content themselves.
  - "Left out, at all signers, is what is each signer's own or comes by other ways. That is SOA, the NS and DS of the apex, DNSKEY, CDS, CDNSKEY, CSYNC, RRSIG,
    NSEC, NSEC3, NSEC3PARAM and ZONEMD. The DS of a delegation is content."
  - RDATA is compared in canonical form, so that another spelling is no difference. A TTL that a signer does not take is raised or lowered to one that
    it takes, which is told, and is no difference later.
  - Before anything is written, the whole zone is checked. A record that the signer cannot have, a TTL above what was declared as the largest, and
    a deletion of much of the zone are errors of that zone.
  - Dynamic updates have what was read as their prerequisite (RFC 2136 section 2.4), so what somebody else changes meanwhile is never overwritten. An API that
    has no such thing is read again after every write, and written again when another writer undid it.
  - At the end every one of the signer's name servers is asked by DNS until it shows what was written.
requirements:
  - dnspython >= 2.6
  - requests, for a signer with an API
extends_documentation_fragment:
  - dnssec.multisigner.attributes
  - dnssec.multisigner.attributes.controller
  - dnssec.multisigner.group
options:
  signer:
    description:
      - Which of O(signers) is given the content, of the zones that name it under O(zones[].signers) or O(zones[].leaving) and have O(zones[].content).
      - A zone whose content it is the source of is left alone.
    type: str
    required: true
  max_deletions:
    description: How many per cent of the RRsets that the signer has of a zone may be deleted in one run.
    type: int
    default: 30
  few_deletions:
    description:
      - So many RRsets may be deleted in any case. Not all, however few there are.
    type: int
    default: 5
  confirmed:
    description: Names of zones of which any number of RRsets may be deleted in this run.
    type: list
    elements: str
    default: []
  timeout:
    description: How many seconds a name server has for an answer, for each attempt. A zone transfer has eight times as long.
    type: float
    default: 5.0
  max_wait:
    description:
      - How many seconds this call may wait in all when an API asks for patience (status 429).
      - It is also how many seconds the servers may take to publish what was written, for all zones together.
    type: float
    default: 300.0
seealso:
  - module: dnssec.multisigner.dnssec_verify
    description: Compares what all servers of all signers answer.
"""

EXAMPLES = r"""
- name: Bring what our own BIND has of shop.example to deSEC, and have the zone created there
  dnssec.multisigner.zone_content:
    signer: desec
    zones:
      - name: shop.example
        parent: registry
        signers: [ns1, desec]
        content:
          source: ns1
          create: true
    signers:
      - name: ns1
        driver: bind
        servers: [ns1.example.net]
        tsig:
          name: multisigner
          secret: "{{ vault_tsig_secret }}"
      - name: desec
        driver: desec
        servers: [ns1.desec.io, ns2.desec.org]
        api_token: "{{ vault_desec_token }}"
    parents:
      - name: registry
        channel: export
        servers: [a.nic.example]
  delegate_to: localhost
"""

RETURN = r"""
zones:
  description: What happened to each zone, sorted by name.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the zone.
      type: str
      returned: always
      sample: shop.example
    changed:
      description: Whether something was written, or would be in check mode.
      type: bool
      returned: always
      sample: true
    added:
      description: The records that were added, or would be, with owner and TTL.
      type: list
      elements: str
      returned: always
      sample: ["www.shop.example. 3600 A 192.0.2.80"]
    removed:
      description: The records that were removed, or would be.
      type: list
      elements: str
      returned: always
      sample: []
    same:
      description: Whether the signer now has the content that was declared.
      type: bool
      returned: when the zone could be compared
      sample: true
    altered_ttls:
      description: How many RRsets have which TTL in place of which, because the signer does not take theirs.
      type: list
      elements: str
      returned: when the zone could be compared
      sample: ["12 RRsets with a TTL of 300: 3600"]
    note:
      description: What was changed, or differs, for the report of a pass; empty when nothing does, and for a zone that failed.
      type: str
      returned: always
      sample: "desec: shop.example: RRsets: 1 would be added, 0 changed, 0 deleted (new.shop.example A)."
    failed:
      description: Whether this zone failed.
      type: bool
      returned: always
      sample: false
    msg:
      description: What was done, or what is wrong and what to do next.
      type: str
      returned: always
      sample: "RRsets: 1 added, 0 changed, 0 deleted (www.shop.example A). Every server shows it."
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner.content_run import OPTIONS, bring_content
from ..module_utils._multisigner.outcome import finish
from ..module_utils._multisigner.task import Task, carry_out, missing_dnspython

SPEC: dict[str, Any] = {'argument_spec': OPTIONS, 'supports_check_mode': True}
missing_library = missing_dnspython


def work(task: Task) -> None:
    finish(task, bring_content(task.params, task.check_mode))


def run(task: Task) -> None:
    carry_out(task, missing_library(), work)


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
