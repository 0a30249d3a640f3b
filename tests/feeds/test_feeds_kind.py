"""What `feeds check` says of a page: its kind, and the charset with its witness."""

from __future__ import annotations

import codecs

import pytest

from monitor.feeds.charset import explain_charset
from monitor.feeds.kind import feed_kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<?xml version='1.0'?>\n<rss version='2.0'><channel/></rss>", "RSS 2.0"),
        ("<rss><channel/></rss>", "RSS"),
        ('<feed xmlns="http://www.w3.org/2005/Atom"/>', "Atom"),
        ('<feed version="0.3" xmlns="http://purl.org/atom/ns#">', "Atom 0.3"),
        ('<rdf:RDF xmlns="http://purl.org/rss/1.0/">', "RSS 1.0 (RDF)"),
        ('<urlset xmlns="x">', "a sitemap"),
        ('{"version": "https://jsonfeed.org/version/1.1"}', "JSON Feed 1.1"),
        ("{}", ""),
        ("<html>", ""),
        ("", ""),
    ],
)
def test_the_kind_of_a_feed_has_a_name(text: str, kind: str) -> None:
    assert feed_kind(text) == kind


TEXT = "<a>Шойгу говорит с Картером о Сирии, по телефону, вчера вечером</a>"


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (codecs.BOM_UTF8 + TEXT.encode(), "", "utf-8 (its byte order mark)"),
        (TEXT.encode("utf-16"), "", "utf-16-le (its byte order mark)"),
        (b'<?xml version="1.0" encoding="windows-1251"?>' + TEXT.encode("cp1251"), "", "cp1251 (the XML declaration)"),
        (TEXT.encode("cp1251"), "text/xml; charset=windows-1251", "cp1251 (the Content-Type header)"),
        (TEXT.encode(), "text/xml", "utf-8 (its bytes)"),
        (TEXT.encode("cp1251") * 20, "", "another charset (a guess by its bytes)"),
    ],
)
def test_the_charset_is_told_with_what_spoke_for_it(body: bytes, content_type: str, said: str) -> None:
    assert explain_charset(body, content_type) == said
