# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules of the controller, run within ansible-playbook: to pack a module, start a Python for it and import what it needs takes longer
than most of what these do.

The same function does the work either way. Where anything asks for a process of its own (another host or user, an environment, a
library that Ansible's own Python lacks), it is run as the module that it also is.
"""
from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, NoReturn

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action.normal import ActionModule as RunAsModule


class Ended(Exception):
    """The work is done, or has failed; *result* is what a module would print."""

    def __init__(self, result: dict[str, Any]) -> None:
        super().__init__()
        self.result = result


class InProcess:
    """A Task (see module_utils/_multisigner/task.py) without a module."""

    def __init__(self, params: dict[str, Any], check_mode: bool) -> None:
        self.params = params
        self.check_mode = check_mode
        self._warnings: list[str] = []

    def warn(self, warning: str) -> None:
        self._warnings.append(warning)

    def exit_json(self, **result: Any) -> NoReturn:
        raise Ended({'changed': False, **result, **({'warnings': self._warnings} if self._warnings else {})})

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        self.exit_json(failed=True, msg=msg, **result)


class OnController(RunAsModule):  # type: ignore[misc]  # ansible-core has no types
    """*module*: one with SPEC (the options of AnsibleModule), missing_library() and run(Task)."""

    module: ModuleType

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        if not self._is_at_home():
            found: dict[str, Any] = super().run(tmp, task_vars)
            return found
        options = {name: value for name, value in self.module.SPEC.items() if name != 'supports_check_mode'}
        checked = ArgumentSpecValidator(**options).validate(plain(self._task.args))
        task = InProcess(checked.validated_parameters, bool(self._task.check_mode))
        try:
            if checked.error_messages:
                task.fail_json('; '.join(checked.error_messages))
            self.module.run(task)
        except Ended as ended:
            shown: dict[str, Any] = remove_values(ended.result, checked._no_log_values)
            return shown
        raise AssertionError(f'{self.module.__name__} came to no end')

    def _is_at_home(self) -> bool:
        """Whether the task is for this machine, this user and this Python."""
        return (
            sys.platform == 'linux'  # elsewhere what libraries do after a fork is not safe
            and self._connection.transport == 'local'
            and self._connection.become is None
            and not self._task.async_val
            and not any(self._task.environment or ())
            and self.module.missing_library() is None
        )


def plain(value: Any) -> Any:
    """*value* in Python's own types: Ansible's are aware of tags, origins and vaults."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(one) for one in value]
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return str(value)
