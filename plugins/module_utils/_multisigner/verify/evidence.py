# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that the checks have in common: which keys there are and what they sign, which servers are one signer, what the parent has.

Pure; made from one survey and dropped with it. It tells no finding.
"""
from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Iterable, Iterator, Mapping

from ..dnskey import DIGEST_LENGTHS, DNSKEY, DS, name_wire
from ..resolve import from_rdata
from .seen import Denied, Item, Seen
from .signatures import KEYS_CONSIDERED, Outcome, Signatures
from .survey import DeclaredSigner, Survey

with suppress(ImportError):  # resolve.py remembers the failure; every module reports it before anything here runs
    import dns.name

SHA1 = 1
_HASHES = {SHA1: hashlib.sha1, 2: hashlib.sha256, 4: hashlib.sha384}
CHECKS_AT_LEAST = 2000  # signatures checked for one zone; more for one of which more is asked


@dataclass(frozen=True, eq=False)
class Party:
    """One signer: servers that sign with the same keys, or that the user declared as one. *data_keys* sign zone data at any of them,
    *key_keys* the DNSKEY RRset, whatever the time."""

    name: str
    seen: tuple[Seen, ...]
    declared: DeclaredSigner | None = None
    data_keys: frozenset[DNSKEY] = frozenset()
    key_keys: frozenset[DNSKEY] = frozenset()
    parent_known: bool = True

    @property
    def in_delegation(self) -> bool:
        """Whether resolvers may be sent to it; where no server of the parent tells, they may."""
        return not self.parent_known or any(seen.survey.in_parent or seen.survey.in_child for seen in self.seen)

    @property
    def in_parent(self) -> bool:
        return any(seen.survey.in_parent for seen in self.seen)

    @property
    def leaving(self) -> bool:
        return self.declared is not None and self.declared.leaving

    @property
    def signing(self) -> frozenset[DNSKEY]:
        return self.data_keys | self.key_keys

    @property
    def sep_keys(self) -> frozenset[DNSKEY]:
        """Its KSKs and CSKs."""
        return frozenset(key for key in self.key_keys if key.is_sep)


@dataclass(frozen=True, eq=False)
class Judged:
    """One RRset of one server with who signed it."""

    item: Item
    outcome: Outcome


@dataclass
class Evidence:
    """The survey, read. *now* is the survey's time."""

    survey: Survey
    apex: Any = field(init=False)

    def __post_init__(self) -> None:
        self.apex = dns.name.from_text(self.survey.zone)
        self.seen = tuple(Seen(server, self.apex) for server in self.survey.servers)
        for party in self.parties:
            for seen in party.seen:
                seen.signer = party.name

    @property
    def zone(self) -> str:
        return self.survey.zone

    @property
    def now(self) -> int:
        return self.survey.time

    # -- the parent -----------------------------------------------------------------------------------------------------

    @cached_property
    def ds_by_server(self) -> Mapping[str, frozenset[DS]]:
        """What each server of the parent that answers has."""
        return {
            parent.address: frozenset(from_rdata(rdata) for rdata in parent.ds.rrset) if parent.ds is not None else frozenset()
            for parent in self.survey.parents if not parent.failure
        }

    @cached_property
    def ds(self) -> frozenset[DS]:
        return frozenset().union(*self.ds_by_server.values())

    @cached_property
    def parent_ns(self) -> frozenset[str]:
        return frozenset().union(*(parent.ns for parent in self.survey.parents if not parent.failure))

    @cached_property
    def parent_known(self) -> bool:
        return any(not parent.failure for parent in self.survey.parents)

    @property
    def is_secure(self) -> bool:
        """Whether validators want signatures: there is a DS that they can use."""
        return any(ds.digest_type in _HASHES for ds in self.ds)

    @cached_property
    def ds_keys(self) -> Mapping[DS, frozenset[DNSKEY]]:
        """For every DS the keys that it names."""
        return {ds: frozenset(key for key in self.keys if names(ds, key, self.zone)) for ds in self.ds}

    @cached_property
    def trusted(self) -> frozenset[DNSKEY]:
        """The keys that a DS names."""
        return frozenset().union(*self.ds_keys.values())

    # -- the keys ---------------------------------------------------------------------------------------------------------

    @cached_property
    def keys(self) -> frozenset[DNSKEY]:
        """Every key that any server publishes; of one that publishes too many, the first."""
        return frozenset(key for seen in self.seen for key in sorted(seen.keys)[:KEYS_CONSIDERED])

    @cached_property
    def signatures(self) -> Signatures:
        budget = CHECKS_AT_LEAST + 8 * len(self.survey.probes) * len(self.seen)
        return Signatures(self.apex, self.keys, self.now, budget)

    @cached_property
    def cuts(self) -> frozenset[Any]:
        return frozenset().union(*(seen.cuts for seen in self.seen))

    @cached_property
    def judged(self) -> Mapping[Seen, tuple[Judged, ...]]:
        """For every server that can be used, its RRsets with who signed them; the DNSKEY RRset apart."""
        return {seen: tuple(self._judge(seen)) for seen in self.seen if seen.trouble is None}

    def _judge(self, seen: Seen) -> Iterator[Judged]:
        for item in seen.items(self.cuts):
            if item.rtype != 'DNSKEY' or item.signed.name != self.apex:
                yield Judged(item, self.signatures.outcome(item.signed))

    @cached_property
    def denied(self) -> Mapping[Seen, tuple[Denied, ...]]:
        return {seen: seen.denied(self.cuts) for seen in self.seen if seen.trouble is None}

    @cached_property
    def key_outcome(self) -> Mapping[Seen, Outcome]:
        """Who signed each server's DNSKEY RRset, by that RRset's own keys (RFC 4035 section 5.2)."""
        found = {}
        for seen in self.seen:
            if seen.dnskey is not None:
                found[seen] = _own(self.signatures.outcome(seen.dnskey), seen.keys)
        return found

    def data_keys(self, seen: Seen) -> frozenset[DNSKEY]:
        """The keys that sign zone data at *seen*, whatever the time."""
        return frozenset().union(*(judged.outcome.made_by for judged in self.judged.get(seen, ()) if judged.item.is_zone_data))

    def key_keys(self, seen: Seen) -> frozenset[DNSKEY]:
        """The keys that sign the DNSKEY RRset at *seen*, whatever the time."""
        return self.key_outcome[seen].made_by if seen in self.key_outcome else frozenset()

    def owners(self, key: DNSKEY) -> tuple[str, ...]:
        """The signers at which *key* signs anything."""
        return tuple(party.name for party in self.parties if key in party.data_keys | party.key_keys)

    def holders(self, key: DNSKEY) -> tuple[Seen, ...]:
        return tuple(seen for seen in self.seen if key in seen.keys)

    # -- the signers --------------------------------------------------------------------------------------------------------

    @cached_property
    def parties(self) -> tuple[Party, ...]:
        """The declared signers first, then what else there is, put together by keys and named after the first host name."""
        declared = {signer.name: signer for signer in self.survey.target.signers if not signer.dead}
        groups: dict[str, list[Seen]] = {name: [] for name in declared}
        others = []
        for seen in self.seen:
            member = self.survey.members.get(seen.address)
            if member in groups:
                groups[member].append(seen)
            else:
                others.append(seen)
        found = [self._party(name, groups[name], declared[name]) for name in declared]
        taken = set(groups)
        for group in self._grouped(others):
            name = _name_of(group, taken)
            taken.add(name)
            found.append(self._party(name, group, None))
        return tuple(found)

    def _party(self, name: str, seen: list[Seen], declared: DeclaredSigner | None) -> Party:
        data = frozenset().union(*(self.data_keys(one) for one in seen))
        over_keys = frozenset().union(*(self.key_keys(one) for one in seen))
        return Party(name, tuple(seen), declared, data, over_keys, self.parent_known)

    def _grouped(self, servers: list[Seen]) -> list[list[Seen]]:
        """Servers that share a signing key or a host name are one signer's (under RFC 8901's model 1 all are one)."""
        groups: list[tuple[set[Any], list[Seen]]] = []
        for seen in servers:
            marks: set[Any] = {*self.data_keys(seen), *self.key_keys(seen), *seen.survey.names, seen.address}
            same = [group for group in groups if group[0] & marks]
            groups = [group for group in groups if not group[0] & marks]
            groups.append((marks.union(*(group[0] for group in same)), [one for group in same for one in group[1]] + [seen]))
        return sorted((sorted(group, key=lambda seen: (seen.survey.names, seen.address)) for _marks, group in groups), key=lambda group: group[0].address)

    def party_of(self, seen: Seen) -> Party:
        return next(party for party in self.parties if seen in party.seen)

    @cached_property
    def delegated(self) -> tuple[Party, ...]:
        """The signers that resolvers may reach."""
        return tuple(party for party in self.parties if party.in_delegation)

    @cached_property
    def reached(self) -> tuple[Seen, ...]:
        """The servers of these that can be used."""
        return tuple(seen for party in self.delegated for seen in party.seen if seen.trouble is None)

    @cached_property
    def holding(self) -> tuple[Seen, ...]:
        """The servers that resolvers may have a DNSKEY RRset from."""
        return tuple(seen for seen in self.reached if seen.keys)

    # -- the plan ---------------------------------------------------------------------------------------------------------------

    @property
    def is_under_way(self) -> bool:
        """Whether the plan goes on by itself: it has steps, or waits for something."""
        plan = self.survey.target.plan
        return plan is not None and plan.state in ('changing', 'waiting')

    def is_planned(self, *records: str) -> bool:
        """Whether the plan is about to add or remove one of *records* ("TYPE RDATA")."""
        plan = self.survey.target.plan
        return plan is not None and not plan.moving.isdisjoint(records)


