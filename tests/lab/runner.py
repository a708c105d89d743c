# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pass as AWX runs it: by ansible-runner, on controllers that keep nothing, two shares of the zones at once.

    tests/lab/runner     see there

A job is transmitted from one empty folder, worked on in another one and processed in a third; all of them are thrown away (ansible-runner
transmit | worker | process, which is what AWX does through receptor). The journal is on a host of the inventory. Told are the steps with
their seconds. What must hold:

    1. Two jobs, one for each share, at once, from nothing. One worker is killed, with all that it started, as soon as a signer shows the first of
       its changes. The other one ends well all the same.
    2. Both again, at once, with the verifier behind the pass: nothing is locked, both stay until their zones are complete, and the artifacts
       have the plan, the DS set and no findings.
    3. Without --short, both once more, at once, until BIND has been told of its DS, and then nothing is changed any more.

The prober looks at one zone of the killed share from then on. What is looked at in the end is not by
the collection alone: that zone's cross matrix, and the DS sets, which BIND's tools make as well.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Any, Callable, Iterator, Mapping

import yaml
from multisigner_lab import settings

from ...plugins.module_utils._multisigner.shard import choose
from .lifecycle import HERE, PATIENCE, TTL, StoryError, keys, kill, records, until

SHARES = 2
JOURNAL_HOST = "ns1"
_COLOUR = re.compile("\x1b\\[[0-9;]*m")
PROBED = "shop.example"  # the prober asks for names that the small zones do not have
RESULT = "probed.json"
OWN_KEYS = 2  # of BIND
RUNNER = (sys.executable, "-m", "ansible_runner")
PLAYBOOK = """\
- name: Pass
  ansible.builtin.import_playbook: dnssec.multisigner.multisigner
"""
VERIFY = """
- name: Verify
  ansible.builtin.import_playbook: dnssec.multisigner.verify
"""


@dataclass
class Outcome:
    """What the processed job says: the last status, the recap's numbers of changes by host, the artifacts (set_stats), and all that was printed."""

    status: str = ""
    changed: dict[str, int] = field(default_factory=dict)
    artifacts: dict[str, Any] = field(default_factory=dict)
    printed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """The end of what was printed, and before that whatever changed something, with its task."""
        changes: list[str] = []
        for line in self.printed:
            if line.startswith("TASK"):
                task = line
            elif line.startswith("changed:"):
                changes += [task, line]
        return f"status {self.status}\n" + "\n".join([*changes, "...", *self.printed[-60:]])


class Job:
    """One job in three folders of its own. The worker runs until `outcome` or `kill`."""

    def __init__(self, folder: Path, inventory: Mapping[str, Any], variables: Mapping[str, Any], playbook: str) -> None:
        folder.mkdir()
        self._folder = folder
        sender = folder / "sender"
        for path, text in {
            "project/job.yml": "---\n" + playbook, "inventory/hosts.json": json.dumps(inventory), "env/extravars": json.dumps(variables),
        }.items():
            (sender / path).parent.mkdir(parents=True, exist_ok=True)
            (sender / path).write_text(text, encoding="utf-8")
        with (folder / "transmitted").open("wb") as stream:
            subprocess.run([*RUNNER, "transmit", str(sender), "-p", "job.yml"], stdout=stream, check=True)
        rmtree(sender)
        self.began = time.monotonic()
        with (folder / "transmitted").open("rb") as stream, (folder / "worked").open("wb") as worked:
            command = [*RUNNER, "worker", "--private-data-dir", str(folder / "worker"), "--delete"]
            self._worker = subprocess.Popen(command, stdin=stream, stdout=worked, stderr=subprocess.STDOUT)

    def is_running(self) -> bool:
        return self._worker.poll() is None

    def kill(self) -> None:
        kill(self._worker)
        rmtree(self._folder)

    def outcome(self) -> Outcome:
        """Of the job that has come to its end."""
        self._worker.wait()
        receiver = self._folder / "receiver"
        with (self._folder / "worked").open("rb") as stream:
            subprocess.run([*RUNNER, "process", str(receiver)], stdin=stream, stdout=subprocess.DEVNULL, check=False)
        found = Outcome()
        for path in receiver.glob("artifacts/**/status"):
            found.status = path.read_text(encoding="utf-8")
        for event in _events(receiver):
            found.printed += _COLOUR.sub("", event["stdout"]).splitlines()
            if event["event"] == "playbook_on_stats":
                found.changed = event["event_data"]["changed"]
                found.artifacts = event["event_data"].get("artifact_data", {})
        rmtree(self._folder)
        return found


