# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values: DNSKEY, DS, NS, CSYNC and the records that signers exchange (DNSKEY, CDS, CDNSKEY, NS, CSYNC).

Standard library only, because it travels to name servers; dnspython is the referee in its tests.
It never does I/O. Keys are compared by their full RDATA, never by the 16-bit tag.
"""
from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Callable, Iterable, Union

from .errors import MultisignerError

SEP = 0x0001  # RFC 4034 section 2.1.1
REVOKE = 0x0080  # RFC 5011 section 7
ZONE_KEY = 0x0100  # RFC 4034 section 2.1.1

SHA256 = 2
SHA384 = 4
# RFC 9904 and RFC 9905: the digest types that a delegation may use; SHA-1 (1) and GOST (3) must not be.
DIGEST_LENGTHS: dict[int, int] = {SHA256: 32, SHA384: 48}

ALGORITHM_NAMES: dict[int, str] = {
    5: 'RSASHA1',
    7: 'RSASHA1-NSEC3-SHA1',
    8: 'RSASHA256',
    10: 'RSASHA512',
    13: 'ECDSAP256SHA256',
    14: 'ECDSAP384SHA384',
    15: 'ED25519',
    16: 'ED448',
}
# RFC 9904: algorithms with which a zone may be signed today.
SIGNING_ALGORITHMS: frozenset[int] = frozenset((8, 10, 13, 14, 15, 16))
# RFC 6605 section 4, RFC 8080 section 3: the public key has one length.
_FIXED_KEY_LENGTHS: dict[int, int] = {13: 64, 14: 96, 15: 32, 16: 57}
_MINIMUM_RSA_BITS = 1024
_MAXIMUM_RSA_BITS = 4096  # RFC 3110 section 2

# What every signer holds of the others' keys. The NS and CSYNC RRsets are looked at and written only where somebody asks for it.
RECORD_TYPES = ('DNSKEY', 'CDS', 'CDNSKEY')
CSYNC_IMMEDIATE = 1  # RFC 7477 section 2.1.1.2: nobody need confirm it
_TYPE_ORDER = ('A', 'NS', 'AAAA')  # what a CSYNC may name, by the numbers of the types
_HOST_LABEL = re.compile(r'^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')  # RFC 1123 section 2.1


def zone_name(text: str | None) -> str:
    """*text* as this collection writes zone names: lower case, no final dot (the root is ``.``).

    Raises MultisignerError when it is empty or not a domain name of RFC 1035 section 2.3.4's lengths.
    """
    if not text or not text.strip():
        raise MultisignerError('the name of a zone is empty', remedy='Write the name; the root zone is "."')
    name = text.strip().lower().rstrip('.') or '.'
    labels = name.split('.')
    if name != '.' and (len(name) > 253 or not all(re.match(r'^[a-z0-9_]([a-z0-9_/-]{0,61}[a-z0-9_])?$', label) for label in labels)):
        raise MultisignerError(f'"{text}" is not a domain name', remedy='Write it in ASCII (A-labels), for example shop.example')
    return name


def name_wire(name: str) -> bytes:
    """The uncompressed wire form of *name* in canonical (lower) case, RFC 4034 section 6.2."""
    labels = [] if name == '.' else name.rstrip('.').lower().split('.')
    return b''.join(bytes((len(label),)) + label.encode('ascii') for label in labels) + b'\0'


@dataclass(frozen=True, order=True)
class DS:
    """A DS or CDS RDATA (RFC 4034 section 5, RFC 7344 section 3.1)."""

    tag: int
    algorithm: int
    digest_type: int
    digest: bytes

    @property
    def text(self) -> str:
        """Presentation form with the digest in lower-case hex, as deSEC canonicalises it."""
        return f'{self.tag} {self.algorithm} {self.digest_type} {self.digest.hex()}'

    @property
    def is_delete(self) -> bool:
        """The request to remove all DS (RFC 8078 section 4): ``0 0 0 00``."""
        return self.algorithm == 0

    @classmethod
    def parse(cls, text: str) -> DS:
        """Reads ``TAG ALGORITHM DIGEST-TYPE HEX...``; the hex may be in several pieces. Raises MultisignerError."""
        fields = text.split()
        if len(fields) < 4:
            raise _malformed('DS', text, 'four fields are expected: key tag, algorithm, digest type, digest')
        tag, algorithm, digest_type = (_number('DS', text, fields[i], limit) for i, limit in enumerate((65535, 255, 255)))
        try:
            digest = bytes.fromhex(''.join(fields[3:]))
        except ValueError:
            raise _malformed('DS', text, 'the digest is not hexadecimal') from None
        if algorithm != 0 and len(digest) != DIGEST_LENGTHS.get(digest_type, len(digest)):
            raise _malformed('DS', text, f'a digest of type {digest_type} has {DIGEST_LENGTHS[digest_type]} bytes, this one has {len(digest)}')
        return cls(tag, algorithm, digest_type, digest)


@dataclass(frozen=True, order=True)
class DNSKEY:
    """A DNSKEY or CDNSKEY RDATA (RFC 4034 section 2)."""

    flags: int
    protocol: int
    algorithm: int
    key: bytes = field(repr=False)

    @cached_property
    def text(self) -> str:
        """Presentation form, the base64 in one piece (as deSEC and PowerDNS canonicalise it)."""
        return f'{self.flags} {self.protocol} {self.algorithm} {base64.b64encode(self.key).decode("ascii")}'

    @property
    def wire(self) -> bytes:
        return struct.pack('!HBB', self.flags, self.protocol, self.algorithm) + self.key

    @cached_property
    def tag(self) -> int:
        """The key tag, RFC 4034 appendix B. Not unique: never match keys by it."""
        wire = self.wire
        if len(wire) % 2:
            wire += b'\0'
        total: int = sum(struct.unpack(f'!{len(wire) // 2}H', wire))
        return (total + (total >> 16)) & 0xFFFF

    @property
    def is_sep(self) -> bool:
        """Marked as a secure entry point: a KSK or a CSK."""
        return bool(self.flags & SEP)

    @property
    def is_revoked(self) -> bool:
        return bool(self.flags & REVOKE)

    @property
    def is_delete(self) -> bool:
        """As a CDNSKEY: the request to remove all DS (RFC 8078 section 4)."""
        return self.algorithm == 0

    @property
    def algorithm_name(self) -> str:
        return ALGORITHM_NAMES.get(self.algorithm, f'algorithm {self.algorithm}')

    def __str__(self) -> str:
        """What people call the key: tag, algorithm, and whether it is a secure entry point."""
        return f'{self.tag} ({self.algorithm_name}, flags {self.flags})'

    def ds(self, zone: str, digest_type: int = SHA256) -> DS:
        """The DS of this key for *zone* (RFC 4034 section 5.1.4). Raises MultisignerError for digests that RFC 9905 forbids."""
        return _ds(self, zone, digest_type)

    def check_usable(self) -> None:
        """Raises MultisignerError when no signer may publish this key: what deSEC and others accept without a look."""
        problem: str | None = None
        if self.protocol != 3:
            problem = f'the protocol is {self.protocol}, it must be 3 (RFC 4034 section 2.1.2)'
        elif not self.flags & ZONE_KEY:
            problem = f'flags {self.flags} do not mark a zone key (RFC 4034 section 2.1.1): 256 or 257 is expected'
        elif self.is_revoked:
            problem = f'flags {self.flags} say that the key is revoked (RFC 5011)'
        elif self.flags & ~(ZONE_KEY | SEP):
            problem = f'flags {self.flags} have bits that no RFC defines for a zone key: 256 or 257 is expected'
        elif self.algorithm not in SIGNING_ALGORITHMS:
            problem = f'{self.algorithm_name} must not be used to sign a zone (RFC 9904)'
        else:
            problem = self._length_problem()
        if problem:
            raise MultisignerError(problem, record=f'DNSKEY {self.text}', remedy='Fetch the key again from its signer; do not publish this one')

    def _length_problem(self) -> str | None:
        expected = _FIXED_KEY_LENGTHS.get(self.algorithm)
        if expected is not None:
            if len(self.key) != expected:
                return f'a public key of {self.algorithm_name} has {expected} bytes, this one has {len(self.key)}: it is truncated or altered'
            return None
        bits = rsa_modulus_bits(self.key)
        if bits is None or not _MINIMUM_RSA_BITS <= bits <= _MAXIMUM_RSA_BITS:
            size = 'no readable modulus' if bits is None else f'a modulus of {bits} bits'
            return f'an RSA key has a modulus of {_MINIMUM_RSA_BITS} to {_MAXIMUM_RSA_BITS} bits (RFC 3110), this one has {size}: it is truncated or altered'
        return None

    @classmethod
    def parse(cls, text: str) -> DNSKEY:
        """Reads ``FLAGS PROTOCOL ALGORITHM BASE64...``; the base64 may be in several pieces. Raises MultisignerError.

        Only the form is checked: see check_usable() for the sense.
        """
        fields = text.split()
        if len(fields) < 4:
            raise _malformed('DNSKEY', text, 'four fields are expected: flags, protocol, algorithm, public key')
        flags, protocol, algorithm = (_number('DNSKEY', text, fields[i], limit) for i, limit in enumerate((65535, 255, 255)))
        try:
            key = base64.b64decode(''.join(fields[3:]), validate=True)
        except (binascii.Error, ValueError):
            raise _malformed('DNSKEY', text, 'the public key is not base64') from None
        if not key:
            raise _malformed('DNSKEY', text, 'the public key is empty')
        return cls(flags, protocol, algorithm, key)


@dataclass(frozen=True, order=True)
class NS:
    """An NS RDATA: the name of a server, in lower case, without a final dot."""

    target: str

    @property
    def text(self) -> str:
        return '.' if self.target == '.' else f'{self.target}.'

    @classmethod
    def parse(cls, text: str) -> NS:
        """Reads the name, which is absolute with and without a final dot. Raises MultisignerError."""
        fields = text.split()
        if len(fields) != 1:
            raise _malformed('NS', text, 'one name is expected')
        return cls(zone_name(fields[0]))

    def check_usable(self) -> None:
        """Raises MultisignerError when it cannot be the whole name of a host: then no resolver would find the server."""
        labels = self.target.split('.')
        if len(labels) < 2 or not all(_HOST_LABEL.match(label) for label in labels) or labels[-1].isdigit():
            raise MultisignerError(
                f'"{self.target}" is not the whole name of a host', record=f'NS {self.text}', remedy='Write the name, not the address: ns1.example.net'
            )


@dataclass(frozen=True, order=True)
class CSYNC:
    """A CSYNC RDATA (RFC 7477 section 2.1): the parent is to take the records of *types* from the zone. *types*: upper case, in the order of _TYPE_ORDER."""

    serial: int
    flags: int
    types: tuple[str, ...]

    @property
    def text(self) -> str:
        return ' '.join((str(self.serial), str(self.flags), *self.types))

    @classmethod
    def of(cls, types: Iterable[str]) -> CSYNC:
        """One that holds at once, whatever the serial of the zone: each signer counts its serials by itself, so none can be named."""
        return cls(0, CSYNC_IMMEDIATE, _in_order(types))

    @classmethod
    def parse(cls, text: str) -> CSYNC:
        """Reads ``SERIAL FLAGS TYPE...``. Raises MultisignerError."""
        fields = text.split()
        if len(fields) < 2:
            raise _malformed('CSYNC', text, 'a serial, flags and types are expected')
        serial = int(fields[0]) if re.match(r'^[0-9]{1,10}$', fields[0]) else -1
        if not 0 <= serial < 2**32:
            raise _malformed('CSYNC', text, f'"{fields[0]}" is not a serial')
        return cls(serial, _number('CSYNC', text, fields[1], 65535), _in_order(fields[2:]))

    def check_usable(self) -> None:
        """Raises MultisignerError for one that no parent could follow at a zone of several signers, or that asks for more than NS and glue."""
        if self.flags != CSYNC_IMMEDIATE:
            raise MultisignerError(
                f'its flags are {self.flags}: with several signers they must be {CSYNC_IMMEDIATE}, "immediate". The serial of "soaminimum" means '
                'another content at each of them (RFC 7477 section 2.1.1.2)', record=f'CSYNC {self.text}', remedy='Write "CSYNC 0 1 NS"',
            )
        if 'NS' not in self.types or not set(self.types) <= set(_TYPE_ORDER):
            raise MultisignerError(
                'a parent takes NS from the zone, and with it A and AAAA, and nothing else (RFC 7477 section 2.1.1.2.1)', record=f'CSYNC {self.text}',
                remedy='Write "CSYNC 0 1 NS", or "CSYNC 0 1 A NS AAAA" where a server\'s name is below the zone',
            )


def _in_order(types: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({rtype.upper() for rtype in types}, key=lambda rtype: (*_TYPE_ORDER, rtype).index(rtype)))


Rdata = Union[DNSKEY, DS, NS, CSYNC]


@dataclass(frozen=True, order=True)
class Record:
    """One record that signers exchange: its type (DNSKEY, CDS, CDNSKEY, NS, CSYNC) and its RDATA. The owner is the zone's apex."""

    rtype: str
    rdata: Rdata

    @property
    def text(self) -> str:
        """``TYPE RDATA``, canonical: equal records have equal texts."""
        return f'{self.rtype} {self.rdata.text}'

    def __str__(self) -> str:
        if isinstance(self.rdata, DS):
            return f'{self.rtype} {self.rdata.tag} {self.rdata.algorithm} {self.rdata.digest_type}'
        if isinstance(self.rdata, NS):
            return f'{self.rtype} {self.rdata.target}'
        if isinstance(self.rdata, CSYNC):
            return self.text
        return f'{self.rtype} {self.rdata}'

    @property
    def is_delete(self) -> bool:
        """A CDS or CDNSKEY that asks the parent to remove all DS (RFC 8078 section 4)."""
        return self.rtype != 'DNSKEY' and isinstance(self.rdata, (DNSKEY, DS)) and self.rdata.is_delete

    def stands_for(self, key: DNSKEY, zone: str) -> bool:
        """Whether this DNSKEY, CDS or CDNSKEY is *key*, or points to it. By the public key itself, whatever the flags; never by tag."""
        if isinstance(self.rdata, DNSKEY):
            return (self.rdata.algorithm, self.rdata.key) == (key.algorithm, key.key)
        # a digest type that no delegation may use is nobody's
        return isinstance(self.rdata, DS) and self.rdata.digest_type in DIGEST_LENGTHS and self.rdata == key.ds(zone, self.rdata.digest_type)

    def check_usable(self) -> None:
        """Raises MultisignerError when no signer may publish this record."""
        if self.is_delete:
            raise MultisignerError(
                'this record asks the parent to remove every DS of the zone (RFC 8078 section 4)',
                record=self.text,
                remedy='Take it out of the list; going insecure is an operation of its own',
            )
        if isinstance(self.rdata, (DNSKEY, NS, CSYNC)):
            self.rdata.check_usable()
        elif self.rdata.digest_type not in DIGEST_LENGTHS:
            raise MultisignerError(
                f'digest type {self.rdata.digest_type} must not be used for a delegation (RFC 9905)', record=self.text,
                remedy='Use digest type 2 (SHA-256) or 4 (SHA-384)',
            )


