#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declares zones to knotd, in an include file of its own, or checks those that the user declared. The work is in
module_utils/_multisigner/nameserver/knot_declare.py."""
from __future__ import annotations

DOCUMENTATION = r"""
---
module: knot_zones
short_description: Declare zones that several signers sign to a Knot DNS server
version_added: 0.1.0
author:
  - The dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Declares zones in one include file, C(multisigner.conf) in O(directory), and adds one C(include) line to the server's C(knot.conf),
    which stays the user's otherwise. knotd signs them with a KSK and a ZSK, or with a CSK.
  - Such a zone has C(dnskey-management incremental), since with Knot's default an update with another signer's key is answered with NOERROR and
    ignored; C(cds-cdnskey-publish always); keys of unlimited life; and a zone file that Knot writes itself, so that what came by updates is there
    after a reload and a restart. The TSIG key may change DNSKEY, CDS and CDNSKEY at the apex, NS and CSYNC too with O(manage_ns), and nothing else.
  - The user's template C(default) does not count for these zones; they have one of their own.
  - Who may use the server's control socket edits the zone's content, by C(knotc zone-begin), C(zone-set), C(zone-unset) and C(zone-commit).
  - A zone that C(knot.conf) declares already and for which no O(zones[].file) is given is left as it is and checked. It is refused, with the
    next thing to do, where it has another C(dnskey-management), a C(ds-push) (which removes the DS of all other signers from the parent), a
    C(dnskey-sync) (by which Knot writes at other signers by itself), CDS for the time of a rollover only, or a zone file that wins over what came
    by updates.
  - A zone file can stay the source of truth, with C(zonefile-load difference-no-serial) and C(zonefile-sync -1), when it includes a file of this
    collection, C($INCLUDE "DIRECTORY/foreign/ZONE.include"). The module lays that file down, and tells the line where it is missing.
    M(dnssec.multisigner.knot_dnskey) fills it.
  - For all of them it tells what Knot's key manager says of the zone's own keys.
  - A new configuration counts only when C(knotc conf-check) has passed it and C(knotc reload) has taken it. Otherwise everything stays.
  - A zone that is in the include file but not in O(zones) stays declared. Name it in O(absent) to take it out.
extends_documentation_fragment:
  - dnssec.multisigner.attributes
  - dnssec.multisigner.knotd
options:
  zones:
    description:
      - The zones to be declared or checked.
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
          - The zone file (unsigned, on the name server, without C($INCLUDE)) with which the zone begins. It is read once.
          - Without it, the zone is one that C(knot.conf) declares, and is only checked.
        type: path
      algorithm:
        description: The algorithm of the zone's own keys, for a zone with O(zones[].file). A change of it is a rollover, and needs O(zones[].roll_keys).
        type: str
        choices: [RSASHA256, RSASHA512, ECDSAP256SHA256, ECDSAP384SHA384, ED25519, ED448]
        default: ECDSAP256SHA256
      new_keys:
        description:
          - Whether keys may be made for a zone that has none in Knot's key database.
          - A zone that is signed elsewhere already, and has a DS at the parent, would become bogus with new keys.
            Bring its keys into the key database instead, by C(keymgr ZONE import-bind) or C(import-pem).
        type: bool
        default: false
      csk:
        description: Whether one key, a CSK, signs all of the zone, and not a KSK and a ZSK, for a zone with O(zones[].file). It cannot be changed later.
        type: bool
        default: false
      roll_keys:
        description:
          - Your word that a changed O(zones[].algorithm) is meant. Knot then rolls the zone's keys over, by itself. It signs everything with the old and
            the new keys, publishes the new ones when no cache can hold data without their signatures, and waits.
          - It takes the old keys out when M(dnssec.multisigner.knot_submission) has told it of the new DS, which that module does when the old DS are gone.
          - Refused as long as Knot works on the keys that it has.
          - It means nothing while the algorithm stays the same.
        type: bool
        default: false
  absent:
    description: Zones that are no longer to be declared. Their files and keys are left where they are.
    type: list
    elements: str
    default: []
  directory:
    description: The folder that this collection owns on the server. knotd reads it, and writes below C(zones) in it.
    type: path
    required: true
  user:
    description: The user that knotd runs as. Without it, who runs the module.
    type: str
  group:
    description: The group that knotd runs as. Without it, that of who runs the module.
    type: str
  tsig:
    description: The TSIG key by which foreign records come in.
    type: dict
    required: true
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
        description: The secret, in base64. It is written into the include file, which only knotd's group can read.
        type: str
        required: true
  nsec3:
    description: Whether denial of existence is by NSEC3 with no salt and no iterations (RFC 9276), as deSEC does. Otherwise by NSEC.
    type: bool
    default: true
  dnskey_ttl:
    description: TTL of the DNSKEY records in seconds.
    type: int
    default: 3600
  policy_options:
    description:
      - Further settings of Knot's C(policy), such as C(propagation-delay), C(rrsig-lifetime), C(keystore).
      - Refused are those on which several signers depend, such as C(dnskey-management) or C(ds-push).
    type: dict
    default: {}
  allow_transfer:
    description: Who may transfer the zones, addresses and prefixes. Nobody by default; name your secondaries here.
    type: list
    elements: str
    default: []
  also_notify:
    description: Addresses of your secondaries, which are told of changes.
    type: list
    elements: str
    default: []
  manage_ns:
    description: Whether the TSIG key may change the NS and CSYNC records at the apex as well.
    type: bool
    default: false
