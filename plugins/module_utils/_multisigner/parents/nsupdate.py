# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `nsupdate`: the DS set written into a parent zone that takes RFC 2136 updates, as a compare-and-swap.

The DS set that was read is the update's prerequisite, so a change that somebody else made meanwhile is never overwritten.
"""
from __future__ import annotations

from dataclasses import replace

from ..errors import MultisignerError
from ..outcome import Outcome
from ..update import Update, send
from .base import Capabilities, Delegation, Parent, ds_lines

CAPABILITIES = Capabilities(reaches_parent=True)


async def publish(parent: Parent, delegation: Delegation, check_mode: bool) -> Outcome:
    """Adds what is missing and removes what is to be purged, in one message. No difference: no message."""
    change = delegation.change
    zone = delegation.zone
    outcome = Outcome(
        zone,
        added=tuple(f'DS {ds.text}' for ds in change.missing),
        removed=tuple(f'DS {ds.text}' for ds in change.remove),
        before=ds_lines(zone, change.present),
        after=ds_lines(zone, change.result),
        changed=bool(change.missing or change.remove),
        msg='The parent shows this DS set already.',
    )
    if not outcome.changed:
        return outcome
    if not check_mode:
        await _send(parent, delegation)
    added, removed = ('Would add', 'would remove') if check_mode else ('Added', 'removed')
    return replace(outcome, msg=f'{added} {len(change.missing)} DS at {parent.primary}, {removed} {len(change.remove)}.')


async def _send(parent: Parent, delegation: Delegation) -> None:
    change = delegation.change
    if parent.tsig is None:
        raise MultisignerError('the channel nsupdate needs a TSIG key', zone=delegation.zone, remedy='Give it in "tsig"')
    update = Update(
        delegation.parent_zone,
        delegation.zone,
        delegation.ttl or parent.ttl,
        add=tuple(('DS', ds) for ds in change.missing),
        remove=tuple(('DS', ds) for ds in change.remove),
        expect=('DS', frozenset(change.present)),
        expect_type='NS',  # BIND drops a DS where no NS is, and says NOERROR
    )
    await send(update, parent.primary, parent.tsig, parent.timeout, f'grant {parent.tsig.name} name {delegation.zone}. DS;')
