# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people are told of a zone: what they must mend before it can go on, and what is left where it is. Pure."""
from __future__ import annotations

from typing import Iterator

from .dnskey import DNSKEY, DS
from .errors import MultisignerError
from .facts import due
from .observation import ServerView
from .situation import Situation, latest
from .steps import Findings, Wait, algorithm_name, since


class Complaints:
    """They go to *findings*; nothing is decided here but whether the zone may be worked on at all."""

    def __init__(self, here: Situation, findings: Findings) -> None:
        self.here = here
        self.group, self.seen, self.facts = here.group, here.seen, here.facts
        self.findings = findings

    def tell_errors(self) -> None:
        """A signer or parent that was not seen whole stops everything but the adding of keys; it is never taken for one that has nothing.

        So does a server whose answers are bogus already, and a signer that asks the parent to remove every DS.
        """
        for view in self.here.asked:
            self.findings.blocked.extend(view.errors)
            for server in view.servers:
                if not server.error:
                    self.findings.blocked.extend(str(error) for error in _faults(self.seen.zone, view.name, server, self.group.insecure))
        self.findings.blocked.extend(self.seen.parent.errors)
        for signer in self.here.leaving:
            if not signer.ns:
                problem = MultisignerError(
                    'which NS records are its is not known, so nothing shows when it has left', self.group.zone, signer.name,
                    remedy='Set multisigner_ns for that host: the names in the NS RRset that stand for it',
                )
                self.findings.blocked.append(str(problem))

    def algorithms_agree(self) -> bool:
        """Whether the signers have an algorithm in common (RFC 8901 section 4), or the user allowed the one mix that may be."""
        used = {view.name: frozenset(key.algorithm for key in view.signing) for view in self.here.asked if not view.errors and view.signing}
        together = frozenset().union(*used.values()) if used else frozenset()
        if all(algorithms == together for algorithms in used.values()):
            return True
        told = '; '.join(f'{name} with {", ".join(algorithm_name(number) for number in sorted(used[name]))}' for name in sorted(used))
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

    def tell_what_stays(self) -> None:
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
            elif not strangers and not here.is_withdrawn(key) and not self._is_on_its_way(key):
                self.findings.notes.append(f'key {key} at {holders} signs nothing anywhere: a next key, one that was used before, or a leftover')
        for ds in self._unknown_ds():
            self.findings.notes.append(f'DS {ds.text} at the parent names no key that is known: nothing proves that it may go')
        if all(signer.ns for signer in self.group.signers):
            at_parent = [server.ns for server in self.seen.parent.servers]
            shown = frozenset().union(*at_parent, *(server.ns for view in here.asked for server in view.servers))
            for name in sorted(shown - {name for signer in self.group.signers for name in signer.ns}):
                self.findings.notes.append(f'NS {name} is of no declared signer: whether its answers are right is not known')
        for signer in here.leaving:
            if signer.name in self.group.dead and not here.is_finished(signer):
                risk = 'whoever reaches it after all may find its answers bogus when its DS and keys have gone'
                self.findings.notes.append(f'{signer.name} is dead, as declared, and is not asked: {risk}')
            held = any(key in view.published for key in here.keys_of(signer.name) for view in here.staying)
            if here.is_finished(signer) and not held:
                self.findings.notes.append(f'{signer.name} is gone: take it out of "leaving"')

    def _is_on_its_way(self, key: DNSKEY) -> bool:
        """Whether it is clear what becomes of a key: it signs, its signer retires it or was not seen, or all its signers are leaving."""
        owners = self.here.owners.get(key, frozenset())
        used = any(key in view.signing | view.retiring | view.announced for view in self.seen.signers)
        unseen = any(view.name in owners and view.errors for view in self.seen.signers)
        return used or unseen or bool(owners and owners <= frozenset(self.group.leaving))

    def tell_rollovers(self) -> None:
        """What a signer that rolls its keys waits for, or is waited for: until then the zone is not complete.

        One that wants to hear of its first DS is told in time, and nothing waits for that.
        """
        here, waits = self.here, self.findings.waits
        for key in sorted(here.early):
            names = ', '.join(sorted(here.owners.get(key, ())))
            bogus = f'resolvers that hold a DNSKEY RRset of theirs without it call the answers of {names} bogus'
            reason = f'{names} signs with it, and others had not published it: {bogus}'
            fact = here.everywhere.get(key)
            waits.append(Wait(f'{key} to be in every cache', None if fact is None else due(fact), reason))
        for view in here.asked:
            for key in sorted(view.awaits_ds if view.retiring else ()):
                shown = [here.ds_shown[ds] for ds in here.ds_of(key) if ds in here.ds_shown]
                if key in view.retiring:
                    what, seen, facts = 'no resolver has', 'no server of the parent has shown it', [] if shown else here.ds_traces(key)
                else:
                    what, seen, facts = 'every resolver can have', 'every server of the parent has shown it', shown
                late = latest(facts)
                if late is not None and late.since is not None and not here.facts.has_aged(late):
                    waits.append(Wait(f'{view.name} to be told that {what} the DS of {key}', due(late), since(late, seen)))
            leaving = sorted(view.retiring & view.published)
            if leaving:
                keys = ', '.join(map(str, leaving))
                waits.append(Wait(f'{view.name} to withdraw {keys}', None, 'it keeps a key that it has rolled until its own waits are over'))

    def _unknown_ds(self) -> tuple[DS, ...]:
        """The DS at the parent that name no key that anybody published or owned, or do so with a digest that RFC 9905 forbids."""
        here = self.here
        known = {ds for key in here.published | frozenset(here.owners) for ds in here.ds_of(key)}
        return tuple(ds for ds in sorted(self.seen.parent.ds_anywhere) if ds not in known)


def _faults(zone: str, signer: str, server: ServerView, insecure: bool) -> Iterator[MultisignerError]:
    where = f'{signer}, {server.server}'
    unsigned = [name for name, keys in (('DNSKEY RRset', server.signs_keys), ('SOA', server.signs_zone)) if not keys]
    if unsigned:
        yield MultisignerError(
            f'no key in its DNSKEY RRset has a signature over its {" and ".join(unsigned)} that is valid now', zone, where,
            remedy='See whether its signatures have ended, and whether the clocks here and there are right',
        )
    if insecure:
        return  # then it may ask for that
    if any(ds.is_delete for ds in server.cds) or any(key.is_delete for key in server.cdnskeys):
        yield MultisignerError(
            'its CDS or CDNSKEY asks the parent to remove every DS of the zone (RFC 8078 section 4)', zone, where,
            remedy='Take that record away there; going insecure is an operation of its own',
        )
