# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling a key of a zone that PowerDNS signs, in the order that several signers need (RFC 8901 section 8, RFC 6781 section 4.1).

PowerDNS has no rollovers: a key is active or not, published or not, as it is told at once. So all of it is done here. The successor is published
and signs nothing; the other signers get it; then it signs; the old key signs nothing more, stays as long as what it signed may be cached, and goes.
A KSK or CSK signs beside the old one until its DS is in every cache, and the old one goes when its DS is in none.

What the others and the parent have is said by the caller. What PowerDNS does not remember, since when a key has been in use or out of it, is
kept in the zone's metadata, so a run that is killed half-way is taken up by the next. No key is taken away that was not replaced here.
"""
from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any, Iterable, Iterator, Mapping, Sequence

from ..dnskey import DNSKEY, Record, parse_dnskey, zone_name
from ..errors import MultisignerError
from ..nameserver.checkds import ParentDS
from ..nameserver.rolling import CURRENT, PREPARED, ROLLING
from ..outcome import Outcome, Request
from ..resolve import Server, Silence, ask, together
from ..trust import get_rrset, signers_of
from .api_changes import until_published
from .powerdns import ALGORITHMS, Cryptokey, PowerDNS, Zone
from .powerdns_keys import BEGUN, IDLE, LEAVING, TIMES, Keys, Times, moment_text

# resolve.py remembers the failure; every module reports it before anything here runs.
with suppress(ImportError):
    import dns.name

POLL = 0.5  # seconds between two looks at the signatures


@dataclass(frozen=True)
class Wish:
    """What one zone's caller says. *parent*: of which DS every cache has one, or none has any. *max_ttl* in seconds: the largest TTL of data in it."""

    zone: str
    prepublished: frozenset[DNSKEY]
    parent: ParentDS
    max_ttl: int

    @classmethod
    def from_option(cls, option: Mapping[str, Any], max_ttl: int) -> Wish:
        zone = zone_name(option['name'])
        return cls(zone, frozenset(parse_dnskey(text, zone) for text in option['prepublished']), ParentDS.from_option(option), max_ttl)


@dataclass(frozen=True)
class Step:
    """One thing to do now: *kind* of MAKE, BEGIN, STOP, UNPUBLISH, NOTE, DELETE; to *key*, with *other*, the key in whose place it comes or that takes its."""

    kind: str
    key: Cryptokey
    other: Cryptokey | None = None
    why: str = ''


MAKE, BEGIN, STOP, UNPUBLISH, NOTE, DELETE = 'make', 'begin', 'stop', 'unpublish', 'note', 'delete'


