"""Statements that polls make again and again, compiled once an engine and given to its driver as they are.

SQLAlchemy takes longer to see that it knows a statement, and to convert its values one by one, than SQLite to carry it
out. What is written here is Core all the same: the engine's own words, its types, its errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Dialect, Insert, Update

Rows = Iterable[Sequence[Any]]
Convert = Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Value:
    """One value of a statement: which of a row's, and how it is converted; or the same in every row."""

    place: int = -1
    convert: Convert | None = None
    constant: Any = None

    def of(self, columns: Sequence[Sequence[Any]]) -> Iterable[Any]:
        if self.place < 0:
            return repeat(self.constant, len(columns[0]))
        column = columns[self.place]
        if self.convert is None:
            return column
        first, count = column[0], len(column)
        if column.count(first) == count:  # the time of a poll, an empty text: converted once
            return repeat(self.convert(first), count)
        return map(self.convert, column)


def prepared(*names: str) -> Callable[[Callable[[Connection], Insert | Update]], Callable[[Connection, Rows], int]]:
    """Make of a function that builds a statement one that executes it, with rows of the values that have these names.

    It returns how many rows were written, and does nothing where none are given.
    """

    def of(build: Callable[[Connection], Insert | Update]) -> Callable[[Connection, Rows], int]:
        compiled: dict[str, tuple[str, list[_Value]]] = {}

        @wraps(build)
        def execute(connection: Connection, rows: Rows) -> int:
            columns = list(zip(*rows, strict=True))
            if not columns:
                return 0
            dialect = connection.dialect
            if dialect.name not in compiled:
                compiled[dialect.name] = _compile(build(connection), dialect, names)
            text, values = compiled[dialect.name]
            given = list(zip(*(value.of(columns) for value in values), strict=True))
            return connection.exec_driver_sql(text, given if len(given) > 1 else given[0]).rowcount

        return execute

    return of


def _compile(statement: Insert | Update, dialect: Dialect, names: Sequence[str]) -> tuple[str, list[_Value]]:
    # without keys, an INSERT names every column of its table
    keys = [name for name in names if name in statement.table.c] if isinstance(statement, Insert) else None
    compiled: Any = statement.compile(dialect=dialect, column_keys=keys, for_executemany=True)
    values = []
    for name in compiled.positiontup:
        convert = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
        if name in names:
            values.append(_Value(place=names.index(name), convert=convert))
        else:
            constant = compiled.params[name]
            values.append(_Value(constant=convert(constant) if convert else constant))
    return str(compiled), values
