"""Bring a database to the tables of this program."""

from __future__ import annotations

import io
import logging
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from monitor.errors import UserError
from monitor.store.backup import back_up_before_upgrade
from monitor.store.engine import reading, writing

REVISION = "0011"  # the newest in `migrations/versions`
FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x4D4F4E49544F52  # "MONITOR": nodes that start at once migrate one after the other


def migrate(engine: Engine, where: str, *, file: Path | None = None) -> str | None:
    """Run the migrations that are missing, in one transaction; usually there are none and nothing is written.

    An SQLite `file` that holds something is backed up before. Return the revision that was found, None = no tables.

    Raises:
        UserError: a newer version of the program has migrated this database.
        StoreUnavailableError: it cannot be backed up.
    """
    with reading(engine) as connection:
        found = _revision(connection)
    if found == REVISION:
        return found
    _refuse_newer(found, where)
    if file is not None and found is not None:
        back_up_before_upgrade(file, found)
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        revision = _revision(connection)
        _refuse_newer(revision, where)
        _upgrade(connection)
    return found


def require_current(engine: Engine, where: str) -> None:
    """Make sure that a store has the tables of this program, without changing it.

    Raises:
        UserError: it has not.
    """
    with reading(engine) as connection:
        revision = _revision(connection)
    _refuse_newer(revision, where)
    if revision != REVISION:
        raise UserError(
            f"the store {where} is empty or of an older version: `monitor run` brings it up to date, "
            "or `monitor db migrate`"
        )


def _refuse_newer(revision: str | None, where: str) -> None:
    if revision is not None and revision > REVISION:
        raise UserError(
            f"the store {where} was written by a newer version of monitor (schema {revision}, this one knows "
            f"{REVISION}): update the program, or name another store"
        )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - slow to import, and seldom needed
    from alembic.config import Config  # noqa: PLC0415

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config(stdout=io.StringIO(), attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    command.upgrade(config, "head")
