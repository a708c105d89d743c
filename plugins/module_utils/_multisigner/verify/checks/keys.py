# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of keys: which are missing where, altered, left over, or of different algorithms. Pure."""
from __future__ import annotations

from typing import Iterator, Mapping

from ...dnskey import ALGORITHM_NAMES, DNSKEY, SIGNING_ALGORITHMS
from ..evidence import Evidence, Party, addresses, listed, signers
from ..findings import ERROR, INFORMATION, WARNING, Finding
from ..seen import Seen
from ..signatures import KEYS_CONSIDERED
from ..survey import RRSIGS_CONSIDERED

Altered = Mapping["tuple[str, DNSKEY]", DNSKEY]


def foreign_keys(e: Evidence) -> Iterator[Finding]:
    """1 and 3 for keys that sign zone data: each must be wherever a resolver may take its DNSKEY RRset from (RFC 8901 section 2.1)."""
    found = altered(e)
    for key in sorted(frozenset().union(*(party.data_keys for party in e.parties))):
        owners = [party for party in e.parties if key in party.data_keys]
        for party in e.parties:
            lacking = [seen for seen in party.seen if seen.keys and key not in seen.keys]
            if not lacking:
                continue
            instead = found.get((party.name, key))
            if instead is not None:
                yield _altered(e, key, instead, party, owners, lacking)
            else:
                yield _missing(e, key, party, owners, lacking)


def _missing(e: Evidence, key: DNSKEY, party: Party, owners: list[Party], lacking: list[Seen]) -> Finding:
    whose = listed(owner.name for owner in owners)
    own = party in owners
    hurt = _bogus_under(e, key, owners, lacking)
    in_use = party.in_delegation and any(owner.in_delegation for owner in owners)
    severity = '' if in_use and hurt else INFORMATION
    what = f'{"its own key" if own else "key"} {key}{"" if own else f" of {whose}"} is not in its DNSKEY RRset'
    if hurt:
        breaks = f'A resolver that has the DNSKEY RRset of {party.name} calls answers of {whose} bogus, {hurt[0]} for one ({len(hurt)} of the answers seen)'
    else:
        breaks = 'Nothing yet: what it signs is signed by a key as well that is there'
    if not in_use:
        breaks = f'Nothing as long as only one of {party.name} and {whose} is in the delegation'
    remedy = f'See why {listed(addresses(lacking))} lags behind' if own else f'Add this DNSKEY at {party.name}'
    return Finding('foreign_key_missing', what, breaks, remedy, addresses(lacking), (party.name,), key.text, severity=severity)


def _bogus_under(e: Evidence, key: DNSKEY, owners: list[Party], lacking: list[Seen]) -> list[str]:
    """The RRsets signed by *key* that do not validate under the keys of any of *lacking*."""
    return [
        f'{judged.item.name} {judged.item.rtype}'
        for owner in owners for seen in owner.seen for judged in e.judged.get(seen, ())
        if key in judged.outcome.made_by and judged.item.is_zone_data and any(judged.outcome.made_by.isdisjoint(holder.keys) for holder in lacking)
    ]


def _altered(e: Evidence, key: DNSKEY, instead: DNSKEY, party: Party, owners: list[Party], lacking: list[Seen]) -> Finding:
    whose = listed(owner.name for owner in owners)
    how = 'with other flags' if instead.key == key.key else 'with other bytes'
    hurt = _bogus_under(e, key, owners, lacking)
    in_use = party.in_delegation and any(owner.in_delegation for owner in owners)
    severity = INFORMATION if not in_use else '' if hurt else ERROR
    return Finding(
        'foreign_key_altered', f'publishes {instead} in place of key {key} of {whose}: the same key {how}, so another tag',
        f'A resolver that has the DNSKEY RRset of {party.name} calls every answer of {whose} bogus that this key signs' if hurt
        else 'Resolvers do not notice; CDS signed by that key cannot be validated under this DNSKEY RRset',
        f'Remove DNSKEY {instead.text} at {party.name} and add the one named here', addresses(lacking), (party.name,), key.text, severity=severity,
        related=('foreign_key_missing',),
    )


