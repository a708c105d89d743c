# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records from transfers, files and APIs have one form, whatever their spelling; what is no record or no file is told with where it is."""
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.canonical import canonical, rdata_of, read_zone_file
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError


@pytest.mark.parametrize(('rtype', 'spellings'), [
    ('MX', ['10 Mail.Example.', '10 mail.example.', ' 10\tmail.example. ']),
    ('AAAA', ['2001:DB8:0:0::1', '2001:db8::1']),
    ('TXT', ['"a b"', 'a\\ b', '"\\097 b"']),
    ('TXT', [f'"{"x" * 300}"', f'"{"x" * 255}" "{"x" * 45}"']),
    ('TXT', ['""']),
    ('HTTPS', ['1 . alpn=h2,h3 port=443', '1 . alpn="h2,h3" port="443"', '1 . port=443 alpn=h2,h3']),
    ('DS', [f'4711 ECDSAP256SHA256 2 {"AB" * 32}', f'4711 13 2 {"ab" * 16} {"ab" * 16}']),
    ('OPENPGPKEY', ['AAAA AAAA', 'AAAAAAAA']),
    ('EUI48', ['00-00-5E-00-53-2A', '00-00-5e-00-53-2a']),
    ('CERT', ['PKIX 1 RSASHA256 AAAA', '1 1 8 AA AA']),
    ('TYPE65400', ['\\# 2 ABCD', '\\# 2 ab cd']),
])
def test_every_spelling_has_one_form_which_is_read_again(rtype: str, spellings: list[str]) -> None:
    forms = {canonical(rtype, text) for text in spellings}
    assert len(forms) == 1
    (form,) = forms
    assert canonical(rtype, form) == form
    assert rdata_of(rtype, form).to_digestable() == rdata_of(rtype, spellings[0]).to_digestable()


@pytest.mark.parametrize(('rtype', 'text', 'form'), [
    ('HTTPS', '1 . alpn="h2,h3" port="443"', '1 . alpn=h2,h3 port=443'),
    ('SVCB', '2 Svc.Example. no-default-alpn alpn=h2 ipv4hint=192.0.2.1,192.0.2.2', '2 Svc.Example. alpn=h2 no-default-alpn ipv4hint=192.0.2.1,192.0.2.2'),
    ('HTTPS', '0 svc.example.', '0 svc.example.'),
    ('CERT', 'PKIX 1 RSASHA256 AAAA', '1 1 8 AAAA'),
])
def test_some_types_are_spelled_as_powerdns_wants_them(rtype: str, text: str, form: str) -> None:
    assert canonical(rtype, text) == form


def test_strings_that_differ_stay_different() -> None:
    assert canonical('TXT', '"ab" "c"') != canonical('TXT', '"a" "bc"')
    assert canonical('TXT', '"A"') != canonical('TXT', '"a"')


@pytest.mark.parametrize(('rtype', 'text'), [('A', 'x'), ('A', ''), ('TXT', ''), ('MX', '10'), ('NOSUCHTYPE', 'x'), ('TXT', '"open')])
def test_what_is_no_record_is_told(rtype: str, text: str) -> None:
    with pytest.raises(MultisignerError, match='cannot be read'):
        canonical(rtype, text)


def test_a_zone_file_is_read_without_what_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / 'zone'
    path.write_text('$TTL 300\n@ SOA a. b. 1 2 3 4 5\n@ NS ns1\n@ DNSKEY 257 3 13 AAAA\nWWW A 192.0.2.1\nwww 600 A 192.0.2.2\noffice NS ns.elsewhere.\n')
    found = read_zone_file(str(path), 'shop.example')
    assert sorted(found) == [('office.shop.example', 'NS'), ('www.shop.example', 'A')]
    assert found['www.shop.example', 'A'].records == {'192.0.2.1', '192.0.2.2'}
    assert found['www.shop.example', 'A'].ttl == 300


@pytest.mark.parametrize(('content', 'told'), [
    (None, 'cannot be read: No such file'), (b'www A\n', 'is no zone file of it'), (b'\xff\xfe', 'is no zone file of it'),
    (b'www.other.example. 300 A 192.0.2.1\nwww 300 B x\n', 'is no zone file of it'),
])
def test_a_file_that_is_none_is_told(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / 'zone'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MultisignerError, match=told) as caught:
        read_zone_file(str(path), 'shop.example')
    assert str(path) in str(caught.value)
