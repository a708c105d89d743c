# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A zone's content on its way to a signer: what speaks against it stops it before anything is written, and what another writer does is seen."""
from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Dict, List, Tuple

import dns.message
import dns.update
import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.content import Bounds, Change, Content, Held, RRset, applied, compare
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.json_api import ConflictError, NotFoundError, UncertainError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.outcome import Outcome
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.signers.content_changes import Target, Wish, _to_be_seen, bring
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.update import ChangedMeanwhileError, ContentUpdate

ZONE = 'shop.example'


def rrset(name: str, record: str = '192.0.2.1', ttl: int = 3600, rtype: str = 'A') -> RRset:
    return RRset(f'{name}.{ZONE}', rtype, ttl, frozenset([record]))


def zone(*rrsets: RRset) -> Dict[Tuple[str, str], RRset]:
    return {one.place: one for one in rrsets}


MANY = zone(*(rrset(f'n{number}') for number in range(10)))
ANY_TTL = Bounds()


def fail(error: MultisignerError) -> None:
    raise error


class Fake(Target):
    """A signer with *content*. *troubles*: what each write does in place of writing, or None; *meanwhile*: what somebody else does after each write."""

    batch = (4, 10_000)

    def __init__(self, content: Content | None, troubles: List[Any] | None = None, bounds: Bounds = ANY_TTL) -> None:
        self.content = content
        self.troubles = troubles or []
        self.bounds = bounds
        self.writes: List[Tuple[Change, ...]] = []
        self.meanwhile: Callable[[Content], Content] = lambda content: content
        self.unfit = ''

    def read(self, zone: str) -> Held:
        if self.content is None:
            raise NotFoundError('there is no such zone', zone, 'api', remedy='Create it')
        return Held(self.content, self.bounds)

    def write(self, zone: str, changes: Tuple[Change, ...]) -> None:
        self.writes.append(changes)
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble == 'lost':
            return
        if isinstance(trouble, MultisignerError) and not getattr(trouble, 'wrote', False):
            fail(trouble)
        assert self.content is not None
        self.content = self.meanwhile(applied(self.content, changes))
        if isinstance(trouble, MultisignerError):
            fail(trouble)

    def refuse(self, zone: str, content: Content) -> None:
        for one in content.values():
            if one.rtype == self.unfit:
                raise MultisignerError('cannot be had', zone, record=one.lines[0])

    def create(self, zone: str) -> None:
        self.content = {}


def run(target: Fake, content: Content, check: bool = False, **wish: Any) -> Outcome:
    return bring(Wish(ZONE, content, 86400, **wish), target, check)[0]


def uncertain(wrote: bool) -> UncertainError:
    error = UncertainError('the API answers 500', server='api')
    error.wrote = wrote  # type: ignore[attr-defined]
    return error


def test_it_writes_what_differs_and_nothing_when_nothing_does() -> None:
    target = Fake({**MANY, **zone(rrset('n0', '192.0.2.9'), rrset('old'))})
    outcome = run(target, MANY)
    assert target.content == MANY
    assert outcome.msg == 'RRsets: 0 added, 1 changed, 1 deleted (n0.shop.example A, old.shop.example A).'
    assert outcome.added == ('n0.shop.example. 3600 A 192.0.2.1',)
    assert outcome.removed == ('n0.shop.example. 3600 A 192.0.2.9', 'old.shop.example. 3600 A 192.0.2.1')
    target.writes.clear()
    again = run(target, MANY)
    assert not again.changed and not target.writes and again.details['same']


def test_check_mode_and_a_report_tell_the_same_and_write_nothing() -> None:
    made = run(Fake(zone(rrset('n0', '192.0.2.9'))), MANY)
    checked, reported = Fake(zone(rrset('n0', '192.0.2.9'))), Fake(zone(rrset('n0', '192.0.2.9')))
    predicted, told = run(checked, MANY, check=True), run(reported, MANY, report_only=True)
    assert not checked.writes and not reported.writes
    assert predicted.changed and not told.changed
    assert (predicted.added, predicted.removed) == (made.added, made.removed) == (told.added, told.removed)
    assert not predicted.details['same'] and not told.details['same'] and made.details['same']
    assert told.msg.startswith('RRsets: 9 would be added, 1 changed, 0 deleted')
    assert run(Fake(dict(MANY)), MANY, report_only=True).details == {'same': True, 'altered_ttls': []}


