# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""verify_zones.py RESULT   inside a lab: completes its zones, then measures playbooks/verify.yml over all of them; writes RESULT (JSON).

The values are those of noop_pass.py; the bare questions are the probes that the verifier says it sent to every server.
Ends with an error when it finds a fault in any zone: all of them are in order.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from .noop_pass import RUNS, Question, complete, run_pass, write


def questions(zones: list[dict[str, object]]) -> list[Question]:
    """Every probe of every zone at every server of its signers, as the verifier returned them."""
    asked: list[Question] = []
    for zone in zones:
        signers, probes = zone["signers"], zone["probes"]
        assert isinstance(signers, list) and isinstance(probes, list)
        addresses = [server["address"] for signer in signers for server in signer["servers"]]
        asked += [(address, *probe.split(" ")) for address in addresses for probe in probes]
    return asked


def main() -> None:
    returned = Path(os.environ["LAB_DIR"]) / "verified.json"
    options = ("-e", "verify_fail_on=error", "-e", f"verify_json={returned}")
    complete()
    runs = [run_pass("verify.yml", *options) for _number in range(RUNS)]
    zones = json.loads(returned.read_text(encoding="utf-8"))["zones"]
    print(f"\n== {len(zones)} zones", flush=True)
    write(sys.argv[1], runs, questions(zones))


if __name__ == "__main__":
    main()
