# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for a group with a signer that announces the KSKs of others and leaves them out of its DNSKEY RRset, as Cloudflare does."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import Group, Parent, Signer
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.journal import Fact, Memory
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.observation import SignerView
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.plan import plan
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.situation import KEY_OWNER
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.test_plan import (
    CSK,
    KSK,
    NOW,
    TTL,
    ZONE,
    ZSK,
    adds,
    both,
    desec,
    dnskeys,
    journal,
    key,
    ns1,
    registry,
    seen,
    since,
)

ITS_KSK, ITS_ZSK = key(11), key(12, flags=256)
GROUP = Group(
    ZONE, (Signer('ns1', 'bind', ('192.0.2.1',)), Signer('cloud', 'cloudflare', ('192.0.2.9',))), Parent('registry', 'nsupdate', ('198.51.100.1',)), max_ttl=TTL
)
WITH_DESEC = replace(GROUP, signers=(Signer('desec', 'desec', ('192.0.2.3', '192.0.2.4')), GROUP.signers[1]))


def cloud(*foreign: DNSKEY, omits: bool = True, **changes) -> SignerView:
    view = ns1(*foreign, own=(ITS_KSK, ITS_ZSK), server='192.0.2.9', **changes)
    return replace(view, name='cloud', omits_ksks=omits)


def mature(*keys: DNSKEY) -> Memory:
    return since(NOW - TTL, ITS_KSK, ITS_ZSK, *keys)


def test_it_is_given_the_keys_that_sign_data_and_the_others_all_of_its_keys():
    made = plan(GROUP, seen(ns1(), cloud()), Memory(), NOW)
    assert adds(made, 'cloud') == dnskeys(ZSK)
    assert adds(made, 'ns1') == dnskeys(ITS_KSK, ITS_ZSK)


def test_without_the_ksk_of_the_other_the_ds_set_is_due_and_the_ksk_is_announced():
    made = plan(GROUP, seen(ns1(ITS_KSK, ITS_ZSK), cloud(ZSK)), mature(KSK, ZSK), NOW)
    assert made.delegation is not None and {ds.tag for ds in made.delegation.missing} == {KSK.tag, ITS_KSK.tag}
    assert {f'CDNSKEY {KSK.text}', f'CDS {KSK.ds(ZONE).text}'} <= adds(made, 'cloud')
    assert not adds(made, 'cloud') & dnskeys(KSK)


def test_of_another_kind_the_same_is_asked_for_as_ever():
    made = plan(GROUP, seen(ns1(ITS_KSK, ITS_ZSK), cloud(ZSK, omits=False)), mature(KSK, ZSK), NOW)
    assert adds(made, 'cloud') == dnskeys(KSK) and made.delegation is None


def test_a_key_that_signs_data_is_never_spared():
    made = plan(WITH_DESEC, seen(desec(ITS_KSK, ITS_ZSK), cloud()), mature(CSK), NOW)
    assert adds(made, 'cloud') == dnskeys(CSK) and made.delegation is None


def test_a_ksk_that_signs_data_too_is_not_spared():
    with_both = ns1(ITS_KSK, ITS_ZSK, signs_zone=frozenset([KSK, ZSK]))
    made = plan(GROUP, seen(with_both, cloud(ZSK)), mature(KSK, ZSK), NOW)
    assert adds(made, 'cloud') == dnskeys(KSK) and made.delegation is None


def test_the_next_ksk_of_the_other_is_spared_like_this_one():
    following = key(4)
    made = plan(GROUP, seen(ns1(ITS_KSK, ITS_ZSK, following), cloud(ZSK)), mature(KSK, ZSK, following), NOW)
    assert not adds(made, 'cloud') & dnskeys(following, KSK)


def test_while_the_other_is_not_seen_its_ksk_is_not_asked_for():
    silent = ns1(error='zone shop.example, server 192.0.2.1: does not answer.', dnskeys=frozenset(), signs_keys=frozenset(), signs_zone=frozenset())
    known = journal(*(Fact(KEY_OWNER, f'ns1 {one.text}', NOW - TTL, 0) for one in (KSK, ZSK)))
    made = plan(GROUP, seen(silent, cloud(ZSK)), both(mature(KSK, ZSK), known), NOW)
    assert not adds(made, 'cloud') and made.delegation is None


def test_nothing_is_spared_at_one_that_was_not_seen():
    silent = cloud(ZSK, error='zone shop.example, server 192.0.2.9: does not answer.')
    made = plan(GROUP, seen(ns1(ITS_KSK, ITS_ZSK), silent), mature(KSK, ZSK), NOW)
    assert made.delegation is None


@pytest.mark.parametrize('omits', [True, False])
def test_cds_that_would_take_along_a_key_which_is_still_needed_stay(omits):
    old, digests = key(5), [one.ds(ZONE) for one in (CSK, ITS_KSK)]
    announced = frozenset([CSK, ITS_KSK])
    shown = {'cdnskeys': announced, 'cds': frozenset(digests)}
    held = {'cdnskeys': announced | {old}, 'cds': frozenset([*digests, old.ds(ZONE)])}
    known = journal(Fact(KEY_OWNER, f'desec {old.text}', NOW - TTL, 0), *(Fact(KEY_OWNER, f'desec {CSK.text}', NOW - TTL, 0),))
    here = seen(desec(ITS_KSK, ITS_ZSK, **shown), cloud(CSK, old, omits=omits, **held), parent=registry(*digests))
    made = plan(WITH_DESEC, here, both(mature(CSK), known), NOW)
    removed = {record.text for step in made.steps if step.signer == 'cloud' for record in step.remove}
    assert removed == (set() if omits else {f'CDNSKEY {old.text}', f'CDS {old.ds(ZONE).text}'})
