"""The fetcher, with everybody's debug lines on: no line shows what was sent to whom in secret."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import AsyncIterator

import pytest
import structlog
from aiohttp import web

from monitor import logs
from monitor.errors import FetchError
from tests.feeds.feed_server import Client, FeedServer

HIDDEN = ("header-hidden-1", "query-hidden-2", "user-hidden-3", "pass-hidden-4", "moved-hidden-5")


@pytest.fixture
async def told() -> AsyncIterator[io.StringIO]:
    """All that a log at DEBUG holds, of every logger."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in list(logging.Logger.manager.loggerDict)}
    logs.configure("debug", stream)
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


async def test_no_secret_of_a_feed_is_logged(server: FeedServer, client: Client, told: io.StringIO) -> None:
    async def broken(_: web.BaseRequest) -> web.StreamResponse:
        raise RuntimeError(f"a traceback with {HIDDEN[1]}?")

    paths = [
        server.serve("/well"),
        server.serve("/refused", b"", status=401),
        server.serve("/gone", b"", status=410),
        server.redirect("/moved", f"/well?next={HIDDEN[4]}"),
        server.redirect("/away", f"http://{HIDDEN[2]}:{HIDDEN[3]}@127.0.0.1:1/x?{HIDDEN[4]}"),
        server.serve("/no-feed", b"<html>"),
        "http://127.0.0.1:1/closed",
        "http://no-such-host.invalid/rss",
    ]
    failed = []
    for path in paths:
        url = path.replace("http://", f"http://{HIDDEN[2]}:{HIDDEN[3]}@") + f"?key={HIDDEN[1]}"
        try:
            await client.get(url, headers={"Authorization": HIDDEN[0], "X-Key": HIDDEN[0]})
        except FetchError as error:
            failed.append(str(error))
            structlog.get_logger().exception("it failed", url=url)
    assert len(failed) >= 5
    said = told.getvalue()
    assert said.count("it failed") == len(failed)
    for hidden in HIDDEN:
        assert hidden not in said
        assert hidden not in "".join(failed)
