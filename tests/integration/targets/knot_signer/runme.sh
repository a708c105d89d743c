#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Knot as a signer, on a real knotd beside a real BIND and deSEC, in a lab of its own: what Knot does that several signers cannot bear is
# met, and refused, mended or avoided; and a zone's life: it is declared, joined, reloaded and restarted, its keys are rolled under the prober, and Knot
# leaves.
set -eu -o pipefail

# shellcheck source=tests/integration/targets/setup_lab/lab.sh
. ../setup_lab/lab.sh
enter_lab "$@"
start_lab 0 --pairs
export PATH=$PATH:/usr/sbin
# BIND counts on signatures of an old key for as long as it leaves them: here not for days
"$PYTHON" - "$LAB_INVENTORY" <<'PYTHON'
import sys

import yaml

with open(sys.argv[1], encoding='utf-8') as file:
    inventory = yaml.safe_load(file)
inventory['all']['children']['signers']['hosts']['ns1']['bind_signer_policy_options'].update(
    {'signatures-validity': 45, 'signatures-refresh': 40, 'signatures-jitter': 0})
with open(sys.argv[1], 'w', encoding='utf-8') as file:
    yaml.safe_dump(inventory, file)
PYTHON
cp "$LAB_INVENTORY" "$LAB_DIR/with-powerdns.yml"
keep_signers ns1 ns4 desec
KNOT=127.53.2.4 BIND=127.53.2.1 DESEC="127.53.3.1 127.53.3.2"
FOLDER=$LAB_DIR/ns4
CONF=$FOLDER/knot.conf OWN=$FOLDER/multisigner
SECRET=$(sed -n '/^ *ns4:/,/secret:/s/.*secret: //p' "$LAB_INVENTORY" | tr -d "\"'")
FOREIGN="257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="
TSIG='{"name": "multisigner-ns4", "secret": "'$SECRET'"}'

said() { cat "$LOG"; }

knot_zones() { # STATUS ZONES [OPTION...]   what knot_zones says of these
  module "$1" knot_zones "{\"knot_conf\": \"$CONF\", \"directory\": \"$OWN\", \"tsig\": $TSIG, \"policy_options\": {\"propagation-delay\": 1},
    \"dnskey_ttl\": $LAB_TTL, \"manage_ns\": true, \"zones\": $2}" "${@:3}"
}

knot() { knotc -c "$CONF" "$@"; }

keys_at() { dig +short +norecurse +split=0 "@$1" "$2" DNSKEY | sort; } # ADDRESS ZONE

has() { grep -qxF -- "$3" < <(keys_at "$1" "$2"); } # ADDRESS ZONE KEY

lacks() { ! has "$@"; }

own_keys() { # ZONE FLAGS   those that Knot has the private part of, and has not removed
  keymgr -c "$CONF" "$1" list -j | "$PYTHON" -c '
import json, sys
print(*(key["id"] for key in json.load(sys.stdin) if key["public-only"] is False and not key["remove"]), sep="\n")' |
    while read -r id; do keymgr -c "$CONF" "$1" dnskey "$id"; done | sed 's/.*DNSKEY //' | grep "^$2 "
}

