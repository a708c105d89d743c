# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollover in the order that several signers need is made of, whatever server signs: its states, and what is asked before what.

First the successor is made, then the other signers get it, and only then the server begins. Nothing here knows what the others have: the
caller says it. Standard library only, because it travels to name servers.
"""
from __future__ import annotations

import time
from abc import ABC, abstractmethod
from datetime import datetime, timezone
from typing import Any, Generic, Iterable, List, Mapping, Optional, Protocol, Sequence, Tuple, TypeVar

from ..dnskey import DNSKEY, parse_dnskey, zone_name
from ..errors import MultisignerError
from ..outcome import Outcome

# What a zone's rollover has come to.
CURRENT, PREPARED, WAITING, ROLLING = 'current', 'prepared', 'waiting', 'rolling'


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


class Held(Protocol):
    """A key as its server has it."""

    @property
    def key(self) -> DNSKEY: ...


class Rolling(Protocol):
    """One zone as it is: *key* is in use, *going* are older ones of the same use that the server is taking out, *successors* follow *key*.

    *name*: what to call *key*. *unsettled*: what the server still works on, in words. *lines*: for the diff.
    """

    @property
    def zone(self) -> str: ...

    @property
    def key(self) -> Held: ...

    @property
    def going(self) -> Sequence[Held]: ...

    @property
    def successors(self) -> Sequence[Held]: ...

    @property
    def name(self) -> str: ...

    @property
    def unsettled(self) -> Optional[str]: ...

    @property
    def lines(self) -> Tuple[str, ...]: ...


R = TypeVar('R', bound=Rolling)


class KeyRoller(ABC, Generic[R]):
    """Brings the rollovers of many zones on by one step each. It never begins before it was told that the others have the successor, nor
    while the server still works on the keys that it has."""

    def roll_all(self, options: Iterable[Mapping[str, Any]]) -> List[Outcome]:
        """*options*: ``name`` and ``prepublished`` of each zone."""
        outcomes = []
        for option in options:
            try:
                outcomes.append(self._zone(zone_name(option['name']), option['prepublished']))
            except MultisignerError as error:
                outcomes.append(Outcome.failure(option['name'], error))
        return outcomes

    def _zone(self, zone: str, prepublished: Sequence[str]) -> Outcome:
        held = frozenset(parse_dnskey(text, zone) for text in prepublished)
        roll = self._look(zone)
        name = f'The {roll.name}'
        if roll.going:
            self._resume(roll)
            return outcome_of(roll, ROLLING, f'{name} takes the place of {", ".join(str(key.key) for key in roll.going)}: {roll.unsettled}.')
        since = self._new_enough_since(roll)
        if since:
            return outcome_of(roll, CURRENT, f'{name} is in use since {since}: new enough.')
        if len(roll.successors) > 1:
            raise self._too_many(roll, f'there are several keys that may follow {roll.key.key}: {", ".join(str(key.key) for key in roll.successors)}')
        if not roll.successors:
            return self._prepare(roll)
        if roll.successors[0].key not in held:
            return outcome_of(roll, PREPARED, f'{name} is replaced by {roll.successors[0].key} when every other signer has had that for long enough.')
        if roll.unsettled:
            return outcome_of(roll, WAITING, f'{name} is not replaced yet: {roll.unsettled}.')
        return self._begin(roll)

    @abstractmethod
    def _look(self, zone: str) -> R:
        """Raises MultisignerError when the zone has not exactly one key of the wanted use."""

    @abstractmethod
    def _new_enough_since(self, roll: R) -> str:
        """Since when the key has been in use, in words, when it is not to be replaced; otherwise empty."""

    @abstractmethod
    def _too_many(self, roll: R, what: str) -> MultisignerError:
        """*what* is wrong, with the remedy."""

    def _resume(self, roll: R) -> None:
        """Makes up for a run that ended in the middle of _begin()."""

    @abstractmethod
    def _prepare(self, roll: R) -> Outcome:
        """Makes a successor that is not published yet."""

    @abstractmethod
    def _begin(self, roll: R) -> Outcome:
        """Has the server publish the successor, and go on by itself from there."""


def outcome_of(
    roll: Rolling, state: str, msg: str, before: Optional[Tuple[str, ...]] = None, after: Optional[Tuple[str, ...]] = None, changed: bool = False,
    failed: bool = False,
) -> Outcome:
    successor = f'DNSKEY {roll.successors[0].key.text}' if roll.successors else None
    return Outcome(
        roll.zone, before=roll.lines if before is None else before, after=roll.lines if after is None else after, changed=changed, failed=failed, msg=msg,
        details={'state': state, 'key': f'DNSKEY {roll.key.key.text}', 'successor': successor},
    )
