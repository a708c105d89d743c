# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting a server and waiting until it answers. Never restarts one: a server that ends is an error, shown with its log."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode

PATIENCE = 20.0  # seconds until a server must answer; a slow machine needs a part of it
ATTEMPT = 0.15  # seconds: a question to a port that nobody listens on yet is simply lost
_SYSTEM_FOLDERS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# program -> Debian's package of it
PROGRAMS = {
    "named": "bind9",
    "rndc": "bind9-utils",
    "dnssec-keygen": "bind9-utils",
    "dnssec-signzone": "bind9-utils",
    "dnssec-dsfromkey": "bind9-utils",
    "dnssec-importkey": "bind9-utils",
    "named-checkzone": "bind9-utils",
    "unbound": "unbound",
    "pdns_server": "pdns-server",
    "pdnsutil": "pdns-server",
    "pdns_recursor": "pdns-recursor",
}


class LabError(Exception):
    """The lab cannot be started; the message says what is wrong and what to do."""


def program(name: str) -> str:
    """The path of a server program or tool; they are often in folders that an ordinary user's PATH lacks."""
    path = shutil.which(name) or shutil.which(name, path=_SYSTEM_FOLDERS)
    if path is None:
        raise LabError(f"{name} is missing. It is in Debian's package {PROGRAMS.get(name, name)}.")
    return path


def check_programs() -> None:
    """Raises LabError naming every missing program and the command that installs them."""
    missing = [name for name in PROGRAMS if not (shutil.which(name) or shutil.which(name, path=_SYSTEM_FOLDERS))]
    if missing:
        packages = " ".join(sorted({PROGRAMS[name] for name in missing}))
        raise LabError(f"Missing programs: {' '.join(missing)}. As root, on Debian or Ubuntu:  apt-get install --no-install-recommends {packages}")


def tool(*command: str) -> str:
    """Runs one of BIND's tools to its end and returns its output."""
    result = subprocess.run([program(command[0]), *command[1:]], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise LabError(f"{' '.join(command)} failed: {(result.stderr or result.stdout).strip()}")
    return result.stdout


@dataclass(frozen=True)
class Daemon:
    """A started server; `log` is where its output goes, `answers` tells whether it does its work already."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    answers: Callable[[], bool]

    def _trouble(self, what: str) -> LabError:
        tail = "\n".join(f"  {line}" for line in self.log.read_text(errors="replace").splitlines()[-12:])
        return LabError(f"{self.name} {what}. The end of its log:\n{tail}")

    def wait(self, deadline: float) -> None:
        """Returns when it answers; raises LabError when it ended, or does not answer until `deadline` (time.monotonic)."""
        while not self.answers():
            if self.process.poll() is not None:
                raise self._trouble(f"ended with status {self.process.returncode}")
            if time.monotonic() > deadline:
                raise self._trouble("runs but does not answer as it should")
            time.sleep(0.02)


def start(name: str, command: Sequence[str], log: Path, answers: Callable[[], bool], environment: dict[str, str] | None = None) -> Daemon:
    """Starts a server that stays in the foreground. It outlives this process, and ends with the namespace."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=log.parent, start_new_session=True, env=environment)
    return Daemon(name, process, log, answers)


def unconfined(name: str, directory: Path) -> str:
    """A copy of a server program below the lab's folder.

    Where AppArmor confines the installed one by its path, it could not read its files here.
    """
    copy = directory / "bin" / name
    if not copy.exists():
        copy.parent.mkdir(exist_ok=True)
        shutil.copy2(Path(program(name)).resolve(), copy)
    return str(copy)


def responds(address: str, name: str, record_type: str, authenticated: bool = False) -> Callable[[], bool]:
    """A check: the server at `address` answers NOERROR with a record; `authenticated`: and with the AD flag."""

    def ask() -> bool:
        query = dns.message.make_query(name, record_type, want_dnssec=True)
        try:
            answer = dns.query.udp(query, address, timeout=ATTEMPT)
        except (OSError, dns.exception.DNSException):
            return False
        return answer.rcode() == dns.rcode.NOERROR and bool(answer.answer) and (not authenticated or bool(answer.flags & dns.flags.AD))

    return ask


def listens(address: str) -> Callable[[], bool]:
    """A check for a server that has no zone yet: it answers at all, be it REFUSED."""

    def ask() -> bool:
        try:
            dns.query.udp(dns.message.make_query(".", "SOA"), address, timeout=ATTEMPT)
        except (OSError, dns.exception.DNSException):
            return False
        return True

    return ask
