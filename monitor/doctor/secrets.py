"""Which secrets the files refer to, where they come from, and who can read them; never what they are."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from monitor.config.config import Config
from monitor.config.store import STORE_VARIABLE
from monitor.notify.finding import Finding, fail, warn, well
from monitor.secret import references
from monitor.text.plain import one_line, shorten

HANDED_OUT = Path("/run/secrets")  # where Docker mounts them, into the one container that is to have them


def look_at_secrets(config: Config, env: Mapping[str, str]) -> Iterator[Finding]:
    """Say of each secret where it comes from, and of each file of them who can read it; `env` is without `.env`."""
    names = {name for document in config.documents for name in references(document.value)}
    names |= set(references(config.env.get(STORE_VARIABLE, "")))
    origins = {name: _origin(name, config, env) for name in sorted(names)}
    for origin in filter(None, dict.fromkeys(origins.values())):  # "" = a text that only looks so: the files are right
        said = ", ".join(name for name, other in origins.items() if other == origin)
        yield well(f"{said}: set, from {origin}")
    if (config.folder / ".env").is_file():
        yield from _readers(config.folder / ".env")
    for name in sorted(names):
        file = config.env.get(f"{name}_FILE")
        if file and not config.env.get(name):
            yield from _readers(Path(file))
    for file in dict.fromkeys(_files_in(config.main.value)):
        yield from _readers(config.folder / file)
    for path in dict.fromkeys((config.file, config.folder)):
        yield from _writers(path)


def _files_in(value: object) -> Iterator[str]:
    """Yield the files that keys such as `token_file` name."""
    for key, item in value.items() if isinstance(value, Mapping) else ():
        if isinstance(item, str) and str(key).endswith("_file"):
            yield item
        yield from _files_in(item)


def _origin(name: str, config: Config, env: Mapping[str, str]) -> str:
    if env.get(name):
        return "the environment"
    if config.env.get(name):
        return ".env"
    file = config.env.get(f"{name}_FILE")
    return f"the file {shorten(one_line(file), 200)}" if file else ""


def _readers(file: Path) -> Iterator[Finding]:
    """Say who can read a file of secrets, beside its owner."""
    try:
        mode = file.stat().st_mode
    except OSError as error:
        yield fail(f"{file} cannot be looked at: {error.strerror}", "check the path, and who may enter its folders")
        return
    shown = f"{file} (mode {stat.S_IMODE(mode):04o})"
    if not os.access(file, os.R_OK):
        yield fail(f"{shown} cannot be read by this user", "check the file's owner")
    elif mode & stat.S_IROTH and _entered_by_all(file) and not file.is_relative_to(HANDED_OUT):
        yield warn(f"everybody on this machine can read {shown}", f"chmod 600 {file}")
    elif mode & stat.S_IRGRP:
        yield well(f"{shown} is read by its owner and its group")
    else:
        yield well(f"{shown} is read by its owner alone")


def _entered_by_all(file: Path) -> bool:
    """Say whether everybody may enter the folders around a file."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in file.absolute().parents)


def _writers(path: Path) -> Iterator[Finding]:
    """Warn where others could write what we are to do, e.g. send all alerts, and the secrets with them, elsewhere."""
    mode = path.stat().st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        yield warn(f"everybody on this machine can change {path} (mode {stat.S_IMODE(mode):04o})", f"chmod o-w {path}")
