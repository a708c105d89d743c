#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The guide "Getting started" as a newcomer follows it, in a lab of its own: from one BIND zone and a token of deSEC to a verified group, with its
# examples as they are written there, about the lab's zone. An example that no step uses is an error.
set -eu -o pipefail

# shellcheck source=tests/integration/targets/setup_lab/lab.sh
. ../setup_lab/lab.sh
enter_lab "$@"
setup=$(cd ../setup_lab && pwd)
page=$COLLECTION/docs/docsite/rst/getting_started.rst
# deSEC's limits as they are
start_lab 1
zone=copy.example
export HOME=$LAB_DIR/home PATH=$PATH:/usr/sbin
mkdir -p "$HOME" "$LAB_DIR/examples" "$LAB_DIR/operator/registry"
cd "$LAB_DIR/operator"

said() { sed -E 's/^ *"(.*)",?$/\1/; s/\\"/"/g' "$LOG" | tr -s ' \n' ' '; }

example() { # NAME   its text, about the lab's zone
  echo "$1" >>"$LAB_DIR/used"
  sed "s/example\.jp/$zone/g" "$LAB_DIR/examples/$1"
}

command_of() { # NAME   the words of the command, with the vault's password in a file
  read -r -a command < <(example "$1" | sed 's/--ask-vault-pass/--vault-password-file vault-password -i lab.yml -e multisigner_max_wait=30/')
}

at() { dig +short +norecurse "@$1" "$2" "${3:-A}" | tr '[:upper:]' '[:lower:]' | sort | xargs; } # ADDRESS NAME [TYPE]

requests() { control GET | "$PYTHON" -c 'import json, sys; counts = json.load(sys.stdin); print(counts["reads"], counts["writes"])'; }

everywhere() { # NUMBER TYPE   so many records of the zone at both servers of the registry
  local address
  for address in 127.53.1.1 127.53.1.2; do
    [ "$(dig +norecurse @$address "$zone" "$2" | grep -cE "^$zone\.[[:space:]].*[[:space:]]$2[[:space:]]")" -eq "$1" ] || return 1
  done
}

"$PYTHON" "$setup/guide.py" "$page" "$LAB_DIR/examples"

say "What a newcomer has: a zone at BIND, a delegation to it, and a token"
cat >"$LAB_DIR/ns1/zones/$zone.zone" <<ZONE
\$TTL 3
@ SOA ns1.operator.example. hostmaster 1 3600 600 1209600 3
@ NS ns1.operator.example.
@ MX 10 Mail
@ TXT "v=spf1 mx -all"
mail A 192.0.2.25
www A 192.0.2.80
www A 192.0.2.81
www 1 AAAA 2001:0db8:0:0::80
blog CNAME WWW
*.wild A 192.0.2.42
_imaps._tcp SRV 0 1 993 mail
office NS ns.office
office DS 4711 13 2 $(printf '%064d' 7)
ns.office A 192.0.2.53
long TXT "$(printf '%0250d' 1)" "$(printf '%0250d' 2)"
ZONE
printf '%s\n' "server 127.53.1.1" "zone example." "update add $zone. 3 NS ns1.operator.example." send | nsupdate -k "$LAB_REGISTRY_KEY"

say "What to install, and the secrets"
# the first line needs a server of collections
PIP_NO_INDEX=1 PATH=$(dirname "$(command -v "$PYTHON")"):$PATH "$BASH" -euc "$(example install | grep '^pip ')"
[ "$(example install | grep -c '^ansible-galaxy collection install dnssec.multisigner$')" = 1 ] || fail "another collection"
secret=$("$BASH" -euc "$(example secret)" | sed -n 's/.*secret "\(.*\)";/\1/p')
echo "not a secret" >vault-password
example vault | sed "s#: the secret .*#: $secret#; s#: the token .*#: $LAB_DESEC_OWNER_TOKEN#" >vault.yml
ansible-vault encrypt --vault-password-file vault-password vault.yml >vault.log 2>&1

say "The inventory, and beside it what a lab must have otherwise"
example inventory >inventory.yml
cat >lab.yml <<YAML
all:
  vars:
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
          multisigner_ns: [ns1.operator.example]
          bind_signer_named_conf: $LAB_DIR/ns1/named.conf
          bind_signer_directory: $LAB_DIR/ns1/multisigner
          bind_signer_user: root
          bind_signer_group: root
          bind_signer_rndc: rndc -c $LAB_DIR/ns1/rndc.conf
          bind_signer_dnskey_ttl: $LAB_TTL
          bind_signer_zones: {$zone: {file: $LAB_DIR/ns1/zones/$zone.zone, new_keys: true}}
        desec:
          multisigner_servers: [ns1.desec.example, ns2.desec.example]
          multisigner_ns: [ns1.desec.example, ns2.desec.example]
          multisigner_api_url: $LAB_DESEC_URL
          multisigner_api_ca_file: $LAB_CA
    parents:
      hosts:
        jprs:
          multisigner_servers: [a.nic.example, b.nic.example]
