# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a channel to a parent is given, what it can do, and what it must be: one record each. No I/O."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Awaitable, Callable, Iterable, Iterator, Mapping, Union

from ..dnskey import DS, NS, Rdata
from ..dsset import DsChange, SignerKeys
from ..errors import MultisignerError
from ..outcome import Outcome
from ..resolve import Server, Tsig
from .nsset import NsChange


@dataclass(frozen=True)
class Written:
    """What a channel did with a step: whether it *changed* anything at the parent, and a sentence about what is to be known of it."""

    changed: bool = True
    note: str = ''


class HalfDoneError(MultisignerError):
    """A step was carried out in part, or it is not known whether it was."""


@dataclass(frozen=True)
class Capabilities:
    """One kind of channel, as far as publish.py must know it to bring a DS set through it.

    *write*: 'add_remove' takes records one by one; 'replace' takes whole sets; 'ask' writes nothing and has the parent look at the
    zone; 'files' leaves the rest to somebody. *interface*: 'ds' takes DS; with 'key' the parent makes the DS itself, with the
    digest types that it likes. *delete_by*: what one record is removed by: itself ('record'), an 'id', the 'tag' of its key, its
    'digest', its 'key', or '' where nothing is removed one by one. *maximum*: how many DS, or keys, it takes; None where no limit is
    known. *asynchronous*: what it took is shown by the parent's servers some time later, so that is waited for by another run.
    *compare_and_swap*: the parent itself refuses a write when its records are not as they were read. *edits_ns*: it takes NS too;
    an API takes all of them in one set, whatever *write* says of DS.
    """

    write: str
    interface: str = 'ds'
    delete_by: str = 'record'
    maximum: int | None = None
    asynchronous: bool = False
    compare_and_swap: bool = False
    edits_ns: bool = False

    @property
    def reaches_parent(self) -> bool:
        """Whether what it writes takes effect at the parent by itself, so that it is read back there."""
        return self.write != 'files'


@dataclass(frozen=True)
class Parent:
    """The parent as the module was told about it. *zone* is empty when its name is to be found. *ttl*, *timeout* and *max_wait* in seconds."""

    servers: tuple[Server, ...]
    primary: Server
    tsig: Tsig | None
    zone: str
    ttl: int
    timeout: float
    max_wait: float
    export_dir: str
    bootstrapping: bool = False  # whether the parent takes a zone's first DS from its CDS (RFC 9615, or somebody's word for it)
    client: Any = None  # what a channel keeps open for all zones, from its connect()


@dataclass(frozen=True)
class Step:
    """One write at the parent: of the RRset of type *rtype*, which is *before*, some are added or some are removed. *ttl*: seconds, 0 for a new RRset."""

    rtype: str
    before: frozenset[Rdata]
    add: tuple[Rdata, ...]
    remove: tuple[Rdata, ...]
    ttl: int

    @property
    def after(self) -> frozenset[Rdata]:
        return (self.before | frozenset(self.add)) - frozenset(self.remove)

    def __str__(self) -> str:
        return f'added {len(self.add)} {self.rtype}' if self.add else f'removed {len(self.remove)} {self.rtype}'


@dataclass(frozen=True)
class Delegation:
    """One zone, its parent zone, and how its DS and NS there are to change; *ns* is None when nobody asked for NS.

    *ttl*: seconds, of the DS RRset that the parent shows; 0 for none. *room*: the DS that go first, since the parent takes no more
    than it has.
    """

    zone: str
    parent_zone: str
    signers: tuple[SignerKeys, ...]
    change: DsChange
    ttl: int
    ns: NsChange | None = None
    room: tuple[DS, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is to be written, each to be seen at every parent server before the next: DS before NS when adding, NS before DS when removing."""
        return tuple(self._steps())

    def _steps(self) -> Iterator[Step]:
        """Additions and removals are never one update: until the additions are seen everywhere, what they replace is still needed."""
        ds, ns = self.change, self.ns
        shown: frozenset[Rdata] = frozenset(ds.present)
        if self.room:
            yield Step('DS', shown, (), self.room, self.ttl)
            shown -= frozenset(self.room)
        if ds.missing:
            yield Step('DS', shown, ds.missing, (), self.ttl)
        if ns is not None and ns.add:
            yield Step('NS', frozenset(ns.present), ns.add, (), ns.ttl)
        if ns is not None and ns.remove:
            yield Step('NS', frozenset(ns.present + ns.add), (), ns.remove, ns.ttl)
        rest = tuple(value for value in ds.remove if value not in self.room)
        if rest:
            yield Step('DS', shown | frozenset(ds.missing), (), rest, self.ttl)


@dataclass(frozen=True)
class Writing:
    """A channel that reaches the parent: it writes there, one step at a time. Both functions raise MultisignerError.

    *check* asks beforehand, in check mode too, what may stand in the way, writes nothing, and returns the requests that *write* would
    send for all steps, in words and without secrets: none when all of it was given to the parent before. After a HalfDoneError of
    *write* something may be changed there. *name* is what messages call the place that is written to, where it
    is not the parent's primary. *connect* makes Parent.client from the module's options, once for all zones.
    """

    capabilities: Capabilities
    check: Callable[[Parent, Delegation], Awaitable[tuple[str, ...]]]
    write: Callable[[Parent, Delegation, Step], Awaitable[Written]]
    name: str = ''
    connect: Callable[[Mapping[str, Any]], Any] | None = None


@dataclass(frozen=True)
class Exporting:
    """A channel that does not reach the parent: it lays everything out for somebody to carry there, or in check mode (its last
    argument) tells what it would. It raises MultisignerError."""

    capabilities: Capabilities
    publish: Callable[[Parent, Delegation, bool], Awaitable[Outcome]]


Channel = Union[Writing, Exporting]


def ds_lines(zone: str, values: Iterable[DS]) -> tuple[str, ...]:
    """DS records as `dnssec-dsfromkey` prints them: no TTL, the digest in upper-case hex."""
    return tuple(f'{zone}. IN DS {ds.tag} {ds.algorithm} {ds.digest_type} {ds.digest.hex().upper()}' for ds in values)


def ns_lines(zone: str, values: Iterable[NS]) -> tuple[str, ...]:
    return tuple(f'{zone}. IN NS {ns.text}' for ns in values)
