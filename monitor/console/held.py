"""An answer about the whole state that serves everybody for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

R = TypeVar("R")


class Held(Generic[R]):
    """One such answer: looked up once, however many ask for it at the same time."""

    def __init__(self, hold: timedelta) -> None:
        self._hold = hold
        self._looking = asyncio.Lock()
        self._answer: tuple[datetime, R] | None = None

    async def get(self, now: datetime, look: Callable[[], Awaitable[R]]) -> R:
        """Return it, from before where that is not too old."""
        async with self._looking:
            if self._answer is None or now - self._answer[0] >= self._hold:
                self._answer = now, await look()
            return self._answer[1]
