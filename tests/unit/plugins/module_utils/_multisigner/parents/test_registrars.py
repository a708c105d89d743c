# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every channel that is an API, from no DS to one signer, to two and back, and everything that its API may say on the way."""
from __future__ import annotations

import asyncio
import re
from typing import Any, Iterator

import dns.query
import dns.rdatatype
import dns.tsigkeyring
import dns.update
import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import json_api
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.json_api import Call
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents import desec, publish
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.base import Parent, Writing
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.channels import CHANNELS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.registrar import Client
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.route53 import authorization
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import Server
from ansible_collections.dnssec.multisigner.tests.support.real_bind import KEY_NAME, KEY_SECRET, NAMED, RealBind
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.parents.registrar_standins import (
    SECRET,
    STANDINS,
    Gandi,
    Inwx,
    Ovh,
    Porkbun,
    PowerDNS,
    Route53,
    StandIn,
)
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.scripted_api import Clock
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.transport import mount

pytestmark = pytest.mark.skipif(NAMED is None, reason='named is not installed')

KSK = '257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=='
CSK = '257 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA=='
OTHER = '257 3 13 ' + 'QUFB' * 21 + 'QQ=='
NS1 = {'name': 'ns1', 'sep_keys': [KSK], 'dnskeys': [KSK, CSK], 'servers': [], 'port': 53}
DESEC = {'name': 'desec', 'sep_keys': [CSK], 'dnskeys': [KSK, CSK], 'servers': [], 'port': 53}
ZONES = tuple(f'{standin.channel}{number}' for standin in STANDINS for number in range(60))


def ds(zone: str, key: str) -> str:
    return DNSKEY.parse(key).ds(zone).text


@pytest.fixture(scope='module')
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBind]:
    content = {'example': ''.join(f'{child} NS ns.elsewhere.test.\n' for child in ZONES)}
    zones = {'example': 'dnssec-policy plain; inline-signing no; update-policy { grant multisigner subdomain example. DS NS; };'}
    with RealBind(tmp_path_factory.mktemp('bind'), zones, content) as running:
        yield running


class Registry:
    """One provider in front of the parent zone `example`, and the one zone of the test in it."""

    def __init__(self, bind: RealBind, standin: type[StandIn], zone: str) -> None:
        self.bind, self.zone = bind, zone
        self.api = standin(self.publish)
        channel = CHANNELS[standin.channel]
        assert isinstance(channel, Writing)
        self.channel = channel

    def publish(self, zone: str, rtype: str, texts: set[str]) -> None:
        if rtype == 'NS':
            self.delegate(zone, texts)
            return
        shown = self.bind.texts(zone, rtype)
        if shown - texts:
            self.bind.remove('example', zone, rtype)
        for text in sorted(texts - shown if texts >= shown else texts):
            self.bind.add('example', f'{zone}. 300 IN {rtype} {text}')

    def delegate(self, zone: str, texts: set[str]) -> None:
        """One update, in which the new ones come first: DS go with the last NS."""
        keyring = dns.tsigkeyring.from_text({KEY_NAME: KEY_SECRET})
        update = dns.update.UpdateMessage('example', keyring=keyring, keyalgorithm='hmac-sha256')
        for text in sorted(texts):
            update.add(f'{zone}.', 300, 'NS', text)
        for text in sorted(self.delegated() - texts):
            update.delete(f'{zone}.', 'NS', text)
        assert dns.query.tcp(update, '127.0.0.1', port=self.bind.port, timeout=5).rcode() == 0

    def delegated(self) -> set[str]:
        return {str(rdata) for rrset in self.bind.ask(self.zone, 'NS').authority if rrset.rdtype == dns.rdatatype.NS for rdata in rrset}

    def shown(self) -> set[str]:
        return self.bind.texts(self.zone, 'DS')

    def register(
        self, *signers: Any, remove: tuple[str, ...] = (), check_mode: bool = False, digest_types: tuple[int, ...] = (2,),
        ns: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()), **options: Any,
    ) -> Outcome:
        """*ns*: the names of servers to add, and to remove."""
        server = Server('127.0.0.1', self.bind.port)
        asked = dict(api_url=None, api_user=None, api_token=None, api_secret=None, api_consumer_key=None, api_ca_file=None, api_use_proxy=False, max_wait=0.5)
        assert self.channel.connect is not None
        try:
            client = self.channel.connect({**asked, **self.api.options, **options})
        except MultisignerError as error:
            return Outcome.failure(self.zone, error)
        parent = Parent((server,), server, None, 'example', 300, 5, 0.5, '', client=client)
        option = dict(name=self.zone, signers=list(signers), remove=list(remove), ns_add=list(ns[0]), ns_remove=list(ns[1]), insecure=not signers)
        outcome, = publish.Registration(parent, self.channel, digest_types, check_mode).run([option])
        assert SECRET not in repr(outcome) + repr(parent)
        return outcome


