# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of signers in memory: copies of a small signed zone that answer probes, and the survey that the verifier would make of them.

    group = Group(copy('alpha'), copy('beta'))       # two signers, everything in order
    group['beta'].published.remove(ALPHA.zsk)        # the fault
    judge(group.survey())

Real servers are in the lab; this is for every answer that a check has to tell from every other. Signing is dnspython's, as
in the verifier; denial is built here from the RFCs, independently of it. Keys are made once.
"""
from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Callable, Iterable

import dns.dnssec
import dns.dnssectypes
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.dnskey import DNSKEY
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.resolve import Server, from_rdata
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.survey import (
    Answer,
    DeclaredSigner,
    Failure,
    ParentServerSurvey,
    Plan,
    Probe,
    ServerSurvey,
    SignedRRset,
    Survey,
    Target,
)
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.verify.surveyor import first_probes, learnt_probes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

NOW = int(time.time())
DAY = 86400
ZONE = 'shop.example'
APEX = dns.name.from_text(ZONE)
FRESH = 'f0f0f0f0f0f0'
CONTENT = """
@ 300 A 192.0.2.80
@ 300 MX 10 mail.@
@ 300 TXT "v=spf1 mx -all"
mail 300 A 192.0.2.25
blog 300 CNAME www.@
www 300 A 192.0.2.81
*.wild 300 A 192.0.2.82
a.between 300 A 192.0.2.83
safe 300 NS ns.elsewhere.example.
safe 300 DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
office 300 NS ns.elsewhere.example.
"""
NAMES = ('blog A', '*.wild A', 'a.between A', 'between A', 'safe DS', 'office DS', 'mail LOC', 'x.office A')


@dataclass(frozen=True)
class Pair:
    """A key pair of dnspython with our value of its public half."""

    private: Any
    rdata: Any

    @property
    def key(self) -> DNSKEY:
        value: DNSKEY = from_rdata(self.rdata)
        return value

    def altered(self, flags: int | None = None, flip: bool = False) -> Pair:
        """What somebody publishes who copied it badly."""
        public = bytearray(self.rdata.key)
        if flip:
            public[-1] ^= 1
        wire = (flags or int(self.rdata.flags)).to_bytes(2, 'big') + bytes((3, int(self.rdata.algorithm))) + bytes(public)
        return Pair(None, dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.DNSKEY, wire, 0, len(wire)))


@lru_cache(maxsize=None)
def pair(name: str, flags: int = 256, algorithm: int = 13) -> Pair:
    """The key pair of that *name*, the same in all tests."""
    make: dict[int, Callable[[], Any]] = {
        8: lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505 - quick, and signs nothing that anybody relies on
        13: lambda: ec.generate_private_key(ec.SECP256R1()),
        15: ed25519.Ed25519PrivateKey.generate,
    }
    private = make[algorithm]()
    return Pair(private, dns.dnssec.make_dnskey(private.public_key(), dns.dnssectypes.Algorithm.make(algorithm), flags))


def ksk(name: str, algorithm: int = 13) -> Pair:
    return pair(name, 257, algorithm)


def zsk(name: str, algorithm: int = 13) -> Pair:
    return pair(name, 256, algorithm)


@dataclass
class Copy:
    """One signer's copy of the zone, on one server. Everything may be changed before it is asked."""

    name: str
    address: str
    keys_by: list[Pair]
    zone_by: list[Pair]
    published: list[Pair] = field(default_factory=list)
    cds: list[Pair] = field(default_factory=list)
    cdnskey: list[Pair] | None = None
    cds_by: list[Pair] | None = None
    cds_digests: tuple[int, ...] = (2,)
    cds_delete: bool = False
    ns: list[str] = field(default_factory=list)
    content: str = CONTENT
    serial: int = 1
    dnskey_ttl: int = 3600
    signed: bool = True
    nsec3: tuple[int, str] | None = None  # iterations, salt
    opt_out: bool = False
    life: tuple[int, int] = (-3600, 14 * DAY)
    lives: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    signed_by: dict[tuple[str, str], list[Pair]] = field(default_factory=dict)
    unsigned: set[tuple[str, str]] = field(default_factory=set)
    corrupt: set[tuple[str, str]] = field(default_factory=set)
    no_denial_of: set[str] = field(default_factory=set)
    failures: dict[str, Failure] = field(default_factory=dict)  # by type; '' for all
    rcodes: dict[str, int] = field(default_factory=dict)
    authoritative: bool = True
    tcp: bool = True
    in_parent: bool = True
    in_child: bool = True
    names: tuple[str, ...] = ()
    _known: dict[str, Any] = field(default_factory=dict)
    change: Callable[[Probe, Answer], Answer] = staticmethod(lambda probe, answer: answer)  # the last word

    def server(self, probes: Iterable[Probe]) -> ServerSurvey:
        first, *rest = probes
        self._known.clear()
        names = self.names or (f'ns.{self.name}.example',)
        dead = self.failures.get('')
        answers = {first: Answer(failure=dead)} if dead else {probe: self.change(probe, self.answer(probe)) for probe in (first, *rest)}
        return ServerSurvey(Server(self.address), names, self.in_parent, self.in_child, answers, failure=dead)

    # -- the zone as an authoritative server has it -----------------------------------------------------------------------

    def answer(self, probe: Probe) -> Answer:
        if probe.over_tcp and not self.tcp:
            return Answer(failure=Failure('no_tcp', 'does not answer over TCP'))
        if probe.rtype in self.failures:
            return Answer(failure=self.failures[probe.rtype])
        if probe.rtype in self.rcodes:
            return Answer(self.rcodes[probe.rtype])
        name, rdtype = dns.name.from_text(probe.name), dns.rdatatype.from_text(probe.rtype)
        records = self.records
        cut = next((owner for owner, kind in records if kind == dns.rdatatype.NS and owner != APEX and name.is_subdomain(owner)), None)
        if cut is not None and not (name == cut and rdtype == dns.rdatatype.DS):
            return self._referral(cut)
        found: list[SignedRRset] = []
        for _unused in range(8):
            source = self._source(name)
            if source is None:
                return self._reply(found, self._nxdomain(name), dns.rcode.NXDOMAIN)
            proof = [] if source == name else self._covering(name, source)
            rrset = records.get((source, rdtype))
            if rrset is not None:
                return self._reply([*found, self._signed(rrset, name)], proof)
            alias = records.get((source, dns.rdatatype.CNAME))
            if alias is None:
                return self._reply(found, self._nodata(name, source))
            found.append(self._signed(alias, name))
            name = alias[0].target
        return self._reply(found, [])

    def _reply(self, answer: list[SignedRRset], proof: list[SignedRRset], rcode: int = 0) -> Answer:
        soa = [] if answer and not proof and not rcode else [self._signed(self.records[APEX, dns.rdatatype.SOA])]
        return Answer(int(rcode), self.authoritative, 500, False, tuple(answer), tuple((soa if not answer or rcode else []) + proof))

    def _once(self, what: str, make: Callable[[], Any]) -> Any:
        """What is the same for all answers of one survey."""
        if what not in self._known:
            self._known[what] = make()
        return self._known[what]

    @property
    def records(self) -> dict[tuple[Any, Any], Any]:
        found: dict[tuple[Any, Any], Any] = self._once('records', self._records)
        return found

    def _records(self) -> dict[tuple[Any, Any], Any]:
        texts = [line.replace('.@', f'.{APEX}') for line in self.content.strip().splitlines()]
        rrsets = {}
        for line in texts:
            owner, ttl, rtype, rdata = line.split(' ', 3)
            name = dns.name.from_text(owner, APEX) if owner != '@' else APEX
            rrset = rrsets.setdefault((name, dns.rdatatype.from_text(rtype)), dns.rrset.RRset(name, dns.rdataclass.IN, dns.rdatatype.from_text(rtype)))
            rrset.add(dns.rdata.from_text('IN', rtype, rdata), int(ttl))

        def put(rtype: str, ttl: int, *rdata: str) -> None:
            if rdata:
                rrsets[APEX, dns.rdatatype.from_text(rtype)] = dns.rrset.from_text(APEX, ttl, 'IN', rtype, *rdata)

        put('SOA', 300, f'ns.{self.name}.example. hostmaster.{self.name}.example. {self.serial} 3600 600 86400 300')
        put('NS', 300, *(f'{name}.' for name in self.ns))
        if self.signed:
            put('DNSKEY', self.dnskey_ttl, *(one.rdata.to_text() for one in self.published))
            if self.cds_delete:
                put('CDS', 300, '0 0 0 00')
                put('CDNSKEY', 300, '0 3 0 AA==')
            else:
                put('CDS', 300, *(one.key.ds(ZONE, digest).text for one in self.cds for digest in self.cds_digests))
                put('CDNSKEY', 300, *(one.key.text for one in (self.cds if self.cdnskey is None else self.cdnskey)))
        return rrsets

    def _signed(self, rrset: Any, owner: Any = None) -> SignedRRset:
        rtype = dns.rdatatype.to_text(rrset.rdtype)
        shown = rrset if owner is None or owner == rrset.name else dns.rrset.from_rdata(owner, rrset.ttl, *rrset)
        place = (rrset.name.relativize(APEX).to_text(), rtype)
        if not self.signed or place in self.unsigned or (rtype == 'NS' and rrset.name != APEX):
            return SignedRRset(shown)
        kind = {'DNSKEY': self.keys_by, 'CDS': self.cds_by, 'CDNSKEY': self.cds_by}.get(rtype) or self.zone_by
        life = self.lives.get(place, self.life)
        return SignedRRset(shown, tuple(self._rrsig(rrset, one, life, place in self.corrupt) for one in self.signed_by.get(place, kind)))

    def _rrsig(self, rrset: Any, one: Pair, life: tuple[int, int], corrupt: bool) -> Any:
        return self._once(f'{rrset.name} {rrset.rdtype} {one.key.text}', lambda: self._new_rrsig(rrset, one, life, corrupt))

    @staticmethod
    def _new_rrsig(rrset: Any, one: Pair, life: tuple[int, int], corrupt: bool) -> Any:
        rrsig = dns.dnssec.sign(rrset, one.private, APEX, one.rdata, inception=NOW + life[0], expiration=NOW + life[1], policy=dns.dnssec.allow_all_policy)
        return rrsig.replace(signature=bytes((rrsig.signature[0] ^ 1,)) + rrsig.signature[1:]) if corrupt else rrsig

    # -- what does not exist ------------------------------------------------------------------------------------------------

    def _existing(self) -> set[Any]:
        """All names with records of this zone, and those between them and the apex."""
        found: set[Any] = self._once('existing', self._all_names)
        return found

    def _all_names(self) -> set[Any]:
        cuts = [owner for owner, kind in self.records if kind == dns.rdatatype.NS and owner != APEX]
        found = set()
        for owner, _kind in self.records:
            if not any(owner.is_subdomain(cut) and owner != cut for cut in cuts):
                while owner != APEX:
                    found.add(owner)
                    owner = owner.parent()
        return found | {APEX}

    def _source(self, name: Any) -> Any | None:
        """Where the records for *name* come from: itself, or a wildcard; None where it does not exist."""
        existing = self._existing()
        if name in existing:
            return name
        wildcard = dns.name.Name((b'*', *self._encloser(name).labels))
        return wildcard if wildcard in existing else None

    def _encloser(self, name: Any) -> Any:
        existing = self._existing()
        while name not in existing:
            name = name.parent()
        return name

    def _referral(self, cut: Any) -> Answer:
        records = self.records
        ds = records.get((cut, dns.rdatatype.DS))
        proof = [self._signed(ds)] if ds is not None else (self._denying(cut) if self.signed else [])
        return Answer(0, False, 500, False, (), (self._signed(records[cut, dns.rdatatype.NS]), *proof))

    def _nxdomain(self, name: Any) -> list[SignedRRset]:
        encloser = self._encloser(name)
        wildcard = dns.name.Name((b'*', *encloser.labels))
        proof = self._covering(name, wildcard) + self._covering(wildcard, wildcard)
        return _once(proof + (self._denying(encloser) if self.nsec3 is not None and self.signed else []))

    def _nodata(self, name: Any, source: Any) -> list[SignedRRset]:
        if source == name:
            return self._denying(name)
        extra = self._denying(source.parent()) if self.nsec3 is not None else []
        return _once(self._covering(name, source) + self._denying(source) + extra)

    def _covering(self, name: Any, source: Any) -> list[SignedRRset]:
        """The record that covers *name*; with NSEC3 the next closer name below the closest encloser, *source* without its label."""
        if not self.signed:
            return []
        if self.nsec3 is None:
            return self._chosen(lambda owner, following: owner < name and (name < following or following == APEX))
        encloser = source.parent() if source.is_wild() else source
        nearer = name if name.is_wild() else dns.name.Name(name.labels[len(name.labels) - len(encloser.labels) - 1:])
        digest = self._hash(nearer)
        return self._chosen(lambda owner, following: owner < digest < following if owner < following else digest > owner or digest < following)

    def _denying(self, name: Any) -> list[SignedRRset]:
        """The record of *name* itself; with NSEC, that before an empty non-terminal; with opt-out, that which covers an insecure delegation."""
        if not self.signed:
            return []
        if self.nsec3 is not None:
            digest = self._hash(name)
            return self._chosen(lambda owner, _next: owner == digest) or _once(self._covering(name, APEX) + self._denying(APEX))
        return self._chosen(lambda owner, _next: owner == name) or self._covering(name, name)

    def _hash(self, name: Any) -> str:
        assert self.nsec3 is not None
        return dns.dnssec.nsec3_hash(name, self.nsec3[1], self.nsec3[0], 1).lower()

    def _chosen(self, wanted: Callable[[Any, Any], bool]) -> list[SignedRRset]:
        return [self._signed(rrset) for owner, following, rrset in self._chain() if wanted(owner, following)]

    def _chain(self) -> list[tuple[Any, Any, Any]]:
        """Owner, next and RRset of every NSEC or NSEC3; those of *no_denial_of* are lost."""
        found: list[tuple[Any, Any, Any]] = self._once('chain', self._whole_chain)
        return found

    def _whole_chain(self) -> list[tuple[Any, Any, Any]]:
        records = self.records
        types: dict[Any, set[str]] = {name: set() for name in self._existing()}
        for owner, kind in records:
            if owner in types:
                types[owner].add(dns.rdatatype.to_text(kind))
        cuts = {owner for owner, kind in records if kind == dns.rdatatype.NS and owner != APEX}
        if self.nsec3 is None:
            names: list[Any] = sorted(name for name in types if types[name])
            bitmaps = {name: [*types[name], 'RRSIG', 'NSEC'] for name in names}
            found = [(name, following, _nsec(name, following, bitmaps[name])) for name, following in zip(names, [*names[1:], names[0]])]
            return [one for one in found if one[0].relativize(APEX).to_text() not in self.no_denial_of]
        kept = [name for name in types if not (self.opt_out and name in cuts and 'DS' not in types[name])]
        hashed = sorted((self._hash(name), name) for name in kept)
        following_of = [digest for digest, _name in hashed[1:]] + [hashed[0][0]]
        found = []
        for (digest, name), following in zip(hashed, following_of):
            signed = types[name] and not (name in cuts and 'DS' not in types[name])
            found.append((digest, following, self._nsec3(digest, following, [*types[name], 'RRSIG'] if signed else list(types[name]))))
        return found

    def _nsec3(self, digest: str, following: str, types: list[str]) -> Any:
        assert self.nsec3 is not None
        salt = self.nsec3[1] or '-'
        text = f'1 {int(self.opt_out)} {self.nsec3[0]} {salt} {following.upper()} {" ".join(types)}'
        return dns.rrset.from_text(dns.name.from_text(digest, APEX), 300, 'IN', 'NSEC3', text)


