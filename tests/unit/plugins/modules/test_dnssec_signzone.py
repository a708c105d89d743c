# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dnssec_signzone as Ansible calls it, for what the real programs do not do on request."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.modules import dnssec_importkey, dnssec_signzone
from ansible_collections.dnssec.multisigner.tests.unit.plugins.modules.fake_bind import FakeBind, run_module

ZONE = 'talk.example'
FOREIGN = DNSKEY(257, 3, 13, bytes([200]) * 64)
SOA = 'talk.example. 60 IN SOA ns.talk.example. hm.talk.example. 5 3600 600 86400 60\n'


@pytest.fixture
def bind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeBind:
    fake = FakeBind(monkeypatch)
    fake.signed_files[ZONE] = tmp_path / 'signed' / f'{ZONE}.signed'
    (tmp_path / 'zone').write_text(SOA)
    return fake


def share(capfd: pytest.CaptureFixture[str], folder: Path, **records: Any) -> None:
    assert 'failed' not in run_module(dnssec_importkey.main, capfd, directory=str(folder / 'foreign'), zones=[{'name': ZONE, **records}])


def sign(capfd: pytest.CaptureFixture[str], folder: Path, new_keys: bool = True, **arguments: Any) -> dict[str, Any]:
    return run_module(
        dnssec_signzone.main, capfd, directory=str(folder / 'signed'), foreign_directory=str(folder / 'foreign'), key_directory=str(folder / 'keys'),
        rndc='rndc', zones=[{'name': ZONE, 'file': str(folder / 'zone'), 'new_keys': new_keys}], _ansible_diff=True, **arguments,
    )


def snapshot(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob('*'))


def signed_once(bind: FakeBind, capfd: pytest.CaptureFixture[str], folder: Path) -> None:
    share(capfd, folder)
    assert sign(capfd, folder)['zones'][0]['msg'] == 'Signed: it was not signed here before; named does not have the zone yet'
    bind.known_zones.add(ZONE)
    bind.calls.clear()


def test_a_zone_without_a_reason_starts_no_program_and_touches_no_file(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    signed_once(bind, capfd, tmp_path)
    before = snapshot(tmp_path)
    result = sign(capfd, tmp_path)
    assert not result['changed'] and result['diff'] == []
    assert result['zones'][0]['serial'] == 5
    assert bind.calls == []
    assert snapshot(tmp_path) == before


def test_no_keys_are_made_without_the_users_word_for_it(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    share(capfd, tmp_path)
    result = sign(capfd, tmp_path, new_keys=False)
    assert 'holds no keys of it, and new ones would make every answer bogus if the parent has a DS of others' in result['msg']
    assert not any('dnssec-keygen' in str(call) for call in bind.calls)
    assert not (tmp_path / 'keys').exists()


def test_the_steps_are_in_the_safe_order(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    signed_once(bind, capfd, tmp_path)
    share(capfd, tmp_path, add=[f'DNSKEY {FOREIGN.text}'])
    bind.calls.clear()
    result = sign(capfd, tmp_path)
    assert bind.calls == ['named-checkzone', 'dnssec-signzone', 'named-checkzone', 'rndc zonestatus', 'rndc reload', 'rndc zonestatus']
    assert result['zones'][0]['added'] == [f'DNSKEY {FOREIGN.text}']
    assert bind.loaded[ZONE] == 6


@pytest.mark.parametrize(
    ('program', 'says'),
    [
        ('named-checkzone', 'is not usable: named-checkzone says: injected'),
        ('dnssec-signzone', 'the zone was not signed: dnssec-signzone says: injected'),
        ('signed', 'the signed zone is not usable: named-checkzone says: injected'),
    ],
)
def test_whatever_fails_the_signed_file_stays(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path, program: str, says: str) -> None:
    signed_once(bind, capfd, tmp_path)
    before = snapshot(tmp_path / 'signed')
    (tmp_path / 'zone').write_text(SOA + '; another content\n')
    bind.broken[program] = 'injected'
    result = sign(capfd, tmp_path)
    assert result['failed'] and says in result['msg'] and f'zone {ZONE}' in result['msg']
    assert snapshot(tmp_path / 'signed') == before
    assert not any(call.startswith('rndc') for call in bind.calls)


def test_a_foreign_record_that_the_signing_loses_is_noticed_before_it_is_served(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    signed_once(bind, capfd, tmp_path)
    before = snapshot(tmp_path / 'signed')
    share(capfd, tmp_path, add=[f'DNSKEY {FOREIGN.text}'])
    bind.loses = lambda line: FOREIGN.text in line
    result = sign(capfd, tmp_path)
    assert result['failed'] and 'dnssec-signzone left this record out' in result['msg'] and FOREIGN.text in result['msg']
    assert snapshot(tmp_path / 'signed') == before


def test_a_bind_that_would_take_cds_away_is_told_which_to_keep(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """dnssec-signzone -S of 9.20 left SHA-384 out; 9.18 does not know the option."""
    signed_once(bind, capfd, tmp_path)
    assert '-G' not in bind.options
    share(capfd, tmp_path, add=[f'DNSKEY {FOREIGN.text}', f'CDS {FOREIGN.ds(ZONE, 4).text}'])
    bind.help = 'Usage:\n\t-G sync-records:\twhat CDNSKEY and CDS to publish\n'
    sign(capfd, tmp_path)
    assert bind.options['-G'] == 'cdnskey,cds:sha-256,cds:sha-384'


def test_a_reload_that_fails_is_made_up_for(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    signed_once(bind, capfd, tmp_path)
    (tmp_path / 'zone').write_text(SOA + '; another content\n')
    bind.broken['rndc reload'] = 'rndc: connect failed: connection refused'
    assert sign(capfd, tmp_path)['failed']
    bind.broken.clear()
    result = sign(capfd, tmp_path)
    assert result['zones'][0]['msg'] == 'Signed: named did not load the last version'
    assert bind.loaded[ZONE] == result['zones'][0]['serial'] == 7


def test_named_must_show_the_new_serial(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_once(bind, capfd, tmp_path)
    monkeypatch.setattr('time.sleep', lambda _seconds: None)
    (tmp_path / 'zone').write_text(SOA + '; another content\n')
    bind.signed_files[ZONE] = tmp_path / 'zone'  # named goes on with what it had: serial 5
    result = sign(capfd, tmp_path)
    assert result['failed'] and 'named did not load the zone with serial 6 in time: it has serial 5' in result['msg']


def test_keys_that_are_gone_are_not_replaced(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    signed_once(bind, capfd, tmp_path)
    for path in (tmp_path / 'keys' / ZONE).iterdir():
        path.unlink()
    result = sign(capfd, tmp_path)
    assert result['failed'] and 'Restore them from a backup' in result['msg']
    assert 'dnssec-keygen' not in bind.calls


def test_a_lost_include_file_is_not_taken_for_no_foreign_keys(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    signed_once(bind, capfd, tmp_path)
    (tmp_path / 'foreign' / ZONE / 'foreign.include').unlink()
    result = sign(capfd, tmp_path)
    assert result['failed'] and 'Run dnssec_importkey for this zone first' in result['msg']


def test_private_keys_are_for_their_owner_alone(bind: FakeBind, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    signed_once(bind, capfd, tmp_path)
    modes = {path.suffix: path.stat().st_mode & 0o777 for path in (tmp_path / 'keys' / ZONE).iterdir()}
    assert modes == {'.key': 0o644, '.private': 0o600}
    assert (tmp_path / 'keys' / ZONE).stat().st_mode & 0o777 == 0o700
