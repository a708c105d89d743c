#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# playbooks/verify.yml as operators use it, in a lab of its own: behind a pass, beside an inventory, and with a name only; on live
# zones that are in order, and on one in which a key is missing. Then the zones of tests/lab/sabotage: each fault must be found
# where it is, and nothing else.
set -eu -o pipefail

# shellcheck source=tests/integration/targets/setup_lab/lab.sh
. ../setup_lab/lab.sh
enter_lab "$@"
start_lab 0
export PATH=$PATH:/usr/sbin
NS1=127.53.2.1
by_inventory=(-i "$LAB_INVENTORY" -e "@$LAB_MIXED_ALLOWED")
by_name=(-e "multisigner_trust_anchor_file=$LAB_TRUST_ANCHOR" -e "{multisigner_resolvers: [$LAB_RESOLVER], multisigner_timeout: 1}")

said() { printed 'Tell what was found' | sed 's/\\"/"/g'; }

verify() { # STATUS OPTION...
  local expected=$1
  shift
  logged "$expected" ansible-playbook dnssec.multisigner.verify "$@"
  if sed -n '/PLAY RECAP/,$p' "$LOG" | grep -v verify_report | grep -q 'changed=[2-9]'; then show; fail "more changed than the reports"; fi
}

is_well() { says "^$1: all is well$"; }

# without the files of keys, into which named writes by and by how far it is with each of them
state() { state_of "$LAB_DIR/ns1" | grep -v '/K[^/]*$'; }

write_reports() { # STATUS OPTION...
  verify "$@" -e "verify_html=$LAB_DIR/report/index.html" -e "verify_junit=$LAB_DIR/report/junit.xml" -e "verify_prometheus=$LAB_DIR/report/zones.prom" \
    -e "verify_json=$LAB_DIR/report/zones.json"
}

reported() { "$PYTHON" - "$LAB_DIR/report" "$@" <<'PYTHON'; } # ZONE SEVERITY [CODE]   every form of the report tells the same
import json, pathlib, sys, xml.etree.ElementTree as xml

folder, (zone, severity, *code) = pathlib.Path(sys.argv[1]), sys.argv[2:]
found = {one['name']: one for one in json.loads((folder / 'zones.json').read_text())['zones']}[zone]
assert found['worst'] == severity, found['worst']
told = {finding['code'] for finding in found['findings']}
assert set(code) <= told, told
suite = next(one for one in xml.parse(folder / 'junit.xml').iter('testsuite') if one.get('name') == zone)
failed = {case.get('name') for case in suite.iter('testcase') if case.find('failure') is not None}
assert bool(failed) == (severity in ('critical', 'error')), failed
assert all(any(word in name for name in failed) for word in code), failed
metrics = [line for line in (folder / 'zones.prom').read_text().splitlines() if f'zone="{zone}"' in line]
bad = [line for line in metrics if 'severity="critical"' in line and 'findings{' in line]
assert bad and (float(bad[0].rsplit(' ', 1)[1]) > 0) == (severity == 'critical'), bad
page = (folder / 'index.html').read_text()
assert zone in page and '<script' not in page and 'http://' not in page.replace('http://www.w3.org/', ''), 'the page'
PYTHON

mkdir "$LAB_DIR/report"

say "Behind the first pass it knows what is waited for"
logged 0 ansible-playbook "${by_inventory[@]}" dnssec.multisigner.multisigner dnssec.multisigner.verify -e "verify_json=$LAB_DIR/report/waits.json"
"$PYTHON" -c '
import json, sys
zones = {zone["name"]: zone for zone in json.load(open(sys.argv[1]))["zones"]}
assert zones["shop.example"]["waits"], zones["shop.example"]["waits"]
print(zones["shop.example"]["waits"][0])' "$LAB_DIR/report/waits.json"
logged 0 ansible-playbook "${by_inventory[@]}" dnssec.multisigner.multisigner -e multisigner_wait=15 # until only a person can go on
nsupdate -k "$LAB_REGISTRY_KEY" "$LAB_DIR/export/talk.example/nsupdate.txt"
logged 0 ansible-playbook "${by_inventory[@]}" dnssec.multisigner.multisigner -e multisigner_wait=60

say "Zones that are complete are in order, and nothing is written anywhere"
before=$(state)
write_reports 0 "${by_inventory[@]}"
is_well shop.example
is_well talk.example
says '^mixed\.example: .* warning'
reported shop.example information
[ "$before" = "$(state)" ] || fail "something was touched"

