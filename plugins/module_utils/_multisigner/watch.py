# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed at the signers' servers since they were looked at last, as events. Pure: no I/O, no clock.

A record that is gone is one that an answer no longer had: a server that is silent, refuses or is lame only counts its failures, and what
it showed last stays what it showed. What an event says of authentication is true of the records that it names; nobody may import a key
because of an event.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, Iterable, List, Mapping, Tuple, Union

from .dnskey import DNSKEY, DS
from .group import Group
from .observation import NOT_AUTHENTICATED

RTYPES = ('DNSKEY', 'CDS', 'CDNSKEY')
REMIND = 3600  # seconds after which signers that still differ are told of again: the pass for the first event may have failed

# The kinds of events.
WATCHING = 'watching'  # what is watched from now on
CHANGED = 'changed'  # other records than before, and the signers differ: a pass has something to do
SETTLED = 'settled'  # other records than before, and all signers show the same
UNSYNCHRONISED = 'unsynchronised'  # the signers differ at the first look, or still
SILENT = 'silent'  # a server has given no usable answer several times running
ANSWERS = 'answers'  # and one again
FAILED = 'failed'  # the source itself could not read the inventory again, or not look; it goes on with what it has

Records = FrozenSet[Union[DNSKEY, DS]]


@dataclass(frozen=True)
class Shown:
    """What one server of *signer* shows of each of RTYPES, and how each was authenticated. With *error* it showed nothing that can be
    used. *ttl*: that of its DNSKEY RRset, in seconds."""

    signer: str
    server: str
    records: Mapping[str, Records] = field(default_factory=dict)
    authenticated: Mapping[str, str] = field(default_factory=dict)
    ttl: int = 0
    error: str = ''

    def differs(self, other: Shown) -> bool:
        return any(self.records.get(rtype) != other.records.get(rtype) for rtype in RTYPES)


@dataclass(frozen=True)
class Change:
    """Records of one type that a server shows now and did not before, and the other way round. *authenticated*: how it was, or NOT_AUTHENTICATED."""

    zone: str
    signer: str
    server: str
    rtype: str
    appeared: Records
    gone: Records
    authenticated: str

    def as_dict(self) -> Dict[str, Any]:
        return {
            'zone': self.zone, 'signer': self.signer, 'server': self.server, 'rtype': self.rtype, 'authenticated': self.authenticated,
            'appeared': sorted(record.text for record in self.appeared), 'gone': sorted(record.text for record in self.gone),
        }

    def __str__(self) -> str:
        parts = [
            f'{verb} {", ".join(sorted(told(self.rtype, record) for record in records))}'
            for verb, records in (('shows', self.appeared), ('no longer shows', self.gone)) if records
        ]
        doubt = ' (not authenticated)' if self.authenticated == NOT_AUTHENTICATED else ''
        return f'{self.zone}: {self.signer} at {self.server} {" and ".join(parts)}{doubt}'


def told(rtype: str, record: Union[DNSKEY, DS]) -> str:
    """A record as people speak of it."""
    if isinstance(record, DS):
        return f'{rtype} of key {record.tag}'
    return f'{rtype} {record.tag} (flags {record.flags})'


@dataclass(frozen=True)
class Silence:
    """A server that gave no usable answer about *zone* so often that it is told, or, with an empty *error*, one that does again."""

    zone: str
    signer: str
    server: str
    error: str = ''


@dataclass
class News:
    """What one look at one zone brought. *kind* is '' where nothing changed."""

    zone: str
    kind: str = ''
    changes: Tuple[Change, ...] = ()
    authenticated: bool = True
    silences: Tuple[Silence, ...] = ()


@dataclass
class _Server:
    """What is known of one server: what it *shows* by its last usable answer, what of that was *authentic* last, and its failures running."""

    shows: Shown
    authentic: Dict[str, Records] = field(default_factory=dict)
    failures: int = 0
    is_silent: bool = False


