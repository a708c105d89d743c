#!/usr/bin/env bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# registry_ds through every channel that is real here, in a lab: the DS set goes from none to one signer, to two, and back, and the
# parent's servers are asked after each step. A change that somebody else makes meanwhile is noticed and stays.
set -eu -o pipefail

# shellcheck source=tests/integration/targets/setup_lab/lab.sh
. ../setup_lab/lab.sh
enter_lab "$@"
start_lab 0
export ANSIBLE_ASYNC_DIR=$LAB_DIR/async ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false

said() { cat "$LOG"; }

life() { # CHANNEL PARENT_ZONE OPTIONS   the life of the DS set of child.PARENT_ZONE through one channel; OPTIONS of registry_ds, as YAML
  say "$1: from no DS to one signer, to two, and back"
  logged 0 ansible-playbook -v life.yml -e "{zone: child.$2, channel: $3}"
  says 'This life is over'
}

say "desec: the parent zone is at deSEC"
"$PYTHON" - <<'PYTHON'
import os

import requests

api = requests.Session()
api.trust_env = False
api.verify = os.environ['LAB_CA']
api.headers['Authorization'] = 'Token ' + os.environ['LAB_DESEC_OWNER_TOKEN']
url = os.environ['LAB_DESEC_URL'] + '/domains/'
api.delete(url + 'mixed.example/').raise_for_status()  # the account has no room for more
api.post(url, json={'name': 'parent.example'}).raise_for_status()
ns = {'subname': 'child', 'type': 'NS', 'ttl': 3, 'records': ['ns1.operator.example.']}
api.post(url + 'parent.example/rrsets/', json=ns).raise_for_status()
PYTHON
life desec parent.example "{channel: desec, api_url: '$LAB_DESEC_URL', api_token: '$LAB_DESEC_OWNER_TOKEN', api_ca_file: '$LAB_CA', servers: [127.53.3.1, 127.53.3.2], ttl: 60}"
grep -F "$LAB_DESEC_OWNER_TOKEN" <(grep -v '^\(extra\|EXEC\)' "$LOG") && fail "the token was printed"
echo "All is well."
