"""Canonical URLs: what is one article, what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.canonical import canonical_url, link_forms, numbered_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://example.org/a", "https://example.org/a"),
        ("HTTPS://WWW.Example.ORG:443/a/", "https://example.org/a"),
        ("http://example.org:80/", "https://example.org"),
        ("http://example.org:8080/a", "https://example.org:8080/a"),
        ("https://user:pw@example.org/a", "https://example.org/a"),
        ("https://example.org./a", "https://example.org/a"),
        (" https://example.org/a\n", "https://example.org/a"),
        ("https://[2001:DB8::1]/a", "https://[2001:db8::1]/a"),
        # tracking goes, names stay
        ("https://example.org/a?utm_source=x&UTM_Medium=y&fbclid=1&gclid=2", "https://example.org/a"),
        ("https://example.org/a?id=3&utm_source=x", "https://example.org/a?id=3"),
        ("https://example.org/a?b=2&a=1&&", "https://example.org/a?a=1&b=2"),
        ("https://example.org/a?at_medium=RSS&at_campaign=KARANGA", "https://example.org/a"),
        ("https://example.org/a?source=rss_main&ref=feed&from=home.nl", "https://example.org/a"),
        ("https://example.org/a?source=42&ref=main&cid=1234", "https://example.org/a?cid=1234&ref=main&source=42"),
        ("https://example.org/a;jsessionid=AB12?id=1", "https://example.org/a?id=1"),
        ("https://example.org/index.html", "https://example.org"),
        ("https://example.org/a?id=", "https://example.org/a?id="),
        # fragments
        ("https://www.bbc.co.uk/news/world-1#0", "https://bbc.co.uk/news/world-1"),
        ("https://example.org/a#xtor=RSS-1", "https://example.org/a"),
        ("https://example.org/a#:~:text=x", "https://example.org/a"),
        ("https://example.org/live#post-12345", "https://example.org/live#post-12345"),
        ("https://example.org/#!/a", "https://example.org#!/a"),
        # other layouts of one page
        ("https://m.example.org/a", "https://example.org/a"),
        ("https://amp.example.org/a", "https://example.org/a"),
        ("https://en.m.wikipedia.org/wiki/A", "https://en.wikipedia.org/wiki/A"),
        ("https://example.org/a/amp/", "https://example.org/a"),
        ("https://example.org/a.amp.html", "https://example.org/a"),
        ("https://example.org/amp/a", "https://example.org/a"),
        ("https://example.org/a?outputType=amp", "https://example.org/a"),
        ("https://m.com/a", "https://m.com/a"),
        ("https://example.org/champ", "https://example.org/champ"),
        # wrappers that hold the target
        ("https://www.google.com/url?q=x&url=https%3A%2F%2Fexample.org%2Fa%3Fid%3D1", "https://example.org/a?id=1"),
        ("https://www.google.com/amp/s/www.example.org/a/amp/", "https://example.org/a"),
        ("https://example-org.cdn.ampproject.org/c/s/example.org/a.amp.html", "https://example.org/a"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fa&h=x", "https://example.org/a"),
        ("https://www.google.com/url?q=javascript:x", "https://google.com/url?q=javascript:x"),
        (
            "https://eur01.safelinks.protection.outlook.com/?url=http%3A%2F%2Fexample.org%2Fa&data=1",
            "https://example.org/a",
        ),
        # one address for a video
        ("https://www.youtube.com/watch?t=3&v=abc-D_1&feature=rss", "https://youtube.com/watch?v=abc-D_1"),
        ("https://youtu.be/abc-D_1?si=x", "https://youtube.com/watch?v=abc-D_1"),
        ("https://www.youtube.com/@channel", "https://youtube.com/@channel"),
        # percent-encoding and other scripts
        ("https://example.org/%7eа%d0%b1%2f", "https://example.org/~%D0%B0%D0%B1%2F"),
        ("https://пример.рф/путь", "https://xn--e1afmkfd.xn--p1ai/%D0%BF%D1%83%D1%82%D1%8C"),
        ("https://example.org/100%", "https://example.org/100%25"),
        # no web address
        ("", ""),
        ("example.org/a", ""),
        ("mailto:a@example.org", ""),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("https://[", ""),
        ("https://example.org:99999/", ""),
        ("https://exa mple.org/", ""),
        ("https://" + "а" * 300 + ".рф/", ""),
        ("https://example.org/" + "a" * 10_000, ""),
    ],
)
def test_canonical_url(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@given(
    st.one_of(
        st.text(),
        st.text().map("https://example.org/".__add__),
        st.text().map("http://".__add__),
        st.lists(
            st.sampled_from(
                [
                    "https://",
                    "www.",
                    "m.",
                    "amp.",
                    "example.org",
                    ":80",
                    "/",
                    "/amp",
                    ".amp",
                    "index.html",
                    "?",
                    "utm_a=1",
                    "&",
                    "v=1",
                    "#",
                    "0",
                    "!",
                    "%41",
                    "%",
                    "google.com",
                    "/url?q=",
                    "youtu.be",
                    "a",
                    ";jsessionid=1",
                    "[",
                    "@",
                ]
            )
        ).map("".join),
    )
)
def test_it_never_raises_and_is_settled_after_one_pass(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once
    assert once == "" or once.startswith("https://")


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("http://www.a.example/live/#3", "https://a.example/live#3"),
        ("https://a.example/live?utm_source=x", "https://a.example/live"),
        ("https://a.example/live#rss", canonical_url("https://a.example/live#rss")),
        ("mailto:a@a.example#3", ""),
    ],
)
def test_a_number_is_kept_where_nothing_else_names_an_entry(url: str, form: str) -> None:
    assert numbered_url(url) == form


@pytest.mark.parametrize(
    ("url", "forms"),
    [
        ("https://a.example/live?utm_source=x", ("https://a.example/live",)),
        ("https://a.example/live#known", ("https://a.example/live#known", "https://a.example/live")),
        ("https://a.example/live#3", ("https://a.example/live#3", "https://a.example/live")),
        ("https://a.example/#/live", ("https://a.example#/live",)),
        ("https://a.example/#!live", ("https://a.example#!live",)),
        ("mailto:a@a.example#3", ()),
    ],
)
def test_an_article_that_somebody_names_is_looked_for_without_a_place_in_its_page_last(
    url: str, forms: tuple[str, ...]
) -> None:
    assert link_forms(url) == forms
