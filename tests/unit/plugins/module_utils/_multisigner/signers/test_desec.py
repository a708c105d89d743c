# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from deSEC's API and what is sent to it, and that no odd answer is taken for "no keys"."""
from __future__ import annotations

from typing import Any, Iterator

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import json_api
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.api import Supplied
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.desec import CAPABILITIES, Desec
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.scripted_api import (
    TOKEN,
    URL,
    Call,
    Script,
    finished,
    install,
    throttled,
)
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.signers.desec_samples import (
    KSK,
    KSK_DS,
    OWN,
    ZONE,
    ZSK,
    domain_body,
    get_apex,
    get_domain,
    item,
    key_entry,
    own_key,
    patch,
    rrset_body,
)

OPTIONS = {'api_url': URL, 'api_token': TOKEN, 'ca_file': None, 'timeout': 30.0, 'use_proxy': False, 'max_wait': 300.0}


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    script, _clock = install(monkeypatch)
    yield script
    finished(script)


def write(client: Desec, zone: str, after: dict[str, Supplied]) -> None:
    for call in client.calls(zone, {}, after):
        client.ask(zone, call)


def make() -> Desec:
    return Desec.from_options(OPTIONS)


def test_its_keys_are_told_by_its_api() -> None:
    assert CAPABILITIES.own_keys_by == 'api'
    assert CAPABILITIES.prepublishes is False
    assert CAPABILITIES.edits_ns is True


class TestOwnKeys:
    def test_only_managed_keys_are_its_own(self, script: Script) -> None:
        script.expect(get_domain(KSK, ZSK))
        assert make().hosted(ZONE).own == (own_key(),)
        assert script.seen[0].headers['Authorization'] == f'Token {TOKEN}'

    def test_a_user_supplied_copy_of_the_own_key_changes_nothing(self, script: Script) -> None:
        script.expect(get_domain(OWN))
        assert make().hosted(ZONE).own == (own_key(),)

    def test_none_is_an_error_and_never_an_answer(self, script: Script) -> None:
        script.expect(Call('GET', f'/domains/{ZONE}/', answer={**domain_body(), 'keys': [key_entry(KSK, False)]}))
        with pytest.raises(MultisignerError, match=r'^zone multi\.example, server https://api\.test/v1: deSEC tells no key of its own for it\. Run again'):
            make().hosted(ZONE)

    def test_a_truncated_one_is_an_error(self, script: Script) -> None:
        script.expect(Call('GET', f'/domains/{ZONE}/', answer={**domain_body(), 'keys': [key_entry('257 3 13 AAAAAAAAAAAAAAAAAAAAAA==', True)]}))
        with pytest.raises(MultisignerError, match=r'zone multi\.example, server deSEC, .*a public key of ECDSAP256SHA256 has 64 bytes, this one has 16'):
            make().hosted(ZONE)

    @pytest.mark.parametrize(
        'body',
        [
            [], {}, 'text', {**domain_body(), 'keys': None}, {**domain_body(), 'keys': [{}]}, {**domain_body(), 'minimum_ttl': 'low'},
            domain_body(zone='other.example'),
        ],
    )
    def test_an_answer_of_another_form_is_an_error(self, script: Script, body: Any) -> None:
        script.expect(Call('GET', f'/domains/{ZONE}/', answer=body))
        with pytest.raises(MultisignerError, match=r'zone multi\.example, .*deSEC answers in a form that this version does not know\. See that api_url'):
            make().hosted(ZONE)


class TestSupplied:
    def test_the_three_types_at_the_apex(self, script: Script) -> None:
        script.expect(get_apex(rrset_body('DNSKEY', ZSK, KSK, ttl=7200), rrset_body('CDS', KSK_DS.upper()), rrset_body('DNSKEY', OWN, subname='below')))
        assert make().supplied(ZONE) == {
            'DNSKEY': Supplied(7200, frozenset((f'DNSKEY {ZSK}', f'DNSKEY {KSK}'))),
            'CDS': Supplied(3600, frozenset((f'CDS {KSK_DS}',))),
        }

    def test_the_ns_records_only_when_they_are_asked_for(self, script: Script) -> None:
        script.expect(get_apex(), get_apex())
        assert make().supplied(ZONE) == {}
        assert make().supplied(ZONE, ('CDS', 'NS')) == {'NS': Supplied(3600, frozenset(('NS ns1.desec.io.', 'NS ns2.desec.org.')))}

    def test_a_record_that_we_cannot_read_is_kept_as_it_is(self, script: Script) -> None:
        script.expect(get_apex(rrset_body('CDS', '1 13 2 00')))
        assert make().supplied(ZONE)['CDS'].records == {'CDS 1 13 2 00'}

    @pytest.mark.parametrize('body', [{}, None, [{}], ['text'], [{**rrset_body('DNSKEY', KSK), 'records': None}]])
    def test_an_answer_of_another_form_is_never_no_records(self, script: Script, body: Any) -> None:
        script.expect(Call('GET', f'/domains/{ZONE}/rrsets/?subname=', answer=body))
        with pytest.raises(MultisignerError, match='deSEC answers in a form that this version does not know'):
            make().supplied(ZONE)


