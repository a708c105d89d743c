# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every server answered to every probe: the values between asking (discover.py, probe.py) and judging (all the rest).

RRsets are dnspython's, as they came. What could not be had is a failure in its place, never an empty answer. It decides nothing.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Mapping

from ..dnskey import DNSKEY
from ..resolve import Server, Tsig

# What went wrong with one question.
SILENT = 'silent'  # no answer at all
MALFORMED = 'malformed'  # an answer that cannot be read
NO_TCP = 'no_tcp'  # truncated over UDP, and no answer over TCP
BROKEN = 'broken'  # the connection was refused or ended
NO_ROUTE = 'no_route'  # this machine cannot reach addresses of that family

# What a probe is to bring out.
APEX = 'apex'
FRESH = 'fresh'  # a name that nobody can have made
NODATA = 'nodata'  # a name that exists, without this type
WILDCARD = 'wildcard'  # a fresh name below a wildcard
NAME = 'name'
DELEGATION = 'delegation'  # the DS of a zone below

RRSIGS_CONSIDERED = 8  # of an RRset; more are not checked (KeyTrap, CVE-2023-50387)


@dataclass(frozen=True, order=True)
class Probe:
    """One question: *name* as text with its final dot, *rtype* as text. The same for every server of a zone."""

    kind: str
    name: str
    rtype: str
    over_tcp: bool = False

    def __str__(self) -> str:
        return f'{self.name} {self.rtype}'


@dataclass(frozen=True)
class Failure:
    """Why there is no answer: one of the kinds above, and what was seen in words."""

    kind: str
    what: str


@dataclass(frozen=True, eq=False)
class SignedRRset:
    """An RRset of dnspython with the RRSIG records over it that came in the same section."""

    rrset: Any
    rrsigs: tuple[Any, ...] = ()

    @property
    def name(self) -> Any:
        return self.rrset.name

    @property
    def rtype(self) -> int:
        return int(self.rrset.rdtype)

    @cached_property
    def identity(self) -> Any:
        """Equal for equal RRsets with equal signatures, as far as these are looked at, whichever server they came from; its first three
        parts for equal RRsets."""
        return self.rrset.name, self.rtype, frozenset(self.rrset), frozenset(self.rrsigs[:RRSIGS_CONSIDERED])


@dataclass(frozen=True, eq=False)
class Answer:
    """What came back: *rcode* and *authoritative* of its header, its *size* in bytes, whether it came over TCP since UDP *truncated* it."""

    rcode: int = 0
    authoritative: bool = True
    size: int = 0
    truncated: bool = False
    answer: tuple[SignedRRset, ...] = ()
    authority: tuple[SignedRRset, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, eq=False)
class Transfer:
    """The zone as AXFR gave it: the RDATA texts of every name and type that counts as content; or why there is none."""

    content: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    failure: str = ''


@dataclass(frozen=True, eq=False)
class ServerSurvey:
    """One address and its answers. *names* are the host names it was found by. *in_parent* and *in_child*: the NS RRset of the parent,
    and of the zone itself, lead to it. With *failure* it answers nothing at all."""

    server: Server
    names: tuple[str, ...] = ()
    in_parent: bool = False
    in_child: bool = False
    answers: Mapping[Probe, Answer] = field(default_factory=dict)
    transfer: Transfer | None = None
    failure: Failure | None = None
    limited: str = ''

    @property
    def address(self) -> str:
        """As findings name it: with the port where that is not 53."""
        return str(Server(self.server.address, self.server.port))


@dataclass(frozen=True, eq=False)
class ParentServerSurvey:
    """One server of the parent: the DS and NS of the zone. *why_not* says why the DS are not authenticated."""

    server: Server
    failure: str = ''
    ds: SignedRRset | None = None
    ns: frozenset[str] = frozenset()
    ns_ttl: int = 0
    authenticated: bool = False
    why_not: str = ''
    delegated: bool = True

    @property
    def address(self) -> str:
        return str(Server(self.server.address, self.server.port))


@dataclass(frozen=True)
class DeclaredSigner:
    """A signer as the user declared it: its *servers* are names or addresses, *leaving* and *dead* as in the group."""

    name: str
    servers: tuple[str, ...]
    port: int = 53
    tsig: Tsig | None = None
    leaving: bool = False
    dead: bool = False


@dataclass(frozen=True)
class Wait:
    """Something that a plan waits for, from the pass that planned it; *until* is ISO 8601 or empty."""

    what: str
    until: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What is known of a zone from its plan: what it waits for, and the records that it is about to add or remove."""

    state: str = ''
    waits: tuple[Wait, ...] = ()
    moving: frozenset[str] = frozenset()  # "TYPE RDATA" of records in steps, and of DS still to be brought or taken away


@dataclass(frozen=True)
class Target:
    """One zone to look at, as the user gave it."""

    zone: str
    parent: str = ''
    parent_servers: tuple[str, ...] = ()
    parent_port: int = 53
    signers: tuple[DeclaredSigner, ...] = ()
    names: tuple[str, ...] = ()
    mixed_algorithms: bool = False
    insecure: bool = False
    transfer: bool = False
    bootstrapping: bool = False
    plan: Plan | None = None
    followed: frozenset[DNSKEY] = frozenset()  # keys of which the passes know whose they are


@dataclass(frozen=True, eq=False)
class Signal:
    """What was found at a bootstrapping signal name (RFC 9615): CDS and CDNSKEY as texts; *failure* says why they cannot be trusted."""

    name: str
    cds: frozenset[str] = frozenset()
    cdnskeys: frozenset[str] = frozenset()
    failure: str = ''


@dataclass(frozen=True, eq=False)
class Survey:
    """Everything that was seen of one zone at *time* (seconds since 1970 UTC). *members* gives for each server's address the declared
    signer it belongs to; servers without one are grouped by their keys. *addressless* are NS names without an address,
    *unrouted* addresses that this machine has no way to."""

    target: Target
    time: int
    parent_zone: str = ''
    parents: tuple[ParentServerSurvey, ...] = ()
    servers: tuple[ServerSurvey, ...] = ()
    probes: tuple[Probe, ...] = ()
    members: Mapping[str, str] = field(default_factory=dict)
    addressless: tuple[str, ...] = ()
    unrouted: tuple[str, ...] = ()
    signals: tuple[Signal, ...] = ()

    @property
    def zone(self) -> str:
        return self.target.zone
