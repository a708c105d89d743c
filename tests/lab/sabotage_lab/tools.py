# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other tools on the same zones: what each has to complain about, by its codes, never by its overall status."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Iterable, Mapping, Sequence

from multisigner_lab.daemons import LabError

from .build import Built
from .resolvers import Resolver, questions

# For each zone the codes of what a tool complains about.
Complaints = Mapping[str, frozenset[str]]
ROUNDS = 5  # of each live resolver: which server it asks is its choice
# What zonemaster says of loopback addresses and of a lab on one machine, whatever the zone is like
_ZONEMASTER_MODULES = ("DNSSEC", "Consistency", "Delegation", "Nameserver", "Zone")
_ZONEMASTER_OF_THE_LAB = frozenset(
    (
        "NAMESERVER_IP_PRIVATE_NETWORK",
        "NAMESERVER_IP_WITHOUT_REVERSE",
        "REFRESH_MINIMUM_VALUE_LOWER",
        "RETRY_MINIMUM_VALUE_LOWER",
        "SOA_DEFAULT_TTL_MAXIMUM_VALUE_LOWER",
    )
)


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _everywhere(built: Sequence[Built], look: Callable[[Built], Iterable[str]]) -> Complaints:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda one: frozenset(look(one)), built))
    return {one.zone.name: codes for one, codes in zip(built, found)}


def dnsviz(built: Sequence[Built], folder: Path) -> Complaints:
    """`dnsviz grok --multi-signer`: the codes of errors and warnings of the zone itself."""
    names = [one.zone.name for one in built]
    root = Path(os.environ["LAB_ROOT_HINTS"]).read_text(encoding="ascii").split()
    probe, grok = folder / "dnsviz-probe.json", folder / "dnsviz-grok.json"
    (folder / "names").write_text("\n".join(names) + "\n", encoding="ascii")
    listed = ("-f", str(folder / "names"))
    asked = _run(["dnsviz", "probe", "-4", "-A", "-a", ".", "-x", f".+:{root[4].rstrip('.')}={root[-1]}", "-t", "4", "-o", str(probe), *listed])
    # without a trust anchor: with one grok wants pygraphviz, and the errors of a zone do not depend on it
    judged = _run(["dnsviz", "grok", "-P", "--multi-signer", "-r", str(probe), "-l", "warning", "-o", str(grok), *listed])
    if not grok.exists() or not grok.stat().st_size:
        raise LabError(f"dnsviz failed: {(asked.stderr + judged.stderr)[-2000:]}")
    said = json.loads(grok.read_text(encoding="utf-8"))
    return {name: frozenset(_codes(said.get(f"{name}.", {}))) for name in names}


def _codes(value: object) -> Iterable[str]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            if name in ("errors", "warnings") and isinstance(part, Sequence):
                yield from (str(entry["code"]) for entry in part if isinstance(entry, Mapping))
            else:
                yield from _codes(part)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for part in value:
            yield from _codes(part)


def zonemaster(built: Sequence[Built], folder: Path) -> Complaints:
    """The tags of WARNING, ERROR and CRITICAL."""
    tests = [word for module in _ZONEMASTER_MODULES for word in ("--test", module)]

    def look(one: Built) -> Iterable[str]:
        command = ["zonemaster-cli", "--hints", os.environ["LAB_ROOT_HINTS"], "--no-ipv6", "--json", "--raw", "--level", "WARNING", *tests, one.zone.name]
        ran = _run(command)
        try:
            said = json.loads(ran.stdout or "[]")
        except ValueError:
            raise LabError(f"zonemaster failed on {one.zone.name}: {(ran.stdout + ran.stderr)[-1000:]}") from None
        return {str(entry["tag"]) for entry in said} - _ZONEMASTER_OF_THE_LAB

    return _everywhere(built, look)


def ldns_verify_zone(built: Sequence[Built], folder: Path) -> Complaints:
    """Each server's zone file by itself: the kinds of errors, without names."""

    def look(one: Built) -> Iterable[str]:
        for file in one.files.values():
            ran = _run(["ldns-verify-zone", "-V", "2", str(file)])
            if ran.returncode:
                said = (re.sub(r" for .*|:.*", "", line.removeprefix("Error: ")).strip() for line in (ran.stdout + ran.stderr).splitlines())
                yield from (line for line in said if line and not line.startswith("There were errors"))

    return _everywhere(built, look)


def dnssec_verify(built: Sequence[Built], folder: Path) -> Complaints:
    """BIND's: each server's zone file by itself; with -z where a CSK signs the zone."""

    def look(one: Built) -> Iterable[str]:
        for server, file in one.files.items():
            common = any(key.is_sep for key in one.zone.copy(server).signs_zone)
            ran = _run(["dnssec-verify", "-q", *(["-z"] if common else []), "-o", one.zone.name, str(file)])
            if ran.returncode:
                first = next(iter((ran.stdout + ran.stderr).splitlines()), "failed")
                yield re.sub(rf"\S*{re.escape(one.zone.name)}\S*|/\S+", "…", first).removeprefix("dnssec-verify: ")

    return _everywhere(built, look)


def delv(built: Sequence[Built], folder: Path) -> Complaints:
    """BIND's validator by the lab's resolver; it ends with 0 whatever it finds, so what it prints is read."""
    tag, algorithm, digest_type, digest = Path(os.environ["LAB_TRUST_ANCHOR"]).read_text(encoding="ascii").split(" DS ")[1].split()
    anchor = folder / "delv.conf"
    anchor.write_text(f'trust-anchors {{ . initial-ds {tag} {algorithm} {digest_type} "{digest}"; }};\n', encoding="ascii")

    def look(one: Built) -> Iterable[str]:
        for question in questions(one.zone.name):
            ran = _run(["delv", f"@{os.environ['LAB_RESOLVER']}", "-a", str(anchor), "+root=.", question.name, question.type])
            for line in (ran.stdout + ran.stderr).splitlines():
                match = re.match(r";; resolution failed: (?!ncache)(.+)", line)
                if match:
                    yield match.group(1).strip()

    return _everywhere(built, look)


def resolver(kind: str) -> Callable[[Sequence[Built], Path], Complaints]:
    """A live resolver, cold in each of ROUNDS: what it answers with SERVFAIL."""

    def look(built: Sequence[Built], folder: Path) -> Complaints:
        found: dict[str, set[str]] = {one.zone.name: set() for one in built}
        for number in range(ROUNDS):
            asked = [question for one in built for question in questions(one.zone.name)]
            with Resolver(kind).running(folder / f"{kind}-{number}", {}):
                for failed in Resolver(kind).bogus(asked):
                    found[failed.zone].add("SERVFAIL")
        return {zone: frozenset(codes) for zone, codes in found.items()}

    return look


# name -> (what must be installed, how it is asked)
TOOLS: Mapping[str, tuple[str, Callable[[Sequence[Built], Path], Complaints]]] = {
    "dnsviz": ("dnsviz", dnsviz),
    "zonemaster": ("zonemaster-cli", zonemaster),
    "delv": ("delv", delv),
    "ldns-verify-zone": ("ldns-verify-zone", ldns_verify_zone),
    "dnssec-verify": ("dnssec-verify", dnssec_verify),
    "pdns-recursor": ("pdns_recursor", resolver("pdns-recursor")),
    "unbound": ("unbound", resolver("unbound")),
}


def is_installed(name: str) -> bool:
    return shutil.which(TOOLS[name][0]) is not None
