# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prometheus' text format 0.0.4, for the textfile collector of node_exporter. Pure.

Labels are names of zones, signers and servers, codes and severities; never a text that a server could make up anew each time. What a
zone may add is bounded, so that no zone can fill the database.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Mapping, Sequence

from ..verify.findings import INFORMATION, SEVERITIES
from .markup import shortened, visible
from .returned import Zone

PREFIX = 'dnssec_multisigner_'
SERIES_OF_A_ZONE = 100  # of each metric
_LABEL_SHOWN = 256  # longer than any domain name (RFC 1035 section 2.3.4)


@dataclass(frozen=True)
class Sample:
    labels: tuple[tuple[str, str], ...]
    value: int


def sample(value: int, **labels: str) -> Sample:
    return Sample(tuple(labels.items()), value)


def prometheus(zones: Iterable[Zone], errors: Mapping[str, str]) -> str:
    """The file. Of the zones of *errors* it says only that they could not be looked at."""
    known = sorted(zones, key=lambda zone: zone.name)
    lines: list[str] = []
    looked_at = [*(sample(0, zone=name) for name in sorted(errors)), *(sample(1, zone=zone.name) for zone in known)]
    lines.extend(_metric('looked_at', 'Whether the zone could be looked at.', looked_at))
    for name, help_text, samples in _METRICS:
        lines.extend(_metric(name, help_text, (one for zone in known for one in list(samples(zone))[:SERIES_OF_A_ZONE])))
    return ''.join(f'{line}\n' for line in lines)


def _metric(name: str, help_text: str, samples: Iterable[Sample]) -> list[str]:
    """Nothing for a metric without a sample."""
    # A label that was shortened may be the same as another: the format wants each series once.
    values = {_labels(one.labels): one.value for one in samples}
    series = [f'{PREFIX}{name}{labels} {value}' for labels, value in values.items()]
    return [f'# HELP {PREFIX}{name} {help_text}', f'# TYPE {PREFIX}{name} gauge', *series] if series else []


def _labels(labels: Sequence[tuple[str, str]]) -> str:
    return '{' + ','.join(f'{name}="{_value(text)}"' for name, text in labels) + '}'


def _value(text: str) -> str:
    return shortened(visible(text), _LABEL_SHOWN).replace('\\', '\\\\').replace('"', '\\"').replace('\n', '\\n')


def _time(zone: Zone) -> Iterable[Sample]:
    yield sample(zone.time.seconds, zone=zone.name)


def _secure(zone: Zone) -> Iterable[Sample]:
    yield sample(int(zone.secure), zone=zone.name)


def _findings(zone: Zone) -> Iterable[Sample]:
    found = [told.severity for told in zone.findings]
    for severity in SEVERITIES:
        yield sample(found.count(severity), zone=zone.name, severity=severity)


def _finding(zone: Zone) -> Iterable[Sample]:
    """Above information only, once for each code and server; without a server it is about the zone as a whole."""
    places = {(told.code, told.severity, server) for told in zone.findings if told.severity != INFORMATION for server in told.servers or ('',)}
    for code, severity, server in sorted(places, key=lambda place: (SEVERITIES.index(place[1]), place)):
        yield sample(1, zone=zone.name, code=code, severity=severity, server=server)


def _bogus(zone: Zone) -> Iterable[Sample]:
    for (keys_of, answers_of), cell in sorted(zone.cells.items()):
        yield sample(cell.bogus, zone=zone.name, keys_of=keys_of, answers_of=answers_of)


def _expiry(zone: Zone) -> Iterable[Sample]:
    for signer, server in zone.servers:
        if server.expires is not None:
            yield sample(server.expires.until.seconds, zone=zone.name, signer=signer.name, server=server.address)


def _cds(zone: Zone) -> Iterable[Sample]:
    yield sample(int(zone.cds.accepted), zone=zone.name)


def _waits(zone: Zone) -> Iterable[Sample]:
    yield sample(len(zone.waits), zone=zone.name)


def _wait_ends(zone: Zone) -> Iterable[Sample]:
    ends = [wait.until.seconds for wait in zone.waits if wait.until is not None]
    if ends:
        yield sample(max(ends), zone=zone.name)


_METRICS = (
    ('last_verification_timestamp_seconds', 'When the zone was looked at.', _time),
    ('secure', 'Whether the parent has DS for the zone that chain to the trust anchor.', _secure),
    ('findings', 'How many findings the zone has, by severity.', _findings),
    ('finding', 'A finding above information; the server is empty when it is about the zone as a whole.', _finding),
    ('cross_validation_failures', 'How many RRsets and proofs of one signer do not validate under the keys of another.', _bogus),
    ('signature_expiry_timestamp_seconds', 'When the first of the signatures seen at a server ends.', _expiry),
    ('cds_accepted', 'Whether a parent that follows RFC 9975 would accept the CDS and CDNSKEY.', _cds),
    ('waits', 'How many waits the plan has for the zone.', _waits),
    ('wait_ends_timestamp_seconds', 'When the last of the waits ends, of those whose end is known.', _wait_ends),
)
