"""Found entries for other programs: whatever feeds write, it is data there."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import feedparser
import pytest

from monitor.listing import COLUMNS, Counted, Listed, write_csv, write_jsonl, write_rss
from monitor.model import Entry

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOSTILE = "=1+1\x00\x1b[2J </title>]]>&amp; \u2028\ud800\u202e\uffff \"quoted\", 'x'\r\nline"


def listed(**changes: Any) -> Listed:
    given = {"id": "0" * 32, "keys": (), "feed": "wire", "title": "Talks", "seen_at": NOW, **changes}
    return Listed(rule="r", at=NOW, entry=Entry(**given), found=("talks", "Шойгу"))


def test_json_lines_are_flat_and_complete() -> None:
    out = io.StringIO()
    items = Counted([listed(title=HOSTILE, authors=("A", "B"), published=NOW, url="https://a.example/1"), listed()])
    write_jsonl(items, out)
    assert items.count == 2
    lines = out.getvalue().split("\n")
    assert lines.pop() == ""
    assert out.getvalue().isascii()
    one, two = map(json.loads, lines)
    assert tuple(one) == tuple(two) == COLUMNS
    assert one == {
        "rule": "r",
        "at": "2026-11-22T12:00:00+00:00",
        "id": "0" * 32,
        "feed": "wire",
        "title": HOSTILE,
        "url": "https://a.example/1",
        "language": "",
        "published": "2026-11-22T12:00:00+00:00",
        "authors": ["A", "B"],
        "tags": [],
        "summary": "",
        "found": ["talks", "Шойгу"],
    }
    assert two["published"] is None


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", " =", "\t=", "\r\n=", "\ufeff@", "＝", "\u202e+"])
def test_no_cell_is_a_formula(sign: str) -> None:
    out = io.StringIO()
    write_csv([listed(title=f'{sign}HYPERLINK("https://evil.example")', feed=sign, url=f"{sign}x", tags=(sign,))], out)
    heading, row = csv.reader(io.StringIO(out.getvalue()))
    assert heading == [*COLUMNS]
    assert all(cell[:1] not in {"=", "+", "-", "@", "＝", "\t", "\r"} for cell in row)
    assert row[4] == f'\'{sign.strip().strip(chr(0xFEFF)).strip(chr(0x202E))}HYPERLINK("https://evil.example")'


def test_a_feed_of_findings_is_read_back() -> None:
    out = io.StringIO()
    entries = [
        listed(title=HOSTILE, summary="<script>alert(1)</script> & \x00", url="https://a.example/?a=1&b=<2>"),
        listed(id="1" * 32, title="", url="javascript:alert(1)", published=datetime(2026, 1, 2, tzinfo=UTC)),
    ]
    write_rss(entries, out, title="Media Monitor: <r> \x01", now=NOW, link="https://m.example/rules/r")
    parsed = feedparser.parse(out.getvalue().encode(), sanitize_html=False)
    assert not parsed.bozo
    assert parsed.version == "rss20"
    assert parsed.feed.title == "Media Monitor: <r> \ufffd"
    assert parsed.feed.link == "https://m.example/rules/r"
    first, second = parsed.entries
    assert first.title == "=1+1[2J </title>]]>&amp; \"quoted\", 'x' line"
    assert first.summary == "<script>alert(1)</script> & \ufffd"
    assert first.link == "https://a.example/?a=1&b=%3C2%3E"
    assert [tag.term for tag in first.tags] == ["wire", "talks", "Шойгу"]
    assert (first.id, second.id) == ("0" * 32, "1" * 32)
    assert second.title == "(no title)"
    assert "link" not in second
    assert second.published == "Fri, 02 Jan 2026 00:00:00 +0000"
