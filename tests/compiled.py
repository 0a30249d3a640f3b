"""Statements compiled once for all stores of a test run: SQLAlchemy takes longer to compile one than SQLite to run it.

Each test has stores of its own, and SQLAlchemy would compile for each of them what it has compiled for the one before.
A daemon keeps one store, whose statements are compiled once as well.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine.default import DefaultDialect


class _Alike(DefaultDialect):
    """One of many alike, by which statements are compiled alike."""

    compiled: ClassVar[dict[Any, Any]] = {}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=cls.compiled)


class Sqlite(_Alike, SQLiteDialect_pysqlite):
    supports_statement_cache = True


class Postgres(_Alike, PGDialect_psycopg):
    supports_statement_cache = True


def compile_once() -> None:
    """Have engines that are opened from now on share what is compiled."""
    registry.register("sqlite", __name__, Sqlite.__name__)
    registry.register("postgresql.psycopg", __name__, Postgres.__name__)
