#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries the journal between the host where it is kept and the controller, which may be thrown away after the run."""
from __future__ import annotations

DOCUMENTATION = r"""
module: multisigner_journal
short_description: Read or replace the journal of multi-signer zones on the host that keeps it
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Runs on the host that keeps the journal and needs nothing there but Python with its standard library.
  - Without O(content) it reads the journal, for O(dnssec.multisigner.multisigner_plan#module:journal_content) of
    M(dnssec.multisigner.multisigner_plan).
  - With O(content) it replaces the journal, all or nothing, and only when it still is what was read. When another run changed it in
    between, nothing is written and the module fails.
  - With O(zones) all of that is about these zones alone. Runs over different zones, such as the shares of C(multisigner_shard), use one
    journal at the same time. Each write is one transaction of SQLite. One that is killed in the middle leaves the journal as it was, and no lock.
extends_documentation_fragment:
  - dnssec.multisigner.attributes
attributes:
  diff_mode:
    support: none
    details:
      - The journal is no text that people read.
  idempotent:
    support: full
options:
  path:
    description: The SQLite file of the journal. It is made when it is first written.
    type: path
    required: true
  content:
    description: The new content, as M(dnssec.multisigner.multisigner_plan) returned it.
    type: str
  zones:
    description: Names of zones. What the journal has of these is read or replaced, and nothing else is looked at. All zones by default.
    type: list
    elements: str
  expected:
    description: The RV(version) that was read. Required with O(content).
    type: str
seealso:
  - module: dnssec.multisigner.multisigner_plan
"""

EXAMPLES = r"""
- name: Read the journal on the host that keeps it
  dnssec.multisigner.multisigner_journal:
    path: /var/lib/dnssec-multisigner/journal.sqlite
    zones: "{{ multisigner_zones | map(attribute='name') }}"
  delegate_to: ns1
  register: journal

- name: Put it back when a plan has changed it
  dnssec.multisigner.multisigner_journal:
    path: /var/lib/dnssec-multisigner/journal.sqlite
    zones: "{{ multisigner_zones | map(attribute='name') }}"
    content: "{{ plan.journal_content }}"
    expected: "{{ journal.version }}"
  delegate_to: ns1
"""

RETURN = r"""
content:
  description: The content of the journal, or what it has of O(zones), compressed, in base64. No secret is in it.
  returned: without O(content)
  type: str
  sample: eJyrVkpLTC5RsoqO1VGqykwB0UWpqcWZ
version:
  description: What names this content. It changes with the content.
  returned: always
  type: str
  sample: 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
"""

import hashlib
import os
from typing import Collection, Optional

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner.errors import MultisignerError
from ..module_utils._multisigner.journal import Journal
from ..module_utils._multisigner.shard import canonical


def version_of(content: str) -> str:
    return hashlib.sha256(content.encode('ascii')).hexdigest()


def put(path: str, content: str, expected: str, zones: Optional[Collection[str]], check_mode: bool) -> bool:
    """Whether the journal was changed. Raises MultisignerError."""
    if version_of(content) == expected:
        return False
    with Journal(path, writable=not check_mode) as journal:
        if version_of(journal.export(zones)) != expected:
            raise MultisignerError(
                f'the journal {path} was changed by another run over the same zones since it was read; nothing was written',
                remedy='Run again when that run has ended; one run at a time may write what is known of a zone',
            )
        if not check_mode:
            journal.replace(content, zones)
    return True


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            'path': {'type': 'path', 'required': True},
            'content': {'type': 'str'},
            'zones': {'type': 'list', 'elements': 'str'},
            'expected': {'type': 'str'},
        },
        required_together=[('content', 'expected')],
        supports_check_mode=True,
    )
    path = os.path.abspath(module.params['path'])
    content = module.params['content']
    zones = None if module.params['zones'] is None else {canonical(name) for name in module.params['zones']}
    try:
        if content is not None:
            changed = put(path, content, module.params['expected'], zones, module.check_mode)
            module.exit_json(changed=changed, version=version_of(content))
        with Journal(path, writable=False) as journal:
            content = journal.export(zones)
    except MultisignerError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, content=content, version=version_of(content))


if __name__ == '__main__':
    main()