signs() { # ZONE TYPE KEY   whether this key signs at Knot
  local tag
  tag=$("$PYTHON" -c 'import sys, dns.dnssec, dns.rdata
print(dns.dnssec.key_id(dns.rdata.from_text("IN", "DNSKEY", sys.argv[1])))' "$3")
  dig +norecurse +dnssec +noall +answer "@$KNOT" "$1" "$2" | awk -v tag="$tag" '$4 == "RRSIG" && $11 == tag { found = 1 } END { exit !found }'
}

is_up() { knot status >/dev/null 2>&1; }

restart() {   # as a crash does it: nothing is written at the end
  local pid
  pid=$(find /proc -maxdepth 2 -lname "$LAB_DIR/bin/knotd" -path '*/exe' 2>/dev/null | cut -d / -f 3)
  kill -9 "${pid:?}"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  "$LAB_DIR/bin/knotd" -c "$CONF" >>"$FOLDER/knotd.log" 2>&1 &
  until_true is_up
}

update() { printf '%s\n' "server $KNOT" "zone $1." "${@:2}" send | nsupdate -y "hmac-sha256:$KEY:$SECRET"; } # ZONE LINE...

say "What an operator's zones may be like, before anything is declared"
cp "$CONF" "$LAB_DIR/operators.conf"
for zone in full file push cds fit sync; do
  printf '@ %s SOA ns h 1 3600 600 86400 %s\n@ NS ns4.operator.example.\n' "$LAB_TTL" "$LAB_TTL" >"$FOLDER/zones/$zone.zone"
done
{
  cat <<CONF
key:
  - id: operators
    algorithm: hmac-sha256
    secret: $SECRET
remote:
  - id: parent
    address: 127.0.0.9
acl:
  - id: operators
    key: operators
    action: update
policy:
  - id: full
    algorithm: ecdsap256sha256
    cds-cdnskey-publish: always
  - id: cds
    algorithm: ecdsap256sha256
    dnskey-management: incremental
    delete-delay: 7d
  - id: fit
    algorithm: ecdsap256sha256
    dnskey-management: incremental
    delete-delay: 7d
    cds-cdnskey-publish: always
    propagation-delay: 1
    dnskey-ttl: 3
  - id: push
    algorithm: ecdsap256sha256
    dnskey-management: incremental
    delete-delay: 7d
    cds-cdnskey-publish: always
    ds-push: parent
template:
  - id: signed
    storage: "$FOLDER/zones"
    file: "%s.zone"
    dnssec-signing: on
    acl: operators
zone:
CONF
  for zone in full file push cds fit; do
    policy=$zone
    if [ $zone = file ]; then policy=fit; fi
    printf '  - domain: %s.example\n    file: %s.zone\n    template: signed\n    dnssec-policy: %s\n' $zone $zone $policy
    if [ $zone = file ]; then printf '    zonefile-load: difference-no-serial\n    zonefile-sync: -1\n    journal-content: all\n'; fi
  done
  printf '  - domain: unsigned.example\n    file: %s/zones/fit.zone\n' "$FOLDER"
} >>"$CONF"
cp "$CONF" "$LAB_DIR/operators.conf"
knot reload >/dev/null
for zone in full file fit; do until_true grep -q . < <(sleep 1; keys_at $KNOT $zone.example); done

say "dnskey-management: full: an update is answered with NOERROR and ignored. The module that sends it finds out, and the zone is refused"
KEY=operators
update full.example "update add full.example. 3 DNSKEY $FOREIGN"
lacks $KNOT full.example "$FOREIGN" || fail "this Knot publishes it: the trap is gone"
module 2 rfc2136_dnskey "{\"server\": \"$KNOT\", \"tsig\": {\"name\": \"operators\", \"secret\": \"$SECRET\"}, \"max_wait\": 2,
  \"zones\": [{\"name\": \"full.example\", \"add\": [\"DNSKEY $FOREIGN\"]}]}"
says 'It said NOERROR and ignored the change.*Knot with .*dnskey-management: full'
knot_zones 2 '[{"name": "full.example"}]'
says 'zone full\.example: .*dnskey-management: full.*answers NOERROR.*Set .*dnskey-management: incremental'

say "A zone file that wins: what came by an update is gone after a reload, so the zone is refused"
update file.example "update add file.example. 3 DNSKEY $FOREIGN"
until_true has $KNOT file.example "$FOREIGN"
knot -b zone-reload file.example >/dev/null
until_true lacks $KNOT file.example "$FOREIGN"
knot_zones 2 '[{"name": "file.example"}]'
says 'zone file\.example: .*difference-no-serial.*wins over what came by updates.*zonefile-sync: 0.*or add this line to .*file\.zone: .*INCLUDE .*foreign/file\.example\.include'

say "A zone file that stays the source of truth includes a file of ours, as that says: what is in there stays, and the zone file is not touched"
echo "\$INCLUDE \"$OWN/foreign/file.example.include\"" >>"$FOLDER/zones/file.zone"
cp -p "$FOLDER/zones/file.zone" "$LAB_DIR/file.zone"
knot -b zone-reload file.example >/dev/null
knot_zones 0 '[{"name": "file.example"}]'
says '"include": ".*foreign/file\.example\.include"'
knot_dnskey() { # STATUS add|remove RECORD [RECORD [WORD...]]   at file.example
  local records
  records=$(printf '"%s", ' "$3" "${4:-$3}")
  module "$1" knot_dnskey "{\"knot_conf\": \"$CONF\", \"directory\": \"$OWN\", \"zones\": [{\"name\": \"file.example\", \"$2\": [${records%, }]}]}" "${@:5}"
}
knot_dnskey 0 add "DNSKEY $FOREIGN" "CDNSKEY $FOREIGN" --check --diff
lacks $KNOT file.example "$FOREIGN" || fail "check mode wrote"
knot_dnskey 0 add "DNSKEY $FOREIGN" "CDNSKEY $FOREIGN"
says 'Added 2, removed 0'
has $KNOT file.example "$FOREIGN" || fail "it is not published"
knot reload >/dev/null
knot -b zone-reload file.example >/dev/null
restart
until_true has $KNOT file.example "$FOREIGN"
[ "$(dig +short +norecurse @$KNOT file.example CDNSKEY | wc -l)" -eq 2 ] || fail "not its own CDNSKEY and the other one"
stat -c %Y "$OWN/foreign/file.example.include" >"$LAB_DIR/written"
knot_dnskey 0 add "DNSKEY $FOREIGN" "CDNSKEY $FOREIGN"
says '"changed": false'
stat -c %Y "$OWN/foreign/file.example.include" | diff "$LAB_DIR/written" - || fail "it was written again"
knot_dnskey 2 remove "DNSKEY $(own_keys file.example 256)"
says "is the signer's own and is not removed"
knot_dnskey 2 add "NS ns9.operator.example."
says 'NS records are in the zone file, which is yours'
knot_dnskey 0 remove "CDNSKEY $FOREIGN" "DNSKEY $FOREIGN"
lacks $KNOT file.example "$FOREIGN" || fail "it is still published"
diff "$LAB_DIR/file.zone" "$FOLDER/zones/file.zone" || fail "the zone file was written"

say "What works against the other signers, or for the time of a rollover only, is refused; so is a zone that is not signed"
knot_zones 2 '[{"name": "push.example"}, {"name": "cds.example"}, {"name": "unsigned.example"}]'
says 'zone push\.example: .*ds-push.*the answers of all other signers are bogus.*Take ds-push out'
says 'zone cds\.example: .*cds-cdnskey-publish: rollover.*RFC 9975'
says 'zone unsigned\.example: Knot does not sign it'
# dnskey-sync came with Knot 3.3
{ cat "$CONF"; printf 'dnskey-sync:\n  - id: peers\n    remote: parent\npolicy:\n  - id: sync\n    algorithm: ecdsap256sha256\n    dnskey-management: incremental\n    delete-delay: 7d
    cds-cdnskey-publish: always\n    dnskey-sync: peers\nzone:\n  - domain: sync.example\n    file: %s/zones/sync.zone\n    dnssec-signing: on\n    dnssec-policy: sync\n' "$FOLDER"; } >"$LAB_DIR/sync.conf"
if knotc -c "$LAB_DIR/sync.conf" conf-check >/dev/null 2>&1; then
  cp "$LAB_DIR/sync.conf" "$CONF"
  knot_zones 2 '[{"name": "sync.example"}]'
  says 'zone sync\.example: .*dnskey-sync.*by its own clock'
  cp "$LAB_DIR/operators.conf" "$CONF"
else
  echo "(this Knot has no dnskey-sync)"
fi

say "A zone of the operator's that is fit stays as it is; Knot tells its own keys, and a key that somebody imported is none of them"
snapshot() { find "$FOLDER" -type f ! -name '*.log' ! -name '*.mdb' -printf '%p %M %T@\n' | sort; }
echo "fit.example. 3 IN DNSKEY $FOREIGN" >"$LAB_DIR/foreign.key"
keymgr -c "$CONF" fit.example import-pub "$LAB_DIR/foreign.key" >/dev/null
knot zone-keys-load fit.example >/dev/null
until_true has $KNOT fit.example "$FOREIGN"
sleep 1
snapshot >"$LAB_DIR/before"
knot_zones 0 '[{"name": "fit.example"}]'
says '"changed": false'
[ "$(grep -c '"dnskey":' "$LOG")" -eq 2 ] || { show; fail "not the two keys of its own"; }
if said | grep -qF "${FOREIGN##* }"; then fail "a key of somebody else is called its own"; fi
snapshot | diff "$LAB_DIR/before" - || fail "something was written for a zone that is the operator's"

say "What is wrong with a declaration is told, and nothing is written"
knot_zones 2 '[{"name": "fit.example", "file": "'"$FOLDER"'/zones/fit.zone"}, {"name": "nowhere.example"},
  {"name": "all.example", "file": "'"$FOLDER"'/zones/all.example.zone"}, {"name": "other.example", "file": "'"$FOLDER"'/zones/all.example.zone"}, {"name": "none.example", "file": "/nowhere", "new_keys": true}]'
says 'zone fit\.example: .*declares it already.*Say no file of it'
says 'zone nowhere\.example: .*does not declare it.*Name a zone file'
says 'zone all\.example: Knot has no keys of it.*new_keys: true'
says 'zone other\.example: .*is not usable: knotc says: error: .*missing SOA'
says 'zone none\.example: the zone file /nowhere does not exist'
printf '@ 3 SOA ns h 1 3600 600 86400 3\n@ NS ns4.operator.example.\n@ DNSKEY %s\ncds 3 IN TXT cds\n' "$FOREIGN" >"$LAB_DIR/keys.zone"
printf "\$INCLUDE keys.zone\n" >"$LAB_DIR/include.zone"
printf '@ NS ns4.operator.example.\n' >"$LAB_DIR/broken.zone"
knot_zones 2 '[{"name": "a.example", "new_keys": true, "file": "'"$LAB_DIR"'/keys.zone"}, {"name": "b.example", "new_keys": true, "file": "'"$LAB_DIR"'/include.zone"},
  {"name": "c.example", "new_keys": true, "file": "'"$LAB_DIR"'/broken.zone"}]'
