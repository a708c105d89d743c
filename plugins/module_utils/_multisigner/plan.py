# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do next: pure, from what is declared, what was seen, since when it has been so, and the time.

This plan only ever ADDS: keys to every signer, then, when every server of every signer has shown the full set for as long as
an older answer may be cached, the union CDS and CDNSKEY at the signers and the DS at the parent (RFC 8901 section 4.2.2,
RFC 7583). What it would have to remove it tells. No I/O, no clock, nothing of Ansible.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Iterator, Mapping, Sequence

from .dnskey import ALGORITHM_NAMES, DIGEST_LENGTHS, DNSKEY, DS, Record, sort_records
from .errors import MultisignerError
from .group import Group
from .journal import Fact, FactKey
from .observation import NOT_AUTHENTICATED, ServerView, SignerView, ZoneObservation

# RFC 8901 section 4 wants one set of algorithms at all signers. This is the one other set that may be asked for: every
# validator knows both, and the same strength is behind both.
MIXABLE_ALGORITHMS = frozenset((8, 13))

KEY_EVERYWHERE = 'DNSKEY at every server of every signer'


@dataclass(frozen=True)
class Step:
    """Records to add at one signer, now, and why."""

    signer: str
    add: tuple[Record, ...]
    reason: str


@dataclass(frozen=True)
class Delegation:
    """The DS set that the parent may have now: *wanted* in full, *missing* of it at some server, and each signer's SEP keys behind it."""

    parent: str
    wanted: tuple[DS, ...]
    missing: tuple[DS, ...]
    keys: Mapping[str, tuple[DNSKEY, ...]]


@dataclass(frozen=True)
class Wait:
    """What is waited for, until when (seconds since 1970 UTC; None when only a server can tell), and why."""

    what: str
    until: int | None
    reason: str

    def __str__(self) -> str:
        until = f'until {utc(self.until)} ' if self.until is not None else ''
        return f'waiting {until}for {self.what}: {self.reason}'


@dataclass(frozen=True)
class Plan:
    """All about one zone: *steps* are safe now, *waits* say what comes later, *blocked* what a person must mend, *notes* what
    is worth knowing. *facts* are the journal's new content for the zone."""

    zone: str
    steps: tuple[Step, ...] = ()
    delegation: Delegation | None = None
    waits: tuple[Wait, ...] = ()
    blocked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()

    @property
    def state(self) -> str:
        """blocked, changing, waiting or complete: the first that is true."""
        if self.blocked:
            return 'blocked'
        if self.steps or (self.delegation is not None and self.delegation.missing):
            return 'changing'
        return 'waiting' if self.waits else 'complete'


@dataclass
class _Findings:
    """What the parts of a plan collect on their way."""

    blocked: list[str] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def plan(group: Group, seen: ZoneObservation, journal: Mapping[FactKey, Fact], now: int, digest_types: Sequence[int] = (2,)) -> Plan:
    """The plan for one zone. *now* is in seconds since 1970 UTC; *digest_types* are those of the DS set (RFC 9905: 2 and 4)."""
    findings = _Findings()
    _tell_errors(seen, findings)
    may_share = _algorithms_agree(group, seen, findings)
    keys = _keys_to_share(group, seen, findings)
    facts = _remember(seen, keys, journal, now)
    if not may_share:
        return Plan(group.zone, blocked=tuple(findings.blocked), notes=tuple(findings.notes), facts=facts)
    steps = _add_keys(seen, keys, findings)
    delegation: Delegation | None = None
    if _cached_sets_are_gone(seen, facts, now, findings):
        steps = _add_parent_records(group, seen, digest_types)
        delegation = _delegate(group, seen, digest_types, findings)
    _tell_removals(group, seen, findings)
    return Plan(group.zone, tuple(steps), delegation, tuple(findings.waits), tuple(findings.blocked), tuple(findings.notes), facts)


