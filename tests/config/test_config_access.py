"""How feeds are let in: `cookies`, `auth`, `proxy`, `user_agent`, `timeout`; and what `allow` takes."""

from __future__ import annotations

import base64
from datetime import timedelta
from ipaddress import ip_network

import pytest

from monitor.config.load import load_config
from monitor.model import AllowedHost
from tests.config.place import Place


def test_a_feed_with_every_way_in(place: Place) -> None:
    place.env |= {"PW": "s3cret:x", "SESSION": "s3cret1", "PROXY": "http://u:s3cret@proxy.example:3128"}
    config = place.load(
        """\
        feeds:
          a:
            url: https://a.example/rss
            headers: {X-Key: "${PW}"}
            cookies: {id: "${SESSION}", theme: "${SESSION}"}
            auth: {user: désk, password: "${PW}"}
            proxy: ${PROXY}
            user_agent: Desk/1.0
            timeout: 90s
          b: {url: https://b.example/rss, proxy: "http://proxy.example:3128"}
        """
    )
    a, b = config.feeds
    login = base64.b64encode("désk:s3cret:x".encode()).decode()
    assert {name: value.reveal() for name, value in a.headers} == {
        "X-Key": "s3cret:x", "Cookie": "id=s3cret1; theme=s3cret1", "Authorization": f"Basic {login}"
    }  # fmt: skip
    assert a.proxy is not None
    assert a.proxy.reveal() == "http://u:s3cret@proxy.example:3128"
    assert (a.user_agent, a.timeout) == ("Desk/1.0", timedelta(seconds=90))
    assert (b.user_agent, b.timeout, b.headers) == ("", None, ())
    for hidden in ("s3cret", login):
        assert hidden not in repr(a)


SHOULD_PROXY = "a proxy's URL begins with http://; proxies that speak TLS or SOCKS are not supported; write it like `http://proxy.example.org:3128`"


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        ("cookies: {'a b': '${OK}'}", ["1:47: this is no name of a cookie"]),
        ("cookies: {a: '${BLANK}'}", ["1:50: the value of cookie `a` holds what no cookie may; blanks, `,`, `;`, `\\`, quotes"]),
        ("cookies: {a: '${MISSING}'}", ["1:50: `MISSING` is not set: put it in the environment, or in the file `.env` beside monitor.yaml"]),
        ("headers: {cookie: '${OK}'}, cookies: {a: '${OK}'}", ["1:65: `cookies` and a header `Cookie` say the same; remove one of them"]),
        ("headers: {authorization: '${OK}'}, auth: {user: a, password: '${OK}'}", ["1:72: `auth` and a header `Authorization` say the same; remove one of them"]),
        ("auth: {user: 'a:b', password: '${OK}'}", ["1:50: a user's name for `auth` holds no colon (RFC 7617)"]),
        ("auth: {user: a}", ["1:37: `password` is missing"]),
        ("auth: {user: a, password: '${MISSING}'}", ["1:63: `MISSING` is not set: put it in the environment, or in the file `.env` beside monitor.yaml"]),
        ("proxy: 'https://p.example'", [f"1:44: {SHOULD_PROXY}"]),
        ("proxy: 'socks5://p.example'", [f"1:44: {SHOULD_PROXY}"]),
        ("proxy: 'p.example:3128'", [f"1:44: {SHOULD_PROXY}"]),
        ("proxy: 'http://[::1'", [f"1:44: {SHOULD_PROXY}"]),
        ("proxy: 'http://p.example:s3cret'", [f"1:44: {SHOULD_PROXY}"]),
        ("proxy: 'http://p.example/ x'", [f"1:44: {SHOULD_PROXY}"]),
        ("proxy: '${MISSING}'", ["1:44: `MISSING` is not set: put it in the environment, or in the file `.env` beside monitor.yaml"]),
        ('user_agent: "a\\nb"', ["1:49: this should be one line of text"]),
        ("timeout: 500ms", ["1:46: `500ms` is not a duration: write it like `90s`, `10m`, `24h` or `7d`"]),
        ("timeout: 0s", ["1:46: `0s` is not between 1s and 120s"]),
        ("timeout: 5m", ["1:46: `5m` is not between 1s and 120s"]),
    ],
)  # fmt: skip
def test_mistakes(place: Place, options: str, problems: list[str]) -> None:
    place.env |= {"OK": "s3cret", "BLANK": "s3 cret"}
    found = place.problems(f"feeds: {{a: {{url: https://x.example, {options}}}}}")
    assert [problem.removeprefix("monitor.yaml:") for problem in found] == problems
    assert not any("s3" in problem for problem in found)


@pytest.mark.parametrize(
    ("options", "column"),
    [
        ("cookies: {theme: s3cret}", 48),
        ("auth: {user: a, password: s3cret}", 57),
        ("proxy: http://u:s3cret@p.example", 38),
    ],
)
def test_a_secret_that_is_written_out_is_refused_and_not_repeated(place: Place, options: str, column: int) -> None:
    place.write("monitor.yaml", f"feeds:\n  a: {{url: https://x.example, {options}}}\n")
    _, problems = load_config(place.file, env=place.env)
    assert [(problem.line, problem.message) for problem in problems] == [(2, "a secret must not stand in this file")]
    assert problems[0].column == column
    assert "s3cret" not in problems[0].source


# -- allow ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("127.0.0.1", AllowedHost(network=ip_network("127.0.0.1"))),
        ("127.0.0.1:8080", AllowedHost(network=ip_network("127.0.0.1"), port=8080)),
        ("10.0.0.0/8", AllowedHost(network=ip_network("10.0.0.0/8"))),
        ("::1", AllowedHost(network=ip_network("::1"))),
        ("[::1]:8080", AllowedHost(network=ip_network("::1"), port=8080)),
        ("[fd00::1]", AllowedHost(network=ip_network("fd00::1"))),
        ("fd00::/8", AllowedHost(network=ip_network("fd00::/8"))),
        ("RSSHub:1200", AllowedHost(name="rsshub", port=1200)),
        (" feeds.intra.example ", AllowedHost(name="feeds.intra.example")),
        ("my_service", AllowedHost(name="my_service")),
    ],
)
def test_what_may_be_allowed(place: Place, written: str, expected: AllowedHost) -> None:
    assert place.load(f"allow: ['{written}']").allow == (expected,)
    assert place.load(f"allow: '{written}'").allow == (expected,)


@pytest.mark.parametrize(
    "written", ["http://x.example", "x.example/feed", "10.0.0.1/8", "1.2.3", "2130706433", "x.example:99999", "*.example", "", "a..b", "[::1", "[x]", "-:x"]
)  # fmt: skip
def test_what_may_not_be_allowed(place: Place, written: str) -> None:
    text = f"`{written}` is no address, network or name: write it like `127.0.0.1:8080`, `10.0.0.0/8` or `rsshub:1200`"
    assert place.problems(f"allow: [localhost, '{written}']") == [f"monitor.yaml:1:20: {text}"]
    assert place.problems(f"allow: '{written}'") == [f"monitor.yaml:1:8: {text}"]
