#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The event source as ansible-rulebook would run it, beside two real BINDs and with a real inventory; the pass that events start; and
# what the guide says of them, with its units for systemd. With ansible-rulebook itself, which needs Java: tests/lab/events.
set -eu -o pipefail

root=${ANSIBLE_COLLECTIONS_PATH%%:*}
python=${ANSIBLE_TEST_PYTHON_INTERPRETER:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export PYTHONPATH=$root ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false

mkdir "$folder/units" "$folder/watch"
"$python" guide.py "$root/ansible_collections/dnssec/multisigner" "$folder/units"
if command -v systemd-analyze >/dev/null; then
  # the one thing that it cannot know here is the user
  sed -i 's/^User=.*/User=root/' "$folder"/units/*.service
  systemd-analyze verify --man=no "$folder"/units/* 2>&1 | tee "$folder/verified"
  [ ! -s "$folder/verified" ] || { echo "FAILED: systemd-analyze complains" >&2; exit 1; }
else
  echo "systemd-analyze is not here: the units were not verified"
fi
sed -n 's/^ExecStart=.* ansible-playbook -i [^ ]* //p' "$folder/units/multisigner.service" | xargs -r ansible-playbook -i inventory.yml --syntax-check

# the pass for the zones that an event names takes no others
ansible-playbook -i inventory.yml dnssec.multisigner.multisigner -e '{multisigner_only: [talk.example]}' >"$folder/log" 2>&1 && status=0 || status=$?
grep -q 'talk\.example' "$folder/log" || { cat "$folder/log"; echo "FAILED: nothing is said of talk.example" >&2; exit 1; }
if grep -q 'shop\.example' "$folder/log"; then cat "$folder/log"; echo "FAILED: shop.example was not named" >&2; exit 1; fi
[ "$status" -eq 2 ] || { cat "$folder/log"; echo "FAILED: exit status $status" >&2; exit 1; }

# by hand, as a message has it, it only looks
ansible-playbook -i inventory.yml dnssec.multisigner.watched >"$folder/log" || { cat "$folder/log"; exit 1; }
grep -q 'changed=0' "$folder/log" || { cat "$folder/log"; echo "FAILED: something was changed" >&2; exit 1; }

"$python" watch.py "$folder/watch"