def names(ds: DS, key: DNSKEY, zone: str) -> bool:
    """Whether *ds* is that of *key*. SHA-1 counts: validators take it, and a finding of its own tells that it should go (RFC 9905)."""
    if (ds.tag, ds.algorithm) != (key.tag, key.algorithm) or ds.digest_type not in _HASHES:
        return False
    if ds.digest_type in DIGEST_LENGTHS:
        return key.ds(zone, ds.digest_type) == ds
    return _HASHES[ds.digest_type](name_wire(zone) + key.wire).digest() == ds.digest


def addresses(servers: Iterable[Seen]) -> tuple[str, ...]:
    return tuple(sorted({seen.address for seen in servers}))


def signers(servers: Iterable[Seen]) -> tuple[str, ...]:
    return tuple(sorted({seen.signer for seen in servers}))


def listed(words: Iterable[str], limit: int = 5) -> str:
    """*words* for a sentence; the rest are counted."""
    every = list(dict.fromkeys(words))
    more = f' and {len(every) - limit} more' if len(every) > limit else ''
    return ', '.join(every[:limit]) + more


def _own(outcome: Outcome, keys: frozenset[DNSKEY]) -> Outcome:
    late = {key: rrsig for key, rrsig in (outcome.late or {}).items() if key in keys}
    return Outcome(outcome.valid & keys, late or None, outcome.strangers, outcome.wrong, outcome.missing, outcome.first_end, outcome.ends, outcome.begins)


def _name_of(group: list[Seen], taken: set[str]) -> str:
    names_of = [name for seen in group for name in seen.survey.names] + [seen.address for seen in group]
    return next((name for name in names_of if name not in taken), group[0].address)
