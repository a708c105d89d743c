#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# README.md as an operator follows it, in a lab of its own: every example runs as it is written there, with the lab's zone in
# the place of example.jp and, in files beside the inventory, what a lab must have otherwise: addresses, paths, tokens.
# An example that no step uses is an error, and so is a sentence of a report that README.md promises and no run prints.
set -eu -o pipefail

# shellcheck source=tests/integration/targets/setup_lab/lab.sh
. ../setup_lab/lab.sh
enter_lab "$@"
target=$PWD
# no limits of requests: what a token may do is tried by more of them than a minute allows
start_lab 0
export HOME=$LAB_DIR/home PATH=$PATH:/usr/sbin
mkdir -p "$HOME" "$LAB_DIR/examples" "$LAB_DIR"/operator/{host_vars,registry}
cd "$LAB_DIR/operator"

example() { # NAME   its text, about the lab's zone
  echo "$1" >>"$LAB_DIR/used"
  sed "s/example\.jp/$zone/g" "$LAB_DIR/examples/$1"
}

pass() { # STATUS [OPTION...]   the command of README.md, which must end with STATUS; leaves $LOG and the file report
  local expected=$1 command
  shift
  read -r -a command < <(example run)
  logged "$expected" "${command[@]}" -i lab.yml "$@"
  printed ': Report' >report
  cat report >>"$LAB_DIR/reports"
}

said() { cat report; }

ds_are() { # NUMBER   at both servers of the registry
  local address
  for address in 127.53.1.1 127.53.1.2; do
    [ "$(dig +short +norecurse @$address "$zone" DS | wc -l)" -eq "$1" ] || return 1
  done
}

at_registry() { # [OPTION...] -- COMMAND...   one update of the zone's delegation
  local options=()
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  { printf 'server 127.53.1.1\nzone example.\n'; printf '%s\n' "$@" send; } | nsupdate "${options[@]}"
}

refused() { # COMMAND...
  local answer
  answer=$("$@" 2>&1) && fail "not refused: $*"
  [[ $answer = *REFUSED* ]] || fail "refused for another reason: $answer"
}

state() { state_of "$LAB_DIR"/{ns1,home,operator/registry}; }

desec() { # METHOD PATH [BODY]   the status of deSEC's API for the token of README.md
  curl -s -o /dev/null -w '%{http_code}' --cacert "$LAB_CA" -X "$1" -H "Authorization: Token $token" -H 'Content-Type: application/json' \
    ${3:+-d "$3"} "$LAB_DESEC_URL$2"
}

zone=shop.example
folder=$LAB_DIR/ns1/multisigner

say "README.md: every block is an example with a mark, and what it says of names, paths and versions is so"
"$PYTHON" "$target/readme.py" "$COLLECTION" "$LAB_DIR/examples"

say "The two commands and what to install"
# they are what runs this
[ "$(example "two commands" | awk '{ print $1 }' | xargs)" = "bin/demo bin/test" ] || fail "other commands"
# the first line needs a server of collections; that it names this one was just looked at. The second finds all in place.
PIP_NO_INDEX=1 PATH=$(dirname "$(command -v "$PYTHON")"):$PATH "$BASH" -euc "$(example install | grep '^pip ')"

say "A token for deSEC that may write three record sets of one zone, and nothing else"
example "desec token" | sed "s#https://desec.io/api/v1#$LAB_DESEC_URL#" >make-token
export CURL_CA_BUNDLE=$LAB_CA
printed=$(sed "s/$zone/nowhere.example/" make-token | TOKEN=$LAB_DESEC_OWNER_TOKEN sh 2>&1) && fail "a zone that is not there should have stopped it"
[[ $printed = curl:* ]] || fail "it printed more than curl's error"
token=$(TOKEN=$LAB_DESEC_OWNER_TOKEN sh make-token)
unset CURL_CA_BUNDLE
for type in DNSKEY CDS CDNSKEY; do
  status=$(desec PATCH /domains/$zone/rrsets/ '[{"subname": "", "type": "'$type'", "ttl": 3600, "records": []}]')
  [ "$status" = 200 ] || fail "$status, not 200: it should be able to write $type"
