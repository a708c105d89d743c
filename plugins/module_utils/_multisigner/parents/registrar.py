# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registrar's API, or a DNS provider's, as a channel: list what is registered, compare, send what is missing or too much, list again.

Written once for all of them; a Contract says how one of them wants to be asked. Nothing is registered twice, nothing is removed that is
not named, and a set is only replaced while it is the one that the parent's servers show. A request never holds a secret where it is told.
"""
from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Mapping, Sequence, TypeVar

from ..dnskey import DIGEST_LENGTHS, DNSKEY, DS, NS, Rdata
from ..errors import MultisignerError
from ..json_api import STRANGE, ApiError, Call, JsonApi, SilentError, ThrottledError, UnauthorizedError, UncertainError, UnreachableError
from ..update import ChangedMeanwhileError
from .base import Capabilities, Delegation, HalfDoneError, Parent, Step, Writing, Written
from .nsset import in_domain

Result = TypeVar('Result')

API_TIMEOUT = 30.0  # seconds for one answer
BULK = 50  # RRsets in one request, where an API takes several


@dataclass(frozen=True)
class Access:
    """Where an API is, and how to be let in: the options of the module. Each channel needs others; none of them is in repr."""

    url: str
    options: Mapping[str, Any] = field(repr=False)

    def given(self, option: str) -> str:
        """Raises MultisignerError when it is not given."""
        value = str(self.options.get(option) or '').strip()
        if not value:
            raise MultisignerError(f'"{option}" is not given, and this channel needs it', remedy=f'Give it, in the inventory as multisigner_{option}')
        return value

    def api(self, name: str, **how: Any) -> JsonApi:
        """*how*: what JsonApi takes to prove who asks. Raises MultisignerError for what cannot work."""
        options = self.options
        return JsonApi(
            name, self.url, ca_file=options['api_ca_file'], timeout=API_TIMEOUT, use_proxy=options['api_use_proxy'],
            max_wait=options['max_wait'], **how,
        )


@dataclass(frozen=True)
class Entry:
    """What is registered: a DS, a key of which the registry makes a DS, or an NS. *handle* is what the API removes it by."""

    value: Rdata
    handle: str = ''

    def names(self, value: Rdata, zone: str) -> bool:
        """Whether the parent has *value* because of this entry."""
        if isinstance(self.value, DNSKEY) and isinstance(value, DS):
            return _is_made_of(value, self.value, zone)
        return self.value == value

    def is_of(self, key: DNSKEY, zone: str) -> bool:
        """Whether it is the key, or a DS of it with whatever digest type the registry likes."""
        if isinstance(self.value, DS):
            return _is_made_of(self.value, key, zone)
        return self.value == key


def _is_made_of(ds: DS, key: DNSKEY, zone: str) -> bool:
    """By digest; by tag and algorithm alone where the digest type is not computed here."""
    if ds.digest_type in DIGEST_LENGTHS:
        return key.ds(zone, ds.digest_type) == ds
    return (key.tag, key.algorithm) == (ds.tag, ds.algorithm)


@dataclass(frozen=True)
class Place:
    """What a list is of: the records of *rtype* that *parent_zone* has of *zone*. *ttl* in seconds."""

    zone: str
    parent_zone: str
    rtype: str
    ttl: int

    @property
    def subname(self) -> str:
        """The zone's name within the parent zone."""
        return self.zone[:-len(self.parent_zone) - 1] if self.parent_zone != '.' else self.zone


@dataclass(frozen=True)
class Change:
    """What is to be registered anew, which entries are to go, and which stay."""

    add: tuple[Rdata, ...]
    remove: tuple[Entry, ...]
    kept: tuple[Entry, ...]

    @property
    def after(self) -> tuple[Rdata, ...]:
        """All that is registered then."""
        return tuple(entry.value for entry in self.kept) + self.add

    @property
    def names(self) -> list[str]:
        """The same of NS: the names of the servers, without final dots."""
        return sorted(value.target for value in self.after if isinstance(value, NS))

    def __bool__(self) -> bool:
        return bool(self.add or self.remove)


