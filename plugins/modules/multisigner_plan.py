#!/usr/bin/python
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what is safe to do next for each zone, what is waited for and why, and keeps the journal. Touches no signer and no parent."""
from __future__ import annotations

DOCUMENTATION = r"""
module: multisigner_plan
short_description: Plan the next safe steps for multi-signer zones
version_added: 0.1.0
author:
  - the dnssec.multisigner contributors (@dnssec-multisigner)
description:
  - Looks at every server of every signer and parent as M(dnssec.multisigner.dnssec_keys_fetch) does, and says, for each zone, which
    keys to add at which signer now, whether the parent may have the DS of all signers, what must be waited for and until when, and
    what a person has to mend.
  - There is no procedure to follow and no state to get stuck in. What to do next follows from what is declared, what is seen, and since
    when it has been so, for signers that join, leave or roll their keys, in any order and at once. Additions are planned as soon as
    they are safe, removals when no cache can hold anything that needs what is removed (RFC 8901, RFC 7583).
  - Every step is safe by itself, whatever becomes of the others. What nothing proves to be removable is told in RV(zones[].notes).
  - Remembers in a journal since when every server of every signer has shown each key. A DS is planned only when older
    answers cannot be in any cache any more.
notes:
  - A lost journal costs waiting time and never safety. Every wait then starts anew.
  - The journal holds names of zones, public keys and times. No secret is in it.
  - A change is reported when the journal changed. A second look at a world that stayed the same writes nothing.
extends_documentation_fragment:
  - dnssec.multisigner.attributes
  - dnssec.multisigner.attributes.controller
  - dnssec.multisigner.group
  - dnssec.multisigner.observation
attributes:
  diff_mode:
    support: none
    details:
      - The plan itself is what is returned.
  idempotent:
    support: full
options:
  journal:
    description:
      - The SQLite file of the journal, on the host where this module runs. It is made when it is missing.
      - One run at a time uses it, from before it looks until its plan is made. A second one waits for half a minute and then fails.
    type: path
    required: true
  journal_content:
    description:
      - The content of a journal that is kept on another host, as M(dnssec.multisigner.multisigner_journal) read it there. O(journal) is
        then only what it is called in messages.
      - What comes of it is in RV(journal_content), and must be back on that host before anything is carried out.
    type: str
  run:
    description:
      - What this run is called, the same in all its tasks and different from every other run.
      - While a run may still be removing what was planned for it from a zone, another one plans nothing for that zone. See O(within).
    type: str
    default: ""
  within:
    description:
      - For how many seconds what is planned may be carried out. V(0) is for a plan that is only looked at.
    type: int
    default: 0
  wait:
    description:
      - For how many seconds to go on looking while there is nothing to do but to wait. It returns as soon as some zone has something
        to do, or none has anything to wait for.
    type: int
    default: 0
  handed:
    description:
      - RV(handed) of the plan whose RV(parents) were carried out last. What a person or a parent that takes its time is to do is
        waited for only then. With O(wait) and other work for the parents it returns at once.
    type: str
  digest_types:
    description: The digest types of the DS set, V(2) for SHA-256 and V(4) for SHA-384 (RFC 9905).
    type: list
    elements: int
    choices: [2, 4]
    default: [2]
seealso:
  - module: dnssec.multisigner.dnssec_keys_fetch
  - module: dnssec.multisigner.registry_ds
"""

EXAMPLES = r"""
- name: Plan what is safe now
  dnssec.multisigner.multisigner_plan:
    zones:
      - name: shop.example
        parent: registry
        signers: [ns1, desec]
    signers:
      - name: ns1
        driver: bind
        servers: [192.0.2.1]
        tsig:
          name: multisigner
          secret: "{{ vault_tsig_secret }}"
      - name: desec
        driver: desec
        servers: [ns1.desec.io, ns2.desec.org]
        api_token: "{{ vault_desec_token }}"
    parents:
      - name: registry
        channel: export
        servers: [a.nic.example]
    journal: ~/.local/state/dnssec-multisigner/journal.sqlite
  delegate_to: localhost
  register: plan

- name: Say so
  ansible.builtin.debug:
    msg: "{{ plan.report }}"
