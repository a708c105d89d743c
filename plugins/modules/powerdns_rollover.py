#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replaces keys of zones at PowerDNS in a safe order. The work is in module_utils/_multisigner/signers/powerdns_rollover.py."""
from __future__ import annotations

DOCUMENTATION = r"""
module: powerdns_rollover
short_description: Replace a key of zones at PowerDNS when the other signers have its successor
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Brings the rollover of one key of each zone on by what may be done now, by the API of PowerDNS Authoritative, which has no rollovers of its own. Each
    call does what is next, so the same call again goes on where the last one ended.
  - First it makes the successor, published and not active. The other signers have to publish it too, which is not done here; the role C(multisigner)
    does it.
  - When the caller says in O(zones[].prepublished) that they have had it for long enough, the successor becomes active. A ZSK takes the
    place of the old one at once. A KSK or CSK signs beside the old one until the caller says, in O(zones[].published), that every cache has its DS.
  - An old ZSK or CSK stays published for O(max_ttl) after every one of O(servers) was seen without a signature of it. An old KSK or CSK is deleted
    when the caller says, in O(zones[].withdrawn), that no cache has a DS of it.
  - PowerDNS publishes a CDS of a KSK or CSK as soon as the key is published. The parent is not to act on it before all signers have it (RFC 9975).
  - PowerDNS does not remember since when a key has been in use. That is kept in the zone's metadata C(X-MULTISIGNER-KEYS). A key of which nothing is
    kept there counts as older than any date.
  - A key that was not replaced by this module is never taken away.
  - Without O(keys) only what was begun is brought to its end. The role C(powerdns_signer) does that in each run.
  - The playbook C(dnssec.multisigner.rollover) does all of this.
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
    description:
      - Names or addresses of all public name servers of this signer. A name stands for all of its addresses.
      - Nothing is taken for done before each of them shows it.
    type: list
    elements: str
    required: true
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
      prepublished:
        description:
          - DNSKEY records that every server of every signer has published for longer than the TTL of its DNSKEY RRset.
          - The successor becomes active only when it is among them. One that is there too early makes answers bogus.
        type: list
        elements: str
        default: []
      published:
        description:
          - The DS records, as C(TAG ALGORITHM DIGEST-TYPE DIGEST), that every server of the parent has shown for at least the TTL of the DS RRset. DS of
            other signers' keys may be among them.
        type: list
        elements: str
        default: []
      withdrawn:
        description: DS records that no server of the parent has shown for at least the TTL that the DS RRset had.
        type: list
        elements: str
        default: []
  keys:
    description: Which key of each zone, its KSK, its ZSK, or the CSK of a zone that has one key for both.
    type: str
    choices: [ksk, zsk, csk]
  before:
    description:
      - A date, or a date and a time, in ISO 8601, UTC unless it says otherwise. A key that has been in use since before that is replaced.
      - Once every such key is replaced nothing more is begun, until a later time is given. It cannot be in the future.
      - Required with O(keys).
    type: str
  max_ttl:
    description: The largest TTL in seconds of any record in the zones.
    type: int
    default: 86400
seealso:
  - module: dnssec.multisigner.powerdns_zones
"""

EXAMPLES = r"""
- name: Make a successor of every ZSK from before December, begin where the other signers have it, and take away what nobody needs any more
  dnssec.multisigner.powerdns_rollover:
    api_url: http://127.0.0.1:8081/api/v1
    api_token: "{{ vault_powerdns_key }}"
    servers: [ns2.example.net, ns3.example.net]
    keys: zsk
    before: 2026-12-01
    zones:
      - name: shop.example
        prepublished:
          - DNSKEY 256 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA==
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
      description: Whether anything was done, or would be in check mode. After a failure also when that is not known.
      type: bool
      returned: always
      sample: true
    added:
      description: Always empty. No record of the zone is written.
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
    state:
      description:
        - V(current) when the key in use is new enough, or nothing was asked for; V(prepared) when it has a successor that the others must have first;
          V(rolling) while an old key is on its way out.
      returned: for a zone whose keys could be read
      type: str
      sample: prepared
    failed:
      description: Whether this zone failed.
      type: bool
      returned: always
      sample: false
    msg:
      description: What was done, what is waited for, or why not and what to do next.
      type: str
      returned: always
      sample: The ZSK 2371 (ECDSAP256SHA256, flags 256) is replaced by 7705 (ECDSAP256SHA256, flags 256) when every other signer has had that for long enough.
"""

import time
from typing import Any, Dict, Optional

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._multisigner.json_api import API_OPTIONS, REQUESTS_IMPORT_ERROR
from ..module_utils._multisigner.nameserver.rolling import past_moment
from ..module_utils._multisigner.outcome import finish
from ..module_utils._multisigner.resolve import find_servers
from ..module_utils._multisigner.signers.powerdns import PowerDNS
from ..module_utils._multisigner.signers.powerdns_rollover import Roller
from ..module_utils._multisigner.task import Task, carry_out, missing_dnspython

SPEC: Dict[str, Any] = {
    'argument_spec': {
        **API_OPTIONS,
        'api_url': {'type': 'str', 'required': True},
        'servers': {'type': 'list', 'elements': 'str', 'required': True},
        'port': {'type': 'int', 'default': 53},
        'zones': {
            'type': 'list',
            'elements': 'dict',
            'required': True,
            'options': {
                'name': {'type': 'str', 'required': True},
                'prepublished': {'type': 'list', 'elements': 'str', 'default': []},
                'published': {'type': 'list', 'elements': 'str', 'default': []},
                'withdrawn': {'type': 'list', 'elements': 'str', 'default': []},
            },
        },
        'keys': {'type': 'str', 'choices': ['ksk', 'zsk', 'csk'], 'no_log': False},
        'before': {'type': 'str'},
        'max_ttl': {'type': 'int', 'default': 86400},
    },
    'required_by': {'keys': 'before'},
    'supports_check_mode': True,
}


def missing_library() -> Optional[str]:
    return missing_dnspython() if REQUESTS_IMPORT_ERROR is None else str(missing_required_lib('requests'))


def work(task: Task) -> None:
    options = task.params
    before = past_moment(options['before']).timestamp() if options['before'] else 0.0
    roller = Roller(
        PowerDNS.from_options(options), find_servers(options['servers'], options['port']), (options['keys'] or '').upper(), before, options['max_ttl'],
        task.check_mode, options['max_wait'],
    )
    finish(task, roller.serve(options['zones'], time.time()))


def run(task: Task) -> None:
    carry_out(task, missing_library(), work)


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
