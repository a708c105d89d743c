# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keys of a model's signers: one bit of a mask for each, and the DNSKEY, DS and records that the real plan is shown for it.

All keys have the same 16-bit tag, so that whatever matches keys by their tag is found out. No signature is ever made.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Sequence

from ...plugins.module_utils._multisigner.dnskey import DNSKEY, DS, SEP, ZONE_KEY

ZONE = 'shop.example'
TAG = 4711
STRANGER = '?'  # whose key nobody's is: what a person puts in by mistake


@dataclass(frozen=True)
class Key:
    """One key. *role* is ksk, zsk or csk; *generation* counts the keys that its signer has had in that role."""

    bit: int
    signer: str
    role: str
    algorithm: int
    generation: int

    @property
    def is_sep(self) -> bool:
        return self.role != 'zsk'

    def __str__(self) -> str:
        return f'{self.signer}.{self.role}{self.generation}'


class KeyRing:
    """All keys of one model, by mask, by value and by name."""

    def __init__(self, wanted: Sequence[tuple[str, str, int, int]]) -> None:
        """*wanted*: signer, role, algorithm, generation of each key."""
        self.keys = tuple(Key(1 << number, *one) for number, one in enumerate(wanted))
        self.dnskey = {key.bit: _dnskey(number, key) for number, key in enumerate(self.keys)}
        self.ds = {key.bit: self.dnskey[key.bit].ds(ZONE) for key in self.keys}
        self.bit_of_dnskey = {value: bit for bit, value in self.dnskey.items()}
        self.bit_of_ds = {value: bit for bit, value in self.ds.items()}
        self._by_name = {(key.signer, key.role, key.generation): key.bit for key in self.keys}
        self.algorithm_masks = tuple(
            sum(key.bit for key in self.keys if key.algorithm == number) for number in sorted({key.algorithm for key in self.keys})
        )
        self.sep = sum(key.bit for key in self.keys if key.is_sep)
        self.ksk = sum(key.bit for key in self.keys if key.role == 'ksk')

    def bit(self, signer: str, role: str, generation: int) -> int:
        return self._by_name[signer, role, generation]

    def of(self, mask: int) -> Iterator[Key]:
        return (key for key in self.keys if key.bit & mask)

    def dnskeys(self, mask: int) -> frozenset[DNSKEY]:
        return frozenset(self.dnskey[key.bit] for key in self.of(mask))

    def ds_set(self, mask: int) -> frozenset[DS]:
        return frozenset(self.ds[key.bit] for key in self.of(mask))

    def names(self, mask: int) -> str:
        return '{' + ' '.join(str(key) for key in self.of(mask)) + '}'


def _dnskey(number: int, key: Key) -> DNSKEY:
    """A key that passes DNSKEY.check_usable(), with the tag TAG."""
    flags = ZONE_KEY | SEP if key.is_sep else ZONE_KEY
    body = bytes((0x80 + number,)) * (62 if key.algorithm == 13 else 254)
    if key.algorithm == 8:
        body = b'\x03\x01\x00\x01' + body  # RFC 3110: a short exponent, and a modulus of 2048 bits
    for low in range(0x10000):
        made = DNSKEY(flags, 3, key.algorithm, body + low.to_bytes(2, 'big'))
        if low == 0:
            start = made.tag
        if (start + low - TAG) % 0xFFFF < 2 and made.tag == TAG:
            return made
    raise AssertionError('no last word gives the tag')
