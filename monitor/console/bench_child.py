"""The process that tries rules of strangers: `python -m monitor.console.bench_child`, with a socket to its parent.

A query, an expression or YAML that is made to take all the time and memory there is takes it here, behind everything
else that wants the machine, and is stopped. `monitor.console.bench` starts it, and ends it when the files change.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import signal
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from monitor.console.bench_work import TASKS, Ground, Task
from monitor.console.problems import problem_rows
from monitor.errors import ConfigurationError, MonitorError
from monitor.process import framed, limit_memory, parent_socket, read_frame, resident

MEMORY: Final = 400_000_000  # bytes beyond what the files themselves take
LEAST_MEMORY: Final = 600_000_000
NICENESS: Final = 10
TOO_MUCH_MEMORY: Final = f"it needs more than {MEMORY // 1_000_000} MB: try it on less"


def main() -> None:
    """Answer tasks until the parent closes the socket; its death closes it too."""
    parent = parent_socket()
    os.nice(NICENESS)
    with parent, parent.makefile("rb") as frames:
        ground: Ground = pickle.loads(read_frame(frames))  # noqa: S301 - from the parent
        work = ground.open()
        gc.freeze()
        limit_memory(max(LEAST_MEMORY, 2 * resident() + MEMORY))
        parent.sendall(_json({"ready": True}))
        while content := read_frame(frames):
            task: Task = pickle.loads(content)  # noqa: S301 - from the parent
            parent.sendall(_do(partial(TASKS[task.name], work), task, parent))


def _do(call: Callable[..., dict[str, Any]], task: Task, parent: socket.socket) -> bytes:
    # No handler: the signal ends the process even where C code is at work.
    signal.setitimer(signal.ITIMER_PROF, task.seconds)
    try:
        return _json({"value": call(tell=partial(_tell, parent), **task.arguments)})
    except MemoryError:
        return _json({"refused": TOO_MUCH_MEMORY})
    except ConfigurationError as error:
        return _json({"value": {"problems": problem_rows(error.problems)}})
    except MonitorError as error:
        return _json({"refused": str(error)})
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _tell(parent: socket.socket, progress: float) -> None:
    """Say how far it is, from 0 to 1."""
    parent.sendall(_json({"progress": progress}))


def _json(answer: dict[str, Any]) -> bytes:
    return framed(json.dumps(answer, ensure_ascii=True).encode())


if __name__ == "__main__":
    main()
