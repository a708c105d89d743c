# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling Knot that the parent has the DS of its KSK: without that, a KSK rollover waits for ever, or goes on by a clock that knows nothing of the parent.

It tells what it was told, and only of a key that Knot waits for; it never looks at the parent itself. What Knot does then is to take the
predecessor out at once, so the caller must know that every cache can have the new DS. Where the algorithm changes it takes out the old DNSKEYs as well
(seen at 3.2 and 3.4), so it is told when their DS, too, are known to be in no cache any more (RFC 6781 section 4.1.4).
Standard library and Knot's tools only, because it travels to name servers.
"""
from __future__ import annotations

from typing import Any, List, Mapping, Sequence

from ..errors import MultisignerError
from ..outcome import Outcome
from .checkds import ParentDS
from .knot_conf import KnotConfiguration
from .knot_keys import Knot, KnotKey
from .tools import one_line


class Submitter:
    """Tells knotd of one zone after the other. With *check* nothing is told."""

    def __init__(self, knot: Knot, configuration: KnotConfiguration, check: bool) -> None:
        self._knot = knot
        self._configuration = configuration
        self._check = check

    def serve(self, option: Mapping[str, Any]) -> Outcome:
        """*option*: ``name``, ``published``, ``withdrawn``. Raises MultisignerError when knotd did not note what it was told."""
        parent = ParentDS.from_option(option)
        own = self._knot.own_keys(parent.zone, self._configuration)
        if not own:
            raise MultisignerError('Knot has no keys of it', zone=parent.zone, remedy='Name the server that signs this zone')
        ready = [
            key for key in own
            if key.awaits_ds and parent.shows(key.key) and all(parent.lost(old.key) for old in own if old.is_given_up_for(key))
        ]
        if len(ready) > 1:
            raise MultisignerError(
                f'{" and ".join(map(str, ready))} wait for it at once, and which one Knot takes the word for is not known', zone=parent.zone,
                remedy='Delete the one that is not needed: keymgr ZONE delete KEY_ID',
            )
        for key in ready:
            self._tell(parent.zone, key)
        return _outcome(parent.zone, own, ready)

    def _tell(self, zone: str, key: KnotKey) -> None:
        if self._check:
            return
        words = self._knot.submitted(zone)

        def is_noted() -> bool:
            return any(one.key == key.key and not one.awaits_ds for one in self._knot.own_keys(zone, self._configuration))

        if not self._knot.until(is_noted):
            raise MultisignerError(
                f'Knot did not note that the DS is published: knotc says: {one_line(words)}', zone=zone, record=f'DNSKEY {key.key.text}',
                remedy='See that knotd runs with this configuration and signs this zone; then run again',
            )


def _outcome(zone: str, own: Sequence[KnotKey], submitted: Sequence[KnotKey]) -> Outcome:
    before: List[str] = sorted(f'{key} is {key.state}' for key in own if key.is_ksk)
    after = sorted(f'{key} is {key.state}' + (', told published' if key in submitted else '') for key in own if key.is_ksk)
    details = {'published': [f'DNSKEY {key.key.text}' for key in submitted]}
    return Outcome(zone, before=tuple(before), after=tuple(after), changed=bool(submitted), details=details)
