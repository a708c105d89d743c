# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serves the zones: one named with a view for each server, front.py beside it, and the delegation of the parent zone by the
lab's registry. Everything of it ends with the lab's namespace.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterable, Mapping, Sequence

from multisigner_lab import settings
from multisigner_lab.daemons import PATIENCE, Daemon, program, responds, start, tool, unconfined

from . import front, places
from .build import Built, build, build_parent
from .zone import Zone


def serve(zones: Sequence[Zone], lab: Path) -> list[Built]:
    """Builds and serves *zones* in the lab of the folder *lab*; returns when both of its resolvers see their parent."""
    folder = lab / "sabotage"
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        built = list(pool.map(lambda zone: build(zone, folder / zone.label), zones))
    parent, ds = build_parent(built, folder / "parent")
    _add_addresses({*places.ADDRESSES.values(), *places.PAIRS.values(), *places.RESOLVERS.values(), places.PARENT})
    named = _start_named(lab, folder, parent, built)
    fronts = _start_fronts(folder, zones[0].name)
    deadline = time.monotonic() + PATIENCE
    for daemon in (named, fronts):
        daemon.wait(deadline)
    _delegate(folder, ds)
    # the secondary hears of the update a few seconds later, and a resolver may ask either
    sees = [responds(settings.REGISTRY_SECONDARY, places.PARENT_ZONE, "DS")]
    sees += [responds(address, places.PARENT_ZONE, "SOA", authenticated=True) for address in os.environ["LAB_RESOLVERS"].split(",")]
    for one in sees:
        Daemon(f"the delegation of {places.PARENT_ZONE}", named.process, named.log, one).wait(time.monotonic() + PATIENCE)
    return built


def _add_addresses(addresses: Iterable[str]) -> None:
    """named listens on addresses that an interface has."""
    for address in sorted(addresses):
        # nodad: nobody else can have it here, and named could not use it until that is found out (RFC 4862 section 5.4)
        words = (f"{address}/128", "nodad") if places.is_ipv6(address) else (f"{address}/32",)
        tool("ip", "address", "replace", *words, "dev", "lo")


def _start_named(lab: Path, folder: Path, parent: Path, built: Sequence[Built]) -> Daemon:
    served = {server: places.ADDRESSES[server] for server in (*places.VIEWS, places.REFUSING)}
    addresses = (*served.values(), places.PARENT)
    over_ipv4, over_ipv6 = (" ".join(f"{address};" for address in addresses if places.is_ipv6(address) == is_ipv6) for is_ipv6 in (False, True))
    text = f"""options {{
    directory "{folder}";
    listen-on {{ {over_ipv4} }};
    listen-on-v6 {{ {over_ipv6} }};
    pid-file none;
    session-keyfile "{folder}/session.key";
    recursion no;
    dnssec-validation no;
    empty-zones-enable no;
    notify no;
    allow-transfer {{ any; }};
}};
controls {{ }};
"""
    text += _view("parent", places.PARENT, {places.PARENT_ZONE: parent})
    for server, address in served.items():
        text += _view(server, address, {one.zone.name: one.files[server] for one in built if server in one.files})
    configuration = folder / "named.conf"
    configuration.write_text(text, encoding="ascii")
    command = [unconfined("named", lab), "-g", "-n", "2", "-c", str(configuration)]
    return start("named (sabotage)", command, folder / "named.log", responds(places.PARENT, places.PARENT_ZONE, "SOA"))


def _view(name: str, address: str, zones: Mapping[str, Path]) -> str:
    statements = "".join(f'    zone "{zone}" {{ type primary; file "{file}"; }};\n' for zone, file in zones.items())
    return f'view "{name}" {{\n    match-destinations {{ {address}; }};\n{statements}}};\n'


def _start_fronts(folder: Path, zone: str) -> Daemon:
    """They are there when one of them answers for *zone*, as alpha does for every zone."""
    answers = responds(places.PAIRS["alpha", "alpha"], zone, "SOA")
    return start("the misbehaving servers", [sys.executable, "-m", front.__name__], folder / "front.log", answers)


def _delegate(folder: Path, ds: str) -> None:
    """By the operator's key of the lab's registry."""
    commands = folder / "delegation.txt"
    zone = f"{places.PARENT_ZONE}."
    lines = [f"server {os.environ['LAB_PARENT']}", f"update add {zone} {os.environ['LAB_TTL']} NS {places.PARENT_NAME}"]
    lines += [f"update add {zone} {os.environ['LAB_TTL']} DS {ds}", "send"]
    commands.write_text("\n".join(lines) + "\n", encoding="ascii")
    tool("nsupdate", "-k", os.environ["LAB_REGISTRY_KEY"], str(commands))


def programs() -> None:
    """Raises LabError for a missing program, before anything is built."""
    for name in ("ip", "nsupdate", "named", "dnssec-keygen", "dnssec-signzone", "dnssec-dsfromkey"):
        program(name)
