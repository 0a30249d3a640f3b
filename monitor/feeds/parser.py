"""Have pages parsed in a few processes that can be killed: the door to all that looks into documents.

A process is started when it is first needed and kept. One that takes too long, needs too much or crashes costs the
document that it had, and no other: the next one gets a new process.
"""

from __future__ import annotations

import asyncio
import pickle
import signal
import sys
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from monitor.errors import Cause, ParseError
from monitor.feeds.child import CPU_SECONDS, MEMORY
from monitor.feeds.small import parse_small
from monitor.feeds.wire import Answer, Task, pack, unpack_answer
from monitor.model import Feed, Page, ParsedFeed
from monitor.ports import Meter
from monitor.process import Child, ProcessEndedError

log = structlog.get_logger()

PROCESSES = 2
LARGE = 500_000  # bytes of a task; a feed of some fifty entries with their texts has less
DEADLINE = timedelta(seconds=20)  # for one task, on a machine that is very busy with other things
_START_DEADLINE = timedelta(seconds=30)
_MAX_ANSWER = 64_000_000  # bytes; a page has five million, and its entries hold little that is not in it


class ChildParser:
    """Parse in at most `processes` child processes; implements `ports.Parser`.

    Whoever finds them all busy waits, in the order of asking. Large pages never take the last process: a few of them
    would keep all the others waiting for as long as they may take. `python` is the program that runs them.
    """

    def __init__(
        self,
        *,
        processes: int = PROCESSES,
        deadline: timedelta = DEADLINE,
        python: str = sys.executable,
        meter: Meter | None = None,
    ) -> None:
        self._meter = meter or Meter()
        self._deadline = deadline
        self._python = python
        self._hands = asyncio.Semaphore(processes)
        self._large_hands = asyncio.Semaphore(max(1, processes - 1))
        self._idle: list[Child] = []
        self._ended: list[Child] = []  # and maybe not yet gone

    async def parse(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed:
        """Make entries of a page; see `monitor.feeds.parse.parse_page`."""
        parsed: ParsedFeed = await self._do("parse", page=page, feed=_harmless(feed), now=now)
        return parsed

    def parse_small(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed | None:
        """Make entries of a small page with nothing unusual in it, in this process; see `monitor.feeds.small`."""
        return parse_small(page, feed, now)

    async def shortcut_holds(self, page: Page, whole: ParsedFeed, feed: Feed, now: datetime) -> bool:
        """Say whether a feed may be parsed in part; see `monitor.feeds.check`."""
        holds: bool = await self._do("check", page=page, whole=whole, feed=_harmless(feed), now=now)
        return holds

    async def extract(self, page: Page, url: str) -> str:
        """Return the text of an article; see `monitor.feeds.fulltext`."""
        text: str = await self._do("extract", page=page, url=url)
        return text

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that wait for a task."""
        return tuple(child.process.pid for child in self._idle)

    async def close(self) -> None:
        """End all processes."""
        for child in self._idle:
            self._end(child)
        self._idle.clear()
        await asyncio.gather(*(child.gone() for child in self._ended))
        self._ended.clear()

    async def _do(self, name: str, **arguments: Any) -> Any:
        """Have one task done.

        Raises:
            FeedError: as the task raises it.
            ParseError: PARSER, the process had to be stopped or broke down; BROKEN, the task failed unforeseen.
        """
        frame = pack(Task(name=name, arguments=arguments))
        async with self._large_hands if len(frame) > LARGE else nullcontext(), self._hands:
            child = await self._child()
            try:
                child.send(frame)
                answer = await _receive(child, self._deadline, "parsing")
            except BaseException:  # whoever gave up leaves an answer behind that nobody wants
                self._meter.parser_stopped()
                self._end(child)
                raise
            if answer.last:
                self._end(child)
            else:
                self._idle.append(child)
        return _value(answer)

    async def _child(self) -> Child:
        """Return a process that is ready for a task."""
        self._ended = [child for child in self._ended if child.lives]
        while self._idle:
            child = self._idle.pop()
            if child.lives:
                return child
            self._end(child)
        try:
            child = await Child.start("monitor.feeds.child", python=self._python)
        except OSError as error:
            raise ParseError(Cause.PARSER, f"the parser cannot be started: {error.strerror or 'no process'}") from error
        self._meter.parser_started()
        try:
            await _receive(child, _START_DEADLINE, "the parser's start")
        except BaseException:
            self._end(child)
            raise
        return child

    def _end(self, child: Child) -> None:
        child.kill()
        self._ended.append(child)


async def _receive(child: Child, deadline: timedelta, what: str) -> Answer:
    try:
        return unpack_answer(await child.receive(deadline, most=_MAX_ANSWER))
    except TimeoutError:
        raise ParseError(Cause.PARSER, f"{what} took more than {deadline.total_seconds():g} s") from None
    except ProcessEndedError as error:
        raise ParseError(Cause.PARSER, _death(error.code)) from None
    except pickle.UnpicklingError as error:
        raise ParseError(Cause.PARSER, f"the parser gave no answer that can be read: {error}") from error


def _value(answer: Answer) -> Any:
    """Return what a task gave, or raise what it raised."""
    if answer.out_of_memory:
        raise ParseError(Cause.PARSER, f"parsing needed more than {MEMORY // 1_000_000} MB")
    if answer.error:
        cause, detail = answer.error
        raise ParseError(Cause(cause), detail)
    if answer.bug:
        log.error("a feed's document was too much for this program: please report it", error=answer.bug)
        raise ParseError(Cause.BROKEN, f"processing it failed: {answer.bug}")
    return answer.value


def _death(code: int) -> str:
    """Say why a process ended in the middle of a task."""
    if code == -signal.SIGPROF:
        return f"parsing took more than {CPU_SECONDS:g} s of CPU time"
    return f"the parser crashed (signal {-code})" if code < 0 else f"the parser ended (exit code {code})"


def _harmless(feed: Feed) -> Feed:
    """Return a feed without its secrets."""
    return replace(feed, headers=(), proxy=None)
