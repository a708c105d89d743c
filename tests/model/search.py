# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches a model: breadth first, so that the first violation found has a shortest trace, and along fair ways to the end.

A state counts once. States beyond the limit are not looked at, and the result says so.
"""
from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Deque, Dict, List, Optional, Set, Tuple

from .moves import RUN, Model, Move, Step
from .words import in_words
from .world import State

LONGEST_MEND = 120  # units of time in which everything that a scenario can begin must have ended
TOLD = 60  # moves that are told of a way that does not end


@dataclass(frozen=True)
class Violation:
    """What went wrong first, of its kind, and the moves that led there, in words."""

    what: str
    trace: Tuple[str, ...]

    @property
    def kind(self) -> str:
        return self.what.split(':', 1)[0]


@dataclass(frozen=True)
class Result:
    """What a search found: the first violation of each kind. *mended*: states from which the fair way to the end was gone.
    *is_whole*: every reachable state was seen."""

    states: int
    mended: int
    is_whole: bool
    violations: Tuple[Violation, ...]


class Search:
    """One breadth-first search. *limit*: how many states it may come to; *every*: from which of them the way to the end is tried;
    *only_first*: it stops at a violation."""

    def __init__(self, model: Model, start: State, limit: int, every: int, only_first: bool) -> None:
        self._model = model
        self._start = start
        self._limit = limit
        self._every = every
        self._only_first = only_first
        self._came: Dict[int, Optional[Tuple[int, Move]]] = {hash(start): None}
        self._ends_well: Set[int] = set()
        self._violations: Dict[str, Violation] = {}

    def run(self) -> Result:
        """After a violation it does not go on from the state that it led to."""
        todo: Deque[State] = deque([self._start])
        looked_at = mended = 0
        while todo and len(self._came) < self._limit and not (self._only_first and self._violations):
            state = todo.popleft()
            looked_at += 1
            if looked_at % self._every == 0:
                mended += 1
                failure = self.mend(state)
                if failure is not None:
                    self._found(state, *failure)
            here = hash(state)
            for step in self._model.steps(state):
                if step.violation:
                    self._found(state, step.violation, [step.move])
                    continue
                known = hash(step.state)
                if known not in self._came:
                    self._came[known] = (here, step.move)
                    todo.append(step.state)
        return Result(len(self._came), mended, not todo, tuple(self._violations.values()))

    def _found(self, state: State, violation: str, moves: List[Move]) -> None:
        if Violation(violation, ()).kind in self._violations:
            return
        before: List[Move] = []
        came = self._came[hash(state)]
        while came is not None:
            before.append(came[1])
            came = self._came[came[0]]
        trace = tuple(in_words(self._model, move) for move in (*reversed(before), *moves))
        found = Violation(violation, trace)
        self._violations[found.kind] = found

    def mend(self, state: State) -> Optional[Tuple[str, List[Move]]]:
        """None when everything comes to its end if nobody disturbs it any more; else what is wrong, and the way there.

        Every server gets the zone, signers go on, each run's writes are done, time passes: until a run has nothing to do.
        """
        moves: List[Move] = []
        passed: List[int] = []
        for _unit in range(LONGEST_MEND):
            ended, state, violation = self._settle(state, moves)
            if violation:
                return violation, moves
            if ended:
                self._ends_well.update(passed)
                return None
            if hash(state) in self._ends_well:
                self._ends_well.update(passed)
                return None
            passed.append(hash(state))
            step = self._model.tick(state)
            moves.append(step.move)
            state = step.state
        return f'convergence: it does not come to an end in {LONGEST_MEND} units of time: {self._model.explain(state)}', moves[:TOLD]

    def _settle(self, state: State, moves: List[Move]) -> Tuple[bool, State, str]:
        """Everything that can be done without time passing. Whether nothing is left to do at all, the state, and a violation."""
        for _round in range(20):
            step = self._next(state)
            while step is not None:
                moves.append(step.move)
                state = step.state
                if step.violation:
                    return False, state, step.violation
                step = self._next(state)
            step = self._model.run(state, RUN, None)
            if step.state != state or step.violation:
                moves.append(step.move)
            if step.violation:
                return False, step.state, step.violation
            state = step.state
            if not state.runs:
                return self._model.is_done(state), state, ''
        return False, state, 'convergence: it goes on writing without an end while no time passes'

    def _next(self, state: State) -> Optional[Step]:
        """The next thing that a server, a signer or a run under way does."""
        model = self._model
        for step in model.transfers(state):
            return step
        if state.runs:
            return model.write(state, 0, 0)
        for step in model.progress(state):
            return step
        for step in (*model.copies(state, agreed=True), *model.scans(state)):
            return step
        for step in model.follow(state):
            return step
        return None
