"""Statements that are compiled once write what Core would write, on every engine."""

from __future__ import annotations

from sqlalchemy import Connection, Insert, Update, bindparam, event, select, update

from monitor.store import SqlStore
from monitor.store.engine import insert, writing
from monitor.store.prepared import prepared
from monitor.store.tables import destination
from tests.store.builders import MINUTE, NOW


@prepared("name", "due")
def _new_lanes(connection: Connection) -> Insert:
    return insert(connection, destination).values(leased=False, token=7, strikes=0).on_conflict_do_nothing()


@prepared("by", "name")
def _later(_connection: Connection) -> Update:
    return (
        update(destination).where(destination.c.name == bindparam("name")).values(hold_until=bindparam("by"), token=8)
    )


def lanes(connection: Connection) -> list[tuple[object, ...]]:
    asked = select(destination.c.name, destination.c.due, destination.c.hold_until, destination.c.token)
    return [tuple(row) for row in connection.execute(asked.order_by(destination.c.name))]


def test_values_are_converted_and_constants_are_the_same_in_each_row(store: SqlStore) -> None:
    names = ["a", "b\0\ud800", "д", "e"]
    with writing(store.engine) as connection:
        assert _new_lanes(connection, [(name, NOW) for name in names]) == 4
        assert _new_lanes(connection, [("a", None), ("c", None)]) == 1
        assert _later(connection, [(NOW + MINUTE, "a"), (None, "c"), (NOW, "nosuch")]) == 2
        assert _later(connection, [(NOW, "e")]) == 1
        assert lanes(connection) == [
            ("a", NOW, NOW + MINUTE, 8),
            ("b\ufffd\ufffd", NOW, None, 7),
            ("c", None, None, 8),
            ("e", NOW, NOW, 8),
            ("д", NOW, None, 7),
        ]


def test_nothing_is_executed_for_no_rows(store: SqlStore) -> None:
    executed: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *given: executed.append(given[2]))
    with writing(store.engine) as connection:
        begun = len(executed)
        assert _new_lanes(connection, []) == 0
        assert _later(connection, iter(())) == 0
        assert len(executed) == begun
