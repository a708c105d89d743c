#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The pass as AWX runs it, in a lab of its own: two shares of the zones at once by ansible-runner, on controllers that keep nothing, one of them
# killed in the middle. tests/lab/runner.py says what must hold; tests/lab/runner does it with more zones.
set -eu -o pipefail

# shellcheck source=tests/integration/targets/setup_lab/lab.sh
. ../setup_lab/lab.sh
enter_lab "$@"
start_lab 0 --extra-zones 4

said() { cat "$LOG"; }

for shard in 0/8 9/8 x; do
  status=0
  ansible-playbook -i "$LAB_INVENTORY" -e "multisigner_shard=$shard" dnssec.multisigner.verify >"$LAB_DIR/wrong.log" 2>&1 || status=$?
  if [ "$status" -ne 2 ] || ! grep -qE 'the shard "(0/8|9/8)" does not exist|the shard "x" is not of the form' "$LAB_DIR/wrong.log"; then
    cat "$LAB_DIR/wrong.log"
    fail "the shard $shard"
  fi
done
# No zone of the lab is in this share: there is nothing to do, and nothing wrong. Nor does the journal of another host come into being.
logged 0 ansible-playbook -i "$LAB_INVENTORY" -e multisigner_shard=1/1000 -e multisigner_journal_host=ns1 -e "multisigner_journal=$LAB_DIR/none/journal.sqlite" \
  dnssec.multisigner.multisigner dnssec.multisigner.verify
[ ! -e "$LAB_DIR/none" ] || fail "a journal"

export PYTHONPATH=${ANSIBLE_COLLECTIONS_PATH%%:*}:$COLLECTION/roles/lab/files
"$PYTHON" -m ansible_collections.dnssec.multisigner.tests.lab.runner --short
