"""Processes that begin as quickly as a fork: `monitor` as a command, without the second that its imports take.

A fork server has imported everything once (`tests.preload`), and has neither this process's threads nor its sockets.
What it starts has its own folder, environment and streams, takes signals and ends with an exit code, as any command.
Its caller is to wait for it; that the real command starts, `tests/cli/test_cli_front.py` and the README's tests show.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerProcess

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(["tests.preload"])
PATIENCE = 50  # seconds


def monitor(folder: Path, *arguments: str, text: str = "", env: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Run `monitor` in a folder; return its exit code, standard output and standard error."""
    with tempfile.TemporaryDirectory() as scratch:
        given, out, err = (Path(scratch) / name for name in ("in", "out", "err"))
        given.write_text(text)
        out.touch()
        err.touch()
        code = run(folder, *arguments, streams=(str(given), str(out), str(err)), env=env)
        said = err.read_text()
        assert "Traceback" not in said, said
        return code, out.read_text(), said


def run(folder: Path, *arguments: str, streams: tuple[str, str, str], env: dict[str, str] | None = None) -> int:
    """Run `monitor` with the files or terminals of these names as its streams; return its exit code."""
    child = SERVER.Process(target=_become, args=(folder, arguments, streams, dict(os.environ if env is None else env)))
    child.start()
    child.join(PATIENCE)
    if child.exitcode is None:
        child.kill()
        raise AssertionError(f"monitor {' '.join(arguments)} did not end")
    return child.exitcode


@dataclass(frozen=True)
class Running:
    """A command that runs, and what it says meanwhile."""

    child: ForkServerProcess
    stdout: TextIO
    stderr: TextIO

    @property
    def pid(self) -> int:
        assert self.child.pid is not None
        return self.child.pid

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; return the exit code, and what came on standard output until the end."""
        os.kill(self.pid, number)
        rest = self.stdout.read()
        self.child.join(PATIENCE)
        assert self.child.exitcode is not None
        return self.child.exitcode, rest


@contextlib.contextmanager
def running(folder: Path, *arguments: str, env: dict[str, str]) -> Iterator[Running]:
    """Run `monitor` in a folder meanwhile; whatever is left of it at the end is killed."""
    (out, its_out), (err, its_err) = SERVER.Pipe(duplex=False), SERVER.Pipe(duplex=False)
    child = SERVER.Process(target=_become, args=(folder, arguments, (os.devnull, its_out, its_err), env))
    child.start()
    its_out.close()
    its_err.close()
    with out, err, open(out.fileno(), closefd=False) as stdout, open(err.fileno(), closefd=False) as stderr:
        try:
            yield Running(child, stdout, stderr)
        finally:
            child.kill()
            child.join()


def _become(
    folder: Path, arguments: tuple[str, ...], streams: tuple[str | Connection, ...], env: dict[str, str]
) -> None:
    from monitor.cli import main

    for number, stream in enumerate(streams):
        opened = os.open(stream, os.O_RDWR | os.O_NOCTTY) if isinstance(stream, str) else stream.fileno()
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(each, mode) for each, mode in ((0, "r"), (1, "w"), (2, "w")))
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.argv = ["monitor", *arguments]
    main()
