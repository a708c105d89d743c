#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Rollovers of a real BIND beside deSEC, begun by playbooks/rollover.yml, in a lab of its own and under the prober: a ZSK step by step,
# a CSK in one run; and an algorithm, by a changed declaration. (A KSK: tests/lab/lifecycle ksk.)
set -eu -o pipefail

# shellcheck source=tests/integration/targets/setup_lab/lab.sh
. ../setup_lab/lab.sh
enter_lab "$@"
start_lab 0 --cycle
keep_signers ns1 desec
NS1=127.53.2.1 DESEC="127.53.3.1 127.53.3.2"

declare_zones() { # YAML of bind_signer_zones and of multisigner_zones, in the place of the lab's
  "$PYTHON" - "$LAB_INVENTORY" "$LAB_DIR/rollover.yml" <<'PYTHON' "$1"
import sys

import yaml

with open(sys.argv[1], encoding='utf-8') as file:
    inventory = yaml.safe_load(file)
options, zones = yaml.safe_load(sys.argv[3])
known = inventory['all']['children']['signers']['hosts']['ns1']['bind_signer_zones']
inventory['all']['children']['signers']['hosts']['ns1']['bind_signer_zones'] = {zone: {**known[zone], **more} for zone, more in options.items()}
inventory['all']['vars']['multisigner_zones'] = [{'name': zone, 'parent': 'example_registry', 'signers': signers} for zone, signers in zones.items()]
with open(sys.argv[2], 'w', encoding='utf-8') as file:
    yaml.safe_dump(inventory, file)
PYTHON
}

play() { # STATUS PLAYBOOK [OPTION...]
  local expected=$1 playbook=$2
  shift 2
  logged "$expected" ansible-playbook -i "$LAB_DIR/rollover.yml" "$@" "dnssec.multisigner.$playbook"
}

roll() { # STATUS KEYS ZONE [OPTION...]
  local expected=$1 keys=$2 zone=$3
  shift 3
  play "$expected" rollover -e rollover_signer=ns1 -e "{rollover_zones: [$zone]}" -e "rollover_keys=$keys" -e "rollover_before=$before" "$@"
}

said() { sed -E 's/^ *"(.*)",?$/\1/; s/\\"/"/g' "$LOG" | tr -s ' \n' ' '; }

last_report() { tac "$LOG" | sed '/: Report\]/q' | tac | sed -nE 's/^ *"(.*)",?$/\1/p'; }

keys_at() { dig +short +norecurse +split=0 "@$1" "$2" DNSKEY | sort; } # ADDRESS ZONE

own_keys() { grep -hv '^;' "$LAB_DIR/ns1/multisigner/keys/$1"/K*.key | sed -E 's/.*DNSKEY //; s/ //4g' | grep "^$2 " | sort; } # ZONE FLAGS

has() { grep -qxF "$3" < <(keys_at "$1" "$2"); } # ADDRESS ZONE KEY

signs() { # ADDRESS ZONE TYPE KEY   whether this key signs there
  local tag
  tag=$(basename "$(grep -lF "$(cut -d ' ' -f 4 <<<"$4" | head -c 40)" "$LAB_DIR/ns1/multisigner/keys/$2"/K*.key)" .key)
  dig +norecurse +dnssec +noall +answer "@$1" "$2" "$3" | awk -v tag="$((10#${tag##*+}))" '$4 == "RRSIG" && $11 == tag { found = 1 } END { exit !found }'
}

rolled() { # ZONE TYPE OLD NEW   the new key signs at BIND, the old one is nowhere
  local address
  signs $NS1 "$1" "$2" "$4" || fail "the new key does not sign"
  for address in $NS1 $DESEC; do
    has "$address" "$1" "$4" || fail "$address lacks the new key"
    if has "$address" "$1" "$3"; then fail "$address still has the old key"; fi
  done
}

declare_zones '[{zsk.example: {}, join.example: {csk: true}, move.example: {algorithm: RSASHA256}},
  {zsk.example: [ns1, desec], join.example: [ns1, desec], move.example: [ns1]}]'
play 0 multisigner -e multisigner_wait=240
[ "$(last_report | sed -n 's/: complete$//p' | tr ',' '\n' | wc -l)" -eq 3 ] || { show; fail "not everything is complete"; }