class Contract(ABC):
    """How one API wants to be asked. Each says what it can do, how one gets in, how it lists, and which requests make a Change."""

    name: str
    url: str  # where it is, unless the user says otherwise
    capabilities: Capabilities
    lists_late: tuple[str, ...] = ()  # the types of which its list may lack what it accepted a moment ago
    hosts_the_parent: bool = False  # whether the parent zone itself is there, with the addresses of servers in it (glue)
    bulk: bool = False  # whether requests at the same path, with lists as bodies, can be sent as one

    @abstractmethod
    def connect(self, access: Access) -> JsonApi:
        """Raises MultisignerError for what cannot work, such as a missing secret."""

    @abstractmethod
    def listed(self, ask: Callable[[Call], Any], place: Place) -> tuple[Entry, ...]:
        """What is registered. Raises KeyError, TypeError or ValueError for an answer that is not as documented."""

    @abstractmethod
    def calls(self, place: Place, change: Change) -> tuple[Call, ...]:
        """The requests that make *change*, additions first."""

    def is_busy(self, ask: Callable[[Call], Any], place: Place) -> bool:
        """Whether the registry has not decided yet about an earlier request, where that can be asked. Raises MultisignerError where it has
        failed, so that nothing is sent again before somebody has seen why."""
        return False

    def headers(self, call: Call) -> Mapping[str, str]:
        """What a request has in its header beside what every one has."""
        return {}

    def refusal(self, answer: Any) -> MultisignerError | None:
        """What an answer with a good status says that is none. Raises as listed() does."""
        return None


