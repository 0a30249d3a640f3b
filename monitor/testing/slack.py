"""Slack's Web API and incoming webhooks, as far as alerts need them, on a real socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from monitor.testing.clock import FakeClock
from monitor.testing.fault import Fault
from monitor.testing.http_server import FaultyServer, retry_header
from monitor.testing.slack_limits import refusal
from monitor.testing.slack_socket import FakeSocket

TOKEN = "xoxb-fake-token"  # noqa: S105 - it opens nothing but the fake
HOOK_PATH = "/services/T00000000/B00000000/fake-hook-secret"
HOOK = "incoming_webhook"
CONNECT = "apps.connections.open"

Params = Mapping[str, Any]


class _RefusedError(Exception):
    """The request is one that Slack refuses, with this word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessage:
    """One message in a channel."""

    channel: str  # id
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    params: Mapping[str, Any]  # everything that was posted, or set by the last change
    thread_ts: str = ""  # of the message that it answers, "" = none
    broadcast: bool = False  # a reply that the whole channel sees
    edits: int = 0
    by_hook: bool = False

    @property
    def in_channel(self) -> bool:
        """Whether it stands in the channel, and not in a thread alone."""
        return not self.thread_ts or self.broadcast


class FakeSlack(FaultyServer):
    """Speak the methods of Slack that alerts need, and incoming webhooks.

    `chat.postMessage` (with threads), `chat.update`, `conversations.history`, `conversations.replies`,
    `conversations.list`, `auth.test`; `socket` is Socket Mode, with people who press buttons. Blocks are checked
    against the documented limits, tokens and channels against those it was made with; `messages` keeps what stands
    there, in the order of posting, `calls` every (method, parameters) that came. A clock gives the messages their `ts`:
    pass the one that the tested program reads where look-ups matter. History and threads show a message only when it is
    `lag` old.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        channels: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] | None = None,
        page_size: int = 100,
        lag: timedelta = timedelta(),
    ) -> None:
        super().__init__()
        self.token = token
        self.channels = dict(channels or {"C00000001": "general", "C00000002": "desk-russia"})  # id -> name
        self.archived: set[str] = set()  # ids
        self.not_invited: set[str] = set()  # ids
        self.scopes = {"chat:write", "channels:read", "groups:read", "channels:history", "groups:history", "commands"}
        self.messages: list[SlackMessage] = []
        self.calls: list[tuple[str, Params]] = []
        self._posted = 0
        self._clock = clock or FakeClock()
        self._page_size = page_size
        self._lag = lag
        for method, answer in (
            ("auth.test", self._auth_test),
            ("chat.postMessage", self._post),
            ("chat.update", self._update),
            ("conversations.history", self._history),
            ("conversations.replies", self._replies),
            ("conversations.list", self._list),
            (CONNECT, self._connections_open),
        ):
            self._app.router.add_route("*", f"/api/{method}", self._handler(method, answer))
        self._app.router.add_post(HOOK_PATH, self._hook)
        self.socket = FakeSocket(lambda: self.origin)
        self._app.router.add_routes(self.socket.routes())

    @property
    def api_url(self) -> str:
        """What to set as `api_url` of a slack channel."""
        return f"{self.origin}/api/"

    @property
    def webhook_url(self) -> str:
        """An incoming webhook of the first channel."""
        return self.origin + HOOK_PATH

    def fail(self, fault: Fault, *, method: str = "chat.postMessage", times: int = 1) -> None:
        """Make the next calls of a method fail; the incoming webhook's is `incoming_webhook`."""
        self.script(method, fault, times)

    def delete(self, ts: str) -> None:
        """Delete a message, as a person does."""
        self.messages = [one for one in self.messages if one.ts != ts]

    def _handler(
        self, method: str, answer: Callable[[Params], dict[str, Any]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            params = await _params(request)
            self.calls.append((method, params))

            def accept() -> web.Response:
                try:
                    self._check_token(request, method)
                    granted = {"X-OAuth-Scopes": ",".join(sorted(self.scopes))}
                    return web.json_response({"ok": True, **answer(params)}, headers=granted)
                except _RefusedError as refused:
                    return web.json_response({"ok": False, "error": str(refused)})

            return await self.respond(request, method, accept=accept, refuse=_refuse)

        return handle

    def _check_token(self, request: web.Request, method: str) -> None:
        given = request.headers.get("Authorization", "")
        if not given:
            raise _RefusedError("not_authed")
        wanted, other = (self.token, self.socket.token)[:: -1 if method == CONNECT else 1]
        if given == f"Bearer {other}":
            raise _RefusedError("not_allowed_token_type")
        if given != f"Bearer {wanted}":
            raise _RefusedError("invalid_auth")

    def _connections_open(self, params: Params) -> dict[str, Any]:  # noqa: ARG002 - as all methods
        return {"url": self.socket.ticket()}

    def _need(self, scope: str) -> None:
        if scope not in self.scopes:
            raise _RefusedError("missing_scope")

    def _auth_test(self, params: Params) -> dict[str, Any]:  # noqa: ARG002 - as all methods
        return {"url": f"{self.origin}/", "team": "Fake", "user": "monitor", "team_id": "T00000001", "bot_id": "B1"}

    def _post(self, params: Params) -> dict[str, Any]:
        channel = self._writable(params)
        message = self._keep(channel, params, thread_ts=self._thread(channel, params))
        shown = {"text": message.text, "ts": message.ts} | (
            {"thread_ts": message.thread_ts} if message.thread_ts else {}
        )
        return {"channel": channel, "ts": message.ts, "message": shown}

    def _update(self, params: Params) -> dict[str, Any]:
        """Change a message; what is not named stays (https://docs.slack.dev/reference/methods/chat.update)."""
        channel = self._writable(params)
        if not params.get("ts"):
            raise _RefusedError("message_not_found")
        old = self._find(channel, str(params["ts"]))
        if old.by_hook:
            raise _RefusedError("cant_update_message")
        _check({**params, "blocks": params.get("blocks") or None})  # an empty list takes the blocks away
        blocks = old.blocks if params.get("blocks") is None else params["blocks"]
        new = replace(old, text=str(params.get("text") or ""), blocks=blocks, params=params, edits=old.edits + 1)
        self.messages[self.messages.index(old)] = new
        return {"channel": channel, "ts": new.ts, "text": new.text}

    def _writable(self, params: Params) -> str:
        self._need("chat:write")
        channel = self._channel(str(params.get("channel", "")))
        if channel in self.archived:
            raise _RefusedError("is_archived")
        if channel in self.not_invited:
            raise _RefusedError("not_in_channel")
        return channel

    def _thread(self, channel: str, params: Params) -> str:
        """Return the thread to answer in; Slack posts into the channel where there is none (slack-go/slack#1571)."""
        asked = str(params.get("thread_ts") or "")
        return asked if any(one.ts == asked and one.channel == channel for one in self.messages) else ""

    def _find(self, channel: str, ts: str) -> SlackMessage:
        for message in self.messages:
            if (message.channel, message.ts) == (channel, ts):
                return message
        raise _RefusedError("message_not_found")

    def _channel(self, given: str) -> str:
        for channel, name in self.channels.items():
            if given in (channel, name, f"#{name}"):
                return channel
        raise _RefusedError("channel_not_found")

    def _keep(self, channel: str, params: Params, *, thread_ts: str = "", by_hook: bool = False) -> SlackMessage:
        """Check a message and put it into a channel."""
        _check(params)
        self._posted += 1
        message = SlackMessage(
            channel=channel,
            ts=f"{int(self._clock().timestamp())}.{self._posted:06d}",
            text=str(params.get("text") or ""),
            blocks=params.get("blocks") or [],
            metadata=params.get("metadata"),
            params=params,
            thread_ts=thread_ts,
            broadcast=bool(thread_ts) and params.get("reply_broadcast") is True,
            by_hook=by_hook,
        )
        self.messages.append(message)
        return message

    def _history(self, params: Params) -> dict[str, Any]:
        self._need("channels:history")
        channel = self._channel(str(params.get("channel", "")))
        found = [one for one in self.messages if one.channel == channel and one.in_channel]
        return self._listed(sorted(found, key=_ts, reverse=True), params)

    def _replies(self, params: Params) -> dict[str, Any]:
        self._need("channels:history")
        channel, thread = self._channel(str(params.get("channel", ""))), str(params.get("ts") or "")
        in_thread = [one for one in self.messages if one.channel == channel and thread in (one.ts, one.thread_ts)]
        if not in_thread:
            raise _RefusedError("thread_not_found")
        return self._listed(sorted(in_thread, key=_ts), params, always=thread)

    def _listed(self, found: list[SlackMessage], params: Params, *, always: str = "") -> dict[str, Any]:
        """Show messages that are new enough, and old enough to be seen; of a thread the first in any case."""
        oldest = Decimal(str(params.get("oldest") or "0"))
        newest = Decimal(str((self._clock() - self._lag).timestamp())) if self._lag else Decimal("Infinity")
        shown_now = [one for one in found if one.ts == always or oldest < _ts(one) <= newest]
        page, cursor = self._page(shown_now, params)
        with_metadata = str(params.get("include_all_metadata", "")).lower() in ("1", "true")
        shown = [
            {"type": "message", "ts": one.ts, "text": one.text}
            | ({"thread_ts": one.thread_ts} if one.thread_ts else {})
            | ({"metadata": one.metadata} if with_metadata and one.metadata else {})
            for one in page
        ]
        return {"messages": shown, "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}

    def _list(self, params: Params) -> dict[str, Any]:
        self._need("channels:read")
        page, cursor = self._page(sorted(self.channels.items()), params)
        shown = [{"id": channel, "name": name, "is_archived": channel in self.archived} for channel, name in page]
        return {"channels": shown, "response_metadata": {"next_cursor": cursor}}

    def _page(self, rows: list[Any], params: Params) -> tuple[list[Any], str]:
        start = int(str(params.get("cursor") or "0"))
        end = start + min(int(str(params.get("limit") or 100)), self._page_size)
        return rows[start:end], str(end) if end < len(rows) else ""

    async def _hook(self, request: web.Request) -> web.StreamResponse:
        params = await _params(request)
        self.calls.append((HOOK, params))

        def accept() -> web.Response:
            try:
                self._keep(next(iter(self.channels)), params, by_hook=True)
            except _RefusedError as refused:
                return web.Response(status=400, text=str(refused))
            return web.Response(text="ok")

        def refuse(fault: Fault) -> web.Response:
            return web.Response(status=fault.status, text=fault.error, headers=retry_header(fault))

        return await self.respond(request, HOOK, accept=accept, refuse=refuse)


def _check(params: Params) -> None:
    if word := refusal(params):
        raise _RefusedError(word)


def _ts(message: SlackMessage) -> Decimal:
    return Decimal(message.ts)


async def _params(request: web.Request) -> Params:
    """Read the parameters, wherever Slack would take them from."""
    if request.content_type == "application/json":
        body = await request.json()
        return body if isinstance(body, dict) else {}
    return {**request.query, **{key: str(value) for key, value in (await request.post()).items()}}


def _refuse(fault: Fault) -> web.Response:
    body = {"ok": False, "error": fault.error or "internal_error"}
    return web.json_response(body, status=fault.status, headers=retry_header(fault))
