# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every check tells of its fault, at the right server, and of nothing else; correct groups, and those on their way, are silent."""
from __future__ import annotations

from dataclasses import replace
from typing import Callable

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.findings import (
    CATALOGUE,
    CRITICAL,
    ERROR,
    INFORMATION,
    WARNING,
    Finding,
)
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.judge import judge
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.survey import Failure, Plan
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.verify.small_zones import (
    CONTENT,
    DAY,
    ZONE,
    Copy,
    Group,
    copy,
    ksk,
    zsk,
)


def group(**values: object) -> Group:
    return Group(copy('alpha', **values), copy('beta', **values))


def serious(found: Group) -> list[Finding]:
    return [finding for finding in judge(found.survey()).findings if finding.severity != INFORMATION]


def told(found: Group) -> list[tuple[str, str, tuple[str, ...]]]:
    """Code, severity and signers of what is above information."""
    return [(finding.code, finding.severity, finding.signers) for finding in serious(found)]


BETA = ('ns.beta.example',)
BOTH = ('ns.alpha.example', 'ns.beta.example')
Fault = Callable[[Group], object]


def _remove(keys: list[object], one: object) -> None:
    keys.remove(one)


def _replace(keys: list[object], one: object, other: object) -> None:
    keys[keys.index(one)] = other


