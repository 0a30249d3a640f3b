from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.testing import FakeClock, FakeSlack, FakeSmtp
from tests.app.house import START, FeedServer, House
from tests.empty_store import lay_empty


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    lay_empty(tmp_path / "var" / "monitor.db")
    clock = FakeClock(START)
    async with FeedServer() as feeds, FakeSlack(clock=clock) as slack, FakeSmtp() as smtp:
        made = House(folder=tmp_path, feeds=feeds, slack=slack, smtp=smtp, clock=clock)
        made.configure()
        yield made
