# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a request fails: the status, the body and the headers that the client gets. Never knows why a request failed."""

from __future__ import annotations

# What Django sends for an exception that nothing caught, and for a path that is no route.
SERVER_ERROR_PAGE = (
    '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Server Error (500)</title>\n</head>\n'
    "<body>\n  <h1>Server Error (500)</h1><p></p>\n</body>\n</html>\n"
)
NOT_FOUND_PAGE = (
    '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Not Found</title>\n</head>\n'
    "<body>\n  <h1>Not Found</h1><p>The requested resource was not found on this server.</p>\n</body>\n</html>\n"
)


class ApiError(Exception):
    """An answer that is not a success. `body` is what JSON can carry: deSEC's bodies come in six shapes."""

    def __init__(self, status: int, body: object, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers or {}


class RolledBackError(Exception):
    """The 500 that comes as HTML, without an Allow header: whatever the request wanted has been rolled back."""


class HangUpError(Exception):
    """The connection is to be closed without an answer."""


def detail(status: int, text: str, headers: dict[str, str] | None = None) -> ApiError:
    """The shape {"detail": "..."}."""
    return ApiError(status, {"detail": text}, headers)


def unauthorized(text: str) -> ApiError:
    return detail(401, text, {"WWW-Authenticate": "Token"})


def forbidden(text: str = "You do not have permission to perform this action.") -> ApiError:
    return detail(403, text)


def conflict(constraint: str, columns: str, values: str) -> ApiError:
    """409 as the database words it: somebody else was faster."""
    return detail(
        409, f'Conflict: duplicate key value violates unique constraint "{constraint}"\nDETAIL:  Key ({columns})=({values}) already exists.'
    )


def internal() -> ApiError:
    """The 500 that comes as JSON: the change may well be committed."""
    return detail(500, "Internal Server Error. We're on it!")


def invalid(body: object) -> ApiError:
    return ApiError(400, body)
