# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that a zone of the sabotage lab is described by. No I/O; build.py makes files of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Callable, Mapping, Sequence

from . import places

TTL = 300  # seconds, of every record where nothing else is said
KEY_TYPES = ("DNSKEY", "CDS", "CDNSKEY")  # what a KSK signs in BIND; everything else is zone data
KSK, ZSK, CSK = "KSK", "ZSK", "CSK"
INFORMATION, WARNING, ERROR, CRITICAL = "information", "warning", "error", "critical"
SEVERITIES = (INFORMATION, WARNING, ERROR, CRITICAL)

RSASHA256, ECDSAP256SHA256, ECDSAP384SHA384, ED25519 = 8, 13, 14, 15


@dataclass(frozen=True, order=True)
class Key:
    """A key pair of a zone. *altered*: what the published copy of it has wrong, "flags" or "bytes"."""

    owner: str
    use: str
    number: int = 1
    algorithm: int = ECDSAP256SHA256
    altered: str = ""

    @property
    def is_sep(self) -> bool:
        return self.use != ZSK


@dataclass(frozen=True)
class Own:
    """The keys of one signer: what it signs with, and those that it only publishes."""

    signs_keys: tuple[Key, ...]
    signs_zone: tuple[Key, ...]
    waiting: tuple[Key, ...] = ()

    @property
    def all(self) -> tuple[Key, ...]:
        return tuple(dict.fromkeys((*self.signs_keys, *self.signs_zone, *self.waiting)))

    @property
    def zone_signing(self) -> tuple[Key, ...]:
        """What the other signers have to publish (RFC 8901 section 2.1.2)."""
        return tuple(key for key in self.all if key.use != KSK)

    @property
    def sep(self) -> tuple[Key, ...]:
        return tuple(key for key in self.all if key.is_sep)


@dataclass(frozen=True)
class Record:
    """A record of a zone file; *owner* is absolute, *covers* is what an RRSIG covers."""

    owner: str
    ttl: int
    type: str
    rdata: str

    @property
    def covers(self) -> str:
        return self.rdata.split()[0] if self.type == "RRSIG" else ""

    @property
    def key_tag(self) -> int:
        """Of an RRSIG."""
        return int(self.rdata.split()[6])

    def __str__(self) -> str:
        return f"{self.owner} {self.ttl} IN {self.type} {self.rdata}"


# Changes a signed zone: its records, and its name with a dot at the end.
Edit = Callable[[Sequence[Record], str], "list[Record]"]


@dataclass(frozen=True)
class Validity:
    """When signatures begin and end, seconds from now."""

    begins: int = -3600
    ends: int = 30 * 86400


@dataclass(frozen=True)
class Resigned:
    """The signatures over one RRset are those of another signing of the zone. *owner* is relative, "" is the apex."""

    owner: str
    type: str
    validity: Validity = Validity()
    keys: tuple[Key, ...] = ()  # those of the copy when there are none


@dataclass(frozen=True)
class Nsec3:
    salt: str = "-"
    iterations: int = 0
    opt_out: bool = False


@dataclass(frozen=True)
class Copy:
    """What one server serves. *ghosts* sign zone data without being in the DNSKEY RRset; *extra* and *replaced* are content,
    the latter by (owner relative to the zone, type)."""

    server: str
    published: tuple[Key, ...]
    signs_keys: tuple[Key, ...]
    signs_zone: tuple[Key, ...]
    ns: tuple[str, ...]
    cds: tuple[Key, ...] = ()
    cdnskey: tuple[Key, ...] = ()
    cds_delete: bool = False
    ghosts: tuple[Key, ...] = ()
    serial: int = 1
    dnskey_ttl: int = TTL
    nsec3: Nsec3 | None = None
    validity: Validity = Validity()
    resigned: tuple[Resigned, ...] = ()
    extra: tuple[str, ...] = ()
    replaced: tuple[tuple[str, str, str], ...] = ()
    edits: tuple[Edit, ...] = ()

    @property
    def is_signed(self) -> bool:
        return bool(self.signs_keys or self.signs_zone)


