"""Have rules tried in a process that can be stopped: one task at a time, and few that wait for their turn."""

from __future__ import annotations

import asyncio
import json
import pickle
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, Protocol, final

import structlog

from monitor.console.bench_ground import Ground, Task, harmless
from monitor.errors import UserError
from monitor.process import Child, ProcessEndedError, framed
from monitor.setup import Setup

log = structlog.get_logger()

MOST_WAITING: Final = 20
START_DEADLINE: Final = 60.0  # seconds; 10,000 rules are read meanwhile
GRACE: Final = 10.0  # seconds beyond the CPU time that a task may take, on a machine that is busy with other things
IDLE: Final = 300.0  # seconds, after which a process that nobody needs ends
MOST_ANSWER: Final = 32_000_000  # bytes
_MODULE: Final = "monitor.console.bench_child"


class TrialRefusedError(UserError):
    """A trial that was given up; the text says why."""


class BusyError(UserError):
    """Too many wait already."""


class Bench(Protocol):
    """Where rules are tried."""

    async def do(
        self, work: str, /, *, seconds: float, tell: Callable[[float], None] | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Have one task done within so many seconds of CPU time; see `monitor.console.bench_work`.

        Raises:
            BusyError: too many wait for their turn.
            TrialRefusedError: it took too much, or cannot be done.
        """
        ...

    async def close(self) -> None:
        """Let go of everything."""
        ...


@final
class Workbench:
    """One process, started when it is first needed, and anew when the files have changed."""

    def __init__(
        self,
        setup: Callable[[], Setup],
        *,
        python: str = sys.executable,
        idle: float = IDLE,
        most_answer: int = MOST_ANSWER,
    ) -> None:
        self._setup = setup
        self._python = python
        self._idle = idle  # seconds
        self._most_answer = most_answer
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._child: Child | None = None
        self._knows: Setup | None = None  # what the process was started with
        self._rest: asyncio.TimerHandle | None = None
        self._closed = False

    async def do(
        self, work: str, /, *, seconds: float, tell: Callable[[float], None] | None = None, **arguments: Any
    ) -> dict[str, Any]:
        """Have one task done; see `Bench.do`."""
        if self._waiting >= MOST_WAITING:
            raise BusyError("too many people try rules at this moment: try again soon")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._do(Task(name=work, arguments=arguments, seconds=seconds), tell)
        finally:
            self._waiting -= 1

    async def _do(self, task: Task, tell: Callable[[float], None] | None) -> dict[str, Any]:
        try:
            child = await self._ready()
            child.send(framed(pickle.dumps(task)))
            while "progress" in (answer := await self._receive(child, task.seconds + GRACE)):
                if tell:
                    tell(answer["progress"])
        except TimeoutError:
            self._end()
            raise TrialRefusedError(f"it took more than {task.seconds + GRACE:g} s: try less at once") from None
        except ValueError:  # a part of it is no JSON, and what is left of it would be taken for the next answer
            self._end()
            raise TrialRefusedError("its answer is too long: try less at once") from None
        except ProcessEndedError as error:
            self._end()
            if error.code == -signal.SIGPROF:
                raise TrialRefusedError(f"it took more than {task.seconds:g} s of work: try less at once") from None
            log.warning("the process that tries rules has ended", exit_code=error.code)
            raise TrialRefusedError("it was too much for the process that tries rules: try less at once") from None
        except BaseException:  # whoever gave up leaves an answer behind that nobody wants
            self._end()
            raise
        self._rest = asyncio.get_running_loop().call_later(self._idle, self._end)
        return value_of(answer)

    async def _ready(self) -> Child:
        """Return the process, which knows the files as they are loaded now."""
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        if self._closed:
            raise TrialRefusedError("the monitor is ending")
        setup = self._setup()
        if self._child is not None and (self._knows is not setup or not self._child.lives):
            self._end()
        if self._child is None:
            ground = await asyncio.to_thread(_packed, setup)  # of 10,000 rules and 5,000 feeds it takes 0.3 s
            try:
                self._child = await Child.start(_MODULE, python=self._python)
            except OSError as error:
                raise TrialRefusedError(f"no process can be started: {error.strerror or 'none'}") from error
            if self._closed:  # meanwhile
                self._end()
                raise TrialRefusedError("the monitor is ending")
            self._knows = setup
            self._child.send(ground)
            await self._receive(self._child, START_DEADLINE)
        return self._child

    async def _receive(self, child: Child, seconds: float) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(await child.receive(timedelta(seconds=seconds), most=self._most_answer))
        return answer

    def _end(self) -> None:
        child, self._child, self._knows = self._child, None, None
        if child is not None:
            child.kill()
            child.process.wait()

    @property
    def pid(self) -> int:
        """The process, 0 = there is none."""
        return self._child.process.pid if self._child is not None else 0

    async def close(self) -> None:
        """End the process, and let nobody start another."""
        self._closed = True
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None
        child = self._child
        self._end()
        if child is not None:
            await child.gone()


def value_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what a task gave.

    Raises:
        TrialRefusedError: it gave nothing.
    """
    if "bug" in answer:
        log.error("a rule that was tried was too much for this program: please report it", error=answer["bug"])
        raise TrialRefusedError("trying it failed in this program itself: please report the rule")
    if "refused" in answer:
        raise TrialRefusedError(answer["refused"])
    value: dict[str, Any] = answer["value"]
    return value


def _packed(setup: Setup) -> bytes:
    return framed(pickle.dumps(ground_of(setup)))


def ground_of(setup: Setup) -> Ground:
    """Return what rules are tried with, as it goes to another process."""
    config = setup.config
    documents = [each for each in config.documents if _holds_rules(each.value)]
    return Ground(
        texts=tuple((each.file, each.text) for each in documents),
        main=config.main.file,
        channels=tuple(setup.channels),
        default_notify=setup.default_notify,
        default_priority=config.defaults.priority,
        dedup=config.defaults.dedup,
        source_tags=setup.source_tags,
        feeds=tuple(map(harmless, config.feeds)),
        policies=setup.policies,
        store=config.store,
    )


def _holds_rules(value: Any) -> bool:
    return isinstance(value, dict) and not value.keys().isdisjoint(("actors", "rules"))
