"""Read `monitor.yaml` and the files it includes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from monitor.config.allow import read_allowed
from monitor.config.config import Config, Defaults
from monitor.config.console import load_console
from monitor.config.environment import read_environment
from monitor.config.feeds import load_feeds
from monitor.config.heartbeat import load_heartbeat
from monitor.config.include import matching, passed_over, patterns_in
from monitor.config.models import (
    DefaultSettings,
    OpsSettings,
    RetentionSettings,
    TopSettings,
    WebSettings,
)
from monitor.config.policies import load_policies
from monitor.config.store import STORE_VARIABLE, read_main, read_store_url, shown_path, store_origin
from monitor.document import Document, did_you_mean, read_document, validate
from monitor.errors import Problem
from monitor.model import AllowedHost, BreakerSettings, Feed, Retention
from monitor.text.plain import shorten

INCLUDED_KEYS = ("actors", "defaults", "feeds", "rules")  # `defaults` there are those of the file's rules
_ONLY_MAIN = (
    "allow",
    "allow_files",
    "breaker",
    "channels",
    "console",
    "contact",
    "heartbeat",
    "include",
    "maintenance",
    "ops",
    "retention",
    "routes",
    "smtp",
    "store",
    "web",
)
MAIN_KEYS = (*_ONLY_MAIN, *INCLUDED_KEYS)
T = TypeVar("T")


def watched_files(file: Path, patterns: Sequence[str]) -> dict[Path, tuple[int, int]]:
    """Give (size in bytes, modification time in ns) of every file that a load would read; a change means reload.

    A file that is gone, or came, is a change as well. Paths are absolute: the same file is the same key, however it is
    named. Never raises: it is called every second.
    """
    file = file.absolute()
    folder = file.parent
    included = (path for pattern in patterns for path in matching(folder, pattern))
    stamps: dict[Path, tuple[int, int]] = {}
    for path in (folder / ".env", file, *included):
        with contextlib.suppress(OSError):  # gone between the listing and the look: missing from the answer
            found = path.stat()
            stamps[path] = (found.st_size, found.st_mtime_ns)
    return stamps


def load_config(file: Path, *, env: Mapping[str, str], store: str | None = None) -> tuple[Config | None, list[Problem]]:
    """Load the main file and what it includes.

    `env` is the process environment; `MONITOR_STORE` in it overrides the file, and `store` (a flag) overrides both.
    Where there are problems, the configuration is good for one thing only: other rooms can look for their own mistakes
    in its documents, so that all are reported in one pass. It is None where the main file could not be read.
    """
    main, problems = read_main(file)
    if main is None:
        return None, problems
    loader = _Loader(file, main, env)
    config = loader.config(store)
    return config, [*problems, *loader.problems]


class _Loader:
    """Read the parts of the configuration, and collect every problem on the way."""

    def __init__(self, file: Path, main: Document, env: Mapping[str, str]) -> None:
        self.file = file
        self.passed_over: list[Problem] = []
        self.folder = file.absolute().parent
        self.main = main
        self._store_said_by = store_origin(env)
        self.env, self.problems = read_environment(self.folder, env, name=shown_path(self.folder / ".env"))

    def config(self, store: str | None) -> Config:
        """Read all of it."""
        documents = self.documents()
        top = self.top()
        defaults = self.defaults()
        allow_folders = tuple(Path(os.path.realpath(self.folder / name)) for name in top.allow_files)
        feeds = self.feeds(documents, allow_folders, defaults)
        routes, maintenance, problems = load_policies(self.main, defaults.zone)
        self.problems += problems
        ops_notify = self.ops_notify()
        heartbeat = self._kept(load_heartbeat(self.main, env=self.env, zone=defaults.zone, ops=ops_notify))
        console = self._kept(load_console(self.main, env=self.env))
        web = self.web()
        address, _, port = web.listen.rpartition(":")
        return Config(
            file=self.file.absolute(),
            folder=self.folder,
            env=self.env,
            store=self.store(top.store, store),
            contact=top.contact,
            defaults=defaults,
            ops_notify=ops_notify,
            heartbeat=heartbeat,
            console=console,
            feeds=feeds,
            routes=routes,
            maintenance=maintenance,
            breaker=BreakerSettings(**top.breaker.model_dump()) if top.breaker else None,
            public_url=web.public_url,
            listen=(address.strip("[]"), int(port)),
            allow_folders=allow_folders,
            allow=self.allow(top.allow),
            retention=self.retention(),
            include=tuple(top.include),
            documents=documents,
            passed_over=tuple(self.passed_over),
        )

    def documents(self) -> tuple[Document, ...]:
        """Read the files that the main one includes; return all documents, the main one first."""
        documents = [self.main]
        seen = {os.path.realpath(self.file)}  # a pattern such as `*.yaml` fits the main file too
        for loc, pattern in patterns_in(self.main):
            paths = matching(self.folder, pattern)
            if not paths:
                message = f"`{shorten(pattern, 100)}` matches no file in {shown_path(self.folder)}"
                self.problems.append(self.main.problem(loc, message))
            for path in paths:
                real = os.path.realpath(path)
                if real in seen:
                    continue
                seen.add(real)
                document, found = read_document(path, name=shown_path(path))
                self.problems += found
                if document is not None:
                    documents.append(document)
        self.passed_over = passed_over(self.main, self.folder, seen)
        for document in documents:
            self._check_keys(document)
        return tuple(documents)

    def _check_keys(self, document: Document) -> None:
        if document.value is None:
            return
        if not isinstance(document.value, dict):
            message, hint = "this should be a mapping", "write keys such as `rules:`, `actors:` or `feeds:`"
            self.problems.append(document.problem((), message, hint))
            return
        allowed = MAIN_KEYS if document is self.main else INCLUDED_KEYS
        for key in document.value:
            if key in allowed:
                continue
            message, hint = f"unknown key `{key}`", did_you_mean(key, allowed)
            if key in MAIN_KEYS:
                message, hint = f"`{key}` belongs in the main file", f"move it to {self.main.file}"
            self.problems.append(document.problem((key,), message, hint, at_key=True))

    def _kept(self, found: tuple[T, list[Problem]]) -> T:
        """Keep the problems of a part that was read, and return the part."""
        part, problems = found
        self.problems += problems
        return part

    def feeds(
        self, documents: Sequence[Document], allow_folders: Sequence[Path], defaults: Defaults
    ) -> tuple[Feed, ...]:
        """Read the sections `feeds` of all documents."""
        return self._kept(
            load_feeds(
                documents,
                env=self.env,
                folder=self.folder,
                allow_folders=allow_folders,
                poll=defaults.poll,
                backlog=defaults.backlog,
            )
        )

    def top(self) -> TopSettings:
        """Read the keys of the main file that are no sections."""
        settings = self._kept(validate(self.main, TopSettings))
        return settings or TopSettings()

    def defaults(self) -> Defaults:
        """Read the section `defaults`."""
        settings: DefaultSettings | None = None
        if "defaults" in self.main.value:
            settings = self._kept(validate(self.main, DefaultSettings, ("defaults",)))
        settings = settings or _usable_defaults(self.main.value.get("defaults"))
        return Defaults(
            notify=tuple(settings.notify),
            priority=settings.priority,
            dedup=settings.dedup,
            poll=settings.poll,
            backlog=settings.backlog,
            zone=settings.zone,
        )

    def ops_notify(self) -> tuple[str, ...]:
        """Read the section `ops`."""
        if "ops" not in self.main.value:
            return ()
        settings = self._kept(validate(self.main, OpsSettings, ("ops",)))
        return tuple(settings.notify) if settings else ()

    def retention(self) -> Retention:
        """Read the section `retention`."""
        if self.main.value.get("retention") is None:
            return Retention()
        settings = self._kept(validate(self.main, RetentionSettings, ("retention",)))
        return Retention(**settings.model_dump()) if settings else Retention()

    def web(self) -> WebSettings:
        """Read the section `web`."""
        if self.main.value.get("web") is None:
            return WebSettings()
        settings = self._kept(validate(self.main, WebSettings, ("web",)))
        return settings or WebSettings()

    def allow(self, written: Sequence[str]) -> tuple[AllowedHost, ...]:
        """Read the places that are allowed although they are not public."""
        allowed = []
        for index, text in enumerate(written):
            try:
                allowed.append(read_allowed(text))
            except ValueError as error:
                loc = ("allow", index) if isinstance(self.main.value["allow"], list) else ("allow",)
                self.problems.append(self.main.problem(loc, str(error)))
        return tuple(allowed)

    def store(self, written: str, flag: str | None) -> str:
        """Return the URL of the store, its path absolute, or "" and a problem; its text holds no part of the URL."""
        given = (("--store", flag), (self._store_said_by, self.env.get(STORE_VARIABLE)))
        origin, text = next(((origin, text) for origin, text in given if text), ("", written))
        try:
            return read_store_url(text, self.env, self.folder)
        except ValueError as error:
            place = Problem(file=origin, message=str(error)) if origin else self.main.problem(("store",), str(error))
            self.problems.append(place)
            return ""


def _usable_defaults(section: object) -> DefaultSettings:
    """Keep the keys that are right, so that what they name is checked in the same pass."""
    usable: dict[str, object] = {}
    for key, value in section.items() if isinstance(section, dict) else ():
        with contextlib.suppress(ValidationError):  # reported already
            DefaultSettings.model_validate({key: value})
            usable[key] = value
    return DefaultSettings.model_validate(usable)
