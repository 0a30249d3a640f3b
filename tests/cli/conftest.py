from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import structlog

from tests.cli.served import Served


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """Put the logs back: a command that runs in this process sets them up for itself, and other tests listen to them."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.configure(**before)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
async def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    made = Served(tmp_path)
    monkeypatch.setenv("TOKEN", made.slack.token)
    async with AsyncExitStack() as stack:
        for server in (made.slack, made.hook, made.smtp):
            await stack.enter_async_context(server)
        made.write()
        yield made
