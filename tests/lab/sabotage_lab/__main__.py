# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command tests/lab/sabotage: builds and serves the zones, runs the verifier over them, and says where it was wrong."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Sequence

from multisigner_lab.daemons import LabError

from . import compare, correct, faults, places, serve, verifier
from .variants import variants
from .zone import Zone

ZONES: Sequence[Zone] = (*faults.ZONES, *correct.ZONES)


def chosen(labels: Sequence[str]) -> list[Zone]:
    """The zones of these labels, in the order of the tables; all where there is none. Raises LabError for an unknown one."""
    unknown = set(labels) - {zone.label for zone in ZONES}
    if unknown:
        raise LabError(f"there is no zone {', '.join(sorted(unknown))}. These are there: {' '.join(zone.label for zone in ZONES)}")
    return [zone for zone in ZONES if not labels or zone.label in labels]


def _expectation(zone: Zone) -> str:
    expected = zone.expected
    if expected is None:
        return "nothing"
    where = " or ".join(expected.servers)
    return f"{expected.number} ({expected.severity})" + (f" at {where}" if where else "")


def _show(one: compare.Judgement) -> None:
    print(f"{'ok' if one.is_right else 'WRONG':6}{one.zone.label:28}{_expectation(one.zone):44}{one.told}")
    if one.is_right:
        return
    print(f"      {one.zone.story}; {', '.join(f'{server} {places.ADDRESSES[server]}' for server in one.zone.servers)}")
    if not one.detected:
        print("      not detected" + (f": {one.error}" if one.error else ""))
    for finding in one.unexpected:
        print(f"      unexpected: {finding.number} {finding.code} at {', '.join(finding.servers) or 'the parent'}: {finding.what}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="sabotage", description="Zones with one fault each, and correct ones, under the verifier.")
    parser.add_argument("zones", nargs="*", metavar="ZONE", help="labels, as c01 or join-ds (default: all)")
    parser.add_argument("--variants", action="store_true", help="each zone with NSEC3, and with the signers' parts exchanged, too")
    parser.add_argument("--by-name", action="store_true", help="tell the verifier the names of the zones only; it is to find signers and parent")
    options = parser.parse_args()
    if "LAB_DIR" not in os.environ:
        parser.error("LAB_DIR is not set: tests/lab/sabotage makes a lab for it")
    began = time.monotonic()
    try:
        serve.programs()
        zones = chosen(options.zones)
        zones += list(variants(zones)) if options.variants else []
        zones = [zone for zone in zones if not (options.by_name and zone.needs_declaration)]
        built = serve.serve(zones, Path(os.environ["LAB_DIR"]))
        print(f"{len(built)} zones built and served in {time.monotonic() - began:.1f} s", flush=True)
        asked = verifier.options_by_name(zones) if options.by_name else verifier.options(zones)
        run = verifier.verify(asked, Path(os.environ["LAB_DIR"]) / "sabotage" / "verifier")
    except LabError as error:
        sys.stderr.write(f"sabotage: {error}\n")
        return 1
    missing = verifier.Verified(error="the verifier returned nothing for it")
    judgements = [compare.judge(zone, run.zones.get(zone.name, missing)) for zone in zones]
    print(f"{'':6}{'zone':28}{'to be found above information':44}found")
    for one in judgements:
        _show(one)
    totals = compare.count(judgements)
    print(f"one module call over {len(zones)} zones took {run.seconds:.1f} s")
    print(totals)
    return 1 if totals.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
