"""What a reload replaces is closed when nobody uses it any more, and not before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor.daemon.in_use import InUse
from monitor.pipeline import Doors, Live
from monitor.setup import Setup, load_setup
from monitor.testing import FakeClock, FakeFetcher, FakeNotifier
from tests.app.parse_here import ParserHere
from tests.empty_store import open_in_memory


class Stubborn(FakeNotifier):
    async def close(self) -> None:
        raise OSError("it does not let go")


class Opened:
    """What was opened, setup after setup."""

    def __init__(self) -> None:
        self.fetchers: list[FakeFetcher] = []
        self.notifier: FakeNotifier = FakeNotifier()

    def live(self, setup: Setup) -> Live:
        self.fetchers.append(FakeFetcher())
        return Live(
            feeds={},
            fetcher=self.fetchers[-1],
            ruleset=setup.ruleset,
            notifiers={"desk": self.notifier},
            dedup=timedelta(days=4),
            story_window=timedelta(days=4),
        )


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    file = tmp_path / "monitor.yaml"
    file.write_text("channels: {desk: {console: true}}\nrules: {quake: {terms: [earthquake], notify: desk}}\n")
    return load_setup(file, env={})


@contextmanager
def in_use(setup: Setup, opened: Opened) -> Iterator[InUse]:
    with ThreadPoolExecutor(1) as thread:
        store = open_in_memory()
        doors = Doors(store=store, parser=ParserHere(), clock=FakeClock(), store_thread=thread, work_threads=thread)
        yield InUse(setup, doors, opened.live)
        store.close()


async def test_the_old_is_closed_after_the_last_of_its_users(setup: Setup) -> None:
    opened, may_end = Opened(), asyncio.Event()
    with in_use(setup, opened) as now:
        user = asyncio.create_task(may_end.wait())
        await now.replace(setup, users=lambda: [user])
        old, new = opened.fetchers
        assert now.live.fetcher is new
        await asyncio.sleep(0)
        assert not old.closed
        may_end.set()
        await now.close()
        assert (old.closed, new.closed) == (True, True)


async def test_who_claims_sees_one_setup_from_beginning_to_end(setup: Setup) -> None:
    opened = Opened()
    with in_use(setup, opened) as now:
        async with now.claiming:
            replacing = asyncio.create_task(now.replace(setup, users=list))
            await asyncio.sleep(0)
            assert now.live.fetcher is opened.fetchers[0]
        await replacing
        assert now.live.fetcher is opened.fetchers[1]
        await now.close()


async def test_one_that_cannot_be_closed_is_told_and_keeps_nobody(setup: Setup) -> None:
    opened = Opened()
    opened.notifier = Stubborn()
    with in_use(setup, opened) as now, capture_logs() as logs:
        await now.close()
    assert opened.fetchers[0].closed
    assert [line["event"] for line in logs] == ["a connection could not be closed in good order"]
