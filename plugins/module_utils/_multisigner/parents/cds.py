# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `cds`: the parent looks at the zone's CDS and CDNSKEY and changes its DS itself (RFC 7344, RFC 8078, RFC 9975).

The signers publish them, which is the plan's work. This channel looks at them as the parent will, tells the parent that they are there
(RFC 9859), and leaves the rest to it. It never tells a parent to look at a zone of which it would take something else than is wanted.
"""
from __future__ import annotations

from dataclasses import dataclass

from ..dnskey import DIGEST_LENGTHS, DNSKEY, DS
from ..errors import MultisignerError
from ..resolve import Server, exchange, find_servers, live, together
from .base import Capabilities, Delegation, Parent, Step, Writing, Written
from .dsync import Target, find_target, notify

try:
    import dns.flags
    import dns.message
    import dns.rdatatype
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass

CAPABILITIES = Capabilities(write='ask', interface='key', delete_by='', asynchronous=True)
NAME = 'the parent, which follows CDS'
PATIENCE = 'It is waited for until the parent looks by itself: most that do look once a day.'


@dataclass(frozen=True)
class Announced:
    """What one server of the delegation shows to the parent."""

    server: str
    cds: frozenset[DS]
    cdnskeys: frozenset[DNSKEY]


async def check(parent: Parent, delegation: Delegation) -> tuple[str, ...]:
    """The notifications that would be sent. Raises MultisignerError for a first DS that the parent cannot take from CDS."""
    change = delegation.change
    if not change.present and change.wanted and not parent.bootstrapping:
        raise MultisignerError(
            'it has no DS yet, so nothing authenticates its CDS, and the parent does not take the first DS from them', zone=delegation.zone,
            remedy='Bring the first DS there in another way. Where the parent does bootstrapping (RFC 9615), or somebody confirmed it there, set bootstrapping',
        )
    told: list[str] = []
    for step in delegation.steps:
        if not await _obstacle(parent, delegation, step):
            target = await find_target(parent.primary, delegation, parent.timeout)
            told += [f'NOTIFY {delegation.zone}. CDS to {target}'] if target is not None else []
    return tuple(told)


async def write(parent: Parent, delegation: Delegation, step: Step) -> Written:
    """Tells the parent that there is something to look at, when that is so."""
    obstacle = await _obstacle(parent, delegation, step)
    if obstacle:
        return Written(changed=False, note=obstacle)
    target = await find_target(parent.primary, delegation, parent.timeout)
    if target is None:
        return Written(changed=False, note=f'It says nowhere that it wants to be notified (there is no DSYNC record). {PATIENCE}')
    return Written(changed=False, note=await _notified(target, delegation.zone, parent.timeout))


async def _notified(target: Target, zone: str, timeout: float) -> str:
    try:
        await notify(target, zone, timeout)
    except MultisignerError as error:
        return f'It was to be notified at {target}, which {error.what}. {PATIENCE}'
    return f'It was notified at {target}: that takes minutes as a rule, and up to some days where the parent waits before it accepts (RFC 8078 section 3).'


async def _obstacle(parent: Parent, delegation: Delegation, step: Step) -> str:
    """Why the parent, when it looks now, would not make what *step* is to make, in a sentence; empty when it would."""
    try:
        shown = await _announced(parent, delegation)
    except MultisignerError as error:
        return f'The parent asks every server of the delegation: {error}'
    return obstacle(delegation, step, shown)


def obstacle(delegation: Delegation, step: Step, shown: list[Announced]) -> str:
    """The same of what the servers show. Pure."""
    first, change = shown[0], delegation.change
    for other in shown[1:]:
        if (other.cds, other.cdnskeys) != (first.cds, first.cdnskeys):
            return f'{other.server} has other CDS or CDNSKEY than {first.server}: the parent takes nothing until all are the same (RFC 9975).'
    deletes = any(ds.is_delete for ds in first.cds) or any(key.is_delete for key in first.cdnskeys)
    if deletes != (not change.wanted):
        is_so = 'ask for the removal of all DS, which nobody wants' if deletes else (
            'do not ask for the removal of all DS: every signer must publish "CDS 0 0 0 00" and "CDNSKEY 0 3 0 AA==", and nothing else of these types'
        )
        return f'The CDS of the zone {is_so}.'
    if deletes:
        is_alone = len(first.cds) == 1 and len(first.cdnskeys) <= 1
        return '' if is_alone else 'The CDS of the zone ask for the removal of all DS and name keys beside that: the parent takes neither.'
    missing = sorted(ds.text for ds in change.wanted if ds not in first.cds)
    if missing:
        return f'The CDS of the zone lack {", ".join(missing)}: the signers must publish the union first.'
    going = sorted(ds.text for ds in step.remove if isinstance(ds, DS) and ds in first.cds)
    if going:
        return f'The CDS of the zone still have {", ".join(going)}: the signers must withdraw that first.'
    keys = {key for signer in delegation.signers for key in signer.sep_keys}
    known = {key.ds(delegation.zone, number) for key in keys for number in DIGEST_LENGTHS} | set(change.present)
    strange = sorted(ds.text for ds in first.cds - known)
    if strange:
        return f'The CDS of the zone name a key that no signer has: {", ".join(strange)}. The parent is not told to take that.'
    named = {ds for key in first.cdnskeys for number in DIGEST_LENGTHS for ds in [key.ds(delegation.zone, number)]}
    if first.cdnskeys and not first.cds <= named:
        return 'The CDS and the CDNSKEY of the zone name different keys: the parent takes neither (RFC 9975).'
    return ''


async def _announced(parent: Parent, delegation: Delegation) -> list[Announced]:
    """What every address of every name server of the delegation shows, as RFC 9975 section 3 has the parent ask."""
    servers = find_servers(await _delegated(parent, delegation.zone))

    async def look(server: Server) -> Announced:
        shown = await live(server, delegation.zone, ('CDS', 'CDNSKEY'), timeout=parent.timeout)
        return Announced(
            str(server),
            frozenset(record.rdata for record in shown['CDS'].records if isinstance(record.rdata, DS)),
            frozenset(record.rdata for record in shown['CDNSKEY'].records if isinstance(record.rdata, DNSKEY)),
        )

    return await together(look(server) for server in servers)


async def _delegated(parent: Parent, zone: str) -> list[str]:
    """The names of the servers to which the parent sends resolvers."""
    query = dns.message.make_query(zone, 'NS')
    query.flags &= ~dns.flags.RD
    answer = await exchange(parent.primary, query, timeout=parent.timeout)
    names = [rdata.target.to_text(omit_final_dot=True) for rrset in answer.authority + answer.answer if rrset.rdtype == dns.rdatatype.NS for rdata in rrset]
    if not names:
        raise MultisignerError('has no NS for it', zone, str(parent.primary), remedy='Register the zone and its NS at the parent first')
    return sorted(names)


CHANNEL = Writing(CAPABILITIES, check, write, NAME)
