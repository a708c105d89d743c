# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings content to a signer within ansible-playbook, without a process of its own."""
from __future__ import annotations

from ..modules import zone_content
from ..plugin_utils.on_controller import OnController


class ActionModule(OnController):
    module = zone_content
