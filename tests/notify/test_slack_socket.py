"""Buttons and commands through Socket Mode: a fake Slack on a real WebSocket."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.model import Delivery, Wish
from monitor.notify.channel import ChannelContext
from monitor.notify.slack import SlackNotifier
from monitor.notify.slack_settings import SlackSettings
from monitor.notify.slack_socket import MOST_AT_ONCE, SlackListener
from monitor.testing import FakeClock, FakeSlack, Fault, SlackPerson
from monitor.testing.slack import CONNECT

MakeDelivery = Callable[..., Delivery]
MakeContext = Callable[..., ChannelContext]
BOB = SlackPerson(id="U000000BOB", name="bob")


class Ear:
    """Hears wishes, answers each, and can be made to wait."""

    def __init__(self) -> None:
        self.wishes: list[Wish] = []
        self.answer = "heard"
        self.heard = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self, wish: Wish) -> str:
        self.wishes.append(wish)
        self.heard.set()
        await self.go_on.wait()
        return self.answer


@pytest.fixture
async def slack(clock: FakeClock) -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock=clock) as server:
        yield server


@pytest.fixture
def ear() -> Ear:
    return Ear()


Listen = Callable[..., AbstractAsyncContextManager[SlackNotifier]]


@pytest.fixture
def listening(slack: FakeSlack, context: MakeContext, clock: FakeClock, ear: Ear) -> Listen:
    @asynccontextmanager
    async def listen(patience: float = 20, **given: Any) -> AsyncIterator[SlackNotifier]:
        settings = SlackSettings.model_validate(
            {"slack": "#desk-russia", "token": "${T}", "app_token": "${A}", "api_url": slack.api_url, **given},
            context={"env": {"T": slack.token, "A": slack.socket.token}},
        )
        notifier = SlackNotifier(settings, context())
        listener = SlackListener(
            {"desk": (settings, notifier)},
            clock=clock,
            deadline=timedelta(seconds=1),
            pause=timedelta(milliseconds=1),
            longest_pause=timedelta(milliseconds=5),
            ping=0.1,
            patience=timedelta(seconds=patience),
        )
        task = asyncio.create_task(listener.listen(ear))
        try:
            await slack.socket.connected()
            yield notifier
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await notifier.close()

    return listen


async def test_a_pressed_button_is_acknowledged_heard_and_answered(
    slack: FakeSlack, listening: Listen, ear: Ear, deliver: MakeDelivery
) -> None:
    async with listening() as notifier:
        await notifier.send(deliver())
        (message,) = slack.messages
        sent = await slack.socket.press(message, "acknowledge")
        assert await slack.socket.answered() == "heard"
    assert slack.socket.acks == [sent["envelope_id"]]
    (wish,) = ear.wishes
    assert wish.key == sent["payload"]["trigger_id"]
    assert (wish.by, wish.via, wish.place) == ("@anna", "slack", "U00000ANNA in C00000002")
    assert (wish.channels, wish.verb, wish.subject) == (("desk",), "acknowledge", "a" * 32)
    assert slack.socket.answers[0]["response_type"] == "ephemeral"
    assert slack.socket.answers[0]["replace_original"] is False


async def test_the_menu_says_what_is_muted(
    slack: FakeSlack, listening: Listen, ear: Ear, deliver: MakeDelivery
) -> None:
    async with listening() as notifier:
        await notifier.send(deliver())
        (message,) = slack.messages
        for number, option in enumerate(("This story", "Rule: Sergei Shoygu", "Source: guardian"), 1):
            await slack.socket.press(message, "mute", option=option)
            await slack.socket.answered(number)
    assert [wish.verb for wish in ear.wishes] == ["mute"] * 3
    assert [wish.subject for wish in ear.wishes] == ["a" * 32] * 3
    assert (ear.wishes[0].text, ear.wishes[2].text) == ("story", "source")
    assert len(ear.wishes[1].text) == 12


async def test_a_command_is_heard_as_it_was_written(slack: FakeSlack, listening: Listen, ear: Ear) -> None:
    async with listening():
        await slack.socket.command("try R&amp;D &lt;talks&gt;")
        await slack.socket.answered()
    (wish,) = ear.wishes
    assert (wish.verb, wish.text, wish.channels) == ("command", "try R&D <talks>", ("desk",))


async def test_without_app_token_there_are_no_dead_buttons(
    slack: FakeSlack, context: MakeContext, deliver: MakeDelivery
) -> None:
    settings = SlackSettings.model_validate(
        {"slack": "#desk-russia", "token": "${T}", "api_url": slack.api_url}, context={"env": {"T": slack.token}}
    )
    notifier = SlackNotifier(settings, context())
    await notifier.send(deliver())
    await notifier.close()
    assert "actions" not in [block["type"] for block in slack.messages[0].blocks]


async def test_who_is_not_named_and_who_speaks_elsewhere_may_nothing(
    slack: FakeSlack, listening: Listen, ear: Ear
) -> None:
    async with listening(allow_users=["U00000ANNA"]):
        await slack.socket.command("status", by=BOB)
        await slack.socket.command("status", channel="C00000001")
        await slack.socket.command("status")
        await slack.socket.answered(3)
    assert sorted((wish.by, wish.channels) for wish in ear.wishes) == [
        ("@anna", ()),
        ("@anna", ("desk",)),
        ("@bob", ()),
    ]


async def test_a_channel_that_cannot_be_looked_up_lets_nobody_in(slack: FakeSlack, listening: Listen, ear: Ear) -> None:
    slack.fail(Fault.refuse("missing_scope"), method="conversations.list")
    with capture_logs() as logs:
        async with listening():
            await slack.socket.command("status")
            await slack.socket.answered()
    assert ear.wishes[0].channels == ()
    assert [line["reason"] for line in logs if line["log_level"] == "warning"] == [
        (
            "missing_scope: the app lacks a permission (see the app's manifest): "
            "add it under OAuth & Permissions, install the app again"
        )
    ]


async def test_slack_is_told_when_it_is_done(slack: FakeSlack, listening: Listen, ear: Ear) -> None:
    ear.go_on.clear()
    async with listening():
        envelope = await slack.socket.command("status")
        await ear.heard.wait()
        await slack.socket.send("hello", {})  # which is acknowledged at once, behind it
        await slack.socket.acked()
        assert envelope["envelope_id"] not in slack.socket.acks, "killed now, Slack knows that it is not done"
        ear.go_on.set()
        await slack.socket.answered()
    assert slack.socket.acks[1] == envelope["envelope_id"]


async def test_an_orderly_stop_does_and_acknowledges_what_was_heard(
    slack: FakeSlack, listening: Listen, ear: Ear
) -> None:
    ear.go_on.clear()
    async with listening():
        envelope = await slack.socket.command("status")
        await ear.heard.wait()
        asyncio.get_running_loop().call_soon(ear.go_on.set)
    assert slack.socket.acks == [envelope["envelope_id"]]
    assert len(slack.socket.answers) == 1


async def test_what_a_stop_cuts_short_is_not_acknowledged(slack: FakeSlack, listening: Listen, ear: Ear) -> None:
    ear.go_on.clear()
    async with listening():
        await slack.socket.command("status")
        await ear.heard.wait()
    assert slack.socket.acks == []
    assert slack.socket.answers == []


async def test_what_takes_long_is_acknowledged_in_time_and_what_comes_twice_is_done_once(
    slack: FakeSlack, listening: Listen, ear: Ear
) -> None:
    ear.go_on.clear()
    async with listening(patience=0.01):
        envelope = await slack.socket.command("status")
        await slack.socket.acked(1)
        await slack.socket.again(envelope)
        await slack.socket.acked(2)
        assert slack.socket.answers == [], "the work has not ended"
        ear.go_on.set()
        await slack.socket.answered()
    assert len(ear.wishes) == 1
    assert len(slack.socket.answers) == 1


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "too_many_websockets"])
async def test_a_connection_is_replaced_when_slack_says_so(
    slack: FakeSlack, listening: Listen, ear: Ear, reason: str
) -> None:
    async with listening():
        await slack.socket.disconnect(reason)
        await slack.socket.connected(2)
        await slack.socket.command("status")
        await slack.socket.answered()
    assert len(ear.wishes) == 1


async def test_a_broken_connection_is_opened_anew_and_told_once(slack: FakeSlack, listening: Listen) -> None:
    with capture_logs() as logs:
        async with listening():
            slack.fail(Fault.server_error(503), method=CONNECT, times=3)
            slack.socket.drop()
            await slack.socket.connected(2)
            await slack.socket.command("status")
            await slack.socket.answered()
    assert [line["event"] for line in logs] == ["Slack's buttons do not work now", "Slack's buttons work again"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.refuse("invalid_auth"), "invalid_auth: Slack does not know the app token: check it"),
        (Fault.refuse("token_revoked"), "token_revoked: the app token was revoked: make a new one"),
        (Fault.rate_limited(0), "Slack says ratelimited"),
        (Fault.nonsense("hm"), "the answer from 127.0.0.1 is not Slack's"),
        (Fault.nonsense('{"ok": true}', content_type="application/json"), "apps.connections.open names no WebSocket"),
        (Fault.drop(accept=False), "the connection to 127.0.0.1 broke before its answer came"),
    ],
)
async def test_why_there_are_no_buttons_is_said_once(
    slack: FakeSlack, listening: Listen, fault: Fault, reason: str
) -> None:
    slack.fail(fault, method=CONNECT, times=3)
    with capture_logs() as logs:
        async with listening():
            pass
    assert [line["reason"] for line in logs if line["log_level"] == "warning"] == [reason]
    assert len([method for method, _ in slack.calls if method == CONNECT]) == 4


async def test_a_websocket_that_cannot_be_opened_is_asked_for_anew(slack: FakeSlack, listening: Listen) -> None:
    lost = slack.socket.ticket()
    gone = Fault.nonsense(
        f'{{"ok": true, "url": "{lost.replace("ticket-", "stale-")}"}}', content_type="application/json"
    )
    slack.fail(gone, method=CONNECT)
    with capture_logs() as logs:
        async with listening():
            await slack.socket.command("status")
            await slack.socket.answered()
    assert [line.get("reason") for line in logs] == ["the WebSocket that Slack names cannot be opened", None]


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("interactive", {}),
        ("interactive", {"type": "block_actions"}),
        ("interactive", {"type": "block_actions", "actions": ["x"]}),
        ("interactive", {"type": "block_actions", "actions": [{"action_id": "acknowledge"}]}),
        ("interactive", {"type": "block_actions", "actions": [{"action_id": "sudo", "value": "a"}]}),
        ("interactive", {"type": "block_actions", "actions": [{"action_id": "mute", "selected_option": 7}]}),
        ("interactive", {"type": "block_actions", "actions": [{"action_id": "release", "value": "a"}]}),
        ("interactive", {"type": "view_submission"}),
        ("events_api", {"event": {"type": "message"}}),
        ("hello", {}),
    ],
)
async def test_what_is_no_wish_is_acknowledged_and_passed_over(
    slack: FakeSlack, listening: Listen, ear: Ear, kind: str, payload: Any
) -> None:
    async with listening():
        await slack.socket.send(kind, payload)
        await slack.socket.command("status")
        await slack.socket.answered()
        await slack.socket.acked(2)
    assert [wish.verb for wish in ear.wishes] == ["command"]


async def test_a_payload_without_its_parts_is_nobodys_wish(slack: FakeSlack, listening: Listen, ear: Ear) -> None:
    with capture_logs() as logs:
        async with listening():
            actions = [{"action_id": "why", "value": "a" * 32}]
            await slack.socket.send("interactive", {"type": "block_actions", "user": 7, "actions": actions})
            await slack.socket.acked()
            await slack.socket.command("status")
            await slack.socket.answered()
    assert sorted(wish.channels for wish in ear.wishes) == [(), ("desk",)]
    assert [line["event"] for line in logs] == ["an answer has no place to go to: it is not told"]


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "http://169.254.169.254/latest", "http://hooks.slack.com/actions/1", "http://[", ""],
)
async def test_answers_go_nowhere_but_to_slack(slack: FakeSlack, listening: Listen, url: str) -> None:
    with capture_logs() as logs:
        async with listening():
            sent = await slack.socket.command("status")
            await slack.socket.answered()
            payload = {**sent["payload"], "trigger_id": "another", "response_url": url}
            await slack.socket.send("slash_commands", payload)
            await slack.socket.acked(2)
            await slack.socket.command("status")
            await slack.socket.answered(2)
    assert len(slack.socket.answers) == 2
    assert [line["event"] for line in logs] == ["an answer has no place to go to: it is not told"]


async def test_a_long_or_marked_up_answer_is_plain_text_that_fits(
    slack: FakeSlack, listening: Listen, ear: Ear
) -> None:
    ear.answer = "<!channel> *bold* " + "x" * 10_000
    async with listening():
        await slack.socket.command("status")
        text = await slack.socket.answered()
    assert len(text) == 2900
    assert text.startswith("<!channel> *bold* x")
    assert slack.socket.answers[0]["text"].startswith("&lt;!channel&gt;")


async def test_no_secret_is_logged_on_the_way(
    slack: FakeSlack, listening: Listen, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        async with listening():
            slack.socket.drop()
            await slack.socket.connected(2)
            await slack.socket.command("status")
            await slack.socket.answered()
    told = caplog.text + str(logs)
    for secret in (slack.token, slack.socket.token, "ticket-", "/answer"):
        assert secret not in told


async def test_a_channel_that_is_named_by_its_id_needs_no_look_up(
    slack: FakeSlack, listening: Listen, ear: Ear
) -> None:
    async with listening(slack="C00000002"):
        await slack.socket.command("status")
        await slack.socket.command("status", channel="C00000001")
        await slack.socket.answered(2)
    assert sorted(wish.channels for wish in ear.wishes) == [(), ("desk",)]
    assert {method for method, _ in slack.calls} == {CONNECT}


@pytest.mark.parametrize(
    ("fault", "event"),
    [
        (Fault(status=500, body="no"), "Slack does not take an answer"),
        (Fault.drop(accept=False), "an answer did not reach Slack"),
    ],
)
async def test_an_answer_that_is_lost_is_logged_and_ends_nothing(
    slack: FakeSlack, listening: Listen, fault: Fault, event: str
) -> None:
    slack.socket.fail(fault)
    with capture_logs() as logs:
        async with listening():
            await slack.socket.command("status")
            await slack.socket.acked()
            await slack.socket.command("status")
            await slack.socket.answered()
    assert [line["event"] for line in logs] == [event]


async def test_more_than_can_be_done_at_once_is_not_heard_nor_acknowledged(
    slack: FakeSlack, listening: Listen, ear: Ear
) -> None:
    ear.go_on.clear()
    with capture_logs() as logs:
        async with listening(patience=0.001):
            for number in range(1, MOST_AT_ONCE + 1):
                await slack.socket.command("status")
                await slack.socket.acked(number)
            one_more = await slack.socket.command("status")
            await slack.socket.send("hello", {})  # which is acknowledged at once, behind it
            await slack.socket.acked(MOST_AT_ONCE + 1)
            ear.go_on.set()
            await slack.socket.answered(MOST_AT_ONCE)
    assert one_more["envelope_id"] not in slack.socket.acks
    assert len(ear.wishes) == MOST_AT_ONCE
    assert [line["event"] for line in logs] == ["too many wishes at once: one is not heard"]
