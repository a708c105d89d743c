# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""noop_pass.py RESULT   inside a lab: completes its zones, then measures the pass that finds nothing to do; writes RESULT (JSON).

seconds, cpu, bare: of the quickest of RUNS, which was disturbed least; memory: MiB at the worst moment, of ansible-playbook and
all its children together, pages that they share counted once (PSS); questions: how many DNS questions the pass has to ask.
Ends with an error when that pass changes anything. It measures; it never judges how long something took.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.asyncquery
import dns.flags
import dns.message
import yaml

RUNS = 3
PASSES = 8  # more than enough to exchange the keys, wait, publish the DS and see it
AT_ONCE = 64
EVERY = 0.2  # seconds between two looks at the memory
PLAYBOOKS = Path(__file__).resolve().parents[2] / "playbooks"

Question = tuple[str, str, str]  # server, zone, type


@dataclass(frozen=True)
class Pass:
    """One run of the playbook."""

    seconds: float
    cpu: float
    memory: float
    output: str

    @property
    def tasks(self) -> int:
        return len(re.findall(r"^TASK \[", self.output, re.MULTILINE))

    @property
    def changed(self) -> int:
        return sum(int(number) for number in re.findall(r"\bchanged=(\d+)", self.output))


def process_tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [pid] + [below for child in children for below in process_tree(int(child))]


def _pss(pid: int) -> int:
    """KiB; 0 for a process that has ended since."""
    try:
        found = re.search(r"^Pss: +(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


def run_pass(playbook: str = "multisigner.yml", *options: str) -> Pass:
    """Ends the program with what the playbook said when that fails."""
    command = ["ansible-playbook", "-i", os.environ["LAB_INVENTORY"], "-e", f"@{os.environ['LAB_MIXED_ALLOWED']}", *options, str(PLAYBOOKS / playbook)]
    before, began = os.times(), time.monotonic()
    peak = 0
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        lines: list[str] = []
        assert process.stdout is not None
        reader = threading.Thread(target=lines.extend, args=(process.stdout,))
        reader.start()
        while process.poll() is None:
            peak = max(peak, sum(_pss(pid) for pid in process_tree(process.pid)))
            time.sleep(EVERY)
        reader.join()
    seconds, after = time.monotonic() - began, os.times()
    output = "".join(lines)
    if process.returncode:
        sys.exit(f"{output}\n{playbook} failed with exit status {process.returncode}.")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Pass(seconds, cpu, peak / 1024, output)


def complete() -> None:
    """Runs the pass until it changes nothing and waits for nothing."""
    for number in range(1, PASSES + 1):
        done = run_pass()
        print(f"  pass {number}: {done.seconds:.1f} s, {done.changed} tasks changed something", flush=True)
        if not done.changed and "waiting until" not in done.output:
            return
        time.sleep(int(os.environ["LAB_TTL"]) + 1)
    sys.exit(f"{done.output}\nAfter {PASSES} passes the zones are still not complete.")


def questions() -> list[Question]:
    """What has to be asked to know that all is well: every server of every signer and of the parent, about every zone."""
    inventory: dict[str, Any] = yaml.safe_load(Path(os.environ["LAB_INVENTORY"]).read_text(encoding="utf-8"))["all"]
    groups = {name: group["hosts"] for name, group in inventory["children"].items()}
    asked: list[Question] = []
    for zone in inventory["vars"]["multisigner_zones"]:
        for party, types in [
            *((groups["signers"][name], ("DNSKEY", "CDS", "CDNSKEY", "NS", "SOA")) for name in zone["signers"]),
            (groups["parents"][zone["parent"]], ("DS", "NS")),
        ]:
            asked += [(server, zone["name"], rtype) for server in party["multisigner_servers"] for rtype in types]
    addresses = {server: socket.gethostbyname(server) for server in {question[0] for question in asked}}
    return [(addresses[server], zone, rtype) for server, zone, rtype in asked]


async def ask_all(asked: list[Question]) -> float:
    """Seconds for *asked* in this process, AT_ONCE at a time, with nothing done about the answers."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(question: Question) -> None:
        server, zone, rtype = question
        query = dns.message.make_query(zone, rtype, want_dnssec=True, payload=1232)
        query.flags &= ~dns.flags.RD
        async with turn:
            await dns.asyncquery.udp_with_fallback(query, server, timeout=10)

    began = time.monotonic()
    await asyncio.gather(*(one(question) for question in asked))
    return time.monotonic() - began


def write(result: str, runs: list[Pass], asked: list[Question]) -> None:
    """To the file *result*, what *runs* cost, and what *asked*, which is all that such a run has to ask, costs by itself."""
    quickest = min(runs, key=lambda run: run.seconds)
    measured = {
        "tasks": quickest.tasks,
        "seconds": quickest.seconds,
        "cpu": quickest.cpu,
        "memory": max(run.memory for run in runs),
        "questions": len(asked),
        "bare": min(asyncio.run(ask_all(asked)) for _number in range(RUNS)),
    }
    Path(result).write_text(json.dumps(measured), encoding="utf-8")


def main() -> None:
    asked = questions()
    print(f"\n== {len({question[1] for question in asked})} zones", flush=True)
    complete()
    runs = [run_pass() for _number in range(RUNS)]
    if any(run.changed for run in runs):
        sys.exit(f"{runs[-1].output}\nA pass over complete zones changed something.")
    write(sys.argv[1], runs, asked)


if __name__ == "__main__":
    main()
