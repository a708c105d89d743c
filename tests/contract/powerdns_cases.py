# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases for a real PowerDNS on 127.53.3.1 and .2 port 53. Run by test_desec_powerdns.py; needs a private network.

The server runs as its users run it: its own process, a configuration file, HTTPS with a CA of its own, read back by DNS.
"""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import dns.dnssec
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.rrset
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from desec_standin.powerdns import PowerDNS
from desec_standin.view import Settings
from replay import Replay, load
from standin import NAME_SERVERS, Clock, StandIn
from unrecorded import ACCOUNTS, COLLISIONS, steps

SCHEMAS = (
    Path("/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"),
    Path("/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql"),
)
FILES = Path(__file__).resolve().parents[2] / "roles" / "lab" / "files"
SERVERS = ("127.53.3.1", "127.53.3.2")
API_KEY = "key-of-this-test"
POWERDNS_URL = "http://127.53.3.1:8081"
API = "https://127.53.3.10/api/v1"
CONTROL = "http://127.53.3.10:8443"
TOKEN = "token-of-this-test"
TTL = 7  # seconds: what the lab needs, and not what anybody would serve by default
ZSK = "256 3 13 x467Z3Dn9lyjk6P6lwpMT8X5K7Qx6ss2YXs0kiviwAq3+C3H7Ch3Fr6vDYMi9js3kpqIpZqaGAXvCNCARFA3Sw=="
KSK = "257 3 13 lAnO+eCEtidQYM6YLYutfzeSGiTrc1PR0uyE5e9UeNG2g7CFgN9h/zCtLvWSGgQjkgsZSINUQ/FvPb4utjk5Bg=="
KSK_CDS = "6084 13 2 c8803ad79bfa3a34e253f662e745115c42280a17fef4e77b2b1aa358cbd10709"


class PowerDNSServer:
    """A PowerDNS that can be stopped and started again; its zones outlive it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        schema = next((path for path in SCHEMAS if path.exists()), None)
        if schema is None:
            pytest.fail(f"PowerDNS's SQLite schema is in none of {[str(path) for path in SCHEMAS]}: apt-get install pdns-backend-sqlite3")
        with contextlib.closing(sqlite3.connect(folder / "pdns.db")) as database:
            database.executescript(schema.read_text())
        settings = {
            "launch": "gsqlite3", "gsqlite3-database": folder / "pdns.db", "gsqlite3-dnssec": "yes", "gsqlite3-pragma-synchronous": 0,
            "local-address": " ".join(SERVERS), "socket-dir": folder, "direct-dnskey": "yes", "webserver": "yes", "api": "yes",
            "api-key": API_KEY, "webserver-address": "127.53.3.1", "webserver-port": 8081, "webserver-allow-from": "127.0.0.0/8",
        }  # fmt: skip
        (folder / "pdns.conf").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["pdns_server", f"--config-dir={self._folder}", "--daemon=no", "--guardian=no"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )  # fmt: skip
        until(lambda: requests.get(f"{POWERDNS_URL}/api/v1/servers", headers={"X-API-Key": API_KEY}, timeout=5).ok)

    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)


def until(ready: Any) -> None:
    """Waits for a server to answer; a minute is more than any machine needs."""
    for _attempt in range(600):
        with contextlib.suppress(requests.ConnectionError):
            if ready():
                return
        time.sleep(0.1)
    pytest.fail("a server did not start within a minute")


@pytest.fixture(scope="module", name="powerdns")
def _powerdns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PowerDNSServer]:
    server = PowerDNSServer(tmp_path_factory.mktemp("pdns"))
    server.start()
    yield server
    server.stop()


@dataclass(frozen=True)
class Api:
    """The stand-in as a client sees it."""

    session: requests.Session

    def call(self, method: str, path: str, data: object = None) -> requests.Response:
        return self.session.request(method, f"{API}{path}", json=data, timeout=30)

    def control(self, method: str, path: str, data: object = None) -> Any:
        response = self.session.request(method, f"{CONTROL}{path}", json=data, timeout=30)
        response.raise_for_status()
        return response.json() if response.content else None

    def own_key(self, zone: str) -> dict[str, Any]:
        keys: list[dict[str, Any]] = self.call("GET", f"/domains/{zone}/").json()["keys"]
        return next(key for key in keys if key["managed"])


