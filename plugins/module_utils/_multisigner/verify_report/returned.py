# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dnssec_verify returned, as values. Pure: it reads the shape that the module documents, and judges nothing.

Everything in it came from servers that nobody vouches for; who shows it escapes it.
"""
from __future__ import annotations

import calendar
import time
from dataclasses import dataclass
from typing import Any, Iterable, Mapping

from ..dnskey import DIGEST_LENGTHS, DNSKEY, zone_name
from ..errors import MultisignerError
from ..verify.findings import SEVERITIES

_TIME = '%Y-%m-%dT%H:%M:%SZ'


@dataclass(frozen=True)
class Moment:
    """A point in time: *text* is ISO 8601 in UTC, *seconds* since 1970."""

    text: str
    seconds: int

    @classmethod
    def read(cls, text: str) -> Moment:
        return cls(text, calendar.timegm(time.strptime(text, _TIME)))

    def __str__(self) -> str:
        return f'{self.text[:10]} {self.text[11:16]} UTC'


@dataclass(frozen=True)
class Ds:
    """One DS of the parent; *servers* are those of its servers that have it."""

    text: str
    tag: int
    algorithm: int
    digest_type: int
    servers: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str, servers: Iterable[str] = ()) -> Ds:
        tag, algorithm, digest_type = (int(word) for word in text.split(' ')[:3])
        return cls(text, tag, algorithm, digest_type, tuple(servers))


@dataclass(frozen=True)
class ParentServer:
    server: str
    address: str
    error: str
    authenticated: bool
    why_not: str
    ds: tuple[str, ...]
    ds_ttl: int | None
    ns: tuple[str, ...]


@dataclass(frozen=True)
class Expiry:
    """The signature that ends first at a server."""

    until: Moment
    name: str
    rtype: str
    tag: int


@dataclass(frozen=True)
class Server:
    server: str
    name: str
    address: str
    error: str
    in_parent: bool
    in_zone: bool
    signed: bool
    serial: int | None
    dnskey_size: int | None
    truncated: bool
    tcp: bool | None
    dnskey_ttl: int | None
    ns: tuple[str, ...]
    cds: tuple[str, ...]
    cdnskeys: tuple[str, ...]
    denial: str
    expires: Expiry | None


@dataclass(frozen=True)
class Signer:
    name: str
    in_delegation: bool
    leaving: bool
    servers: tuple[Server, ...]

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(server.address for server in self.servers)


@dataclass(frozen=True)
class Key:
    """A DNSKEY that any server publishes. *owners* are the signers at which it signs; servers are named by their addresses."""

    text: str
    tag: int
    algorithm_name: str
    flags: int
    role: str
    owners: tuple[str, ...]
    has_ds: bool
    published_by: frozenset[str]
    signs_keys_at: frozenset[str]
    signs_zone_at: frozenset[str]

    @property
    def label(self) -> str:
        """Role and tag; what signs nothing is called after its flags (RFC 4034 section 2.1.1)."""
        return f'{self.role or ("KSK" if self.flags & 1 else "ZSK")} {self.tag}'

    def is_named_by(self, ds: Ds, zone: str) -> bool:
        """Whether *ds* is a DS of this key, by its digest: a tag says nothing for certain."""
        if not self.has_ds or ds.tag != self.tag or ds.digest_type not in DIGEST_LENGTHS:
            return False
        try:
            return DNSKEY.parse(self.text).ds(zone, ds.digest_type).text == ds.text
        except MultisignerError:
            return False  # a key that cannot be read has no DS


@dataclass(frozen=True)
class Told:
    """A finding as it was returned (see verify/findings.py)."""

    code: str
    number: int
    severity: str
    servers: tuple[str, ...]
    signers: tuple[str, ...]
    key: str
    ds: str
    name: str
    rtype: str
    what: str
    breaks: str
    remedy: str
    related: tuple[str, ...]


@dataclass(frozen=True)
class Cell:
    """The keys of one signer and the answers of another."""

    valid: int
    bogus: int
    first_failure: str


@dataclass(frozen=True)
class Cds:
    accepted: bool
    change: str
    why: tuple[str, ...]
    bootstrapping: tuple[str, ...] | None


@dataclass(frozen=True)
class Opinion:
    kind: str
    verdict: str
    why: str


@dataclass(frozen=True)
class Complaint:
    tool: str
    shows: str
    harmless: bool
    why: str


@dataclass(frozen=True)
class Wait:
    what: str
    until: Moment | None
    reason: str


@dataclass(frozen=True)
class Zone:
    """All that was found of one zone. *cells* by (keys of, answers of)."""

    name: str
    time: Moment
    worst: str
    secure: bool
    parent: str
    parent_zone: str
    parent_servers: tuple[ParentServer, ...]
    ds: tuple[Ds, ...]
    signers: tuple[Signer, ...]
    keys: tuple[Key, ...]
    probes: int
    cells: Mapping[tuple[str, str], Cell]
    findings: tuple[Told, ...]
    cds: Cds
    validators: tuple[Opinion, ...]
    analysers: tuple[Complaint, ...]
    waits: tuple[Wait, ...]

    @property
    def servers(self) -> tuple[tuple[Signer, Server], ...]:
        return tuple((signer, server) for signer in self.signers for server in signer.servers)


def read_zones(zones: Iterable[Any]) -> tuple[Zone, ...]:
    """Raises MultisignerError for what dnssec_verify does not return."""
    return tuple(_read(position, data) for position, data in enumerate(zones))


def _read(position: int, data: Any) -> Zone:
    try:
        return _zone(data)
    except (AttributeError, KeyError, MultisignerError, TypeError, ValueError) as error:
        raise MultisignerError(
            f'zones[{position}] is not what dnssec_verify returns: {type(error).__name__}: {error}',
            zone=str(data['name']) if isinstance(data, Mapping) and 'name' in data else None,
            remedy='Give the "zones" that dnssec_verify returned, as they are',
        ) from None


def _zone(data: Mapping[str, Any]) -> Zone:
    parent, cds = data['parent'], data['cds']
    parent_servers = tuple(_parent_server(one) for one in parent['servers'])
    return Zone(
        zone_name(data['name']), Moment.read(data['time']), _severity(data['worst']), bool(data['secure']), str(parent['name']), str(parent['zone']),
        parent_servers, _ds(parent_servers),
        tuple(_signer(one) for one in data['signers']),
        tuple(_key(one) for one in data['dnskeys']),
        len(data['probes']),
        {(str(one['keys_of']), str(one['answers_of'])): Cell(int(one['valid']), int(one['bogus']), str(one['first_failure'])) for one in data['matrix']},
        tuple(_told(one) for one in data['findings']),
        Cds(bool(cds['accepted']), str(cds['change']), _texts(cds['why']), None if cds['bootstrapping'] is None else _texts(cds['bootstrapping'])),
        tuple(Opinion(str(one['kind']), str(one['verdict']), str(one['why'])) for one in data['validators']),
        tuple(Complaint(str(one['tool']), str(one['shows']), bool(one['harmless']), str(one['why'])) for one in data['analysers']),
        tuple(Wait(str(one['for']), Moment.read(one['until']) if one['until'] else None, str(one['reason'])) for one in data['waits']),
    )


def _ds(servers: Iterable[ParentServer]) -> tuple[Ds, ...]:
    """What any server of the parent has."""
    holders: dict[str, list[str]] = {}
    for server in servers:
        for text in server.ds:
            holders.setdefault(text, []).append(server.address)
    return tuple(sorted((Ds.read(text, addresses) for text, addresses in holders.items()), key=lambda ds: (ds.tag, ds.text)))


def _parent_server(data: Mapping[str, Any]) -> ParentServer:
    return ParentServer(
        str(data['server']), str(data['address']), str(data['error']), bool(data['authenticated']), str(data['why_not']), _texts(data['ds']),
        _number(data['ds_ttl']), _texts(data['ns']),
    )


def _signer(data: Mapping[str, Any]) -> Signer:
    servers = tuple(_server(one) for one in data['servers'])
    return Signer(str(data['name']), bool(data['in_delegation']), bool(data['leaving']), servers)


def _server(data: Mapping[str, Any]) -> Server:
    expires, tcp = data['expires'], data['tcp']
    return Server(
        str(data['server']), str(data['name']), str(data['address']), str(data['error']), bool(data['in_parent']), bool(data['in_zone']),
        bool(data['signed']), _number(data['serial']), _number(data['dnskey_size']), bool(data['truncated']), None if tcp is None else bool(tcp),
        _number(data['dnskey_ttl']), _texts(data['ns']), _texts(data['cds']), _texts(data['cdnskeys']), _denial(data['denial']),
        None if expires is None else Expiry(Moment.read(expires['until']), str(expires['name']), str(expires['type']), int(expires['tag'])),
    )


def _denial(data: Mapping[str, Any] | None) -> str:
    """In words; empty when nothing is known."""
    if data is None:
        return ''
    kind = str(data['kind'])
    if data['iterations'] is None:
        return kind
    return f'{kind}, {int(data["iterations"])} iterations, {"salt " + str(data["salt"]) if data["salt"] else "no salt"}{", opt-out" if data["opt_out"] else ""}'


def _key(data: Mapping[str, Any]) -> Key:
    return Key(
        str(data['dnskey']), int(data['tag']), str(data['algorithm_name']), int(data['flags']), str(data['role'] or ''), _texts(data['owners']),
        bool(data['ds']), frozenset(_texts(data['published_by'])), frozenset(_texts(data['signs_keys_at'])), frozenset(_texts(data['signs_zone_at'])),
    )


def _told(data: Mapping[str, Any]) -> Told:
    if data['ds']:
        Ds.read(data['ds'])  # raises ValueError where it is none
    return Told(
        str(data['code']), int(data['number']), _severity(data['severity']), _texts(data['servers']), _texts(data['signers']), str(data['key']),
        str(data['ds']), str(data['name']), str(data['type']), str(data['what']), str(data['breaks']), str(data['remedy']), _texts(data['related']),
    )


def _severity(text: Any) -> str:
    if text not in SEVERITIES:
        raise ValueError(f'{text!r} is no severity')
    return str(text)


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _number(value: Any) -> int | None:
    return None if value is None else int(value)
