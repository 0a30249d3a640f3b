"""Pages of every format and oddity, written for this test: what each gives, or the error that names what it is.

`corpus/index.csv` says of each file: the header that came with it, how many entries it holds, the first one's title,
link and text, or else the whole error; and whether it is cut into blocks (`monitor.feeds.split`).
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import FeedError
from monitor.feeds.check import shortcut_holds
from monitor.feeds.parse import parse_page
from monitor.feeds.split import plan_parse
from monitor.model import Feed, Page

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FEED = Feed(name="harbour", url="https://harbour.example/feed?token=hunter2")
FOLDER = Path(__file__).parent / "corpus"

with (FOLDER / "index.csv").open(newline="", encoding="utf-8") as file:
    INDEX = {row["path"]: row for row in csv.DictReader(file)}


def test_every_file_is_in_the_index() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*INDEX, "index.csv"}


@pytest.mark.parametrize("name", INDEX)
def test_a_file_gives_what_the_index_says(name: str) -> None:
    row = INDEX[name]
    page = Page(body=(FOLDER / name).read_bytes(), content_type=row["header"])
    if row["error"]:
        with pytest.raises(FeedError) as caught:
            parse_page(page, FEED, NOW)
        assert str(caught.value) == row["error"]
        return
    entries = parse_page(page, FEED, NOW).entries
    assert len(entries) == int(row["entries"])
    if entries:
        first = entries[0]
        assert (first.title, first.url) == (row["title"], row["url"])
        assert row["text"] in (first.summary, first.body)


@pytest.mark.parametrize("name", [name for name, row in INDEX.items() if not row["error"]])
def test_in_parts_it_gives_what_it_gives_whole(name: str) -> None:
    row = INDEX[name]
    page = Page(body=(FOLDER / name).read_bytes(), content_type=row["header"])
    plan = plan_parse(page, b"")
    assert bool(plan.blocks) == (row["cut"] == "yes")
    assert plan.page is not None
    whole = parse_page(page, FEED, NOW)
    assert parse_page(plan.page, FEED, NOW) == whole
    if plan.blocks:
        assert shortcut_holds(plan.page, whole, FEED, NOW)


def test_no_error_tells_a_secret() -> None:
    assert not [row for row in INDEX.values() if "hunter2" in row["error"]]
