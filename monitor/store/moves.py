"""Move a whole state: into a backup and back, from one engine to the other, to a newer schema.

Nobody else may work on what is moved: an SQLite file is locked meanwhile, a PostgreSQL database must have no daemon.
A backup is the exception, it is one moment of a state that goes on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from monitor.errors import NotFoundError, StateInUseError, UserError
from monitor.store.backup import back_up, database_files, put_in_place, require_backup
from monitor.store.copy import Progress, copy_state
from monitor.store.engine import connect, reading, state_file
from monitor.store.failures import unavailable_as_store_error
from monitor.store.lock import lock_state
from monitor.store.migrate import REVISION, migrate
from monitor.store.sql_store import SqlStore, open_existing_store, open_store
from monitor.store.tables import node

ALIVE = timedelta(seconds=90)  # after its last sign of life


def back_up_state(url: str, target: Path, *, force: bool, progress: Progress) -> None:
    """Write a backup into an SQLite file, whichever engine the state is on; daemons may go on.

    Raises:
        NotFoundError: there is no state.
        UserError: the target exists, and it is not to be written over by `force`; or it can never be.
        StoreUnavailableError: the state cannot be read, or the file cannot be written.
    """
    file = state_file(url)
    _require_target(target, file, force=force)
    if file is not None:
        if not file.is_file():
            raise NotFoundError(f"there is no state in {file} yet: `monitor run` makes it")
        back_up(file, target)
        return
    with closing(open_existing_store(url)) as source, tempfile.TemporaryDirectory(dir=target.parent) as folder:
        unfinished = Path(folder) / "monitor.db"
        with closing(open_store(f"sqlite:///{unfinished}")) as copy:
            _copy(source, copy, progress)
        back_up(unfinished, target)


def _require_target(target: Path, state: Path | None, *, force: bool) -> None:
    """Make sure that a backup takes the place of nothing, or by `force` of a file that nobody works on.

    A backup is renamed into its place: a daemon would go on in a file that no name leads to, and all it writes be lost.

    Raises:
        UserError: it does not.
    """
    if state is not None and target.resolve() in (each.resolve() for each in database_files(state)):
        raise UserError(f"{target} belongs to the state itself: name another file")
    if target.exists() and not target.is_file():
        raise UserError(f"{target} is no regular file: name another one")
    if target.exists() and not force:
        raise UserError(f"{target} exists: name another file, or add --force")


def restore_state(url: str, backup: Path, now: datetime, *, force: bool, progress: Progress) -> Path | None:
    """Put a backup into the place of a state; return where the old one lies now, if there was one.

    A PostgreSQL database must be empty: there is nowhere to put another one aside.

    Raises:
        StateInUseError: a daemon works on the state.
        UserError: the file is no backup, or there is a state and it is not to be replaced by `force`.
        StoreUnavailableError: the state cannot be written; it is as it was.
    """
    require_backup(backup, newest=REVISION)
    file = state_file(url)
    if file is None:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "monitor.db"
            back_up(backup, copy)
            with closing(open_store(f"sqlite:///{copy}")) as source, _to_write(url, now) as target:
                _copy(source, target, progress)
        return None
    with lock_state(file.parent, now=now):
        if file.exists() and file.stat().st_size and not force:
            raise UserError(f"{file} holds a state: add --force, and it is kept aside")
        aside = file.with_name(f"{file.name}.before-{now:%Y%m%dT%H%M%SZ}")
        return aside if put_in_place(backup, file, aside) else None


def move_state(source: str, target: str, now: datetime, *, progress: Progress) -> dict[str, int]:
    """Copy a whole state into an empty store; return how many rows of each table there are.

    Raises:
        NotFoundError: there is no state.
        StateInUseError: a daemon works on one of them.
        UserError: the target is not empty, or is the source.
    """
    if source == target:
        raise UserError("a state cannot be copied onto itself: name two stores")
    with ExitStack() as stack:
        for folder in sorted({file.parent for url in (source, target) if (file := state_file(url))}):
            stack.enter_context(lock_state(folder, now=now))
        before = stack.enter_context(closing(open_existing_store(source)))
        after = stack.enter_context(closing(open_store(target)))
        for store in (before, after):
            _require_no_daemon(store, now)
        return _copy(before, after, progress)


def upgrade_state(url: str, now: datetime) -> tuple[str | None, str]:
    """Bring a state to the tables of this program; return its schema's revision before and after.

    Raises:
        StateInUseError: a daemon works on it.
        UserError: a newer version of the program has written it.
    """
    file = state_file(url)
    with ExitStack() as stack:
        if file is not None:
            stack.enter_context(lock_state(file.parent, now=now))
        engine, where = connect(url)
        stack.callback(engine.dispose)
        with unavailable_as_store_error(where):
            return migrate(engine, where, file=file), REVISION


def _copy(source: SqlStore, target: SqlStore, progress: Progress) -> dict[str, int]:
    with unavailable_as_store_error(f"{source.where} or {target.where}"):
        return copy_state(source.engine, target.engine, target.where, progress=progress)


@contextmanager
def _to_write(url: str, now: datetime) -> Iterator[SqlStore]:
    with closing(open_store(url)) as store:
        _require_no_daemon(store, now)
        yield store


def _require_no_daemon(store: SqlStore, now: datetime) -> None:
    """Make sure that no daemon has shown itself lately in a store that daemons share; a file is locked anyway.

    Raises:
        StateInUseError: one has.
    """
    if not store.shared:
        return
    with unavailable_as_store_error(store.where), reading(store.engine) as connection:
        alive = connection.scalars(select(node.c.name).where(node.c.beat_at > now - ALIVE).order_by(node.c.name)).all()
    if alive:
        raise StateInUseError(f"{store.where} is used by {', '.join(alive)}: stop it first, and wait {ALIVE.seconds}s")
