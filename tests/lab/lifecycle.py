# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a multi-signer zone on real servers: joins, leaves and rollovers, with the prober asking all the time.

    tests/lab/lifecycle [--ttl SECONDS] [--cds] [--verify] [STORY ...]     see there

Each story has a zone of its own, which is complete when the story begins. What the operator does in it is done with his
tools, all the rest by playbooks/multisigner.yml, which stays and goes on by itself until the zone is complete again. Told
for each: how long it took from the first change at any server to the last one, beside the waits that no tool can avoid (WAITS);
how long the commands ran, which have to begin, look and report as well; and what the prober judged. With --verify the
verifier looks at the story's zone over and over meanwhile, by what is declared of it and by its name alone, and may find nothing above
information (times then say little: it needs the processor). With --cds the parent takes from the tool nothing but notifications: it follows
the CDS and the CSYNC of the zone (times then have its scans in them). The story
`wrong` does four things in the wrong order, by hand, and is passed when the prober called each of them bogus. In `killed` a
signer joins and one leaves while every run is killed at its first write, and the journal is lost once.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Callable, Dict, FrozenSet, Iterator, Optional, Sequence, Tuple

import dns.dnssec
import dns.rdatatype
import requests
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.RRSIG import RRSIG
from multisigner_lab import settings

from ..bench.noop_pass import process_tree
from . import cross_matrix

HERE = Path(__file__).resolve().parent
PLAYBOOKS = HERE.parents[1] / "playbooks"
World = Dict[Tuple[str, str], Optional[FrozenSet[str]]]  # by the address and the type that was asked for
WATCH = 0.2  # seconds between two looks at all servers
PATIENCE = 20  # TTLs (and 120 seconds) until a story must have come to its end
LAB = settings.Lab(Path(os.environ["LAB_DIR"]), int(os.environ["LAB_TTL"]), cycle=True)
ZONES = {zone.name: zone for zone in LAB.zones}
SERVERS = {"ns1": (settings.NS1,), "ns3": (settings.NS3,), settings.DESEC: (settings.DESEC_1, settings.DESEC_2)}
PARENTS = (settings.REGISTRY, settings.REGISTRY_SECONDARY)

TTL = LAB.ttl
SIGNING = LAB.signing_delay
PROPAGATION, PARENT_PROPAGATION = (LAB.quick_policy[f"{which}-propagation-delay"] for which in ("zone", "parent"))
# What must be waited for, in seconds: every record of the lab has the same TTL, a change is taken to be at all servers at once where the
# pass sees them all, and after the propagation delays of its policy (Dprp of RFC 7583) where BIND waits by itself; waits that may run
# side by side count once.
_JOIN = ((TTL, "until DNSKEY RRsets and DS sets without the joiner have left the caches, side by side (RFC 8901 section 6.2, RFC 7583 section 3.3.1)"),)
_LEAVE = (
    (TTL, "until no NS RRset that names the leaver is cached (RFC 6781 section 4.3.5.1)"),
    (TTL, "until nothing that it answered is cached: data, and its DNSKEY RRset (RFC 6781 section 4.3.5.1)"),
    (TTL, "until no DS of it is cached: only then its keys may go (RFC 7583 section 3.3.1)"),
)
_PEERS_WAIT = (TTL, "until every cached DNSKEY RRset of the other signers has the new key: BIND is told to begin only then (RFC 8901 section 4.2.2)")
_DNSKEY_WAIT = (PROPAGATION + TTL, "until every cached DNSKEY RRset of BIND, which publishes the key when it begins, has it too (Ipub of RFC 7583)")
_RRSIG_WAIT = (SIGNING + PROPAGATION + TTL, "until everything is signed by the new key and no old signature is cached (Iret of RFC 7583)")
_DS_WAIT = (PARENT_PROPAGATION + TTL, "until every cached DS set has the new DS, and none the old one (Iret of RFC 7583 section 3.3.1)")
_UNUSED_WAIT = (TTL, "until nothing is cached that the old key signed: it is proved that no server has such a thing when none of BIND shows the key")
WAITS = {
    "join": _JOIN,
    "leave": _LEAVE,
    "zsk": (_PEERS_WAIT, _DNSKEY_WAIT, _RRSIG_WAIT, _UNUSED_WAIT),
    "ksk": (_PEERS_WAIT, _DNSKEY_WAIT, _DS_WAIT, _UNUSED_WAIT),
    "csk": (_PEERS_WAIT, _DNSKEY_WAIT, _RRSIG_WAIT, _UNUSED_WAIT),  # the waits for DS are beside the longer RRSIG-wait
    "algorithm": (
        (SIGNING + TTL, "until everything has signatures of the new algorithm, and no answer without them is cached (RFC 6781 section 4.1.4)"),
        (TTL, "until no DS set without the new algorithm is cached (RFC 6781 section 4.1.4)"),
        (TTL, "until no DS set with the old algorithm is cached, before its keys go (RFC 6781 section 4.1.4)"),
        (TTL, "until no DNSKEY RRset with the old algorithm is cached, before its signatures go (RFC 6781 section 4.1.4)"),
    ),
    "move": (*_JOIN, *_LEAVE, *_JOIN, *_LEAVE),
}