@lru_cache(maxsize=65536)
def _ds(key: DNSKEY, zone: str, digest_type: int) -> DS:
    hashes = {SHA256: hashlib.sha256, SHA384: hashlib.sha384}
    if digest_type not in hashes:
        raise MultisignerError(
            f'DS digest type {digest_type} must not be used for a delegation (RFC 9905)',
            zone=zone,
            remedy='Use 2 (SHA-256), or 2 and 4 (SHA-384)',
        )
    return DS(key.tag, key.algorithm, digest_type, hashes[digest_type](name_wire(zone) + key.wire).digest())


def parse_record(text: str, zone: str) -> Record:
    """Reads ``[OWNER [TTL] [IN]] TYPE RDATA`` as zone files, dig and dsset files write it; parentheses and comments are allowed.

    An OWNER that is not *zone* is an error: it is how a key of another zone is caught. Raises MultisignerError.
    """
    plain = ' '.join(line.split(';', 1)[0] for line in text.splitlines()).replace('(', ' ').replace(')', ' ')
    fields = plain.split()
    at = next((i for i, word in enumerate(fields) if word.upper() in _PARSERS), None)
    if at is None:
        raise MultisignerError(
            f'"{text.strip()}" is not a DNSKEY, CDS, CDNSKEY, NS or CSYNC record', zone=zone,
            remedy='Write it as "DNSKEY 257 3 13 BASE64" or as a line of a zone file'
        )
    before = [word for word in fields[:at] if word.upper() != 'IN' and not word.isdigit()]
    if before and before[0] != '@' and zone_name(before[0]) != zone_name(zone):
        raise MultisignerError(f'it belongs to zone {zone_name(before[0])}', zone=zone, record=plain, remedy='Never carry a key from one zone to another')
    rtype = fields[at].upper()
    try:
        return Record(rtype, _PARSERS[rtype](' '.join(fields[at + 1:])))
    except MultisignerError as error:
        raise error.at(zone=zone) from None


