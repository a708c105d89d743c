#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks every server of every signer, and the parent's, what they publish, and says how each answer was authenticated. Changes nothing."""
from __future__ import annotations

DOCUMENTATION = r"""
module: dnssec_keys_fetch
short_description: Fetch the keys of a zone from all its signers, authenticated
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Asks every name server of every signer of a zone for DNSKEY, CDS, CDNSKEY, NS and SOA, and every server of the parent for
    DS and NS, by UDP with a fallback to TCP, concurrently for all zones.
  - Tells which keys there are, which of them sign what, whose they are, and how each answer was authenticated.
  - A server that is silent, lame, refuses or cannot finish an answer is an error of the zone. It is never taken for a server
    that has no keys.
  - Servers of one signer that disagree are reported as they are.
notes:
  - Answers are authenticated in one of four ways. V(dnssec) means that the DNSKEY RRset is signed by a key that a DS at the
    parent names, and that this DS chains to the trust anchor. V(tsig) means that the primary signed its answer with the
    configured TSIG key. V(api) means that the DNSKEY RRset is signed by a key that the signer's API names, over verified TLS.
    V(pinned) means that it is signed by a key that you pinned. Anything else is V(none), with the reason.
  - The API of a signer is asked only for zones whose answers are not authenticated in another way.
  - Whose a key is follows from what it signs. A key that signs nothing anywhere belongs to nobody yet.
extends_documentation_fragment:
  - dnssec.multisigner.attributes.info
  - dnssec.multisigner.attributes.controller
  - dnssec.multisigner.group
  - dnssec.multisigner.observation
seealso:
  - module: dnssec.multisigner.multisigner_plan
"""

EXAMPLES = r"""
- name: See what all signers of a zone publish
  dnssec.multisigner.dnssec_keys_fetch:
    zones:
      - name: shop.example
        parent: registry
        signers: [ns1, desec]
    signers:
      - name: ns1
        driver: bind
        servers: [192.0.2.1]
        tsig:
          name: multisigner
          secret: "{{ vault_tsig_secret }}"
      - name: desec
        driver: desec
        servers: [ns1.desec.io, ns2.desec.org]
        api_token: "{{ vault_desec_token }}"
    parents:
      - name: registry
        channel: export
        servers: [a.nic.example]
  delegate_to: localhost
  register: fetched

- name: Show the keys that deSEC signs with
  ansible.builtin.debug:
    msg: "{{ fetched.zones[0].signers[1].dnskeys | selectattr('own') }}"
"""

