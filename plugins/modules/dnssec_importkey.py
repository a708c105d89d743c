#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps other signers' keys on a BIND name server that signs by hand. The work is in module_utils/_multisigner/nameserver/importkey.py."""
from __future__ import annotations

DOCUMENTATION = r"""
---
module: dnssec_importkey
short_description: Keep other signers' keys on a BIND name server that signs by hand
version_added: 0.1.0
author:
  - The dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Puts the DNSKEY records of other signers (RFC 8901, model 2) into key files of their own, through BIND's C(dnssec-importkey),
    and keeps one include file for each zone, which also holds the CDS and CDNSKEY records.
    M(dnssec.multisigner.dnssec_signzone) signs them into the zone; so does a zone file with C($INCLUDE) and C(dnssec-signzone).
  - It is for zones that are signed by hand. A zone with a C(dnssec-policy) takes foreign keys by dynamic update instead.
  - NS records are refused. They are in the zone file, which is the user's.
  - No file is touched when nothing differs. A file is replaced whole or not at all.
  - A record that stands for the server's own key is refused, and so is a folder in which named's key manager works.
    BIND 9.18 was seen to take a foreign key there for the successor of its own, and to serve the zone unsigned.
requirements:
  - BIND 9.16 or newer with its tools, on the name server (Debian C(bind9) and C(bind9-utils); RHEL C(bind-utils) and C(bind-dnssec-utils))
  - Python 3.8 or newer on the name server; no other package
extends_documentation_fragment:
  - dnssec.multisigner.attributes
options:
  zones:
    description:
      - The zones, each with the records of other signers that are to be present, and those that are to be gone.
      - Records that are not mentioned are left alone.
      - A zone that fails does not stop the others. The module fails at the end and names every zone that failed.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the zone, in ASCII.
        type: str
        required: true
      add:
        description:
          - Records to be present. DNSKEY, CDS and CDNSKEY records in the form C([OWNER [TTL] [IN]] TYPE RDATA),
            as zone files and C(dig) write them.
          - A record whose owner is not the zone is an error. The TTL is not used.
          - Every record is checked before anything is written. A malformed, truncated or revoked key, a key of an algorithm
            with which no zone may be signed (RFC 9904), and a record that asks the parent to remove all DS are errors.
        type: list
        elements: str
        default: []
      remove:
        description: Records to be gone, in the same form. They may be ones that O(zones[].add) would refuse.
        type: list
        elements: str
        default: []
      publish:
        description:
          - When the keys in O(zones[].add) are to appear, in UTC, as V(2027-01-31T12:00:00Z) or V(20270131120000).
            It is written into the key files (C(dnssec-importkey -P)).
          - Before that time the key is in its file but not in the include file. Run the module again to follow the clock.
          - V(none) takes the time away. Without this option a key that is there keeps its time, and a new one has none, which
            means at once.
        type: str
      delete:
        description:
          - When the keys in O(zones[].add) are to disappear, in the same forms (C(dnssec-importkey -D)).
          - From that time on the key is no longer in the include file. Its files stay until the record is in O(zones[].remove).
        type: str
  directory:
    description:
      - Folder of the foreign keys. Each zone has a folder of its own in it, with the key files and C(foreign.include).
      - It must not be the folder of own keys.
    type: path
    required: true
  key_directories:
    description: Folders of the server's own keys, to tell these from foreign ones. In each, the folder named as the zone is searched too.
    type: list
    elements: path
    default: []
  named_conf:
    description:
      - The server's C(named.conf). With it, C(named-checkconf -p) tells the key-directories that named manages, which are then refused,
        and where the zone's own keys are.
    type: path
  ttl:
    description: TTL of the foreign DNSKEY, CDS and CDNSKEY records in seconds. Give the one that the zone's own DNSKEY records have.
    type: int
    default: 3600
  owner:
    description: Owner of the files. Without it, who runs the module.
    type: str
  group:
    description: Group of the files. Without it, that of who runs the module.
    type: str
  mode:
    description: Mode of the key files and of the include file, as an octal string. The folders have it with leave to enter.
    type: str
    default: '0644'
seealso:
  - module: dnssec.multisigner.dnssec_signzone
"""

EXAMPLES = r"""
- name: Let talk.example carry deSEC's key as well
  dnssec.multisigner.dnssec_importkey:
    directory: /var/lib/bind/multisigner/foreign
    key_directories: [/var/lib/bind/multisigner/keys]
    named_conf: /etc/bind/named.conf
    zones:
      - name: talk.example
        add:
          - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==

- name: Take it out again
  dnssec.multisigner.dnssec_importkey:
    directory: /var/lib/bind/multisigner/foreign
    zones:
      - name: talk.example
        remove:
          - DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==
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
      description: Whether a file of the zone was changed.
      type: bool
      sample: true
    added:
      description: Records that were added.
      type: list
      elements: str
      sample: ["DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="]
    removed:
      description: Records that were removed.
      type: list
      elements: str
      sample: []
    include:
      description: The include file of the zone.
      returned: when the zone did not fail
      type: str
      sample: /var/lib/bind/multisigner/foreign/talk.example/foreign.include
    failed:
      description: Whether the zone failed. Nothing of it was changed then, unless RV(zones[].msg) says so.
      type: bool
      sample: false
    msg:
      description: What went wrong, where, and what to do next. Empty when nothing went wrong.
      type: str
      sample: ""
"""

from functools import partial

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner.errors import MultisignerError
from ..module_utils._multisigner.nameserver.files import Access, Disk
from ..module_utils._multisigner.nameserver.importkey import Importer, Place, load_configuration
from ..module_utils._multisigner.nameserver.tools import Tools
from ..module_utils._multisigner.outcome import ZONES_OPTION, each_zone, finish

TIMES = dict(publish=dict(type='str'), delete=dict(type='str'))


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            zones=dict(ZONES_OPTION, options=dict(ZONES_OPTION['options'], **TIMES)),
            directory=dict(type='path', required=True),
            key_directories=dict(type='list', elements='path', default=[], no_log=False),
            named_conf=dict(type='path'),
            ttl=dict(type='int', default=3600),
            owner=dict(type='str'),
            group=dict(type='str'),
            mode=dict(type='str', default='0644'),
        ),
        supports_check_mode=True,
    )
    options = module.params
    tools = Tools(module)
    try:
        place = Place(
            directory=options['directory'],
            own_directories=tuple(options['key_directories']),
            configuration=load_configuration(tools, options['named_conf']),
            ttl=options['ttl'],
            access=Access.of_names(options['mode'], options['owner'], options['group']),
        )
    except MultisignerError as error:
        module.fail_json(msg=str(error))
    importer = Importer(tools, Disk(module.check_mode), place)
    outcomes = [outcome for option in options['zones'] for outcome in each_zone([option], partial(importer.serve, option=option))]
    finish(module, outcomes)


if __name__ == '__main__':
    main()
