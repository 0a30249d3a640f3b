"""A mute of one recipient keeps no message back: the others of the channel get it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from monitor.decide.mutes import muted_by, what_is_muted
from monitor.decide.owed import digest_of
from monitor.model import Coverage, Excerpt, Message, Mute, Priority

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MUTE = Mute(id="m", by="unsubscribe link", reason="", since=NOW, until=None, channel="desk")


def held(mute: Mute) -> bool:
    return bool(muted_by([mute], story="s", rules=["r"], feed="f", channel="desk", now=NOW))


def test_only_a_mute_of_the_whole_channel_holds() -> None:
    assert held(MUTE)
    assert not held(replace(MUTE, recipient="anna@example.org"))
    assert what_is_muted(MUTE) == "everything in desk"
    assert what_is_muted(replace(MUTE, recipient="anna@example.org")) == "everything in desk for anna@example.org"


def test_a_digest_begins_with_what_matters_and_then_with_what_is_widest_reported() -> None:
    def message(title: str, priority: Priority, entries: int = 0) -> Message:
        coverage = Coverage(sources=1, entries=entries, first_at=NOW, last_at=NOW) if entries else None
        return Message(
            title=Excerpt(text=title),
            url="",
            feed="wire",
            published=None,
            seen_at=NOW,
            language="",
            priority=priority,
            reasons=(),
            excerpts=(Excerpt(text="one"), Excerpt(text="two")),
            coverage=coverage,
        )

    given = [
        message("first", Priority.NORMAL),
        message("wide", Priority.NORMAL, 7),
        message("urgent", Priority.URGENT),
        message("second", Priority.NORMAL),
    ]
    made = digest_of(given, channel="desk", title="t", reason="r", event="e", now=NOW).message
    assert [item.title.text for item in made.items] == ["urgent", "wide", "first", "second"]  # type: ignore[union-attr]
    assert [len(item.excerpts) for item in made.items] == [1] * 4  # type: ignore[union-attr]
