# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which channels to a parent there are: the table, and nothing else."""
from __future__ import annotations

from typing import Mapping

from . import cds, desec, dnsimple, export, gandi, inwx, namecom, nsupdate, ovh, porkbun, powerdns, route53
from .base import Channel, Exporting, Writing
from .registrar import channel

CHANNELS: Mapping[str, Channel] = {
    'cds': Writing(cds.CAPABILITIES, cds.check, cds.write, cds.NAME),
    'desec': channel(desec.CONTRACT),
    'dnsimple': channel(dnsimple.CONTRACT),
    'export': Exporting(export.CAPABILITIES, export.publish),
    'gandi': channel(gandi.CONTRACT),
    'inwx': channel(inwx.CONTRACT),
    'namecom': channel(namecom.CONTRACT),
    'nsupdate': Writing(nsupdate.CAPABILITIES, nsupdate.check, nsupdate.write),
    'ovh': channel(ovh.CONTRACT),
    'porkbun': channel(porkbun.CONTRACT),
    'powerdns': channel(powerdns.CONTRACT),
    'route53': channel(route53.CONTRACT),
}
