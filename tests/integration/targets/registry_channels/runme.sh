#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# registry_ds through every channel that is real here, in a lab: the DS set goes from none to one signer, to two, and back, and the
# parent's servers are asked after each step. A change that somebody else makes meanwhile is noticed and stays.
set -eu -o pipefail

# shellcheck source=tests/integration/targets/setup_lab/lab.sh
. ../setup_lab/lab.sh
enter_lab "$@"
start_lab 0 --cycle --cds
export ANSIBLE_ASYNC_DIR=$LAB_DIR/async ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false

said() { cat "$LOG"; }

life() { # CHANNEL PARENT_ZONE OPTIONS   the life of the DS set of child.PARENT_ZONE through one channel; OPTIONS of registry_ds, as YAML
  say "$1: from no DS to one signer, to two, and back"
  logged 0 ansible-playbook -v ../setup_channel/life.yml -e "{zone: child.$2, channel: $3}"
  says 'This life is over'
}

secret=$(head -c 32 /dev/urandom | base64 -w0)

say "nsupdate: the parent zone is on BIND"
key=$(sed -nE 's/.*secret "(.*)".*/\1/p' "$LAB_REGISTRY_KEY")
printf 'server %s\nupdate add child.example. 3 NS ns1.operator.example.\nsend\n' "$LAB_PARENT" | nsupdate -k "$LAB_REGISTRY_KEY"
until dig +noall +authority +norecurse @127.53.1.2 child.example NS | grep -q operator; do sleep 0.2; done
life nsupdate example "{channel: nsupdate, servers: [127.53.1.1, 127.53.1.2], tsig: {name: operator-registry, secret: '$key'}, ttl: 60}"
PYTHONPATH=${ANSIBLE_COLLECTIONS_PATH%%:*} "$PYTHON" stale.py 127.53.1.1 example operator-registry "$key"

say "nsupdate: the parent zone is on Knot"
mkdir "$LAB_DIR/knot"
cp "$(PATH=$PATH:/usr/sbin command -v knotd)" "$LAB_DIR/knot/knotd"   # AppArmor's profile goes by the program's path
cat >"$LAB_DIR/knot/knot.conf" <<CONF
server:
    rundir: "$LAB_DIR/knot"
    listen: 127.53.9.1@53
database:
    storage: "$LAB_DIR/knot"
key:
  - id: registry
    algorithm: hmac-sha256
    secret: $secret
acl:
  - id: registry
    key: registry
    action: update
policy:
  - id: registry
    algorithm: ecdsap256sha256
zone:
  - domain: knot.test
    file: "$LAB_DIR/knot/knot.test.zone"
    dnssec-signing: on
    dnssec-policy: registry
    acl: registry
CONF
cat >"$LAB_DIR/knot/knot.test.zone" <<ZONE
knot.test. 3 SOA ns.knot.test. hostmaster.knot.test. 1 3600 600 86400 3
knot.test. 3 NS ns.knot.test.
ns.knot.test. 3 A 127.53.9.1
child.knot.test. 3 NS ns1.operator.example.
ZONE
"$LAB_DIR/knot/knotd" -c "$LAB_DIR/knot/knot.conf" >"$LAB_DIR/knot/log" 2>&1 &
for _attempt in $(seq 50); do
  if [ -n "$(dig +short +norecurse +time=1 +tries=1 @127.53.9.1 knot.test DNSKEY)" ]; then break; fi
  sleep 0.2
done
life nsupdate knot.test "{channel: nsupdate, servers: [127.53.9.1], tsig: {name: registry, secret: '$secret'}, ttl: 60}"
PYTHONPATH=${ANSIBLE_COLLECTIONS_PATH%%:*} "$PYTHON" stale.py 127.53.9.1 knot.test registry "$secret"

say "desec: the parent zone is at deSEC"
"$PYTHON" - <<'PYTHON'
import os

import requests

