# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""explore [--states N] [--signers N] [--first] [--list] [SCENARIO ...]

Drives the plan of this tree through every scenario of scenarios.py, breadth first: everything that time, servers, signers and the
adversary can do, in any order. Checks the invariants in every state and, from a sample of the states, that everything comes to its
end when nobody disturbs it any more. First the draft's own plan, whose gaps must be found: an explorer that finds nothing there
proves nothing. Prints a line for each scenario, and for each kind of violation a shortest way to it.
Exit status: 0; 1 when a violation was found, or one of the draft's was not. The last line: "N states, N violations, N seconds".
"""
from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import Dict, List, Sequence, Set

from .real import RealController
from .scenarios import DRAFT, STANDARD, Scenario, model_of
from .search import Result, Search

STATES = 1_500_000  # of all scenarios together
MENDS = 10  # from one state in so many the way to the end is tried
DRAFT_STATES = 1_000


def explore(scenario: Scenario, limit: int, only_first: bool) -> Result:
    model, start = model_of(scenario, RealController)
    return Search(model, start, limit, MENDS, only_first).run()


def explore_all(scenarios: Sequence[Scenario], states: int, processes: int, only_first: bool) -> List[Result]:
    """All of them, each with an even share of the states that are left when its turn comes. Prints each result.

    *only_first*: begins no other scenario when one has shown a violation.
    """
    results: List[Result] = []
    todo = list(scenarios)
    running: Dict[Future[Result], Scenario] = {}
    with ProcessPoolExecutor(processes) as pool:
        while todo or running:
            while todo and len(running) < processes:
                share = (states - sum(result.states for result in results)) // (len(todo) + len(running))
                scenario = todo.pop(0)
                running[pool.submit(explore, scenario, share, only_first)] = scenario
            done: Set[Future[Result]] = wait(running, return_when=FIRST_COMPLETED).done
            for future in done:
                results.append(future.result())
                tell(running.pop(future), results[-1])
                if only_first and results[-1].violations:
                    todo.clear()
    return results


def tell(scenario: Scenario, result: Result) -> None:
    seen = 'all' if result.is_whole else 'the nearest'
    print(f'{scenario.name:18} {seen} {result.states} states, {result.mended} ways to the end, {len(result.violations)} kinds of violations: {scenario.about}')
    for violation in result.violations:
        print(f'  VIOLATION  {violation.what}')
        for number, move in enumerate(violation.trace, 1):
            print(f'  {number:3}. {move}')
    sys.stdout.flush()


def shows_its_gap(scenario: Scenario) -> bool:
    """The draft's plan must be found out: the explorer can fail."""
    result = explore(scenario, DRAFT_STATES, only_first=True)
    found = next((violation for violation in result.violations if violation.what.startswith('invariants 1 and 2')), None)
    print(f'{scenario.name:18} {"as expected, " + scenario.draft if found else "NOT FOUND: " + scenario.draft}')
    if found:
        print(f'  {found.what}')
        for number, move in enumerate(found.trace, 1):
            print(f'  {number:3}. {move}')
    return found is not None


def main() -> int:
    parser = argparse.ArgumentParser(usage='explore [--states N] [--signers N] [--first] [--list] [SCENARIO ...]', description='Explores what plans lead to.')
    parser.add_argument('--states', type=int, default=STATES, metavar='N', help=f'look at no more than so many states ({STATES})')
    parser.add_argument('--signers', type=int, default=9, metavar='N', help='only scenarios with at most so many signers')
    parser.add_argument('--first', action='store_true', help='stop at the first scenario that shows a violation')
    parser.add_argument('--list', action='store_true', help='name the scenarios')
    parser.add_argument('names', nargs='*', metavar='SCENARIO')
    options = parser.parse_args()
    known = {scenario.name: scenario for scenario in (*DRAFT, *STANDARD)}
    for name in options.names:
        if name not in known:
            parser.error(f'no scenario is called {name}; --list names them')
    chosen = [scenario for scenario in known.values() if scenario.name in (options.names or known) and len(scenario.settings.signers) <= options.signers]
    if options.list:
        for scenario in chosen:
            print(f'{scenario.name:18} {scenario.about}')
        return 0
    began = time.monotonic()
    missed = sum(not shows_its_gap(scenario) for scenario in chosen if scenario.draft)
    results = explore_all([scenario for scenario in chosen if not scenario.draft], options.states, len(os.sched_getaffinity(0)), options.first)
    violations = sum(len(result.violations) for result in results) + missed
    print(f'{sum(result.states for result in results)} states, {violations} violations, {time.monotonic() - began:.0f} seconds')
    return 1 if violations else 0


if __name__ == '__main__':
    sys.exit(main())
