"""Slack's Socket Mode, and what people press and write there, on a real socket."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web

from monitor.testing.fault import After, Fault

APP_TOKEN = "xapp-fake-token"  # noqa: S105 - it opens nothing but the fake
LINK_PATH = "/link"
ANSWER_PATH = "/answer"

Envelope = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackPerson:
    """Somebody in the workspace."""

    id: str = "U00000ANNA"
    name: str = "anna"


ANNA = SlackPerson()


class FakeSocket:
    """The side of FakeSlack that speaks first: connections, envelopes, and the answers to them.

    `acks` keeps the ids of the envelopes that were acknowledged, `answers` what was posted to their `response_url`.
    `connected`, `acked` and `answered` wait for the n-th.
    """

    def __init__(self, origin: Callable[[], str]) -> None:
        self.token = APP_TOKEN
        self.acks: list[str] = []
        self.answers: list[dict[str, Any]] = []
        self.opened = 0
        self._origin = origin
        self._links: list[web.WebSocketResponse] = []
        self._transports: dict[web.WebSocketResponse, asyncio.Transport | None] = {}
        self._tickets: set[str] = set()
        self._faults: deque[Fault] = deque()
        self._numbers = count(1)
        self._changed = asyncio.Condition()

    def fail(self, fault: Fault) -> None:
        """Make the next answer that is posted fail."""
        self._faults.append(fault)

    def routes(self) -> tuple[web.RouteDef, ...]:
        """Return what the server answers to beside Slack's methods."""
        return (web.get(LINK_PATH, self._link), web.post(ANSWER_PATH, self._answer))

    def ticket(self) -> str:
        """Make a URL that is good for one connection."""
        ticket = f"ticket-{next(self._numbers)}"
        self._tickets.add(ticket)
        return f"{self._origin().replace('http', 'ws', 1)}{LINK_PATH}?ticket={ticket}"

    # -- waiting -------------------------------------------------------------------------------------------------------

    async def connected(self, times: int = 1) -> None:
        """Wait until so many connections have been opened, and one is open."""
        await self._wait(lambda: self.opened >= times and bool(self._links))

    async def alone(self) -> None:
        """Wait until no connection is open."""
        await self._wait(lambda: not self._links)

    async def acked(self, times: int = 1) -> None:
        """Wait until so many envelopes have been acknowledged."""
        await self._wait(lambda: len(self.acks) >= times)

    async def answered(self, times: int = 1) -> str:
        """Wait until so many answers have come, and return the text of the last of them."""
        await self._wait(lambda: len(self.answers) >= times)
        elements = self.answers[times - 1]["blocks"][0]["elements"][0]["elements"]
        return "".join(element["text"] for element in elements)

    async def _wait(self, done: Callable[[], bool]) -> None:
        async with self._changed, asyncio.timeout(20):
            await self._changed.wait_for(done)

    # -- what people do ------------------------------------------------------------------------------------------------

    async def press(
        self,
        message: Any,
        action_id: str,
        *,
        option: str = "",
        by: SlackPerson = ANNA,
        channel: str = "",
        value: str | None = None,
    ) -> Envelope:
        """Press a button of a message that stands in a channel, or choose one of a menu's options by its label.

        `channel` and `value` let somebody claim what is not so.
        """
        elements = [each for block in message.blocks if block["type"] == "actions" for each in block["elements"]]
        element = next(each for each in elements if each["action_id"] == action_id)
        chosen = next((each for each in element.get("options", ()) if each["text"]["text"] == option), None)
        action = {"action_id": action_id, "type": element["type"], "action_ts": "1548426417.840180"}
        if chosen:
            action["selected_option"] = chosen if value is None else {**chosen, "value": value}
        else:
            action["value"] = element["value"] if value is None else value
        place = channel or message.channel
        payload = {
            "type": "block_actions",
            "user": {"id": by.id, "username": by.name, "name": by.name, "team_id": "T00000001"},
            "channel": {"id": place, "name": "a-name-that-is-not-to-be-believed"},
            "container": {"type": "message", "message_ts": message.ts, "channel_id": place, "is_ephemeral": False},
            "trigger_id": f"trigger-{next(self._numbers)}",
            "response_url": self._origin() + ANSWER_PATH,
            "actions": [action],
        }
        return await self.send("interactive", payload)

    async def command(self, text: str, *, by: SlackPerson = ANNA, channel: str = "C00000002") -> Envelope:
        """Write `/monitor …` in a channel."""
        payload = {
            "command": "/monitor",
            "text": text,
            "user_id": by.id,
            "user_name": by.name,
            "channel_id": channel,
            "channel_name": "a-name-that-is-not-to-be-believed",
            "trigger_id": f"trigger-{next(self._numbers)}",
            "response_url": self._origin() + ANSWER_PATH,
        }
        return await self.send("slash_commands", payload)

    async def send(self, kind: str, payload: Any) -> Envelope:
        """Send an envelope through the newest connection."""
        envelope = {"envelope_id": f"envelope-{next(self._numbers)}", "type": kind, "payload": payload}
        await self.again(envelope)
        return envelope

    async def again(self, envelope: Envelope) -> None:
        """Send an envelope as it is, as Slack does with one that nobody has acknowledged."""
        await self._links[-1].send_str(json.dumps(envelope))

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Say that the connection is to be replaced."""
        await self._links[-1].send_str(json.dumps({"type": "disconnect", "reason": reason}))

    def drop(self) -> None:
        """Break every connection."""
        for transport in self._transports.values():
            if transport is not None:
                transport.abort()

    # -- the wire ------------------------------------------------------------------------------------------------------

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        link = web.WebSocketResponse()
        await link.prepare(request)
        await link.send_str(json.dumps({"type": "hello", "num_connections": 1}))
        self._transports[link] = request.transport
        await self._note(lambda: self._links.append(link), opened=1)
        try:
            async for message in link:
                if message.type is WSMsgType.TEXT:
                    acknowledged = json.loads(message.data)["envelope_id"]
                    await self._note(lambda found=acknowledged: self.acks.append(found))  # type: ignore[misc]
        finally:
            del self._transports[link]
            await self._note(lambda: self._links.remove(link))
        return link

    async def _answer(self, request: web.Request) -> web.Response:
        said = await request.json()
        if self._faults:
            fault = self._faults.popleft()
            if fault.after is After.DROP and request.transport is not None:
                request.transport.abort()
            return web.Response(status=fault.status)
        await self._note(lambda: self.answers.append(said))
        return web.Response(text="ok")

    async def _note(self, change: Callable[[], object], *, opened: int = 0) -> None:
        async with self._changed:
            change()
            self.opened += opened
            self._changed.notify_all()
