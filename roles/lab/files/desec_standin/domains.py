# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints for domains: make, show, list, delete, export. A domain that PowerDNS does not have is not there either."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Iterator, Sequence

import dns.exception
import dns.name
import dns.rdatatype
import dns.zone

from .backend import BackendError
from .errors import ApiError, RolledBackError, conflict, detail, forbidden, internal, invalid
from .model import Account, Domain, Policy, RRset, RRsetKey, Token, moment, new_id
from .pagination import paginate
from .powerdns import SOA_NAMES, SOA_TIMERS
from .records import AUTOMATIC_TYPES, MAXIMUM_TTL, SIGNER_TYPES, key_description, unstable_order
from .rrsets import as_change, commit, stored_records
from .throttle import DOMAIN_WRITES, READS, Scope, rrset_writes
from .validation import NULL, REQUIRED, Item, Rules, judge_list
from .view import Call, Response, View, authenticated, backend_failed

_NAME = re.compile(r"^(([a-z0-9_-]{1,63})\.)*[a-z0-9-]{1,63}$", re.IGNORECASE)
_UNAVAILABLE = "This domain name conflicts with an existing domain, or is disallowed by policy."
_RESERVED = ("_", "autoconfig.", "autodiscover.")
_DELEGATION_TTL = {"NS": 3600, "DS": 300}


def _body(domain: Domain, with_keys: bool) -> dict[str, object]:
    body: dict[str, object] = {
        "created": moment(domain.created),
        "published": moment(domain.published),
        "name": domain.name,
        "minimum_ttl": domain.minimum_ttl,
        "touched": moment(domain.touched),
    }
    if with_keys:
        body["keys"] = _keys(domain)
    return body


def _keys(domain: Domain) -> list[dict[str, object]]:
    """The own key first, then what users added: deSEC lists it even when it is the own key once more."""
    added = domain.rrsets.get(("", "DNSKEY"))
    keys = [key_description(domain.name, domain.own_key, "csk", managed=True)]
    return keys + [key_description(domain.name, record, None, managed=False) for record in unstable_order(added.records if added else ())]


# --- which names may be had


def _judge_name(call: Call, value: object) -> str:
    """A name for a new domain; raises the 400."""
    if value is None:
        raise invalid({"name": [NULL]})
    if not isinstance(value, str):
        raise invalid({"name": ["Not a valid string."]})
    errors = []
    if len(value) > 191:
        errors.append("Ensure this field has no more than 191 characters.")
    if value != value.lower():
        errors.append(f"Invalid value (not lowercase): {value}")
    if not _NAME.match(value):
        errors.append(
            "Domain names must be labels separated by dots. Labels may consist of up to 63 letters, digits, hyphens, and underscores."
            " The last label may not contain an underscore."
        )
    with call.service.store.lock:
        if value in call.service.store.domains:
            errors.append("domain with this name already exists.")
        elif not errors and not _is_registrable(call, value):
            errors.append(_UNAVAILABLE)
    if errors:
        raise invalid({"name": errors})
    return value


def _is_registrable(call: Call, name: str) -> bool:
    suffixes = call.service.settings.local_public_suffixes
    suffix = max((suffix for suffix in suffixes if f".{name}".endswith(f".{suffix}")), key=len, default=name.rpartition(".")[2])
    generation = name.count(".") - suffix.count(".")
    if f".{name}".endswith(".internal") or (generation == 0 and name not in suffixes):
        return False
    if generation == 1 and name.startswith(_RESERVED):
        return False
    for other in call.service.store.domains.values():
        if other.owner is not call.account and (other.name.endswith(f".{name}") or (other.name != suffix and name.endswith(f".{other.name}"))):
            return False
    return True


# --- making one


def _create(call: Call) -> Response:
    data = call.fields()
    if "name" not in data:
        raise invalid({"name": [REQUIRED]})
    name = _judge_name(call, data["name"])
    imported = _parse_zonefile(name, data["zonefile"]) if data.get("zonefile") is not None else []
    with call.collision():
        with _reserved(call, name):
            domain = _make(call, name, imported)
        body = _body(domain, with_keys=True)
        domain.published = call.service.store.tick()
        _delegate(call, domain)
    return Response(201, body)


