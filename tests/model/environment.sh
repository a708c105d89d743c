# shellcheck shell=bash
# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# How the programs here find the collection's code, by its folders' names, and a Python with what tests need. To be sourced;
# sets python and PYTHONPATH.

_tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
case $_tree in
*/ansible_collections/dnssec/multisigner) PYTHONPATH=${_tree%/ansible_collections/dnssec/multisigner} ;;
*)
  PYTHONPATH=$_tree/.collections
  if [ ! -e "$PYTHONPATH/ansible_collections/dnssec/multisigner" ]; then
    mkdir -p "$PYTHONPATH/ansible_collections/dnssec" && ln -sfn ../../.. "$PYTHONPATH/ansible_collections/dnssec/multisigner" || exit 1
  fi
  ;;
esac
export PYTHONPATH PYTHONHASHSEED=0
# shellcheck disable=SC2034  # used by who sources this
python=python3
# within bin/test they are there; else the virtual environment is made that it uses
if ! python3 -c 'import hypothesis, pytest' 2>/dev/null && [ -e "$_tree/bin/lib/environment.sh" ]; then
  # shellcheck source=bin/lib/environment.sh
  . "$_tree/bin/lib/environment.sh"
  need_venv test "$_tree/requirements/test.txt" || exit 1
  # shellcheck disable=SC2034,SC2154  # used by who sources this; set by need_venv
  python=$venv_bin/python
fi
