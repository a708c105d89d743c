# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verifier from its options to its data, against servers in this process: declared, and found from a name alone."""
from __future__ import annotations

import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Iterator

import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.rrset
import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.journal import GAP, Fact, Journal, Memory
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.situation import KEY_EVERYWHERE, KEY_OWNER
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.run import VERIFY_OPTIONS, read_targets, verify
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.survey import NAME, Probe
from ansible_collections.dnssec.multisigner.tests.support.bad_dns_server import BadDnsServer, read_question
from ansible_collections.dnssec.multisigner.tests.support.signed_zones import SignedServer, SignedZone
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.verify.small_zones import (
    APEX,
    ZONE,
    Copy,
    Group,
    copy,
    zsk,
)


class CopyServer(BadDnsServer):
    """Serves a Copy over UDP and TCP at its address, whatever it answers."""

    def __init__(self, one: Copy, port: int = 0) -> None:
        super().__init__('nodata', one.address, port)
        self.copy = one
        self.copy.server([Probe(NAME, ZONE, 'SOA')])  # what is the same for all answers is made afresh

    def _respond(self, wire: bytes) -> bytes | None:
        query = read_question(wire)
        question = query.question[0]
        rtype = dns.rdatatype.to_text(question.rdtype)
        self.questions.append(f'{rtype} {question.name}')
        answer = dns.message.make_response(query)
        told = self.copy.answer(Probe(NAME, question.name.to_text(), rtype)) if question.name.is_subdomain(APEX) else None
        if told is None:
            answer.set_rcode(5)
            return answer.to_wire()
        answer.set_rcode(told.rcode)
        answer.flags |= dns.flags.AA if told.authoritative else 0
        for section, into in ((told.answer, answer.answer), (told.authority, answer.authority)):
            for signed in section:
                into.append(signed.rrset)
                if signed.rrsigs:
                    into.append(dns.rrset.from_rdata(signed.name, signed.rrset.ttl, *signed.rrsigs))
        return answer.to_wire(max_size=65535)


