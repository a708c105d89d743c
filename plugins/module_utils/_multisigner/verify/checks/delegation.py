# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of the delegation: DS, the parent's servers, and NS. Pure."""
from __future__ import annotations

from collections import Counter
from typing import Hashable, Iterator, Mapping, Sequence, TypeVar

from ...dnskey import DIGEST_LENGTHS, DNSKEY, DS
from ..evidence import Evidence, Party, addresses, listed, names, signers
from ..findings import ERROR, INFORMATION, WARNING, Finding
from ..seen import Seen

Value = TypeVar('Value', bound=Hashable)


def broken_digests(e: Evidence) -> Mapping[DS, DNSKEY]:
    """The DS that name no key, with the key that has their tag and algorithm and signs the DNSKEY RRset somewhere."""
    found = {}
    candidates = sorted(frozenset().union(*(party.key_keys for party in e.parties)))
    for ds in sorted(e.ds):
        if not e.ds_keys[ds]:
            key = next((key for key in candidates if (key.tag, key.algorithm) == (ds.tag, ds.algorithm)), None)
            if key is not None:
                found[ds] = key
    return found


def wrong_digests(e: Evidence) -> Iterator[Finding]:
    """5: the digest was computed over something else, or was mistyped."""
    for ds, key in broken_digests(e).items():
        if ds.digest_type not in DIGEST_LENGTHS and not any(names(other, key, e.zone) for other in e.ds):
            continue  # a digest that nobody here can compute proves nothing
        owners = [party for party in e.parties if key in party.key_keys]
        other_way = key in e.trusted
        servers = [seen for party in owners for seen in party.seen]
        yield Finding(
            'ds_digest_wrong', f'DS {ds.text} has tag and algorithm of key {key}, and not its digest',
            f'Validators that prefer digest type {ds.digest_type} call answers of {listed(party.name for party in owners)} bogus' if other_way
            else f'Every validating resolver that reaches {listed(party.name for party in owners)} calls its answers bogus',
            'Replace this DS at the parent by one that was computed from the key', addresses(servers), signers(servers), key.text, ds.text,
            e.zone, 'DS', severity=ERROR if other_way else INFORMATION if not any(party.in_delegation for party in owners) else '',
        )


def untrusted_keys(e: Evidence) -> Iterator[Finding]:
    """4 and 7: each delegated signer's DNSKEY RRset must be signed by a key that a DS names (RFC 4035 section 5.2)."""
    if not e.is_secure:
        return
    digests = set(broken_digests(e).values())
    signing = frozenset().union(*(party.key_keys for party in e.parties))
    for party in e.delegated:
        lost: list[Seen] = []
        for seen in party.seen:
            outcome = e.key_outcome.get(seen)
            if outcome is not None and seen.keys and outcome.made_by.isdisjoint(e.trusted) and outcome.made_by.isdisjoint(digests):
                lost.append(seen)
        without_ds = [seen for seen in lost if _signs_by_another_ksk(e, seen, signing)]
        unsigned = [seen for seen in lost if seen not in without_ds]
        if without_ds:
            yield _without_ds(e, party, without_ds)
        if unsigned:
            yield _unsigned_keys(e, party, unsigned)


def _signs_by_another_ksk(e: Evidence, seen: Seen, signing: frozenset[DNSKEY]) -> bool:
    """Whether a KSK does sign there and merely has no DS, and no key with a DS lies idle in its place."""
    idle = any(key not in signing for key in seen.keys & e.trusted)
    return not idle and any(key.is_sep for key in e.key_outcome[seen].made_by)


def _without_ds(e: Evidence, party: Party, lost: list[Seen]) -> Finding:
    key = min(key for seen in lost for key in e.key_outcome[seen].made_by if key.is_sep)
    wanted = key.ds(e.zone).text
    return Finding(
        'ds_missing', f'the parent has no DS for key {key}, with which {party.name} signs its DNSKEY RRset',
        f'Every validating resolver that takes the DNSKEY RRset from {party.name} calls the whole zone bogus',
        f'Bring DS {wanted} to the parent, or take {party.name} out of the NS until it is there',
        addresses(lost), (party.name,), key.text, wanted, e.zone, 'DS',
    )


