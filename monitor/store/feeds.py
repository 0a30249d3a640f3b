"""The feeds: which are watched, which is due, who polls it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, Text, Update, bindparam, false, or_, select, type_coerce, update

from monitor.errors import Cause, LeaseLostError
from monitor.model import Feed, FeedLease, FeedNotes, FeedState, PollOutcome, Subscription, Validators
from monitor.store.engine import insert
from monitor.store.prepared import prepared
from monitor.store.tables import feed


def sync_feeds(
    connection: Connection,
    feeds: Sequence[Feed],
    now: datetime,
    *,
    hasten: Collection[str],
    first: Mapping[str, datetime],
) -> None:
    """Make exactly these feeds active; a lease that runs is not touched, nor the state of a feed that comes back."""
    wanted = {given.url: given.name for given in feeds}
    active = connection.execute(select(feed.c.id, feed.c.url).where(feed.c.active)).all()
    gone = [{"gone": row.id} for row in active if row.url not in wanted]
    if gone:
        connection.execute(update(feed).where(feed.c.id == bindparam("gone")).values(active=false()), gone)
    if not wanted:
        return
    new = insert(connection, feed)
    same_url = new.on_conflict_do_update(
        index_elements=[feed.c.url],
        set_={"name": new.excluded.name, "active": new.excluded.active},
        where=or_(feed.c.name != new.excluded.name, ~feed.c.active),
    )
    ordered = sorted(wanted.items())
    rows = [
        {**_UNPOLLED, "url": url, "host": host_of(url), "name": name, "due": first.get(url, now)}
        for url, name in ordered
    ]
    connection.execute(same_url, rows)
    if hasten:
        sooner = update(feed).where(feed.c.url == bindparam("hastened"), feed.c.strikes == 0, feed.c.due > now)
        connection.execute(sooner.values(due=now), [{"hastened": url} for url in sorted(hasten)])


_UNPOLLED = {
    "active": True,
    "token": 0,
    "strikes": 0,
    "etag": "",
    "last_modified": "",
    "body_hash": b"",
    "failures": 0,
    "detail": "",
    "blocks": b"",
    "notes": FeedNotes(),
}


def host_of(url: str) -> str:
    """Return the host that a feed is read from, "" for a file, and for a URL that nobody could fetch either."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


