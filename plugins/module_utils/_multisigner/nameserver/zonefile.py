# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone's unsigned content as BIND reads it: checked, flattened, and its serial.

The user's file is only ever read. Standard library and named-checkzone only, because it travels to name servers.
"""
from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from typing import List, Set, Tuple

from ..errors import MultisignerError
from .files import read
from .tools import Tools

_SOA = re.compile(r'^(\S+\s+\d+\s+IN\s+SOA\s+\S+\s+\S+\s+)(\d+)(\s)', re.MULTILINE)
_SIGNERS_OWN = re.compile(r'^(\S+)\s+\d+\s+IN\s+(RRSIG|NSEC|NSEC3|NSEC3PARAM|DNSKEY|CDS|CDNSKEY)\s', re.MULTILINE)
_TTL = re.compile(r'^(\S+)\s+(\d+)\s+IN\s', re.MULTILINE)
_INCLUDE = re.compile(r'^\$INCLUDE\s+"?([^"\s;]+)', re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Content:
    """One zone's unsigned records, one a line, every name in full, without directives."""

    text: str
    serial: int

    def largest_ttl(self) -> Tuple[int, str]:
        """The largest TTL, and a name that has it."""
        return max((int(ttl), name) for name, ttl in _TTL.findall(self.text))

    def with_serial(self, serial: int) -> str:
        return _SOA.sub(lambda match: f'{match.group(1)}{serial}{match.group(3)}', self.text, count=1)


def read_content(tools: Tools, zone: str, path: str, work: str) -> Content:
    """The zone file *path* through named-checkzone, *work* being a folder for a working copy.

    $INCLUDE names are relative to the file's own folder. Raises MultisignerError with named-checkzone's words, and when the
    file already holds what a signer adds.
    """
    flat = os.path.join(work, 'content')
    tools.run(
        'named-checkzone', '-i', 'local', '-D', '-s', 'full', '-F', 'text', '-o', flat, zone, path, cwd=os.path.dirname(path),
        what=f'the zone file {path} is not usable', remedy='Mend the zone file; what is served was not changed',
    )
    text = (read(flat) or b'').decode('utf-8', 'surrogateescape')
    found = _SIGNERS_OWN.search(text)
    if found:
        raise MultisignerError(
            f'the zone file {path} holds {found.group(2)} records at {found.group(1)}, which the signing adds by itself', zone=zone,
            remedy='Take them out: foreign keys come by dnssec_importkey or rfc2136_dnskey, own keys lie in the key folder',
        )
    soa = _SOA.search(text)
    if soa is None:
        raise MultisignerError(f'no SOA record was found in {path}', zone=zone, remedy='Mend the zone file')
    return Content(text, int(soa.group(2)))


def content_fingerprint(zone: str, path: str) -> str:
    """A hash over the zone file and every file that it includes: cheap enough for a thousand zones that did not change.

    Raises MultisignerError when one of them is missing.
    """
    digest = hashlib.sha256()
    queue: List[str] = [path]
    seen: Set[str] = set()
    while queue:
        name = queue.pop(0)
        if name in seen:
            continue
        seen.add(name)
        content = read(name)
        if content is None:
            raise MultisignerError(f'the zone file {name} does not exist', zone=zone, remedy='Put it there, or correct the path')
        digest.update(f'{name} {len(content)}\n'.encode())
        digest.update(content)
        queue += [os.path.join(os.path.dirname(path), included) for included in _INCLUDE.findall(content.decode('utf-8', 'replace'))]
    return digest.hexdigest()


def next_serial(source: int, last: int) -> int:
    """The serial of a new version: the zone file's own when it is newer than the *last* served, else *last* plus one (RFC 1982)."""
    if 0 < (source - last) % 2**32 < 2**31:
        return source
    return (last + 1) % 2**32 or 1


def serial_of(text: str) -> int:
    """The serial in a signed zone as dnssec-signzone writes it. Raises MultisignerError."""
    soa = _SOA.search(text)
    if soa is None:
        raise MultisignerError('no SOA record was found in the signed zone', remedy='Remove the signed file, then run again')
    return int(soa.group(2))
