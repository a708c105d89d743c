# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sharing much work among the processors of this machine: reading and validating DNS answers is bound by one.

It knows nothing of DNS. Standard library only.
"""
from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.connection import Connection
from typing import Any, Callable, List, Sequence, TypeVar

from .errors import MultisignerError

Item = TypeVar('Item')
Result = TypeVar('Result')

WORTH_A_PROCESS = 100  # items; a process costs some hundredths of a second


def in_shares(items: Sequence[Item], work: Callable[[Sequence[Item]], Result]) -> List[Result]:
    """*work* done on shares of *items*, each in a process of its own where that pays; one result a share, which must be picklable.

    Raises the MultisignerError of a share, and one when a process ends without a result.
    """
    count = min(len(os.sched_getaffinity(0)), len(items) // WORTH_A_PROCESS) if sys.platform == 'linux' else 1
    if count <= 1:
        return [work(items)]
    context = multiprocessing.get_context('fork')  # a module's code cannot be imported again, as other ways would have to
    running = []
    for number in range(count):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_run, args=(theirs, ours, work, items[number::count]), daemon=True)
        process.start()
        theirs.close()  # so that the end of the process is the end of the pipe
        running.append((process, ours))
    outcomes = [_receive(ours) for _process, ours in running]
    for process, _ours in running:
        process.join()
    results: List[Result] = []
    for outcome in outcomes:
        if isinstance(outcome, MultisignerError):
            raise outcome
        results.append(outcome)
    return results


def _run(theirs: Connection, ours: Connection, work: Callable[[Any], Any], share: Any) -> None:
    ours.close()
    try:
        outcome = work(share)
    except MultisignerError as error:
        outcome = error
    theirs.send(outcome)
    theirs.close()


def _receive(ours: Connection) -> Any:
    try:
        return ours.recv()
    except EOFError:
        return MultisignerError(
            'a process that shared the work ended without a result',
            remedy='See whether this machine ran out of memory; if it did not, run with -vvv and report what it says',
        )
