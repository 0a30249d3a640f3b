"""What a poll and a delivery work with: what stays while the daemon runs, and what a reload replaces."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Any, ParamSpec, TypeVar

import structlog

from monitor.errors import Cause, FeedError, StoreUnavailableError
from monitor.model import (
    ClaimedDelivery,
    Feed,
    Policies,
    PollOutcome,
    Report,
    Settlement,
)
from monitor.ports import (
    ArticleFetcher,
    Clock,
    Fetcher,
    HubClient,
    Listener,
    Meter,
    Notifier,
    Parser,
    Pinger,
    Store,
    Tracer,
    Untraced,
)
from monitor.recorder import Recorder
from monitor.rules.match import Ruleset
from monitor.window import StoryWindow

log = structlog.get_logger()

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What a reload replaces, whole: what is watched, what matters, and where it is told."""

    feeds: Mapping[str, Feed]  # by URL
    fetcher: Fetcher
    ruleset: Ruleset
    notifiers: Mapping[str, Notifier]  # by channel
    dedup: timedelta  # how long a story is remembered after its last report, where a rule says nothing else
    story_window: timedelta  # the longest that any rule wants a story remembered
    articles: ArticleFetcher | None = None  # None = articles are not read
    hubs: HubClient | None = None  # None = no hub is asked
    pinger: Pinger | None = None  # None = nobody is told that we live
    listeners: tuple[Listener, ...] = ()  # to the people who read the channels
    policies: Policies = field(default_factory=Policies)  # how channels want to be told, and what goes where


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an attempt to send ended."""

    claimed: ClaimedDelivery
    settlement: Settlement
    pace: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """What stays while the daemon runs: the store, the clock, and the threads for what would block the loop."""

    store: Store
    parser: Parser
    clock: Clock
    store_thread: Executor  # one thread: transactions follow each other
    work_threads: Executor  # cutting and matching; never the loop's default ones, names are resolved there
    patience: timedelta = timedelta()  # of a poll that found nothing, for others to be recorded with
    unwritten: list[Ended] = field(default_factory=list)  # what the store could not take; see `write_ends`
    under_way: set[asyncio.Future[Any]] = field(default_factory=set)  # calls of the store
    meter: Meter = field(default_factory=Meter)
    tracer: Tracer = field(default_factory=Untraced)
    quiet: Recorder = field(init=False)
    stories: StoryWindow = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "quiet", Recorder(self._record_quiet, patience=self.patience))
        object.__setattr__(self, "stories", StoryWindow(self._read_reports, self.work, shared=self.store.shared))

    async def _record_quiet(self, outcomes: Sequence[PollOutcome]) -> None:
        await self.in_store(self.store.record_quiet, outcomes)

    async def _read_reports(self, *, since: datetime, after: int | None, limit: int) -> tuple[Report, ...]:
        return await self.in_store(self.store.read_reports, since=since, after=after, limit=limit)

    async def in_store(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run one store method on the store's thread."""
        name = getattr(call, "__name__", "other").strip("_<>")
        work = partial(self._time, name, perf_counter(), partial(call, *args, **kwargs))
        with self.tracer.part(f"store {name}"):
            running = asyncio.get_running_loop().run_in_executor(self.store_thread, work)
            self.under_way.add(running)
            running.add_done_callback(self.under_way.discard)
            return await running

    async def let_pass(self, patience: float) -> None:
        """Wait until nothing is asked of the store, so many seconds at most."""
        loop = asyncio.get_running_loop()
        until = loop.time() + patience
        while self.under_way and loop.time() < until:
            await asyncio.wait(self.under_way, timeout=until - loop.time())

    def _time(self, name: str, asked: float, call: Callable[[], R]) -> R:
        began, failed = perf_counter(), False
        try:
            return call()
        except StoreUnavailableError:
            failed = True
            raise
        finally:
            self.meter.stored(name, waited=began - asked, took=perf_counter() - began, failed=failed)

    async def work(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that takes CPU time off the loop.

        Raises:
            FeedError: as the call raises it, and in place of whatever nobody foresaw in a hostile document: that is
                one feed's failure, not the daemon's.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self.work_threads, partial(call, *args, **kwargs))
        except FeedError:
            raise
        except Exception as error:
            log.exception("a feed's document was too much for this program: please report it")
            raise FeedError(Cause.BROKEN, f"processing it failed: {type(error).__name__}") from error
