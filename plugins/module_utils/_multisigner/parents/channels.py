# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which channels to a parent there are: the table, and nothing else."""
from __future__ import annotations

from typing import Mapping

from . import export, nsupdate
from .base import Channel, Exporting, Writing

CHANNELS: Mapping[str, Channel] = {
    'export': Exporting(export.CAPABILITIES, export.publish),
    'nsupdate': Writing(nsupdate.CAPABILITIES, nsupdate.check, nsupdate.write),
}
