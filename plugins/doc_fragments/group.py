# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that declare zones, signers and parents (GROUP_OPTIONS in module_utils/_multisigner/group.py):
``extends_documentation_fragment: [dnssec.multisigner.group]``.
"""
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  zones:
    description:
      - The declared zones.
      - What is wrong with one zone is an error of that zone only.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the zone, in ASCII.
        type: str
        required: true
      parent:
        description: Which of O(parents) delegates the zone.
        type: str
        required: true
      signers:
        description: Which of O(signers) sign and serve the zone.
        type: list
        elements: str
        required: true
      leaving:
        description: Signers that still serve the zone and are on their way out.
        type: list
        elements: str
        default: []
      dead:
        description:
          - Those of O(zones[].leaving) that are gone for good and answer no more. Nothing is asked of them or waited for at them.
          - What they told about TTLs and keys is known from the journal only. See the documentation of the pass for what remains at risk.
        type: list
        elements: str
        default: []
      insecure:
        description: Whether the zone is to lose every DS, and with that DNSSEC. Set it only to make a zone insecure on purpose.
        type: bool
        default: false
      max_ttl:
        description: As O(max_ttl), for this zone.
        type: int
      allow_mixed_algorithms:
        description:
          - Whether signers may sign with RSASHA256 here and ECDSAP256SHA256 there.
          - RFC 8901 section 4 asks for one set of algorithms. Most validators accept this mix, those that insist on every
            algorithm do not, and analysers complain.
        type: bool
        default: false
      content:
        description:
          - Where the content of the zone comes from, to be brought to its other signers. Without it, somebody else sees to it that all have the same, and
            nothing of it is looked at or changed.
          - A signer that has not got it in this run is not delegated to.
        type: dict
        suboptions:
          source:
            description: The one of O(zones[].signers) that has it. The others are given what it has.
            type: str
          file:
            description: In place of O(zones[].content.source), the absolute path of a zone file on the controller. Every signer is given what it has.
            type: path
          create:
            description: Whether the zone is created at a signer with the driver V(desec) when it is not there.
            type: bool
            default: false
          report_only:
            description: Whether another tool brings the content to all signers. What differs is told then, and nothing is written.
            type: bool
            default: false
  signers:
    description: Every signer that the zones name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the zones call it.
        type: str
        required: true
      driver:
        description: Its kind, one of V(bind), V(bind_signzone), V(desec), V(knot), V(powerdns), V(rfc2136).
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
      primary:
        description:
          - Name or address of the server that knows the TSIG key. It may be a hidden one.
          - The first of its servers when it is not given.
        type: str
      tsig:
        description: The TSIG key (RFC 8945) with which its primary signs answers to us.
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
      api_url:
        description: Address of its API, for a driver that has one. That of deSEC is known.
        type: str
      api_token:
        description: Token for its API. It never reaches any output.
        type: str
      api_ca_file:
        description: File with the certificates (PEM) of the authorities that its API's certificate is verified by.
        type: path
      api_use_proxy:
        description: Whether the proxy that E(HTTPS_PROXY) names is used for its API.
        type: bool
        default: true
      pins:
        description:
          - For each zone, the signer's KSK or CSK as a DNSKEY record or as the four fields of a DS record, taken from the
            signer by a way that you trust.
          - An answer whose DNSKEY RRset is signed by a pinned key counts as authenticated.
        type: dict
        default: {}
      retiring:
        description:
          - For each zone, those of the signer's own keys, as DNSKEY records, of which its host says that they are on their way out.
          - Their DS are removed when the signer's other keys are in force. BIND goes on with a rollover only then.
        type: dict
        default: {}
      announced:
        description: For each zone, keys, as DNSKEY records, that the signer will publish soon. The others get them beforehand.
        type: dict
        default: {}
      awaits_ds:
        description: For each zone, own keys, as DNSKEY records, of which the signer waits to be told that the parent has their DS, or no more.
        type: dict
        default: {}
      self_announced:
        description: For each zone, own keys, as DNSKEY records, whose CDS and CDNSKEY the signer publishes by its own clock, and takes from nobody.
        type: dict
        default: {}
      ns:
        description:
          - The names in the zone's NS RRset that stand for this signer. They are added when resolvers may be sent to it, and removed
            when it leaves.
          - Without them the NS RRset is left alone, and a signer cannot leave.
        type: list
        elements: str
        default: []
      content_tsig:
        description:
          - The TSIG key with which its zones are transferred and their content is changed, where O(zones[].content) is given.
          - O(signers[].tsig) when it is not given.
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
      same_content:
        description: The zones of which it was seen in this run that this signer has the content that O(zones[].content) names.
        type: list
        elements: str
        default: []
  parents:
    description: Every parent that the zones name.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: What the zones call it.
        type: str
        required: true
      channel:
        description:
          - How DS reach it, one of V(cds), V(desec), V(dnsimple), V(export), V(gandi),
            V(inwx), V(namecom), V(nsupdate), V(ovh), V(porkbun), V(powerdns), V(route53).
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
      csync:
        description:
          - Whether it takes the NS of a zone from the zone itself, where a CSYNC record says so (RFC 7477).
          - Then every signer publishes that record when all of them have the same NS, and the NS at the parent are left to it. It wants the names of
            the servers of every signer.
        type: bool
        default: false
  max_ttl:
    description:
      - The largest TTL in seconds of any record in the zones, and of their DS and NS at the parents. So long data may stay in caches,
        with the signatures of a key, from the time before the zone was signed, or from a time that the journal knows nothing about.
      - One that is too small makes answers bogus. One that is larger than needed costs waiting time.
    type: int
    default: 86400
"""
