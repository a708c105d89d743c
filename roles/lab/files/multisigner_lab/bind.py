# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The BIND servers: root, registry and its secondary, and the operator's signers. Writes their files and starts them.

Root and registry zones come signed from the start, so that nobody waits for named to sign them. The signers get a
named.conf as an operator has it, without any zone: making the zones is the work of the role bind_signer.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Callable

from . import content, settings
from .daemons import Daemon, listens, responds, start, tool, unconfined
from .settings import Lab, OwnSigner, Secret


def _options(folder: Path, address: str) -> str:
    return f"""options {{
    directory "{folder}";
    listen-on {{ {address}; }};
    listen-on-v6 {{ none; }};
    pid-file none;
    session-keyfile "{folder}/session.key";
    recursion no;
    dnssec-validation no;
    allow-transfer {{ none; }};
}};
"""


def _key_statement(key: Secret) -> str:
    return f'key "{key.name}" {{ algorithm {key.algorithm}; secret "{key.secret}"; }};\n'


def _controls(folder: Path, address: str, key: Secret) -> str:
    """named's side of rndc; writes rndc's side, the file rndc.conf."""
    rndc = f'options {{ default-key "{key.name}"; default-server {address}; default-port 953; }};\n'
    (folder / "rndc.conf").write_text(_key_statement(key) + rndc, encoding="ascii")
    return _key_statement(key) + f'controls {{ inet {address} port 953 allow {{ 127.0.0.0/8; }} keys {{ "{key.name}"; }}; }};\n'


def _start(lab: Lab, server: str, configuration: str, answers: Callable[[], bool]) -> Daemon:
    folder = lab.folder(server)
    named_conf = folder / "named.conf"
    named_conf.write_text(configuration, encoding="ascii")
    # -g: in the foreground, its log to standard error
    return start(f"named ({server})", [unconfined("named", lab.directory), "-g", "-n", "2", "-c", str(named_conf)], folder / "named.log", answers)


def _sign(zone: str, text: str, folder: Path, key: str) -> None:
    """Writes the zone's unsigned text, and beside it `zone.signed`, by a key (CSK) in `folder`."""
    (folder / "zone").write_text(text, encoding="ascii")
    places = ("-K", str(folder), "-d", str(folder), "-o", zone, "-f", str(folder / "zone.signed"))
    tool("dnssec-signzone", "-q", "-z", "-S", *places, str(folder / "zone"), key)


def start_hierarchy(lab: Lab, registry_update_key: Secret, rndc_key: Secret) -> tuple[Daemon, Daemon]:
    """Root, and the registry's primary. Writes root hints and the trust anchor too."""
    registry_ds = _prepare_registry(lab)
    return _start_root(lab, registry_ds), _start_registry(lab, registry_update_key, rndc_key)


def _start_root(lab: Lab, registry_ds: str) -> Daemon:
    folder = lab.folder("root")
    folder.mkdir()
    key = tool("dnssec-keygen", "-q", "-K", str(folder), "-a", "ECDSAP256SHA256", "-f", "KSK", "-L", str(lab.ttl), ".").strip()
    apex = f"$TTL {lab.ttl}\n. IN SOA {settings.ROOT_NAME} hostmaster.lab. 1 3600 600 1209600 {lab.ttl}\n"
    own = f". IN NS {settings.ROOT_NAME}\n{settings.ROOT_NAME} IN A {settings.ROOT}\n"
    delegation = "".join(f"{settings.TLD} IN NS {name}\n{name} IN A {address}\n" for name, address in settings.REGISTRY_NAMES.items())
    _sign(".", apex + own + delegation + registry_ds, folder, key)
    lab.root_hints.write_text(f". 3600000 IN NS {settings.ROOT_NAME}\n{settings.ROOT_NAME} 3600000 IN A {settings.ROOT}\n", encoding="ascii")
    lab.trust_anchor.write_text(tool("dnssec-dsfromkey", "-2", str(folder / key)), encoding="ascii")
    zone = f'zone "." {{ type primary; file "{folder}/zone.signed"; }};\n'
    return _start(lab, "root", _options(folder, settings.ROOT) + zone, responds(settings.ROOT, ".", "DNSKEY"))


