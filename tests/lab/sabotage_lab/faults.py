# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The zones with one fault each, at one signer only, and what a verifier has to find. cNN is check NN of the verifier's table,
xNN is a finding of its catalogue that no check of the table is for.

What a fault necessarily brings with it is no second fault: it belongs to the finding of the first. Where a check can fail in
more than one way there is a zone for each, named cNN-SOMETHING; the check counts as detected when all of them are.
"""

from __future__ import annotations

from dataclasses import replace

from .edits import corrupt_signature, without_rrset, without_signature
from .zone import (
    CRITICAL,
    ERROR,
    INFORMATION,
    KSK,
    RSASHA256,
    TTL,
    WARNING,
    ZSK,
    Copy,
    DelegationSigner,
    Expected,
    Key,
    Nsec3,
    Resigned,
    Validity,
    Zone,
    group,
    key,
    split_keys,
)

HOUR, DAY = 3600, 86400
ALPHA, BETA, GAMMA = split_keys("alpha"), split_keys("beta"), split_keys("gamma")
ALPHA_ZSK, BETA_ZSK = key("alpha", ZSK), key("beta", ZSK)
ALPHA_KSK, BETA_KSK = key("alpha", KSK), key("beta", KSK)
EXPIRED = Validity(-30 * DAY, -2 * DAY)
NOT_YET = Validity(2 * DAY, 30 * DAY)
NEAR = Validity(-29 * DAY, 2 * HOUR)


def _pair(label: str, story: str, expected: Expected) -> Zone:
    """alpha and beta in order; the fault is still to be made."""
    return replace(group(label, story, {"alpha": ALPHA, "beta": BETA}), expected=expected)


def _trio(label: str, story: str, expected: Expected) -> Zone:
    return replace(group(label, story, {"alpha": ALPHA, "beta": BETA, "gamma": GAMMA}), expected=expected)


def _second_server(label: str, server: str, story: str, expected: Expected) -> Zone:
    """alpha, and beta with a second server, which has the fault: it has no copy unless one is added."""
    zone = _pair(label, story, expected)
    servers = ("alpha", "beta", server)
    return replace(zone.everywhere(ns=servers), delegation=servers, signers=("alpha", server))


def _lacking(zone: Zone, server: str, *missing: Key) -> Zone:
    """The DNSKEY RRset of a server without these keys."""
    return zone.at(server, published=tuple(key for key in zone.copy(server).published if key not in missing))


def _altered(zone: Zone, how: str) -> Zone:
    """beta publishes the ZSK of alpha otherwise than alpha does."""
    published = zone.copy("beta").published
    return zone.at("beta", published=tuple(replace(one, altered=how) if one in zone.copy("alpha").signs_zone else one for one in published))


def _cds(zone: Zone, server: str, *keys: Key) -> Zone:
    return zone.at(server, cds=keys, cdnskey=keys)


def _keys() -> list[Zone]:
    missing = _pair("c01", "beta does not publish the ZSK of alpha", Expected(1, CRITICAL, ("beta",)))
    missing_of_trio = _trio("c01-trio", "gamma does not publish the ZSK of beta", Expected(1, CRITICAL, ("gamma",)))
    corrupt = _pair("c02", "the signature over the MX of beta does not verify", Expected(2, CRITICAL, ("beta",)))
    by_name = _pair("c02-host", "the signature over a host of beta does not verify", Expected(2, CRITICAL, ("beta",)))
    flags = _pair("c03", "beta publishes the ZSK of alpha with the SEP flag", Expected(3, CRITICAL, ("beta",)))
    # RSA: a changed point of an elliptic curve is none, and dnssec-signzone would notice
    rsa = {name: split_keys(name, RSASHA256) for name in ("alpha", "beta")}
    octets = replace(group("c03-bytes", "beta publishes the ZSK of alpha with one bit changed", rsa), expected=Expected(3, CRITICAL, ("beta",)))
    stale = _pair("c24", "beta publishes a key that signs nothing anywhere and that alpha lacks", Expected(24, WARNING, ("beta",)))
    ksk = _pair("c27", "beta does not publish the KSK of alpha, and there are no CDS", Expected(27, INFORMATION, ("beta",)))
    return [
        _lacking(missing, "beta", ALPHA_ZSK),
        _lacking(missing_of_trio, "gamma", BETA_ZSK),
        corrupt.at("beta", edits=(corrupt_signature("", "MX"),)),
        by_name.at("beta", edits=(corrupt_signature("mail", "A"),)),
        _altered(flags, "flags"),
        _altered(octets, "bytes"),
        stale.at("beta", published=(*stale.copy("beta").published, key("nobody", ZSK))),
        _lacking(ksk.everywhere(cds=(), cdnskey=()), "beta", ALPHA_KSK),
    ]


def _signatures() -> list[Zone]:
    untrusted = _pair("c07", "the DNSKEY RRset of beta is signed by its ZSK, which has no DS", Expected(7, CRITICAL, ("beta",)))
    too_early = _pair("c07-ksk", "beta signs its DNSKEY RRset with its next KSK only, which has no DS yet", Expected(7, CRITICAL, ("beta",)))
    one = _pair("c08", "the signature over the TXT of beta has expired", Expected(8, CRITICAL, ("beta",)))
    all_of = _pair("c08-all", "every signature of beta has expired", Expected(8, CRITICAL, ("beta",)))
    host = _pair("c08-host", "the signature over a host of beta has expired", Expected(8, CRITICAL, ("beta",)))
    future = _pair("c08-future", "the signature over the MX of beta is not valid yet", Expected(8, CRITICAL, ("beta",)))
    keys = _pair("c08-keys", "the signature over the DNSKEY RRset of beta has expired", Expected(8, CRITICAL, ("beta",)))
    missing = _pair("c09", "the MX of beta has no signature", Expected(9, CRITICAL, ("beta",)))
    missing_host = _pair("c09-host", "a host of beta has no signature", Expected(9, CRITICAL, ("beta",)))
    near = _pair("c26", "every signature of beta ends in two hours", Expected(26, WARNING, ("beta",)))
    next_ksk = key("beta", KSK, 2)
    with_next = tuple(dict.fromkeys((*too_early.copy("beta").published, next_ksk)))
    return [
        untrusted.at("beta", resigned=(Resigned("", "DNSKEY", keys=(BETA_ZSK,)),)),
        too_early.everywhere(published=with_next).at("beta", signs_keys=(next_ksk,)),
        one.at("beta", resigned=(Resigned("", "TXT", EXPIRED),)),
        all_of.at("beta", validity=EXPIRED),
        host.at("beta", resigned=(Resigned("mail", "A", EXPIRED),)),
        future.at("beta", resigned=(Resigned("", "MX", NOT_YET),)),
        keys.at("beta", resigned=(Resigned("", "DNSKEY", EXPIRED),)),
        missing.at("beta", edits=(without_signature("", "MX"),)),
        missing_host.at("beta", edits=(without_signature("mail", "A"),)),
        near.at("beta", validity=NEAR),
    ]


def _parent() -> list[Zone]:
    unknown = key("nobody", KSK)
    other = key("nobody", KSK, algorithm=RSASHA256)
    no_ds = _pair("c04", "the parent has no DS for the KSK of beta", Expected(4, CRITICAL, ("beta",)))
    digest = _pair("c05", "the DS of beta has the right tag and a wrong digest", Expected(5, CRITICAL))
    unmatched = _pair("c25", "the parent has a DS of a key that nobody publishes", Expected(25, WARNING))
    alone = _pair("c25-algorithm", "the parent has a DS of a key that nobody publishes, the only one of its algorithm", Expected(25, ERROR))
    extra_ns = _pair("c18-parent", "the parent delegates to a name server that the zone does not have", Expected(18, WARNING))
    return [
        replace(no_ds, ds=(DelegationSigner(ALPHA_KSK),)),
        replace(digest, ds=(DelegationSigner(ALPHA_KSK), DelegationSigner(BETA_KSK, "5a" * 32))),
        replace(unmatched, ds=(*unmatched.ds, DelegationSigner(unknown))),
        replace(alone, ds=(*alone.ds, DelegationSigner(other))),
        replace(extra_ns, delegation=(*extra_ns.delegation, "alpha-alias")),
    ]


def _servers() -> list[Zone]:
    unsigned = _second_server("c06", "beta-second", "the second server of beta serves the zone unsigned", Expected(6, CRITICAL, ("beta-second",)))
    rsa = {"alpha": split_keys("alpha", RSASHA256), "beta": split_keys("beta", RSASHA256)}
    tcp = group("c12", "the second server of beta truncates its DNSKEY answer, and TCP is closed", rsa)
    three = (*tcp.delegation, "beta-without-tcp")
    faults = {
        "c11": ("beta-refusing", "refuses"),
        "c11-lame": ("beta-lame", "is lame"),
        "c11-silent": ("beta-silent", "is silent"),
        "c11-down": ("beta-down", "is down"),
    }
    return [
        replace(unsigned, copies=(*unsigned.copies, Copy("beta-second", (), (), (), unsigned.delegation))),
        *(
            _second_server(label, server, f"the second server of beta {what}", Expected(11, ERROR, (server,)))
            for label, (server, what) in faults.items()
        ),
        replace(
            tcp.everywhere(ns=three),
            delegation=three,
            signers=("alpha", "beta-without-tcp"),
            expected=Expected(12, ERROR, ("beta-without-tcp",)),
        ),
    ]


def _agreement() -> list[Zone]:
    mixed = group("c10", "alpha signs with ECDSAP256SHA256, beta with RSASHA256", {"alpha": ALPHA, "beta": split_keys("beta", RSASHA256)})
    other_cds = _trio("c13", "the CDS and CDNSKEY of beta lack the KSK of gamma", Expected(13, ERROR, ("beta",)))
    own_only = _pair("c14", "the CDS and CDNSKEY of beta are those of its own key only", Expected(14, ERROR, ("beta",)))
    delete = _pair("c15", "beta asks the parent to delete all DS", Expected(15, CRITICAL, ("beta",)))
    mismatch = _pair("c16", "the CDNSKEY of beta lack a key that its CDS have", Expected(16, ERROR, ("beta",)))
    # The same fault seen from the DNSKEY RRset is check 27: a foreign KSK is missing, where CDS are in use.
    foreign_key = _pair("c17", "the CDS of beta are signed by its KSK, which alpha does not publish", Expected(17, WARNING, ("beta", "alpha"), beside=(27,)))
    ns = _pair("c18", "the NS RRset of beta lacks the server of alpha", Expected(18, ERROR, ("beta",)))
    content = _pair("c19", "the TXT of beta differs", Expected(19, ERROR, ("beta",)))
    host = _pair("c19-host", "a host of beta has another address", Expected(19, ERROR, ("beta",)))
    only = _pair("c20", "a host exists at beta only", Expected(20, ERROR, ("alpha", "beta")))
    denial = _pair("c21", "alpha denies with NSEC, beta with NSEC3", Expected(21, WARNING, ("beta", "alpha")))
    salt = _pair("c22", "beta has another NSEC3 salt", Expected(22, WARNING, ("beta", "alpha")))
    iterations = _pair("c22-iterations", "beta has ten NSEC3 iterations", Expected(22, WARNING, ("beta",)))
    ttl = _pair("c23", "the DNSKEY RRset of beta has a longer TTL", Expected(23, WARNING, ("beta", "alpha")))
    serial = _pair("c28", "beta has another serial", Expected(28, INFORMATION, ("beta", "alpha")))
    false_proof = _pair("x35", "the NSEC record of a host of beta tells of an MX that is not there", Expected(35, CRITICAL, ("beta",)))
    return [
        replace(mixed, expected=Expected(10, ERROR)),
        _cds(other_cds, "beta", ALPHA_KSK, BETA_KSK),
        _cds(own_only, "beta", BETA_KSK),
        delete.at("beta", cds_delete=True),
        mismatch.at("beta", cdnskey=(BETA_KSK,)),
        _lacking(foreign_key, "alpha", BETA_KSK),
        ns.at("beta", ns=("beta",)),
        content.at("beta", replaced=(("@", "TXT", '"v=spf1 -all"'),)),
        host.at("beta", replaced=(("mail", "A", "192.0.2.26"),)),
        only.at("beta", extra=("only A 192.0.2.99",)),
        denial.at("beta", nsec3=Nsec3()),
        salt.everywhere(nsec3=Nsec3()).at("beta", nsec3=Nsec3("c0ffee")),
        iterations.everywhere(nsec3=Nsec3()).at("beta", nsec3=Nsec3(iterations=10)),
        ttl.at("beta", dnskey_ttl=10 * TTL),
        serial.at("beta", serial=2026010101),
        false_proof.at("beta", extra=("mail MX 10 mail",), edits=(without_rrset("mail", "MX"),)),
    ]


ZONES: tuple[Zone, ...] = tuple(sorted((*_keys(), *_signatures(), *_parent(), *_servers(), *_agreement()), key=lambda zone: zone.label))
CHECKS = 28
assert {zone.expected.number for zone in ZONES if zone.expected} >= set(range(1, CHECKS + 1)), "a check without a zone"
