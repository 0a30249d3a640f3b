"""The text of an article, taken out of its page."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest

from monitor.errors import Cause, ParseError
from monitor.feeds.fulltext import extract_text
from monitor.feeds.items import BODY_LIMIT
from monitor.feeds.parser import ChildParser
from monitor.model import Page

NOW = datetime(2026, 11, 1, tzinfo=UTC)
URL = "https://wire.example/syria"
PARAGRAPHS = [
    f"Министры обсудили Сирию в {number}-й раз, и Шойгу сказал, что переговоры о разведении войск продолжатся."
    for number in range(6)
]


def article(head: str = "") -> str:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    return (
        f"<!DOCTYPE html><html><head>{head}<title>Переговоры</title></head><body><nav><a href='/'>Home</a><a href='/s'>Sport</a></nav>"
        f"<article><h1>Переговоры о Сирии</h1>{text}</article><footer>© All rights reserved. Subscribe to our newsletter.</footer></body></html>"
    )


@pytest.mark.parametrize(
    ("page", "encoding", "header"),
    [
        (article(), "utf-8", ""),
        (article("<meta charset='windows-1251'>"), "cp1251", "text/html"),
        (article(), "cp1251", "text/html; charset=windows-1251"),
    ],
)
def test_the_article_and_nothing_around_it(page: str, encoding: str, header: str) -> None:
    text = extract_text(Page(body=page.encode(encoding), content_type=header), URL)
    assert all(paragraph in text for paragraph in PARAGRAPHS)
    assert "Sport" not in text
    assert "newsletter" not in text


@pytest.mark.parametrize("body", [b"", b" \n", b"\0\0", b"<html></html>", b"\x89PNG\r\n\x1a\n\xff", b"<p>" * 2_000])
def test_a_page_without_an_article_has_no_text(body: bytes) -> None:
    assert extract_text(Page(body=body), URL) == ""


def test_a_text_is_bounded_and_clean() -> None:
    page = article().replace("Шойгу", "Sho\u202eygu \x07" + "x" * 300_000)
    text = extract_text(Page(body=page.encode()), URL)
    assert len(text) <= BODY_LIMIT
    assert "\u202e" not in text


async def test_the_child_does_it() -> None:
    parser = ChildParser(deadline=timedelta(seconds=30))
    assert PARAGRAPHS[0] in await parser.extract(Page(body=article().encode()), URL)
    await parser.close()


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)  # as if it were not installed
    with pytest.raises(ParseError, match=r"pip install 'media-monitor\[fulltext\]'") as caught:
        extract_text(Page(body=article().encode()), URL)
    assert caught.value.cause is Cause.PARSER
