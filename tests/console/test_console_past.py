"""A backtest of the console has a minute: where that is too little, the newest entries are what it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.console.bench_ground import Asked
from monitor.console.bench_past import PATIENCE, backtest
from monitor.model import Entry
from monitor.rules.tree import Definition
from monitor.store import SqlStore
from tests.empty_store import open_in_memory
from tests.rules.building import ruleset
from tests.store.builders import claim_one, make_outcome

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STORED = 600
HOUR = timedelta(hours=1)


@dataclass(kw_only=True)
class Ground:
    dedup: timedelta = HOUR
    source_tags: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(kw_only=True)
class Shop:
    store: SqlStore
    ground: Ground = field(default_factory=Ground)
    usable: tuple[Definition, ...] = ()

    @property
    def trials(self) -> Shop:
        return self

    def load(self, asked: Asked) -> Any:
        return ruleset(f"rules: {{r: {asked.rule}}}")

    def stored(self) -> SqlStore:
        return self.store


class Watch:
    """Be so many seconds later at each look."""

    def __init__(self, step: float) -> None:
        self.step = step
        self.now = 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@pytest.fixture(scope="module")
def shop() -> Iterator[Any]:
    store = open_in_memory()
    titles = [f"{'storm' if number % 7 else 'flood'} {number}" for number in range(STORED)]
    entries = tuple(
        Entry(id=f"{number:032x}", keys=(), feed="wire", title=title, seen_at=NOW - HOUR * (STORED - number))
        for number, title in enumerate(titles)
    )
    store.record(make_outcome(claim_one(store, "wire"), entries=entries), NOW)
    store.index_words(STORED)
    yield Shop(store=store)
    store.close()


def run(shop: Any, rule: str, step: float) -> dict[str, Any]:
    told: list[float] = []
    found = backtest(shop, asked=Asked(rule=rule), days=30, now=NOW, tell=told.append, watch=Watch(step))
    assert all(0 <= each <= 1 for each in told)
    return found


def test_all_of_it_is_read_where_there_is_time(shop: Any) -> None:
    found = run(shop, "storm", 0.001)
    assert (found["begins"], found["reached"], found["entries"], len(found["days"])) == ("", "", STORED, 31)
    assert found["matched"] == STORED - STORED // 7 - 1


def test_the_index_says_what_need_not_be_read(shop: Any) -> None:
    assert run(shop, "flood", 0.1)["begins"] == ""
    assert run(shop, "storm", 0.1)["begins"] != ""


@pytest.mark.parametrize("step", [0.1, 0.3, 1.0])
def test_the_oldest_are_left_out_where_there_is_none_and_the_answer_says_so(shop: Any, step: float) -> None:
    found = run(shop, "storm", step)
    begins = datetime.fromisoformat(found["begins"])
    assert found["reached"] == ""
    assert found["entries"] == shop.store.count_entries(begins) < PATIENCE / step
    assert found["findings"][0]["title"] == f"storm {STORED - 1}"
    assert found["days"][0]["day"] == begins.date().isoformat()
    assert found["days"][-1]["day"] == NOW.date().isoformat()


def test_who_has_time_for_nothing_says_where_he_stopped(shop: Any) -> None:
    found = run(shop, "storm", 100.0)
    assert found["reached"]
