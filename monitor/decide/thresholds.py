"""What it takes beyond one match: enough entries, something new, a spike; or that nothing comes at all.

A threshold speaks once for what it has found: `at_least` is silent for its own time after it was reached, `spike` until
the hits have fallen below it again, `new` until the name has not been seen for that long, `absent` until the next hit.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.model import Absent, AtLeast, Dedup, History, Hit, Match, New, Question, Rule, Spike, Tally, Threshold
from monitor.stories.keys import story_keys
from monitor.text.plain import one_line, shorten

LEAST_SPIKE = 3  # fewer entries are no spike, however quiet it was before
LEAST_HISTORY = 0.25  # of a spike's baseline must have been watched
_MOST_LISTED = 3
_TITLE_LIMIT = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether a match is worth telling now, and why."""

    tell: bool
    reason: str  # one line: "2 of 3 entries, 1 of 2 sources within 2h"
    tally: Tally


def question(rule: Rule, now: datetime) -> Question | None:
    """Say what must be known of a rule's past before its matches can be judged; None = nothing."""
    match rule.threshold:
        case AtLeast(within=within) | New(within=within):
            return Question(rule=rule.id, since=now - within)
        case Spike(over=over, baseline=baseline):
            return Question(rule=rule.id, since=now - over, baseline_since=now - over - baseline)
        case _:
            return None


def memory_of(threshold: Threshold | None) -> timedelta:
    """Return how long before a time hits still bear on whether a threshold speaks then.

    What most of them said before bears on it as well, and that rests on hits as long ago again.
    """
    match threshold:
        case Spike(over=over, baseline=baseline):
            return 2 * over + baseline
        case AtLeast(within=within) | Absent(within=within):
            return 2 * within
        case New(within=within):
            return within
        case _:
            return timedelta()


def is_silent(absent: Absent, quiet_since: datetime, now: datetime) -> bool:
    """Say whether nothing has come for long enough to be told."""
    return now - quiet_since >= absent.within


def hit_of(match: Match, now: datetime) -> Hit:
    """Make what is remembered of a match."""
    keys = story_keys(match.entry)
    return Hit(
        rule=match.rule.id,
        at=now,
        entry_id=match.entry.id,
        source=match.entry.feed,
        text_key=keys.get("text") or keys.get("link") or bytes.fromhex(match.entry.id),
        names=tuple(dict.fromkeys(mention.name for mention in match.mentions)),
        title=match.entry.title,
    )


def with_hit(history: History, hit: Hit) -> History:
    """Add a hit to a history: entries of one page see each other."""
    return replace(
        history,
        hits=(*history.hits, hit),
        count=history.count + 1,
        names=history.names.union(hit.names),
    )


def judge(rule: Rule, hit: Hit, history: History) -> Judgement:
    """Decide whether a hit is worth telling; `history` answers the rule's `question`, without the hit itself."""
    tally = history.tally
    match rule.threshold:
        case AtLeast():
            return _at_least(rule.threshold, hit, history)
        case New(within=within):
            new = [name for name in hit.names if name not in history.names]
            said = f"{'first' if new else 'nothing for the first'} time in {span(within)}"
            return Judgement(tell=bool(new), reason=f"{said}: {', '.join(new)}" if new else said, tally=tally)
        case Spike():
            return _spike(rule.threshold, hit, history)
        case Absent(within=within):
            return Judgement(tell=False, reason=f"told only when nothing comes for {span(within)}", tally=tally)
        case _:
            return Judgement(tell=True, reason="", tally=tally)


def _at_least(threshold: AtLeast, hit: Hit, history: History) -> Judgement:
    texts: dict[bytes, Hit] = {}  # of copies the first
    for each in (*history.hits, hit):
        texts.setdefault(each.text_key, each)
    entries, sources = len(texts), len({each.source for each in texts.values()})
    copies = " (copies count once)" if entries <= len(history.hits) else ""
    so_far = [f"{entries} of {threshold.entries} entries{copies}"]
    so_far += [f"{sources} of {threshold.sources} sources"] if threshold.sources > 1 else []
    reason = f"{', '.join(so_far)} within {span(threshold.within)}"
    told_at = history.tally.told_at
    if entries < threshold.entries or sources < threshold.sources:
        return Judgement(tell=False, reason=reason, tally=history.tally)
    if told_at is not None and hit.at - told_at < threshold.within:
        return Judgement(tell=False, reason=f"{reason}; told {span(hit.at - told_at)} ago", tally=history.tally)
    earlier = [each for each in texts.values() if each.entry_id != hit.entry_id]
    before = f"; before it {_listed(earlier)}" if earlier else ""
    return Judgement(tell=True, reason=reason + before, tally=replace(history.tally, told_at=hit.at))


def _listed(hits: Collection[Hit]) -> str:
    newest = list(hits)[-_MOST_LISTED:]
    shown = [f"“{shorten(one_line(hit.title), _TITLE_LIMIT) or hit.entry_id}” ({hit.source})" for hit in newest]
    more = len(hits) - len(newest)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _spike(threshold: Spike, hit: Hit, history: History) -> Judgement:
    tally = history.tally
    before = hit.at - threshold.over
    watched = min(before - tally.since, threshold.baseline) if tally.since else timedelta()
    if watched < max(LEAST_HISTORY * threshold.baseline, timedelta(seconds=1)):
        needed = span(LEAST_HISTORY * threshold.baseline)
        return Judgement(tell=False, reason=f"watched too short to know what is usual: {needed} needed", tally=tally)
    expected = history.before * (threshold.over / watched)
    needed_count = max(LEAST_SPIKE, math.ceil(threshold.factor * expected))
    count = history.count + 1
    reason = f"{count} entries within {span(threshold.over)}, {expected:.1f} expected; {needed_count} are a spike"
    if count < needed_count:
        return Judgement(tell=False, reason=reason, tally=replace(tally, told_at=None))
    if tally.told_at is not None:
        return Judgement(tell=False, reason=f"{reason}; the same spike was told before", tally=tally)
    return Judgement(tell=True, reason=reason, tally=replace(tally, told_at=hit.at))


def describe_dedup(rule: Rule) -> str:
    """Say which entries a rule takes for one story: `24h, by url`; "" = as configured."""
    said = [span(rule.dedup)] if rule.dedup is not None else []
    return ", ".join([*said, f"by {rule.dedup_by}"] if rule.dedup_by is not Dedup.STORY else said)


def span(length: timedelta) -> str:
    """Write a length of time as rules do, in its two greatest units: `2h`, `1d12h`, `1m30s`."""
    seconds = int(length.total_seconds())
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        if seconds >= size:
            parts.append(f"{seconds // size}{unit}")
            seconds %= size
    return "".join(parts[:2]) or "0s"


def describe_threshold(threshold: Threshold) -> str:
    """Put a threshold into words."""
    match threshold:
        case AtLeast():
            sources = f" of {threshold.sources} sources" if threshold.sources > 1 else ""
            return f"{threshold.entries} entries{sources} within {span(threshold.within)}"
        case New():
            return f"first time in {span(threshold.within)}"
        case Spike():
            baseline = f"what {span(threshold.baseline)} lead to expect"
            return f"{threshold.factor:g} times {baseline} within {span(threshold.over)}"
        case _:
            return f"nothing for {span(threshold.within)}"
