# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stories that are explored: who is in the world, what is true at the beginning, and what the adversary may do in it.

Signers that are alike get the adversary's attention in one order only: the other orders are the same states under other names.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence, Tuple

from .controller import Controller
from .draft import LEAVER_KEYS, LEAVER_NS, DraftController, DraftGates
from .keys import KeyRing
from .moves import RUN, Allowance, Model, Move
from .rollovers import ALGORITHM, CSK, KSK, ZSK, Gates
from .world import CSK as CSK_STYLE
from .world import DEAD, IN, LEAVING, OUT, PARENT_DS, PARENT_NS, Caches, Content, Declaration, ParentServer, Settings, Signer, SignerSpec, State, Times, Write

A, B, C = 0, 1, 2


@dataclass(frozen=True)
class Scenario:
    """One story. *status*: what is declared at the beginning; who is IN then has been for long, the parent delegates to them.

    *draft*: it is driven by the draft's controller and must fail; the words say which of its gaps it shows.
    """

    name: str
    about: str
    settings: Settings
    status: Tuple[int, ...]
    allowances: Tuple[Allowance, ...]
    draft: str = ''
    repaired: str = ''


def model_of(scenario: Scenario, real: Callable[[Settings, KeyRing], Controller]) -> Tuple[Model, State]:
    """The model of a scenario and its first state. *real* makes the controller that stands for the project's plan."""
    ring = KeyRing([one for spec in scenario.settings.signers for one in _keys_of(spec)])
    own = tuple(sum(key.bit for key in ring.keys if key.signer == spec.name) for spec in scenario.settings.signers)
    if scenario.draft:
        controller: Controller = DraftController(scenario.settings, ring, own, scenario.repaired)
        gates: Gates = DraftGates(ring)
    else:
        controller, gates = real(scenario.settings, ring), Gates()
    model = Model(scenario.settings, ring, controller, gates, scenario.allowances)
    return model, _watched(model, _start(scenario, ring, controller.memories.empty))


def _watched(model: Model, state: State) -> State:
    """The world after it has been watched for a while: the journal knows everything that is true in it for long."""
    while True:
        later = model.tick(model.run(state, RUN, None).state).state._replace(runs=())
        if model.run(later, RUN, None).state.memory == model.run(state, RUN, None).state.memory:
            return model.run(state, RUN, None).state
        state = later


def _keys_of(spec: SignerSpec) -> Sequence[Tuple[str, str, int, int]]:
    roles = (CSK,) if spec.style == CSK_STYLE else (KSK, ZSK)
    made = [(spec.name, role, spec.algorithm, 0) for role in roles]
    return made + [(spec.name, role, spec.next_algorithm or spec.algorithm, 1) for role in roles if spec.rolls]


def _start(scenario: Scenario, ring: KeyRing, memory: int) -> State:
    specs = scenario.settings.signers
    members = [number for number, status in enumerate(scenario.status) if status in (IN, LEAVING)]
    first = [sum(key.bit for key in ring.keys if key.signer == spec.name and key.generation == 0) for spec in specs]
    everything = sum(first[number] for number in members)
    names = sum(1 << number for number in members)
    signers = []
    for number, spec in enumerate(specs):
        own, sep = first[number], first[number] & ring.sep
        signs = own if spec.style == CSK_STYLE else own & ~sep
        shared = everything & ~own & ~(ring.ksk if spec.omits else 0) if number in members else 0
        ns = names if number in members else 1 << number
        announced = everything & ~own & ring.sep if number in members else 0
        content = Content(own | shared, sep, signs, (signs,), sep | announced, ns)
        signers.append(Signer(own, sep, signs, (signs,), sep, 0, shared, announced, ns, (), content))
    delegation = ParentServer(everything & ring.sep, names, scenario.settings.times.ds)
    declared = Declaration(scenario.status, csync=scenario.settings.csync)
    return State(
        tuple(signers), (delegation,) * scenario.settings.parents, Caches((), (), (), ()), memory, declared, (), 0, (1 << len(specs)) - 1,
        tuple(allowance.times for allowance in scenario.allowances), False,
    )


# -- what the adversary may do --------------------------------------------------------------------------------------------

def begin(kind: str, *signers: int) -> Allowance:
    return Allowance(f'{kind} rollover', 1, tuple(('begin', number, kind) for number in signers))


