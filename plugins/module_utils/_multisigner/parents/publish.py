# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing the union DS set of many zones, and their NS, to their parent: look at every server, compute, write by a channel, read back.
One algorithm for every channel; what they differ in is their Capabilities.

A parent server that does not answer, or that shows another set than the others, stops its zone: it is never averaged and
never taken for "no DS". Nothing is written unless every guard of dsset.py and nsset.py is satisfied. Only what is named is removed,
and only when every server of the parent shows all that was to be added: in the same call, since a later one could see no more.
An asynchronous channel's parent shows a change when it likes: what it has taken and does not show yet is no failure, and nothing goes on from there.
"""
from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, Iterable, Mapping, Sequence

from ..dnskey import DNSKEY, DS, NS, Rdata, parse_dnskey, zone_name
from ..dsset import SignerKeys, agreed, compare, room_for, union_ds
from ..errors import MultisignerError
from ..outcome import Outcome
from ..resolve import UDP_PAYLOAD, Server, Silence, ask, exchange, find_servers, for_each, from_rdata, together
from ..trust import ds_answer, get_rrset, parent_zone, signers_of, soa_owner
from ..update import ChangedMeanwhileError
from .base import Channel, Delegation, HalfDoneError, Parent, Step, Writing, Written, ds_lines, ns_lines
from .dsync import find_target
from .nsset import NsRequest, compare_ns

try:
    import dns.flags
    import dns.message
    import dns.name
    import dns.rcode
    import dns.rdataclass
    import dns.rdatatype
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass

GLANCE = 5.0  # seconds in which an asynchronous channel's parent may show a change before that is left to the next run


@dataclass(frozen=True)
class Shown:
    """One parent server's answers: the DS RRset, its TTL in seconds (0 without DS), and the name of the parent zone; and the NS of
    its referral with their TTL, empty when they were not asked for."""

    server: Server
    ds: frozenset[DS]
    ttl: int
    parent_zone: str
    ns: frozenset[NS] = frozenset()
    ns_ttl: int = 0

    def values(self, rtype: str) -> frozenset[Rdata]:
        return self.ns if rtype == 'NS' else self.ds


@dataclass(frozen=True)
class Registration:
    """One call of the module: the parent, the channel to it, and what holds for every zone."""

    parent: Parent
    channel: Channel
    digest_types: tuple[int, ...]
    check_mode: bool
    silence: Silence = field(default_factory=Silence)

    def run(self, options: Iterable[dict[str, Any]]) -> list[Outcome]:
        """One outcome for each item of the module's ``zones`` option."""
        return asyncio.run(self._all(options))

    async def _all(self, options: Iterable[dict[str, Any]]) -> list[Outcome]:
        return await for_each(options, self._one)

    async def _one(self, option: dict[str, Any]) -> Outcome:
        details: dict[str, Any] = dict(ds=[], present=[], missing=[], unknown=[], exported=[], requests=[], pending=False, note='')
        try:
            outcome = await self._zone(zone_name(option['name']), option, details)
        except MultisignerError as error:
            outcome = Outcome.failure(option['name'], error)
        return replace(outcome, details={**details, **outcome.details})

    async def _zone(self, zone: str, option: dict[str, Any], details: dict[str, Any]) -> Outcome:
        """Fills *details* as far as it comes. Raises MultisignerError as long as nothing was written."""
        if zone == '.':
            raise MultisignerError('the root has no parent', remedy='Name a zone below it')
        remove = frozenset(_ds(text, zone) for text in option['remove'])
        names = NsRequest.parse(zone, option['ns_add'], option['ns_remove'])
        if names and not self.channel.capabilities.edits_ns:
            raise MultisignerError(
                'its channel to the parent takes no NS', zone=zone, remedy='Change the NS at the parent by hand, and leave "ns_add" and "ns_remove" empty'
            )
        signers = await together(self._signer(zone, signer) for signer in option['signers'])
        wanted = union_ds(zone, signers, self.digest_types, option['insecure'])
        details['ds'] = list(ds_lines(zone, wanted))
        shown = await self._shown(zone, bool(names))
        details['present'] = [
            dict(server=str(seen.server), ds=list(ds_lines(zone, sorted(seen.ds))), ttl=seen.ttl, ns=[ns.target for ns in sorted(seen.ns)]) for seen in shown
        ]
        present = agreed(zone, 'DS', [(str(seen.server), seen.ds) for seen in shown])
        details['missing'] = list(ds_lines(zone, sorted(set(wanted) - present)))
        details['unknown'] = list(ds_lines(zone, sorted(present - set(wanted) - remove)))
        change = compare(zone, wanted, present, signers, remove)
        capabilities = self.channel.capabilities
        room = room_for(zone, change, signers, capabilities.maximum, capabilities.interface) if capabilities.maximum is not None else ()
        delegation = Delegation(zone, self._parent_zone(zone, shown), tuple(signers), change, max(seen.ttl for seen in shown), room=room)
        if names:
            ns = agreed(zone, 'NS', [(str(seen.server), seen.ns) for seen in shown])
            delegation = replace(delegation, ns=compare_ns(zone, names, ns, max(seen.ns_ttl for seen in shown)))
        if isinstance(self.channel, Writing):
            outcome = await self._write(self.channel, delegation)
        else:
            outcome = await self.channel.publish(self.parent, delegation, self.check_mode)
        scans = await self._told_of_scans(delegation)
        return replace(outcome, details={**outcome.details, 'note': f'{zone}: {scans}'}, msg=f'{outcome.msg} {scans}') if scans else outcome

    async def _told_of_scans(self, delegation: Delegation) -> str:
        """A sentence where DS are changed in one way, and the parent says that it takes them in another one too."""
        if self.channel.capabilities.write == 'ask' or not (delegation.change.missing or delegation.change.remove):
            return ''
        target = await find_target(self.parent.primary, delegation, self.parent.timeout)
        if target is None:
            return ''
        return f'The parent follows CDS as well (its DSYNC record names {target}): what the CDS of the zone name is what will stay.'

    # -- writing ----------------------------------------------------------------------------------------------------

    async def _write(self, channel: Writing, delegation: Delegation) -> Outcome:
        """All steps, each read back at every server of the parent before the next. The first failure ends them, and so does a step
        that an asynchronous channel's parent has taken and does not show yet."""
        steps = delegation.steps
        if not steps:
            shown = 'this DS set' if delegation.ns is None else 'these DS and NS'
            return self._outcome(delegation, (), f'The parent shows {shown} already.')
        place = channel.name or str(self.parent.primary)
        requests = await channel.check(self.parent, delegation)
        if self.check_mode:
            is_told = bool(requests) and channel.capabilities.write != 'ask'
            outcome = self._outcome(delegation, steps, f'{_sentence(steps, True)} at {place}.') if is_told else self._pending(delegation, (), place)
            return replace(outcome, details={**outcome.details, 'requests': list(requests)})
        seen: list[Step] = []
        written: list[Step] = []
        try:
            for step in steps:
                done = await self._write_step(channel, delegation, step)
                if done.changed:
                    written.append(step)
                late = await self._read_back(delegation.zone, step)
                if late is not None and channel.capabilities.asynchronous:
                    return self._pending(delegation, [one for one in steps if one in seen or one in written], place, late, done.note)
                if late is not None:
                    raise self._not_shown(delegation.zone, late, step)
                seen.append(step)
        except MultisignerError as error:
            if isinstance(error, HalfDoneError):
                written.append(step)
            if not written:
                raise
            before = f' Before that: {_told(seen, False)}.' if seen else ''
            return replace(self._outcome(delegation, written, f'{error}{before}'), failed=True)
        return self._outcome(delegation, steps, f'{_sentence(steps, False)} at {place}. Every server of the parent shows it.')

    async def _write_step(self, channel: Writing, delegation: Delegation, step: Step) -> Written:
        try:
            return await channel.write(self.parent, delegation, step)
        except ChangedMeanwhileError:
            if not channel.capabilities.compare_and_swap:
                raise
            now = await self._at(self.parent.primary, delegation.zone, step.rtype == 'NS')
            if now.values(step.rtype) != step.before:
                raise
            raise MultisignerError(
                'has no NS for it, and a DS without a delegation would be dropped', zone=delegation.zone, server=str(self.parent.primary),
                remedy='Register the zone and its NS at the parent first',
            ) from None

    def _outcome(self, delegation: Delegation, steps: Sequence[Step], msg: str) -> Outcome:
        """What these steps make, or would make, of what was read."""
        return Outcome(
            delegation.zone,
            added=tuple(f'{step.rtype} {value.text}' for step in steps for value in step.add),
            removed=tuple(f'{step.rtype} {value.text}' for step in steps for value in step.remove),
            before=_lines(delegation, ()),
            after=_lines(delegation, steps),
            changed=bool(steps),
            msg=f'{msg}{delegation.change.told_unknown}',
        )

    def _pending(self, delegation: Delegation, steps: Sequence[Step], place: str, late: Shown | None = None, note: str = '') -> Outcome:
        """*steps* were taken now; with none, everything had been before, or must be decided before there is more. *note*: a sentence."""
        done = f'{_sentence(steps, False)} at {place}' if steps else f'There is nothing more to give to {place} now'
        which = f', but {late.server} does' if late is not None else ', but not all servers of the parent'
        more = f' {note}' if note else ''
        msg = f'{done}{which} not show it yet.{more} Run again later: nothing is given to it twice, and what comes next waits for that.'
        return replace(self._outcome(delegation, steps, msg), details={'pending': True, 'note': f'{delegation.zone}: {msg}'})

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

    async def _shown(self, zone: str, with_ns: bool) -> list[Shown]:
        return await together(self._at(server, zone, with_ns) for server in self.parent.servers)

    async def _at(self, server: Server, zone: str, with_ns: bool) -> Shown:
        """The DS RRset at one parent server, and when *with_ns* the NS. Raises MultisignerError for a name that the parent does not
        have, and for a server that is not the parent's."""
        tsig = self.parent.tsig if server == self.parent.primary else None
        with self.silence.of(server, zone):
            answer = await ask(server, zone, 'DS', tsig, self.parent.timeout)
            rrset, _unused, apex = ds_answer(answer, zone, server)
            if not apex:
                above = zone.partition('.')[2] or '.'
                apex = parent_zone(soa_owner(await ask(server, above, 'SOA', tsig, self.parent.timeout)), zone, server)
            shown = Shown(server, frozenset(from_rdata(rdata) for rdata in rrset or ()), rrset.ttl if rrset is not None else 0, apex)
            if not with_ns:
                return shown
            query = dns.message.make_query(zone, 'NS', payload=UDP_PAYLOAD)
            query.flags &= ~dns.flags.RD
            ns, ttl = referral(await exchange(server, query, tsig, self.parent.timeout), zone, server)
        return replace(shown, ns=ns, ns_ttl=ttl)

    def _parent_zone(self, zone: str, shown: Iterable[Shown]) -> str:
        """The name of the parent zone, which every server must agree about, and the user where he says it."""
        names = sorted({seen.parent_zone for seen in shown} | ({zone_name(self.parent.zone)} if self.parent.zone else set()))
        if len(names) > 1:
            raise MultisignerError(
                f'it is not clear which zone is its parent: {" or ".join(names)}', zone=zone,
                remedy='List the servers of one parent zone in "servers", and its name in "parent_zone"',
            )
        return names[0]

    async def _read_back(self, zone: str, step: Step) -> Shown | None:
        """Waits until every parent server shows the new set; returns the first one that does not in time."""
        loop = asyncio.get_running_loop()
        asynchronous = self.channel.capabilities.asynchronous
        deadline = loop.time() + (min(GLANCE, self.parent.max_wait) if asynchronous else self.parent.max_wait)
        pause = 0.05
        while True:
            shown = await self._shown(zone, step.rtype == 'NS')
            late = next((seen for seen in shown if not self._has(seen, step)), None)
            if late is None or loop.time() + pause > deadline:
                return late
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    def _has(self, shown: Shown, step: Step) -> bool:
        """Whether a server shows what *step* makes. A parent that makes the DS itself may make more of a key than were asked for."""
        values = shown.values(step.rtype)
        if self.channel.capabilities.interface == 'ds':
            return values == step.after
        return values.issuperset(step.add) and values.isdisjoint(step.remove)

    def _not_shown(self, zone: str, late: Shown, step: Step) -> MultisignerError:
        if late.server == self.parent.primary:
            remedy = 'It said NOERROR all the same: see its log, then run again'
        else:
            remedy = 'The primary has it: see the transfers to this server, then run again'
        has = late.values(step.rtype)
        lacks = [f'{text} is missing' for text in sorted(value.text for value in step.after - has)]
        extra = [f'{text} is too much' for text in sorted(value.text for value in has - step.after)]
        return MultisignerError(
            f'after {self.parent.max_wait:g} s it still does not show the {step.rtype} set that was written: {"; ".join(lacks + extra)}',
            zone=zone, server=str(late.server), remedy=remedy,
        )


