# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An event source of ansible-rulebook: what changed in the DNSKEY, CDS and CDNSKEY of multi-signer zones.

What is watched comes from the inventory of the passes. It only asks name servers; it never asks an API, and never changes anything.
"""
from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Tuple, TypeVar

# ansible-rulebook runs this file as it is, and knows nothing of the collection around it.
COLLECTION = Path(__file__).absolute().parents[4]
sys.path.append(str(COLLECTION.parents[2]))

from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError  # noqa: E402
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import DNSPYTHON_IMPORT_ERROR  # noqa: E402
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.watch import FAILED, WATCHING  # noqa: E402
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.watcher import Pace, Watcher  # noqa: E402

DOCUMENTATION = r"""
---
short_description: Watches the DNSKEY, CDS and CDNSKEY of multi-signer zones
description:
  - Asks every name server of every signer of the zones in the inventory, over and over, and tells what is other than before.
  - A change is looked at again as a pass looks at it, and the event says whether it was authenticated. An event never carries anything into
    a zone. The pass that it may start authenticates everything itself.
  - A server that does not answer never makes a key go. It is an event of its own, after O(failures) looks.
  - APIs of providers are not asked. Nothing is changed anywhere.
requirements:
  - dnspython >= 2.6
  - cryptography
options:
  inventory:
    description: The inventory of the passes, or a list of inventories. Zones, signers, parents, TSIG keys and trust anchors come from there.
    type: raw
    required: true
  shortest:
    description: A zone is not looked at more often than every so many seconds.
    type: float
    default: 60
  longest:
    description:
      - A zone is looked at at least every so many seconds, as far as O(queries_per_second) allows.
      - In between, the interval is a tenth of the smallest TTL of the zone's DNSKEY RRsets.
    type: float
    default: 900
  queries_per_second:
    description: So many questions a second are put to one address of a name server at most. A zone costs three at each look.
    type: float
    default: 25
  failures:
    description: After so many looks without a usable answer a server is told to be silent.
    type: int
    default: 3
"""

EXAMPLES = r"""
- dnssec.multisigner.dnskey_changes:
    inventory: /etc/multisigner/inventory
"""

Result = TypeVar('Result')

READ_AGAIN = 3600  # seconds after which the inventory is read again
PLAYBOOK = COLLECTION / 'playbooks' / 'watched.yml'
NUMBERS = {'shortest': 60.0, 'longest': 900.0, 'queries_per_second': 25.0, 'failures': 3.0}


async def main(queue: asyncio.Queue[Dict[str, Any]], args: Dict[str, Any]) -> None:
    """Puts events into *queue* for ever. Raises MultisignerError at once for arguments and inventories that are of no use."""
    inventories, pace = read_arguments(args)
    if DNSPYTHON_IMPORT_ERROR is not None:
        raise MultisignerError(
            f'dnspython is missing where ansible-rulebook runs: {DNSPYTHON_IMPORT_ERROR}', remedy='Install it there: pip install "dnspython>=2.6" cryptography'
        )
    watcher = Watcher(await _in_thread(lambda: read_inventory(inventories)), pace)
    read_at = time.monotonic()
    is_told = False
    for event in await _round(watcher):  # what is wrong with every zone ends the source here, where somebody looks
        await queue.put(event)
    while True:
        if not is_told and not watcher.unseen:
            is_told = True
            await queue.put({'kind': WATCHING, 'zones': watcher.zones, 'messages': [f'zones that are watched: {len(watcher.zones)}', *watcher.errors.values()]})
        await asyncio.sleep(watcher.wait())
        try:
            if time.monotonic() - read_at >= READ_AGAIN:
                read_at = time.monotonic()
                is_told = not watcher.declare(await _in_thread(lambda: read_inventory(inventories))) and is_told
            for event in await _round(watcher):
                await queue.put(event)
        except MultisignerError as error:
            await queue.put({'kind': FAILED, 'messages': [str(error)]})
            await asyncio.sleep(pace.shortest)


def read_arguments(args: Mapping[str, Any]) -> Tuple[List[str], Pace]:
    """The inventories, and how often is asked. Raises MultisignerError for what is missing, unknown or no positive number."""
    known = {'inventory', *NUMBERS}
    unknown = sorted(set(args) - known - {'eda_feedback_queue'})  # which ansible-rulebook itself may add
    if unknown:
        raise MultisignerError(f'dnskey_changes knows no argument {", ".join(unknown)}', remedy=f'It knows {", ".join(sorted(known))}')
    inventory = args.get('inventory')
    inventories = [inventory] if isinstance(inventory, str) else inventory
    if not inventories or not isinstance(inventories, list) or not all(isinstance(one, str) and one for one in inventories):
        raise MultisignerError('dnskey_changes is told no inventory', remedy='Write the path of the inventory of your passes, or a list of paths')
    numbers = {}
    for name, default in NUMBERS.items():
        try:
            numbers[name] = float(args.get(name, default))
        except (TypeError, ValueError):
            numbers[name] = 0.0
        if not 0 < numbers[name] < float('inf'):
            raise MultisignerError(f'{name} of dnskey_changes is "{args.get(name)}"', remedy=f'Write a number above 0, or leave it out: it is {default:g} then')
    return inventories, Pace(numbers['shortest'], max(numbers['shortest'], numbers['longest']), numbers['queries_per_second'], round(numbers['failures']) or 1)


def read_inventory(inventories: List[str]) -> Dict[str, Any]:
    """What is declared there, as a pass would see it: with its group_vars, vaults and lookups. Raises MultisignerError."""
    beside = Path(sys.executable).with_name('ansible-playbook')
    program = shutil.which('ansible-playbook') or (str(beside) if beside.exists() else None)
    if program is None:
        raise MultisignerError('there is no ansible-playbook where ansible-rulebook runs', remedy='Install ansible-core there, into the same environment')
    options = [word for inventory in inventories for word in ('-i', inventory)]
    with tempfile.TemporaryDirectory(prefix='dnskey_changes.') as folder:  # for its owner only: TSIG secrets pass through it
        target = Path(folder, 'watched.json')
        ran = subprocess.run(
            [program, *options, '-e', json.dumps({'watched_file': str(target)}), str(PLAYBOOK)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True,
            env={**os.environ, 'ANSIBLE_NOCOLOR': '1', 'ANSIBLE_FORCE_COLOR': '0'},
        )
        if ran.returncode != 0 or not target.exists():
            said = ' '.join(line for line in ran.stdout.splitlines() if line.startswith(('fatal:', 'ERROR', '[ERROR]')))
            raise MultisignerError(
                f'the inventory {", ".join(inventories)} cannot be read: {said[:1000] or "ansible-playbook wrote nothing"}',
                remedy=f'Run  ansible-playbook {" ".join(options)} {PLAYBOOK}  and mend what it says',
            )
        watched: Dict[str, Any] = json.loads(target.read_text(encoding='utf-8'))
        return watched


async def _in_thread(work: Callable[[], Result]) -> Result:
    """*work* in a thread: to look up names, to verify signatures and to read the inventory would hold up the rule engine."""
    return await asyncio.get_running_loop().run_in_executor(None, work)


async def _round(watcher: Watcher) -> List[Dict[str, Any]]:
    """One round, with an event loop of its own."""
    return await _in_thread(lambda: asyncio.run(watcher.round()))
