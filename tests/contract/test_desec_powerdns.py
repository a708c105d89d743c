# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in in front of a real PowerDNS: runs powerdns_cases.py in a private network, where port 53 is free."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMESPACE = HERE.parents[1] / "roles" / "lab" / "files" / "namespace"
PROGRAMS = {"pdns_server": "pdns-server pdns-backend-sqlite3", "unshare": "util-linux", "ip": "iproute2"}


def test_the_stand_in_in_front_of_a_real_powerdns() -> None:
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    missing = [packages for program, packages in PROGRAMS.items() if shutil.which(program, path=path) is None]
    assert not missing, f"this test needs packages that are not installed: apt-get install --no-install-recommends {' '.join(missing)}"
    command = [str(NAMESPACE), sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", str(HERE / "powerdns_cases.py")]
    result = subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
    print(result.stdout)
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