# What is done to a group of alpha and beta in order; the one finding; its severity; the signers it is at.
FAULTS: dict[str, tuple[Fault, str, str, tuple[str, ...]]] = {
    'a foreign ZSK is missing': (lambda g: g['beta'].published.remove(zsk('alpha')), 'foreign_key_missing', CRITICAL, BETA),
    'a signature is wrong': (lambda g: g['beta'].corrupt.add(('@', 'MX')), 'cross_validation_failed', CRITICAL, BETA),
    'the signature of a host is wrong': (lambda g: g['beta'].corrupt.add(('a.between', 'A')), 'cross_validation_failed', CRITICAL, BETA),
    'a foreign ZSK has other flags': (
        lambda g: _replace(g['beta'].published, zsk('alpha'), zsk('alpha').altered(flags=257)), 'foreign_key_altered', CRITICAL, BETA),
    'a foreign ZSK has another byte': (
        lambda g: _replace(g['beta'].published, zsk('alpha'), zsk('alpha').altered(flip=True)), 'foreign_key_altered', CRITICAL, BETA),
    'a foreign KSK has another byte': (
        lambda g: [_replace(g['beta'].published, ksk('alpha'), ksk('alpha').altered(flip=True))], 'foreign_key_altered', ERROR, BETA),
    'a DS is missing': (lambda g: g.ds.pop(), 'ds_missing', CRITICAL, BETA),
    'a DS has a wrong digest': (lambda g: g.ds.append(' '.join([*g.ds.pop().split()[:3], '5a' * 32])), 'ds_digest_wrong', CRITICAL, BETA),
    'a signer serves the zone unsigned': (lambda g: setattr(g['beta'], 'signed', False), 'zone_unsigned', CRITICAL, BETA),
    'the ZSK signs the DNSKEY RRset': (lambda g: setattr(g['beta'], 'keys_by', [zsk('beta')]), 'dnskey_rrset_untrusted', CRITICAL, BETA),
    'the DNSKEY RRset has no signature': (lambda g: g['beta'].unsigned.add(('@', 'DNSKEY')), 'dnskey_rrset_untrusted', CRITICAL, BETA),
    'the DNSKEY RRset has a wrong signature': (lambda g: g['beta'].corrupt.add(('@', 'DNSKEY')), 'dnskey_rrset_untrusted', CRITICAL, BETA),
    'a signature has expired': (lambda g: g['beta'].lives.update({('mail', 'A'): (-9 * DAY, -2 * DAY)}), 'signature_outside_validity', CRITICAL, BETA),
    'every signature has expired': (lambda g: setattr(g['beta'], 'life', (-9 * DAY, -2 * DAY)), 'signature_outside_validity', CRITICAL, BETA),
    'that of the DNSKEY RRset has': (lambda g: g['beta'].lives.update({('@', 'DNSKEY'): (-9 * DAY, -1)}), 'signature_outside_validity', CRITICAL, BETA),
    'a signature begins tomorrow': (lambda g: g['beta'].lives.update({('@', 'TXT'): (DAY, 9 * DAY)}), 'signature_outside_validity', CRITICAL, BETA),
    'an RRset has no signature': (lambda g: g['beta'].unsigned.add(('mail', 'A')), 'signature_missing', CRITICAL, BETA),
    'a server is silent': (lambda g: g['beta'].failures.update({'': Failure('silent', 'does not answer')}), 'server_unusable', ERROR, BETA),
    'a server refuses': (lambda g: g['beta'].rcodes.update(SOA=5), 'server_unusable', ERROR, BETA),
    'a server is lame': (lambda g: setattr(g['beta'], 'authoritative', False), 'server_unusable', ERROR, BETA),
    'a server fails for one type': (lambda g: g['beta'].rcodes.update(TXT=2), 'server_unusable', ERROR, BETA),
    'a server garbles': (lambda g: g['beta'].failures.update({'': Failure('malformed', 'garbles')}), 'malformed_answer', ERROR, BETA),
    'DNSKEY does not fit and TCP is closed': (
        lambda g: g['beta'].failures.update(DNSKEY=Failure('no_tcp', 'truncates its answer and does not answer over TCP')), 'tcp_broken', ERROR, BETA),
    'TCP is closed': (lambda g: setattr(g['beta'], 'tcp', False), 'tcp_broken', WARNING, BETA),
    'CDS have another digest type': (lambda g: setattr(g['beta'], 'cds_digests', (4,)), 'cds_differ', ERROR, BETA),
    'a signer has no CDS': (lambda g: g['beta'].cds.clear(), 'cds_differ', ERROR, BETA),
    'CDS name the own key only': (lambda g: g['beta'].cds.remove(ksk('alpha')), 'cds_own_key_only', ERROR, BETA),
    'a signer asks for deletion': (lambda g: setattr(g['beta'], 'cds_delete', True), 'cds_delete', CRITICAL, BETA),
    'CDS and CDNSKEY differ': (lambda g: setattr(g['beta'], 'cdnskey', [ksk('beta')]), 'cds_cdnskey_mismatch', ERROR, BETA),
    'the NS of a signer differ': (lambda g: g['beta'].ns.pop(0), 'ns_differ', ERROR, BETA),
    'the parent has another NS': (lambda g: g.delegation.append('ns.gamma.example'), 'ns_differ', WARNING, BOTH),
    'content differs': (lambda g: setattr(g['beta'], 'content', CONTENT.replace('192.0.2.25', '192.0.2.26')), 'content_differs', ERROR, BOTH),
    'a name is missing': (lambda g: setattr(g['beta'], 'content', CONTENT.replace('a.between 300 A 192.0.2.83\n', '')), 'name_missing', ERROR, BOTH),
    'one denies by NSEC3': (lambda g: setattr(g['beta'], 'nsec3', (0, '')), 'denial_differs', WARNING, BOTH),
    'DNSKEY TTLs differ': (lambda g: setattr(g['beta'], 'dnskey_ttl', 60), 'ttl_differs', WARNING, BOTH),
    'a key is left over': (lambda g: g['beta'].published.append(zsk('nobody')), 'stale_key', WARNING, BETA),
    'a DS is left over': (lambda g: g.ds.append(ksk('nobody').key.ds(ZONE).text), 'ds_unmatched', WARNING, ()),
    'that of an algorithm of its own': (lambda g: g.ds.append(ksk('nobody', 8).key.ds(ZONE).text), 'ds_unmatched', ERROR, ()),
    'signatures end soon': (lambda g: setattr(g['beta'], 'life', (-14 * DAY, 7200)), 'signature_near_expiry', WARNING, BETA),
    'those of others live longer': (lambda g: setattr(g['beta'], 'life', (-60, DAY)), 'signature_near_expiry', WARNING, BETA),
    'a proof has a gap': (lambda g: g['beta'].no_denial_of.add('mail'), 'denial_invalid', CRITICAL, BETA),
    'a CNAME leads back': (lambda g: [setattr(one, 'content', CONTENT + 'www2 300 CNAME blog.@\n'.replace('www2', 'loop').replace('blog.@', 'loop.@'))
                                      for one in g.copies.values()] and setattr(g, 'target', replace(g.target, names=('loop A',))), 'cname_loop', ERROR, ()),
}


