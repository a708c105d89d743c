# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which keys made which signatures, whatever the time, and which of them hold now. Pure; it never asks anybody.

What it does is bounded whatever a server answers: a few signatures of an RRset, a few keys of one tag and algorithm, and a budget for
the zone, so that colliding tags cost no more than time that was planned for (KeyTrap, CVE-2023-50387).
"""
from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Iterable, Mapping

from ..dnskey import DNSKEY
from ..errors import MultisignerError
from .survey import RRSIGS_CONSIDERED, SignedRRset

try:
    import dns.dnssec
    import dns.exception
    import dns.rdata
    import dns.rdataclass
    import dns.rdataset
    import dns.rdatatype
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass

KEYS_CONSIDERED = 64  # of a DNSKEY RRset; a group of signers in a rollover has a dozen
KEYS_OF_A_TAG = 4  # colliding ones that are tried for a signature


@dataclass(frozen=True)
class Outcome:
    """Who signed one RRset: *valid* are the keys with a signature that holds now, *late* those with one that is right but for its time.

    *strangers* are the tags of signatures that no known key has, *wrong* those of signatures that a known key did not make. *missing*: there is
    no signature at all.
    """

    valid: frozenset[DNSKEY] = frozenset()
    late: Mapping[DNSKEY, Any] | None = None
    strangers: tuple[int, ...] = ()
    wrong: tuple[int, ...] = ()
    missing: bool = False
    first_end: int | None = None  # seconds since 1970: when the first of the valid signatures ends
    ends: int | None = None  # when the last of them does
    begins: int | None = None

    @property
    def made_by(self) -> frozenset[DNSKEY]:
        """The keys that signed it, whatever the time."""
        return self.valid | frozenset(self.late or ())


class Signatures:
    """One zone's signatures at *now* (seconds since 1970 UTC) under *keys*, all that any of its servers publishes; each is checked once.

    At most *budget* checks are made; *exhausted* says that there would have been more.
    """

    def __init__(self, apex: Any, keys: Iterable[DNSKEY], now: int, budget: int) -> None:
        self._apex = apex
        self._now = now
        self._budget = budget
        self._memo: dict[Any, bool] = {}
        self._outcomes: dict[Any, Outcome] = {}
        self._by_tag: dict[tuple[int, int], list[tuple[DNSKEY, Any]]] = {}
        self.exhausted = False
        self.collisions = 0
        for key in sorted(set(keys)):
            same = self._by_tag.setdefault((key.tag, key.algorithm), [])
            if len(same) < KEYS_OF_A_TAG:
                same.append((key, _as_rdataset(key)))
            else:
                self.collisions += 1

    def outcome(self, signed: SignedRRset) -> Outcome:
        """Who signed *signed*."""
        identity = signed.identity
        if identity not in self._outcomes:
            self._outcomes[identity] = self._judge(signed, identity)
        return self._outcomes[identity]

    def _judge(self, signed: SignedRRset, identity: Any) -> Outcome:
        valid: dict[DNSKEY, Any] = {}
        late: dict[DNSKEY, Any] = {}
        strangers: list[int] = []
        wrong: list[int] = []
        for rrsig in signed.rrsigs[:RRSIGS_CONSIDERED]:
            known = self._by_tag.get((rrsig.key_tag, int(rrsig.algorithm)), ()) if rrsig.signer == self._apex else ()
            if not known:
                strangers.append(rrsig.key_tag)
                continue
            maker = next((key for key, rdataset in known if self._made(signed, identity, rrsig, key, rdataset)), None)
            if maker is None:
                wrong.append(rrsig.key_tag)
            elif rrsig.inception <= self._now <= rrsig.expiration:
                valid[maker] = rrsig
            else:
                late[maker] = rrsig
        ends = [rrsig.expiration for rrsig in valid.values()]
        return Outcome(
            frozenset(valid), {key: rrsig for key, rrsig in late.items() if key not in valid} or None, tuple(strangers), tuple(wrong),
            not signed.rrsigs, min(ends, default=None), max(ends, default=None), min((rrsig.inception for rrsig in valid.values()), default=None),
        )

    def _made(self, signed: SignedRRset, identity: Any, rrsig: Any, key: DNSKEY, rdataset: Any) -> bool:
        what = (identity[:3], rrsig, key)
        if what not in self._memo:
            if self._budget <= 0:
                self.exhausted = True
                return False
            self._budget -= 1
            self._memo[what] = self._verifies(signed.rrset, rrsig, rdataset)
        return self._memo[what]

    def _verifies(self, rrset: Any, rrsig: Any, rdataset: Any) -> bool:
        try:
            # at the time of its inception: whether the time is right is another question
            dns.dnssec.validate_rrsig(rrset, rrsig, {self._apex: rdataset}, now=rrsig.inception, policy=dns.dnssec.allow_all_policy)
        except ImportError:
            raise MultisignerError(
                'no signature can be verified: the Python library cryptography is missing, or too old for dnspython',
                remedy='Install it where this module runs: pip install "cryptography>=41"',
            ) from None
        except (dns.exception.DNSException, ValueError, struct.error, IndexError, OverflowError):
            return False
        return True


def _as_rdataset(key: DNSKEY) -> Any:
    rdataset = dns.rdataset.Rdataset(dns.rdataclass.IN, dns.rdatatype.DNSKEY)
    rdataset.add(dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.DNSKEY, key.wire, 0, len(key.wire)))
    return rdataset
