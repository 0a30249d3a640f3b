"""Feeds, as a URL or with options, in the main file or an included one."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.config.load import load_config
from monitor.model import Backlog, Feed
from tests.config.place import Place

NOT_A_URL = "a feed's URL begins with https:// or http:// and holds no blank"


def test_a_feed_is_a_url(place: Place) -> None:
    config = place.load("feeds: {guardian: ' https://example.org/rss '}")
    assert config.feeds == (Feed(name="guardian", url="https://example.org/rss"),)


def test_a_feed_with_everything(place: Place) -> None:
    place.env["TASS_KEY"] = "s3cret"
    config = place.load(
        """\
        defaults: {poll: 3m, backlog: alert}
        feeds:
          tass:
            url: https://example.org/rss?key=${TASS_KEY}
            poll: 5m
            lang: ru
            country: RU
            tags: [wire, state]
            headers: {Authorization: "Bearer ${TASS_KEY}", X-Plain: yes}
            backlog: silent
          other: {url: http://example.org/x, tags: wire, lang: pt-BR}
        """
    )
    tass, other = config.feeds
    assert (tass.url, tass.poll, tass.language, tass.country) == (
        "https://example.org/rss?key=s3cret", timedelta(minutes=5), "ru", "RU"
    )  # fmt: skip
    assert tass.tags == ("wire", "state")
    assert [(name, value.reveal()) for name, value in tass.headers] == [
        ("Authorization", "Bearer s3cret"),
        ("X-Plain", "yes"),
    ]
    assert tass.backlog is Backlog.SILENT
    assert (other.poll, other.backlog, other.tags) == (timedelta(minutes=3), Backlog.ALERT, ("wire",))
    assert "s3cret" not in repr(config)


def test_a_wrong_url_is_told_beside_wrong_options(place: Place) -> None:
    found = place.problems("feeds: {a: {url: htp://x, lang: english}, b: {url: [x], lang: y}, c: {lang: z}}")
    assert sum(NOT_A_URL in problem for problem in found) == 1
    assert len([problem for problem in found if "is not a language code" in problem]) == 3


def test_feeds_come_in_the_order_of_the_files(place: Place) -> None:
    place.write("more.yaml", "feeds: {c: https://c.example, a: https://a.example}")
    config = place.load("include: more.yaml\nfeeds: {z: https://z.example, b: https://b.example}")
    assert [feed.name for feed in config.feeds] == ["z", "b", "c", "a"]


@pytest.mark.parametrize(
    ("section", "problems"),
    [
        ("[https://example.org]", ["1:8: this should be a mapping of names to URLs; write a line `name: https://…` for each feed"]),
        ("text", ["1:8: this should be a mapping of names to URLs; write a line `name: https://…` for each feed"]),
        ("{a: }", ["1:9: `url` is missing"]),
        ("{a: {}}", ["1:9: `url` is missing"]),
        ("{a: ['https://x.example']}", ["1:12: a feed is a URL, or a mapping with `url` and options"]),
        ("{a: {url: [x]}}", ["1:18: this should be text, not a list"]),
        ("{a: ''}", [f"1:12: {NOT_A_URL}"]),
        ("{a: www.example.org/rss?key=s3cret}", [f"1:12: {NOT_A_URL}; put `https://` before it"]),
        ("{a: 'ftp://example.org/rss'}", [f"1:12: {NOT_A_URL}"]),
        ("{a: 'https:///rss'}", [f"1:12: {NOT_A_URL}"]),
        ("{a: 'https://exa mple.org'}", [f"1:12: {NOT_A_URL}"]),
        ('{a: "https://example.org/\\n"}', []),
        ('{a: "https://example.org/\\nx"}', [f"1:12: {NOT_A_URL}"]),
        ("{a: 'https://example.org:0/'}", [f"1:12: {NOT_A_URL}"]),
        ("{a: 'https://example.org:s3cret/'}", ["1:12: this is not a URL; look at its host and port"]),
        ("{a: 'https://[::1/'}", ["1:12: this is not a URL; look at its host and port"]),
        ("{a: 'https://s3cret℀.example/'}", ["1:12: this is not a URL; look at its host and port"]),
        ("{Tass World!: https://x.example}", ["1:9: a feed's name is made of a-z, 0-9, `-`, `_` and `.`; did you mean `tass-world`?"]),
        ("{'': https://x.example}", ["1:9: a feed's name is made of a-z, 0-9, `-`, `_` and `.`"]),
        ("{a: {url: https://x.example, pol: 5m}}", ["1:37: unknown key `pol`; did you mean `poll`?"]),
        ("{a: {url: https://x.example, poll: 1s}}", ["1:43: `1s` is too often: a feed is polled every 10s at most"]),
        ("{a: {url: https://x.example, lang: русский}}", ["1:43: `русский` is not a language code: write it like `en`, `ru` or `pt-BR`"]),
        ("{a: {url: https://x.example, lang: [en]}}", ["1:43: this should be text, not a list"]),
        ("{a: {url: https://x.example, lang: }}", ["1:43: this should be text; it is empty"]),
        ("{a: {url: https://x.example, tags: {a: b}}}", ["1:43: this should be a list, not a mapping"]),
        ("{a: {url: https://x.example, backlog: loud}}", ["1:46: this should be one of `silent`, `digest`, `alert`, not `loud`"]),
        ("{a: {url: https://x.example, headers: Bearer s3cret}}", ["1:46: this should be a mapping (`key: value`), not text"]),
        ("{a: {url: https://x.example, headers: {A: [s3cret]}}}", ["1:50: this should be text, not a list"]),
        ("{a: {url: https://x.example, headers: {'A B': x}}}", ["1:47: this is no name of an HTTP header"]),
        ('{a: {url: https://x.example, headers: {A: "s3cret\\r\\nB: c"}}}', ["1:50: the value of header `A` holds a line end or control character; an HTTP header is one line"]),
    ],
)  # fmt: skip
def test_mistakes(place: Place, section: str, problems: list[str]) -> None:
    found = place.problems(f"feeds: {section}")
    assert found == [f"monitor.yaml:{problem}" for problem in problems]
    assert not any("s3cret" in problem for problem in found)


LITERAL = "a secret must not stand in this file; write ${NAME}, and set NAME in the environment or .env"


@pytest.mark.parametrize(
    ("feed", "column"),
    [
        ("{url: https://x.example, headers: {Authorization: Bearer s3cret}}", 51),
        ("{url: https://x.example, headers: {cookie: id=s3cret}}", 44),
        ('{url: https://x.example, headers: {X-Api-Key: "s3cret"}}', 47),
        ("{url: https://x.example, headers: {X-Feed-Token: s3cret}}", 50),
        ("{url: 'https://me:s3cret@x.example/rss'}", 7),
        ("https://me:s3cret@x.example/rss", 1),
        ("https://${USER}:s3cret@x.example/rss?a=${USER}", 1),
    ],
)
def test_a_secret_that_is_written_out_is_refused_and_not_repeated(place: Place, feed: str, column: int) -> None:
    place.env["USER"] = "me"
    place.write("monitor.yaml", f"feeds:\n  a: {feed}\n")
    _, problems = load_config(place.file, env=place.env)
    assert [str(problem).replace(f"{place.folder}/", "") for problem in problems] == [
        f"monitor.yaml:2:{column + 5}: {LITERAL}"
    ]
    assert "s3cret" not in problems[0].source
    assert problems[0].source.startswith("  a: ")


def test_no_other_mistake_on_that_line_shows_it_either(place: Place) -> None:
    place.write("monitor.yaml", "feeds:\n  a: {url: https://x.example, pol: 1, headers: {Cookie: id=s3cret}}\n")
    _, problems = load_config(place.file, env={})
    assert len(problems) == 2
    assert not any("s3cret" in problem.source for problem in problems)


def test_references_and_what_is_no_secret_are_right(place: Place) -> None:
    place.env["KEY"] = "s3cret"
    config = place.load(
        """\
        feeds:
          a: {url: "https://me:${KEY}@x.example/", headers: {Cookie: "id=${KEY}", Accept-Language: ru, X-Api-Key: ""}}
          b: https://user@x.example/a:b@c
        """
    )
    assert len(config.feeds) == 2


# -- references --------------------------------------------------------------------------------------------------------


def test_a_reference_to_nothing_is_named_and_no_value_is(place: Place) -> None:
    place.env |= {"SET": "s3cret", "EMPTY": ""}
    problems = place.problems(
        """\
        feeds:
          a: https://${SET}.example/${MISSING}
          b: {url: https://b.example, headers: {Authorization: "${SET} ${EMPTY} ${GONE} ${GONE}", X: "${MISS-ING}"}}
        """
    )
    where = "in the environment, or in the file `.env` beside monitor.yaml"
    assert problems == [
        f"monitor.yaml:2:6: `MISSING` is not set: put it {where}",
        f"monitor.yaml:3:56: `EMPTY`, `GONE` are not set: put them {where}",
        "monitor.yaml:3:94: a reference is written `${NAME}`, of letters, digits and `_`",
    ]


@pytest.mark.parametrize("value", ["host:s3cret", "[s3cret", "a b s3cret", "s3cret\udcff", "s3cret\n"])
def test_a_value_that_makes_no_url_or_header_is_not_shown(place: Place, value: str) -> None:
    place.env["VALUE"] = value
    problems = place.problems('feeds: {a: {url: "https://${VALUE}/", headers: {A: "${VALUE}\\n"}}}')
    assert len(problems) == 2
    assert not any("s3cret" in problem for problem in problems)


# -- twins -------------------------------------------------------------------------------------------------------------


def test_one_name_twice_across_files(place: Place) -> None:
    place.write("more.yaml", "feeds:\n  a: https://other.example/\n")
    assert place.problems("include: more.yaml\nfeeds:\n  a: https://a.example/\n") == [
        "more.yaml:2:3: feed `a` stands in monitor.yaml:3 already; give one of them another name"
    ]


def test_one_url_twice_across_files(place: Place) -> None:
    place.env["HOST"] = "a.example"
    place.write("more.yaml", "feeds:\n  b: https://${HOST}/\n  c: https://c.example/\n  d: https://c.example/\n")
    assert place.problems("include: more.yaml\nfeeds:\n  a: https://a.example/\n") == [
        "more.yaml:2:3: feed `a` in monitor.yaml:3 has the same URL; remove one of them",
        "more.yaml:4:3: feed `c` in more.yaml:3 has the same URL; remove one of them",
    ]


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["file:stories/a feed.xml", "file:./stories/../stories/a%20feed.xml", "FILE:stories/a feed.xml"]
)
def test_a_file_is_relative_to_the_main_file(place: Place, written: str) -> None:
    config = place.load(f"allow_files: stories\nfeeds: {{a: '{written}'}}")
    assert [feed.url for feed in config.feeds] == [(place.folder / "stories" / "a feed.xml").as_uri()]


def test_a_file_may_be_absolute(place: Place) -> None:
    path = place.folder / "stories" / "a.xml"
    for written in (f"file:{path}", f"file://{path}", f"file://localhost{path}"):
        config = place.load(f"allow_files: [{place.folder}]\nfeeds: {{a: '{written}'}}")
        assert config.feeds[0].url == path.as_uri()


def test_only_the_main_file_names_files(place: Place) -> None:
    place.write("seeds/more.yaml", "feeds: {a: 'file:stories/a.xml'}")
    assert place.problems("include: seeds/more.yaml\nallow_files: seeds") == [
        "seeds/more.yaml:1:12: only the main file may name `file:` feeds; move this feed to monitor.yaml"
    ]


@pytest.mark.parametrize(
    "written", ["file:", "file://stories/a.xml", "file:a.xml?x", "file:a.xml#x", "file:%00", "file:a%0A", "file://["]
)
def test_what_names_no_file(place: Place, written: str) -> None:
    [problem] = place.problems(f"allow_files: .\nfeeds: {{a: '{written}'}}")
    assert problem == "monitor.yaml:2:12: this names no file; write it like `file:folder/feed.xml`"


@pytest.mark.parametrize(
    "written", ["file:other/a.xml", "file:stories/../a.xml", "file:/etc/passwd", "file:link/a.xml"]
)
def test_a_file_outside_what_is_allowed(place: Place, written: str) -> None:
    (place.folder / "link").symlink_to("/etc")
    [problem] = place.problems(f"allow_files: [stories]\nfeeds: {{a: '{written}'}}")
    assert problem == (
        "monitor.yaml:2:12: this file lies outside the folders of `allow_files`; "
        "name the file's folder there: `allow_files: [folder]`"
    )


def test_a_circle_of_links_is_only_a_feed_that_will_fail(place: Place) -> None:
    (place.folder / "loop").symlink_to(place.folder / "loop")
    config = place.load("allow_files: [., loop]\nfeeds: {a: 'file:loop/a.xml'}")
    assert Path(config.feeds[0].url).name == "a.xml"


PLAIN = "feeds: {a: https://x.example}"


@pytest.mark.parametrize(
    ("poll", "wanted"),
    [
        ("5m", (5, None, None)),
        ("{every: 10m, max: 2h}", (10, None, 120)),
        ("{every: 10m, min: 2m, max: 2h}", (10, 2, 120)),
    ],
)
def test_how_often_a_feed_is_polled_may_have_bounds(
    place: Place, poll: str, wanted: tuple[int, int | None, int | None]
) -> None:
    for text in (f"feeds: {{a: {{url: https://x.example, poll: {poll}}}}}", f"defaults: {{poll: {poll}}}\n{PLAIN}"):
        feed = place.load(f"channels: {{screen: {{console: true}}}}\n{text}").feeds[0]
        minutes = tuple(each and each // timedelta(minutes=1) for each in (feed.poll, feed.poll_min, feed.poll_max))
        assert minutes == wanted


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("poll: {min: 5m}", "`every` is missing"),
        ("poll: {every: 5m, min: 6m}", "`min` is longer than `every`"),
        ("poll: {every: 5m, max: 4m}", "`max` is shorter than `every`"),
        ("poll: {every: 5m, max: 4m, most: 1h}", "unknown key `most`; known here: `every`, `max`, `min`"),
        ("poll: [5m]", "this is not a duration: write it like `90s`, `10m`, `24h` or `7d`"),
        ("first_poll: alert", "unknown key `first_poll`; did you mean `backlog`?"),
        ("identity: url", "this should be one of `auto`, `guid`, `link`, `title`, `content`, not `url`"),
    ],
)
def test_mistakes_in_how_a_feed_is_polled(place: Place, options: str, problem: str) -> None:
    found = place.problems(f"feeds: {{a: {{url: https://x.example, {options}}}}}")
    assert any(each.endswith(problem) for each in found), found
