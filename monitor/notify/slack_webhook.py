"""Post to Slack through an incoming webhook: one secret URL, one Slack channel, no way to ask what arrived."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import Field

from monitor.model import Accepted, Delivery, DeliveryKind, Rejected, SendResult, Unknown
from monitor.notify.channel import ChannelContext, ChannelType
from monitor.notify.excerpts import scrub_line
from monitor.notify.policy import ChannelSettings
from monitor.notify.settings import SecretUrl, host_of
from monitor.notify.slack_layout import blocks, fallback, plain
from monitor.notify.wire import MESSAGE_REFUSED, TOO_MANY, open_session, retry_after, try_to_send

_FORMATTING = ("invalid_blocks", "invalid_payload", "msg_too_long", "msg_blocks_too_long")
_NEW = "make a new incoming webhook, and set its URL"
_MENDABLE = {
    "action_prohibited": "the workspace forbids this webhook to post there: ask its administrators",
    "channel_is_archived": f"its channel is archived: unarchive it, or {_NEW}",
    "channel_not_found": f"its channel is gone: {_NEW}",
    "invalid_token": f"the webhook was revoked: {_NEW}",
    "no_active_hooks": f"the webhook was disabled: {_NEW}",
    "no_service": f"the webhook was removed or disabled: {_NEW}",
    "no_team": f"the workspace is gone, or the URL is wrong: {_NEW}",
    "posting_to_general_channel_denied": "the workspace's settings forbid it: name another channel",
    "team_disabled": "the workspace is disabled: ask its administrators",
    "user_not_found": f"the person it posted to has left: {_NEW}",
}


class SlackWebhookSettings(ChannelSettings):
    """`{slack_webhook: "${SLACK_WEBHOOK_URL}"}`."""

    url: SecretUrl = Field(alias="slack_webhook")
    """The URL of an incoming webhook, by reference: it is a secret. Example: `"${SLACK_WEBHOOK_URL}"`."""


class SlackWebhookNotifier:
    """Post each alert once; a webhook cannot say later whether it did."""

    pace = timedelta(seconds=1)
    guarantee = "at least once: an incoming webhook cannot be asked what arrived (a bot token can)"

    def __init__(self, settings: SlackWebhookSettings, context: ChannelContext) -> None:
        self._url = settings.url
        self._context = context
        self._session = open_session(context.deadline)

    async def send(self, delivery: Delivery) -> SendResult:
        """Post one message, without blocks where Slack refuses them; a reply names what it is about."""
        if delivery.kind is DeliveryKind.EDIT:
            return Rejected(
                reason="an incoming webhook cannot change what it has posted (a bot token can)", retry=False
            )
        post = partial(self._post, delivery)
        return await try_to_send(post, host=host_of(self._url), deadline=self._context.deadline)

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:  # noqa: ARG002 - the port's shape
        """Say that it has to be sent again: better twice than never."""
        return Rejected(reason="a Slack webhook cannot be asked what arrived", retry=True)

    async def close(self) -> None:
        """Give connections back."""
        await self._session.close()

    async def _post(self, delivery: Delivery) -> SendResult:
        message, about = delivery.message, delivery.parent
        result, word = await self._say({"text": fallback(message), "blocks": blocks(message, about)})
        if word in _FORMATTING:  # surely refused, so that saying it plainly cannot double it
            result, word = await self._say({"text": plain(message, about), "mrkdwn": False})
        return result

    async def _say(self, payload: dict[str, Any]) -> tuple[SendResult, str]:
        payload |= {"unfurl_links": False, "unfurl_media": False}
        async with self._session.post(self._url.reveal(), json=payload, allow_redirects=False) as answer:
            body = await answer.content.read(1000)
            word = scrub_line(body.decode("utf-8", "replace"), 60)
            after = retry_after(answer.headers, self._context.clock())
            return _understand(answer.status, word, host_of(self._url), after), word


def _understand(status: int, word: str, host: str, after: timedelta | None) -> SendResult:
    """Say what an answer means: only a refusal of this very message is final."""
    if status == 200 and word == "ok":  # noqa: PLR2004 - https://docs.slack.dev, "Sending messages using incoming webhooks"
        return Accepted()
    if status == TOO_MANY:
        return Rejected(reason="Slack's rate limit", retry=True, after=after)
    if word in _MENDABLE:
        return Rejected(reason=f"{word}: {_MENDABLE[word]}", retry=True)
    known = word if word.replace("_", "").isalnum() else ""
    if status in MESSAGE_REFUSED or word in _FORMATTING:
        return Rejected(reason=f"{host} refuses this message: HTTP {status} {known}".rstrip(), retry=False)
    if 400 <= status < 500:  # noqa: PLR2004 - RFC 9110, 15.5
        what = f"{host} answered HTTP {status} {known}".rstrip()
        return Rejected(reason=f"{what}: check the proxy, or {_NEW}", retry=True, after=after)
    return Unknown(reason=f"{host} does not say whether it took the message: HTTP {status}")


CHANNEL = ChannelType(
    name="slack_webhook",
    settings=SlackWebhookSettings,
    lacks=lambda _: [
        (
            "what it has posted cannot be changed: no counter of sources, no threads, no buttons",
            "use a bot token (`slack:` and `token:`) to have them",
        )
    ],
    open=SlackWebhookNotifier,
    render=lambda delivery: (blocks(delivery.message, delivery.parent), fallback(delivery.message)),
)
