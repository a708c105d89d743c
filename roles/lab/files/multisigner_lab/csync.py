# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the registry does for a CSYNC of a zone (RFC 7477 section 3): it takes the NS from the zone, and the glue where it is asked to.

It asks every server of the delegation, believes only what the zone's DS authenticates, and does nothing unless all say the same (RFC 9975
section 4). It never leaves a delegation without an NS, nor a server below the zone without an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import dns.rrset

from .ask import Delegation, Keys, trusted, trusted_keys
from .daemons import LabError

IMMEDIATE, SOAMINIMUM = 1, 2  # RFC 7477 section 2.1.1.2
TTL = 3  # seconds, of the NS and glue that the registry makes


@dataclass(frozen=True)
class Shown:
    """What one server of the zone shows: its serial, its CSYNC as text (empty for none), its NS with their final dots, and the addresses
    of those below the zone."""

    serial: int
    csync: str
    names: frozenset[str]
    glue: Mapping[str, frozenset[str]]


def look(address: str, zone: str, ds: Sequence[dns.rrset.RRset]) -> Shown:
    """Raises LabError for a server that does not answer, and for answers that nothing authenticates or that changed meanwhile."""
    keys = trusted_keys(address, zone, ds)
    before = _serial(address, zone, keys)
    csync = trusted(address, zone, zone, "CSYNC", keys)
    if not csync:
        return Shown(before, "", frozenset(), {})
    names = frozenset(rdata.target.to_text().lower() for rdata in trusted(address, zone, zone, "NS", keys))
    below = sorted(name for name in names if name.endswith(f".{zone}."))
    glue = {name: frozenset(rdata.address for rdata in trusted(address, zone, name, "A", keys)) for name in below}
    if _serial(address, zone, keys) != before:
        raise LabError(f"{address} changed the zone meanwhile")
    return Shown(before, " | ".join(sorted(rdata.to_text() for rdata in csync)), names, glue)


def changes(zone: str, now: Delegation, shown: Mapping[str, Shown]) -> str:
    """The script for nsupdate that makes the delegation what the CSYNC says; empty when it is that. Raises LabError for what is left alone."""
    told = {one.csync for one in shown.values()}
    if told == {""}:
        return ""
    if len(told) > 1 or len({(one.names, tuple(sorted(one.glue.items()))) for one in shown.values()}) > 1:
        raise LabError(f"CSYNC, NS or addresses differ between {', '.join(shown)}")
    serial, flags, types = _parse(told.pop())
    if flags & SOAMINIMUM and any((one.serial - serial) % 2**32 >= 2**31 for one in shown.values()):
        raise LabError(f"the serial is below {serial} at {', '.join(address for address, one in shown.items() if one.serial < serial)}")
    if not flags & IMMEDIATE:
        raise LabError("its CSYNC wants somebody to confirm it, and nobody does here")
    one = next(one for one in shown.values())
    if not one.names:
        raise LabError("the zone has no NS")
    lines = [f"update add {zone}. {TTL} NS {name}" for name in sorted(one.names - set(now.names))]
    lines += [f"update delete {zone}. NS {name}" for name in sorted(set(now.names) - one.names)]
    for name, addresses in sorted(one.glue.items()):
        known = now.glue.get(name, frozenset())
        if "A" not in types:
            addresses = known
        if not addresses:
            raise LabError(f"{name} is below the zone and would be without an address")
        lines += [f"update add {name} {TTL} A {address}" for address in sorted(addresses - known)]
        lines += [f"update delete {name} A {address}" for address in sorted(known - addresses)]
    return "".join(f"{line}\n" for line in [*lines, "send"]) if lines else ""


def _parse(text: str) -> tuple[int, int, tuple[str, ...]]:
    if " | " in text:
        raise LabError("the zone has more than one CSYNC")
    serial, flags, *types = text.split()
    if int(flags) & ~(IMMEDIATE | SOAMINIMUM) or "NS" not in types or not set(types) <= {"A", "NS", "AAAA"}:
        raise LabError(f"its CSYNC {text} asks for what this registry does not know")
    return int(serial), int(flags), tuple(types)


def _serial(address: str, zone: str, keys: Keys) -> int:
    return next((int(rdata.serial) for rdata in trusted(address, zone, zone, "SOA", keys)), 0)
