# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a channel to a parent is given, what it can do, and what it must be: one record each. No I/O."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Awaitable, Callable, Iterable, Iterator, Union

from ..dnskey import DS, NS, Rdata
from ..dsset import DsChange, SignerKeys
from ..outcome import Outcome
from ..resolve import Server, Tsig
from .nsset import NsChange


@dataclass(frozen=True)
class Capabilities:
    """One kind of channel. *reaches_parent*: what it writes takes effect at the parent by itself, so it is read back there."""

    reaches_parent: bool


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

    *ttl*: seconds, of the DS RRset that the parent shows; 0 for none.
    """

    zone: str
    parent_zone: str
    signers: tuple[SignerKeys, ...]
    change: DsChange
    ttl: int
    ns: NsChange | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is to be written, each to be seen at every parent server before the next: DS before NS when adding, NS before DS when removing."""
        return tuple(self._steps())

    def _steps(self) -> Iterator[Step]:
        """Additions and removals are never one update: until the additions are seen everywhere, what they replace is still needed."""
        ds, ns = self.change, self.ns
        shown: frozenset[Rdata] = frozenset(ds.present)
        if ds.missing:
            yield Step('DS', shown, ds.missing, (), self.ttl)
        if ns is not None and ns.add:
            yield Step('NS', frozenset(ns.present), ns.add, (), ns.ttl)
        if ns is not None and ns.remove:
            yield Step('NS', frozenset(ns.present + ns.add), (), ns.remove, ns.ttl)
        if ds.remove:
            yield Step('DS', shown | frozenset(ds.missing), (), ds.remove, self.ttl)


@dataclass(frozen=True)
class Writing:
    """A channel that reaches the parent: it writes there, one step at a time. *check* asks beforehand, in check mode too, what may stand in
    the way; it writes nothing. Both raise MultisignerError."""

    check: Callable[[Parent, Delegation], Awaitable[None]]
    write: Callable[[Parent, Delegation, Step], Awaitable[None]]


@dataclass(frozen=True)
class Exporting:
    """A channel that does not reach the parent: it lays everything out for somebody to carry there, or in check mode (its last
    argument) tells what it would. It raises MultisignerError."""

    publish: Callable[[Parent, Delegation, bool], Awaitable[Outcome]]


Channel = Union[Writing, Exporting]


def ds_lines(zone: str, values: Iterable[DS]) -> tuple[str, ...]:
    """DS records as `dnssec-dsfromkey` prints them: no TTL, the digest in upper-case hex."""
    return tuple(f'{zone}. IN DS {ds.tag} {ds.algorithm} {ds.digest_type} {ds.digest.hex().upper()}' for ds in values)


def ns_lines(zone: str, values: Iterable[NS]) -> tuple[str, ...]:
    return tuple(f'{zone}. IN NS {ns.text}' for ns in values)