def altered(e: Evidence) -> Altered:
    """For a signer and a key that it lacks, the key that it has in its place: alike, published there only, and signing nothing."""
    signing = frozenset().union(*(party.signing for party in e.parties))
    found = {}
    for party in e.parties:
        published = frozenset().union(*(seen.keys for seen in party.seen))
        others = frozenset().union(*(seen.keys for seen in e.seen if seen not in party.seen))
        strange = [key for key in sorted(published) if key not in signing and key not in others]
        for key in sorted(signing - published):
            instead = next((one for one in strange if _alike(one, key)), None)
            if instead is not None:
                found[party.name, key] = instead
    return found


def _alike(one: DNSKEY, other: DNSKEY) -> bool:
    """Whether *one* looks like *other* with something changed on the way: flags, a few bytes, or the end cut off."""
    if one.key == other.key:
        return True
    if one.algorithm != other.algorithm:
        return False
    same = sum(a == b for a, b in zip(one.key, other.key))
    return same * 2 >= max(len(one.key), len(other.key))


def foreign_ksks(e: Evidence) -> Iterator[Finding]:
    """27, and 3 for keys that sign the DNSKEY RRset alone. RFC 8901 does not ask for them; BIND signs CDS and CDNSKEY by nothing else."""
    found = altered(e)
    for party in e.parties:
        for owner in e.parties:
            if owner is party:
                continue
            for key in sorted(owner.sep_keys - owner.data_keys):
                lacking = [seen for seen in party.seen if seen.keys and key not in seen.keys]
                instead = found.get((party.name, key))
                if lacking and instead is not None:
                    yield _altered(e, key, instead, party, [owner], lacking)
                elif lacking:
                    yield _ksk_missing(e, key, party, owner, lacking)


def _ksk_missing(e: Evidence, key: DNSKEY, party: Party, owner: Party, lacking: list[Seen]) -> Finding:
    """A warning where the CDS or CDNSKEY of *owner* cannot be validated without *key*; the finding 17 tells of these."""
    needed = party.in_delegation and owner.in_delegation and any(
        key in judged.outcome.valid and not judged.item.is_zone_data and any(judged.outcome.valid.isdisjoint(holder.keys) for holder in lacking)
        for seen in owner.seen for judged in e.judged.get(seen, ())
    )
    return Finding(
        'foreign_ksk_missing', f'KSK {key} of {owner.name} is not in its DNSKEY RRset',
        f'The CDS of {owner.name} cannot be validated under the DNSKEY RRset of {party.name}' if needed
        else 'Nothing: RFC 8901 asks for zone-signing keys only',
        f'Add it at {party.name}' if needed else f'Add it at {party.name} where CDS or CDNSKEY are to be used', addresses(lacking), (party.name,), key.text,
        severity=WARNING if needed else '', related=('cds_signature_unverifiable',) if needed else (),
    )


def idle_keys(e: Evidence) -> Iterator[Finding]:
    """24 and 40: keys that sign nothing anywhere."""
    signing = frozenset().union(*(party.signing for party in e.parties))
    replaced = frozenset(altered(e).values())
    wanted = e.holding or tuple(seen for seen in e.seen if seen.keys)
    for key in sorted(e.keys - signing - replaced):
        holders = e.holders(key)
        everywhere = all(key in seen.keys for seen in wanted)
        followed = key in e.survey.target.followed or e.is_planned(f'DNSKEY {key.text}')
        relied_on = key in e.trusted or followed or not any(seen in wanted for seen in holders)
        if everywhere or relied_on:
            yield Finding(
                'key_signs_nothing', f'key {key} signs nothing anywhere', 'Nothing', 'Nothing, when it is a next key or one on its way out',
                addresses(holders), signers(holders), key.text,
            )
            continue
        lacking = signers(seen for seen in wanted if key not in seen.keys)
        yield Finding(
            'stale_key', f'key {key} signs nothing anywhere, and {listed(lacking)} does not publish it',
            'Nothing now; when it is a next key, answers of its signer will be bogus for others as soon as it signs',
            f'Remove it where its signer has dropped it; add it at {listed(lacking)} when it is a next key', addresses(holders), signers(holders), key.text,
        )


