# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone that the user's own named.conf declares: whether other signers' keys can come into it by dynamic update as it is, and stay.

What a version of BIND does with such a zone is known from the version of the named that runs, which is asked. It only looks.
Standard library and BIND's tools only, because it travels to name servers.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional, Sequence, Tuple

from ..errors import MultisignerError
from .named_conf import Policy, ZoneSettings
from .tools import Rndc, Tools

INLINE_SINCE = (9, 20)  # from when on foreign DNSKEY get through inline-signing
_DNSKEY = re.compile(r'^\S+\s+(\d+)\s+IN\s+DNSKEY\s', re.MULTILINE)


@dataclass(frozen=True)
class UsersZone:
    """One zone with the *policy* that signs it, None for what the configuration does not print; *version* is named's."""

    settings: ZoneSettings
    policy: Policy
    version: Tuple[int, int]

    @property
    def is_inline(self) -> bool:
        """Whether named keeps the unsigned zone apart: as the zone says, or its policy, or as this version does without a word about it."""
        stated = self.settings.inline_signing if self.settings.inline_signing is not None else self.policy.inline_signing
        return stated if stated is not None else self.version >= INLINE_SINCE or not self.settings.dynamic

    def refuse_unfit(self, key_name: str, types: str, digest_types: Sequence[int]) -> None:
        """Raises MultisignerError when other signers' records would not get into the zone, would not stay, or named would roll its keys by its own clock.

        *types*: those that the TSIG key *key_name* is to change; *digest_types*: those of the CDS that all signers publish.
        """
        zone = self.settings
        if zone.policy is None:
            raise MultisignerError('named does not sign it by a dnssec-policy', zone=zone.name, remedy='Give it one, or take its zone statement out')
        if self.is_inline and self.version < INLINE_SINCE:
            raise MultisignerError(
                f'named.conf declares it with inline-signing. BIND {self.version[0]}.{self.version[1]} drops foreign keys from such a zone without a word, or '
                'answers SERVFAIL to their update', zone=zone.name,
                remedy='Set "inline-signing no" for it and an update-policy, as this module\'s documentation has it; or upgrade to BIND 9.20',
            )
        if not zone.dynamic:
            raise MultisignerError(
                'named.conf declares it as a zone that takes no updates, by which the other signers\' keys come', zone=zone.name,
                remedy=f'Add to its zone statement: update-policy {{ grant "{key_name}" name {zone.name}. {types}; grant local-ddns zonesub any; }};',
            )
        short = [lifetime for lifetime in self.policy.lifetimes if lifetime not in ('unlimited', '0', 'P0D', 'PT0S')]
        if short:
            raise MultisignerError(
                f'its dnssec-policy "{zone.policy}" gives keys a lifetime of {short[0]}: named would sign with the next key by its own clock, whether the '
                'other signers have it or not', zone=zone.name, remedy='Set "lifetime unlimited" for every key in it; the playbook rollover replaces them',
            )
        lost = sorted(set(digest_types) - set(self.policy.cds_digest_types))
        if lost and self.version >= INLINE_SINCE:
            raise MultisignerError(
                f'its dnssec-policy "{zone.policy}" has no CDS of digest type {", ".join(map(str, lost))}, and named takes those of the other signers out of '
                'the zone again', zone=zone.name, remedy=f'Set "cds-digest-types {{ {" ".join(f"{number};" for number in digest_types)} }};" in it',
            )

    def refuse_stuck(self, tools: Tools, rndc: Rndc) -> None:
        """Raises MultisignerError when the signed zone does not follow the unsigned one any more.

        Seen at 9.20: a foreign DNSKEY whose TTL is not the dnskey-ttl of the policy stops all later changes, each answered with NOERROR. rndc
        zonestatus shows it only after some more of them, so the unsigned zone is looked at as well, with its journal.
        """
        zone = self.settings
        if not self.is_inline or zone.file is None:
            return
        lenient = ['-i', 'none', '-k', 'ignore', '-n', 'ignore', '-r', 'ignore']
        text = tools.ask('named-compilezone', '-j', '-q', *lenient, '-s', 'full', '-o', '-', zone.name, zone.file).out
        wrong = sorted({int(ttl) for ttl in _DNSKEY.findall(text)} - {self.policy.dnskey_ttl})
        unsigned, signed = rndc.serials(zone.name)
        if not wrong and not _is_behind(signed, unsigned):
            return
        if not wrong and rndc.until(lambda: not _is_behind(*reversed(rndc.serials(zone.name)))):
            return  # it was about to
        ttl = self.policy.dnskey_ttl
        cause = f'a DNSKEY record of another signer came in with a TTL of {wrong[0]}, and dnskey-ttl is {ttl}' if wrong else 'see its log for the reason'
        raise MultisignerError(
            f'named does not bring changes into the signed zone any more: {cause} (rndc zonestatus: serial {unsigned}, signed serial {signed})', zone=zone.name,
            remedy=f'Add one of the other signers\' DNSKEY records again by nsupdate, with a TTL of {ttl}, which is that of the whole RRset then',
        )


def _is_behind(signed: Optional[int], unsigned: Optional[int]) -> bool:
    """Whether a serial is older than the other one (RFC 1982)."""
    return signed is not None and unsigned is not None and 0 < (unsigned - signed) % 2**32 < 2**31
