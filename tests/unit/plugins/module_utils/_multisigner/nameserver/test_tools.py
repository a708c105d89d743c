# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rndc command as people write it, and many programs at once."""
from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.tools import Answer, Rndc, Tools


@pytest.mark.parametrize('command', ['', ' ', "rndc -k '/etc/bind/rndc.key"])
def test_a_command_that_is_none_is_told(command: str) -> None:
    with pytest.raises(MultisignerError, match='the rndc command is empty, or a quote in it is open'):
        Rndc(Tools(None), command)


class Module:
    """What Tools needs of an AnsibleModule."""

    def __init__(self, program: str) -> None:
        self.program = program
        self.started = 0

    def get_bin_path(self, program: str, opt_dirs: List[str]) -> str:
        return self.program

    def run_command(self, command: List[str], cwd: str, data: str, environ_update: Dict[str, str]) -> Tuple[int, str, str]:
        self.started += 1
        done = subprocess.run(command, cwd=cwd, input=data, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr


def asked_of_each(tmp_path: Path, calls: List[Tuple[str, ...]], script: str) -> Tuple[List[Answer], int]:
    program = tmp_path / 'a program'
    program.write_text(f'#!/bin/sh\n{script}\n')
    program.chmod(0o755)
    work = tmp_path / 'answers'
    work.mkdir()
    module: Any = Module(str(program))
    return Tools(module).ask_each('program', calls, str(work)), module.started


def test_many_zones_are_asked_of_by_one_start_and_each_has_its_own_answer(tmp_path: Path) -> None:
    zones = [f"z{number}.example" for number in range(40)] + ["o'clock $HOME; rm.example"]
    answers, started = asked_of_each(tmp_path, [('list', zone) for zone in zones], 'echo "$2"; cat; [ "$2" != z7.example ] || { echo no >&2; exit 3; }')
    assert started == 1
    assert [answer.out for answer in answers] == [f'{zone}\n' for zone in zones]
    assert [number for number, answer in enumerate(answers) if answer.status] == [7]
    assert answers[7] == Answer(3, 'z7.example\nno', 'z7.example\n')


def test_a_program_that_left_no_status_has_failed(tmp_path: Path) -> None:
    answers, _started = asked_of_each(tmp_path, [('a',), ('b',)], 'case $1 in a) rm -f ../answers/0.out; kill -9 $PPID;; esac')
    assert answers[0].status != 0


def test_nothing_is_started_for_no_zones(tmp_path: Path) -> None:
    assert asked_of_each(tmp_path, [], 'exit 1')[0] == []
