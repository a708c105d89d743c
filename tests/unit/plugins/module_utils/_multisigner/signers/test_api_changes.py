# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is wanted of a signer with an API, deSEC, to what became of it, with an API and name servers that follow a script."""
from __future__ import annotations

from typing import Any, Iterator, Sequence

import pytest
import requests
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import json_api, resolve
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import LiveRRset, Server
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers import api_changes
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.desec import Desec
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
    OWN_DS,
    ZONE,
    ZSK,
    get_apex,
    get_domain,
    item,
    patch,
    record,
    rrset_body,
)

FIRST, SECOND = Server('192.0.2.1', 53, 'ns1.desec.test'), Server('192.0.2.2', 53, 'ns2.desec.test')
HTML_500 = b'<html><head><title>Server Error (500)</title></head></html>'


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    script, _clock = install(monkeypatch)
    yield script
    finished(script)


class Servers:
    """Name servers: for each zone and address what it shows, look after look; the last state stays."""

    def __init__(self) -> None:
        self.states: dict[tuple[str, str], list[list[str] | MultisignerError]] = {}

    def show(self, *states: list[str] | MultisignerError, zone: str = ZONE, servers: Sequence[Server] = (FIRST, SECOND)) -> None:
        for server in servers:
            self.states[zone, server.address] = list(states)

    async def live(self, server: Server, zone: str, rtypes: Sequence[str], *_options: Any) -> dict[str, LiveRRset]:
        states = self.states[zone, server.address]
        state = states.pop(0) if len(states) > 1 else states[0]
        if isinstance(state, MultisignerError):
            raise state
        records = [record(text, zone) for text in state]
        return {rtype: LiveRRset(3600, frozenset(one for one in records if one.rtype == rtype)) for rtype in rtypes}


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Servers:
    made = Servers()
    monkeypatch.setattr(resolve, 'live', made.live)
    monkeypatch.setattr(api_changes, 'live', made.live)
    return made


def wanted(add: Sequence[str] = (), remove: Sequence[str] = (), zone: str = ZONE) -> dict[str, Any]:
    return {'name': zone, 'add': list(add), 'remove': list(remove)}


def run(*zones: dict[str, Any], at: Sequence[Server] = (), check_mode: bool = False) -> list[Outcome]:
    api = json_api.JsonApi('deSEC', URL, TOKEN, scheme='Token', use_proxy=False)
    outcomes = api_changes.apply_changes(zones, Desec(api), at, check_mode, max_wait=0.2)
    assert TOKEN not in repr(outcomes)
    return sorted(outcomes, key=lambda outcome: outcome.zone)


def run_one(add: Sequence[str] = (), remove: Sequence[str] = (), at: Sequence[Server] = (), check_mode: bool = False) -> Outcome:
    (outcome,) = run(wanted(add, remove), at=at, check_mode=check_mode)
    return outcome


