# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serials, and the one-line form in which named-checkzone writes a zone."""
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.zonefile import Content, content_fingerprint, next_serial, serial_of

TEXT = (
    'talk.example.\t\t\t\t      60 IN SOA\t\tns2.talk.example. host.talk.example. 5 3600 600 86400 60\n'
    'talk.example.\t\t\t\t      60 IN NS\t\tns2.talk.example.\n'
    'ns2.talk.example.\t\t\t      300 IN A\t\t127.53.2.2\n'
)


@pytest.mark.parametrize(
    ('source', 'last', 'following'),
    [
        (2027010100, 5, 2027010100),  # the zone file's own, when it is newer
        (5, 5, 6),
        (5, 9, 10),
        (1, 2**32 - 1, 1),  # RFC 1982: 1 comes after 4294967295
        (5, 2**32 - 1, 5),
        (2**31 + 5, 5, 6),  # half of the circle away: neither is newer
        (2**32 - 1, 2**32 - 1, 1),  # never 0, which some secondaries take for "none"
    ],
)
def test_the_serial_always_moves_forward(source: int, last: int, following: int) -> None:
    assert next_serial(source, last) == following


def test_a_new_serial_changes_nothing_else() -> None:
    content = Content(TEXT, 5)
    changed = content.with_serial(4294967295)
    assert serial_of(changed) == 4294967295
    assert changed.replace('4294967295', '5') == TEXT
    assert content.largest_ttl() == (300, 'ns2.talk.example.')


def test_the_fingerprint_follows_includes_and_names_the_one_that_is_missing(tmp_path: Path) -> None:
    zone, part, deep = tmp_path / 'zone', tmp_path / 'part', tmp_path / 'deep'
    zone.write_text('@ SOA ...\n$INCLUDE part ; hosts\n$include "part"\n')
    part.write_text('$INCLUDE deep sub.example.\n$INCLUDE zone\n')
    deep.write_text('a A 192.0.2.1\n')
    first = content_fingerprint('talk.example', str(zone))
    assert content_fingerprint('talk.example', str(zone)) == first
    deep.write_text('a A 192.0.2.2\n')
    assert content_fingerprint('talk.example', str(zone)) != first
    deep.unlink()
    with pytest.raises(MultisignerError, match=f'zone talk.example: the zone file {deep} does not exist'):
        content_fingerprint('talk.example', str(zone))


def test_a_file_that_is_no_zone_is_an_error() -> None:
    with pytest.raises(MultisignerError, match='no SOA record'):
        serial_of('; empty\n')
