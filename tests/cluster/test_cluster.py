"""Three daemons on one PostgreSQL are killed and stopped: nothing is lost or doubled, no feed waits too long.

The daemons are real, on clocks that run 30 times faster; see `bench/_crash_cluster.py`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench._crash_cluster import KILLS, Gap, longest_gaps, run_cluster
from bench._crash_house import TAKEN, WITHIN_A_POLL
from bench._crash_node import KEEPS, NO_LOOK_UP
from tests import forks  # noqa: F401 - its fork server starts the daemons
from tests.store.postgres import MISSING, find_binaries, running_server

NODES = 3


@pytest.fixture
def database() -> Iterator[str]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip(MISSING)
    with running_server(binaries) as server:
        yield server.create("cluster")


@pytest.mark.timeout(180)
async def test_three_nodes_share_feeds_and_tell_everything_once(tmp_path: Path, database: str) -> None:
    kinds = (WITHIN_A_POLL, TAKEN, "random")
    found = await run_cluster(
        tmp_path, "short", store=database, size=NODES, kinds=kinds, kills=3, seconds=3, lease=2, stop=False
    )
    assert found.holds, found
    assert found.complaints == ()
    assert found.kills == len(kinds)
    assert found.askers >= NODES
    assert found.verdict.due >= NODES


@pytest.mark.crash
@pytest.mark.timeout(300)
async def test_three_nodes_suffer_for_twenty_seconds(tmp_path: Path, database: str) -> None:
    found = await run_cluster(tmp_path, "three", store=database, size=NODES)
    assert found.holds, found
    # a node that was stopped within a transaction finds that the server has given it up, says so and goes on
    assert [each for each in found.complaints if "before or while processing the request" not in each] == []
    assert (found.kills, found.stops) == (KILLS, 1)
    assert found.askers > NODES


@pytest.mark.crash
@pytest.mark.timeout(300)
async def test_one_node_on_sqlite_suffers_for_twenty_seconds(tmp_path: Path) -> None:
    found = await run_cluster(tmp_path, "one")
    assert found.holds, found
    assert found.complaints == ()
    assert (found.kills, found.stops) == (KILLS, 1)


@pytest.mark.crash
@pytest.mark.timeout(300)
async def test_the_oracle_sees_what_three_nodes_double_without_looking(tmp_path: Path, database: str) -> None:
    found = await run_cluster(
        tmp_path,
        "doubles",
        store=database,
        size=NODES,
        mistake=NO_LOOK_UP,
        kinds=[TAKEN],
        kills=4,
        seconds=4,
        stop=False,
    )
    assert found.verdict.doubled
    assert not found.holds


@pytest.mark.crash
@pytest.mark.timeout(300)
async def test_the_oracle_sees_feeds_whose_leases_do_not_run_out(tmp_path: Path, database: str) -> None:
    found = await run_cluster(
        tmp_path,
        "starves",
        store=database,
        size=NODES,
        mistake=KEEPS,
        kinds=[WITHIN_A_POLL],
        kills=3,
        seconds=3,
        lease=2,
        stop=False,
        give_up=3,
    )
    assert found.starved
    assert not found.holds


def test_a_gap_reaches_from_the_beginning_to_the_end() -> None:
    fetched = {"often": [11.0, 12.0, 13.0, 19.0], "late": [18.0], "early": [11.0]}
    assert longest_gaps(["often", "late", "early", "never"], fetched, 10.0, 20.0) == (
        Gap(feed="never", seconds=10.0),
        Gap(feed="early", seconds=9.0),
        Gap(feed="late", seconds=8.0),
        Gap(feed="often", seconds=6.0),
    )
