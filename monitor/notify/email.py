"""Send alerts by mail: plain text and HTML in one message, with a Message-ID made of the delivery's key."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import datetime, timedelta
from email.headerregistry import Address as HeaderAddress
from email.headerregistry import BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any, cast

import structlog
from pydantic import Field

from monitor.model import Accepted, Delivery, DeliveryKind, Rejected, SendResult
from monitor.notify.channel import ChannelContext, ChannelType
from monitor.notify.daemon_thread import in_daemon_thread
from monitor.notify.email_page import html, text
from monitor.notify.finding import Finding, fail, warn, well
from monitor.notify.leaving import NO_WAY, Leaving
from monitor.notify.policy import ChannelSettings
from monitor.notify.settings import Addresses, is_loopback
from monitor.notify.smtp import Attempt, Envelope, SmtpSettings
from monitor.notify.wording import subject

__all__ = ["CHANNEL", "EmailNotifier", "EmailSettings", "html", "write_mail"]

PATIENT_ATTEMPTS = 5  # so often all recipients wait for one who is refused for the moment (a greylist, a full mailbox)


class _Ways:
    """`List-Unsubscribe`: URLs, which no mail program would decode (RFC 2369, 2); each stands on its own line."""

    max_count = 1
    name: str

    @classmethod
    def parse(cls, value: str, given: dict[str, Any]) -> None:
        """Take the value as it is: it is ours."""
        given["parse_tree"] = None
        given["decoded"] = value

    def fold(self, *, policy: EmailPolicy) -> str:
        """Write the header, its URLs as they are."""
        return f"{self.name}: {str(self).replace(', ', f',{policy.linesep} ')}{policy.linesep}"


_headers = HeaderRegistry()
_headers.map_to_type("list-unsubscribe", cast("type[BaseHeader]", _Ways))  # which it mixes in itself
_POLICY = EmailPolicy(header_factory=_headers)

_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")

log = structlog.get_logger()


class EmailSettings(ChannelSettings):
    """`{email: chief@example.org}`, or a list of addresses."""

    to: Addresses = Field(alias="email", min_length=1)
    """An address, or a list of them; needs `smtp`. Example: `[chief@example.org, deputy@example.org]`."""


class EmailNotifier:
    """Mail each alert once; a copy sent after a lost answer has the same Message-ID."""

    pace = timedelta(0)
    guarantee = "once per Message-ID: a copy sent after a lost answer has the same one, and many mail programs drop it"

    def __init__(self, settings: EmailSettings, context: ChannelContext) -> None:
        if context.smtp is None:
            raise ValueError("an e-mail channel needs SMTP settings")
        self._to = settings.to
        self._smtp = context.smtp
        self._deadline = context.deadline
        self._leaving = context.leaving

    async def send(self, delivery: Delivery) -> SendResult:
        """Mail one message."""
        if delivery.kind is DeliveryKind.EDIT:
            return Rejected(reason="a mail that was sent cannot be changed", retry=False)
        recipients = self._leaving.remaining(delivery.channel, self._to)
        if not recipients:
            return Rejected(reason="everybody has unsubscribed: `monitor unmute` lets them back in", retry=False)
        envelope = Envelope(
            mail=write_mail(delivery, smtp=self._smtp, recipients=recipients, leaving=self._leaving),
            sender=parseaddr(self._smtp.sender)[1],
            recipients=recipients,
            patient=delivery.attempts <= PATIENT_ATTEMPTS,
        )
        seconds = self._deadline.total_seconds()
        attempt = Attempt(self._smtp, envelope, timeout=min(self._smtp.timeout, seconds))
        try:
            async with asyncio.timeout(seconds):
                result = await in_daemon_thread(attempt.run)
        except TimeoutError:
            return attempt.abandon()
        finally:
            attempt.abandon()  # whoever was told to stop waiting must not have the mail go out later
        if attempt.refused and isinstance(result, Accepted):
            log.warning(
                "mail sent, but not to everyone: the server refuses some recipients",
                refused=attempt.refused,
                sent_to=attempt.taken,
                key=delivery.key,
            )
            return replace(result, but="; ".join(attempt.refused))
        return result

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:  # noqa: ARG002 - the port's shape
        """Say that a copy does little harm: it has the same Message-ID."""
        return Rejected(reason="a mail server cannot be asked; the copy has the same Message-ID", retry=True)

    async def close(self) -> None:
        """Do nothing: each mail had its own connection."""


def write_mail(
    delivery: Delivery, *, smtp: SmtpSettings, recipients: tuple[str, ...], leaving: Leaving = NO_WAY
) -> EmailMessage:
    """Write one mail. Whatever stands in the alert, no header can be broken: each value is one scrubbed line."""
    name, address = parseaddr(smtp.sender)
    message, parent = delivery.message, delivery.parent
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = HeaderAddress(display_name=name, addr_spec=address)
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = f"Re: {subject(parent.message)}" if parent else subject(message)  # mail programs group by it
    mail["Date"] = format_datetime(delivery.created_at)
    mail["Message-ID"] = f"<{delivery.key}@{smtp.domain}>"
    if parent:  # RFC 5322, 3.6.4; every reply answers the first mail, so that is all it refers to
        own = _MESSAGE_ID.fullmatch(parent.ref)  # it may have gone through a channel that was no mail then
        mail["In-Reply-To"] = mail["References"] = parent.ref if own else f"<{parent.key}@{smtp.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    mail["List-ID"] = f"<{_list_name(delivery.channel)}.media-monitor.{smtp.domain}>"  # RFC 2919: people filter by it
    for header, value in leaving.headers(delivery.channel, recipients).items():
        mail[header] = value
    leave = leaving.link(delivery.channel, recipients)
    mail.set_content(text(message, leave=leave))
    mail.add_alternative(html(message, leave=leave), subtype="html")
    return mail


def _list_name(channel: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", channel.lower()).strip("-")[:60] or "channel"


async def check_smtp(settings: EmailSettings, context: ChannelContext) -> list[Finding]:
    """Connect to the mail server and log in; no mail is sent."""
    smtp = context.smtp
    assert smtp is not None  # noqa: S101 - the kind needs it, which was checked when it was read
    envelope = Envelope(mail=EmailMessage(), sender="", recipients=settings.to)
    seconds = context.deadline.total_seconds()
    attempt = Attempt(smtp, envelope, timeout=min(smtp.timeout, seconds))
    try:
        async with asyncio.timeout(seconds):
            wrong = await in_daemon_thread(attempt.greet)
    except TimeoutError:
        wrong = f"the mail server {smtp.host} does not answer"
    finally:
        attempt.abandon()
    place = f"mail server {smtp.host}:{smtp.used_port}"
    how = "not encrypted" if smtp.security == "none" else f"with {smtp.security.upper()}"
    found = [fail(wrong) if wrong else well(f"{place} takes {'the login' if smtp.user else 'mail'}, {how}")]
    if not wrong and smtp.security == "none" and not is_loopback(smtp.host):
        found.append(warn(f"mails travel to {smtp.host} in the clear", "write `tls: starttls` under `smtp`"))
    return found


CHANNEL = ChannelType(
    name="email",
    settings=EmailSettings,
    open=EmailNotifier,
    needs_smtp=True,
    check=check_smtp,
    recipients=lambda settings: settings.to,
    render=lambda delivery: (text(delivery.message), html(delivery.message)),
)