def test_what_the_signer_cannot_have_stops_all_of_it() -> None:
    target = Fake({})
    target.unfit = 'LOC'
    with pytest.raises(MultisignerError, match='record "x.shop.example. 3600 LOC here"'):
        run(target, {**MANY, **zone(rrset('x', 'here', rtype='LOC'))})
    missing = Fake(None)
    missing.unfit = 'LOC'
    with pytest.raises(MultisignerError, match='cannot be had'):
        run(missing, zone(rrset('x', 'here', rtype='LOC')), create=True)
    assert not target.writes and missing.content is None, 'a zone is not created for a content that it cannot have'


def test_a_large_deletion_stops_all_of_it_until_it_is_confirmed() -> None:
    target = Fake(dict(MANY))
    with pytest.raises(MultisignerError, match='9 of its 10 RRsets would be deleted'):
        run(target, zone(rrset('n0')), few=5, share=30)
    with pytest.raises(MultisignerError, match='9 of its 10 RRsets would be deleted'):
        run(target, zone(rrset('n0')), check=True)
    assert not target.writes
    run(target, zone(rrset('n0')), confirmed=True)
    assert target.content == zone(rrset('n0'))


def test_a_report_tells_of_a_large_deletion_too() -> None:
    assert '10 deleted' in run(Fake(dict(MANY)), {}, report_only=True).msg


def test_a_ttl_above_what_was_declared_stops_all_of_it() -> None:
    target = Fake({})
    with pytest.raises(MultisignerError, match='has a TTL of 86401'):
        run(target, zone(rrset('n0', ttl=86401)))
    assert not target.writes


def test_a_ttl_that_the_signer_raises_is_told_once_and_is_no_difference() -> None:
    target = Fake({}, bounds=Bounds(3600, 86400))
    content = zone(rrset('n0', ttl=300), rrset('n1', ttl=7200))
    assert 'TTLs that are not taken there are altered: 1 RRset with a TTL of 300: 3600.' in run(target, content).msg
    again = run(target, content)
    assert not again.changed and again.details == {'same': True, 'altered_ttls': ['1 RRset with a TTL of 300: 3600']}


def test_a_zone_that_is_not_there_is_created_where_that_was_said() -> None:
    target = Fake(None, bounds=Bounds(60))
    with pytest.raises(NotFoundError, match='Create it. Or let it be created: content: .*create: true'):
        run(target, MANY)
    assert 'The zone would be created.' in run(target, MANY, check=True, create=True).msg
    assert target.content is None
    outcome = run(target, zone(rrset('n0', ttl=1)), create=True)
    assert outcome.msg.startswith('The zone was created. RRsets: 1 added')
    assert target.content == zone(rrset('n0', ttl=60)), 'the TTLs are those that the zone takes, once it is there'


@pytest.mark.parametrize('trouble', ['lost', ConflictError('409'), uncertain(False), uncertain(True)])
def test_a_write_that_was_lost_or_is_uncertain_is_seen_and_mended(trouble: Any) -> None:
    target = Fake({}, [trouble])
    outcome = run(target, MANY)
    assert target.content == MANY and not outcome.failed and outcome.changed
    assert ('it was read again' in outcome.msg) is (trouble != 'lost')


def test_an_api_that_goes_on_failing_is_told_with_what_was_written() -> None:
    target = Fake({}, [None, uncertain(False), uncertain(False)])
    outcome = run(target, MANY)
    assert outcome.failed and outcome.changed and not outcome.details['same']
    assert outcome.msg.endswith('4 of 10 RRsets were written; run again, and the rest follows.')
    assert len(target.writes) == 3


