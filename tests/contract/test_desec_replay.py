# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in answers as deSEC's API was recorded to answer: every exchange, in order, or a listed reason why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest
from desec_standin.view import Settings
from replay import Replay, Verdict, load
from standin import NAME_SERVERS, Clock, MemorySigner, StandIn
from unrecorded import ACCOUNTS, COLLISIONS, KSK, steps

KNOWN = Path(__file__).with_name("known_differences.json")
RECORDED_AT = 1795330454.0  # 2026-11-22 06:54:14 UTC, so that serials and cursors have the recorded form
SETTINGS = Settings(NAME_SERVERS, local_public_suffixes=("dedyn.io",))


def replay_in_memory(exchanges: list[dict[str, Any]]) -> list[Verdict]:
    clock = Clock(RECORDED_AT)
    signer = MemorySigner(today=clock)
    return Replay(StandIn(signer, clock, ACCOUNTS, SETTINGS), clock, signer.served, steps()).run(exchanges, COLLISIONS)


def test_every_recorded_exchange_is_answered_alike_or_its_difference_is_listed() -> None:
    known = {int(n): reason for n, reason in json.loads(KNOWN.read_text(encoding="utf-8")).items()}
    verdicts = replay_in_memory(load())
    different = {verdict.n: verdict for verdict in verdicts if verdict.differences}
    print(f"{len(verdicts) - len(different)} of {len(verdicts)} recorded exchanges agree; {len(different)} differ, {len(known)} are listed")
    unlisted = [f"{n} ({different[n].case}): {'; '.join(different[n].differences)}" for n in different if n not in known]
    assert not unlisted, "not as recorded, and not listed:\n" + "\n".join(unlisted)
    agreeing = sorted(set(known) - set(different))
    assert not agreeing, f"listed in {KNOWN.name}, but as recorded now; take them off the list: {agreeing}"


def _status(exchange: dict[str, Any]) -> None:
    exchange["response"]["status"] = 299


def _allow(exchange: dict[str, Any]) -> None:
    exchange["response"]["headers"]["Allow"] = "GET"


def _body(exchange: dict[str, Any]) -> None:
    exchange["response"]["body"] = {"detail": "something else"}


def _content_type(exchange: dict[str, Any]) -> None:
    exchange["response"]["headers"]["Content-Type"] = "text/html"


@pytest.mark.parametrize("change", [_status, _allow, _body, _content_type])
def test_every_exchange_would_be_noticed_if_it_differed(change: Callable[[dict[str, Any]], None]) -> None:
    exchanges = [exchange for exchange in load() if "request" in exchange]
    for exchange in exchanges:
        change(exchange)
    unnoticed = [verdict.n for verdict in replay_in_memory(exchanges) if not verdict.differences]
    assert unnoticed == []


# A detail of one exchange each: its number, where it is, and what it would be instead.
DETAILS: list[tuple[int, tuple[Any, ...], str]] = [
    (9, ("response", "body", "published"), "2026-11-22T06:56:11.115944Z"),  # null after a domain was made
    (62, ("response", "body", "touched"), "2026-11-22T06:56:11.115944Z"),  # not as old as the domain itself
    (66, ("response", "body", "records", 0), KSK),  # another key in place of one of five
    (96, ("response", "body", "keys", 1, "ds", 0), "1038 13 2 00"),  # the DS of a user's key
    (227, ("answer", 0), "multi.example. 3600 IN CDS 0 0 0 00"),  # a record
    (237, ("answer", 0), f"multi.example. 86400 IN DNSKEY {KSK}"),  # a TTL
    (263, ("response", "body", 2), "... shortened by recorder: 5 items in all"),  # so many tokens there were not
    (272, ("response", "body", "detail"), "Conflict: duplicate key"),
    (307, ("response", "headers", "Link"), '<http://127.0.0.1:18081/api/v1/domains/pages.example/rrsets/?cursor=>; rel="first"'),
    (343, ("response", "headers", "Retry-After"), "50"),
    (394, ("response", "body"), "; Zonefile for multi.example exported from desec.io at 2026-11-22 07:04:48.430044+00:00\n"),
]


def test_every_detail_would_be_noticed_if_it_differed() -> None:
    exchanges = load()
    for n, path, value in DETAILS:
        place: Any = next(exchange for exchange in exchanges if exchange["n"] == n)
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
    assert [verdict.n for verdict in replay_in_memory(exchanges) if verdict.differences] == [detail[0] for detail in DETAILS]
