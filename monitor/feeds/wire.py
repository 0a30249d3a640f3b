"""What the daemon and the process that parses say to each other: frames of four bytes of length and a pickle.

The child believes its parent. The parent cannot know what a hostile document has made of the child, and so builds
nothing but the nouns that an answer is made of.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from monitor.model import Entry, Identity, ParsedFeed
from monitor.process import framed


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What the child is to do: a name in `monitor.feeds.child.TASKS`, and its arguments."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a task ended: with a value, or with one of three errors."""

    value: Any = None
    error: tuple[str, str] | None = None  # cause and detail of a FeedError
    bug: str = ""  # the name of an exception that nobody foresaw
    out_of_memory: bool = False
    last: bool = False  # the child ends now


def pack(message: Task | Answer) -> bytes:
    """Return a frame."""
    return framed(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))


def unpack_task(content: bytes) -> Task:
    """Read a frame's content that the parent has sent."""
    task: Task = pickle.loads(content)  # noqa: S301 - from the parent
    return task


def unpack_answer(content: bytes) -> Answer:
    """Read a frame's content that a child has sent.

    Raises:
        pickle.UnpicklingError: it is no answer.
    """
    try:
        answer = _Unpickler(io.BytesIO(content)).load()
    except Exception as error:  # a pickle that is wrong may raise anything
        raise pickle.UnpicklingError(str(error)) from error
    if not isinstance(answer, Answer):
        raise pickle.UnpicklingError("it is not an answer")
    return answer


_PARTS = (Answer, Entry, Identity, ParsedFeed, datetime, timedelta, timezone)
_NOUNS = {(part.__module__, part.__qualname__) for part in _PARTS}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _NOUNS:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")
        return super().find_class(module, name)
