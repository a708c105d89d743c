# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validating resolvers with a cold cache, and what they say to many questions at once. They are the referees of what is bogus.

unbound asks another server when an answer is bogus, PowerDNS Recursor does not. Both can be made to ask one given address for
a zone, and then there is no other server: so the answers of that address are judged, and nothing else.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Mapping, Sequence

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.rcode
from multisigner_lab import settings
from multisigner_lab.daemons import PATIENCE, program, responds, start, unconfined

from . import places

AT_ONCE = 24
TIMEOUT = 8.0  # seconds; a resolver tries several servers in that time


@dataclass(frozen=True)
class Question:
    zone: str
    name: str
    type: str

    def __str__(self) -> str:
        return f"{self.name} {self.type}"


def questions(zone: str) -> list[Question]:
    """What a zone is asked for: everything at the apex, hosts, and each kind of denial, with names that nobody has in a cache."""
    fresh = secrets.token_hex(6)
    apex = [Question(zone, f"{zone}.", rtype) for rtype in ("SOA", "NS", "MX", "TXT", "CDS", "CDNSKEY", "DNSKEY")]
    below = [("www", "A"), ("www", "AAAA"), ("mail", "A"), ("blog", "A"), ("_imaps._tcp", "SRV"), ("rack1.dc1", "A"), ("plant", "DS")]
    denied = [(fresh, "A"), (f"{fresh}.wild", "A"), ("www", "MX"), ("mail", "MX"), ("_tcp", "A"), ("office", "DS"), (f"{fresh}.wild", "MX")]
    return apex + [Question(zone, f"{name}.{zone}.", rtype) for name, rtype in (*below, *denied)]


@dataclass(frozen=True)
class Resolver:
    """One kind of resolver on the address that it has in places.py."""

    kind: str

    @property
    def address(self) -> str:
        return places.RESOLVERS[self.kind]

    @contextmanager
    def running(self, folder: Path, sent_to: Mapping[str, str]) -> Iterator[None]:
        """With an empty cache, and for each zone of *sent_to* the one address that it is to ask. Ends with the block."""
        folder.mkdir(parents=True, exist_ok=True)
        lab = Path(os.environ["LAB_DIR"])
        command = _unbound(folder, lab, self.address, sent_to) if self.kind == "unbound" else _recursor(folder, lab, self.address, sent_to)
        daemon = start(self.kind, command, folder / f"{self.kind}.log", responds(self.address, settings.TLD, "SOA", authenticated=True))
        try:
            daemon.wait(time.monotonic() + PATIENCE)
            yield
        finally:
            daemon.process.kill()
            daemon.process.wait()

    def bogus(self, asked: Sequence[Question]) -> list[Question]:
        """Those that it answers with SERVFAIL, and otherwise when it is told not to validate (RFC 4035 section 3.2.2)."""
        return asyncio.run(self._bogus(asked))

    async def _bogus(self, asked: Sequence[Question]) -> list[Question]:
        turn = asyncio.Semaphore(AT_ONCE)

        async def fails(question: Question, checking: bool) -> bool:
            query = dns.message.make_query(question.name, question.type, want_dnssec=True)
            if not checking:
                query.flags |= dns.flags.CD
            try:
                answer = (await dns.asyncquery.udp_with_fallback(query, self.address, timeout=TIMEOUT))[0]
            except (OSError, dns.exception.DNSException):
                return True
            return answer.rcode() == dns.rcode.SERVFAIL

        async def is_bogus(question: Question) -> bool:
            async with turn:
                return await fails(question, checking=True) and not await fails(question, checking=False)

        return [question for question, bogus in zip(asked, await asyncio.gather(*map(is_bogus, asked))) if bogus]


def _unbound(folder: Path, lab: Path, address: str, sent_to: Mapping[str, str]) -> list[str]:
    configuration = folder / "unbound.conf"
    stubs = "".join(f'stub-zone:\n    name: "{zone}"\n    stub-addr: {server}\n' for zone, server in sent_to.items())
    configuration.write_text(
        f"""server:
    interface: {address}
    access-control: 127.0.0.0/8 allow
    directory: "{folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    do-ip6: no
    do-daemonize: no
    num-threads: 1
    do-not-query-localhost: no
    module-config: "validator iterator"
    root-hints: "{os.environ['LAB_ROOT_HINTS']}"
    trust-anchor-file: "{os.environ['LAB_TRUST_ANCHOR']}"
    trust-anchor-signaling: no
    aggressive-nsec: no
remote-control:
    control-enable: no
{stubs}""",
        encoding="ascii",
    )
    return [unconfined("unbound", lab), "-d", "-p", "-c", str(configuration)]


def _recursor(folder: Path, lab: Path, address: str, sent_to: Mapping[str, str]) -> list[str]:
    anchor = Path(os.environ["LAB_TRUST_ANCHOR"]).read_text(encoding="ascii").split(" DS ")[1].strip()
    (folder / "trust-anchor.lua").write_text(f'clearTA(".")\naddTA(".", "{anchor}")\n', encoding="ascii")
    forwards = ",".join(f"{zone}={server}" for zone, server in sent_to.items())
    (folder / "recursor.conf").write_text(
        f"""local-address={address}
allow-from=127.0.0.0/8
query-local-address=0.0.0.0
dont-query=
daemon=no
disable-syslog=yes
threads=1
socket-dir={folder}
hint-file={os.environ['LAB_ROOT_HINTS']}
lua-config-file={folder}/trust-anchor.lua
dnssec=validate
aggressive-nsec-cache-size=0
disable-packetcache=yes
serve-rfc1918=no
security-poll-suffix=
{f'forward-zones={forwards}' if forwards else ''}
""",
        encoding="ascii",
    )
    command = [unconfined("pdns_recursor", lab), f"--config-dir={folder}"]
    # From 5.2 on, this form of the settings has to be asked for; the YAML form of 5.x is unknown to 4.8.
    if "enable-old-settings" in subprocess.run([program("pdns_recursor"), "--help"], capture_output=True, text=True, check=False).stdout:
        command.append("--enable-old-settings")
    return command
