# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talking JSON to a provider's API: one session with verified TLS, patience with a bound, and readable errors.

It never follows a redirect (a POST would turn into a GET), never repeats a write whose outcome is unknown, never
speaks plain HTTP but to a loopback address, and never lets the token into a message. It knows no provider: what a path or a status means for a
zone is said by the one in signers/ or parents/ that uses it.
"""
from __future__ import annotations

import email.utils
import ipaddress
import json
import re
import ssl
import time
from dataclasses import dataclass
from typing import Any, Callable, Iterator, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from .errors import MultisignerError

REQUESTS_IMPORT_ERROR: ImportError | None = None
try:
    import requests
    import requests.utils
    import urllib3.exceptions
except ImportError as error:
    REQUESTS_IMPORT_ERROR = error

# How a module reaches an API; documented in doc_fragments/api.py. Each module adds its own api_url.
API_OPTIONS: dict[str, Any] = {
    'api_token': {'type': 'str', 'required': True, 'no_log': True},
    'ca_file': {'type': 'path'},
    'timeout': {'type': 'float', 'default': 30.0},
    'use_proxy': {'type': 'bool', 'default': True},
    'max_wait': {'type': 'float', 'default': 300.0},
}

BODY_LIMIT = 4 * 1024 * 1024  # bytes of one answer
SENTENCE_LIMIT = 400  # characters of what an API says that reach a message
NESTING_LIMIT = 6  # levels of an error's body that are read
SECOND_TRY_PAUSE = 1.0  # seconds before a connection or a read is tried again
LONGEST_PAUSE = 60.0  # seconds; the longest pause after a 429 that does not say how long
STRANGE = (AttributeError, IndexError, KeyError, TypeError, ValueError)  # what comes of reading an answer that is not as documented


class ApiError(MultisignerError):
    """The API did not do what it was asked to. The kinds below are those after which a caller goes on differently."""


class UnauthorizedError(ApiError):
    """401: the token is not valid. It is the same for every further request."""


class ForbiddenError(ApiError):
    """403: the token is valid and may not do this."""


class NotFoundError(ApiError):
    """404, said by the API itself."""


class ConflictError(ApiError):
    """409: somebody else wrote at the same time; nothing was written. Read again before another attempt."""


class ThrottledError(ApiError):
    """429 for longer than this call may wait. Nothing was written."""


class UnreachableError(ApiError):
    """No connection, or none that can be trusted: nothing was sent. It is the same for every further request."""


class UncertainError(ApiError):
    """The request was sent and its outcome is unknown: a 5xx, or an answer that is not the API's. Read before another attempt."""


class SilentError(UncertainError):
    """The request was sent and no answer came: too slow, or hung up."""


@dataclass(frozen=True)
class Call:
    """One request. *body* becomes JSON and has no secret: what proves who asks is put into it on its way out."""

    method: str
    path: str
    body: Any = None
    query: Mapping[str, str] | None = None
    operation: str = ''  # what is called, where the path does not say it
    entries: Sequence[str] = ()  # what the items of a body that is a list are called in an error

    def __str__(self) -> str:
        body = '' if self.body is None else json.dumps(self.body, sort_keys=True)
        return ' '.join(word for word in (self.method, self.path, self.operation, body) if word)


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: Any = None
    scope: str = ''  # what is throttled together
    headers: Mapping[str, str] | None = None
    entries: tuple[str, ...] = ()  # what to call the items of the body in an error

    @property
    def is_read(self) -> bool:
        return self.method == 'GET'


