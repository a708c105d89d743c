# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a zone stands: what follows from what was declared, what is seen, and since when it has been so. Pure; it plans nothing.

Whose a key is, which signers must still be right because some resolver may ask them, which keys every signer must publish,
and which waits (RFC 7583, RFC 8901 section 4) are over. plan.py decides by these.
"""
from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Iterable

from .dnskey import CSYNC, DIGEST_LENGTHS, DNSKEY, DS
from .facts import Facts, due
from .group import Group, Signer
from .journal import Fact, Memory
from .observation import NOT_AUTHENTICATED, ServerView, SignerView, ZoneObservation

# RFC 8901 section 4 wants one set of algorithms at all signers. This is the one other set that may be asked for: every
# validator knows both, and the same strength is behind both.
MIXABLE_ALGORITHMS = frozenset((8, 13))

KEY_EVERYWHERE = 'DNSKEY at every server of every signer'
KEY_SIGNS = 'key signs the DNSKEY RRset at every server of its signer'
KEY_OWNER = 'key belongs to signer'
KEY_FOUND_AT = 'key that signs nothing was first found at signer'
KEY_EARLY = 'key signed data before every signer published it'
KEY_UNUSED = 'key was withdrawn by its signer and signs nothing'
ALGORITHM_EVERYWHERE = 'algorithm signs at every server of every signer'
DS_EVERYWHERE = 'DS at every server of the parent'
DS_NOWHERE = 'DS at no server of the parent'
NS_NOWHERE = 'no NS RRset names the signer'
CSYNC_OURS = 'CSYNC was published for the parent'

parse_key = lru_cache(maxsize=None)(DNSKEY.parse)


def known_keys(memory: Memory) -> frozenset[DNSKEY]:
    """The keys of which *memory* knows whose they are, as long as anything of them is anywhere."""
    return frozenset(parse_key(fact.subject.partition(' ')[2]) for fact in memory.facts.values() if fact.kind in (KEY_OWNER, KEY_FOUND_AT))


class Situation:
    """One zone now. Everything is computed when it is first asked for, once."""

    def __init__(self, group: Group, seen: ZoneObservation, facts: Facts) -> None:
        self.group = group
        self.seen = seen
        self.facts = facts
        self.views = {view.name: view for view in seen.signers}

    # -- who counts -------------------------------------------------------------------------------------------------

    @cached_property
    def staying(self) -> tuple[SignerView, ...]:
        return tuple(view for view in self.seen.signers if view.name not in self.group.leaving)

    @cached_property
    def leaving(self) -> tuple[Signer, ...]:
        return tuple(signer for signer in self.group.signers if signer.name in self.group.leaving)

    @cached_property
    def asked(self) -> tuple[SignerView, ...]:
        """The signers whose answers must be right: all but those that are dead, and those that no resolver asks any more."""
        released = {signer.name for signer in self.leaving if self.is_released(signer)}
        return tuple(view for view in self.seen.signers if view.name not in released and view.name not in self.group.dead)

    @cached_property
    def is_seen_whole(self) -> bool:
        """Every server that counts gave its answers."""
        return not self.seen.parent.errors and not any(view.errors for view in self.asked)

    # -- signers on their way out -------------------------------------------------------------------------------------

    @cached_property
    def _ns_gone(self) -> dict[str, Fact]:
        """For each leaving signer, since when no NS RRset names it. The TTL is the largest of any NS RRset of the zone."""
        parent = self.seen.parent
        found: dict[str, Fact] = {}
        for signer in self.leaving:
            is_dead = signer.name in self.group.dead
            views = [view for view in self.seen.signers if view.name not in self.group.dead]
            # a leaver that no NS named before may have been switched off since: then it answers with no NS either
            gone = {fact.subject for fact in self.facts.known(NS_NOWHERE) if fact.since is not None}
            unseen = bool(parent.errors) or any(view.errors for view in views if view.name not in gone)
            named = self._is_named(signer.ns, views)
            # nobody saw the NS RRset of a signer that is dead: it had a TTL of at most the zone's largest
            ttl = max(self.ns_ttl, self.group.max_ttl if is_dead else 0)
            found[signer.name] = self.facts.note(NS_NOWHERE, signer.name, bool(signer.ns) and not unseen and not named, ttl)
        return found

    def _is_named(self, names: Iterable[str], views: Iterable[SignerView]) -> bool:
        """Whether an NS RRset of the parent or of one of *views* has one of *names*."""
        shown = frozenset().union(*(server.ns for server in self.seen.parent.servers), *(server.ns for view in views for server in view.servers))
        return not shown.isdisjoint(names)

    @cached_property
    def ns_ttl(self) -> int:
        """For how long an NS RRset of the zone, the parent's or a signer's, may be held."""
        seen = [server.ns_ttl for server in self.seen.parent.servers]
        seen += [server.ns_ttl for view in self.seen.signers if view.name not in self.group.dead for server in view.servers]
        return self.facts.largest_ttl('NS', max(seen, default=0), self.group.max_ttl)

    @cached_property
    def csync_shown(self) -> frozenset[CSYNC]:
        """The CSYNC of every server of every signer that is asked."""
        return frozenset().union(*(server.csync for view in self.asked for server in view.servers))

    @cached_property
    def csync_ours(self) -> frozenset[CSYNC]:
        """Those that were published here. They are remembered as long as the parent follows CSYNC, and until they have been seen to be gone."""
        known = frozenset(CSYNC.parse(fact.subject) for fact in self.facts.known(CSYNC_OURS))
        return known if self.group.parent.csync or not self.is_seen_whole else known & self.csync_shown

    def ns_gone(self, signer: Signer) -> Fact:
        return self._ns_gone[signer.name]

    def is_released(self, signer: Signer) -> bool:
        """No resolver holds an NS RRset that names this leaving signer: nobody asks it any more."""
        return self.facts.has_aged(self.ns_gone(signer))

    def forgotten_after(self, signer: Signer) -> int:
        """Seconds from the release of a leaving signer until nothing that it answered is in a cache: its DNSKEY RRset, and data that it signed."""
        ttls = [fact.ttl for fact in self.facts.known(KEY_OWNER) if fact.subject.startswith(f'{signer.name} ')]
        ttls += [server.dnskey_ttl for view in self.seen.signers if view.name == signer.name for server in view.servers]
        return max([self.group.max_ttl, *ttls])

    def is_forgotten(self, signer: Signer) -> bool:
        return self.facts.has_aged(self.ns_gone(signer), self.forgotten_after(signer))

    def is_finished(self, signer: Signer) -> bool:
        """Nothing of this leaving signer is needed any more: it is forgotten, and no resolver can hold a DS of it."""
        return self.is_forgotten(signer) and all(self.facts.has_aged(fact) for key in self.keys_of(signer.name) for fact in self.ds_traces(key))

    # -- whose keys they are ------------------------------------------------------------------------------------------

    @cached_property
    def owners(self) -> dict[DNSKEY, frozenset[str]]:
        """For each key that is anywhere, the signers that it belongs to: at which it signs, or was seen to sign before.

        One that never signed belongs to the signer that announced it, or alone published it when it was first seen.
        """
        return {key: frozenset(names) for key, names in {**self._found_at, **self._proved}.items()}

    def has_signed(self, key: DNSKEY) -> bool:
        """Whether *key* signs at its owners, or was seen to."""
        return key in self._proved

    @cached_property
    def _proved(self) -> dict[DNSKEY, set[str]]:
        found: dict[DNSKEY, set[str]] = {}
        for view in self.seen.signers:
            for key in view.signing:
                found.setdefault(key, set()).add(view.name)
                if view.authenticated(key) != NOT_AUTHENTICATED:
                    self.facts.keep(KEY_OWNER, f'{view.name} {key.text}', max((server.dnskey_ttl for server in view.servers), default=0))
        for signer in self.leaving:
            for key in _pinned(signer, self.seen.zone, self.published) if signer.name in self.group.dead else ():
                found.setdefault(key, set()).add(signer.name)
                self.facts.keep(KEY_OWNER, f'{signer.name} {key.text}', 0)
        self._remembered(KEY_OWNER, found)
        return found

    @cached_property
    def _found_at(self) -> dict[DNSKEY, set[str]]:
        found: dict[DNSKEY, set[str]] = {}
        self._remembered(KEY_FOUND_AT, found)
        for view in self.seen.signers:
            for key in view.announced:
                found.setdefault(key, set()).add(view.name)
                self.facts.keep(KEY_FOUND_AT, f'{view.name} {key.text}', 0)
        if any(view.errors for view in self.seen.signers):
            return found  # it may be of one that was not seen
        for key in self.published - frozenset(self._proved) - frozenset(found):
            holders = [view for view in self.seen.signers if key in view.published]
            if len(holders) == 1 and holders[0].prepublishes and holders[0].authenticated(key) != NOT_AUTHENTICATED and not key.is_revoked:
                found[key] = {holders[0].name}
                self.facts.keep(KEY_FOUND_AT, f'{holders[0].name} {key.text}', 0)
        return found

    def _remembered(self, kind: str, found: dict[DNSKEY, set[str]]) -> None:
        """Adds the owners that the journal knew to *found*, and keeps them as long as anything of the key is anywhere."""
        for fact in self.facts.known(kind):
            name, _unused, text = fact.subject.partition(' ')
            key = parse_key(text)
            if self._is_anywhere(key):
                found.setdefault(key, set()).add(name)
                self.facts.keep(kind, fact.subject, fact.ttl)

    def _is_anywhere(self, key: DNSKEY) -> bool:
        """Whether the key, or a CDS, CDNSKEY or DS of it, is anywhere, or could not be looked for everywhere."""
        if not self.is_seen_whole or key in self.published or self.ds_at_parent(key):
            return True
        servers = [server for view in self.asked for server in view.servers]
        return any(key in server.cdnskeys or any(ds in server.cds for ds in self.ds_of(key)) for server in servers)

    @cached_property
    def published(self) -> frozenset[DNSKEY]:
        """The keys in any DNSKEY RRset."""
        return frozenset().union(*(view.published | view.by_api for view in self.seen.signers))

    @cached_property
    def has_strangers(self) -> bool:
        """Whether there is a key, or a DS, that belongs to nobody who is known."""
        known = frozenset(ds for key in self.owners for ds in self.ds_of(key))
        return bool(self.published - frozenset(self.owners)) or not self.seen.parent.ds_anywhere <= known

    def keys_of(self, name: str) -> frozenset[DNSKEY]:
        return frozenset(key for key, names in self.owners.items() if name in names)

    def ds_of(self, key: DNSKEY) -> tuple[DS, ...]:
        """Every DS that can name *key*: by all digest types that RFC 9905 allows."""
        return _ds_of(key, self.seen.zone)

    def ds_at_parent(self, key: DNSKEY) -> list[DS]:
        """The DS of *key* that any server of the parent shows."""
        return [ds for ds in self.ds_of(key) if ds in self.seen.parent.ds_anywhere]

    @cached_property
    def announced(self) -> frozenset[DNSKEY]:
        """The keys that their signers have made and not published, or had when they were asked."""
        return frozenset().union(*(view.announced for view in self.asked))

    def is_withdrawn(self, key: DNSKEY) -> bool:
        """Its owners, all of them known, were seen to have taken it out of their DNSKEY RRsets, or have left for good.

        What one shows that nobody asks any more, or that is declared no more, says nothing.
        """
        owners = self.owners.get(key, frozenset())
        finished = {signer.name for signer in self.leaving if self.is_finished(signer)}
        asked = {view.name: view for view in self.asked}
        return bool(owners) and all(
            name in finished or (name in asked and not asked[name].errors and key not in asked[name].published | asked[name].by_api) for name in owners
        )

    @cached_property
    def shared(self) -> frozenset[DNSKEY]:
        """The keys that every signer must publish: all that sign or may be about to, and those whose signatures may be cached."""
        found = set()
        for key in self.published | frozenset(self.owners) | self.announced:
            if key.is_revoked:
                continue
            if key in self.announced:
                found.add(key)
                continue
            owners = self.owners.get(key, frozenset()) & frozenset(self.views)
            if owners:
                is_shared = not self.is_withdrawn(key)
            else:
                # somebody's next key, which signs nothing yet
                is_shared = key not in self.owners and any(view.prepublishes and key in view.published for view in self.asked)
            if is_shared:
                found.add(key)
        return frozenset(found)

    def spared(self, view: SignerView) -> frozenset[DNSKEY]:
        """The keys that a signer which omits the KSKs of others need not publish: nobody validates data with them (RFC 8901 section 2.1.2)."""
        if not view.omits_ksks or view.errors:
            return frozenset()
        return frozenset(key for key in self.shared if view.name not in self.owners.get(key, ()) and self._signs_no_data(key))

    def _signs_no_data(self, key: DNSKEY) -> bool:
        """Whether *key* is a KSK at all of its owners: each has ZSKs, and is seen to sign data with nothing else."""
        owners = self.owners.get(key, frozenset())
        signing = [server.signs_zone for view in self.asked if view.name in owners for server in view.servers if not server.error]
        has_zsk = all(any(not one.is_sep for one in self.keys_of(name)) for name in owners)
        return key.is_sep and bool(owners) and has_zsk and all(keys and not any(one.is_sep for one in keys) for keys in signing)

    def unused(self, key: DNSKEY) -> Fact:
        """Since when a key is withdrawn; the TTL is that of data that may be cached with its signatures."""
        return self.facts.note(KEY_UNUSED, key.text, self.is_seen_whole and self.is_withdrawn(key), self.group.max_ttl)

    # -- since when ---------------------------------------------------------------------------------------------------

    @cached_property
    def dnskey_ttls(self) -> dict[str, int]:
        """For each signer that is asked, for how long an answer about its DNSKEY RRset may be held.

        Nothing is held of one that joins: the zone was watched, and no NS RRset names it yet.
        """
        found = {}
        for view in self.asked:
            ttl = max((server.longest_ttl for server in view.servers), default=0)
            names = next((signer.ns for signer in self.group.signers if signer.name == view.name), ())
            joins = self.facts.continues and bool(names) and not self._is_named(names, self.seen.signers)
            found[view.name] = self.facts.largest_ttl(f'DNSKEY of {view.name}', ttl, 0 if joins else self.group.max_ttl)
        return found

    @cached_property
    def ds_ttl(self) -> int:
        """For how long a DS RRset may be held: registries lower its TTL when they change it."""
        return self.facts.largest_ttl('DS', max((server.ds_ttl for server in self.seen.parent.servers), default=0), self.group.max_ttl)

    @cached_property
    def everywhere(self) -> dict[DNSKEY, Fact]:
        """For each shared key, since when every server of every signer that is asked publishes it, or has announced it. The TTL is that of the
        answers that lack it: they are what must run out (RFC 2308 for those that said that there is no DNSKEY at all)."""
        held = frozenset.intersection(
            *(view.published_everywhere | (view.announced - view.published) | self.spared(view) for view in self.asked)
        ) if self.asked else frozenset()
        ttl = max(self.dnskey_ttls.values(), default=0)
        return {key: self.facts.note(KEY_EVERYWHERE, key.text, key in held, ttl) for key in sorted(self.shared)}

    @cached_property
    def early(self) -> frozenset[DNSKEY]:
        """The keys that alone sign the data of a signer, and that a resolver may lack which asks that signer and has an older DNSKEY RRset of
        another (RFC 8901 section 6.1): its signer rolled a key faster than the others can follow."""
        found: set[DNSKEY] = set()
        trusted = [view for view in self.asked if any(self.ds_at_parent(key) for key in view.own_sep)]
        for view in trusted:  # none that was not seen whole is one of them
            others = [other.published_everywhere for other in trusted if other is not view]
            for server in view.servers:
                if all(self._is_early(view, key, others) for key in server.signs_zone):
                    found |= server.signs_zone
        found |= {key for key, fact in self.everywhere.items() if self.facts.has_known(KEY_EARLY, key.text) and not self.facts.has_aged(fact)}
        for key in found:
            self.facts.keep(KEY_EARLY, key.text, 0)
        return frozenset(found)

    def _is_early(self, view: SignerView, key: DNSKEY, others: Iterable[frozenset[DNSKEY]]) -> bool:
        """Whether a key that signs is missing at some other signer, or has begun to sign while answers without it may be cached."""
        fact = self.everywhere.get(key)
        if fact is None or fact.since is None:
            return not all(key in held for held in others)
        has_begun = fact.since < self.facts.now and not self.facts.has_known(KEY_OWNER, f'{view.name} {key.text}')
        return has_begun and not self.facts.has_aged(fact)

    @cached_property
    def signs(self) -> dict[tuple[str, DNSKEY], Fact]:
        """For each KSK and CSK of each signer that is asked, since when it signs the DNSKEY RRset at every server there."""
        found = {}
        for view in self.asked:
            ttl = self.dnskey_ttls[view.name]
            own = view.own_sep
            for key in sorted(own | frozenset(key for key in self.keys_of(view.name) if key.is_sep)):
                found[view.name, key] = self.facts.note(KEY_SIGNS, f'{view.name} {key.text}', key in own, ttl)
        return found

    def is_in_force(self, view: SignerView, key: DNSKEY) -> bool:
        """Whether every DNSKEY RRset of the signer that may be cached is signed by *key*, and the parent shows its DS everywhere."""
        ds = [key.ds(self.group.zone, number) for number in self.group.digest_types]
        return self.is_in_every_cache(view, key) and all(one in self.seen.parent.ds_everywhere for one in ds)

    def is_in_every_cache(self, view: SignerView, key: DNSKEY) -> bool:
        """Whether every DNSKEY RRset of the signer that may be cached is signed by *key*."""
        fact = self.signs.get((view.name, key))
        return fact is not None and self.facts.has_aged(fact)

    def given_up(self, view: SignerView) -> frozenset[DNSKEY]:
        """The KSKs and CSKs that their signer has replaced, as its CDNSKEY tell: those of a key that stays, and signs every DNSKEY RRset that may
        be cached, are there, and theirs are nowhere any more (RFC 7583 section 3.3.3 lets the DS of the one take the place of the other's)."""
        shown = [server.cdnskeys for server in view.servers]
        if not any(self.is_in_every_cache(view, key) and all(key in one for one in shown) for key in view.own_sep - view.retiring):
            return frozenset()
        return view.retiring - frozenset().union(*shown)

    @cached_property
    def ds_algorithms(self) -> frozenset[int]:
        """The algorithms of the DS set that every server of the parent shows."""
        return frozenset(ds.algorithm for ds in self.seen.parent.ds_everywhere)

    @cached_property
    def ds_shown(self) -> dict[DS, Fact]:
        """For each DS that any server of the parent shows, since when all do, and the parent was given no reason to take it away."""
        parent = self.seen.parent
        is_safe = {ds: ds in parent.ds_everywhere and all(self._announced(ds)) for ds in sorted(parent.ds_anywhere)}
        return {ds: self.facts.note(DS_EVERYWHERE, ds.text, safe, self.ds_ttl) for ds, safe in is_safe.items()}

    def ds_gone(self, ds: DS) -> Fact:
        """Since when no server of the parent shows *ds*, and the parent was given no reason to bring it back."""
        is_gone = not self.seen.parent.errors and ds not in self.seen.parent.ds_anywhere and not any(self._announced(ds))
        return self.facts.note(DS_NOWHERE, ds.text, is_gone, self.ds_ttl)

    def _announced(self, ds: DS) -> list[bool]:
        """For each server that the parent asks, whether its CDS or CDNSKEY ask for *ds*."""
        return [ds in server.cds or any(ds in self.ds_of(key) for key in server.cdnskeys) for server in self._asked_by_parent]

    @cached_property
    def _asked_by_parent(self) -> tuple[ServerView, ...]:
        """The servers that a parent asks which follows CDS; none are asked by another. It looks when it likes: what they asked for between two
        looks of ours, it may have done and undone (RFC 7344 section 6.1)."""
        if self.group.parent.capabilities.write != 'ask':
            return ()
        names = frozenset().union(*(server.ns for server in self.seen.parent.servers))
        sent_to = {signer.name for signer in self.group.signers if not signer.ns or not names.isdisjoint(signer.ns)} - frozenset(self.group.dead)
        return tuple(server for view in self.seen.signers if view.name in sent_to for server in view.servers)

    def ds_traces(self, key: DNSKEY) -> list[Fact]:
        """Since when no server of the parent shows each DS of *key* that there may have been."""
        if not key.is_sep:
            return []
        known = (ds for ds in self.ds_of(key) if ds.digest_type in self.group.digest_types or self.facts.has_known(DS_EVERYWHERE, ds.text))
        return [self.ds_gone(ds) for ds in known]

    # -- algorithms ---------------------------------------------------------------------------------------------------

    @cached_property
    def algorithms(self) -> dict[str, frozenset[int]]:
        """For each signer that is asked and was seen whole, the algorithms with which every server signs both keys and data."""
        return {
            view.name: frozenset.intersection(
                *(frozenset(key.algorithm for key in keys) for server in view.servers for keys in (server.signs_keys, server.signs_zone))
            )
            for view in self.asked
            if view.servers and not view.errors
        }

    @cached_property
    def introduced(self) -> dict[int, Fact]:
        """For each algorithm that signs anywhere, since when every signer has signed everything with it.

        The TTL is that of data that may be cached without its signatures (RFC 6781 section 4.1.4). With mixed algorithms, since
        when every signer has signed with any of them.
        """
        ttl = max([self.group.max_ttl, *(server.longest_ttl for view in self.asked for server in view.servers)])
        signing = self.algorithms
        found = {}
        for algorithm in sorted(frozenset().union(*signing.values()) if signing else ()):
            is_everywhere = len(signing) == len(self.asked) and all(
                any(key.algorithm in signing[view.name] and (self.is_mixed or key.algorithm == algorithm) for key in view.own_sep) for view in self.asked
            )
            found[algorithm] = self.facts.note(ALGORITHM_EVERYWHERE, str(algorithm), is_everywhere, ttl)
        return found

    @cached_property
    def is_mixed(self) -> bool:
        """The signers sign with the one mix of algorithms that the user may allow, and did."""
        used = frozenset(key.algorithm for view in self.asked for key in view.signing)
        return self.group.allow_mixed_algorithms and used == MIXABLE_ALGORITHMS


def _pinned(signer: Signer, zone: str, published: Iterable[DNSKEY]) -> list[DNSKEY]:
    """Those of *published* that the user says are the signer's: by a DNSKEY record, or by a DS."""
    texts = {' '.join(text.split()).lower() for text in signer.pins.get(zone, ())}
    return [key for key in published if any(text.endswith(form.lower()) for text in texts for form in (key.text, *(ds.text for ds in _ds_of(key, zone))))]


@lru_cache(maxsize=None)
def _ds_of(key: DNSKEY, zone: str) -> tuple[DS, ...]:
    return tuple(key.ds(zone, number) for number in DIGEST_LENGTHS)


def latest(facts: Iterable[Fact]) -> Fact | None:
    """The fact that will be the last to have aged; None without facts. One that is not true counts as the last of all."""
    return max(facts, key=lambda fact: (fact.since is None, due(fact) or 0), default=None)
