# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints for RRsets, single and in lists, and the commit that both share. A list is written whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Sequence

from .backend import Change
from .errors import conflict, detail, forbidden, invalid
from .model import Domain, RRset, RRsetKey, moment
from .pagination import paginate
from .records import AUTOMATIC_TYPES, canonical, unstable_order
from .throttle import READS, Scope, rrset_writes
from .validation import NS_READ_ONLY, InvalidError, Item, Rules, judge_item, judge_list
from .view import NO_DATA, Call, Response, View


@dataclass(frozen=True)
class Shown:
    """An RRset as the answer to a write shows it."""

    key: RRsetKey
    rrset: RRset


def rrset_body(domain: Domain, rrset: RRset) -> dict[str, object]:
    return {
        "created": moment(rrset.created),
        "domain": domain.name,
        "subname": rrset.subname,
        "name": domain.qname(rrset.subname),
        "records": unstable_order(rrset.records),
        "ttl": rrset.ttl,
        "type": rrset.type,
        "touched": moment(rrset.touched),
    }


def as_change(domain: Domain, key: RRsetKey, rrset: RRset | None) -> Change:
    """What the signer is to publish for an RRset; None: nothing."""
    name = domain.qname(key[0])
    return Change(name, key[1], rrset.ttl, tuple(sorted(rrset.records))) if rrset else Change(name, key[1], 0, ())


# --- committing


def stored_records(domain: Domain, item: Item) -> frozenset[str]:
    """The last judgement, made while storing: its errors are a bare list, without a field or a position."""
    records = item.records or ()
    errors = []
    if item.type in ("CNAME", "DNAME") and len(records) > 1:
        errors.append(f"{item.type} RRset cannot have multiple records.")
    if item.type in ("CNAME", "DS") and not item.subname:
        errors.append(f"{item.type} RRset cannot have empty subname.")
    if item.type == "DNSKEY" and item.subname:
        errors.append(f"{item.type} RRset must have empty subname.")
    for record in records:
        try:
            canonical(record, item.type)
        except ValueError as error:
            errors.append(f"Record content of {item.type} {domain.qname(item.subname)} invalid: '{record}': {error}")
    if errors:
        raise invalid(errors)
    return frozenset(records)


def commit(call: Call, domain: Domain, items: Sequence[Item]) -> list[Shown]:
    """Writes all items and publishes what they change, or raises and has written nothing.

    Others may have written since the items were judged. What they made is a conflict, as the database's constraint has it;
    what they changed is overwritten only where this request differs from what it had read: so updates get lost.
    """
    with domain.lock:
        work = dict(domain.rrsets)
        shown: list[Shown] = []
        for item in items:
            if item.instance is not None and item.records == ():
                work.pop(item.key, None)
        for item in items:
            if item.instance is None and item.records:
                shown.append(_create(call, domain, work, item))
        for item in items:
            if item.instance is not None and item.records != ():
                shown.append(_update(call, domain, work, item, item.instance))
        if call.fault("lost_update"):
            return shown
        changes = _changes(domain, work)
        if changes:
            call.publish(domain.name, changes)
        with call.service.store.lock:
            domain.rrsets = work
        if changes:
            call.after_commit()
            domain.published = call.service.store.tick()
    return shown


def _create(call: Call, domain: Domain, work: dict[RRsetKey, RRset], item: Item) -> Shown:
    if item.key in work:
        raise conflict(
            "desecapi_rrset_domain_id_subname_type_ccd90095_uniq", "domain_id, subname, type", f"{domain.id}, {item.subname}, {item.type}"
        )
    records = stored_records(domain, item)
    store = call.service.store
    rrset = RRset(item.subname, item.type, item.ttl or 0, records, store.tick(), store.tick())
    work[item.key] = rrset
    return Shown(item.key, rrset)


def _update(call: Call, domain: Domain, work: dict[RRsetKey, RRset], item: Item, read: RRset) -> Shown:
    """What an answer shows as `touched` lags behind when nothing was added: the real server shows what it had read."""
    tick = call.service.store.tick
    current = work.get(item.key, read)
    rrset = current
    if item.records is not None:
        wanted = stored_records(domain, item)
        added, removed = wanted - read.records, read.records - wanted
        rrset = replace(rrset, records=(current.records - removed) | added, touched=tick() if added else read.touched)
    if item.ttl is not None and item.ttl != read.ttl:
        rrset = replace(rrset, ttl=item.ttl, touched=tick())
        work[item.key] = rrset
    else:
        work[item.key] = replace(rrset, touched=tick())
    return Shown(item.key, rrset)


def _changes(domain: Domain, work: dict[RRsetKey, RRset]) -> list[Change]:
    """What the signer has to learn: not what merely was touched."""
    changes = []
    for key in {**domain.rrsets, **work}:
        old, new = domain.rrsets.get(key), work.get(key)
        if (old and (old.ttl, old.records)) != (new and (new.ttl, new.records)):
            changes.append(as_change(domain, key, new))
    return changes


