"""Where the state is: all that a command needs to know which only looks at it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from monitor.config.environment import read_environment
from monitor.document import Document, read_document
from monitor.errors import ConfigurationError, Problem
from monitor.secret import remember, resolve_references

STORE_VARIABLE = "MONITOR_STORE"
STORE_SAID_BY = "_MONITOR_STORE_SAID_BY"  # the flag that has set that variable, for what it says to be named after it
DEFAULT_STORE = "sqlite:///var/monitor.db"
_PASSWORD = re.compile(r"(?<=:)\$\{\w+\}(?=@)")  # in a URL: it may hold what ends a password there
_SERVER = re.compile(r"\w+://(?:[^/@:]*(?::[^@]*)?@)?(?:\[[^]/]*]|[^/:?]*)(?::\d{0,5})?(?:[/?]|$)")
_WRITTEN_PASSWORD = re.compile(r"^\w+://[^/@:]*:([^@]+)@")


def find_store(file: Path, *, env: Mapping[str, str]) -> str:
    """Return the URL of the store that a configuration names; whatever else stands in its files is left alone.

    Raises:
        ConfigurationError: the main file cannot be read, or says no usable one.
    """
    main, problems = read_main(file)
    if main is None:
        raise ConfigurationError(problems)
    folder = file.absolute().parent
    said_by = store_origin(env)
    env, _ = read_environment(folder, env)
    written = main.value.get("store")
    text = env.get(STORE_VARIABLE) or (DEFAULT_STORE if written is None else written)
    try:
        if not isinstance(text, str):
            raise ValueError("this should be text: write `sqlite:///var/monitor.db` or `postgresql://…`")  # noqa: TRY004, TRY301 - as every other mistake in it
        return read_store_url(text, env, folder)
    except ValueError as error:
        from_file = not env.get(STORE_VARIABLE)
        message = str(error)
        place = main.problem(("store",), message) if from_file else Problem(file=said_by, message=message)
        raise ConfigurationError([place]) from None


def store_origin(env: Mapping[str, str]) -> str:
    """Say by what the store is named that no file names; `env` is the environment without `.env`."""
    if not env.get(STORE_VARIABLE):
        return f"{STORE_VARIABLE} in .env"
    return env.get(STORE_SAID_BY) or STORE_VARIABLE


def read_main(file: Path) -> tuple[Document | None, list[Problem]]:
    """Read the main file, which is a mapping; None where it cannot be used at all."""
    main, problems = read_document(file, name=shown_path(file))
    if main is None:
        if not file.exists():
            hint = "name another one with `--config`, or make one with `monitor init FOLDER`"
            problems = [replace(problem, hint=hint) for problem in problems]
        elif file.is_dir():
            named = f"name the file in it, such as `{shown_path(file / 'monitor.yaml')}`"
            problems = [replace(problem, hint=named) for problem in problems]
        return None, problems
    if not isinstance(main.value, dict):
        message, hint = "this should be a mapping", "write keys such as `feeds:` and `channels:`"
        return None, [*problems, main.problem((), message, hint)]
    return main, problems


def read_store_url(text: str, env: Mapping[str, str], folder: Path) -> str:
    """Replace the references in a store's URL; make an SQLite file's path absolute, from the folder of the main file.

    Raises:
        ValueError: a reference cannot be read, or the store is of no known kind; the text does not quote it, for it may
            hold a password.
    """
    text = _PASSWORD.sub(lambda found: resolve_references(found[0], env, quoted=True), text)
    url = resolve_references(text, env)
    if url.startswith(("postgresql://", "postgres://")):
        if not _SERVER.match(url):
            raise ValueError("this is no URL of a PostgreSQL store: write `postgresql://user@host:5432/database`")
        for password in _WRITTEN_PASSWORD.findall(url):  # that no log line may show, however it is spelt
            remember(password)
            remember(unquote(password))
        return url
    path = url.removeprefix("sqlite:///")
    if path in ("", url):
        raise ValueError("this store is of no known kind: write `sqlite:///var/monitor.db` or `postgresql://…`")
    return url if path == ":memory:" else f"sqlite:///{folder / path}"


def shown_path(path: Path) -> str:
    """Name a file as short as it can be told from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
