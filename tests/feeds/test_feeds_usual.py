"""What `usual` reads it reads as feedparser does, to the letter; whatever it may not read so it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from feedparser.datetimes import _parse_date
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.feeds.charset import decode
from monitor.feeds.hub import hub_and_topic
from monitor.feeds.items import XmlFeed
from monitor.feeds.legal import legal
from monitor.feeds.parse import parse_page
from monitor.feeds.small import SMALL, parse_small
from monitor.feeds.usual.reader import read_usual
from monitor.feeds.usual.texts import UnusualError, usual_date
from monitor.feeds.xmlfeed import read_xml_feed
from monitor.model import Feed, Page

NOW = datetime(2030, 1, 1, tzinfo=UTC)
FEED = Feed(name="wire", url="https://wire.example/rss")
CORPUS = Path(__file__).parent / "corpus"
SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:own="https://wire.example/own"'
)


def rss(items: str, head: str = "<title>Wire</title>", root: str = SPACES) -> str:
    return f'<rss version="2.0" {root}><channel>{head}{items}</channel></rss>'


def atom(entries: str, root: str = "") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {root}><title>Wire</title>{entries}</feed>'


def rdf(items: str) -> str:
    return (
        '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://wire.example/"><title>Wire</title>'
        "<link>https://wire.example/</link><items><rdf:Seq><rdf:li rdf:resource='a'/></rdf:Seq></items></channel>"
        f"<image><title>Logo</title><url>a.png</url><link>https://logo.example</link></image>{items}</rdf:RDF>"
    )


def facts(feed: XmlFeed) -> tuple[object, ...]:
    return feed.title, feed.site, hub_and_topic(feed.links), bool(feed.version), tuple(feed.items)


def agrees(text: str) -> bool:
    """Say whether a page is usual; then it has to be read as feedparser does."""
    found = read_usual(text, NOW)
    if found is None:
        return False
    assert facts(found) == facts(read_xml_feed(text, NOW))
    return True


USUAL = {
    "RSS": rss(
        "<item><title>Ministers &amp; &lt;b&gt;ships&lt;/b&gt;</title><link>https://wire.example/1?a=1&amp;amp;b=2</link>"
        "<guid isPermaLink='false'>tag:1</guid><description>&lt;p&gt;They met&lt;/p&gt;</description>"
        "<pubDate>Sun, 01 Mar 2026 11:05:00 +0200</pubDate><category domain='d'>World</category><category>World</category>"
        "<author>desk@wire.org (Desk)</author><dc:creator>Anna</dc:creator><comments>c</comments>"
        "<content:encoded><![CDATA[<p>All of it, in full</p>]]></content:encoded><slash:comments>3</slash:comments>"
        "<media:content url='a.jpg'><media:title>Photo</media:title><media:category>Photos</media:category></media:content>"
        "<own:id>7</own:id><post-id xmlns='com-wordpress:feed-additions:1'>7</post-id></item>"
        "<item><title>It&amp;#8217;s on</title><guid>https://wire.example/2</guid><dc:date>2026-03-01T11:05:00Z</dc:date>"
        "<description>short</description><media:description>the longer one</media:description></item>",
        head=(
            "<title>Wire</title><link>https://wire.example/</link><language>en-GB</language>"
            "<atom:link rel='self' href='https://wire.example/rss'/><atom:link rel='hub' href='https://hub.example/'/>"
            "<image><url>l.png</url><title>Logo</title><link>https://logo.example/</link></image>"
            "<itunes:owner><itunes:name>Owner</itunes:name></itunes:owner><skipHours><hour>1</hour></skipHours>"
            "<itunes:category text='News'><itunes:category text='Daily'/></itunes:category>"
            "<textInput><title>Search</title><description>d</description><name>q</name><link>l</link></textInput>"
        ),
    ),
    "Atom": atom(
        "<id>tag:wire</id><link href='/'/><entry><id>tag:1</id><title type='html'>A &amp;lt;i&amp;gt; B</title>"
        "<link rel='alternate' type='text/html' href='/1'/><link rel='enclosure' href='/1.mp3'/>"
        "<author><name>Anna</name><uri>https://anna.example</uri></author><contributor><name>Bob</name></contributor>"
        "<published>2026-03-01T11:05:00.5+01:00</published><updated>2026-03-02T11:05:00Z</updated>"
        "<category term='world' label='World'/><summary>plain &lt;b&gt;</summary>"
        "<content type='html' xml:base='https://base.example/x'>&lt;p&gt;Text&lt;/p&gt;</content></entry>"
        "<entry xml:lang='fr_FR'><id>https://wire.example/2</id><title>Deux</title><link href='2.html'/></entry>",
        root='xml:lang="en"',
    ),
    "RDF": rdf(
        "<item rdf:about='https://wire.example/1'><title>One</title><link>https://wire.example/1</link>"
        "<description>d</description><dc:date>2026-03-01T11:05:00+01:00</dc:date><dc:subject>World</dc:subject></item>"
    ),
    "double UTF-8": rss("<item><title>CafÃ© \x93quoted\x94</title><guid>1</guid></item>"),
    "only content": rss("<item><guid>1</guid><content:encoded>&lt;p&gt;All&lt;/p&gt;</content:encoded></item>"),
    "a base": rss("<item><link>/1</link><guid>2</guid></item>", root="xml:base='https://base.example/feed/'"),
    "a picture of an item": rss("<item><title>T</title><image>a.png</image><source url='u'>S</source></item>"),
    "no items": rss(""),
}

UNUSUAL = {
    "a DOCTYPE": '<!DOCTYPE rss [<!ENTITY a "b">]>' + rss("<item><title>&a;</title></item>"),
    "an entity nobody declares": rss("<item><title>&nbsp;</title></item>"),
    "deep nesting": rss("<item><own:a>" + "<own:a>" * 1_000 + "</own:a>" * 1_000 + "</own:a></item>"),
    "what is not closed": rss("<item><title>T</item>"),
    "a character that is forbidden": rss("<item><title>\x01</title></item>"),
    "markup": rss("<item><title>A <b>word</b></title></item>"),
    "markup in HTML's namespace": atom("<entry><content type='xhtml'><p>A</p></content></entry>"),
    "two titles": rss("<item><title>A</title><title>B</title></item>"),
    "two guids": rss("<item><guid>A</guid><guid>B</guid></item>"),
    "three descriptions": rss("<item>" + "<description>A</description>" * 3 + "</item>"),
    "a title of a picture first": rss("<item><media:title>A</media:title><title>B</title></item>"),
    "another date": rss("<item><pubDate>1 March 2026</pubDate></item>"),
    "no such date": rss("<item><pubDate>Sun, 41 Mar 2026 11:05:00 GMT</pubDate></item>"),
    "a zone": rss("<item><pubDate>Sun, 01 Mar 2026 11:05:00 XYZ</pubDate></item>"),
    "a title of tags nobody knows": rss("<item><title>&lt;blip&gt;A&lt;/blip&gt;</title></item>"),
    "base64": atom("<entry><content type='image/png'>QQ==</content></entry>"),
    "a mode": rss("<item><description mode='base64'>QQ==</description></item>"),
    "an author's address in another order": rss("<item><author>Anna: a@wire.example</author></item>"),
    "what stands in an author": atom("<entry><author><x xmlns='u:v'>A</x></author></entry>"),
    "more of an author before his name": rss("<item><author><own:x>A</own:x></author></item>"),
    "an author's name after another author": atom("<entry><author>A</author><author><name>B</name></author></entry>"),
    "an author without a name after another": atom(
        "<entry><author><name>A</name></author><author><uri>u</uri></author></entry>"
    ),
    "tags without end": rss("<item>" + "".join(f"<category>{n}</category>" for n in range(200)) + "</item>"),
    "an address of a link": rss("<item><link url='https://wire.example/1'/></item>"),
    "attributes of one name": rss("<item><title own:type='html' type='text'>A</title></item>"),
    "a base that joining changes": rss("<item/>", root="xml:base='feed'"),
    "an old namespace": '<feed xmlns="http://purl.org/atom/ns#" version="0.3"><entry><title>A</title></entry></feed>',
    "a namespace like another": rss("<item/>", root='xmlns:x="http://backend.userland.com/rss2"'),
    "a known prefix of another namespace": rss("<item/>", root='xmlns:dc="https://wire.example/dc"'),
    "a known namespace without a prefix": rss("<item><title xmlns='http://purl.org/dc/elements/1.1/'>A</title></item>"),
    "a prefix twice": rss("<item><own:x xmlns:own='u:v'/></item>"),
    "a namespace with and without a prefix": rss("<item><x xmlns='https://wire.example/own'/></item>"),
    "a channel somewhere else": rss("<item/>", root="").replace("<channel>", "<channel href='u'>"),
    "a feed without a namespace": "<feed><entry><title>A</title></entry></feed>",
    "RDF without RSS": rdf("").replace('xmlns="http://purl.org/rss/1.0/"', ""),
    "two titles of a feed": rss("<item/>", head="<title>A</title><title>B</title>"),
    "a name without end": rss(f"<item><own:{'a' * 300}/></item>"),
    "a drawing": rss("<item><own:svg/></item>"),
    "something else": "<opml/>",
}


@pytest.mark.parametrize("name", USUAL)
def test_a_usual_page_is_read_as_feedparser_does(name: str) -> None:
    assert agrees(USUAL[name])


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_page_is_left_alone(name: str) -> None:
    assert read_usual(UNUSUAL[name], NOW) is None


def test_our_corpus_is_read_alike() -> None:
    usual = 0
    for path in CORPUS.rglob("*"):
        text = decode(path.read_bytes()).lstrip("\ufeff\0 \t\r\n") if path.is_file() else ""
        usual += agrees(legal(text)) if text.startswith("<") else 0
    assert usual >= 10


_PIECES = st.sampled_from(
    [
        *("<title>One</title>", "<title>It&amp;#39;s &lt;b&gt;</title>", "<title/>", "<dc:title>D</dc:title>"),
        *("<link>https://wire.example/1</link>", "<link>  </link>", "<atom:link href='/x' rel='related'/>", "<link/>"),
        *("<atom:link href='https://wire.example/2'/>", "<atom:link href='' type='audio/mpeg'/>", "<guid>u:1</guid>"),
        *("<guid isPermaLink='false'>g</guid>", "<guid>https://wire.example/g</guid>", "<atom:id>a</atom:id>"),
        *("<description>d</description>", "<description/>", "<atom:summary>s &amp;amp;</atom:summary>"),
        *("<itunes:summary>i</itunes:summary>", "<content:encoded>c c</content:encoded>", "<media:group/>"),
        *("<atom:content type='html'>a a a</atom:content>", "<media:description>m</media:description>"),
        *("<media:group><media:description>g</media:description></media:group>", "<media:title>M</media:title>"),
        *(
            "<author>A</author>",
            "<author>a@b.co</author>",
            "<author>a@b.co (A B)</author>",
            "<dc:creator> </dc:creator>",
        ),
        *("<atom:author><atom:name>N</atom:name></atom:author>", "<atom:author><atom:uri>u</atom:uri>x</atom:author>"),
        *("<category domain='x'/>", "<category>C</category>", "<category term='T' label='L'>C</category>"),
        *(
            "<dc:subject>S</dc:subject>",
            "<media:category>MC</media:category>",
            "<pubDate/>",
            "<dc:language>de</dc:language>",
        ),
        *("<pubDate>Sun, 01 Mar 2026 11:05 EST</pubDate>", "<dc:date>2026-03-01T11:05:00-05:00</dc:date>"),
        *(
            "<dcterms:created>2026-03-01T11:05Z</dcterms:created>",
            "<pubDate>now</pubDate>",
            "<source url='u'>S</source>",
        ),
        *("<own:title xml:lang='fr'>O</own:title>", "<title xml:lang='de_AT'>L</title>", "<image>i</image>", "text"),
        *("<title xml:base='https://base.example/'>B</title>", "<keywords>a,b</keywords>", "<date>2026-03-01</date>"),
        *("<itunes:image href='i'/>", "<enclosure url='e' type='audio/mpeg'/>", "<x xmlns='u:v'>X</x>", "<!-- c -->"),
        *("<itunes:author>I</itunes:author>", "<media:thumbnail url='t'/>", "<own:a><own:b>c</own:b></own:a>"),
    ]
)
_FEED_PIECES = st.sampled_from(
    [
        *("<link>https://wire.example/</link>", "<language>en</language>", "<atom:link rel='self' href='/s'/>", ""),
        *(
            "<image><title>I</title><url>u</url></image>",
            "<atom:id>https://wire.example/id</atom:id>",
            "<guid>g</guid>",
        ),
        *("<managingEditor>e</managingEditor>", "<itunes:summary>s</itunes:summary>", "<ttl>5</ttl>", "<category/>"),
    ]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    head=st.lists(_FEED_PIECES, max_size=3),
    items=st.lists(st.lists(_PIECES, max_size=7), min_size=1, max_size=2),
    tail=_FEED_PIECES,
)
def test_no_order_of_elements_is_read_otherwise(head: list[str], items: list[list[str]], tail: str) -> None:
    written = "".join(f"<item>{''.join(pieces)}</item>" for pieces in items)
    agrees(rss(written + tail, head="<title>Wire</title>" + "".join(head)))


@settings(max_examples=200)
@given(
    st.from_regex(
        r"((Mon|Tue|Sat|Sunday),? )?[0-3]?\d (Jan|Oct|Sept|March) (19|20)\d\d [0-2]?\d:[0-5]\d(:[0-6]\d)?"
        r" ([+-][01]\d:?[0-5]\d|GMT|UTC|EST|PDT|MSK|Z|IST)|(19|20)\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d(:[0-6]\d(\.\d+)?)?"
        r"(Z|[+-][01]\d:[0-5]\d)?",
        fullmatch=True,
        alphabet=st.characters(max_codepoint=127),
    )
)
def test_a_date_is_read_as_feedparser_does(written: str) -> None:
    try:
        found = usual_date(written)
    except UnusualError:
        return
    parsed = _parse_date(written)
    assert parsed is not None
    assert found[:6] == parsed[:6]


@pytest.mark.parametrize(
    "written", ["Sun, 01 Mar 2026 11:05:00 GMT", "2026-03-01T12:05:00.25+01:00", "2026-03-01T11:05Z"]
)
def test_the_usual_dates_are_read(written: str) -> None:
    assert usual_date(written)[:5] == (2026, 3, 1, 11, 5)


# -- small pages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in USUAL if name != "no items"])
def test_a_small_page_gives_what_it_gives_anywhere(name: str) -> None:
    page = Page(body=USUAL[name].encode())
    parsed = parse_small(page, FEED, NOW)
    assert parsed == parse_page(page, FEED, NOW)


@pytest.mark.parametrize(
    "page",
    [
        *(text for name, text in UNUSUAL.items() if name != "a character that is forbidden"),  # it is dropped
        rss("<item><title>A</title></item>") + " " * SMALL,
        USUAL["no items"],
        "",
        '{"version": "https://jsonfeed.org/version/1.1", "items": []}',
        '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><rss><channel/></rss>',
    ],
)
def test_what_is_large_or_unusual_in_any_way_goes_to_the_process_that_can_be_killed(page: str) -> None:
    assert parse_small(Page(body=page.encode()), FEED, NOW) is None


@pytest.mark.parametrize("hostile", ["<a ", "<!--", "&#60;", "<b>", "a@", "=", "(1 comments ", "https://x/?a=1&", "<p"])
def test_the_worst_small_page_takes_no_time_to_speak_of(hostile: str) -> None:
    text = (hostile * SMALL)[: SMALL // 8].replace("&", "&amp;").replace("<", "&lt;")
    page = Page(
        body=rss(f"<item><title>T</title><link>{text[:9_000]}</link><description>{text}</description></item>").encode()
    )
    if len(page.body) <= SMALL:
        assert parse_small(page, FEED, NOW) == parse_page(page, FEED, NOW)
