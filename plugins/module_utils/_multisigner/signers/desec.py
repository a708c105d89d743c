# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""deSEC: what its API says about a zone, and the one request that changes it. Three calls, nothing decided.

deSEC keeps two things apart. Its own key and that key's CDS and CDNSKEY are published always, and are seen through the
API only as a key that is "managed". The RRsets that the API shows and takes hold what users supplied, and only that.
It accepts any DNSKEY without a look, so only checked records may be given to replace().
"""
from __future__ import annotations

from typing import Any, Iterable, Mapping, Sequence
from urllib.parse import quote

from ..dnskey import DNSKEY, RECORD_TYPES, parse_record
from ..errors import MultisignerError
from ..json_api import ForbiddenError, JsonApi, NotFoundError
from ..outcome import Request
from .api_changes import Hosted, Supplied
from .base import Capabilities

NAME = 'deSEC'
API_URL = 'https://desec.io/api/v1'
# One CSK, which always signs. Whatever TTL is stored for its three types, they are served with 3600.
CAPABILITIES = Capabilities(own_keys_by='api', prepublishes=False, edits_ns=True, default_ttl=3600, api_url=API_URL)


class Desec:
    """One account at deSEC, as api_changes.Provider has it."""

    name = NAME
    default_ttl = CAPABILITIES.default_ttl
    when_it_leaves = f'when {NAME} is to leave, remove its NS records and delete the domain there at the end'

    def __init__(self, api: JsonApi) -> None:
        self._api = api

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Desec:
        """From the parameters of a module that has json_api.API_OPTIONS and api_url. Raises MultisignerError for what cannot work."""
        return cls(JsonApi.from_options(NAME, options, scheme='Token'))

    @property
    def url(self) -> str:
        """Where the API is, for messages."""
        return self._api.url

    def hosted(self, zone: str) -> Hosted:
        """GET of the domain. A zone without an own key is an error: it is never "no keys"."""
        answer = self._ask(zone, 'GET', '')
        try:
            if answer['name'] != zone:
                raise self._unreadable(zone)
            own = tuple(sorted(_own_key(key['dnskey'], zone) for key in answer['keys'] if key['managed'] is True))
            minimum_ttl = int(answer['minimum_ttl'])
        except (KeyError, TypeError, ValueError):
            raise self._unreadable(zone) from None
        if not own:
            raise MultisignerError(f'{NAME} tells no key of its own for it', zone=zone, server=self.url, remedy='Run again when the zone is signed there')
        return Hosted(zone, own, minimum_ttl)

    def check(self, request: Request) -> None:
        """Nothing to ask: what deSEC takes it publishes."""

    def supplied(self, zone: str, rtypes: Sequence[str] = RECORD_TYPES) -> dict[str, Supplied]:
        """GET of the apex: the RRsets of *rtypes* that users supplied, by type. Those that do not exist are left out.

        The NS RRset is one of them: deSEC makes it with its own servers when the domain is created, and leaves it to the user then.
        """
        answer = self._ask(zone, 'GET', 'rrsets/', query={'subname': ''})
        if not isinstance(answer, list):
            raise self._unreadable(zone)
        try:
            apex = [rrset for rrset in answer if rrset['subname'] == '' and rrset['type'] in rtypes]
            return {rrset['type']: Supplied(int(rrset['ttl']), frozenset(_line(rrset['type'], text, zone) for text in rrset['records'])) for rrset in apex}
        except (KeyError, TypeError, ValueError):
            raise self._unreadable(zone) from None

    def replace(self, zone: str, rrsets: Mapping[str, Supplied]) -> None:
        """One bulk PATCH at the apex, atomic: each type of *rrsets* gets exactly these records; without records it goes away."""
        body: list[dict[str, Any]] = []
        for rtype, rrset in sorted(rrsets.items()):
            item: dict[str, Any] = {'subname': '', 'type': rtype, 'records': [line.split(' ', 1)[1] for line in sorted(rrset.records)]}
            if rrset.records:
                item['ttl'] = rrset.ttl
            body.append(item)
        self._ask(zone, 'PATCH', 'rrsets/', body=body)

    def _ask(self, zone: str, method: str, below: str, query: Mapping[str, str] | None = None, body: list[dict[str, Any]] | None = None) -> Any:
        path = f'/domains/{quote(zone, safe="")}/{below}'  # the final slash matters: without it a write is lost in a redirect
        # Reads are throttled by account, writes by domain.
        scope = 'reads' if method == 'GET' else f'writes of {zone}'
        try:
            return self._api.request(method, path, query, body, scope, entries=[item['type'] for item in body or ()])
        except NotFoundError as error:
            what = f'the account of this token has no such domain: {error.what}'
            raise NotFoundError(what, zone, error.server, remedy=f'Create it at {NAME}, or take a token of the account that has it') from None
        except ForbiddenError as error:
            raise ForbiddenError(error.what, zone, error.server, remedy=_grant(item['type'] for item in body or ())) from None
        except MultisignerError as error:
            raise error.at(zone=zone) from None

    def _unreadable(self, zone: str) -> MultisignerError:
        what = f'{NAME} answers in a form that this version does not know'
        return MultisignerError(what, zone, self.url, remedy='See that api_url is the address of version 1 of its API')


def _grant(rtypes: Iterable[str]) -> str:
    """What to let a token do that may not write *rtypes*: NS where name servers are managed, CSYNC where the parent follows that, and only there."""
    named = set(rtypes)
    types = ['DNSKEY', 'CDS', 'CDNSKEY', *(rtype for rtype in ('NS', 'CSYNC') if rtype in named)]
    policies = f'{("three", "four", "five")[len(types) - 3]} token policies with perm_write, to write {", ".join(types[:-1])} and {types[-1]}'
    return f'Allow it, by {policies} at the apex of this domain; or take another token'


def _own_key(text: str, zone: str) -> DNSKEY:
    try:
        key = DNSKEY.parse(text)
        key.check_usable()
    except MultisignerError as error:
        raise error.at(zone=zone, server=NAME) from None
    return key


def _line(rtype: str, text: str, zone: str) -> str:
    """A record of a user in our canonical text, or as it is when it is one that we cannot read: it is theirs and stays."""
    try:
        return parse_record(f'{rtype} {text}', zone).text
    except MultisignerError:
        return f'{rtype} {text}'
