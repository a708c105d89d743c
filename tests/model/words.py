# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A model's moves as sentences: a violation is told as the story that led to it."""
from __future__ import annotations

from typing import Callable, Dict, List, Sequence

from .moves import Model, Move
from .rollovers import ALGORITHM, PHASE_WORDS
from .world import PARENT_DS, STATUS_WORDS, Write


def in_words(model: Model, move: Move) -> str:
    """One move as a sentence."""
    names = [spec.name for spec in model.settings.signers]
    return _SENTENCES[str(move[0])](model, names, move)


def _blind(model: Model, names: List[str], move: Move) -> str:
    silent = 'a server of the parent' if move[1] == -1 else f'{names[_number(move[1])]} (its last server)'
    return f'a run looks while {silent} does not answer, and plans'


def _begin(model: Model, names: List[str], move: Move) -> str:
    what = 'keys of another algorithm, and signs everything with both' if move[2] == ALGORITHM else f'a new {str(move[2]).upper()}'
    makes_first = model.settings.signers[_number(move[1])].makes_keys_first
    return f'{names[_number(move[1])]} {"makes" if makes_first else "publishes"} {what}'


def _declare(model: Model, names: List[str], move: Move) -> str:
    assert isinstance(move[1], tuple)
    return 'the user declares: ' + ', '.join(f'{names[number]} {STATUS_WORDS[status]}' for number, status in move[1])


def _write(model: Model, names: List[str], move: Move) -> str:
    """What a write, or a person's edit, changes; it is the last thing that the move holds."""
    write = move[-1]
    assert isinstance(write, Write)
    where = 'the parent' if write.target >= PARENT_DS else names[write.target]
    records = 'DS' if write.target == PARENT_DS else 'CDS'
    parts = [
        f'{verb} {what}'
        for verb, what, mask in (
            ('adds', 'DNSKEY ' + model.ring.names(write.add_keys), write.add_keys),
            ('removes', 'DNSKEY ' + model.ring.names(write.remove_keys), write.remove_keys),
            ('adds', f'{records} ' + model.ring.names(write.add_ds), write.add_ds),
            ('removes', f'{records} ' + model.ring.names(write.remove_ds), write.remove_ds),
            ('adds', 'NS ' + _servers(names, write.add_ns), write.add_ns),
            ('removes', 'NS ' + _servers(names, write.remove_ns), write.remove_ns),
            ('adds', 'CSYNC', write.add_csync),
            ('removes', 'CSYNC', write.remove_csync),
            ('says that every resolver can have the DS of', model.ring.names(write.published), write.published),
            ('says that no resolver can have the DS of', model.ring.names(write.withdrawn), write.withdrawn),
        )
        if mask
    ]
    return f'{"the controller" if move[0] == "write" else "a person"} at {where} {", ".join(parts)}'


def _servers(names: Sequence[str], mask: int) -> str:
    return '{' + ' '.join(name for number, name in enumerate(names) if mask >> number & 1) + '}'


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value


_Sentence = Callable[[Model, List[str], Move], str]
_SENTENCES: Dict[str, _Sentence] = {
    'tick': lambda model, names, move: 'one unit of time passes',
    'run': lambda model, names, move: 'a run looks and plans (what an earlier run has not written yet, it never does)',
    'second': lambda model, names, move: 'a second run looks and plans while the first one has still to write',
    'blind': _blind,
    'write': _write,
    'edit': _write,
    'edit-parent': _write,
    'transfer': lambda model, names, move: f'the secondary of {names[_number(move[1])]} gets the zone',
    'parent-transfer': lambda model, names, move: 'the second server of the parent gets the zone',
    'begin': _begin,
    'go-on': lambda model, names, move: f'{names[_number(move[1])]} {PHASE_WORDS[str(move[2])][_number(move[3])]}',
    'declare': _declare,
    'copy': lambda model, names, move: f'the parent copies the NS of {names[_number(move[1])]}, as its CSYNC says',
    'scan': lambda model, names, move: 'the parent takes the DS that all CDS of the zone ask for',
    'no-csync': lambda model, names, move: 'the user declares that the parent follows CSYNC no more',
    'insecure': lambda model, names, move: 'the user declares that the zone goes insecure',
    'journal': lambda model, names, move: {'lost': 'the journal is lost', 'outdated': 'the journal is an old one'}.get(str(move[1]), 'the clock is set back'),
    'die': lambda model, names, move: f'{names[_number(move[1])]} dies',
}
