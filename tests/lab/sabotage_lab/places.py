# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything answers: addresses on loopback, host names in the parent zone, and which servers a signer has. Values only."""

from __future__ import annotations

from typing import Mapping, Sequence

from multisigner_lab import settings

PARENT_ZONE = "sabotage.example"
# The registry of example. holds this host name, and nothing uses its address in the lab as it is by default.
PARENT_NAME, PARENT = settings.NS3_NAME, settings.NS3

# One address each. The named of this lab serves the first four and refuses at the fifth; the others are front.py's, or nobody's.
ADDRESSES: Mapping[str, str] = {
    "alpha": "127.53.4.1",
    "beta": "127.53.4.2",
    "gamma": "127.53.4.3",
    "beta-second": "fd53::4:12",  # over IPv6 only
    "beta-refusing": "127.53.4.13",
    "beta-lame": "127.53.4.14",
    "beta-silent": "127.53.4.15",
    "beta-without-tcp": "127.53.4.16",
    "beta-down": "127.53.4.17",
    # the first server of alpha under another name
    "alpha-alias": "127.53.4.1",
}
VIEWS = ("alpha", "beta", "gamma", "beta-second")  # servers that have copies of their own
REFUSING = "beta-refusing"
# every signer with its servers; those of beta that have a second one are signers of their own to the inventory
SIGNERS: Mapping[str, tuple[str, ...]] = {
    "alpha": ("alpha",),
    "beta": ("beta",),
    "gamma": ("gamma",),
    **{name: ("beta", name) for name in ADDRESSES if name.startswith("beta-")},
}
# resolvers of the referees, each started anew with an empty cache for every round
RESOLVERS: Mapping[str, str] = {"unbound": "127.53.7.1", "pdns-recursor": "127.53.7.2"}
# For each ordered pair of servers: who answers for DNSKEY like the first and for everything else like the second
PAIRS: Mapping[tuple[str, str], str] = {
    (keys, answers): f"127.53.6.{10 * (row + 1) + column}" for row, keys in enumerate(VIEWS) for column, answers in enumerate(VIEWS)
}


def is_ipv6(address: str) -> bool:
    return ":" in address


def host_name(server: str) -> str:
    """The name that stands for a server in NS RRsets; the parent zone has its address."""
    return f"ns.{server}.{PARENT_ZONE}."


def signer_of(server: str, signers: Sequence[str]) -> str:
    """Which of *signers* a server belongs to; raises StopIteration for a server of none."""
    return next(name for name in signers if server in SIGNERS[name])
