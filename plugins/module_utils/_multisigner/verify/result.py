# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A judgement as returned data, and as a table for people: the shape that the module documents. Pure."""
from __future__ import annotations

from typing import Any, Iterable, Mapping

from ..dnskey import DNSKEY
from ..resolve import from_rdata
from ..steps import utc
from .evidence import Evidence, Party, addresses
from .findings import INFORMATION, Finding
from .judge import Judgement
from .seen import Seen
from .survey import APEX, ParentServerSurvey, Plan, Probe


def zone_as_dict(judgement: Judgement) -> dict[str, Any]:
    """All that is returned of one zone; times are ISO 8601 in UTC."""
    e = judgement.evidence
    plan = e.survey.target.plan
    return {
        'name': e.zone,
        'time': utc(e.now),
        'worst': judgement.worst,
        'secure': e.is_secure and any(parent.authenticated for parent in e.survey.parents),
        'parent': {
            'name': e.survey.target.parent or e.survey.parent_zone,
            'zone': e.survey.parent_zone,
            'servers': [_parent_server(parent) for parent in e.survey.parents],
        },
        'signers': [_signer(e, party) for party in e.parties],
        'dnskeys': [_dnskey(e, key) for key in sorted(e.keys)],
        'probes': [str(probe) for probe in e.survey.probes if not probe.over_tcp],
        'matrix': [
            {'keys_of': cell.keys_of, 'answers_of': cell.answers_of, 'valid': cell.valid, 'bogus': cell.bogus, 'first_failure': cell.first_failure}
            for cell in judgement.matrix
        ],
        'findings': [_finding(finding) for finding in judgement.findings],
        'cds': {
            'accepted': judgement.parent.accepted,
            'change': judgement.parent.change,
            'why': list(judgement.parent.why),
            'bootstrapping': None if judgement.parent.signals is None else list(judgement.parent.signals),
        },
        'validators': [{'kind': one.kind, 'verdict': one.verdict, 'why': one.why} for one in judgement.validators],
        'analysers': [{'tool': one.tool, 'shows': one.shows, 'harmless': one.harmless, 'why': one.why} for one in judgement.analysers],
        'waits': _waits(plan),
    }


def _waits(plan: Plan | None) -> list[dict[str, Any]]:
    """In the order of time; those without an end, which wait for a server or a person, last."""
    waits = sorted(plan.waits, key=lambda wait: (wait.until or '9', wait.what)) if plan is not None else ()
    return [{'for': wait.what, 'until': wait.until or None, 'reason': wait.reason} for wait in waits]


def _parent_server(parent: ParentServerSurvey) -> dict[str, Any]:
    ds = parent.ds
    return {
        'server': str(parent.server),
        'address': parent.address,
        'error': parent.failure,
        'authenticated': parent.authenticated,
        'why_not': parent.why_not,
        'ds': sorted(from_rdata(rdata).text for rdata in ds.rrset) if ds is not None else [],
        'ds_ttl': int(ds.rrset.ttl) if ds is not None else None,
        'ns': sorted(parent.ns),
        'ns_ttl': parent.ns_ttl if parent.ns else None,
    }


def _signer(e: Evidence, party: Party) -> dict[str, Any]:
    return {
        'name': party.name,
        'declared': party.declared is not None,
        'in_delegation': party.in_delegation,
        'leaving': party.leaving,
        'servers': [_server(e, seen) for seen in party.seen],
    }


def _server(e: Evidence, seen: Seen) -> dict[str, Any]:
    dnskey = seen.survey.answers.get(Probe(APEX, e.apex.to_text(), 'DNSKEY'))
    name = seen.survey.names[0] if seen.survey.names else ''
    return {
        'server': f'{name} ({seen.address})' if name else seen.address,
        'name': name,
        'address': seen.address,
        'error': seen.trouble.what if seen.trouble is not None else '',
        'in_parent': seen.survey.in_parent,
        'in_zone': seen.survey.in_child,
        'signed': bool(seen.keys),
        'serial': seen.serial,
        'dnskey_size': dnskey.size if dnskey is not None and dnskey.size else None,
        'truncated': dnskey is not None and dnskey.truncated,
        'tcp': seen.answers_tcp,
        'dnskey_ttl': int(seen.dnskey.rrset.ttl) if seen.dnskey is not None else None,
        'cds': sorted(ds.text for ds in seen.cds),
        'cdnskeys': sorted(key.text for key in seen.cdnskeys),
        'ns': sorted(seen.ns),
        'denial': _denial(seen),
        'expires': _expires(e, seen),
    }


