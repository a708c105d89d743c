# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user declared: zones, their signers and their parents, checked once, before anything is asked or changed.

A mistake in one zone is that zone's; a mistake in a signer or parent is that of every zone that names it. No I/O.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

from .dnskey import DNSKEY, parse_record, zone_name
from .drivers import DRIVERS
from .errors import MultisignerError
from .parents.base import Capabilities as ChannelCapabilities
from .parents.channels import CHANNELS
from .resolve import TSIG_OPTION, Tsig
from .signers.base import Capabilities

# The options of every module that looks at declared zones.
GROUP_OPTIONS: dict[str, Any] = {
    'zones': {
        'type': 'list',
        'elements': 'dict',
        'required': True,
        'options': {
            'name': {'type': 'str', 'required': True},
            'parent': {'type': 'str', 'required': True},
            'signers': {'type': 'list', 'elements': 'str', 'required': True},
            'leaving': {'type': 'list', 'elements': 'str', 'default': []},
            'dead': {'type': 'list', 'elements': 'str', 'default': []},
            'insecure': {'type': 'bool', 'default': False},
            'max_ttl': {'type': 'int'},
            'allow_mixed_algorithms': {'type': 'bool', 'default': False},
            'content': {
                'type': 'dict',
                'options': {
                    'source': {'type': 'str'},
                    'file': {'type': 'path'},
                    'create': {'type': 'bool', 'default': False},
                    'report_only': {'type': 'bool', 'default': False},
                },
            },
        },
    },
    'signers': {
        'type': 'list',
        'elements': 'dict',
        'required': True,
        'options': {
            'name': {'type': 'str', 'required': True},
            'driver': {'type': 'str', 'required': True},
            'servers': {'type': 'list', 'elements': 'str', 'required': True},
            'port': {'type': 'int', 'default': 53},
            'primary': {'type': 'str'},
            'tsig': TSIG_OPTION,
            'api_url': {'type': 'str'},
            'api_token': {'type': 'str', 'no_log': True},
            'api_ca_file': {'type': 'path'},
            'api_use_proxy': {'type': 'bool', 'default': True},
            'pins': {'type': 'dict', 'default': {}},
            'retiring': {'type': 'dict', 'default': {}},
            'announced': {'type': 'dict', 'default': {}},
            'awaits_ds': {'type': 'dict', 'default': {}},
            'self_announced': {'type': 'dict', 'default': {}},
            'ns': {'type': 'list', 'elements': 'str', 'default': []},
            'content_tsig': TSIG_OPTION,
            'same_content': {'type': 'list', 'elements': 'str', 'default': []},
        },
    },
    'parents': {
        'type': 'list',
        'elements': 'dict',
        'required': True,
        'options': {
            'name': {'type': 'str', 'required': True},
            'channel': {'type': 'str', 'required': True},
            'servers': {'type': 'list', 'elements': 'str', 'required': True},
            'port': {'type': 'int', 'default': 53},
            'csync': {'type': 'bool', 'default': False},
        },
    },
    'max_ttl': {'type': 'int', 'default': 86400},
}


@dataclass(frozen=True)
class Api:
    """Where a signer's API is and how to be let in. The token stays out of repr."""

    url: str
    token: str = field(repr=False)
    ca_file: str | None = None
    use_proxy: bool = True


@dataclass(frozen=True)
class Signer:
    """One signer: who answers for it, and what its answers may be trusted by.

    By zone, what its own host says of its keys: *retiring* are those on their way out that wait for their DS to go, *announced*
    those that it will publish and nobody has seen yet, *awaits_ds* those of which it waits to be told what the parent has,
    *self_announced* those whose CDS and CDNSKEY it takes from nobody, and publishes by its own clock.

    *content_tsig* is the key that may transfer its zones and change their content; *same_content* are the zones of which it was seen in this
    run to have the content that is declared.
    """

    name: str
    driver: str
    servers: tuple[str, ...]
    port: int = 53
    primary: str | None = None
    tsig: Tsig | None = None
    api: Api | None = None
    pins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ns: tuple[str, ...] = ()
    retiring: Mapping[str, frozenset[DNSKEY]] = field(default_factory=dict)
    announced: Mapping[str, frozenset[DNSKEY]] = field(default_factory=dict)
    awaits_ds: Mapping[str, frozenset[DNSKEY]] = field(default_factory=dict)
    self_announced: Mapping[str, frozenset[DNSKEY]] = field(default_factory=dict)
    content_tsig: Tsig | None = None
    same_content: frozenset[str] = frozenset()

    @property
    def capabilities(self) -> Capabilities:
        return DRIVERS[self.driver]


@dataclass(frozen=True)
class Parent:
    """One parent: its servers, the channel by which DS reach it, and whether it takes the NS from the zone where a CSYNC says so (RFC 7477)."""

    name: str
    channel: str
    servers: tuple[str, ...]
    port: int = 53
    csync: bool = False

    @property
    def capabilities(self) -> ChannelCapabilities:
        return CHANNELS[self.channel].capabilities


