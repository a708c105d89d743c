# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The zones in which nothing is wrong: correct groups, and each waiting point of a join, a leave and the rollovers done right.

The procedures are those of docs/docsite/rst/procedures.rst; each zone is one state in which the operator waits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Iterable

from .zone import (
    CSK,
    ECDSAP256SHA256,
    ECDSAP384SHA384,
    ED25519,
    KSK,
    RSASHA256,
    ZSK,
    DelegationSigner,
    Key,
    Nsec3,
    Own,
    Resigned,
    Zone,
    common_key,
    group,
    key,
    split_keys,
)

ALPHA, BETA, GAMMA = split_keys("alpha"), split_keys("beta"), split_keys("gamma")
PAIR = {"alpha": ALPHA, "beta": BETA}
TRIO = {**PAIR, "gamma": GAMMA}
OLD_ZSK, NEW_ZSK = key("beta", ZSK), key("beta", ZSK, 2)
OLD_KSK, NEW_KSK = key("beta", KSK), key("beta", KSK, 2)
OLD_CSK, NEW_CSK = key("beta", CSK), key("beta", CSK, 2)


def _cds(zone: Zone, keys: Iterable[Key]) -> Zone:
    listed = tuple(keys)
    return zone.everywhere(cds=listed, cdnskey=listed)


def _ds(zone: Zone, keys: Iterable[Key]) -> Zone:
    return replace(zone, ds=tuple(DelegationSigner(key) for key in keys))


def _groups() -> list[Zone]:
    both = Own((key("alpha", KSK), key("alpha", KSK, algorithm=RSASHA256)), (key("alpha", ZSK), key("alpha", ZSK, algorithm=RSASHA256)))
    both_beta = Own((key("beta", KSK), key("beta", KSK, algorithm=RSASHA256)), (key("beta", ZSK), key("beta", ZSK, algorithm=RSASHA256)))
    second = group("two-servers", "beta has two servers", PAIR)
    three = ("alpha", "beta", "beta-second")
    second = replace(second.everywhere(ns=three), delegation=three, signers=("alpha", "beta-second"))
    return [
        group("two-nsec", "two signers, NSEC", PAIR),
        group("two-nsec3", "two signers, NSEC3", PAIR, nsec3=Nsec3()),
        group("two-opt-out", "two signers, NSEC3 with opt-out", PAIR, nsec3=Nsec3(opt_out=True)),
        group("two-csk", "two signers with a CSK each", {"alpha": common_key("alpha"), "beta": common_key("beta")}),
        group("csk-and-split", "a CSK at alpha, KSK and ZSK at beta", {"alpha": common_key("alpha"), "beta": BETA}, nsec3=Nsec3()),
        group("three-nsec", "three signers, NSEC", TRIO),
        group("three-nsec3", "three signers, NSEC3", TRIO, nsec3=Nsec3()),
        group("three-csk", "three signers with a CSK each", {name: common_key(name) for name in TRIO}),
        *(
            group(label, f"two signers with {label}", {name: split_keys(name, algorithm) for name in PAIR})
            for label, algorithm in (("rsasha256", RSASHA256), ("p384", ECDSAP384SHA384), ("ed25519", ED25519))
        ),
        group("two-algorithms", "both signers sign with both algorithms", {"alpha": both, "beta": both_beta}),
        replace(second, copies=(*second.copies, replace(second.copy("beta"), server="beta-second"))),
        _minimal(group("minimal", "only the zone-signing keys of the other signer (RFC 8901 section 2.1.2)", PAIR)),
        _minimal(group("minimal-three", "only the zone-signing keys of the other signers", TRIO)),
        group("no-cds", "nobody publishes CDS", PAIR, cds=(), cdnskey=()),
        group("serials", "the serials differ", PAIR).at("beta", serial=2026112201),
    ]


def _minimal(zone: Zone) -> Zone:
    for copy in zone.copies:
        own = (*copy.signs_keys, *copy.signs_zone)
        kept = tuple(key for key in copy.published if key.use != KSK or key in own)
        zone = zone.at(copy.server, published=kept, cds=(), cdnskey=())
    return zone


def _join() -> list[Zone]:
    """beta joins alpha. Both always publish CDS, as BIND and deSEC do."""
    before = group("join", "", PAIR)
    apart = replace(_ds(before, ALPHA.sep).everywhere(ns=("alpha",)), delegation=("alpha",))
    keys = replace(apart, label="join-keys", story="beta joins: the keys are exchanged, each signer has its own CDS")
    for copy in keys.copies:
        keys = keys.at(copy.server, cds=copy.signs_keys, cdnskey=copy.signs_keys)
    return [
        keys,
        replace(apart, label="join-cds", story="beta joins: the CDS are those of both, the parent has not followed"),
        replace(_ds(apart, before.copies[0].cds), label="join-ds", story="beta joins: the parent has its DS, NS are still those of alpha"),
        replace(
            _ds(before, before.copies[0].cds),
            label="join-ns",
            story="beta joins: the NS are those of both, the parent has not followed",
            delegation=("alpha",),
            needs_declaration=True,
        ),
    ]


