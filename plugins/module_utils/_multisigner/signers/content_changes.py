# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing a zone's content to one signer: read what it has, compare, refuse, write, read back, see it published.

It never writes where nothing differs, never touches what is no content (content.py), never writes a part of a zone of which it would have to
refuse another, and never overwrites what it has not read.
"""
from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Iterator, Sequence

from ..canonical import content_of_zone, form_of, is_type
from ..content import Change, Content, Held, batches, below_wildcard, compare, refuse_deletion, refuse_large_ttl, shown_apart, within
from ..errors import MultisignerError
from ..json_api import ConflictError, NotFoundError, UncertainError
from ..outcome import Outcome
from ..resolve import Server, Tsig, ask, for_each, together, transfer
from ..update import ContentUpdate, send
from .api import ApiSigner

# resolve.py remembers the failure; every module reports it before anything here runs.
with suppress(ImportError):
    import dns.message
    import dns.name
    import dns.rdataclass
    import dns.rdatatype

WRITES = 3  # attempts at one zone while other writers undo them; two when the API itself fails
NAMED = 3  # of many places these are told by name


@dataclass(frozen=True)
class Wish:
    """One zone and the *content* that it is to have; *max_ttl* (seconds) is the largest TTL that was declared for it. More than *share* per cent
    of what a signer has, and more than *few* RRsets, are deleted only where that was *confirmed*."""

    zone: str
    content: Content
    max_ttl: int
    create: bool = False
    report_only: bool = False
    confirmed: bool = False
    share: int = 30
    few: int = 5


class Target(ABC):
    """How the content of zones is read and changed at one signer. Every trouble is a MultisignerError."""

    batch: tuple[int, int]  # RRsets, and characters, of one write

    @abstractmethod
    def read(self, zone: str) -> Held:
        """All that the zone contains there. NotFoundError for a zone that is not there and can be created."""

    @abstractmethod
    def write(self, zone: str, changes: tuple[Change, ...]) -> None:
        """Makes one batch of changes, whole or not at all. ConflictError and UncertainError: only a look tells what became of it."""

    def refuse(self, zone: str, content: Content) -> None:  # noqa: B027  # most take everything
        """Raises for what cannot be had there."""

    def create(self, zone: str) -> None:  # noqa: B027  # whoever raises NotFoundError says this too
        """Makes the zone."""

    def new(self) -> Held:
        return Held({})


class ByApi(Target):
    def __init__(self, signer: ApiSigner) -> None:
        self._signer = signer
        self.batch = signer.content_batch

    def read(self, zone: str) -> Held:
        return self._signer.held(zone)

    def write(self, zone: str, changes: tuple[Change, ...]) -> None:
        for call in self._signer.content_calls(zone, changes):
            self._signer.ask(zone, call)

    def refuse(self, zone: str, content: Content) -> None:
        self._signer.refuse_content(zone, content)

    def create(self, zone: str) -> None:
        self._signer.create(zone)

    def new(self) -> Held:
        return self._signer.new_content()


class ByUpdate(Target):
    """Reads by zone transfer and writes by RFC 2136 updates, both with *tsig*. *timeout* in seconds."""

    batch = (200, 16_000)  # with prerequisites, and the old and the new records, well below the 65,535 bytes of a message

    def __init__(self, primary: Server, tsig: Tsig | None, timeout: float) -> None:
        self._primary = primary
        self._tsig = tsig
        self._timeout = timeout

    def read(self, zone: str) -> Held:
        return Held(content_of_zone(zone, asyncio.run(transfer(self._primary, zone, self._tsig, self._timeout))))

    def write(self, zone: str, changes: tuple[Change, ...]) -> None:
        if self._tsig is None:
            raise MultisignerError(
                'takes no changes of the content without a TSIG key', zone, str(self._primary), remedy='Set multisigner_content_tsig for it'
            )
        asyncio.run(send(ContentUpdate(zone, changes), self._primary, self._tsig, self._timeout, f'grant "{self._tsig.name}" zonesub ANY;'))


def bring(wish: Wish, target: Target, check_mode: bool) -> tuple[Outcome, tuple[Change, ...]]:
    """What became of one zone, and the changes that its servers are to show. Raises MultisignerError as long as nothing was written."""
    zone = wish.zone
    refuse_large_ttl(zone, wish.content, wish.max_ttl)
    created = False
    try:
        held = target.read(zone)
    except NotFoundError as error:
        if not wish.create:
            raise type(error)(error.what, zone, error.server, remedy=f'{error.remedy}. Or let it be created: content: {{..., create: true}}') from None
        created, held = True, target.new()
        target.refuse(zone, wish.content)  # a zone is not created for a content that it cannot have
        if not check_mode:
            target.create(zone)
            held = target.read(zone)  # the TTLs that this zone takes
    wanted, altered = within(wish.content, held.bounds)
    target.refuse(zone, wanted)
    changes = compare(wanted, held.content)
    news = within({change.place: wish.content[change.place] for change in changes if change.after}, held.bounds)[1]
    outcome = _outcome(zone, changes, created, news, wish.report_only or check_mode)
    outcome = replace(outcome, details={**outcome.details, 'altered_ttls': list(altered)})
    if wish.report_only:
        return replace(outcome, changed=False), ()
    if not wish.confirmed:
        refuse_deletion(zone, changes, held.content, wish.share, wish.few)
    if check_mode or not changes:
        return outcome, ()
    return _write(wish, target, changes, outcome, created), changes


def _write(wish: Wish, target: Target, changes: tuple[Change, ...], outcome: Outcome, created: bool) -> Outcome:
    """Writes *changes* and reads back, again while another writer undoes it. Raises MultisignerError when certainly nothing was written."""
    zone = wish.zone
    troubles: list[MultisignerError] = []
    written = created
    left = changes
    for _unused in range(WRITES):
        trouble = None
        try:
            for batch in batches(left, *target.batch):
                target.write(zone, batch)
                written = True
                left = tuple(change for change in left if change not in batch)
        except (ConflictError, UncertainError) as error:
            trouble, written = error, True
            troubles.append(error)
        except MultisignerError as error:
            if not written:
                raise
            return _failed(outcome, error.at(zone=zone), changes, left)
        try:
            held = target.read(zone)
            left = compare(within(wish.content, held.bounds)[0], held.content)
            if not wish.confirmed:
                refuse_deletion(zone, left, held.content, wish.share, wish.few)
        except MultisignerError as error:
            past = f'the write ended with "{trouble.what}", and then ' if trouble else 'it was written, and when it was read back '
            return _failed(outcome, MultisignerError(past + error.what, zone, error.server, error.record, error.remedy), changes, left)
        if not left:
            note = f' {troubles[0].what}; it was read again, and the change is there.' if troubles else ''
            return replace(outcome, msg=outcome.msg + note)
        if len(troubles) > 1:
            return _failed(outcome, troubles[-1].at(zone=zone), changes, left)
    return _failed(outcome, MultisignerError(
        f'it accepted the change {WRITES} times, and each time {_listed(left)} is not so when read again: another program writes to this zone', zone,
        remedy='Let one program at a time write there, then run again',
    ), changes, left)


def _failed(outcome: Outcome, error: MultisignerError, changes: Sequence[Change], left: Sequence[Change]) -> Outcome:
    places = {change.place for change in left}
    done = [change for change in changes if change.place not in places]
    return replace(
        outcome, failed=True, changed=True, msg=f'{error} {len(done)} of {len(changes)} RRsets were written; run again, and the rest follows.',
        details={**outcome.details, 'same': False},
    )


def _outcome(zone: str, changes: Sequence[Change], created: bool, altered: Sequence[str], only_told: bool) -> Outcome:
    before = tuple(line for change in changes if change.before for line in change.before.lines)
    after = tuple(line for change in changes if change.after for line in change.after.lines)
    counts = [
        sum(change.before is None for change in changes),
        sum(change.before is not None and change.after is not None for change in changes),
        sum(change.after is None for change in changes),
    ]
    words = 'Nothing differs.'
    if changes or created:
        verbs = ('would be added', 'changed', 'deleted') if only_told else ('added', 'changed', 'deleted')
        words = f'RRsets: {", ".join(f"{count} {verb}" for count, verb in zip(counts, verbs))} ({_listed(changes)}).'
    if created:
        words = f'The zone {"would be" if only_told else "was"} created. {words}'
    if altered:
        words += f' TTLs that are not taken there are altered: {"; ".join(altered)}.'
    return Outcome(
        zone, added=tuple(line for line in after if line not in set(before)), removed=tuple(line for line in before if line not in set(after)),
        before=before, after=after, changed=bool(changes or created), msg=words,
        details={'same': not (only_told and (changes or created))},
    )


def _listed(changes: Sequence[Change]) -> str:
    named = ', '.join(' '.join(change.place) for change in changes[:NAMED])
    return f'{named}, ...' if len(changes) > NAMED else named or 'none'


# -- what the servers show ------------------------------------------------------------------------------------------------


def seen_everywhere(zone: str, content: Content, changes: Sequence[Change], servers: Sequence[Server], timeout: float, max_wait: float) -> str:
    """Waits, for at most *max_wait* seconds, until every one of *servers* shows *changes*; *content* is what the zone has now. What is still missing, in
    words; nothing when all is there."""
    if not servers:
        return ''
    return asyncio.run(_seen(zone, list(_to_be_seen(zone, content, changes)), servers, timeout, max_wait))


def _to_be_seen(zone: str, content: Content, changes: Sequence[Change]) -> Iterator[Change]:
    """Those that an answer can tell: not what is at or below a delegation, nor what is gone where a wildcard answers instead, nor what is no type of DNS."""
    wildcards = {owner for owner, _rtype in content if owner.startswith('*.')}
    for change in changes:
        if not is_type(change.place[1]) or shown_apart(content, zone, change.owner) or (change.after is None and below_wildcard(wildcards, zone, change.owner)):
            continue
        yield change


async def _seen(zone: str, changes: Sequence[Change], servers: Sequence[Server], timeout: float, max_wait: float) -> str:
    deadline = asyncio.get_running_loop().time() + max_wait
    late = await together(_seen_at(server, zone, changes, timeout, deadline) for server in servers)
    return ' '.join(words for words in late if words)


async def _seen_at(server: Server, zone: str, changes: Sequence[Change], timeout: float, deadline: float) -> str:
    left: Sequence[Change] = changes
    pause = 0.05
    while True:
        late, trouble = await _late(server, left[:1], timeout)  # as long as the first is missing the others are as a rule
        if not late:
            left, trouble = await _late(server, left, timeout)
        if not left:
            return ''
        if asyncio.get_running_loop().time() + pause > deadline:
            return str(MultisignerError(
                f'does not show {_listed(left)} as written{f": it {trouble}" if trouble else ""}', zone, str(server),
                remedy='See its log and its transfers; run again: what was written is not lost',
            ))
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 2.0)


async def _late(server: Server, changes: Sequence[Change], timeout: float) -> tuple[Sequence[Change], str]:
    """Those of *changes* that *server* does not show yet, and what is wrong with its answers."""
    troubles: list[str] = []

    async def is_late(change: Change) -> bool:
        try:
            return not await _shows(server, change, timeout)
        except MultisignerError as error:
            troubles.append(error.what)
            return True

    found = await for_each(changes, is_late)
    return [change for change, is_so in zip(changes, found) if is_so], troubles[0] if troubles else ''


async def _shows(server: Server, change: Change, timeout: float) -> bool:
    owner, rtype = change.place
    answer = await ask(server, f'{owner}.', rtype, timeout=timeout, signatures=False)
    rrset = answer.get_rrset(dns.message.ANSWER, dns.name.from_text(owner), dns.rdataclass.IN, dns.rdatatype.from_text(rtype))
    if change.after is None:
        return rrset is None
    return rrset is not None and rrset.ttl == change.after.ttl and frozenset(form_of(rdata) for rdata in rrset) == change.after.records
