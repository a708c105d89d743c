# Copyright: (c) 2026, the dnssec.multisigner contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an API is talked to when it is well, and every way in which it is not."""
from __future__ import annotations

import email.utils
import json
import ssl
import traceback
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
import requests
import urllib3
import urllib3.connection
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner import json_api
from ansible_collections.dnssec.multisigner.plugins.module_utils._multisigner.errors import MultisignerError
from ansible_collections.dnssec.multisigner.tests.unit.plugins.module_utils._multisigner.scripted_api import (
    TOKEN,
    URL,
    Call,
    Clock,
    Script,
    finished,
    install,
    throttled,
)

HTML_500 = b'\n<!doctype html>\n<html lang="en">\n<head>\n  <title>Server Error (500)</title>\n</head>\n<body>\n  <h1>Server Error (500)</h1></body>\n</html>\n'
HTML_404 = HTML_500.replace(b'Server Error (500)', b'Not Found')
POOL = urllib3.HTTPConnectionPool('api.test')  # for the libraries' exceptions; nothing connects


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Script, Clock]]:
    script, clock = install(monkeypatch)
    yield script, clock
    finished(script)


@pytest.fixture
def script(installed: tuple[Script, Clock]) -> Script:
    return installed[0]


@pytest.fixture
def clock(installed: tuple[Script, Clock]) -> Clock:
    return installed[1]


def make(**options: Any) -> json_api.JsonApi:
    return json_api.JsonApi('Provider', URL, TOKEN, scheme='Token', **{'use_proxy': False, **options})


def refusal(call: Callable[[], object], kind: type[MultisignerError] = json_api.ApiError) -> str:
    """The message of the error that *call* ends with; it must be of *kind* exactly, and nothing in it may be secret."""
    with pytest.raises(MultisignerError) as caught:
        call()
    assert caught.value.__class__ is kind
    everything = str(caught.value) + repr(caught.value) + ''.join(traceback.format_exception(None, caught.value, caught.value.__traceback__))
    assert TOKEN not in everything
    return str(caught.value)


class TestGoodAnswers:
    def test_json_comes_back_and_the_token_goes_out(self, script: Script) -> None:
        script.expect(Call('GET', '/zones/?subname=', answer=[{'a': 1}]))
        assert make().request('GET', '/zones/', {'subname': ''}) == [{'a': 1}]
        assert script.seen[0].headers['Authorization'] == f'Token {TOKEN}'

    def test_a_body_is_sent_as_json(self, script: Script) -> None:
        script.expect(Call('PATCH', '/zones/', answer=[], sends=[{'type': 'DNSKEY', 'records': []}]))
        assert make().request('PATCH', '/zones/', body=[{'type': 'DNSKEY', 'records': []}]) == []
        assert script.seen[0].headers['Content-Type'] == 'application/json'

    def test_no_content_is_none(self, script: Script) -> None:
        script.expect(Call('DELETE', '/zones/', 204, b''))
        assert make().request('DELETE', '/zones/') is None

    def test_blanks_around_the_token_are_dropped(self, script: Script) -> None:
        script.expect(Call('GET', '/', answer={}))
        json_api.JsonApi('Provider', URL + '/', f' {TOKEN}\n', header='X-API-Key', use_proxy=False).request('GET', '/')
        assert script.seen[0].headers['X-API-Key'] == TOKEN