YAML

say "Check mode changes nothing, and the zone is not at deSEC yet"
command_of check
control DELETE >/dev/null
logged 2 "${command[@]}"
says "$zone: blocked"
[ "$(requests | cut -d ' ' -f 2)" = 0 ] || fail "check mode wrote at deSEC"
grep -q "$zone" "$LAB_DIR/ns1/named.conf" && fail "check mode wrote at BIND"

say "The first run has BIND sign it, brings it to deSEC and exchanges the keys"
command_of run
logged 0 "${command[@]}"
run=("${command[@]}")
normalised() { sed -E 's/[0-9-]+T[0-9:]+Z/TIME/g; s/[0-9]+ (s$|added)/N \1/; s/\([^)]*, \.\.\.\)/(NAMES)/; s/[0-9]+ RRsets? with a TTL of [0-9]+: [0-9]+/ALTERED/'; }
diff <(example "first report" | normalised) <(printed ': Report' | normalised) || fail "the report is not as the guide has it"
for name in www mail blog x.wild; do
  [ -n "$(at 127.53.2.1 $name.$zone)" ] || fail "BIND does not serve $name"
  [ "$(at 127.53.2.1 $name.$zone)" = "$(at 127.53.3.1 $name.$zone)" ] || fail "$name differs"
done
[ "$(at 127.53.3.2 long.$zone TXT)" = "$(at 127.53.2.1 long.$zone TXT)" ] || fail "a long TXT differs"
[ "$(at 127.53.3.1 office.$zone DS)" = "$(at 127.53.2.1 office.$zone DS)" ] || fail "the DS of the delegation differs"

say "Until it is complete, with a person who brings the DS and the NS to the registry when the report asks for them"
person() { # COUNT TYPE   waits until the export has so many of them to add, then enters it all
  until [ "0$(grep -cE "^update add $zone\. .* $2 " "registry/$zone/nsupdate.txt" 2>/dev/null)" -ge "$1" ]; do sleep 0.2; done
  nsupdate -k "$LAB_REGISTRY_KEY" "registry/$zone/nsupdate.txt"
}
{ person 2 DS && person 2 NS; } &
person=$!
stay=$(grep -oE -- '-e multisigner_wait=[0-9]+' "$page")
read -r -a stay <<<"$stay"
logged 0 "${run[@]}" "${stay[@]}"
wait "$person"
says "waiting until .* for desec to be ready for the resolvers"
says "$zone: complete"
until_true everywhere 2 DS
until_true everywhere 3 NS

say "All is well"
command_of verify
logged 0 "${command[@]}"
printed 'Tell what was found' | grep -xF "$(example verified)" || { show; fail "it does not say what the guide has"; }

say "What is edited at BIND is at deSEC after the next run"
example edit | sed "s#nsupdate -l#nsupdate -k $LAB_DIR/ns1/session.key#; s#'zone $zone'#'server 127.53.2.1' &#; s/3600/3/" >edit.sh
"$BASH" -eu edit.sh
logged 0 "${run[@]}"
printed ': Report' | grep -qxF "$(example copied)" || { show; fail "it does not tell of the change as the guide has it"; }
[ "$(at 127.53.3.1 new.$zone)" = 192.0.2.99 ] || fail "it is not there"

say "A run that finds everything done writes nothing and reads the zone at deSEC once"
control DELETE >/dev/null
logged 0 "${run[@]}"
changed_nothing
[ "$(requests)" = "2 0" ] || fail "other numbers of requests: $(requests)"

say "A zone that stays in named.conf needs no more there than the guide says"
example "users zone" | grep -qxF "update-policy { grant \"multisigner\" name $zone. DNSKEY CDS CDNSKEY NS CSYNC; grant local-ddns zonesub any; };"
diff <(example "users zone" | tr -d '"' | sort) \
  <(sed -nE 's/^\t((inline-signing|update-policy|allow-transfer) .*)/\1/p' "$LAB_DIR/ns1/multisigner/multisigner.conf" | tr -d '"' | sort) ||
  fail "it is not what the role declares"

say "Every example was used, and no secret was printed"
find "$LAB_DIR/examples" -type f -printf '%f\n' | sort | diff <(sort -u "$LAB_DIR/used") - || fail "examples that no step uses"
grep -lF -e "$secret" -e "$LAB_DESEC_OWNER_TOKEN" "$LAB_DIR"/pass.*.log && fail "a secret was printed"
echo "All is well."
