# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dnssec_importkey as Ansible calls it, for what the real programs do not do on request."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.modules import dnssec_importkey
from ansible_collections.dnssec.multisigner.tests.unit.plugins.modules.fake_bind import FakeBind, run_module

ZONE = 'talk.example'
KSK = DNSKEY(257, 3, 13, bytes([7]) * 64)
ZSK = DNSKEY(256, 3, 13, bytes([8]) * 64)
# equal tag and algorithm, other bytes: 16-bit words added in another order give the same sum
TWINS = DNSKEY(257, 3, 13, bytes([1, 2, 3, 4]) * 16), DNSKEY(257, 3, 13, bytes([3, 4, 1, 2]) * 16)


@pytest.fixture
def bind(monkeypatch: pytest.MonkeyPatch) -> FakeBind:
    return FakeBind(monkeypatch)


def run(capfd: pytest.CaptureFixture[str], folder: Path, check_mode: bool = False, **zone: Any) -> dict[str, Any]:
    zones = [{'name': ZONE, **zone}]
    return run_module(dnssec_importkey.main, capfd, directory=str(folder / 'foreign'), ttl=60, zones=zones, _ansible_check_mode=check_mode, _ansible_diff=True)


def snapshot(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob('*'))


def test_a_second_run_starts_no_program_and_touches_no_file(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(capfd, tmp_path, add=[f'DNSKEY {KSK.text}', f'CDS {KSK.ds(ZONE).text}'])['changed']
    assert bind.calls == ['dnssec-importkey']
    before = snapshot(tmp_path)
    result = run(capfd, tmp_path, add=[f'DNSKEY {KSK.text}', f'CDS {KSK.ds(ZONE).text}'])
    assert not result['changed'] and result['diff'] == []
    assert bind.calls == ['dnssec-importkey']
    assert snapshot(tmp_path) == before


def test_check_mode_and_the_change_tell_the_same(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    planned = run(capfd, tmp_path, check_mode=True, add=[f'DNSKEY {KSK.text}'])
    assert bind.calls == [] and list(tmp_path.iterdir()) == []
    done = run(capfd, tmp_path, add=[f'DNSKEY {KSK.text}'])
    assert (planned['zones'], planned['diff']) == (done['zones'], done['diff'])


def test_only_what_is_new_is_imported(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run(capfd, tmp_path, add=[f'DNSKEY {KSK.text}'], publish='20270101000000')
    before = dict(snapshot(tmp_path / 'foreign' / ZONE))
    run(capfd, tmp_path, add=[f'DNSKEY {ZSK.text}'])
    after = dict(snapshot(tmp_path / 'foreign' / ZONE))
    keys = [path for path in before if path.endswith(('.key', '.private'))]
    assert len(keys) == 2 and all(before[path] == after[path] for path in keys)


def test_two_keys_with_one_tag_are_refused_since_one_would_overwrite_the_other(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert TWINS[0].tag == TWINS[1].tag
    run(capfd, tmp_path, add=[f'DNSKEY {TWINS[0].text}'])
    before = snapshot(tmp_path)
    result = run(capfd, tmp_path, add=[f'DNSKEY {TWINS[1].text}'])
    assert result['failed'] and 'BIND names its key files' in result['msg']
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize('side', ['add', 'remove'])
def test_ns_records_are_the_users_and_nothing_is_written(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path, side: str) -> None:
    result = run(capfd, tmp_path, **{'add': [f'DNSKEY {KSK.text}'], side: ['NS ns1.example.']})
    assert result['failed'] and 'record "NS ns1.example.": the NS records of this zone are in its zone file' in result['msg']
    assert bind.calls == [] and snapshot(tmp_path) == []


def test_a_program_that_fails_changes_nothing_and_is_quoted(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run(capfd, tmp_path, add=[f'DNSKEY {KSK.text}'])
    before = snapshot(tmp_path)
    bind.broken['dnssec-importkey'] = 'dnssec-importkey: fatal: no space left on device'
    result = run(capfd, tmp_path, add=[f'DNSKEY {ZSK.text}'])
    assert result['failed'] and f'zone {ZONE}: the foreign keys were not imported: dnssec-importkey says:' in result['msg']
    assert 'no space left' in result['msg']
    assert snapshot(tmp_path) == before


def test_a_key_file_that_is_not_what_was_asked_for_is_not_moved_in(
    bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As BIND 9.18 does it with times after 2038."""
    write = bind._write_key
    monkeypatch.setattr(bind, '_write_key', lambda folder, zone, key, ttl, times, private: write(folder, zone, key, ttl, ['Publish: 19011213204552'], private))
    result = run(capfd, tmp_path, add=[f'DNSKEY {KSK.text}'], publish='20370101000000')
    assert result['failed'] and 'did not make the file that was asked for' in result['msg']
    assert [path.name for path in (tmp_path / 'foreign').rglob('K*')] == []


def test_the_include_file_comes_after_the_keys_and_the_removal_after_the_include(
    bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed at any moment, every file that the include file names is there."""
    run(capfd, tmp_path, add=[f'DNSKEY {KSK.text}'])
    steps: list[str] = []
    rename, unlink = os.rename, os.unlink
    monkeypatch.setattr(os, 'rename', lambda source, target: (steps.append(f'write {Path(target).name}'), rename(source, target))[1])
    monkeypatch.setattr(os, 'unlink', lambda path, **options: (steps.append(f'remove {Path(path).name}'), unlink(path, **options))[1])
    run(capfd, tmp_path, add=[f'DNSKEY {ZSK.text}'], remove=[f'DNSKEY {KSK.text}'])
    steps = [step for step in steps if 'foreign.include' in step or '+013+' in step]
    new, old = f'Ktalk.example.+013+{ZSK.tag:05d}.key', f'Ktalk.example.+013+{KSK.tag:05d}.key'
    assert steps.index(f'write {new}') < steps.index('write foreign.include') < steps.index(f'remove {old}')
