# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""deSEC: what its API says about a zone, and the one request that changes it.

deSEC keeps two things apart. Its own key and that key's CDS and CDNSKEY are published always, and are seen through the
API only as a key that is "managed". The RRsets that the API shows and takes hold what users supplied, and only that.
It accepts any DNSKEY without a look, so only checked records may be given to calls().
"""
from __future__ import annotations

import re
from typing import Iterable, Mapping, Sequence
from urllib.parse import quote

from ..content import Bounds, Change, Content, Held, RRset, content_of
from ..errors import MultisignerError
from ..json_api import Call, ForbiddenError
from .api import ApiSigner, Hosted, Supplied, canonical_or_as_it_is, line, own_key
from .base import Capabilities

# One CSK, which always signs. Whatever TTL is stored for its three types, they are served with 3600.
CAPABILITIES = Capabilities(own_keys_by='api', prepublishes=False, edits_ns=True, default_ttl=3600, edits_content='api', api_url='https://desec.io/api/v1')

MAXIMUM_TTL = 86400  # seconds
USUAL_MINIMUM_TTL = 3600  # seconds; a domain's own is asked for
# What its documentation lists, without what is not content; TYPEnnn is not taken.
TYPES = frozenset((
    'A', 'AAAA', 'AFSDB', 'APL', 'CAA', 'CERT', 'CNAME', 'DHCID', 'DNAME', 'DS', 'EUI48', 'EUI64', 'HINFO', 'HTTPS', 'KX', 'L32', 'L64', 'LOC', 'LP',
    'MX', 'NAPTR', 'NID', 'NS', 'OPENPGPKEY', 'PTR', 'RP', 'SMIMEA', 'SPF', 'SRV', 'SSHFP', 'SVCB', 'TLSA', 'TXT', 'URI',
))
_SUBNAME = re.compile(r'^(\*|(\*\.)?([a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63})$')
_HOST = re.compile(r'^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+$')
_NAMES_HOST = ('CNAME', 'MX', 'NS', 'SRV')  # their last field


class Desec(ApiSigner):
    name = 'deSEC'
    capabilities = CAPABILITIES
    scheme = 'Token'
    no_such_zone = 'the account of this token has no such domain'
    remedy_without_zone = 'Create it at deSEC, or take a token of the account that has it'
    when_it_leaves = 'when deSEC is to leave, remove its NS records and delete the domain there at the end'

    def read_hosted(self, zone: str) -> Hosted:
        answer = self.ask(zone, Call('GET', _path(zone)))
        if answer['name'] != zone:
            raise self.strange(zone)
        own = tuple(sorted(own_key(key['dnskey'], zone, self.name) for key in answer['keys'] if key['managed'] is True))
        return Hosted(zone, own, int(answer['minimum_ttl']))

    def read_supplied(self, zone: str, rtypes: Sequence[str]) -> dict[str, Supplied]:
        """The NS RRset is one of them: deSEC makes it with its own servers when the domain is created, and leaves it to the user then."""
        answer = self.ask(zone, Call('GET', _path(zone, 'rrsets/'), query={'subname': ''}))
        if not isinstance(answer, list):
            raise self.strange(zone)
        apex = [rrset for rrset in answer if rrset['subname'] == '' and rrset['type'] in rtypes]
        return {rrset['type']: Supplied(int(rrset['ttl']), frozenset(line(rrset['type'], text, zone) for text in rrset['records'])) for rrset in apex}

    def calls(self, zone: str, before: Mapping[str, Supplied], after: Mapping[str, Supplied]) -> Sequence[Call]:
        """One bulk PATCH at the apex, atomic."""
        body: list[dict[str, object]] = []
        for rtype, rrset in sorted(after.items()):
            item: dict[str, object] = {'subname': '', 'type': rtype, 'records': [text.split(' ', 1)[1] for text in sorted(rrset.records)]}
            if rrset.records:
                item['ttl'] = rrset.ttl
            body.append(item)
        return (Call('PATCH', _path(zone, 'rrsets/'), body, entries=tuple(sorted(after))),)

    def read_content(self, zone: str) -> Held:
        domain = self.ask(zone, Call('GET', _path(zone)))
        rrsets = [
            RRset(
                f'{rrset["subname"]}.{zone}' if rrset['subname'] else zone, rrset['type'], int(rrset['ttl']),
                frozenset(canonical_or_as_it_is(rrset['type'], text) for text in rrset['records']),
            )
            for rrset in self.ask_all(zone, _path(zone, 'rrsets/'))
        ]
        return Held(content_of(zone, rrsets), Bounds(int(domain['minimum_ttl']), MAXIMUM_TTL))

    def new_content(self) -> Held:
        return Held({}, Bounds(USUAL_MINIMUM_TTL, MAXIMUM_TTL))

    def create(self, zone: str) -> None:
        """It gets the NS of deSEC's own servers, which the pass makes the NS of all signers when deSEC is ready to be asked."""
        self.ask(zone, Call('POST', '/domains/', {'name': zone}))

    def refuse_content(self, zone: str, content: Content) -> None:
        for rrset in content.values():
            why = _unfit(rrset, zone)
            if why:
                raise MultisignerError(f'cannot be had at deSEC: {why}', zone, self.url, rrset.lines[0], remedy='Take it out of the zone, or deSEC')

    def content_calls(self, zone: str, changes: Sequence[Change]) -> Sequence[Call]:
        """One bulk PATCH, atomic."""
        body: list[dict[str, object]] = []
        for change in changes:
            item: dict[str, object] = {'subname': _subname(change.owner, zone), 'type': change.place[1], 'records': []}
            if change.after is not None:
                item.update(ttl=change.after.ttl, records=sorted(change.after.records))
            body.append(item)
        return (Call('PATCH', _path(zone, 'rrsets/'), body, entries=tuple(' '.join(change.place) for change in changes)),)

    def explain(self, error: MultisignerError, call: Call) -> MultisignerError:
        if isinstance(error, ForbiddenError):
            remedy = _TO_CREATE if call.path == '/domains/' else _TO_WRITE if any(' ' in entry for entry in call.entries) else _grant(call.entries)
            return ForbiddenError(error.what, server=error.server, remedy=remedy)
        return super().explain(error, call)

    def scope(self, zone: str, call: Call) -> str:
        """Reads are throttled by account, writes by domain."""
        return 'reads' if call.method == 'GET' else f'writes of {zone}'


