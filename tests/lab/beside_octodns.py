# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""octoDNS manages the records of a zone, and the collection its keys. What stands after each push?

Three servers have the zone: a BIND, which signs it alone at first, a PowerDNS and deSEC's stand-in, which join. octoDNS pushes new content to all
three before that, again and again while they join, and after it; then with the zone's own NS in its configuration; then to the parent zone, which
has the DS. A record of ours that a server had before a push and does not have after it is lost. A pass has to bring that back, and to name it.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, FrozenSet, List, Mapping, Sequence, Tuple

import yaml
from multisigner_lab import content, powerdns, settings

from . import cross_matrix
from .lifecycle import HERE, Pass, StoryError, check_group, records, until

LAB = settings.Lab(Path(os.environ["LAB_DIR"]), int(os.environ["LAB_TTL"]), pairs=True)
ZONE = next(zone for zone in LAB.zones if zone.name == "all.example")
TTL = LAB.ttl
SIGNERS = ("ns1", "ns5", "desec")
ADDRESSES = {name: settings.ADDRESSES[name] for name in SIGNERS}
PARENTS = (settings.REGISTRY, settings.REGISTRY_SECONDARY)
BEFORE = "before the join"
OURS = ("DNSKEY", "CDS", "CDNSKEY", "NS")
Stand = Dict[Tuple[str, str, str], FrozenSet[str]]


def stand() -> Stand:
    """What every server has of ours, by its signer (or "parent"), its address, and the type."""
    found = {(name, address, rtype): records(address, ZONE.name, rtype) for name in SIGNERS for address in ADDRESSES[name] for rtype in OURS}
    found.update({("parent", address, rtype): records(address, ZONE.name, rtype) for address in PARENTS for rtype in ("DS", "NS")})
    return found


@dataclass
class Row:
    """One push: *at* is in seconds since the join began; *lost* what was there before it and not after."""

    when: str
    at: float
    what: str
    lost: List[str] = field(default_factory=list)
    total: int = 0

    @property
    def cells(self) -> Tuple[str, ...]:
        return (self.when, f"{self.at:.1f}" if self.when != BEFORE else "", self.what, str(self.total), ", ".join(self.lost) or "nothing")


def lost(before: Stand, after: Stand) -> List[str]:
    found: Dict[Tuple[str, str], set[str]] = {}
    for (name, _address, rtype), shown in before.items():
        gone = shown - after[name, _address, rtype]
        if gone:
            found.setdefault((name, rtype), set()).update(gone)
    return [f"{len(gone)} {rtype} at {name}" for (name, rtype), gone in sorted(found.items())]


