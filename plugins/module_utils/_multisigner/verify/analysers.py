# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Complaints that analysers are documented or measured to have about a zone like the one looked at, each harmless or real. Pure.

It claims nothing about an analyser but what its own catalogue of messages says, or what was measured in this collection's lab:
DNSViz' dnsviz/analysis/errors.py, Zonemaster's specifications of DNSSEC02, DNSSEC10, DNSSEC15 and DNSSEC16.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

from ..dnskey import DNSKEY
from .checks.cds import mismatched
from .evidence import Evidence, Party, listed

DNSVIZ, ZONEMASTER, VERISIGN = 'dnsviz', 'zonemaster', 'verisign'
OWN_KSK = (
    'each signer signs the DNSKEY RRset with its own KSK (RFC 8901 section 2.1.2), and one signature by a key that a DS names is enough '
    '(RFC 4035 section 5.2)'
)
MINIMAL = 'RFC 8901 section 2.1.2 asks for the other signers\' zone-signing keys only, not for their KSKs'


@dataclass(frozen=True)
class Complaint:
    tool: str
    shows: str
    harmless: bool
    why: str


def complaints(e: Evidence) -> tuple[Complaint, ...]:
    """All that apply, in a fixed order."""
    return tuple(found for source in (_other_ksks, _absent_ksks, _keys, _algorithms, _denial, _cds) for found in source(e))


def _works(e: Evidence, party: Party) -> bool:
    """Whether the DNSKEY RRset of every usable server of *party* is signed by a key with DS."""
    return all(e.key_outcome[seen].valid & e.trusted for seen in party.seen if seen in e.key_outcome)


def _lost(e: Evidence, held: bool) -> Iterator[tuple[Party, list[DNSKEY]]]:
    """For each signer the keys with DS that do not sign its DNSKEY RRset: those that are in it, or those that are not."""
    for party in e.delegated:
        usable = [seen for seen in party.seen if seen in e.key_outcome]
        keys = [key for key in sorted(e.trusted) if any(key not in e.key_outcome[seen].made_by and (key in seen.keys) == held for seen in usable)]
        if keys:
            yield party, keys


def _other_ksks(e: Evidence) -> Iterator[Complaint]:
    """The cross of the talk: a DS, its key in the RRset, and no signature by it there."""
    for party, keys in _lost(e, held=True):
        harmless = _works(e, party)
        why = OWN_KSK if harmless else f'no key that a DS names signs the DNSKEY RRset of {party.name}'
        told = listed(str(key.tag) for key in keys)
        yield Complaint(ZONEMASTER, f'DS02_NO_MATCHING_DNSKEY_RRSIG for key {told} at {party.name}', harmless, why)
        yield Complaint(VERISIGN, f'no RRSIG of key {told} over the DNSKEY RRset, when it asks {party.name}', harmless, why)


def _absent_ksks(e: Evidence) -> Iterator[Complaint]:
    for party, keys in _lost(e, held=False):
        harmless = _works(e, party)
        told = listed(str(key.tag) for key in keys)
        why = MINIMAL if harmless else f'{party.name} has no key that a DS names'
        yield Complaint(ZONEMASTER, f'DS02_NO_DNSKEY_FOR_DS for key {told} at {party.name}', harmless, why)


def _keys(e: Evidence) -> Iterator[Complaint]:
    zone_keys = frozenset().union(*(party.data_keys for party in e.delegated))
    partly = [key for key in sorted(e.keys) if any(key not in seen.keys for seen in e.holding) and any(key in seen.keys for seen in e.holding)]
    if partly:
        real = [key for key in partly if key in zone_keys]
        why = f'key {listed(map(str, real))} signs zone data and must be everywhere' if real else MINIMAL
        yield Complaint(DNSVIZ, f'DNSKEY_MISSING_FROM_SERVERS for key {listed(str(key.tag) for key in partly)}', not real, why)


def _algorithms(e: Evidence) -> Iterator[Complaint]:
    """RFC 4035 section 2.2 is about signers; validators go by RFC 6840 section 5.11."""
    for party in e.delegated:
        published = frozenset(key.algorithm for seen in party.seen for key in seen.keys)
        lacking = published - frozenset(key.algorithm for key in party.data_keys)
        if not lacking or not party.data_keys:
            continue
        in_ds = lacking & frozenset(ds.algorithm for ds in e.ds)
        why = (
            'most validators accept any one valid path (RFC 6840 section 5.11); unbound with harden-algo-downgrade, and validators without '
            'the other algorithm, do not'
            if in_ds else 'no DS has that algorithm, so no validator expects it'
        )
        codes = ' and '.join(['MISSING_RRSIG_FOR_ALG_DNSKEY', *(['MISSING_RRSIG_FOR_ALG_DS'] if in_ds else [])])
        harmless = not in_ds or e.survey.target.mixed_algorithms
        yield Complaint(DNSVIZ, f'{codes} for algorithm {listed(map(str, sorted(lacking)))} at {party.name}', harmless, why)


def _denial(e: Evidence) -> Iterator[Complaint]:
    kinds = {seen.denial_kind for seen in e.holding} - {''}
    if len(kinds) > 1:
        yield Complaint(
            ZONEMASTER, 'DS10_INCONSISTENT_NSEC_NSEC3', True,
            'each server proves by its own kind what it denies, and each proof validates; the finding denial_differs says what is left',
        )


def _cds(e: Evidence) -> Iterator[Complaint]:
    heard = [seen for seen in e.reached if seen.cds or seen.cdnskeys]
    if not heard:
        return
    if len({seen.cds for seen in e.reached if seen.cds_known}) > 1:
        yield Complaint(ZONEMASTER, 'DS15_INCONSISTENT_CDS', False, 'a parent that follows RFC 9975 stops every update')
    if any(mismatched(e, seen) for seen in heard):
        yield Complaint(ZONEMASTER, 'DS15_MISMATCH_CDS_CDNSKEY', False, 'a parent stops when it compares them')
    for seen in heard:
        makers = frozenset().union(*(judged.outcome.made_by for judged in e.judged[seen] if judged.item.rtype == 'CDS'))
        tags = {key.tag for key in makers}
        if makers and any(ds.tag not in tags for ds in seen.cds):
            yield Complaint(
                ZONEMASTER, f'DS16_CDS_NOT_SIGNED_BY_CDS at {seen}', True,
                'the CDS name the keys of all signers, and one signature by a key in DS and DNSKEY is enough (RFC 7344 section 4.1)',
            )
            break
    absent = sorted({ds.tag for seen in heard for ds in seen.cds if not ds.is_delete and all(key.tag != ds.tag for key in seen.keys)})
    if absent:
        yield Complaint(ZONEMASTER, f'DS16_CDS_MATCHES_NO_DNSKEY for key {listed(map(str, absent))}', True, MINIMAL)
