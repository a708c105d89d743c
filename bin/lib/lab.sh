# shellcheck shell=bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# How a command gets the lab around it: what has to be installed, the namespace, the servers. To be sourced.
#   lab_enter COMMAND...     outside: prepares everything and becomes COMMAND inside the namespace; never returns
#   lab_start [-e VAR=...]   inside: starts the servers by playbooks/lab.yml and sets the environment that commands get

# shellcheck source=bin/lib/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

lab_packages=(bind9 bind9-utils bind9-dnsutils unbound pdns-server pdns-backend-sqlite3 pdns-recursor iproute2)

lab_enter() {
  local packages links=$environment_root/.collections/ansible_collections/dnssec
  packages=$(python_packages) || exit 1
  # shellcheck disable=SC2086  # none or one
  need_packages "${lab_packages[@]}" $packages || exit 1
  need_venv demo "$environment_root/requirements/demo.txt" || exit 1
  # Ansible finds a collection by its folders' names
  if [ ! -e "$links/multisigner" ]; then
    mkdir -p "$links" && ln -sfn ../../.. "$links/multisigner" || exit 1
  fi
  export PATH=$venv_bin:$PATH:/usr/sbin:/sbin
  exec "$environment_root/roles/lab/files/namespace" "$@"
}

lab_start() {
  # whatever the user's own Ansible and proxies are set to
  export ANSIBLE_CONFIG=$LAB_DIR/ansible.cfg
  cat >"$ANSIBLE_CONFIG" <<END
[defaults]
home = $LAB_DIR/ansible
local_tmp = $LAB_DIR/ansible/tmp
remote_tmp = $LAB_DIR/ansible/tmp
collections_path = $environment_root/.collections
gathering = explicit
nocows = true
localhost_warning = false
display_skipped_hosts = false
callback_result_format = yaml
[inventory]
inventory_unparsed_warning = false
[connection]
pipelining = true
END
  unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
  if [ -t 1 ]; then export ANSIBLE_FORCE_COLOR=1; fi
  ansible-playbook "$@" "$environment_root/playbooks/lab.yml" >"$LAB_DIR/lab.log" 2>&1 || { cat "$LAB_DIR/lab.log" >&2; return 1; }
  # shellcheck disable=SC1091
  . "$LAB_DIR/environment"
}
