"""One connection of Slack's Socket Mode.

slack-sdk's own client speaks it, and lives as long as one connection. When and how often a new one is asked for is
decided elsewhere: the SDK would ask every five seconds for ever, and log a token's every refusal.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

from slack_sdk.socket_mode.aiohttp import SocketModeClient

from monitor.errors import MonitorError
from monitor.notify.slack_answers import explain
from monitor.notify.slack_api import RefusedError, SlackApi
from monitor.notify.wire import NoAnswerError, NotReachedError, open_session

CLOSING = 1.0  # seconds for a peer to say goodbye
_PASSING = ("ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout")
_ADVICE = {
    "invalid_auth": "Slack does not know the app token: check it",
    "missing_scope": "the app token lacks the scope connections:write: make a new one",
    "not_allowed_token_type": "this is no app token: use the one that begins with xapp-",
    "token_revoked": "the app token was revoked: make a new one",
}

# the SDK logs URLs that hold tickets, and whole payloads
_silent = logging.getLogger("monitor.notify.slack.socket")
_silent.setLevel(logging.CRITICAL + 1)
_silent.propagate = False


class BrokenError(MonitorError):
    """There is no connection; the text says why in one line."""

    def __init__(self, reason: str, *, after: timedelta | None = None, mendable: bool = False) -> None:
        self.after = after
        self.mendable = mendable  # by a person alone
        super().__init__(reason)


class Link(SocketModeClient):
    """One connection: where the SDK would open another, it says that this one has ended."""

    def __init__(self, api: SlackApi, url: str, *, deadline: timedelta, ping: float) -> None:
        super().__init__(api.client.token or "", _silent, api.client, ping_interval=ping)
        self.wss_uri = url
        self.proxy = None  # the session's choice knows NO_PROXY
        self.ended = asyncio.Event()
        self._unused, self.aiohttp_client_session = self.aiohttp_client_session, open_session(deadline)
        self.on_error_listeners.append(self._end)

    async def _end(self, _: object) -> None:
        self.ended.set()

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the SDK's own
        """Say that this connection has ended; the SDK asks for another when it is told so, and when it breaks."""
        self.ended.set()

    async def open(self, deadline: timedelta) -> None:
        """Open the connection.

        Raises:
            BrokenError: that was not possible in time.
        """
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                await self._unused.close()
                await self.connect()  # type: ignore[no-untyped-call]
        except TimeoutError:
            raise BrokenError("the WebSocket that Slack names cannot be opened") from None

    async def close(self) -> None:
        """End the connection, and whatever works for it."""
        self.closed = True
        tasks = [self.message_processor, self.current_session_monitor, self.message_receiver]
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                if self.current_session is not None:
                    await self.current_session.close()
        await self._unused.close()
        await self.aiohttp_client_session.close()


async def ask_for_url(api: SlackApi) -> str:
    """Ask Slack where to connect to; the answer is good for one connection.

    Raises:
        BrokenError: no usable answer came.
    """
    try:
        answer = await api.reach(lambda: api.call(api.client.apps_connections_open(app_token=api.client.token or "")))
    except RefusedError as refused:
        word, after = refused.answer.word, refused.answer.after
        said = f"{word}: {_ADVICE[word]}" if word in _ADVICE else explain(refused.answer, "the app")
        raise BrokenError(said, after=after, mendable=bool(word) and word not in _PASSING) from None
    except (NotReachedError, NoAnswerError) as error:
        raise BrokenError(str(error)) from None
    url = str(answer.get("url") or "")
    if urlsplit(url).scheme not in ("ws", "wss"):
        raise BrokenError("apps.connections.open names no WebSocket")
    return url
