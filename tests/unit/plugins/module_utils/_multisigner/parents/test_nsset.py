# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The NS of a delegation: what is left to be done of a request, and that the last one never goes."""
from __future__ import annotations

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import NS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.nsset import NsChange, NsRequest, compare_ns, in_domain

ZONE = 'shop.example'
OURS, OTHER, THIRD = NS('ns1.example.net'), NS('ns1.desec.io'), NS('ns2.desec.org')


def change(present: set[NS], add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> NsChange:
    return compare_ns(ZONE, NsRequest.parse(ZONE, add, remove), frozenset(present), 3600)


def test_what_is_left_to_be_done() -> None:
    found = change({OURS, OTHER}, ('NS1.example.net.', 'ns2.desec.org'), ('ns1.desec.io', 'ns9.elsewhere.example'))
    assert (found.add, found.remove, found.ttl) == ((THIRD,), (OTHER,), 3600)
    assert found.request.remove == {OTHER, NS('ns9.elsewhere.example')}


def test_nobody_asks_for_nothing() -> None:
    assert not NsRequest.parse(ZONE, (), ())


@pytest.mark.parametrize(('present', 'add', 'remove', 'message'), [
    ({OURS}, (), ('ns1.example.net',), 'without ns1.example.net the zone would have no NS at the parent'),
    ({OURS, OTHER}, (), ('ns1.desec.io.', 'ns1.example.net'), 'without ns1.desec.io, ns1.example.net the zone would have no NS'),
    (set(), ('ns1.example.net',), (), 'the zone is not delegated'),
    ({OURS}, ('ns1.example.net',), ('NS1.example.net.',), 'is to be added and removed at once'),
    ({OURS}, ('192.0.2.1',), (), 'is not the whole name of a host'),
    ({OURS}, ('ns1',), (), 'is not the whole name of a host'),
    ({OURS}, ('ns 1.example',), (), 'one name is expected'),
])
def test_refused(present: set[NS], add: tuple[str, ...], remove: tuple[str, ...], message: str) -> None:
    with pytest.raises(MultisignerError, match=message) as caught:
        change(present, add, remove)
    assert caught.value.zone == ZONE
    assert caught.value.remedy


def test_one_that_takes_the_place_of_the_last_is_enough() -> None:
    assert change({OURS}, ('ns1.desec.io',), ('ns1.example.net',)).remove == (OURS,)


@pytest.mark.parametrize(('name', 'expected'), [
    ('ns.shop.example', True), ('a.b.shop.example', True), ('shop.example', True), ('ns.example', False), ('ns.workshop.example', False),
])
def test_whose_address_only_the_parent_can_tell(name: str, expected: bool) -> None:
    assert in_domain(ZONE, NS(name)) is expected
