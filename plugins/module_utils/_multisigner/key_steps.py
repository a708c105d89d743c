# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which keys each signer is to publish for the others, and when one may go (RFC 8901 section 4.2.2, RFC 7583). Pure."""
from __future__ import annotations

from .dnskey import DNSKEY, Record, sort_records
from .errors import MultisignerError
from .facts import due
from .group import Group
from .observation import NOT_AUTHENTICATED, SignerView
from .situation import Situation, latest
from .steps import Findings, Step, Wait, since, utc


class KeySteps:
    """Steps about DNSKEY records. What holds them up goes to *findings*."""

    def __init__(self, here: Situation, findings: Findings) -> None:
        self.here = here
        self.group, self.seen, self.facts = here.group, here.seen, here.facts
        self.findings = findings

    def add(self) -> list[Step]:
        """Adding a key is always safe, so each signer that was seen whole gets what it lacks, at once (invariant 1)."""
        fit = frozenset(key for key in sorted(self.here.shared) if self._is_fit(key))
        steps: list[Step] = []
        for view in self.here.asked:
            if view.errors:
                continue
            needed = fit - self.here.spared(view)
            missing = frozenset(key for key in needed - view.published - view.announced if view.name not in self.here.owners.get(key, ()))
            if missing:
                owners = sorted({name for key in missing for name in self.here.owners.get(key, ())} or {'another signer'})
                records = sort_records(Record('DNSKEY', key) for key in missing)
                steps.append(Step(view.name, records, (), f'keys of {", ".join(owners)} that {view.name} does not publish'))
            lagging = needed - missing - view.published_everywhere - (view.announced - view.published)
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
        if key in here.announced:
            return True  # its host itself named it
        if holders and all(view.authenticated(key) == NOT_AUTHENTICATED for view in holders):
            self.findings.blocked.append(_unauthenticated(self.group, key, holders[0]))
            return False
        return True

    def unsettled(self) -> list[Wait] | None:
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

    def remove(self) -> list[Step]:
        """Keys that nobody needs any more, with the CDS and CDNSKEY of them, off the signers that hold them for others (invariants 7, 11)."""
        here = self.here
        steps: list[Step] = []
        gone: set[DNSKEY] = set()
        for key in sorted(here.published - here.shared):
            if not key.is_revoked and self._may_go(key):
                gone.add(key)
        for view in here.asked:
            keys = gone & view.published  # never its own: an owner that is asked has withdrawn it, and signs with it nowhere (is_withdrawn)
            if keys:
                owners = sorted({name for key in keys for name in here.owners[key]})
                reason = f'keys of {", ".join(owners)} that sign nothing any more and whose signatures and DS are in no cache'
                steps.append(Step(view.name, (), sort_records(Record('DNSKEY', key) for key in keys), reason))
        return steps

    def _may_go(self, key: DNSKEY) -> bool:
        """Whether no resolver can hold anything for which it needs *key*: data that it signed (RFC 7583 section 3.2.1), or a DS of it."""
        here = self.here
        if not here.is_withdrawn(key):
            return False
        fact = here.unused(key)
        if not here.owners[key] <= frozenset(signer.name for signer in here.leaving) and not self.facts.has_aged(fact):
            self.findings.waits.append(Wait(f'data signed by {key} to leave the caches', due(fact), since(fact, 'nothing has been signed by it')))
            return False
        if not key.is_sep:
            return True
        # first its DS and CDS; but where the key itself announces, they go together
        others = [view for view in here.asked if view.name not in here.owners[key] and not (view.omits_ksks and key in view.published)]
        if here.ds_at_parent(key) or any(_holds_parent_records(view, key, here) for view in others):
            return False
        late = latest(here.ds_traces(key))
        if late is not None and not self.facts.has_aged(late):
            self.findings.waits.append(Wait(f'DS of {key} to leave the caches', due(late), since(late, 'no server of the parent has shown it')))
            return False
        return True


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


def _holds_parent_records(view: SignerView, key: DNSKEY, here: Situation) -> bool:
    return any(key in server.cdnskeys or any(ds in server.cds for ds in here.ds_of(key)) for server in view.servers)
