# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one server's answers mean by themselves: its keys, its records, what its negative answers have to prove. Pure.

It compares nothing with other servers; evidence.py does.
"""
from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Iterator, Mapping

from ..dnskey import DNSKEY, DS
from ..resolve import from_rdata
from . import denial
from .denial import Nsec3Parameters, Proof, has_type, nsec3_parameters, prove, type_text, types_of
from .survey import APEX, BROKEN, DELEGATION, FRESH, MALFORMED, NO_TCP, NODATA, SILENT, WILDCARD, Answer, Probe, ServerSurvey, SignedRRset

try:
    import dns.exception
    import dns.name
    import dns.rcode
    import dns.rdatatype
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass

CNAMES_FOLLOWED = 16
RRSETS_CONSIDERED = 64  # of one answer
NXNAME = 128  # RFC 9824: the type that says that a name does not exist where the rcode does not


@dataclass(frozen=True)
class Trouble:
    """Why a server, or one of its answers, cannot be used: the code of the finding, what was seen, and the remedy."""

    code: str
    what: str
    remedy: str


@dataclass(frozen=True, eq=False)
class Item:
    """One RRset that one server gave in answer to *probe* and that a validator would want a signature for."""

    probe: Probe
    signed: SignedRRset

    @cached_property
    def name(self) -> str:
        text: str = self.signed.name.to_text(omit_final_dot=True).lower()
        return text or '.'

    @cached_property
    def rtype(self) -> str:
        return type_text(self.signed.rtype)

    @cached_property
    def is_zone_data(self) -> bool:
        """Not one of the RRsets that BIND and others sign with the KSK alone."""
        return self.signed.rtype not in (dns.rdatatype.DNSKEY, dns.rdatatype.CDS, dns.rdatatype.CDNSKEY)


@dataclass(frozen=True)
class Denied:
    """One proof that an answer had to give, and whether it did."""

    probe: Probe
    proof: Proof


@dataclass(frozen=True)
class Content:
    """What an answer says of a name, apart from DNSSEC: *state* is one of NXDOMAIN, NODATA, records or delegation."""

    state: str
    records: frozenset[str] = frozenset()


class Seen:
    """One server's answers, read. *apex* is the zone's name as dnspython has it."""

    def __init__(self, survey: ServerSurvey, apex: Any) -> None:
        self.survey = survey
        self.apex = apex
        self.address = survey.address
        self.signer = ''  # evidence.py puts servers together to signers

    def __str__(self) -> str:
        return f'{self.signer} ({self.address})' if self.signer else self.address

    # -- whether it can be used ---------------------------------------------------------------------------------------

    @cached_property
    def trouble(self) -> Trouble | None:
        """What makes all its answers useless."""
        if self.survey.failure is not None:
            return _trouble_of(self.survey.failure.kind, self.survey.failure.what)
        soa = self.apex_answer('SOA')
        if soa is None or soa.failure is not None:
            return _trouble_of(soa.failure.kind, soa.failure.what) if soa is not None and soa.failure is not None else None
        if soa.rcode != dns.rcode.NOERROR:
            return _refusal(soa, 'SOA')
        if not soa.authoritative or self.apex_rrset('SOA') is None:
            return Trouble('server_unusable', 'is lame: its answer for SOA is not authoritative', 'Configure the zone there, or take the server off the list')
        return None

    @cached_property
    def keys_known(self) -> bool:
        """Whether its answer to DNSKEY can be read, whatever it says."""
        answer = self.apex_answer('DNSKEY')
        return self.trouble is None and answer is not None and answer.failure is None and answer.rcode == dns.rcode.NOERROR

    @cached_property
    def single_troubles(self) -> tuple[tuple[Probe, Trouble], ...]:
        """Of a server that can be used otherwise: the questions that it has no usable answer for."""
        if self.trouble is not None:
            return ()
        found = []
        for probe, answer in self.survey.answers.items():
            if answer.failure is not None:
                if answer.failure.kind != NO_TCP and not probe.over_tcp:
                    found.append((probe, _trouble_of(answer.failure.kind, answer.failure.what)))
            elif answer.rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                found.append((probe, _refusal(answer, str(probe))))
        return tuple(found)

    @property
    def answers_tcp(self) -> bool | None:
        """None where it was not tried."""
        answer = self.survey.answers.get(Probe(APEX, self.apex.to_text(), 'DNSKEY', over_tcp=True))
        return None if answer is None else answer.failure is None

    # -- the apex -----------------------------------------------------------------------------------------------------

    def apex_answer(self, rtype: str) -> Answer | None:
        return self.survey.answers.get(Probe(APEX, self.apex.to_text(), rtype))

    def apex_rrset(self, rtype: str) -> SignedRRset | None:
        """The RRset at the apex in the answer to its own question; None for NODATA and for failures."""
        answer = self.apex_answer(rtype)
        wanted = dns.rdatatype.from_text(rtype)
        if answer is None or answer.failure is not None:
            return None
        return next((signed for signed in answer.answer if signed.name == self.apex and signed.rtype == wanted), None)

    @cached_property
    def dnskey(self) -> SignedRRset | None:
        return self.apex_rrset('DNSKEY') if self.keys_known else None

    @cached_property
    def keys(self) -> frozenset[DNSKEY]:
        return frozenset(key for key in self._values('DNSKEY') if isinstance(key, DNSKEY) and key.key) if self.keys_known else frozenset()

    @cached_property
    def cds(self) -> frozenset[DS]:
        return frozenset(ds for ds in self._values('CDS') if isinstance(ds, DS))

    @cached_property
    def cdnskeys(self) -> frozenset[DNSKEY]:
        return frozenset(key for key in self._values('CDNSKEY') if isinstance(key, DNSKEY))

    @cached_property
    def ns(self) -> frozenset[str]:
        signed = self.apex_rrset('NS')
        return frozenset() if signed is None else frozenset(rdata.target.to_text(omit_final_dot=True).lower() for rdata in signed.rrset)

    @cached_property
    def cds_known(self) -> bool:
        """Whether both questions were answered, be it by NODATA."""
        answers = [self.apex_answer(rtype) for rtype in ('CDS', 'CDNSKEY')]
        return all(answer is not None and answer.failure is None and answer.rcode == dns.rcode.NOERROR for answer in answers)

    @cached_property
    def serial(self) -> int | None:
        signed = self.apex_rrset('SOA')
        return None if signed is None else int(signed.rrset[0].serial)

    def _values(self, rtype: str) -> Iterator[Any]:
        signed = self.apex_rrset(rtype)
        return iter(()) if signed is None else (from_rdata(rdata) for rdata in signed.rrset)

    # -- what has to be signed ----------------------------------------------------------------------------------------

    @cached_property
    def cuts(self) -> frozenset[Any]:
        """The names that it delegates."""
        return frozenset(
            signed.name for answer in self.survey.answers.values() for signed in (*answer.answer, *answer.authority)
            if signed.rtype == dns.rdatatype.NS and signed.name != self.apex and signed.name.is_subdomain(self.apex)
        )

    def items(self, cuts: frozenset[Any]) -> tuple[Item, ...]:
        """Every RRset of the zone in its answers, once; *cuts* are the names that any server delegates: what is below them is another zone's."""
        found: dict[Any, Item] = {}
        for probe, answer in self.survey.answers.items():
            if probe.over_tcp or answer.rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                continue
            made_up = _synthesized(answer)
            for signed in (*answer.answer, *answer.authority)[:RRSETS_CONSIDERED]:
                if self._is_ours(signed, cuts) and signed.name not in made_up:
                    found.setdefault(signed.identity, Item(probe, signed))
        return tuple(found.values())

    def _is_ours(self, signed: SignedRRset, cuts: frozenset[Any]) -> bool:
        if not signed.name.is_subdomain(self.apex):
            return False
        if signed.rtype == dns.rdatatype.NS and signed.name != self.apex:
            return False
        at_cut = (dns.rdatatype.DS, dns.rdatatype.NSEC, dns.rdatatype.NSEC3)
        return not any(signed.name.is_subdomain(cut) and (signed.name != cut or signed.rtype not in at_cut) for cut in cuts)

    # -- what its answers say -----------------------------------------------------------------------------------------

    def content(self, probe: Probe) -> Content | None:
        """What it says of the name of *probe*; None when it says nothing that can be compared."""
        answer = self.survey.answers.get(probe)
        if answer is None or answer.failure is not None or answer.rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            return None
        qname = dns.name.from_text(probe.name)
        records = [signed for signed in answer.answer if signed.name.is_subdomain(self.apex)]
        texts = frozenset(
            f'{signed.name.to_text().lower() if signed.name != qname else "@"} {type_text(signed.rtype)} {text}'
            for signed in records for text in _texts(signed.rrset)
        )
        if texts:
            return Content('records', texts)
        if answer.rcode == dns.rcode.NXDOMAIN:
            return Content('NXDOMAIN')
        if not answer.authoritative and self._referral(answer) is not None:
            return Content('delegation', frozenset(text for signed in answer.authority if signed.rtype == dns.rdatatype.NS for text in _texts(signed.rrset)))
        return Content('NXDOMAIN' if _is_compact_denial(answer, qname) else 'NODATA')

    def _referral(self, answer: Answer) -> Any | None:
        return next((signed.name for signed in answer.authority if signed.rtype == dns.rdatatype.NS and signed.name in self.cuts), None)

    def denied(self, cuts: frozenset[Any]) -> tuple[Denied, ...]:
        """What its answers had to prove, and whether they did. Nothing of a server that serves the zone unsigned."""
        if not self.keys:
            return ()
        found: list[Denied] = []
        for probe, answer in self.survey.answers.items():
            if answer.failure is None and not probe.over_tcp and answer.rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                found.extend(Denied(probe, proof) for proof in self._proofs(probe, answer, cuts))
        return tuple(found)

    def _proofs(self, probe: Probe, answer: Answer, cuts: frozenset[Any]) -> Iterator[Proof]:
        qname, rdtype = dns.name.from_text(probe.name), int(dns.rdatatype.from_text(probe.rtype))
        for signed in answer.answer[:RRSETS_CONSIDERED]:
            expanded = _wildcard_encloser(signed)
            if expanded is not None and signed.name.is_subdomain(self.apex):
                yield prove(denial.WILDCARD, self.apex, signed.name, signed.rtype, answer.authority, expanded)
        cut = None if answer.authoritative else self._referral(answer)
        if cut is not None:
            if not any(signed.rtype == dns.rdatatype.DS for signed in answer.authority):
                yield prove(denial.INSECURE, self.apex, cut, int(dns.rdatatype.DS), answer.authority)
            return
        end = follow(answer, qname, rdtype)
        if end is None or not end.is_subdomain(self.apex) or any(end.is_subdomain(cut) and end != cut for cut in cuts):
            return
        if any(signed.name == end and signed.rtype == rdtype for signed in answer.answer):
            return
        if end in cuts and rdtype != dns.rdatatype.DS:
            return
        if answer.rcode == dns.rcode.NXDOMAIN:
            yield prove(denial.NXDOMAIN, self.apex, end, rdtype, answer.authority)
        elif answer.authoritative:
            yield prove(denial.INSECURE if probe.kind == DELEGATION and end in cuts else denial.NODATA, self.apex, end, rdtype, answer.authority)

    @cached_property
    def denial_kind(self) -> str:
        """NSEC or NSEC3, by what its negative answers hold; empty when they hold neither."""
        for probe, answer in self.survey.answers.items():
            if probe.kind in (FRESH, NODATA, WILDCARD, APEX, DELEGATION):
                for signed in answer.authority:
                    if signed.rtype in (dns.rdatatype.NSEC, dns.rdatatype.NSEC3) and signed.name.is_subdomain(self.apex):
                        return 'NSEC3' if signed.rtype == dns.rdatatype.NSEC3 else 'NSEC'
        return ''

    @cached_property
    def nsec3(self) -> Nsec3Parameters | None:
        for answer in self.survey.answers.values():
            found = nsec3_parameters(answer.authority)
            if found is not None:
                return found
        return None

    @cached_property
    def loops(self) -> tuple[Probe, ...]:
        """The probes whose answer is a CNAME that leads back to itself."""
        return tuple(probe for probe, answer in self.survey.answers.items() if _loops(answer))


