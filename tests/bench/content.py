# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to bring a large zone to deSEC, counted at the stand-in: see the file `content` beside this one, which runs it inside a lab."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import requests

ZONE = "large.example"
PLAYBOOK = "- {hosts: signers, gather_facts: false, roles: [dnssec.multisigner.zone_content]}\n"


def zone_file(rrsets: int) -> str:
    """Five types in turn, some with several records, as a real zone has them."""
    kinds = (
        "A 192.0.2.1\n{name} A 192.0.2.2", "AAAA 2001:db8::{number:x}", 'TXT "v=spf1 ip4:192.0.2.0/24 -all {number}"', "MX 10 mail",
        "CNAME www.elsewhere.example.",
    )  # fmt: skip
    lines = (kinds[number % len(kinds)].format(name=f"n{number}", number=number) for number in range(rrsets))
    return "$TTL 3600\n" + "".join(f"n{number} {line}\n" for number, line in enumerate(lines))


def counted(method: str = "GET") -> dict[str, int]:
    """The numbers of requests that the stand-in got; with DELETE they begin anew."""
    answer = requests.request(method, os.environ["LAB_DESEC_CONTROL_URL"] + "/requests", timeout=30)
    answer.raise_for_status()
    found: dict[str, int] = answer.json() if answer.content else {}
    return found


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        content = {"file": str(folder / "zone"), "create": True}
        signer = {
            "multisigner_driver": "desec", "multisigner_servers": ["127.53.3.1", "127.53.3.2"], "multisigner_api_url": os.environ["LAB_DESEC_URL"],
            "multisigner_api_ca_file": os.environ["LAB_CA"], "multisigner_api_token": os.environ["LAB_DESEC_OWNER_TOKEN"],
        }  # fmt: skip
        inventory = {
            "all": {
                "vars": {
                    "ansible_connection": "local",
                    "ansible_python_interpreter": sys.executable,
                    "multisigner_zones": [{"name": ZONE, "parent": "registry", "signers": ["desec"], "content": content}],
                },
                "children": {
                    "signers": {"hosts": {"desec": signer}},
                    "parents": {"hosts": {"registry": {"multisigner_channel": "export", "multisigner_servers": ["127.53.1.1"]}}},
                },
            }
        }
        (folder / "inventory.yml").write_text(json.dumps(inventory), encoding="utf-8")
        (folder / "copy.yml").write_text(PLAYBOOK, encoding="utf-8")

    def run(self, what: str, content: str, expected: int = 0) -> str:
        """One run of the role; prints what it cost, and returns what it said."""
        (self.folder / "zone").write_text(content, encoding="utf-8")
        counted("DELETE")
        began = time.monotonic()
        done = subprocess.run(
            ["ansible-playbook", "-v", "-i", str(self.folder / "inventory.yml"), str(self.folder / "copy.yml")],
            capture_output=True, text=True, check=False, env={**os.environ, "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
        )  # fmt: skip
        elapsed = time.monotonic() - began
        if done.returncode != expected:
            sys.exit(f"{what}: exit status {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        counts = counted()
        said = re.search(r'"msg": "((?:[^"\\]|\\.)*)', done.stdout[done.stdout.rfind('"zones": [') :])
        print(f"{what}: {counts['reads']} reads, {counts['writes']} writes, {elapsed:.1f} s: {said.group(1) if said else '?'}")
        sys.stdout.flush()
        return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rrsets", type=int, default=2000)
    rrsets = parser.parse_args().rrsets
    bench = Bench(Path(os.environ["LAB_DIR"]) / "bench")
    whole = zone_file(rrsets)
    bench.run(f"{rrsets} RRsets to a zone that is created", whole)
    bench.run("again", whole)
    if counted()["writes"]:
        sys.exit("again: it wrote")
    bench.run("with one RRset changed", whole.replace("n0 A 192.0.2.1\n", "n0 A 192.0.2.3\n"))
    said = bench.run("with a tenth of it left", zone_file(rrsets // 10), expected=2)
    if counted()["writes"] or "would be deleted there" not in said:
        sys.exit("with a tenth of it left: it was not refused")


if __name__ == "__main__":
    main()