@pytest.fixture
def registry(request: pytest.FixtureRequest, bind: RealBind, monkeypatch: pytest.MonkeyPatch) -> Registry:
    standin = request.param
    used = ZONES_USED[standin.channel] = ZONES_USED.get(standin.channel, -1) + 1
    made = Registry(bind, standin, f'{standin.channel}{used}.example')
    mount(monkeypatch, made.api)
    monkeypatch.setattr(publish, 'GLANCE', 0.3)
    monkeypatch.setattr(json_api, 'time', Clock())
    return made


ZONES_USED: dict[str, int] = {}
EVERY = pytest.mark.parametrize('registry', STANDINS, indirect=True, ids=[standin.channel for standin in STANDINS])
SLOW = [standin for standin in STANDINS if CHANNELS[standin.channel].capabilities.asynchronous]
EVERY_SLOW = pytest.mark.parametrize('registry', SLOW, indirect=True, ids=[standin.channel for standin in SLOW])


@EVERY
def test_from_no_ds_to_one_signer_to_two_and_back(registry: Registry) -> None:
    zone = registry.zone
    for signers, remove, expected in (
        ([NS1], (), {ds(zone, KSK)}),
        ([NS1, DESEC], (), {ds(zone, KSK), ds(zone, CSK)}),
        ([NS1], (ds(zone, CSK),), {ds(zone, KSK)}),
    ):
        told = registry.register(*signers, remove=remove, check_mode=True)
        assert told.changed and not told.failed, told.msg
        assert len(told.details['requests']) == 1
        assert registry.shown() != expected
        done = registry.register(*signers, remove=remove)
        assert done.changed and not done.failed, done.msg
        assert 'Every server of the parent shows it.' in done.msg
        assert (done.added, done.removed, done.before, done.after) == (told.added, told.removed, told.before, told.after)
        assert registry.shown() == expected

        # Done is done: DNS tells, and nobody is asked.
        asked = len(registry.api.requests)
        again = registry.register(*signers, remove=remove)
        assert not again.changed and not again.failed
        assert len(registry.api.requests) == asked
    gone = registry.register(remove=(ds(zone, KSK),))
    assert gone.changed and not gone.failed, gone.msg
    assert registry.shown() == set()


@EVERY
def test_a_dry_run_shows_the_requests_that_are_then_made(registry: Registry) -> None:
    told = registry.register(NS1, DESEC, check_mode=True)
    assert registry.api.writes == []
    registry.register(NS1, DESEC)
    assert len(told.details['requests']) == len(registry.api.writes)
    for shown, written in zip(told.details['requests'], registry.api.writes):
        # What is shown begins below the address of the API.
        method, path, *operation = written.split(' ')
        assert shown.split(' ')[0] == method and path.rstrip('/').endswith(shown.split(' ')[1].rstrip('/'))
        assert all(word in shown for word in operation)


@EVERY_SLOW
def test_a_registry_that_takes_its_time_is_waited_for_and_told_once(registry: Registry) -> None:
    registry.api.is_slow = True
    first = registry.register(NS1, DESEC)
    assert (first.changed, first.failed, first.details['pending']) == (True, False, True)
    assert f'Added 2 DS at {registry.channel.name}, but' in first.msg
    written = len(registry.api.writes)
    for check_mode in (True, False):
        second = registry.register(NS1, DESEC, check_mode=check_mode)
        assert (second.changed, second.failed, second.details['pending'], second.details['requests']) == (False, False, True, [])
    assert len(registry.api.writes) == written
    registry.api.catch_up(registry.zone)
    assert registry.register(NS1, DESEC).details['pending'] is False