class TestAdding:
    def test_two_reads_one_write_one_read(self, script: Script) -> None:
        script.expect(
            get_domain(), get_apex(), patch(item('CDNSKEY', KSK), item('CDS', KSK_DS), item('DNSKEY', KSK, ZSK)),
            get_apex(rrset_body('DNSKEY', ZSK, KSK), rrset_body('CDS', KSK_DS), rrset_body('CDNSKEY', KSK)),
        )
        outcome = run_one([f'DNSKEY {KSK}', f'DNSKEY {ZSK}', f'CDS {KSK_DS}', f'CDNSKEY {KSK}'])
        assert outcome.changed
        assert not outcome.failed
        assert outcome.added == (f'CDNSKEY {KSK}', f'CDS {KSK_DS}', f'DNSKEY {ZSK}', f'DNSKEY {KSK}')
        assert outcome.removed == ()
        assert (outcome.before, outcome.after) == ((), outcome.added)
        assert outcome.msg == 'Added 4, removed 0.'
        assert outcome.details == {'own_keys': [f'DNSKEY {OWN}']}

    def test_other_records_and_their_ttl_stay(self, script: Script) -> None:
        script.expect(
            get_domain(ZSK), get_apex(rrset_body('DNSKEY', ZSK, ttl=7200), rrset_body('CDS', '0 0 0 00')), patch(item('DNSKEY', KSK, ZSK, ttl=7200)),
            get_apex(rrset_body('DNSKEY', ZSK, KSK, ttl=7200), rrset_body('CDS', '0 0 0 00')),
        )
        outcome = run_one([f'DNSKEY {KSK}'])
        assert outcome.added == (f'DNSKEY {KSK}',)
        assert outcome.before == ('CDS 0 0 0 00', f'DNSKEY {ZSK}')

    def test_a_ttl_below_the_lowest_is_raised(self, script: Script) -> None:
        script.expect(
            get_domain(minimum_ttl=7200), get_apex(rrset_body('DNSKEY', ZSK)), patch(item('CDS', KSK_DS, ttl=7200), item('DNSKEY', KSK, ZSK, ttl=7200)),
            get_apex(rrset_body('DNSKEY', ZSK, KSK), rrset_body('CDS', KSK_DS)),
        )
        assert run_one([f'DNSKEY {KSK}', f'CDS {KSK_DS}']).changed

    def test_what_is_there_is_not_written_again(self, script: Script) -> None:
        script.expect(get_domain(KSK), get_apex(rrset_body('DNSKEY', KSK)))
        outcome = run_one([f'{ZONE}. 3600 IN DNSKEY {KSK[:60]} {KSK[60:]}'])
        assert not outcome.changed
        assert outcome.msg == 'Nothing differs.'

    def test_its_own_key_and_its_records_are_not_supplied(self, script: Script) -> None:
        script.expect(get_domain(), get_apex())
        outcome = run_one([f'DNSKEY {OWN}', f'CDNSKEY {OWN}', *(f'CDS {text}' for text in OWN_DS)])
        assert not outcome.changed
        assert outcome.msg.startswith('Nothing differs. Not supplied, since deSEC publishes what is its own by itself: CDNSKEY 7705 (')

    @pytest.mark.parametrize(
        ('text', 'problem'),
        [
            ('DNSKEY 257 3 13 AAAAAAAAAAAAAAAAAAAAAA==', 'has 64 bytes, this one has 16: it is truncated or altered'),
            (f'DNSKEY 385{KSK[3:]}', 'say that the key is revoked (RFC 5011)'),
            (f'DNSKEY 257 3 5{KSK[8:]}', 'RSASHA1 must not be used to sign a zone (RFC 9904)'),
            (f'DNSKEY 257 2{KSK[5:]}', 'the protocol is 2, it must be 3'),
            ('DNSKEY 257 3 13 not*base64', 'the public key is not base64'),
            (f'other.example. DNSKEY {KSK}', 'it belongs to zone other.example'),
            ('CDS 0 0 0 00', 'asks the parent to remove every DS'),
        ],
    )
    def test_what_desec_would_take_without_a_look_is_refused_before_any_request(self, script: Script, text: str, problem: str) -> None:
        outcome = run_one([text])
        assert outcome.failed
        assert outcome.msg.startswith('zone multi.example, record "')
        assert problem in outcome.msg


class TestRemoving:
    def test_the_last_record_of_a_type_takes_the_rrset_away(self, script: Script) -> None:
        script.expect(
            get_domain(KSK, ZSK), get_apex(rrset_body('DNSKEY', ZSK, KSK), rrset_body('CDS', KSK_DS)), patch(item('CDS'), item('DNSKEY', ZSK)),
            get_apex(rrset_body('DNSKEY', ZSK)),
        )
        outcome = run_one(remove=[f'DNSKEY {KSK}', f'CDS {KSK_DS}'])
        assert outcome.removed == (f'CDS {KSK_DS}', f'DNSKEY {KSK}')
        assert outcome.after == (f'DNSKEY {ZSK}',)

    @pytest.mark.parametrize('text', [f'DNSKEY {OWN}', f'CDNSKEY {OWN}', f'CDS {OWN_DS[0]}', f'CDS {OWN_DS[1]}'])
    def test_its_own_cannot_be_withdrawn_even_where_a_user_supplied_a_copy(self, script: Script, text: str) -> None:
        rtype, rdata = text.split(' ', 1)
        script.expect(get_domain(OWN), get_apex(rrset_body(rtype, rdata)))
        outcome = run_one(remove=[text])
        assert outcome.failed
        assert not outcome.changed
        assert outcome.msg.startswith(f'zone multi.example, record "{text}": own key, it cannot be withdrawn: deSEC signs with it and publishes it always. ')

    def test_what_is_gone_is_gone(self, script: Script) -> None:
        script.expect(get_domain(), get_apex())
        assert not run_one(remove=[f'DNSKEY {KSK}']).changed


