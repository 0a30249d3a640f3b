"""Whether this daemon lives, and whether it does its work: for those who start it anew or send others elsewhere.

One that does not live is to be started anew. One that lives and is not ready waits for something outside, mostly its
database: starting it anew would not help.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final

from monitor.errors import StoreUnavailableError
from monitor.pipeline import Doors

OK: Final = "ok"
FAILS: Final = "failing"
PATIENCE: Final = 5.0  # seconds; those who ask wait ten, or give up after one and ask again
AT_ONCE: Final = 0.5  # seconds: whoever would start us anew is answered before he gives up
HUNG: Final = 180.0  # seconds: a server that vanishes, a lock, a slow disk are waited for, or given up, sooner


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What was found, by what was looked at: "ok", or what is wrong."""

    checks: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(found == OK for found in self.checks.values())

    @property
    def body(self) -> dict[str, object]:
        """The same, to be told as JSON."""
        return {"ok": self.ok, "checks": self.checks}

    @property
    def without_reasons(self) -> Health:
        """The same for strangers: a reason may name a server, a database, a path."""
        return Health(checks={name: OK if found == OK else FAILS for name, found in self.checks.items()})


class Readiness:
    """Look at one daemon, once for all that ask at once; `not_yet` says why it does no work, "" = it does."""

    def __init__(
        self, doors: Doors, not_yet: Callable[[], str], *, patience: float = PATIENCE, hung: float = HUNG
    ) -> None:
        self._doors = doors
        self._not_yet = not_yet
        self._patience = patience
        self._hung = hung
        self._looks: dict[str, tuple[asyncio.Task[str], float]] = {}  # those under way, and since when

    async def healthz(self) -> Health:
        """Say whether it lives: the event loop, which answers this, and the store's thread.

        That thread waits for its database, which starting anew would not mend; dead is who waits longer than any
        database is waited for.
        """
        thread = await self._look("thread", self._thread_answers, AT_ONCE)
        if "thread" in self._looks:
            waited = asyncio.get_running_loop().time() - self._looks["thread"][1]
            thread = f"no answer for {waited:.0f} s" if waited >= self._hung else OK
        return Health(checks={"loop": OK, "store_thread": thread})

    async def readyz(self) -> Health:
        """Say whether it works: it has begun to poll with its files, and the store takes what it writes."""
        work, store = self._not_yet(), await self._look("store", self._store_answers, self._patience)
        return Health(checks={"polling": work or OK, "store": store})

    async def _look(self, what: str, look: Callable[[], Coroutine[Any, Any, str]], patience: float) -> str:
        if what not in self._looks:
            looking = asyncio.create_task(look())
            self._looks[what] = looking, asyncio.get_running_loop().time()
            looking.add_done_callback(lambda _: self._looks.pop(what, None))
        looking, _ = self._looks[what]
        done, _ = await asyncio.wait([looking], timeout=patience)
        return looking.result() if done else f"no answer within {patience:g} s"

    async def _thread_answers(self) -> str:
        await asyncio.get_running_loop().run_in_executor(self._doors.store_thread, str)
        return OK

    async def _store_answers(self) -> str:
        try:
            await self._doors.in_store(self._doors.store.try_writing)
        except StoreUnavailableError as error:
            return str(error)
        return OK

    async def close(self) -> None:
        """End what is looked at."""
        looks = [looking for looking, _ in self._looks.values()]
        for looking in looks:
            looking.cancel()
        if looks:
            await asyncio.wait(looks)
