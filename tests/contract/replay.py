# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replays recorded exchanges with deSEC's API against the stand-in, and tells where the two differ.

What has to differ (ids, tokens, keys that a signer makes, points in time) is not ignored: what the recording shows is
translated into what the stand-in made in its place, once, when it first appears, and has to match ever after. Of points in
time the order within an object counts; of an RRset's records, of the items of a list of RRsets and of the RRsets of an answer
to a write no order counts, because deSEC promises none (a list that was read still has to be the newest first).
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence
from urllib.parse import parse_qs, parse_qsl, urlsplit

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from standin import Answer, Clock, StandIn

RECORDED = Path(__file__).with_name("desec_exchanges.json")
COMPARED_HEADERS = ("Allow", "Content-Type", "Location", "Retry-After", "WWW-Authenticate")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHORTENED = re.compile(r"\.\.\. shortened by recorder: (\d+) (?:items|records) ")

Observe = Callable[[str, str], "tuple[int, set[str]]"]


def load() -> list[dict[str, Any]]:
    exchanges: list[dict[str, Any]] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return exchanges


@dataclass(frozen=True)
class Verdict:
    """What became of one exchange; `differences` is empty when the stand-in agrees."""

    n: int
    case: str
    differences: tuple[str, ...]


class Translation:
    """Recorded values and what stands in their place here."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def learn(self, recorded: str, ours: str) -> None:
        self._known.setdefault(recorded, ours)

    def apply(self, value: Any) -> Any:
        """The value with everything that was learned put in, however deep."""
        if isinstance(value, dict):
            return {key: self.apply(entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.apply(entry) for entry in value]
        if isinstance(value, str):
            for recorded, ours in self._known.items():
                value = value.replace(recorded, ours)
        return value

    def learn_from(self, recorded: Any, ours: Any) -> None:
        """Ids, new tokens and a new domain's own key, where they appear for the first time."""
        if isinstance(recorded, list) and isinstance(ours, list):
            for theirs, mine in zip(recorded, ours):
                self.learn_from(theirs, mine)
        if not isinstance(recorded, dict) or not isinstance(ours, dict):
            return
        if _UUID.fullmatch(str(recorded.get("id"))) and _UUID.fullmatch(str(ours.get("id"))):
            self.learn(recorded["id"], ours["id"])
        if "token" in recorded and re.fullmatch("[1-9A-HJ-NP-Za-km-z]{28}", str(ours.get("token"))):
            self.learn(recorded["token"], ours["token"])
        if "keys" in recorded and "keys" in ours:
            self._learn_own_key(ours["name"], recorded["keys"][0], ours["keys"][0])

    def _learn_own_key(self, zone: str, recorded: Mapping[str, Any], ours: Mapping[str, Any]) -> None:
        """Our key may stand for the recorded one if it is a key of that kind, and its DS are what dnspython makes of it."""
        key = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.DNSKEY, ours["dnskey"])
        digests = [dns.dnssec.make_ds(dns.name.from_text(zone), key, digest).to_text() for digest in ("SHA256", "SHA384")]
        if re.fullmatch(r"257 3 13 [A-Za-z0-9+/]{86}==", ours["dnskey"]) and ours["ds"] == digests:
            for theirs, mine in zip([recorded["dnskey"], *recorded["ds"]], [ours["dnskey"], *ours["ds"]]):
                self.learn(theirs, mine)


