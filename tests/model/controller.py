# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What drives a model: a controller looks at the world with its memory, and decides. The memory, kept as ages.

A journal holds absolute times; a state of the model must not, or no two would be equal. So a fact is kept with the units of time
that have passed since it became true, up to a cap beyond which no wait asks.
"""
from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Protocol, Tuple

from .world import Content, Declaration, ParentServer, Write


class Look(NamedTuple):
    """What a run sees: of each declared signer the content of each of its servers, None for one that did not answer (the empty
    tuple for a signer that is not declared); the keys that each signer says to be retiring, those that it has
    made, and those of whose DS it waits to be told; each parent server."""

    declared: Declaration
    signers: Tuple[Tuple[Optional[Content], ...], ...]
    retiring: Tuple[int, ...]
    announced: Tuple[int, ...]
    awaiting: Tuple[int, ...]
    parents: Tuple[Optional[ParentServer], ...]

    @property
    def whole(self) -> bool:
        """Whether every server answered."""
        return None not in self.parents and not any(None in servers for servers in self.signers)


class Decision(NamedTuple):
    """What a run wants to do. *memory*: the number of what the journal then holds. *verdict*: complete, waiting, changing or blocked.

    *published*, *withdrawn*: the keys whose DS every resolver can have, and none can have any more.
    """

    writes: Tuple[Write, ...]
    memory: int
    verdict: str
    published: int = 0
    withdrawn: int = 0


class Controller(Protocol):
    """Decides what a run does. Pure: the same look, memory and hold give the same decision.

    *hold*: the units of time for which another run's removals may still be applied, at least 1; None when there is no such run.
    """

    memories: Memories

    def decide(self, look: Look, memory: int, hold: Optional[int]) -> Decision: ...

    def explain(self, look: Look, memory: int, hold: Optional[int]) -> str:
        """In words, what it waits for and what blocks it."""


class Fact(NamedTuple):
    """*age*: units of time since it became true; None while it is not."""

    kind: str
    subject: str
    age: Optional[int]
    ttl: int


class Memory(NamedTuple):
    """*seen*: units of time since the world was last looked at; None for never; FUTURE when the journal says that it will be."""

    seen: Optional[int]
    facts: Tuple[Fact, ...]


FUTURE = -7
NEVER = Memory(None, ())


class Memories:
    """Gives each memory a number, and knows how memories age. *cap*: no wait is longer; *gap*: an older memory counts for nothing."""

    def __init__(self, cap: int, gap: int) -> None:
        self._cap = cap
        self.gap = gap
        self._numbers: Dict[Memory, int] = {}
        self._all: List[Memory] = []
        self._older: Dict[int, int] = {}
        self.empty = self.number(NEVER)

    def number(self, memory: Memory) -> int:
        capped = Memory(
            memory.seen if memory.seen is None else min(memory.seen, self.gap + 1),
            tuple(fact if fact.age is None or fact.age <= self._cap else fact._replace(age=self._cap) for fact in memory.facts),
        )
        found = self._numbers.get(capped)
        if found is None:
            found = self._numbers[capped] = len(self._all)
            self._all.append(capped)
        return found

    def __getitem__(self, number: int) -> Memory:
        return self._all[number]

    def older(self, number: int) -> int:
        """The same memory one unit of time later."""
        found = self._older.get(number)
        if found is None:
            found = self._older[number] = self.number(_shifted(self._all[number], 1))
        return found

    def outdated(self, number: int) -> int:
        """The same memory when it is taken for older than the gap: restored from a backup, or read after the clock leapt."""
        return self.number(_shifted(self._all[number], self.gap + 1))

    def of_tomorrow(self, number: int) -> int:
        """The same memory when the clock has been set back: everything in it is yet to come."""
        memory = self._all[number]
        facts = tuple(fact if fact.age is None else fact._replace(age=FUTURE) for fact in memory.facts)
        return self.number(Memory(memory.seen if memory.seen is None else FUTURE, facts))


def _shifted(memory: Memory, units: int) -> Memory:
    """A time in the future stays there: the clock that was set back is not put right."""
    facts = tuple(fact if fact.age is None or fact.age == FUTURE else fact._replace(age=fact.age + units) for fact in memory.facts)
    return Memory(memory.seen if memory.seen is None or memory.seen == FUTURE else memory.seen + units, facts)
