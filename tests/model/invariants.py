# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The invariants that hold in every state and for every write, each a function that returns what is wrong, in words.

Their numbers are those of the project's list of multi-signer invariants; tests/model/README.md has it.
"""
from __future__ import annotations

from functools import lru_cache
from typing import FrozenSet, Iterable, Iterator, NamedTuple, Tuple

from .caches import Served
from .keys import KeyRing
from .world import DEAD, IN, LEAVING, PARENT_DS, Caches, Key, State, Write


class Bogus(NamedTuple):
    """One mix that a validator refuses: a DS set with a DNSKEY RRset, or a DNSKEY RRset with a datum (*ds* is then 0)."""

    ds: int
    keys: Key
    signed_by: int


Mix = FrozenSet[Bogus]
NOTHING: Mix = frozenset()


class Held(NamedTuple):
    """Everything that resolvers may hold, served or cached."""

    ds: FrozenSet[int]
    keys: FrozenSet[Key]
    data: FrozenSet[int]


def held(served: Served, caches: Caches) -> Held:
    return Held(
        frozenset(served.ds).union(item for item, _left in caches.ds),
        frozenset(served.keys).union(item for item, _left in caches.keys),
        frozenset(served.data).union(item for item, _left in caches.data),
    )


class Seen(NamedTuple):
    """What stands when a signer decides on its next phase: what is served now, and what resolvers may hold."""

    served: Served
    held: Held


class Validator:
    """Invariants 1 and 2: no mix of a DS set, a DNSKEY RRset and a datum is bogus. An empty DS set is insecure, and so never bogus.

    A strict validator (unbound with harden-algo-downgrade) wants every algorithm of the DS set; another is content with one path.
    """

    def __init__(self, ring: KeyRing, strict: bool) -> None:
        self._paths = ring.algorithm_masks if strict else (sum(ring.algorithm_masks),)
        self.bogus = lru_cache(maxsize=200_000)(self._bogus)

    def _wanted(self, ds: int) -> Tuple[int, ...]:
        return tuple(path for path in self._paths if ds & path)

    def _bogus(self, seen: Held) -> Mix:
        found = set()
        wanted = {ds: self._wanted(ds) for ds in seen.ds}
        for ds, paths in wanted.items():
            for keys in seen.keys:
                if any(not ds & keys[1] & path for path in paths):
                    found.add(Bogus(ds, keys, 0))
        for path in {path for paths in wanted.values() for path in paths}:
            for keys in seen.keys:
                found.update(Bogus(0, keys, signed_by) for signed_by in seen.data if not signed_by & keys[0] & path)
        return frozenset(found)

    def words(self, ring: KeyRing, mix: Iterable[Bogus]) -> str:
        return '; '.join(sorted(_mix_in_words(ring, one) for one in mix))


def _mix_in_words(ring: KeyRing, one: Bogus) -> str:
    keys, signs = one.keys
    rrset = f'DNSKEY RRset {ring.names(keys)} signed by {ring.names(signs)}'
    if one.ds:
        return f'DS {ring.names(one.ds)} with {rrset}'
    return f'{rrset} with data signed by {ring.names(one.signed_by)}'


def excuse(mix: Iterable[Bogus], before: Mix, replaced: Iterable[Key], replaced_ds: int) -> Iterator[Bogus]:
    """Of a *mix* that is new, what is worse than what the written server had *before*: its DNSKEY RRsets, its DS set."""
    rrsets = tuple(replaced)
    for one in mix:
        alike = [Bogus(one.ds, keys, one.signed_by) for keys in rrsets]
        if one.ds:
            alike.append(Bogus(replaced_ds, one.keys, 0))
        if not any(other in before for other in alike):
            yield one


def never_an_own_record_removed(state: State, write: Write) -> str:
    """Invariant 11: nothing is removed at a signer that is its own."""
    if write.target < len(state.signers):
        signer = state.signers[write.target]
        if write.remove_keys & signer.own or write.remove_ds & signer.own_cds:
            return 'invariant 11: a record is removed that is the signer\'s own'
    return ''


def never_an_empty_ds_set(state: State, after: int, write: Write) -> str:
    """Invariant 9: the last DS goes only where the user confirmed that the zone goes insecure."""
    if write.target == PARENT_DS and state.parents[0].ds and not after and not state.declared.insecure:
        return 'invariant 9: the DS set becomes empty, and going insecure is not declared'
    return ''


def never_to_a_dead_end(state: State, write: Write) -> str:
    """Invariant 14: the NS sets never become empty, and never name nobody who is there."""
    if write.target < len(state.signers):
        after = (state.signers[write.target].ns | write.add_ns) & ~write.remove_ns
    elif write.target == PARENT_DS:
        return ''
    else:
        after = (state.parents[0].ns | write.add_ns) & ~write.remove_ns
    if write.remove_ns and not after & state.alive:
        return 'invariant 14: an NS set is left without a server that answers'
    return ''


def removals_need_proof(writes: Iterable[Write], insecure: bool) -> str:
    """Invariant 7: without a record of the past no DNSKEY and no DS is removed; but a zone goes insecure at once. For plans
    that are made with an empty journal."""
    if any(write.remove_keys or (write.target == PARENT_DS and write.remove_ds and not insecure) for write in writes):
        return 'invariant 7: a DNSKEY or DS is removed without a record of how long it has been needless'
    return ''


def nothing_goes_unseen(writes: Iterable[Write], parent_unseen: bool, insecure: bool) -> str:
    """Invariant 8: while a server was not seen, nothing is removed but NS, and nothing is written to a parent that was not seen whole.

    The DS of a zone that is to go insecure do not depend on its signers.
    """
    if any(write.remove_keys or (write.remove_ds and not (insecure and write.target == PARENT_DS)) for write in writes):
        return 'invariant 8: something is removed though a server was not seen'
    if parent_unseen and any(write.target >= PARENT_DS for write in writes):
        return 'invariant 8: the delegation is changed though a server of the parent was not seen'
    return ''


def complete_means_complete(state: State, ring: KeyRing, own: Tuple[int, ...], has_forgotten: bool) -> str:
    """Invariants 4 and 14, and the end of each procedure: what is true of a world in which nothing is left to do.

    *own*: all keys of each signer, of any generation. *has_forgotten*: the journal was lost, so that it may not be known whose a
    key was that its signer has withdrawn; then it stays where it is, and a note says so.
    """
    members = state.declared.having(IN)
    gone = state.declared.having(LEAVING, DEAD)
    known = members | gone  # an NS that is nobody's is left where it is
    staying = [signer for number, signer in enumerate(state.signers) if members >> number & 1]
    contents = [signer.content for signer in staying]
    over = sum(keys & ~(signer.own | signer.announced) for keys, signer in zip(own, state.signers))  # withdrawn by their signers
    left = sum(keys for number, keys in enumerate(own) if gone >> number & 1) & ~over
    if not has_forgotten:
        left |= over
    if any(parent.ns & known != members for parent in state.parents) or any(content.ns & known != members for content in contents):
        return 'invariant 14: it is said to be complete, and an NS set is not that of the declared signers'
    if any(parent.ds & left for parent in state.parents) or any((content.keys | content.cds) & left for content in contents):
        return 'the end: it is said to be complete, and a DS, key or CDS of a leaver, or one that its signer has withdrawn, is still there'
    csync = state.declared.csync and not state.declared.insecure
    if any(signer.csync != csync for signer in staying if csync or not has_forgotten):
        return f'the end: it is said to be complete, and {"not every signer" if csync else "a signer"} has a CSYNC'
    if state.declared.insecure:
        return 'the end: it is said to be complete, and a DS stands though the zone is to be insecure' if any(parent.ds for parent in state.parents) else ''
    wanted = sum(signer.own & ring.sep & ~signer.retiring for signer in staying)
    if any(wanted & ~parent.ds for parent in state.parents):
        return 'invariant 2: it is said to be complete, and a DS is missing'
    if len({content.cds & ~over for content in contents}) > 1:
        return 'invariant 4: it is said to be complete, and the signers\' CDS differ'
    return ''
