"""Copy an SQLite file while others write it, and put one into the place of another."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from monitor.errors import StoreUnavailableError, UserError

KEPT = 3  # backups that were made before an upgrade
_MARK = ".schema-"
_BESIDE = ("-wal", "-shm")  # files of SQLite's that belong to a database


def database_files(file: Path) -> tuple[Path, ...]:
    """Return the files that make up a database, whether they are there or not: SQLite's own stand beside it."""
    return (file, *(file.with_name(file.name + name) for name in _BESIDE))


def back_up(file: Path, target: Path) -> None:
    """Copy a database that may be in use into a new file, whole and on the disk, or not at all.

    It is one moment of the source, without holding up those who write.

    Raises:
        StoreUnavailableError: it cannot be read, or the copy cannot be written.
    """
    unfinished = target.with_name(f"{target.name}.part")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        with _opened(file, "ro") as source, _opened(unfinished, "rw") as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, whoever opens it
        _to_disk(unfinished)
        unfinished.replace(target)
        _to_disk(target.parent)
    except (OSError, sqlite3.Error) as error:
        unfinished.unlink(missing_ok=True)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise StoreUnavailableError(f"{file} cannot be copied to {target}: {reason}") from error


def back_up_before_upgrade(file: Path, revision: str) -> Path:
    """Copy a database beside itself, with its schema's revision in the name; keep the last few such copies.

    Raises:
        StoreUnavailableError: it cannot be copied.
    """
    target = file.with_name(f"{file.name}{_MARK}{revision}")
    back_up(file, target)
    for old in sorted(file.parent.glob(f"{file.name}{_MARK}[0-9][0-9][0-9][0-9]"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return target


def require_backup(file: Path, *, newest: str) -> None:
    """Make sure that a file is a whole state, of no newer schema than that.

    Raises:
        UserError: it is not.
    """
    try:
        with _opened(file, "ro") as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise UserError(f"{file} is no backup of a state: {error}") from error
    if found != "ok":
        raise UserError(f"{file} is damaged: {found}")
    if row is None or row[0] > newest:
        raise UserError(f"{file} was written by a newer version of monitor: update the program first")


def put_in_place(backup: Path, file: Path, aside: Path) -> bool:
    """Put a copy of a backup into a database's place, and the old one aside; say whether there was one.

    Nobody else may have the database open.

    Raises:
        StoreUnavailableError: it cannot be done; the old one stands where it stood.
    """
    fresh = file.with_name(f"{file.name}.restored")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    back_up(backup, fresh)
    there = file.exists()
    try:
        if there:
            _bring_log_home(file)
            file.replace(aside)
        for name in _BESIDE:  # of a log that could not be brought home, which is now of another database
            beside = file.with_name(file.name + name)
            if beside.exists():
                beside.replace(aside.with_name(aside.name + name))
        fresh.replace(file)
        _to_disk(file.parent)
    except OSError as error:
        raise StoreUnavailableError(f"{file} cannot be replaced: {error.strerror}") from error
    return there


def _bring_log_home(file: Path) -> None:
    """Have SQLite write what stands in its log alone into the database; a damaged one is put aside as it is."""
    with contextlib.suppress(sqlite3.Error), _opened(file, "rw") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextlib.contextmanager
def _opened(file: Path, mode: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=5)
    try:
        yield connection
    finally:
        connection.close()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
