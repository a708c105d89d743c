# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan says: steps, the parent's share, waits, and everything that is told to people. Values only."""
from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Mapping

from .dnskey import ALGORITHM_NAMES, DNSKEY, DS, Record
from .journal import Fact, Memory


@dataclass(frozen=True)
class Step:
    """Records to add at and to remove from one signer, now, and why."""

    signer: str
    add: tuple[Record, ...] = ()
    remove: tuple[Record, ...] = ()
    reason: str = ''


@dataclass(frozen=True)
class Delegation:
    """What the parent may have now: the DS set *wanted* in full, *missing* of it at some server, and those to *remove*; the NS to
    add and to remove; and each signer's SEP keys behind the DS set. *by_person*: the tool only says what is to be done there.
    *takes_time*: what the tool gives to the parent is shown there some time later."""

    parent: str
    wanted: tuple[DS, ...] = ()
    missing: tuple[DS, ...] = ()
    remove: tuple[DS, ...] = ()
    ns_add: tuple[str, ...] = ()
    ns_remove: tuple[str, ...] = ()
    keys: dict[str, tuple[DNSKEY, ...]] = field(default_factory=dict)
    by_person: bool = False
    takes_time: bool = False

    @property
    def has_work(self) -> bool:
        return bool(self.missing or self.remove or self.ns_add or self.ns_remove)


@dataclass(frozen=True)
class Wait:
    """What is waited for, until when (seconds since 1970 UTC; None when only a server or a person can tell), and why."""

    what: str
    until: float | None
    reason: str

    def __str__(self) -> str:
        until = f'until {utc(self.until)} ' if self.until is not None else ''
        return f'waiting {until}for {self.what}: {self.reason}'


@dataclass(frozen=True)
class Plan:
    """All about one zone: *steps* are safe now, *waits* say what comes later, *blocked* what a person must mend, *notes* what
    is worth knowing. *published* are the DS that every resolver can have by now, *withdrawn* those of known keys that none can have
    any more, each with the time (seconds since 1970 UTC) since when it has been there or gone. *prepublished* are the keys that their signer
    has made and not published yet, and that everywhere else have been for long enough. *memory* is the journal's new content for the zone."""

    zone: str
    steps: tuple[Step, ...] = ()
    delegation: Delegation | None = None
    waits: tuple[Wait, ...] = ()
    blocked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    published: Mapping[DS, float] = field(default_factory=dict)
    withdrawn: Mapping[DS, float] = field(default_factory=dict)
    prepublished: tuple[DNSKEY, ...] = ()
    memory: Memory = field(default_factory=Memory)

    @property
    def state(self) -> str:
        """blocked, changing, waiting or complete: the first that is true."""
        if self.blocked:
            return 'blocked'
        parent = self.delegation
        if self.steps or (parent is not None and parent.has_work and not (parent.by_person or parent.takes_time)):
            return 'changing'
        return 'waiting' if self.waits else 'complete'

    @property
    def removes(self) -> bool:
        """Whether anything is to go: such a plan must be applied soon, or not at all."""
        parent = self.delegation
        return any(step.remove for step in self.steps) or (parent is not None and bool(parent.remove or parent.ns_remove))


@dataclass
class Findings:
    """What the parts of a plan collect on their way."""

    blocked: list[str] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def utc(seconds: float) -> str:
    """ISO 8601, the second in which *seconds* has been reached for certain."""
    return datetime.fromtimestamp(math.ceil(seconds), timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def since(fact: Fact, words: str) -> str:
    return f'{words} since {utc(fact.since or 0)}; the TTL was up to {fact.ttl} s'


def algorithm_name(number: int) -> str:
    return ALGORITHM_NAMES.get(number, f'algorithm {number}')
