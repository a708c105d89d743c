# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signer that has an API: what the driver of one says, and what all of them have in common.

A driver reads and says which requests make a change. It never decides what is to be changed, and sends nothing by itself.
"""
from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping, Sequence, TypeVar

from ..canonical import canonical
from ..content import Change, Content, Held
from ..dnskey import DNSKEY, RECORD_TYPES, parse_record
from ..errors import MultisignerError
from ..json_api import STRANGE, Call, JsonApi, NotFoundError
from ..outcome import Request
from .base import Capabilities

Client = TypeVar('Client', bound='ApiSigner')
Result = TypeVar('Result')


@dataclass(frozen=True)
class Hosted:
    """A zone as the signer has it: its own keys, those of them that sign nothing now, and the lowest TTL in seconds that it takes.

    *announces*: it publishes the CDS and CDNSKEY of its own keys by itself. Where it does not, they are supplied like those of the others.
    """

    zone: str
    own: tuple[DNSKEY, ...]
    minimum_ttl: int = 0
    idle: frozenset[DNSKEY] = frozenset()
    announces: bool = True


@dataclass(frozen=True)
class Supplied:
    """One RRset that users supplied: its TTL in seconds, its records, each as ``TYPE RDATA``, and what the API calls them where it needs that."""

    ttl: int
    records: frozenset[str] = frozenset()
    handles: Mapping[str, str] = field(default_factory=dict, compare=False)


class ApiSigner(ABC):
    """One account at one API. It keeps the signer's own records apart from those that users supplied; of these it has whole RRsets.

    1. read_hosted() tells its own keys, and read_supplied() the RRsets at the apex that users supplied.
    2. check() tells what would be accepted and not published.
    3. calls() turns RRsets that are to be into requests.

    What reads an answer may raise KeyError, TypeError, ValueError and their like where it is not as documented. Every other trouble is
    a MultisignerError; ask() raises the kinds of json_api.py, naming the zone.
    """

    name: str  # what messages call it
    capabilities: Capabilities
    header = 'Authorization'  # the field of a request that has the token, after
    scheme = 'Bearer'
    of_a_server = False  # a name server's own API, which may be plain http to a loopback address
    no_such_zone = 'the account of this token has no such zone'
    remedy_without_zone = 'Create it there with its content, or take a token of the account that has it'
    when_it_leaves = 'when this signer is to leave, remove its NS records and delete the zone there at the end'  # how its own keys go

    def __init__(self, api: JsonApi) -> None:
        self.api = api

    @classmethod
    def from_options(cls: type[Client], options: Mapping[str, Any]) -> Client:
        """From the parameters of a module that has json_api.API_OPTIONS and api_url. Raises MultisignerError for what cannot work."""
        return cls(JsonApi.from_options(cls.name, options, header=cls.header, scheme=cls.scheme, of_a_server=cls.of_a_server))

    @property
    def url(self) -> str:
        """Where the API is, for messages."""
        return self.api.url

    # -- what a driver says -------------------------------------------------------------------------------------------

    @abstractmethod
    def read_hosted(self, zone: str) -> Hosted:
        """The zone's own keys."""

    @abstractmethod
    def read_supplied(self, zone: str, rtypes: Sequence[str]) -> dict[str, Supplied]:
        """The RRsets of *rtypes* at the apex that users supplied, by type. Those that do not exist are left out."""

    @abstractmethod
    def calls(self, zone: str, before: Mapping[str, Supplied], after: Mapping[str, Supplied]) -> Sequence[Call]:
        """The requests by which each type of *after* gets exactly these records, and goes away without any. *before* is all that there is."""

    def check(self, request: Request) -> None:  # noqa: B027  # most have nothing to ask
        """Raises MultisignerError when the API would take what *request* adds and the server would not publish it."""

    # A driver whose capabilities say that it edits content says this too:

    content_batch = (500, 400_000)  # RRsets, and characters, of one request

    def read_content(self, zone: str) -> Held:
        """All that the zone contains, and the TTLs that the API takes."""
        raise self._keeps_content(zone)

    def new_content(self) -> Held:
        """What read_content() would tell of a zone that was just created."""
        return Held({})

    def create(self, zone: str) -> None:
        """Makes the zone there, without content."""
        raise MultisignerError(f'{self.no_such_zone}, and this collection does not create one at {self.name}', zone, self.url, remedy=self.remedy_without_zone)

    def refuse_content(self, zone: str, content: Content) -> None:  # noqa: B027  # where it takes everything
        """Raises MultisignerError, naming the record, for what the API would not take or the server would not serve."""

    def content_calls(self, zone: str, changes: Sequence[Change]) -> Sequence[Call]:
        """The requests by which each of *changes*, of which there are no more than content_batch, is made; the first one does it, all at once."""
        raise self._keeps_content(zone)

    def explain(self, error: MultisignerError, call: Call) -> MultisignerError:
        """*error*, the answer to *call*, with what it means here."""
        if isinstance(error, NotFoundError):
            return NotFoundError(f'{self.no_such_zone}: {error.what}', server=error.server, remedy=self.remedy_without_zone)
        return error

    def scope(self, zone: str, call: Call) -> str:
        """What the API throttles together."""
        return 'reads' if call.method == 'GET' else 'writes'

    # -- what the others use ------------------------------------------------------------------------------------------

    def hosted(self, zone: str) -> Hosted:
        """The zone's own keys, at least one. Raises MultisignerError."""
        hosted = self._understood(zone, lambda: self.read_hosted(zone))
        if not hosted.own:
            raise MultisignerError(f'{self.name} tells no key of its own for it', zone, self.url, remedy='Run again when the zone is signed there')
        return hosted

    def supplied(self, zone: str, rtypes: Sequence[str] = RECORD_TYPES) -> dict[str, Supplied]:
        """As read_supplied(). Raises MultisignerError."""
        return self._understood(zone, lambda: self.read_supplied(zone, rtypes))

    def ask(self, zone: str, call: Call) -> Any:
        """The answer to one request about *zone*. Raises MultisignerError."""
        try:
            return self.api.request(call.method, call.path, call.query, call.body, self.scope(zone, call), call.entries)
        except MultisignerError as error:
            raise self.explain(error, call).at(zone=zone) from None

    def ask_all(self, zone: str, path: str) -> list[Any]:
        """The items of a list that comes in pages. Raises MultisignerError, and ValueError for one that is not as documented."""
        call = Call('GET', path)
        try:
            return self.api.pages(path, self.scope(zone, call))
        except MultisignerError as error:
            raise self.explain(error, call).at(zone=zone) from None

    def held(self, zone: str) -> Held:
        """As read_content(). Raises MultisignerError."""
        return self._understood(zone, lambda: self.read_content(zone))

    def strange(self, zone: str | None = None) -> MultisignerError:
        """An answer that is not as documented."""
        return MultisignerError(
            f'{self.name} answers in a form that this version does not know', zone, self.url,
            remedy='See that api_url is the address of its API; when it is, the API has changed: report that',
        )

    def _keeps_content(self, zone: str) -> MultisignerError:
        return MultisignerError(f'this collection does not change the content of zones at {self.name}', zone, self.url, remedy='Bring it there by other means')

    def _understood(self, zone: str, look: Callable[[], Result]) -> Result:
        try:
            return look()
        except STRANGE:
            raise self.strange(zone) from None


def own_key(text: str, zone: str, server: str) -> DNSKEY:
    """A key that the signer says is its own, as RDATA. Raises MultisignerError for one that cannot be."""
    try:
        key = DNSKEY.parse(text)
        key.check_usable()
    except MultisignerError as error:
        raise error.at(zone=zone, server=server) from None
    return key


def line(rtype: str, rdata: str, zone: str) -> str:
    """A record of a user in our canonical text, or as it is when it is one that we cannot read: it is theirs and stays."""
    try:
        return parse_record(f'{rtype} {rdata}', zone).text
    except MultisignerError:
        return f'{rtype} {rdata}'


def canonical_or_as_it_is(rtype: str, text: str) -> str:
    """RDATA that users have there in the one form, or as it is where it cannot be read: then it is not what anybody wants to be there."""
    try:
        return canonical(rtype, text)
    except MultisignerError:
        return text
