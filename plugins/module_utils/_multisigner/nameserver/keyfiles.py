# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BIND's key files (K*.key, K*.private, K*.state) and the include file of foreign records, as values.

It reads; it never writes, and it never looks into a private key beyond the word that tells whether there is one.
Standard library only, because it travels to name servers.
"""
from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Dict, FrozenSet, Iterable, List, Optional, Tuple

from ..dnskey import DNSKEY, Record, parse_record, sort_records
from ..errors import MultisignerError
from .files import names_in, read

# The first line of every include file that this collection owns.
INCLUDE_MARK = '; Foreign DNSKEY, CDS and CDNSKEY records'
_INCLUDE_HEADER = (
    f'{INCLUDE_MARK} of {{zone}}\n'
    '; This file is owned by the Ansible collection dnssec.multisigner ({{module}}). Edits by hand are lost.\n'
)
_TIME = re.compile(r'^; (Created|Publish|Activate|Revoke|Inactive|Delete|SyncPublish|SyncDelete): (\d{14})\b', re.MULTILINE)
_STATE_LINE = re.compile(r'^([A-Za-z]+):[ \t]*(\S+)', re.MULTILINE)
_PRIVATE_WORDS = frozenset((b'PrivateKey', b'Modulus', b'Engine', b'Label'))
_KEY_FILE = re.compile(r'^K.+\+\d{3}\+\d{5}\.key$')


@dataclass(frozen=True)
class KeyFile:
    """One K*.key file. *times* holds BIND's timing metadata, UTC as YYYYMMDDHHMMSS, which sorts as time does."""

    path: str
    key: DNSKEY
    ttl: Optional[int]
    times: Tuple[Tuple[str, str], ...]
    foreign: bool

    def time(self, name: str) -> Optional[str]:
        return dict(self.times).get(name)

    @property
    def private_path(self) -> str:
        return self.path[: -len('.key')] + '.private'

    @property
    def state_path(self) -> str:
        """Where named's key manager keeps what it knows of the key."""
        return self.path[: -len('.key')] + '.state'

    def is_published(self, now: str) -> bool:
        """Whether the key's publish time has come and its delete time has not. No time: published, as a plain $INCLUDE does."""
        publish, delete = self.time('Publish'), self.time('Delete')
        return (publish is None or publish <= now) and (delete is None or now < delete)

    @property
    def record(self) -> Record:
        return Record('DNSKEY', self.key)


@dataclass(frozen=True)
class OwnKey:
    """A key whose private part is here, and what named's key manager says of it in K*.state; None for what it does not say.

    Each state is hidden, rumoured, omnipresent or unretentive. *goal* is omnipresent, or hidden for a key on its way out, and for one
    that was made beforehand and is not in use yet.
    """

    key: DNSKEY
    role: str  # KSK, ZSK or CSK
    goal: Optional[str]
    dnskey: Optional[str]
    zrrsig: Optional[str]
    krrsig: Optional[str]
    ds: Optional[str]
    published: Optional[str]  # since when named has it in the zone, UTC as YYYYMMDDHHMMSS; None for a key that it never had there
    is_prepared: bool  # made beforehand (dnssec-keygen -G) and not used yet: named takes it for its next rollover
    told: FrozenSet[str]  # what rndc dnssec -checkds said of its DS: published, withdrawn

    @property
    def is_retiring(self) -> bool:
        return self.goal == 'hidden' and self.published is not None

    def can_follow(self, other: OwnKey) -> bool:
        """Whether named would take this key as the successor of *other*: the same algorithm, size and use, and never used before."""
        mine, its = self.key, other.key
        return self.is_prepared and self.role == other.role and (mine.algorithm, len(mine.key)) == (its.algorithm, len(its.key))

    @property
    def awaits(self) -> Optional[str]:
        """What named waits to be told of its DS: published, withdrawn, or None."""
        word = {'rumoured': 'published', 'unretentive': 'withdrawn'}.get(self.ds or '')
        return word if word not in self.told else None

    @property
    def unsettled(self) -> Optional[str]:
        """What is still under way, in words: a state that is not omnipresent of a key in use, or not hidden of another one. None when nothing is."""
        states = {'DNSKEY': self.dnskey}
        if self.role != 'ZSK':
            states.update({'signature of the DNSKEY RRset': self.krrsig, 'DS': self.ds})
        if self.role != 'KSK':
            states['signatures of data'] = self.zrrsig
        done = ('hidden', None) if self.goal == 'hidden' else ('omnipresent',)
        return next((f'{name} is {state or "unknown"}' for name, state in states.items() if state not in done), None)

    @property
    def as_result(self) -> Dict[str, Optional[str]]:
        return {
            'dnskey': f'DNSKEY {self.key.text}', 'role': self.role, 'goal': self.goal, 'dnskey_state': self.dnskey, 'zrrsig_state': self.zrrsig,
            'ds_state': self.ds, 'krrsig_state': self.krrsig,
        }


