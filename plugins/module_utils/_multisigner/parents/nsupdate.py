# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `nsupdate`: DS and NS written into a parent zone that takes RFC 2136 updates, each step a compare-and-swap.

The RRset that was read is the update's prerequisite, so a change that somebody else made meanwhile is never overwritten.
"""
from __future__ import annotations

from typing import Any

from ..dnskey import NS
from ..errors import MultisignerError
from ..resolve import Tsig
from ..update import ChangedMeanwhileError, Update, send
from .base import Capabilities, Delegation, Parent, Step, Writing, Written
from .nsset import in_domain

CAPABILITIES = Capabilities(write='add_remove', compare_and_swap=True, edits_ns=True)


async def check(parent: Parent, delegation: Delegation) -> tuple[str, ...]:
    """The updates, as nsupdate(1) would take them. Raises MultisignerError without a TSIG key, and for an NS to add whose address only
    the parent could tell, and does not have."""
    _tsig(parent, delegation)
    for ns in delegation.ns.add if delegation.ns is not None else ():
        if in_domain(delegation.zone, ns) and not await _has_address(parent, delegation, ns):
            raise MultisignerError(
                'its name is at or below the zone, and the parent has no address (glue) of it: no resolver would find it',
                zone=delegation.zone, server=str(parent.primary), record=f'NS {ns.text}',
                remedy=f'Put its A or AAAA record into the zone {delegation.parent_zone} first, or name the server in another zone',
            )
    owner = f'{delegation.zone}.'
    return tuple(
        f'update {verb} {owner} {ttl}IN {step.rtype} {value.text}' for step in delegation.steps
        for verb, ttl, values in (('add', f'{step.ttl or parent.ttl} ', step.add), ('delete', '', step.remove)) for value in values
    )


async def write(parent: Parent, delegation: Delegation, step: Step) -> Written:
    """One update over TCP. Raises ChangedMeanwhileError when the RRset is no longer as it was read, MultisignerError for every other refusal."""
    before: frozenset[Any] = step.before  # DS or NS: an Update only writes them down
    update = Update(
        delegation.parent_zone,
        delegation.zone,
        step.ttl or parent.ttl,
        add=tuple((step.rtype, value) for value in step.add),
        remove=tuple((step.rtype, value) for value in step.remove),
        expect=(step.rtype, before),
        expect_type='NS',  # BIND drops a DS where no NS is, and says NOERROR
    )
    await send(update, parent.primary, _tsig(parent, delegation), parent.timeout, _grant(parent, delegation))
    return Written()


async def _has_address(parent: Parent, delegation: Delegation, ns: NS) -> bool:
    """Whether the parent zone has an address of the name. Below a delegation no query shows that unless an NS names it, but the
    prerequisite of an update that changes nothing tells."""
    for rtype in ('A', 'AAAA'):
        question = Update(delegation.parent_zone, ns.target, 0, expect_type=rtype)
        try:
            await send(question, parent.primary, _tsig(parent, delegation), parent.timeout, _grant(parent, delegation))
        except ChangedMeanwhileError:
            continue
        return True
    return False


def _tsig(parent: Parent, delegation: Delegation) -> Tsig:
    if parent.tsig is None:
        raise MultisignerError('the channel nsupdate needs a TSIG key', zone=delegation.zone, remedy='Give it in "tsig"')
    return parent.tsig


def _grant(parent: Parent, delegation: Delegation) -> str:
    """The least that BIND's update-policy must let the key do."""
    return f'grant {_tsig(parent, delegation).name} name {delegation.zone}. {"DS" if delegation.ns is None else "DS NS"};'


CHANNEL = Writing(CAPABILITIES, check, write)
