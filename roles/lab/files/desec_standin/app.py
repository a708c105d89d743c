# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to a response: which endpoint, who asks, may they, not too often, then the endpoint's own work.

The order is the real server's, and clients can tell: an unknown domain is 404 before any limit counts the request, but a
method that does not exist is 405 only after.
"""

from __future__ import annotations

import re
import time
from typing import Callable

from . import auth, domains, rrsets, tokens
from .backend import Backend
from .errors import NOT_FOUND_PAGE, SERVER_ERROR_PAGE, ApiError, HangUpError, RolledBackError, detail, forbidden
from .model import Store, Token
from .publisher import Publisher
from .throttle import Throttle, throttled
from .view import Call, Request, Response, Service, Settings, View, authenticated

HTML = "text/html; charset=utf-8"
_ACCEPTED = frozenset(("*/*", "application/*", "application/json"))


def _root(call: Call) -> Response:
    base = f"{call.request.origin}{call.request.path}"
    if call.token is None:
        return Response(200, {"register": f"{base}auth/", "login": f"{base}auth/login/", "reset-password": f"{base}auth/account/reset-password/"})
    account = f"{base}auth/account/"
    return Response(200, {
        "account": {
            "show": account, "delete": f"{account}delete/", "change-email": f"{account}change-email/", "reset-password": f"{account}reset-password/",
        },
        "logout": f"{base}auth/logout/",
        "tokens": f"{base}auth/tokens/",
        "domains": f"{base}domains/",
    })  # fmt: skip


def _never(call: Call) -> None:
    """The list of all serials is for deSEC's own secondaries."""
    authenticated(call)
    raise forbidden("Inadmissible client IP.")


_VIEWS = (
    View(r"/", "GET, HEAD, OPTIONS", {"GET": _root}),
    View(r"/serials/", "GET, HEAD, OPTIONS", {}, _never),
    *auth.VIEWS,
    *tokens.VIEWS,
    *domains.VIEWS,
    *rrsets.VIEWS,
)


class App:
    """The API without its sockets. `clock`: seconds since 1970."""

    def __init__(self, settings: Settings, backend: Backend, throttle: Throttle | None = None, clock: Callable[[], float] = time.time) -> None:
        self.service = Service(settings, Store(clock), backend, Publisher(backend), throttle or Throttle())
        self._routes = [(re.compile(r"/api/v[12]" + view.path), view) for view in _VIEWS]

    def handle(self, request: Request) -> Response:
        """The answer to one request; raises HangUpError when there is to be none."""
        route = self._route(request.path)
        if route is None:
            if not request.path.endswith("/") and self._route(request.path + "/"):
                return Response(301, "", {"Location": request.path + "/"}, HTML)
            return Response(404, NOT_FOUND_PAGE, content_type=HTML)
        view, args = route
        try:
            return _finish(view, self._answer(view, args, request))
        except RolledBackError:
            return Response(500, SERVER_ERROR_PAGE, content_type=HTML)

    def _route(self, path: str) -> tuple[View, dict[str, str]] | None:
        for pattern, view in self._routes:
            match = pattern.fullmatch(path)
            if match:
                return view, match.groupdict()
        return None

    def _answer(self, view: View, args: dict[str, str], request: Request) -> Response:
        token: Token | None = None
        refusal: ApiError | None = None
        try:
            _negotiate(view, request)
            token = auth.authenticate(self.service.store, request)
        except ApiError as error:
            refusal = error
        self.service.counters.count(token, args.get("domain"), request.method)
        if refusal is None:
            call = Call(self.service, request, token, args)
            try:
                return self._dispatch(view, call)
            except ApiError as error:
                refusal = error
        return Response(refusal.status, refusal.body, refusal.headers)

    def _dispatch(self, view: View, call: Call) -> Response:
        if call.fault("hang_up"):
            raise HangUpError
        slow = call.fault("slow")
        try:
            view.admit(call)
            self._throttle(view, call)
            handler = view.methods.get("GET" if call.request.method == "HEAD" else call.request.method)
            if handler is None:
                raise detail(405, f'Method "{call.request.method}" not allowed.')
            return handler(call)
        finally:
            if slow:
                time.sleep(slow.seconds)

    def _throttle(self, view: View, call: Call) -> None:
        fault = call.fault("throttled")
        if fault:
            raise throttled(fault.retry_after)
        if call.token is not None:
            account = call.token.account
            self.service.throttle.admit(account.id, account.daily_limit, view.scope(call), self.service.store.seconds())


def _negotiate(view: View, request: Request) -> None:
    accept = request.headers.get("accept", "*/*")
    if view.text_type is None and not _ACCEPTED & {part.split(";")[0].strip() for part in accept.split(",")}:
        raise detail(406, "Could not satisfy the request Accept header.")


def _finish(view: View, response: Response) -> Response:
    headers = {**response.headers, "Allow": view.allow}
    if response.body is None or response.content_type is not None:
        return Response(response.status, response.body, headers, response.content_type)
    if view.text_type is not None and isinstance(response.body, dict):  # an error where text was asked for
        return Response(response.status, response.body["detail"], headers, "text/plain")
    return Response(response.status, response.body, headers, "application/json")