class StoryError(Exception):
    """A story did not come to its end; the message says where it stopped."""


@dataclass
class Told:
    """What came of one zone's story. Times in seconds; *result* is the prober's. *elapsed*: of each of its runs, from the first change at
    any server to the last one; *commands*: the runs from their beginning to their end."""

    zone: str
    began: float = field(default_factory=time.time)
    elapsed: float = 0.0
    commands: float = 0.0
    result: dict[str, object] = field(default_factory=dict)

    def number(self, name: str) -> int:
        return int(str(self.result.get(name, 0)))

    @property
    def faults(self) -> list[dict[str, object]]:
        found = self.result.get("faults")
        return found if isinstance(found, list) else []


# -- asking and waiting -----------------------------------------------------------------------------------------------


def records(address: str, name: str, record_type: str) -> frozenset[str]:
    """The records that a server answers with, in their presentation form; of a referral, those."""
    answer = cross_matrix.ask(address, f"{name}.", record_type)
    wanted = dns.rdatatype.from_text(record_type)
    return frozenset(record.to_text() for rrset in (*answer.answer, *answer.authority) if rrset.rdtype == wanted for record in rrset)


def keys(address: str, zone: str) -> dict[int, DNSKEY]:
    """The DNSKEY RRset of a server, by key tag."""
    answer = cross_matrix.ask(address, f"{zone}.", "DNSKEY")
    found = [key for rrset in answer.answer for key in rrset if isinstance(key, DNSKEY)]
    return {dns.dnssec.key_id(key): key for key in found}


def signing_tags(address: str, zone: str, record_type: str) -> frozenset[int]:
    """The tags of the keys that sign this RRset of the apex at a server."""
    answer = cross_matrix.ask(address, f"{zone}.", record_type)
    return frozenset(one.key_tag for rrset in answer.answer for one in rrset if isinstance(one, RRSIG) and rrset.name.to_text() == f"{zone}.")


def until(what: str, is_so: Callable[[], bool]) -> None:
    """Raises StoryError when it does not become so."""
    give_up = time.monotonic() + PATIENCE * TTL
    while not is_so():
        if time.monotonic() > give_up:
            raise StoryError(f"waited for ever until {what}")
        time.sleep(0.1)


# -- doing ------------------------------------------------------------------------------------------------------------


def tool(*command: str, text: str | None = None) -> str:
    """Runs one of BIND's tools. Raises StoryError when it fails."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StoryError(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def rndc(signer: str, *words: str) -> None:
    tool("rndc", "-c", str(LAB.folder(signer) / "rndc.conf"), *words)


def bind_signer(name: str) -> settings.OwnSigner:
    return next(signer for signer in LAB.bind_signers if signer.name == name)


@dataclass(frozen=True)
class OwnKey:
    """A key of a BIND signer. *record* is its DNSKEY record without a name, as the playbook takes it."""

    tag: int
    record: str

    @classmethod
    def read(cls, path: Path) -> OwnKey:
        line = next(line for line in path.read_text(encoding="ascii").splitlines() if not line.startswith(";"))
        return cls(int(path.stem.rsplit("+", 1)[1]), line[line.index("DNSKEY") :])


def own_key(signer: str, zone: str, flags: int) -> OwnKey:
    """A BIND signer's key with these flags; it must be the only one."""
    found = [OwnKey.read(path) for path in LAB.key_folder(bind_signer(signer), ZONES[zone]).glob("K*.key")]
    found = [key for key in found if key.record.startswith(f"DNSKEY {flags} ")]
    if len(found) != 1:
        raise StoryError(f"{signer} has {len(found)} keys with flags {flags} for {zone}, not one")
    return found[0]


