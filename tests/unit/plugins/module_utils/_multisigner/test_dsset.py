# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The union DS set: what it is, what BIND's own tool says it is, what may go, and every reason to refuse it."""
from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY, DS, NS
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dsset import SignerKeys, agreed, compare, union_ds
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.parents.base import ds_lines
from ansible_collections.dnssec.multisigner.tests.support.real_bind import PATH

ZONE = 'shop.example'


def key(seed: str, flags: int = 257, algorithm: int = 13) -> DNSKEY:
    """A key of the right form that nobody can sign with."""
    return DNSKEY(flags, 3, algorithm, hashlib.sha512(seed.encode()).digest())


NS1, NS1_ZSK, DESEC, RSA = key('ns1'), key('ns1 zsk', 256), key('desec'), DNSKEY(257, 3, 8, b'\x03\x01\x00\x01' + b'\xc1' * 256)
BOTH = (SignerKeys('ns1', (NS1,), frozenset((NS1, NS1_ZSK, DESEC))), SignerKeys('desec', (DESEC,), frozenset((DESEC, NS1, NS1_ZSK))))


def same_tag_as(wanted: DNSKEY) -> DNSKEY:
    """Another key with the tag and the algorithm of *wanted*: the tag is a sum of 16-bit words, so two of them can change places."""
    twin = DNSKEY(wanted.flags, 3, wanted.algorithm, wanted.key[2:4] + wanted.key[:2] + wanted.key[4:])
    assert twin.tag == wanted.tag and twin != wanted
    return twin


@pytest.mark.parametrize('digest_types', [(2,), (2, 4), (4,)])
def test_every_signers_key_with_the_same_digest_types(digest_types: tuple[int, ...]) -> None:
    wanted = union_ds(ZONE, BOTH, digest_types)
    assert {(ds.tag, ds.digest_type) for ds in wanted} == {(signer.tag, digest) for signer in (NS1, DESEC) for digest in digest_types}
    assert list(wanted) == sorted(wanted)


@pytest.mark.skipif(shutil.which('dnssec-dsfromkey', path=PATH) is None, reason="BIND's tools are not installed")
@pytest.mark.parametrize('zone', [ZONE, 'xn--caf-dma.example', '1.0.10.in-addr.arpa'])
def test_the_set_is_what_dnssec_dsfromkey_prints_for_each_ksk(zone: str, tmp_path: Path) -> None:
    signers = (*BOTH, SignerKeys('rsa', (RSA,), frozenset((RSA,))))
    printed = []
    for signer in signers:
        for sep_key in signer.sep_keys:
            (tmp_path / 'keys').write_text(f'{zone}. 3600 IN DNSKEY {sep_key.text}\n')
            for digest in ('SHA-256', 'SHA-384'):
                command = [shutil.which('dnssec-dsfromkey', path=PATH) or '', '-a', digest, '-f', str(tmp_path / 'keys'), zone]
                printed += subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(printed) == 6
    assert sorted(ds_lines(zone, union_ds(zone, signers, (2, 4)))) == sorted(printed)


@pytest.mark.parametrize('signers, digest_types, message', [
    ((), (2,), 'the DS set would be empty'),
    (BOTH, (), 'the DS set would be empty'),
    ((BOTH[0], SignerKeys('desec', (), frozenset((DESEC,)))), (2,), 'no KSK or CSK of signer desec is given'),
    ((SignerKeys('ns1', (NS1,), frozenset((NS1_ZSK, DESEC))),), (2,), 'is not in the DNSKEY RRset of signer ns1'),
    ((SignerKeys('ns1', (NS1,), frozenset((NS1, DESEC)), proved=frozenset((DESEC,))),), (2,), 'does not sign the DNSKEY RRset at every server of signer ns1'),
    ((SignerKeys('ns1', (NS1_ZSK,), frozenset((NS1, NS1_ZSK))),), (2,), 'no secure entry point'),
    ((SignerKeys('ns1', (key('ns1', 385),), frozenset((key('ns1', 385),))),), (2,), 'revoked'),
    ((SignerKeys('ns1', (key('ns1', algorithm=5),), frozenset((key('ns1', algorithm=5),))),), (2,), 'must not be used to sign'),
    (BOTH, (1,), 'digest type 1 must not be used'),
    (BOTH, (2, 1), 'digest type 1 must not be used'),
    (BOTH, (3,), 'digest type 3 must not be used'),
])
def test_refused(signers: tuple[SignerKeys, ...], digest_types: tuple[int, ...], message: str) -> None:
    with pytest.raises(MultisignerError, match=message) as caught:
        union_ds(ZONE, signers, digest_types)
    assert caught.value.zone == ZONE
    assert caught.value.remedy


def test_a_set_without_signers_is_empty_only_for_a_zone_that_goes_insecure() -> None:
    assert union_ds(ZONE, (), (2,), insecure=True) == ()
    with pytest.raises(MultisignerError, match='no KSK or CSK of signer desec'):  # it excuses nothing else
        union_ds(ZONE, (BOTH[0], SignerKeys('desec', (), frozenset())), (2,), insecure=True)


def test_a_key_that_signs_live_is_accepted() -> None:
    signer = SignerKeys('ns1', (NS1,), frozenset((NS1, DESEC)), proved=frozenset((NS1,)))
    assert union_ds(ZONE, [signer], [2]) == (NS1.ds(ZONE),)


