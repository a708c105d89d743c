# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone as a plan sees it from pass to pass: what tests of plan.py are made of.

Three signers: ns1 (KSK and ZSK), ns3 (KSK and ZSK) and desec (one CSK). DNSKEY, NS, DS and data have TTLs of their own, so that
a wait that counts the wrong one is noticed; a story may have others.
"""
from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Iterable, NamedTuple

from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import CSYNC, DNSKEY, DS, Record
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import Group, Parent, Signer
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.journal import Memory
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.observation import (
    ParentServerView,
    ParentView,
    ServerView,
    SignerView,
    ZoneObservation,
)
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.plan import plan
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.steps import Plan

ZONE = 'shop.example'
NOW = 1_800_000_000
DNSKEY_TTL, NS_TTL, PARENT_NS_TTL, DS_TTL, DATA_TTL = 1000, 2000, 3000, 5000, 7000


class Ttls(NamedTuple):
    """In seconds: of what the signers serve, and of what the parent does."""

    dnskey: int = DNSKEY_TTL
    ns: int = NS_TTL
    negative: int = 10
    parent_ns: int = PARENT_NS_TTL
    ds: int = DS_TTL


def key(number: int, flags: int = 257, algorithm: int = 13) -> DNSKEY:
    if algorithm == 8:
        return DNSKEY(flags, 3, 8, b'\x03\x01\x00\x01' + bytes([0x80 + number]) * 256)
    return DNSKEY(flags, 3, algorithm, bytes([number]) * 64)


KSK, ZSK, CSK, KSK3, ZSK3 = key(1), key(2, flags=256), key(3), key(4), key(5, flags=256)
NAMES = {'ns1': 'ns1.example', 'desec': 'ns.desec.example', 'ns3': 'ns3.example'}
SIGNERS = {
    'ns1': Signer('ns1', 'bind', ('192.0.2.1',), ns=(NAMES['ns1'],)),
    'desec': Signer('desec', 'desec', ('192.0.2.2',), ns=(NAMES['desec'],)),
    'ns3': Signer('ns3', 'bind', ('192.0.2.3',), ns=(NAMES['ns3'],)),
}


def ds(*keys: DNSKEY) -> frozenset[DS]:
    return frozenset(one.ds(ZONE) for one in keys)


def group(*names: str, **changes: Any) -> Group:
    """A group of *names*; those of leaving= are among them."""
    return replace(Group(ZONE, tuple(SIGNERS[name] for name in names), Parent('registry', 'nsupdate', ('198.51.100.1',)), max_ttl=DATA_TTL), **changes)


@dataclass(frozen=True)
class At:
    """What one signer has: its *own* keys, those that it got from others, its NS; *cds* are the keys whose CDS and CDNSKEY it shows;
    *more_cds* those that it shows of a key without its CDNSKEY; *csync* its CSYNC; *second* is what a second server of it shows."""

    name: str
    own: tuple[DNSKEY, ...]
    foreign: tuple[DNSKEY, ...] = ()
    ns: tuple[str, ...] = ('ns1', 'desec')
    cds: tuple[DNSKEY, ...] = ()
    signs_keys: tuple[DNSKEY, ...] | None = None
    signs_zone: tuple[DNSKEY, ...] | None = None
    retiring: tuple[DNSKEY, ...] = ()
    announced: tuple[DNSKEY, ...] = ()
    awaits_ds: tuple[DNSKEY, ...] = ()
    more_cds: tuple[DS, ...] = ()
    csync: tuple[str, ...] = ()
    error: str = ''
    second: At | None = None

    def view(self, ttls: Ttls) -> SignerView:
        servers = (self.server(ttls),) if self.second is None else (self.server(ttls), replace(self.second.server(ttls), server='second'))
        told = (frozenset(keys) for keys in (self.retiring, self.announced, self.awaits_ds))
        return SignerView(self.name, servers, self.name != 'desec', frozenset(), *told)

    def server(self, ttls: Ttls) -> ServerView:
        if self.error:
            return ServerView(self.name, error=self.error)
        signs_keys = self.signs_keys if self.signs_keys is not None else tuple(one for one in self.own if one.is_sep)
        zone = [one for one in self.own if not one.is_sep] or list(self.own)
        return ServerView(
            self.name, authenticated='tsig', dnskeys=frozenset(self.own + self.foreign), dnskey_ttl=ttls.dnskey, negative_ttl=ttls.negative,
            signs_keys=frozenset(signs_keys), signs_zone=frozenset(self.signs_zone if self.signs_zone is not None else zone),
            cds=ds(*self.cds).union(self.more_cds), cdnskeys=frozenset(self.cds), ns=frozenset(NAMES[name] for name in self.ns), ns_ttl=ttls.ns,
            csync=frozenset(CSYNC.parse(text) for text in self.csync),
        )


@dataclass
class Story:
    """Passes one after the other: each remembers what the last one did."""

    group: Group
    now: int = NOW
    memory: Memory = field(default_factory=Memory)
    ttls: Ttls = field(default_factory=Ttls)

    def look(
        self, *signers: At, ds: Iterable[DS] = (), ns: Iterable[str] = ('ns1', 'desec'), after: int = 0, hold_until: int | None = None,
        ds_ttl: int | None = None, ds_elsewhere: Iterable[DS] | str | None = None,
    ) -> Plan:
        """The plan *after* seconds, when the parent shows *ds* and the *ns* of these signers. A second server of it shows *ds_elsewhere*; a
        text is why it could not be looked at."""
        self.now += after
        names = frozenset(NAMES[name] for name in ns)
        ttls = self.ttls if ds_ttl is None else self.ttls._replace(ds=ds_ttl)
        server = ParentServerView('198.51.100.1', authenticated=True, ds=frozenset(ds), ds_ttl=ttls.ds, ns=names, ns_ttl=ttls.parent_ns)
        servers = [server]
        if isinstance(ds_elsewhere, str):
            servers.append(ParentServerView('198.51.100.2', error=ds_elsewhere))
        elif ds_elsewhere is not None:
            servers.append(replace(server, server='198.51.100.2', ds=frozenset(ds_elsewhere)))
        seen = ZoneObservation(ZONE, self.now, tuple(signer.view(ttls) for signer in signers), ParentView('registry', 'example', tuple(servers)))
        made = plan(self.group, seen, self.memory, self.now, hold_until)
        self.memory = made.memory
        return made


def added(made: Plan, signer: str) -> set[str]:
    return {str(record) for step in made.steps if step.signer == signer for record in step.add}


def removed(made: Plan, signer: str) -> set[str]:
    return {str(record) for step in made.steps if step.signer == signer for record in step.remove}


def dnskeys(*keys: DNSKEY) -> set[str]:
    return {str(Record('DNSKEY', one)) for one in keys}


def parent_records(*keys: DNSKEY) -> set[str]:
    return {str(record) for one in keys for record in (Record('CDS', one.ds(ZONE)), Record('CDNSKEY', one))}


def name_servers(*names: str) -> set[str]:
    return {f'NS {NAMES[name]}' for name in names}