@pytest.mark.parametrize('fault', FAULTS)
def test_one_fault_is_one_finding(fault: str) -> None:
    change, code, severity, signers = FAULTS[fault]
    found = group()
    change(found)
    if not signers and code == 'cname_loop':
        assert {one[:2] for one in told(found)} == {(code, severity)}
        return
    assert told(found) == [(code, severity, signers)]


def test_a_key_without_ds_that_takes_over_from_one_with_ds_is_told_as_such() -> None:
    found = group()
    for one in found.copies.values():
        one.published.append(ksk('next'))
    found['beta'].keys_by = [ksk('next')]
    assert told(found) == [('dnskey_rrset_untrusted', CRITICAL, BETA)]


def test_nsec3_parameters_that_differ() -> None:
    found = group(nsec3=(0, ''))
    found['beta'].nsec3 = (0, 'c0ffee')
    assert told(found) == [('nsec3_parameters', WARNING, BOTH)]


@pytest.mark.parametrize(('iterations', 'severity'), [(1, WARNING), (150, WARNING), (2500, ERROR)])
def test_iterations_are_told_and_many_of_them_cost_nothing(iterations: int, severity: str) -> None:
    found = group(nsec3=(0, ''))
    found['beta'].nsec3 = (iterations, '')
    assert told(found) == [('nsec3_parameters', severity, BETA)]


def test_algorithms_that_differ_and_those_that_are_allowed_to() -> None:
    found = Group(copy('alpha'), copy('beta', algorithm=8))
    assert {one[:2] for one in told(found)} == {('algorithms_differ', ERROR)}
    found.target = replace(found.target, mixed_algorithms=True)
    assert {one[:2] for one in told(found)} == {('algorithms_differ', WARNING)}


def bind_like(found: Group) -> Group:
    """CDS and CDNSKEY are signed by the KSK alone."""
    for one in found.copies.values():
        one.cds_by = one.keys_by
    return found


def test_a_ksk_is_missed_where_cds_need_it_only() -> None:
    found = group()
    found['beta'].published.remove(ksk('alpha'))
    assert told(found) == []
    assert ('foreign_ksk_missing', BETA) in [(one.code, one.signers) for one in judge(found.survey()).findings]
    assert told(bind_like(found)) == [('cds_signature_unverifiable', WARNING, BETA), ('foreign_ksk_missing', WARNING, BETA)]


# -- what must be silent ---------------------------------------------------------------------------------------------------


def _two_servers() -> Group:
    found = group()
    second = replace(found['beta'], name='second', address='192.0.2.99')
    found.copies['second'] = second
    for one in found.copies.values():
        one.ns = [*found.delegation, 'ns.second.example']
    found.delegation.append('ns.second.example')
    return found


GOOD: dict[str, Callable[[], Group]] = {
    'two signers': group,
    'NSEC3': lambda: group(nsec3=(0, '')),
    'NSEC3 with opt-out': lambda: group(nsec3=(0, ''), opt_out=True),
    'CSKs': lambda: group(csk=True),
    'a CSK beside KSK and ZSK': lambda: Group(copy('alpha', csk=True), copy('beta')),
    'three signers': lambda: Group(copy('alpha'), copy('beta'), copy('gamma')),
    'one signer': lambda: Group(copy('alpha')),
    'Ed25519': lambda: group(algorithm=15),
    'RSA': lambda: group(algorithm=8),
    'CDS signed as BIND does': lambda: bind_like(group()),
    'foreign ZSKs only': lambda: Group(copy('alpha'), copy('beta'), minimal=True),
    'no CDS': lambda: _everywhere(group(), lambda one: one.cds.clear()),
    'serials that differ': lambda: _at(group(), lambda one: setattr(one, 'serial', 2026112201)),
    'two servers of one signer': _two_servers,
    'no DS at all': lambda: _parent(group(), lambda g: g.ds.clear()),
}


def _everywhere(found: Group, change: Callable[[Copy], object]) -> Group:
    for one in found.copies.values():
        change(one)
    return found


