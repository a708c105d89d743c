# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a parent wants to hear that a zone has new CDS, and telling it (RFC 9859: DSYNC and NOTIFY). It changes nothing: a notification is a hint."""
from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from ..errors import MultisignerError
from ..resolve import Server, ask, exchange, find_servers
from .base import Delegation

try:
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
    import dns.opcode
    import dns.rcode
    import dns.rdataclass
    import dns.rdatatype
except ImportError:
    # resolve.py remembers the failure; every module reports it before anything here runs.
    pass

DSYNC, CDS = 66, 59
NOTIFY_SCHEME = 1  # RFC 9859 section 2.1


@dataclass(frozen=True)
class Target:
    """Where notifications go."""

    name: str
    port: int

    def __str__(self) -> str:
        return f'{self.name} port {self.port}'


async def find_target(server: Server, delegation: Delegation, timeout: float) -> Target | None:
    """What *server*, of the parent, says about notifications of the zone's CDS; None when it says nothing, or cannot be asked.

    The child's own name is looked for first, then what holds for all (RFC 9859 section 4.1; the parent zone is known here).
    """
    parent = '' if delegation.parent_zone == '.' else f'.{delegation.parent_zone}'
    child = delegation.zone[:-len(parent)] if parent else delegation.zone
    for name in (f'{child}._dsync{parent}', f'_dsync{parent}'):
        try:
            answer = await ask(server, name, f'TYPE{DSYNC}', timeout=timeout, signatures=False)
        except MultisignerError:
            return None
        rrset = answer.get_rrset(dns.message.ANSWER, dns.name.from_text(name), dns.rdataclass.IN, dns.rdatatype.RdataType.make(DSYNC))
        found = [target for target in (_target(rdata) for rdata in rrset or ()) if target is not None]
        if found:
            return sorted(found, key=str)[0]
    return None


def _target(rdata: Any) -> Target | None:
    """From the wire form, which every version of dnspython has: type, scheme, port, name."""
    wire = rdata.to_wire()
    try:
        rtype, scheme, port = struct.unpack('!HBH', wire[:5])
        name, _length = dns.name.from_wire(wire, 5)
    except (struct.error, dns.exception.DNSException):
        return None
    if (rtype, scheme) != (CDS, NOTIFY_SCHEME) or port == 0 or name == dns.name.root:
        return None
    return Target(name.to_text(omit_final_dot=True), port)


async def notify(target: Target, zone: str, timeout: float) -> None:
    """Tells the parent that *zone* has new CDS. Raises MultisignerError when nobody there takes note of it."""
    message = dns.message.make_query(zone, 'CDS')
    message.set_opcode(dns.opcode.NOTIFY)
    message.flags = (message.flags & ~dns.flags.RD) | dns.flags.AA
    trouble = MultisignerError('has no address', zone, target.name)
    for server in find_servers([target.name], target.port):
        try:
            rcode = (await exchange(server, message, timeout=timeout)).rcode()
        except MultisignerError as error:
            trouble = error
            continue
        if rcode == dns.rcode.NOERROR:
            return
        trouble = MultisignerError(f'answers {dns.rcode.to_text(rcode)} to the notification', zone, str(server))
    raise trouble