def _registry_policy(lab: Lab) -> str:
    ttl = lab.ttl
    return (
        f'dnssec-policy "registry" {{ keys {{ csk lifetime unlimited algorithm ecdsap256sha256; }}; dnskey-ttl {ttl};'
        f" max-zone-ttl {ttl}; parent-ds-ttl {ttl}; }};\n"
    )


def _prepare_registry(lab: Lab) -> str:
    """Writes the signed registry zone; returns its DS for the root."""
    folder = lab.folder("registry")
    folder.mkdir()
    policy = folder / "policy.conf"
    policy.write_text(_registry_policy(lab), encoding="ascii")
    key = tool("dnssec-keygen", "-q", "-K", str(folder), "-k", "registry", "-l", str(policy), settings.TLD).strip()
    lines = [f"$TTL {lab.ttl}", f"{settings.TLD} IN SOA a.nic.example. hostmaster.nic.example. 1 3600 600 1209600 {lab.ttl}"]
    lines += [f"{settings.TLD} IN NS {name}" for name in settings.REGISTRY_NAMES]
    lines += [f"{name} IN A {address}" for name, address in settings.HOSTS.items()]
    lines += [f"{zone.name}. IN NS {name}" for zone in lab.zones for name in zone.name_servers]
    if lab.cds:
        # DSYNC CDS NOTIFY (RFC 9859), in the form that every version of the tools reads
        target = b"".join(bytes((len(label),)) + label.encode("ascii") for label in settings.NOTIFY_NAME.split("."))
        dsync = struct.pack("!HBH", 59, 1, settings.NOTIFY_PORT) + target
        lines.append(f"*._dsync.{settings.TLD} IN TYPE66 \\# {len(dsync)} {dsync.hex()}")
    _sign(settings.TLD, "\n".join(lines) + "\n", folder, key)
    return tool("dnssec-dsfromkey", "-2", str(folder / key))


def _start_registry(lab: Lab, update_key: Secret, rndc_key: Secret) -> Daemon:
    folder = lab.folder("registry")
    types = "DS NS A CDS CDNSKEY" if lab.cds else "DS NS"  # glue, and what operators of name servers say of zones (RFC 9615)
    zone = f"""zone "example" {{
    type primary;
    file "{folder}/zone.signed";
    key-directory "{folder}";
    dnssec-policy "registry";
    inline-signing no;
    // the operator's key may change delegations, and nothing else
    update-policy {{ grant {update_key.name} subdomain {settings.TLD} {types}; }};
    allow-transfer {{ {settings.REGISTRY_SECONDARY}; }};
    also-notify {{ {settings.REGISTRY_SECONDARY}; }};
    notify explicit;
    notify-source {settings.REGISTRY};
}};
"""
    configuration = (
        _options(folder, settings.REGISTRY) + _controls(folder, settings.REGISTRY, rndc_key) + _key_statement(update_key) + _registry_policy(lab) + zone
    )
    return _start(lab, "registry", configuration, responds(settings.REGISTRY, settings.TLD, "DNSKEY"))


def start_secondary(lab: Lab) -> Daemon:
    """The registry's secondary. To be started when the primary answers for the zone: where the first transfer is refused, as by
    a primary that listens but has not loaded it, named does not try again within `PATIENCE`, even with `max-retry-time 1`.
    """
    folder = lab.folder("registry-secondary")
    folder.mkdir()
    zone = f"""zone "example" {{
    type secondary;
    file "{folder}/zone.signed";
    primaries {{ {settings.REGISTRY}; }};
    transfer-source {settings.REGISTRY_SECONDARY};
}};
"""
    answers = responds(settings.REGISTRY_SECONDARY, settings.TLD, "DNSKEY")
    return _start(lab, "registry-secondary", _options(folder, settings.REGISTRY_SECONDARY) + zone, answers)


def start_signer(lab: Lab, signer: OwnSigner, rndc_key: Secret) -> Daemon:
    """A name server as its operator had it before: a named.conf of his own, and the unsigned zone files."""
    folder = lab.folder(signer.name)
    (folder / "zones").mkdir(parents=True)
    for zone in lab.zones_of(signer):
        lab.zone_file(signer, zone).write_text(content.zone_file(zone, signer, lab.ttl), encoding="ascii")
    configuration = _options(folder, signer.address) + _controls(folder, signer.address, rndc_key)
    return _start(lab, signer.name, configuration, listens(signer.address))