says 'zone a\.example: .*holds DNSKEY records, which the signing adds'
says "zone b\.example: .*has an .INCLUDE"
says 'zone c\.example: .*is not usable: knotc says: .*SOA'
printf '@ 3 SOA ns h 1 3600 600 86400 3\n@ NS ns4.operator.example.\n' >"$LAB_DIR/d.zone"
for options in '"policy_options": {"ds-push": "parent"}' '"policy_options": {"nsec5": "on"}' '"tsig": {"name": "operators", "secret": "AAAA"}' \
  '"policy_options": {"keystore": "a\"b"}'; do
  module 2 knot_zones "{\"knot_conf\": \"$CONF\", \"directory\": \"$OWN\", \"tsig\": $TSIG, $options,
    \"zones\": [{\"name\": \"d.example\", \"new_keys\": true, \"file\": \"$LAB_DIR/d.zone\"}]}"
  case $options in
    *ds-push*) says 'policy_options has ds-push, which zones with several signers need as they are' ;;
    *nsec5*) says 'knotc refuses the new configuration: .*nsec5.*Nothing was changed' ;;
    *operators*) says 'the TSIG key operators is declared in .* already' ;;
    *) says 'cannot be written into Knot' ;;
  esac
done
diff "$LAB_DIR/operators.conf" "$CONF" || fail "knot.conf was written"
knot_zones 0 '[{"name": "d.example", "new_keys": true, "file": "'"$LAB_DIR"'/d.zone"}]' --check --diff
says 'dnskey-management: .*incremental'
diff "$LAB_DIR/operators.conf" "$CONF" || fail "check mode wrote knot.conf"

