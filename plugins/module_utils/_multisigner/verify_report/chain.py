# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain of trust of one zone as a picture shows it: what stands where, what is broken or missing there, and which leads to which. Pure.

Nothing here knows a coordinate (picture.py) or a colour (style.py).
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import AbstractSet, Iterable, Sequence

from ..verify.findings import INFORMATION, SEVERITIES
from .returned import Ds, Key, Server, Signer, Told, Zone
from .words import DATA, KEY, KEYS, PARENT, SERVER, breaks_chain, count, in_short, listed, place
from .words import DS as AT_DS

OWN, FOREIGN, IDLE = 'own', 'foreign', 'idle'
DIGEST_NAMES = {1: 'SHA-1', 2: 'SHA-256', 4: 'SHA-384'}
NOTES_SHOWN = 4
KEYS_SHOWN = 16  # of one signer; a zone with more has a finding, and the page's table of keys

# What parts of the picture may be beside "there and in order".
PARTLY, ABSENT = 'partly', 'absent'


@dataclass(frozen=True)
class Note:
    """What is wrong with a part of the picture, in a few words. *severity* may be information."""

    severity: str
    text: str


@dataclass(frozen=True)
class Part:
    """A box. *state* is empty, PARTLY or ABSENT: a part that is missing is drawn where it belongs."""

    title: str
    lines: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    state: str = ''
    kind: str = OWN
    full: str = ''  # the record, for those who point at it
    broken: bool = False  # whether what leads to it does not hold

    @property
    def severity(self) -> str:
        """The worst of the notes; empty without any."""
        return worst(note.severity for note in self.notes)


@dataclass(frozen=True)
class DsPart:
    """A DS, and the place of the keys that it leads to: (column, position in `entry`). *column* is above which it stands."""

    part: Part
    leads_to: tuple[tuple[int, int], ...]
    column: int


@dataclass(frozen=True)
class Column:
    """One signer, from top to bottom. *entry* are the keys that sign its DNSKEY RRset, *others* the rest of those that it publishes or lacks."""

    name: str
    remarks: tuple[str, ...]
    servers: tuple[Part, ...]
    entry: tuple[Part, ...]
    keys: Part
    others: tuple[Part, ...]
    data: Part
    signs_data: tuple[tuple[bool, int], ...]  # whether among `entry`, and the position
    dim: bool


@dataclass(frozen=True)
class Chain:
    parent: Part
    ds: tuple[DsPart, ...]
    columns: tuple[Column, ...]


def worst(severities: Iterable[str]) -> str:
    return min(severities, key=SEVERITIES.index, default='')


def chain(zone: Zone, signers: Sequence[Signer]) -> Chain:
    """The chain through *signers*, which may be some of the zone's."""
    columns = []
    entries: list[list[Key]] = []
    for signer in signers:
        column, entry = _column(zone, signer)
        columns.append(column)
        entries.append(entry)
    return Chain(_parent(zone), tuple(_ds(zone, signers, entries)), tuple(columns))


def _notes(zone: Zone, told: Iterable[Told], signer: Signer | None = None) -> tuple[Note, ...]:
    """Equal words once; the worst first, since findings are sorted so. Of *signer*: its servers are named where it is not at all of them."""
    found = list(dict.fromkeys(Note(one.severity, in_short(one, zone.name) + _at(one, signer)) for one in told))
    more = len(found) - NOTES_SHOWN
    return (*found[:NOTES_SHOWN], Note(found[NOTES_SHOWN].severity, f'and {more} more below')) if more > 0 else tuple(found)


def _at(told: Told, signer: Signer | None) -> str:
    if signer is None:
        return ''
    known = [address for address in told.servers if address in signer.addresses]
    return f' at {listed(known, 2)}' if known and len(known) < len(signer.addresses) else ''


