# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worst that a resolver's cache can hold: the DNSKEY RRset of one server with the answers of another, every ordered pair.

    bin/demo -- tests/lab/cross_matrix [ZONE ...] [--signers NAME=ADDRESS,...]

Validates every signature of every probe under every server's DNSKEY RRset, each of these under the parent's DS set, and
asks the lab's resolvers for AD. dnspython is the referee: nothing of the collection is used. Signatures are checked here,
including those of denial records; that a denial proves what it should is checked by the resolvers. Writes nothing.
Exit status: 0, or 1 with a line for every pair, name and type that failed.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from dataclasses import dataclass
from typing import Iterator

import dns.dnssec
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.RRSIG import RRSIG

TIMEOUT = 5.0  # seconds
DENIAL = (dns.rdatatype.NSEC, dns.rdatatype.NSEC3)


@dataclass(frozen=True)
class Server:
    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} ({self.address})"


@dataclass(frozen=True)
class Probe:
    """A question and what its answer must have: `rcode`, a record or none, a proof of denial or none."""

    label: str
    name: str
    type: str
    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    positive: bool = True
    denies: bool = False


@dataclass(frozen=True)
class Signed:
    """An RRset of an answer with its signatures."""

    rrset: dns.rrset.RRset
    signatures: tuple[RRSIG, ...]


class NoAnswerError(Exception):
    """A question without a usable answer."""


def probes(zone: str) -> list[Probe]:
    """Names that nobody can have cached are fresh in every run."""
    fresh = secrets.token_hex(6)
    apex = [Probe(kind, f"{zone}.", kind) for kind in ("SOA", "NS", "MX", "TXT", "CDS", "CDNSKEY")]
    return [
        *apex,
        Probe("A", f"www.{zone}.", "A"),
        Probe("CNAME", f"blog.{zone}.", "A"),
        Probe("wildcard", f"{fresh}.wild.{zone}.", "A", denies=True),
        Probe("NXDOMAIN", f"{fresh}.{zone}.", "A", rcode=dns.rcode.NXDOMAIN, positive=False, denies=True),
        Probe("NODATA", f"www.{zone}.", "MX", positive=False, denies=True),
        Probe("empty name", f"_tcp.{zone}.", "A", positive=False, denies=True),
        Probe("insecure", f"office.{zone}.", "DS", positive=False, denies=True),
    ]


def question(name: str, record_type: str, recursive: bool) -> dns.message.Message:
    query = dns.message.make_query(name, record_type, want_dnssec=True, payload=1232)
    if not recursive:
        query.flags &= ~dns.flags.RD
    return query


def ask(address: str, name: str, record_type: str, recursive: bool = False) -> dns.message.Message:
    try:
        return dns.query.udp_with_fallback(question(name, record_type, recursive), address, timeout=TIMEOUT)[0]
    except (OSError, dns.exception.DNSException) as error:
        raise NoAnswerError(f"no answer for {name} {record_type} ({type(error).__name__})") from error


def check_shape(probe: Probe, answer: dns.message.Message) -> None:
    if answer.rcode() != probe.rcode:
        raise NoAnswerError(f"{probe.name} {probe.type}: {dns.rcode.to_text(answer.rcode())}, not {dns.rcode.to_text(probe.rcode)}")
    if probe.positive and not answer.answer:
        raise NoAnswerError(f"{probe.name} {probe.type}: no record in the answer")
    if probe.denies and not any(rrset.rdtype in DENIAL for rrset in answer.authority):
        raise NoAnswerError(f"{probe.name} {probe.type}: no NSEC or NSEC3 in the answer")


def signed_rrsets(answer: dns.message.Message) -> list[Signed]:
    """Every RRset of answer and authority section; one without a signature has an empty tuple."""
    found = []
    for section in (answer.answer, answer.authority):
        for rrset in section:
            if rrset.rdtype == dns.rdatatype.RRSIG:
                continue
            signatures = [
                signature
                for candidate in section
                if candidate.name == rrset.name and candidate.rdtype == dns.rdatatype.RRSIG
                for signature in candidate
                if isinstance(signature, RRSIG) and signature.type_covered == rrset.rdtype
            ]
            found.append(Signed(rrset, tuple(signatures)))
    return found


def invalid(signed: Signed, keys: dns.rrset.RRset) -> Iterator[str]:
    """What is wrong with this RRset under these keys, in words; nothing is wrong: nothing."""
    what = f"{signed.rrset.name} {dns.rdatatype.to_text(signed.rrset.rdtype)}"
    if not signed.signatures:
        yield f"{what}: no RRSIG"
    for signature in signed.signatures:
        try:
            dns.dnssec.validate_rrsig(signed.rrset, signature, {keys.name: keys})
        except dns.exception.DNSException as error:
            yield f"{what}: signature by key {signature.key_tag} (algorithm {int(signature.algorithm)}): {error}"


