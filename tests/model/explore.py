# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""explore [--states N] [--signers N] [--stories N] [--seed N] [--first] [--list] [SCENARIO ...]

Drives the plan of this tree through every scenario of scenarios.py, breadth first: everything that time, servers, signers and the
adversary can do, in any order. Checks the invariants in every state and, from a sample of the states, that everything comes to its
end when nobody disturbs it any more. Then long random stories of larger groups (walks.py). But first the draft's own plan, whose
gaps must be found: an explorer that finds nothing there proves nothing. Prints a line for each scenario, and for each kind of
violation a shortest way to it.
Exit status: 0; 1 when a violation was found, or one of the draft's was not. The last line: "N states, N violations, N seconds".
"""
from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from typing import Dict, List, Sequence, Set

from .real import RealController
from .scenarios import DRAFT, STANDARD, STORIES, Scenario, model_of
from .search import Result, Search
from .walks import walks

STATES = 1_500_000  # of all scenarios that are searched, together
TALES = 300  # stories of each scenario that is walked through
MENDS = 10  # from one state in so many the way to the end is tried
DRAFT_STATES = 10_000


@dataclass(frozen=True)
class Work:
    """How much is done in one scenario: states that are looked at, or random stories."""

    scenario: Scenario
    states: int = 0
    stories: int = 0
    seed: int = 0
    only_first: bool = False


def explore(work: Work) -> Result:
    model, start = model_of(work.scenario, RealController)
    if work.stories:
        return walks(model, start, work.stories, work.seed)
    return Search(model, start, work.states, MENDS, work.only_first).run()


def explore_all(scenarios: Sequence[Scenario], options: argparse.Namespace) -> List[Result]:
    """All of them, each with an even share of the states that are left when its turn comes. Prints each result."""
    results: List[Result] = []
    searched = 0
    todo = list(scenarios)
    running: Dict[Future[Result], Scenario] = {}
    processes = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(processes) as pool:
        while todo or running:
            while todo and len(running) < processes:
                scenario = todo.pop(0)
                left = 1 + sum(one not in STORIES for one in (*todo, *running.values()))
                work = Work(scenario, (options.states - searched) // left, options.stories if scenario in STORIES else 0, options.seed, options.first)
                if work.states or work.stories:
                    running[pool.submit(explore, work)] = scenario
            done: Set[Future[Result]] = wait(running, return_when=FIRST_COMPLETED).done
            for future in done:
                scenario, result = running.pop(future), future.result()
                results.append(result)
                searched += 0 if scenario in STORIES else result.states
                tell(scenario, result)
                if options.first and result.violations:
                    todo.clear()
    return results


def tell(scenario: Scenario, result: Result) -> None:
    seen = 'some' if scenario in STORIES else 'all' if result.is_whole else 'the nearest'
    print(f'{scenario.name:22} {seen} {result.states} states, {result.mended} ways to the end, {len(result.violations)} kinds of violations: {scenario.about}')
    for violation in result.violations:
        print(f'  VIOLATION  {violation.what}')
        for number, move in enumerate(violation.trace, 1):
            print(f'  {number:3}. {move}')
    sys.stdout.flush()


def shows_its_gap(scenario: Scenario) -> bool:
    """The draft's plan must be found out: the explorer can fail."""
    result = explore(Work(scenario, DRAFT_STATES, only_first=True))
    found = next((violation for violation in result.violations if violation.what.startswith('invariants 1 and 2')), None)
    print(f'{scenario.name:22} {"as expected, " + scenario.draft if found else "NOT FOUND: " + scenario.draft}')
    if found:
        print(f'  {found.what}')
        for number, move in enumerate(found.trace, 1):
            print(f'  {number:3}. {move}')
    return found is not None


def main() -> int:
    parser = argparse.ArgumentParser(usage=(__doc__ or '').split('\n', 1)[0], description='Explores what plans lead to.')
    parser.add_argument('--states', type=int, default=STATES, metavar='N', help=f'come to no more than so many states ({STATES})')
    parser.add_argument('--signers', type=int, default=9, metavar='N', help='only scenarios with at most so many signers')
    parser.add_argument('--stories', type=int, default=TALES, metavar='N', help=f'how many random stories each larger group gets ({TALES})')
    parser.add_argument('--seed', type=int, default=1, metavar='N', help='which random stories')
    parser.add_argument('--first', action='store_true', help='stop at the first scenario that shows a violation')
    parser.add_argument('--list', action='store_true', help='name the scenarios')
    parser.add_argument('names', nargs='*', metavar='SCENARIO')
    options = parser.parse_args()
    known = {scenario.name: scenario for scenario in (*DRAFT, *STANDARD, *STORIES)}
    for name in options.names:
        if name not in known:
            parser.error(f'no scenario is called {name}; --list names them')
    chosen = [scenario for scenario in known.values() if scenario.name in (options.names or known) and len(scenario.settings.signers) <= options.signers]
    if options.list:
        for scenario in chosen:
            print(f'{scenario.name:22} {scenario.about}')
        return 0
    began = time.monotonic()
    missed = sum(not shows_its_gap(scenario) for scenario in chosen if scenario.draft)
    results = explore_all([scenario for scenario in chosen if not scenario.draft], options)
    violations = sum(len(result.violations) for result in results) + missed
    print(f'{sum(result.states for result in results)} states, {violations} violations, {time.monotonic() - began:.0f} seconds')
    return 1 if violations else 0


if __name__ == '__main__':
    sys.exit(main())
