# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kinds of signer there are, and what each can do: the table, and nothing else."""
from __future__ import annotations

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
