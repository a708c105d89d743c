# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every move that can happen in a world: the controller's runs and writes, signers, time, and the adversary's allowances.

After each move the invariants are checked. Who is to blame:
- A write of the controller, whenever it takes effect, for every mix that it makes bogus, and everything else it does wrong.
- While only the controller and correct signers have acted, the controller, for every bogus mix whatever made it.
- What a careless signer or a person's edit breaks by itself is theirs. Until it is mended the state is *spoiled*, and only writes
  of the controller are judged, by what they make worse.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from . import invariants
from .caches import Resolvers
from .controller import Controller, Decision, Look
from .invariants import Seen, Validator, held
from .keys import KeyRing
from .rollovers import ALGORITHM, Gates, Rollovers
from .world import (
    DEAD,
    IN,
    LEAVING,
    OUT,
    PARENT_DS,
    Content,
    Key,
    ParentServer,
    Run,
    Settings,
    Signer,
    State,
    Write,
)

Move = Tuple[object, ...]

TICK: Move = ('tick',)
RUN: Move = ('run',)


@dataclass(frozen=True)
class Allowance:
    """What the adversary may do, *times* times, choosing among *moves*:

    ('begin', signer, kind)       a rollover
    ('declare', {signer: status}) a new declaration; ('insecure',) and ('no-csync',) too
    ('edit', signer, Write)       a person changes records at a signer's primary; ('edit-parent', ds mask to flip, ns mask to flip)
    ('journal', what)             lost, outdated, of_tomorrow
    ('blind', signer or None)     a run while a server of that signer, or of the parent, does not answer
    ('second',)                   a run while another one's writes are still to come
    ('die', signer)               it never answers again
    """

    name: str
    times: int
    moves: Tuple[Move, ...]

    @property
    def forgets(self) -> bool:
        return ('journal', 'lost') in self.moves


class Step(NamedTuple):
    """One move, the state after it, and what it violates (empty when nothing)."""

    move: Move
    state: State
    violation: str


