# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which NS the zone and its parent are to have: resolvers are sent to a signer when it is ready, and away from one that leaves. Pure."""
from __future__ import annotations

from typing import Sequence

from .dnskey import NS, Record, sort_records
from .facts import due
from .group import Signer
from .observation import SignerView
from .situation import Situation, latest
from .steps import Findings, Step, Wait, algorithm_name, since, utc


class NsSteps:
    """Steps about NS records. What holds them up goes to *findings*."""

    def __init__(self, here: Situation, findings: Findings) -> None:
        self.here = here
        self.group, self.seen, self.facts = here.group, here.seen, here.facts
        self.findings = findings

    def change(self) -> tuple[list[Step], tuple[str, ...], tuple[str, ...]]:
        """The NS of every signer that is ready, at every signer and at the parent, and none of a leaver (invariants 6, 14).

        A name goes only where that of a signer that stays is there already, so that no order of writes leaves the zone without one.
        """
        here = self.here
        own = {signer.name: signer.ns for signer in self.group.signers}
        editable = {signer.name: signer.capabilities.edits_ns for signer in self.group.signers}
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
            if not (add or remove):
                continue
            if not editable[view.name]:
                what = [*(f'add NS {name}' for name in add), *(f'remove NS {name}' for name in remove)]
                reason = f'{", ".join(what)} at {view.name} ({_ns_reason(add, remove)})'
                self.findings.waits.append(Wait(f'a person to change the zone file of {view.name}', None, reason))
            else:
                records = [sort_records(Record('NS', NS(name)) for name in found) for found in (add, remove)]
                steps.append(Step(view.name, records[0], records[1], _ns_reason(add, remove)))
        add, remove = _ns_change(at_parent, sorted(names), leavers)
        for signer in here.leaving:
            self._tell_leaving(signer)
        return steps, tuple(add), tuple(remove)

    def is_ready(self, view: SignerView) -> bool:
        """Whether resolvers may be sent to this signer."""
        return self._not_ready(view) is None

    def _not_ready(self, view: SignerView) -> Wait | None:
        """Why resolvers may not be sent to this signer yet. None when they may: it has the content that is declared, signs with every algorithm of the
        DS set, a DS of it is in every cache, and its DNSKEY RRset is right in every cache."""
        here = self.here
        if self.group.insecure:
            return None
        what = f'{view.name} to be ready for the resolvers'
        if self._lacks_content(view.name):
            return Wait(what, None, f'this run has not seen it to have the content of {self.group.content}')
        algorithms = {ds.algorithm for ds in self.seen.parent.ds_anywhere} - here.algorithms.get(view.name, frozenset())
        if algorithms and not here.is_mixed:
            return Wait(what, None, f'it does not sign with {", ".join(map(algorithm_name, sorted(algorithms)))}, which is in the DS set')
        number = self.group.digest_types[0]
        signing = [here.signs[view.name, key] for key in view.own_sep]
        shown = [here.ds_shown[key.ds(self.group.zone, number)] for key in view.own_sep if key.ds(self.group.zone, number) in here.ds_shown]
        if any(self.facts.has_aged(here.ds_shown[key.ds(self.group.zone, number)]) for key in view.own_sep if self.here.is_in_force(view, key)):
            return None
        late = latest([fact for fact in (*signing, *shown) if fact.since is not None])
        if not shown or late is None or self.facts.has_aged(late):
            return Wait(what, None, 'not every server of the parent shows a DS of it')
        return Wait(what, due(late), since(late, 'its DS, or the signature that the DS leads to, has been everywhere'))

    def _lacks_content(self, name: str) -> bool:
        """Invariant 14: a joiner must give the same answers before anybody is sent to it."""
        return any(
            signer.name == name and self.group.is_given_content(signer) and self.group.zone not in signer.same_content for signer in self.group.signers
        )

    def _tell_leaving(self, signer: Signer) -> None:
        """Where a signer on its way out stands, in the order in which its traces end."""
        here, fact, waits = self.here, self.here.ns_gone(signer), self.findings.waits
        if fact.since is None:
            return
        if signer.name in self.group.dead and not here.keys_of(signer.name) and here.has_strangers:
            remedy = 'set multisigner_pins for it to its KSK and ZSK, as DNSKEY or DS records, to have them removed'
            waits.append(Wait(f'a person to tell the keys of {signer.name}', None, f'it is dead, and the journal does not know them: {remedy}'))
        if not here.is_released(signer):
            until_then = 'resolvers go on asking it, in vain' if signer.name in self.group.dead else 'it must serve the zone'
            reason = since(fact, 'no server has shown one') + f'; until then {until_then}'
            waits.append(Wait(f'NS RRsets that name {signer.name} to leave the caches', due(fact), reason))
        elif not here.is_forgotten(signer):
            reason = f'nobody has asked it since {utc(due(fact) or 0)}; data in the zone has a TTL of up to {here.forgotten_after(signer)} s'
            waits.append(Wait(f'answers of {signer.name} to leave the caches', due(fact, here.forgotten_after(signer)), reason))
        elif not here.is_finished(signer):
            late = latest(fact for key in here.keys_of(signer.name) for fact in here.ds_traces(key))
            if late is not None and late.since is not None:
                waits.append(Wait(f'DS of {signer.name} to leave the caches', due(late), since(late, 'no server of the parent has shown it')))


def _ns_change(shown: Sequence[frozenset[str]], names: Sequence[str], leavers: Sequence[str]) -> tuple[list[str], list[str]]:
    """The NS names to add where some server lacks them, and to remove where one that stays is at every server already."""
    add = [name for name in names if not all(name in ns for ns in shown)]
    stays = any(all(name in ns for ns in shown) for name in names)
    remove = [name for name in leavers if stays and any(name in ns for ns in shown)]
    return add, remove


def _ns_reason(add: Sequence[str], remove: Sequence[str]) -> str:
    words = [f'{", ".join(add)} is ready to be asked'] if add else []
    return '; '.join(words + ([f'{", ".join(remove)} is leaving'] if remove else []))
