# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of signatures: missing, out of their time, ending soon, wrong, and zones served unsigned. Pure."""
from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping

from ...dnskey import DNSKEY
from ...steps import utc
from ..denial import ITERATIONS_HASHED
from ..evidence import Evidence, Judged, Party, addresses, listed, signers
from ..findings import ERROR, INFORMATION, WARNING, Finding
from ..seen import Seen

SOON = 2 * 86400  # seconds before its end when a signature may be near it
LAST_PART = 0.25  # of its life, in which it should have been made again
OUTLIVED = 4  # times that another signer's signature over the same RRset lives longer


def severity_for(e: Evidence, party: Party) -> str:
    """That of what makes answers bogus: the usual one where resolvers reach them and validate."""
    if not party.in_delegation:
        return INFORMATION if party.leaving else WARNING
    return '' if e.is_secure else WARNING


def unsigned(e: Evidence) -> Iterator[Finding]:
    """6: servers without a DNSKEY RRset in a zone that others sign, or that has DS."""
    signed = any(seen.keys for seen in e.seen)
    for party in e.parties:
        plain = [seen for seen in party.seen if seen.keys_known and not seen.keys]
        if plain and (signed or e.is_secure):
            severity = INFORMATION if not party.in_delegation else '' if e.is_secure else WARNING
            yield Finding(
                'zone_unsigned', 'serves the zone unsigned: it has no DNSKEY',
                'Every validating resolver that reaches it calls its answers bogus' if e.is_secure and party.in_delegation
                else 'Nothing as long as nobody validates or is sent to it',
                f'Have {party.name} sign the zone there', addresses(plain), (party.name,), name=e.zone, rtype='DNSKEY', severity=severity,
            )


def outside_validity(e: Evidence) -> Iterator[Finding]:
    """8: RRsets whose every right signature has ended or not begun."""
    for party in e.parties:
        bad: list[tuple[str, str, Any, Seen]] = []
        for seen in party.seen:
            keys = e.key_outcome.get(seen)
            if keys is not None and keys.late and keys.valid.isdisjoint(e.trusted) and (not e.trusted or not e.trusted.isdisjoint(keys.late)):
                bad.append((e.zone, 'DNSKEY', _first(keys.late), seen))
            for judged in e.judged.get(seen, ()):
                if not judged.outcome.valid and judged.outcome.late:
                    bad.append((judged.item.name, judged.item.rtype, _first(judged.outcome.late), seen))
        if bad:
            yield _late(e, party, bad)


def _first(late: Mapping[DNSKEY, Any]) -> Any:
    """The RRSIG of the first of these keys."""
    return late[min(late)]


def _late(e: Evidence, party: Party, bad: list[tuple[str, str, Any, Seen]]) -> Finding:
    name, rtype, rrsig, _seen = min(bad, key=lambda one: (one[1] != 'DNSKEY', one[1] != 'SOA', one[0], one[1]))
    began = rrsig.inception <= e.now
    when = f'ended at {utc(rrsig.expiration)}' if began else f'begins at {utc(rrsig.inception)} only'
    rest = listed(f'{one[0]} {one[1]}' for one in bad if one[:2] != (name, rtype))
    others = f', and those of {rest}' if rest else ''
    servers = [one[3] for one in bad]
    return Finding(
        'signature_outside_validity', f'the signature of {name} {rtype} by key {rrsig.key_tag} {when}{others}',
        'Every validating resolver that reaches this server calls these answers bogus',
        f'Have {party.name} sign again; see that its clock is right and its signer runs' if began else f'Set the clock of {party.name}',
        addresses(servers), (party.name,), name=name, rtype=rtype, severity=severity_for(e, party),
    )


def missing(e: Evidence) -> Iterator[Finding]:
    """9: RRsets without any signature at a server that signs the zone."""
    for party in e.parties:
        bare = [(judged, seen) for seen in party.seen if seen.keys for judged in e.judged.get(seen, ()) if judged.outcome.missing]
        if not bare:
            continue
        first = min((judged.item for judged, _seen in bare), key=lambda item: (not item.is_zone_data, item.name, item.rtype))
        severity = severity_for(e, party) or ('' if any(judged.item.is_zone_data for judged, _seen in bare) else ERROR)
        yield Finding(
            'signature_missing', f'{listed(f"{judged.item.name} {judged.item.rtype}" for judged, _seen in bare)} has no RRSIG',
            'Every validating resolver that reaches this server calls these answers bogus', f'Have {party.name} sign the zone again; see its log',
            addresses(seen for _judged, seen in bare), (party.name,), name=first.name, rtype=first.rtype, severity=severity,
        )


def wrong(e: Evidence) -> Iterator[Finding]:
    """2: what validates under no key set, and nothing else explains."""
    if e.signatures.exhausted:
        return
    known = all(seen.keys_known for seen in e.seen if seen.trouble is None)
    for party in e.parties:
        bad: list[tuple[Judged, Seen]] = []
        for seen in party.seen:
            for judged in e.judged.get(seen, ()) if seen.keys or not seen.keys_known else ():
                outcome = judged.outcome
                if not outcome.valid and not outcome.late and not outcome.missing and (outcome.wrong or known):
                    bad.append((judged, seen))
        if bad:
            first, _unused = min(bad, key=lambda one: (not one[0].item.is_zone_data, one[0].item.name, one[0].item.rtype))
            tags = first.outcome.wrong or first.outcome.strangers
            why = 'was not made over this RRset, or was altered' if first.outcome.wrong else 'is by a key that no server publishes'
            yield Finding(
                'cross_validation_failed',
                f'the signature of {listed(f"{judged.item.name} {judged.item.rtype}" for judged, _seen in bad)} by key {listed(map(str, tags))} {why}',
                'Every validating resolver that reaches this server calls these answers bogus, whichever DNSKEY RRset it has',
                f'Have {party.name} sign the zone again', addresses(seen for _judged, seen in bad), (party.name,),
                name=first.item.name, rtype=first.item.rtype, severity=severity_for(e, party),
            )


