"""How things look on a terminal; every text from outside is stripped of what a terminal would obey."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from shutil import get_terminal_size
from typing import Any

import click

from monitor.errors import ConfigurationError, MonitorError, Problem
from monitor.text.cells import cells, wrap
from monitor.text.plain import clean, one_line, shorten
from monitor.text.underline import underlined

SOURCE_WIDTH = 160
_NO_FILES = frozenset(
    {"query", "standard input", "--store", "MONITOR_STORE", "MONITOR_CONSOLE"}
)  # what was typed stands in none


def show_error(error: MonitorError) -> None:
    """Print an error to standard error, mistakes in files with their source lines."""
    if isinstance(error, ConfigurationError):
        show_problems(error.problems)
    else:
        click.echo(click.style("error: ", fg="red", bold=True) + clean(str(error)), err=True)


def show_problems(problems: Sequence[Problem]) -> None:
    """Print mistakes and warnings to standard error, and count them, e.g. 2 mistakes and 1 warning in 1 file."""
    for problem in problems:
        show_problem(problem)
    warnings = sum(1 for problem in problems if problem.code)
    nouns = ((len(problems) - warnings, "mistake"), (warnings, "warning"))
    counted = " and ".join(plural(number, noun) for number, noun in nouns if number)
    files = {problem.file for problem in problems} - _NO_FILES
    if counted:
        place = f" in {plural(len(files), 'file')}" if files else ""
        click.secho(f"{counted}{place}.", bold=True, err=True)


def show_problem(problem: Problem) -> None:
    """Print one mistake or warning: place, what, what to do; the line it stands in, underlined.

    rules/desk.yaml:12:5: unknown key `term`; did you mean `terms`?
       12 |     term: [foo]
          |     ^^^^
    """
    color = "yellow" if problem.code else "red"
    hint = click.style(f"; {one_line(problem.hint)}", fg="cyan") if problem.hint else ""
    code = click.style(problem.code, bold=True) + " " if problem.code else ""
    message = click.style(one_line(problem.message), fg=color)
    line(f"{click.style(one_line(problem.place), bold=True)}: {code}{message}{hint}", err=True)
    if not problem.source.strip():
        return
    room = get_terminal_size().columns - 10 if sys.stderr.isatty() else SOURCE_WIDTH  # 10: line number, two ellipses
    width = max(20, min(SOURCE_WIDTH, room))
    before, marked, after = underlined(problem.source, problem.column - 1, problem.width, width=width)
    underline = "^" * max(1, cells(marked))
    click.echo(f"{problem.line:>5} | {before}{marked}{after}".rstrip(), err=True)
    click.echo(f"{'':>5} | {' ' * cells(before)}{click.style(underline, fg=color)}", err=True)


def line(text: str, *, indent: int = 4, err: bool = False) -> None:
    """Print one line; on a terminal it is broken between words, what follows is indented by so many columns."""
    if (sys.stderr if err else sys.stdout).isatty():
        text = wrap(text, get_terminal_size().columns, " " * indent)
    click.echo(text, err=err)


def plural(count: int, noun: str) -> str:
    """Count things: `1 feed`, `2 feeds`, `1,024 entries`."""
    if noun[-1] == "y" and noun[-2] not in "aeiou":
        many = noun[:-1] + "ies"
    else:
        many = noun + ("es" if noun.endswith("ch") else "s")
    return f"{count:,} {noun if count == 1 else many}"


def table(rows: Iterable[Sequence[str]], *, indent: int = 2) -> None:
    """Print rows in columns; what would be very long is cut."""
    lines = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(cells(cell) for cell in column) for column in zip(*lines, strict=True)]
    for row in lines:
        padded = (cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True))
        line(" " * indent + shorten("  ".join(padded).rstrip(), SOURCE_WIDTH), indent=indent + 4)


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object: times in ISO 8601, durations in seconds, bytes in hexadecimal digits."""
    click.echo(json.dumps(_plain(value), indent=2, ensure_ascii=False))


def _plain(value: Any) -> Any:
    """Turn nouns into what JSON knows; what a noun does not show of itself, such as a feed's URL, stays out."""
    if dataclasses.is_dataclass(value):
        value = {each.name: getattr(value, each.name) for each in dataclasses.fields(value) if each.repr}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.hex() if isinstance(value, bytes) else value


def ago(time: datetime, now: datetime) -> str:
    """Say how long ago: `12 s`, `5 min`, `3 h`, `2 d`."""
    seconds = max(0, int((now - time).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def ahead(time: datetime, now: datetime) -> str:
    """Say how soon: `now`, `in 12 s`, `in 5 min`."""
    return f"in {ago(now, time)}" if time > now else "now"


def clock_time(time: datetime) -> str:
    """Write a time as people read it, in UTC."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