class World:
    """A group, its parent zone ``example`` that is the trust anchor, and a resolver, all in this process."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.group = Group(copy('alpha', '127.0.0.2'), copy('beta', '127.0.0.3'))
        self._folder, self._stack = folder, stack
        self.servers: dict[str, CopyServer] = {}

    def start(self) -> World:
        parent = SignedZone('example')
        parent.publish('NS', *(f'{name}.' for name in self.group.delegation), name=APEX)
        parent.publish('DS', *self.group.ds, name=APEX)
        for one in self.group.copies.values():
            parent.publish('A', one.address, name=dns.name.from_text(f'ns.{one.name}.example'))
            self.servers[one.name] = self._stack.enter_context(CopyServer(one))
        self.anchor = self._folder / 'anchor'
        self.anchor.write_text(parent.anchor)
        self.parent = self._stack.enter_context(SignedServer(parent))
        # A resolver answers what this parent answers; the parent's own port is not 53, as that of a resolver need not be.
        return self

    def options(self, **changes: Any) -> dict[str, Any]:
        found = {name: option.get('default') for name, option in VERIFY_OPTIONS.items()}
        zone = {name: option.get('default') for name, option in VERIFY_OPTIONS['zones']['options'].items()}
        signers = [{'name': name, 'servers': [server.address], 'port': server.port} for name, server in self.servers.items()]
        return {
            **found,
            'zones': [{**zone, 'name': ZONE, 'parent': 'registry', 'signers': list(self.servers), **changes.pop('zone', {})}],
            'signers': signers,
            'parents': [{'name': 'registry', 'servers': [self.parent.address], 'port': self.parent.port}],
            'trust_anchor_file': str(self.anchor),
            'resolvers': [],
            'timeout': 0.5,
            **changes,
        }


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with ExitStack() as stack:
        found = World(tmp_path, stack)
        from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import trust

        monkeypatch.setattr(trust, 'system_resolvers', lambda: (trust.Server(found.parent.address, found.parent.port),))
        yield found


def above_information(returned: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(one['code'], one['servers']) for zone in returned['zones'] for one in zone['findings'] if one['severity'] != 'information']


def test_a_correct_group_over_the_wire(world: World) -> None:
    world.start()
    returned = verify(world.options(names=['blog A', '*.wild', 'safe DS', 'office DS']))
    assert returned['errors'] == {} and above_information(returned) == [] and returned['worst'] == 'information'
    zone = returned['zones'][0]
    assert zone['secure'] and zone['parent']['zone'] == 'example'
    assert [(signer['name'], signer['in_delegation']) for signer in zone['signers']] == [('alpha', True), ('beta', True)]
    server = zone['signers'][0]['servers'][0]
    assert server['tcp'] and not server['truncated'] and server['dnskey_size'] > 200 and server['denial']['kind'] == 'NSEC'
    assert all(cell['bogus'] == 0 and cell['valid'] > 20 for cell in zone['matrix'])
    assert any(probe.endswith('.wild.shop.example. A') for probe in zone['probes'])
    assert json.loads(json.dumps(returned)) == returned


def test_names_are_learnt_from_nsec(world: World) -> None:
    world.start()
    probes = verify(world.options())['zones'][0]['probes']
    assert {'safe.shop.example. DS', 'office.shop.example. DS', 'mail.shop.example. A', 'mail.shop.example. LOC', 'between.shop.example. A'} <= set(probes)
    assert any(probe.endswith('.wild.shop.example. A') for probe in probes)


def test_a_fault_over_the_wire_is_at_its_server(world: World) -> None:
    world.group['beta'].published.remove(zsk('alpha'))
    world.start()
    port = world.servers['beta'].port
    assert above_information(verify(world.options())) == [('foreign_key_missing', [f'127.0.0.3 port {port}'])]


def test_a_server_that_is_down_costs_one_wait_for_all_zones(world: World) -> None:
    world.start()
    world.servers['beta']._answer = lambda query: None
    world.servers['beta']._respond = lambda wire: None  # type: ignore[method-assign]
    options = world.options()
    asked = []
    world.servers['beta']._respond = asked.append  # type: ignore[method-assign, assignment, func-returns-value]
    returned = verify(options)
    assert above_information(returned) == [('server_unusable', [f'127.0.0.3 port {world.servers["beta"].port}'])]
    assert len(asked) == 3


def test_a_transfer_that_is_refused_is_information(world: World) -> None:
    world.start()
    returned = verify(world.options(zone={'transfer': True}))
    assert above_information(returned) == []
    assert 'transfer_failed' in {one['code'] for one in returned['zones'][0]['findings']}


def test_the_parent_is_found_by_the_resolver(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is declared but a name. Addresses lead to port 53, which a test cannot have: what was found is what was looked for."""
    world.start()
    options = world.options(signers=[], parents=[], zone={'parent': None, 'signers': []})
    returned = verify(options)
    zone = returned['zones'][0] if returned['zones'] else {}
    assert returned['errors'] or zone['parent']['zone'] == 'example'
    assert 'SOA example.' in world.parent.questions and 'NS example.' in world.parent.questions


def test_a_zone_whose_parent_cannot_be_found_is_an_error_of_its_own(world: World) -> None:
    world.start()
    options = world.options(zone={'parent': None, 'name': 'shop.nowhere'})
    returned = verify(options)
    assert 'shop.nowhere' in returned['errors'] and returned['worst'] == 'critical' and 'could not be looked at' in returned['summary'][0]


# -- the options ---------------------------------------------------------------------------------------------------------------


def targets(*zones: dict[str, Any], **options: Any) -> tuple[list[Any], dict[str, str]]:
    defaults = {name: option.get('default') for name, option in VERIFY_OPTIONS['zones']['options'].items()}
    every = {name: option.get('default') for name, option in VERIFY_OPTIONS.items()}
    return read_targets({**every, **options, 'zones': [{**defaults, **zone} for zone in zones]})


