# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key files as BIND 9.18 writes them: whose they are, when they are published, and what the include file says."""
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, Record
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.keyfiles import (
    KeyFile,
    holds_policy_state,
    included_records,
    key_file_stem,
    read_include,
    read_keys,
    render_include,
    zone_folder,
)

ZONE = 'talk.example'
KEY = DNSKEY(257, 3, 13, bytes(range(64)))
EXTERNAL = 'Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\nExternal:\n'
OWN = 'Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: AAAA\n'


def write_key(folder: Path, key: DNSKEY = KEY, private: str | None = EXTERNAL, times: str = '', zone: str = ZONE) -> KeyFile:
    stem = key_file_stem(zone, key)
    (folder / f'{stem}.key').write_text(f'; This is a key-signing key, keyid {key.tag}, for {zone}.\n{times}{zone}. 60 IN DNSKEY {key.text}\n')
    if private is not None:
        (folder / f'{stem}.private').write_text(private)
    return next(found for found in read_keys(str(folder), zone) if found.key == key)


@pytest.mark.parametrize(
    ('private', 'foreign'),
    [
        (EXTERNAL, True),
        (OWN, False),
        ('Private-key-format: v1.3\nAlgorithm: 8 (RSASHA256)\nModulus: AAAA\n', False),
        (EXTERNAL + 'PrivateKey: AAAA\n', False),
        (EXTERNAL + 'Label: pkcs11:object=ksk\n', False),  # an own key in a security module
        (None, False),  # an own key whose private part is kept offline
        ('', False),
    ],
)
def test_a_key_is_foreign_only_when_that_is_proven(tmp_path: Path, private: str | None, foreign: bool) -> None:
    assert write_key(tmp_path, private=private).foreign is foreign


def test_a_key_file_tells_its_ttl_and_times(tmp_path: Path) -> None:
    key = write_key(tmp_path, times='; Publish: 20270101000000 (Fri Jan  1 00:00:00 2027)\n; Delete: 20280101000000 (Sat Jan  1 00:00:00 2028)\n')
    assert key.ttl == 60
    assert [key.is_published(now) for now in ('20261231235959', '20270101000000', '20271231235959', '20280101000000')] == [False, True, True, False]
    assert write_key(tmp_path, DNSKEY(256, 3, 13, bytes(64))).is_published('20260101000000')


def test_only_the_zones_own_files_are_read(tmp_path: Path) -> None:
    write_key(tmp_path)
    write_key(tmp_path, zone='sub.talk.example')
    assert [key.key for key in read_keys(str(tmp_path), ZONE)] == [KEY]
    assert read_keys(str(tmp_path / 'nothing'), ZONE) == ()


def test_names_become_file_names_as_binds_do() -> None:
    assert key_file_stem('0/25.2.0.192.in-addr.arpa', KEY) == f'K0%2F25.2.0.192.in-addr.arpa.+013+{KEY.tag:05d}'
    assert zone_folder('/keys', '0/25.2.0.192.in-addr.arpa') == '/keys/0%2F25.2.0.192.in-addr.arpa'
    assert key_file_stem('.', KEY) == f'K.+013+{KEY.tag:05d}'
    assert zone_folder('/keys', '.') == '/keys/@'


def test_state_files_betray_the_key_manager(tmp_path: Path) -> None:
    write_key(tmp_path)
    assert not holds_policy_state(str(tmp_path))
    (tmp_path / f'{key_file_stem("other.example", KEY)}.state').write_text('')
    assert holds_policy_state(str(tmp_path))


def test_the_include_file_is_read_as_it_is_written(tmp_path: Path) -> None:
    key, cds = write_key(tmp_path), Record('CDS', KEY.ds(ZONE))
    path = tmp_path / 'foreign.include'
    path.write_bytes(render_include(ZONE, (key,), (cds,), 300))
    include = read_include(str(path), ZONE)
    assert include is not None
    assert (include.key_paths, include.records) == ((key.path,), (cds,))
    assert included_records(str(path), ZONE) == (cds, Record('DNSKEY', KEY))
    assert included_records(str(tmp_path / 'nothing'), ZONE) is None


def test_an_include_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / 'foreign.include'
    path.write_text(f'talk.example. 60 IN DNSKEY {KEY.text}\n')
    with pytest.raises(MultisignerError, match=r'was not written by this collection\. Move it away'):
        read_include(str(path), ZONE)


def test_a_key_file_that_is_gone_is_not_taken_for_no_key(tmp_path: Path) -> None:
    key = write_key(tmp_path)
    path = tmp_path / 'foreign.include'
    path.write_bytes(render_include(ZONE, (key,), (), 300))
    Path(key.path).unlink()
    with pytest.raises(MultisignerError, match=r'which is not there\. Run dnssec_importkey'):
        included_records(str(path), ZONE)
