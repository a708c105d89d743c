# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to do next: pure, from what is declared, what was seen, since when it has been so, and the time.

A level-triggered reconciler (RFC 8901, RFC 7583, RFC 6781, draft-ietf-dnsop-dnssec-automation with its gaps closed): there is
no procedure and no state, only what may be done now. Additions are planned at once, in the order keys, DS, NS; a removal is
planned only when every wait that it needs is over, in the order NS, DS, keys, and never while anything is being added. Every
step is safe by itself, whatever becomes of the others. No I/O, no clock, nothing of Ansible.
"""
from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Iterable, Iterator, Sequence

from .dnskey import ALGORITHM_NAMES, DIGEST_LENGTHS, DNSKEY, DS, NS, Record, sort_records
from .errors import MultisignerError
from .facts import Facts, due
from .group import Group, Signer
from .journal import Fact, Memory
from .observation import NOT_AUTHENTICATED, ServerView, SignerView, ZoneObservation
from .situation import DS_EVERYWHERE, DS_NOWHERE, Situation, latest


@dataclass(frozen=True)
class Step:
    """Records to add at and to remove from one signer, now, and why."""

    signer: str
    add: tuple[Record, ...] = ()
    remove: tuple[Record, ...] = ()
    reason: str = ''


@dataclass(frozen=True)
class Delegation:
    """What the parent may have now: the DS set *wanted* in full, *missing* of it at some server, and those to *remove*; the NS to
    add and to remove; and each signer's SEP keys behind the DS set. *by_person*: the tool only says what is to be done there."""

    parent: str
    wanted: tuple[DS, ...] = ()
    missing: tuple[DS, ...] = ()
    remove: tuple[DS, ...] = ()
    ns_add: tuple[str, ...] = ()
    ns_remove: tuple[str, ...] = ()
    keys: dict[str, tuple[DNSKEY, ...]] = field(default_factory=dict)
    by_person: bool = False

    @property
    def has_work(self) -> bool:
        return bool(self.missing or self.remove or self.ns_add or self.ns_remove)


@dataclass(frozen=True)
class Wait:
    """What is waited for, until when (seconds since 1970 UTC; None when only a server or a person can tell), and why."""

    what: str
    until: float | None
    reason: str

    def __str__(self) -> str:
        until = f'until {utc(self.until)} ' if self.until is not None else ''
        return f'waiting {until}for {self.what}: {self.reason}'


@dataclass(frozen=True)
class Plan:
    """All about one zone: *steps* are safe now, *waits* say what comes later, *blocked* what a person must mend, *notes* what
    is worth knowing. *published* are the DS that every resolver can have by now, *withdrawn* those of known keys that none can have
    any more. *memory* is the journal's new content for the zone."""

    zone: str
    steps: tuple[Step, ...] = ()
    delegation: Delegation | None = None
    waits: tuple[Wait, ...] = ()
    blocked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    published: tuple[DS, ...] = ()
    withdrawn: tuple[DS, ...] = ()
    memory: Memory = field(default_factory=Memory)

    @property
    def state(self) -> str:
        """blocked, changing, waiting or complete: the first that is true."""
        if self.blocked:
            return 'blocked'
        if self.steps or (self.delegation is not None and self.delegation.has_work and not self.delegation.by_person):
            return 'changing'
        return 'waiting' if self.waits else 'complete'

    @property
    def removes(self) -> bool:
        """Whether anything is to go: such a plan must be applied soon, or not at all."""
        parent = self.delegation
        return any(step.remove for step in self.steps) or (parent is not None and bool(parent.remove or parent.ns_remove))


@dataclass
class _Findings:
    """What the parts of a plan collect on their way."""

    blocked: list[str] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def plan(group: Group, seen: ZoneObservation, memory: Memory, now: float, hold_until: float | None = None) -> Plan:
    """The plan for one zone. *now* is in seconds since 1970 UTC. Until *hold_until* another run may still be removing something."""
    facts = Facts(memory, now)
    return _Planner(Situation(group, seen, facts), facts, now).plan(hold_until)


