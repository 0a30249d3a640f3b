"""`kill -9` between every two steps of the way: nothing lost, nothing doubled where the destination can be asked."""

import asyncio
import contextlib
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from monitor.testing.slack import SlackMessage
from tests.app import mortal
from tests.app.house import House, rss
from tests.app.test_app_stories import REWRITTEN, configure, page
from tests.forks import SERVER

TITLE = "Shoygu and the earthquake on the coast"
TWO_SOURCES = """
rules:
  shoygu: {terms: Shoygu, sources: {only: [wire]}}
  quake: {terms: earthquake, sources: {only: [other]}}
"""

MOST_STEPS = 400
EACH = ("before commit", "before fetch", "after fetch", "before parse", "after parse", "before send", "after send")


def log_of(house: House) -> Path:
    return house.folder / "died-at.txt"


async def run(house: House, fatal: int, only: str = "") -> tuple[int | None, str]:
    """Run the house in a child; return its exit code and the step at which it died. `only` counts steps of one name."""
    log = log_of(house)
    log.unlink(missing_ok=True)
    arguments = (house.file, fatal, house.clock(), log, {"TOKEN": house.slack.token}, only)
    child = SERVER.Process(target=mortal.live, args=arguments)
    child.start()
    await asyncio.to_thread(child.join, 30)
    if child.exitcode is None:
        child.kill()  # it failed the test, and must not go on beside the next one
    return child.exitcode, log.read_text() if log.exists() else ""


async def recover(house: House) -> None:
    """Start again as an operator would: once for what was never begun, once for what was left in doubt."""
    for _ in range(2):
        house.clock.advance(timedelta(minutes=2))
        assert await run(house, fatal=0) == (mortal.SURVIVED, "")


def begin_anew(house: House, empty: bytes, now: datetime) -> None:
    house.clock.now = now
    state = house.folder / "var"
    for path in state.glob("monitor.db*"):
        path.unlink()
    (state / "monitor.db").write_bytes(empty)
    house.slack.messages.clear()
    house.smtp.mails.clear()


def what_is_left(house: House) -> str:
    """Tell all that a dead process has left behind: what is committed in its file, and what has gone out."""
    copy = house.folder / "left"
    shutil.copytree(house.folder / "var", copy)  # to look into a file takes up what its log holds
    with contextlib.closing(sqlite3.connect(copy / "monitor.db")) as database:
        committed = "\n".join(database.iterdump())
    shutil.rmtree(copy)
    keys = sorted(str(mail.message["Message-ID"]) for mail in house.smtp.mails)
    told = [(message.ts, message.edits, str(message.blocks)) for message in house.slack.messages]
    committed = re.sub(r"(INTO \"secret\" VALUES\('\w+',)X'\w+'", r"\1X''", committed)  # drawn by lot by each new house
    left = f"{committed}\n{told}\n{keys}"
    for number, message in enumerate(house.slack.messages):  # Slack counts on when the house begins anew
        left = left.replace(message.ts, f"message {number}")
    return left


def every_step() -> Iterator[tuple[int, str]]:
    """Die at each step, in the order in which they come."""
    return ((fatal, "") for fatal in range(1, MOST_STEPS))


def chosen_steps(passed: list[str]) -> Iterator[tuple[int, str]]:
    """Die at every second step after which something else is left behind, and within some transactions."""
    kinds = Counter(passed)
    within = [name for name in kinds if name not in EACH][::3]
    for name, count in kinds.items():
        if name in EACH:
            yield from ((fatal, name) for fatal in range(1, count + 1, 2))
        elif name in within:
            yield (count + 2) // 3, name