@dataclass(frozen=True)
class Roll:
    """One zone, and what is to be done now. Pure; *now* in seconds since 1970 UTC."""

    wish: Wish
    keys: Keys
    times: Times
    now: float

    def has(self, key: Cryptokey, state: str) -> bool:
        return (key.number, state) in self.times.known

    def of(self, role: str) -> tuple[Cryptokey, ...]:
        return tuple(key for key in self.keys.all if self.keys.role(key) == role)

    # -- what was begun ---------------------------------------------------------------------------------------------

    def leaving(self) -> tuple[Cryptokey, ...]:
        return tuple(key for key in self.keys.all if self.has(key, LEAVING))

    def follow(self) -> Iterator[tuple[Step | None, str]]:
        """For each key on its way out, what is to be done with it now, or nothing; and how it stands, in words."""
        for key in self.leaving():
            yield self._follow(key)

    def _follow(self, key: Cryptokey) -> tuple[Step | None, str]:
        role = self.keys.role(key)
        name = f'the {role} {key.key}'
        newer = [one for one in self.keys.all if one.number > key.number and one.key.is_sep == key.key.is_sep and self.has(one, BEGUN)]
        if not newer:
            return None, f'{name} was to be replaced, and the key in its place is gone: it stays'
        successor = newer[-1]
        if not successor.active:  # a run ended between the note and the deed
            step = Step(BEGIN, successor, key) if successor.key in self.wish.prepublished else None
            return step, f'{name} is replaced by {successor.key} when every other signer has had that for long enough'
        if key.active:
            if role != 'ZSK' and not self.wish.parent.shows(successor.key):
                return None, f'{name} signs until every cache has the DS of {successor.key}'
            return Step(STOP if role != 'KSK' else UNPUBLISH, key, successor), f'{name} signs no more: {successor.key} has taken its place'
        if key.published:
            idle = self.times.known.get((key.number, IDLE))
            if idle is None:
                return Step(NOTE, key, successor), f'{name} signs nothing any more'
            until = idle + self.wish.max_ttl
            if self.now < until:
                return None, f'{name} stays until {moment_text(until)}, as long as data that it signed may be in caches'
            if role == 'ZSK':
                return Step(DELETE, key, successor), f'{name} is deleted: nothing that it signed is in any cache'
            return Step(UNPUBLISH, key, successor), f'{name} is published no more: nothing that it signed is in any cache'
        if key.key.is_sep and not self.wish.parent.lost(key.key):
            return None, f'{name} is kept until no cache has a DS of it'
        return Step(DELETE, key, successor), f'{name} is deleted: no cache has a DS of it'

    # -- what is asked for --------------------------------------------------------------------------------------------

    def ask_for(self, role: str, before: float) -> tuple[Step | None, str, str]:
        """The step of a rollover of *role* that was not begun yet, its state, and how it stands. Raises MultisignerError where there is no such key."""
        active = [key for key in self.of(role) if key.active]
        gone = [key for key in self.leaving() if self.keys.role(key) == role]
        if gone:
            return None, ROLLING, ''
        if len(active) != 1:
            raise MultisignerError(
                f'{len(active)} {role}s of it sign, and one is to be replaced (its keys: {"; ".join(self.keys.lines()) or "none"})', zone=self.wish.zone,
                remedy='Name the use that a key has there, and the server that signs this zone',
            )
        key, = active
        since = self.times.known.get((key.number, BEGUN), 0)
        if since >= before:
            return None, CURRENT, f'The {role} {key.key} is in use since {moment_text(since)}: new enough.'
        successors = [one for one in self.keys.successors if one.key.is_sep == key.key.is_sep]
        if len(successors) > 1:
            raise MultisignerError(
                f'there are several keys that may follow {key.key}: {", ".join(str(one.key) for one in successors)}', zone=self.wish.zone,
                remedy=f'Remove all but one: "pdnsutil remove-zone-key {self.wish.zone} NUMBER"',
            )
        if not successors:
            return Step(MAKE, key), PREPARED, f'A successor of the {role} {key.key} is made.'
        successor, = successors
        if successor.key not in self.wish.prepublished:
            return None, PREPARED, f'The {role} {key.key} is replaced by {successor.key} when every other signer has had that for long enough.'
        return Step(BEGIN, successor, key), ROLLING, f'{successor.key} signs from now on, in the place of the {role} {key.key}.'


