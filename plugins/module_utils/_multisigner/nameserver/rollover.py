# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling a key of a zone that named signs by dnssec-policy, in the order that several signers need (RFC 8901 section 8).

First the successor is made, then the other signers get it, and only then named begins (rolling.py). So no resolver can meet a signature of
a key that the DNSKEY RRset which it has cached, of whichever signer, lacks (RFC 7583 section 3.2.1). It takes no key away.
Standard library and BIND's tools only, because it travels to name servers.
"""
from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Iterable, List, Mapping, Optional, Tuple

from ..dnskey import DNSKEY, rsa_modulus_bits
from ..errors import MultisignerError
from ..outcome import Outcome
from .files import Access, Disk, only_writer, read, work_folder
from .keyfiles import KeyFile, OwnKey, file_stem, policy_key_folder, read_keys, read_own_keys
from .rolling import PREPARED, ROLLING, KeyRoller, outcome_of, past_moment
from .tools import Rndc, Tools, one_line

_TRIES = 10  # to make a key with a tag that no other one has


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
    def name(self) -> str:
        return f'{self.key.role} {self.key.key}'

    @property
    def unsettled(self) -> Optional[str]:
        """What named still works on, in words. A key whose signatures are only rumoured must not be rolled: BIND 9.18 drops them at once."""
        return next((f'named says of the {key.role} {key.key} that its {key.unsettled}' for key in self.own if key.unsettled and not key.is_prepared), None)

    @property
    def lines(self) -> Tuple[str, ...]:
        """For the diff."""
        words = [(key, 'follows') for key in self.successors] + [(self.key, 'is in use')] + [(key, 'is on its way out') for key in self.going]
        return tuple(sorted(f'{key.role if not key.is_prepared else self.key.role} {key.key} {word}' for key, word in words))


class Roller(KeyRoller[Roll]):
    """The rollovers of zones that named signs by a dnssec-policy."""

    def __init__(self, tools: Tools, disk: Disk, rndc: Rndc, settings: Settings) -> None:
        self._tools = tools
        self._disk = disk
        self._rndc = rndc
        self._settings = settings
        self._work = ''  # the folder in which keys are made, while serve() runs

    def serve(self, options: Iterable[Mapping[str, Any]], work_root: str) -> List[Outcome]:
        """*options*: ``name`` and ``prepublished`` of each zone. Raises MultisignerError for what concerns every zone."""
        with only_writer(self._settings.directory), work_folder(work_root) as self._work:
            return self.roll_all(options)

    def _look(self, zone: str) -> Roll:
        return Roll.read(self._settings.directory, zone, self._settings.role)

    def _new_enough_since(self, roll: Roll) -> str:
        is_new = (roll.key.published or '') >= self._settings.before.strftime('%Y%m%d%H%M%S')
        return _moment(roll.key) if is_new else ''

    def _too_many(self, roll: Roll, what: str) -> MultisignerError:
        return MultisignerError(
            f'{what}; which one named would take is not known', zone=roll.zone, remedy='Move the files of all but one out of its key folder',
        )

    # The two things that are done

    def _prepare(self, roll: Roll) -> Outcome:
        if self._disk.check:
            words = f'A successor of the {roll.name} would be made.'
            return outcome_of(roll, PREPARED, words, after=(*roll.lines, f'{roll.key.role} (a new one) follows'), changed=True)
        folder = policy_key_folder(self._settings.directory, roll.zone)
        made = self._make(roll, folder)
        # named looks for .private files: when it finds one, the other half is there
        has_state = os.path.exists(made.state_path)
        for path, mode in ((made.path, 0o644), *([(made.state_path, 0o644)] if has_state else []), (made.private_path, 0o600)):
            self._disk.file(os.path.join(folder, os.path.basename(path)), read(path) or b'', self._settings.owner.but(mode=mode))
        now = self._look(roll.zone)
        return outcome_of(now, PREPARED, f'{made.key} was made, to follow the {roll.name}.', before=roll.lines, changed=True)

    def _make(self, roll: Roll, folder: str) -> KeyFile:
        """A key like the one in use, which named may know and must not publish yet (-G)."""
        key = roll.key.key
        present = read_keys(folder, roll.zone)
        ttl = next((file.ttl for file in present if file.key == key), None)
        size = str(rsa_modulus_bits(key.key)) if key.algorithm_name.startswith('RSA') else ''
        for number in range(_TRIES):
            place = os.path.join(self._work, f'{file_stem(roll.zone)}.{number}')
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
        words = f'named replaces the {roll.name} by {successor.key} from now on.'
        if self._disk.check:
            after = sorted((f'{roll.key.role} {successor.key} is in use', f'{roll.name} is on its way out'))
            return outcome_of(roll, ROLLING, f'It would be told, and {words}', after=tuple(after), changed=True)
        said = self._rndc.rollover(roll.zone, roll.key.key.tag, roll.key.key.algorithm)
        self._rndc.step(roll.zone)  # for manual-mode, which some versions have, and in which named would wait for that word
        begun = frozenset(key.key for key in roll.own if key.published)
        self._rndc.until(lambda: bool(self._published(roll.zone) - begun))
        taken = self._published(roll.zone) - begun
        if taken == {successor.key}:
            return outcome_of(self._look(roll.zone), ROLLING, words, before=roll.lines, changed=True)
        if not taken:
            raise MultisignerError(
                f'named did not begin to replace the {roll.name}: rndc says: {one_line(said)}', zone=roll.zone,
                remedy='See named\'s log; see that it signs this zone by a dnssec-policy, and can read the files in its key folder; then run again',
            )
        error = MultisignerError(
            f'named took {", ".join(map(str, sorted(taken)))} in the place of {roll.key.key}, and not {successor.key}, which the other signers have',
            zone=roll.zone,
            remedy='Run the playbook multisigner at once, so that they get it before named signs with it, after its dnskey-ttl and publish-safety',
        )
        return outcome_of(roll, ROLLING, str(error), changed=True, failed=True)

    def _published(self, zone: str) -> frozenset[DNSKEY]:
        return frozenset(key.key for key in read_own_keys(policy_key_folder(self._settings.directory, zone), zone) if key.published)


def _moment(key: OwnKey) -> str:
    return datetime.strptime(key.published or '', '%Y%m%d%H%M%S').strftime('%Y-%m-%dT%H:%M:%SZ')
