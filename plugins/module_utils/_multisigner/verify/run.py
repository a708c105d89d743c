# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones looked at and judged, many at once: from the module's options to the data that it returns.

A survey is judged and dropped zone by zone; only results are kept, so memory grows by those alone. It changes nothing anywhere.
"""
from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ..dnskey import DNSKEY, zone_name
from ..errors import MultisignerError
from ..journal import GAP, Journal
from ..parallel import in_shares
from ..resolve import TSIG_OPTION, Tsig, for_each
from ..situation import known_keys
from ..trust import CHAIN_OPTIONS, chain_from
from .findings import CRITICAL, INFORMATION, SEVERITIES
from .judge import judge
from .result import summary, zone_as_dict
from .survey import DeclaredSigner, Plan, Survey, Target, Wait
from .surveyor import NamesOf, Surveyor

try:
    import dns.exception
    import dns.name
    import dns.rdatatype
    import dns.zone
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass

ZONES_AT_ONCE = 8  # each asks all its servers at once

VERIFY_OPTIONS: Dict[str, Any] = {
    'zones': {
        'type': 'list',
        'elements': 'dict',
        'required': True,
        'options': {
            'name': {'type': 'str', 'required': True},
            'parent': {'type': 'str'},
            'signers': {'type': 'list', 'elements': 'str', 'default': []},
            'leaving': {'type': 'list', 'elements': 'str', 'default': []},
            'dead': {'type': 'list', 'elements': 'str', 'default': []},
            'insecure': {'type': 'bool', 'default': False},
            'allow_mixed_algorithms': {'type': 'bool', 'default': False},
            'names': {'type': 'list', 'elements': 'str', 'default': []},
            'transfer': {'type': 'bool', 'default': False},
        },
    },
    'signers': {
        'type': 'list',
        'elements': 'dict',
        'default': [],
        'options': {
            'name': {'type': 'str', 'required': True},
            'servers': {'type': 'list', 'elements': 'str', 'required': True},
            'port': {'type': 'int', 'default': 53},
            'tsig': TSIG_OPTION,
        },
    },
    'parents': {
        'type': 'list',
        'elements': 'dict',
        'default': [],
        'options': {
            'name': {'type': 'str', 'required': True},
            'servers': {'type': 'list', 'elements': 'str', 'required': True},
            'port': {'type': 'int', 'default': 53},
        },
    },
    'names': {'type': 'list', 'elements': 'str', 'default': []},
    'names_file': {'type': 'path'},
    'plans': {'type': 'list', 'elements': 'dict', 'default': []},
    'journal_content': {'type': 'str'},
    'bootstrapping': {'type': 'bool', 'default': False},
    'fail_on': {'type': 'str', 'choices': [*SEVERITIES[:-1], 'never'], 'default': 'error'},
    **CHAIN_OPTIONS,
}

_Share = Tuple[List[Dict[str, Any]], Dict[str, str]]


def verify(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the module returns for the options of VERIFY_OPTIONS. Raises MultisignerError for what is wrong with every zone."""
    targets, errors = read_targets(options)
    names = _names_in(options['names_file']) if options['names_file'] else None

    async def work(share: Sequence[Target]) -> _Share:
        chain = chain_from(options['trust_anchor_file'], options['resolvers'], options['timeout'])
        return await _look_and_judge(share, Surveyor(chain, options['timeout'], names))

    shares = in_shares(targets, lambda share: asyncio.run(work(share)))
    zones = sorted((zone for found, _failed in shares for zone in found), key=lambda zone: str(zone['name']))
    for _found, failed in shares:
        errors.update(failed)
    severities = [zone['worst'] for zone in zones] + [CRITICAL for _unused in errors]
    return {
        'zones': zones,
        'errors': errors,
        'worst': min(severities, key=SEVERITIES.index, default=INFORMATION),
        'summary': summary(zones, errors),
    }


async def _look_and_judge(targets: Sequence[Target], surveyor: Surveyor) -> _Share:
    """A few zones at a time are looked at, then judged: an answer that comes while a judgement is under way could be taken for a late one."""
    errors: dict[str, str] = {}
    found: list[dict[str, Any]] = []

    async def look(target: Target) -> Survey | None:
        try:
            return await surveyor.survey(target, int(time.time()))
        except MultisignerError as error:
            errors[target.zone] = str(error.at(zone=target.zone))
            return None

    for start in range(0, len(targets), ZONES_AT_ONCE):
        surveys = await for_each(targets[start:start + ZONES_AT_ONCE], look, ZONES_AT_ONCE)
        found.extend(zone_as_dict(judge(survey)) for survey in surveys if survey is not None)
    return found, errors


# -- the options ------------------------------------------------------------------------------------------------------------