class Replay:
    """Goes through the exchanges in their order. `unrecorded`: what happened before an exchange without being recorded.
    `observe`: TTL and canonical records of an apex RRset as the signer serves it."""

    def __init__(self, standin: StandIn, clock: Clock, observe: Observe, unrecorded: Mapping[int, Callable[[Replay], None]]) -> None:
        self.standin = standin
        self.clock = clock
        self.translation = Translation()
        self._observe = observe
        self._unrecorded = unrecorded

    def run(self, exchanges: Sequence[dict[str, Any]], collisions: Mapping[int, int]) -> list[Verdict]:
        """`collisions`: pairs of simultaneous requests, the one whose write came first -> the other one."""
        by_number = {exchange["n"]: exchange for exchange in exchanges}
        pairs = {**collisions, **{second: first for first, second in collisions.items()}}
        verdicts: dict[int, Verdict] = {}
        for exchange in exchanges:
            n = exchange["n"]
            if n in verdicts:
                continue
            if n in self._unrecorded:
                self._unrecorded[n](self)
            self.clock.advance(0.05)
            if "dns" in exchange:
                verdicts[n] = self._judge_dns(exchange)
            elif n in pairs:
                first = n if n in collisions else pairs[n]
                numbers = (first, collisions[first])
                answers = self.standin.together(*(self._asker(by_number[number]) for number in numbers))
                for number, answer in zip(numbers, answers):
                    verdicts[number] = self._judge(by_number[number], answer)
            else:
                self.standin.tell("PATCH", "/settings", {"throttle": {"enabled": exchange["throttled"]}})
                verdicts[n] = self._judge(exchange, self._asker(exchange)())
        return [verdicts[exchange["n"]] for exchange in exchanges]

    def ask(self, method: str, path: str, data: object = None, token: str = "03") -> Answer:
        """A request that was not recorded. `token`: the number of a recorded one."""
        secret = self.translation.apply(f"lab-token-{token}xxxxxxxxxxxxxxxx")
        return self.standin.ask(method, self.translation.apply(f"/api/v1/{path}"), secret, self.translation.apply(data))

    def _asker(self, exchange: dict[str, Any]) -> Callable[[], Answer]:
        request = self.translation.apply(exchange["request"])
        body = expand(exchange["n"], request["body"])
        if isinstance(body, str):
            body = body.encode()
        return lambda: self.standin.ask(request["method"], request["path"], None, body, request["headers"])

    def _judge(self, exchange: dict[str, Any], answer: Answer) -> Verdict:
        recorded = exchange["response"]
        differences = []
        if answer.status != recorded["status"]:
            differences.append(f"status {recorded['status']} recorded, {answer.status} here")
        for name in COMPARED_HEADERS:
            theirs, mine = recorded["headers"].get(name), answer.headers.get(name)
            if theirs != mine:
                differences.append(f"{name}: {theirs} recorded, {mine} here")
        theirs_links, our_links = links(recorded["headers"].get("Link")), links(answer.headers.get("Link"))
        if theirs_links != our_links:
            differences.append(f"Link: {theirs_links} recorded, {our_links} here")
        self.translation.learn_from(recorded["body"], answer.body)
        is_read = exchange["request"]["method"] == "GET"
        theirs_body, our_body = shortened_alike(self.translation.apply(recorded["body"]), answer.body)
        for name, body in (("recorded", theirs_body), ("here", our_body)):
            if is_read and not newest_first(body):
                differences.append(f"list {name} is not the newest first")
        if normal(theirs_body) != normal(our_body):
            differences.append(f"body {json.dumps(normal(theirs_body))} recorded, {json.dumps(normal(our_body))} here")
        return Verdict(exchange["n"], exchange["case"], tuple(differences))

    def _judge_dns(self, exchange: dict[str, Any]) -> Verdict:
        """TTL and records; the signatures are a real signer's matter."""
        name, type_ = exchange["dns"]["name"], exchange["dns"]["type"]
        answers = [line.split() for line in exchange["answer"]]
        recorded = {canonical(type_, self.translation.apply(_joined(type_, words[4:]))) for words in answers if words[3] == type_}
        ttls = {int(words[1]) for words in answers}
        ttl, records = self._observe(name, type_)
        ours = {canonical(type_, record) for record in records}
        differences = []
        if recorded != ours:
            differences.append(f"records {sorted(recorded)} recorded, {sorted(ours)} here")
        if ttls - {ttl}:
            differences.append(f"TTL {sorted(ttls)} recorded, {ttl} here")
        return Verdict(exchange["n"], exchange["case"], tuple(differences))