def _unsigned_keys(e: Evidence, party: Party, lost: list[Seen]) -> Finding:
    outcome = e.key_outcome[lost[0]]
    own = sorted(lost[0].keys & e.trusted)
    if outcome.missing:
        what = 'its DNSKEY RRset has no signature at all'
    elif outcome.made_by:
        what = f'its DNSKEY RRset is signed by {listed(str(key) for key in sorted(outcome.made_by))} only, and no DS names that'
    else:
        what = 'no signature over its DNSKEY RRset is right'
    return Finding(
        'dnskey_rrset_untrusted', f'{what}; a DS names {listed(str(key) for key in own) or "none of its keys"}',
        f'Every validating resolver that takes the DNSKEY RRset from {party.name} calls the whole zone bogus',
        f'Have {party.name} sign its DNSKEY RRset with the key that the DS names, or bring the DS of the one it signs with', addresses(lost), (party.name,),
        own[0].text if own else '', name=e.zone, rtype='DNSKEY',
    )


def unmatched_ds(e: Evidence) -> Iterator[Finding]:
    """25: DS of keys that are nowhere. Where all signers still ask for it by CDS, its signer is leaving."""
    explained = set(broken_digests(e))
    unseen = [seen for seen in e.seen if seen.trouble is not None or not seen.keys_known]
    asked_for = frozenset().union(*(seen.cds for seen in e.reached))
    for ds in sorted(e.ds - explained):
        if e.ds_keys[ds]:
            continue
        alone = not any(e.ds_keys[other] for other in e.ds if other.algorithm == ds.algorithm)
        expected = ds in asked_for or e.is_planned(f'DS {ds.text}') or (unseen and not alone)
        yield Finding(
            'ds_unmatched', f'DS {ds.text} names no key that any server publishes{"; not every server was seen" if unseen else ""}',
            f'Validators that insist on every algorithm of the DS set call the zone bogus: nothing else has algorithm {ds.algorithm}' if alone else 'Nothing',
            'Take it away at the parent when the key is gone for good', (), (), '', ds.text, e.zone, 'DS',
            severity=INFORMATION if expected else ERROR if alone else '',
        )


def deprecated_digests(e: Evidence) -> Iterator[Finding]:
    """39 for digests (RFC 9905)."""
    for ds in sorted(e.ds):
        if ds.digest_type not in DIGEST_LENGTHS:
            yield Finding(
                'deprecated', f'DS {ds.text} has a digest of type {ds.digest_type}, which must not be used for a delegation (RFC 9905)',
                'Validators that take it no more see the zone as insecure when there is no other', 'Replace it by one of digest type 2 (SHA-256)',
                ds=ds.text, name=e.zone, rtype='DS',
            )


def parent_servers(e: Evidence) -> Iterator[Finding]:
    """36, 37, 32 and the DS half of 23: what the servers of the parent say, and whether they agree."""
    failed = [parent for parent in e.survey.parents if parent.failure]
    for parent in failed:
        yield Finding(
            'parent_server_unusable', parent.failure, 'Resolvers that ask it have to ask another one', 'See that it runs, or correct the list',
            (parent.address,),
        )
    sets = {parent.address: e.ds_by_server[parent.address] for parent in e.survey.parents if not parent.failure}
    if len(set(sets.values())) > 1:
        odd = odd_ones(sets)
        yield Finding(
            'parent_ds_differ', f'servers of the parent have different DS: {listed(f"{address} has {len(sets[address])}" for address in odd)}',
            'What holds depends on the server that a resolver asks; no wait has begun yet', 'Wait until the parent has published everywhere', tuple(odd),
            name=e.zone, rtype='DS',
        )
    ttls = {parent.address: int(parent.ds.rrset.ttl) for parent in e.survey.parents if parent.ds is not None and not parent.failure}
    yield from _ttl_finding(ttls, 'DS', e.zone, ())
    if e.survey.parents and not any(parent.delegated for parent in e.survey.parents if not parent.failure) and len(failed) < len(e.survey.parents):
        yield Finding(
            'not_delegated', f'no server of the parent {e.survey.parent_zone} delegates it', 'Nobody finds the zone', 'Register it, with its NS',
            addresses(()), name=e.zone, rtype='NS',
        )


def key_ttls(e: Evidence) -> Iterator[Finding]:
    """23: waits use the largest TTL, so one that is too large somewhere lengthens every rollover."""
    ttls = {seen.address: int(seen.dnskey.rrset.ttl) for seen in e.holding if seen.dnskey is not None}
    yield from _ttl_finding(ttls, 'DNSKEY', e.zone, signers(e.holding))