def read_targets(options: Mapping[str, Any]) -> tuple[list[Target], dict[str, str]]:
    """The zones to look at, and for each that is declared wrongly, why."""
    signers = {option['name']: option for option in options['signers']}
    parents = {option['name']: option for option in options['parents']}
    plans = {str(plan.get('name')): _plan(plan) for plan in options['plans']}
    followed = _followed(options['journal_content'], time.time()) if options['journal_content'] else {}
    targets: dict[str, Target] = {}
    errors: dict[str, str] = {}
    for option in options['zones']:
        name = str(option['name'])
        try:
            name = zone_name(name)
            if name in targets:
                raise MultisignerError('it is declared twice', remedy='Keep one of the entries')
            targets[name] = _target(name, option, options, signers, parents, plans.get(name))
            targets[name] = replace(targets[name], followed=followed.get(name, frozenset()))
        except MultisignerError as error:
            errors[name] = str(error.at(zone=name))
    return [target for target in targets.values() if target.zone not in errors], errors


def _target(
    zone: str, option: Mapping[str, Any], options: Mapping[str, Any], signers: Mapping[str, Any], parents: Mapping[str, Any], plan: Plan | None
) -> Target:
    parent: Mapping[str, Any] = {}
    if option.get('parent'):
        parent = _known(parents, option['parent'], 'parent')
    wanted = [*option['signers'], *(name for name in option['leaving'] if name not in option['signers'])]
    names = tuple(dict.fromkeys((*options['names'], *option['names'])))
    for text in names:
        _check_name(text, zone)
    return Target(
        zone, str(option.get('parent') or ''), tuple(parent.get('servers', ())), int(parent.get('port') or 53),
        tuple(_signer(_known(signers, name, 'signer'), option) for name in wanted), names, option['allow_mixed_algorithms'], option['insecure'],
        option['transfer'], options['bootstrapping'], plan,
    )


def _known(parties: Mapping[str, Any], name: str, kind: str) -> Mapping[str, Any]:
    if name not in parties:
        known = ', '.join(sorted(parties)) or 'none'
        raise MultisignerError(f'its {kind} "{name}" is unknown', remedy=f'Add it to "{kind}s" (which has {known}), or correct the name')
    found: Mapping[str, Any] = parties[name]
    if not found['servers']:
        raise MultisignerError(f'{kind} {name} has no servers', remedy='List all its public name servers')
    return found


def _signer(option: Mapping[str, Any], zone: Mapping[str, Any]) -> DeclaredSigner:
    name = option['name']
    return DeclaredSigner(
        name, tuple(option['servers']), int(option.get('port') or 53), Tsig.from_option(option.get('tsig')), name in zone['leaving'], name in zone['dead']
    )


def _check_name(text: str, zone: str) -> None:
    """Raises MultisignerError for what is not a name with, maybe, types."""
    name, *types = text.split() or ['']
    try:
        if not name or not dns.name.from_text(name, dns.name.from_text(zone)).is_subdomain(dns.name.from_text(zone)):
            raise MultisignerError(f'"{text}" is not a name in the zone', remedy='Write it relative to the zone, or with a final dot')
        for rtype in types:
            dns.rdatatype.from_text(rtype)
    except (dns.exception.DNSException, ValueError) as error:
        raise MultisignerError(f'"{text}" cannot be asked for: {error}', remedy='Write a name, and after it types if you like: mail MX') from None


def _followed(journal_content: str, now: float) -> dict[str, frozenset[DNSKEY]]:
    """The keys that the passes know of each zone. Without those of a zone that no pass looked at for so long that it would not believe them itself."""
    with Journal('of the passes', writable=False, content=journal_content) as journal:
        memories = journal.memories()
    return {zone: known_keys(memory) for zone, memory in memories.items() if memory.seen is not None and 0 <= now - memory.seen <= GAP}


def _plan(plan: Mapping[str, Any]) -> Plan:
    """From the data that multisigner_plan returns of a zone."""
    waits = tuple(Wait(str(wait.get('for', '')), str(wait.get('until') or ''), str(wait.get('reason', ''))) for wait in plan.get('waits') or ())
    moving = [text for step in plan.get('steps') or () for text in (*step.get('add', ()), *step.get('remove', ()))]
    moving += [f'DS {text}' for kind in ('ds_missing', 'ds_obsolete') for text in plan.get(kind) or ()]
    moving += list(plan.get('prepublished') or ())
    return Plan(str(plan.get('state', '')), waits, frozenset(moving))


def _names_in(path: str) -> NamesOf:
    """For a zone, every name and type that the zone file *path* has in it. Raises MultisignerError when it cannot be read."""
    try:
        with open(path, encoding='utf-8') as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise MultisignerError(f'the zone file {path} cannot be read: {error}', remedy='Correct names_file') from None

    def names_of(zone: str) -> list[tuple[str, str]]:
        try:
            read = dns.zone.from_text(text, dns.name.from_text(zone), relativize=False, check_origin=False)
        except (dns.exception.DNSException, ValueError) as error:
            raise MultisignerError(f'the zone file {path} cannot be read: {error}', zone, remedy='Correct names_file, which is a zone file') from None
        return [(name.to_text(), dns.rdatatype.to_text(rdataset.rdtype)) for name, node in read.nodes.items() for rdataset in node]

    return names_of
