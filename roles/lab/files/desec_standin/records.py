# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record contents: which types clients may set, and the canonical form in which they are stored. Never judges a key.

deSEC lets dnspython parse what it gets, with a few types of its own; so does this file, and the error texts are dnspython's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
import struct
from functools import lru_cache
from typing import Any, cast

import dns.exception
import dns.immutable
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.CDNSKEY
import dns.rdtypes.ANY.CERT
import dns.rdtypes.ANY.CNAME
import dns.rdtypes.ANY.DNSKEY
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.NS
import dns.rdtypes.IN.AAAA
import dns.rdtypes.IN.SRV
import dns.rdtypes.svcbbase
import dns.rdtypes.txtbase
import dns.tokenizer
import dns.wire

# Managed by deSEC itself: a client may neither set nor list them.
AUTOMATIC_TYPES = frozenset(("KEY", "NSEC", "NSEC3", "NSEC3PARAM", "OPT", "RRSIG", "SOA"))
SUPPORTED_TYPES = frozenset(
    (
        "A", "AAAA", "AFSDB", "APL", "CAA", "CDNSKEY", "CDS", "CERT", "CNAME", "CSYNC", "DHCID", "DNAME", "DNSKEY", "DS", "EUI48", "EUI64",
        "HINFO", "HTTPS", "KX", "L32", "L64", "LOC", "LP", "MX", "NAPTR", "NID", "NS", "OPENPGPKEY", "PTR", "RP", "SMIMEA", "SPF", "SRV",
        "SSHFP", "SVCB", "TLSA", "TXT", "URI",
    )
)
# Signed zones publish these on their own; what a client adds joins them, at a TTL of the signer's.
SIGNER_TYPES = frozenset(("CDNSKEY", "CDS", "DNSKEY"))

MAXIMUM_TTL = 86400
_HOSTNAME = re.compile(r"^(([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)\.)+$")
_UNCHUNKED = frozenset((dns.rdatatype.OPENPGPKEY, dns.rdatatype.EUI48, dns.rdatatype.EUI64))
_UNQUOTED_PARAMETERS = tuple(
    getattr(dns.rdtypes.svcbbase, name) for name in ("ALPNParam", "IPv4HintParam", "IPv6HintParam", "MandatoryParam", "PortParam")
)


@dns.immutable.immutable
class _QuotedText(dns.rdtypes.txtbase.TXTBase):
    """TXT whose strings must be quoted and may be longer than 255 bytes: the wire form cuts them."""

    def __init__(self, rdclass: Any, rdtype: Any, strings: Any) -> None:
        super(dns.rdtypes.txtbase.TXTBase, self).__init__(rdclass, rdtype)
        self.strings = self._as_tuple(strings, lambda text: self._as_bytes(text, True, None))  # type: ignore[no-untyped-call]

    @classmethod
    def from_text(  # dnspython's signature
        cls, rdclass: Any, rdtype: Any, tok: Any, origin: Any = None, relativize: bool = True, relativize_to: Any = None
    ) -> _QuotedText:
        strings = []
        for token in tok.get_remaining():
            text = token.unescape_to_bytes()
            if not text.is_quoted_string():
                raise dns.exception.SyntaxError("Content must be quoted.")  # type: ignore[no-untyped-call]
            strings.append(text.value)
        if not strings:
            raise dns.exception.UnexpectedEnd
        return cls(rdclass, rdtype, strings)

    def _to_wire(self, file: Any, compress: Any = None, origin: Any = None, canonicalize: bool = False) -> None:
        for text in self.strings:
            for start in range(0, max(len(text), 1), 255):
                part = text[start : start + 255]
                file.write(struct.pack("!B", len(part)))
                file.write(part)


