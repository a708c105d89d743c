# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first DS of a zone, taken from its CDS because the operators of its name servers say the same under names of theirs (RFC 9615).

These names are looked for in the registry's own zone, where the lab's name servers are, and believed because that zone is signed. A server whose
name is elsewhere, or in the zone itself, has no signal, and then there is no DS.
"""

from __future__ import annotations

import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from . import settings
from .ask import Delegation, Keys, ask, trusted, trusted_keys
from .daemons import LabError

TYPES = ("CDS", "CDNSKEY")
TTL = 3  # seconds, of the DS that the registry makes
SHA256 = 2


def first_ds(zone: str, now: Delegation) -> str:
    """The script for nsupdate that adds the DS; empty when the zone has no CDS. Raises LabError for what is left alone."""
    shown = {address: {rtype: _texts(address, zone, rtype) for rtype in TYPES} for address in now.addresses}
    said = next(iter(shown.values()), {})
    if any(other != said for other in shown.values()):
        raise LabError(f"CDS or CDNSKEY differ between {', '.join(shown)}")
    if not said.get("CDS"):
        return ""
    keys = _own_keys()
    for name in now.names:
        owner = f"_dsboot.{zone}._signal.{name}"
        if name.endswith(f".{zone}.") or not name.endswith(f".{settings.TLD}"):
            raise LabError(f"no signal can be believed under {name}")
        for rtype in TYPES:
            if {str(rdata) for rdata in trusted(settings.REGISTRY, settings.TLD, owner, rtype, keys)} != said[rtype]:
                raise LabError(f"{owner} does not have the {rtype} of the zone")
    texts = sorted(text for text in said["CDS"] if int(text.split()[2]) == SHA256)
    ds = dns.rrset.from_text_list(f"{zone}.", TTL, "IN", "DS", texts)
    for address in now.addresses:
        trusted_keys(address, zone, [ds])  # what is made must fit (RFC 8078 section 3)
    return "".join(f"update add {zone}. {TTL} DS {text}\n" for text in texts) + "send\n"


def _texts(address: str, zone: str, rtype: str) -> set[str]:
    wanted = dns.rdatatype.from_text(rtype)
    return {str(rdata) for rrset in ask(address, zone, rtype).answer if rrset.rdtype == wanted for rdata in rrset}


def _own_keys() -> Keys:
    """The registry knows the keys of its own zone."""
    name = dns.name.from_text(settings.TLD)
    answer = ask(settings.REGISTRY, settings.TLD, "DNSKEY")
    return {name: answer.find_rrset(answer.answer, name, dns.rdataclass.IN, dns.rdatatype.DNSKEY)}
