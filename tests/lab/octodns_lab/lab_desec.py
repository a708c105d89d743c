# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""octodns-desec at the lab's stand-in: its address is fixed in the plugin. Imported by octoDNS only; all else is the plugin's."""

from __future__ import annotations

import importlib
import os
from typing import Any


def provider(name: str, **arguments: object) -> Any:
    """A DesecProvider; its token is an argument."""
    desec = importlib.import_module("octodns_desec")
    desec.DesecAPI.API_DOMAINS_URL = f"{os.environ['LAB_DESEC_URL']}/domains"
    return desec.DesecProvider(name, **arguments)
