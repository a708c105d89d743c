# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real BIND for one test module, on 127.0.0.1 and a free port, in a folder of its own.

    with RealBind(folder, {'shop.example': 'dnssec-policy plain; inline-signing no; ' + UPDATES}) as bind:
        bind.server.port, bind.serial('shop.example'), bind.count('updating zone')

It controls nothing outside that folder, and leaves no process behind.
"""
from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Mapping

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsigkeyring
import dns.update

PATH = os.environ.get('PATH', '') + ':/usr/sbin:/sbin'
NAMED = shutil.which('named', path=PATH)
KEY_NAME = 'multisigner'
KEY_SECRET = 'bXVsdGlzaWduZXItdGVzdC1rZXktZm9yLWxvb3BiYWNr'
UPDATES = 'update-policy { grant multisigner name . DNSKEY CDS CDNSKEY; };'

_CONFIGURATION = """
key "multisigner" {{ algorithm hmac-sha256; secret "{secret}"; }};
controls {{ }};
options {{
    directory "{folder}"; pid-file none; session-keyfile none; managed-keys-directory "{folder}";
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
    recursion no; notify no; dnssec-validation no;
}};
logging {{
    channel log {{ file "{folder}/log"; severity info; print-category yes; }};
    category default {{ log; }}; category update {{ log; }}; category queries {{ log; }};
}};
dnssec-policy plain {{ keys {{ ksk lifetime unlimited algorithm 13; zsk lifetime unlimited algorithm 13; }}; }};
"""
_CONTENT = """$TTL 300
@ SOA ns hostmaster 1 3600 900 604800 300
@ NS ns
ns A 127.0.0.1
"""


class RealBind:
    """*zones*: the statements of each primary zone; *content*: records that a zone has beyond SOA, NS and their address."""

    def __init__(self, folder: Path, zones: Mapping[str, str], content: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.port = _free_port()
        text = _CONFIGURATION.format(folder=folder, port=self.port, secret=KEY_SECRET)
        for zone, statements in zones.items():
            file = folder / f'{zone}.zone'
            file.write_text(_CONTENT + (content or {}).get(zone, ''))
            keys = folder / f'{zone}.keys'
            keys.mkdir()
            statements = statements.replace('name .', f'name {zone}.')
            text += f'zone "{zone}" {{ type primary; file "{file}"; key-directory "{keys}"; {statements} }};\n'
        (folder / 'named.conf').write_text(text)
        self._zones = list(zones)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> RealBind:
        assert NAMED, 'named is needed'
        named = shutil.copy(NAMED, self.folder / 'named')  # AppArmor's profile goes by the program's path, and knows nothing of this folder
        # a test run that is killed tears nothing down: named must go with the process that started it
        command = ['setpriv', '--pdeathsig', 'KILL', named, '-f', '-n', '1', '-c', str(self.folder / 'named.conf')]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not all(self._is_ready(zone) for zone in self._zones):
            assert self._process.poll() is None and time.monotonic() < deadline, (self.folder / 'log').read_text()
            time.sleep(0.05)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    @property
    def version(self) -> tuple[int, int]:
        """As in "BIND 9.18.49-...": (9, 18)."""
        said = subprocess.run([NAMED or 'named', '-v'], check=True, capture_output=True, text=True).stdout
        major, minor = said.split()[1].split('.')[:2]
        return int(major), int(minor)

    def ask(self, name: str, rdtype: str) -> dns.message.Message:
        """An answer over TCP, with DNSSEC records."""
        return dns.query.tcp(dns.message.make_query(name, rdtype, want_dnssec=True), '127.0.0.1', port=self.port, timeout=5)

    def add(self, zone: str, record: str) -> None:
        """A record put there by somebody else, past what is tested."""
        owner, ttl, _class, rtype, rdata = record.split(' ', 4)
        update = dns.update.UpdateMessage(zone, keyring=dns.tsigkeyring.from_text({KEY_NAME: KEY_SECRET}), keyalgorithm='hmac-sha256')
        update.add(owner, int(ttl), rtype, rdata)
        assert dns.query.tcp(update, '127.0.0.1', port=self.port, timeout=5).rcode() == dns.rcode.NOERROR

    def remove(self, zone: str, owner: str, rdtype: str) -> None:
        """An RRset that somebody else takes away."""
        update = dns.update.UpdateMessage(zone, keyring=dns.tsigkeyring.from_text({KEY_NAME: KEY_SECRET}), keyalgorithm='hmac-sha256')
        update.delete(f'{owner}.', rdtype)
        assert dns.query.tcp(update, '127.0.0.1', port=self.port, timeout=5).rcode() == dns.rcode.NOERROR

    def serial(self, zone: str) -> int:
        return int(self.ask(zone, 'SOA').answer[0][0].serial)

    def texts(self, zone: str, rdtype: str) -> set[str]:
        """The RDATA of an RRset as texts."""
        return {str(rdata) for rrset in self.ask(zone, rdtype).answer if rrset.rdtype == dns.rdatatype.from_text(rdtype) for rdata in rrset}

    def count(self, text: str) -> int:
        """How many lines of the log have *text*."""
        return sum(text in line for line in (self.folder / 'log').read_text().splitlines())

    def _is_ready(self, zone: str) -> bool:
        """Served, and signed with every key where it is to be signed: BIND notes in records of a private type how far it is."""
        signed = 'dnssec-policy' in (self.folder / 'named.conf').read_text().split(f'zone "{zone}"', 1)[1].split('\n', 1)[0]
        try:
            served = self.ask(zone, 'SOA')
            progress = [rdata.to_generic().data for rrset in self.ask(zone, 'TYPE65534').answer if rrset.rdtype == 65534 for rdata in rrset]
        except (OSError, EOFError, dns.exception.DNSException):
            return False
        return bool(served.answer) and (not signed or (bool(progress) and all(note[-1] for note in progress)))


def _free_port() -> int:
    """A port that nobody uses, below those that the kernel hands out to clients: one of them could take it before named does."""
    while True:
        port = 10000 + secrets.randbelow(20000)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            try:
                stream.bind(('127.0.0.1', port))
                datagram.bind(('127.0.0.1', port))
            except OSError:
                continue
        return port