api = requests.Session()
api.trust_env = False
api.verify = os.environ['LAB_CA']
api.headers['Authorization'] = 'Token ' + os.environ['LAB_DESEC_OWNER_TOKEN']
url = os.environ['LAB_DESEC_URL'] + '/domains/'
api.delete(url + 'csk.example/').raise_for_status()  # the account has no room for more
api.post(url, json={'name': 'parent.example'}).raise_for_status()
ns = {'subname': 'child', 'type': 'NS', 'ttl': 3, 'records': ['ns1.operator.example.']}
api.post(url + 'parent.example/rrsets/', json=ns).raise_for_status()
PYTHON
life desec parent.example "{channel: desec, api_url: '$LAB_DESEC_URL', api_token: '$LAB_DESEC_OWNER_TOKEN', api_ca_file: '$LAB_CA', servers: [127.53.3.1, 127.53.3.2], ttl: 60}"
grep -F "$LAB_DESEC_OWNER_TOKEN" <(grep -v '^\(extra\|EXEC\)' "$LOG") && fail "the token was printed"
pass() { # STATUS ZONE_YAML [OPTION...]   a pass for move.example that stays for as long as it takes
  local expected=$1 zone=$2
  shift 2
  logged "$expected" ansible-playbook -i "$LAB_INVENTORY" -e "{multisigner_zones: [{name: move.example, $zone}]}" "$@" dnssec.multisigner.multisigner
}

delegate() { printf 'server %s\nupdate %s move.example. 3 NS %s\nsend\n' "$LAB_PARENT" "$1" "$2" | nsupdate -k "$LAB_REGISTRY_KEY"; } # add|delete NAME

registry_log() { grep -F "$1" "$LAB_DIR/scanner/scanner.log"; } # TEXT

ds_count() { dig +short +norecurse @"$1" move.example DS | wc -l; }

say "cds: nothing authenticates the CDS of a zone without DS, so the first DS comes another way"
pass 2 "parent: scanning_registry, signers: [ns1]" -e multisigner_wait=20
said() { tr -s ' \n' ' ' <"$LOG"; }
says 'it has no DS yet, so nothing authenticates its CDS'
pass 0 "parent: example_registry, signers: [ns1]" -e multisigner_wait=60
says 'follows CDS as well .its DSYNC record names notify.nic.example port 5359'
[ "$(ds_count 127.53.1.1)" -eq 1 ] || fail "not one DS"

say "cds: a second signer's DS comes by CDS, and only its NS need a person"
pass 0 "parent: scanning_registry, signers: [ns1, desec]" -e multisigner_wait=60
says 'a person to change the NS at scanning_registry: add NS ns1.desec.example, add NS ns2.desec.example'
for address in 127.53.1.1 127.53.1.2; do [ "$(ds_count $address)" -eq 2 ] || fail "not two DS at $address"; done
# it looks by itself too, and then nobody has to notify it
registry_log 'move.example: followed' || fail "the registry did not follow the CDS"
delegate add ns1.desec.example.
delegate add ns2.desec.example.
pass 0 "parent: scanning_registry, signers: [ns1, desec]" -e multisigner_wait=60
says 'move.example: complete'
pass 0 "parent: scanning_registry, signers: [ns1, desec]"
changed_nothing

csync() { dig +short +norecurse @"$1" move.example CSYNC; }

say "csync: it is published at every signer when their NS are the same"
both="parent: scanning_registry, signers: [ns1, desec]"
pass 0 "$both" -e multisigner_csync=true -e multisigner_wait=30
says 'move.example: complete'
for address in 127.53.2.1 127.53.3.1 127.53.3.2; do [ "$(csync $address)" = "0 1 NS" ] || fail "$address has no CSYNC"; done
pass 0 "$both" -e multisigner_csync=true
changed_nothing

say "cds and csync: the first signer leaves, its NS go from the delegation by CSYNC, and its DS by CDS"
leaving="parent: scanning_registry, signers: [desec], leaving: [ns1]"
pass 0 "$leaving" -e multisigner_csync=true
says 'scanning_registry to take the NS of the zone: remove NS ns1.operator.example'
pass 0 "$leaving" -e multisigner_csync=true -e multisigner_wait=150
says 'move.example: complete'
registry_log 'move.example, CSYNC: followed: update delete move.example. NS ns1.operator.example.' || fail "the NS did not go by CSYNC"
for address in 127.53.1.1 127.53.1.2; do [ "$(ds_count $address)" -eq 1 ] || fail "not one DS at $address"; done
pass 0 "$leaving" -e multisigner_csync=true
changed_nothing

