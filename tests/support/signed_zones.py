# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small signed world for tests that need answers nobody real would give: forged, expired, unsigned, or disagreeing ones.

    root, tld = SignedZone('.'), SignedZone('example')
    root.delegate(tld)
    with SignedServer(root, tld) as server: ...

Zones hold what is put into them and answer only for names that they hold; denial of existence is not signed. Real servers
are in the lab; this is for what they cannot be made to do.
"""
from __future__ import annotations

import time

import dns.dnssec
import dns.dnssectypes
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import ec

from .bad_dns_server import BadDnsServer, read_question

DAY = 86400


class Key:
    """A private key with its DNSKEY."""

    def __init__(self, flags: int = 257) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.dnskey = dns.dnssec.make_dnskey(self.private.public_key(), dns.dnssectypes.Algorithm.ECDSAP256SHA256, flags)

    @property
    def text(self) -> str:
        """The RDATA as this collection writes it."""
        fields = self.dnskey.to_text().split()
        return ' '.join(fields[:3]) + ' ' + ''.join(fields[3:])


class SignedZone:
    """One signer's copy of a zone: *ksk* signs the DNSKEY RRset, *zsk* (the same one for a CSK) everything else."""

    def __init__(self, name: str, ksk: Key | None = None, zsk: Key | None = None, signed: bool = True) -> None:
        self.name = dns.name.from_text(name)
        self.ksk = ksk or Key()
        self.zsk = zsk or self.ksk
        self.signed = signed
        self.serial = 1
        self.signer = self.name  # that signatures claim to be made by
        self.age = 0  # seconds that signatures are older than they should be
        self.records: dict[tuple[dns.name.Name, str], tuple[int, list[str]]] = {}
        if signed:
            self.publish('DNSKEY', *dict.fromkeys(key.dnskey.to_text() for key in (self.ksk, self.zsk)))
        self.publish('NS', f'ns.{name.rstrip(".")}.')

    def publish(self, rtype: str, *texts: str, name: dns.name.Name | None = None, ttl: int = 3600) -> None:
        """Puts an RRset in, in place of the one that was there."""
        self.records[name or self.name, rtype] = (ttl, list(texts))

    def add_keys(self, *keys: Key, ttl: int = 3600) -> None:
        self.publish('DNSKEY', *self.records[self.name, 'DNSKEY'][1], *(key.dnskey.to_text() for key in keys), ttl=ttl)

    def delegate(self, child: SignedZone, digest: str = 'SHA256', ds: bool = True) -> None:
        """NS of *child*, and DS of its KSK."""
        self.publish('NS', *child.records[child.name, 'NS'][1], name=child.name)
        if ds:
            policy = dns.dnssec.allow_all_policy
            self.publish('DS', dns.dnssec.make_ds(child.name, child.ksk.dnskey, digest, policy=policy).to_text(), name=child.name, ttl=DAY)

    def rrset(self, name: dns.name.Name, rtype: str) -> dns.rrset.RRset | None:
        if rtype == 'SOA' and name == self.name:
            return dns.rrset.from_text(name, 3600, 'IN', 'SOA', f'ns.invalid. hostmaster.invalid. {self.serial} 3600 600 86400 300')
        if (name, rtype) not in self.records:
            return None
        ttl, texts = self.records[name, rtype]
        return dns.rrset.from_text(name, ttl, 'IN', rtype, *texts)

    def signatures(self, rrset: dns.rrset.RRset | None) -> dns.rrset.RRset | None:
        if not self.signed or rrset is None:
            return None
        key = self.ksk if rrset.rdtype == dns.rdatatype.DNSKEY else self.zsk
        now = int(time.time()) - self.age
        rrsig = dns.dnssec.sign(rrset, key.private, self.signer, key.dnskey, inception=now - 3600, expiration=now + DAY)
        return dns.rrset.from_rdata(rrset.name, rrset.ttl, rrsig)

    @property
    def anchor(self) -> str:
        """The zone's DS as a line of a trust anchor file."""
        return f'{self.name} 0 IN DS {dns.dnssec.make_ds(self.name, self.ksk.dnskey, "SHA256").to_text()}\n'


class SignedServer(BadDnsServer):
    """Serves *zones*, authoritatively, over UDP and TCP. *tsig* as (name, secret) makes it know a TSIG key; without, it ignores TSIG."""

    def __init__(self, *zones: SignedZone, tsig: tuple[str, str] | None = None, port: int = 0) -> None:
        super().__init__('nodata', port=port)
        self.zones = sorted(zones, key=lambda zone: -len(zone.name.labels))
        self.keyring = None if tsig is None else {dns.name.from_text(tsig[0]): dns.tsig.Key(tsig[0], tsig[1])}

    def _respond(self, wire: bytes) -> bytes | None:
        query = read_question(wire) if self.keyring is None else dns.message.from_wire(wire, keyring=self.keyring)
        question = query.question[0]
        rtype = dns.rdatatype.to_text(question.rdtype)
        self.questions.append(f'{rtype} {question.name}')
        answer = dns.message.make_response(query)
        holders = [zone for zone in self.zones if question.name.is_subdomain(zone.name)]
        # A DS belongs to the parent's side of the cut; who has only the child's says that there is none (RFC 4035 section 3.1.4.1).
        above = [zone for zone in holders if zone.name != question.name] if rtype == 'DS' else []
        if holders:
            self._fill(answer, (above or holders)[0], question.name, rtype)
            return answer.to_wire()
        answer.set_rcode(dns.rcode.REFUSED)
        return answer.to_wire()

    @staticmethod
    def _fill(answer: dns.message.Message, zone: SignedZone, name: dns.name.Name, rtype: str) -> None:
        answer.flags |= dns.flags.AA
        if not any(owner.is_subdomain(name) for owner, _unused in zone.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        rrset = zone.rrset(name, rtype)
        if rrset is None:
            soa = zone.rrset(zone.name, 'SOA')
            answer.authority.extend(part for part in (soa, zone.signatures(soa)) if part is not None)
            return
        answer.answer.extend(part for part in (rrset, zone.signatures(rrset)) if part is not None)
