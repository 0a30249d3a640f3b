"""Fixtures: servers of two origins, a client, and a client in a hurry."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from monitor.feeds.fetch import HttpFetcher
from tests.feeds.feed_server import LOOPBACK, NOW, Client, FeedServer, serving


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    async with serving() as started:
        yield started


@pytest.fixture
async def other_server() -> AsyncIterator[FeedServer]:
    """Another origin."""
    async with serving() as started:
        yield started


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    fetcher = HttpFetcher(clock=lambda: NOW, allow=LOOPBACK, contact="desk@example.org", timeout=timedelta(seconds=20))
    yield Client(fetcher)
    await fetcher.close()


@pytest.fixture
async def hasty() -> AsyncIterator[Client]:
    """A client with a short deadline."""
    fetcher = HttpFetcher(clock=lambda: NOW, allow=LOOPBACK, timeout=timedelta(milliseconds=300))
    yield Client(fetcher)
    await fetcher.close()
