# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of servers: down, lame, garbling, without TCP, without an address. Pure."""
from __future__ import annotations

from typing import Iterator

from ..evidence import Evidence, addresses, listed
from ..findings import ERROR, INFORMATION, WARNING, Finding
from ..seen import Seen, Trouble
from ..survey import NO_TCP, Answer, Probe


def troubles(e: Evidence) -> Iterator[Finding]:
    """11 and 29: servers without a usable answer at all, and single answers that cannot be used."""
    for party in e.parties:
        whole: dict[Trouble, list[Seen]] = {}
        for seen in party.seen:
            if seen.trouble is not None:
                whole.setdefault(seen.trouble, []).append(seen)
        severity = '' if party.in_delegation else INFORMATION if party.leaving else WARNING
        for trouble, servers in whole.items():
            yield Finding(
                trouble.code, trouble.what, f'Resolvers that choose it have to ask another one; nothing is known of what {party.name} publishes there',
                trouble.remedy, addresses(servers), (party.name,), name=e.zone, severity=severity,
            )
        single: dict[str, list[tuple[Seen, Probe, Trouble]]] = {}
        for seen in party.seen:
            for probe, trouble in seen.single_troubles:
                single.setdefault(trouble.code, []).append((seen, probe, trouble))
        for code, found in single.items():
            _seen, first, trouble = found[0]
            yield Finding(
                code, f'{trouble.what} ({listed(str(one[1]) for one in found)})', 'These questions are answered by other servers only', trouble.remedy,
                addresses(one[0] for one in found), (party.name,), name=first.name.rstrip('.'), rtype=first.rtype, severity=severity,
            )


def tcp(e: Evidence) -> Iterator[Finding]:
    """12: RFC 7766. Where UDP carries everything that was asked for, it is a warning."""
    for party in e.parties:
        cut: list[Seen] = []
        closed: list[Seen] = []
        for seen in party.seen:
            answer = seen.apex_answer('DNSKEY')
            if seen.trouble is None and answer is not None and answer.failure is not None and answer.failure.kind == NO_TCP:
                cut.append(seen)
            elif seen.trouble is None and seen.answers_tcp is False:
                (cut if answer is not None and answer.truncated else closed).append(seen)
        severity = '' if party.in_delegation else WARNING
        for servers, usual in ((cut, ERROR), (closed, WARNING)):
            if servers:
                answer = servers[0].apex_answer('DNSKEY')
                yield Finding(
                    'tcp_broken', _tcp_told(answer),
                    'Resolvers cannot get its DNSKEY RRset, so its answers cannot be validated' if usual == ERROR
                    else 'Answers that do not fit into UDP are lost',
                    'Let TCP port 53 through to it (RFC 7766)', addresses(servers), (party.name,), name=e.zone, rtype='DNSKEY', severity=severity or usual,
                )


def _tcp_told(answer: Answer | None) -> str:
    if answer is not None and answer.failure is not None:
        return f'{answer.failure.what} (the truncated one has {answer.size} bytes)'
    size = f'; its DNSKEY answer has {answer.size} bytes' if answer is not None else ''
    return f'does not answer over TCP{size}' + (', which is truncated over UDP' if answer is not None and answer.truncated else '')


def loops(e: Evidence) -> Iterator[Finding]:
    """30: CNAMEs that lead back to themselves."""
    for party in e.parties:
        found = [(seen, probe) for seen in party.seen for probe in seen.loops]
        if found:
            probe = found[0][1]
            yield Finding(
                'cname_loop', f'{listed(dict.fromkeys(str(one[1]) for one in found))}: the CNAME leads back to itself', 'The name cannot be resolved',
                'Correct the CNAME', addresses(one[0] for one in found), (party.name,), name=probe.name.rstrip('.'), rtype='CNAME',
            )


def reach(e: Evidence) -> Iterator[Finding]:
    """38, 42, 43, 44: what could not be looked at, and why."""
    for name in e.survey.addressless:
        yield Finding(
            'ns_without_address', f'name server {name} has no address', 'Resolvers cannot use it', 'Give it an address, or take it out of the NS',
            name=name, rtype='NS',
        )
    if e.survey.unrouted:
        yield Finding(
            'no_route', f'this machine has no route to {listed(e.survey.unrouted)}', 'Nothing', 'Run the verifier from a machine that has IPv4 and IPv6',
            e.survey.unrouted,
        )
    limited = [seen for seen in e.seen if seen.survey.limited]
    for seen in limited:
        yield Finding('limit_reached', seen.survey.limited, 'Nothing', 'Ask for fewer names', (seen.address,), (seen.signer,))
    if e.signatures.exhausted:
        yield Finding(
            'limit_reached', 'more signatures than are checked for one zone', 'Validators may give up as well',
            'See which server answers with so many signatures',
        )
    for seen in e.seen:
        if seen.survey.transfer is not None and seen.survey.transfer.failure:
            yield Finding(
                'transfer_failed', f'no zone transfer: {seen.survey.transfer.failure}', 'Nothing; content was compared by probes', 'Allow AXFR, by TSIG',
                (seen.address,), (seen.signer,),
            )


CHECKS = (troubles, tcp, loops, reach)
