#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at zones that several signers serve and says what is wrong, where, for whom, and what to do. Changes nothing."""
from __future__ import annotations

DOCUMENTATION = r"""
module: dnssec_verify
short_description: Find out what is wrong with a multi-signer zone
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Asks every address of every name server of the delegation, of every declared signer, and of the parent, by UDP and TCP.
  - Validates the answers of every server under the keys of every other, as a resolver does that has the keys from one and an answer
    from another, including the proofs that something does not exist.
  - Each finding has a stable code, and says at which server it is, which key it is about, what breaks for whom, and what to do.
  - A zone needs nothing but its name. Its parent and its servers are found by a resolver, and servers are put together to signers by
    the keys that sign there. Where signers are declared, their names are used, and those that are not in the delegation are looked at too.
  - Says also whether a parent that follows RFC 9975 would accept the CDS now, what validators would say that are stricter than
    others, and which complaints analysers on the web are known to have about a zone like this one.
notes:
  - What is in the middle of a join, of a leave or of a rollover done right is V(information) at most.
  - All times are ISO 8601 in UTC.
extends_documentation_fragment:
  - dnssec.multisigner.attributes.info
  - dnssec.multisigner.attributes.controller
requirements:
  - dnspython >= 2.6
  - cryptography
options:
  zones:
    description:
      - The zones to look at.
      - What is wrong with one zone is told of that zone only.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the zone, in ASCII.
        type: str
        required: true
      parent:
        description: Which of O(parents) delegates the zone. The parent zone's servers are found by a resolver when it is not given.
        type: str
      signers:
        description: Which of O(signers) sign and serve the zone.
        type: list
        elements: str
        default: []
      leaving:
        description: Signers that are on their way out.
        type: list
        elements: str
        default: []
      dead:
        description: Those of O(zones[].leaving) that are gone for good. Nothing is asked of them.
        type: list
        elements: str
        default: []
      insecure:
        description: Whether the zone is to lose every DS on purpose. CDS that ask for it are no fault then.
        type: bool
        default: false
      allow_mixed_algorithms:
        description: Whether signers may sign with different algorithms. It is a warning then, not an error.
        type: bool
        default: false
      names:
        description: As O(names), for this zone.
        type: list
        elements: str
        default: []
      transfer:
        description:
          - Whether the zone is transferred (AXFR) from each signer, and the content compared name by name. SOA, the NS of the apex and the
            records of DNSSEC are left out.
          - Signed with O(signers[].tsig) where that is given. Without transfers the content is compared by what the servers answer.
        type: bool
        default: false
  signers:
    description: Every signer that the zones name.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What the zones call it.
        type: str
        required: true
      servers:
        description: Names or addresses of all its public name servers. A name stands for all its addresses.
        type: list
        elements: str
        required: true
      port:
        description: The port of its name servers.
        type: int
        default: 53
      tsig:
        description: The TSIG key (RFC 8945) for transfers from its servers.
        type: dict
        suboptions:
          name:
            description: Name of the key, the same on both sides.
            type: str
            required: true
          algorithm:
            description: Algorithm of the key.
            type: str
            default: hmac-sha256
          secret:
            description: The secret, in base64.
            type: str
            required: true
  parents:
    description: Every parent that the zones name.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: What the zones call it.
        type: str
        required: true
      servers:
        description: Names or addresses of all its authoritative servers. A name stands for all its addresses.
        type: list
        elements: str
        required: true
      port:
        description: The port of its name servers.
        type: int
        default: 53
  names:
    description:
      - Names to ask every server for, beside those that are always asked for and those that the servers' own NSEC records tell of.
      - Relative to the zone, or absolute with a final dot. A C(*) as the first label stands for a fresh name below that wildcard. With a type after
        the name, as in V(mail MX), that type is asked for; else A, AAAA, MX and TXT are.
    type: list
    elements: str
    default: []
  names_file:
    description: A zone file on the machine where this module runs. Every name and type in it is asked for, in zones that the names belong to.
    type: path
  plans:
    description:
      - The RV(dnssec.multisigner.multisigner_plan#module:zones) of M(dnssec.multisigner.multisigner_plan), where there are any.
      - What a plan waits for, and what it is about to bring about, is V(information). Its waits are returned.
    type: list
    elements: dict
    default: []
  journal_content:
    description:
      - The journal of the passes, as M(dnssec.multisigner.multisigner_journal) read it.
      - It tells whose a key is. One that signs nothing, and that not all signers publish, is then a next key or one on its way out, which the
        passes follow; that is V(information). Without it the verifier cannot tell it from one that was forgotten.
    type: str
  bootstrapping:
    description: Whether to look at the signals by which a parent that does RFC 9615 authenticates the first DS of a zone.
    type: bool
    default: false
  fail_on:
    description: The module fails when a zone has a finding of this severity or a worse one. All data is returned all the same.
    type: str
    choices: [critical, error, warning, never]
    default: error
  trust_anchor_file:
    description:
      - File with the trust anchors, as DS or DNSKEY records of a zone file.
      - The anchors of the root zone that IANA publishes, when it is not given.
    type: path
  resolvers:
    description:
      - Addresses of resolvers that find the parent and the servers, and carry the records between the trust anchor and the parent zone. They need
        not be trusted.
      - The resolvers of this machine, when it is not given.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds that a server has for each of three tries. One that has answered nothing in that time is not asked again.
    type: float
    default: 5.0
seealso:
  - module: dnssec.multisigner.dnssec_keys_fetch
  - module: dnssec.multisigner.multisigner_plan
"""

