# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The zones that a run is for. The work is in module_utils/_multisigner/shard.py."""
from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from ansible.errors import AnsibleFilterError

from ..module_utils._multisigner.errors import MultisignerError
from ..module_utils._multisigner.shard import choose

DOCUMENTATION = r"""
name: chosen_zones
short_description: The declared zones that a run is for
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Takes a share of the declared zones, so that several runs divide thousands of them, or those that are named, or both.
  - The share of a zone depends on its name alone. No zone is in two shares, none in no share, and a zone that comes or goes moves no other.
positional: _input
options:
  _input:
    description: The declared zones, C(multisigner_zones).
    type: list
    elements: dict
    required: true
  shard:
    description:
      - The share, as its number and how many there are, V(2/8) for the second of eight. There are 1000 at most.
      - All zones by default, and with an empty text.
    type: str
    default: ''
  only:
    description:
      - Names of zones, all of them declared. Text is a list of names with commas between, and all zones when it is empty.
      - All zones by default. No zone for an empty list.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: See which zones the second of eight runs has
  ansible.builtin.debug:
    msg: "{{ multisigner_zones | dnssec.multisigner.chosen_zones('2/8') | map(attribute='name') }}"
"""

RETURN = r"""
_value:
  description: Those of the zones, in the same order.
  type: list
  elements: dict
"""


def chosen_zones(zones: Sequence[Mapping[str, Any]], shard: Any = '', only: Any = None) -> list[Mapping[str, Any]]:
    if isinstance(only, str):
        only = [name for name in map(str.strip, only.split(',')) if name] or None
    try:
        return choose(zones, '' if shard is None else str(shard), only)
    except MultisignerError as error:
        raise AnsibleFilterError(str(error)) from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {'chosen_zones': chosen_zones}
