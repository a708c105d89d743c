# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Since when: what is true of one zone now, remembered from pass to pass, and whether it has been true for long enough.

A fact that stops being true loses its time, and starts anew when it is true again. Nothing else is remembered: there is no
state to get stuck in. Pure: no I/O, no clock.
"""
from __future__ import annotations

from dataclasses import dataclass, field

from .journal import GAP, Fact, FactKey, Memory

LARGEST_TTL = 'largest TTL that may be cached'  # since when it has been seen to be lower


@dataclass
class Facts:
    """The facts of one zone, as the journal knew them and as they are *now* (seconds since 1970 UTC)."""

    memory: Memory
    now: float
    current: dict[FactKey, Fact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seen = self.memory.seen
        # A time in the future is a clock that jumped or a journal of another machine: it proves nothing.
        self.continues = seen is not None and 0 <= self.now - seen <= GAP

    def note(self, kind: str, subject: str, is_true: bool, ttl: int) -> Fact:
        """Remembers whether a fact is true now. *ttl*: seconds for which an answer of the time before may be held; the largest
        seen until those have all run out counts, so a deadline may move away and never comes nearer."""
        known = self.memory.facts.get((kind, subject))
        since = self.now if is_true else None
        if known is not None:
            is_as_before = is_true and self.continues and known.since is not None and known.since <= self.now
            if is_as_before:
                since = known.since
            if is_as_before or not self.has_aged(known):
                ttl = max(ttl, known.ttl)
        fact = Fact(kind, subject, since, ttl)
        self.current[fact.key] = fact
        return fact

    def largest_ttl(self, rrset: str, ttl: int, assumed: int) -> int:
        """Seconds for which an answer about *rrset* that was given before now may be held; *ttl* is what is seen now.

        One that was larger counts until it has run out. What nobody watched may have been as large as *assumed*.
        """
        known = self.memory.facts.get((LARGEST_TTL, rrset))
        if known is None or not self.continues:
            known = Fact(LARGEST_TTL, rrset, self.now, max(assumed, known.ttl if known else 0))
        since = known.since if known.since is not None else self.now
        is_over = ttl >= known.ttl or self.now >= since + known.ttl
        fact = Fact(LARGEST_TTL, rrset, None, ttl) if is_over else Fact(LARGEST_TTL, rrset, since, known.ttl)
        self.current[fact.key] = fact
        return fact.ttl

    def keep(self, kind: str, subject: str, ttl: int) -> Fact:
        """Remembers what does not end when it stops being seen, such as whose a key is."""
        known = self.memory.facts.get((kind, subject))
        fact = Fact(kind, subject, known.since if known and known.since is not None else self.now, max(ttl, known.ttl if known else 0))
        self.current[fact.key] = fact
        return fact

    def known(self, kind: str) -> list[Fact]:
        """What the journal knew of one kind."""
        return [fact for fact in self.memory.facts.values() if fact.kind == kind]

    def has_known(self, kind: str, subject: str) -> bool:
        """Whether the journal knew of it, true or not."""
        return (kind, subject) in self.memory.facts

    def has_aged(self, fact: Fact, extra: int = 0) -> bool:
        """Whether it has been true for its TTL and *extra* seconds."""
        until = due(fact, extra)
        return until is not None and until <= self.now


def due(fact: Fact, extra: int = 0) -> float | None:
    """When *fact* will have been true for its TTL and *extra* seconds; None while it is not true."""
    return None if fact.since is None else fact.since + fact.ttl + extra