@dataclass(frozen=True)
class ContentSource:
    """Where the content of a zone comes from: the signer *source* or, on the controller, *file*. *create*: the zone may be made at a signer with an
    API that lacks it; *report_only*: another tool brings the content everywhere, and what differs is only told."""

    source: str | None = None
    file: str | None = None
    create: bool = False
    report_only: bool = False

    def __str__(self) -> str:
        return self.source or str(self.file)


@dataclass(frozen=True)
class Group:
    """One zone with the signers that serve it and the parent that delegates it (RFC 8901: a multi-signer group).

    *leaving* are those of *signers* that are on their way out, *dead* those of them that are gone for good; *insecure*: the user
    confirmed that the zone is to lose its DS; *max_ttl*: the largest TTL of any data in the zone, in seconds; *digest_types*
    are those of the DS set (RFC 9905: 2 and 4). *content*: where the content of the zone comes from, None where somebody else sees to that.
    """

    zone: str
    signers: tuple[Signer, ...]
    parent: Parent
    leaving: tuple[str, ...] = ()
    allow_mixed_algorithms: bool = False
    dead: tuple[str, ...] = ()
    insecure: bool = False
    max_ttl: int = 86400
    digest_types: tuple[int, ...] = (2,)
    content: ContentSource | None = None

    def is_given_content(self, signer: Signer) -> bool:
        """Whether the content of the zone is brought to *signer* from elsewhere."""
        return self.content is not None and signer.name != self.content.source and signer.name not in self.dead


@dataclass(frozen=True)
class Declaration:
    """All groups that can be worked on, and for each zone that cannot, the reason."""

    groups: tuple[Group, ...]
    errors: Mapping[str, str]


def declare(
    zones: Sequence[Mapping[str, Any]],
    signers: Sequence[Mapping[str, Any]],
    parents: Sequence[Mapping[str, Any]],
    max_ttl: int = 86400,
) -> Declaration:
    """Reads the options of GROUP_OPTIONS. What is wrong with one zone becomes that zone's error."""
    known_signers = {option['name']: option for option in signers}
    known_parents = {option['name']: option for option in parents}
    groups: list[Group] = []
    errors: dict[str, str] = {}
    seen: set[str] = set()
    for option in zones:
        name = str(option['name'])
        try:
            name = zone_name(name)
            if name in seen:
                raise MultisignerError('it is declared twice', remedy='Keep one of the entries')
            seen.add(name)
            groups.append(_group(name, option, max_ttl, known_signers, known_parents))
        except MultisignerError as error:
            errors[name] = str(error.at(zone=name))
    return Declaration(tuple(group for group in groups if group.zone not in errors), errors)


def _group(
    zone: str,
    option: Mapping[str, Any],
    max_ttl: int,
    signers: Mapping[str, Mapping[str, Any]],
    parents: Mapping[str, Mapping[str, Any]],
) -> Group:
    names = list(option['signers'])
    leaving = list(option.get('leaving') or ())
    if not names:
        raise MultisignerError('it has no signers', remedy='Name at least one host of the group "signers"')
    if len(set(names + leaving)) != len(names + leaving):
        raise MultisignerError('a signer is named twice', remedy='Name each signer once, under "signers" or under "leaving"')
    for name in names + leaving:
        if name not in signers:
            raise MultisignerError(
                f'its signer "{name}" is unknown', remedy=f'Add it to the inventory group "signers" (which has {_listed(signers)}), or correct the name'
            )
    if option['parent'] not in parents:
        raise MultisignerError(
            f'its parent "{option["parent"]}" is unknown', remedy=f'Add it to the inventory group "parents" (which has {_listed(parents)}), or correct the name'
        )
    return Group(
        zone=zone,
        signers=tuple(_signer(signers[name]) for name in names + leaving),
        parent=_parent(parents[option['parent']]),
        leaving=tuple(leaving),
        allow_mixed_algorithms=bool(option.get('allow_mixed_algorithms')),
        dead=_dead(option, leaving),
        insecure=bool(option.get('insecure')),
        max_ttl=_max_ttl(max_ttl if option.get('max_ttl') is None else option['max_ttl']),
        content=_content(option.get('content'), names, leaving, signers),
    )


def _content(
    option: Mapping[str, Any] | None, names: Sequence[str], leaving: Sequence[str], signers: Mapping[str, Mapping[str, Any]]
) -> ContentSource | None:
    if option is None:
        return None
    found = ContentSource(option.get('source'), option.get('file'), bool(option.get('create')), bool(option.get('report_only')))
    if bool(found.source) == bool(found.file):
        raise MultisignerError('its content has no source, or two', remedy='Write content as {source: SIGNER}, or as {file: PATH}')
    if found.file and not found.file.startswith('/'):
        raise MultisignerError(f'its content is the file {found.file}, which is not absolute', remedy='Write the whole path, with "{{ inventory_dir }}"')
    if found.source and found.source not in names:
        where = 'is leaving' if found.source in leaving else 'is none of its signers'
        raise MultisignerError(f'the source of its content, "{found.source}", {where}', remedy=f'Name one of {_listed(names)}')
    if found.create and found.report_only:
        raise MultisignerError('its content is to be reported only, and a zone created', remedy='Take out create or report_only')
    for name in names:
        driver = str(signers[name].get('driver'))
        able = DRIVERS.get(driver)
        is_readable = able is not None and (able.edits_content or (found.report_only and able.own_keys_by == 'dns'))
        if name != found.source and able is not None and not is_readable:
            raise MultisignerError(
                f'its content cannot be brought to {name}: zones at a signer with the driver {driver} are changed by their user only',
                remedy=f'Make {name} the source, or take content out and bring it to all signers by other means',
            )
    return found


