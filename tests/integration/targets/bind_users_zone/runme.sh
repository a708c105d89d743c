#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A zone that stays in the operator's named.conf, on a real named beside a real Knot, in a lab of its own: it is checked, joined, restarted and its ZSK is
# rolled under the prober. With BIND 9.20 and newer it is an inline-signing zone, and the trap of its TTL is met; with older ones such a zone is refused.
set -eu -o pipefail

# shellcheck source=tests/integration/targets/setup_lab/lab.sh
. ../setup_lab/lab.sh
enter_lab "$@"
start_lab 0 --pairs
keep_signers ns1 ns4
export PATH=$PATH:/usr/sbin
BIND=127.53.2.1 KNOT=127.53.2.4 ZONE=bind-knot.example
FOLDER=$LAB_DIR/ns1
CONF=$FOLDER/named.conf OWN=$FOLDER/multisigner KEYS=$FOLDER/operators-keys
OTHER="256 3 13 oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA=="

said() { cat "$LOG"; }

rndc() { command rndc -c "$FOLDER/rndc.conf" "$@"; }

keys_at() { dig +short +norecurse +split=0 "@$1" "$ZONE" DNSKEY | sort; } # ADDRESS

has() { grep -qxF -- "$2" < <(keys_at "$1"); } # ADDRESS KEY

lacks() { ! has "$@"; }

own_keys() { grep -hv '^;' "$KEYS/K$ZONE".*.key | sed -E 's/.*DNSKEY //; s/ //4g' | grep "^$1 " | sort; } # FLAGS

tsig() { sed -n '/^ *ns1:/,/secret:/s/.*secret: //p' "$LAB_INVENTORY" | tr -d "\"'"; }

update() { printf '%s\n' "server $BIND" "zone $ZONE" "$@" send | nsupdate -y "hmac-sha256:multisigner-ns1:$(tsig)"; } # LINE...

bind_zones() { # STATUS ZONES [OPTION [WORD...]]   what bind_zones says of these
  module "$1" bind_zones "{\"named_conf\": \"$CONF\",
    \"directory\": \"$OWN\", \"way\": \"policy\", \"rndc\": \"rndc -c $FOLDER/rndc.conf\", \"tsig\": {\"name\": \"multisigner-ns1\", \"secret\": \"$(tsig)\"},
    \"dnskey_ttl\": $LAB_TTL, \"manage_ns\": true, ${3:-} \"zones\": $2}" "${@:4}"
}

play() { # STATUS PLAYBOOK [OPTION...]
  logged "$1" ansible-playbook -i "$LAB_INVENTORY" -e "{bind_signer_zones: {$ZONE: {}},
    multisigner_zones: [{name: $ZONE, parent: example_registry, signers: [ns1, ns4]}]}" "${@:3}" "dnssec.multisigner.$2"
}

version=$(rndc status | sed -n 's/^version: BIND \([0-9]*\.[0-9]*\).*/\1/p')
inline=yes
if [ "$version" = 9.16 ] || [ "$version" = 9.18 ]; then inline=no; fi

say "BIND $version: what an operator's zones may be like, before anything is declared"
mkdir -p "$KEYS"
policy() { # NAME LIFETIME [STATEMENT...]
  printf 'dnssec-policy "%s" { keys { ksk lifetime %s algorithm 13; zsk lifetime %s algorithm 13; }; dnskey-ttl %s; max-zone-ttl %s; ' "$1" "$2" "$2" "$LAB_TTL" "$LAB_TTL"
  printf 'signatures-validity 45; signatures-refresh 40; signatures-jitter 0; zone-propagation-delay 1; publish-safety 0; retire-safety 0; parent-ds-ttl %s; ' "$LAB_TTL"
  printf 'parent-propagation-delay 1; %s };\n' "${*:3}"
}
zone() { # NAME STATEMENT...
  printf '@ %s SOA ns hm 1 3600 600 86400 3\n@ %s NS ns1.operator.example.\n' "$LAB_TTL" "$LAB_TTL" >"$FOLDER/zones/$1.db"
  printf 'zone "%s" { type primary; file "zones/%s.db"; %s };\n' "$1" "$1" "${*:2}"
}
grant() { printf 'update-policy { grant "multisigner-ns1" name %s. DNSKEY CDS CDNSKEY NS CSYNC; grant local-ddns zonesub any; };' "$1"; }
cp "$CONF" "$LAB_DIR/first.conf"
{
  cat "$CONF"
  policy operators unlimited
  policy short P90D
  zone plain.example
  zone static.example 'dnssec-policy operators; inline-signing yes;'
  zone inline.example "dnssec-policy operators; inline-signing yes; $(grant inline.example)"
  zone short.example "dnssec-policy short; inline-signing no; $(grant short.example)"
  zone "$ZONE" "dnssec-policy operators; inline-signing $inline; key-directory \"$KEYS\"; $(grant $ZONE)"
} >"$LAB_DIR/operators.conf"
cat "$FOLDER/zones/$ZONE.zone" >"$FOLDER/zones/$ZONE.db"
cp "$LAB_DIR/operators.conf" "$CONF"
rndc reconfig
until_true grep -q . < <(sleep 1; keys_at $BIND)

