# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing a zone by hand, as operators of older BINDs do, but only when there is a reason to.

One zone's pass: compare the fingerprint - check the source - make keys if there never were any - compose - sign - check -
replace - reload. It never edits the user's zone file, never replaces the signed file before named-checkzone has passed it,
and never makes keys for a zone that had some. Standard library and BIND's tools only, because it travels to name servers.
"""
from __future__ import annotations

import hashlib
import json
import os
import re
import time
from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from ..dnskey import ALGORITHM_NAMES, DS, RECORD_TYPES, SHA256, SHA384, Record, parse_record, sort_records, zone_name
from ..errors import MultisignerError
from ..outcome import Outcome
from .files import Access, Disk, only_writer, read, work_folder
from .importkey import include_path
from .keyfiles import KeyFile, file_stem, included_records, read_keys, refuse_new_keys, zone_folder
from .tools import Rndc, Tools
from .zonefile import Content, content_fingerprint, next_serial, read_content, serial_of

_APEX_RECORD = re.compile(rf'^\S+\s+\d+\s+IN\s+(?:{"|".join(RECORD_TYPES)})\s.*$', re.MULTILINE)
_RSA_BITS = '2048'
_DIGEST_NAMES = {SHA256: 'sha-256', SHA384: 'sha-384'}
# What a fingerprint consists of, and how a difference is put into words.
_REASONS = {
    'content': 'the zone file changed',
    'foreign': 'the foreign records changed',
    'keys': 'the own keys or their times changed',
    'settings': 'the signing settings changed',
    'signed': 'the signed file is not the one that was written here',
}


@dataclass(frozen=True)
class Settings:
    """How zones are signed, and where everything is. Seconds everywhere."""

    directory: str
    foreign_directory: str
    key_directory: str
    nsec3: bool
    validity: int
    refresh: int
    dnskey_ttl: int
    cds_digest_types: Tuple[int, ...]
    access: Access
    rndc: Optional[Rndc]

    @property
    def signing_words(self) -> str:
        """What must be signed anew when it changes."""
        return json.dumps([self.nsec3, self.validity, self.dnskey_ttl, sorted(self.cds_digest_types)])


@dataclass(frozen=True)
class _State:
    """What was signed last, kept beside the signed file. *expires* is in seconds since the epoch."""

    fingerprint: Mapping[str, str]
    serial: int
    expires: int
    loaded: bool
    records: Tuple[str, ...]

    @classmethod
    def read(cls, path: str) -> Optional[_State]:
        """None when there is none, or none that can be read: then the zone is signed anew."""
        try:
            raw: Dict[str, Any] = json.loads((read(path) or b'null').decode('utf-8'))
            return cls(raw['fingerprint'], int(raw['serial']), int(raw['expires']), bool(raw['loaded']), tuple(raw['records']))
        except (ValueError, KeyError, TypeError):
            return None

    @property
    def content(self) -> bytes:
        return (json.dumps(dict(vars(self)), indent=1, sort_keys=True) + '\n').encode('utf-8')

    @property
    def lines(self) -> Tuple[str, ...]:
        return (f'SOA serial {self.serial}', *self.records)


class ZoneSigner:
    """Signs one zone after the other by the same *settings*."""

    def __init__(self, tools: Tools, disk: Disk, settings: Settings, work_root: str) -> None:
        self._tools = tools
        self._disk = disk
        self._settings = settings
        self._work_root = work_root

    def serve(self, option: Mapping[str, Any]) -> Outcome:
        """*option*: ``name``, ``file``, ``algorithm``, ``new_keys``. Raises MultisignerError; the zone is then served as before."""
        zone = zone_name(option['name'])
        with only_writer(self._settings.directory):
            return _Pass(self._tools, self._disk, self._settings, zone, option).run(self._work_root)


class _Pass:
    def __init__(self, tools: Tools, disk: Disk, settings: Settings, zone: str, option: Mapping[str, Any]) -> None:
        self._tools = tools
        self._disk = disk
        self._settings = settings
        self._zone = zone
        self._source: str = option['file']
        self._algorithm: str = option['algorithm']
        self._new_keys: bool = option['new_keys']
        self._keys_folder = zone_folder(settings.key_directory, zone)
        self._signed_path = signed_path(settings.directory, zone)
        self._state_path = self._signed_path + '.json'
        self._state = _State.read(self._state_path)
        self._now = int(time.time())

    def run(self, work_root: str) -> Outcome:
        foreign = self._foreign()
        fingerprint = self._fingerprint(foreign)
        reasons = self._reasons(fingerprint)
        if not reasons and self._state is not None:
            lines = self._state.lines
            changed = self._disk.file(self._signed_path, read(self._signed_path) or b'', self._settings.access)
            return self._outcome(lines, changed=changed, state=self._state, msg='')
        with work_folder(work_root) as work:
            content = read_content(self._tools, self._zone, self._source, work)
            keys = self._own_keys(work)
            if self._disk.check:
                planned = sort_records(list(foreign) + self._own_records(keys))
                lines = ('SOA serial (a newer one)', *(record.text for record in planned))
                return self._outcome(lines, changed=True, state=None, msg=f'It would be signed: {", ".join(reasons)}')
            serial = next_serial(content.serial, self._last_serial(content.serial - 1))
            expires = self._now + self._settings.validity
            signed = self._sign(work, content, serial, expires, foreign, keys)
        state = _State(
            dict(self._fingerprint(foreign), signed=_sha256(signed)), serial, expires, loaded=False, records=_apex_records(signed, self._zone)
        )
        self._refuse_losses(foreign, state.records)
        loaded = self._publish(signed, state)
        note = '' if loaded else '; named does not have the zone yet'
        return self._outcome(state.lines, changed=True, state=state, msg=f'Signed: {", ".join(reasons)}{note}')

    # Why

    def _fingerprint(self, foreign: Sequence[Record]) -> Dict[str, str]:
        signed = read(self._signed_path)
        return {
            'content': content_fingerprint(self._zone, self._source),
            'foreign': _sha256('\n'.join(record.text for record in foreign).encode('ascii')),
            'keys': self._keys_fingerprint(),
            'settings': _sha256(self._settings.signing_words.encode('ascii')),
            'signed': '' if signed is None else _sha256(signed),
        }

    def _keys_fingerprint(self) -> str:
        """The own keys, and which of their times have come: both decide what dnssec-signzone -S makes of them."""
        now = time.strftime('%Y%m%d%H%M%S', time.gmtime(self._now))
        keys = read_keys(self._keys_folder, self._zone)
        facts = [(os.path.basename(key.path), key.key.text, [name for name, value in key.times if value <= now]) for key in keys]
        return _sha256(json.dumps(facts).encode('ascii'))

    def _reasons(self, fingerprint: Mapping[str, str]) -> List[str]:
        if self._state is None:
            return ['it was not signed here before']
        reasons = [words for name, words in _REASONS.items() if self._state.fingerprint.get(name) != fingerprint[name]]
        left = self._state.expires - self._now
        if left < self._settings.refresh:
            reasons.append(f'its signatures end in {max(left, 0)} seconds' if left > 0 else 'its signatures have ended')
        if not self._state.loaded:
            reasons.append('named did not load the last version')
        return reasons

    # What

    def _foreign(self) -> Tuple[Record, ...]:
        path = include_path(self._settings.foreign_directory, self._zone)
        records = included_records(path, self._zone)
        if records is None and not (self._disk.check and self._state is None):
            raise MultisignerError(
                f'the include file of foreign records {path} does not exist', zone=self._zone,
                remedy='Run dnssec_importkey for this zone first, with empty lists if there is nothing to add: a lost file must not pass for "no foreign keys"',
            )
        return records or ()

    def _own_keys(self, work: str) -> Tuple[KeyFile, ...]:
        """The own keys; a KSK and a ZSK are made when the zone never had any. Raises MultisignerError."""
        keys = read_keys(self._keys_folder, self._zone)
        if any(key.foreign for key in keys):
            raise MultisignerError(
                f'{self._keys_folder} holds a foreign key', zone=self._zone, remedy='Move it away; dnssec_importkey keeps foreign keys in a folder of their own'
            )
        if not keys:
            if self._state is not None:
                raise MultisignerError(
                    f'its keys are gone from {self._keys_folder}', zone=self._zone,
                    remedy='Restore them from a backup: new keys would not match the DS at the parent. What is served was not changed',
                )
            if not self._new_keys:
                refuse_new_keys(self._zone, self._keys_folder)
            return self._make_keys(work)
        wanted = [key for key in keys if key.key.algorithm_name == self._algorithm]
        if not any(key.key.is_sep for key in wanted) or not any(not key.key.is_sep for key in wanted):
            found = ', '.join(str(key.key) for key in keys)
            raise MultisignerError(
                f'{self._keys_folder} holds no KSK and ZSK of {self._algorithm} (it holds {found})', zone=self._zone,
                remedy='Set the algorithm that the keys have; changing it is a rollover of its own',
            )
        return keys

    def _make_keys(self, work: str) -> Tuple[KeyFile, ...]:
        size = ['-b', _RSA_BITS] if self._algorithm.startswith('RSA') else []
        for flag in (['-f', 'KSK'], []):
            if not self._disk.check:
                self._tools.run(
                    'dnssec-keygen', '-q', '-K', work, '-a', self._algorithm, *size, '-L', str(self._settings.dnskey_ttl), *flag, self._zone,
                    what='no key was made', remedy='See what the program says',
                )
        self._disk.folder(self._settings.key_directory, self._settings.access.but(mode=0o750))
        self._disk.folder(self._keys_folder, Access(0o700))
        for key in read_keys(work, self._zone):
            for path, mode in ((key.private_path, 0o600), (key.path, 0o644)):
                self._disk.file(os.path.join(self._keys_folder, os.path.basename(path)), read(path) or b'', Access(mode))
        self._now = int(time.time())  # the new keys are active from now on, which may be later than the start of this run
        return read_keys(self._keys_folder, self._zone)

    def _own_records(self, keys: Sequence[KeyFile]) -> List[Record]:
        """CDNSKEY and CDS of the own KSKs. Composed here: dnssec-signzone of 9.18 makes CDS of SHA-256 only, and of every key with -P sync."""
        now = time.strftime('%Y%m%d%H%M%S', time.gmtime(self._now))
        ksks = [key.key for key in keys if key.key.is_sep and not key.key.is_revoked and key.is_published(now)]
        digests = self._settings.cds_digest_types
        records = [Record('CDS', ksk.ds(self._zone, digest)) for ksk in ksks for digest in digests]
        return records + [Record('CDNSKEY', ksk) for ksk in ksks if digests]

    # How

    def _sign(
        self, work: str, content: Content, serial: int, expires: int, foreign: Sequence[Record], keys: Sequence[KeyFile]
    ) -> bytes:
        owner = self._zone.rstrip('.') + '.'
        unsigned, signed = os.path.join(work, 'unsigned'), os.path.join(work, 'signed')
        records = sort_records(list(foreign) + self._own_records(keys))
        added = ''.join(f'{owner} {self._settings.dnskey_ttl} IN {record.text}\n' for record in records)
        with open(unsigned, 'w', encoding='utf-8', errors='surrogateescape') as handle:
            handle.write(content.with_serial(serial) + added)
        # The iterations are given because BIND 9.16 would take 10; -x keeps the DNSKEY answer small.
        nsec3 = ['-3', '-', '-H', '0'] if self._settings.nsec3 else []
        self._tools.run(
            'dnssec-signzone', '-q', '-S', '-x', *nsec3, *self._sync_words(records), '-K', self._keys_folder, '-d', work, '-T', str(self._settings.dnskey_ttl),
            '-e', time.strftime('%Y%m%d%H%M%S', time.gmtime(expires)), '-O', 'full', '-o', self._zone, '-f', signed, unsigned,
            what='the zone was not signed', remedy='What is served was not changed',
        )
        self._tools.run(
            'named-checkzone', '-q', '-i', 'local', self._zone, signed, what='the signed zone is not usable', remedy='What is served was not changed'
        )
        return read(signed) or b''

    def _sync_words(self, records: Sequence[Record]) -> List[str]:
        """From 9.20 on, dnssec-signzone -S takes CDS records away whose digest type -G does not name; 9.18 knows no -G and takes none."""
        if ' -G ' not in self._tools.ask('dnssec-signzone', '-h').text.replace('\t', ' '):
            return []
        digests = sorted({record.rdata.digest_type for record in records if isinstance(record.rdata, DS)})
        return ['-G', ','.join(['cdnskey', *(f'cds:{_DIGEST_NAMES[digest]}' for digest in digests)])]

    def _refuse_losses(self, foreign: Sequence[Record], published: Sequence[str]) -> None:
        lost = [record for record in foreign if record.text not in published]
        if lost:
            raise MultisignerError(
                'dnssec-signzone left this record out', zone=self._zone, record=lost[0].text,
                remedy='What is served was not changed; report this with the version of BIND',
            )

    def _publish(self, signed: bytes, state: _State) -> bool:
        """Replaces the signed file and has named load it; whether it did. False only for a zone that named never had."""
        first = self._state is None
        access = self._settings.access
        self._disk.folder(self._settings.directory, access.but(mode=access.mode | (access.mode & 0o444) >> 2))
        self._disk.file(self._state_path, state.content, access)
        self._disk.file(self._signed_path, signed, access)
        rndc = self._settings.rndc
        loaded = rndc is None or rndc.knows(self._zone)
        if rndc is not None:
            if loaded:
                rndc.reload(self._zone)
                rndc.wait_for(self._zone, state.serial)
            elif not first:
                raise MultisignerError(
                    'named does not have this zone', zone=self._zone, remedy='Run the role bind_signer, which declares it, or declare it in named.conf'
                )
        self._disk.file(self._state_path, _State(state.fingerprint, state.serial, state.expires, True, state.records).content, access)
        return loaded

    def _last_serial(self, default: int) -> int:
        """The newest serial that anybody may have seen: as recorded, in the signed file, and in named."""
        if self._state is not None:
            return self._state.serial
        signed = read(self._signed_path)
        if signed is not None:
            return serial_of(signed.decode('utf-8', 'replace'))
        served = self._settings.rndc.serial(self._zone) if self._settings.rndc is not None else None
        return default % 2**32 if served is None else served

    def _outcome(self, after: Tuple[str, ...], changed: bool, state: Optional[_State], msg: str) -> Outcome:
        before = self._state.lines if self._state is not None else ()
        old, new = _records_of(before), _records_of(after)
        details: Dict[str, Any] = {'signed_file': self._signed_path}
        if state is not None:
            details.update(serial=state.serial, expires=time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(state.expires)))
        return Outcome(
            self._zone, added=tuple(sorted(new - old)), removed=tuple(sorted(old - new)), before=before, after=after, changed=changed, msg=msg, details=details
        )


def signed_path(directory: str, zone: str) -> str:
    """The file that named serves for *zone*."""
    return os.path.join(directory, f'{file_stem(zone)}.signed')


def known_algorithms() -> List[str]:
    """BIND's names of the algorithms with which a zone may be signed today."""
    return [name for name in ALGORITHM_NAMES.values() if 'SHA1' not in name]


def _apex_records(signed: bytes, zone: str) -> Tuple[str, ...]:
    lines = _APEX_RECORD.findall(signed.decode('utf-8', 'replace'))
    return tuple(record.text for record in sort_records(parse_record(line, zone) for line in lines))


def _records_of(lines: Sequence[str]) -> FrozenSet[str]:
    return frozenset(line for line in lines if not line.startswith('SOA '))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
