#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signs zones by hand on a BIND name server, when there is a reason to. The work is in module_utils/_multisigner/nameserver/signzone.py."""
from __future__ import annotations

DOCUMENTATION = r"""
---
module: dnssec_signzone
short_description: Sign zones by hand on a BIND name server, when there is a reason to
version_added: 0.1.0
author:
  - The dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Signs zone files with C(dnssec-signzone), together with the foreign records that M(dnssec.multisigner.dnssec_importkey) keeps,
    and has named load the result.
  - It signs only when there is a reason. The zone file (with what it includes), the foreign records, the own keys (and which of their
    times have come) or the settings changed, or the signatures end soon. The reason is in RV(zones[].msg).
    A small file beside the signed one remembers what was signed.
  - The zone file is never edited. The signed zone gets the serial of the zone file when that is newer than the one last served, and
    else the last one plus one (RFC 1982).
  - The zone file is checked first, the signed zone before it is put in place, and it is replaced at once. Whatever fails, named goes on
    serving what it served.
  - A zone that has no keys yet gets a KSK and a ZSK. A zone that was signed before and whose keys are gone is an error.
requirements:
  - BIND 9.16 or newer with its tools, on the name server (Debian C(bind9) and C(bind9-utils); RHEL C(bind-utils) and C(bind-dnssec-utils))
  - Python 3.8 or newer on the name server; no other package
extends_documentation_fragment:
  - dnssec.multisigner.attributes
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
      file:
        description:
          - The unsigned zone file, on the name server. C($INCLUDE) names in it are relative to its own folder.
          - It must not hold DNSKEY, CDS, CDNSKEY or signatures.
        type: path
        required: true
      algorithm:
        description: The algorithm of the zone's own keys. It cannot be changed here once there are keys.
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
  directory:
    description: Folder of the signed files, C(ZONE.signed).
    type: path
    required: true
  foreign_directory:
    description: The O(dnssec.multisigner.dnssec_importkey#module:directory) of M(dnssec.multisigner.dnssec_importkey).
    type: path
    required: true
  key_directory:
    description:
      - Folder of the own keys. Each zone has a folder of its own in it.
      - The keys are read by the user who runs this module only. named does not need them.
      - The times in the key files (C(dnssec-settime)) are followed, as by C(dnssec-signzone -S).
    type: path
    required: true
  nsec3:
    description: Whether denial of existence is by NSEC3 with no salt and no iterations (RFC 9276), as deSEC does. Otherwise by NSEC.
    type: bool
    default: true
  validity:
    description: How many seconds the signatures are valid.
    type: int
    default: 1209600
  refresh:
    description: The zone is signed anew when its signatures are valid for less than this many seconds. Run the module more often than that.
    type: int
    default: 604800
  dnskey_ttl:
    description: TTL of the DNSKEY, CDS and CDNSKEY records in seconds.
    type: int
    default: 3600
  cds_digest_types:
    description:
      - Digest types of the CDS records of the own KSKs, V(2) (SHA-256) and V(4) (SHA-384). A CDNSKEY goes with them.
        With an empty list there are neither.
      - They are written by this module, because C(dnssec-signzone) of BIND 9.18 knows SHA-256 only.
    type: list
    elements: int
    choices: [2, 4]
    default: [2]
  rndc:
    description:
      - The command C(rndc), with its options if named listens elsewhere. named is told to reload each zone that was signed, and asked
        whether it has the new serial.
      - Without it, nothing is reloaded.
    type: str
  owner:
    description: Owner of the signed files. Without it, who runs the module.
    type: str
  group:
    description: Group of the signed files. Without it, that of who runs the module.
    type: str
  mode:
    description: Mode of the signed files, as an octal string. The folder has it with leave to enter.
    type: str
    default: '0644'
seealso:
  - module: dnssec.multisigner.dnssec_importkey
"""

