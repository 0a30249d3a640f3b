"""What is refused says so in the look of the console."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from aiohttp.test_utils import make_mocked_request

from monitor.console.guard import READER
from monitor.console.pages import Pages
from monitor.console.refusals import WHY, Refusals

REFUSALS = Refusals(Pages())


@pytest.mark.parametrize("status", [*WHY, HTTPStatus.GONE])
def test_browsers_are_refused_with_a_page(status: HTTPStatus) -> None:
    request = make_mocked_request("GET", "/x", headers={"Accept": "text/html,*/*"})
    answer = REFUSALS(request, status, "<b>", {"Retry-After": "5"})
    assert answer.status == status
    assert answer.text is not None
    assert "&lt;b&gt;" in answer.text
    assert "<nav" not in answer.text  # of whom nothing is known
    assert ('href="/login"' in answer.text) == (status is HTTPStatus.UNAUTHORIZED)
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_reader_finds_his_way_back() -> None:
    request = make_mocked_request("GET", "/x", headers={"Accept": "text/html"})
    request[READER] = "ann"
    text = REFUSALS(request, HTTPStatus.INTERNAL_SERVER_ERROR, "", {}).text
    assert text is not None
    assert WHY[HTTPStatus.INTERNAL_SERVER_ERROR] in text
    assert "<nav" in text


def test_a_failure_offers_to_try_again_and_a_form_does_not() -> None:
    texts = []
    for method in ("GET", "POST"):
        request = make_mocked_request(method, "/x", headers={"Accept": "text/html"})
        request[READER] = "ann"
        texts.append(REFUSALS(request, HTTPStatus.SERVICE_UNAVAILABLE, "see `monitor <doctor>`", {}).text or "")
    assert 'href="">Try again' in texts[0]
    assert "See <code><bdi>monitor &lt;doctor&gt;</bdi></code>." in texts[0]
    assert "Try again" not in texts[1]


def test_programs_and_parts_get_no_page() -> None:
    plain = REFUSALS(make_mocked_request("GET", "/x"), HTTPStatus.NOT_FOUND, "", {})
    part = REFUSALS(make_mocked_request("GET", "/x", headers={"HX-Request": "true"}), HTTPStatus.NOT_FOUND, "<i>", {})
    assert plain.text == "404 Not Found: There is no such page.\n"
    assert part.text == '<p class="said bad" role="alert">&lt;i&gt;.</p>'