done
for denied in \
  "PATCH /domains/$zone/rrsets/ "'[{"subname": "", "type": "TXT", "ttl": 3600, "records": []}]' \
  "PATCH /domains/$zone/rrsets/ "'[{"subname": "", "type": "NS", "ttl": 3600, "records": []}]' \
  "PATCH /domains/$zone/rrsets/ "'[{"subname": "www", "type": "CDS", "ttl": 3600, "records": []}]' \
  "PATCH /domains/talk.example/rrsets/ "'[{"subname": "", "type": "CDS", "ttl": 3600, "records": []}]' \
  "DELETE /domains/$zone/" \
  'POST /domains/ {"name": "another.example"}' \
  'POST /auth/tokens/ {"name": "another"}'; do
  read -r method path body <<<"$denied"
  status=$(desec "$method" "$path" "$body")
  [ "$status" = 403 ] || fail "$status, not 403: $denied"
done

say "The inventory, and beside it what a lab must have otherwise"
example inventory >inventory.yml
secret=$(tsig-keygen multisigner | sed -n 's/.*secret "\(.*\)";/\1/p')
parent_secret=$(tsig-keygen multisigner-ds | sed -n 's/.*secret "\(.*\)";/\1/p')
echo "not a secret" >vault-password
export ANSIBLE_VAULT_PASSWORD_FILE=$PWD/vault-password
cat >lab.yml <<YAML
all:
  vars:
$(ansible-vault encrypt_string --name vault_tsig_secret "$secret" 2>vault.log | sed 's/^/    /')
    vault_desec_token: $token
    vault_parent_secret: $parent_secret
    multisigner_trust_anchor_file: $LAB_TRUST_ANCHOR
    multisigner_max_ttl: $LAB_TTL
  children:
    signers:
      hosts:
        ns1:
          ansible_connection: local
          ansible_python_interpreter: $PYTHON
          ansible_user: root
          multisigner_servers: [ns1.operator.example]
          bind_signer_named_conf: $LAB_DIR/ns1/named.conf
          bind_signer_directory: $folder
          bind_signer_user: root
          bind_signer_group: root
          bind_signer_rndc: rndc -c $LAB_DIR/ns1/rndc.conf
          bind_signer_dnskey_ttl: $LAB_TTL
          bind_signer_zones:
            $zone:
              file: $LAB_DIR/ns1/zones/$zone.zone
              new_keys: true
        desec:
          multisigner_servers: [ns1.desec.example, ns2.desec.example]
          multisigner_api_url: $LAB_DESEC_URL
          multisigner_api_ca_file: $LAB_CA
    parents:
      hosts:
        jprs:
          multisigner_servers: [a.nic.example, b.nic.example]
YAML

say "A TTL above a day is refused before BIND sees it; check mode changes nothing, and says blocked where BIND has no zone yet"
cp "$LAB_DIR/ns1/zones/$zone.zone" unsigned
echo 'old 172800 IN TXT "rarely changed"' >>"$LAB_DIR/ns1/zones/$zone.zone"
state >before
pass 2 --check --diff
grep -q 'TTL of 172800 seconds.*max-zone-ttl.*bind_signer_policy_options' "$LOG" || { show; fail "the large TTL is not told"; }
example "large TTL" >host_vars/ns1.yml
pass 2 --check --diff
says "$zone: blocked"
grep -q '^+	max-zone-ttl 604800;' "$LOG" || { show; fail "check mode does not show the policy"; }
state | diff before - || fail "check mode changed something"
rm host_vars/ns1.yml
cp unsigned "$LAB_DIR/ns1/zones/$zone.zone"

say "The first run: keys that the zone had are kept; BIND's configuration gets one line; each signer gets the other's keys; the report"
mkdir -p "$folder/keys/$zone"
for flag in "-f KSK" ""; do
  # shellcheck disable=SC2086  # two words or none
  dnssec-keygen -q -K "$folder/keys/$zone" -a ECDSAP256SHA256 -L "$LAB_TTL" $flag "$zone"
