#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declares zones to named, in an include file of its own. The work is in module_utils/_multisigner/nameserver/declare.py."""
from __future__ import annotations

DOCUMENTATION = r"""
---
module: bind_zones
short_description: Declare zones that several signers sign to a BIND name server
version_added: 0.1.0
author:
  - The dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Declares zones in one include file, C(multisigner.conf) in O(directory), and adds one C(include) line to the server's C(named.conf),
    which stays the user's otherwise.
  - With O(way=policy) named signs them itself. Each is a dynamic zone with a C(dnssec-policy), without inline-signing, and with an
    C(update-policy) that lets the TSIG key change DNSKEY, CDS and CDNSKEY at the apex, NS and CSYNC too with O(manage_ns), and nothing else.
    This is the only way in which BIND 9.18 and newer alike publish other signers' keys at once.
    Who may read the server's session key (root, named's user) edits the zone's content by C(nsupdate -l).
  - With O(way=signzone) named serves the files that M(dnssec.multisigner.dnssec_signzone) makes.
  - For such zones it also tells what named's key manager says of the zone's own keys, from their C(K*.state) files.
  - A new configuration counts only when C(named-checkconf) has passed it and C(rndc reconfig) has taken it. Otherwise everything stays.
  - A zone that the user's configuration declares already, and for which no O(zones[].file) is given, is left as it is and checked. It has to be signed
    by a C(dnssec-policy) with keys of unlimited life, and to take updates, by C(update-policy { grant KEY name ZONE DNSKEY CDS CDNSKEY; }). What else it
    needs depends on the version of the named that runs, which is asked. With C(inline-signing), BIND before 9.20 loses the other signers' keys, so
    it is refused there. From 9.20 on it works, and C(cds-digest-types) must name those of O(cds_digest_types).
  - Of such a zone with C(inline-signing) it is also seen whether the signed zone follows the unsigned one. It ceases to when another signer's key came in
    with a TTL that is not C(dnskey-ttl). Then the zone fails with what mends it.
  - In C(manual-mode) named is given the word (C(rndc dnssec -step)) to go on with a rollover that it was told to begin.
  - A zone that is in the include file but not in O(zones) stays declared. Name it in O(absent) to take it out.
extends_documentation_fragment:
  - dnssec.multisigner.attributes
  - dnssec.multisigner.named
  - dnssec.multisigner.named.files
options:
  zones:
    description:
      - The zones to be declared.
      - A zone that fails does not stop the others. The module fails at the end and names every zone that failed.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the zone, in ASCII.
        type: str
        required: true
      file:
        description:
          - With O(way=policy), the zone file (unsigned, on the name server) with which the dynamic zone begins.
            It is read once. Later changes are made by C(nsupdate -l) on the server, not by an editor after C(rndc freeze), which leaves
            NSEC3 records of BIND 9.18 with signatures that do not fit.
          - Without it, with O(way=policy), the zone is one that C(named.conf) declares, and is only checked, unless it is in the include file already.
          - Not used with O(way=signzone).
        type: path
      algorithm:
        description: The algorithm of the zone's own keys. With O(way=policy) a change of it is a rollover, and needs O(zones[].roll_keys).
        type: str
        choices: [RSASHA256, RSASHA512, ECDSAP256SHA256, ECDSAP384SHA384, ED25519, ED448]
        default: ECDSAP256SHA256
      new_keys:
        description:
          - Whether keys may be made for a zone that has none here.
          - A zone that is signed elsewhere already, and has a DS at the parent, would become bogus with new keys.
            Copy its C(K*) files into its key folder instead.
        type: bool
        default: false
      csk:
        description:
          - Whether one key, a CSK, signs all of the zone, and not a KSK and a ZSK. Used with O(way=policy).
          - It can be changed later only together with O(zones[].algorithm). BIND 9.18 was seen to leave a zone without any signature
            when its KSK and ZSK were to become a CSK of the same algorithm.
        type: bool
        default: false
      roll_keys:
        description:
          - Your word that, with O(way=policy), a changed O(zones[].algorithm) is meant. named then rolls the zone's keys over, by itself.
          - It signs everything with the old and the new keys at once. The old ones, and their signatures, go when
            M(dnssec.multisigner.bind_checkds) has told it that their DS are withdrawn, and C(parent-ds-ttl) has passed since.
          - Refused as long as named does not take the keys that it has for settled, because then it could give them up while the parent
            has a DS of them.
          - It means nothing while the algorithm stays the same.
        type: bool
        default: false
  absent:
    description: Zones that are no longer to be declared. Their files and keys are left where they are.
    type: list
    elements: str
    default: []
  way:
    description: Who signs, named itself by V(policy), or M(dnssec.multisigner.dnssec_signzone) by V(signzone).
    type: str
    choices: [policy, signzone]
    required: true
  named_conf:
    description: The server's C(named.conf).
    type: path
    required: true
  directory:
    description:
      - The folder that this collection owns on the server. named reads it, and with O(way=policy) writes below C(zones) and C(keys) in it.
      - Of a zone that C(named.conf) declares there is a link to its C(key-directory) below C(keys).
      - Where AppArmor or SELinux guard named, it must be where named may write, such as below C(/var/lib/bind) on Debian and below
        C(/var/named/dynamic) on RHEL.
    type: path
    required: true
  tsig:
    description: The TSIG key by which foreign records come in. Needed with O(way=policy).
    type: dict
    suboptions:
      name:
        description: Name of the key.
        type: str
        required: true
      algorithm:
        description: Its algorithm.
        type: str
        choices: [hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512]
        default: hmac-sha256
      secret:
        description: The secret, in base64. It is written into the include file, which only named's group can read.
        type: str
        required: true
  nsec3:
    description: Whether denial of existence is by NSEC3 with no salt and no iterations (RFC 9276), as deSEC does. Otherwise by NSEC.
    type: bool
    default: true
  dnskey_ttl:
    description: TTL of the DNSKEY records in seconds, with O(way=policy).
    type: int
    default: 3600
  cds_digest_types:
    description:
      - Digest types of the CDS records that the signers of the zones publish. deSEC publishes both.
      - Where BIND knows C(cds-digest-types), 9.20 and later, it publishes these for its own keys, and takes CDS of other types out of the zone.
    type: list
    elements: int
    choices: [2, 4]
    default: [2]
  policy_options:
    description:
      - Further statements of BIND's C(dnssec-policy), with O(way=policy), such as C(parent-ds-ttl), C(max-zone-ttl), C(signatures-validity).
      - C(named-checkconf) says when one is wrong.
    type: dict
    default: {}
  allow_transfer:
    description: Who may transfer the zones (an address match list, element by element). Nobody by default; name your secondaries here.
    type: list
    elements: str
    default: []
  also_notify:
    description:
      - Addresses of your secondaries, which are told of changes.
      - Others are not told, because the zone's NS records name other signers' servers as well.
    type: list
    elements: str
    default: []
  manage_ns:
    description: Whether the TSIG key may change the NS and CSYNC records at the apex as well, with O(way=policy).
    type: bool
    default: false
seealso:
  - module: dnssec.multisigner.dnssec_signzone
  - module: dnssec.multisigner.bind_checkds
  - module: dnssec.multisigner.bind_rollover
"""

