# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be true of a zone's CDS before its parent is told of them, where the parent wants to be told, and what comes of it."""
from __future__ import annotations

import asyncio
import socket
import struct
import threading
from dataclasses import replace
from typing import Any, Iterator

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, DS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dsset import SignerKeys, compare, union_ds
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents import cds
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.base import Delegation, Parent, Written
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.cds import Announced, obstacle
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.channels import CHANNELS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.dsync import Target, find_target, notify
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.publish import Registration
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import Server, Tsig
from ansible_collections.dnssec.multisigner.tests.support.real_bind import KEY_NAME, KEY_SECRET, NAMED, RealBind

ZONE = 'shop.example'
KSK = DNSKEY.parse('257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==')
CSK = DNSKEY.parse('257 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA==')
OLD, STRANGER = DNSKEY(257, 3, 13, 64 * b'1'), DNSKEY(257, 3, 13, 64 * b'2')
DELETE = Announced('ns', frozenset({DS(0, 0, 0, b'\0')}), frozenset({DNSKEY(0, 3, 0, b'\0')}))


def shows(*keys: DNSKEY, server: str = 'ns', digests: tuple[int, ...] = (2,), cdnskeys: tuple[DNSKEY, ...] | None = None) -> Announced:
    return Announced(server, frozenset(key.ds(ZONE, number) for key in keys for number in digests), frozenset(keys if cdnskeys is None else cdnskeys))


def delegation(present: tuple[DNSKEY, ...] = (KSK,), signers: tuple[DNSKEY, ...] = (KSK, CSK), remove: tuple[DNSKEY, ...] = (), zone: str = ZONE) -> Delegation:
    keys = tuple(SignerKeys(f'signer{number}', (key,), frozenset(signers)) for number, key in enumerate(signers))
    wanted = union_ds(zone, keys, (2,), insecure=not signers)
    change = compare(zone, wanted, {key.ds(zone) for key in present}, keys, {key.ds(zone) for key in remove})
    return Delegation(zone, 'example', keys, change, 300)


def judged(made: Delegation, *shown: Announced) -> str:
    return obstacle(made, made.steps[0], list(shown))


JOIN, LEAVE, INSECURE = delegation(), delegation((KSK, CSK, OLD), remove=(OLD,)), delegation((KSK,), (), (KSK,))


@pytest.mark.parametrize('made, shown', [
    (JOIN, [shows(KSK, CSK), shows(KSK, CSK, server='ns2')]),
    (JOIN, [shows(KSK, CSK, digests=(2, 4))]),  # some signers cannot publish fewer
    (JOIN, [shows(KSK, CSK, cdnskeys=())]),  # CDS alone will do (RFC 7344 section 4)
    (delegation((KSK, OLD)), [shows(KSK, CSK, OLD)]),  # a key on its way out may stay announced while others are added
    (LEAVE, [shows(KSK, CSK)]),
    (INSECURE, [DELETE]),
])
def test_a_parent_that_would_make_what_is_wanted_is_told(made: Delegation, shown: list[Announced]) -> None:
    assert judged(made, *shown) == ''


@pytest.mark.parametrize('made, shown, why', [
    (JOIN, [shows(KSK, CSK), shows(KSK, server='ns2')], 'ns2 has other CDS or CDNSKEY than ns'),
    (JOIN, [shows(KSK, CSK), shows(KSK, CSK, server='ns2', cdnskeys=())], 'ns2 has other CDS or CDNSKEY than ns'),
    (JOIN, [shows(KSK)], 'lack 7'),
    (JOIN, [shows()], 'the signers must publish the union first'),
    (JOIN, [shows(KSK, CSK, STRANGER)], 'name a key that no signer has'),
    (JOIN, [shows(KSK, CSK, cdnskeys=(KSK,))], 'name different keys'),
    (JOIN, [DELETE], 'ask for the removal of all DS, which nobody wants'),
    (JOIN, [Announced('ns', shows(KSK, CSK).cds | DELETE.cds, frozenset())], 'ask for the removal of all DS'),
    (LEAVE, [shows(KSK, CSK, OLD)], 'the signers must withdraw that first'),
    (INSECURE, [shows(KSK)], 'do not ask for the removal of all DS: every signer must publish "CDS 0 0 0 00"'),
    (INSECURE, [Announced('ns', shows(KSK).cds | DELETE.cds, frozenset())], 'the parent takes neither'),
])
def test_a_parent_that_would_make_something_else_is_not_told(made: Delegation, shown: list[Announced], why: str) -> None:
    if why == 'lack 7':
        why = f'lack {CSK.ds(ZONE).text}'
    assert why in judged(made, *shown)


