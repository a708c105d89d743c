#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells Knot that the parent has the DS of its KSK. The work is in module_utils/_multisigner/nameserver/knot_submission.py."""
from __future__ import annotations

DOCUMENTATION = r"""
---
module: knot_submission
short_description: Tell Knot DNS that the parent has the DS of its KSK
version_added: 0.1.0
author:
  - The dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - A new KSK of Knot waits, V(ready), until it knows that the parent has its DS. This module tells it, by C(knotc zone-ksk-submitted).
  - Only what Knot waits for is told, and only once.
  - It never asks the parent. What it is told in O(zones[].published) has to be true for as long as the TTL of the DS RRset, since Knot takes the
    predecessor out of the zone at once, whether or not its DS is withdrawn.
  - Whether Knot noted it is read from its key database.
extends_documentation_fragment:
  - dnssec.multisigner.attributes
  - dnssec.multisigner.knotd
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
      withdrawn:
        description:
          - DS records that no server of the parent has shown for at least the TTL that the DS RRset had.
          - A key of which one is here does not count as published.
          - Where the algorithm changes, Knot is told of the new key only when every DS that the old one can have is here, since it takes the old DNSKEY
            records out in that moment.
        type: list
        elements: str
        default: []
seealso:
  - module: dnssec.multisigner.knot_zones
  - module: dnssec.multisigner.knot_rollover
"""

EXAMPLES = r"""
- name: Let Knot go on with its KSK rollover
  dnssec.multisigner.knot_submission:
    knot_conf: /etc/knot/knot.conf
    zones:
      - name: shop.example
        published:
          - 2371 13 2 c988ec423e3880eb8dd8a46fe06ca230ee23f35b578d64e78b29c3e1c83d245a
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
      description: Whether Knot was told something, or would be in check mode.
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
      description: The DNSKEY records of the keys of which Knot was told now that their DS is published.
      returned: for a zone whose keys could be read
      type: list
      elements: str
      sample:
        - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
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
from ..module_utils._multisigner.nameserver.knot_conf import read_knot_configuration
from ..module_utils._multisigner.nameserver.knot_keys import Knot
from ..module_utils._multisigner.nameserver.knot_submission import Submitter
from ..module_utils._multisigner.nameserver.tools import Tools
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
                    withdrawn=dict(type='list', elements='str', default=[]),
                ),
            ),
            knot_conf=dict(type='path', required=True),
        ),
        supports_check_mode=True,
    )
    options = module.params
    tools = Tools(module)
    outcomes = []
    try:
        submitter = Submitter(Knot(tools, options['knot_conf']), read_knot_configuration(tools, options['knot_conf']), module.check_mode)
    except MultisignerError as error:
        module.fail_json(msg=str(error))
    for option in options['zones']:
        try:
            outcomes.append(submitter.serve(option))
        except MultisignerError as error:
            outcomes.append(Outcome.failure(option['name'], error))
    finish(module, outcomes)


if __name__ == '__main__':
    main()