seealso:
  - module: dnssec.multisigner.rfc2136_dnskey
  - module: dnssec.multisigner.knot_dnskey
  - module: dnssec.multisigner.knot_rollover
  - module: dnssec.multisigner.knot_submission
"""

EXAMPLES = r"""
- name: Let knotd sign shop.example, and let one key bring other signers' keys in; talk.example is in knot.conf and is to be fit for that
  dnssec.multisigner.knot_zones:
    knot_conf: /etc/knot/knot.conf
    directory: /var/lib/knot/multisigner
    user: knot
    group: knot
    tsig:
      name: multisigner.ns1
      secret: "{{ vault_tsig_secret }}"
    zones:
      - name: shop.example
        file: /etc/knot/shop.example.zone
        new_keys: true
      - name: talk.example
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
      description: The file that knotd keeps the zone in.
      returned: for a zone that is in the include file
      type: str
      sample: /var/lib/knot/multisigner/zones/shop.example.zone
    include:
      description: The include file that the zone file has, of this collection, in which the other signers' records are.
      returned: for a zone whose zone file is the source of truth
      type: str
      sample: /var/lib/knot/multisigner/foreign/shop.example.include
    own_keys:
      description: The zone's keys whose private part Knot has.
      returned: for a zone that did not fail
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
        state:
          description:
            - V(announced) for a key that is made and not published, V(pre-active) for one of a new algorithm that signs and is not published yet,
              V(published) for one that signs nothing of its own yet, V(ready) for a KSK whose DS Knot waits for, V(active), V(retiring), and V(removed) for
              one that is no longer in the zone and not forgotten yet.
          type: str
          sample: active
    retiring:
      description: The DNSKEY records of those own keys that are on their way out or gone, and of one that signs beside its published successor.
      returned: for a zone that did not fail
      type: list
      elements: str
      sample: []
    awaits_ds:
      description:
        - The DNSKEY records of those own keys whose DS Knot waits for, to be told by M(dnssec.multisigner.knot_submission); and of those of an algorithm
          that is given up, whose DS must be gone before that.
      returned: for a zone that did not fail
      type: list
      elements: str
      sample: []
    announced:
      description:
        - The DNSKEY records of those own keys that were made beforehand, by M(dnssec.multisigner.knot_rollover), or by Knot for another algorithm.
          The other signers are to have them before Knot publishes them.
      returned: for a zone that did not fail
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
from ..module_utils._multisigner.nameserver.files import Access, Disk
from ..module_utils._multisigner.nameserver.knot_declare import KnotDeclarer, Settings
from ..module_utils._multisigner.nameserver.signzone import known_algorithms
from ..module_utils._multisigner.nameserver.tools import Tools
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
            knot_conf=dict(type='path', required=True),
            directory=dict(type='path', required=True),
            user=dict(type='str'),
            group=dict(type='str'),
            tsig=dict(
                type='dict',
                required=True,
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
            allow_transfer=dict(type='list', elements='str', default=[]),
            also_notify=dict(type='list', elements='str', default=[]),
            manage_ns=dict(type='bool', default=False),
        ),
        supports_check_mode=True,
    )
    options = module.params
    try:
        settings = Settings(
            knot_conf=options['knot_conf'],
            directory=options['directory'],
            key=Key(**options['tsig']),
            nsec3=options['nsec3'],
            dnskey_ttl=options['dnskey_ttl'],
            policy_options=options['policy_options'],
            allow_transfer=tuple(options['allow_transfer']),
            also_notify=tuple(options['also_notify']),
            manage_ns=options['manage_ns'],
            owner=Access.of_names('0750', options['user'], options['group']),
            readers=Access.of_names('0750', None, options['group']),
        )
        result = KnotDeclarer(Tools(module), Disk(module.check_mode), settings).serve(options['zones'], options['absent'], module.tmpdir)
    except MultisignerError as error:
        module.fail_json(msg=str(error))
    finish(module, result.outcomes, extra=dict(changed=result.changed, diff=list(result.diff)))


if __name__ == '__main__':
    main()