done >had
cp "$LAB_DIR/ns1/named.conf" named.conf
pass 0
find "$folder/keys/$zone" -name '*.key' -printf '%f\n' | sed 's/\.key$//' | sort | diff <(sort had) - || fail "other keys"
{ cat named.conf; echo "include \"$folder/multisigner.conf\";"; } | diff - "$LAB_DIR/ns1/named.conf" || fail "named.conf has not just one line more"
normalised() { sed -E 's/[0-9-]+T[0-9:]+Z/TIME/g; s/up to [0-9]+ s/up to N s/'; }
diff <(example "first report" | normalised) <(normalised <report) || fail "the report is not as in README.md"
# shellcheck disable=SC2016,SC2088  # as README.md has it
journal=$(grep -oE '~/[^`]*journal[^`]*' "$COLLECTION/README.md")
[ -s "$HOME/${journal#'~/'}" ] || fail "the journal is not at $journal"
diff <(example "update policy" | tr -d '"') <(sed -n 's/^\t\(update-policy .*\)/\1/p' "$folder/multisigner.conf" | tr -d '"') || fail "another update-policy"

say "The second run, after the time: the files for the registry, and what it costs at deSEC"
await
control DELETE >/dev/null
pass 0
says "$zone: waiting"
says 'to add at jprs: DS .*, DS '
find registry -type f | sort | diff <(sed "s#^#registry/$zone/#" "$LAB_DIR/examples/exported-files" | sort) - || fail "other files than the table has"
[ ! -e "$COLLECTION/playbooks/registry" ] || fail "the export is where the collection is installed"
control GET | "$PYTHON" -c 'import json, sys; counts = json.load(sys.stdin); sys.exit(not (counts["writes"] == 1 and 3 < counts["reads"] <= 5))' ||
  fail "other numbers of requests: $(control GET)"

say "A DS of nobody is told and left"
stray="$zone. 3 DS 4711 13 2 $(printf '%064d' 1)"
at_registry -k "$LAB_REGISTRY_KEY" -- "update add $stray"
until_true ds_are 1
pass 0
says 'note: DS 4711 .* nothing proves that it may go'
at_registry -k "$LAB_REGISTRY_KEY" -- "update delete $stray"

say "A person enters the DS; then all is complete, and a run changes nothing and asks no API"
read -r -a enter < <(grep -o 'nsupdate -k KEYFILE [^`]*' "$COLLECTION/README.md" | sed "s/example\.jp/$zone/; s#KEYFILE#$LAB_REGISTRY_KEY#")
"${enter[@]}"
until_true ds_are 2
pass 0
sleep "$LAB_TTL"
pass 0 # BIND is told that every cache can have its DS
state >before
control DELETE >/dev/null
pass 0
[ "$(cat report)" = "$zone: complete" ] || fail "not complete"
changed_nothing
state | diff before - || fail "something moved"
control GET | "$PYTHON" -c 'import json, sys; counts = json.load(sys.stdin); sys.exit(counts["reads"] + counts["writes"])' || fail "deSEC's API was asked"

say "The zone's content is edited on the server, and every record is signed"
example edit | sed "s#nsupdate -l#nsupdate -k $LAB_DIR/ns1/session.key#; s#^zone#server 127.53.2.1\nzone#" >edit.sh
sh edit.sh
until_true rndc -c "$LAB_DIR/ns1/rndc.conf" sync "$zone"
dnssec-verify -o "$zone" "$folder/zones/$zone.db" >verified 2>&1 || { cat verified >&2; fail "BIND's zone is not signed in full"; }
[ "$(dig +short +norecurse @127.53.2.1 "new.$zone" A)" = 192.0.2.99 ] || fail "the new record is not there"

