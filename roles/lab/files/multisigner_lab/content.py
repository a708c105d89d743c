# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the shared zones contain, as a zone file for BIND and as RRsets for deSEC: the same names at both. Values only.

A real zone's shapes: apex records, hosts, a wildcard, an empty non-terminal, a CNAME, a delegation to an insecure child.
"""

from __future__ import annotations

from dataclasses import dataclass

from .settings import OwnSigner, SharedZone


@dataclass(frozen=True)
class RRset:
    """`owner` is relative to the zone, "" is the apex; `records` in presentation form with absolute names."""

    owner: str
    type: str
    records: tuple[str, ...]


def rrsets(zone: SharedZone) -> tuple[RRset, ...]:
    """Everything but SOA and what the signers make."""
    apex = (
        RRset("", "NS", zone.name_servers),
        RRset("", "A", ("192.0.2.1",)),
        RRset("www", "A", ("192.0.2.80", "192.0.2.81")),
    )
    if zone.small:
        return apex
    return (
        *apex,
        RRset("", "AAAA", ("2001:db8::1",)),
        RRset("", "MX", (f"10 mail.{zone.name}.", f"20 mail2.{zone.name}.")),
        RRset("", "TXT", ('"v=spf1 mx -all"',)),
        RRset("www", "AAAA", ("2001:db8::80",)),
        RRset("mail", "A", ("192.0.2.25",)),
        RRset("mail2", "A", ("192.0.2.26",)),
        RRset("static", "TXT", ('"never changed"',)),
        RRset("blog", "CNAME", (f"www.{zone.name}.",)),
        RRset("*.wild", "A", ("192.0.2.42",)),
        # _tcp is an empty non-terminal, and so is dc1
        RRset("_imaps._tcp", "SRV", (f"0 1 993 mail.{zone.name}.",)),
        RRset("rack1.dc1", "A", ("192.0.2.101",)),
        # an insecure delegation, with glue
        RRset("office", "NS", (f"ns.office.{zone.name}.",)),
        RRset("ns.office", "A", ("192.0.2.53",)),
    )


def zone_file(zone: SharedZone, signer: OwnSigner, ttl: int) -> str:
    """The unsigned zone for one BIND signer; the SOA minimum is the TTL too."""
    soa = f"@ IN SOA {signer.host_name} hostmaster.{zone.name}. 1 3600 600 1209600 {ttl}"
    lines = [f"{rrset.owner or '@'} IN {rrset.type} {record}" for rrset in rrsets(zone) for record in rrset.records]
    return "\n".join([f"$ORIGIN {zone.name}.", f"$TTL {ttl}", soa, *lines]) + "\n"


def desec_rrsets(zone: SharedZone, ttl: int) -> list[dict[str, object]]:
    """The body of one bulk request."""
    return [{"subname": rrset.owner, "type": rrset.type, "ttl": ttl, "records": list(rrset.records)} for rrset in rrsets(zone)]