def _dead(option: Mapping[str, Any], leaving: Sequence[str]) -> tuple[str, ...]:
    dead = tuple(option.get('dead') or ())
    other = sorted(set(dead) - set(leaving))
    if other:
        raise MultisignerError(f'{", ".join(other)} is named as dead and is not leaving', remedy='Name a signer that is gone for good under "leaving" too')
    return dead


def _max_ttl(seconds: int) -> int:
    if not 0 < seconds < 2**31:
        raise MultisignerError(f'its max_ttl is {seconds}', remedy='Write the largest TTL of any record in the zone, in seconds')
    return seconds


def _signer(option: Mapping[str, Any]) -> Signer:
    driver = option.get('driver')
    if driver not in DRIVERS:
        raise MultisignerError(f'signer {option["name"]} has the driver "{driver}"', remedy=f'Set multisigner_driver to one of {_listed(DRIVERS)}')
    api = None
    if DRIVERS[driver].own_keys_by == 'api':
        url = option.get('api_url') or DRIVERS[driver].api_url
        if not url:
            raise MultisignerError(f'signer {option["name"]} has no address of its API', remedy='Set multisigner_api_url for that host')
        if not option.get('api_token'):
            raise MultisignerError(f'signer {option["name"]} has no API token', remedy='Set multisigner_api_token for that host, from a vault')
        api = Api(url, option['api_token'], option.get('api_ca_file'), option.get('api_use_proxy', True))
    servers = tuple(option.get('servers') or ())
    if not servers:
        raise MultisignerError(f'signer {option["name"]} has no servers', remedy='List all its public name servers in multisigner_servers')
    pins = {zone_name(str(zone)): _pins(option['name'], texts) for zone, texts in (option.get('pins') or {}).items()}
    return Signer(
        option['name'], driver, servers, option.get('port') or 53, option.get('primary'), Tsig.from_option(option.get('tsig')), api, pins,
        tuple(zone_name(name) for name in option.get('ns') or ()),
        _own_keys(option['name'], 'retiring', option.get('retiring')),
        _own_keys(option['name'], 'announced', option.get('announced')),
        _own_keys(option['name'], 'awaiting', option.get('awaits_ds')),
        _own_keys(option['name'], 'self-announced', option.get('self_announced')),
        Tsig.from_option(option.get('content_tsig')),
        frozenset(zone_name(name) for name in option.get('same_content') or ()),
    )


def _own_keys(signer: str, what: str, option: Any) -> Mapping[str, frozenset[DNSKEY]]:
    """What the host of a signer says of its own keys, by zone."""
    found: dict[str, frozenset[DNSKEY]] = {}
    for zone, texts in (option or {}).items():
        name = zone_name(str(zone))
        records = [parse_record(text, name) for text in texts]
        if any(record.rtype != 'DNSKEY' for record in records):
            raise MultisignerError(f'the {what} keys of signer {signer} are no DNSKEY records', name, remedy='Give them as bind_zones returned them')
        found[name] = frozenset(record.rdata for record in records if isinstance(record.rdata, DNSKEY))
    return found


def _pins(signer: str, texts: Any) -> tuple[str, ...]:
    """The pinned keys of one zone: a list of records, or a single one."""
    found = (texts,) if isinstance(texts, str) else texts
    if not isinstance(found, (list, tuple)) or not all(isinstance(text, str) for text in found):
        raise MultisignerError(
            f'the pins of signer {signer} are no list of records', remedy='Write multisigner_pins as {ZONE: ["DNSKEY 257 3 13 ...", "12345 13 2 ..."]}'
        )
    return tuple(found)


def _parent(option: Mapping[str, Any]) -> Parent:
    channel = option.get('channel')
    if channel not in CHANNELS:
        raise MultisignerError(f'parent {option["name"]} has the channel "{channel}"', remedy=f'Set multisigner_channel to one of {_listed(CHANNELS)}')
    servers = tuple(option.get('servers') or ())
    if not servers:
        raise MultisignerError(f'parent {option["name"]} has no servers', remedy='List all its authoritative servers in multisigner_servers')
    return Parent(option['name'], channel, servers, option.get('port') or 53, bool(option.get('csync')))


def _listed(names: Any) -> str:
    return ', '.join(sorted(names)) or 'none'
