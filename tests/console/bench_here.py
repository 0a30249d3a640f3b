"""Rules tried in this process: all but the process, which costs a test more than all the rest.

Tasks and answers go over the wire, so that what cannot be packed is missed here as well.
"""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from monitor.console.bench import ground_of, value_of
from monitor.console.bench_child import answer
from monitor.console.bench_ground import Task
from monitor.daemon import Daemon
from tests.app.house import House
from tests.console.visits import Visitor


class BenchHere:
    """Do what `monitor.console.bench.Workbench` has done; where it is not `free`, everybody waits, and with a `failure` nobody is served."""

    def __init__(self, app: Daemon) -> None:
        self._app = app
        self.free = asyncio.Event()
        self.free.set()
        self.failure: Exception | None = None  # what each task raises

    async def do(
        self, work: str, /, *, seconds: float, tell: Callable[[float], None] | None = None, **arguments: Any
    ) -> dict[str, Any]:
        assert seconds > 0
        if tell:
            tell(0.5)
        await self.free.wait()
        if self.failure:
            raise self.failure
        task = pickle.loads(pickle.dumps(Task(name=work, arguments=arguments, seconds=0)))
        said = json.loads(json.dumps(await asyncio.to_thread(self._answer, task)))
        assert "bug" not in said
        return value_of(said)

    def _answer(self, task: Task) -> dict[str, Any]:
        shop = pickle.loads(pickle.dumps(ground_of(self._app.setup))).open()
        try:
            return answer(shop, task, lambda _: None)
        finally:
            if shop.store is not None:
                shop.store.close()

    async def close(self) -> None:
        self.free.set()


@asynccontextmanager
async def visiting_here(house: House) -> AsyncIterator[tuple[Visitor, BenchHere]]:
    """Open the house with its console, and try rules in this process."""
    house.pages = "127.0.0.1:0"
    async with house.open() as app:
        bench = BenchHere(app)
        app.console.use(bench, bench)
        await app.console.keep()
        yield Visitor(app=app), bench
