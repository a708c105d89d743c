# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking the APIs of signers for their own keys: one client for each API and token, made when it is first needed."""
from __future__ import annotations

from .dnskey import DNSKEY
from .drivers import CLIENTS
from .errors import MultisignerError
from .group import Api, Signer
from .json_api import REQUESTS_IMPORT_ERROR
from .signers.api import ApiSigner

API_TIMEOUT = 30.0  # seconds for one answer
MAX_WAIT = 120.0  # seconds of patience with a provider that throttles, for the whole run


class ApiKeys:
    """The one question that observing asks of an API."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, Api], ApiSigner] = {}

    def own_keys(self, signer: Signer, zone: str) -> frozenset[DNSKEY]:
        """The signer's own keys of *zone* that sign, by its API. Raises MultisignerError."""
        if signer.api is None:
            return frozenset()
        client = (signer.driver, signer.api)
        if client not in self._clients:
            self._clients[client] = client_of(signer.driver, signer.api, MAX_WAIT)
        hosted = self._clients[client].hosted(zone)
        return frozenset(hosted.own) - hosted.idle


def client_of(driver: str, api: Api, max_wait: float) -> ApiSigner:
    """*max_wait*: seconds of patience with a provider that throttles. Raises MultisignerError for what cannot work."""
    if REQUESTS_IMPORT_ERROR is not None:
        raise MultisignerError('the Python library requests is missing', remedy='Install it where this module runs: pip install requests')
    options = {
        'api_url': api.url, 'api_token': api.token, 'ca_file': api.ca_file, 'timeout': API_TIMEOUT, 'use_proxy': api.use_proxy, 'max_wait': max_wait,
    }
    return CLIENTS[driver].from_options(options)
