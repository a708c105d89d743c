# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing the declared content of many zones to one signer: each zone's source is read, the signer is given what it lacks, and its servers are asked.

It decides nothing about a zone: what differs is told by content.py, and done by signers/content_changes.py.
"""
from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any, Dict, List, Mapping, Sequence, Tuple, Union

from .api_keys import client_of
from .canonical import content_of_zone, read_zone_file
from .content import Change, Content
from .dnskey import zone_name
from .errors import MultisignerError
from .group import GROUP_OPTIONS, ContentSource, Group, Signer, declare
from .outcome import Outcome
from .resolve import Server, Silence, find_servers, for_each, transfer
from .signers.content_changes import ByApi, ByUpdate, Target, Wish, bring, seen_everywhere

OPTIONS: Dict[str, Any] = {
    **GROUP_OPTIONS,
    'signer': {'type': 'str', 'required': True},
    'max_deletions': {'type': 'int', 'default': 30},
    'few_deletions': {'type': 'int', 'default': 5},
    'confirmed': {'type': 'list', 'elements': 'str', 'default': []},
    'timeout': {'type': 'float', 'default': 5.0},
    'max_wait': {'type': 'float', 'default': 300.0},
}

Read = Union[Content, MultisignerError]


def bring_content(options: Mapping[str, Any], check_mode: bool) -> List[Outcome]:
    """One outcome for each zone of OPTIONS whose content is brought to that signer. Raises MultisignerError for what concerns all of them.

    A zone of which there is something to tell that is no failure has it as ``note``.
    """
    return [_noted(outcome, options['signer']) for outcome in _bring_content(options, check_mode)]


def _noted(outcome: Outcome, signer: str) -> Outcome:
    has_news = not outcome.failed and (outcome.changed or outcome.details.get('same') is False)
    return replace(outcome, details={**outcome.details, 'note': f'{signer}: {outcome.zone}: {outcome.msg}' if has_news else ''})


def _bring_content(options: Mapping[str, Any], check_mode: bool) -> List[Outcome]:
    declaration = declare(options['zones'], options['signers'], options['parents'], options['max_ttl'])
    outcomes = [Outcome(zone, msg=text, failed=True) for zone, text in declaration.errors.items()]
    mine = [(group, signer) for group in declaration.groups for signer in group.signers if signer.name == options['signer']]
    work = [(group, signer) for group, signer in mine if group.is_given_content(signer)]
    if not work:
        return outcomes
    confirmed = {zone_name(zone) for zone in options['confirmed']}
    signer = work[0][1]
    servers = find_servers(signer.servers, signer.port)
    target = _target(signer, options)
    sources = _Sources(options).read([group for group, _signer in work])
    written: List[Tuple[Group, Content, Tuple[Change, ...], Outcome]] = []
    for group, _signer in work:
        try:
            content = _content(sources[group.zone])
            wish = Wish(
                group.zone, content, group.max_ttl, _declared(group).create, _declared(group).report_only, group.zone in confirmed,
                options['max_deletions'], options['few_deletions'],
            )
            outcome, changes = bring(wish, target, check_mode)
        except MultisignerError as error:
            outcomes.append(Outcome.failure(group.zone, error.at(server=signer.name)))
            continue
        if outcome.failed or not changes:
            outcomes.append(outcome)
        else:
            written.append((group, content, changes, outcome))
    deadline = time.monotonic() + options['max_wait']
    for group, content, changes, outcome in written:
        late = seen_everywhere(group.zone, content, changes, servers, options['timeout'], max(0.0, deadline - time.monotonic()))
        outcomes.append(
            replace(outcome, failed=True, msg=late, details={**outcome.details, 'same': False}) if late
            else replace(outcome, msg=f'{outcome.msg} Every server shows it.')
        )
    return outcomes


def _target(signer: Signer, options: Mapping[str, Any]) -> Target:
    if signer.capabilities.edits_content == 'api' and signer.api is not None:
        return ByApi(client_of(signer.driver, signer.api, options['max_wait']))
    return ByUpdate(_primary(signer), signer.content_tsig or signer.tsig, options['timeout'])


def _primary(signer: Signer) -> Server:
    return find_servers([signer.primary or signer.servers[0]], signer.port)[0]


def _content(read: Read) -> Content:
    if isinstance(read, MultisignerError):
        raise read
    return read


def _declared(group: Group) -> ContentSource:
    """Of a group that is_given_content() to somebody."""
    return group.content or ContentSource()


class _Sources:
    """Reads the declared content of zones: a file of the controller, a signer's API, or a zone transfer from its primary; the transfers at once."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._silence = Silence()
        self._targets: Dict[str, Target] = {}

    def read(self, groups: Sequence[Group]) -> Dict[str, Read]:
        """The content of each zone, or why it could not be read."""
        found = {group.zone: self._read_here(group) for group in groups if not self._is_transferred(group)}
        transferred = [group for group in groups if self._is_transferred(group)]
        found.update(zip((group.zone for group in transferred), asyncio.run(for_each(transferred, self._transferred))))
        return found

    def _source(self, group: Group) -> Signer:
        return next(signer for signer in group.signers if signer.name == _declared(group).source)

    def _is_transferred(self, group: Group) -> bool:
        return not _declared(group).file and self._source(group).capabilities.edits_content != 'api'

    def _read_here(self, group: Group) -> Read:
        try:
            if _declared(group).file:
                return read_zone_file(str(_declared(group).file), group.zone)
            source = self._source(group)
            if source.name not in self._targets:
                self._targets[source.name] = _target(source, self._options)
            return self._targets[source.name].read(group.zone).content
        except MultisignerError as error:
            return _of_source(error, group)

    async def _transferred(self, group: Group) -> Read:
        source = self._source(group)
        try:
            server = _primary(source)
            with self._silence.of(server, group.zone):
                zone = await transfer(server, group.zone, source.content_tsig or source.tsig, self._options['timeout'])
            return content_of_zone(group.zone, zone)
        except MultisignerError as error:
            return _of_source(error, group)


def _of_source(error: MultisignerError, group: Group) -> MultisignerError:
    """*error* of the source, said to be that."""
    return MultisignerError(f'the source of its content: {error.what}', error.zone or group.zone, error.server, error.record, error.remedy)
