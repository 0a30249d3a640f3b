"""Which files `include` names, and which it seems to name and does not."""

from __future__ import annotations

import glob
import os
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from monitor.document import Document, Loc
from monitor.document.silence import silenced
from monitor.errors import Problem
from monitor.text.plain import shorten

CODE = "MM301"
SUFFIXES = (".yaml", ".yml", ".YAML", ".YML")


def patterns_in(main: Document) -> Iterator[tuple[Loc, str]]:
    """Yield the patterns of `include` that are text, each with its place; the rest is for the validator to refuse."""
    include = main.value.get("include")
    listed = include if isinstance(include, list) else [include]
    for index, pattern in enumerate(listed):
        if isinstance(pattern, str):
            yield ("include", index), pattern


def matching(folder: Path, pattern: str) -> list[Path]:
    """List the files that fit a pattern, which is relative to `folder` or absolute; `**` is any depth."""
    return [path for path in _fitting(folder, pattern) if os.path.isfile(path)]  # noqa: PTH113 - Path.is_file raises where a folder may not be entered


def passed_over(main: Document, folder: Path, included: Collection[str]) -> list[Problem]:
    """Warn of files that look as if they were read and are not; `included` are the real paths of those that are.

    They are links to nothing that fit a pattern, and files that would fit one if their names ended in another of the
    suffixes that YAML files have.
    """
    found: dict[Path, Problem] = {}
    for loc, pattern in patterns_in(main):
        for path in _fitting(folder, pattern):
            if os.path.islink(path) and not os.path.exists(path):  # noqa: PTH110, PTH114 - as above
                message = f"`{_name(folder, path)}` is a link to nothing: it is passed over"
                found.setdefault(path, main.problem(loc, message, "remove it, or put the file back"))
        for suffix in _other_suffixes(pattern):
            wider = pattern[: pattern.rindex(".")] + suffix
            for path in matching(folder, wider):
                if os.path.realpath(path) not in included:
                    message = f"`{_name(folder, path)}` is passed over: `{shorten(pattern, 100)}` does not take it in"
                    found.setdefault(path, main.problem(loc, message, f"rename it, or add `{shorten(wider, 100)}`"))
    return [replace(problem, code=CODE) for problem in found.values() if CODE not in silenced(problem.source)]


def _fitting(folder: Path, pattern: str) -> list[Path]:
    names = glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207 - pathlib refuses absolute patterns, and takes a bracket in the folder's own name for a pattern
    return [folder / name for name in sorted(names)]


def _other_suffixes(pattern: str) -> tuple[str, ...]:
    """Return how else the names that a pattern looks for could end; () = it looks for one file, or for any ending."""
    if not pattern.endswith(SUFFIXES) or not glob.has_magic(pattern):
        return ()
    return tuple(suffix for suffix in SUFFIXES if not pattern.endswith(suffix))


def _name(folder: Path, path: Path) -> str:
    return shorten(os.path.relpath(path, folder), 100)
