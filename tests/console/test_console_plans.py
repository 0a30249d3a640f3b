"""No page reads a whole table: what a state of years holds is found by index, a page of it at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Engine, event

from bench._console_pages import pages
from monitor.store import SqlStore, open_store
from tests.app.house import RULES, House
from tests.console.bench_here import visiting_here
from tests.console.visits import BROWSER
from tests.store.big import Big, fill_big

GROWING = ("entry", "story", "alert", "alert_label", "delivery", "decision", "hit", "seen", "action")
COUNTED = {  # pages that count all there is; each says so, and counts in an index or once for all who ask
    "outbox": "delivery",
    "rules by hits": "hit",
    "api: status": "entry alert delivery",
}
Statement = tuple[str, Any]


@contextmanager
def statements() -> Iterator[list[Statement]]:
    """Collect what is asked, by whomever."""
    seen: list[Statement] = []

    def collect(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", collect)
    yield seen
    event.remove(Engine, "before_cursor_execute", collect)


def scans(store: SqlStore, asked: Statement) -> dict[str, str]:
    """Return the tables that grow and that a statement reads as a whole; in their order up to a LIMIT it does not."""
    with store.engine.connect() as connection:
        plan = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0]}", asked[1])]
    in_order = " LIMIT " in asked[0] and not any("TEMP B-TREE FOR ORDER BY" in step for step in plan)
    read = [found for step in plan if (found := re.match(r"SCAN (\w+)(.* INDEX )?", step)) and found[1] in GROWING]
    return {
        found[1]: f"{asked[0]} {plan}" for found in read if not (in_order and (found[2] or " WHERE " not in asked[0]))
    }


async def test_no_page_reads_a_whole_table(house: House) -> None:
    big = Big(feeds=70, entries=600, alerts=200, rules=("rare", "shoygu", "quake", "all"), mutes=60, now=house.clock())
    feeds = ", ".join(f"{each.name}: '{each.url}'" for each in map(big.feed, range(big.feeds)))
    house.configure(feeds=feeds, rules=RULES + "  rare: tsunami\n  all: world\n")
    with closing(open_store(house.setup().config.store)) as store:
        fill_big(store, big)
        async with visiting_here(house) as (visitor, _):
            for title, path in pages(big).items():
                if title == "try":  # looks at no state
                    continue
                with statements() as asked:
                    answer = await visitor.get(path, headers=BROWSER)
                assert answer.status == 200, title
                assert asked or title == "metrics", title
                read = {table: why for each in asked for table, why in scans(store, each).items()}
                assert read.keys() <= set(COUNTED.get(title, "").split()), (title, read)
