# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kinds of signer and which channels to a parent there are: the two tables, and nothing else."""
from __future__ import annotations

from typing import Dict

from .signers import bind
from .signers.base import Capabilities

DRIVERS: Dict[str, Capabilities] = {
    'bind': bind.DYNAMIC,
    'bind_signzone': bind.SIGNZONE,
    'desec': Capabilities(prepublishes=False, own_keys_by_api=True),
}
CHANNELS = ('export', 'nsupdate')
