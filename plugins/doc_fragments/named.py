# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options by which a module finds named: ``dnssec.multisigner.named`` for rndc, and beside it
``dnssec.multisigner.named.files`` for one that writes files which named reads and replaces.
"""
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - Python 3.8 or newer on the name server; no other package
options:
  rndc:
    description: The command C(rndc), with its options if named listens elsewhere.
    type: str
    default: rndc
"""

    FILES = r"""
requirements:
  - BIND 9.16 or newer with its tools, on the name server (Debian C(bind9) and C(bind9-utils); RHEL C(bind) and C(bind-utils))
options:
  user:
    description: The user that named runs as. Without it, who runs the module.
    type: str
  group:
    description: The group that named runs as. Without it, that of who runs the module.
    type: str
"""
