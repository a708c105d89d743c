# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sabotage lab: many small zones, each signed by two or three independent signers as RFC 8901 model 2 wants; in some of
them one thing is wrong at one server, in the others nothing is.

places.py     the addresses and names of everything that answers
zone.py       the values: keys, a server's copy of a zone, a zone with its delegation
faults.py     the zones with one fault, and what a verifier has to say of each
correct.py    the zones in which nothing above information may be found
variants.py   the same zones in another shape
edits.py      what goes wrong in a signed zone file
build.py      makes key pairs and signed zone files with BIND's tools
serve.py      serves them, and has the lab's registry delegate their parent
front.py      servers that misbehave or mix two signers' answers
verifier.py   has the collection's own verifier look at all of them in one run of ansible-playbook
compare.py    what the verifier said beside what it was to say
__main__.py   the command tests/lab/sabotage: all of that
live.py       the command tests/lab/live_groups: zones that are being signed as the verifier looks
resolvers.py, tools.py, pairs.py, referees.py
              the command tests/lab/referees: other tools and validators on the same zones

It runs inside the lab's namespace (bin/lib/with-lab) and changes nothing outside it.
"""
