# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of how the declared zones are looked at (OBSERVE_OPTIONS in module_utils/_multisigner/observe.py, beside those
of the fragment group): ``extends_documentation_fragment: [dnssec.multisigner.group, dnssec.multisigner.observation]``.
"""
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - dnspython >= 2.6
  - cryptography
  - requests, where a signer has an API
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
"""
