# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A joiner is delegated to when it was seen to have the declared content, and not before (invariant 14)."""
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.group import ContentSource
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.steps import Plan
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.plan_story import (
    CSK,
    DS_TTL,
    KSK,
    KSK3,
    SIGNERS,
    ZONE,
    ZSK,
    ZSK3,
    At,
    Story,
    ds,
    group,
    name_servers,
)

OLD = (KSK, ZSK, CSK)
NEW = (KSK3, ZSK3)
EVERYBODY = (KSK, CSK, KSK3)


def join(story: Story) -> Plan:
    """ns3 has all keys, and its DS is in every cache: only its NS are missing."""
    look = [
        At('ns1', (KSK, ZSK), (CSK, *NEW), cds=EVERYBODY), At('desec', (CSK,), (KSK, ZSK, *NEW), cds=EVERYBODY), At('ns3', NEW, OLD, cds=EVERYBODY),
    ]
    story.look(*look, ds=ds(*EVERYBODY))
    return story.look(*look, ds=ds(*EVERYBODY), after=20 * DS_TTL)


@pytest.mark.parametrize(('source', 'has_it', 'goes_on'), [
    (None, False, True),
    (ContentSource('ns1'), False, False),
    (ContentSource('ns1'), True, True),
    (ContentSource('ns1', report_only=True), False, False),
    (ContentSource('ns3'), False, True),
    (ContentSource(file='/zones/shop'), False, False),
])
def test_its_ns_wait_for_its_content(source: ContentSource | None, has_it: bool, goes_on: bool) -> None:
    ns3 = replace(SIGNERS['ns3'], same_content=frozenset([ZONE] if has_it else ['talk.example']))
    others = tuple(replace(SIGNERS[name], same_content=frozenset([ZONE])) for name in ('ns1', 'desec'))
    made = join(Story(group('ns1', 'desec', 'ns3', content=source, signers=(*others, ns3))))
    assert made.delegation is not None
    assert bool(made.delegation.ns_add) is goes_on
    assert any(name_servers('ns3') <= {str(record) for record in step.add} for step in made.steps) is goes_on
    told = [str(wait) for wait in made.waits if 'this run has not seen it to have the content of' in str(wait)]
    assert bool(told) is not goes_on, made.waits


def test_the_delegation_to_a_signer_whose_content_differs_now_stays() -> None:
    story = Story(group('ns1', 'desec', content=ContentSource('ns1')))
    look = [At('ns1', (KSK, ZSK), (CSK,), cds=(KSK, CSK)), At('desec', (CSK,), (KSK, ZSK), cds=(KSK, CSK))]
    story.look(*look, ds=ds(KSK, CSK))
    made = story.look(*look, ds=ds(KSK, CSK), after=20 * DS_TTL)
    assert made.state == 'complete' and not made.steps
