# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What authenticates an answer: the chain of signatures from a trust anchor down to a zone's DS (RFC 4035 section 5).

The resolver that carries ancestors' records is not trusted: everything it brings is validated here. A broken or missing
chain is never an error of the zone by itself; it is the reason why an answer counts as not authenticated.
"""
from __future__ import annotations

import asyncio
from typing import Any, Iterable, Mapping, Sequence

from .dnskey import DIGEST_LENGTHS, DNSKEY, DS, zone_name
from .errors import MultisignerError
from .resolve import UDP_PAYLOAD, Server, exchange, find_servers, from_rdata

try:
    import dns.dnssec
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
    import dns.rcode
    import dns.rdataclass
    import dns.rdatatype
    import dns.resolver
    import dns.rrset
    import dns.zonefile
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass

# The options of chain_from(), for every module that validates.
CHAIN_OPTIONS: dict[str, Any] = {
    'trust_anchor_file': {'type': 'path'},
    'resolvers': {'type': 'list', 'elements': 'str', 'default': []},
    'timeout': {'type': 'float', 'default': 5.0},
}

# https://data.iana.org/root-anchors/root-anchors.xml: KSK-2017 and KSK-2024
IANA_ROOT_ANCHORS = """
. 0 IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. 0 IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
"""


def read_anchors(text: str, source: str) -> Mapping[Any, tuple[Any, ...]]:
    """Trust anchors by owner name, from DS or DNSKEY lines of a zone file. Raises MultisignerError naming *source*."""
    try:
        rrsets = dns.zonefile.read_rrsets(text, rdclass=None, default_ttl=0, origin=dns.name.root, relativize=False)
    except (dns.exception.DNSException, ValueError) as error:
        raise MultisignerError(
            f'the trust anchor file {source} cannot be read: {error}',
            remedy='Write DS or DNSKEY records, one a line, as in a zone file',
        ) from None
    anchors: dict[Any, list[Any]] = {}
    for rrset in rrsets:
        if rrset.rdtype in (dns.rdatatype.DS, dns.rdatatype.DNSKEY):
            anchors.setdefault(rrset.name, []).extend(from_rdata(rdata) for rdata in rrset)
    if not anchors:
        raise MultisignerError(
            f'the trust anchor file {source} has no DS and no DNSKEY record',
            remedy='Write DS or DNSKEY records, one a line, as in a zone file',
        )
    return {name: tuple(values) for name, values in anchors.items()}


def system_resolvers() -> tuple[Server, ...]:
    """The resolvers of this machine's configuration. Raises MultisignerError when it has none."""
    try:
        configured = dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration as error:
        raise MultisignerError(f'this machine has no resolver: {error}', remedy='Set multisigner_resolvers') from None
    return tuple(Server(str(address), configured.port) for address in configured.nameservers)


def signers_of(rrset: Any, rrsigs: Any, keys: Iterable[DNSKEY]) -> tuple[DNSKEY, ...]:
    """Those of *keys* that made a signature in *rrsigs* which is valid over *rrset* now; all are dnspython RRsets or None."""
    if rrset is None or rrsigs is None:
        return ()
    by_tag: dict[tuple[int, int], list[DNSKEY]] = {}
    for key in keys:
        by_tag.setdefault((key.tag, key.algorithm), []).append(key)
    found = []
    for rrsig in rrsigs:
        for key in by_tag.get((rrsig.key_tag, int(rrsig.algorithm)), ()):
            if _is_valid(rrset, rrsig, key):
                found.append(key)
    return tuple(sorted(set(found)))


def _is_valid(rrset: Any, rrsig: Any, key: DNSKEY) -> bool:
    rdata = dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.DNSKEY, key.wire, 0, len(key.wire))
    keys = dns.rrset.from_rdata(rrsig.signer, 0, rdata)
    try:
        dns.dnssec.validate_rrsig(rrset, rrsig, {rrsig.signer: keys})
    except ImportError:
        raise MultisignerError(
            'no signature can be verified: the Python library cryptography is missing, or too old for dnspython',
            remedy='Install it where this module runs: pip install "cryptography>=41"',
        ) from None
    except (dns.exception.DNSException, ValueError):
        return False
    return True


def trusted_by(keys: Iterable[DNSKEY], anchors: Iterable[Any], zone: str) -> tuple[DNSKEY, ...]:
    """Those of *keys* that one of *anchors* (DNSKEY or DS values) names; DS only with digests that RFC 9905 allows."""
    wanted = tuple(anchors)
    return tuple(
        key
        for key in keys
        if any(
            key == anchor if isinstance(anchor, DNSKEY) else anchor.digest_type in DIGEST_LENGTHS and key.ds(zone, anchor.digest_type) == anchor
            for anchor in wanted
        )
    )


def get_rrset(answer: Any, name: Any, rdtype: str) -> tuple[Any | None, Any | None]:
    """The RRset of *rdtype* in the answer section and the RRset of its signatures."""
    number = dns.rdatatype.from_text(rdtype)
    rrset = answer.get_rrset(dns.message.ANSWER, name, dns.rdataclass.IN, number)
    return rrset, answer.get_rrset(dns.message.ANSWER, name, dns.rdataclass.IN, dns.rdatatype.RRSIG, number)


def ds_answer(answer: Any, zone: str, server: Server) -> tuple[Any | None, Any | None, str]:
    """What *server*, one of the parent's, answered about the DS of *zone*: the RRset, its signatures, and the parent zone's name.

    The name is that of who signed the DS, else of the SOA that says that there is none; empty for DS that nobody signed.
    Raises MultisignerError for a server that is not the parent's, and for a zone that it does not delegate.
    """
    if answer.rcode() == dns.rcode.NXDOMAIN:
        raise MultisignerError(
            'knows no such name: the zone is not delegated', zone=zone, server=str(server),
            remedy='Register the zone and its NS at the parent first: a DS without NS would be dropped',
        )
    rrset, rrsigs = get_rrset(answer, dns.name.from_text(zone), 'DS')
    if rrsigs is not None:
        return rrset, rrsigs, parent_zone(rrsigs[0].signer, zone, server)
    return rrset, rrsigs, parent_zone(soa_owner(answer), zone, server) if rrset is None else ''