@dataclass(frozen=True)
class DelegationSigner:
    """A DS at the parent. *digest*: in place of the right one."""

    key: Key
    digest: str = ""


@dataclass(frozen=True)
class Expected:
    """What a verifier has to find: a check of facts/verify.md by its number, at one of *servers* (none: at the parent).

    *beside*: numbers of other checks that the same fault necessarily fails too.
    """

    number: int
    severity: str
    servers: tuple[str, ...] = ()
    beside: tuple[int, ...] = ()


@dataclass(frozen=True)
class Zone:
    """A zone with everything that is published about it. *delegation*: the servers in the parent's NS RRset."""

    label: str
    story: str
    copies: tuple[Copy, ...]
    ds: tuple[DelegationSigner, ...]
    delegation: tuple[str, ...]
    signers: tuple[str, ...]
    leaving: tuple[str, ...] = ()
    expected: Expected | None = None
    needs_declaration: bool = False  # without being told who joins or leaves nobody could call it correct

    @property
    def name(self) -> str:
        return f"{self.label}.{places.PARENT_ZONE}"

    @property
    def servers(self) -> tuple[str, ...]:
        """Everybody who is delegated to, or serves it."""
        return tuple(dict.fromkeys((*self.delegation, *(copy.server for copy in self.copies))))

    def key_pairs(self) -> tuple[Key, ...]:
        """Every key pair that is needed."""
        needed = [ds.key for ds in self.ds]
        for copy in self.copies:
            needed += (*copy.published, *copy.signs_keys, *copy.signs_zone, *copy.ghosts, *copy.cds, *copy.cdnskey)
            needed += (key for resigned in copy.resigned for key in resigned.keys)
        return tuple(sorted({replace(key, altered="") for key in needed}))

    def at(self, server: str, **changes: object) -> Zone:
        """The same zone with the copy at *server* changed."""
        if server not in {copy.server for copy in self.copies}:
            raise ValueError(f"{self.label} has no copy at {server}")
        return replace(self, copies=tuple(replace(copy, **changes) if copy.server == server else copy for copy in self.copies))  # type: ignore[arg-type]

    def everywhere(self, **changes: object) -> Zone:
        return replace(self, copies=tuple(replace(copy, **changes) for copy in self.copies))  # type: ignore[arg-type]

    def copy(self, server: str) -> Copy:
        return next(copy for copy in self.copies if copy.server == server)


def key(owner: str, use: str, number: int = 1, algorithm: int = ECDSAP256SHA256) -> Key:
    return Key(owner, use, number, algorithm)


def split_keys(owner: str, algorithm: int = ECDSAP256SHA256) -> Own:
    """A KSK and a ZSK."""
    return Own((key(owner, KSK, algorithm=algorithm),), (key(owner, ZSK, algorithm=algorithm),))


def common_key(owner: str, algorithm: int = ECDSAP256SHA256) -> Own:
    """A CSK (RFC 8901 calls it that, too)."""
    csk = key(owner, CSK, algorithm=algorithm)
    return Own((csk,), (csk,))


def group(label: str, story: str, own: Mapping[str, Own], **changes: object) -> Zone:
    """A correct zone: every signer publishes all keys of all, lists all KSKs and CSKs in CDS and CDNSKEY, and the parent has
    their DS. *own*: for each server the keys that are its signer's. *changes* are those of every copy."""
    servers = tuple(own)
    published = tuple(dict.fromkeys(key for keys in own.values() for key in keys.all))
    sep = tuple(key for key in published if key.is_sep)
    copies = tuple(Copy(server, published, keys.signs_keys, keys.signs_zone, servers, sep, sep) for server, keys in own.items())
    return Zone(label, story, copies, tuple(DelegationSigner(key) for key in sep), servers, servers).everywhere(**changes)
