# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab: a small Internet of real name servers on loopback, for the demonstration and for tests.

A signed root and a signed registry zone `example.` on BIND, two BIND signers of an operator, PowerDNS behind the deSEC
stand-in, and two validating resolvers. To be started inside the namespace that `roles/lab/files/namespace` makes:

    PYTHONPATH=roles/lab/files python3 -m multisigner_lab [--ttl SECONDS] [--extra-zones N] [--desec-limits SCALE] [--cycle | --pairs]

It writes everything below LAB_DIR, starts the servers, waits until each answers, writes the inventory of the main job
and `LAB_DIR/environment` (shell assignments), and ends; the servers stay until the namespace goes. It never exchanges a
key and never sets a DS: that is the work of what is being demonstrated. It binds only addresses of 127.53.0.0/16.
"""
