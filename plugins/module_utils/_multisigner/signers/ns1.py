# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NS1 (IBM NS1 Connect): what its API (version 1) says about a zone, and the requests that change it. After its documentation, not the live service.

Its own keys are told with the zone's DNSSEC details. Keys of others are in named sets of external keys; one of them is this collection's, and
the others are left alone. CDS and CDNSKEY are ordinary records; it makes none by itself, so those of its own keys are supplied too.
"""
from __future__ import annotations

from typing import Any, Mapping, Sequence

from ..errors import MultisignerError
from ..json_api import Call, NotFoundError
from ..outcome import Request
from .api import ApiSigner, Hosted, Supplied, line, own_key
from .base import Capabilities

# Its keys change when its support rolls them.
CAPABILITIES = Capabilities(own_keys_by='api', prepublishes=True, edits_ns=True, default_ttl=3600, api_url='https://api.nsone.net/v1')
KEY_SET = 'dnssec-multisigner'  # the set of external keys that is this collection's
ALGORITHM = 13  # the only one that it signs with, and that its documentation allows in external keys


class Ns1(ApiSigner):
    name = 'NS1'
    capabilities = CAPABILITIES
    header = 'X-NSONE-Key'
    scheme = ''

    def read_hosted(self, zone: str) -> Hosted:
        answer = self.ask(zone, Call('GET', f'/zones/{zone}/dnssec'))
        supplied = self._external(zone).records
        told = [own_key(' '.join(str(field) for field in fields), zone, self.name) for fields in answer['keys']['dnskey']]
        own = tuple(key for key in told if f'DNSKEY {key.text}' not in supplied)
        return Hosted(zone, own, announces=False)

    def read_supplied(self, zone: str, rtypes: Sequence[str]) -> dict[str, Supplied]:
        found = {rtype: self._external(zone) if rtype == 'DNSKEY' else self._record(zone, rtype) for rtype in rtypes}
        return {rtype: rrset for rtype, rrset in found.items() if rrset.records}

    def check(self, request: Request) -> None:
        zone = self.ask(request.zone, Call('GET', f'/zones/{request.zone}', query={'records': 'false'}))
        if (zone.get('secondary') or {}).get('enabled'):
            raise MultisignerError(
                'it is a secondary zone at NS1, which signs nothing itself', request.zone, self.url,
                remedy='Make it a primary zone there, or supply the keys at its primary',
            )
        if zone.get('dnssec') is not True:
            raise self._is_unsigned(request.zone)
        for record in request.add:
            if record.rtype == 'DNSKEY' and record.text.split(' ')[3] != str(ALGORITHM):
                raise MultisignerError(
                    'NS1 signs with ECDSAP256SHA256, and takes external keys of that algorithm only', request.zone, self.url, record.text,
                    'Roll the other signer over to ECDSAP256SHA256',
                )

    def calls(self, zone: str, before: Mapping[str, Supplied], after: Mapping[str, Supplied]) -> Sequence[Call]:
        """One for each RRset: keys before what announces them and NS before the CSYNC of them where these come, and after it where they go."""
        def turn(rtype: str) -> tuple[int, str]:
            comes = bool(after[rtype].records - before.get(rtype, Supplied(0)).records)
            return {'DNSKEY': 0 if comes else 4, 'CSYNC': 3 if comes else 1}.get(rtype, 2), rtype

        return [self._call(zone, rtype, after[rtype], is_new=rtype not in before) for rtype in sorted(after, key=turn)]

    def explain(self, error: MultisignerError, call: Call) -> MultisignerError:
        if 'DNSSEC is not enabled' in error.what:
            return self._is_unsigned()
        return super().explain(error, call)

    def _is_unsigned(self, zone: str | None = None) -> MultisignerError:
        return MultisignerError('its DNSSEC is off at NS1', zone, self.url, remedy='Switch it on: POST /zones/ZONE {"dnssec": true}, or in the portal')

    def _external(self, zone: str) -> Supplied:
        """The set of external keys that is ours."""
        answer = self._found(zone, _key_set(zone))
        if answer is None:
            return Supplied(self.capabilities.default_ttl)
        texts = [f'{int(key["flags"])} {int(key["protocol"])} {int(key["algorithm"])} {key["public_key"]}' for key in answer['data']]
        return Supplied(int(answer['ttl']), frozenset(line('DNSKEY', text, zone) for text in texts))

    def _record(self, zone: str, rtype: str) -> Supplied:
        answer = self._found(zone, _record(zone, rtype))
        if answer is None:
            return Supplied(self.capabilities.default_ttl)
        texts = [' '.join(str(field) for field in found['answer']) for found in answer['answers']]
        return Supplied(int(answer['ttl']), frozenset(line(rtype, text, zone) for text in texts))

    def _found(self, zone: str, path: str) -> Any:
        """None for what is not there. The zone itself is: its keys were read before."""
        try:
            return self.ask(zone, Call('GET', path))
        except NotFoundError as error:
            if 'zone not found' in error.what:
                raise
            return None

    def _call(self, zone: str, rtype: str, rrset: Supplied, is_new: bool) -> Call:
        path = _key_set(zone) if rtype == 'DNSKEY' else _record(zone, rtype)
        if not rrset.records:
            return Call('DELETE', path)
        rdata = [text.split(' ')[1:] for text in sorted(rrset.records)]
        body: dict[str, Any] = {'ttl': rrset.ttl}
        if rtype == 'DNSKEY':
            body['data'] = [
                {'flags': int(flags), 'protocol': int(protocol), 'algorithm': int(algorithm), 'public_key': key} for flags, protocol, algorithm, key in rdata
            ]
        else:
            body['answers'] = [{'answer': [field.rstrip('.') for field in fields]} for fields in rdata]  # it writes names without the final dot
            if is_new:
                body.update(zone=zone, domain=zone, type=rtype)
        return Call('PUT' if is_new else 'POST', path, body)


CLIENT = Ns1


def _key_set(zone: str) -> str:
    return f'/zones/{zone}/dnssec/external_keys/{KEY_SET}'


def _record(zone: str, rtype: str) -> str:
    return f'/zones/{zone}/{zone}/{rtype}'
