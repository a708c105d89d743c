# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab consists of: addresses, names, zones, and where each server keeps its files. Values only, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Iterator

ROOT = "127.53.0.1"
UNBOUND = "127.53.0.53"
RECURSOR = "127.53.0.54"
REGISTRY = "127.53.1.1"
REGISTRY_SECONDARY = "127.53.1.2"
NOTIFY = "127.53.1.3"
NOTIFY_PORT = 5359
NS1 = "127.53.2.1"
NS2 = "127.53.2.2"
NS3 = "127.53.2.3"
NS4 = "127.53.2.4"
NS5 = "127.53.2.5"
DESEC_1 = "127.53.3.1"
DESEC_2 = "127.53.3.2"
DESEC_API = "127.53.3.10"

ROOT_NAME = "a.root-servers.lab."
TLD = "example."
REGISTRY_NAMES = {"a.nic.example.": REGISTRY, "b.nic.example.": REGISTRY_SECONDARY}
NOTIFY_NAME = "notify.nic.example."
NS1_NAME = "ns1.operator.example."
NS2_NAME = "ns2.operator.example."
NS3_NAME = "ns3.operator.example."
NS4_NAME = "ns4.operator.example."
NS5_NAME = "ns5.operator.example."
DESEC_NAMES = {"ns1.desec.example.": DESEC_1, "ns2.desec.example.": DESEC_2}
DESEC_API_NAME = "desec.example."
DESEC_URL = "https://desec.example/api/v1"

# host names that the registry zone holds itself, so that everything resolves inside the lab
_OWN_NAMES = {NS1_NAME: NS1, NS2_NAME: NS2, NS3_NAME: NS3, NS4_NAME: NS4, NS5_NAME: NS5}
HOSTS = {**REGISTRY_NAMES, NOTIFY_NAME: NOTIFY, **_OWN_NAMES, **DESEC_NAMES, DESEC_API_NAME: DESEC_API}


@dataclass(frozen=True)
class OwnSigner:
    """One of the operator's own name servers. `driver`: the kind that it is for the collection, and so which server it is."""

    name: str
    address: str
    host_name: str
    driver: str


SIGNER_NS1 = OwnSigner("ns1", NS1, NS1_NAME, "bind")
SIGNER_NS2 = OwnSigner("ns2", NS2, NS2_NAME, "bind_signzone")
SIGNER_NS3 = OwnSigner("ns3", NS3, NS3_NAME, "bind")
SIGNER_NS4 = OwnSigner("ns4", NS4, NS4_NAME, "knot")
SIGNER_NS5 = OwnSigner("ns5", NS5, NS5_NAME, "powerdns")
DESEC = "desec"
_OWN = (SIGNER_NS1, SIGNER_NS2, SIGNER_NS3, SIGNER_NS4, SIGNER_NS5)
# the names that stand for each signer in NS RRsets, and the addresses of its servers
NAME_SERVERS = {**{signer.name: (signer.host_name,) for signer in _OWN}, DESEC: tuple(DESEC_NAMES)}
ADDRESSES = {**{signer.name: (signer.address,) for signer in _OWN}, DESEC: tuple(DESEC_NAMES.values())}
# one signer of each kind for tests/lab/pairs, by the word for it in the names of zones
KINDS = {"bind": SIGNER_NS1.name, "knot": SIGNER_NS4.name, "powerdns": SIGNER_NS5.name, "desec": DESEC}


@dataclass(frozen=True)
class SharedZone:
    """A zone (no trailing dot) that one of the operator's signers and deSEC are to sign together. `algorithm`: of that signer's keys;
    `parent`: how the inventory says that its DS reach the registry; `small`: with few names.

    For what changes during its life: `others` are further signers of the operator that have its content, `group` the signers (by name)
    that it begins with, where these are not `signer` and deSEC. `csk`: BIND has one key for all.
    """

    name: str
    signer: OwnSigner
    algorithm: str = "ECDSAP256SHA256"
    parent: str = "example_registry"
    small: bool = False
    others: tuple[OwnSigner, ...] = ()
    group: tuple[str, ...] = ()
    csk: bool = False

    @property
    def signers(self) -> tuple[str, ...]:
        return self.group or (self.signer.name, DESEC)

    @property
    def name_servers(self) -> tuple[str, ...]:
        return tuple(name for signer in self.signers for name in NAME_SERVERS[signer])


# the mixed one is the case of RFC 8901 section 4: algorithms that differ between the signers
ZONES = (
    SharedZone("shop.example", SIGNER_NS1),
    SharedZone("talk.example", SIGNER_NS2, parent="registry_form"),
    SharedZone("mixed.example", SIGNER_NS2, algorithm="RSASHA256"),
)
MIXED = "mixed.example"
# for tests/lab/lifecycle: one zone for each story
CYCLE_ZONES = (
    SharedZone("join.example", SIGNER_NS1, others=(SIGNER_NS3,)),
    SharedZone("leave.example", SIGNER_NS1, others=(SIGNER_NS3,), group=("ns1", "ns3", DESEC)),
    SharedZone("zsk.example", SIGNER_NS1),
    SharedZone("ksk.example", SIGNER_NS1),
    SharedZone("csk.example", SIGNER_NS3, csk=True),
    SharedZone("algorithm.example", SIGNER_NS1, "RSASHA256", others=(SIGNER_NS3,), group=("ns1", "ns3")),
    SharedZone("move.example", SIGNER_NS1, group=("ns1",)),
    SharedZone("join-killed.example", SIGNER_NS1, others=(SIGNER_NS3,)),
    SharedZone("leave-killed.example", SIGNER_NS1, others=(SIGNER_NS3,), group=("ns1", "ns3", DESEC)),
    SharedZone("wrong-zsk.example", SIGNER_NS1),
    SharedZone("wrong-ds.example", SIGNER_NS1),
    SharedZone("wrong-key.example", SIGNER_NS1),
    SharedZone("wrong-ns.example", SIGNER_NS1),
)