@dataclass(frozen=True)
class _Answer:
    status: int
    content_type: str = ''
    content: bytes = b''
    retry_after: str | None = None
    location: str | None = None
    next_page: str | None = None  # the cursor in the address of the next page (RFC 8288)

    @property
    def is_json(self) -> bool:
        kind = self.content_type.split(';', 1)[0].strip().lower()
        return kind == 'application/json' or kind.startswith('application/x-amz-json-')

    def body(self) -> Any:
        """The parsed JSON. Raises ValueError when it is none."""
        if not self.is_json:
            raise ValueError(f'{self.content_type or "an answer without a type"} instead of JSON')
        try:
            return json.loads(self.content.decode('utf-8'))
        except (ValueError, RecursionError):
            raise ValueError('JSON that cannot be read: it may be cut off') from None

    def sentence(self, entries: Sequence[str] = ()) -> str:
        """What the answer says, whatever its form is."""
        try:
            return readable(self.body(), entries)
        except ValueError as error:
            title = re.search(rb'<title[^>]*>([^<]*)</title', self.content[:4096], re.IGNORECASE)
            return f'{error}, titled "{readable(title.group(1).decode("utf-8", "replace"))}"' if title else str(error)


class JsonApi:
    """One API of one provider, for one run.

    1. request() sends one request and returns the parsed JSON of its answer.
    2. A 429 makes it wait, as long as the API asks for and *max_wait* (seconds, for the whole run) allows; requests of the
       same *scope* then wait or fail without being sent.
    3. A connection that fails and a read that goes wrong get one second try; a write that was sent never does.
    4. An invalid token, and an API that cannot be reached, fail every later request without sending it.
    """

    def __init__(
        self, name: str, url: str, token: str = '', header: str = 'Authorization', scheme: str = '',
        ca_file: str | None = None, timeout: float = 30.0, use_proxy: bool = True, max_wait: float = 300.0,
        sign: Callable[[requests.PreparedRequest], requests.PreparedRequest] | None = None, secrets: Sequence[str] = (),
        of_a_server: bool = False,
    ) -> None:
        """*header* carries *scheme* and *token*; *name* is what messages call the provider. Raises MultisignerError for what cannot work.

        Where an API wants something else, *sign* puts into each request what proves who asks, and *secrets* take the place of *token*:
        they are what must not be in a message.

        *of_a_server*: it is a name server's own API, and no provider's: what never leaves this machine (a loopback address: the server
        itself is here, or one end of a tunnel to it) need not be encrypted.
        """
        self.name = name
        self.url = _checked_url(url, of_a_server)
        self._secrets = tuple(_checked_token(secret) for secret in ((token,) if sign is None else secrets))
        self._timeout = timeout
        self._max_wait = max_wait
        self._patience = max_wait  # seconds
        self._not_before: dict[str, float] = {}  # scope -> time.monotonic()
        self._pauses: dict[str, float] = {}  # scope -> seconds of the last pause that was our own guess
        self._given_up: ApiError | None = None
        self._session = requests.Session()
        # The environment could otherwise replace the token (~/.netrc) and the trusted authorities (REQUESTS_CA_BUNDLE).
        self._session.trust_env = False
        self._session.verify = _checked_ca_file(ca_file) if ca_file else True
        if use_proxy and self.url.startswith('https:'):
            self._session.proxies.update(requests.utils.get_environ_proxies(self.url))
        self._session.headers['Accept'] = 'application/json'
        if sign is None:
            self._session.headers[header] = f'{scheme} {self._secrets[0]}'.strip()
        else:
            self._session.auth = sign

    @classmethod
    def from_options(
        cls, name: str, options: Mapping[str, Any], header: str = 'Authorization', scheme: str = '', of_a_server: bool = False
    ) -> JsonApi:
        """From the parameters of a module that has API_OPTIONS and api_url."""
        return cls(
            name, options['api_url'], options['api_token'], header, scheme,
            options['ca_file'], options['timeout'], options['use_proxy'], options['max_wait'], of_a_server=of_a_server,
        )

    def __repr__(self) -> str:
        return f'JsonApi({self.name!r}, {self.url!r})'

    def request(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Any = None, scope: str = '', entries: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The parsed JSON of the answer; None when it has no content (204).

        *path* follows the API's URL. *scope* names what the API throttles together. *entries* are names for the items of a
        *body* that is a list, for the messages. Raises one of the errors above.
        """
        return self._answered(_Request(method, path, query, body, scope, headers, tuple(entries)))[0]

    def pages(self, path: str, scope: str = '') -> list[Any]:
        """The items of a list that comes in pages, of which each names the next one by a cursor in a Link field; of that address nothing else is used.

        Raises one of the errors above, and ValueError for pages that are no lists, or do not end.
        """
        items: list[Any] = []
        cursor: str | None = ''
        seen: set[str] = set()
        while cursor is not None:
            if cursor in seen:
                raise ValueError('the pages do not end')
            seen.add(cursor)
            body, answer = self._answered(_Request('GET', path, {'cursor': cursor}, scope=scope))
            if not isinstance(body, list):
                raise ValueError('a page is no list')
            items += body
            cursor = answer.next_page
        return items

    def _answered(self, request: _Request) -> tuple[Any, _Answer]:
        """The parsed JSON of the answer, and the answer, which is not to come again later (429)."""
        if self._given_up is not None:
            raise self._given_up
        while True:
            self._wait_for_turn(request.scope)
            answer = self._exchange(request)
            if answer.status != 429:
                self._pauses.pop(request.scope, None)
                return self._judge(answer, request), answer
            self._note_pause(request.scope, answer.retry_after)

    def _wait_for_turn(self, scope: str) -> None:
        """Sleeps until the API may be asked again for something of *scope*; raises ThrottledError when that is too long."""
        pause = self._not_before.get(scope, 0.0) - time.monotonic()
        if pause <= 0:
            return
        if pause > self._patience:
            how_long = 'without saying how long' if scope in self._pauses else f'for {pause:.0f} s more'
            raise self._error(
                ThrottledError,
                f'{self.name} asks to wait (429) {how_long}, and of the {self._max_wait:g} s that may be waited {self._patience:.0f} s are left',
                'Nothing was written. Run again later, or allow a longer wait (max_wait)',
            )
        self._patience -= pause
        time.sleep(pause)

    def _note_pause(self, scope: str, retry_after: str | None) -> None:
        pause = _seconds(retry_after)
        if pause is None:
            pause = self._pauses[scope] = min(2 * self._pauses.get(scope, 0.5), LONGEST_PAUSE)
        else:
            self._pauses.pop(scope, None)
        self._not_before[scope] = time.monotonic() + max(pause, 1.0)

    def _exchange(self, request: _Request) -> _Answer:
        """One answer; a second try where it can do no harm. What concerns every request is remembered."""
        try:
            return self._send(request)
        except UnreachableError:
            pass
        except UncertainError:
            if not request.is_read:
                raise
        time.sleep(SECOND_TRY_PAUSE)
        try:
            return self._send(request)
        except UnreachableError as error:
            self._given_up = error
            raise
        except SilentError as error:
            if request.is_read:
                self._given_up = error
            raise

    def _send(self, request: _Request) -> _Answer:
        """Sends *request* once. Raises UnreachableError or UncertainError; every status below 500 is an answer."""
        try:
            with self._session.request(
                request.method, self.url + request.path, params=request.query, json=request.body, headers=request.headers,
                timeout=self._timeout, allow_redirects=False, stream=True,
            ) as response:
                answer = _Answer(
                    response.status_code, response.headers.get('Content-Type', ''), self._content(response),
                    response.headers.get('Retry-After'), response.headers.get('Location'), _cursor(response.links.get('next', {}).get('url')),
                )
        except (requests.exceptions.RequestException, OSError) as error:
            raise self._connection_error(error) from None
        if answer.status >= 500:
            raise self._error(UncertainError, f'{self.name} answers {answer.status}: {answer.sentence()}', f'The fault is at {self.name}: run again later')
        return answer

    def _content(self, response: requests.Response) -> bytes:
        deadline = time.monotonic() + self._timeout
        content = b''
        for chunk in response.iter_content(65536):
            content += chunk
            if len(content) > BODY_LIMIT:
                raise self._error(UncertainError, f'{self.name} answers with more than {BODY_LIMIT} bytes', _NOT_THE_API)
            if time.monotonic() > deadline:
                raise self._error(SilentError, f'{self.name} has not finished its answer after {self._timeout:g} s', _SLOW)
        return content

    def _connection_error(self, error: Exception) -> ApiError:
        """What a failure of the HTTP library means: was anything sent, and who is to blame."""
        causes = list(_causes(error))
        reason = _reason(causes)
        for cause in causes:
            if isinstance(cause, ssl.SSLCertVerificationError):
                what = f'the certificate of {self.name} cannot be trusted: {cause.verify_message or cause.reason}'
                return self._error(UnreachableError, what, 'Name the authority that signed it (ca_file); api_url must have the name in the certificate')
        if isinstance(error, requests.exceptions.ProxyError):
            return self._error(UnreachableError, f'the proxy gives no connection to {self.name}: {reason}', 'Correct HTTPS_PROXY, or set use_proxy to false')
        if isinstance(error, requests.exceptions.ConnectTimeout):
            return self._error(UnreachableError, f'{self.name} cannot be reached: no connection within {self._timeout:g} s', _NOT_THERE)
        if any(isinstance(cause, urllib3.exceptions.NewConnectionError) for cause in causes):
            return self._error(UnreachableError, f'{self.name} cannot be reached: {reason}', _NOT_THERE)
        if any(isinstance(cause, urllib3.exceptions.ReadTimeoutError) for cause in causes):
            return self._error(SilentError, f'{self.name} does not answer within {self._timeout:g} s', _SLOW)
        return self._error(SilentError, f'the connection to {self.name} broke before its answer was complete: {reason}', 'Run again later')

    def _judge(self, answer: _Answer, request: _Request) -> Any:
        """The body of a good answer; a bad one becomes the error that tells it apart."""
        if answer.status == 204 or (request.method == 'DELETE' and 200 <= answer.status < 300 and not answer.content):
            return None
        if 200 <= answer.status < 300:
            try:
                return answer.body()
            except ValueError:
                raise self._error(UncertainError, f'{self.name} answers {answer.status} with {answer.sentence()}', _NOT_THE_API) from None
        if 300 <= answer.status < 400:
            target = f' to {readable(answer.location)}' if answer.location else ''
            raise self._error(
                ApiError, f'a redirect ({answer.status}){target} comes instead of an answer; it is not followed', 'Set api_url to the address of the API itself'
            )
        if answer.status == 401:
            self._given_up = self._error(
                UnauthorizedError, f'{self.name} does not accept the token (401): {answer.sentence()}',
                'Take a token that exists, has not expired and may be used from this network; nothing more is asked with this one',
            )
            raise self._given_up
        if not answer.is_json:
            raise self._error(ApiError, f'{self.name} answers {answer.status} with {answer.sentence()}', _NOT_THE_API)
        kinds: dict[int, tuple[type[ApiError], str, str]] = {
            403: (ForbiddenError, 'does not allow this with this token', 'Give the token the right to do it, or take another one'),
            404: (NotFoundError, 'does not know it', 'See that it is there, in the account of this token'),
            409: (ConflictError, 'says that somebody else writes at the same time', 'Let one program at a time write here, and run again'),
        }
        kind, what, remedy = kinds.get(answer.status, (ApiError, 'refuses the request', 'Nothing was written. Correct what it names, and run again'))
        raise self._error(kind, f'{self.name} {what} ({answer.status}): {answer.sentence(request.entries)}', remedy)

    def _error(self, kind: type[ApiError], what: str, remedy: str) -> ApiError:
        for secret in self._secrets:
            what = what.replace(secret, '***')
        return kind(what, server=self.url, remedy=remedy)


_LOOPBACK = '; http only to a loopback address, http://127.0.0.1:PORT/PATH or http://[::1]:PORT/PATH, where the server is here or a tunnel ends'
_NOT_THERE = 'See that api_url is right, and that a firewall or proxy lets us through'
_SLOW = 'Run again later, or allow a longer timeout'
_NOT_THE_API = 'See that api_url is the address of the API, and that no proxy or login page is in between'


def readable(body: Any, entries: Sequence[str] = ()) -> str:
    """One sentence, without a final full stop, of what the JSON *body* of an error says.

    Understands {"detail": ".."}, {"error": ".."}, {"message": ".."}, {"errors": [{"code": 1, "message": ".."}]}, {"field": [..]},
    {"non_field_errors": [..]}, bare lists, lists with one item for each item
    of the request ({} for a good one, an object or a plain string for a bad one; *entries* are their names), and these nested.
    """
    text = '; '.join(dict.fromkeys(_sentences(body, entries, NESTING_LIMIT))) or 'no reason is given'
    return text if len(text) <= SENTENCE_LIMIT else text[:SENTENCE_LIMIT] + '...'


_SAYS = frozenset(('detail', 'error', 'errors', 'message', 'non_field_errors'))  # what has such a name needs none


def _sentences(body: Any, entries: Sequence[str], depth: int) -> Iterator[str]:
    if depth == 0:
        return
    if isinstance(body, dict):
        for name, value in body.items():
            for sentence in _sentences(value, (), depth - 1):
                yield sentence if name in _SAYS else f'{name}: {sentence}'
    elif isinstance(body, list):
        by_item = any(isinstance(value, dict) for value in body) and (len(body) > 1 or bool(entries))
        for number, value in enumerate(body):
            name = entries[number] if len(entries) == len(body) else f'item {number + 1}'
            for sentence in _sentences(value, (), depth - 1):
                yield f'{name}: {sentence}' if by_item else sentence
    elif body is not None and not isinstance(body, bool):
        text = ' '.join(''.join(letter if letter.isprintable() else ' ' for letter in str(body)).split()).rstrip('.')
        if text:
            yield text


def _seconds(retry_after: str | None) -> float | None:
    """Seconds from a Retry-After field, which is a number or a date (RFC 9110 section 10.2.3); None when it is neither."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if re.match(r'^[0-9]{1,9}$', text):
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _cursor(address: str | None) -> str | None:
    try:
        return parse_qs(urlsplit(address or '').query).get('cursor', [None])[0]
    except ValueError:
        return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _reason(causes: list[BaseException]) -> str:
    """What the operating system or the TLS library said, without the wrappings of the HTTP libraries."""
    for cause in reversed(causes):
        if isinstance(cause, OSError) and not isinstance(cause, requests.exceptions.RequestException):
            return readable(cause.strerror or str(cause) or type(cause).__name__)
    return type(causes[0]).__name__


def _checked_url(url: str, may_be_plain: bool) -> str:
    """*may_be_plain*: http is enough where the address is a loopback one. A name may be anybody's tomorrow, so it must be written as a number."""
    try:
        parts = urlsplit(url.strip())
        encrypted = parts.scheme == 'https' and bool(parts.hostname)
        stays_here = may_be_plain and parts.scheme == 'http' and ipaddress.ip_address(parts.hostname or '').is_loopback
        sound = (encrypted or stays_here) and parts.port != 0
    except ValueError:
        sound = False
    if not sound or '@' in parts.netloc or parts.query or parts.fragment:
        # The URL itself is not repeated: somebody may have written a password into it.
        raise MultisignerError(
            'api_url is not the address of an API that a token may be sent to',
            remedy='Write it as https://NAME/PATH, without a user name, "?" and "#"' + (_LOOPBACK if may_be_plain else ''),
        )
    return url.strip().rstrip('/')


def _checked_token(token: str) -> str:
    token = token.strip()
    if not re.match(r'^[!-~]+$', token):
        raise MultisignerError(
            'api_token is empty, or has blanks or characters that no token has', remedy='Copy the token again, alone; its text is not shown here'
        )
    return token


def _checked_ca_file(path: str) -> str:
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:
        reason = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        raise MultisignerError(f'ca_file {path} cannot be used: {reason}', remedy='Name a readable file with certificates in PEM form') from None
    return path
