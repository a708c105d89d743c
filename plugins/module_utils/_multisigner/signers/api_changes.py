# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing foreign records to a signer that has an API, and away from it: look by DNS, compute, write, read back, see it published.

It never writes where nothing differs, never supplies or withdraws what is the signer's own, never touches a record that it was
not told about, and never repeats a write before it has read what the last one did.
"""
from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any, Iterable, Mapping, Sequence

from ..dnskey import DIGEST_LENGTHS, RECORD_TYPES, Record, sort_records
from ..errors import MultisignerError
from ..json_api import Call, ConflictError, UncertainError
from ..outcome import Outcome, Request
from ..resolve import LiveRRset, Server, Silence, for_each, live, together
from .api import ApiSigner, Hosted, Supplied
from .base import missing, refuse_last_ns, types_of, wait_for

WRITES = 3  # attempts at one zone while other writers undo them; two when the API itself fails


@dataclass(frozen=True)
class Change:
    """How the records that users supplied differ from what is wanted. *before* and *after* are all of them, sorted; *calls* are the
    requests that make the change, none when nothing differs."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    calls: tuple[Call, ...]

    @property
    def added(self) -> tuple[str, ...]:
        return tuple(line for line in self.after if line not in self.before)

    @property
    def removed(self) -> tuple[str, ...]:
        return tuple(line for line in self.before if line not in self.after)


def own_records(hosted: Hosted) -> frozenset[Record]:
    """What the signer publishes by itself: its keys, and as a rule their CDNSKEY and CDS."""
    records: list[Record] = []
    for key in hosted.own:
        records.append(Record('DNSKEY', key))
        if hosted.announces:
            records += [Record('CDNSKEY', key), *(Record('CDS', key.ds(hosted.zone, digest_type)) for digest_type in DIGEST_LENGTHS)]
    return frozenset(records)


def compute(request: Request, signer: ApiSigner, hosted: Hosted, supplied: Mapping[str, Supplied]) -> Change:
    """What to write so that *request* is met. Raises MultisignerError when it asks for the removal of what is the signer's own, or of every NS."""
    own = own_records(hosted)
    nothing = Supplied(signer.capabilities.default_ttl)
    for record in request.remove:
        if record in own:
            raise MultisignerError(
                f'own key, it cannot be withdrawn: {signer.name} signs with it and publishes it always', zone=request.zone, record=record.text,
                remedy=f'Take it out of "remove"; {signer.when_it_leaves}',
            )
    present = {line for rrset in supplied.values() for line in rrset.records}
    wanted = (present - {record.text for record in request.remove}) | {record.text for record in request.add if record not in own}
    refuse_last_ns(request, supplied.get('NS', nothing).records)
    rrsets: dict[str, Supplied] = {}
    for rtype in types_of(request):
        old = supplied.get(rtype, nothing)
        new = frozenset(line for line in wanted if line.split(' ', 1)[0] == rtype)
        if new != old.records:
            rrsets[rtype] = Supplied(max(old.ttl, hosted.minimum_ttl), new)
    calls = tuple(signer.calls(request.zone, supplied, rrsets)) if rrsets else ()
    return Change(tuple(sorted(present)), tuple(sorted(wanted)), calls)


def apply_changes(options: Iterable[dict[str, Any]], signer: ApiSigner, servers: Sequence[Server], check_mode: bool, max_wait: float) -> list[Outcome]:
    """One outcome for each item of the ``zones`` option. *max_wait* (seconds) bounds the publication of all zones together.

    1. Zones of which every server already shows what is wanted are done: the API is not asked about them.
    2. The others are read, written and read back through the API, one after the other.
    3. All of these are then watched at the servers until they are published, together.
    """
    requests, outcomes = _read_requests(options)
    silence = Silence()
    settled = asyncio.run(_settled(requests, servers, silence)) if servers else frozenset()
    pending: list[tuple[Request, Outcome]] = []
    for request in requests:
        if request.zone in settled:
            outcomes.append(Outcome(request.zone, msg='Nothing differs: every server shows it; the API was not asked.'))
            continue
        try:
            outcome = _change_zone(request, signer, check_mode)
        except MultisignerError as error:
            outcome = Outcome.failure(request.zone, error)
        if outcome.failed or check_mode or not servers:
            outcomes.append(outcome)
        else:
            pending.append((request, outcome))
    if pending:
        outcomes += asyncio.run(until_published(pending, servers, silence, max_wait))
    return outcomes


def _read_requests(options: Iterable[dict[str, Any]]) -> tuple[list[Request], list[Outcome]]:
    requests: list[Request] = []
    failures: list[Outcome] = []
    for option in options:
        try:
            requests.append(Request.from_option(option))
        except MultisignerError as error:
            failures.append(Outcome.failure(option['name'], error))
    return requests, failures


async def _settled(requests: Sequence[Request], servers: Sequence[Server], silence: Silence) -> frozenset[str]:
    """The zones of which DNS alone shows that nothing differs. A server that gives no answer shows nothing."""

    async def shown(server: Server, request: Request) -> dict[str, LiveRRset]:
        with silence.of(server, request.zone):
            return await live(server, request.zone, types_of(request))

    async def is_settled(request: Request) -> bool:
        try:
            answers = await together(shown(server, request) for server in servers)
        except MultisignerError:
            return False
        return all(missing(request, answer) is None for answer in answers)

    found = await for_each(requests, is_settled)
    return frozenset(request.zone for request, is_so in zip(requests, found) if is_so) - {
        request.zone for request, is_so in zip(requests, found) if not is_so
    }


