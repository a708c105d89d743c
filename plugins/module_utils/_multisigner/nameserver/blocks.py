# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The include file that this collection owns at a name server, as text: blocks under comments that say of what kind and whose they are.

What a block says is the server's language and is written elsewhere; here nothing is read from a disk or written to one but working copies,
and no block that nobody mentioned is lost. Standard library only, because it travels to name servers.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Dict, List, Pattern, Sequence, Tuple

from ..errors import MultisignerError
from ..outcome import Outcome

INCLUDE_NAME = 'multisigner.conf'
ZONE, POLICY_BLOCK = 'zone', 'policy'
_POLICY_OF_ZONE = re.compile(r'\bdnssec-policy:? "([^"]+)"')

Blocks = Dict[Tuple[str, str], str]  # by kind and name


@dataclass(frozen=True)
class Key:
    """The TSIG key by which foreign records come in. The secret stays out of repr and of every diff."""

    name: str
    algorithm: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Result:
    """What a declaring module answers."""

    outcomes: Tuple[Outcome, ...]
    changed: bool
    diff: Tuple[Dict[str, str], ...]


@dataclass(frozen=True)
class BlockFile:
    """One server's form of the file. *comment* begins a comment; *module* writes the file; *kinds* are in the order in which the server
    wants to read them; *secret* has groups for what stands before and after a secret."""

    comment: str
    module: str
    kinds: Tuple[str, ...]
    secret: Pattern[str]

    def parse(self, text: str) -> Blocks:
        """Raises MultisignerError for a file that somebody else wrote."""
        if text and not text.startswith(self._header.splitlines()[0]):
            raise MultisignerError(f'{INCLUDE_NAME} was not written by this collection', remedy='Move it away')
        mark = re.escape(self._mark)
        block = re.compile(rf'^{mark}({"|".join(self.kinds)}) (\S+)\n(.*?)(?=^{mark}|\Z)', re.MULTILINE | re.DOTALL)
        return {(kind, name): content for kind, name, content in block.findall(text)}

    def render(self, blocks: Blocks) -> str:
        ordered = sorted(blocks, key=lambda name: (self.kinds.index(name[0]), name[1]))
        return self._header + ''.join(f'{self._mark}{kind} {name}\n{blocks[(kind, name)]}' for kind, name in ordered)

    def result(self, path: str, outcomes: Sequence[Outcome], changed: bool, before: Blocks, after: Blocks) -> Result:
        """The answer; its diff is that of the zones, and of all else in the file *path*, without secrets."""
        shared = tuple(
            dict(before_header=path, after_header=path, before=self._without_secret(before.get(name, '')), after=self._without_secret(after.get(name, '')))
            for name in sorted(set(before) | set(after))
            if name[0] != ZONE and before.get(name) != after.get(name)
        )
        zones = tuple(
            dict(before_header=one.zone, after_header=one.zone, before='\n'.join((*one.before, '')), after='\n'.join((*one.after, '')))
            for one in outcomes
            if one.before != one.after
        )
        return Result(tuple(outcomes), changed or any(outcome.changed for outcome in outcomes), shared + zones)

    @property
    def _header(self) -> str:
        return (
            f'{self.comment} Zones that more than one signer signs.\n'
            f'{self.comment} This file is owned by the Ansible collection dnssec.multisigner ({self.module}). Edits by hand are lost.\n'
        )

    @property
    def _mark(self) -> str:
        return f'{self.comment} multisigner: '

    def _without_secret(self, block: str) -> str:
        return self.secret.sub(r'\1...\2', block)


def kept(blocks: Blocks, anew: str, absent: Sequence[str]) -> Blocks:
    """What of *blocks* stays to begin with: all but those of the kind *anew*, which are made anew, and the zones *absent*."""
    gone = {(ZONE, zone) for zone in absent}
    return {name: text for name, text in blocks.items() if name[0] != anew and name not in gone}


def taken_out(before: Blocks, absent: Sequence[str]) -> List[Outcome]:
    """What happened to the zones *absent* that were declared."""
    return [
        Outcome(zone, changed=True, before=shown(before[(ZONE, zone)]), msg='It is no longer declared; its files are left where they are')
        for zone in absent
        if (ZONE, zone) in before
    ]


def without_unused_policies(blocks: Blocks) -> Blocks:
    used = {policy for name, text in blocks.items() if name[0] == ZONE for policy in _POLICY_OF_ZONE.findall(text)}
    return {name: text for name, text in blocks.items() if name[0] != POLICY_BLOCK or name[1] in used}


def refuse_both(zone: str, absent: Sequence[str]) -> None:
    """Raises MultisignerError for a zone that is to be declared and is among *absent*."""
    if zone in absent:
        raise MultisignerError('it is to be declared and to be absent at once', remedy='Decide for one')


def shown(block: str) -> Tuple[str, ...]:
    """A block's lines, for the diff."""
    return tuple(block.splitlines())


def write_copy(path: str, text: str) -> None:
    """A working copy, in a folder of work_folder()."""
    with open(path, 'w', encoding='utf-8', errors='surrogateescape') as handle:
        handle.write(text)
