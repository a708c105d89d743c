# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of rfc2136_dnskey: its documentation, its options, and one call. What it does is in _multisigner/signers/rfc2136.py."""
from __future__ import annotations

DOCUMENTATION = r"""
module: rfc2136_dnskey
short_description: Publish the keys of other signers at a name server that takes RFC 2136 updates
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Adds DNSKEY, CDS and CDNSKEY records of other signers to zones that a name server signs by itself, and removes them, by
    RFC 2136 updates that are signed with TSIG. This is how a zone with C(dnssec-policy) on BIND takes foreign keys.
  - It runs on the controller and reaches the server by DNS alone, over TCP for every update.
  - Only single records are added or deleted, never a whole RRset. A record of a key that signs at that server, or that is in O(own_keys),
    is never removed. The TTL of an RRset is left as it is.
  - The lists of a zone may have NS records of its apex too, C(NS ns1.example.net.), where the name servers of all signers are to be in
    every signer's NS RRset. In one update the new ones come before the old ones go, and the last one is never removed. Without an NS record in its
    lists, the NS RRset of a zone is neither looked at nor changed.
  - No update is sent when nothing differs. Everything that was written is read back, since a server may answer NOERROR and do nothing.
  - On BIND the zone needs C(inline-signing no) and an C(update-policy) with the line C(grant KEY name ZONE. DNSKEY CDS CDNSKEY;),
    with C(NS) at its end where NS records are changed.
    With C(inline-signing yes), BIND before 9.20 refuses the updates or ignores them, and that is an error here.
  - That a key has the algorithm that the zone is signed with is not checked here; see M(dnssec.multisigner.multisigner_plan).
requirements:
  - dnspython 2.6 or newer
extends_documentation_fragment:
  - dnssec.multisigner.attributes
  - dnssec.multisigner.attributes.controller
  - dnssec.multisigner.zones
options:
  server:
    description:
      - Name or address of the primary server, which takes the updates.
      - Without it, the first of O(servers).
    type: str
  port:
    description: Port of O(server) and O(servers).
    type: int
    default: 53
  tsig:
    description: The TSIG key that may update the zones.
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the key.
        type: str
        required: true
      algorithm:
        description: Algorithm of the key.
        type: str
        default: hmac-sha256
      secret:
        description: The secret in base64. It never appears in results, diffs or messages.
        type: str
        required: true
  servers:
    description:
      - Names or addresses of every public server of this signer. Each of them must publish the result before the module ends,
        also when nothing had to be written.
    type: list
    elements: str
    default: []
  own_keys:
    description:
      - For each zone, by its name, the DNSKEY records of the signer's own keys, whether they sign or not, as far as they are known.
        The key manager of BIND publishes a successor long before it signs, and a predecessor long after.
      - Removing such a key, or a CDS or CDNSKEY of it, is an error of that zone.
      - M(dnssec.multisigner.bind_zones) returns them.
    type: dict
    default: {}
  timeout:
    description: How many seconds an answer may take, for each attempt.
    type: float
    default: 5.0
  max_wait:
    description: How many seconds the servers may take to publish what was written, for each zone.
    type: float
    default: 60.0
seealso:
  - module: dnssec.multisigner.dnssec_importkey
    description: The same for zones that are signed with C(dnssec-signzone).
  - module: dnssec.multisigner.desec_dnskey
    description: The same for zones at deSEC.
  - module: dnssec.multisigner.dnssec_keys_fetch
    description: Tells the keys of every signer.
  - name: RFC 2136
    description: Dynamic Updates in the Domain Name System.
    link: https://www.rfc-editor.org/rfc/rfc2136
"""

EXAMPLES = r"""
- name: Publish deSEC's key, and what points to it, at our own BIND
  dnssec.multisigner.rfc2136_dnskey:
    server: ns1.example.net
    servers:
      - ns1.example.net
      - ns2.example.net
    tsig:
      name: multisigner
      algorithm: hmac-sha256
      secret: "{{ multisigner_tsig_secret }}"
    zones:
      - name: shop.example
        add:
          - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
          - CDNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
          - CDS 2371 13 2 c988ec423e3880eb8dd8a46fe06ca230ee23f35b578d64e78b29c3e1c83d245a

- name: Send resolvers to deSEC as well, when the parent has shown its DS for long enough
  dnssec.multisigner.rfc2136_dnskey:
    server: ns1.example.net
    tsig:
      name: multisigner
      secret: "{{ multisigner_tsig_secret }}"
    zones:
      - name: shop.example
        add: [NS ns1.desec.io., NS ns2.desec.org.]
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
      description: Whether something was written, or would be in check mode.
      type: bool
      sample: true
    added:
      description: The records that were added.
      type: list
      elements: str
      sample: ["CDS 2371 13 2 c988ec423e3880eb8dd8a46fe06ca230ee23f35b578d64e78b29c3e1c83d245a"]
    removed:
      description: The records that were removed.
      type: list
      elements: str
      sample: []
    failed:
      description: Whether this zone failed.
      type: bool
      sample: false
    msg:
      description: What was done, or what is wrong and what to do next.
      type: str
      sample: Added 1, removed 0.
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner.dnskey import zone_name
from ..module_utils._multisigner.errors import MultisignerError
from ..module_utils._multisigner.outcome import ZONES_OPTION, finish
from ..module_utils._multisigner.resolve import TSIG_OPTION, Tsig, find_servers
from ..module_utils._multisigner.signers.rfc2136 import Signer
from ..module_utils._multisigner.task import Task, carry_out, missing_dnspython

ARGUMENT_SPEC = dict(
    zones=ZONES_OPTION,
    server=dict(type='str'),
    port=dict(type='int', default=53),
    tsig=dict(TSIG_OPTION, required=True),
    servers=dict(type='list', elements='str', default=[]),
    own_keys=dict(type='dict', default={}, no_log=False),  # public keys
    timeout=dict(type='float', default=5.0),
    max_wait=dict(type='float', default=60.0),
)


SPEC: dict[str, Any] = {'argument_spec': ARGUMENT_SPEC, 'supports_check_mode': True}
missing_library = missing_dnspython


def work(task: Task) -> None:
    options = task.params
    servers = find_servers(options['servers'], options['port'])
    if not servers and not options['server']:
        raise MultisignerError('no name server is given', remedy='Name the primary in "server", and all public ones in "servers"')
    signer = Signer(
        primary=find_servers([options['server']], options['port'])[0] if options['server'] else servers[0],
        tsig=Tsig(**options['tsig']),
        servers=servers,
        timeout=options['timeout'],
        max_wait=options['max_wait'],
        own_keys=_own_keys(options['own_keys']),
    )
    finish(task, signer.apply(options['zones'], task.check_mode))


def run(task: Task) -> None:
    carry_out(task, missing_library(), work)


def _own_keys(told: dict[str, Any]) -> dict[str, list[str]]:
    """The option as it is written. Raises MultisignerError when a zone has no list of texts."""
    for zone, texts in told.items():
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise MultisignerError('its own_keys are no list of records', zone=zone, remedy='Write own_keys as {ZONE: ["DNSKEY 257 3 13 ..."]}')
    return {zone_name(zone): texts for zone, texts in told.items()}


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
