# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Content at deSEC and PowerDNS: what is read page by page, what is sent in one request, and what is refused before anything is."""
from __future__ import annotations

from typing import Any, Iterator

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.content import Bounds, Change, RRset, compare
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.json_api import NotFoundError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.desec import Desec
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.powerdns import PowerDNS
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.scripted_api import TOKEN, URL, Call, Script, finished, install

ZONE = 'shop.example'
OPTIONS = {'api_url': URL, 'api_token': TOKEN, 'ca_file': None, 'timeout': 30.0, 'use_proxy': False, 'max_wait': 300.0}
DOMAIN = Call('GET', f'/domains/{ZONE}/', answer={'name': ZONE, 'minimum_ttl': 3600, 'keys': []})
RRSETS = f'/domains/{ZONE}/rrsets/'


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    script, _clock = install(monkeypatch)
    yield script
    finished(script)


def shown(subname: str, rtype: str, *records: str, ttl: int = 3600) -> dict[str, Any]:
    return {'subname': subname, 'type': rtype, 'ttl': ttl, 'records': list(records)}


def page(cursor: str, following: str | None, *rrsets: dict[str, Any]) -> Call:
    links = {'Link': f'<{URL}{RRSETS}?cursor=>; rel="first", <https://elsewhere.test/?cursor={following}>; rel="next"'} if following else {}
    return Call('GET', f'{RRSETS}?cursor={cursor}', answer=list(rrsets), headers=links)


def rrset(owner: str, rtype: str, *records: str, ttl: int = 3600) -> RRset:
    return RRset(owner, rtype, ttl, frozenset(records))


def test_every_page_is_read_at_the_api_itself_and_what_is_no_content_is_left_out(script: Script) -> None:
    script.expect(
        DOMAIN, page('', 'abc%3D', shown('www', 'AAAA', '2001:DB8::1'), shown('', 'NS', 'ns1.desec.io.'), shown('', 'DNSKEY', '257 3 13 AAAA')),
        page('abc%3D', None, shown('', 'TXT', f'"{"x" * 300}"'), shown('_443._tcp', 'NEWTYPE', 'of tomorrow')),
    )
    held = Desec.from_options(OPTIONS).held(ZONE)
    assert held.bounds == Bounds(3600, 86400)
    assert sorted(held.content) == [('_443._tcp.shop.example', 'NEWTYPE'), (ZONE, 'TXT'), ('www.shop.example', 'AAAA')]
    assert held.content['www.shop.example', 'AAAA'].records == {'2001:db8::1'}
    assert held.content[ZONE, 'TXT'].records == {f'"{"x" * 255}" "{"x" * 45}"'}


@pytest.mark.parametrize('pages', [
    [page('', 'a'), page('a', 'a')],
    [Call('GET', f'{RRSETS}?cursor=', answer={'detail': 'no list'})],
    [page('', None, {'subname': 'www'})],
    [page('', None, {**shown('www', 'A', '192.0.2.1'), 'ttl': 'long'})],
])
def test_pages_that_are_odd_are_never_a_smaller_zone(script: Script, pages: list[Call]) -> None:
    script.expect(DOMAIN, *pages)
    with pytest.raises(MultisignerError, match='answers in a form that this version does not know'):
        Desec.from_options(OPTIONS).held(ZONE)


def test_a_page_that_fails_is_never_a_smaller_zone(script: Script) -> None:
    script.expect(DOMAIN, page('', 'a', shown('www', 'A', '192.0.2.1')), Call('GET', f'{RRSETS}?cursor=a', 404, {'detail': 'Invalid cursor'}))
    with pytest.raises(NotFoundError):
        Desec.from_options(OPTIONS).held(ZONE)


def test_one_request_adds_changes_and_deletes(script: Script) -> None:
    old = {one.place: one for one in (rrset('www.shop.example', 'A', '192.0.2.1'), rrset('old.shop.example', 'A', '192.0.2.1'))}
    new = {one.place: one for one in (rrset('www.shop.example', 'A', '192.0.2.2', '192.0.2.1'), rrset(ZONE, 'MX', '10 mail.shop.example.'))}
    body = [
        {'subname': 'old', 'type': 'A', 'records': []},
        {'subname': '', 'type': 'MX', 'ttl': 3600, 'records': ['10 mail.shop.example.']},
        {'subname': 'www', 'type': 'A', 'ttl': 3600, 'records': ['192.0.2.1', '192.0.2.2']},
    ]
    desec = Desec.from_options(OPTIONS)
    (call,) = desec.content_calls(ZONE, compare(new, old))
    script.expect(Call('PATCH', RRSETS, 200, body, sends=body))
    desec.ask(ZONE, call)


def test_an_rrset_that_the_api_refuses_is_told_by_its_name(script: Script) -> None:
    desec = Desec.from_options(OPTIONS)
    (call,) = desec.content_calls(ZONE, compare({one.place: one for one in (rrset('a.shop.example', 'A', '192.0.2.1'), rrset('b.shop.example', 'A', 'x'))}, {}))
    script.expect(Call('PATCH', RRSETS, 400, [{}, {'non_field_errors': ['Cannot parse']}], sends=call.body))
    with pytest.raises(MultisignerError, match=r'b\.shop\.example A: Cannot parse'):
        desec.ask(ZONE, call)


