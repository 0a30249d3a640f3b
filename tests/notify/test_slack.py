from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.model import Accepted, Delivery, Rejected, Unknown
from monitor.notify.channel import ChannelContext
from monitor.notify.slack import CHANNEL, SlackNotifier
from monitor.notify.slack_settings import SlackSettings
from monitor.testing import FakeClock, FakeSlack, Fault

MakeDelivery = Callable[..., Delivery]
MakeContext = Callable[..., ChannelContext]
Open = Callable[..., SlackNotifier]


@pytest.fixture
async def slack(clock: FakeClock) -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock=clock, page_size=2) as server:
        yield server


@pytest.fixture
async def bot(slack: FakeSlack, context: MakeContext) -> AsyncIterator[Open]:
    opened: list[SlackNotifier] = []

    def make(
        channel: str = "#desk-russia", *, api_url: str = "", token: str = slack.token, seconds: float = 5
    ) -> SlackNotifier:
        settings = SlackSettings.model_validate(
            {"slack": channel, "token": "${T}", "api_url": api_url or slack.api_url}, context={"env": {"T": token}}
        )
        notifier = CHANNEL.open(settings, context(seconds))
        assert isinstance(notifier, SlackNotifier)
        opened.append(notifier)
        return notifier

    yield make
    for notifier in opened:
        await notifier.close()


async def test_a_message_arrives_once_with_its_key(slack: FakeSlack, bot: Open, deliver: MakeDelivery) -> None:
    result = await bot().send(deliver())
    (message,) = slack.messages
    assert result == Accepted(ref=f"C00000002:{message.ts}")
    assert message.metadata == {"event_type": "media_monitor_alert", "event_payload": {"key": deliver().key}}
    assert message.params["unfurl_links"] is False
    assert message.params["unfurl_media"] is False


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        (Fault.rate_limited(17), Rejected(reason="Slack's rate limit", retry=True, after=timedelta(seconds=17))),
        (
            Fault.rate_limited("Fri, 18 Sep 2015 14:06:00 GMT"),
            Rejected(reason="Slack's rate limit", retry=True, after=timedelta(minutes=1)),
        ),
        (
            Fault.rate_limited("99999999999999999999"),
            Rejected(reason="Slack's rate limit", retry=True, after=timedelta(hours=24)),
        ),
        (Fault.rate_limited("soon"), Rejected(reason="Slack's rate limit", retry=True)),
        (Fault.refuse("ratelimited"), Rejected(reason="Slack's rate limit", retry=True)),
        (Fault.server_error(500), Unknown(reason="Slack's answer does not say whether it took the message: HTTP 500")),
        (Fault.server_error(503), Unknown(reason="Slack's answer does not say whether it took the message: HTTP 503")),
        (
            Fault.refuse("internal_error"),
            Unknown(reason="Slack's answer does not say whether it took the message: internal_error"),
        ),
        (Fault.drop(accept=False), Unknown(reason="the connection to 127.0.0.1 broke before its answer came")),
        (Fault.drop(accept=True), Unknown(reason="the connection to 127.0.0.1 broke before its answer came")),
        (Fault.nonsense("<p>Log in to the hotel network"), Unknown(reason="the answer from 127.0.0.1 is not Slack's")),
        (
            Fault.nonsense("[1]", content_type="application/json"),
            Unknown(reason="the answer from 127.0.0.1 is not Slack's"),
        ),
        (
            Fault.nonsense("{", content_type="application/json"),
            Unknown(reason="Slack's answer does not say whether it took the message: HTTP 200"),
        ),
        (
            Fault.nonsense("", content_type="text/html"),
            Unknown(reason="Slack's answer does not say whether it took the message: HTTP 200"),
        ),
        (
            Fault(status=404, body="no", content_type="text/html"),
            Rejected(reason="HTTP 404, and not from Slack: check `api_url` and the proxy", retry=True),
        ),
        (
            Fault.refuse("not_in_channel"),
            Rejected(reason="not_in_channel: invite the bot: /invite it in #desk-russia", retry=True),
        ),
        (Fault.refuse("something_new"), Rejected(reason="Slack says something_new", retry=True)),
        (Fault.refuse("metadata_too_large"), Rejected(reason="Slack says metadata_too_large", retry=False)),
    ],
)
async def test_what_an_answer_means(
    slack: FakeSlack, bot: Open, deliver: MakeDelivery, fault: Fault, result: object
) -> None:
    slack.fail(fault)
    assert await bot().send(deliver()) == result
    assert len(slack.calls) == 1, "one attempt is one request"