say "csync: when nobody asks for it any more, what was published goes"
pass 0 "$leaving"
for address in 127.53.3.1 127.53.3.2; do [ -z "$(csync $address)" ] || fail "$address has a CSYNC still"; done
pass 0 "$leaving"
changed_nothing
say "cds: two servers of one signer, a Knot; the registry has a DS too much"
zone=wrong-ds.example
mkdir -p "$LAB_DIR/two/127.53.2.4"
cp "$(PATH=$PATH:/usr/sbin command -v knotd)" "$LAB_DIR/two/knotd"   # AppArmor's profile goes by the program's path

configure() { # ADDRESS PUBLISH   what that server publishes of CDS: always, none or delete-dnssec
  cat >"$LAB_DIR/two/$1/knot.conf" <<CONF
server:
    rundir: "$LAB_DIR/two/$1"
    listen: $1@53
database:
    storage: "$LAB_DIR/two/$1"
policy:
  - id: manual
    manual: on
    algorithm: ecdsap256sha256
    cds-cdnskey-publish: $2
zone:
  - domain: $zone
    file: "$LAB_DIR/two/$1/zone"
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
    dnssec-signing: on
    dnssec-policy: manual
CONF
}

cds_at() { dig +short +norecurse @"$1" $zone CDS | sort | tr '\n' '|'; }

cds_is_not() { [ "$(cds_at "$1")" != "$2" ]; } # ADDRESS CDS

publish() { # ADDRESS PUBLISH   on a server that runs
  local before
  before=$(cds_at "$1")
  configure "$1" "$2"
  knotc -s "$LAB_DIR/two/$1/knot.sock" reload
  knotc -s "$LAB_DIR/two/$1/knot.sock" zone-sign
  until_true cds_is_not "$1" "$before"
}

configure 127.53.2.4 always
printf '%s\n' "$zone. 3 SOA ns.$zone. hostmaster.$zone. 1 3600 600 86400 3" "$zone. 3 NS ns4.operator.example." "$zone. 3 NS ns5.operator.example." >"$LAB_DIR/two/127.53.2.4/zone"
PATH=$PATH:/usr/sbin keymgr -c "$LAB_DIR/two/127.53.2.4/knot.conf" $zone generate algorithm=13 ksk=yes zsk=yes
cp -r "$LAB_DIR/two/127.53.2.4" "$LAB_DIR/two/127.53.2.5"
configure 127.53.2.5 always
for address in 127.53.2.4 127.53.2.5; do
  "$LAB_DIR/two/knotd" -c "$LAB_DIR/two/$address/knot.conf" >"$LAB_DIR/two/$address/log" 2>&1 &
  until_true cds_is_not $address ""
done
own=$(PATH=$PATH:/usr/sbin keymgr -c "$LAB_DIR/two/127.53.2.4/knot.conf" $zone ds | sed -n 's/.* DS \([0-9]* [0-9]* 2 .*\)/\1/p')
key=$(PATH=$PATH:/usr/sbin keymgr -c "$LAB_DIR/two/127.53.2.4/knot.conf" $zone dnskey | sed -n 's/.* DNSKEY //p')
extra="4711 13 2 $(printf %064d 7)"
{
  printf 'server %s\nupdate delete %s. NS\n' "$LAB_PARENT" $zone
  printf "update add $zone. 3 %s\n" "NS ns4.operator.example." "NS ns5.operator.example." "DS $own" "DS $extra"
  echo send
} | nsupdate -k "$LAB_REGISTRY_KEY"
ds_is() { [ "$(dig +short +norecurse @127.53.1.1 $zone DS | wc -l)" -eq "$1" ] && [ "$(dig +short +norecurse @127.53.1.2 $zone DS | wc -l)" -eq "$1" ]; } # HOW_MANY
until_true ds_is 2
registry() { # ZONE [OPTIONS]   registry_ds through the channel cds, both as JSON
  local attempt status=1
  # the registry looks by itself too, and its secondary lags a moment
  for attempt in 1 2 3; do
    LOG=$LAB_DIR/registry.$attempt.log
    ask_registry "$@" >"$LOG" 2>&1 && status=0 && break
    grep -q 'shows another DS set than' "$LOG" || break
    sleep 2
  done
  [ $status -eq 0 ] || { show; fail "registry_ds failed"; }
}

