# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source as ansible-rulebook runs it: one coroutine that is given a queue and arguments."""
from __future__ import annotations

import asyncio

import pytest
import yaml
from ansible_collections.dnssec.multisigner.extensions.eda.plugins.event_source import dnskey_changes as module
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError

INVENTORY = {'inventory': '/etc/multisigner/inventory'}


class Scripted:
    """A watcher whose rounds are what a test says: events, or an error."""

    def __init__(self, *rounds):
        self.rounds = list(rounds)
        self.errors = {}
        self.zones = ['shop.example']
        self.unseen = False
        self.declared = 0

    def wait(self):
        return 0

    def declare(self, options):
        self.declared += 1
        return False

    async def round(self):
        if not self.rounds:
            await asyncio.sleep(60)
        told = self.rounds.pop(0)
        if isinstance(told, MultisignerError):
            raise told
        return told


def run(monkeypatch, watcher, events, **args):
    """The first *events* events."""
    monkeypatch.setattr(module, 'read_inventory', lambda inventories: {})
    monkeypatch.setattr(module, 'Watcher', lambda options, pace: watcher)
    monkeypatch.setattr(module, '_round', lambda watcher: watcher.round())

    async def collect():
        queue = asyncio.Queue()
        source = asyncio.ensure_future(module.main(queue, {**INVENTORY, **args}))
        getter = asyncio.ensure_future(asyncio.wait_for(_take(queue, events), 5))
        await asyncio.wait([source, getter], return_when=asyncio.FIRST_COMPLETED)
        if source.done():
            getter.cancel()
            source.result()
        source.cancel()
        return getter.result()

    return asyncio.run(collect())


async def _take(queue, number):
    return [await queue.get() for _unused in range(number)]


def test_news_goes_into_the_queue_and_what_is_watched_is_told_once(monkeypatch):
    changed = {'kind': 'changed', 'zones': ['shop.example']}
    found = run(monkeypatch, Scripted([], [], [changed], [changed]), 3)
    assert [event['kind'] for event in found] == ['watching', 'changed', 'changed']


def test_what_is_wrong_at_the_start_ends_it(monkeypatch):
    with pytest.raises(MultisignerError, match='trust anchor'):
        run(monkeypatch, Scripted(MultisignerError('the trust anchor file cannot be read')), 1)


def test_what_goes_wrong_later_is_an_event_and_it_goes_on(monkeypatch):
    watcher = Scripted([], MultisignerError('this machine has no resolver'), [{'kind': 'changed'}])
    found = run(monkeypatch, watcher, 3, shortest=0.01)
    assert [event['kind'] for event in found] == ['watching', 'failed', 'changed']
    assert 'no resolver' in found[1]['messages'][0]


def test_the_inventory_is_read_again(monkeypatch):
    monkeypatch.setattr(module, 'READ_AGAIN', 0)
    watcher = Scripted([], [], [{'kind': 'changed'}])
    run(monkeypatch, watcher, 2)
    assert watcher.declared >= 2


@pytest.mark.parametrize(('args', 'what'), [
    ({}, 'is told no inventory'),
    ({'inventory': []}, 'is told no inventory'),
    ({'inventory': {'all': {}}}, 'is told no inventory'),
    ({**INVENTORY, 'interval': 5}, 'knows no argument interval'),
    ({**INVENTORY, 'shortest': 0}, 'shortest of dnskey_changes is "0"'),
    ({**INVENTORY, 'longest': 'often'}, 'longest of dnskey_changes is "often"'),
    ({**INVENTORY, 'queries_per_second': float('inf')}, 'queries_per_second of dnskey_changes is "inf"'),
    ({**INVENTORY, 'failures': None}, 'failures of dnskey_changes is "None"'),
])
def test_arguments_that_are_of_no_use_are_refused(args, what):
    with pytest.raises(MultisignerError, match=what):
        module.read_arguments(args)


def test_arguments_as_a_rulebook_gives_them():
    inventories, pace = module.read_arguments({'inventory': ['a', 'b'], 'shortest': '120', 'longest': 60, 'eda_feedback_queue': None})
    assert inventories == ['a', 'b']
    assert (pace.shortest, pace.longest, pace.queries_per_second, pace.patience) == (120, 120, 25, 3)


def test_the_documentation_has_the_arguments_and_their_defaults():
    documented = yaml.safe_load(module.DOCUMENTATION)['options']
    assert {name: option.get('default') for name, option in documented.items()} == {'inventory': None, **module.NUMBERS}


def test_an_inventory_that_cannot_be_read_is_named_and_no_secret_is(tmp_path, monkeypatch):
    program = tmp_path / 'ansible-playbook'
    program.write_text('#!/bin/sh\necho "secret: s3cret"\necho "fatal: [localhost]: FAILED! undefined variable"\nexit 2\n')
    program.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path), prepend=':')
    with pytest.raises(MultisignerError, match='nowhere.yml cannot be read: fatal: .*undefined variable') as caught:
        module.read_inventory(['nowhere.yml'])
    assert 's3cret' not in str(caught.value)
    assert 'watched_file' not in str(caught.value)  # a person who runs it by hand has nothing written