@contextmanager
def _reserved(call: Call, name: str) -> Iterator[None]:
    """Of several that make the same domain at the same time, one does; the others wait for it, and then conflict."""
    store = call.service.store
    with store.lock:
        waiting = store.creating.setdefault(name, threading.Lock())
    with waiting:
        with store.lock:
            if name in store.domains:
                raise conflict("desecapi_domain_name_key", "name", name)
        try:
            yield
        finally:
            with store.lock:
                store.creating.pop(name, None)


def _make(call: Call, name: str, imported: Sequence[dict[str, object]]) -> Domain:
    store, settings = call.service.store, call.service.settings
    domain = Domain(0, name, call.account, store.tick(), settings.minimum_ttl, "", {})
    for item in _judge_import(call, domain, imported):
        domain.rrsets[item.key] = RRset(item.subname, item.type, item.ttl or 0, stored_records(domain, item), store.tick(), store.tick())
    name_servers = RRset("", "NS", settings.name_server_ttl, frozenset(settings.name_servers), store.tick(), store.tick())
    domain.rrsets[name_servers.key] = name_servers
    if call.fault("signer_down"):
        raise RolledBackError
    try:
        domain.own_key = call.service.backend.create_zone(name, [as_change(domain, key, rrset) for key, rrset in domain.rrsets.items()])
    except BackendError as error:
        raise backend_failed(error) from error
    with store.lock:
        domain.id = store.next_domain_id()
        store.domains[name] = domain
        if call.authenticated.auto_policy:
            call.authenticated.policies.append(Policy(new_id(), name, None, None, True))
    call.after_commit()
    return domain


def _parse_zonefile(name: str, text: object) -> list[dict[str, object]]:
    """The RRsets of a zone file that a client may set; what deSEC manages itself is left out, the apex NS too."""
    if not isinstance(text, str):
        raise invalid({"zonefile": ["Not a valid string."]})
    origin = dns.name.from_text(name)
    try:
        zone = dns.zone.from_text(text.strip(), origin=origin, allow_include=False, check_origin=False, relativize=False)
    except dns.exception.SyntaxError as error:
        parts = str(error).split(":")
        problem = f"Zonefile contains syntax error in line {parts[1]}." if len(parts) > 1 else f"Could not parse zonefile: {error}"
        raise invalid({"zonefile": [problem]}) from error
    except (ValueError, dns.exception.DNSException) as error:
        raise invalid({"zonefile": [f"Could not parse zonefile: {error}"]}) from error
    rrsets: list[dict[str, object]] = []
    for owner, node in zone.nodes.items():
        subname = owner.relativize(origin).to_text() if owner != origin else ""
        for rdataset in node.rdatasets:
            type_ = dns.rdatatype.to_text(rdataset.rdtype)
            if type_ in AUTOMATIC_TYPES or type_ in SIGNER_TYPES or (subname, type_) == ("", "NS"):
                continue
            rrsets.append({"subname": subname, "type": type_, "ttl": rdataset.ttl, "records": [rdata.to_text() for rdata in rdataset]})
    return rrsets


def _judge_import(call: Call, domain: Domain, imported: Sequence[dict[str, object]]) -> list[Item]:
    data = [{**rrset, "ttl": max(domain.minimum_ttl, min(MAXIMUM_TTL, int(str(rrset["ttl"]))))} for rrset in imported]
    owner = Token("", domain.owner, "", "", domain.created)  # policies say nothing about a domain that is being made
    try:
        return judge_list(Rules(domain, owner, {}, "POST", many=True, ns_is_fixed=False), data)
    except ApiError as error:
        if not isinstance(error.body, list):
            raise
        problems = [
            f"{domain.qname(str(rrset['subname']))[:-1]}/{rrset['type']}: {text}"
            for rrset, errors in zip(data, error.body)
            for texts in errors.values()
            for text in texts
        ]
        raise invalid({"zonefile": problems}) from error


def _delegate(call: Call, domain: Domain) -> None:
    """A domain below one of deSEC's own suffixes is delegated there and then, if the suffix itself is a domain here."""
    label, suffix = domain.name.partition(".")[::2]
    with call.service.store.lock:
        parent = call.service.store.domains.get(suffix) if suffix in call.service.settings.local_public_suffixes else None
        exists = domain.name in call.service.store.domains
    if parent is None:
        return
    own_ds = key_description(domain.name, domain.own_key, "csk", managed=True)["ds"]
    contents = {"NS": call.service.settings.name_servers, "DS": own_ds if isinstance(own_ds, list) else ()}
    items = [Item(label, type_, None, (), old) for type_ in contents for old in [parent.rrsets.get((label, type_))] if old is not None]
    if exists:
        items += [Item(label, type_, _DELEGATION_TTL[type_], tuple(records), None) for type_, records in contents.items()]
    commit(call, parent, items)