class Octodns:
    """octoDNS as an operator runs it: a folder of YAML, a configuration, and octodns-sync."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        told = yaml.safe_load(LAB.inventory.read_text(encoding="utf-8"))["all"]["children"]
        self._hosts = told["signers"]["hosts"]
        self._registry_key = told["parents"]["hosts"]["example_registry"]["multisigner_tsig"]
        self.pushes = 0
        self.rows: List[Row] = []
        self.began = time.monotonic()

    def _targets(self) -> Dict[str, Dict[str, object]]:
        session = (LAB.folder("ns1") / "session.key").read_text(encoding="ascii")
        name, algorithm, secret = (re.search(pattern, session) for pattern in (r'key "([^"]+)"', r"algorithm ([\w-]+)", r'secret "([^"]+)"'))
        if not (name and algorithm and secret):
            raise StoryError("the session key of ns1 cannot be read")
        return {
            "ns1": {
                "class": "octodns_bind.BindProvider", "host": settings.NS1,
                "key_name": name[1], "key_algorithm": algorithm[1], "key_secret": secret[1],
            },
            "ns5": {
                "class": "octodns_powerdns.PowerDnsProvider", "host": settings.NS5, "port": powerdns.API_PORT,
                "api_key": self._hosts["ns5"]["multisigner_api_token"],
            },
            "desec": {"class": "lab_desec.provider", "token": os.environ["LAB_DESEC_OWNER_TOKEN"]},
        }

    def push(self, when: str, what: str, root_ns: Sequence[str] = (), processors: Mapping[str, Mapping[str, object]] | None = None) -> Row:
        """New content for all three; *root_ns*: the zone's own NS as the configuration has them."""
        self.pushes += 1
        self._write_content(root_ns)
        at = time.monotonic() - self.began
        before = stand()
        self._sync(f"{ZONE.name}.", self._targets(), dict(processors or {}))
        mark = f'"push {self.pushes}"'
        until(
            f"every server has push {self.pushes}",
            lambda: all(records(address, f"octodns.{ZONE.name}", "TXT") == {mark} for name in SIGNERS for address in ADDRESSES[name]),
        )
        return self._row(when, at, what, before)

    def _write_content(self, root_ns: Sequence[str]) -> None:
        zone: Dict[str, List[Dict[str, object]]] = {}
        for rrset in content.rrsets(ZONE):
            if rrset.owner or rrset.type != "NS":
                zone.setdefault(rrset.owner, []).append({"type": rrset.type, "ttl": TTL, "values": [_value(rrset.type, text) for text in rrset.records]})
        zone["octodns"] = [{"type": "TXT", "ttl": TTL, "values": [f"push {self.pushes}"]}]
        if root_ns:
            zone[""].append({"type": "NS", "ttl": TTL, "values": list(root_ns)})
        for some in zone.values():
            for one in some:
                if one["type"] == "CNAME":
                    one["value"] = one.pop("values")[0]  # type: ignore[index]
        self._write(f"{ZONE.name}.", zone)

    def _write(self, name: str, zone: Mapping[str, object]) -> None:
        (self._folder / f"{name}yaml").write_text(yaml.safe_dump(dict(zone)), encoding="utf-8")

    def push_parent(self, when: str, what: str, processors: Mapping[str, Mapping[str, object]] | None = None) -> Row:
        """The parent zone, as it was before the zone below had DS: a configuration with its NS and without those."""
        key = self._registry_key
        target = {"registry": {
            "class": "octodns_bind.BindProvider", "host": settings.REGISTRY,
            "key_name": key["name"], "key_algorithm": key["algorithm"], "key_secret": key["secret"],
        }}
        name = settings.TLD
        if not (self._folder / f"{name}yaml").exists():
            zones = {name: {"sources": ["registry"], "targets": ["config"]}}
            self._run("octodns-dump", target, {"zones": zones}, "--output-dir", str(self._folder), "--lenient", name, "registry")
            zone = yaml.safe_load((self._folder / f"{name}yaml").read_text(encoding="utf-8"))
            label = ZONE.name.split(".", maxsplit=1)[0]
            zone[label] = [record for record in zone[label] if record["type"] != "DS"]
            self._write(name, zone)
        at = time.monotonic() - self.began
        before = stand()
        self._sync(name, target, dict(processors or {}))
        time.sleep(2)  # the secondary follows
        return self._row(when, at, what, before)

    def _row(self, when: str, at: float, what: str, before: Stand) -> Row:
        row = Row(when, at, what, lost(before, stand()), sum(map(len, before.values())))
        self.rows.append(row)
        print("  ".join(row.cells), flush=True)
        return row

    def _sync(self, zone: str, targets: Mapping[str, Mapping[str, object]], processors: Mapping[str, Mapping[str, object]]) -> None:
        zones = {zone: {"sources": ["config"], "targets": list(targets), "processors": list(processors)}}
        self._run("octodns-sync", targets, {"processors": dict(processors), "zones": zones}, "--doit", "--force")

    def _run(self, program: str, targets: Mapping[str, Mapping[str, object]], more: Mapping[str, object], *options: str) -> None:
        config = self._folder / "octodns.yml"
        source = {"class": "octodns.provider.yaml.YamlProvider", "directory": str(self._folder), "enforce_order": False, "default_ttl": TTL}
        config.write_text(yaml.safe_dump({"providers": {"config": source, **targets}, **more}), encoding="utf-8")
        command = [f"{os.environ['OCTODNS_BIN']}/{program}", "--config-file", str(config), *options]
        ran = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            env={**os.environ, "PYTHONPATH": str(HERE / "octodns_lab"), "REQUESTS_CA_BUNDLE": str(LAB.ca_file)},
        )
        if ran.returncode != 0:
            raise StoryError(f"{' '.join(command)} ended with status {ran.returncode}:\n{ran.stdout[-1500:]}{ran.stderr[-3000:]}")


def _value(rtype: str, text: str) -> object:
    """A record as octoDNS's YAML has it."""
    words = text.split()
    if rtype == "MX":
        return {"preference": int(words[0]), "exchange": words[1]}
    if rtype == "SRV":
        return dict(zip(("priority", "weight", "port", "target"), (int(words[0]), int(words[1]), int(words[2]), words[3])))
    return text.strip('"').replace(";", "\\;")


def declared(signers: Sequence[str]) -> Dict[str, object]:
    return {"name": ZONE.name, "parent": ZONE.parent, "signers": list(signers)}


