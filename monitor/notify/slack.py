"""Post to Slack as a bot, effectively once.

Each message carries the delivery's key in its metadata, so that one whose answer was lost can be looked up in the
channel's history. slack-sdk's own retries are off: they post a second time when an answer is lost.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from monitor.model import Accepted, Delivery, DeliveryKind, Digest, Parent, Rejected, SendResult, Unknown
from monitor.notify.channel import ChannelContext, ChannelType
from monitor.notify.slack_answers import FORMATTING, NO_THREAD, Answer, explain, understand
from monitor.notify.slack_api import RefusedError, SlackApi
from monitor.notify.slack_buttons import buttons_of
from monitor.notify.slack_check import check_slack
from monitor.notify.slack_layout import blocks, fallback, plain
from monitor.notify.slack_settings import SlackSettings
from monitor.notify.slack_socket import open_listeners
from monitor.notify.wire import NoAnswerError, NotReachedError

EVENT_TYPE = "media_monitor_alert"
CLOCK_SKEW = timedelta(hours=1)  # between Slack's clock and ours: what is not found is sent again
_WITH_BUTTONS = (DeliveryKind.POST, DeliveryKind.EDIT)  # one row of them a story


class SlackNotifier:
    """Post each message once, and find it again where nobody knows whether it was posted."""

    pace = timedelta(seconds=1)  # Slack's own limit for one channel
    guarantee = "effectively once: a message whose answer was lost is looked up in the channel by its key"

    def __init__(self, settings: SlackSettings, context: ChannelContext) -> None:
        self._channel = settings.channel
        self._channel_id = "" if settings.channel.startswith("#") else settings.channel
        self._buttons = settings.app_secret is not None  # without Socket Mode nobody would hear them
        self._api = SlackApi(settings.secret, settings.api_url, clock=context.clock, deadline=context.deadline)

    async def send(self, delivery: Delivery) -> SendResult:
        """Post, reply or change one message, without blocks where Slack refuses them."""
        work = self._change if delivery.kind is DeliveryKind.EDIT else self._post_somewhere
        try:
            return await self._api.reach(lambda: work(delivery))
        except RefusedError as refused:
            return understand(refused.answer, self._channel)
        except NotReachedError as error:
            return Rejected(reason=str(error), retry=True)
        except NoAnswerError as error:
            return Unknown(reason=str(error))

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:
        """Search the thread, and the channel's history, for the delivery's key."""
        if delivery.kind is DeliveryKind.EDIT:
            return Rejected(reason="an edit may be made twice", retry=True)
        try:
            return await self._api.reach(lambda: self._search(delivery, since - CLOCK_SKEW))
        except RefusedError as refused:
            return Unknown(reason=f"cannot look: {explain(refused.answer, self._channel)}")
        except (NotReachedError, NoAnswerError) as error:
            return Unknown(reason=f"cannot look: {error}")

    async def close(self) -> None:
        """Give connections back."""
        await self._api.close()

    async def locate(self) -> str:
        """Return the id of the channel, which may be known by its name alone; asked for once.

        Raises:
            RefusedError: Slack says no, or there is no such channel.
            NotReachedError: Slack got nothing.
            NoAnswerError: no usable answer came.
        """
        return self._channel_id or await self._api.reach(self._find_channel)

    async def _post_somewhere(self, delivery: Delivery) -> SendResult:
        """Post into the thread that a message belongs to, or else into the channel.

        Slack itself does so with a reply to a message that was deleted (https://github.com/slack-go/slack/issues/1571).
        """
        _, thread = _place(delivery.parent)
        if not thread:
            return await self._post(delivery)
        broadcast = not isinstance(delivery.message, Digest) and delivery.message.broadcast
        try:
            return await self._post(delivery, thread_ts=thread, reply_broadcast=broadcast)
        except RefusedError as refused:
            if refused.answer.word not in NO_THREAD:
                raise
        return await self._post(delivery)

    async def _post(self, delivery: Delivery, **where: Any) -> SendResult:
        def request(**content: Any) -> Awaitable[AsyncSlackResponse]:
            key = {"event_type": EVENT_TYPE, "event_payload": {"key": delivery.key}}
            return self._api.client.chat_postMessage(
                channel=self._channel, metadata=key, unfurl_links=False, unfurl_media=False, **where, **content
            )

        answer = await self._say(delivery, request, mrkdwn=False)
        self._channel_id = str(answer.get("channel") or self._channel_id)
        return Accepted(ref=f"{self._channel_id}:{answer.get('ts', '')}")

    async def _change(self, delivery: Delivery) -> SendResult:
        """Change a message where it stands; its metadata stays, so it can still be looked up."""
        channel, stamp = _place(delivery.parent)
        if not stamp:
            return Rejected(reason="nobody knows which message to change", retry=False)
        request = partial(self._api.client.chat_update, channel=channel, ts=stamp)
        await self._say(delivery, request, blocks=[])  # blocks that are not named stay
        return Accepted(ref=f"{channel}:{stamp}")

    async def _say(
        self, delivery: Delivery, request: Callable[..., Awaitable[AsyncSlackResponse]], **plainly: Any
    ) -> dict[str, Any]:
        """Say a message in blocks, or in plain text where Slack refuses them."""
        message = delivery.message
        buttons = buttons_of(message, delivery.alert_id) if self._buttons and delivery.kind in _WITH_BUTTONS else ()
        try:
            return await self._api.call(request(text=fallback(message), blocks=blocks(message, buttons=buttons)))
        except RefusedError as refused:
            if refused.answer.word not in FORMATTING:
                raise
        # surely refused, so that saying it plainly cannot double it
        return await self._api.call(request(text=plain(message), **plainly))

    async def _search(self, delivery: Delivery, oldest: datetime) -> SendResult:
        channel, thread = _place(delivery.parent)
        if thread:
            found = await self._find(delivery.key, self._replies(channel, thread, oldest), channel)
            if found is not None:
                return found
        channel = self._channel_id or await self._find_channel()
        found = await self._find(delivery.key, self._history(channel, oldest), channel)
        return found or Rejected(reason=f"not in {self._channel}", retry=True)

    async def _find(self, key: str, messages: AsyncIterator[dict[str, Any]], channel: str) -> Accepted | None:
        async for message in messages:
            if _key(message) == key:
                return Accepted(ref=f"{channel}:{message.get('ts', '')}")
        return None

    async def _replies(self, channel: str, thread: str, oldest: datetime) -> AsyncIterator[dict[str, Any]]:
        """Give the messages of a thread; none where it is gone."""
        pages = self._api.pages(
            lambda cursor: self._api.client.conversations_replies(
                channel=channel, ts=thread, oldest=_stamp(oldest), limit=200, include_all_metadata=True, cursor=cursor
            )
        )
        try:
            async for page in pages:
                for message in page.get("messages") or ():
                    yield message
        except RefusedError as refused:
            if refused.answer.word != "thread_not_found":
                raise

    async def _history(self, channel: str, oldest: datetime) -> AsyncIterator[dict[str, Any]]:
        pages = self._api.pages(
            lambda cursor: self._api.client.conversations_history(
                channel=channel, oldest=_stamp(oldest), limit=200, include_all_metadata=True, cursor=cursor
            )
        )
        async for page in pages:
            for message in page.get("messages") or ():
                yield message

    async def _find_channel(self) -> str:
        pages = self._api.pages(
            lambda cursor: self._api.client.conversations_list(
                types="public_channel,private_channel", exclude_archived=True, limit=1000, cursor=cursor
            )
        )
        async for page in pages:
            for channel in page.get("channels") or ():
                if channel.get("name") == self._channel.removeprefix("#"):
                    self._channel_id = str(channel["id"])
                    return self._channel_id
        raise RefusedError(Answer(status=200, word="channel_not_found"))


def _place(parent: Parent | None) -> tuple[str, str]:
    """Return where a message stands, channel and time stamp; ("", "") = nowhere known."""
    channel, _, stamp = parent.ref.partition(":") if parent else ("", "", "")
    return (channel, stamp) if stamp else ("", "")


def _stamp(moment: datetime) -> str:
    return f"{moment.timestamp():.6f}"


def _key(message: dict[str, Any]) -> str:
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != EVENT_TYPE:
        return ""
    return str((metadata.get("event_payload") or {}).get("key", ""))


CHANNEL = ChannelType(
    name="slack",
    settings=SlackSettings,
    check=check_slack,
    open=SlackNotifier,
    listen=open_listeners,
    render=lambda delivery: (blocks(delivery.message), fallback(delivery.message)),
)
