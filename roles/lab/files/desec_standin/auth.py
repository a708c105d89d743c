# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks: the Authorization header, and the endpoint that changes a password into a token. Never logs a token."""

from __future__ import annotations

import ipaddress
import secrets
from datetime import datetime, timedelta

from .errors import forbidden, invalid, unauthorized
from .model import Account, Store, Token, moment, new_id
from .view import Call, Request, Response, View

# No characters that are easily mistaken for one another.
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def new_secret() -> str:
    return "".join(secrets.choice(_ALPHABET) for _position in range(28))


def authenticate(store: Store, request: Request) -> Token | None:
    """The token of the request, None without one; raises the 401 that fits. Wrong, expired, from elsewhere: one text for all."""
    words = request.headers.get("authorization", "").split()
    if not words or words[0].lower() != "token":
        return None
    if len(words) == 1:
        raise unauthorized("Invalid token header. No credentials provided.")
    if len(words) > 2:
        raise unauthorized("Invalid token header. Token string should not contain spaces.")
    now = store.tick()
    with store.lock:
        token = next((token for token in store.tokens if secrets.compare_digest(token.secret.encode(), words[1].encode())), None)
        if token is None:
            raise unauthorized("Invalid token.")
        if not token.account.active:
            raise unauthorized("User inactive or deleted.")
        if not token.is_valid(now) or not _admits(token.allowed_subnets, request.client):
            raise unauthorized("Invalid token.")
        token.last_used = now
    return token


def _admits(subnets: tuple[str, ...], client: str) -> bool:
    address = ipaddress.ip_address(client)
    return any(address in ipaddress.ip_network(subnet) for subnet in subnets)


def token_body(token: Token, now: datetime) -> dict[str, object]:
    """A token as the API shows it, without its value."""
    return {
        "id": token.id,
        "created": moment(token.created),
        "last_used": moment(token.last_used),
        "owner": token.account.email,
        "user_override": None,
        "mfa": token.mfa,
        "max_age": duration_text(token.max_age),
        "max_unused_period": duration_text(token.max_unused_period),
        "name": token.name,
        "perm_create_domain": token.perm_create_domain,
        "perm_delete_domain": token.perm_delete_domain,
        "perm_manage_tokens": token.perm_manage_tokens,
        "allowed_subnets": list(token.allowed_subnets),
        "auto_policy": token.auto_policy,
        "is_valid": token.is_valid(now),
    }


def duration_text(value: timedelta | None) -> str | None:
    """[DD ]HH:MM:SS, as Django writes a duration."""
    if value is None:
        return None
    minutes, seconds = divmod(value.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days = f"{value.days} " if value.days else ""
    fraction = f".{value.microseconds:06d}" if value.microseconds else ""
    return f"{days}{hours:02d}:{minutes:02d}:{seconds:02d}{fraction}"


def _login(call: Call) -> Response:
    data = call.fields()
    missing = {name: ["This field is required."] for name in ("email", "password") if name not in data}
    if missing:
        raise invalid(missing)
    store = call.service.store
    with store.lock:
        account = _find_account(store, data["email"], data["password"])
        token = Token(
            new_id(), account, new_secret(), "", store.tick(), mfa=False, max_age=timedelta(days=7), max_unused_period=timedelta(hours=1),
            perm_create_domain=True, perm_delete_domain=True, perm_manage_tokens=True,
        )  # fmt: skip
        store.tokens.append(token)
        return Response(200, {**token_body(token, store.tick()), "token": token.secret})


def _find_account(store: Store, email: object, password: object) -> Account:
    for account in store.accounts:
        if account.active and account.email == email and account.password is not None and account.password == password:
            return account
    raise forbidden("Invalid username/password.")


VIEWS = (View(r"/auth/login/", "POST, OPTIONS", {"POST": _login}),)
