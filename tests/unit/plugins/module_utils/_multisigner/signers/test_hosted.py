# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloudflare and NS1, by their documentation: own keys, foreign ones brought and taken away, and everything that their APIs may say on the way."""
from __future__ import annotations

import json
from typing import Any, Sequence, Union

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import json_api
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.drivers import CLIENTS, DRIVERS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.api import ApiSigner, Hosted
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.api_changes import apply_changes
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.scripted_api import Clock
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.signers.hosted_standins import (
    HTML,
    KSK,
    NEXT,
    PRIVATE,
    STANDINS,
    TOKEN,
    ZONE,
    ZSK,
    Cloudflare,
    Fault,
    Ns1,
    fields,
    refused,
)
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.transport import mount

AnyStandIn = Union[Cloudflare, Ns1]
OTHER_KSK = '257 3 13 lAnO+eCEtidQYM6YLYutfzeSGiTrc1PR0uyE5e9UeNG2g7CFgN9h/zCtLvWSGgQjkgsZSINUQ/FvPb4utjk5Bg=='
OTHER_ZSK = '256 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA=='
THIRD = '256 3 13 ' + 'QUFB' * 21 + 'QQ=='
DS = DNSKEY.parse(OTHER_KSK).ds(ZONE).text
ALL = [f'DNSKEY {OTHER_KSK}', f'DNSKEY {OTHER_ZSK}', f'CDS {DS}', f'CDNSKEY {OTHER_KSK}']
ANNOUNCED = [f'CDS {DS}', f'CDNSKEY {OTHER_KSK}']


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(json_api, 'time', clock)
    return clock


