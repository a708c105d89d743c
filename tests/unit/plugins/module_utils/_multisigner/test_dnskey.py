# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that signers exchange, with dnspython as the referee."""
from __future__ import annotations

import base64
import random

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import (
    CSYNC,
    DNSKEY,
    DS,
    NS,
    Record,
    name_wire,
    parse_record,
    parse_usable_records,
    zone_name,
)
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError

ZONE = 'shop.example'
LENGTHS = {13: 64, 14: 96, 15: 32, 16: 57}
SEED = 8901


def random_keys(count: int) -> list[DNSKEY]:
    """Usable keys of every algorithm, always the same ones; RSA keys with short and long exponents, odd lengths included."""
    source = random.Random(SEED)  # noqa: S311
    keys = []
    for _number in range(count):
        algorithm = source.choice([8, 10, 13, 14, 15, 16])
        if algorithm in LENGTHS:
            key = source.getrandbits(8 * LENGTHS[algorithm]).to_bytes(LENGTHS[algorithm], 'big')
        else:
            exponent = source.choice([b'\x03', b'\x01\x00\x01', b'\x01\x00\x00\x00\x01'])
            bits = source.choice([1024, 1025, 2048, 4096])
            modulus = (source.getrandbits(bits) | 1 << (bits - 1)).to_bytes((bits + 7) // 8, 'big')
            prefix = source.choice([bytes([len(exponent)]), b'\x00' + len(exponent).to_bytes(2, 'big')])
            key = prefix + exponent + modulus
        keys.append(DNSKEY(source.choice([256, 257]), 3, algorithm, key))
    return keys


def referee(key: DNSKEY) -> dns.rdata.Rdata:
    return dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.DNSKEY, key.wire, 0, len(key.wire))


def test_two_hundred_random_keys_have_dnspythons_tags_digests_and_texts() -> None:
    for key in random_keys(200):
        other = referee(key)
        key.check_usable()
        assert key.tag == dns.dnssec.key_id(other)
        for digest_type, name in ((2, 'SHA256'), (4, 'SHA384')):
            assert key.ds('Shop.Example.', digest_type).text == dns.dnssec.make_ds(dns.name.from_text(ZONE), other, name).to_text()
        # dnspython breaks the base64 into pieces, as dig does
        assert DNSKEY.parse(other.to_text()) == key
        assert DNSKEY.parse(key.text) == key


def test_the_example_of_rfc_4034_keeps_its_tag_and_that_of_rfc_4509_its_digest() -> None:
    key = DNSKEY.parse(
        '256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLU'
        'Uh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw=='
    )
    assert key.tag == 60485
    assert key.ds('dskey.example.com').digest.hex() == 'd4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a'


KEY = random_keys(1)[0]
CSK = DNSKEY(257, 3, 13, bytes(range(64)))


@pytest.mark.parametrize(
    'text',
    [
        f'DNSKEY {CSK.text}',
        f'dnskey {CSK.text}',
        f'shop.example. 3600 IN DNSKEY {CSK.text}',
        f'SHOP.example DNSKEY {CSK.text}',
        f'@ IN DNSKEY {CSK.text}',
        f'@ 60 DNSKEY {CSK.text}',
        f'shop.example.\t\t5 IN DNSKEY 257 3 13 (\n\t{CSK.text[9:53]}\n\t{CSK.text[53:]}\n\t) ; KSK; alg = ECDSAP256SHA256 ; key id = {CSK.tag}',
        f'; This is a key-signing key, keyid {CSK.tag}, for shop.example.\n; Created: 20261122082614 (Sun Nov 22)\nshop.example. 60 IN DNSKEY {CSK.text}\n',
        dns.rrset.from_text('shop.example.', 60, 'IN', 'DNSKEY', CSK.text).to_text(),
    ],
)
def test_a_key_is_read_as_zone_files_dig_and_binds_key_files_write_it(text: str) -> None:
    assert parse_record(text, ZONE) == Record('DNSKEY', CSK)


def test_a_cds_is_read_as_dsset_files_and_dig_write_it() -> None:
    ds = CSK.ds(ZONE)
    upper = ds.digest.hex().upper()
    for text in (f'shop.example. IN CDS {ds.tag} 13 2 {upper}', f'CDS {ds.tag} 13 2 {upper[:56]} {upper[56:]}', f'shop.example. 60 IN CDS {ds.text}'):
        assert parse_record(text, ZONE) == Record('CDS', ds)
        assert parse_record(text, ZONE).text == f'CDS {ds.text}'