def _trouble_of(kind: str, what: str) -> Trouble:
    if kind == MALFORMED:
        return Trouble('malformed_answer', what, 'See what answers at this address; it does not speak DNS as it should')
    if kind == NO_TCP:
        return Trouble('tcp_broken', what, 'Let TCP port 53 through to it (RFC 7766)')
    remedies = {
        SILENT: 'See that it runs and that a firewall lets port 53 through, or take it off the list',
        BROKEN: 'See that it runs and listens at this address and port',
    }
    return Trouble('server_unusable', what, remedies.get(kind, 'See that it can be reached from here'))


def _refusal(answer: Answer, question: str) -> Trouble:
    rcode = dns.rcode.to_text(dns.rcode.Rcode.make(answer.rcode))
    remedy = 'See that the zone is configured and loaded there, and that everybody may ask'
    return Trouble('server_unusable', f'answers {rcode} when asked for {question}', remedy)


def follow(answer: Answer, qname: Any, rdtype: int) -> Any | None:
    """The name that *answer* is about in the end, its CNAMEs followed (RFC 1034 section 4.3.2); None for a loop."""
    targets = _targets(answer)
    name = qname
    for _unused in range(CNAMES_FOLLOWED):
        if name not in targets or rdtype == dns.rdatatype.CNAME:
            return name
        name = targets[name]
    return None


