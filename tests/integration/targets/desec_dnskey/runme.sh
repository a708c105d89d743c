#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# desec_dnskey against the stand-in of deSEC's API over HTTPS, in front of a real PowerDNS, in namespaces that vanish with it.
set -eu

collection=${ANSIBLE_COLLECTIONS_PATH%%:*}/ansible_collections/dnssec/multisigner
if [ "${1:-}" != inside ]; then
  exec "$collection/roles/lab/files/namespace" "$BASH" "$0" inside "$@"
fi
shift

python=${ANSIBLE_TEST_PYTHON_INTERPRETER:-python3}
folder=$LAB_DIR/desec
mkdir -p "$folder"

# The authority and the API's certificate, and another authority that did not sign it.
for name in ca other-ca; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$name of the test" \
    -addext "keyUsage=critical,keyCertSign" -keyout "$folder/$name.key" -out "$folder/$name.pem" 2>/dev/null
done
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=127.53.3.10" -keyout "$folder/api.key" -out "$folder/api.csr" 2>/dev/null
openssl x509 -req -in "$folder/api.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days 2 -out "$folder/api.pem" \
  -extfile <(echo "subjectAltName=IP:127.53.3.10") 2>/dev/null

sqlite3 "$folder/zones.db" </usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
cat >"$folder/pdns.conf" <<CONF
launch=gsqlite3
gsqlite3-database=$folder/zones.db
gsqlite3-dnssec=yes
direct-dnskey=yes
local-address=127.53.3.1,127.53.3.2
local-port=53
api=yes
api-key=of-the-test
webserver=yes
webserver-address=127.53.3.1
webserver-port=8081
webserver-allow-from=127.0.0.0/8
socket-dir=$folder
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
CONF
pdns_server --config-dir="$folder" --daemon=no --guardian=no --disable-syslog=yes >"$folder/pdns.log" 2>&1 &

# least privilege, as README.md and desec_dnskey tell it
nothing='{"domain": null, "subname": null, "type": null, "perm_write": false}'
allow() { printf '{"domain": "a.example", "subname": "", "type": "%s", "perm_write": true}' "$1"; }
keys="$(allow DNSKEY), $(allow CDS), $(allow CDNSKEY)"
ns=$(allow NS)
cat >"$folder/standin.json" <<JSON
{"listen": {"address": "127.53.3.10", "port": 443, "certificate": "$folder/api.pem", "key": "$folder/api.key"},
 "control": {"port": 8443},
 "powerdns": {"url": "http://127.53.3.1:8081", "api_key": "of-the-test"},
 "name_servers": ["ns1.desec.example.", "ns2.desec.example."],
 "throttle": {"enabled": false},
 "accounts": [
   {"email": "owner@example.test", "tokens": [
     {"name": "owner", "token": "secret-of-the-owner-token", "perm_create_domain": true},
     {"name": "without rights", "token": "secret-of-the-weak-token", "policies": [$nothing]},
     {"name": "three types", "token": "secret-of-the-key-token", "policies": [$nothing, $keys]},
     {"name": "four types", "token": "secret-of-the-ns-token", "policies": [$nothing, $keys, $ns]}]},
   {"email": "other@example.test", "tokens": [{"name": "other", "token": "secret-of-another-account"}]}]}
JSON
for _attempt in $(seq 100); do
  curl -s -o "$folder/answer" -H 'X-API-Key: of-the-test' http://127.53.3.1:8081/api/v1/servers/localhost && break
  sleep 0.1
done
PYTHONPATH=$collection/roles/lab/files "$python" -m desec_standin --config "$folder/standin.json" >"$folder/standin.log" 2>&1 &
for _attempt in $(seq 100); do
  grep -q ready "$folder/standin.log" && break
  sleep 0.1
done
cat "$folder/pdns.log" "$folder/standin.log" | grep -i error || true

export ANSIBLE_NOCOLOR=1 ANSIBLE_ASYNC_DIR=$LAB_DIR/async
ansible-playbook -i localhost, -e "folder=$folder ansible_python_interpreter=$python" "$@" --diff -vvv test.yml >"$folder/run.log" 2>&1 || status=$?
sed -E '/^(Using module file|Pipelining|<localhost>|Loading|redirecting|task path)/d' "$folder/run.log" | grep -vE '^$' | cut -c -400 | tail -n "${SHOW_LINES:-60}"
if grep -n secret-of- "$folder/run.log"; then
  echo "a token was printed" >&2
  exit 1
fi
exit "${status:-0}"