def _at(found: Group, change: Callable[[Copy], object], name: str = 'beta') -> Group:
    change(found[name])
    return found


def _parent(found: Group, change: Callable[[Group], object]) -> Group:
    change(found)
    return found


@pytest.mark.parametrize('name', GOOD)
def test_a_correct_group_is_silent(name: str) -> None:
    found = judge(GOOD[name]().survey())
    assert [finding for finding in found.findings if finding.severity != INFORMATION] == []
    assert all(cell.bogus == 0 and cell.valid for cell in found.matrix)


# -- on the way ----------------------------------------------------------------------------------------------------------


def joining() -> Group:
    """beta joins: declared, not in the delegation; its keys are everywhere."""
    found = group().declare()
    found.delegation = ['ns.alpha.example']
    for one in found.copies.values():
        one.ns = ['ns.alpha.example']
    found['beta'].in_parent = found['beta'].in_child = False
    return found


def _join_alone() -> Group:
    found = joining()
    found.ds.pop()
    found['alpha'].published, found['beta'].published = [ksk('alpha'), zsk('alpha')], [ksk('beta'), zsk('beta')]
    found['alpha'].cds, found['beta'].cds = [ksk('alpha')], [ksk('beta')]
    return found


def _join_delegated() -> Group:
    found = joining()
    found['beta'].in_child = True
    for one in found.copies.values():
        one.ns = ['ns.alpha.example', 'ns.beta.example']
    return found


def leaving() -> Group:
    found = Group(copy('alpha'), copy('beta'), copy('gamma')).declare(gamma=True)
    found.delegation.remove('ns.gamma.example')
    found['gamma'].in_parent = found['gamma'].in_child = False
    for one in found.copies.values():
        one.ns = list(found.delegation)
    return found


def _left() -> Group:
    """gamma answers no more; its DS, CDS and keys are still there."""
    found = leaving()
    found['gamma'].failures[''] = Failure('silent', 'does not answer')
    return found


def _left_minimal() -> Group:
    found = Group(copy('alpha'), copy('beta'), copy('gamma'), minimal=True)
    del found.copies['gamma']
    found.delegation.remove('ns.gamma.example')
    return _everywhere(found, lambda one: setattr(one, 'ns', list(found.delegation)))


def _zsk_published() -> Group:
    return _everywhere(group(), lambda one: one.published.append(zsk('next')))


def _zsk_mixed() -> Group:
    found = _zsk_published()
    found['beta'].zone_by = [zsk('next')]
    found['beta'].signed_by['mail', 'A'] = [zsk('beta')]
    return found


def _ksk_both() -> Group:
    found = _everywhere(group(), lambda one: (one.published.append(ksk('next')), one.cds.append(ksk('next'))))
    found['beta'].keys_by = [ksk('beta'), ksk('next')]
    return found


def _ksk_retired() -> Group:
    found = _ksk_both()
    found['beta'].keys_by = [ksk('next')]
    found.ds = [one.key.ds(ZONE).text for one in (ksk('alpha'), ksk('next'))]
    return _everywhere(found, lambda one: one.cds.remove(ksk('beta')))


def _dual_signed() -> Group:
    """alpha signs with a second algorithm already; no DS has it."""
    found = _everywhere(group(), lambda one: one.published.extend([ksk('alpha', 15), zsk('alpha', 15)]))
    found['alpha'].zone_by.append(zsk('alpha', 15))
    found['alpha'].keys_by.append(ksk('alpha', 15))
    return found


ON_THE_WAY: dict[str, Callable[[], Group]] = {
    'a joiner that has only its own keys': _join_alone,
    'a joiner whose keys are everywhere': joining,
    'a joiner whose NS the parent lacks': _join_delegated,
    'a leaver that still answers': leaving,
    'a leaver that answers no more': _left,
    'a leaver of which only DS and CDS are left': _left_minimal,
    'a next ZSK that all publish': _zsk_published,
    'an old ZSK whose signatures are replaced': _zsk_mixed,
    'a next KSK before its DS': _ksk_both,
    'a next KSK with its DS': lambda: _parent(_ksk_both(), lambda g: g.ds.append(ksk('next').key.ds(ZONE).text)),
    'an old KSK that signs no more': _ksk_retired,
    'one signer ahead with the next algorithm': _dual_signed,
}


