# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every stand-in for a provider's API has in common that takes the place of the transport: nothing leaves the process."""
from __future__ import annotations

import io
from typing import Mapping

import pytest
import requests
import urllib3


def mount(monkeypatch: pytest.MonkeyPatch, transport: requests.adapters.BaseAdapter) -> None:
    """Has every session made from now on send by *transport*."""
    make_session = requests.Session

    def session() -> requests.Session:
        made = make_session()
        made.mount('https://', transport)
        return made

    monkeypatch.setattr(requests, 'Session', session)


def answered(request: requests.PreparedRequest, status: int, headers: Mapping[str, str], content: bytes) -> requests.Response:
    response = requests.Response()
    response.request = request
    response.status_code = status
    response.headers.update(headers)
    response.raw = urllib3.HTTPResponse(io.BytesIO(content), preload_content=False)
    return response
