# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an answer proves what it denies: NSEC (RFC 4035 section 5.4, RFC 6840 section 4) and NSEC3 (RFC 5155 section 8). Pure.

It looks at names and bitmaps only; signatures.py says who signed them. Names are not hashed when the iterations are more than a
validator would do (RFC 9276, CVE-2023-50868).
"""
from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Sequence

from .survey import SignedRRset

try:
    import dns.dnssec
    import dns.exception
    import dns.name
    import dns.rdatatype
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass

ITERATIONS_HASHED = 150  # more make an answer insecure at best (BIND 9.18 and unbound stop here, newer ones at 50)
RECORDS_CONSIDERED = 12  # NSEC or NSEC3 RRsets of one answer; a proof needs three
SHA1 = 1  # the one hash algorithm of NSEC3
OPT_OUT = 0x01
_TO_BASE32HEX = bytes.maketrans(b'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', b'0123456789ABCDEFGHIJKLMNOPQRSTUV')  # RFC 4648 section 7

# What an answer may have to prove.
NXDOMAIN = 'NXDOMAIN'
NODATA = 'NODATA'
WILDCARD = 'wildcard expansion'
INSECURE = 'insecure delegation'


@dataclass(frozen=True)
class Nsec3Parameters:
    algorithm: int
    iterations: int
    salt: bytes
    opt_out: bool = False


@dataclass(frozen=True)
class Proof:
    """Whether *what* is proved; *why_not* in words. *unknown*: it was not looked at, since that would cost too much."""

    what: str
    why_not: str = ''
    unknown: bool = False

    @property
    def holds(self) -> bool:
        return not self.why_not


def has_type(rdata: Any, rdtype: int) -> bool:
    """Whether the bitmap of an NSEC or NSEC3 RDATA has *rdtype* (RFC 4034 section 4.1.2)."""
    window, bit = rdtype >> 8, rdtype & 0xFF
    for number, bitmap in rdata.windows:
        if number == window:
            return len(bitmap) > bit >> 3 and bool(bitmap[bit >> 3] & (0x80 >> (bit & 7)))
    return False


def type_text(rdtype: int) -> str:
    text: str = dns.rdatatype.to_text(dns.rdatatype.RdataType.make(rdtype))
    return text


def types_of(rdata: Any) -> frozenset[int]:
    """All types in the bitmap of an NSEC or NSEC3 RDATA."""
    return frozenset(
        (number << 8) + (place << 3) + bit
        for number, bitmap in rdata.windows for place, byte in enumerate(bitmap) for bit in range(8) if byte & (0x80 >> bit)
    )


def nsec3_parameters(records: Iterable[SignedRRset]) -> Nsec3Parameters | None:
    """The parameters of the first NSEC3 in *records*."""
    for signed in records:
        if signed.rtype == dns.rdatatype.NSEC3:
            rdata = signed.rrset[0]
            return Nsec3Parameters(int(rdata.algorithm), rdata.iterations, bytes(rdata.salt), bool(rdata.flags & OPT_OUT))
    return None


def prove(what: str, apex: Any, qname: Any, rdtype: int, authority: Sequence[SignedRRset], encloser: Any = None) -> Proof:
    """Whether *authority* proves *what* about *qname*, a name in the zone *apex*.

    *encloser* is the closest encloser that the signature of a wildcard expansion told by its count of labels.
    """
    nsec = [signed for signed in authority if signed.rtype == dns.rdatatype.NSEC and signed.name.is_subdomain(apex)][:RECORDS_CONSIDERED]
    nsec3 = [signed for signed in authority if signed.rtype == dns.rdatatype.NSEC3 and signed.name.is_subdomain(apex)][:RECORDS_CONSIDERED]
    if nsec:
        return Proof(what, _Nsec(apex, nsec).why_not(what, qname, rdtype, encloser))
    if nsec3:
        parameters = nsec3_parameters(nsec3)
        if parameters is None or parameters.algorithm != SHA1 or parameters.iterations > ITERATIONS_HASHED:
            return Proof(what, unknown=True)
        return Proof(what, _Nsec3(apex, nsec3, parameters).why_not(what, qname, rdtype, encloser))
    return Proof(what, 'there is no NSEC and no NSEC3')


def _denies_below(rdata: Any, owner: Any, apex: Any) -> bool:
    """Whether *owner* is a zone cut or a DNAME: its record says nothing about the names below (RFC 6840 section 4.1)."""
    cut = has_type(rdata, dns.rdatatype.NS) and owner != apex
    return cut or has_type(rdata, dns.rdatatype.DNAME)


def _type_problem(rdata: Any, rdtype: int, at_apex: bool) -> str:
    """Why a record that matches the name does not deny *rdtype*; empty when it does."""
    if has_type(rdata, rdtype) or has_type(rdata, dns.rdatatype.CNAME):
        return f'its bitmap has {type_text(rdtype) if has_type(rdata, rdtype) else "CNAME"}'
    if rdtype == dns.rdatatype.DS:
        return 'it is the record of the zone itself, not of its parent' if has_type(rdata, dns.rdatatype.SOA) and not at_apex else ''
    if has_type(rdata, dns.rdatatype.NS) and not has_type(rdata, dns.rdatatype.SOA):
        return 'it is that of a delegation'
    return ''


def _ancestors(name: Any, apex: Any) -> Iterable[Any]:
    """*name* and what is above it, down to *apex*."""
    while True:
        yield name
        if name == apex or len(name.labels) <= 1:
            return
        name = name.parent()


def _wildcard(encloser: Any) -> Any:
    return dns.name.Name((b'*', *encloser.labels))


class _Nsec:
    def __init__(self, apex: Any, records: Sequence[SignedRRset]) -> None:
        self._apex = apex
        self._records = [(signed.name, rdata) for signed in records for rdata in signed.rrset]

    def why_not(self, what: str, qname: Any, rdtype: int, encloser: Any) -> str:
        steps: dict[str, Callable[[], str]] = {
            NXDOMAIN: lambda: self._no_name(qname),
            NODATA: lambda: self._no_data(qname, rdtype),
            WILDCARD: lambda: '' if self._covering(qname) else f'no NSEC covers {qname}',
            INSECURE: lambda: self._insecure(qname),
        }
        return steps[what]()

    def _matching(self, name: Any) -> Any | None:
        return next((rdata for owner, rdata in self._records if owner == name), None)

    def _covering(self, name: Any) -> tuple[Any, Any] | None:
        for owner, rdata in self._records:
            after = owner < name
            before = name < rdata.next or rdata.next == self._apex
            below_cut = name.is_subdomain(owner) and name != owner and _denies_below(rdata, owner, self._apex)
            if after and before and not below_cut:
                return owner, rdata
        return None

    def _encloser(self, name: Any) -> Any | None:
        """The closest encloser: the longest name above *name* that the NSEC covering it shows to exist."""
        covering = self._covering(name)
        if covering is None:
            return None
        owner, rdata = covering
        return max((_common(name, owner), _common(name, rdata.next)), key=lambda common: len(common.labels))

    def _no_name(self, qname: Any) -> str:
        encloser = self._encloser(qname)
        if encloser is None:
            return f'no NSEC covers {qname}'
        if encloser == qname:
            return f'the NSEC that should deny {qname} shows that it exists, as an empty non-terminal'
        wildcard = _wildcard(encloser)
        return '' if self._covering(wildcard) else f'no NSEC covers the wildcard {wildcard}'

    def _no_data(self, qname: Any, rdtype: int) -> str:
        matching = self._matching(qname)
        if matching is not None:
            problem = _type_problem(matching, rdtype, qname == dns.name.root)
            return f'the NSEC of {qname} does not deny the type: {problem}' if problem else ''
        encloser = self._encloser(qname)
        if encloser is None:
            return f'no NSEC matches or covers {qname}'
        if encloser == qname:
            return ''  # an empty non-terminal: the next name is below it
        wildcard = _wildcard(encloser)
        matching = self._matching(wildcard)
        if matching is None:
            return f'no NSEC matches {qname} or the wildcard {wildcard}'
        problem = _type_problem(matching, rdtype, False)
        return f'the NSEC of {wildcard} does not deny the type: {problem}' if problem else ''

    def _insecure(self, qname: Any) -> str:
        matching = self._matching(qname)
        if matching is None:
            return f'no NSEC matches {qname}'
        return _delegation_problem(matching, f'the NSEC of {qname}')


def _delegation_problem(rdata: Any, which: str) -> str:
    if has_type(rdata, dns.rdatatype.DS) or has_type(rdata, dns.rdatatype.SOA):
        return f'{which} has DS or SOA in its bitmap'
    return '' if has_type(rdata, dns.rdatatype.NS) else f'{which} has no NS in its bitmap'


def _common(name: Any, other: Any) -> Any:
    """The longest common ancestor."""
    labels = name.fullcompare(other)[2]
    return dns.name.Name(name.labels[len(name.labels) - labels:])


def _base32hex(digest: bytes) -> str:
    return base64.b32encode(digest).translate(_TO_BASE32HEX, b'=').decode('ascii')


class _Nsec3:
    def __init__(self, apex: Any, records: Sequence[SignedRRset], parameters: Nsec3Parameters) -> None:
        self._apex = apex
        self._parameters = parameters
        self._hashes: dict[Any, str] = {}
        self._records = []
        for signed in records:
            for rdata in signed.rrset:
                same = (int(rdata.algorithm), rdata.iterations, bytes(rdata.salt)) == (parameters.algorithm, parameters.iterations, parameters.salt)
                if same and not rdata.flags & ~OPT_OUT and signed.name.parent() == apex:
                    self._records.append((signed.name.labels[0].decode('ascii', 'replace').upper(), _base32hex(rdata.next), rdata))

    def why_not(self, what: str, qname: Any, rdtype: int, encloser: Any) -> str:
        steps: dict[str, Callable[[], str]] = {
            NXDOMAIN: lambda: self._no_name(qname),
            NODATA: lambda: self._no_data(qname, rdtype),
            WILDCARD: lambda: self._expanded(qname, encloser),
            INSECURE: lambda: self._insecure(qname),
        }
        return steps[what]()

    def _hash(self, name: Any) -> str:
        if name not in self._hashes:
            self._hashes[name] = dns.dnssec.nsec3_hash(name, self._parameters.salt, self._parameters.iterations, self._parameters.algorithm).upper()
        return self._hashes[name]

    def _matching(self, name: Any) -> Any | None:
        digest = self._hash(name)
        return next((rdata for owner, _next, rdata in self._records if owner == digest), None)

    def _covering(self, name: Any) -> Any | None:
        digest = self._hash(name)
        for owner, following, rdata in self._records:
            inside = owner < digest < following if owner < following else digest > owner or digest < following
            if inside:
                return rdata
        return None

    def _encloser(self, qname: Any) -> tuple[Any, Any, str]:
        """The closest encloser, the record that covers the next closer name, and what is wrong (RFC 5155 section 8.3)."""
        nearer = None
        for name in _ancestors(qname, self._apex):
            matching = self._matching(name)
            if matching is None:
                nearer = name
                continue
            if nearer is None:
                return name, None, f'an NSEC3 matches {qname}: it exists'
            if _denies_below(matching, name, self._apex):
                return name, None, f'the NSEC3 of {name} is that of a delegation or DNAME'
            covering = self._covering(nearer)
            return name, covering, '' if covering is not None else f'no NSEC3 covers the next closer name {nearer}'
        return None, None, f'no NSEC3 matches a name above {qname}'

    def _no_name(self, qname: Any) -> str:
        encloser, _covering, problem = self._encloser(qname)
        if problem:
            return problem
        wildcard = _wildcard(encloser)
        return '' if self._covering(wildcard) is not None else f'no NSEC3 covers the wildcard {wildcard}'

    def _no_data(self, qname: Any, rdtype: int) -> str:
        matching = self._matching(qname)
        if matching is not None:
            problem = _type_problem(matching, rdtype, qname == dns.name.root)
            return f'the NSEC3 of {qname} does not deny the type: {problem}' if problem else ''
        encloser, covering, problem = self._encloser(qname)
        if problem:
            return f'no NSEC3 matches {qname}, and {problem}'
        if covering.flags & OPT_OUT and rdtype == dns.rdatatype.DS:
            return ''
        matching = self._matching(_wildcard(encloser))
        if matching is None:
            # RFC 5155 section 7.1 lets a signer leave out empty non-terminals that only insecure delegations make
            return '' if covering.flags & OPT_OUT else f'no NSEC3 matches {qname} or the wildcard {_wildcard(encloser)}'
        problem = _type_problem(matching, rdtype, False)
        return f'the NSEC3 of {_wildcard(encloser)} does not deny the type: {problem}' if problem else ''

    def _expanded(self, qname: Any, encloser: Any) -> str:
        nearer = dns.name.Name(qname.labels[len(qname.labels) - len(encloser.labels) - 1:])
        return '' if self._covering(nearer) is not None else f'no NSEC3 covers the next closer name {nearer}'

    def _insecure(self, qname: Any) -> str:
        matching = self._matching(qname)
        if matching is not None:
            return _delegation_problem(matching, f'the NSEC3 of {qname}')
        _encloser, covering, problem = self._encloser(qname)
        if problem:
            return f'no NSEC3 matches {qname}, and {problem}'
        return '' if covering.flags & OPT_OUT else f'no NSEC3 matches {qname}, and that which covers it has no opt-out'