def declare(*changes: Tuple[Tuple[int, int], ...], times: int = 1) -> Allowance:
    """Each of *changes* is one declaration: pairs of a signer and its new status."""
    moves: Tuple[Move, ...] = tuple(('declare', change) for change in changes)
    return Allowance('declaration', times, moves)


def edits(*moves: Move) -> Allowance:
    """A person's edits of records, one of them."""
    return Allowance('edit', 1, moves)


JOIN_B = declare(((B, IN),))
JOIN_C = declare(((C, IN),))
LEAVE_B = declare(((B, LEAVING),))
LEAVE_A = declare(((A, LEAVING),))
LEAVE_C = declare(((C, LEAVING),))
AND_BACK = declare(((B, LEAVING),), ((B, IN),), times=2)
SWAP = declare(((A, LEAVING), (B, IN)))
GIVEN_UP = Allowance('declaration', 1, (('declare', ((B, DEAD),)),))
DIES = Allowance('death', 1, (('die', B),))
NO_CSYNC = Allowance('no CSYNC', 1, (('no-csync',),))
INSECURE = Allowance('insecure', 1, (('insecure',),))
SECOND = Allowance('second run', 1, (('second',),))
JOURNAL = Allowance('journal', 1, (('journal', 'lost'), ('journal', 'outdated'), ('journal', 'of_tomorrow')))
BLIND = Allowance('silent server', 1, (('blind', A), ('blind', B), ('blind', -1)))

# -- the stories --------------------------------------------------------------------------------------------------------------

HOSTED, BIND_CSK = SignerSpec('b', CSK_STYLE, hosted=True), SignerSpec('a', CSK_STYLE, rolls=True)
STEADY_A = SignerSpec('a')
ROLLING = SignerSpec('a', rolls=True)
RSA = tuple(SignerSpec(name, CSK_STYLE, rolls=True, algorithm=8, next_algorithm=13) for name in 'ab')
DRAFT = (
    Scenario(
        'draft-leave-ns', 'b leaves as the draft has it, but keeps its DS as long as its DNSKEY RRset may be cached', Settings((STEADY_A, HOSTED)), (IN, IN),
        (LEAVE_B,), repaired=LEAVER_KEYS,
        draft='the leaver\'s own NS set still names it: resolvers that believe the child go on asking it when its DS and keys go',
    ),
    Scenario(
        'draft-leave-ds', 'b leaves as the draft has it, but its own NS set is cleaned up', Settings((STEADY_A, HOSTED)), (IN, IN), (LEAVE_B,),
        repaired=LEAVER_NS,
        draft='the DS goes when the NS sets are gone, though a DNSKEY RRset of the leaver may have been cached a moment before',
    ),
    Scenario(
        'draft-csk', 'a CSK rollover as the draft has it', Settings((BIND_CSK, SignerSpec('b'))), (IN, IN), (begin(CSK, A),),
        draft='the new CSK signs data before every DNSKEY RRset that may be cached has it',
    ),
    Scenario(
        'draft-algorithm', 'both signers roll to another algorithm as the draft has it', Settings(RSA), (IN, IN),
        (begin(ALGORITHM, A), begin(ALGORITHM, B)),
        draft='the old algorithm is stripped while DS of it stand',
    ),
)
SLOW_A = SignerSpec('a', rolls=True, secondary=True)
MAKING = SignerSpec('a', rolls=True, makes_keys_first=True)
STEADY_B, STEADY_C = SignerSpec('b'), SignerSpec('c', CSK_STYLE, hosted=True)
CSK_B = SignerSpec('b', CSK_STYLE, rolls=True)
HOSTED_ROLLS = SignerSpec('b', CSK_STYLE, hosted=True, rolls=True)
RASH = SignerSpec('a', rolls=True, announces=False, watches_parent=False, waits=False)
HASTY = SignerSpec('a', rolls=True, announces=False)
CARELESS = SignerSpec('a', CSK_STYLE, rolls=True, announces=False, watches_parent=False)
ROLLING_B, RSA_C = SignerSpec('b', rolls=True), SignerSpec('c', CSK_STYLE, rolls=True, algorithm=8, next_algorithm=13)
OMITS, OMITS_ROLLS = SignerSpec('b', omits=True), SignerSpec('b', omits=True, rolls=True)
LONG_DS = Times(ds=4, parent_ns=2, data=2)
SHORT_DS = Times(ds=1, parent_ns=3, data=3)
LOWERED_DS = Times(ds=4, lowered_ds=1, parent_ns=1, data=1)
QUICK_CSK = SignerSpec('a', CSK_STYLE, rolls=True, dnskey_ttl=1, ns_ttl=1)
QUICK = tuple(SignerSpec(name, rolls=True, dnskey_ttl=1, ns_ttl=1) for name in 'ab')
LONG_NS_B = (SignerSpec('a', ns_ttl=1, dnskey_ttl=1), SignerSpec('b', CSK_STYLE, hosted=True, ns_ttl=4, dnskey_ttl=1))
LONG_NS = (SignerSpec('a', ns_ttl=4, dnskey_ttl=1), SignerSpec('b', CSK_STYLE, hosted=True, ns_ttl=1, dnskey_ttl=3))


