# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declaring zones to named in one include file that this collection owns, so that named.conf stays the user's.

Either way of signing: by named itself (dnssec-policy, a dynamic zone without inline-signing), or by hand (a file that
dnssec_signzone makes). It never declares a zone that the user's configuration has, never lets a new configuration count
before named-checkconf has passed it, never overwrites a dynamic zone's file, and never drops a zone that it was not told to.
Standard library and BIND's tools only, because it travels to name servers.
"""
from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ..dnskey import zone_name
from ..errors import MultisignerError
from ..outcome import Outcome
from .blocks import INCLUDE_NAME, POLICY_BLOCK, ZONE, BlockFile, Blocks, Key, Result, kept, refuse_both, shown, taken_out, without_unused_policies, write_copy
from .files import Access, Disk, only_writer, read, work_folder
from .include import Inclusion
from .keyfiles import OwnKey, file_stem, in_use, policy_key_folder, read_keys, read_own_keys, refuse_new_keys
from .named_conf import Configuration, Policy, ZoneSettings, read_configuration
from .signzone import signed_path
from .tools import Rndc, Tools, one_line
from .users_zone import UsersZone
from .zonefile import Content, read_content

_FILE = BlockFile('//', 'bind_zones', ('key', POLICY_BLOCK, ZONE), re.compile(r'(secret ")[^"]*(")'))
_MAX_ZONE_TTL = 86400  # BIND's default in a dnssec-policy
POLICY, BY_HAND = 'policy', 'signzone'


@dataclass(frozen=True)
class Settings:
    """How zones are declared. *policy_options* are statements of BIND's dnssec-policy; *cds_digest_types* those of the CDS that other signers publish."""

    way: str
    named_conf: str
    directory: str
    key: Optional[Key]
    nsec3: bool
    dnskey_ttl: int
    policy_options: Mapping[str, Any]
    cds_digest_types: Tuple[int, ...]
    allow_transfer: Tuple[str, ...]
    also_notify: Tuple[str, ...]
    manage_ns: bool
    owner: Access
    readers: Access
    rndc: Rndc

    @property
    def include(self) -> str:
        return os.path.join(self.directory, INCLUDE_NAME)


@dataclass(frozen=True)
class Wanted:
    """One zone to be declared. *file* seeds a dynamic zone once. Without *new_keys*, it must have keys already.

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
    def roles(self) -> Tuple[str, ...]:
        """BIND's words for the keys of the policy."""
        return ('csk',) if self.csk else ('ksk', 'zsk')

    def fits(self, keys: Sequence[OwnKey]) -> bool:
        """Whether *keys* can be the keys of the policy. One without a state file that has the SEP flag may be a KSK or a CSK."""
        return all(key.key.algorithm_name == self.algorithm for key in keys) and all(key.key.is_sep for key in keys) == self.csk


