# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal on its way from the host that keeps it to the controller and back: whole, or not at all."""
from __future__ import annotations

import base64
import json
import os

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.journal import Fact, Journal, Memory
from ansible_collections.dnssec.multisigner.plugins.modules import multisigner_journal
from ansible_collections.dnssec.multisigner.tests.support.module_args import patch_module_args

FACT, OTHER = Fact('kind', 'subject', 1_800_000_000, 3600), Fact('kind', 'other', None, 60)


def memory(*facts):
    return Memory({fact.key: fact for fact in facts}, 1_800_000_000)


def change(path, *facts, content=None, zone='shop.example'):
    """What export() gives when the zone has *facts*."""
    with Journal(str(path), True, content) as journal:
        journal.store(zone, journal.memories().get(zone, Memory()), memory(*facts))
        return journal.export()


@pytest.fixture(name='run')
def fixture_run(capfd, tmp_path):
    def run(**arguments):
        check = {'_ansible_check_mode': True} if arguments.pop('check', False) else {}
        with patch_module_args({'path': str(tmp_path / 'journal.sqlite'), **arguments, **check}), pytest.raises(SystemExit):
            multisigner_journal.main()
        return json.loads(capfd.readouterr().out)

    run.path = tmp_path / 'journal.sqlite'
    return run


def test_what_was_read_changed_elsewhere_and_put_back_is_what_the_next_run_reads(run):
    change(run.path, FACT)
    read = run()
    new = change('elsewhere', FACT, OTHER, content=read['content'])
    put = run(content=new, expected=read['version'])
    assert put['changed'] is True
    again = run()
    assert (again['content'], again['version']) == (new, put['version'])
    with Journal(str(run.path), False) as journal:
        assert journal.memories()['shop.example'] == memory(FACT, OTHER)


def test_a_journal_that_another_run_changed_meanwhile_is_left_as_it_is(run):
    change(run.path, FACT)
    read = run()
    newer = change(run.path, OTHER)
    put = run(content=change('elsewhere', content=read['content']), expected=read['version'])
    assert put['failed'] is True and 'changed by another run' in put['msg']
    assert run()['content'] == newer


def test_runs_over_different_zones_use_one_journal_at_once(run):
    change(run.path, FACT)
    change(run.path, FACT, zone='talk.example')
    first, second = run(zones=['Shop.Example.']), run(zones=['talk.example', 'new.example'])
    assert run(content=change('elsewhere', OTHER, content=first['content']), expected=first['version'], zones=['Shop.Example.'])['changed'] is True
    new = change('elsewhere', OTHER, content=second['content'], zone='new.example')
    assert run(content=new, expected=second['version'], zones=['talk.example', 'new.example'])['changed'] is True
    with Journal(str(run.path), False) as journal:
        assert journal.memories() == {'shop.example': memory(OTHER), 'talk.example': memory(FACT), 'new.example': memory(OTHER)}


def test_of_two_runs_over_one_zone_the_second_is_told_even_when_they_have_other_zones_too(run):
    read = run(zones=['shop.example', 'talk.example'])
    change(run.path, FACT)
    put = run(content=change('elsewhere', content=read['content']), expected=read['version'], zones=['shop.example', 'talk.example'])
    assert put['failed'] is True and 'over the same zones' in put['msg']


def test_a_journal_that_is_not_there_yet_is_empty_and_reading_does_not_make_it(run):
    read = run()
    assert not run.path.exists()
    assert run(content=change('elsewhere', FACT, content=read['content']), expected=read['version'])['changed'] is True
    assert run.path.exists()


def test_what_did_not_change_touches_no_file(run):
    change(run.path, FACT)
    read = run()
    os.utime(run.path, ns=(1, 1))
    assert run(content=read['content'], expected=read['version'])['changed'] is False
    assert run.path.stat().st_mtime_ns == 1


def test_check_mode_writes_nothing(run):
    change(run.path, FACT)
    read = run()
    assert run(content=change('elsewhere', content=read['content']), expected=read['version'], check=True)['changed'] is True
    assert run() == read


@pytest.mark.parametrize('content', ['!', base64.b64encode(b'no journal').decode(), ''])
def test_what_is_no_journal_is_refused_and_the_old_one_stays(run, content):
    change(run.path, FACT)
    read = run()
    put = run(content=content, expected=read['version'])
    assert put['failed'] is True and 'is no journal' in put['msg']
    assert run() == read
