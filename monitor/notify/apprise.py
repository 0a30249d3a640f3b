"""Send alerts to whatever Apprise knows: a hundred services, each by one URL (https://github.com/caronc/apprise).

Apprise blocks and says only yes or no, so each attempt runs on a thread of its own and has a deadline. What it logs is
kept from the log: it may hold the URL, which is a secret.
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from monitor.model import Accepted, Delivery, DeliveryKind, Digest, Priority, Rejected, SendResult, Unknown
from monitor.notify import digests
from monitor.notify.channel import ChannelContext, ChannelType
from monitor.notify.daemon_thread import in_daemon_thread
from monitor.notify.policy import ChannelSettings
from monitor.notify.settings import SecretText
from monitor.notify.wording import plain_text, subject
from monitor.secret import Secret

MISSING = "Apprise is not installed: pip install 'media-monitor[apprise]'"
_TYPES = {Priority.LOW: "info", Priority.NORMAL: "info", Priority.HIGH: "warning", Priority.URGENT: "failure"}
_ROOM = 10_000  # characters of a digest; Apprise cuts to what a service takes
_CALLS = re.compile(r"(@)(?=everyone|here|channel|all\b)|(<)(?=[!@#&])", re.IGNORECASE)  # of Slack, Discord and others
_STATUS = re.compile(r"error=(\d{3})\b")


def _service(url: Secret) -> Any:
    """Make Apprise's own object of a URL.

    Raises:
        ValueError: it cannot be made; the text does not hold the URL.
    """
    try:
        import apprise  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError:
        raise ValueError(MISSING) from None
    _keep_quiet()
    service = apprise.Apprise.instantiate(url.reveal(), suppress_exceptions=True)
    if service is None:
        raise ValueError("Apprise knows no such service, or the URL lacks a part: see the page of the service there")
    return service


def _known(url: Secret) -> Secret:
    _service(url)
    return url


class AppriseSettings(ChannelSettings):
    """`{apprise: "${APPRISE_URL}"}`: one service, by Apprise's URL of it."""

    url: Annotated[SecretText, AfterValidator(_known)] = Field(alias="apprise")
    """Apprise's URL of one service, by reference: it is a secret. Example: `"${APPRISE_URL}"`."""


class AppriseNotifier:
    """Send each message once; what Apprise says of it is yes or no."""

    pace = timedelta(seconds=1)
    guarantee = "at least once, no look-up: Apprise does not say whether a message arrived whose answer was lost"

    def __init__(self, settings: AppriseSettings, context: ChannelContext) -> None:
        import apprise  # noqa: PLC0415 - an extra, and slow to import; the settings have found it

        self._apprise = apprise.Apprise()
        self._apprise.add(_service(settings.url))
        self._seconds = context.deadline.total_seconds()

    async def send(self, delivery: Delivery) -> SendResult:
        """Send one message as plain text; a reply names what it is about."""
        if delivery.kind is DeliveryKind.EDIT:
            return Rejected(reason="what was sent through Apprise cannot be changed", retry=False)
        title, body = written(delivery)
        kind = _TYPES[delivery.message.priority]
        try:
            async with asyncio.timeout(self._seconds):
                return await in_daemon_thread(lambda: self._notify(title, body, kind))
        except TimeoutError:
            return Unknown(reason=f"Apprise has not ended within {self._seconds:g} s")

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:  # noqa: ARG002 - the port's shape
        """Say that it has to be sent again: better twice than never."""
        return Rejected(reason="Apprise cannot be asked what arrived", retry=True)

    async def close(self) -> None:
        """Do nothing: each message had its own connection."""

    def _notify(self, title: str, body: str, kind: str) -> SendResult:
        statuses: list[str] = []
        _heard.set(statuses)
        try:
            taken = bool(self._apprise.notify(body=body, title=title, notify_type=kind, body_format="text"))
        except Exception as error:  # noqa: BLE001 - a hundred plugins of others; its text may hold the URL
            return Unknown(reason=f"Apprise failed: {type(error).__name__}")
        if taken:
            return Accepted()
        answer = f"it answered HTTP {statuses[-1]}" if statuses else "no answer, or none that it takes for a yes"
        return Rejected(reason=f"Apprise could not send it: {answer}; check the URL and the service", retry=True)


_heard: ContextVar[list[str]] = ContextVar("statuses of one attempt")  # Apprise hands it on to its own threads


class _Ear(logging.Filter):
    """Hear which HTTP status a service answered with, all of Apprise's words that are surely no secret; drop them."""

    def filter(self, record: logging.LogRecord) -> bool:
        heard = _heard.get(None)
        if heard is not None:
            heard += _STATUS.findall(record.getMessage())
        return False


_ear = _Ear()


def _keep_quiet() -> None:
    """Keep what Apprise says of URLs out of every log, and what urllib3 says for it."""
    logging.getLogger("urllib3.connectionpool").disabled = True
    logger = logging.getLogger("apprise")
    logger.setLevel(logging.WARNING)
    logger.addFilter(_ear)  # once, however often


def written(delivery: Delivery) -> tuple[str, str]:
    """Write title and body; the title does not stand in the body again, and no text calls a whole channel."""
    title, body = _written(delivery)
    return _CALLS.sub("\\g<0>\u200b", title), _CALLS.sub("\\g<0>\u200b", body)


def _written(delivery: Delivery) -> tuple[str, str]:
    message = delivery.message
    if isinstance(message, Digest):
        return subject(message), "\n".join(digests.digest_lines(message, _ROOM)[1:]).strip()
    before, _, after = plain_text(message, delivery.parent).partition(subject(message, 300))
    return subject(message), f"{before.strip()}\n{after.strip()}".strip()


CHANNEL = ChannelType(name="apprise", settings=AppriseSettings, open=AppriseNotifier, render=written)
