"""What goes wrong with one piece of work is told, counted, and stops nothing else."""

import asyncio

import pytest
from structlog.testing import capture_logs

from monitor.daemon.guard import Guard
from monitor.daemon.outage import Outage
from monitor.errors import StoreUnavailableError
from monitor.ports import Meter


class Mistakes(Meter):
    count = 0

    def failed(self) -> None:
        self.count += 1


async def work(result: int | BaseException) -> int:
    if isinstance(result, BaseException):
        raise result
    return result


async def test_work_gives_what_it_gives() -> None:
    outage, mistakes = Outage(), Mistakes()
    assert await Guard(outage, mistakes)(work(3)) == 3
    assert (outage.ongoing, mistakes.count) == (False, 0)


async def test_a_store_that_fails_is_an_outage_and_no_mistake() -> None:
    outage, mistakes = Outage(), Mistakes()
    with capture_logs() as logs:
        assert await Guard(outage, mistakes)(work(StoreUnavailableError("gone"))) is None
    assert (outage.ongoing, mistakes.count) == (True, 0)
    assert [line["event"] for line in logs] == ["the store fails: waiting for it, nothing is lost"]


async def test_anything_else_is_a_mistake_of_ours() -> None:
    outage, mistakes = Outage(), Mistakes()
    with capture_logs() as logs:
        assert await Guard(outage, mistakes)(work(KeyError("x"))) is None
    assert (outage.ongoing, mistakes.count) == (False, 1)
    assert [line["event"] for line in logs] == ["internal error: please report this"]


async def test_who_is_cancelled_ends() -> None:
    with pytest.raises(asyncio.CancelledError):
        await Guard(Outage(), Meter())(work(asyncio.CancelledError()))