ask_registry() {
  ansible localhost -v -m dnssec.multisigner.registry_ds -e ansible_connection=local -e "ansible_python_interpreter=$PYTHON" \
    -a "$(printf '{"channel": "cds", "servers": ["127.53.1.1", "127.53.1.2"], %s "zones": [%s]}' "${2:-}" "$1")"
}

say "cds: while one of them has other CDS, the registry does nothing, and the tool says which"
publish 127.53.2.5 none
signer="{\"name\": \"knot\", \"sep_keys\": [\"$key\"], \"servers\": [\"127.53.2.4\", \"127.53.2.5\"]}"
registry "{\"name\": \"$zone\", \"signers\": [$signer], \"remove\": [\"$extra\"]}"
says '127.53.2.5.* has other CDS or CDNSKEY than .*127.53.2.4.*: the parent takes nothing until all are the same .RFC 9975'
registry_log "$zone: notified" && fail "the registry was notified of CDS that differ"
"$PYTHON" - $zone <<'PYTHON'
# somebody else notifies it all the same
import sys

import dns.message
import dns.opcode
import dns.query

message = dns.message.make_query(sys.argv[1], 'CDS')
message.set_opcode(dns.opcode.NOTIFY)
assert dns.query.udp(message, '127.53.1.3', port=5359, timeout=5).rcode() == 0
PYTHON
until_true registry_log "$zone: left alone: CDS or CDNSKEY differ between 127.53.2.4, 127.53.2.5"
ds_is 2 || fail "the registry acted on CDS that differ"
publish 127.53.2.5 always
registry "{\"name\": \"$zone\", \"signers\": [$signer], \"remove\": [\"$extra\"]}"
until_true ds_is 1
registry_log "$zone: notified" || fail "the registry was not notified"

say "cds: a zone goes insecure when every server asks for it, and not before"
publish 127.53.2.4 delete-dnssec
registry "{\"name\": \"$zone\", \"signers\": [], \"insecure\": true, \"remove\": [\"$own\"]}"
says '127.53.2.[45].* has other CDS or CDNSKEY than .*127.53.2.[45]'
ds_is 1 || fail "the last DS went while one server did not ask for it"
publish 127.53.2.5 delete-dnssec
[ "$(cds_at 127.53.2.5)" = '0 0 0 00|' ] || fail "the CDS do not ask for the removal"
registry "{\"name\": \"$zone\", \"signers\": [], \"insecure\": true, \"remove\": [\"$own\"]}"
until_true ds_is 0
registry_log "$zone: followed: every DS is removed" || fail "the registry did not follow"
registry "{\"name\": \"$zone\", \"signers\": [], \"insecure\": true, \"remove\": [\"$own\"]}"
says 'The parent shows this DS set already'

say "cds: the first DS comes by CDS where every name server has a signal of RFC 9615, and not before"
signal() { # NAME_SERVER   the operator of that server says under its name what the zone says
  printf 'server %s\n' "$LAB_PARENT"
  for rtype in CDS CDNSKEY; do
    dig +short +norecurse @127.53.2.4 $zone $rtype | while read -r rdata; do echo "update add _dsboot.$zone._signal.$1. 3 $rtype $rdata"; done
  done
  echo send
}

publish 127.53.2.4 always
publish 127.53.2.5 always
signal ns4.operator.example | nsupdate -k "$LAB_REGISTRY_KEY"
registry "{\"name\": \"$zone\", \"signers\": [$signer]}" '"bootstrapping": true,'
until_true registry_log "$zone: left alone: _dsboot.$zone._signal.ns5.operator.example. does not have the CDS of the zone"
ds_is 0 || fail "a DS came though one name server has no signal"
signal ns5.operator.example | nsupdate -k "$LAB_REGISTRY_KEY"
registry "{\"name\": \"$zone\", \"signers\": [$signer]}" '"bootstrapping": true,'
until_true ds_is 1
registry_log "$zone: the first DS: update add $zone. 3 DS"
echo "All is well."