@pytest.mark.parametrize("accept", [False, True])
async def test_no_answer_in_time_leaves_it_open(
    slack: FakeSlack, bot: Open, deliver: MakeDelivery, accept: bool
) -> None:
    slack.fail(Fault.hang(accept=accept))
    assert await bot(seconds=0.2).send(deliver()) == Unknown(reason="no answer from 127.0.0.1 within 0.2 s")


async def test_nobody_listening_means_surely_not_sent(bot: Open, deliver: MakeDelivery, closed_port: int) -> None:
    result = await bot(api_url=f"http://127.0.0.1:{closed_port}/api/").send(deliver())
    assert isinstance(result, Rejected)
    assert result.retry
    assert result.reason == "cannot connect to 127.0.0.1: Connection refused"


async def test_a_name_that_does_not_exist_means_surely_not_sent(bot: Open, deliver: MakeDelivery) -> None:
    result = await bot(api_url="https://no-such-host.invalid/api/").send(deliver())
    assert result == Rejected(reason="cannot connect to no-such-host.invalid: name not found", retry=True)


@pytest.mark.parametrize("word", ["invalid_blocks", "msg_too_long", "msg_blocks_too_long"])
async def test_blocks_that_slack_refuses_become_plain_text(
    slack: FakeSlack, bot: Open, deliver: MakeDelivery, word: str
) -> None:
    slack.fail(Fault.refuse(word))
    assert isinstance(await bot().send(deliver()), Accepted)
    (message,) = slack.messages
    assert message.blocks == []
    assert message.params["mrkdwn"] is False
    assert message.text.startswith("[high] Kerry says US ready for military-to-military talks")
    assert "https://www.example.org/world/2015/sep/18/kerry?utm_source=rss&amp;x=1" in message.text
    assert message.metadata is not None


async def test_a_message_that_slack_refuses_even_plain_is_dead(
    slack: FakeSlack, bot: Open, deliver: MakeDelivery
) -> None:
    slack.fail(Fault.refuse("invalid_blocks"), times=2)
    assert await bot().send(deliver()) == Rejected(reason="Slack says invalid_blocks", retry=False)


async def test_mistakes_in_the_set_up_say_what_to_do(slack: FakeSlack, bot: Open, deliver: MakeDelivery) -> None:
    slack.archived.add("C00000001")
    slack.scopes.discard("chat:write")
    reasons = []
    for notifier in (bot(token="xoxb-wrong"), bot()):
        result = await notifier.send(deliver())
        assert isinstance(result, Rejected)
        assert result.retry
        reasons.append(result.reason)
    slack.scopes.add("chat:write")
    for channel in ("#nowhere", "#general"):
        result = await bot(channel).send(deliver())
        assert isinstance(result, Rejected)
        assert result.retry
        reasons.append(result.reason)
    assert reasons == [
        "invalid_auth: Slack does not know this token: check it",
        (
            "missing_scope: the app lacks a permission (see the app's manifest): add it under OAuth & Permissions, "
            "install the app again"
        ),
        "channel_not_found: there is no channel #nowhere, or it is private: check the name, and invite the bot",
        "is_archived: #general is archived: unarchive it, or name another one",
    ]


async def test_a_message_whose_answer_was_lost_is_found_by_its_key(
    slack: FakeSlack, bot: Open, deliver: MakeDelivery, clock: FakeClock
) -> None:
    notifier, begun = bot(), clock()
    slack.fail(Fault.drop(accept=True))
    assert isinstance(await notifier.send(deliver()), Unknown)
    for number in range(5):  # later messages push it onto another page
        await notifier.send(deliver(key=f"{number:032x}"))
    found = await bot().look_up(deliver(), begun)  # as after a restart: the channel's id has to be found too
    assert found == Accepted(ref=f"C00000002:{slack.messages[0].ts}")
    assert len(slack.messages) == 6


