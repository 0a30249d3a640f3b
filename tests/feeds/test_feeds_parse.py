"""What a page says, as entries: the formats, and what real feeds get wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from xml.sax.handler import ContentHandler

import pytest

from monitor.errors import Cause, ParseError
from monitor.feeds.canonical import is_numbered
from monitor.feeds.expat import create_parser
from monitor.feeds.identity import entry_id, identity_keys
from monitor.feeds.parse import parse_page
from monitor.model import Entry, Feed, Identity, Page, ParsedFeed

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
FEED = Feed(name="wire", url="https://user:s3cret@a.example/world/feed.xml?token=s3cret")


def parse(text: str | bytes, feed: Feed = FEED) -> ParsedFeed:
    return parse_page(Page(body=text.encode() if isinstance(text, str) else text), feed, NOW)


def rss(items: str, channel: str = "") -> ParsedFeed:
    return parse(
        f'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content='
        f'"http://purl.org/rss/1.0/modules/content/"><channel><title>A &amp; B</title>{channel}{items}</channel></rss>'
    )


def only(parsed: ParsedFeed) -> Entry:
    (entry,) = parsed.entries
    return entry


def atom(entry: str, *, head: str = "") -> Entry:
    return only(
        parse(f'<feed xmlns="http://www.w3.org/2005/Atom" {head}><title>T</title><entry>{entry}</entry></feed>')
    )


# -- formats ----------------------------------------------------------------------------------------------------------


WHOLE = identity_keys(
    guid="g-1", canonical_url="https://a.example/1", title="Shoygu & Carter", text="Short", rest="Long\ntext"
)


def test_rss_whole() -> None:
    parsed = rss(
        "<item><guid isPermaLink='false'> g-1 </guid><title>Shoygu &amp;amp; Carter</title>"
        "<link>https://a.example/1?utm_source=x</link><author>j@example.org (Jane Roe)</author>"
        "<category>Syria</category><category>Syria</category><category>War</category>"
        "<pubDate>Fri, 18 Sep 2015 17:05:00 GMT</pubDate><description>&lt;p&gt;Short&lt;/p&gt;</description>"
        "<content:encoded><![CDATA[<p>Long</p><p>text</p>]]></content:encoded></item>",
        "<language>en_US</language>",
    )
    entry = only(parsed)
    assert parsed.title == "A & B"
    assert entry == Entry(
        id=entry_id(FEED.url, entry.keys[0]),
        keys=tuple(key for _, key in WHOLE),
        key_kinds=tuple(kind for kind, _ in WHOLE),
        feed="wire",
        title="Shoygu & Carter",
        summary="Short",
        body="Long\ntext",
        url="https://a.example/1?utm_source=x",
        canonical_url="https://a.example/1",
        guid="g-1",
        authors=("Jane Roe",),
        tags=("Syria", "War"),
        language="en-us",
        published=datetime(2015, 9, 18, 17, 5, tzinfo=UTC),
        seen_at=NOW,
    )


def test_atom_whole() -> None:
    entry = atom(
        "<id>tag:a,1</id><title type='html'>&lt;b&gt;Sh&lt;/b&gt;oygu</title><link rel='self' href='/self'/>"
        "<link href='1'/><link rel='alternate' href='2'/><updated>2015-09-18T20:05:00+03:00</updated>"
        "<author><name>Jane Roe</name></author><category term='sy' label='Syria'/>"
        "<summary>a &lt;b c</summary><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>x</p>y</div></content>",
        head='xml:lang="ru" xml:base="https://b.example/x/"',
    )
    assert (entry.title, entry.summary, entry.body) == ("Shoygu", "a <b c", "x\ny")
    assert entry.url == "https://b.example/x/1"
    assert entry.published == datetime(2015, 9, 18, 17, 5, tzinfo=UTC)
    assert (entry.authors, entry.tags, entry.language) == (("Jane Roe",), ("Syria",), "ru")


def test_rdf() -> None:
    parsed = parse(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
        '<channel rdf:about="x"><title>T</title></channel>'
        '<item rdf:about="https://a.example/1"><title>One</title><link>https://a.example/1</link></item></rdf:RDF>'
    )
    assert (only(parsed).title, only(parsed).guid) == ("One", "https://a.example/1")


@pytest.mark.parametrize("version", ["https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1"])
def test_json_feed(version: str) -> None:
    item = {
        "id": 7,
        "url": "/1",
        "title": "One\nline",
        "summary": "S",
        "content_html": "<p>a</p>b",
        "content_text": "c",
        "date_published": "2015-09-18T20:05:00+03:00",
        "author": {"name": "Jane"},
        "authors": [{"name": "Jane"}, {"name": "John"}, {}],
        "tags": ["x", 1],
        "language": "fr",
    }
    parsed = parse(json.dumps({"version": version, "title": "T", "items": [item], "language": "en"}))
    entry = only(parsed)
    assert parsed.title == "T"
    assert (entry.guid, entry.url, entry.title) == ("7", "https://a.example/1", "One line")
    assert (entry.summary, entry.body, entry.authors, entry.tags) == ("S", "a\nb", ("Jane", "John"), ("x",))
    assert (entry.language, entry.published) == ("fr", datetime(2015, 9, 18, 17, 5, tzinfo=UTC))


def test_a_feed_that_calls_itself_html_and_text_before_the_declaration() -> None:
    doctype = (
        '<?xml version="1.0"?><!DOCTYPE html><feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id></entry></feed>'
    )
    assert only(parse(doctype)).guid == "1"
    blank = ' \n\n<?xml version="1.0"?><rss version="2.0"><channel><item><guid>1</guid></item></channel></rss>'
    assert only(parse(blank)).guid == "1"


def test_an_empty_feed_is_a_feed() -> None:
    assert rss("").entries == ()


# -- links ------------------------------------------------------------------------------------------------------------


def test_relative_links_never_carry_the_feeds_own_secrets() -> None:
    for link in ("/1", "1", "?id=1", "#x"):
        entry = only(rss(f"<item><title>t</title><link>{link}</link><guid>{link}</guid></item>"))
        assert entry.url.startswith("https://a.example/")
        assert "s3cret" not in repr(entry)


def test_the_first_alternate_is_the_link_whatever_follows() -> None:
    entry = only(
        rss(
            "<item><link>https://a.example/1</link><atom:link rel='related' href='https://b.example/2'/>"
            "<atom:link rel='alternate' href='https://b.example/3'/></item>"
        )
    )
    assert entry.url == "https://a.example/1"


def test_a_permanent_guid_is_a_link() -> None:
    assert only(rss("<item><guid>https://a.example/1</guid></item>")).url == "https://a.example/1"
    assert only(rss("<item><guid isPermaLink='false'>https://a.example/1</guid></item>")).url == ""


def test_a_guid_that_is_no_url_is_no_link() -> None:
    entry = only(rss("<item><guid>item-7</guid></item>"))
    assert (entry.guid, entry.url) == ("item-7", "")


def test_a_feed_url_that_cannot_be_read_leaves_absolute_links() -> None:
    text = '<rss version="2.0"><item><link>https://a.example/1</link></item><item><link>/2</link></item></rss>'
    entries = parse(text, Feed(name="wire", url="http://[")).entries
    assert [entry.url for entry in entries] == ["https://a.example/1", ""]


def test_line_ends_and_blanks_inside_links() -> None:
    assert only(rss("<item><link>\n https://a.example/a\n b\n</link></item>")).url == "https://a.example/a%20b"


# -- text -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("&amp;quot;Yes&amp;quot;", '"Yes"'),
        ("&amp;amp;quot;Yes", '"Yes'),
        ("Q&amp;A", "Q&A"),
        ("<![CDATA[It&#8217;s]]>", "It’s"),
        ("&lt;b&gt;Sh&lt;/b&gt;oygu", "Shoygu"),
        ("a\n  b", "a b"),
        ("", ""),
    ],
)
def test_titles(written: str, title: str) -> None:
    assert only(rss(f"<item><guid>1</guid><title>{written}</title></item>")).title == title


def test_a_text_told_twice_is_kept_once() -> None:
    entry = only(
        rss(
            "<item><guid>1</guid><description>&lt;p&gt;a&lt;/p&gt;</description><content:encoded>a</content:encoded></item>"
        )
    )
    assert (entry.summary, entry.body) == ("a", "")
    entry = only(rss("<item><guid>1</guid><content:encoded>a</content:encoded></item>"))
    assert (entry.summary, entry.body) == ("a", "")


@pytest.mark.parametrize(
    ("declared", "configured", "language"),
    [("ru", "", "ru"), ("en_US ", "", "en-us"), ("English (US)", "", ""), ("", "", ""), ("en", "ru", "ru")],
)
def test_language(declared: str, configured: str, language: str) -> None:
    feed = Feed(name="wire", url="https://a.example/", language=configured)
    text = f'<rss version="2.0"><channel><language>{declared}</language><item><title>t</title></item></channel></rss>'
    assert only(parse(text, feed)).language == language


# -- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("Fri, 18 Sep 2015 20:00:00 GMT", 20),
        ("Fri, 18 Sep 2015 20:00:00 +0300", 17),
        ("Fri, 18 Sep 2015 20:00:00 EST", 25),
        ("Fri, 18 Sep 2015 20:00:00 MSK", 17),
        ("Fri, 18 Sep 2015 20:00:00 BST", 19),
        ("Fri, 18 Sep 2015 20:00:00 CEST", 18),
        ("Fri, 18 Sep 2015 20:00:00 JST", 11),
        ("Fri, 18 Sep 2015 20:00:00 IST", 14.5),
        ("2015-09-18T20:00:00Z", 20),
        ("2015-09-18T20:00:00", 20),
    ],
)
def test_dates(written: str, hours: float) -> None:
    expected = datetime(2015, 9, 18, tzinfo=UTC) + timedelta(hours=hours)
    assert only(rss(f"<item><guid>1</guid><pubDate>{written}</pubDate></item>")).published == expected


@pytest.mark.parametrize(
    "written",
    ["", "yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 01 Jan 2099 00:00:00 GMT", "0001-01-01T00:00:00+23:00"],
)
def test_a_date_that_cannot_be_is_none(written: str) -> None:
    assert only(rss(f"<item><guid>1</guid><pubDate>{written}</pubDate></item>")).published is None
    text = json.dumps({"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "date_published": written}]})
    assert only(parse(text)).published is None


def test_an_updated_date_stands_in_for_a_published_one() -> None:
    assert atom("<id>1</id><updated>2015-09-18T20:00:00Z</updated>").published == datetime(2015, 9, 18, 20, tzinfo=UTC)


# -- identity ---------------------------------------------------------------------------------------------------------


TITLE, TEXT = "Ministers meet on grain in Odesa", "A statement is expected on Monday."


def named(**changes: object) -> dict[Identity, bytes]:
    given = {"guid": "g", "canonical_url": "u", "title": TITLE, "text": TEXT, **changes}
    return dict(identity_keys(**given))  # type: ignore[arg-type]


def test_an_entry_is_known_by_guid_link_content_and_title_the_best_first() -> None:
    assert list(named()) == [Identity.GUID, Identity.LINK, Identity.CONTENT, Identity.TITLE]
    assert list(named(guid="")) == [Identity.LINK, Identity.CONTENT, Identity.TITLE]
    assert list(named(guid="", canonical_url="")) == [Identity.CONTENT, Identity.TITLE]
    for kind, other in (("guid", "h"), ("canonical_url", "v"), ("title", "Another one of some length"), ("text", "x")):
        assert len(named()) - len(set(named().values()) & set(named(**{kind: other}).values())) == (
            1 if kind in ("guid", "canonical_url", "text") else 2
        ), kind
    assert all(len(key) == 16 for key in named().values())


OLD_KEYS = [
    "7e89ad7218480c1f293b21f5cd389a41",
    "0ee58571484af63f235ef86f92d1f960",
    "11478623d6fdf82da7e22b9a0d5424f7",
]
OLD_ID = "3efd218b5f805f52ab1c3b89635908db"


def test_keys_and_ids_are_those_that_stores_are_full_of() -> None:
    """They were written down when there was one key for each entry; another value would tell everything again."""
    first = [
        identity_keys(guid="g", canonical_url="u", title=TITLE, text=TEXT)[0][1],
        identity_keys(guid="", canonical_url="u", title=TITLE, text=TEXT)[0][1],
        identity_keys(guid="", canonical_url="", title="t", text="x")[0][1],
    ]
    assert [key.hex() for key in first] == OLD_KEYS
    assert entry_id("https://a.example/rss", first[0]) == OLD_ID
    assert entry_id("https://b.example/rss", first[0]) != OLD_ID


def test_what_is_short_names_nothing_unless_there_is_nothing_else() -> None:
    assert list(named(title="Weather", text="Rain")) == [Identity.GUID, Identity.LINK]
    assert list(named(title="Weather", text="", guid="", canonical_url="")) == [Identity.CONTENT]
    assert Identity.TITLE in named(title="Weather", text="Rain", short_titles=True)
    assert Identity.CONTENT not in named(text="")


def test_a_link_that_lost_a_number_counts_only_where_there_is_no_guid() -> None:
    assert Identity.LINK not in named(numbered=True)
    assert Identity.LINK in named(numbered=True, guid="")
    assert (is_numbered("https://a.example/live#3"), is_numbered("https://a.example/live#rss")) == (True, False)


def test_noise_makes_no_other_content_or_title() -> None:
    noisy = named(title=f"UPDATE 2-{TITLE.upper()}", text=f"{TEXT} Updated at 14:05 GMT. 12 comments")
    assert noisy == named()


def test_of_two_entries_with_one_key_the_first_is_kept() -> None:
    item = "<item><guid>1</guid><title>Same</title><description>{}</description></item>"
    assert only(rss(item.format("first") + item.format("second"))).summary == "first"


def test_a_guid_or_link_shared_by_different_items_identifies_none_of_them() -> None:
    items = "".join(
        f"<item><guid isPermaLink='false'>show</guid><link>https://a.example/show</link><title>Part {n}</title></item>"
        for n in range(3)
    )
    entries = rss(items).entries
    assert [entry.title for entry in entries] == ["Part 0", "Part 1", "Part 2"]
    assert {entry.canonical_url for entry in entries} == {""}
    assert {entry.url for entry in entries} == {"https://a.example/show"}


OWN = "https://example.org/feed.xml"
SITE = "<link>https://www.example.org/news/</link>"


@pytest.mark.parametrize(
    "constant",
    [
        f"<guid>{OWN}</guid>",
        f"<guid>{OWN}?utm_source=rss</guid><link>https://example.org/news</link>",
        "<guid>https://example.org/news</guid>",
        "<link>/news/</link>",
        f"<link>{OWN}</link>",
    ],
)
def test_a_guid_or_link_that_is_the_feeds_own_hides_no_later_entry(constant: str) -> None:
    feed = Feed(name="wire", url=f"{OWN}?key=1")
    page = '<rss version="2.0"><channel>{}<item><title>{}</title>{}</item></channel></rss>'
    first, second = (only(parse(page.format(SITE, title, constant), feed)) for title in ("One", "Two"))
    assert set(first.keys).isdisjoint(second.keys)


def test_a_json_feeds_home_page_names_no_item() -> None:
    page = {"version": "https://jsonfeed.org/version/1.1", "home_page_url": "https://example.org/news"}
    first, second = (
        only(parse(json.dumps({**page, "items": [{"id": "https://example.org/news/", "title": title}]})))
        for title in ("One", "Two")
    )
    assert set(first.keys).isdisjoint(second.keys)


def test_a_short_guid_is_no_address() -> None:
    item = "<item><guid>feed.xml</guid><title>{}</title></item>"
    page = '<rss version="2.0"><channel>{}</channel></rss>'
    first, second = (
        only(parse(page.format(item.format(title)), Feed(name="w", url=OWN))) for title in ("Old", "New title")
    )
    assert first.keys == second.keys


@pytest.mark.parametrize(
    "page",
    [
        '<rss version="2.0"><channel><title>T</title>',
        '<rss version="2.0"><channel><title>T',
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title>',
    ],
)
def test_a_page_that_breaks_off_before_its_first_entry_is_no_empty_feed(page: str) -> None:
    with pytest.raises(ParseError, match="breaks off before its first entry") as raised:
        parse(page)
    assert raised.value.cause is Cause.BROKEN


def test_of_a_page_that_breaks_off_the_entries_count() -> None:
    page = '<rss version="2.0"><channel><item><title>One</title></item><item><title>Tw'
    assert parse(page).entries[0].title == "One"


def test_an_empty_element_is_an_empty_feed() -> None:
    assert parse('<feed xmlns="http://www.w3.org/2005/Atom"/>').entries == ()


def test_entries_keep_their_identity_from_poll_to_poll() -> None:
    items = "<item><guid>1</guid></item><item><link>https://a.example/2</link></item><item><title>Three</title></item>"
    first, second = rss(items), rss("<item><guid>0</guid></item>" + items)
    assert [entry.id for entry in first.entries] == [entry.id for entry in second.entries[1:]]
    assert len({entry.id for entry in second.entries}) == 4


def test_a_text_reaches_feedparser_in_one_piece_and_to_the_letter() -> None:
    class Pieces(ContentHandler):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[str] = []

        def characters(self, content: str) -> None:
            self.found.append(content)

    handler = Pieces()
    parser = create_parser()
    parser.setContentHandler(handler)
    parser.parse(BytesIO(b"<a>1 &lt;b&gt;\n2 &amp; 3</a>"))
    assert handler.found == ["1 <b>\n2 & 3"]