"""

RETURN = r"""
report:
  description: The plan in sentences, for people.
  returned: always
  type: list
  elements: str
  sample:
    - "shop.example: waiting"
    - "  waiting until 2026-03-01T10:00:00Z for DNSKEY RRsets without all keys to leave the caches: every server of every signer has shown the full set
      since 2026-03-01T09:00:00Z; older answers had a TTL of up to 3600 s"
zones:
  description: The plan of each zone that is not complete, or of which there is more to tell.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: Name of the zone.
      type: str
      sample: shop.example
    state:
      description: V(blocked), V(changing), V(waiting) or V(complete).
      type: str
      sample: waiting
    steps:
      description: The records to add and to remove now, signer by signer, with the reason.
      type: list
      elements: dict
      sample:
        - signer: ns1
          add: ["DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="]
          remove: []
          reason: keys of desec that ns1 does not publish
    ds:
      description: The DS set that the parent may have now. Empty while that must wait.
      type: list
      elements: str
      sample: ["2371 13 2 c988ec423e3880eb8dd8a46fe06ca230ee23f35b578d64e78b29c3e1c83d245a"]
    ds_missing:
      description: Those of RV(zones[].ds) that a server of the parent does not show.
      type: list
      elements: str
      sample: []
    ds_obsolete:
      description: The DS at the parent that may go now.
      type: list
      elements: str
      sample: []
    prepublished:
      description:
        - The DNSKEY records that a signer announced, and that every other signer has published for so long that every cache can have them. The
          signer may publish them now, and sign with them.
      type: list
      elements: str
      sample: []
    waits:
      description: What is waited for, until when (UTC; null when only a server can tell), and why.
      type: list
      elements: dict
      sample:
        - for: DNSKEY RRsets without all keys to leave the caches
          until: "2026-03-01T10:00:00Z"
          reason: every server of every signer has shown the full set since 2026-03-01T09:00:00Z; older answers had a TTL of up to 3600 s
    blocked:
      description: What a person must mend before this zone can go on.
      type: list
      elements: str
      sample: []
    notes:
      description: What is worth knowing, among it what would have to be removed.
      type: list
      elements: str
      sample: []
complete:
  description: How many zones are complete.
  returned: always
  type: int
  sample: 299
ds_sets:
  description: The DS set of every zone whose DS set may be at the parent now, those of complete zones as well.
  returned: always
  type: dict
  sample:
    shop.example: ["2371 13 2 c988ec423e3880eb8dd8a46fe06ca230ee23f35b578d64e78b29c3e1c83d245a"]
signers:
  description: For each signer that has something to do, the C(zones) option of its module.
  returned: always
  type: dict
  sample:
    ns1:
      - name: shop.example
        add: ["DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="]
        remove: []
parents:
  description: For each parent with zones whose DS set may be published, the C(zones) option of M(dnssec.multisigner.registry_ds).
  returned: always
  type: dict
  sample: {}
handed:
  description: A text that is the same for the same RV(parents), for O(handed) of the next call.
  returned: always
  type: str
  sample: 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
tell:
  description: For each signer that waits for it, what the parent has of its keys, as the C(zones) option of M(dnssec.multisigner.bind_checkds).
  returned: always
  type: dict
  sample:
    ns1:
      - name: shop.example
        published: ["2371 13 2 c988ec423e3880eb8dd8a46fe06ca230ee23f35b578d64e78b29c3e1c83d245a"]
        published_since: "2026-03-01T10:00:00Z"
        withdrawn: []
errors:
  description: For each zone that could not be looked at, why. Nothing is planned for it.
  returned: always
  type: dict
  sample: {}
journal_content:
  description: The new content of the journal, for M(dnssec.multisigner.multisigner_journal).
  returned: with O(journal_content)
  type: str
  sample: eJyrVkpLTC5RsoqO1VGqykwB0UWpqcWZ
next_wait:
  description: When the earliest wait ends, in UTC. Null when nothing is waited for that has a time.
  returned: always
  type: str
  sample: "2026-03-01T10:00:00Z"
