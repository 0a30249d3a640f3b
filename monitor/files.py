"""The files that people write, while the daemon runs: read anew when they change, used when they are right."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from monitor.config.load import watched_files
from monitor.errors import ConfigurationError, Problem, UserError
from monitor.setup import Setup, require_examples

log = structlog.get_logger()
Stamps = dict[Path, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistakes:
    """Why the files were not used the last time that they were read."""

    at: datetime
    problems: tuple[Problem, ...]


def mistakes_in(error: UserError, at: datetime) -> Mistakes:
    """Return what is wrong, place by place where places are known."""
    problems = error.problems if isinstance(error, ConfigurationError) else ()
    return Mistakes(at=at, problems=problems or (Problem(file="the files", message=str(error)),))


class Files:
    """What is known of the files of one setup after another."""

    def __init__(self, setup: Setup) -> None:
        self._used: Stamps = dict(setup.stamps)
        self._seen = self._used
        self._before = self._used
        self._asked = False

    def ask(self) -> None:
        """Have them read at the next look, whether or not one has changed."""
        self._asked = True

    async def want_reading(self, setup: Setup) -> bool:
        """Say whether somebody asked, or whether a file has changed and then stayed as it is since the last look.

        A file is not read while an editor still writes it.
        """
        stamps = await _look(setup)
        settled, self._seen = stamps == self._seen, stamps
        wanted = self._asked or (settled and stamps != self._used)
        self._asked = self._asked and not wanted
        return wanted

    async def read(self, used: Setup) -> Setup:
        """Load all files of the setup that is used anew, and run all examples.

        Raises:
            UserError: they hold mistakes; they are read again when one of them changes.
        """
        self._before = await _look(used)  # what changes from here on is read at a later time
        try:
            setup = await asyncio.to_thread(used.again)
            await asyncio.to_thread(require_examples, setup)
            await asyncio.to_thread(setup.rest)
        except UserError:
            self._used = self._seen = self._before
            raise
        return setup

    def use(self, setup: Setup) -> None:
        """Note that what was read last is used."""
        read = {path: stamp for path, stamp in self._before.items() if path in setup.stamps}
        self._used = self._seen = dict(setup.stamps) | read


async def _look(setup: Setup) -> Stamps:
    return await asyncio.to_thread(watched_files, setup.config.file, setup.config.include)