EXAMPLES = r"""
- name: Let named sign shop.example, and let one key bring other signers' keys in
  dnssec.multisigner.bind_zones:
    way: policy
    named_conf: /etc/bind/named.conf
    directory: /var/lib/bind/multisigner
    user: bind
    group: bind
    tsig:
      name: multisigner.ns1
      secret: "{{ vault_tsig_secret }}"
    zones:
      - name: shop.example
        file: /etc/bind/shop.example.zone
        algorithm: ECDSAP256SHA256
        new_keys: true

- name: Roll its keys over from the algorithm that it was declared with to another one
  dnssec.multisigner.bind_zones:
    way: policy
    named_conf: /etc/bind/named.conf
    directory: /var/lib/bind/multisigner
    user: bind
    group: bind
    tsig:
      name: multisigner.ns1
      secret: "{{ vault_tsig_secret }}"
    zones:
      - name: shop.example
        algorithm: ECDSAP384SHA384
        roll_keys: true
"""

RETURN = r"""
zones:
  description: What happened to each zone.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the zone.
      type: str
      sample: shop.example
    changed:
      description: Whether its declaration or its files changed.
      type: bool
      sample: true
    added:
      description: Always empty. Records of other signers do not come by this module.
      type: list
      elements: str
      sample: []
    removed:
      description: Always empty.
      type: list
      elements: str
      sample: []
    zone_file:
      description: The file that named serves the zone from.
      returned: for a zone that is declared
      type: str
      sample: /var/lib/bind/multisigner/zones/shop.example.db
    own_keys:
      description:
        - The zone's keys whose private part is on this server. A new zone may not have them all in the first run.
        - A state is one of V(hidden), V(rumoured), V(omnipresent) and V(unretentive), as BIND's documentation of C(dnssec-policy) tells them,
          and none where the key has no such state, or where named has not had the key yet.
      returned: for a zone that is declared with O(way=policy) and did not fail
      type: list
      elements: dict
      contains:
        dnskey:
          description: The key as a DNSKEY record.
          type: str
          sample: DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
        role:
          description: One of V(KSK), V(ZSK), V(CSK).
          type: str
          sample: KSK
        goal:
          description:
            - What the key manager is after, V(omnipresent) for a key in use.
            - V(hidden) for one on its way out, and for one that was made beforehand and is not in use yet.
          type: str
          sample: omnipresent
        dnskey_state:
          description: State of the DNSKEY record.
          type: str
          sample: omnipresent
        zrrsig_state:
          description: State of the signatures of the zone's data. Not for a KSK.
          type: str
          sample:
        krrsig_state:
          description: State of the signature of the DNSKEY RRset. Not for a ZSK.
          type: str
          sample: omnipresent
        ds_state:
          description: State of the DS at the parent, as named was told by M(dnssec.multisigner.bind_checkds). Not for a ZSK.
          type: str
          sample: rumoured
    retiring:
      description: The DNSKEY records of those own keys that were in the zone and are on their way out or gone (their goal is V(hidden)).
      returned: for a zone that is declared with O(way=policy) and did not fail
      type: list
      elements: str
      sample: []
    awaits_ds:
      description: The DNSKEY records of those own keys of which named waits to be told what the parent has, by M(dnssec.multisigner.bind_checkds).
      returned: for a zone that is declared with O(way=policy) and did not fail
      type: list
      elements: str
      sample: []
    announced:
      description:
        - The DNSKEY records of those own keys that were made beforehand, by M(dnssec.multisigner.bind_rollover) or C(dnssec-keygen -G), and that
          named takes for its next rollover. The other signers are to have them before that.
      returned: for a zone that is declared with O(way=policy) and did not fail
      type: list
      elements: str
      sample: []
    self_announced:
      description:
        - The DNSKEY records of those own keys whose CDS and CDNSKEY named publishes by its own clock, and takes from nobody, those of a zone with
          inline-signing.
      returned: for a zone that is declared with O(way=policy) and did not fail
      type: list
      elements: str
      sample: []
    failed:
      description: Whether the zone failed.
      type: bool
      sample: false
    msg:
      description: What went wrong, where, and what to do next. Empty when nothing went wrong.
      type: str
      sample: ""
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner.errors import MultisignerError
from ..module_utils._multisigner.nameserver.blocks import Key
from ..module_utils._multisigner.nameserver.declare import BY_HAND, POLICY, Declarer, Settings
from ..module_utils._multisigner.nameserver.files import Access, Disk
from ..module_utils._multisigner.nameserver.signzone import known_algorithms
from ..module_utils._multisigner.nameserver.tools import Rndc, Tools
from ..module_utils._multisigner.outcome import finish


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            zones=dict(
                type='list',
                elements='dict',
                required=True,
                options=dict(
                    name=dict(type='str', required=True),
                    file=dict(type='path'),
                    algorithm=dict(type='str', choices=known_algorithms(), default='ECDSAP256SHA256'),
                    new_keys=dict(type='bool', default=False, no_log=False),
                    csk=dict(type='bool', default=False),
                    roll_keys=dict(type='bool', default=False, no_log=False),
                ),
            ),
            absent=dict(type='list', elements='str', default=[]),
            way=dict(type='str', choices=[POLICY, BY_HAND], required=True),
            named_conf=dict(type='path', required=True),
            directory=dict(type='path', required=True),
            tsig=dict(
                type='dict',
                no_log=False,  # the secret in it is what must not be seen
                options=dict(
                    name=dict(type='str', required=True),
                    algorithm=dict(type='str', choices=['hmac-sha224', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'], default='hmac-sha256'),
                    secret=dict(type='str', required=True, no_log=True),
                ),
            ),
            nsec3=dict(type='bool', default=True),
            dnskey_ttl=dict(type='int', default=3600, no_log=False),
            policy_options=dict(type='dict', default={}),
            cds_digest_types=dict(type='list', elements='int', choices=[2, 4], default=[2]),
            allow_transfer=dict(type='list', elements='str', default=[]),
            also_notify=dict(type='list', elements='str', default=[]),
            manage_ns=dict(type='bool', default=False),
            user=dict(type='str'),
            group=dict(type='str'),
            rndc=dict(type='str', default='rndc'),
        ),
        required_if=[('way', POLICY, ['tsig'])],
        supports_check_mode=True,
    )
    options = module.params
    tools = Tools(module)
    try:
        settings = Settings(
            way=options['way'],
            named_conf=options['named_conf'],
            directory=options['directory'],
            key=Key(**options['tsig']) if options['tsig'] else None,
            nsec3=options['nsec3'],
            dnskey_ttl=options['dnskey_ttl'],
            policy_options=options['policy_options'],
            cds_digest_types=tuple(sorted(set(options['cds_digest_types']))),
            allow_transfer=tuple(options['allow_transfer']),
            also_notify=tuple(options['also_notify']),
            manage_ns=options['manage_ns'],
            owner=Access.of_names('0750', options['user'], options['group']),
            readers=Access.of_names('0750', None, options['group']),
            rndc=Rndc(tools, options['rndc']),
        )
        result = Declarer(tools, Disk(module.check_mode), settings).serve(options['zones'], options['absent'], module.tmpdir)
    except MultisignerError as error:
        module.fail_json(msg=str(error))
    finish(module, result.outcomes, extra=dict(changed=result.changed, diff=list(result.diff)))


if __name__ == '__main__':
    main()
