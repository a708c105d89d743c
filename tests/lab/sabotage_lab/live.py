# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command tests/lab/live_groups: the verifier over zones that are being signed by real signers, in the demonstration's lab.

The demonstration leaves two groups of BIND and PowerDNS. To the first of them Knot is added as a third signer, by the
collection's own modules. Nothing above information may be found in any of them.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterable, Mapping, Sequence

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import yaml
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.RRSIG import RRSIG
from multisigner_lab import content, settings
from multisigner_lab.daemons import PATIENCE, LabError, responds, start, tool, unconfined

from . import verifier
from .compare import is_above
from .zone import INFORMATION

ZONE, OTHER_ZONE = settings.ZONES[0], settings.ZONES[1]
KNOT, KNOT_NAME = settings.NS3, settings.NS3_NAME  # nobody has this host name's address in the demonstration
KNOT_KEY = "multisigner-knot"
SERVERS: Mapping[str, tuple[str, ...]] = {
    "ns1": (settings.NS1,),
    "ns2": (settings.NS2,),
    settings.DESEC: (settings.DESEC_1, settings.DESEC_2),
    "knot": (KNOT,),
}
PARENTS = (settings.REGISTRY, settings.REGISTRY_SECONDARY)


# -- Knot -------------------------------------------------------------------------------------------------------------


def start_knot(lab: settings.Lab, secret: str) -> None:
    """knotd with the zone's content, signing with a KSK and a ZSK of its own, and denying as BIND does."""
    folder = lab.folder("knot")
    (folder / "run").mkdir(parents=True)
    zone_file = content.zone_file(ZONE, ZONE.signer, lab.ttl) + f"@ IN NS {KNOT_NAME}\n"
    (folder / f"{ZONE.name}.zone").write_text(zone_file, encoding="ascii")
    nsec3 = bool(_rrset(settings.NS1, ZONE.name, "NSEC3PARAM"))
    (folder / "knot.conf").write_text(
        f"""server:
    rundir: "{folder}/run"
    listen: {KNOT}@53
database:
    storage: "{folder}/run"
log:
  - target: stderr
    any: info
key:
  - id: {KNOT_KEY}
    algorithm: hmac-sha256
    secret: {secret}
acl:
  - id: multisigner
    key: {KNOT_KEY}
    action: [update, transfer]
policy:
  - id: multisigner
    algorithm: ecdsap256sha256
    ksk-lifetime: 0
    zsk-lifetime: 0
    dnskey-ttl: {lab.ttl}
    zone-max-ttl: {lab.ttl}
    nsec3: {'on' if nsec3 else 'off'}
    nsec3-iterations: 0
    nsec3-salt-length: 0
    dnskey-management: incremental
    delete-delay: 1h
    cds-cdnskey-publish: always
template:
  - id: default
    storage: "{folder}"
    zonefile-sync: -1
zone:
  - domain: {ZONE.name}
    file: "{ZONE.name}.zone"
    dnssec-signing: on
    dnssec-policy: multisigner
    acl: multisigner
""",
        encoding="ascii",
    )
    command = [unconfined("knotd", lab.directory), "-c", str(folder / "knot.conf")]
    start("knotd", command, folder / "knotd.log", responds(KNOT, ZONE.name, "DNSKEY")).wait(time.monotonic() + PATIENCE)


# -- who has which keys -----------------------------------------------------------------------------------------------


def _ask(address: str, name: str, rtype: str) -> dns.message.Message:
    try:
        return dns.query.tcp(dns.message.make_query(name, rtype, want_dnssec=True), address, timeout=5)
    except (OSError, dns.exception.DNSException) as error:
        raise LabError(f"{address} does not answer for {name} {rtype}: {error}") from error


def _rrset(address: str, name: str, rtype: str) -> list[str]:
    wanted = dns.rdatatype.from_text(rtype)
    return [rdata.to_text() for rrset in _ask(address, name, rtype).answer if rrset.rdtype == wanted for rdata in rrset]


def own_keys(address: str) -> list[DNSKEY]:
    """The keys that sign at a server: by tag, which is enough for keys made a moment ago in one lab."""
    tags = {
        rdata.key_tag
        for rtype in ("DNSKEY", "SOA")
        for rrset in _ask(address, ZONE.name, rtype).answer
        for rdata in rrset
        if isinstance(rdata, RRSIG)
    }
    keys = (rdata for rrset in _ask(address, ZONE.name, "DNSKEY").answer for rdata in rrset)
    return [key for key in keys if isinstance(key, DNSKEY) and dns.dnssec.key_id(key) in tags]


def _is_sep(key: DNSKEY) -> bool:
    return bool(key.flags & 1)


def _text(key: DNSKEY) -> str:
    return f"{int(key.flags)} {key.protocol} {int(key.algorithm)} {base64.b64encode(key.key).decode('ascii')}"


def records(keys: Iterable[DNSKEY]) -> list[str]:
    """What another signer has to publish of these keys."""
    found = []
    for key in keys:
        found.append(f"DNSKEY {_text(key)}")
        if _is_sep(key):
            ds = dns.dnssec.make_ds(dns.name.from_text(ZONE.name), key, "SHA256").to_text()
            found += [f"CDS {ds}", f"CDNSKEY {_text(key)}"]
    return found


# -- the third signer joins -------------------------------------------------------------------------------------------