@EVERY_SLOW
def test_nothing_is_removed_before_the_registry_shows_what_was_added(registry: Registry) -> None:
    registry.register(DESEC)
    registry.api.is_slow = True
    outcome = registry.register(NS1, remove=(ds(registry.zone, CSK),))
    assert outcome.details['pending'] is True and outcome.removed == ()
    held = len(registry.api.registered)
    assert held == 2
    registry.api.catch_up(registry.zone)
    assert registry.shown() == {ds(registry.zone, KSK), ds(registry.zone, CSK)}
    registry.api.is_slow = False
    assert registry.register(NS1, remove=(ds(registry.zone, CSK),)).removed == (f'DS {ds(registry.zone, CSK)}',)
    assert registry.shown() == {ds(registry.zone, KSK)}


@EVERY
def test_what_somebody_else_registered_stays(registry: Registry) -> None:
    registry.register(dict(NS1, sep_keys=[OTHER], dnskeys=[OTHER]))
    outcome = registry.register(NS1)
    assert outcome.changed and 'Left alone' in outcome.msg
    assert registry.shown() == {ds(registry.zone, KSK), ds(registry.zone, OTHER)}


@EVERY
def test_a_set_that_is_not_what_the_servers_show_is_never_replaced(registry: Registry) -> None:
    """Somebody registered another DS a moment ago, and the servers do not have it yet."""
    registry.register(DESEC)
    registry.api.is_slow = True
    registry.register(dict(NS1, sep_keys=[OTHER], dnskeys=[OTHER]), DESEC)
    written = len(registry.api.writes)
    held = dict(registry.api.registered)
    outcome = registry.register(NS1, DESEC)
    if registry.channel.capabilities.write == 'replace':
        assert outcome.failed and not outcome.changed
        assert "has another DS set than the parent's servers show" in outcome.msg
        assert any(text in outcome.msg for text in (ds(registry.zone, OTHER), OTHER))
        assert len(registry.api.writes) == written
        assert registry.api.registered == held
    else:
        assert not outcome.failed
        assert held.items() <= registry.api.registered.items()


@EVERY
def test_a_wrong_secret_is_told_and_never_printed(registry: Registry) -> None:
    wrong = {name: f'{value}-wrong' for name, value in registry.api.options.items() if SECRET in value}
    outcome = registry.register(NS1, **wrong)
    assert outcome.failed and not outcome.changed
    assert f'zone {registry.zone}' in outcome.msg and registry.channel.name in outcome.msg
    assert registry.api.registered == {}


@EVERY
def test_what_is_not_given_is_told_before_anything_is_asked(registry: Registry) -> None:
    for name in registry.api.options:
        outcome = registry.register(NS1, **{name: None})
        assert outcome.failed and f'"{name}" is not given' in outcome.msg
    assert registry.api.requests == []


@EVERY
@pytest.mark.parametrize('status, answer, words, is_known', [
    (400, {'message': 'Validation failed', 'errors': {'digest': ['is invalid']}}, 'is invalid', True),
    (403, {'message': 'Permission denied'}, 'Permission denied', True),
    (404, {'message': 'Domain not found'}, 'Domain not found', True),
    (409, {'message': 'The domain is locked by another operation'}, 'locked by another', True),
    (412, {'message': 'Subscription required'}, 'Subscription required', True),
    (500, {'message': 'Internal error'}, 'Internal error', False),
    (502, None, '502', False),
])
def test_every_refusal_is_told_in_words(registry: Registry, status: int, answer: Any, words: str, is_known: bool) -> None:
    registry.api.failures = [(status, answer)]
    outcome = registry.register(NS1)
    assert outcome.failed
    assert outcome.changed is not is_known  # after a fault nobody knows what became of it
    assert words in outcome.msg and f'zone {registry.zone}' in outcome.msg
    assert registry.api.registered == {}
    assert registry.register(NS1).changed  # nothing is remembered: the next run looks and goes on


# -- name servers --------------------------------------------------------------------------------------------------------

REGISTRARS = [standin for standin in STANDINS if standin.channel not in ('desec', 'powerdns')]  # those host the parent zone itself
EVERY_REGISTRAR = pytest.mark.parametrize('registry', REGISTRARS, indirect=True, ids=[standin.channel for standin in REGISTRARS])
OLD, NEW = 'ns.elsewhere.test', 'ns1.desec.test'


