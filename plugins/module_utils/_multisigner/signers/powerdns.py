# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerDNS Authoritative: what its HTTP API says about a zone, and the requests that change it.

PowerDNS keeps two things apart. Its own keys are its cryptokeys; their DNSKEY records, and with the zone's metadata PUBLISH-CDS and
PUBLISH-CDNSKEY also their CDS and CDNSKEY, are published without being in any RRset that the API shows. Records of others are ordinary
RRsets, which it serves beside its own only with the setting direct-dnskey. Whatever is wrong with that, the API answers 204: so it is
asked beforehand. It accepts any DNSKEY and CDS without a look, so only checked records may be given to calls().
Private keys, which some answers hold, never go further than the line that reads the rest.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterable, Mapping, Sequence

from ..content import Change, Held, RRset, content_of
from ..dnskey import DIGEST_LENGTHS, DNSKEY, DS
from ..errors import MultisignerError
from ..json_api import Call, JsonApi
from ..outcome import Request
from .api import ApiSigner, Hosted, Supplied, canonical_or_as_it_is, line
from .base import Capabilities

NAME = 'PowerDNS'
# A key of its own that is published and not active is its next one, or one that it used before.
CAPABILITIES = Capabilities(own_keys_by='api', prepublishes=True, edits_ns=True, default_ttl=3600, edits_content='api')
# RFC 9904's algorithms as PowerDNS calls them
ALGORITHMS = {8: 'rsasha256', 10: 'rsasha512', 13: 'ecdsa256', 14: 'ecdsa384', 15: 'ed25519', 16: 'ed448'}
RSA_BITS = 2048
# The kinds of zone whose secondaries get it by zone transfer, and those whose content comes by one. Both have an older and a newer name.
PRIMARY_KINDS = frozenset(('master', 'primary', 'producer'))
SECONDARY_KINDS = frozenset(('slave', 'secondary', 'consumer'))


@dataclass(frozen=True, order=True)
class Cryptokey:
    """One own key of a zone. *active*: it signs; *published*: it is in the DNSKEY RRset; *has_cds*: it has a CDS when the zone has any.

    Later keys have larger *number*s.
    """

    number: int
    key: DNSKEY
    active: bool
    published: bool
    has_cds: bool

    @property
    def record(self) -> str:
        return f'DNSKEY {self.key.text}'


@dataclass(frozen=True)
class Zone:
    """The settings of a zone that matter here; *kind* in lower case."""

    name: str
    kind: str
    soa_edit_api: str
    soa_edit: str
    nsec3param: str
    api_rectify: bool
    metadata: Mapping[str, tuple[str, ...]]

    def values(self, kind: str, default: str) -> frozenset[str]:
        """The comma-separated values of one kind of metadata, or of the server's *default* for zones without it."""
        return frozenset(value for text in self.metadata.get(kind, (default,)) for value in re.split(r'[,\s]+', text) if value)


