# shellcheck shell=bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the targets share that run passes in a lab of their own: the lab, the steps' words, and what a step looks at.
# To be sourced by a runme.sh, in its folder; it changes nothing outside the lab. The runme.sh gives:
#   said   prints the text of the last pass in which `says` and `await` look
# Variables in capitals are for the runme.sh: ansible-test's shellcheck, which does not read this file, leaves them alone.
set -eu -o pipefail

COLLECTION=${ANSIBLE_COLLECTIONS_PATH%%:*}/ansible_collections/dnssec/multisigner
PYTHON=${ANSIBLE_TEST_PYTHON_INTERPRETER:-python3}

enter_lab() { # [ARGUMENT...]   those of the runme.sh, which begins anew inside a namespace for the lab
  if [ "${1:-}" != inside ]; then exec "$COLLECTION/roles/lab/files/namespace" "$BASH" "$0" inside "$@"; fi
}

start_lab() { # SCALE [OPTION...]   of deSEC's request limits: 1 as they are, 0 for none; further options of the lab; sets its variables, LAB_...
  local scale=$1
  shift
  PYTHONPATH=$COLLECTION/roles/lab/files "$PYTHON" -m multisigner_lab --desec-limits "$scale" "$@"
  # shellcheck disable=SC1091
  . "$LAB_DIR/environment"
  export ANSIBLE_NOCOLOR=1 ANSIBLE_PIPELINING=1 ANSIBLE_HOME=$LAB_DIR/ansible
}

keep_signers() { # NAME...   in the lab's inventory: the others cost every pass time, though it skips them
  "$PYTHON" - "$LAB_INVENTORY" "$@" <<'PYTHON'
import sys

import yaml

path, *kept = sys.argv[1:]
with open(path, encoding='utf-8') as file:
    inventory = yaml.safe_load(file)
signers = inventory['all']['children']['signers']
signers['hosts'] = {name: signers['hosts'][name] for name in kept}
with open(path, 'w', encoding='utf-8') as file:
    yaml.safe_dump(inventory, file)
PYTHON
}

until_true() { # COMMAND...   for a few seconds
  local attempt
  for attempt in {1..60}; do
    if "$@"; then return; fi
    sleep 0.1
  done
  fail "$* ($attempt times)"
}

say() { printf '\n---- %s\n' "$*"; }

fail() { echo "FAILED: $*" >&2; exit 1; }

logged() { # STATUS COMMAND...   a pass that must end with STATUS; its output is in $LOG
  local expected=$1 status=0
  shift
  LOG=$LAB_DIR/pass.$((passes = ${passes:-0} + 1)).log
  "$@" >"$LOG" 2>&1 || status=$?
  if grep -qE 'Traceback|MODULE FAILURE' "$LOG"; then show; fail "a traceback"; fi
  [ "$status" -eq "$expected" ] || { show; fail "exit status $status, not $expected"; }
}

module() { # STATUS NAME OPTIONS [--check] [--diff]   one call of a module, its options as JSON; a process of Ansible's around each is saved
  PYTHONPATH=${ANSIBLE_COLLECTIONS_PATH%%:*} logged "$1" "$PYTHON" - "$2" "$3" "${@:4}" <<'PYTHON'
import json, subprocess, sys

name, options, *words = sys.argv[1:]
options = {**json.loads(options), '_ansible_check_mode': '--check' in words, '_ansible_diff': '--diff' in words}
command = [sys.executable, '-m', 'ansible_collections.dnssec.multisigner.plugins.modules.' + name]
said = subprocess.run(command, input=json.dumps({'ANSIBLE_MODULE_ARGS': options}), capture_output=True, text=True)
print(said.stderr)
result = json.loads(said.stdout)
result.pop('invocation', None)  # which newer versions of ansible-core leave out
print(json.dumps(result, indent=4))
sys.exit(2 if result.get('failed') else said.returncode)
PYTHON
}

show() { printed Report >&2; grep -vE '^(<|Using module|task path|Loading|redirecting|EXEC)' "$LOG" | tail -n 80 >&2; }

printed() { sed -n "/$1\]/,/^}/s/^ *\"\(.*\)\",\{0,1\}\$/\1/p" "$LOG"; } # END_OF_TASK_NAME   the lines of that task's message in the last pass

says() { grep -qE -- "$1" < <(said) || { show; fail "it does not say: $1"; }; }

changed_nothing() { if sed -n '/PLAY RECAP/,$p' "$LOG" | grep 'changed=[1-9]' >&2; then show; fail "something changed"; fi; }

await() { # until the moment that the last pass named
  local until seconds
  until=$(said | grep -oE 'waiting until [0-9TZ:-]+' | sort | tail -n 1) || { show; fail "it does not say until when it waits"; }
  seconds=$(($(date -d "${until##* }" +%s) + 1 - $(date +%s)))
  if [ $seconds -gt 0 ]; then sleep $seconds; fi
}

probe() { # ZONE   asks whatever a resolver could ask, until `judge`
  : >"$LAB_DIR/$1.probing"
  PYTHONPATH=${ANSIBLE_COLLECTIONS_PATH%%:*} "$PYTHON" -m ansible_collections.dnssec.multisigner.tests.lab.prober "$1" "$LAB_DIR/$1.json" >"$LAB_DIR/$1.probing" &
  prober=$!
  until grep -q probing "$LAB_DIR/$1.probing"; do kill -0 "$prober" && sleep 0.2; done
}

judge() { # ZONE   whatever a resolver may have held meanwhile was valid
  sleep $((2 * LAB_TTL)) # whatever was answered until now may be held for a TTL
  kill "$prober"
  wait "$prober"
  "$PYTHON" -c '
import json, sys
found = json.load(open(sys.argv[1]))
print(found["checks"], "checks,", found["bogus"], "bogus")
sys.exit(found["bogus"] or not found["checks"] and "nothing was checked")' "$LAB_DIR/$1.json"
}

control() { curl -sf -X "$1" "$LAB_DESEC_CONTROL_URL/requests"; } # METHOD   GET or DELETE the numbers of requests that deSEC got

state_of() { # PATH...   what a run that changes nothing must leave alone: every zone at every server, and these files
  local zone address conf before="" now
  # named writes a zone that was updated into its file when it likes: what it still has to write, it is to write now
  for conf in "$LAB_DIR"/*/rndc.conf; do
    for _ in {1..50}; do
      rndc -c "$conf" sync >/dev/null 2>&1 && break # not while it is writing
      sleep 0.2
    done
  done
  for zone in shop talk mixed; do
    for address in 127.53.1.1 127.53.2.1 127.53.2.2 127.53.3.1 127.53.3.2; do
      dig +short +norecurse @$address $zone.example SOA
    done
  done
  dig +short +norecurse @127.53.1.1 example SOA
  while now=$(find "$@" -type f ! -name '*.log' -printf '%T@ %s %p\n' | sort -k3) && [ "$now" != "$before" ]; do
    before=$now
    sleep 0.5
  done
  echo "$now"
}
