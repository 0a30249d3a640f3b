"""What every channel of monitor.yaml may say of when it wants to be told, whatever kind it is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema, model_validator

from monitor.document.times import HoursOfWeek, TimetableText, Zone
from monitor.model import Policy, Priority
from monitor.notify.settings import Settings
from monitor.text.duration import parse_duration

_RATE = re.compile(r"(\d{1,4})\s*/\s*(s|min|h)", re.ASCII)
_UNITS = {"s": timedelta(seconds=1), "min": timedelta(minutes=1), "h": timedelta(hours=1)}
_LONGEST_WAIT = timedelta(hours=1)


def _wait(value: Any) -> timedelta:
    wait = parse_duration(value)
    if wait > _LONGEST_WAIT:
        raise ValueError(f"`{value}` is longer than an hour: what may wait so long goes into a `digest`")
    return wait


def _rate(value: Any) -> timedelta:
    matched = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if matched is None or not int(matched[1]):
        shown = f"`{value}`" if isinstance(value, str) else "this"
        raise ValueError(f"{shown} is no rate: write it like `30/min`, `1/s` or `100/h`")
    return _UNITS[matched[2]] / int(matched[1])


PriorityName = Annotated[Priority, BeforeValidator(Priority.named)]
Rate = Annotated[timedelta, PlainValidator(_rate), WithJsonSchema({"type": "string", "pattern": "/(s|min|h)$"})]


class ChannelSettings(Settings):
    """What a channel of any kind may say; each kind adds what it needs."""

    zone: Zone | None = None  # first: the others are read in it
    """The time zone of `quiet` and `digest`, where they name none, and of the times that messages tell. Default: that
    of `defaults`. Example: `America/New_York`."""
    quiet: HoursOfWeek = ()
    """Hours in which only urgent alerts are told; the rest is told when they end. Example: `22:00-07:00
    Europe/Paris`."""
    digest: TimetableText | None = None
    """When what is not told at once is told in one message: `hourly`, `daily 07:30` or `weekly mon 08:00`. Default:
    none: each alert is a message. Example: `daily 07:30 Europe/Paris`."""
    instant: PriorityName | None = None
    """From which priority on an alert does not wait for the digest. Default: `urgent`. Example: `high`."""
    min_priority: PriorityName = Priority.LOW
    """Below this, nothing is told here. Example: `high`."""
    wait: Annotated[timedelta, BeforeValidator(_wait)] = timedelta()
    """How long the first message of a story waits for other reports, `1h` at most; high and urgent ones do not.
    Default: not at all. Example: `30s`."""
    rate: Rate | None = None
    """How many messages are sent at most: a number a second (`s`), minute (`min`) or hour (`h`). Default: as the
    kind of channel allows. Example: `30/min`."""

    @model_validator(mode="after")
    def _end(self) -> Self:
        if self.instant is not None and self.digest is None:
            raise ValueError("`instant` says what does not wait for the digest, and there is no `digest`")
        if self.zone is None:
            self._agree_on_a_zone()
        return self

    def _agree_on_a_zone(self) -> None:
        """Refuse hours of one zone beside a digest in another: mostly one of them was left to be guessed."""
        quiet = {hours.zone for hours in self.quiet}
        if quiet and self.digest is not None and self.digest.at is not None and self.digest.zone not in quiet:
            named = next(hours.zone for hours in self.quiet)
            raise ValueError(
                f"the digest is due in {self.digest.zone}, and `quiet` counts in {named}: name the channel's zone,"
                f" for example zone: {named}"
            )

    def policy(self, zone: str) -> Policy:
        """Return how the channel wants to be told; `zone` holds where it names none."""
        named = [*(hours.zone for hours in self.quiet), *([self.digest.zone] if self.digest else [])]
        return Policy(
            zone=self.zone or next(iter(named), zone),
            quiet=self.quiet,
            digest=self.digest,
            instant=Priority.URGENT if self.instant is None else self.instant,
            min_priority=self.min_priority,
            wait=self.wait,
        )
