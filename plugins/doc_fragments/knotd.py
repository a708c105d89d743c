# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what a module needs that works on a Knot DNS server: ``dnssec.multisigner.knotd``."""
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - Knot DNS 3.2 or newer with C(knotc) and C(keymgr), on the name server, running with O(knot_conf) (not with a configuration database)
  - Python 3.8 or newer on the name server; no other package
options:
  knot_conf:
    description: The server's C(knot.conf). Where C(knotc) reaches the server is taken from it.
    type: path
    required: true
"""
