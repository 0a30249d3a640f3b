"""Slack's Web API and incoming webhooks, as far as alerts need them, on a real socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from monitor.testing.clock import FakeClock
from monitor.testing.fault import Fault
from monitor.testing.http_server import FaultyServer, retry_header
from monitor.testing.slack_limits import check_blocks, too_long

TOKEN = "xoxb-fake-token"  # noqa: S105 - it opens nothing but the fake
HOOK_PATH = "/services/T00000000/B00000000/fake-hook-secret"
HOOK = "incoming_webhook"
MOST_TEXT = 40_000

Params = Mapping[str, Any]


class _RefusedError(Exception):
    """The request is one that Slack refuses, with this word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMessage:
    """One message in a channel's history."""

    channel: str  # id
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    params: Mapping[str, Any]  # everything that was posted


class FakeSlack(FaultyServer):
    """Speak `chat.postMessage`, `conversations.history`, `conversations.list`, `auth.test` and incoming webhooks.

    Blocks are checked against the documented limits, tokens and channels against those it was made with; `messages`
    keeps what was accepted, `calls` every (method, parameters) that came. A clock gives the messages their `ts`: pass
    the one that the tested program reads where look-ups matter.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        channels: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] | None = None,
        page_size: int = 100,
    ) -> None:
        super().__init__()
        self.token = token
        self.channels = dict(channels or {"C00000001": "general", "C00000002": "desk-russia"})  # id -> name
        self.archived: set[str] = set()  # ids
        self.not_invited: set[str] = set()  # ids
        self.scopes = {"chat:write", "channels:read", "groups:read", "channels:history", "groups:history"}
        self.messages: list[SlackMessage] = []
        self.calls: list[tuple[str, Params]] = []
        self._clock = clock or FakeClock()
        self._page_size = page_size
        for method, answer in (
            ("auth.test", self._auth_test),
            ("chat.postMessage", self._post),
            ("conversations.history", self._history),
            ("conversations.list", self._list),
        ):
            self._app.router.add_route("*", f"/api/{method}", self._handler(method, answer))
        self._app.router.add_post(HOOK_PATH, self._hook)

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

    def _handler(
        self, method: str, answer: Callable[[Params], dict[str, Any]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            params = await _params(request)
            self.calls.append((method, params))

            def accept() -> web.Response:
                try:
                    self._check_token(request)
                    return web.json_response({"ok": True, **answer(params)})
                except _RefusedError as refused:
                    return web.json_response({"ok": False, "error": str(refused)})

            return await self.respond(request, method, accept=accept, refuse=_refuse)

        return handle

    def _check_token(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not given:
            raise _RefusedError("not_authed")
        if given != f"Bearer {self.token}":
            raise _RefusedError("invalid_auth")

    def _need(self, scope: str) -> None:
        if scope not in self.scopes:
            raise _RefusedError("missing_scope")

    def _auth_test(self, params: Params) -> dict[str, Any]:  # noqa: ARG002 - as all methods
        return {"url": f"{self.origin}/", "team": "Fake", "user": "monitor", "team_id": "T00000001", "bot_id": "B1"}

    def _post(self, params: Params) -> dict[str, Any]:
        self._need("chat:write")
        channel = self._channel(str(params.get("channel", "")))
        if channel in self.archived:
            raise _RefusedError("is_archived")
        if channel in self.not_invited:
            raise _RefusedError("not_in_channel")
        message = self._keep(channel, params)
        return {"channel": channel, "ts": message.ts, "message": {"text": message.text, "ts": message.ts}}

    def _channel(self, given: str) -> str:
        for channel, name in self.channels.items():
            if given in (channel, name, f"#{name}"):
                return channel
        raise _RefusedError("channel_not_found")

    def _keep(self, channel: str, params: Params) -> SlackMessage:
        """Check a message and put it into a channel's history."""
        text, blocks, metadata = str(params.get("text") or ""), params.get("blocks"), params.get("metadata")
        if not text and not blocks:
            raise _RefusedError("no_text")
        if len(text) > MOST_TEXT:
            raise _RefusedError("msg_too_long")
        if blocks is not None and check_blocks(blocks):
            raise _RefusedError("invalid_blocks")
        if blocks is not None and too_long(blocks):
            raise _RefusedError("msg_blocks_too_long")
        if metadata is not None and not (
            isinstance(metadata.get("event_type"), str) and isinstance(metadata.get("event_payload"), dict)
        ):
            raise _RefusedError("invalid_metadata_format")
        ts = f"{int(self._clock().timestamp())}.{len(self.messages) + 1:06d}"
        message = SlackMessage(channel=channel, ts=ts, text=text, blocks=blocks or [], metadata=metadata, params=params)
        self.messages.append(message)
        return message

    def _history(self, params: Params) -> dict[str, Any]:
        self._need("channels:history")
        channel = self._channel(str(params.get("channel", "")))
        oldest = Decimal(str(params.get("oldest") or "0"))
        found = [one for one in self.messages if one.channel == channel and Decimal(one.ts) > oldest]
        found.sort(key=lambda one: Decimal(one.ts), reverse=True)
        with_metadata = str(params.get("include_all_metadata", "")).lower() in ("1", "true")
        page, cursor = self._page(found, params)
        shown = [
            {"type": "message", "ts": one.ts, "text": one.text}
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
                self._keep(next(iter(self.channels)), params)
            except _RefusedError as refused:
                return web.Response(status=400, text=str(refused))
            return web.Response(text="ok")

        def refuse(fault: Fault) -> web.Response:
            return web.Response(status=fault.status, text=fault.error, headers=retry_header(fault))

        return await self.respond(request, HOOK, accept=accept, refuse=refuse)


async def _params(request: web.Request) -> Params:
    """Read the parameters, wherever Slack would take them from."""
    if request.content_type == "application/json":
        body = await request.json()
        return body if isinstance(body, dict) else {}
    return {**request.query, **{key: str(value) for key, value in (await request.post()).items()}}


def _refuse(fault: Fault) -> web.Response:
    body = {"ok": False, "error": fault.error or "internal_error"}
    return web.json_response(body, status=fault.status, headers=retry_header(fault))