class Declarer:
    """Brings the include file, the zone files and named to what *settings* say."""

    def __init__(self, tools: Tools, disk: Disk, settings: Settings) -> None:
        self._tools = tools
        self._disk = disk
        self._settings = settings
        self._version: Optional[Tuple[int, int]] = None  # of the named that runs, where it matters
        self._cds_digest_types = ''  # the statement of a dnssec-policy, where named knows it
        self._rolling: Dict[str, Wanted] = {}  # zones whose keys named is to roll over to another algorithm from now on
        self._users: Dict[str, UsersZone] = {}  # zones that named.conf declares and that are fit as they are

    def serve(self, options: Sequence[Mapping[str, Any]], absent: Sequence[str], work_root: str) -> Result:
        """*options*: ``name``, ``file``, ``algorithm``, ``csk``, ``new_keys``, ``roll_keys`` of each zone; *absent*: zones to be taken out.

        Raises MultisignerError for what concerns every zone; a zone's own trouble is in its outcome.
        """
        with only_writer(self._settings.directory), work_folder(work_root) as work:
            return self._serve(options, [zone_name(name) for name in absent], work)

    def _serve(self, options: Sequence[Mapping[str, Any]], absent: List[str], work: str) -> Result:
        users_conf = self._users_configuration()
        configuration = self._users_settings(users_conf, work)
        if self._settings.way == POLICY and 'cds-digest-types' not in self._settings.policy_options:
            self._cds_digest_types = self._known(f'cds-digest-types {{ {"; ".join(map(str, self._settings.cds_digest_types))}; }};', work)
        before = _FILE.parse((read(self._settings.include) or b'').decode('utf-8'))
        after = kept(before, 'key', absent)
        after.update(self._key_block(configuration))
        outcomes: List[Outcome] = []
        for option in options:
            try:
                outcomes.append(self._zone(option, absent, configuration, before, after, work))
            except MultisignerError as error:
                outcomes.append(Outcome.failure(option['name'], error))
        outcomes += taken_out(before, absent)
        after = without_unused_policies(after)
        changed = self._apply(users_conf, after, work)
        return self._result(outcomes, changed, before, after)

    # One zone

    def _zone(
        self, option: Mapping[str, Any], absent: List[str], configuration: Configuration, before: Blocks, after: Blocks, work: str
    ) -> Outcome:
        wanted = Wanted.from_option(option)
        refuse_both(wanted.zone, absent)
        declared = configuration.zones.get(wanted.zone)
        if declared is not None and wanted.file is None and self._settings.way == POLICY:
            return self._users_zone(declared, configuration, before, after)
        if declared is not None:
            raise _declared_twice(declared, self._settings)
        name = (ZONE, wanted.zone)
        block = self._zone_block(wanted)
        self._refuse_other_signing(wanted, before.get(name), block)
        changed = self._seed(wanted, work) if self._settings.way == POLICY else False
        after[name] = block
        if self._settings.way == POLICY:
            after[(POLICY_BLOCK, wanted.policy)] = self._policy_block(wanted)
        new = name not in before
        return Outcome(
            wanted.zone, changed=changed or before.get(name) != block, before=() if new else shown(before[name]), after=shown(block),
            details={'zone_file': self._zone_file(wanted.zone)},
        )

    def _users_zone(self, declared: ZoneSettings, configuration: Configuration, before: Blocks, after: Blocks) -> Outcome:
        """A zone that stays in named.conf: it is checked, and its key folder becomes known to the modules that look into ours."""
        settings, key = self._settings, self._settings.key
        if self._version is None:
            self._version = settings.rndc.version()
        zone = UsersZone(declared, configuration.policies.get(declared.policy or '', Policy()), self._version)
        zone.refuse_unfit('' if key is None else key.name.rstrip('.').lower(), self._types, settings.cds_digest_types)
        zone.refuse_stuck(self._tools, settings.rndc)
        changed = self._disk.folder(settings.directory, settings.readers.but(mode=0o750))
        changed |= self._disk.folder(os.path.join(settings.directory, 'keys'), settings.owner)
        changed |= self._disk.link(self._key_folder(declared.name), declared.key_directory or os.path.dirname(settings.named_conf))
        self._users[declared.name] = zone
        block = after.pop((ZONE, declared.name), '')
        return Outcome(declared.name, changed=changed or bool(block), before=shown(block))

    @property
    def _types(self) -> str:
        return 'DNSKEY CDS CDNSKEY NS CSYNC' if self._settings.manage_ns else 'DNSKEY CDS CDNSKEY'

    def _refuse_other_signing(self, wanted: Wanted, old: Optional[str], new: str) -> None:
        """A changed policy or way makes named change keys by itself. A changed algorithm may be meant; all else breaks the zone."""
        def signing(block: str) -> str:
            return next((line.strip() for line in block.splitlines() if 'dnssec-policy' in line), '')

        if old is None or signing(old) == signing(new):
            return
        if wanted.roll_keys and 'dnssec-policy none' not in (signing(old), signing(new)):
            refuse_rollover(wanted, read_own_keys(self._key_folder(wanted.zone), wanted.zone))
            self._rolling[wanted.zone] = wanted
            return
        raise MultisignerError(
            f'it is declared with "{signing(old)}" and would get "{signing(new)}": its keys would change while other signers and the parent rely on them',
            zone=wanted.zone,
            remedy='Set the former driver, algorithm and csk again. If its keys are to be rolled over to another algorithm, set roll_keys: true for it as well',
        )

    def _seed(self, wanted: Wanted, work: str) -> bool:
        """The dynamic zone's first content. From then on the file is named's, and never written here."""
        path = self._zone_file(wanted.zone)
        changed = self._disk.folder(self._settings.directory, self._settings.readers.but(mode=0o750))
        changed |= self._disk.folder(os.path.dirname(path), self._settings.owner)
        changed |= self._disk.folder(os.path.join(self._settings.directory, 'keys'), self._settings.owner)
        folder = self._key_folder(wanted.zone)
        changed |= not os.path.islink(folder) and self._disk.folder(folder, self._settings.owner)  # a link leads to a folder of the user's
        if read(path) is not None:
            return changed
        if wanted.file is None:
            raise MultisignerError(f'there is no {path} and no file to fill it from', zone=wanted.zone, remedy='Name a zone file with its content')
        if read(wanted.file) is None:
            raise MultisignerError(f'the zone file {wanted.file} does not exist', zone=wanted.zone, remedy='Put it on the name server, or correct the path')
        content = read_content(self._tools, wanted.zone, wanted.file, work)
        self._refuse_large_ttl(wanted, content)
        self._refuse_unfit_keys(wanted)
        return self._disk.file(path, content.text.encode('utf-8', 'surrogateescape'), self._settings.owner.but(mode=0o640)) or changed

    def _refuse_unfit_keys(self, wanted: Wanted) -> None:
        """named makes what its policy lacks as soon as it has the zone, and gives up what does not fit: at once, where it knows of no DS."""
        folder = self._key_folder(wanted.zone)
        if not read_keys(folder, wanted.zone):
            if not wanted.new_keys:
                refuse_new_keys(wanted.zone, folder)
            return
        used = in_use(read_own_keys(folder, wanted.zone))
        if used and not wanted.fits(used):
            raise MultisignerError(
                f'{folder} holds {", ".join(str(key.key) for key in used)}, and it is to be signed with a {" and a ".join(wanted.roles).upper()} of '
                f'{wanted.algorithm}: named would give up the keys that the parent has a DS of', zone=wanted.zone,
                remedy='Set algorithm and csk (in bind_signer_zones) to what these keys are; other ones are a rollover, when the zone is complete',
            )

    def _refuse_large_ttl(self, wanted: Wanted, content: Content) -> None:
        """named does not load a zone with a TTL above its policy's max-zone-ttl, and says so in its log alone."""
        limit = str(self._settings.policy_options.get('max-zone-ttl', _MAX_ZONE_TTL))
        ttl, name = content.largest_ttl()
        if limit.isdigit() and ttl > int(limit):
            raise MultisignerError(
                f'{name} has a TTL of {ttl} seconds, and named would not load the zone: the max-zone-ttl of its dnssec-policy is {limit}', zone=wanted.zone,
                remedy=f'Lower the TTL, or set policy_options (bind_signer_policy_options) to max-zone-ttl: {ttl}',
            )

    def _zone_file(self, zone: str) -> str:
        if self._settings.way == POLICY:
            return os.path.join(self._settings.directory, 'zones', f'{file_stem(zone)}.db')
        return signed_path(os.path.join(self._settings.directory, 'signed'), zone)

    def _key_folder(self, zone: str) -> str:
        return policy_key_folder(self._settings.directory, zone)

    def _own_folder(self, zone: str) -> str:
        """Where named has the zone's keys; in check mode the link to a user's folder may not be there yet."""
        users = self._users.get(zone)
        return self._key_folder(zone) if users is None or users.settings.key_directory is None else users.settings.key_directory

    # What the include file says

    def _key_block(self, configuration: Configuration) -> Blocks:
        key = self._settings.key
        if key is None:
            return {}
        name = key.name.rstrip('.').lower()
        if name in configuration.key_names:
            raise MultisignerError(
                f'the TSIG key {name} is declared in {self._settings.named_conf} (or a file that it includes) already',
                remedy='Take it out there, or give multisigner_tsig another name',
            )
        return {('key', name): f'key "{name}" {{\n\talgorithm {key.algorithm};\n\tsecret "{key.secret}";\n}};\n'}

    def _policy_block(self, wanted: Wanted) -> str:
        size = ' 2048' if wanted.algorithm.startswith('RSA') else ''
        keys = ' '.join(f'{role} lifetime unlimited algorithm {wanted.algorithm.lower()}{size};' for role in wanted.roles)
        lines = [
            f'dnssec-policy "{wanted.policy}" {{', f'\tkeys {{ {keys} }};', f'\tdnskey-ttl {self._settings.dnskey_ttl};',
            *(f'\t{name} {value};' for name, value in sorted(self._settings.policy_options.items())),
        ]
        if self._cds_digest_types:
            # Since 9.20 named takes CDS of other digest types out of the zone again, whosever they are.
            lines.append(f'\t{self._cds_digest_types}')
        if self._settings.nsec3:
            lines.append('\tnsec3param iterations 0 optout no salt-length 0;')  # RFC 9276, and as deSEC does
        return '\n'.join(lines) + '\n};\n'

    def _known(self, statement: str, work: str) -> str:
        """*statement* of a dnssec-policy if this version of BIND knows it, else nothing."""
        path = os.path.join(work, 'policy.conf')
        write_copy(path, f'dnssec-policy "known" {{ {statement} }};\n')
        return statement if self._tools.ask('named-checkconf', path).status == 0 else ''

    def _zone_block(self, wanted: Wanted) -> str:
        key = self._settings.key
        lines = [f'zone "{wanted.zone}" {{', '\ttype primary;', f'\tfile "{self._zone_file(wanted.zone)}";']
        if self._settings.way == POLICY and key is not None:
            apex = '.' if wanted.zone == '.' else f'{wanted.zone}.'
            lines += [
                f'\tdnssec-policy "{wanted.policy}";',
                # With inline-signing, 9.18 drops foreign keys without a word; since 9.20 it would be the default.
                '\tinline-signing no;', f'\tkey-directory "{self._key_folder(wanted.zone)}";',
                # The server's own administrators edit the zone by nsupdate -l: after rndc freeze, an editor and rndc thaw,
                # 9.18 serves NSEC3 records with signatures that do not fit.
                f'\tupdate-policy {{ grant "{key.name.rstrip(".").lower()}" name {apex} {self._types}; grant local-ddns zonesub any; }};',
            ]
        else:
            # Against defaults for all zones in the user's options: nothing but dnssec_signzone may sign or change this zone.
            lines += ['\tdnssec-policy none;', '\tinline-signing no;', '\tallow-update { none; };']
        lines += [f'\tallow-transfer {{ {_listed(self._settings.allow_transfer)} }};']
        # The NS records name other signers' servers, which take nothing from here.
        lines += ['\tnotify explicit;', *([f'\talso-notify {{ {_listed(self._settings.also_notify)} }};'] if self._settings.also_notify else [])]
        return '\n'.join(lines) + '\n};\n'

    # The user's configuration

    def _users_configuration(self) -> str:
        """named.conf as the user wrote it, without the line that this collection adds."""
        content = read(self._settings.named_conf)
        if content is None:
            raise MultisignerError(f'{self._settings.named_conf} does not exist on this server', remedy='Install BIND, or name its configuration file')
        return self._inclusion.users(content.decode('utf-8', 'surrogateescape'))

    @property
    def _inclusion(self) -> Inclusion:
        settings = self._settings
        return Inclusion(settings.named_conf, f'include "{settings.include}";', settings.include, settings.readers.but(mode=0o640))

    def _users_settings(self, users_conf: str, work: str) -> Configuration:
        path = os.path.join(work, 'named.conf')
        write_copy(path, users_conf)
        return read_configuration(self._tools, path, shown_path=self._settings.named_conf)

    def _apply(self, users_conf: str, blocks: Blocks, work: str) -> bool:
        include = _FILE.render(blocks).encode('utf-8')
        return self._inclusion.put_in_force(
            self._disk, users_conf, include, lambda: self._check(users_conf, include, work), self._settings.rndc.reconfig,
        )

    def _check(self, users_conf: str, include: bytes, work: str) -> None:
        main, part = os.path.join(work, 'named.conf'), os.path.join(work, INCLUDE_NAME)
        write_copy(part, include.decode('utf-8'))
        write_copy(main, f'{users_conf}\ninclude "{part}";\n')
        answer = self._tools.ask('named-checkconf', main, cwd=os.path.dirname(self._settings.named_conf))
        if answer.status != 0:
            words = one_line(answer.text.replace(part, self._settings.include).replace(main, self._settings.named_conf))
            raise MultisignerError(f'named-checkconf refuses the new configuration: {words}', remedy='Nothing was changed; correct what it names')

    # The answer

    def _result(self, outcomes: List[Outcome], changed: bool, before: Blocks, after: Blocks) -> Result:
        fresh = [outcome for outcome in outcomes if not outcome.failed and (ZONE, outcome.zone) in after and (ZONE, outcome.zone) not in before]
        if not self._disk.check and self._settings.way == POLICY:
            outcomes = [self._loaded(outcome) if outcome in fresh else outcome for outcome in outcomes]
            outcomes = [self._begun(outcome, self._rolling[outcome.zone]) if outcome.zone in self._rolling else outcome for outcome in outcomes]
        if self._settings.way == POLICY:
            known = {name for kind, name in after if kind == ZONE} | set(self._users)
            outcomes = [outcome if outcome.failed or outcome.zone not in known else self._with_keys(outcome) for outcome in outcomes]
        return _FILE.result(self._settings.include, outcomes, changed, before, after)

    def _with_keys(self, outcome: Outcome) -> Outcome:
        """The outcome, with what named says of its own keys."""
        try:
            own = read_own_keys(self._own_folder(outcome.zone), outcome.zone)
        except MultisignerError as error:
            return replace(outcome, failed=True, msg=str(error.at(zone=outcome.zone)))
        users = self._users.get(outcome.zone)
        if users is not None and users.policy.manual and not self._disk.check and any(key.unsettled and not key.is_prepared for key in own):
            self._settings.rndc.step(outcome.zone)  # what it was told to begin, it goes on with as it would by itself
        told = {
            'own_keys': [key.as_result for key in own],
            'retiring': [f'DNSKEY {key.key.text}' for key in own if key.is_retiring],
            'awaits_ds': [f'DNSKEY {key.key.text}' for key in own if key.awaits],
            'announced': [f'DNSKEY {key.key.text}' for key in own if any(key.can_follow(one) for one in own if one.goal == 'omnipresent')],
            'self_announced': [f'DNSKEY {key.key.text}' for key in own if key.role != 'ZSK' and users is not None and users.is_inline],
        }
        return replace(outcome, details={**outcome.details, **told})

    def _loaded(self, outcome: Outcome) -> Outcome:
        """A new zone as named has it: rndc's success says nothing of that."""
        try:
            self._settings.rndc.wait_for(outcome.zone)
        except MultisignerError as error:
            return replace(outcome, changed=True, failed=True, msg=str(error))
        return outcome

    def _begun(self, outcome: Outcome, wanted: Wanted) -> Outcome:
        """A rollover to another algorithm as named has begun it: what it says of its keys before that is not true for long."""
        folder = self._key_folder(wanted.zone)

        def has_begun() -> bool:
            used = in_use(read_own_keys(folder, wanted.zone))
            return bool(used) and wanted.fits(used)

        if self._settings.rndc.until(has_begun):
            return outcome
        error = MultisignerError(
            f'named did not begin in time to roll its keys over to {wanted.algorithm}', zone=wanted.zone, remedy='Look into named\'s log for the reason',
        )
        return replace(outcome, changed=True, failed=True, msg=str(error))


