# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives the signer what was committed: at once, or after the publication delay. Never changes the order within a zone."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Sequence

from .backend import Backend, BackendError, Change

RETRY_SECONDS = 1.0


@dataclass
class _Waiting:
    due: float  # time.monotonic()
    changes: Sequence[Change]


class Publisher:
    """`delay`: seconds between the API's answer and the signer; the server's distribution to the world."""

    def __init__(self, backend: Backend, delay: float = 0.0) -> None:
        self.delay = delay
        self._backend = backend
        self._queues: dict[str, deque[_Waiting]] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def publish(self, zone: str, changes: Sequence[Change], extra_delay: float = 0.0) -> None:
        """Raises BackendError only when it publishes at once. The caller holds the zone's lock."""
        delay = self.delay + extra_delay
        with self._changed:
            queue = self._queues.get(zone)
            if delay or queue:
                self._queues.setdefault(zone, deque()).append(_Waiting(time.monotonic() + delay, changes))
                self._start()
                self._changed.notify_all()
                return
        self._backend.write(zone, changes)

    def forget(self, zone: str) -> None:
        """The zone is gone: what was waiting for it is void."""
        with self._changed:
            self._queues.pop(zone, None)

    def pending(self) -> int:
        with self._changed:
            return sum(len(queue) for queue in self._queues.values())

    def flush(self) -> int:
        """Publishes everything that waits, and returns how many changes that were."""
        with self._changed:
            waiting = self.pending()
            for queue in self._queues.values():
                for entry in queue:
                    entry.due = 0.0
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._queues)
        return waiting

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="publisher", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            zone, entry = self._next()
            failed = False
            try:
                self._backend.write(zone, entry.changes)
            except BackendError as error:
                print(f"desec_standin: not published yet, trying again: {error}", file=sys.stderr, flush=True)
                failed = True
            with self._changed:
                queue = self._queues.get(zone)
                if queue and queue[0] is entry:  # else the zone was deleted meanwhile
                    if failed:
                        entry.due = time.monotonic() + RETRY_SECONDS
                    else:
                        queue.popleft()
                    if not queue:
                        del self._queues[zone]
                self._changed.notify_all()

    def _next(self) -> tuple[str, _Waiting]:
        """Waits for the change that is due first. It stays in its queue until it is published."""
        with self._changed:
            while True:
                heads = [(queue[0].due, zone, queue[0]) for zone, queue in self._queues.items()]
                if not heads:
                    self._changed.wait()
                    continue
                due, zone, entry = min(heads, key=lambda head: head[0])
                left = due - time.monotonic()
                if left <= 0:
                    return zone, entry
                self._changed.wait(left)
