"""Whether a pack fits into a configuration: its rules, actors and feeds beside those that are there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from monitor.config.feeds import load_feeds
from monitor.document import Document
from monitor.errors import ConfigurationError, Problem
from monitor.packs.pack import Pack, conflicts
from monitor.packs.shelf import place_of
from monitor.rules.load import load_rules
from monitor.setup import Setup


def require_fit(setup: Setup, pack: Pack) -> None:
    """Load the configuration with the pack in it, in the place of an older version.

    Raises:
        ConfigurationError: with everything that would be wrong.
    """
    others = _others(setup, pack.name)
    problems = list(conflicts(pack, others)) or _load(setup, [*others, *pack.documents])
    if problems:
        raise ConfigurationError(problems)


def require_gone(setup: Setup, name: str) -> None:
    """Load the configuration without the pack.

    Raises:
        ConfigurationError: with everything that would be wrong, such as a rule that uses an actor of the pack.
    """
    problems = _load(setup, _others(setup, name))
    if problems:
        raise ConfigurationError(problems)


def _load(setup: Setup, documents: Sequence[Document]) -> list[Problem]:
    config = setup.config
    _, problems = load_rules(
        documents,
        channels=tuple(setup.channels),
        default_notify=setup.default_notify,
        default_priority=config.defaults.priority,
        main=config.main,
    )
    _, more = load_feeds(
        documents,
        env=config.env,
        folder=config.folder,
        allow_folders=config.allow_folders,
        poll=config.defaults.poll,
        backlog=config.defaults.backlog,
    )
    return [*problems, *more]


def _others(setup: Setup, name: str) -> list[Document]:
    """Return the documents of a configuration but for those of one pack."""
    place = place_of(setup.config, name).resolve()
    return [each for each in setup.config.documents if not Path(each.file).resolve().is_relative_to(place)]
