# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has the module dnssec_verify look at zones, all in one task of ansible-playbook, and reads what it returned."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

from multisigner_lab.daemons import LabError

from . import places
from .zone import Zone

_OPTIONS = ("zones", "signers", "parents", "trust_anchor_file", "resolvers", "timeout", "fail_on")


def _playbook(result: Path) -> list[dict[str, object]]:
    return [
        {
            "name": "Look at zones",
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "tasks": [
                {
                    "name": "Verify",
                    "dnssec.multisigner.dnssec_verify": {name: f"{{{{ verify.{name} }}}}" for name in _OPTIONS},
                    "register": "verified",
                },
                {"name": "Keep what was returned", "ansible.builtin.copy": {"content": "{{ verified | to_json }}", "dest": str(result), "mode": "0600"}},
            ],
        }
    ]


@dataclass(frozen=True)
class Finding:
    """What the verifier said, as far as it is compared. *servers* are addresses."""

    number: int
    code: str
    severity: str
    servers: tuple[str, ...]
    what: str


@dataclass(frozen=True)
class Pair:
    """An entry of the cross matrix, by signers."""

    keys_of: str
    answers_of: str
    bogus: int


@dataclass(frozen=True)
class Verified:
    """What came back for one zone; *error* where it could not be looked at."""

    findings: tuple[Finding, ...] = ()
    matrix: tuple[Pair, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Run:
    zones: Mapping[str, Verified]
    seconds: float


NAMES = ("www", "mail", "only")  # hosts of build.py's content, and the one that check 20 is about


def of_the_lab() -> dict[str, object]:
    """How to ask in any lab: it tells the resolver and the trust anchor."""
    return {
        "trust_anchor_file": os.environ["LAB_TRUST_ANCHOR"],
        "resolvers": [os.environ["LAB_RESOLVER"]],
        "timeout": 1,  # seconds for each try: everything is on loopback
        "fail_on": "never",
    }


def options(zones: Sequence[Zone]) -> dict[str, object]:
    """The module's options: everything declared as an inventory has it, contents compared by zone transfers."""
    parent = "sabotage_registry"
    return {
        **of_the_lab(),
        "zones": [
            {"name": zone.name, "parent": parent, "signers": list(zone.signers), "leaving": list(zone.leaving), "names": list(NAMES), "transfer": True}
            for zone in zones
        ],
        "signers": [{"name": name, "servers": [places.ADDRESSES[server] for server in servers]} for name, servers in places.SIGNERS.items()],
        "parents": [{"name": parent, "servers": [places.PARENT]}],
    }


def options_by_name(zones: Sequence[Zone]) -> dict[str, object]:
    """As from a laptop: the zones' names, and some hosts that the user knows. Signers and parent are to be found."""
    return {**of_the_lab(), "zones": [{"name": zone.name, "names": list(NAMES)} for zone in zones], "signers": [], "parents": []}


def verify(asked: Mapping[str, object], folder: Path) -> Run:
    """Runs the verifier with these options, and keeps its files in *folder*. Raises LabError when the run fails."""
    folder.mkdir(exist_ok=True)
    playbook, variables, result = folder / "playbook.yml", folder / "variables.yml", folder / "result.json"
    playbook.write_text(json.dumps(_playbook(result)), encoding="utf-8")
    variables.write_text(json.dumps({"verify": asked}), encoding="utf-8")
    began = time.monotonic()
    ran = subprocess.run(["ansible-playbook", "-i", "localhost,", "-e", f"@{variables}", str(playbook)], capture_output=True, text=True, check=False)
    if ran.returncode != 0 or not result.exists():
        raise LabError(f"the verifier's run failed with status {ran.returncode}:\n{(ran.stdout + ran.stderr)[-6000:]}")
    return Run(read(json.loads(result.read_text(encoding="utf-8"))), time.monotonic() - began)


def read(returned: Mapping[str, object]) -> dict[str, Verified]:
    """What dnssec_verify returned, by zone."""
    zones, errors = returned.get("zones"), returned.get("errors")
    if not isinstance(zones, list) or not isinstance(errors, dict):
        raise LabError("the verifier returned no zones")
    found = {
        zone["name"]: Verified(
            tuple(Finding(one["number"], one["code"], one["severity"], tuple(one["servers"]), one["what"]) for one in zone["findings"]),
            tuple(Pair(one["keys_of"], one["answers_of"], one["bogus"]) for one in zone["matrix"]),
        )
        for zone in zones
    }
    return {**found, **{name: Verified(error=str(text)) for name, text in errors.items()}}
