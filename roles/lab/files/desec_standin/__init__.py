# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in of deSEC's REST API in front of a real PowerDNS, for the lab and for tests.

It answers as the real API was recorded to answer (tests/contract replays those recordings). It is no copy of deSEC: what
the collection does not need (registration, e-mail, captchas, dynamic DNS, TLSA identities, OPTIONS, changing an account)
is not there. It keeps its own state in memory and loses it when it ends; what is published is in PowerDNS. It never talks
to anything but that one PowerDNS, and never prints a token.

    PYTHONPATH=roles/lab/files python3 -m desec_standin --config FILE

It runs in the foreground until SIGTERM or SIGINT, and writes the line "ready" to its standard output once it listens.

The configuration is JSON (an unknown name in it is an error):

    {"listen": {"address": "127.53.3.10", "port": 443, "certificate": "api.pem", "key": "api.key"},
     "control": {"port": 8443},
     "powerdns": {"url": "http://127.53.3.1:8081", "api_key": "..."},
     "name_servers": ["ns1.desec.example.", "ns2.desec.example."],
     "ttl": {"minimum": 3600, "dnskey": 3600, "name_servers": 3600, "soa": 300},
     "throttle": {"enabled": true, "scale": 1.0},
     "publication_delay": 0,
     "local_public_suffixes": ["dedyn.io"],
     "accounts": [
       {"email": "owner@example.test", "password": "...", "limit_domains": 50, "daily_limit": 2000, "active": true,
        "tokens": [
          {"name": "multisigner", "token": "...", "perm_create_domain": false, "perm_delete_domain": false,
           "perm_manage_tokens": false, "auto_policy": false, "allowed_subnets": ["0.0.0.0/0", "::/0"],
           "max_age": null, "max_unused_period": null,
           "policies": [{"domain": null, "subname": null, "type": null, "perm_write": false},
                        {"domain": "shop.example", "subname": "", "type": "DNSKEY", "perm_write": true}]}]}]}

Needed: listen, control, powerdns, name_servers, accounts (each with an e-mail address and a list of tokens, each of those
with a name and a token). Everything else has the value shown, but: no password (no login), no limit of domains, no local
public suffix, no policies. TTLs and the publication delay are in seconds. `ttl.dnskey` is the TTL that PowerDNS serves for
DNSKEY, CDS and CDNSKEY whatever a client asks for (the SOA minimum); `ttl.minimum` is each new domain's `minimum_ttl`.
`throttle.scale` multiplies every limit, `throttle.enabled` false lifts them all. A policy may name a domain that does not
exist yet.

PowerDNS needs `api=yes`, `webserver=yes`, `direct-dnskey=yes`, a backend with DNSSEC, and ECDSAP256SHA256 as the algorithm
of new keys (its default). The stand-in makes each zone: its own CSK, NSEC3 1 0 0 -, CDS with digests 2 and 4, CDNSKEY.

The control interface is NOT part of deSEC's API: plain HTTP on the same address, at `control.port`, JSON:

    GET    /requests       {"reads": N, "writes": N, "requests": [{"account", "token", "domain", "reads", "writes"}, ...]}
                           since the start or the last reset. Every request to the API counts, refused ones too; a write is a
                           POST, PUT, PATCH or DELETE. `token` is its name; null: none, or an unknown one.
    DELETE /requests       sets the counts to zero
    GET    /faults         what is armed
    POST   /faults         arms a fault: {"kind": ..., "times": 1, "domain": null, "methods": null, ...}. `times` null means
                           until it is cleared; `domain` and `methods` limit it.
                             throttled            429; "retry_after": seconds, or null for an answer without Retry-After
                             signer_down          the change is rolled back and the answer is an HTML 500 (a GET of a domain: JSON)
                             public_server_down   the change IS committed and the answer is a JSON 500
                             lost_update          success is answered, and nothing is written
                             slow                 answers "seconds" later, after the work is done
                             hang_up              closes the connection without an answer, nothing is done
                             publication_delay    the write is published "seconds" later
                             collide              the next "times" requests (at least 2) read before any of them writes, write
                                                  in the order they came, and are answered when all have: 409, or a lost update
    DELETE /faults         disarms all
    GET    /settings       {"publication_delay", "throttle": {"enabled", "scale"}, "pending": changes not yet in PowerDNS}
    PATCH  /settings       changes publication_delay or throttle
    POST   /publication    gives PowerDNS at once what is waiting for its delay, and answers when that is done: {"sent": N}
"""
