"""Copy a whole state from one database to another, SQLite or PostgreSQL: every row of every table as it stands.

What is read is one moment of the source, however long it takes; what is written is one transaction: a copy that is
interrupted leaves the target as empty as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, Text, and_, func, insert, literal, or_, select, text
from sqlalchemy.sql.schema import Table

from monitor.errors import StoreError, UserError
from monitor.store.columns import Notes, PlainText, TextList
from monitor.store.engine import reading, writing
from monitor.store.tables import entry, metadata, node

_ROWS = 1_000  # a page
_TABLES = tuple(table for table in metadata.sorted_tables if table is not node)  # parents first; daemons are not copied
Progress = Callable[[int], object]  # is told how many rows more are done


def count_rows(engine: Engine) -> dict[str, int]:
    """Count the rows that a copy moves, by table, in a transaction of its own."""
    with reading(engine) as connection:
        return count_tables(connection)


def copy_state(source: Engine, target: Engine, where: str, *, progress: Progress = lambda _: None) -> dict[str, int]:
    """Copy everything into a target whose tables are empty; return how many rows of each table it has then.

    Raises:
        UserError: the target holds something.
        StoreError: it does not hold what the source does after all; nothing was written.
    """
    with _one_moment(source) as before, writing(target) as after:
        if filled := [name for name, rows in count_tables(after).items() if rows]:
            raise UserError(f"the store {where} is not empty ({', '.join(filled)}): name one that is")
        for table in _TABLES:
            for rows in _pages(before, _as_stored(table)):
                after.execute(insert(_as_stored(table)), rows)
                progress(len(rows))
            _go_on_counting(after, table)
        copied = count_tables(after)
        if copied != count_tables(before):
            raise StoreError(f"the copy in {where} has other counts than its source: nothing was written")
    return copied


def _one_moment(source: Engine) -> Any:
    """Begin a transaction that sees one state throughout; SQLite's do."""
    if source.dialect.name == "postgresql":
        source = source.execution_options(isolation_level="REPEATABLE READ")
    return reading(source)


def count_tables(connection: Connection) -> dict[str, int]:
    """Count the rows that a copy moves, by table."""
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in _TABLES}


def _as_stored(table: Table) -> Table:
    """Return a table whose texts are read and written as they stand, so that nothing is lost in understanding them."""
    columns = (
        Column(column.name, Text() if isinstance(column.type, Notes | TextList | PlainText) else column.type)
        for column in table.columns
        if column is not entry.c.words_id  # the index is filled anew
    )
    return Table(table.name, MetaData(), *columns)


def _pages(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    key = [table.c[column.name] for column in metadata.tables[table.name].primary_key]
    page = select(table).order_by(*key).limit(_ROWS)
    rows = connection.execute(page).all()
    while rows:
        yield [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
        last = [getattr(rows[-1], column.name) for column in key]
        rows = connection.execute(page.where(_behind(key, last))).all()


def _behind(key: list[Column[Any]], values: list[Any]) -> Any:
    first, value = key[0], literal(values[0], key[0].type)
    if len(key) == 1:
        return first > value
    return and_(first >= value, or_(first > value, _behind(key[1:], values[1:])))


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Have PostgreSQL number new rows behind those that were copied; SQLite does by itself."""
    if connection.dialect.name != "postgresql":
        return
    for column in table.primary_key:
        numbered = text("SELECT pg_get_serial_sequence(:table, :column)")
        sequence = connection.scalar(numbered, {"table": table.name, "column": column.name})
        last = connection.scalar(select(func.max(column))) if sequence else None
        if last is not None:
            connection.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})
