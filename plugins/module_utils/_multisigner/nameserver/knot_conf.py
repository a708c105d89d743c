# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a configuration of Knot DNS says, as Knot itself reads it: `knotc conf-export`, with all included files in it.

It only reads, and runs nothing against the server. Whether a zone that the user configured can have other signers' keys is judged here,
from the settings that are in force for it. Standard library and knotc only, because it travels to name servers.
"""
from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Dict, Iterator, List, Mapping, Optional, Tuple

from ..dnskey import zone_name
from ..errors import MultisignerError
from .tools import Tools, one_line

_SECTION = re.compile(r'^(\w[\w-]*):\s*$')
_ITEM = re.compile(r'^  (- |  )([\w-]+):\s*(.*?)\s*$')
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s,\[\]"]+)')
_INCLUDE = re.compile(r'^(include:\s*)"?([^"\s#]+)"?', re.MULTILINE)
_STORAGE, _KASP = '/var/lib/knot', 'keys'  # Knot's defaults, as its packages have them

Item = Mapping[str, Tuple[str, ...]]


@dataclass(frozen=True)
class ZoneSettings:
    """How one zone is configured: its own settings, those of its template, and its dnssec-policy, by their names."""

    name: str
    settings: Item
    policy_name: str
    policy: Item

    def value(self, name: str, default: str) -> str:
        return _one(self.settings, name, default)

    def of_policy(self, name: str, default: str) -> str:
        return _one(self.policy, name, default)

    @property
    def is_from_file(self) -> bool:
        """Whether the zone file is the source of truth, and Knot counts the serial by itself: what is in the file, and nothing else, is in the zone."""
        return (self.value('zonefile-load', 'whole'), self.value('zonefile-sync', '0'), self._journal) == ('difference-no-serial', '-1', 'all')

    @property
    def zone_file(self) -> Optional[str]:
        """Its path; None where the configuration composes it in a way that is not known here."""
        name = self.value('file', '%s.zone').replace('%s', self.name)
        return None if '%' in name else os.path.join(self.value('storage', _STORAGE), name)

    @property
    def _journal(self) -> str:
        return self.value('journal-content', 'all' if self.value('zonefile-load', 'whole') == 'difference-no-serial' else 'changes')

    def refuse_unfit(self) -> None:
        """Raises MultisignerError when other signers' keys would not get into the zone, would not stay, or would be worked on by Knot itself.

        A zone whose file is the source of truth is none of these: what is in the file stays.
        """
        if self.value('dnssec-signing', 'off') != 'on':
            raise MultisignerError('Knot does not sign it', zone=self.name, remedy='Set dnssec-signing: on and a dnssec-policy for it')
        for refuse in (self._refuse_full_management, self._refuse_own_ways, self._refuse_cds):
            refuse()
        if not self.is_from_file:
            self.refuse_zone_file()

    def _refuse_full_management(self) -> None:
        management = self.of_policy('dnskey-management', 'full')
        if management != 'incremental':
            raise MultisignerError(
                f'its dnssec-policy "{self.policy_name}" has "dnskey-management: {management}": Knot answers NOERROR to updates that bring other signers\' '
                'keys, and does not publish them', zone=self.name,
                remedy='Set "dnskey-management: incremental" in that policy, with a delete-delay such as 7d, and reload',
            )

    def _refuse_own_ways(self) -> None:
        """What Knot would do at the parent and at the other signers by itself."""
        if self.value('ds-push', self.of_policy('ds-push', '')):
            raise MultisignerError(
                f'its zone or its dnssec-policy "{self.policy_name}" has a ds-push: Knot replaces the whole DS set at the parent by the DS of its own key, and '
                'the answers of all other signers are bogus then', zone=self.name,
                remedy='Take ds-push out; the DS of all signers get to the parent by the pass',
            )
        if self.of_policy('dnskey-sync', ''):
            raise MultisignerError(
                f'its dnssec-policy "{self.policy_name}" has a dnskey-sync: Knot itself writes its keys to the other signers, and takes them away there by '
                'its own clock, which does not know what is in the caches of their answers', zone=self.name,
                remedy='Take dnskey-sync out: of two that write the same records, one undoes what the other waits for',
            )

    def _refuse_cds(self) -> None:
        publish = self.of_policy('cds-cdnskey-publish', 'rollover')
        if publish not in ('always', 'none'):
            raise MultisignerError(
                f'its dnssec-policy "{self.policy_name}" has "cds-cdnskey-publish: {publish}": Knot takes CDS and CDNSKEY away again that every signer is to '
                'have (RFC 9975)', zone=self.name, remedy='Set "cds-cdnskey-publish: always" in that policy, and reload',
            )

    def refuse_zone_file(self, remedy: str = '') -> None:
        """A zone file that is read again and was never written would take away what came by updates. *remedy*: what could be done instead."""
        load, sync, journal = self.value('zonefile-load', 'whole'), self.value('zonefile-sync', '0'), self._journal
        if (load == 'none' and journal == 'all') or (load in ('whole', 'difference') and sync != '-1'):
            return
        raise MultisignerError(
            f'it has "zonefile-load: {load}", "zonefile-sync: {sync}" and "journal-content: {journal}": its zone file wins over what came by updates, so a '
            'reload or a restart would take the other signers\' keys out of the zone', zone=self.name,
            remedy='Let Knot write the file, by "zonefile-load: difference" and "zonefile-sync: 0", and edit the zone by knotc zone-begin, zone-set and '
            f'zone-commit; or take the zone out of knot.conf and name the file as its content (in knot_signer_zones){remedy}',
        )


@dataclass(frozen=True)
class KnotConfiguration:
    """The sections with their items by identifier; of a section without identifiers the one item is under ''."""

    sections: Mapping[str, Mapping[str, Item]]

    def names(self, section: str) -> Tuple[str, ...]:
        return tuple(self.sections.get(section, {}))

    @property
    def key_database(self) -> str:
        """The folder of the KASP database."""
        database = self.sections.get('database', {}).get('', {})
        return os.path.join(_one(database, 'storage', _STORAGE), _one(database, 'kasp-db', _KASP))

    @cached_property
    def zones(self) -> Dict[str, ZoneSettings]:
        """Every configured zone, by its name."""
        found: Dict[str, ZoneSettings] = {}
        for domain, own in self.sections.get('zone', {}).items():
            try:
                name = zone_name(domain)
            except MultisignerError:
                continue  # a name that no multi-signer zone can have
            template = self.sections.get('template', {}).get(_one(own, 'template', 'default'), {})
            settings = {**template, **own}
            policy = _one(settings, 'dnssec-policy', 'default')
            found[name] = ZoneSettings(name, settings, policy, self.sections.get('policy', {}).get(policy, {}))
        return found


def read_knot_configuration(tools: Tools, path: str, shown_path: Optional[str] = None) -> KnotConfiguration:
    """The configuration whose main file is *path*; *shown_path* stands for it in messages, for a working copy.

    Raises MultisignerError with knotc's words.
    """
    shown = shown_path or path
    answer = tools.ask('knotc', '-c', path, 'conf-export')
    if answer.status != 0:
        raise MultisignerError(f'knotc refuses {shown}: {one_line(answer.text.replace(path, shown))}', remedy='Mend the configuration, then run again')
    return KnotConfiguration(_sections(answer.out))


def with_absolute_includes(text: str, folder: str) -> str:
    """A configuration file's text as it can be read from another folder: Knot counts relative names of included files from the file's own."""
    return _INCLUDE.sub(lambda match: f'{match.group(1)}"{os.path.join(folder, match.group(2))}"', text)


def _sections(text: str) -> Dict[str, Dict[str, Item]]:
    found: Dict[str, Dict[str, Item]] = {}
    section = identifier = ''
    for kind, name, values in _lines(text):
        if kind == 'section':
            section, identifier = name, ''
        elif kind == 'identifier':
            identifier = values[0] if values else ''
            found.setdefault(section, {}).setdefault(identifier, {})
        else:
            item = found.setdefault(section, {}).setdefault(identifier, {})
            found[section][identifier] = {**item, name: values}
    return found


def _lines(text: str) -> Iterator[Tuple[str, str, Tuple[str, ...]]]:
    """What each line of the export is: a section, the identifier that begins an item, or a setting; its name; its values."""
    for line in text.splitlines():
        section, item = _SECTION.match(line), _ITEM.match(line)
        if section:
            yield 'section', section.group(1), ()
        elif item:
            yield 'identifier' if item.group(1) == '- ' else 'setting', item.group(2), _values(item.group(3))


def _values(text: str) -> Tuple[str, ...]:
    words: List[str] = []
    for quoted, plain in _VALUE.findall(text):
        words.append(plain or re.sub(r'\\(.)', r'\1', quoted))
    return tuple(words)


def _one(item: Item, name: str, default: str) -> str:
    values = item.get(name, ())
    return values[0] if values else default