say "A parent by update, whose key may do no more than README.md grants it"
granted=$(example "parent update policy")
sed -i "s#^ *update-policy .*#$granted#" "$LAB_DIR/registry/named.conf"
grep -qF "$granted" "$LAB_DIR/registry/named.conf" || fail "the registry's update-policy was not found"
parent_key=hmac-sha256:multisigner-ds:$parent_secret
echo "key \"multisigner-ds\" { algorithm hmac-sha256; secret \"$parent_secret\"; };" >>"$LAB_DIR/registry/named.conf"
rndc -c "$LAB_DIR/registry/rndc.conf" reconfig
refused at_registry -y "$parent_key" -- "update add $zone. 3 NS elsewhere.example."
refused at_registry -y "$parent_key" -- "update add talk.example. 3 DS 4711 13 2 $(printf '%064d' 1)"
at_registry -y "$parent_key" -- "update delete $zone. DS"
until_true ds_are 0
example "parent by update" | sed 's/ns1\.parent\.example/a.nic.example/; s/ns2\.parent\.example/b.nic.example/' >host_vars/jprs.yml
example secondaries | sed "s/ns1\.$zone/ns1.operator.example/; s/ns2\.$zone/127.53.9.1/; s/192\.0\.2\.2/127.53.9.1/" >secondary.yml
grep allow_transfer secondary.yml >host_vars/ns1.yml
pass 0
says "$zone: complete"
ds_are 2 || fail "not two DS"

