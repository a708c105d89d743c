# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a configuration of Knot says, and which zones of an operator's can have other signers' keys."""
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.knot_conf import (
    KnotConfiguration,
    read_knot_configuration,
    with_absolute_includes,
)
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.nameserver.fake_knot import ZONE, FakeKnot

EXPORT = '''# Configuration export (Knot DNS 3.2.6)

server:
    rundir: "/run/knot"

database:
    storage: "/srv/knot"

key:
  - id: "k."
    algorithm: "hmac-sha256"
    secret: "c2VjcmV0"

policy:
  - id: "several"
    dnskey-management: "incremental"
    cds-cdnskey-publish: "always"
    delete-delay: "604800"
POLICY
template:
  - id: "default"
    storage: "/srv/zones"
    acl: [ "a", "b" ]
TEMPLATE
zone:
  - domain: "Shop.Example."
    dnssec-signing: "on"
    dnssec-policy: "several"
ZONE
  - domain: "unsigned.example."
  - domain: "x\\/y.example."
'''


def configured(tmp_path: Path, policy: str = '', template: str = '', zone: str = '') -> KnotConfiguration:
    knot = FakeKnot(tmp_path)
    knot.export = EXPORT
    for mark, setting in (('POLICY', policy), ('TEMPLATE', template), ('ZONE', zone)):
        knot.export = knot.export.replace(f'{mark}\n', f'    {setting}\n' if setting else '')
    tools: Any = knot
    return read_knot_configuration(tools, '/etc/knot/knot.conf')


def test_what_is_in_force_for_a_zone_is_its_own_then_its_templates(tmp_path: Path) -> None:
    found = configured(tmp_path, template='zonefile-sync: "-1"', zone='zonefile-sync: "0"')
    assert found.names('key') == ('k.',)
    assert found.key_database == '/srv/knot/keys'
    zone = found.zones[ZONE]
    assert (zone.settings['acl'], zone.value('zonefile-sync', ''), zone.policy_name) == (('a', 'b'), '0', 'several')
    assert zone.of_policy('delete-delay', '') == '604800'
    assert 'unsigned.example' in found.zones


def test_a_zone_that_is_fit_is_not_refused(tmp_path: Path) -> None:
    configured(tmp_path).zones[ZONE].refuse_unfit()


@pytest.mark.parametrize('zone', ['zonefile-load: "difference"', 'zonefile-load: "none"\n    journal-content: "all"', 'ds-push: ""'])
def test_a_zone_that_keeps_what_came_by_updates_is_fit(tmp_path: Path, zone: str) -> None:
    configured(tmp_path, policy='ds-push: "parent"' if 'ds-push' in zone else '', zone=zone).zones[ZONE].refuse_unfit()


@pytest.mark.parametrize(
    ('change', 'told'),
    [
        ({'policy': 'dnskey-management: "full"'}, 'answers NOERROR to updates'),
        ({'zone': 'dnssec-policy: "default"'}, '"dnskey-management: full"'),
        ({'policy': 'ds-push: "parent"'}, 'has a ds-push'),
        ({'zone': 'ds-push: [ "parent", "other" ]'}, 'has a ds-push'),
        ({'policy': 'dnskey-sync: "peers"'}, 'has a dnskey-sync'),
        ({'policy': 'cds-cdnskey-publish: "rollover"'}, 'takes CDS and CDNSKEY away again'),
        ({'policy': 'cds-cdnskey-publish: "delete-dnssec"'}, 'takes CDS and CDNSKEY away again'),
        ({'template': 'zonefile-sync: "-1"'}, 'its zone file wins'),
        ({'template': 'zonefile-load: "difference-no-serial"'}, 'its zone file wins'),
        ({'zone': 'zonefile-load: "none"'}, 'its zone file wins'),
        ({'zone': 'dnssec-signing: "off"'}, 'Knot does not sign it'),
    ],
)
def test_what_would_lose_other_signers_keys_or_work_against_them_is_refused(tmp_path: Path, change: dict[str, str], told: str) -> None:
    with pytest.raises(MultisignerError, match=told) as caught:
        configured(tmp_path, **change).zones[ZONE].refuse_unfit()
    assert (caught.value.zone, bool(caught.value.remedy)) == (ZONE, True)


def test_a_configuration_that_knot_refuses_is_told_in_its_words(tmp_path: Path) -> None:
    knot = FakeKnot(tmp_path)
    knot.fails = 'knotc conf-export'
    tools: Any = knot
    with pytest.raises(MultisignerError, match='knotc refuses /etc/knot/knot.conf: error: it does not'):
        read_knot_configuration(tools, str(tmp_path / 'copy'), shown_path='/etc/knot/knot.conf')


def test_relative_names_of_included_files_are_counted_from_the_file_that_includes_them() -> None:
    text = 'include: zones.conf\ninclude: "/etc/other.conf"\nzone:\n'
    assert with_absolute_includes(text, '/etc/knot') == 'include: "/etc/knot/zones.conf"\ninclude: "/etc/other.conf"\nzone:\n'
