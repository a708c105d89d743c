# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling named which DS of its own keys the parent has: without that, the key manager of a dnssec-policy waits for ever in a KSK rollover.

It tells what it was told, and only of a key whose state says that named waits for it; it never looks at the parent itself.
Standard library and rndc only, because it travels to name servers.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from ..dnskey import DIGEST_LENGTHS, DNSKEY, DS, zone_name
from ..errors import MultisignerError
from ..outcome import Outcome
from .keyfiles import OwnKey, policy_key_folder, read_own_keys
from .tools import Rndc, one_line

PUBLISHED, WITHDRAWN = 'published', 'withdrawn'


@dataclass(frozen=True)
class ParentDS:
    """What a caller says of the DS set of one zone: *published* at every server of the parent for the TTL, *withdrawn* from every one for it;
    and *since* when each of both has been so, where it says that."""

    zone: str
    published: FrozenSet[DS]
    withdrawn: FrozenSet[DS]
    since: Mapping[str, datetime] = field(default_factory=dict)

    @classmethod
    def from_option(cls, option: Mapping[str, Any]) -> ParentDS:
        """*option*: ``name``, ``published``, ``withdrawn``, and ``published_since``, ``withdrawn_since``. Raises MultisignerError, also for a DS that
        is in both."""
        zone = zone_name(option['name'])
        try:
            since = {name: _time(option[f'{name}_since']) for name in (PUBLISHED, WITHDRAWN) if option.get(f'{name}_since')}
            published, withdrawn = (frozenset(_ds(text) for text in option[name]) for name in (PUBLISHED, WITHDRAWN))
            told = cls(zone, published, withdrawn, since)
        except MultisignerError as error:
            raise error.at(zone=zone) from None
        both = sorted(told.published & told.withdrawn)
        if both:
            raise MultisignerError('is said to be published and withdrawn at once', zone=zone, record=f'DS {both[0].text}', remedy='Look at the parent again')
        return told

    def says_of(self, own: OwnKey) -> Optional[str]:
        """What named waits to be told of *own* and may be told now: PUBLISHED, WITHDRAWN or None.

        One DS is enough for a chain of trust; only without any of them has it ended. What was told once, named remembers.
        """
        if own.awaits == PUBLISHED and self.shows(own.key):
            return PUBLISHED
        if own.awaits == WITHDRAWN and self.lost(own.key):
            return WITHDRAWN
        return None

    def shows(self, key: DNSKEY) -> bool:
        """Whether *key* has a DS that is published, and none that is withdrawn."""
        found = self._ds_of(key)
        return bool(found & self.published) and not found & self.withdrawn

    def lost(self, key: DNSKEY) -> bool:
        """Whether every DS that *key* can have is withdrawn."""
        return self._ds_of(key) <= self.withdrawn

    def _ds_of(self, key: DNSKEY) -> FrozenSet[DS]:
        return frozenset(key.ds(self.zone, number) for number in DIGEST_LENGTHS)


class Teller:
    """Tells named of one zone after the other. *directory* is that of bind_zones; with *check* nothing is told."""

    def __init__(self, rndc: Rndc, directory: str, check: bool) -> None:
        self._rndc = rndc
        self._directory = directory
        self._check = check

    def serve(self, option: Mapping[str, Any]) -> Outcome:
        """Raises MultisignerError as long as nothing was told."""
        parent = ParentDS.from_option(option)
        told: List[Tuple[OwnKey, str]] = []
        own = self._own_keys(parent.zone)
        for key in own:
            what = parent.says_of(key)
            if what is None:
                continue
            try:
                self._tell(parent, key, what)
            except MultisignerError as error:
                if not told:
                    raise
                return _outcome(parent.zone, own, told, failed=True, msg=str(error))
            told.append((key, what))
        return _outcome(parent.zone, own, told)

    def _own_keys(self, zone: str) -> Sequence[OwnKey]:
        folder = policy_key_folder(self._directory, zone)
        own = read_own_keys(folder, zone)
        if not own:
            raise MultisignerError(
                f'{folder} holds no keys of it', zone=zone, remedy='Name the directory of bind_zones, which declares this zone, and the server that signs it'
            )
        return own

    def _tell(self, parent: ParentDS, own: OwnKey, what: str) -> None:
        """Raises MultisignerError when named did not note it: rndc succeeds even for a key that named does not have."""
        if self._check:
            return
        zone = parent.zone
        words = self._rndc.checkds(zone, own.key.tag, own.key.algorithm, what, parent.since.get(what))
        if not any(key.key == own.key and what in key.told for key in self._own_keys(zone)):
            raise MultisignerError(
                f'named did not note that the DS is {what}: rndc says: {one_line(words)}', zone=zone, record=f'DNSKEY {own.key.text}',
                remedy='See that named runs, signs this zone by a dnssec-policy and has this key; then run again',
            )


def _outcome(zone: str, own: Sequence[OwnKey], told: Sequence[Tuple[OwnKey, str]], failed: bool = False, msg: str = '') -> Outcome:
    words = {key.key: what for key, what in told}
    details: Dict[str, Any] = {word: [f'DNSKEY {key.key.text}' for key, what in told if what == word] for word in (PUBLISHED, WITHDRAWN)}
    before = [f'DS of {key.key} is {key.ds}' for key in own if key.ds is not None]
    after = [f'DS of {key.key} is {key.ds}' + (f', told {words[key.key]}' if key.key in words else '') for key in own if key.ds is not None]
    return Outcome(zone, before=tuple(sorted(before)), after=tuple(sorted(after)), changed=bool(told), failed=failed, msg=msg, details=details)


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, '%Y-%m-%dT%H:%M:%SZ').replace(tzinfo=timezone.utc)
    except ValueError:
        raise MultisignerError(f'the time "{text}" cannot be read', remedy='Write it in UTC, as 2026-03-01T10:00:00Z') from None


def _ds(text: str) -> DS:
    """``[OWNER [TTL] [IN]] [DS] TAG ALGORITHM DIGEST-TYPE HEX``"""
    words = text.split()
    at = next((i + 1 for i, word in enumerate(words) if word.upper() == 'DS'), 0)
    return DS.parse(' '.join(words[at:]))
