"""People who press buttons and write commands in Slack, through the whole house."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from monitor.app import EXIT_AT_LATEST
from monitor.commands import HELP
from monitor.daemon import Daemon
from monitor.model import Action
from monitor.testing import Fault, SlackPerson
from monitor.testing.slack import CONNECT, SlackMessage
from tests.app.house import House, rss

BOB = SlackPerson(id="U000000BOB", name="bob")
TITLES = ("Shoygu meets earthquake experts", "Nothing of note")


@pytest.fixture
def desk(house: House) -> House:
    house.feeds.pages["/wire"] = rss(*TITLES)
    house.configure(channels=channel(house))
    return house


def channel(house: House, more: str = "") -> str:
    slack = f"slack: '#desk-russia', token: '${{TOKEN}}', app_token: '${{APP}}', api_url: '{house.slack.api_url}'"
    return f"desk: {{{slack}{more}}}"


@asynccontextmanager
async def heard(house: House) -> AsyncIterator[Daemon]:
    """Open the house, tell what is due, and listen."""
    async with house.open() as daemon:
        await daemon.run_once()
        await daemon.conversation.keep(daemon.live.listeners)
        await house.slack.socket.connected(house.slack.socket.opened + 1)
        yield daemon
        await daemon.conversation.end()
        await daemon.run_once()


def texts(message: SlackMessage) -> str:
    """All that stands in a message's context lines."""
    found = [block["elements"] for block in message.blocks if block["type"] == "context"]
    return " ".join(element["text"] for elements in found for element in elements)


def trail(daemon: Daemon) -> list[tuple[str, str, str]]:
    def row(action: Action) -> tuple[str, str, str]:
        return action.by, action.verb, action.detail

    return [row(each) for each in daemon.doors.store.actions()]


async def test_an_acknowledgement_stands_on_the_message_and_stays_there(desk: House) -> None:
    socket = desk.slack.socket
    async with heard(desk) as daemon:
        (message,) = desk.slack.messages
        await socket.press(message, "acknowledge")
        assert await socket.answered() == "@anna takes care of it."
        await socket.press(message, "acknowledge", by=BOB)
        assert await socket.answered(2) == "@anna takes care of it already."
        assert trail(daemon) == [("@anna", "acknowledge", "U00000ANNA in C00000002")]
    (message,) = desk.slack.messages
    assert "acknowledged by @anna <!date^1772366400^" in texts(message)
    assert "acknowledge" not in str(message.blocks[-1])
    desk.feeds.pages["/other"] = rss(*TITLES, base="https://other.example")
    desk.configure(
        channels=channel(desk), feeds=f"wire: '{desk.feeds.url('/wire')}', other: '{desk.feeds.url('/other')}'"
    )
    await desk.once(after=timedelta(minutes=1))
    (message,) = desk.slack.messages
    assert "2 sources, 2 entries" in texts(message)
    assert "acknowledged by @anna" in texts(message), "a later change keeps it"


async def test_buttons_mute_for_a_day_keep_what_people_think_and_say_why(desk: House) -> None:
    socket = desk.slack.socket
    async with heard(desk) as daemon:
        (message,) = desk.slack.messages
        for number, option in enumerate(("This story", "Rule: quake", "Source: wire"), 1):
            await socket.press(message, "mute", option=option)
            assert (await socket.answered(number)).startswith("Muted ")
        mutes = daemon.doors.store.mutes(at=desk.clock())
        assert sorted((bool(mute.story), mute.rule, mute.feed, mute.by) for mute in mutes) == [
            (False, "", "wire", "@anna"),
            (False, "quake", "", "@anna"),
            (True, "", "", "@anna"),
        ]
        assert {mute.until for mute in mutes} == {desk.clock() + timedelta(hours=24)}
        await socket.press(message, "relevant")
        await socket.answered(4)
        await socket.press(message, "not relevant", by=BOB)
        await socket.answered(5)
        await socket.press(message, "why")
        told = await socket.answered(6)
        found = daemon.doors.store.feedback(since=desk.clock() - timedelta(days=1))
    assert sorted((each.rule, each.by, each.relevant, each.spellings) for each in found) == [
        ("quake", "@anna", True, ("earthquake",)),
        ("quake", "@bob", False, ("earthquake",)),
        ("shoygu", "@anna", True, ("Shoygu",)),
        ("shoygu", "@bob", False, ("Shoygu",)),
    ]
    assert told.splitlines()[0] == TITLES[0]
    assert "match: shoygu, shoygu: “Shoygu” in title" in told
    assert ", delivered to desk at " in told


async def test_who_may_not_is_told_and_written_down(desk: House) -> None:
    desk.configure(channels=channel(desk, ", allow_users: [U00000ANNA]"))
    socket = desk.slack.socket
    async with heard(desk) as daemon:
        (message,) = desk.slack.messages
        await socket.press(message, "acknowledge", by=BOB)
        assert (await socket.answered()).startswith("You may not do that here")
        await socket.press(message, "acknowledge", channel="C00000001")
        assert (await socket.answered(2)).startswith("You may not do that here")
        for number, forged in enumerate(("f" * 32, "x", "' OR 1=1 --"), 3):
            await socket.press(message, "acknowledge", value=forged)
            assert await socket.answered(number) == "That alert is not known here."
        assert [(by, verb) for by, verb, _ in trail(daemon)] == [("@anna", "refused")] * 4 + [("@bob", "refused")]
        await socket.press(message, "mute", option="This story", value=f"{message_alert(message)} nonsense")
        assert (await socket.answered(6)).startswith("What that would mute is no longer known")
        assert daemon.doors.store.mutes() == ()


