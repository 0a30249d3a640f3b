"""A WebSub hub on loopback (W3C WebSub)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from monitor.testing.fault import Fault
from monitor.testing.http_server import FaultyServer, retry_header

CHALLENGE: Final = "a challenge <b>as it is</b>"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRequest:
    """One subscription that the hub was asked for."""

    topic: str
    callback: str
    secret: str
    lease: int  # seconds


class FakeHub(FaultyServer):
    """Take subscriptions at `url` and keep them in `requests`; the test says when it verifies, denies or pushes.

    `reach` is where the subscriber listens, for its callbacks name the address of a proxy that is not there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[HubRequest] = []
        self.reach = ""
        self._app.router.add_post("/", self._take)

    @property
    def url(self) -> str:
        """Where to ask."""
        return f"{self.origin}/"

    def fail(self, fault: Fault, *, times: int = 1) -> None:
        """Make the next requests fail."""
        self.script("", fault, times)

    async def verify(
        self, *, topic: str | None = None, lease: int | str | None = None, mode: str = "subscribe"
    ) -> tuple[int, str]:
        """Ask whether the last subscription was meant; return the status and the text of the answer."""
        asked = self.requests[-1]
        said = {
            "hub.mode": mode,
            "hub.topic": asked.topic if topic is None else topic,
            "hub.challenge": CHALLENGE,
            "hub.lease_seconds": str(asked.lease if lease is None else lease),
        }
        return await self.ask(said)

    async def ask(self, query: Mapping[str, str]) -> tuple[int, str]:
        """Send any question to the last callback."""
        async with aiohttp.ClientSession() as session, session.get(self._callback(), params=query) as response:
            return response.status, await response.text()

    async def push(
        self, body: bytes, *, content_type: str = "application/rss+xml", method: str = "sha256", signature: str = ""
    ) -> int:
        """Push a body to the last callback, signed; return the status of the answer."""
        asked = self.requests[-1]
        signed = f"{method}={hmac.new(asked.secret.encode(), body, method).hexdigest()}"
        headers = {"Content-Type": content_type, "X-Hub-Signature": signature or signed}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self._callback(), data=body, headers=headers) as response,
        ):
            return response.status

    def _callback(self) -> str:
        return self.reach + urlsplit(self.requests[-1].callback).path

    async def _take(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()

        def accept() -> web.Response:
            self.requests.append(
                HubRequest(
                    topic=str(form["hub.topic"]),
                    callback=str(form["hub.callback"]),
                    secret=str(form["hub.secret"]),
                    lease=int(str(form["hub.lease_seconds"])),
                )
            )
            return web.Response(status=202)

        def refuse(fault: Fault) -> web.Response:
            return web.Response(status=fault.status, text=fault.error, headers=retry_header(fault))

        return await self.respond(request, "", accept=accept, refuse=refuse)