def referral(answer: dns.message.Message, zone: str, server: Server) -> tuple[frozenset[NS], int]:
    """The NS RRset with which a parent server refers to *zone*, and its TTL in seconds; empty when there is none. It comes without AA
    (RFC 1034 section 4.3.2): an authoritative answer is the zone's own RRset. Raises MultisignerError for that, and for a refusal."""
    if answer.rcode() != dns.rcode.NOERROR:
        raise MultisignerError(
            f'answers {dns.rcode.to_text(answer.rcode())} when asked for NS', zone=zone, server=str(server),
            remedy='See that the parent zone is configured and loaded there, and that this machine may ask',
        )
    name = dns.name.from_text(zone)
    if answer.get_rrset(dns.message.ANSWER, name, dns.rdataclass.IN, dns.rdatatype.NS) is not None:
        raise MultisignerError(
            'serves the zone itself too, so it does not show which NS its parent zone has for it', zone=zone, server=str(server),
            remedy='Change the NS in the parent zone by hand, and leave "ns_add" and "ns_remove" empty',
        )
    rrset = answer.get_rrset(dns.message.AUTHORITY, name, dns.rdataclass.IN, dns.rdatatype.NS)
    if rrset is None:
        return frozenset(), 0
    return frozenset(NS.parse(rdata.target.to_text()) for rdata in rrset), rrset.ttl


