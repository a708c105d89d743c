# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rollovers of a signer, phase by phase: what a correct signer does that knows only its own TTLs (RFC 7583, BIND's keymgr).

Beyond that an announced rollover asks the Gates before the phases that concern the others; a careless signer does not.
"""
from __future__ import annotations

from typing import Callable, Optional, Sequence, Tuple

from .invariants import Seen
from .keys import KeyRing
from .world import Rollover, Settings, Signer, SignerSpec

ZSK, KSK, CSK, ALGORITHM = 'zsk', 'ksk', 'csk', 'algorithm'


class Gates:
    """When an announced rollover may go on, as this project wants it.

    What resolvers may hold stands for "everyone has had it for as long as the TTL is".
    """

    def may_sign_data(self, new: int, seen: Seen) -> bool:
        """No data is signed by a new key before every DNSKEY RRset that may be cached has it."""
        return all(new & keys == new for keys, _signs in seen.held.keys)

    def is_published(self, signer: Signer, new: int, seen: Seen) -> bool:
        """Whether every resolver can have the DS of *new*, as far as the signer knows: the controller told it."""
        return new & ~signer.told_published == 0

    def is_withdrawn(self, signer: Signer, old: int, seen: Seen) -> bool:
        """Whether no resolver can have a DS of *old*, as far as the signer knows: the controller told it."""
        return old & ~signer.told_withdrawn == 0

    def may_drop_algorithm(self, signer: Signer, old: int, seen: Seen) -> bool:
        return self.is_withdrawn(signer, old, seen)


class Rollovers:
    """Begins the rollovers of one world's signers and takes them on."""

    def __init__(self, settings: Settings, ring: KeyRing, gates: Gates) -> None:
        self._settings = settings
        self._ring = ring
        self._gates = gates

    def begin(self, number: int, signer: Signer, kind: str) -> Optional[Signer]:
        """The signer with the new key made or published; None when it cannot begin now."""
        spec = self._settings.signers[number]
        if any(ALGORITHM in (kind, rollover.kind) or rollover.kind == kind for rollover in signer.rollovers):
            return None
        old = self._current(spec, signer, kind)
        new = self._next(spec, kind)
        if not old or new & (signer.own | signer.announced):
            return None
        if spec.makes_keys_first:
            made = signer._replace(announced=signer.announced | new)
            return made._replace(rollovers=tuple(sorted((*signer.rollovers, Rollover(kind, 0, old, new, 0)))))
        return self._publish(spec, signer, Rollover(kind, 0, old, new, 0), signer.rollovers)

    def _publish(self, spec: SignerSpec, signer: Signer, rollover: Rollover, rest: Tuple[Rollover, ...]) -> Signer:
        """The signer with the new key in its DNSKEY RRset; *rest*: its other rollovers."""
        new, sep = rollover.new, rollover.new & self._ring.sep
        started = rollover._replace(phase=1, wait=max(spec.dnskey_ttl, self._settings.times.data if rollover.kind == ALGORITHM else 0))
        begun = signer._replace(
            own=signer.own | new, signs_keys=signer.signs_keys | sep, foreign=signer.foreign & ~new, announced=signer.announced & ~new,
            rollovers=tuple(sorted((*rest, started))),
        )
        if rollover.kind == ALGORITHM:  # everything is signed twice from now on (RFC 6781 section 4.1.4)
            data_signers = new if spec.style == CSK else new & ~sep
            begun = begun._replace(signs_soa=signer.signs_soa | data_signers, data=_both([mask | data_signers for mask in signer.data]))
        return begun

    def _current(self, spec: SignerSpec, signer: Signer, kind: str) -> int:
        if kind == ALGORITHM:
            return signer.own
        return sum(key.bit for key in self._ring.of(signer.own & ~signer.retiring) if key.role == kind)

    def _next(self, spec: SignerSpec, kind: str) -> int:
        """The keys of the next generation."""
        roles = (CSK,) if spec.style == CSK else (KSK, ZSK)
        wanted = roles if kind == ALGORITHM else (kind,)
        return sum(self._ring.bit(spec.name, role, 1) for role in wanted)

    def go_on(self, number: int, signer: Signer, index: int, seen: Seen) -> Optional[Signer]:
        """The signer with its rollover *index* one phase further; None when it must wait."""
        rollover = signer.rollovers[index]
        spec = self._settings.signers[number]
        if spec.waits and (rollover.wait or signer.content != signer.secondary):
            return None
        rest = signer.rollovers[:index] + signer.rollovers[index + 1:]
        if not rollover.phase:
            others = (keys for keys, signs in seen.held.keys if not signs & signer.own)
            return self._publish(spec, signer, rollover, rest) if all(rollover.new & keys == rollover.new for keys in others) else None
        after = _STEPS[rollover.kind][rollover.phase - 1](self, spec, signer, rollover, seen)
        if after is None:
            return None
        done, wait = after
        if rollover.phase < len(_STEPS[rollover.kind]):
            rest = tuple(sorted((*rest, rollover._replace(phase=rollover.phase + 1, wait=wait))))
        return done._replace(rollovers=rest)

    # -- the phases: each returns the signer after it and its wait before the next one, or None -----------------------

    def _sign_with_new(self, spec: SignerSpec, signer: Signer, rollover: Rollover, seen: Seen) -> Optional[Tuple[Signer, int]]:
        if spec.announces and not self._gates.may_sign_data(rollover.new, seen):
            return None
        resigned = [_swap(mask, rollover) for mask in signer.data]
        return signer._replace(signs_soa=_swap(signer.signs_soa, rollover), data=_both(signer.data, resigned)), 0

    def _all_signed(self, spec: SignerSpec, signer: Signer, rollover: Rollover, seen: Seen) -> Optional[Tuple[Signer, int]]:
        """The last old signature is replaced; what was cached of them lives for the TTL of the data."""
        return signer._replace(data=_both([_swap(mask, rollover) for mask in signer.data])), self._settings.times.data

    def _withdraw(self, spec: SignerSpec, signer: Signer, rollover: Rollover, seen: Seen) -> Optional[Tuple[Signer, int]]:
        keep, forget = ~rollover.old, ~(rollover.old | rollover.new)
        return signer._replace(
            own=signer.own & keep, signs_keys=signer.signs_keys & keep, retiring=signer.retiring & keep,
            told_published=signer.told_published & forget, told_withdrawn=signer.told_withdrawn & forget,
        ), 0

    def _point_to_new(self, spec: SignerSpec, signer: Signer, rollover: Rollover, seen: Seen) -> Optional[Tuple[Signer, int]]:
        """Its own CDS switches to the new key; the old one waits for the parent."""
        cds = signer.own_cds & ~rollover.old | rollover.new & self._ring.sep
        return signer._replace(own_cds=cds, retiring=signer.retiring | rollover.old & self._ring.sep), 0

    def _withdraw_when_delegated(self, spec: SignerSpec, signer: Signer, rollover: Rollover, seen: Seen) -> Optional[Tuple[Signer, int]]:
        """A provider looks for the new DS by itself; BIND (checkds) is told of it, and goes on whether or not the old DS is withdrawn."""
        may = all(ds & rollover.new for ds in seen.held.ds) if spec.hosted else self._gates.is_published(signer, rollover.new, seen)
        if spec.watches_parent and not may:
            return None
        return self._withdraw(spec, signer, rollover, seen)

    def _csk_signs(self, spec: SignerSpec, signer: Signer, rollover: Rollover, seen: Seen) -> Optional[Tuple[Signer, int]]:
        signing = self._sign_with_new(spec, signer, rollover, seen)
        return None if signing is None else self._point_to_new(spec, signing[0], rollover, seen)

    def _offer_new(self, spec: SignerSpec, signer: Signer, rollover: Rollover, seen: Seen) -> Optional[Tuple[Signer, int]]:
        return signer._replace(own_cds=signer.own_cds | rollover.new & self._ring.sep), 0

    def _leave_old(self, spec: SignerSpec, signer: Signer, rollover: Rollover, seen: Seen) -> Optional[Tuple[Signer, int]]:
        """Its own CDS of the old algorithm goes when every DS set that may be cached has the new one."""
        if not self._gates.is_published(signer, rollover.new & self._ring.sep, seen):
            return None
        return self._point_to_new(spec, signer, rollover, seen)

    def _drop_algorithm(self, spec: SignerSpec, signer: Signer, rollover: Rollover, seen: Seen) -> Optional[Tuple[Signer, int]]:
        if not self._gates.may_drop_algorithm(signer, rollover.old & self._ring.sep, seen):
            return None
        withdrawn = self._withdraw(spec, signer, rollover, seen)
        return withdrawn if withdrawn is None else (withdrawn[0], spec.dnskey_ttl)

    def _drop_signatures(self, spec: SignerSpec, signer: Signer, rollover: Rollover, seen: Seen) -> Optional[Tuple[Signer, int]]:
        keep = ~rollover.old
        return signer._replace(signs_soa=signer.signs_soa & keep, data=_both([mask & keep for mask in signer.data])), 0