def _denial(seen: Seen) -> dict[str, Any] | None:
    if not seen.denial_kind:
        return None
    nsec3 = seen.nsec3
    if seen.denial_kind == 'NSEC' or nsec3 is None:
        return {'kind': 'NSEC', 'algorithm': None, 'iterations': None, 'salt': '', 'opt_out': False}
    return {'kind': 'NSEC3', 'algorithm': nsec3.algorithm, 'iterations': nsec3.iterations, 'salt': nsec3.salt.hex(), 'opt_out': nsec3.opt_out}


def _expires(e: Evidence, seen: Seen) -> dict[str, Any] | None:
    """The first of the RRSIGs that were seen to end, whether it is valid or not."""
    ends = [
        (int(rrsig.expiration), judged.item.name, judged.item.rtype, int(rrsig.key_tag))
        for judged in e.judged.get(seen, ()) for rrsig in judged.item.signed.rrsigs
    ]
    if seen.dnskey is not None:
        ends.extend((int(rrsig.expiration), e.zone, 'DNSKEY', int(rrsig.key_tag)) for rrsig in seen.dnskey.rrsigs)
    if not ends:
        return None
    until, name, rtype, tag = min(ends)
    return {'until': utc(until), 'name': name, 'type': rtype, 'tag': tag}


def _dnskey(e: Evidence, key: DNSKEY) -> dict[str, Any]:
    over_keys = [seen for seen in e.seen if key in e.key_keys(seen)]
    over_zone = [seen for seen in e.seen if key in e.data_keys(seen)]
    return {
        'dnskey': key.text,
        'tag': key.tag,
        'algorithm': key.algorithm,
        'algorithm_name': key.algorithm_name,
        'flags': key.flags,
        'role': 'CSK' if over_keys and over_zone and key.is_sep else 'ZSK' if over_zone else 'KSK' if over_keys else None,
        'owners': list(e.owners(key)),
        'ds': key in e.trusted,
        'published_by': list(addresses(e.holders(key))),
        'signs_keys_at': list(addresses(over_keys)),
        'signs_zone_at': list(addresses(over_zone)),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        'code': finding.code, 'number': finding.number, 'severity': finding.severity, 'servers': list(finding.servers), 'signers': list(finding.signers),
        'key': finding.key, 'ds': finding.ds, 'name': finding.name, 'type': finding.rtype, 'what': finding.what, 'breaks': finding.breaks,
        'remedy': finding.remedy, 'related': list(finding.related),
    }


def summary(zones: Iterable[Mapping[str, Any]], errors: Mapping[str, str]) -> list[str]:
    """The table: each zone with its signers, its findings, and what a person wants to know at once."""
    found = [f'{name}: could not be looked at: {text}' for name, text in sorted(errors.items())]
    for zone in zones:
        found.extend(_lines(zone))
    return found


def _lines(zone: Mapping[str, Any]) -> list[str]:
    findings = zone['findings']
    told = [finding for finding in findings if finding['severity'] != INFORMATION]
    head = 'all is well' if not told else ', '.join(_counts(told))
    found = [f'{zone["name"]}: {head}' + ('' if zone['secure'] else ' (nobody can validate it from the trust anchor)')]
    for signer in zone['signers']:
        servers = ', '.join(server['address'] + (' DOWN' if server['error'] else '') for server in signer['servers']) or 'no server'
        own = [key for key in zone['dnskeys'] if signer['name'] in key['owners']]
        keys = ', '.join(f'{key["role"]} {key["tag"]}/{key["algorithm"]}' + (' DS' if key['ds'] else '') for key in own)
        place = '' if signer['in_delegation'] else ', not in the delegation'
        found.append(f'  {signer["name"]:<16} {servers}{place}; {keys or "signs with no known key"}')
    for finding in told:
        where = ', '.join(finding['signers']) or ', '.join(finding['servers'])
        place = f' at {where} ({", ".join(finding["servers"])})' if finding['signers'] and finding['servers'] else f' at {where}' if where else ''
        found.append(f'  {finding["severity"].upper()} {finding["number"]} {finding["code"]}{place}: {finding["what"]}')
        found.append(f'      breaks: {finding["breaks"]}')
        found.append(f'      remedy: {finding["remedy"]}')
    bogus = sum(cell['bogus'] for cell in zone['matrix'])
    found.append(f'  cross matrix: {sum(cell["valid"] for cell in zone["matrix"])} valid, {bogus} bogus')
    found.extend(f'  CDS: {why}' for why in zone['cds']['why'])
    harmless = [one for one in zone['analysers'] if one['harmless']]
    if harmless:
        tools = ', '.join(dict.fromkeys(one['tool'] for one in harmless))
        found.append(f'  {len(harmless)} complaints that analysers are known to have are harmless here: {tools}')
    return found


def _counts(findings: list[Mapping[str, Any]]) -> list[str]:
    severities = list(dict.fromkeys(finding['severity'] for finding in findings))
    return [f'{sum(finding["severity"] == severity for finding in findings)} {severity}' for severity in severities]