def _sentence(steps: Iterable[Step], future: bool) -> str:
    told = _told(steps, future)
    return told[0].upper() + told[1:]


def _told(steps: Iterable[Step], future: bool) -> str:
    add, remove = ('would add', 'would remove') if future else ('added', 'removed')
    return ', '.join(f'{add} {len(step.add)} {step.rtype}' if step.add else f'{remove} {len(step.remove)} {step.rtype}' for step in steps)


def _lines(delegation: Delegation, steps: Iterable[Step]) -> tuple[str, ...]:
    """The DS set, and the NS where somebody asked for them, after *steps*."""
    shown: set[Rdata] = {*delegation.change.present, *(delegation.ns.present if delegation.ns is not None else ())}
    for step in steps:
        shown = (shown | set(step.add)) - set(step.remove)
    ds = sorted(value for value in shown if isinstance(value, DS))
    ns = sorted(value for value in shown if isinstance(value, NS))
    return ds_lines(delegation.zone, ds) + ns_lines(delegation.zone, ns)


def _ds(text: str, zone: str) -> DS:
    """A DS as a whole record, ``[OWNER [TTL] [IN]] DS RDATA``, or as its RDATA alone. Raises MultisignerError."""
    words = ' '.join(line.split(';', 1)[0] for line in text.splitlines()).replace('(', ' ').replace(')', ' ').split()
    at = next((number for number, word in enumerate(words) if word.upper() == 'DS'), -1)
    owner = next((word for word in words[:max(at, 0)] if word.upper() not in ('@', 'IN') and not word.isdigit()), zone)
    if zone_name(owner) != zone:
        raise MultisignerError(f'it belongs to zone {zone_name(owner)}', zone=zone, record=' '.join(words), remedy='Name the DS of this zone only')
    try:
        return DS.parse(' '.join(words[at + 1:]))
    except MultisignerError as error:
        raise error.at(zone=zone) from None


def _key(text: str, zone: str) -> DNSKEY:
    """A DNSKEY as a whole record or as its RDATA alone. Raises MultisignerError."""
    if 'DNSKEY' not in text.upper().split():
        return DNSKEY.parse(text)
    return parse_dnskey(text, zone)
