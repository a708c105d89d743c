# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sabotage lab: many small zones, each signed by two or three independent signers as RFC 8901 model 2 wants; in some of
them one thing is wrong at one server, in the others nothing is.

places.py     the addresses and names of everything that answers
zone.py       the values: keys, a server's copy of a zone, a zone with its delegation
faults.py     the zones with one fault, and what a verifier has to say of each
correct.py    the zones in which nothing above information may be found
build.py      makes key pairs and signed zone files with BIND's tools
serve.py      serves them, and has the lab's registry delegate their parent
front.py      servers that misbehave or mix two signers' answers
verifier.py   has the collection's own verifier look at all of them in one run of ansible-playbook
__main__.py   tests/lab/sabotage: all of that, and what came of it beside what was to come

It runs inside the lab's namespace (bin/lib/with-lab) and changes nothing outside it.
"""
