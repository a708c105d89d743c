# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of registry_ds: its documentation, its options, and one call. What it does is in _multisigner/dsset.py and _multisigner/parents/."""
from __future__ import annotations

DOCUMENTATION = r"""
module: registry_ds
short_description: Bring the DS set of all signers of a zone, and its NS, to its parent
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Computes the DS set of zones that several signers sign at once (RFC 8901, model 2) from the KSKs and CSKs of all of them,
    with one set of digest types for every key, and compares it with what every server of the parent shows.
  - With O(channel=export) it writes the set as files, in the forms that registries ask for, for somebody to carry there.
    With O(channel=nsupdate) it writes the set into the parent zone by an RFC 2136 update.
  - NS are added and removed name by name, and only where O(zones[].ns_add) or O(zones[].ns_remove) say so.
  - It runs on the controller and needs no access to the signers other than DNS.
  - It removes the DS in O(zones[].remove) and no other ones, and only when every server of the parent shows the whole DS set. What is to
    be added is added first and seen at every server. The same call then removes, because a later one could see no more than that.
  - It refuses an empty set, a set that leaves a signer without a DS, a DS for a key that is not in its signer's DNSKEY RRset,
    SHA-1 digests, the removal of a DS that a listed signer is to keep, and that of the last NS. In these cases nothing is written.
requirements:
  - dnspython 2.6 or newer
  - requests, for a channel that is an API
extends_documentation_fragment:
  - dnssec.multisigner.attributes
  - dnssec.multisigner.attributes.controller
options:
  zones:
    description:
      - The zones.
      - A zone that fails does not stop the others. The module fails at the end and names every zone that failed.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the zone, in ASCII.
        type: str
        required: true
      signers:
        description:
          - Every signer that the zone is, or is about to be, delegated to. The DS of each of them are published and stay.
          - Empty only with O(zones[].insecure=true).
        type: list
        elements: dict
        required: true
        suboptions:
          name:
            description: Name of the signer, for messages and files.
            type: str
            required: true
          sep_keys:
            description:
              - The signer's own KSKs or CSKs, at least one; for each of them a DS is made.
              - As records in the form of zone files, C([OWNER [TTL] [IN]] DNSKEY RDATA), or as their RDATA alone.
            type: list
            elements: str
            required: true
          dnskeys:
            description:
              - The DNSKEY RRset that the signer publishes now, in the same form. A key of O(zones[].signers[].sep_keys) that is
                not in it is an error.
              - Required unless O(zones[].signers[].servers) is given.
            type: list
            elements: str
            default: []
          servers:
            description:
              - Names or addresses of the signer's servers. With them, the module asks each of them for its DNSKEY RRset. Every key of
                O(zones[].signers[].sep_keys) must be there and must have made a signature over it that is valid.
            type: list
            elements: str
            default: []
          port:
            description: Port of O(zones[].signers[].servers).
            type: int
            default: 53
      remove:
        description:
          - DS that may go now, as C(KEYTAG ALGORITHM DIGESTTYPE DIGEST) or as whole records. One that the parent does not have is no error.
          - One that is of a key in O(zones[].signers[].sep_keys), with one of O(digest_types), is an error, so that every signer stays
            covered by a DS of a key that signs its DNSKEY RRset.
          - Whether resolvers can do without them is not seen at the parent. M(dnssec.multisigner.multisigner_plan) keeps these waits.
        type: list
        elements: str
        default: []
      ns_add:
        description:
          - Names of servers of which the parent is to have NS records.
          - Glue is not handled. With O(channel=nsupdate) a name at or below the zone is refused unless the parent has an address record of it.
        type: list
        elements: str
        default: []
      ns_remove:
        description:
          - Names of servers of which the parent is to have no NS records any more.
          - It is an error when no other NS would be left. They go only when those in O(zones[].ns_add) are at every server of the parent.
        type: list
        elements: str
        default: []
      insecure:
        description:
          - Your word that the zone is to be unsigned. Only then can O(zones[].signers) be empty, and only then can its last DS be removed.
          - From then on nothing protects its answers against forgery. The signers must go on signing until no resolver holds a DS,
            for at least the TTL of the DS RRset that is removed. Every answer is bogus to such a resolver otherwise.
        type: bool
        default: false
  channel:
    description:
      - How the DS set, and the NS, reach the parent.
      - V(export) writes five files for each zone into a folder of its name below O(export_dir) and leaves the rest to a person.
        C(dsset) has the records as C(dnssec-dsfromkey) prints them, C(ds.json) the data of DS and keys with the field names of RFC 5910,
        C(fields.txt) each field by itself as web forms ask for them, C(whois.txt) what whois will show of a C(.jp) name once this is
        registered, and C(nsupdate.txt) a script for C(nsupdate) that adds the records.
        What is to be removed, and the NS to be added, are in C(fields.txt), C(ds.json) and C(nsupdate.txt). The script removes nothing
        unless all that it adds is there. A file that has the right content is not touched.
      - V(nsupdate) sends RFC 2136 updates to the parent's primary, with the RRset that was read as a prerequisite, so that a change
        made by somebody else in between is never overwritten. In this order, DS and NS are added, and NS and DS are removed. Each update
        is read back at every server of the parent before the next. A new NS gets the TTL of the NS RRset that is there.
      - V(cds) is for a parent that follows the CDS and CDNSKEY of the zone (RFC 7344), which its signers must publish by then. They are
        looked at as the parent does it, at every server of the delegation. When it would make the wanted DS set of them, it is notified
        where its DSYNC record says so (RFC 9859). It is never told to look at something else. Nothing is written, and what the parent
        makes of it is seen in a later call, see RV(zones[].pending).
      - V(desec) and V(powerdns) replace the DS and NS RRsets of the zone in a parent zone that is hosted at deSEC, or is at a PowerDNS Authoritative,
        while they are the ones that the parent's servers show.
      - V(dnsimple), V(gandi), V(inwx), V(namecom), V(ovh), V(porkbun) and V(route53) are the registrars DNSimple, Gandi, INWX, Name.com, OVHcloud,
        Porkbun, and Amazon Route 53 Domains. See the collection's guide to parents for what each of them needs. They take NS as whole sets, which
        are replaced only while they are the ones that the parent's servers show.
        What they take is shown by the registry some time later, see RV(zones[].pending). They are tested against a stand-in of their
        documented contract, not against the live service.
    type: str
    choices:
      - cds
      - desec
      - dnsimple
      - export
      - gandi
      - inwx
      - namecom
      - nsupdate
      - ovh
      - porkbun
      - powerdns
      - route53
    required: true
  api_url:
    description:
      - Where the API is, for a channel that has one. Without it, where the provider says that it is.
      - Only C(https) is accepted, with O(channel=powerdns) also C(http) to a loopback address that is written as a number. Redirects are not followed.
    type: str
  api_user:
    description:
      - The account at the API. With O(channel=dnsimple) its number, with O(channel=inwx) and O(channel=namecom) the name of the user, with
        O(channel=route53) the access key ID.
    type: str
  api_token:
    description:
      - The token for the API. It never appears in results, diffs or messages.
      - With O(channel=porkbun) the API key, with O(channel=ovh) the application key. With O(channel=route53) the session token, where there is one.
    type: str
  api_secret:
    description:
      - What the API asks for beside that. It never appears in results, diffs or messages.
      - With O(channel=porkbun) the secret API key, with O(channel=ovh) the application secret, with O(channel=inwx) the password, with
        O(channel=route53) the secret access key.
    type: str
  api_consumer_key:
    description: With O(channel=ovh) the consumer key. It never appears in results, diffs or messages.
    type: str
  api_ca_file:
    description: File with the certificates (PEM) of the authority that signed the API's certificate. Without it, those that Python's C(requests) trusts.
    type: path
  api_use_proxy:
    description: Whether the proxy that E(HTTPS_PROXY) and E(NO_PROXY) name is used for the API.
    type: bool
    default: true
  bootstrapping:
    description:
      - With O(channel=cds), whether the parent takes the first DS of a zone from its CDS, because it does that (RFC 9615), or because
        somebody confirmed it there.
      - Nothing authenticates the CDS of a zone without DS, so without this such a zone is an error.
    type: bool
    default: false
  export_dir:
    description: Folder for the files, on the controller. It is made when it does not exist. Required with O(channel=export).
    type: path
  servers:
    description:
      - Names or addresses of all authoritative servers of the parent zone. Each of them is asked.
      - One that does not answer, or that shows another DS set or other NS than the others, is an error.
    type: list
    elements: str
    required: true
  server:
    description:
      - Name or address of the parent's primary server, which takes updates. It is asked as well.
      - Without it, the first of O(servers).
    type: str
  port:
    description: Port of the parent's servers.
    type: int
    default: 53
  parent_zone:
    description: Name of the parent zone. Without it, it is found from the answers of the parent's servers.
    type: str
  tsig:
    description:
      - The TSIG key for the parent's primary server. Required with O(channel=nsupdate).
    type: dict
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
  digest_types:
    description:
      - Digest types of the DS, the same for every key. V(2) is SHA-256, V(4) is SHA-384.
      - Every other one is an error (RFC 9905). So is a DS of another type that the parent has of a key in
        O(zones[].signers[].sep_keys), unless it is in O(zones[].remove).
    type: list
    elements: int
    default: [2]
  ttl:
    description: TTL in seconds of a DS RRset that does not exist yet. One that exists keeps its TTL.
    type: int
    default: 3600
  timeout:
    description: How many seconds an answer may take, for each attempt.
    type: float
    default: 5.0
  max_wait:
    description: How many seconds the parent's servers may take to show what was written, for each zone.
    type: float
    default: 60.0
seealso:
  - module: dnssec.multisigner.dnssec_keys_fetch
    description: Tells the keys of every signer.
  - module: dnssec.multisigner.multisigner_plan
    description: Tells when the DS set is due.
  - name: RFC 8901
    description: Multi-Signer DNSSEC Models.
    link: https://www.rfc-editor.org/rfc/rfc8901
  - name: RFC 2136
    description: Dynamic Updates in the Domain Name System.
    link: https://www.rfc-editor.org/rfc/rfc2136
"""

