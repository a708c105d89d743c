# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""zones [--verify] [--zones N ...]   what a pass over N complete zones costs that finds nothing to do (10, 100 and 1000 without the option);
with --verify what the verifier's playbook costs over them.

For each N a fresh lab in which two signers (BIND and deSEC) serve N zones; noop_pass.py or verify_zones.py brings them to completion
and measures inside. Prints a table; the last line: the ratios of the run to its bare DNS questions.
It only measures: a slow run is no failure, a pass that changes something is, and a verifier that finds a fault.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WITH_LAB = ROOT / "bin" / "lib" / "with-lab"
NAMED_ZONES = 3  # the lab has these, beside as many extra ones as wanted

ROW = "{zones:>6} {tasks:>6} {seconds:>8.1f} {cpu:>8.1f} {memory:>7.0f} {questions:>10} {bare:>8.1f} {ratio:>6.1f}"
HEAD = ROW.replace(".1f", "").replace(".0f", "").format(
    zones="zones", tasks="tasks", seconds="seconds", cpu="CPU s", memory="MiB", questions="questions", bare="bare s", ratio="ratio"
)


def measure(zones: int, inside: str) -> dict[str, float]:
    with tempfile.NamedTemporaryFile("r", suffix=".json") as result:
        command = [
            str(WITH_LAB), "-e", f"lab_extra_zones={zones - NAMED_ZONES}", "-e", "lab_desec_limits=0", "--",
            "env", f"PYTHONPATH={ROOT / '.collections'}", "python3", "-m", f"ansible_collections.dnssec.multisigner.tests.bench.{inside}", result.name,
        ]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        measured: dict[str, float] = json.load(result)
    return {"zones": zones, "ratio": measured["seconds"] / measured["bare"], **measured}


def main() -> int:
    parser = argparse.ArgumentParser(usage=(__doc__ or "").split("  ", 1)[0], description="Measures the pass that finds nothing to do, or the verifier.")
    parser.add_argument("--verify", action="store_true", help="the verifier in the place of the pass")
    parser.add_argument("--zones", type=int, nargs="+", default=[10, 100, 1000], metavar="N", help=f"at least {NAMED_ZONES + 1} each")
    options = parser.parse_args()
    wanted = options.zones
    if min(wanted) <= NAMED_ZONES:
        parser.error(f"the lab has {NAMED_ZONES} zones of its own: ask for more than that")
    rows = []
    for zones in wanted:
        try:
            rows.append(measure(zones, "verify_zones" if options.verify else "noop_pass"))
        except subprocess.CalledProcessError as error:
            return error.returncode
    print(f"\n{HEAD}")
    for row in rows:
        print(ROW.format(**row))
    for before, after in zip(rows, rows[1:]):
        more = after["zones"] - before["zones"]
        print(f"{before['zones']} -> {after['zones']} zones: {1000 * (after['seconds'] - before['seconds']) / more:.1f} ms for each zone more")
    print("ratio to the bare questions: " + ", ".join(f"{row['zones']} zones {row['ratio']:.1f}" for row in rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
