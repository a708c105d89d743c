# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that somebody carries to a registry: their text, that they are never half there, and that nothing touches them twice."""
from __future__ import annotations

import asyncio
import errno
import json
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, DS, NS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dsset import SignerKeys, compare, union_ds
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents import export
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.base import Delegation, Parent
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.nsset import NsRequest, compare_ns
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import Server

ZONE = 'shop.example'
KSK = DNSKEY.parse('257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==')
CSK = DNSKEY.parse('257 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA==')
OLD, STRANGER = DS(1, 13, 2, 32 * b'\1'), DS(2, 13, 2, 32 * b'\2')
NAMES = ['ds.json', 'dsset', 'fields.txt', 'nsupdate.txt', 'whois.txt']


def delegation(*digest_types: int, zone: str = ZONE, registered: bool = False) -> Delegation:
    signers = (SignerKeys('ns1', (KSK,), frozenset((KSK, CSK))), SignerKeys('desec', (CSK,), frozenset((KSK, CSK))))
    wanted = union_ds(zone, signers, digest_types or (2,))
    return Delegation(zone, 'example', signers, compare(zone, wanted, wanted if registered else (), signers), 0)


def leaving(present: tuple[DS, ...] = (OLD, STRANGER), ns: tuple[str, ...] = ('ns1.example.net', 'ns1.old.example')) -> Delegation:
    """deSEC's DS and NS take the place of another provider's; *present* and *ns* are at the parent already."""
    signers = (SignerKeys('desec', (CSK,), frozenset((CSK,))),)
    change = compare(ZONE, union_ds(ZONE, signers, (2,)), present, signers, (OLD,))
    names = NsRequest.parse(ZONE, ('ns1.desec.io', 'ns.shop.example'), ('ns1.old.example',))
    return Delegation(ZONE, 'example', signers, change, 0, compare_ns(ZONE, names, frozenset(NS(name) for name in ns), 86400))


def parent(folder: Path) -> Parent:
    server = Server('192.0.2.1')
    return Parent((server,), server, None, '', 3600, 1, 1, str(folder))


def publish(folder: Path, what: Delegation | None = None, check_mode: bool = False) -> Outcome:
    return asyncio.run(export.publish(parent(folder), what or delegation(), check_mode))


