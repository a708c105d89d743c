# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own door to the stand-in: counts, faults, settings. Not a part of deSEC's API, and not reachable through it."""

from __future__ import annotations

import json
from typing import Any, Callable, Mapping

from .faults import parse_fault
from .view import Service


class Control:
    """Answers the requests that the package's documentation lists."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._handlers: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], object]] = {
            ("GET", "/requests"): lambda _: service.counters.report(),
            ("DELETE", "/requests"): lambda _: service.counters.reset(),
            ("GET", "/faults"): lambda _: service.faults.describe(),
            ("POST", "/faults"): lambda data: service.faults.arm(parse_fault(data)),
            ("DELETE", "/faults"): lambda _: service.faults.clear(),
            ("GET", "/settings"): lambda _: self._settings(),
            ("PATCH", "/settings"): self._change_settings,
            ("POST", "/publication"): lambda _: {"sent": service.publisher.flush()},
        }

    def handle(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        """Status and JSON body; None is no body."""
        handler = self._handlers.get((method, path))
        if handler is None:
            known = ", ".join(f"{known_method} {known_path}" for known_method, known_path in self._handlers)
            return 404, {"error": f"there is no {method} {path} here, but: {known}"}
        try:
            data = json.loads(body) if body else {}
            if not isinstance(data, dict):
                raise ValueError("a JSON object is expected")
            answer = handler(data)
        except ValueError as error:
            return 400, {"error": str(error)}
        return (204, None) if answer is None else (200, answer)

    def _settings(self) -> dict[str, object]:
        throttle, publisher = self._service.throttle, self._service.publisher
        return {
            "publication_delay": publisher.delay,
            "throttle": {"enabled": throttle.enabled, "scale": throttle.scale},
            "pending": publisher.pending(),
        }

    def _change_settings(self, data: Mapping[str, Any]) -> dict[str, object]:
        throttle = data.get("throttle", {})
        unknown = {*(set(data) - {"publication_delay", "throttle"}), *(set(throttle) - {"enabled", "scale"})}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        if "publication_delay" in data:
            self._service.publisher.delay = float(data["publication_delay"])
        self._service.throttle.enabled = bool(throttle.get("enabled", self._service.throttle.enabled))
        self._service.throttle.scale = float(throttle.get("scale", self._service.throttle.scale))
        return self._settings()
