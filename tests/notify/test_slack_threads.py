"""Replies and edits in Slack: in the thread, once, and never lost with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from monitor.model import Accepted, Delivery, DeliveryKind, Digest, Message, Parent, Rejected, SendResult, Unknown
from monitor.notify.channel import ChannelContext
from monitor.notify.slack import CHANNEL, SlackNotifier
from monitor.notify.slack_settings import SlackSettings
from monitor.testing import FakeClock, FakeSlack, Fault

MakeDelivery = Callable[..., Delivery]
MakeContext = Callable[..., ChannelContext]
REPLY_KEY = "c" * 32


@pytest.fixture
async def slack(clock: FakeClock) -> AsyncIterator[FakeSlack]:
    async with FakeSlack(clock=clock, page_size=2) as server:
        yield server


@pytest.fixture
async def bot(slack: FakeSlack, context: MakeContext) -> AsyncIterator[SlackNotifier]:
    settings = SlackSettings.model_validate(
        {"slack": "#desk-russia", "token": "${T}", "api_url": slack.api_url}, context={"env": {"T": slack.token}}
    )
    notifier = CHANNEL.open(settings, context(5))
    assert isinstance(notifier, SlackNotifier)
    yield notifier
    await notifier.close()


@pytest.fixture
async def posted(bot: SlackNotifier, deliver: MakeDelivery, latin: Message) -> Parent:
    """A message that stands in the channel."""
    result = await bot.send(deliver(key="b" * 32))
    assert isinstance(result, Accepted)
    return Parent(key="b" * 32, ref=result.ref, message=latin)


@pytest.fixture
def reply(deliver: MakeDelivery, posted: Parent, later: Message) -> Delivery:
    return deliver(later, key=REPLY_KEY, kind=DeliveryKind.REPLY, parent=posted)


@pytest.fixture
def edit(deliver: MakeDelivery, posted: Parent, counted: Message) -> Delivery:
    return deliver(counted, key="d" * 32, kind=DeliveryKind.EDIT, parent=posted)


async def test_a_reply_stands_in_the_thread_with_its_key(slack: FakeSlack, bot: SlackNotifier, reply: Delivery) -> None:
    result = await bot.send(reply)
    first, answer = slack.messages
    assert result == Accepted(ref=f"C00000002:{answer.ts}")
    assert (answer.thread_ts, answer.broadcast) == (first.ts, True)
    assert answer.metadata == {"event_type": "media_monitor_alert", "event_payload": {"key": REPLY_KEY}}
    assert answer.text.endswith("(also reported by ria; new rule: Sergei Shoygu)")


async def test_only_an_escalation_is_shown_to_the_whole_channel(
    slack: FakeSlack, bot: SlackNotifier, deliver: MakeDelivery, posted: Parent, latin: Message
) -> None:
    await bot.send(deliver(latin, kind=DeliveryKind.REPLY, parent=posted))
    assert (slack.messages[1].in_channel, slack.messages[1].params["reply_broadcast"]) == (False, False)


@pytest.mark.parametrize("ref", ["", "C00000002", "C00000002:"])
async def test_a_reply_without_a_place_is_a_message_of_its_own(
    slack: FakeSlack, bot: SlackNotifier, deliver: MakeDelivery, later: Message, ref: str
) -> None:
    parent = Parent(key="b" * 32, ref=ref, message=later)
    await bot.send(deliver(later, kind=DeliveryKind.REPLY, parent=parent))
    await bot.send(deliver(later, kind=DeliveryKind.REPLY))
    assert [message.thread_ts for message in slack.messages] == ["", ""]


async def test_a_reply_to_a_deleted_message_stands_in_the_channel(
    slack: FakeSlack, bot: SlackNotifier, reply: Delivery, clock: FakeClock
) -> None:
    slack.delete(slack.messages[0].ts)
    assert isinstance(await bot.send(reply), Accepted)
    (alone,) = slack.messages
    assert alone.in_channel
    assert await bot.look_up(reply, clock()) == Accepted(ref=f"C00000002:{alone.ts}")


@pytest.mark.parametrize("word", ["cannot_reply_to_message", "restricted_action_thread_locked", "thread_not_found"])
async def test_a_reply_that_the_thread_refuses_stands_in_the_channel(
    slack: FakeSlack, bot: SlackNotifier, reply: Delivery, word: str
) -> None:
    slack.fail(Fault.refuse(word))
    assert isinstance(await bot.send(reply), Accepted)
    assert slack.messages[1].thread_ts == ""
    assert slack.messages[1].metadata is not None


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        (Fault.refuse("is_archived"), Rejected(reason="is_archived: #desk-russia is archived", retry=True)),
        (Fault.rate_limited(9), Rejected(reason="Slack's rate limit", retry=True, after=timedelta(seconds=9))),
        (Fault.drop(accept=True), Unknown(reason="the connection to 127.0.0.1 broke")),
    ],
)
async def test_other_failures_of_a_reply_are_those_of_a_post(
    slack: FakeSlack, bot: SlackNotifier, reply: Delivery, fault: Fault, result: Rejected | Unknown
) -> None:
    slack.fail(fault)
    given = await bot.send(reply)
    assert isinstance(given, type(result))
    assert given.reason.startswith(result.reason)
    assert len(slack.calls) == 2, "one attempt is one request"


async def test_a_reply_whose_answer_was_lost_is_found_in_its_thread(
    *, slack: FakeSlack, bot: SlackNotifier, reply: Delivery, deliver: MakeDelivery, posted: Parent, clock: FakeClock
) -> None:
    for number in range(3):  # more than one page
        await bot.send(deliver(key=f"{number:032x}", kind=DeliveryKind.REPLY, parent=posted))
    assert await bot.look_up(reply, clock()) == Rejected(reason="not in #desk-russia", retry=True)
    slack.fail(Fault.drop(accept=True))
    assert isinstance(await bot.send(reply), Unknown)
    assert await bot.look_up(reply, clock()) == Accepted(ref=f"C00000002:{slack.messages[-1].ts}")


@pytest.mark.parametrize("method", ["conversations.replies", "conversations.history"])
async def test_a_look_up_of_a_reply_that_fails_says_nothing(
    slack: FakeSlack, bot: SlackNotifier, reply: Delivery, clock: FakeClock, method: str
) -> None:
    slack.fail(Fault.refuse("internal_error"), method=method)
    assert await bot.look_up(reply, clock()) == Unknown(reason="cannot look: Slack says internal_error")


async def test_an_edit_changes_the_message_where_it_stands(
    *, slack: FakeSlack, bot: SlackNotifier, edit: Delivery, posted: Parent, clock: FakeClock, deliver: MakeDelivery
) -> None:
    assert await bot.send(edit) == Accepted(ref=posted.ref)
    (message,) = slack.messages
    assert message.edits == 1
    assert message.blocks[1]["elements"][0]["text"].startswith("4 sources, 7 entries, first <!date^")
    again = deliver(key=posted.key)
    assert await bot.look_up(again, clock()) == Accepted(ref=posted.ref), "its key still stands there"


async def test_blocks_that_slack_refuses_in_an_edit_give_way_to_plain_text(
    slack: FakeSlack, bot: SlackNotifier, edit: Delivery
) -> None:
    slack.fail(Fault.refuse("invalid_blocks"), method="chat.update")
    assert isinstance(await bot.send(edit), Accepted)
    (message,) = slack.messages
    assert message.blocks == []
    assert "So far: 4 sources, 7 entries" in message.text


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("cant_update_message", "cant_update_message: another app, or an earlier installation of this one, posted"),
        ("edit_window_closed", "edit_window_closed: the workspace's settings allow no more changes"),
        ("message_not_found", "message_not_found: somebody has deleted the message"),
    ],
)
async def test_an_edit_that_cannot_be_made_is_refused_for_good(
    slack: FakeSlack, bot: SlackNotifier, edit: Delivery, word: str, reason: str
) -> None:
    slack.fail(Fault.refuse(word), method="chat.update")
    result = await bot.send(edit)
    assert isinstance(result, Rejected)
    assert not result.retry
    assert result.reason.startswith(reason)


async def test_an_edit_of_a_deleted_message_posts_nothing(slack: FakeSlack, bot: SlackNotifier, edit: Delivery) -> None:
    slack.delete(slack.messages[0].ts)
    result = await bot.send(edit)
    assert isinstance(result, Rejected)
    assert slack.messages == []


async def test_an_edit_waits_for_an_archived_channel(slack: FakeSlack, bot: SlackNotifier, edit: Delivery) -> None:
    slack.archived.add("C00000002")
    result = await bot.send(edit)
    assert isinstance(result, Rejected)
    assert result.retry


async def test_an_edit_of_nothing_known_is_refused_for_good(
    slack: FakeSlack, bot: SlackNotifier, deliver: MakeDelivery, counted: Message
) -> None:
    result = await bot.send(deliver(counted, kind=DeliveryKind.EDIT))
    assert result == Rejected(reason="nobody knows which message to change", retry=False)
    assert slack.calls == []


async def test_an_edit_needs_no_look_up(slack: FakeSlack, bot: SlackNotifier, edit: Delivery, clock: FakeClock) -> None:
    calls = len(slack.calls)
    result: SendResult = await bot.look_up(edit, clock())
    assert result == Rejected(reason="an edit may be made twice", retry=True)
    assert len(slack.calls) == calls


async def test_a_digest_is_one_message(
    slack: FakeSlack, bot: SlackNotifier, deliver: MakeDelivery, crowd: Digest, clock: FakeClock
) -> None:
    digest = deliver(crowd, kind=DeliveryKind.DIGEST)
    result = await bot.send(digest)
    (message,) = slack.messages
    assert message.text.startswith("[high] 23 alerts: Sergei Shoygu")
    assert await bot.look_up(digest, clock()) == result
