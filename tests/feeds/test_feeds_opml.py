"""Lists of feeds from other programs: any shape, any malice; what we write is read again as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import UserError
from monitor.feeds.opml import MAX_BYTES, MAX_DEPTH, Outline, read_opml, write_opml

HEAD = '<?xml version="1.0"?>\n<opml version="2.0"><head/><body>'


def feeds_of(raw: bytes) -> tuple[Outline, ...]:
    return read_opml(raw).outlines


def opml(body: str) -> bytes:
    return f"{HEAD}{body}</body></opml>".encode()


def test_folders_and_categories_become_tags() -> None:
    found = feeds_of(
        opml(
            '<outline text="News"><outline text="Europe">'
            '<outline type="rss" text="short" title="Le Monde" xmlUrl="https://lemonde.example/rss" language="fr"'
            ' category="/press/daily,News"/></outline>'
            '<outline type="link" text="no feed" url="https://x.example"/></outline>'
            '<outline text="B&amp;B" xmlurl="https://b.example/?a=1&b=2"/>'
        )
    )
    assert found == (
        Outline(
            title="Le Monde",
            url="https://lemonde.example/rss",
            tags=("News", "Europe", "press", "daily"),
            language="fr",
        ),
        Outline(title="B&B", url="https://b.example/?a=1&b=2"),
    )


@pytest.mark.parametrize(
    ("body", "passed"),
    [
        ('<outline text="a" xmlUrl="https://a.example/"/>', 0),
        ('<outline text="a"/><outline text="b" htmlUrl="https://b.example/"/>', 2),
        ('<outline text="f"><outline text="a" xmlUrl="https://a.example/"/></outline>', 0),
        ('<outline text="f"><outline text="a"/><outline text="b" xmlUrl="https://b.example/"/></outline>', 1),
        ('<outline text="f"><outline text="g"><outline text="a"/></outline></outline>', 1),
    ],
)
def test_outlines_that_are_neither_feed_nor_folder_are_counted(body: str, passed: int) -> None:
    assert read_opml(opml(body)).passed == passed


@pytest.mark.parametrize(
    ("written", "read"),
    [("caf&eacute; &nbsp;x", "café x"), ("a & b", "a & b"), ("AT&T;", "AT&T;"), ("&#x41;&#66;", "AB"), ("&lt;", "<")],
)
def test_names_of_html_and_bare_ampersands_are_understood(written: str, read: str) -> None:
    (outline,) = feeds_of(opml(f'<outline text="{written}" xmlUrl="https://x.example"/>'))
    assert outline.title == read


def test_any_charset_that_names_itself_is_read() -> None:
    text = '<?xml version="1.0" encoding="windows-1251"?><opml><body><outline text="Лента" xmlUrl="https://l.example"/></body></opml>'
    assert feeds_of(text.encode("cp1251"))[0].title == "Лента"
    assert feeds_of(text.replace("windows-1251", "utf-16").encode("utf-16"))[0].title == "Лента"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "no element found"),
        (b"not XML", "syntax error, line 1"),
        (opml("<outline>"), "mismatched tag, line 2"),
        (b"<rss/>", "no list of feeds: OPML begins with <opml>, not with <rss>"),
        (b"<html><outline xmlUrl='https://x.example'/></html>", "not with <html>"),
        (b"\0\1\2\3" * 100, "cannot be read"),
        (b" " * (MAX_BYTES + 1), "larger than 20 MB"),
        (opml("<outline text='x'>" * (MAX_DEPTH + 1)), "folders nested deeper than 50"),
        (opml('<outline xmlUrl="https://x.example/&#xD800;"/>'), "reference to invalid character number"),
        (b'<!DOCTYPE opml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><opml>&b;</opml>', "declares entities"),
        (b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml>&x;</opml>', "declares entities"),
        (b'<!DOCTYPE opml [<!ENTITY % x SYSTEM "http://127.0.0.1/x">%x;]><opml/>', "declares entities"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_said_so(raw: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said):
        feeds_of(raw)


def test_a_document_type_alone_is_no_harm() -> None:
    raw = b'<!DOCTYPE opml SYSTEM "http://127.0.0.1:1/opml.dtd"><opml><outline text="a" xmlUrl="https://a.example"/></opml>'
    assert [outline.title for outline in feeds_of(raw)] == ["a"]


TEXTS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
TAGS = st.lists(st.from_regex(r"[a-zé]{1,8}", fullmatch=True), max_size=3, unique=True).map(tuple)


@given(
    st.lists(
        st.builds(Outline, title=TEXTS, url=TEXTS.map("https://x.example/".__add__), tags=TAGS, language=st.just("fr")),
        max_size=5,
    )
)
def test_what_is_written_is_read_again(outlines: list[Outline]) -> None:
    read = feeds_of(write_opml("T <&>", outlines).encode())
    assert sorted(read, key=repr) == sorted(outlines, key=repr)