class Model:
    """One world with its controller and its adversary. Every method is pure."""

    def __init__(self, settings: Settings, ring: KeyRing, controller: Controller, gates: Gates, allowances: Sequence[Allowance]) -> None:
        self.settings = settings
        self.ring = ring
        self.controller = controller
        self.allowances = tuple(allowances)
        self.resolvers = Resolvers(settings)
        self.validator = Validator(ring, settings.strict)
        self.rollovers = Rollovers(settings, ring, gates)
        names = [spec.name for spec in settings.signers]
        self.own = tuple(sum(key.bit for key in ring.keys if key.signer == name) for name in names)
        self._proofs: Dict[Look, str] = {}

    # -- what can happen ----------------------------------------------------------------------------------------------

    def steps(self, state: State) -> Iterator[Step]:
        """Every move that changes *state*, the same ones in the same order every time."""
        yield from self.fair_steps(state)
        for number, allowance in enumerate(self.allowances):
            if state.budget[number]:
                spent = state._replace(budget=(*state.budget[:number], state.budget[number] - 1, *state.budget[number + 1:]))
                for move in allowance.moves:
                    step = self._allowed(spent, move)
                    if step is not None:
                        yield step

    def fair_steps(self, state: State) -> Iterator[Step]:
        """The moves that need no adversary: the controller's, the servers', the signers', time's."""
        yield self.run(state, RUN, None)
        for index, run in enumerate(state.runs):
            for which in range(len(run.writes)):
                yield self.write(state, index, which)
        yield from self.transfers(state)
        yield from self.progress(state)
        yield from self.copies(state)
        yield from self.scans(state)
        yield self.tick(state)

    def tick(self, state: State) -> Step:
        """One unit of time, which makes nothing bogus: caches only lose.

        A signer's own waits count from when its last server has the zone. A plan that removes is applied in its window or not at all.
        """
        after = self.resolvers.tick(state)
        signers = tuple(
            signer._replace(rollovers=tuple(rollover._replace(wait=max(0, rollover.wait - 1)) for rollover in signer.rollovers))
            if signer.rollovers and signer.content == signer.secondary else signer
            for signer in after.signers
        )
        runs = tuple(filter(None, (self._later(run) for run in after.runs)))
        memory = self.controller.memories.older(after.memory)
        return Step(TICK, after._replace(signers=signers, runs=runs, memory=memory, hold=max(0, after.hold - 1)), '')

    def _later(self, run: Run) -> Optional[Run]:
        if not run.left:
            return run
        writes = run.writes if run.left > 1 else tuple(write for write in run.writes if self._waits_for_a_person(write))
        return Run(run.left - 1, writes) if writes else None

    def _waits_for_a_person(self, write: Write) -> bool:
        return self.settings.by_hand and write.target >= PARENT_DS

    def transfers(self, state: State) -> Iterator[Step]:
        """A secondary of a signer or of the parent gets what its primary has."""
        for number, signer in enumerate(state.signers):
            if signer.content != signer.secondary and state.alive >> number & 1:
                yield self._changed(state, ('transfer', number), _with_signer(state, number, signer._replace(secondary=signer.content)))
        for index, server in enumerate(state.parents[1:], 1):
            if server != state.parents[0]:
                parents = (*state.parents[:index], state.parents[0], *state.parents[index + 1:])
                yield self._changed(state, ('parent-transfer', index), state._replace(parents=parents))

    def copies(self, state: State, agreed: bool = False) -> Iterator[Step]:
        """The parent copies the NS of a server that it delegates to, where that shows a CSYNC: of any one (RFC 7477), so that one which asks
        all of them, and wants them *agreed* (RFC 9975), does nothing that is not tried. It does so for a zone that is secure."""
        parent = state.parents[0]
        if not self.settings.csync or not parent.ds:
            return
        asked = [number for number in range(len(state.signers)) if (parent.ns & state.alive) >> number & 1]
        shown = [(number, content) for number in asked for content in dict.fromkeys((state.signers[number].content, state.signers[number].secondary))]
        if agreed and len({(content.csync, content.ns) for _number, content in shown}) > 1:
            return
        for number, content in shown:
            if content.csync and content.ns and content.ns != parent.ns:
                after = state._replace(parents=(parent._replace(ns=content.ns), *state.parents[1:]))
                yield self._changed(state, ('copy', number), after)

    def scans(self, state: State) -> Iterator[Step]:
        """The parent makes its DS of the CDS that all servers show to which it delegates, and that answer, as soon as they agree (RFC 9975).
        It does so for a zone that is secure, and does not try whether the new DS fit the keys (RFC 7344 section 4.1): that is the plan's to see to."""
        parent = state.parents[0]
        if not self.settings.scans or not parent.ds:
            return
        asked = [state.signers[number] for number in range(len(state.signers)) if (parent.ns & state.alive) >> number & 1]
        shown = {content.cds for signer in asked for content in (signer.content, signer.secondary)}
        if len(shown) == 1 and shown != {parent.ds} and shown != {0}:
            after = parent._replace(ds=shown.pop(), ds_ttl=self.settings.times.lowered_ds or parent.ds_ttl)
            yield self._changed(state, ('scan',), state._replace(parents=(after, *state.parents[1:])))

    def progress(self, state: State) -> Iterator[Step]:
        """Signers go on with their rollovers."""
        seen: Optional[Seen] = None
        for number, signer in enumerate(state.signers):
            for index, rollover in enumerate(signer.rollovers):
                if state.alive >> number & 1 and (not rollover.wait or not self.settings.signers[number].waits):
                    seen = seen or self._seen(state)
                    after = self.rollovers.go_on(number, signer, index, seen)
                    if after is not None:
                        yield self._signer_moved(state, ('go-on', number, rollover.kind, rollover.phase), number, after)

    def follow(self, state: State) -> Iterator[Step]:
        """What people see to: they give up a signer that is dead; an algorithm that one signer has begun to roll to, all roll to."""
        for number, status in enumerate(state.declared.status):
            if status in (IN, LEAVING) and not state.alive >> number & 1:
                step = self._declare(state, ('declare', ((number, DEAD),)))
                if step is not None:
                    yield step
        if any(rollover.kind == ALGORITHM for signer in state.signers for rollover in signer.rollovers):
            for number, spec in enumerate(self.settings.signers):
                step = self._begin(state, ('begin', number, ALGORITHM)) if spec.next_algorithm else None
                if step is not None:
                    yield step

    def _seen(self, state: State) -> Seen:
        served = self.resolvers.served(state)
        return Seen(served, held(served, state.caches))

    # -- the controller ---------------------------------------------------------------------------------------------------

    def look(self, state: State, blind: Optional[int]) -> Look:
        """What a run sees. *blind*: a signer whose last server does not answer, or -1 for the parent's last server."""
        signers: List[Tuple[Optional[Content], ...]] = []
        for number, signer in enumerate(state.signers):
            servers: Tuple[Optional[Content], ...] = ()
            if state.declared.status[number] != OUT:
                servers = (signer.content, signer.secondary) if self.settings.signers[number].secondary else (signer.content,)
                if not state.alive >> number & 1:
                    servers = (None,) * len(servers)
                elif blind == number:
                    servers = (*servers[:-1], None)
            signers.append(servers)
        parents: Tuple[Optional[ParentServer], ...] = state.parents
        if blind == -1:
            parents = (*parents[:-1], None)
        retiring, announced = (tuple(masks) for masks in zip(*((signer.retiring, signer.announced) for signer in state.signers)))
        awaiting = tuple(self._awaiting(number, signer) for number, signer in enumerate(state.signers))
        return Look(state.declared, tuple(signers), retiring, announced, awaiting, parents)

    def decide(self, state: State, blind: Optional[int] = None) -> Decision:
        return self.controller.decide(self.look(state, blind), state.memory, state.hold or None)

    def run(self, state: State, move: Move, blind: Optional[int], beside: bool = False) -> Step:
        """A run looks, plans and remembers. Whatever an earlier one has not written is lost with it, except *beside* it."""
        look = self.look(state, blind)
        decision = self.controller.decide(look, state.memory, state.hold or None)
        runs = state.runs if beside else ()
        hold = state.hold
        writes = (*decision.writes, *self._tell(state, decision))
        if writes:
            removes = any(write.removes for write in writes)
            left = self.settings.times.window + 1 if removes else 0
            runs = (*runs, Run(left, writes))
            hold = max(hold, left)
        after = state._replace(memory=decision.memory, runs=runs, hold=hold)
        if state.spoiled and decision.verdict == 'complete' and self._is_mended(after):
            after = after._replace(spoiled=False)
        return Step(move, after, self._of_plan(state, look, decision, blind))

    def _tell(self, state: State, decision: Decision) -> Iterator[Write]:
        """What a signer is told of the DS of its keys: only what it waits for."""
        for number, signer in enumerate(state.signers):
            if state.declared.status[number] != OUT:
                awaiting = self._awaiting(number, signer)
                published, withdrawn = decision.published & awaiting & ~signer.retiring, decision.withdrawn & awaiting & signer.retiring
                if published or withdrawn:
                    yield Write(number, published=published, withdrawn=withdrawn)

    def _awaiting(self, number: int, signer: Signer) -> int:
        """The keys of whose DS a signer waits to be told, that they are there or that they are gone."""
        if self.settings.signers[number].hosted or not signer.rollovers:
            return 0
        new = sum(rollover.new for rollover in signer.rollovers) & signer.own_cds
        return new & ~signer.told_published | signer.retiring & ~signer.told_withdrawn

    def _is_mended(self, state: State) -> bool:
        level = all(signer.content == signer.secondary for signer in state.signers) and all(server == state.parents[0] for server in state.parents)
        return level and not state.runs and not self._bogus(state)

    def _of_plan(self, state: State, look: Look, decision: Decision, blind: Optional[int]) -> str:
        if blind is not None and (blind < 0 or self.resolvers.served(state).asked >> blind & 1):
            found = invariants.nothing_goes_unseen(decision.writes, blind < 0, state.declared.insecure)
        elif decision.verdict == 'complete' and not state.runs:
            found = invariants.complete_means_complete(state, self.ring, self.own, self._has_forgotten(state))
        else:
            found = ''
        return found or self._proof(look)

    def _has_forgotten(self, state: State) -> bool:
        return any(left < allowance.times and allowance.forgets for left, allowance in zip(state.budget, self.allowances))

    def _proof(self, look: Look) -> str:
        """Whether the plan for *look*, made without a memory, keeps to what needs none."""
        found = self._proofs.get(look)
        if found is None:
            memories = self.controller.memories
            found = self._proofs[look] = invariants.removals_need_proof(self.controller.decide(look, memories.empty, None).writes, look.declared.insecure)
        return found

    def write(self, state: State, index: int, which: int) -> Step:
        """One write takes effect. Its run never learns more than that; the next one looks."""
        run = state.runs[index]
        write = run.writes[which]
        rest = (*run.writes[:which], *run.writes[which + 1:])
        runs = (*state.runs[:index], *((Run(run.left, rest),) if rest else ()), *state.runs[index + 1:])
        hold = state.hold if any(one.left for one in runs) else 0
        move = ('write', write)
        written = state._replace(runs=runs, hold=hold)
        found = invariants.never_an_own_record_removed(state, write) or invariants.never_to_a_dead_end(state, write)
        if write.target < PARENT_DS:
            if not state.alive >> write.target & 1:
                return Step(move, written, found)
            before = state.signers[write.target].content
            after = self._settled(state, _with_signer(written, write.target, self._written(write.target, state.signers[write.target], write)))
            return self._judged_write(state, move, after, found, ((before.keys, before.signs_keys),), 0)
        parent = self._written_at_parent(state.parents[0], write)
        found = found or invariants.never_an_empty_ds_set(state, parent.ds, write)
        after = self._settled(state, written._replace(parents=(parent, *state.parents[1:])))
        return self._judged_write(state, move, after, found, (), state.parents[0].ds)

    def _written_at_parent(self, server: ParentServer, write: Write) -> ParentServer:
        ds = (server.ds | write.add_ds) & ~write.remove_ds
        ttl = server.ds_ttl if ds == server.ds else self.settings.times.lowered_ds or server.ds_ttl
        return ParentServer(ds, (server.ns | write.add_ns) & ~write.remove_ns, ttl)

    def _judged_write(self, state: State, move: Move, after: State, found: str, replaced: Tuple[Key, ...], replaced_ds: int) -> Step:
        """*replaced*: the DNSKEY RRset, *replaced_ds*: the DS set that the write changed."""
        if found or not state.spoiled:
            return self._judged(move, after, found)
        was = self._bogus(state)
        worse = list(invariants.excuse(self._bogus(after) - was, was, replaced, replaced_ds))
        return Step(move, after, f'invariants 1 and 2: it makes worse what was broken: {self.validator.words(self.ring, worse)}' if worse else '')

    def _written(self, number: int, signer: Signer, write: Write) -> Signer:
        """A signer adds no foreign record that it has as its own, and removes none of its own."""
        shown = write.add_keys & ~signer.own & ~(self.ring.ksk if self.settings.signers[number].omits else 0)
        return self._level(number, signer._replace(
            foreign=(signer.foreign | shown) & ~write.remove_keys,
            foreign_cds=(signer.foreign_cds | write.add_ds & ~signer.own_cds) & ~write.remove_ds,
            ns=(signer.ns | write.add_ns) & ~write.remove_ns,
            told_published=signer.told_published | write.published,
            told_withdrawn=signer.told_withdrawn | write.withdrawn,
            csync=(signer.csync or write.add_csync) and not write.remove_csync,
        ))

    def _level(self, number: int, signer: Signer) -> Signer:
        """Where a signer has no secondary, what stands for its content never lags."""
        return signer if self.settings.signers[number].secondary else signer._replace(secondary=signer.content)

    # -- the adversary ------------------------------------------------------------------------------------------------------

    def _allowed(self, state: State, move: Move) -> Optional[Step]:
        return _ALLOWED[str(move[0])](self, state, move)

    def _begin(self, state: State, move: Move) -> Optional[Step]:
        _word, number, kind = move
        assert isinstance(number, int) and isinstance(kind, str)
        if not state.alive >> number & 1:
            return None
        after = self.rollovers.begin(number, state.signers[number], kind)
        return None if after is None else self._signer_moved(state, move, number, after)

    def _signer_moved(self, state: State, move: Move, number: int, after: Signer) -> Step:
        spec = self.settings.signers[number]
        changed = _with_signer(state, number, self._level(number, after))
        if spec.announces and spec.watches_parent:
            return self._changed(state, move, changed)
        return Step(move, self._settled(state, changed)._replace(spoiled=True), '')

    def _declare(self, state: State, move: Move) -> Optional[Step]:
        _word, changes = move
        assert isinstance(changes, tuple)
        status = list(state.declared.status)
        for number, wanted in changes:
            if wanted == DEAD and state.alive >> number & 1:
                return None
            status[number] = wanted
        declared = state.declared._replace(status=tuple(status))
        return None if declared == state.declared else Step(move, state._replace(declared=declared), '')

    def _insecure(self, state: State, move: Move) -> Optional[Step]:
        return None if state.declared.insecure else Step(move, state._replace(declared=state.declared._replace(insecure=True)), '')

    def _no_csync(self, state: State, move: Move) -> Optional[Step]:
        return Step(move, state._replace(declared=state.declared._replace(csync=False)), '') if state.declared.csync else None

    def _edit(self, state: State, move: Move) -> Optional[Step]:
        """It stays until it has been looked at: nobody edits while writes of a run are to come."""
        _word, number, write = move
        assert isinstance(number, int) and isinstance(write, Write)
        signer = state.signers[number]
        after = self._written(number, signer, write)
        if state.runs or after == signer or not state.alive >> number & 1:
            return None
        return Step(move, self._settled(state, _with_signer(state, number, after))._replace(spoiled=True), '')

    def _edit_parent(self, state: State, move: Move) -> Optional[Step]:
        """Nobody is delegated to of whom the controller knows nothing."""
        _word, write = move
        assert isinstance(write, Write)
        parent = state.parents[0]
        after = self._written_at_parent(parent, write)
        if state.runs or after == parent or write.add_ns & state.declared.having(OUT):
            return None
        edited = state._replace(parents=(after, *state.parents[1:]))
        return Step(move, self._settled(state, edited)._replace(spoiled=True), '')

    def _journal(self, state: State, move: Move) -> Optional[Step]:
        """With a lost journal it is also forgotten that another run's removals may come."""
        memories = self.controller.memories
        if move[1] == 'lost':
            after = state._replace(memory=memories.empty, hold=0)
        else:
            after = state._replace(memory=memories.outdated(state.memory) if move[1] == 'outdated' else memories.of_tomorrow(state.memory))
        return None if after[:-2] == state[:-2] else Step(move, after, '')

    def _blind(self, state: State, move: Move) -> Optional[Step]:
        assert isinstance(move[1], int)
        if move[1] >= 0 and (state.declared.status[move[1]] in (OUT, DEAD) or not state.alive >> move[1] & 1):
            return None
        return self.run(state, move, move[1])

    def _second(self, state: State, move: Move) -> Optional[Step]:
        return self.run(state, move, None, beside=True) if len(state.runs) == 1 else None

    def _die(self, state: State, move: Move) -> Optional[Step]:
        assert isinstance(move[1], int)
        if not state.alive >> move[1] & 1:
            return None
        return self._changed(state, move, state._replace(alive=state.alive & ~(1 << move[1])))

    # -- the end --------------------------------------------------------------------------------------------------------------

    def is_done(self, state: State) -> bool:
        """Whether a run has nothing to do, nobody waits, nothing is broken, and no rollover is under way (of a zone with DS)."""
        rolling = any(signer.rollovers for number, signer in enumerate(state.signers) if state.declared.status[number] == IN)
        return self.decide(state).verdict == 'complete' and (not rolling or state.declared.insecure) and not self._bogus(state)

    def explain(self, state: State) -> str:
        """What a run would say now."""
        broken = self.bogus(state)
        said = self.controller.explain(self.look(state, None), state.memory, state.hold or None)
        return f'{said}{"; broken: " + broken if broken else ""}'

    # -- judging ----------------------------------------------------------------------------------------------------------------

    def _settled(self, before: State, after: State) -> State:
        return self.resolvers.settle(self.resolvers.served(before), before.caches, after)

    def _changed(self, before: State, move: Move, after: State) -> Step:
        """What correct signers and their servers do."""
        return self._judged(move, self._settled(before, after))

    def _judged(self, move: Move, after: State, found: str = '') -> Step:
        """While nobody else has acted, whatever is bogus is the controller's."""
        if found or after.spoiled:
            return Step(move, after, found)
        mix = self._bogus(after)
        return Step(move, after, f'invariants 1 and 2: {self.validator.words(self.ring, mix)}' if mix else '')

    def _bogus(self, state: State) -> invariants.Mix:
        served = self.resolvers.served(state)
        return self.validator.bogus(held(served, state.caches))

    def bogus(self, state: State) -> str:
        """What a resolver may find bogus, in words; empty when nothing."""
        return self.validator.words(self.ring, self._bogus(state))


def _with_signer(state: State, number: int, signer: Signer) -> State:
    return state._replace(signers=(*state.signers[:number], signer, *state.signers[number + 1:]))


_ALLOWED: Dict[str, Callable[[Model, State, Move], Optional[Step]]] = {
    'begin': Model._begin, 'declare': Model._declare, 'insecure': Model._insecure, 'no-csync': Model._no_csync, 'edit': Model._edit,
    'edit-parent': Model._edit_parent,
    'journal': Model._journal, 'blind': Model._blind, 'second': Model._second, 'die': Model._die,
}
