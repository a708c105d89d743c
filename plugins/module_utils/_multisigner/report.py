# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read: plans in sentences. Pure; it decides nothing and leaves nothing out."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .plan import Plan, Wait, utc

MANY = 20  # zones in one state; more are counted, with the first ones named


def plan_as_dict(plan: Plan) -> dict[str, Any]:
    """A zone's plan as returned data; times are ISO 8601 in UTC."""
    delegation = plan.delegation
    return {
        'name': plan.zone,
        'state': plan.state,
        'steps': [{'signer': step.signer, 'add': [record.text for record in step.add], 'reason': step.reason} for step in plan.steps],
        'ds': [ds.text for ds in delegation.wanted] if delegation else [],
        'ds_missing': [ds.text for ds in delegation.missing] if delegation else [],
        'waits': [_wait_as_dict(wait) for wait in plan.waits],
        'blocked': list(plan.blocked),
        'notes': list(plan.notes),
    }


def _wait_as_dict(wait: Wait) -> dict[str, Any]:
    return {'for': wait.what, 'until': utc(wait.until) if wait.until is not None else None, 'reason': wait.reason}


def lines(plans: Iterable[Plan], errors: Mapping[str, str]) -> list[str]:
    """The report of a pass: one heading a zone, then what holds it; zones that are complete are counted together."""
    told: list[str] = []
    complete: list[str] = []
    for plan in sorted(plans, key=lambda plan: plan.zone):
        if plan.state == 'complete' and not plan.notes:
            complete.append(plan.zone)
            continue
        told.append(f'{plan.zone}: {plan.state}')
        told.extend(f'  {line}' for line in _details(plan))
    for zone in sorted(errors):
        told.append(f'{zone}: blocked')
        told.append(f'  {errors[zone]}')
    if complete:
        named = ', '.join(complete[:MANY]) + (f' and {len(complete) - MANY} more' if len(complete) > MANY else '')
        told.append(f'complete: {named}')
    return told


def _details(plan: Plan) -> list[str]:
    found = [f'blocked: {text}' for text in plan.blocked]
    for step in plan.steps:
        found.append(f'to add at {step.signer}: {", ".join(str(record) for record in step.add)} ({step.reason})')
    if plan.delegation is not None and plan.delegation.missing:
        found.append(f'to add at {plan.delegation.parent}: {", ".join("DS " + ds.text for ds in plan.delegation.missing)}')
    found.extend(str(wait) for wait in plan.waits)
    found.extend(f'note: {text}' for text in plan.notes)
    return found
