# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people write as a server, a port or a TSIG key, and what they are told when it is none."""
from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys

import dns.message
import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import resolve
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import (
    NoAnswerError,
    Server,
    Silence,
    Tsig,
    exchange,
    find_servers,
    together,
)


def test_addresses_of_both_families_stand_for_themselves():
    assert find_servers(['192.0.2.1', '2001:db8::1', '192.0.2.1'], 5353) == (Server('192.0.2.1', 5353), Server('2001:db8::1', 5353))


@pytest.mark.parametrize('name', ['', '.', 'ns1..example', f'{"a" * 64}.example', '192.0.2.300'])
def test_what_is_no_name_of_a_host_is_told(name):
    with pytest.raises(MultisignerError, match='its address cannot be found: .*Correct the name'):
        find_servers([name])


@pytest.mark.parametrize('port', [-1, 0, 65536])
def test_what_is_no_port_is_told(port):
    with pytest.raises(MultisignerError, match=f'{port} is not a port'):
        find_servers(['192.0.2.1'], port)


def test_a_secret_may_have_blanks_as_files_do():
    assert Tsig('multisigner', 'HMAC-SHA256', ' c2Vj cmV0\n').key().secret == b'secret'


@pytest.mark.parametrize(
    ('name', 'algorithm', 'secret'),
    [
        ('multisigner', 'hmac-sha256', 'no-base64'),
        ('multisigner', 'hmac-sha256', 'ü'),
        ('multisigner', 'hmac-sha256', ''),
        ('multisigner', 'hmac..sha256', 'c2VjcmV0'),
        ('multisigner', 'hmac-sha999', 'c2VjcmV0'),
        ('multi..signer', 'hmac-sha256', 'c2VjcmV0'),
    ],
)
def test_a_tsig_key_that_cannot_be_one_is_told(name, algorithm, secret):
    with pytest.raises(MultisignerError, match='tsig-keygen') as caught:
        Tsig(name, algorithm, secret).key()
    assert not secret or secret not in str(caught.value)


def test_an_older_dnspython_counts_as_missing():
    program = f"""
import sys
sys.path[:] = {sys.path!r}
import dns.version
dns.version.MAJOR, dns.version.MINOR, dns.version.version = 2, 3, '2.3.0'
import {find_servers.__module__} as resolve
print(resolve.DNSPYTHON_IMPORT_ERROR)
"""
    said = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, check=True).stdout
    assert said.strip() == 'dnspython 2.3.0 is installed, 2.6 or newer is needed'


def test_however_many_questions_there_are_few_are_under_way_in_one_loop_and_in_the_next(monkeypatch):
    now = most = 0

    async def answer(_server, query, _timeout):
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1
        return dns.message.make_response(query)

    async def ask_all():
        await together(exchange(Server('192.0.2.1'), dns.message.make_query('shop.example', 'SOA')) for _unused in range(3 * resolve.SOCKETS))

    monkeypatch.setattr(resolve, '_udp_then_tcp', answer)
    for _unused in range(2):
        asyncio.run(ask_all())
    assert most == resolve.SOCKETS < 1024 // 2


# -- silence ---------------------------------------------------------------------------------------------------------------


def ask_in_vain(silence: Silence, server: Server, zone: str) -> None:
    with silence.of(server, zone):
        raise NoAnswerError('does not answer', zone=zone, server=str(server))


def test_a_server_that_never_answered_is_not_asked_again() -> None:
    silence = Silence()
    down, other = Server('192.0.2.1'), Server('192.0.2.2')
    with pytest.raises(NoAnswerError):
        ask_in_vain(silence, down, 'a.example')
    with pytest.raises(NoAnswerError) as caught, silence.of(down, 'b.example'):
        pytest.fail('it was asked')
    assert caught.value.zone == 'b.example'
    with silence.of(other, 'b.example'):
        pass


@pytest.mark.parametrize('answer', [None, MultisignerError('refuses')])
def test_the_silence_of_a_server_that_has_answered_is_that_of_one_zone(answer: MultisignerError | None) -> None:
    silence, server, asked = Silence(), Server('192.0.2.1'), []
    with contextlib.suppress(MultisignerError), silence.of(server, 'a.example'):
        if answer:
            raise answer
    with pytest.raises(NoAnswerError):
        ask_in_vain(silence, server, 'b.example')
    with silence.of(server, 'c.example'):
        asked.append('c.example')
    assert asked == ['c.example']