def _ttl_finding(ttls: Mapping[str, int], rtype: str, zone: str, whose: tuple[str, ...]) -> Iterator[Finding]:
    if len(set(ttls.values())) > 1:
        told = '; '.join(f'{ttl} s at {listed(address for address in ttls if ttls[address] == ttl)}' for ttl in sorted(set(ttls.values())))
        yield Finding(
            'ttl_differs', f'the TTL of the {rtype} RRset differs: {told}', f'Nothing; waits last as long as the largest, {max(ttls.values())} s',
            'Set the same TTL everywhere', tuple(sorted(ttls)), whose, name=zone, rtype=rtype,
        )


def chain(e: Evidence) -> Iterator[Finding]:
    """33 and 34: whether validators get as far as the zone's DS."""
    seen = [parent for parent in e.survey.parents if not parent.failure]
    if not e.ds:
        if seen:
            yield Finding(
                'zone_insecure', 'the parent has no DS for the zone', 'Nobody validates it', 'Bring the DS of every signer when all is ready',
                name=e.zone, rtype='DS',
            )
        return
    if not any(parent.authenticated for parent in seen):
        why = next((parent.why_not for parent in seen if parent.why_not), 'no reason was given')
        yield Finding(
            'chain_broken', f'the DS of the zone cannot be authenticated from the trust anchor: {why}',
            'Validators with this trust anchor see the zone as bogus or insecure',
            'See the zones above; see that the resolver in use passes DNSSEC records on', name=e.zone, rtype='DS',
        )


def name_servers(e: Evidence) -> Iterator[Finding]:
    """18: NS are the same at all signers, and at the parent but for a whole signer that is on its way in or out."""
    sets = {seen: seen.ns for seen in e.reached if seen.ns}
    if len(set(sets.values())) > 1:
        odd = odd_ones(sets, e.parent_ns)
        told = '; '.join(
            f'{listed(sorted(value))} at {listed(signers(seen for seen in sets if sets[seen] == value))}' for value in sorted(set(sets.values()), key=sorted)
        )
        yield Finding(
            'ns_differ', f'NS RRsets differ: {told}', 'Which servers a resolver uses depends on the one that it asked first; a parent that heeds CSYNC stops',
            'Publish the same NS at every signer', addresses(odd), signers(odd), name=e.zone, rtype='NS',
        )
        return
    at_zone = next(iter(sets.values()), None)
    if at_zone is None or not e.parent_ns or at_zone == e.parent_ns:
        return
    added, removed = at_zone - e.parent_ns, e.parent_ns - at_zone
    moving = _whole_signers(e, added, e.parent_ns) and _whole_signers(e, removed, at_zone)
    planned = e.is_planned(*(f'NS {name}.' for name in added | removed))
    told = ' and '.join(f'only the {who} has {listed(sorted(which))}' for who, which in (('zone', added), ('parent', removed)) if which)
    yield Finding(
        'ns_differ', f'the NS of zone and parent differ: {told}', 'Which servers are used depends on whether a resolver believes the parent or the zone',
        'Have the parent take over the NS of the zone', addresses(sets), signers(sets), name=e.zone, rtype='NS',
        severity=INFORMATION if moving or planned else WARNING,
    )


def _whole_signers(e: Evidence, some: frozenset[str], others: frozenset[str]) -> bool:
    """Whether *some* lead to signers none of whose servers are among *others*: a join or a leave that waits for the parent."""
    for name in some:
        party = next((party for party in e.parties for seen in party.seen if name in seen.survey.names), None)
        if party is None or any(one in others for seen in party.seen for one in seen.survey.names):
            return False
    return True


def joining(e: Evidence) -> Iterator[Finding]:
    """41: declared signers that resolvers do not reach."""
    for party in e.parties:
        if party.declared is not None and not party.in_delegation:
            yield Finding(
                'signer_not_delegated', f'{party.name} is not in the delegation: it is {"leaving" if party.leaving else "joining"}', 'Nothing', 'Nothing',
                addresses(party.seen), (party.name,),
            )


def odd_ones(values: Mapping[Value, Hashable], right: Hashable = None) -> Sequence[Value]:
    """Those that have something else than the others: not *right* where some have that, else not what most have, else all."""
    told = list(values.values())
    if right in told:
        return [one for one, value in values.items() if value != right]
    (common, count), *rest = Counter(told).most_common()
    if not rest or count > rest[0][1]:
        return [one for one, value in values.items() if value != common]
    return list(values)


CHECKS = (wrong_digests, untrusted_keys, unmatched_ds, deprecated_digests, parent_servers, key_ttls, chain, name_servers, joining)
