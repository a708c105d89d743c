# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration file, read once and checked whole. Its form is in the package's documentation. Never shows a secret."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Mapping

from .errors import ApiError
from .model import Account, Policy, Store, Token, new_id
from .tokens import token_settings
from .view import Settings


class ConfigError(Exception):
    """Says which part of the file is wrong, and what is expected there."""


@dataclass(frozen=True)
class Config:
    """Ports, files and what else the server needs before it can listen. `publication_delay` in seconds."""

    address: str
    port: int
    certificate: str
    key: str
    control_port: int
    powerdns_url: str
    powerdns_api_key: str
    publication_delay: float
    throttle_enabled: bool
    throttle_scale: float
    settings: Settings
    accounts: tuple[Mapping[str, Any], ...]


def load(path: str) -> Config:
    """Reads a configuration file; raises ConfigError."""
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return parse(data)


def parse(data: object) -> Config:
    """Checks a configuration; raises ConfigError."""
    top = _section("the file", data, "listen", "control", "powerdns", "name_servers", "accounts", optional={
        "ttl": {}, "throttle": {}, "publication_delay": 0, "local_public_suffixes": [],
    })  # fmt: skip
    listen = _section("listen", top["listen"], "address", "port", "certificate", "key")
    ttl = _section("ttl", top["ttl"], optional={"minimum": 3600, "dnskey": 3600, "name_servers": 3600, "soa": 300})
    throttle = _section("throttle", top["throttle"], optional={"enabled": True, "scale": 1.0})
    powerdns = _section("powerdns", top["powerdns"], "url", "api_key")
    return Config(
        listen["address"], listen["port"], listen["certificate"], listen["key"], _section("control", top["control"], "port")["port"],
        powerdns["url"], powerdns["api_key"], top["publication_delay"], throttle["enabled"], throttle["scale"],
        Settings(
            tuple(top["name_servers"]), ttl["minimum"], ttl["name_servers"], ttl["soa"], ttl["dnskey"], tuple(top["local_public_suffixes"]),
        ),
        tuple(top["accounts"]),
    )  # fmt: skip


def _section(name: str, data: object, *needed: str, optional: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """One object of the file with every value in place."""
    if not isinstance(data, dict):
        raise ConfigError(f"{name}: an object is expected")
    values = {**(optional or {}), **data}
    missing, unknown = set(needed) - set(data), set(data) - set(needed) - set(optional or {})
    if missing or unknown:
        problems = [f"{what}: {', '.join(sorted(names))}" for what, names in (("missing", missing), ("unknown", unknown)) if names]
        raise ConfigError(f"{name}: {'; '.join(problems)}")
    return values


def add_accounts(store: Store, accounts: tuple[Mapping[str, Any], ...]) -> None:
    """Makes the accounts and tokens of the configuration; raises ConfigError."""
    for number, data in enumerate(accounts):
        values = _section(
            f"accounts[{number}]", data, "email", "tokens", optional={"password": None, "limit_domains": None, "daily_limit": 2000, "active": True}
        )
        account = Account(
            new_id(), values["email"], store.tick(), values["password"], values["active"], values["limit_domains"], values["daily_limit"]
        )
        store.accounts.append(account)
        for token_data in values["tokens"]:
            store.tokens.append(_token(store, account, token_data))


_TOKEN_SETTINGS = (
    "perm_create_domain", "perm_delete_domain", "perm_manage_tokens", "auto_policy", "allowed_subnets", "max_age", "max_unused_period",
)  # fmt: skip


def _token(store: Store, account: Account, data: object) -> Token:
    values = _section(f"tokens of {account.email}", data, "name", "token", optional={**dict.fromkeys(_TOKEN_SETTINGS), "policies": []})
    token = Token(new_id(), account, values["token"], values["name"], store.tick())
    try:
        settings = token_settings({name: values[name] for name in _TOKEN_SETTINGS if values[name] is not None})
    except ApiError as error:
        raise ConfigError(f"token {values['name']} of {account.email}: {error.body}") from error
    for name, value in settings.items():
        setattr(token, name, value)
    for policy in values["policies"]:
        parts = _section(f"policies of token {values['name']}", policy, "domain", "subname", "type", optional={"perm_write": False})
        token.policies.append(Policy(new_id(), parts["domain"], parts["subname"], parts["type"], parts["perm_write"]))
    if token.policies and not token.policies[0].is_default:
        raise ConfigError(f"policies of token {values['name']}: the first policy must be the default one (domain, subname and type null)")
    return token
