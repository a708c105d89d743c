# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every kind of signer is judged by."""
from __future__ import annotations

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import NS, Record
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Request
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.base import refuse_last_ns

ONE, OTHER = (Record('NS', NS(name)) for name in ('ns1.example', 'ns2.example'))


@pytest.mark.parametrize(('add', 'present'), [((), (ONE, OTHER)), ((OTHER,), (ONE,)), ((), (OTHER,)), ((), ())])
def test_an_ns_record_may_go_when_another_is_left_or_when_it_is_not_there(add: tuple[Record, ...], present: tuple[Record, ...]) -> None:
    refuse_last_ns(Request('shop.example', add, (ONE,)), (record.text for record in present))


def test_the_last_ns_record_may_not_go() -> None:
    with pytest.raises(MultisignerError, match='would leave it without any NS record'):
        refuse_last_ns(Request('shop.example', (), (ONE, OTHER)), (record.text for record in (ONE, OTHER)))