_PARSERS: dict[str, Callable[[str], Rdata]] = {
    'DNSKEY': DNSKEY.parse, 'CDS': DS.parse, 'CDNSKEY': DNSKEY.parse, 'NS': NS.parse, 'CSYNC': CSYNC.parse
}


def parse_dnskey(text: str, zone: str) -> DNSKEY:
    """The key of a DNSKEY record, in the forms of parse_record(). Raises MultisignerError, also for a record of another type."""
    record = parse_record(text, zone)
    if record.rtype != 'DNSKEY' or not isinstance(record.rdata, DNSKEY):
        raise MultisignerError('a DNSKEY record is expected here', zone=zone, record=record.text, remedy='Write it as "DNSKEY 257 3 13 ..."')
    return record.rdata


def parse_usable_records(texts: Iterable[str], zone: str) -> tuple[Record, ...]:
    """Reads records that are to be published in *zone* and checks each; the result is sorted, without repeats."""
    records: list[Record] = []
    for text in texts:
        record = parse_record(text, zone)
        try:
            record.check_usable()
        except MultisignerError as error:
            raise error.at(zone=zone) from None
        records.append(record)
    return sort_records(records)


def sort_records(records: Iterable[Record]) -> tuple[Record, ...]:
    """One order for output, files and diffs: by type, then by canonical text."""
    return tuple(sorted(set(records), key=lambda record: record.text))


def _malformed(kind: str, text: str, why: str) -> MultisignerError:
    return MultisignerError(f'malformed {kind}: {why}', record=' '.join(text.split()), remedy='Copy the whole record again from its source')


def _number(kind: str, text: str, word: str, limit: int) -> int:
    if not re.match(r'^[0-9]{1,9}$', word) or int(word) > limit:
        raise _malformed(kind, text, f'"{word}" is not a number from 0 to {limit}')
    return int(word)


def rsa_modulus_bits(key: bytes) -> int | None:
    """Bits of the modulus in an RSA public key of RFC 3110 section 2; None when it cannot be read."""
    if len(key) < 3:
        return None
    start = 1 + key[0] if key[0] else 3 + struct.unpack('!H', key[1:3])[0]
    modulus = key[start:]
    if not modulus or modulus[0] == 0:
        return None
    return int.from_bytes(modulus, 'big').bit_length()
