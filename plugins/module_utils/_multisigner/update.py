# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RFC 2136 updates with TSIG: one message out, one answer in, each refusal in words with the next thing to do.

Records are added and deleted one by one, by their exact RDATA. A whole RRset (class ANY) is deleted only where the same message says
what must still be in it and what is in it after that, so that what a server holds of its own is never swept away. Every message goes
over TCP. A NOERROR is no proof of anything: whoever calls this reads back.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable

from .canonical import rdata_of
from .content import Change, RRset
from .dnskey import DS, Rdata, Record
from .errors import MultisignerError
from .resolve import NoAnswerError, Server, Tsig, exchange

try:
    import dns.name
    import dns.rcode
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import dns.update
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass


class ChangedMeanwhileError(MultisignerError):
    """A prerequisite failed: the zone is not as it was read. Nothing was written."""


@dataclass(frozen=True)
class Update:
    """One update of records at *owner* in *zone*. Types are texts ('DNSKEY', 'DS', ...), *ttl* is in seconds.

    *expect* is the RRset that must still be there when the server applies it (RFC 2136 section 2.4.2), as a pair of its type and
    its exact records; no records for "there is none". *expect_type* is a type of which there must be some RRset (section 2.4.1).
    *anew*: the RRset of *expect* is deleted as a whole and written again as it is to be: BIND before 9.20 ignores the deletion of a
    single CDS of a key whose files it still has (later versions that of all, and withdraw those of all digest types that their policy names).
    """

    zone: str
    owner: str
    ttl: int
    add: tuple[tuple[str, Rdata], ...] = ()
    remove: tuple[tuple[str, Rdata], ...] = ()
    expect: tuple[str, frozenset[DS]] | None = None
    expect_type: str = ''
    anew: bool = False

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(sorted({rtype for rtype, _unused in self.add + self.remove}))

    def message(self) -> Any:
        """The dns.update.UpdateMessage, not yet signed."""
        message = dns.update.UpdateMessage(dns.name.from_text(self.zone))
        owner = dns.name.from_text(self.owner)
        if self.expect_type:
            message.present(owner, self.expect_type)
        if self.expect is not None:
            rtype, values = self.expect
            if values:
                message.present(owner, *(_rdata(rtype, value) for value in sorted(values)))
            else:
                message.absent(owner, rtype)
            if self.anew:
                message.delete(owner, rtype)
                for stays in sorted(values - {gone for _rtype, gone in self.remove}):
                    message.add(owner, self.ttl, _rdata(rtype, stays))
        for rtype, value in self.add:
            message.add(owner, self.ttl, _rdata(rtype, value))
        for rtype, value in () if self.anew else self.remove:
            message.delete(owner, _rdata(rtype, value))
        return message


@dataclass(frozen=True)
class ContentUpdate:
    """One update of whole RRsets anywhere in *zone*, each only where it still is as it was read: nothing that somebody else wrote meanwhile is overwritten."""

    zone: str
    changes: tuple[Change, ...]

    @property
    def owner(self) -> str:
        return self.zone

    @property
    def types(self) -> tuple[str, ...]:
        return tuple(sorted({change.place[1] for change in self.changes}))

    def message(self) -> Any:
        """The dns.update.UpdateMessage, not yet signed. A TTL is that of every record of an RRset, so with another one all of them are written anew."""
        message = dns.update.UpdateMessage(dns.name.from_text(self.zone))
        for change in self.changes:
            owner = dns.name.from_text(change.owner)
            if change.before is None:
                message.absent(owner, change.place[1])
            else:
                message.present(owner, *_rdatas(change.before, change.before.records))
        for change in self.changes:
            owner = dns.name.from_text(change.owner)
            before: frozenset[str] = change.before.records if change.before else frozenset()
            after: frozenset[str] = change.after.records if change.after else frozenset()
            is_kept = change.before is not None and change.after is not None and change.before.ttl == change.after.ttl
            if change.before is not None:
                for rdata in _rdatas(change.before, before - after if is_kept else before):
                    message.delete(owner, rdata)
            if change.after is not None:
                for rdata in _rdatas(change.after, after - before if is_kept else after):
                    message.add(owner, change.after.ttl, rdata)
        return message


