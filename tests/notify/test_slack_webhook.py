from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from monitor.model import Accepted, Delivery, Rejected, Unknown
from monitor.notify.channel import ChannelContext
from monitor.notify.slack_webhook import SlackWebhookNotifier, SlackWebhookSettings
from monitor.testing import FakeSlack, Fault
from monitor.testing.slack import HOOK

MakeDelivery = Callable[..., Delivery]
Open = Callable[..., SlackWebhookNotifier]
IN_DOUBT = "127.0.0.1 does not say whether it took the message: HTTP"
NEW = "make a new incoming webhook, and set its URL"


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as server:
        yield server


@pytest.fixture
async def hook(slack: FakeSlack, context: Callable[..., ChannelContext]) -> AsyncIterator[Open]:
    opened: list[SlackWebhookNotifier] = []

    def make(url: str = slack.webhook_url, *, seconds: float = 5) -> SlackWebhookNotifier:
        settings = SlackWebhookSettings.model_validate({"slack_webhook": "${U}"}, context={"env": {"U": url}})
        opened.append(SlackWebhookNotifier(settings, context(seconds)))
        return opened[-1]

    yield make
    for notifier in opened:
        await notifier.close()


async def test_a_message_arrives(slack: FakeSlack, hook: Open, deliver: MakeDelivery) -> None:
    assert await hook().send(deliver()) == Accepted()
    assert [message.text for message in slack.messages] == [
        "[high] Kerry says US ready for military-to-military talks with Russia — guardian"
    ]
    assert slack.messages[0].blocks


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        (Fault.rate_limited(3), Rejected(reason="Slack's rate limit", retry=True, after=timedelta(seconds=3))),
        (Fault.server_error(500), Unknown(reason=f"{IN_DOUBT} 500")),
        (Fault.nonsense("<p>Log in"), Unknown(reason=f"{IN_DOUBT} 200")),
        (Fault.drop(accept=True), Unknown(reason="the connection to 127.0.0.1 broke before its answer came")),
        (
            Fault.refuse("no_service", status=404),
            Rejected(reason=f"no_service: the webhook was removed or disabled: {NEW}", retry=True),
        ),
        (
            Fault.refuse("channel_is_archived", status=410),
            Rejected(reason=f"channel_is_archived: its channel is archived: unarchive it, or {NEW}", retry=True),
        ),
        (
            Fault.refuse("user_not_found", status=400),
            Rejected(reason=f"user_not_found: the person it posted to has left: {NEW}", retry=True),
        ),
        (
            Fault.refuse("no_text", status=400),
            Rejected(reason="127.0.0.1 refuses this message: HTTP 400 no_text", retry=False),
        ),
        (
            Fault(status=403, body="<b>/services/T0/secret</b>"),
            Rejected(reason=f"127.0.0.1 answered HTTP 403: check the proxy, or {NEW}", retry=True),
        ),
        (
            Fault(status=404, body=""),
            Rejected(reason=f"127.0.0.1 answered HTTP 404: check the proxy, or {NEW}", retry=True),
        ),
        (
            Fault(status=407, body="<p>log in"),
            Rejected(reason=f"127.0.0.1 answered HTTP 407: check the proxy, or {NEW}", retry=True),
        ),
        (Fault(status=302, body="moved"), Unknown(reason=f"{IN_DOUBT} 302")),
    ],
)
async def test_what_an_answer_means(
    slack: FakeSlack, hook: Open, deliver: MakeDelivery, fault: Fault, result: object
) -> None:
    slack.fail(fault, method=HOOK)
    assert await hook().send(deliver()) == result
    assert len(slack.calls) == 1


async def test_no_answer_in_time_leaves_it_open(slack: FakeSlack, hook: Open, deliver: MakeDelivery) -> None:
    slack.fail(Fault.hang(accept=True), method=HOOK)
    assert await hook(seconds=0.2).send(deliver()) == Unknown(reason="no answer from 127.0.0.1 within 0.2 s")


async def test_nobody_listening_means_surely_not_sent(hook: Open, deliver: MakeDelivery, closed_port: int) -> None:
    result = await hook(f"http://127.0.0.1:{closed_port}/services/T/B/hook-secret").send(deliver())
    assert isinstance(result, Rejected)
    assert result.retry


async def test_blocks_that_slack_refuses_become_plain_text(slack: FakeSlack, hook: Open, deliver: MakeDelivery) -> None:
    slack.fail(Fault.refuse("invalid_blocks", status=400), method=HOOK)
    assert await hook().send(deliver()) == Accepted()
    (message,) = slack.messages
    assert message.blocks == []
    assert message.text.startswith("[high] Kerry says")


async def test_it_cannot_be_looked_up_and_says_so(hook: Open, deliver: MakeDelivery) -> None:
    result = await hook().look_up(deliver(), deliver().created_at)
    assert isinstance(result, Rejected)
    assert result.retry
    assert "at least once" in hook().guarantee
