# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module puts the files of a report in their places: whole or not at all, and only when they differ."""
from __future__ import annotations

import json
import os
import resource
import stat

import pytest
from ansible_collections.dnssec.multisigner.plugins.modules import verify_report
from ansible_collections.dnssec.multisigner.tests.support.module_args import patch_module_args
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.verify_report.report_samples import hostile, without_key, zone

FORMS = {'html': 'index.html', 'junit': 'junit.xml', 'prometheus': 'zones.prom', 'json': 'zones.json'}


@pytest.fixture(name='run')
def fixture_run(capfd, tmp_path):
    """Runs the module; the paths of all forms below tmp_path when none is given."""
    def run(zones=None, check=False, **options):
        if not set(options) & set(FORMS):
            options.update({form: str(tmp_path / name) for form, name in FORMS.items()})
        arguments = {'zones': [zone()] if zones is None else zones, **options, **({'_ansible_check_mode': True} if check else {})}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            verify_report.main()
        return json.loads(capfd.readouterr().out)

    return run


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_all_files_are_written_and_readable_by_everybody(run, tmp_path):
    done = run()
    assert done['changed'] is True
    assert [(one['form'], one['path'], one['changed'], one['size']) for one in done['files']] == [
        (form, str(tmp_path / name), True, (tmp_path / name).stat().st_size) for form, name in FORMS.items()
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o644}
    assert (tmp_path / 'index.html').read_bytes().startswith(b'<!DOCTYPE html>')


def test_a_second_run_touches_nothing(run, tmp_path):
    run()
    for path in tmp_path.iterdir():
        os.utime(path, ns=(1, 1))
    again = run()
    assert again['changed'] is False and again['diff'] == []
    assert {path.stat().st_mtime_ns for path in tmp_path.iterdir()} == {1}


def test_only_what_differs_is_written_and_keeps_its_mode(run, tmp_path):
    run()
    (tmp_path / 'zones.prom').write_text('old')
    (tmp_path / 'zones.prom').chmod(0o640)
    done = run()
    assert [one['form'] for one in done['files'] if one['changed']] == ['prometheus']
    assert stat.S_IMODE((tmp_path / 'zones.prom').stat().st_mode) == 0o640
    assert done['diff'][0]['before'] == 'old' and 'dnssec_multisigner_looked_at' in done['diff'][0]['after']


def test_check_mode_writes_nothing_and_says_what_it_would(run, tmp_path):
    done = run(check=True)
    assert done['changed'] is True and content(tmp_path) == {}
    assert [one['after_header'] for one in done['diff']] == [str(tmp_path / name) for form, name in FORMS.items() if form != 'html']


def test_a_large_file_has_no_diff(run, tmp_path):
    done = run([without_key(zone(f'{"x" * 50}{number}.example'), 'desec', 'ns1') for number in range(20)], json=str(tmp_path / 'zones.json'))
    assert done['files'][0]['size'] > verify_report.DIFF_LIMIT
    assert 'after' not in done['diff'][0] and done['diff'][0]['dst_larger'] == verify_report.DIFF_LIMIT


def test_zones_that_could_not_be_looked_at_are_in_every_form(run, tmp_path):
    run([], errors={'gone.example': 'no parent'})
    assert all(b'gone.example' in text for text in content(tmp_path).values())


def test_hostile_zones_are_written(run, tmp_path):
    # Ansible itself lets no half of a surrogate pair through
    assert run(json.loads(json.dumps([hostile()]).replace('\\ud800', '')))['changed'] is True
    assert all(b'<script' not in text for name, text in content(tmp_path).items() if name in ('index.html', 'junit.xml'))


@pytest.mark.parametrize(('prepare', 'told'), [
    (lambda path: None, 'there is no folder'),
    (lambda path: path.mkdir(parents=True), 'Is a directory. Give the path of a file in it.'),
    (lambda path: path.parent.write_text('a file'), 'Not a directory. Correct the path.'),
    (lambda path: path.parent.mkdir() or os.mkfifo(path), 'it is no ordinary file'),
])
def test_a_place_where_nothing_can_be_written_is_named(run, tmp_path, prepare, told):
    path = tmp_path / 'folder' / 'index.html'
    prepare(path)
    failed = run(html=str(path), json=str(tmp_path / 'zones.json'))
    assert failed['failed'] is True and str(path) in failed['msg'] and told in failed['msg']
    assert not (tmp_path / 'zones.json').exists()


def test_a_disk_that_is_full_leaves_everything_as_it_was(run, tmp_path):
    run()
    before = content(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (9000, limits[1]))  # the page is larger, the metrics are not
    try:
        failed = run([without_key(zone(), 'desec', 'ns1')])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert failed['failed'] is True and str(tmp_path / 'index.html') in failed['msg'] and 'Make room' in failed['msg']
    assert content(tmp_path) == before


def test_two_files_in_one_place_are_refused(run, tmp_path):
    failed = run(html=str(tmp_path / 'report'), json=str(tmp_path / 'x' / '..' / 'report'))
    assert 'the same path' in failed['msg'] and content(tmp_path) == {}


def test_nothing_to_write_and_nothing_to_report_are_refused(run, tmp_path):
    assert 'there is no path' in run(html='')['msg']
    assert 'there is no zone to report' in run([], html=str(tmp_path / 'index.html'))['msg']


def test_what_is_no_result_of_the_verifier_is_refused(run, tmp_path):
    failed = run([{'name': 'shop.example'}], html=str(tmp_path / 'index.html'))
    assert failed['msg'].startswith('zone shop.example: zones[0] is not what dnssec_verify returns')
    assert content(tmp_path) == {}
