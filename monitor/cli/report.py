"""Mistakes and warnings as machines read them: a line each, JSON, annotations of a GitHub workflow."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

import click

from monitor.cli.show import show_problems
from monitor.errors import Problem
from monitor.text.plain import one_line


def severity(problem: Problem) -> str:
    """Say `error` or `warning`."""
    return "warning" if problem.code else "error"


def problem_fields(problem: Problem) -> dict[str, str | int]:
    """Give what a program wants to know; lines and columns count from 1, and line 0 is the whole file."""
    return {
        "file": one_line(problem.file),
        "line": problem.line,
        "column": problem.column,
        "width": problem.width,
        "severity": severity(problem),
        "code": problem.code,
        "message": one_line(problem.message),
        "hint": one_line(problem.hint),
    }


def annotation(problem: Problem) -> str:
    """Write a GitHub workflow command, e.g. `::error file=rules/desk.yaml,line=12,col=5,endColumn=9::unknown key`.

    Source: GitHub Docs, "Workflow commands for GitHub Actions", and actions/toolkit for what is escaped.
    """
    place: dict[str, str | int] = {"file": one_line(problem.file)}
    if problem.line:
        end = problem.column + problem.width
        place |= {"line": problem.line, "col": problem.column, "endColumn": end}
    if problem.code:
        place["title"] = problem.code
    properties = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in place.items())
    said = one_line(problem.message) + (f"; {one_line(problem.hint)}" if problem.hint else "")
    return f"::{severity(problem)} {properties}::{_escaped(said)}"


def _escaped(text: str, more: str = "") -> str:
    """Write %, line ends, and `more` as percent and two digits, as the runner reads them."""
    return text.translate({ord(character): f"%{ord(character):02X}" for character in "%\r\n" + more})


def _print_concise(problems: Iterable[Problem]) -> None:
    for problem in problems:
        click.echo(one_line(str(problem)))


def _print_json(problems: Iterable[Problem]) -> None:
    click.echo(json.dumps([problem_fields(problem) for problem in problems], ensure_ascii=False, indent=2))


def _print_github(problems: Iterable[Problem]) -> None:
    for problem in problems:
        click.echo(annotation(problem))


PRINTERS: Mapping[str, Callable[[Sequence[Problem]], None]] = {
    "full": show_problems,
    "concise": _print_concise,
    "json": _print_json,
    "github": _print_github,
}
"""The formats of `monitor check`, by name; all but `full` go to standard output."""
