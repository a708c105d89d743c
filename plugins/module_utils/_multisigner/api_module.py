# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules have in common that publish records at a signer by its API: their options, and their work."""
from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import missing_required_lib

from .drivers import CLIENTS, DRIVERS
from .errors import MultisignerError
from .json_api import API_OPTIONS, REQUESTS_IMPORT_ERROR
from .outcome import ZONES_OPTION, finish
from .resolve import find_servers
from .signers.api_changes import apply_changes
from .task import Task, carry_out, missing_dnspython


def spec(driver: str | None = None) -> dict[str, Any]:
    """The parameters of AnsibleModule, for one *driver* or for one that the option ``driver`` names."""
    if driver is None:
        options: dict[str, Any] = {'driver': {'type': 'str', 'required': True, 'choices': sorted(CLIENTS)}, 'api_url': {'type': 'str'}}
    else:
        url = DRIVERS[driver].api_url
        options = {'api_url': {'type': 'str', 'default': url} if url else {'type': 'str', 'required': True}}
    return {
        'argument_spec': {
            **API_OPTIONS,
            **options,
            'servers': {'type': 'list', 'elements': 'str', 'default': []},
            'port': {'type': 'int', 'default': 53},
            'zones': ZONES_OPTION,
        },
        'supports_check_mode': True,
    }


def missing_library() -> str | None:
    return missing_dnspython() if REQUESTS_IMPORT_ERROR is None else str(missing_required_lib('requests'))


def run(task: Task, driver: str | None = None) -> None:
    """The work of the module whose options are spec(*driver*)."""
    carry_out(task, missing_library(), lambda task: _publish(task, driver or task.params['driver']))


def _publish(task: Task, driver: str) -> None:
    options = dict(task.params)
    options['api_url'] = options['api_url'] or DRIVERS[driver].api_url
    if not options['api_url']:
        raise MultisignerError(f'the driver {driver} has no address of its API', remedy='Give it in "api_url", in the inventory as multisigner_api_url')
    servers = find_servers(options['servers'], options['port'])
    signer = CLIENTS[driver].from_options(options)
    finish(task, apply_changes(options['zones'], signer, servers, task.check_mode, options['max_wait']))
