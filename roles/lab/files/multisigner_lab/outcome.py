# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab writes for those who use it: the inventory of the main job, and the environment of commands run inside."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Mapping, Sequence

from . import desec, powerdns, settings
from .daemons import program
from .settings import Lab, OwnSigner, Secret, SharedZone

_KINDS = {"knot": "Knot", "powerdns": "PowerDNS"}  # drivers whose server is not BIND
Value = object  # str, int, bool, list or mapping of such


def yaml_text(value: Value, indent: int = 0) -> str:
    """YAML for plain values: mappings in block form, lists and mappings inside lists in flow form (which is JSON)."""
    if not isinstance(value, Mapping):
        raise TypeError(f"not a mapping: {value!r}")
    lines = []
    pad = "  " * indent
    for key, item in value.items():
        if isinstance(item, Mapping) and item:
            lines.append(f"{pad}{key}:\n{yaml_text(item, indent + 1)}")
        elif isinstance(item, Sequence) and not isinstance(item, str):
            lines.append("\n".join([f"{pad}{key}:", *(f"{pad}  - {_flow(entry)}" for entry in item)]))
        else:
            lines.append(f"{pad}{key}: {_flow(item)}")
    return "\n".join(lines)


def _flow(value: Value) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return json.dumps(value)


def _tsig(key: Secret) -> dict[str, Value]:
    return {"name": key.name, "algorithm": key.algorithm, "secret": key.secret}


def _bind_signer(lab: Lab, signer: OwnSigner, key: Secret) -> dict[str, Value]:
    folder = lab.folder(signer.name)
    return {
        "multisigner_driver": signer.driver,
        "multisigner_servers": [signer.address],
        "multisigner_tsig": _tsig(key),
        "bind_signer_named_conf": str(folder / "named.conf"),
        "bind_signer_directory": str(folder / "multisigner"),
        "bind_signer_user": "root",
        "bind_signer_group": "root",
        "bind_signer_rndc": f"{program('rndc')} -c {folder}/rndc.conf",
        "bind_signer_dnskey_ttl": lab.ttl,
        **({"bind_signer_policy_options": lab.quick_policy} if signer.driver == "bind" else {}),
        "bind_signer_zones": {
            zone.name: {"file": str(lab.zone_file(signer, zone)), "algorithm": zone.algorithm, "new_keys": True, **({"csk": True} if zone.csk else {})}
            for zone in lab.zones_of(signer)
        },
        **_name_servers(lab, signer.name),
    }


def _knot_signer(lab: Lab, signer: OwnSigner, key: Secret) -> dict[str, Value]:
    folder = lab.folder(signer.name)
    return {
        "multisigner_driver": signer.driver,
        "multisigner_servers": [signer.address],
        "multisigner_tsig": _tsig(key),
        "knot_signer_knot_conf": str(folder / "knot.conf"),
        "knot_signer_directory": str(folder / "multisigner"),
        "knot_signer_user": "root",
        "knot_signer_group": "root",
        "knot_signer_dnskey_ttl": lab.ttl,
        # Knot's own default is an hour
        "knot_signer_policy_options": {"propagation-delay": 1},
        "knot_signer_zones": {zone.name: {"file": str(lab.zone_file(signer, zone)), "new_keys": True} for zone in lab.zones_of(signer)},
        **_name_servers(lab, signer.name),
    }


def _powerdns_signer(lab: Lab, signer: OwnSigner, key: Secret) -> dict[str, Value]:
    folder = lab.folder(signer.name)
    return {
        "multisigner_driver": signer.driver,
        "multisigner_servers": [signer.address],
        "multisigner_api_url": f"http://{signer.address}:{powerdns.API_PORT}/api/v1",
        "multisigner_api_token": key.secret,
        "powerdns_signer_include_dir": str(folder / "pdns.d"),
        "powerdns_signer_group": "root",
        "powerdns_signer_restart": str(folder / "restart"),
        "powerdns_signer_zones": {zone.name: {"new_keys": True} for zone in lab.zones_of(signer)},
        **_name_servers(lab, signer.name),
    }


def _own_signer(lab: Lab, signer: OwnSigner, key: Secret) -> dict[str, Value]:
    kinds = {"knot": _knot_signer, "powerdns": _powerdns_signer}
    return kinds.get(signer.driver, _bind_signer)(lab, signer, key)


def _name_servers(lab: Lab, signer: str) -> dict[str, Value]:
    return {"multisigner_ns": list(settings.NAME_SERVERS[signer])} if lab.manages_ns else {}


def _declared(zone: SharedZone, allow_mixed: bool) -> dict[str, Value]:
    allowed = {"allow_mixed_algorithms": True} if allow_mixed and zone.name == settings.MIXED else {}
    return {"name": zone.name, "parent": zone.parent, "signers": list(zone.signers), **allowed}


