# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option ``zones`` (ZONES_OPTION in module_utils/_multisigner/outcome.py), for every module that
adds and removes records at one signer: ``extends_documentation_fragment: [dnssec.multisigner.zones]``.

What such a module returns cannot be shared by a fragment: copy RETURN from desec_dnskey and keep the wording.
"""
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
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
"""
