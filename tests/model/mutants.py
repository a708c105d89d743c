# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mutants [--states N] [--list] [NAME ...]

Takes the guards and waits of the plan away, one at a time, in a copy of this tree, and sees whether anybody notices: the explorer,
or the unit tests of the plan. The explorer looks at the scenario that is known to show it, and, when nobody has noticed, at all of them.
One that nobody notices is a guard that nothing tests, or that nothing needs.
Exit status: 0; 1 when one was not noticed, or when the text that one replaces is not there (once). The last line: "N mutants, N not noticed".
"""
from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
CODE = Path('plugins/module_utils/_multisigner')
TESTS = Path('tests/unit') / CODE
STATES = 200_000


@dataclass(frozen=True)
class Mutant:
    """*name* says what is taken away; in *file*, *text* becomes *instead*. *by*: the scenario that is known to show it, if any."""

    name: str
    file: str
    text: str
    instead: str
    by: str = ''


MUTANTS = (
    # facts: how long something has been so
    Mutant('a fact has aged as soon as it is true', 'facts.py', 'return until is not None and until <= self.now', 'return until is not None', 'leave'),
    Mutant('what is to be waited for beyond the TTL is not', 'facts.py', 'until = due(fact, extra)\n', 'until = due(fact)\n', 'leave'),
    Mutant('a TTL that was lowered shortens the wait', 'facts.py', 'if is_as_before or not self.has_aged(known):', 'if False:', 'ksk-lowered-ds'),
    Mutant('a TTL that has run out counts for ever', 'facts.py', 'if is_as_before or not self.has_aged(known):', 'if True:'),
    Mutant('a journal of any age counts', 'facts.py', '0 <= self.now - seen <= GAP', '0 <= self.now - seen', 'leave-journal'),
    Mutant('a journal that was written in the future counts', 'facts.py', '0 <= self.now - seen <= GAP', 'self.now - seen <= GAP', 'leave-journal'),
    Mutant('a journal that never saw the zone, or too long ago, counts', 'facts.py', 'is_true and self.continues and', 'is_true and', 'leave-journal'),
    Mutant('a TTL that nobody watched is what it is now', 'facts.py', 'max(assumed, known.ttl if known else 0))', 'ttl)', 'ksk-lowered-journal'),
    Mutant('a TTL that was larger ends at once', 'facts.py', 'is_over = ttl >= known.ttl or self.now >= since + known.ttl', 'is_over = True', 'ksk-lowered-ds'),
    Mutant('a TTL that was larger is not watched on', 'facts.py', 'if known is None or not self.continues:', 'if known is None:', 'ksk-lowered-journal'),
    Mutant('a fact of the future counts', 'facts.py', ' and known.since <= self.now\n', '\n', 'leave-journal'),
    # situation: who is asked
    Mutant(
        'a leaver is not asked from the moment that it is declared', 'situation.py',
        'view.name not in released and', 'view.name not in self.group.leaving and', 'leave',
    ),
    Mutant('a dead signer is asked', 'situation.py', 'view.name not in released and view.name not in self.group.dead)', 'view.name not in released)', 'dead'),
    Mutant(
        'NS that could not be looked for are gone', 'situation.py',
        'bool(signer.ns) and not unseen and not named', 'bool(signer.ns) and not named', 'leave-slow-blind',
    ),
    Mutant('NS are gone while a server has them', 'situation.py', 'bool(signer.ns) and not unseen and not named', 'bool(signer.ns) and not unseen', 'leave'),
    Mutant('the NS TTL of a dead signer is forgotten', 'situation.py', 'self.group.max_ttl if is_dead else 0', '0', 'dead-other-ttls'),
    Mutant('a leaver that is asked no more is forgotten at once', 'situation.py', 'return max([self.group.max_ttl, *ttls])', 'return 0', 'leave'),
    Mutant('data of a leaver are forgotten at once', 'situation.py', 'return max([self.group.max_ttl, *ttls])', 'return max([0, *ttls])', 'leave'),
    Mutant(
        'the DNSKEY RRset of a leaver is forgotten with its data', 'situation.py',
        'return max([self.group.max_ttl, *ttls])', 'return self.group.max_ttl', 'leave-other-ttls',
    ),
    Mutant(
        'a leaver is finished while its DS may be cached', 'situation.py',
        'return self.is_forgotten(signer) and all(', 'return self.is_forgotten(signer) or all(', 'leave-long-ds',
    ),
    Mutant(
        'the NS at the parent do not count', 'situation.py',
        '(*(server.ns for server in self.seen.parent.servers), *(server.ns for view in views', '(*(server.ns for view in views', 'leave',
    ),
    Mutant(
        'the NS at the leaver itself do not count', 'situation.py',
        'named = self._is_named(signer.ns, views)',
        'named = self._is_named(signer.ns, [view for view in views if view.name not in self.group.leaving])', 'leave',
    ),
    Mutant('NS sets are never cached', 'situation.py', "return self.facts.largest_ttl('NS', max(seen, default=0), self.group.max_ttl)", 'return 0', 'leave'),
    Mutant(
        'NS sets of the parent are never cached', 'situation.py',
        'seen = [server.ns_ttl for server in self.seen.parent.servers]', 'seen = [0]', 'leave-short-ds',
    ),
    # situation: whose keys they are, and which are shared
    Mutant('keys of a leaver are withdrawn at once', 'situation.py', 'name in finished or (', 'name in self.group.leaving or (', 'leave-zsk'),
    Mutant(
        'keys of a signer that was not seen are withdrawn', 'situation.py',
        'name in asked and not asked[name].errors and', 'name in asked and', 'zsk-blind',
    ),
    Mutant(
        'what is withdrawn from one server is withdrawn', 'situation.py',
        'key not in asked[name].published | asked[name].by_api', 'key not in asked[name].published_everywhere', 'zsk-slow',
    ),
    Mutant('owners are forgotten when their keys are published no more', 'situation.py', "        self._remembered(KEY_OWNER, found)\n", '', 'zsk'),
    Mutant(
        'a key that is announced is not shared', 'situation.py',
        'if key in self.announced:\n                found.add(key)\n                continue', 'if key in self.announced:\n                continue',
        'zsk-made',
    ),
    Mutant(
        'a key that does not sign yet is not shared', 'situation.py',
        'if len(holders) == 1 and holders[0].prepublishes', 'if not holders and holders[0].prepublishes', 'zsk',
    ),
    # situation: since when
    Mutant(
        'a key at one server of each signer is everywhere', 'situation.py',
        '(view.published_everywhere | (view.announced', '(view.published | (view.announced', 'join-slow',
    ),
    Mutant(
        'DNSKEY RRsets without a key are never cached', 'situation.py',
        '        ttl = max(self.dnskey_ttls.values(), default=0)\n', '        ttl = 0\n', 'join',
    ),
    Mutant(
        'DNSKEY RRsets without a signature are never cached', 'situation.py',
        '            ttl = self.dnskey_ttls[view.name]\n', '            ttl = 0\n', 'ksk',
    ),
    Mutant('every signer joins', 'situation.py', '0 if joins else self.group.max_ttl', '0', 'join-journal'),
    Mutant('a signer that an NS RRset names may join', 'situation.py', ' and not self._is_named(names, self.seen.signers)\n', '\n', 'join-journal'),
    Mutant(
        'a key is in force before it signs every cached RRset', 'situation.py',
        'return self.is_in_every_cache(view, key) and all(', 'return all(', 'ksk',
    ),
    Mutant(
        'a key is in force without a DS', 'situation.py',
        'self.is_in_every_cache(view, key) and all(one in self.seen.parent.ds_everywhere for one in ds)', 'self.is_in_every_cache(view, key)', 'ksk',
    ),
    Mutant('a DS at one server of the parent is everywhere', 'situation.py', 'ds: ds in parent.ds_everywhere and', 'ds:', 'join-slow'),
    Mutant('DS sets without a DS are never cached', 'situation.py', 'ds.text, safe, self.ds_ttl)', 'ds.text, safe, 0)', 'join-long-ds'),
    Mutant('a DS that the CDS ask the parent to take away is there to stay', 'situation.py', ' and all(self._announced(ds))', '', 'leave-cds'),
    Mutant('a DS for which the CDS of one server ask is asked for by all', 'situation.py', 'all(self._announced(ds))', 'any(self._announced(ds))'),
    Mutant(
        'a DS for which CDS ask, and which the parent may bring back, is gone', 'situation.py',
        ' and not any(self._announced(ds))', '',
    ),
    Mutant(
        'a key is replaced before its successor signs every cached RRset', 'situation.py',
        'if not any(self.is_in_every_cache(view, key) and all(', 'if not any(all(', 'ksk-cds',
    ),
    Mutant(
        'a key is replaced by one that is not announced', 'situation.py',
        'self.is_in_every_cache(view, key) and all(key in one for one in shown) for', 'self.is_in_every_cache(view, key) for',
    ),
    Mutant('a key is replaced that its signer still announces', 'situation.py', 'view.retiring - frozenset().union(*shown)', 'view.retiring'),
    Mutant('DS that are gone are never cached', 'situation.py', 'is_gone, self.ds_ttl)', 'is_gone, 0)', 'ksk'),
    Mutant(
        'a DS that one server of the parent still shows is gone', 'situation.py',
        'ds not in self.seen.parent.ds_anywhere and not any', 'ds not in self.seen.parent.ds_everywhere and not any', 'leave-slow',
    ),
    Mutant('a DS that could not be looked for is gone', 'situation.py', 'is_gone = not self.seen.parent.errors and', 'is_gone =', 'ksk-blind'),
    Mutant(
        'data without an algorithm are never cached', 'situation.py',
        'found[algorithm] = self.facts.note(ALGORITHM_EVERYWHERE, str(algorithm), is_everywhere, ttl)',
        'found[algorithm] = self.facts.note(ALGORITHM_EVERYWHERE, str(algorithm), is_everywhere, ttl * 0)', 'algorithm',
    ),
    Mutant(
        'an algorithm of one signer is everywhere', 'situation.py',
        'is_everywhere = len(signing) == len(self.asked) and all(', 'is_everywhere = any(', 'algorithm',
    ),
    Mutant(
        'data that were signed by a withdrawn key are never cached', 'situation.py',
        'self.is_seen_whole and self.is_withdrawn(key), self.group.max_ttl)', 'self.is_seen_whole and self.is_withdrawn(key), 0)', 'hasty',
    ),
    # keys
    Mutant(
        'keys are added at a signer that was not seen', 'key_steps.py',
        '            if view.errors:\n                continue\n            needed', '            needed', 'join-blind',
    ),
    Mutant('DS and NS do not wait for keys to be everywhere', 'key_steps.py', 'or any(fact.since is None for fact in here.everywhere.values())', '', 'join'),
    Mutant(
        'DS and NS do not wait for cached DNSKEY RRsets', 'key_steps.py',
        'if last is not None and not self.facts.has_aged(last):\n            waits.append(', 'if False:\n            waits.append(', 'join',
    ),
    Mutant(
        'DS and NS do not wait for what blocks', 'key_steps.py',
        'if self.findings.blocked or not here.everywhere', 'if not here.everywhere', 'leave-slow-blind',
    ),
    Mutant(
        'servers of one signer may disagree', 'key_steps.py',
        'for view in here.asked if view.disagreement]', 'for view in here.asked if False]', 'leave-slow',
    ),
    Mutant('a key goes before it is withdrawn', 'key_steps.py', '        if not here.is_withdrawn(key):\n            return False\n', '', 'zsk'),
    Mutant(
        'a key goes while data signed by it are cached', 'key_steps.py',
        'and not self.facts.has_aged(fact):\n            self.findings.waits.append(Wait(f\'data',
        'and False:\n            self.findings.waits.append(Wait(f\'data', 'careless-zsk',
    ),
    Mutant('a key goes before its DS', 'key_steps.py', 'if here.ds_at_parent(key) or any(_holds', 'if any(_holds', 'careless'),
    Mutant(
        'a key goes before its CDS', 'key_steps.py',
        ' or any(_holds_parent_records(view, key, here) for view in others):', ':', 'leave',
    ),
    Mutant('a key goes while its DS is cached', 'key_steps.py', 'if late is not None and not self.facts.has_aged(late):', 'if False:', 'csk-long-ds'),
    # NS
    Mutant('a signer without every algorithm of the DS set is ready', 'ns_steps.py', 'if algorithms and not here.is_mixed:', 'if False:', 'join-algorithm'),
    Mutant(
        'a signer is ready before its DS is in every cache', 'ns_steps.py',
        'if any(self.facts.has_aged(here.ds_shown[key.ds(self.group.zone, number)]) for key in view.own_sep if',
        'if any(True for key in view.own_sep if', 'join-long-ds',
    ),
    Mutant(
        'a signer is ready before its DNSKEY RRset is right in every cache', 'ns_steps.py',
        ' for key in view.own_sep if self.here.is_in_force(view, key)):\n            return None',
        ' for key in view.own_sep if key.ds(self.group.zone, number) in here.ds_shown):\n            return None', 'join',
    ),
    Mutant('the last NS may go', 'ns_steps.py', 'if stays and any(name in ns for ns in shown)]', 'if any(name in ns for ns in shown)]', 'change'),
    # CSYNC
    Mutant('resolvers are sent to a signer that lacks the declared content', 'ns_steps.py', 'if self._lacks_content(view.name):', 'if False:'),
    Mutant('a CSYNC is published while the NS differ', 'csync_steps.py', 'if len(shown) != 1:', 'if False:'),
    Mutant(
        'a CSYNC names a signer that is not ready', 'csync_steps.py',
        ' or not all(self.name_servers.is_ready(view) for view in coming):', ':',
    ),
    Mutant('a CSYNC names a leaver', 'csync_steps.py', 'if not names <= common or any(leavers & ns for ns in shown):', 'if not names <= common:'),
    Mutant(
        'a CSYNC is published before the NS of every signer are there', 'csync_steps.py',
        'if not names <= common or any(leavers & ns for ns in shown):', 'if any(leavers & ns for ns in shown):',
    ),
    Mutant('a CSYNC has the parent remove an NS of nobody', 'csync_steps.py', '        if lost:\n', '        if False:\n'),
    Mutant('a CSYNC is published by a signer whose NS are not known', 'csync_steps.py', '        if unnamed:\n', '        if False:\n'),
    Mutant('a CSYNC is published in a zone that goes insecure', 'csync_steps.py', 'if not self.seen.parent.ds_everywhere or', 'if', 'insecure-csync'),
    Mutant('a CSYNC of somebody else is removed', 'csync_steps.py', 'for csync in sorted(shown & ours) if', 'for csync in sorted(shown) if'),
    Mutant('a CSYNC is published beside that of somebody else', 'csync_steps.py', 'elif wanted is not None and shown - ours:', 'elif False:'),
    Mutant('the right CSYNC is taken for that of somebody else', 'csync_steps.py', '            ours |= {wanted}\n', '            pass\n'),
    Mutant(
        'a CSYNC is not remembered', 'csync_steps.py',
        '            here.facts.keep(CSYNC_OURS, wanted.text, 0)\n', '', 'no-csync',
    ),
    Mutant(
        'a CSYNC is forgotten while a signer is not seen', 'situation.py',
        'if self.group.parent.csync or not self.is_seen_whole else', 'if self.group.parent.csync else',
    ),
    Mutant('the NS are written at a parent that takes them from the zone', 'plan.py', 'if (follows or not able.edits_ns) and', 'if not able.edits_ns and'),
    Mutant('a parent is to follow the CSYNC of an insecure zone', 'plan.py', 'parent.csync and not self.here.group.insecure', 'parent.csync'),
    # DS and CDS
    Mutant(
        'a DS of a new algorithm is published at once', 'parent_steps.py',
        'if ds.algorithm in here.ds_algorithms or self._may_introduce(ds.algorithm))', ')', 'algorithm',
    ),
    Mutant(
        'a DS of a new algorithm does not wait for cached data', 'parent_steps.py',
        '        return self.facts.has_aged(fact)\n', '        return True\n', 'algorithm',
    ),
    Mutant(
        'a DS of a new algorithm comes while a leaver without one is cached', 'parent_steps.py',
        '        if cached:\n', '        if False:\n', 'leave-algorithm-3',
    ),
    Mutant(
        'a DS goes before another is in force', 'parent_steps.py',
        "                self._wait_for_force(view, f'a key whose DS is one of the {len(left)} that stay')\n                return ()",
        '                pass', 'ksk',
    ),
    Mutant(
        'keys of an algorithm are replaced one by one', 'parent_steps.py',
        'return frozenset() if self._lacking(left, here.is_in_every_cache) else found', 'return found',
    ),
    Mutant(
        'a parent that follows CDS is to have the DS of a key that was replaced', 'parent_steps.py',
        "if group.parent.capabilities.write != 'ask':", 'if True:',
    ),
    Mutant('another parent is not to have the DS of a key that was replaced', 'parent_steps.py', "if group.parent.capabilities.write != 'ask':", 'if False:'),
    Mutant(
        'the DS of a key that was replaced goes first', 'parent_steps.py',
        'if key.is_sep and key not in self.replaced for', 'if key.is_sep for', 'both-ksk-cds',
    ),
    Mutant('a CDS that a signer left behind stays', 'parent_steps.py', ' and key not in self.here.given_up(view)\n', '\n'),
    Mutant(
        'a key that was replaced stays in the CDS of the others', 'parent_steps.py',
        'for ds in here.ds_of(key))) - self.replaced\n', 'for ds in here.ds_of(key)))\n', 'ksk-cds',
    ),
    Mutant('DS of an algorithm go one by one', 'parent_steps.py', 'if lacking is None:', 'if True:', 'algorithm'),
    Mutant(
        'the DS of a leaver goes when nobody asks it', 'parent_steps.py',
        'if signer is None or not self.here.is_forgotten(signer):', 'if signer is None:', 'leave',
    ),
    Mutant('the DS of a key goes while its signer is not seen', 'parent_steps.py', 'elif view is None or view.errors:', 'elif view is None:', 'ksk-blind'),
    Mutant('the DS of a key goes while it signs', 'parent_steps.py', 'elif any(key in server.signs_keys for server in view.servers) or', 'elif', 'ksk'),
    Mutant('the DS of a key goes before it has signed', 'parent_steps.py', ' or (key in view.published and not self.here.has_signed(key)):', ':', 'ksk-made'),
    Mutant(
        'the DS of a retiring key is not wanted while it is the only one', 'parent_steps.py',
        "            self._wait_for_force(view, 'its keys that stay')\n        return own",
        "            self._wait_for_force(view, 'its keys that stay')\n        return staying", 'ksk',
    ),
    Mutant(
        'a DS is published for a leaver that nobody is sent to', 'parent_steps.py',
        'if signer is not None and not self._is_delegated(signer, own):', 'if False:', 'leave-ksk',
    ),
    Mutant(
        'CDS of a leaver or of an old key stay', 'parent_steps.py',
        'for record in frozenset().union(*shown) - union - kept if self._is_ended_record(record, view, obsolete)}',
        'for record in () if self._is_ended_record(record, view, obsolete)}', 'leave',
    ),
    Mutant(
        'CDS go before their DS may', 'parent_steps.py',
        'self._has_ended(key, owners) and all(ds in obsolete for ds in self.here.ds_at_parent(key))', 'True', 'ksk',
    ),
    Mutant(
        'CDS of others go where nobody asks for the removal of every DS', 'parent_steps.py',
        'if view.servers and all(any(ds.is_delete for ds in server.cds) for server in view.servers):', 'if view.servers:', 'insecure',
    ),
    Mutant('a signer\'s own CDS go where it asks for the removal of every DS', 'parent_steps.py', 'if view.name not in owners]', 'if True]'),
    # a signer that omits the KSKs of others
    Mutant('one that omits KSKs is asked for them all the same', 'situation.py', 'if not view.omits_ksks or view.errors:', 'if True:', 'omits-join'),
    Mutant('a key that signs data is spared as well', 'situation.py', ' and self._signs_no_data(key))', ')', 'omits-csk'),
    Mutant(
        'a KSK is what has the flag of one', 'situation.py', 'return key.is_sep and bool(owners) and has_zsk and all(', 'return key.is_sep or all(',
        'omits-csk',
    ),
    Mutant(
        'a spared key is waited for', 'situation.py', '(view.announced - view.published) | self.spared(view) for', '(view.announced - view.published) for',
        'omits-join',
    ),
    Mutant(
        'CDS that go with their key must go before it', 'key_steps.py', 'owners[key] and not (view.omits_ksks and key in view.published)]', 'owners[key]]',
        'omits-csk',
    ),
    Mutant('CDS that would take their key along go', 'parent_steps.py', '(view.published if view.omits_ksks else ())', '()'),
    # the plan
    Mutant('a run does not wait for another one that removes', 'plan.py', 'if hold_until is not None and hold_until > now:', 'if False:', 'leave-second'),
    Mutant('facts that this plan does not need are forgotten', 'plan.py', '    _look_at_every_fact(here)\n', '', 'leave-ksk'),
    Mutant(
        'nothing waits for the keys', 'plan.py',
        '        if waits is None:\n            return self._go_on()', '        if waits is None or True:\n            return self._go_on()', 'join',
    ),
    Mutant(
        'DS of an algorithm that is new do not wait for the keys', 'plan.py',
        'or any(ds.algorithm not in here.ds_algorithms for ds in missing):', ':', 'algorithm',
    ),
    Mutant(
        'CDS are removed beside the adding of keys', 'plan.py',
        'records = [replace(step, remove=()) for step in parent.records(wanted, ()) if step.add]',
        'records = parent.records(wanted, parent.obsolete(wanted))', 'ksk',
    ),
    Mutant(
        'a signer is told of a DS before every resolver can have it', 'plan.py',
        'if fact.since is not None and here.facts.has_aged(fact)}', 'if fact.since is not None}', 'ksk-long-ds',
    ),
    Mutant(
        'a signer is told that a DS is gone while it is cached', 'plan.py',
        ' for key, facts in traces.items() if all(here.facts.has_aged(fact) for fact in facts)}', ' for key, facts in traces.items()}', 'ksk',
    ),
    Mutant(
        'the DS of a zone that goes insecure are never cached', 'plan.py',
        'if last is not None and not here.facts.has_aged(last):', 'if False:', 'insecure-leave',
    ),
    Mutant('a zone goes insecure by a parent that was not seen', 'plan.py', '        if parent.errors:\n            return [], None\n', '', 'insecure-blind'),
    # what is told, and what waits for it
    Mutant('a key is prepublished before every cache has it', 'plan.py', ' if here.facts.has_aged(here.everywhere[key]))', ')'),
    Mutant(
        'a key that signs before the others have it is not told', 'situation.py',
        'if all(self._is_early(view, key, others) for key in server.signs_zone):', 'if False:',
    ),
    Mutant(
        'a key that signs too early is forgotten when the others have it', 'situation.py',
        'if self.facts.has_known(KEY_EARLY, key.text) and not self.facts.has_aged(fact)}', 'if False}',
    ),
    Mutant('what was announced belongs to nobody', 'situation.py', '            for key in view.announced:\n', '            for key in ():\n'),
    Mutant(
        'an algorithm with which not everything is signed is not waited for', 'parent_steps.py',
        "self._wait_once(Wait(f'every signer to sign", "(Wait(f'every signer to sign",
    ),
    Mutant('NS in a zone file that is the user\'s are changed', 'ns_steps.py', 'if not editable[view.name]:', 'if False:'),
)


@dataclass(frozen=True)
class Verdict:
    """Who noticed, in words; empty for nobody."""

    explorer: str
    tests: str


def judge(mutant: Mutant, folder: Path, states: int) -> Verdict:
    """*folder*: a copy of the tree below ansible_collections/dnssec/multisigner. It is put back as it was."""
    path = folder / CODE / mutant.file
    before = path.read_text(encoding='utf-8')
    path.write_text(before.replace(mutant.text, mutant.instead), encoding='utf-8')
    try:
        found = Verdict(_explorer(folder, states, mutant.by) if mutant.by else '', _tests(folder))
        return found if found.explorer or found.tests else Verdict(_explorer(folder, states), '')
    finally:
        path.write_text(before, encoding='utf-8')


def _explorer(folder: Path, states: int, *names: str) -> str:
    """What the explorer finds, in all scenarios or in those of *names*; empty for nothing."""
    done = _run(folder, '-m', 'ansible_collections.dnssec.multisigner.tests.model.explore', '--states', str(states), '--stories', '0', '--first', *names)
    scenario = re.search(r'^(\S+) .*\n  VIOLATION  (.*)', done.stdout, re.MULTILINE)
    if scenario:
        return f'{scenario.group(1)}: {scenario.group(2)[:100]}'
    return '' if done.returncode == 0 else f'it fails: {done.stderr.strip().splitlines()[-1][:100]}'


def _tests(folder: Path) -> str:
    done = _run(folder, '-m', 'pytest', '-q', '-x', '-p', 'no:cacheprovider', *(str(path) for path in sorted((folder / TESTS).glob('test_plan*.py'))))
    failed = re.search(r'^(?:FAILED|ERROR) \S*::(\S+)', done.stdout, re.MULTILINE)
    return failed.group(1) if failed else '' if done.returncode == 0 else f'they fail: {done.stdout.strip().splitlines()[-1][:100]}'


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, 'PYTHONPATH': str(folder.parents[2]), 'PYTHONDONTWRITEBYTECODE': '1'}
    return subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def stale(mutants: tuple[Mutant, ...]) -> list[str]:
    """The mutants whose text is not there exactly once."""
    return [mutant.name for mutant in mutants if (TREE / CODE / mutant.file).read_text(encoding='utf-8').count(mutant.text) != 1]


def main() -> int:
    parser = argparse.ArgumentParser(usage='mutants [--states N] [--list] [NAME ...]', description='Takes guards and waits of the plan away, one at a time.')
    parser.add_argument('--states', type=int, default=STATES, metavar='N', help=f'how many states the explorer may look at ({STATES})')
    parser.add_argument('--list', action='store_true', help='name the mutants')
    parser.add_argument('names', nargs='*', metavar='NAME', help='only those whose name has one of these words in it')
    options = parser.parse_args()
    chosen = tuple(mutant for mutant in MUTANTS if not options.names or any(word in mutant.name for word in options.names))
    if options.list:
        print('\n'.join(mutant.name for mutant in chosen))
        return 0
    outdated = stale(MUTANTS)
    for name in outdated:
        print(f'STALE: {name}: its text is not there exactly once')
    unnoticed = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, 'ansible_collections/dnssec/multisigner')
        for part in ('plugins', 'tests/model', 'tests/unit', 'tests/support'):
            shutil.copytree(TREE / part, folder / part, ignore=shutil.ignore_patterns('__pycache__'))
        found = _explorer(folder, options.states)
        if found:
            print(f'the explorer finds something without any mutant: {found}')
            return 1
        for mutant in chosen:
            if mutant.name not in outdated:
                verdict = judge(mutant, folder, options.states)
                unnoticed += not (verdict.explorer or verdict.tests)
                print(f'{mutant.name}\n  explorer: {verdict.explorer or "-"}\n  tests: {verdict.tests or "-"}', flush=True)
    print(f'{len(chosen)} mutants, {unnoticed} not noticed')
    return 1 if unnoticed or outdated else 0


if __name__ == '__main__':
    sys.exit(main())