def _show(domain: Domain, shown: Shown) -> dict[str, object]:
    """The records are those of now, the rest is the writer's own view."""
    current = domain.rrsets.get(shown.key, shown.rrset)
    return rrset_body(domain, replace(shown.rrset, records=current.records))


def write(call: Call, domain: Domain, items: Sequence[Item]) -> list[dict[str, object]]:
    with call.collision():
        shown = commit(call, domain, items)
    return [_show(domain, entry) for entry in shown]


# --- the list


def _rules(call: Call, domain: Domain, many: bool) -> Rules:
    with call.service.store.lock:
        rrsets = dict(domain.rrsets)
    return Rules(domain, call.authenticated, rrsets, call.request.method, many, ns_is_fixed(call, domain))


def ns_is_fixed(call: Call, domain: Domain) -> bool:
    return domain.name.partition(".")[2] in call.service.settings.local_public_suffixes


def _domain(call: Call) -> Domain:
    domain = call.own_domain()
    if domain is None:
        raise detail(404, "Not found.")
    return domain


def _admit(call: Call) -> None:
    _domain(call)


def _scope(call: Call) -> Scope:
    return READS if call.is_read else rrset_writes(call.args["domain"])


def _filtered(call: Call, domain: Domain) -> list[RRset]:
    subname, type_ = call.request.parameter("subname"), call.request.parameter("type")
    if type_ in AUTOMATIC_TYPES:
        raise forbidden(f"You cannot tinker with the {type_} RRset.")
    with call.service.store.lock:
        rrsets = [rrset for rrset in domain.rrsets.values() if subname in (None, rrset.subname) and type_ in (None, rrset.type)]
    return sorted(rrsets, key=lambda rrset: rrset.created, reverse=True)


def _list(call: Call) -> Response:
    domain = _domain(call)
    page, headers = paginate(call.request, _filtered(call, domain), lambda rrset: rrset.created.isoformat(" "))
    return Response(200, [rrset_body(domain, rrset) for rrset in page], headers)


def _create_some(call: Call) -> Response:
    domain = _domain(call)
    data = call.data()
    if data is NO_DATA:
        raise invalid({"non_field_errors": ["No data provided"]})
    if isinstance(data, list):
        return Response(201, write(call, domain, judge_list(_rules(call, domain, many=True), data)))
    try:
        item = judge_item(_rules(call, domain, many=False), data, None, partial=False)
    except InvalidError as error:
        raise invalid(error.errors) from error
    return Response(201, write(call, domain, [item])[0])


def _change_some(call: Call) -> Response:
    domain = _domain(call)
    data = call.data()
    if data is NO_DATA:
        raise invalid({"non_field_errors": ["No data provided"]})
    return Response(200, write(call, domain, judge_list(_rules(call, domain, many=True), data)))


# --- the single RRset


def _key(call: Call) -> RRsetKey:
    """In a path the apex is "@" or "...", and a subname may end in either."""
    subname = call.args["subname"]
    for end in ("@", "..."):
        if subname.endswith(end):
            subname = subname[: -len(end)]
            break
    return (subname, call.args["type"])


def _rrset(call: Call, domain: Domain) -> RRset:
    with call.service.store.lock:
        rrset = domain.rrsets.get(_key(call))
    if rrset is None:
        raise detail(404, "No RRset matches the given query.")
    return rrset


def _get(call: Call) -> Response:
    domain = _domain(call)
    return Response(200, rrset_body(domain, _rrset(call, domain)))


def _change(call: Call) -> Response:
    domain = _domain(call)
    rrset = _rrset(call, domain)
    data = call.data()
    try:
        item = judge_item(_rules(call, domain, many=False), {} if data is NO_DATA else data, rrset, partial=call.request.method == "PATCH")
    except InvalidError as error:
        raise invalid(error.errors) from error
    bodies = write(call, domain, [item])
    return Response(200, bodies[0]) if bodies else Response(204)


def _delete(call: Call) -> Response:
    domain = _domain(call)
    key = _key(call)
    rules = _rules(call, domain, many=False)
    rrset = rules.rrsets.get(key)
    if rrset is not None:
        rules.check_permission(*key)
        if key == ("", "NS") and rules.ns_is_fixed:
            raise invalid([NS_READ_ONLY])
        write(call, domain, [Item(*key, ttl=None, records=(), instance=rrset)])
    return Response(204)


_PATH = r"/domains/(?P<domain>[^/]+)/rrsets/"

VIEWS: tuple[View, ...] = (
    View(
        _PATH, "GET, POST, PUT, PATCH, HEAD, OPTIONS",
        {"GET": _list, "POST": _create_some, "PUT": _change_some, "PATCH": _change_some}, _admit, _scope,
    ),
    View(
        _PATH + r"(?P<subname>[^/]+)/(?P<type>[^/]+)/", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS",
        {"GET": _get, "PUT": _change, "PATCH": _change, "DELETE": _delete}, _admit, _scope,
    ),
)  # fmt: skip
