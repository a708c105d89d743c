# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the tests of a worker share its process, as they do wherever ansible-test is not the one that runs them."""
from __future__ import annotations

import pytest

FORKS = 'ansible_forked'  # ansible-test's plugin for pytest


def pytest_configure(config: pytest.Config) -> None:
    """In a process of its own every test would make its module's fixtures anew: real name servers, and zones with their signatures.

    Nor would one be found that leaves something behind for the next.
    """
    if config.pluginmanager.has_plugin(FORKS):
        config.pluginmanager.unregister(name=FORKS)