def snapshot(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Content, time of change and inode of every file."""
    return {str(file.relative_to(folder)): (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_ino) for file in folder.rglob('*') if file.is_file()}


def test_the_files_of_a_zone(tmp_path: Path) -> None:
    outcome = publish(tmp_path / 'export')
    assert outcome.changed
    assert [os.path.relpath(path, tmp_path / 'export' / ZONE) for path in outcome.details['exported']] == NAMES
    assert sorted(os.listdir(tmp_path / 'export' / ZONE)) == NAMES
    assert 'To be registered at the parent: 2 DS' in outcome.msg
    modes = {stat.S_IMODE(os.stat(path).st_mode) for path in outcome.details['exported']}
    assert modes == {0o644}


def test_records_as_dnssec_dsfromkey_prints_them() -> None:
    text = export.render(delegation(), parent(Path()))['dsset']
    assert text == (
        'shop.example. IN DS 2371 13 2 9F6CF84EA5D3CA8183D0167E2D7020E0D125C4AEBD98F3378561BC63C1D2C02E\n'
        f'shop.example. IN DS 34506 13 2 {CSK.ds(ZONE).digest.hex().upper()}\n'
    )


def test_data_with_the_names_of_rfc_5910() -> None:
    data = json.loads(export.render(delegation(2, 4), parent(Path()))['ds.json'])
    assert data['zone'] == ZONE
    assert [(ds['keyTag'], ds['digestType'], len(ds['digest'])) for ds in data['ds']] == [(2371, 2, 64), (2371, 4, 96), (34506, 2, 64), (34506, 4, 96)]
    assert data['key'][0] == {'flags': 257, 'protocol': 3, 'alg': 13, 'pubKey': KSK.text.split()[3], 'keyTag': 2371, 'signer': 'ns1'}
    assert [key['signer'] for key in data['key']] == ['ns1', 'desec']


def test_every_field_by_itself() -> None:
    text = export.render(delegation(), parent(Path()))['fields.txt']
    assert 'DS 1 of 2 (of the key of signer ns1)' in text
    assert '  Key tag:      2371\n  Algorithm:    13   (ECDSAP256SHA256)\n  Digest type:  2   (SHA-256)\n  Digest:       9F6CF84E' in text
    assert f'  Flags:        257\n  Protocol:     3\n  Public key:   {CSK.text.split()[3]}\n' in text


def test_what_whois_of_jp_will_show() -> None:
    assert export.render(delegation(), parent(Path()))['whois.txt'].splitlines()[:3] == [
        '[Signing Key]                   2371 13 2 (',
        '                                9F6CF84EA5D3CA8183D0167E2D7020E0',
        '                                D125C4AEBD98F3378561BC63C1D2C02E )',
    ]
    assert len(export.render(delegation(4), parent(Path()))['whois.txt'].splitlines()) == 2 * 4


def test_an_nsupdate_script_that_only_adds_and_only_below_a_delegation() -> None:
    lines = export.render(delegation(), parent(Path()))['nsupdate.txt'].splitlines()
    assert lines[1:4] == ['server 192.0.2.1 53', 'zone example.', 'prereq yxrrset shop.example. IN NS']
    assert [line.split()[:2] for line in lines[4:]] == [['update', 'add'], ['update', 'add'], ['send']]


def test_a_script_that_removes_only_where_all_that_it_adds_is_there() -> None:
    csk = CSK.ds(ZONE).text
    assert export.render(leaving(), parent(Path()))['nsupdate.txt'].splitlines()[3:] == [
        'prereq yxrrset shop.example. IN NS',
        f'update add shop.example. 3600 IN DS {csk}',
        'update add shop.example. 86400 IN NS ns.shop.example.',
        'update add shop.example. 86400 IN NS ns1.desec.io.',
        'send',
        '; The removals. NXRRSET: not all of the above is there, or they are done, or somebody else changed these records.',
        'prereq yxrrset shop.example. IN NS ns.shop.example.',
        'prereq yxrrset shop.example. IN NS ns1.desec.io.',
        'prereq yxrrset shop.example. IN NS ns1.example.net.',
        'prereq yxrrset shop.example. IN NS ns1.old.example.',
        f'prereq yxrrset shop.example. IN DS {OLD.text}',
        f'prereq yxrrset shop.example. IN DS {STRANGER.text}',
        f'prereq yxrrset shop.example. IN DS {csk}',
        'update delete shop.example. IN NS ns1.old.example.',
        f'update delete shop.example. IN DS {OLD.text}',
        'send',
    ]


def test_what_is_to_change_in_words() -> None:
    text = export.render(leaving(), parent(Path()))['fields.txt']
    parts = [
        'DS 1 of 1 (of the key of signer desec)',
        'Name servers to add\n  ns.shop.example   (its name is at or below the zone: register its addresses too)\n  ns1.desec.io\n',
        'When every server of the parent shows all that is above, and not before, remove what follows. Nothing else.\n',
        'Name servers to remove\n  ns1.old.example\n',
        'DS to remove, 1 of 1\n  Key tag:      1\n  Algorithm:    13\n  Digest type:  2\n  Digest:       0101',
    ]
    assert [text.find(part) >= 0 for part in parts] == 5 * [True], text
    assert sorted(parts, key=text.find) == parts
    assert STRANGER.digest.hex() not in text


def test_what_is_to_change_as_data() -> None:
    data = json.loads(export.render(leaving(), parent(Path()))['ds.json'])
    assert [ds['keyTag'] for ds in data['ds']] == [CSK.tag]
    assert data['ds_remove'] == [{'keyTag': 1, 'alg': 13, 'digestType': 2, 'digest': 32 * '01'}]
    assert (data['ns_add'], data['ns_remove']) == (['ns.shop.example', 'ns1.desec.io'], ['ns1.old.example'])


def test_the_dsset_stays_the_wanted_set() -> None:
    texts = export.render(leaving(), parent(Path()))
    assert texts['dsset'] == f'shop.example. IN DS {CSK.tag} 13 2 {CSK.ds(ZONE).digest.hex().upper()}\n'
    assert texts['whois.txt'].count('[Signing Key]') == 1


def test_a_zone_that_goes_insecure_has_only_removals() -> None:
    change = compare(ZONE, (), (OLD, STRANGER), (), (OLD, STRANGER))
    texts = export.render(Delegation(ZONE, 'example', (), change, 3600), parent(Path()))
    assert texts['dsset'] == ''
    assert [line.split()[:2] for line in texts['nsupdate.txt'].splitlines()[4:]] == 2 * [['prereq', 'yxrrset']] + 2 * [['update', 'delete']] + [['send']]


def test_the_message_says_what_is_left_to_be_done(tmp_path: Path) -> None:
    outcome = publish(tmp_path, leaving())
    assert outcome.msg == (
        f'Wrote {tmp_path}/shop.example. To be registered at the parent: 1 DS; NS ns.shop.example; NS ns1.desec.io. '
        f'To be removed at the parent, when it shows that: NS ns1.old.example; DS {OLD.text}. '
        f'Left alone, since no listed key has it and "remove" does not name it: DS {STRANGER.text}.'
    )


def test_the_same_request_gives_the_same_bytes_however_much_of_it_is_done(tmp_path: Path) -> None:
    publish(tmp_path, leaving())
    before = snapshot(tmp_path)
    new, names = CSK.ds(ZONE), ('ns1.example.net', 'ns.shop.example', 'ns1.desec.io')
    for present, ns in (((OLD, STRANGER, new), (*names, 'ns1.old.example')), ((OLD, STRANGER, new), names), ((STRANGER, new), names)):
        outcome = publish(tmp_path, leaving(present, ns))
        assert not outcome.changed
    assert 'The parent shows these DS and NS already. Left alone' in outcome.msg
    assert snapshot(tmp_path) == before


def test_a_second_time_nothing_is_touched(tmp_path: Path) -> None:
    publish(tmp_path)
    before = snapshot(tmp_path)
    outcome = publish(tmp_path)
    assert not outcome.changed
    assert outcome.before == outcome.after == ()
    assert snapshot(tmp_path) == before


def test_registration_at_the_parent_changes_no_byte(tmp_path: Path) -> None:
    publish(tmp_path)
    before = snapshot(tmp_path)
    outcome = publish(tmp_path, delegation(registered=True))
    assert not outcome.changed
    assert 'The parent shows this DS set already' in outcome.msg
    assert snapshot(tmp_path) == before


def test_only_the_file_that_differs_is_written(tmp_path: Path) -> None:
    publish(tmp_path)
    before = snapshot(tmp_path)
    (tmp_path / ZONE / 'dsset').write_text('shop.example. IN DS by hand\n')
    outcome = publish(tmp_path)
    assert outcome.before == ('dsset: shop.example. IN DS by hand',)
    assert [line.split(': ')[0] for line in outcome.after] == ['dsset', 'dsset']
    after = snapshot(tmp_path)
    assert {name: seen[0] for name, seen in after.items()} == {name: seen[0] for name, seen in before.items()}
    assert {name for name in after if after[name] != before[name]} == {f'{ZONE}/dsset'}


def test_check_mode_tells_the_same_and_writes_nothing(tmp_path: Path) -> None:
    told = publish(tmp_path / 'export', check_mode=True)
    assert not (tmp_path / 'export').exists()
    done = publish(tmp_path / 'export')
    assert told.changed and done.changed
    assert told.after == done.after
    assert told.before == done.before == ()
    assert told.msg.startswith('Would write')


def test_a_name_with_a_slash_stays_one_folder(tmp_path: Path) -> None:
    publish(tmp_path, delegation(zone='0/25.2.0.192.in-addr.arpa'))
    assert os.listdir(tmp_path) == ['0%2F25.2.0.192.in-addr.arpa']


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, delegation(2))
    before = snapshot(tmp_path)
    written = []

    def full(descriptor: int) -> None:
        written.append(descriptor)
        if len(written) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(MultisignerError, match='cannot be written: No space left on device') as caught:
        publish(tmp_path, delegation(2, 4))
    assert len(written) == 3
    assert 'Make room' in str(caught.value)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize('blocked', ['', ZONE])
def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, blocked: str) -> None:
    folder = tmp_path / 'export'
    if blocked:
        folder.mkdir()
    (folder / blocked).write_text('a file is in the way')
    with pytest.raises(MultisignerError, match=r'zone shop\.example: the export cannot be written') as caught:
        publish(folder)
    assert str(folder) in str(caught.value)


def test_two_zones_do_not_share_a_file(tmp_path: Path) -> None:
    first = publish(tmp_path)
    second = publish(tmp_path, delegation(zone='talk.example'))
    assert not set(first.details['exported']) & set(second.details['exported'])
