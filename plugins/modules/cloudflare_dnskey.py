#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishes the keys of a zone's other signers at Cloudflare, and withdraws them. Never touches Cloudflare's own."""
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudflare_dnskey
short_description: Publish the keys of a zone's other signers at Cloudflare
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Adds the DNSKEY records of other signers to zones at Cloudflare, and removes them, so that Cloudflare can be one of several signers of a zone (RFC
    8901, model 2).
  - Looks by DNS first when O(servers) are given. A zone of which every server already shows what is wanted costs no request at the API.
  - For any other zone the API is read, written when something differs, and read again to see that it was kept. Then every server is asked by
    DNS until it shows the change, for all zones together.
  - Cloudflare has no CDS and CDNSKEY records. It publishes those of every KSK among the DNSKEY records of the zone, so a CDNSKEY comes and goes by the
    DNSKEY of its key, and a CDS only together with its CDNSKEY. CDS have digest type 2; others are an error.
  - Beforehand it sees what would make Cloudflare refuse the keys, or have no use for them, and fails with the request that mends it. That is DNSSEC that is
    not active, C(dnssec_multi_signer) where it is off, C(dnssec_presigned) where it is on, C(multi_provider) where it is off, since Cloudflare then
    ignores the NS of the other signers, and a zone whose records are kept elsewhere.
  - Cloudflare's own KSK and ZSKs are never supplied a second time, and the attempt to remove one is an error.
  - A write of which the API does not say whether it took effect (status 500, a broken connection) is never repeated
    before the zone has been read again.
notes:
  - This module was written after Cloudflare's documentation, and is tested against a stand-in that answers as that says. It was never run against the live
    service. Try it with C(--check --diff) first, which shows the requests.
  - Cloudflare announces the KSKs of others, and leaves them out of its DNSKEY RRset. Nobody needs them there who validates data (RFC 8901, model 2), and a
    pass does not ask for them. Where O(servers) are given, every key of O(zones[].add) must be seen there, so name ZSKs then, and of a KSK its CDS and CDNSKEY.
  - A CSK, as deSEC has it, must be in every DNSKEY RRset. Whether Cloudflare publishes that is not documented. A pass waits, and says so, until it is seen. For
    the same reason let no signer beside Cloudflare go over from KSK and ZSK to a CSK.
  - BIND signs its CDS and CDNSKEY with its KSK alone. Who has Cloudflare's DNSKEY RRset in a cache cannot validate these.
  - NS records are not changed by this module. Cloudflare always publishes its own; add those of the other signers at the apex by hand.
  - One change costs seven reads and one write of a zone, of 1200 requests in five minutes for each user.
  - The token needs C(Zone Read) and C(DNS Write) for the zones. The list of ZSKs has their private keys, encrypted; they are not kept.
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
    default: https://api.cloudflare.com/client/v4
  servers:
    description:
      - Names or addresses of the public name servers of Cloudflare for the zones, at which the change must be seen.
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
  - name: Cloudflare's documentation
    description: Multi-signer DNSSEC.
    link: https://developers.cloudflare.com/dns/dnssec/multi-signer-dnssec/
"""

EXAMPLES = r"""
- name: Publish BIND's key at Cloudflare
  dnssec.multisigner.cloudflare_dnskey:
    api_token: "{{ vault_cloudflare_token }}"
    servers: [ada.ns.cloudflare.com, bob.ns.cloudflare.com]
    zones:
      - name: shop.example
        add:
          - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
          - CDS 2371 13 2 9f6cf84ea5d3ca8183d0167e2d7020e0d125c4aebd98f3378561bc63c1d2c02e
          - CDNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
  delegate_to: localhost

- name: See what would be withdrawn, and by which requests, without doing it
  dnssec.multisigner.cloudflare_dnskey:
    api_token: "{{ vault_cloudflare_token }}"
    servers: [ada.ns.cloudflare.com, bob.ns.cloudflare.com]
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
      description: Cloudflare's own KSK, and its ZSKs whether they sign now or not, as its API tells them.
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
      sample: ['POST /zones/023e105f4ecef8ad9ca31a8372d0c353/dns_records/batch {"deletes": [{"id": "372e67954025e0ba6aaa6d586b9e0b59"}], "posts": []}']
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner import api_module
from ..module_utils._multisigner.task import Task

SPEC = api_module.spec('cloudflare')
missing_library = api_module.missing_library


def run(task: Task) -> None:
    api_module.run(task, 'cloudflare')


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