def _story(name: str, about: str, signers: Tuple[SignerSpec, ...], status: Tuple[int, ...], *allowances: Allowance, **changes: object) -> Scenario:
    return Scenario(name, about, Settings(signers, **changes), status, allowances)  # type: ignore[arg-type]


STANDARD = (
    # each operation alone
    _story('join', 'b joins a', (STEADY_A, HOSTED), (IN, OUT), JOIN_B),
    _story('leave', 'b leaves', (STEADY_A, HOSTED), (IN, IN), LEAVE_B),
    _story('zsk', 'a rolls its ZSK', (ROLLING, HOSTED), (IN, IN), begin(ZSK, A)),
    _story('ksk', 'a rolls its KSK', (ROLLING, HOSTED), (IN, IN), begin(KSK, A)),
    _story('csk', 'a rolls its CSK', (BIND_CSK, STEADY_B), (IN, IN), begin(CSK, A)),
    _story('algorithm', 'both roll to another algorithm', RSA, (IN, IN), begin(ALGORITHM, A), begin(ALGORITHM, B)),
    _story('zsk-made', 'a makes a ZSK, and publishes it when the others have it', (MAKING, HOSTED), (IN, IN), begin(ZSK, A)),
    _story('ksk-made', 'a makes a KSK, and publishes it when the others have it', (MAKING, HOSTED), (IN, IN), begin(KSK, A)),
    _story('insecure', 'the zone goes insecure', (STEADY_A, HOSTED), (IN, IN), INSECURE),
    _story('change', 'the operator changes from a to b', (STEADY_A, HOSTED), (IN, OUT), SWAP),
    # the same with other ratios of the TTLs
    _story('join-long-ds', 'b joins a; DS live longest', (STEADY_A, HOSTED), (IN, OUT), JOIN_B, times=LONG_DS),
    _story('leave-long-ds', 'b leaves; DS live longest', (STEADY_A, HOSTED), (IN, IN), LEAVE_B, times=LONG_DS),
    _story('leave-short-ds', 'b leaves; DS live shortest', (STEADY_A, HOSTED), (IN, IN), LEAVE_B, times=SHORT_DS),
    _story('leave-other-ttls', 'b leaves; each signer has TTLs of its own', LONG_NS, (IN, IN), LEAVE_B),
    _story('ksk-long-ds', 'a rolls its KSK; DS live longest', (ROLLING, HOSTED), (IN, IN), begin(KSK, A), times=LONG_DS),
    _story('csk-long-ds', 'a provider rolls its CSK; DS live longest', (STEADY_A, HOSTED_ROLLS), (IN, IN), begin(CSK, B), times=LONG_DS),
    _story('ksk-short-ds', 'a rolls its KSK; DS live shortest', (ROLLING, HOSTED), (IN, IN), begin(KSK, A), times=SHORT_DS),
    _story('leave-lowered-ds', 'b leaves; the registry lowers the TTL of the DS when they change', QUICK, (IN, IN), LEAVE_B, times=LOWERED_DS),
    _story('ksk-lowered-ds', 'a rolls its KSK; the registry lowers the TTL of the DS', QUICK, (IN, IN), begin(KSK, A), times=LOWERED_DS),
    _story('csk-lowered-ds', 'a rolls its CSK; the registry lowers the TTL of the DS', (QUICK_CSK, QUICK[1]), (IN, IN), begin(CSK, A), times=LOWERED_DS),
    # rollbacks, and operations in the middle of each other
    _story('rollback', 'b leaves, comes back, leaves', (STEADY_A, HOSTED), (IN, IN), AND_BACK),
    _story('join-and-back', 'b joins, and leaves again', (STEADY_A, HOSTED), (IN, OUT), JOIN_B, LEAVE_B),
    _story('join-zsk', 'a rolls its ZSK while b joins', (ROLLING, HOSTED), (IN, OUT), JOIN_B, begin(ZSK, A)),
    _story('join-ksk', 'a rolls its KSK while b joins', (ROLLING, HOSTED), (IN, OUT), JOIN_B, begin(KSK, A)),
    _story('join-algorithm', 'b joins while a rolls to another algorithm', (RSA[0], RSA[1]), (IN, OUT), JOIN_B, begin(ALGORITHM, A), begin(ALGORITHM, B)),
    _story('leave-zsk', 'a or b rolls its ZSK while b leaves', (ROLLING, SignerSpec('b', rolls=True)), (IN, IN), LEAVE_B, begin(ZSK, A, B)),
    _story('leave-ksk', 'a or b rolls its KSK while b leaves', (ROLLING, SignerSpec('b', rolls=True)), (IN, IN), LEAVE_B, begin(KSK, A, B)),
    _story('leave-csk', 'b rolls its CSK while it leaves', (STEADY_A, CSK_B), (IN, IN), LEAVE_B, begin(CSK, B)),
    _story('zsk-ksk', 'a rolls its ZSK and its KSK', (ROLLING, HOSTED), (IN, IN), begin(ZSK, A), begin(KSK, A)),
    _story('both-ksk', 'both roll their KSK', (ROLLING, SignerSpec('b', rolls=True)), (IN, IN), begin(KSK, A), begin(KSK, B)),
    _story('insecure-leave', 'b leaves and the zone goes insecure', (STEADY_A, HOSTED), (IN, IN), LEAVE_B, INSECURE),
    # a signer that leaves the KSKs of others out of its DNSKEY RRset
    _story('omits-join', 'b joins, and leaves again', (STEADY_A, OMITS), (IN, OUT), JOIN_B, LEAVE_B),
    _story('omits-leave', 'a leaves b, and comes back', (STEADY_A, OMITS), (IN, IN), declare(((A, LEAVING),), ((A, IN),), times=2)),
    _story('omits-ksk', 'a or b rolls its KSK', (ROLLING, OMITS_ROLLS), (IN, IN), begin(KSK, A, B)),
    _story('omits-zsk', 'a or b rolls its ZSK', (ROLLING, OMITS_ROLLS), (IN, IN), begin(ZSK, A, B)),
    _story('omits-csk', 'a, which has one key, rolls it: b lacks it', (BIND_CSK, OMITS), (IN, IN), begin(CSK, A)),
    _story('omits-join-ksk', 'a rolls its KSK while b joins; the journal is lost', (ROLLING, OMITS), (IN, OUT), JOIN_B, begin(KSK, A), JOURNAL),
    _story('omits-3', 'a leaves while c joins', (STEADY_A, OMITS, SignerSpec('c')), (IN, IN, OUT), LEAVE_A, JOIN_C),
    # servers that lag or do not answer, two runs, a person at the registry
    _story('join-slow', 'b joins; a and the parent have a second server that lags', (SLOW_A, HOSTED), (IN, OUT), JOIN_B, parents=2),
    _story('leave-slow', 'b leaves; a and the parent have a second server that lags', (SLOW_A, HOSTED), (IN, IN), LEAVE_B, parents=2),
    _story('zsk-slow', 'a rolls its ZSK; its secondary lags', (SLOW_A, HOSTED), (IN, IN), begin(ZSK, A)),
    _story('ksk-slow', 'a rolls its KSK; its secondary and the parent\'s lag', (SLOW_A, HOSTED), (IN, IN), begin(KSK, A), parents=2),
    _story('join-blind', 'b joins; a server does not answer once', (SLOW_A, HOSTED), (IN, OUT), JOIN_B, BLIND),
    _story('leave-blind', 'b leaves; a server does not answer once', (STEADY_A, HOSTED), (IN, IN), LEAVE_B, BLIND),
    _story('leave-slow-blind', 'b leaves; a has a second server that lags, or does not answer', (SLOW_A, HOSTED), (IN, IN), LEAVE_B, BLIND),
    _story('zsk-blind', 'a rolls its ZSK; a server does not answer', (SLOW_A, HOSTED), (IN, IN), begin(ZSK, A), BLIND),
    _story('ksk-blind', 'a rolls its KSK; a server does not answer', (SLOW_A, HOSTED), (IN, IN), begin(KSK, A), BLIND, parents=2),
    _story('insecure-blind', 'the zone goes insecure; a server does not answer', (STEADY_A, HOSTED), (IN, IN), INSECURE, BLIND, parents=2),
    _story('join-second', 'b joins; two runs at once', (STEADY_A, HOSTED), (IN, OUT), JOIN_B, SECOND),
    _story('leave-second', 'b leaves or stays after all; two runs at once', (STEADY_A, HOSTED), (IN, IN), AND_BACK, SECOND),
    _story('ksk-second', 'a rolls its KSK; two runs at once', (ROLLING, HOSTED), (IN, IN), begin(KSK, A), SECOND),
    _story('join-export', 'b joins and leaves again; a person does what is exported', (STEADY_A, HOSTED), (IN, OUT), JOIN_B, LEAVE_B, by_hand=True),
    _story('ksk-export', 'a rolls its KSK; a person does what is exported', (ROLLING, HOSTED), (IN, IN), begin(KSK, A), by_hand=True),
    # a parent that follows CSYNC
    _story('join-csync', 'b joins; the parent follows CSYNC', (STEADY_A, HOSTED), (IN, OUT), JOIN_B, csync=True),
    _story('leave-csync', 'b leaves; the parent follows CSYNC', (STEADY_A, HOSTED), (IN, IN), LEAVE_B, csync=True),
    _story('change-csync', 'the operator changes from a to b; the parent follows CSYNC', (STEADY_A, HOSTED), (IN, OUT), SWAP, csync=True),
    _story('rollback-csync', 'b leaves, comes back, leaves; the parent follows CSYNC', (STEADY_A, HOSTED), (IN, IN), AND_BACK, csync=True),
    _story('slow-csync', 'b leaves or stays; a has a second server that lags; CSYNC', (SLOW_A, HOSTED), (IN, IN), AND_BACK, csync=True, parents=2),
    _story('ksk-csync', 'a rolls its KSK while b joins; the parent follows CSYNC', (ROLLING, HOSTED), (IN, OUT), JOIN_B, begin(KSK, A), csync=True),
    _story('journal-csync', 'b leaves; the journal is lost or wrong; CSYNC', (STEADY_A, HOSTED), (IN, IN), LEAVE_B, JOURNAL, csync=True),
    _story('second-csync', 'b joins, and leaves again; two runs at once; CSYNC', (STEADY_A, HOSTED), (IN, OUT), JOIN_B, LEAVE_B, SECOND, csync=True),
    _story('no-csync', 'b joins; the parent is no longer said to follow CSYNC', (STEADY_A, HOSTED), (IN, OUT), JOIN_B, NO_CSYNC, csync=True),
    _story('insecure-csync', 'the zone goes insecure; the parent follows CSYNC', (STEADY_A, HOSTED), (IN, IN), INSECURE, csync=True),
    _story('join-csync-3', 'c joins while b leaves; the parent follows CSYNC', (STEADY_A, STEADY_B, STEADY_C), (IN, IN, OUT), LEAVE_B, JOIN_C, csync=True),
    # a parent that takes its DS from the CDS of the zone
    _story('join-cds', 'b joins, and leaves again; the parent follows CDS', (STEADY_A, HOSTED), (IN, OUT), JOIN_B, LEAVE_B, scans=True, csync=True),
    _story('leave-cds', 'b leaves, or stays after all; the parent follows CDS', (SLOW_A, HOSTED), (IN, IN), AND_BACK, scans=True, csync=True, parents=2),
    _story('ksk-cds', 'a rolls its KSK; the parent follows CDS', (ROLLING, HOSTED), (IN, IN), begin(KSK, A), scans=True),
    _story('csk-cds', 'a rolls its CSK; the parent follows CDS', (BIND_CSK, STEADY_B), (IN, IN), begin(CSK, A), scans=True),
    _story('ksk-slow-cds', 'a rolls its KSK; servers lag; the parent follows CDS', (SLOW_A, HOSTED), (IN, IN), begin(KSK, A), scans=True, parents=2),
    _story('both-ksk-cds', 'both roll their KSK; the parent follows CDS', (ROLLING, ROLLING_B), (IN, IN), begin(KSK, A), begin(KSK, B), scans=True),
    _story('algorithm-cds', 'both roll to another algorithm; the parent follows CDS', RSA, (IN, IN), begin(ALGORITHM, A), begin(ALGORITHM, B), scans=True),
    _story('join-ksk-cds', 'a rolls its KSK while b joins; CDS', (ROLLING, HOSTED), (IN, OUT), JOIN_B, begin(KSK, A), scans=True, csync=True),
    _story(
        'leave-ksk-cds', 'a or b rolls its KSK while b leaves; CDS', (ROLLING, ROLLING_B), (IN, IN), LEAVE_B, begin(KSK, A, B), scans=True, csync=True,
    ),
    _story('ksk-journal-cds', 'a rolls its KSK; the journal is lost or wrong; CDS', (ROLLING, HOSTED), (IN, IN), begin(KSK, A), JOURNAL, scans=True),
    _story('ksk-second-cds', 'a rolls its KSK; two runs at once; CDS', (ROLLING, HOSTED), (IN, IN), begin(KSK, A), SECOND, scans=True),
    _story('ksk-blind-cds', 'a rolls its KSK; a server does not answer; CDS', (SLOW_A, HOSTED), (IN, IN), begin(KSK, A), BLIND, scans=True),
    _story('ksk-lowered-cds', 'a rolls its KSK; the registry lowers the TTL of the DS; CDS', QUICK, (IN, IN), begin(KSK, A), times=LOWERED_DS, scans=True),
    # the journal
    _story('join-journal', 'b joins; the journal is lost or wrong', (STEADY_A, HOSTED), (IN, OUT), JOIN_B, JOURNAL),
    _story('leave-journal', 'b leaves; the journal is lost or wrong', (STEADY_A, HOSTED), (IN, IN), LEAVE_B, JOURNAL),
    _story('ksk-journal', 'a rolls its KSK; the journal is lost or wrong', (ROLLING, HOSTED), (IN, IN), begin(KSK, A), JOURNAL),
    _story('ksk-lowered-journal', 'a rolls its KSK; the DS TTL is lowered and the journal lost', QUICK, (IN, IN), begin(KSK, A), JOURNAL, times=LOWERED_DS),
    _story('leave-lowered-journal', 'b leaves; the DS TTL is lowered and the journal lost', QUICK, (IN, IN), LEAVE_B, JOURNAL, times=LOWERED_DS),
    _story('late', 'b joins and leaves, three runs hang', (STEADY_A, HOSTED), (IN, OUT), JOIN_B, LEAVE_B, Allowance('second run', 3, (('second',),))),
    _story('journal-second', 'b leaves; the journal is lost while two runs are under way', (STEADY_A, HOSTED), (IN, IN), AND_BACK, SECOND, JOURNAL),
    # a signer dies; signers that are careless; persons who edit
    _story('dead', 'b dies, and is given up', (STEADY_A, HOSTED), (IN, IN), DIES, GIVEN_UP),
    _story('dead-other-ttls', 'b dies, whose NS lived longest', LONG_NS_B, (IN, IN), DIES, GIVEN_UP),
    _story('dead-leaving', 'b dies while it leaves, and is given up', (STEADY_A, HOSTED), (IN, IN), LEAVE_B, DIES, GIVEN_UP),
    _story('hasty', 'a rolls its ZSK and signs with it before the others have it', (HASTY, HOSTED), (IN, IN), begin(ZSK, A)),
    _story('careless', 'a rolls its CSK without a look at anybody', (CARELESS, STEADY_B), (IN, IN), begin(CSK, A)),
    _story('careless-zsk', 'a rolls its ZSK without a look at anybody, not even at the TTL of its data', (RASH, STEADY_B), (IN, IN), begin(ZSK, A)),
    _story('edit-keys', 'a person removes or adds DNSKEY and CDS records', (STEADY_A, HOSTED), (IN, IN), edits(
        ('edit', A, Write(A, remove_keys=4)), ('edit', A, Write(A, remove_ds=4)), ('edit', B, Write(B, remove_keys=3, remove_ds=1)),
        ('edit', A, Write(A, remove_ns=2)), ('edit', B, Write(B, remove_ns=1)), ('edit', A, Write(A, remove_ns=1)),
    )),
    _story('edit-parent', 'a person removes DS or NS at the parent', (STEADY_A, HOSTED), (IN, IN), edits(
        ('edit-parent', Write(PARENT_DS, remove_ds=4)), ('edit-parent', Write(PARENT_DS, remove_ds=1)), ('edit-parent', Write(PARENT_DS, remove_ds=5)),
        ('edit-parent', Write(PARENT_NS, remove_ns=2)), ('edit-parent', Write(PARENT_NS, remove_ns=1)),
    )),
    _story('edit-join', 'a person undoes something while b joins', (STEADY_A, HOSTED), (IN, OUT), JOIN_B, edits(
        ('edit', A, Write(A, remove_keys=4)), ('edit', B, Write(B, remove_keys=3)), ('edit-parent', Write(PARENT_DS, remove_ds=4)),
        ('edit-parent', Write(PARENT_NS, add_ns=2)),
    )),
    _story('edit-leave', 'a person undoes something while b leaves', (STEADY_A, HOSTED), (IN, IN), LEAVE_B, edits(
        ('edit', A, Write(A, add_ns=2)), ('edit', A, Write(A, add_keys=4)), ('edit-parent', Write(PARENT_DS, add_ds=4)),
        ('edit-parent', Write(PARENT_NS, add_ns=2)), ('edit', B, Write(B, remove_keys=3)),
    )),
    # three signers
    _story('join-3', 'c joins a and b', (STEADY_A, STEADY_B, STEADY_C), (IN, IN, OUT), JOIN_C),
    _story('leave-3', 'c leaves a and b', (STEADY_A, STEADY_B, STEADY_C), (IN, IN, IN), LEAVE_C),
    _story('join-leave-3', 'c joins while b leaves', (STEADY_A, STEADY_B, STEADY_C), (IN, IN, OUT), LEAVE_B, JOIN_C),
    _story('leave-zsk-3', 'c leaves while a rolls its ZSK', (ROLLING, STEADY_B, STEADY_C), (IN, IN, IN), LEAVE_C, begin(ZSK, A)),
    _story(
        'leave-algorithm-3', 'c leaves while all roll to another algorithm', (*RSA, RSA_C), (IN, IN, IN),
        LEAVE_C, begin(ALGORITHM, A), begin(ALGORITHM, B), begin(ALGORITHM, C),
    ),
    _story('leave-ksk-3', 'c leaves while a rolls its KSK', (ROLLING, STEADY_B, STEADY_C), (IN, IN, IN), LEAVE_C, begin(KSK, A)),
)

