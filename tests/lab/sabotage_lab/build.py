# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the key pairs and the signed copies of a zone by dnssec-keygen and dnssec-signzone, in one folder a zone.

Every copy is signed with all keys that it has a use for over everything, and then loses the signatures that its signer would
not make: so who signs what is said in one place, zone.py's Copy, and not by the tool's options.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterable, Sequence

import dns.dnssec
import dns.name
import dns.rdata
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from multisigner_lab.daemons import LabError, tool

from . import places
from .zone import KEY_TYPES, TTL, ZSK, Copy, Key, Record, Validity, Zone

ALGORITHM_NAMES = {8: "RSASHA256", 13: "ECDSAP256SHA256", 14: "ECDSAP384SHA384", 15: "ED25519"}
RSA_BITS = 2048

# A real zone's shapes: hosts, a CNAME, a wildcard, empty non-terminals (_tcp, dc1), an insecure and a secure delegation.
CONTENT = (
    '@ TXT "v=spf1 mx -all"',
    "@ MX 10 mail",
    "@ A 192.0.2.1",
    "www A 192.0.2.80",
    "www A 192.0.2.81",
    "www AAAA 2001:db8::80",
    "mail A 192.0.2.25",
    "blog CNAME www",
    "*.wild A 192.0.2.42",
    "_imaps._tcp SRV 0 1 993 mail",
    "rack1.dc1 A 192.0.2.101",
    "office NS ns.office",
    "ns.office A 192.0.2.53",
    "plant NS ns.plant",
    "plant DS 4711 13 2 7d8c5b3f0a19e2468bd1357c9e0f24681ace13579bdf02468ace13579bdf0246",
    "ns.plant A 192.0.2.54",
)


@dataclass(frozen=True)
class KeyPair:
    """A key pair on disk: `file` is the path without its suffix."""

    file: Path
    dnskey: DNSKEY

    @property
    def tag(self) -> int:
        return dns.dnssec.key_id(self.dnskey)


@dataclass(frozen=True)
class Built:
    """A zone with its files: the copy of each server, and the lines that the parent zone has for it."""

    zone: Zone
    files: dict[str, Path]
    parent_lines: tuple[str, ...]


def build(zone: Zone, folder: Path) -> Built:
    """Makes everything of one zone below *folder*."""
    folder.mkdir(parents=True)
    pairs = {key: _make_key(zone, key, folder) for key in zone.key_pairs()}
    files = {}
    for copy in zone.copies:
        files[copy.server] = folder / f"{copy.server}.zone"
        records = _signed(zone, copy, pairs, folder) if copy.is_signed else [*_unsigned(zone, copy, ())]
        files[copy.server].write_text("\n".join(str(record) for record in records) + "\n", encoding="ascii")
    return Built(zone, files, tuple(_parent_lines(zone, pairs)))


def _make_key(zone: Zone, key: Key, folder: Path) -> KeyPair:
    options = [] if key.use == ZSK else ["-f", "KSK"]
    if key.algorithm == 8:
        options += ["-b", str(RSA_BITS)]
    name = tool("dnssec-keygen", "-q", "-K", str(folder), "-a", ALGORITHM_NAMES[key.algorithm], *options, zone.name).strip()
    rdata = (folder / f"{name}.key").read_text(encoding="ascii").split(" DNSKEY ")[1].strip()
    return KeyPair(folder / name, _dnskey(rdata))


def _dnskey(text: str) -> DNSKEY:
    rdata = dns.rdata.from_text("IN", "DNSKEY", text)
    assert isinstance(rdata, DNSKEY)
    return rdata


def published_text(key: Key, pair: KeyPair) -> str:
    """The RDATA as this key's publisher writes it, altered where that is the fault."""
    rdata = pair.dnskey
    flags, public = int(rdata.flags), bytes(rdata.key)
    if key.altered == "flags":
        flags ^= 1
    if key.altered == "bytes":
        public = public[:-1] + bytes([public[-1] ^ 1])
    return f"{flags} {rdata.protocol} {int(rdata.algorithm)} {base64.b64encode(public).decode('ascii')}"


def _ds_text(name: str, dnskey: DNSKEY) -> str:
    return dns.dnssec.make_ds(dns.name.from_text(name), dnskey, "SHA256").to_text()


# -- the content ------------------------------------------------------------------------------------------------------


def _unsigned(zone: Zone, copy: Copy, dnskeys: Iterable[str], cds: Iterable[str] = (), cdnskey: Iterable[str] = ()) -> Iterable[Record]:
    apex = f"{zone.name}."
    yield Record(apex, TTL, "SOA", f"{places.host_name('alpha')} hostmaster.{apex} {copy.serial} 3600 600 1209600 {TTL}")
    for server in copy.ns:
        yield Record(apex, TTL, "NS", places.host_name(server))
    for line in (*CONTENT, *copy.extra):
        owner, rtype, rdata = line.split(" ", 2)
        rdata = next((text for name, kind, text in copy.replaced if (name, kind) == (owner, rtype)), rdata)
        yield Record(apex if owner == "@" else f"{owner}.{apex}", TTL, rtype, _absolute(rtype, rdata, apex))
    for rtype, texts in (("DNSKEY", dnskeys), ("CDS", cds), ("CDNSKEY", cdnskey)):
        for text in texts:
            yield Record(apex, copy.dnskey_ttl if rtype == "DNSKEY" else TTL, rtype, text)


def _absolute(rtype: str, rdata: str, apex: str) -> str:
    return f"{rdata}.{apex}" if rtype in ("MX", "CNAME", "SRV", "NS") else rdata


# -- signing ----------------------------------------------------------------------------------------------------------


