# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line: starts the whole lab, or says in one message why it cannot."""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import sys
import time
from pathlib import Path

from . import bind, desec, knot, outcome, powerdns, resolvers, scanner
from .daemons import PATIENCE, Daemon, LabError, check_programs
from .settings import Lab, Secret


def _secret(name: str) -> Secret:
    return Secret(name, base64.b64encode(secrets.token_bytes(32)).decode("ascii"))


def start_lab(lab: Lab) -> None:
    """Everything, in the order in which one needs the other; what can start side by side does."""
    check_programs()
    rndc_key, registry_key = _secret("rndc-key"), _secret("operator-registry")
    signer_keys = {signer.name: _secret(f"multisigner-{signer.name}") for signer in lab.own_signers}
    tokens, powerdns_key = desec.Tokens(), secrets.token_urlsafe(21)

    deadline = time.monotonic() + PATIENCE
    desec_daemons = [desec.start_powerdns(lab, powerdns_key), desec.start_stand_in(lab, tokens, powerdns_key)]
    root, registry = bind.start_hierarchy(lab, registry_key, rndc_key)
    others = [
        root,
        resolvers.start_unbound(lab),
        resolvers.start_recursor(lab),
        *(bind.start_signer(lab, signer, rndc_key) for signer in lab.bind_signers),
        *(knot.start_signer(lab, signer) for signer in lab.own_signers if signer.driver == "knot"),
        *(powerdns.start_signer(lab, signer, signer_keys[signer.name]) for signer in lab.own_signers if signer.driver == "powerdns"),
    ]
    outcome.write_inventory(lab, signer_keys, registry_key, tokens)
    outcome.write_environment(lab, tokens)
    registry.wait(deadline)
    others.append(bind.start_secondary(lab))
    _wait(others, deadline)  # the resolvers too: the stand-in is found by its name
    _wait(desec_daemons, deadline)
    desec.fill(lab, tokens)
    if lab.cds:
        _wait([scanner.start_scanner(lab)], deadline)


def _wait(daemons: list[Daemon], deadline: float) -> None:
    for daemon in daemons:
        daemon.wait(deadline)


def _parse(arguments: list[str]) -> Lab:
    parser = argparse.ArgumentParser(prog="multisigner_lab", description="Starts the lab's servers below LAB_DIR, inside the lab's namespace.")
    parser.add_argument("--ttl", type=int, default=Lab.ttl, help="of every record, in seconds (default %(default)s)")
    parser.add_argument("--extra-zones", type=int, default=0, metavar="N", help="small zones of ns1 and deSEC beside the named ones, for measurements")
    parser.add_argument("--desec-limits", type=float, default=1.0, metavar="SCALE", help="deSEC's request limits: 1 as they are, 0 for none")
    parser.add_argument("--cycle", action="store_true", help="zones whose signers and keys change, and a third BIND signer, instead of the demonstration's")
    parser.add_argument("--pairs", action="store_true", help="a zone for each pair of signers of a kind, and one for all, instead of the demonstration's")
    parser.add_argument("--cds", action="store_true", help="a registry that follows CDS too, when it is notified and now and then")
    options = parser.parse_args(arguments)
    if "LAB_DIR" not in os.environ:
        raise LabError("LAB_DIR is not set: this is to be started inside the lab's namespace, as bin/demo does.")
    return Lab(Path(os.environ["LAB_DIR"]), options.ttl, options.extra_zones, options.desec_limits, options.cycle, options.pairs, options.cds)


def main() -> int:
    started = time.monotonic()
    try:
        lab = _parse(sys.argv[1:])
        start_lab(lab)
    except LabError as error:
        sys.stderr.write(f"lab: {error}\n")
        return 1
    for line in (*outcome.overview(lab), f"Ready after {time.monotonic() - started:.1f} s."):
        sys.stdout.write(line + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