# --- the other endpoints


def _list(call: Call) -> Response:
    domains = call.service.store.domains_of(call.account)
    qname = call.request.parameter("owns_qname")
    if qname is not None:
        owners = [domain for domain in domains if f".{qname}".endswith(f".{domain.name}")]
        return Response(200, [_body(max(owners, key=lambda domain: len(domain.name)), with_keys=False)] if owners else [])
    page, headers = paginate(call.request, domains, lambda domain: domain.created.isoformat(" "))
    return Response(200, [_body(domain, with_keys=False) for domain in page], headers)


def _found(call: Call) -> Domain:
    domain = call.own_domain()
    if domain is None:
        raise detail(404, "No Domain matches the given query.")
    return domain


def _show(call: Call) -> Response:
    domain = _found(call)
    if call.fault("signer_down"):  # the keys are the signer's
        raise internal()
    return Response(200, _body(domain, with_keys=True))


def _delete(call: Call) -> Response:
    domain = call.own_domain()
    if domain is None:
        return Response(204)
    store = call.service.store
    with domain.lock:
        if call.fault("signer_down"):
            raise RolledBackError
        try:
            call.service.backend.delete_zone(domain.name)
        except BackendError as error:
            raise backend_failed(error) from error
        call.service.publisher.forget(domain.name)
        with store.lock:
            store.domains.pop(domain.name, None)
            for token in store.tokens:
                token.policies[:] = [policy for policy in token.policies if policy.domain != domain.name]
    _delegate(call, domain)
    call.after_commit()
    return Response(204)


def _zonefile(call: Call) -> Response:
    domain, settings = _found(call), call.service.settings
    try:
        serial = call.service.backend.serial(domain.name)
    except BackendError as error:
        raise backend_failed(error) from error
    soa: tuple[RRsetKey, int, list[str]] = (("", "SOA"), settings.soa_ttl, [f"{SOA_NAMES} {serial} {SOA_TIMERS} {settings.dnskey_ttl}"])
    with call.service.store.lock:
        rrsets = [(key, rrset.ttl, unstable_order(rrset.records)) for key, rrset in domain.rrsets.items()]
    lines = [
        f"{domain.qname(key[0])}\t{ttl}\tIN\t{key[1]}\t{record}\n"
        for key, ttl, records in sorted([*rrsets, soa], key=lambda entry: (domain.qname(entry[0][0]), entry[0][1]))
        for record in records
    ]
    now = datetime.fromtimestamp(call.service.store.seconds(), timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f+00:00")
    return Response(200, f"; Zonefile for {domain.name} exported from desec.io at {now}\n" + "".join(lines), content_type="text/dns")


# --- who may


def _admit_list(call: Call) -> None:
    token = call.authenticated
    if call.request.method == "POST":
        if not token.perm_create_domain:
            raise forbidden()
        if _at_limit(call, token.account):
            raise forbidden("Domain limit exceeded. Please contact support to create additional domains.")


def _at_limit(call: Call, account: Account) -> bool:
    return account.limit_domains is not None and len(call.service.store.domains_of(account)) >= account.limit_domains


def _admit_one(call: Call) -> None:
    authenticated(call)
    if call.request.method == "DELETE" and not call.authenticated.perm_delete_domain:
        raise forbidden()


def _scope(call: Call) -> Scope:
    return READS if call.is_read else DOMAIN_WRITES


def _export_scope(call: Call) -> Scope | None:
    return rrset_writes(call.args["domain"])


_DOMAIN = r"/domains/(?P<domain>[^/]+)/"

VIEWS = (
    View(r"/domains/", "GET, POST, HEAD, OPTIONS", {"GET": _list, "POST": _create}, _admit_list, _scope),
    View(_DOMAIN, "GET, DELETE, HEAD, OPTIONS", {"GET": _show, "DELETE": _delete}, _admit_one, _scope),
    View(_DOMAIN + r"zonefile/", "GET, HEAD, OPTIONS", {"GET": _zonefile}, _admit_one, _export_scope, text_type="text/dns"),
)
