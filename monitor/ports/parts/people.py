"""What people do: mutes, breakers, acknowledgements, feedback."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from monitor.model import (
    Action,
    Alert,
    Breaker,
    Feedback,
    Mute,
)


class People(Protocol):
    """Keep what people have said and done."""

    def add_mute(self, mute: Mute, action: Action) -> None:
        """Begin a mute, and note who did; one that is there already stays as it is."""
        ...

    def end_mute(self, mute_id: str, action: Action, *, tell: bool = False) -> bool:
        """End a mute before its time, at `action.at`; False = none such is running.

        With `tell`, what it held is to be told, whatever was said of that when it began.
        """
        ...

    def mutes(self, *, at: datetime | None = None) -> tuple[Mute, ...]:
        """Read the mutes that are running at this time, None = all there ever were; the oldest first."""
        ...

    def secret(self, name: str) -> bytes:
        """Return 32 random bytes that are kept under this name, the same for ever and for every daemon."""
        ...

    def close_breaker(self, breaker_id: str, ending: str, action: Action) -> bool:
        """Close a breaker, at `action.at`; False = none such is open."""
        ...

    def breakers(self, *, all_of_them: bool = False) -> tuple[Breaker, ...]:
        """Read the breakers that are open, or all there ever were; the oldest first."""
        ...

    def alert(self, alert_id: str) -> Alert | None:
        """Read one alert; None = there is none such."""
        ...

    def acknowledge(self, alert_id: str, action: Action) -> bool:
        """Note who takes care of an alert; False = there is none such, or somebody does already."""
        ...

    def add_feedback(self, feedback: Collection[Feedback], action: Action) -> None:
        """Note what somebody thinks of an alert; it replaces what he thought of the same rule in it before."""
        ...

    def feedback(self, *, since: datetime) -> tuple[Feedback, ...]:
        """Read what people think, the oldest first."""
        ...

    def note_action(self, action: Action) -> None:
        """Note what somebody did."""
        ...

    def actions(self, *, subjects: Collection[str] = (), limit: int = 100) -> tuple[Action, ...]:
        """Read what people did, the newest first; to these alerts, mutes and breakers, or to all."""
        ...
