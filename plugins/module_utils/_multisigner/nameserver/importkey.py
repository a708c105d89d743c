# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Foreign keys on a name server that is signed by hand: key files of their own, and one include file for each zone.

It never touches an own key, never works in a folder of named's key manager, and touches no file that is already right.
Standard library and dnssec-importkey only, because it travels to name servers.
"""
from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, Optional, Sequence, Tuple

from ..dnskey import DNSKEY, Record
from ..errors import MultisignerError
from ..outcome import Outcome, Request
from .files import Access, Disk, only_writer, read, work_folder
from .keyfiles import Include, KeyFile, holds_policy_state, key_file_stem, read_include, read_keys, render_include, zone_folder
from .named_conf import Configuration, read_configuration
from .tools import Tools

INCLUDE_NAME = 'foreign.include'
_ISO_TIME = re.compile(r'^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})Z$')
_LAST_TIME = '20380119031407'  # seen with 9.18: later times come out as 1901 and after
_TIMES = ('Publish', 'Delete')


@dataclass(frozen=True)
class Place:
    """Where foreign keys live, where own keys may be, and how the files are made."""

    directory: str
    own_directories: Tuple[str, ...]
    configuration: Optional[Configuration]
    ttl: int
    access: Access


@dataclass(frozen=True)
class _Wanted:
    """One foreign key as its file should be."""

    key: DNSKEY
    times: Tuple[Tuple[str, str], ...]


def include_path(directory: str, zone: str) -> str:
    """The include file of *zone*, below the folder of foreign keys."""
    return os.path.join(zone_folder(directory, zone), INCLUDE_NAME)


def bind_time(text: Optional[str]) -> Optional[str]:
    """``YYYYMMDDHHMMSS`` or ``YYYY-MM-DDTHH:MM:SSZ``, both UTC, in BIND's form; ``none`` stays. Raises MultisignerError."""
    if text is None or text == 'none':
        return text
    match = _ISO_TIME.match(text)
    compact = ''.join(match.groups()) if match else text
    try:
        time.strptime(compact if re.match(r'^\d{14}$', compact) else '', '%Y%m%d%H%M%S')
    except ValueError:
        raise MultisignerError(f'"{text}" is not a time', remedy='Write it in UTC as 2027-01-31T12:00:00Z or 20270131120000, or write none') from None
    if compact > _LAST_TIME:
        raise MultisignerError(
            f'"{text}" is beyond what BIND\'s key files can hold: they would name a year of the last century', remedy='Name a time before 2038-01-19'
        )
    return compact


def load_configuration(tools: Tools, named_conf: Optional[str]) -> Optional[Configuration]:
    """What named is told, if the module was told where that is written. Raises MultisignerError."""
    return None if named_conf is None else read_configuration(tools, named_conf)


