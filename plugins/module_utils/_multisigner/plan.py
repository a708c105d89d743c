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

from dataclasses import replace

from .complaints import Complaints
from .csync_steps import CsyncSteps
from .dnskey import DNSKEY, DS
from .facts import Facts, due
from .group import Group
from .journal import Memory
from .key_steps import KeySteps
from .ns_steps import NsSteps
from .observation import ZoneObservation
from .parent_steps import ParentSteps
from .situation import CSYNC_OURS, DS_EVERYWHERE, DS_NOWHERE, Situation, latest
from .steps import Delegation, Findings, Plan, Step, Wait, since
from .taken_away import tell_taken_away


def plan(group: Group, seen: ZoneObservation, memory: Memory, now: float, hold_until: float | None = None) -> Plan:
    """The plan for one zone. *now* is in seconds since 1970 UTC. Until *hold_until* another run may still be removing something."""
    here = Situation(group, seen, Facts(memory, now))
    _look_at_every_fact(here)
    findings = Findings()
    complaints = Complaints(here, findings)
    complaints.tell_errors()
    steps: list[Step] = []
    delegation: Delegation | None = None
    if complaints.algorithms_agree():
        steps, delegation = _Planner(here, findings).decide()
    complaints.tell_what_stays()
    complaints.tell_rollovers()
    findings.notes.extend(tell_taken_away(here))
    if hold_until is not None and hold_until > now:
        findings.waits.insert(0, Wait('another run to end', hold_until, 'what it removes must be seen before anything else is decided'))
        steps, delegation = [], None
    return Plan(
        group.zone, tuple(steps), delegation, tuple(findings.waits), tuple(findings.blocked), tuple(findings.notes),
        {ds: fact.since for ds, fact in here.ds_shown.items() if fact.since is not None and here.facts.has_aged(fact)}, _withdrawn_ds(here),
        _prepublished(here),
        Memory(here.facts.current, now),
    )


def _look_at_every_fact(here: Situation) -> None:
    """Once, whether or not this plan depends on it: one that nobody looked at would be forgotten."""
    _unused = here.owners, here.everywhere, here.early, here.signs, here.ds_shown, here.introduced, here.ds_ttl, here.ns_ttl
    for signer in here.leaving:
        here.ns_gone(signer)
    for csync in here.csync_ours:
        here.facts.keep(CSYNC_OURS, csync.text, 0)
    for key in sorted(frozenset(here.owners) - here.shared):
        here.unused(key)
    for ds in sorted({ds for key in here.owners if key.is_sep for ds in here.ds_of(key)} - here.seen.parent.ds_anywhere):
        if here.facts.has_known(DS_EVERYWHERE, ds.text) or here.facts.has_known(DS_NOWHERE, ds.text):
            here.ds_gone(ds)


def _withdrawn_ds(here: Situation) -> dict[DS, float]:
    """The DS of known keys that nobody uses, and that are in no cache any more, each with since when the last DS of its key has been gone."""
    used = frozenset().union(*(view.own_sep - view.retiring for view in here.asked))
    gone = [key for key in here.owners if key.is_sep and key not in used and not here.ds_at_parent(key)]
    traces = {key: here.ds_traces(key) for key in sorted(gone)}
    aged = {key: max(fact.since or 0 for fact in facts) for key, facts in traces.items() if all(here.facts.has_aged(fact) for fact in facts)}
    return {ds: since for key, since in aged.items() for ds in here.ds_of(key)}


def _prepublished(here: Situation) -> tuple[DNSKEY, ...]:
    """The announced keys that no cached DNSKEY RRset of another signer lacks: their signers may publish them, and sign with them (RFC 8901 section 8)."""
    return tuple(key for key in sorted(here.announced & frozenset(here.everywhere)) if here.facts.has_aged(here.everywhere[key]))


