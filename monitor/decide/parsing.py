"""How much of a page is parsed: what is new in it, or, on the first poll and once a day, all of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.model import FeedState, ParsedFeed

WHOLE_EVERY = timedelta(days=1)


def wants_whole(state: FeedState, now: datetime) -> bool:
    """Say whether the next page is to be parsed whole, even where nothing in it is new."""
    return state.notes.whole_at is None or now - state.notes.whole_at >= WHOLE_EVERY


def known_blocks(state: FeedState) -> bytes:
    """Return the blocks that need not be parsed again; none, where the shortcut does not hold."""
    return state.blocks if state.notes.shortcut else b""


def after_parse(state: FeedState, parsed: ParsedFeed, now: datetime) -> FeedState:
    """Return the state with what the next poll's parse needs to know of this one.

    A page that was parsed whole only because nothing in it was known has checked nothing, and puts no check off.
    """
    notes = state.notes
    if parsed.shortcut is not None:
        notes = replace(notes, whole_at=now, shortcut=parsed.shortcut)
    elif not parsed.blocks:
        notes = replace(notes, whole_at=now)
    return replace(state, blocks=parsed.blocks, notes=notes)
