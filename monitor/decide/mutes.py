"""Mutes: which one keeps a message back, and what it is called."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from monitor.model import Hold, HoldKind, Mute
from monitor.text.plain import one_line, shorten

LONGEST_MUTE = timedelta(days=366)
_FOR_EVER = datetime.max.replace(tzinfo=UTC)
_REASON_LIMIT, _NAME_LIMIT = 300, 100


def runs(mute: Mute, now: datetime) -> bool:
    """Say whether a mute keeps anything back at this time."""
    return mute.ended_at is None and (mute.until is None or mute.until > now)


def muted_by(
    mutes: Iterable[Mute], *, story: str, rules: Collection[str], feed: str, channel: str, now: datetime
) -> tuple[Mute, ...]:
    """Return the mutes that keep a message back, that of the latest end first; () = nobody minds it.

    Of the conditions that a mute gives, all must fit. A mute of a rule keeps back what this rule alone has found: where
    several have, each needs a mute of its own.
    """
    fitting = [
        mute
        for mute in mutes
        if runs(mute, now)
        and not mute.recipient  # its channel's messages go out, to the others
        and mute.story in ("", story)
        and mute.feed in ("", feed)
        and mute.channel in ("", channel)
        and (not mute.rule or mute.rule in rules)
    ]
    whole = any(not mute.rule for mute in fitting)
    if not whole and not set(rules) <= {mute.rule for mute in fitting}:
        return ()
    return tuple(sorted(fitting, key=lambda mute: (bool(mute.rule) and whole, -_end(mute).timestamp(), mute.id)))


def hold_of_mute(mute: Mute) -> Hold:
    """Return how a mute keeps a message back."""
    until = f"until {mute.until:%Y-%m-%d %H:%M} UTC" if mute.until else "until it is ended"
    reason = f"held by mute {mute.id} of {mute.by} {until}"
    return Hold(
        kind=HoldKind.MUTE, reason=reason + (f": {mute.reason}" if mute.reason else ""), until=mute.until, by=mute.id
    )


def what_is_muted(mute: Mute) -> str:
    """Name what a mute keeps back: `rule shoygu in desk`, `everything`."""
    named = (("story", mute.story[:8]), ("rule", mute.rule), ("feed", mute.feed))
    said = " and ".join(f"{kind} {name}" for kind, name in named if name) or "everything"
    said = f"{said} in {mute.channel}" if mute.channel else said
    return f"{said} for {mute.recipient}" if mute.recipient else said


def after_mute(mute: Mute) -> str:
    """Say why what a mute held is not sent."""
    return f"muted by {mute.by}" + (f": {mute.reason}" if mute.reason else "")


def plain_reason(text: str) -> str:
    """Make one short line of what somebody gave as a reason."""
    return shorten(one_line(text), _REASON_LIMIT)


def plain_name(text: str) -> str:
    """Make one short line of what somebody is called."""
    return shorten(one_line(text), _NAME_LIMIT)


def _end(mute: Mute) -> datetime:
    return mute.until or _FOR_EVER
