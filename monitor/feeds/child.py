"""The process that parses: `python -m monitor.feeds.child`, with a socket to its parent as standard input.

A hostile document may take all the time and memory there is, or crash a parser written in C: it does so here, in a
process that holds no secret, no store and no connection but the one to its parent, and that can be killed.
`monitor.feeds.parser` starts it.
"""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

from monitor.errors import FeedError
from monitor.feeds.wire import Answer, pack, unpack_task
from monitor.process import limit_memory, parent_socket, read_frame, resident

CPU_SECONDS = 2.0  # for one task
MEMORY = 512_000_000  # bytes of data in all; feeds of 5 MB took up to 110 MB, trees of HTML take several times that
_FAT = 200_000_000  # bytes resident, above which a child makes room for a new one: little is ever given back

# imported when they are asked for, so that a daemon without full texts never pays for what extracts them
TASKS = {
    "parse": ("monitor.feeds.parse", "parse_page"),
    "check": ("monitor.feeds.check", "shortcut_holds"),
    "extract": ("monitor.feeds.fulltext", "extract_text"),
}


def main() -> None:
    """Answer tasks until the parent closes the socket; its death closes it too."""
    parent = parent_socket()
    limit_memory(MEMORY)
    lean = resident()  # where it is a peak, that of the parent may be counted in it
    find_task("parse")
    gc.freeze()  # what is imported stays: it need not be looked through while documents are read
    with parent, parent.makefile("rb") as frames:
        parent.sendall(pack(Answer()))  # ready
        last = False
        while not last and (content := read_frame(frames)):
            frame, last = _do(content, lean)
            parent.sendall(frame)


def _do(content: bytes, lean: int) -> tuple[bytes, bool]:
    """Do one task; return the frame that answers it, and whether it is the last: too much memory was needed."""
    # No handler: the signal ends the process even where C code is at work.
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        answer = _answer(content)
        last = answer.out_of_memory or resident() > max(lean, _FAT)
        return pack(replace(answer, last=last)), last
    except MemoryError:
        return pack(Answer(out_of_memory=True, last=True)), True
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _answer(content: bytes) -> Answer:
    try:
        task = unpack_task(content)
        call = find_task(task.name)
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)  # again: what an import takes is not the document's
        return Answer(value=call(**task.arguments))
    except FeedError as error:
        return Answer(error=(error.cause.value, error.detail))
    except MemoryError:
        return Answer(out_of_memory=True)
    except Exception as error:  # noqa: BLE001 - to contain it is what this process is for
        return Answer(bug=type(error).__name__)


def find_task(name: str) -> Callable[..., Any]:
    """Return the function that does a task."""
    module, function = TASKS[name]
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


if __name__ == "__main__":
    main()
