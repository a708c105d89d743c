# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cross matrix: the keys of one signer against the answers of another, every ordered pair, as a resolver's cache may combine them. Pure."""
from __future__ import annotations

from dataclasses import dataclass

from .evidence import Evidence, Judged, Party
from .seen import Seen


@dataclass(frozen=True)
class Cell:
    """One pair. An RRset or proof counts once for every server that it came from and every server that the keys came from."""

    keys_of: str
    answers_of: str
    valid: int
    bogus: int
    first_failure: str


def matrix(e: Evidence) -> tuple[Cell, ...]:
    """Every ordered pair of signers of which any server can be used."""
    usable = [party for party in e.parties if any(seen.trouble is None for seen in party.seen)]
    return tuple(_cell(e, holder, answerer) for holder in usable if any(seen.keys_known for seen in holder.seen) for answerer in usable)


def _cell(e: Evidence, holder: Party, answerer: Party) -> Cell:
    valid, failures = 0, []
    for keeper in (seen for seen in holder.seen if seen.keys_known):
        distrust = why_untrusted(e, keeper)
        for seen in (seen for seen in answerer.seen if seen.trouble is None):
            for judged in e.judged[seen]:
                problem = distrust or why_bogus(judged, keeper)
                if problem:
                    failures.append(f'{judged.item.name} {judged.item.rtype}: {problem}')
                else:
                    valid += 1
            for denied in e.denied[seen]:
                if distrust or not denied.proof.holds:
                    failures.append(f'{denied.probe}: {distrust or denied.proof.why_not}')
                else:
                    valid += 1
    return Cell(holder.name, answerer.name, valid, len(failures), failures[0] if failures else '')


def why_untrusted(e: Evidence, keeper: Seen) -> str:
    """Why the DNSKEY RRset of *keeper* is worth nothing to a validator; empty when it is, or when nobody validates."""
    if not e.is_secure:
        return ''
    outcome = e.key_outcome.get(keeper)
    if outcome is None:
        return 'there is no DNSKEY RRset'
    return '' if outcome.valid & e.trusted else 'no key that a DS names has a valid signature over the DNSKEY RRset'


def why_bogus(judged: Judged, keeper: Seen) -> str:
    """Why the RRset does not validate under the keys of *keeper*; empty when it does."""
    outcome = judged.outcome
    if outcome.valid & keeper.keys:
        return ''
    if outcome.missing:
        return 'no RRSIG'
    if outcome.valid:
        return f'the key {min(outcome.valid)} is not in the DNSKEY RRset'
    if outcome.late:
        return f'the signature by key {min(outcome.late).tag} is out of its time'
    if outcome.wrong:
        return f'the signature by key {outcome.wrong[0]} is wrong'
    return f'the signature is by key {outcome.strangers[0]}, which nobody publishes' if outcome.strangers else 'its signature was not checked'
