"""What people ask for where they read their alerts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A button that somebody pressed under a message, or a command that he wrote.

    It came from outside: only who said it is vouched for, by the service that he said it in.
    """

    key: str  # of this very wish: one that is told twice has the same
    by: str  # e.g. "@anna"
    via: str  # e.g. "slack"
    place: str  # who and where, as the service names them, for the trail: "U024BE7LH in C0002"
    channels: tuple[str, ...]  # of ours, those where he says it and may; () = he may not
    verb: str  # "acknowledge", "mute", "relevant", "not relevant", "why", "release", "discard"; "command" = see `text`
    subject: str = ""  # what it is about: an alert's or a breaker's id
    text: str = ""  # of a mute, what is to be muted; of a command, all its words
