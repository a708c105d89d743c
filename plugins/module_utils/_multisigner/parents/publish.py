# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing the union DS set of many zones to their parent: look at every server, compute, write by a channel, read back.

A parent server that does not answer, or that shows another DS set than the others, stops its zone: it is never averaged and
never taken for "no DS". Nothing is written unless every guard of dsset.py is satisfied.
"""
from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Iterable, Mapping

from ..dnskey import DNSKEY, DS, parse_record, zone_name
from ..dsset import DsChange, SignerKeys, agreed, compare, union_ds
from ..errors import MultisignerError
from ..outcome import Outcome
from ..resolve import Server, Silence, ask, find_servers, for_each, from_rdata, together
from ..trust import ds_answer, get_rrset, parent_zone, signers_of, soa_owner
from ..update import ChangedMeanwhileError
from . import export, nsupdate
from .base import Channel, Delegation, Parent, ds_lines

CHANNELS: Mapping[str, Channel] = {
    'export': Channel(export.CAPABILITIES, export.publish),
    'nsupdate': Channel(nsupdate.CAPABILITIES, nsupdate.publish),
}


@dataclass(frozen=True)
class Shown:
    """One parent server's answer: the DS RRset, its TTL in seconds (0 without DS), and the name of the parent zone."""

    server: Server
    ds: frozenset[DS]
    ttl: int
    parent_zone: str


