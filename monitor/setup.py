"""Load everything people wrote, for all rooms, and report all mistakes in one pass."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from monitor.collector import uncollected
from monitor.config.load import Config, load_config
from monitor.document import did_you_mean, parse_document
from monitor.errors import ConfigurationError, Problem
from monitor.notify.channel import ConfiguredChannel
from monitor.notify.channels import load_channels
from monitor.rules.examples import run_examples
from monitor.rules.load import load_rules, load_trial
from monitor.rules.match import Ruleset


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the files say, ready to be used; nothing is open yet."""

    config: Config
    ruleset: Ruleset
    channels: Mapping[str, ConfiguredChannel]
    default_notify: tuple[str, ...]  # the channels of rules that name none
    again: Callable[[], Setup]  # load the same files anew, as `load_setup` was called


def load_setup(file: Path, *, env: Mapping[str, str] = os.environ, store: str | None = None) -> Setup:
    """Load the configuration, the rules and the channels.

    Raises:
        ConfigurationError: with every problem of every file, by place.
    """
    with uncollected():
        return _load_setup(file, env, store)


def _load_setup(file: Path, env: Mapping[str, str], store: str | None) -> Setup:
    config, problems = load_config(file, env=env, store=store)
    if config is None:
        raise ConfigurationError(problems)
    channels, channel_problems = load_channels(config.main, base=config.folder, env=config.env)
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
    problems = [*problems, *channel_problems, *rule_problems, *_default_channel_problems(config, named)]
    if problems or ruleset is None:
        order = {document.file: number for number, document in enumerate(config.documents)}
        problems.sort(key=lambda problem: (order.get(problem.file, len(order)), problem.line, problem.column))
        raise ConfigurationError(problems)
    again = partial(load_setup, file, env=env, store=store)
    return Setup(config=config, ruleset=ruleset, channels=channels, default_notify=notify, again=again)


def load_trial_rules(setup: Setup, raw: bytes) -> Ruleset:
    """Load rules that stand in no file, such as those on standard input, with the actors of the files.

    Raises:
        ConfigurationError: with every mistake in them.
    """
    document, problems = parse_document(raw, name="standard input")
    if document is not None:
        ruleset, more = load_trial(
            document,
            setup.config.documents,
            channels=tuple(setup.channels),
            default_notify=setup.default_notify,
            default_priority=setup.config.defaults.priority,
        )
        problems = [*problems, *more]
        if ruleset is not None and not problems:
            return ruleset
    raise ConfigurationError(problems)


def require_examples(setup: Setup) -> None:
    """Run the examples of all rules.

    Raises:
        ConfigurationError: with every example that fails, at its place.
    """
    failed = [result.problem for result in run_examples(setup.ruleset) if not result.passed]
    if failed:
        raise ConfigurationError(failed)


def _default_channel_problems(config: Config, named: tuple[str, ...]) -> list[Problem]:
    main = config.main
    if not named:
        return [main.problem((), "there is no channel", "add for example `channels: {log: {console: true}}`")]
    if not config.defaults.notify and len(named) > 1:
        hint = f"add `defaults: {{notify: {named[0]}}}`"
        return [main.problem(("channels",), "several channels, and no default for rules that name none", hint)]
    return [
        main.problem(("defaults", "notify", index), f"unknown channel `{name}`", did_you_mean(name, named))
        for index, name in enumerate(config.defaults.notify)
        if name not in named
    ]