def _events(receiver: Path) -> Iterator[dict[str, Any]]:
    paths = receiver.glob("artifacts/**/job_events/*-*.json")
    for path in sorted(paths, key=lambda path: int(path.name.split("-")[0])):
        yield json.loads(path.read_text(encoding="utf-8"))


class Story:
    """The zones' way through the jobs. *journal*: where it is on its host."""

    def __init__(self, folder: Path, inventory: Mapping[str, Any], journal: Path) -> None:
        self._folder = folder
        self._inventory = inventory
        self._journal = journal
        self._jobs = 0
        self.prober: subprocess.Popen[str] | None = None
        self.zones: list[dict[str, Any]] = inventory["all"]["vars"]["multisigner_zones"]
        self.shares = [[zone["name"] for zone in choose(self.zones, f"{number}/{SHARES}")] for number in range(1, SHARES + 1)]

    def start(self, number: int, playbook: str = PLAYBOOK, **variables: Any) -> Job:
        self._jobs += 1
        return Job(self._folder / f"job{self._jobs}", self._inventory, {"multisigner_shard": f"{number}/{SHARES}", **variables}, playbook)

    def one_is_killed(self) -> None:
        """The lease of what a killed run may be removing is short here, as it is with a small multisigner_max_wait."""
        jobs = {number: self.start(number, multisigner_max_wait=TTL) for number in range(1, SHARES + 1)}
        number = next(number for number, zones in enumerate(self.shares, 1) if PROBED in zones)
        killed, zones = jobs.pop(number), self.shares[number - 1]
        _until(killed, lambda: any(len(keys(settings.NS1, zone)) > OWN_KEYS for zone in zones))
        killed.kill()
        others = "at work" if any(job.is_running() for job in jobs.values()) else "at its end"
        print(f"share {number}/{SHARES} killed after {time.monotonic() - killed.began:.1f} s, with the other one still {others}", flush=True)
        for other, job in jobs.items():
            self._expect(other, job, "successful")
        self._is_free()
        until("BIND has a CDS of its own", lambda: all(records(settings.NS1, PROBED, kind) for kind in ("CDS", "CDNSKEY")))
        time.sleep(TTL)  # until no resolver holds that there is none
        self.prober = _probe(self._folder / RESULT)

    def both_to_the_end(self) -> None:
        for number, found in self._all(PLAYBOOK + VERIFY, multisigner_wait=PATIENCE * TTL + 120):
            result, verified = found.artifacts["multisigner_result"], found.artifacts["verify_result"]
            zones = self.shares[number - 1]
            if (result["complete"], sorted(result["ds_sets"]), result["failures"]) != (len(zones), sorted(zones), []):
                raise StoryError(f"share {number}/{SHARES} did not come to its end: {result} {found}")
            if verified["worst"] != "information" or verified["errors"] or len(verified["summary"]) < len(zones):
                raise StoryError(f"the verifier in share {number}/{SHARES}: {verified}")
        self._is_free()

    def both_find_nothing(self) -> None:
        """In the first of two runs BIND may hear of the DS, when no cache can lack them."""
        for _unused in self._all(PLAYBOOK):
            pass
        for number, found in self._all(PLAYBOOK):
            if any(found.changed.values()):
                raise StoryError(f"share {number}/{SHARES} changed something: {found}")

    def _all(self, playbook: str, **variables: Any) -> Iterator[tuple[int, Outcome]]:
        jobs = [self.start(number, playbook, **variables) for number in range(1, SHARES + 1)]
        for number, job in enumerate(jobs, 1):
            yield number, self._expect(number, job, "successful")

    def _expect(self, number: int, job: Job, status: str) -> Outcome:
        found = job.outcome()
        if found.status != status:
            raise StoryError(f"share {number}/{SHARES} was to be {status}: {found}")
        report = ", ".join(found.artifacts["multisigner_result"]["report"][:2])
        print(f"share {number}/{SHARES} ended after {time.monotonic() - job.began:.1f} s: {report}", flush=True)
        return found

    def _is_free(self) -> None:
        """The journal is whole, and nobody holds it."""
        connection = sqlite3.connect(self._journal, timeout=0, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        ((whole,),) = connection.execute("PRAGMA integrity_check").fetchall()
        connection.close()
        if whole != "ok":
            raise StoryError(f"the journal is damaged: {whole}")


def _until(job: Job, is_so: Callable[[], bool]) -> None:
    """Looks often, while the job runs. Raises StoryError when it ends before."""
    while not is_so():
        if not job.is_running():
            raise StoryError(f"the job that was to be killed ended before: {job.outcome()}")
        time.sleep(0.02)


def read_inventory(path: Path, journal: Path) -> dict[str, Any]:
    """The lab's, with the zones of ns1 and deSEC and the hosts that these need, and with the journal on one of them."""
    with path.open(encoding="utf-8") as file:
        inventory: dict[str, Any] = yaml.safe_load(file)
    variables = inventory["all"]["vars"]
    variables["multisigner_zones"] = [zone for zone in variables["multisigner_zones"] if "ns1" in zone["signers"]]
    children = inventory["all"]["children"]
    del children["signers"]["hosts"]["ns2"], children["parents"]["hosts"]["registry_form"]
    variables.update(multisigner_journal_host=JOURNAL_HOST, multisigner_journal=str(journal))
    return inventory


def _probe(result: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", f"{__package__}.prober", PROBED, str(result)]
    prober = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if prober.stdout is None or not prober.stdout.readline():
        raise StoryError("the prober did not start")
    return prober


def judge(prober: subprocess.Popen[str] | None, result: Path) -> str:
    time.sleep(2 * TTL)
    if prober is None or prober.poll() is not None:
        raise StoryError("the prober has ended")
    prober.send_signal(signal.SIGTERM)
    prober.wait()
    found = json.loads(result.read_text(encoding="utf-8"))
    # The zone gets its first DS meanwhile. For a TTL from its own last question on a resolver may still hold that there is none, and answer without AD;
    # what is bogus it answers with SERVFAIL. That there is AD in the end the cross matrix sees.
    bogus = [fault for fault in found["faults"] if fault["reason"] != "answered without AD"]
    told = f"{found['chains'] + found['pairs'] + found['resolved']} checks, {len(bogus)} bogus"
    if bogus or not found["pairs"]:
        raise StoryError(f"the prober: {told} {bogus[:3]}")
    return told


def main() -> int:
    parser = argparse.ArgumentParser(prog="runner", description="Two shares of the zones at once by ansible-runner, one of them killed.")
    parser.add_argument("--short", action="store_true", help="without the runs that find nothing to do")
    is_short = parser.parse_args().short
    folder = Path(os.environ["LAB_DIR"]) / "runner"
    folder.mkdir()
    journal = folder / "of-ns1" / "journal.sqlite"
    story = Story(folder, read_inventory(Path(os.environ["LAB_INVENTORY"]), journal), journal)
    print("; ".join(f"share {number}/{SHARES}: {', '.join(names)}" for number, names in enumerate(story.shares, 1)))
    if not all(story.shares):
        raise SystemExit("runner: a share is empty: more zones are needed")
    began = time.monotonic()
    try:
        for step in (story.one_is_killed, story.both_to_the_end, *([] if is_short else [story.both_find_nothing])):
            step_began = time.monotonic()
            step()
            print(f"{step.__name__}: {time.monotonic() - step_began:.0f} s", flush=True)
        told = judge(story.prober, folder / RESULT)
        names = [str(zone["name"]) for zone in story.zones]
        for command in (["cross_matrix", PROBED], ["ds_set", *names]):
            done = subprocess.run([str(HERE / command[0]), *command[1:]], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise StoryError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        left = sorted(path.name for path in folder.iterdir())
        if left != ["of-ns1", RESULT]:
            raise StoryError(f"a job left something: {left}")
    except StoryError as error:
        sys.stderr.write(f"runner: {error}\n")
        return 1
    finally:
        if story.prober is not None:
            story.prober.kill()
    print(f"runner: {len(names)} zones in {SHARES} shares, complete after one was killed; {told}; {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
