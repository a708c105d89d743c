# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same zones in another shape: with NSEC3, and with the two signers' parts exchanged. What is to be found stays the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterable, Iterator

from .zone import Expected, Nsec3, Zone

_DENIAL = 21  # its fault is that only one signer has NSEC3
_EXCHANGED = {"alpha": "beta", "beta": "alpha"}


def variants(zones: Iterable[Zone]) -> Iterator[Zone]:
    """Each of *zones* as often as it has another shape."""
    for zone in zones:
        if all(copy.nsec3 is None for copy in zone.copies) and not (zone.expected and zone.expected.number == _DENIAL):
            yield replace(zone.everywhere(nsec3=Nsec3()), label=f"{zone.label}-nsec3")
        # a second server and an alias belong to the signer that they are named after
        if set(zone.servers) <= {"alpha", "beta", "gamma"}:
            yield _exchanged(zone)


def _exchanged(zone: Zone) -> Zone:
    return replace(
        zone,
        label=f"{zone.label}-exchanged",
        copies=tuple(replace(copy, server=_other(copy.server), ns=_others(copy.ns)) for copy in zone.copies),
        delegation=_others(zone.delegation),
        signers=_others(zone.signers),
        leaving=_others(zone.leaving),
        expected=_expected(zone.expected),
    )


def _expected(expected: Expected | None) -> Expected | None:
    return None if expected is None else replace(expected, servers=_others(expected.servers))


def _other(server: str) -> str:
    return _EXCHANGED.get(server, server)


def _others(servers: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(_other, servers))
