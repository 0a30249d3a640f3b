"""What people do about alerts, from wherever: the command line, Slack, a link in a mail.

Each act is written down with who did it, and answers with a sentence for people. They are synchronous, over the doors
of the store: a daemon calls them on the store's thread.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from monitor import let_go
from monitor.decide.mutes import LONGEST_MUTE, plain_name, plain_reason, what_is_muted
from monitor.decide.spread import digest
from monitor.document import did_you_mean
from monitor.errors import NotFoundError, UserError
from monitor.model import Action, Breaker, Feedback, HoldKind, Mute, Subject
from monitor.ports import Store
from monitor.text.plain import one_line, shorten

_ID_LENGTH = 8
_SHORTEST_PREFIX = 4

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who does something, and by what means."""

    by: str  # a Slack user, a login
    via: str  # "slack", "command line", "mail", "console"
    place: str = ""  # who it is and where, as the service names them: a name can be changed

    def did(self, verb: str, subject: str, now: datetime, detail: str = "") -> Action:
        """Return the row that stays of it."""
        detail = "; ".join(part for part in (detail, plain_name(self.place)) if part)
        return Action(at=now, by=plain_name(self.by), via=self.via, verb=verb, subject=subject, detail=detail)


# -- mutes -------------------------------------------------------------------------------------------------------------


def mute(
    store: Store,
    person: Person,
    *,
    now: datetime,
    until: datetime,
    story: str = "",
    rule: str = "",
    feed: str = "",
    channel: str = "",
    everything: bool = False,
    reason: str = "",
    tell: bool = False,
) -> str:
    """Begin a mute; of the conditions that are given, all must fit. `story` is the whole id, the others are names.

    Raises:
        UserError: nothing is to be muted, or not for a time in the future, or for more than a year.
    """
    _check_subject((story, rule, feed, channel), everything=everything)
    _check_end(until, now)
    by = plain_name(person.by)
    wish = Mute(
        id=digest("mute", by, now.isoformat(), story, rule, feed, channel)[:_ID_LENGTH],
        by=by,
        reason=plain_reason(reason),
        since=now,
        until=until,
        story=story,
        rule=rule,
        feed=feed,
        channel=channel,
        tell=tell,
    )
    store.add_mute(wish, person.did("mute", wish.id, now, f"{what_is_muted(wish)}{_until(wish)}{_because(wish)}"))
    after = "is told at its end" if tell else "stays untold"
    return f"muted {what_is_muted(wish)}{_until(wish)} (mute {wish.id}): what it holds {after}"


def _check_subject(names: tuple[str, ...], *, everything: bool) -> None:
    if everything and any(names):
        raise UserError("mute everything, or say what: not both")
    if not (everything or any(names)):
        raise UserError("nothing is muted: name a story, rule, feed or channel, or mute everything")
    if not all(name.isprintable() for name in names):
        raise UserError("a name holds characters that cannot be shown")


def _check_end(until: datetime, now: datetime) -> None:
    if until <= now:
        raise UserError(f"{until:%Y-%m-%d %H:%M} UTC is over: name a time to come")
    if until - now > LONGEST_MUTE:
        raise UserError(f"a mute lasts {LONGEST_MUTE.days} days at most: what nobody wants to hear needs no rule")


def unmute(
    store: Store, person: Person, mute_id: str, *, now: datetime, tell: bool = False, whole: bool = False
) -> str:
    """End a mute before its time, and tell in one message what it held, or leave that untold.

    `mute_id` may be cut short. The mute may also have been told to `tell` when it began. Of very many messages, only
    the `whole` wish does it now; else the next tick of a daemon does, which has more to do than that.

    Raises:
        NotFoundError: no such mute is running.
    """
    running = store.mutes(at=now)
    wish = _the_one(mute_id, {each.id: each for each in running}, "running mute", "monitor mutes")
    if not store.end_mute(wish.id, person.did("unmute", wish.id, now, what_is_muted(wish)), tell=tell):
        raise NotFoundError(f"mute {wish.id} is over")
    steps = let_go.settle_mute(store, replace(wish, tell=tell or wish.tell, ended_at=now), now)
    count = let_go.begin(store, HoldKind.MUTE, wish.id, steps, whole=whole)
    done = "told now" if tell or wish.tell else "left untold"
    return f"unmuted {what_is_muted(wish)}; " + (f"{done}: {_messages(count)}" if count else "it has held nothing")


# -- what is held ------------------------------------------------------------------------------------------------------


def release(store: Store, person: Person, reference: str, *, now: datetime, whole: bool = False) -> str:
    """Tell what a breaker holds, or send one held message now; `reference` is the id of either, or its beginning.

    For `whole` see `unmute`.

    Raises:
        NotFoundError: no such breaker is open, and no such message is held.
    """
    return _decide(store, person, reference, "release", now, whole=whole)


def discard(store: Store, person: Person, reference: str, *, now: datetime, whole: bool = False) -> str:
    """Leave untold what a breaker holds, or one held message; it stays in the record.

    Raises:
        NotFoundError: no such breaker is open, and no such message is held.
    """
    return _decide(store, person, reference, "discard", now, whole=whole)


def mute_held(
    store: Store, person: Person, reference: str, *, now: datetime, until: datetime, whole: bool = False
) -> str:
    """Leave untold what a breaker holds, and mute its rule or feed for a while.

    Raises:
        NotFoundError: no such breaker is open.
    """
    breaker = _the_one(reference, _open(store), "open breaker", "monitor held list")
    of_rule, of_feed = (breaker.name, "") if breaker.subject is Subject.RULE else ("", breaker.name)
    said = mute(store, person, now=now, until=until, rule=of_rule, feed=of_feed, reason=breaker.reason)
    return f"{_end_breaker(store, person, breaker, 'mute', now, whole=whole)}; {said}"


