# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several servers say together: what counts is what all of them show, and one that failed shows nothing."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.observation import ParentServerView, ParentView, ServerView, SignerView

OLD, NEW = (DNSKEY(257, 3, 13, bytes([number]) * 64) for number in (1, 2))
VIEW = ServerView('192.0.2.1', authenticated='tsig', dnskeys=frozenset([OLD]), signs_keys=frozenset([OLD]))


def signer(*views):
    return SignerView('ns1', views)


def test_a_server_that_failed_shows_nothing_whatever_it_had_shown():
    view = signer(VIEW, replace(VIEW, error='its API fails'))
    assert view.published_everywhere == frozenset()
    assert view.own_sep == frozenset()
    parent = ParentServerView('198.51.100.1', ds=frozenset([OLD.ds('shop.example')]))
    assert ParentView('registry', 'example', (parent, replace(parent, error='is lame'))).ds_everywhere == frozenset()


def test_a_key_that_does_not_sign_the_dnskey_rrset_at_every_server_is_none_that_a_ds_may_name():
    both = frozenset([OLD, NEW])
    view = signer(replace(VIEW, dnskeys=both, signs_keys=both), replace(VIEW, server='192.0.2.2', dnskeys=both))
    assert view.own_sep == {OLD}


def test_an_authenticated_answer_vouches_only_for_the_keys_in_it():
    view = signer(VIEW, replace(VIEW, server='192.0.2.2', authenticated='none', dnskeys=frozenset([OLD, NEW])))
    assert view.authenticated(OLD) == 'tsig'
    assert view.authenticated(NEW) == 'none'


@pytest.mark.parametrize(
    ('rtype', 'change'),
    [
        ('DNSKEY', {'dnskeys': frozenset([OLD, NEW])}),
        ('CDS', {'cds': frozenset([OLD.ds('shop.example')])}),
        ('CDNSKEY', {'cdnskeys': frozenset([OLD])}),
        ('NS', {'ns': frozenset(['ns1.example'])}),
    ],
)
def test_servers_that_differ_are_named_with_the_rrset(rtype, change):
    assert signer(VIEW, replace(VIEW, server='192.0.2.2')).disagreement == ''
    assert signer(VIEW, replace(VIEW, server='192.0.2.2', **change)).disagreement == f'192.0.2.1 and 192.0.2.2 answer with different {rtype} RRsets'


def test_a_server_that_failed_does_not_disagree():
    assert signer(VIEW, ServerView('192.0.2.2', error='does not answer')).disagreement == ''
