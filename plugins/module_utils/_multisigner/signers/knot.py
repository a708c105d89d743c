# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knot DNS as a signer: a zone with "dnskey-management: incremental" that takes RFC 2136 updates.

It publishes a successor before it signs (RFC 6781 section 4.1.1.1). The I/O is in rfc2136.py.
"""
from __future__ import annotations

from .base import Capabilities

CAPABILITIES = Capabilities(own_keys_by='dns', prepublishes=True, edits_ns=True, default_ttl=3600, edits_content='update')