@pytest.mark.parametrize(('call', 'told'), [
    (Call('POST', '/domains/', 403, {'detail': 'no'}, sends={'name': ZONE}), 'perm_create_domain'),
    (Call('PATCH', RRSETS, 403, {'detail': 'no'}, sends=[{'subname': 'a', 'type': 'A', 'records': ['192.0.2.1'], 'ttl': 3600}]), 'every type at every name'),
])
def test_a_token_that_may_not_is_told_what_it_needs(script: Script, call: Call, told: str) -> None:
    script.expect(call)
    desec = Desec.from_options(OPTIONS)
    with pytest.raises(MultisignerError, match=told):
        if call.method == 'POST':
            desec.create(ZONE)
        else:
            new = rrset('a.shop.example', 'A', '192.0.2.1')
            desec.ask(ZONE, desec.content_calls(ZONE, [Change(new.place, None, new)])[0])


@pytest.mark.parametrize(('one', 'why'), [
    (rrset('x.shop.example', 'TYPE65280', '\\# 0'), 'it takes no TYPE65280 records'),
    (rrset('x.shop.example', 'KEY', '256 3 8 AAAA'), 'it takes no KEY records'),
    (rrset('a\\.b.shop.example', 'A', '192.0.2.1'), 'names there have letters'),
    (rrset('a/b.shop.example', 'A', '192.0.2.1'), 'names there have letters'),
    (rrset('a.*.shop.example', 'A', '192.0.2.1'), 'names there have letters'),
    (rrset(f'{".".join(["a" * 60] * 3)}.shop.example', 'A', '192.0.2.1'), 'up to 178 characters'),
    (rrset('x.shop.example', 'CNAME', '_y.shop.example.'), '_y.shop.example. is none'),
    (rrset('x.shop.example', 'MX', '10 mail_1.shop.example.'), 'mail_1.shop.example. is none'),
    (rrset('x.shop.example', 'NS', '.'), '. is none'),
])
def test_what_desec_does_not_take_is_known_beforehand(one: RRset, why: str) -> None:
    with pytest.raises(MultisignerError, match='cannot be had at deSEC') as caught:
        Desec.from_options(OPTIONS).refuse_content(ZONE, {one.place: one})
    assert why in str(caught.value) and one.lines[0] in str(caught.value)


@pytest.mark.parametrize('one', [
    rrset(ZONE, 'MX', '0 .'), rrset('*.shop.example', 'A', '192.0.2.1'), rrset('_x._tcp.shop.example', 'SRV', '0 0 0 .'),
    rrset('_dmarc.shop.example', 'TXT', '"v=DMARC1"'), rrset('office.shop.example', 'DS', f'1 13 2 {"00" * 32}'), rrset('*.a-b_c.shop.example', 'HTTPS', '1 .'),
])
def test_what_desec_takes_is_let_through(one: RRset) -> None:
    Desec.from_options(OPTIONS).refuse_content(ZONE, {one.place: one})


# -- PowerDNS -------------------------------------------------------------------------------------------------------------

AT = f'/servers/localhost/zones/{ZONE}.'


def settings(kind: str = 'Native', soa_edit_api: str = 'DEFAULT') -> list[Call]:
    zone = {'kind': kind, 'soa_edit_api': soa_edit_api, 'soa_edit': '', 'nsec3param': '', 'api_rectify': True}
    return [Call('GET', f'{AT}?rrsets=false', answer=zone), Call('GET', f'{AT}/metadata', answer=[])]


def there(name: str, rtype: str, *records: str, disabled: bool = False) -> dict[str, Any]:
    return {'name': name, 'type': rtype, 'ttl': 300, 'records': [{'content': record, 'disabled': disabled} for record in records], 'comments': []}


def test_a_zone_at_powerdns_is_read_as_a_whole_and_changed_by_one_request(script: Script) -> None:
    rrsets = [there('shop.example.', 'SOA', 'a. b. 1 2 3 4 5'), there('WWW.shop.example.', 'A', '192.0.2.1'), there('gone.shop.example.', 'TXT')]
    script.expect(*settings(), Call('GET', AT, answer={'rrsets': rrsets}))
    server = PowerDNS.from_options(OPTIONS)
    held = server.held(ZONE)
    assert held.content == {('www.shop.example', 'A'): rrset('www.shop.example', 'A', '192.0.2.1', ttl=300)}
    new = rrset('new.shop.example', 'A', '192.0.2.2', ttl=300)
    (call,) = server.content_calls(ZONE, compare({new.place: new}, held.content))
    assert call.body == {'rrsets': [
        {'name': 'new.shop.example.', 'type': 'A', 'changetype': 'REPLACE', 'ttl': 300, 'records': [{'content': '192.0.2.2', 'disabled': False}]},
        {'name': 'www.shop.example.', 'type': 'A', 'changetype': 'DELETE'},
    ]}


@pytest.mark.parametrize(('calls', 'told'), [
    ([*settings(), Call('GET', AT, answer={'rrsets': [there('www.shop.example.', 'A', '192.0.2.1', disabled=True)]})], 'has records that are disabled'),
    (settings(kind='Slave'), 'its kind is slave'),
    (settings(kind='Master', soa_edit_api=''), 'has no SOA-EDIT-API'),
    ([*settings(), Call('GET', AT, answer={})], 'in a form that this version does not know'),
])
def test_a_zone_of_which_a_change_would_be_lost_or_lose_something_is_refused(script: Script, calls: list[Call], told: str) -> None:
    script.expect(*calls)
    with pytest.raises(MultisignerError, match=told):
        PowerDNS.from_options(OPTIONS).held(ZONE)


def test_a_zone_is_not_created_at_powerdns() -> None:
    with pytest.raises(MultisignerError, match='does not create one at PowerDNS'):
        PowerDNS.from_options(OPTIONS).create(ZONE)