say "The playbook: Knot joins BIND, and deSEC; a second run changes nothing"
play() { # STATUS PLAYBOOK ZONES [OPTION...]
  logged "$1" ansible-playbook -i "$LAB_INVENTORY" -e "{multisigner_zones: $3}" "${@:4}" "dnssec.multisigner.$2"
}
group() { # ZONE SIGNERS [LEAVING]
  printf '{name: %s, parent: example_registry, signers: [%s], leaving: [%s]}' "$1" "$2" "${3:-}"
}
both="[$(group bind-knot.example 'ns1, ns4'), $(group knot-desec.example 'ns4, desec')]"
declared=$both
play 0 multisigner "$both" -e multisigner_wait=240
is_complete() { [ "$(printed ': Report' | sed -n 's/: complete$//p' | tail -n 1 | tr ',' '\n' | wc -l)" -eq "$1" ]; }
is_complete 2 || { show; fail "not everything is complete"; }
"$COLLECTION/tests/lab/cross_matrix" bind-knot.example knot-desec.example
sleep "$LAB_TTL"
play 0 multisigner "$both"   # Knot and BIND hear of their first DS
keymgr -c "$CONF" bind-knot.example list -j | grep -q '"active": 0' && fail "Knot still waits for the DS of a key"
snapshot >"$LAB_DIR/before"
play 0 multisigner "$both"
changed_nothing
snapshot | diff "$LAB_DIR/before" - || fail "a second run touched a file"

