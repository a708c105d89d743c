# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/docsite/rst/procedures.rst tells what the plan says, word for word.

Each procedure is played with usual TTLs, in a world where every write takes effect at once and the next run comes when a wait
is over. A block of the page that no story here prints, or that differs from what its story prints, is an error.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, Iterable, Mapping, Union

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, DS, NS, Record
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import Group, Parent
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.report import lines
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.steps import Plan, utc
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.plan_story import (
    CSK,
    KSK,
    KSK3,
    NAMES,
    SIGNERS,
    ZONE,
    ZSK,
    ZSK3,
    At,
    Story,
    Ttls,
    ds,
    key,
)

PAGE = Path(__file__).parents[5] / 'docs' / 'docsite' / 'rst' / 'procedures.rst'
HOUR, DAY = 3600, 86400
USUAL = Ttls(dnskey=HOUR, ns=HOUR, negative=HOUR, parent_ns=DAY, ds=DAY)
BEGIN = 1_772_355_600  # 2026-03-01T09:00:00Z
NEXT_ZSK, NEXT_KSK, NEXT_CSK = key(6, flags=256), key(7), key(8)
OWNERS = {KSK: 'ns1', ZSK: 'ns1', NEXT_ZSK: 'ns1', NEXT_KSK: 'ns1', CSK: 'desec', NEXT_CSK: 'desec', KSK3: 'ns3', ZSK3: 'ns3'}

Event = Union[str, Callable[['World'], None]]


@dataclass
class World:
    """Signers and parent as they are, and what the runs printed. *by_person*: what the parent is told waits for the event "person"."""

    story: Story
    signers: dict[str, At]
    ds: frozenset[DS]
    ns: tuple[str, ...]
    printed: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    exported: Plan | None = None

    @classmethod
    def of(cls, *names: str, by_person: bool = False) -> World:
        """These signers, complete and watched for long."""
        keys = tuple(one for one, owner in OWNERS.items() if owner in names and one not in (NEXT_ZSK, NEXT_KSK, NEXT_CSK))
        seps = tuple(one for one in keys if one.is_sep)
        parent = Parent('registry', 'export' if by_person else 'nsupdate', ('198.51.100.1',))
        group = Group(ZONE, tuple(SIGNERS[name] for name in names), parent, max_ttl=DAY)
        signers = {name: _signer(name, keys, seps, names) for name in names}
        world = cls(Story(group, BEGIN - 30 * DAY, ttls=USUAL), signers, ds(*seps), names)
        for _day in range(31):
            assert world.look().state == 'complete'
            world.story.now += DAY
        world.story.now = BEGIN
        return world

    def look(self) -> Plan:
        declared = [self.signers[signer.name] for signer in self.story.group.signers]
        return self.story.look(*declared, ds=self.ds, ns=self.ns)

    def declare(self, *names: str, leaving: tuple[str, ...] = (), **changes: object) -> None:
        for name in names:
            own = tuple(one for one, owner in OWNERS.items() if owner == name)
            self.signers.setdefault(name, _signer(name, own, tuple(one for one in own if one.is_sep), self.ns))
        self.story.group = replace(self.story.group, signers=tuple(SIGNERS[name] for name in (*names, *leaving)), leaving=leaving, **changes)

    def change(self, name: str, **changes: object) -> None:
        self.signers[name] = replace(self.signers[name], **changes)

    def run(self) -> Plan:
        """One run: it goes on as long as there is something to do, and prints its last report."""
        made = self.look()
        for _pass in range(9):
            if made.state != 'changing':
                break
            self._apply(made)
            made = self.look()
        assert made.state in ('waiting', 'complete'), made
        self.exported = made
        self._print(*lines([made], {}))
        return made

    def _print(self, *said: str) -> None:
        """What is as it was is not printed again."""
        if list(said) != self.said:
            self.printed += [utc(self.story.now), *said, '']
            self.said = list(said)

    def play(self, events: Mapping[int, Event]) -> str:
        """A run every hour, and when a wait is over or something happens: *events*, by seconds since the beginning. Returns what was printed."""
        pending = sorted((BEGIN + after, event) for after, event in events.items())
        while True:
            made = self.run()
            times = [int(wait.until) for wait in made.waits if wait.until is not None] + [when for when, _event in pending]
            if not times:
                return '\n'.join(self.printed).rstrip()
            self.story.now = min(self.story.now + HOUR, *times)
            while pending and pending[0][0] == self.story.now:
                self._happen(pending.pop(0)[1])

    def _happen(self, event: Event) -> None:
        if callable(event):
            event(self)
        else:
            self._print(event)
            assert self.exported is not None
            self._tell_parent(self.exported)

    def _apply(self, made: Plan) -> None:
        for step in made.steps:
            at = self.signers[step.signer]
            foreign, cds, ns = set(at.foreign), set(at.cds), set(at.ns)
            for change, records in ((set.add, step.add), (set.discard, step.remove)):
                for record in records:
                    _put(record, change, foreign, cds, ns)
            self.change(step.signer, foreign=tuple(sorted(foreign)), cds=tuple(sorted(cds)), ns=tuple(sorted(ns)))
        if made.delegation is not None and not made.delegation.by_person:
            self._tell_parent(made)

    def _tell_parent(self, made: Plan) -> None:
        delegation = made.delegation
        assert delegation is not None
        self.ds = (self.ds | set(delegation.missing)) - set(delegation.remove)
        names = {NAMES[name] for name in self.ns} | set(delegation.ns_add)
        self.ns = tuple(name for name in NAMES if NAMES[name] in names - set(delegation.ns_remove))


