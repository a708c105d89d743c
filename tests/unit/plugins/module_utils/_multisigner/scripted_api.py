# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider's API as a script: the requests that are expected, in their order, each with its answer.

A request that is not the next one of the script fails the test, and so does one of the script that was never made. The
clock stands still but for what is slept. Nothing leaves the process: the script takes the place of the transport.
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Iterator, Mapping, Sequence

import pytest
import requests
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import json_api
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.transport import answered, mount

URL = 'https://api.test/v1'
TOKEN = 'i-T3uY-secret-of-the-test_9x'
JSON = 'application/json'


@dataclass(frozen=True)
class Call:
    """One expected request and its answer: a status with a body (JSON unless *content_type* says otherwise), or a failure."""

    method: str
    path: str  # below URL, with its query
    status: int = 200
    answer: Any = None
    sends: Any = None  # the JSON body that is expected
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON
    failure: Exception | None = None

    def response_to(self, request: requests.PreparedRequest) -> requests.Response:
        content = json.dumps(self.answer).encode() if self.content_type == JSON and not isinstance(self.answer, bytes) else self.answer
        return answered(request, self.status, {'Content-Type': self.content_type, **self.headers}, content or b'')


class Script(requests.adapters.BaseAdapter):
    """The transport of every session made while the fixture is in use."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []
        self.seen: list[requests.PreparedRequest] = []
        self.options: list[Mapping[str, Any]] = []

    def expect(self, *calls: Call) -> None:
        self.calls.extend(calls)

    def send(
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, verify: bool | str = True, cert: Any = None, proxies: Any = None
    ) -> requests.Response:
        self.seen.append(request)
        self.options.append({'timeout': timeout, 'verify': verify, 'proxies': proxies})
        assert self.calls, f'not in the script: {request.method} {request.url}'
        call = self.calls.pop(0)
        assert (request.method, request.url) == (call.method, URL + call.path)
        sent = None if request.body is None else json.loads(request.body)
        assert sent == call.sends
        if call.failure is not None:
            raise call.failure
        return call.response_to(request)

    def close(self) -> None:
        return


class Clock:
    """In the place of the module ``time``: sleeping only moves the hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def install(monkeypatch: pytest.MonkeyPatch) -> tuple[Script, Clock]:
    script, clock = Script(), Clock()
    mount(monkeypatch, script)
    monkeypatch.setattr(json_api, 'time', clock)
    return script, clock


def finished(script: Script) -> None:
    assert not script.calls, f'never requested: {[f"{call.method} {call.path}" for call in script.calls]}'


def throttled(method: str, path: str, seconds: int | None, sends: Any = None) -> Call:
    """429 as deSEC answers it, with or without Retry-After."""
    if seconds is None:
        return Call(method, path, 429, {'detail': 'Request was throttled.'}, sends)
    return Call(method, path, 429, {'detail': f'Request was throttled. Expected available in {seconds} seconds.'}, sends, {'Retry-After': str(seconds)})


def each(calls: Sequence[Call], times: int) -> Iterator[Call]:
    for _unused in range(times):
        yield from calls