def message_alert(message: SlackMessage) -> str:
    alert: str = message.blocks[-1]["elements"][0]["value"]
    return alert


async def test_commands_are_obeyed_and_answered(desk: House) -> None:
    socket = desk.slack.socket
    said: list[tuple[str, str]] = []
    async with heard(desk) as daemon:
        for number, text in enumerate(
            (
                "status",
                "try Shoygu speaks",
                "try Shoygo speaks",
                "try",
                "mute rule quake 2h too many",
                "mute rule quak",
                "mute feed wire",
                "mute planet mars",
                "mute rule",
                f"mute story {message_alert(desk.slack.messages[0])[:8]}",
                "mute story zz",
                "mutes",
                "unmute 12345678",
                "help",
                "",
                "statsu",
            ),
            1,
        ):
            await socket.command(text)
            said.append((text, await socket.answered(number)))
        now = desk.clock()
        (first,) = (mute for mute in daemon.doors.store.mutes(at=now) if mute.rule == "quake")
        assert (first.reason, first.until) == ("too many", now + timedelta(hours=2))
        await socket.command(f"unmute {first.id}")
        assert "nmuted rule quake" in await socket.answered(len(said) + 1)
        assert len(daemon.doors.store.mutes(at=now)) == 2
    answers = dict(said)
    assert answers["status"].splitlines()[0] == "feeds: 1, of which 0 fail"
    assert answers["try Shoygu speaks"] == "match: shoygu, normal priority, to desk (shoygu: “Shoygu”)"
    assert answers["try Shoygo speaks"] == "no rule matches"
    assert answers["mute rule quak"] == "No rule `quak`: did you mean `quake`?"
    assert answers["mute planet mars"] == "`planet` cannot be muted: a rule, a feed or a story can."
    assert answers["mute rule"].startswith("Say what: mute rule NAME")
    assert answers["mute story zz"].startswith("No one story `zz`")
    assert len(answers["mutes"].splitlines()) == 3
    assert answers["unmute 12345678"].startswith("No running mute")
    assert answers["help"] == answers[""]
    assert answers["statsu"].startswith("There is no command statsu: did you mean `status`?")


async def test_while_the_store_fails_nothing_is_said_to_be_done(desk: House) -> None:
    async with heard(desk) as daemon:
        (message,) = desk.slack.messages
        daemon.doors.store.close()  # it opens its file anew when it is asked again
        state = next(desk.folder.rglob("*.db"))
        kept = state.rename(state.with_suffix(".kept"))
        state.mkdir()
        await desk.slack.socket.press(message, "acknowledge")
        assert (await desk.slack.socket.answered()).startswith("The monitor cannot write that down now")
        state.rmdir()
        kept.rename(state)
        await desk.slack.socket.press(message, "acknowledge")
        assert await desk.slack.socket.answered(2) == "@anna takes care of it."


async def test_the_daemon_listens_while_it_runs_across_reloads_and_then_no_more(desk: House) -> None:
    socket, stop = desk.slack.socket, asyncio.Event()
    async with desk.open() as daemon:
        running = asyncio.create_task(daemon.run(stop))
        await socket.connected()
        await socket.command("help")
        await socket.answered()
        await daemon.reload()
        await socket.connected(2)
        await socket.command("help")
        assert await socket.answered(2) == HELP
        stop.set()
        async with asyncio.timeout(EXIT_AT_LATEST.total_seconds()):
            await running
        await socket.alone()
    assert socket.opened == 2


async def test_what_slack_takes_away_is_named_and_what_is_owed_arrives_once(desk: House) -> None:
    desk.slack.fail(Fault.refuse("invalid_auth"), method=CONNECT, times=100)  # buttons are no condition for messages
    for word in ("token_revoked", "account_inactive", "is_archived", "restricted_action"):
        desk.slack.fail(Fault.refuse(word))
        assert not await desk.once(after=timedelta(hours=1)), word
        async with desk.open() as daemon:
            (owed,) = daemon.doors.store.status().owed
        assert owed.reason.startswith(f"{word}: "), "it says what to do"
    assert await desk.once(after=timedelta(hours=1))
    assert desk.told == [TITLES[0]]


async def test_what_a_breaker_holds_is_decided_by_buttons(desk: House) -> None:
    titles = [f"Shoygu is seen in town {number}" for number in range(6)]
    desk.configure(channels=channel(desk))
    with desk.file.open("a") as file:
        file.write("breaker: {alerts: 3, factor: 2}\n")
    desk.feeds.pages["/wire"] = rss("Nothing of note")
    await desk.once()
    desk.feeds.pages["/wire"] = rss(*titles, "Nothing of note")
    desk.clock.advance(timedelta(days=20))
    async with heard(desk):
        (notice,) = (each for each in desk.slack.messages if "release" in str(each.blocks))
        await desk.slack.socket.press(notice, "decide release")
        said = await desk.slack.socket.answered()
        assert said.startswith("Released ")
        await desk.slack.socket.press(notice, "decide mute")
        assert "o open breaker" in await desk.slack.socket.answered(2)
    shown = " ".join(str(message.blocks) for message in desk.slack.messages)
    assert all(title.removeprefix("Shoygu") in shown for title in titles)
