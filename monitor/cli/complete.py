"""What a shell proposes for the names of rules, feeds, channels, actors and packs: those of the files, read at once.

Only names are looked for: nothing is checked, no secret is resolved, no store is opened. What cannot be read, or would
take longer than anybody waits for a key, proposes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click

LARGE = 1_000_000  # bytes of a file that is passed over
MOST = 500  # names

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def _names(section: str) -> Completer:
    def complete(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
        file = context.find_root().params.get("file")
        if not isinstance(file, Path):
            return []
        return sorted({name for name in _under(file, section) if name.startswith(begun)})[:MOST]

    return complete


def _under(file: Path, section: str) -> Iterator[str]:
    """Yield the keys under a section of the main file and of those it includes."""
    from monitor.config.include import matching, patterns_in  # noqa: PLC0415 - only when a shell asks
    from monitor.document import read_document  # noqa: PLC0415

    main, _ = read_document(file)
    if main is None or not isinstance(main.value, dict):
        return
    yield from _keys(main.value, section)
    if section == "channels":
        return
    for _, pattern in patterns_in(main):
        for path in matching(file.absolute().parent, pattern):
            document = read_document(path)[0] if path.stat().st_size <= LARGE else None
            yield from _keys(document.value if document else None, section)


def _keys(value: object, section: str) -> Iterator[str]:
    found = value.get(section) if isinstance(value, dict) else None
    yield from (str(name) for name in found) if isinstance(found, dict) else ()


def _packs(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    file = context.find_root().params.get("file")
    if not isinstance(file, Path):
        return []
    return sorted(path.parent.name for path in file.parent.glob(f"packs/{begun}*/pack.yaml"))


rules, feeds, channels, actors = map(_names, ("rules", "feeds", "channels", "actors"))
packs: Completer = _packs