def _targets(answer: Answer) -> Mapping[Any, Any]:
    return {signed.name: signed.rrset[0].target for signed in answer.answer if signed.rtype == dns.rdatatype.CNAME}


def _loops(answer: Answer) -> bool:
    targets = _targets(answer)
    for start in list(targets)[:CNAMES_FOLLOWED]:
        name, met = start, set()
        while name in targets and name not in met:
            met.add(name)
            name = targets[name]
        if name in met:
            return True
    return False


def _synthesized(answer: Answer) -> frozenset[Any]:
    """The owners of CNAMEs that a DNAME in the same answer made: nobody signs these (RFC 6672 section 5.3.1)."""
    names = [signed.name for signed in answer.answer if signed.rtype == dns.rdatatype.DNAME]
    return frozenset(
        signed.name for signed in answer.answer
        if signed.rtype == dns.rdatatype.CNAME and any(signed.name.is_subdomain(name) and signed.name != name for name in names)
    )


def _wildcard_encloser(signed: SignedRRset) -> Any | None:
    """The name below which the wildcard is that *signed* came from, told by the count of labels in its RRSIG (RFC 4034 section 3.1.3)."""
    labels = len(signed.name.labels) - 1
    if signed.name.is_wild():
        return None
    for rrsig in signed.rrsigs[:1]:
        if rrsig.labels < labels:
            return dns.name.Name(signed.name.labels[labels - rrsig.labels:])
    return None


def _is_compact_denial(answer: Answer, qname: Any) -> bool:
    """RFC 9824: NOERROR with an NSEC of the name itself that has nothing else."""
    for signed in answer.authority:
        if signed.rtype == dns.rdatatype.NSEC and signed.name == qname:
            return bool(types_of(signed.rrset[0]) <= {int(dns.rdatatype.RRSIG), int(dns.rdatatype.NSEC), NXNAME})
    return False


def _texts(rrset: Any) -> Iterator[str]:
    """The RDATA of *rrset*, names in lower case (RFC 4343)."""
    for rdata in rrset:
        text = rdata.to_text()
        yield text.lower() if rdata.rdtype in (dns.rdatatype.NS, dns.rdatatype.CNAME, dns.rdatatype.MX, dns.rdatatype.PTR, dns.rdatatype.SRV) else text


def bitmap_says_delegation(rdata: Any) -> bool:
    """Whether the NSEC RDATA is that of a delegation."""
    return has_type(rdata, dns.rdatatype.NS) and not has_type(rdata, dns.rdatatype.SOA)