def _rdatas(rrset: RRset, records: Iterable[str]) -> list[Any]:
    return [rdata_of(rrset.rtype, text) for text in sorted(records)]


def typed(records: Iterable[Record]) -> tuple[tuple[str, Rdata], ...]:
    """Records as Update takes them."""
    return tuple((record.rtype, record.rdata) for record in records)


async def send(update: Update | ContentUpdate, server: Server, tsig: Tsig, timeout: float, policy: str) -> None:
    """Sends *update* over TCP; *timeout* in seconds.

    *policy* is the line of BIND's update-policy that lets this update pass, for the message. Raises ChangedMeanwhileError when
    a prerequisite fails, MultisignerError for every other refusal, and for silence, after which it is not known what was written.
    """
    try:
        answer = await exchange(server, update.message(), tsig, timeout, over_tcp=True)
    except NoAnswerError:
        raise MultisignerError(
            f'does not answer the update within {timeout:g} s, so it is not known whether it was written', zone=update.owner, server=str(server),
            remedy='See that it runs and that TCP port 53 passes, then run again: a repetition does no harm',
        ) from None
    except MultisignerError as error:
        raise error.at(zone=update.owner) from None
    rcode = dns.rcode.to_text(answer.rcode())
    if rcode == 'NOERROR':
        return
    if rcode in ('NXRRSET', 'YXRRSET', 'NXDOMAIN', 'YXDOMAIN'):
        raise ChangedMeanwhileError(
            f'refuses the update with {rcode}: the zone is no longer as it was read a moment ago, so nothing was written',
            zone=update.owner, server=str(server),
            remedy='Run again: it is read anew. When it happens again and again, another program changes the same records',
        )
    raise _refusal(rcode, update, server, policy)


def _refusal(rcode: str, update: Update | ContentUpdate, server: Server, policy: str) -> MultisignerError:
    """The RFC 2136 section 2.2 rcodes in words; what BIND means by them was seen on 9.18 and 9.20."""
    types = update.types
    reasons = {
        'REFUSED': (
            f'refuses the update of {", ".join(types)} (REFUSED)',
            f'Let the key do it: on BIND "update-policy {{ {policy} }};" in the zone {update.zone}' + (_CDS_REFUSED if {'CDS', 'CDNSKEY'} & set(types) else ''),
        ),
        'NOTAUTH': (
            f'is not authoritative for the zone {update.zone}, or does not accept the TSIG key for it (NOTAUTH)',
            'Name the primary server, on which this zone is configured, and the key that is configured there',
        ),
        'SERVFAIL': (
            'fails to apply the update (SERVFAIL)',
            'BIND before 9.20 answers so to DNSKEY records in a zone with "inline-signing yes": set it to no, so that updates go to the signed zone itself. '
            'Otherwise its log tells: a journal or a zone file that it cannot write, a zone that is frozen',
        ),
        'FORMERR': ('does not understand the update (FORMERR)', 'See its log: the types may be unknown to its version'),
        'NOTIMP': ('takes no updates at all (NOTIMP)', 'Name the primary server, and see that it supports RFC 2136'),
        'NOTZONE': (f'says that {update.owner} is not in the zone {update.zone} (NOTZONE)', 'Correct the name of the zone'),
    }
    what, remedy = reasons.get(rcode, (f'refuses the update with {rcode}', 'See its log'))
    return MultisignerError(what, zone=update.owner, server=str(server), remedy=remedy)


_CDS_REFUSED = (
    '. BIND also refuses a CDS or CDNSKEY while no DNSKEY of its algorithm is in the zone, which is always so on BIND before 9.20 with '
    '"inline-signing yes": set it to no'
)


def _rdata(rtype: str, value: Rdata) -> Any:
    return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(rtype), value.text)