def policy_key_folder(directory: str, zone: str) -> str:
    """The key-directory of a zone that named signs by dnssec-policy, below the folder of this collection."""
    return zone_folder(os.path.join(directory, 'keys'), zone)


def zone_folder(root: str, zone: str) -> str:
    """The folder of *zone* under *root*. A slash in a name (RFC 2317) is written as BIND writes it in file names."""
    return os.path.join(root, file_stem(zone))


def file_stem(zone: str) -> str:
    """*zone* as part of a file name."""
    return '@' if zone == '.' else zone.replace('/', '%2F')


def key_file_stem(zone: str, key: DNSKEY) -> str:
    """BIND's name of a key file, without its ending."""
    name = '' if zone == '.' else file_stem(zone)
    return f'K{name}.+{key.algorithm:03d}+{key.tag:05d}'


def read_keys(folder: str, zone: str) -> Tuple[KeyFile, ...]:
    """The keys of *zone* in *folder*, sorted by file name. A folder that does not exist holds none.

    Raises MultisignerError, also for a folder that may not be looked into: that is never "no keys".
    """
    start = f'K{"" if zone == "." else file_stem(zone)}.+'
    return tuple(_read_key(os.path.join(folder, name), zone) for name in names_in(folder) if name.startswith(start) and _KEY_FILE.match(name))


def read_own_keys(folder: str, zone: str) -> Tuple[OwnKey, ...]:
    """The keys of *zone* in *folder* with a private part, sorted by file name. Raises MultisignerError as read_keys() does."""
    return tuple(_own_key(key) for key in read_keys(folder, zone) if _has_private_part(key.private_path))


def in_use(own: Iterable[OwnKey]) -> List[OwnKey]:
    """Those of *own* that named has not given up, nor waits to use; one of which it says nothing is in use."""
    return [key for key in own if key.goal != 'hidden']


def _own_key(key: KeyFile) -> OwnKey:
    """Its state file is written by BIND of several versions, and not before named has had the key: what is missing there is not known."""
    content = read(key.state_path) or b''
    said = {name.lower(): value.lower() for name, value in _STATE_LINE.findall(content.decode('utf-8', 'replace'))}
    uses = {name for name in ('KSK', 'ZSK') if said.get(name.lower()) == 'yes'} or {'KSK' if key.key.is_sep else 'ZSK'}
    return OwnKey(
        key.key, uses.pop() if len(uses) == 1 else 'CSK',
        goal=said.get('goalstate'), dnskey=said.get('dnskeystate'), zrrsig=said.get('zrrsigstate'), krrsig=said.get('krrsigstate'), ds=said.get('dsstate'),
        published=said.get('published'), is_prepared='published' not in said and {name for name, _time in key.times} <= {'Created'},
        told=frozenset(word for word, name in (('published', 'dspublish'), ('withdrawn', 'dsremoved')) if name in said),
    )


def _has_private_part(private: str) -> bool:
    return bool(_first_words(private) & _PRIVATE_WORDS)


def _first_words(private: str) -> FrozenSet[bytes]:
    """The words that begin the lines of a private file, which say what kind of key it is; none when there is no such file."""
    return frozenset(line.split(b':', 1)[0] for line in (read(private) or b'').splitlines())