class _LenientKey:
    """A DNSKEY whose base64 may hold anything: what is no base64 is left out, as deSEC's dnspython does and newer ones do not."""

    @classmethod
    def from_text(
        cls, rdclass: Any, rdtype: Any, tok: Any, origin: Any = None, relativize: bool = True, relativize_to: Any = None
    ) -> Any:
        with dns.exception.ExceptionWrapper(dns.exception.SyntaxError):  # type: ignore[no-untyped-call]
            numbers = tok.get_uint16(), tok.get_uint8(), tok.get_string()
            key = base64.b64decode(tok.concatenate_remaining_identifiers().encode())
            return cls(rdclass, rdtype, *numbers, key)  # type: ignore[call-arg]


@dns.immutable.immutable
class _DNSKEY(_LenientKey, dns.rdtypes.ANY.DNSKEY.DNSKEY):
    pass


@dns.immutable.immutable
class _CDNSKEY(_LenientKey, dns.rdtypes.ANY.CDNSKEY.CDNSKEY):
    pass


_CLASSES: dict[Any, type[dns.rdata.Rdata]] = {
    dns.rdatatype.AAAA: dns.rdtypes.IN.AAAA.AAAA,
    dns.rdatatype.CDNSKEY: _CDNSKEY,
    dns.rdatatype.CERT: dns.rdtypes.ANY.CERT.CERT,
    dns.rdatatype.CNAME: dns.rdtypes.ANY.CNAME.CNAME,
    dns.rdatatype.DNSKEY: _DNSKEY,
    dns.rdatatype.MX: dns.rdtypes.ANY.MX.MX,
    dns.rdatatype.NS: dns.rdtypes.ANY.NS.NS,
    dns.rdatatype.SRV: dns.rdtypes.IN.SRV.SRV,
    dns.rdatatype.TXT: _QuotedText,
    dns.rdatatype.SPF: _QuotedText,
}
# Which field of a type is a host name, and whether it may be the root.
_HOSTS: dict[Any, tuple[str, bool]] = {
    dns.rdatatype.CNAME: ("target", True),
    dns.rdatatype.MX: ("exchange", True),
    dns.rdatatype.NS: ("target", False),
    dns.rdatatype.SRV: ("target", True),
}


@lru_cache(maxsize=10000)  # a lab writes the same few keys to every zone
def canonical(content: str, type_: str) -> str:
    """The record as it is stored: numeric algorithms, base64 and hexadecimal without blanks, hexadecimal in lower case.

    ValueError says in deSEC's words what is wrong. A record whose canonical form is itself no record (a key without a
    single valid character) passes here: it is found when it is stored, as on the real server.
    """
    rdtype = dns.rdatatype.from_text(type_)
    try:
        wire = _wire(content, rdtype, digestable=False)
        return _text(_from_wire(wire, rdtype), rdtype)
    except binascii.Error as error:
        raise ValueError("Cannot parse hexadecimal or base64 record contents") from error
    except dns.exception.SyntaxError as error:
        if error.args and "quote" in str(error.args[0]):
            raise ValueError(f"Data for {type_} records must be given using quotation marks.") from error
        raise ValueError(f"Record content for type {type_} malformed: {','.join(str(part) for part in error.args)}") from error
    except dns.name.NameTooLong as error:
        raise ValueError("Hostname must be no longer than 255 characters") from error
    except dns.name.NeedAbsoluteNameOrOrigin as error:
        raise ValueError('Hostname must be fully qualified (i.e., end in a dot: "example.com.")') from error
    except ValueError as error:
        raise ValueError(f"Cannot parse record contents: {error}") from error


def digestable(content: str, type_: str) -> bytes:
    """The canonical wire form (RFC 4034 section 6.2): equal for records that mean the same."""
    return _wire(content, dns.rdatatype.from_text(type_), digestable=True)


def _wire(content: str, rdtype: Any, digestable: bool) -> bytes:
    tokenizer = dns.tokenizer.Tokenizer(content)
    parser = _CLASSES.get(rdtype)
    if parser is None or content.lstrip().startswith("\\#"):  # RFC 3597: any type may come so
        rdata = dns.rdata.from_text(dns.rdataclass.IN, rdtype, tokenizer, relativize=False)
    else:
        rdata = parser.from_text(dns.rdataclass.IN, rdtype, tokenizer, relativize=False)
    return (rdata.to_digestable() if digestable else rdata.to_wire()) or b""