say "What cannot have other signers' keys as it is, is refused with what to do, and stays as it is"
bind_zones 2 '[{"name": "plain.example"}, {"name": "static.example"}, {"name": "short.example"}, {"name": "'$ZONE'", "file": "'"$FOLDER/zones/$ZONE.db"'"}]'
says 'zone plain\.example: named does not sign it by a dnssec-policy'
says 'zone short\.example: its dnssec-policy .*short.* gives keys a lifetime of P90D: .*Set .*lifetime unlimited'
says "zone ${ZONE/./\\.}: .*declares it already.*say no file of it"
if [ $inline = yes ]; then
  says 'zone static\.example: named\.conf declares it as a zone that takes no updates.*update-policy { grant .*multisigner-ns1.* name static\.example\. DNSKEY CDS CDNSKEY NS CSYNC;'
  bind_zones 2 '[{"name": "inline.example"}]' '"cds_digest_types": [2, 4],'
  says 'zone inline\.example: its dnssec-policy .*operators.* has no CDS of digest type 4, .*Set .*cds-digest-types { 2; 4; };'
  sed -i '/^dnssec-policy "operators"/s/ };$/ cds-digest-types { 2; 4; }; };/' "$LAB_DIR/operators.conf"   # as it says: deSEC may be among the signers
  { cat "$LAB_DIR/operators.conf"; grep -F "$OWN/multisigner.conf" "$CONF"; } >"$LAB_DIR/new.conf"
  cat "$LAB_DIR/new.conf" >"$CONF"
  rndc reconfig
else
  echo "(this is BIND $version: that an inline-signing zone works, and its trap, are not played here, but with 9.20)"
  says "zone static\.example: named\.conf declares it with inline-signing. BIND ${version/./\\.} drops foreign keys.*Set .*inline-signing no.*upgrade to BIND 9.20"
  bind_zones 2 '[{"name": "inline.example"}]'
  says "zone inline\.example: named\.conf declares it with inline-signing. BIND ${version/./\\.} drops foreign keys"
fi
as_it_was() { diff "$LAB_DIR/operators.conf" <(grep -vF "$OWN/multisigner.conf" "$CONF") || fail "named.conf has more than our line"; }
as_it_was
if [ -e "$OWN/keys" ]; then fail "something was made for a zone that was refused"; fi

say "The playbook: the zone joins Knot; a second run changes nothing"
bind_zones 0 "[{\"name\": \"$ZONE\"}]" "" --check
if [ -e "$OWN/keys" ]; then fail "check mode made a link"; fi
play 0 multisigner -e multisigner_wait=240
says "${ZONE/./\\.}: complete"
"$COLLECTION/tests/lab/cross_matrix" "$ZONE"
as_it_was
[ "$(readlink "$OWN/keys/$ZONE")" = "$KEYS" ] || fail "its key folder is not known"
sleep "$LAB_TTL"
play 0 multisigner
play 0 multisigner
changed_nothing