def holds_policy_state(folder: str) -> bool:
    """Whether named's key manager works in *folder*: it leaves K*.state files. Raises MultisignerError when it cannot be looked into."""
    return any(name.startswith('K') and name.endswith('.state') for name in names_in(folder))


def _read_key(path: str, zone: str) -> KeyFile:
    text = _text(path)
    record = parse_record(text, zone)
    if not isinstance(record.rdata, DNSKEY):
        raise MultisignerError(f'{path} holds no DNSKEY record', zone=zone, remedy='Restore the file')
    line = ' '.join(line for line in text.splitlines() if not line.startswith(';'))
    before = line.split('DNSKEY', 1)[0].split()
    ttl = next((int(word) for word in before[1:] if word.isdigit()), None)
    private = path[: -len('.key')] + '.private'
    return KeyFile(path, record.rdata, ttl, tuple(sorted(_TIME.findall(text))), foreign=_is_external(private))


def _is_external(private: str) -> bool:
    """True only for what dnssec-importkey made. A key without a private file counts as own: its private part may be offline."""
    words = _first_words(private)
    return b'External' in words and not words & _PRIVATE_WORDS


def render_include(zone: str, keys: Tuple[KeyFile, ...], others: Tuple[Record, ...], ttl: int, module: str = 'dnssec_importkey') -> bytes:
    """The include file that *module* owns: the key files by name, all else as records."""
    owner = zone if zone == '.' else f'{zone}.'
    lines = [f'$INCLUDE "{key.path}" ; {key.key}\n' for key in sorted(keys, key=lambda key: key.path)]
    lines += [f'{owner} {ttl} IN {record.text}\n' for record in sort_records(others)]
    return (_INCLUDE_HEADER.format(zone=zone, module=module) + ''.join(lines)).encode('ascii')


@dataclass(frozen=True)
class Include:
    """What an include file says: paths of key files, and the records written out with their TTLs."""

    key_paths: Tuple[str, ...]
    records: Tuple[Record, ...]
    ttls: Tuple[int, ...]


def read_include(path: str, zone: str) -> Optional[Include]:
    """The include file of *zone*; None when there is none. Raises MultisignerError when it is not this collection's."""
    content = read(path)
    if content is None:
        return None
    text = content.decode('utf-8', 'replace')
    if not text.startswith(INCLUDE_MARK):
        raise MultisignerError(
            f'{path} was not written by this collection', zone=zone, remedy='Move it away: foreign records are kept here, yours belong into your zone file'
        )
    paths: List[str] = []
    records: List[Record] = []
    ttls: List[int] = []
    for line in text.splitlines():
        if line.startswith('$INCLUDE'):
            paths.append(line.split('"')[1] if line.count('"') > 1 else line.split()[1])
        elif line.split(';', 1)[0].strip():
            records.append(parse_record(line, zone))
            ttls.append(next((int(word) for word in line.split()[1:3] if word.isdigit()), 0))
    return Include(tuple(paths), sort_records(records), tuple(ttls))


def included_records(path: str, zone: str) -> Optional[Tuple[Record, ...]]:
    """Every record that the include file brings into *zone*, its key files read; None when there is no include file."""
    include = read_include(path, zone)
    if include is None:
        return None
    keys: Dict[str, KeyFile] = {key.path: key for key in read_keys(os.path.dirname(path), zone)}
    missing = [name for name in include.key_paths if name not in keys]
    if missing:
        raise MultisignerError(f'{path} includes {missing[0]}, which is not there', zone=zone, remedy='Run dnssec_importkey for this zone again')
    return sort_records([keys[name].record for name in include.key_paths] + list(include.records))


def _text(path: str) -> str:
    content = read(path)
    if content is None:
        raise MultisignerError(f'{path} vanished while it was read', remedy='Run again')
    return content.decode('utf-8', 'replace')


def refuse_new_keys(zone: str, folder: str) -> None:
    """Raises the MultisignerError of a zone for which keys would be made without the user's word for it."""
    raise MultisignerError(
        f'{folder} holds no keys of it, and new ones would make every answer bogus if the parent has a DS of others', zone=zone,
        remedy='If the zone is not signed yet, say new_keys: true for it (in bind_signer_zones). If it is, copy its K* files into that folder first',
    )