def _from_wire(wire: bytes, rdtype: Any) -> dns.rdata.Rdata:
    parser = dns.wire.Parser(wire)
    cls = _CLASSES.get(rdtype)
    if cls is None:
        return dns.rdata.from_wire_parser(dns.rdataclass.IN, rdtype, parser)
    return cls.from_wire_parser(dns.rdataclass.IN, rdtype, parser)


def _text(rdata: Any, rdtype: Any) -> str:
    _check_host(rdata, rdtype)
    if rdtype == dns.rdatatype.AAAA:
        return ipaddress.IPv6Address(rdata.to_text()).compressed
    if rdtype == dns.rdatatype.CERT:
        return f"{int(rdata.certificate_type)} {rdata.key_tag} {int(rdata.algorithm)} {_base64(rdata.certificate)}"
    if rdtype in (dns.rdatatype.SVCB, dns.rdatatype.HTTPS):
        return _service_text(rdata)
    return str(rdata.to_text() if rdtype in _UNCHUNKED else rdata.to_text(chunksize=0))


def _base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def _check_host(rdata: Any, rdtype: Any) -> None:
    """PowerDNS takes host names only, so deSEC refuses the others itself."""
    if rdtype not in _HOSTS:
        return
    field, allow_root = _HOSTS[rdtype]
    name = getattr(rdata, field)
    if allow_root and name == dns.name.root:
        return
    if not _HOSTNAME.match(str(name)):
        raise ValueError(f"invalid {field}: {name}")


def _service_text(rdata: Any) -> str:
    """SVCB and HTTPS as PowerDNS writes them: the lists and the port without quotation marks."""
    words = [str(rdata.priority), str(rdata.target)]
    for key in sorted(rdata.params):
        parameter = rdata.params[key]
        name = dns.rdtypes.svcbbase.key_to_text(key)  # type: ignore[no-untyped-call]
        if parameter is None:
            words.append(name)
            continue
        value = parameter.to_text()
        words.append(f"{name}={value[1:-1] if isinstance(parameter, _UNQUOTED_PARAMETERS) else value}")
    return " ".join(words)


def key_description(zone: str, content: str, keytype: str | None, managed: bool) -> dict[str, object]:
    """One entry of a domain's `keys`: DS with digests 2 and 4 for a key with the SEP bit, none for others."""
    key = cast(dns.rdtypes.ANY.DNSKEY.DNSKEY, dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DNSKEY, content))
    flags = int(key.flags)
    return {"dnskey": content, "ds": ds_records(zone, key) if flags & 1 else [], "flags": flags, "keytype": keytype, "managed": managed}


def ds_records(zone: str, key: dns.rdtypes.ANY.DNSKEY.DNSKEY) -> list[str]:
    """The DS of a key in presentation format, digests 2 and 4 (RFC 4034 section 5.1.4). Any key will do, a broken one too."""
    rdata = key.to_wire() or b""
    owner = dns.name.from_text(zone).canonicalize().to_wire() or b""
    start = f"{_key_tag(rdata)} {int(key.algorithm)}"
    return [f"{start} {number} {hashlib.new(name, owner + rdata).hexdigest()}" for number, name in ((2, "sha256"), (4, "sha384"))]


def _key_tag(rdata: bytes) -> int:
    """RFC 4034 appendix B (without the exception for algorithm 1)."""
    total = sum(byte if index & 1 else byte << 8 for index, byte in enumerate(rdata))
    return (total + (total >> 16)) & 0xFFFF


def unstable_order(records: Any) -> list[str]:
    """The records in an order that has nothing to do with the client's: deSEC promises none, so nobody may rely on one."""
    return sorted(records, key=lambda record: hashlib.sha256(record.encode()).digest())
