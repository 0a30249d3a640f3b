from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.cli.served import Served


@pytest.fixture
async def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Served]:
    made = Served(tmp_path)
    monkeypatch.setenv("TOKEN", made.slack.token)
    async with AsyncExitStack() as stack:
        for server in (made.slack, made.hook, made.smtp):
            await stack.enter_async_context(server)
        made.write()
        yield made
