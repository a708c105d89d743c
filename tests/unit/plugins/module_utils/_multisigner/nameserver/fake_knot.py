# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands for keymgr and knotc: a key database in memory, a configuration, and a server that does what it is told. The real ones are in target knot_signer."""
from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.knot_conf import KnotConfiguration
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.tools import Answer

ZONE = 'shop.example'
TIMES = ('pre-active', 'publish', 'ready', 'active', 'retire-active', 'retire', 'post-active', 'remove')
FAR = 10 * 365 * 86400


def dnskey(number: int, flags: int) -> DNSKEY:
    return DNSKEY(flags, 3, 13, bytes(range(number, number + 64)))


class FakeKnot:
    """*calls*: what was asked for, without the configuration's name. *fails*: a program and its first word that answers with status 1."""

    def __init__(self, folder: Path) -> None:
        (folder / 'keys').mkdir(parents=True)
        (folder / 'keys' / 'data.mdb').touch()
        self.configuration = KnotConfiguration({'database': {'': {'storage': (str(folder),)}}})
        self.entries: List[Dict[str, Any]] = []
        self.published: List[DNSKEY] = []
        self.calls: List[str] = []
        self.fails = ''
        self.export = ''
        self.also_publishes: Optional[DNSKEY] = None
        self.is_deaf = False
        self.begins_with: Optional[DNSKEY] = None  # at the next reload, as the first of another algorithm

    def has(self, key: DNSKEY, public_only: bool = False, csk: bool = False, **times: int) -> None:
        """*times*: seconds from now, negative for the past; retire_active for "retire-active"."""
        now = int(time.time())
        known = {name.replace('_', '-'): now + seconds for name, seconds in times.items()}
        entry = {
            'id': f'id{len(self.entries)}', 'algorithm': key.algorithm, 'ksk': key.is_sep, 'zsk': csk or not key.is_sep, 'public-only': public_only,
            'dnskey': key, **{name: known.get(name, 0) for name in TIMES},
        }
        self.entries.append(entry)
        if known.get('publish', now + 1) <= now and not known.get('remove'):
            self.published.append(key)

    # what Tools is to those that use it

    def ask(self, program: str, *arguments: str, cwd: Optional[str] = None) -> Answer:
        assert arguments[0] == '-c'
        words = arguments[2:]
        self.calls.append(' '.join((program, *words)))
        if self.fails and self.calls[-1].startswith(self.fails):
            return Answer(1, 'error: it does not')
        out = self._keymgr(*words[1:]) if program == 'keymgr' else self._knotc(*words)
        return Answer(0, out.strip(), out)

    def ask_each(self, program: str, calls: Sequence[Sequence[str]], folder: str) -> List[Answer]:
        assert all(call[:2] == ('-D', self.configuration.key_database) for call in calls)
        return [self.ask(program, '-c', *call[1:]) for call in calls]

    def _keymgr(self, command: str, *arguments: str) -> str:
        if command == 'list':
            return json.dumps([{name: value for name, value in entry.items() if name != 'dnskey'} for entry in self.entries])
        if command == 'dnskey':
            return f'{ZONE}. DNSKEY {self._entry(arguments[0])["dnskey"].text}\n'
        if command == 'generate':
            ksk = 'ksk=yes' in arguments
            csk = ksk and 'zsk=yes' in arguments
            self.has(dnskey(100 + len(self.entries), 257 if ksk else 256), csk=csk, publish=FAR, ready=FAR, active=FAR)
            return 'id\n'
        assert command == 'set' and arguments[1:] == ('publish=+0', 'ready=0', 'active=0')
        self._entry(arguments[0]).update({'publish': int(time.time()), 'ready': 0, 'active': 0})
        return 'OK\n'

    def _knotc(self, command: str, *arguments: str) -> str:
        if command == 'conf-export':
            return self.export
        if command == 'reload' and self.begins_with is not None:
            self.has(self.begins_with, pre_active=-1)
        if command == 'zone-keys-load' and not self.is_deaf:
            self.published = [entry['dnskey'] for entry in self.entries if 0 < entry['publish'] <= time.time() and not entry['remove']]
            if self.also_publishes is not None:
                self.published.append(self.also_publishes)
        if command == 'zone-read':
            return ''.join(f'[{ZONE}.] {ZONE}. 3600 DNSKEY {key.text}\n' for key in self.published)
        if command == 'zone-ksk-submitted' and not self.is_deaf:
            for entry in self.entries:
                if entry['ready'] and not entry['active']:
                    entry['active'] = int(time.time())
        return 'OK\n'

    def _entry(self, key_id: str) -> Dict[str, Any]:
        return next(entry for entry in self.entries if entry['id'] == key_id)
