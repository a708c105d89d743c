# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declaring zones to Knot in one include file that this collection owns, so that knot.conf stays the user's; or checking those that are declared there.

A zone of ours takes other signers' keys by update and keeps them (dnskey-management incremental, a zone file that Knot writes itself), and
one of the user's is left as it is, and refused where it would not. It never lets a new configuration count before knotc has passed it, never
overwrites a zone file that Knot has taken over, and never drops a zone that it was not told to.
Standard library and Knot's tools only, because it travels to name servers.
"""
from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import Any, FrozenSet, List, Mapping, Optional, Sequence, Tuple

from ..dnskey import DNSKEY, zone_name
from ..errors import MultisignerError
from ..outcome import Outcome
from .blocks import INCLUDE_NAME, POLICY_BLOCK, ZONE, BlockFile, Blocks, Key, Result, kept, refuse_both, shown, taken_out, without_unused_policies, write_copy
from .files import Access, Disk, only_writer, read, work_folder
from .include import Inclusion
from .keyfiles import file_stem
from .knot_conf import KnotConfiguration, ZoneSettings, read_knot_configuration, with_absolute_includes
from .knot_include import empty_include, include_path, includes
from .knot_keys import ACTIVE, ANNOUNCED, REMOVED, Knot, KnotKey, told
from .tools import Answer, Tools, one_line

_FILE = BlockFile('#', 'knot_zones', ('shared', POLICY_BLOCK, ZONE), re.compile(r'(secret: ")[^"]*(")'))
_SIGNERS_OWN = frozenset({'RRSIG', 'NSEC', 'NSEC3', 'NSEC3PARAM', 'DNSKEY', 'CDS', 'CDNSKEY'})
_RECORD = re.compile(r'^(?:\S+\s+|\s+)(?:(?:\d+\w*|IN)\s+)*([A-Z][A-Z0-9-]*)\s', re.MULTILINE | re.IGNORECASE)
_DIRECTIVE = re.compile(r'^\$INCLUDE\s', re.MULTILINE | re.IGNORECASE)
_DELETE_DELAY = 604800  # seconds that Knot knows a key after its removal: so long an update cannot bring it back as somebody else's
# What the zones' policies are, whatever the user adds: other values break zones with several signers, or are what this collection decides.
_FIXED = (
    'id', 'manual', 'single-type-signing', 'algorithm', 'ksk-lifetime', 'zsk-lifetime', 'dnskey-ttl', 'dnskey-management', 'nsec3', 'nsec3-iterations',
    'nsec3-salt-length', 'cds-cdnskey-publish', 'ds-push', 'dnskey-sync', 'offline-ksk', 'ksk-shared',
)
_PLAIN = re.compile(r'^[^"\\\x00-\x1f\x7f]+$')


@dataclass(frozen=True)
class Settings:
    """How zones are declared. *policy_options* are further settings of Knot's policy."""

    knot_conf: str
    directory: str
    key: Key
    nsec3: bool
    dnskey_ttl: int
    policy_options: Mapping[str, Any]
    allow_transfer: Tuple[str, ...]
    also_notify: Tuple[str, ...]
    manage_ns: bool
    owner: Access
    readers: Access

    @property
    def include(self) -> str:
        return os.path.join(self.directory, INCLUDE_NAME)


@dataclass(frozen=True)
class Wanted:
    """One zone. With *file* it is declared, and *file* seeds it once; without, it is the user's own. Without *new_keys*, it must have keys already.

    *csk*: one key for all, instead of a KSK and a ZSK. *roll_keys*: keys of another algorithm may take the place of those that it has.
    """

    zone: str
    file: Optional[str]
    algorithm: str
    new_keys: bool
    csk: bool
    roll_keys: bool

    @classmethod
    def from_option(cls, option: Mapping[str, Any]) -> Wanted:
        """Raises MultisignerError for what is no name of a zone."""
        return cls(zone_name(option['name']), option['file'], option['algorithm'], option['new_keys'], option['csk'], option['roll_keys'])

    @property
    def policy(self) -> str:
        return f'multisigner-{self.algorithm.lower()}{"-csk" if self.csk else ""}'

    @property
    def roles(self) -> FrozenSet[str]:
        return frozenset({'CSK'} if self.csk else {'KSK', 'ZSK'})