CLIENT = Desec


def _path(zone: str, below: str = '') -> str:
    return f'/domains/{quote(zone, safe="")}/{below}'  # the final slash matters: without it a write is lost in a redirect


def _subname(owner: str, zone: str) -> str:
    return '' if owner == zone else owner[:-len(zone) - 1]


def _unfit(rrset: RRset, zone: str) -> str:
    """Why deSEC would not take it; nothing when it would."""
    subname = _subname(rrset.owner, zone)
    if rrset.rtype not in TYPES:
        return f'it takes no {rrset.rtype} records'
    if subname and (len(subname) > 178 or not _SUBNAME.match(subname)):
        return 'names there have letters, digits, "-" and "_" only, and up to 178 characters'
    hosts = [record.rpartition(' ')[2] for record in rrset.records] if rrset.rtype in _NAMES_HOST else []
    other = [host for host in hosts if not _HOST.match(host) and (host != '.' or rrset.rtype == 'NS')]
    return f'a {rrset.rtype} must name a host, with letters, digits and "-" only, and {other[0]} is none' if other else ''


_TO_WRITE = 'Take a token that may write every type at every name of this domain: one without policies, or with perm_write for the domain'
_TO_CREATE = 'Take a token with perm_create_domain, or create the domain at deSEC by hand'


def _grant(rtypes: Iterable[str]) -> str:
    """What to let a token do that may not write *rtypes*: NS where name servers are managed, CSYNC where the parent follows that, and only there."""
    named = set(rtypes)
    types = ['DNSKEY', 'CDS', 'CDNSKEY', *(rtype for rtype in ('NS', 'CSYNC') if rtype in named)]
    policies = f'{("three", "four", "five")[len(types) - 3]} token policies with perm_write, to write {", ".join(types[:-1])} and {types[-1]}'
    return f'Allow it, by {policies} at the apex of this domain; or take another token'