@pytest.mark.parametrize('text', ['CSYNC 0 1 A NS AAAA', 'shop.example. 60 IN CSYNC 0 1 AAAA A NS', 'csync 0 1 ns a aaaa'])
def test_a_csync_is_read_in_any_order_of_its_types_and_written_in_that_of_their_numbers(text: str) -> None:
    record = parse_record(text, ZONE)
    assert record == Record('CSYNC', CSYNC.of(['NS', 'AAAA', 'A'])) and record.text == str(record) == 'CSYNC 0 1 A NS AAAA'
    assert dns.rdata.from_text('IN', 'CSYNC', record.rdata.text).to_text() == record.rdata.text  # the referee writes them in the same order
    record.check_usable()


@pytest.mark.parametrize(('text', 'says'), [
    ('CSYNC 66 3 NS', 'its flags are 3: with several signers they must be 1'),  # soaminimum: every signer counts its own serials
    ('CSYNC 0 0 NS', 'its flags are 0'),
    ('CSYNC 0 1 A AAAA', 'takes NS from the zone'),
    ('CSYNC 0 1 NS MX', 'and nothing else'),
])
def test_a_csync_that_no_parent_could_follow_is_published_by_nobody(text: str, says: str) -> None:
    with pytest.raises(MultisignerError, match=says):
        parse_usable_records([text], ZONE)


@pytest.mark.parametrize(
    ('text', 'says'),
    [
        ('CSYNC 1', 'a serial, flags and types are expected'),
        ('CSYNC 4294967296 1 NS', '"4294967296" is not a serial'),
        ('CSYNC 0 65536 NS', '"65536" is not a number from 0 to 65535'),
        ('', 'not a DNSKEY, CDS, CDNSKEY, NS or CSYNC record'),
        ('A 192.0.2.1', 'not a DNSKEY, CDS, CDNSKEY, NS or CSYNC record'),
        ('DNSKEY 257 3 13', 'four fields are expected'),
        ('DNSKEY 257 3 x AAAA', '"x" is not a number'),
        ('DNSKEY 65536 3 13 AAAA', '"65536" is not a number from 0 to 65535'),
        ('DNSKEY 257 3 13 ####', 'not base64'),
        (f'DNSKEY {CSK.text[:-3]}', 'not base64'),
        ('CDS 1 13 2 zz', 'not hexadecimal'),
        ('CDS 1 13 2 abcd', 'a digest of type 2 has 32 bytes, this one has 2'),
        (f'talk.example. DNSKEY {CSK.text}', 'belongs to zone talk.example'),
        (f'sub.shop.example. 60 IN DNSKEY {CSK.text}', 'belongs to zone sub.shop.example'),
    ],
)
def test_what_is_malformed_or_another_zones_is_told_with_the_zone(text: str, says: str) -> None:
    with pytest.raises(MultisignerError, match=says) as caught:
        parse_record(text, ZONE)
    assert 'zone shop.example' in str(caught.value)


def base64_of(length: int) -> str:
    return base64.b64encode(b'\x01' * length).decode('ascii')


@pytest.mark.parametrize(
    ('text', 'says'),
    [
        (f'DNSKEY 257 3 13 {base64_of(63)}', 'has 64 bytes, this one has 63: it is truncated'),
        (f'DNSKEY 257 3 15 {base64_of(33)}', 'has 32 bytes, this one has 33'),
        (f'DNSKEY 257 3 8 {base64_of(60)}', 'modulus of 1024 to 4096 bits'),
        (f'DNSKEY 257 3 8 {base64_of(2)}', 'no readable modulus'),
        (f'DNSKEY 385 3 13 {base64_of(64)}', 'revoked'),
        (f'DNSKEY 0 3 13 {base64_of(64)}', 'do not mark a zone key'),
        (f'DNSKEY 259 3 13 {base64_of(64)}', 'bits that no RFC defines'),
        (f'DNSKEY 257 2 13 {base64_of(64)}', 'protocol is 2'),
        (f'DNSKEY 257 3 5 {base64_of(64)}', 'RSASHA1 must not be used'),
        (f'DNSKEY 257 3 99 {base64_of(64)}', 'algorithm 99 must not be used'),
        (f'CDS 1 13 1 {"ab" * 20}', 'digest type 1 must not be used'),
        ('CDS 0 0 0 00', 'remove every DS'),
        ('CDNSKEY 0 3 0 AA==', 'remove every DS'),
    ],
)
def test_what_no_signer_may_publish_is_refused_before_anybody_sees_it(text: str, says: str) -> None:
    with pytest.raises(MultisignerError, match=says) as caught:
        parse_usable_records([text], ZONE)
    assert 'zone shop.example' in str(caught.value)
    assert 'record "' in str(caught.value)


