#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has named replace keys of its own when the other signers have their successors. The work is in module_utils/_multisigner/nameserver/rollover.py."""
from __future__ import annotations

DOCUMENTATION = r"""
---
module: bind_rollover
short_description: Have BIND replace a key when the other signers have its successor
version_added: 0.1.0
author:
  - The dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Brings the rollover of one key of each zone on by one step, for zones that M(dnssec.multisigner.bind_zones) declared with
    O(dnssec.multisigner.bind_zones#module:way=policy). Each call does what is next, so the same call again goes on where the last one ended.
  - First it makes the successor, C(dnssec-keygen -G), which named does not publish yet. The other signers have to publish it, which is
    not done here; the role C(multisigner) does it.
  - When the caller says in O(zones[].prepublished) that they have had it for long enough, it has named begin, C(rndc dnssec -rollover), and sees
    that named took this key and no other.
  - It does not begin while named still works on any of the zone's keys (a state in C(K*.state) that is neither V(omnipresent) nor V(hidden)).
    BIND 9.18 was seen to drop a ZSK at once whose signatures were V(rumoured) only.
  - All that follows named does by itself, in the times of its C(dnssec-policy). For a KSK or CSK it has to be told of the DS, by
    M(dnssec.multisigner.bind_checkds).
  - The playbook C(dnssec.multisigner.rollover) does all of this.
extends_documentation_fragment:
  - dnssec.multisigner.attributes
  - dnssec.multisigner.named
  - dnssec.multisigner.named.files
options:
  zones:
    description:
      - The zones of which a key is to be replaced.
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
          - DNSKEY records that every server of every other signer has published for longer than the TTL of its DNSKEY RRset.
          - The rollover begins only when the successor is among them. One that is there too early makes answers bogus.
        type: list
        elements: str
        default: []
  keys:
    description: Which key of each zone, its KSK, its ZSK, or the CSK of a zone that has one key for both.
    type: str
    choices: [ksk, zsk, csk]
    required: true
  before:
    description:
      - A date, or a date and a time, in ISO 8601, UTC unless it says otherwise. A key that named has had in the zone since before that is replaced.
      - Once every such key is replaced nothing more is done, until a later time is given. It cannot be in the future.
    type: str
    required: true
  directory:
    description: The folder that O(dnssec.multisigner.bind_zones#module:directory) names, with the keys below C(keys) in it.
    type: path
    required: true
seealso:
  - module: dnssec.multisigner.bind_zones
  - module: dnssec.multisigner.bind_checkds
"""

EXAMPLES = r"""
- name: Make a successor of every ZSK from before December, and begin where the other signers have it
  dnssec.multisigner.bind_rollover:
    keys: zsk
    before: 2026-12-01
    directory: /var/lib/bind/multisigner
    user: bind
    group: bind
    zones:
      - name: shop.example
        prepublished:
          - DNSKEY 256 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA==
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
      description: Whether a successor was made or named was told to begin, or would be in check mode.
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
    state:
      description:
        - V(current) when the key in use is new enough; V(prepared) when it has a successor that the others must have first; V(waiting) when they
          have it, and named still works on the zone's keys; V(rolling) while named replaces the old key by the new one.
      returned: for a zone whose keys could be read
      type: str
      sample: prepared
    key:
      description: The key in use, as a DNSKEY record. While the state is V(rolling), the new one.
      returned: for a zone whose keys could be read
      type: str
      sample: DNSKEY 256 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
    successor:
      description: The key that follows it, as a DNSKEY record. None where there is none, or none yet because of check mode.
      returned: for a zone whose keys could be read
      type: str
      sample: DNSKEY 256 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA==
    failed:
      description: Whether the zone failed.
      type: bool
      sample: false
    msg:
      description: How the rollover stands, or what went wrong, where, and what to do next.
      type: str
      sample: 31671 (ECDSAP256SHA256, flags 256) was made, to follow the ZSK 2371 (ECDSAP256SHA256, flags 256).
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner.errors import MultisignerError
from ..module_utils._multisigner.nameserver.files import Access, Disk
from ..module_utils._multisigner.nameserver.rollover import Roller, Settings
from ..module_utils._multisigner.nameserver.tools import Rndc, Tools
from ..module_utils._multisigner.outcome import finish


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            zones=dict(
                type='list',
                elements='dict',
                required=True,
                options=dict(
                    name=dict(type='str', required=True),
                    prepublished=dict(type='list', elements='str', default=[]),
                ),
            ),
            keys=dict(type='str', choices=['ksk', 'zsk', 'csk'], required=True, no_log=False),
            before=dict(type='str', required=True),
            directory=dict(type='path', required=True),
            user=dict(type='str'),
            group=dict(type='str'),
            rndc=dict(type='str', default='rndc'),
        ),
        supports_check_mode=True,
    )
    options = module.params
    tools = Tools(module)
    try:
        owner = Access.of_names('0640', options['user'], options['group'])
        settings = Settings.of(options['directory'], options['keys'].upper(), options['before'], owner)
        roller = Roller(tools, Disk(module.check_mode), Rndc(tools, options['rndc']), settings)
        outcomes = roller.serve(options['zones'], module.tmpdir)
    except MultisignerError as error:
        module.fail_json(msg=str(error))
    finish(module, outcomes)


if __name__ == '__main__':
    main()
