# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words for what the verifier found, the same in every form of the report. Pure, and the only place that words are chosen in."""
from __future__ import annotations

from typing import Iterable

from ..verify.findings import CRITICAL, ERROR, INFORMATION, SEVERITIES, WARNING
from .markup import shortened
from .returned import Told, Zone

GOOD = 'good'  # beside the severities: nothing was found that anybody has to do something about
LEVELS = (*SEVERITIES, GOOD)
LEVEL_WORDS = {CRITICAL: 'Critical', ERROR: 'Error', WARNING: 'Warning', INFORMATION: 'Information', GOOD: 'Good'}

RECORD_SHOWN = 60  # letters of a name with its type, in a picture

# Where a finding is drawn in the picture of the chain of trust.
PARENT, DS, SERVER, KEY, KEYS, DATA = 'parent', 'ds', 'server', 'key', 'keys', 'data'

# What a picture has room for, and where it belongs. The finding's own text is told in full beside it.
_IN_SHORT = {
    'foreign_key_missing': (KEY, 'missing here'),
    'cross_validation_failed': (DATA, 'does not validate'),
    'foreign_key_altered': (KEY, 'missing here: published altered'),
    'ds_missing': (DS, 'missing at the parent'),
    'ds_digest_wrong': (DS, 'wrong digest'),
    'zone_unsigned': (KEYS, 'no DNSKEY RRset: unsigned'),
    'dnskey_rrset_untrusted': (KEYS, 'signed by no key that a DS names'),
    'signature_outside_validity': (DATA, 'signature outside its time'),
    'signature_missing': (DATA, 'no signature'),
    'algorithms_differ': (DATA, 'algorithm of the other signers missing'),
    'server_unusable': (SERVER, 'no usable answer'),
    'tcp_broken': (KEYS, 'no answer over TCP'),
    'cds_differ': (DATA, 'CDS or CDNSKEY differ from the others'),
    'cds_own_key_only': (DATA, 'CDS name its own keys only'),
    'cds_delete': (DATA, 'CDS ask to remove every DS'),
    'cds_cdnskey_mismatch': (DATA, 'CDS and CDNSKEY name different keys'),
    'cds_signature_unverifiable': (DATA, 'CDS signed by a key that others lack'),
    'ns_differ': (DATA, 'NS differ'),
    'content_differs': (DATA, 'content differs'),
    'name_missing': (DATA, 'name is missing'),
    'denial_differs': (DATA, 'NSEC and NSEC3 mixed'),
    'nsec3_parameters': (DATA, 'NSEC3 parameters'),
    'ttl_differs': (KEYS, 'TTL differs'),
    'stale_key': (KEY, 'left over: signs nothing, and not everywhere'),
    'ds_unmatched': (DS, 'names no published key'),
    'signature_near_expiry': (DATA, 'signatures end soon'),
    'foreign_ksk_missing': (KEY, 'not published here'),
    'serial_differs': (DATA, 'serials differ'),
    'malformed_answer': (SERVER, 'answer that cannot be read'),
    'cname_loop': (DATA, 'CNAME loop'),
    'excessive_records': (KEYS, 'too many keys or signatures'),
    'not_delegated': (PARENT, 'the zone is not delegated'),
    'chain_broken': (PARENT, 'DS not authenticated from the trust anchor'),
    'zone_insecure': (PARENT, 'no DS: nobody validates the zone'),
    'denial_invalid': (DATA, 'denial proves nothing'),
    'parent_server_unusable': (PARENT, 'server without a usable answer'),
    'parent_ds_differ': (PARENT, 'servers have different DS'),
    'no_route': (SERVER, 'no route from here: not looked at'),
    'deprecated': (DS, 'deprecated digest or algorithm'),
    'key_signs_nothing': (KEY, 'signs nothing'),
    'signer_not_delegated': (SERVER, 'not in the delegation'),
    'ns_without_address': (SERVER, 'name server without an address'),
    'limit_reached': (PARENT, 'not everything was looked at'),
    'transfer_failed': (SERVER, 'no zone transfer'),
    'bootstrapping_signal': (SERVER, 'bootstrapping signal'),
}
_SIGNATURES = ('signature_outside_validity', 'signature_missing', 'cross_validation_failed', 'signature_near_expiry')
_BROKEN = (*_SIGNATURES[:3], 'dnskey_rrset_untrusted', 'zone_unsigned', 'denial_invalid', 'ds_missing', 'ds_digest_wrong', 'ds_unmatched')


