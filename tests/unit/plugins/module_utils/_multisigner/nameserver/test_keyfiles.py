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
    read_own_keys,
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


# As BIND 9.18.49 wrote them in a KSK rollover: the old key's DNSKEY is gone, and named has not been told yet that its DS is.
OLD_KSK = """; This is the state of key 41056, for talk.example.
Algorithm: 13
Length: 256
Lifetime: 0
Successor: 3542
KSK: yes
ZSK: no
Generated: 20261122121830 (Sun Nov 22 12:18:30 2026)
Published: 20261122121830 (Sun Nov 22 12:18:30 2026)
Retired: 20261122121845 (Sun Nov 22 12:18:45 2026)
DSPublish: 20261122121837 (Sun Nov 22 12:18:37 2026)
DNSKEYState: hidden
KRRSIGState: hidden
DSState: unretentive
GoalState: hidden
"""
# Made beforehand by dnssec-keygen -G, and noticed by named.
NEXT_KSK = """Algorithm: 13
KSK: yes
ZSK: no
Generated: 20261122121841 (Sun Nov 22 12:18:41 2026)
DNSKEYState: hidden
KRRSIGState: hidden
DSState: hidden
GoalState: hidden
"""


def own_key(folder: Path, state: str | None, private: str = OWN, key: DNSKEY = KEY) -> dict[str, object]:
    """What is said of the one key in *folder*, with whether it retires and what named was told; {} when it is not an own one."""
    write_key(folder, key, private=private)
    if state is not None:
        (folder / f'{key_file_stem(ZONE, key)}.state').write_text(state)
    own = read_own_keys(str(folder), ZONE)
    return {**own[0].as_result, 'retires': own[0].is_retiring, 'told': set(own[0].told)} if own else {}


def test_the_state_of_a_key_on_its_way_out(tmp_path: Path) -> None:
    assert own_key(tmp_path, OLD_KSK) == {
        'dnskey': f'DNSKEY {KEY.text}', 'role': 'KSK', 'goal': 'hidden', 'dnskey_state': 'hidden', 'zrrsig_state': None,
        'krrsig_state': 'hidden', 'ds_state': 'unretentive', 'retires': True, 'told': {'published'},
    }


def test_a_key_that_was_made_beforehand_is_not_on_its_way_out(tmp_path: Path) -> None:
    found = own_key(tmp_path, NEXT_KSK)
    assert (found['goal'], found['retires']) == ('hidden', False)


def test_a_key_in_use_is_not_on_its_way_out(tmp_path: Path) -> None:
    assert own_key(tmp_path, OLD_KSK.replace('GoalState: hidden', 'GoalState: omnipresent'))['retires'] is False


@pytest.mark.parametrize(('state', 'flags', 'role'), [
    ('KSK: yes\nZSK: yes\n', 257, 'CSK'), ('KSK: no\nZSK: yes\n', 256, 'ZSK'), (None, 257, 'KSK'), (None, 256, 'ZSK'), ('', 257, 'KSK'),
])
def test_what_the_state_file_does_not_say_is_not_known(tmp_path: Path, state: str | None, flags: int, role: str) -> None:
    found = own_key(tmp_path, state, key=DNSKEY(flags, 3, 13, KEY.key))
    assert found['role'] == role
    assert {found[name] for name in ('goal', 'dnskey_state', 'zrrsig_state', 'krrsig_state', 'ds_state')} == {None}
    assert found['retires'] is False


def test_lines_of_other_versions_and_half_written_files_do_no_harm(tmp_path: Path) -> None:
    found = own_key(tmp_path, 'NewInTheFuture: 1\nGoalState:\tOMNIPRESENT \nDSState:\nDNSKEYSta')
    assert (found['goal'], found['ds_state'], found['dnskey_state']) == ('omnipresent', None, None)


def test_only_a_key_with_a_private_part_here_is_own_and_the_private_part_is_not_told(tmp_path: Path) -> None:
    secret = 'Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: c2VjcmV0\n'
    assert 'c2VjcmV0' not in repr(own_key(tmp_path, OLD_KSK, private=secret))
    assert own_key(tmp_path, OLD_KSK, private=EXTERNAL) == {}
    assert own_key(tmp_path, OLD_KSK, private=EXTERNAL + 'Label: pkcs11:object=ksk\n') != {}
    (tmp_path / f'{key_file_stem(ZONE, KEY)}.private').unlink()
    assert read_own_keys(str(tmp_path), ZONE) == ()