def near_expiry(e: Evidence) -> Iterator[Finding]:
    """26: signatures in the last part of their life, or that end long before those of the others over the same RRset."""
    ends: dict[tuple[str, str], int] = {}
    every = [(party, seen, name, rtype, outcome) for party in e.parties for seen in party.seen for name, rtype, outcome in _outcomes(e, seen)]
    for _party, _seen, name, rtype, outcome in every:
        ends[name, rtype] = max(ends.get((name, rtype), 0), outcome.ends or 0)
    for party in e.parties:
        near = []
        for owner, seen, name, rtype, outcome in every:
            if owner is party and outcome.ends is not None and outcome.begins is not None:
                left = outcome.ends - e.now
                late = left < LAST_PART * (outcome.ends - outcome.begins) or left * OUTLIVED < ends[name, rtype] - e.now
                if left < SOON and late:
                    near.append((outcome.ends, name, rtype, seen))
        if near:
            end, name, rtype, _seen = min(near, key=lambda one: (one[0], one[1], one[2]))
            yield Finding(
                'signature_near_expiry', f'the signature of {name} {rtype} ends at {utc(end)} ({len({one[1:3] for one in near})} RRsets end soon)',
                f'From then on every validating resolver calls answers of {party.name} bogus', f'See that {party.name} still signs',
                addresses(one[3] for one in near), (party.name,), name=name, rtype=rtype, severity='' if party.in_delegation else INFORMATION,
            )


def _outcomes(e: Evidence, seen: Seen) -> Iterable[tuple[str, str, Any]]:
    if seen in e.key_outcome:
        yield e.zone, 'DNSKEY', e.key_outcome[seen]
    for judged in e.judged.get(seen, ()):
        # names of denial differ between signers, and with every fresh name
        yield judged.item.name if not judged.item.rtype.startswith('NSEC') else '', judged.item.rtype, judged.outcome


def denial_of_existence(e: Evidence) -> Iterator[Finding]:
    """35: negative answers and wildcard expansions whose NSEC or NSEC3 do not prove them (RFC 4035 section 5.4, RFC 5155 section 8)."""
    for party in e.parties:
        bad = [(denied, seen) for seen in party.seen for denied in e.denied.get(seen, ()) if not denied.proof.holds]
        if bad:
            first = bad[0][0]
            count = len({one[0].probe for one in bad})
            yield Finding(
                'denial_invalid', f'the answer for {first.probe} does not prove {first.proof.what}: {first.proof.why_not} ({count} answers)',
                'Every validating resolver that reaches this server calls these answers bogus',
                f'Have {party.name} sign the zone again, with a whole chain of NSEC or NSEC3', addresses(seen for _denied, seen in bad), (party.name,),
                name=first.probe.name.rstrip('.'), rtype=first.probe.rtype, severity=severity_for(e, party),
            )


def denial_kinds(e: Evidence) -> Iterator[Finding]:
    """21: NSEC here, NSEC3 there (RFC 8901 section 5 asks for one)."""
    kinds = {seen: seen.denial_kind for seen in e.holding if seen.denial_kind}
    if len(set(kinds.values())) > 1:
        told = '; '.join(f'{kind} at {listed(signers(seen for seen in kinds if kinds[seen] == kind))}' for kind in sorted(set(kinds.values())))
        yield Finding(
            'denial_differs', f'existence is denied in two ways: {told}',
            'It validates; resolvers that make answers from cached NSEC (RFC 8198) may mix them up',
            'Have all signers use the same', addresses(kinds), signers(kinds),
        )


def nsec3_parameters(e: Evidence) -> Iterator[Finding]:
    """22: RFC 9276 section 3.1 wants no iterations; RFC 8901 section 5 the same parameters everywhere."""
    used = {seen: seen.nsec3 for seen in e.holding if seen.nsec3 is not None}
    many = [seen for seen, parameters in used.items() if parameters.iterations > 0]
    worst = max((parameters.iterations for parameters in used.values()), default=0)
    kinds = {(parameters.iterations, parameters.salt) for parameters in used.values()}
    if not many and len(kinds) < 2:
        return
    at = {kind: listed(signers(seen for seen, one in used.items() if (one.iterations, one.salt) == kind)) for kind in sorted(kinds)}
    told = '; '.join(f'iterations {iterations}, salt {salt.hex() or "none"} at {where}' for (iterations, salt), where in at.items())
    concerned = many or list(used)
    yield Finding(
        'nsec3_parameters', f'NSEC3 {"parameters differ" if len(kinds) > 1 else "has iterations"}: {told}',
        'Validators see the zone as insecure, or fail, with so many iterations' if worst > ITERATIONS_HASHED
        else 'Costs validators time (RFC 9276); some set limits' if many else 'Nothing for resolvers',
        'Set iterations 0 and no salt at every signer', addresses(concerned), signers(concerned), severity=ERROR if worst > ITERATIONS_HASHED else '',
    )


CHECKS = (unsigned, outside_validity, missing, wrong, near_expiry, denial_of_existence, denial_kinds, nsec3_parameters)
