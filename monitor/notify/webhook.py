"""Post alerts as JSON to any HTTP endpoint, signed where a secret is given.

The body, the headers and how a receiver checks them stand in docs/webhook.md.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Self

import aiohttp
from pydantic import Field, model_validator

from monitor.model import Accepted, Coverage, Delivery, Digest, Excerpt, Message, Rejected, SendResult
from monitor.notify.channel import ChannelContext, ChannelType
from monitor.notify.excerpts import safe_link, scrub
from monitor.notify.policy import ChannelSettings
from monitor.notify.settings import PrivateUrl, SecretFile, SecretText, host_of
from monitor.notify.wire import MESSAGE_REFUSED, TOO_MANY, open_session, retry_after, try_to_send
from monitor.secret import Secret

VERSION = 2
UNAUTHORIZED = 401
_BUSY = (408, 425, TOO_MANY)  # RFC 9110, 15.5.9; RFC 8470, 5.2; RFC 6585, 4
_ADVICE = {
    403: "it, or a proxy on the way, forbids this: check `secret`, the URL and the proxy",
    404: "nothing takes alerts there: check the URL",
    405: "nothing takes alerts there: check the URL",
    407: "the proxy wants a login: check HTTPS_PROXY and HTTP_PROXY",
    410: "it is gone for good: set another URL",
}


class WebhookSettings(ChannelSettings):
    """`{webhook: "https://…", secret: "${HOOK_SECRET}"}`."""

    url: PrivateUrl = Field(alias="webhook")
    """The URL; it is shown nowhere but as its host. Example: `https://example.org/hook`."""
    secret: SecretText | None = None
    """What the signature is made with, by reference. Default: no signature. Example: `"${HOOK_SECRET}"`."""
    secret_file: SecretFile | None = None
    """A file that holds the secret, relative to `monitor.yaml`. Default: no signature. Example: `/run/secrets/hook`."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.secret is not None and self.secret_file is not None:
            raise ValueError("both `secret` and `secret_file`: keep one of them")
        return self


class WebhookNotifier:
    """Post each message once, edits as well; any answer of the 2xx kind means that it was taken."""

    pace = timedelta(0)
    guarantee = "at least once: a copy sent after a lost answer has the same Idempotency-Key"

    def __init__(self, settings: WebhookSettings, context: ChannelContext) -> None:
        self._url = settings.url
        self._secret = settings.secret or settings.secret_file
        self._context = context
        self._session = open_session(context.deadline)

    async def send(self, delivery: Delivery) -> SendResult:
        """Post one message; what an edit changes is the receiver's business."""
        post = partial(self._post, delivery)
        return await try_to_send(post, host=host_of(self._url), deadline=self._context.deadline)

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:  # noqa: ARG002 - the port's shape
        """Say that a copy does no harm: the receiver knows it by its key."""
        return Rejected(reason="a webhook cannot be asked; the copy has the same Idempotency-Key", retry=True)

    async def close(self) -> None:
        """Give connections back."""
        await self._session.close()

    async def _post(self, delivery: Delivery) -> SendResult:
        body = json.dumps(payload(delivery), ensure_ascii=False, separators=(",", ":")).encode()
        now = self._context.clock()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": delivery.key,
            **signature_headers(body, self._secret, now),
        }
        async with self._session.post(self._url.reveal(), data=body, headers=headers, allow_redirects=False) as answer:
            return _understand(answer, host_of(self._url), now, signed=self._secret is not None)


def _understand(answer: aiohttp.ClientResponse, host: str, now: datetime, *, signed: bool) -> SendResult:
    """Say what a status means: only a refusal of this very message is final, a place can be mended."""
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004 - RFC 9110, 15.3
        return Accepted()
    if status in MESSAGE_REFUSED:
        return Rejected(reason=f"{host} refuses this message: HTTP {status}", retry=False)
    # the Idempotency-Key makes it safe to say "surely not" of a server that failed half-way
    reason = f"{host} answered HTTP {status}: {_advice(status, signed=signed)}"
    return Rejected(reason=reason, retry=True, after=retry_after(answer.headers, now))


def _advice(status: int, *, signed: bool) -> str:
    """Say what to do about a refusal that is not the message's fault."""
    if 300 <= status < 400:  # noqa: PLR2004 - RFC 9110, 15.4
        return "redirects are not followed, set the final URL"
    if status >= 500 or status in _BUSY:  # noqa: PLR2004 - RFC 9110, 15.6
        return "nothing to be done here, it is tried again"
    if status == UNAUTHORIZED:
        return "check `secret`" if signed else "it wants to know who sends: give the channel a `secret`"
    return _ADVICE.get(status, "check the URL, and what takes alerts there")


def signature_headers(body: bytes, secret: Secret | None, now: datetime) -> dict[str, str]:
    """Make the headers that let a receiver check who sent a body, and when."""
    stamp = str(int(now.timestamp()))
    headers = {"X-Monitor-Timestamp": stamp}
    if secret is not None:
        digest = hmac.new(secret.reveal().encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers["X-Monitor-Signature"] = f"v1={digest}"
    return headers


def payload(delivery: Delivery) -> dict[str, Any]:
    """Make the JSON object of one message."""
    message = delivery.message
    return {
        "version": VERSION,
        "kind": delivery.kind.value,
        "key": delivery.key,
        "parent": delivery.parent.key if delivery.parent else None,
        "channel": scrub(delivery.channel),
        "created_at": _time(delivery.created_at),
        **(_digest(message) if isinstance(message, Digest) else _message(message)),
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "priority": message.priority.word,
        "title": _excerpt(message.title),
        "url": safe_link(message.url),
        "feed": scrub(message.feed),
        "language": scrub(message.language),
        "published": _time(message.published) if message.published else None,
        "seen_at": _time(message.seen_at),
        "reasons": _reasons(message),
        "excerpts": [_excerpt(excerpt) for excerpt in message.excerpts],
        "note": scrub(message.note),
        "coverage": _coverage(message.coverage) if message.coverage else None,
    }


def _digest(digest: Digest) -> dict[str, Any]:
    return {
        "priority": digest.priority.word,
        "title": _excerpt(digest.title),
        "reason": scrub(digest.reason),
        "count": digest.count,
        "items": [_message(item) for item in digest.items],
    }


def _coverage(coverage: Coverage) -> dict[str, Any]:
    return {
        "sources": coverage.sources,
        "entries": coverage.entries,
        "first_at": _time(coverage.first_at),
        "last_at": _time(coverage.last_at),
    }


def _reasons(message: Message) -> list[dict[str, Any]]:
    return [
        {
            "rule": scrub(reason.rule),
            "title": scrub(reason.title),
            "found": [
                {"name": scrub(name), "spellings": [scrub(spelling) for spelling in spellings]}
                for name, spellings in reason.found
            ],
        }
        for reason in message.reasons
    ]


def _excerpt(excerpt: Excerpt) -> dict[str, Any]:
    return {"text": scrub(excerpt.text), "marks": [list(mark) for mark in excerpt.marks]}


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _lacks(settings: WebhookSettings) -> list[tuple[str, str]]:
    if settings.secret or settings.secret_file:
        return []
    return [("messages are not signed: whoever knows the URL can send some", "give the channel a `secret`")]


CHANNEL = ChannelType(
    name="webhook",
    settings=WebhookSettings,
    lacks=_lacks,
    open=WebhookNotifier,
    render=payload,
)
