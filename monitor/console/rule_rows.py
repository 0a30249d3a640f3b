"""The rules as a list that people search and sort. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from monitor.model import Breaker, Mute, Rule, Subject
from monitor.ports import RuleStats
from monitor.rules.judged import Judged

SORTS: Final = ("file", "id", "title", "hits", "last", "precision", "warnings")
COUNTED: Final = ("hits", "last")  # sorts for which the hits of all rules are counted
DAYS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What is known of rules beside what they say."""

    stats: Mapping[str, RuleStats] = field(default_factory=dict)
    judged: Mapping[str, Judged] = field(default_factory=dict)
    mutes: Collection[Mute] = ()
    breakers: Collection[Breaker] = ()
    warnings: Mapping[str, int] = field(default_factory=dict)  # by rule, as far as they are known


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One rule in the list."""

    rule: Rule
    week: int = 0  # hits in 7 days
    month: int = 0  # hits in 30 days
    last_at: datetime | None = None
    judged: Judged | None = None
    warnings: int = 0
    expired: bool = False
    held_by: str = ""  # "muted", "breaker", "" = nothing holds it


def rule_rows(rules: Iterable[Rule], known: Knowledge, today: date) -> list[RuleRow]:
    """Put what is known of each rule beside it."""
    muted = {mute.rule for mute in known.mutes if mute.rule and not (mute.story or mute.feed or mute.channel)}
    broken = {each.name for each in known.breakers if each.subject is Subject.RULE and each.ended_at is None}
    return [
        _row(rule, known, today, "breaker" if rule.id in broken else "muted" * (rule.id in muted)) for rule in rules
    ]


def _row(rule: Rule, known: Knowledge, today: date, held_by: str) -> RuleRow:
    stats = known.stats.get(rule.id)
    return RuleRow(
        rule=rule,
        week=stats.week if stats else 0,
        month=stats.month if stats else 0,
        last_at=stats.last_at if stats else None,
        judged=known.judged.get(rule.id),
        warnings=known.warnings.get(rule.id, 0),
        expired=rule.expires is not None and rule.expires <= today,
        held_by=held_by,
    )


def search(rules: Collection[Rule], words: str) -> list[Rule]:
    """Keep the rules in which all the words stand: id, title, owner, tags, channels, note."""
    wanted = words.casefold().split()
    if not wanted:
        return list(rules)
    texts = ((rule, _text(rule)) for rule in rules)
    return [rule for rule, text in texts if all(word in text for word in wanted)]


def _text(rule: Rule) -> str:
    return " ".join((rule.id, rule.title, rule.owner, *rule.tags, *rule.notify, rule.note)).casefold()


def sort(rules: Iterable[Rule], by: str, known: Knowledge) -> list[Rule]:
    """Sort by one of `SORTS`; of equals, the first in the files comes first."""
    key = _KEYS.get(by)
    return list(rules) if key is None else sorted(rules, key=lambda rule: key(rule, known))


def _last(rule: Rule, known: Knowledge) -> float:
    stats = known.stats.get(rule.id)
    return -stats.last_at.timestamp() if stats else 0.0


def _precision(rule: Rule, known: Knowledge) -> float:
    judged = known.judged.get(rule.id)
    return judged.score.precision if judged else 2.0  # not judged: behind all


_KEYS: Final[Mapping[str, Callable[[Rule, Knowledge], Any]]] = {
    "id": lambda rule, _: rule.id,
    "title": lambda rule, _: rule.title.casefold(),
    "hits": lambda rule, known: -known.stats[rule.id].month if rule.id in known.stats else 0,
    "last": _last,
    "precision": _precision,
    "warnings": lambda rule, known: -known.warnings.get(rule.id, 0),
}


def page(rules: Sequence[Rule], after: str, size: int) -> tuple[Sequence[Rule], str]:
    """Return the rules behind one, "" = from the first, and behind which rule the next page begins, "" = it is none.

    Behind a rule that is gone stands the first page again.
    """
    start = next((place + 1 for place, rule in enumerate(rules) if rule.id == after), 0) if after else 0
    shown = rules[start : start + size]
    return shown, shown[-1].id if start + size < len(rules) else ""


def every_day(counts: Mapping[date, int], today: date) -> tuple[tuple[date, int], ...]:
    """Return the counts of the last days, those without any too, the oldest first."""
    first = today - timedelta(days=DAYS - 1)
    days = (first + timedelta(days=number) for number in range(DAYS))
    return tuple((day, counts.get(day, 0)) for day in days)