async def referral(server: Server, zone: str, timeout: float) -> tuple[Any | None, Any]:
    """The NS RRset of *zone* as *server*, one of the parent's, delegates it, and the answer that it came in.

    A parent answers a referral without AA (RFC 1034 section 4.3.2). Raises MultisignerError when there is no answer.
    """
    query = dns.message.make_query(zone, 'NS', payload=UDP_PAYLOAD)
    query.flags &= ~dns.flags.RD
    answer = await exchange(server, query, timeout=timeout)
    name = dns.name.from_text(zone)
    found = (rrset for rrset in (*answer.authority, *answer.answer) if rrset.rdtype == dns.rdatatype.NS and rrset.name == name)
    return next(found, None), answer


def soa_owner(answer: Any) -> Any | None:
    """The name of the zone whose SOA *answer* holds."""
    return next((rrset.name for rrset in (*answer.answer, *answer.authority) if rrset.rdtype == dns.rdatatype.SOA), None)


def parent_zone(apex: Any | None, zone: str, server: Server) -> str:
    """The name *apex* as text. Raises MultisignerError when it is not above *zone*."""
    name = dns.name.from_text(zone)
    if apex is None or apex == name or not name.is_subdomain(apex):
        raise MultisignerError(
            'does not answer as the parent of the zone', zone=zone, server=str(server),
            remedy='List the servers of the parent zone, not those of the zone itself',
        )
    return zone_name(apex.to_text())


class Chain:
    """Validated key sets of ancestor zones, each fetched once however many zones ask for it."""

    def __init__(self, anchors: Mapping[Any, tuple[Any, ...]], resolvers: Sequence[Server], timeout: float) -> None:
        self._anchors = anchors
        self._resolvers = resolvers
        self._timeout = timeout
        self._keys: dict[Any, asyncio.Task[tuple[DNSKEY, ...]]] = {}

    async def keys_of(self, zone: Any) -> tuple[DNSKEY, ...]:
        """The authenticated DNSKEYs of *zone* (a dns.name.Name). Raises MultisignerError with the link that is missing."""
        if zone not in self._keys:
            self._keys[zone] = asyncio.ensure_future(self._validated_keys(zone))
        return await self._keys[zone]

    async def authenticated_ds(self, rrset: Any, rrsigs: Any) -> tuple[DS, ...]:
        """The DS values of *rrset* when the zone that signed it chains to an anchor. Raises MultisignerError otherwise."""
        if rrsigs is None:
            raise MultisignerError(f'the DS of {rrset.name} is not signed')
        parent = rrsigs[0].signer
        if not rrset.name.is_subdomain(parent) or rrset.name == parent:
            raise MultisignerError(f'the DS of {rrset.name} is signed by {parent}, which is not above it')
        if not signers_of(rrset, rrsigs, await self.keys_of(parent)):
            raise MultisignerError(f'the DS of {rrset.name} has no valid signature of {parent}')
        return tuple(from_rdata(rdata) for rdata in rrset)

    async def _validated_keys(self, zone: Any) -> tuple[DNSKEY, ...]:
        anchors = self._anchors.get(zone)
        if anchors is None:
            if not any(zone.is_subdomain(anchor) for anchor in self._anchors):
                raise MultisignerError(f'no trust anchor is at or above {zone}')
            ds, signatures = get_rrset(await self.resolve(zone, 'DS'), zone, 'DS')
            if ds is None:
                raise MultisignerError(f'{zone} has no DS, so nothing below it can be authenticated by DNSSEC')
            anchors = await self.authenticated_ds(ds, signatures)
        rrset, rrsigs = get_rrset(await self.resolve(zone, 'DNSKEY'), zone, 'DNSKEY')
        keys = tuple(from_rdata(rdata) for rdata in rrset or ())
        entry = trusted_by(keys, anchors, zone.to_text())
        if not signers_of(rrset, rrsigs, entry):
            raise MultisignerError(f'the DNSKEY RRset of {zone} is not signed by a key that its trust anchor or DS names')
        return keys

    async def resolve(self, name: Any, rdtype: str) -> Any:
        """The answer of the first resolver that gives one, whatever it says, with DNSSEC records. Raises MultisignerError when none does."""
        query = dns.message.make_query(name, rdtype, want_dnssec=True)
        query.flags |= dns.flags.CD  # the resolver's own judgement is not asked for: every record is validated here
        failure = MultisignerError('no resolver is configured', remedy='Set multisigner_resolvers')
        for resolver in self._resolvers:
            try:
                return await exchange(resolver, query, timeout=self._timeout)
            except MultisignerError as error:
                failure = error
        raise failure


def chain_from(path: str | None, resolvers: Sequence[str], timeout: float) -> Chain:
    """The chain of trust from the anchors in the file *path*, or those of IANA; by *resolvers*, or those of this machine.

    Raises MultisignerError for a file that cannot be read, and for a resolver without an address.
    """
    source, text = 'of IANA', IANA_ROOT_ANCHORS
    if path:
        try:
            with open(path, encoding='utf-8') as file:
                source, text = path, file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise MultisignerError(f'the trust anchor file {path} cannot be read: {error}', remedy='Correct multisigner_trust_anchor_file') from None
    return Chain(read_anchors(text, source), find_servers(resolvers) or system_resolvers(), timeout)
