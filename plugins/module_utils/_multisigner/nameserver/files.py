# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the name server: written whole or not at all, and not touched when they are already right.

A file is written beside its final place, synced, and renamed; a full or read-only disk leaves the old one. In check mode
every method answers the same and writes nothing. Standard library only, because it travels to name servers.
"""
from __future__ import annotations

import contextlib
import errno
import fcntl
import grp
import os
import pwd
import re
import stat
import tempfile
import time
from dataclasses import dataclass, replace
from typing import Iterator, List, Optional

from ..errors import MultisignerError

_REMEDIES = {
    errno.ENOSPC: ('the file system is full', 'Make room on it, then run again'),
    errno.EDQUOT: ('the disk quota is used up', 'Make room, then run again'),
    errno.EROFS: ('the file system is read-only', 'Mount it writable, then run again'),
    errno.EACCES: ('permission denied', 'Run with become: true, or give the folder to the user who runs this'),
    errno.EPERM: ('not permitted', 'Run with become: true, or give the folder to the user who runs this'),
}
LOCK_WAIT = 300.0  # seconds to wait for another run's work, which is the same for other zones
_NAMEDS_USER = 'Name what named runs as (Debian: bind; RHEL: named)'
_SELINUX_LABEL = 'security.selinux'


@dataclass(frozen=True)
class Access:
    """Who may use a file or folder. *uid* and *gid* None: whoever creates it."""

    mode: int
    uid: Optional[int] = None
    gid: Optional[int] = None

    @classmethod
    def of_names(cls, mode: str, owner: Optional[str], group: Optional[str]) -> Access:
        """*mode* in octal digits. Raises MultisignerError when the mode is none, or the user or the group does not exist here."""
        if not re.match(r'^0?[0-7]{3}$', mode):
            raise MultisignerError(f'"{mode}" is not a file mode', remedy='Write three octal digits in quotes, for example "0640"')
        try:
            uid = None if owner is None else int(owner) if owner.isdigit() else pwd.getpwnam(owner).pw_uid
        except KeyError:
            raise MultisignerError(f'the user "{owner}" does not exist on this server', remedy=_NAMEDS_USER) from None
        try:
            gid = None if group is None else int(group) if group.isdigit() else grp.getgrnam(group).gr_gid
        except KeyError:
            raise MultisignerError(f'the group "{group}" does not exist on this server', remedy=_NAMEDS_USER) from None
        return cls(int(mode, 8), uid, gid)

    def but(self, mode: int) -> Access:
        """The same users with another mode."""
        return replace(self, mode=mode)

    def fits(self, status: os.stat_result) -> bool:
        return (
            stat.S_IMODE(status.st_mode) == self.mode
            and self.uid in (None, status.st_uid)
            and self.gid in (None, status.st_gid)
        )


class Disk:
    """Lays down files and folders. Each method returns whether something differed; with *check* it writes nothing."""

    def __init__(self, check: bool) -> None:
        self.check = check

    def folder(self, path: str, access: Access) -> bool:
        """Makes *path*, and the folders above it, with *access*. Raises MultisignerError."""
        with _explained(path, 'make the folder'):
            if os.path.isdir(path):
                return self._grant(path, access)
            if not self.check:
                if not os.path.isdir(os.path.dirname(path)):
                    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
                os.mkdir(path, access.mode)
                self._grant(path, access)
            return True

    def file(self, path: str, content: bytes, access: Access) -> bool:
        """Makes *path* hold *content*, atomically. Raises MultisignerError; the old file then is as it was."""
        if read(path) == content:
            with _explained(path, 'change the access of'):
                return self._grant(path, access)
        if not self.check:
            with _explained(path, 'write'):
                _replace(path, content, access)
        return True

    def link(self, path: str, folder: str) -> bool:
        """Makes *path* lead to *folder*. Raises MultisignerError, also for a folder of its own that is there with something in it."""
        with _explained(path, 'make the link'):
            if os.path.realpath(path) == os.path.realpath(folder):
                return False
            if os.path.isdir(path) and not os.path.islink(path):
                if os.listdir(path):
                    raise MultisignerError(f'{path} holds files, and is to lead to {folder}', remedy='Move them there if they are needed, or else away')
                if not self.check:
                    os.rmdir(path)
            if not self.check:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
                os.symlink(folder, path)
        return True

    def remove(self, path: str) -> bool:
        """Takes *path* away. Raises MultisignerError."""
        if not os.path.lexists(path):
            return False
        if not self.check:
            with _explained(path, 'remove'):
                os.unlink(path)
        return True

    def _grant(self, path: str, access: Access) -> bool:
        status = os.stat(path)
        if access.fits(status):
            return False
        if not self.check:
            if access.uid not in (None, status.st_uid) or access.gid not in (None, status.st_gid):
                os.chown(path, -1 if access.uid is None else access.uid, -1 if access.gid is None else access.gid)
            os.chmod(path, access.mode)
        return True


def read(path: str) -> Optional[bytes]:
    """The content of *path*; None when there is no such file. Raises MultisignerError when it cannot be read."""
    with _explained(path, 'read'):
        try:
            with open(path, 'rb') as handle:
                return handle.read()
        except FileNotFoundError:
            return None


def names_in(folder: str) -> List[str]:
    """The names in *folder*, sorted; none when there is no such folder. Raises MultisignerError when it cannot be looked into."""
    with _explained(folder, 'look into'):
        try:
            return sorted(os.listdir(folder))
        except (FileNotFoundError, NotADirectoryError):
            return []


def current_access(path: str) -> Access:
    """Whose *path* is now, so that a rewrite leaves it so. Raises MultisignerError."""
    with _explained(path, 'look at'):
        status = os.stat(path)
    return Access(stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)


@contextlib.contextmanager
def only_writer(folder: str) -> Iterator[None]:
    """Keeps a second run away from *folder* while it lasts, and waits for one that is at work, such as that of another share of the zones.

    Raises MultisignerError when that takes too long. Makes no file.
    """
    with contextlib.ExitStack() as above, contextlib.ExitStack() as own:
        with contextlib.suppress(PermissionError):  # who may not look there does not make the folder either
            _lock(os.path.dirname(os.path.abspath(folder)), above)  # a run that makes the folder only now has nothing else to hold
        with _explained(folder, 'look into'):
            is_there = _lock(folder, own)
        if is_there:
            above.close()
        yield


def _lock(folder: str, held: contextlib.ExitStack) -> bool:
    """Whether *folder* is there; then nobody else has it until *held* is closed."""
    if not os.path.isdir(folder):
        return False
    handle = os.open(folder, os.O_RDONLY)
    held.callback(os.close, handle)
    give_up = time.monotonic() + LOCK_WAIT
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > give_up:
                raise MultisignerError(f'another run is at work in {folder}', remedy='Wait until it has ended, then run again') from None
        time.sleep(0.1)


@contextlib.contextmanager
def work_folder(root: Optional[str] = None) -> Iterator[str]:
    """A folder for working copies, below *root* or the system's own place for them, while it lasts.

    Raises MultisignerError for what goes wrong with the files in it, such as a disk that is full.
    """
    with _explained(root or tempfile.gettempdir(), 'work in'), tempfile.TemporaryDirectory(dir=root) as folder:
        yield folder


def _replace(path: str, content: bytes, access: Access) -> None:
    folder = os.path.dirname(path)
    handle, temporary = tempfile.mkstemp(prefix='.', suffix='.new', dir=folder)
    try:
        with os.fdopen(handle, 'wb') as file:
            # The access comes first: a secret is never readable by others, not for a moment.
            if access.uid is not None or access.gid is not None:
                os.fchown(file.fileno(), -1 if access.uid is None else access.uid, -1 if access.gid is None else access.gid)
            os.fchmod(file.fileno(), access.mode)
            _keep_label(path, temporary)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _keep_label(path: str, temporary: str) -> None:
    """Under SELinux a file made anew in /etc would lose the type that lets named read it."""
    with contextlib.suppress(OSError):
        os.setxattr(temporary, _SELINUX_LABEL, os.getxattr(path, _SELINUX_LABEL))


@contextlib.contextmanager
def _explained(path: str, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why, remedy = _REMEDIES.get(error.errno or 0, (error.strerror or 'unknown error', 'See to it that this file can be written, then run again'))
        raise MultisignerError(f'cannot {what} {path}: {why}', remedy=remedy) from None
