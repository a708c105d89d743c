#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the keys of a zone's other signers in an include file of the zone's file at Knot. The work is in
module_utils/_multisigner/nameserver/knot_include.py."""
from __future__ import annotations

DOCUMENTATION = r"""
---
module: knot_dnskey
short_description: Publish the keys of a zone's other signers at Knot DNS by an include file
version_added: 0.1.0
author:
  - The dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Adds DNSKEY, CDS and CDNSKEY records of other signers to zones whose zone file is the source of truth and stays the user's
    (C(zonefile-load difference-no-serial), C(zonefile-sync -1)), and removes them. There what comes by updates is gone after a reload, so
    M(dnssec.multisigner.rfc2136_dnskey) will not do.
  - They are in one file for each zone, C(foreign/ZONE.include) in O(directory), which M(dnssec.multisigner.knot_zones) lays down and which the
    zone file includes. The zone file itself is only read.
  - A changed file is loaded by C(knotc zone-reload), and what knotd publishes then is read back. A file that knotd does not load is put back.
  - The attempt to remove a key of Knot's own, or its CDS or CDNSKEY, is an error. NS records are in the zone file, so they are refused.
  - It works on the name server, and needs no TSIG key.
extends_documentation_fragment:
  - dnssec.multisigner.attributes
  - dnssec.multisigner.knotd
  - dnssec.multisigner.zones
options:
  directory:
    description: The folder that this collection owns on the server, that of M(dnssec.multisigner.knot_zones).
    type: path
    required: true
seealso:
  - module: dnssec.multisigner.knot_zones
  - module: dnssec.multisigner.rfc2136_dnskey
"""

EXAMPLES = r"""
- name: Publish BIND's key in the zone that Knot loads from /etc/knot/zones/shop.example.zone
  dnssec.multisigner.knot_dnskey:
    knot_conf: /etc/knot/knot.conf
    directory: /var/lib/knot/multisigner
    zones:
      - name: shop.example
        add:
          - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
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
      description: Whether its include file was written or loaded again, or would be in check mode.
      type: bool
      sample: true
    added:
      description: The records that came into the include file, or would.
      type: list
      elements: str
      sample:
        - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
    removed:
      description: The records that left it, or would.
      type: list
      elements: str
      sample: []
    include:
      description: The include file.
      returned: for a zone that did not fail
      type: str
      sample: /var/lib/knot/multisigner/foreign/shop.example.include
    failed:
      description: Whether the zone failed.
      type: bool
      sample: false
    msg:
      description: What was done, or what went wrong, where, and what to do next.
      type: str
      sample: Added 1, removed 0.
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner.errors import MultisignerError
from ..module_utils._multisigner.nameserver.files import Disk, only_writer
from ..module_utils._multisigner.nameserver.knot_conf import read_knot_configuration
from ..module_utils._multisigner.nameserver.knot_include import KnotIncluder
from ..module_utils._multisigner.nameserver.knot_keys import Knot
from ..module_utils._multisigner.nameserver.tools import Tools
from ..module_utils._multisigner.outcome import ZONES_OPTION, each_zone, finish


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(zones=ZONES_OPTION, knot_conf=dict(type='path', required=True), directory=dict(type='path', required=True)),
        supports_check_mode=True,
    )
    options = module.params
    tools = Tools(module)
    try:
        configuration = read_knot_configuration(tools, options['knot_conf'])
        includer = KnotIncluder(Knot(tools, options['knot_conf']), Disk(module.check_mode), configuration, options['directory'])
        with only_writer(options['directory']):
            outcomes = each_zone(options['zones'], includer.serve)
    except MultisignerError as error:
        module.fail_json(msg=str(error))
    finish(module, outcomes)


if __name__ == '__main__':
    main()