def test_another_key_with_the_same_tag_is_not_the_key() -> None:
    with pytest.raises(MultisignerError, match='not in the DNSKEY RRset'):
        union_ds(ZONE, [SignerKeys('ns1', (NS1,), frozenset((same_tag_as(NS1),)))], [2])


STRANGER = key('stranger').ds(ZONE)
SHA1_OF_NS1 = DS(NS1.tag, 13, 1, b'\1' * 20)


def test_what_the_parent_lacks_is_missing_and_the_rest_stays() -> None:
    change = compare(ZONE, union_ds(ZONE, BOTH, (2,)), [NS1.ds(ZONE)], BOTH)
    assert change.missing == (DESEC.ds(ZONE),)
    assert change.remove == change.unknown == ()


def test_nothing_differs() -> None:
    wanted = union_ds(ZONE, BOTH, (2,))
    change = compare(ZONE, wanted, wanted, BOTH)
    assert (change.missing, change.unknown, change.remove, change.told_unknown) == ((), (), (), '')


def test_what_nobody_named_is_left_alone_and_told() -> None:
    wanted = union_ds(ZONE, BOTH, (2,))
    change = compare(ZONE, wanted, [*wanted, STRANGER], BOTH)
    assert (change.unknown, change.remove) == ((STRANGER,), ())
    assert change.told_unknown == f' Left alone, since no listed key has it and "remove" does not name it: DS {STRANGER.text}.'


def test_what_is_named_goes_and_nothing_else() -> None:
    wanted, other = union_ds(ZONE, BOTH, (2,)), key('other').ds(ZONE)
    change = compare(ZONE, wanted, [*wanted, STRANGER, other], BOTH, [STRANGER])
    assert (change.remove, change.unknown) == ((STRANGER,), (other,))


def test_what_is_not_there_any_more_is_not_removed_again() -> None:
    wanted = union_ds(ZONE, BOTH, (2,))
    change = compare(ZONE, wanted, wanted, BOTH, [STRANGER])
    assert (change.request, change.remove) == ((STRANGER,), ())


def test_a_retired_key_that_its_signer_still_publishes_can_lose_its_ds() -> None:
    old = key('old')
    signers = (BOTH[0], SignerKeys('desec', (DESEC,), frozenset((DESEC, old))))
    wanted = union_ds(ZONE, signers, (2,))
    assert compare(ZONE, wanted, [*wanted, old.ds(ZONE)], signers, [old.ds(ZONE)]).remove == (old.ds(ZONE),)


@pytest.mark.parametrize('present', [True, False])
def test_a_wanted_ds_cannot_be_removed(present: bool) -> None:
    wanted = union_ds(ZONE, BOTH, (2,))
    with pytest.raises(MultisignerError, match='of a key that a listed signer is to keep') as caught:
        compare(ZONE, wanted, wanted if present else (), BOTH, [STRANGER, DESEC.ds(ZONE)])
    assert caught.value.record == f'DS {DESEC.ds(ZONE).text}'
    assert 'off the "sep_keys"' in str(caught.value)


@pytest.mark.parametrize('other', [NS1.ds(ZONE, 4), SHA1_OF_NS1])
def test_another_digest_type_of_a_listed_key_is_an_error_unless_it_is_to_go(other: DS) -> None:
    wanted = union_ds(ZONE, BOTH, (2,))
    with pytest.raises(MultisignerError, match='with another digest type .* set digest_types') as caught:
        compare(ZONE, wanted, [*wanted, other, STRANGER], BOTH)
    assert other.text in str(caught.value) and STRANGER.text not in str(caught.value)
    assert compare(ZONE, wanted, [*wanted, other], BOTH, [other]).remove == (other,)


def test_a_ds_that_shares_only_its_tag_with_a_listed_key_is_of_no_listed_key() -> None:
    wanted, twin = union_ds(ZONE, BOTH, (2,)), same_tag_as(DESEC).ds(ZONE)
    assert compare(ZONE, wanted, [*wanted, twin], BOTH).unknown == (twin,)


def test_parent_servers_that_agree() -> None:
    assert agreed(ZONE, 'DS', [('a', frozenset((STRANGER,))), ('b', frozenset((STRANGER,)))]) == {STRANGER}


def test_parent_servers_that_disagree_are_named_with_what_differs() -> None:
    with pytest.raises(MultisignerError) as caught:
        agreed(ZONE, 'DS', [('a.nic.example', frozenset((NS1.ds(ZONE),))), ('b.nic.example', frozenset((STRANGER,)))])
    text = str(caught.value)
    assert 'server b.nic.example: shows another DS set than a.nic.example' in text
    assert f'more: {STRANGER.text}; fewer: {NS1.ds(ZONE).text}.' in text


def test_so_it_is_with_their_ns() -> None:
    with pytest.raises(MultisignerError, match='server b: shows another NS set than a: more: ns2.example.; fewer: ns1.example.'):
        agreed(ZONE, 'NS', [('a', frozenset((NS('ns1.example'),))), ('b', frozenset((NS('ns2.example'),)))])


def test_no_parent_server_is_no_answer() -> None:
    with pytest.raises(MultisignerError, match='no server of the parent'):
        agreed(ZONE, 'DS', [])