def _decide(store: Store, person: Person, reference: str, verb: str, now: datetime, *, whole: bool) -> str:
    breakers = _open(store)
    if any(_is_meant(reference, each) for each in breakers):
        breaker = _the_one(reference, breakers, "open breaker", "monitor held list")
        return _end_breaker(store, person, breaker, verb, now, whole=whole)
    begins = reference.lower() if len(reference) >= _SHORTEST_PREFIX else ""
    messages = {each.delivery.key: each for each in store.held_deliveries(key=begins)} if begins else {}
    held = _the_one(reference, messages, "open breaker or held message", "monitor held list")
    key, title = held.delivery.key, shorten(one_line(held.delivery.message.title.text), 100)
    if verb == "release":
        done = store.release_held([key], now)
    else:
        done = store.drop_held([key], f"discarded by {plain_name(person.by)}", now)
    if not done:
        raise NotFoundError(f"message {key[:_ID_LENGTH]} is held no more")
    store.note_action(person.did(verb, key, now, title))
    return f"{_PAST[verb]} “{title}” for {held.delivery.channel}"


_PAST = {"release": "released", "discard": "discarded", "mute": "discarded"}


def _end_breaker(store: Store, person: Person, breaker: Breaker, ending: str, now: datetime, *, whole: bool) -> str:
    subject = f"{breaker.subject} {breaker.name}"
    if not store.close_breaker(breaker.id, ending, person.did(ending, breaker.id, now, f"{subject}: {breaker.reason}")):
        raise NotFoundError(f"somebody else has just decided about {subject}")
    ended = replace(breaker, ended_at=now, ended_by=plain_name(person.by), ending=ending)
    steps = let_go.settle_breaker(store, ended, now)
    count = let_go.begin(store, HoldKind.BREAKER, breaker.id, steps, whole=whole)
    return f"{_PAST[ending]} {_messages(count)} of {subject}"


def replay(store: Store, person: Person, *, now: datetime, key: str = "", channel: str = "") -> int:
    """Send again what was set aside: one message, or all of a channel; return how many.

    Raises:
        NotFoundError: nothing of it is set aside.
    """
    count = store.replay(now=now, key=key or None, channel=channel or None)
    if not count:
        raise NotFoundError("nothing of it is set aside any more")
    detail = f"{_messages(count)} of {channel}" if channel else ""
    store.note_action(person.did("replay", key, now, detail))
    return count


# -- alerts ------------------------------------------------------------------------------------------------------------


def acknowledge(store: Store, person: Person, alert_id: str, *, now: datetime) -> str:
    """Take care of an alert, so that others need not.

    Raises:
        NotFoundError: there is no such alert.
    """
    if store.acknowledge(alert_id, person.did("acknowledge", alert_id, now)):
        return f"{plain_name(person.by)} takes care of it"
    alert = store.alert(alert_id)
    if alert is None:
        raise NotFoundError(f"no alert `{alert_id}`")
    return f"{alert.acknowledged_by} takes care of it already"


def judge(
    store: Store, person: Person, alert_id: str, *, relevant: bool, now: datetime, only: Collection[str] = ()
) -> str:
    """Say whether the rules of an alert were right to fire, all of them or `only` some.

    Raises:
        NotFoundError: there is no such alert, or it has no such rule.
    """
    alert = store.alert(alert_id)
    if alert is None:
        raise NotFoundError(f"no alert `{alert_id}`")
    if strangers := sorted(set(only) - set(alert.rules)):
        hint = did_you_mean(strangers[0], alert.rules)
        raise NotFoundError(
            f"rule `{one_line(strangers[0])}` has no part in this alert" + (f": {hint}" if hint else "")
        )
    rules = [rule for rule in alert.rules if not only or rule in only]
    told = store.recall_told([alert.story_id]).get(alert_id)
    message = told.message if told else None
    found = {reason.rule: reason.found for reason in message.reasons} if message else {}
    text = f"{message.title.text}\n{' '.join(part.text for part in message.excerpts)}" if message else ""
    opinions = [
        Feedback(
            alert_id=alert_id,
            rule=rule,
            by=plain_name(person.by),
            at=now,
            relevant=relevant,
            spellings=tuple(dict.fromkeys(spelling for _, spellings in found.get(rule, ()) for spelling in spellings)),
            text=text,
        )
        for rule in rules
    ]
    verb = "relevant" if relevant else "not relevant"
    store.add_feedback(opinions, person.did(verb, alert_id, now, ", ".join(rules)))
    return f"noted: {verb} ({', '.join(rules)})"


def _open(store: Store) -> dict[str, Breaker]:
    return {each.id: each for each in store.breakers()}


def _is_meant(reference: str, whole: str) -> bool:
    return len(reference) >= _SHORTEST_PREFIX and whole.startswith(reference.lower())


def _the_one(reference: str, known: Mapping[str, T], what: str, command: str) -> T:
    """Return what a reference means, which may be the beginning of an id.

    Raises:
        NotFoundError: nothing, or more than one.
    """
    meant = [each for each in known if _is_meant(reference, each)]
    if len(meant) == 1:
        return known[meant[0]]
    shown = shorten(one_line(reference), 50)
    if meant:
        raise NotFoundError(f"`{shown}` may be {', '.join(sorted(meant)[:5])}: give more of it")
    raise NotFoundError(f"no {what} `{shown}`: `{command}` lists them")


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"


def _until(wish: Mute) -> str:
    return f" until {wish.until:%Y-%m-%d %H:%M} UTC" if wish.until else ""


def _because(wish: Mute) -> str:
    return f": {wish.reason}" if wish.reason else ""
