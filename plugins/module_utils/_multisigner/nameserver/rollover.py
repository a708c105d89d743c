# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling a key of a zone that named signs by dnssec-policy, in the order that several signers need (RFC 8901 section 8).

First the successor is made, then the other signers get it, and only then named begins. So no resolver can meet a signature of a key
that the DNSKEY RRset which it has cached, of whichever signer, lacks (RFC 7583 section 3.2.1). Nothing here knows what the others have:
the caller says it. It never begins before it was told so, nor while named still works on the keys that it has, and it takes no key away.
Standard library and BIND's tools only, because it travels to name servers.
"""
from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Tuple

from ..dnskey import DNSKEY, parse_record, rsa_modulus_bits, zone_name
from ..errors import MultisignerError
from ..outcome import Outcome
from .files import Access, Disk, only_writer, read, work_folder
from .keyfiles import KeyFile, OwnKey, file_stem, policy_key_folder, read_keys, read_own_keys
from .tools import Rndc, Tools, one_line

# What a zone's rollover has come to.
CURRENT, PREPARED, WAITING, ROLLING = 'current', 'prepared', 'waiting', 'rolling'
_TRIES = 10  # to make a key with a tag that no other one has


def past_moment(before: str) -> datetime:
    """*before*, a date, or a date and a time, in ISO 8601, in UTC. Raises MultisignerError for what is none, and for one that is still to come."""
    try:
        moment = datetime.fromisoformat(before.strip().upper().replace('Z', '+00:00'))
    except ValueError:
        raise MultisignerError(f'"{before}" is not a date or a time', remedy='Write it as 2026-11-22 or 2026-11-22T13:00:00Z') from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    if moment.timestamp() > time.time():
        raise MultisignerError(
            f'{before} is still to come, so every new key would be replaced as well, again and again',
            remedy='Give the time from which on new keys are new enough: now, or earlier. Without an hour, the day counts from its beginning (UTC)',
        )
    return moment.astimezone(timezone.utc)


@dataclass(frozen=True)
class Settings:
    """*directory*: that of bind_zones. *role*: KSK, ZSK or CSK. *before*: keys that named published before this are to be replaced (UTC)."""

    directory: str
    role: str
    before: datetime
    owner: Access

    @classmethod
    def of(cls, directory: str, role: str, before: str, owner: Access) -> Settings:
        """*before* as past_moment() takes it. Raises MultisignerError."""
        return cls(directory, role, past_moment(before), owner)


@dataclass(frozen=True)
class Roll:
    """One zone as it is: *key* is in use, *going* are older ones of the same use that named is taking out, *successors* follow *key*."""

    zone: str
    own: Tuple[OwnKey, ...]
    key: OwnKey
    going: Tuple[OwnKey, ...]
    successors: Tuple[OwnKey, ...]

    @classmethod
    def read(cls, directory: str, zone: str, role: str) -> Roll:
        """Raises MultisignerError when the zone has not exactly one such key in use."""
        folder = policy_key_folder(directory, zone)
        own = read_own_keys(folder, zone)
        used = [key for key in own if key.role == role and key.goal == 'omnipresent']
        if len(used) != 1:
            roles = ', '.join(sorted(key.role for key in own if key.goal == 'omnipresent')) or 'none'
            raise MultisignerError(
                f'{folder} holds {len(used)} {role}s in use, and one is to be replaced (in use are: {roles})', zone=zone,
                remedy='Name the use that a key has there, the directory of bind_zones, and the server that signs this zone by a dnssec-policy',
            )
        going = tuple(key for key in own if key.role == role and key.is_retiring and key.unsettled)
        return cls(zone, own, used[0], going, tuple(key for key in own if key.can_follow(used[0])))

    @property
    def unsettled(self) -> Optional[str]:
        """What named still works on, in words. A key whose signatures are only rumoured must not be rolled: BIND 9.18 drops them at once."""
        return next((f'named says of the {key.role} {key.key} that its {key.unsettled}' for key in self.own if key.unsettled and not key.is_prepared), None)

    @property
    def lines(self) -> Tuple[str, ...]:
        """For the diff."""
        words = [(key, 'follows') for key in self.successors] + [(self.key, 'is in use')] + [(key, 'is on its way out') for key in self.going]
        return tuple(sorted(f'{key.role if not key.is_prepared else self.key.role} {key.key} {word}' for key, word in words))


class Roller:
    """Brings the rollovers of many zones on by one step each."""

    def __init__(self, tools: Tools, disk: Disk, rndc: Rndc, settings: Settings) -> None:
        self._tools = tools
        self._disk = disk
        self._rndc = rndc
        self._settings = settings

    def serve(self, options: Iterable[Mapping[str, Any]], work_root: str) -> List[Outcome]:
        """*options*: ``name`` and ``prepublished`` of each zone. Raises MultisignerError for what concerns every zone."""
        outcomes = []
        with only_writer(self._settings.directory), work_folder(work_root) as work:
            for option in options:
                try:
                    outcomes.append(self._zone(zone_name(option['name']), option['prepublished'], work))
                except MultisignerError as error:
                    outcomes.append(Outcome.failure(option['name'], error))
        return outcomes

    def _zone(self, zone: str, prepublished: Sequence[str], work: str) -> Outcome:
        held = frozenset(_dnskey(text, zone) for text in prepublished)
        roll = Roll.read(self._settings.directory, zone, self._settings.role)
        name = f'The {roll.key.role} {roll.key.key}'
        if roll.going:
            return self._outcome(roll, ROLLING, f'{name} takes the place of {", ".join(str(key.key) for key in roll.going)}: {roll.unsettled}.')
        if (roll.key.published or '') >= self._settings.before.strftime('%Y%m%d%H%M%S'):
            return self._outcome(roll, CURRENT, f'{name} is in use since {_moment(roll.key)}: new enough.')
        if len(roll.successors) > 1:
            raise MultisignerError(
                f'there are several keys that may follow {roll.key.key}: {", ".join(str(key.key) for key in roll.successors)}; which one named would take '
                'is not known', zone=zone, remedy='Move the files of all but one out of its key folder',
            )
        if not roll.successors:
            return self._prepare(roll, work)
        if roll.successors[0].key not in held:
            return self._outcome(roll, PREPARED, f'{name} is replaced by {roll.successors[0].key} when every other signer has had that for long enough.')
        if roll.unsettled:
            return self._outcome(roll, WAITING, f'{name} is not replaced yet: {roll.unsettled}.')
        return self._begin(roll)

    # The two things that are done

    def _prepare(self, roll: Roll, work: str) -> Outcome:
        if self._disk.check:
            words = f'A successor of the {roll.key.role} {roll.key.key} would be made.'
            return self._outcome(roll, PREPARED, words, after=(*roll.lines, f'{roll.key.role} (a new one) follows'), changed=True)
        folder = policy_key_folder(self._settings.directory, roll.zone)
        made = self._make(roll, folder, work)
        # named looks for .private files: when it finds one, the other half is there
        has_state = os.path.exists(made.state_path)
        for path, mode in ((made.path, 0o644), *([(made.state_path, 0o644)] if has_state else []), (made.private_path, 0o600)):
            self._disk.file(os.path.join(folder, os.path.basename(path)), read(path) or b'', self._settings.owner.but(mode=mode))
        now = Roll.read(self._settings.directory, roll.zone, self._settings.role)
        return self._outcome(now, PREPARED, f'{made.key} was made, to follow the {roll.key.role} {roll.key.key}.', before=roll.lines, changed=True)

    def _make(self, roll: Roll, folder: str, work: str) -> KeyFile:
        """A key like the one in use, which named may know and must not publish yet (-G)."""
        key = roll.key.key
        present = read_keys(folder, roll.zone)
        ttl = next((file.ttl for file in present if file.key == key), None)
        size = str(rsa_modulus_bits(key.key)) if key.algorithm_name.startswith('RSA') else ''
        for number in range(_TRIES):
            place = os.path.join(work, f'{file_stem(roll.zone)}.{number}')
            os.mkdir(place)
            if roll.key.role == 'CSK':
                # named takes a key for a CSK only when its state file says that it is one, and that comes of a policy alone
                policy = os.path.join(place, 'policy')
                timing = f'dnskey-ttl {ttl}; ' if ttl is not None else ''
                content = f'dnssec-policy "csk" {{ keys {{ csk lifetime unlimited algorithm {key.algorithm_name} {size}; }}; {timing}}};\n'
                self._disk.file(policy, content.encode('ascii'), Access(0o600))
                how = ['-k', 'csk', '-l', policy]
            else:
                how = ['-a', key.algorithm_name, *(['-b', size] if size else []), *(['-f', 'KSK'] if key.is_sep else [])]
                how += ['-L', str(ttl)] if ttl is not None else []
            self._tools.run('dnssec-keygen', '-q', '-G', '-K', place, *how, roll.zone, what='no key was made', remedy='See what the program says')
            made, = read_keys(place, roll.zone)
            if made.key.tag not in (file.key.tag for file in present):
                return made
        raise MultisignerError('every new key had the tag of one that is there', zone=roll.zone, remedy='Run again')

    def _begin(self, roll: Roll) -> Outcome:
        successor, = roll.successors
        words = f'named replaces the {roll.key.role} {roll.key.key} by {successor.key} from now on.'
        if self._disk.check:
            after = sorted((f'{roll.key.role} {successor.key} is in use', f'{roll.key.role} {roll.key.key} is on its way out'))
            return self._outcome(roll, ROLLING, f'It would be told, and {words}', after=tuple(after), changed=True)
        said = self._rndc.rollover(roll.zone, roll.key.key.tag, roll.key.key.algorithm)
        begun = frozenset(key.key for key in roll.own if key.published)
        self._rndc.until(lambda: bool(self._published(roll.zone) - begun))
        taken = self._published(roll.zone) - begun
        if taken == {successor.key}:
            return self._outcome(Roll.read(self._settings.directory, roll.zone, self._settings.role), ROLLING, words, before=roll.lines, changed=True)
        if not taken:
            raise MultisignerError(
                f'named did not begin to replace the {roll.key.role} {roll.key.key}: rndc says: {one_line(said)}', zone=roll.zone,
                remedy='See named\'s log; see that it signs this zone by a dnssec-policy, and can read the files in its key folder; then run again',
            )
        error = MultisignerError(
            f'named took {", ".join(map(str, sorted(taken)))} in the place of {roll.key.key}, and not {successor.key}, which the other signers have',
            zone=roll.zone,
            remedy='Run the playbook multisigner at once, so that they get it before named signs with it, after its dnskey-ttl and publish-safety',
        )
        return self._outcome(roll, ROLLING, str(error), changed=True, failed=True)

    def _published(self, zone: str) -> frozenset[DNSKEY]:
        return frozenset(key.key for key in read_own_keys(policy_key_folder(self._settings.directory, zone), zone) if key.published)

    def _outcome(
        self, roll: Roll, state: str, msg: str, before: Optional[Tuple[str, ...]] = None, after: Optional[Tuple[str, ...]] = None,
        changed: bool = False, failed: bool = False,
    ) -> Outcome:
        successor = f'DNSKEY {roll.successors[0].key.text}' if roll.successors else None
        return Outcome(
            roll.zone, before=roll.lines if before is None else before, after=roll.lines if after is None else after, changed=changed, failed=failed, msg=msg,
            details={'state': state, 'key': f'DNSKEY {roll.key.key.text}', 'successor': successor},
        )


def _dnskey(text: str, zone: str) -> DNSKEY:
    record = parse_record(text, zone)
    if record.rtype != 'DNSKEY' or not isinstance(record.rdata, DNSKEY):
        raise MultisignerError('a DNSKEY record is expected here', zone=zone, record=record.text, remedy='Write it as "DNSKEY 257 3 13 ..."')
    return record.rdata


def _moment(key: OwnKey) -> str:
    return datetime.strptime(key.published or '', '%Y%m%d%H%M%S').strftime('%Y-%m-%dT%H:%M:%SZ')
