# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints for tokens, their policies and the account. Never shows a token's value, but once: when it is made."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
from datetime import timedelta
from typing import Callable, Mapping

from .auth import new_secret, token_body
from .errors import ApiError, conflict, detail, forbidden, invalid
from .model import ALL_SUBNETS, Policy, Store, Token, moment, new_id
from .view import Call, Response, View

_DURATION = re.compile(r"(?:(?P<days>\d+) )?(?:(?:(?P<hours>\d+):)?(?P<minutes>\d+):)?(?P<seconds>\d+)(?:\.\d+)?")
_FLAGS = ("perm_create_domain", "perm_delete_domain", "perm_manage_tokens", "auto_policy")
_POLICY_FIELDS = ("domain", "subname", "type")


def _manages_tokens(call: Call) -> None:
    if not call.authenticated.perm_manage_tokens:
        raise forbidden()


def _manages_or_reads_itself(call: Call) -> None:
    """A token may read its own policies."""
    if not (call.is_read and call.authenticated.id == call.args["token"]):
        _manages_tokens(call)


def _find(call: Call) -> Token:
    for token in call.service.store.tokens_of(call.account):
        if token.id == call.args["token"]:
            return token
    raise detail(404, "No Token matches the given query.")


# --- tokens


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("Not a valid string.")
    if len(value) > 64:
        raise ValueError("Ensure this field has no more than 64 characters.")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("Must be a valid boolean.")
    return value


def parse_duration(value: object) -> timedelta | None:
    """[DD] [HH:[MM:]]ss, or a number of seconds as text; None stays None. ValueError says what is wrong."""
    if value is None:
        return None
    match = _DURATION.fullmatch(str(value))
    if match is None:
        raise ValueError("Duration has wrong format. Use one of these formats instead: [DD] [HH:[MM:]]ss[.uuuuuu].")
    return timedelta(**{unit: int(number) for unit, number in match.groupdict().items() if number})


def parse_subnets(value: object) -> tuple[str, ...]:
    """A list of networks in CIDR notation. ValueError says what is wrong."""
    if not isinstance(value, list):
        raise ValueError(f'Expected a list of items but got type "{type(value).__name__}".')
    return tuple(str(ipaddress.ip_network(str(subnet), strict=False)) for subnet in value)


_PARSERS: Mapping[str, Callable[[object], object]] = {
    "name": _text, "max_age": parse_duration, "max_unused_period": parse_duration, "allowed_subnets": parse_subnets,
    **dict.fromkeys(_FLAGS, _flag),
}  # fmt: skip


def token_settings(data: Mapping[str, object]) -> dict[str, object]:
    """The settings of a token in a request body; unknown names are ignored. Raises the 400."""
    settings: dict[str, object] = {}
    errors: dict[str, list[str]] = {}
    for name, parse in _PARSERS.items():
        if name in data:
            try:
                settings[name] = parse(data[name])
            except ValueError as error:
                errors[name] = [str(error)]
    if errors:
        raise invalid(errors)
    return settings


def _list_tokens(call: Call) -> Response:
    store = call.service.store
    return Response(200, [token_body(token, store.tick()) for token in store.tokens_of(call.account)])


def _create_token(call: Call) -> Response:
    store = call.service.store
    settings = token_settings(call.fields())
    token = Token(new_id(), call.account, new_secret(), "", store.tick())
    with store.lock:
        _apply(token, settings)
        store.tokens.append(token)
    return Response(201, {**token_body(token, store.tick()), "token": token.secret})


def _apply(token: Token, settings: Mapping[str, object]) -> None:
    for name, value in settings.items():
        setattr(token, name, value)
    if token.auto_policy and not token.policies:
        token.policies.append(Policy(new_id(), None, None, None, False))


def _show_token(call: Call) -> Response:
    return Response(200, token_body(_find(call), call.service.store.tick()))


def _change_token(call: Call) -> Response:
    token = _find(call)
    defaults: dict[str, object] = {}
    if call.request.method == "PUT":
        defaults = {"name": "", "max_age": None, "max_unused_period": None, "allowed_subnets": ALL_SUBNETS, **dict.fromkeys(_FLAGS, False)}
    settings = {**defaults, **token_settings(call.fields())}
    with call.service.store.lock:
        _apply(token, settings)
    return _show_token(call)


def _delete_token(call: Call) -> Response:
    store = call.service.store
    with store.lock:
        store.tokens[:] = [token for token in store.tokens if not (token.id == call.args["token"] and token.account is call.account)]
    return Response(204)


# --- policies


def _policy_body(policy: Policy) -> dict[str, object]:
    return {"id": policy.id, "domain": policy.domain, "subname": policy.subname, "type": policy.type, "perm_write": policy.perm_write}