say "A reload, a restart and a signing from scratch keep what came by updates, whatever the operator's default template says"
shown() { dig +short +norecurse @$KNOT bind-knot.example "$1" | sort; } # TYPE
all() { keys_at $KNOT bind-knot.example; shown CDS; shown CDNSKEY; }
all >"$LAB_DIR/before"
# BIND 9.20 has CDS of two digest types for each key
[ "$(shown DNSKEY | wc -l) $(shown CDS | cut -d ' ' -f 1 | uniq | wc -l) $(shown CDNSKEY | wc -l)" = "4 2 2" ] ||
  { cat "$LAB_DIR/before" >&2; fail "not four keys, and CDS and CDNSKEY of two"; }
knot reload >/dev/null
knot -b zone-reload bind-knot.example >/dev/null
until_true diff "$LAB_DIR/before" <(all)
knot -b zone-sign bind-knot.example >/dev/null
all | diff "$LAB_DIR/before" - || fail "signing took something away"
restart
until_true grep -q . < <(sleep 1; keys_at $KNOT bind-knot.example)
all | diff "$LAB_DIR/before" - || fail "a restart took something away"

say "The key may change the keys of others, and nothing else; a key of Knot's own is not removed"
KEY=multisigner-ns4
for line in 'update add bind-knot.example. 3 TXT x' 'update add www.bind-knot.example. 3 A 192.0.2.9' "update add www.bind-knot.example. 3 DNSKEY $FOREIGN"; do
  if update bind-knot.example "$line" >/dev/null 2>&1; then fail "not refused: $line"; fi
done
zsk=$(own_keys bind-knot.example 256)
module 2 rfc2136_dnskey "{\"server\": \"$KNOT\", \"tsig\": $TSIG, \"zones\": [{\"name\": \"bind-knot.example\", \"remove\": [\"DNSKEY $zsk\"]}]}"
says 'is the signer.*own and is not removed'

say "A configuration that knotd does not take is not left there"
cp "$CONF" "$LAB_DIR/with-include.conf"
cp "$OWN/multisigner.conf" "$LAB_DIR/include.before"
mv "$FOLDER/run/knot.sock" "$FOLDER/run/away.sock"
knot_zones 2 '[{"name": "d.example", "new_keys": true, "file": "'"$LAB_DIR"'/d.zone"}]'
says '"knotc reload.*" failed: .*See that knotd runs'
mv "$FOLDER/run/away.sock" "$FOLDER/run/knot.sock"
diff "$LAB_DIR/include.before" "$OWN/multisigner.conf" || fail "the include file was changed"
diff "$LAB_DIR/with-include.conf" "$CONF" || fail "knot.conf was changed"

roll() { # STATUS KEYS ZONE [OPTION...]
  play "$1" rollover "$declared" -e rollover_signer=ns4 -e "{rollover_zones: [$3]}" -e "rollover_keys=$2" -e "rollover_before=$before" "${@:4}"
}