@dataclass(frozen=True)
class Registration:
    """One call of the module: the parent, the channel to it, and what holds for every zone."""

    parent: Parent
    channel: Channel
    digest_types: tuple[int, ...]
    purge: bool
    check_mode: bool
    silence: Silence = field(default_factory=Silence)

    def run(self, options: Iterable[dict[str, Any]]) -> list[Outcome]:
        """One outcome for each item of the module's ``zones`` option."""
        return asyncio.run(self._all(options))

    async def _all(self, options: Iterable[dict[str, Any]]) -> list[Outcome]:
        return await for_each(options, self._one)

    async def _one(self, option: dict[str, Any]) -> Outcome:
        details: dict[str, Any] = dict(ds=[], present=[], missing=[], unknown=[], exported=[])
        try:
            outcome = await self._zone(zone_name(option['name']), option, details)
        except MultisignerError as error:
            outcome = Outcome.failure(option['name'], error)
        return replace(outcome, details={**details, **outcome.details})

    async def _zone(self, zone: str, option: dict[str, Any], details: dict[str, Any]) -> Outcome:
        """Fills *details* as far as it comes. Raises MultisignerError as long as nothing was written."""
        if zone == '.':
            raise MultisignerError('the root has no parent', remedy='Name a zone below it')
        signers = await together(self._signer(zone, signer) for signer in option['signers'])
        wanted = union_ds(zone, signers, self.digest_types)
        details['ds'] = list(ds_lines(zone, wanted))
        shown = await self._shown(zone)
        details['present'] = [dict(server=str(seen.server), ds=list(ds_lines(zone, tuple(sorted(seen.ds)))), ttl=seen.ttl) for seen in shown]
        present = agreed(zone, [(str(seen.server), seen.ds) for seen in shown])
        details['missing'] = list(ds_lines(zone, tuple(sorted(set(wanted) - present))))
        details['unknown'] = list(ds_lines(zone, tuple(sorted(present - set(wanted)))))
        change = compare(zone, wanted, present, signers, self.purge)
        delegation = Delegation(zone, self._parent_zone(zone, shown), tuple(signers), change, max(seen.ttl for seen in shown))
        return await self._publish(delegation)

    async def _publish(self, delegation: Delegation) -> Outcome:
        try:
            outcome = await self.channel.publish(self.parent, delegation, self.check_mode)
        except ChangedMeanwhileError:
            now = await self._ds_at(self.parent.primary, delegation.zone)
            if now.ds != frozenset(delegation.change.present):
                raise
            raise MultisignerError(
                'has no NS for it, and a DS without a delegation would be dropped', zone=delegation.zone, server=str(self.parent.primary),
                remedy='Register the zone and its NS at the parent first',
            ) from None
        if not outcome.changed or self.check_mode or not self.channel.capabilities.reaches_parent:
            return outcome
        try:
            await self._read_back(delegation.zone, delegation.change)
        except MultisignerError as error:
            return replace(outcome, failed=True, msg=str(error))
        return replace(outcome, msg=f'{outcome.msg} Every server of the parent shows it.')

    # -- the signers ------------------------------------------------------------------------------------------------

    async def _signer(self, zone: str, option: Mapping[str, Any]) -> SignerKeys:
        """What is given about a signer, and, where its servers are given, only what they confirm."""
        sep_keys = tuple(sorted({_key(text, zone) for text in option['sep_keys']}))
        given = frozenset(_key(text, zone) for text in option['dnskeys'])
        if not option['servers']:
            if not given:
                raise MultisignerError(
                    f'nothing shows that the keys of signer {option["name"]} are published',
                    zone=zone, remedy='Give its live DNSKEY RRset in "dnskeys", or its "servers" to be asked',
                )
            return SignerKeys(option['name'], sep_keys, given)
        seen = await together(self._dnskeys(server, zone) for server in find_servers(option['servers'], option['port']))
        published = reduce(frozenset.intersection, (keys for keys, _unused in seen))
        proved = reduce(frozenset.intersection, (signing for _unused, signing in seen))
        return SignerKeys(option['name'], sep_keys, published & given if given else published, proved)

    async def _dnskeys(self, server: Server, zone: str) -> tuple[frozenset[DNSKEY], frozenset[DNSKEY]]:
        """The DNSKEY RRset at *server*, and those of its keys whose signature over it is valid now."""
        with self.silence.of(server, zone):
            answer = await ask(server, zone, 'DNSKEY', timeout=self.parent.timeout)
        rrset, rrsigs = get_rrset(answer, answer.question[0].name, 'DNSKEY')
        keys = frozenset(from_rdata(rdata) for rdata in rrset or ())
        return keys, frozenset(signers_of(rrset, rrsigs, keys))

    # -- the parent -------------------------------------------------------------------------------------------------

    async def _shown(self, zone: str) -> list[Shown]:
        return await together(self._ds_at(server, zone) for server in self.parent.servers)

    async def _ds_at(self, server: Server, zone: str) -> Shown:
        """The DS RRset at one parent server. Raises MultisignerError for a name that the parent does not have, and a server that is not the parent's."""
        tsig = self.parent.tsig if server == self.parent.primary else None
        with self.silence.of(server, zone):
            answer = await ask(server, zone, 'DS', tsig, self.parent.timeout)
            rrset, _unused, apex = ds_answer(answer, zone, server)
            if not apex:
                above = zone.partition('.')[2] or '.'
                apex = parent_zone(soa_owner(await ask(server, above, 'SOA', tsig, self.parent.timeout)), zone, server)
        values = frozenset(from_rdata(rdata) for rdata in rrset or ())
        return Shown(server, values, rrset.ttl if rrset is not None else 0, apex)

    def _parent_zone(self, zone: str, shown: Iterable[Shown]) -> str:
        """The name of the parent zone, which every server must agree about, and the user where he says it."""
        names = sorted({seen.parent_zone for seen in shown} | ({zone_name(self.parent.zone)} if self.parent.zone else set()))
        if len(names) > 1:
            raise MultisignerError(
                f'it is not clear which zone is its parent: {" or ".join(names)}', zone=zone,
                remedy='List the servers of one parent zone in "servers", and its name in "parent_zone"',
            )
        return names[0]

    async def _read_back(self, zone: str, change: DsChange) -> None:
        """Waits until every parent server shows the new set. Raises MultisignerError that names the first one that does not in time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.parent.max_wait
        pause = 0.05
        while True:
            shown = await self._shown(zone)
            late = next((seen for seen in shown if seen.ds != frozenset(change.result)), None)
            if late is None:
                return
            if loop.time() + pause > deadline:
                raise self._not_shown(zone, late, change)
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    def _not_shown(self, zone: str, late: Shown, change: DsChange) -> MultisignerError:
        if late.server == self.parent.primary:
            remedy = 'It said NOERROR all the same: see its log, then run again'
        else:
            remedy = 'The primary has it: see the transfers to this server, then run again'
        lacks = '; '.join(f'{ds.text} is missing' for ds in change.result if ds not in late.ds)
        extra = '; '.join(f'{ds.text} is too much' for ds in sorted(late.ds - set(change.result)))
        return MultisignerError(
            f'after {self.parent.max_wait:g} s it still does not show the DS set that was written: {"; ".join(filter(None, (lacks, extra)))}',
            zone=zone, server=str(late.server), remedy=remedy,
        )


def _key(text: str, zone: str) -> DNSKEY:
    """A DNSKEY as a whole record or as its RDATA alone. Raises MultisignerError."""
    if 'DNSKEY' not in text.upper().split():
        return DNSKEY.parse(text)
    record = parse_record(text, zone)
    if record.rtype != 'DNSKEY' or not isinstance(record.rdata, DNSKEY):
        raise MultisignerError('a DNSKEY record is expected here', zone=zone, record=record.text, remedy='Give the keys of the DNSKEY RRset')
    return record.rdata
