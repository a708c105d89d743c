# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every pair of kinds of signers, and all of them together, on real servers, by the playbook that users run.

    tests/lab/pairs [--ttl SECONDS] [ZONE ...]

Each zone begins with its first signer alone. The others join; every server's answers are validated under every other server's keys; a run
after that changes nothing; then the first one leaves, so that each signer has joined, stayed and gone somewhere. All zones do it in the same runs.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Sequence

from multisigner_lab import settings

from . import cross_matrix
from .lifecycle import HERE, Pass, StoryError, check_group

LAB = settings.Lab(Path(os.environ["LAB_DIR"]), int(os.environ["LAB_TTL"]), pairs=True)
_WORDS = {signer: word for word, signer in settings.KINDS.items()}


def group_of(zone: settings.SharedZone) -> tuple[str, ...]:
    """All signers that are to sign it in the end."""
    if zone.name == "all.example":
        return tuple(settings.KINDS.values())
    return tuple(settings.KINDS[word] for word in zone.name.split(".")[0].split("-"))


def declared(zone: settings.SharedZone, signers: Sequence[str], leaving: Sequence[str] = ()) -> dict[str, object]:
    return {"name": zone.name, "parent": zone.parent, "signers": list(signers), "leaving": list(leaving)}


def shown(signers: Sequence[str]) -> str:
    return " + ".join(_WORDS[signer] for signer in signers)


class Pairs:
    """The zones' way. What goes wrong is told at once and counted."""

    def __init__(self, run: Pass, zones: Sequence[settings.SharedZone]) -> None:
        self._run = run
        self._zones = zones
        self.complaints = 0
        self.validated = 0

    def go(self) -> None:
        self._step("alone", lambda zone: ((group_of(zone)[0],), ()))
        self._step("joined", lambda zone: (group_of(zone), ()))
        for zone in self._zones:
            self._cross_matrix(zone)
        self._changes_nothing()
        self._step("left by the first", lambda zone: (group_of(zone)[1:], group_of(zone)[:1]))

    def _step(self, name: str, signers_of: Callable[[settings.SharedZone], tuple[tuple[str, ...], tuple[str, ...]]]) -> None:
        began = time.monotonic()
        self._run.run(*(declared(zone, *signers_of(zone)) for zone in self._zones))
        print(f"{name}: complete after {time.monotonic() - began:.0f} s", flush=True)
        for zone in self._zones:
            signers, _leaving = signers_of(zone)
            try:
                check_group(zone.name, signers)
            except (StoryError, cross_matrix.NoAnswerError) as error:
                self._complain(f"{zone.name}: {error}")
            else:
                print(f"  {zone.name}: {shown(signers)}")

    def _cross_matrix(self, zone: settings.SharedZone) -> None:
        signers = ",".join(f"{signer}={address}" for signer in group_of(zone) for address in settings.ADDRESSES[signer])
        command = [str(HERE / "cross_matrix"), zone.name, "--signers", signers]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self._complain(f"{zone.name}: the cross matrix: {done.stdout}{done.stderr}")
            return
        valid = [int(number) for number in re.findall(r"(\d+) valid", done.stdout)]
        print(f"  {zone.name}: {len(valid)} pairs of servers, {sum(valid)} signatures valid, AD at every resolver", flush=True)
        self.validated += sum(valid)

    def _changes_nothing(self) -> None:
        log = self._run.run(*(declared(zone, group_of(zone)) for zone in self._zones))
        recap = log.read_text(encoding="utf-8").partition("PLAY RECAP")[2]
        changed = [line for line in recap.splitlines() if re.search(r"changed=[1-9]", line)]
        if changed or "changed=0" not in recap:
            self._complain(f"a run that had nothing to do changed something: {' '.join(changed)}")
        else:
            print(f"a further run: changed=0 on {recap.count('changed=0')} hosts")

    def _complain(self, what: str) -> None:
        self.complaints += 1
        print(f"  COMPLAINT: {what}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="pairs", description="Every pair of kinds of signers, and all of them together.")
    known = {zone.name: zone for zone in LAB.zones}
    parser.add_argument("zones", nargs="*", metavar="ZONE", help=f"{', '.join(known)}; all of them by default")
    wanted = parser.parse_args().zones or list(known)
    for name in wanted:
        if name not in known:
            parser.error(f"there is no zone {name}; the zones: {', '.join(known)}")
    folder = LAB.directory / "pairs"
    folder.mkdir()
    pairs = Pairs(Pass(folder), [known[name] for name in wanted])
    try:
        pairs.go()
    except (StoryError, cross_matrix.NoAnswerError) as error:
        sys.stderr.write(f"pairs: {error}\n")
        return 1
    print(f"pairs: {len(wanted)} zones, {pairs.validated} signatures validated, {pairs.complaints} complaints")
    return 1 if pairs.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
