# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloudflare: what its API (version 4) says about a zone, and the one request that changes it. After its documentation, not the live service.

Its own KSK and ZSKs are never among the zone's records. Keys of others are DNSKEY records, which it takes with multi-signer DNSSEC only. It has
no CDS and CDNSKEY records: it publishes those of every KSK among the DNSKEY records by itself, and leaves these KSKs out of its DNSKEY answers.
So such a record is nothing but an announcement: CDS and CDNSKEY are read from it here, and a CDNSKEY comes and goes by its key.
Private keys, which the list of ZSKs holds, never go further than the line that reads the rest.
"""
from __future__ import annotations

from typing import Any, Mapping, Sequence

from ..dnskey import DNSKEY
from ..errors import MultisignerError
from ..json_api import ApiError, Call, ForbiddenError, JsonApi, NotFoundError, readable
from ..outcome import Request
from .api import ApiSigner, Hosted, Supplied, line, own_key
from .base import Capabilities

# A ZSK that is published and not active is its next one. The NS of the others are records there; its own it always serves, so a person decides.
CAPABILITIES = Capabilities(
    own_keys_by='api', prepublishes=True, edits_ns=False, default_ttl=3600, omits_ksks=True, api_url='https://api.cloudflare.com/client/v4'
)
NOT_ITS_OWN = frozenset(('external', 'removed'))  # tags of ZSKs that are another signer's, or not published
DIGEST_TYPE = 2  # of the CDS that it publishes
PAGE = 100  # records


class Cloudflare(ApiSigner):
    name = 'Cloudflare'
    capabilities = CAPABILITIES
    no_such_zone = 'it is not there'
    when_it_leaves = 'when Cloudflare is to leave, delete the zone there at the end'

    def __init__(self, api: JsonApi) -> None:
        super().__init__(api)
        self._zones: dict[str, dict[str, Any]] = {}

    def read_hosted(self, zone: str) -> Hosted:
        status = self._get(zone, '/dnssec')
        if status['status'] not in ('active', 'pending'):  # pending: the parent has no DS of it yet
            raise self._refusal(zone, f'its DNSSEC is {status["status"]} there', '/dnssec', '{"status": "active", "dnssec_multi_signer": true}')
        zsks = [listed for listed in self._get(zone, '/dnssec/zsk') if listed['Tag'] not in NOT_ITS_OWN]
        ksk = own_key(f'{int(status["flags"])} 3 {int(status["algorithm"])} {status["public_key"]}', zone, self.name)
        keys = [(listed['Tag'], own_key(_text({name.lower(): value for name, value in listed['DNSKEY'].items()}), zone, self.name)) for listed in zsks]
        if not any(tag == 'active' for tag, _key in keys):
            raise MultisignerError('none of the ZSKs that Cloudflare lists is active', zone, self.url, remedy='Run again when the zone is signed there')
        return Hosted(zone, (ksk, *(key for _tag, key in keys)), idle=frozenset(key for tag, key in keys if tag != 'active'))

    def read_supplied(self, zone: str, rtypes: Sequence[str]) -> dict[str, Supplied]:
        """All DNSKEY records at the apex, page by page, and the CDS and CDNSKEY that come of them."""
        records: list[Any] = []
        page, pages = 1, 1
        while page <= pages:
            query = {'type': 'DNSKEY', 'name': zone, 'per_page': str(PAGE), 'page': str(page)}
            answer = self._ask(zone, '/dns_records', query)
            records += [record for record in answer['result'] if record['type'] == 'DNSKEY' and record['name'].lower() == zone]
            page, pages = page + 1, int(answer['result_info']['total_pages'])
        if not records:
            return {}
        handles = {line('DNSKEY', _text(record['data']), zone): str(record['id']) for record in records}
        found = {'DNSKEY': Supplied(min(int(record['ttl']) for record in records), frozenset(handles), handles)}
        for rtype, texts in _announced(zone, handles).items():
            if texts:
                found[rtype] = Supplied(self.capabilities.default_ttl, texts)
        return {rtype: rrset for rtype, rrset in found.items() if rtype in rtypes}

    def check(self, request: Request) -> None:
        zone = request.zone
        kind = self._zone(zone)['type']
        if kind != 'full':
            raise MultisignerError(
                f'it is a {kind} zone at Cloudflare, whose records are not kept there', zone, self.url,
                remedy='Have Cloudflare serve it as its primary (full setup), or supply the keys where its records come from',
            )
        status = self._get(zone, '/dnssec')
        if status.get('dnssec_presigned'):
            raise self._refusal(zone, 'Cloudflare serves the signatures of another signer (presigned) and makes none', '/dnssec', '{"dnssec_presigned": false}')
        if not status.get('dnssec_multi_signer'):
            raise self._refusal(zone, 'its multi-signer DNSSEC is off: Cloudflare takes no DNSKEY records', '/dnssec', '{"dnssec_multi_signer": true}')
        if not self._get(zone, '/dns_settings').get('multi_provider'):
            raise self._refusal(zone, 'its multi-provider DNS is off: Cloudflare ignores NS of other signers', '/dns_settings', '{"multi_provider": true}')

    def calls(self, zone: str, before: Mapping[str, Supplied], after: Mapping[str, Supplied]) -> Sequence[Call]:
        """One batch, which is one transaction."""
        old = before.get('DNSKEY', Supplied(self.capabilities.default_ttl))
        new = after.get('DNSKEY', old)
        keys = new.records
        if 'CDNSKEY' in after:
            was, will = _keys_of(before.get('CDNSKEY', Supplied(0))), _keys_of(after['CDNSKEY'])
            keys = (keys | will) - (was - will)
        announced = _announced(zone, keys)
        for rtype in sorted(set(after) & set(announced)):
            self._refuse_apart(zone, announced[rtype], before.get(rtype, Supplied(0)).records, after[rtype].records)
        posts = [{'type': 'DNSKEY', 'name': zone, 'ttl': new.ttl, 'data': _data(text)} for text in sorted(keys - old.records)]
        deletes = [{'id': old.handles[text]} for text in sorted(old.records - keys)]
        return (Call('POST', f'{self._path(zone)}/dns_records/batch', {'deletes': deletes, 'posts': posts}),)

    def explain(self, error: MultisignerError, call: Call) -> MultisignerError:
        if isinstance(error, ForbiddenError):  # said of a wrong token too
            remedy = 'Give the token "Zone Read" and "DNS Write" for this zone, or take one that is valid'
            return ForbiddenError(error.what, server=error.server, remedy=remedy)
        return super().explain(error, call)

    def _refuse_apart(self, zone: str, announced: frozenset[str], before: frozenset[str], after: frozenset[str]) -> None:
        """Raises MultisignerError for CDS or CDNSKEY that are to come or go without their key."""
        if after - announced:
            raise MultisignerError(
                'Cloudflare makes CDS of the KSKs among the DNSKEY records, and not this one', zone, self.url, min(after - announced),
                f'Give its DNSKEY or CDNSKEY as well, and CDS of digest type {DIGEST_TYPE} only',
            )
        if (before - after) & announced:
            raise MultisignerError(
                'Cloudflare publishes it as long as its key is among the DNSKEY records', zone, self.url, min((before - after) & announced),
                'Remove its CDNSKEY together with it, and with that the key',
            )

    def _refusal(self, zone: str, what: str, below: str, body: str) -> MultisignerError:
        return MultisignerError(what, zone, self.url, remedy=f'Change that: PATCH {self._path(zone)}{below} {body}, or in the dashboard under DNS, Settings')

    # -- asking -------------------------------------------------------------------------------------------------------

    def _zone(self, zone: str) -> dict[str, Any]:
        """What is listed of the zone, asked for once: its "id", its "type" ... Raises MultisignerError when it is not there."""
        if zone not in self._zones:
            answer = self._answer(zone, Call('GET', '/zones', query={'name': zone}))
            listed = [found for found in answer['result'] if found['name'].lower() == zone]
            if len(listed) != 1:
                what = f'the token of this account sees {len(listed) or "no"} zones of this name at Cloudflare'
                raise NotFoundError(what, zone, self.url, remedy='Create it there, or take a token with "Zone Read" for that one zone')
            self._zones[zone] = listed[0]
        return self._zones[zone]

    def _path(self, zone: str) -> str:
        return f'/zones/{self._zone(zone)["id"]}'

    def _get(self, zone: str, below: str) -> Any:
        return self._ask(zone, below)['result']

    def _ask(self, zone: str, below: str, query: Mapping[str, str] | None = None) -> Any:
        return self._answer(zone, Call('GET', f'{self._path(zone)}{below}', query=query))

    def _answer(self, zone: str, call: Call) -> Any:
        answer = self.ask(zone, call)
        if answer['success'] is not True:
            raise ApiError(f'Cloudflare refuses the request: {readable(answer["errors"])}', zone, self.url, remedy='Correct what it names, and run again')
        return answer


CLIENT = Cloudflare


def _text(data: Mapping[str, Any]) -> str:
    public = data.get('public_key') or data['publickey']
    return f'{int(data["flags"])} {int(data["protocol"])} {int(data["algorithm"])} {public}'


def _data(text: str) -> dict[str, Any]:
    _rtype, flags, protocol, algorithm, public = text.split(' ', 4)
    return {'flags': int(flags), 'protocol': int(protocol), 'algorithm': int(algorithm), 'public_key': public}


def _keys_of(cdnskeys: Supplied) -> frozenset[str]:
    return frozenset(f'DNSKEY {text.partition(" ")[2]}' for text in cdnskeys.records)


def _announced(zone: str, texts: Any) -> dict[str, frozenset[str]]:
    """The CDNSKEY and CDS that are published because of these DNSKEY records. One that cannot be read is announced as nothing."""
    keys = []
    for text in texts:
        try:
            keys.append(DNSKEY.parse(text.partition(' ')[2]))
        except MultisignerError:
            continue
    seps = [key for key in keys if key.is_sep]
    return {
        'CDNSKEY': frozenset(f'CDNSKEY {key.text}' for key in seps),
        'CDS': frozenset(f'CDS {key.ds(zone, DIGEST_TYPE).text}' for key in seps),
    }
