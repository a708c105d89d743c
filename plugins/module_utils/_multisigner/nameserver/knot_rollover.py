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
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Tuple

from ..dnskey import DNSKEY, parse_record, zone_name
from ..errors import MultisignerError
from ..outcome import Outcome
from .knot_conf import KnotConfiguration
from .knot_keys import ACTIVE, ANNOUNCED, REMOVED, Knot, KnotKey, retiring
from .rollover import CURRENT, PREPARED, ROLLING, WAITING


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
        return cls(zone, own, used[0], tuple(going), tuple(key for key in mine if key.state == ANNOUNCED))

    @property
    def unsettled(self) -> Optional[str]:
        """What Knot still works on, in words."""
        return next((f'Knot says of the {key} that it is {key.state}' for key in self.own if key.state not in (ACTIVE, ANNOUNCED, REMOVED)), None)

    @property
    def lines(self) -> Tuple[str, ...]:
        """For the diff."""
        words = [(key, 'follows') for key in self.successors] + [(self.key, 'is in use')] + [(key, 'is on its way out') for key in self.going]
        return tuple(sorted(f'{key} {word}' for key, word in words))


class KnotRoller:
    """Brings the rollovers of many zones on by one step each. *role*: KSK or ZSK. *before*: keys published before this are to be replaced (UTC)."""

    def __init__(self, knot: Knot, configuration: KnotConfiguration, role: str, before: datetime, check: bool) -> None:
        self._knot = knot
        self._configuration = configuration
        self._role = role
        self._before = before
        self._check = check

    def serve(self, options: Iterable[Mapping[str, Any]]) -> List[Outcome]:
        """*options*: ``name`` and ``prepublished`` of each zone."""
        outcomes = []
        for option in options:
            try:
                outcomes.append(self._zone(zone_name(option['name']), option['prepublished']))
            except MultisignerError as error:
                outcomes.append(Outcome.failure(option['name'], error))
        return outcomes

    def _zone(self, zone: str, prepublished: Sequence[str]) -> Outcome:
        held = frozenset(_dnskey(text, zone) for text in prepublished)
        roll = self._look(zone)
        name = f'The {roll.key}'
        if roll.going:
            if not self._check and roll.key.key not in self._knot.published(zone):
                self._knot.load_keys(zone)  # a run ended between the two orders
            return _outcome(roll, ROLLING, f'{name} takes the place of {", ".join(str(key.key) for key in roll.going)}: {roll.unsettled}.')
        since = roll.key.times.get('publish', 0)
        if since >= self._before.timestamp():
            return _outcome(roll, CURRENT, f'{name} is in use since {_moment(since)}: new enough.')
        if len(roll.successors) > 1:
            raise MultisignerError(
                f'there are several keys that may follow {roll.key.key}: {", ".join(str(key.key) for key in roll.successors)}', zone=zone,
                remedy=f'Delete all but one: keymgr {zone} delete KEY_ID',
            )
        if not roll.successors:
            return self._prepare(roll)
        if roll.successors[0].key not in held:
            return _outcome(roll, PREPARED, f'{name} is replaced by {roll.successors[0].key} when every other signer has had that for long enough.')
        if roll.unsettled:
            return _outcome(roll, WAITING, f'{name} is not replaced yet: {roll.unsettled}.')
        return self._begin(roll)

    def _look(self, zone: str) -> KnotRoll:
        return KnotRoll.of(zone, self._knot.own_keys(zone, self._configuration), self._role)

    # The two things that are done

    def _prepare(self, roll: KnotRoll) -> Outcome:
        if self._check:
            after = (*roll.lines, f'{roll.key.role} (a new one) follows')
            return _outcome(roll, PREPARED, f'A successor of the {roll.key} would be made.', after=after, changed=True)
        self._knot.make(roll.zone, roll.key)
        now = self._look(roll.zone)
        if len(now.successors) != 1:
            raise MultisignerError('keymgr made a key, and does not list it as one that is still to be published', zone=roll.zone, remedy='See keymgr list')
        return _outcome(now, PREPARED, f'{now.successors[0].key} was made, to follow the {roll.key}.', before=roll.lines, changed=True)

    def _begin(self, roll: KnotRoll) -> Outcome:
        successor, = roll.successors
        words = f'Knot replaces the {roll.key} by {successor.key} from now on.'
        if self._check:
            after = tuple(sorted((f'{successor} is in use', f'{roll.key} is on its way out')))
            return _outcome(roll, ROLLING, f'It would be told, and {words}', after=after, changed=True)
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
            return _outcome(now, ROLLING, str(error), changed=True, failed=True)
        return _outcome(now, ROLLING, words, before=roll.lines, changed=True)


def _outcome(
    roll: KnotRoll, state: str, msg: str, before: Optional[Tuple[str, ...]] = None, after: Optional[Tuple[str, ...]] = None, changed: bool = False,
    failed: bool = False,
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


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
