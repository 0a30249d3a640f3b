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
from contextlib import suppress
from functools import partial
from typing import Any, Final

from monitor.console.bench_ground import Ground, Task, Tell, Workshop
from monitor.console.bench_work import TASKS
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
    with suppress(PermissionError):  # a sandbox may forbid it: then rules are tried all the same
        os.nice(NICENESS)
    with parent, parent.makefile("rb") as frames:
        ground: Ground = pickle.loads(read_frame(frames))  # noqa: S301 - from the parent
        shop = ground.open()
        gc.freeze()
        limit_memory(max(LEAST_MEMORY, 2 * resident() + MEMORY))
        parent.sendall(_frame({"ready": True}))
        while content := read_frame(frames):
            task: Task = pickle.loads(content)  # noqa: S301 - from the parent
            parent.sendall(_frame(answer(shop, task, partial(_tell, parent))))


def answer(shop: Workshop, task: Task, tell: Tell) -> dict[str, Any]:
    """Do one task, and say what came of it: a value, or why it was refused."""
    # No handler: the signal ends the process even where C code is at work.
    signal.setitimer(signal.ITIMER_PROF, task.seconds)
    try:
        return {"value": TASKS[task.name](shop, tell=tell, **task.arguments)}
    except MemoryError:
        return {"refused": TOO_MUCH_MEMORY}
    except ConfigurationError as error:
        return {"value": {"problems": problem_rows(error.problems)}}
    except MonitorError as error:
        return {"refused": str(error)}
    except Exception as error:  # noqa: BLE001 - to contain it is what this process is for
        return {"bug": type(error).__name__}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _tell(parent: socket.socket, progress: float) -> None:
    parent.sendall(_frame({"progress": progress}))


def _frame(said: dict[str, Any]) -> bytes:
    return framed(json.dumps(said).encode())


if __name__ == "__main__":
    main()