class Receiver:
    """Somebody who hears notifications, and answers them with one rcode, or not at all."""

    def __init__(self, rcode: dns.rcode.Rcode | None = dns.rcode.NOERROR) -> None:
        self.heard: list[dns.message.Message] = []
        self._rcode = rcode
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(('127.0.0.1', 0))
        self.target = Target('127.0.0.1', self._socket.getsockname()[1])

    def __enter__(self) -> Receiver:
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: Any) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b'', ('127.0.0.1', self.target.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            wire, client = self._socket.recvfrom(4096)
            if not wire:
                return
            self.heard.append(dns.message.from_wire(wire))
            if self._rcode is not None:
                answer = dns.message.make_response(self.heard[-1])
                answer.set_rcode(self._rcode)
                self._socket.sendto(answer.to_wire(), client)


def test_a_notification_is_what_rfc_9859_says() -> None:
    with Receiver() as receiver:
        asyncio.run(notify(receiver.target, ZONE, 1))
    message, = receiver.heard
    assert message.opcode() == dns.opcode.NOTIFY
    assert message.flags & dns.flags.AA and not message.flags & dns.flags.RD
    assert str(message.question[0]) == f'{ZONE}. IN CDS'


@pytest.mark.parametrize('rcode, told', [(dns.rcode.REFUSED, 'answers REFUSED to the notification'), (None, 'does not answer')])
def test_a_notification_that_nobody_takes_is_an_error_that_says_so(rcode: dns.rcode.Rcode | None, told: str) -> None:
    with Receiver(rcode) as receiver, pytest.raises(MultisignerError, match=told):
        asyncio.run(notify(receiver.target, ZONE, 0.1))


def dsync(rtype: int, scheme: int, port: int, target: str) -> str:
    wire = struct.pack('!HBH', rtype, scheme, port) + b''.join(bytes((len(label),)) + label.encode() for label in target.split('.')) + b'\0'
    return f'TYPE66 \\# {len(wire)} {wire.hex()}\n'


TSIG = Tsig(KEY_NAME, 'hmac-sha256', KEY_SECRET)
CHILDREN = ('own', 'any', 'deep.er', 'first')


@pytest.fixture(scope='module')
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBind]:
    if NAMED is None:
        pytest.skip('named is not installed')
    delegations = ''.join(f'{child} NS ns.{child}\nns.{child} A 127.0.0.1\n' for child in CHILDREN)
    # What another scheme and another type say is for somebody else.
    others = '_dsync ' + dsync(62, 1, 5302, 'a-csync.example') + '_dsync ' + dsync(59, 99, 5303, 'a-scheme.example')
    general = others + '_dsync ' + dsync(59, 1, 5301, 'all.example')
    content = {
        'example': delegations + general + 'own._dsync ' + dsync(59, 1, 5300, 'own.example'),
        'silent': delegations + '_dsync ' + dsync(59, 1, 0, 'nobody.example'),
    }
    update = 'dnssec-policy plain; inline-signing no; update-policy { grant multisigner subdomain ZONE. DS; };'
    zones = {zone: update.replace('ZONE', zone) for zone in content}
    with RealBind(tmp_path_factory.mktemp('bind'), zones, content) as running:
        yield running


@pytest.mark.parametrize('zone, target', [
    ('own.example', Target('own.example', 5300)),
    ('any.example', Target('all.example', 5301)),
    ('deep.er.example', Target('all.example', 5301)),
    ('any.silent', None),
    ('any.elsewhere', None),
])
def test_where_a_parent_wants_to_be_told(bind: RealBind, zone: str, target: Target | None) -> None:
    made = replace(delegation(zone=zone), parent_zone=zone.rpartition('.')[2])
    assert asyncio.run(find_target(Server('127.0.0.1', bind.port), made, 2)) == target


def register(bind: RealBind, zone: str, channel: str, bootstrapping: bool = False, check_mode: bool = False) -> Any:
    server = Server('127.0.0.1', bind.port)
    parent = Parent((server,), server, TSIG, '', 300, 2, 2, '', bootstrapping)
    signer = dict(name='ns1', sep_keys=[KSK.text], dnskeys=[KSK.text], servers=[], port=53)
    outcome, = Registration(parent, CHANNELS[channel], (2,), check_mode).run(
        [dict(name=zone, signers=[signer], remove=[], ns_add=[], ns_remove=[], insecure=False)]
    )
    return outcome


def test_the_first_ds_is_not_left_to_cds_unless_somebody_says_so(bind: RealBind, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = register(bind, 'first.example', 'cds')
    assert outcome.failed and not outcome.changed
    assert 'it has no DS yet, so nothing authenticates its CDS' in outcome.msg and 'RFC 9615' in outcome.msg

    async def ready(*_arguments: Any) -> str:
        return ''

    monkeypatch.setattr(cds, '_obstacle', ready)
    told = register(bind, 'first.example', 'cds', bootstrapping=True, check_mode=True)
    assert not told.failed and not told.changed
    assert told.details['requests'] == ['NOTIFY first.example. CDS to all.example port 5301']


@pytest.mark.parametrize('target, rcode, told', [
    (None, None, 'It says nowhere that it wants to be notified'),
    ('receiver', dns.rcode.NOERROR, 'It was notified at 127.0.0.1 port'),
    ('receiver', dns.rcode.REFUSED, 'answers REFUSED to the notification. It is waited for until the parent looks by itself'),
])
def test_whatever_comes_of_a_notification_nothing_breaks(monkeypatch: pytest.MonkeyPatch, target: str | None, rcode: dns.rcode.Rcode, told: str) -> None:
    with Receiver(rcode) as receiver:

        async def found(*_arguments: Any) -> Target | None:
            return receiver.target if target else None

        async def ready(*_arguments: Any) -> str:
            return ''

        monkeypatch.setattr(cds, 'find_target', found)
        monkeypatch.setattr(cds, '_obstacle', ready)
        server = Server('127.0.0.1')
        parent = Parent((server,), server, None, '', 300, 1, 1, '')
        done: Written = asyncio.run(cds.write(parent, JOIN, JOIN.steps[0]))
    assert not done.changed and told in done.note
    assert len(receiver.heard) == (1 if target else 0)


def test_a_parent_that_follows_cds_while_ds_come_another_way_is_told(bind: RealBind) -> None:
    for zone, told in (('any.example', True), ('any.silent', False)):
        outcome = register(bind, zone, 'nsupdate')
        assert outcome.changed and not outcome.failed, outcome.msg
        assert ('The parent follows CDS as well (its DSYNC record names all.example port 5301)' in outcome.msg) is told
        assert 'follows CDS' not in register(bind, zone, 'nsupdate').msg