@pytest.fixture
def api(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> AnyStandIn:
    made: AnyStandIn = request.param()
    mount(monkeypatch, made)
    return made


EVERY = pytest.mark.parametrize('api', STANDINS, indirect=True, ids=[standin.driver for standin in STANDINS])
CLOUDFLARE = pytest.mark.parametrize('api', [Cloudflare], indirect=True, ids=['cloudflare'])
NS1 = pytest.mark.parametrize('api', [Ns1], indirect=True, ids=['ns1'])


def client(api: AnyStandIn, token: str = TOKEN) -> ApiSigner:
    options = {'api_url': DRIVERS[api.driver].api_url, 'api_token': token, 'ca_file': None, 'timeout': 30.0, 'use_proxy': False, 'max_wait': 60.0}
    return CLIENTS[api.driver].from_options(options)


def change(
    api: AnyStandIn, add: Sequence[str] = (), remove: Sequence[str] = (), check_mode: bool = False, token: str = TOKEN, zone: str = ZONE
) -> Outcome:
    outcome, = apply_changes([{'name': zone, 'add': list(add), 'remove': list(remove)}], client(api, token), (), check_mode, 1.0)
    assert token not in repr(outcome) and PRIVATE not in repr(outcome)
    return outcome


def own(hosted: Hosted) -> set[str]:
    return {key.text for key in hosted.own}


# -- what both have in common ---------------------------------------------------------------------------------------------


@EVERY
def test_its_own_keys(api: AnyStandIn) -> None:
    api.supply(OTHER_KSK, OTHER_ZSK)
    hosted = client(api).hosted(ZONE)
    assert own(hosted) == {KSK, ZSK} and hosted.idle == frozenset()


@EVERY
def test_keys_come_and_go_and_a_dry_run_shows_the_requests_that_are_then_made(api: AnyStandIn) -> None:
    for add, remove, left in ((ALL, [], ALL), ([], ALL, [])):
        told = change(api, add, remove, check_mode=True)
        assert told.changed and not told.failed, told.msg
        asked = len(api.writes)
        done = change(api, add, remove)
        assert done.changed and not done.failed, done.msg
        assert told.details['requests'] == api.writes[asked:] != []
        assert (done.added, done.removed, done.before, done.after) == (told.added, told.removed, told.before, told.after)
        assert {*done.added, *done.removed} == set(ALL)
        assert api.supplied() >= {line for line in left if line.startswith('DNSKEY')}
        asked = len(api.writes)
        again = change(api, add, remove)
        assert not again.changed and not again.failed and len(api.writes) == asked
    assert api.supplied() == set()


@EVERY
def test_what_was_not_named_stays(api: AnyStandIn) -> None:
    api.supply(THIRD, OTHER_ZSK)
    assert change(api, [f'DNSKEY {OTHER_KSK}'], [f'DNSKEY {OTHER_ZSK}']).changed
    assert api.supplied() == {f'DNSKEY {THIRD}', f'DNSKEY {OTHER_KSK}'}


@EVERY
def test_its_own_key_is_not_supplied_and_never_removed(api: AnyStandIn) -> None:
    told = change(api, [f'DNSKEY {ZSK}', f'DNSKEY {KSK}'])
    assert not told.changed and 'Not supplied' in told.msg and api.writes == []
    refused_ = change(api, remove=[f'DNSKEY {ZSK}'])
    assert refused_.failed and 'own key, it cannot be withdrawn' in refused_.msg and api.writes == []


@EVERY
def test_a_wrong_token(api: AnyStandIn) -> None:
    outcome = change(api, ALL, token='some-other-token')
    assert outcome.failed and not outcome.changed
    said = json.dumps(api.wrong_token.body)
    assert any(word in outcome.msg for word in ('Invalid access token', 'Unauthorized') if word in said), outcome.msg
    assert len(api.requests) == 1


@EVERY
def test_a_token_without_the_rights(api: AnyStandIn) -> None:
    api.write_faults = [api.no_rights]
    outcome = change(api, ALL)
    assert outcome.failed and not outcome.changed
    assert 'does not allow this with this token (403)' in outcome.msg and 'token' in outcome.msg.split('403')[1]
    assert api.supplied() == set()


@EVERY
def test_an_unknown_zone(api: AnyStandIn) -> None:
    outcome = change(api, [f'DNSKEY {OTHER_KSK}'], zone='other.example')
    assert outcome.failed and not outcome.changed
    assert outcome.msg.startswith('zone other.example, ') and 'Create it there' in outcome.msg
    assert api.writes == []


@EVERY
def test_a_429_is_waited_for(api: AnyStandIn, clock: Clock) -> None:
    api.write_faults = [api.throttled, api.throttled]
    outcome = change(api, ALL)
    assert outcome.changed and not outcome.failed
    assert clock.slept == ([7.0, 7.0] if 'Retry-After' in api.throttled.headers else [1.0, 2.0])
    assert api.supplied() >= {f'DNSKEY {OTHER_KSK}'}


@EVERY
def test_a_429_for_too_long(api: AnyStandIn) -> None:
    api.read_faults = [Fault(429, api.throttled.body, {'Retry-After': '300'})]
    outcome = change(api, ALL)
    assert outcome.failed and not outcome.changed and 'asks to wait (429)' in outcome.msg
    assert api.writes == []


@EVERY
@pytest.mark.parametrize('commits', [True, False], ids=['committed', 'not committed'])
def test_a_500_is_looked_at_before_anything_is_sent_again(api: AnyStandIn, commits: bool) -> None:
    api.write_faults = [Fault(500, {'message': 'internal'}, commits=commits)]
    outcome = change(api, [f'DNSKEY {OTHER_ZSK}'])
    assert outcome.changed and not outcome.failed, outcome.msg
    assert 'answers 500' in outcome.msg and 'it was read again' in outcome.msg
    assert len(api.writes) == (1 if commits else 2)
    assert api.supplied() == {f'DNSKEY {OTHER_ZSK}'}


@EVERY
def test_a_500_twice_is_told(api: AnyStandIn) -> None:
    api.write_faults = [Fault(500, {'message': 'internal'})] * 2
    outcome = change(api, [f'DNSKEY {OTHER_ZSK}'])
    assert outcome.failed and not outcome.changed and 'answers 500' in outcome.msg
    assert len(api.writes) == 2


@EVERY
@pytest.mark.parametrize('when', ['read', 'write'])
def test_a_page_for_people_is_no_answer(api: AnyStandIn, when: str) -> None:
    api.read_faults, api.write_faults = ([HTML] * 2, []) if when == 'read' else ([], [HTML] * 2)
    outcome = change(api, [f'DNSKEY {OTHER_ZSK}'])
    assert outcome.failed and 'titled "Log in to the network"' in outcome.msg and 'See that api_url is the address of the API' in outcome.msg
    assert api.supplied() == set()


@EVERY
@pytest.mark.parametrize('body', [
    None, [], {}, 'text', {'success': True, 'result': None}, {'success': True, 'result': [{}]}, {'keys': {}}, {'keys': {'dnskey': [1]}},
])
def test_an_answer_of_another_form_is_never_no_keys(api: AnyStandIn, body: Any) -> None:
    api.read_faults = [Fault(200, body if body is not None else b'null')]
    outcome = change(api, [f'DNSKEY {OTHER_ZSK}'])
    assert outcome.failed and not outcome.changed and api.writes == []
    assert 'answers in a form that this version does not know' in outcome.msg


@EVERY
def test_records_that_cannot_be_read_back_are_never_no_records(api: AnyStandIn) -> None:
    api.supply(OTHER_KSK)
    if isinstance(api, Cloudflare):
        api.records[min(api.records)]['data'] = None
    else:
        api.sets['dnssec-multisigner'] = {'ttl': 3600}
    outcome = change(api, [f'DNSKEY {OTHER_ZSK}'])
    assert outcome.failed and api.writes == [] and 'in a form that this version does not know' in outcome.msg


# -- Cloudflare -----------------------------------------------------------------------------------------------------------


@CLOUDFLARE
def test_pages_are_read_to_the_last(api: Cloudflare) -> None:
    api.supply(OTHER_KSK, OTHER_ZSK, THIRD, NEXT, '256 3 13 ' + 'QkJC' * 21 + 'Qg==')
    assert set(client(api).supplied(ZONE)['DNSKEY'].records) == api.supplied() and len(api.supplied()) == 5


@CLOUDFLARE
def test_the_next_zsk_is_its_own_and_proves_nothing_and_one_of_others_is_not(api: Cloudflare) -> None:
    api.zsks = {ZSK: 'active', NEXT: 'publish', OTHER_ZSK: 'external', THIRD: 'removed'}
    hosted = client(api).hosted(ZONE)
    assert own(hosted) == {KSK, ZSK, NEXT} and {key.text for key in hosted.idle} == {NEXT}


@CLOUDFLARE
def test_without_a_zsk_that_signs_there_is_no_answer(api: Cloudflare) -> None:
    api.zsks = {NEXT: 'publish'}
    with pytest.raises(MultisignerError, match='none of the ZSKs that Cloudflare lists is active'):
        client(api).hosted(ZONE)


@CLOUDFLARE
def test_its_private_keys_are_in_no_message(api: Cloudflare) -> None:
    api.zsks = {'256 3 13 AAAA': 'active'}
    outcome = change(api, ALL)  # looks for them
    assert outcome.failed and 'has 64 bytes' in outcome.msg


@CLOUDFLARE
@pytest.mark.parametrize('status', ['disabled', 'pending-disabled', 'error'])
def test_a_zone_without_dnssec(api: Cloudflare, status: str) -> None:
    api.status.update(status=status, public_key=None)
    outcome = change(api, ALL)
    assert outcome.failed and f'its DNSSEC is {status} there' in outcome.msg and '"dnssec_multi_signer": true' in outcome.msg


@CLOUDFLARE
def test_a_zone_whose_ds_the_parent_does_not_have_yet(api: Cloudflare) -> None:
    api.status['status'] = 'pending'
    assert change(api, ALL).changed


@CLOUDFLARE
@pytest.mark.parametrize('wrong, told, remedy', [
    ({'status': {'dnssec_multi_signer': False}}, 'its multi-signer DNSSEC is off', '/dnssec {"dnssec_multi_signer": true}'),
    ({'status': {'dnssec_presigned': True}}, 'the signatures of another signer (presigned)', '/dnssec {"dnssec_presigned": false}'),
    ({'settings': {'multi_provider': False}}, 'its multi-provider DNS is off', '/dns_settings {"multi_provider": true}'),
    ({'zone': {'type': 'secondary'}}, 'it is a secondary zone at Cloudflare', 'supply the keys where its records come from'),
])
def test_a_zone_that_is_not_fit_is_refused_with_the_remedy(api: Cloudflare, wrong: dict[str, dict[str, Any]], told: str, remedy: str) -> None:
    for name, changed in wrong.items():
        getattr(api, name).update(changed)
    outcome = change(api, ALL)
    assert outcome.failed and told in outcome.msg and remedy in outcome.msg
    assert api.writes == []


@CLOUDFLARE
def test_cds_come_with_their_key(api: Cloudflare) -> None:
    assert change(api, ANNOUNCED).changed
    assert api.supplied() == {f'DNSKEY {OTHER_KSK}'}
    assert not change(api, ALL[:1] + ANNOUNCED).changed


@CLOUDFLARE
def test_one_ksk_may_come_as_a_key_beside_the_cds_of_another(api: Cloudflare) -> None:
    assert change(api, [f'DNSKEY 257 {THIRD[4:]}', *ANNOUNCED]).changed
    assert api.supplied() == {f'DNSKEY 257 {THIRD[4:]}', f'DNSKEY {OTHER_KSK}'}


@CLOUDFLARE
def test_cds_go_with_their_key(api: Cloudflare) -> None:
    api.supply(OTHER_KSK, OTHER_ZSK)
    outcome = change(api, remove=ANNOUNCED)
    assert outcome.changed and not outcome.failed and set(outcome.removed) == set(ANNOUNCED)
    assert api.supplied() == {f'DNSKEY {OTHER_ZSK}'}


@CLOUDFLARE
def test_cds_that_it_would_not_publish_are_refused(api: Cloudflare) -> None:
    sha384 = f'CDS {DNSKEY.parse(OTHER_KSK).ds(ZONE, 4).text}'
    for lines in ([f'CDS {DS}'], [*ALL, sha384]):
        outcome = change(api, lines)
        assert outcome.failed and 'makes CDS of the KSKs among the DNSKEY records, and not this one' in outcome.msg
    assert api.writes == []


@CLOUDFLARE
def test_cds_that_it_would_go_on_publishing_are_not_called_removed(api: Cloudflare) -> None:
    api.supply(OTHER_KSK)
    outcome = change(api, remove=ANNOUNCED[:1])
    assert outcome.failed and 'publishes it as long as its key is among the DNSKEY records' in outcome.msg
    assert api.writes == []


@CLOUDFLARE
def test_a_record_that_somebody_else_entered_meanwhile(api: Cloudflare) -> None:
    api.write_faults = [Fault(400, refused((81058, 'An identical record already exists.')))]
    outcome = change(api, [f'DNSKEY {OTHER_ZSK}'])
    assert outcome.failed and not outcome.changed and 'refuses the request (400): code: 81058; An identical record already exists' in outcome.msg


@CLOUDFLARE
def test_a_token_of_another_form(api: Cloudflare) -> None:
    chain = {'code': 6003, 'message': 'Invalid request headers', 'error_chain': [{'code': 6111, 'message': 'Invalid format for Authorization header'}]}
    api.read_faults = [Fault(400, {'success': False, 'errors': [chain], 'messages': [], 'result': None})]
    assert 'Invalid format for Authorization header' in change(api, ALL).msg


@CLOUDFLARE
def test_a_refusal_with_a_good_status(api: Cloudflare) -> None:
    api.read_faults = [Fault(200, refused((1000, 'not today')))]
    outcome = change(api, ALL)
    assert outcome.failed and 'Cloudflare refuses the request: code: 1000; not today' in outcome.msg


@CLOUDFLARE
def test_ns_records_are_left_to_a_person(api: Cloudflare) -> None:
    outcome = change(api, ['NS ns1.example.net.'])
    assert outcome.failed and 'Change them there by hand' in outcome.msg and api.requests == []


# -- NS1 ------------------------------------------------------------------------------------------------------------------


@NS1
def test_cds_of_its_own_key_are_supplied_since_it_makes_none(api: Ns1) -> None:
    lines = [f'CDS {DNSKEY.parse(KSK).ds(ZONE).text}', f'CDNSKEY {KSK}']
    assert change(api, lines).changed
    assert api.supplied() == set(lines)
    assert change(api, remove=lines).changed and api.supplied() == set()


@NS1
def test_keys_in_its_details_that_were_supplied_are_not_its_own(api: Ns1) -> None:
    api.lists_external = True
    api.supply(OTHER_KSK)
    assert own(client(api).hosted(ZONE)) == {KSK, ZSK}


@NS1
def test_sets_of_others_are_left_alone(api: Ns1) -> None:
    api.sets['by hand'] = {'ttl': 60, 'data': [fields(THIRD)]}
    assert change(api, ALL).changed and change(api, remove=ALL).changed
    assert api.sets == {'by hand': {'ttl': 60, 'data': [fields(THIRD)]}}


@NS1
def test_keys_come_before_what_announces_them_and_go_after_it(api: Ns1) -> None:
    change(api, ALL)
    assert [line.split(' ')[:2] for line in api.writes] == [
        ['PUT', f'/zones/{ZONE}/dnssec/external_keys/dnssec-multisigner'], ['PUT', f'/zones/{ZONE}/{ZONE}/CDNSKEY'], ['PUT', f'/zones/{ZONE}/{ZONE}/CDS'],
    ]
    change(api, remove=ALL)
    assert [line.split(' ')[:2] for line in api.writes[3:]] == [
        ['DELETE', f'/zones/{ZONE}/{ZONE}/CDNSKEY'], ['DELETE', f'/zones/{ZONE}/{ZONE}/CDS'],
        ['DELETE', f'/zones/{ZONE}/dnssec/external_keys/dnssec-multisigner'],
    ]


@NS1
def test_a_set_that_is_there_is_changed(api: Ns1) -> None:
    api.supply(THIRD)
    change(api, [f'DNSKEY {OTHER_ZSK}'])
    assert api.writes[0].startswith(f'POST /zones/{ZONE}/dnssec/external_keys/')
    assert api.supplied() == {f'DNSKEY {THIRD}', f'DNSKEY {OTHER_ZSK}'}


@NS1
def test_name_servers_of_the_apex(api: Ns1) -> None:
    assert change(api, ['NS ns1.desec.io.'], ['NS dns2.p01.nsone.net.']).changed
    assert api.records['NS'] == {'ttl': 3600, 'answers': [{'answer': ['dns1.p01.nsone.net']}, {'answer': ['ns1.desec.io']}]}
    last = change(api, remove=['NS dns1.p01.nsone.net.', 'NS ns1.desec.io.'])
    assert last.failed and 'without any NS record' in last.msg


@NS1
def test_a_csync_goes_before_the_ns_change_and_comes_after(api: Ns1) -> None:
    change(api, ['NS ns1.desec.io.', 'CSYNC 0 1 NS'])
    change(api, ['NS ns2.desec.org.'], ['CSYNC 0 1 NS'])
    assert [line.split(' ')[:2] for line in api.writes] == [
        ['POST', f'/zones/{ZONE}/{ZONE}/NS'], ['PUT', f'/zones/{ZONE}/{ZONE}/CSYNC'],
        ['DELETE', f'/zones/{ZONE}/{ZONE}/CSYNC'], ['POST', f'/zones/{ZONE}/{ZONE}/NS'],
    ]


@NS1
@pytest.mark.parametrize('wrong, told', [({'dnssec': False}, 'its DNSSEC is off at NS1'), ({'secondary': {'enabled': True}}, 'it is a secondary zone at NS1')])
def test_a_zone_that_ns1_does_not_sign(api: Ns1, wrong: dict[str, Any], told: str) -> None:
    api.zone.update(wrong)
    outcome = change(api, ALL)
    assert outcome.failed and told in outcome.msg and api.writes == []


@NS1
def test_the_keys_of_an_unsigned_zone(api: Ns1) -> None:
    api.zone['dnssec'] = False
    with pytest.raises(MultisignerError, match='its DNSSEC is off at NS1. Switch it on'):
        client(api).hosted(ZONE)


@NS1
def test_another_algorithm_is_refused(api: Ns1) -> None:
    ed25519 = '257 3 15 ' + 'QUFB' * 10 + 'QUE='
    outcome = change(api, [f'DNSKEY {ed25519}'])
    assert outcome.failed and 'takes external keys of that algorithm only' in outcome.msg and api.writes == []


@NS1
@pytest.mark.parametrize('status', [400, 403])
def test_a_refusal_half_way_is_read_back_and_told(api: Ns1, status: int) -> None:
    api.write_faults = [Fault(200, {}, commits=True), Fault(status, {'message': 'no such thing as CDS'})]
    outcome = change(api, ALL)
    assert outcome.failed and outcome.changed and 'no such thing as CDS' in outcome.msg
    assert len(api.writes) == 2
    assert outcome.after == tuple(sorted([f'DNSKEY {OTHER_KSK}', f'DNSKEY {OTHER_ZSK}']))
