"""One house and one browser for all tests here, since both are dear."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from monitor.testing import Fault
from tests.browser.town import CHROMIUM, HOSTILE, HOSTILE_ITEMS, Town, feed_of, living_town

TAG = HOSTILE.replace("'", "''")
RULES = f"""
actors: {{shoygu: [Shoygu, Шойгу]}}
rules:
  shoygu: {{dedup: {{by: entry}}, title: '{TAG}', note: '{TAG}', owner: '{TAG}', tags: ['{TAG}'], actors: shoygu, priority: high, hits: ['Shoygu {TAG}']}}
  quake: {{terms: [earthquake, séisme, {"aVeryLongWord" * 12}], note: about the ground}}
  idle: {{terms: [nothing], expires: 2026-02-01}}
"""
FEEDS = f"wire: {{url: 'FEEDS/wire', tags: ['{TAG}']}}, gazette: 'FEEDS/gazette', lost: 'FEEDS/lost'"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """Give a house in which much has happened."""
    if not CHROMIUM:
        pytest.skip("no Chromium is installed: Debian's package is `chromium`")
    async with furnished(tmp_path_factory.mktemp("town")) as town:
        yield town


@asynccontextmanager
async def furnished(folder: Path) -> AsyncIterator[Town]:
    """Open a house in which most was done by people who mean no good."""
    async with living_town(folder, rules=RULES, feeds=FEEDS) as town:
        pages = town.house.feeds.pages
        pages["/wire"] = feed_of(*HOSTILE_ITEMS)
        pages["/gazette"] = feed_of(
            ("An earthquake far away", "Nobody was hurt. The earthquake was felt in three towns."),
            ("Long" * 60 + " earthquake", "word" * 90),
            ("Séisme au large", "Rien de grave."),
            ("Nothing happens", "At all."),
        )
        town.house.slack.fail(Fault(status=200, error="invalid_arguments"))
        await town.visitor.app.run_once()
        begun = await town.visitor.post("/mutes", {"rule": "idle", "for": "24h", "reason": HOSTILE})
        paused = await town.visitor.post("/feeds/lost/pause", {"for": "2h", "reason": HOSTILE})
        assert (begun.status, paused.status) == (303, 303)
        yield town
