# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of the registry that follows CDS and CSYNC: it looks at every zone now and then, and at once when it is notified (RFC 7344, RFC 7477, RFC 9859).

It asks every server of the delegation and does nothing unless all say the same (RFC 9975 section 3). BIND's `dnssec-cds` judges what each of
them says, and must come to the same DS set for all. The last one goes where all ask for that (RFC 8078
section 4). The first one it makes where RFC 9615 says so, see bootstrap.py. What it does for a CSYNC is in csync.py.

    python -m multisigner_lab.scanner FOLDER KEY_FILE SECONDS ZONE...
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import dns.exception
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset

from . import bootstrap, csync, settings
from .ask import ask, delegation, trusted, trusted_keys
from .daemons import Daemon, LabError, program, start
from .settings import Lab

LONG_AGO = "20000101000000"  # dnssec-cds would refuse signatures that are older than the file of the DS that there are
TYPES = ("DNSKEY", "CDS", "CDNSKEY")
DELETE = {"CDS": {"0 0 0 00"}, "CDNSKEY": {"0 3 0 AA=="}}  # RFC 8078 section 4


def start_scanner(lab: Lab) -> Daemon:
    folder = lab.folder("scanner")
    folder.mkdir()
    command = [sys.executable, "-m", "multisigner_lab.scanner", str(folder), str(lab.registry_key), str(lab.ttl)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    log = folder / "scanner.log"
    return start("the registry's scanner", [*command, *(zone.name for zone in lab.zones)], log, lambda: "ready" in log.read_text(), environment)


def _rrsets(address: str, zone: str) -> list[dns.rrset.RRset]:
    """The three RRsets and their signatures, as one server has them."""
    return [rrset for rtype in TYPES for rrset in ask(address, zone, rtype).answer]


def _announced(rrsets: list[dns.rrset.RRset]) -> frozenset[str]:
    return frozenset(f"{rrset.rdtype} {rdata}" for rrset in rrsets if rrset.rdtype in (dns.rdatatype.CDS, dns.rdatatype.CDNSKEY) for rdata in rrset)


class Scanner:
    """One registry's. `folder` is for the files that dnssec-cds reads, `key` is what the registry takes updates with."""

    def __init__(self, folder: Path, key: Path) -> None:
        self._folder = folder
        self._key = key
        self._said: dict[str, str] = {}

    def scan(self, zone: str) -> None:
        try:
            self._say(zone, self._follow(zone))
            self._say(f"{zone}, CSYNC", self._follow_csync(zone))
        except (LabError, OSError, subprocess.SubprocessError) as error:
            self._say(zone, f"left alone: {error}")

    def _say(self, zone: str, what: str) -> None:
        """One line in the log for everything that is new."""
        if self._said.get(zone) != what:
            self._said[zone] = what
            sys.stdout.write(f"{zone}: {what}\n")
            sys.stdout.flush()

    def _follow(self, zone: str) -> str:
        ds = self._ds(zone)
        if not ds:
            script = bootstrap.first_ds(zone, delegation(zone))
            if script:
                self._update(script)
            return f"the first DS: {' | '.join(script.split(chr(10)))}" if script else "no DS yet, and no CDS"
        seen = {address: _rrsets(address, zone) for address in delegation(zone).addresses}
        announced = {address: _announced(rrsets) for address, rrsets in seen.items()}
        if len(set(announced.values())) != 1:
            return f"left alone: CDS or CDNSKEY differ between {', '.join(announced)}"
        if not any(announced.values()):
            return "no CDS"
        if self._asks_for_removal(zone, ds, list(announced)):
            self._update(f"update delete {zone}. DS\nsend\n")
            return "followed: every DS is removed"
        (self._folder / "dsset").write_text("".join(f"{rrset}\n" for rrset in ds), encoding="ascii")
        scripts = {self._judge(zone, rrsets) for rrsets in seen.values()}
        if len(scripts) != 1:
            return "left alone: dnssec-cds does not come to the same for every server"
        script = scripts.pop()
        if not script:
            return "nothing to do"
        self._update(script)
        return f"followed: {' | '.join(script.split(chr(10)))}"

    @staticmethod
    def _asks_for_removal(zone: str, ds: list[dns.rrset.RRset], addresses: list[str]) -> bool:
        """Whether every server says, signed by the zone, that there are to be no DS, and nothing else."""
        return all(
            {str(rdata) for rdata in trusted(address, zone, zone, rtype, trusted_keys(address, zone, ds))} == DELETE[rtype]
            for address in addresses for rtype in DELETE
        )

    def _follow_csync(self, zone: str) -> str:
        ds = self._ds(zone)
        if not ds:
            return "no DS: nothing authenticates a CSYNC"
        now = delegation(zone)
        script = csync.changes(zone, now, {address: csync.look(address, zone, ds) for address in now.addresses})
        if script:
            self._update(script)
        return f"followed: {' | '.join(script.split(chr(10)))}" if script else "nothing to do"

    @staticmethod
    def _ds(zone: str) -> list[dns.rrset.RRset]:
        return [rrset for rrset in ask(settings.REGISTRY, zone, "DS").answer if rrset.rdtype == dns.rdatatype.DS]

    def _update(self, script: str) -> None:
        subprocess.run([program("nsupdate"), "-k", str(self._key)], input=f"server {settings.REGISTRY}\n{script}", text=True, check=True, capture_output=True)

    def _judge(self, zone: str, rrsets: list[dns.rrset.RRset]) -> str:
        """The script for nsupdate to which dnssec-cds comes; empty when nothing is to be changed."""
        (self._folder / "child").write_text("".join(f"{rrset}\n" for rrset in rrsets), encoding="ascii")
        command = [program("dnssec-cds"), "-a", "SHA-256", "-s", LONG_AGO, "-u", "-f", str(self._folder / "child"), "-d", str(self._folder / "dsset"), zone]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise LabError(f"dnssec-cds: {result.stderr.strip().splitlines()[-1:]}")
        return result.stdout.strip()


def _heard(wire: bytes, zones: list[str]) -> tuple[str | None, bytes]:
    """The zone of which a notification tells that it has new CDS or CSYNC, and the answer to it."""
    message = dns.message.from_wire(wire)
    question = message.question[0]
    zone = question.name.to_text(omit_final_dot=True).lower()
    is_ours = message.opcode() == dns.opcode.NOTIFY and question.rdtype in (dns.rdatatype.CDS, dns.rdatatype.CSYNC) and zone in zones
    answer = dns.message.make_response(message)
    answer.set_rcode(dns.rcode.NOERROR if is_ours else dns.rcode.REFUSED)
    return (zone if is_ours else None), answer.to_wire()


def main() -> int:
    folder, key, seconds, zones = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]
    scanner = Scanner(folder, key)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind((settings.NOTIFY, settings.NOTIFY_PORT))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        due = time.monotonic() + 10 * seconds
        while True:
            listener.settimeout(max(0.01, due - time.monotonic()))
            try:
                wire, client = listener.recvfrom(4096)
                zone, answer = _heard(wire, zones)
                listener.sendto(answer, client)
                if zone is not None:
                    sys.stdout.write(f"{zone}: notified\n")
                    sys.stdout.flush()
                    scanner.scan(zone)
            except TimeoutError:
                for zone in zones:
                    scanner.scan(zone)
                due = time.monotonic() + 10 * seconds
            except (OSError, IndexError, dns.exception.DNSException) as error:
                sys.stdout.write(f"not understood: {error}\n")


if __name__ == "__main__":
    sys.exit(main())
