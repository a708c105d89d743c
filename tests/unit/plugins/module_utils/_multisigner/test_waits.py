# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/docsite/rst/waits.rst explains every wait, every reason for a change or a blocked zone, and every note that the plan can print, and nothing else.

The texts are read from the code: a new one that the page does not have is an error, and so is one on the page that the code has no more.
What a text is filled with is "<something>" on the page.
"""
from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Iterator, Mapping

import pytest

ROOT = Path(__file__).parents[5]
CODE = ROOT / 'plugins/module_utils/_multisigner'
PAGE = ROOT / 'docs/docsite/rst/waits.rst'
PLAN = ('plan', 'key_steps', 'parent_steps', 'ns_steps', 'csync_steps', 'complaints', 'situation', 'steps', 'taken_away')
LOOK = ('group', 'observe')  # what they raise reaches the report as the reason why a zone is blocked
WAY = ('resolve', 'trust')  # some of what they raise is explained too
TERM = re.compile(r'^(waiting for|because:|blocked:|note:) (.+)$')
FILLED = '<>'
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def texts(module: str, source: str) -> Iterator[str]:
    """The texts in *source*, as the report begins them, with FILLED where a value goes in."""
    tree = ast.parse(source)
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)}
    for scope in functions.values():
        for node in ast.walk(scope):
            for kind, value in _told(module, node):
                yield from (f'{kind} {text}' for text in _read(value, scope, module, functions))


def _told(module: str, node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else ''
        if name == 'Wait':
            yield 'waiting for', node.args[0]
        elif name == 'Step':
            yield 'because:', node.args[3]
        elif name == 'MultisignerError':
            yield 'blocked:', node.args[0]
        elif isinstance(node.func, ast.Attribute) and node.func.attr == 'append' and _ends(node.func.value, 'notes'):
            yield 'note:', node.args[0]
    elif module == 'taken_away' and isinstance(node, ast.FunctionDef) and node.name == '_remembered':
        yield from (('note:', found.elt) for found in ast.walk(node) if isinstance(found, ast.ListComp) and isinstance(found.elt, ast.JoinedStr))


def _ends(node: ast.expr, name: str) -> bool:
    return (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Attribute) and node.attr == name)


def _read(value: ast.expr, scope: ast.AST, module: str, functions: Mapping[str, ast.AST]) -> Iterator[str]:
    """What *value* may be. A name stands for what is assigned to it in the same function, a call of a function of the same file for its f-strings."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.JoinedStr):
        yield re.sub(f'({FILLED})+', FILLED, ''.join(str(part.value) if isinstance(part, ast.Constant) else FILLED for part in value.values))
    elif isinstance(value, ast.IfExp):
        yield from _read(value.body, scope, module, functions)
        yield from _read(value.orelse, scope, module, functions)
    elif isinstance(value, ast.Name):
        assigned = _assigned(value, scope)
        if not assigned:
            raise AssertionError(f'{module}.py, line {value.lineno}: nobody can tell what "{value.id}" says')
        for one in assigned:
            yield from _read(one, scope, module, functions)
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in functions:
        for one in ast.walk(functions[value.func.id]):
            if isinstance(one, ast.JoinedStr):
                yield from _read(one, scope, module, functions)
    else:
        raise AssertionError(f'{module}.py, line {value.lineno}: nobody can tell what {ast.dump(value)} says')


def _assigned(name: ast.Name, scope: ast.AST) -> list[ast.expr]:
    """What *name* may stand for: what is assigned to it before, in the innermost block around it that does so, in all branches there."""
    for block in reversed(list(_blocks(name, scope))):
        before = [node for statement in block for node in ast.walk(statement) if isinstance(node, ast.Assign) and node.lineno < name.lineno]
        found = [node.value for node in before if any(_ends(target, name.id) for target in node.targets)]
        if found:
            return found
    return []


def _blocks(wanted: ast.AST, around: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements below *around* that have *wanted* in them, the innermost last."""
    for field in ('body', 'orelse', 'finalbody', 'handlers'):
        block = getattr(around, field, None)
        for statement in block if isinstance(block, list) else ():
            if any(node is wanted for node in ast.walk(statement)):
                yield block
                yield from _blocks(wanted, statement)


def told(module: str) -> set[str]:
    return set(texts(module, (CODE / f'{module}.py').read_text(encoding='utf-8')))


def explained() -> list[str]:
    """The terms of the page that are lines of a report, filled as the code's are."""
    lines = re.findall(r'^``(.+)``\n   \S', PAGE.read_text(encoding='utf-8'), flags=re.MULTILINE)
    return [re.sub('<[^>]+>', FILLED, line) for line in lines if TERM.match(line)]


@pytest.mark.parametrize('module', PLAN + LOOK)
def test_every_text_of_the_plan_is_explained(module: str) -> None:
    assert sorted(told(module) - set(explained())) == []


def test_what_is_explained_can_be_printed_and_is_explained_once() -> None:
    page = explained()
    assert sorted(set(page) - set().union(*map(told, PLAN + LOOK + WAY))) == []
    assert len(page) == len(set(page))


def test_a_text_that_is_new_is_found_however_it_comes_in() -> None:
    source = '''
async def decide(self, key, late):
    what = f'{key} to be new'
    self.findings.waits.append(Wait(what, None, 'why'))
    notes.append('a new note' if late else f'a note of {key}, {late}')
    steps.append(Step('ns1', (), (), why(key)))
    if late:
        what = 'another thing'
        steps.append(Step('ns1', (), (), what))
    raise MultisignerError(f'a new {"fault" if late else "error"}{key}', remedy='mend it')
def why(key):
    return f'{key} is new'
'''
    changes = {'because: <> is new', 'because: another thing'}
    found = {*changes, 'waiting for <> to be new', 'note: a new note', 'note: a note of <>, <>', 'blocked: a new <>'}
    assert set(texts('module', source)) == found


@pytest.mark.parametrize('value', ['words', 'words()'])
def test_a_text_that_cannot_be_told_is_an_error(value: str) -> None:
    with pytest.raises(AssertionError, match='nobody can tell'):
        list(texts('module', f'def decide(words):\n    Wait({value}, None, "why")\n'))
