# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Proofs of non-existence: what proves, and each way in which a record that looks like a proof is none."""
from __future__ import annotations

import re

import dns.dnssec
import dns.name
import dns.rdatatype
import dns.rrset
import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify import denial
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.denial import prove
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.survey import SignedRRset

APEX = dns.name.from_text('shop.example')
A = int(dns.rdatatype.A)
DS = int(dns.rdatatype.DS)


def name(text: str) -> dns.name.Name:
    return dns.name.from_text(text, APEX) if text != '@' else APEX


def nsec(owner: str, following: str, types: str) -> SignedRRset:
    return SignedRRset(dns.rrset.from_text(name(owner), 300, 'IN', 'NSEC', f'{name(following)} {types} RRSIG NSEC'))


def digest(text: str) -> str:
    return dns.dnssec.nsec3_hash(name(text), '', 0, 1)


def nsec3(owner: str, following: str, types: str = 'A', flags: int = 0, iterations: int = 0) -> SignedRRset:
    """*owner* and *following* are hashes."""
    return SignedRRset(dns.rrset.from_text(name(owner), 300, 'IN', 'NSEC3', f'1 {flags} {iterations} - {following} {types}'))


def matching(text: str, types: str, flags: int = 0) -> SignedRRset:
    return nsec3(digest(text), after(digest(text)), types, flags)


def covering(text: str, flags: int = 0) -> SignedRRset:
    return nsec3(before(digest(text)), after(digest(text)), 'A', flags)


def after(text: str) -> str:
    return _next(text, 1)


def before(text: str) -> str:
    return _next(text, -1)


