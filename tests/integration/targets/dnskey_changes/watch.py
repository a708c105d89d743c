# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two real BINDs with one zone, ns1 with a TSIG key and ns2 with a pinned KSK, under the event source.

    watch.py FOLDER

Tells each event that came. Exit status: 0 when they are those that must come.
"""
from __future__ import annotations

import asyncio
import runpy
import sys
from pathlib import Path
from typing import Any, Dict, List

import yaml
from ansible_collections.dnssec.multisigner.tests.support.real_bind import KEY_NAME, KEY_SECRET, UPDATES, RealBind

ZONE = 'shop.example'
COLLECTION = Path(sys.modules[RealBind.__module__].__file__ or '').absolute().parents[2]
SOURCE = COLLECTION / 'extensions' / 'eda' / 'plugins' / 'event_source' / 'dnskey_changes.py'
NEW_KEY = f'{ZONE}. 300 IN DNSKEY 256 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=='


class Rulebook:
    """What ansible-rulebook does with a source: runs its file, starts its main, takes events out of the queue."""

    def __init__(self, inventory: Path) -> None:
        self._queue: asyncio.Queue[Dict[str, Any]] = asyncio.Queue()
        arguments = {'inventory': str(inventory), 'shortest': 0.2, 'longest': 0.2, 'failures': 2}
        self._source = asyncio.ensure_future(runpy.run_path(str(SOURCE))['main'](self._queue, arguments))

    async def expect(self, *kinds: str) -> List[Dict[str, Any]]:
        """The next events, which must be of these kinds."""
        found = []
        for kind in kinds:
            getter = asyncio.ensure_future(self._queue.get())
            await asyncio.wait({getter, self._source}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
            if self._source.done():
                self._source.result()
            assert getter.done(), f'no event came, where {kind} was expected'
            event = getter.result()
            print(event['kind'], event.get('authenticated', ''), *event['messages'], sep='\n  ', flush=True)
            assert KEY_SECRET not in str(event), 'an event tells a secret'
            assert event['kind'] == kind, f'{event["kind"]} came, where {kind} was expected'
            found.append(event)
        return found

    async def expect_nothing(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        assert self._queue.empty(), self._queue.get_nowait()

    def end(self) -> None:
        self._source.cancel()


def inventory(folder: Path, ns1: RealBind, ns2: RealBind) -> Path:
    """As an operator has it, with a folder of group_vars and a secret behind a variable."""
    (folder / 'group_vars').mkdir()
    (folder / 'group_vars' / 'all.yml').write_text(f'vault_secret: {KEY_SECRET}\n')
    pin = next(text for text in ns2.texts(ZONE, 'DNSKEY') if text.startswith('257 '))
    (folder / 'inventory.yml').write_text(yaml.safe_dump({'all': {
        'vars': {
            'multisigner_zones': [{'name': ZONE, 'parent': 'registry', 'signers': ['ns1', 'ns2']}],
            'multisigner_resolvers': ['127.0.0.1'], 'multisigner_timeout': 0.3,
        },
        'children': {
            'signers': {'hosts': {
                'ns1': {
                    'multisigner_driver': 'bind', 'multisigner_servers': ['127.0.0.1'], 'multisigner_port': ns1.port,
                    'multisigner_tsig': {'name': KEY_NAME, 'algorithm': 'hmac-sha256', 'secret': '{{ vault_secret }}'},
                },
                'ns2': {
                    'multisigner_driver': 'rfc2136', 'multisigner_servers': ['127.0.0.1'], 'multisigner_port': ns2.port,
                    'multisigner_pins': {ZONE: [f'DNSKEY {pin}']},
                },
            }},
            'parents': {'hosts': {'registry': {'multisigner_channel': 'export', 'multisigner_servers': ['127.0.0.1'], 'multisigner_port': ns1.port}}},
        },
    }}))
    return folder / 'inventory.yml'


def keys_of(bind: RealBind) -> List[str]:
    return [f'{ZONE}. 300 IN DNSKEY {text}' for text in sorted(bind.texts(ZONE, 'DNSKEY'))]


async def story(folder: Path, ns1: RealBind, ns2: RealBind) -> None:
    rulebook = Rulebook(inventory(folder, ns1, ns2))
    try:
        # nobody watched when the signers came to differ
        unsynchronised, _watching = await rulebook.expect('unsynchronised', 'watching')
        assert (unsynchronised['authenticated'], unsynchronised['zones']) == (True, [ZONE])

        # a pass would exchange the keys: one record at a time here, each of which is news, and the last one ends it
        at_ns2, at_ns1 = keys_of(ns2), keys_of(ns1)
        for record in at_ns2:
            ns1.add(ZONE, record)
            event, = await rulebook.expect('changed')
            assert (event['authenticated'], event['changes'][0]['authenticated'], event['changes'][0]['signer']) == (True, 'tsig', 'ns1')
        ns2.add(ZONE, at_ns1[0])
        event, = await rulebook.expect('changed')
        assert (event['authenticated'], event['changes'][0]['authenticated'], event['changes'][0]['signer']) == (True, 'pinned', 'ns2')
        ns2.add(ZONE, at_ns1[1])
        await rulebook.expect('settled')

        # a signer has a new key
        ns1.add(ZONE, NEW_KEY)
        event, = await rulebook.expect('changed')
        assert event['changes'][0]['appeared'] == [NEW_KEY.split(' DNSKEY ')[1]]

        # a server that is away has no other keys than before
        ns2.__exit__(None, None, None)
        event, = await rulebook.expect('silent')
        assert event['signer'] == 'ns2'
        ns2.__enter__()
        await rulebook.expect('answers')

        # what another tool takes away is a change, even when it is all of a type
        cds = f'{ZONE}. 300 IN CDS 12345 13 2 {64 * "a"}'
        ns2.add(ZONE, cds)
        event, = await rulebook.expect('changed')
        ns2.remove(ZONE, ZONE, 'CDS')
        event, = await rulebook.expect('changed')
        assert (event['changes'][0]['gone'] != [], event['changes'][0]['authenticated']) == (True, 'pinned')
        await rulebook.expect_nothing(0.5)
    finally:
        rulebook.end()


def main(folder: Path) -> None:
    for name in ('ns1', 'ns2'):
        (folder / name).mkdir()
    signing = 'dnssec-policy plain; inline-signing no; ' + UPDATES
    with RealBind(folder / 'ns1', {ZONE: signing, 'example': ''}) as ns1, RealBind(folder / 'ns2', {ZONE: signing}) as ns2:
        asyncio.run(story(folder, ns1, ns2))


if __name__ == '__main__':
    main(Path(sys.argv[1]))
