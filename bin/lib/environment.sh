# shellcheck shell=bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What bin/demo and bin/test need before they can begin: Debian packages and virtual environments. To be sourced.
#   need_packages PKG...            installs the missing ones, says which; leaves no daemon running or enabled
#   need_venv NAME REQUIREMENTS     makes .venv/NAME up to date; sets venv_bin to its bin folder
#   python_packages                 prints the packages that the chosen Python lacks for making virtual environments
# MULTISIGNER_PYTHON names the Python to use (3.11 or newer); without it the first suitable one is taken.
# Never changes the configuration of anything that was installed before.

environment_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

_say() { printf '%s\n' "$*" >&2; }

# The packages among the arguments that are not installed, one a line.
_missing_packages() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s\n' "$package"
  done
}

# Debian starts and enables a daemon as soon as its package is installed. The lab starts its own, in its own namespace,
# and a machine must not become a name server because somebody ran a demo: so a policy forbids the start while apt runs ...
_policy=/usr/sbin/policy-rc.d
_policy_text='#!/bin/sh
# temporary, by dnssec.multisigner: no daemon starts while packages are being installed
exit 101'

_install_quietly() { # ROOT_COMMAND... -- PACKAGE...   (a subshell: its trap removes the policy however it ends)
  (
    as_root=()
    while [ "$1" != -- ]; do as_root+=("$1"); shift; done
    shift
    if [ ! -e "$_policy" ] || [ "$(cat "$_policy")" = "$_policy_text" ]; then
      trap '"${as_root[@]}" rm -f "$_policy"' EXIT
      trap 'exit 130' INT TERM
      printf '%s\n' "$_policy_text" | "${as_root[@]}" tee "$_policy" >/dev/null && "${as_root[@]}" chmod 755 "$_policy" || exit 1
    fi
    apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0)
    install=("${apt[@]}" -o Dpkg::Options::=--force-unsafe-io install --no-install-recommends "$@")
    if ! compgen -G '/var/lib/apt/lists/*Packages*' >/dev/null; then
      "${apt[@]}" update
      "${install[@]}"
    else
      # package lists may be old: fetch them only when the first attempt shows it
      "${install[@]}" || { "${apt[@]}" update && "${install[@]}"; }
    fi
  ) </dev/null >&2
}

# ... and afterwards the units of the newly installed packages, and only theirs, are disabled.
_disable_daemons() { # ROOT_COMMAND... -- PACKAGE...
  local as_root=() units
  while [ "$1" != -- ]; do as_root+=("$1"); shift; done
  shift
  [ -d /run/systemd/system ] || return 0
  mapfile -t units < <(dpkg-query -L "$@" | sed -nE 's#^(/usr)?/lib/systemd/system/([^/@]+\.(service|socket|timer))$#\2#p' | sort -u)
  [ ${#units[@]} -eq 0 ] && return 0
  _say "Disabling what these packages would start: ${units[*]}"
  "${as_root[@]}" systemctl disable --now "${units[@]}" >/dev/null 2>&1 || true
}

need_packages() {
  local missing command as_root
  if ! command -v dpkg-query >/dev/null; then
    _say "Neither Debian nor Ubuntu: packages are not checked here. Debian's names of what is needed: $*"
    return 0
  fi
  mapfile -t missing < <(_missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] && return 0
  command="apt-get install --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" -eq 0 ]; then
    as_root=(env)
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }; then
    as_root=(sudo)
  else
    _say "Missing packages: ${missing[*]}"
    _say "Neither root nor sudo is at hand to install them. As root, once:  $command"
    return 1
  fi
  _say "Installing packages: ${missing[*]}"
  if ! _install_quietly "${as_root[@]}" -- "${missing[@]}"; then
    _say "Could not install: $(_missing_packages "${missing[@]}" | tr '\n' ' ')"
    _say "The lines above say why. To try again, as root:  apt-get update && $command"
    return 1
  fi
  _disable_daemons "${as_root[@]}" -- "${missing[@]}"
}

# Prints the real path of a Python that is new enough (a version manager's shim would confuse Ansible's interpreter discovery).
_find_python() {
  local candidate path
  for candidate in ${MULTISIGNER_PYTHON:-python3 python3.13 python3.12 python3.14 python3.11}; do
    path=$("$candidate" -c 'import sys; print(sys.executable if sys.version_info >= (3, 11) else "")' 2>/dev/null) || continue
    [ -n "$path" ] && { printf '%s\n' "$path"; return 0; }
  done
  if [ -n "${MULTISIGNER_PYTHON:-}" ]; then
    _say "MULTISIGNER_PYTHON=$MULTISIGNER_PYTHON is no Python 3.11 or newer."
  else
    _say "No Python 3.11 or newer found. Install one and name it:  MULTISIGNER_PYTHON=/path/to/python3 $0"
  fi
  return 1
}

# Debian ships Python without the parts that make virtual environments.
python_packages() {
  local python
  python=$(_find_python) || return 1
  "$python" -c 'import ensurepip, venv' 2>/dev/null || "$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
}

# A requirements file may name others by lines of the form "-r FILE".
_requirements_text() {
  local included
  cat "$1" || return 1
  sed -nE 's/^-r +//p' "$1" | while read -r included; do _requirements_text "$(dirname "$1")/$included"; done
}

# A virtual environment that is there stays with its Python, unless MULTISIGNER_PYTHON asks for another one now.
_usable_venv() { # FOLDER
  local python=""
  [ -e "$1/.stamp" ] && [ "$(cat "$1/.folder" 2>/dev/null)" = "$1" ] || return 1
  if [ -n "${MULTISIGNER_PYTHON:-}" ]; then python=$(_find_python) || return 1; fi
  "$1/bin/python" -c 'import os, sys; sys.exit(bool(sys.argv[1]) and os.path.realpath(sys.argv[1]) != os.path.realpath(sys.executable))' "$python" 2>/dev/null
}

need_venv() { # NAME REQUIREMENTS_FILE
  local folder=$environment_root/.venv/$1 requirements=$2 python wanted lack
  venv_bin=$folder/bin
  wanted=$(_requirements_text "$requirements" | sha256sum) || return 1
  mkdir -p "$environment_root/.venv" || return 1
  {
    flock 9   # two commands started at once make it once
    if ! _usable_venv "$folder"; then
      python=$(_find_python) && lack=$(python_packages) || return 1
      # shellcheck disable=SC2086  # none or one
      [ -z "$lack" ] || need_packages $lack || return 1
      rm -rf "$folder"
      _say "Making the virtual environment .venv/$1 with $python"
      "$python" -m venv "$folder" >&2 || { _say "$python cannot make virtual environments."; return 1; }
      printf '%s\n' "$folder" >"$folder/.folder"
    fi
    if [ "$(cat "$folder/.stamp" 2>/dev/null)" != "$wanted" ]; then
      _say "Installing into .venv/$1: $(_requirements_text "$requirements" | sed -E '/^(#|-r|$)/d; s/ *#.*//' | tr '\n' ' ')"
      "$venv_bin/python" -m pip install -q --disable-pip-version-check --no-input --progress-bar off -r "$requirements" >&2 \
        || { _say "pip could not install what $requirements asks for; the lines above say why."; return 1; }
      printf '%s\n' "$wanted" >"$folder/.stamp"
    fi
  } 9>"$environment_root/.venv/.$1.lock"
}
