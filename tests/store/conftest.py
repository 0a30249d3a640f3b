from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from monitor.store import SqlStore, open_store
from tests.empty_store import lay_empty
from tests.store.postgres import MISSING, Server, find_binaries, running_server

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip(MISSING)
    with running_server(binaries) as server:
        open_store(server.create("monitor_template")).close()
        yield server


@pytest.fixture
def fresh_database(postgres: Server) -> Iterator[str]:
    """The URL of a PostgreSQL database with all tables and no rows; it is dropped afterwards."""
    name = f"test_{next(_numbers)}"
    yield postgres.create(name, like="monitor_template")
    postgres.drop(name)  # or the folder of all of them takes longer to be taken away than a test may last


@pytest.fixture(scope="session")
def spare() -> list[str]:
    """Names of databases with all tables and no rows: one costs ten times as much to make as to empty."""
    return []


@pytest.fixture
def empty_database(postgres: Server, spare: list[str]) -> Iterator[str]:
    """The URL of a PostgreSQL database with all tables and no rows; other tests had it before and have it afterwards."""
    if not spare:
        name = f"test_{next(_numbers)}"
        postgres.create(name, like="monitor_template")
        spare.append(name)
    name = spare.pop()
    yield postgres.url(name)
    if postgres.empty(name):
        spare.append(name)
    else:
        postgres.drop(name)


def laid(folder: Path) -> str:
    """Lay an empty store there; return its URL."""
    file = folder / "state" / "monitor.db"
    lay_empty(file)
    return f"sqlite:///{file}"


@pytest.fixture(params=["file", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store on each engine."""
    if request.param == "file":
        return laid(tmp_path)
    empty: str = request.getfixturevalue("empty_database")
    return empty


@pytest.fixture
def opened() -> Iterator[Callable[[str], SqlStore]]:
    """Open stores that are closed when the test ends."""
    with ExitStack() as stack:

        def open_one(url: str) -> SqlStore:
            store = open_store(url)
            stack.callback(store.close)
            return store

        yield open_one


@pytest.fixture
def store(url: str, opened: Callable[[str], SqlStore]) -> SqlStore:
    """An empty store on each engine."""
    return opened(url)
