"""Load everything people wrote, for all rooms, and report all mistakes in one pass."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from monitor.collector import give_back, uncollected
from monitor.config.config import Config
from monitor.config.load import load_config, watched_files
from monitor.config.policies import Known, unknown_names
from monitor.decide.sources import source_tags
from monitor.document import Document, Loc, did_you_mean, read_document
from monitor.errors import ConfigurationError, Problem
from monitor.model import Mode, Policies
from monitor.notify.channel import ConfiguredChannel
from monitor.notify.channels import load_channels
from monitor.rules.examples import run_examples
from monitor.rules.lint.lint import lint
from monitor.rules.load import load_rules, load_trial, read_definitions
from monitor.rules.match import Ruleset
from monitor.rules.trials import Trials


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the files say, ready to be used; nothing is open yet."""

    config: Config
    ruleset: Ruleset
    channels: Mapping[str, ConfiguredChannel]
    default_notify: tuple[str, ...]  # the channels of rules that name none
    stamps: Mapping[Path, tuple[int, int]]  # of the files, as they were when they were read
    again: Callable[[], Setup]  # load the same files anew, as `load_setup` was called

    def rest(self) -> None:
        """Keep no more of what was loaded than watching takes; the rest is read and made again when somebody asks."""
        for document in self.config.documents:
            document.fold()
        self.ruleset.rest()
        give_back()

    def doze(self) -> None:
        """Let go of the documents that nobody has asked for since the last time, and of what a reload has left."""
        for document in self.config.documents:
            document.fold(at_once=False)
        give_back()

    @property
    def source_tags(self) -> dict[str, tuple[str, ...]]:
        """By feed, what rules may call it by beside its name."""
        return {feed.name: source_tags(feed) for feed in self.config.feeds}

    def tags_of(self, name: str) -> tuple[str, ...]:
        """Say the same of one feed, nothing of one that is not watched: all of 5,000 take a tenth of a second."""
        return next((source_tags(feed) for feed in self.config.feeds if feed.name == name), ())

    @property
    def policies(self) -> Policies:
        """How the channels want to be told, and what goes where."""
        config = self.config
        channels = {name: channel.policy(config.defaults.zone) for name, channel in self.channels.items()}
        return Policies(channels=channels, routes=config.routes, maintenance=config.maintenance, breaker=config.breaker)


def load_setup(file: Path, *, env: Mapping[str, str] = os.environ, store: str | None = None) -> Setup:
    """Load the configuration, the rules and the channels.

    Raises:
        ConfigurationError: with every problem of every file, by place.
    """
    with uncollected():
        config, setup, problems = _load(file, env=env, store=store)
    if setup is None:
        raise ConfigurationError(_by_place(config, problems))
    return setup


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """All that can be said about the files: mistakes, and the warnings of lint, by place."""

    setup: Setup | None  # None = there are mistakes in the files themselves, not only in examples that fail
    mistakes: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    problems: tuple[Problem, ...]  # both


def inspect_setup(
    file: Path,
    *,
    today: date,
    env: Mapping[str, str] = os.environ,
    tracked: Callable[[Collection[str]], Iterable[str]] = iter,
) -> Inspection:
    """Load all files, run all examples, and look for what is allowed and still not meant; `today` is in UTC.

    `tracked` may watch how the examples of one rule after another are run.
    """
    config, setup, mistakes = _load(file, env=env, store=None)
    if setup is not None:
        mistakes = _failing_examples(setup, tracked(setup.ruleset.rules))
    documents = config.documents if config else ()
    definitions = read_definitions(documents, main=config.main if config else None)
    feeds = setup.config.feeds if setup else None
    warnings = lint(documents, definitions, today=today, feeds=feeds, whole=setup is not None)
    warnings += config.passed_over if config else ()
    return Inspection(
        setup=setup,
        mistakes=_by_place(config, mistakes),
        warnings=_by_place(config, warnings),
        problems=_by_place(config, [*mistakes, *warnings]),
    )


def _load(
    file: Path, *, env: Mapping[str, str], store: str | None
) -> tuple[Config | None, Setup | None, list[Problem]]:
    """Load what can be loaded; the setup is None where there are problems."""
    config, problems = load_config(file, env=env, store=store)
    if config is None:
        return None, None, problems
    stamps = watched_files(config.file, config.include)
    channels, channel_problems = load_channels(
        config.main, base=config.folder, env=config.env, zone=config.defaults.zone
    )
    # a channel with a mistake in it is still a channel: rules that name it are right
    written = config.main.value.get("channels")
    named = tuple(written) if isinstance(written, dict) else ()
    notify = config.defaults.notify or (named if len(named) == 1 else ())
    ruleset, rule_problems = load_rules(
        config.documents,
        channels=named,
        default_notify=notify,
        default_priority=config.defaults.priority,
        main=config.main,
    )
    unknown = _unknown_channels(config.main, ("ops", "notify"), config.ops_notify, named)
    heartbeat = config.heartbeat
    if heartbeat.notify != config.ops_notify:  # which it falls back to
        unknown += _unknown_channels(config.main, ("heartbeat", "notify"), heartbeat.notify, named)
    unknown += _unknown_channels(config.main, ("heartbeat", "canary", "notify"), heartbeat.canary_notify, named)
    unknown += unknown_names(config.main, _known(config, named, ruleset))
    unknown += _routes_without_digest(config, channels)
    problems = [*problems, *channel_problems, *rule_problems, *_default_channel_problems(config, named), *unknown]
    if problems or ruleset is None:
        return config, None, problems
    again = partial(load_setup, file, env=env, store=store)
    setup = Setup(config=config, ruleset=ruleset, channels=channels, default_notify=notify, stamps=stamps, again=again)
    return config, setup, []


