# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happened between the recorded exchanges without being recorded: the requests that the recorder left out, the faults
that were made, the hours that passed. Each step is known from what later exchanges show. Never excuses a difference.
"""

from __future__ import annotations

import json
from typing import Any, Callable

from replay import Replay, load

MULTI = "domains/multi.example/rrsets/"
ZSK = "256 3 13 x467Z3Dn9lyjk6P6lwpMT8X5K7Qx6ss2YXs0kiviwAq3+C3H7Ch3Fr6vDYMi9js3kpqIpZqaGAXvCNCARFA3Sw=="
KSK = "257 3 13 lAnO+eCEtidQYM6YLYutfzeSGiTrc1PR0uyE5e9UeNG2g7CFgN9h/zCtLvWSGgQjkgsZSINUQ/FvPb4utjk5Bg=="
KSK_CDS = "6084 13 2 c8803ad79bfa3a34e253f662e745115c42280a17fef4e77b2b1aa358cbd10709"
SCOPED_TOKEN = "346630c4-e850-4f7a-9401-14718ceec70a"  # an id

# Simultaneous requests: the one whose write came first, and the one that came too late or was lost.
COLLISIONS = {318: 317, 319: 320, 324: 323, 326: 325, 328: 327, 330: 329}

ACCOUNTS: list[dict[str, Any]] = [
    {
        "email": "owner@example.test", "password": "correct horse", "limit_domains": 50,
        "tokens": [
            {"name": "all", "token": "lab-token-03xxxxxxxxxxxxxxxx", "perm_create_domain": True, "perm_delete_domain": True, "perm_manage_tokens": True},
            {"name": "nothing", "token": "lab-token-04xxxxxxxxxxxxxxxx"},
        ],
    },
    {
        "email": "bob@example.test", "limit_domains": 1,
        "tokens": [{"name": "all", "token": "lab-token-08xxxxxxxxxxxxxxxx", "perm_create_domain": True, "perm_delete_domain": True}],
    },
    {
        "email": "busy@example.test",
        "tokens": [{"name": "all", "token": "lab-token-01xxxxxxxxxxxxxxxx", "perm_create_domain": True, "perm_delete_domain": True}],
    },
]  # fmt: skip


def recorded(n: int) -> dict[str, Any]:
    return next(exchange for exchange in load() if exchange["n"] == n)


def create(subname: str, type_: str, *records: str, ttl: int = 3600, domain: str = "multi.example") -> Callable[[Replay], None]:
    def step(replay: Replay) -> None:
        data = {"subname": subname, "type": type_, "ttl": ttl, "records": list(records)}
        expect(replay.ask("POST", f"domains/{domain}/rrsets/", data).status, 201)

    return step


def change(type_: str, *records: str) -> Callable[[Replay], None]:
    def step(replay: Replay) -> None:
        expect(replay.ask("PATCH", f"{MULTI}@/{type_}/", {"records": list(records)}).status, 200)

    return step


def remove(*types: str, subname: str = "") -> Callable[[Replay], None]:
    def step(replay: Replay) -> None:
        expect(replay.ask("PATCH", MULTI, [{"subname": subname, "type": type_, "records": []} for type_ in types]).status, 200)

    return step


def post(path: str, data: object, token: str = "03") -> Callable[[Replay], None]:
    def step(replay: Replay) -> None:
        expect(replay.ask("POST", path, data, token).status, 201)

    return step


def fault(kind: str, **settings: object) -> Callable[[Replay], None]:
    return lambda replay: replay.standin.tell("POST", "/faults", {"kind": kind, **settings})


def publish(replay: Replay) -> None:
    """The public server has fetched what the signer has."""
    replay.standin.tell("POST", "/publication")


def wait(seconds: float) -> Callable[[Replay], None]:
    return lambda replay: replay.clock.advance(seconds)


def all_of(*steps: Callable[[Replay], None]) -> Callable[[Replay], None]:
    def step(replay: Replay) -> None:
        for one in steps:
            one(replay)

    return step


def expect(found: int, wanted: int) -> None:
    if found != wanted:
        raise AssertionError(f"a step that is not recorded answered {found} instead of {wanted}")


def scoped_token(replay: Replay) -> None:
    """The least-privilege token that later policies are for; 263 shows its settings."""
    answer = replay.ask("POST", "auth/tokens/", {"name": "multisigner-scoped", "allowed_subnets": ["127.0.0.0/8"], "max_unused_period": "30 00:00:00"})
    replay.translation.learn(SCOPED_TOKEN, answer.body["id"])
    replay.translation.learn("lab-token-07xxxxxxxxxxxxxxxx", answer.body["token"])


def first_page(replay: Replay) -> None:
    """307 and 308 follow the links of the page before."""
    cursors = []
    page = replay.ask("GET", "domains/pages.example/rrsets/?cursor=")
    for _count in range(2):
        cursors.append(page.headers["Link"].rpartition("cursor=")[2].partition(">")[0])
        page = replay.ask("GET", f"domains/pages.example/rrsets/?cursor={cursors[-1]}")
    for n, cursor in zip((307, 308), cursors):
        replay.translation.learn(recorded(n)["request"]["path"].rpartition("=")[2], cursor)


def before_357(replay: Replay) -> None:
    """The domain below a local public suffix. Its key was not recorded, only the DS that the suffix got for it."""
    keys = replay.ask("POST", "domains/", {"name": "msig.dedyn.io"}).body["keys"]
    for theirs, ours in zip(recorded(359)["response"]["body"]["records"], keys[0]["ds"]):
        replay.translation.learn(theirs, ours)


class Throttling:
    """The recorded hours of an impatient account, on a clock that is set. Requests are sent, never made up."""

    def __init__(self) -> None:
        self._first_write = 0.0
        self._first_read = 0.0

    def start(self, replay: Replay) -> None:
        self._first_write = replay.clock.now + 0.05

    def reads_begin(self, replay: Replay) -> None:
        self._first_read = replay.clock.now + 0.05

    def fill_minute_of_writes(self, replay: Replay) -> None:
        replay.clock.advance(0.3)
        for _count in range(11):  # four of the recorded requests counted
            replay.clock.advance(0.6)
            expect(self._write(replay, "throttle.example"), 200)
        replay.clock.now = self._first_write + 9.4

    def fill_minute_of_reads(self, replay: Replay) -> None:
        for _count in range(49):  # one of the recorded requests counted
            replay.clock.advance(0.11)
            expect(replay.ask("GET", "domains/throttle.example/rrsets/@/NS/", token="01").status, 200)
        replay.clock.now = self._first_read + 14.4

    def fill_hour_of_writes(self, replay: Replay) -> None:
        replay.clock.advance(3600)
        self._fill(replay, "throttle2.example", 100, 30.0, until=3030.4)

    def fill_day_of_writes(self, replay: Replay) -> None:
        self._fill(replay, "throttle3.example", 300, 266.0, until=79793.4)

    def _fill(self, replay: Replay, domain: str, number: int, every: float, until: float) -> None:
        start = replay.clock.now
        for count in range(number):
            replay.clock.now = start + count * every
            expect(self._write(replay, domain), 200)
        replay.clock.now = start + until

    @staticmethod
    def _write(replay: Replay, domain: str) -> int:
        return replay.ask("PATCH", f"domains/{domain}/rrsets/", [], "01").status


def daily_limit(replay: Replay) -> None:
    """The recorder set it in the database, far below what had been asked that day."""
    replay.standin.account("busy@example.test").daily_limit = 1


def disable_bob(replay: Replay) -> None:
    replay.standin.account("bob@example.test").active = False


def steps() -> dict[int, Callable[[Replay], None]]:
    """Exchange -> what happened right before it."""
    throttling = Throttling()
    rsa_keys = [record.replace(" ", "") for record in recorded(66)["request"]["body"]["records"][2:4]]
    rsa = [f"{key[:3]} {key[3]} {key[4]} {key[5:]}" for key in rsa_keys]
    joined = [
        {"subname": "", "type": "DNSKEY", "ttl": 3600, "records": [ZSK, KSK]}, {"subname": "", "type": "CDS", "ttl": 3600, "records": [KSK_CDS]},
        {"subname": "", "type": "CDNSKEY", "ttl": 3600, "records": [KSK]}, {"subname": "", "type": "CSYNC", "records": ["1 1 NS"]},
        {"subname": "", "type": "NS", "ttl": 3600, "records": ["ns1.desec.io.", "ns2.desec.org.", "ns1.bind.test."]},
    ]  # fmt: skip
    own_key = recorded(75)["response"]["body"]["keys"][0]["dnskey"]
    lag = fault("publication_delay", seconds=3600)  # the next write reaches the public server after the next observation
    long_text = json.dumps("lab-token-05xxxxxxxxxxxxxxxx" * 9 + "aaa" + "lab-token-05xxxxxxxxxxxxxxxx" + "a" * 17)
    return {
        1: post("domains/", {"name": "smoke.example"}),
        75: change("DNSKEY", ZSK, own_key),
        **{n: remove("DNSKEY") for n in (95, 97, 99, 101, 103, 105, 111, 374, 375, 376)},
        148: lag, 151: publish,
        153: all_of(lag, create("", "CDNSKEY", KSK)), 155: publish,
        158: change("CDS", "1 13 6 00"), 159: lag, 161: publish,
        165: lag, 167: publish,
        173: lag, 175: publish,
        178: lag, 182: publish,
        186: lag,
        191: all_of(publish, lambda replay: expect(replay.ask("PATCH", MULTI, joined).status, 200)),
        217: all_of(create("m", "MX", "10 MAIL.example."), create("long", "TXT", long_text)),
        227: create("", "CDS", KSK_CDS, ttl=7200),
        233: change("CDS", "0 0 0 00"),
        239: change("DNSKEY", *rsa),
        252: remove("DNSKEY", "CDS", "CDNSKEY", "CSYNC"),
        263: scoped_token,
        270: post(f"auth/tokens/{SCOPED_TOKEN}/policies/rrsets/", {"domain": "multi.example", "subname": "", "type": "CDNSKEY", "perm_write": True}),
        290: wait(1.1),
        307: first_page,
        314: lambda replay: expect(replay.ask("DELETE", "domains/pages.example/").status, 204),
        317: remove("DNSKEY", "CDNSKEY"),
        327: remove("CDS", "CDNSKEY"),
        329: remove("CDS", "CDNSKEY"),
        332: throttling.start,
        336: wait(1.1),
        339: throttling.reads_begin,
        343: throttling.fill_minute_of_writes,
        345: throttling.fill_minute_of_reads,
        346: wait(46),
        347: throttling.fill_hour_of_writes,
        349: throttling.fill_day_of_writes,
        350: daily_limit,
        352: post("domains/", {"name": "bob.example"}, "08"),
        353: disable_bob,
        357: before_357,
        361: all_of(remove("CDS", "CDNSKEY"), fault("public_server_down")),
        363: fault("signer_down"),
        365: fault("signer_down"),
        377: remove("CDS"),
        383: all_of(
            remove("A", subname="nsm"), remove("CERT", "TXT", "SVCB", subname="p"), remove("TXT", subname="*"), remove("CSYNC", "CDS"),
            create("", "DNSKEY", ZSK), create("www", "A", "192.0.2.80"),
        ),
        385: remove("DNSKEY"),
    }  # fmt: skip
