# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What resolvers can hold: everything that was ever served to them, for its TTL, in any mix.

A signer is asked only while some resolver may hold an NS set that names it. A resolver that believes the child renews its NS
set from any server that the set names, so a signer that names itself is asked for ever. Nothing here decides or writes.
"""
from __future__ import annotations

from typing import Dict, Iterable, Mapping, NamedTuple, Tuple, TypeVar

from .world import Caches, Content, Key, ParentServer, Settings, Signer, State

Item = TypeVar('Item', int, Key)
Contents = Tuple[Tuple[Content, ...], ...]  # of each signer, what each of its servers answers


class Served(NamedTuple):
    """What is served to resolvers now, each item with its TTL, and the mask of the signers that they ask.

    *delegated_ns*: the NS sets that a resolver with an empty cache meets. The others are served only to those that hold an older one.
    """

    ds: Mapping[int, int]
    keys: Mapping[Key, int]
    data: Mapping[int, int]
    ns: Mapping[int, int]
    delegated_ns: Mapping[int, int]
    asked: int


class Resolvers:
    """Follows what is served and what stays in caches. Remembers what it has worked out: it is pure."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._served: Dict[Tuple[Contents, Tuple[ParentServer, ...], int, int], Served] = {}

    def served(self, state: State) -> Served:
        return self.serve(contents(state.signers), state.parents, _union(item for item, _left in state.caches.ns), state.alive)

    def serve(self, shown: Contents, parents: Tuple[ParentServer, ...], cached_ns: int, alive: int) -> Served:
        """*cached_ns*: every signer that a cached NS set names."""
        key = (shown, parents, cached_ns, alive)
        found = self._served.get(key)
        if found is None:
            found = self._served[key] = self._work_out(*key)
        return found

    def _work_out(self, shown: Contents, parents: Tuple[ParentServer, ...], cached_ns: int, alive: int) -> Served:
        times = self._settings.times
        delegated = _union(parent.ns for parent in parents)
        asked = self._asked(shown, delegated | cached_ns, alive)
        keys: Dict[Key, int] = {}
        data: Dict[int, int] = {}
        for number, spec in enumerate(self._settings.signers):
            if asked >> number & 1:
                for content in shown[number]:
                    keys[content.keys, content.signs_keys] = spec.dnskey_ttl
                    data.update((signed_by, times.data) for signed_by in content.data)
        ns = self._ns(shown, parents, asked)
        by_delegation = self._asked(shown, delegated, alive)
        delegated_ns = ns if by_delegation == asked else self._ns(shown, parents, by_delegation)
        return Served({parent.ds: parent.ds_ttl for parent in parents}, keys, data, ns, delegated_ns, asked)

    def _asked(self, shown: Contents, named: int, alive: int) -> int:
        """Whoever is named, and whoever they name."""
        asked = 0
        while named & alive & ~asked:
            asked |= named & alive
            named |= _union(content.ns for number, servers in enumerate(shown) if asked >> number & 1 for content in servers)
        return asked

    def _ns(self, shown: Contents, parents: Tuple[ParentServer, ...], asked: int) -> Mapping[int, int]:
        found = {parent.ns: self._settings.times.parent_ns for parent in parents}
        for number, spec in enumerate(self._settings.signers):
            if asked >> number & 1:
                for content in shown[number]:
                    found[content.ns] = max(found.get(content.ns, 0), spec.ns_ttl)
        return found

    def settle(self, before: Served, caches: Caches, state: State) -> State:
        """*state* with the caches that follow from *caches* when what was served *before* is served no more."""
        stale_ns = merge(caches.ns, before.ns, {})
        after = self.serve(contents(state.signers), state.parents, _union(item for item, _left in stale_ns), state.alive)
        if after is before and before.ns is before.delegated_ns:
            return state if state.caches is caches else state._replace(caches=caches)
        kept_ns = merge(caches.ns, before.ns, after.delegated_ns)
        kept_keys = merge(caches.keys, before.keys, after.keys)
        return state._replace(caches=Caches(merge(caches.ds, before.ds, after.ds), kept_keys, merge(caches.data, before.data, after.data), kept_ns))

    def tick(self, state: State) -> State:
        """The caches of *state* one unit of time later."""
        before = self.served(state)
        caches = state.caches
        if not any(caches):
            return state
        return self.settle(before, Caches(_older(caches.ds), _older(caches.keys), _older(caches.data), _older(caches.ns)), state)


def contents(signers: Iterable[Signer]) -> Contents:
    shown = []
    for signer in signers:
        content = signer.content
        shown.append((content,) if content == signer.secondary else (content, signer.secondary))
    return tuple(shown)


def merge(cached: Tuple[Tuple[Item, int], ...], before: Mapping[Item, int], after: Mapping[Item, int]) -> Tuple[Tuple[Item, int], ...]:
    """What is cached of *cached* and *before* beyond what *after* serves anyway, sorted."""
    left = {item: units for item, units in cached if units > after.get(item, 0)}
    for item, ttl in before.items():
        if ttl > after.get(item, 0) and ttl > left.get(item, 0):
            left[item] = ttl
    return tuple(sorted(left.items()))


def _older(items: Tuple[Tuple[Item, int], ...]) -> Tuple[Tuple[Item, int], ...]:
    return tuple((item, units - 1) for item, units in items if units > 1)


def _union(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found
