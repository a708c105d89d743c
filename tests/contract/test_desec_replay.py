# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in answers as deSEC's API was recorded to answer: every exchange, in order, or a listed reason why not."""

from __future__ import annotations

import json
from pathlib import Path

from desec_standin.view import Settings
from replay import Replay, Verdict, load
from standin import NAME_SERVERS, Clock, MemorySigner, StandIn
from unrecorded import ACCOUNTS, COLLISIONS, steps

KNOWN = Path(__file__).with_name("known_differences.json")
RECORDED_AT = 1795330454.0  # 2026-11-22 06:54:14 UTC, so that serials and cursors have the recorded form
SETTINGS = Settings(NAME_SERVERS, local_public_suffixes=("dedyn.io",))


def replay_in_memory() -> list[Verdict]:
    clock = Clock(RECORDED_AT)
    signer = MemorySigner(today=clock)
    return Replay(StandIn(signer, clock, ACCOUNTS, SETTINGS), clock, signer.served, steps()).run(load(), COLLISIONS)


def test_every_recorded_exchange_is_answered_alike_or_its_difference_is_listed() -> None:
    known = {int(n): reason for n, reason in json.loads(KNOWN.read_text(encoding="utf-8")).items()}
    verdicts = replay_in_memory()
    different = {verdict.n: verdict for verdict in verdicts if verdict.differences}
    print(f"{len(verdicts) - len(different)} of {len(verdicts)} recorded exchanges agree; {len(different)} differ, {len(known)} are listed")
    unlisted = [f"{n} ({different[n].case}): {'; '.join(different[n].differences)}" for n in different if n not in known]
    assert not unlisted, "not as recorded, and not listed:\n" + "\n".join(unlisted)
    agreeing = sorted(set(known) - set(different))
    assert not agreeing, f"listed in {KNOWN.name}, but as recorded now; take them off the list: {agreeing}"
