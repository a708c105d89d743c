# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `export`: the DS set as files that a person or a program carries to the registry.

The texts depend on the wanted set alone, not on what the parent shows, so the same set gives the same bytes before and after
it is registered. Files are replaced whole or not at all, and a file with the right content is not touched.
"""
from __future__ import annotations

import json
import os
import tempfile
import textwrap
from typing import Mapping

from ..dnskey import DNSKEY, DS, SHA256, SHA384
from ..errors import MultisignerError
from ..outcome import Outcome
from .base import Capabilities, Delegation, Parent, ds_lines

CAPABILITIES = Capabilities(reaches_parent=False)
DIGEST_NAMES = {SHA256: 'SHA-256', SHA384: 'SHA-384'}
_WHOIS_INDENT = 32  # the column in which .jp's whois begins its values


async def publish(parent: Parent, delegation: Delegation, check_mode: bool) -> Outcome:
    """Writes what differs below the export directory. The outcome's details name every file, written or not."""
    folder = os.path.join(parent.export_dir, delegation.zone.replace('/', '%2F'))
    wanted = {os.path.join(folder, name): text for name, text in render(delegation, parent).items()}
    try:
        present = {path: _read(path) for path in wanted}
        differing = {path: text for path, text in wanted.items() if present[path] != text.encode()}
        if differing and not check_mode:
            os.makedirs(folder, exist_ok=True)
            _replace(differing)
    except OSError as error:
        raise MultisignerError(
            f'the export cannot be written: {error.strerror or error}: {error.filename or folder}', zone=delegation.zone,
            remedy='Make room or give this user the right to write there, then run again; no file was left half-written',
        ) from None
    return Outcome(
        delegation.zone,
        before=_diff_lines({path: (content or b'').decode('utf-8', 'replace') for path, content in present.items() if path in differing}),
        after=_diff_lines(differing),
        changed=bool(differing),
        msg=_summary(delegation, folder, bool(differing), check_mode),
        details={'exported': sorted(wanted)},
    )


def render(delegation: Delegation, parent: Parent) -> Mapping[str, str]:
    """The texts by file name."""
    zone, wanted = delegation.zone, delegation.change.wanted
    return {
        'dsset': ''.join(line + '\n' for line in ds_lines(zone, wanted)),
        'ds.json': _json(delegation),
        'fields.txt': _fields(delegation),
        'whois.txt': ''.join(_whois(ds) for ds in wanted),
        'nsupdate.txt': _nsupdate(delegation, parent),
    }


def _key_of(ds: DS, delegation: Delegation) -> tuple[str, DNSKEY]:
    """The signer whose secure entry point *ds* names, and the key."""
    return next(
        (signer.name, key) for signer in delegation.signers for key in signer.sep_keys if key.ds(delegation.zone, ds.digest_type) == ds
    )


def _json(delegation: Delegation) -> str:
    """`ds` and `key` as RFC 5910 (EPP secDNS-1.1) calls the two kinds of data and their fields."""
    ds_data = [
        {'keyTag': ds.tag, 'alg': ds.algorithm, 'digestType': ds.digest_type, 'digest': ds.digest.hex().upper()} for ds in delegation.change.wanted
    ]
    keys = sorted({key: signer.name for signer in delegation.signers for key in signer.sep_keys}.items())
    key_data = []
    for key, signer in keys:
        flags, protocol, algorithm, public_key = key.text.split(' ')
        key_data.append({'flags': int(flags), 'protocol': int(protocol), 'alg': int(algorithm), 'pubKey': public_key, 'keyTag': key.tag, 'signer': signer})
    return json.dumps({'zone': delegation.zone, 'ds': ds_data, 'key': key_data}, indent=2) + '\n'


def _fields(delegation: Delegation) -> str:
    """Field by field, as web forms ask for them."""
    wanted = delegation.change.wanted
    blocks = [f'Zone: {delegation.zone}\n']
    for number, ds in enumerate(wanted, 1):
        signer, key = _key_of(ds, delegation)
        blocks.append(
            f'DS {number} of {len(wanted)} (of the key of signer {signer})\n'
            f'  Key tag:      {ds.tag}\n'
            f'  Algorithm:    {ds.algorithm}   ({key.algorithm_name})\n'
            f'  Digest type:  {ds.digest_type}   ({DIGEST_NAMES[ds.digest_type]})\n'
            f'  Digest:       {ds.digest.hex().upper()}\n'
            '  Where the form asks for the key instead:\n'
            f'  Flags:        {key.flags}\n'
            f'  Protocol:     {key.protocol}\n'
            f'  Public key:   {key.text.split(" ", 3)[3]}\n'
        )
    return '\n'.join(blocks)


def _whois(ds: DS) -> str:
    """As whois.jprs.jp prints what is registered for a .jp name: to compare with, line by line."""
    indent = ' ' * _WHOIS_INDENT
    digest = textwrap.fill(ds.digest.hex().upper(), width=32 + _WHOIS_INDENT, initial_indent=indent, subsequent_indent=indent)
    return f'{"[Signing Key]":<{_WHOIS_INDENT}}{ds.tag} {ds.algorithm} {ds.digest_type} (\n{digest} )\n'


def _nsupdate(delegation: Delegation, parent: Parent) -> str:
    """For nsupdate(1). It only adds, and only below a delegation: without NS, BIND would drop the DS and say NOERROR."""
    owner = f'{delegation.zone}.'
    primary = parent.primary
    lines = [f'server {primary.address} {primary.port}', f'zone {delegation.parent_zone.rstrip(".")}.', f'prereq yxrrset {owner} IN NS']
    lines += [f'update add {owner} {parent.ttl} IN DS {ds.text}' for ds in delegation.change.wanted]
    return '; nsupdate -k KEYFILE THIS_FILE\n' + '\n'.join(lines) + '\nsend\n'


def _summary(delegation: Delegation, folder: str, differs: bool, check_mode: bool) -> str:
    change = delegation.change
    words = f'{"Would write" if check_mode else "Wrote"} {folder}.' if differs else f'{folder} is up to date.'
    if change.missing:
        words += f' To be registered at the parent: {len(change.missing)} DS.'
    if change.remove:
        words += f' To be removed at the parent: {"; ".join(ds.text for ds in change.remove)}.'
    return words if change.missing or change.remove else f'{words} The parent shows this DS set already.'


def _read(path: str) -> bytes | None:
    try:
        with open(path, 'rb') as file:
            return file.read()
    except FileNotFoundError:
        return None


def _replace(texts: Mapping[str, str]) -> None:
    """Writes all files beside their places first, then moves them there: a full disk changes nothing. Raises OSError."""
    ready: dict[str, str] = {}
    try:
        for path, text in texts.items():
            handle, ready[path] = tempfile.mkstemp(prefix='.', dir=os.path.dirname(path))
            with open(handle, 'wb') as file:
                os.fchmod(handle, 0o644)
                file.write(text.encode())
                file.flush()
                os.fsync(handle)
        for path in texts:
            os.replace(ready[path], path)
            del ready[path]
    finally:
        for leftover in ready.values():
            os.unlink(leftover)


def _diff_lines(texts: Mapping[str, str]) -> tuple[str, ...]:
    """The files one after the other, each line with the name of its file."""
    return tuple(f'{os.path.basename(path)}: {line}' for path, text in sorted(texts.items()) for line in text.splitlines())
