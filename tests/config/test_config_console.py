"""`console:`: where the pages are, and for whom."""

import pytest

from monitor.config.console import Console, Login, find_pages
from monitor.config.load import load_config
from monitor.secret import Secret
from tests.config.place import Place

TOKEN = "a-token-of-forty-letters"


@pytest.mark.parametrize(
    ("written", "listen"),
    [
        ("{}", ("127.0.0.1", 8787)),
        ("console:", ("127.0.0.1", 8787)),
        ("console: false", None),
        ("console: {listen: 'localhost:80'}", ("localhost", 80)),
        ("console: {listen: '[::1]:0'}", ("::1", 0)),
    ],
)
def test_it_listens_on_this_machine_unless_told_otherwise(
    place: Place, written: str, listen: tuple[str, int] | None
) -> None:
    assert place.load(written).console == Console(listen=listen)


def test_all_of_it_is_read_and_the_token_is_not_shown(place: Place) -> None:
    written = "console: {listen: '0.0.0.0:80', hosts: m.example, auth: {token: '${T}', proxy: {header: X-User, from: 10.0.0.0/8}}}"
    config, problems = load_config(place.write("monitor.yaml", written), env={"T": TOKEN})
    assert not problems
    assert config is not None
    login = Login(token=Secret(TOKEN), header="X-User", proxies=("10.0.0.0/8",))
    assert config.console == Console(listen=("0.0.0.0", 80), hosts=("m.example",), login=login)
    assert TOKEN not in repr(config.console)


@pytest.mark.parametrize(
    ("value", "listen"), [("off", None), ("127.0.0.1:0", ("127.0.0.1", 0)), ("", ("127.0.0.1", 8787))]
)
def test_the_environment_overrides_where(place: Place, value: str, listen: tuple[str, int] | None) -> None:
    config, problems = load_config(place.write("monitor.yaml", "{}"), env={"MONITOR_CONSOLE": value})
    assert not problems
    assert config is not None
    assert config.console.listen == listen


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("true", "this should be a mapping"),
        ("{listen: '0.0.0.0:80'}", "others can reach 0.0.0.0:80: say who may; add `auth: {token: ${CONSOLE_TOKEN}}`"),
        ("{listen: 'monitor.example:80'}", "others can reach monitor.example:80"),
        ("{listen: here}", "`here` is no address and port"),
        ("{auth: {}}", "say `token`, `proxy`, or both"),
        ("{auth: {token: a-token-of-forty-letters}}", "a token must not stand in this file"),
        ("{auth: {token: [x]}}", "a token must not stand in this file"),
        ("{auth: {token: '${NONE}'}}", "`NONE` is not set"),
        ("{auth: {proxy: {header: 'a b', from: 10.0.0.1}}}", "this is no name of a header"),
        ("{auth: {proxy: {header: X-User, from: everywhere}}}", "write addresses such as `10.0.0.5`"),
        ("{auth: {proxy: {header: X-User, from: []}}}", "at least 1"),
        ("{auth: {proxy: {header: X-User}}}", "`from` is missing"),
        ("{hosts: ['http://m.example']}", "write names such as `monitor.example.org`"),
        ("{host: a}", "unknown key `host`"),
    ],
)
def test_mistakes_are_named(place: Place, written: str, problem: str) -> None:
    problems = place.problems(f"console: {written}")
    assert len(problems) == 1
    assert problem in problems[0]


def test_a_mistake_in_the_environment_is_named_by_its_variable(place: Place) -> None:
    file = place.write("monitor.yaml", "{}")
    for value, said in (("here", "is no address and port"), ("0.0.0.0:80", "others can reach 0.0.0.0:80")):
        _, problems = load_config(file, env={"MONITOR_CONSOLE": value})
        assert [problem.file for problem in problems] == ["MONITOR_CONSOLE"]
        assert said in problems[0].message


def test_a_token_that_can_be_guessed_is_refused(place: Place) -> None:
    file = place.write("monitor.yaml", "console: {auth: {token: '${T}'}}")
    for token in ("short", "sixteen letters and spaces", "sechzehn-Buchstäben", "x" * 15):
        _, problems = load_config(file, env={"T": token})
        assert ["a token has at least 16 letters and digits" in problem.message for problem in problems] == [True]
        assert not any(token in str(problem) for problem in problems)


def test_a_token_that_is_written_out_is_not_shown(place: Place) -> None:
    file = place.write("monitor.yaml", f"console: {{listen: here, auth: {{token: {TOKEN}}}}}")
    _, problems = load_config(file, env={})
    assert len(problems) == 2
    assert not any(TOKEN in str(problem) + problem.source for problem in problems)


DEFAULT = "http://127.0.0.1:8787"
AUTH = "auth: {proxy: {header: X-User, from: 10.0.0.5}}"


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("{}", DEFAULT),
        ("console: {listen: 'localhost:80'}", "http://localhost:80"),
        ("console: {listen: '[::1]:8080'}", "http://[::1]:8080"),
        (f"console: {{listen: '0.0.0.0:8080', {AUTH}}}", "http://localhost:8080"),
        (f"console: {{listen: '[::]:8080', {AUTH}}}", "http://localhost:8080"),
        ("console: {hosts: [m.example.org, m.internal]}", "https://m.example.org"),
        ("console: {listen: '127.0.0.1:0'}", DEFAULT),
        ("console: false", DEFAULT),
        ("console: {lissten: x}", DEFAULT),
        ("- no mapping", DEFAULT),
    ],
)
def test_links_lead_to_the_pages_and_somewhere_where_there_are_none(place: Place, written: str, url: str) -> None:
    place.write("monitor.yaml", written)
    assert find_pages(place.file, env={}) == url


def test_a_link_follows_the_environment_and_its_file(place: Place) -> None:
    place.write("monitor.yaml", "{}")
    place.write(".env", "MONITOR_CONSOLE=127.0.0.1:9000\n")
    assert find_pages(place.file, env={}) == "http://127.0.0.1:9000"
    assert find_pages(place.file, env={"MONITOR_CONSOLE": "127.0.0.1:9001"}) == "http://127.0.0.1:9001"
