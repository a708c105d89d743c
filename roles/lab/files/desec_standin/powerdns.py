# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PowerDNS Authoritative as the signer, through its HTTP API. Never touches a zone that it was not told to.

Four calls make a zone and two write to it: PowerDNS opens a connection and a transaction for each.
"""

from __future__ import annotations

import threading
from typing import Any, Sequence

import dns.exception
import dns.rdata
import dns.rdataclass
import requests

from .backend import BackendError, Change
from .records import SIGNER_TYPES

OWN_KEY_START = "257 3 13 "
SOA_NAMES = "get.desec.io. get.desec.io."
SOA_TIMERS = "86400 3600 2419200"
TIMEOUT = 20.0  # seconds


class PowerDNS:
    """`url` is that of the web server, without /api. `dnskey_ttl` becomes the SOA minimum: PowerDNS takes the TTL of DNSKEY,
    CDS and CDNSKEY from there. TTLs in seconds."""

    def __init__(self, url: str, api_key: str, dnskey_ttl: int, soa_ttl: int) -> None:
        self._server = f"{url.rstrip('/')}/api/v1/servers/localhost"
        self._zones = f"{self._server}/zones"
        self._headers = {"X-API-Key": api_key}
        self._dnskey_ttl = dnskey_ttl
        self._soa_ttl = soa_ttl
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy stands between the two
        self._turn = threading.Lock()  # PowerDNS on SQLite fails the second of two writes at once: "database is locked"
        self._checked = False

    def create_zone(self, zone: str, rrsets: Sequence[Change]) -> str:
        self._check_settings(zone)
        soa = Change(f"{zone}.", "SOA", self._soa_ttl, (f"{SOA_NAMES} 1 {SOA_TIMERS} {self._dnskey_ttl}",))
        self._call("POST", zone, self._zones, {
            "name": f"{zone}.", "kind": "Native", "nameservers": [], "rrsets": [self._rrset(change) for change in (soa, *rrsets)],
            "dnssec": True, "nsec3param": "1 0 0 -", "api_rectify": True, "soa_edit": "INCREMENT-WEEKS", "soa_edit_api": "DEFAULT",
        })  # fmt: skip
        try:
            self._call("POST", zone, self._url(zone, "/metadata"), {"kind": "PUBLISH-CDS", "metadata": ["2,4"]})
            self._call("POST", zone, self._url(zone, "/metadata"), {"kind": "PUBLISH-CDNSKEY", "metadata": ["1"]})
            return self._own_key(zone)
        except BackendError:
            self.delete_zone(zone)  # half a zone is worse than none
            raise

    def delete_zone(self, zone: str) -> None:
        self._call("DELETE", zone, self._url(zone), missing_is_fine=True)

    def write(self, zone: str, changes: Sequence[Change]) -> None:
        patch = [{**self._rrset(change), "changetype": "REPLACE" if change.records else "DELETE"} for change in changes]
        self._call("PATCH", zone, self._url(zone), {"rrsets": patch})
        self._read_back(zone, changes)

    def serial(self, zone: str) -> int:
        return int(self._call("GET", zone, self._url(zone, "?rrsets=false"))["serial"])

    def _rrset(self, change: Change) -> dict[str, object]:
        ttl = self._dnskey_ttl if change.type in SIGNER_TYPES else change.ttl
        records = [{"content": record, "disabled": False} for record in change.records]
        return {"name": change.name, "type": change.type, "ttl": ttl, "records": records}

    def _check_settings(self, zone: str) -> None:
        """Without direct-dnskey the API takes and shows added keys, and DNS never does: ask once, before anybody relies on it."""
        if self._checked:
            return
        settings = {setting["name"]: setting["value"] for setting in self._call("GET", zone, f"{self._server}/config")}
        if settings.get("direct-dnskey") != "yes":
            raise BackendError(f"{zone}: PowerDNS would not serve added DNSKEY, CDS and CDNSKEY; set direct-dnskey=yes in its configuration")
        self._checked = True

    def _url(self, zone: str, tail: str = "") -> str:
        return f"{self._zones}/{zone.replace('_', '=5F')}.{tail}"

    def _own_key(self, zone: str) -> str:
        keys = [str(key["dnskey"]) for key in self._call("GET", zone, self._url(zone, "/cryptokeys"))]
        if len(keys) != 1 or not keys[0].startswith(OWN_KEY_START):
            raise BackendError(
                f"{zone}: PowerDNS made the keys {[key[:12] for key in keys]} instead of one CSK of ECDSAP256SHA256 (257 3 13);"
                " check default-ksk-algorithm (ecdsa256) and default-zsk-algorithm (empty) in its configuration"
            )
        return keys[0]

    def _read_back(self, zone: str, changes: Sequence[Change]) -> None:
        """PowerDNS has been seen to answer 204 and publish nothing."""
        names = {change.name for change in changes}
        only = f"?rrset_name={next(iter(names))}" if len(names) == 1 else ""
        held = {(rrset["name"], rrset["type"]): rrset["records"] for rrset in self._call("GET", zone, self._url(zone, only))["rrsets"]}
        for change in changes:
            found = _rdata_set(change.type, [record["content"] for record in held.get((change.name, change.type), [])])
            expected = _rdata_set(change.type, change.records)
            if found != expected:
                raise BackendError(f"{zone}: PowerDNS holds {len(found)} records of {change.name} {change.type} after a write of {len(expected)}")

    def _call(self, method: str, zone: str, url: str, body: dict[str, object] | None = None, missing_is_fine: bool = False) -> Any:
        try:
            with self._turn:
                response = self._session.request(method, url, json=body, headers=self._headers, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise BackendError(f"{zone}: no answer from PowerDNS at {self._zones} ({type(error).__name__}); is it running?") from error
        if missing_is_fine and response.status_code == requests.codes.not_found:
            return None
        if not response.ok:
            raise BackendError(f"{zone}: PowerDNS refused {method} {url}: {response.status_code} {response.text[:300]}")
        return response.json() if response.content else None


def _rdata_set(type_: str, contents: Sequence[str]) -> frozenset[object]:
    """Records without regard to their spelling: PowerDNS has its own."""
    parsed: list[object] = []
    for content in contents:
        try:
            parsed.append(dns.rdata.from_text(dns.rdataclass.IN, type_, content).to_digestable())
        except dns.exception.DNSException:
            parsed.append(content)
    return frozenset(parsed)
