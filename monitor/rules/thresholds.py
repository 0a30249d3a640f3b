"""The shapes of what a rule may ask beyond one match; telling is the business of `monitor.decide`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import Field, model_validator

from monitor.model import MOST_RECALLED, Absent, AtLeast, New, Spike
from monitor.rules.pieces import Duration, Shape, mapped

THRESHOLD_KEYS = ("at_least", "absent", "spike", "new")

NEW_FOR = timedelta(days=30)
"""What `new: true` means: not seen for so long."""


class AtLeastShape(Shape):
    """`at_least:`, enough entries of enough sources within a time."""

    entries: int = Field(default=1, ge=1, le=MOST_RECALLED)
    """So many entries: copies of one text count once. Example: `3`."""
    sources: int = Field(default=1, ge=1, le=1_000)
    """Of so many independent sources: copies of one text count once. Example: `2`."""
    within: Duration
    """In so long. Example: `2h`."""

    @model_validator(mode="before")
    @classmethod
    def _mapped(cls, value: Any) -> Any:
        return mapped(value, "{entries: 3, sources: 2, within: 2h}")

    @model_validator(mode="after")
    def _asks_for_more_than_one(self) -> AtLeastShape:
        if self.entries == self.sources == 1:
            raise ValueError("one entry of one source is every match: ask for more `entries` or `sources`")
        return self

    def noun(self) -> AtLeast:
        """Return it as the house knows it; so many sources are so many entries at the least."""
        return AtLeast(entries=max(self.entries, self.sources), sources=self.sources, within=self.within)


class AbsentShape(Shape):
    """`absent:`, nothing for so long."""

    within: Duration
    """So long without an entry. Example: `24h`."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"within": value} if isinstance(value, str) else value

    def noun(self) -> Absent:
        """Return it as the house knows it."""
        return Absent(within=self.within)


class SpikeShape(Shape):
    """`spike:`, so many times more than usual."""

    factor: float = Field(gt=1, le=1000)
    """So many times more than usual. Example: `3`."""
    over: Duration
    """Counted over so long. Example: `1h`."""
    baseline: Duration
    """So long back is what is usual. Example: `14d`."""

    @model_validator(mode="before")
    @classmethod
    def _mapped(cls, value: Any) -> Any:
        return mapped(value, "{factor: 3, over: 1h, baseline: 14d}")

    @model_validator(mode="after")
    def _baseline_is_longer(self) -> SpikeShape:
        if self.baseline <= self.over:
            raise ValueError("`baseline` should be longer than `over`: it says what is usual")
        return self

    def noun(self) -> Spike:
        """Return it as the house knows it."""
        return Spike(factor=self.factor, over=self.over, baseline=self.baseline)


class NewShape(Shape):
    """`new:`, what was watched for and not seen for so long."""

    within: Duration = NEW_FOR
    """Not seen for so long. Example: `14d`."""

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if value == "true":
            return {}
        return {"within": value} if isinstance(value, str) else value

    def noun(self) -> New:
        """Return it as the house knows it."""
        return New(within=self.within)