say "A restart, as after a crash, keeps what came by updates"
shown() { for type in DNSKEY CDS CDNSKEY; do dig +short +norecurse @$BIND $ZONE $type | sort; done; }
shown >"$LAB_DIR/before"
[ "$(keys_at $BIND | wc -l)" -eq 4 ] || fail "not four keys"
pid=$(find /proc -maxdepth 2 -lname "$LAB_DIR/bin/named" -path '*/exe' 2>/dev/null | cut -d / -f 3 |
  while read -r pid; do if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF "$CONF"; then echo "$pid"; fi; done)
kill -9 "${pid:?}"
while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
"$LAB_DIR/bin/named" -g -n 2 -c "$CONF" >>"$FOLDER/named.log" 2>&1 &
until_true grep -q . < <(sleep 1; keys_at $BIND)
shown | diff "$LAB_DIR/before" - || fail "a restart took something away"

if [ $inline = yes ]; then
  say "The trap of inline-signing: a foreign DNSKEY with another TTL stops all later changes, each of them answered with NOERROR"
  update "update add $ZONE. 1 DNSKEY $OTHER"   # a larger one than max-zone-ttl would become that
  update "update add $ZONE. $LAB_TTL NS ns9.operator.example."
  sleep 2
  lacks $BIND "$OTHER" || fail "this BIND publishes it: the trap is gone"
  if dig +short +norecurse @$BIND $ZONE NS | grep -q ns9; then fail "this BIND publishes it: the trap is gone"; fi
  bind_zones 2 "[{\"name\": \"$ZONE\"}]"
  says "zone ${ZONE/./\\.}: named does not bring changes into the signed zone any more: .*TTL of 1, and dnskey-ttl is $LAB_TTL .rndc zonestatus: serial"
  says "Add one of the other signers.* DNSKEY records again by nsupdate, with a TTL of $LAB_TTL"
  update "update add $ZONE. $LAB_TTL DNSKEY $OTHER"   # as it says
  until_true has $BIND "$OTHER"
  update "update delete $ZONE. NS ns9.operator.example." "update delete $ZONE. DNSKEY $OTHER"
  until_true lacks $BIND "$OTHER"
  bind_zones 0 "[{\"name\": \"$ZONE\"}]"

  say "The module that sends updates keeps out of it: it takes the TTL that is there"
  rfc2136_dnskey() { # add|remove
    module 0 rfc2136_dnskey "{\"server\": \"$BIND\", \"tsig\": {\"name\": \"multisigner-ns1\", \"secret\": \"$(tsig)\"},
      \"zones\": [{\"name\": \"$ZONE\", \"$1\": [\"DNSKEY $OTHER\"]}]}"
  }
  rfc2136_dnskey add
  has $BIND "$OTHER" || fail "it is not published"
  rfc2136_dnskey remove
  lacks $BIND "$OTHER" || fail "it is still published"
fi

printf 'dnssec-policy "known" { manual-mode yes; };\n' >"$LAB_DIR/manual.conf"
if named-checkconf "$LAB_DIR/manual.conf" >/dev/null; then
  say "A ZSK rollover, with manual-mode: named waits for the word, and gets it"
  sed '/^dnssec-policy "operators"/s/ };$/ manual-mode yes; };/' "$CONF" >"$LAB_DIR/manual.conf"
  cat "$LAB_DIR/manual.conf" >"$CONF"
  rndc reconfig
else
  say "A ZSK rollover (this named has no manual-mode)"
fi
before=$(date -u +%FT%TZ)
old=$(own_keys 256)
roll() { play 0 rollover -e rollover_signer=ns1 -e "{rollover_zones: [$ZONE]}" -e rollover_keys=zsk -e "rollover_before=$before" "$@"; }
probe "$ZONE"
roll -e multisigner_wait=240
judge "$ZONE"
says 'named replaces the ZSK .* from now on'
says "${ZONE/./\\.}: complete"
new=$(own_keys 256 | grep -vxF -- "$old")
for address in $BIND $KNOT; do
  has "$address" "$new" || fail "$address lacks the new key"
  lacks "$address" "$old" || fail "$address still has the old key"
done
"$COLLECTION/tests/lab/cross_matrix" "$ZONE"
roll
changed_nothing

say "No secret was printed"
grep -lF "$(tsig)" "$LAB_DIR"/pass.*.log && fail "a secret was printed"
echo "All is well."
