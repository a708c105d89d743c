#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A BIND server that cannot be made fit for one of its zones: it stays in the pass for the others, and the run fails in words.
set -eu -o pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
ANSIBLE_NOCOLOR=1 unshare --map-root-user --net "$BASH" -c 'ip link set lo up && exec ansible-playbook "$@"' pass \
  -i inventory.yml dnssec.multisigner.multisigner -e multisigner_journal="$work/journal.sqlite" >"$work/log" 2>&1 || status=$?
fail() { cat "$work/log"; echo "FAILED: $*" >&2; exit 1; }
[ "$status" -eq 2 ] || fail "exit status $status, not 2"
grep -q 'plan.yml for ns1, registry' "$work/log" || fail "ns1 is not in the pass"
grep -q '"ns1: bind_signer_zones of ns1 says nothing of forgotten.example. Add for each of them' "$work/log" || fail "the report does not tell why ns1 is unfit"
grep -q '1 signers or parents failed' "$work/log" || fail "the failure is not counted"
