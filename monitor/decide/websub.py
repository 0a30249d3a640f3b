"""Subscriptions to feeds at their hubs: whom to ask, when again, and what a push changes (W3C WebSub)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2b

from monitor.decide.rhythm import bounds_of, interval_of
from monitor.model import Feed, FeedNotes, FeedState, PollOutcome, Subscription
from monitor.text.plain import one_line, shorten

LEASE = timedelta(days=10)  # that a hub is asked for
SHORTEST_LEASE, LONGEST_LEASE = timedelta(minutes=1), timedelta(days=60)  # that we count with, whatever a hub says
RENEWAL = 0.75  # of a lease, after which it is asked for anew
VERIFYING = timedelta(minutes=10)  # that a hub has for coming back with its question
FIRST_RETRY, LAST_RETRY = timedelta(minutes=5), timedelta(hours=24)
DENIED_FOR = timedelta(days=7)
SLOWER = 4  # times the interval of a feed that is pushed
SLOWEST = timedelta(hours=2)
_SCHEMES = ("http://", "https://")


def slowed(feed: Feed, notes: FeedNotes, now: datetime) -> timedelta:
    """Return how long to wait for the next poll of a feed: longer while its hub pushes, within the feed's bounds.

    After the end of the lease it is polled as any other.
    """
    interval, subscription = interval_of(feed, notes), notes.subscription
    if subscription is None or subscription.until is None or now >= subscription.until:
        return interval
    return max(interval, min(interval * SLOWER, feed.poll_max or SLOWEST, subscription.until - now + interval))


def callback_of(public_url: str, feed_url: str, secret: str) -> str:
    """Return where a hub is to push a feed: nobody can guess it who does not know the subscription's secret."""
    name = blake2b(feed_url.encode(errors="surrogatepass"), key=bytes.fromhex(secret), digest_size=16).hexdigest()
    return f"{public_url}/websub/{name}"


def to_ask(state: FeedState, public_url: str, secret: str, now: datetime) -> Subscription | None:
    """Return the subscription that a hub is to be asked for now, None = nothing is to be done.

    `secret` is for a new one: the feed has named another hub or topic, or we have another address. A hub that has
    come to naught is asked anew after a while; one that has refused, never.
    """
    notes, old = state.notes, state.notes.subscription
    if not notes.hub or not state.url.startswith(_SCHEMES) or state.paused_at is not None:
        return None
    if old is not None and _is_same(old, notes, public_url):
        return None if now < old.ask_at else _again(old, now)
    if old is not None and now < old.asked_at + VERIFYING:  # a feed that names another hub each time
        return None
    callback = callback_of(public_url, state.url, secret)
    return Subscription(
        hub=notes.hub, topic=notes.topic, callback=callback, secret=secret, asked_at=now, ask_at=now + VERIFYING
    )


def _is_same(old: Subscription, notes: FeedNotes, public_url: str) -> bool:
    ours = old.callback.rpartition("/websub/")[0] == public_url
    return (old.hub, old.topic) == (notes.hub, notes.topic) and ours


def _again(old: Subscription, now: datetime) -> Subscription:
    failures = old.failures + 1 if old.pending else 0
    detail = old.detail or ("the hub has not come back to verify it" if old.pending else "")
    patience = max(VERIFYING, _wait(failures))
    return replace(old, asked_at=now, ask_at=now + patience, pending=True, failures=failures, detail=detail)


def _wait(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row, the longer the more they are."""
    return FIRST_RETRY * min(1 << min(failures, 16), LAST_RETRY // FIRST_RETRY)


def after_failure(asked: Subscription, detail: str, now: datetime) -> Subscription:
    """Return the subscription after its hub did not take the request, or did not say so: it may verify it yet."""
    return replace(asked, ask_at=now + _wait(asked.failures), detail=detail)


def after_verification(asked: Subscription, seconds: int | None, now: datetime) -> Subscription:
    """Return the subscription that a hub has verified for so many seconds, None = it did not say."""
    lease = LEASE if seconds is None else timedelta(seconds=min(max(seconds, 0), int(LONGEST_LEASE.total_seconds())))
    lease = max(lease, SHORTEST_LEASE)
    renewal = now + lease * RENEWAL
    return replace(asked, until=now + lease, ask_at=renewal, pending=False, failures=0, detail="")


def after_denial(asked: Subscription, reason: str, now: datetime) -> Subscription:
    """Return the subscription that a hub has refused or ended (W3C WebSub, 5.2): it pushes nothing from now on."""
    detail = f"the hub has refused: {shorten(one_line(reason), 200)}" if reason else "the hub has refused"
    return replace(asked, until=None, ask_at=now + DENIED_FOR, pending=False, detail=detail)


def may_verify(subscription: Subscription, topic: str, now: datetime) -> bool:
    """Say whether a hub's question is about what it was asked for: a new subscription, or one that is alive."""
    return subscription.topic == topic and (subscription.pending or subscription.is_alive(now))


def after_push(outcome: PollOutcome, due: datetime) -> PollOutcome:
    """Return what a push changes: entries and all that follows, and nothing of what polls have learnt.

    A push may hold the new entries alone: of validators, rhythm, gaps and health it says nothing. The feed's next poll
    is `due` when it was before.
    """
    before = outcome.lease.state
    notes = replace(before.notes, newest_at=outcome.state.notes.newest_at)
    return replace(outcome, state=replace(before, notes=notes), due=due)


def poll_after_bad_push(feed: Feed, state: FeedState, due: datetime, now: datetime) -> datetime:
    """Return when a feed is polled whose push could not be read: soon, and no sooner than a feed may be polled."""
    if state.failures or state.polled_at is None:
        return due
    return min(due, max(now, state.polled_at + bounds_of(feed)[0]))


def describe_subscription(subscription: Subscription, now: datetime) -> str:
    """Say how a subscription stands, in a few words."""
    failed = f"; {subscription.detail}" if subscription.detail else ""
    if subscription.is_alive(now):
        return f"pushed until {subscription.until:%Y-%m-%d %H:%M} UTC{failed}"
    if subscription.pending:
        return f"not verified yet, asked {subscription.asked_at:%Y-%m-%d %H:%M} UTC{failed}"
    return (subscription.detail or "lapsed") + f"; asked again {subscription.ask_at:%Y-%m-%d %H:%M} UTC"
