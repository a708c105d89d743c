#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The guide "write your own" as somebody follows it: its two files of Python go into a copy of the collection, and nothing else does; with its
# inventory and its commands a zone that a toy signer and deSEC sign is brought to its end, its DS through a toy registrar.
set -eu -o pipefail

# shellcheck source=tests/integration/targets/setup_lab/lab.sh
. ../setup_lab/lab.sh
enter_lab "$@"
target=$PWD
start_lab 0
export ANSIBLE_ASYNC_DIR=$LAB_DIR/async ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false

said() { tr -s ' \n' ' ' <"$LOG"; }

pass() { # STATUS COMMAND...   a command of the page, in the operator's folder
  logged "$@" -e vault_toy_token="$token" -e multisigner_max_wait=30
  if grep -qF "$token" <(grep -v '^EXEC' "$LOG"); then show; fail "the token was printed"; fi
}

say "The page's files, in a copy of the collection"
copy=$LAB_DIR/collections/ansible_collections/dnssec/multisigner
mkdir -p "$copy" "$LAB_DIR/operator"
cp -a "$COLLECTION"/{galaxy.yml,meta,playbooks,plugins,roles} "$copy"
export ANSIBLE_COLLECTIONS_PATH=$LAB_DIR/collections
"$PYTHON" "$target/follow.py" "$COLLECTION/docs/docsite/rst/write_your_own.rst" "$copy" "$LAB_DIR/operator" | tee "$LAB_DIR/written"
[ "$(grep -c '/plugins/module_utils/_multisigner/signers/' "$LAB_DIR/written")" = 1 ] || fail "not one file for the signer"
[ "$(grep -c '/plugins/module_utils/_multisigner/parents/' "$LAB_DIR/written")" = 1 ] || fail "not one file for the channel"
[ "$(diff -rq "$COLLECTION/plugins" "$copy/plugins" | grep -vc __pycache__)" = 2 ] || fail "more than two files differ"
mapfile -t commands <"$LAB_DIR/operator/commands"
[ "${#commands[@]}" = 2 ] || fail "other commands"
cd "$LAB_DIR/operator"
cp "$LAB_INVENTORY" inventory.yml

say "Toy DNS, in front of a BIND and of the registry"
token=t0y-secret-of-the-test-4c
tsig_of() { ansible-inventory -i inventory.yml --host "$1" | "$PYTHON" -c 'import json, sys; key = json.load(sys.stdin)["multisigner_tsig"]; print(key["name"], key["secret"])'; }
read -r signer_key signer_secret < <(tsig_of ns1)
read -r registry_key registry_secret < <(tsig_of example_registry)
writes() { grep -vc '^GET' "$LAB_DIR/requests" || true; }

printf -- '- hosts: ns1\n  gather_facts: false\n  roles: [dnssec.multisigner.bind_signer]\n' >sign.yml
logged 0 ansible-playbook -i inventory.yml sign.yml
"$PYTHON" "$target/toy_api.py" 8053 "$token" "$LAB_DIR/requests" "$LAB_DIR/ns1/multisigner/keys" 127.53.2.1 "$signer_key" "$signer_secret" \
  "$LAB_PARENT" example "$registry_key" "$registry_secret" >"$LAB_DIR/toy.log" 2>&1 &

say "A first pass gives each signer the keys of the other"
read -r -a check <<<"${commands[0]}"
read -r -a run <<<"${commands[1]}"
pass 0 "${run[@]}"
grep -q '^PUT /zones/shop.example/DNSKEY' "$LAB_DIR/requests" || fail "Toy DNS was given no key"
says 'shop.example: waiting'

say "Looking on shows what would be done and does nothing"
before=$(writes)
pass 0 "${check[@]}"
[ "$(writes)" = "$before" ] || fail "something was written"

say "The modules by themselves: what one would send, and a kind that is not there"
for driver in toy nonesuch; do
  ansible localhost -c local -e ansible_python_interpreter="$PYTHON" --check -m dnssec.multisigner.signer_dnskey -a "$(cat <<JSON
{"driver": "$driver", "api_url": "http://127.0.0.1:8053", "api_token": "$token", "zones": [{"name": "shop.example", "add":
 ["DNSKEY 256 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="]}]}
JSON
)" >"$LAB_DIR/$driver.out" 2>&1 || true
done
grep -qF 'PUT /zones/shop.example/DNSKEY {' "$LAB_DIR/toy.out" || { cat "$LAB_DIR/toy.out"; fail "no request is told"; }
grep -qE 'must be one of: cloudflare, desec, ns1, powerdns, toy, got: nonesuch' "$LAB_DIR/nonesuch.out" || { cat "$LAB_DIR/nonesuch.out"; fail "another error"; }
[ "$(writes)" = "$before" ] || fail "something was written"

say "The zone is brought to its end"
pass 0 "${run[@]}" -e multisigner_wait=120
says 'shop.example: complete'
for address in 127.53.1.1 127.53.1.2; do
  [ "$(dig +short +norecurse @$address shop.example DS | wc -l)" -eq 2 ] || fail "not two DS at $address"
done
[ "$(grep -c '^POST /domains/shop.example/ds' "$LAB_DIR/requests")" -eq 2 ] || fail "not two DS by the toy registrar"
keys=$(dig +short +norecurse @127.53.2.1 shop.example DNSKEY | sort)
[ "$keys" = "$(dig +short +norecurse @127.53.3.1 shop.example DNSKEY | sort)" ] || fail "the signers have other keys"
[ "$(wc -l <<<"$keys")" -ge 3 ] || fail "not all keys"
dig +dnssec @"$LAB_RESOLVER" www.shop.example A | grep -q 'flags:.* ad' || fail "a validating resolver does not say that it is secure"

say "Another pass changes nothing, and asks Toy DNS to change nothing"
before=$(writes)
pass 0 "${run[@]}"
changed_nothing
[ "$(writes)" = "$before" ] || fail "something was written"