def fetch_keys(server: Server, zone: str, parent: str) -> dns.rrset.RRset:
    """The server's DNSKEY RRset; raises NoAnswerError unless a key with a DS at the parent signs it."""
    apex = dns.name.from_text(zone)
    answer = ask(server.address, f"{zone}.", "DNSKEY")
    keys = next((signed for signed in signed_rrsets(answer) if signed.rrset.rdtype == dns.rdatatype.DNSKEY), None)
    if keys is None:
        raise NoAnswerError(f"{server} has no DNSKEY")
    ds_set = next((rrset for rrset in ask(parent, f"{zone}.", "DS").answer if rrset.rdtype == dns.rdatatype.DS), None)
    if ds_set is None:
        raise NoAnswerError(f"the parent ({parent}) has no DS")
    for key in keys.rrset:
        if isinstance(key, DNSKEY) and any(dns.dnssec.make_ds(apex, key, ds.digest_type) == ds for ds in ds_set):
            if not any(signature.key_tag == dns.dnssec.key_id(key) for signature in keys.signatures):
                continue
            alone = dns.rrset.from_rdata(apex, keys.rrset.ttl, key)
            own = Signed(keys.rrset, tuple(signature for signature in keys.signatures if signature.key_tag == dns.dnssec.key_id(key)))
            if not list(invalid(own, alone)):
                return keys.rrset
    raise NoAnswerError(f"no key with a DS at the parent signs the DNSKEY RRset of {server}")


def servers_of(zone: str, parent: str, resolver: str) -> list[Server]:
    """Every address of every name server that the parent delegates to."""
    referral = ask(parent, f"{zone}.", "NS")
    delegation = next((rrset for rrset in (*referral.answer, *referral.authority) if rrset.rdtype == dns.rdatatype.NS), None)
    if delegation is None:
        raise NoAnswerError(f"the parent ({parent}) does not delegate it")
    names = sorted(record.to_text() for record in delegation)
    found = []
    for name in names:
        answer = ask(resolver, name, "A", recursive=True)
        found += [Server(name.rstrip("."), record.to_text()) for rrset in answer.answer if rrset.rdtype == dns.rdatatype.A for record in rrset]
    return found


def check_pairs(zone: str, servers: list[Server], parent: str) -> list[str]:
    """Prints the matrix; returns the failures."""
    failures: list[str] = []
    keys: dict[Server, dns.rrset.RRset] = {}
    answers: dict[Server, list[Signed]] = {}
    for server in servers:
        try:
            keys[server] = fetch_keys(server, zone, parent)
        except NoAnswerError as failure:
            failures.append(f"{zone}: {failure}")
        answers[server] = []
        for probe in probes(zone):
            try:
                answer = ask(server.address, probe.name, probe.type)
                check_shape(probe, answer)
                answers[server] += signed_rrsets(answer)
            except NoAnswerError as failure:
                failures.append(f"{zone}: answer of {server}: {failure}")
    print(f"  {'DNSKEY of':24}" + "".join(f"{'answers of ' + server.address:>24}" for server in servers))
    for holder in servers:
        cells = []
        for answerer in servers:
            bad = [text for signed in answers[answerer] for text in invalid(signed, keys[holder])] if holder in keys else ["no keys"]
            failures += [f"{zone}: DNSKEY of {holder}, answer of {answerer}: {text}" for text in bad if holder in keys]
            count = sum(len(signed.signatures) for signed in answers[answerer])
            cells.append(f"{len(bad)} FAILED" if bad else f"{count} valid")
        print(f"  {holder.name:24}" + "".join(f"{cell:>24}" for cell in cells))
    return failures


def check_resolver(zone: str, resolver: str) -> list[str]:
    """Prints one line; returns the failures."""
    failures = []
    for probe in probes(zone):
        try:
            answer = ask(resolver, probe.name, probe.type, recursive=True)
            check_shape(probe, answer)
            if not answer.flags & dns.flags.AD:
                raise NoAnswerError(f"{probe.name} {probe.type}: answered without AD")
        except NoAnswerError as failure:
            failures.append(f"{zone}: resolver {resolver}: {probe.label}: {failure}")
    total = len(probes(zone))
    print(f"  AD at resolver {resolver}: {total - len(failures)} of {total} ({', '.join(probe.label for probe in probes(zone))})")
    return failures


def check_zone(zone: str, signers: str | None) -> list[str]:
    parent, resolvers = os.environ["LAB_PARENT"], os.environ["LAB_RESOLVERS"].split(",")
    print(f"{zone}:")
    try:
        given = [Server(*pair.split("=", 1)) for pair in signers.split(",")] if signers else None
        servers = given or servers_of(zone, parent, resolvers[0])
    except NoAnswerError as failure:
        return [f"{zone}: {failure}"]
    failures = check_pairs(zone, servers, parent)
    for resolver in resolvers:
        failures += check_resolver(zone, resolver)
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description="Validates every server's answers under every other server's DNSKEY RRset.")
    parser.add_argument("zones", nargs="*", metavar="ZONE", help="default: LAB_ZONE")
    parser.add_argument("--signers", metavar="NAME=ADDRESS,...", help="default: every address of the parent's delegation")
    options = parser.parse_args()
    if "LAB_PARENT" not in os.environ:
        parser.error("LAB_PARENT is not set: run it inside the lab, as bin/demo -- tests/lab/cross_matrix")
    failures = [failure for zone in options.zones or [os.environ["LAB_ZONE"]] for failure in check_zone(zone, options.signers)]
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"cross matrix: {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
