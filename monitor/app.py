"""Put the house together: the only place that knows every room."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, nullcontext
from datetime import timedelta
from typing import NoReturn, TextIO

import structlog

from monitor.config.config import Config
from monitor.daemon import Daemon
from monitor.decide.delivery import SETTLE
from monitor.decide.draft import story_window
from monitor.errors import StoreError, UserError
from monitor.feeds.fetch import HttpFetcher
from monitor.feeds.parser import ChildParser
from monitor.feeds.trace import FetchTrace
from monitor.metrics import Metrics
from monitor.notify.channel import DEADLINE
from monitor.notify.channels import open_channels, open_listeners
from monitor.notify.leaving import Leaving
from monitor.pipeline import Doors, Live
from monitor.ports import Clock, Meter, Parser, Tracer, Untraced
from monitor.process import die_with_parent
from monitor.sd_notify import ServiceManager
from monitor.setup import Setup
from monitor.store.lock import lock_state
from monitor.store.sql_store import open_existing_store, open_store, state_file
from monitor.tracing import open_tracer
from monitor.turns import SPACING
from monitor.unsubscribe import SECRET, Departures
from monitor.wall_clock import utc_now

__all__ = ["open_app", "open_fetcher", "run_once", "serve", "utc_now"]

log = structlog.get_logger()

WORK_THREADS = 2
PATIENCE = timedelta(seconds=0.1)
SWITCH = 0.0002  # seconds that a thread may keep the others waiting: a message goes through some fifty hands
EXIT_AT_LATEST = timedelta(seconds=9.5)  # after the signal


def open_fetcher(config: Config, clock: Clock, trace: FetchTrace | None = None) -> HttpFetcher:
    """Make the fetcher that a configuration asks for; `trace` is told what happens on the way."""
    return HttpFetcher(
        clock=clock,
        allow_folders=config.allow_folders,
        allow=config.allow,
        contact=config.contact,
        trace=trace,
    )


@asynccontextmanager
async def open_app(
    setup: Setup,
    *,
    clock: Clock = utc_now,
    send_deadline: timedelta = DEADLINE,
    host_spacing: timedelta = SPACING,
    stream: TextIO | None = None,
    steady: bool = False,
    manager: ServiceManager | None = None,
    tracer: Tracer | None = None,
) -> AsyncIterator[Daemon]:
    """Open everything that a setup names, and close it again.

    `send_deadline` bounds each attempt to send; `host_spacing` lies between two requests to one host; `stream` is where
    console channels print, standard output if None; `steady` is for a daemon that goes on: the first polls of many
    feeds are spread, and those that find nothing wait PATIENCE to be recorded together; `manager` is told how it is,
    `tracer` what is done.

    Raises:
        StateInUseError: another daemon works on the same SQLite file.
        StoreUnavailableError: the store cannot be opened.
    """

    def open_live(setup: Setup) -> Live:
        leaving = departures.leaving(setup)
        return _open_live(setup, clock=clock, deadline=send_deadline, stream=stream, leaving=leaving)

    if steady:
        await asyncio.to_thread(setup.rest)
    metrics = Metrics()
    parser = ChildParser(meter=metrics)
    with ExitStack() as stack:
        file = state_file(setup.config.store)
        if file:
            stack.enter_context(lock_state(file.parent, now=clock()))
        doors = await _open_doors(
            stack,
            setup.config.store,
            parser=parser,
            clock=clock,
            patience=PATIENCE if steady else timedelta(),
            meter=metrics,
            tracer=tracer or Untraced(),
        )
        departures = Departures(doors, await doors.in_store(doors.store.secret, SECRET))
        await departures.read()
        daemon = Daemon(setup, doors, departures, open_live, metrics, host_spacing=host_spacing, manager=manager)
        try:
            if file:  # the lock says that whoever held leases here is dead
                await doors.in_store(doors.store.adopt, clock(), settle=SETTLE)
            await daemon.watch(setup, spread=steady)
            del setup  # it is the daemon's, which lets go of it at the first reload
            yield daemon
        finally:
            try:
                await daemon.close()
            finally:
                await parser.close()
                await doors.in_store(doors.store.close)


def _open_live(setup: Setup, *, clock: Clock, deadline: timedelta, stream: TextIO | None, leaving: Leaving) -> Live:
    """Open what one setup names: its fetcher and its channels."""
    config = setup.config
    fetcher = open_fetcher(config, clock)
    notifiers = open_channels(
        setup.channels, clock=clock, env=config.env, deadline=deadline, stream=stream, leaving=leaving
    )
    return Live(
        feeds={feed.url: feed for feed in config.feeds},
        fetcher=fetcher,
        articles=fetcher,
        hubs=fetcher,
        pinger=fetcher,
        ruleset=setup.ruleset,
        notifiers=notifiers,
        listeners=open_listeners(setup.channels, notifiers, clock=clock, deadline=deadline),
        dedup=config.defaults.dedup,
        story_window=story_window(setup.ruleset.rules.values(), config.defaults.dedup),
        policies=setup.policies,
    )


async def _open_doors(
    stack: ExitStack, url: str, *, parser: Parser, clock: Clock, patience: timedelta, meter: Meter, tracer: Tracer
) -> Doors:
    """Open the store on a thread of its own, and the threads for work; `stack` ends the threads."""
    store_thread = stack.enter_context(ThreadPoolExecutor(1, "store"))
    work_threads = ThreadPoolExecutor(WORK_THREADS, "work")
    stack.callback(work_threads.shutdown, wait=False, cancel_futures=True)
    return Doors(
        store=await asyncio.get_running_loop().run_in_executor(store_thread, open_store, url),
        parser=parser,
        clock=clock,
        store_thread=store_thread,
        work_threads=work_threads,
        patience=patience,
        meter=meter,
        tracer=tracer,
    )


def prepare_store(setup: Setup) -> None:
    """Make or upgrade the store's tables where that is to be done, in a child process: it takes 10 MB with it.

    For a process that has one thread. A child that fails says nothing: whoever opens the store meets the same trouble.
    """
    try:
        open_existing_store(setup.config.store).close()
    except (UserError, StoreError):
        child = os.fork()
        if not child:
            _migrate_and_exit(setup.config.store)
        os.waitpid(child, 0)


def _migrate_and_exit(url: str) -> NoReturn:
    try:
        die_with_parent()
        file = state_file(url)
        with lock_state(file.parent, now=utc_now()) if file else nullcontext():
            open_store(url).close()
    finally:
        os._exit(0)


async def serve(setup: Setup) -> None:
    """Run the daemon until SIGINT or SIGTERM; SIGHUP reloads.

    Raises:
        StateInUseError: another daemon works on the same SQLite file.
        StoreUnavailableError: the store cannot be opened.
    """
    stop, hangup = asyncio.Event(), asyncio.Event()
    _on_signals(stop, hangup)
    sys.setswitchinterval(SWITCH)
    manager = ServiceManager.of(os.environ)
    if manager.watchdog:  # whose signal ends a loop that hangs: then say where
        faulthandler.enable()
    tracer = open_tracer(os.environ)
    async with open_app(setup, steady=True, manager=manager, tracer=tracer) as daemon:
        del setup
        forward = asyncio.create_task(_forward(hangup, daemon))
        try:
            await daemon.run(stop)
        finally:
            forward.cancel()
    await asyncio.to_thread(tracer.close)
    log.info("stopped")


async def run_once(setup: Setup) -> bool:
    """Poll every due feed once, deliver what is owed, and return whether nothing is left; see `Daemon.run_once`."""
    _on_signals(None, asyncio.Event())  # a reload that is asked for meanwhile has nothing to change
    async with open_app(setup) as daemon:
        return await daemon.run_once()


def _on_signals(stop: asyncio.Event | None, hangup: asyncio.Event) -> None:
    """Turn signals into events, before anybody can learn this process's number from the state folder."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, hangup.set)
    if stop is None:
        return

    def end() -> None:
        stop.set()
        # A thread may hang where nobody can reach it: in the system's name look-up, in a hostile document. Everything
        # that matters is in the store, so the process need not wait for such a thread.
        last_resort = threading.Timer(EXIT_AT_LATEST.total_seconds(), os._exit, (0,))
        last_resort.daemon = True
        last_resort.start()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)


async def _forward(hangup: asyncio.Event, daemon: Daemon) -> None:
    while True:
        await hangup.wait()
        hangup.clear()
        daemon.ask_reload()
