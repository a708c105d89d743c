#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells named which DS of its keys the parent has. The work is in module_utils/_multisigner/nameserver/checkds.py."""
from __future__ import annotations

DOCUMENTATION = r"""
---
module: bind_checkds
short_description: Tell BIND which DS of its own keys the parent has
version_added: 0.1.0
author:
  - The dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - In a KSK rollover the key manager of a C(dnssec-policy) waits until somebody tells it, by C(rndc dnssec -checkds), that the parent has
    published the DS of the new key, and then that the DS of the old one is withdrawn. This module tells it, for zones that
    M(dnssec.multisigner.bind_zones) declared with O(dnssec.multisigner.bind_zones#module:way=policy).
  - Only what named waits for is told (C(DSState) in the key's state file is C(rumoured) or C(unretentive)), and only once.
  - It never asks the parent. What it is told in O(zones[].published) and O(zones[].withdrawn) has to be true for as long as the TTL of the DS RRset.
    As soon as named knows that the DS of the new key is published, it takes the old KSK out of the zone after C(parent-ds-ttl) and
    C(parent-propagation-delay), whether or not the old DS is withdrawn. It counts them from the time that it is told.
  - Whether named noted it is read from the state file, since C(rndc) succeeds either way.
requirements:
  - BIND 9.16 or newer with C(rndc), on the name server
extends_documentation_fragment:
  - dnssec.multisigner.attributes
  - dnssec.multisigner.named
options:
  zones:
    description:
      - The zones, each with what is true at its parent. DS of other signers' keys may be among them and are passed over.
      - A zone that fails does not stop the others. The module fails at the end and names every zone that failed.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the zone, in ASCII.
        type: str
        required: true
      published:
        description:
          - The DS records that every server of the parent has shown for at least the TTL of the DS RRset, as C(TAG ALGORITHM DIGEST-TYPE DIGEST)
            or as a line of a zone file.
          - A key counts as published when one of its DS is among them.
        type: list
        elements: str
        default: []
      published_since:
        description:
          - Since when every server of the parent has shown all of O(zones[].published), in UTC, such as V(2026-03-01T10:00:00Z).
          - Now by default. Then C(named) waits for the TTL once more.
        type: str
      withdrawn:
        description:
          - DS records that no server of the parent has shown for at least the TTL that the DS RRset had.
          - A key counts as withdrawn only when its DS with SHA-256 and its DS with SHA-384 are both among them.
        type: list
        elements: str
        default: []
      withdrawn_since:
        description: Since when no server of the parent has shown any of O(zones[].withdrawn), likewise.
        type: str
  directory:
    description: The folder that this collection owns on the server, as for M(dnssec.multisigner.bind_zones).
    type: path
    required: true
seealso:
  - module: dnssec.multisigner.bind_zones
  - module: dnssec.multisigner.registry_ds
"""

EXAMPLES = r"""
- name: Let named go on with its KSK rollover
  dnssec.multisigner.bind_checkds:
    directory: /var/lib/bind/multisigner
    zones:
      - name: shop.example
        published:
          - 2371 13 2 c988ec423e3880eb8dd8a46fe06ca230ee23f35b578d64e78b29c3e1c83d245a
        published_since: '2026-03-01T10:00:00Z'
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
      sample: shop.example
    changed:
      description: Whether named was told something, or would be in check mode.
      type: bool
      sample: true
    added:
      description: Always empty. No record of the zone is written.
      type: list
      elements: str
      sample: []
    removed:
      description: Always empty.
      type: list
      elements: str
      sample: []
    published:
      description: The DNSKEY records of the keys of which named was told now that their DS is published.
      returned: for a zone whose keys could be read
      type: list
      elements: str
      sample:
        - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
    withdrawn:
      description: The DNSKEY records of the keys of which named was told now that their DS is withdrawn.
      returned: for a zone whose keys could be read
      type: list
      elements: str
      sample: []
    failed:
      description: Whether the zone failed.
      type: bool
      sample: false
    msg:
      description: What went wrong, where, and what to do next. Empty when nothing went wrong.
      type: str
      sample: ""
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner.errors import MultisignerError
from ..module_utils._multisigner.nameserver.checkds import Teller
from ..module_utils._multisigner.nameserver.tools import Rndc, Tools
from ..module_utils._multisigner.outcome import Outcome, finish


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            zones=dict(
                type='list',
                elements='dict',
                required=True,
                options=dict(
                    name=dict(type='str', required=True),
                    published=dict(type='list', elements='str', default=[]),
                    published_since=dict(type='str'),
                    withdrawn=dict(type='list', elements='str', default=[]),
                    withdrawn_since=dict(type='str'),
                ),
            ),
            directory=dict(type='path', required=True),
            rndc=dict(type='str', default='rndc'),
        ),
        supports_check_mode=True,
    )
    options = module.params
    outcomes = []
    try:
        teller = Teller(Rndc(Tools(module), options['rndc']), options['directory'], module.check_mode)
    except MultisignerError as error:
        module.fail_json(msg=str(error))
    for option in options['zones']:
        try:
            outcomes.append(teller.serve(option))
        except MultisignerError as error:
            outcomes.append(Outcome.failure(option['name'], error))
    finish(module, outcomes)


if __name__ == '__main__':
    main()