@pytest.mark.timeout(600)
@pytest.mark.parametrize("all_steps", [pytest.param(True, marks=pytest.mark.crash), False])
async def test_a_kill_at_any_step_loses_and_doubles_nothing(house: House, all_steps: bool) -> None:
    """Deaths that leave the very same behind are recovered from once."""
    house.feeds.pages["/wire"] = rss("Shoygu two", "Shoygu one")
    house.configure(
        notify="[desk, post]",
        channels=(
            f"desk: {{slack: '#desk-russia', token: '${{TOKEN}}', api_url: '{house.slack.api_url}'}}, "
            "post: {email: chief@example.org}"
        ),
    )
    # making the tables is one transaction, tested with the store
    empty = (house.folder / "var" / "monitor.db").read_bytes()
    start = house.clock.now
    assert await run(house, fatal=0) == (mortal.SURVIVED, "")
    passed = mortal.steps_beside(log_of(house)).read_text().splitlines()
    assert set(EACH) < set(passed)
    deaths, recovered = [], set()
    for fatal, only in every_step() if all_steps else chosen_steps(passed):
        begin_anew(house, empty, start)
        code, step = await run(house, fatal, only)
        if code == mortal.SURVIVED:  # it ended before: what goes on at the same time takes a step more or less
            assert fatal > 1
            if all_steps:
                break
            continue
        assert only in ("", step)
        deaths.append(step)
        left = what_is_left(house)
        if left in recovered:
            continue
        recovered.add(left)
        await recover(house)
        assert house.told == ["Shoygu one", "Shoygu two"], (fatal, step)
        keys = [mail.message["Message-ID"] for mail in house.smtp.mails]
        assert len(set(keys)) == 2, (fatal, step)
        if step != "after send":  # the mail has gone, and its end was not written: a second copy bears the same id
            assert len(keys) <= 3, (fatal, step)
    if all_steps:  # counted through all names, whose order differs between runs: some name may be stepped over
        assert len(deaths) > MOST_STEPS // 10
    else:
        assert set(deaths) > set(EACH), "a death at each kind of step that leaves something, and at others"
    assert len(recovered) > 10, "commits and messages"


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("only", "times"), [("before commit", 9), ("before send", 2), ("after send", 2)])
async def test_a_kill_around_a_reply_and_an_edit_loses_and_doubles_nothing(house: House, only: str, times: int) -> None:
    """A story goes on. What a step writes before its commit goes as one, which the test above has shown."""
    feeds = f"wire: '{house.feeds.url('/wire')}', other: '{house.feeds.url('/other')}'"
    house.configure(feeds=feeds, rules=TWO_SOURCES)
    house.feeds.pages |= {"/wire": rss(TITLE), "/other": rss("Nothing yet")}
    assert await run(house, fatal=0) == (mortal.SURVIVED, "")
    house.feeds.pages["/other"] = rss(TITLE, "Nothing yet")
    deaths = 0
    async for first in lives_after_deaths(house, only):
        parent, answer = house.slack.messages
        assert (parent.ts, answer.thread_ts) == (first.ts, first.ts)
        assert "2 sources, 2 entries" in str(parent.blocks)
        assert 1 <= parent.edits <= 2
        deaths += 1
    assert deaths >= times, "there are that many such steps at least"


@pytest.mark.timeout(600)
async def test_a_kill_around_another_report_leaves_one_message_and_one_reply(house: House) -> None:
    """What a dead process knew of stories is read from the store by the next one."""
    configure(house)
    assert await run(house, fatal=0) == (mortal.SURVIVED, "")
    house.feeds.pages["/post"] = page("post", REWRITTEN)
    deaths = 0
    async for first in lives_after_deaths(house, "before commit"):
        parent, answer = house.slack.messages
        assert (parent.ts, answer.thread_ts, answer.broadcast) == (first.ts, first.ts, False)
        assert "2 sources, 2 entries" in str(parent.blocks)
        deaths += 1
    assert deaths > 1


async def lives_after_deaths(house: House, only: str) -> AsyncIterator[SlackMessage]:
    """Go on an hour after the first message, die at each step of a name that leaves something new, and recover."""
    (first,) = house.slack.messages
    told = (house.folder / "var" / "monitor.db").read_bytes()
    start = house.clock.advance(timedelta(hours=1))
    recovered = set()
    for fatal in range(1, MOST_STEPS):
        begin_anew(house, told, start)
        house.slack.messages.append(first)
        code, step = await run(house, fatal, only)
        if code == mortal.SURVIVED:
            return
        assert step == only
        left = what_is_left(house)
        if left not in recovered:
            recovered.add(left)
            await recover(house)
            yield first
    raise AssertionError("it never ends")