def refuse_rollover(wanted: Wanted, own: Sequence[OwnKey]) -> None:
    """Raises MultisignerError unless named can be left to replace *own*, its keys of the zone, by those of the new policy.

    Seen at BIND 9.18, in an algorithm rollover it signs everything with both from the first moment on, and takes the old keys out, and
    their signatures with them, when it was told that their DS are withdrawn (RFC 6781 section 4.1.4), and not before; but at once when
    it knows of no DS. From a KSK and a ZSK to a CSK of the same algorithm it may leave the zone without any signature.
    """
    used = in_use(own)
    if not used or any(key.key.algorithm_name == wanted.algorithm for key in used):
        raise MultisignerError(
            f'its keys are {", ".join(str(key.key) for key in used) or "gone"}: only an algorithm can be rolled over to another one, in which no key is yet. '
            'From KSK and ZSK to CSK within one algorithm, named may take all signatures out of the zone', zone=wanted.zone,
            remedy='Set the former algorithm and csk again, or change the algorithm too',
        )
    for key in own:
        found = key.unsettled
        if found:
            raise MultisignerError(
                f'the keys that it has are not settled: named says of the {key.role} {key.key} that its {found}. A rollover now could take its '
                'signatures away while the parent has its DS', zone=wanted.zone,
                remedy='Set the former algorithm and csk again, and run the playbook until the zone is complete; then roll its keys',
            )


