# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""deSEC: what its API says about a zone, and the one request that changes it.

deSEC keeps two things apart. Its own key and that key's CDS and CDNSKEY are published always, and are seen through the
API only as a key that is "managed". The RRsets that the API shows and takes hold what users supplied, and only that.
It accepts any DNSKEY without a look, so only checked records may be given to calls().
"""
from __future__ import annotations

from typing import Iterable, Mapping, Sequence
from urllib.parse import quote

from ..errors import MultisignerError
from ..json_api import Call, ForbiddenError
from .api import ApiSigner, Hosted, Supplied, line, own_key
from .base import Capabilities

# One CSK, which always signs. Whatever TTL is stored for its three types, they are served with 3600.
CAPABILITIES = Capabilities(own_keys_by='api', prepublishes=False, edits_ns=True, default_ttl=3600, api_url='https://desec.io/api/v1')


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

    def explain(self, error: MultisignerError, call: Call) -> MultisignerError:
        if isinstance(error, ForbiddenError):
            return ForbiddenError(error.what, server=error.server, remedy=_grant(call.entries))
        return super().explain(error, call)

    def scope(self, zone: str, call: Call) -> str:
        """Reads are throttled by account, writes by domain."""
        return 'reads' if call.method == 'GET' else f'writes of {zone}'


CLIENT = Desec


def _path(zone: str, below: str = '') -> str:
    return f'/domains/{quote(zone, safe="")}/{below}'  # the final slash matters: without it a write is lost in a redirect


def _grant(rtypes: Iterable[str]) -> str:
    """What to let a token do that may not write *rtypes*: NS where name servers are managed, CSYNC where the parent follows that, and only there."""
    named = set(rtypes)
    types = ['DNSKEY', 'CDS', 'CDNSKEY', *(rtype for rtype in ('NS', 'CSYNC') if rtype in named)]
    policies = f'{("three", "four", "five")[len(types) - 3]} token policies with perm_write, to write {", ".join(types[:-1])} and {types[-1]}'
    return f'Allow it, by {policies} at the apex of this domain; or take another token'
