# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often an account may ask: sliding windows per account and scope, as deSEC has them. Never sleeps.

A request counts when its scope lets it pass, whatever is answered later: an answer of 400 has cost one, one of 429 has not.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from dataclasses import dataclass

from .errors import ApiError, detail

DAY = 86400


@dataclass(frozen=True)
class Rate:
    """So many requests in so many seconds."""

    requests: int
    seconds: int


RATES: dict[str, tuple[Rate, ...]] = {
    "reads": (Rate(10, 1), Rate(50, 60)),
    "rrset writes": (Rate(2, 1), Rate(15, 60), Rate(100, 3600), Rate(300, DAY)),
    "domain writes": (Rate(10, 1), Rate(300, 60), Rate(1000, 3600)),
}


@dataclass(frozen=True)
class Scope:
    """Which limits a request counts against. `bucket`: the domain, where each has limits of its own."""

    name: str
    bucket: str | None = None


READS = Scope("reads")
DOMAIN_WRITES = Scope("domain writes")


def rrset_writes(domain: str) -> Scope:
    return Scope("rrset writes", domain)


def throttled(wait: float | None) -> ApiError:
    """429. `wait`: seconds, or None when the server cannot say, which it then says by sending no Retry-After."""
    if wait is None:
        return detail(429, "Request was throttled.")
    seconds = math.ceil(wait)
    unit = "second" if seconds == 1 else "seconds"
    return detail(429, f"Request was throttled. Expected available in {seconds} {unit}.", {"Retry-After": str(seconds)})


class Throttle:
    """The history of each account's requests. `scale` multiplies every limit; disabled, everything passes uncounted."""

    def __init__(self, enabled: bool = True, scale: float = 1.0) -> None:
        self.enabled = enabled
        self.scale = scale
        self._lock = threading.Lock()
        self._history: dict[tuple[str, Scope | None, int], deque[float]] = {}

    def admit(self, account: str, daily_limit: int, scope: Scope | None, now: float) -> None:
        """Counts the request, or raises the 429. `now` in seconds."""
        if not self.enabled:
            return
        with self._lock:
            refusals = [
                self._count(account, limited, rates, now)
                for limited, rates in ((scope, RATES[scope.name] if scope else ()), (None, (Rate(daily_limit, DAY),)))
            ]
        waits = [wait for refused, wait in refusals if refused]
        if waits:
            raise throttled(max((wait for wait in waits if wait is not None), default=None))

    def _count(self, account: str, scope: Scope | None, rates: tuple[Rate, ...], now: float) -> tuple[bool, float | None]:
        """Whether a scope refuses the request, and for how many seconds it will (None: it cannot say)."""
        windows = []
        for rate in rates:
            history = self._history.setdefault((account, scope, rate.seconds), deque())
            while history and history[0] <= now - rate.seconds:
                history.popleft()
            limit = max(1, int(rate.requests * self.scale))
            if len(history) >= limit:
                available = limit - len(history) + 1
                return True, (rate.seconds - (now - history[0])) / available if available > 0 else None
            windows.append(history)
        for history in windows:
            history.append(now)
        return False, None
