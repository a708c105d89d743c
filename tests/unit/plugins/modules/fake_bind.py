# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BIND's programs as far as the modules on the name server use them, writing files as BIND 9.18 was seen to write them.

For what real programs do not do on request: fail at a given moment, or lose a record. The targets in tests/integration run
the real ones.
"""
from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, parse_record
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.keyfiles import key_file_stem
from ansible_collections.dnssec.multisigner.tests.support.module_args import patch_module_args


class FakeBind:
    """Answers run_command. *calls* are the program names in order; *broken* maps a program to the words it fails with."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.broken: dict[str, str] = {}
        self.loses: Callable[[str], bool] = lambda line: False
        self.help = 'Usage: as of BIND 9.18'
        self.options: dict[str, str] = {}  # of the last dnssec-signzone
        self.known_zones: set[str] = set()
        self.loaded: dict[str, int] = {}
        self.signed_files: dict[str, Path] = {}
        self._made = 0
        monkeypatch.setattr(AnsibleModule, 'get_bin_path', lambda _module, program, opt_dirs=None: None if self.broken.get(program) == 'missing' else program)
        monkeypatch.setattr(AnsibleModule, 'run_command', lambda _module, words, **_options: self.run(words))

    def run(self, words: list[str]) -> tuple[int, str, str]:
        program = words[0]
        if words[1:] == ['-h']:
            return 1, '', self.help
        self.calls.append(' '.join([program, *words[1:2]]) if program == 'rndc' else program)
        for name in (program, self.calls[-1]):
            if name in self.broken:
                return 1, '', self.broken[name]
        options = {words[i]: words[i + 1] for i in range(1, len(words) - 1) if words[i].startswith('-')}
        answer: tuple[int, str, str] = getattr(self, '_' + program.replace('-', '_'))(words, options)
        return answer

    def _dnssec_importkey(self, words: list[str], options: dict[str, str]) -> tuple[int, str, str]:
        times = [f'{name}: {options[flag]}' for flag, name in (('-P', 'Publish'), ('-D', 'Delete')) if flag in options]
        for line in Path(options['-f']).read_text().splitlines():
            key = parse_record(line, words[-1]).rdata
            assert isinstance(key, DNSKEY)
            self._write_key(Path(options['-K']), words[-1], key, options['-L'], times, 'External:')
        return 0, '', ''

    def _dnssec_keygen(self, words: list[str], options: dict[str, str]) -> tuple[int, str, str]:
        self._made += 1
        key = DNSKEY(257 if '-f' in options else 256, 3, 13, bytes([self._made]) * 64)
        self._write_key(Path(options['-K']), words[-1], key, options['-L'], ['Publish: 20260101000000', 'Activate: 20260101000000'], 'PrivateKey: AAAA')
        return 0, '', ''

    @staticmethod
    def _write_key(folder: Path, zone: str, key: DNSKEY, ttl: str, times: list[str], private: str) -> None:
        stem = key_file_stem(zone, key)
        lines = ''.join(f'; {time} (some day)\n' for time in times)
        (folder / f'{stem}.key').write_text(f'; This is a key, keyid {key.tag}, for {zone}.\n{lines}{zone}. {ttl} IN DNSKEY {key.text}\n')
        (folder / f'{stem}.private').write_text('\n'.join(['Private-key-format: v1.3', 'Algorithm: 13 (ECDSAP256SHA256)', private, *times, '']))

    def _named_checkzone(self, words: list[str], options: dict[str, str]) -> tuple[int, str, str]:
        if '-o' in options:
            Path(options['-o']).write_text(Path(words[-1]).read_text())
        elif 'signed' in self.broken:
            return 1, self.broken['signed'], ''
        return 0, 'OK', ''

    def _dnssec_signzone(self, words: list[str], options: dict[str, str]) -> tuple[int, str, str]:
        self.options = options
        unsigned = Path(words[-1]).read_text().splitlines()
        own = [line for path in sorted(Path(options['-K']).glob('K*.key')) for line in path.read_text().splitlines() if not line.startswith(';')]
        Path(options['-f']).write_text(''.join(line + '\n' for line in unsigned + own if not self.loses(line)))
        return 0, '', ''

    def _rndc(self, words: list[str], _options: dict[str, str]) -> tuple[int, str, str]:
        zone = words[-1]
        if zone not in self.known_zones:
            return 1, '', f"rndc: '{words[1]}' failed: not found\nno matching zone '{zone}' in any view"
        if words[1] == 'reload':
            found = re.search(r'SOA\s+\S+\s+\S+\s+(\d+)', self.signed_files[zone].read_text())
            assert found
            self.loaded[zone] = int(found.group(1))
        return 0, f'name: {zone}\nserial: {self.loaded.get(zone, 0)}\n', ''


def run_module(main: Callable[[], None], capfd: pytest.CaptureFixture[str], **arguments: Any) -> dict[str, Any]:
    """The JSON document that the module ends with."""
    with patch_module_args(arguments), pytest.raises(SystemExit):
        main()
    result: dict[str, Any] = json.loads(capfd.readouterr().out)
    return result