def is_settled(zone: str) -> bool:
    """Whether BIND is done with the keys that it has."""
    folders = [LAB.key_folder(signer, ZONES[zone]) for signer in LAB.bind_signers if signer.name in ZONES[zone].signers]
    return not any(": rumoured" in state.read_text(encoding="ascii") for folder in folders for state in folder.glob("*.state"))


def update(address: str, key_file: Path, zone: str, *lines: str) -> None:
    tool("nsupdate", "-k", str(key_file), text="\n".join([f"server {address}", f"zone {zone}", *lines, "send", ""]))


class Pass:
    """The playbooks; one log for each run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runs = 0
        self.scanned = False  # whether the parent is the one that follows CDS and CSYNC
        self.group: dict[str, object] = {}  # as it was declared last, where it was one
        self.times: list[tuple[float, float]] = []  # of each run that stayed, its beginning and its end

    def declared(self, zone: str, signers: Sequence[str], leaving: Sequence[str] = ()) -> dict[str, object]:
        parent = "scanning_registry" if self.scanned else ZONES[zone].parent
        return {"name": zone, "parent": parent, "signers": list(signers), "leaving": list(leaving)}

    def run(self, *zones: dict[str, object], **hosts: dict[str, object]) -> Path:
        """Stays until every zone is as declared; its log. *hosts*: more variables of hosts. Raises StoryError when that does not happen."""
        return self._stay({"multisigner_zones": zones, "multisigner_wait": PATIENCE * TTL + 120}, hosts)

    def roll(self, zone: dict[str, object], signer: str, kind: str) -> None:
        """playbooks/rollover.yml, which stays until the keys of this kind that *signer* has now are replaced and gone."""
        settings: dict[str, object] = {
            "multisigner_zones": [zone], "multisigner_wait": PATIENCE * TTL + 120,
            "rollover_signer": signer, "rollover_zones": [zone["name"]], "rollover_keys": kind, "rollover_before": datetime.now(timezone.utc).isoformat(),
        }
        self._stay(settings, {}, PLAYBOOKS / "rollover.yml")

    def _stay(self, settings: dict[str, object], hosts: dict[str, dict[str, object]], playbook: Path = PLAYBOOKS / "multisigner.yml") -> Path:
        began = time.time()
        zones = settings["multisigner_zones"]
        if isinstance(zones, (list, tuple)) and len(zones) == 1:
            self.group = zones[0]
        process, log = self._start(settings, hosts, playbook)
        if process.wait() != 0 or not _is_complete(_report(log)):
            raise StoryError(f"the playbook ended with status {process.returncode} and this report ({log}):\n{_report(log)}")
        self.times.append((began, time.time()))
        return log

    def run_until(self, is_enough: Callable[[], bool], zone: dict[str, object]) -> str | None:
        """A run that does not stay, killed with all that it started as soon as *is_enough*. The report of one that ended before."""
        process, log = self._start({"multisigner_zones": [zone], "multisigner_max_wait": TTL}, {})
        while process.poll() is None:
            if is_enough():
                kill(process)
                return None
        if process.returncode != 0:
            raise StoryError(f"the playbook ended with status {process.returncode} and this report ({log}):\n{_report(log)}")
        return _report(log)

    def _start(
        self, settings: dict[str, object], hosts: dict[str, dict[str, object]], playbook: Path = PLAYBOOKS / "multisigner.yml"
    ) -> tuple[subprocess.Popen[bytes], Path]:
        self._runs += 1
        log = self._folder / f"pass{self._runs:02}.log"
        variables, inventory = log.with_suffix(".json"), log.with_suffix(".yml")
        variables.write_text(json.dumps({**settings, "multisigner_csync": self.scanned}), encoding="ascii")
        inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="ascii")
        command = ["ansible-playbook", "-i", str(LAB.inventory), "-i", str(inventory), "-e", f"@{variables}", str(playbook)]
        with log.open("w", encoding="utf-8") as output:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT), log


def _report(log: Path) -> str:
    said = log.read_text(encoding="utf-8")
    return said[said.rfind(": Report]") :]


def _is_complete(report: str) -> bool:
    return ": complete" in report and not any(f": {state}" in report for state in ("waiting", "changing", "blocked"))


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for a process and everything below it, which is stopped first so that nothing new is started meanwhile."""
    stopped: set[int] = set()
    while found := {process.pid, *process_tree(process.pid)} - stopped:
        for pid in found:
            _signal(pid, signal.SIGSTOP)
        stopped |= found
    for pid in stopped:
        _signal(pid, signal.SIGKILL)
    process.wait()


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it has ended by itself
        os.kill(pid, number)