EXAMPLES = r"""
- name: Sign talk.example if there is a reason to
  dnssec.multisigner.dnssec_signzone:
    directory: /var/lib/bind/multisigner/signed
    foreign_directory: /var/lib/bind/multisigner/foreign
    key_directory: /var/lib/bind/multisigner/keys
    rndc: rndc
    group: bind
    mode: '0640'
    zones:
      - name: talk.example
        file: /etc/bind/talk.example.zone
        algorithm: ECDSAP256SHA256
        new_keys: true
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
      sample: talk.example
    changed:
      description: Whether the zone was signed.
      type: bool
      sample: true
    added:
      description: DNSKEY, CDS and CDNSKEY records that the signed zone has and the one before had not.
      type: list
      elements: str
      sample: ["DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="]
    removed:
      description: DNSKEY, CDS and CDNSKEY records that the signed zone before had and the new one has not.
      type: list
      elements: str
      sample: []
    signed_file:
      description: The file that named serves.
      returned: when the zone did not fail
      type: str
      sample: /var/lib/bind/multisigner/signed/talk.example.signed
    serial:
      description: The serial of the signed zone.
      returned: when the zone did not fail, and not in check mode for a zone that would be signed
      type: int
      sample: 2027013101
    expires:
      description: When its signatures end, in UTC.
      returned: when the zone did not fail, and not in check mode for a zone that would be signed
      type: str
      sample: "2027-02-14T10:00:00Z"
    failed:
      description: Whether the zone failed. named goes on serving what it served.
      type: bool
      sample: false
    msg:
      description: Why it was signed; or what went wrong, where, and what to do next.
      type: str
      sample: "Signed: the foreign records changed"
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner.errors import MultisignerError
from ..module_utils._multisigner.nameserver.files import Access, Disk
from ..module_utils._multisigner.nameserver.signzone import Settings, ZoneSigner, known_algorithms
from ..module_utils._multisigner.nameserver.tools import Rndc, Tools
from ..module_utils._multisigner.outcome import Outcome, finish


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            zones=dict(
                type='list',
                elements='dict',
                required=True,
                options=dict(
                    name=dict(type='str', required=True),
                    file=dict(type='path', required=True),
                    algorithm=dict(type='str', choices=known_algorithms(), default='ECDSAP256SHA256'),
                    new_keys=dict(type='bool', default=False, no_log=False),
                ),
            ),
            directory=dict(type='path', required=True),
            foreign_directory=dict(type='path', required=True),
            key_directory=dict(type='path', required=True, no_log=False),
            nsec3=dict(type='bool', default=True),
            validity=dict(type='int', default=1209600),
            refresh=dict(type='int', default=604800),
            dnskey_ttl=dict(type='int', default=3600, no_log=False),
            cds_digest_types=dict(type='list', elements='int', choices=[2, 4], default=[2]),
            rndc=dict(type='str'),
            owner=dict(type='str'),
            group=dict(type='str'),
            mode=dict(type='str', default='0644'),
        ),
        supports_check_mode=True,
    )
    options = module.params
    tools = Tools(module)
    try:
        settings = Settings(
            directory=options['directory'],
            foreign_directory=options['foreign_directory'],
            key_directory=options['key_directory'],
            nsec3=options['nsec3'],
            validity=options['validity'],
            refresh=options['refresh'],
            dnskey_ttl=options['dnskey_ttl'],
            cds_digest_types=tuple(options['cds_digest_types']),
            access=Access.of_names(options['mode'], options['owner'], options['group']),
            rndc=None if options['rndc'] is None else Rndc(tools, options['rndc']),
        )
        if settings.refresh >= settings.validity:
            raise MultisignerError('refresh is not below validity: every run would sign', remedy='Set refresh to about half of validity')
    except MultisignerError as error:
        module.fail_json(msg=str(error))
    signer = ZoneSigner(tools, Disk(module.check_mode), settings, module.tmpdir)
    outcomes = []
    for option in options['zones']:
        try:
            outcomes.append(signer.serve(option))
        except MultisignerError as error:
            outcomes.append(Outcome.failure(option['name'], error))
    finish(module, outcomes)


if __name__ == '__main__':
    main()
