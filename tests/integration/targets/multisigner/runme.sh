#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The pass as users run it, in a lab of its own: the main job, a run that finds everything done, and everything that can be
# wrong with an inventory, a signer or a parent. Each step reads what the run says; a bad one must leave the other zones well.
set -eu -o pipefail

# shellcheck source=tests/integration/targets/setup_lab/lab.sh
. ../setup_lab/lab.sh
enter_lab "$@"
start_lab 1
export ANSIBLE_ASYNC_DIR=$LAB_DIR/async

pass() { # STATUS [OPTION...]   one pass that must end with STATUS; its output is in $LOG
  local expected=$1
  shift
  logged "$expected" ansible-playbook -vvv -i "${inventory:-$LAB_INVENTORY}" "$@" dnssec.multisigner.multisigner
}

# All output as one line, without the quotes and commas of JSON around the report's.
said() { sed -E 's/^ *"(.*)",?$/\1/; s/\\"/"/g' "$LOG" | tr -s ' \n' ' '; }

overlay() { # YAML of variables for all hosts, on top of the inventory
  cat >"$LAB_DIR/overlay.yml"
  pass "$@" -e "@$LAB_DIR/overlay.yml"
}

ds() { dig +short +norecurse @"$LAB_PARENT" "$1" DS | tr -d ' ' | sort; }

state() { state_of "$LAB_DIR"/{ns1,ns2,export,journal.sqlite3}; }

zones() { # NAME...   a declaration of zones of ns1 and deSEC
  local name
  echo "multisigner_zones:"
  for name in "$@"; do echo "  - {name: $name, parent: example_registry, signers: [ns1, desec]}"; done
}

say "The first pass gives each signer the other's keys and waits; different algorithms are refused"
pass 2
says 'mixed\.example: blocked.*RSASHA256.*allow_mixed_algorithms'
says 'shop\.example, talk\.example: waiting waiting until .* older answers had a TTL of up to 3 s'
[ -z "$(ds shop.example)$(ds talk.example)" ] || fail "a DS before its time"

say "In check mode the next pass shows the DS and publishes none"
await
pass 2 --check --diff -e "{multisigner_zones: [{name: shop.example, parent: example_registry, signers: [ns1, desec]}, {name: mixed.example, parent: example_registry, signers: [ns2, desec]}]}"
says 'to add at example_registry: DS'
[ -z "$(ds shop.example)" ] || fail "check mode published a DS"

say "The second pass publishes DS, CDS and CDNSKEY of both signers, or says which DS a person is to enter"
pass 2
says 'shop\.example: complete'
says 'talk\.example: waiting to add at registry_form: DS .*, DS .* waiting for a person to bring to the parent what the report says'
[ "$(ds shop.example | wc -l)" -eq 2 ] || fail "not two DS"
[ -z "$(ds talk.example)" ] || fail "an export must not write at the parent"
nsupdate -k "$LAB_REGISTRY_KEY" "$LAB_DIR/export/talk.example/nsupdate.txt"

say "With the explicit option the zone with two algorithms follows"
pass 0 -e "@$LAB_MIXED_ALLOWED"
says 'harden-algo-downgrade'
await
pass 0 -e "@$LAB_MIXED_ALLOWED"
[ "$(ds mixed.example | wc -l)" -eq 2 ] || fail "not two DS"

say "A pass that finds everything done changes nothing, writes nothing, and asks no API"
control DELETE >/dev/null
state >"$LAB_DIR/before"
pass 0 -e "@$LAB_MIXED_ALLOWED"
changed_nothing
says 'complete'
state >"$LAB_DIR/after"
diff "$LAB_DIR/before" "$LAB_DIR/after" || fail "something moved"
control GET | "$PYTHON" -c 'import json, sys; counts = json.load(sys.stdin); sys.exit(counts["reads"] + counts["writes"])' || fail "deSEC's API was asked"

say "The answers of each signer validate under the keys of the other, and the DS set is what BIND's tools make"
"$COLLECTION/tests/lab/cross_matrix" shop.example talk.example mixed.example
"$COLLECTION/tests/lab/ds_set" shop.example talk.example mixed.example

say "The export has the DS that the parent shows"
sed -E 's/^.*DS[[:space:]]+//' "$LAB_DIR/export/talk.example/dsset" | tr -d ' ' | tr '[:lower:]' '[:upper:]' | sort >"$LAB_DIR/exported"
ds talk.example | diff - "$LAB_DIR/exported" || fail "the export differs from the parent"

say "Mistakes in the inventory are told zone by zone"
overlay 2 <<'YAML'
multisigner_zones:
  - {name: shop.example, parent: example_registry, signers: [ns1, desec]}
  - {name: typo.example, parent: example_registry, signers: [ns9, desec]}
  - {name: orphan.example, parent: nobody, signers: [ns2, desec]}
YAML
says 'orphan\.example: blocked zone orphan\.example: its parent "nobody" is unknown'
says 'typo\.example: blocked zone typo\.example: its signer "ns9" is unknown'
says 'shop\.example: complete'

say "A zone that nobody serves and no parent knows is told; it is not one without keys"
overlay 2 <<'YAML'
multisigner_zones:
  - {name: talk.example, parent: registry_form, signers: [ns2, desec]}
  - {name: nowhere.example, parent: example_registry, signers: [desec]}
YAML
says 'nowhere\.example: blocked.*127\.53\.3\.1.*REFUSED'
says 'nowhere\.example.*not delegated'
says 'talk\.example: complete'

