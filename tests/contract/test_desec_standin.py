# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the stand-in does beyond what was recorded: its own door for the lab, armed faults, limits that can be set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from desec_standin.backend import BackendError, Change
from desec_standin.config import ConfigError, load, parse
from desec_standin.errors import HangUpError
from desec_standin.powerdns import PowerDNS
from desec_standin.view import Request, Settings
from standin import NAME_SERVERS, Clock, MemorySigner, StandIn

ZONE = "shop.example"
RRSETS = f"/api/v1/domains/{ZONE}/rrsets/"
DNSKEY = f"{RRSETS}@/DNSKEY/"
ZSK = "256 3 13 x467Z3Dn9lyjk6P6lwpMT8X5K7Qx6ss2YXs0kiviwAq3+C3H7Ch3Fr6vDYMi9js3kpqIpZqaGAXvCNCARFA3Sw=="
KSK = "257 3 13 lAnO+eCEtidQYM6YLYutfzeSGiTrc1PR0uyE5e9UeNG2g7CFgN9h/zCtLvWSGgQjkgsZSINUQ/FvPb4utjk5Bg=="
ADD_ZSK = [{"subname": "", "type": "DNSKEY", "ttl": 3600, "records": [ZSK]}]
SERVER_TOKEN, SCOPED_TOKEN = "everything-and-more", "dnskey-of-shop-only"
ACCOUNTS: list[dict[str, Any]] = [
    {
        "email": "owner@example.test",
        "tokens": [
            {"name": "all", "token": SERVER_TOKEN, "perm_create_domain": True, "perm_delete_domain": True, "perm_manage_tokens": True},
            {
                "name": "scoped", "token": SCOPED_TOKEN, "policies": [
                    {"domain": None, "subname": None, "type": None}, {"domain": ZONE, "subname": "", "type": "DNSKEY", "perm_write": True},
                ],
            },
        ],
    },
]  # fmt: skip


@pytest.fixture(name="signer")
def _signer() -> MemorySigner:
    return MemorySigner()


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock(1795330454.0)


@pytest.fixture(name="standin")
def _standin(signer: MemorySigner, clock: Clock) -> StandIn:
    standin = StandIn(signer, clock, ACCOUNTS, Settings(NAME_SERVERS))
    assert standin.ask("POST", "/api/v1/domains/", SERVER_TOKEN, {"name": ZONE}).status == 201
    standin.tell("DELETE", "/requests")
    return standin


def added_keys(standin: StandIn) -> list[str]:
    """What the API shows as the users' DNSKEY records."""
    answer = standin.ask("GET", DNSKEY, SERVER_TOKEN)
    return list(answer.body["records"]) if answer.status == 200 else []


# --- counting


def test_reads_and_writes_are_counted_apart_for_each_token_and_domain(standin: StandIn) -> None:
    standin.ask("GET", f"/api/v1/domains/{ZONE}/", SCOPED_TOKEN)
    standin.ask("PATCH", RRSETS, SCOPED_TOKEN, ADD_ZSK)
    standin.ask("GET", "/api/v1/domains/", SERVER_TOKEN)
    assert standin.tell("GET", "/requests") == {
        "reads": 2,
        "writes": 1,
        "requests": [
            {"account": "owner@example.test", "token": "all", "domain": None, "reads": 1, "writes": 0},
            {"account": "owner@example.test", "token": "scoped", "domain": ZONE, "reads": 1, "writes": 1},
        ],
    }


def test_refused_writes_count_too(standin: StandIn) -> None:
    standin.ask("PATCH", RRSETS, "wrong", ADD_ZSK)
    standin.ask("PATCH", RRSETS, SERVER_TOKEN, {"not": "a list"})
    assert standin.tell("GET", "/requests")["writes"] == 2


def test_a_reset_starts_from_zero(standin: StandIn) -> None:
    standin.ask("PATCH", RRSETS, SERVER_TOKEN, ADD_ZSK)
    standin.tell("DELETE", "/requests")
    assert standin.tell("GET", "/requests") == {"reads": 0, "writes": 0, "requests": []}


