"""Feeds from files: inside the allowed folders, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import Cause, FetchError
from monitor.feeds.answer import MAX_BYTES
from monitor.feeds.fetch import HttpFetcher
from monitor.model import Feed, FeedState, Page


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    allowed = tmp_path / "allowed folder"
    allowed.mkdir()
    (allowed / "лента.xml").write_bytes(b"<rss/>")
    (tmp_path / "secret.xml").write_bytes(b"secret")
    return allowed


@pytest.fixture
async def fetcher(folder: Path) -> AsyncIterator[HttpFetcher]:
    fetcher = HttpFetcher(clock=lambda: datetime(2026, 11, 1, tzinfo=UTC), allow_folders=(folder,))
    yield fetcher
    await fetcher.close()


async def read(fetcher: HttpFetcher, url: str) -> Page:
    page = await fetcher.fetch(Feed(name="local", url=url), FeedState(feed_id=1, name="local", url=url))
    assert isinstance(page, Page)
    return page


async def refused(fetcher: HttpFetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as raised:
        await read(fetcher, url)
    assert "\n" not in raised.value.detail
    return raised.value


async def test_a_file_in_an_allowed_folder_is_read(fetcher: HttpFetcher, folder: Path) -> None:
    assert (await read(fetcher, (folder / "лента.xml").as_uri())).body == b"<rss/>"
    assert (await read(fetcher, (folder / "лента.xml").as_uri().replace("file://", "file://localhost"))).body
    (folder / "link.xml").symlink_to("лента.xml")
    assert (await read(fetcher, (folder / "link.xml").as_uri())).body == b"<rss/>"


async def test_nothing_leads_out_of_the_folder(fetcher: HttpFetcher, folder: Path) -> None:
    (folder / "link.xml").symlink_to(folder.parent / "secret.xml")
    (folder / "up").symlink_to("..")
    base = folder.as_uri()
    for path in ("/link.xml", "/up/secret.xml", "/../secret.xml", "/%2e%2e/secret.xml", "/..%2fsecret.xml"):
        error = await refused(fetcher, base + path)
        assert error.cause is Cause.FILE
        assert "outside the folders" in error.detail
    assert (await refused(fetcher, "file:///etc/passwd")).cause is Cause.FILE


async def test_what_is_no_regular_file_is_refused(fetcher: HttpFetcher, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "circle").symlink_to("circle")
    for name, words in (
        ("", "directory"),
        ("pipe", "not a regular file"),
        ("none.xml", "No such file"),
        ("circle", ""),
    ):
        error = await refused(fetcher, f"{folder.as_uri()}/{name}")
        assert error.cause is Cause.FILE
        assert words.lower() in error.detail.lower()


async def test_odd_urls_are_refused(fetcher: HttpFetcher, folder: Path) -> None:
    assert (await refused(fetcher, "file://server/share/feed.xml")).cause is Cause.BAD_URL
    for url in (f"{folder.as_uri()}/a%00b", "file:", "file:///", f"{folder.as_uri()}/{'x' * 5_000}"):
        assert (await refused(fetcher, url)).cause is Cause.FILE


async def test_a_file_that_is_too_large_is_refused(fetcher: HttpFetcher, folder: Path) -> None:
    with (folder / "large.xml").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert (await refused(fetcher, (folder / "large.xml").as_uri())).cause is Cause.TOO_LARGE


async def test_without_folders_there_are_no_files(folder: Path) -> None:
    fetcher = HttpFetcher(clock=lambda: datetime(2026, 11, 1, tzinfo=UTC))
    assert (await refused(fetcher, (folder / "лента.xml").as_uri())).cause is Cause.FILE
    await fetcher.close()
