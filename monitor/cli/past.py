"""What commands that look at stored entries share: how far back, how far along."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # `monitor --help` must not import the house
    from monitor.model import Entry
    from monitor.ports import Store


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


@contextmanager
def stored_since(store: Store, since: datetime) -> Iterator[Iterable[Entry]]:
    """Give the stored entries, with a progress bar where standard error is a terminal."""
    from monitor.backtest import stored_entries  # noqa: PLC0415 - `monitor --help` must not import the house

    entries = stored_entries(store, since)
    if not sys.stderr.isatty():
        yield entries
        return
    with click.progressbar(entries, length=store.count_entries(since), label="entries", file=sys.stderr) as shown:
        yield shown
