"""`web`: where hubs reach this program."""

from __future__ import annotations

import pytest

from monitor.config.load import load_config
from tests.config.place import Place

URL = "write it like `https://monitor.example.org`: http or https, without login and query"


@pytest.mark.parametrize(
    ("written", "public_url", "listen"),
    [
        ("{}", "", ("127.0.0.1", 8080)),
        ("web: ", "", ("127.0.0.1", 8080)),
        ("web: {public_url: 'https://m.example/'}", "https://m.example", ("127.0.0.1", 8080)),
        ("web: {public_url: 'http://m.example:81/a/', listen: '[::1]:0'}", "http://m.example:81/a", ("::1", 0)),
        ("web: {public_url: 'https://m.example', listen: 'box.local:65535'}", "https://m.example", ("box.local", 65535)),
    ],
)  # fmt: skip
def test_web_is_read(place: Place, written: str, public_url: str, listen: tuple[str, int]) -> None:
    config = place.load(written)
    assert (config.public_url, config.listen) == (public_url, listen)


@pytest.mark.parametrize(
    "value",
    ["m.example", "ftp://m.example", "https://", "https://u:p@m.example", "https://m.example/?a", "https://m.example/#a", "https://m ex"],
)  # fmt: skip
def test_a_public_url_that_hubs_cannot_use_is_a_mistake(place: Place, value: str) -> None:
    file = place.write("monitor.yaml", f"web: {{public_url: '{value}'}}\n")
    _, problems = load_config(file, env={})
    (problem,) = problems
    assert URL in str(problem)


@pytest.mark.parametrize("value", ["8080", "127.0.0.1", "127.0.0.1:65536", ":8080", "::1:8080", "a b:80", "x:٣"])
def test_a_place_to_listen_at_has_an_address_and_a_port(place: Place, value: str) -> None:
    file = place.write("monitor.yaml", f"web: {{listen: '{value}'}}\n")
    _, problems = load_config(file, env={})
    (problem,) = problems
    assert "is no address and port" in str(problem)


def test_an_unknown_key_of_web_is_a_mistake(place: Place) -> None:
    _, problems = load_config(place.write("monitor.yaml", "web: {publc_url: x}\n"), env={})
    assert [problem.hint for problem in problems] == ["did you mean `public_url`?"]
