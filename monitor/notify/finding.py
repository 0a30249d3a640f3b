"""What somebody who looks at a channel finds: all is well, something is missing, something is broken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"  # it works, and less well than it could
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line, and what to do about it."""

    mark: Mark
    text: str
    todo: str = ""


def well(text: str) -> Finding:
    """Say what is as it should be."""
    return Finding(mark=Mark.OK, text=text)


def warn(text: str, todo: str = "") -> Finding:
    """Say what could be better."""
    return Finding(mark=Mark.WARN, text=text, todo=todo)


def fail(text: str, todo: str = "") -> Finding:
    """Say what does not work."""
    return Finding(mark=Mark.FAIL, text=text, todo=todo)
