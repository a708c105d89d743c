# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What named is configured to do, read from `named-checkconf -p`, which prints included files too and in one form.

It never writes, and asks for the form without secrets. Standard library only, because it travels to name servers.
"""
from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from ..dnskey import zone_name
from ..errors import MultisignerError
from .tools import Tools, one_line

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{};]|[^\s{};"]+')
_Tree = List['_Statement']
_DURATION = re.compile(r'^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$')
_DIGESTS = {'1': 1, 'SHA-1': 1, '2': 2, 'SHA-256': 2, '4': 4, 'SHA-384': 4}


@dataclass(frozen=True)
class _Statement:
    """``words...;`` or ``words... { body };``"""

    words: Tuple[str, ...]
    body: Tuple[_Statement, ...] = ()

    def value(self, name: str) -> Optional[str]:
        """The first word after the option *name* in the body, without quotes; None when it is not set."""
        for statement in self.body:
            if statement.words[0] == name and len(statement.words) > 1:
                return statement.words[1].strip('"')
        return None

    def has(self, name: str) -> bool:
        return any(statement.words[0] == name for statement in self.body)


@dataclass(frozen=True)
class Policy:
    """What a dnssec-policy says, and BIND's defaults for the rest; the defaults alone for the built-in ones, which are not printed.

    *dnskey_ttl* in seconds. *lifetimes*: of its keys, as written. *inline_signing*: None where nothing is said. *manual*: named waits for
    rndc dnssec -step. *cds_digest_types*: by number.
    """

    dnskey_ttl: int = 3600
    lifetimes: Tuple[str, ...] = ('unlimited',)
    inline_signing: Optional[bool] = None
    manual: bool = False
    cds_digest_types: Tuple[int, ...] = (2,)


@dataclass(frozen=True)
class ZoneSettings:
    """How one zone is declared, options of the server included. *policy* is None without a dnssec-policy."""

    name: str
    file: Optional[str]
    policy: Optional[str]
    inline_signing: Optional[bool]
    dynamic: bool
    key_directory: Optional[str]


@dataclass(frozen=True)
class Configuration:
    zones: Mapping[str, ZoneSettings]
    key_names: Tuple[str, ...]
    policies: Mapping[str, Policy]

    def policy_key_directories(self) -> Dict[str, str]:
        """Folders in which named's key manager works, each with one of its zones."""
        managed = [zone for zone in self.zones.values() if zone.policy is not None]
        return {os.path.realpath(zone.key_directory): zone.name for zone in managed if zone.key_directory is not None}


def read_configuration(tools: Tools, path: str, shown_path: Optional[str] = None) -> Configuration:
    """The configuration whose main file is *path*. Raises MultisignerError with named-checkconf's words.

    *shown_path* stands for *path* in messages, for a working copy.
    """
    shown = shown_path or path
    answer = tools.ask('named-checkconf', '-px', path, cwd=os.path.dirname(shown) or None)
    if answer.status != 0:
        words = one_line(answer.text.replace(path, shown))
        raise MultisignerError(f'named-checkconf refuses {shown}: {words}', remedy='Mend the configuration, then run again')
    return _configuration(_parse(answer.text))


def _configuration(tree: Sequence[_Statement]) -> Configuration:
    options = next((statement for statement in tree if statement.words[0] == 'options'), _Statement(('options',)))
    zones: Dict[str, ZoneSettings] = {}
    for above, statement in _zone_statements(tree, options):
        settings = _zone_settings(statement, above)
        if settings is not None:
            zones[settings.name] = settings
    keys = tuple(statement.words[1].strip('"').rstrip('.').lower() for statement in tree if statement.words[0] == 'key' and len(statement.words) > 1)
    policies = {
        statement.words[1].strip('"'): _policy(statement) for statement in tree if statement.words[0] == 'dnssec-policy' and len(statement.words) > 1
    }
    return Configuration(zones, keys, policies)


def _policy(statement: _Statement) -> Policy:
    keys = next((part.body for part in statement.body if part.words[0] == 'keys'), ())
    lifetimes = tuple(dict(zip(key.words, key.words[1:])).get('lifetime', 'unlimited') for key in keys)
    digests = next((part.body for part in statement.body if part.words[0] == 'cds-digest-types'), ())
    known = Policy()
    return Policy(
        dnskey_ttl=_seconds(statement.value('dnskey-ttl') or '', known.dnskey_ttl),
        lifetimes=lifetimes or known.lifetimes,
        inline_signing=_is_yes(statement.value('inline-signing')),
        manual=_is_yes(statement.value('manual-mode')) is True,
        cds_digest_types=tuple(_DIGESTS.get(digest.words[0].strip('"').upper(), 0) for digest in digests) or known.cds_digest_types,
    )


def _is_yes(word: Optional[str]) -> Optional[bool]:
    return None if word is None else word in ('yes', 'true', '1')


def _seconds(duration: str, default: int) -> int:
    """A duration as named-checkconf prints it: seconds, or ISO 8601."""
    iso = _DURATION.match(duration)
    if duration.isdigit() or iso is None:
        return int(duration) if duration.isdigit() else default
    return sum(int(number) * seconds for number, seconds in zip(iso.groups('0'), (31536000, 2592000, 604800, 86400, 3600, 60, 1)))


def _zone_statements(tree: Sequence[_Statement], options: _Statement) -> List[Tuple[Tuple[_Statement, ...], _Statement]]:
    """Every zone statement with the places its options are inherited from, nearest first."""
    found: List[Tuple[Tuple[_Statement, ...], _Statement]] = []
    for statement in tree:
        if statement.words[0] == 'zone':
            found.append(((options,), statement))
        elif statement.words[0] == 'view':
            found += [((statement, options), inner) for inner in statement.body if inner.words[0] == 'zone']
    return found


def _zone_settings(zone: _Statement, above: Tuple[_Statement, ...]) -> Optional[ZoneSettings]:
    try:
        name = zone_name(zone.words[1].strip('"'))
    except MultisignerError:
        return None  # a name that no multi-signer zone can have

    def inherited(option: str) -> Optional[str]:
        return next((value for value in (place.value(option) for place in (zone, *above)) if value is not None), None)

    policy = inherited('dnssec-policy')
    return ZoneSettings(
        name=name,
        file=os.path.join(inherited('directory') or '', zone.value('file') or '') if zone.has('file') else None,
        policy=None if policy in (None, 'none') else policy,
        inline_signing=_is_yes(inherited('inline-signing')),
        dynamic=zone.has('update-policy') or zone.has('allow-update'),
        key_directory=os.path.join(inherited('directory') or '', inherited('key-directory') or '') or None,
    )


def _parse(text: str) -> _Tree:
    """The statements of named.conf's canonical form."""
    stack: List[_Tree] = [[]]
    words: List[str] = []
    heads: List[Tuple[str, ...]] = []
    for token in _TOKEN.findall(text):
        if token == '{':
            heads.append(tuple(words))
            stack.append([])
            words = []
        elif token == '}':
            body = tuple(stack.pop())
            stack[-1].append(_Statement(heads.pop() or ('',), body))
        elif token == ';':
            if words:
                stack[-1].append(_Statement(tuple(words)))
            words = []
        else:
            words.append(token)
    return stack[0]
