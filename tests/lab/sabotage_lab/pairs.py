# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worst that a cache can hold, served: for each zone and ordered pair of its servers the DNSKEY RRset of the first with all
else of the second, and what validators with a cold cache say of it, beside the verifier's cross matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

from . import places
from .build import Built
from .resolvers import Question, Resolver, questions
from .verifier import Verified


@dataclass(frozen=True)
class Mix:
    """One zone with the keys of one server and the answers of another; *failed* is what a validator calls bogus."""

    zone: str
    keys: str
    answers: str
    failed: tuple[Question, ...]


@dataclass(frozen=True)
class Disagreement:
    """A pair of signers that the verifier's matrix and a validator judge differently."""

    zone: str
    keys_of: str
    answers_of: str
    validator: str
    failed: tuple[Question, ...]

    def __str__(self) -> str:
        said = f"bogus ({', '.join(str(question) for question in self.failed[:3])})" if self.failed else "secure"
        return f"{self.zone}: keys of {self.keys_of}, answers of {self.answers_of}: {self.validator} says {said}, the matrix the opposite"


def validate(kind: str, built: Sequence[Built], folder: Path) -> list[Mix]:
    """What a resolver of this kind says of every pair of different servers."""
    found: list[Mix] = []
    for (keys, answers), address in places.PAIRS.items():
        zones = [one.zone for one in built if {keys, answers} <= set(one.files)] if keys != answers else []
        if not zones:
            continue
        asked = [question for zone in zones for question in questions(zone.name)]
        with Resolver(kind).running(folder / f"{kind}-{keys}-{answers}", {zone.name: address for zone in zones}):
            failed = Resolver(kind).bogus(asked)
        found += [Mix(zone.name, keys, answers, tuple(question for question in failed if question.zone == zone.name)) for zone in zones]
    return found


def compare(kind: str, mixes: Sequence[Mix], built: Sequence[Built], verified: Mapping[str, Verified]) -> tuple[int, int, list[Disagreement]]:
    """How many pairs of signers the validator calls bogus, how many were compared, and where the verifier's matrix says otherwise."""
    zones = {one.zone.name: one.zone for one in built}
    by_signers: dict[tuple[str, str, str], list[Question]] = {}
    for mix in mixes:
        signers = [*zones[mix.zone].signers, *zones[mix.zone].leaving]
        pair = tuple(places.signer_of(server, signers) for server in (mix.keys, mix.answers))
        by_signers.setdefault((mix.zone, pair[0], pair[1]), []).extend(mix.failed)
    matrix = {(zone, pair.keys_of, pair.answers_of): pair.bogus for zone, one in verified.items() for pair in one.matrix}
    compared = {pair: failed for pair, failed in by_signers.items() if pair[1] != pair[2]}
    disagreements = [
        Disagreement(*pair, kind, tuple(failed)) for pair, failed in compared.items() if pair not in matrix or bool(matrix[pair]) != bool(failed)
    ]
    return sum(bool(failed) for failed in compared.values()), len(compared), disagreements
