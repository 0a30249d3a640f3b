"""What commands that look at stored entries share: how far back, and deciding about them anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from monitor.cli.progress import tracked

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.backtest import Past
    from monitor.decide.replay import Replay
    from monitor.model import Entry
    from monitor.rules.match import Ruleset
    from monitor.setup import Setup


class Duration(click.ParamType[timedelta]):
    """A length of time as the configuration writes it: `90s`, `24h`, `7d`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read it."""
        from monitor.text.duration import parse_duration  # noqa: PLC0415 - `monitor --help` must not import the house

        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def shown(past: Past) -> Iterator[Entry]:
    """Yield stored entries, with a progress bar on a terminal."""
    return tracked(past, length=lambda: len(past), label="entries")


def replay_of(loaded: Setup, ruleset: Ruleset) -> Replay:
    """Make what decides anew about the past by these rules, with the configured feeds."""
    from monitor.decide.replay import Replay  # noqa: PLC0415 - `monitor --help` must not import the house

    return Replay(ruleset, dedup=loaded.config.defaults.dedup, source_tags=loaded.source_tags)