say "A secondary that BIND does not tell of changes is told of in the report; as README.md has it, it follows"
forget() { # BIND forgets deSEC's key
  local key
  key=$("$PYTHON" -c 'import json, sys
print(*next([key["flags"], key["protocol"], key["alg"], key["pubKey"]] for key in json.load(sys.stdin)["key"] if key["signer"] == "desec"))' <"registry/$zone/ds.json")
  printf '%s\n' "server 127.53.2.1" "zone $zone." "update delete $zone. DNSKEY $key" send | nsupdate -y "hmac-sha256:multisigner:$secret"
}
secondary_has_keys() { [ "$(dig +short +norecurse @127.53.9.1 "$zone" DNSKEY | wc -l)" -eq "$1" ]; }
say "All is well, by the inventory and by the name alone; what BIND forgets is found, and where, and written into files"
verified() { # STATUS COMMAND...
  logged "$@"
  printed 'Tell what was found' >report
}
read -r -a by_inventory < <(example verify)
read -r -a by_name < <(example "verify by name")
read -r -a with_files < <(example "verify files" | sed "s#/srv/www/#$LAB_DIR/operator/#; s#/var/lib/prometheus/node-exporter/#$LAB_DIR/operator/#")
verified 0 "${by_inventory[@]}" -i lab.yml
says "^$zone: all is well"
verified 0 "${by_name[@]}" -e "multisigner_trust_anchor_file=$LAB_TRUST_ANCHOR" -e "{multisigner_resolvers: [$LAB_RESOLVER]}"
says "^$zone: all is well"
verified 0 "${with_files[@]}" -i lab.yml
if [ ! -s dnssec.html ] || [ ! -s dnssec.prom ]; then fail "no files"; fi
forget
verified 2 "${by_inventory[@]}" -i lab.yml
numbers() { sed -E 's/[0-9]+(\.[0-9]+)*/N/g'; }
example "verify report" | numbers >promised
numbers <report | grep -xFf promised | diff promised - || fail "the report is not as in README.md"
ip address add 127.53.9.1/32 dev lo
mkdir "$LAB_DIR/secondary"
cat >"$LAB_DIR/secondary/named.conf" <<CONF
options { directory "$LAB_DIR/secondary"; listen-on { 127.53.9.1; }; listen-on-v6 { none; }; pid-file none; session-keyfile "session.key"; recursion no; };
zone "$zone" { type secondary; file "zone"; primaries { 127.53.2.1; }; transfer-source 127.53.9.1; allow-notify { 127.0.0.0/8; }; };
CONF
"$LAB_DIR/bin/named" -g -n 1 -c "$LAB_DIR/secondary/named.conf" >"$LAB_DIR/secondary/named.log" 2>&1 &
until_true secondary_has_keys 2
grep -v also_notify secondary.yml >host_vars/ns1.yml
pass 2 -e multisigner_max_wait=2
says 'waiting for ns1 to publish .*127\.53\.9\.1'
cp secondary.yml host_vars/ns1.yml
forget
pass 0 --check
says "$zone: changing"
says 'to add at ns1: DNSKEY'
pass 0 -e multisigner_max_wait=20
says "waiting until .* for DNSKEY RRsets without all keys"
await # then the CDS and CDNSKEY, which BIND forgot with the key
pass 0 -e multisigner_max_wait=20
says "$zone: complete"
secondary_has_keys 3 || fail "the secondary does not have the keys"

say "The same server as one of which nothing is known but that it takes updates"
{
  example "dynamic updates" | sed "s/ns1\.example\.net/ns1.operator.example/; s/ns2\.example\.net/127.53.9.1/"
  echo "vault_other_secret: $secret"
} >host_vars/ns1.yml
forget
pass 0 -e multisigner_wait=60
says "$zone: complete"
secondary_has_keys 3 || fail "the server was not given the keys"
grep -q 'Declare the zones to named' "$LOG" && fail "the server itself was looked at"
cp secondary.yml host_vars/ns1.yml

say "Knot signs a zone, which is edited as README.md has it, and the TSIG key may change the keys of others only"
mkdir -p "$LAB_DIR"/knot/{run,database}
cat >"$LAB_DIR/knot/knot.conf" <<CONF
server:
    rundir: "$LAB_DIR/knot/run"
    user: root:root
    listen: 127.53.2.4@53
database:
    storage: "$LAB_DIR/knot/database"
CONF
knotd -c "$LAB_DIR/knot/knot.conf" >"$LAB_DIR/knot/knotd.log" 2>&1 &
until_true knotc -c "$LAB_DIR/knot/knot.conf" status >/dev/null
cp "$LAB_DIR/ns2/zones/talk.example.zone" "$LAB_DIR/knot/"
about_talk() { sed "s/$zone/talk.example/g; s#/etc/knot#$LAB_DIR/knot#; s/^knotc/knotc -c ${LAB_DIR//\//\\/}\/knot\/knot.conf/"; }
{
  example knot | about_talk | sed 's/^multisigner_servers: .*/multisigner_servers: [127.53.2.4]/'
  printf '%s\n' "vault_knot_secret: $secret" "ansible_connection: local" "ansible_python_interpreter: $PYTHON" \
    "knot_signer_knot_conf: $LAB_DIR/knot/knot.conf" "knot_signer_directory: $LAB_DIR/knot/multisigner" "knot_signer_user: root" "knot_signer_group: root"
} >host_vars/ns3.yml
echo 'signers: {hosts: {ns3: {}}}' >knot.yml
pass 0 -i knot.yml -e '{multisigner_zones: [{name: talk.example, parent: jprs, signers: [ns3]}]}'
says 'talk.example: '
[ "$(dig +short +norecurse @127.53.2.4 talk.example DNSKEY | wc -l)" -eq 2 ] || fail "Knot has not the two keys of its own"
"$BASH" -euc "$(example "edit at Knot" | about_talk)" >/dev/null
until_true grep -qx 192.0.2.99 < <(dig +short +norecurse @127.53.2.4 new.talk.example)
for record in 'talk.example. 3 TXT x' 'www.talk.example. 3 A 192.0.2.9' 'talk.example. 3 NS elsewhere.example.'; do
  printf '%s\n' "server 127.53.2.4" "zone talk.example." "update add $record" send | nsupdate -y "hmac-sha256:multisigner-ns3:$secret" >/dev/null 2>&1 \
    && fail "the key may write $record"
done

say "Cloudflare and NS1 are asked for their keys where they are, and cannot be reached from a lab"
{ printf 'signers:\n  hosts:\n'; example hosted | sed 's/multisigner_servers: .*/multisigner_servers: [127.53.2.4]/; s/^/    /'; } >hosted.yml
pass 2 -i hosted.yml -e '{vault_cloudflare_token: t0ken-of-the-test, vault_ns1_key: k3y-of-the-test, multisigner_zones: [{name: talk.example, parent: jprs, signers: [cloudflare, ns1net]}]}'
says 'api\.cloudflare\.com.*: Cloudflare cannot be reached'
says 'api\.nsone\.net.*: NS1 cannot be reached'
rm host_vars/ns3.yml knot.yml hosted.yml

say "The next ZSK is made, and given to deSEC before BIND has it in the zone"
example rollover | sed "s/example\.jp/$zone/; s#-i inventory.yml#& -i lab.yml#; s/2026-03-01/$(date -u +%FT%TZ)/" >roll.sh
logged 0 "$BASH" -eu roll.sh
grep -q "$zone: .* was made, to follow the ZSK" "$LOG" || { show; fail "no key was made"; }
secondary_has_keys 3 || fail "BIND publishes the next key already"
[ "$(dig +short +norecurse @127.53.3.1 "$zone" DNSKEY | wc -l)" -eq 4 ] || fail "deSEC does not have the next key"

say "deSEC leaves: one run stays until it is gone, with the journal at the name server, and changes its mind in the middle"
rm host_vars/ns1.yml
example "journal host" | sed "s#/var/lib/dnssec-multisigner#$LAB_DIR/ns1/state#" >host_vars/ns1.yml
mkdir -p group_vars && mv host_vars/ns1.yml group_vars/all.yml
"$PYTHON" - "$LAB_DIR/examples/name servers" <<'PYTHON'
import sys
from pathlib import Path
import yaml
for host, variables in yaml.safe_load(Path(sys.argv[1]).read_text()).items():
    names = {"ns1": ["ns1.operator.example"], "desec": ["ns1.desec.example", "ns2.desec.example"]}[host]
    assert list(variables) == ["multisigner_ns"]
    Path("host_vars", host + ".yml").write_text(yaml.safe_dump({"multisigner_ns": names}))
PYTHON
example "name servers" >/dev/null
example "parent by update" | sed 's/ns1\.parent\.example/a.nic.example/; s/ns2\.parent\.example/b.nic.example/' >host_vars/jprs.yml
sed -i "s#grant multisigner-ds name $zone. DS;#grant multisigner-ds name $zone. DS NS;#" "$LAB_DIR/registry/named.conf"
rndc -c "$LAB_DIR/registry/rndc.conf" reconfig
token=$LAB_DESEC_TOKEN
sed -i "s/vault_desec_token: .*/vault_desec_token: $token/" lab.yml
example leaving >leaving.yml
pass 0 -e @leaving.yml
says 'waiting until'  # this journal knows nothing yet
await
pass 0 --check -e @leaving.yml
says 'to remove from desec: NS '
pass 0 # back again
read -r -a staying < <(example stay)
logged 0 "${staying[@]}" -i lab.yml -e @leaving.yml -e multisigner_wait=120
printed ': Report' >report
cat report >>"$LAB_DIR/reports"
says 'note: desec is gone'
ds_are 1 || fail "not one DS"
[ "$(dig +short +norecurse @127.53.2.1 "$zone" NS)" = ns1.operator.example. ] || fail "other NS at ns1"
[ "$(dig +short +norecurse @127.53.2.1 "$zone" DNSKEY | wc -l)" -eq 2 ] || fail "other keys at ns1"
[ -s "$LAB_DIR/ns1/state/journal.sqlite" ] || fail "no journal at the name server"
rm -r group_vars

say "A signer by hand without TSIG is blocked, until its KSK is pinned"
zone=talk.example
folder=$LAB_DIR/ns2/multisigner
rm host_vars/*
example inventory | sed '/multisigner_tsig:/,/secret:/d; s/multisigner_driver: bind$/multisigner_driver: bind_signzone/' >inventory.yml
grep -q tsig inventory.yml && fail "it has a TSIG key"
sed -i "s/shop\.example/$zone/; s#/ns1#/ns2#; s/ns1\.operator/ns2.operator/; s/vault_desec_token: .*/vault_desec_token: $LAB_DESEC_TOKEN/" lab.yml
pass 2
says 'blocked: .*key .* is not authenticated.*multisigner_pins'
pin=$("$BASH" -euc "$(example pin | sed "s#/var/lib/bind/multisigner#$folder#")" | awk '{ print $(NF-3), $(NF-2), $(NF-1), $NF }')
example pins | sed -E "s/- [0-9]+ .*/- $pin/" >host_vars/ns1.yml
pass 0
says "$zone: waiting"

say "Every example was used, and every saying of the table was said"
find "$LAB_DIR/examples" -type f ! -name sayings ! -name exported-files -printf '%f\n' | sort | diff <(sort -u "$LAB_DIR/used") - || fail "examples that no step uses"
while IFS= read -r saying; do
  grep -qP -- "$saying" "$LAB_DIR/reports" || fail "no run said: $saying"
done <"$LAB_DIR/examples/sayings"
echo "All is well."
