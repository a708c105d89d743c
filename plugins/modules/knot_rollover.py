#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has Knot replace keys of its own when the other signers have their successors. The work is in
module_utils/_multisigner/nameserver/knot_rollover.py."""
from __future__ import annotations

DOCUMENTATION = r"""
---
module: knot_rollover
short_description: Have Knot DNS replace a key when the other signers have its successor
version_added: 0.1.0
author:
  - The dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Brings the rollover of one key of each zone on by one step, for zones that M(dnssec.multisigner.knot_zones) declared or checked.
    Each call does what is next, so the same call again goes on where the last one ended.
  - First it makes the successor, C(keymgr generate), with a time of publication that is years ahead. The other signers have to publish it, which is
    not done here; the role C(multisigner) does it.
  - When the caller says in O(zones[].prepublished) that they have had it for long enough, it sets that time to now, C(keymgr set), and sees that
    Knot published this key and no other. C(knotc zone-key-rollover) would make the key at once, and sign with it after C(dnskey-ttl) and
    C(propagation-delay), whatever other signers publish.
  - It does not begin while Knot still works on any of the zone's keys.
  - All that follows Knot does by itself. For a KSK or CSK it has to be told that the parent has the DS, by M(dnssec.multisigner.knot_submission).
  - The playbook C(dnssec.multisigner.rollover) does all of this.
extends_documentation_fragment:
  - dnssec.multisigner.attributes
  - dnssec.multisigner.knotd
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
    description: Which key of each zone, its KSK, its ZSK, or its CSK where one key is both.
    type: str
    choices: [ksk, zsk, csk]
    required: true
  before:
    description:
      - A date, or a date and a time, in ISO 8601, UTC unless it says otherwise. A key that Knot has had in the zone since before that is replaced.
      - Once every such key is replaced nothing more is done, until a later time is given. It cannot be in the future.
    type: str
    required: true
seealso:
  - module: dnssec.multisigner.knot_zones
  - module: dnssec.multisigner.knot_submission
"""

EXAMPLES = r"""
- name: Make a successor of every ZSK from before December, and begin where the other signers have it
  dnssec.multisigner.knot_rollover:
    keys: zsk
    before: 2026-12-01
    knot_conf: /etc/knot/knot.conf
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
      description: Whether a successor was made or Knot was told to begin, or would be in check mode.
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
          have it, and Knot still works on the zone's keys; V(rolling) while Knot replaces the old key by the new one.
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
from ..module_utils._multisigner.nameserver.knot_conf import read_knot_configuration
from ..module_utils._multisigner.nameserver.knot_keys import Knot
from ..module_utils._multisigner.nameserver.knot_rollover import KnotRoller
from ..module_utils._multisigner.nameserver.rolling import past_moment
from ..module_utils._multisigner.nameserver.tools import Tools
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
            knot_conf=dict(type='path', required=True),
        ),
        supports_check_mode=True,
    )
    options = module.params
    tools = Tools(module)
    try:
        configuration = read_knot_configuration(tools, options['knot_conf'])
        before = past_moment(options['before'])
        roller = KnotRoller(Knot(tools, options['knot_conf']), configuration, options['keys'].upper(), before, module.check_mode)
        outcomes = roller.roll_all(options['zones'])
    except MultisignerError as error:
        module.fail_json(msg=str(error))
    finish(module, outcomes)


if __name__ == '__main__':
    main()
