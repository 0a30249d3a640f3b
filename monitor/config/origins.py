"""Say of each setting what holds, and who said so: a flag, a variable, a line of a file, or nobody."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Any

from pydantic import BaseModel

from monitor.config.config import Config
from monitor.config.console import CONSOLE_VARIABLE
from monitor.config.models import (
    DefaultSettings,
    OpsSettings,
    PollSettings,
    RetentionSettings,
    TopSettings,
    WebSettings,
)
from monitor.config.store import STORE_VARIABLE
from monitor.document import Loc
from monitor.document.patch import value_at, written
from monitor.text.plain import one_line, shorten

DEFAULT = "default"
SHOWN = 100  # characters of a value
_SECTIONS: Mapping[str, type[BaseModel]] = {
    "defaults": DefaultSettings,
    "ops": OpsSettings,
    "retention": RetentionSettings,
    "web": WebSettings,
}
_LOGIN = re.compile(r"(?<=^postgresql://).*@|(?<=^postgres://).*@")  # a password may hold `/`, `?` and `@`, unescaped


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What holds, as people would write it, without secrets."""

    name: str  # "store", "defaults.poll"
    value: str
    origin: str  # "--store", "MONITOR_STORE", "MONITOR_STORE in .env", "monitor.yaml:6", "default"


def settings_of(config: Config, *, env: Mapping[str, str], flags: Collection[str] = ()) -> tuple[Setting, ...]:
    """List the settings; `env` is the environment without `.env`, `flags` are the names that were given as flags."""
    chosen = "--config" if "config" in flags else "MONITOR_CONFIG" if env.get("MONITOR_CONFIG") else DEFAULT
    level = env.get("MONITOR_LOG_LEVEL", "")
    return (
        Setting(name="configuration", value=str(config.file), origin=chosen),
        _store(config, env, flags),
        Setting(name="log level", value=level or "info", origin="MONITOR_LOG_LEVEL" if level else DEFAULT),
        _console(config, env),
        *_written(config),
    )


def _store(config: Config, env: Mapping[str, str], flags: Collection[str]) -> Setting:
    if "store" in flags:
        origin = "--store"
    elif env.get(STORE_VARIABLE):
        origin = STORE_VARIABLE
    elif config.env.get(STORE_VARIABLE):
        origin = f"{STORE_VARIABLE} in .env"
    else:
        origin = _place(config, ("store",))
    address = _LOGIN.sub("", config.store).partition("?")[0]
    return Setting(name="store", value=shorten(one_line(address), SHOWN), origin=origin)


def _console(config: Config, env: Mapping[str, str]) -> Setting:
    if env.get(CONSOLE_VARIABLE):
        origin = CONSOLE_VARIABLE
    elif config.env.get(CONSOLE_VARIABLE):
        origin = f"{CONSOLE_VARIABLE} in .env"
    else:
        loc = ("console", "listen")
        origin = _place(config, loc if loc in config.main.key_spans else ("console",))
    address, port = config.console.listen or ("", 0)
    shown = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return Setting(name="console.listen", value=shown if address else "off", origin=origin)


def _written(config: Config) -> Iterator[Setting]:
    for name, field in TopSettings.model_fields.items():
        if name != "store":
            yield _setting(config, (name,), field.get_default(call_default_factory=True))
    for section, model in _SECTIONS.items():
        for name, field in model.model_fields.items():
            yield _setting(config, (section, name), field.get_default(call_default_factory=True))


def _setting(config: Config, loc: Loc, default: object) -> Setting:
    given = value_at(config.main.value, loc)
    value = _plain(default) if given is None else given if isinstance(given, str) else written(given)
    return Setting(name=".".join(map(str, loc)), value=shorten(one_line(value), SHOWN), origin=_place(config, loc))


def _place(config: Config, loc: Loc) -> str:
    span = config.main.key_spans.get(loc)
    if span is None or value_at(config.main.value, loc) is None:
        return DEFAULT
    return f"{os.path.relpath(config.file)}:{span.line + 1}"


def _plain(value: Any) -> str:
    """Write a default as people would."""
    if isinstance(value, PollSettings):
        return _plain(value.every)
    if isinstance(value, BaseModel):
        return "{" + ", ".join(f"{name}: {_plain(item)}" for name, item in value) + "}"
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
        return f"{seconds // size}{unit}"
    if isinstance(value, Enum):
        return value.name.lower()
    if not value:
        return "-"
    return written(value) if isinstance(value, list) else str(value)


_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
