# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from PowerDNS's API and what is sent to it, what it would take and not publish, and that no odd answer is taken for "no keys".

The answers have the shapes of PowerDNS 4.7.3. The target powerdns_signer meets the server itself.
"""
from __future__ import annotations

from typing import Any, Iterator, Mapping, Sequence

import pytest
import requests
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import json_api
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.api_keys import ApiKeys
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, parse_record
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import Api, Signer
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome, Request
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.api import Supplied
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.api_changes import apply_changes
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.powerdns import CAPABILITIES, PowerDNS, zone_id
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.powerdns_keys import TIMES
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.powerdns_zones import Fitter
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.scripted_api import TOKEN, URL, Call, Script, finished, install

ZONE = 'shop.example'
OWN_KSK = '257 3 13 E/KfjNsMQyUa2lUpsjr9U01KuBufir2WXIMx1+URwPnLBQEsqNCvLur/z9NCMPx2R1wNSJkqIrj5Ajl3mu6WPg=='
OWN_ZSK = '256 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=='
KSK = '257 3 13 lAnO+eCEtidQYM6YLYutfzeSGiTrc1PR0uyE5e9UeNG2g7CFgN9h/zCtLvWSGgQjkgsZSINUQ/FvPb4utjk5Bg=='
KSK_DS = '6084 13 2 c8803ad79bfa3a34e253f662e745115c42280a17fef4e77b2b1aa358cbd10709'
ZSK = '256 3 13 x467Z3Dn9lyjk6P6lwpMT8X5K7Qx6ss2YXs0kiviwAq3+C3H7Ch3Fr6vDYMi9js3kpqIpZqaGAXvCNCARFA3Sw=='
OPTIONS = {'api_url': URL, 'api_token': TOKEN, 'ca_file': None, 'timeout': 30.0, 'use_proxy': False, 'max_wait': 300.0}
SETTINGS = {'direct-dnskey': 'yes', 'default-publish-cds': '', 'default-publish-cdnskey': '', 'default-soa-edit-signed': ''}
METADATA = {'PUBLISH-CDS': ['2'], 'PUBLISH-CDNSKEY': ['1']}
MORNING = '2027-01-15T08:00:00Z'
AT = f'/servers/localhost/zones/{ZONE}.'


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    script, _clock = install(monkeypatch)
    yield script
    finished(script)


def make() -> PowerDNS:
    return PowerDNS.from_options(OPTIONS)


def key(text: str, number: int, active: bool = True, published: bool = True, cds: bool | None = None) -> dict[str, Any]:
    has_cds = text.startswith('257') if cds is None else cds
    listed = {'id': number, 'dnskey': text, 'active': active, 'published': published, 'keytype': 'ksk', 'flags': int(text[:3]), 'type': 'Cryptokey'}
    return {**listed, 'cds': ['1 13 2 00']} if has_cds else listed


KEYS = (key(OWN_KSK, 1), key(OWN_ZSK, 2))


def get_settings(**changed: str) -> Call:
    settings = {**SETTINGS, **{name.replace('_', '-'): value for name, value in changed.items()}}
    return Call('GET', '/servers/localhost/config', answer=[{'name': name, 'type': 'ConfigSetting', 'value': value} for name, value in settings.items()])


def get_keys(*keys: dict[str, Any]) -> Call:
    return Call('GET', f'{AT}/cryptokeys', answer=list(keys))


def zone_body(**changed: Any) -> dict[str, Any]:
    settings = {'kind': 'Native', 'soa_edit_api': 'DEFAULT', 'soa_edit': '', 'nsec3param': '1 0 0 -', 'api_rectify': True}
    return {'name': f'{ZONE}.', 'dnssec': True, **settings, **changed}


def get_zone(metadata: Mapping[str, Sequence[str]] | None = None, **changed: Any) -> list[Call]:
    listed = [{'kind': kind, 'metadata': list(values), 'type': 'Metadata'} for kind, values in (METADATA if metadata is None else metadata).items()]
    return [Call('GET', f'{AT}?rrsets=false', answer=zone_body(**changed)), Call('GET', f'{AT}/metadata', answer=listed)]


def rrset(rtype: str, *contents: str, ttl: int = 60, disabled: bool = False) -> dict[str, Any]:
    records = [{'content': content, 'disabled': disabled} for content in contents]
    return {'name': f'{ZONE}.', 'type': rtype, 'ttl': ttl, 'comments': [], 'records': records}


def get_apex(*rrsets: dict[str, Any]) -> Call:
    return Call('GET', f'{AT}?rrset_name={ZONE}.', answer=zone_body(rrsets=[rrset('SOA', 'ns. h. 1 2 3 4 5'), *rrsets]))


def item(rtype: str, *contents: str, ttl: int = 60) -> dict[str, Any]:
    if not contents:
        return {'name': f'{ZONE}.', 'type': rtype, 'changetype': 'DELETE'}
    records = [{'content': content, 'disabled': False} for content in sorted(contents)]
    return {'name': f'{ZONE}.', 'type': rtype, 'changetype': 'REPLACE', 'ttl': ttl, 'records': records}


def patch(*items: dict[str, Any], **answer: Any) -> Call:
    return Call('PATCH', AT, sends={'rrsets': list(items)}, **{'status': 204, **answer})


def wanted(*add: str, remove: Sequence[str] = ()) -> Request:
    return Request(ZONE, tuple(parse_record(text, ZONE) for text in add), tuple(parse_record(text, ZONE) for text in remove))


def change(*add: str, remove: Sequence[str] = ()) -> Outcome:
    outcome, = apply_changes([{'name': ZONE, 'add': list(add), 'remove': list(remove)}], make(), (), False, 1.0)
    assert TOKEN not in repr(outcome)
    return outcome


def looked(*before_supplied: Call) -> list[Call]:
    """What is asked of a zone before its records are: its keys, and whether it is fit."""
    return [get_keys(*KEYS), get_settings(), *get_zone(), get_keys(*KEYS), *before_supplied]


class TestOwnKeys:
    def test_a_key_that_signs_nothing_is_its_own_and_proves_nothing(self, script: Script) -> None:
        script.expect(get_keys(key(OWN_ZSK, 2), key(OWN_KSK, 1), key(ZSK, 3, active=False)))
        hosted = make().hosted(ZONE)
        assert hosted.own == tuple(DNSKEY.parse(text) for text in (OWN_KSK, OWN_ZSK, ZSK))  # in the order in which they were made
        assert hosted.idle == {DNSKEY.parse(ZSK)}

    def test_those_that_sign_are_what_its_answers_are_judged_by(self, script: Script) -> None:
        script.expect(get_keys(*KEYS, key(ZSK, 3, active=False)))
        signer = Signer('ns5', 'powerdns', ('192.0.2.5',), api=Api(URL, TOKEN, use_proxy=False))
        assert ApiKeys().own_keys(signer, ZONE) == {DNSKEY.parse(OWN_KSK), DNSKEY.parse(OWN_ZSK)}
        assert script.seen[0].headers['X-API-Key'] == TOKEN
        assert CAPABILITIES.own_keys_by == 'api'

    @pytest.mark.parametrize('keys', [[], [key(OWN_KSK, 1, active=False)]])
    def test_a_zone_that_is_not_signed_is_an_error_and_never_one_without_keys(self, script: Script, keys: list[dict[str, Any]]) -> None:
        script.expect(get_keys(*keys))
        with pytest.raises(MultisignerError, match=rf'zone shop\.example, .*none of its {len(keys)} cryptokeys is active\. Have it signed'):
            make().hosted(ZONE)

    @pytest.mark.parametrize('body', [{}, [{}], [{**key(OWN_KSK, 1), 'id': None}], ['x'], [{**key(OWN_KSK, 1), 'dnskey': '257 3'}]])
    def test_what_cannot_be_read_is_an_error(self, script: Script, body: Any) -> None:
        script.expect(Call('GET', f'{AT}/cryptokeys', answer=body))
        with pytest.raises(MultisignerError, match=r'zone shop\.example.*(form that this version does not know|malformed)'):
            make().hosted(ZONE)


class TestSupplied:
    def test_the_apex_alone_in_canonical_text(self, script: Script) -> None:
        odd = {**rrset('DNSKEY', ZSK), 'name': f'www.{ZONE}.'}
        script.expect(get_apex(rrset('DNSKEY', KSK, ttl=7200), rrset('CDS', KSK_DS.upper()), odd))
        assert make().supplied(ZONE) == {
            'DNSKEY': Supplied(7200, frozenset((f'DNSKEY {KSK}',))), 'CDS': Supplied(60, frozenset((f'CDS {KSK_DS}',)))
        }

    def test_disabled_records_would_be_lost_so_they_are_told(self, script: Script) -> None:
        script.expect(get_apex(rrset('DNSKEY', KSK, disabled=True)))
        with pytest.raises(MultisignerError, match='its DNSKEY RRset at shop.example. has records that are disabled. Enable or delete them'):
            make().supplied(ZONE)


class TestChanges:
    def test_only_the_records_of_others_are_written(self, script: Script) -> None:
        script.expect(
            *looked(get_apex(rrset('DNSKEY', ZSK))), patch(item('CDS', KSK_DS, ttl=3600), item('DNSKEY', KSK, ZSK)),
            get_apex(rrset('DNSKEY', ZSK, KSK), rrset('CDS', KSK_DS)),
        )
        outcome = change(f'DNSKEY {KSK}', f'CDS {KSK_DS}', f'DNSKEY {OWN_ZSK}')
        assert (outcome.failed, outcome.added) == (False, (f'CDS {KSK_DS}', f'DNSKEY {KSK}'))
        assert 'Not supplied, since PowerDNS publishes what is its own by itself: DNSKEY ' in outcome.msg

    def test_secondaries_that_transfer_the_zone_are_told(self, script: Script) -> None:
        notify = Call('PUT', f'{AT}/notify', answer={'result': 'Notification queued'})
        kept = get_apex(rrset('DNSKEY', KSK))
        script.expect(
            get_keys(*KEYS), get_settings(), *get_zone(kind='Master'), get_keys(*KEYS), get_apex(), patch(item('DNSKEY', KSK, ttl=3600)), notify, kept
        )
        assert not change(f'DNSKEY {KSK}').failed

    def test_the_last_record_takes_the_rrset_away(self, script: Script) -> None:
        script.expect(*looked(get_apex(rrset('DNSKEY', KSK))), patch(item('DNSKEY')), get_apex())
        assert change(remove=[f'DNSKEY {KSK}']).removed == (f'DNSKEY {KSK}',)

    @pytest.mark.parametrize('text', [f'DNSKEY {OWN_ZSK}', f'CDNSKEY {OWN_KSK}', f'CDS {DNSKEY.parse(OWN_KSK).ds(ZONE).text}'])
    def test_its_own_is_never_withdrawn(self, script: Script, text: str) -> None:
        script.expect(*looked(get_apex()))
        assert 'own key, it cannot be withdrawn: PowerDNS signs with it and publishes it always' in change(remove=[text]).msg

    def test_an_idle_key_of_its_own_is_not_withdrawn_either(self, script: Script) -> None:
        keys = (*KEYS, key(ZSK, 3, active=False))
        script.expect(get_keys(*keys), get_settings(), *get_zone(), get_keys(*keys), get_apex(rrset('DNSKEY', ZSK)))
        assert 'own key, it cannot be withdrawn' in change(remove=[f'DNSKEY {ZSK}']).msg

    def test_204_and_silence_are_noticed(self, script: Script) -> None:
        write = patch(item('DNSKEY', KSK, ttl=3600))
        script.expect(*looked(get_apex()), write, get_apex(), write, get_apex(), write, get_apex())
        assert 'PowerDNS accepted the change 3 times, and each time it is gone when read again' in change(f'DNSKEY {KSK}').msg

    @pytest.mark.parametrize('trouble', [{'status': 500, 'answer': {'error': 'Internal Server Error'}}, {'failure': requests.exceptions.ReadTimeout()}])
    def test_a_write_of_unknown_outcome_is_read_before_it_is_repeated(self, script: Script, trouble: dict[str, Any]) -> None:
        script.expect(*looked(get_apex()), patch(item('DNSKEY', KSK, ttl=3600), **trouble), get_apex(rrset('DNSKEY', KSK)))
        outcome = change(f'DNSKEY {KSK}')
        assert (outcome.failed, outcome.changed) == (False, True)
        assert 'it was read again, and the change is there' in outcome.msg

    def test_a_refusal_is_told_in_its_words(self, script: Script) -> None:
        script.expect(*looked(get_apex()), patch(item('DNSKEY', KSK, ttl=3600), status=422, answer={'error': 'Not in expected format'}))
        assert 'PowerDNS refuses the request (422): Not in expected format. Nothing was written' in change(f'DNSKEY {KSK}').msg

    def test_an_unknown_zone(self, script: Script) -> None:
        script.expect(Call('GET', f'{AT}/cryptokeys', 404, {'error': 'Not Found'}))
        assert 'zone shop.example, server https://api.test/v1: the server has no such zone' in change(f'DNSKEY {KSK}').msg

    def test_a_wrong_key_is_tried_once(self, script: Script) -> None:
        script.expect(Call('GET', f'{AT}/cryptokeys', 401, {'error': 'Unauthorized'}))
        zones = [{'name': name, 'add': [f'DNSKEY {KSK}'], 'remove': []} for name in (ZONE, 'talk.example')]
        outcomes = apply_changes(zones, make(), (), False, 1.0)
        assert ['PowerDNS does not accept the token (401): Unauthorized' in outcome.msg for outcome in outcomes] == [True, True]


class TestWhatItWouldTakeAndNotPublish:
    def refused(self, script: Script, request: Request, *calls: Call) -> str:
        script.expect(*calls)
        with pytest.raises(MultisignerError) as caught:
            make().check(request)
        return str(caught.value)

    def test_fit(self, script: Script) -> None:
        script.expect(get_settings(), *get_zone(), get_keys(*KEYS))
        make().check(wanted(f'DNSKEY {KSK}', f'CDS {KSK_DS}', f'CDNSKEY {KSK}'))

    def test_no_direct_dnskey(self, script: Script) -> None:
        assert 'Write "direct-dnskey=yes" into' in self.refused(script, wanted(), get_settings(direct_dnskey='no'))

    @pytest.mark.parametrize(('changed', 'metadata'), [({'kind': 'Slave'}, METADATA), ({'kind': 'Secondary'}, METADATA), ({}, {'PRESIGNED': ['1']})])
    def test_a_zone_that_is_signed_elsewhere(self, script: Script, changed: dict[str, Any], metadata: dict[str, list[str]]) -> None:
        assert 'it is not signed here' in self.refused(script, wanted(), get_settings(), *get_zone(metadata, **changed))

    @pytest.mark.parametrize('kind', ['Master', 'Primary', 'Producer'])
    def test_secondaries_that_would_not_see_it(self, script: Script, kind: str) -> None:
        said = self.refused(script, wanted(), get_settings(), *get_zone(kind=kind, soa_edit_api=''))
        assert 'has no SOA-EDIT-API: changes by the API leave its serial as it is' in said and 'pdnsutil set-meta shop.example SOA-EDIT-API DEFAULT' in said

    def test_native_replication_needs_no_serial(self, script: Script) -> None:
        script.expect(get_settings(), *get_zone(soa_edit_api=''), get_keys(*KEYS))
        make().check(wanted())

    @pytest.mark.parametrize('published', [{}, {'PUBLISH-CDS': ['4']}])
    def test_its_own_cds_would_be_missing(self, script: Script, published: dict[str, list[str]]) -> None:
        said = self.refused(script, wanted(f'CDS {KSK_DS}'), get_settings(), *get_zone(published))
        assert f'pdnsutil set-publish-cds shop.example {"2,4" if published else "2"}"' in said

    def test_its_own_cdnskey_would_be_missing(self, script: Script) -> None:
        said = self.refused(script, wanted(f'CDNSKEY {KSK}'), get_settings(), *get_zone({}))
        assert 'PUBLISH-CDNSKEY is not 1' in said

    def test_what_the_server_does_by_default_counts(self, script: Script) -> None:
        script.expect(get_settings(default_publish_cds='2,4', default_publish_cdnskey='1'), *get_zone({}), get_keys(*KEYS))
        make().check(wanted(f'CDS {KSK_DS}', f'CDNSKEY {KSK}'))

    def test_the_request_to_remove_all_ds(self, script: Script) -> None:
        assert 'publishes the request that the parent remove all DS' in self.refused(script, wanted(), get_settings(), *get_zone({'PUBLISH-CDS': ['0']}))

    def test_a_zsk_with_a_cds(self, script: Script) -> None:
        keys = get_keys(key(OWN_KSK, 1), key(ZSK, 7, active=False, cds=True))
        assert 'pdnsutil remove-zone-key shop.example 7' in self.refused(script, wanted(), get_settings(), *get_zone(), keys)


class TestMakingFit:
    def fit(self, check_mode: bool = False, cds: tuple[int, ...] = (2,), **option: Any) -> Outcome:
        wish = {'name': ZONE, 'algorithm': 'ECDSAP256SHA256', 'csk': False, 'new_keys': False, **option}
        outcome, = Fitter(make(), (), cds, True, check_mode, 1.0).serve([wish])
        assert 'PrivateKey' not in repr(outcome)
        return outcome

    def test_a_zone_that_is_fit_is_only_read(self, script: Script) -> None:
        script.expect(get_settings(), *get_zone(), get_keys(*KEYS))
        outcome = self.fit()
        assert (outcome.changed, outcome.failed, outcome.before) == (False, False, outcome.after)
        assert [one['role'] for one in outcome.details['own_keys']] == ['KSK', 'ZSK']

    def test_the_zsk_is_made_first_and_no_private_key_is_kept(self, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr('time.time', lambda: 1_800_000_000.0)
        made = {'privatekey': 'PrivateKey: secret'}
        script.expect(
            get_settings(), *get_zone({}, nsec3param='', api_rectify=False), get_keys(),
            Call('POST', f'{AT}/cryptokeys', 201, {**KEYS[1], **made}, {'keytype': 'zsk', 'active': True, 'published': True, 'algorithm': 'ecdsa256'}),
            Call('POST', f'{AT}/cryptokeys', 201, {**KEYS[0], **made}, {'keytype': 'ksk', 'active': True, 'published': True, 'algorithm': 'ecdsa256'}),
            Call('PUT', f'{AT}/metadata/{TIMES}', answer={}, sends={'kind': TIMES, 'metadata': [f'{number} begun {MORNING}' for number in (1, 2)]}),
            Call('PUT', f'{AT}/metadata/PUBLISH-CDS', answer={}, sends={'kind': 'PUBLISH-CDS', 'metadata': ['2']}),
            Call('PUT', f'{AT}/metadata/PUBLISH-CDNSKEY', answer={}, sends={'kind': 'PUBLISH-CDNSKEY', 'metadata': ['1']}),
            Call('PUT', AT, 204, sends={'api_rectify': True, 'nsec3param': '1 0 0 -'}), *get_zone(),
            Call('PUT', f'{AT}/rectify', answer={'result': 'Rectified'}), Call('PUT', f'/servers/localhost/cache/flush?domain={ZONE}.', answer={'count': 1}),
            get_keys(*KEYS),
        )
        outcome = self.fit(new_keys=True)
        assert (outcome.failed, outcome.changed, outcome.msg) == (False, True, 'Made it fit.')

    def test_check_mode_tells_it_and_does_nothing(self, script: Script) -> None:
        script.expect(*get_zone({}), get_keys())
        outcome = self.fit(check_mode=True, new_keys=True)
        assert (outcome.changed, outcome.msg) == (True, 'Would make it fit.')
        assert outcome.after == ('KSK (a new one) signs', 'PUBLISH-CDNSKEY 1', 'PUBLISH-CDS 2', 'ZSK (a new one) signs')

    def test_an_interrupted_run_is_completed(self, script: Script) -> None:
        script.expect(*get_zone(), get_keys(KEYS[1]))
        assert self.fit(check_mode=True, new_keys=True).after == ('KSK (a new one) signs', f'ZSK {DNSKEY.parse(OWN_ZSK)} signs')

    def test_a_primary_gets_serials_that_its_secondaries_see(self, script: Script) -> None:
        script.expect(*get_zone(kind='Master', soa_edit_api=''), get_keys(*KEYS), get_settings())
        assert {'SOA-EDIT INCREMENT-WEEKS', 'SOA-EDIT-API DEFAULT'} < set(self.fit(check_mode=True).after)

    def test_metadata_that_was_not_kept_is_told(self, script: Script) -> None:
        script.expect(
            get_settings(), *get_zone({'PUBLISH-CDS': ['2']}), get_keys(*KEYS),
            Call('PUT', f'{AT}/metadata/PUBLISH-CDNSKEY', answer={}, sends={'kind': 'PUBLISH-CDNSKEY', 'metadata': ['1']}), *get_zone({'PUBLISH-CDS': ['2']}),
            Call('PUT', f'{AT}/rectify', answer={}), Call('PUT', f'/servers/localhost/cache/flush?domain={ZONE}.', answer={}), get_keys(*KEYS),
        )
        assert 'when it was read back it is still missing: PUBLISH-CDNSKEY 1' in self.fit().msg

    @pytest.mark.parametrize(
        ('keys', 'option', 'told'),
        [
            ((), {}, 'to make one is not allowed: were it signed elsewhere, it would become bogus'),
            (KEYS[:1], {'new_keys': True}, 'signs all of it, and a KSK and a ZSK are declared'),
            (KEYS, {'csk': True}, 'one key for all is declared'),
            (KEYS, {'algorithm': 'ED25519'}, 'is of another algorithm than the declared ED25519'),
            ((KEYS[0], key(ZSK, 7, active=False, cds=True)), {'csk': True}, 'is no KSK and would have a CDS'),
        ],
    )
    def test_keys_that_are_not_those_declared(self, script: Script, keys: tuple[dict[str, Any], ...], option: dict[str, Any], told: str) -> None:
        script.expect(get_settings(), *get_zone(), get_keys(*keys))
        assert told in self.fit(**option).msg

    def test_a_next_key_is_announced(self, script: Script) -> None:
        script.expect(get_settings(), *get_zone(), get_keys(*KEYS, key(ZSK, 3, active=False)))
        assert self.fit().details['announced'] == [f'DNSKEY {ZSK}']

    def test_one_that_was_used_before_is_not(self, script: Script) -> None:
        script.expect(get_settings(), *get_zone(), get_keys(KEYS[0], key(ZSK, 2, active=False), key(OWN_ZSK, 3)))
        assert self.fit().details['announced'] == []


class TestWhereItsKeyGoes:
    @pytest.mark.parametrize('url', ['http://127.0.0.1:8081/api/v1', 'http://[::1]:8081/api/v1', 'http://127.9.9.9/api/v1', 'https://ns5.example/api/v1'])
    def test_encrypted_or_nowhere_else(self, url: str) -> None:
        assert PowerDNS.from_options({**OPTIONS, 'api_url': url}).url == url

    @pytest.mark.parametrize('url', ['http://192.0.2.1:8081/api/v1', 'http://localhost:8081/api/v1', 'http://ns5.example/api/v1', 'http:///api'])
    def test_never_in_the_clear(self, url: str) -> None:
        with pytest.raises(MultisignerError, match=r'not the address of an API that a token may be sent to\. .*http only to a loopback address'):
            PowerDNS.from_options({**OPTIONS, 'api_url': url})

    def test_never_to_a_proxy_in_the_clear(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv('HTTP_PROXY', 'http://proxy.example:3128')
        made = json_api.JsonApi('PowerDNS', 'http://127.0.0.1:8081/api/v1', TOKEN, use_proxy=True, of_a_server=True)
        assert made._session.proxies == {}

    def test_a_provider_is_never_spoken_to_in_the_clear(self) -> None:
        with pytest.raises(MultisignerError, match='not the address of an API'):
            json_api.JsonApi('deSEC', 'http://127.0.0.1/api/v1', TOKEN)


@pytest.mark.parametrize(
    ('zone', 'name'),
    [('.', '=2E'), (ZONE, f'{ZONE}.'), ('0/25.2.0.192.in-addr.arpa', '0=2F25.2.0.192.in-addr.arpa.'), ('_a.example', '=5Fa.example.')],
)
def test_zones_in_paths(zone: str, name: str) -> None:
    assert zone_id(zone) == name