@EVERY_REGISTRAR
def test_a_name_server_comes_and_another_goes_as_a_whole_set_each_time(registry: Registry) -> None:
    registry.register(NS1)
    told = registry.register(NS1, ns=((NEW,), (OLD,)), check_mode=True)
    assert len(told.details['requests']) == 2 and all(NEW in line for line in told.details['requests'])
    assert registry.delegated() == {f'{OLD}.'}
    done = registry.register(NS1, ns=((NEW,), (OLD,)))
    assert not done.failed and (done.added, done.removed) == ((f'NS {NEW}.',), (f'NS {OLD}.',)), done.msg
    assert registry.delegated() == {f'{NEW}.'} and registry.api.names == [NEW]
    assert registry.shown() == {ds(registry.zone, KSK)}
    written = len(registry.api.writes)
    assert not registry.register(NS1, ns=((NEW,), (OLD,))).changed
    assert len(registry.api.writes) == written


@EVERY_REGISTRAR
def test_no_name_server_goes_before_the_registry_shows_the_new_one(registry: Registry) -> None:
    registry.register(NS1)
    registry.api.is_slow = True
    outcome = registry.register(NS1, ns=((NEW,), (OLD,)))
    assert outcome.details['pending'] is True and not outcome.failed and outcome.removed == ()
    assert registry.api.names == sorted([OLD, NEW])
    written = len(registry.api.writes)
    again = registry.register(NS1, ns=((NEW,), (OLD,)))
    assert again.details['pending'] is True and len(registry.api.writes) == written  # it is listed: nothing is given twice
    registry.api.delegate(registry.zone)
    registry.api.is_slow = False
    assert registry.register(NS1, ns=((NEW,), (OLD,))).removed == (f'NS {OLD}.',)


@EVERY_REGISTRAR
def test_a_set_of_name_servers_that_is_not_what_the_servers_show_is_not_replaced(registry: Registry) -> None:
    registry.register(NS1)
    registry.api.names = [OLD, 'ns.another.test']
    written = len(registry.api.writes)
    outcome = registry.register(NS1, ns=((NEW,), ()))
    assert outcome.failed and not outcome.changed and "has another NS set than the parent's servers show" in outcome.msg
    assert 'ns.another.test. is only there' in outcome.msg and len(registry.api.writes) == written


@EVERY_REGISTRAR
def test_a_server_below_the_zone_needs_its_address_registered_by_hand(registry: Registry) -> None:
    registry.register(NS1)
    written = len(registry.api.writes)
    for check_mode in (True, False):
        outcome = registry.register(NS1, ns=((f'ns1.{registry.zone}',), ()), check_mode=check_mode)
        assert outcome.failed and not outcome.changed and 'the address (glue) of it is not registered through' in outcome.msg
    assert len(registry.api.writes) == written


@EVERY_REGISTRAR
def test_names_of_servers_that_are_none_are_no_empty_list(registry: Registry) -> None:
    registry.register(NS1)
    registry.api.names = [None]  # type: ignore[list-item]
    written = len(registry.api.writes)
    outcome = registry.register(NS1, ns=((NEW,), ()))
    assert outcome.failed and not outcome.changed and len(registry.api.writes) == written


# -- what an API says that is no success -----------------------------------------------------------------------------------

