# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The union DS set of a zone with several signers, and what must be true before it may stand at the parent.

Computed from the signers' own KSKs and CSKs with one set of digest types for all of them, never put together from lists that
providers print (those differ in digest types, and RFC 9904 wants one set for every key). Pure: no I/O, no clock.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Sequence

from .dnskey import DIGEST_LENGTHS, DNSKEY, DS
from .errors import MultisignerError


@dataclass(frozen=True)
class SignerKeys:
    """One delegated signer: *sep_keys* are its own KSKs and CSKs, *dnskeys* its live DNSKEY RRset.

    *proved* are the keys seen, by every server, to be in the DNSKEY RRset and to sign it now; None when nobody looked.
    """

    name: str
    sep_keys: tuple[DNSKEY, ...]
    dnskeys: frozenset[DNSKEY]
    proved: frozenset[DNSKEY] | None = None


@dataclass(frozen=True)
class DsChange:
    """How the DS set at the parent differs from the wanted one; all sorted. Applied, it makes *present* into *result*."""

    wanted: tuple[DS, ...]
    present: tuple[DS, ...]
    missing: tuple[DS, ...]
    unknown: tuple[DS, ...]
    remove: tuple[DS, ...]

    @property
    def result(self) -> tuple[DS, ...]:
        return tuple(sorted((set(self.present) | set(self.missing)) - set(self.remove)))


def union_ds(zone: str, signers: Sequence[SignerKeys], digest_types: Sequence[int]) -> tuple[DS, ...]:
    """One DS for every own KSK or CSK of every signer and every digest type, sorted.

    Raises MultisignerError for an empty set, for a signer that would be left without a DS, for a key that is not in its signer's
    DNSKEY RRset or does not sign it, for one that is no secure entry point, and for digests that RFC 9905 forbids.
    """
    if not signers:
        raise MultisignerError(
            'no signer is given, so the DS set would be empty', zone=zone, remedy='List every delegated signer; going insecure is an operation of its own'
        )
    if not digest_types:
        raise MultisignerError('no DS digest type is given, so the DS set would be empty', zone=zone, remedy='Use [2], or [2, 4]')
    found: set[DS] = set()
    for signer in signers:
        if not signer.sep_keys:
            raise MultisignerError(
                f'no KSK or CSK of signer {signer.name} is given: every answer of that signer would be bogus', zone=zone,
                remedy='Give the key that signs its DNSKEY RRset in "sep_keys", or take the signer off the list when it is not delegated to',
            )
        for key in signer.sep_keys:
            _check_key(zone, signer, key)
            found.update(key.ds(zone, digest_type) for digest_type in digest_types)
    return tuple(sorted(found))


def _check_key(zone: str, signer: SignerKeys, key: DNSKEY) -> None:
    try:
        key.check_usable()
    except MultisignerError as error:
        raise error.at(zone=zone) from None
    problem = ''
    if not key.is_sep:
        problem = f'key of signer {signer.name} is no secure entry point (flags {key.flags}, 257 is expected): no DS is made for a ZSK'
    elif key not in signer.dnskeys:
        problem = f'key is not in the DNSKEY RRset of signer {signer.name}: a DS for it would point to nothing there'
    elif signer.proved is not None and key not in signer.proved:
        problem = f'key does not sign the DNSKEY RRset at every server of signer {signer.name}: a DS for it would help no resolver there'
    if problem:
        raise MultisignerError(
            problem, zone=zone, record=f'DNSKEY {key.text}', remedy='Give the KSK or CSK with which this signer signs now; run again when every server shows it'
        )


def compare(zone: str, wanted: Sequence[DS], present: Iterable[DS], signers: Sequence[SignerKeys], purge: bool) -> DsChange:
    """What the parent lacks, and what it has that no signer answers for.

    Without *purge* an unknown DS is an error. With it, unknown DS are to be removed, except that a DS of a key which any signer
    still publishes, and which is no secure entry point of the new set, is an error: resolvers may be relying on it.
    """
    now = set(present)
    missing = tuple(sorted(set(wanted) - now))
    unknown = tuple(sorted(now - set(wanted)))
    entry_points = {key for signer in signers for key in signer.sep_keys}
    if unknown and not purge:
        raise _unknown(zone, unknown, entry_points)
    for ds in unknown:
        users = [signer.name for signer in signers if any(_names(ds, key, zone) for key in signer.dnskeys - entry_points)]
        if users:
            raise MultisignerError(
                f'its key is still in the DNSKEY RRset of signer {users[0]}', zone=zone, record=f'DS {ds.text}',
                remedy='Give that key in "sep_keys" while it is in use; its DS is removed before the key is, after their waits',
            )
    return DsChange(tuple(sorted(wanted)), tuple(sorted(now)), missing, unknown, unknown if purge else ())


def _unknown(zone: str, unknown: Sequence[DS], entry_points: Iterable[DNSKEY]) -> MultisignerError:
    keys = tuple(entry_points)
    strangers = [ds for ds in unknown if not any(_names(ds, key, zone) for key in keys)]
    if strangers:
        return MultisignerError(
            f'the parent has a DS that belongs to no KSK or CSK of the listed signers: {"; ".join(ds.text for ds in strangers)}', zone=zone,
            remedy='List the signer that it belongs to; when it belongs to none, remove it at the parent (or with purge: true of registry_ds)',
        )
    return MultisignerError(
        f'the parent has a DS of a listed key, but with another digest type than the DS set is to have: {"; ".join(ds.text for ds in unknown)}', zone=zone,
        remedy='Every key must be covered by the same types: set digest_types (2, or 2 and 4) to those that are there, '
        'or remove this DS at the parent (or with purge: true of registry_ds)',
    )


def _names(ds: DS, key: DNSKEY, zone: str) -> bool:
    """Whether *ds* may be of *key*: by digest; by tag and algorithm alone where the digest type is not computed here, since to keep a DS is safe."""
    if ds.digest_type in DIGEST_LENGTHS:
        return key.ds(zone, ds.digest_type) == ds
    return (key.tag, key.algorithm) == (ds.tag, ds.algorithm)


def agreed(zone: str, shown: Sequence[tuple[str, frozenset[DS]]]) -> frozenset[DS]:
    """The DS set that every parent server shows; *shown* are pairs of server and set. Raises MultisignerError when they differ."""
    if not shown:
        raise MultisignerError('no server of the parent is given', zone=zone, remedy='List all its authoritative servers in "servers"')
    first_server, first = shown[0]
    for server, values in shown[1:]:
        if values != first:
            raise MultisignerError(
                f'shows another DS set than {first_server}: {_listed(values - first, "more")}{_listed(first - values, "fewer")}'.rstrip('; '),
                zone=zone, server=server, remedy='Wait until every server of the parent has the same zone, then run again; nothing was written',
            )
    return first


def _listed(values: Iterable[DS], word: str) -> str:
    texts = [ds.text for ds in sorted(values)]
    return f'{word}: {", ".join(texts)}; ' if texts else ''
