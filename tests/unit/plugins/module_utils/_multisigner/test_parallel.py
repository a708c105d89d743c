# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in several processes: nothing is lost or done twice, and what goes wrong in one of them is told."""
from __future__ import annotations

import os
import signal

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import parallel
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError

MANY = list(range(1000))


@pytest.fixture(autouse=True)
def fixture_processors(monkeypatch):
    monkeypatch.setattr(parallel.os, 'sched_getaffinity', lambda _pid: {0, 1, 2})


def test_every_item_is_worked_on_once_in_processes_of_their_own():
    shares = parallel.in_shares(MANY, lambda items: (os.getpid(), list(items)))
    assert sorted(item for _pid, items in shares for item in items) == MANY
    assert len({pid for pid, _items in shares} | {os.getpid()}) == 4


def test_little_work_stays_in_this_process():
    assert parallel.in_shares(MANY[:150], lambda items: (os.getpid(), len(items))) == [(os.getpid(), 150)]


def test_an_error_of_one_share_arrives_whole():
    def work(items):
        raise MultisignerError('the file cannot be read', zone='shop.example', server='ns1', record='DNSKEY', remedy='Correct it')

    with pytest.raises(MultisignerError) as caught:
        parallel.in_shares(MANY, work)
    assert str(caught.value) == 'zone shop.example, server ns1, record "DNSKEY": the file cannot be read. Correct it.'


def test_a_process_that_is_killed_is_an_error_and_no_empty_result():
    def work(items):
        if 0 in items:
            os.kill(os.getpid(), signal.SIGKILL)
        return items

    with pytest.raises(MultisignerError, match='ended without a result'):
        parallel.in_shares(MANY, work)