class Client:
    """One API during one call of the module. It is asked one thing at a time, while other zones' DNS goes on."""

    def __init__(self, contract: Contract, api: JsonApi) -> None:
        self.contract = contract
        self.api = api
        self._turn: asyncio.Lock | None = None
        self._waiting: list[tuple[Call, asyncio.Future[None]]] = []

    def ask(self, call: Call) -> Any:
        scope = 'reads' if call.method == 'GET' else 'writes'
        answer = self.api.request(call.method, call.path, call.query, call.body, scope, headers=self.contract.headers(call))
        refusal = self.contract.refusal(answer)
        if refusal is not None:
            raise refusal
        return answer

    async def look(self, zone: str, question: Callable[[Callable[[Call], Any]], Result]) -> Result:
        """The result of *question*, which asks the API. Raises MultisignerError, also for an answer that is not as documented."""
        try:
            async with self._lock():
                return await asyncio.get_running_loop().run_in_executor(None, question, self.ask)
        except MultisignerError as error:
            raise error.at(zone=zone) from None
        except STRANGE:
            raise self._strange().at(zone=zone) from None

    def _strange(self) -> UncertainError:
        return UncertainError(
            f'what {self.api.name} answers is not as its documentation says', server=self.api.url,
            remedy='See that api_url is the address of its API; when it is, the API has changed: report that',
        )

    async def send(self, call: Call) -> None:
        """Sends one request, together with others that wait for their turn where the API takes several."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, done))
        async with self._lock():
            if not done.done():
                await self._send_waiting()
        await done

    async def _send_waiting(self) -> None:
        first = self._waiting[0][0]
        alike = [item for item in self._waiting if (item[0].method, item[0].path) == (first.method, first.path)]
        batch = alike[:BULK if self.contract.bulk else 1]
        self._waiting = [item for item in self._waiting if item not in batch]
        together = Call(first.method, first.path, [item for call, _done in batch for item in call.body]) if self.contract.bulk else first
        error = await self._try(together)
        is_shared = isinstance(error, (UnauthorizedError, UnreachableError, ThrottledError, UncertainError))
        for call, done in batch:
            # All or nothing: one bad item spoils the others, so each is tried by itself.
            own = await self._try(call) if error is not None and len(batch) > 1 and not is_shared else error
            if own is None:
                done.set_result(None)
            else:
                done.set_exception(own)

    async def _try(self, call: Call) -> MultisignerError | None:
        try:
            await asyncio.get_running_loop().run_in_executor(None, self.ask, call)
        except MultisignerError as error:
            return error
        except STRANGE:
            return self._strange()
        return None

    def _lock(self) -> asyncio.Lock:
        if self._turn is None:
            self._turn = asyncio.Lock()
        return self._turn


def channel(contract: Contract) -> Writing:
    """*contract* as a channel."""

    def connect(options: Mapping[str, Any]) -> Client:
        return Client(contract, contract.connect(Access(options['api_url'] or contract.url, options)))

    async def check(parent: Parent, delegation: Delegation) -> tuple[str, ...]:
        lists: dict[str, tuple[Entry, ...]] = {}
        told: list[str] = []
        for step in delegation.steps:
            place = _place(parent, delegation, step)
            is_first = step.rtype not in lists
            if is_first:
                lists[step.rtype] = await _listed(parent.client, place)
            change = compute(contract, delegation, step, lists[step.rtype])
            if change:
                if is_first and await _is_busy(parent.client, place):
                    return ()
                told += [str(call) for call in contract.calls(place, change)]
                lists[step.rtype] = tuple(entry for entry in lists[step.rtype] if entry not in change.remove) + tuple(Entry(value) for value in change.add)
        return tuple(told)

    async def write(parent: Parent, delegation: Delegation, step: Step) -> Written:
        client: Client = parent.client
        place = _place(parent, delegation, step)
        change = compute(contract, delegation, step, await _listed(client, place))
        if not change:
            return Written(changed=False)
        if await _is_busy(client, place):
            return Written(changed=False, note='An earlier request for it is still under way there.')
        await _send(client, place, contract.calls(place, change))
        if step.rtype not in contract.lists_late and compute(contract, delegation, step, await _listed(client, place)):
            raise HalfDoneError(
                f'{contract.name} accepted the change of {step.rtype}, and does not have it when asked again', place.zone, client.api.url,
                remedy='See what it says of the domain; another program may change it at the same time',
            )
        return Written()

    return Writing(contract.capabilities, check, write, contract.name, connect)


def _place(parent: Parent, delegation: Delegation, step: Step) -> Place:
    return Place(delegation.zone, delegation.parent_zone, step.rtype, step.ttl or parent.ttl)


async def _listed(client: Client, place: Place) -> tuple[Entry, ...]:
    return await client.look(place.zone, lambda ask: client.contract.listed(ask, place))


async def _is_busy(client: Client, place: Place) -> bool:
    """Whether the registry has not decided yet about an earlier request: another one could undo it, or be refused."""
    busy: bool = await client.look(place.zone, lambda ask: client.contract.is_busy(ask, place))
    return busy


async def _send(client: Client, place: Place, calls: Sequence[Call]) -> None:
    for number, call in enumerate(calls):
        try:
            await client.send(call)
        except MultisignerError as error:
            what = f'{error.what} (request {number + 1} of {len(calls)}: {call})' if len(calls) > 1 else error.what
            # A refusal is an answer. After silence, or after others were accepted, only a look tells what became of it.
            if number or isinstance(error, (UncertainError, SilentError)):
                raise HalfDoneError(what, place.zone, error.server, remedy=error.remedy) from None
            kind = type(error) if isinstance(error, ApiError) else MultisignerError
            raise kind(what, place.zone, error.server, remedy=error.remedy) from None


def compute(contract: Contract, delegation: Delegation, step: Step, entries: Sequence[Entry]) -> Change:
    """What of *step* is left to be sent to an API that has *entries*.

    Raises ChangedMeanwhileError when a set is to be replaced that is not what the parent's servers show, MultisignerError when the API
    cannot do it.
    """
    zone, able = delegation.zone, contract.capabilities
    remove = tuple(entry for entry in entries if any(entry.names(value, zone) for value in step.remove))
    for entry in remove:
        kept = [value for value in step.after if entry.names(value, zone)]
        if kept:
            raise MultisignerError(
                f'{contract.name} holds keys, so the DS of one digest type cannot be removed alone', zone, record=f'DS {kept[0].text}',
                remedy='Set digest_types to those that the parent makes',
            )
    add: dict[Rdata, None] = {}
    for value in step.add:
        if able.interface == 'key' and isinstance(value, DS):
            key = _key_of(value, delegation)
            if not any(entry.is_of(key, zone) for entry in entries):
                add[key] = None
        elif not any(entry.names(value, zone) for entry in entries):
            add[value] = None
    change = Change(tuple(add), remove, tuple(entry for entry in entries if entry not in remove))
    if change and (able.write == 'replace' or step.rtype == 'NS'):  # no API takes NS one by one
        _refuse_stale(contract, zone, step, entries)
    if not contract.hosts_the_parent:
        _refuse_without_glue(contract, zone, change)
    if able.delete_by == 'tag':
        _refuse_same_tag(contract, zone, change, entries)
    return change


def _key_of(ds: DS, delegation: Delegation) -> DNSKEY:
    """The key that *ds* was made from: publish.py makes the wanted DS from these."""
    keys = [key for signer in delegation.signers for key in signer.sep_keys if key.ds(delegation.zone, ds.digest_type) == ds]
    return keys[0]


def _refuse_stale(contract: Contract, zone: str, step: Step, entries: Iterable[Entry]) -> None:
    known = list(entries)
    strange = [entry.value.text for entry in known if not any(entry.names(value, zone) for value in step.before | frozenset(step.add))]
    lost = [value.text for value in step.before if not any(entry.names(value, zone) for entry in known)]
    if strange or lost:
        what = [f'{text} is only there' for text in sorted(strange)] + [f'{text} is only at the servers' for text in sorted(lost)]
        raise ChangedMeanwhileError(
            f"{contract.name} has another {step.rtype} set than the parent's servers show, and would replace all of it: {'; '.join(what)}; "
            'nothing was written', zone, remedy='Run again when the servers show it. When it stays so, see who else changes these records',
        )


def _refuse_without_glue(contract: Contract, zone: str, change: Change) -> None:
    """A server below the zone is found by an address at the registry alone, which is registered there as a host of its own (RFC 5732)."""
    for value in change.add:
        if isinstance(value, NS) and in_domain(zone, value):
            raise MultisignerError(
                f'its name is at or below the zone, and the address (glue) of it is not registered through {contract.name} by this channel', zone,
                record=f'NS {value.text}', remedy='Register the host and its NS there by hand, or name the server in another zone',
            )


def ns_entries(names: Iterable[Any]) -> tuple[Entry, ...]:
    """What an API lists as names of servers, with or without final dots. Raises TypeError for what is no list of names."""
    found = list(names)
    if not all(isinstance(name, str) for name in found):
        raise TypeError(found)
    return tuple(Entry(NS.parse(name)) for name in found)


def _refuse_same_tag(contract: Contract, zone: str, change: Change, entries: Iterable[Entry]) -> None:
    """Where the tag of the key is the only handle, two records with the same tag cannot be told apart (invariant 10: tags are 16 bits)."""
    new = [value.tag for value in change.add if isinstance(value, DS)]
    going = [entry.value.tag for entry in change.remove if isinstance(entry.value, DS)]
    tags = [entry.value.tag for entry in entries if isinstance(entry.value, DS)] + new
    twice = sorted(tag for tag in {*going, *new} if tags.count(tag) > 1)
    if twice:
        raise MultisignerError(
            f'{contract.name} keeps DS by their key tag, and would have more than one with the tag {twice[0]}', zone,
            remedy='Use one digest type (digest_types: [2]); when two keys have the same tag, have one of them replaced',
        )
