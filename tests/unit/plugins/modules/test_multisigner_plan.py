# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan hands on to registry_ds, and how the module keeps its journal and its secrets."""
from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import journal
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import Group, Parent, Signer
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.journal import Journal
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.observation import ParentView, ServerView, SignerView, ZoneObservation
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.observe import Look
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.steps import Delegation, Plan, Wait
from ansible_collections.dnssec.multisigner.plugins.modules import multisigner_plan
from ansible_collections.dnssec.multisigner.plugins.modules.multisigner_plan import mark, parent_work, signer_news, time_to_poll, time_to_wait
from ansible_collections.dnssec.multisigner.tests.support.module_args import patch_module_args

ZONE = 'shop.example'
KEY = DNSKEY(257, 3, 13, b'1' * 64)
GROUP = Group(ZONE, (Signer('ns1', 'bind', ('192.0.2.1', '192.0.2.2'), 5353),), Parent('registry', 'nsupdate', ('198.51.100.1',)))
SEEN = ZoneObservation(ZONE, 0, (SignerView('ns1', (ServerView('192.0.2.1', dnskeys=frozenset([KEY])),)),), ParentView('registry', 'example', ()))
MISSING = Delegation('registry', (KEY.ds(ZONE),), (KEY.ds(ZONE),), keys={'ns1': (KEY,)})


def test_before_a_ds_goes_out_the_servers_of_its_signer_are_asked_once_more():
    (zone,) = parent_work([(GROUP, SEEN, Plan(ZONE, delegation=MISSING))])['registry']
    (signer,) = zone['signers']
    assert (signer['servers'], signer['port']) == (['192.0.2.1', '192.0.2.2'], 5353)
    assert signer['sep_keys'] == signer['dnskeys'] == [KEY.text]


def test_what_may_go_is_handed_on_and_the_servers_are_asked_once_more():
    gone = DNSKEY(257, 3, 13, b'2' * 64).ds(ZONE)
    made = Plan(ZONE, delegation=replace(MISSING, missing=(), remove=(gone,), ns_add=('ns1.example',), ns_remove=('ns2.example',)))
    (zone,) = parent_work([(GROUP, SEEN, made)])['registry']
    assert (zone['remove'], zone['ns_add'], zone['ns_remove'], zone['insecure']) == ([gone.text], ['ns1.example'], ['ns2.example'], False)
    assert zone['signers'][0]['servers']


def test_a_signer_hears_of_its_own_ds_that_it_waits_for_and_of_no_other():
    other = DNSKEY(257, 3, 13, b'2' * 64)
    waiting = replace(SEEN, signers=(replace(SEEN.signers[0], awaits_ds=frozenset([KEY])),))
    since = datetime(2026, 3, 1, 10, tzinfo=timezone.utc).timestamp()
    made = Plan(ZONE, published={KEY.ds(ZONE): since, other.ds(ZONE): since + 3600})
    told = {'name': ZONE, 'published': [KEY.ds(ZONE).text], 'published_since': '2026-03-01T10:00:00Z', 'withdrawn': []}
    assert signer_news([(GROUP, waiting, made)]) == {'ns1': [told]}
    assert signer_news([(GROUP, SEEN, made)]) == {}
    gone = replace(made, published={}, withdrawn={KEY.ds(ZONE): since, KEY.ds(ZONE, 4): since + 1})
    assert signer_news([(GROUP, waiting, gone)]) == {}  # a key that is to be used has no DS yet
    retiring = replace(waiting, signers=(replace(waiting.signers[0], retiring=frozenset([KEY])),))
    (told,) = signer_news([(GROUP, retiring, gone)])['ns1']
    assert told['withdrawn'] == [KEY.ds(ZONE).text, KEY.ds(ZONE, 4).text] and told['withdrawn_since'] == '2026-03-01T10:00:01Z'


def test_a_run_that_waits_goes_on_when_a_signer_can_be_told_what_it_waits_for():
    waiting = replace(SEEN, signers=(replace(SEEN.signers[0], awaits_ds=frozenset([KEY])),))
    made = Plan(ZONE, waits=(Wait('ns1 to withdraw a key', None, ''),))
    assert time_to_wait([(GROUP, waiting, made)], 1.0, None) == 1.0
    assert time_to_wait([(GROUP, waiting, replace(made, published={KEY.ds(ZONE): 0.0}))], 1.0, None) is None