def _parent(zone: Zone) -> Part:
    called = zone.parent_zone or 'unknown'
    title = f'Parent zone {called}' + (f' ({zone.parent})' if zone.parent and zone.parent != zone.parent_zone else '')
    usable = [server for server in zone.parent_servers if not server.error]
    ttls = sorted({server.ds_ttl for server in usable if server.ds_ttl is not None})
    lines = [f'{count(len(usable), "server")}' + (f', DS with TTL {listed(map(str, ttls))} s' if ttls else '')]
    return Part(title, tuple(lines), _notes(zone, (one for one in zone.findings if place(one) == PARENT)))


def _ds(zone: Zone, signers: Sequence[Signer], entries: Sequence[Sequence[Key]]) -> Iterable[DsPart]:
    told = [one for one in zone.findings if place(one) == AT_DS]
    present = {ds.text for ds in zone.ds}
    absent = [Ds.read(text) for text in dict.fromkeys(one.ds for one in told) if text not in present]
    elsewhere = {signer.name for signer in zone.signers} - {signer.name for signer in signers}
    loose = []
    used = set()
    for ds in (*zone.ds, *absent):
        about = [one for one in told if one.ds == ds.text]
        named = {one.key for one in about}
        leads_to = tuple(
            (i, j) for i, entry in enumerate(entries) for j, key in enumerate(entry) if key.is_named_by(ds, zone.name) or key.text in named
        )
        owners = {owner for key in zone.keys if key.is_named_by(ds, zone.name) or key.text in named for owner in key.owners}
        if not leads_to and owners and owners <= elsewhere:
            continue  # its signer is in another picture
        part = _ds_part(zone, ds, about)
        if leads_to:
            used.add(leads_to[0][0])
            yield DsPart(part, leads_to, leads_to[0][0])
        else:
            loose.append((ds, part))
    for ds, part in loose:
        yield DsPart(part, (), _free_column(zone, signers, ds, used))


def _ds_part(zone: Zone, ds: Ds, about: Sequence[Told]) -> Part:
    digest = DIGEST_NAMES.get(ds.digest_type, f'digest type {ds.digest_type}')
    names = {key.algorithm_name for key in zone.keys if key.text.split(' ')[2:3] == [str(ds.algorithm)]}
    lines = [f'{", ".join(names) or f"algorithm {ds.algorithm}"}, {digest}']
    usable = [server.address for server in zone.parent_servers if not server.error]
    state = ''
    if not ds.servers:
        state = ABSENT
    elif set(ds.servers) != set(usable):
        state = PARTLY
        lines.append(f'only at {listed(ds.servers, 2)}')
    return Part(f'DS {ds.tag}', tuple(lines), _notes(zone, about), state, full=f'DS {ds.text}', broken=any(map(breaks_chain, about)))


def _free_column(zone: Zone, signers: Sequence[Signer], ds: Ds, used: AbstractSet[int]) -> int:
    """Above which signer a DS stands that leads to no key that signs: one without a DS, else one that publishes the key, else the last."""
    free = [i for i in range(len(signers)) if i not in used]
    named = {address for key in zone.keys if key.is_named_by(ds, zone.name) for address in key.published_by}
    publishing = [i for i, signer in enumerate(signers) if signer.addresses & named]
    return next(iter((*free, *publishing)), max(0, len(signers) - 1))


def _column(zone: Zone, signer: Signer) -> tuple[Column, list[Key]]:
    here = signer.addresses
    told = [one for one in zone.findings if signer.name in one.signers]
    own = [key for key in zone.keys if signer.name in key.owners]
    entry = sorted((key for key in own if key.signs_keys_at & here), key=lambda key: (not key.has_ds, key.tag))[:KEYS_SHOWN]
    zone_keys = [key for key in own if key not in entry]
    foreign = sorted((key for key in zone.keys if key.owners and signer.name not in key.owners), key=lambda key: (key.owners, key.role != 'ZSK', key.tag))
    idle = [key for key in zone.keys if not key.owners]
    others: list[tuple[Key, Part]] = []
    for kind, keys in ((OWN, zone_keys), (FOREIGN, foreign), (IDLE, idle)):
        drawn = ((key, _key(zone, signer, key, kind, told)) for key in keys)
        others.extend((key, part) for key, part in drawn if part is not None)
    # What is broken is never among those that there is no room for.
    kept = sorted(range(len(others)), key=lambda i: (not others[i][1].notes, i))[:KEYS_SHOWN]
    shown = [others[i] for i in sorted(kept)]
    hidden = len(others) - len(shown)
    signing = [(True, i) for i, key in enumerate(entry) if key.signs_zone_at & here]
    signing += [(False, i) for i, (key, _part) in enumerate(shown) if key.signs_zone_at & here]
    column = Column(
        signer.name, _remarks(signer), tuple(_server(zone, server, told) for server in signer.servers),
        tuple(part for part in (_key(zone, signer, key, OWN, told) for key in entry) if part is not None),
        _keys(zone, signer, told, entry, hidden), tuple(part for _key_shown, part in shown), _data(zone, signer, told), tuple(signing),
        signer.leaving or not signer.in_delegation,
    )
    return column, entry


