#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The role zone_content by itself, on real servers: from a BIND to another BIND, to Knot, to PowerDNS, and to the stand-in of deSEC's API. Whatever
# speaks against a copy stops it before anything is written; what another writer does, and what an API loses, is seen.
set -eu -o pipefail

# shellcheck source=tests/integration/targets/setup_lab/lab.sh
. ../setup_lab/lab.sh
enter_lab "$@"
target=$PWD
start_lab 0
zone=copy.example
export PATH=$PATH:/usr/sbin
cd "$LAB_DIR"

said() { sed -E 's/\\"/"/g; s/\\\\/\\/g' "$LOG" | tr -s ' \n' ' '; }

bring() { # STATUS [OPTION...]
  local expected=$1
  shift
  logged "$expected" ansible-playbook --diff -v -i signers.yml -e "@zones.yml" "$@" "$target/copy.yml"
}

declared() { # CONTENT   of the zone
  cat >zones.yml <<YAML
multisigner_zones:
  - {name: $zone, parent: registry, signers: [ns1, ns2, ns4, desec], content: $1}
  - {name: power.example, parent: registry, signers: [ns1, power], content: $1}
YAML
}

edit() { # LINE...   in both zones, at the source; ZONE stands for the zone
  local name
  for name in $zone power.example; do
    printf '%s\n' "server 127.53.2.1" "zone $name" "${@//ZONE/$name}" send | nsupdate -y "hmac-sha256:copies:$secret"
  done
}

content_at() { # ADDRESS [ZONE]   all of the zone that is content, by zone transfer
  dig +noall +answer +norecurse -y "hmac-sha256:copies:$secret" @"$1" "${2:-$zone}" AXFR | awk -v zone="${2:-$zone}." '
    $4 ~ /^(SOA|RRSIG|NSEC.*|.*DNSKEY|CDS|TSIG)$/ || ($1 == zone && $4 == "NS") { next } { print }' |
    tr '[:upper:]' '[:lower:]' | sed -E "s/${2:-$zone}/NAME/g; s/[[:space:]]+/ /g" | sort
}

same_everywhere() {
  content_at 127.53.2.1 >source
  [ "$(wc -l <source)" -ge 15 ] || fail "the source has too little: $(cat source)"
  for address in 127.53.2.2 127.53.2.4; do content_at $address | diff source - || fail "$address differs"; done
  # PowerDNS, alone and behind the stand-in, lets nobody transfer a zone: it is asked for each
  for name in $zone power.example; do
    while read -r owner ttl _ type rdata; do
      dig +noall +answer +norecurse @127.53.3.1 "${owner//NAME/$name}" "$type" | tr '[:upper:]' '[:lower:]' | tr -s '[:blank:]' ' ' |
        grep -qxF "$(echo "$owner $ttl in $type $rdata" | sed "s/NAME/$name/g" | tr '[:upper:]' '[:lower:]')" ||
        [[ $owner = *office* ]] || fail "$owner $type is not at 127.53.3.1 in $name"
    done <source
  done
}

serials() { for name in $zone power.example; do for address in 127.53.2.{1,2,4} 127.53.3.1; do dig +short +norecurse "@$address" "$name" SOA; done; done; }

writes() { control GET | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["writes"])'; }

say "The servers: BIND as source and target, Knot, PowerDNS; a key that may change everything, and one that may not"
secret=$(tsig-keygen copies | sed -n 's/.*secret "\(.*\)";/\1/p')
body() {
  cat <<ZONE
\$TTL 300
@ SOA ns1.operator.example. hostmaster 1 3600 600 1209600 3
@ NS ns1.operator.example.
@ MX 10 Mail
@ TXT "v=spf1 mx -all"
mail A 192.0.2.25
www A 192.0.2.80
www A 192.0.2.81
www 600 AAAA 2001:0db8:0:0::80
blog CNAME WWW
*.wild A 192.0.2.42
_imaps._tcp SRV 0 1 993 mail
office NS ns.office
office DS 4711 13 2 $(printf '%064d' 7)
ns.office A 192.0.2.53
long TXT "$(printf '%0250d' 1)" "$(printf '%0250d' 2)"
quoted TXT "a \\" and a \\\\ and a \\228"
caa CAA 0 issue "ca.example; policy=ev"
svc HTTPS 1 . alpn=h2,h3
ZONE
}
for name in ns1 ns2; do
  {
    printf 'key "%s" { algorithm hmac-sha256; secret "%s"; };\n' copies "$secret" weak "$secret"
    for one in $zone power.example; do
      cat <<CONF
zone "$one" { type primary; file "$LAB_DIR/$name/$one"; notify no; allow-transfer { key copies; key weak; };
  update-policy { grant copies zonesub ANY; grant weak name $one. DNSKEY; }; };
CONF
    done
  } >>"$name/named.conf"
