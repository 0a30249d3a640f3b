"""Processes that begin as quickly as a fork: `monitor` as a command, without the second that its imports take.

A fork server has imported everything once (`tests.preload`), and has neither this process's threads nor its sockets.
What it starts has its own folder, environment and streams, takes signals and ends with an exit code, as any command.
Its caller is to wait for it; that the real command starts, `tests/cli/test_cli_front.py` and the README's tests show.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

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


def _become(folder: Path, arguments: tuple[str, ...], streams: tuple[str, str, str], env: dict[str, str]) -> None:
    from monitor.cli import main

    for number, name in enumerate(streams):
        opened = os.open(name, os.O_RDWR | os.O_NOCTTY)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(each, mode) for each, mode in ((0, "r"), (1, "w"), (2, "w")))
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.argv = ["monitor", *arguments]
    main()
