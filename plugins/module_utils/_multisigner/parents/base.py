# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a channel to a parent is given, what it can do, and what it must be: one record each. No I/O."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Awaitable, Callable

from ..dnskey import DS
from ..dsset import DsChange, SignerKeys
from ..outcome import Outcome
from ..resolve import Server, Tsig


@dataclass(frozen=True)
class Capabilities:
    """One kind of channel. *reaches_parent*: what it writes takes effect at the parent by itself, so it is read back there."""

    reaches_parent: bool


@dataclass(frozen=True)
class Parent:
    """The parent as the module was told about it. *zone* is empty when its name is to be found. *ttl*, *timeout* and *max_wait* in seconds."""

    servers: tuple[Server, ...]
    primary: Server
    tsig: Tsig | None
    zone: str
    ttl: int
    timeout: float
    max_wait: float
    export_dir: str


@dataclass(frozen=True)
class Delegation:
    """One zone, its parent zone, and how its DS set is to change. *ttl*: seconds, of the DS RRset that the parent shows; 0 for none."""

    zone: str
    parent_zone: str
    signers: tuple[SignerKeys, ...]
    change: DsChange
    ttl: int


@dataclass(frozen=True)
class Channel:
    """*publish* writes, or in check mode (its last argument) tells what it would write. It raises MultisignerError."""

    capabilities: Capabilities
    publish: Callable[[Parent, Delegation, bool], Awaitable[Outcome]]


def ds_lines(zone: str, values: tuple[DS, ...]) -> tuple[str, ...]:
    """DS records as `dnssec-dsfromkey` prints them: no TTL, the digest in upper-case hex."""
    return tuple(f'{zone}. IN DS {ds.tag} {ds.algorithm} {ds.digest_type} {ds.digest.hex().upper()}' for ds in values)
