# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name server's own programs on this host, BIND's or Knot's: found, run, and their failures put into words.

Nothing else here starts a process. Standard library only, because it travels to name servers.
"""
from __future__ import annotations

import os
import re
import shlex
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Callable, List, Optional, Sequence, Tuple

from ..errors import MultisignerError
from .files import read

# named is where administrators put it; PATH of a remote command often lacks the sbin folders.
_FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/sbin', '/usr/local/bin']
_BIND = 'Install BIND\'s tools (Debian: bind9 and bind9-utils; RHEL and AlmaLinux: bind, bind-utils and bind-dnssec-utils)'
_KNOT = 'Install Knot DNS (the package knot)'
_PACKAGES = {'knotc': _KNOT, 'keymgr': _KNOT}
_VERSION = re.compile(r'^version: BIND (\d+)\.(\d+)', re.MULTILINE)
_REACH_NAMED = 'See that named runs and that the rndc command reaches it, then run again'


@dataclass(frozen=True)
class Answer:
    """What a program said: its exit status, its words (standard output and error together), and its standard output alone."""

    status: int
    text: str
    out: str = ''


class Tools:
    """Runs the name server's programs through *module* (an AnsibleModule)."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def ask(self, program: str, *arguments: str, cwd: Optional[str] = None) -> Answer:
        """Runs *program*; any exit status is an answer. Raises MultisignerError only when it is not installed."""
        path = self._path(program)
        status, out, err = self._module.run_command([path, *arguments], cwd=cwd, environ_update={'LC_ALL': 'C'})
        return Answer(status, (out + err).strip(), out)

    def ask_each(self, program: str, calls: Sequence[Sequence[str]], folder: str) -> List[Answer]:
        """Runs *program* once for each of *calls*, with these arguments, on all processors at once; the answers in their order.

        One shell starts them: a process costs more to start from here than such a program takes. What they say goes through *folder*.
        """
        path = self._path(program)
        lanes: List[List[str]] = [[] for _lane in range(min(os.cpu_count() or 1, len(calls)))]
        for number, arguments in enumerate(calls):
            words = ' '.join(shlex.quote(word) for word in (path, *arguments))
            lanes[number % len(lanes)].append(f'{words} >{number}.out 2>{number}.err </dev/null; echo $? >{number}.status\n')
        script = ''.join(f'(\n{"".join(lane)}) &\n' for lane in lanes) + 'wait\n'
        self._module.run_command(['/bin/sh', '-s'], data=script, cwd=folder, environ_update={'LC_ALL': 'C'})
        return [_answer_in(os.path.join(folder, str(number))) for number in range(len(calls))]

    def run(self, program: str, *arguments: str, cwd: Optional[str] = None, what: str, remedy: str) -> str:
        """Runs *program*, which must succeed; its words. Raises MultisignerError: *what* failed, the program's words, *remedy*."""
        answer = self.ask(program, *arguments, cwd=cwd)
        if answer.status != 0:
            raise MultisignerError(f'{what}: {program} says: {one_line(answer.text)}', remedy=remedy)
        return answer.text

    def _path(self, program: str) -> str:
        path: Optional[str] = self._module.get_bin_path(program, opt_dirs=_FOLDERS)
        if path is None:
            raise MultisignerError(f'the program {program} is not installed on this server', remedy=_PACKAGES.get(program, _BIND))
        return path


class Patience:
    """With a server that does what it is told a little later. One budget for all zones: a thousand that do not load must not wait one
    after the other."""

    def __init__(self, seconds: float = 20.0) -> None:
        self._left = seconds

    def until(self, is_so: Callable[[], bool]) -> bool:
        """Whether it becomes so before the budget is used up."""
        pause = 0.05
        while not is_so():
            if self._left <= 0:
                return False
            time.sleep(pause)
            self._left -= pause
            pause = min(2 * pause, 1.0)
        return True


