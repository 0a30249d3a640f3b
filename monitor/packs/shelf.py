"""The packs that lie beside a configuration, in `packs/NAME`: put there, compared, taken away."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from monitor.config.config import Config
from monitor.config.include import matching
from monitor.document.patch import diff
from monitor.errors import ConfigurationError, UserError
from monitor.packs.pack import NAME, Pack, read_pack
from monitor.packs.source import read_source

FOLDER = "packs"
_ADDED = ".added"  # beside the packs: the names of those that were put there by this program, a line each


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """A pack that lies beside the configuration."""

    name: str  # of its folder
    pack: Pack | None  # None = it is none, or has mistakes
    fault: str = ""
    included: bool = False  # whether `include` reads all of it


def pattern_of(name: str) -> str:
    """Return what `include` says of a pack."""
    return f"{FOLDER}/{name}/*/*.yaml"


def place_of(config: Config, name: str) -> Path:
    """Return where a pack lies."""
    return config.folder / FOLDER / name


def shelved(config: Config, today: date) -> list[Shelved]:
    """Return what lies under `packs`, by name; nothing is refused for a mistake."""
    shelf = config.folder / FOLDER
    folders = sorted(path for path in shelf.iterdir() if not path.name.startswith(".")) if shelf.is_dir() else []
    return [_look(config, path, today) for path in folders if path.is_dir()]


def _look(config: Config, path: Path, today: date) -> Shelved:
    try:
        pack = read_pack(read_source(path), label=f"{FOLDER}/{path.name}", today=today)
    except ConfigurationError as error:
        return Shelved(name=path.name, pack=None, fault=str(error.problems[0]))
    except UserError as error:
        return Shelved(name=path.name, pack=None, fault=str(error))
    return Shelved(name=path.name, pack=pack, included=is_included(config, pack, at=path.name))


def is_included(config: Config, pack: Pack, *, at: str = "") -> bool:
    """Say whether `include` reads all rules and sources of a pack that lies there."""
    read = {os.path.realpath(path) for pattern in config.include for path in matching(config.folder, pattern)}
    place = place_of(config, at or pack.name)
    return read.issuperset(os.path.realpath(place / name) for name in pack.files if "/" in name)


def is_there(config: Config, name: str) -> bool:
    """Say whether there is such a pack.

    Raises:
        UserError: something else lies there.
    """
    return NAME.fullmatch(name) is not None and present(config, name) is not None


def present(config: Config, name: str) -> dict[str, bytes] | None:
    """Return the files of the pack that lies there, None = there is nothing.

    Raises:
        UserError: something else lies there.
    """
    place = place_of(config, name)
    if not os.path.lexists(place):
        return None
    if place.is_symlink() or not (place / "pack.yaml").is_file():
        raise UserError(f"{place} is no pack: it is left alone; move it away")
    return read_source(place)


def difference(label: str, old: Mapping[str, bytes], new: Mapping[str, bytes]) -> str:
    """Return a unified diff of two versions of a pack, file by file."""
    names = sorted({*old, *new})
    texts = [[files.get(name, b"").decode("utf-8", "replace") for files in (old, new)] for name in names]
    return "".join(diff(f"{label}/{name}", *both) for name, both in zip(names, texts, strict=True))


def put(config: Config, pack: Pack) -> None:
    """Write a pack, whole or not at all, in the place of an older version of it; note that it is ours to delete.

    What a person has put there stays that person's, in a new version too.

    Raises:
        UserError: it cannot be written; the older version is still there.
    """
    place = place_of(config, pack.name)
    try:
        place.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{pack.name}-") as scratch:
            new = Path(scratch) / "new"
            for name, raw in pack.files.items():
                (new / name).parent.mkdir(parents=True, exist_ok=True)
                (new / name).write_bytes(raw)
            if place.exists():
                place.rename(Path(scratch) / "old")
            else:
                _note(config, _added(config) | {pack.name})
            new.rename(place)
    except OSError as error:
        raise UserError(f"{place} cannot be written: {error.strerror or 'I/O error'}") from error


def idle_patterns(config: Config, *, but: str) -> list[str]:
    """Return the other patterns of `include` that match nothing, as it is now."""
    return [pattern for pattern in config.include if pattern != but and not matching(config.folder, pattern)]


def is_ours(config: Config, name: str) -> bool:
    """Say whether a pack was put there by `put`; else it may be part of a repository, or somebody's work."""
    return name in _added(config)


def _added(config: Config) -> set[str]:
    try:
        return set((config.folder / FOLDER / _ADDED).read_text(encoding="utf-8").split())
    except FileNotFoundError:
        return set()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{config.folder / FOLDER / _ADDED} cannot be read") from error


def _note(config: Config, names: set[str]) -> None:
    file = config.folder / FOLDER / _ADDED
    if names:
        file.write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")
    else:
        file.unlink(missing_ok=True)


def take_away(config: Config, name: str) -> None:
    """Delete a pack.

    Raises:
        UserError: it cannot be deleted.
    """
    try:
        shutil.rmtree(place_of(config, name))
        _note(config, _added(config) - {name})
    except OSError as error:
        raise UserError(f"{place_of(config, name)} cannot be deleted: {error.strerror or 'I/O error'}") from error