_Phase = Callable[[Rollovers, SignerSpec, Signer, Rollover, Seen], Optional[Tuple[Signer, int]]]
_STEPS: dict[str, Sequence[_Phase]] = {
    ZSK: (Rollovers._sign_with_new, Rollovers._all_signed, Rollovers._withdraw),
    KSK: (Rollovers._point_to_new, Rollovers._withdraw_when_delegated),
    CSK: (Rollovers._csk_signs, Rollovers._all_signed, Rollovers._withdraw_when_delegated),
    ALGORITHM: (Rollovers._offer_new, Rollovers._leave_old, Rollovers._drop_algorithm, Rollovers._drop_signatures),
}
PUBLISHES = 'publishes the key that it has made, since the others have it'
PHASE_WORDS = {
    ZSK: (PUBLISHES, 'signs data with the new ZSK', 'has replaced the last signature of the old ZSK', 'withdraws the old ZSK'),
    KSK: (PUBLISHES, 'publishes CDS for the new KSK only', 'withdraws the old KSK'),
    CSK: (PUBLISHES, 'signs data with the new CSK and publishes CDS for it only', 'has replaced the last signature of the old CSK', 'withdraws the old CSK'),
    ALGORITHM: (
        PUBLISHES, 'publishes CDS for the new algorithm too', 'publishes CDS for the new algorithm only',
        'withdraws the keys of the old algorithm', 'drops the signatures of the old algorithm',
    ),
}


def _swap(mask: int, rollover: Rollover) -> int:
    return mask & ~rollover.old | rollover.new if mask & rollover.old else mask


def _both(*groups: Sequence[int]) -> Tuple[int, ...]:
    return tuple(sorted({mask for group in groups for mask in group}))
