# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What validators would say that are stricter than others, or know less, whichever servers they reach. Pure."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator

from ..dnskey import ALGORITHM_NAMES, DIGEST_LENGTHS, DNSKEY, DS
from .evidence import Evidence
from .seen import Seen

SECURE, INSECURE, BOGUS = 'secure', 'insecure', 'bogus'


@dataclass(frozen=True)
class Opinion:
    """What one kind of validator says, and why."""

    kind: str
    verdict: str
    why: str


@dataclass(frozen=True)
class _Validator:
    """Which DS it heeds, which algorithm it lacks, and whether it wants a signature of every algorithm that the DS signal."""

    kind: str
    ds: frozenset[DS]
    lacks: int | None = None
    every_algorithm: bool = False


def opinions(e: Evidence) -> tuple[Opinion, ...]:
    """One for each kind of validator; for one that lacks an algorithm, each algorithm in the DS set. None where the DS are not known."""
    if not e.parent_known:
        return ()
    return tuple(_opinion(e, validator) for validator in _validators(e))


def _validators(e: Evidence) -> Iterator[_Validator]:
    usable = frozenset(ds for ds in e.ds if ds.digest_type in DIGEST_LENGTHS or ds.digest_type == 1)
    yield _Validator('any_path', usable)
    yield _Validator('all_algorithms', usable, every_algorithm=True)
    best_digest = max((ds.digest_type for ds in usable), default=0)
    yield _Validator('strongest_digest', frozenset(ds for ds in usable if ds.digest_type == best_digest))  # RFC 4509 section 3
    best_algorithm = max((ds.algorithm for ds in usable), default=0)
    yield _Validator('strongest_algorithm', frozenset(ds for ds in usable if ds.algorithm == best_algorithm))
    for number in sorted({ds.algorithm for ds in usable}):
        yield _Validator(f'without_{number}', frozenset(ds for ds in usable if ds.algorithm != number), number)


def _opinion(e: Evidence, validator: _Validator) -> Opinion:
    if not validator.ds:
        return Opinion(validator.kind, INSECURE, 'It heeds none of the DS, so it does not validate' if e.ds else 'The parent has no DS')
    problem = next(_problems(e, validator), '')
    if problem:
        return Opinion(validator.kind, BOGUS, problem)
    numbers = sorted({ds.algorithm for ds in validator.ds})
    names = ' and '.join(ALGORITHM_NAMES.get(number, f'algorithm {number}') for number in numbers)
    return Opinion(validator.kind, SECURE, f'Every server can be validated from its DS of {names}')


def _problems(e: Evidence, validator: _Validator) -> Iterator[str]:
    anchors = frozenset().union(*(e.ds_keys[ds] for ds in validator.ds))
    wanted = frozenset(ds.algorithm for ds in validator.ds) if validator.every_algorithm else frozenset()
    for seen in e.reached:
        if not seen.keys_known:
            continue
        if not seen.keys:
            yield f'{seen} serves the zone unsigned'
            continue
        signed = e.key_outcome[seen].valid & anchors
        if not signed:
            yield f'{seen} signs its DNSKEY RRset with no key that a heeded DS names'
        lacking = wanted - {key.algorithm for key in signed}
        if lacking:
            yield f'{seen} signs its DNSKEY RRset with no key of algorithm {min(lacking)} that a DS names'
    for seen in e.reached:
        for keeper in e.holding:
            yield from _unsigned(e, seen, keeper, validator, wanted)
        for denied in e.denied[seen]:
            if not denied.proof.holds:
                yield f'{seen} does not prove its answer for {denied.probe}'


def _unsigned(e: Evidence, seen: Seen, keeper: Seen, validator: _Validator, wanted: frozenset[int]) -> Iterator[str]:
    for judged in e.judged[seen]:
        if not judged.item.is_zone_data:
            continue
        held: frozenset[DNSKEY] = judged.outcome.valid & keeper.keys
        numbers = {key.algorithm for key in held if key.algorithm != validator.lacks}
        where = f'{judged.item.name} {judged.item.rtype} of {seen}'
        if not numbers:
            yield f'{where} has no signature that it accepts under the keys of {keeper}'
        elif wanted - numbers:
            yield f'{where} has no signature of algorithm {min(wanted - numbers)}'