class TestNameServers:
    FIRST_NS, SECOND_NS, NEW = 'NS ns1.desec.io.', 'NS ns2.desec.org.', 'NS ns1.bind.example.'

    def test_they_join_those_that_are_there_in_the_same_write(self, script: Script) -> None:
        script.expect(
            get_domain(), get_apex(), patch(item('DNSKEY', KSK), item('NS', 'ns1.bind.example.', 'ns1.desec.io.', 'ns2.desec.org.')),
            get_apex(rrset_body('DNSKEY', KSK), ns=('ns1.bind.example.', 'ns1.desec.io.', 'ns2.desec.org.')),
        )
        outcome = run_one([f'DNSKEY {KSK}', 'NS NS1.bind.example'])
        assert (outcome.failed, outcome.added, outcome.before) == (False, (f'DNSKEY {KSK}', self.NEW), (self.FIRST_NS, self.SECOND_NS))

    def test_they_keep_their_ttl_and_all_may_be_replaced(self, script: Script) -> None:
        script.expect(
            get_domain(), get_apex(ns=('ns1.desec.io.', 'ns2.desec.org.'), ttl=7200), patch(item('NS', 'ns1.bind.example.', ttl=7200)),
            get_apex(ns=('ns1.bind.example.',), ttl=7200),
        )
        outcome = run_one([self.NEW], [self.FIRST_NS, self.SECOND_NS])
        assert (outcome.failed, outcome.removed, outcome.after) == (False, (self.FIRST_NS, self.SECOND_NS), (self.NEW,))

    def test_the_last_one_stays_and_nothing_is_written(self, script: Script) -> None:
        script.expect(get_domain(), get_apex())
        outcome = run_one([f'DNSKEY {KSK}'], [self.FIRST_NS, self.SECOND_NS, self.NEW])
        assert (outcome.failed, outcome.changed) == (True, False)
        assert f'to remove {self.FIRST_NS}, {self.SECOND_NS} would leave it without any NS record' in outcome.msg

    def test_a_zone_without_any_gets_the_first(self, script: Script) -> None:
        script.expect(get_domain(), get_apex(ns=()), patch(item('NS', 'ns1.bind.example.')), get_apex(ns=('ns1.bind.example.',)))
        assert not run_one([self.NEW], [self.FIRST_NS]).failed

    def test_where_none_is_asked_for_they_are_neither_shown_nor_written(self, script: Script) -> None:
        script.expect(get_domain(), get_apex(), patch(item('DNSKEY', KSK)), get_apex(rrset_body('DNSKEY', KSK)))
        outcome = run_one([f'DNSKEY {KSK}'])
        assert (outcome.before, outcome.after) == ((), (f'DNSKEY {KSK}',))

    def test_an_address_is_no_name(self, script: Script) -> None:
        assert 'is not the whole name of a host' in run_one(['NS 192.0.2.1']).msg

    def test_dns_shows_them_too(self, script: Script, servers: Servers) -> None:
        servers.show([f'DNSKEY {KSK}', self.FIRST_NS, self.NEW])
        assert 'the API was not asked' in run_one([self.NEW], [self.SECOND_NS], at=[FIRST, SECOND]).msg

    def test_success_is_what_the_servers_show_in_the_end(self, script: Script, servers: Servers) -> None:
        changed = (self.FIRST_NS, self.SECOND_NS, self.NEW)
        servers.show([self.FIRST_NS], list(changed), servers=[FIRST])
        servers.show([self.FIRST_NS], servers=[SECOND])
        ns = tuple(line.split(' ')[1] for line in changed)
        script.expect(get_domain(), get_apex(), patch(item('NS', *ns)), get_apex(ns=ns))
        outcome = run_one([self.NEW], at=[FIRST, SECOND])
        assert (outcome.failed, outcome.changed) == (True, True)
        assert 'server ns2.desec.test (192.0.2.2): after' in outcome.msg and 'NS ns1.bind.example is missing' in outcome.msg


