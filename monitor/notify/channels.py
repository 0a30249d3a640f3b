"""Read the `channels:` of monitor.yaml, and open them.

Kinds of channels are found through the entry points `media_monitor.notifiers`; only those that are used are imported.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, TextIO

from monitor.document import Document, Loc, did_you_mean, validate
from monitor.errors import Problem
from monitor.notify.channel import DEADLINE, ChannelContext, ChannelType, ConfiguredChannel
from monitor.notify.leaving import NO_WAY, Leaving
from monitor.notify.smtp import SmtpSettings
from monitor.ports import Clock, Listener, Notifier
from monitor.secret import has_reference

GROUP = "media_monitor.notifiers"
EXAMPLE = 'write for example {slack: "#desk", token: "${SLACK_BOT_TOKEN}"} or {console: true}'
_LOOKS_SECRET = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|(?<=hooks\.slack\.com/)[^\s\"'`}]+")
_SECRET_KEYS = ("app_token", "password", "secret", "slack_webhook", "token", "webhook")


def load_channels(
    document: Document,
    loc: Loc = ("channels",),
    *,
    smtp_loc: Loc = ("smtp",),
    base: Path,
    env: Mapping[str, str],
    zone: str = "UTC",
) -> tuple[dict[str, ConfiguredChannel], list[Problem]]:
    """Validate the channels of a document.

    `base` is the folder that `…_file` keys are relative to, `zone` that of times of day that name none.

    Returns the channels without mistakes by name, and every problem found.
    """
    reader = _Reader(document, smtp_loc, {"base": base, "env": env, "zone": zone})
    section = _at(document, loc)
    smtp = reader.smtp()
    channels: dict[str, ConfiguredChannel] = {}
    if isinstance(section, dict):
        for name in section:
            channel = reader.channel(name, (*loc, name), smtp)
            if channel:
                channels[name] = channel
    elif section is not None:
        reader.report(loc, "this should be a mapping of names to channels", EXAMPLE)
    return channels, [*_without_secrets(document, reader.problems)]


def open_channels(
    configured: Mapping[str, ConfiguredChannel],
    *,
    clock: Clock,
    stream: TextIO | None = None,
    env: Mapping[str, str] = os.environ,
    deadline: timedelta = DEADLINE,
    leaving: Leaving = NO_WAY,
) -> dict[str, Notifier]:
    """Open channels, inside a running event loop; nothing is sent or connected yet.

    `stream` is where consoles print, standard output if None; `deadline` bounds each attempt to send; `leaving` says
    how recipients of mail can go, and who has.
    """
    notifiers: dict[str, Notifier] = {}
    for name, channel in configured.items():
        context = ChannelContext(name=name, clock=clock, smtp=channel.smtp, env=env, deadline=deadline, leaving=leaving)
        context = replace(context, stream=stream) if stream is not None else context
        notifiers[name] = channel.type.open(channel.settings, context)
        notifiers[name].pace = channel.pace(notifiers[name].pace)
    return notifiers


def open_listeners(
    configured: Mapping[str, ConfiguredChannel],
    notifiers: Mapping[str, Notifier],
    *,
    clock: Clock,
    deadline: timedelta = DEADLINE,
) -> tuple[Listener, ...]:
    """Open what hears the people who read these channels, as far as the kinds can hear; nothing is connected yet."""
    kinds = {channel.type.name: channel.type for channel in configured.values() if channel.type.listen is not None}
    found: list[Listener] = []
    for name, kind in kinds.items():
        mine = {
            each: (channel.settings, notifiers[each])
            for each, channel in configured.items()
            if channel.type.name == name
        }
        found += kind.listen(mine, clock, deadline) if kind.listen else ()
    return tuple(found)


class _Reader:
    """Collect every problem while channels are read."""

    def __init__(self, document: Document, smtp_loc: Loc, context: Mapping[str, object]) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self._kinds: dict[str, EntryPoint] = {point.name: point for point in entry_points(group=GROUP)}
        self._smtp_loc = smtp_loc
        self._context = context

    def report(self, loc: Loc, message: str, hint: str = "", *, at_key: bool = False) -> None:
        self.problems.append(self.document.problem(loc, message, hint, at_key=at_key))

    def smtp(self) -> SmtpSettings | None:
        """Read the section `smtp`; None where it is missing or has mistakes."""
        if _at(self.document, self._smtp_loc) is None:
            return None
        settings, problems = validate(self.document, SmtpSettings, self._smtp_loc, context=self._context)
        self.problems += problems
        return settings

    def channel(self, name: str, loc: Loc, smtp: SmtpSettings | None) -> ConfiguredChannel | None:
        kind = self._kind(loc)
        loaded = self._load(kind, loc) if kind else None
        if loaded is None:
            return None
        settings, problems = validate(self.document, loaded.settings, loc, context=self._context)
        self.problems += problems
        if loaded.needs_smtp and _at(self.document, self._smtp_loc) is None:
            hint = "add smtp: {host: mail.example.org, from: alerts@example.org}"
            self.report(loc, f"`{kind}` needs the section `smtp`, and there is none", hint)
        if settings is None or (loaded.needs_smtp and smtp is None):
            return None
        return ConfiguredChannel(name=name, type=loaded, settings=settings, smtp=smtp if loaded.needs_smtp else None)

    def _kind(self, loc: Loc) -> str | None:
        """Say which kind a channel is: the one key of it that names a kind."""
        value = _at(self.document, loc)
        if not isinstance(value, dict):
            self.report(loc, "this should be a mapping that names one kind of channel", EXAMPLE)
            return None
        kinds = [str(key) for key in value if key in self._kinds]
        if len(kinds) == 1:
            return kinds[0]
        if kinds:
            both = " and ".join(f"`{kind}`" for kind in kinds)
            self.report((*loc, kinds[1]), f"{both} in one channel", "make a channel of each", at_key=True)
            return None
        for key in value:
            hint = did_you_mean(key, self._kinds)
            if hint.startswith("did you mean"):
                self.report((*loc, key), f"unknown kind of channel `{key}`", hint, at_key=True)
                return None
        known = ", ".join(f"`{kind}`" for kind in sorted(self._kinds))
        self.report(loc, "no kind of channel is named here", f"known here: {known}", at_key=True)
        return None

    def _load(self, kind: str, loc: Loc) -> ChannelType[Any] | None:
        try:
            loaded = self._kinds[kind].load()
        except (ImportError, AttributeError) as error:
            self.report((*loc, kind), f"the kind `{kind}` cannot be loaded: {error}", at_key=True)
            return None
        if not isinstance(loaded, ChannelType):
            self.report((*loc, kind), f"the kind `{kind}` is no ChannelType: its package is broken", at_key=True)
            return None
        return loaded


def _at(document: Document, loc: Loc) -> Any:
    """Return the value at a place, or None where nothing is."""
    value = document.value
    for step in loc:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _without_secrets(document: Document, problems: Iterable[Problem]) -> Iterator[Problem]:
    """Blot out what looks like a secret: it will stand on a screen, or in a log."""
    problems = tuple(problems)
    if not problems:  # where values stand need not be looked up
        return
    written = [path for path in document.spans if path and path[-1] in _SECRET_KEYS]
    literal = [path for path in written if isinstance(text := _at(document, path), str) and not has_reference(text)]
    for problem in problems:
        blotted = document.blot(problem, literal)
        source = _LOOKS_SECRET.sub(lambda found: "*" * len(found[0]), blotted.source)
        yield replace(blotted, source=source, message=_LOOKS_SECRET.sub("***", problem.message))
