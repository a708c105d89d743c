# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a report: what is in each, and how it gets to its place, whole or not at all."""
from __future__ import annotations

import json
import os
import stat
import tempfile
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

from ..errors import MultisignerError
from .junit import junit
from .page import page
from .prometheus import prometheus
from .returned import Zone, read_zones

FORMAT_VERSION = 1  # of the JSON; a higher one means that something was renamed or went away
NEW_FILE_MODE = 0o644  # node_exporter and web servers run as other users


def as_json(zones: Sequence[Mapping[str, Any]], errors: Mapping[str, str]) -> str:
    """What was returned as it is, in a stable order."""
    ordered = sorted(zones, key=lambda zone: str(zone['name']))
    return json.dumps({'version': FORMAT_VERSION, 'errors': dict(errors), 'zones': ordered}, indent=2, sort_keys=True, ensure_ascii=True) + '\n'


_FORMS: Mapping[str, Callable[[Sequence[Zone], Mapping[str, str]], str]] = {'html': page, 'junit': junit, 'prometheus': prometheus}
FORMS = (*_FORMS, 'json')


@dataclass(frozen=True)
class File:
    """A file of the report. *before* is what is there now, None for no file; *mode* its permissions."""

    form: str
    path: str
    before: bytes | None
    after: bytes
    mode: int

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def prepare(zones: Sequence[Mapping[str, Any]], errors: Mapping[str, str], paths: Mapping[str, str]) -> tuple[File, ...]:
    """The files of *paths* (by form), rendered and compared with what is there. Raises MultisignerError."""
    read = read_zones(zones)
    if not read and not errors:
        raise MultisignerError('there is no zone to report', remedy='Give the "zones" and "errors" that dnssec_verify returned')
    if not paths:
        raise MultisignerError('there is no path', remedy=f'Give at least one of {", ".join(FORMS)}')
    if len(set(paths.values())) < len(paths):
        raise MultisignerError('two files of the report have the same path', remedy='Give each its own path')
    return tuple(_prepared(form, path, as_json(zones, errors) if form == 'json' else _FORMS[form](read, errors)) for form, path in paths.items())


def _prepared(form: str, path: str, text: str) -> File:
    try:
        found = os.stat(path)
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            raise MultisignerError(f'{path} cannot be written: it is no ordinary file', remedy='Give another path')
        with open(path, 'rb') as file:
            return File(form, path, file.read(), text.encode('utf-8'), stat.S_IMODE(found.st_mode))
    except FileNotFoundError:
        folder = os.path.dirname(path)
        if not os.path.isdir(folder):
            raise MultisignerError(f'{path} cannot be written: there is no folder {folder}', remedy='Make the folder, or correct the path') from None
        return File(form, path, None, text.encode('utf-8'), NEW_FILE_MODE)
    except OSError as error:
        raise _failure(path, error) from None


def write(files: Sequence[File]) -> None:
    """Replaces those that are changed. All are written beside their places first: a full disk changes none. Raises MultisignerError."""
    changed = [file for file in files if file.is_changed]
    ready: dict[str, str] = {}
    path = ''
    try:
        for file in changed:
            path = file.path
            handle, ready[path] = tempfile.mkstemp(prefix='.', suffix='.new', dir=os.path.dirname(path))
            with open(handle, 'wb') as opened:
                opened.write(file.after)
                os.fchmod(handle, file.mode)
        for file in changed:
            path = file.path
            os.replace(ready[path], path)
            del ready[path]
    except OSError as error:
        raise _failure(path, error) from None
    finally:
        for leftover in ready.values():
            os.unlink(leftover)


def _failure(path: str, error: OSError) -> MultisignerError:
    """Says what is in the way, and what to do."""
    if isinstance(error, IsADirectoryError):
        remedy = 'Give the path of a file in it'
    elif isinstance(error, NotADirectoryError):
        remedy = 'Correct the path'
    elif isinstance(error, PermissionError):
        remedy = 'Give this user the right to write there, or another path'
    else:
        remedy = 'Make room, or give another path; no file was left half-written'
    return MultisignerError(f'{path} cannot be written: {error.strerror or error}', remedy=remedy)