@dataclass(frozen=True)
class Roller:
    """Brings the rollovers of many zones on. *role*: KSK, ZSK, CSK, or none: then only what was begun is brought to its end. *before* (seconds since
    1970 UTC): keys in use since before this are replaced. *max_wait* in seconds."""

    client: PowerDNS
    servers: tuple[Server, ...]
    role: str
    before: float
    max_ttl: int
    check_mode: bool
    max_wait: float

    def serve(self, options: Iterable[Mapping[str, Any]], now: float) -> list[Outcome]:
        """*options*: ``name``, ``prepublished``, ``published`` and ``withdrawn`` of each zone."""
        outcomes = []
        for option in options:
            try:
                outcomes.append(self._zone(Wish.from_option(option, self.max_ttl), now))
            except MultisignerError as error:
                outcomes.append(Outcome.failure(option['name'], error))
        return outcomes

    def _zone(self, wish: Wish, now: float) -> Outcome:
        zone = self.client.zone(wish.zone)
        self.client.check_kind(zone)
        roll = Roll(wish, Keys(self.client.cryptokeys(wish.zone)), Times.of(zone), now)
        before = roll.keys.lines()
        words: list[str] = []
        steps: list[Step] = []
        for step, told in roll.follow():
            words.append(f'{told[0].upper()}{told[1:]}.')
            steps += [step] if step else []
        state = ROLLING if roll.leaving() else CURRENT
        if self.role:
            wanted, state, told = roll.ask_for(self.role, self.before)
            words += [told] if told else []
            steps += [wanted] if wanted else []
        outcome = Outcome(wish.zone, before=before, after=before, changed=bool(steps), details={'state': state}, msg=' '.join(words))
        if not steps:
            return outcome
        if self.check_mode:
            return replace(outcome, msg=f'In check mode nothing is done. {outcome.msg}', after=tuple(sorted((*before, *(_foretold(step) for step in steps)))))
        try:
            for step in steps:
                self._do(zone, step)
        except MultisignerError as error:
            return replace(Outcome.failure(wish.zone, error), changed=True, details=outcome.details)
        return replace(outcome, after=Keys(self.client.cryptokeys(wish.zone)).lines())

    # -- doing it -----------------------------------------------------------------------------------------------------

    def _do(self, zone: Zone, step: Step) -> None:
        """Each is what the next run takes up when it is broken off anywhere: what is to happen is noted before it happens."""
        key, other, name = step.key, step.other, zone.name
        if step.kind == MAKE:
            made = self.client.add_key(name, key.key.is_sep, ALGORITHMS[key.key.algorithm], active=False)
            if made.number in (number for number, _state in Times.of(zone).known):  # the number of a key that was deleted
                self._note(name, lambda times: times.without([made.number]))
            self.client.show_keys(zone)
            self._published(Request(name, add=(Record('DNSKEY', made.key),)))
        elif step.kind == BEGIN and other is not None:
            now = datetime.now(timezone.utc).timestamp()
            self._note(name, lambda times: times.noted(BEGUN, [key.number], now).noted(LEAVING, [other.number], now))
            self.client.set_key(name, key.number, active=True, published=True)
            if not key.key.is_sep:
                self.client.set_key(name, other.number, active=False, published=True)
            self.client.show_keys(zone)
            self._signs(name, key.key, other.key if not key.key.is_sep else None)
            if not key.key.is_sep:
                self._note_idle(name, other)
        elif step.kind == STOP and other is not None:
            self.client.set_key(name, key.number, active=False, published=True)
            self.client.show_keys(zone)
            self._signs(name, other.key, key.key)
            self._note_idle(name, key)
        elif step.kind == NOTE and other is not None:
            self._signs(name, other.key, key.key)
            self._note_idle(name, key)
        elif step.kind == UNPUBLISH:
            self.client.set_key(name, key.number, active=False, published=False)
            self.client.show_keys(zone)
            self._published(Request(name, remove=(Record('DNSKEY', key.key),)))
        elif step.kind == DELETE:
            self.client.delete_key(name, key.number)
            self.client.show_keys(zone)
            self._published(Request(name, remove=(Record('DNSKEY', key.key),)))
            self._note(name, lambda times: times.without([key.number]))

    def _note(self, zone: str, change: Any) -> None:
        times: Times = change(Times.of(self.client.zone(zone)))
        self.client.set_metadata(zone, TIMES, times.texts())
        if Times.of(self.client.zone(zone)) != times:
            raise MultisignerError(
                f'its metadata {TIMES} was not kept', zone=zone, server=self.client.url,
                remedy='See that the backend stores metadata: without it nobody knows when the old key may go. Then run again',
            )

    def _note_idle(self, zone: str, key: Cryptokey) -> None:
        now = datetime.now(timezone.utc).timestamp()  # after every server was seen
        self._note(zone, lambda times: times.noted(IDLE, [key.number], now))

    def _published(self, request: Request) -> None:
        """Raises MultisignerError when a server does not show it in time."""
        outcome, = asyncio.run(until_published([(request, Outcome(request.zone))], self.servers, Silence(), self.max_wait))
        if outcome.failed:
            raise MultisignerError(outcome.msg.rstrip('.'))

    def _signs(self, zone: str, new: DNSKEY, old: DNSKEY | None) -> None:
        """Returns when *new* signs at every server, and *old* no more. Raises MultisignerError when that takes too long."""
        asyncio.run(_until_signed(self.servers, zone, new, old, self.max_wait))


async def _until_signed(servers: Sequence[Server], zone: str, new: DNSKEY, old: DNSKEY | None, max_wait: float) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + max_wait

    async def watch(server: Server) -> None:
        while True:
            answers = await together(ask(server, zone, rtype) for rtype in ('DNSKEY', 'SOA'))
            signing: set[DNSKEY] = set()
            for rtype, answer in zip(('DNSKEY', 'SOA'), answers):
                rrset, rrsigs = get_rrset(answer, dns.name.from_text(zone), rtype)
                signing.update(signers_of(rrset, rrsigs, [key for key in (new, old) if key is not None]))
            if new in signing and old not in signing:
                return
            if loop.time() > deadline:
                what = f'{old} still signs' if old in signing else f'{new} does not sign yet'
                raise MultisignerError(
                    f'after {max_wait:g} s {what}', zone=zone, server=str(server),
                    remedy='See its log and its transfers; run again: what was begun is noted, and gone on with',
                )
            await asyncio.sleep(POLL)

    await together(watch(server) for server in servers)


def _foretold(step: Step) -> str:
    words = {
        MAKE: f'a successor of {step.key.key} would be made', BEGIN: f'{step.key.key} would sign', STOP: f'{step.key.key} would not sign any more',
        UNPUBLISH: f'{step.key.key} would not be published any more', NOTE: f'{step.key.key} would be seen to sign nothing',
        DELETE: f'{step.key.key} would be deleted',
    }
    return words[step.kind]
