"""Send alerts by mail: plain text and HTML in one message, with a Message-ID made of the delivery's key."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta
from email.headerregistry import Address as HeaderAddress
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

import structlog
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import Field

from monitor.model import Accepted, Delivery, DeliveryKind, Digest, Excerpt, Message, Rejected, SendResult
from monitor.notify import digests
from monitor.notify.channel import ChannelContext, ChannelType
from monitor.notify.daemon_thread import in_daemon_thread
from monitor.notify.excerpts import Piece, cut, pieces, safe_link
from monitor.notify.policy import ChannelSettings
from monitor.notify.settings import Addresses
from monitor.notify.smtp import Attempt, Envelope, SmtpSettings
from monitor.notify.wording import (
    MOST_REASONS,
    coverage_line,
    found_items,
    heading,
    lead,
    origin,
    plain_text,
    reasons_left_out,
    rule_title,
    subject,
)

PATIENT_ATTEMPTS = 5  # so often all recipients wait for one who is refused for the moment (a greylist, a full mailbox)

_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")

log = structlog.get_logger()


class EmailSettings(ChannelSettings):
    """`{email: chief@example.org}`, or a list of addresses."""

    to: Addresses = Field(alias="email", min_length=1)


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

    async def send(self, delivery: Delivery) -> SendResult:
        """Mail one message."""
        if delivery.kind is DeliveryKind.EDIT:
            return Rejected(reason="a mail that was sent cannot be changed", retry=False)
        envelope = Envelope(
            mail=write_mail(delivery, smtp=self._smtp, recipients=self._to),
            sender=parseaddr(self._smtp.sender)[1],
            recipients=self._to,
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
        return result

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:  # noqa: ARG002 - the port's shape
        """Say that a copy does little harm: it has the same Message-ID."""
        return Rejected(reason="a mail server cannot be asked; the copy has the same Message-ID", retry=True)

    async def close(self) -> None:
        """Do nothing: each mail had its own connection."""


def write_mail(delivery: Delivery, *, smtp: SmtpSettings, recipients: tuple[str, ...]) -> EmailMessage:
    """Write one mail. Whatever stands in the alert, no header can be broken: each value is one scrubbed line."""
    name, address = parseaddr(smtp.sender)
    message, parent = delivery.message, delivery.parent
    mail = EmailMessage()
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
    text = digests.digest_text(message) if isinstance(message, Digest) else plain_text(message)
    mail.set_content(text + "\n")
    mail.add_alternative(html(message), subtype="html")
    return mail


def _list_name(channel: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", channel.lower()).strip("-")[:60] or "channel"


def html(message: Message | Digest) -> str:
    """Lay one message out as HTML."""
    return _digest_html(message) if isinstance(message, Digest) else _alert_html(message)


def _alert_html(message: Message) -> str:
    return _templates.get_template("email.html.j2").render(
        title=_shown(message.title, 300) or [Piece(heading(message, 300), hit=False)],
        link=safe_link(message.url),
        preview=subject(message),
        lead=lead(message),
        priority=message.priority.word,
        excerpts=[_shown(excerpt, 600) for excerpt in message.excerpts],
        reasons=[(rule_title(reason), found_items(reason)) for reason in message.reasons[:MOST_REASONS]],
        reasons_left_out=reasons_left_out(message),
        origin=origin(message),
        coverage=coverage_line(message),
        language=_language(message),
    )


def _digest_html(digest: Digest) -> str:
    items = [
        {
            "title": heading(item, 200),
            "link": safe_link(item.url),
            "origin": origin(item),
            "rules": digests.details(digest, item),
            "priority": item.priority.word if item.priority is not digest.priority else "",
            "language": _language(item),
        }
        for item in digest.items[: digests.MOST_ITEMS]
    ]
    return _templates.get_template("email_digest.html.j2").render(
        title=heading(digest, 300),
        preview=subject(digest),
        reason=digests.reason(digest),
        priority=digest.priority.word,
        items=items,
        left_out=digests.left_out(digest, len(items)),
        language="",
    )


def _language(message: Message) -> str:
    """Return a tag that may stand in an attribute, or ""."""
    return message.language if re.fullmatch(r"[A-Za-z0-9-]{2,20}", message.language) else ""


def _shown(excerpt: Excerpt, limit: int) -> list[Piece]:
    return pieces(cut(excerpt, limit=limit, marks=30)) if excerpt.text.strip() else []


def _environment() -> Environment:
    options: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "undefined": StrictUndefined}
    return Environment(loader=PackageLoader("monitor.notify", "."), autoescape=True, **options)


_templates = _environment()

CHANNEL = ChannelType(name="email", settings=EmailSettings, open=EmailNotifier, needs_smtp=True)
