# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other signers' records in the include file of a zone that Knot loads from a file of the user's. The real Knot is in the target knot_signer."""
from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, parse_record
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.files import Disk
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.knot_conf import KnotConfiguration
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.knot_include import (
    KnotIncluder,
    empty_include,
    include_path,
)
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.knot_keys import Knot
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome, Request
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.nameserver.fake_knot import ZONE, FakeKnot, dnskey

OWN, THEIRS, MORE = dnskey(0, 257), dnskey(1, 257), dnskey(2, 256)
FILE = {'zonefile-load': ('difference-no-serial',), 'zonefile-sync': ('-1',)}


class FileKnot(FakeKnot):
    """One that reads the zone from its file, with what that includes."""

    include = ''
    published_cds = ''

    def _knotc(self, command: str, *arguments: str) -> str:
        if '-b' in (command, *arguments):
            lines = [line for line in Path(self.include).read_text().splitlines() if ' DNSKEY ' in line]
            found = [parse_record(line, ZONE).rdata for line in lines]
            self.published = [OWN, *(key for key in found if isinstance(key, DNSKEY) and not self.is_deaf)]
            return 'OK'
        return self.published_cds if arguments[-1:] != ('DNSKEY',) and command == 'zone-read' else super()._knotc(command, *arguments)


class Server:
    def __init__(self, folder: Path) -> None:
        self.knot = FileKnot(folder)
        self.knot.has(OWN, publish=-60, ready=-60, active=-60)
        self.path = Path(include_path(str(folder), ZONE))
        self.knot.include = str(self.path)
        self.path.parent.mkdir()
        self.path.write_bytes(empty_include(ZONE))
        self.file = folder / 'shop'
        self.file.write_text(f'@ SOA ns h 1 2 3 4 5\n$INCLUDE "{self.path}" ; ours\n')
        self.folder = folder
        zone = {**FILE, 'file': ('shop',), 'storage': (str(folder),)}
        self.configuration = KnotConfiguration({**self.knot.configuration.sections, 'zone': {f'{ZONE}.': zone}})

    def serve(self, add: Sequence[str] = (), remove: Sequence[str] = (), check: bool = False) -> Outcome:
        tools: Any = self.knot
        request = Request.from_option({'name': ZONE, 'add': list(add), 'remove': list(remove)})
        return KnotIncluder(Knot(tools, 'knot.conf'), Disk(check), self.configuration, str(self.folder)).serve(request)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr('time.sleep', lambda seconds: None)
    return Server(tmp_path)


def line(key: DNSKEY) -> str:
    return f'DNSKEY {key.text}'


def test_records_come_and_go_and_nothing_is_written_twice(server: Server) -> None:
    before = server.path.read_bytes()
    assert server.serve([line(THEIRS)], check=True).changed and server.path.read_bytes() == before
    outcome = server.serve([line(THEIRS), line(MORE)])
    assert (outcome.changed, outcome.added) == (True, (line(MORE), line(THEIRS)))
    assert f'{ZONE}. 3600 IN {line(THEIRS)}' in server.path.read_text() and set(server.knot.published) == {OWN, THEIRS, MORE}
    server.knot.calls.clear()
    assert not server.serve([line(THEIRS)]).changed and not any('zone-reload' in call for call in server.knot.calls)
    assert server.serve(remove=[line(THEIRS)]).removed == (line(THEIRS),)
    assert set(server.knot.published) == {OWN, MORE}


def test_each_record_has_the_ttl_that_knot_has_for_its_type(server: Server) -> None:
    server.knot.published_cds = f'[{ZONE}.] {ZONE}. 0 CDNSKEY {OWN.text}\n[{ZONE}.] {ZONE}. 0 CDNSKEY {THEIRS.text}\n'
    server.serve([line(THEIRS), f'CDNSKEY {THEIRS.text}'])
    assert f'{ZONE}. 0 IN CDNSKEY {THEIRS.text}\n' in server.path.read_text() and f'{ZONE}. 3600 IN {line(THEIRS)}\n' in server.path.read_text()
    server.path.write_text(server.path.read_text().replace(' 3600 IN', ' 60 IN'))  # as it was under another dnskey-ttl
    assert server.serve([line(THEIRS)]).changed
    assert f'{ZONE}. 3600 IN {line(THEIRS)}\n' in server.path.read_text()


def test_a_run_that_ended_before_the_zone_was_loaded_is_made_up_for(server: Server) -> None:
    server.serve([line(THEIRS)])
    server.knot.published = [OWN]
    outcome = server.serve([line(THEIRS)])
    assert (outcome.changed, outcome.added) == (True, ()) and THEIRS in server.knot.published


def test_a_cds_of_a_key_that_knot_gives_up_does_not_stay(server: Server) -> None:
    server.path.write_bytes(server.path.read_bytes() + f'{ZONE}. 60 IN CDS {OWN.ds(ZONE, 4).text}\n'.encode())
    assert not server.serve([line(THEIRS)]).removed
    server.knot.entries[0]['retire'] = 1
    assert server.serve([line(MORE)]).removed == (f'CDS {OWN.ds(ZONE, 4).text}',)
    assert 'CDS' not in server.path.read_text().splitlines()[-1]


def test_what_is_knots_own_is_not_removed(server: Server) -> None:
    with pytest.raises(MultisignerError, match="is the signer's own"):
        server.serve(remove=[line(OWN)])
    with pytest.raises(MultisignerError, match='NS records are in the zone file'):
        server.serve(['NS ns9.operator.example.'])


def test_a_file_that_knot_does_not_load_is_put_back(server: Server) -> None:
    before = server.path.read_bytes()
    server.knot.fails = 'knotc -b zone-reload'
    with pytest.raises(MultisignerError, match='zone-reload.*it does not'):
        server.serve([line(THEIRS)])
    assert server.path.read_bytes() == before


def test_what_knot_does_not_publish_is_told(server: Server) -> None:
    server.knot.is_deaf = True
    with pytest.raises(MultisignerError, match='is in the include file, and Knot does not publish it'):
        server.serve([line(THEIRS)])
    server.knot.published = []
    with pytest.raises(MultisignerError, match='has not loaded and signed it'):
        server.serve([line(MORE)])


@pytest.mark.parametrize('text', ['', '; $INCLUDE "{path}"\n', '$INCLUDE "{path}.old"\n'])
def test_a_zone_file_without_the_line_is_refused(server: Server, text: str) -> None:
    server.file.write_text(text.format(path=server.path))
    with pytest.raises(MultisignerError, match='does not include'):
        server.serve([line(THEIRS)])
    assert THEIRS not in server.knot.published


def test_a_file_that_is_somebody_elses_is_left(server: Server) -> None:
    server.path.write_text('mine\n')
    with pytest.raises(MultisignerError, match='was not written by this collection'):
        server.serve([line(THEIRS)])
    assert server.path.read_text() == 'mine\n'
