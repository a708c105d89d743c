# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the requests that reach the API, per token and domain. Never changes an answer and never keeps a token's value."""

from __future__ import annotations

import threading

from .model import Token

WRITES = frozenset(("POST", "PUT", "PATCH", "DELETE"))


class Counters:
    """Reads and writes since the last reset."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[tuple[str | None, str | None, str | None], list[int]] = {}

    def count(self, token: Token | None, domain: str | None, method: str) -> None:
        key = (token.account.email, token.name, domain) if token else (None, None, domain)
        with self._lock:
            self._counts.setdefault(key, [0, 0])[method in WRITES] += 1

    def reset(self) -> None:
        with self._lock:
            self._counts.clear()

    def report(self) -> dict[str, object]:
        with self._lock:
            counts = {key: tuple(value) for key, value in self._counts.items()}
        return {
            "reads": sum(count[0] for count in counts.values()),
            "writes": sum(count[1] for count in counts.values()),
            "requests": [
                {"account": account, "token": token, "domain": domain, "reads": reads, "writes": writes}
                for (account, token, domain), (reads, writes) in sorted(counts.items(), key=lambda item: [part or "" for part in item[0]])
            ],
        }
