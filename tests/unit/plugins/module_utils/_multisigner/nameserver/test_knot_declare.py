# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones that are declared to Knot: what is written, what is refused before anything is written, and what is nobody's to see."""
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, Sequence

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.blocks import Key, Result
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.files import Access, Disk
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.knot_declare import KnotDeclarer, Settings
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.nameserver.fake_knot import ZONE, FakeKnot, dnskey

SECRET = 'c2VjcmV0IHRoYXQgbXVzdCBub3QgYmUgc2VlbiE='
CONTENT = '$TTL 60\n@ IN SOA ns h (\n 1\n 2 3 4 60 )\n NS ns\nns A 192.0.2.1\ncds IN TXT "DNSKEY"\ndnskey 60 IN A 192.0.2.2\n'


class Host:
    """A server with a knot.conf of its operator's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.knot = FakeKnot(folder)
        self.knot.export = f'database:\n    storage: "{folder}"\n'
        self.knot.published = [dnskey(0, 257)]
        self.conf = folder / 'knot.conf'
        self.conf.write_text('server:\n    rundir: /run/knot\n')
        self.content = folder / 'content'
        self.content.write_text(CONTENT)
        self.settings = Settings(
            knot_conf=str(self.conf), directory=str(folder / 'ours'), key=Key('Multisigner.', 'hmac-sha256', SECRET), nsec3=True, dnskey_ttl=60,
            policy_options={}, allow_transfer=(), also_notify=(), manage_ns=False, owner=Access(0o750), readers=Access(0o750),
        )

    @property
    def include(self) -> str:
        path = self.folder / 'ours' / 'multisigner.conf'
        return path.read_text() if path.exists() else ''

    def zone(self, name: str = ZONE, **changes: Any) -> dict[str, Any]:
        return {'name': name, 'file': str(self.content), 'algorithm': 'ECDSAP256SHA256', 'new_keys': True, 'csk': False, 'roll_keys': False, **changes}

    def serve(self, zones: Sequence[dict[str, Any]], absent: Sequence[str] = (), check: bool = False, **settings: Any) -> Result:
        tools: Any = self.knot
        work = self.folder / 'work'
        work.mkdir(exist_ok=True)
        return KnotDeclarer(tools, Disk(check), replace(self.settings, **settings)).serve(zones, absent, str(work))

    def refused(self, zone: dict[str, Any], **settings: Any) -> str:
        before = self.include, self.conf.read_text()
        outcome, = self.serve([zone], **settings).outcomes
        assert outcome.failed and (self.include, self.conf.read_text()) == before
        return outcome.msg


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_a_zone_is_declared_once_as_several_signers_need_it(host: Host) -> None:
    result = host.serve([host.zone()])
    assert result.changed and not result.outcomes[0].failed, result.outcomes[0].msg
    for line in (
        'dnskey-management: "incremental"', 'cds-cdnskey-publish: "always"', 'zsk-lifetime: 0', 'zonefile-load: "difference"', 'zonefile-sync: 0',
        'update-type: ["DNSKEY", "CDS", "CDNSKEY"]', 'update-owner: "zone"', 'delete-delay: "604800"', 'template: "multisigner"',
    ):
        assert f' {line}\n' in host.include
    assert host.conf.read_text().endswith(f'include: "{host.folder}/ours/multisigner.conf"\n')
    assert (host.folder / 'ours/zones/shop.example.zone').read_text() == CONTENT
    assert 'knotc reload' in host.knot.calls
    host.knot.calls.clear()
    again = host.serve([host.zone()])
    assert not again.changed and not again.diff and 'knotc reload' not in host.knot.calls


def test_a_zone_file_that_knot_has_taken_over_is_never_written_again(host: Host) -> None:
    host.serve([host.zone()])
    taken = host.folder / 'ours/zones/shop.example.zone'
    taken.write_text('what Knot wrote')
    host.content.write_text(f'{CONTENT}www IN A 192.0.2.3\n')
    assert not host.serve([host.zone()]).changed
    assert taken.read_text() == 'what Knot wrote'


def test_check_mode_writes_nothing(host: Host) -> None:
    result = host.serve([host.zone()], check=True)
    assert result.changed and any('dnskey-management' in part['after'] for part in result.diff)
    assert (host.include, 'knotc reload' in host.knot.calls, (host.folder / 'ours').exists()) == ('', False, False)


def test_no_secret_is_in_a_diff_or_a_message(host: Host) -> None:
    assert SECRET not in str(host.serve([host.zone()], manage_ns=True)) + repr(host.settings)
    assert SECRET in host.include and '"NS", "CSYNC"]' in host.include
    with pytest.raises(MultisignerError) as caught:
        host.serve([host.zone()], key=Key('k', 'hmac-sha256', 'not "base64"'))
    assert 'base64"' not in str(caught.value)


def test_secondaries_may_transfer_and_are_told_of_changes(host: Host) -> None:
    host.serve([host.zone()], allow_transfer=('192.0.2.2',), also_notify=('192.0.2.2', '192.0.2.3'))
    assert 'acl: ["multisigner-update", "multisigner-transfer"]' in host.include
    assert 'address: ["192.0.2.2", "192.0.2.3"]' in host.include and 'notify: "multisigner-secondaries"' in host.include


@pytest.mark.parametrize('option', ['dnskey-management', 'ds-push', 'dnskey-sync', 'cds-cdnskey-publish', 'manual', 'zsk-lifetime', 'algorithm'])
def test_what_several_signers_depend_on_cannot_be_set_otherwise(host: Host, option: str) -> None:
    assert f'policy_options has {option}' in host.refused(host.zone(), policy_options={option: 'x'})


def test_further_settings_are_written_and_cannot_smuggle_in_others(host: Host) -> None:
    host.serve([host.zone()], policy_options={'propagation-delay': 60, 'reproducible-signing': True})
    assert 'propagation-delay: "60"' in host.include and 'reproducible-signing: "on"' in host.include
    assert 'cannot be written' in host.refused(host.zone('b.example'), policy_options={'keystore': 'a"\n    ds-push: "b'})


@pytest.mark.parametrize(
    ('line', 'told'),
    [
        ('@ 60 IN DNSKEY 257 3 13 AAAA', 'holds DNSKEY'), (' CDS 1 13 2 AA', 'holds CDS'), ('@ IN 60 RRSIG x', 'holds RRSIG'),
        ('$INCLUDE other', r'\$INCLUDE'), ('@ nsec3param 1 0 0 -', 'holds NSEC3PARAM'),
    ],
)
def test_a_zone_file_that_holds_what_the_signing_adds_is_refused(host: Host, line: str, told: str) -> None:
    host.content.write_text(f'{CONTENT}{line}\n')
    assert told.replace('\\', '') in host.refused(host.zone())


def test_a_zone_file_that_knot_cannot_load_is_refused_in_its_words(host: Host) -> None:
    host.knot.fails = f'knotc zone-check {ZONE}'
    assert 'is not usable: knotc says: error: it does not' in host.refused(host.zone())


def test_keys_are_made_only_on_the_users_word(host: Host) -> None:
    assert 'Knot has no keys of it' in host.refused(host.zone(new_keys=False))
    host.knot.has(dnskey(1, 257), publish=-60, ready=-60, active=-60)
    assert not host.serve([host.zone(new_keys=False)]).outcomes[0].failed


def test_a_zone_may_have_one_key_for_all(host: Host) -> None:
    host.serve([host.zone(csk=True)])
    assert 'single-type-signing: "on"' in host.include and 'dnssec-policy: "multisigner-ecdsap256sha256-csk"' in host.include


SETTLED = {'publish': -60, 'active': -60}


@pytest.fixture
def signed(host: Host, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr('time.sleep', lambda seconds: None)
    host.knot.has(dnskey(0, 257), ready=-60, **SETTLED)
    host.knot.has(dnskey(1, 256), **SETTLED)
    host.serve([host.zone()])
    return host


def test_another_algorithm_is_refused_unless_it_is_meant(signed: Host) -> None:
    assert 'another policy' in signed.refused(signed.zone(algorithm='ED25519'))
    assert signed.serve([signed.zone(algorithm='ED25519', roll_keys=True)], check=True).changed
    signed.knot.begins_with = DNSKEY(257, 3, 15, bytes(32))
    outcome, = signed.serve([signed.zone(algorithm='ED25519', roll_keys=True)]).outcomes
    assert not outcome.failed and 'algorithm: "ed25519"' in signed.include and 'ecdsap256' not in signed.include
    assert outcome.details['announced'] == [f'DNSKEY {DNSKEY(257, 3, 15, bytes(32)).text}']


def test_a_rollover_that_knot_does_not_begin_is_told(signed: Host) -> None:
    outcome, = signed.serve([signed.zone(algorithm='ED25519', roll_keys=True)]).outcomes
    assert outcome.failed and 'did not begin in time to roll its keys over to ED25519' in outcome.msg


@pytest.mark.parametrize('csk', [True, False])
def test_only_the_algorithm_can_be_rolled_over(signed: Host, csk: bool) -> None:
    assert 'not the kind of keys' in signed.refused(signed.zone(csk=True, algorithm='ED25519' if csk else 'ECDSAP256SHA256', roll_keys=True))


@pytest.mark.parametrize('times', [{'publish': -60}, {'publish': -60, 'ready': -60}, {'publish': 99, 'ready': 99, 'active': 99}])
def test_keys_that_knot_works_on_are_not_rolled_over(signed: Host, times: Dict[str, int]) -> None:
    signed.knot.has(dnskey(2, 257), **times)
    assert 'are not settled' in signed.refused(signed.zone(algorithm='ED25519', roll_keys=True))


def test_a_zone_of_the_operators_is_checked_and_left(host: Host) -> None:
    host.knot.export += 'policy:\n  - id: "p"\n    cds-cdnskey-publish: "always"\n'
    host.knot.export += f'zone:\n  - domain: "{ZONE}."\n    dnssec-signing: "on"\n    dnssec-policy: "p"\n'
    assert 'dnskey-management: full' in host.refused(host.zone(file=None))
    assert 'declares it already' in host.refused(host.zone())
    host.knot.export = host.knot.export.replace('cds-cdn', 'dnskey-management: "incremental"\n    cds-cdn')
    result = host.serve([host.zone(file=None)])
    assert (result.changed, result.outcomes[0].failed, host.include) == (False, False, '')


def test_a_zone_that_is_declared_nowhere_needs_content(host: Host) -> None:
    assert 'no file to fill it from' in host.refused(host.zone(file=None))
    assert 'does not exist' in host.refused(host.zone(file=str(host.folder / 'nowhere')))


def test_a_key_that_the_operator_has_too_is_refused(host: Host) -> None:
    host.knot.export += 'key:\n  - id: "multisigner."\n'
    with pytest.raises(MultisignerError, match='the TSIG key multisigner is declared'):
        host.serve([host.zone()])


def test_a_zone_goes_only_when_that_is_said(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('time.sleep', lambda seconds: None)  # this Knot has no b.example
    host.serve([host.zone(), host.zone('b.example')])
    host.serve([host.zone()])
    assert 'b.example' in host.include
    result = host.serve([host.zone()], absent=['b.example'])
    assert result.changed and 'b.example' not in host.include and (host.folder / 'ours/zones/b.example.zone').exists()
    outcome, = host.serve([host.zone()], absent=[ZONE]).outcomes[:1]
    assert 'declared and to be absent at once' in outcome.msg


def test_one_zones_trouble_is_its_own(host: Host) -> None:
    bad, good = host.serve([host.zone('bad..name'), host.zone()]).outcomes
    assert bad.failed and not good.failed and ZONE in host.include


def test_a_zone_that_knot_does_not_load_is_told(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('time.sleep', lambda seconds: None)
    host.knot.published = []
    outcome, = host.serve([host.zone()]).outcomes
    assert outcome.failed and 'did not load and sign it in time' in outcome.msg


def test_a_file_that_is_somebody_elses_is_not_overwritten(host: Host) -> None:
    (host.folder / 'ours').mkdir()
    (host.folder / 'ours/multisigner.conf').write_text('zone:\n')
    with pytest.raises(MultisignerError, match='was not written by this collection'):
        host.serve([host.zone()])