def algorithms(e: Evidence) -> Iterator[Finding]:
    """10: RFC 8901 section 4. What matters are the algorithms of the DS set (RFC 6840 section 5.11): all must sign with each of them."""
    used = {party: frozenset(key.algorithm for key in party.data_keys) for party in e.parties if party.data_keys}
    by_ds = frozenset(ds.algorithm for ds in e.ds) & frozenset().union(*used.values())
    together = frozenset().union(*used.values())
    told = '; '.join(f'{party.name} with {_names(numbers)}' for party, numbers in used.items())
    for party, numbers in used.items():
        lacking = (by_ds if e.is_secure else together) - numbers
        if lacking:
            severity = WARNING if e.survey.target.mixed_algorithms or not party.in_delegation else '' if e.is_secure else INFORMATION
            usable = [seen for seen in party.seen if seen.keys]
            yield Finding(
                'algorithms_differ', f'does not sign with {_names(lacking)} ({told})',
                f'Validators that insist on every algorithm of the DS set, or lack {_names(numbers)}, call its answers bogus',
                'Roll one signer over to the algorithm of the others', addresses(usable), (party.name,), severity=severity,
            )
    if used and len(set(used.values())) > 1 and not by_ds - frozenset.intersection(*used.values()) and e.is_secure:
        yield Finding(
            'algorithms_differ', f'the signers sign with different algorithms ({told}); all sign with those of the DS set', 'Nothing',
            'Bring a DS of the new algorithm only when every signer signs with it', severity=INFORMATION,
        )


def _names(numbers: frozenset[int]) -> str:
    return ' and '.join(ALGORITHM_NAMES.get(number, f'algorithm {number}') for number in sorted(numbers))


def deprecated_algorithms(e: Evidence) -> Iterator[Finding]:
    """39 for algorithms (RFC 9904, RFC 9905)."""
    for number in sorted({key.algorithm for party in e.parties for key in party.signing} - SIGNING_ALGORITHMS):
        users = [seen for party in e.parties if any(key.algorithm == number for key in party.signing) for seen in party.seen]
        yield Finding(
            'deprecated', f'signs with {_names(frozenset((number,)))}, with which no zone may be signed (RFC 9904)',
            'Validators that take it no more see the zone as insecure', 'Roll over to ECDSAP256SHA256', addresses(users), signers(users),
        )


def excessive(e: Evidence) -> Iterator[Finding]:
    """31: so many records that validators stop (KeyTrap, CVE-2023-50387)."""
    for party in e.parties:
        crowded = [seen for seen in party.seen if seen.dnskey is not None and len(seen.dnskey.rrset) > KEYS_CONSIDERED]
        if crowded:
            count = max(len(seen.dnskey.rrset) for seen in crowded if seen.dnskey is not None)
            yield _excess(crowded, f'publishes {count} keys; only {KEYS_CONSIDERED} of a DNSKEY RRset were looked at', 'DNSKEY', e.zone)
        for seen in party.seen:
            signed = [judged.item for judged in e.judged.get(seen, ()) if len(judged.item.signed.rrsigs) > RRSIGS_CONSIDERED]
            over_keys = seen.dnskey is not None and len(seen.dnskey.rrsigs) > RRSIGS_CONSIDERED * 2
            if signed:
                yield _excess([seen], f'has {len(signed[0].signed.rrsigs)} signatures over one RRset', signed[0].rtype, signed[0].name)
            elif over_keys:
                yield _excess([seen], 'has too many signatures over one RRset', 'DNSKEY', e.zone)
    if e.signatures.collisions:
        holders = [seen for seen in e.seen if seen.keys]
        yield _excess(holders, f'{e.signatures.collisions} keys have the same tag and algorithm as several others', 'DNSKEY', e.zone)


def _excess(servers: list[Seen], what: str, rtype: str, name: str) -> Finding:
    return Finding(
        'excessive_records', what, 'Validators limit the work for one answer and call it bogus beyond that', 'Remove what is not needed',
        addresses(servers), signers(servers), name=name, rtype=rtype,
    )


CHECKS = (foreign_keys, foreign_ksks, idle_keys, algorithms, deprecated_algorithms, excessive)
