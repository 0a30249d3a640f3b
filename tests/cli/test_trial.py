"""What a rule can be tried on: words, files of any kind, and what is none of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import ParseError, UserError
from monitor.trial import read_trial
from tests.feeds.feed_server import NOW, RSS


def written(path: Path, body: bytes) -> str:
    path.write_bytes(body)
    return str(path)


async def read(path: Path, body: bytes) -> tuple[str, str]:
    (entry,) = await read_trial(written(path, body), NOW)
    return entry.title, entry.body


@pytest.mark.parametrize(
    ("body", "title", "rest"),
    [
        (b"Title\nOne line\nand <b>another</b> &amp; more", "Title", "One line\nand <b>another</b> &amp; more"),
        (b"[Reuters] Carter calls\r\n\r\nShoygu\r\n", "[Reuters] Carter calls", "Shoygu"),
        (b"{not JSON}\nx", "{not JSON}", "x"),
        ("Шойгу\nи Картер".encode("utf-16"), "Шойгу", "и Картер"),
        (b"<html><body><h1>Title</h1><p>One &amp; two</p></body></html>", "Title", "One & two"),
    ],
)
async def test_a_files_first_line_is_the_title(tmp_path: Path, body: bytes, title: str, rest: str) -> None:
    assert await read(tmp_path / "note", body) == (title, rest)


async def test_a_feed_gives_its_entries(tmp_path: Path) -> None:
    assert await read(tmp_path / "feed", RSS) == ("One", "")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the text is empty"),
        (b" \n\t\n", "the text is empty"),
        (b"<p> </p>", "the text is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a binary file"),
    ],
)
async def test_what_is_no_text_is_named(tmp_path: Path, body: bytes, said: str) -> None:
    with pytest.raises(UserError, match=said):
        await read(tmp_path / "x", body)


async def test_a_broken_feed_stays_a_broken_feed(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="breaks off"):
        await read(tmp_path / "x", b'<rss version="2.0"><channel><title>T')


async def test_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        await read_trial(str(tmp_path), NOW)
