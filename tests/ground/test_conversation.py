"""What people wish is done or refused, written down and answered, whoever hears it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import cast

import pytest
from structlog.testing import capture_logs

from monitor.conversation import Conversation
from monitor.errors import StoreUnavailableError
from monitor.feeds.parse import parse_page
from monitor.model import Alert, Wish
from monitor.pipeline import Doors, Live
from monitor.ports import Hear
from monitor.store import SqlStore, open_store
from monitor.testing import FakeClock, FakeParser
from tests.store.builders import NOW, claim_one, make_alert, make_outcome, make_story

STORY = make_story("talks")
ALERT = make_alert(STORY)


class Broken(SqlStore):
    """A store that can be told to fail."""

    failure: Exception | None = None

    def alert(self, alert_id: str) -> Alert | None:
        if self.failure:
            raise self.failure
        return super().alert(alert_id)


@pytest.fixture
def store() -> Iterator[Broken]:
    opened = open_store("sqlite://")
    broken = Broken(opened.engine, opened.where)
    broken.record(make_outcome(claim_one(broken), stories=(STORY,), alerts=(ALERT,)), NOW)
    yield broken
    broken.close()


@pytest.fixture
def doors(store: Broken) -> Iterator[Doors]:
    with ThreadPoolExecutor(1) as thread:
        clock = FakeClock(NOW)
        yield Doors(store=store, parser=FakeParser(parse_page), clock=clock, store_thread=thread, work_threads=thread)


@pytest.fixture
async def conversation(doors: Doors) -> AsyncIterator[Conversation]:
    made = Conversation(doors, lambda: cast("Live", None), restart=timedelta())
    yield made
    await made.end()


def wish(verb: str, text: str = "", subject: str = ALERT.id, channels: tuple[str, ...] = ("desk",)) -> Wish:
    return Wish(
        key=verb, by="@anna", via="slack", place="U1 in C1", channels=channels, verb=verb, subject=subject, text=text
    )


async def test_what_is_no_longer_stored_is_said_in_as_far_as_it_is_known(conversation: Conversation) -> None:
    said = await conversation.hear(wish("why"))
    assert said == "Rules shoygu found it; the entry itself is no longer stored."
    said = await conversation.hear(wish("mute", "source"))
    assert said.startswith("What that would mute is no longer known")


async def test_who_asks_why_leaves_a_row(conversation: Conversation, store: Broken) -> None:
    await conversation.hear(wish("why"))
    assert [(each.by, each.verb, each.subject) for each in store.actions()] == [("@anna", "why", ALERT.id)]


async def test_an_alert_of_another_channel_is_not_touched(conversation: Conversation, store: Broken) -> None:
    assert await conversation.hear(wish("acknowledge", channels=("other",))) == "That alert is not known here."
    found = store.alert(ALERT.id)
    assert found is not None
    assert found.acknowledged_at is None
    assert [(each.verb, each.detail) for each in store.actions()] == [("refused", "acknowledge; U1 in C1")]


async def test_what_nobody_knows_is_not_done(conversation: Conversation, store: Broken) -> None:
    assert await conversation.hear(wish("sudo")) == "There is no such thing to do."
    assert store.feedback(since=NOW) == ()


async def test_what_a_breaker_holds_is_not_decided_where_there_is_none(conversation: Conversation) -> None:
    for verb in ("release", "discard", "mute"):
        assert (await conversation.hear(wish(verb, "held", "12345678"))).startswith("No open breaker")


async def test_whatever_fails_is_answered(conversation: Conversation, store: Broken) -> None:
    store.failure = StoreUnavailableError("disk full")
    assert "try again in a minute" in await conversation.hear(wish("acknowledge"))
    store.failure = RuntimeError("a mistake of ours")
    with capture_logs() as logs:
        assert (
            await conversation.hear(wish("acknowledge")) == "That failed in the monitor itself, which has logged why."
        )
    assert [line["log_level"] for line in logs] == ["error"]


class Fragile:
    """Listens, and breaks."""

    def __init__(self) -> None:
        self.times = 0
        self.again = asyncio.Event()

    async def listen(self, hear: Hear) -> None:
        assert await hear(wish("command", "help"))
        self.times += 1
        if self.times > 1:
            self.again.set()
            await asyncio.Event().wait()
        raise RuntimeError("a mistake of ours")


async def test_a_listener_that_breaks_listens_again(conversation: Conversation) -> None:
    fragile = Fragile()
    with capture_logs() as logs:
        await conversation.keep([fragile])
        async with asyncio.timeout(10):
            await fragile.again.wait()
    assert conversation.begun
    assert [line["event"] for line in logs] == ["nobody listens to buttons for a while: please report this"]
    await conversation.keep([])
    assert fragile.times == 2
