# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of content: the same names with the same records at every signer. Pure."""
from __future__ import annotations

from typing import Hashable, Iterator, Mapping

from ..evidence import Evidence, addresses, listed, signers
from ..findings import WARNING, Finding
from ..seen import Seen
from ..survey import APEX, Probe
from .delegation import odd_ones

MISSING = 'NXDOMAIN'
# At the apex these have checks of their own, or are each signer's own (RFC 8901 section 4).
NOT_COMPARED = frozenset(('SOA', 'NS', 'DNSKEY', 'CDS', 'CDNSKEY', 'NSEC3PARAM', 'CSYNC', 'DS'))


def compared(probe: Probe) -> bool:
    return not probe.over_tcp and (probe.kind != APEX or probe.rtype not in NOT_COMPARED)


def content(e: Evidence) -> Iterator[Finding]:
    """19 and 20, by what servers answer and by transfers."""
    different: dict[tuple[Seen, ...], dict[tuple[str, str], str]] = {}
    absent: dict[tuple[Seen, ...], dict[tuple[str, str], str]] = {}
    for (name, rtype), told in sorted(_views(e).items()):
        if len(set(told.values())) < 2:
            continue
        states = {seen: value == MISSING for seen, value in told.items()}
        into = absent if len(set(states.values())) > 1 else different
        odd = tuple(odd_ones(states if into is absent else told))
        who = listed(signers(seen for seen in told if states[seen])) if into is absent else ''
        into.setdefault(odd, {})[name, rtype] = who
    for servers, found in absent.items():
        name, rtype = min(found)
        what = f'does not exist at {found[name, rtype]} and does elsewhere'
        yield _finding(e, 'name_missing', what, servers, found, 'Resolvers get an answer or none, depending on the server')
    for servers, found in different.items():
        what = 'has different records at different signers'
        yield _finding(e, 'content_differs', what, servers, found, 'Resolvers get one or the other, depending on the server')


def _finding(e: Evidence, code: str, what: str, servers: tuple[Seen, ...], found: Mapping[tuple[str, str], str], breaks: str) -> Finding:
    name, rtype = next(iter(found))
    joining = not all(e.party_of(seen).in_delegation for seen in servers)
    return Finding(
        code, f'{listed(f"{one[0]} {one[1]}" for one in found)} {what}', breaks, 'Publish the same content at every signer; see what feeds each of them',
        addresses(servers), signers(servers), name=name, rtype=rtype, severity=WARNING if joining else '',
    )


def _views(e: Evidence) -> Mapping[tuple[str, str], Mapping[Seen, Hashable]]:
    """For every name and type the answers of all servers that can be compared; a name that does not exist counts as one, whatever the type."""
    found: dict[tuple[str, str], dict[Seen, Hashable]] = {}
    usable = [seen for seen in e.seen if seen.trouble is None and not e.party_of(seen).leaving]
    for probe in e.survey.probes:
        if compared(probe):
            for seen in usable:
                content_of = seen.content(probe)
                if content_of is not None:
                    value: Hashable = MISSING if content_of.state == MISSING else (content_of.state, content_of.records)
                    found.setdefault((probe.name.rstrip('.'), probe.rtype), {})[seen] = value
    found.update(_transferred(e, usable))
    return _names_once(found)


def _transferred(e: Evidence, usable: list[Seen]) -> Mapping[tuple[str, str], dict[Seen, Hashable]]:
    whole = {seen: seen.survey.transfer.content for seen in usable if seen.survey.transfer is not None and not seen.survey.transfer.failure}
    if len({seen.signer for seen in whole}) < 2:
        return {}
    owners = {seen: {name for name, _rtype in records} for seen, records in whole.items()}
    found: dict[tuple[str, str], dict[Seen, Hashable]] = {}
    for name, rtype in sorted({place for records in whole.values() for place in records}):
        found[name, rtype] = {
            seen: MISSING if name not in owners[seen] else ('records', records[name, rtype]) if (name, rtype) in records else 'NODATA'
            for seen, records in whole.items()
        }
    return found


def _names_once(found: Mapping[tuple[str, str], Mapping[Seen, Hashable]]) -> Mapping[tuple[str, str], Mapping[Seen, Hashable]]:
    """Without the other types of a name that does not exist somewhere: that is told once."""
    absent: set[str] = set()
    kept = {}
    for (name, rtype), told in found.items():
        missing = MISSING in told.values() and len(set(told.values())) > 1
        if missing and name in absent:
            continue
        if missing:
            absent.add(name)
        kept[name, rtype] = told
    return kept


def serials(e: Evidence) -> Iterator[Finding]:
    """28: each signer counts for itself."""
    told = {seen: seen.serial for seen in e.reached if seen.serial is not None}
    if len(set(told.values())) > 1:
        words = '; '.join(f'{serial} at {listed(str(seen) for seen in told if told[seen] == serial)}' for serial in sorted(set(told.values())))
        yield Finding('serial_differs', f'SOA serials differ: {words}', 'Nothing', 'Nothing', addresses(told), signers(told), name=e.zone, rtype='SOA')


CHECKS = (content, serials)
