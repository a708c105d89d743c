# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys that Knot itself signs a zone with, as its key manager tells them, and the few orders that it takes.

Times in the key database are what Knot goes by: a key is in the zone from "publish" on. One whose "publish" is far ahead is made and not
used, so it is the place where a successor waits until the other signers have it. Nothing here decides when that is.
Standard library, keymgr and knotc only, because it travels to name servers.
"""
from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from ..dnskey import DNSKEY, Rdata, Record, parse_record, rsa_modulus_bits, zone_name
from ..errors import MultisignerError
from .knot_conf import KnotConfiguration
from .tools import Answer, Patience, Tools, one_line

# What a key has come to. In an algorithm rollover a key signs before it is published (RFC 6781 section 4.1.4), and Knot calls that pre-active.
ANNOUNCED, SIGNING, PUBLISHED, READY, ACTIVE, RETIRING, REMOVED = 'announced', 'pre-active', 'published', 'ready', 'active', 'retiring', 'removed'
_TIMES = ('pre-active', 'publish', 'ready', 'active', 'retire-active', 'retire', 'post-active', 'remove')
_GOING = ('retire-active', 'retire', 'post-active')
_FAR = '+10y'  # for the "publish" of a key that is made beforehand
_REACH_KNOT = 'See that knotd runs with this configuration, then run again'


@dataclass(frozen=True)
class KnotKey:
    """One key with a private part. *times*: those of the key database that are set, in seconds since 1970 UTC. *now*: when they were read."""

    key_id: str
    key: DNSKEY
    is_ksk: bool
    is_zsk: bool
    times: Mapping[str, int]
    now: int

    @property
    def role(self) -> str:
        return 'CSK' if self.is_ksk and self.is_zsk else 'KSK' if self.is_ksk else 'ZSK'

    @property
    def state(self) -> str:
        if self._is_past('remove'):
            return REMOVED
        if any(self._is_past(name) for name in _GOING):
            return RETIRING
        times = ((ACTIVE, 'active'), (READY, 'ready'), (PUBLISHED, 'publish'), (SIGNING, 'pre-active'))
        return next((state for state, name in times if self._is_past(name)), ANNOUNCED)

    @property
    def awaits_ds(self) -> bool:
        """Whether Knot waits to be told that the parent has its DS."""
        return self.is_ksk and self.state == READY

    @property
    def is_settled(self) -> bool:
        """Whether Knot has nothing to do with it now."""
        return self.state in (ACTIVE, ANNOUNCED, REMOVED)

    def precedes(self, other: KnotKey) -> bool:
        """Whether Knot is replacing this key, which signs, by *other*."""
        return self.role == other.role and self.state == ACTIVE and other.state in (SIGNING, PUBLISHED, READY)

    def is_given_up_for(self, other: KnotKey) -> bool:
        """Whether this is the KSK or CSK of an algorithm that *other*'s takes the place of: once Knot has been told of *other*'s DS, it takes out all
        keys of this algorithm in that moment, so no resolver may have a DS of it any more."""
        return self.is_ksk and self.precedes(other) and self.key.algorithm != other.key.algorithm

    def __str__(self) -> str:
        return f'{self.role} {self.key}'

    @property
    def as_result(self) -> Dict[str, str]:
        return {'dnskey': f'DNSKEY {self.key.text}', 'role': self.role, 'state': self.state}

    def _is_past(self, name: str) -> bool:
        return 0 < self.times.get(name, 0) <= self.now


def retiring(own: Tuple[KnotKey, ...]) -> List[KnotKey]:
    """The keys on their way out or gone: also one that still signs beside its successor."""
    return [key for key in own if key.state in (RETIRING, REMOVED) or any(key.precedes(other) for other in own)]


def told(own: Tuple[KnotKey, ...]) -> Dict[str, Any]:
    """What the modules return of a zone's own keys."""
    return {
        'own_keys': [key.as_result for key in own],
        'retiring': [f'DNSKEY {key.key.text}' for key in retiring(own)],
        'awaits_ds': [f'DNSKEY {key.key.text}' for key in own if key.awaits_ds or any(key.is_given_up_for(other) for other in own)],
        'announced': [f'DNSKEY {key.key.text}' for key in own if key.state in (ANNOUNCED, SIGNING)],
    }