def _declared_twice(declared: ZoneSettings, settings: Settings) -> MultisignerError:
    where = f'{settings.named_conf} (or a file that it includes) declares it already'
    move = f'Take its zone statement out there and run again; this role then declares it in {settings.include}'
    keep = f'Keep its keys: copy K*.key, K*.private and K*.state into its folder below {settings.directory}/keys before'
    # BIND 9.16 and 9.20 sign a static zone with a dnssec-policy that way even without a word about it.
    if declared.inline_signing or (declared.inline_signing is None and declared.policy is not None and not declared.dynamic):
        return MultisignerError(
            f'{where}, with inline-signing. BIND 9.18 drops foreign keys from such a zone without a word, or answers SERVFAIL to their update, '
            'and later versions stop signing when a TTL differs', zone=declared.name,
            remedy=f'{move}, without inline-signing. {keep}. Or say no file of it (in bind_signer_zones): then it is checked and stays where it is',
        )
    if declared.policy is not None:
        move += f'. {keep}'
    return MultisignerError(
        where, zone=declared.name, remedy=f'{move}. Or say no file of it (in bind_signer_zones): then it is checked and stays where it is',
    )


def _listed(words: Tuple[str, ...]) -> str:
    return ' '.join(f'{word};' for word in words or ('none',))
