#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishes the keys of a zone's other signers at NS1, and withdraws them. Never touches NS1's own."""
from __future__ import annotations

DOCUMENTATION = r"""
module: ns1_dnskey
short_description: Publish the keys of a zone's other signers at NS1 (IBM NS1 Connect)
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Adds DNSKEY, CDS and CDNSKEY records of other signers to zones at NS1 (IBM NS1 Connect), and removes them, so that NS1 can be one of several signers of
    a zone (RFC 8901, model 2).
  - DNSKEY records go into a set of external keys named C(dnssec-multisigner). Other sets are left alone.
  - The lists of a zone may have NS records of its apex too, C(NS ns1.example.net.). The last NS record is never removed. Without an NS record in
    its lists, the NS RRset of a zone is neither looked at nor changed.
  - Looks by DNS first when O(servers) are given. A zone of which every server already shows what is wanted costs no request at the API.
  - For any other zone the API is read, written when something differs, and read again to see that it was kept. Then every server is asked by
    DNS until it shows the change, for all zones together.
  - NS1 publishes no CDS and CDNSKEY by itself, as far as its documentation tells. Those of its own keys are supplied like the others'. Its own DNSKEY records
    are never supplied a second time, and the attempt to remove one is an error.
  - Beforehand it sees that NS1 signs the zone, that it is no secondary zone, and that keys are of algorithm 13, the only one that NS1 takes.
  - A write of which the API does not say whether it took effect (status 500, a broken connection) is never repeated
    before the zone has been read again.
notes:
  - This module was written after NS1's documentation, and is tested against a stand-in that answers as that says. It was never run against the live
    service. Try it with C(--check --diff) first, which shows the requests.
  - Keys that somebody put into another set of external keys are taken for NS1's own where NS1 lists them among its keys.
  - Each RRset is written by a request of its own, keys before what announces them. When one is refused, those before it stay, and the result says so.
  - An RRset that exists keeps its TTL; a new one gets 3600. Metadata and filters of single answers in these RRsets are not kept when it is written.
  - NS1 does not say how long to wait when there were too many requests, so the pauses are 1, 2, 4, up to 60 seconds.
  - The API key needs the right to view and manage zones.
requirements:
  - requests
  - dnspython >= 2.6
extends_documentation_fragment:
  - dnssec.multisigner.api
  - dnssec.multisigner.attributes
  - dnssec.multisigner.attributes.controller
  - dnssec.multisigner.zones
options:
  api_url:
    description: Where the API is. Only C(https) is accepted, and redirects are not followed.
    type: str
    default: https://api.nsone.net/v1
  servers:
    description:
      - Names or addresses of the public name servers of NS1 for the zones, at which the change must be seen.
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
  - module: dnssec.multisigner.signer_dnskey
  - name: NS1's documentation
    description: Setting up multi-signer DNSSEC.
    link: https://www.ibm.com/docs/en/ns1-connect?topic=dnssec-configuring-external-keys-api-only
"""

EXAMPLES = r"""
- name: Publish BIND's key at NS1
  dnssec.multisigner.ns1_dnskey:
    api_token: "{{ vault_ns1_key }}"
    servers: [dns1.p01.nsone.net, dns2.p01.nsone.net]
    zones:
      - name: shop.example
        add:
          - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
          - CDS 2371 13 2 9f6cf84ea5d3ca8183d0167e2d7020e0d125c4aebd98f3378561bc63c1d2c02e
          - CDNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
  delegate_to: localhost

- name: See what would be withdrawn, and by which requests, without doing it
  dnssec.multisigner.ns1_dnskey:
    api_token: "{{ vault_ns1_key }}"
    servers: [dns1.p01.nsone.net, dns2.p01.nsone.net]
    zones:
      - name: shop.example
        remove: "{{ old_keys['shop.example'] }}"
  check_mode: true
  diff: true
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
      description: NS1's own keys, as its API tells them.
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
      sample: ['DELETE /zones/shop.example/dnssec/external_keys/dnssec-multisigner']
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner import api_module
from ..module_utils._multisigner.task import Task

SPEC = api_module.spec('ns1')
missing_library = api_module.missing_library


def run(task: Task) -> None:
    api_module.run(task, 'ns1')


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