# Built once: SQLAlchemy takes longer to build a statement, and to see that it knows it, than SQLite to carry it out.
_DUE = (
    select(feed)
    .where(feed.c.active, feed.c.paused_at.is_(None), feed.c.due <= bindparam("now"))
    .order_by(feed.c.due, feed.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = (
    update(feed)
    .where(feed.c.id == bindparam("taken"))
    .values(due=bindparam("until"), token=feed.c.token + 1, strikes=feed.c.strikes + 1)
)


_NEXT = select(feed.c.due).where(feed.c.active, feed.c.paused_at.is_(None)).order_by(feed.c.due, feed.c.id).limit(1)


def next_due(connection: Connection) -> datetime | None:
    """Say when a feed is due next, or has been."""
    due: datetime | None = connection.scalar(_NEXT)
    return due


def claim_feeds(connection: Connection, *, now: datetime, lease: timedelta, limit: int) -> tuple[FeedLease, ...]:
    """Lease the feeds that are longest due; rows that another node is claiming are passed over, not waited for."""
    rows = connection.execute(_DUE, {"now": now, "most": limit}).all()
    if rows:
        connection.execute(_TAKE, [{"taken": row.id, "until": now + lease} for row in rows])
    return tuple(FeedLease(state=feed_state(row), token=row.token + 1, strikes=row.strikes) for row in rows)


def claim_feed(
    connection: Connection, url: str, *, now: datetime, lease: timedelta
) -> tuple[FeedLease, datetime] | None:
    """Lease one feed, due or not; see `Store.claim_feed`."""
    asked = select(feed).where(feed.c.url == url, feed.c.active, feed.c.paused_at.is_(None)).with_for_update()
    row = connection.execute(asked).one_or_none()
    if row is None or (row.strikes > 0 and row.due > now):
        return None
    connection.execute(_TAKE, [{"taken": row.id, "until": now + lease}])
    return FeedLease(state=feed_state(row), token=row.token + 1, strikes=row.strikes), row.due


def feeds_with_hubs(connection: Connection) -> tuple[FeedState, ...]:
    """Read the watched feeds that name a hub or have a subscription; see `Store.feeds_with_hubs`."""
    written = type_coerce(feed.c.notes, Text())
    named = or_(written.contains('"hub":'), written.contains('"subscription":'))
    rows = connection.execute(select(feed).where(feed.c.active, named).order_by(feed.c.name)).all()
    states = (feed_state(row) for row in rows)
    return tuple(state for state in states if state.notes.hub or state.notes.subscription)


def note_subscription(
    connection: Connection,
    url: str,
    *,
    old: Subscription | None,
    new: Subscription | None,
    now: datetime,
    hasten: bool,
) -> bool:
    """Put a subscription into the place of another; see `Store.note_subscription`.

    The lease of a poll under way is ended, as by a pause: what it learnt would overwrite the note.
    """
    row = connection.execute(select(feed).where(feed.c.url == url, feed.c.active).with_for_update()).one_or_none()
    if row is None or row.notes.subscription != old:
        return False
    values: dict[str, Any] = {"notes": replace(row.notes, subscription=new)}
    if row.strikes > 0:
        values |= {"due": now, "token": feed.c.token + 1, "strikes": 0}
    elif hasten:
        values["due"] = min(row.due, now)
    connection.execute(update(feed).where(feed.c.id == row.id).values(values))
    return True


def put_off_feeds(connection: Connection, leases: Mapping[FeedLease, datetime]) -> None:
    """End leases as if they had never been; those that are lost already are somebody else's."""
    if not leases:
        return
    held = update(feed).where(feed.c.id == bindparam("held"), feed.c.token == bindparam("under"))
    rows = [{"held": lease.state.feed_id, "under": lease.token, "at": due} for lease, due in leases.items()]
    rows.sort(key=itemgetter("held"))  # nodes lock rows in one order
    connection.execute(held.values(due=bindparam("at"), token=feed.c.token + 1, strikes=feed.c.strikes - 1), rows)


def adopt_feeds(connection: Connection, now: datetime) -> None:
    """End every lease on a feed; see `Store.adopt`."""
    ahead = or_(feed.c.polled_at > now, feed.c.failing_since > now)
    leased = update(feed).where(or_(feed.c.strikes > 0, ahead), feed.c.due > now)
    connection.execute(leased.values(due=now, token=feed.c.token + 1))


_HELD = update(feed).where(feed.c.id == bindparam("held"), feed.c.token == bindparam("under"))
_ENDED = {"due": bindparam("next"), "token": feed.c.token + 1, "strikes": 0, "polled_at": bindparam("polled")}
_AS_THEY_ARE = ("body_hash", "baseline_at", "failures", "failing_since", "detail", "blocks", "notes")
_LEARNT = ("etag", "last_modified", "cause", *_AS_THEY_ARE)
_rest_learnt = attrgetter(*_AS_THEY_ARE)
_LEASE = ("held", "under", "next", "polled")


@prepared(*_LEASE)
def _finish(_connection: Connection) -> Update:
    return _HELD.values(_ENDED)


@prepared(*_LEASE, *_LEARNT)
def _finish_changed(_connection: Connection) -> Update:
    return _HELD.values(_ENDED | {name: bindparam(name) for name in _LEARNT})


def finish_polls(connection: Connection, outcomes: Collection[PollOutcome]) -> None:
    """Write what is remembered of feeds and end their leases; of a feed about which nothing new was learnt, only that.

    Raises:
        LeaseLostError: a lease has ended: it ran out and was given to another, or this is its second finish.
    """
    unchanged: list[tuple[Any, ...]] = []
    changed: list[tuple[Any, ...]] = []
    for outcome in sorted(outcomes, key=lambda outcome: outcome.lease.state.feed_id):  # nodes lock rows in one order
        lease, state = outcome.lease, outcome.state
        row = lease.state.feed_id, lease.token, outcome.due, state.polled_at
        if replace(state, polled_at=lease.state.polled_at) == lease.state:
            unchanged.append(row)
        else:
            changed.append((*row, *_learnt(state)))
    if _finish(connection, unchanged) + _finish_changed(connection, changed) != len(outcomes):
        names = ", ".join(sorted(outcome.lease.state.name for outcome in outcomes))
        raise LeaseLostError(f"the lease has ended on one of these feeds: {names}")
    for outcome in outcomes:
        if outcome.hold_host_until is not None:
            _hold_host(connection, host_of(outcome.lease.state.url), outcome.hold_host_until)


def _learnt(state: FeedState) -> tuple[Any, ...]:
    """Return what was learnt of a feed, in the order of `_LEARNT`."""
    cause = state.cause.name if state.cause else None
    return state.validators.etag, state.validators.last_modified, cause, *_rest_learnt(state)


def _hold_host(connection: Connection, host: str, until: datetime) -> None:
    """Poll no feed of a host sooner than that; those that are leased are being polled already."""
    held = select(feed.c.id).where(feed.c.host == host, feed.c.strikes == 0, feed.c.due < until)
    held = held.order_by(feed.c.id).with_for_update(skip_locked=True)  # nodes lock rows in one order
    connection.execute(update(feed).where(feed.c.id.in_(held)).values(due=until))


def feed_state(row: Row[Any]) -> FeedState:
    """Make the noun of a row."""
    return FeedState(
        feed_id=row.id,
        name=row.name,
        url=row.url,
        validators=Validators(etag=row.etag, last_modified=row.last_modified),
        body_hash=row.body_hash,
        baseline_at=row.baseline_at,
        polled_at=row.polled_at,
        failures=row.failures,
        failing_since=row.failing_since,
        # a cause that this version does not know is still a failure
        cause=Cause.__members__.get(row.cause, Cause.BROKEN) if row.cause is not None else None,
        detail=row.detail,
        blocks=row.blocks,
        notes=row.notes,
        paused_at=row.paused_at,
    )
