# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two validating resolvers that know nothing but the lab's root: unbound, and PowerDNS Recursor, the one that does not heal.

unbound asks another server when an answer is bogus, so it hides most mistakes of a multi-signer zone; PowerDNS Recursor
answers SERVFAIL. Neither keeps anything longer than the lab's TTL.
"""

from __future__ import annotations

import subprocess

from . import settings
from .daemons import Daemon, responds, start, unconfined
from .settings import Lab


def start_unbound(lab: Lab) -> Daemon:
    folder = lab.folder("unbound")
    folder.mkdir()
    configuration = folder / "unbound.conf"
    # aggressive-nsec off: every question is to reach a signer, none is to be answered from another one's proof
    configuration.write_text(
        f"""server:
    interface: {settings.UNBOUND}
    access-control: 127.0.0.0/8 allow
    directory: "{folder}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    do-ip6: no
    do-daemonize: no
    num-threads: 1
    do-not-query-localhost: no
    module-config: "validator iterator"
    root-hints: "{lab.root_hints}"
    trust-anchor-file: "{lab.trust_anchor}"
    trust-anchor-signaling: no
    aggressive-nsec: no
    cache-max-ttl: {lab.ttl}
    cache-max-negative-ttl: {lab.ttl}
    val-bogus-ttl: 1
    infra-host-ttl: 5
remote-control:
    control-enable: no
""",
        encoding="ascii",
    )
    command = [unconfined("unbound", lab.directory), "-d", "-p", "-c", str(configuration)]
    return start("unbound", command, folder / "unbound.log", responds(settings.UNBOUND, settings.TLD, "SOA", authenticated=True))


def start_recursor(lab: Lab) -> Daemon:
    folder = lab.folder("recursor")
    folder.mkdir()
    anchor = lab.trust_anchor.read_text(encoding="ascii").split(" DS ")[1].strip()
    (folder / "trust-anchor.lua").write_text(f'clearTA(".")\naddTA(".", "{anchor}")\n', encoding="ascii")
    (folder / "recursor.conf").write_text(
        f"""local-address={settings.RECURSOR}
allow-from=127.0.0.0/8
query-local-address=0.0.0.0
dont-query=
daemon=no
disable-syslog=yes
loglevel=4
threads=1
socket-dir={folder}
hint-file={lab.root_hints}
lua-config-file={folder}/trust-anchor.lua
dnssec=validate
aggressive-nsec-cache-size=0
max-cache-ttl={max(lab.ttl, 15)}
max-negative-ttl={lab.ttl}
max-cache-bogus-ttl=1
disable-packetcache=yes
refresh-on-ttl-perc=0
serve-rfc1918=no
security-poll-suffix=
""",
        encoding="ascii",
    )
    program = unconfined("pdns_recursor", lab.directory)
    command = [program, f"--config-dir={folder}"]
    # From 5.2 on, this form of the settings has to be asked for; the YAML form of 5.x is unknown to 4.8.
    if "enable-old-settings" in subprocess.run([program, "--help"], capture_output=True, text=True, check=False).stdout:
        command.append("--enable-old-settings")
    return start("PowerDNS Recursor", command, folder / "recursor.log", responds(settings.RECURSOR, settings.TLD, "SOA", authenticated=True))