say "A ZSK rollover, step by step: deSEC gets the next key, and Knot does not have it in the zone until every cache can"
before=$(date -u +%FT%TZ)
old=$(own_keys knot-desec.example 256)
roll 0 zsk knot-desec.example --check --diff
says 'A successor of the ZSK .* would be made'
[ "$(own_keys knot-desec.example 256)" = "$old" ] || fail "check mode made a key"
probe knot-desec.example
roll 0 zsk knot-desec.example
says 'was made, to follow the ZSK'
new=$(own_keys knot-desec.example 256 | grep -vxF -- "$old")
for address in $DESEC; do has "$address" knot-desec.example "$new" || fail "$address lacks the next key"; done
lacks $KNOT knot-desec.example "$new" || fail "Knot publishes the next key too early"
roll 0 zsk knot-desec.example -e "multisigner_journal=$LAB_DIR/another.sqlite" -e multisigner_max_ttl=600   # a journal that knows nothing waits for that
says 'is replaced by .* when every other signer has had that for long enough'
lacks $KNOT knot-desec.example "$new" || fail "Knot publishes the next key too early"
play 0 multisigner "$both"
[ "$(own_keys knot-desec.example 256 | wc -l)" -eq 2 ] || fail "another key was made"
restart
lacks $KNOT knot-desec.example "$new" || fail "Knot publishes the next key after a restart"
sleep "$LAB_TTL"
roll 0 zsk knot-desec.example -e multisigner_wait=240
says 'Knot replaces the ZSK'
says 'knot-desec\.example: complete'
judge knot-desec.example
signs knot-desec.example SOA "$new" || fail "the new key does not sign"
for address in $KNOT $DESEC; do lacks "$address" knot-desec.example "$old" || fail "$address still has the old key"; done
roll 0 zsk knot-desec.example
changed_nothing
says 'The ZSK .* is in use since .*: new enough'

say "A KSK rollover in one run that stays: BIND has the next key first, and Knot is told when every cache can have its DS"
old=$(own_keys bind-knot.example 257)
probe bind-knot.example
roll 0 ksk bind-knot.example -e multisigner_wait=240
says 'Knot replaces the KSK'
says 'bind-knot\.example.*: complete'
judge bind-knot.example
new=$(own_keys bind-knot.example 257 | grep -vxF -- "$old")
signs bind-knot.example DNSKEY "$new" || fail "the new key does not sign"
for address in $KNOT $BIND; do lacks "$address" bind-knot.example "$old" || fail "$address still has the old key"; done
[ "$(dig +short +norecurse "@$LAB_PARENT" bind-knot.example DS | wc -l)" -eq 2 ] || fail "not two DS at the parent"
"$COLLECTION/tests/lab/cross_matrix" bind-knot.example knot-desec.example

say "A CSK rollover: BIND has the next key first, and Knot signs nothing with it before every cache can have its DS"
declared="[$(group all.example 'ns1, ns4')]"
csk="{knot_signer_zones: {all.example: {file: $FOLDER/zones/all.example.zone, new_keys: true, csk: true}}}"
play 0 multisigner "$declared" -e "$csk" -e multisigner_wait=240
says 'all\.example: complete'
before=$(date -u +%FT%TZ)
old=$(own_keys all.example 257)
[ "$(own_keys all.example 256)" = "" ] || fail "it has a ZSK"
roll 2 ksk all.example -e "$csk"
says 'zone all\.example: Knot has 0 KSKs of it in use.*in use are: CSK'
probe all.example
roll 0 csk all.example -e "$csk" -e multisigner_wait=240
says 'Knot replaces the CSK'
says 'all\.example: complete'
judge all.example
new=$(own_keys all.example 257 | grep -vxF -- "$old")
signs all.example SOA "$new" || fail "the new key does not sign"
for address in $KNOT $BIND; do lacks "$address" all.example "$old" || fail "$address still has the old key"; done

say "Another algorithm, at BIND and Knot at once: only when that is said to be meant, and no DS goes in or out too early"
declared="[$(group bind-knot.example 'ns1, ns4')]"
other() { # [OPTION]   of both declarations
  local zone
  zone() { printf '{bind-knot.example: {file: %s/%s/zones/bind-knot.example.zone, new_keys: true, algorithm: ED25519%s}}' "$LAB_DIR" "$1" "$2"; }
  printf '{bind_signer_zones: %s, knot_signer_zones: %s}' "$(zone ns1 "${1:-}")" "$(zone ns4 "${1:-}")"
}
play 2 multisigner "$declared" -e "$(other)"
says 'with another policy than .*set roll_keys: true for it as well'
probe bind-knot.example
play 0 multisigner "$declared" -e "$(other ', roll_keys: true')" -e multisigner_wait=300
says 'bind-knot\.example: complete'
judge bind-knot.example
for address in $KNOT $BIND; do
  [ "$(keys_at "$address" bind-knot.example | cut -d ' ' -f 3 | sort | uniq -c | tr -s ' ')" = " 4 15" ] || fail "not the new keys alone at $address"
