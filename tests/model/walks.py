# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long random stories of larger groups, in which everything happens to everybody. Hypothesis makes them, and shortens one that fails.

A story is a list of numbers: each chooses one of the moves that are possible then, or none. At its end everything must come to rest.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Sequence, Set

from hypothesis import HealthCheck, Phase, find, seed, settings
from hypothesis.errors import NoSuchExample
from hypothesis.strategies import integers, lists

from .moves import Model, Move
from .search import Result, Search, Violation
from .words import in_words
from .world import State

SHORTEST, LONGEST = 60, 160  # moves
MANY = 1 << 16  # more than any state has moves


@dataclass
class Walker:
    """Walks one model. *seen*: the states that it has come through."""

    model: Model
    start: State
    seen: Set[int]
    mended: int = 0

    def walk(self, numbers: Sequence[int]) -> Optional[Violation]:
        """What goes wrong in the story of *numbers*; None when nothing does."""
        state = self.start
        moves: List[Move] = []
        for number in numbers:
            steps = [step for step in self.model.steps(state) if step.violation or step.state != state]
            chosen = number % (len(steps) + 1)
            if not chosen:
                continue
            step = steps[chosen - 1]
            moves.append(step.move)
            if step.violation:
                return self._told(step.violation, moves)
            state = step.state
            self.seen.add(hash(state))
        self.mended += 1
        failure = Search(self.model, state, 0, 1, True).mend(state)
        return None if failure is None else self._told(failure[0], moves + failure[1])

    def _told(self, violation: str, moves: Sequence[Move]) -> Violation:
        return Violation(violation, tuple(in_words(self.model, move) for move in moves))


def walks(model: Model, start: State, stories: int, number: int) -> Result:
    """*stories* random stories, the same ones for the same *number*. One that fails is made as short as can be."""
    walker = Walker(model, start, {hash(start)})

    @seed(number)
    def shortest() -> List[int]:
        return find(
            lists(integers(0, MANY), min_size=SHORTEST, max_size=LONGEST), lambda numbers: walker.walk(numbers) is not None,
            settings=settings(
                max_examples=stories, database=None, deadline=None, phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck),
            ),
        )

    try:
        violation = walker.walk(shortest())
    except NoSuchExample:
        violation = None
    return Result(len(walker.seen), walker.mended, False, () if violation is None else (violation,))