async def test_a_message_that_never_arrived_is_surely_absent(
    slack: FakeSlack, bot: Open, deliver: MakeDelivery, clock: FakeClock
) -> None:
    slack.fail(Fault.drop(accept=False))
    notifier = bot()
    await notifier.send(deliver())
    assert await notifier.look_up(deliver(), clock()) == Rejected(reason="not in #desk-russia", retry=True)


async def test_another_apps_metadata_is_not_ours(
    slack: FakeSlack, bot: Open, deliver: MakeDelivery, clock: FakeClock
) -> None:
    notifier = bot()
    await notifier.send(deliver())
    for metadata in (
        {"event_type": "other", "event_payload": {"key": deliver().key}},
        {"event_type": "media_monitor_alert", "event_payload": {"key": "another"}},
        {"event_type": "media_monitor_alert", "event_payload": None},
        None,
    ):
        slack.messages[0] = replace(slack.messages[0], metadata=metadata)
        assert isinstance(await notifier.look_up(deliver(), clock()), Rejected)


async def test_a_message_older_than_the_attempt_is_not_searched(
    bot: Open, deliver: MakeDelivery, clock: FakeClock
) -> None:
    notifier = bot()
    await notifier.send(deliver())
    assert isinstance(await notifier.look_up(deliver(), clock() + timedelta(minutes=59)), Accepted)
    assert isinstance(await notifier.look_up(deliver(), clock() + timedelta(minutes=61)), Rejected)


@pytest.mark.parametrize("method", ["conversations.list", "conversations.history"])
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.server_error(502), "cannot look: HTTP 502"),
        (Fault.rate_limited(5), "cannot look: Slack says ratelimited"),
        (Fault.drop(accept=True), "cannot look: the connection to 127.0.0.1 broke before its answer came"),
        (Fault.nonsense("{}", content_type="application/json"), "cannot look: HTTP 200"),
        (Fault.refuse("missing_scope"), "cannot look: missing_scope: the app lacks a permission"),
    ],
)
async def test_a_look_up_that_fails_says_nothing_about_the_message(
    *, slack: FakeSlack, bot: Open, deliver: MakeDelivery, clock: FakeClock, method: str, fault: Fault, reason: str
) -> None:
    slack.fail(fault, method=method, times=2)  # aiohttp asks a second time where asking changes nothing
    result = await bot().look_up(deliver(), clock())
    assert isinstance(result, Unknown)
    assert result.reason.startswith(reason)


async def test_a_look_up_where_nobody_listens_says_nothing_either(
    bot: Open, deliver: MakeDelivery, clock: FakeClock, closed_port: int
) -> None:
    result = await bot("C00000001", api_url=f"http://127.0.0.1:{closed_port}/").look_up(deliver(), clock())
    assert isinstance(result, Unknown)


async def test_a_channel_that_cannot_be_found_says_nothing_about_the_message(
    bot: Open, deliver: MakeDelivery, clock: FakeClock
) -> None:
    result = await bot("#renamed").look_up(deliver(), clock())
    assert isinstance(result, Unknown)
    assert "#renamed" in result.reason


async def test_a_history_too_long_to_read_says_nothing(bot: Open, deliver: MakeDelivery, clock: FakeClock) -> None:
    notifier = bot()
    for number in range(41):
        await notifier.send(deliver(key=f"{number:032x}"))
    result = await notifier.look_up(deliver(), clock())
    assert result == Unknown(reason="cannot look: more than 20 pages")


async def test_environment_proxies_do_not_swallow_loopback(
    bot: Open, deliver: MakeDelivery, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert isinstance(await bot().send(deliver()), Accepted)


def settings(**given: Any) -> SlackSettings:
    return SlackSettings.model_validate({"token": "${T}", **given}, context={"env": {"T": "xoxb-hidden"}})


def test_settings_show_no_token() -> None:
    assert "hidden" not in repr(settings(slack="#desk"))