@contextmanager
def probed(folder: Path, zone: str) -> Iterator[Told]:
    """Probes from one TTL before what is in it until two TTLs after."""
    told = Told(zone)
    result = folder / f"{zone}.json"
    prober = subprocess.Popen([str(HERE / "prober"), zone, str(result)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        if prober.stdout is None or not prober.stdout.readline():
            raise StoryError("the prober did not start")
        time.sleep(TTL)
        told.began = time.time()
        yield told
        time.sleep(2 * TTL)
    finally:
        prober.send_signal(signal.SIGTERM)
        status = prober.wait()
    if status != 0:
        raise StoryError(f"the prober ended with status {status}")
    told.result = json.loads(result.read_text(encoding="utf-8"))


# -- the stories ------------------------------------------------------------------------------------------------------


def delegated(zone: str) -> frozenset[str]:
    """The NS that every server of the parent shows."""
    return frozenset.intersection(*(records(address, zone, "NS") for address in PARENTS))


def check(is_so: bool, what: str) -> None:
    if not is_so:
        raise StoryError(f"it is complete, but not so: {what}")


def check_group(zone: str, signers: Sequence[str]) -> None:
    """Every signer publishes one set of keys and of NS, the parent delegates to these signers, and has no DS but theirs."""
    names = frozenset(name for signer in signers for name in settings.NAME_SERVERS[signer])
    addresses = [address for signer in signers for address in settings.ADDRESSES[signer]]
    check(delegated(zone) == names, f"{zone} is delegated to {', '.join(sorted(names))}")
    check(all(records(address, zone, "NS") == names for address in addresses), "every signer has these NS")
    check(len({frozenset(keys(address, zone).values()) for address in addresses}) == 1, "every signer has the same keys")
    ds_tags = {int(ds.split()[0]) for address in PARENTS for ds in records(address, zone, "DS")}
    seps = {tag for tag, key in keys(addresses[0], zone).items() if key.flags & 1}
    check(ds_tags == seps, f"the DS at the parent ({ds_tags}) are those of the keys {seps}")


def join(run: Pass, zone: str) -> None:
    run.run(run.declared(zone, ["ns1", "desec", "ns3"]))
    check_group(zone, ["ns1", "desec", "ns3"])


def leave(run: Pass, zone: str) -> None:
    gone = set(keys(settings.NS3, zone)) - set(keys(settings.NS1, zone))
    run.run(run.declared(zone, ["ns1", "desec"], leaving=["ns3"]))
    check_group(zone, ["ns1", "desec"])
    check(not gone & set(keys(settings.NS1, zone)), "the keys of ns3 are gone")


def move(run: Pass, zone: str) -> None:
    """An operator change, from BIND to deSEC, and back."""
    for old, new in (("ns1", "desec"), ("desec", "ns1")):
        run.run(run.declared(zone, [old, new]))
        check_group(zone, [old, new])
        run.run(run.declared(zone, [new], leaving=[old]))
        check_group(zone, [new])


def zsk(run: Pass, zone: str) -> None:
    _roll(run, zone, "ns1", "zsk", 256, "SOA")


def ksk(run: Pass, zone: str) -> None:
    _roll(run, zone, "ns1", "ksk", 257, "DNSKEY")


def csk(run: Pass, zone: str) -> None:
    _roll(run, zone, "ns3", "csk", 257, "SOA")


def _roll(run: Pass, zone: str, signer: str, kind: str, flags: int, signed: str) -> None:
    old = own_key(signer, zone, flags)
    run.roll(run.declared(zone, ZONES[zone].signers), signer, kind)
    check_rolled(zone, signer, old, _newest(signer, zone, old), signed)


def check_rolled(zone: str, signer: str, old: OwnKey, new: OwnKey, signed: str) -> None:
    check_group(zone, ZONES[zone].signers)
    check(new.tag in signing_tags(SERVERS[signer][0], zone, signed), f"the new key {new.tag} signs")
    check(not any(old.tag in keys(address, zone) for name in ZONES[zone].signers for address in SERVERS[name]), f"the old key {old.tag} is gone")


def algorithm(run: Pass, zone: str) -> None:
    """From RSASHA256 to ECDSAP256SHA256 at every signer of the group, by what is declared of each."""
    signers = ZONES[zone].signers
    old = {signer: own_key(signer, zone, 257) for signer in signers}
    options = {"algorithm": "ECDSAP256SHA256", "roll_keys": True, "new_keys": True}
    hosts: dict[str, dict[str, object]] = {
        name: {"bind_signer_zones": {zone: {"file": str(LAB.zone_file(bind_signer(name), ZONES[zone])), **options}}} for name in signers
    }
    run.run(run.declared(zone, signers), **hosts)
    for signer in signers:
        check_rolled(zone, signer, old[signer], _newest(signer, zone, old[signer]), "DNSKEY")
        check(all(key.algorithm == 13 for key in keys(SERVERS[signer][0], zone).values()), f"{signer} has no key of the old algorithm")
        check(len(signing_tags(SERVERS[signer][0], zone, "SOA")) == 1, f"{signer} signs with one algorithm")


def _newest(signer: str, zone: str, old: OwnKey) -> OwnKey:
    """The key of the same use that is not *old*."""
    found = [OwnKey.read(path) for path in LAB.key_folder(bind_signer(signer), ZONES[zone]).glob("K*.key")]
    return next(key for key in found if key.record.startswith(old.record[: len("DNSKEY 257 ")]) and key != old)


STORIES: dict[str, Callable[[Pass, str], None]] = {
    "join": join, "leave": leave, "zsk": zsk, "ksk": ksk, "csk": csk, "algorithm": algorithm, "move": move,
}


# -- what must not matter ---------------------------------------------------------------------------------------------


def join_killed(run: Pass, zone: str) -> str:
    said = _interrupted(run, run.declared(zone, ["ns1", "desec", "ns3"]))
    check_group(zone, ["ns1", "desec", "ns3"])
    return said


def leave_killed(run: Pass, zone: str) -> str:
    gone = set(keys(settings.NS3, zone)) - set(keys(settings.NS1, zone))
    said = _interrupted(run, run.declared(zone, ["ns1", "desec"], leaving=["ns3"]))
    check_group(zone, ["ns1", "desec"])
    check(not gone & set(keys(settings.NS1, zone)), "the keys of ns3 are gone")
    return said


KILLED: dict[str, Callable[[Pass, str], str]] = {"join-killed": join_killed, "leave-killed": leave_killed}


def _interrupted(run: Pass, group: dict[str, object]) -> str:
    """One run after the other, each killed as soon as anything at any server is other than at its beginning; how many were.

    After the third the journal is lost. It ends with a run that found everything done.
    """
    zone, kills = str(group["name"]), 0
    give_up = time.monotonic() + 30 * PATIENCE * TTL
    while time.monotonic() < give_up:
        report = run.run_until(partial(_is_changed, zone, world(zone)), group)
        if report is None:
            kills += 1
            if kills == 3:
                LAB.journal.unlink()
        elif _is_complete(report):
            return f"{kills} runs killed at their first write"
    raise StoryError(f"{kills} runs were killed, and the last one is not complete")


def world(zone: str) -> World:
    """What every server shows of what a run may write; None for one that does not answer just now."""
    questions = [(address, rtype) for signer in SERVERS.values() for address in signer for rtype in ("DNSKEY", "CDS", "CDNSKEY", "NS")]
    questions += [(address, rtype) for address in PARENTS for rtype in ("DS", "NS")]
    found: World = {}
    for address, rtype in questions:
        try:
            found[address, rtype] = records(address, zone, rtype)
        except cross_matrix.NoAnswerError:
            found[address, rtype] = None
    return found


def _is_changed(zone: str, before: World) -> bool:
    now = world(zone)
    return any(_differs(one, now[question]) for question, one in before.items())


def _differs(one: Optional[frozenset[str]], other: Optional[frozenset[str]]) -> bool:
    return one is not None and other is not None and one != other


@dataclass
class Changes:
    """When something that a run may write was seen to be other than before. *started*: at a server that resolvers are sent to, or at the
    parent. What a joiner does to come up is none of the procedure's."""

    started: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)

    def lasted(self, began: float, ended: float) -> float:
        """Seconds from the first change to the last one within a run."""
        first, last = ([time for time in times if began <= time <= ended] for times in (self.started, self.seen))
        return last[-1] - first[0] if first else 0.0


@contextmanager
def meanwhile(work: Callable[[], None]) -> Iterator[None]:
    """Does *work* again and again, WATCH seconds apart, until what is in it has ended."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(WATCH):
            work()

    worker = threading.Thread(target=repeat)
    worker.start()
    try:
        yield
    finally:
        ended.set()
        worker.join()


@contextmanager
def watched(zone: str) -> Iterator[Changes]:
    changes = Changes()
    before = world(zone)

    def watch() -> None:
        nonlocal before
        now = world(zone)
        differing = {address for (address, rtype), one in before.items() if _differs(one, now[address, rtype])}
        if differing:
            changes.seen.append(time.time())
        if differing & _sent_to(before):
            changes.started.append(changes.seen[-1])
        before = {question: before[question] if new is None else new for question, new in now.items()}

    with meanwhile(watch):
        yield changes


@dataclass
class Looks:
    """What the verifier said while something went on: how often it looked, and each finding above information with the second it was made at."""

    number: int = 0
    found: list[str] = field(default_factory=list)


@contextmanager
def verified(folder: Path, run: Pass, zone: str) -> Iterator[Looks]:
    looks = Looks()
    began = time.monotonic()

    def verify() -> None:
        for way, groups in (("declared", [run.group]), ("by name", [])):
            at = time.monotonic() - began
            found = _complaints(folder / f"{zone}.verify.json", {"multisigner_zones": groups, "zone": zone})
            if not groups:  # only the journal can tell a key that a rollover brings or takes away from one that was forgotten
                found = [one for one in found if not one.startswith("warning stale_key ")]
            looks.number += 1
            looks.found += [f"at {at:.1f} s, {way}: {one}" for one in found]

    with meanwhile(verify):
        yield looks


def _complaints(result: Path, asked: dict[str, object]) -> list[str]:
    """What the verifier finds now that is above information."""
    variables = result.with_suffix(".vars")
    variables.write_text(json.dumps({**asked, "verify_json": str(result), "verify_fail_on": "never"}), encoding="ascii")
    command = ["ansible-playbook", "-i", str(LAB.inventory), "-e", f"@{variables}", str(PLAYBOOKS / "verify.yml")]
    ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        return [f"the verifier ended with status {ran.returncode}: {(ran.stdout + ran.stderr)[-2000:]}"]
    returned = json.loads(result.read_text(encoding="utf-8"))
    found = [one for zone in returned["zones"] for one in zone["findings"] if one["severity"] != "information" and not _is_right(zone["name"], one)]
    return [*map(str, returned["errors"].values()), *(f"{one['severity']} {one['code']} at {', '.join(one['servers'])}: {one['what']}" for one in found)]


def _is_right(zone: str, finding: dict[str, object]) -> bool:
    """Whether a finding is true of the lab and of no procedure: its signatures are to last for a minute or two only, and a signer that is
    declared does not have the zone before the run that lets it join has begun."""
    if finding["code"] == "signature_near_expiry":
        return True
    joiners = {address for signer, addresses in SERVERS.items() if signer not in ZONES[zone].signers for address in addresses}
    servers = finding["servers"]
    return finding["code"] == "server_unusable" and isinstance(servers, list) and joiners.issuperset(servers)


def _sent_to(shown: World) -> set[str]:
    """The addresses of the parent's servers, and of the signers that it delegates to."""
    names = {name for parent in PARENTS for name in shown[parent, "NS"] or ()}
    return {*PARENTS, *(address for signer, addresses in SERVERS.items() if names & set(settings.NAME_SERVERS[signer]) for address in addresses)}


def tell_killed(folder: Path, run: Pass, name: str) -> tuple[Told, bool]:
    """What came of it, and whether it came to its end, some runs were killed on the way, and nothing was bogus."""
    said = "no run killed"
    with probed(folder, f"{name}.example") as told:
        try:
            said = KILLED[name](run, told.zone)
        except (StoryError, cross_matrix.NoAnswerError) as error:
            said = f"FAILED: {error}"
    print(f"{name:12} {told.number('checks'):>7} checks, {told.number('bogus'):>6} bogus; {said}", flush=True)
    for fault in told.faults[:10]:
        print(f"  BOGUS {shown(fault, told.began)}")
    return told, not told.number("bogus") and said.endswith("first write") and not said.startswith("0 ")


# -- what must be caught ----------------------------------------------------------------------------------------------


def wrong_zsk(zone: str) -> None:
    """ns1 rolls its ZSK, and nobody gives the new one to deSEC."""
    old = own_key("ns1", zone, 256)
    rndc("ns1", "dnssec", "-rollover", "-key", str(old.tag), zone)
    until("ns1 signs with its new key", lambda: old.tag not in signing_tags(settings.NS1, zone, "SOA"))


def wrong_ds(zone: str) -> None:
    """deSEC's DS goes while resolvers are sent there."""
    own = {dns.dnssec.key_id(key) for key in keys(settings.DESEC_1, zone).values()} - {own_key("ns1", zone, flags).tag for flags in (256, 257)}
    gone = [ds for ds in records(settings.REGISTRY, zone, "DS") if int(ds.split()[0]) in own]
    check(len(gone) == 1, "the parent has one DS of deSEC")
    update(settings.REGISTRY, LAB.registry_key, settings.TLD, f"update delete {zone}. DS {gone[0]}")


def wrong_key(zone: str) -> None:
    """deSEC's key goes from ns1 while resolvers are sent to deSEC."""
    _take_desec_key(zone)


def wrong_ns(zone: str) -> None:
    """deSEC leaves, and its key goes when half of NS-wait is over: all that is served is right, what is cached is not."""
    kept, gone = settings.NAME_SERVERS["ns1"], settings.NAME_SERVERS[settings.DESEC]
    away = [f"update delete {zone}. NS {name}" for name in gone]
    update(settings.REGISTRY, LAB.registry_key, settings.TLD, *away)
    update(settings.NS1, LAB.folder("ns1") / "session.key", zone, *away)
    at_desec = {"subname": "", "type": "NS", "records": list(kept)}
    requests.patch(
        f"{settings.DESEC_URL}/domains/{zone}/rrsets/", json=[at_desec], timeout=30,
        headers={"Authorization": f"Token {os.environ['LAB_DESEC_TOKEN']}"}, verify=str(LAB.ca_file),
    ).raise_for_status()
    addresses = [address for signer in ("ns1", settings.DESEC) for address in SERVERS[signer]]
    until("no NS names deSEC", lambda: all(records(address, zone, "NS") == frozenset(kept) for address in (*addresses, *PARENTS)))
    time.sleep(TTL / 2)
    _take_desec_key(zone)


def _take_desec_key(zone: str) -> None:
    own = {own_key("ns1", zone, flags).tag for flags in (256, 257)}
    gone = [key for tag, key in keys(settings.NS1, zone).items() if tag not in own]
    check(len(gone) == 1, "ns1 has one key of deSEC")
    update(settings.NS1, LAB.folder("ns1") / "session.key", zone, f"update delete {zone}. DNSKEY {gone[0].to_text()}")


WRONG: dict[str, Callable[[str], None]] = {"wrong-zsk": wrong_zsk, "wrong-ds": wrong_ds, "wrong-key": wrong_key, "wrong-ns": wrong_ns}


def tell_wrong(folder: Path, name: str) -> bool:
    """Whether the prober found nothing bogus before the mistake, and something after."""
    zone = f"{name}.example"
    with probed(folder, zone) as told:
        WRONG[name](zone)
    early = [fault for fault in told.faults if float(str(fault["time"])) < told.began]
    caught = bool(told.faults) and not early
    print(f"{name:10} {told.number('checks'):>7} checks, {told.number('bogus'):>6} bogus: {'caught' if caught else 'NOT CAUGHT'} ({WRONG[name].__doc__})")
    for fault in early or told.faults[:2]:
        print(f"  {shown(fault, told.began)}")
    return caught


# -- the whole --------------------------------------------------------------------------------------------------------


def shown(fault: dict[str, object], began: float) -> str:
    first, last = (float(str(fault[name])) - began for name in ("time", "last"))
    return f"after {first:.1f} to {last:.1f} s, {fault['count']} times: {fault['pair']}: {fault['name']}: {fault['reason']}"


def tell_story(folder: Path, run: Pass, name: str, verify: bool) -> tuple[Told, bool]:
    """What came of it, and whether that was its end without anything bogus, or, where *verify*, anything that the verifier complains of."""
    zone = f"{name}.example"
    failure = ""
    run.times.clear()
    run.group = run.declared(zone, ZONES[zone].signers)
    with probed(folder, zone) as told, watched(zone) as changes, verified(folder, run, zone) if verify else nullcontext(Looks()) as looks:
        try:
            STORIES[name](run, zone)
        except (StoryError, cross_matrix.NoAnswerError) as error:
            failure = str(error)
    for began, ended in run.times:
        told.elapsed += changes.lasted(began, ended)
        told.commands += ended - began
    required = sum(seconds for seconds, _why in WAITS[name])
    print(
        f"{name:10} {told.number('checks'):>7} checks, {told.number('bogus'):>6} bogus, {told.number('unanswered')} unanswered; "
        f"{told.elapsed:.1f} s over {required} s: {told.elapsed / required:.2f} (commands {told.commands:.1f} s)" + (f"; FAILED: {failure}" if failure else ""),
        flush=True,
    )
    for fault in told.faults[:10]:
        print(f"  BOGUS {shown(fault, told.began)}")
    silence = told.result.get("silence")
    for line in silence[:5] if isinstance(silence, list) else []:
        print(f"  unanswered: {line}")
    if verify:
        print(f"  the verifier looked {looks.number} times: {len(looks.found)} findings above information")
        for line in looks.found[:20]:
            print(f"  FOUND {line}")
    return told, not failure and not told.number("bogus") and not looks.found


def main() -> int:
    parser = argparse.ArgumentParser(prog="lifecycle", description="Signers join, leave and roll their keys, under the prober.")
    known = [*STORIES, "killed", "wrong"]
    parser.add_argument("stories", nargs="*", metavar="STORY", help=f"{', '.join(known)}; all of them by default")
    parser.add_argument("--verify", action="store_true", help="the verifier looks as well, and may find nothing above information")
    parser.add_argument("--cds", action="store_true", help="the parent follows the CDS and the CSYNC of the zone, and takes nothing else")
    options = parser.parse_args()
    wanted = options.stories or known
    for name in wanted:
        if name not in known:
            parser.error(f"there is no story {name}; the stories: {', '.join(known)}")
    groups: dict[str, list[str]] = {"killed": [*KILLED], "wrong": [*WRONG]}
    folder = LAB.directory / "lifecycle"
    folder.mkdir()
    run = Pass(folder)
    zones = [f"{name}.example" for story in wanted for name in groups.get(story, [story])]
    group = [run.declared(zone, ZONES[zone].signers) for zone in zones]
    run.run(*group)
    time.sleep(TTL)
    run.run(*group)  # BIND hears of its first DS
    run.scanned = options.cds
    until("BIND is done with its first keys", lambda: all(map(is_settled, zones)))
    print(f"every TTL is {TTL} s, BIND has renewed all signatures after {SIGNING} s; complete at first: {', '.join(zones)}", flush=True)
    told = [tell_story(folder, run, name, options.verify) for name in wanted if name not in groups]
    survived = [tell_killed(folder, run, name) for name in KILLED if "killed" in wanted]
    caught = [tell_wrong(folder, name) for name in WRONG if "wrong" in wanted]
    required = sum(seconds for name in wanted if name not in groups for seconds, _why in WAITS[name])
    elapsed = sum(one.elapsed for one, _good in told)
    checks, bogus = (sum(one.number(name) for one, _good in told + survived) for name in ("checks", "bogus"))
    ratio = f"{elapsed:.1f} s over {required} s: {elapsed / required:.2f}" if required else "no story"
    others = f"killed: {sum(good for _one, good in survived)} of {len(survived)} well; wrong: {sum(caught)} of {len(caught)} caught"
    print(f"lifecycle: {checks} checks, {bogus} bogus; elapsed over required {ratio}; {others}")
    return 0 if all(good for _one, good in told + survived) and all(caught) else 1


if __name__ == "__main__":
    sys.exit(main())