class Rndc:
    """The running named, by its control channel. *command* is rndc with its options."""

    def __init__(self, tools: Tools, command: str) -> None:
        self._tools = tools
        try:
            self._words = shlex.split(command)
        except ValueError:
            self._words = []
        self._patience = Patience()
        if not self._words:
            raise MultisignerError('the rndc command is empty, or a quote in it is open', remedy='Give it as "rndc", with options if named listens elsewhere')

    def reconfig(self) -> None:
        """Makes named read its configuration again. Raises MultisignerError with rndc's words."""
        self._order('reconfig')

    def reload(self, zone: str) -> None:
        """Makes named read *zone* again. Raises MultisignerError with rndc's words."""
        self._order('reload', zone)

    def version(self) -> Tuple[int, int]:
        """Of the named that runs, such as (9, 20). Raises MultisignerError when it does not say."""
        answer = self._ask('status')
        found = _VERSION.search(answer.text)
        if answer.status != 0 or found is None:
            raise MultisignerError(f'"rndc status" does not tell the version of named: {one_line(answer.text)}', remedy=_REACH_NAMED)
        return int(found.group(1)), int(found.group(2))

    def serials(self, zone: str) -> Tuple[Optional[int], Optional[int]]:
        """The serials of *zone*, with inline-signing: of what is to be signed, and of what is signed; None for what named does not tell."""
        said = dict(line.partition(':')[::2] for line in self._ask('zonestatus', zone).text.splitlines())
        found = [said.get(name, '').strip() for name in ('serial', 'signed serial')]
        first, second = (int(text) if text.isdigit() else None for text in found)
        return first, second

    def step(self, zone: str) -> str:
        """Lets named, in manual-mode, do what it would have done by itself; rndc's words, which are an error where there is no such mode."""
        return self._ask('dnssec', '-step', zone).text

    def _order(self, *arguments: str) -> None:
        answer = self._ask(*arguments)
        if answer.status != 0:
            raise MultisignerError(f'"rndc {" ".join(arguments)}" failed: {one_line(answer.text)}', remedy=_REACH_NAMED)

    def checkds(self, zone: str, tag: int, algorithm: int, what: str, since: Optional[datetime]) -> str:
        """Tells named that the DS of a key is *what* (published, withdrawn) at the parent, since that time, or now; rndc's words. Its success
        proves nothing."""
        when = () if since is None else ('-when', since.strftime('%Y%m%d%H%M%S'))
        return self._ask('dnssec', '-checkds', '-key', str(tag), '-alg', str(algorithm), *when, what, zone).text

    def knows(self, zone: str) -> bool:
        """Whether named's configuration has *zone*. Raises MultisignerError when named does not answer."""
        answer = self._ask('zonestatus', zone)
        if answer.status != 0 and 'no matching zone' not in answer.text and 'not loaded' not in answer.text:
            raise MultisignerError(f'"rndc zonestatus {zone}" failed: {one_line(answer.text)}', remedy=_REACH_NAMED)
        return 'no matching zone' not in answer.text

    def serial(self, zone: str) -> Optional[int]:
        """The serial of *zone* as loaded; None when it is not loaded."""
        return self.serials(zone)[0]

    def rollover(self, zone: str, tag: int, algorithm: int) -> str:
        """Tells named to replace a key of its own by a successor, from now on; rndc's words. Its success proves nothing."""
        return self._ask('dnssec', '-rollover', '-key', str(tag), '-alg', str(algorithm), zone).text

    def wait_for(self, zone: str, serial: Optional[int] = None) -> None:
        """Returns when *zone* is loaded (with *serial*, if given). Raises MultisignerError when the patience for all zones is used up."""
        if not self.until(lambda: _is_meant(self.serial(zone), serial)):
            seen = self.serial(zone)
            expected = '' if serial is None else f' with serial {serial}'
            found = 'it is not loaded' if seen is None else f'it has serial {seen}'
            raise MultisignerError(f'named did not load the zone{expected} in time: {found}', zone=zone, remedy='Look into named\'s log for the reason')

    def until(self, is_so: Callable[[], bool]) -> bool:
        """Whether named makes it so before the patience for all zones is used up."""
        return self._patience.until(is_so)

    def _ask(self, *arguments: str) -> Answer:
        return self._tools.ask(self._words[0], *self._words[1:], *arguments)


def _answer_in(stem: str) -> Answer:
    """What a shell left of one program. One of which there is no status, such as on a full disk, has failed."""
    out, err, status = ((read(f'{stem}.{name}') or b'').decode('utf-8', 'replace') for name in ('out', 'err', 'status'))
    return Answer(int(status) if status.strip().isdigit() else 1, (out + err).strip(), out)


def _is_meant(seen: Optional[int], serial: Optional[int]) -> bool:
    return seen is not None and serial in (None, seen)


def one_line(text: str) -> str:
    """Several lines of a program as one sentence; an empty answer is said to be one."""
    return '; '.join(line.strip() for line in text.splitlines() if line.strip()).rstrip('.') or 'nothing'