def _find_policy(call: Call, token: Token) -> Policy:
    for policy in token.policies:
        if policy.id == call.args["policy"]:
            return policy
    raise detail(404, "No TokenDomainPolicy matches the given query.")


def _list_policies(call: Call) -> Response:
    policies = sorted(_find(call).policies, key=lambda policy: [(part is None, part or "") for part in policy.key])
    return Response(200, [_policy_body(policy) for policy in policies])


def _show_policy(call: Call) -> Response:
    return Response(200, _policy_body(_find_policy(call, _find(call))))


def _policy_fields(call: Call) -> dict[str, object]:
    data = call.fields()
    fields: dict[str, object] = {}
    errors: dict[str, list[str]] = {}
    for name in _POLICY_FIELDS:
        if name in data:
            value = data[name]
            if value is not None and not isinstance(value, str):
                errors[name] = ["Not a valid string."]
            fields[name] = value
        elif call.request.method != "PATCH":
            errors[name] = ["This field is required."]
    domain = fields.get("domain")
    if isinstance(domain, str) and not any(domain == own.name for own in call.service.store.domains_of(call.account)):
        errors["domain"] = [f"Object with name={domain} does not exist."]
    if "perm_write" in data:
        if not isinstance(data["perm_write"], bool):
            errors["perm_write"] = ["Must be a valid boolean."]
        fields["perm_write"] = data["perm_write"]
    if errors:
        raise invalid(errors)
    return fields


def _check_unique(store: Store, token: Token, policy: Policy) -> None:
    if any(other.key == policy.key and other.id != policy.id for other in token.policies):
        domain = store.domains.get(policy.domain or "")
        values = (token.id, domain.id if domain else "null", policy.subname or "", policy.type or "null")
        raise conflict("unique_policy", "token_id, domain_id, subname, type", ", ".join(str(value) for value in values))


def _precedence(text: str) -> ApiError:
    return invalid({"non_field_errors": [text]})


def _create_policy(call: Call) -> Response:
    token = _find(call)
    policy = dataclasses.replace(Policy(new_id(), None, None, None, False), **_policy_fields(call))  # type: ignore[arg-type]  # checked
    with call.service.store.lock:
        if not policy.is_default and not any(other.is_default for other in token.policies):
            raise _precedence("Policy precedence: The first policy must be the default policy.")
        _check_unique(call.service.store, token, policy)
        token.policies.append(policy)
    return Response(201, _policy_body(policy))


def _change_policy(call: Call) -> Response:
    token = _find(call)
    fields = _policy_fields(call)
    with call.service.store.lock:
        old = _find_policy(call, token)
        policy = dataclasses.replace(old, **fields)  # type: ignore[arg-type]  # checked
        if old.is_default != policy.is_default:
            raise _precedence("When using policies, there must be exactly one default policy.")
        _check_unique(call.service.store, token, policy)
        token.policies[token.policies.index(old)] = policy
    return Response(200, _policy_body(policy))


def _delete_policy(call: Call) -> Response:
    token = _find(call)
    with call.service.store.lock:
        policy = next((policy for policy in token.policies if policy.id == call.args["policy"]), None)
        if policy is not None and policy.is_default and len(token.policies) > 1:
            raise _precedence("Policy precedence: Can't delete default policy when there exist others.")
        if policy is not None:
            token.policies.remove(policy)
    return Response(204)


# --- the account


def _show_account(call: Call) -> Response:
    account = call.account
    return Response(200, {
        "created": moment(account.created),
        "domains_under_management": len(call.service.store.domains_of(account)),
        "email": account.email,
        "id": account.id,
        "limit_domains": account.limit_domains,
        "outreach_preference": True,
    })  # fmt: skip


_ONE_TOKEN = r"/auth/tokens/(?P<token>[0-9a-f-]{36})/"  # a pattern
_ITEM = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS"

VIEWS = (
    View(r"/auth/account/", "GET, PUT, PATCH, HEAD, OPTIONS", {"GET": _show_account}, _manages_tokens),
    View(r"/auth/tokens/", "GET, POST, HEAD, OPTIONS", {"GET": _list_tokens, "POST": _create_token}, _manages_tokens),
    View(
        _ONE_TOKEN, _ITEM, {"GET": _show_token, "PUT": _change_token, "PATCH": _change_token, "DELETE": _delete_token}, _manages_tokens,
    ),
    View(
        _ONE_TOKEN + r"policies/rrsets/", "GET, POST, HEAD, OPTIONS", {"GET": _list_policies, "POST": _create_policy}, _manages_or_reads_itself,
    ),
    View(
        _ONE_TOKEN + r"policies/rrsets/(?P<policy>[0-9a-f-]{36})/", _ITEM,
        {"GET": _show_policy, "PUT": _change_policy, "PATCH": _change_policy, "DELETE": _delete_policy}, _manages_or_reads_itself,
    ),
)  # fmt: skip
