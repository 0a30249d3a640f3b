"""Lay out a folder that holds a watch: a configuration, rules, and what goes with them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from monitor.errors import UserError
from monitor.notify.slack_manifest import slack_manifest
from monitor.schema import build_schemas, written

_WHOLE = {  # where it goes: what it is here, for a package holds no file whose name begins with a dot
    "monitor.yaml": "monitor.yaml",
    "rules/example.yaml": "example.yaml",
    "sample/coast-wire.rss.xml": "coast-wire.rss.xml",
    "sample/north-post.rss.xml": "north-post.rss.xml",
    ".env.example": "env.example",
    ".gitignore": "gitignore",
    "README.md": "README.md",
}
_MINIMAL = {"monitor.yaml": "minimal.yaml", "rules/example.yaml": "example.yaml"}
_NAMED = 3  # of those that are there already
_MODELINE = "# yaml-language-server:"


def contents(*, minimal: bool = False) -> dict[str, str]:
    """Return the text of each file, by its path in the folder; `minimal` is a configuration and rules alone."""
    here = files("monitor.scaffold") / "files"
    texts = {to: (here / name).read_text(encoding="utf-8") for to, name in (_MINIMAL if minimal else _WHOLE).items()}
    if minimal:  # no schemas are there for an editor
        return {to: _without_modeline(text) for to, text in texts.items()}
    texts["slack-manifest.yaml"] = slack_manifest()
    return texts | {f".schema/{name}": written(schema) for name, schema in build_schemas().items()}


def lay_out(folder: Path, texts: Mapping[str, str]) -> None:
    """Write the files, where none of them is there yet; else nothing is written.

    Raises:
        UserError: one is there, or the folder cannot be written.
    """
    there = [name for name in texts if os.path.lexists(folder / name)]
    if there:
        more = f" and {len(there) - _NAMED} more" if len(there) > _NAMED else ""
        named = ", ".join(there[:_NAMED]) + more
        raise UserError(f"{folder} has {named} already: nothing is written; name another folder")
    try:
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:  # never over what came meanwhile
                file.write(text)
    except OSError as error:
        raise UserError(f"{error.filename or folder} cannot be written: {error.strerror}") from error


def _without_modeline(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(_MODELINE))