def join(run: Pass, octodns: Octodns, variables: Mapping[str, Mapping[str, object]]) -> None:
    """Pushes, as fast as octoDNS can, from before the join until after its end."""
    octodns.push(BEFORE, "records")
    process, log = run._start(
        {"multisigner_zones": [declared(SIGNERS)], "multisigner_wait": 300, "multisigner_max_wait": 60}, {name: dict(more) for name, more in variables.items()}
    )
    octodns.began = time.monotonic()
    while process.poll() is None:
        octodns.push("while they join", "records")
    if process.returncode != 0 or f"{ZONE.name}: complete" not in log.read_text(encoding="utf-8"):
        raise StoryError(f"the join did not come to its end ({log}):\n{log.read_text(encoding='utf-8')[-3000:]}")
    octodns.push("after it", "records")
    check_group(ZONE.name, SIGNERS)


def restored(run: Pass, variables: Mapping[str, Mapping[str, object]], before: Stand) -> str:
    """What a pass did about what was lost, and said of it."""
    log = run.run(declared(SIGNERS), **{name: dict(more) for name, more in variables.items()})
    check_group(ZONE.name, SIGNERS)
    missing = lost(before, stand())
    if missing:
        raise StoryError(f"a pass did not bring back {', '.join(missing)}")
    said = re.sub(r"\s+", " ", log.read_text(encoding="utf-8"))  # long lines are broken
    notes = re.findall(r"note: ([^\"']*? was there, and was found to be gone)", said)
    return f"all is back; {'; '.join(dict.fromkeys(notes)) or 'nothing is told of it'}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="octodns", description="What stands after each push of octoDNS.")
    parser.add_argument("--markdown", metavar="FILE", help="writes the table there as well")
    options = parser.parse_args()
    folder = LAB.directory / "octodns"
    folder.mkdir()
    run, octodns = Pass(folder), Octodns(folder / "config")
    # octoDNS runs on the machine of the servers: what it asks comes from the address that it asks
    variables: Dict[str, Dict[str, object]] = {"ns1": {"bind_signer_allow_transfer": [settings.NS1]}}
    run.run(declared(["ns1"]), **variables)
    join(run, octodns, variables)
    complaints = [f"{row.when}: {row.cells[-1]}" for row in octodns.rows if row.lost]

    own_ns = settings.NAME_SERVERS["ns1"]
    guard = {"ours": {"class": "octodns.processor.filter.IgnoreRootNsFilter"}}
    before = stand()
    row = octodns.push("after it", "records, and the NS of before at the apex", own_ns)
    if not row.lost:
        complaints.append("a configuration with other NS at the apex lost nothing: is the guide right?")
    print(f"    a pass: {restored(run, variables, before)}")
    row = octodns.push("after it", "the same with IgnoreRootNsFilter", own_ns, guard)
    complaints += row.lost

    registry = LAB.folder("registry") / "named.conf"
    allowed = f"allow-transfer {{ {settings.REGISTRY_SECONDARY};"
    registry.write_text(registry.read_text(encoding="utf-8").replace(allowed, f"{allowed} {settings.REGISTRY};"), encoding="utf-8")
    subprocess.run(["rndc", "-c", str(LAB.folder("registry") / "rndc.conf"), "reconfig"], check=True)
    before = stand()
    names = {"ours": {"class": "octodns.processor.filter.NameRejectlistFilter", "rejectlist": [ZONE.name.split(".")[0]]}}
    row = octodns.push_parent("after it", "the parent zone, with NameRejectlistFilter", names)
    complaints += row.lost
    types = {"ours": {"class": "octodns.processor.filter.TypeRejectlistFilter", "rejectlist": ["DS"]}}
    row = octodns.push_parent("after it", "the parent zone, with TypeRejectlistFilter for DS", types)
    complaints += row.lost
    row = octodns.push_parent("after it", "the parent zone, without a filter")
    if not row.lost:
        complaints.append("a configuration of the parent zone without the DS lost nothing: is the guide right?")
    time.sleep(TTL)
    print(f"    a pass: {restored(run, variables, before)}")

    heading = ("when", "s since the join began", "what is pushed", "records of ours", "lost")
    if options.markdown:
        lines = [heading, ("---",) * len(heading), *(row.cells for row in octodns.rows)]
        Path(options.markdown).write_text("".join(f"| {' | '.join(cells)} |\n" for cells in lines), encoding="utf-8")
    during = sum(row.when == "while they join" for row in octodns.rows)
    print(f"octodns: {len(octodns.rows)} pushes, {during} of them while signers joined; {len(complaints)} complaints {'; '.join(complaints)}")
    return 1 if complaints else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (StoryError, cross_matrix.NoAnswerError) as error:
        sys.exit(f"FAILED: {error}")
