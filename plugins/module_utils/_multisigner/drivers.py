# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kinds of signer there are, and what each can do: every file of signers/ with CAPABILITIES, and its CLIENT where it has an API."""
from __future__ import annotations

from .kinds import declared
from .signers import bind, bind_signzone, cloudflare, desec, knot, ns1, powerdns, rfc2136
from .signers.api import ApiSigner
from .signers.base import Capabilities

_NAMED = (bind, bind_signzone, cloudflare, desec, knot, ns1, powerdns, rfc2136)
_PACKAGE = f'{__name__.rpartition(".")[0]}.signers'

DRIVERS: dict[str, Capabilities] = declared(_PACKAGE, _NAMED, 'CAPABILITIES')
CLIENTS: dict[str, type[ApiSigner]] = declared(_PACKAGE, _NAMED, 'CLIENT')
