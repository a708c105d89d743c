# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are written whole or not at all, and not touched when they are right."""
from __future__ import annotations

import errno
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver import files
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.files import (
    Access,
    Disk,
    names_in,
    only_writer,
    read,
    work_folder,
)

ACCESS = Access(0o640)


def test_a_file_that_is_right_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / 'file'
    assert Disk(check=False).file(str(path), b'content', ACCESS)
    os.utime(path, (1, 1))
    assert not Disk(check=False).file(str(path), b'content', ACCESS)
    assert path.stat().st_mtime == 1
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_leads_to_a_folder_and_hides_no_files(tmp_path: Path) -> None:
    folder, path = tmp_path / 'folder', tmp_path / 'link'
    folder.mkdir()
    assert Disk(check=True).link(str(path), str(folder)) and not path.exists()
    assert Disk(check=False).link(str(path), str(folder)) and path.resolve() == folder
    assert not Disk(check=False).link(str(path), str(folder))
    other = tmp_path / 'other'
    other.mkdir()
    assert Disk(check=False).link(str(path), str(other)) and path.resolve() == other
    (folder / 'kept').touch()
    with pytest.raises(MultisignerError, match='holds files, and is to lead to'):
        Disk(check=False).link(str(folder), str(other))
    assert (folder / 'kept').exists()
    (folder / 'kept').unlink()
    assert Disk(check=False).link(str(folder), str(other)) and folder.resolve() == other


def test_a_wrong_mode_is_mended_without_writing(tmp_path: Path) -> None:
    path = tmp_path / 'file'
    Disk(check=False).file(str(path), b'content', Access(0o666))
    os.utime(path, (1, 1))
    assert Disk(check=False).file(str(path), b'content', ACCESS)
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.stat().st_mtime == 1


def test_check_mode_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    disk = Disk(check=True)
    assert disk.folder(str(tmp_path / 'a' / 'b'), Access(0o750))
    assert disk.file(str(tmp_path / 'file'), b'content', ACCESS)
    (tmp_path / 'old').write_bytes(b'old')
    assert disk.remove(str(tmp_path / 'old'))
    assert [path.name for path in tmp_path.iterdir()] == ['old']


@pytest.mark.parametrize(('number', 'says'), [(errno.ENOSPC, 'the file system is full. Make room'), (errno.EROFS, 'read-only'), (errno.EACCES, 'become: true')])
@pytest.mark.parametrize('call', ['fsync', 'rename'])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, says: str, call: str
) -> None:
    path = tmp_path / 'file'
    path.write_bytes(b'old')

    def fail(*_arguments: Any) -> None:
        raise OSError(number, 'injected')

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(MultisignerError, match=says) as caught:
        Disk(check=False).file(str(path), b'new', ACCESS)
    assert str(path) in str(caught.value)
    assert [(found.name, found.read_bytes()) for found in tmp_path.iterdir()] == [('file', b'old')]


def test_the_access_is_set_before_a_secret_is_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    real = os.fsync

    def look(descriptor: int) -> None:
        modes.append(os.fstat(descriptor).st_mode & 0o777)
        real(descriptor)

    monkeypatch.setattr(os, 'fsync', look)
    Disk(check=False).file(str(tmp_path / 'secret'), b'secret', Access(0o600))
    assert modes[0] == 0o600


def test_two_runs_do_not_work_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, 'LOCK_WAIT', 0.0)
    with only_writer(str(tmp_path)), pytest.raises(MultisignerError, match='another run is at work'), only_writer(str(tmp_path)):
        pass
    with only_writer(str(tmp_path)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_run_waits_for_one_that_works_in_the_folder_or_makes_it_meanwhile(tmp_path: Path) -> None:
    order: list[str] = []
    folder = tmp_path / 'multisigner'
    begun = threading.Event()

    def first() -> None:
        with only_writer(str(folder)):
            begun.set()
            folder.mkdir()
            time.sleep(0.5)
            order.append('first')

    run = threading.Thread(target=first)
    run.start()
    begun.wait(10)
    while not folder.exists():
        pass
    with only_writer(str(folder)):
        order.append('second')
    run.join()
    assert order == ['first', 'second']


@pytest.mark.parametrize('call', ['open', 'listdir'])
def test_a_folder_that_may_not_be_looked_into_is_not_taken_for_an_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def refuse(*_arguments: Any) -> None:
        raise PermissionError(errno.EACCES, 'injected')

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(MultisignerError, match=f'cannot look into {tmp_path}: permission denied. Run with become: true'), only_writer(str(tmp_path)):
        names_in(str(tmp_path))


def test_what_is_no_folder_has_nothing_in_it(tmp_path: Path) -> None:
    (tmp_path / 'file').write_bytes(b'')
    assert names_in(str(tmp_path)) == ['file']
    assert names_in(str(tmp_path / 'file')) == names_in(str(tmp_path / 'nothing')) == []


def test_a_full_disk_below_the_working_copies_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(MultisignerError, match=f'cannot work in {tmp_path}: the file system is full. Make room'), work_folder(str(tmp_path)) as work:
        (Path(work) / 'copy').write_bytes(b'copy')
        raise OSError(errno.ENOSPC, 'injected')
    assert list(tmp_path.iterdir()) == []


def test_users_and_modes_that_do_not_exist_are_told() -> None:
    cases = ((('0640', 'nobody-here', None), 'the user "nobody-here"'), (('0640', None, 'nobody-here'), 'the group'), (('rw', None, None), 'not a file mode'))
    for arguments, says in cases:
        with pytest.raises(MultisignerError, match=says):
            Access.of_names(*arguments)
    assert Access.of_names('0640', '12', '34') == Access(0o640, 12, 34)


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    assert read(str(tmp_path / 'nothing')) is None
    with pytest.raises(MultisignerError, match='cannot read'):
        read(str(tmp_path))
