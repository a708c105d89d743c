# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PowerDNS server as its operator had it before: with its zones, unsigned, and its API, and none of the settings that several signers need.

These, and signing, are the work of the role powerdns_signer.
"""

from __future__ import annotations

from . import content, desec
from .daemons import Daemon, listens, start, tool, unconfined
from .settings import Lab, OwnSigner, Secret

API_PORT = 8081


def start_signer(lab: Lab, signer: OwnSigner, api_key: Secret) -> Daemon:
    folder = lab.folder(signer.name)
    for below in ("zones", "pdns.d"):
        (folder / below).mkdir(parents=True)
    desec.database(folder / "zones.sqlite3")
    (folder / "pdns.conf").write_text(
        f"""launch=gsqlite3
gsqlite3-database={folder}/zones.sqlite3
gsqlite3-dnssec=yes
gsqlite3-pragma-synchronous=0
gsqlite3-pragma-foreign-keys=1
local-address={signer.address}
socket-dir={folder}
include-dir={folder}/pdns.d
api=yes
api-key={api_key.secret}
webserver=yes
webserver-address={signer.address}
webserver-port={API_PORT}
webserver-allow-from=127.0.0.0/8
disable-syslog=yes
loglevel=4
security-poll-suffix=
""",
        encoding="ascii",
    )
    for zone in lab.zones_of(signer):
        lab.zone_file(signer, zone).write_text(content.zone_file(zone, signer, lab.ttl), encoding="ascii")
        tool("pdnsutil", f"--config-dir={folder}", "load-zone", zone.name, str(lab.zone_file(signer, zone)))
    program = unconfined("pdns_server", lab.directory)
    # a server that is restarted is another process: what the role starts stays here too
    restart = folder / "restart"
    restart.write_text(
        f"""#!/bin/sh -e
if [ -e {folder}/pid ]; then
  kill "$(cat {folder}/pid)"
  while kill -0 "$(cat {folder}/pid)" 2>/dev/null; do sleep 0.05; done
fi
setsid {program} --config-dir={folder} --guardian=no --daemon=no </dev/null >>{folder}/pdns.log 2>&1 &
echo $! >{folder}/pid
until dig +time=1 +tries=1 @{signer.address} . SOA >{folder}/dig 2>&1; do sleep 0.1; done
""",
        encoding="ascii",
    )
    restart.chmod(0o755)
    return start(f"PowerDNS ({signer.name})", [str(restart)], folder / "start.log", listens(signer.address))