def breaks_chain(told: Told) -> bool:
    """Whether the step of the chain of trust that leads to the finding's place does not hold."""
    return told.code in _BROKEN and told.severity in (CRITICAL, ERROR)


def place(told: Told) -> str:
    """Where in the picture the finding belongs."""
    if told.code in _SIGNATURES and told.rtype == 'DNSKEY':
        return KEYS
    found = _IN_SHORT[told.code][0] if told.code in _IN_SHORT else SERVER
    if found == DS and not told.ds:
        return DATA if told.signers else PARENT
    return PARENT if found in (SERVER, DATA, KEYS) and not told.signers else found


def in_short(told: Told, zone: str) -> str:
    """A few words; with the record that it is about, relative to the zone."""
    words = _IN_SHORT[told.code][1] if told.code in _IN_SHORT else told.code.replace('_', ' ')
    record = '' if told.rtype in ('', 'DNSKEY', 'DS', 'NS', 'CDS', 'CDNSKEY') else f'{shortened(f"{relative(told.name, zone)} {told.rtype}", RECORD_SHOWN)}: '
    return record + words


def relative(name: str, zone: str) -> str:
    """*name* as a zone file has it: ``@`` is the apex."""
    bare = name.rstrip('.')
    if bare == zone:
        return '@'
    return bare[:-len(zone) - 1] if bare.endswith(f'.{zone}') else bare


def where(told: Told) -> str:
    """Signers and servers; empty when the finding is about the whole zone."""
    signers, servers = ', '.join(told.signers), ', '.join(told.servers)
    return f'{signers} ({servers})' if signers and servers else signers or servers


def sentence(told: Told) -> str:
    """What was seen, and where."""
    place_words = where(told)
    return f'{place_words}: {told.what}' if place_words else upper(told.what)


def upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def above_information(zone: Zone) -> tuple[Told, ...]:
    return tuple(told for told in zone.findings if told.severity != INFORMATION)


def level(zone: Zone) -> str:
    """The worst severity, or that nothing is to be done."""
    return zone.worst if zone.worst != INFORMATION or not zone.secure else GOOD


def verdict(zone: Zone) -> tuple[str, str]:
    """The zone in a sentence: the worst that was found, or that nothing was; and in a second one what that breaks, or what else there is to know."""
    told = above_information(zone)
    if told:
        breaks = '' if told[0].breaks in ('', 'Nothing') else f'{upper(told[0].breaks)}. '
        return f'{sentence(told[0])}.', breaks + (f'{count(len(told) - 1, "more finding")} below.' if len(told) > 1 else '')
    if not zone.secure:
        return 'Nobody validates it: the parent has no DS that chains to the trust anchor.', 'Nothing else is wrong.'
    moved = (signer for signer in zone.signers if signer.leaving or not signer.in_delegation)
    moving = ''.join(f'; {signer.name} is {"leaving" if signer.leaving else "not in the delegation"}' for signer in moved)
    valid = sum(cell.valid for cell in zone.cells.values())
    answers = 'Every answer of each validates under the keys of every other' if len(zone.signers) > 1 else 'Every answer validates'
    return f'All is well with {count(len(zone.signers), "signer")} and {count(len(zone.servers), "server")}{moving}.', f'{answers} ({valid} checked).'


def count(number: int, thing: str) -> str:
    return f'{number} {thing}' if number == 1 else f'{number} {thing}s'


def listed(texts: Iterable[str], limit: int = 4) -> str:
    """The first of *texts*, and how many more there are."""
    known = list(texts)
    return ', '.join(known[:limit]) + (f' and {len(known) - limit} more' if len(known) > limit else '')


def duration(seconds: float) -> str:
    """Days and hours, or what is smaller."""
    days, hours, minutes = int(seconds // 86400), int(seconds % 86400 // 3600), int(seconds % 3600 // 60)
    if days:
        return count(days, 'day') + (f' {hours} h' if hours and days < 10 else '')
    return f'{hours} h {minutes} min' if hours else f'{minutes} min'
