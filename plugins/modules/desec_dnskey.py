#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishes the keys of a zone's other signers at deSEC, and withdraws them. Never touches deSEC's own."""
from __future__ import annotations

DOCUMENTATION = r"""
module: desec_dnskey
short_description: Publish the keys of a zone's other signers at deSEC
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Adds DNSKEY, CDS and CDNSKEY records of other signers to zones at deSEC, and removes them, so that deSEC can be one of
    several signers of a zone (RFC 8901, model 2).
  - The lists of a zone may have NS records of its apex too, C(NS ns1.example.net.). deSEC makes an NS RRset with its own name servers for
    a new domain, and leaves it to the user from then on. The last NS record is never removed. Without an NS record in its lists, the NS RRset of a
    zone is neither looked at nor changed.
  - Looks by DNS first when O(servers) are given. A zone of which every server already shows what is wanted costs no request
    at the API.
  - Any other zone costs two reads of the API, one write when something differs, and a third read to see that it was kept.
    Then every server is asked by DNS until it shows the change, for all zones together.
  - Records that deSEC publishes by itself, its own key and the CDS and CDNSKEY of that key, are never supplied a second time,
    and the attempt to remove one is an error.
  - deSEC accepts keys without a look. This module checks them first.
  - A write of which the API does not say whether it took effect (status 500, a broken connection) is never repeated
    before the zone has been read again.
notes:
  - deSEC has no conditional write. When two programs write to the same RRset at the same time, one change is lost although
    both were accepted. This module notices, writes at most three times, and then fails.
  - An RRset that exists keeps its TTL, at least the lowest that deSEC takes for the domain; a new one gets 3600 or that lowest one.
    deSEC serves DNSKEY, CDS and CDNSKEY with 3600 whatever is stored.
  - Names under C(dedyn.io) cannot have name servers elsewhere, and so no second signer.
  - A token needs no more than three token policies with C(perm_write), for DNSKEY, CDS and CDNSKEY at the apex of each domain,
    beside a default policy without; and a fourth one for NS where NS records are changed.
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
    default: https://desec.io/api/v1
  servers:
    description:
      - Names or addresses of the public name servers of deSEC at which the change must be seen.
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
  - name: deSEC's documentation
    description: Domains, RRsets, tokens and rate limits.
    link: https://desec.readthedocs.io/
"""

EXAMPLES = r"""
- name: Publish BIND's key at deSEC
  dnssec.multisigner.desec_dnskey:
    api_token: "{{ vault_desec_token }}"
    servers: [ns1.desec.io, ns2.desec.org]
    zones:
      - name: shop.example
        add:
          - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
          - CDS 2371 13 2 9f6cf84ea5d3ca8183d0167e2d7020e0d125c4aebd98f3378561bc63c1d2c02e
          - CDNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
  delegate_to: localhost

- name: See what would be withdrawn from two zones, without doing it
  dnssec.multisigner.desec_dnskey:
    api_token: "{{ vault_desec_token }}"
    servers: [ns1.desec.io, ns2.desec.org]
    zones:
      - name: shop.example
        remove: "{{ old_keys['shop.example'] }}"
      - name: talk.example
        remove: "{{ old_keys['talk.example'] }}"
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
      description: The keys with which deSEC itself signs the zone, as its API tells them.
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

SPEC = api_module.spec('desec')
missing_library = api_module.missing_library


def run(task: Task) -> None:
    api_module.run(task, 'desec')


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