# What the provider's documentation says that comes of a change of DS, keys or name servers that it does not make, and what is told of it.
DOCUMENTED: tuple[tuple[str, int, Any, str], ...] = (
    ('dnsimple', 400, {'message': 'Validation failed', 'errors': {'digest': ["can't be blank"], 'base': ['TLD does not support DNSSEC']}}, 'does not support'),
    ('dnsimple', 402, {'message': 'The account is not subscribed'}, 'The account is not subscribed'),
    ('dnsimple', 403, {'message': 'Permission Denied. Required Scope: registrar:*'}, r'does not allow this with this token \(403\).*Required Scope'),
    ('dnsimple', 404, {'message': 'Domain `x.example` not found'}, r'does not know it \(404\)'),
    ('dnsimple', 412, {'message': 'Your plan does not allow this'}, 'Your plan does not allow this'),
    ('gandi', 400, {'status': 'error', 'errors': [{'location': 'body', 'name': 'public_key', 'description': 'Not base64'}]}, 'Not base64'),
    ('gandi', 403, {'cause': 'Forbidden', 'code': 403, 'message': 'Access was denied to this resource.', 'object': 'HTTPForbidden'}, 'Access was denied'),
    ('gandi', 404, {'cause': 'Not Found', 'code': 404, 'message': 'The resource could not be found.', 'object': 'HTTPNotFound'}, 'could not be found'),
    ('gandi', 409, {'cause': 'Conflict', 'code': 409, 'message': 'An operation is already running', 'object': 'HTTPConflict'}, 'already running'),
    ('inwx', 200, {'code': 2002, 'msg': 'Command use error'}, r'refuses the call \(2002\): msg: Command use error'),
    ('inwx', 200, {'code': 2005, 'msg': 'Parameter value syntax error', 'reasonCode': 'DNSKEY', 'reason': 'Not a key'}, 'reason: Not a key'),
    ('inwx', 200, {'code': 2201, 'msg': 'Authorization error'}, r'does not let this account in \(2201\)'),
    ('inwx', 200, {'code': 2303, 'msg': 'Object does not exist'}, r'\(2303\).*Object does not exist'),
    ('inwx', 200, {'code': 2304, 'msg': 'Object status prohibits operation'}, 'status prohibits'),
    ('inwx', 200, {'code': 2306, 'msg': 'Parameter value policy error', 'reason': 'TLD does not support DNSSEC'}, 'TLD does not support'),
    ('inwx', 200, {'code': 2400, 'msg': 'Command failed'}, 'Command failed'),
    ('inwx', 200, {'code': 2502, 'msg': 'Session limit exceeded; server closing connection'}, 'Session limit exceeded'),
    ('namecom', 400, {'message': 'Invalid Argument', 'details': 'digest has a wrong length'}, 'digest has a wrong length'),
    ('namecom', 403, {'message': 'Permission Denied'}, r'does not allow this with this token \(403\)'),
    ('namecom', 404, {'message': 'Not Found'}, r'does not know it \(404\)'),
    ('namecom', 422, {'message': 'Domain is locked'}, 'Domain is locked'),
    ('ovh', 400, {'class': 'Client::BadRequest', 'message': 'DNSSEC is not supported by this TLD'}, 'not supported by this TLD'),
    ('ovh', 403, {'errorCode': 'NOT_GRANTED_CALL', 'httpCode': '403 Forbidden', 'message': 'This call has not been granted'}, 'has not been granted'),
    ('ovh', 404, {'class': 'Client::NotFound', 'message': 'This service does not exist'}, 'This service does not exist'),
    ('ovh', 409, {'class': 'Client::Conflict', 'message': 'An operation is already in progress'}, 'already in progress'),
    ('ovh', 460, {'class': 'Client::Expired', 'message': 'This service is expired'}, 'This service is expired'),
    ('porkbun', 200, {'status': 'ERROR', 'message': 'We were unable to create the DNSSEC record.'}, 'unable to create the DNSSEC record'),
    ('porkbun', 400, {'status': 'ERROR', 'message': 'Domain is not opted in to API access.'}, 'not opted in to API access'),
    ('porkbun', 400, {'status': 'ERROR', 'message': 'Invalid domain.'}, 'Invalid domain'),
    ('porkbun', 403, {'status': 'ERROR', 'message': 'All API access is disabled for this account.'}, 'API access is disabled'),
    *(('route53', 400, {'__type': kind, 'message': words}, words) for kind, words in (
        ('AccessDeniedException', 'User is not authorized to perform this'), ('DnssecLimitExceeded', 'The number of DNSSEC keys is over the limit'),
        ('DuplicateRequest', 'A request for it is in progress'), ('InvalidInput', 'The key is not valid'), ('OperationLimitExceeded', 'Too many operations'),
        ('ThrottlingException', 'Rate exceeded'), ('TLDRulesViolation', 'The TLD does not allow it'), ('UnsupportedTLD', 'Not a TLD of ours'),
    )),
)


@pytest.mark.parametrize(
    ('registry', 'status', 'answer', 'words'),
    [({standin.channel: standin for standin in STANDINS}[channel], status, answer, words) for channel, status, answer, words in DOCUMENTED],
    indirect=['registry'],
)
def test_what_a_provider_documents_as_a_refusal_is_told_with_its_reason(registry: Registry, status: int, answer: Any, words: str) -> None:
    registry.api.failures = [(status, answer)]
    outcome = registry.register(NS1)
    assert outcome.failed and not outcome.changed and registry.api.registered == {}
    assert re.search(words, outcome.msg) and registry.zone in outcome.msg
    assert registry.register(NS1).changed
    registry.api.failures = [(status, answer)]
    outcome = registry.register(NS1, ns=((NEW,), ()))
    assert outcome.failed and not outcome.changed and registry.api.names == [OLD]
    assert re.search(words, outcome.msg)