def test_another_writer_is_not_fought_for_ever() -> None:
    target = Fake({})
    target.meanwhile = lambda content: {**content, **zone(rrset('n0', '203.0.113.1'))}
    outcome = run(target, MANY)
    assert outcome.failed and '3 times' in outcome.msg and 'n0.shop.example A' in outcome.msg
    assert len(target.writes) == 5  # three for all, then one and one for what was undone


def test_what_another_writer_added_meanwhile_is_not_deleted_by_the_hundred() -> None:
    target = Fake({})
    flood = zone(*(rrset(f'other{number}') for number in range(30)))
    target.meanwhile = lambda content: {**content, **flood}
    outcome = run(target, MANY)
    assert outcome.failed and '30 of its 40 RRsets would be deleted' in outcome.msg
    assert set(flood) <= set(target.content or {})


def test_a_refusal_of_the_first_request_is_an_error_and_of_a_later_one_a_failure_with_a_count() -> None:
    with pytest.raises(ChangedMeanwhileError):
        run(Fake({}, [ChangedMeanwhileError('changed')]), MANY)
    outcome = run(Fake({}, [None, None, ChangedMeanwhileError('changed')]), MANY)
    assert outcome.failed and outcome.changed and '8 of 10 RRsets were written' in outcome.msg


def test_servers_are_asked_for_what_an_answer_can_tell() -> None:
    content = zone(rrset('office', 'ns.', rtype='NS'), rrset('ns.office'), rrset('*.wild'), rrset('www'))
    gone = zone(rrset('a.wild'), rrset('x'), rrset('y', 'x.', rtype='ALIAS'))
    changes = compare(content, gone)
    assert [change.place[0] for change in _to_be_seen(ZONE, content, changes)] == ['*.wild.shop.example', 'www.shop.example', 'x.shop.example']


# -- the update -----------------------------------------------------------------------------------------------------------


def sections(*changes: Change) -> Tuple[List[str], List[str]]:
    """The prerequisites and the updates of a message as it arrives, each record without its TTL."""
    message = dns.message.from_wire(ContentUpdate(ZONE, changes).message().to_wire())
    assert isinstance(message, dns.update.UpdateMessage)
    lines = ([line for rrset in section for line in str(rrset).split('\n')] for section in (message.prerequisite, message.update))
    required, done = (sorted(' '.join(word for at, word in enumerate(line.split()) if at != 1 or not word.isdigit()) for line in found) for found in lines)
    return required, done


def test_what_was_read_is_the_prerequisite_of_a_change() -> None:
    old = RRset(f'www.{ZONE}', 'A', 300, frozenset(['192.0.2.1', '192.0.2.2']))
    required, done = sections(Change(old.place, old, replace(old, records=frozenset(['192.0.2.2', '192.0.2.3']))))
    assert required == ['www.shop.example. IN A 192.0.2.1', 'www.shop.example. IN A 192.0.2.2']
    assert done == ['www.shop.example. IN A 192.0.2.3', 'www.shop.example. NONE A 192.0.2.1']


def test_nothing_is_the_prerequisite_of_what_is_new() -> None:
    new = rrset('new')
    required, done = sections(Change(new.place, None, new))
    assert required == ['new.shop.example. NONE A']
    assert done == ['new.shop.example. IN A 192.0.2.1']


def test_a_record_goes_by_its_rdata_and_never_with_its_whole_rrset() -> None:
    old = rrset('old')
    required, done = sections(Change(old.place, old, None))
    assert required == ['old.shop.example. IN A 192.0.2.1'] and done == ['old.shop.example. NONE A 192.0.2.1']


def test_another_ttl_writes_every_record_anew() -> None:
    old = RRset(f'www.{ZONE}', 'A', 300, frozenset(['192.0.2.1', '192.0.2.2']))
    _required, done = sections(Change(old.place, old, replace(old, ttl=600)))
    assert [line.split()[1] for line in done] == ['IN', 'IN', 'NONE', 'NONE']
