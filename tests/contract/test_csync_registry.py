# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's registry makes of a CSYNC is what RFC 7477 section 3 and RFC 9975 say of a parent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from multisigner_lab.ask import Delegation
from multisigner_lab.csync import Shown, changes
from multisigner_lab.daemons import LabError

ZONE = "shop.example"
NOW = Delegation(("ns1.test.", "ns2.test."), {})
SAYS = Shown(7, "0 1 NS", frozenset({"ns1.test.", "ns3.test."}), {})
BELOW = Delegation((f"ns.{ZONE}.",), {f"ns.{ZONE}.": frozenset({"192.0.2.1"})})


def test_the_ns_of_the_zone_take_the_place_of_the_delegations() -> None:
    script = changes(ZONE, NOW, {"a": SAYS, "b": SAYS})
    assert script == f"update add {ZONE}. 3 NS ns3.test.\nupdate delete {ZONE}. NS ns2.test.\nsend\n"


def test_without_a_csync_or_a_difference_nothing_is_done() -> None:
    assert changes(ZONE, NOW, {"a": replace(SAYS, csync="")}) == ""
    assert changes(ZONE, Delegation(("ns1.test.", "ns3.test."), {}), {"a": SAYS}) == ""


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        ({"a": SAYS, "b": replace(SAYS, names=frozenset({"ns1.test."}))}, "differ between a, b"),
        ({"a": SAYS, "b": replace(SAYS, csync="")}, "differ between a, b"),
        ({"a": replace(SAYS, csync="0 1 NS | 5 1 NS")}, "more than one CSYNC"),
        ({"a": replace(SAYS, csync="0 0 NS")}, "wants somebody to confirm it"),
        ({"a": replace(SAYS, csync="8 3 NS")}, "the serial is below 8 at a"),
        ({"a": replace(SAYS, csync="0 5 NS")}, "does not know"),
        ({"a": replace(SAYS, csync="0 1 NS MX")}, "does not know"),
        ({"a": replace(SAYS, names=frozenset())}, "has no NS"),
    ],
)
def test_what_is_not_clear_is_left_alone(shown: dict[str, Shown], why: str) -> None:
    with pytest.raises(LabError, match=why):
        changes(ZONE, NOW, shown)


def test_a_serial_that_is_high_enough_in_serial_arithmetic_is_followed() -> None:
    assert changes(ZONE, NOW, {"a": replace(SAYS, csync="7 3 NS")})
    assert changes(ZONE, NOW, {"a": replace(SAYS, serial=3, csync="4294967290 3 NS")})


def test_addresses_are_taken_only_where_the_csync_names_their_type() -> None:
    name = f"ns.{ZONE}."
    moved = Shown(7, "0 1 A NS", frozenset({name}), {name: frozenset({"192.0.2.2"})})
    assert changes(ZONE, BELOW, {"a": moved}) == f"update add {name} 3 A 192.0.2.2\nupdate delete {name} A 192.0.2.1\nsend\n"
    assert changes(ZONE, BELOW, {"a": replace(moved, csync="0 1 NS")}) == ""
    with pytest.raises(LabError, match="would be without an address"):
        changes(ZONE, BELOW, {"a": replace(moved, glue={name: frozenset()})})