# what happens to larger groups in long random stories
EVERYTHING_3 = (
    begin(ZSK, A), begin(ZSK, B), begin(KSK, A), begin(KSK, B), declare(((B, LEAVING),), ((B, IN),), ((C, LEAVING),), ((C, IN),), times=4),
    SECOND, JOURNAL, BLIND,
    edits(
        ('edit', A, Write(A, remove_ns=2)), ('edit', B, Write(B, remove_keys=3)), ('edit-parent', Write(PARENT_DS, remove_ds=1)),
        ('edit-parent', Write(PARENT_NS, add_ns=6)),
    ),
)
CSK_D = SignerSpec('d', CSK_STYLE, rolls=True)
COME_AND_GO = declare(((C, LEAVING),), ((C, IN),), times=2)
STORIES = (
    _story(
        'story-2', 'two signers, everything happens', (SLOW_A, ROLLING_B), (IN, IN),
        begin(ZSK, A, B), begin(KSK, A, B), AND_BACK, SECOND, JOURNAL, BLIND, parents=2,
    ),
    _story('story-3', 'three signers, everything happens', (ROLLING, ROLLING_B, STEADY_C), (IN, IN, OUT), *EVERYTHING_3),
    _story('story-3-export', 'three signers, a person at the registry', (ROLLING, ROLLING_B, STEADY_C), (IN, IN, OUT), *EVERYTHING_3, by_hand=True),
    _story(
        'story-4', 'four signers, everything happens', (SLOW_A, ROLLING_B, STEADY_C, CSK_D), (IN, IN, OUT, IN),
        *EVERYTHING_3, begin(CSK, 3), parents=2,
    ),
    _story(
        'story-algorithm', 'three signers roll to another algorithm while one leaves', (*RSA, RSA_C), (IN, IN, IN),
        begin(ALGORITHM, A), begin(ALGORITHM, B), begin(ALGORITHM, C), COME_AND_GO, JOURNAL, SECOND,
    ),
)
