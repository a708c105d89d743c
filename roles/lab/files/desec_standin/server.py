# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets: HTTPS for the API, plain HTTP for the control interface. Never decides what is answered."""

from __future__ import annotations

import json
import socketserver
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .app import App
from .control import Control
from .errors import HangUpError
from .view import Request, Response

IDLE_SECONDS = 120.0  # a client may keep its connection so long without asking anything


class _Handler(BaseHTTPRequestHandler):
    """What both interfaces share: connections that stay open, one send for an answer, no log."""

    protocol_version = "HTTP/1.1"
    server_version = "desec_standin"
    sys_version = ""
    timeout = IDLE_SECONDS
    wbufsize = -1  # headers and body leave in one packet
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the standard library's name
        """The log of a lab is for what goes wrong."""

    def read_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self) -> None:
        raise NotImplementedError

    def do_GET(self) -> None:  # the standard library's naming  # the standard library's naming
        self.answer()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815


class ApiHandler(_Handler):
    """One connection to the API. `app` and `scheme` are set by `api_handler`."""

    app: App
    scheme: str

    def answer(self) -> None:
        url = urlsplit(self.path)
        request = Request(
            self.command,
            unquote(url.path),
            parse_qsl(url.query, keep_blank_values=True),
            {name.lower(): value for name, value in self.headers.items()},
            self.read_body(),
            self.client_address[0],
            f"{self.scheme}://{self.headers.get('Host', 'localhost')}",
        )
        try:
            self._send(self.app.handle(request))
        except HangUpError:
            self.close_connection = True

    def _send(self, response: Response) -> None:
        body = b""
        if isinstance(response.body, str) and response.content_type != "application/json":
            body = response.body.encode("utf-8")
        elif response.body is not None:
            body = json.dumps(response.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        self.send_response(response.status)
        if response.content_type:
            self.send_header("Content-Type", response.content_type)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Vary", "origin")
        if response.status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class ControlHandler(_Handler):
    """One connection to the control interface."""

    control: Control

    def answer(self) -> None:
        status, data = self.control.handle(self.command, self.path, self.read_body())
        body = b"" if data is None else json.dumps(data, indent=1).encode("utf-8") + b"\n"
        self.send_response(status)
        if data is not None:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def api_handler(app: App, scheme: str) -> type[ApiHandler]:
    """The handler of a server of this application."""
    return type("BoundApiHandler", (ApiHandler,), {"app": app, "scheme": scheme})


def control_handler(control: Control) -> type[ControlHandler]:
    return type("BoundControlHandler", (ControlHandler,), {"control": control})


class Server(ThreadingHTTPServer):
    """A thread for each connection. With a TLS context the handshake is the thread's too, so that no client holds up others."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> None:
        self._context = context
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """As in the standard library, without the reverse look-up of the address: the lab may have no resolver yet."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def get_request(self) -> tuple[Any, Any]:
        connection, client = super().get_request()
        if self._context is not None:
            connection = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, client

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or does not trust the certificate, is its own business; anything else is a defect."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def tls_context(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    return context
