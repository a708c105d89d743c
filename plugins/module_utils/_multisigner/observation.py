# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was seen: the answers of every server of every signer of one zone and of its parent, as values.

Pure and standard library only: observe.py makes them, plan.py judges them. What could not be seen is an error in its place,
never an empty answer.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Iterable, Mapping

from .dnskey import CSYNC, DNSKEY, DS

# How an answer was authenticated, the strongest first. See dnssec_keys_fetch's documentation for what each means.
AUTHENTICATED = ('dnssec', 'tsig', 'api', 'pinned')
NOT_AUTHENTICATED = 'none'


@dataclass(frozen=True)
class ServerView:
    """One server's answers for one zone. TTLs in seconds. *signs_keys* and *signs_zone* are the keys whose signatures over the
    DNSKEY RRset and over the SOA are valid now. *csync* is empty where nobody asked for it. With *error* set, nothing else means anything."""

    server: str
    error: str = ''
    authenticated: str = NOT_AUTHENTICATED
    why_not: str = ''
    dnskeys: frozenset[DNSKEY] = frozenset()
    dnskey_ttl: int = 0
    signs_keys: frozenset[DNSKEY] = frozenset()
    signs_zone: frozenset[DNSKEY] = frozenset()
    cds: frozenset[DS] = frozenset()
    cdnskeys: frozenset[DNSKEY] = frozenset()
    ns: frozenset[str] = frozenset()
    ns_ttl: int = 0
    csync: frozenset[CSYNC] = frozenset()
    serial: int = 0
    negative_ttl: int = 0

    @cached_property
    def signing(self) -> frozenset[DNSKEY]:
        """The keys that sign anything here."""
        return self.signs_keys | self.signs_zone

    @cached_property
    def longest_ttl(self) -> int:
        """Seconds after which no resolver holds a DNSKEY answer given before this one: positive, or that there was none (RFC 2308)."""
        return max(self.dnskey_ttl, self.negative_ttl)


@dataclass(frozen=True)
class SignerView:
    """One signer's servers. *by_api* holds its own keys when its API was asked for them; *retiring* those of which the signer
    itself says that they are on their way out, and that it waits for their DS to go; *announced* those that it will publish;
    *awaits_ds* those of which it waits to be told that their DS are published, or gone; *self_announced* those whose CDS and
    CDNSKEY it publishes by its own clock, and takes from nobody. *prepublishes* and *omits_ksks* are what its kind does (see
    signers/base.py)."""

    name: str
    servers: tuple[ServerView, ...]
    prepublishes: bool = True
    by_api: frozenset[DNSKEY] = frozenset()
    retiring: frozenset[DNSKEY] = frozenset()
    announced: frozenset[DNSKEY] = frozenset()
    awaits_ds: frozenset[DNSKEY] = frozenset()
    self_announced: frozenset[DNSKEY] = frozenset()
    omits_ksks: bool = False

    @cached_property
    def errors(self) -> tuple[str, ...]:
        return tuple(view.error for view in self.servers if view.error)

    @cached_property
    def published(self) -> frozenset[DNSKEY]:
        """The keys in the DNSKEY RRset of any server."""
        return frozenset().union(*(view.dnskeys for view in self.servers))

    @cached_property
    def published_everywhere(self) -> frozenset[DNSKEY]:
        """The keys in the DNSKEY RRset of every server; none while a server was not seen."""
        if self.errors or not self.servers:
            return frozenset()
        return frozenset.intersection(*(view.dnskeys for view in self.servers))

    @cached_property
    def disagreement(self) -> str:
        """Which servers differ in which RRset, in words; empty when they agree. The serial may differ for a moment."""
        seen = [view for view in self.servers if not view.error]
        for view in seen[1:]:
            for rtype, first, other in (
                ('DNSKEY', seen[0].dnskeys, view.dnskeys),
                ('CDS', seen[0].cds, view.cds),
                ('CDNSKEY', seen[0].cdnskeys, view.cdnskeys),
                ('NS', seen[0].ns, view.ns),
            ):
                if first != other:
                    return f'{seen[0].server} and {view.server} answer with different {rtype} RRsets'
        return ''

    @cached_property
    def signing(self) -> frozenset[DNSKEY]:
        """Its own keys, proved: those that sign at any of its servers, and those that its API names."""
        return self.by_api.union(*(view.signing for view in self.servers))

    @cached_property
    def own_sep(self) -> frozenset[DNSKEY]:
        """Its own KSKs and CSKs: they sign the DNSKEY RRset at every server, so a DS may point to them."""
        if self.errors or not self.servers:
            return frozenset()
        return frozenset(key for key in frozenset.intersection(*(view.signs_keys for view in self.servers)) if key.is_sep)

    def authenticated(self, key: DNSKEY) -> str:
        """The strongest way in which an answer that holds *key* was authenticated, or NOT_AUTHENTICATED."""
        ways = {view.authenticated for view in self.servers if key in view.dnskeys}
        if key in self.by_api:
            ways.add('api')
        return next((way for way in AUTHENTICATED if way in ways), NOT_AUTHENTICATED)

    def role(self, key: DNSKEY) -> str | None:
        """KSK, ZSK or CSK by what *key* signs here; None when it signs nothing here."""
        over_keys = any(key in view.signs_keys for view in self.servers)
        over_zone = any(key in view.signs_zone for view in self.servers)
        if over_keys and over_zone:
            return 'CSK'
        return 'KSK' if over_keys else 'ZSK' if over_zone else None


