# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of more than 500 items come in pages that the Link header chains. Never reads more than one list."""

from __future__ import annotations

import base64
import binascii
from typing import Callable, Sequence, TypeVar
from urllib.parse import parse_qs, urlencode

from .errors import ApiError, detail
from .view import Request

PAGE_SIZE = 500
Item = TypeVar("Item")


def paginate(request: Request, items: Sequence[Item], position: Callable[[Item], str]) -> tuple[list[Item], dict[str, str]]:
    """One page of a list that is ordered by falling `position`, and the headers that go with it.

    Raises the 400 that points to the first page when the list is long and no cursor was given, and 404 for a bad cursor.
    """
    cursor = request.parameter("cursor")
    if cursor is None:
        if len(items) > PAGE_SIZE:
            raise _pagination_required(request, len(items))
        return list(items), {}
    start, backwards = _decode(cursor)
    page = _page(items, position, start, backwards)
    links = {"first": request.url_with(cursor="")}
    if page and position(page[0]) != position(items[0]):
        links["prev"] = request.url_with(cursor=_encode(position(page[0]), backwards=True))
    if page and position(page[-1]) != position(items[-1]):
        links["next"] = request.url_with(cursor=_encode(position(page[-1]), backwards=False))
    if len(links) == 1:
        return page, {}
    return page, {"Link": ", ".join(f'<{url}>; rel="{relation}"' for relation, url in links.items())}


def _page(items: Sequence[Item], position: Callable[[Item], str], start: str | None, backwards: bool) -> list[Item]:
    if start is None:
        return list(items[:PAGE_SIZE])
    if backwards:
        return [item for item in items if position(item) > start][-PAGE_SIZE:]
    return [item for item in items if position(item) < start][:PAGE_SIZE]


def _pagination_required(request: Request, count: int) -> ApiError:
    text = (
        f"Pagination required. You can query up to {PAGE_SIZE} items at a time ({count} total)."
        " Please use the `first` page link (see Link header)."
    )
    return detail(400, text, {"Link": f'<{request.url_with(cursor="")}>; rel="first"'})


def _encode(position: str, backwards: bool) -> str:
    query = {"r": "1", "p": position} if backwards else {"p": position}
    return base64.b64encode(urlencode(query).encode()).decode()


def _decode(cursor: str) -> tuple[str | None, bool]:
    try:
        query = parse_qs(base64.b64decode(cursor.encode("ascii"), validate=True).decode("ascii"))
    except (binascii.Error, UnicodeError) as error:
        raise detail(404, "Invalid cursor") from error
    return (query["p"][0] if "p" in query else None), "r" in query
