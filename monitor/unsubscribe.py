"""Let recipients of mail leave: know the links that stand in mails, and remember who has followed one.

The last recipient of a channel who leaves mutes the channel: its messages are kept and not sent. Others are left out of
their channel's mails. Both are mutes, which `monitor unmute` ends.
"""

from __future__ import annotations

import asyncio
import secrets

import structlog

from monitor.model import Action, Mute
from monitor.notify.leaving import EVERYBODY, Gone, Leaving, token_for
from monitor.pipeline import Doors
from monitor.setup import Setup
from monitor.web.unsubscribe import Place

log = structlog.get_logger()

BY = "unsubscribe link"
SECRET = "unsubscribe"  # noqa: S105 - the name that it is kept under


class Departures:
    """The links of all mail channels, and who has left; implements `web.unsubscribe.Register`."""

    def __init__(self, doors: Doors, key: bytes) -> None:
        self._doors = doors
        self._key = key
        self._recipients: dict[str, tuple[str, ...]] = {}  # by channel
        self._links: dict[str, tuple[str, str]] = {}  # channel and recipient by token
        self._gone: Gone = frozenset()
        self._silent: frozenset[str] = frozenset()  # channels that the last recipient has left
        self._leaving = asyncio.Lock()

    def gone(self) -> Gone:
        """Say who is left out of which channel's mails."""
        return self._gone

    def leaving(self, setup: Setup) -> Leaving:
        """Say how mails name their links under this setup."""
        contact = setup.config.contact.removeprefix("mailto:")
        operator = contact if "@" in contact and "/" not in contact and " " not in contact else ""
        return Leaving(public_url=setup.config.public_url, key=self._key, operator=operator, gone=self.gone)

    def use(self, setup: Setup) -> None:
        """Know the links of this setup's channels, and no others."""
        self._recipients = {
            name: recipients
            for name, channel in setup.channels.items()
            if (recipients := channel.type.recipients(channel.settings))
        }
        self._links = {
            token_for(self._key, channel, recipient): (channel, recipient)
            for channel, recipients in self._recipients.items()
            for recipient in (*recipients, EVERYBODY)
        }

    async def read(self) -> None:
        """Read who has left; another daemon on the same store may have been told, and a person may have undone it."""
        running = await self._doors.in_store(self._doors.store.mutes, at=self._doors.clock())
        self._gone = frozenset((mute.channel, mute.recipient.lower()) for mute in running if mute.recipient)
        self._silent = frozenset(mute.channel for mute in running if mute.by == BY and not mute.recipient)

    def find(self, token: str) -> Place | None:
        """Say what a link is about."""
        if token not in self._links:
            return None
        channel, recipient = self._links[token]
        staying = [each for each in self._recipients[channel] if not self._has_left(channel, each)]
        choices = {} if recipient else {token_for(self._key, channel, each): each for each in staying}
        return Place(
            channel=channel,
            recipient=recipient,
            choices=choices,
            left=bool(recipient) and self._has_left(channel, recipient),
        )

    async def leave(self, token: str) -> None:
        """Leave a recipient out from now on, or mute the channel that nobody else reads."""
        channel, recipient = self._links[token]
        async with self._leaving:
            await self.read()
            if self._has_left(channel, recipient):
                return
            others = [each for each in self._recipients[channel] if each.lower() != recipient.lower()]
            alone = all(self._has_left(channel, each) for each in others)
            now = self._doors.clock()
            mute = Mute(
                id=secrets.token_hex(4),
                by=BY,
                reason=f"{recipient} has unsubscribed",
                since=now,
                until=None,
                channel=channel,
                recipient="" if alone else recipient,
            )
            action = Action(at=now, by=BY, via="mail", verb="mute", subject=mute.id, detail=f"{channel}: {mute.reason}")
            await self._doors.in_store(self._doors.store.add_mute, mute, action)
            await self.read()
        hint = f"`monitor unmute {mute.id}` undoes it"
        log.warning("somebody has unsubscribed", channel=channel, recipient=recipient, nobody_left=alone, hint=hint)

    def _has_left(self, channel: str, recipient: str) -> bool:
        return channel in self._silent or (channel, recipient.lower()) in self._gone