EXAMPLES = r"""
- name: Write what is to be registered for a .jp name
  dnssec.multisigner.registry_ds:
    channel: export
    export_dir: ds-to-register
    servers:
      - a.dns.jp
      - b.dns.jp
    zones:
      - name: shop.example.jp
        signers:
          - name: ns1
            servers: [ns1.example.jp]
            sep_keys:
              - shop.example.jp. DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
          - name: desec
            servers: [ns1.desec.io, ns2.desec.org]
            sep_keys:
              - DNSKEY 257 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA==
  register: ds

- name: Write the DS set into a parent zone of our own
  dnssec.multisigner.registry_ds:
    channel: nsupdate
    servers:
      - 192.0.2.1
      - 192.0.2.2
    tsig:
      name: registry
      secret: "{{ registry_tsig_secret }}"
    zones: "{{ delegations }}"

- name: Take a signer off the delegation, and the DS of a key that has been rolled
  dnssec.multisigner.registry_ds:
    channel: nsupdate
    servers: [192.0.2.1, 192.0.2.2]
    tsig:
      name: registry
      secret: "{{ registry_tsig_secret }}"
    zones:
      - name: shop.example
        signers:
          - name: ns1
            servers: [ns1.example.net]
            sep_keys:
              - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
        ns_remove:
          - ns1.old-provider.example
        remove:
          - 60485 13 2 d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a
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
      description: The DS and NS that were added at the parent by O(channel=nsupdate).
      type: list
      elements: str
      sample: ["DS 60485 13 2 d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a"]
    removed:
      description: The DS and NS that were removed there.
      type: list
      elements: str
      sample: []
    ds:
      description: The DS set that the parent is to show.
      type: list
      elements: str
      sample: ["shop.example. IN DS 60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A"]
    present:
      description: What each server of the parent showed before anything was written.
      type: list
      elements: dict
      contains:
        server:
          description: The server.
          type: str
          sample: a.dns.jp (203.119.1.1)
        ds:
          description: Its DS set.
          type: list
          elements: str
          sample: []
        ttl:
          description: TTL of its DS RRset in seconds, V(0) without DS.
          type: int
          sample: 0
        ns:
          description: The names in its NS RRset. Empty unless O(zones[].ns_add) or O(zones[].ns_remove) are given.
          type: list
          elements: str
          sample: []
    missing:
      description: The DS of RV(zones[].ds) that the parent did not show.
      type: list
      elements: str
      sample: ["shop.example. IN DS 60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A"]
    unknown:
      description: The DS that the parent showed and that are neither in RV(zones[].ds) nor in O(zones[].remove). They are left alone.
      type: list
      elements: str
      sample: []
    exported:
      description: The files of this zone, with O(channel=export).
      type: list
      elements: str
      sample: [ds-to-register/shop.example/ds.json, ds-to-register/shop.example/dsset]
    requests:
      description:
        - What would be sent to the parent, in check mode, in this order. Secrets are not in it.
        - Empty with O(channel=export), and when the parent has been given everything before.
      type: list
      elements: str
      sample: ["update add shop.example. 3600 IN DS 60485 13 2 d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a"]
    pending:
      description:
        - Whether the parent has been given what its servers do not show yet. It is no failure. A later call sees how it came out, and
          does only then what comes next.
      type: bool
      sample: false
    note:
      description: What is to be known of the zone though nothing failed, with its name. Empty when there is nothing.
      type: str
      sample: ""
    failed:
      description: Whether this zone failed.
      type: bool
      sample: false
    msg:
      description: What was done, or what is wrong and what to do next.
      type: str
      sample: "Added 1 DS at 192.0.2.1. Every server of the parent shows it."
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..module_utils._multisigner.errors import MultisignerError
from ..module_utils._multisigner.json_api import REQUESTS_IMPORT_ERROR
from ..module_utils._multisigner.outcome import finish
from ..module_utils._multisigner.parents.base import Parent, Writing
from ..module_utils._multisigner.parents.channels import CHANNELS
from ..module_utils._multisigner.parents.publish import Registration
from ..module_utils._multisigner.resolve import TSIG_OPTION, Tsig, find_servers
from ..module_utils._multisigner.task import Task, carry_out, missing_dnspython

SIGNER_OPTIONS = dict(
    name=dict(type='str', required=True),
    sep_keys=dict(type='list', elements='str', required=True, no_log=False),
    dnskeys=dict(type='list', elements='str', default=[], no_log=False),
    servers=dict(type='list', elements='str', default=[]),
    port=dict(type='int', default=53),
)
ARGUMENT_SPEC = dict(
    zones=dict(
        type='list',
        elements='dict',
        required=True,
        options=dict(
            name=dict(type='str', required=True),
            signers=dict(type='list', elements='dict', required=True, options=SIGNER_OPTIONS),
            remove=dict(type='list', elements='str', default=[]),
            ns_add=dict(type='list', elements='str', default=[]),
            ns_remove=dict(type='list', elements='str', default=[]),
            insecure=dict(type='bool', default=False),
        ),
    ),
    channel=dict(type='str', choices=sorted(CHANNELS), required=True),
    api_url=dict(type='str'),
    api_user=dict(type='str'),
    api_token=dict(type='str', no_log=True),
    api_secret=dict(type='str', no_log=True),
    api_consumer_key=dict(type='str', no_log=True),
    api_ca_file=dict(type='path'),
    api_use_proxy=dict(type='bool', default=True),
    bootstrapping=dict(type='bool', default=False),
    export_dir=dict(type='path'),
    servers=dict(type='list', elements='str', required=True),
    server=dict(type='str'),
    port=dict(type='int', default=53),
    parent_zone=dict(type='str'),
    tsig=TSIG_OPTION,
    digest_types=dict(type='list', elements='int', default=[2]),
    ttl=dict(type='int', default=3600),
    timeout=dict(type='float', default=5.0),
    max_wait=dict(type='float', default=60.0),
)


SPEC: dict[str, Any] = {
    'argument_spec': ARGUMENT_SPEC,
    'supports_check_mode': True,
    'required_if': [('channel', 'export', ['export_dir']), ('channel', 'nsupdate', ['tsig'])],
}
missing_library = missing_dnspython


def work(task: Task) -> None:
    options = task.params
    servers = find_servers(options['servers'], options['port'])
    if not servers:
        raise MultisignerError('no server of the parent is given', remedy='List all its authoritative servers in "servers"')
    primary = find_servers([options['server']], options['port'])[0] if options['server'] else servers[0]
    channel = CHANNELS[options['channel']]
    connect = channel.connect if isinstance(channel, Writing) else None
    if connect is not None and REQUESTS_IMPORT_ERROR is not None:
        task.fail_json(str(missing_required_lib('requests')))
    parent = Parent(
        servers=tuple(dict.fromkeys((primary, *servers))),
        primary=primary,
        tsig=Tsig.from_option(options['tsig']),
        zone=options['parent_zone'] or '',
        ttl=options['ttl'],
        timeout=options['timeout'],
        max_wait=options['max_wait'],
        export_dir=options['export_dir'] or '',
        bootstrapping=options['bootstrapping'],
        client=connect(options) if connect is not None else None,
    )
    registration = Registration(parent, channel, tuple(sorted(set(options['digest_types']))), task.check_mode)
    finish(task, registration.run(options['zones']))


def run(task: Task) -> None:
    carry_out(task, missing_library(), work)


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
