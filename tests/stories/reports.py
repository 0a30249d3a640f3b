"""Entries for the tests of stories, and a newsroom that judges and remembers as a poll does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from monitor.model import Entry
from monitor.stories.index import StoryIndex
from monitor.stories.verdict import Verdict

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def report(
    title: str, summary: str = "", *, feed: str = "wire", hours: float = 0.0, link: str = "", body: str = ""
) -> Entry:
    name = f"{feed}|{title}|{summary}|{body}|{hours}|{link}"
    return Entry(
        id=sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32],
        keys=(),
        feed=feed,
        title=title,
        summary=summary,
        body=body,
        canonical_url=link,
        seen_at=NOW + timedelta(hours=hours),
    )


def tell(index: StoryIndex, entry: Entry) -> Verdict:
    verdict = index.judge(entry)
    index.add(entry, verdict.story_id or entry.id)
    return verdict


def last(*entries: Entry) -> Verdict:
    """Tell one entry after the other to an empty index; return what is said of the last."""
    index = StoryIndex()
    return [tell(index, entry) for entry in entries][-1]
