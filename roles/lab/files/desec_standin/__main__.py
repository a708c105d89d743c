# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python3 -m desec_standin --config FILE: runs the stand-in until it is told to stop. What the file holds: see the package."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from .app import App
from .config import Config, ConfigError, add_accounts, load
from .control import Control
from .powerdns import PowerDNS
from .server import Server, api_handler, control_handler, tls_context
from .throttle import Throttle


def build(config: Config) -> App:
    """The application that a configuration describes; raises ConfigError."""
    powerdns = PowerDNS(config.powerdns_url, config.powerdns_api_key, config.settings.dnskey_ttl, config.settings.soa_ttl)
    app = App(config.settings, powerdns, Throttle(config.throttle_enabled, config.throttle_scale))
    app.service.publisher.delay = config.publication_delay
    add_accounts(app.service.store, config.accounts)
    return app


def main() -> int:
    parser = argparse.ArgumentParser(prog="desec_standin", description=__doc__)
    parser.add_argument("--config", required=True, metavar="FILE", help="the configuration, JSON")
    arguments = parser.parse_args()
    try:
        config = load(arguments.config)
        app = build(config)
        servers = [
            Server((config.address, config.port), api_handler(app, "https"), tls_context(config.certificate, config.key)),
            Server((config.address, config.control_port), control_handler(Control(app.service))),
        ]
    except (ConfigError, OSError) as error:
        print(f"desec_standin: {error}", file=sys.stderr)
        return 1
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