def _signer(name: str, keys: Iterable[DNSKEY], seps: tuple[DNSKEY, ...], ns: tuple[str, ...]) -> At:
    own = tuple(one for one in keys if OWNERS[one] == name)
    return At(name, own, tuple(one for one in keys if one not in own), ns=ns, cds=seps)


def _put(record: Record, change: Callable[[set, object], None], foreign: set[DNSKEY], cds: set[DNSKEY], ns: set[str]) -> None:
    if isinstance(record.rdata, NS):
        change(ns, next(name for name, target in NAMES.items() if target == record.rdata.target))
    elif record.rtype == 'DNSKEY':
        change(foreign, record.rdata)
    elif record.rtype == 'CDNSKEY':
        change(cds, record.rdata)


# -- a KSK rollover of a BIND with the timing of its default policy ------------------------------------------------------------

BEGUN = {'own': (KSK, ZSK, NEXT_KSK), 'signs_keys': (KSK, NEXT_KSK), 'retiring': (KSK,), 'awaits_ds': (KSK, NEXT_KSK)}


def told_of_next(world: World) -> None:
    world.change('ns1', awaits_ds=(KSK,))


def told_of_old(world: World) -> None:
    world.change('ns1', awaits_ds=())


def withdrawn(world: World) -> None:
    """dnskey-ttl, retire-safety and zone-propagation-delay later."""
    world.change('ns1', own=(NEXT_KSK, ZSK), signs_keys=(NEXT_KSK,), retiring=())


# -- the procedures --------------------------------------------------------------------------------------------------------


def join() -> str:
    world = World.of('ns1', 'desec')
    world.declare('ns1', 'desec', 'ns3')
    return world.play({})


def leave() -> str:
    world = World.of('ns1', 'desec', 'ns3')
    world.declare('ns1', 'desec', leaving=('ns3',))
    return world.play({})


def abort() -> str:
    """The leaver is taken back a day after it was told to go: when its NS have gone, and its DS not yet."""
    world = World.of('ns1', 'desec', 'ns3')
    world.declare('ns1', 'desec', leaving=('ns3',))
    return world.play({DAY + HOUR: lambda world: world.declare('ns1', 'desec', 'ns3')})


def by_hand() -> str:
    """The parent has no interface: a person enters what the report says, when he comes to it."""
    world = World.of('ns1', 'desec', by_person=True)
    world.change('ns1', **BEGUN)
    return world.play({
        3 * HOUR: 'A person adds the DS at the registry.',
        DAY + 3 * HOUR: told_of_next,
        DAY + 4 * HOUR: 'A person removes the DS at the registry.',
        2 * DAY + 4 * HOUR: told_of_old,
        2 * DAY + 6 * HOUR + 300: withdrawn,
    })


def zsk() -> str:
    """ns1, a BIND with the timing of its default policy, rolls its ZSK as playbooks/rollover.yml has it."""
    world = World.of('ns1', 'desec')
    world.change('ns1', announced=(NEXT_ZSK,))
    begins = HOUR
    signs_with_next = begins + 2 * HOUR + 300   # dnskey-ttl, publish-safety, zone-propagation-delay
    old_goes = signs_with_next + 9 * DAY + DAY + HOUR + 300   # all is signed anew, max-zone-ttl, retire-safety, zone-propagation-delay
    return world.play({
        begins: lambda world: world.change('ns1', own=(KSK, ZSK, NEXT_ZSK), signs_zone=(ZSK,), announced=(), retiring=(ZSK,)),
        signs_with_next: lambda world: world.change('ns1', signs_zone=(NEXT_ZSK,)),
        old_goes: lambda world: world.change('ns1', own=(KSK, NEXT_ZSK), retiring=()),
    })


def ksk() -> str:
    """ns1 rolls its KSK; it is told what the parent has."""
    world = World.of('ns1', 'desec')
    world.change('ns1', **BEGUN)
    return world.play({DAY: told_of_next, 2 * DAY: told_of_old, 2 * DAY + 2 * HOUR + 300: withdrawn})


def dead() -> str:
    world = World.of('ns1', 'desec', 'ns3')
    world.change('ns3', error='zone shop.example, server 192.0.2.3: does not answer.')
    world.declare('ns1', 'desec', leaving=('ns3',), dead=('ns3',))
    return world.play({})


def seen() -> str:
    """A provider that tells nobody signs at once with a key that the others have not."""
    world = World.of('ns1', 'desec')
    world.change('desec', own=(CSK, NEXT_CSK), signs_keys=(CSK,), signs_zone=(NEXT_CSK,))
    return world.play({})


def insecure() -> str:
    world = World.of('ns1', 'desec')
    world.declare('ns1', 'desec', insecure=True)
    return world.play({})


STORIES = {'join': join, 'leave': leave, 'abort': abort, 'by-hand': by_hand, 'zsk': zsk, 'ksk': ksk, 'seen': seen, 'dead': dead, 'insecure': insecure}


def told() -> dict[str, str]:
    """The blocks of the page that a comment gives to a story."""
    found = re.findall(r'^\.\. printed: (\S+)\n\n\.\. code-block:: text\n\n((?:   .*\n|\n)+)', PAGE.read_text(encoding='utf-8'), re.MULTILINE)
    return {name: re.sub(r'^   ', '', block, flags=re.MULTILINE).rstrip() for name, block in found}


@pytest.mark.parametrize('name', sorted(STORIES))
def test_the_page_has_what_a_run_prints(name):
    assert told()[name] == STORIES[name]()


def test_every_block_of_the_page_has_a_story():
    assert sorted(told()) == sorted(STORIES)
    assert PAGE.read_text(encoding='utf-8').count('code-block:: text') == len(STORIES)
