# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Knot server as its operator had it before: a knot.conf without any zone, and unsigned zone files. Writes its files and starts it.

Declaring the zones is the work of the role knot_signer.
"""

from __future__ import annotations

from . import content
from .daemons import Daemon, listens, start, unconfined
from .settings import Lab, OwnSigner


def start_signer(lab: Lab, signer: OwnSigner) -> Daemon:
    folder = lab.folder(signer.name)
    for below in ("zones", "run", "database"):
        (folder / below).mkdir(parents=True)
    for zone in lab.zones_of(signer):
        lab.zone_file(signer, zone).write_text(content.zone_file(zone, signer, lab.ttl), encoding="ascii")
    conf = folder / "knot.conf"
    conf.write_text(
        f"""server:
    rundir: "{folder}/run"
    user: root:root
    listen: {signer.address}@53
database:
    storage: "{folder}/database"
log:
  - target: stderr
    any: info
# what an operator may have for zones of one signer: it must not count for ours
template:
  - id: default
    storage: "{folder}/zones"
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
""",
        encoding="ascii",
    )
    return start(f"knotd ({signer.name})", [unconfined("knotd", lab.directory), "-c", str(conf)], folder / "knotd.log", listens(signer.address))
