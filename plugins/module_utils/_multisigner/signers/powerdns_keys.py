# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The own keys of a zone at PowerDNS: what each is for, which follows which, and since when. Values only, no I/O."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Iterable, Mapping

from ..errors import MultisignerError
from .powerdns import Cryptokey, Zone

# The zone metadata in which this collection notes what PowerDNS does not remember of a key. PowerDNS leaves names with X- to its users.
TIMES = 'X-MULTISIGNER-KEYS'
# What is remembered of a key: since when it signs, that it is being replaced, and since when no server of the signer has shown a signature of it.
BEGUN, LEAVING, IDLE = 'begun', 'leaving', 'idle'
_FORM = '%Y-%m-%dT%H:%M:%SZ'


@dataclass(frozen=True)
class Keys:
    """The own keys of a zone, and what each of them is for. Of one kind (with SEP flag or without), what was made later follows what signs now."""

    all: tuple[Cryptokey, ...]

    @property
    def has_zsk(self) -> bool:
        return any(key.active and not key.key.is_sep for key in self.all)

    def role(self, key: Cryptokey) -> str:
        return 'ZSK' if not key.key.is_sep else 'KSK' if self.has_zsk else 'CSK'

    def active(self, like: Cryptokey) -> tuple[Cryptokey, ...]:
        return tuple(key for key in self.all if key.active and key.key.is_sep == like.key.is_sep)

    @property
    def successors(self) -> tuple[Cryptokey, ...]:
        """Keys that sign nothing yet."""
        return tuple(key for key in self.all if not key.active and self.active(key) and all(key.number > one.number for one in self.active(key)))

    @property
    def predecessors(self) -> tuple[Cryptokey, ...]:
        """Keys that sign nothing any more."""
        return tuple(key for key in self.all if not key.active and any(key.number < one.number for one in self.active(key)))

    @property
    def joining(self) -> tuple[Cryptokey, ...]:
        """The KSK or CSK that signs beside an older one, and takes its place when its DS has reached every cache."""
        sep = [key for key in self.all if key.active and key.key.is_sep]
        return tuple(sep[-1:]) if len(sep) > 1 else ()

    def lines(self) -> tuple[str, ...]:
        states = {(True, True): 'signs', (True, False): 'signs without being published', (False, True): 'is published', (False, False): 'is kept'}
        return tuple(f'{self.role(key)} {key.key} {states[key.active, key.published]}' for key in self.all)

    def told(self) -> dict[str, Any]:
        """What the pass has to know of them (plugins/filter/inventory_parties.py)."""
        gone = [key for key in self.predecessors if key.key.is_sep]
        return {
            'own_keys': [{'dnskey': key.record, 'role': self.role(key), 'active': key.active, 'published': key.published} for key in self.all],
            'announced': [key.record for key in self.successors],
            'awaits_ds': [key.record for key in (*self.joining, *gone)],
            'retiring': [key.record for key in gone],
            'retired': [key.record for key in self.predecessors],
        }


@dataclass(frozen=True)
class Times:
    """When what was done to each key (by its number), in seconds since 1970 UTC."""

    known: Mapping[tuple[int, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, zone: Zone) -> Times:
        """Raises MultisignerError for metadata that nobody here wrote."""
        found: dict[tuple[int, str], int] = {}
        for text in zone.metadata.get(TIMES, ()):
            try:
                number, state, moment = text.split()
                if state not in (BEGUN, LEAVING, IDLE):
                    raise ValueError
                found[int(number), state] = int(datetime.strptime(moment, _FORM).replace(tzinfo=timezone.utc).timestamp())
            except ValueError:
                raise MultisignerError(f'its metadata {TIMES} has "{text}", which cannot be read', zone=zone.name, remedy='Remove that value') from None
        return cls(found)

    def noted(self, state: str, numbers: Iterable[int], now: float) -> Times:
        return Times({**self.known, **{(number, state): int(now) for number in numbers}})

    def without(self, numbers: Iterable[int]) -> Times:
        gone = frozenset(numbers)
        return Times({(number, state): moment for (number, state), moment in self.known.items() if number not in gone})

    def texts(self) -> list[str]:
        return [f'{number} {state} {moment_text(moment)}' for (number, state), moment in sorted(self.known.items())]


def moment_text(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).strftime(_FORM)
