# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges what a client wants to write, in deSEC's words, and never writes it.

Errors have the shape that the item's position in the request gives them: of a single object {"field": [...]} or
{"non_field_errors": [...]}, of a list one such object per item.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Sequence

import dns.name

from .errors import forbidden, invalid
from .model import Domain, RRset, RRsetKey, Token
from .records import AUTOMATIC_TYPES, MAXIMUM_TTL, SUPPORTED_TYPES, canonical, digestable

Errors = Dict[str, object]

_SUBNAME = re.compile(r"^([*]|(([*][.])?([a-z0-9_-]{1,63}[.])*[a-z0-9_-]{1,63}))$")
_TYPE = re.compile(r"^[A-Z][A-Z0-9]*$")
_MAXIMUM_RESPONSE = 65535  # bytes
REQUIRED = "This field is required."
NULL = "This field may not be null."
READ_ONLY = "Can only be written on create."
NS_READ_ONLY = "Cannot modify NS records for this domain."


class InvalidError(Exception):
    """What is wrong with one item."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True)
class Item:
    """A valid wish for one RRset. `records`: canonical; empty means delete, None means leave. `ttl` None: leave."""

    subname: str
    type: str
    ttl: int | None
    records: tuple[str, ...] | None
    instance: RRset | None  # as it was when the wish was judged

    @property
    def key(self) -> RRsetKey:
        return (self.subname, self.type)


@dataclass(frozen=True)
class Rules:
    """What an item is judged by. `method` POST: RRsets are made, never deleted. `many`: items of a list."""

    domain: Domain
    token: Token
    rrsets: Mapping[RRsetKey, RRset]
    method: str
    many: bool
    ns_is_fixed: bool  # below one of deSEC's own public suffixes

    def check_permission(self, subname: str, type_: str) -> None:
        if not self.token.may_write(self.domain.name, subname, type_):
            raise forbidden("Insufficient token permissions.")


def judge_item(rules: Rules, data: object, instance: RRset | None, partial: bool) -> Item:
    """One item; raises InvalidError, or the 403 of a token policy."""
    if not isinstance(data, dict):
        raise InvalidError({"non_field_errors": [f"Invalid data. Expected a dictionary, but got {type(data).__name__}."]})
    values: dict[str, Any] = {}
    errors: Errors = {}
    for name, judge in (("subname", _subname), ("records", _records), ("ttl", _ttl), ("type", _type)):
        try:
            if name in data:
                values[name] = judge(rules, data[name], instance)
            elif name == "subname" and not partial and not rules.many and instance is None:
                values[name] = ""
            elif not partial:
                raise InvalidError({name: [REQUIRED]})
        except InvalidError as error:
            errors.update(error.errors)
    if errors:
        raise InvalidError(errors)
    return _judge_whole(rules, values, instance)


def _judge_whole(rules: Rules, values: Mapping[str, Any], instance: RRset | None) -> Item:
    """What can only be said of the item as a whole."""
    if instance is None:
        missing: Errors = {name: [REQUIRED] for name in ("subname", "type") if name not in values}
        if missing:
            raise InvalidError(missing)
    subname = values["subname"] if instance is None else instance.subname
    type_ = values["type"] if instance is None else instance.type
    rules.check_permission(subname, type_)
    conflicts = [] if rules.many else _cname_conflicts(rules.rrsets, subname, type_, values)
    if instance is None and (subname, type_) in rules.rrsets:
        conflicts.insert(0, "Another RRset with the same subdomain and type exists for this domain. (Try modifying it.)")
    if conflicts:
        raise InvalidError({"non_field_errors": conflicts})
    records: tuple[str, ...] | None = None
    if "records" in values:
        records = _canonical_records(rules.domain, subname, type_, values["records"])
    if type_ == "NS" and rules.ns_is_fixed and (records != () or not subname):
        raise InvalidError({"type": [NS_READ_ONLY]})
    return Item(subname, type_, values.get("ttl"), records, instance)


def _subname(_rules: Rules, value: object, instance: RRset | None) -> str:
    errors = []
    if value is None:
        raise InvalidError({"subname": [NULL]})
    if not isinstance(value, str):
        raise InvalidError({"subname": ["Not a valid string."]})
    if value and len(value) > 178:
        errors.append("Ensure this field has no more than 178 characters.")
    if value != value.lower():
        errors.append(f"Invalid value (not lowercase): {value}")
    if value and not _SUBNAME.match(value.lower()):
        errors.append(
            "Subname can only use (lowercase) a-z, 0-9, ., -, and _, may start with a '*.', or just be '*'. Components may not exceed 63 characters."
        )
    if not errors and instance is not None and value != instance.subname:
        errors.append(READ_ONLY)
    if not errors and not _fits(value, _rules.domain.name):
        errors.append("This field combined with the domain name must not exceed 255 characters.")
    if errors:
        raise InvalidError({"subname": errors})
    return value


def _fits(subname: str, domain: str) -> bool:
    try:
        dns.name.from_text(subname, dns.name.from_text(domain))
    except dns.name.NameTooLong:
        return False
    return True


def _records(rules: Rules, value: object, _instance: RRset | None) -> list[str]:
    if value is None:
        raise InvalidError({"records": [NULL]})
    if not isinstance(value, list):
        raise InvalidError({"records": {"non_field_errors": [f'Expected a list of items but got type "{type(value).__name__}".']}})
    errors = [_record_error(record) for record in value]
    if any(errors):
        raise InvalidError({"records": errors})
    if rules.method == "POST" and not value:
        raise InvalidError({"records": ["This field must not be empty when using POST."]})
    return [record.strip() for record in value]


def _record_error(record: object) -> Errors | list[str]:
    if record is None:
        return [NULL]
    if not isinstance(record, str):
        return ["Must be a string."]
    return {} if record.strip() else {"content": ["This field may not be blank."]}


def _ttl(rules: Rules, value: object, _instance: RRset | None) -> int:
    if value is None:
        raise InvalidError({"ttl": [NULL]})
    match = re.fullmatch(r"\s*([+-]?[0-9]{1,18})(\.0*)?\s*", str(value))
    if match is None:
        raise InvalidError({"ttl": ["A valid integer is required."]})
    ttl = int(match.group(1))
    if ttl > MAXIMUM_TTL:
        raise InvalidError({"ttl": [f"Ensure this value is less than or equal to {MAXIMUM_TTL}."]})
    if ttl < rules.domain.minimum_ttl:
        raise InvalidError({"ttl": [f"Ensure this value is greater than or equal to {rules.domain.minimum_ttl}."]})
    return ttl


def _type(_rules: Rules, value: object, instance: RRset | None) -> str:
    if value is None:
        raise InvalidError({"type": [NULL]})
    if not isinstance(value, str):
        raise InvalidError({"type": ["Not a valid string."]})
    if not value:
        raise InvalidError({"type": ["This field may not be blank."]})
    errors = []
    if len(value) > 10:
        errors.append("Ensure this field has no more than 10 characters.")
    if value != value.upper():
        errors.append(f"Invalid value (not uppercase): {value}")
    if not _TYPE.match(value):
        errors.append("Type must be uppercase alphanumeric and start with a letter.")
    if instance is not None and value != instance.type:
        errors.append(READ_ONLY)
    if not errors and value not in SUPPORTED_TYPES:
        errors.append(_why_unsupported(value))
    if errors:
        raise InvalidError({"type": errors})
    return value


def _why_unsupported(type_: str) -> str:
    if type_ in AUTOMATIC_TYPES:
        return f"You cannot tinker with the {type_} RR set. It is managed automatically."
    if type_.startswith("TYPE"):
        return "Generic type format is not supported."
    return f"The {type_} RR set type is currently unsupported."


def _canonical_records(domain: Domain, subname: str, type_: str, contents: Sequence[str]) -> tuple[str, ...]:
    try:
        records = tuple(canonical(content, type_) for content in contents)
        unique = len(records) < 2 or len({digestable(record, type_) for record in records}) == len(records)
    except ValueError as error:
        raise InvalidError({"non_field_errors": [str(error)]}) from error
    except dns.exception.DNSException:
        unique = True  # a canonical form that is no record is found when it is stored
    if not unique:
        raise InvalidError({"non_field_errors": ["Duplicate: records must be semantically unique"]})
    # So much room does a response need at most: 12 bytes a record, the question, a signature.
    excess = 32 + len(domain.qname(subname)) + 256 + sum(12 + len(record) for record in records) - _MAXIMUM_RESPONSE
    if excess > 0:
        raise InvalidError({"non_field_errors": [f"Total length of RRset exceeds limit by {excess} bytes."]})
    return records


def _cname_conflicts(rrsets: Mapping[RRsetKey, RRset], subname: str, type_: str, values: Mapping[str, Any]) -> list[str]:
    if values.get("records") == []:
        return []
    others = sorted(other for name, other in rrsets if name == subname and (other == "CNAME") != (type_ == "CNAME"))
    return [_cname_text(f"database ({', '.join(others)})")] if others else []


def _cname_text(where: str) -> str:
    return f"RRset with conflicting type present at same subname: {where}. (No other RRsets are allowed alongside CNAME.)"


# --- lists


def judge_list(rules: Rules, data: object) -> list[Item]:
    """All items of a request for many RRsets, or the 400 that holds {} for each good item, in the request's order."""
    if not isinstance(data, list):
        raise invalid({"non_field_errors": [f"Expected a list of items but got {type(data).__name__}."]})
    errors: list[Errors] = [_shape_errors(item) for item in data]
    positions = _Positions(rules.rrsets, data, errors)
    items: list[Item] = []
    for index, item in enumerate(data):
        if errors[index]:
            continue
        try:
            positions.check(index, item)
            items.append(_judge_listed(rules, item))
        except InvalidError as error:
            errors[index].update(error.errors)
    if any(errors):
        raise invalid(errors)
    return items