done
[ "$(dig +short +norecurse "@$LAB_PARENT" bind-knot.example DS | cut -d ' ' -f 2 | sort | uniq -c | tr -s ' ')" = " 2 15" ] || fail "not the DS of the new keys alone"
"$COLLECTION/tests/lab/cross_matrix" bind-knot.example all.example

say "Knot leaves, and is not declared any more"
play 0 multisigner "[$(group bind-knot.example ns1 ns4)]" -e "$(other)" -e multisigner_wait=240
[ "$(keys_at $BIND bind-knot.example | wc -l)" -eq 2 ] || fail "BIND still has keys of Knot"
[ "$(dig +short +norecurse "@$LAB_PARENT" bind-knot.example DS | wc -l)" -eq 1 ] || fail "not one DS at the parent"
play 0 multisigner "[$(group bind-knot.example ns1)]" -e "$(other)" -e '{knot_signer_absent_zones: [bind-knot.example]}'
if grep -q bind-knot "$OWN/multisigner.conf"; then fail "it is still declared"; fi
grep -q knot-desec "$OWN/multisigner.conf" || fail "a zone that was not mentioned is not declared any more"

say "The playbook, for a zone whose file stays the source of truth: PowerDNS joins, and the file is edited as before"
cp "$LAB_DIR/with-powerdns.yml" "$LAB_INVENTORY"
declared="[$(group knot-powerdns.example 'ns4, ns5')]"
FILE=$FOLDER/zones/operators.zone
cp "$FOLDER/zones/knot-powerdns.example.zone" "$FILE"
cat >"$LAB_DIR/operators.conf" <<CONF
key:
  - id: multisigner-ns4
    algorithm: hmac-sha256
    secret: $SECRET
acl:
  - id: passes
    key: multisigner-ns4
    action: update
policy:
  - id: operators
    algorithm: ecdsap256sha256
    dnskey-management: incremental
    delete-delay: 7d
    cds-cdnskey-publish: always
    dnskey-ttl: $LAB_TTL
    propagation-delay: 1
zone:
  - domain: knot-powerdns.example
    file: $FILE
    dnssec-signing: on
    dnssec-policy: operators
    acl: passes
    zonefile-load: difference-no-serial
    zonefile-sync: -1
    journal-content: all
CONF
# above our file, which refers to the key: Knot reads from top to bottom
{ sed '/^include:.*multisigner[.]conf/,$d' "$CONF" && cat "$LAB_DIR/operators.conf" && sed -n '/^include:.*multisigner[.]conf/,$p' "$CONF"; } >"$LAB_DIR/knot.conf"
cat "$LAB_DIR/knot.conf" >"$CONF"
by_file() { play "$1" multisigner "$declared" -e '{knot_signer_zones: {knot-powerdns.example: {}}, multisigner_ns: []}' "${@:2}"; }
by_file 2
says 'zone knot-powerdns\.example: .*add this line to .*operators\.zone: .*INCLUDE .*knot-powerdns\.example\.include'
echo "\$INCLUDE \"$OWN/foreign/knot-powerdns.example.include\"" >>"$FILE"
knot reload >/dev/null
knot -b zone-reload knot-powerdns.example >/dev/null
by_file 0 -e multisigner_wait=240
says 'knot-powerdns\.example: complete'
"$COLLECTION/tests/lab/cross_matrix" knot-powerdns.example
keys_at $KNOT knot-powerdns.example | diff - <(keys_at 127.53.2.5 knot-powerdns.example) || fail "Knot and PowerDNS have different keys"
sleep "$LAB_TTL"
by_file 0
by_file 0
changed_nothing
keys_at $KNOT knot-powerdns.example >"$LAB_DIR/before"
echo "edited $LAB_TTL TXT edited" >>"$FILE"
knot -b zone-reload knot-powerdns.example >/dev/null
restart
until_true grep -q edited < <(sleep 1; dig +short +norecurse @$KNOT edited.knot-powerdns.example TXT)
keys_at $KNOT knot-powerdns.example | diff "$LAB_DIR/before" - || fail "an edited zone file took keys away"

say "No secret was printed"
grep -lF "$SECRET" "$LAB_DIR"/pass.*.log && fail "a secret was printed"
echo "All is well."