"""

import hashlib
import json
import os
import time
from dataclasses import replace
from typing import Any, Dict, Mapping, Sequence, Tuple

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._multisigner.dnskey import DIGEST_LENGTHS
from ..module_utils._multisigner.group import Group
from ..module_utils._multisigner.journal import Journal, Memory
from ..module_utils._multisigner.observation import ZoneObservation
from ..module_utils._multisigner.observe import OBSERVE_OPTIONS, Look, look
from ..module_utils._multisigner.plan import plan
from ..module_utils._multisigner.report import lines, plan_as_dict
from ..module_utils._multisigner.situation import CSYNC_OURS
from ..module_utils._multisigner.steps import Plan, utc
from ..module_utils._multisigner.task import Task, carry_out, missing_dnspython

Data = Dict[str, Any]
Made = Tuple[Group, ZoneObservation, Plan]

SPEC: Data = {
    'argument_spec': {
        'journal': {'type': 'path', 'required': True},
        'journal_content': {'type': 'str'},
        'digest_types': {'type': 'list', 'elements': 'int', 'choices': [2, 4], 'default': [2]},
        'run': {'type': 'str', 'default': ''},
        'within': {'type': 'int', 'default': 0},
        'wait': {'type': 'int', 'default': 0},
        'handed': {'type': 'str'},
        **OBSERVE_OPTIONS,
    },
    'supports_check_mode': True,
}
missing_library = missing_dnspython

POLL = 1.0  # seconds between two looks, at least
MAX_POLL = 30.0  # and at most
POLL_PART = 0.05  # of the time that was waited so far: so much later than it happens something may be seen


def make_plans(seen: Look, journal: Journal, params: Mapping[str, Any], now: float) -> tuple[list[Made], bool]:
    """The plan of every zone that was seen, and whether the journal learned anything."""
    digest_types = tuple(sorted(set(params['digest_types'])))
    known = journal.memories()
    held_until = journal.held_until(params['run'], now)
    plans: list[Made] = []
    learned = False
    for group, zone in seen.zones:
        before = known.get(group.zone, Memory())
        made = plan(replace(group, digest_types=digest_types), zone, before, now, held_until.get(group.zone))
        learned |= journal.store(group.zone, before, made.memory)
        plans.append((group, zone, made))
    removes = [made.zone for _group, _zone, made in plans if made.removes and params['within'] > 0]
    journal.remove_until(params['run'], now + params['within'], removes)
    return plans, learned


def look_and_plan(task: Task) -> tuple[Look, list[Made], bool, str | None]:
    """One look and its plans, whether the journal learned anything, and its new content where it is kept elsewhere.

    Again and again, as long as there is nothing to do but to wait, and the user lets it wait.

    Raises MultisignerError.
    """
    params = task.params
    began = time.monotonic()
    learned = False
    content = params['journal_content']
    while True:
        with Journal(os.path.abspath(params['journal']), not task.check_mode, content) as journal:
            looked = time.monotonic()
            seen = look(params, journal.zones_with(CSYNC_OURS))
            if journal.before_clock_was_set() & {group.zone for group, _zone in seen.zones}:
                task.warn('The clock of this machine was set since the last run: every wait starts anew.')
            now = time.time()  # after the look, so nothing counts as true before it was seen
            plans, is_new = make_plans(seen, journal, params, now)
            content = journal.export() if content is not None else None
        learned |= is_new
        waited = time.monotonic() - began
        pause = time_to_wait(plans, time_to_poll(waited, time.monotonic() - looked), params['handed'])
        if pause is None or waited + pause > params['wait']:
            return seen, plans, learned, content
        time.sleep(pause)


def time_to_poll(waited: float, took: float) -> float:
    """Seconds until the next look, where only a server or a person can tell when a wait is over, after *waited* seconds and a look that
    *took* so many: a look at many zones is not to be a burden on their servers."""
    return min(max(POLL, POLL_PART * waited, 2 * took), MAX_POLL)


def time_to_wait(plans: Sequence[Made], poll: float, handed: str | None) -> float | None:
    """Seconds after which to look again, *poll* where only a server or a person can tell; None when there is something to do, or
    nothing to wait for. What is for the parents is something to do unless it is what was *handed* to them before."""
    waits = [wait for _group, _seen, made in plans if made.state == 'waiting' for wait in made.waits]
    if not waits or any(made.state == 'changing' for _group, _seen, made in plans) or signer_news(plans):
        return None
    if handed is not None and handed != mark(parent_work(plans)):
        return None
    return max(0.1, min(poll if wait.until is None else wait.until - time.time() for wait in waits))


def signer_work(plans: Sequence[Plan]) -> dict[str, list[Data]]:
    work: dict[str, dict[str, Data]] = {}
    for made in plans:
        for step in made.steps:
            zone = work.setdefault(step.signer, {}).setdefault(made.zone, {'name': made.zone, 'add': [], 'remove': []})
            zone['add'] += [record.text for record in step.add]
            zone['remove'] += [record.text for record in step.remove]
    return {signer: list(zones.values()) for signer, zones in work.items()}


def signer_news(plans: Sequence[Made]) -> dict[str, list[Data]]:
    """For each signer that waits to be told what the parent has, which DS of its keys every resolver can have, and which none can have."""
    news: dict[str, list[Data]] = {}
    for _group, seen, made in plans:
        for view in seen.signers:
            used, given_up = view.awaits_ds - view.retiring, view.awaits_ds & view.retiring
            told: Data = {}
            for what, keys, known in (('published', used, made.published), ('withdrawn', given_up, made.withdrawn)):
                since = {ds: known[ds] for ds in known if any(key.ds(made.zone, number) == ds for key in keys for number in DIGEST_LENGTHS)}
                told[what] = [ds.text for ds in since]
                if since:
                    told[f'{what}_since'] = utc(max(since.values()))
            if told['published'] or told['withdrawn']:
                news.setdefault(view.name, []).append({'name': made.zone, **told})
    return news


def parent_work(plans: Sequence[Made]) -> dict[str, list[Data]]:
    """What registry_ds needs of each zone that its parent has work with: every signer's SEP keys and what it publishes now, and what may go.

    Before a DS goes out or away it asks the signers' servers once more, since other tasks come between the observation and that write.
    """
    work: dict[str, list[Data]] = {}
    for group, seen, made in plans:
        delegation = made.delegation
        # An export is kept up to date also when the parent has everything.
        if delegation is None or not (delegation.has_work or (delegation.by_person and delegation.keys)):
            continue
        published = {view.name: view.published_everywhere for view in seen.signers}
        is_change = bool(delegation.missing or delegation.remove)
        asked = {signer.name: {'servers': list(signer.servers), 'port': signer.port} for signer in group.signers if is_change}
        signers = [
            {'name': name, 'sep_keys': [key.text for key in keys], 'dnskeys': sorted(key.text for key in published[name]), **asked.get(name, {})}
            for name, keys in delegation.keys.items()
        ]
        work.setdefault(delegation.parent, []).append({
            'name': made.zone,
            'signers': signers,
            'remove': [ds.text for ds in delegation.remove],
            'ns_add': list(delegation.ns_add),
            'ns_remove': list(delegation.ns_remove),
            'insecure': group.insecure,
        })
    return work


def mark(work: Mapping[str, Sequence[Data]]) -> str:
    """A short text that is the same for the same work of the parents."""
    return hashlib.sha256(json.dumps(work, sort_keys=True).encode()).hexdigest()


def result(plans: Sequence[Made], errors: Mapping[str, str]) -> Data:
    made = [entry[2] for entry in plans]
    ends = [wait.until for one in made for wait in one.waits if wait.until is not None]
    parents = parent_work(plans)
    return {
        'report': lines(made, errors),
        'zones': [plan_as_dict(one) for one in made if one.state != 'complete' or one.notes or one.prepublished],
        'complete': sum(one.state == 'complete' for one in made),
        'ds_sets': {one.zone: [ds.text for ds in one.delegation.wanted] for one in made if one.delegation is not None and one.delegation.wanted},
        'signers': signer_work(made),
        'parents': parents,
        'handed': mark(parents),
        'tell': signer_news(plans),
        'next_wait': utc(min(ends)) if ends else None,
        'errors': dict(errors),
    }


def work(task: Task) -> None:
    seen, plans, learned, content = look_and_plan(task)
    kept = {} if content is None else {'journal_content': content}
    task.exit_json(changed=learned, **result(plans, seen.errors), **kept)


def run(task: Task) -> None:
    carry_out(task, missing_library(), work)


def main() -> None:
    run(AnsibleModule(**SPEC))


if __name__ == '__main__':
    main()