say "The content is compared by zone transfers where that is asked for"
by_transfer=(-e verify_transfer=true -e "verify_json=$LAB_DIR/report/transfers.json")
transfer_failed() { # ADDRESS...   at these servers, and no others
  "$PYTHON" -c '
import json, sys
zones = {zone["name"]: zone for zone in json.load(open(sys.argv[1]))["zones"]}
found = {server for one in zones["shop.example"]["findings"] if one["code"] == "transfer_failed" for server in one["servers"]}
assert found == set(sys.argv[2:]), found' "$LAB_DIR/report/transfers.json" "$@"
}
verify 0 "${by_inventory[@]}" "${by_transfer[@]}"
is_well shop.example
transfer_failed 127.53.2.1 # ns1 gives none to anybody
logged 0 ansible-playbook "${by_inventory[@]}" dnssec.multisigner.multisigner -e '{"bind_signer_allow_transfer": ["key \"{{ multisigner_tsig.name }}\""]}'
send() { printf '%s\n' "server $NS1" "$@" send | nsupdate -k "$LAB_DIR/ns1/session.key"; }
send 'update add only-here.shop.example. 3 TXT "at ns1"'
sleep "$LAB_TTL"
verify 2 "${by_inventory[@]}" "${by_transfer[@]}"
transfer_failed # the TSIG key of the inventory does it
says 'name_missing at ns1 .*only-here\.shop\.example TXT does not exist at desec'
send 'update delete only-here.shop.example. TXT'
sleep "$LAB_TTL"
verify 0 "${by_name[@]}" -e zone=shop.example "${by_transfer[@]}"
transfer_failed 127.53.2.1 # without the key
is_well shop.example

say "A name is enough: parent, servers and signers are found"
verify 0 "${by_name[@]}" -e zone=shop.example
is_well shop.example
says '^  ns1\.operator\.example +127\.53\.2\.1; ZSK .*KSK .* DS'
says '^  ns1\.desec\.example +127\.53\.3\.1, 127\.53\.3\.2; CSK .* DS'

say "The signals of RFC 9615, in the zone that has the names of the servers, are looked at where that is asked for"
verify 0 "${by_name[@]}" -e zone=shop.example -e verify_bootstrapping=true
says 'bootstrapping_signal.*_dsboot\.shop\.example\._signal\.ns1\.operator\.example'
sed -i "s/subdomain example\. DS NS;/subdomain example. DS NS CDS CDNSKEY;/" "$LAB_DIR/registry/named.conf"
rndc -c "$LAB_DIR/registry/rndc.conf" reconfig
for host in ns1.operator ns1.desec ns2.desec; do
  for type in CDS CDNSKEY; do
    dig +short +norecurse @$NS1 shop.example $type | sed "s/^/update add _dsboot.shop.example._signal.$host.example. 3 $type /"
  done
done | { echo "server $LAB_PARENT"; cat; echo send; } >signals
until_true nsupdate -k "$LAB_REGISTRY_KEY" signals # reconfig may still be at it
signalled() { dig +short +norecurse @127.53.1.2 _dsboot.shop.example._signal.ns2.desec.example CDS | grep -q .; }
until_true signalled
sleep "$LAB_TTL"
verify 0 "${by_name[@]}" -e zone=shop.example -e verify_bootstrapping=true
is_well shop.example

say "What cannot be looked at is told, and a zone that can be is"
verify 2 "${by_name[@]}" -e zone=nowhere.example,shop.example
says '^nowhere\.example: '
is_well shop.example
verify 2 "${by_name[@]}"
grep -q 'Name a zone with -e zone=ZONE' "$LOG" || fail "it does not say what is missing"

say "A key of deSEC that is missing at BIND: which, where, for whom, and what to do"
missing=$(dig +short +norecurse +split=0 @127.53.3.1 shop.example DNSKEY | grep '^257' | while read -r key; do
  if ! grep -qF "$(cut -d ' ' -f 4 <<<"$key" | head -c 40)" "$LAB_DIR"/ns1/multisigner/keys/shop.example/K*.key; then echo "$key"; fi
done)
nsupdate -k "$LAB_DIR/ns1/session.key" <<<"server $NS1
zone shop.example
update delete shop.example. DNSKEY $missing
send"
write_reports 2 "${by_inventory[@]}"
says '^shop\.example: 1 critical'
says "^  CRITICAL 1 foreign_key_missing at ns1 \($NS1\): key "
says '^      remedy: '
is_well talk.example
reported shop.example critical foreign_key_missing
verify 0 "${by_inventory[@]}" -e verify_fail_on=never
logged 0 ansible-playbook "${by_inventory[@]}" dnssec.multisigner.multisigner -e multisigner_wait=60
verify 0 "${by_inventory[@]}"
is_well shop.example

say "Every fault of the sabotage lab is found where it is, and nothing else"
PYTHONPATH=${ANSIBLE_COLLECTIONS_PATH%%:*}:$COLLECTION/roles/lab/files "$PYTHON" -m ansible_collections.dnssec.multisigner.tests.lab.sabotage_lab

echo "All is well."
