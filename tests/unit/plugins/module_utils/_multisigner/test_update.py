# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An update as it is sent, and every refusal of it in words that say what to do next."""
from __future__ import annotations

import asyncio
from typing import Any

import dns.message
import dns.rcode
import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import update as module
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, DS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import Server, Tsig
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.update import ChangedMeanwhileError, Update, send
from ansible_collections.dnssec.multisigner.tests.support.bad_dns_server import BadDnsServer

ZONE = 'shop.example'
KEY = DNSKEY.parse('257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==')
OLD, NEW = DS(1, 13, 2, 32 * b'\1'), DS(2, 13, 2, 32 * b'\2')
SERVER = Server('192.0.2.1', 53, 'ns1.example.net')
TSIG = Tsig('multisigner', 'hmac-sha256', 'c2VjcmV0')


def answer_with(monkeypatch: pytest.MonkeyPatch, rcode: str) -> list[bool]:
    """From now on every server answers *rcode*; the list gets, for each message, whether it went over TCP."""
    over: list[bool] = []

    async def exchange(server: Server, query: Any, tsig: Tsig, timeout: float, over_tcp: bool = False) -> dns.message.Message:
        over.append(over_tcp)
        answer = dns.message.make_response(query)
        answer.set_rcode(dns.rcode.from_text(rcode))
        return answer

    monkeypatch.setattr(module, 'exchange', exchange)
    return over


def refused(update: Update) -> str:
    with pytest.raises(MultisignerError) as caught:
        asyncio.run(send(update, SERVER, TSIG, 1, 'grant multisigner name shop.example. DNSKEY CDS CDNSKEY;'))
    return str(caught.value)


def test_what_was_read_is_the_prerequisite() -> None:
    update = Update('example', ZONE, 300, add=(('DS', NEW),), remove=(('DS', OLD),), expect=('DS', frozenset((OLD,))), expect_type='NS')
    assert update.message().to_text().splitlines()[4:] == [
        ';ZONE',
        'example. IN SOA',
        ';PREREQ',
        'shop.example. ANY NS',
        f'shop.example. 0 IN DS {OLD.text}',
        ';UPDATE',
        f'shop.example. 300 IN DS {NEW.text}',
        f'shop.example. 0 NONE DS {OLD.text}',
        ';ADDITIONAL',
    ]


def test_no_records_read_is_a_prerequisite_too() -> None:
    text = Update('example', ZONE, 300, add=(('DS', NEW),), expect=('DS', frozenset())).message().to_text()
    assert 'shop.example. NONE DS' in text


def test_an_rrset_is_written_anew_only_as_it_was_read() -> None:
    stays = DS(3, 13, 4, 48 * b'\3')
    update = Update(ZONE, ZONE, 300, add=(('CDS', NEW),), remove=(('CDS', OLD),), expect=('CDS', frozenset((OLD, stays))), anew=True)
    assert update.message().to_text().splitlines()[4:] == [
        ';ZONE',
        'shop.example. IN SOA',
        ';PREREQ',
        f'shop.example. 0 IN CDS {OLD.text}',
        f'shop.example. 0 IN CDS {stays.text}',
        ';UPDATE',
        'shop.example. ANY CDS',
        f'shop.example. 300 IN CDS {stays.text}',
        f'shop.example. 300 IN CDS {NEW.text}',
        ';ADDITIONAL',
    ]


def test_it_goes_over_tcp(monkeypatch: pytest.MonkeyPatch) -> None:
    over = answer_with(monkeypatch, 'NOERROR')
    asyncio.run(send(Update(ZONE, ZONE, 300, add=(('DNSKEY', KEY),)), SERVER, TSIG, 1, ''))
    assert over == [True]


@pytest.mark.parametrize('rcode, what, next_step', [
    ('REFUSED', 'refuses the update of DNSKEY', 'update-policy { grant multisigner name shop.example. DNSKEY CDS CDNSKEY; };'),
    ('NOTAUTH', 'is not authoritative for the zone shop.example', 'Name the primary server'),
    ('SERVFAIL', 'fails to apply the update', 'inline-signing yes'),
    ('FORMERR', 'does not understand the update', 'See its log'),
    ('NOTIMP', 'takes no updates at all', 'Name the primary server'),
    ('NOTZONE', 'is not in the zone', 'Correct the name of the zone'),
    ('BADVERS', 'refuses the update with BADVERS', 'See its log'),
])
def test_a_refusal_says_what_to_do_next(monkeypatch: pytest.MonkeyPatch, rcode: str, what: str, next_step: str) -> None:
    answer_with(monkeypatch, rcode)
    text = refused(Update(ZONE, ZONE, 300, add=(('DNSKEY', KEY),)))
    assert text.startswith('zone shop.example, server ns1.example.net (192.0.2.1): ')
    assert what in text and next_step in text


def test_only_where_cds_are_concerned_are_they_spoken_of(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, 'REFUSED')
    assert 'CDNSKEY while no DNSKEY' in refused(Update(ZONE, ZONE, 300, add=(('CDS', NEW),)))
    assert 'CDNSKEY while no DNSKEY' not in refused(Update('example', ZONE, 300, add=(('DS', NEW),)))


@pytest.mark.parametrize('rcode', ['NXRRSET', 'YXRRSET', 'NXDOMAIN', 'YXDOMAIN'])
def test_a_failed_prerequisite_is_told_apart(monkeypatch: pytest.MonkeyPatch, rcode: str) -> None:
    answer_with(monkeypatch, rcode)
    with pytest.raises(ChangedMeanwhileError, match='nothing was written'):
        asyncio.run(send(Update('example', ZONE, 300, add=(('DS', NEW),)), SERVER, TSIG, 1, ''))


def test_after_silence_nobody_claims_that_nothing_was_written() -> None:
    with BadDnsServer('silent') as bad, pytest.raises(MultisignerError, match='it is not known whether it was written') as caught:
        asyncio.run(send(Update(ZONE, ZONE, 300, add=(('DNSKEY', KEY),)), Server(bad.address, bad.port), TSIG, 0.2, ''))
    assert 'run again' in str(caught.value)
    assert bad.questions == [f'UPDATE {ZONE}.']  # once: a write is not repeated blindly


@pytest.mark.parametrize('behaviour', ['refusing', 'notauth', 'garbling'])
def test_an_answer_without_tsig_is_no_answer(behaviour: str) -> None:
    with BadDnsServer(behaviour) as bad, pytest.raises(MultisignerError, match=r'does not sign its answer|gives no usable answer'):
        asyncio.run(send(Update(ZONE, ZONE, 300, add=(('DNSKEY', KEY),)), Server(bad.address, bad.port), TSIG, 1, ''))