def _known(config: Config, channels: Collection[str], ruleset: Ruleset | None) -> Known:
    feeds = [feed.name for feed in config.feeds]
    return Known(
        channels=channels,
        rules=None if ruleset is None else ruleset.rules,
        feeds=feeds,
        sources={*feeds, *(tag for feed in config.feeds for tag in source_tags(feed))},
    )


def _routes_without_digest(config: Config, channels: Mapping[str, ConfiguredChannel]) -> list[Problem]:
    """Name the routes into the digest of a channel that has none."""
    return [
        config.main.problem(
            ("routes", number, "mode"), f"`{name}` has no `digest`", "add for example digest: daily 07:30"
        )
        for number, route in enumerate(config.routes)
        if route.way.mode is Mode.DIGEST
        for name in route.notify
        if name in channels and channels[name].policy("UTC").digest is None
    ]


def _by_place(config: Config | None, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Sort by file in the order of loading, then by line and column."""
    order = {document.file: number for number, document in enumerate(config.documents if config else ())}
    placed = sorted(problems, key=lambda one: (order.get(one.file, len(order)), one.line, one.column))
    return tuple(placed)


def load_trial_rules(setup: Setup, raw: bytes, *, name: str = "standard input") -> Ruleset:
    """Load rules that stand in no file, such as those on standard input, with the actors of the files.

    An actor that stands there too takes the place of the files' own: a file that is included can be tried.

    Raises:
        ConfigurationError: with every mistake in them.
    """
    return trials_of(setup).load(raw, name=name)


def trials_of(setup: Setup) -> Trials:
    """Return what rules that stand in no file are loaded with."""
    return Trials(
        setup.config.documents,
        channels=tuple(setup.channels),
        default_notify=setup.default_notify,
        default_priority=setup.config.defaults.priority,
    )


def load_other_rules(file: Path, *, env: Mapping[str, str]) -> Ruleset:
    """Load only the rules of another configuration: its feeds and channels need not be right, or be there.

    Raises:
        ConfigurationError: with every mistake in its rules.
    """
    config, problems = load_config(file, env=env)
    if config is None:
        raise ConfigurationError(problems)
    return _rules_or_problems(
        load_rules(
            config.documents,
            channels=None,
            default_notify=config.defaults.notify,
            default_priority=config.defaults.priority,
            main=config.main,
        )
    )


def load_rules_of_file(setup: Setup, file: Path) -> Ruleset:
    """Load only the rules of one file, which may be another version of one that the configuration includes.

    Raises:
        ConfigurationError: with every mistake in them.
    """
    document = _read(file)
    own = _actors(document)
    return _rules_or_problems(
        load_trial(
            document,
            [other for other in setup.config.documents if own.isdisjoint(_actors(other))],
            channels=None,
            default_notify=setup.default_notify,
            default_priority=setup.config.defaults.priority,
        )
    )


def load_rules_of_folder(setup: Setup, files: Iterable[Path]) -> Ruleset:
    """Load the rules of these files, which hold their own actors.

    Raises:
        ConfigurationError: with every mistake in them.
    """
    return _rules_or_problems(
        load_rules(
            [_read(file) for file in files],
            channels=None,
            default_notify=setup.default_notify,
            default_priority=setup.config.defaults.priority,
        )
    )


def _read(file: Path) -> Document:
    document, problems = read_document(file, name=str(file))
    if document is None or problems:
        raise ConfigurationError(problems)
    return document


def _actors(document: Document) -> frozenset[str]:
    written = document.value.get("actors") if isinstance(document.value, dict) else None
    return frozenset(map(str, written)) if isinstance(written, dict) else frozenset()


def _rules_or_problems(loaded: tuple[Ruleset | None, list[Problem]]) -> Ruleset:
    ruleset, problems = loaded
    if ruleset is None or problems:
        raise ConfigurationError(problems)
    return ruleset


def require_examples(setup: Setup) -> None:
    """Run the examples of all rules.

    Raises:
        ConfigurationError: with every example that fails, at its place.
    """
    failed = _failing_examples(setup, setup.ruleset.rules)
    if failed:
        raise ConfigurationError(failed)


def _failing_examples(setup: Setup, rule_ids: Iterable[str]) -> list[Problem]:
    return [result.problem for result in run_examples(setup.ruleset, rule_ids) if not result.passed]


def _default_channel_problems(config: Config, named: tuple[str, ...]) -> list[Problem]:
    main = config.main
    if not named:
        return [main.problem((), "there is no channel", "add for example `channels: {log: {console: true}}`")]
    defaults = main.value.get("defaults")
    said = isinstance(defaults, dict) and "notify" in defaults  # what is wrong with it has been reported
    if not config.defaults.notify and len(named) > 1 and not said:
        hint = f"add `defaults: {{notify: {named[0]}}}`"
        return [main.problem(("channels",), "several channels, and no default for rules that name none", hint)]
    return _unknown_channels(main, ("defaults", "notify"), config.defaults.notify, named)


def _unknown_channels(main: Document, loc: Loc, notify: Sequence[str], named: Sequence[str]) -> list[Problem]:
    return [
        main.problem((*loc, index), f"unknown channel `{name}`", did_you_mean(name, named))
        for index, name in enumerate(notify)
        if name not in named
    ]
