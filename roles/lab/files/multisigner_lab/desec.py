# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""deSEC in the lab: PowerDNS, the stand-in of the API in front of it, and the shared zones' content, put there by that API."""

from __future__ import annotations

import http.client
import json
import os
import queue
import secrets
import sqlite3
import sys
import threading
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import requests

from . import content, settings
from .certificates import write_certificates
from .daemons import Daemon, LabError, listens, start, unconfined
from .settings import Lab, SharedZone

CONTROL_PORT = 8080
CONTROL_URL = f"http://{settings.DESEC_API}:{CONTROL_PORT}"
_POWERDNS_API = f"http://{settings.DESEC_API}:8081"
_SCHEMAS = ("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql", "/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql")
_WORKERS = 4  # PowerDNS takes one write at a time; the stand-in, its clients and TLS overlap with that
# what the collection writes at deSEC; a token of one's own for it can do no more than that
_WRITES = ("DNSKEY", "CDS", "CDNSKEY", "NS", "CSYNC")


@dataclass(frozen=True)
class Tokens:
    """`owner` may create domains and tokens; `multisigner` is what the main job gets: the key records of the apex, nothing else."""

    owner: str = field(default_factory=lambda: secrets.token_urlsafe(21))
    multisigner: str = field(default_factory=lambda: secrets.token_urlsafe(21))


def database(path: Path) -> None:
    """A new one for PowerDNS, without zones."""
    schema = next((Path(name) for name in _SCHEMAS if Path(name).exists()), None)
    if schema is None:
        raise LabError("PowerDNS's SQLite backend is missing. It is in Debian's package pdns-backend-sqlite3.")
    with closing(sqlite3.connect(path)) as made:
        made.executescript(schema.read_text(encoding="utf-8"))


def start_powerdns(lab: Lab, api_key: str) -> Daemon:
    folder = lab.folder("desec")
    folder.mkdir()
    database(folder / "pdns.sqlite3")
    (folder / "pdns.conf").write_text(
        f"""launch=gsqlite3
gsqlite3-database={folder}/pdns.sqlite3
gsqlite3-dnssec=yes
gsqlite3-pragma-synchronous=0
gsqlite3-pragma-foreign-keys=1
local-address={settings.DESEC_1},{settings.DESEC_2}
socket-dir={folder}
direct-dnskey=yes
default-ksk-algorithm=ecdsa256
api=yes
api-key={api_key}
webserver=yes
webserver-address={settings.DESEC_API}
webserver-port=8081
webserver-allow-from=127.0.0.0/8
disable-syslog=yes
loglevel=4
security-poll-suffix=
""",
        encoding="ascii",
    )
    command = [unconfined("pdns_server", lab.directory), f"--config-dir={folder}", "--guardian=no", "--daemon=no"]
    return start("PowerDNS (desec)", command, folder / "pdns.log", listens(settings.DESEC_1))


def start_stand_in(lab: Lab, tokens: Tokens, powerdns_api_key: str) -> Daemon:
    folder = lab.folder("desec")
    write_certificates(settings.DESEC_API_NAME.rstrip("."), lab.ca_file, folder / "api.pem", folder / "api.key")
    policies: list[dict[str, object]] = [{"domain": None, "subname": None, "type": None, "perm_write": False}]
    policies += [{"domain": None, "subname": "", "type": record_type, "perm_write": True} for record_type in _WRITES]
    configuration = {
        "listen": {"address": settings.DESEC_API, "port": 443, "certificate": str(folder / "api.pem"), "key": str(folder / "api.key")},
        "control": {"port": CONTROL_PORT},
        "powerdns": {"url": _POWERDNS_API, "api_key": powerdns_api_key},
        "name_servers": list(settings.DESEC_NAMES),
        "ttl": {"minimum": lab.ttl, "dnskey": lab.ttl, "name_servers": lab.ttl, "soa": lab.ttl},
        # no limits while the lab fills its own zones
        "throttle": {"enabled": False},
        "accounts": [
            {
                "email": "operator@shop.example",
                "limit_domains": len(lab.zones) + 1,  # one that a test has created
                "tokens": [
                    {"name": "owner", "token": tokens.owner, "perm_create_domain": True, "perm_delete_domain": True, "perm_manage_tokens": True},
                    {"name": "multisigner", "token": tokens.multisigner, "policies": policies},
                ],
            }
        ],
    }
    path = folder / "stand-in.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(configuration, indent=1), encoding="ascii")
    files = Path(__file__).parent.parent
    log = folder / "stand-in.log"
    command = [sys.executable, "-m", "desec_standin", "--config", str(path)]
    return start("the deSEC stand-in", command, log, _control_answers, {**os.environ, "PYTHONPATH": str(files)})


def _control_answers() -> bool:
    connection = http.client.HTTPConnection(settings.DESEC_API, CONTROL_PORT, timeout=1)
    with closing(connection):
        try:
            connection.request("GET", "/settings")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def fill(lab: Lab, tokens: Tokens) -> None:
    """Creates every shared zone at deSEC with the content that its BIND signer has; then the limits begin to count."""
    waiting: queue.SimpleQueue[SharedZone] = queue.SimpleQueue()
    for zone in lab.zones:
        waiting.put(zone)
    troubles: queue.SimpleQueue[str] = queue.SimpleQueue()
    threads = [threading.Thread(target=_fill_some, args=(lab, tokens, waiting, troubles)) for _unused in range(min(_WORKERS, len(lab.zones)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not troubles.empty():
        raise LabError(troubles.get())
    throttle = {"enabled": lab.desec_limits > 0, "scale": lab.desec_limits or 1.0}
    requests.patch(f"{CONTROL_URL}/settings", json={"throttle": throttle}, timeout=10).raise_for_status()
    requests.delete(f"{CONTROL_URL}/requests", timeout=10).raise_for_status()


def _fill_some(lab: Lab, tokens: Tokens, waiting: queue.SimpleQueue[SharedZone], troubles: queue.SimpleQueue[str]) -> None:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(lab.ca_file)
        session.headers["Authorization"] = f"Token {tokens.owner}"
        try:
            while troubles.empty():
                _fill_one(lab, session, waiting.get_nowait())
        except queue.Empty:
            pass
        except (requests.RequestException, LabError) as error:
            troubles.put(f"The shared zones cannot be filled at {settings.DESEC_URL}: {error}")


def _fill_one(lab: Lab, session: requests.Session, zone: SharedZone) -> None:
    domains = f"{settings.DESEC_URL}/domains/"
    for method, url, body in (
        ("POST", domains, {"name": zone.name}),
        ("PATCH", f"{domains}{zone.name}/rrsets/", content.desec_rrsets(zone, lab.ttl)),
    ):
        answer = session.request(method, url, json=body, timeout=30)
        if not answer.ok:
            raise LabError(f"{method} {url} answered {answer.status_code}: {answer.text[:500]}")
