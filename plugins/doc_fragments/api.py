# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of how a provider's HTTP API is reached (API_OPTIONS in module_utils/_multisigner/json_api.py), for every
module that talks to one: ``extends_documentation_fragment: [dnssec.multisigner.api]``. The module documents ``api_url``.
"""
from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_token:
    description:
      - The token that the API asks for. Blanks and line ends around it are dropped.
      - It never appears in results, diffs or messages.
    type: str
    required: true
  ca_file:
    description:
      - File with the certificates (PEM) of the authority that signed the API's certificate.
      - Without it, the authorities that Python's C(requests) trusts. The certificate is always verified, and
        E(REQUESTS_CA_BUNDLE) is not read.
    type: path
  timeout:
    description: How many seconds a connection may take, and how many an answer.
    type: float
    default: 30.0
  use_proxy:
    description:
      - Whether the proxy that E(HTTPS_PROXY) and E(NO_PROXY) name is used. With V(false) these are not read.
      - C(~/.netrc) is never read.
    type: bool
    default: true
  max_wait:
    description:
      - How many seconds this call may wait in all, over all zones, when the API asks for patience (status 429).
      - C(Retry-After) is honoured. Without it the pauses are 1, 2, 4, up to 60 seconds. A request that would
        have to wait longer than what is left fails at once, and says how long the API asked for.
      - There is no pace beyond that, since the limits are counted by account and others may use the account too.
      - It is also how many seconds the publication of a change may take, for all zones together.
    type: float
    default: 300.0
"""
