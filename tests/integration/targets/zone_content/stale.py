# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes content as a run does that read the zone before somebody else changed it. The server must refuse all of it.

    stale.py ZONE TSIG_NAME TSIG_SECRET ADDRESS...
"""
from __future__ import annotations

import sys
from dataclasses import replace

from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.content import Change
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import Server, Tsig
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.content_changes import ByUpdate
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.update import ChangedMeanwhileError


def main(zone: str, name: str, secret: str, *addresses: str) -> int:
    place = (f"www.{zone}", "A")
    for address in addresses:
        target = ByUpdate(Server(address), Tsig(name, "hmac-sha256", secret), 5.0)
        now = target.read(zone).content[place]
        read = replace(now, records=frozenset(["203.0.113.7"]))  # what another writer has changed since
        new = replace(now, owner=f"stale.{zone}")
        changes = [
            (Change(new.place, None, new), Change(place, read, replace(now, records=frozenset(["203.0.113.8"])))),
            (Change(new.place, None, new), Change(place, read, None)),
            (Change(new.place, None, new), Change(place, None, replace(now, records=frozenset(["203.0.113.8"])))),
            (Change(new.place, None, new), Change(place, replace(now, records=frozenset([*now.records, "203.0.113.7"])), None)),
        ]
        for change in changes:
            try:
                target.write(zone, change)
            except ChangedMeanwhileError as error:
                print(error)
            else:
                print(f"{address} took what was read before a change")
                return 1
        content = target.read(zone).content
        if content[place] != now or new.place in content:
            print(f"{address} took a part of it")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
