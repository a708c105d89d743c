# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making zones at PowerDNS fit for several signers: signed, with their own CDS and CDNSKEY published, and seen by their secondaries.

It makes no zone and touches no record; keys it makes only for a zone that has none, and only with the user's word. It never takes a key away.
"""
from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

from ..dnskey import ALGORITHM_NAMES, Record, zone_name
from ..errors import MultisignerError
from ..outcome import Outcome, Request
from ..resolve import Server, Silence
from .api_changes import until_published
from .powerdns import ALGORITHMS, NAME, PRIMARY_KINDS, PowerDNS, Zone
from .powerdns_keys import BEGUN, TIMES, Keys, Times

NUMBERS = {ALGORITHM_NAMES[number]: number for number in ALGORITHMS}
NSEC3 = '1 0 0 -'  # RFC 9276: no salt, no iterations


@dataclass(frozen=True)
class Wish:
    """One zone as it is to be. *csk*: one key signs all of it; *new_keys*: keys may be made for it where it has none."""

    name: str
    algorithm: int
    csk: bool = False
    new_keys: bool = False

    @classmethod
    def from_option(cls, option: Mapping[str, Any]) -> Wish:
        return cls(zone_name(option['name']), NUMBERS[option['algorithm']], option['csk'], option['new_keys'])


@dataclass(frozen=True)
class Fitter:
    """Brings zones at one server where they are to be. *max_wait* in seconds; *servers* are all that must publish the result."""

    client: PowerDNS
    servers: tuple[Server, ...]
    cds_digest_types: tuple[int, ...]
    nsec3: bool
    check_mode: bool
    max_wait: float

    def serve(self, options: Iterable[Mapping[str, Any]]) -> list[Outcome]:
        """One outcome for each zone. The zones that changed are then watched at the servers, together."""
        outcomes: list[Outcome] = []
        pending: list[tuple[Request, Outcome]] = []
        for option in options:
            try:
                request, outcome = self._zone(Wish.from_option(option))
            except MultisignerError as error:
                outcomes.append(Outcome.failure(option['name'], error))
                continue
            if outcome.changed and not self.check_mode and self.servers:
                pending.append((request, outcome))
            else:
                outcomes.append(outcome)
        if pending:
            outcomes += asyncio.run(until_published(pending, self.servers, Silence(), self.max_wait))
        return outcomes

    def _zone(self, wish: Wish) -> tuple[Request, Outcome]:
        if not self.check_mode:  # in check mode the role has not written it yet
            self.client.check_server(wish.name)
        zone = self.client.zone(wish.name)
        self.client.check_kind(zone)
        keys = Keys(self.client.cryptokeys(wish.name))
        self.client.check_zsk(wish.name, keys.all)
        missing = self._missing(wish, keys)
        settings, metadata = self._settings(zone), self._metadata(zone)
        before = (*keys.lines(), *_lines(zone, (*settings, *metadata)))
        changed = bool(missing or settings or metadata)
        if changed and not self.check_mode:
            new = []
            for role in missing:  # the ZSK first: a KSK alone would be a CSK, and a run that broke off between the two would leave it so
                new.append(self.client.add_key(wish.name, role != 'ZSK', ALGORITHMS[wish.algorithm], active=True).number)
            if new:
                times = Times.of(zone).noted(BEGUN, new, time.time())
                self.client.set_metadata(wish.name, TIMES, times.texts())
            for kind, value in metadata.items():
                self.client.set_metadata(wish.name, kind, [value])
            if settings:
                self.client.set_zone(wish.name, {_API_NAMES[kind]: value if kind != 'API-RECTIFY' else True for kind, value in settings.items()})
            zone = self.client.zone(wish.name)
            self.client.show_keys(zone)
            keys = Keys(self.client.cryptokeys(wish.name))
            self._see_that_it_was_kept(zone)
        made = tuple(f'{role} (a new one) signs' for role in missing) if self.check_mode else ()
        wanted = {**settings, **metadata}
        after = (*keys.lines(), *made, *(f'{kind} {value}' for kind, value in wanted.items()))
        outcome = Outcome(
            wish.name, before=tuple(sorted(before)), after=tuple(sorted(after)), changed=changed, details=keys.told(),
            msg='' if not changed else f'{"Would make" if self.check_mode else "Made"} it fit.',
        )
        return self._shown(wish.name, keys), outcome

    def _missing(self, wish: Wish, keys: Keys) -> tuple[str, ...]:
        """The roles of the keys to make. Raises MultisignerError where the keys that are there are not those that were declared."""
        sep = [key for key in keys.all if key.active and key.key.is_sep]
        other = [key for key in (*sep, *(key for key in keys.all if key.active and not key.key.is_sep)) if key.key.algorithm != wish.algorithm]
        name = ALGORITHM_NAMES[wish.algorithm]
        if other:
            raise MultisignerError(
                f'its key {other[0].key} is of another algorithm than the declared {name}', zone=wish.name, server=self.client.url,
                remedy='Declare the algorithm that it has. Rolling a zone over to another algorithm is not done here',
            )
        if sep and not wish.csk and not keys.has_zsk:
            raise MultisignerError(
                f'one key, {sep[0].key}, signs all of it, and a KSK and a ZSK are declared', zone=wish.name, server=self.client.url,
                remedy='Declare it with csk: true. A ZSK that is added to it and does not sign yet would get a CDS of its own',
            )
        if wish.csk and keys.has_zsk:
            what = 'it has a KSK and a ZSK, and one key for all is declared'
            raise MultisignerError(what, zone=wish.name, server=self.client.url, remedy='Take csk: true out')
        if sep:
            return ()
        if not wish.new_keys:
            raise MultisignerError(
                f'{NAME} has no KSK for it, and to make one is not allowed: were it signed elsewhere, it would become bogus', zone=wish.name,
                server=self.client.url, remedy='Set new_keys: true if it is not signed anywhere yet; else import its keys, with "pdnsutil import-zone-key"',
            )
        return ('CSK',) if wish.csk else ('KSK',) if keys.has_zsk else ('ZSK', 'KSK')

    def _settings(self, zone: Zone) -> dict[str, str]:
        """The settings of the zone itself that are to change."""
        wanted = {'API-RECTIFY': '1', 'NSEC3PARAM': NSEC3 if self.nsec3 else '', 'SOA-EDIT-API': zone.soa_edit_api or 'DEFAULT'}
        if zone.kind in PRIMARY_KINDS and not self.client.settings().get('default-soa-edit-signed'):
            # Signatures are made anew every week; secondaries that transfer the zone get them only with a new serial.
            wanted['SOA-EDIT'] = zone.soa_edit or 'INCREMENT-WEEKS'
        return {kind: value for kind, value in wanted.items() if value != _current(zone, kind)}

    def _metadata(self, zone: Zone) -> dict[str, str]:
        """The metadata that are to change, with which PowerDNS publishes the CDS and CDNSKEY of its own keys as every signer does (RFC 9975)."""
        types = ','.join(map(str, self.cds_digest_types))
        wanted = {'PUBLISH-CDS': types, 'PUBLISH-CDNSKEY': '1'}
        return {kind: value for kind, value in wanted.items() if zone.values(kind, '') != frozenset(value.split(','))}

    def _see_that_it_was_kept(self, zone: Zone) -> None:
        """Raises MultisignerError where the API said that it had changed what it had not."""
        left = {**self._settings(zone), **self._metadata(zone)}
        if left:
            raise MultisignerError(
                f'it was set, and when it was read back it is still missing: {", ".join(f"{kind} {value}" for kind, value in left.items())}', zone=zone.name,
                server=self.client.url, remedy='See that no other program sets it, and that the backend stores metadata (gsqlite3-dnssec=yes and the like)',
            )

    def _shown(self, zone: str, keys: Keys) -> Request:
        """What every server must show of the own keys."""
        records = []
        for key in keys.all:
            if key.published:
                records.append(Record('DNSKEY', key.key))
                if key.key.is_sep:
                    records += [Record('CDNSKEY', key.key), *(Record('CDS', key.key.ds(zone, number)) for number in self.cds_digest_types)]
        return Request(zone, tuple(records))


_API_NAMES = {'API-RECTIFY': 'api_rectify', 'NSEC3PARAM': 'nsec3param', 'SOA-EDIT-API': 'soa_edit_api', 'SOA-EDIT': 'soa_edit'}


def _current(zone: Zone, kind: str) -> str:
    if kind == 'API-RECTIFY':
        return '1' if zone.api_rectify else ''
    return {'NSEC3PARAM': zone.nsec3param, 'SOA-EDIT-API': zone.soa_edit_api, 'SOA-EDIT': zone.soa_edit}[kind]


def _lines(zone: Zone, kinds: Sequence[str]) -> tuple[str, ...]:
    """Those of *kinds* that the zone has, with their values."""
    values = {kind: _current(zone, kind) if kind in _API_NAMES else ','.join(zone.metadata.get(kind, ())) for kind in kinds}
    return tuple(f'{kind} {value}' for kind, value in values.items() if value)
