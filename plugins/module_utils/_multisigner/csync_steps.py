# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the signers are to publish a CSYNC, by which a parent takes the NS from the zone (RFC 7477, RFC 9975). Pure.

Only while every server of every signer shows the same NS, which are those that the parent is to have: a parent may copy those of any one
server, and it copies all of them. What nobody published here is never taken away.
"""
from __future__ import annotations

from .dnskey import CSYNC, Record, sort_records
from .ns_steps import NsSteps
from .situation import CSYNC_OURS, Situation
from .steps import Findings, Step, Wait


class CsyncSteps:
    """Steps about the CSYNC record. What holds it up goes to *findings*. *name_servers* knows who is ready for resolvers."""

    def __init__(self, here: Situation, findings: Findings, name_servers: NsSteps) -> None:
        self.here = here
        self.group, self.seen = here.group, here.seen
        self.findings = findings
        self.name_servers = name_servers

    def change(self) -> list[Step]:
        """The CSYNC at every signer, or at none."""
        here = self.here
        wanted = self._wanted() if self.group.parent.csync else None
        ours = here.csync_ours
        if wanted is not None:
            ours |= {wanted}
            here.facts.keep(CSYNC_OURS, wanted.text, 0)
        able = {signer.name: signer.capabilities.edits_ns for signer in self.group.signers}
        steps: list[Step] = []
        for view in here.asked:
            shown = frozenset().union(*(server.csync for server in view.servers))
            add = [] if wanted is None or all(server.csync == {wanted} for server in view.servers) else [Record('CSYNC', wanted)]
            remove = [Record('CSYNC', csync) for csync in sorted(shown & ours) if csync != wanted]
            if not able[view.name] and (add or remove):
                what = ', '.join([*(f'add {record}' for record in add), *(f'remove {record}' for record in remove)])
                self.findings.waits.append(Wait(f'a person to change the zone file of {view.name}', None, f'{what}: the parent follows CSYNC'))
            elif wanted is not None and shown - ours:
                strange = ', '.join(f'CSYNC {csync.text}' for csync in sorted(shown - ours))
                reason = 'somebody else published it, and there may be one only (RFC 7477 section 2.1)'
                self.findings.waits.append(Wait(f'a person to remove {strange} from {view.name}', None, reason))
            elif add or remove:
                reason = 'the NS are the same at every signer' if add else 'a parent may follow it only while the NS are settled' if (
                    self.group.parent.csync) else 'the parent is not said to follow it'
                steps.append(Step(view.name, sort_records(add), sort_records(remove), reason))
        return steps

    def _wanted(self) -> CSYNC | None:
        """The CSYNC of the NS RRset that the parent may copy now. None when it must not copy one: nothing authenticates that, a signer that it
        does not know is not ready for resolvers, the servers do not show the same, or the parent would lose what nobody may take away here."""
        here, waits = self.here, self.findings.waits
        own = {signer.name: frozenset(signer.ns) for signer in self.group.signers}
        at_parent = [server.ns for server in self.seen.parent.servers]
        # resolvers are sent already to whom the parent names; what others wait for is told with their NS
        coming = [view for view in here.staying if not all(own[view.name] <= ns for ns in at_parent)]
        if not self.seen.parent.ds_everywhere or not all(self.name_servers.is_ready(view) for view in coming):
            return None
        unnamed = sorted(view.name for view in here.staying if not own[view.name])
        if unnamed:
            reason = 'a CSYNC is published when the NS of all signers are in place, and which are its is not known: set multisigner_ns for it'
            waits.append(Wait(f'the names of the servers of {", ".join(unnamed)}', None, reason))
            return None
        shown = {server.ns for view in here.asked for server in view.servers}
        names = frozenset().union(*(own[view.name] for view in here.staying))
        leavers = frozenset().union(*(own[signer.name] for signer in here.leaving)) - names
        common = frozenset.intersection(*shown)
        if not names <= common or any(leavers & ns for ns in shown):
            return None  # the NS are being changed, or it is waited for what holds that up
        if len(shown) != 1:
            odd = ', '.join(sorted(frozenset().union(*shown) - common))
            waits.append(Wait('the NS to be the same at every server of every signer', None, f'a CSYNC is published only then; not all have {odd}'))
            return None
        lost = sorted(frozenset().union(*at_parent) - common - leavers)
        if lost:
            reason = 'they are of no declared signer, and the parent would remove them when it follows the CSYNC of the zone'
            waits.append(Wait(f'a person to remove NS {", ".join(lost)} from {self.group.parent.name}, or to add them at every signer', None, reason))
            return None
        is_below = any(name == self.group.zone or name.endswith(f'.{self.group.zone}') for name in common)
        return CSYNC.of(('NS', 'A', 'AAAA') if is_below else ('NS',))
