# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command tests/lab/referees: the verifier beside other tools on the sabotage lab's zones, as a table.

A tool found a fault when it complains of something that it does not complain of on the correct groups too; a complaint about a
zone without a fault is a false alarm. What the verifier is for, and the others are not, is not held against them: the table
says who sees what.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

from multisigner_lab.daemons import LabError

from . import compare, correct, pairs, serve, tools, verifier
from .__main__ import chosen
from .build import Built
from .zone import INFORMATION, Zone

OURS = "dnssec_verify"
FOUND, NOISE, SILENT, FALSE_ALARM, WELL = "found", "noise", "-", "FALSE", ""
MEANING = {
    FOUND: "complains, and not as it does on correct zones",
    NOISE: "complains only as it does on correct zones too",
    SILENT: "says nothing of the fault",
    FALSE_ALARM: "complains of a correct zone",
    WELL: "rightly silent",
}


@dataclass(frozen=True)
class Column:
    """One tool: for each zone its verdict and its codes. *seconds* is how long it took."""

    tool: str
    verdicts: Mapping[str, str]
    complaints: tools.Complaints
    seconds: float


def has_fault(zone: Zone) -> bool:
    return zone.expected is not None and zone.expected.severity != INFORMATION


def verdicts(zones: Sequence[Zone], complaints: tools.Complaints) -> dict[str, str]:
    """What the codes of one tool amount to. Codes that it gives on correct groups of settled keys tell nothing elsewhere."""
    settled = {zone.name for zone in zones if zone.expected is None and zone.label in _SETTLED}
    noise = frozenset(code for name, codes in complaints.items() if name in settled for code in codes)
    found = {}
    for zone in zones:
        codes = complaints.get(zone.name, frozenset())
        if has_fault(zone):
            found[zone.name] = FOUND if codes - noise else NOISE if codes else SILENT
        else:
            found[zone.name] = FALSE_ALARM if codes else WELL
    return found


# Neither a join nor a leave nor a rollover is under way in them.
_SETTLED = frozenset(zone.label for zone in correct.GROUPS)


def ours(zones: Sequence[Zone], run: verifier.Run) -> Column:
    found = {}
    for zone in zones:
        judged = compare.judge(zone, run.zones.get(zone.name, verifier.Verified(error="nothing returned")))
        if has_fault(zone):
            found[zone.name] = FOUND if judged.detected else SILENT
        else:
            found[zone.name] = FALSE_ALARM if judged.unexpected or judged.error else WELL
    codes = {
        name: frozenset(f"{one.number} {one.code}" for one in verified.findings if compare.is_above(one.severity, INFORMATION))
        for name, verified in run.zones.items()
    }
    return Column(OURS, found, codes, run.seconds)


def ask_all(built: Sequence[Built], folder: Path) -> tuple[list[Column], list[str]]:
    """Every installed tool's column, and the names of the others."""
    zones = [one.zone for one in built]
    columns, missing = [], []
    for name, (_program, look) in tools.TOOLS.items():
        if not tools.is_installed(name):
            missing.append(name)
            continue
        began = time.monotonic()
        complaints = look(built, folder)
        columns.append(Column(name, verdicts(zones, complaints), complaints, time.monotonic() - began))
        print(f"  {name}: {columns[-1].seconds:.0f} s", flush=True)
    return columns, missing


def table(zones: Sequence[Zone], columns: Sequence[Column]) -> list[list[str]]:
    """Rows of cells: a heading, each zone, and the counts."""
    faulty = [zone for zone in zones if has_fault(zone)]
    well = [zone for zone in zones if not has_fault(zone)]
    rows = [["zone", "fault", *(column.tool for column in columns)]]
    rows += [[zone.label, zone.story if has_fault(zone) else "none", *(column.verdicts[zone.name] for column in columns)] for zone in (*faulty, *well)]
    rows.append(["", f"found, of {len(faulty)}", *(str(sum(column.verdicts[zone.name] == FOUND for zone in faulty)) for column in columns)])
    rows.append(["", f"false alarms, of {len(well)}", *(str(sum(column.verdicts[zone.name] == FALSE_ALARM for zone in well)) for column in columns)])
    rows.append(["", "seconds", *(f"{column.seconds:.0f}" for column in columns)])
    return rows


def as_text(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def as_markdown(rows: Sequence[Sequence[str]], columns: Sequence[Column], zones: Sequence[Zone]) -> list[str]:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    meanings = [f"- {word or '(empty)'}: {meaning}" for word, meaning in MEANING.items()]
    said = ["", "What each tool said:", ""]
    for column in columns:
        said += [f"- {column.tool}, {zone.label}: {', '.join(sorted(column.complaints[zone.name]))}" for zone in zones if column.complaints.get(zone.name)]
    return [*lines, "", *meanings, *said]


def pairs_told(built: Sequence[Built], run: verifier.Run | None, folder: Path) -> tuple[list[str], int]:
    """Lines about the worst mixes, and how many pairs the matrix and a validator judge differently."""
    lines, wrong = [], 0
    for kind in ("unbound", "pdns-recursor"):
        mixes = pairs.validate(kind, built, folder)
        bogus, compared, disagreements = pairs.compare(kind, mixes, built, run.zones if run else {})
        if run is None:
            lines.append(f"{kind}: {bogus} of {compared} pairs bogus")
            continue
        lines += [str(one) for one in disagreements]
        lines.append(f"{kind}: {bogus} of {compared} pairs bogus; the verifier's matrix agrees on {compared - len(disagreements)} of {compared}")
        wrong += len(disagreements)
    return lines, wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="referees", description="The verifier beside other tools on the zones of the sabotage lab.")
    parser.add_argument("zones", nargs="*", metavar="ZONE", help="labels, as c01 or join-ds (default: all)")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the table there, with every tool's codes")
    parser.add_argument("--only-referees", action="store_true", help="leave the verifier out: is the lab what it is meant to be?")
    options = parser.parse_args()
    if "LAB_DIR" not in os.environ:
        parser.error("LAB_DIR is not set: tests/lab/referees makes a lab for it")
    folder = Path(os.environ["LAB_DIR"]) / "sabotage" / "referees"
    try:
        serve.programs()
        zones = chosen(options.zones)
        built = serve.serve(zones, Path(os.environ["LAB_DIR"]))
        print(f"{len(built)} zones served", flush=True)
        folder.mkdir()
        run = None if options.only_referees else verifier.verify(verifier.options(zones), folder / "verifier")
        columns, missing = ask_all(built, folder)
        lines, wrong = pairs_told(built, run, folder)
    except LabError as error:
        sys.stderr.write(f"referees: {error}\n")
        return 1
    columns = [*([ours(zones, run)] if run else []), *columns]
    rows = table(zones, columns)
    print("\n".join(as_text(rows)))
    if missing:
        print(f"not installed, left out: {', '.join(missing)}")
    print("\n".join(lines))
    if options.markdown:
        options.markdown.write_text("\n".join([*as_markdown(rows, columns, zones), "", *lines]) + "\n", encoding="utf-8")
    print(f"referees: {len(columns)} tools on {len(zones)} zones, {wrong} disagreements with validators about pairs")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