def write_inventory(lab: Lab, signer_keys: Mapping[str, Secret], registry_key: Secret, tokens: desec.Tokens) -> None:
    """The inventory as an operator writes it (a host's variables beside it), and the same zones with the mixed one allowed."""
    signers: dict[str, Value] = {
        signer.name: _own_signer(lab, signer, signer_keys[signer.name]) for signer in lab.own_signers
    }
    signers[settings.DESEC] = {
        "multisigner_driver": "desec",
        "multisigner_servers": [name.rstrip(".") for name in settings.DESEC_NAMES],
        "multisigner_api_url": settings.DESEC_URL,
        "multisigner_api_token": tokens.multisigner,
        "multisigner_api_ca_file": str(lab.ca_file),
        **_name_servers(lab, settings.DESEC),
    }
    servers: Value = [settings.REGISTRY, settings.REGISTRY_SECONDARY]
    parents: dict[str, Value] = {
        "example_registry": {
            "multisigner_channel": "nsupdate",
            "multisigner_servers": servers,
            "multisigner_tsig": _tsig(registry_key),
            "multisigner_ds_ttl": lab.ttl,
        },
        "registry_form": {
            "multisigner_channel": "export",
            "multisigner_servers": servers,
            "multisigner_ds_ttl": lab.ttl,
            "multisigner_export_dir": str(lab.directory / "export"),
        },
    }
    everywhere = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "multisigner_trust_anchor_file": str(lab.trust_anchor),
        "multisigner_max_ttl": lab.ttl,
        "multisigner_journal": str(lab.journal),
        "multisigner_zones": [_declared(zone, allow_mixed=False) for zone in lab.zones],
    }
    named = {zone.parent for zone in lab.zones}
    used = {name: parent for name, parent in parents.items() if name in named}
    if lab.cds:
        used["scanning_registry"] = {"multisigner_channel": "cds", "multisigner_servers": servers}
    children = {"signers": {"hosts": signers}, "parents": {"hosts": used}}
    _write_private(lab.inventory, yaml_text({"all": {"vars": everywhere, "children": children}}) + "\n")
    allowed = {"multisigner_zones": [_declared(zone, allow_mixed=True) for zone in lab.zones]}
    _write_private(lab.mixed_allowed, yaml_text(allowed) + "\n")
    _write_private(lab.registry_key, f'key "{registry_key.name}" {{ algorithm {registry_key.algorithm}; secret "{registry_key.secret}"; }};\n')


def environment(lab: Lab, tokens: desec.Tokens) -> dict[str, str]:
    """The variables that commands inside find the lab by."""
    return {
        "LAB_DIR": str(lab.directory),
        "LAB_INVENTORY": str(lab.inventory),
        "LAB_MIXED_ALLOWED": str(lab.mixed_allowed),
        "LAB_ZONE": lab.named_zones[0].name,
        "LAB_ZONES": ",".join(zone.name for zone in lab.named_zones),
        "LAB_TTL": str(lab.ttl),
        "LAB_RESOLVER": settings.UNBOUND,
        "LAB_RESOLVERS": f"{settings.UNBOUND},{settings.RECURSOR}",
        "LAB_ROOT_HINTS": str(lab.root_hints),
        "LAB_TRUST_ANCHOR": str(lab.trust_anchor),
        "LAB_PARENT": settings.REGISTRY,
        "LAB_REGISTRY_KEY": str(lab.registry_key),
        "LAB_SIGNERS": f"ns1={settings.NS1},desec={settings.DESEC_1}",
        "LAB_DESEC_URL": settings.DESEC_URL,
        "LAB_DESEC_TOKEN": tokens.multisigner,
        "LAB_DESEC_OWNER_TOKEN": tokens.owner,
        "LAB_DESEC_CONTROL_URL": desec.CONTROL_URL,
        "LAB_CA": str(lab.ca_file),
    }


def _shown_signers(zone: SharedZone) -> str:
    return " + ".join("deSEC" if name == settings.DESEC else f"{name} {zone.algorithm}" for name in zone.signers)


def overview(lab: Lab) -> list[str]:
    """Lines for a person: what is where."""
    signers = ", ".join(f"{signer.name} {signer.address} ({_KINDS.get(signer.driver, 'BIND')})" for signer in lab.own_signers)
    named = ", ".join(f"{zone.name} ({_shown_signers(zone)})" for zone in lab.named_zones)
    extra = f", and {lab.extra_zones} small ones" if lab.extra_zones else ""
    return [
        f"root {settings.ROOT}, registry of {settings.TLD} {settings.REGISTRY} and {settings.REGISTRY_SECONDARY} (BIND)",
        f"signers: {signers}, deSEC {settings.DESEC_1}, {settings.DESEC_2} (PowerDNS), API {settings.DESEC_URL}",
        f"validating resolvers: unbound {settings.UNBOUND}, PowerDNS Recursor {settings.RECURSOR}",
        f"zones: {named}{extra}; every TTL is {lab.ttl} s",
        f"files and logs: {lab.directory}",
    ]


def write_environment(lab: Lab, tokens: desec.Tokens) -> None:
    """LAB_DIR/environment, for a shell to read."""
    lines = (f"export {name}={shlex.quote(value)}" for name, value in environment(lab, tokens).items())
    _write_private(lab.directory / "environment", "\n".join(lines) + "\n")


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