EXAMPLES = r"""
- name: Look at any zone, from anywhere
  dnssec.multisigner.dnssec_verify:
    zones:
      - name: shop.example
  delegate_to: localhost
  register: verified

- name: Print what was found
  ansible.builtin.debug:
    msg: "{{ verified.summary }}"

- name: Look at a zone whose signers are declared, and compare the content
  dnssec.multisigner.dnssec_verify:
    zones:
      - name: shop.example
        parent: registry
        signers: [ns1, desec]
        transfer: true
        names: [www, mail MX, "*.wild"]
    signers:
      - name: ns1
        servers: [192.0.2.1]
        tsig:
          name: multisigner
          secret: "{{ vault_tsig_secret }}"
      - name: desec
        servers: [ns1.desec.io, ns2.desec.org]
    parents:
      - name: registry
        servers: [a.nic.example]
    fail_on: critical
  delegate_to: localhost
"""

RETURN = r"""
worst:
  description: The worst severity of any finding of any zone, V(critical), V(error), V(warning) or V(information). V(critical) where a zone could not be
    looked at.
  returned: always
  type: str
  sample: warning
summary:
  description: A table for people, line by line.
  returned: always
  type: list
  elements: str
  sample:
    - "shop.example: 1 critical"
    - "  CRITICAL 1 foreign_key_missing at desec (192.0.2.53): key 34505 (ECDSAP256SHA256, flags 256) of ns1 is not in its DNSKEY RRset"
errors:
  description: For each zone that could not be looked at at all, why.
  returned: always
  type: dict
  sample: {}
zones:
  description: What was found, one entry for each zone that could be looked at, in the order of their names.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the zone.
      type: str
      sample: shop.example
    time:
      description: When it was looked at.
      type: str
      sample: "2026-03-01T10:00:00Z"
    worst:
      description: The worst severity of its findings; V(information) when there are none.
      type: str
      sample: critical
    secure:
      description: Whether the parent has DS for it that chain to the trust anchor.
      type: bool
      sample: true
    parent:
      description: The parent and what its servers show. TTLs in seconds.
      type: dict
      contains:
        name:
          description: Name of the declared parent, else the name of the parent zone.
          type: str
          sample: registry
        zone:
          description: The parent zone.
          type: str
          sample: example
        servers:
          description: One entry for each address of each server.
          type: list
          elements: dict
          sample:
            - server: a.nic.example (198.51.100.1)
              address: 198.51.100.1
              error: ""
              authenticated: true
              why_not: ""
              ds: ["2371 13 2 c988ec423e3880eb8dd8a46fe06ca230ee23f35b578d64e78b29c3e1c83d245a"]
              ds_ttl: 86400
              ns: [ns1.shop.example, ns1.desec.io]
              ns_ttl: 86400
    signers:
      description: One entry for each signer. Undeclared ones are named after their first name server.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the signer.
          type: str
          sample: ns1
        declared:
          description: Whether it was declared.
          type: bool
          sample: true
        in_delegation:
          description: Whether the NS RRset of the parent, or that of a signer in the delegation, leads to one of its servers.
          type: bool
          sample: true
        leaving:
          description: Whether it was declared as leaving.
          type: bool
          sample: false
        servers:
          description: One entry for each address of each server. Sizes in bytes, TTLs in seconds.
          type: list
          elements: dict
          contains:
            server:
              description: Name and address.
              type: str
              sample: ns1.shop.example (192.0.2.1)
            name:
              description: A host name by which it was found; empty for a declared address that no NS leads to.
              type: str
              sample: ns1.shop.example
            address:
              description: The address, with the port where that is not 53. Findings name servers by it.
              type: str
              sample: 192.0.2.1
            error:
              description: Why there is nothing to say about it; empty where there is.
              type: str
              sample: ""
            in_parent:
              description: Whether the parent's NS RRset leads to it.
              type: bool
              sample: true
            in_zone:
              description: Whether the zone's own NS RRset leads to it.
              type: bool
              sample: true
            signed:
              description: Whether it has a DNSKEY RRset.
              type: bool
              sample: true
            serial:
              description: The serial of its SOA, or null.
              type: int
              sample: 2026010101
            dnskey_size:
              description: Size of its answer to DNSKEY.
              type: int
              sample: 917
            truncated:
              description: Whether that answer did not fit into 1232 bytes over UDP.
              type: bool
              sample: false
            tcp:
              description: Whether it answers over TCP.
              type: bool
              sample: true
            dnskey_ttl:
              description: TTL of its DNSKEY RRset, or null.
              type: int
              sample: 3600
            cds:
              description: Its CDS, in presentation form.
              type: list
              elements: str
              sample: ["2371 13 2 c988ec423e3880eb8dd8a46fe06ca230ee23f35b578d64e78b29c3e1c83d245a"]
            cdnskeys:
              description: Its CDNSKEY, in presentation form.
              type: list
              elements: str
              sample: ["257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="]
            ns:
              description: The NS of the apex.
              type: list
              elements: str
              sample: [ns1.desec.io, ns1.shop.example]
            denial:
              description: How it denies existence.
              type: dict
              sample: {kind: NSEC3, algorithm: 1, iterations: 0, salt: "", opt_out: false}
            expires:
              description: The signature that ends first, of those that were seen, and when. Null when none was.
              type: dict
              sample: {until: "2026-03-14T00:00:00Z", name: shop.example, type: SOA, tag: 34505}
    dnskeys:
      description: Every key that any server publishes.
      type: list
      elements: dict
      contains:
        dnskey:
          description: The RDATA in presentation form. Findings name keys by it.
          type: str
          sample: 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
        tag:
          description: The key tag. Different keys may have the same.
          type: int
          sample: 2371
        algorithm:
          description: The number of the algorithm.
          type: int
          sample: 13
        algorithm_name:
          description: Its mnemonic.
          type: str
          sample: ECDSAP256SHA256
        flags:
          description: The flags.
          type: int
          sample: 257
        role:
          description: V(KSK), V(ZSK) or V(CSK) by what the key signs anywhere, or null when it signs nothing.
          type: str
          sample: CSK
        owners:
          description: The signers at which it signs. Empty when it signs nothing.
          type: list
          elements: str
          sample: [ns1]
        ds:
          description: Whether a DS at the parent names it.
          type: bool
          sample: true
        published_by:
          description: Addresses of the servers that have it in their DNSKEY RRset.
          type: list
          elements: str
          sample: [192.0.2.1, 192.0.2.53]
        signs_keys_at:
          description: Addresses of the servers whose DNSKEY RRset it signs.
          type: list
          elements: str
          sample: [192.0.2.1]
        signs_zone_at:
          description: Addresses of the servers where it signs zone data.
          type: list
          elements: str
          sample: [192.0.2.1]
    probes:
      description: What every server was asked for, as name and type.
      type: list
      elements: str
      sample: ["shop.example. SOA", "www.shop.example. A"]
    matrix:
      description: For every ordered pair of signers, how many RRsets and proofs of the answers of one validate under the keys of the other. Each
        server counts.
      type: list
      elements: dict
      contains:
        keys_of:
          description: Whose DNSKEY RRset.
          type: str
          sample: ns1
        answers_of:
          description: Whose answers.
          type: str
          sample: desec
        valid:
          description: How many validate.
          type: int
          sample: 24
        bogus:
          description: How many do not.
          type: int
          sample: 0
        first_failure:
          description: Name, type and reason of the first that does not; empty when all do.
          type: str
          sample: ""
    findings:
      description: What was found, the worst first. Each thing is told once, at its root.
      type: list
      elements: dict
      contains:
        code:
          description: The stable code.
          type: str
          sample: foreign_key_missing
        number:
          description: Its number in the catalogue, as stable.
          type: int
          sample: 1
        severity:
          description: V(critical), V(error), V(warning) or V(information).
          type: str
          sample: critical
        servers:
          description: Addresses of the servers where it is.
          type: list
          elements: str
          sample: [192.0.2.53]
        signers:
          description: The signers that these belong to.
          type: list
          elements: str
          sample: [desec]
        key:
          description: RDATA of the DNSKEY that it is about, or empty.
          type: str
          sample: 256 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA==
        ds:
          description: RDATA of the DS that it is about, or empty.
          type: str
          sample: ""
        name:
          description: Owner of the record that it is about, or empty.
          type: str
          sample: ""
        type:
          description: Type of that record, or empty.
          type: str
          sample: ""
        what:
          description: What was seen.
          type: str
          sample: key 34505 (ECDSAP256SHA256, flags 256) of ns1 is not in its DNSKEY RRset
        breaks:
          description: What does not work, for whom.
          type: str
          sample: A resolver that has the DNSKEY RRset of desec calls every answer of ns1 bogus
        remedy:
          description: What to do.
          type: str
          sample: Add this DNSKEY at desec
        related:
          description: Codes of findings that follow from this one.
          type: list
          elements: str
          sample: []
    cds:
      description: Whether a parent that follows RFC 9975 and RFC 8078 would act on the CDS and CDNSKEY now.
      type: dict
      contains:
        accepted:
          description: Whether it would, or would find nothing to change.
          type: bool
          sample: true
        change:
          description: V(none), V(add), V(replace), V(delete) or V(refused).
          type: str
          sample: none
        why:
          description: The reasons, naming servers.
          type: list
          elements: str
          sample: [All 2 servers of the delegation name the keys of the DS at the parent]
        bootstrapping:
          description: For O(bootstrapping), what is wrong with the signals of RFC 9615. Null when it was not asked for.
          type: list
          elements: str
          sample: null
    validators:
      description: What different validators would say of the zone, whichever servers they reach.
      type: list
      elements: dict
      contains:
        kind:
          description: V(any_path) accepts any one valid path (RFC 6840 section 5.11), V(all_algorithms) wants one for every algorithm in the DS set, as
            unbound with harden-algo-downgrade, V(strongest_digest) heeds only DS of the strongest digest type, V(strongest_algorithm)
            only those of the strongest algorithm, V(without_NUMBER) lacks that algorithm.
          type: str
          sample: all_algorithms
        verdict:
          description: V(secure), V(insecure) or V(bogus).
          type: str
          sample: secure
        why:
          description: The reason.
          type: str
          sample: Every RRset has a valid signature of algorithm 13 at every server
    analysers:
      description: Complaints that analysers are known to have about a zone like this.
      type: list
      elements: dict
      contains:
        tool:
          description: V(dnsviz), V(zonemaster) or V(verisign).
          type: str
          sample: verisign
        shows:
          description: What it shows, with its own code where it has one.
          type: str
          sample: "No RRSIG of key 2371 over the DNSKEY RRset"
        harmless:
          description: Whether it means nothing for this zone.
          type: bool
          sample: true
        why:
          description: The reason.
          type: str
          sample: Each signer signs the DNSKEY RRset with its own KSK (RFC 8901 section 2.1.2), and one signature of a key with DS is enough
    waits:
      description: What the plan waits for, in the order of time. Empty without a plan.
      type: list
      elements: dict
      sample:
        - for: every resolver to have the DS
          until: "2026-03-01T10:00:00Z"
          reason: "every server of the parent has shown them since 2026-02-28T10:00:00Z; the TTL was up to 86400 s"
"""

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner.task import Task, carry_out, missing_dnspython
from ..module_utils._multisigner.verify.findings import CRITICAL, is_at_least
from ..module_utils._multisigner.verify.run import VERIFY_OPTIONS, verify

SPEC: Dict[str, Any] = {'argument_spec': VERIFY_OPTIONS, 'supports_check_mode': True}
missing_library = missing_dnspython


def work(task: Task) -> None:
    found = verify(task.params)
    limit = task.params['fail_on']
    if limit != 'never' and (found['errors'] or is_at_least(found['worst'], limit)):
        task.fail_json(message(found, limit), changed=False, **found)
    task.exit_json(changed=False, **found)


def message(found: Dict[str, Any], limit: str) -> str:
    """What made the module fail, in one sentence."""
    zones = sorted({*found['errors'], *(zone['name'] for zone in found['zones'] if is_at_least(zone['worst'], limit))})
    named = ', '.join(zones[:10]) + (f' and {len(zones) - 10} more' if len(zones) > 10 else '')
    worse = '' if limit == CRITICAL else ' or worse'
    return f'{len(zones)} of {len(found["zones"]) + len(found["errors"])} zones have findings that are {limit}{worse}: {named}. See the summary.'


def run(task: Task) -> None:
    carry_out(task, missing_library(), work)


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
