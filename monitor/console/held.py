"""An answer about much of the state that serves everybody for a while."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

R = TypeVar("R")
MOST: Final = 20  # questions of one kind whose answers are held


class Held(Generic[R]):
    """Such answers: each looked up once, however many ask for it at the same time."""

    def __init__(self, hold: timedelta) -> None:
        self._hold = hold
        self._looking = asyncio.Lock()
        self._answers: OrderedDict[Hashable, tuple[datetime, R]] = OrderedDict()

    async def get(self, now: datetime, look: Callable[[], Awaitable[R]], *, of: Hashable = None) -> R:
        """Return the answer to a question, from before where that is not too old."""
        async with self._looking:
            held = self._answers.get(of)
            if held is None or now - held[0] >= self._hold:
                held = self._answers[of] = now, await look()
            self._answers.move_to_end(of)
            while len(self._answers) > MOST:
                self._answers.popitem(last=False)
            return held[1]
