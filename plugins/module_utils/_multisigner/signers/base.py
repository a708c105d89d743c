# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kind of signer can do: one record a kind, apart from the code that does its I/O. Standard library only."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Capabilities:
    """*prepublishes*: a key in its DNSKEY RRset that signs nothing yet may be its own next key, so the others must have it.
    Where it is False (one CSK that always signs) such a key is a leftover that somebody put there.

    *own_keys_by_api*: its API tells its own keys over verified TLS; it is asked when DNS does not authenticate them.
    """

    prepublishes: bool
    own_keys_by_api: bool = False