say "What is asked for must be there"
before=$(date -u +%FT%TZ)
play 2 rollover -e rollover_signer=ns1 -e rollover_keys=zsk
says 'Say what is to be rolled'
roll 2 zsk nowhere.example
says 'Say what is to be rolled'
roll 2 csk zsk.example
says 'zone zsk\.example: .*holds 0 CSKs in use.*in use are: KSK, ZSK'
before=$(date -u -d tomorrow +%FT%TZ) roll 2 zsk zsk.example
says 'is still to come'
roll 2 zsk zsk.example -e multisigner_only=join.example
says 'Say what is to be rolled'
roll 2 zsk zsk.example -e multisigner_shard=3/2
says 'the shard "3/2" does not exist'

say "In check mode nothing is made"
old=$(own_keys zsk.example 256)
roll 0 zsk zsk.example --check --diff
says 'A successor of the ZSK .* would be made'
[ "$(own_keys zsk.example 256)" = "$old" ] || fail "a key was made"

say "The other signer gets the next ZSK first; BIND does not have it in the zone"
probe zsk.example
roll 0 zsk zsk.example
says 'was made, to follow the ZSK'
says 'zsk\.example: waiting'
new=$(own_keys zsk.example 256 | grep -vxF "$old")
for address in $DESEC; do has "$address" zsk.example "$new" || fail "$address lacks the next key"; done
if has $NS1 zsk.example "$new"; then fail "BIND publishes the next key too early"; fi

say "The same again, as long as not every cache can have it: nothing is begun, and no other key is made. Nor is one by the job that runs anyway"
roll 0 zsk zsk.example -e "multisigner_journal=$LAB_DIR/another.sqlite" -e multisigner_max_ttl=600   # a journal that knows nothing waits for that
says 'is replaced by .* when every other signer has had that for long enough'
says 'zsk\.example: waiting'
if has $NS1 zsk.example "$new"; then fail "BIND publishes the next key too early"; fi
play 0 multisigner
if has $NS1 zsk.example "$new"; then fail "BIND publishes the next key too early"; fi
[ "$(own_keys zsk.example 256 | wc -l)" -eq 2 ] || fail "another key was made"
sleep "$LAB_TTL"

say "In check mode it would begin"
roll 0 zsk zsk.example --check
says 'It would be told, and named replaces the ZSK'
if has $NS1 zsk.example "$new"; then fail "check mode began"; fi

say "When every cache can have it, BIND begins"
roll 0 zsk zsk.example
says 'named replaces the ZSK .* from now on'
has $NS1 zsk.example "$new" || fail "BIND does not publish the next key"

say "The same again goes on to the end"
roll 0 zsk zsk.example -e multisigner_wait=240
says 'takes the place of|new enough' # BIND may be done with it
says 'zsk\.example: complete'
judge zsk.example
rolled zsk.example SOA "$old" "$new"

say "Once more nothing is to be done, until a later time asks for it. It is for its zones alone, wherever the others are declared"
roll 0 zsk zsk.example -e "{multisigner_zones: [$(printf '{name: %s, parent: example_registry, signers: [ns1, desec]}, ' zsk.example join.example)]}"
changed_nothing
[ "$(last_report)" = "zsk.example: complete" ] || { show; fail "not the report of that zone alone"; }
says 'The ZSK .* is in use since .*: new enough'
[ "$(own_keys zsk.example 256 | wc -l)" -eq 2 ] || fail "another key was made"

say "A CSK is rolled in one run that stays"
old=$(own_keys join.example 257)
probe join.example
roll 0 csk join.example -e multisigner_wait=240 -e rollover_zones=join.example, # as a survey has it: text
says 'named replaces the CSK'
says 'join\.example: complete'
judge join.example
new=$(own_keys join.example 257 | grep -vxF "$old")
rolled join.example SOA "$old" "$new"
"$COLLECTION/tests/lab/cross_matrix" zsk.example join.example

say "An algorithm is rolled by a changed declaration, and only when that is said to be meant"
declare_zones '[{move.example: {}}, {move.example: [ns1]}]'
play 2 multisigner
says 'set roll_keys: true for it as well'
declare_zones '[{move.example: {roll_keys: true}}, {move.example: [ns1]}]'
probe move.example
play 0 multisigner -e multisigner_wait=240
says 'move\.example: complete'
judge move.example
[ "$(keys_at $NS1 move.example | cut -d ' ' -f 3 | sort | uniq -c | tr -s ' ')" = " 2 13" ] || fail "not the new keys alone"
[ "$(dig +short +norecurse "@$LAB_PARENT" move.example DS | cut -d ' ' -f 2)" = 13 ] || fail "not the DS of the new key alone"
