# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling a key of a zone that Knot signs, in the order that several signers need (RFC 8901 section 8).

`knotc zone-key-rollover` makes the new key and signs with it when Knot's own clock says so, whatever other signers publish. So the key is
made before that, by keymgr, with a time of publication that is far ahead; the other signers get it; and only then its time is set to now, from
where Knot goes on by itself. Nothing here knows what the others have: the caller says it. It takes no key away.
Standard library and Knot's tools only, because it travels to name servers.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Optional, Tuple

from ..errors import MultisignerError
from ..outcome import Outcome
from .knot_conf import KnotConfiguration
from .knot_keys import ACTIVE, ANNOUNCED, REMOVED, SIGNING, Knot, KnotKey, retiring
from .rolling import PREPARED, ROLLING, KeyRoller, outcome_of


@dataclass(frozen=True)
class KnotRoll:
    """One zone as it is: *key* signs and is not being replaced, or is what replaces those of *going*; *successors* are made and not published."""

    zone: str
    own: Tuple[KnotKey, ...]
    key: KnotKey
    going: Tuple[KnotKey, ...]
    successors: Tuple[KnotKey, ...]

    @classmethod
    def of(cls, zone: str, own: Tuple[KnotKey, ...], role: str) -> KnotRoll:
        """Raises MultisignerError when the zone has not exactly one such key in use."""
        mine = [key for key in own if key.role == role]
        going = [key for key in retiring(own) if key in mine and key.state != REMOVED]
        used = [key for key in mine if key.state not in (ANNOUNCED, REMOVED) and key not in going]
        if len(used) != 1:
            roles = ', '.join(sorted(key.role for key in own if key.state == ACTIVE)) or 'none'
            raise MultisignerError(
                f'Knot has {len(used)} {role}s of it in use, and one is to be replaced (in use are: {roles})', zone=zone,
                remedy='Name the use that a key has there, and the server that signs this zone',
            )
        successors = tuple(key for key in mine if key.state == ANNOUNCED and key.key.algorithm == used[0].key.algorithm)
        return cls(zone, own, used[0], tuple(going), successors)

    @property
    def name(self) -> str:
        return str(self.key)

    @property
    def unsettled(self) -> Optional[str]:
        """What Knot still works on, in words."""
        return next((f'Knot says of the {key} that it is {key.state}' for key in self.own if not key.is_settled), None)

    @property
    def lines(self) -> Tuple[str, ...]:
        """For the diff."""
        words = [(key, 'follows') for key in self.successors] + [(self.key, 'is in use')] + [(key, 'is on its way out') for key in self.going]
        return tuple(sorted(f'{key} {word}' for key, word in words))


class KnotRoller(KeyRoller[KnotRoll]):
    """The rollovers of zones that Knot signs. *role*: KSK, ZSK or CSK. *before*: keys published before this are to be replaced (UTC)."""

    def __init__(self, knot: Knot, configuration: KnotConfiguration, role: str, before: datetime, check: bool) -> None:
        self._knot = knot
        self._configuration = configuration
        self._role = role
        self._before = before
        self._check = check

    def _look(self, zone: str) -> KnotRoll:
        return KnotRoll.of(zone, self._knot.own_keys(zone, self._configuration), self._role)

    def _new_enough_since(self, roll: KnotRoll) -> str:
        since = roll.key.times.get('publish', 0)
        return _moment(since) if since >= self._before.timestamp() else ''

    def _too_many(self, roll: KnotRoll, what: str) -> MultisignerError:
        return MultisignerError(what, zone=roll.zone, remedy=f'Delete all but one: keymgr {roll.zone} delete KEY_ID')

    def _resume(self, roll: KnotRoll) -> None:
        if not self._check and roll.key.state != SIGNING and roll.key.key not in self._knot.published(roll.zone):
            self._knot.load_keys(roll.zone)  # a run ended between the two orders

    # The two things that are done

    def _prepare(self, roll: KnotRoll) -> Outcome:
        if self._check:
            after = (*roll.lines, f'{roll.key.role} (a new one) follows')
            return outcome_of(roll, PREPARED, f'A successor of the {roll.key} would be made.', after=after, changed=True)
        self._knot.make(roll.zone, roll.key)
        now = self._look(roll.zone)
        if len(now.successors) != 1:
            raise MultisignerError('keymgr made a key, and does not list it as one that is still to be published', zone=roll.zone, remedy='See keymgr list')
        return outcome_of(now, PREPARED, f'{now.successors[0].key} was made, to follow the {roll.key}.', before=roll.lines, changed=True)

    def _begin(self, roll: KnotRoll) -> Outcome:
        successor, = roll.successors
        words = f'Knot replaces the {roll.key} by {successor.key} from now on.'
        if self._check:
            after = tuple(sorted((f'{successor} is in use', f'{roll.key} is on its way out')))
            return outcome_of(roll, ROLLING, f'It would be told, and {words}', after=after, changed=True)
        before = self._knot.published(roll.zone)
        self._knot.publish(roll.zone, successor)
        self._knot.load_keys(roll.zone)
        if not self._knot.until(lambda: successor.key in self._knot.published(roll.zone)):
            raise MultisignerError(
                f'knotd does not publish {successor.key}, which was to follow the {roll.key}', zone=roll.zone,
                remedy='See its log: the dnssec-policy may be manual, or the zone frozen; then run again',
            )
        now = self._look(roll.zone)
        others = sorted(key.key for key in now.own if key.key in self._knot.published(roll.zone) - before - {successor.key})
        if others:
            error = MultisignerError(
                f'knotd also published {", ".join(map(str, others))}, which the other signers do not have', zone=roll.zone,
                remedy='Run the playbook multisigner at once, so that they get it before Knot signs with it, after its dnskey-ttl and propagation-delay',
            )
            return outcome_of(now, ROLLING, str(error), changed=True, failed=True)
        return outcome_of(now, ROLLING, words, before=roll.lines, changed=True)


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
