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
requirements:
  - dnspython >= 2.6
  - cryptography
  - requests, where a signer has an API
extends_documentation_fragment:
  - dnssec.multisigner.attributes.info
  - dnssec.multisigner.group
options:
  trust_anchor_file:
    description:
      - File with the trust anchors, as DS or DNSKEY records of a zone file. The root's is usual; that of a private parent zone
        serves where the root does not lead there.
      - The anchors of the root zone that IANA publishes, when it is not given.
    type: path
  resolvers:
    description:
      - Addresses of resolvers that carry the records between the trust anchor and the parent zone. They need not be trusted.
      - The resolvers of this machine, when it is not given.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds that a server has for each of three tries.
    type: float
    default: 5.0
  dest:
    description:
      - File, on the host where this module runs, that the whole observation is written to for
        M(dnssec.multisigner.multisigner_plan). It is a working file of the run and is written in check mode too.
      - With it the result holds only RV(errors), since the data of many zones are too large to be handed around.
    type: path
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
  description: What was seen, one entry for each zone that could be looked at. Not returned with O(dest).
  returned: without O(dest)
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

import asyncio
import json
import os
import time
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._multisigner import group as declared
from ..module_utils._multisigner import observation
from ..module_utils._multisigner.errors import MultisignerError
from ..module_utils._multisigner.observe import Observer
from ..module_utils._multisigner.parallel import in_shares
from ..module_utils._multisigner.resolve import DNSPYTHON_IMPORT_ERROR, find_servers
from ..module_utils._multisigner.signers.api import ApiKeys
from ..module_utils._multisigner.trust import IANA_ROOT_ANCHORS, Chain, read_anchors, system_resolvers

Data = Dict[str, Any]
Seen = Tuple[List[observation.ZoneObservation], Dict[str, str]]  # what was seen of the zones, and the errors of those that could not be looked at


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


def chain(params: Data) -> Chain:
    """The chain of trust from the configured anchor. Raises MultisignerError for a file that cannot be read."""
    path = params['trust_anchor_file']
    if path:
        try:
            with open(path, encoding='utf-8') as file:
                anchors = read_anchors(file.read(), path)
        except (OSError, UnicodeDecodeError) as error:
            raise MultisignerError(f'the trust anchor file {path} cannot be read: {error}', remedy='Correct multisigner_trust_anchor_file') from None
    else:
        anchors = read_anchors(IANA_ROOT_ANCHORS, 'of IANA')
    resolvers = find_servers(params['resolvers']) or system_resolvers()
    return Chain(anchors, resolvers, params['timeout'])


def observe(params: Data, declaration: declared.Declaration) -> Seen:
    now = int(time.time())

    async def look(groups: Sequence[declared.Group]) -> Seen:
        return await Observer(chain(params), ApiKeys().own_keys, params['timeout']).observe(groups, now)

    shares = in_shares(declaration.groups, lambda groups: asyncio.run(look(groups)))
    seen = sorted((zone for zones, _errors in shares for zone in zones), key=lambda zone: zone.zone)
    return seen, {zone: error for _zones, errors in shares for zone, error in errors.items()}


def write(path: str, declaration: declared.Declaration, seen: Sequence[observation.ZoneObservation], errors: Mapping[str, str]) -> None:
    """The whole observation, for multisigner_plan. Raises MultisignerError."""
    data = {
        'groups': [declared.as_dict(group) for group in declaration.groups],
        'zones': [observation.as_dict(zone) for zone in seen],
        'errors': errors,
    }
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w', encoding='utf-8') as file:
            json.dump(data, file)
    except OSError as error:
        raise MultisignerError(f'the observation cannot be written to {path}: {error.strerror}', remedy='Choose a file that can be written') from None


def main() -> None:
    spec = dict(
        trust_anchor_file={'type': 'path'},
        resolvers={'type': 'list', 'elements': 'str', 'default': []},
        timeout={'type': 'float', 'default': 5.0},
        dest={'type': 'path'},
        **declared.GROUP_OPTIONS,
    )
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    if DNSPYTHON_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib('dnspython >= 2.6'), exception=str(DNSPYTHON_IMPORT_ERROR))
    try:
        declaration = declared.declare(module.params['zones'], module.params['signers'], module.params['parents'])
        seen, failed = observe(module.params, declaration)
        failed.update(declaration.errors)
        if module.params['dest']:
            write(module.params['dest'], declaration, seen, failed)
    except MultisignerError as error:
        module.fail_json(msg=str(error))
    errors = {zone: [text] for zone, text in failed.items()}
    for zone in seen:
        found = [text for view in zone.signers for text in view.errors] + list(zone.parent.errors)
        if found:
            errors[zone.zone] = found
    result = {} if module.params['dest'] else {'zones': [zone_as_result(zone) for zone in seen]}
    module.exit_json(changed=False, errors=errors, **result)


if __name__ == '__main__':
    main()