@pytest.mark.parametrize('rtype', ['DS', 'NS'])
@pytest.mark.parametrize('registry', [Ovh, Route53], indirect=True)
def test_a_change_that_failed_later_is_told_and_not_sent_again(registry: Registry, rtype: str) -> None:
    registry.api.failed_task = 'The registry says: 2306 policy'
    ns = ((NEW,), ()) if rtype == 'NS' else ((), ())
    if rtype == 'NS':
        registry.bind.add('example', f'{registry.zone}. 300 IN DS {ds(registry.zone, KSK)}')
    for check_mode in (True, False):
        outcome = registry.register(NS1, ns=ns, check_mode=check_mode)
        assert outcome.failed and not outcome.changed
        assert f'the last change of {rtype} failed there' in outcome.msg and '2306 policy' in outcome.msg
    assert registry.api.writes == []
    registry.api.failed_task = ''
    assert registry.register(NS1, ns=ns).changed


BY_TASK = ('ovh', 'route53')  # what they accept is a task, and not in their lists before it is done
LISTING = [standin for standin in STANDINS if standin.channel not in BY_TASK]
WITH_TASKS = [standin for standin in STANDINS if standin.channel in BY_TASK]


@pytest.mark.parametrize('registry', LISTING, indirect=True, ids=[standin.channel for standin in LISTING])
def test_an_api_that_accepts_and_forgets_is_found_out(registry: Registry) -> None:
    registry.api.forgets = True
    outcome = registry.register(NS1)
    assert outcome.failed and outcome.changed
    assert 'does not have it when asked again' in outcome.msg


@pytest.mark.parametrize('registry', WITH_TASKS, indirect=True, ids=BY_TASK)
def test_while_the_registry_is_busy_nothing_more_is_sent(registry: Registry) -> None:
    registry.api.is_busy = True
    for check_mode in (True, False):
        outcome = registry.register(NS1, check_mode=check_mode)
        assert (outcome.changed, outcome.failed, outcome.details['pending']) == (False, False, True)
    assert 'An earlier request for it is still under way there.' in outcome.msg
    assert registry.api.writes == []
    registry.api.is_busy = False
    assert registry.register(NS1).changed


@EVERY
def test_an_answer_that_is_not_as_documented_is_no_empty_list(registry: Registry) -> None:
    registry.api.answer = lambda method, path, query, body: (200, {'unheard': 'of'})  # type: ignore[method-assign]
    outcome = registry.register(NS1)
    assert outcome.failed and not outcome.changed
    assert 'is not as its documentation says' in outcome.msg


@pytest.mark.parametrize('registry', [Route53], indirect=True)
def test_what_is_told_of_another_domain_is_not_of_this_one(registry: Registry) -> None:
    registry.api.answer = lambda method, path, query, body: (200, {'DomainName': 'other.example', 'Operations': []})  # type: ignore[method-assign]
    assert 'is not as its documentation says' in registry.register(NS1).msg


@pytest.mark.parametrize('registry', [Inwx, Porkbun], indirect=True)
def test_an_answer_to_a_write_that_is_not_as_documented_leaves_it_open_what_was_done(registry: Registry) -> None:
    registry.api.failures = [(200, ['unheard of'])]
    outcome = registry.register(NS1)
    assert outcome.failed and outcome.changed
    assert 'is not as its documentation says' in outcome.msg


@pytest.mark.parametrize('registry', [PowerDNS], indirect=True)
@pytest.mark.parametrize(('settings', 'told'), [
    ({'kind': 'Slave', 'soa_edit_api': 'DEFAULT'}, 'is of kind slave: what is written there would not reach every server. Name the API of its primary'),
    ({'kind': 'Master', 'soa_edit_api': ''}, 'is of kind master and has no SOA-EDIT-API'),
])
def test_a_parent_zone_at_powerdns_whose_other_servers_would_not_see_it(registry: Registry, settings: dict[str, str], told: str) -> None:
    registry.api.settings = settings  # type: ignore[attr-defined]
    outcome = registry.register(NS1)
    assert outcome.failed and not outcome.changed and told in outcome.msg and registry.api.writes == []
    registry.api.settings = {'kind': 'Master', 'soa_edit_api': 'DEFAULT'}  # type: ignore[attr-defined]
    assert registry.register(NS1).changed


