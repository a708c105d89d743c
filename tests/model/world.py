# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world of the model: signers, parent servers, what resolvers may still have cached, the journal, runs under way.

Values only: tuples of small integers, so that a state is cheap to compare and to count. A set of keys is a mask of keys.py's
bits, a set of name servers a mask of signer numbers. Times are whole units, counted from now: what remains, or what has passed.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Tuple

OUT, IN, LEAVING, DEAD = range(4)  # what is declared of a signer
STATUS_WORDS = ('not declared', 'a signer', 'leaving', 'leaving and dead')

SPLIT, CSK = 'split', 'csk'  # a KSK and a ZSK, or one key for both


@dataclass(frozen=True)
class SignerSpec:
    """What does not change about one signer. It *announces* a rollover: waits, before it signs data with a new key, until the others
    have it. It *watches_parent*: withdraws a KSK only when resolvers have a DS of the next one (BIND:
    as the controller tells it). One that does neither is careless; one that does not even *wait* for its own TTLs is rash.
    One that *makes_keys_first* publishes a new key when the others have it.
    A *hosted* one does not tell which of its keys are retiring, and never publishes a key that does not sign yet. One that *omits* the KSKs of
    others announces them, and leaves them out of its DNSKEY RRset.

    TTLs in units of time. A signer that *rolls* has a second generation of keys to go to, of *next_algorithm* if that is given.
    """

    name: str
    style: str = SPLIT
    hosted: bool = False
    omits: bool = False
    makes_keys_first: bool = False
    secondary: bool = False
    announces: bool = True
    watches_parent: bool = True
    waits: bool = True
    dnskey_ttl: int = 2
    ns_ttl: int = 2
    rolls: bool = False
    algorithm: int = 13
    next_algorithm: int = 0


@dataclass(frozen=True)
class Times:
    """TTLs and bounds that are not a signer's own, in units of time. *lowered_ds*: the TTL of the DS set once it has been changed.

    *window*: how long a plan that removes may be applied. *gap*: how long ago the journal may have looked last.
    """

    ds: int = 2
    lowered_ds: int = 0
    parent_ns: int = 2
    data: int = 3
    negative: int = 1
    window: int = 1
    gap: int = 6


@dataclass(frozen=True)
class Settings:
    """One world: who is in it, its times, and how its resolvers validate (*strict*: every algorithm of the DS set)."""

    signers: Tuple[SignerSpec, ...]
    times: Times = field(default_factory=Times)
    parents: int = 1
    strict: bool = True
    mixed: bool = False
    by_hand: bool = False  # a person does at the parent what the plan exports
    scans: bool = False  # the parent takes its DS from the CDS, and nothing from the controller
    csync: bool = False  # the parent copies the NS of any server that it delegates to and that shows a CSYNC


class Content(NamedTuple):
    """What one server of a signer answers: the DNSKEY RRset, who signs it, who signs the SOA, the sets of keys that sign one
    datum each, CDS and CDNSKEY (always of the same keys), the apex NS RRset, whether there is a CSYNC."""

    keys: int
    signs_keys: int
    signs_soa: int
    data: Tuple[int, ...]
    cds: int
    ns: int
    csync: bool = False


class Rollover(NamedTuple):
    """A rollover under way at its signer. *wait*: units until its signer, by its own TTLs, goes on."""

    kind: str
    phase: int
    old: int
    new: int
    wait: int


class Signer(NamedTuple):
    """One signer's primary, and its secondary's content (the same as the primary's when there is none).

    *announced*: a key that it has made and not published yet. *told_published*, *told_withdrawn*: those of its keys of which
    the controller told it that their DS can be with every resolver, or with none.
    """

    own: int
    signs_keys: int
    signs_soa: int
    data: Tuple[int, ...]
    own_cds: int
    retiring: int
    foreign: int
    foreign_cds: int
    ns: int
    rollovers: Tuple[Rollover, ...]
    secondary: Content
    announced: int = 0
    told_published: int = 0
    told_withdrawn: int = 0
    csync: bool = False

    @property
    def content(self) -> Content:
        return Content(self.own | self.foreign, self.signs_keys, self.signs_soa, self.data, self.own_cds | self.foreign_cds, self.ns, self.csync)


class ParentServer(NamedTuple):
    """One parent server's DS RRset of the zone, with its TTL, and its NS RRset."""

    ds: int
    ns: int
    ds_ttl: int


Key = Tuple[int, int]  # a DNSKEY RRset: its keys, and those that sign it
Ages = Tuple[Tuple[int, int], ...]  # an item, and the units that it may stay cached


class Caches(NamedTuple):
    """What is served no more and may still be cached: DS sets, DNSKEY RRsets, signatures over data, NS sets."""

    ds: Ages
    keys: Tuple[Tuple[Key, int], ...]
    data: Ages
    ns: Ages


class Write(NamedTuple):
    """One write of a plan. *target*: a signer's number, PARENT_DS or PARENT_NS. Masks of keys, of CDS or DS, of name servers;
    what a signer is told of the DS of its keys; whether the CSYNC is added or removed."""

    target: int
    add_keys: int = 0
    remove_keys: int = 0
    add_ds: int = 0
    remove_ds: int = 0
    add_ns: int = 0
    remove_ns: int = 0
    published: int = 0
    withdrawn: int = 0
    add_csync: bool = False
    remove_csync: bool = False

    @property
    def removes(self) -> bool:
        return bool(self.remove_keys or self.remove_ds or self.remove_ns or self.remove_csync)


PARENT_DS, PARENT_NS = 100, 101


class Run(NamedTuple):
    """A run whose writes are not all done. *left*: units for which its removals may still be applied."""

    left: int
    writes: Tuple[Write, ...]


class Declaration(NamedTuple):
    """What the user declares: the status of each signer, whether the zone is to go insecure, and whether the parent follows CSYNC."""

    status: Tuple[int, ...]
    insecure: bool = False
    csync: bool = False

    def having(self, *wanted: int) -> int:
        """The mask of the signers with one of these statuses."""
        return sum(1 << number for number, status in enumerate(self.status) if status in wanted)


class State(NamedTuple):
    """Everything. *memory* is the number of the journal's content; *hold*: units for which another run's removals may come, 0 for
    not at all; *alive*: signers that answer; *budget*: how often each of the adversary's allowances may still be used;
    *spoiled*: somebody other than the controller and correct signers has acted, and it is not mended yet."""

    signers: Tuple[Signer, ...]
    parents: Tuple[ParentServer, ...]
    caches: Caches
    memory: int
    declared: Declaration
    runs: Tuple[Run, ...]
    hold: int
    alive: int
    budget: Tuple[int, ...]
    spoiled: bool