async def until_published(pending: Sequence[tuple[Request, Outcome]], servers: Sequence[Server], silence: Silence, max_wait: float) -> list[Outcome]:
    """The outcomes when every server shows what each request wants; for one that does not within *max_wait* seconds, as failed."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + max_wait

    async def watch_one(server: Server, request: Request) -> None:
        with silence.of(server, request.zone):
            await wait_for(server, request, timeout=round(max(0.0, deadline - loop.time()), 1))

    async def watch(item: tuple[Request, Outcome]) -> Outcome:
        request, outcome = item
        try:
            await together(watch_one(server, request) for server in servers)
        except MultisignerError as error:
            return replace(outcome, failed=True, msg=str(error))
        return replace(outcome, msg=f'{outcome.msg} Every server shows it.')

    return await for_each(pending, watch)


def _change_zone(request: Request, signer: ApiSigner, check_mode: bool) -> Outcome:
    """One zone through the API. Raises MultisignerError as long as nothing was written."""
    other = sorted(set(types_of(request)) - set(RECORD_TYPES))
    if other and not signer.capabilities.edits_ns:
        raise MultisignerError(
            f'{signer.name} is not asked to change {" and ".join(other)} records', request.zone, signer.url,
            remedy='Change them there by hand, and take them out of the lists',
        )
    hosted = signer.hosted(request.zone)
    signer.check(request)
    change = compute(request, signer, hosted, signer.supplied(request.zone, types_of(request)))
    details = {'own_keys': [f'DNSKEY {key.text}' for key in hosted.own]}
    if check_mode:
        details['requests'] = [str(call) for call in change.calls]
    outcome = Outcome(
        request.zone, change.added, change.removed, change.before, change.after, changed=bool(change.calls),
        msg=_summary(request, signer, hosted, change, check_mode), details=details,
    )
    if check_mode or not change.calls:
        return outcome
    return _write(request, signer, hosted, change, outcome)


def _summary(request: Request, signer: ApiSigner, hosted: Hosted, change: Change, check_mode: bool) -> str:
    if change.calls:
        words = f'{"Would add" if check_mode else "Added"} {len(change.added)}, {"would remove" if check_mode else "removed"} {len(change.removed)}.'
    else:
        words = 'Nothing differs.'
    own = [record for record in sort_records(request.add) if record in own_records(hosted)]
    if own:
        words += f' Not supplied, since {signer.name} publishes what is its own by itself: {", ".join(str(record) for record in own)}.'
    return words


def _write(request: Request, signer: ApiSigner, hosted: Hosted, change: Change, outcome: Outcome) -> Outcome:
    """Writes *change* and reads back, again while another writer undoes it. Raises MultisignerError when certainly nothing was written."""
    zone = request.zone
    troubles: list[MultisignerError] = []
    for attempt in range(WRITES):
        try:
            trouble = _attempt_write(signer, zone, change)
            change = _read_back(request, signer, hosted, trouble)
        except MultisignerError as error:
            if attempt == 0 and not isinstance(error, _UnknownOutcomeError):
                raise
            return replace(Outcome.failure(zone, error), changed=True)
        if trouble is not None:
            troubles.append(trouble)
        if not change.calls:
            note = f' {troubles[0].what}; it was read again, and the change is there.' if troubles else ''
            return replace(outcome, msg=outcome.msg + note)
        if len(troubles) > 1 or not isinstance(trouble, (ConflictError, UncertainError, type(None))):
            break  # a refusal half-way is an answer
    last = troubles[-1] if troubles else MultisignerError(
        f'{signer.name} accepted the change {WRITES} times, and each time it is gone when read again: another program writes to this zone',
        server=signer.url, remedy='Let one program at a time write its DNSKEY, CDS, CDNSKEY and NS records, then run again',
    )
    return replace(Outcome.failure(zone, last), changed=change.before != outcome.before, before=outcome.before, after=change.before)


class _UnknownOutcomeError(MultisignerError):
    """A write was sent, and what it did could not be read."""


def _attempt_write(signer: ApiSigner, zone: str, change: Change) -> MultisignerError | None:
    """The requests of one write. Returns the error after which only a look tells what became of it, None when there was none; raises the
    one after which certainly nothing was written."""
    for number, call in enumerate(change.calls):
        try:
            signer.ask(zone, call)
        except (ConflictError, UncertainError) as error:
            return error
        except MultisignerError as error:
            if number == 0:
                raise
            return error
    return None


def _read_back(request: Request, signer: ApiSigner, hosted: Hosted, trouble: MultisignerError | None) -> Change:
    """What still differs after a write. Raises _UnknownOutcomeError when that cannot be read."""
    try:
        return compute(request, signer, hosted, signer.supplied(request.zone, types_of(request)))
    except MultisignerError as error:
        past = f'the write ended with "{trouble.what}", and then ' if trouble else 'it was written, and when it was read back '
        remedy = 'It may have been changed or not. Run again: the zone is read before anything is written'
        raise _UnknownOutcomeError(past + error.what, request.zone, error.server, remedy=remedy) from None