class Knot:
    """The running knotd and its key database. *conf* is the configuration file that it runs with."""

    def __init__(self, tools: Tools, conf: str) -> None:
        self._tools = tools
        self._conf = conf
        self._patience = Patience()

    # The server

    def reload(self) -> None:
        """Makes knotd read its configuration again. Raises MultisignerError with knotc's words."""
        self._order('reload')

    def load_keys(self, zone: str) -> None:
        """Makes knotd go by the key database as it is now. Raises MultisignerError with knotc's words."""
        self._order('zone-keys-load', zone)

    def submitted(self, zone: str) -> str:
        """Tells knotd that the parent has the DS of the zone's ready KSK; knotc's words."""
        return self._tools.ask('knotc', '-c', self._conf, 'zone-ksk-submitted', zone).text

    def published(self, zone: str) -> FrozenSet[DNSKEY]:
        """The DNSKEY RRset that knotd serves; nothing while the zone is not loaded, or not signed."""
        return self._served(zone).get(zone, frozenset())

    def published_by_all(self) -> Dict[str, FrozenSet[DNSKEY]]:
        """The DNSKEY RRset of every zone that knotd has loaded and signed, by its name."""
        return self._served('--')

    def _served(self, which: str) -> Dict[str, FrozenSet[DNSKEY]]:
        answer = self._tools.ask('knotc', '-c', self._conf, 'zone-read', which, '@', 'DNSKEY')
        found: Dict[str, FrozenSet[DNSKEY]] = {}
        for line in answer.out.splitlines():
            words = line.split(']', 1)[-1].split()
            if 'DNSKEY' in words[1:3]:
                zone = zone_name(words[0])
                rdata = parse_record(' '.join(words), zone).rdata
                if isinstance(rdata, DNSKEY):
                    found[zone] = found.get(zone, frozenset()) | {rdata}
        return found

    def records(self, zone: str, types: Sequence[str]) -> Tuple[FrozenSet[Record], Dict[str, int]]:
        """What knotd serves of *types* at the apex, and the TTL of each of these RRsets that is there; nothing while the zone is not loaded."""
        found: List[Record] = []
        ttls: Dict[str, int] = {}
        for rtype in types:
            for line in self._tools.ask('knotc', '-c', self._conf, 'zone-read', zone, '@', rtype).out.splitlines():
                words = line.split(']', 1)[-1].split()
                if rtype in words[1:3]:
                    found.append(parse_record(' '.join(words), zone))
                    ttls[rtype] = int(words[1]) if words[1].isdigit() else 0
        return frozenset(found), ttls

    def reload_zone(self, zone: str) -> None:
        """Makes knotd read the zone's file again. Raises MultisignerError with knotc's words."""
        self._order('-b', 'zone-reload', zone)

    def wait_for(self, zone: str) -> None:
        """Returns when *zone* is loaded and signed. Raises MultisignerError when the patience for all zones is used up."""
        if not self.until(lambda: bool(self.published(zone))):
            status = self._tools.ask('knotc', '-c', self._conf, 'zone-status', zone)
            raise MultisignerError(
                f'knotd did not load and sign it in time: knotc says: {one_line(status.text)}', zone=zone, remedy='Look into knotd\'s log for the reason',
            )

    def until(self, is_so: Callable[[], bool]) -> bool:
        """Whether knotd makes it so before the patience for all zones is used up."""
        return self._patience.until(is_so)

    def _order(self, *arguments: str) -> None:
        answer = self._tools.ask('knotc', '-c', self._conf, *arguments)
        if answer.status != 0:
            raise MultisignerError(f'"knotc {" ".join(arguments)}" failed: {one_line(answer.text)}', remedy=_REACH_KNOT)

    # The key database

    def listings(self, zones: Sequence[str], configuration: KnotConfiguration, work: str) -> Dict[str, Answer]:
        """What keymgr lists of each of *zones*, for own_keys(); nothing as long as there is no key database. *work*: a folder for what it says.

        keymgr knows one zone at a time. Of many zones it is started on every processor, and told the folder of the key database: with the
        configuration it would read all zones once for each of them.
        """
        folder = configuration.key_database
        if not _is_key_database(folder):
            return {}
        return dict(zip(zones, self._tools.ask_each('keymgr', [('-D', folder, zone, 'list', '-j') for zone in zones], work)))

    def own_keys(
        self, zone: str, configuration: KnotConfiguration, served: FrozenSet[DNSKEY] = frozenset(), listing: Optional[Answer] = None
    ) -> Tuple[KnotKey, ...]:
        """The zone's keys with a private part, sorted. *served*: its DNSKEY RRset, if it is known: keymgr is asked only for a key that is not in it.
        *listing*: that of listings(), if there is one.

        Raises MultisignerError: what cannot be read is never "no keys".
        """
        if not _is_key_database(configuration.key_database):
            return ()
        now = int(time.time())
        try:
            listed = json.loads((self._keymgr(zone, 'list', '-j') if listing is None else _passed(listing, zone, 'list')) or '[]')
            known = {_key_id(key): key for key in served}
            found = [self._key(zone, entry, now, known) for entry in listed if entry['public-only'] is False]
        except (ValueError, KeyError, TypeError):
            raise MultisignerError(
                'keymgr tells its keys in a form that this version does not know', zone=zone, remedy='See that Knot DNS is 3.2 or newer',
            ) from None
        return tuple(sorted(found, key=lambda key: (key.role, key.key)))

    def make(self, zone: str, like: KnotKey) -> None:
        """A key like *like* that Knot does not publish yet. Raises MultisignerError with keymgr's words."""
        use = [f'{name}={"yes" if has else "no"}' for name, has in (('ksk', like.is_ksk), ('zsk', like.is_zsk))]
        size = [f'size={rsa_modulus_bits(like.key.key)}'] if like.key.algorithm_name.startswith('RSA') else []
        times = [f'{name}={_FAR}' for name in ('publish', 'ready', 'active')]
        self._keymgr(zone, 'generate', f'algorithm={like.key.algorithm}', *size, *use, *times)

    def publish(self, zone: str, key: KnotKey) -> None:
        """Lets Knot publish *key* from now on, and go on by its own clock to sign with it. Raises MultisignerError with keymgr's words."""
        self._keymgr(zone, 'set', key.key_id, 'publish=+0', 'ready=0', 'active=0')

    def _key(self, zone: str, entry: Mapping[str, Any], now: int, known: Mapping[str, DNSKEY]) -> KnotKey:
        key: Optional[Rdata] = known.get(entry['id'])
        if not isinstance(key, DNSKEY) or key.algorithm != entry['algorithm'] or key.is_sep is not entry['ksk']:
            key = parse_record(self._keymgr(zone, 'dnskey', entry['id']), zone).rdata
        if not isinstance(key, DNSKEY):
            raise ValueError(entry['id'])
        times = {name: int(entry[name]) for name in _TIMES if int(entry[name])}
        return KnotKey(entry['id'], key, entry['ksk'] is True, entry['zsk'] is True, times, now)

    def _keymgr(self, zone: str, *arguments: str) -> str:
        return _passed(self._tools.ask('keymgr', '-c', self._conf, zone, *arguments), zone, arguments[0])