def _next(text: str, step: int) -> str:
    digits = '0123456789ABCDEFGHIJKLMNOPQRSTUV'
    number = sum(digits.index(letter) * 32 ** place for place, letter in enumerate(reversed(text.upper()))) + step
    return ''.join(digits[number // 32 ** place % 32] for place in reversed(range(32)))


WHOLE = nsec('@', 'zz', 'SOA NS A')

GOOD = {
    'NXDOMAIN by two': (denial.NXDOMAIN, 'b', A, [nsec('a', 'c', 'A'), nsec('@', 'a', 'SOA NS')]),
    'NXDOMAIN by one': (denial.NXDOMAIN, 'b', A, [WHOLE]),
    'NXDOMAIN by the last': (denial.NXDOMAIN, 'z', A, [nsec('y', '@', 'A'), nsec('@', 'a', 'SOA NS')]),
    'NODATA': (denial.NODATA, 'b', A, [nsec('b', 'c', 'MX')]),
    'NODATA between names': (denial.NODATA, 'b', A, [nsec('a', 'x.b', 'A')]),
    'NODATA of a wildcard': (denial.NODATA, 'x.b', A, [nsec('*.b', 'c', 'MX')]),
    'DS below': (denial.NODATA, 'b', DS, [nsec('b', 'c', 'NS')]),
    'an insecure delegation': (denial.INSECURE, 'b', DS, [nsec('b', 'c', 'NS')]),
    'an expansion': (denial.WILDCARD, 'x.b', A, [nsec('*.b', 'y.b', 'A')]),
    'NXDOMAIN, hashed': (denial.NXDOMAIN, 'b', A, [matching('@', 'SOA NS'), covering('b'), covering('*')]),
    'NODATA, hashed': (denial.NODATA, 'b', A, [matching('b', 'MX')]),
    'NODATA of a wildcard, hashed': (denial.NODATA, 'b', A, [matching('@', 'SOA NS'), covering('b'), matching('*', 'MX')]),
    'DS under opt-out': (denial.NODATA, 'b', DS, [matching('@', 'SOA NS'), covering('b', flags=1)]),
    'an insecure delegation, hashed': (denial.INSECURE, 'b', DS, [matching('b', 'NS')]),
    'an insecure delegation under opt-out': (denial.INSECURE, 'b', DS, [matching('@', 'SOA NS'), covering('b', flags=1)]),
    'an expansion, hashed': (denial.WILDCARD, 'x.b', A, [covering('x.b')]),
}


@pytest.mark.parametrize('case', GOOD)
def test_what_proves(case: str) -> None:
    what, qname, rdtype, authority = GOOD[case]
    assert prove(what, APEX, name(qname), rdtype, authority, name('b')).why_not == ''


BAD = {
    'nothing': (denial.NXDOMAIN, 'b', A, [], 'no NSEC and no NSEC3'),
    'a gap': (denial.NXDOMAIN, 'd', A, [nsec('a', 'c', 'A')], 'no NSEC covers d'),
    'a wildcard that may exist': (denial.NXDOMAIN, 'x.b', A, [nsec('a.b', 'y.b', 'A')], r'the wildcard \*\.b'),
    'a name that exists': (denial.NXDOMAIN, 'b', A, [nsec('a', 'x.b', 'A')], 'shows that it exists'),
    'the NSEC of a delegation above': (denial.NXDOMAIN, 'x.b', A, [nsec('b', 'c', 'NS')], 'no NSEC covers'),
    'the NSEC of a DNAME above': (denial.NXDOMAIN, 'x.b', A, [nsec('b', 'c', 'DNAME')], 'no NSEC covers'),
    'the type is there': (denial.NODATA, 'b', A, [nsec('b', 'c', 'A')], 'bitmap has A'),
    'a CNAME is there': (denial.NODATA, 'b', A, [nsec('b', 'c', 'CNAME')], 'bitmap has CNAME'),
    'another name': (denial.NODATA, 'b', A, [nsec('x', 'y', 'A')], 'no NSEC matches or covers'),
    'the wildcard has the type': (denial.NODATA, 'x.b', A, [nsec('*.b', 'c', 'A')], 'bitmap has A'),
    'a delegation says nothing of A': (denial.NODATA, 'b', A, [nsec('b', 'c', 'NS')], 'that of a delegation'),
    'the child says nothing of DS': (denial.NODATA, 'b', DS, [nsec('b', 'c', 'SOA NS')], 'not of its parent'),
    'a secure delegation': (denial.INSECURE, 'b', DS, [nsec('b', 'c', 'NS DS')], 'has DS or SOA'),
    'no delegation': (denial.INSECURE, 'b', DS, [nsec('b', 'c', 'A')], 'no NS'),
    'an expansion of a name that exists': (denial.WILDCARD, 'x.b', A, [nsec('y.b', 'z.b', 'A')], 'no NSEC covers'),
    'no closest encloser': (denial.NXDOMAIN, 'b', A, [covering('b'), covering('*')], 'no NSEC3 matches a name above'),
    'no next closer name': (denial.NXDOMAIN, 'b', A, [matching('@', 'SOA NS'), covering('*')], 'no NSEC3 covers the next closer'),
    'no wildcard': (denial.NXDOMAIN, 'b', A, [matching('@', 'SOA NS'), covering('b')], 'no NSEC3 covers the wildcard'),
    'an encloser that is a delegation': (denial.NXDOMAIN, 'x.b', A, [matching('b', 'NS'), covering('x.b'), covering('*.b')], 'delegation or DNAME'),
    'the name exists': (denial.NXDOMAIN, 'b', A, [matching('b', 'A')], 'it exists'),
    'the type is there, hashed': (denial.NODATA, 'b', A, [matching('b', 'A')], 'bitmap has A'),
    'DS without opt-out': (denial.INSECURE, 'b', DS, [matching('@', 'SOA NS'), covering('b')], 'has no opt-out'),
    'the record of another zone': (denial.NODATA, 'b', A, [SignedRRset(dns.rrset.from_text(
        'b.shop.example.', 300, 'IN', 'NSEC3', f'1 0 0 - {after(digest("b"))} MX'))], 'no NSEC3 matches'),
}


@pytest.mark.parametrize('case', BAD)
def test_what_does_not_prove(case: str) -> None:
    what, qname, rdtype, authority, why = BAD[case]
    proof = prove(what, APEX, name(qname), rdtype, authority, name('b'))
    assert not proof.unknown and re.search(why, proof.why_not)


def test_names_are_not_hashed_more_often_than_a_validator_would() -> None:
    def hashed(*_unused: object) -> str:
        raise AssertionError('a name was hashed')

    patch = pytest.MonkeyPatch()
    with patch.context() as patched:
        record = nsec3(digest('b'), after(digest('b')), 'A', iterations=2500)
        patched.setattr(dns.dnssec, 'nsec3_hash', hashed)
        assert prove(denial.NXDOMAIN, APEX, name('b'), A, [record]).unknown
