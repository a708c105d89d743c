# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The union DS set of a zone with several signers, and what must be true before it may stand at the parent.

Computed from the signers' own KSKs and CSKs with one set of digest types for all of them, never put together from lists that
providers print (those differ in digest types, and RFC 9904 wants one set for every key). What is to go is named DS by DS and never
inferred. Since none of the wanted ones can be named, every signer stays covered by a DS of a key that was checked. Pure: no I/O, no clock.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable, Sequence, TypeVar

from .dnskey import DIGEST_LENGTHS, DNSKEY, DS, NS
from .errors import MultisignerError

Value = TypeVar('Value', DS, NS)


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
    """How the DS set at the parent, *present*, is to change; all sorted. *missing* of the *wanted* are to be added.

    *request* are those that somebody asked to remove, and *remove* what of them is there. *unknown* are those that nobody asked for
    and nobody asked to remove: they stay.
    """

    wanted: tuple[DS, ...]
    present: tuple[DS, ...]
    missing: tuple[DS, ...]
    unknown: tuple[DS, ...]
    request: tuple[DS, ...]
    remove: tuple[DS, ...]

    @property
    def told_unknown(self) -> str:
        """A sentence for the message, after the others; empty when there are none."""
        if not self.unknown:
            return ''
        return f' Left alone, since no listed key has it and "remove" does not name it: {"; ".join(f"DS {ds.text}" for ds in self.unknown)}.'


def union_ds(zone: str, signers: Sequence[SignerKeys], digest_types: Sequence[int], insecure: bool = False) -> tuple[DS, ...]:
    """One DS for every own KSK or CSK of every signer and every digest type, sorted. Empty only without signers, and only when *insecure*.

    Raises MultisignerError for an empty set, for a signer that would be left without a DS, for a key that is not in its signer's
    DNSKEY RRset or does not sign it, for one that is no secure entry point, and for digests that RFC 9905 forbids.
    """
    if not signers and not insecure:
        raise MultisignerError(
            'no signer is given, so the DS set would be empty', zone=zone,
            remedy='List every delegated signer; for a zone that is to be unsigned from now on, set insecure: true for it',
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


def compare(zone: str, wanted: Sequence[DS], present: Iterable[DS], signers: Sequence[SignerKeys], remove: Iterable[DS] = ()) -> DsChange:
    """What the parent lacks, what of *remove* it still has, and what it has besides.

    Raises MultisignerError for a DS that is wanted and to be removed, and for one of a listed key that has another digest type than
    the wanted ones and is not in *remove*.
    """
    now, going = set(present), set(remove)
    both = sorted(going & set(wanted))
    if both:
        raise MultisignerError(
            'is to be removed, and it is of a key that a listed signer is to keep', zone=zone, record=f'DS {both[0].text}',
            remedy='Take it off "remove"; or, when that key is to go, off the "sep_keys" of its signer, which needs another one there',
        )
    unknown = tuple(sorted(now - set(wanted) - going))
    _check_digest_types(zone, unknown, {key for signer in signers for key in signer.sep_keys})
    return DsChange(tuple(sorted(wanted)), tuple(sorted(now)), tuple(sorted(set(wanted) - now)), unknown, tuple(sorted(going)), tuple(sorted(now & going)))


def room_for(zone: str, change: DsChange, signers: Sequence[SignerKeys], maximum: int, interface: str) -> tuple[DS, ...]:
    """Those of *change.remove* that must go first, so that what is missing fits into the *maximum* of DS, or with the *interface* 'key'
    of keys, that the parent takes.

    Every other removal waits until all that was added is seen. So only a DS that matches no key in any signer's DNSKEY RRset goes first,
    since no answer needs it, and only while one that is wanted stays. Raises MultisignerError when these are too few.
    """
    def room(values: Iterable[DS]) -> int:
        """How many places *values* take: each its own, or one for all that are made from one key."""
        found = set(values)
        return len(found) if interface == 'ds' else len({(ds.tag, ds.algorithm) for ds in found})

    present, needed = set(change.present), set(change.present) | set(change.missing)
    if not change.missing or room(needed) <= maximum:
        return ()
    keys = {key for signer in signers for key in (*signer.dnskeys, *signer.sep_keys)}
    going: list[DS] = []
    for ds in change.remove:
        if room(needed - set(going)) > maximum and not any(_names(ds, key, zone) for key in keys):
            going.append(ds)
    if room(needed - set(going)) > maximum or not (present - set(going)) & set(change.wanted):
        raise MultisignerError(
            f'the parent takes {maximum} DS or keys at most and would have {room(needed)}; what matches no key of any signer, '
            'and may go before the new ones are there, does not make enough room', zone=zone,
            remedy='Have a DS that nobody needs removed ("remove", or by hand at the parent), or finish one change of keys before the next',
        )
    return tuple(going)


def _check_digest_types(zone: str, unknown: Sequence[DS], keys: Iterable[DNSKEY]) -> None:
    others = [ds for ds in unknown if any(_names(ds, key, zone) for key in keys)]
    if others:
        raise MultisignerError(
            f'the parent has a DS of a listed key, but with another digest type than the DS set is to have: {"; ".join(ds.text for ds in others)}',
            zone=zone,
            remedy='Every key must be covered by the same types: set digest_types (2, or 2 and 4) to those that are there, '
            'or remove this DS at the parent (or by "remove" of registry_ds)',
        )


def _names(ds: DS, key: DNSKEY, zone: str) -> bool:
    """Whether *ds* may be of *key*: by digest; by tag and algorithm alone where the digest type is not computed here, since to keep a DS is safe."""
    if ds.digest_type in DIGEST_LENGTHS:
        return key.ds(zone, ds.digest_type) == ds
    return (key.tag, key.algorithm) == (ds.tag, ds.algorithm)


def agreed(zone: str, rtype: str, shown: Sequence[tuple[str, frozenset[Value]]]) -> frozenset[Value]:
    """The RRset of *rtype* that every parent server shows; *shown* are pairs of server and set. Raises MultisignerError when they differ."""
    if not shown:
        raise MultisignerError('no server of the parent is given', zone=zone, remedy='List all its authoritative servers in "servers"')
    first_server, first = shown[0]
    for server, values in shown[1:]:
        if values != first:
            raise MultisignerError(
                f'shows another {rtype} set than {first_server}: {_listed(values - first, "more")}{_listed(first - values, "fewer")}'.rstrip('; '),
                zone=zone, server=server, remedy='Wait until every server of the parent has the same zone, then run again; nothing was written',
            )
    return first


def _listed(values: Iterable[Value], word: str) -> str:
    texts = [value.text for value in sorted(values)]
    return f'{word}: {", ".join(texts)}; ' if texts else ''
