# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which DS the parent is to have, and which CDS and CDNSKEY the signers (RFC 7344, RFC 8901 section 4, RFC 9975). Pure."""
from __future__ import annotations

from typing import Callable, Iterable, NamedTuple, Sequence

from .dnskey import DIGEST_LENGTHS, DNSKEY, DS, Record, sort_records
from .errors import MultisignerError
from .facts import due
from .group import Group, Signer
from .observation import SignerView, ZoneObservation
from .situation import Situation, latest
from .steps import Findings, Step, Wait, algorithm_name, since


class _Lacking(NamedTuple):
    """An algorithm without which a DS set would leave a signer."""

    algorithm: int
    signer: str


class ParentSteps:
    """The DS set and what announces it. What holds it up goes to *findings*."""

    def __init__(self, here: Situation, findings: Findings) -> None:
        self.here = here
        self.group, self.seen, self.facts = here.group, here.seen, here.facts
        self.findings = findings
        self.replaced: frozenset[DNSKEY] = frozenset()

    def wanted(self) -> frozenset[DS] | None:
        """The union DS set: every SEP key of every signer that resolvers may ask, with one set of digest types (invariants 2, 3).

        None when there must be no new set now. What the signers have *replaced* among the keys behind it is known after this.
        """
        here, group = self.here, self.group
        problem = _other_digest_types(group, self.seen, here)
        keys = {view.name: self._sep_keys(view) for view in here.asked}
        without = sorted(view.name for view in here.staying if not keys[view.name])
        if problem is None and without:
            problem = MultisignerError(
                'no KSK or CSK signs its DNSKEY RRset at every server, so no DS can point to it', group.zone, ', '.join(without),
                remedy='See that the zone is signed there with a key that has the SEP flag (257)',
            )
        if problem is not None:
            self.findings.blocked.append(str(problem))
            return None
        every = {key.ds(group.zone, number) for own in keys.values() for key in own for number in group.digest_types}
        wanted = frozenset(ds for ds in every if ds.algorithm in here.ds_algorithms or self._may_introduce(ds.algorithm))
        self.replaced = self._find_replaced(wanted)
        if group.parent.capabilities.write != 'ask':
            return wanted
        return wanted - frozenset(ds for key in self.replaced for ds in here.ds_of(key))  # it takes what the CDS say, all at once

    def _find_replaced(self, wanted: frozenset[DS]) -> frozenset[DNSKEY]:
        """The keys behind *wanted* that the CDS and CDNSKEY of all signers need not name any more, and must not if all are to be the same: their
        signers name the next keys only. The DS set without them, which a parent makes that follows CDS, is good for everybody at once."""
        here = self.here
        keys = self.keys_behind(wanted)
        found = frozenset(key for view in here.asked for key in keys.get(view.name, ()) if key in here.given_up(view))
        left = frozenset(ds for own in keys.values() for key in own if key not in found for ds in here.ds_of(key) if ds in wanted)
        return frozenset() if self._lacking(left, here.is_in_every_cache) else found

    def _sep_keys(self, view: SignerView) -> frozenset[DNSKEY]:
        """The keys of one signer that the DS set is to name: of a leaver only while somebody may still be sent to it."""
        own = view.own_sep
        signer = next((one for one in self.here.leaving if one.name == view.name), None)
        if signer is not None and not self._is_delegated(signer, own):
            return frozenset()
        staying = own - view.retiring
        if any(self.here.is_in_force(view, key) for key in staying):
            return staying
        if staying != own:
            self._wait_for_force(view, 'its keys that stay')
        return own

    def _is_delegated(self, signer: Signer, own: Iterable[DNSKEY]) -> bool:
        """Whether an NS RRset names the signer, or the parent has a DS of it."""
        parent = self.seen.parent
        names = frozenset().union(*(server.ns for server in parent.servers), *(server.ns for view in self.here.asked for server in view.servers))
        return not names.isdisjoint(signer.ns) or any(self.here.ds_at_parent(key) for key in own)

    def _may_introduce(self, algorithm: int) -> bool:
        """Whether a DS of an algorithm that the DS set does not have yet may be published: every signer has signed everything with it
        for so long that no data without its signatures is cached (RFC 6781 section 4.1.4). The first DS of a zone is the same case."""
        fact = self.here.introduced.get(algorithm)
        if fact is None or fact.since is None:
            self._wait_once(Wait(f'every signer to sign everything with {algorithm_name(algorithm)}', None, 'before that the DS set does not get it'))
            return False
        cached = [signer.name for signer in self.here.leaving if self._may_be_cached_only(signer)]
        if cached:
            reason = f'the DS set gets {algorithm_name(algorithm)} for all signers that may be in a cache, or for none'
            self._wait_once(Wait(f'{", ".join(cached)} to be forgotten', None, reason))
            return False
        if not self.facts.has_aged(fact):
            name = algorithm_name(algorithm)
            self._wait_once(Wait(f'data without signatures of {name} to leave the caches', due(fact), since(fact, f'every signer has signed with {name}')))
        return self.facts.has_aged(fact)

    def _wait_once(self, wait: Wait) -> None:
        if wait not in self.findings.waits:
            self.findings.waits.append(wait)

    def _may_be_cached_only(self, signer: Signer) -> bool:
        """Whether a leaving signer gets no new DS, while what it answered may still be in a cache."""
        view = next((one for one in self.here.asked if one.name == signer.name), None)
        return not self.here.is_forgotten(signer) and (view is None or not self._is_delegated(signer, view.own_sep))

    def obsolete(self, wanted: frozenset[DS]) -> tuple[DS, ...]:
        """The DS at the parent that may go now: those of keys that are known, and that no signer needs (invariants 2, 7, 9).

        Not those of keys that were replaced: their DS go when the parent takes those of the next keys.
        """
        here = self.here
        shown = self.seen.parent.ds_anywhere
        found = frozenset(
            ds for key, owners in here.owners.items() if key.is_sep and key not in self.replaced for ds in here.ds_of(key)
            if ds in shown and ds not in wanted and ds.digest_type in self.group.digest_types and self._has_ended(key, owners)
        )
        if not found:
            return ()
        left = self.seen.parent.ds_everywhere - found
        for view in here.asked:
            if not any(self.here.is_in_force(view, key) and all(key.ds(self.group.zone, n) in left for n in self.group.digest_types) for key in view.own_sep):
                self._wait_for_force(view, f'a key whose DS is one of the {len(left)} that stay')
                return ()
        lacking = self._lacking(left, here.is_in_force)
        if lacking is None:
            return tuple(sorted(found))
        what = f'every signer or none to be in the DS set with {algorithm_name(lacking.algorithm)}'
        self.findings.waits.append(Wait(what, None, f'{lacking.signer} would not be, and validators may insist on every algorithm of the DS set'))
        return ()

    def _lacking(self, left: frozenset[DS], is_fit: Callable[[SignerView, DNSKEY], bool]) -> _Lacking | None:
        """An algorithm that the DS set *left* would have without a key of every signer that is fit: some validators insist on every one of them."""
        here, number = self.here, self.group.digest_types[0]
        for algorithm in sorted({ds.algorithm for ds in left} if not here.is_mixed else ()):
            for view in here.asked:
                own = [key for key in view.own_sep if key.algorithm == algorithm and key.ds(self.group.zone, number) in left]
                if not any(is_fit(view, key) for key in own):
                    return _Lacking(algorithm, view.name)
        return None

    def _has_ended(self, key: DNSKEY, owners: Iterable[str]) -> bool:
        """Whether every owner of *key* has left for good as far as its DS goes, or does without it."""
        for name in owners:
            view = self.here.views.get(name)
            signer = next((one for one in self.here.leaving if one.name == name), None)
            if (signer is not None and self.here.is_released(signer)) or name in self.group.dead:
                if signer is None or not self.here.is_forgotten(signer):
                    return False
            elif view is None or view.errors:
                return False
            elif key in view.retiring:
                continue
            elif any(key in server.signs_keys for server in view.servers) or (key in view.published and not self.here.has_signed(key)):
                return False  # in use, or meant to be: its DS may have been published beforehand
        return True

    def _wait_for_force(self, view: SignerView, keys: str) -> None:
        facts = [fact for (name, _key), fact in self.here.signs.items() if name == view.name and fact.since is not None]
        last = latest(facts)
        until = due(last) if last is not None and not self.facts.has_aged(last) else None
        reason = f'{keys} must sign its DNSKEY RRset in every cache too, and have a DS at every server of the parent'
        self.findings.waits.append(Wait(f'{view.name} to do without the DS of a key that it gives up', until, reason))

    def keys_behind(self, wanted: frozenset[DS]) -> dict[str, tuple[DNSKEY, ...]]:
        return {
            view.name: tuple(sorted(key for key in view.own_sep if any(ds in wanted for ds in self.here.ds_of(key))))
            for view in self.here.asked
            if any(ds in wanted for key in view.own_sep for ds in self.here.ds_of(key))
        }

    def records(self, wanted: frozenset[DS], obsolete: Sequence[DS]) -> list[Step]:
        """The union CDS and CDNSKEY at every signer (RFC 9975 wants every server to answer the same): of the keys in the DS set.

        Some signers publish CDS of more digest types for their own keys than the DS set has, and cannot be told not to: then all
        keys get those types, because every key must be covered by the same ones (RFC 7344, and dnssec-cds insists).
        """
        here = self.here
        keys = frozenset(key for view in here.asked for key in view.own_sep if any(ds in wanted for ds in here.ds_of(key))) - self.replaced
        types = set(self.group.digest_types) | {
            ds.digest_type for view in here.asked for server in view.servers for ds in server.cds if ds.digest_type in DIGEST_LENGTHS
        }
        union = {Record('CDNSKEY', key) for key in keys} | {Record('CDS', key.ds(self.group.zone, number)) for key in keys for number in types}
        steps: list[Step] = []
        for view in here.asked:
            shown = [frozenset({Record('CDNSKEY', key) for key in server.cdnskeys} | {Record('CDS', ds) for ds in server.cds}) for server in view.servers]
            missing = union - frozenset.intersection(*shown) - self._records_of(view.retiring)
            late = missing & self._records_of(view.self_announced)
            if late:
                announced = ', '.join(sorted(record.text for record in late))
                self._wait_once(Wait(f'{view.name} to publish {announced}', None, 'it takes CDS and CDNSKEY of its own keys from nobody'))
            missing -= late
            if missing:
                steps.append(Step(view.name, sort_records(missing), (), f'CDS and CDNSKEY of all signers that {view.name} does not publish'))
            # where the key itself announces, it would go too
            kept = {record for key in (view.published if view.omits_ksks else ()) for record in _parent_records_of(key, self.seen.zone)}
            extra = {record for record in frozenset().union(*shown) - union - kept if self._is_ended_record(record, view, obsolete)}
            if extra:
                steps.append(Step(view.name, (), sort_records(extra), 'CDS and CDNSKEY of keys that are no longer in the DS set'))
        return steps

    def make_removal_clear(self) -> list[Step]:
        """Where a signer asks the parent to remove every DS, the CDS and CDNSKEY that it has of others go, since a parent heeds that only when
        it stands alone (RFC 8078 section 4). Nowhere else: a parent that looks at one signer would take the others' DS away."""
        steps: list[Step] = []
        for view in self.here.asked:
            if view.servers and all(any(ds.is_delete for ds in server.cds) for server in view.servers):
                foreign = [key for key, owners in self.here.owners.items() if view.name not in owners]
                records = frozenset().union(*(_parent_records_of(key, self.seen.zone) for key in foreign))
                shown = {Record('CDNSKEY', key) for server in view.servers for key in server.cdnskeys} | {
                    Record('CDS', ds) for server in view.servers for ds in server.cds
                }
                if shown & records:
                    steps.append(Step(view.name, (), sort_records(shown & records), 'it asks the parent to remove every DS, and that must stand alone'))
        return steps

    def _records_of(self, keys: Iterable[DNSKEY]) -> frozenset[Record]:
        return frozenset(record for key in keys for record in _parent_records_of(key, self.seen.zone))

    def _is_ended_record(self, record: Record, view: SignerView, obsolete: Sequence[DS]) -> bool:
        """Whether a CDS or CDNSKEY is of a key that was replaced, or whose DS may go or has gone, and which this signer has withdrawn if it
        was its own. Of a key that it has given up, a CDS of a digest type that it does not make itself stays behind."""
        for key, owners in self.here.owners.items():
            if record in _parent_records_of(key, self.seen.zone):
                is_own = view.name in owners and key in view.published | view.by_api | view.retiring and key not in self.here.given_up(view)
                return not is_own and (key in self.replaced or (self._has_ended(key, owners) and all(ds in obsolete for ds in self.here.ds_at_parent(key))))
        return False


def _other_digest_types(group: Group, seen: ZoneObservation, here: Situation) -> MultisignerError | None:
    """The parent has a DS of a signer's key with a digest type that the others are not to get (invariant 3)."""
    keys = frozenset().union(*(view.own_sep for view in here.asked))
    other = {n for n in DIGEST_LENGTHS if n not in group.digest_types and any(key.ds(group.zone, n) in seen.parent.ds_anywhere for key in keys)}
    if not other:
        return None
    return MultisignerError(
        f'the parent has DS of digest type {", ".join(map(str, sorted(other)))}, and the DS set is to have '
        f'{", ".join(map(str, sorted(group.digest_types)))} only: every key must be covered by the same types', group.zone,
        remedy=f'Set multisigner_digest_types to {sorted(other | set(group.digest_types))}, or have the parent remove these DS',
    )


def _parent_records_of(key: DNSKEY, zone: str) -> frozenset[Record]:
    return frozenset([Record('CDNSKEY', key), *(Record('CDS', key.ds(zone, number)) for number in DIGEST_LENGTHS)])