def test_no_answer_of_the_control_interface_holds_a_token(standin: StandIn) -> None:
    standin.ask("PATCH", RRSETS, SCOPED_TOKEN, ADD_ZSK)
    shown = json.dumps([standin.tell("GET", path) for path in ("/requests", "/faults", "/settings")])
    assert SCOPED_TOKEN not in shown
    assert SCOPED_TOKEN not in repr(standin.token(SCOPED_TOKEN))


def test_the_control_interface_is_not_reachable_through_the_api(standin: StandIn) -> None:
    for path in ("/requests", "/faults", "/settings", "/api/v1/faults/"):
        assert standin.ask("GET", path, SERVER_TOKEN).status == 404


# --- faults


def test_a_fault_hits_as_often_as_it_was_armed_for(standin: StandIn) -> None:
    standin.tell("POST", "/faults", {"kind": "throttled", "times": 2, "retry_after": 7})
    answers = [standin.ask("GET", RRSETS, SERVER_TOKEN) for _attempt in range(3)]
    assert [answer.status for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert answers[0].body == {"detail": "Request was throttled. Expected available in 7 seconds."}


def test_a_fault_without_an_end_hits_until_it_is_cleared(standin: StandIn) -> None:
    standin.tell("POST", "/faults", {"kind": "throttled", "times": None})
    assert {standin.ask("GET", RRSETS, SERVER_TOKEN).status for _attempt in range(5)} == {429}
    standin.tell("DELETE", "/faults")
    assert standin.ask("GET", RRSETS, SERVER_TOKEN).status == 200


def test_a_429_can_come_without_retry_after(standin: StandIn) -> None:
    standin.tell("POST", "/faults", {"kind": "throttled"})
    answer = standin.ask("GET", RRSETS, SERVER_TOKEN)
    assert (answer.status, answer.body) == (429, {"detail": "Request was throttled."})
    assert "Retry-After" not in answer.headers


def test_a_fault_can_be_limited_to_a_domain_and_to_methods(standin: StandIn) -> None:
    standin.ask("POST", "/api/v1/domains/", SERVER_TOKEN, {"name": "talk.example"})
    standin.tell("POST", "/faults", {"kind": "throttled", "domain": "talk.example", "methods": ["PATCH"]})
    assert standin.ask("PATCH", RRSETS, SERVER_TOKEN, []).status == 200
    assert standin.ask("GET", "/api/v1/domains/talk.example/rrsets/", SERVER_TOKEN).status == 200
    assert standin.ask("PATCH", "/api/v1/domains/talk.example/rrsets/", SERVER_TOKEN, []).status == 429


def test_with_the_public_server_down_the_change_is_committed_behind_a_json_500(standin: StandIn) -> None:
    standin.tell("POST", "/faults", {"kind": "public_server_down"})
    answer = standin.ask("PATCH", RRSETS, SERVER_TOKEN, ADD_ZSK)
    assert (answer.status, answer.headers["Content-Type"]) == (500, "application/json")
    assert added_keys(standin) == [ZSK]


def test_with_the_signer_down_the_change_is_rolled_back_behind_an_html_500(standin: StandIn, signer: MemorySigner) -> None:
    standin.tell("POST", "/faults", {"kind": "signer_down"})
    answer = standin.ask("PATCH", RRSETS, SERVER_TOKEN, ADD_ZSK)
    assert (answer.status, answer.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert added_keys(standin) == []
    assert ZSK not in signer.served(ZONE, "DNSKEY")[1]


def test_a_lost_update_is_answered_like_a_good_one_and_is_nowhere(standin: StandIn, signer: MemorySigner) -> None:
    standin.tell("POST", "/faults", {"kind": "lost_update"})
    answer = standin.ask("PATCH", RRSETS, SERVER_TOKEN, ADD_ZSK)
    assert (answer.status, answer.body[0]["records"]) == (200, [ZSK])
    assert added_keys(standin) == []
    assert ZSK not in signer.served(ZONE, "DNSKEY")[1]


def test_of_two_simultaneous_changes_to_a_key_set_one_is_lost(standin: StandIn) -> None:
    standin.ask("PATCH", RRSETS, SERVER_TOKEN, [{**ADD_ZSK[0], "records": [ZSK, KSK]}])

    def wish(*records: str) -> Any:
        return lambda: standin.ask("PATCH", DNSKEY, SERVER_TOKEN, {"records": list(records)})

    answers = standin.together(wish(ZSK), wish(ZSK, KSK))
    assert [answer.status for answer in answers] == [200, 200]
    assert added_keys(standin) == [ZSK]  # the later one wanted both, and had read that both were there


def test_a_hang_up_ends_the_connection_and_does_nothing(standin: StandIn) -> None:
    standin.tell("POST", "/faults", {"kind": "hang_up"})
    request = Request("PATCH", RRSETS, headers={"authorization": f"Token {SERVER_TOKEN}"}, body=json.dumps(ADD_ZSK).encode())
    with pytest.raises(HangUpError):
        standin.app.handle(request)
    assert added_keys(standin) == []


def test_a_slow_answer_comes_after_its_work_is_done(standin: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, list[str]]] = []
    monkeypatch.setattr("desec_standin.app.time.sleep", lambda seconds: seen.append((seconds, added_keys(standin))))
    standin.tell("POST", "/faults", {"kind": "slow", "seconds": 45})
    assert standin.ask("PATCH", RRSETS, SERVER_TOKEN, ADD_ZSK).status == 200
    assert seen == [(45.0, [ZSK])]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"kind": "earthquake"}, "kind must be one of"),
        ({"kind": "throttled", "times": 0}, "times must be a number from 1"),
        ({"kind": "collide"}, "collide needs times"),
        ({"kind": "slow"}, "slow needs seconds"),
        ({"kind": "throttled", "time": 1}, "unknown: time"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(standin: StandIn, fault: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        standin.tell("POST", "/faults", fault)


# --- publication


def test_what_waits_for_its_delay_is_shown_by_the_api_and_not_by_dns(standin: StandIn, signer: MemorySigner) -> None:
    standin.tell("PATCH", "/settings", {"publication_delay": 3600})
    standin.ask("PATCH", RRSETS, SERVER_TOKEN, ADD_ZSK)
    standin.ask("PATCH", DNSKEY, SERVER_TOKEN, {"records": [ZSK, KSK]})
    assert sorted(added_keys(standin)) == [ZSK, KSK]
    assert standin.tell("GET", "/settings")["pending"] == 2
    assert signer.served(ZONE, "DNSKEY")[1] == {signer.keys[ZONE]}
    assert standin.tell("POST", "/publication") == {"sent": 2}
    assert signer.served(ZONE, "DNSKEY")[1] == {signer.keys[ZONE], ZSK, KSK}
    assert standin.tell("GET", "/settings")["pending"] == 0


def test_a_change_never_overtakes_one_that_waits(standin: StandIn, signer: MemorySigner) -> None:
    standin.tell("POST", "/faults", {"kind": "publication_delay", "seconds": 3600})
    standin.ask("PATCH", RRSETS, SERVER_TOKEN, ADD_ZSK)
    standin.ask("PATCH", DNSKEY, SERVER_TOKEN, {"records": [KSK]})  # without a delay of its own
    assert signer.served(ZONE, "DNSKEY")[1] == {signer.keys[ZONE]}
    standin.tell("POST", "/publication")
    assert signer.served(ZONE, "DNSKEY")[1] == {signer.keys[ZONE], KSK}


def test_an_identical_write_is_not_published(standin: StandIn, signer: MemorySigner) -> None:
    standin.ask("PATCH", RRSETS, SERVER_TOKEN, ADD_ZSK)
    serial = signer.serial(ZONE)
    assert standin.ask("PATCH", RRSETS, SERVER_TOKEN, ADD_ZSK).status == 200
    assert signer.serial(ZONE) == serial


def test_what_the_signer_refuses_is_not_written(standin: StandIn, signer: MemorySigner, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(zone: str, _changes: list[Change]) -> None:
        raise BackendError(f"{zone}: no room")

    monkeypatch.setattr(signer, "write", refuse)
    assert standin.ask("PATCH", RRSETS, SERVER_TOKEN, ADD_ZSK).status == 500
    assert added_keys(standin) == []
    assert standin.ask("POST", "/api/v1/domains/", SERVER_TOKEN, {"name": "other.example"}).status == 500
    assert standin.ask("GET", "/api/v1/domains/other.example/", SERVER_TOKEN).status == 404


# --- limits


def test_the_limits_can_be_scaled(standin: StandIn) -> None:
    standin.tell("PATCH", "/settings", {"throttle": {"enabled": True, "scale": 3}})
    statuses = [standin.ask("PATCH", RRSETS, SERVER_TOKEN, []).status for _attempt in range(7)]
    assert statuses == [200] * 6 + [429]  # instead of two a second


def test_the_limits_can_be_lifted(standin: StandIn) -> None:
    standin.tell("PATCH", "/settings", {"throttle": {"enabled": False}})
    assert {standin.ask("PATCH", RRSETS, SERVER_TOKEN, []).status for _attempt in range(30)} == {200}


def test_a_window_slides(standin: StandIn, clock: Clock) -> None:
    standin.tell("PATCH", "/settings", {"throttle": {"enabled": True}})
    assert [standin.ask("PATCH", RRSETS, SERVER_TOKEN, []).status for _attempt in range(3)] == [200, 200, 429]
    clock.advance(1.1)
    assert standin.ask("PATCH", RRSETS, SERVER_TOKEN, []).status == 200


# --- rights


def test_a_token_with_policies_may_write_what_they_allow_and_nothing_else(standin: StandIn) -> None:
    assert standin.ask("PATCH", RRSETS, SCOPED_TOKEN, ADD_ZSK).status == 200
    mixed = [{**ADD_ZSK[0], "records": [KSK]}, {"subname": "", "type": "NS", "records": ["ns.example."]}]
    answer = standin.ask("PATCH", RRSETS, SCOPED_TOKEN, mixed)
    assert (answer.status, answer.body) == (403, {"detail": "Insufficient token permissions."})
    assert added_keys(standin) == [ZSK]  # a list with one denied item fails whole


def test_policies_begin_and_end_with_the_default_one(standin: StandIn) -> None:
    token = standin.ask("POST", "/api/v1/auth/tokens/", SERVER_TOKEN, {"name": "new"}).body
    policies = f"/api/v1/auth/tokens/{token['id']}/policies/rrsets/"
    allow = {"domain": ZONE, "subname": "", "type": "DNSKEY", "perm_write": True}
    too_early = standin.ask("POST", policies, SERVER_TOKEN, allow)
    assert (too_early.status, too_early.body["non_field_errors"]) == (400, ["Policy precedence: The first policy must be the default policy."])
    default = standin.ask("POST", policies, SERVER_TOKEN, {"domain": None, "subname": None, "type": None}).body
    allowed = standin.ask("POST", policies, SERVER_TOKEN, allow).body
    assert standin.ask("DELETE", f"{policies}{default['id']}/", SERVER_TOKEN).status == 400
    assert standin.ask("PATCH", RRSETS, token["token"], ADD_ZSK).status == 200
    assert standin.ask("PATCH", f"{policies}{allowed['id']}/", SERVER_TOKEN, {"perm_write": False}).body == {**allowed, "perm_write": False}
    assert standin.ask("PATCH", RRSETS, token["token"], [{**ADD_ZSK[0], "records": [KSK]}]).status == 403
    for policy in (allowed, default):
        assert standin.ask("DELETE", f"{policies}{policy['id']}/", SERVER_TOKEN).status == 204
    assert standin.ask("GET", policies, SERVER_TOKEN).body == []


def test_of_the_policies_that_fit_the_most_specific_one_decides(standin: StandIn) -> None:
    token = standin.ask("POST", "/api/v1/auth/tokens/", SERVER_TOKEN, {"name": "new"}).body
    for policy in ((None, None, None, True), (ZONE, None, None, False), (ZONE, "", "DNSKEY", True), (None, "", "DNSKEY", False)):
        data = dict(zip(("domain", "subname", "type", "perm_write"), policy))
        assert standin.ask("POST", f"/api/v1/auth/tokens/{token['id']}/policies/rrsets/", SERVER_TOKEN, data).status == 201
    assert standin.ask("PATCH", RRSETS, token["token"], ADD_ZSK).status == 200
    assert standin.ask("PATCH", RRSETS, token["token"], [{"subname": "", "type": "NS", "records": []}]).status == 403


# --- the signer


class ScriptedPowerDNS(PowerDNS):
    """PowerDNS's answers by method and end of the URL; everything else is answered with nothing."""

    def __init__(self, **answers: Any) -> None:
        super().__init__("http://127.53.3.1:8081", "key", 3600, 300)
        self.answers = {"config": [{"name": "direct-dnskey", "value": "yes"}], "cryptokeys": [{"dnskey": KSK}], "rrsets": {"rrsets": []}, **answers}
        self.calls: list[tuple[str, str]] = []

    def _call(self, method: str, zone: str, url: str, body: dict[str, object] | None = None, missing_is_fine: bool = False) -> Any:
        self.calls.append((method, url))
        if method != "GET":
            return None
        return next(answer for name, answer in self.answers.items() if url.endswith(name) or name == "rrsets")


def test_a_write_that_powerdns_did_not_keep_is_an_error() -> None:
    change = Change(f"{ZONE}.", "DNSKEY", 3600, (ZSK,))
    with pytest.raises(BackendError, match=r"holds 0 records of shop\.example\. DNSKEY after a write of 1"):
        ScriptedPowerDNS().write(ZONE, [change])
    kept = {"rrsets": [{"name": f"{ZONE}.", "type": "DNSKEY", "records": [{"content": ZSK}]}]}
    ScriptedPowerDNS(rrsets=kept).write(ZONE, [change])


def test_a_powerdns_that_would_not_serve_added_keys_gets_no_zone() -> None:
    powerdns = ScriptedPowerDNS(config=[{"name": "direct-dnskey", "value": "no"}])
    with pytest.raises(BackendError, match="set direct-dnskey=yes"):
        powerdns.create_zone(ZONE, [])
    assert [call[0] for call in powerdns.calls] == ["GET"]


def test_a_zone_with_keys_of_another_kind_is_taken_away_again() -> None:
    powerdns = ScriptedPowerDNS(cryptokeys=[{"dnskey": "257 3 8 AwEAAQ=="}, {"dnskey": "256 3 8 AwEAAQ=="}])
    with pytest.raises(BackendError, match="instead of one CSK of ECDSAP256SHA256"):
        powerdns.create_zone(ZONE, [])
    assert powerdns.calls[-1] == ("DELETE", f"http://127.53.3.1:8081/api/v1/servers/localhost/zones/{ZONE}.")


# --- the form of the configuration


def configuration(**changes: Any) -> dict[str, Any]:
    return {
        "listen": {"address": "127.53.3.10", "port": 443, "certificate": "api.pem", "key": "api.key"}, "control": {"port": 8443},
        "powerdns": {"url": "http://127.53.3.1:8081", "api_key": "key"}, "name_servers": ["ns1.desec.example."], "accounts": [], **changes,
    }  # fmt: skip


def test_ttls_and_limits_have_defaults() -> None:
    config = parse(configuration(ttl={"minimum": 5}, throttle={"scale": 10}))
    assert (config.settings.minimum_ttl, config.settings.dnskey_ttl, config.throttle_enabled, config.throttle_scale) == (5, 3600, True, 10)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"throtle": {}}, "the file: unknown: throtle"),
        ({"listen": {"address": "127.53.3.10", "port": 443}}, "listen: missing: certificate, key"),
        ({"ttl": {"soa": 300, "mininum": 5}}, "ttl: unknown: mininum"),
        ({"control": 8443}, "control: an object is expected"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse(configuration(**changes))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.json"):
        load(str(tmp_path / "none.json"))


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ({"token": "x"}, "missing: name"),
        ({"name": "n", "token": "secret-value", "allowed_subnets": ["somewhere"]}, "token n of"),
        ({"name": "n", "token": "secret-value", "policies": [{"domain": ZONE, "subname": "", "type": "NS"}]}, "the first policy must be the default"),
    ],
)
def test_a_mistake_in_a_token_is_named_without_its_value(token: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        StandIn(MemorySigner(), Clock(0), [{"email": "owner@example.test", "tokens": [token]}], Settings(NAME_SERVERS))
    assert "secret-value" not in str(caught.value)
