# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How every module that changes something answers: one outcome per zone, one diff, one exit.

It never decides anything about DNS. Standard library only, because it travels to name servers.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Iterable

from .dnskey import Record, parse_record, parse_usable_records, sort_records, zone_name
from .errors import MultisignerError

# The option of every module that adds and removes records at a signer.
ZONES_OPTION: dict[str, Any] = {
    'type': 'list',
    'elements': 'dict',
    'required': True,
    'options': {
        'name': {'type': 'str', 'required': True},
        'add': {'type': 'list', 'elements': 'str', 'default': []},
        'remove': {'type': 'list', 'elements': 'str', 'default': []},
    },
}


@dataclass(frozen=True)
class Request:
    """What one zone's caller wants of one signer: records to be present and records to be gone. Already checked."""

    zone: str
    add: tuple[Record, ...] = ()
    remove: tuple[Record, ...] = ()

    @classmethod
    def from_option(cls, option: dict[str, Any]) -> Request:
        """One item of ZONES_OPTION. Raises MultisignerError, naming the zone and the record."""
        zone = zone_name(option['name'])
        request = cls(
            zone,
            add=parse_usable_records(option['add'], zone),
            # What is to be removed may be unusable: that can be why it must go.
            remove=sort_records(parse_record(text, zone) for text in option['remove']),
        )
        both = set(request.add) & set(request.remove)
        if both:
            raise MultisignerError('is to be added and removed at once', zone=zone, record=sorted(r.text for r in both)[0], remedy='Decide for one')
        return request


@dataclass(frozen=True)
class Outcome:
    """What happened to one zone. *before* and *after* are the lines of the diff, sorted."""

    zone: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    changed: bool = False
    msg: str = ''
    failed: bool = False
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def failure(cls, zone: str, error: MultisignerError) -> Outcome:
        return cls(zone, msg=str(error.at(zone=zone)), failed=True)

    def as_result(self) -> dict[str, Any]:
        result: dict[str, Any] = {
            'name': self.zone, 'changed': self.changed, 'added': list(self.added), 'removed': list(self.removed), 'failed': self.failed, 'msg': self.msg
        }
        result.update(self.details)
        return result


def each_zone(options: Iterable[dict[str, Any]], work: Callable[[Request], Outcome]) -> list[Outcome]:
    """Runs *work* for every zone of the ``zones`` option; a MultisignerError becomes that zone's failure and the others go on."""
    outcomes: list[Outcome] = []
    for option in options:
        try:
            outcomes.append(work(Request.from_option(option)))
        except MultisignerError as error:
            outcomes.append(Outcome.failure(option['name'], error))
    return outcomes


def finish(module: Any, outcomes: Iterable[Outcome], extra: dict[str, Any] | None = None) -> None:
    """Ends the module: exit_json, or fail_json with every failed zone's message. Never returns."""
    ordered = sorted(outcomes, key=lambda outcome: outcome.zone)
    result: dict[str, Any] = {
        'changed': any(outcome.changed for outcome in ordered),
        'zones': [outcome.as_result() for outcome in ordered],
        'diff': [
            {
                'before_header': outcome.zone,
                'after_header': outcome.zone,
                'before': ''.join(line + '\n' for line in outcome.before),
                'after': ''.join(line + '\n' for line in outcome.after),
            }
            for outcome in ordered
            if outcome.before != outcome.after
        ],
    }
    result.update(extra or {})
    failures = [outcome for outcome in ordered if outcome.failed]
    if failures:
        module.fail_json(msg=f'{len(failures)} of {len(ordered)} zones failed. ' + ' '.join(outcome.msg for outcome in failures), **result)
    module.exit_json(**result)
