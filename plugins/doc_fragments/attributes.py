# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the attributes that modules have in common: ``extends_documentation_fragment:
[dnssec.multisigner.attributes]`` for a module that changes something, and ``dnssec.multisigner.attributes.info`` for one
that only looks; and ``dnssec.multisigner.attributes.controller`` beside either for one that has an action plugin.
"""
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/dnssec.multisigner.multisigner) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - dnssec.multisigner.multisigner
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
"""

    INFO = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/dnssec.multisigner.multisigner) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - dnssec.multisigner.multisigner
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details:
      - This module changes nothing.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
    details:
      - This module changes nothing.
"""

    CONTROLLER = r"""
options: {}
attributes:
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
    details:
      - Runs within C(ansible-playbook), without a process of its own, when the task is for the controller itself (C(ansible_connection=local), or
        C(delegate_to=localhost)), without C(become), C(async) and C(environment), and Ansible's own Python has what it needs.
        As a module otherwise.
"""