@dataclass(frozen=True)
class ParentServerView:
    """One parent server's answers: the DS RRset and the delegation's NS; TTLs in seconds."""

    server: str
    error: str = ''
    authenticated: bool = False
    why_not: str = ''
    ds: frozenset[DS] = frozenset()
    ds_ttl: int = 0
    ns: frozenset[str] = frozenset()
    ns_ttl: int = 0


@dataclass(frozen=True)
class ParentView:
    """The parent's servers. *zone* is the parent zone's name as its servers tell it."""

    name: str
    zone: str
    servers: tuple[ParentServerView, ...]

    @cached_property
    def errors(self) -> tuple[str, ...]:
        return tuple(view.error for view in self.servers if view.error)

    @cached_property
    def ds_everywhere(self) -> frozenset[DS]:
        """The DS that every server shows; none while a server was not seen."""
        if self.errors or not self.servers:
            return frozenset()
        return frozenset.intersection(*(view.ds for view in self.servers))

    @cached_property
    def ds_anywhere(self) -> frozenset[DS]:
        return frozenset().union(*(view.ds for view in self.servers))


@dataclass(frozen=True)
class ZoneObservation:
    """Everything that was seen of one zone. *time* is when it was seen, in seconds since 1970 UTC."""

    zone: str
    time: int
    signers: tuple[SignerView, ...]
    parent: ParentView

    @cached_property
    def owners(self) -> Mapping[DNSKEY, tuple[str, ...]]:
        """For every published key the signers that it belongs to: those at which it signs. Empty: it signs nothing anywhere."""
        return {
            key: tuple(view.name for view in self.signers if key in view.signing)
            for key in frozenset().union(*(view.published | view.by_api for view in self.signers))
        }


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(sorted(value.text for value in values))


def server_as_dict(view: ServerView) -> dict[str, Any]:
    return {
        'server': view.server, 'error': view.error, 'authenticated': view.authenticated, 'why_not': view.why_not,
        'dnskeys': _texts(view.dnskeys), 'dnskey_ttl': view.dnskey_ttl, 'signs_keys': _texts(view.signs_keys), 'signs_zone': _texts(view.signs_zone),
        'cds': _texts(view.cds), 'cdnskeys': _texts(view.cdnskeys), 'ns': sorted(view.ns), 'ns_ttl': view.ns_ttl,
        'serial': view.serial, 'negative_ttl': view.negative_ttl,
    }


def parent_server_as_dict(view: ParentServerView) -> dict[str, Any]:
    return {
        'server': view.server, 'error': view.error, 'authenticated': view.authenticated, 'why_not': view.why_not,
        'ds': _texts(view.ds), 'ds_ttl': view.ds_ttl, 'ns': sorted(view.ns), 'ns_ttl': view.ns_ttl,
    }
