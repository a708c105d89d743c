#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishes the keys of a zone's other signers at PowerDNS, and withdraws them. Never touches PowerDNS's own."""
from __future__ import annotations

DOCUMENTATION = r"""
module: powerdns_dnskey
short_description: Publish the keys of a zone's other signers at PowerDNS Authoritative
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Adds DNSKEY, CDS and CDNSKEY records of other signers to zones that PowerDNS Authoritative signs, and removes them, by its HTTP API, so that
    it can be one of several signers of a zone (RFC 8901, model 2).
  - The lists of a zone may have NS records of its apex too, C(NS ns1.example.net.). The last NS record is never removed. Without an NS record in
    its lists, the NS RRset of a zone is neither looked at nor changed.
  - Looks by DNS first when O(servers) are given. A zone of which every server already shows what is wanted costs no request at the API.
  - For any other zone the API is read, written once when something differs, and read again to see that it was kept. Then every server is asked by
    DNS until it shows the change, for all zones together.
  - What PowerDNS publishes of its own keys (C(/cryptokeys)), active or not, is never supplied a second time, and the attempt to remove it is an error.
  - Beforehand it sees what would make PowerDNS answer 204 and publish nothing, or less than all signers are to have (RFC 9975), and fails with
    the remedy. That is C(direct-dnskey) where it is off; C(PUBLISH-CDS) and C(PUBLISH-CDNSKEY) where they are missing; C(SOA-EDIT-API) where the zone
    has secondaries that would not see the change; and a ZSK that is not active beside a CSK, which PowerDNS announces to the parent.
  - PowerDNS accepts keys and digests without a look. This module checks them first.
  - A write of which the API does not say whether it took effect (status 500, a broken connection) is never repeated
    before the zone has been read again.
notes:
  - The API has no conditional write. When two programs write to the same RRset at the same time, one change is lost although
    both were accepted. This module notices, writes at most three times, and then fails.
  - An RRset that exists keeps its TTL; a new one gets 3600. Beside its own records PowerDNS serves DNSKEY, CDS and CDNSKEY with the minimum of the SOA
    record, whatever is stored.
  - PowerDNS has one key for all of its API, which lets whoever has it do everything, so keep the API from everybody else. This module runs where
    the playbook does. Where the API listens on a loopback address of the name server only, as it does by default, bring it there by a tunnel, C(ssh -L),
    or put a web server with TLS before it.
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
    description:
      - Where version 1 of the API is.
      - Only C(https) is accepted, but for a loopback address that is written as a number, such as C(http://127.0.0.1:8081/api/v1). What is sent there stays
        on this machine. No proxy is used for that. Redirects are not followed.
    type: str
    required: true
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
  - name: PowerDNS's documentation
    description: The HTTP API, DNSSEC and metadata.
    link: https://doc.powerdns.com/authoritative/
"""

EXAMPLES = r"""
- name: Publish BIND's key at PowerDNS
  dnssec.multisigner.powerdns_dnskey:
    api_url: https://ns2.example.net/powerdns/api/v1
    api_token: "{{ vault_powerdns_key }}"
    servers: [ns2.example.net, ns3.example.net]
    zones:
      - name: shop.example
        add:
          - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
          - CDS 2371 13 2 9f6cf84ea5d3ca8183d0167e2d7020e0d125c4aebd98f3378561bc63c1d2c02e
          - CDNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
  delegate_to: localhost

- name: See what would be withdrawn, through a tunnel (ssh -N -L 8081:127.0.0.1:8081 ns2.example.net), without doing it
  dnssec.multisigner.powerdns_dnskey:
    api_url: http://127.0.0.1:8081/api/v1
    api_token: "{{ vault_powerdns_key }}"
    servers: [ns2.example.net, ns3.example.net]
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
      description: The zone's own keys, active or not, as the API tells them.
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
      sample: ['PATCH /servers/localhost/zones/shop.example. {"rrsets": [{"changetype": "DELETE", "name": "shop.example.", "type": "CDS"}]}']
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner import api_module
from ..module_utils._multisigner.task import Task

SPEC = api_module.spec('powerdns')
missing_library = api_module.missing_library


def run(task: Task) -> None:
    api_module.run(task, 'powerdns')


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