@pytest.mark.parametrize('name', ON_THE_WAY)
def test_what_is_on_its_way_is_information(name: str) -> None:
    assert told(ON_THE_WAY[name]()) == []


def test_what_the_plan_is_about_to_do_is_information() -> None:
    found = group()
    found['beta'].published.append(zsk('nobody'))
    assert told(found)
    found.plan = Plan('changing', moving=frozenset((f'DNSKEY {zsk("nobody").key.text}',)))
    assert told(found) == []


def test_a_key_that_the_passes_follow_is_a_next_one_or_on_its_way_out() -> None:
    found = group()
    found['beta'].published.append(zsk('nobody'))
    found.target = replace(found.target, followed=frozenset((zsk('somebody').key,)))
    assert [code for code, _severity, _signers in told(found)] == ['stale_key']
    found.target = replace(found.target, followed=frozenset((zsk('nobody').key,)))
    assert told(found) == []


def test_cds_of_the_own_keys_only_have_nothing_to_remove_where_the_parent_has_no_ds() -> None:
    found = group()
    found.ds.clear()
    for name, other in (('alpha', 'beta'), ('beta', 'alpha')):
        found[name].cds.remove(ksk(other))
    assert {one[:2] for one in told(found)} == {('cds_own_key_only', WARNING)}
    found.plan = Plan('waiting')
    assert told(found) == []
    found.plan = Plan('blocked')
    assert told(found)


def test_a_signer_in_the_delegation_has_no_such_excuse() -> None:
    """The same as a join, but resolvers are sent to beta already."""
    found = _join_alone()
    found.delegation.append('ns.beta.example')
    found['beta'].in_parent = True
    codes = {one.code for one in serious(found)}
    assert {'foreign_key_missing', 'ds_missing'} <= codes


# -- the parent ----------------------------------------------------------------------------------------------------------


def test_servers_of_the_parent_that_differ() -> None:
    found = group()
    found.parents = [found.parent(), found.parent('198.51.100.2', found.ds[:1])]
    assert [one[:2] for one in told(found)] == [('parent_ds_differ', WARNING)]


def test_ds_ttls_that_differ() -> None:
    found = group()
    found.parents = [found.parent()]
    found.ds_ttl = 60
    found.parents.append(found.parent('198.51.100.2'))
    assert [one[:2] for one in told(found)] == [('ttl_differs', WARNING)]


def test_a_server_of_the_parent_that_is_down() -> None:
    found = group()
    found.parents = [found.parent(), replace(found.parent('198.51.100.2'), failure='does not answer', ds=None)]
    assert [one[:2] for one in told(found)] == [('parent_server_unusable', ERROR)]


def test_a_chain_that_breaks_above() -> None:
    found = group()
    found.authenticated = False
    assert told(found) == [('chain_broken', ERROR, ())]


def test_a_zone_that_nobody_delegates() -> None:
    found = group()
    found.parents = [replace(found.parent(ds=()), ns=frozenset(), delegated=False)]
    for one in found.copies.values():
        one.in_parent = one.in_child = False
    assert ('not_delegated', ERROR, ()) in told(found.declare())


def test_a_digest_of_sha1() -> None:
    found = group()
    found.ds.append(f'{ksk("alpha").key.tag} 13 1 {"00" * 20}')
    assert [one[:2] for one in told(found)] == [('ds_digest_wrong', ERROR), ('deprecated', WARNING)]


# -- hostile ---------------------------------------------------------------------------------------------------------------


def test_too_many_keys_are_told_and_not_all_tried() -> None:
    found = group()
    found['beta'].published.extend(zsk('alpha').altered(flags=256 + 2 * number) for number in range(1, 100))
    assert ('excessive_records', ERROR, BETA) in told(found)


def test_too_many_signatures_are_told() -> None:
    found = group()
    found['beta'].signed_by['@', 'MX'] = [zsk('beta')] + [zsk(f'other{number}') for number in range(12)]
    assert ('excessive_records', ERROR, BETA) in told(found)


def test_every_code_of_the_catalogue_is_told_once_and_in_order() -> None:
    assert [kind.number for kind in CATALOGUE.values()] == list(range(1, len(CATALOGUE) + 1))
