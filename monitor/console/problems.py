"""Show mistakes in files on a page as `monitor check` prints them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from monitor.errors import Problem
from monitor.text.cells import cells
from monitor.text.plain import one_line
from monitor.text.underline import underlined

WIDTH: Final = 110  # characters of a source line that are shown


def problem_rows(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Say each mistake or warning: its place, what it is, what to do, and its line with the place in it underlined."""
    return [_row(problem) for problem in problems]


def _row(problem: Problem) -> dict[str, Any]:
    before, marked, after = underlined(problem.source, max(0, problem.column - 1), problem.width, width=WIDTH)
    return {
        "place": one_line(problem.place),
        "file": one_line(problem.file),
        "line": problem.line,
        "column": problem.column,
        "code": problem.code,
        "message": one_line(problem.message),
        "hint": one_line(problem.hint),
        "source": f"{problem.line:>5} | {before}{marked}{after}".rstrip() if problem.source.strip() else "",
        "caret": f"{'':>5} | {' ' * cells(before)}{'^' * max(1, cells(marked))}",
    }
