# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read: plans in sentences. Pure; it decides nothing and leaves nothing out."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .steps import Plan, Step, Wait, utc

NAMED = 10  # zones of which the same is told by name; the others are counted
_ZONE = '\0'  # stands for the zone's name in what is told of several


def plan_as_dict(plan: Plan) -> dict[str, Any]:
    """A zone's plan as returned data; times are ISO 8601 in UTC."""
    delegation = plan.delegation
    return {
        'name': plan.zone,
        'state': plan.state,
        'steps': [_step_as_dict(step) for step in plan.steps],
        'ds': [ds.text for ds in delegation.wanted] if delegation else [],
        'ds_missing': [ds.text for ds in delegation.missing] if delegation else [],
        'ds_obsolete': [ds.text for ds in delegation.remove] if delegation else [],
        'prepublished': [f'DNSKEY {key.text}' for key in plan.prepublished],
        'waits': [_wait_as_dict(wait) for wait in plan.waits],
        'blocked': list(plan.blocked),
        'notes': list(plan.notes),
    }


def _step_as_dict(step: Step) -> dict[str, Any]:
    return {'signer': step.signer, 'add': [record.text for record in step.add], 'remove': [record.text for record in step.remove], 'reason': step.reason}


def _wait_as_dict(wait: Wait) -> dict[str, Any]:
    return {'for': wait.what, 'until': utc(wait.until) if wait.until is not None else None, 'reason': wait.reason}


def lines(plans: Iterable[Plan], errors: Mapping[str, str]) -> list[str]:
    """The report of a pass: what is told of a zone, under its name. Zones of which the same is told share it, however many they are."""
    told: dict[tuple[str, ...], list[str]] = {}
    stories = [(plan.zone, plan.state, _details(plan)) for plan in plans] + [(zone, 'blocked', [text]) for zone, text in errors.items()]
    for zone, state, details in sorted(stories, key=lambda story: (story[1] == 'complete', story[0])):
        told.setdefault((state, *(line.replace(zone, _ZONE) for line in details)), []).append(zone)
    found: list[str] = []
    for (state, *details), zones in told.items():
        named = ', '.join(zones[:NAMED]) + (f' and {len(zones) - NAMED} more' if len(zones) > NAMED else '')
        found.append(f'{named}: {state}')
        found.extend('  ' + line.replace(_ZONE, zones[0] if len(zones) == 1 else 'each') for line in details)
    return found


def _details(plan: Plan) -> list[str]:
    found = [f'blocked: {text}' for text in plan.blocked]
    for step in plan.steps:
        found.extend(_change(step.signer, step.add, step.remove, f' ({step.reason})'))
    if plan.delegation is not None:
        parent = plan.delegation
        add = [*(f'DS {ds.text}' for ds in parent.missing), *(f'NS {name}' for name in parent.ns_add)]
        remove = [*(f'DS {ds.text}' for ds in parent.remove), *(f'NS {name}' for name in parent.ns_remove)]
        found.extend(_change(parent.parent, add, remove, ''))
    found.extend(str(wait) for wait in plan.waits)
    found.extend(f'note: {text}' for text in plan.notes)
    return found


def _change(where: str, add: Iterable[object], remove: Iterable[object], reason: str) -> list[str]:
    return [f'to {verb} {where}: {", ".join(map(str, what))}{reason}' for verb, what in (('add at', list(add)), ('remove from', list(remove))) if what]
