# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as content, and that the changes that are found make of one content the other, in whatever requests they go, and none beyond."""
from __future__ import annotations

from typing import Dict

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import content as module
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.content import (
    Bounds,
    Place,
    RRset,
    applied,
    batches,
    below_wildcard,
    compare,
    content_of,
    is_content,
    refuse_deletion,
    refuse_large_ttl,
    shown_apart,
    within,
)
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from hypothesis import given
from hypothesis import strategies as some

ZONE = 'shop.example'
OWNERS = [ZONE, *(f'{name}.{ZONE}' for name in ('www', 'mail', '*.wild', 'a.b', '_x._tcp'))]


def rrset(owner: str, rtype: str = 'A', *records: str, ttl: int = 300) -> RRset:
    return RRset(owner, rtype, ttl, frozenset(records or ('192.0.2.1',)))


def zone(*rrsets: RRset) -> Dict[Place, RRset]:
    return {one.place: one for one in rrsets}


contents = some.lists(
    some.builds(
        RRset, some.sampled_from(OWNERS), some.sampled_from(['A', 'AAAA', 'TXT', 'CNAME', 'MX']), some.integers(1, 5),
        some.frozensets(some.sampled_from(['1', '2', '3', 'x' * 50]), min_size=1),
    ), max_size=20,
).map(lambda found: zone(*found))


@given(contents, contents)
def test_the_changes_make_the_source_of_what_was_there(wanted: Dict[Place, RRset], present: Dict[Place, RRset]) -> None:
    changes = compare(wanted, present)
    assert applied(present, changes) == wanted
    assert all(change.before != change.after for change in changes)
    assert not compare(wanted, applied(present, changes))


@given(contents, contents, some.integers(1, 6), some.integers(1, 400))
def test_so_do_the_requests_whatever_their_size(wanted: Dict[Place, RRset], present: Dict[Place, RRset], most: int, characters: int) -> None:
    changes = compare(wanted, present)
    now = dict(present)
    sent = list(batches(changes, most, characters))
    for batch in sent:
        now = applied(now, batch)
    assert now == wanted
    assert sorted(change.place for batch in sent for change in batch) == [change.place for change in changes]
    for batch in sent:
        owners = {change.owner for change in batch}
        assert len(owners) == 1 or (len(batch) <= most and sum(change.size for change in batch) <= characters)
        assert not any(change.owner in owners for other in sent if other is not batch for change in other), 'a CNAME and what it replaces must change at once'


@given(contents, some.integers(0, 5), some.integers(1, 5))
def test_a_ttl_that_is_not_taken_is_told_and_is_no_difference_later(wanted: Dict[Place, RRset], low: int, high: int) -> None:
    bounds = Bounds(min(low, high), high)
    fitting, altered = within(wanted, bounds)
    assert all(bounds.minimum_ttl <= one.ttl <= high for one in fitting.values())
    assert bool(altered) == (fitting != wanted)
    assert within(fitting, bounds) == (fitting, ())
    assert [(place, one.records) for place, one in fitting.items()] == [(place, one.records) for place, one in wanted.items()]


def test_altered_ttls_are_told_by_number() -> None:
    found = within(zone(rrset(ZONE), rrset('www.shop.example'), rrset('old.shop.example', ttl=90000)), Bounds(3600, 86400))[1]
    assert found == ('2 RRsets with a TTL of 300: 3600', '1 RRset with a TTL of 90000: 86400')


@pytest.mark.parametrize('rtype', ['SOA', 'DNSKEY', 'RRSIG', 'NSEC', 'NSEC3', 'NSEC3PARAM', 'CDS', 'CDNSKEY', 'CSYNC', 'ZONEMD', 'TYPE65534', 'NS', 'DS'])
def test_what_each_signer_has_of_its_own_is_no_content(rtype: str) -> None:
    assert not is_content(ZONE, (ZONE, rtype))
    assert not content_of(ZONE, [rrset(ZONE, rtype)])


def test_a_delegation_is_content_with_its_ds() -> None:
    assert is_content(ZONE, ('office.shop.example', 'NS'))
    assert is_content(ZONE, ('office.shop.example', 'DS'))
    assert not is_content(ZONE, ('office.shop.example', 'DNSKEY'))


MANY = [rrset(f'n{number}.shop.example') for number in range(100)]


@pytest.mark.parametrize(('left', 'there', 'is_refused'), [
    (70, 100, False), (69, 100, True), (0, 100, True),
    (3, 8, False),  # five are few
    (2, 8, True), (0, 1, True), (0, 3, True),  # all of it is never few
    (0, 0, False), (100, 0, False),
])
def test_a_large_deletion_is_refused(left: int, there: int, is_refused: bool) -> None:
    wanted, present = zone(*MANY[:left]), zone(*MANY[:there])
    changes = compare(wanted, present)
    if not is_refused:
        refuse_deletion(ZONE, changes, present, 30, 5)
        return
    with pytest.raises(MultisignerError, match=f'{there - left} of its {there} RRsets would be deleted there') as caught:
        refuse_deletion(ZONE, changes, present, 30, 5)
    assert 'zone_content_confirmed": ["shop.example"]' in str(caught.value)


def test_an_rrset_with_other_records_is_no_deletion_unless_nothing_else_stays() -> None:
    present = zone(*MANY)
    refuse_deletion(ZONE, compare(zone(*(rrset(one.owner, 'A', '192.0.2.9') for one in MANY)), present), present, 30, 5)


def test_a_ttl_above_the_declared_largest_one_is_refused() -> None:
    refuse_large_ttl(ZONE, zone(rrset(ZONE, ttl=86400)), 86400)
    with pytest.raises(MultisignerError, match=r'record "shop\.example\. 86401 A 192\.0\.2\.1": has a TTL of 86401.*declared as 86400'):
        refuse_large_ttl(ZONE, zone(rrset(ZONE, ttl=86401)), 86400)


def test_what_only_goes_comes_last_and_at_one_owner_first() -> None:
    present = zone(rrset('a.shop.example'), rrset('b.shop.example'))
    wanted = zone(rrset('b.shop.example', 'CNAME', 'c.'), rrset('c.shop.example'))
    (batch,) = batches(compare(wanted, present), 10, 1000)
    assert [(change.place, change.after is None) for change in batch] == [
        (('b.shop.example', 'A'), True), (('b.shop.example', 'CNAME'), False), (('c.shop.example', 'A'), False), (('a.shop.example', 'A'), True),
    ]


def test_what_servers_show_otherwise_is_known() -> None:
    content = zone(rrset('office.shop.example', 'NS'), rrset('old.shop.example', 'DNAME', 'new.'), rrset('*.wild.shop.example'), rrset('www.shop.example'))
    owners = ('shop.example', 'office.shop.example', 'ns.office.shop.example', 'old.shop.example', 'a.old.shop.example', 'www.shop.example')
    told = {owner for owner in owners if shown_apart(content, ZONE, owner)}
    assert told == {'office.shop.example', 'ns.office.shop.example', 'a.old.shop.example'}
    assert shown_apart(zone(rrset(ZONE, 'DNAME', 'new.')), ZONE, 'www.shop.example')
    assert below_wildcard({'*.wild.shop.example'}, ZONE, 'a.b.wild.shop.example')
    assert not below_wildcard({'*.wild.shop.example'}, ZONE, 'wild.shop.example')
    assert below_wildcard({'*.shop.example'}, ZONE, 'www.shop.example')
    assert not below_wildcard({'*.shop.example'}, ZONE, ZONE)


def test_it_asks_nobody() -> None:
    assert not {'dns', 'requests', 'socket', 'asyncio'} & set(vars(module))