def _signed(zone: Zone, copy: Copy, pairs: dict[Key, KeyPair], folder: Path) -> list[Record]:
    published = tuple(key for key in copy.published)
    records = _sign(zone, copy, published, (*copy.signs_keys, *copy.signs_zone), copy.validity, pairs, folder)
    records = _without_surplus(records, copy, pairs)
    if copy.ghosts:
        others = _sign(zone, copy, (*published, *copy.ghosts), copy.ghosts, copy.validity, pairs, folder)
        tags = {pairs[key].tag for key in copy.ghosts}
        records += [one for one in others if one.type == "RRSIG" and one.covers not in KEY_TYPES and one.key_tag in tags]
    for resigned in copy.resigned:
        owner = f"{resigned.owner}.{zone.name}." if resigned.owner else f"{zone.name}."
        keys = resigned.keys or (copy.signs_keys if resigned.type in KEY_TYPES else copy.signs_zone)
        others = _sign(zone, copy, published, keys, resigned.validity, pairs, folder)
        tags = {pairs[key].tag for key in keys}
        records = [one for one in records if (one.owner, one.covers) != (owner, resigned.type)]
        records += [one for one in others if (one.owner, one.covers) == (owner, resigned.type) and one.key_tag in tags]
    for edit in copy.edits:
        records = edit(records, f"{zone.name}.")
    return records


def _without_surplus(records: Sequence[Record], copy: Copy, pairs: dict[Key, KeyPair]) -> list[Record]:
    over_keys, over_zone = ({pairs[key].tag for key in keys} for keys in (copy.signs_keys, copy.signs_zone))
    return [one for one in records if one.type != "RRSIG" or one.key_tag in (over_keys if one.covers in KEY_TYPES else over_zone)]


def _sign(
    zone: Zone, copy: Copy, published: Sequence[Key], keys: Sequence[Key], validity: Validity, pairs: dict[Key, KeyPair], folder: Path
) -> list[Record]:
    """The zone signed with all of *keys*, the records in the order of dnssec-signzone."""
    texts = [published_text(key, pairs[replace(key, altered="")]) for key in published]
    cds = ["0 0 0 00"] if copy.cds_delete else [_ds_text(zone.name, pairs[key].dnskey) for key in copy.cds]
    cdnskey = ["0 3 0 AA=="] if copy.cds_delete else [published_text(key, pairs[key]) for key in copy.cdnskey]
    unsigned, signed = folder / f"{copy.server}.unsigned", folder / f"{copy.server}.signed"
    unsigned.write_text("\n".join(str(record) for record in _unsigned(zone, copy, texts, cds, cdnskey)) + "\n", encoding="ascii")
    nsec3 = copy.nsec3
    denial = [] if nsec3 is None else ["-3", nsec3.salt, "-H", str(nsec3.iterations), *(["-A"] if nsec3.opt_out else [])]
    times = [_offset("-s", validity.begins), _offset("-e", validity.ends)]
    # -z: a KSK signs everything too; -P: whether that makes sense is not dnssec-signzone's business here
    options = ["-q", "-z", "-P", "-O", "full", "-o", zone.name, "-d", str(folder), "-f", str(signed), *denial, *(word for time in times for word in time)]
    tool("dnssec-signzone", *options, str(unsigned), *(str(pairs[key].file) for key in dict.fromkeys(keys)))
    return [record for record in map(parse, signed.read_text(encoding="ascii").splitlines()) if record is not None]


def _offset(option: str, seconds: int) -> tuple[str, str]:
    return option, f"now{seconds:+d}"


_LINE = re.compile(r"^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+(.*)$")


def parse(line: str) -> Record | None:
    """A line of dnssec-signzone's full format; a comment is none."""
    if not line or line.startswith(";"):
        return None
    match = _LINE.match(line)
    if match is None:
        raise LabError(f"dnssec-signzone wrote a line that is no record: {line}")
    owner, ttl, rtype, rdata = match.groups()
    return Record(owner, int(ttl), rtype, rdata)


# -- what the parent has ----------------------------------------------------------------------------------------------


def _parent_lines(zone: Zone, pairs: dict[Key, KeyPair]) -> Iterable[str]:
    for server in zone.delegation:
        yield f"{zone.name}. {TTL} IN NS {places.host_name(server)}"
    for ds in zone.ds:
        tag, algorithm, digest_type, digest = _ds_text(zone.name, pairs[ds.key].dnskey).split()
        yield f"{zone.name}. {TTL} IN DS {tag} {algorithm} {digest_type} {ds.digest or digest}"


def build_parent(zones: Iterable[Built], folder: Path) -> tuple[Path, str]:
    """The signed parent zone with the delegations of *zones*: its file, and its DS."""
    folder.mkdir(parents=True)
    apex = f"{places.PARENT_ZONE}."
    key = tool("dnssec-keygen", "-q", "-K", str(folder), "-a", ALGORITHM_NAMES[13], "-f", "KSK", apex).strip()
    lines = [f"{apex} {TTL} IN SOA {places.PARENT_NAME} hostmaster.{apex} 1 3600 600 1209600 {TTL}", f"{apex} {TTL} IN NS {places.PARENT_NAME}"]
    lines += [f"{places.host_name(server)} {TTL} IN {'AAAA' if places.is_ipv6(address) else 'A'} {address}" for server, address in places.ADDRESSES.items()]
    lines += [line for built in zones for line in built.parent_lines]
    unsigned, signed = folder / "unsigned", folder / "signed"
    unsigned.write_text("\n".join(lines) + "\n", encoding="ascii")
    tool("dnssec-signzone", "-q", "-S", "-z", "-K", str(folder), "-d", str(folder), "-o", apex, "-f", str(signed), str(unsigned), key)
    return signed, tool("dnssec-dsfromkey", "-2", str(folder / key)).split(" DS ")[1].strip()