def utc(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def _tell_errors(seen: ZoneObservation, findings: _Findings) -> None:
    """A signer or parent that was not seen whole blocks the DS; it is never taken for one that has nothing.

    So does a server whose answers are bogus already, and a signer that asks the parent to remove every DS.
    """
    for view in seen.signers:
        findings.blocked.extend(view.errors)
        for server in view.servers:
            if not server.error:
                findings.blocked.extend(str(error) for error in _faults(seen.zone, view.name, server))
    findings.blocked.extend(seen.parent.errors)


def _faults(zone: str, signer: str, server: ServerView) -> Iterator[MultisignerError]:
    where = f'{signer}, {server.server}'
    unsigned = [name for name, keys in (('DNSKEY RRset', server.signs_keys), ('SOA', server.signs_zone)) if not keys]
    if unsigned:
        yield MultisignerError(
            f'no key in its DNSKEY RRset has a signature over its {" and ".join(unsigned)} that is valid now', zone, where,
            remedy='See whether its signatures have ended, and whether the clocks here and there are right',
        )
    if any(ds.is_delete for ds in server.cds) or any(key.is_delete for key in server.cdnskeys):
        yield MultisignerError(
            'its CDS or CDNSKEY asks the parent to remove every DS of the zone (RFC 8078 section 4)', zone, where,
            remedy='Take that record away there; going insecure is an operation of its own',
        )


def _algorithms_agree(group: Group, seen: ZoneObservation, findings: _Findings) -> bool:
    """Whether every signer signs with the same algorithms (RFC 8901 section 4), or the user allowed the one mix that may be."""
    used = {view.name: frozenset(key.algorithm for key in view.signing) for view in seen.signers if not view.errors and view.signing}
    together = frozenset().union(*used.values()) if used else frozenset()
    if all(algorithms == together for algorithms in used.values()):
        return True
    told = '; '.join(f'{name} with {", ".join(_algorithm_name(number) for number in sorted(used[name]))}' for name in sorted(used))
    if group.allow_mixed_algorithms and together == MIXABLE_ALGORITHMS:
        findings.notes.append(
            f'the signers sign with different algorithms ({told}), as allowed: validators that insist on every algorithm of the DS set '
            '(unbound with harden-algo-downgrade) may call answers bogus, and analysers report missing RRSIGs'
        )
        return True
    way_out = (
        'Roll one signer over to the algorithm of the others first (deSEC signs with ECDSAP256SHA256 and cannot change), '
        'or set allow_mixed_algorithms for this zone, which allows RSASHA256 beside ECDSAP256SHA256 only'
    )
    problem = MultisignerError(f'the signers sign with different algorithms ({told}); RFC 8901 section 4 wants one set', group.zone, remedy=way_out)
    findings.blocked.append(str(problem))
    return False


def _algorithm_name(number: int) -> str:
    return ALGORITHM_NAMES.get(number, f'algorithm {number}')


def _keys_to_share(group: Group, seen: ZoneObservation, findings: _Findings) -> frozenset[DNSKEY]:
    """The keys that every signer must publish: all that sign anywhere, and those that may be about to.

    Only keys that an authenticated answer holds and that are fit to be published (invariant 12); others block the DS.
    """
    shared: set[DNSKEY] = set()
    for key, owners in seen.owners.items():
        holders = [view for view in seen.signers if view.name in owners] or [view for view in seen.signers if view.prepublishes and key in view.published]
        if not holders or key.is_revoked:
            continue  # told by _tell_removals: a leftover, or on its way out (RFC 5011)
        try:
            key.check_usable()
        except MultisignerError as error:
            findings.blocked.append(str(error.at(zone=group.zone, server=holders[0].name)))
            continue
        if all(view.authenticated(key) == NOT_AUTHENTICATED for view in holders):
            findings.blocked.append(_unauthenticated(group, key, holders[0]))
            continue
        shared.add(key)
    return frozenset(shared)


def _unauthenticated(group: Group, key: DNSKEY, view: SignerView) -> str:
    why = next((server.why_not for server in view.servers if server.why_not), '')
    return str(
        MultisignerError(
            f'its key {key} is not authenticated{f" ({why})" if why else ""}, so it is not given to the other signers',
            zone=group.zone,
            server=view.name,
            remedy=f'Set multisigner_tsig or multisigner_pins for {view.name}, or have the parent publish its DS',
        )
    )


def _add_keys(seen: ZoneObservation, keys: frozenset[DNSKEY], findings: _Findings) -> list[Step]:
    """Adding a key is always safe, so each signer that was seen whole gets what it lacks, at once."""
    steps: list[Step] = []
    for view in seen.signers:
        if view.errors:
            continue
        missing = frozenset(key for key in keys - view.published if view.name not in seen.owners[key])
        if missing:
            owners = sorted({name for key in missing for name in seen.owners[key]} or {'another signer'})
            records = sort_records(Record('DNSKEY', key) for key in missing)
            steps.append(Step(view.name, records, f'keys of {", ".join(owners)} that {view.name} does not publish'))
        late = keys - missing - view.published_everywhere
        if late:
            lagging = ', '.join(server.server for server in view.servers if not late <= server.dnskeys)
            findings.waits.append(Wait(f'{view.name} to publish {len(late)} keys everywhere', None, f'{lagging} does not have them yet'))
    return steps


def _remember(seen: ZoneObservation, keys: frozenset[DNSKEY], journal: Mapping[FactKey, Fact], now: int) -> tuple[Fact, ...]:
    """Since when each key has been at every server of every signer. A key that is not is remembered as such, with the TTL
    of the answers that lack it: they are what must run out."""
    everywhere = frozenset.intersection(*(view.published_everywhere for view in seen.signers))
    ttl_now = max((server.longest_ttl for view in seen.signers for server in view.servers), default=0)
    facts: list[Fact] = []
    for key in sorted(keys):
        known = journal.get((KEY_EVERYWHERE, key.text))
        since: int | None = None
        if key in everywhere:
            # A time in the future is a clock that jumped or a journal of another machine: it proves nothing.
            since = known.since if known and known.since is not None and known.since <= now else now
        facts.append(Fact(KEY_EVERYWHERE, key.text, since, max(ttl_now, known.ttl if known else 0)))
    return tuple(facts)


def _cached_sets_are_gone(seen: ZoneObservation, facts: Sequence[Fact], now: int, findings: _Findings) -> bool:
    """Whether no resolver can still hold a DNSKEY RRset, of any signer, that lacks a key of any other (invariant 1)."""
    if findings.blocked or not facts or any(fact.since is None for fact in facts):
        return False
    for view in seen.signers:
        if view.disagreement:
            findings.waits.append(Wait(f'the servers of {view.name} to agree', None, view.disagreement))
    last = max(facts, key=lambda fact: (fact.since or 0) + fact.ttl)
    until = (last.since or 0) + last.ttl
    if until > now and not _is_delegated_in_full(seen):
        findings.waits.append(
            Wait(
                'DNSKEY RRsets without all keys to leave the caches',
                until,
                f'every server of every signer has shown the full set since {utc(last.since or 0)}; older answers had a TTL of up to {last.ttl} s',
            )
        )
    return not findings.waits


def _is_delegated_in_full(seen: ZoneObservation) -> bool:
    """Whether the parent already shows a DS of every signer: then publishing the set again changes nothing, and no cache matters."""
    return all(any(key.ds(seen.zone, number) in seen.parent.ds_everywhere for key in view.own_sep for number in DIGEST_LENGTHS) for view in seen.signers)


def _add_parent_records(group: Group, seen: ZoneObservation, digest_types: Sequence[int]) -> list[Step]:
    """The union CDS and CDNSKEY at every signer (RFC 9975 wants every server to answer the same).

    Some signers publish CDS of more digest types for their own keys than the DS set has, and cannot be told not to: then all
    keys get those types, because every key must be covered by the same ones (RFC 7344, and dnssec-cds insists).
    """
    keys = frozenset().union(*(view.own_sep for view in seen.signers))
    types = set(digest_types) | {ds.digest_type for view in seen.signers for server in view.servers for ds in server.cds if ds.digest_type in DIGEST_LENGTHS}
    wanted = {Record('CDNSKEY', key) for key in keys} | {Record('CDS', key.ds(group.zone, number)) for key in keys for number in types}
    steps: list[Step] = []
    for view in seen.signers:
        present = frozenset.intersection(
            *(frozenset({Record('CDNSKEY', key) for key in server.cdnskeys} | {Record('CDS', ds) for ds in server.cds}) for server in view.servers)
        )
        missing = wanted - present
        if missing:
            steps.append(Step(view.name, sort_records(missing), f'CDS and CDNSKEY of all signers that {view.name} does not publish'))
    return steps


def _delegate(group: Group, seen: ZoneObservation, digest_types: Sequence[int], findings: _Findings) -> Delegation | None:
    """The union DS set: every SEP key of every signer, with one set of digest types, computed from the DNSKEYs (invariant 3)."""
    keys: dict[str, tuple[DNSKEY, ...]] = {}
    problem = _other_digest_types(group.zone, seen, digest_types) or _first_ds_without_leaver(group, seen)
    if problem is not None:
        findings.blocked.append(str(problem))
        return None
    for view in seen.signers:
        # A signer on its way out keeps the DS that it has (invariant 7) and gets no new one.
        sep = view.own_sep if view.name not in group.leaving else {key for key in view.own_sep if key.ds(group.zone) in seen.parent.ds_anywhere}
        if sep or view.name not in group.leaving:
            keys[view.name] = tuple(sorted(sep))
    without = sorted(name for name, own in keys.items() if not own)
    if without:
        findings.blocked.append(
            str(
                MultisignerError(
                    'no KSK or CSK signs its DNSKEY RRset at every server, so no DS can point to it', group.zone, ', '.join(without),
                    remedy='See that the zone is signed there with a key that has the SEP flag (257)',
                )
            )
        )
        return None
    wanted = tuple(sorted({key.ds(group.zone, number) for sep in keys.values() for key in sep for number in digest_types}))
    missing = tuple(ds for ds in wanted if ds not in seen.parent.ds_everywhere)
    return Delegation(group.parent.name, wanted, missing, keys)


def _other_digest_types(zone: str, seen: ZoneObservation, digest_types: Sequence[int]) -> MultisignerError | None:
    """The parent has a DS of a signer's key with a digest type that the others are not to get (invariant 3)."""
    keys = frozenset().union(*(view.own_sep for view in seen.signers))
    other = {number for number in DIGEST_LENGTHS if number not in digest_types and any(key.ds(zone, number) in seen.parent.ds_anywhere for key in keys)}
    if not other:
        return None
    return MultisignerError(
        f'the parent has DS of digest type {", ".join(map(str, sorted(other)))}, and the DS set is to have {", ".join(map(str, sorted(digest_types)))} only: '
        'every key must be covered by the same types', zone,
        remedy=f'Set multisigner_digest_types to {sorted(other | set(digest_types))}, or have the parent remove these DS',
    )


def _first_ds_without_leaver(group: Group, seen: ZoneObservation) -> MultisignerError | None:
    """A zone without any DS is insecure everywhere. Its first DS would make the answers of a signer that has none bogus (invariant 2)."""
    if not group.leaving or seen.parent.ds_anywhere:
        return None
    return MultisignerError(
        f'the parent has no DS yet, and its first ones would make every answer of {", ".join(group.leaving)} bogus, which still serves the zone', group.zone,
        remedy='Move it back to "signers"; or take it off the NS of the zone, wait for their TTL, and take it out of "leaving"',
    )


def unknown_ds(seen: ZoneObservation) -> tuple[DS, ...]:
    """The DS at the parent that name no key that signs at a signer, or do so with a digest that RFC 9905 forbids."""
    signing = frozenset().union(*(view.signing for view in seen.signers))
    return tuple(
        ds
        for ds in sorted(seen.parent.ds_anywhere)
        if not any(ds.digest_type in DIGEST_LENGTHS and key.ds(seen.zone, ds.digest_type) == ds for key in signing)
    )


def _tell_removals(group: Group, seen: ZoneObservation, findings: _Findings) -> None:
    """What this plan would have to remove: told, and left where it is."""
    for key, owners in sorted(seen.owners.items()):
        holders = ', '.join(view.name for view in seen.signers if key in view.published)
        if key.is_revoked:
            findings.notes.append(f'key {key} at {holders} is revoked; it is not given to other signers')
        elif not owners:
            findings.notes.append(f'key {key} at {holders} signs nothing anywhere: a next key, or a leftover to be removed')
    for ds in unknown_ds(seen):
        findings.notes.append(f'DS {ds.text} at the parent names no key that signs at a signer: to be removed')
    if group.leaving:
        findings.notes.append(f'{", ".join(group.leaving)}: leaving; nothing is removed yet, this release only adds')