def utc(seconds: float) -> str:
    """ISO 8601, the second in which *seconds* has been reached for certain."""
    return datetime.fromtimestamp(math.ceil(seconds), timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


class _Planner:
    """One plan in the making. *here* is the situation; what is found goes to self.findings."""

    def __init__(self, here: Situation, facts: Facts, now: float) -> None:
        self.here = here
        self.group = here.group
        self.seen = here.seen
        self.facts = facts
        self.now = now
        self.findings = _Findings()

    def plan(self, hold_until: float | None) -> Plan:
        steps: list[Step] = []
        delegation: Delegation | None = None
        self._tell_errors()
        self._remember()
        if self._algorithms_agree():
            steps, delegation = self._decide()
        self._tell_what_stays()
        if hold_until is not None and hold_until > self.now:
            reason = 'what it removes must be seen before anything else is decided'
            self.findings.waits.insert(0, Wait('another run to end', hold_until, reason))
            steps, delegation = [], None
        found = self.findings
        return Plan(
            self.group.zone, tuple(steps), delegation, tuple(found.waits), tuple(found.blocked), tuple(found.notes),
            tuple(ds for ds, fact in self.here.ds_shown.items() if self.facts.has_aged(fact)), self._withdrawn_ds(), Memory(self.facts.current, self.now),
        )

    def _decide(self) -> tuple[list[Step], Delegation | None]:
        steps = self._add_keys()
        if self.group.insecure:
            return steps, self._go_insecure()
        waits = self._unsettled()
        if waits is None:
            return self._go_on()
        if not self.findings.blocked:
            later = _Planner(self.here, self.facts, self.now)
            more, delegation = later._go_on()
            is_awaited = any(view.announced - view.published for view in self.here.asked)
            if is_awaited or steps or more or later.findings.waits or later.findings.blocked or (delegation is not None and delegation.has_work):
                self.findings.waits.extend(waits)
        return steps, None

    def _go_on(self) -> tuple[list[Step], Delegation | None]:
        """What may be done when every signer has published all keys for long enough."""
        wanted = self._wanted_ds()
        if wanted is None:
            return [], None
        missing = tuple(ds for ds in sorted(wanted) if ds not in self.seen.parent.ds_everywhere)
        obsolete = self._obsolete_ds(wanted)
        ns_steps, ns_add, ns_remove = self._name_servers()
        steps = [*self._parent_records(wanted, obsolete), *ns_steps, *self._remove_keys()]
        steps.sort(key=lambda step: step.signer)
        found = Delegation(self.group.parent.name, tuple(sorted(wanted)), missing, obsolete, ns_add, ns_remove, self._keys_behind(wanted))
        return steps, self._as_the_channel_goes(found)

    def _as_the_channel_goes(self, delegation: Delegation) -> Delegation:
        """*delegation* with the wait for the person who brings it to the parent, where that is how it goes."""
        parent = self.group.parent
        if parent.takes_writes:
            return delegation
        if delegation.has_work:
            self.findings.waits.append(Wait('a person to bring to the parent what the report says', None, f'the channel of {parent.name} is {parent.channel}'))
        return replace(delegation, by_person=True)

    def _remember(self) -> None:
        """Looks at every fact once, whether or not this plan depends on it: one that nobody looked at would be forgotten."""
        here = self.here
        _unused = here.owners, here.everywhere, here.signs, here.ds_shown, here.introduced
        for signer in here.leaving:
            here.ns_gone(signer)
        for key in sorted(frozenset(here.owners) - here.shared):
            here.unused(key)
        for ds in sorted({ds for key in here.owners if key.is_sep for ds in here.ds_of(key)} - self.seen.parent.ds_anywhere):
            if self.facts.has_known(DS_EVERYWHERE, ds.text) or self.facts.has_known(DS_NOWHERE, ds.text):
                here.ds_gone(ds)

    def _withdrawn_ds(self) -> tuple[DS, ...]:
        here = self.here
        gone = [key for key in here.owners if key.is_sep and not any(ds in self.seen.parent.ds_anywhere for ds in here.ds_of(key))]
        return tuple(ds for key in sorted(gone) if all(self.facts.has_aged(fact) for fact in here.ds_traces(key)) for ds in here.ds_of(key))

    # -- what a person must mend --------------------------------------------------------------------------------------

    def _tell_errors(self) -> None:
        """A signer or parent that was not seen whole stops everything but the adding of keys; it is never taken for one that has nothing.

        So does a server whose answers are bogus already, and a signer that asks the parent to remove every DS.
        """
        for view in self.here.asked:
            self.findings.blocked.extend(view.errors)
            for server in view.servers:
                if not server.error:
                    self.findings.blocked.extend(str(error) for error in _faults(self.seen.zone, view.name, server))
        self.findings.blocked.extend(self.seen.parent.errors)
        for signer in self.here.leaving:
            if not signer.ns:
                problem = MultisignerError(
                    'which NS records are its is not known, so nothing shows when it has left', self.group.zone, signer.name,
                    remedy='Set multisigner_ns for that host: the names in the NS RRset that stand for it',
                )
                self.findings.blocked.append(str(problem))

    def _algorithms_agree(self) -> bool:
        """Whether the signers have an algorithm in common (RFC 8901 section 4), or the user allowed the one mix that may be."""
        used = {view.name: frozenset(key.algorithm for key in view.signing) for view in self.here.asked if not view.errors and view.signing}
        together = frozenset().union(*used.values()) if used else frozenset()
        if all(algorithms == together for algorithms in used.values()):
            return True
        told = '; '.join(f'{name} with {", ".join(_algorithm_name(number) for number in sorted(used[name]))}' for name in sorted(used))
        if self.here.is_mixed:
            self.findings.notes.append(
                f'the signers sign with different algorithms ({told}), as allowed: validators that insist on every algorithm of the DS set '
                '(unbound with harden-algo-downgrade) may call answers bogus, and analysers report missing RRSIGs'
            )
            return True
        if frozenset.intersection(*used.values()):
            self.findings.waits.append(
                Wait('all signers to sign with the same algorithms', None, f'{told}; the DS set has an algorithm only while everyone signs with it')
            )
            return True
        way_out = (
            'Roll one signer over to the algorithm of the others first (deSEC signs with ECDSAP256SHA256 and cannot change), '
            'or set allow_mixed_algorithms for this zone, which allows RSASHA256 beside ECDSAP256SHA256 only'
        )
        problem = MultisignerError(f'the signers sign with different algorithms ({told}); RFC 8901 section 4 wants one set', self.group.zone, remedy=way_out)
        self.findings.blocked.append(str(problem))
        return False

    # -- keys ---------------------------------------------------------------------------------------------------------

    def _add_keys(self) -> list[Step]:
        """Adding a key is always safe, so each signer that was seen whole gets what it lacks, at once (invariant 1)."""
        fit = frozenset(key for key in sorted(self.here.shared) if self._is_fit(key))
        steps: list[Step] = []
        for view in self.here.asked:
            if view.errors:
                continue
            missing = frozenset(key for key in fit - view.published - view.announced if view.name not in self.here.owners.get(key, ()))
            if missing:
                owners = sorted({name for key in missing for name in self.here.owners.get(key, ())} or {'another signer'})
                records = sort_records(Record('DNSKEY', key) for key in missing)
                steps.append(Step(view.name, records, (), f'keys of {", ".join(owners)} that {view.name} does not publish'))
            lagging = fit - missing - view.published_everywhere - (view.announced - view.published)
            if lagging:
                servers = ', '.join(server.server for server in view.servers if not lagging <= server.dnskeys)
                self.findings.waits.append(Wait(f'{view.name} to publish {len(lagging)} keys everywhere', None, f'{servers} does not have them yet'))
        return steps

    def _is_fit(self, key: DNSKEY) -> bool:
        """Only keys that an authenticated answer held, now or before, and that may be published (invariant 12); others block the DS."""
        here = self.here
        holders = [view for view in self.seen.signers if view.name in here.owners.get(key, ()) and key in view.published | view.by_api]
        holders = holders or [view for view in here.asked if view.prepublishes and key in view.published]
        where = holders[0].name if holders else None
        try:
            key.check_usable()
        except MultisignerError as error:
            self.findings.blocked.append(str(error.at(zone=self.group.zone, server=where)))
            return False
        if any(key in view.announced for view in here.asked):
            return True  # its host itself named it
        if holders and all(view.authenticated(key) == NOT_AUTHENTICATED for view in holders):
            self.findings.blocked.append(_unauthenticated(self.group, key, holders[0]))
            return False
        return True

    def _unsettled(self) -> list[Wait] | None:
        """What must end before anything but the adding of keys: as long as a resolver can hold a DNSKEY RRset, of any signer that is
        asked, that lacks a key of any other (invariant 1). None when nothing must."""
        here = self.here
        waits = [Wait(f'the servers of {view.name} to agree', None, view.disagreement) for view in here.asked if view.disagreement]
        if self.findings.blocked or not here.everywhere or any(fact.since is None for fact in here.everywhere.values()):
            return waits
        last = latest(here.everywhere.values())
        if last is not None and not self.facts.has_aged(last):
            waits.append(
                Wait(
                    'DNSKEY RRsets without all keys to leave the caches', due(last),
                    f'every server of every signer has shown the full set since {utc(last.since or 0)}; older answers had a TTL of up to {last.ttl} s',
                )
            )
        return waits or None

    def _remove_keys(self) -> list[Step]:
        """Keys that nobody needs any more, with the CDS and CDNSKEY of them, off the signers that hold them for others (invariants 7, 11)."""
        here = self.here
        steps: list[Step] = []
        gone: set[DNSKEY] = set()
        for key in sorted(here.published - here.shared):
            if not key.is_revoked and self._may_go(key):
                gone.add(key)
        for view in here.asked:
            keys = frozenset(key for key in gone & view.published if key not in view.signing and view.name not in here.owners[key])
            records = {Record('DNSKEY', key) for key in keys}
            if records:
                owners = sorted({name for key in keys for name in here.owners[key]})
                reason = f'keys of {", ".join(owners)} that sign nothing any more and whose signatures and DS are in no cache'
                steps.append(Step(view.name, (), sort_records(records), reason))
        return steps

    def _may_go(self, key: DNSKEY) -> bool:
        """Whether no resolver can hold anything for which it needs *key*: data that it signed (RFC 7583 section 3.2.1), or a DS of it."""
        here = self.here
        if not here.is_withdrawn(key):
            return False
        fact = here.unused(key)
        if not here.owners[key] <= frozenset(signer.name for signer in here.leaving) and not self.facts.has_aged(fact):
            self.findings.waits.append(Wait(f'data signed by {key} to leave the caches', due(fact), _since(fact, 'nothing has been signed by it')))
            return False
        if not key.is_sep:
            return True
        shown = [ds for ds in here.ds_of(key) if ds in self.seen.parent.ds_anywhere]
        if shown or any(_holds_parent_records(view, key, here) for view in here.asked if view.name not in here.owners[key]):
            return False  # first its DS and CDS
        late = latest(here.ds_traces(key))
        if late is not None and not self.facts.has_aged(late):
            self.findings.waits.append(Wait(f'DS of {key} to leave the caches', due(late), _since(late, 'no server of the parent has shown it')))
            return False
        return True

    # -- DS -----------------------------------------------------------------------------------------------------------

    def _wanted_ds(self) -> frozenset[DS] | None:
        """The union DS set: every SEP key of every signer that resolvers may ask, with one set of digest types (invariants 2, 3).

        None when there must be no new set now.
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
        wanted = {key.ds(group.zone, number) for own in keys.values() for key in own for number in group.digest_types}
        algorithms = frozenset(ds.algorithm for ds in self.seen.parent.ds_everywhere)
        return frozenset(ds for ds in wanted if ds.algorithm in algorithms or self._may_introduce(ds.algorithm))

    def _sep_keys(self, view: SignerView) -> frozenset[DNSKEY]:
        """The keys of one signer that the DS set is to name: of a leaver only while somebody may still be sent to it."""
        own = view.own_sep
        signer = next((one for one in self.here.leaving if one.name == view.name), None)
        if signer is not None and not self._is_delegated(signer, own):
            return frozenset()
        staying = own - view.retiring
        return staying if any(self._is_in_force(view, key) for key in staying) else own

    def _is_delegated(self, signer: Signer, own: Iterable[DNSKEY]) -> bool:
        """Whether an NS RRset names the signer, or the parent has a DS of it."""
        parent = self.seen.parent
        names = frozenset().union(*(server.ns for server in parent.servers), *(server.ns for view in self.here.asked for server in view.servers))
        return not names.isdisjoint(signer.ns) or any(ds in parent.ds_anywhere for key in own for ds in self.here.ds_of(key))

    def _is_in_force(self, view: SignerView, key: DNSKEY) -> bool:
        """Whether every DNSKEY RRset of the signer that may be cached is signed by *key*, and the parent shows its DS everywhere."""
        fact = self.here.signs.get((view.name, key))
        ds = [key.ds(self.group.zone, number) for number in self.group.digest_types]
        return fact is not None and self.facts.has_aged(fact) and all(one in self.seen.parent.ds_everywhere for one in ds)

    def _may_introduce(self, algorithm: int) -> bool:
        """Whether a DS of an algorithm that the DS set does not have yet may be published: every signer has signed everything with it
        for so long that no data without its signatures is cached (RFC 6781 section 4.1.4). The first DS of a zone is the same case."""
        fact = self.here.introduced.get(algorithm)
        if fact is None or fact.since is None:
            return False
        if not self.facts.has_aged(fact):
            name = _algorithm_name(algorithm)
            wait = Wait(f'data without signatures of {name} to leave the caches', due(fact), _since(fact, f'every signer has signed with {name}'))
            if wait not in self.findings.waits:
                self.findings.waits.append(wait)
        return self.facts.has_aged(fact)

    def _obsolete_ds(self, wanted: frozenset[DS]) -> tuple[DS, ...]:
        """The DS at the parent that may go now: those of keys that are known, and that no signer needs (invariants 2, 7, 9)."""
        here = self.here
        shown = self.seen.parent.ds_anywhere
        found = frozenset(
            ds for key, owners in here.owners.items() if key.is_sep for ds in here.ds_of(key)
            if ds in shown and ds not in wanted and ds.digest_type in self.group.digest_types and self._has_ended(key, owners)
        )
        if not found:
            return ()
        left = self.seen.parent.ds_everywhere - found
        for view in here.asked:
            if not any(self._is_in_force(view, key) and all(key.ds(self.group.zone, n) in left for n in self.group.digest_types) for key in view.own_sep):
                self._wait_for_force(view, left)
                return ()
        return () if self._lacks_algorithm(left) else tuple(sorted(found))

    def _lacks_algorithm(self, left: frozenset[DS]) -> bool:
        """Whether the DS set *left* would have an algorithm without a key of every signer: some validators insist on every one of them."""
        here, number = self.here, self.group.digest_types[0]
        for algorithm in sorted({ds.algorithm for ds in left} if not here.is_mixed else ()):
            for view in here.asked:
                own = [key for key in view.own_sep if key.algorithm == algorithm and key.ds(self.group.zone, number) in left]
                if not any(self._is_in_force(view, key) for key in own):
                    what = f'every signer or none to be in the DS set with {_algorithm_name(algorithm)}'
                    self.findings.waits.append(Wait(what, None, f'{view.name} would not be, and validators may insist on every algorithm of the DS set'))
                    return True
        return False

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

    def _wait_for_force(self, view: SignerView, left: frozenset[DS]) -> None:
        facts = [fact for (name, _key), fact in self.here.signs.items() if name == view.name and fact.since is not None]
        last = latest(facts)
        until = due(last) if last is not None and not self.facts.has_aged(last) else None
        reason = f'its DNSKEY RRset must be signed, in every cache too, by a key whose DS is one of the {len(left)} that stay'
        self.findings.waits.append(Wait(f'{view.name} to be covered by the DS set without the old DS', until, reason))

    def _keys_behind(self, wanted: frozenset[DS]) -> dict[str, tuple[DNSKEY, ...]]:
        return {
            view.name: tuple(sorted(key for key in view.own_sep if any(ds in wanted for ds in self.here.ds_of(key))))
            for view in self.here.asked
            if any(ds in wanted for key in view.own_sep for ds in self.here.ds_of(key))
        }

    # -- CDS and CDNSKEY ----------------------------------------------------------------------------------------------

    def _parent_records(self, wanted: frozenset[DS], obsolete: Sequence[DS]) -> list[Step]:
        """The union CDS and CDNSKEY at every signer (RFC 9975 wants every server to answer the same): of the keys in the DS set.

        Some signers publish CDS of more digest types for their own keys than the DS set has, and cannot be told not to: then all
        keys get those types, because every key must be covered by the same ones (RFC 7344, and dnssec-cds insists).
        """
        here = self.here
        keys = frozenset(key for view in here.asked for key in view.own_sep if any(ds in wanted for ds in here.ds_of(key)))
        types = set(self.group.digest_types) | {
            ds.digest_type for view in here.asked for server in view.servers for ds in server.cds if ds.digest_type in DIGEST_LENGTHS
        }
        union = {Record('CDNSKEY', key) for key in keys} | {Record('CDS', key.ds(self.group.zone, number)) for key in keys for number in types}
        steps: list[Step] = []
        for view in here.asked:
            shown = [frozenset({Record('CDNSKEY', key) for key in server.cdnskeys} | {Record('CDS', ds) for ds in server.cds}) for server in view.servers]
            own = {record for key in view.retiring for record in _parent_records_of(key, self.seen.zone)}
            missing = union - frozenset.intersection(*shown) - own
            if missing:
                steps.append(Step(view.name, sort_records(missing), (), f'CDS and CDNSKEY of all signers that {view.name} does not publish'))
            extra = {record for record in frozenset().union(*shown) - union if self._is_ended_record(record, view, obsolete)}
            if extra:
                steps.append(Step(view.name, (), sort_records(extra), 'CDS and CDNSKEY of keys that are no longer in the DS set'))
        return steps

    def _is_ended_record(self, record: Record, view: SignerView, obsolete: Sequence[DS]) -> bool:
        """Whether a CDS or CDNSKEY is of a key, not of this signer, whose DS may go or has gone."""
        for key, owners in self.here.owners.items():
            if record in _parent_records_of(key, self.seen.zone):
                shown = [ds for ds in self.here.ds_of(key) if ds in self.seen.parent.ds_anywhere]
                return view.name not in owners and self._has_ended(key, owners) and all(ds in obsolete for ds in shown)
        return False

    # -- NS -----------------------------------------------------------------------------------------------------------

    def _name_servers(self) -> tuple[list[Step], tuple[str, ...], tuple[str, ...]]:
        """The NS of every signer that is ready, at every signer and at the parent, and none of a leaver (invariants 6, 14).

        A name goes only where that of a signer that stays is there already, so that no order of writes leaves the zone without one.
        """
        here = self.here
        own = {signer.name: signer.ns for signer in self.group.signers}
        at_parent = [server.ns for server in self.seen.parent.servers]
        places = [*at_parent, *(server.ns for view in here.asked for server in view.servers)]
        leavers = sorted({name for signer in here.leaving for name in signer.ns} - {name for view in here.staying for name in own[view.name]})
        must_go = any(name in ns for name in leavers for ns in places)
        names: set[str] = set()
        for view in here.staying:
            late = self._not_ready(view)
            if late is None:
                names.update(own[view.name])
            elif own[view.name] and (must_go or not all(name in ns for name in own[view.name] for ns in places)):
                self.findings.waits.append(late)
        steps: list[Step] = []
        for view in here.asked:
            add, remove = _ns_change([server.ns for server in view.servers], sorted(names), leavers)
            if add or remove:
                records = [sort_records(Record('NS', NS(name)) for name in found) for found in (add, remove)]
                steps.append(Step(view.name, records[0], records[1], _ns_reason(add, remove)))
        add, remove = _ns_change(at_parent, sorted(names), leavers)
        for signer in here.leaving:
            self._tell_leaving(signer)
        return steps, tuple(add), tuple(remove)

    def _not_ready(self, view: SignerView) -> Wait | None:
        """Why resolvers may not be sent to this signer yet. None when they may: it signs with every algorithm of the DS set, a DS of it
        is in every cache, and its DNSKEY RRset is right in every cache."""
        here = self.here
        what = f'{view.name} to be ready for the resolvers'
        algorithms = {ds.algorithm for ds in self.seen.parent.ds_anywhere} - here.algorithms.get(view.name, frozenset())
        if algorithms and not here.is_mixed:
            return Wait(what, None, f'it does not sign with {", ".join(map(_algorithm_name, sorted(algorithms)))}, which is in the DS set')
        number = self.group.digest_types[0]
        signing = [here.signs[view.name, key] for key in view.own_sep]
        shown = [here.ds_shown[key.ds(self.group.zone, number)] for key in view.own_sep if key.ds(self.group.zone, number) in here.ds_shown]
        if any(self.facts.has_aged(here.ds_shown[key.ds(self.group.zone, number)]) for key in view.own_sep if self._is_in_force(view, key)):
            return None
        late = latest([fact for fact in (*signing, *shown) if fact.since is not None])
        if not shown or late is None or self.facts.has_aged(late):
            return Wait(what, None, 'not every server of the parent shows a DS of it')
        return Wait(what, due(late), _since(late, 'its DS, or the signature that the DS leads to, has been everywhere'))

    def _tell_leaving(self, signer: Signer) -> None:
        """Where a signer on its way out stands, in the order in which its traces end."""
        here, fact, waits = self.here, self.here.ns_gone(signer), self.findings.waits
        if fact.since is None:
            return
        if not here.is_released(signer):
            reason = _since(fact, 'no server has shown one') + '; until then it must serve the zone'
            waits.append(Wait(f'NS RRsets that name {signer.name} to leave the caches', due(fact), reason))
        elif not here.is_forgotten(signer):
            reason = f'nobody has asked it since {utc(due(fact) or 0)}; data in the zone has a TTL of up to {here.forgotten_after(signer)} s'
            waits.append(Wait(f'answers of {signer.name} to leave the caches', due(fact, here.forgotten_after(signer)), reason))
        elif not here.is_finished(signer):
            late = latest(fact for key in here.keys_of(signer.name) for fact in here.ds_traces(key))
            if late is not None and late.since is not None:
                waits.append(Wait(f'DS of {signer.name} to leave the caches', due(late), _since(late, 'no server of the parent has shown it')))

    # -- insecure -----------------------------------------------------------------------------------------------------

    def _go_insecure(self) -> Delegation | None:
        """Confirmed by the user: every DS goes first, keys and signatures stay until no DS is cached (RFC 6781 section 4.1.4)."""
        parent, notes = self.seen.parent, self.findings.notes
        if parent.errors:
            return None
        if parent.ds_anywhere:
            notes.append('the zone goes insecure, as declared: its DS are removed; keys and signatures stay until no resolver holds a DS')
            return self._as_the_channel_goes(Delegation(self.group.parent.name, remove=tuple(sorted(parent.ds_anywhere))))
        last = latest(fact for fact in self.facts.current.values() if fact.kind == DS_NOWHERE)
        if last is not None and not self.facts.has_aged(last):
            self.findings.waits.append(Wait('DS of the zone to leave the caches', due(last), _since(last, 'no server of the parent has shown one')))
        else:
            notes.append('the zone is insecure: no resolver holds a DS, so its signers may stop signing')
        return None

    # -- what is left where it is -------------------------------------------------------------------------------------

    def _tell_what_stays(self) -> None:
        """What no plan touches, since nothing proves that it may go."""
        here = self.here
        for key in sorted(here.published):
            holders = ', '.join(view.name for view in self.seen.signers if key in view.published)
            strangers = sorted(here.owners.get(key, frozenset()) - frozenset(here.views))
            if key.is_revoked:
                self.findings.notes.append(f'key {key} at {holders} is revoked; it is not given to other signers')
            elif strangers and strangers == sorted(here.owners[key]):
                whose = f'{", ".join(strangers)}, which is declared no more'
                self.findings.notes.append(f'key {key} at {holders} is of {whose}: list it under "leaving" to have it removed')
            elif not strangers and not any(key in view.signing for view in self.seen.signers) and not here.is_withdrawn(key):
                self.findings.notes.append(f'key {key} at {holders} signs nothing anywhere: a next key, one that was used before, or a leftover')
        for ds in unknown_ds(self.seen, here):
            self.findings.notes.append(f'DS {ds.text} at the parent names no key that is known: nothing proves that it may go')
        for signer in here.leaving:
            held = any(key in view.published for key in here.keys_of(signer.name) for view in here.staying)
            if here.is_finished(signer) and not held:
                self.findings.notes.append(f'{signer.name} is gone: take it out of "leaving"')


def unknown_ds(seen: ZoneObservation, here: Situation) -> tuple[DS, ...]:
    """The DS at the parent that name no key that anybody published or owned, or do so with a digest that RFC 9905 forbids."""
    known = {ds for key in here.published | frozenset(here.owners) for ds in here.ds_of(key)}
    return tuple(ds for ds in sorted(seen.parent.ds_anywhere) if ds not in known)


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


def _algorithm_name(number: int) -> str:
    return ALGORITHM_NAMES.get(number, f'algorithm {number}')


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


def _holds_parent_records(view: SignerView, key: DNSKEY, here: Situation) -> bool:
    return any(key in server.cdnskeys or any(ds in server.cds for ds in here.ds_of(key)) for server in view.servers)


def _ns_change(shown: Sequence[frozenset[str]], names: Sequence[str], leavers: Sequence[str]) -> tuple[list[str], list[str]]:
    """The NS names to add where some server lacks them, and to remove where one that stays is at every server already."""
    add = [name for name in names if not all(name in ns for ns in shown)]
    stays = any(all(name in ns for ns in shown) for name in names)
    remove = [name for name in leavers if stays and any(name in ns for ns in shown)]
    return add, remove


def _ns_reason(add: Sequence[str], remove: Sequence[str]) -> str:
    words = [f'{", ".join(add)} is ready to be asked'] if add else []
    return '; '.join(words + ([f'{", ".join(remove)} is leaving'] if remove else []))


def _since(fact: Fact, words: str) -> str:
    return f'{words} since {utc(fact.since or 0)}; the TTL was up to {fact.ttl} s'