class TestCheckMode:
    def test_the_same_answer_without_the_write(self, script: Script) -> None:
        script.expect(get_domain(ZSK), get_apex(rrset_body('DNSKEY', ZSK)))
        outcome = run_one([f'DNSKEY {KSK}'], [f'DNSKEY {ZSK}'], check_mode=True)
        assert (outcome.changed, outcome.added, outcome.removed) == (True, (f'DNSKEY {KSK}',), (f'DNSKEY {ZSK}',))
        assert (outcome.before, outcome.after) == ((f'DNSKEY {ZSK}',), (f'DNSKEY {KSK}',))
        assert outcome.msg == 'Would add 1, would remove 1.'

    def test_publication_is_not_waited_for(self, script: Script, servers: Servers) -> None:
        servers.show([f'DNSKEY {OWN}'])
        script.expect(get_domain(), get_apex())
        assert not run_one([f'DNSKEY {KSK}'], at=[FIRST, SECOND], check_mode=True).failed


class TestByDns:
    def test_a_zone_that_every_server_shows_as_wanted_costs_no_request(self, script: Script, servers: Servers) -> None:
        servers.show([f'DNSKEY {OWN}', f'DNSKEY {KSK}'])
        outcome = run_one([f'DNSKEY {KSK}', f'DNSKEY {OWN}'], [f'DNSKEY {ZSK}'], at=[FIRST, SECOND])
        assert (outcome.changed, outcome.failed) == (False, False)
        assert outcome.msg == 'Nothing differs: every server shows it; the API was not asked.'

    @pytest.mark.parametrize('lagging', [[f'DNSKEY {OWN}'], [f'DNSKEY {OWN}', f'DNSKEY {KSK}', f'DNSKEY {ZSK}']])
    def test_one_server_that_differs_is_enough_to_ask(self, script: Script, servers: Servers, lagging: list[str]) -> None:
        shown = [f'DNSKEY {OWN}', f'DNSKEY {KSK}']
        servers.show(shown, servers=[FIRST])
        servers.show(lagging, shown, servers=[SECOND])
        script.expect(get_domain(KSK), get_apex(rrset_body('DNSKEY', KSK)))
        outcome = run_one([f'DNSKEY {KSK}'], [f'DNSKEY {ZSK}'], at=[FIRST, SECOND])
        assert outcome.msg == 'Nothing differs. Every server shows it.'

    def test_a_silent_server_proves_nothing(self, script: Script, servers: Servers) -> None:
        servers.show(MultisignerError('does not answer', ZONE, str(SECOND)), [f'DNSKEY {KSK}'])
        script.expect(get_domain(KSK), get_apex(rrset_body('DNSKEY', KSK)))
        assert not run_one([f'DNSKEY {KSK}'], at=[FIRST, SECOND]).failed

    def test_success_is_what_the_servers_show_in_the_end(self, script: Script, servers: Servers) -> None:
        servers.show([], [], [], [f'DNSKEY {KSK}'])
        script.expect(get_domain(), get_apex(), patch(item('DNSKEY', KSK)), get_apex(rrset_body('DNSKEY', KSK)))
        assert run_one([f'DNSKEY {KSK}'], at=[FIRST, SECOND]).msg == 'Added 1, removed 0. Every server shows it.'

    def test_a_server_that_never_shows_it_fails_the_zone_that_was_changed(self, script: Script, servers: Servers) -> None:
        servers.show([], [f'DNSKEY {KSK}'], servers=[FIRST])
        servers.show([f'DNSKEY {ZSK}'], servers=[SECOND])
        script.expect(get_domain(), get_apex(), patch(item('DNSKEY', KSK)), get_apex(rrset_body('DNSKEY', KSK)))
        outcome = run_one([f'DNSKEY {KSK}'], [f'DNSKEY {ZSK}'], at=[FIRST, SECOND])
        assert (outcome.failed, outcome.changed, outcome.added) == (True, True, (f'DNSKEY {KSK}',))
        assert 'zone multi.example, server ns2.desec.test (192.0.2.2): after' in outcome.msg
        tag = record(f'DNSKEY {ZSK}').rdata.tag
        assert f'DNSKEY 6084 (ECDSAP256SHA256, flags 257) is missing; DNSKEY {tag} (ECDSAP256SHA256, flags 256) is still there' in outcome.msg

    def test_all_zones_are_written_before_any_is_waited_for(self, script: Script, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
        zones = ['a.example', 'b.example']
        for zone in zones:
            servers.show([], [], [], [f'DNSKEY {KSK}'], zone=zone)
            script.expect(
                get_domain(zone=zone), get_apex(zone=zone), patch(item('DNSKEY', KSK), zone=zone), get_apex(rrset_body('DNSKEY', KSK, zone=zone), zone=zone)
            )
        looks: list[int] = []
        unwatched = servers.live

        async def watched(server: Server, zone: str, rtypes: Sequence[str], *options: Any) -> dict[str, LiveRRset]:
            looks.append(len(script.calls))
            return await unwatched(server, zone, rtypes, *options)

        monkeypatch.setattr(resolve, 'live', watched)
        monkeypatch.setattr(api_changes, 'live', watched)
        outcomes = run(*(wanted([f'DNSKEY {KSK}'], zone=zone) for zone in zones), at=[FIRST])
        assert [outcome.failed for outcome in outcomes] == [False, False]
        assert set(looks) == {8, 0}  # before the first request, and after the last one


class TestTheApiFails:
    def test_a_500_that_was_committed_is_a_success_and_is_not_repeated(self, script: Script) -> None:
        script.expect(
            get_domain(), get_apex(), patch(item('DNSKEY', KSK), status=500, answer={'detail': "Internal Server Error. We're on it!"}),
            get_apex(rrset_body('DNSKEY', KSK)),
        )
        outcome = run_one([f'DNSKEY {KSK}'])
        assert (outcome.failed, outcome.changed) == (False, True)
        assert outcome.msg == "Added 1, removed 0. deSEC answers 500: Internal Server Error. We're on it!; it was read again, and the change is there."

    @pytest.mark.parametrize(
        'trouble', [{'status': 500, 'answer': HTML_500, 'content_type': 'text/html'}, {'failure': requests.exceptions.ReadTimeout()}, {'answer': b'[{"cut'}]
    )
    def test_a_write_that_was_rolled_back_is_made_once_more_after_a_look(self, script: Script, trouble: dict[str, Any]) -> None:
        script.expect(
            get_domain(), get_apex(), patch(item('DNSKEY', KSK), **trouble), get_apex(), patch(item('DNSKEY', KSK)), get_apex(rrset_body('DNSKEY', KSK)),
        )
        outcome = run_one([f'DNSKEY {KSK}'])
        assert (outcome.failed, outcome.changed) == (False, True)
        assert 'it was read again, and the change is there.' in outcome.msg

    def test_a_second_500_is_the_end(self, script: Script) -> None:
        broken = patch(item('DNSKEY', KSK), status=500, answer=HTML_500, content_type='text/html')
        script.expect(get_domain(), get_apex(), broken, get_apex(), broken, get_apex())
        outcome = run_one([f'DNSKEY {KSK}'])
        assert (outcome.failed, outcome.changed) == (True, False)
        assert outcome.msg == (
            f'zone multi.example, server {URL}: deSEC answers 500: text/html instead of JSON, titled "Server Error (500)". '
            'The fault is at deSEC: run again later.'
        )

    def test_a_500_after_which_nothing_can_be_read_is_told_as_unknown(self, script: Script) -> None:
        broken: dict[str, Any] = {'status': 500, 'answer': {'detail': 'No.'}}
        apex = Call('GET', f'/domains/{ZONE}/rrsets/?subname=', **broken)
        script.expect(get_domain(), get_apex(), patch(item('DNSKEY', KSK), **broken), apex, apex)
        outcome = run_one([f'DNSKEY {KSK}'])
        assert (outcome.failed, outcome.changed) == (True, True)
        assert outcome.msg == (
            f'zone multi.example, server {URL}: the write ended with "deSEC answers 500: No", and then deSEC answers 500: No. '
            'It may have been changed or not. Run again: the zone is read before anything is written.'
        )

    def test_a_conflict_is_read_and_written_again_with_what_the_other_wrote(self, script: Script) -> None:
        conflict: dict[str, Any] = {'status': 409, 'answer': {'detail': 'Conflict: duplicate key value violates unique constraint'}}
        script.expect(
            get_domain(), get_apex(), patch(item('DNSKEY', KSK), **conflict), get_apex(rrset_body('DNSKEY', ZSK)), patch(item('DNSKEY', KSK, ZSK)),
            get_apex(rrset_body('DNSKEY', KSK, ZSK)),
        )
        assert not run_one([f'DNSKEY {KSK}']).failed

    def test_a_second_conflict_is_the_end(self, script: Script) -> None:
        conflict = patch(item('DNSKEY', KSK), status=409, answer={'detail': 'Conflict.'})
        script.expect(get_domain(), get_apex(), conflict, get_apex(), conflict, get_apex())
        outcome = run_one([f'DNSKEY {KSK}'])
        assert (outcome.failed, outcome.changed) == (True, False)
        assert 'deSEC says that somebody else writes at the same time (409): Conflict. Let one program at a time write here' in outcome.msg

    def test_a_lost_update_is_written_again(self, script: Script) -> None:
        script.expect(
            get_domain(), get_apex(), patch(item('DNSKEY', KSK)), get_apex(rrset_body('DNSKEY', ZSK)), patch(item('DNSKEY', KSK, ZSK)),
            get_apex(rrset_body('DNSKEY', KSK, ZSK)),
        )
        outcome = run_one([f'DNSKEY {KSK}'])
        assert (outcome.failed, outcome.added) == (False, (f'DNSKEY {KSK}',))

    def test_another_active_writer_is_told(self, script: Script) -> None:
        write = patch(item('DNSKEY', KSK))
        script.expect(get_domain(), get_apex(), write, get_apex(), write, get_apex(), write, get_apex())
        outcome = run_one([f'DNSKEY {KSK}'])
        assert outcome.failed
        assert outcome.msg == (
            f'zone multi.example, server {URL}: deSEC accepted the change 3 times, and each time it is gone when read again: '
            'another program writes to this zone. Let one program at a time write its DNSKEY, CDS, CDNSKEY and NS records, then run again.'
        )

    @pytest.mark.parametrize(
        ('refused', 'says'),
        [
            ({'status': 403, 'answer': {'detail': 'Insufficient token permissions.'}}, 'Insufficient token permissions. Allow it, by three token policies'),
            ({'status': 400, 'answer': ['DNSKEY RRset must have empty subname.']}, 'deSEC refuses the request (400): DNSKEY RRset must have empty subname.'),
        ],
    )
    def test_a_refused_write_is_not_repeated(self, script: Script, refused: dict[str, Any], says: str) -> None:
        script.expect(get_domain(), get_apex(), patch(item('DNSKEY', KSK), **refused))
        outcome = run_one([f'DNSKEY {KSK}'])
        assert (outcome.failed, outcome.changed) == (True, False)
        assert says in outcome.msg


class TestManyZones:
    def test_one_zone_fails_and_the_others_go_on(self, script: Script) -> None:
        script.expect(
            Call('GET', '/domains/a.example/', 404, {'detail': 'No Domain matches the given query.'}),
            get_domain(zone='b.example'), get_apex(zone='b.example'), throttled('PATCH', '/domains/b.example/rrsets/', 6607, [item('DNSKEY', KSK)]),
            get_domain(zone='c.example'), get_apex(zone='c.example'), patch(item('DNSKEY', KSK), zone='c.example'),
            get_apex(rrset_body('DNSKEY', KSK, zone='c.example'), zone='c.example'),
        )
        unknown, slow, fine, odd = run(*(wanted([f'DNSKEY {KSK}'], zone=f'{name}.example') for name in 'abc'), wanted(['A 192.0.2.1'], zone='d.example'))
        assert 'zone a.example' in unknown.msg
        assert 'the account of this token has no such domain' in unknown.msg
        assert 'zone b.example' in slow.msg
        assert 'asks to wait (429) for 6607 s more' in slow.msg
        assert fine.changed
        assert not fine.failed
        assert '"A 192.0.2.1" is not a DNSKEY, CDS, CDNSKEY, NS or CSYNC record' in odd.msg

    def test_a_wrong_token_is_tried_once(self, script: Script) -> None:
        script.expect(Call('GET', '/domains/a.example/', 401, {'detail': 'Invalid token.'}))
        outcomes = run(*(wanted([f'DNSKEY {KSK}'], zone=f'{name}.example') for name in 'abc'))
        for outcome in outcomes:
            assert outcome.msg == (
                f'zone {outcome.zone}, server {URL}: deSEC does not accept the token (401): Invalid token. '
                'Take a token that exists, has not expired and may be used from this network; nothing more is asked with this one.'
            )

    def test_throttled_reads_end_with_the_first(self, script: Script) -> None:
        script.expect(throttled('GET', '/domains/a.example/', 6607))
        assert all('for 6607 s more' in outcome.msg for outcome in run(*(wanted([f'DNSKEY {KSK}'], zone=f'{name}.example') for name in 'abc')))