def _pair_zones() -> Iterator[SharedZone]:
    """A zone for each pair of KINDS, and one for all of them; each begins with its first signer alone."""
    own = {signer.name: signer for signer in _OWN}
    words = (*combinations(KINDS, 2), *([tuple(KINDS)] if len(KINDS) > 2 else []))
    for group in words:
        names = [KINDS[word] for word in group]
        first, *others = (own[name] for name in names if name in own)
        label = "all" if len(group) == len(KINDS) else "-".join(group)
        yield SharedZone(f"{label}.example", first, others=tuple(others), group=(names[0],))


PAIR_ZONES = tuple(_pair_zones())


@dataclass(frozen=True)
class Secret:
    """A TSIG or rndc key; `secret` in base64."""

    name: str
    secret: str
    algorithm: str = "hmac-sha256"


@dataclass(frozen=True)
class Lab:
    """One lab. `ttl` (seconds) is the TTL of every record of every zone; `desec_limits` scales deSEC's throttling, 0 lifts it.

    `cycle`: instead of the demonstration's zones those of CYCLE_ZONES, the signer ns3, and signatures of a short life.
    `pairs`: instead of them those of PAIR_ZONES, and one signer of each kind. `cds`: the
    registry follows CDS too, and a parent in the inventory is reached that way.
    """

    directory: Path
    ttl: int = 3
    extra_zones: int = 0
    desec_limits: float = 1.0
    cycle: bool = False
    pairs: bool = False
    cds: bool = False

    @property
    def own_signers(self) -> tuple[OwnSigner, ...]:
        if self.pairs:
            return tuple(signer for signer in _OWN if signer.name in KINDS.values())
        return (SIGNER_NS1, SIGNER_NS3) if self.cycle else (SIGNER_NS1, SIGNER_NS2)

    @property
    def bind_signers(self) -> tuple[OwnSigner, ...]:
        return tuple(signer for signer in self.own_signers if signer.driver.startswith("bind"))

    @property
    def manages_ns(self) -> bool:
        """Where signers join and leave, the pass manages their NS records too."""
        return self.cycle or self.pairs

    @property
    def signing_delay(self) -> int:
        """With `cycle`, seconds after which a new key of BIND has signed everything (Dsgn of RFC 7583)."""
        return self.ttl + 2

    @property
    def signature_life(self) -> int:
        """With `cycle`, seconds for which BIND's signatures are valid. It renews them at nine tenths of that at the latest."""
        return 9 * self.signing_delay

    @property
    def named_zones(self) -> tuple[SharedZone, ...]:
        return CYCLE_ZONES if self.cycle else PAIR_ZONES if self.pairs else ZONES

    @property
    def zones(self) -> tuple[SharedZone, ...]:
        extra = (SharedZone(f"zone{number:04}.example", SIGNER_NS1, small=True) for number in range(1, self.extra_zones + 1))
        return (*self.named_zones, *extra)

    def zones_of(self, signer: OwnSigner) -> tuple[SharedZone, ...]:
        return tuple(zone for zone in self.zones if signer in (zone.signer, *zone.others))

    @property
    def quick_policy(self) -> dict[str, int]:
        """What a dnssec-policy has to know of the lab's short TTLs: named's own defaults make it wait a day before it publishes a CDS.

        With `cycle` signatures are renewed every few seconds, so that a new key has soon signed everything.
        """
        life = self.signature_life
        renewal = {"signatures-validity": life, "signatures-refresh": life - self.signing_delay, "signatures-jitter": 0} if self.cycle else {}
        return {
            **renewal,
            "max-zone-ttl": self.ttl,
            "zone-propagation-delay": 1,
            "publish-safety": 0,
            "retire-safety": 0,
            "parent-ds-ttl": self.ttl,
            "parent-propagation-delay": 1,
        }

    def folder(self, server: str) -> Path:
        return self.directory / server

    def zone_file(self, signer: OwnSigner, zone: SharedZone) -> Path:
        """The unsigned content on one of the operator's signers of the zone."""
        return self.folder(signer.name) / "zones" / f"{zone.name}.zone"

    def key_folder(self, signer: OwnSigner, zone: SharedZone) -> Path:
        """Where a BIND signer has its keys of the zone."""
        return self.folder(signer.name) / "multisigner/keys" / zone.name

    @property
    def root_hints(self) -> Path:
        return self.directory / "root.hints"

    @property
    def trust_anchor(self) -> Path:
        return self.directory / "root.ds"

    @property
    def ca_file(self) -> Path:
        return self.directory / "ca.pem"

    @property
    def registry_key(self) -> Path:
        """The key with which the registry takes updates, for nsupdate -k: what a person at the registry's web form has."""
        return self.directory / "registry.key"

    @property
    def inventory(self) -> Path:
        return self.directory / "inventory.yml"

    @property
    def journal(self) -> Path:
        return self.directory / "journal.sqlite3"

    @property
    def mixed_allowed(self) -> Path:
        """Extra variables: the declared zones with the mixed-algorithm one allowed."""
        return self.directory / "mixed-allowed.yml"
