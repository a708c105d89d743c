#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what dnssec_verify found as files: a page for people, and JUnit XML, Prometheus text and JSON for machines."""
from __future__ import annotations

DOCUMENTATION = r"""
module: verify_report
short_description: Write what was found about multi-signer zones as HTML, JUnit XML, Prometheus text and JSON
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Takes what M(dnssec.multisigner.dnssec_verify) returned and writes the files that are asked for, on the machine where it runs. It asks nobody anything.
  - Files are replaced whole or not at all, and one with the right content is not touched. A new file can be read by everybody (mode V(0644)); one that
    exists keeps its mode.
  - Names, record texts and errors come from servers that nobody vouches for. They are escaped in every form.
extends_documentation_fragment:
  - dnssec.multisigner.attributes
  - dnssec.multisigner.attributes.controller
attributes:
  diff_mode:
    support: partial
    details:
      - The diff leaves O(html) out, which is no text that people read, and files of more than 100 KiB.
  idempotent:
    support: full
options:
  zones:
    description: The RV(dnssec.multisigner.dnssec_verify#module:zones) of M(dnssec.multisigner.dnssec_verify), as they are.
    type: list
    elements: dict
    required: true
  errors:
    description: The RV(dnssec.multisigner.dnssec_verify#module:errors) of M(dnssec.multisigner.dnssec_verify), so that no zone goes missing.
    type: dict
    default: {}
  html:
    description:
      - Path of the page. One file that needs no network and has no script.
      - It has the verdict on each zone, a picture of the chain of trust in which what is missing is drawn in its place, the keys by servers, the cross
        matrix, the findings with their remedies, what a parent and different validators would say, the waits, and when signatures end.
      - The worst zones come first. Beyond 100 zones the others have their verdict and findings only, and one line when they are in order.
    type: path
  junit:
    description:
      - Path of the JUnit XML. One suite for each zone, one case for each check.
      - A case fails by a finding that is an error or critical. Warnings are in its output.
    type: path
  prometheus:
    description: Path of the metrics, in Prometheus' text format 0.0.4. For the textfile collector of node_exporter it has to end in C(.prom).
    type: path
  json:
    description: Path of the JSON, an object with C(version), which is 1, C(zones) and C(errors).
    type: path
seealso:
  - module: dnssec.multisigner.dnssec_verify
"""

EXAMPLES = r"""
- name: Look at the zones
  dnssec.multisigner.dnssec_verify:
    zones:
      - name: shop.example
    fail_on: never
  delegate_to: localhost
  register: verified

- name: Write the page, and the metrics for node_exporter
  dnssec.multisigner.verify_report:
    zones: "{{ verified.zones }}"
    errors: "{{ verified.errors }}"
    html: /srv/www/dnssec/index.html
    prometheus: /var/lib/prometheus/node-exporter/dnssec_multisigner.prom
  delegate_to: localhost
"""

RETURN = r"""
files:
  description: The files of the report, in the order of the options.
  returned: always
  type: list
  elements: dict
  contains:
    form:
      description: V(html), V(junit), V(prometheus) or V(json).
      type: str
      sample: html
    path:
      description: Where it is.
      type: str
      sample: /srv/www/dnssec/index.html
    changed:
      description: Whether it was written, or would have been without check mode.
      type: bool
      sample: true
    size:
      description: Its size in bytes.
      type: int
      sample: 31337
"""

import os
from typing import Any, Dict, Iterable, List, Optional

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner.task import Task, carry_out
from ..module_utils._multisigner.verify_report.files import FORMS, File, prepare, write

DIFF_LIMIT = 102400  # bytes
SPEC: Dict[str, Any] = {
    'argument_spec': {
        'zones': {'type': 'list', 'elements': 'dict', 'required': True},
        'errors': {'type': 'dict', 'default': {}},
        **{form: {'type': 'path'} for form in FORMS},
    },
    'required_one_of': [FORMS],
    'supports_check_mode': True,
}


def missing_library() -> Optional[str]:
    """It needs nothing but Python."""
    return None


def work(task: Task) -> None:
    paths = {form: os.path.abspath(task.params[form]) for form in FORMS if task.params[form]}
    errors = {str(name): str(text) for name, text in task.params['errors'].items()}
    files = prepare(task.params['zones'], errors, paths)
    if not task.check_mode:
        write(files)
    task.exit_json(
        changed=any(file.is_changed for file in files),
        files=[{'form': file.form, 'path': file.path, 'changed': file.is_changed, 'size': len(file.after)} for file in files],
        diff=diff(files),
    )


def diff(files: Iterable[File]) -> List[Dict[str, Any]]:
    """For each file what Ansible shows. The texts of a thousand zones would cost more than all the rest."""
    return [_one_diff(file) for file in files if file.is_changed and file.form != 'html']


def _one_diff(file: File) -> Dict[str, Any]:
    before = file.before or b''
    headers = {'before_header': file.path, 'after_header': file.path}
    if max(len(before), len(file.after)) > DIFF_LIMIT:
        return {**headers, 'dst_larger': DIFF_LIMIT}
    return {**headers, 'before': before.decode('utf-8', 'replace'), 'after': file.after.decode('utf-8')}


def run(task: Task) -> None:
    carry_out(task, missing_library(), work)


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