@pytest.fixture(scope="module", name="api")
def _api(powerdns: PowerDNSServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The stand-in as a process of its own, asked through HTTPS that is verified. It needs PowerDNS."""
    assert powerdns.runs()
    folder = tmp_path_factory.mktemp("standin")
    make_certificate(folder)
    (folder / "config.json").write_text(json.dumps({
        "listen": {"address": "127.53.3.10", "port": 443, "certificate": str(folder / "api.pem"), "key": str(folder / "api.key")},
        "control": {"port": 8443}, "powerdns": {"url": POWERDNS_URL, "api_key": API_KEY}, "name_servers": list(NAME_SERVERS),
        "ttl": {"minimum": 5, "dnskey": TTL, "name_servers": 20, "soa": 6}, "throttle": {"enabled": False},
        "accounts": [{"email": "owner@example.test", "tokens": [
            {"name": "all", "token": TOKEN, "perm_create_domain": True, "perm_delete_domain": True},
        ]}],
    }))  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "desec_standin", "--config", str(folder / "config.json")], env={**os.environ, "PYTHONPATH": str(FILES)}, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(folder / "api.pem")
        session.headers["Authorization"] = f"Token {TOKEN}"
        yield Api(session)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def make_certificate(folder: Path) -> None:
    """A certificate that vouches for itself, for the API's address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "deSEC stand-in")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.53.3.10"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "api.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    no_password = serialization.NoEncryption()
    (folder / "api.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))


@pytest.fixture(name="zone")
def _zone(api: Api, request: pytest.FixtureRequest) -> Iterator[str]:
    zone = f"{request.node.name.replace('_', '-')[:50].strip('-')}.example"
    assert api.call("POST", "/domains/", {"name": zone}).status_code == 201
    yield zone
    api.control("DELETE", "/faults")
    assert api.call("DELETE", f"/domains/{zone}/").status_code == 204


# --- asking


@dataclass(frozen=True)
class Served:
    """An RRset with its signature, as a server gave it."""

    ttl: int
    records: frozenset[str]
    rrset: dns.rrset.RRset | None
    signature: dns.rrset.RRset | None

    def valid_under(self, zone: str, keys: dns.rrset.RRset | None) -> bool:
        """Whether the signature verifies, and is the only one."""
        assert self.rrset is not None
        assert self.signature is not None
        assert keys is not None
        dns.dnssec.validate(self.rrset, self.signature, {dns.name.from_text(zone): keys})
        return len(self.signature) == 1


def canonical(type_: str, record: str) -> str:
    text = dns.rdata.from_text("IN", type_, record).to_text(chunksize=0)
    return text.lower() if type_ == "CDS" else text


def served(zone: str, type_: str, server: str = SERVERS[0], name: str | None = None) -> Served:
    query = dns.message.make_query(name or zone, type_, want_dnssec=True)
    answer = dns.query.tcp(query, server, timeout=10).answer
    rrset = next((found for found in answer if found.rdtype == dns.rdatatype.from_text(type_)), None)
    signature = next((found for found in answer if found.rdtype == dns.rdatatype.RRSIG), None)
    records = frozenset(canonical(type_, record.to_text()) for record in rrset or ())
    return Served(rrset.ttl if rrset else 0, records, rrset, signature)


# --- cases


def test_a_new_domain_is_signed_as_desec_signs(api: Api, zone: str) -> None:
    own = api.own_key(zone)
    for server in SERVERS:
        keys = served(zone, "DNSKEY", server)
        assert keys.records == {own["dnskey"]}
        assert own["dnskey"].startswith("257 3 13 ")
        assert served(zone, "CDS", server).records == set(own["ds"])
        assert [ds.split()[2] for ds in own["ds"]] == ["2", "4"]
        assert served(zone, "CDNSKEY", server).records == {own["dnskey"]}
        assert served(zone, "NSEC3PARAM", server).records == {"1 0 0 -"}
        assert served(zone, "NS", server).records == set(NAME_SERVERS)
        for type_ in ("DNSKEY", "CDS", "CDNSKEY", "NS", "SOA"):
            assert served(zone, type_, server).valid_under(zone, keys.rrset)


def test_ttls_are_those_of_the_configuration_whatever_a_client_asks_for(api: Api, zone: str) -> None:
    for type_, record in (("DNSKEY", KSK), ("CDS", KSK_CDS), ("CDNSKEY", KSK)):
        answer = api.call("POST", f"/domains/{zone}/rrsets/", {"subname": "", "type": type_, "ttl": 4000, "records": [record]})
        assert (answer.status_code, answer.json()["ttl"]) == (201, 4000)
        assert served(zone, type_).ttl == TTL
    assert served(zone, "NS").ttl == 20
    assert api.call("POST", f"/domains/{zone}/rrsets/", {"subname": "www", "type": "A", "ttl": 5, "records": ["192.0.2.1"]}).status_code == 201
    assert served(zone, "A", name=f"www.{zone}").ttl == 5
    assert api.call("GET", f"/domains/{zone}/").json()["minimum_ttl"] == 5


def test_a_foreign_key_is_served_beside_the_own_one_signed_by_the_own_one_alone(api: Api, zone: str) -> None:
    own = api.own_key(zone)
    keys_before = served(zone, "DNSKEY").rrset
    assert api.call("PATCH", f"/domains/{zone}/rrsets/", [{"subname": "", "type": "DNSKEY", "ttl": 3600, "records": [ZSK, KSK]}]).status_code == 200
    for server in SERVERS:
        keys = served(zone, "DNSKEY", server)
        assert keys.records == {own["dnskey"], ZSK, KSK}
        assert keys.valid_under(zone, keys_before)
    assert api.call("PATCH", f"/domains/{zone}/rrsets/@/DNSKEY/", {"records": [ZSK]}).status_code == 200
    assert served(zone, "DNSKEY").records == {own["dnskey"], ZSK}
    assert api.call("DELETE", f"/domains/{zone}/rrsets/@/DNSKEY/").status_code == 204
    assert served(zone, "DNSKEY").records == {own["dnskey"]}


def test_the_own_key_given_as_well_is_served_once_and_stays_when_it_is_taken_away(api: Api, zone: str) -> None:
    own = api.own_key(zone)["dnskey"]
    assert api.call("PATCH", f"/domains/{zone}/rrsets/", [{"subname": "", "type": "DNSKEY", "ttl": 3600, "records": [own, ZSK]}]).status_code == 200
    answer = dns.query.tcp(dns.message.make_query(zone, "DNSKEY"), SERVERS[0], timeout=10)
    assert [len(rrset) for rrset in answer.answer] == [2]
    assert api.call("PATCH", f"/domains/{zone}/rrsets/@/DNSKEY/", {"records": []}).status_code == 204
    assert served(zone, "DNSKEY").records == {own}


def test_added_cds_and_cdnskey_join_the_own_ones_which_cannot_be_withdrawn(api: Api, zone: str) -> None:
    own = api.own_key(zone)
    add = [{"subname": "", "type": "CDS", "ttl": 3600, "records": [KSK_CDS]}, {"subname": "", "type": "CDNSKEY", "ttl": 3600, "records": [KSK]}]
    assert api.call("PATCH", f"/domains/{zone}/rrsets/", add).status_code == 200
    assert served(zone, "CDS").records == {*own["ds"], KSK_CDS}
    assert served(zone, "CDNSKEY").records == {own["dnskey"], KSK}
    assert api.call("PATCH", f"/domains/{zone}/rrsets/@/CDS/", {"records": ["0 0 0 00"]}).status_code == 200
    assert served(zone, "CDS").records == {*own["ds"], "0 0 0 00"}  # the contradiction that deSEC serves
    for type_ in ("CDS", "CDNSKEY"):
        assert api.call("DELETE", f"/domains/{zone}/rrsets/@/{type_}/").status_code == 204
    assert served(zone, "CDS").records == set(own["ds"])
    assert served(zone, "CDNSKEY").records == {own["dnskey"]}


def test_an_identical_write_moves_no_serial_and_a_change_moves_it_once(api: Api, zone: str) -> None:
    def serial() -> int:
        return int(next(iter(served(zone, "SOA").records)).split()[2])

    change = [{"subname": "", "type": type_, "ttl": 3600, "records": [KSK]} for type_ in ("DNSKEY", "CDNSKEY")]
    before = serial()
    assert api.call("PATCH", f"/domains/{zone}/rrsets/", change).status_code == 200
    assert serial() == before + 1
    assert api.call("PATCH", f"/domains/{zone}/rrsets/", change).status_code == 200
    assert serial() == before + 1


def test_a_delayed_change_is_shown_by_the_api_and_served_later(api: Api, zone: str) -> None:
    own = api.own_key(zone)["dnskey"]
    api.control("POST", "/faults", {"kind": "publication_delay", "seconds": 3600, "domain": zone})
    assert api.call("PATCH", f"/domains/{zone}/rrsets/", [{"subname": "", "type": "DNSKEY", "ttl": 3600, "records": [ZSK]}]).status_code == 200
    assert api.call("GET", f"/domains/{zone}/rrsets/@/DNSKEY/").json()["records"] == [ZSK]
    assert served(zone, "DNSKEY").records == {own}
    assert api.control("POST", "/publication") == {"sent": 1}
    assert served(zone, "DNSKEY").records == {own, ZSK}


def test_with_powerdns_gone_nothing_is_written_and_the_answer_is_an_html_500(api: Api, zone: str, powerdns: PowerDNSServer) -> None:
    powerdns.stop()
    try:
        answer = api.call("PATCH", f"/domains/{zone}/rrsets/", [{"subname": "", "type": "DNSKEY", "ttl": 3600, "records": [ZSK]}])
        assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
        assert api.call("GET", f"/domains/{zone}/rrsets/@/DNSKEY/").status_code == 404
    finally:
        powerdns.start()
    assert served(zone, "DNSKEY").records == {api.own_key(zone)["dnskey"]}


def test_denial_of_existence_is_nsec3_below_records_that_came_later_too(api: Api, zone: str) -> None:
    assert api.call("POST", f"/domains/{zone}/rrsets/", {"subname": "a.b", "type": "A", "ttl": 60, "records": ["192.0.2.1"]}).status_code == 201
    for name, code in ((f"b.{zone}", "NOERROR"), (f"nothing.{zone}", "NXDOMAIN")):
        answer = dns.query.tcp(dns.message.make_query(name, "A", want_dnssec=True), SERVERS[0], timeout=10)
        assert answer.rcode() == dns.rcode.from_text(code)
        denials = [rrset for rrset in answer.authority if rrset.rdtype == dns.rdatatype.NSEC3]
        assert denials
        assert all((record.algorithm, record.iterations, record.salt) == (1, 0, b"") for rrset in denials for record in rrset)


def test_a_deleted_domain_is_served_no_more(api: Api) -> None:
    assert api.call("POST", "/domains/", {"name": "gone.example"}).status_code == 201
    assert api.call("DELETE", "/domains/gone.example/").status_code == 204
    answer = dns.query.tcp(dns.message.make_query("gone.example", "SOA"), SERVERS[0], timeout=10)
    assert (answer.rcode(), answer.answer) == (dns.rcode.REFUSED, [])


def test_a_hang_up_is_a_connection_that_ends_without_an_answer(api: Api, zone: str) -> None:
    api.control("POST", "/faults", {"kind": "hang_up", "domain": zone})
    with pytest.raises(requests.ConnectionError):
        api.call("PATCH", f"/domains/{zone}/rrsets/", [{"subname": "", "type": "DNSKEY", "ttl": 3600, "records": [ZSK]}])
    assert api.call("GET", f"/domains/{zone}/rrsets/@/DNSKEY/").status_code == 404


def test_a_client_that_does_not_trust_the_certificate_disturbs_nobody(api: Api, zone: str) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{API}/domains/", timeout=30)
    assert api.call("GET", f"/domains/{zone}/").status_code == 200


def test_the_requests_of_this_run_were_counted(api: Api, zone: str) -> None:
    api.control("DELETE", "/requests")
    api.call("GET", f"/domains/{zone}/")
    api.call("PATCH", f"/domains/{zone}/rrsets/", [])
    assert api.control("GET", "/requests")["requests"] == [{"account": "owner@example.test", "token": "all", "domain": zone, "reads": 1, "writes": 1}]


def test_every_recorded_exchange_agrees_with_powerdns_behind_it_too(powerdns: PowerDNSServer) -> None:
    assert powerdns.runs()

    def observe(zone: str, type_: str) -> tuple[int, set[str]]:
        found = served(zone, type_)
        return found.ttl, set(found.records)

    clock = Clock(time.time())
    standin = StandIn(PowerDNS(POWERDNS_URL, API_KEY, 3600, 300), clock, ACCOUNTS, Settings(NAME_SERVERS, local_public_suffixes=("dedyn.io",)))
    verdicts = Replay(standin, clock, observe, steps()).run(load(), COLLISIONS)
    different = [f"{verdict.n} ({verdict.case}): {'; '.join(verdict.differences)}" for verdict in verdicts if verdict.differences]
    print(f"{len(verdicts) - len(different)} of {len(verdicts)} recorded exchanges agree")
    assert not different, "\n".join(different)