def _passed(answer: Answer, zone: str, command: str) -> str:
    """keymgr's words. Raises MultisignerError with them when it failed."""
    if answer.status != 0:
        raise MultisignerError(
            f'"keymgr {zone} {command}" failed: {one_line(answer.text)}', zone=zone,
            remedy='See that keymgr can read the configuration and the key database on this server: become root, or Knot\'s user',
        )
    return answer.out.strip()


def _is_key_database(folder: str) -> bool:
    """Whether *folder* is one: keymgr would make it."""
    return os.path.exists(os.path.join(folder, 'data.mdb'))


# What stands before the public key of RFC 6605 and RFC 8080 in a SubjectPublicKeyInfo (RFC 5480, RFC 8410); an EC point there begins with 04.
_SPKI = {
    13: bytes.fromhex('3059301306072a8648ce3d020106082a8648ce3d03010703420004'), 14: bytes.fromhex('3076301006072a8648ce3d020106052b8104002203620004'),
    15: bytes.fromhex('302a300506032b6570032100'), 16: bytes.fromhex('3043300506032b6571033a00'),
}


def _key_id(key: DNSKEY) -> str:
    """Knot's name for *key*: SHA-1 over the public key as X.509 has it. Nothing for a key, or on a system, for which that cannot be had here."""
    if key.algorithm not in _SPKI:
        return ''
    try:
        return hashlib.sha1(_SPKI[key.algorithm] + key.key).hexdigest()  # noqa: S324 it is a name, and proves nothing
    except ValueError:
        return ''  # a system that has no SHA-1
