#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishes the keys of a zone's other signers at any signer that has an API, and withdraws them. Never touches the signer's own."""
from __future__ import annotations

DOCUMENTATION = r"""
module: signer_dnskey
short_description: Publish the keys of a zone's other signers at a signer that has an API
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Adds DNSKEY, CDS and CDNSKEY records of other signers to zones at any signer that has an API, and removes them (RFC 8901, model 2). The role
    C(multisigner) uses it for all of them.
  - It is M(dnssec.multisigner.cloudflare_dnskey), M(dnssec.multisigner.desec_dnskey), M(dnssec.multisigner.ns1_dnskey) and
    M(dnssec.multisigner.powerdns_dnskey) in one, whose pages say what each of them needs, can do and cannot do. Signers of your own, one file each,
    are reached by this module alone. See the collection's guide on writing your own.
  - Looks by DNS first when O(servers) are given. A zone of which every server already shows what is wanted costs no request at the API.
  - For any other zone the API is read, written when something differs, and read again to see that it was kept. Then every server is asked by
    DNS until it shows the change, for all zones together.
  - What the signer publishes by itself is never supplied a second time, and the attempt to remove it is an error.
  - A write of which the API does not say whether it took effect (status 500, a broken connection) is never repeated
    before the zone has been read again.
requirements:
  - requests
  - dnspython >= 2.6
extends_documentation_fragment:
  - dnssec.multisigner.api
  - dnssec.multisigner.attributes
  - dnssec.multisigner.attributes.controller
  - dnssec.multisigner.zones
options:
  driver:
    description: The kind of signer, as in the inventory variable C(multisigner_driver). A file of your own is one more.
    type: str
    required: true
    choices:
      - cloudflare
      - desec
      - ns1
      - powerdns
  api_url:
    description:
      - Where the API is. Without it, where the provider says that it is; for a signer that everybody runs by himself it must be given.
      - Only C(https) is accepted, with O(driver=powerdns) also C(http) to a loopback address that is written as a number. Redirects are not followed.
    type: str
  servers:
    description:
      - Names or addresses of all public name servers of this signer, at which the change must be seen.
      - A name stands for all of its addresses.
      - Without any, the change is read back through the API alone, and every zone costs requests at the API in every run.
    type: list
    elements: str
    default: []
  port:
    description: Port of O(servers).
    type: int
    default: 53
seealso:
  - module: dnssec.multisigner.dnssec_keys_fetch
  - module: dnssec.multisigner.rfc2136_dnskey
"""

EXAMPLES = r"""
- name: Publish BIND's key at whatever signer this host is
  dnssec.multisigner.signer_dnskey:
    driver: "{{ multisigner_driver }}"
    api_token: "{{ multisigner_api_token }}"
    servers: "{{ multisigner_servers }}"
    zones:
      - name: shop.example
        add:
          - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
          - CDS 2371 13 2 9f6cf84ea5d3ca8183d0167e2d7020e0d125c4aebd98f3378561bc63c1d2c02e
          - CDNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
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
      description: Whether it was changed, or would be. After a failure also when that is not known.
      type: bool
      returned: always
      sample: true
    added:
      description: The records that were added, or would be.
      type: list
      elements: str
      returned: always
      sample:
        - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
    removed:
      description: The records that were removed, or would be.
      type: list
      elements: str
      returned: always
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
      sample: Added 1, removed 0. Every server shows it.
    own_keys:
      description: The zone's own keys at this signer, as its API tells them.
      type: list
      elements: str
      returned: when the API was asked about the zone
      sample:
        - DNSKEY 257 3 13 E/KfjNsMQyUa2lUpsjr9U01KuBufir2WXIMx1+URwPnLBQEsqNCvLur/z9NCMPx2R1wNSJkqIrj5Ajl3mu6WPg==
    requests:
      description: The requests that would change the zone, in this order. The token is not in them.
      type: list
      elements: str
      returned: in check mode, when the API was asked about the zone
      sample: ['PATCH /domains/shop.example/rrsets/ [{"records": [], "subname": "", "type": "DNSKEY"}]']
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner import api_module
from ..module_utils._multisigner.task import Task

SPEC = api_module.spec()
missing_library = api_module.missing_library


def run(task: Task) -> None:
    api_module.run(task)


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
