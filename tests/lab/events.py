# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signers begin rollovers by themselves, and nobody types anything: ansible-rulebook, with the collection's own rulebook, sees the new key and
runs the pass that gives it to the others. tests/lab/events has the lab made and runs this in it.

BIND is to sign with its new key SAFETY seconds later than the cached DNSKEY RRsets of its own servers end (publish-safety: an hour by default),
which is the time in which the other signer has to have the key. The prober judges whatever a resolver may hold meanwhile.
"""
from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator

import yaml
from multisigner_lab import settings

from . import cross_matrix
from . import lifecycle as life
from .lifecycle import LAB, TTL, StoryError, keys, probed, until

ZONE = "zsk.example"
SAFETY = 60  # seconds, in the place of the hour of BIND's default
LOOK = 0.5  # seconds between two looks of the event source: of the lab's TTL what a minute is of ten
ROLLOVERS = 2
KEYS = 3  # BIND's two and the one of deSEC
DESEC = (settings.DESEC_1, settings.DESEC_2)


def inventory(folder: Path, publish_safety: int) -> Path:
    """The lab's inventory with one zone, as a folder, which ansible-rulebook wants."""
    told = yaml.safe_load(LAB.inventory.read_text(encoding="utf-8"))
    told["all"]["vars"]["multisigner_zones"] = [{"name": ZONE, "parent": life.ZONES[ZONE].parent, "signers": ["ns1", "desec"]}]
    host = told["all"]["children"]["signers"]["hosts"]["ns1"]
    host["bind_signer_policy_options"]["publish-safety"] = publish_safety
    folder.mkdir(exist_ok=True)
    (folder / "hosts.yml").write_text(yaml.safe_dump(told), encoding="utf-8")
    return folder


def become_complete(hosts: Path) -> None:
    command = ["ansible-playbook", "-i", str(hosts), "-e", "multisigner_wait=240", str(life.PLAYBOOKS / "multisigner.yml")]
    ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if ran.returncode != 0 or f"{ZONE}: complete" not in ran.stdout:
        raise StoryError(f"the group did not come to be:\n{ran.stdout[-3000:]}{ran.stderr[-2000:]}")


class Rulebook:
    """ansible-rulebook, as an operator starts it; *said*: all that it printed."""

    def __init__(self, folder: Path, hosts: Path) -> None:
        self._log = folder / "rulebook.log"
        variables = folder / "variables.yml"
        variables.write_text(yaml.safe_dump({
            "multisigner_inventory": str(hosts), "multisigner_events_shortest": LOOK, "multisigner_events_longest": LOOK,
        }), encoding="utf-8")
        programs = os.environ["EVENTS_BIN"]
        command = [f"{programs}/ansible-rulebook", "--rulebook", "dnssec.multisigner.dnskey_changes", "-i", str(hosts), "--vars", str(variables)]
        with self._log.open("w", encoding="utf-8") as output:
            self._process = subprocess.Popen(
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
            )

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, words: str, times: int = 1) -> None:
        give_up = time.monotonic() + 90
        while self.said.count(words) < times:
            if self._process.poll() is not None or time.monotonic() > give_up:
                raise StoryError(f"ansible-rulebook (status {self._process.returncode}) did not say '{words}' {times} times:\n{self.said[-3000:]}")
            time.sleep(0.1)

    def end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def following(folder: Path, hosts: Path) -> Iterator[Rulebook]:
    rulebook = Rulebook(folder, hosts)
    try:
        yield rulebook
    finally:
        rulebook.end()


def when(what: str, is_so: Callable[[], bool]) -> float:
    until(what, is_so)
    return time.time()


def roll(folder: Path) -> float:
    """Seconds from BIND's new ZSK, which it makes by itself, to the last server of deSEC that has it."""
    old, = life.signing_tags(settings.NS1, ZONE, "SOA")
    before = set(keys(settings.NS1, ZONE))
    with probed(folder, ZONE) as told:
        life.rndc("ns1", "dnssec", "-rollover", "-key", str(old), ZONE)
        began = when("BIND publishes a new key", lambda: bool(set(keys(settings.NS1, ZONE)) - before))
        new = next(iter(set(keys(settings.NS1, ZONE)) - before))
        first = when("a server of deSEC has it", lambda: any(new in keys(address, ZONE) for address in DESEC))
        last = when("every server of deSEC has it", lambda: all(new in keys(address, ZONE) for address in DESEC))
        signs = when("BIND signs with it", lambda: new in life.signing_tags(settings.NS1, ZONE, "SOA"))
        time.sleep(2 * TTL)
    print(f"ns1 (BIND) made ZSK {new}: deSEC had it after {first - began:.1f} to {last - began:.1f} s; BIND signed with it after {signs - began:.1f} s; "
          f"{told.number('checks')} checks, {told.number('bogus')} bogus", flush=True)
    for fault in told.faults[:10]:
        print(f"  BOGUS {life.shown(fault, told.began)}")
    if told.number("bogus") or not told.number("checks") or signs - last < TTL:
        raise StoryError("deSEC did not have the key in time")
    return last - began


def main() -> int:
    folder = LAB.directory / "events"
    folder.mkdir()
    hosts = folder / "inventory"
    # BIND is done with its first keys by the lab's own short times; SAFETY is for those that follow
    for publish_safety in (0, 0, SAFETY):
        become_complete(inventory(hosts, publish_safety))
        time.sleep(TTL)
    until("BIND is done with its first keys", lambda: life.is_settled(ZONE))
    print(f"{ZONE} is complete; every TTL is {TTL} s, publish-safety of BIND {SAFETY} s; the event source looks every {LOOK} s", flush=True)
    try:
        with following(folder, hosts) as rulebook:
            rulebook.wait_for("zones that are watched: 1")
            seconds = []
            for _rollover in range(ROLLOVERS):
                seconds.append(roll(folder))
                # what waits for a TTL to end is the work of the passes by the clock, of which this is one
                become_complete(hosts)
                until("the old key is gone everywhere", lambda: len(keys(settings.NS1, ZONE)) == len(keys(settings.DESEC_1, ZONE)) == KEYS)
                until("BIND is done with it", lambda: life.is_settled(ZONE))
            said = rulebook.said
    finally:
        if "-v" in sys.argv:
            print((folder / "rulebook.log").read_text(encoding="utf-8"))
    passes = said.count("PLAY RECAP")
    told = ", ".join(f"{one:.1f} s" for one in seconds)
    print(f"events: {len(seconds)} rollovers of a signer, nothing typed; from the signer's new key to all peers holding it {told}; {passes} passes ran")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (StoryError, cross_matrix.NoAnswerError) as error:
        sys.exit(f"FAILED: {error}")
