# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When named may be left to roll a zone's keys over to another algorithm. That it then does, target bind_signer_policy shows."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.declare import Wanted, refuse_rollover
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.keyfiles import OwnKey

WANTED = Wanted('shop.example', None, 'ECDSAP256SHA256', new_keys=False, csk=False, roll_keys=True)
IN_USE = 'omnipresent'


def own(role: str, algorithm: int = 8, **changes: object) -> OwnKey:
    """A key that named has had for long, whose DS is known to it."""
    key = DNSKEY(256 if role == 'ZSK' else 257, 3, algorithm, bytes(range(64)))
    states = {'zrrsig': None if role == 'KSK' else IN_USE, 'krrsig': None if role == 'ZSK' else IN_USE, 'ds': None if role == 'ZSK' else IN_USE}
    made = OwnKey(key, role, goal=IN_USE, dnskey=IN_USE, published='20260101000000', is_prepared=False, told=frozenset(), **states)
    return replace(made, **changes)


KSK, ZSK, CSK = own('KSK'), own('ZSK'), own('CSK')
GONE = own('KSK', goal='hidden', dnskey='hidden', krrsig='hidden', ds='hidden')
SPARE = own('ZSK', goal='hidden', dnskey='hidden', zrrsig=None, published=None, is_prepared=True)


@pytest.mark.parametrize('keys', [(KSK, ZSK), (CSK,), (KSK, ZSK, GONE), (KSK, ZSK, SPARE)])
@pytest.mark.parametrize('csk', [False, True])
def test_settled_keys_may_give_way_to_those_of_another_algorithm(keys: tuple[OwnKey, ...], csk: bool) -> None:
    refuse_rollover(replace(WANTED, csk=csk), keys)


@pytest.mark.parametrize('key, field, state', [
    (role, field, state)
    for role, fields in ((KSK, ('dnskey', 'krrsig', 'ds')), (ZSK, ('dnskey', 'zrrsig')), (CSK, ('dnskey', 'krrsig', 'zrrsig', 'ds')))
    for field in fields for state in ('hidden', 'rumoured', 'unretentive', None)
])
def test_a_key_that_named_does_not_take_for_settled_must_not_be_rolled(key: OwnKey, field: str, state: str | None) -> None:
    with pytest.raises(MultisignerError, match=f'named says of the {key.role} .* is {state or "unknown"}.*run the playbook until the zone is complete'):
        refuse_rollover(WANTED, (key, replace(key, **{field: state})))


@pytest.mark.parametrize('field', ['dnskey', 'krrsig', 'ds'])
def test_a_rollover_must_end_before_the_next(field: str) -> None:
    with pytest.raises(MultisignerError, match='the keys that it has are not settled'):
        refuse_rollover(WANTED, (KSK, ZSK, replace(GONE, **{field: 'unretentive'})))


@pytest.mark.parametrize('keys', [(own('KSK', 13), own('ZSK', 13)), (own('CSK', 13),), (KSK, ZSK, own('KSK', 13), own('ZSK', 13)), (GONE,), ()])
@pytest.mark.parametrize('csk', [False, True])
def test_within_one_algorithm_nothing_is_rolled_by_the_policy(keys: tuple[OwnKey, ...], csk: bool) -> None:
    with pytest.raises(MultisignerError, match='only an algorithm can be rolled over to another one'):
        refuse_rollover(replace(WANTED, csk=csk), keys)


@pytest.mark.parametrize('csk, keys, fits', [
    (False, (own('KSK', 13), own('ZSK', 13)), True),
    (False, (own('KSK', 13),), False),  # without states, this may be a CSK
    (False, (KSK, ZSK), False),
    (False, (own('KSK', 13), own('ZSK', 13), ZSK), False),
    (True, (own('CSK', 13),), True),
    (True, (own('KSK', 13), own('ZSK', 13)), False),
    (True, (CSK,), False),
])
def test_which_keys_a_policy_leaves_in_use(csk: bool, keys: tuple[OwnKey, ...], fits: bool) -> None:
    assert replace(WANTED, csk=csk).fits(keys) is fits