done
for one in $zone power.example; do
  body >"ns1/$one"
  printf '%s\n' "\$TTL 3" "@ SOA ns2.operator.example. hostmaster 1 3600 600 1209600 3" "@ NS ns2.operator.example." old{1..7}" A 192.0.2.1" >"ns2/$one"
done
for name in ns1 ns2; do rndc -c $name/rndc.conf reconfig; done
mkdir -p knot/{run,db}
cp "ns2/$zone" knot/
cat >knot/knot.conf <<CONF
server:
    rundir: "$LAB_DIR/knot/run"
    user: root:root
    listen: 127.53.2.4@53
database:
    storage: "$LAB_DIR/knot/db"
key:
  - id: copies
    algorithm: hmac-sha256
    secret: "$secret"
acl:
  - id: copies
    key: copies
    action: [transfer, update]
zone:
  - domain: $zone
    file: "$LAB_DIR/knot/$zone"
    acl: copies
CONF
knotd -c knot/knot.conf >knot/knotd.log 2>&1 &
api_key=$(sed -n 's/^api-key=//p' desec/pdns.conf)
curl -sf -o pdns.out -H "X-API-Key: $api_key" -d '{"name": "power.example.", "kind": "Native", "nameservers": ["ns.power.example."]}' \
  http://127.53.3.10:8081/api/v1/servers/localhost/zones
cat >signers.yml <<YAML
all:
  vars: {ansible_connection: local, ansible_python_interpreter: $PYTHON, multisigner_max_wait: 20}
  children:
    parents: {hosts: {registry: {multisigner_channel: export, multisigner_servers: [127.53.1.1]}}}
    signers:
      vars: {multisigner_content_tsig: {name: copies, secret: "$secret"}}
      hosts:
        ns1: {multisigner_driver: rfc2136, multisigner_servers: [127.53.2.1]}
        ns2: {multisigner_driver: rfc2136, multisigner_servers: [127.53.2.2]}
        ns4: {multisigner_driver: knot, multisigner_servers: [127.53.2.4]}
        desec:
          multisigner_driver: desec
          multisigner_servers: [127.53.3.1, 127.53.3.2]
          multisigner_api_url: $LAB_DESEC_URL
          multisigner_api_ca_file: $LAB_CA
          multisigner_api_token: $LAB_DESEC_OWNER_TOKEN
        power:
          multisigner_driver: powerdns
          multisigner_servers: [127.53.3.1]
          multisigner_api_url: http://127.53.3.10:8081/api/v1
          multisigner_api_token: "$api_key"
YAML
declared '{source: ns1, create: true}'
until_true [ -n "$(dig +short +norecurse @127.53.2.4 $zone SOA)" ]

say "Check mode shows the RRsets and writes nothing anywhere; what is there alone would be deleted, which is refused"
control DELETE >/dev/null
serials >before
bring 2 --check
says 'zone copy\.example, server ns2: 7 of its 7 RRsets would be deleted there \(old1\.copy\.example A, .*\), more than 30 % of them.*zone_content_confirmed": \["copy\.example"\]'
grep -qxF "+www.power.example. 600 AAAA 2001:db8::80" "$LOG" || { show; fail "the diff does not have it"; }
serials | diff before - || fail "something was written"
[ "$(writes)" = 0 ] || fail "something was written at deSEC"

