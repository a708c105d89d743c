# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that a test arms through the control interface. Each is one that the real service shows; none is on by itself."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any, Mapping

KINDS = ("throttled", "signer_down", "public_server_down", "lost_update", "slow", "hang_up", "publication_delay", "collide")
_NEED_SECONDS = ("slow", "publication_delay")
# Nobody waits for a partner that never comes.
MEETING_SECONDS = 30.0


class Meeting:
    """Requests that collide: they go on when all are there, one after the other as they came, and leave together."""

    def __init__(self, parties: int) -> None:
        self._parties = parties
        self._changed = threading.Condition()
        self._arrived = 0
        self._done = 0

    def enter(self) -> None:
        with self._changed:
            mine = self._arrived
            self._arrived += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._arrived >= self._parties and self._done >= mine, MEETING_SECONDS)

    def leave(self) -> None:
        with self._changed:
            self._done += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._done >= self._parties, MEETING_SECONDS)


@dataclass
class Fault:
    """One armed fault. `times`: how many requests it still hits; None: every one until it is cleared."""

    kind: str
    times: int | None = 1
    domain: str | None = None
    methods: tuple[str, ...] | None = None
    seconds: float = 0.0
    retry_after: int | None = None
    meeting: Meeting | None = field(default=None, repr=False)

    def hits(self, domain: str | None, method: str) -> bool:
        return self.domain in (None, domain) and (self.methods is None or method in self.methods)

    def describe(self) -> dict[str, object]:
        return {
            "kind": self.kind, "times": self.times, "domain": self.domain, "methods": list(self.methods) if self.methods else None,
            "seconds": self.seconds, "retry_after": self.retry_after,
        }  # fmt: skip


def parse_fault(data: Mapping[str, Any]) -> Fault:
    """The fault that a control request describes; ValueError says what is wrong with it."""
    unknown = set(data) - {"kind", "times", "domain", "methods", "seconds", "retry_after"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    kind, times, methods = data.get("kind"), data.get("times", 1), data.get("methods")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    if times is not None and (not isinstance(times, int) or times < 1):
        raise ValueError("times must be a number from 1, or null")
    if kind == "collide" and (times is None or times < 2):
        raise ValueError("collide needs times: how many requests meet, at least 2")
    if kind in _NEED_SECONDS and not isinstance(data.get("seconds"), (int, float)):
        raise ValueError(f"{kind} needs seconds")
    return Fault(
        kind,
        times,
        data.get("domain"),
        tuple(methods) if methods is not None else None,
        float(data.get("seconds") or 0),
        data.get("retry_after"),
        Meeting(times or 0) if kind == "collide" else None,
    )


class Faults:
    """The armed faults, the oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[Fault] = []

    def arm(self, fault: Fault) -> None:
        with self._lock:
            self._armed.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def describe(self) -> list[dict[str, object]]:
        with self._lock:
            return [fault.describe() for fault in self._armed]

    def take(self, kind: str, domain: str | None, method: str) -> Fault | None:
        """The oldest armed fault of this kind that hits this request; it has then hit once more."""
        with self._lock:
            for fault in self._armed:
                if fault.kind == kind and fault.hits(domain, method):
                    if fault.times is not None:
                        fault.times -= 1
                        if not fault.times:
                            self._armed.remove(fault)
                    return fault
        return None