def _remarks(signer: Signer) -> tuple[str, ...]:
    return tuple(words for words, applies in (('leaving', signer.leaving), ('not in the delegation', not signer.in_delegation)) if applies)


def _server(zone: Zone, server: Server, told: Iterable[Told]) -> Part:
    about = [one for one in told if place(one) == SERVER and server.address in one.servers and one.code != 'signer_not_delegated']  # which remarks tell
    notes = _notes(zone, about)
    if server.error and not notes:
        notes = (Note(INFORMATION, 'nothing is known of it'),)
    return Part(server.address, (server.name,) if server.name else (), notes, ABSENT if server.error else '', full=server.error or server.server)


def _key(zone: Zone, signer: Signer, key: Key, kind: str, told: Iterable[Told]) -> Part | None:
    """None for a key that this signer does not publish, and need not."""
    holding = signer.addresses & key.published_by
    lacking = [server.address for server in signer.servers if server.signed and server.address not in holding]
    about = [one for one in told if place(one) == KEY and one.key == key.text]
    if not holding and not about:
        return None
    state = '' if holding and not lacking else PARTLY if holding else ABSENT
    notes = _notes(zone, (one for one in about if kind != IDLE or one.severity != INFORMATION))
    lines = [(f'of {listed(key.owners)}, ' if kind == FOREIGN else '') + key.algorithm_name]
    if kind == IDLE:
        lines.append('signs nothing: next, or on its way out' if not notes else 'signs nothing')
    if state == PARTLY:
        lines.append(f'not at {listed(lacking, 2)}')
    return Part(key.label, tuple(lines), notes, state, kind, full=f'DNSKEY {key.text}')


def _keys(zone: Zone, signer: Signer, told: Iterable[Told], entry: Sequence[Key], hidden: int) -> Part:
    signed = [server for server in signer.servers if server.signed]
    about = [one for one in told if place(one) == KEYS]
    notes = _notes(zone, about, signer)
    lines = [f'signed by {listed(key.label for key in entry)}'] if entry else []
    if not signed:
        lines = ['nothing is known of it' if all(server.error for server in signer.servers) else 'there is none']
    if hidden > 0:
        lines.append(f'{hidden} more keys are not drawn')
    return Part('DNSKEY RRset', tuple(lines), notes, '' if signed and (entry or not notes) else ABSENT, broken=any(map(breaks_chain, about)))


def _data(zone: Zone, signer: Signer, told: Iterable[Told]) -> Part:
    ends = [server.expires for server in signer.servers if server.expires is not None]
    first = min(ends, key=lambda one: one.until.seconds) if ends else None
    denials = sorted({server.denial.split(',')[0] for server in signer.servers if server.denial})
    lines = [f'first signature ends {first.until}'] if first is not None else []
    if denials:
        lines.append(' and '.join(denials))
    if all(server.error for server in signer.servers):
        return Part('Zone data', ('nothing is known of it',), state=ABSENT)
    about = [one for one in told if place(one) == DATA]
    return Part('Zone data', tuple(lines), _notes(zone, about, signer), broken=any(map(breaks_chain, about)))
