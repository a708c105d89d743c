# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody else took away: a record that every server had, that is still to be there, and that a server has no more. Pure.

It plans nothing: that the record is missing is enough for the steps to put it back. This says that it was there, and where it went, so that a
person finds the other tool that manages the zone. No I/O, no clock.
"""
from __future__ import annotations

from functools import partial
from typing import Callable, Iterable, Mapping

from .dnskey import DNSKEY, DS
from .journal import Fact
from .observation import ServerView, SignerView
from .parent_steps import ParentSteps
from .situation import DS_EVERYWHERE, KEY_EVERYWHERE, KEY_OWNER, Situation
from .steps import Findings, utc

ANNOUNCED_EVERYWHERE = 'CDS and CDNSKEY at every server of the other signers'
NS_EVERYWHERE = 'NS at every server of every signer'
NS_AT_PARENT = 'NS at every server of the parent'
TAKEN_AWAY = 'record that somebody else took away'
KINDS = frozenset((ANNOUNCED_EVERYWHERE, NS_EVERYWHERE, NS_AT_PARENT, TAKEN_AWAY))  # of the facts by which nothing is planned
TOLD_FOR = 86400  # seconds: the pass that finds it puts the record back, and reports what is then

Has = Callable[[ServerView], bool]


def tell_taken_away(here: Situation) -> list[str]:
    """Notes about what was taken away in the last day. Remembers what is at every server now; to be called once in every plan.

    A zone that was not seen whole tells nothing, and what is known of it stays known.
    """
    found: list[str] = []
    if here.is_seen_whole and not here.group.insecure:
        parent = ParentSteps(here, Findings())
        wanted = parent.wanted()
        found = [*_keys(here), *_delegation(here, parent.replaced), *_name_servers(here)]
        found += _announcements(here, wanted, parent.replaced) if wanted else _kept(here, ANNOUNCED_EVERYWHERE)
    else:
        for kind in (ANNOUNCED_EVERYWHERE, NS_EVERYWHERE, NS_AT_PARENT):
            _kept(here, kind)
    return _remembered(here, found)


def _kept(here: Situation, kind: str) -> list[str]:
    here.facts.current.update((fact.key, fact) for fact in here.facts.known(kind))
    return []


def _remembered(here: Situation, found: Iterable[str]) -> list[str]:
    """The notes, and the facts behind them: those of before and those that were *found* now."""
    facts = {fact.subject: fact for fact in here.facts.known(TAKEN_AWAY)}
    facts.update((subject, Fact(TAKEN_AWAY, subject, here.facts.now, 0)) for subject in found)
    here.facts.current.update((fact.key, fact) for fact in facts.values())
    fresh = [fact for fact in facts.values() if fact.since is not None and 0 <= here.facts.now - fact.since < TOLD_FOR]
    return [
        f'{fact.subject} was there, and was found to be gone at {utc(fact.since or 0)}: another tool that manages the zone, or a person, took it away; '
        'it is put back, and goes again unless that tool is told to leave it alone'
        for fact in sorted(fresh, key=lambda fact: fact.subject)
    ]


def _was(here: Situation, kind: str, subject: str) -> bool:
    """Whether the last pass found it to be so."""
    known = here.facts.memory.facts.get((kind, subject))
    return known is not None and known.since is not None


def _others(here: Situation, key: DNSKEY) -> tuple[SignerView, ...]:
    """The signers that have *key* from us: those that stay, and whose own it is not."""
    owners = here.owners.get(key, frozenset())
    return tuple(view for view in here.staying if view.name not in owners)


def _without_joiners(here: Situation, names: Iterable[str]) -> list[str]:
    """Those that the journal knows: a joiner never had anything."""
    known = {fact.subject.split(' ', 1)[0] for fact in here.facts.known(KEY_OWNER)}
    return [name for name in names if name in known]


def _lacking(views: Iterable[SignerView], has: Has) -> list[str]:
    return [view.name for view in views if not all(has(server) for server in view.servers)]


def _publishes(key: DNSKEY, server: ServerView) -> bool:
    return key in server.dnskeys


def _announces(key: DNSKEY, cds: frozenset[DS], server: ServerView) -> bool:
    return cds <= server.cds and key in server.cdnskeys


def _names(name: str, server: ServerView) -> bool:
    return name in server.ns


def _keys(here: Situation) -> list[str]:
    found = []
    for key in sorted(here.shared):
        if _was(here, KEY_EVERYWHERE, key.text):
            holders = [view for view in _others(here, key) if key not in here.spared(view)]
            found += [f'DNSKEY {key} at {name}' for name in _without_joiners(here, _lacking(holders, partial(_publishes, key)))]
    return found


def _announcements(here: Situation, wanted: frozenset[DS], replaced: frozenset[DNSKEY]) -> list[str]:
    """CDS and CDNSKEY go together, so one fact for each key will do. Those of a key that was *replaced* the pass itself takes away."""
    found = []
    for key in sorted(key for key in here.owners if key.is_sep and key not in replaced):
        cds = frozenset(ds for ds in here.ds_of(key) if ds in wanted)
        if cds:
            was, others = _was(here, ANNOUNCED_EVERYWHERE, key.text), _others(here, key)
            lacking = _lacking(others, partial(_announces, key, cds))
            here.facts.note(ANNOUNCED_EVERYWHERE, key.text, bool(others) and not lacking, 0)
            found += [f'CDS and CDNSKEY of {key} at {name}' for name in (_without_joiners(here, lacking) if was else ())]
    return found


def _delegation(here: Situation, replaced: frozenset[DNSKEY]) -> list[str]:
    """The DS of keys that stay. When all are gone, the plan may want none for a while: it is no measure then."""
    zone, digest_types = here.group.zone, here.group.digest_types
    keys = frozenset().union(*(view.own_sep - view.retiring for view in here.staying)) - replaced
    missing = frozenset(key.ds(zone, number) for key in keys for number in digest_types) - here.seen.parent.ds_everywhere
    return [f'DS {ds.text} at the parent' for ds in sorted(missing) if _was(here, DS_EVERYWHERE, ds.text)]


def _name_servers(here: Situation) -> list[str]:
    """The names of signers that stay, where NS are managed."""
    group, found = here.group, []
    if not all(signer.ns for signer in group.signers):
        return []
    shown: Mapping[str, tuple[str, ...]] = {signer.name: signer.ns for signer in group.signers if signer.name not in group.leaving}
    for name in sorted({one for names in shown.values() for one in names}):
        lacking = _lacking(here.staying, partial(_names, name))
        if _was(here, NS_EVERYWHERE, name):
            found += [f'NS {name} at {place}' for place in _without_joiners(here, lacking)]
        here.facts.note(NS_EVERYWHERE, name, not lacking, 0)
        is_delegated = all(name in server.ns for server in here.seen.parent.servers)
        if _was(here, NS_AT_PARENT, name) and not is_delegated:
            found.append(f'NS {name} at the parent')
        here.facts.note(NS_AT_PARENT, name, is_delegated, 0)
    return found