class KnotDeclarer:
    """Brings the include file, the zone files and knotd to what *settings* say."""

    def __init__(self, tools: Tools, disk: Disk, settings: Settings) -> None:
        self._tools = tools
        self._disk = disk
        self._settings = settings
        self._knot = Knot(tools, settings.knot_conf)
        self._rolling: List[Wanted] = []  # zones whose keys Knot is to roll over to another algorithm from now on

    def serve(self, options: Sequence[Mapping[str, Any]], absent: Sequence[str], work_root: str) -> Result:
        """*options*: ``name``, ``file``, ``algorithm``, ``csk``, ``new_keys``, ``roll_keys`` of each zone; *absent*: zones to be taken out.

        Raises MultisignerError for what concerns every zone; a zone's own trouble is in its outcome.
        """
        with only_writer(self._settings.directory), work_folder(work_root) as work:
            return self._serve(options, [zone_name(name) for name in absent], work)

    def _serve(self, options: Sequence[Mapping[str, Any]], absent: List[str], work: str) -> Result:
        users_conf = self._users_text()
        users = self._read(users_conf, work)
        before = _FILE.parse((read(self._settings.include) or b'').decode('utf-8'))
        after = kept(before, 'shared', absent)
        outcomes: List[Outcome] = []
        for option in options:
            try:
                outcomes.append(self._zone(option, absent, users, before, after, work))
            except MultisignerError as error:
                outcomes.append(Outcome.failure(option['name'], error))
        outcomes += taken_out(before, absent)
        after = without_unused_policies(after)
        if any(name[0] == ZONE for name in (*before, *after)):
            after[('shared', 'settings')] = self._shared_block(users)
        changed = bool(before or after) and self._apply(users_conf, after, work)
        return self._result(outcomes, changed, users, before, after, work)

    # One zone

    def _zone(self, option: Mapping[str, Any], absent: List[str], users: KnotConfiguration, before: Blocks, after: Blocks, work: str) -> Outcome:
        wanted = Wanted.from_option(option)
        refuse_both(wanted.zone, absent)
        configured = users.zones.get(wanted.zone)
        if configured is not None and wanted.file is None:
            configured.refuse_unfit()
            return self._included(configured) if configured.is_from_file else Outcome(wanted.zone)
        if configured is not None:
            raise MultisignerError(
                f'{self._settings.knot_conf} (or a file that it includes) declares it already', zone=wanted.zone,
                remedy='Say no file of it (in knot_signer_zones), then it is left as it is there and only checked; or take it out there, then this role '
                f'declares it in {self._settings.include}. Its keys stay in Knot\'s key database either way',
            )
        name = (ZONE, wanted.zone)
        block, policy = self._zone_block(wanted), self._policy_block(wanted)
        self._refuse_other_policy(wanted, before.get(name), users)
        changed = self._seed(wanted, users, work)
        after[name] = block
        after[(POLICY_BLOCK, wanted.policy)] = policy
        return Outcome(
            wanted.zone, changed=changed or before.get(name) != block, before=shown(before.get(name, '')), after=shown(block),
            details={'zone_file': self._zone_file(wanted.zone)},
        )

    def _included(self, configured: ZoneSettings) -> Outcome:
        """A zone whose file is the source of truth: that file must include one of ours, which is laid down here and filled by knot_dnskey."""
        zone, settings = configured.name, self._settings
        path = include_path(settings.directory, zone)
        changed = self._disk.folder(settings.directory, settings.readers.but(mode=0o750))
        changed |= self._disk.folder(os.path.dirname(path), settings.readers.but(mode=0o750))
        if read(path) is None:
            changed |= self._disk.file(path, empty_include(zone), settings.readers.but(mode=0o640))
        if includes(configured, path):
            return Outcome(zone, changed=changed, details={'include': path})
        try:
            configured.refuse_zone_file(f'; or add this line to {configured.zone_file}: $INCLUDE "{path}" (the file is there), and reload the zone')
        except MultisignerError as error:
            return replace(Outcome.failure(zone, error), changed=changed)
        return Outcome(zone, changed=changed)

    def _refuse_other_policy(self, wanted: Wanted, old: Optional[str], users: KnotConfiguration) -> None:
        """Knot begins to roll the algorithm over as soon as its policy has another one. That may be meant; all else breaks the zone."""
        if old is None or f'dnssec-policy: "{wanted.policy}"' in old:
            return
        if not wanted.roll_keys:
            raise MultisignerError(
                f'it is declared with another policy than "{wanted.policy}": its keys would change while other signers and the parent rely on them',
                zone=wanted.zone,
                remedy='Set the former algorithm and csk again. If its keys are to be rolled over to another algorithm, set roll_keys: true for it as well',
            )
        refuse_rollover(wanted, self._knot.own_keys(wanted.zone, users))
        self._rolling.append(wanted)

    def _seed(self, wanted: Wanted, users: KnotConfiguration, work: str) -> bool:
        """The zone's first content. From then on the file is Knot's, and never written here."""
        path = self._zone_file(wanted.zone)
        changed = self._disk.folder(self._settings.directory, self._settings.readers.but(mode=0o750))
        changed |= self._disk.folder(os.path.dirname(path), self._settings.owner)
        if read(path) is not None:
            return changed
        if wanted.file is None:
            raise MultisignerError(
                f'{self._settings.knot_conf} does not declare it, and there is no {path} and no file to fill it from', zone=wanted.zone,
                remedy='Name a zone file with its content (in knot_signer_zones), or declare it in knot.conf',
            )
        content = self._content(wanted.zone, wanted.file, work)
        if not wanted.new_keys and not any(key.state != REMOVED for key in self._knot.own_keys(wanted.zone, users)):
            raise MultisignerError(
                'Knot has no keys of it, and new ones would make every answer bogus if the parent has a DS of others', zone=wanted.zone,
                remedy='If the zone is not signed yet, say new_keys: true for it (in knot_signer_zones). If it is, bring its keys into Knot\'s key database '
                'first, with keymgr import-bind or import-pem',
            )
        return self._disk.file(path, content, self._settings.owner.but(mode=0o640)) or changed

    def _content(self, zone: str, path: str, work: str) -> bytes:
        """The zone file *path*, as far as it can be the beginning of a zone that Knot signs. Raises MultisignerError."""
        content = read(path)
        if content is None:
            raise MultisignerError(f'the zone file {path} does not exist', zone=zone, remedy='Put it on the name server, or correct the path')
        text = content.decode('utf-8', 'surrogateescape')
        if _DIRECTIVE.search(text):
            raise MultisignerError(f'the zone file {path} has an $INCLUDE', zone=zone, remedy='Put the zone into one file: Knot writes this one from then on')
        conf = os.path.join(work, 'content.conf')
        # What is to be loaded is looked at apart from everything that is configured.
        places = f'server:\n    rundir: {_quoted(work)}\ndatabase:\n    storage: {_quoted(work)}\n'
        write_copy(conf, f'{places}zone:\n  - domain: {_quoted(zone)}\n    file: {_quoted(path)}\n')
        answer = self._tools.ask('knotc', '-c', conf, 'zone-check', zone)
        if answer.status != 0:
            errors = [line for line in answer.text.splitlines() if not line.startswith('warning: ')]
            raise MultisignerError(
                f'the zone file {path} is not usable: knotc says: {one_line(chr(10).join(errors))}', zone=zone,
                remedy='Mend the zone file; what is served was not changed',
            )
        found = sorted(_types(text) & _SIGNERS_OWN)
        if found:
            raise MultisignerError(
                f'the zone file {path} holds {", ".join(found)} records, which the signing adds by itself', zone=zone,
                remedy='Take them out: foreign keys come by rfc2136_dnskey, own keys are in Knot\'s key database',
            )
        return content

    def _zone_file(self, zone: str) -> str:
        return os.path.join(self._settings.directory, 'zones', f'{file_stem(zone)}.zone')

    # What the include file says

    def _shared_block(self, users: KnotConfiguration) -> str:
        """The TSIG key, who may do what, whom to tell, and a template of our own: the user's template "default" is not for these zones."""
        settings, key = self._settings, self._settings.key
        name = key.name.rstrip('.').lower()
        theirs = next((item for known, item in users.sections.get('key', {}).items() if known.rstrip('.').lower() == name), None)
        if theirs is not None and (theirs.get('algorithm'), theirs.get('secret')) != ((key.algorithm,), (key.secret,)):
            raise MultisignerError(
                f'the TSIG key {name} is declared in {settings.knot_conf} (or a file that it includes) already, with another algorithm or secret',
                remedy='Take it out there, write it as it is there, or give multisigner_tsig another name',
            )
        types = ['DNSKEY', 'CDS', 'CDNSKEY', *(['NS', 'CSYNC'] if settings.manage_ns else [])]
        if not _PLAIN.match(key.secret):
            raise MultisignerError(f'the secret of the TSIG key {name} is no base64', remedy='Take name, algorithm and secret from the output of keymgr -t')
        # zones of the user's on the same server may need the key before our file is read
        own = ['key:', f'  - id: {_quoted(name)}', f'    algorithm: {_quoted(key.algorithm)}', f'    secret: {_quoted(key.secret)}']
        lines = own if theirs is None else []
        if settings.also_notify:
            lines += ['remote:', '  - id: "multisigner-secondaries"', f'    address: {_list(settings.also_notify)}']
        lines += [
            'acl:', '  - id: "multisigner-update"', f'    key: {_quoted(name)}', '    action: "update"', f'    update-type: {_list(types)}',
            '    update-owner: "zone"', '    update-owner-match: "equal"',
        ]
        if settings.allow_transfer:
            lines += ['  - id: "multisigner-transfer"', f'    address: {_list(settings.allow_transfer)}', '    action: "transfer"']
        lines += [
            'template:', '  - id: "multisigner"',
            # Knot writes the file whenever the zone has changed, so that what came by updates is there after a reload and a restart.
            '    zonefile-load: "difference"', '    zonefile-sync: 0', '    journal-content: "changes"', '    dnssec-signing: "on"',
            f'    acl: {_list(["multisigner-update", *(["multisigner-transfer"] if settings.allow_transfer else [])])}',
        ]
        if settings.also_notify:
            lines.append('    notify: "multisigner-secondaries"')
        return '\n'.join(lines) + '\n'

    def _policy_block(self, wanted: Wanted) -> str:
        settings = self._settings
        fixed = sorted(set(settings.policy_options) & set(_FIXED))
        if fixed:
            raise MultisignerError(
                f'policy_options has {", ".join(fixed)}, which zones with several signers need as they are',
                remedy='Take it out (of knot_signer_policy_options)',
            )
        options = {'delete-delay': _DELETE_DELAY, **settings.policy_options}
        lines = [
            'policy:', f'  - id: "{wanted.policy}"', f'    algorithm: "{wanted.algorithm.lower()}"', *(['    single-type-signing: "on"'] if wanted.csk else []),
            # Keys are rolled when the others have the next one, and not by Knot's clock.
            '    ksk-lifetime: 0', '    zsk-lifetime: 0', f'    dnskey-ttl: {settings.dnskey_ttl}',
            # With "full", Knot answers NOERROR to other signers' keys and leaves them out.
            '    dnskey-management: "incremental"',
            # Every signer has the CDS and CDNSKEY of all, all the time (RFC 9975).
            '    cds-cdnskey-publish: "always"',
        ]
        if settings.nsec3:
            lines += ['    nsec3: "on"', '    nsec3-iterations: 0', '    nsec3-salt-length: 0']  # RFC 9276, and as deSEC does
        lines += [f'    {_plain(name)}: {_list(value) if isinstance(value, (list, tuple)) else _quoted(value)}' for name, value in sorted(options.items())]
        return '\n'.join(lines) + '\n'

    def _zone_block(self, wanted: Wanted) -> str:
        # The policy is named here, for each zone its own; all else is in the template.
        lines = [
            'zone:', f'  - domain: {_quoted(wanted.zone)}', '    template: "multisigner"', f'    file: {_quoted(self._zone_file(wanted.zone))}',
            f'    dnssec-policy: "{wanted.policy}"',
        ]
        return '\n'.join(lines) + '\n'

    # The user's configuration

    @property
    def _inclusion(self) -> Inclusion:
        settings = self._settings
        return Inclusion(settings.knot_conf, f'include: "{settings.include}"', settings.include, settings.readers.but(mode=0o640))

    def _users_text(self) -> str:
        """knot.conf as the user wrote it, without the line that this collection adds."""
        content = read(self._settings.knot_conf)
        if content is None:
            raise MultisignerError(f'{self._settings.knot_conf} does not exist on this server', remedy='Install Knot DNS, or name its configuration file')
        return self._inclusion.users(content.decode('utf-8', 'surrogateescape'))

    def _read(self, users_conf: str, work: str) -> KnotConfiguration:
        path = os.path.join(work, 'knot.conf')
        write_copy(path, with_absolute_includes(users_conf, os.path.dirname(self._settings.knot_conf)))
        return read_knot_configuration(self._tools, path, shown_path=self._settings.knot_conf)

    def _apply(self, users_conf: str, blocks: Blocks, work: str) -> bool:
        include = _FILE.render(blocks).encode('utf-8')
        return self._inclusion.put_in_force(self._disk, users_conf, include, lambda: self._check(users_conf, include, work), self._knot.reload)

    def _check(self, users_conf: str, include: bytes, work: str) -> None:
        main, part = os.path.join(work, 'knot.conf'), os.path.join(work, INCLUDE_NAME)
        write_copy(part, include.decode('utf-8'))
        write_copy(main, f'{with_absolute_includes(users_conf, os.path.dirname(self._settings.knot_conf))}\ninclude: {_quoted(part)}\n')
        answer = self._tools.ask('knotc', '-c', main, 'conf-check')
        if answer.status != 0:
            words = one_line(answer.text.replace(part, self._settings.include).replace(main, self._settings.knot_conf))
            raise MultisignerError(f'knotc refuses the new configuration: {words}', remedy='Nothing was changed; correct what it names')

    # The answer

    def _result(self, outcomes: List[Outcome], changed: bool, users: KnotConfiguration, before: Blocks, after: Blocks, work: str) -> Result:
        gone = {name[1] for name in before if name[0] == ZONE and name not in after}
        served = self._knot.published_by_all()
        loaded = [outcome if outcome.failed or outcome.zone in gone else self._loaded(outcome, before, served) for outcome in outcomes]
        loaded = [self._begun(outcome, users) for outcome in loaded]
        asked = {outcome.zone for outcome in loaded if not outcome.failed} - gone
        listings = self._knot.listings(sorted(asked), users, work)
        told_of = [self._with_keys(outcome, users, served, listings) if outcome.zone in asked else outcome for outcome in loaded]
        return _FILE.result(self._settings.include, told_of, changed, before, after)

    def _loaded(self, outcome: Outcome, before: Blocks, served: Mapping[str, FrozenSet[DNSKEY]]) -> Outcome:
        """The outcome, once knotd has loaded the zone: knotc's success says nothing of that, and before it there are no keys."""
        try:
            if not self._disk.check and (ZONE, outcome.zone) not in before and outcome.zone not in served:
                self._knot.wait_for(outcome.zone)
        except MultisignerError as error:
            return replace(outcome, failed=True, msg=str(error.at(zone=outcome.zone)))
        return outcome

    def _begun(self, outcome: Outcome, users: KnotConfiguration) -> Outcome:
        """A rollover to another algorithm as Knot has begun it: what it says of its keys before that is not true for long."""
        wanted = next((one for one in self._rolling if one.zone == outcome.zone), None)
        if wanted is None or outcome.failed or self._disk.check:
            return outcome
        zone, algorithm = wanted.zone, wanted.algorithm
        if self._knot.until(lambda: any(key.key.algorithm_name == algorithm for key in self._knot.own_keys(zone, users))):
            return outcome
        error = MultisignerError(f'Knot did not begin in time to roll its keys over to {algorithm}', zone=zone, remedy='Look into knotd\'s log for the reason')
        return replace(outcome, changed=True, failed=True, msg=str(error))

    def _with_keys(
        self, outcome: Outcome, users: KnotConfiguration, served: Mapping[str, FrozenSet[DNSKEY]], listings: Mapping[str, Answer]
    ) -> Outcome:
        """The outcome, with what Knot says of its own keys."""
        try:
            own = self._knot.own_keys(outcome.zone, users, served.get(outcome.zone, frozenset()), listings.get(outcome.zone))
        except MultisignerError as error:
            return replace(outcome, failed=True, msg=str(error.at(zone=outcome.zone)))
        return replace(outcome, details={**outcome.details, **told(own)})


