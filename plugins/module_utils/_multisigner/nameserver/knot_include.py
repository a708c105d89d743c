# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other signers' records in a zone that Knot loads from a file of the user's, which stays the source of truth: they are in an include file of ours.

Knot counts the serial of such a zone by itself (zonefile-load: difference-no-serial), so nothing of the user's is written. It removes nothing that
is Knot's own, and reads back from knotd what it wrote.
Standard library and Knot's tools only, because it travels to name servers.
"""
from __future__ import annotations

import os
import re
from typing import FrozenSet, Iterable, Mapping, Sequence, Tuple

from ..dnskey import Record, sort_records
from ..errors import MultisignerError
from ..outcome import Outcome, Request
from .files import Disk, current_access, read
from .keyfiles import file_stem, read_include, render_include
from .knot_conf import KnotConfiguration, ZoneSettings
from .knot_keys import REMOVED, RETIRING, Knot, KnotKey

_FOLDER = 'foreign'
_TYPES = ('DNSKEY', 'CDS', 'CDNSKEY', 'CSYNC')


def include_path(directory: str, zone: str) -> str:
    """The include file of *zone* below the folder of knot_zones."""
    return os.path.join(directory, _FOLDER, f'{file_stem(zone)}.include')


def empty_include(zone: str) -> bytes:
    """What such a file holds before any record has come: without it, the zone file would not load."""
    return render_include(zone, (), (), 0, 'knot_dnskey')


def includes(zone: ZoneSettings, path: str) -> bool:
    """Whether the zone's file has *path* included. Raises MultisignerError when it cannot be read."""
    text = (read(zone.zone_file or '') or b'').decode('utf-8', 'replace')
    return re.search(rf'^\$INCLUDE\s+"?{re.escape(path)}"?\s*(;.*)?$', text, re.MULTILINE | re.IGNORECASE) is not None


class KnotIncluder:
    """Brings the include files of many zones to what their requests want. *directory*: that of knot_zones."""

    def __init__(self, knot: Knot, disk: Disk, configuration: KnotConfiguration, directory: str) -> None:
        self._knot = knot
        self._disk = disk
        self._configuration = configuration
        self._directory = directory

    def serve(self, request: Request) -> Outcome:
        """Raises MultisignerError when Knot does not publish what is wanted; what was written stays, when Knot has loaded it."""
        zone = request.zone
        path = include_path(self._directory, zone)
        written = self._included(zone, path)
        own = self._knot.own_keys(zone, self._configuration)
        _refuse(request, own)
        served, ttls = self._knot.records(zone, _TYPES)
        if 'DNSKEY' not in ttls:
            raise MultisignerError('Knot has not loaded and signed it', zone=zone, remedy='See knotc zone-status and knotd\'s log')
        add = tuple(record for record in request.add if record not in written)
        going = [key for key in own if key.state in (RETIRING, REMOVED)]  # a CDS that was added for such a key would stay when Knot withdraws it
        remove = tuple(record for record in written if record in request.remove or _is_own(record, going, zone))
        records = sort_records((set(written) | set(add)) - set(remove))
        content = _render(zone, records, ttls)
        changed = content != read(path) or not _is_met(request, served)
        if changed and not self._disk.check:
            self._publish(request, path, content)
        words = f'Added {len(add)}, removed {len(remove)}.' if changed else 'Nothing differs.'
        return Outcome(
            zone, added=tuple(record.text for record in add), removed=tuple(record.text for record in remove), changed=changed, msg=words,
            before=tuple(record.text for record in written), after=tuple(record.text for record in records), details={'include': path},
        )

    def _included(self, zone: str, path: str) -> Tuple[Record, ...]:
        settings = self._configuration.zones.get(zone)
        found = read_include(path, zone)
        if settings is None or found is None or not includes(settings, path):
            raise MultisignerError(
                f'its zone file does not include {path}', zone=zone, remedy='Have knot_zones (the role knot_signer) check this zone: it tells what to do',
            )
        return found.records

    def _publish(self, wanted: Request, path: str, content: bytes) -> None:
        zone = wanted.zone
        old = read(path) or b''
        access = current_access(path)
        self._disk.file(path, content, access)
        try:
            self._knot.reload_zone(zone)
        except MultisignerError:
            self._disk.file(path, old, access)  # the zone must load when Knot starts the next time
            raise
        if not self._knot.until(lambda: _is_met(wanted, self._knot.records(zone, _TYPES)[0])):
            served = self._knot.records(zone, _TYPES)[0]
            missing = [record for record in wanted.add if record not in served]
            raise MultisignerError(
                'is in the include file, and Knot does not publish it' if missing else 'is not in the include file, and Knot still publishes it', zone=zone,
                record=(missing or [record for record in wanted.remove if record in served])[0].text,
                remedy='See knotd\'s log, and whether the record is in the zone file or in Knot\'s key database (keymgr list) as well',
            )


def _render(zone: str, records: Iterable[Record], ttls: Mapping[str, int]) -> bytes:
    """The file, each record with the TTL that Knot has for that type. With another one Knot 3.4 loads the zone, and does not when it starts the next
    time: "failed to load zone from journal (TTL mismatch)". Its own CDS and CDNSKEY have a TTL of 0."""
    owner = zone if zone == '.' else f'{zone}.'
    known = {'CDS': 0, 'CDNSKEY': 0, 'CSYNC': ttls['DNSKEY'], **ttls}
    return empty_include(zone) + ''.join(f'{owner} {known[record.rtype]} IN {record.text}\n' for record in records).encode('ascii')


def _refuse(request: Request, own: Sequence[KnotKey]) -> None:
    for record in request.add + request.remove:
        if record.rtype == 'NS':
            raise MultisignerError(
                'NS records are in the zone file, which is yours', zone=request.zone, record=record.text,
                remedy='Change them there, reload the zone, and run again',
            )
    for record in request.remove:
        if _is_own(record, own, request.zone):
            raise MultisignerError(
                'is the signer\'s own and is not removed', zone=request.zone, record=record.text,
                remedy='Take it out of "remove". Knot retires its own keys itself',
            )


def _is_own(record: Record, own: Iterable[KnotKey], zone: str) -> bool:
    return any(record.stands_for(key.key, zone) for key in own)


def _is_met(wanted: Request, served: FrozenSet[Record]) -> bool:
    return set(wanted.add) <= served and not set(wanted.remove) & served