RETURN = r"""
zones:
  description: What was seen, one entry for each zone that could be looked at.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the zone.
      type: str
      sample: shop.example
    signers:
      description: One entry for each signer.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the signer.
          type: str
          sample: ns1
        authenticated:
          description: The strongest way in which an answer of it was authenticated.
          type: str
          sample: tsig
        disagreement:
          description: Which of its servers answer differently, and in which RRset. Empty when they agree.
          type: str
          sample: ""
        errors:
          description: What is wrong with each server that gave no usable answer.
          type: list
          elements: str
          sample: []
        dnskeys:
          description: The keys that any of its servers publishes.
          type: list
          elements: dict
          contains:
            dnskey:
              description: The RDATA in presentation form.
              type: str
              sample: 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
            tag:
              description: The key tag. Different keys may have the same.
              type: int
              sample: 2371
            flags:
              description: The flags.
              type: int
              sample: 257
            algorithm:
              description: The number of the algorithm.
              type: int
              sample: 13
            role:
              description: V(KSK), V(ZSK) or V(CSK) by what the key signs at this signer, or null when it signs nothing here.
              type: str
              sample: CSK
            own:
              description: True when it is this signer's, false when it is another's, null when it signs nothing anywhere.
              type: bool
              sample: true
            owners:
              description: The signers at which it signs.
              type: list
              elements: str
              sample: [ns1]
            authenticated:
              description: The strongest way in which an answer that holds this key was authenticated.
              type: str
              sample: tsig
        servers:
          description: The answers of each server, with TTLs in seconds.
          type: list
          elements: dict
          sample:
            - server: 192.0.2.1
              authenticated: tsig
              why_not: ""
              dnskey_ttl: 3600
              cds: ["2371 13 2 c988ec423e3880eb8dd8a46fe06ca230ee23f35b578d64e78b29c3e1c83d245a"]
              ns: [ns1.shop.example, ns1.desec.io, ns2.desec.org]
              serial: 2026010101
    parent:
      description: What the parent's servers show. TTLs in seconds.
      type: dict
      contains:
        name:
          description: Name of the parent in the inventory.
          type: str
          sample: registry
        zone:
          description: The parent zone, as its servers tell it.
          type: str
          sample: example
        servers:
          description: The answers of each server.
          type: list
          elements: dict
          sample:
            - server: a.nic.example (198.51.100.1)
              authenticated: true
              ds: ["2371 13 2 c988ec423e3880eb8dd8a46fe06ca230ee23f35b578d64e78b29c3e1c83d245a"]
              ds_ttl: 86400
              ns: [ns1.shop.example, ns1.desec.io, ns2.desec.org]
              ns_ttl: 86400
errors:
  description: For each zone that has any, what a person must mend.
  returned: always
  type: dict
  sample:
    talk.example:
      - "zone talk.example, server 192.0.2.2: does not answer (3 tries, 5 s each). See that it runs and that a firewall lets port 53 through,
        or take it off the list."
"""

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner import observation
from ..module_utils._multisigner.observe import OBSERVE_OPTIONS, Look, look
from ..module_utils._multisigner.task import Task, carry_out, missing_dnspython

Data = Dict[str, Any]

SPEC: Data = {'argument_spec': OBSERVE_OPTIONS, 'supports_check_mode': True}
missing_library = missing_dnspython


def signer_as_result(seen: observation.ZoneObservation, view: observation.SignerView) -> Data:
    """What is returned of one signer: its keys, judged, and its servers' answers."""
    keys = []
    for key in sorted(view.published | view.by_api):
        owners = seen.owners[key]
        keys.append(
            {
                'dnskey': key.text,
                'tag': key.tag,
                'flags': key.flags,
                'algorithm': key.algorithm,
                'role': view.role(key),
                'own': view.name in owners if owners else None,
                'owners': list(owners),
                'authenticated': view.authenticated(key),
            }
        )
    ways = {key['authenticated'] for key in keys}
    return {
        'name': view.name,
        'authenticated': next((way for way in observation.AUTHENTICATED if way in ways), observation.NOT_AUTHENTICATED),
        'disagreement': view.disagreement,
        'errors': list(view.errors),
        'dnskeys': keys,
        'servers': [observation.server_as_dict(server) for server in view.servers],
    }


def zone_as_result(seen: observation.ZoneObservation) -> Data:
    parent = seen.parent
    return {
        'name': seen.zone,
        'signers': [signer_as_result(seen, view) for view in seen.signers],
        'parent': {'name': parent.name, 'zone': parent.zone, 'servers': [observation.parent_server_as_dict(server) for server in parent.servers]},
    }


def errors_of(seen: Look) -> dict[str, list[str]]:
    """For each zone that has any: why it could not be looked at, or what is wrong with single servers."""
    found = {zone: [text] for zone, text in seen.errors.items()}
    for _group, zone in seen.zones:
        texts = [text for view in zone.signers for text in view.errors] + list(zone.parent.errors)
        if texts:
            found[zone.zone] = texts
    return found


def work(task: Task) -> None:
    seen = look(task.params)
    task.exit_json(changed=False, zones=[zone_as_result(zone) for _group, zone in seen.zones], errors=errors_of(seen))


def run(task: Task) -> None:
    carry_out(task, missing_library(), work)


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
