# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module of the controller needs of who runs it: an AnsibleModule, or its stand-in (plugin_utils/on_controller.py)."""
from __future__ import annotations

from typing import Any, Callable, Dict, NoReturn, Optional, Protocol

from ansible.module_utils.basic import missing_required_lib

from .errors import MultisignerError
from .resolve import DNSPYTHON_IMPORT_ERROR


class Task(Protocol):
    params: Dict[str, Any]
    check_mode: bool

    def warn(self, warning: str) -> None: ...

    def exit_json(self, **result: Any) -> NoReturn: ...

    def fail_json(self, msg: str, **result: Any) -> NoReturn: ...


def carry_out(task: Task, missing_library: Optional[str], work: Callable[[Task], None]) -> None:
    """*work*, which ends the task itself; or a failure that says which library is missing, or what concerns every zone."""
    if missing_library is not None:
        task.fail_json(missing_library)
    try:
        work(task)
    except MultisignerError as error:
        task.fail_json(str(error))


def missing_dnspython() -> Optional[str]:
    """What to tell the user when this Python has no dnspython that will do; None when it has."""
    if DNSPYTHON_IMPORT_ERROR is None:
        return None
    return f'{missing_required_lib("dnspython >= 2.6")} ({DNSPYTHON_IMPORT_ERROR})'
