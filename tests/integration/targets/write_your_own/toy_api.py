# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Toy DNS, the provider that the guide makes up, in front of the lab's servers: a signer's API before a real BIND, a registrar's before the registry.

    toy_api.py PORT TOKEN LOG KEYS SIGNER NAME SECRET REGISTRY ZONE NAME SECRET

KEYS is the folder in which each zone of the signer has a folder with its K*.key files. NAME and SECRET are TSIG keys. LOG gets each request.
"""
from __future__ import annotations

import http.server
import json
import sys
from pathlib import Path
from typing import Any

import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update


class Server:
    """A name server that takes updates."""

    def __init__(self, address: str, name: str, secret: str) -> None:
        self.address = address
        self.key = dns.tsigkeyring.from_text({name: ('hmac-sha256', secret)})

    def update(self, zone: str, owner: str, ttl: int, rtype: str, add: set[str], remove: set[str]) -> None:
        message = dns.update.UpdateMessage(zone, keyring=self.key)
        for text in sorted(remove):
            message.delete(f'{owner}.', rtype, text)
        for text in sorted(add):
            message.add(f'{owner}.', ttl, rtype, text)
        answer = dns.query.tcp(message, self.address, timeout=10)
        if answer.rcode() != dns.rcode.NOERROR:
            raise ValueError(dns.rcode.to_text(answer.rcode()))


class Toy:
    """What the API answers. A path that it does not know is a KeyError, a request that a server refuses a ValueError."""

    def __init__(self, keys: Path, signer: Server, registry: Server, registry_zone: str) -> None:
        self.keys, self.signer, self.registry, self.registry_zone = keys, signer, registry, registry_zone
        self.records: dict[str, dict[str, Any]] = {}
        self.ds: dict[str, dict[int, str]] = {}
        self.last = 0

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        what, zone, *below = path.strip('/').split('/')
        return (self._zone if what == 'zones' else {'domains': self._domain}[what])(method, zone, below, body)

    def _zone(self, method: str, zone: str, below: list[str], body: Any) -> tuple[int, Any]:
        own = [self._dnskey(file) for file in sorted((self.keys / zone).glob('K*.key'))]
        if not own:
            raise KeyError(zone)
        records = self.records.setdefault(zone, {})
        if method == 'PUT':
            rtype, = below
            old, new = set(records.pop(rtype, {'records': ()})['records']), set(body['records'])
            self.signer.update(zone, zone, body['ttl'], rtype, new - old, old - new)
            if new:
                records[rtype] = body
            return 200, {}
        return 200, {'keys': own, 'records': records}

    @staticmethod
    def _dnskey(file: Path) -> str:
        line = next(line for line in file.read_text().splitlines() if not line.startswith(';'))
        return line.split(' DNSKEY ')[1]

    def _domain(self, method: str, zone: str, below: list[str], body: Any) -> tuple[int, Any]:
        found = self.ds.setdefault(zone, {})
        if method == 'POST':
            self.registry.update(self.registry_zone, zone, 3, 'DS', {body['record']}, set())
            self.last += 1
            found[self.last] = body['record']
            return 201, {'id': self.last}
        if method == 'DELETE':
            self.registry.update(self.registry_zone, zone, 3, 'DS', set(), {found.pop(int(below[1]))})
            return 204, None
        return 200, {'ds': [{'id': number, 'record': record} for number, record in found.items()]}


def handler(toy: Toy, token: str, log: Path) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get('Content-Length') or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            with log.open('a') as out:
                out.write(f'{self.command} {self.path}\n')
            try:
                status, answer = toy.answer(self.command, self.path, body) if self.headers.get('X-Toy-Token') == token else (401, {'error': 'who are you?'})
            except KeyError as error:
                status, answer = 404, {'error': f'no {error}'}
            except ValueError as error:
                status, answer = 400, {'error': str(error)}
            content = b'' if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header('Content-Type', 'application/json')
            self.send_header('Content-Length', str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = _serve  # noqa: N815  # what http.server calls

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name there
            return

    return Handler


def main(port: str, token: str, log: str, keys: str, signer: str, name: str, secret: str, registry: str, zone: str, other_name: str, other: str) -> None:
    toy = Toy(Path(keys), Server(signer, name, secret), Server(registry, other_name, other), zone)
    http.server.HTTPServer(('127.0.0.1', int(port)), handler(toy, token, Path(log))).serve_forever()


if __name__ == '__main__':
    main(*sys.argv[1:])
