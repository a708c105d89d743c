# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes to a parent by update what was computed from a DS set that is no longer there: it must be refused, and change nothing.

    stale.py ADDRESS PARENT_ZONE KEY_NAME SECRET      the child is child.PARENT_ZONE; exit status 0 when all is as it should be
"""

from __future__ import annotations

import asyncio
import sys

import dns.message
import dns.query
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dsset import SignerKeys, compare, union_ds
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents import nsupdate
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.base import Delegation, Parent
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import Server, Tsig
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.update import ChangedMeanwhileError

KEY = DNSKEY(257, 3, 13, 64 * b"1")


def shown(address: str, zone: str) -> list[str]:
    return sorted(str(rrset) for rrset in dns.query.tcp(dns.message.make_query(zone, "DS"), address, timeout=5).answer)


def main() -> int:
    address, parent_zone, key_name, secret = sys.argv[1:]
    zone = f"child.{parent_zone}"
    signers = (SignerKeys("ns1", (KEY,), frozenset((KEY,))),)
    # As if there were no DS, though there is one by now; and as if there were another one.
    for present in ((), (DNSKEY(257, 3, 13, 64 * b"2").ds(zone),)):
        stale = Delegation(zone, parent_zone, signers, compare(zone, union_ds(zone, signers, (2,)), present, signers), 0)
        server = Server(address)
        parent = Parent((server,), server, Tsig(key_name, "hmac-sha256", secret), "", 60, 5, 5, "")
        before = shown(address, zone)
        try:
            asyncio.run(nsupdate.write(parent, stale, stale.steps[0]))
        except ChangedMeanwhileError as error:
            sys.stdout.write(f"{error}\n")
        else:
            sys.stdout.write("FAILED: a stale change was not refused\n")
            return 1
        if shown(address, zone) != before or not before:
            sys.stdout.write("FAILED: a stale change changed something, or there was nothing\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