class _Planner:
    """The order in which things are decided."""

    def __init__(self, here: Situation, findings: Findings) -> None:
        self.here = here
        self.findings = findings

    def decide(self) -> tuple[list[Step], Delegation | None]:
        keys = KeySteps(self.here, self.findings)
        steps = keys.add()
        if self.here.group.insecure:
            more, delegation = self._go_insecure()
            return steps + more, delegation
        waits = keys.unsettled()
        if waits is None:
            return self._go_on()
        delegation = None
        if not self.findings.blocked:
            steps, delegation = self._begin(steps)
            # Told only when something waits for it: a zone to which nothing is to be done is complete, whatever its journal knows.
            later = _Planner(self.here, Findings())
            more, work = later._go_on()
            is_awaited = any(view.announced - view.published for view in self.here.asked)
            if is_awaited or steps or more or later.findings.waits or later.findings.blocked or (work is not None and work.has_work):
                self.findings.waits.extend(waits)
        return steps, delegation

    def _begin(self, steps: list[Step]) -> tuple[list[Step], Delegation | None]:
        """*steps*, and the DS that need not wait for the keys to be in every cache: one more DS of an algorithm that the DS set has
        makes nothing bogus (RFC 7583 section 2.2, Double-DS), and its own wait goes by at the same time."""
        here = self.here
        parent = ParentSteps(here, Findings())
        wanted = parent.wanted()
        missing = tuple(sorted((wanted or frozenset()) - here.seen.parent.ds_everywhere))
        if wanted is None or not missing or any(ds.algorithm not in here.ds_algorithms for ds in missing):
            return steps, None
        records = [replace(step, remove=()) for step in parent.records(wanted, ()) if step.add]
        return steps + records, self._as_the_channel_goes(Delegation(here.group.parent.name, tuple(sorted(wanted)), missing, keys=parent.keys_behind(wanted)))

    def _go_on(self) -> tuple[list[Step], Delegation | None]:
        """What may be done when every signer has published all keys for long enough."""
        here = self.here
        parent, name_servers = ParentSteps(here, self.findings), NsSteps(here, self.findings)
        wanted = parent.wanted()
        if wanted is None:
            return [], None
        missing = tuple(ds for ds in sorted(wanted) if ds not in here.seen.parent.ds_everywhere)
        obsolete = parent.obsolete(wanted)
        ns_steps, ns_add, ns_remove = name_servers.change()
        csync_steps = CsyncSteps(here, self.findings, name_servers).change()
        steps = [*parent.records(wanted, obsolete), *ns_steps, *csync_steps, *KeySteps(here, self.findings).remove()]
        delegation = Delegation(here.group.parent.name, tuple(sorted(wanted)), missing, obsolete, ns_add, ns_remove, parent.keys_behind(wanted))
        return sorted(steps, key=lambda step: step.signer), self._as_the_channel_goes(delegation)

    def _as_the_channel_goes(self, delegation: Delegation) -> Delegation:
        """*delegation* as far as the channel can bring it there, with the wait for whoever does the rest: a person, or a parent that takes its time."""
        parent, waits = self.here.group.parent, self.findings.waits
        able = parent.capabilities
        follows = parent.csync and not self.here.group.insecure  # what nothing authenticates is not followed (RFC 7477 section 3)
        if (follows or not able.edits_ns) and (delegation.ns_add or delegation.ns_remove):
            what = ', '.join([*(f'add NS {name}' for name in delegation.ns_add), *(f'remove NS {name}' for name in delegation.ns_remove)])
            if follows:
                waits.append(Wait(f'{parent.name} to take the NS of the zone', None, f'{what}; it does so when the CSYNC of the zone says so'))
            else:
                waits.append(Wait(f'a person to change the NS at {parent.name}', None, f'{what}; the channel {parent.channel} takes no NS'))
            delegation = replace(delegation, ns_add=(), ns_remove=())
        if not able.reaches_parent:
            if delegation.has_work:
                waits.append(Wait('a person to bring to the parent what the report says', None, f'the channel of {parent.name} is {parent.channel}'))
            return replace(delegation, by_person=True)
        if able.asynchronous and delegation.has_work:
            waits.append(Wait(f'{parent.name} to show what it is given', None, f'what goes through {parent.channel} takes its time'))
            return replace(delegation, takes_time=True)
        return delegation

    def _go_insecure(self) -> tuple[list[Step], Delegation | None]:
        """Confirmed by the user: every DS goes first; keys, signatures and NS stay as they are until no DS is cached (RFC 6781 section 4.1.4)."""
        here, notes = self.here, self.findings.notes
        parent = here.seen.parent
        if parent.errors:
            return [], None
        if parent.ds_anywhere:
            notes.append('the zone goes insecure, as declared: its DS are removed; keys and signatures stay until no resolver holds a DS')
            steps = ParentSteps(here, self.findings).make_removal_clear()
            return steps, self._as_the_channel_goes(Delegation(here.group.parent.name, remove=tuple(sorted(parent.ds_anywhere))))
        last = latest(fact for fact in here.facts.current.values() if fact.kind == DS_NOWHERE)
        if last is not None and not here.facts.has_aged(last):
            self.findings.waits.append(Wait('DS of the zone to leave the caches', due(last), since(last, 'no server of the parent has shown one')))
            return [], None
        notes.append('the zone is insecure: no resolver holds a DS, so its signers may stop signing')
        name_servers = NsSteps(here, self.findings)
        ns_steps, ns_add, ns_remove = name_servers.change()
        csync_steps = CsyncSteps(here, self.findings, name_servers).change()
        steps = [*ParentSteps(here, self.findings).records(frozenset(), ()), *ns_steps, *csync_steps, *KeySteps(here, self.findings).remove()]
        return steps, self._as_the_channel_goes(Delegation(here.group.parent.name, ns_add=ns_add, ns_remove=ns_remove))