def _nsec(name: Any, following: Any, types: list[str]) -> Any:
    return dns.rrset.from_text(name, 300, 'IN', 'NSEC', f'{following} {" ".join(types)}')


def _once(proof: list[SignedRRset]) -> list[SignedRRset]:
    return list({(signed.name, signed.rtype): signed for signed in proof}.values())


class Group:
    """Copies with their parent, everything in order until something is changed. *own* are the KSKs that have a DS."""

    def __init__(self, *copies: Copy, minimal: bool = False) -> None:
        self.copies = {copy.name: copy for copy in copies}
        self.own = [one for copy in copies for one in copy.keys_by]
        self.ds = [one.key.ds(ZONE).text for one in self.own]
        self.ds_ttl = 3600
        self.delegation = [f'ns.{copy.name}.example' for copy in copies]
        self.parents: list[ParentServerSurvey] = []
        self.authenticated = True
        self.declared: tuple[DeclaredSigner, ...] = ()
        self.members: dict[str, str] = {}
        self.target = Target(ZONE, names=NAMES)
        self.plan: Plan | None = None
        everything = [one for copy in copies for one in (*copy.keys_by, *copy.zone_by)]
        for copy in copies:
            foreign = [one for one in everything if not minimal or int(one.rdata.flags) == 256 or any(one in other.zone_by for other in copies)]
            copy.published = list(dict.fromkeys([*copy.keys_by, *copy.zone_by, *foreign]))
            copy.cds = list(self.own)
            copy.ns = list(self.delegation)

    def __getitem__(self, name: str) -> Copy:
        return self.copies[name]

    def declare(self, **leaving: bool) -> Group:
        """All copies as declared signers."""
        self.declared = tuple(DeclaredSigner(name, (copy.address,), leaving=leaving.get(name, False)) for name, copy in self.copies.items())
        self.members = {copy.address: name for name, copy in self.copies.items()}
        return self

    def parent(self, address: str = '198.51.100.1', ds: Iterable[str] | None = None) -> ParentServerSurvey:
        texts = list(self.ds if ds is None else ds)
        rrset = SignedRRset(dns.rrset.from_text(APEX, self.ds_ttl, 'IN', 'DS', *texts)) if texts else None
        why_not = '' if self.authenticated else 'the chain is broken'
        return ParentServerSurvey(Server(address), '', rrset, frozenset(self.delegation), 3600, self.authenticated and rrset is not None, why_not)

    def survey(self) -> Survey:
        probes = first_probes(self.target, FRESH)
        servers = [copy.server(probes) for copy in self.copies.values()]
        more = [probe for probe in learnt_probes(ZONE, FRESH, [server.answers for server in servers], ()) if probe not in probes]
        probes = [*probes, *more]
        target = replace(self.target, signers=self.declared, plan=self.plan)
        return Survey(
            target, NOW, 'example', tuple(self.parents or [self.parent()]), tuple(copy.server(probes) for copy in self.copies.values()), tuple(probes),
            self.members,
        )


def copy(name: str, address: str = '', csk: bool = False, algorithm: int = 13, **values: Any) -> Copy:
    """A copy that is signed by keys of its own: KSK and ZSK, or a CSK."""
    keys = [ksk(f'{name}', algorithm)]
    return Copy(name, address or f'192.0.2.{sum(name.encode()) % 250}', keys, list(keys) if csk else [zsk(f'{name}', algorithm)], **values)
