# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BIND as a signer: a dynamic dnssec-policy zone that takes RFC 2136 updates. The I/O is in rfc2136.py.

It publishes a successor before it signs (RFC 6781 section 4.1.1.1).
"""
from __future__ import annotations

from .base import Capabilities

CAPABILITIES = Capabilities(own_keys_by='dns', prepublishes=True, edits_ns=True, default_ttl=3600, edits_content='update')
