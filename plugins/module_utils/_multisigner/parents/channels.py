# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which channels to a parent there are: every file of this folder with a CONTRACT, or with a CHANNEL where the parent is reached by no API."""
from __future__ import annotations

from ..kinds import declared
from . import cds, desec, dnsimple, export, gandi, inwx, namecom, nsupdate, ovh, porkbun, powerdns, route53
from .base import Channel
from .registrar import channel

_NAMED = (cds, desec, dnsimple, export, gandi, inwx, namecom, nsupdate, ovh, porkbun, powerdns, route53)
_PACKAGE = __name__.rpartition('.')[0]

CHANNELS: dict[str, Channel] = {
    **declared(_PACKAGE, _NAMED, 'CHANNEL'),
    **{name: channel(contract) for name, contract in declared(_PACKAGE, _NAMED, 'CONTRACT').items()},
}