say "Confirmed, all of them get what the source has; a second run writes nothing"
bring 0 -e "{zone_content_confirmed: [$zone]}"
same_everywhere
control DELETE >/dev/null
serials >before
bring 0
changed_nothing
serials | diff before - || fail "something was written"
[ "$(writes)" = 0 ] || fail "something was written at deSEC"

say "What is changed, replaced and deleted at the source follows; an answer that is lost and a write that is lost at deSEC are seen"
edit "update delete www.ZONE AAAA" "update add www.ZONE 900 A 192.0.2.82" "update delete mail.ZONE" "update add mail.ZONE 300 CNAME www.ZONE." \
  "update delete blog.ZONE" "update add blog.ZONE 300 TXT \"was a CNAME\"" "update delete x.wild.ZONE" "update add new.ZONE 300 A 192.0.2.9"
for fault in '{"kind": "lost_update"}' '{"kind": "hang_up", "methods": ["PATCH"]}'; do curl -sf -d "$fault" "$LAB_DESEC_CONTROL_URL/faults"; done
bring 0
says 'it was read again, and the change is there'
same_everywhere

say "A record that deSEC cannot have stops all of the zone there, and is named; the others take it"
serials >before
edit "update add odd.ZONE 300 TYPE65280 \\# 2 abcd" "update add later.ZONE 300 A 192.0.2.10"
control DELETE >/dev/null
bring 2
says 'record "odd\.copy\.example\. 300 TYPE65280 \\# 2 abcd": cannot be had at deSEC: it takes no TYPE65280 records'
[ "$(writes)" = 0 ] || fail "something was written at deSEC"
[ -z "$(dig +short +norecurse @127.53.3.1 later.$zone A)" ] || fail "a part was written at deSEC"
[ "$(dig +short +norecurse @127.53.2.4 later.$zone A)" = 192.0.2.10 ] || fail "Knot did not get the rest"
edit "update delete odd.ZONE" "update delete later.ZONE"
bring 0

say "What was changed since it was read is not overwritten, and no part of it is written"
PYTHONPATH=${ANSIBLE_COLLECTIONS_PATH%%:*} "$PYTHON" "$target/stale.py" $zone copies "$secret" 127.53.2.2 127.53.2.4

say "Where another tool is in charge what differs is told, and nothing is written"
edit "update add new2.ZONE 300 A 192.0.2.9"
declared '{source: ns1, report_only: true}'
serials >before
bring 0
changed_nothing
says 'desec: copy\.example: RRsets: 1 would be added, 0 changed, 0 deleted \(new2\.copy\.example A\)\.'
serials | diff before - || fail "something was written"

say "A zone file on the controller in the place of a signer; a TTL above the largest declared one; a key without the right; a source that is silent"
body | sed 's/192\.0\.2\.81/192.0.2.83/' >file
declared "{file: $LAB_DIR/file}"
sed -i '/power\.example/d' zones.yml
bring 2 -e multisigner_max_ttl=299
says 'has a TTL of 300, and the largest one in the zone is declared as 299'
bring 2 -e "{multisigner_content_tsig: {name: weak, secret: '$secret'}}" --limit ns2
says 'refuses the update of .*REFUSED.*update-policy \{ grant "weak" zonesub ANY; \};'
bring 0
[ "$(dig +short +norecurse @127.53.2.4 www.$zone A | sort | xargs)" = "192.0.2.80 192.0.2.83" ] || fail "Knot has other addresses"
for address in 127.53.2.{1,2}; do content_at "$address" | diff <(content_at 127.53.2.4) - || fail "$address differs"; done
declared '{source: ns1}'
bring 2 -e multisigner_timeout=0.3 -e '{multisigner_content_tsig: {name: copies, secret: b3RoZXI=}}' --limit ns2
says 'the source of its content: finds the signature wrong'

say "No secret was printed"
grep -lF -e "$secret" -e "$LAB_DESEC_OWNER_TOKEN" -e "$api_key" pass.*.log && fail "a secret was printed"
echo "All is well."
