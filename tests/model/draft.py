# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller that follows draft-ietf-dnsop-dnssec-automation-05 to the letter, gaps and all: the explorer must find each of them.

It is better informed than any real one (it knows whose each key is) and makes no other mistake. Three gaps are in what it does,
two in what it tells signers to do (DraftGates). Used for nothing but showing that the explorer can fail.
"""
from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from .controller import Decision, Fact, Look, Memories, Memory
from .invariants import Seen
from .keys import KeyRing
from .rollovers import Gates
from .world import IN, LEAVING, PARENT_DS, PARENT_NS, Content, ParentServer, Settings, Signer, Write

LEAVER_NS, LEAVER_KEYS = 'leaver\'s NS', 'leaver\'s keys'

NS_GONE = 'the leavers are off the NS sets'
DS_GONE = 'the leavers are off the DS set'
DS_THERE = 'every signer has its DS'
ALGORITHMS = 'every signer publishes every key, and signs with every algorithm'


class DraftGates(Gates):
    """Rollovers as the draft has them: a new CSK signs data as soon as all publish it; an algorithm is given up while its DS stands."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def may_sign_data(self, new: int, seen: Seen) -> bool:
        if new & self._ring.sep:
            return all(new & keys for keys, _signs in seen.served.keys)
        return super().may_sign_data(new, seen)

    def is_published(self, signer: Signer, new: int, seen: Seen) -> bool:
        return all(ds & new for ds in seen.held.ds)

    def is_withdrawn(self, signer: Signer, old: int, seen: Seen) -> bool:
        return not any(ds & old for ds in seen.held.ds)

    def may_drop_algorithm(self, signer: Signer, old: int, seen: Seen) -> bool:
        return True


class DraftController:
    """Joins and leaves as the draft has them, but for the gaps that are *repaired*, so that the others can be shown:

    LEAVER_NS: the leaver's own NS set is cleaned up. LEAVER_KEYS: its DS stays until its DNSKEY RRset can be cached no more.
    """

    def __init__(self, settings: Settings, ring: KeyRing, own: Tuple[int, ...], repaired: str) -> None:
        times = settings.times
        self.memories = Memories(cap=2 * max(times.ds, times.parent_ns, times.data), gap=times.gap)
        self._ring = ring
        self._own = own
        self._leaver_too = repaired == LEAVER_NS
        self._ds_stays = max(spec.dnskey_ttl for spec in settings.signers) if repaired == LEAVER_KEYS else 0
        self._ns_wait = max(times.parent_ns, *(spec.ns_ttl for spec in settings.signers))
        self._ds_wait = times.ds
        self._keys_wait = max(spec.dnskey_ttl for spec in settings.signers)
        self._signatures_wait = times.data

    def decide(self, look: Look, memory: int, hold: Optional[int]) -> Decision:
        if not look.whole or hold is not None:
            return Decision((), memory, 'waiting')
        servers = [tuple(content for content in found if content is not None) for found in look.signers]
        parents = [server for server in look.parents if server is not None]
        ages = self._ages(memory, self._facts(look, servers, parents))
        writes, waits = self._work(look, servers, parents, ages)
        if memory == self.memories.empty:  # a run that knows no past removes nothing
            writes = [write for write in writes if not write.removes]
        facts = tuple(Fact(kind, '', age, 0) for kind, age in sorted(ages.items()))
        verdict = 'changing' if writes else 'waiting' if waits else 'complete'
        return Decision(tuple(writes), self.memories.number(Memory(0, facts)), verdict)

    def explain(self, look: Look, memory: int, hold: Optional[int]) -> str:
        return f'the draft\'s plan is {self.decide(look, memory, hold).verdict}'

    def _facts(self, look: Look, servers: List[Tuple[Content, ...]], parents: List[ParentServer]) -> Dict[str, bool]:
        staying, leaving = look.declared.having(IN), look.declared.having(LEAVING)
        leavers_keys = sum(keys for number, keys in enumerate(self._own) if leaving >> number & 1)
        cleaned = [content.ns for number, found in enumerate(servers) for content in found if self._leaver_too or staying >> number & 1]
        return {
            NS_GONE: not any(ns & leaving for ns in (*cleaned, *(server.ns for server in parents))),
            DS_GONE: not any(server.ds & leavers_keys for server in parents),
            DS_THERE: all(
                server.ds & wanted == wanted for server in parents for number, found in enumerate(servers) if staying >> number & 1
                for wanted in (found[0].keys & self._own[number] & self._ring.sep & ~look.retiring[number],)
            ),
            ALGORITHMS: len({content.keys for found in servers for content in found}) == 1 and all(
                content.signs_keys & algorithm for found in servers for content in found for algorithm in self._ring.algorithm_masks
            ),
        }

    def _ages(self, memory: int, now: Dict[str, bool]) -> Dict[str, Optional[int]]:
        known = self.memories[memory]
        fresh = known.seen is not None and 0 <= known.seen <= self.memories.gap
        ages = {fact.kind: fact.age for fact in known.facts} if fresh else {}
        return {kind: (ages.get(kind) or 0) if true else None for kind, true in now.items()}

    def _work(
        self, look: Look, servers: List[Tuple[Content, ...]], parents: List[ParentServer], ages: Dict[str, Optional[int]]
    ) -> Tuple[List[Write], bool]:
        """The writes that the draft makes now, and whether it waits for anything."""
        staying, leaving = look.declared.having(IN), look.declared.having(LEAVING)
        own = [found[0].keys & self._own[number] if found else 0 for number, found in enumerate(servers)]
        ns_over, ds_over = _over(ages[NS_GONE], self._ns_wait + self._ds_stays), _over(ages[DS_GONE], max(self._ds_wait, self._signatures_wait))
        delegate_to = staying | (0 if ns_over else leaving)
        shared = sum(keys for number, keys in enumerate(own) if delegate_to >> number & 1 or not ds_over)
        cds = every = sum(keys & self._ring.sep for number, keys in enumerate(own) if delegate_to >> number & 1)
        if _over(ages[DS_THERE], self._ds_wait):
            cds &= ~sum(look.retiring)
        if not _over(ages[ALGORITHMS], max(self._keys_wait, self._signatures_wait)):
            cds &= sum(mask for mask in self._ring.algorithm_masks if mask & parents[0].ds)
        wanted_ns = staying if _over(ages[DS_THERE], max(self._ds_wait, self._keys_wait)) else staying & parents[0].ns
        writes = [
            self._signer(number, found[0], own[number], shared, cds, None if leaving >> number & 1 and not self._leaver_too else wanted_ns)
            for number, found in enumerate(servers) if found
        ]
        writes.append(Write(PARENT_DS, add_ds=cds & ~parents[0].ds, remove_ds=parents[0].ds & ~cds))
        writes.append(Write(PARENT_NS, add_ns=wanted_ns & ~parents[0].ns, remove_ns=parents[0].ns & ~wanted_ns))
        return [write for write in writes if any(write[1:])], wanted_ns != staying or not ns_over or not ds_over or parents[0].ds != every

    def _signer(self, number: int, content: Content, own: int, shared: int, cds: int, ns: Optional[int]) -> Write:
        foreign_cds = content.cds & ~own
        return Write(
            number, shared & ~content.keys, content.keys & ~own & ~shared, cds & ~content.cds, foreign_cds & ~cds,
            0 if ns is None else ns & ~content.ns, 0 if ns is None else content.ns & ~ns,
        )


def _over(age: Optional[int], wait: int) -> bool:
    return age is not None and age >= wait
