# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RDATA of any type in one form, wherever it comes from: a zone transfer, a zone file, the text of an API. It decides nothing.

The form is the presentation of what a signature is made over (RFC 4034 section 6.2): names in lower case where that RFC (as RFC 6840 section 5.1
amends it) has them so, base64 and hexadecimal in one piece, and otherwise as PowerDNS writes it, whose API takes no other spelling of some types.
"""
from __future__ import annotations

import base64
import re
from typing import Any, Dict, List

from .content import Place, RRset, content_of
from .errors import MultisignerError

try:
    import dns.exception
    import dns.name
    import dns.rdata
    import dns.rdataclass
    import dns.rdatatype
    import dns.rdtypes.svcbbase
    import dns.tokenizer
    import dns.zone
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass

_STRING = 255  # bytes of one character string (RFC 1035 section 3.3)
_TEXTS = ('TXT', 'SPF')
_SERVICES = ('HTTPS', 'SVCB')
_IN_ONE_PIECE = ('OPENPGPKEY', 'EUI48', 'EUI64')  # which dnspython does not cut, and does not let itself be told so


def canonical(rtype: str, text: str) -> str:
    """*text*, the RDATA of a record of *rtype* with absolute names, in the one form. Raises MultisignerError for what is none."""
    return form_of(rdata_of(rtype, text))


def rdata_of(rtype: str, text: str) -> Any:
    """*text* as dnspython's rdata. Strings of a TXT may be of any length, as deSEC shows and takes them, and are cut as DNS has it."""
    try:
        if rtype in _TEXTS:
            return _text(rtype, text)
        return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(rtype), text, origin=dns.name.root, relativize=False)
    except (dns.exception.DNSException, ValueError) as error:
        raise MultisignerError(
            f'cannot be read: {str(error) or type(error).__name__}', record=f'{rtype} {text}', remedy='Correct or remove it where it is kept'
        ) from None


def form_of(rdata: Any) -> str:
    wire = rdata.to_digestable()
    whole: Any = dns.rdata.from_wire(dns.rdataclass.IN, rdata.rdtype, wire, 0, len(wire))
    rtype = dns.rdatatype.to_text(rdata.rdtype)
    if rtype in _SERVICES and hasattr(whole, 'params'):
        return _service(whole)
    if rtype == 'CERT' and hasattr(whole, 'certificate'):
        return f'{int(whole.certificate_type)} {whole.key_tag} {int(whole.algorithm)} {base64.b64encode(whole.certificate).decode("ascii")}'
    if rtype in _IN_ONE_PIECE:
        return str(whole.to_text())
    return str(whole.to_text(chunksize=0))


def _service(rdata: Any) -> str:
    """SVCB and HTTPS (RFC 9460 section 2.1). PowerDNS, and deSEC with it, takes no quotation marks around values that need none."""
    words = [str(rdata.priority), rdata.target.to_text()]
    for key in sorted(rdata.params):
        name = dns.rdtypes.svcbbase.key_to_text(key)  # type: ignore[no-untyped-call]
        value = '' if rdata.params[key] is None else rdata.params[key].to_text()
        if re.match(r'^"[^"\\\s]*"$', value):
            value = value[1:-1]
        words.append(f'{name}={value}' if value else name)
    return ' '.join(words)


def content_of_zone(name: str, zone: Any) -> Dict[Place, RRset]:
    """The content of *zone*, dnspython's, whose names are absolute."""
    found: List[RRset] = []
    for owner, node in zone.nodes.items():
        text = owner_text(owner)
        for rdataset in node:
            rtype = dns.rdatatype.to_text(rdataset.rdtype)
            found.append(RRset(text, rtype, rdataset.ttl, frozenset(form_of(rdata) for rdata in rdataset)))
    return content_of(name, found)


def is_type(rtype: str) -> bool:
    """Whether *rtype* is the name of a type for DNS, and not for one server's API only, such as PowerDNS's ALIAS."""
    try:
        dns.rdatatype.from_text(rtype)
    except dns.exception.DNSException:
        return False
    return True


def owner_text(owner: Any) -> str:
    return str(owner.to_text(omit_final_dot=True)).lower()


def read_zone_file(path: str, name: str) -> Dict[Place, RRset]:
    """The content of the zone file at *path* on this machine. It needs no SOA and no NS. Raises MultisignerError."""
    try:
        zone = dns.zone.from_file(path, dns.name.from_text(name), relativize=False, allow_include=True, check_origin=False)
    except OSError as error:
        raise MultisignerError(
            f'its content, the file {path}, cannot be read: {error.strerror or error}', zone=name,
            remedy='Name a zone file on the machine where the playbook runs, with its absolute path',
        ) from None
    except (dns.exception.DNSException, ValueError) as error:
        raise MultisignerError(
            f'its content, the file {path}, is no zone file of it: {str(error) or type(error).__name__}', zone=name,
            remedy='Correct the file; named-checkzone tells more',
        ) from None
    return content_of_zone(name, zone)


def _text(rtype: str, text: str) -> Any:
    tokens = dns.tokenizer.Tokenizer(text).get_remaining()
    strings: List[bytes] = []
    for token in tokens:
        value = token.unescape_to_bytes().value
        strings += [value[start:start + _STRING] for start in range(0, max(len(value), 1), _STRING)]
    if not strings:
        raise ValueError('it is empty')
    kind = dns.rdatatype.from_text(rtype)
    whole = dns.rdata.get_rdata_class(dns.rdataclass.IN, kind)  # type: ignore[no-untyped-call]
    return whole(dns.rdataclass.IN, kind, strings)