class ZoneWatch:
    """What is known of one zone. *patience*: after how many failures running a server counts as silent."""

    def __init__(self, group: Group, patience: int) -> None:
        self.group = group
        self._patience = patience
        self._servers: Dict[str, _Server] = {}
        self._told_at: float | None = None  # when it was told that the signers differ

    @property
    def is_known(self) -> bool:
        """Whether any server has given a usable answer."""
        return any(known.shows.records for known in self._servers.values())

    def needs_look(self, shown: Iterable[Shown]) -> bool:
        """Whether *shown*, answers that nobody authenticated, are a reason to look at the zone as a pass does."""
        return any(not one.error and (one.server not in self._servers or one.differs(self._servers[one.server].shows)) for one in shown)

    @property
    def ttl(self) -> int:
        """The smallest TTL of any DNSKEY RRset; 0 while none was seen."""
        return min((known.shows.ttl for known in self._servers.values() if known.shows.records), default=0)

    def glance(self, shown: Iterable[Shown], now: float) -> News:
        """News of answers that show no other records than before: servers that fell silent or answer again, and signers that still differ."""
        news = News(self.group.zone, silences=tuple(silence for one in shown for silence in self._count(one)))
        if self._told_at is not None and now - self._told_at >= REMIND:
            self._differ(news, now)
        return news

    def look(self, shown: Iterable[Shown], now: float) -> News:
        """News of answers that were authenticated as far as they could be. *now* is in seconds of any clock that does not go back."""
        was_known = self.is_known
        changes: List[Change] = []
        silences: List[Silence] = []
        for one in shown:
            silences += self._count(one)
            if not one.error:
                changes += self._take(one)
        news = News(self.group.zone, silences=tuple(silences))
        if not was_known and self.is_known:
            self._differ(news, now)
        elif changes:
            news.changes = tuple(changes)
            news.authenticated = any(change.authenticated != NOT_AUTHENTICATED for change in changes)
            news.kind = CHANGED if self._is_unsynchronised else SETTLED
            self._told_at = now if self._is_unsynchronised else None
        return news

    def _differ(self, news: News, now: float) -> None:
        self._told_at = None
        if self._is_unsynchronised:
            self._told_at = now
            news.kind = UNSYNCHRONISED
            news.authenticated = all(known.shows.authenticated.get(rtype) != NOT_AUTHENTICATED for known in self._staying for rtype in RTYPES)

    @property
    def _staying(self) -> List[_Server]:
        """What signers show that are not on their way out: a leaver keeps its own keys for as long as it likes."""
        return [known for known in self._servers.values() if known.shows.records and known.shows.signer not in self.group.leaving]

    @property
    def _is_unsynchronised(self) -> bool:
        staying = self._staying
        return any(known.shows.differs(staying[0].shows) for known in staying[1:])

    def _count(self, one: Shown) -> List[Silence]:
        """Counts a failure, or ends the count."""
        known = self._servers.setdefault(one.server, _Server(Shown(one.signer, one.server)))
        if not one.error:
            spoke = known.is_silent
            known.failures, known.is_silent = 0, False
            return [Silence(self.group.zone, one.signer, one.server)] if spoke else []
        known.failures += 1
        if known.failures < self._patience or known.is_silent:
            return []
        known.is_silent = True
        return [Silence(self.group.zone, one.signer, one.server, one.error)]

    def _take(self, one: Shown) -> List[Change]:
        """Keeps what a server shows now; how that differs from before. What differs from the last answer but not from the last authentic one is no
        change: then somebody forged the answer in between, or tried to."""
        known = self._servers[one.server]
        before, known.shows = known.shows, one
        found = []
        for rtype in RTYPES:
            way, records = one.authenticated.get(rtype, NOT_AUTHENTICATED), one.records[rtype]
            base = before.records.get(rtype)
            if way != NOT_AUTHENTICATED:
                base = known.authentic.get(rtype, base)
                known.authentic[rtype] = records
            if base is not None and base != records:
                found.append(Change(self.group.zone, one.signer, one.server, rtype, records - base, base - records, way))
        return found


def events(news: Iterable[News]) -> List[Dict[str, Any]]:
    """The news of one round as events, one for each kind and for each silent server, whatever the number of zones."""
    found = list(news)
    return [*_changes(found), *_silences(found)]


def _changes(found: List[News]) -> Iterable[Dict[str, Any]]:
    for kind in (CHANGED, UNSYNCHRONISED, SETTLED):
        for authenticated in (True, False):
            these = sorted((one for one in found if one.kind == kind and one.authenticated == authenticated), key=lambda one: one.zone)
            if these:
                changes = [change for one in these for change in one.changes]
                yield {
                    'kind': kind, 'authenticated': authenticated, 'zones': [one.zone for one in these],
                    'changes': [change.as_dict() for change in changes],
                    'messages': [str(change) for change in changes] or [f'{one.zone}: its signers show different DNSKEY, CDS or CDNSKEY' for one in these],
                }


def _silences(found: List[News]) -> Iterable[Dict[str, Any]]:
    places: Dict[Tuple[str, str, bool], List[Silence]] = {}
    for one in found:
        for silence in one.silences:
            places.setdefault((silence.signer, silence.server, bool(silence.error)), []).append(silence)
    for (signer, server, is_silent), silences in sorted(places.items()):
        yield {
            'kind': SILENT if is_silent else ANSWERS, 'signer': signer, 'server': server,
            'zones': sorted(silence.zone for silence in silences),
            'messages': sorted({silence.error for silence in silences if silence.error}) or [f'{signer} at {server} answers again'],
        }
