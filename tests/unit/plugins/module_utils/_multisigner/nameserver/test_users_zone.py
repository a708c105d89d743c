# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which zones of named.conf can have other signers' keys as they are. That it is so is played with a real named, in the target bind_users_zone."""
from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.named_conf import Policy, ZoneSettings
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.tools import Answer, Rndc
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.users_zone import UsersZone

ZONE = 'shop.example'
OLD, NEW = (9, 18), (9, 20)


def settings(policy: Optional[str] = 'p', inline: Optional[bool] = None, dynamic: bool = True) -> ZoneSettings:
    return ZoneSettings(ZONE, '/zones/shop', policy, inline, dynamic, '/keys')


def refused(zone: ZoneSettings, policy: Policy, version: Any, *digests: int) -> str:
    with pytest.raises(MultisignerError) as caught:
        UsersZone(zone, policy, version).refuse_unfit('k', 'DNSKEY CDS CDNSKEY', digests or (2,))
    return str(caught.value)


@pytest.mark.parametrize(
    ('zone', 'policy', 'version', 'inline'),
    [
        (settings(), Policy(), OLD, False), (settings(), Policy(), NEW, True), (settings(dynamic=False), Policy(), OLD, True),
        (settings(inline=False), Policy(), NEW, False), (settings(inline=True), Policy(), OLD, True),
        (settings(), Policy(inline_signing=False), NEW, False), (settings(inline=True), Policy(inline_signing=False), NEW, True),
    ],
)
def test_what_is_not_said_of_inline_signing_depends_on_the_version(zone: ZoneSettings, policy: Policy, version: Any, inline: bool) -> None:
    assert UsersZone(zone, policy, version).is_inline is inline


@pytest.mark.parametrize(('inline', 'version'), [(False, OLD), (None, OLD), (False, NEW), (None, NEW), (True, NEW)])
def test_a_zone_that_takes_updates_is_fit_with_inline_signing_where_that_lets_foreign_keys_through(inline: Optional[bool], version: Any) -> None:
    UsersZone(settings(inline=inline), Policy(), version).refuse_unfit('k', 'DNSKEY', (2,))


def test_what_would_lose_foreign_records_is_refused() -> None:
    assert 'does not sign it by a dnssec-policy' in refused(settings(policy=None), Policy(), NEW)
    assert 'BIND 9.18 drops foreign keys' in refused(settings(inline=True), Policy(), OLD)
    assert 'grant "k" name shop.example. DNSKEY CDS CDNSKEY;' in refused(settings(dynamic=False), Policy(), NEW)
    assert 'cds-digest-types { 2; 4; };' in refused(settings(), Policy(), NEW, 2, 4)
    UsersZone(settings(), Policy(), OLD).refuse_unfit('k', 'DNSKEY', (2, 4))  # 9.18 leaves them


def test_keys_that_named_would_roll_by_its_own_clock_are_refused() -> None:
    assert 'a lifetime of P90D' in refused(settings(), Policy(lifetimes=('unlimited', 'P90D')), OLD)


class FakeNamed:
    """Stands for rndc and named-compilezone."""

    def __init__(self, serial: int, signed: int, ttl: int) -> None:
        self.serial, self.signed, self.ttl = serial, signed, ttl

    def ask(self, program: str, *words: str) -> Answer:
        if program == 'named-compilezone':
            assert '-j' in words and words[-1] == '/zones/shop'
            return Answer(0, '', f'{ZONE}.\t\t5 IN SOA\tns. h. 1 2 3 4 5\n{ZONE}.\t\t{self.ttl} IN DNSKEY\t257 3 13 AAAA\n')
        assert words[-2:] == ('zonestatus', ZONE)
        return Answer(0, f'name: {ZONE}\nserial: {self.serial}\nsigned serial: {self.signed}\n')


def stuck(serial: int, signed: int, ttl: int = 60, inline: bool = True) -> str:
    named: Any = FakeNamed(serial, signed, ttl)
    try:
        UsersZone(settings(inline=inline), Policy(dnskey_ttl=60), NEW).refuse_stuck(named, Rndc(named, 'rndc'))
    except MultisignerError as error:
        return str(error)
    return ''


def test_a_signed_zone_that_does_not_follow_is_told_with_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('time.sleep', lambda seconds: None)
    assert not stuck(5, 7) and not stuck(7, 7) and not stuck(4294967295, 3)
    assert 'TTL of 77, and dnskey-ttl is 60 (rndc zonestatus: serial 5, signed serial 7)' in stuck(5, 7, ttl=77)
    assert 'see its log for the reason (rndc zonestatus: serial 9, signed serial 7)' in stuck(9, 7)
    assert not stuck(9, 7, ttl=77, inline=False)
