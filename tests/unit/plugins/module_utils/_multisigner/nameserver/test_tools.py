# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rndc command as people write it."""
from __future__ import annotations

import pytest
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.nameserver.tools import Rndc, Tools


@pytest.mark.parametrize('command', ['', ' ', "rndc -k '/etc/bind/rndc.key"])
def test_a_command_that_is_none_is_told(command: str) -> None:
    with pytest.raises(MultisignerError, match='the rndc command is empty, or a quote in it is open'):
        Rndc(Tools(None), command)
