# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of CDS and CDNSKEY: what the signers ask the parent for (RFC 7344, RFC 8078, RFC 9975). Pure."""
from __future__ import annotations

from typing import Iterator

from ...dnskey import DNSKEY
from ..evidence import Evidence, Party, addresses, listed, names, signers
from ..findings import INFORMATION, WARNING, Finding
from ..seen import Seen
from .delegation import odd_ones


def named_keys(e: Evidence, seen: Seen) -> frozenset[DNSKEY]:
    """The keys that the CDS of *seen* name, or its CDNSKEY where it has no CDS. Only keys that are published or in its CDNSKEY are known."""
    if seen.cds:
        return frozenset(key for key in e.keys | seen.cdnskeys if any(names(ds, key, e.zone) for ds in seen.cds))
    return seen.cdnskeys


def asks_to_delete(seen: Seen) -> bool:
    return any(ds.is_delete for ds in seen.cds) or any(key.is_delete for key in seen.cdnskeys)


def deletion(e: Evidence) -> Iterator[Finding]:
    """15: RFC 8078 section 4."""
    for party in e.parties:
        asking = [seen for seen in party.seen if asks_to_delete(seen)]
        if asking:
            severity = INFORMATION if e.survey.target.insecure else '' if party.in_delegation else WARNING
            yield Finding(
                'cds_delete', 'its CDS or CDNSKEY asks the parent to remove every DS of the zone',
                'A parent that believes it makes the zone insecure; one that compares all servers stops every update',
                f'Take that record away at {party.name}; going insecure is an operation of its own', addresses(asking), (party.name,),
                name=e.zone, rtype='CDS', severity=severity,
            )


def mismatched(e: Evidence, seen: Seen) -> bool:
    """16: whether its CDS and CDNSKEY, both there, name different keys."""
    if not seen.cds or not seen.cdnskeys or asks_to_delete(seen):
        return False
    by_ds = all(any(names(ds, key, e.zone) for key in seen.cdnskeys) for ds in seen.cds)
    return not (by_ds and all(any(names(ds, key, e.zone) for ds in seen.cds) for key in seen.cdnskeys))


def own_only(e: Evidence, seen: Seen) -> bool:
    """14: whether its CDS name its own keys and nothing else, though another signer is in the delegation."""
    party = e.party_of(seen)
    others = frozenset().union(*(other.sep_keys for other in e.delegated if other is not party)) - party.sep_keys
    named = named_keys(e, seen)
    return bool(others) and bool(named) and named <= party.sep_keys and all(any(names(ds, key, e.zone) for key in named) for ds in seen.cds)


def each_server(e: Evidence) -> Iterator[Finding]:
    """14 and 16, at one signer after the other."""
    for party in e.parties:
        torn = [seen for seen in party.seen if mismatched(e, seen)]
        if torn:
            severity = '' if party.in_delegation else INFORMATION
            yield Finding(
                'cds_cdnskey_mismatch', f'its CDS name {_told(e, torn[0])}, and its CDNSKEY {listed(str(key) for key in sorted(torn[0].cdnskeys))}',
                'A parent takes either, and stops when it compares them (RFC 7344 section 4)', f'Publish CDS and CDNSKEY of the same keys at {party.name}',
                addresses(torn), (party.name,), name=e.zone, rtype='CDS', severity=severity,
            )
    for party in e.delegated:
        alone = [seen for seen in party.seen if seen.trouble is None and own_only(e, seen) and not mismatched(e, seen)]
        if alone:
            lacking = sorted(frozenset().union(*(other.sep_keys for other in e.delegated if other is not party)) - party.sep_keys)
            yield Finding(
                'cds_own_key_only', f'its CDS name only its own {_told(e, alone[0])}',
                f'A parent that follows {party.name} removes the DS of {listed(str(key) for key in lacking)}, and answers of their signers become bogus',
                f'Publish the CDS and CDNSKEY of all signers at {party.name}', addresses(alone), (party.name,), name=e.zone, rtype='CDS',
                severity='' if e.is_secure else INFORMATION if e.is_under_way else WARNING,  # no DS yet: nothing that the parent could remove
            )


def agreement(e: Evidence) -> Iterator[Finding]:
    """13: every server of the delegation must answer the same (RFC 9975). What 14 to 16 tell is not told again."""
    heard = [seen for seen in e.reached if seen.cds_known and seen.keys]
    explained = [seen for seen in heard if asks_to_delete(seen) or own_only(e, seen) or mismatched(e, seen)]
    sets = {seen: (seen.cds, seen.cdnskeys) for seen in heard if seen not in explained}
    if len(set(sets.values())) > 1:
        right = next((value for value in sets.values() if value[0] and value[0] == e.ds), None)
        odd = odd_ones(sets, right)
        first = {value: seen for seen, value in reversed(sets.items())}
        told = '; '.join(f'{listed(signers(one for one in sets if sets[one] == value))} with {_told(e, seen)}' for value, seen in first.items())
        yield Finding(
            'cds_differ', f'CDS or CDNSKEY differ: {told}', 'A parent that follows RFC 9975 stops every update of the DS',
            'Publish the same CDS and CDNSKEY at every signer', addresses(odd), signers(odd), name=e.zone, rtype='CDS',
        )


def _told(e: Evidence, seen: Seen) -> str:
    if not seen.cds and not seen.cdnskeys:
        return 'none'
    known = named_keys(e, seen)
    unknown = [f'{ds.tag} {ds.algorithm} {ds.digest_type}' for ds in sorted(seen.cds) if not any(names(ds, key, e.zone) for key in known)]
    types = '/'.join(str(number) for number in sorted({ds.digest_type for ds in seen.cds}))
    kinds = f' (digest type {types})' if types else ' (CDNSKEY only)'
    return (listed([*(str(key) for key in sorted(known)), *unknown]) or 'none') + kinds + ('' if seen.cdnskeys else ', no CDNSKEY')


def signatures(e: Evidence) -> Iterator[Finding]:
    """17: the CDS of each must validate under the keys that any other publishes: a parent may take the one from here, the other from there."""
    for holder in e.delegated:
        lost: list[tuple[Party, str]] = []
        where: list[Seen] = []
        for source in e.delegated:
            for seen in source.seen:
                for judged in e.judged.get(seen, ()):
                    made_by = judged.outcome.valid
                    if judged.item.is_zone_data or not made_by or made_by & source.data_keys:
                        continue  # a key that signs zone data as well is missed for more than this: 1 and 3
                    without = [one for one in holder.seen if one.keys and made_by.isdisjoint(one.keys)]
                    if without:
                        lost.append((source, judged.item.rtype))
                        where.extend(without)
        if lost:
            sources = listed(source.name for source, _rtype in lost)
            types = ' and '.join(sorted({rtype for _source, rtype in lost}))
            yield Finding(
                'cds_signature_unverifiable', f'the {types} of {sources} are signed by keys only that are not in its DNSKEY RRset',
                f'A parent that has the DNSKEY RRset from {holder.name} and CDS from {sources} rejects them; the DS are not updated',
                f'Add the KSK of {sources} at {holder.name}', addresses(where), (holder.name,), name=e.zone, rtype=types.split()[0],
                related=('foreign_ksk_missing',),
            )


CHECKS = (deletion, each_server, agreement, signatures)
