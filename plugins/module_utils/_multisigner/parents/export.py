# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channel `export`: the DS set, and what else is to change, as files that a person or a program carries to the registry.

The texts depend on what is asked for, and not on how much of it the parent shows already, so the same request gives the same bytes
before and after it is registered. Files are replaced whole or not at all, and a file with the right content is not touched.
"""
from __future__ import annotations

import json
import os
import tempfile
import textwrap
from typing import Any, Iterable, Mapping

from ..dnskey import DNSKEY, DS, NS, SHA256, SHA384, Rdata
from ..errors import MultisignerError
from ..outcome import Outcome
from .base import Capabilities, Delegation, Exporting, Parent, ds_lines
from .nsset import NsRequest, in_domain

CAPABILITIES = Capabilities(write='files', delete_by='', edits_ns=True)
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
    """`ds` and `key` as RFC 5910 (EPP secDNS-1.1) calls the two kinds of data and their fields; beside them what else is to change."""
    keys = sorted({key: signer.name for signer in delegation.signers for key in signer.sep_keys}.items())
    key_data = []
    for key, signer in keys:
        flags, protocol, algorithm, public_key = key.text.split(' ')
        key_data.append({'flags': int(flags), 'protocol': int(protocol), 'alg': int(algorithm), 'pubKey': public_key, 'keyTag': key.tag, 'signer': signer})
    names = _names(delegation)
    data = {
        'zone': delegation.zone,
        'ds': [_ds_data(ds) for ds in delegation.change.wanted],
        'key': key_data,
        'ds_remove': [_ds_data(ds) for ds in delegation.change.request],
        'ns_add': [ns.target for ns in sorted(names.add)],
        'ns_remove': [ns.target for ns in sorted(names.remove)],
    }
    return json.dumps(data, indent=2) + '\n'


def _ds_data(ds: DS) -> dict[str, Any]:
    return {'keyTag': ds.tag, 'alg': ds.algorithm, 'digestType': ds.digest_type, 'digest': ds.digest.hex().upper()}


def _names(delegation: Delegation) -> NsRequest:
    return delegation.ns.request if delegation.ns is not None else NsRequest(frozenset(), frozenset())


def _fields(delegation: Delegation) -> str:
    """Field by field, as web forms ask for them, in the order in which it is to be done."""
    wanted, going, names = delegation.change.wanted, delegation.change.request, _names(delegation)
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
    if names.add:
        blocks.append(f'Name servers to add\n{"".join(_name_line(delegation.zone, ns) for ns in sorted(names.add))}')
    if going or names.remove:
        blocks.append('When every server of the parent shows all that is above, and not before, remove what follows. Nothing else.\n')
    if names.remove:
        blocks.append(f'Name servers to remove\n{"".join(f"  {ns.target}{chr(10)}" for ns in sorted(names.remove))}')
    for number, ds in enumerate(going, 1):
        blocks.append(
            f'DS to remove, {number} of {len(going)}\n'
            f'  Key tag:      {ds.tag}\n'
            f'  Algorithm:    {ds.algorithm}\n'
            f'  Digest type:  {ds.digest_type}\n'
            f'  Digest:       {ds.digest.hex().upper()}\n'
        )
    return '\n'.join(blocks)


def _name_line(zone: str, ns: NS) -> str:
    return f'  {ns.target}{"   (its name is at or below the zone: register its addresses too)" if in_domain(zone, ns) else ""}\n'


def _whois(ds: DS) -> str:
    """As whois.jprs.jp prints what is registered for a .jp name: to compare with, line by line."""
    indent = ' ' * _WHOIS_INDENT
    digest = textwrap.fill(ds.digest.hex().upper(), width=32 + _WHOIS_INDENT, initial_indent=indent, subsequent_indent=indent)
    return f'{"[Signing Key]":<{_WHOIS_INDENT}}{ds.tag} {ds.algorithm} {ds.digest_type} (\n{digest} )\n'


def _nsupdate(delegation: Delegation, parent: Parent) -> str:
    """For nsupdate(1): a message that adds, only below a delegation (without NS, BIND would drop the DS and say NOERROR), and one that
    removes, only where all that was added is there. Its prerequisites are the RRsets in which everything is and nothing is gone yet."""
    change, ns, names = delegation.change, delegation.ns, _names(delegation)
    owner = f'{delegation.zone}.'
    add = [f'update add {owner} {parent.ttl} IN DS {ds.text}' for ds in change.wanted]
    add += [f'update add {owner} {ns.ttl} IN NS {name.text}' for name in sorted(names.add)] if ns is not None else []
    remove = [f'update delete {owner} IN NS {name.text}' for name in sorted(names.remove)]
    remove += [f'update delete {owner} IN DS {ds.text}' for ds in change.request]
    lines = ['; nsupdate -k KEYFILE THIS_FILE', f'server {parent.primary.address} {parent.primary.port}', f'zone {delegation.parent_zone.rstrip(".")}.']
    if add:
        lines += [f'prereq yxrrset {owner} IN NS', *add, 'send']
    if remove:
        lines.append('; The removals. NXRRSET: not all of the above is there, or they are done, or somebody else changed these records.')
        if ns is not None:
            lines += _prerequisites(owner, 'NS', {*ns.present, *names.add, *names.remove})
        if change.request:
            lines += _prerequisites(owner, 'DS', {*change.present, *change.wanted, *change.request})
        lines += [*remove, 'send']
    return '\n'.join(lines) + '\n'


def _prerequisites(owner: str, rtype: str, values: Iterable[Rdata]) -> list[str]:
    return [f'prereq yxrrset {owner} IN {rtype} {text}' for text in sorted(value.text for value in values)]


def _summary(delegation: Delegation, folder: str, differs: bool, check_mode: bool) -> str:
    change, ns = delegation.change, delegation.ns
    words = f'{"Would write" if check_mode else "Wrote"} {folder}.' if differs else f'{folder} is up to date.'
    add = [f'{len(change.missing)} DS'] if change.missing else []
    remove = [f'DS {ds.text}' for ds in change.remove]
    if ns is not None:
        add += [f'NS {name.target}' for name in ns.add]
        remove = [f'NS {name.target}' for name in ns.remove] + remove
    if add:
        words += f' To be registered at the parent: {"; ".join(add)}.'
    if remove:
        words += f' To be removed at the parent{", when it shows that" if add else ""}: {"; ".join(remove)}.'
    if not add and not remove:
        words += ' The parent shows this DS set already.' if ns is None else ' The parent shows these DS and NS already.'
    return words + change.told_unknown


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


CHANNEL = Exporting(CAPABILITIES, publish)
