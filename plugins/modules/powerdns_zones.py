#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes zones at PowerDNS fit for several signers. The work is in module_utils/_multisigner/signers/powerdns_zones.py."""
from __future__ import annotations

DOCUMENTATION = r"""
module: powerdns_zones
short_description: Make zones at PowerDNS Authoritative fit for several signers
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Has PowerDNS Authoritative sign zones that it has already, by its HTTP API, with a KSK and a ZSK (or a CSK) for each that has no keys yet.
  - Sets the metadata without which other signers' keys could not be told from its own, or would not be seen everywhere. That is C(PUBLISH-CDS) and
    C(PUBLISH-CDNSKEY), with which it publishes the CDS and CDNSKEY of its own keys; C(SOA-EDIT-API), and for a zone with secondaries that transfer it
    C(SOA-EDIT), with which these get every change and every new signature; C(API-RECTIFY); and NSEC3 without salt and iterations (RFC 9276).
  - Tells the zone's own keys. The server's setting C(direct-dnskey) is none that the API can change; the role C(powerdns_signer) writes it.
  - Zones and their records are the user's. Nothing is made, changed or removed of them, and no key is ever taken away.
  - When something was changed, every one of O(servers) is asked by DNS until it shows the own keys and their CDS and CDNSKEY.
requirements:
  - requests
  - dnspython >= 2.6
extends_documentation_fragment:
  - dnssec.multisigner.api
  - dnssec.multisigner.attributes
  - dnssec.multisigner.attributes.controller
options:
  api_url:
    description: Where version 1 of the API is, as for M(dnssec.multisigner.powerdns_dnskey).
    type: str
    required: true
  servers:
    description: Names or addresses of all public name servers of this signer. A name stands for all of its addresses.
    type: list
    elements: str
    default: []
  port:
    description: Port of O(servers).
    type: int
    default: 53
  zones:
    description:
      - The zones.
      - A zone that fails does not stop the others. The module fails at the end and names every zone that failed.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the zone, in ASCII.
        type: str
        required: true
      algorithm:
        description: The algorithm of the zone's own keys.
        type: str
        choices: [RSASHA256, RSASHA512, ECDSAP256SHA256, ECDSAP384SHA384, ED25519, ED448]
        default: ECDSAP256SHA256
      new_keys:
        description:
          - Whether keys may be made for a zone that has none here.
          - A zone that is signed elsewhere already, and has a DS at the parent, would become bogus with new keys.
        type: bool
        default: false
      csk:
        description: Whether one key, a CSK, signs all of the zone, and not a KSK and a ZSK.
        type: bool
        default: false
  nsec3:
    description: Whether denial of existence is by NSEC3, as deSEC does. Otherwise by NSEC.
    type: bool
    default: true
  cds_digest_types:
    description: Digest types of the CDS records that the signers of the zones publish. deSEC publishes both.
    type: list
    elements: int
    choices: [2, 4]
    default: [2]
seealso:
  - module: dnssec.multisigner.powerdns_dnskey
  - module: dnssec.multisigner.powerdns_rollover
"""

EXAMPLES = r"""
- name: Let PowerDNS sign shop.example, which it has not signed yet
  dnssec.multisigner.powerdns_zones:
    api_url: http://127.0.0.1:8081/api/v1
    api_token: "{{ vault_powerdns_key }}"
    servers: [ns2.example.net, ns3.example.net]
    zones:
      - name: shop.example
        new_keys: true
  delegate_to: localhost
"""

RETURN = r"""
zones:
  description: What happened to each zone, sorted by name.
  returned: when the zones could be looked at
  type: list
  elements: dict
  contains:
    name:
      description: Name of the zone.
      type: str
      returned: always
      sample: shop.example
    changed:
      description: Whether it was changed, or would be.
      type: bool
      returned: always
      sample: true
    added:
      description: Always empty. Records of other signers do not come by this module.
      type: list
      elements: str
      returned: always
      sample: []
    removed:
      description: Always empty.
      type: list
      elements: str
      returned: always
      sample: []
    own_keys:
      description: The zone's own keys.
      returned: for a zone that did not fail
      type: list
      elements: dict
      contains:
        dnskey:
          description: The key as a DNSKEY record.
          type: str
          sample: DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
        role:
          description: One of V(KSK), V(ZSK), V(CSK).
          type: str
          sample: KSK
        active:
          description: Whether it signs.
          type: bool
          sample: true
        published:
          description: Whether it is in the DNSKEY RRset.
          type: bool
          sample: true
    announced:
      description: The DNSKEY records of those own keys that do not sign yet and are meant to. The other signers are to have them before that.
      returned: for a zone that did not fail
      type: list
      elements: str
      sample: []
    awaits_ds:
      description: The DNSKEY records of those own keys of which M(dnssec.multisigner.powerdns_rollover) waits to be told what the parent has.
      returned: for a zone that did not fail
      type: list
      elements: str
      sample: []
    retired:
      description: The DNSKEY records of those own keys that do not sign any more.
      returned: for a zone that did not fail
      type: list
      elements: str
      sample: []
    retiring:
      description: Those of RV(zones[].retired) that are a KSK or a CSK.
      returned: for a zone that did not fail
      type: list
      elements: str
      sample: []
    failed:
      description: Whether this zone failed.
      type: bool
      returned: always
      sample: false
    msg:
      description: What was done, or why not and what to do next.
      type: str
      returned: always
      sample: Made it fit. Every server shows it.
"""

from typing import Any, Dict, Optional

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._multisigner.json_api import API_OPTIONS, REQUESTS_IMPORT_ERROR
from ..module_utils._multisigner.outcome import finish
from ..module_utils._multisigner.resolve import find_servers
from ..module_utils._multisigner.signers.powerdns import PowerDNS
from ..module_utils._multisigner.signers.powerdns_zones import NUMBERS, Fitter
from ..module_utils._multisigner.task import Task, carry_out, missing_dnspython

SPEC: Dict[str, Any] = {
    'argument_spec': {
        **API_OPTIONS,
        'api_url': {'type': 'str', 'required': True},
        'servers': {'type': 'list', 'elements': 'str', 'default': []},
        'port': {'type': 'int', 'default': 53},
        'zones': {
            'type': 'list',
            'elements': 'dict',
            'required': True,
            'options': {
                'name': {'type': 'str', 'required': True},
                'algorithm': {'type': 'str', 'choices': list(NUMBERS), 'default': 'ECDSAP256SHA256'},
                'new_keys': {'type': 'bool', 'default': False, 'no_log': False},
                'csk': {'type': 'bool', 'default': False},
            },
        },
        'nsec3': {'type': 'bool', 'default': True},
        'cds_digest_types': {'type': 'list', 'elements': 'int', 'choices': [2, 4], 'default': [2]},
    },
    'supports_check_mode': True,
}


def missing_library() -> Optional[str]:
    return missing_dnspython() if REQUESTS_IMPORT_ERROR is None else str(missing_required_lib('requests'))


def work(task: Task) -> None:
    options = task.params
    servers = find_servers(options['servers'], options['port'])
    types = tuple(sorted(set(options['cds_digest_types'])))
    fitter = Fitter(PowerDNS.from_options(options), servers, types, options['nsec3'], task.check_mode, options['max_wait'])
    finish(task, fitter.serve(options['zones']))


def run(task: Task) -> None:
    carry_out(task, missing_library(), work)


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