def refuse_rollover(wanted: Wanted, own: Sequence[KnotKey]) -> None:
    """Raises MultisignerError unless Knot can be left to replace *own*, its keys of the zone, by those of the new policy.

    Seen at Knot 3.2 and 3.4, in an algorithm rollover it signs everything with both first, then publishes the new keys, and waits to be told of the
    new DS (RFC 6781 section 4.1.4); then it takes the old keys out at once, and their signatures after their TTL.
    """
    used = [key for key in own if key.state not in (ANNOUNCED, REMOVED)]
    if not used or any(key.key.algorithm_name == wanted.algorithm for key in used) or {key.role for key in used} != wanted.roles:
        raise MultisignerError(
            f'its keys are {", ".join(map(str, used)) or "gone"}: only the algorithm can be rolled over to another one, in which no key is yet, '
            'and not the kind of keys', zone=wanted.zone, remedy='Set the former algorithm and csk again',
        )
    busy = [f'the {key} is {key.state}' for key in own if key.state not in (ACTIVE, REMOVED)]
    if busy:
        raise MultisignerError(
            f'the keys that it has are not settled: Knot says that {" and ".join(busy)}', zone=wanted.zone,
            remedy='Set the former algorithm again, and run the playbook until the zone is complete; delete a key that was only made, by keymgr '
            f'{wanted.zone} delete; then roll its keys',
        )


def _types(text: str) -> FrozenSet[str]:
    """The types of records in a zone file, and some words that are none: enough to see which are not there."""
    return frozenset(word.upper() for word in _RECORD.findall(text))


def _plain(value: Any) -> str:
    """A word of the user's that means nothing more in Knot's configuration."""
    text = 'on' if value is True else 'off' if value is False else str(value)
    if not _PLAIN.match(text):
        raise MultisignerError(f'"{text}" cannot be written into Knot\'s configuration', remedy='Leave out quotes, backslashes and line ends')
    return text


def _quoted(value: Any) -> str:
    return f'"{_plain(value)}"'


def _list(values: Sequence[Any]) -> str:
    return f'[{", ".join(_quoted(value) for value in values)}]'
