# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: since when each fact has been true, and the largest TTL seen with it. Nothing else is remembered of a zone.

One SQLite file for all zones. What to do next follows from what is seen; the journal only lets time count, so losing it
costs waiting and never safety. A run that learns nothing new writes nothing. Beside the facts it holds until when a run may
still be removing something, and how the clock stood at the last write: a clock that was set since is noticed.
Everything in it is about one zone, so that runs over different zones have nothing to do with each other.
"""
from __future__ import annotations

import base64
import json
import os
import sqlite3
import time
import zlib
from dataclasses import dataclass, field
from typing import Any, Collection, Mapping, Tuple
from urllib.parse import quote

from .errors import MultisignerError

SCHEMA_VERSION = 2
GAP = 7 * 86400  # seconds: what was not looked at for so long may have been otherwise in between, so every wait starts anew
CLOCK_TOLERANCE = 30.0  # seconds by which the clock may have been corrected without being set
BOOT_ID = '/proc/sys/kernel/random/boot_id'
_TABLES = {  # how each is read, rid of a zone, and filled; the zone is the first column of all
    'fact': ('SELECT * FROM fact', 'DELETE FROM fact WHERE zone = ?', 'INSERT INTO fact VALUES (?, ?, ?, ?, ?)'),
    'zone': ('SELECT * FROM zone', 'DELETE FROM zone WHERE name = ?', 'INSERT INTO zone VALUES (?, ?)'),
    'removing': ('SELECT * FROM removing', 'DELETE FROM removing WHERE zone = ?', 'INSERT INTO removing VALUES (?, ?, ?)'),
    'clock': ('SELECT * FROM clock', 'DELETE FROM clock WHERE zone = ?', 'INSERT INTO clock VALUES (?, ?, ?, ?)'),
}
LOCK_WAIT = 30.0  # seconds to wait for another run's transaction

FactKey = Tuple[str, str]


@dataclass(frozen=True)
class Fact:
    """*kind* and *subject* say what is true, *since* (seconds since 1970 UTC) since when, or None for not yet.

    *ttl*, in seconds, is the largest that any answer about it had while the fact was watched, before it was true too.
    """

    kind: str
    subject: str
    since: float | None
    ttl: int

    @property
    def key(self) -> FactKey:
        return (self.kind, self.subject)


@dataclass(frozen=True)
class Memory:
    """What the journal knows of one zone, and *seen*: when a pass last looked at it (seconds since 1970 UTC), None for never."""

    facts: Mapping[FactKey, Fact] = field(default_factory=dict)
    seen: float | None = None


class Journal:
    """One transaction over the journal, as a context: read, look at the world, store; kept when the block ends without an error.

    From its beginning a second run that would write waits, and is told to come back when that takes too long.
    """

    def __init__(self, path: str, writable: bool, content: str | None = None) -> None:
        """Opens *path*, which is made when it is missing and *writable*; or *content*, what export() gave of a journal elsewhere.

        Raises MultisignerError when that cannot be done.
        """
        self._path = path
        self._writable = writable
        try:
            if content is None:
                self._connection = self._open()
            else:
                self._connection = self._prepared(sqlite3.connect(':memory:', isolation_level=None))
                self.replace(content)
        except (OSError, sqlite3.Error) as error:
            raise self._error(error) from None

    def export(self, zones: Collection[str] | None = None) -> str:
        """What it has of *zones*, by default of all, as one text, in base64; the same for the same content."""
        tables = {
            table: sorted((row for row in self._select(select) if zones is None or row[0] in zones), key=repr)
            for table, (select, _delete, _insert) in _TABLES.items()
        }
        return base64.b64encode(zlib.compress(json.dumps(tables).encode())).decode('ascii')

    def replace(self, content: str, zones: Collection[str] | None = None) -> None:
        """Makes what export() gave the whole content, or all that there is of *zones*: nothing of any other zone is touched.

        Raises MultisignerError for a text that export() did not give.
        """
        try:
            tables = json.loads(zlib.decompress(base64.b64decode(content, validate=True)))
            found = {table: [tuple(values) for values in tables[table]] for table in _TABLES}
        except (ValueError, zlib.error, KeyError, TypeError):
            raise MultisignerError(f'what is to replace the journal {self._path} is no journal', remedy='Read it again from its host') from None
        for table, (select, delete, insert) in _TABLES.items():
            for zone in {row[0] for row in self._select(select)} if zones is None else zones:
                self._write(delete, zone)
            for values in found[table]:
                if zones is None or values[0] in zones:
                    self._write(insert, *values)

    def _open(self) -> sqlite3.Connection:
        if not self._writable and (not os.path.exists(self._path) or os.path.getsize(self._path) == 0):
            return self._prepared(sqlite3.connect(':memory:'))
        if not os.path.exists(self._path):
            os.makedirs(os.path.dirname(self._path) or '.', mode=0o700, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        mode = 'rw' if self._writable else 'ro'
        connection = sqlite3.connect(f'file:{quote(self._path)}?mode={mode}', uri=True, timeout=LOCK_WAIT, isolation_level=None)
        if self._writable:
            connection.execute('BEGIN IMMEDIATE')
        return self._prepared(connection)

    def _prepared(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        (version,) = connection.execute('PRAGMA user_version').fetchone()
        if version == 0:
            connection.execute(
                'CREATE TABLE fact (zone TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, since REAL, ttl INTEGER NOT NULL,'
                ' PRIMARY KEY (zone, kind, subject)) WITHOUT ROWID'
            )
            connection.execute('CREATE TABLE zone (name TEXT NOT NULL PRIMARY KEY, seen REAL NOT NULL) WITHOUT ROWID')
            connection.execute('CREATE TABLE removing (zone TEXT NOT NULL, run TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (zone, run)) WITHOUT ROWID')
            connection.execute(
                'CREATE TABLE clock (zone TEXT NOT NULL, boot TEXT NOT NULL, uptime REAL NOT NULL, time REAL NOT NULL, PRIMARY KEY (zone, boot)) WITHOUT ROWID'
            )
            connection.execute(f'PRAGMA user_version = {SCHEMA_VERSION}')
        elif version != SCHEMA_VERSION:
            raise MultisignerError(
                f'the journal {self._path} was written by another release (schema {version}, this one has {SCHEMA_VERSION})',
                remedy='Use that release, or move the file away: then every wait starts anew, which is safe',
            )
        return connection

    def memories(self) -> dict[str, Memory]:
        """What is known, by zone. One does not count as seen when the clock was set since something was last written about it."""
        facts: dict[str, dict[FactKey, Fact]] = {}
        rows = self._select('SELECT zone, kind, subject, since, ttl FROM fact')
        unproven = self.before_clock_was_set()
        seen = {zone: time for zone, time in self._select('SELECT name, seen FROM zone') if zone not in unproven}
        for zone, kind, subject, since, ttl in rows:
            fact = Fact(kind, subject, since, ttl)
            facts.setdefault(zone, {})[fact.key] = fact
        return {zone: Memory(facts.get(zone, {}), seen.get(zone)) for zone in {*facts, *seen}}

    def zones_with(self, kind: str) -> frozenset[str]:
        """The zones of which a fact of *kind* is known."""
        return frozenset(zone for zone, in self._select('SELECT DISTINCT zone FROM fact WHERE kind = ?', kind))

    def before_clock_was_set(self) -> frozenset[str]:
        """The zones since whose last write on this boot of this machine the clock went otherwise than time did."""
        boot, uptime = _boot()
        now = time.time()
        rows = self._select('SELECT zone, uptime, time FROM clock WHERE boot = ?', boot)
        return frozenset(zone for zone, before, then in rows if abs((now - then) - (uptime - before)) > CLOCK_TOLERANCE)

    def held_until(self, run: str, now: float) -> dict[str, float]:
        """Until when another run than *run* may still be removing something from a zone, by zone."""
        return dict(self._select('SELECT zone, max(until) FROM removing WHERE run != ? AND until > ? GROUP BY zone', run, now))

    def remove_until(self, run: str, until: float, zones: Collection[str]) -> None:
        """Notes that *run* may be removing something from *zones* until then, and from no other zone."""
        now = time.time()
        outdated = {(zone, known, end) for zone, known, end in self._select('SELECT * FROM removing') if known == run or end < now}
        noted = {(zone, run, until) for zone in zones}
        if self._writable and outdated != noted:
            self._write('DELETE FROM removing WHERE run = ? OR until < ?', run, now)
            for values in sorted(noted):
                self._write('INSERT INTO removing VALUES (?, ?, ?)', *values)

    def store(self, zone: str, before: Memory, after: Memory) -> bool:
        """Makes *after* what is known of *zone*; *before* is what memories() gave for it. Returns whether any fact differed.

        That it was seen is worth a write only with a new fact, and otherwise often enough for the known facts to go on counting.
        """
        changed = [fact for key, fact in after.facts.items() if before.facts.get(key) != fact]
        gone = [key for key in before.facts if key not in after.facts]
        seen = after.seen or 0
        is_due = bool(changed or gone) or before.seen is None or not 0 <= seen - before.seen < GAP // 4
        if self._writable and is_due:
            for fact in changed:
                values = (zone, fact.kind, fact.subject, fact.since, fact.ttl)
                self._write('INSERT OR REPLACE INTO fact (zone, kind, subject, since, ttl) VALUES (?, ?, ?, ?, ?)', *values)
            for kind, subject in gone:
                self._write('DELETE FROM fact WHERE zone = ? AND kind = ? AND subject = ?', zone, kind, subject)
            self._write('INSERT OR REPLACE INTO zone (name, seen) VALUES (?, ?)', zone, seen)
            boot, uptime = _boot()
            now = time.time()
            self._write('DELETE FROM clock WHERE zone = ? AND time < ?', zone, now - GAP)  # by then what was seen has lost its worth anyway
            self._write('INSERT OR REPLACE INTO clock VALUES (?, ?, ?, ?)', zone, boot, uptime, now)
        return bool(changed or gone)

    def _select(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._error(error) from None

    def _write(self, statement: str, *values: Any) -> None:
        try:
            self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise self._error(error) from None

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, failed: object, *_unused: object) -> None:
        """Commits, all or nothing, and nothing after an error. Raises MultisignerError when the disk does not take it."""
        try:
            if self._connection.in_transaction and not failed:
                self._connection.execute('COMMIT')
        except sqlite3.Error as error:
            raise self._error(error) from None
        finally:
            self._connection.close()

    def _error(self, error: Exception) -> MultisignerError:
        reason = getattr(error, 'strerror', None) or str(error)
        remedy = 'See that the folder exists, can be written and has space'
        if 'locked' in reason:
            reason, remedy = 'another run holds it', 'Run again when that run has ended. Runs for several shares at once want multisigner_journal_host'
        elif isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            remedy = 'Move the file away: then every wait starts anew, which is safe'
        return MultisignerError(f'the journal {self._path} cannot be used: {reason}', remedy=remedy)


def _boot() -> tuple[str, float]:
    """Which boot of which machine this is, and the seconds since then, which nobody can set."""
    try:
        with open(BOOT_ID, encoding='ascii') as file:
            return file.read().strip(), time.clock_gettime(time.CLOCK_BOOTTIME)
    except (OSError, AttributeError):
        return '', time.time()  # not Linux: nothing to compare with