def test_what_is_wrong_with_one_zone_is_that_zones() -> None:
    found, errors = targets({'name': 'good.example'}, {'name': 'bad..example'}, {'name': 'a.example', 'signers': ['ns9']}, {'name': 'b.example', 'parent': 'x'})
    assert [target.zone for target in found] == ['good.example']
    assert set(errors) == {'bad..example', 'a.example', 'b.example'} and 'ns9' in errors['a.example']


def test_a_zone_that_is_named_twice() -> None:
    found, errors = targets({'name': 'a.example'}, {'name': 'A.example.'})
    assert found == [] and 'twice' in errors['a.example']


@pytest.mark.parametrize('name', ['', 'mail NOTATYPE', 'x..y', 'elsewhere.example.'])
def test_a_name_that_cannot_be_asked_for(name: str) -> None:
    assert targets({'name': 'a.example', 'names': [name]})[1]


def test_leaving_signers_are_looked_at_and_dead_ones_are_known() -> None:
    signers = [{'name': name, 'servers': ['192.0.2.1']} for name in ('ns1', 'ns2', 'ns3')]
    found, _errors = targets({'name': 'a.example', 'signers': ['ns1'], 'leaving': ['ns2', 'ns3'], 'dead': ['ns3']}, signers=signers)
    assert [(one.name, one.leaving, one.dead) for one in found[0].signers] == [('ns1', False, False), ('ns2', True, False), ('ns3', True, True)]


def test_the_journal_tells_which_keys_the_passes_follow(tmp_path: Path) -> None:
    now, known = time.time(), DNSKEY(256, 3, 13, bytes(64))
    facts = [Fact(KEY_OWNER, f'ns1 {known.text}', now, 60), Fact(KEY_EVERYWHERE, DNSKEY(256, 3, 13, bytes(range(64))).text, now, 60)]
    with Journal(str(tmp_path / 'journal'), writable=True) as journal:
        for zone, seen in (('a.example', now - GAP + 60), ('old.example', now - GAP - 60)):
            journal.store(zone, Memory(), Memory({fact.key: fact for fact in facts}, seen))
        content = journal.export()
    found, _errors = targets({'name': 'a.example'}, {'name': 'old.example'}, {'name': 'other.example'}, journal_content=content)
    assert {target.zone: target.followed for target in found} == {'a.example': {known}, 'old.example': frozenset(), 'other.example': frozenset()}


def test_what_is_no_journal_is_refused() -> None:
    with pytest.raises(MultisignerError, match='no journal'):
        targets({'name': 'a.example'}, journal_content='nonsense')


def test_a_plan_is_read_as_the_planner_returns_it() -> None:
    plan = {
        'name': 'a.example', 'state': 'waiting', 'steps': [{'signer': 'ns1', 'add': ['DNSKEY 256 3 13 AAAA'], 'remove': [], 'reason': ''}],
        'ds_missing': ['1 13 2 aa'], 'ds_obsolete': [], 'prepublished': ['DNSKEY 257 3 13 BBBB'],
        'waits': [{'for': 'the DS', 'until': None, 'reason': 'a person'}],
    }
    read = targets({'name': 'a.example'}, plans=[plan])[0][0].plan
    assert read.moving == {'DNSKEY 256 3 13 AAAA', 'DS 1 13 2 aa', 'DNSKEY 257 3 13 BBBB'} and read.waits[0].what == 'the DS'


def test_a_zone_file_that_cannot_be_read(world: World, tmp_path: Path) -> None:
    world.start()
    with pytest.raises(MultisignerError, match='cannot be read'):
        verify(world.options(names_file=str(tmp_path / 'missing')))


def test_names_of_a_zone_file_are_asked_for(world: World, tmp_path: Path) -> None:
    world.start()
    file = tmp_path / 'zone'
    file.write_text('$ORIGIN shop.example.\n$TTL 300\n@ SOA a b 1 2 3 4 5\nonly A 192.0.2.1\n')
    assert 'only.shop.example. A' in verify(world.options(names_file=str(file)))['zones'][0]['probes']
