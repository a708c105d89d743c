# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the registry asks: one server, one question, over TCP, without recursion; and what its own servers say of a delegation."""

from __future__ import annotations

from dataclasses import dataclass

import dns.exception
import dns.message
import dns.query
import dns.rdatatype

from . import settings
from .daemons import LabError

TIMEOUT = 2.0  # seconds


@dataclass(frozen=True)
class Delegation:
    """The names of the NS that the registry has for a zone, with a final dot, and the addresses of the glue, by name."""

    names: tuple[str, ...]
    glue: dict[str, frozenset[str]]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where it sends resolvers. A name without glue is one of the lab's."""
        return tuple(address for name in self.names for address in sorted(self.glue.get(name) or {settings.HOSTS[name]}))


def ask(address: str, name: str, rtype: str) -> dns.message.Message:
    try:
        return dns.query.tcp(dns.message.make_query(name, rtype, want_dnssec=True, flags=0), address, timeout=TIMEOUT)
    except (OSError, EOFError, dns.exception.DNSException) as error:
        raise LabError(f"{address} does not answer for {rtype}: {error}") from error


def delegation(zone: str) -> Delegation:
    referral = ask(settings.REGISTRY, zone, "NS")
    names = sorted(rdata.target.to_text() for rrset in referral.authority if rrset.rdtype == dns.rdatatype.NS for rdata in rrset)
    below = [rrset for rrset in referral.additional if rrset.rdtype == dns.rdatatype.A and rrset.name.to_text().endswith(f".{zone}.")]
    return Delegation(tuple(names), {rrset.name.to_text(): frozenset(rdata.address for rdata in rrset) for rrset in below})