def test_equal_records_written_differently_are_one() -> None:
    pieces = f'{CSK.text[:40]} {CSK.text[40:]}'
    assert parse_usable_records([f'DNSKEY {CSK.text}', f'@ 60 IN dnskey {pieces}'], ZONE) == (Record('DNSKEY', CSK),)


def test_a_digest_that_rfc_9905_forbids_is_not_made() -> None:
    with pytest.raises(MultisignerError, match='digest type 1'):
        CSK.ds(ZONE, 1)


def test_a_delete_cds_is_known_as_one() -> None:
    assert DS.parse('0 0 0 00').is_delete
    assert not CSK.ds(ZONE).is_delete


def test_names_have_one_form_and_dnspythons_wire() -> None:
    assert zone_name(' Shop.Example. ') == ZONE
    assert zone_name('.') == '.'
    for name in (ZONE, '0/25.2.0.192.in-addr.arpa', 'xn--bcher-kva.example', '.'):
        assert name_wire(name) == dns.name.from_text(name).to_wire()
    for wrong in ('bücher.example', 'a..example', '-.example', f'{"a" * 64}.example', 'shop .example'):
        with pytest.raises(MultisignerError, match='not a domain name'):
            zone_name(wrong)


@pytest.mark.parametrize('nothing', ['', ' ', None])
def test_no_name_is_not_the_root(nothing: str | None) -> None:
    with pytest.raises(MultisignerError, match='the name of a zone is empty'):
        zone_name(nothing)


@pytest.mark.parametrize('number', ['\u00b2', '1_0', '-1', '2' * 5000, '65536'])
def test_a_number_is_ascii_digits_within_its_limit(number: str) -> None:
    for text in (f'{number} 3 13 {CSK.text.split()[3]}', f'{number} 13 2 {"ab" * 32}'):
        with pytest.raises(MultisignerError, match='is not a number from 0 to 65535'):
            (DNSKEY if ' 3 13 ' in text else DS).parse(text)


def test_a_record_stands_for_a_key_by_its_bytes_whatever_the_flags_and_never_by_the_tag() -> None:
    key = DNSKEY(257, 3, 13, bytes(range(64)))
    assert Record('DNSKEY', DNSKEY(256, 3, 13, key.key)).stands_for(key, ZONE)
    assert Record('CDNSKEY', key).stands_for(key, ZONE)
    assert Record('CDS', key.ds(ZONE, 4)).stands_for(key, ZONE)
    assert not Record('CDS', key.ds('other.example')).stands_for(key, ZONE)
    assert not Record('CDS', DS(key.tag, 13, 1, 20 * b'1')).stands_for(key, ZONE)
    assert not Record('DNSKEY', DNSKEY(257, 3, 13, key.key[2:4] + key.key[:2] + key.key[4:])).stands_for(key, ZONE)  # the same tag
    assert not Record('NS', NS('ns1.example')).stands_for(key, ZONE)


@pytest.mark.parametrize('text', ['NS ns1.Example.NET', 'NS ns1.example.net.', 'shop.example. 3600 IN NS ns1.example.net.', '@ NS NS1.example.net ; first'])
def test_an_ns_record_is_one_whatever_its_final_dot_and_case(text: str) -> None:
    record = parse_record(text, ZONE)
    assert record == Record('NS', NS('ns1.example.net'))
    assert (record.text, str(record)) == ('NS ns1.example.net.', 'NS ns1.example.net')
    record.check_usable()


@pytest.mark.parametrize('text', ['NS', 'NS a.example b.example', 'NS ns1..example', f'NS {64 * "a"}.example', 'sub.shop.example NS ns1.example'])
def test_what_is_no_name_is_no_ns_record(text: str) -> None:
    with pytest.raises(MultisignerError):
        parse_record(text, ZONE)


@pytest.mark.parametrize('name', ['ns1', '192.0.2.1', '.', 'n_s.example', 'n/s.example'])
def test_an_ns_record_that_leads_nowhere_may_be_removed_but_not_published(name: str) -> None:
    record = parse_record(f'NS {name}', ZONE)
    with pytest.raises(MultisignerError, match='is not the whole name of a host') as caught:
        record.check_usable()
    assert 'not the address' in str(caught.value)