class TestReplace:
    def test_one_bulk_patch(self, script: Script) -> None:
        script.expect(patch(item('CDS'), item('DNSKEY', KSK, ZSK, ttl=7200)))
        write(make(), ZONE, {'DNSKEY': Supplied(7200, frozenset((f'DNSKEY {ZSK}', f'DNSKEY {KSK}'))), 'CDS': Supplied(3600)})

    def test_what_it_refuses_is_said_by_type(self, script: Script) -> None:
        too_long = [{}, {'non_field_errors': ['Total length of RRset exceeds limit by 9 bytes.']}]
        script.expect(patch(item('CDS'), item('DNSKEY', KSK), status=400, answer=too_long))
        with pytest.raises(json_api.ApiError, match=r'zone multi\.example, .*: DNSKEY: Total length of RRset exceeds limit by 9 bytes\. Nothing was written'):
            write(make(), ZONE, {'DNSKEY': Supplied(3600, frozenset((f'DNSKEY {KSK}',))), 'CDS': Supplied(3600)})

    def test_a_token_without_the_policy(self, script: Script) -> None:
        script.expect(patch(item('CDS'), status=403, answer={'detail': 'Insufficient token permissions.'}))
        with pytest.raises(json_api.ForbiddenError, match=r'token permissions\. Allow it, by three token policies with perm_write, to write DNSKEY, CDS'):
            write(make(), ZONE, {'CDS': Supplied(3600)})

    def test_a_token_without_the_policy_for_ns(self, script: Script) -> None:
        script.expect(patch(item('NS', 'ns1.example.'), status=403, answer={'detail': 'Insufficient token permissions.'}))
        with pytest.raises(json_api.ForbiddenError, match=r'by four token policies with perm_write, to write DNSKEY, CDS, CDNSKEY and NS at the apex'):
            write(make(), ZONE, {'NS': Supplied(3600, frozenset(('NS ns1.example.',)))})

    def test_a_token_without_the_policy_for_csync(self, script: Script) -> None:
        script.expect(patch(item('CSYNC', '0 1 NS'), item('NS', 'ns1.example.'), status=403, answer={'detail': 'Insufficient token permissions.'}))
        with pytest.raises(json_api.ForbiddenError, match=r'by five token policies with perm_write, to write DNSKEY, CDS, CDNSKEY, NS and CSYNC at'):
            write(make(), ZONE, {'NS': Supplied(3600, frozenset(('NS ns1.example.',))), 'CSYNC': Supplied(3600, frozenset(('CSYNC 0 1 NS',)))})


def test_a_domain_of_nobody_or_of_somebody_else(script: Script) -> None:
    script.expect(Call('GET', f'/domains/{ZONE}/', 404, {'detail': 'No Domain matches the given query.'}))
    with pytest.raises(json_api.NotFoundError, match=r'has no such domain: .*No Domain matches the given query\. Create it at deSEC, or take a token'):
        make().hosted(ZONE)


def test_a_name_cannot_leave_its_place_in_the_path(script: Script) -> None:
    script.expect(Call('GET', '/domains/0%2F25.2.0.192.in-addr.arpa/', 404, {'detail': 'No Domain matches the given query.'}))
    with pytest.raises(json_api.NotFoundError):
        make().hosted('0/25.2.0.192.in-addr.arpa')


def test_reads_are_throttled_together_and_writes_by_zone(script: Script) -> None:
    script.expect(
        throttled('GET', f'/domains/{ZONE}/', 6607),
        throttled('PATCH', f'/domains/{ZONE}/rrsets/', 6607, [item('CDS')]),
        patch(item('CDS'), zone='other.example'),
    )
    client = make()
    for zone in (ZONE, 'other.example'):
        with pytest.raises(json_api.ThrottledError, match='for 6607 s more'):
            client.hosted(zone)
    with pytest.raises(json_api.ThrottledError):
        write(client, ZONE, {'CDS': Supplied(3600)})
    write(client, 'other.example', {'CDS': Supplied(3600)})