class TestWhatIsFixedBeforeTheFirstRequest:
    def test_certificates_are_verified_and_redirects_and_netrc_ignored(self, script: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        netrc = tmp_path / 'netrc'
        netrc.write_text('machine api.test login somebody password else\n')
        netrc.chmod(0o600)
        monkeypatch.setenv('NETRC', str(netrc))
        monkeypatch.setenv('REQUESTS_CA_BUNDLE', str(netrc))
        script.expect(Call('GET', '/', answer={}))
        make(timeout=7.0).request('GET', '/')
        assert script.seen[0].headers['Authorization'] == f'Token {TOKEN}'
        assert script.options[0]['verify'] is True
        assert script.options[0]['timeout'] == 7.0

    @pytest.mark.parametrize(('use_proxy', 'proxies'), [(True, {'https': 'http://proxy.test:3128'}), (False, {})])
    def test_the_proxy_of_the_environment_is_used_when_wanted(
        self, script: Script, monkeypatch: pytest.MonkeyPatch, use_proxy: bool, proxies: dict[str, str]
    ) -> None:
        for name in ('http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY', 'no_proxy', 'NO_PROXY', 'https_proxy'):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv('HTTPS_PROXY', 'http://proxy.test:3128')
        script.expect(Call('GET', '/', answer={}))
        make(use_proxy=use_proxy).request('GET', '/')
        assert dict(script.options[0]['proxies']) == proxies

    @pytest.mark.parametrize('url', ['http://api.test/v1', 'https://', 'https://user:word@api.test/', 'https://api.test/?x', 'api.test', 'https://api.test:x'])
    def test_a_token_is_never_sent_to_an_odd_address(self, url: str) -> None:
        message = refusal(lambda: json_api.JsonApi('Provider', url, TOKEN), MultisignerError)
        assert message == 'api_url is not the address of an API that a token may be sent to. Write it as https://NAME/PATH, without a user name, "?" and "#".'

    @pytest.mark.parametrize('token', ['', '   ', f'{TOKEN}\r\nX-Other: 1', f'{TOKEN} {TOKEN}', f'{TOKEN}ä'])
    def test_a_token_that_is_none_is_refused_without_showing_it(self, token: str) -> None:
        message = refusal(lambda: json_api.JsonApi('Provider', URL, token), MultisignerError)
        assert message == 'api_token is empty, or has blanks or characters that no token has. Copy the token again, alone; its text is not shown here.'

    def test_a_ca_file_that_cannot_be_used(self, tmp_path: Path) -> None:
        absent, empty = tmp_path / 'absent.pem', tmp_path / 'empty.pem'
        empty.write_text('')
        assert f'ca_file {absent} cannot be used: No such file or directory. Name' in refusal(lambda: make(ca_file=str(absent)), MultisignerError)
        assert f'ca_file {empty} cannot be used: NO_CERTIFICATE' in refusal(lambda: make(ca_file=str(empty)), MultisignerError)

    def test_the_token_is_in_no_representation(self) -> None:
        api = make()
        assert TOKEN not in f'{api!r} {api}'
        assert repr(api) == f"JsonApi('Provider', '{URL}')"


class TestErrorBodies:
    """Six shapes, all recorded from deSEC; each becomes one sentence."""

    @pytest.mark.parametrize(
        ('body', 'sentence'),
        [
            ({'detail': 'Insufficient token permissions.'}, 'Insufficient token permissions'),
            ({'ttl': ['Ensure this value is greater than or equal to 3600.']}, 'ttl: Ensure this value is greater than or equal to 3600'),
            ({'records': ['This field is required.'], 'ttl': ['This field is required.']}, 'records: This field is required; ttl: This field is required'),
            ({'non_field_errors': ['Duplicate: records must be semantically unique']}, 'Duplicate: records must be semantically unique'),
            (['DNSKEY RRset must have empty subname.'], 'DNSKEY RRset must have empty subname'),
            ([{}, {'non_field_errors': ['Another RRset exists.']}], 'CDS: Another RRset exists'),
            ([{}, 'Cannot modify NS records for this domain.'], 'CDS: Cannot modify NS records for this domain'),
            ([{}, {}, {'ttl': ['Too small.']}], 'item 3: ttl: Too small'),
            ({'records': [['Must be a string.']]}, 'records: Must be a string'),
            ({'records': {'non_field_errors': ['Expected a list of items but got type "str".']}}, 'records: Expected a list of items but got type "str"'),
            ({}, 'no reason is given'),
            ({'detail': 'Conflict: duplicate key\nDETAIL:\t\x1b[31mKey'}, 'Conflict: duplicate key DETAIL: [31mKey'),
        ],
    )
    def test_shape(self, body: Any, sentence: str) -> None:
        assert json_api.readable(body, ('DNSKEY', 'CDS')) == sentence

    def test_a_long_one_is_cut(self) -> None:
        assert len(json_api.readable({'detail': 'x' * 100_000})) == json_api.SENTENCE_LIMIT + len('...')

    def test_a_deep_one_is_not_followed_for_ever(self) -> None:
        body: Any = 'bottom'
        for _unused in range(500):
            body = [body]
        assert json_api.readable(body) == 'no reason is given'


class TestEachKindOfRefusal:
    def test_400_names_the_item_of_the_request(self, script: Script) -> None:
        script.expect(Call('PATCH', '/r/', 400, [{}, {'ttl': ['Ensure this value is greater than or equal to 3600.']}], sends=[1, 2]))
        message = refusal(lambda: make().request('PATCH', '/r/', body=[1, 2], entries=('CDS', 'DNSKEY')))
        assert message == (
            f'server {URL}: Provider refuses the request (400): DNSKEY: ttl: Ensure this value is greater than or equal to 3600. '
            'Nothing was written. Correct what it names, and run again.'
        )

    def test_401_is_the_end_for_every_request(self, script: Script) -> None:
        script.expect(Call('GET', '/one/', 401, {'detail': 'Invalid token.'}))
        api = make()
        first = refusal(lambda: api.request('GET', '/one/'), json_api.UnauthorizedError)
        assert first == (
            f'server {URL}: Provider does not accept the token (401): Invalid token. '
            'Take a token that exists, has not expired and may be used from this network; nothing more is asked with this one.'
        )
        assert refusal(lambda: api.request('PATCH', '/two/'), json_api.UnauthorizedError) == first  # and the script knows no second request

    def test_403(self, script: Script) -> None:
        script.expect(Call('GET', '/', 403, {'detail': 'Insufficient token permissions.'}))
        message = refusal(lambda: make().request('GET', '/'), json_api.ForbiddenError)
        assert 'Provider does not allow this with this token (403): Insufficient token permissions. Give the token the right' in message

    def test_404(self, script: Script) -> None:
        script.expect(Call('GET', '/', 404, {'detail': 'No Domain matches the given query.'}))
        message = refusal(lambda: make().request('GET', '/'), json_api.NotFoundError)
        assert 'Provider does not know it (404): No Domain matches the given query. See that it is there, in the account of this token.' in message

    def test_404_of_another_server_is_not_the_apis(self, script: Script) -> None:
        script.expect(Call('GET', '/', 404, HTML_404, content_type='text/html'))
        assert 'Provider answers 404 with text/html instead of JSON, titled "Not Found". See that api_url is' in refusal(lambda: make().request('GET', '/'))

    def test_409(self, script: Script) -> None:
        script.expect(Call('PATCH', '/', 409, {'detail': 'Conflict: duplicate key value violates unique constraint'}))
        message = refusal(lambda: make().request('PATCH', '/'), json_api.ConflictError)
        assert 'somebody else writes at the same time (409): Conflict: duplicate key value violates unique constraint. Let one program' in message

    def test_a_redirect_is_not_followed(self, script: Script) -> None:
        script.expect(Call('PATCH', '/zones', 301, b'', headers={'Location': '/v1/zones/'}, content_type='text/html'))
        message = refusal(lambda: make().request('PATCH', '/zones'))
        assert 'a redirect (301) to /v1/zones/ comes instead of an answer; it is not followed. Set api_url to the address of the API itself.' in message

    def test_the_token_is_struck_out_of_what_the_server_repeats(self, script: Script) -> None:
        script.expect(Call('GET', '/', 403, {'detail': f'Token {TOKEN} may not'}))
        assert 'Token *** may not' in refusal(lambda: make().request('GET', '/'), json_api.ForbiddenError)


class TestAnswersThatTellNothing:
    """After these it is not known whether a write took effect: the one who wrote has to look."""

    @pytest.mark.parametrize(
        ('answer', 'says'),
        [
            (Call('PATCH', '/', 500, {'detail': "Internal Server Error. We're on it!"}), "Provider answers 500: Internal Server Error. We're on it!. The"),
            (Call('PATCH', '/', 500, HTML_500, content_type='text/html'), 'Provider answers 500: text/html instead of JSON, titled "Server Error (500)". The'),
            (Call('PATCH', '/', 200, HTML_404, content_type='text/html'), 'Provider answers 200 with text/html instead of JSON, titled "Not Found". See'),
            (Call('PATCH', '/', 200, b'[{"subname": "", "ty'), 'Provider answers 200 with JSON that cannot be read: it may be cut off. See that api_url'),
            (Call('PATCH', '/', 200, b'[' * 1_000_000), 'Provider answers 200 with JSON that cannot be read'),
            (Call('PATCH', '/', 200, b' ' * (json_api.BODY_LIMIT + 1)), f'Provider answers with more than {json_api.BODY_LIMIT} bytes. See that api_url'),
        ],
    )
    def test_a_write_is_sent_once(self, script: Script, answer: Call, says: str) -> None:
        script.expect(answer)
        assert says in refusal(lambda: make().request('PATCH', '/'), json_api.UncertainError)

    def test_a_read_is_sent_a_second_time(self, script: Script, clock: Clock) -> None:
        script.expect(Call('GET', '/', 502, b'', content_type='text/html'), Call('GET', '/', answer={'fine': True}))
        assert make().request('GET', '/') == {'fine': True}
        assert clock.slept == [json_api.SECOND_TRY_PAUSE]

    def test_a_read_is_not_sent_a_third_time(self, script: Script) -> None:
        script.expect(Call('GET', '/', 500, {'detail': 'No.'}), Call('GET', '/', 500, {'detail': 'No.'}))
        assert 'Provider answers 500: No. The fault is at Provider: run again later.' in refusal(lambda: make().request('GET', '/'), json_api.UncertainError)

    @pytest.mark.parametrize(
        ('failure', 'says'),
        [
            (lambda: caused(requests.exceptions.ReadTimeout, urllib3.exceptions.ReadTimeoutError(POOL, '/', 'Read timed out.')), 'does not answer within 30 s'),
            (lambda: caused(requests.exceptions.ConnectionError, urllib3.exceptions.ProtocolError, ConnectionResetError(104, 'Connection reset by peer')),
             'the connection to Provider broke before its answer was complete: Connection reset by peer'),
        ],
    )
    def test_silence_after_a_read_is_the_end_for_every_request(self, script: Script, failure: Callable[[], Exception], says: str) -> None:
        script.expect(Call('GET', '/', failure=failure()), Call('GET', '/', failure=failure()))
        api = make()
        assert says in refusal(lambda: api.request('GET', '/'), json_api.SilentError)
        assert says in refusal(lambda: api.request('GET', '/other'), json_api.SilentError)

    def test_silence_after_a_write_is_not(self, script: Script) -> None:
        script.expect(Call('PATCH', '/', failure=requests.exceptions.ReadTimeout()), Call('GET', '/', answer=[]))
        api = make()
        refusal(lambda: api.request('PATCH', '/'), json_api.SilentError)
        assert api.request('GET', '/') == []

    def test_an_answer_that_drips_is_not_waited_for(self, script: Script, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
        def drip(_response: requests.Response, _size: int) -> Iterator[bytes]:
            while True:
                clock.now += 20
                yield b' '

        monkeypatch.setattr(requests.Response, 'iter_content', drip)
        script.expect(Call('PATCH', '/'))
        assert 'Provider has not finished its answer after 30 s. Run again later' in refusal(lambda: make().request('PATCH', '/'), json_api.SilentError)


def caused(*chain: Any) -> Exception:
    """An exception with its causes, as the HTTP libraries nest them: types for the wrappings, the innermost as it is."""
    inner: Exception = chain[-1]
    for kind in reversed(chain[:-1]):
        outer: Exception = kind(urllib3.connection.HTTPConnection('api.test'), '') if kind is urllib3.exceptions.NewConnectionError else kind('wrapped')
        outer.__cause__ = inner
        inner = outer
    return inner


def unknown_ca() -> Exception:
    error = ssl.SSLCertVerificationError(1, 'certificate verify failed')
    error.verify_message = 'unable to get local issuer certificate'
    return caused(requests.exceptions.SSLError, urllib3.exceptions.SSLError, error)


class TestNoConnection:
    """Nothing was sent, so even a write may be tried again; and then it is the same for every request."""

    @pytest.mark.parametrize(
        ('failure', 'says'),
        [
            (lambda: caused(requests.exceptions.ConnectionError, urllib3.exceptions.NewConnectionError, ConnectionRefusedError(111, 'Connection refused')),
             'Provider cannot be reached: Connection refused. See that api_url is right'),
            (requests.exceptions.ConnectTimeout, 'Provider cannot be reached: no connection within 30 s. See that api_url is right'),
            (unknown_ca, 'the certificate of Provider cannot be trusted: unable to get local issuer certificate. Name the authority that signed it (ca_file)'),
            (lambda: caused(requests.exceptions.ProxyError, OSError('Tunnel connection failed: 403 Forbidden')),
             'the proxy gives no connection to Provider: Tunnel connection failed: 403 Forbidden. Correct HTTPS_PROXY'),
        ],
    )
    def test_two_attempts_and_the_end(self, script: Script, failure: Callable[[], Exception], says: str) -> None:
        script.expect(Call('PATCH', '/', failure=failure()), Call('PATCH', '/', failure=failure()))
        api = make()
        assert says in refusal(lambda: api.request('PATCH', '/'), json_api.UnreachableError)
        assert says in refusal(lambda: api.request('GET', '/other'), json_api.UnreachableError)

    def test_a_second_attempt_that_was_sent_is_not_the_end(self, script: Script) -> None:
        script.expect(
            Call('PATCH', '/', failure=requests.exceptions.ConnectTimeout()), Call('PATCH', '/', failure=requests.exceptions.ReadTimeout()),
            Call('GET', '/', answer=[]),
        )
        api = make()
        refusal(lambda: api.request('PATCH', '/'), json_api.SilentError)
        assert api.request('GET', '/') == []

    def test_the_second_attempt_may_succeed(self, script: Script) -> None:
        script.expect(Call('PATCH', '/', failure=requests.exceptions.ConnectTimeout()), Call('PATCH', '/', answer=[]))
        assert make().request('PATCH', '/') == []


class TestPatience:
    def test_retry_after_is_honoured(self, script: Script, clock: Clock) -> None:
        script.expect(throttled('GET', '/', 46), Call('GET', '/', answer={}))
        assert make().request('GET', '/') == {}
        assert clock.slept == [46]

    def test_retry_after_as_a_date(self, script: Script, clock: Clock) -> None:
        script.expect(Call('GET', '/', 429, {}, headers={'Retry-After': email.utils.formatdate(clock.now + 30, usegmt=True)}), Call('GET', '/', answer={}))
        make().request('GET', '/')
        assert clock.slept == [30]

    @pytest.mark.parametrize('field', ['0', 'soon', '-5', '9' * 400])
    def test_a_senseless_retry_after_still_means_a_pause(self, script: Script, clock: Clock, field: str) -> None:
        script.expect(Call('GET', '/', 429, {}, headers={'Retry-After': field}), Call('GET', '/', answer={}))
        make().request('GET', '/')
        assert clock.slept == [1]

    def test_longer_than_allowed_fails_at_once_and_says_how_long(self, script: Script, clock: Clock) -> None:
        script.expect(throttled('GET', '/', 6607))
        assert refusal(lambda: make().request('GET', '/'), json_api.ThrottledError) == (
            f'server {URL}: Provider asks to wait (429) for 6607 s more, and of the 300 s that may be waited 300 s are left. '
            'Nothing was written. Run again later, or allow a longer wait (max_wait).'
        )
        assert clock.slept == []

    def test_the_bound_is_for_all_requests_together(self, script: Script, clock: Clock) -> None:
        script.expect(throttled('GET', '/', 200), Call('GET', '/', answer={}), throttled('GET', '/', 200))
        api = make()
        api.request('GET', '/')
        assert 'for 200 s more, and of the 300 s that may be waited 100 s are left' in refusal(lambda: api.request('GET', '/'), json_api.ThrottledError)
        assert clock.slept == [200]

    def test_without_retry_after_the_pauses_double_and_end(self, script: Script, clock: Clock) -> None:
        script.expect(*[throttled('GET', '/', None)] * 6)
        message = refusal(lambda: make(max_wait=40).request('GET', '/'), json_api.ThrottledError)
        assert 'asks to wait (429) without saying how long, and of the 40 s that may be waited 9 s are left' in message
        assert clock.slept == [1, 2, 4, 8, 16]

    def test_what_is_throttled_together_is_not_asked_again(self, script: Script) -> None:
        script.expect(throttled('GET', '/one', 6607), Call('PATCH', '/two', answer=[]))
        api = make()
        refusal(lambda: api.request('GET', '/one', scope='reads'), json_api.ThrottledError)
        refusal(lambda: api.request('GET', '/other', scope='reads'), json_api.ThrottledError)  # not in the script
        assert api.request('PATCH', '/two', scope='writes of two') == []


def test_json_is_what_was_sent(script: Script) -> None:
    """The script compares JSON; this pins the bytes, since a form body would be refused with 415."""
    script.expect(Call('PATCH', '/', answer=[], sends=[]))
    make().request('PATCH', '/', body=[])
    assert json.loads(script.seen[0].body or b'') == []