class Importer:
    """Brings one zone's foreign records to what was asked, in this order: refuse, compare, add keys, include, remove keys."""

    def __init__(self, tools: Tools, disk: Disk, place: Place) -> None:
        self._tools = tools
        self._disk = disk
        self._place = place
        self._now = time.strftime('%Y%m%d%H%M%S', time.gmtime())

    def serve(self, request: Request, option: Mapping[str, Any]) -> Outcome:
        """*option*: the zone's item of the module's option; ``publish`` and ``delete`` are read. Raises MultisignerError."""
        _refuse_ns(request)
        folder = zone_folder(self._place.directory, request.zone)
        self._refuse_policy_folder(folder, request.zone)
        with only_writer(self._place.directory):
            return self._serve(folder, request, {'Publish': bind_time(option.get('publish')), 'Delete': bind_time(option.get('delete'))})

    def _serve(self, folder: str, request: Request, times: Mapping[str, Optional[str]]) -> Outcome:
        zone, path = request.zone, include_path(self._place.directory, request.zone)
        present = read_keys(folder, zone)
        include = read_include(path, zone) or Include((), (), ())
        self._refuse_own(folder, request, present, include)

        removed_keys = [key for key in present if key.record in request.remove]
        kept = {key.key: _Wanted(key.key, _times_of(key)) for key in present if key not in removed_keys}
        for record in request.add:
            if isinstance(record.rdata, DNSKEY) and record.rtype == 'DNSKEY':
                old = kept.get(record.rdata)
                kept[record.rdata] = _Wanted(record.rdata, _merged(old.times if old else (), times))
        self._refuse_same_file_name(zone, kept.values())
        others = tuple(r for r in set(include.records) | {r for r in request.add if r.rtype != 'DNSKEY'} if r not in request.remove)

        before = _lines(self._included(present, include), include.records, present)
        keys = self._key_files(folder, zone, kept.values(), present)
        after = _lines([key for key in keys if key.is_published(self._now)], others, keys)
        changed = self._write(folder, path, request, keys, others, present, removed_keys)
        old_records, new_records = {r.text for r in self._records(present, include)}, {key.record.text for key in keys} | {r.text for r in others}
        return Outcome(
            zone, added=tuple(sorted(new_records - old_records)), removed=tuple(sorted(old_records - new_records)),
            before=before, after=after, changed=changed, details={'include': path},
        )

    def _write(
        self,
        folder: str,
        path: str,
        request: Request,
        keys: Sequence[KeyFile],
        others: Tuple[Record, ...],
        present: Sequence[KeyFile],
        removed: Sequence[KeyFile],
    ) -> bool:
        """At each moment every file that the include file names is there: keys in, include, keys out."""
        access = self._place.access
        folder_access = access.but(mode=access.mode | (access.mode & 0o444) >> 2)  # who may read the files may enter
        changed = self._disk.folder(self._place.directory, folder_access)
        changed |= self._disk.folder(folder, folder_access)
        stale = [key for key in keys if not any(self._same(key, old) for old in present)]
        if stale:
            changed = True
            if not self._disk.check:
                self._import(folder, request.zone, stale)
        for key in keys:
            content = read(key.path)
            if content is not None:
                changed |= self._disk.file(key.path, content, access)
        published = tuple(key for key in keys if key.is_published(self._now))
        changed |= self._disk.file(path, render_include(request.zone, published, others, self._place.ttl), access)
        for key in removed:
            changed |= self._disk.remove(key.path)
            changed |= self._disk.remove(key.private_path)
        return changed

    def _import(self, folder: str, zone: str, keys: Sequence[KeyFile]) -> None:
        """Runs dnssec-importkey beside the final place (it rewrites files and forgets their times), reads back, moves in."""
        by_times: Dict[Tuple[Tuple[str, str], ...], List[KeyFile]] = {}
        for key in keys:
            by_times.setdefault(key.times, []).append(key)
        with work_folder() as work:
            for times, group in by_times.items():
                source = os.path.join(work, 'records')
                with open(source, 'w', encoding='ascii') as handle:
                    handle.writelines(f'{zone.rstrip(".")}. {self._place.ttl} IN {key.record.text}\n' for key in group)
                options = [word for name, value in times for word in ({'Publish': '-P', 'Delete': '-D'}[name], value)]
                self._tools.run(
                    'dnssec-importkey', '-K', work, '-L', str(self._place.ttl), *options, '-f', source, zone,
                    what='the foreign keys were not imported', remedy='Nothing was changed; see what the program says',
                )
            made = {key.key: key for key in read_keys(work, zone)}
            for key in keys:
                copy = made.get(key.key)
                if copy is None or not copy.foreign or copy.times != key.times:
                    raise MultisignerError(
                        'dnssec-importkey did not make the file that was asked for', zone=zone, record=key.record.text,
                        remedy='Nothing was changed; report this',
                    )
                for source, target, access in (
                    (copy.private_path, key.private_path, self._place.access.but(mode=0o600)),
                    (copy.path, key.path, self._place.access),
                ):
                    self._disk.file(target, read(source) or b'', access)

    def _key_files(self, folder: str, zone: str, wanted: Iterable[_Wanted], present: Sequence[KeyFile]) -> Tuple[KeyFile, ...]:
        """The key files as they should be: the present ones as they are, unless their TTL or times are to differ."""
        files = [
            KeyFile(os.path.join(folder, key_file_stem(zone, want.key) + '.key'), want.key, self._place.ttl, want.times, foreign=True) for want in wanted
        ]
        now = {key.key: key for key in present}
        return tuple(sorted((now[new.key] if new.key in now and self._same(new, now[new.key]) else new for new in files), key=lambda key: key.path))

    @staticmethod
    def _same(new: KeyFile, old: KeyFile) -> bool:
        return new.key == old.key and new.ttl == old.ttl and new.times == _times_of(old)

    @staticmethod
    def _included(present: Sequence[KeyFile], include: Include) -> List[KeyFile]:
        return [key for key in present if key.path in include.key_paths]

    @staticmethod
    def _records(present: Sequence[KeyFile], include: Include) -> FrozenSet[Record]:
        return frozenset(key.record for key in present) | frozenset(include.records)

    # What is refused, and why

    def _refuse_policy_folder(self, folder: str, zone: str) -> None:
        """BIND 9.18 was seen to do it: its key manager takes a foreign key for a rollover's successor and the zone loses its signatures."""
        reason = 'named\'s key manager could take a foreign key for the successor of an own one and leave the zone unsigned'
        remedy = 'Give foreign keys a folder of their own; a zone with a dnssec-policy takes foreign keys by dynamic update (rfc2136_dnskey)'
        managed = self._place.configuration.policy_key_directories() if self._place.configuration else {}
        for place in (self._place.directory, folder):
            if holds_policy_state(place):
                raise MultisignerError(f'{place} is a key-directory of a dnssec-policy (it holds .state files): {reason}', zone=zone, remedy=remedy)
            if os.path.realpath(place) in managed:
                owner = managed[os.path.realpath(place)]
                raise MultisignerError(f'{place} is the key-directory of the dnssec-policy zone {owner}: {reason}', zone=zone, remedy=remedy)

    def _refuse_own(self, folder: str, request: Request, present: Sequence[KeyFile], include: Include) -> None:
        zone = request.zone
        for key in present:
            if not key.foreign:
                raise MultisignerError(
                    f'{key.path} is a key of this server, not a foreign one', zone=zone, record=key.record.text,
                    remedy=f'Give foreign keys a folder of their own; own keys do not belong into {folder}',
                )
        own = self._own_keys(zone)
        for record in request.add + request.remove:
            if record.rtype == 'DNSKEY':
                for key in own:
                    if record.stands_for(key.key, zone):
                        raise MultisignerError(
                            f'this is the server\'s own key ({key.path}), not a foreign one', zone=zone, record=record.text,
                            remedy='Leave it out of the list; own keys are made and removed by the signer itself',
                        )
        for record in request.remove:
            if record.rtype != 'DNSKEY' and record not in include.records and any(record.stands_for(key.key, zone) for key in own):
                raise MultisignerError(
                    'this record stands for the server\'s own key and is published by the signing itself', zone=zone, record=record.text,
                    remedy='Leave it out of the list, or change cds_digest_types of dnssec_signzone',
                )

    def _own_keys(self, zone: str) -> List[KeyFile]:
        folders = [folder for root in self._place.own_directories for folder in (root, zone_folder(root, zone))]
        settings = self._place.configuration.zones.get(zone) if self._place.configuration else None
        if settings is not None and settings.key_directory is not None:
            folders.append(settings.key_directory)
        return [key for folder in dict.fromkeys(folders) for key in read_keys(folder, zone) if not key.foreign]

    @staticmethod
    def _refuse_same_file_name(zone: str, wanted: Iterable[_Wanted]) -> None:
        names: Dict[str, DNSKEY] = {}
        for want in wanted:
            stem = key_file_stem(zone, want.key)
            if stem in names:
                raise MultisignerError(
                    f'two foreign keys have algorithm {want.key.algorithm} and tag {want.key.tag}, and BIND names its key files ({stem}) by these alone',
                    zone=zone, record=f'DNSKEY {want.key.text}', remedy='Ask one of the signers to make another key',
                )
            names[stem] = want.key