say "Name servers that misbehave are told by address and fault, and nothing is changed for their zones"
number=0
for behaviour in silent lame refusing truncating; do
  number=$((number + 1))
  PYTHONPATH=$COLLECTION "$PYTHON" "$COLLECTION/tests/support/bad_dns_server.py" $behaviour 127.53.9.$number 53 &
done
sleep 1
# the journal learns that it is not known any more whether every server has the keys
state | grep -v journal >"$LAB_DIR/before"
number=0
for told in 'does not answer' 'is lame' 'answers REFUSED' 'truncates its answer at 1232 bytes and does not answer over TCP'; do
  number=$((number + 1))
  overlay 2 <<YAML
$(zones shop.example)
multisigner_timeout: 0.3
multisigner_servers: "{{ {'ns1': ['127.53.2.1', '127.53.9.$number'], 'desec': ['127.53.3.1']}[inventory_hostname] | default(['127.53.1.1']) }}"
YAML
  says "shop\.example: blocked.*server 127\.53\.9\.$number: $told"
done
state | grep -v journal | diff "$LAB_DIR/before" - || fail "something moved"

say "A parent that refuses the update is told, and the DS that it has stay"
delete="server 127.53.1.1
zone example.
update delete shop.example. DS
send"
nsupdate -k "$LAB_REGISTRY_KEY" <<<"$delete"
pass 0 -e "@$LAB_MIXED_ALLOWED"   # servers could not be seen for a while: the wait began anew
await
[ -z "$(ds shop.example)" ] || fail "the DS should be gone"
overlay 2 <<YAML
$(zones shop.example)
registry_key: {name: operator-registry, secret: d3Jvbmcgc2VjcmV0}
multisigner_tsig: "{{ registry_key if inventory_hostname == 'example_registry' else signer_keys[inventory_hostname] | default(omit) }}"
signer_keys: $("$PYTHON" -c '
import json, sys, yaml
hosts = yaml.safe_load(open(sys.argv[1]))["all"]["children"]["signers"]["hosts"]
print(json.dumps({name: host["multisigner_tsig"] for name, host in hosts.items() if "multisigner_tsig" in host}))' "$LAB_INVENTORY")
YAML
says 'example_registry: .*shop\.example.*(signature|TSIG)'
[ -z "$(ds shop.example)" ] || fail "a DS in spite of the wrong key"

say "With the right key again the pass mends what somebody had deleted"
pass 0 -e "@$LAB_MIXED_ALLOWED"
[ "$(ds shop.example | wc -l)" -eq 2 ] || fail "not mended"

say "A wrong token is told, printed nowhere, and spoils only what needs the API"
"$PYTHON" - <<'PYTHON'
import os

import requests

api = requests.Session()
api.trust_env = False
api.verify = os.environ['LAB_CA']
api.headers['Authorization'] = 'Token ' + os.environ['LAB_DESEC_OWNER_TOKEN']
api.patch(os.environ['LAB_DESEC_URL'] + '/domains/talk.example/rrsets/', json=[{'subname': '', 'type': 'DNSKEY', 'ttl': 3600, 'records': []}]).raise_for_status()
PYTHON
sleep 2
pass 2 -e "@$LAB_MIXED_ALLOWED" -e '{multisigner_api_token: "a-wrong-token-of-the-test"}'
says 'desec: .*talk\.example.*token'
says 'shop\.example'
grep -q 'a-wrong-token-of-the-test' <(grep -v '^\(extra\|EXEC\)' "$LOG") && fail "the token was printed"
pass 0 -e "@$LAB_MIXED_ALLOWED"
says 'mixed\.example|talk\.example'

say "Keys that nothing authenticates are given to nobody"
sed -E 's/ [0-9A-Fa-f]{20}/ 00000000000000000000/' "$LAB_TRUST_ANCHOR" >"$LAB_DIR/other.ds"
"$PYTHON" - "$LAB_INVENTORY" >"$LAB_DIR/without-tsig.yml" <<'PYTHON'
import json
import sys

import yaml

inventory = yaml.safe_load(open(sys.argv[1]))
del inventory['all']['children']['signers']['hosts']['ns2']['multisigner_tsig']
print(json.dumps(inventory))
PYTHON
inventory=$LAB_DIR/without-tsig.yml overlay 2 <<YAML
multisigner_zones: [{name: talk.example, parent: registry_form, signers: [ns2, desec]}]
multisigner_trust_anchor_file: $LAB_DIR/other.ds
YAML
says 'talk\.example: blocked.*server ns2: its key .* is not authenticated.*multisigner_tsig'

say "A journal that cannot be written stops the run before anything is done"
mkdir "$LAB_DIR/readonly"
mount -t tmpfs -o ro tmpfs "$LAB_DIR/readonly"
pass 2 -e "@$LAB_MIXED_ALLOWED" -e "{multisigner_journal: $LAB_DIR/readonly/journal.sqlite}"
says 'journal .*readonly/journal\.sqlite cannot be used: .*[Rr]ead-only.*See that the folder exists'

say "No secret was printed by any pass, at -vvv"
secrets=$(sed -nE 's/.*(secret|multisigner_api_token): "(.*)"/\2/p' "$LAB_INVENTORY")
[ "$(wc -l <<<"$secrets")" -eq 4 ] || fail "the test does not know the secrets"
grep -lF "$secrets" "$LAB_DIR"/pass.*.log && fail "a secret was printed"
echo "All is well."