def _judge_listed(rules: Rules, item: dict[str, Any]) -> Item:
    """PATCH changes what exists, makes what does not, and deletes with an empty list; PUT needs every field for the same."""
    if rules.method == "POST":
        return judge_item(rules, item, None, partial=False)
    instance = rules.rrsets.get((item.get("subname") or "", item.get("type") or "")) if item.get("subname") is not None else None
    makes = instance is None and item.get("records") != []
    return judge_item(rules, item, instance, partial=rules.method == "PATCH" and not makes)


def _shape_errors(item: object) -> Errors:
    if not isinstance(item, dict):
        return {"non_field_errors": f"Expected a dictionary, but got {type(item).__name__}."}
    return {
        name: f"Expected a string, but got {type(item[name]).__name__}."
        for name in ("subname", "type")
        if item.get(name) is not None and not isinstance(item[name], str)
    }


class _Positions:
    """Which items of a list are about the same RRset, and which would stand beside a CNAME."""

    def __init__(self, rrsets: Mapping[RRsetKey, RRset], data: Sequence[Any], errors: Sequence[Errors]) -> None:
        self._where: dict[Any, dict[Any, list[int]]] = {}
        self._stays: dict[Any, dict[Any, list[int | str]]] = {}
        for index, item in enumerate(data):
            if errors[index]:
                continue
            subname, type_ = item.get("subname"), item.get("type")
            self._where.setdefault(subname, {}).setdefault(type_, []).append(index)
        for subname, types in self._where.items():
            stays: dict[Any, list[int | str]] = {other: ["database"] for name, other in rrsets if name == subname}
            for type_, indices in types.items():
                kept = [index for index in indices if data[index].get("records") != []]
                stays[type_] = [*(stays.get(type_, []) if len(kept) == len(indices) else []), *kept]
            self._stays[subname] = stays

    def check(self, index: int, item: Mapping[str, Any]) -> None:
        subname, type_ = item.get("subname"), item.get("type")
        same = [other for other in self._where[subname][type_] if other != index]
        if same:
            places = ", ".join(str(other) for other in same)
            raise InvalidError({"non_field_errors": [f"Same subname and type as in position(s) {places}, but must be unique."]})
        if item.get("records") == []:
            return
        conflicts: dict[int | str, list[str]] = {}
        for other, places_of_other in self._stays[subname].items():
            if (other == "CNAME") != (type_ == "CNAME"):
                for place in places_of_other:
                    conflicts.setdefault(place, []).append(str(other))
        if conflicts:
            ordered = sorted(conflicts.items(), key=lambda entry: (isinstance(entry[0], str), entry[0]))
            raise InvalidError({"non_field_errors": [_cname_text(", ".join(f"{place} ({', '.join(sorted(types))})" for place, types in ordered))]})