def test_it_looks_again_soon_after_what_it_waits_for_and_seldom_when_that_takes_long_or_looking_does():
    assert time_to_poll(0, 0.1) == 1
    assert time_to_poll(100, 0.1) == 5  # what happens after 100 seconds is seen 5 seconds later at the latest
    assert time_to_poll(10, 7) == 14
    assert time_to_poll(86400, 0.1) == time_to_poll(0, 600) == 30


def test_a_run_that_waits_goes_on_when_a_parent_has_other_work_than_it_was_handed():
    slow = replace(MISSING, takes_time=True)
    made = Plan(ZONE, delegation=slow, waits=(Wait('registry to show what it is given', None, ''),))
    assert made.state == 'waiting'
    work = [(GROUP, SEEN, made)]
    assert time_to_wait(work, 1.0, mark({})) is None
    assert time_to_wait(work, 1.0, mark(parent_work(work))) == 1.0
    gone = DNSKEY(257, 3, 13, b'2' * 64).ds(ZONE)
    assert time_to_wait([(GROUP, SEEN, replace(made, delegation=replace(slow, missing=(), remove=(gone,))))], 1.0, mark(parent_work(work))) is None


def test_an_export_that_is_kept_up_to_date_asks_nobody_again():
    (zone,) = parent_work([(GROUP, SEEN, Plan(ZONE, delegation=replace(MISSING, missing=(), by_person=True)))])['registry']
    assert 'servers' not in zone['signers'][0]


def test_a_parent_that_has_every_ds_has_no_work():
    assert parent_work([(GROUP, SEEN, Plan(ZONE, delegation=replace(MISSING, missing=())))]) == {}


def run(capfd, path):
    secret = 'c2VjcmV0IG9mIHRoZSB0ZXN0'
    arguments = {
        'zones': [{'name': ZONE, 'parent': 'registry', 'signers': ['ns1']}],
        'signers': [{'name': 'ns1', 'driver': 'bind', 'servers': ['192.0.2.1'], 'tsig': {'name': 'multisigner', 'secret': secret}}],
        'parents': [{'name': 'registry', 'channel': 'export', 'servers': ['192.0.2.2']}],
        'resolvers': ['resolver..example'],
        'journal': str(path),
    }
    with patch_module_args(arguments), pytest.raises(SystemExit):
        multisigner_plan.main()
    out, err = capfd.readouterr()
    assert secret not in out + err
    return json.loads(out)


def test_what_cannot_be_looked_at_ends_without_a_secret_in_the_output(capfd, tmp_path):
    result = run(capfd, tmp_path / 'journal.sqlite')
    assert result['failed'] is True
    assert result['msg'].startswith('server resolver..example: its address cannot be found')


def test_nobody_else_may_write_the_journal_between_the_look_and_the_plan(capfd, tmp_path, monkeypatch):
    monkeypatch.setattr(journal, 'LOCK_WAIT', 0.05)

    def look(_options, _csync):
        Journal(str(tmp_path / 'journal.sqlite'), writable=True)

    monkeypatch.setattr(multisigner_plan, 'look', look)
    assert 'another run holds it' in run(capfd, tmp_path / 'journal.sqlite')['msg']


def test_nothing_counts_as_true_before_it_was_seen(capfd, tmp_path, monkeypatch):
    clock = [1_800_000_000.9]
    monkeypatch.setattr(multisigner_plan.time, 'time', lambda: clock[0])

    def look(_options, _csync):
        clock[0] += 2
        return Look(((replace(GROUP, max_ttl=1), SEEN),), {})

    monkeypatch.setattr(multisigner_plan, 'look', look)
    run(capfd, tmp_path / 'journal.sqlite')
    with Journal(str(tmp_path / 'journal.sqlite'), False) as kept:
        memory = kept.memories()[ZONE]
    assert {fact.since for fact in memory.facts.values() if fact.since is not None} == {1_800_000_002.9}
    assert memory.seen == 1_800_000_002.9