@pytest.mark.parametrize('registry', [PowerDNS], indirect=True)
def test_a_ds_that_is_disabled_at_powerdns_is_not_replaced_with_the_set(registry: Registry) -> None:
    registry.api.registered = {ds(registry.zone, OTHER): {}}
    registry.api.disabled = True  # type: ignore[attr-defined]
    outcome = registry.register(NS1)
    assert outcome.failed and registry.api.writes == []
    assert 'its DS RRset has records that are disabled. Enable or delete them in the parent zone' in outcome.msg


def test_every_channel_that_is_an_api_has_a_stand_in() -> None:
    with_api = {name for name, channel in CHANNELS.items() if isinstance(channel, Writing) and channel.connect is not None}
    assert {standin.channel for standin in STANDINS} == with_api


def test_a_signature_of_amazon_is_the_published_one() -> None:
    """The case `get-vanilla` of the test suite for Signature Version 4."""
    headers = {'Host': 'example.amazonaws.com', 'X-Amz-Date': '20150830T123600Z'}
    made = authorization('AKIDEXAMPLE', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', 'service', 'GET', headers, b'')
    assert made == (
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, '
        'Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'
    )


@pytest.mark.parametrize('registry', [Inwx], indirect=True)
def test_an_account_with_a_second_factor_is_told(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Inwx, 'tfa', 'GOOGLE-AUTH')
    outcome = registry.register(NS1)
    assert outcome.failed and 'wants a second factor' in outcome.msg


@pytest.mark.parametrize('registry', [Inwx, Porkbun], indirect=True)
def test_a_refusal_with_a_good_status_is_one(registry: Registry) -> None:
    registry.api.failures = [(200, {'code': 2400, 'msg': 'Command failed', 'status': 'ERROR', 'message': 'Command failed'})]
    outcome = registry.register(NS1)
    assert outcome.failed and not outcome.changed
    assert 'Command failed' in outcome.msg


@pytest.mark.parametrize('registry', [Porkbun], indirect=True)
def test_one_digest_for_a_tag_and_no_more(registry: Registry) -> None:
    outcome = registry.register(NS1, digest_types=(2, 4))
    assert outcome.failed and 'would have more than one with the tag 2371' in outcome.msg
    assert registry.api.writes == []


@pytest.mark.parametrize('registry', [Gandi], indirect=True)
def test_one_digest_of_a_key_cannot_go_alone_where_keys_are_held(registry: Registry) -> None:
    registry.register(NS1)
    registry.bind.add('example', f'{registry.zone}. 300 IN DS {DNSKEY.parse(KSK).ds(registry.zone, 4).text}')
    outcome = registry.register(NS1, remove=(DNSKEY.parse(KSK).ds(registry.zone, 4).text,))
    assert outcome.failed and 'holds keys, so the DS of one digest type cannot be removed alone' in outcome.msg


def test_many_zones_of_one_parent_at_desec_are_one_request(bind: RealBind, monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that it refuses spoils no other."""
    sent: list[int] = []

    class Api:
        name, url = 'deSEC', 'https://api.test'

        def request(self, method: str, path: str, query: Any, body: Any, scope: str, headers: Any) -> Any:
            sent.append(len(body))
            if any(rrset['subname'] == 'bad' for rrset in body):
                raise json_api.ApiError('refuses the request (400)')
            return body

    async def all_at_once() -> list[Any]:
        client = Client(desec.CONTRACT, Api())  # type: ignore[arg-type]
        calls = [Call('PATCH', '/domains/example/rrsets/', [{'subname': name}]) for name in ('first', *(f'z{number}' for number in range(9)), 'bad')]
        return await asyncio.gather(*(client.send(call) for call in calls), return_exceptions=True)

    results = asyncio.run(all_at_once())
    assert [isinstance(result, json_api.ApiError) for result in results] == 10 * [False] + [True]
    assert len(sent) <= 1 + 1 + 10 + 1