def _leave() -> list[Zone]:
    """gamma leaves alpha and beta."""
    before = replace(group("leave", "", TRIO), signers=("alpha", "beta"), leaving=("gamma",))
    off = before.everywhere(ns=("alpha", "beta"))
    out = replace(off, delegation=("alpha", "beta"))
    stopped = replace(out, copies=tuple(copy for copy in out.copies if copy.server != "gamma"))
    remaining = (*ALPHA.sep, *BETA.sep)
    return [
        replace(off, label="leave-ns", story="gamma leaves: its NS is off at all signers, the parent has not followed", needs_declaration=True),
        replace(out, label="leave-wait", story="gamma leaves: nobody is sent to it, it still answers"),
        replace(stopped, label="leave-stopped", story="gamma leaves: it has stopped answering, its keys and its DS are there"),
        replace(_cds(stopped, remaining), label="leave-cds", story="gamma leaves: the CDS are those of the others, the parent has not followed"),
        replace(_ds(_cds(stopped, remaining), remaining), label="leave-ds", story="gamma leaves: its DS is gone, its keys are still published"),
    ]


def _zsk_rollover() -> list[Zone]:
    waiting = group("zsk-published", "ZSK rollover of beta: the new key is published by all", {**PAIR, "beta": replace(BETA, waiting=(NEW_ZSK,))})
    rolled = Own(BETA.signs_keys, (NEW_ZSK,), (OLD_ZSK,))
    signed = group("zsk-signing", "ZSK rollover of beta: the new key signs, the old one is still published by all", {**PAIR, "beta": rolled})
    kept = (Resigned("mail", "A", keys=(OLD_ZSK,)), Resigned("", "MX", keys=(OLD_ZSK,)))
    return [
        waiting,
        signed,
        replace(signed, label="zsk-mixed", story="ZSK rollover of beta: some RRsets still have signatures of the old key").at("beta", resigned=kept),
    ]


def _ksk_rollover() -> list[Zone]:
    own = Own((OLD_KSK, NEW_KSK), BETA.signs_zone)
    both = group("ksk", "", {**PAIR, "beta": own})
    old, new = (*ALPHA.sep, OLD_KSK), (*ALPHA.sep, NEW_KSK)
    retired = group("ksk-retired", "", {**PAIR, "beta": Own((NEW_KSK,), BETA.signs_zone, (OLD_KSK,))})
    return [
        replace(_ds(both, old), label="ksk-published", story="KSK rollover of beta: both sign the DNSKEY RRset, the parent has not followed"),
        replace(both, label="ksk-ds", story="KSK rollover of beta: the parent has the DS of both"),
        replace(_cds(both, new), label="ksk-cds", story="KSK rollover of beta: the CDS are those of the new key, the parent has not followed"),
        replace(_ds(_cds(both, new), new), label="ksk-ds-gone", story="KSK rollover of beta: the DS of the old key is gone, the key still signs"),
        replace(_ds(_cds(retired, new), new), story="KSK rollover of beta: the old key is published by all and signs nothing"),
    ]


def _csk_rollover() -> list[Zone]:
    alpha = common_key("alpha")
    before = {"alpha": alpha, "beta": Own((OLD_CSK, NEW_CSK), (OLD_CSK,))}
    after = {"alpha": alpha, "beta": Own((OLD_CSK, NEW_CSK), (NEW_CSK,))}
    old, new = (*alpha.sep, OLD_CSK), (*alpha.sep, NEW_CSK)
    return [
        _ds(group("csk-published", "CSK rollover of beta: the new key is published by all, the parent has not followed", before), old),
        group("csk-ds", "CSK rollover of beta: the parent has the DS of both, the old key signs the zone", before),
        group("csk-signing", "CSK rollover of beta: the new key signs the zone", after),
        _ds(_cds(group("csk-ds-gone", "CSK rollover of beta: the DS of the old key is gone, its signatures may be cached", after), new), new),
    ]


def _algorithm_rollover() -> list[Zone]:
    """The group goes from RSASHA256 to ECDSAP256SHA256 (RFC 6781 section 4.1.4): signatures first, then keys, then DS."""

    def own(name: str, *algorithms: int) -> Own:
        return Own(tuple(key(name, KSK, algorithm=one) for one in algorithms), tuple(key(name, ZSK, algorithm=one) for one in algorithms))

    old = {name: own(name, RSASHA256) for name in PAIR}
    new = {name: own(name, ECDSAP256SHA256) for name in PAIR}
    both = {name: own(name, RSASHA256, ECDSAP256SHA256) for name in PAIR}
    old_sep, new_sep = ([key for keys in side.values() for key in keys.sep] for side in (old, new))
    dual = group("algorithm", "", both)
    return [
        _ghosts(group("algorithm-signatures", "algorithm rollover: the new signatures are there, the new keys are not", old), new),
        replace(_cds(_ds(dual, old_sep), old_sep), label="algorithm-keys", story="algorithm rollover: keys and signatures of both, the DS of the old one"),
        replace(dual, label="algorithm-ds", story="algorithm rollover: the DS of both"),
        replace(_cds(_ds(dual, new_sep), new_sep), label="algorithm-ds-gone", story="algorithm rollover: the DS of the old one is gone, its keys are not"),
        _ghosts(group("algorithm-keys-gone", "algorithm rollover: the old keys are gone, their signatures are not", new), old),
    ]


def _ghosts(zone: Zone, own: dict[str, Own]) -> Zone:
    for server, keys in own.items():
        zone = zone.at(server, ghosts=keys.signs_zone)
    return zone


GROUPS: tuple[Zone, ...] = tuple(_groups())
ZONES: tuple[Zone, ...] = (*GROUPS, *_join(), *_leave(), *_zsk_rollover(), *_ksk_rollover(), *_csk_rollover(), *_algorithm_rollover())