class PowerDNS(ApiSigner):
    """One server's API."""

    name = NAME
    capabilities = CAPABILITIES
    header = 'X-API-Key'
    scheme = ''
    of_a_server = True
    no_such_zone = 'the server has no such zone'
    remedy_without_zone = 'Create it there with its content, as with "pdnsutil load-zone", or correct its name'

    def __init__(self, api: JsonApi) -> None:
        super().__init__(api)
        self._settings: dict[str, str] = {}
        self._transferred: set[str] = set()  # the zones whose secondaries transfer them, as far as they were looked at

    # -- what is asked ----------------------------------------------------------------------------------------------

    def settings(self) -> Mapping[str, str]:
        """The settings of the server, asked for once."""
        if not self._settings:
            answer = self.api.request('GET', '/servers/localhost/config')
            try:
                self._settings = {str(setting['name']): str(setting['value']) for setting in answer}
            except (KeyError, TypeError):
                raise self.strange() from None
        return self._settings

    def cryptokeys(self, zone: str) -> tuple[Cryptokey, ...]:
        """The zone's own keys, in the order in which they were made. None for a zone that is not signed."""
        answer = self._ask(zone, 'GET', '/cryptokeys')
        if not isinstance(answer, list):
            raise self.strange(zone)
        return tuple(sorted(self._cryptokey(zone, key) for key in answer))

    def zone(self, zone: str) -> Zone:
        """Two requests: the settings of the zone, and its metadata."""
        answer = self._ask(zone, 'GET', '', query={'rrsets': 'false'})
        metadata = self._ask(zone, 'GET', '/metadata')
        try:
            found = Zone(
                zone, str(answer['kind']).lower(), str(answer['soa_edit_api']), str(answer['soa_edit']), str(answer['nsec3param']),
                bool(answer['api_rectify']), {str(entry['kind']): tuple(str(value) for value in entry['metadata']) for entry in metadata},
            )
        except (KeyError, TypeError):
            raise self.strange(zone) from None
        if found.kind in PRIMARY_KINDS:
            self._transferred.add(zone)
        return found

    def read_hosted(self, zone: str) -> Hosted:
        """The zone's own keys. A zone without a key that signs is an error: it is never "no keys"."""
        keys = self.cryptokeys(zone)
        if not any(key.active for key in keys):
            raise MultisignerError(
                f'{NAME} does not sign it: none of its {len(keys)} cryptokeys is active', zone=zone, server=self.url,
                remedy='Have it signed: by the role powerdns_signer, or with "pdnsutil secure-zone"',
            )
        return Hosted(zone, tuple(key.key for key in keys), idle=frozenset(key.key for key in keys if not key.active))

    def read_supplied(self, zone: str, rtypes: Sequence[str]) -> dict[str, Supplied]:
        answer = self._ask(zone, 'GET', '', query={'rrset_name': f'{zone}.'})
        apex = [rrset for rrset in answer['rrsets'] if rrset['name'].lower().rstrip('.') == zone and rrset['type'] in rtypes]
        self._refuse_disabled(zone, apex)
        return {
            rrset['type']: Supplied(int(rrset['ttl']), frozenset(line(rrset['type'], record['content'], zone) for record in rrset['records']))
            for rrset in apex
        }

    def _refuse_disabled(self, zone: str, rrsets: Iterable[Mapping[str, Any]]) -> None:
        for rrset in rrsets:
            if any(record['disabled'] for record in rrset['records']):
                raise MultisignerError(
                    f'its {rrset["type"]} RRset at {rrset["name"]} has records that are disabled', zone=zone, server=self.url,
                    remedy='Enable or delete them: this collection writes whole RRsets, and what it does not see it would lose',
                )

    def read_content(self, zone: str) -> Held:
        self._changeable(zone)
        answer = self._ask(zone, 'GET', '')['rrsets']
        self._refuse_disabled(zone, answer)
        return Held(content_of(zone, (
            RRset(
                rrset['name'].lower().rstrip('.'), rrset['type'], int(rrset['ttl']),
                frozenset(canonical_or_as_it_is(rrset['type'], record['content']) for record in rrset['records']),
            )
            for rrset in answer if rrset['records']
        )))

    # -- what would be accepted and not served ------------------------------------------------------------------------

    def check(self, request: Request) -> None:
        """Raises MultisignerError, with the remedy, where the API would answer 204 and no resolver would see the union of the keys."""
        self.check_server(request.zone)
        zone = self._changeable(request.zone)
        self._check_own_cds(request, zone, self.settings())
        self.check_zsk(zone.name, self.cryptokeys(zone.name))

    def _changeable(self, name: str) -> Zone:
        """Raises MultisignerError for a zone of which this server, or its secondaries, would not show what is changed by the API."""
        zone = self.zone(name)
        self.check_kind(zone)
        if zone.kind in PRIMARY_KINDS and not zone.soa_edit_api:
            raise MultisignerError(
                f'it is of kind {zone.kind} and has no SOA-EDIT-API: changes by the API leave its serial as it is, so its secondaries would never see them',
                zone=zone.name, server=self.url, remedy=f'"pdnsutil set-meta {zone.name} SOA-EDIT-API DEFAULT"; the role powerdns_signer does it',
            )
        return zone

    def check_server(self, zone: str) -> None:
        """Raises MultisignerError where the server would not serve what it is given for *zone*."""
        if self.settings().get('direct-dnskey') != 'yes':
            raise MultisignerError(
                'direct-dnskey is off: it would accept the keys of other signers and not serve them', zone=zone, server=self.url,
                remedy='Write "direct-dnskey=yes" into a file of its configuration that it reads, and restart it; the role powerdns_signer does it',
            )

    def check_kind(self, zone: Zone) -> None:
        """Raises MultisignerError for a zone that this server does not sign as its primary."""
        if zone.kind in SECONDARY_KINDS or zone.metadata.get('PRESIGNED') == ('1',):
            raise MultisignerError(
                f'it is not signed here: its kind is {zone.kind}{" and it is PRESIGNED" if "PRESIGNED" in zone.metadata else ""}', zone=zone.name,
                server=self.url, remedy='Name the API of the server that signs it',
            )

    def _check_own_cds(self, request: Request, zone: Zone, server: Mapping[str, str]) -> None:
        """RFC 9975: every signer is to publish the CDS and CDNSKEY of all keys, its own among them."""
        wanted = {str(record.rdata.digest_type) for record in request.add if record.rtype == 'CDS' and isinstance(record.rdata, DS)}
        published = zone.values('PUBLISH-CDS', server.get('default-publish-cds', ''))
        if '0' in published:
            raise MultisignerError(
                'its metadata PUBLISH-CDS is 0: it publishes the request that the parent remove all DS (RFC 8078)', zone=zone.name, server=self.url,
                remedy=f'"pdnsutil set-publish-cds {zone.name} 2", before the parent takes it at its word',
            )
        if wanted - published:
            types = ','.join(sorted(wanted | (published & {str(number) for number in DIGEST_LENGTHS})))
            raise MultisignerError(
                f'its metadata PUBLISH-CDS has not the digest types {", ".join(sorted(wanted - published))}: the CDS of its own keys would be missing beside '
                'those of the other signers', zone=zone.name, server=self.url,
                remedy=f'"pdnsutil set-publish-cds {zone.name} {types}"; the role powerdns_signer does it',
            )
        if any(record.rtype == 'CDNSKEY' for record in request.add) and '1' not in zone.values('PUBLISH-CDNSKEY', server.get('default-publish-cdnskey', '')):
            raise MultisignerError(
                'its metadata PUBLISH-CDNSKEY is not 1: the CDNSKEY of its own keys would be missing beside those of the other signers',
                zone=zone.name, server=self.url, remedy=f'"pdnsutil set-publish-cdnskey {zone.name}"; the role powerdns_signer does it',
            )

    def check_zsk(self, zone: str, keys: Iterable[Cryptokey]) -> None:
        """Raises MultisignerError where a ZSK is announced to the parent: PowerDNS takes one that is not active, beside a CSK, for a CSK as well."""
        wrong = [key for key in keys if key.has_cds and not key.key.is_sep]
        if wrong:
            raise MultisignerError(
                f'its key {wrong[0].key} is no KSK and would have a CDS: beside a CSK it is taken for one as long as it is not active', zone=zone,
                server=self.url,
                remedy=f'Give the zone a KSK and a ZSK that are both active, or remove this one: "pdnsutil remove-zone-key {zone} {wrong[0].number}"',
            )

    # -- what is changed ----------------------------------------------------------------------------------------------

    def calls(self, zone: str, before: Mapping[str, Supplied], after: Mapping[str, Supplied]) -> Sequence[Call]:
        """One PATCH, atomic, and where secondaries transfer the zone, one for them."""
        body: list[dict[str, Any]] = []
        for rtype, rrset in sorted(after.items()):
            item: dict[str, Any] = {'name': f'{zone}.', 'type': rtype, 'changetype': 'REPLACE' if rrset.records else 'DELETE'}
            if rrset.records:
                item['ttl'] = rrset.ttl
                item['records'] = [{'content': line.split(' ', 1)[1], 'disabled': False} for line in sorted(rrset.records)]
            body.append(item)
        return (Call('PATCH', _path(zone), {'rrsets': body}), *self._notify(zone))

    def content_calls(self, zone: str, changes: Sequence[Change]) -> Sequence[Call]:
        """One PATCH, atomic, and where secondaries transfer the zone, one for them."""
        body: list[dict[str, Any]] = []
        for change in changes:
            item: dict[str, Any] = {'name': f'{change.owner}.', 'type': change.place[1], 'changetype': 'DELETE'}
            if change.after is not None:
                item.update(changetype='REPLACE', ttl=change.after.ttl)
                item['records'] = [{'content': record, 'disabled': False} for record in sorted(change.after.records)]
            body.append(item)
        return (Call('PATCH', _path(zone), {'rrsets': body}), *self._notify(zone))

    def _notify(self, zone: str) -> Sequence[Call]:
        """Has the secondaries told at once, and not when PowerDNS looks for changes the next time (xfr-cycle-interval, 60 s by default)."""
        return (Call('PUT', _path(zone, '/notify')),) if zone in self._transferred else ()

    def add_key(self, zone: str, is_sep: bool, algorithm: str, active: bool) -> Cryptokey:
        """A new key, published at once. *algorithm* as PowerDNS calls it. The answer holds the private key; it ends here."""
        body: dict[str, Any] = {'keytype': 'ksk' if is_sep else 'zsk', 'active': active, 'published': True, 'algorithm': algorithm}
        if algorithm.startswith('rsa'):
            body['bits'] = RSA_BITS
        answer = self._ask(zone, 'POST', '/cryptokeys', body=body)
        if not isinstance(answer, dict):
            raise self.strange(zone)
        return self._cryptokey(zone, answer)

    def set_key(self, zone: str, number: int, active: bool, published: bool) -> None:
        self._ask(zone, 'PUT', f'/cryptokeys/{number}', body={'active': active, 'published': published})

    def delete_key(self, zone: str, number: int) -> None:
        self._ask(zone, 'DELETE', f'/cryptokeys/{number}')

    def set_metadata(self, zone: str, kind: str, values: Sequence[str]) -> None:
        self._ask(zone, 'PUT', f'/metadata/{kind}', body={'kind': kind, 'metadata': list(values)})

    def set_zone(self, zone: str, settings: Mapping[str, Any]) -> None:
        """PUT of those settings of the zone that are no metadata of their own for the API: soa_edit_api, nsec3param, ..."""
        self._ask(zone, 'PUT', '', body=dict(settings))

    def show_keys(self, zone: Zone) -> None:
        """After a change of keys or metadata: they leave the server's caches (packets for 20 s, keys for 30 s, metadata for 60 s by default), are in
        the order of NSEC or NSEC3, and get a new serial for secondaries that transfer the zone."""
        self._ask(zone.name, 'PUT', '/rectify')
        if zone.kind in PRIMARY_KINDS:
            # no record differs; with SOA-EDIT-API every PATCH moves the serial on
            self._ask(zone.name, 'PATCH', '', body={'rrsets': [{'name': f'{zone.name}.', 'type': 'TYPE65535', 'changetype': 'DELETE'}]})
            for call in self._notify(zone.name):
                self.ask(zone.name, call)
        self.api.request('PUT', '/servers/localhost/cache/flush', query={'domain': f'{zone.name}.'})

    def _ask(self, zone: str, method: str, below: str, query: Mapping[str, str] | None = None, body: Any = None) -> Any:
        return self.ask(zone, Call(method, _path(zone, below), body, query))

    def _cryptokey(self, zone: str, answer: Any) -> Cryptokey:
        try:
            key = DNSKEY.parse(str(answer['dnskey']))
            # before PowerDNS 4.3 every key was published
            return Cryptokey(int(answer['id']), key, answer['active'] is True, answer.get('published', True) is True, bool(answer.get('cds')))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self.strange(zone) from None
        except MultisignerError as error:
            raise error.at(zone=zone, server=self.url) from None


CLIENT = PowerDNS


def _path(zone: str, below: str = '') -> str:
    return f'/servers/localhost/zones/{zone_id(zone)}{below}'


def zone_id(zone: str) -> str:
    """How the API names a zone in a path: what is no letter, digit, dot or hyphen as =XX."""
    if zone == '.':
        return '=2E'
    return ''.join(letter if re.match(r'[a-z0-9.-]', letter) else f'={ord(letter):02X}' for letter in f'{zone}.')
