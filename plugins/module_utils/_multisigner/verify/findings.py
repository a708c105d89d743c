# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of what the verifier can find, and the value of one finding. Standard library only; it judges nothing.

Codes and numbers are stable: monitoring and pipelines rely on them. 1 to 28 are the checks of a multi-signer zone, those after
them what stands in the way of looking at one.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

CRITICAL = 'critical'  # some resolver calls some answer bogus now, or as soon as the parent follows what the zone asks for
ERROR = 'error'  # something does not work, or will not after the next ordinary change
WARNING = 'warning'  # works, and should be mended
INFORMATION = 'information'  # right as it is; worth knowing
SEVERITIES = (CRITICAL, ERROR, WARNING, INFORMATION)


@dataclass(frozen=True)
class Kind:
    """One entry of the catalogue; *severity* is the usual one, a finding may be of a lower or a higher."""

    number: int
    code: str
    severity: str
    meaning: str


_KINDS = (
    Kind(1, 'foreign_key_missing', CRITICAL, 'A key that signs zone data at one signer is not in the DNSKEY RRset of another.'),
    Kind(2, 'cross_validation_failed', CRITICAL, 'An answer does not validate under the keys that a server publishes, and no other finding explains it.'),
    Kind(3, 'foreign_key_altered', CRITICAL, 'A key of another signer was published with other flags or other bytes.'),
    Kind(4, 'ds_missing', CRITICAL, 'The parent has no DS for the KSK of a signer in the delegation.'),
    Kind(5, 'ds_digest_wrong', CRITICAL, 'A DS has the tag and algorithm of a key, and not its digest.'),
    Kind(6, 'zone_unsigned', CRITICAL, 'A server serves the zone unsigned while the parent has DS.'),
    Kind(7, 'dnskey_rrset_untrusted', CRITICAL, 'The DNSKEY RRset of a server is not signed by a key that a DS names.'),
    Kind(8, 'signature_outside_validity', CRITICAL, 'A signature has expired or is not valid yet.'),
    Kind(9, 'signature_missing', CRITICAL, 'An RRset has no signature.'),
    Kind(10, 'algorithms_differ', ERROR, 'The signers sign with different algorithms.'),
    Kind(11, 'server_unusable', ERROR, 'A server does not answer, refuses, fails, or is not authoritative for the zone.'),
    Kind(12, 'tcp_broken', ERROR, 'A server truncates its DNSKEY answer over UDP and does not answer over TCP.'),
    Kind(13, 'cds_differ', ERROR, 'CDS or CDNSKEY differ between servers of the delegation.'),
    Kind(14, 'cds_own_key_only', ERROR, 'The CDS of a signer name its own keys only.'),
    Kind(15, 'cds_delete', CRITICAL, 'A signer asks the parent to remove all DS.'),
    Kind(16, 'cds_cdnskey_mismatch', ERROR, 'CDS and CDNSKEY of one server name different keys.'),
    Kind(17, 'cds_signature_unverifiable', WARNING, 'The CDS of one signer cannot be validated under the keys that another publishes.'),
    Kind(18, 'ns_differ', ERROR, 'The NS RRsets of the signers differ, or those of parent and zone do.'),
    Kind(19, 'content_differs', ERROR, 'A name has different records at different signers.'),
    Kind(20, 'name_missing', ERROR, 'A name exists at some signers only.'),
    Kind(21, 'denial_differs', WARNING, 'One signer denies existence with NSEC, another with NSEC3.'),
    Kind(22, 'nsec3_parameters', WARNING, 'NSEC3 parameters differ between signers, or there are iterations.'),
    Kind(23, 'ttl_differs', WARNING, 'DNSKEY or DS have different TTLs at different servers.'),
    Kind(24, 'stale_key', WARNING, 'Some signers publish a key that signs nothing anywhere.'),
    Kind(25, 'ds_unmatched', WARNING, 'A DS names no key that any server publishes.'),
    Kind(26, 'signature_near_expiry', WARNING, 'Signatures of a signer end soon.'),
    Kind(27, 'foreign_ksk_missing', INFORMATION, 'A KSK of one signer is not in the DNSKEY RRset of another.'),
    Kind(28, 'serial_differs', INFORMATION, 'SOA serials differ.'),
    Kind(29, 'malformed_answer', ERROR, 'A server gives an answer that cannot be read.'),
    Kind(30, 'cname_loop', ERROR, 'A CNAME leads back to itself.'),
    Kind(31, 'excessive_records', ERROR, 'So many keys, signatures or equal key tags that validators give up.'),
    Kind(32, 'not_delegated', ERROR, 'The parent does not delegate the zone.'),
    Kind(33, 'chain_broken', ERROR, 'The DS of the zone cannot be authenticated from the trust anchor.'),
    Kind(34, 'zone_insecure', INFORMATION, 'The parent has no DS for the zone: nobody validates it.'),
    Kind(35, 'denial_invalid', CRITICAL, 'An answer that something does not exist does not prove it.'),
    Kind(36, 'parent_server_unusable', ERROR, 'A server of the parent gives no usable answer.'),
    Kind(37, 'parent_ds_differ', WARNING, 'The servers of the parent have different DS.'),
    Kind(38, 'no_route', INFORMATION, 'This machine has no route to an address, so it was not looked at.'),
    Kind(39, 'deprecated', WARNING, 'A DS digest or an algorithm that must not be used any more.'),
    Kind(40, 'key_signs_nothing', INFORMATION, 'A key that all servers publish and that signs nothing: a next one, or one on its way out.'),
    Kind(41, 'signer_not_delegated', INFORMATION, 'A declared signer is not in the delegation: it is joining or leaving.'),
    Kind(42, 'ns_without_address', ERROR, 'A name server of the delegation has no address.'),
    Kind(43, 'limit_reached', WARNING, 'The zone asks for more work than the verifier does for one; not everything was looked at.'),
    Kind(44, 'transfer_failed', INFORMATION, 'A zone transfer that was asked for was not given.'),
    Kind(45, 'bootstrapping_signal', WARNING, 'A signal of RFC 9615 is missing or says something else than the zone.'),
)
CATALOGUE: dict[str, Kind] = {kind.code: kind for kind in _KINDS}


@dataclass(frozen=True)
class Finding:
    """One thing that is worth telling, once, at its root.

    *servers* are the addresses where it is, *signers* the signers that these belong to. *key* is the RDATA text of the DNSKEY and *ds*
    of the DS that it is about; *name* and *rtype* are the owner and type of the record. *what* says what was seen, *breaks* for whom what
    does not work, *remedy* the next thing to do. *related* are codes of findings that follow from this one or explain more of it.
    """

    code: str
    what: str
    breaks: str = ''
    remedy: str = ''
    servers: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()
    key: str = ''
    ds: str = ''
    name: str = ''
    rtype: str = ''
    severity: str = ''
    related: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.severity:
            object.__setattr__(self, 'severity', CATALOGUE[self.code].severity)

    @property
    def number(self) -> int:
        return CATALOGUE[self.code].number


def is_at_least(severity: str, limit: str) -> bool:
    """Whether *severity* is *limit* or worse."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(limit)


def worst(findings: Iterable[Finding]) -> str:
    """The worst severity of *findings*; information when there are none."""
    return min((finding.severity for finding in findings), key=SEVERITIES.index, default=INFORMATION)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The worst first, then by number and place; the same findings have the same order in every run."""
    return tuple(sorted(
        set(findings), key=lambda one: (SEVERITIES.index(one.severity), one.number, one.servers, one.key, one.ds, one.name, one.rtype, one.what)
    ))
