"""Real daemons are killed while Slack and mail fail, and every message arrives once; see `bench/crash.py`."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench._crash_house import KINDS, NOT_TAKEN, TAKEN, House, open_house, run_control, run_house
from bench._crash_node import MARK_FIRST, NO_LOOK_UP
from bench._crash_world import judge
from monitor.testing import ReceivedMail, SlackMessage
from tests import forks  # noqa: F401 - its fork server starts the daemons
from tests.store.postgres import MISSING, find_binaries, running_server

SAMPLE = (TAKEN, "random", "before mail was answered", NOT_TAKEN, "within a look-up", TAKEN)


def check(house: House, kills: int) -> None:
    verdict = house.world.judge()
    assert verdict.holds, verdict
    assert sum(house.done[kind] for kind in KINDS) == kills
    assert verdict.due >= kills // 2
    assert house.world.complaints() == []


@pytest.mark.timeout(180)
async def test_daemons_that_are_killed_tell_everything_once(tmp_path: Path) -> None:
    async with open_house(tmp_path, "sample") as house:
        for kind in SAMPLE:
            await house.suffer(1, [kind])
        await house.recover()
        await house.end()
        check(house, len(SAMPLE))
        assert house.done[TAKEN]


@pytest.mark.timeout(180)
async def test_the_oracle_sees_what_is_lost_by_marking_before_sending(tmp_path: Path) -> None:
    verdict = await run_control(tmp_path, MARK_FIRST, kills=2)
    assert verdict.lost
    assert not verdict.holds


@pytest.mark.timeout(180)
async def test_the_oracle_sees_what_is_doubled_by_sending_again_without_looking(tmp_path: Path) -> None:
    verdict = await run_control(tmp_path, NO_LOOK_UP, kills=2)
    assert verdict.doubled
    assert not verdict.holds


def test_the_oracle_counts_posts_and_message_ids() -> None:
    one, two = "zqaaaaaaaaaa", "zqbbbbbbbbbb"

    def post(code: str) -> SlackMessage:
        return SlackMessage(channel="C1", ts="1.1", text=f"Alarm {code}", blocks=[], metadata=None, params={})

    def mail(code: str, key: str) -> ReceivedMail:
        content = f"Subject: Alarm {code}\r\nMessage-ID: <{key}@example.org>\r\n\r\n".encode()
        return ReceivedMail(sender="", recipients=(), content=content)

    expected = Counter({one: 1, two: 1})
    good = judge(expected, [post(one), post(two)], [mail(one, "a"), mail(one, "a"), mail(two, "b")])
    assert good.holds
    assert (good.due, good.copies) == (2, 1)
    bad = judge(expected, [post(one), post(one)], [mail(two, "a"), mail(two, "b")])
    assert (bad.lost, bad.doubled, bad.mail_lost, bad.mail_doubled) == ((two,), (one,), (one,), (two,))


@pytest.fixture
def databases() -> Iterator[list[str]]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip(MISSING)
    with running_server(binaries) as server:
        yield [server.create("house")]


@pytest.mark.crash
@pytest.mark.timeout(900)
async def test_two_hundred_kills(tmp_path: Path, databases: list[str]) -> None:
    """Two houses with one daemon on SQLite, one with two daemons on PostgreSQL."""
    houses = await asyncio.gather(
        run_house(tmp_path / "one", "one", 80),
        run_house(tmp_path / "two", "two", 80),
        run_house(tmp_path / "many", "many", 40, store=databases[0], size=2),
    )
    for (house, _), kills in zip(houses, (80, 80, 40), strict=True):
        check(house, kills)
        assert any(kind.startswith("stopped") for kind in house.done)
