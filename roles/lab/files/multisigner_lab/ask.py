# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the registry asks: one server, one question, over TCP, without recursion; what it believes of the answers, by the DS that it has; and what
its own servers say of a delegation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from . import settings
from .daemons import LabError

TIMEOUT = 2.0  # seconds
Keys = dict[dns.name.Name, Any]  # the DNSKEY RRset of a zone, as dnspython wants it


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


def trusted_keys(address: str, zone: str, ds: Sequence[dns.rrset.RRset]) -> Keys:
    """The zone's DNSKEY RRset there, when a key that a DS names signs it."""
    name = dns.name.from_text(zone)
    answer = ask(address, zone, "DNSKEY")
    rrset = answer.get_rrset(answer.answer, name, dns.rdataclass.IN, dns.rdatatype.DNSKEY)
    if rrset is None:
        raise LabError(f"no DNSKEY at {address}")
    for key in rrset:
        if any(dns.dnssec.make_ds(name, key, one.digest_type) == one for known in ds for one in known if one.digest_type in (2, 4)):
            only = dns.rrset.from_rdata(name, rrset.ttl, key)
            try:
                _validate(address, rrset, answer, {name: only})
            except LabError:
                continue  # another key that a DS names may sign it
            return {name: rrset}
    raise LabError(f"no key that a DS names signs the DNSKEY RRset at {address}")


def trusted(address: str, zone: str, owner: str, rtype: str, keys: Keys) -> Sequence[Any]:
    answer = ask(address, owner, rtype)
    rrset = answer.get_rrset(answer.answer, dns.name.from_text(owner), dns.rdataclass.IN, dns.rdatatype.from_text(rtype))
    if rrset is None:
        return ()
    _validate(address, rrset, answer, keys)
    return list(rrset)


def _validate(address: str, rrset: dns.rrset.RRset, answer: dns.message.Message, keys: Keys) -> None:
    rrsigs = answer.get_rrset(answer.answer, rrset.name, dns.rdataclass.IN, dns.rdatatype.RRSIG, rrset.rdtype)
    try:
        if rrsigs is None:
            raise LabError(f"{dns.rdatatype.to_text(rrset.rdtype)} at {address} is not signed")
        dns.dnssec.validate(rrset, rrsigs, keys)
    except dns.exception.DNSException as error:
        raise LabError(f"{dns.rdatatype.to_text(rrset.rdtype)} at {address} is bogus: {error}") from error
