# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kinds of signer and which channels to a parent there are, and what each can do: the two tables, and nothing else."""
from __future__ import annotations

from .parents import channels
from .parents.base import Capabilities as ChannelCapabilities
from .signers import bind, desec, knot, powerdns, rfc2136
from .signers.base import Capabilities

DRIVERS: dict[str, Capabilities] = {
    'bind': bind.DYNAMIC,
    'bind_signzone': bind.SIGNZONE,
    'desec': desec.CAPABILITIES,
    'knot': knot.CAPABILITIES,
    'powerdns': powerdns.CAPABILITIES,
    'rfc2136': rfc2136.CAPABILITIES,
}
CHANNELS: dict[str, ChannelCapabilities] = {name: channel.capabilities for name, channel in channels.CHANNELS.items()}