def join(lab: settings.Lab, secret: str) -> None:
    """Keys, DS and NS of Knot everywhere, and all others' at Knot, by the collection's modules."""
    keys = {name: own_keys(SERVERS[name][0]) for name in ("ns1", settings.DESEC, "knot")}
    inventory = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))["all"]["children"]
    signers, registry = inventory["signers"]["hosts"], inventory["parents"]["hosts"]["example_registry"]
    others = [f"DNSKEY {_text(key)}" for name in ("ns1", settings.DESEC) for key in keys[name]]
    # as they are: deSEC lists its key with two digest types, and CDS are to be the same at every signer (RFC 9975)
    others += [f"{rtype} {rdata}" for rtype in ("CDS", "CDNSKEY") for rdata in _rrset(settings.NS1, ZONE.name, rtype)]

    def zone(add: Sequence[str]) -> list[dict[str, object]]:
        return [{"name": ZONE.name, "add": list(add)}]

    tasks: list[dict[str, object]] = [
        {
            "name": "The keys of the others at Knot",
            "dnssec.multisigner.rfc2136_dnskey": {
                "servers": [KNOT],
                "tsig": {"name": KNOT_KEY, "secret": secret},
                "zones": zone(others),
            },
        },
        {
            "name": "The keys of Knot at BIND",
            "dnssec.multisigner.rfc2136_dnskey": {
                "servers": [settings.NS1],
                "tsig": signers["ns1"]["multisigner_tsig"],
                "zones": zone(records(keys["knot"])),
            },
        },
        {
            "name": "The keys and the name server of Knot at deSEC",
            "dnssec.multisigner.desec_dnskey": {
                "api_token": os.environ["LAB_DESEC_OWNER_TOKEN"],
                "api_url": settings.DESEC_URL,
                "ca_file": str(lab.ca_file),
                "servers": list(SERVERS[settings.DESEC]),
                "zones": zone([*records(keys["knot"]), f"NS {KNOT_NAME}"]),
            },
        },
        {
            "name": "DS and NS of Knot at the registry",
            "dnssec.multisigner.registry_ds": {
                "channel": "nsupdate",
                "servers": list(PARENTS),
                "tsig": registry["multisigner_tsig"],
                "zones": [
                    {
                        "name": ZONE.name,
                        "signers": [
                            {"name": name, "sep_keys": [_text(key) for key in own if _is_sep(key)], "servers": list(SERVERS[name])}
                            for name, own in keys.items()
                        ],
                        "ns_add": [KNOT_NAME],
                    }
                ],
            },
        },
    ]
    _play(lab.folder("knot"), tasks)


def _play(folder: Path, tasks: Sequence[Mapping[str, object]]) -> None:
    playbook = folder / "join.yml"
    play = {"name": "Knot joins", "hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": list(tasks)}
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    playbook.chmod(0o600)
    ran = subprocess.run(["ansible-playbook", "-i", "localhost,", str(playbook)], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise LabError(f"Knot could not join:\n{(ran.stdout + ran.stderr)[-4000:]}")


def add_name_server_at_bind(lab: settings.Lab) -> None:
    """As BIND's operator does it. The key of the demonstration's inventory is not allowed to change NS there."""
    commands = lab.folder("knot") / "ns.txt"
    commands.write_text(f"server {settings.NS1}\nupdate add {ZONE.name}. {lab.ttl} NS {KNOT_NAME}\nsend\n", encoding="ascii")
    tool("nsupdate", "-k", str(lab.folder("ns1") / "session.key"), str(commands))


# -- the verifier -----------------------------------------------------------------------------------------------------


def options() -> dict[str, object]:
    zones = {ZONE.name: ["ns1", settings.DESEC, "knot"], OTHER_ZONE.name: ["ns2", settings.DESEC]}
    return {
        **verifier.of_the_lab(),
        "zones": [{"name": name, "parent": "registry", "signers": signers} for name, signers in zones.items()],
        "signers": [{"name": name, "servers": list(addresses)} for name, addresses in SERVERS.items()],
        "parents": [{"name": "registry", "servers": list(PARENTS)}],
    }


def main() -> int:
    if "LAB_DESEC_OWNER_TOKEN" not in os.environ:
        sys.stderr.write("live_groups: to be run in the demonstration's lab, as bin/demo -- tests/lab/live_groups\n")
        return 64
    lab = settings.Lab(Path(os.environ["LAB_DIR"]), int(os.environ["LAB_TTL"]))
    secret = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    try:
        start_knot(lab, secret)
        join(lab, secret)
        add_name_server_at_bind(lab)
        run = verifier.verify(options(), lab.directory / "verifier")
    except LabError as error:
        sys.stderr.write(f"live_groups: {error}\n")
        return 1
    wrong = 0
    for name, verified in run.zones.items():
        for finding in verified.findings:
            print(f"  {name}: {finding.severity}: {finding.number} {finding.code} at {', '.join(finding.servers)}: {finding.what}")
        unexpected = sum(is_above(finding.severity, INFORMATION) for finding in verified.findings) + bool(verified.error)
        bogus = sum(pair.bogus for pair in verified.matrix)
        print(f"{name}: {len(verified.matrix)} pairs of signers, {bogus} bogus answers, {unexpected} findings above information {verified.error}".rstrip())
        wrong += unexpected + bogus
    print(f"live groups: {len(run.zones)} groups, {wrong} complaints")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
