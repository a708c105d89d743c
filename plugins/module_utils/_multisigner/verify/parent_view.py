# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a parent would do that follows the CDS and CDNSKEY of the zone: RFC 7344 and RFC 8078, all servers compared as RFC 9975 wants; and
whether the signals of RFC 9615 are right. Pure.
"""
from __future__ import annotations

from dataclasses import dataclass

from .checks.cds import asks_to_delete, mismatched, named_keys
from .checks.delegation import odd_ones
from .evidence import Evidence, listed, signers
from .findings import Finding
from .seen import Seen

NONE, ADD, REPLACE, DELETE, REFUSED = 'none', 'add', 'replace', 'delete', 'refused'


@dataclass(frozen=True)
class ParentView:
    """Whether the parent would act, or have nothing to do; *change* is what would become of the DS; *signals* what is wrong with RFC 9615's."""

    accepted: bool
    change: str
    why: tuple[str, ...]
    signals: tuple[str, ...] | None = None


def parent_view(e: Evidence) -> ParentView:
    asked = [seen for seen in e.seen if seen.survey.in_parent]
    heard = [seen for seen in asked if seen.trouble is None and seen.cds_known]
    signals = wrong_signals(e) if e.survey.target.bootstrapping else None
    notes = tuple(f'{seen} gave no answer to it; a parent asks again later, or stops' for seen in asked if seen not in heard)
    if not heard:
        return ParentView(False, REFUSED, ('no server of the delegation answered', *notes), signals)
    if not any(seen.cds or seen.cdnskeys for seen in heard):
        nothing = f'none of the {len(heard)} servers of the delegation has CDS or CDNSKEY: the parent leaves the DS as they are'
        return ParentView(True, NONE, (nothing, *notes), signals)
    problems = _inconsistent(e, heard) or _unacceptable(e, heard)
    if problems:
        return ParentView(False, REFUSED, (*problems, *notes), signals)
    change = _change(e, heard[0])
    told = {
        NONE: f'all {len(heard)} servers of the delegation name the keys of the DS at the parent',
        ADD: f'all {len(heard)} servers of the delegation agree on {_names(e, heard[0])}; the parent would add DS',
        REPLACE: f'all {len(heard)} servers of the delegation agree on {_names(e, heard[0])}; the parent would replace its DS by those',
        DELETE: f'all {len(heard)} servers of the delegation ask for the removal of all DS',
    }
    return ParentView(True, change, (told[change], *notes), signals)


def _names(e: Evidence, seen: Seen) -> str:
    return listed(str(key) for key in sorted(named_keys(e, seen)))


def _inconsistent(e: Evidence, heard: list[Seen]) -> tuple[str, ...]:
    found = [f'CDS and CDNSKEY of {seen} name different keys' for seen in heard if mismatched(e, seen)]
    sets = {seen: (seen.cds, seen.cdnskeys) for seen in heard}
    if len(set(sets.values())) > 1:
        right = next((value for value in sets.values() if value[0] and value[0] == e.ds), None)
        found.extend(f'{seen} has other CDS or CDNSKEY than the rest: {_names(e, seen) or "none"}' for seen in odd_ones(sets, right))
    return tuple(found)


def _unacceptable(e: Evidence, heard: list[Seen]) -> tuple[str, ...]:
    """RFC 7344 section 4.1: signed by a key in DS and DNSKEY; and the new DS must not break the zone for any server."""
    found = []
    if not e.is_secure:
        return ('the zone has no DS yet: its CDS cannot be authenticated but by bootstrapping (RFC 9615)',) if e.survey.target.bootstrapping is False else ()
    for seen in heard:
        for judged in e.judged[seen]:
            if judged.item.is_zone_data or judged.item.rtype not in ('CDS', 'CDNSKEY'):
                continue
            if not judged.outcome.valid & seen.keys:
                found.append(f'the {judged.item.rtype} of {seen} cannot be validated')
    if asks_to_delete(heard[0]):
        return tuple(found)
    named = named_keys(e, heard[0])
    for seen in heard:
        if seen.keys and e.key_outcome[seen].made_by.isdisjoint(named):
            found.append(f'with DS of {_names(e, heard[0]) or "these keys"} only, the DNSKEY RRset of {seen} would not validate')
    return tuple(found)


def _change(e: Evidence, seen: Seen) -> str:
    if asks_to_delete(seen):
        return DELETE
    wanted = named_keys(e, seen)
    if wanted == e.trusted and all(e.ds_keys.values()):  # a parent makes DS of the digest types that it likes
        return NONE
    return ADD if e.trusted <= wanted and all(e.ds_keys.values()) else REPLACE


def wrong_signals(e: Evidence) -> tuple[str, ...]:
    """What is wrong with the signals under the names of the name servers (RFC 9615 section 4): they must say what the zone says."""
    heard = [seen for seen in e.reached if seen.cds_known]
    found = []
    for signal in e.survey.signals:
        if signal.failure:
            found.append(f'{signal.name}: {signal.failure}')
            continue
        for seen in heard:
            if signal.cds != {ds.text for ds in seen.cds} or signal.cdnskeys != {key.text for key in seen.cdnskeys}:
                found.append(f'{signal.name} has other CDS or CDNSKEY than {seen}')
    if not e.survey.signals:
        found.append('no name server is outside the zone, so there is no place for a signal')
    return tuple(found)


def signals(e: Evidence) -> tuple[Finding, ...]:
    """45: only where the user asked for it."""
    if not e.survey.target.bootstrapping:
        return ()
    wrong = wrong_signals(e)
    if not wrong:
        return ()
    return (Finding(
        'bootstrapping_signal', listed(wrong), 'A parent that does RFC 9615 does not bring the first DS',
        'Publish the signals at every provider, or send the DS another way',
        signers=signers(e.reached), name=e.zone, rtype='CDS',
    ),)