def _refuse_ns(request: Request) -> None:
    for record in request.add + request.remove:
        if record.rtype == 'NS':
            raise MultisignerError(
                'the NS records of this zone are in its zone file, which is yours', zone=request.zone, record=record.text,
                remedy='Change it in that file; the next run signs what changed',
            )


def _times_of(key: KeyFile) -> Tuple[Tuple[str, str], ...]:
    return tuple((name, value) for name, value in key.times if name in _TIMES)


def _merged(old: Tuple[Tuple[str, str], ...], asked: Mapping[str, Optional[str]]) -> Tuple[Tuple[str, str], ...]:
    """The times a key should have: those asked for; ``none`` takes one away; what is not mentioned stays."""
    times = dict(old)
    for name, value in asked.items():
        if value == 'none':
            times.pop(name, None)
        elif value is not None:
            times[name] = value
    return tuple(sorted(times.items()))


def _lines(published: Sequence[KeyFile], others: Iterable[Record], keys: Sequence[KeyFile]) -> Tuple[str, ...]:
    """What the diff shows: every record, and for a key its TTL, its times and whether these keep it back."""
    lines = [record.text for record in others]
    for key in keys:
        notes = [f'TTL {key.ttl}'] + [f'{name.lower()} {value}' for name, value in _times_of(key)]
        if key not in published:
            notes.append('not published now')
        lines.append(f'{key.record.text} ; {", ".join(notes)}')
    return tuple(sorted(lines))