def _joined(type_: str, words: Sequence[str]) -> str:
    """Presentation format as the API writes it: dig cuts base64 and hexadecimal into pieces, in upper case."""
    if type_ in ("DNSKEY", "CDNSKEY"):
        return " ".join([*words[:3], "".join(words[3:])])
    if type_ == "CDS":
        return " ".join([*words[:3], "".join(words[3:]).lower()])
    return " ".join(words)


def canonical(type_: str, text: str) -> str:
    """A record in a form that can be compared; of an SOA serial counts only that it is one of that day plus the weeks."""
    if type_ == "SOA":
        words = text.split()
        return " ".join([*words[:2], "a date and a number" if re.fullmatch(r"20\d{8}", words[2]) else words[2], *words[3:]])
    return dns.rdata.from_text(dns.rdataclass.IN, type_, text).to_text()


def expand(n: int, body: Any) -> Any:
    """The request body where the recorder shortened it, or where a recorded string was JSON."""
    if n == 304:
        return [{**body[0], "subname": f"h{number}"} for number in range(1100)]
    if n == 381:
        return {**body, "records": [f'"{number:04d}{"x" * 250}"' for number in range(260)]}
    if n == 122:
        return json.dumps(body)
    return body


def shortened_alike(recorded: Any, ours: Any) -> tuple[Any, Any]:
    """Cuts our list as the recorder cut its own; the number of items that it noted stays."""
    if isinstance(recorded, list) and recorded and isinstance(recorded[-1], str):
        match = _SHORTENED.match(recorded[-1])
        if match and isinstance(ours, list):
            return [*recorded[:-1], int(match.group(1))], [*ours[: len(recorded) - 1], len(ours)]
    return recorded, ours


def newest_first(body: Any) -> bool:
    created = [item["created"] for item in body if isinstance(item, dict) and "created" in item] if isinstance(body, list) else []
    return created == sorted(created, reverse=True)


def normal(body: Any) -> Any:
    """A body in the form in which two that say the same are equal."""
    if isinstance(body, list):
        items = [normal(item) for item in body]
        if items and all(isinstance(item, dict) and "subname" in item and "ttl" in item for item in items):
            return sorted(items, key=lambda item: (item["subname"], item["type"]))
        return items
    if isinstance(body, dict):
        result = {key: normal(value) for key, value in body.items()}
        if isinstance(result.get("records"), list) and all(isinstance(record, str) for record in result["records"]):
            result["records"] = sorted(result["records"])
        if isinstance(result.get("keys"), list):
            result["keys"] = [*result["keys"][:1], *sorted(result["keys"][1:], key=lambda key: str(key["dnskey"]))]
        times = sorted({value for value in body.values() if isinstance(value, str) and _TIME.fullmatch(value)})
        return {key: f"time {times.index(value)}" if value in times else value for key, value in result.items()}
    if isinstance(body, str) and body.startswith("; Zonefile for"):
        return _normal_zonefile(body)
    return body


def _normal_zonefile(text: str) -> list[str]:
    first, *lines = text.split("\n")
    first = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00", "now", first)
    return [first, *sorted(re.sub(r"(\tSOA\t\S+ \S+ )20\d{8} ", r"\1serial ", line) for line in lines)]


def links(header: str | None) -> list[tuple[str, object, str]]:
    """A Link header: path, query and relation of each link; a position in a list is only known to be one."""
    result: list[tuple[str, object, str]] = []
    for url, relation in re.findall(r'<([^>]*)>; rel="(\w+)"', header or ""):
        parts = urlsplit(url)
        query = [(name, _cursor(value) if name == "cursor" else value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
        result.append((f"{parts.scheme}://{parts.netloc}{parts.path}", query, relation))
    return result


def _cursor(value: str) -> str:
    decoded = parse_qs(base64.b64decode(value).decode())
    positions = [re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00:00", "position", position) for position in decoded.get("p", [])]
    return f"{positions} {'backwards' if 'r' in decoded else 'forwards'}" if value else ""
