# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in remembers: accounts, tokens with their policies, domains with their RRsets. Never does I/O."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Callable, Tuple

RRsetKey = Tuple[str, str]  # subname, type; the apex has the subname ""

ALL_SUBNETS = ("0.0.0.0/0", "::/0")


@dataclass
class Account:
    """A customer. `limit_domains` None: any number. `daily_limit`: requests in 24 hours."""

    id: str
    email: str
    created: datetime
    password: str | None = None
    active: bool = True
    limit_domains: int | None = None
    daily_limit: int = 2000


@dataclass(frozen=True)
class Policy:
    """Who may write what, for one token: None is "any". A token without any policy may write everything."""

    id: str
    domain: str | None
    subname: str | None
    type: str | None
    perm_write: bool

    @property
    def key(self) -> tuple[str | None, str | None, str | None]:
        return (self.domain, self.subname, self.type)

    @property
    def is_default(self) -> bool:
        return self.key == (None, None, None)

    def covers(self, domain: str, subname: str, type_: str) -> bool:
        return all(mine in (None, asked) for mine, asked in zip(self.key, (domain, subname, type_)))


@dataclass
class Token:
    """What authenticates a request. `max_age` counts from `created`, `max_unused_period` from the last use."""

    id: str
    account: Account
    secret: str = field(repr=False)
    name: str
    created: datetime
    last_used: datetime | None = None
    mfa: bool | None = None
    max_age: timedelta | None = None
    max_unused_period: timedelta | None = None
    perm_create_domain: bool = False
    perm_delete_domain: bool = False
    perm_manage_tokens: bool = False
    allowed_subnets: tuple[str, ...] = ALL_SUBNETS
    auto_policy: bool = False
    policies: list[Policy] = field(default_factory=list)

    def is_valid(self, now: datetime) -> bool:
        if self.max_age is not None and self.created + self.max_age < now:
            return False
        return self.max_unused_period is None or (self.last_used or self.created) + self.max_unused_period >= now

    def may_write(self, domain: str, subname: str, type_: str) -> bool:
        """The most specific policy decides: the domain counts most, then the subname, then the type."""
        matching = [policy for policy in self.policies if policy.covers(domain, subname, type_)]
        if not matching:
            return not self.policies
        return min(matching, key=lambda policy: [part is None for part in policy.key]).perm_write


@dataclass(frozen=True)
class RRset:
    """Records that a client supplied, in canonical presentation format. The automatic ones are the signer's alone."""

    subname: str
    type: str
    ttl: int
    records: frozenset[str]
    created: datetime
    touched: datetime

    @property
    def key(self) -> RRsetKey:
        return (self.subname, self.type)


@dataclass
class Domain:
    """A zone. `lock` is held while a change is committed and given to PowerDNS: one change after the other."""

    id: int
    name: str
    owner: Account
    created: datetime
    minimum_ttl: int
    own_key: str
    rrsets: dict[RRsetKey, RRset]
    published: datetime | None = None
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def touched(self) -> datetime | None:
        moments = [rrset.touched for rrset in self.rrsets.values()]
        if self.published:
            moments.append(self.published)
        return max(moments) if moments else None

    def qname(self, subname: str) -> str:
        return f"{subname}.{self.name}." if subname else f"{self.name}."


class Store:
    """Everything, and the lock under which all of it is read and changed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.lock = threading.RLock()
        self.accounts: list[Account] = []
        self.tokens: list[Token] = []
        self.domains: dict[str, Domain] = {}
        self.creating: dict[str, threading.Lock] = {}
        self._clock = clock
        self._last = datetime.fromtimestamp(0, timezone.utc)
        self._domain_ids = 0

    def seconds(self) -> float:
        """Now, in seconds since 1970."""
        return self._clock()

    def tick(self) -> datetime:
        """Now, as a moment that no earlier call has got: lists are ordered by when a thing was made."""
        with self.lock:
            self._last = max(datetime.fromtimestamp(self._clock(), timezone.utc), self._last + timedelta(microseconds=1))
            return self._last

    def next_domain_id(self) -> int:
        with self.lock:
            self._domain_ids += 1
            return self._domain_ids

    def domains_of(self, account: Account) -> list[Domain]:
        """The account's domains, the newest first."""
        with self.lock:
            return sorted((d for d in self.domains.values() if d.owner is account), key=lambda d: d.created, reverse=True)

    def tokens_of(self, account: Account) -> list[Token]:
        """The account's tokens, the newest first."""
        with self.lock:
            return sorted((t for t in self.tokens if t.account is account), key=lambda t: t.created, reverse=True)


def new_id() -> str:
    return str(uuid.uuid4())


def moment(value: datetime | None) -> str | None:
    """A point in time as the API writes it."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if value else None
