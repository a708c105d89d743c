# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real plan() as the controller of a model: masks become the values that it takes, and its plan becomes writes.

One unit of the model's time is as many seconds as make the journal's gap come out at the model's. Nothing of plan() is replaced.
"""
from __future__ import annotations

from dataclasses import replace
from typing import Dict, Iterable, List, Optional, Tuple

from ...plugins.module_utils._multisigner import group as groups
from ...plugins.module_utils._multisigner.dnskey import CSYNC, DS, NS, Record
from ...plugins.module_utils._multisigner.drivers import DRIVERS
from ...plugins.module_utils._multisigner.journal import GAP
from ...plugins.module_utils._multisigner.journal import Fact as JournalFact
from ...plugins.module_utils._multisigner.journal import Memory as JournalMemory
from ...plugins.module_utils._multisigner.observation import ParentServerView, ParentView, ServerView, SignerView, ZoneObservation
from ...plugins.module_utils._multisigner.plan import plan
from ...plugins.module_utils._multisigner.situation import CSYNC_OURS, KEY_EARLY, KEY_FOUND_AT, KEY_OWNER
from ...plugins.module_utils._multisigner.steps import Plan, Step
from ...plugins.module_utils._multisigner.taken_away import KINDS
from .controller import Decision, Fact, Look, Memories, Memory
from .keys import ZONE, KeyRing
from .world import DEAD, LEAVING, OUT, PARENT_DS, PARENT_NS, Content, Declaration, ParentServer, Settings, Write

CSYNCS = {False: frozenset(), True: frozenset([CSYNC.of(['NS'])])}
NOW = 2_000_000_000  # any time does: only differences count
# Like Cloudflare, but that its NS can be edited: else a person must do that, and no story comes to its end.
DRIVERS['omits'] = replace(DRIVERS['cloudflare'], edits_ns=True)
TIMELESS = (CSYNC_OURS, KEY_OWNER, KEY_FOUND_AT, KEY_EARLY)  # of these only the existence is ever asked for


class RealController:
    """plan() of this tree. Its decisions are remembered: it is pure."""

    def __init__(self, settings: Settings, ring: KeyRing) -> None:
        times = settings.times
        longest = max(times.ds, times.parent_ns, times.data, times.negative, *(max(spec.dnskey_ttl, spec.ns_ttl) for spec in settings.signers))
        self._longest = longest
        self.memories = Memories(cap=2 * longest, gap=times.gap)  # the longest wait is for an NS set and, after it, for data
        self._unit = GAP // times.gap
        self._settings = settings
        self._ring = ring
        self._groups: Dict[Declaration, groups.Group] = {}
        self._decisions: Dict[Tuple[Look, int, Optional[int]], Decision] = {}
        self._views: Dict[Tuple[int, Tuple[Optional[Content], ...], Tuple[int, int, int]], SignerView] = {}

    def decide(self, look: Look, memory: int, hold: Optional[int]) -> Decision:
        key = (look, memory, hold)
        found = self._decisions.get(key)
        if found is None:
            found = self._decisions[key] = self._decide(*key)
        return found

    def explain(self, look: Look, memory: int, hold: Optional[int]) -> str:
        made = self._plan(look, memory, hold)
        return '; '.join([made.state, *map(str, made.waits), *made.blocked, *made.notes])

    # -- the adapter to plan(): the only place that knows its form --------------------------------------------------------

    def _plan(self, look: Look, memory: int, hold: Optional[int]) -> Plan:
        known = self.memories[memory]
        facts = [JournalFact(fact.kind, fact.subject, self._time(fact.age), fact.ttl * self._unit) for fact in known.facts]
        journal = JournalMemory({fact.key: fact for fact in facts}, self._time(known.seen))
        return plan(self._group(look.declared), self._observation(look), journal, NOW, None if hold is None else NOW + hold * self._unit)

    def _time(self, age: Optional[int]) -> Optional[int]:
        return None if age is None else NOW - age * self._unit

    def _decide(self, look: Look, memory: int, hold: Optional[int]) -> Decision:
        made = self._plan(look, memory, hold)
        writes = [self._write(step) for step in made.steps]
        parent = made.delegation
        if parent is not None:
            if not self._settings.scans:
                writes.append(Write(PARENT_DS, add_ds=self._mask_of_ds(parent.missing), remove_ds=self._mask_of_ds(parent.remove)))
            writes.append(Write(PARENT_NS, add_ns=self._mask_of_ns(parent.ns_add), remove_ns=self._mask_of_ns(parent.ns_remove)))
        kept = tuple(write for write in writes if any(write[1:]))
        return Decision(kept, self._stored(memory, made), made.state, self._known(made.published), self._known(made.withdrawn))

    def _stored(self, before: int, made: Plan) -> int:
        """The number of the memory that the journal then holds: it stores as Journal.store() does."""
        facts = tuple(sorted(
            Fact(fact.kind, fact.subject, 0 if fact.kind in TIMELESS else self._age(fact.since), fact.ttl // self._unit)
            for fact in made.memory.facts.values() if fact.kind not in KINDS  # they change no decision, and would only multiply the states
        ))
        after = self.memories.number(Memory(0, facts))
        known = self.memories[before]
        is_due = known.seen is None or not 0 <= known.seen * self._unit < GAP // 4
        return after if is_due or self.memories[after].facts != known.facts else before

    def _age(self, since: Optional[float]) -> Optional[int]:
        return None if since is None else int((NOW - since) // self._unit)

    def _write(self, step: Step) -> Write:
        number = next(index for index, spec in enumerate(self._settings.signers) if spec.name == step.signer)
        added, removed = self._masks(step.add), self._masks(step.remove)
        csync = (any(record.rtype == 'CSYNC' for record in records) for records in (step.add, step.remove))
        return Write(number, added[0], removed[0], added[1], removed[1], added[2], removed[2], 0, 0, *csync)

    def _masks(self, records: Tuple[Record, ...]) -> Tuple[int, int, int]:
        """The DNSKEY, the CDS and the NS among *records*. CDS and CDNSKEY always go together (invariant 4)."""
        keys = cds = cdnskeys = names = 0
        for record in records:
            if isinstance(record.rdata, CSYNC):
                continue
            if isinstance(record.rdata, NS):
                names |= self._mask_of_ns([record.rdata.target])
            elif isinstance(record.rdata, DS):
                cds |= self._mask_of_ds([record.rdata])
            elif record.rtype == 'CDNSKEY':
                cdnskeys |= self._ring.bit_of_dnskey[record.rdata]
            else:
                keys |= self._ring.bit_of_dnskey[record.rdata]
        if cds != cdnskeys:
            raise AssertionError(f'invariant 4: CDS of {self._ring.names(cds)} and CDNSKEY of {self._ring.names(cdnskeys)} in one step')
        return keys, cds, names

    def _mask_of_ds(self, values: Iterable[DS]) -> int:
        return sum(self._ring.bit_of_ds[value] for value in values)

    def _known(self, values: Iterable[DS]) -> int:
        """The same for DS of any digest type; the model has one for each key."""
        return sum(self._ring.bit_of_ds[value] for value in values if value in self._ring.bit_of_ds)

    def _mask_of_ns(self, names: Iterable[str]) -> int:
        return sum(1 << number for number, spec in enumerate(self._settings.signers) if _ns_name(spec.name) in names)

    def _group(self, declared: Declaration) -> groups.Group:
        found = self._groups.get(declared)
        if found is None:
            specs = self._settings.signers
            there = [number for number, status in enumerate(declared.status) if status != OUT]
            leaving = tuple(specs[number].name for number in there if declared.status[number] in (LEAVING, DEAD))
            channel = 'cds' if self._settings.scans else 'export' if self._settings.by_hand else 'nsupdate'
            parent = groups.Parent('registry', channel, ('198.51.100.1',), csync=declared.csync)
            found = self._groups[declared] = groups.Group(
                ZONE, tuple(self._signer(number, declared.status[number] == DEAD) for number in there), parent, leaving, self._settings.mixed,
                tuple(specs[number].name for number in there if declared.status[number] == DEAD), declared.insecure,
                self._longest * self._unit,
            )
        return found

    def _signer(self, number: int, is_dead: bool) -> groups.Signer:
        """With the keys of one that is dead, as its user is asked to tell them."""
        spec = self._settings.signers[number]
        servers = tuple(_address(number, server) for server in range(1 + spec.secondary))
        pins = {ZONE: tuple(f'DNSKEY {self._ring.dnskey[key.bit].text}' for key in self._ring.keys if key.signer == spec.name)} if is_dead else {}
        driver = 'omits' if spec.omits else 'desec' if spec.hosted else 'bind'
        return groups.Signer(spec.name, driver, servers, pins=pins, ns=(_ns_name(spec.name),))

    def _observation(self, look: Look) -> ZoneObservation:
        views: List[SignerView] = [
            self._view(number, servers, (look.retiring[number], look.announced[number], look.awaiting[number]))
            for number, servers in enumerate(look.signers) if servers
        ]
        return ZoneObservation(ZONE, NOW, tuple(views), ParentView('registry', 'example', tuple(map(self._parent_server, range(9), look.parents))))

    def _view(self, number: int, servers: Tuple[Optional[Content], ...], told: Tuple[int, int, int]) -> SignerView:
        key = (number, servers, told)
        found = self._views.get(key)
        if found is None:
            spec = self._settings.signers[number]
            retiring, announced, awaiting = (frozenset() if spec.hosted else self._ring.dnskeys(mask) for mask in told)
            found = self._views[key] = SignerView(
                spec.name, tuple(self._server(number, index, content) for index, content in enumerate(servers)), not spec.hosted,
                retiring=retiring, announced=announced, awaits_ds=awaiting, omits_ksks=spec.omits,
            )
        return found

    def _server(self, number: int, index: int, content: Optional[Content]) -> ServerView:
        address = _address(number, index)
        if content is None:
            return ServerView(address, error=f'{address} does not answer')
        ring, spec = self._ring, self._settings.signers[number]
        return ServerView(
            address, authenticated='tsig', dnskeys=ring.dnskeys(content.keys), dnskey_ttl=spec.dnskey_ttl * self._unit,
            signs_keys=ring.dnskeys(content.signs_keys), signs_zone=ring.dnskeys(content.signs_soa), cds=ring.ds_set(content.cds),
            cdnskeys=ring.dnskeys(content.cds), ns=self._ns(content.ns), ns_ttl=spec.ns_ttl * self._unit, csync=CSYNCS[content.csync], serial=1,
            negative_ttl=self._settings.times.negative * self._unit,
        )

    def _parent_server(self, index: int, server: Optional[ParentServer]) -> ParentServerView:
        address = f'198.51.100.{index + 1}'
        if server is None:
            return ParentServerView(address, error=f'{address} does not answer')
        times = self._settings.times
        return ParentServerView(
            address, authenticated=True, ds=self._ring.ds_set(server.ds), ds_ttl=server.ds_ttl * self._unit if server.ds else 0, ns=self._ns(server.ns),
            ns_ttl=times.parent_ns * self._unit,
        )

    def _ns(self, mask: int) -> frozenset[str]:
        return frozenset(_ns_name(spec.name) for number, spec in enumerate(self._settings.signers) if mask >> number & 1)


def _address(number: int, server: int) -> str:
    return f'192.0.2.{10 * number + server + 1}'


def _ns_name(signer: str) -> str:
    return f'ns.{signer}.example'
